/*
 * e911: HELD: a location asked for by its reference, and the answer
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 5985, RFC 6753. Read by libxml2, no DTD, no network; written strictly.
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
	E911_HELD_URI = 8
};

typedef struct e911_held_request
{
	int types; /* bits; ANY where none is named */
	int exact; /* these types or an error */
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
 * section 4: GET). enum e911_held_code; request is written only if OK. */
int e911_held_read(const char *doc, size_t len, e911_held_request_t *request);
/**
 * Writes the locationResponse to a request: the location in a PIDF-LO, only of
 * the types asked for; or an error response. The code of what was written; the
 * buffer's own error is in b.
 */
int e911_held_answer(e911_strbuf_t *b, const e911_held_request_t *request,
		const e911_location_t *location, const e911_pidf_how_t *how);
/** Writes an error response. */
void e911_held_error(e911_strbuf_t *b, int code);

#endif
