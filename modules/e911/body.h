/*
 * e911: edits the SIP message: PIDF-LO in the body, Geolocation headers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6442 section 4, RFC 5621, RFC 2046 section 5.1. Edits are lumps, so they
 * live as long as the branch they are made in. All memory is taken before the
 * first lump is linked: an edit is made whole or not at all.
 */
#ifndef E911_BODY_H
#define E911_BODY_H

#include "../../core/parser/msg_parser.h"

#define E911_PARTS_MAX 4

typedef struct e911_attachment
{
	const char *type;
	str content_id; /* without angle brackets */
	str text;
} e911_attachment_t;

typedef struct e911_dressing
{
	int parts; /* none: the body stays as it is */
	e911_attachment_t part[E911_PARTS_MAX];
	str boundary;	 /* for a body that has to be wrapped */
	str geolocation; /* value of a header of ours; empty: none */
	int routing;	 /* Geolocation-Routing: yes, where there is none */
	int first;		 /* our locationValue before the phone's own */
	int alone;		 /* the phone's own documents are of no use: no header is
					  * to point at them; they stay in the body */
	str lines;		 /* further headers, whole lines */
	const char *const *out; /* names of headers that are taken out, NULL at the
							 * end; NULL: none. None that every request has */
} e911_dressing_t;

/**
 * Dresses a request. What the phone sent is kept byte for byte; a body that
 * is multipart/mixed or multipart/related gets one more part, any other is
 * wrapped; Geolocation headers that are not well-formed are taken out.
 * Errors: MEM, SYNTAX (headers that do not parse): nothing was changed.
 */
int e911_body_dress(sip_msg_t *msg, const e911_dressing_t *d);
/** The bytes of the body as received, without what lies behind the
 * Content-Length; empty where there is none. SYNTAX. */
int e911_body_received(sip_msg_t *msg, str *body);

#endif
