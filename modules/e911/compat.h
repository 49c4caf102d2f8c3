/*
 * e911: what differs between the versions of Kamailio, 5.6 to 6.x
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_COMPAT_H
#define E911_COMPAT_H

#include "../../core/msg_translator.h"

/* 6.1 has one argument more, which a request without a branch does not need */
#if VERSIONVAL >= 6001000
#define e911_build_request(msg, len, dst, mode) \
	build_req_buf_from_sip_req((msg), (len), (dst), (mode), NULL)
#else
#define e911_build_request build_req_buf_from_sip_req
#endif

#endif
