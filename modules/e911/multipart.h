/*
 * e911: MIME multipart bodies, RFC 2046 section 5.1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Works on bytes in place: nothing is copied, nothing changed. Lines may end in
 * CRLF or, as careless senders write, in LF alone. A delimiter line is the
 * whole line, but for transport padding: boundaries may begin alike.
 */
#ifndef E911_MULTIPART_H
#define E911_MULTIPART_H

#include "../../core/str.h"

#define E911_BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

typedef struct e911_part
{
	str headers; /* without the last line end and the empty line; may be empty */
	str body;	 /* without the CRLF that belongs to the delimiter */
} e911_part_t;

/**
 * The boundary of a Content-Type value (parameter names in any case, value
 * quoted or not, blanks around). E911_ERR_TYPE: not multipart;
 * E911_ERR_SYNTAX: multipart, but no boundary, or not one of 1…70 characters.
 * Blanks at its end are dropped; unquoted, it goes to the next ";". The first
 * of several counts.
 */
int e911_multipart_boundary(const str *content_type, str *boundary);
/**
 * Offset in body at which one more part is to be inserted, as
 * "\r\n--B\r\n<headers>\r\n\r\n<body>": just before the line end of the
 * closing delimiter. *closed is 0 where the body has delimiters but none that
 * closes: the offset is then the body's end, and the closing one is to be
 * written too. E911_ERR_NONE: not multipart: no delimiter at all, or a closing
 * one as the very first bytes.
 */
int e911_multipart_end(
		const str *body, const str *boundary, int *offset, int *closed);
/**
 * Walks the parts: *at = 0 to begin. 1: a part; 0: the end (also where the
 * closing delimiter is missing: the last part goes to the end of the body).
 * Nested multiparts are not entered; what follows the closing one is no part.
 */
int e911_multipart_next(
		const str *body, const str *boundary, int *at, e911_part_t *part);
/**
 * The value of the first header of this name (any case), folded lines as they
 * stand, without outer blanks; E911_ERR_NONE.
 */
int e911_multipart_header(
		const e911_part_t *part, const char *name, str *value);

#endif
