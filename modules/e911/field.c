/*
 * e911: the fields of a location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "field.h"
#include "utf8.h"
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
	CHECK_NUMBER,
	CHECK_IDS,
	CHECK_SECONDS,
};

/* Schema order: RFC 5139 section 4 is an xs:sequence, extensions come last. */
/* clang-format off */
const e911_field_t e911_fields[E911_FIELDS] = {
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
		{str_init("callback"), E911_NS_ABOUT, CHECK_NUMBER, 23},
		{str_init("tokens"), E911_NS_ABOUT, CHECK_IDS, 400},
		{str_init("validator"), E911_NS_VALIDATION, CHECK_TOKEN, 31},
		{str_init("validated"), E911_NS_VALIDATION, CHECK_SECONDS, 11},
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

int e911_field_find_behind(int id, const char *name, size_t len)
{
	int i, n;

	for(n = 0, i = id; n < E911_FIELDS; n++) {
		i = i + 1 < E911_FIELDS ? i + 1 : 0;
		if((size_t)e911_fields[i].name.len == len
				&& *e911_fields[i].name.s == *name
				&& memcmp(e911_fields[i].name.s, name, len) == 0)
			return i;
	}
	return E911_ERR_NAME;
}

int e911_field_find(const char *name, size_t len)
{
	return e911_field_find_behind(-1, name, len);
}

int e911_field_stated(const char *name, size_t len)
{
	int id = e911_field_find(name, len);

	return id >= 0 && e911_fields[id].ns == E911_NS_VALIDATION ? E911_ERR_NAME
															   : id;
}

const e911_shape_t *e911_shape_find(const char *name, size_t len)
{
	size_t i;

	for(i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if((size_t)shapes[i].name.len == len
				&& memcmp(shapes[i].name.s, name, len) == 0)
			return &shapes[i];
	return NULL;
}

/* ----- values ----- */

/* xs:token: outer blanks dropped, inner runs made one. */
static int collapse(
		char *out, size_t *outlen, size_t max, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, k, n, o = 0;
	int gap = 0;

	for(i = 0; i < len; i += n) {
		n = e911_utf8_char(u + i, len - i);
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

int e911_field_positions(const str *value, double numbers[E911_POINTS_MAX * 3])
{
	size_t i = 0, n, len = value->len;
	int count = 0;

	while(i < len) {
		if(count == E911_POINTS_MAX * 3)
			return E911_ERR_LONG;
		n = real(value->s + i, len - i, &numbers[count++]);
		if(n == 0 || (i + n < len && value->s[i + n] != ' '))
			return E911_ERR_VALUE;
		i += n + 1;
	}
	return count;
}

static int check_positions(char *s, size_t len)
{
	double numbers[E911_POINTS_MAX * 3];
	str value = {s, (int)len};
	int count = e911_field_positions(&value, numbers);

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

/* digits, with or without a "+" */
static int check_digits(const char *s, size_t len)
{
	size_t i = s[0] == '+';

	if(i == len)
		return E911_ERR_VALUE;
	for(; i < len; i++)
		if(!is_digit(s[i]))
			return E911_ERR_VALUE;
	return E911_OK;
}

/* name=id,name=id */
static int check_ids(const char *s, size_t len)
{
	const char *end = s + len, *item, *is;

	for(item = s; item < end; item = s + 1) {
		for(s = item; s < end && *s != ','; s++)
			;
		is = memchr(item, '=', s - item);
		if(is == NULL || is == item || is + 1 == s || s + 1 == end
				|| check_chars(item, is - item, "-._")
				|| check_chars(is + 1, s - is - 1, "-._~"))
			return E911_ERR_VALUE;
	}
	return E911_OK;
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
		case CHECK_NUMBER:
			return check_digits(s, len);
		case CHECK_IDS:
			return check_ids(s, len);
		case CHECK_SECONDS:
			return s[0] == '+' ? E911_ERR_VALUE : check_digits(s, len);
	}
	return E911_OK;
}

int e911_field_number(const char *s, size_t len, double *value)
{
	double n;

	if(real(s, len, &n) != len || len == 0)
		return E911_ERR_VALUE;
	*value = n;
	return E911_OK;
}

int e911_field_normal(int id, const char *s, size_t len, char *mem, size_t *n)
{
	size_t kept;
	int err;

	if(id < 0 || id >= E911_FIELDS)
		return E911_ERR_NAME;
	err = collapse(mem, &kept, e911_fields[id].max, s, len);
	if(!err && kept)
		err = check_value(e911_fields[id].check, mem, kept);
	if(!err)
		*n = kept;
	return err;
}
