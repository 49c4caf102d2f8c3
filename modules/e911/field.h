/*
 * e911: the fields of a location: one table that drives every codec
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 5139 in the order of its schema, RFC 6848 and NENA-STA-004 CLDXF; the
 * shapes of RFC 5491 with the confidence of RFC 7459.
 */
#ifndef E911_FIELD_H
#define E911_FIELD_H

#include <stddef.h>
#include "../../core/str.h"

#define E911_FIELD_MAX 800 /* bytes of the longest value */
#define E911_POINTS_MAX 32 /* corners of a Polygon or Prism, the last again */

enum e911_ns
{
	E911_NS_CA,			/* RFC 5139 */
	E911_NS_CAE,		/* RFC 6848 */
	E911_NS_CDX1,		/* NENA CLDXF, first namespace */
	E911_NS_CDX2,		/* NENA-STA-004.2 */
	E911_NS_SHAPE,		/* RFC 5491, RFC 7459 */
	E911_NS_ABOUT,		/* says something of the location: method, language */
	E911_NS_VALIDATION, /* written by validation only, sent to nobody */
};

/* Index into the table of fields; those that code names. */
enum e911_field_id
{
	E911_F_COUNTRY = 0,
	E911_F_A1 = 1,
	E911_F_A2 = 2,
	E911_F_A3 = 3,
	E911_F_A6 = 6,
	E911_F_PRM,
	E911_F_PRD,
	E911_F_RD = 9,
	E911_F_STS,
	E911_F_POD,
	E911_F_POM,
	E911_F_HNO = 16,
	E911_F_HNS,
	E911_F_LOC = 19,
	E911_F_FLR,
	E911_F_NAM,
	E911_F_PC,
	E911_F_BLD = 23,
	E911_F_UNIT,
	E911_F_ROOM,
	E911_F_PCN = 28,
	E911_F_STP = 33,
	E911_F_HNP,
	E911_F_STPS,
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
	E911_F_CALLBACK,  /* number to call back by */
	E911_F_TOKENS,	  /* providers' ids: telnyx=…,bandwidth=… */
	E911_F_VALIDATOR, /* whose verdict it is */
	E911_F_VALIDATED, /* since when, in seconds since 1970 */
	E911_FIELDS
};

typedef struct e911_field
{
	str name; /* element name, JSON key */
	unsigned char ns;
	unsigned char check; /* private: what values are allowed */
	unsigned short max;	 /* bytes after white space is collapsed */
} e911_field_t;

typedef struct e911_shape
{
	str name;
	unsigned char gml;	  /* 1: element of gml, 0: of gs */
	unsigned char ring;	  /* 1: corners of a ring, 0: one position */
	unsigned char dims;	  /* 1: 2d, 2: 3d, 3: either */
	unsigned int members; /* bit set of fields besides pos, schema order */
} e911_shape_t;

#define E911_MEMBER(f) (1u << ((f)-E911_F_SHAPE))
extern const e911_field_t e911_fields[E911_FIELDS];
/** The field, or NULL past the end of the table. */
static inline const e911_field_t *e911_field(int id)
{
	return id >= 0 && id < E911_FIELDS ? &e911_fields[id] : NULL;
}
/** Id of a field by its name, in its own case; E911_ERR_NAME. */
int e911_field_find(const char *name, size_t len);
/** The same, looked for behind field id first. */
int e911_field_find_behind(int id, const char *name, size_t len);
/** The same of those that people may state: not those of validation. */
int e911_field_stated(const char *name, size_t len);
/** The value as it is kept: white space collapsed, country in capitals; into
 * mem of E911_FIELD_MAX bytes. *n is 0 for white space only. NAME, VALUE, TEXT
 * (control character, or not UTF-8), LONG. */
int e911_field_normal(int id, const char *s, size_t len, char *mem, size_t *n);
/** The numbers of a list of positions; how many, or VALUE, LONG. */
int e911_field_positions(const str *value, double numbers[E911_POINTS_MAX * 3]);
/** One number of these (xs:double); or VALUE. */
int e911_field_number(const char *s, size_t len, double *value);
const e911_shape_t *e911_shape_find(const char *name, size_t len);

#endif
