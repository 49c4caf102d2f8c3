/*
 * e911: a seal on a document, so that who has the key sees whose it is
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HMAC-SHA256 (RFC 2104) over time, a full stop and document, as receivers of
 * webhooks know it: "t=1790000000,v1=HEX". The time is in it, so that an old
 * one cannot be sent again for new.
 */
#ifndef E911_SEAL_H
#define E911_SEAL_H

#include "strbuf.h"

/** SPACE; NONE: the library refuses the key. */
int e911_seal_write(e911_strbuf_t *b, const char *key, time_t when,
		const char *document, size_t len);

#endif
