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
#include "../../core/str.h"

#define E911_LOCATION_TEXT_MAX 2048
#define E911_POINTS_MAX 32 /* corners of a Polygon or Prism, the last again */

enum e911_ns
{
	E911_NS_CA,	   /* RFC 5139 */
	E911_NS_CAE,   /* RFC 6848 */
	E911_NS_CDX1,  /* NENA CLDXF, first namespace */
	E911_NS_CDX2,  /* NENA-STA-004.2 */
	E911_NS_SHAPE, /* RFC 5491, RFC 7459 */
	E911_NS_ABOUT, /* says something of the location: method, language */
};

/* Index into the table of fields; those that code names. */
enum e911_field_id
{
	E911_F_COUNTRY = 0,
	E911_F_A1 = 1,
	E911_F_A3 = 3,
	E911_F_A6 = 6,
	E911_F_RD = 9,
	E911_F_HNO = 16,
	E911_F_SHAPE = 46,
	E911_F_POS,
	E911_F_RADIUS,
	E911_F_SEMI_MAJOR,
	E911_F_SEMI_MINOR,
	E911_F_VERTICAL,
	E911_F_INNER,
	E911_F_OUTER,
	E911_F_START,
	E911_F_OPENING,
	E911_F_ORIENTATION,
	E911_F_HEIGHT,
	E911_F_CONFIDENCE,
	E911_F_PDF,
	E911_F_LANG,
	E911_F_METHOD,
	E911_F_PROVIDED_BY,
	E911_FIELDS
};

typedef struct e911_field
{
	str name; /* element name, JSON key */
	unsigned char ns;
	unsigned char check; /* private: what values are allowed */
	unsigned short max;	 /* bytes after white space is collapsed */
} e911_field_t;

enum e911_verdict
{
	E911_UNCHECKED,
	E911_VALID,
	E911_CORRECTED,
	E911_INVALID
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
	unsigned char verdict;
	unsigned char freshness;
	unsigned char origin;
	unsigned char unused;
	unsigned short len; /* bytes of text in use */
	unsigned char text[E911_LOCATION_TEXT_MAX];
} e911_location_t;

#define E911_LOCATION_SIZE(l) (offsetof(e911_location_t, text) + (l)->len)

typedef struct e911_shape
{
	str name;
	unsigned char gml;	  /* 1: element of gml, 0: of gs */
	unsigned char ring;	  /* 1: corners of a ring, 0: one position */
	unsigned char dims;	  /* 1: 2d, 2: 3d, 3: either */
	unsigned int members; /* bit set of fields besides pos, schema order */
} e911_shape_t;

#define E911_MEMBER(f) (1u << ((f)-E911_F_SHAPE))

/** The field, or NULL past the end of the table. */
const e911_field_t *e911_field(int id);
/** Id of a field by its name, E911_ERR_NAME. Names are case-sensitive. */
int e911_field_find(const char *name, size_t len);

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
/** Points into the location; E911_ERR_NONE if the field is not there. */
int e911_location_get(const e911_location_t *l, int id, str *value);
/**
 * Walks the fields in table order: at = 0 to begin, then what it returned.
 * 0 at the end.
 */
int e911_location_next(const e911_location_t *l, int at, int *id, str *value);
/**
 * The whole: something is said (EMPTY), the shape is complete and possible
 * (SHAPE). *bad is the field at fault.
 */
int e911_location_check(const e911_location_t *l, int *bad);
/** The shape's row, NULL when the location has none. */
const e911_shape_t *e911_location_shape(const e911_location_t *l);
const e911_shape_t *e911_shape_find(const char *name, size_t len);
/** A number as positions and measures write it (xs:double); or VALUE. */
int e911_location_number(const char *s, size_t len, double *value);
/** 2 or 3 numbers per position of a checked location; 0 without a shape. */
int e911_location_dims(const e911_location_t *l);
/** Is there more of an address than the country? */
int e911_location_has_civic(const e911_location_t *l);

#endif
