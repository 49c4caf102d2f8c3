/*
 * e911: one dispatchable location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "location.h"
#include "err.h"

enum check
{
	CHECK_TEXT,
	CHECK_COUNTRY,
	CHECK_SHAPE,
	CHECK_POS,
	CHECK_LENGTH,
	CHECK_ANGLE,
	CHECK_CONFIDENCE,
	CHECK_PDF,
	CHECK_LANG,
	CHECK_TOKEN,
	CHECK_URI,
};

/* Schema order: RFC 5139 section 4 is an xs:sequence, extensions come last. */
/* clang-format off */
static const e911_field_t fields[E911_FIELDS] = {
		{str_init("country"), E911_NS_CA, CHECK_COUNTRY, 2},
		{str_init("A1"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("A2"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("A3"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("A4"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("A5"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("A6"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("PRM"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("PRD"), E911_NS_CA, CHECK_TEXT, 20},
		{str_init("RD"), E911_NS_CA, CHECK_TEXT, 120},
		{str_init("STS"), E911_NS_CA, CHECK_TEXT, 30},
		{str_init("POD"), E911_NS_CA, CHECK_TEXT, 20},
		{str_init("POM"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("RDSEC"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("RDBR"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("RDSUBBR"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("HNO"), E911_NS_CA, CHECK_TEXT, 20},
		{str_init("HNS"), E911_NS_CA, CHECK_TEXT, 20},
		{str_init("LMK"), E911_NS_CA, CHECK_TEXT, 120},
		{str_init("LOC"), E911_NS_CA, CHECK_TEXT, 120},
		{str_init("FLR"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("NAM"), E911_NS_CA, CHECK_TEXT, 120},
		{str_init("PC"), E911_NS_CA, CHECK_TEXT, 20},
		{str_init("BLD"), E911_NS_CA, CHECK_TEXT, 100},
		{str_init("UNIT"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("ROOM"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("SEAT"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("PLC"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("PCN"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("POBOX"), E911_NS_CA, CHECK_TEXT, 40},
		{str_init("ADDCODE"), E911_NS_CA, CHECK_TEXT, 60},
		{str_init("PN"), E911_NS_CAE, CHECK_TEXT, 40},
		{str_init("MP"), E911_NS_CAE, CHECK_TEXT, 40},
		{str_init("STP"), E911_NS_CAE, CHECK_TEXT, 40},
		{str_init("HNP"), E911_NS_CAE, CHECK_TEXT, 20},
		{str_init("STPS"), E911_NS_CDX1, CHECK_TEXT, 40},
		{str_init("SITE"), E911_NS_CDX2, CHECK_TEXT, 100},
		{str_init("SUBSITE"), E911_NS_CDX2, CHECK_TEXT, 100},
		{str_init("WING"), E911_NS_CDX2, CHECK_TEXT, 60},
		{str_init("UNIT_PRETYPE"), E911_NS_CDX2, CHECK_TEXT, 40},
		{str_init("UNIT_VALUE"), E911_NS_CDX2, CHECK_TEXT, 40},
		{str_init("SECTION"), E911_NS_CDX2, CHECK_TEXT, 60},
		{str_init("ROW"), E911_NS_CDX2, CHECK_TEXT, 40},
		{str_init("PCE"), E911_NS_CDX2, CHECK_TEXT, 60},
		{str_init("DT"), E911_NS_CDX2, CHECK_TEXT, 20},
		{str_init("HNC"), E911_NS_CDX2, CHECK_TEXT, 120},
		{str_init("shape"), E911_NS_SHAPE, CHECK_SHAPE, 20},
		{str_init("pos"), E911_NS_SHAPE, CHECK_POS, 800},
		{str_init("radius"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("semiMajorAxis"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("semiMinorAxis"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("verticalAxis"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("innerRadius"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("outerRadius"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("startAngle"), E911_NS_SHAPE, CHECK_ANGLE, 16},
		{str_init("openingAngle"), E911_NS_SHAPE, CHECK_ANGLE, 16},
		{str_init("orientation"), E911_NS_SHAPE, CHECK_ANGLE, 16},
		{str_init("height"), E911_NS_SHAPE, CHECK_LENGTH, 16},
		{str_init("confidence"), E911_NS_SHAPE, CHECK_CONFIDENCE, 16},
		{str_init("pdf"), E911_NS_SHAPE, CHECK_PDF, 12},
		{str_init("lang"), E911_NS_ABOUT, CHECK_LANG, 35},
		{str_init("method"), E911_NS_ABOUT, CHECK_TOKEN, 40},
		{str_init("provided_by"), E911_NS_ABOUT, CHECK_URI, 200},
};

#define M E911_MEMBER
static const e911_shape_t shapes[] = {
		{str_init("Point"), 1, 0, 3, 0},
		{str_init("Polygon"), 1, 1, 3, 0},
		{str_init("Circle"), 0, 0, 1, M(E911_F_RADIUS)},
		{str_init("Ellipse"), 0, 0, 1, M(E911_F_SEMI_MAJOR)
			| M(E911_F_SEMI_MINOR) | M(E911_F_ORIENTATION)},
		{str_init("ArcBand"), 0, 0, 1, M(E911_F_INNER) | M(E911_F_OUTER)
			| M(E911_F_START) | M(E911_F_OPENING)},
		{str_init("Sphere"), 0, 0, 2, M(E911_F_RADIUS)},
		{str_init("Ellipsoid"), 0, 0, 2, M(E911_F_SEMI_MAJOR)
			| M(E911_F_SEMI_MINOR) | M(E911_F_VERTICAL)
			| M(E911_F_ORIENTATION)},
		{str_init("Prism"), 0, 1, 2, M(E911_F_HEIGHT)},
};
/* clang-format on */

static const char *const verdicts[] = {
		"unchecked", "valid", "corrected", "invalid"};
static const char *const freshnesses[] = {"fresh", "suspect", "expired"};
static const char *const origins[] = {
		"rpc", "http", "sip", "held", "map", "dmq", "db", "site"};

#define NAME_OF(table, i) \
	((i) >= 0 && (size_t)(i) < sizeof(table) / sizeof(*table) ? table[i] : "")

const e911_field_t *e911_field(int id)
{
	return id >= 0 && id < E911_FIELDS ? &fields[id] : NULL;
}

int e911_field_find(const char *name, size_t len)
{
	int i;

	for(i = 0; i < E911_FIELDS; i++)
		if((size_t)fields[i].name.len == len
				&& memcmp(fields[i].name.s, name, len) == 0)
			return i;
	return E911_ERR_NAME;
}

const char *e911_verdict_name(int verdict)
{
	return NAME_OF(verdicts, verdict);
}

const char *e911_freshness_name(int freshness)
{
	return NAME_OF(freshnesses, freshness);
}

const char *e911_origin_name(int origin)
{
	return NAME_OF(origins, origin);
}

/* ----- values ----- */

/* Bytes of the UTF-8 character at s, 0 where XML 1.0 or a SIP header could
 * not carry it: controls (C0, DEL, C1), surrogates, non-characters. */
static size_t utf8_char(const unsigned char *s, size_t len)
{
	static const unsigned int least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int code;
	size_t n, i;

	if(s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if(s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	code = s[0] & (0x7fu >> n);
	for(i = 1; i < n; i++) {
		if((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if(code < least[n] || code < 0xa0 || code > 0x10ffff
			|| (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe)
		return 0;
	return n;
}

/* xs:token: outer blanks dropped, inner runs made one. */
static int collapse(
		char *out, size_t *outlen, size_t max, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, k, n, o = 0;
	int gap = 0;

	for(i = 0; i < len; i += n) {
		n = utf8_char(u + i, len - i);
		if(n == 0)
			return E911_ERR_TEXT;
		if(u[i] == ' ') {
			gap = o > 0;
			continue;
		}
		if(o + n + gap > max)
			return E911_ERR_LONG;
		if(gap)
			out[o++] = ' ';
		gap = 0;
		for(k = 0; k < n; k++)
			out[o++] = s[i + k];
	}
	*outlen = o;
	return E911_OK;
}

static int is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A decimal without exponent; bytes used, 0 if there is none. Independent of
 * the locale, as strtod is not. */
static size_t decimal(const char *s, size_t len, double *value)
{
	double n = 0, unit = 1;
	size_t i = 0, digits = 0;
	int negative = len && s[0] == '-';

	if(negative || (len && s[0] == '+'))
		i++;
	for(; i < len && is_digit(s[i]); i++, digits++)
		n = n * 10 + (s[i] - '0');
	if(i < len && s[i] == '.')
		for(i++; i < len && is_digit(s[i]); i++, digits++)
			n += (s[i] - '0') * (unit /= 10);
	*value = negative ? -n : n;
	return digits ? i : 0;
}

static int check_number(const char *s, size_t len, double min, double max)
{
	double n;

	if(decimal(s, len, &n) != len || n < min || n > max)
		return E911_ERR_VALUE;
	return E911_OK;
}

/* The numbers of a list of positions; how many. */
static int positions(const char *s, size_t len, double *v)
{
	size_t i = 0, n;
	int count = 0;

	while(i < len) {
		if(count == E911_POINTS_MAX * 3)
			return E911_ERR_LONG;
		n = decimal(s + i, len - i, &v[count++]);
		if(n == 0 || (i + n < len && s[i + n] != ' '))
			return E911_ERR_VALUE;
		i += n + 1;
	}
	return count;
}

static int check_positions(const char *s, size_t len)
{
	double v[E911_POINTS_MAX * 3];
	int count = positions(s, len, v);

	return count < 0 ? count : E911_OK;
}

static int check_chars(const char *s, size_t len, const char *others)
{
	size_t i;

	for(i = 0; i < len; i++)
		if(!is_alpha(s[i]) && !is_digit(s[i]) && !strchr(others, s[i]))
			return E911_ERR_VALUE;
	return E911_OK;
}

/* ISO 3166-1 in capitals; lower case is a common slip and is mended */
static int check_country(char *s, size_t len)
{
	size_t i;

	if(len != 2 || !is_alpha(s[0]) || !is_alpha(s[1]))
		return E911_ERR_VALUE;
	for(i = 0; i < 2; i++)
		s[i] &= ~0x20;
	return E911_OK;
}

static int check_one_of(const char *s, size_t len, const char *const *names)
{
	for(; *names; names++)
		if(strlen(*names) == len && memcmp(s, *names, len) == 0)
			return E911_OK;
	return E911_ERR_VALUE;
}

/* RFC 7459 section 4: 0 < confidence < 100, or unknown */
static int check_confidence(const char *s, size_t len)
{
	static const char *const words[] = {"unknown", NULL};
	double n;

	if(check_one_of(s, len, words) == 0)
		return E911_OK;
	if(decimal(s, len, &n) != len || n <= 0 || n >= 100)
		return E911_ERR_VALUE;
	return E911_OK;
}

/* a reference to provider data: RFC 7852 section 6.2, https only or http */
static int check_uri(const char *s, size_t len)
{
	if((len < 9 || memcmp(s, "https://", 8) != 0)
			&& (len < 8 || memcmp(s, "http://", 7) != 0))
		return E911_ERR_VALUE;
	return check_chars(s, len, "-._~:/?#[]@!$&()*+,;=%");
}

static int check_value(int check, char *s, size_t len)
{
	static const char *const pdfs[] = {
			"unknown", "normal", "rectangular", NULL};

	switch(check) {
		case CHECK_COUNTRY:
			return check_country(s, len);
		case CHECK_SHAPE:
			return e911_shape_find(s, len) ? E911_OK : E911_ERR_VALUE;
		case CHECK_POS:
			return check_positions(s, len);
		case CHECK_LENGTH:
			return check_number(s, len, 0, 40075017); /* once around */
		case CHECK_ANGLE:
			return check_number(s, len, -360, 360);
		case CHECK_CONFIDENCE:
			return check_confidence(s, len);
		case CHECK_PDF:
			return check_one_of(s, len, pdfs);
		case CHECK_LANG:
			return is_alpha(s[0]) ? check_chars(s, len, "-") : E911_ERR_VALUE;
		case CHECK_TOKEN:
			return check_chars(s, len, "-._");
		case CHECK_URI:
			return check_uri(s, len);
	}
	return E911_OK;
}

/* ----- the record: field, length (2), bytes; in table order ----- */

void e911_location_init(e911_location_t *l, int origin, time_t stated)
{
	memset(l, 0, offsetof(e911_location_t, text));
	l->origin = (unsigned char)origin;
	l->stated = stated;
}

int e911_location_next(const e911_location_t *l, int at, int *id, str *value)
{
	const unsigned char *p = l->text + at;

	if(at + 3 > l->len)
		return 0;
	*id = p[0];
	value->len = p[1] | p[2] << 8;
	value->s = (char *)p + 3;
	return at + 3 + value->len;
}

/* Where field id stands or would stand; 1 if it is there. */
static int find(const e911_location_t *l, int id, int *at, str *value)
{
	int here = 0, next, other;

	while((next = e911_location_next(l, here, &other, value)) && other < id)
		here = next;
	*at = here;
	return next && other == id;
}

int e911_location_get(const e911_location_t *l, int id, str *value)
{
	str v;
	int at;

	if(!find(l, id, &at, &v))
		return E911_ERR_NONE;
	*value = v;
	return E911_OK;
}

static int insert(e911_location_t *l, int at, int id, const char *s, size_t len)
{
	unsigned char *p = l->text + at;

	if(l->len + 3 + len > E911_LOCATION_TEXT_MAX)
		return E911_ERR_SPACE;
	memmove(p + 3 + len, p, l->len - at);
	p[0] = (unsigned char)id;
	p[1] = len & 0xff;
	p[2] = (unsigned char)(len >> 8);
	memcpy(p + 3, s, len);
	l->len += 3 + len;
	return E911_OK;
}

int e911_location_set(e911_location_t *l, int id, const char *s, size_t len)
{
	char value[E911_LOCATION_TEXT_MAX];
	size_t n;
	int at, err;
	str old;

	if(id < 0 || id >= E911_FIELDS)
		return E911_ERR_NAME;
	if(find(l, id, &at, &old))
		return E911_ERR_TWICE;
	err = collapse(value, &n, fields[id].max, s, len);
	if(err || n == 0)
		return err;
	err = check_value(fields[id].check, value, n);
	if(err)
		return err;
	return insert(l, at, id, value, n);
}

/* ----- the whole ----- */

const e911_shape_t *e911_shape_find(const char *name, size_t len)
{
	size_t i;

	for(i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if((size_t)shapes[i].name.len == len
				&& memcmp(shapes[i].name.s, name, len) == 0)
			return &shapes[i];
	return NULL;
}

const e911_shape_t *e911_location_shape(const e911_location_t *l)
{
	str name;

	if(e911_location_get(l, E911_F_SHAPE, &name))
		return NULL;
	return e911_shape_find(name.s, name.len);
}

int e911_location_has_civic(const e911_location_t *l)
{
	str value;
	int at = 0, id;

	while((at = e911_location_next(l, at, &id, &value)))
		if(id != E911_F_COUNTRY)
			return id < E911_F_SHAPE;
	return 0;
}

static int ring_closed(const double *v, int count, int dims)
{
	int i;

	for(i = 0; i < dims; i++)
		if(v[i] != v[count - dims + i])
			return 0;
	return count % dims == 0 && count / dims >= 4;
}

/* Twelve numbers are six corners or four: the ring closes in one of the two
 * readings, and 2d is tried first. */
static int dims_of(const e911_shape_t *shape, const double *v, int count)
{
	if(shape->dims != 3)
		return shape->dims + 1;
	if(!shape->ring)
		return count;
	return count >= 8 && ring_closed(v, count, 2) ? 2 : 3;
}

int e911_location_dims(const e911_location_t *l)
{
	const e911_shape_t *shape = e911_location_shape(l);
	double v[E911_POINTS_MAX * 3];
	str pos;

	if(shape == NULL || e911_location_get(l, E911_F_POS, &pos))
		return 0;
	return dims_of(shape, v, positions(pos.s, pos.len, v));
}

/* RFC 5491 section 5: a position is latitude, longitude[, altitude]; a ring
 * has at least four, the first again as the last */
static int check_pos(const e911_location_t *l, const e911_shape_t *shape)
{
	double v[E911_POINTS_MAX * 3];
	int count, dims, i;
	str pos;

	if(e911_location_get(l, E911_F_POS, &pos))
		return E911_ERR_SHAPE;
	count = positions(pos.s, pos.len, v);
	dims = dims_of(shape, v, count);
	if(dims < 2 || dims > 3)
		return E911_ERR_SHAPE;
	if(shape->ring ? count < 8 || !ring_closed(v, count, dims) : count != dims)
		return E911_ERR_SHAPE;
	for(i = 0; i < count; i += dims)
		if(v[i] < -90 || v[i] > 90 || v[i + 1] < -180 || v[i + 1] > 180)
			return E911_ERR_SHAPE;
	return E911_OK;
}

static int check_members(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	int id;
	str value;

	for(id = E911_F_RADIUS; id < E911_F_CONFIDENCE; id++) {
		*bad = id;
		if(!(shape->members & E911_MEMBER(id))
				!= !!e911_location_get(l, id, &value))
			return E911_ERR_SHAPE;
	}
	return E911_OK;
}

/* fields of a shape without a shape */
static int check_no_shape(const e911_location_t *l, int *bad)
{
	str value;

	for(*bad = E911_F_POS; *bad <= E911_F_PDF; (*bad)++)
		if(e911_location_get(l, *bad, &value) == 0)
			return E911_ERR_SHAPE;
	return E911_OK;
}

int e911_location_check(const e911_location_t *l, int *bad)
{
	const e911_shape_t *shape = e911_location_shape(l);
	int field = E911_F_COUNTRY, err;

	if(shape == NULL) {
		err = check_no_shape(l, &field);
		if(!err && !e911_location_has_civic(l)) {
			field = E911_F_COUNTRY;
			err = E911_ERR_EMPTY;
		}
	} else {
		err = check_members(l, shape, &field);
		if(!err) {
			field = E911_F_POS;
			err = check_pos(l, shape);
		}
	}
	if(err)
		*bad = field;
	return err;
}
