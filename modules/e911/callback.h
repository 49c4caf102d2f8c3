/*
 * e911: the PSAP calls back
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6881 SP-35 and ED-68: for 30 minutes a call back is to reach the very
 * device that called, whatever else is set up for it. RFC 7090: the marking
 * Priority: psap-callback counts only from a trusted source.
 */
#ifndef E911_CALLBACK_H
#define E911_CALLBACK_H

#include "../../core/parser/msg_parser.h"

/**
 * Is this INVITE a call back? 1: Request-URI, destination, path and socket are
 * those of the contact that called; where that is gone, of the AoR's others,
 * else the site's answering point. 0: it is not, or nobody is there to take it.
 * Priority: psap-callback of an untrusted source is taken out.
 */
int e911_callback(sip_msg_t *msg);

#endif
