/*
 * e911: location to and from PIDF-LO
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PIDF: RFC 3863, RFC 4479; geopriv: RFC 4119; civic: RFC 5139, RFC 6848;
 * shapes: RFC 5491; confidence: RFC 7459. Written strictly, read leniently.
 */
#ifndef E911_PIDF_H
#define E911_PIDF_H

#include <time.h>
#include "location.h"
#include "strbuf.h"

#define E911_PIDF_MAX 65536 /* bytes of a document read */
#define E911_PIDF_DEPTH 32
#define E911_PIDF_ELEMENTS 512

enum e911_pidf_element
{
	E911_PIDF_DEVICE,
	E911_PIDF_TUPLE
};

typedef struct e911_pidf_how
{
	int element;	 /* enum e911_pidf_element */
	int civic_first; /* 0: shape, then civic (RFC 5491 rule 7) */
	str entity;		 /* URI of the presentity */
	str device;		 /* dm:deviceID, a URI; its end also makes the xml id */
	time_t now;		 /* for the expiry */
	int retention;	 /* seconds from now, RFC 4119 2.2.2; 0: not said */
	str method;		 /* sent in place of the location's own; empty: that */
	/* of each field: so many characters at most; 0: as it is, 255: left out;
	 * NULL: all as they are */
	const unsigned char *limit;
	int bare; /* without the XML declaration: it goes into another document */
	int no_civic; /* the address is left out */
	int no_shape; /* the shape is, and its confidence */
} e911_pidf_how_t;

/**
 * Writes the whole document. Errors only the buffer's own (SPACE). Confidence
 * is written for every shape but a Point, 95 where none is stated (RFC 7459
 * section 4); the timestamp is when the place was stated. The language goes
 * with the address and is not written without one.
 */
int e911_pidf_write(
		e911_strbuf_t *b, const e911_location_t *l, const e911_pidf_how_t *how);
/**
 * Reads the location that counts (RFC 5491 rule 8: first device, else first
 * tuple, else person; one without location-info does not count). Elements in
 * any order; a street in A6 is taken as RD if there is no RD; prefixes,
 * comments, CDATA as they come; unknown elements skipped. Of several shapes
 * the first counts, as does the first of several addresses in different
 * languages (RFC 5139 section 3.5). A civic or shape field that is too long or
 * not allowed refuses the document, *bad is the field; method, language and
 * provider are left out then, and a confidence becomes "unknown". UTF-8 and
 * UTF-16 only; no DTD, no entity beyond the five, no network. now: past
 * retention is OLD, and the time stated where the document has none; 0 skips
 * the former. Errors also: SPACE, SYNTAX, DTD, DEPTH, NONE (no location-info),
 * EMPTY, SHAPE, TWICE, MEM (of UTF-16 also SYNTAX, for libxml2 does not tell
 * them apart). l is written only on success, *bad with LONG,
 * VALUE, TEXT, TWICE, EMPTY and SHAPE.
 */
int e911_pidf_read(e911_location_t *l, const char *doc, size_t len, int origin,
		time_t now, int *bad);

#endif
