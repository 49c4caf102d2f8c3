/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: strbuf err
 */
#include "../../modules/e911/field.c"
#include "../../modules/e911/location.c"
#include <stdio.h>
#include <stdlib.h>
#include "ksr_stub.h"

/* ----- help ----- */

static int field(const char *name)
{
	int id = e911_field_find(name, strlen(name));

	if(id < 0)
		fail_msg("no field %s", name);
	return id;
}

static int set(e911_location_t *l, const char *name, const char *z)
{
	return e911_location_set(l, field(name), z, strlen(z));
}

static void assert_set(const char *name, const char *z, int err)
{
	e911_location_t l;
	int result;

	e911_location_init(&l, E911_FROM_RPC, 0);
	result = set(&l, name, z);
	if(result != err)
		fail_msg("%s=%s: %s", name, z, e911_err_text(result));
	if(err)
		assert_int_equal(l.len, 0);
}

static void assert_value(const e911_location_t *l, int id, const char *want)
{
	str value;

	assert_int_equal(e911_location_get(l, id, &value), 0);
	assert_int_equal(value.len, strlen(want));
	assert_memory_equal(value.s, want, value.len);
}

/* ----- the table ----- */

static void code_and_table_agree(void **state)
{
	static const struct
	{
		int id;
		const char *name;
	} known[] = {{E911_F_COUNTRY, "country"}, {E911_F_A1, "A1"},
			{E911_F_A3, "A3"}, {E911_F_A6, "A6"}, {E911_F_RD, "RD"},
			{E911_F_HNO, "HNO"}, {E911_F_A2, "A2"}, {E911_F_PRM, "PRM"},
			{E911_F_PRD, "PRD"}, {E911_F_STS, "STS"}, {E911_F_POD, "POD"},
			{E911_F_POM, "POM"}, {E911_F_HNS, "HNS"}, {E911_F_LOC, "LOC"},
			{E911_F_FLR, "FLR"}, {E911_F_BLD, "BLD"}, {E911_F_UNIT, "UNIT"},
			{E911_F_ROOM, "ROOM"}, {E911_F_PCN, "PCN"}, {E911_F_STP, "STP"},
			{E911_F_HNP, "HNP"}, {E911_F_STPS, "STPS"}, {E911_F_SHAPE, "shape"},
			{E911_F_POS, "pos"}, {E911_F_RADIUS, "radius"},
			{E911_F_SEMI_MAJOR, "semiMajorAxis"},
			{E911_F_SEMI_MINOR, "semiMinorAxis"},
			{E911_F_VERTICAL, "verticalAxis"}, {E911_F_INNER, "innerRadius"},
			{E911_F_OUTER, "outerRadius"}, {E911_F_START, "startAngle"},
			{E911_F_OPENING, "openingAngle"},
			{E911_F_ORIENTATION, "orientation"}, {E911_F_HEIGHT, "height"},
			{E911_F_CONFIDENCE, "confidence"}, {E911_F_PDF, "pdf"},
			{E911_F_LANG, "lang"}, {E911_F_METHOD, "method"},
			{E911_F_PROVIDED_BY, "provided_by"}, {E911_F_CALLBACK, "callback"},
			{E911_F_TOKENS, "tokens"}, {E911_F_VALIDATOR, "validator"},
			{E911_F_VALIDATED, "validated"}};
	size_t i;
	int id;

	(void)state;
	for(i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(field(known[i].name), known[i].id);
	for(id = 0; id < E911_FIELDS; id++) {
		assert_int_equal(field(e911_field(id)->name.s), id);
		/* what the writer of PIDF-LO has room for */
		assert_in_range(e911_field(id)->name.len, 1, 20);
		assert_in_range(e911_field(id)->max, 1, 800);
		assert_true(
				(id < E911_F_SHAPE) == (e911_field(id)->ns < E911_NS_SHAPE));
	}
	assert_null(e911_field(-1));
	assert_null(e911_field(E911_FIELDS));
	assert_int_equal(e911_field_find("a1", 2), E911_ERR_NAME);
	assert_int_equal(e911_field_find("", 0), E911_ERR_NAME);
	assert_int_equal(e911_field_find("A11", 3), E911_ERR_NAME);
}

static void a_field_is_found_from_wherever_it_is_looked_for(void **state)
{
	const e911_field_t *f;
	int id, from;

	(void)state;
	for(from = -1; from < E911_FIELDS; from++) {
		for(id = 0; id < E911_FIELDS; id++) {
			f = e911_field(id);
			assert_int_equal(
					e911_field_find_behind(from, f->name.s, f->name.len), id);
		}
		assert_int_equal(e911_field_find_behind(from, "a1", 2), E911_ERR_NAME);
	}
}

static void words_have_names(void **state)
{
	(void)state;
	assert_string_equal(e911_verdict_name(E911_INVALID), "invalid");
	assert_string_equal(e911_freshness_name(E911_EXPIRED), "expired");
	assert_string_equal(e911_origin_name(E911_FROM_SITE), "site");
	assert_string_equal(e911_verdict_name(E911_UNUSABLE), "unusable");
	assert_string_equal(e911_verdict_name(E911_UNUSABLE + 1), "");
	assert_string_equal(e911_freshness_name(-1), "");
	assert_string_equal(e911_origin_name(E911_FROM_SITE + 1), "");
}

/* ----- text ----- */

static void takes_utf8_that_xml_can_carry(void **state)
{
	static const struct
	{
		const char *bytes;
		int ok;
	} table[] = {{"\x1f", 0}, {"!", 1}, {"~", 1}, {"\x7f", 0}, {"\x80", 0},
			{"\xbf", 0}, {"\xc0\x80", 0}, {"\xc1\xbf", 0}, {"\xc2\x80", 0},
			{"\xc2\x85", 0}, {"\xc2\x9f", 0}, {"\xc2\xa0", 1}, {"\xc2", 0},
			{"\xc2z", 0}, {"\xdf\xbf", 1}, {"\xe0\x80\x80", 0},
			{"\xe0\x9f\xbf", 0}, {"\xe0\xa0\x80", 1}, {"\xe2\x82", 0},
			{"\xe2\x82\xac", 1}, {"\xe2z\xac", 0}, {"\xed\x9f\xbf", 1},
			{"\xed\xa0\x80", 0}, {"\xed\xbf\xbf", 0}, {"\xee\x80\x80", 1},
			{"\xef\xb7\x8f", 1}, {"\xef\xb7\x90", 0}, {"\xef\xb7\xaf", 0},
			{"\xef\xb7\xb0", 1}, {"\xef\xbf\xbd", 1}, {"\xef\xbf\xbe", 0},
			{"\xef\xbf\xbf", 0}, {"\xf0\x80\x80\x80", 0},
			{"\xf0\x8f\xbf\xbf", 0}, {"\xf0\x90\x80\x80", 1},
			{"\xf0\x9f\x9a\x91", 1}, {"\xf0\x9f\x9a", 0},
			{"\xf0\x9f\xbf\xbe", 0}, {"\xf4\x8f\xbf\xbd", 1},
			{"\xf4\x8f\xbf\xbf", 0}, {"\xf4\x90\x80\x80", 0},
			{"\xf5\x80\x80\x80", 0}, {"\xff", 0}};
	e911_location_t l;
	size_t i, len;
	char *tight;
	int err;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		len = strlen(table[i].bytes);
		tight = malloc(len); /* so that reading behind it shows */
		memcpy(tight, table[i].bytes, len);
		e911_location_init(&l, 0, 0);
		err = e911_location_set(&l, E911_F_RD, tight, len);
		free(tight);
		if(err != (table[i].ok ? 0 : E911_ERR_TEXT))
			fail_msg("row %zu: %s", i, e911_err_text(err));
	}
	assert_int_equal(
			e911_location_set(&l, E911_F_A1, "a\0b", 3), E911_ERR_TEXT);
}

static void collapses_blanks(void **state)
{
	e911_location_t l;

	(void)state;
	e911_location_init(&l, 0, 0);
	assert_int_equal(set(&l, "RD", "   Congress   and  1st "), 0);
	assert_value(&l, E911_F_RD, "Congress and 1st");
	assert_int_equal(set(&l, "A1", "    "), 0);
	assert_int_equal(e911_location_set(&l, E911_F_A3, NULL, 0), 0);
	assert_int_equal(l.len, 3 + 16);
	assert_set("RD", "a\tb", E911_ERR_TEXT);
	assert_set("RD", "a\nb", E911_ERR_TEXT);
}

static void each_field_has_its_limit(void **state)
{
	char value[1024];
	e911_location_t l;
	int id, max;

	(void)state;
	memset(value, 'x', sizeof(value));
	for(id = E911_F_A1; id < E911_F_SHAPE; id++) {
		max = e911_field(id)->max;
		e911_location_init(&l, 0, 0);
		assert_int_equal(
				e911_location_set(&l, id, value, max + 1), E911_ERR_LONG);
		assert_int_equal(l.len, 0);
		assert_int_equal(e911_location_set(&l, id, value, max), 0);
		assert_int_equal(e911_location_set(&l, id, "y", 1), E911_ERR_TWICE);
	}
	assert_int_equal(e911_location_set(&l, -1, "x", 1), E911_ERR_NAME);
	assert_int_equal(e911_location_set(&l, E911_FIELDS, "x", 1), E911_ERR_NAME);
}

static void a_character_is_never_cut(void **state)
{
	char value[64];

	(void)state;
	memset(value, 'x', 18);
	strcpy(value + 18, "\xc3\xa9");
	assert_set("HNO", value, 0);
	strcpy(value + 18, "\xe2\x82\xac");
	assert_set("HNO", value, E911_ERR_LONG);
	strcpy(value + 18, "    ");
	assert_set("HNO", value, 0);
	strcpy(value + 18, " y");
	assert_set("HNO", value, 0);
	strcpy(value + 18, "x y");
	assert_set("HNO", value, E911_ERR_LONG);
}

/* ----- checks of values ----- */

static void checks_values(void **state)
{
	static const struct
	{
		const char *name;
		const char *good[8];
		const char *bad[12];
	} table[] = {
			{"country", {"US", "us", "Ca", " US "},
					{"U", "U1", "1U", "\xc3\xa9", "--"}},
			{"shape", {"Point", "Prism"}, {"point", "Sphere2", "Rectangle"}},
			{"pos", {"1 2", "-1.5 +2", ".5 5.", "1e1 -9.3E-4", "0 0 0 0 0"},
					{"a", "1,2", "1 x", "1e", "1e+", "1e100", "NaN", "INF", ".",
							"-", "1 - 2"}},
			{"radius", {"0", "850.24", "1E3", "+5", "40075017"},
					{"-1", "40075018", "1e9", "x", "1 2", "0x1"}},
			{"startAngle", {"0", "-360", "360", "43.2", "1e2"},
					{"361", "-360.1", "1e3", "N"}},
			{"confidence", {"95", "0.1", "99.9", "unknown", "+5"},
					{"0", "100", "-1", "1e1", "Unknown", "95%"}},
			{"pdf", {"unknown", "normal", "rectangular"}, {"Normal", "round"}},
			{"lang",
					{"en", "en-US", "zh-Hant-TW", "de-1996", "x-y", "abcdefgh"},
					{"1e", "en_US", "-en", "en-", "en--us", "abcdefghi",
							"en-abcdefghi", "e1"}},
			{"method", {"Manual", "802.11", "Device-Assisted_A-GPS"},
					{"by hand", "<x>", "a/b"}},
			{"provided_by",
					{"https://a", "http://a/b?c=d&e#f", "https://[::1]/"},
					{"https://", "http://", "ftp://a", "cid:a@b", "HTTPS://a",
							"https://a b", "https://a\"", "https://a<"}},
			{"callback",
					{"+15125550101", "5125550101", "1", "+1",
							"+1234567890123456789012"},
					{"+", "++1", "1+", "512-555-0101", "512 5550101",
							"tel:+15125550101", "a"}},
			{"tokens", {"telnyx=abc", "a=1,b=2", "a.b-c_d=x.y-z_~9", "a=1,a=2"},
					{"telnyx", "=x", "a=", "a=1,", ",a=1", "a=1,,b=2",
							"a=1, b=2", "a=b=c", "a=1;b=2", "a=<x>", "a=x@y",
							"a b=1"}},
	};
	size_t i, k;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		for(k = 0; k < 8 && table[i].good[k]; k++)
			assert_set(table[i].name, table[i].good[k], 0);
		for(k = 0; k < 12 && table[i].bad[k]; k++)
			assert_set(table[i].name, table[i].bad[k], E911_ERR_VALUE);
	}
	assert_set("country", "USA", E911_ERR_LONG);
	assert_set("callback", "+12345678901234567890123", E911_ERR_LONG);
}

static void bounds_a_list_of_positions(void **state)
{
	char value[E911_POINTS_MAX * 3 * 2 + 8];
	int i;

	(void)state;
	for(i = 0; i < E911_POINTS_MAX * 3 + 1; i++)
		memcpy(value + 2 * i, "1 ", 3);
	assert_set("pos", value, E911_ERR_LONG);
	value[2 * E911_POINTS_MAX * 3] = 0;
	assert_set("pos", value, 0);
}

static void reads_numbers(void **state)
{
	static const struct
	{
		const char *text;
		double n;
	} table[] = {{"0", 0}, {"-12.25", -12.25}, {"+.5", .5}, {"5.", 5},
			{"-9.3E-4", -9.3e-4}, {"1e05", 1e5}, {"1e+2", 100}};
	double n;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(
				e911_field_number(table[i].text, strlen(table[i].text), &n), 0);
		assert_true(n - table[i].n < 1e-12 && table[i].n - n < 1e-12);
	}
	assert_int_equal(e911_field_number("", 0, &n), E911_ERR_VALUE);
	assert_int_equal(e911_field_number("1 2", 3, &n), E911_ERR_VALUE);
}

/* ----- the record ----- */

static void fills_up_and_no_further(void **state)
{
	e911_location_t l, before;
	char value[800];
	int id, err = 0;

	(void)state;
	memset(value, 'x', sizeof(value));
	e911_location_init(&l, 0, 0);
	for(id = E911_F_A1; id < E911_F_SHAPE && !err; id++) {
		before = l;
		err = e911_location_set(&l, id, value, e911_field(id)->max);
	}
	assert_int_equal(err, E911_ERR_SPACE);
	assert_memory_equal(&l, &before, sizeof(l));
	assert_in_range(
			l.len, E911_LOCATION_TEXT_MAX - 130, E911_LOCATION_TEXT_MAX);
	/* to the last byte */
	e911_location_set(
			&l, E911_F_HNO + 29, value, E911_LOCATION_TEXT_MAX - l.len - 3);
	assert_int_equal(
			E911_LOCATION_SIZE(&l), offsetof(e911_location_t, text) + l.len);
}

struct model
{
	char value[E911_FIELDS][128];
};

static void assert_model(const e911_location_t *l, const struct model *m)
{
	int at = 0, id, last = -1, seen = 0, i;
	str value;

	while((at = e911_location_next(l, at, &id, &value))) {
		assert_true(id > last);
		last = id;
		seen++;
		assert_int_equal(value.len, strlen(m->value[id]));
		assert_memory_equal(value.s, m->value[id], value.len);
	}
	for(i = 0; i < E911_FIELDS; i++) {
		if(m->value[i][0])
			seen--;
		assert_int_equal(e911_location_get(l, i, &value),
				m->value[i][0] ? 0 : E911_ERR_NONE);
	}
	assert_int_equal(seen, 0);
}

static void fill_randomly(e911_location_t *l, struct model *m)
{
	char value[21];
	int k, id, n, err;

	for(k = rand() % 60; k > 0; k--) {
		id = E911_F_A1 + rand() % (E911_F_SHAPE - 1);
		n = 1 + rand() % 20;
		memset(value, 'a' + rand() % 26, n);
		value[n] = 0;
		err = e911_location_set(l, id, value, n);
		assert_int_equal(err, m->value[id][0] ? E911_ERR_TWICE : 0);
		if(!err)
			strcpy(m->value[id], value);
	}
}

static void agrees_with_a_simple_model(void **state)
{
	e911_location_t l, other;
	struct model m;
	int i, id;

	(void)state;
	srand(911);
	for(i = 0; i < 2000; i++) {
		memset(&m, 0, sizeof(m));
		e911_location_init(&l, 0, 0);
		fill_randomly(&l, &m);
		assert_model(&l, &m);
		/* the same fields backwards make the same bytes */
		e911_location_init(&other, 0, 0);
		for(id = E911_FIELDS - 1; id >= 0; id--)
			if(m.value[id][0])
				e911_location_set(&other, id, m.value[id], strlen(m.value[id]));
		assert_int_equal(l.len, other.len);
		assert_memory_equal(l.text, other.text, l.len);
	}
}

/* ----- the whole ----- */

static void assert_whole(
		const char *const *pairs, int err, const char *at, int dims)
{
	e911_location_t l;
	int bad = -1, result;
	size_t i;

	e911_location_init(&l, 0, 0);
	for(i = 0; pairs[i]; i += 2)
		assert_int_equal(set(&l, pairs[i], pairs[i + 1]), 0);
	result = e911_location_check(&l, &bad);
	if(result != err)
		fail_msg("%s %s: %s", pairs[0], pairs[1], e911_err_text(result));
	assert_int_equal(bad, at ? field(at) : -1);
	if(!err)
		assert_int_equal(e911_location_dims(&l), dims);
}

#define OK(dims, ...) \
	assert_whole((const char *const[]){__VA_ARGS__, NULL}, 0, NULL, dims)
#define NOT(at, ...) \
	assert_whole(    \
			(const char *const[]){__VA_ARGS__, NULL}, E911_ERR_SHAPE, at, 0)

static void knows_whole_shapes(void **state)
{
	(void)state;
	OK(2, "shape", "Point", "pos", "-90 180");
	OK(3, "shape", "Point", "pos", "1 2 -3");
	OK(2, "shape", "Polygon", "pos", "1 1 1 2 2 2 1 1");
	OK(2, "shape", "Polygon", "pos", "1 1 1 2 2 2 2 3 4 4 1 1.0");
	OK(3, "shape", "Polygon", "pos", "1 1 5 1 2 5 2 2 5 1 1 5");
	OK(2, "shape", "Circle", "pos", "1 2", "radius", "5");
	OK(2, "shape", "Ellipse", "pos", "1 2", "semiMajorAxis", "5",
			"semiMinorAxis", "4", "orientation", "0");
	OK(2, "shape", "ArcBand", "pos", "1 2", "innerRadius", "5", "outerRadius",
			"5", "startAngle", "0", "openingAngle", "20");
	OK(3, "shape", "Sphere", "pos", "1 2 3", "radius", "5");
	OK(3, "shape", "Ellipsoid", "pos", "1 2 3", "semiMajorAxis", "5",
			"semiMinorAxis", "4", "verticalAxis", "1", "orientation", "0",
			"confidence", "67", "pdf", "normal");
	OK(3, "shape", "Prism", "pos", "1 1 5 1 2 5 2 2 5 1 1 5", "height", "3");
}

static void knows_broken_shapes(void **state)
{
	(void)state;
	NOT("pos", "shape", "Point");
	NOT("pos", "shape", "Point", "pos", "1");
	NOT("pos", "shape", "Point", "pos", "1 2 3 4");
	NOT("pos", "shape", "Point", "pos", "90.1 0");
	NOT("pos", "shape", "Point", "pos", "0 -180.1");
	NOT("radius", "shape", "Point", "pos", "1 2", "radius", "5");
	NOT("pos", "shape", "Polygon", "pos", "1 1 1 2 1 1");
	NOT("pos", "shape", "Polygon", "pos", "1 1 1 2 2 2 1 3");
	NOT("pos", "shape", "Polygon", "pos", "1 1 1 2 2 2 2 1 1");
	NOT("pos", "shape", "Polygon", "pos", "1 1 5 1 2 6 2 2 5 1 1 5");
	NOT("pos", "shape", "Polygon", "pos", "1 1 91 2 2 2 1 1");
	NOT("radius", "shape", "Circle", "pos", "1 2");
	NOT("height", "shape", "Circle", "pos", "1 2", "radius", "5", "height",
			"1");
	NOT("pos", "shape", "Circle", "pos", "1 2 3", "radius", "5");
	NOT("orientation", "shape", "Ellipse", "pos", "1 2", "semiMajorAxis", "5",
			"semiMinorAxis", "4");
	NOT("outerRadius", "shape", "ArcBand", "pos", "1 2", "innerRadius", "6",
			"outerRadius", "5", "startAngle", "0", "openingAngle", "20");
	NOT("openingAngle", "shape", "ArcBand", "pos", "1 2", "innerRadius", "4",
			"outerRadius", "5", "startAngle", "0");
	NOT("pos", "shape", "Sphere", "pos", "1 2", "radius", "5");
	NOT("verticalAxis", "shape", "Ellipsoid", "pos", "1 2 3", "semiMajorAxis",
			"5", "semiMinorAxis", "4", "orientation", "0");
	NOT("height", "shape", "Prism", "pos", "1 1 5 1 2 5 2 2 5 1 1 5");
	NOT("height", "shape", "Prism", "pos", "1 1 5 1 2 5 2 2 5 1 1 5", "height",
			"0");
	NOT("pos", "shape", "Prism", "pos", "1 1 1 2 2 2 1 1", "height", "3");
	NOT("pos", "pos", "1 2", "RD", "x");
	NOT("confidence", "confidence", "95", "RD", "x");
}

static void something_must_be_said(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const country[] = {"country", "US", NULL};
	static const char *const method[] = {"country", "US", "method", "x", NULL};
	static const char *const road[] = {"RD", "x", NULL};
	static const char *const about[] = {"callback", "1", "tokens", "a=1", NULL};

	(void)state;
	assert_whole(about, E911_ERR_EMPTY, "country", 0);
	assert_whole(none, E911_ERR_EMPTY, "country", 0);
	assert_whole(country, E911_ERR_EMPTY, "country", 0);
	assert_whole(method, E911_ERR_EMPTY, "country", 0);
	assert_whole(road, 0, NULL, 0);
}

/* ----- tokens ----- */

static void assert_token(
		const e911_location_t *l, const char *name, const char *want)
{
	str id = STR_NULL;
	int err = e911_location_token(l, name, &id);

	if(err != (want ? 0 : E911_ERR_NONE))
		fail_msg("%s: %s", name, e911_err_text(err));
	if(want == NULL) {
		assert_null(id.s);
		return;
	}
	assert_int_equal(id.len, strlen(want));
	assert_memory_equal(id.s, want, id.len);
}

static void a_token_is_found_by_its_whole_name(void **state)
{
	e911_location_t l;

	(void)state;
	e911_location_init(&l, 0, 0);
	assert_token(&l, "telnyx", NULL);
	assert_int_equal(
			set(&l, "tokens", "telnyx-location=L1,telnyx=9,b=x,telnyx=2"), 0);
	assert_token(&l, "telnyx", "9");
	assert_token(&l, "telnyx-location", "L1");
	assert_token(&l, "b", "x");
	assert_token(&l, "", NULL);
	assert_token(&l, "telny", NULL);
	assert_token(&l, "telnyx-", NULL);
	assert_token(&l, "elnyx", NULL);
	assert_token(&l, "Telnyx", NULL);
	assert_token(&l, "x", NULL);
	assert_token(&l, "telnyx=2", NULL);
	assert_token(&l, "telnyx-location=L1,telnyx", NULL);
}

/* nothing is read behind the last one */
static void the_last_token_ends_with_the_location(void **state)
{
	e911_location_t l, *tight;

	(void)state;
	e911_location_init(&l, 0, 0);
	assert_int_equal(set(&l, "tokens", "a=1,long=2"), 0);
	tight = malloc(E911_LOCATION_SIZE(&l));
	memcpy(tight, &l, E911_LOCATION_SIZE(&l));
	assert_token(tight, "long", "2");
	assert_token(tight, "longest", NULL);
	assert_token(tight, "long=2", NULL);
	assert_token(tight, "a", "1");
	free(tight);
}

/* ----- a copy with edits ----- */

static void is_text(const e911_location_t *l, const char *is)
{
	char mem[256];
	int at = 0, id, n = 0;
	str v;

	mem[0] = '\0';
	while((at = e911_location_next(l, at, &id, &v)))
		n += sprintf(mem + n, "%s=%.*s;", e911_field(id)->name.s, v.len, v.s);
	assert_string_equal(mem, is);
}

static void edits_a_copy_only(void **state)
{
	const e911_edit_t edit[] = {{E911_F_COUNTRY, str_init("US")},
			{E911_F_A3, str_init("AUSTIN")}, {E911_F_A6, {NULL, 0}},
			{E911_F_RD, str_init("MAIN")}, {E911_F_STS, {NULL, 0}},
			{E911_F_STPS, str_init("X")}};
	e911_location_t from, to;

	(void)state;
	e911_location_init(&from, E911_FROM_HELD, 4);
	from.verdict = E911_INVALID;
	assert_int_equal(set(&from, "A1", "TX"), 0);
	assert_int_equal(set(&from, "A3", "Austn"), 0);
	assert_int_equal(set(&from, "A6", "Mian"), 0);
	assert_int_equal(set(&from, "FLR", "4"), 0);
	assert_int_equal(e911_location_edit(&to, &from, edit, 6), 0);
	is_text(&to, "country=US;A1=TX;A3=AUSTIN;RD=MAIN;FLR=4;STPS=X;");
	is_text(&from, "A1=TX;A3=Austn;A6=Mian;FLR=4;");
	assert_int_equal(to.origin, E911_FROM_HELD);
	assert_int_equal(to.verdict, E911_INVALID);
	assert_int_equal(e911_location_edit(&to, &from, edit, 0), 0);
	is_text(&to, "A1=TX;A3=Austn;A6=Mian;FLR=4;");
}

static void edits_no_more_than_there_is_room_for(void **state)
{
	char mem[E911_FIELD_MAX];
	e911_edit_t edit[] = {{E911_F_RD, {mem, E911_FIELD_MAX}},
			{E911_F_LOC, {mem, E911_FIELD_MAX}},
			{E911_F_UNIT, {mem, E911_FIELD_MAX}}};
	e911_location_t from, to;

	(void)state;
	memset(mem, 'a', sizeof(mem));
	e911_location_init(&from, E911_FROM_RPC, 0);
	assert_int_equal(e911_location_edit(&to, &from, edit, 2), 0);
	assert_int_equal(e911_location_edit(&to, &from, edit, 3), E911_ERR_SPACE);
}

static void knows_whether_a_value_needs_escaping(void **state)
{
	static const char *const values[] = {
			"Main", "B&O", "a<b", "a>b", "the \"Inn\"", "O'Hare"};
	e911_location_t l, copy;
	e911_edit_t edit = {E911_F_ROOM, str_init("2")};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(values) / sizeof(*values); i++) {
		e911_location_init(&l, E911_FROM_RPC, 0);
		assert_int_equal(
				e911_location_set(&l, E911_F_RD, values[i], strlen(values[i])),
				0);
		assert_int_equal(e911_location_set(&l, E911_F_HNO, "1", 1), 0);
		assert_int_equal(l.escapes != 0, i > 0);
		assert_int_equal(e911_location_edit(&copy, &l, &edit, 1), 0);
		assert_int_equal(copy.escapes != 0, i > 0);
	}
	edit.value = (str)str_init("<2>");
	e911_location_init(&l, E911_FROM_RPC, 0);
	assert_int_equal(e911_location_edit(&copy, &l, &edit, 1), 0);
	assert_true(copy.escapes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(code_and_table_agree),
			cmocka_unit_test(a_field_is_found_from_wherever_it_is_looked_for),
			cmocka_unit_test(words_have_names),
			cmocka_unit_test(takes_utf8_that_xml_can_carry),
			cmocka_unit_test(collapses_blanks),
			cmocka_unit_test(each_field_has_its_limit),
			cmocka_unit_test(a_character_is_never_cut),
			cmocka_unit_test(checks_values),
			cmocka_unit_test(bounds_a_list_of_positions),
			cmocka_unit_test(reads_numbers),
			cmocka_unit_test(fills_up_and_no_further),
			cmocka_unit_test(agrees_with_a_simple_model),
			cmocka_unit_test(knows_whole_shapes),
			cmocka_unit_test(knows_broken_shapes),
			cmocka_unit_test(something_must_be_said),
			cmocka_unit_test(a_token_is_found_by_its_whole_name),
			cmocka_unit_test(the_last_token_ends_with_the_location),
			cmocka_unit_test(edits_a_copy_only),
			cmocka_unit_test(edits_no_more_than_there_is_room_for),
			cmocka_unit_test(knows_whether_a_value_needs_escaping),
	};

	return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}
