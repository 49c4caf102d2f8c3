/*
 * e911: a civic address as XML: what all documents that carry one share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 5139, with the extensions of RFC 6848 and NENA-STA-004.
 */
#ifndef E911_CIVIC_H
#define E911_CIVIC_H

#include "location.h"
#include "strbuf.h"

#define E911_CIVIC_SPACES                                      \
	(1u << E911_NS_CA | 1u << E911_NS_CAE | 1u << E911_NS_CDX1 \
			| 1u << E911_NS_CDX2)
#define E911_CIVIC_LEFT_OUT 255

/** Namespaces of the fields that a location has: bit set of enum e911_ns. */
unsigned int e911_civic_spaces(const e911_location_t *l);
/** Declares those of civic addresses that are in use, and that of RFC 5139, in
 * the tag that is open. */
void e911_civic_declare(e911_strbuf_t *b, unsigned int spaces);
/** The civicAddress, by the prefixes declared. limit, of each field: so many
 * characters at most; 0: as it is; LEFT_OUT; NULL: all as they are. */
void e911_civic_write(e911_strbuf_t *b, const e911_location_t *l,
		const str *lang, const unsigned char *limit);
/** enum e911_ns of a namespace of civic addresses, NONE. */
int e911_civic_space(const char *uri);

#endif
