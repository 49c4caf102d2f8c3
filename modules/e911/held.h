/*
 * e911: HELD: a location asked for by its reference, and the answer
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 5985, as RFC 6753 section 3.1 restricts it for a reference: no URI is
 * ever given for a URI. Read by libxml2, no DTD, no network; written strictly.
 */
#ifndef E911_HELD_H
#define E911_HELD_H

#include "location.h"
#include "pidf.h"
#include "strbuf.h"

#define E911_HELD_TYPE "application/held+xml"
#define E911_HELD_MAX 8192 /* bytes of a request read */

/* RFC 5985 section 6.2 locationType, as bits */
enum e911_held_types
{
	E911_HELD_ANY = 1,
	E911_HELD_CIVIC = 2,
	E911_HELD_GEODETIC = 4,
	E911_HELD_URI = 8,
	E911_HELD_OTHER = 16 /* a type we do not know */
};

typedef struct e911_held_request
{
	int types;		 /* bits; ANY where none is named */
	int exact;		 /* these types and no others, or an error */
	int civic_first; /* it was named first: so is the answer's order */
} e911_held_request_t;

/* codes of RFC 5985 section 6.3 that we answer with */
enum e911_held_code
{
	E911_HELD_OK,
	E911_HELD_REQUEST_ERROR,
	E911_HELD_XML_ERROR,
	E911_HELD_UNSUPPORTED,
	E911_HELD_UNKNOWN,
	E911_HELD_CANNOT_PROVIDE,
	E911_HELD_GENERAL
};

/** Reads a locationRequest; an empty text is a request for any type (RFC 6753
 * section 3.2: GET). What is not understood is passed over, but for the
 * document element. enum e911_held_code; request is written only if OK. */
int e911_held_read(const char *doc, size_t len, e911_held_request_t *request);
/**
 * Writes the locationResponse to a request: the location (NULL: not known) in a
 * PIDF-LO, of the types asked for, or of others where it has none of them and
 * the request is not exact; or an error response. The code of what was written;
 * the buffer's own error is in b.
 */
int e911_held_answer(e911_strbuf_t *b, const e911_held_request_t *request,
		const e911_location_t *location, const e911_pidf_how_t *how);
/** Writes an error response. */
void e911_held_error(e911_strbuf_t *b, int code);

#endif
