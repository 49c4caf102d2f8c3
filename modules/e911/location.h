/*
 * e911: one dispatchable location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A civic address (RFC 5139, RFC 6848, NENA-STA-004 CLDXF) and/or one shape
 * (RFC 5491 section 5, with the confidence of RFC 7459), how it was found and
 * when. One table of fields drives every codec.
 *
 * A location is plain bytes without pointers: it may be copied by memcpy of
 * E911_LOCATION_SIZE(l) bytes, into shared memory as well. Values are UTF-8,
 * white space collapsed (xs:token), without control characters, and stand in
 * the order of the table, which is the order of the RFC 5139 schema.
 */
#ifndef E911_LOCATION_H
#define E911_LOCATION_H

#include <stddef.h>
#include <time.h>
#include "field.h"

#define E911_LOCATION_TEXT_MAX 2048

enum e911_verdict
{
	E911_UNCHECKED,
	E911_VALID,
	E911_CORRECTED,
	E911_INVALID,
	E911_UNUSABLE /* named so: as if none were stated */
};

enum e911_freshness
{
	E911_FRESH,
	E911_SUSPECT,
	E911_EXPIRED
};

enum e911_origin
{
	E911_FROM_RPC,
	E911_FROM_HTTP,
	E911_FROM_SIP,
	E911_FROM_HELD,
	E911_FROM_MAP,
	E911_FROM_DMQ,
	E911_FROM_DB,
	E911_FROM_SITE /* the default location of a site */
};

typedef struct e911_location
{
	time_t stated; /* when the place was stated */
	time_t until;  /* to be discarded then, RFC 4119 2.2.2; 0: not said */
	unsigned char verdict;
	unsigned char freshness;
	unsigned char origin;
	unsigned char last : 7;	   /* field, where there is one */
	unsigned char escapes : 1; /* a value has what XML escapes */
	unsigned short len;		   /* bytes of text in use */
	unsigned char text[E911_LOCATION_TEXT_MAX]; /* field, length (2), bytes */
} e911_location_t;

#define E911_LOCATION_SIZE(l) (offsetof(e911_location_t, text) + (l)->len)

const char *e911_verdict_name(int verdict);
const char *e911_freshness_name(int freshness);
const char *e911_origin_name(int origin);

/** An empty location: nothing stated, unchecked, fresh. */
void e911_location_init(e911_location_t *l, int origin, time_t stated);
/**
 * Puts a field in. Errors: NAME, VALUE, TEXT, LONG, TWICE, SPACE (the whole
 * does not fit). A value of white space only is left out, as if not given.
 */
int e911_location_set(e911_location_t *l, int id, const char *s, size_t len);
/** A field put in or changed; left out where the value is empty. */
typedef struct e911_edit
{
	int id;
	str value; /* as e911_field_normal() makes it */
} e911_edit_t;

/** A copy with edits, which stand in the order of the table. SPACE; to is
 * another location. */
int e911_location_edit(e911_location_t *to, const e911_location_t *from,
		const e911_edit_t *edit, int n);
/** Points into the location; E911_ERR_NONE if the field is not there. */
int e911_location_get(const e911_location_t *l, int id, str *value);
/** Walks the fields in table order: at = 0 to begin, then what it returned. 0
 * at the end. */
static inline int e911_location_next(
		const e911_location_t *l, int at, int *id, str *value)
{
	const unsigned char *p = l->text + at;

	if(at + 3 > l->len)
		return 0;
	*id = p[0];
	value->len = p[1] | p[2] << 8;
	value->s = (char *)p + 3;
	return at + 3 + value->len;
}
/**
 * The whole: something is said (EMPTY), the shape is complete and possible
 * (SHAPE). *bad is the field at fault.
 */
int e911_location_check(const e911_location_t *l, int *bad);
/** The shape's row, NULL when the location has none. */
const e911_shape_t *e911_location_shape(const e911_location_t *l);
/** 2 or 3 numbers per position of a checked location; 0 without a shape. */
int e911_location_dims(const e911_location_t *l);
/** A provider's id that lives with the location, by the provider's name; points
 * into the location. E911_ERR_NONE. */
int e911_location_token(const e911_location_t *l, const char *name, str *id);
/** Is there more of an address than the country? */
int e911_location_has_civic(const e911_location_t *l);

#endif
