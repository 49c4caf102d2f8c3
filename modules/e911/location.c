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

/* C1 controls, surrogates and what Unicode keeps from interchange */
static int is_no_character(unsigned int code)
{
	return code < 0xa0 || (code >= 0xd800 && code < 0xe000)
		   || (code >= 0xfdd0 && code < 0xfdf0) || (code & 0xfffe) == 0xfffe;
}

/* Bytes of the UTF-8 character at s, 0 where XML 1.0 or a SIP header could
 * not carry it. */
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
	if(code < least[n] || code > 0x10ffff || is_no_character(code))
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

/* xs:double, as RFC 5491 section 5 has numbers written: with an exponent, for
 * Java writes a longitude in London as -9.3E-4. No INF, no NaN. */
static size_t real(const char *s, size_t len, double *value)
{
	size_t i = decimal(s, len, value), first;
	int power = 0, down;

	if(i == 0 || i == len || (s[i] | 0x20) != 'e')
		return i;
	i++;
	down = i < len && s[i] == '-';
	if(down || (i < len && s[i] == '+'))
		i++;
	for(first = i; i < len && i < first + 2 && is_digit(s[i]); i++)
		power = power * 10 + (s[i] - '0');
	if(i == first)
		return 0;
	for(; power; power--)
		*value = down ? *value / 10 : *value * 10;
	return i;
}

static int check_number(const char *s, size_t len, double min, double max)
{
	double n;

	if(real(s, len, &n) != len || n < min || n > max)
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
		n = real(s + i, len - i, &v[count++]);
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

/* RFC 5646 as xs:language has it: words of 1 to 8, the first of letters */
static int check_lang(const char *s, size_t len)
{
	size_t i, word = 0;
	int first = 1;

	for(i = 0; i < len; i++) {
		if(s[i] == '-' && word) {
			word = 0;
			first = 0;
			continue;
		}
		if(!is_alpha(s[i]) && (first || !is_digit(s[i])))
			return E911_ERR_VALUE;
		if(++word > 8)
			return E911_ERR_VALUE;
	}
	return word ? E911_OK : E911_ERR_VALUE;
}

static int check_one_of(const char *s, size_t len, const char *const *names)
{
	for(; *names; names++)
		if(strlen(*names) == len && memcmp(s, *names, len) == 0)
			return E911_OK;
	return E911_ERR_VALUE;
}

/* RFC 7459 section 7: xs:decimal, 0 < confidence < 100, or unknown */
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

/* a reference to provider data: RFC 7852 section 6.2 wants https; http is
 * what providers have inside their own networks */
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
			return check_lang(s, len);
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

int e911_location_number(const char *s, size_t len, double *value)
{
	double n;

	if(real(s, len, &n) != len || len == 0)
		return E911_ERR_VALUE;
	*value = n;
	return E911_OK;
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

/* RFC 5491 sections 5.1 and 5.2.8: all corners at one altitude */
static int ring_level(const double *v, int count, int dims)
{
	int i;

	for(i = 5; dims == 3 && i < count; i += 3)
		if(v[i] != v[2])
			return 0;
	return 1;
}

static int on_earth(const double *v, int count, int dims)
{
	int i;

	for(i = 0; i < count; i += dims)
		if(v[i] < -90 || v[i] > 90 || v[i + 1] < -180 || v[i + 1] > 180)
			return 0;
	return 1;
}

/* RFC 5491 section 5: a position is latitude, longitude[, altitude]; a ring
 * has at least four, the first again as the last */
static int check_pos(const e911_location_t *l, const e911_shape_t *shape)
{
	double v[E911_POINTS_MAX * 3];
	int count, dims, fits;
	str pos;

	if(e911_location_get(l, E911_F_POS, &pos))
		return E911_ERR_SHAPE;
	count = positions(pos.s, pos.len, v);
	dims = dims_of(shape, v, count);
	if(dims < 2 || dims > 3)
		return E911_ERR_SHAPE;
	fits = shape->ring ? count >= 8 && ring_closed(v, count, dims)
								 && ring_level(v, count, dims)
					   : count == dims;
	return fits && on_earth(v, count, dims) ? E911_OK : E911_ERR_SHAPE;
}

static double number_in(const e911_location_t *l, int id)
{
	double n = 0;
	str value;

	if(e911_location_get(l, id, &value) == 0)
		real(value.s, value.len, &n);
	return n;
}

/* A band from its outer edge inwards, a prism of no height (RFC 5491 section
 * 5.2.8 wants it positive). */
static int check_sizes(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	*bad = E911_F_OUTER;
	if(number_in(l, E911_F_INNER) > number_in(l, E911_F_OUTER))
		return E911_ERR_SHAPE;
	*bad = E911_F_HEIGHT;
	if((shape->members & E911_MEMBER(E911_F_HEIGHT))
			&& number_in(l, E911_F_HEIGHT) <= 0)
		return E911_ERR_SHAPE;
	return E911_OK;
}

static int check_members(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	int id, wanted;
	str value;

	for(id = E911_F_RADIUS; id < E911_F_CONFIDENCE; id++) {
		wanted = (shape->members & E911_MEMBER(id)) != 0;
		*bad = id;
		if(wanted != (e911_location_get(l, id, &value) == 0))
			return E911_ERR_SHAPE;
	}
	return E911_OK;
}

static int check_shape(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	int err = check_members(l, shape, bad);

	if(!err)
		err = check_sizes(l, shape, bad);
	if(err)
		return err;
	*bad = E911_F_POS;
	return check_pos(l, shape);
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
	int field, err;

	err = shape ? check_shape(l, shape, &field) : check_no_shape(l, &field);
	if(!err && !shape && !e911_location_has_civic(l)) {
		field = E911_F_COUNTRY;
		err = E911_ERR_EMPTY;
	}
	if(err)
		*bad = field;
	return err;
}
