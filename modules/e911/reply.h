/*
 * e911: an answer over HTTP: its status and headers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 9110, RFC 9457 (problem+json), the Fetch standard's CORS headers. The same
 * headers whether the answer goes at once or by a worker later on.
 */
#ifndef E911_REPLY_H
#define E911_REPLY_H

#include <stdint.h>
#include "origins.h"
#include "strbuf.h"

#define E911_ALLOW_MAX 64
#define E911_REPLY_HEAD_MAX 2048 /* status and headers */

typedef struct e911_reply
{
	int code;
	uint64_t version;			  /* ETag; 0: none */
	int retry;					  /* Retry-After, s; 0: none */
	int preflight;				  /* of CORS: what may be asked */
	int closes;					  /* the connection is not to be used again */
	int bare;					  /* HEAD: the length of the body alone */
	char allow[E911_ALLOW_MAX];	  /* methods; "": not said */
	char origin[E911_ORIGIN_MAX]; /* of a page that may read it; "": none */
} e911_reply_t;

#define E911_REPLY_TYPE "application/json"
#define E911_REPLY_PROBLEM "application/problem+json"

/** "Not Found"; never NULL. */
const char *e911_reply_reason(int code);
/** The type of its body; NULL: it has none. */
const char *e911_reply_type(int code);
/** The headers but for type and length. SPACE in b. */
void e911_reply_headers(const e911_reply_t *reply, e911_strbuf_t *b);
/** All of it, as it goes over the wire. */
void e911_reply_write(
		const e911_reply_t *reply, const str *body, e911_strbuf_t *b);

#endif
