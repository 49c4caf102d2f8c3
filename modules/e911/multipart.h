/*
 * e911: MIME multipart bodies, RFC 2046 section 5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Works on bytes in place: nothing is copied, nothing changed.
 */
#ifndef E911_MULTIPART_H
#define E911_MULTIPART_H

#include "../../core/str.h"

#define E911_BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

typedef struct e911_part
{
	str headers; /* without the empty line that ends them; may be empty */
	str body;	 /* without the CRLF that belongs to the delimiter */
} e911_part_t;

/**
 * The boundary of a Content-Type value (parameter names in any case, value
 * quoted or not, blanks around). E911_ERR_TYPE: not multipart;
 * E911_ERR_SYNTAX: multipart, but no boundary, or not one of 1…70 characters.
 */
int e911_multipart_boundary(const str *content_type, str *boundary);
/**
 * Offset in body at which one more part is to be inserted, as
 * "\r\n--B\r\n<headers>\r\n\r\n<body>": just before the CRLF (or at the very
 * start) of the closing delimiter. *closed is 0 where the body has delimiters
 * but none that closes: the offset is then the body's end, and the closing one
 * is to be written too. E911_ERR_NONE: no delimiter at all: not multipart.
 */
int e911_multipart_end(
		const str *body, const str *boundary, int *offset, int *closed);
/**
 * Walks the parts: *at = 0 to begin. 1: a part; 0: the end (also where the
 * closing delimiter is missing: the last part goes to the end of the body).
 */
int e911_multipart_next(
		const str *body, const str *boundary, int *at, e911_part_t *part);
/** A part's header value, folded lines as they stand; E911_ERR_NONE. */
int e911_multipart_header(
		const e911_part_t *part, const char *name, str *value);

#endif
