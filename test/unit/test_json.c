/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: strbuf err location field
 */
#include "../../modules/e911/json.c"
#include <stdio.h>
#include <stdlib.h>
#include "ksr_stub.h"

#define NOW 1787320800

static int read_text(e911_location_t *l, const char *s, size_t len, char *bad)
{
	char *tight = malloc(len ? len : 1); /* so that reading behind it shows */
	str text = {tight, (int)len};
	int err;

	memcpy(tight, s, len);
	err = e911_json_read(l, &text, E911_FROM_RPC, NOW, bad);
	free(tight);
	return err;
}

static void assert_read(const char *z, int err, const char *name)
{
	char bad[E911_JSON_NAME_MAX] = "unset";
	e911_location_t l, before;
	int result;

	memset(&l, 0x5a, sizeof(l));
	before = l;
	result = read_text(&l, z, strlen(z), bad);
	if(result != err)
		fail_msg("%s: %s", z, e911_err_text(result));
	if(strcmp(bad, name))
		fail_msg("%s: fault in '%s'", z, bad);
	if(err)
		assert_memory_equal(&l, &before, sizeof(l));
}

static void assert_value(const char *z, const char *field, const char *want)
{
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;
	str value;

	assert_int_equal(read_text(&l, z, strlen(z), bad), 0);
	assert_int_equal(e911_location_get(
							 &l, e911_field_find(field, strlen(field)), &value),
			0);
	assert_int_equal(value.len, strlen(want));
	assert_memory_equal(value.s, want, value.len);
	assert_int_equal(l.stated, NOW);
	assert_int_equal(l.origin, E911_FROM_RPC);
}

static void reads_an_address(void **state)
{
	(void)state;
	assert_value("{\"country\":\"us\",\"A1\":\"TX\",\"RD\":\"Congress\"}",
			"country", "US");
	assert_value(" \t\r\n{ \"RD\" : \"Congress\" , \"A1\":\"\" }\n", "RD",
			"Congress");
	assert_value("{\"shape\":\"Point\",\"pos\":\"30.2 -97.7\"}", "pos",
			"30.2 -97.7");
}

static void reads_escapes(void **state)
{
	(void)state;
	assert_value("{\"\\u0052D\":\"a\\\"\\\\\\/\\u00e9\\u20AC\\ud83d\\ude91\"}",
			"RD", "a\"\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x91");
}

static void refuses_what_is_no_json(void **state)
{
	static const char *const texts[] = {"", " ", "{", "{\"", "{\"RD\"",
			"{\"RD\":", "{\"RD\":\"", "{\"RD\":\"x", "{\"RD\":\"x\"",
			"{\"RD\":\"x\",", "{\"RD\":\"x\",}", "{,}", "{\"RD\" \"x\"}",
			"{\"RD\":\"x\"}}", "{\"RD\":\"x\"}x", "{\"RD\":\"x\"} {}",
			"{'RD':'x'}", "{RD:\"x\"}", "{\"RD\":\"x\" \"A1\":\"y\"}",
			"{\"RD\":\"x\\", "{\"RD\":\"\\x\"}", "{\"RD\":\"\\u12\"}",
			"{\"RD\":\"\\u12g4\"}", "{\"RD\":\"x\"/**/}",
			"{\"RD\":\"\\ud83d\\u12\"}"};
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if(read_text(&l, texts[i], strlen(texts[i]), bad) != E911_ERR_SYNTAX)
			fail_msg("%s", texts[i]);
	assert_int_equal(
			read_text(&l, "{\"RD\":\"x\"}\0", 11, bad), E911_ERR_SYNTAX);
	assert_int_equal(
			read_text(&l, "\0{\"RD\":\"x\"}", 11, bad), E911_ERR_SYNTAX);
	assert_int_equal(
			read_text(&l, "{\"RD\":\"\\\0\"}", 11, bad), E911_ERR_SYNTAX);
}

static void refuses_other_types(void **state)
{
	(void)state;
	assert_read("[]", E911_ERR_TYPE, "");
	assert_read("\"RD\"", E911_ERR_TYPE, "");
	assert_read("null", E911_ERR_SYNTAX, "");
	assert_read("{\"HNO\":12}", E911_ERR_TYPE, "HNO");
	assert_read("{\"A1\":\"TX\",\"HNO\":null}", E911_ERR_TYPE, "HNO");
	assert_read("{\"HNO\":{\"HNO\":\"1\"}}", E911_ERR_TYPE, "HNO");
	assert_read("{\"HNO\":[[[[[[", E911_ERR_DEPTH, "");
}

static void only_the_database_says_what_validation_has_said(void **state)
{
	static const char text[] = "{\"RD\":\"x\",\"validator\":\"msag\","
							   "\"validated\":\"1790000000\"}";
	str all = {(char *)text, sizeof(text) - 1};
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;
	str value;

	assert_read(text, E911_ERR_NAME, "validator");
	assert_read(
			"{\"RD\":\"x\",\"validated\":\"1\"}", E911_ERR_NAME, "validated");
	assert_int_equal(e911_json_read(&l, &all, E911_FROM_DB, NOW, bad), 0);
	assert_int_equal(e911_location_get(&l, E911_F_VALIDATED, &value), 0);
	assert_int_equal(value.len, 10);
}

static void names_the_member_at_fault(void **state)
{
	(void)state;
	assert_read("{\"A1\":\"TX\",\"a1\":\"TX\"}", E911_ERR_NAME, "a1");
	assert_read("{\"A1\\u0000x\":\"TX\"}", E911_ERR_TEXT, "");
	assert_read("{\"1234567890123456789012345678901234567890\":\"x\"}",
			E911_ERR_NAME, "123456789012345678901234567890123456789");
	assert_read("{\"country\":\"USA\"}", E911_ERR_LONG, "country");
	assert_read("{\"country\":\"U1\"}", E911_ERR_VALUE, "country");
	assert_read("{\"RD\":\"a\\u0000b\"}", E911_ERR_TEXT, "");
	assert_read("{\"RD\":\"a\\nb\"}", E911_ERR_TEXT, "RD");
	assert_read("{\"RD\":\"\xff\"}", E911_ERR_TEXT, "");
	assert_read("{}", E911_ERR_EMPTY, "country");
	assert_read("{\"country\":\"US\"}", E911_ERR_EMPTY, "country");
	assert_read(
			"{\"shape\":\"Circle\",\"pos\":\"1 2\"}", E911_ERR_SHAPE, "radius");
}

static void refuses_too_much(void **state)
{
	char text[E911_JSON_MAX + 16];
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;
	int len;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"RD\":\"x\"}", 10);
	assert_int_equal(read_text(&l, text, E911_JSON_MAX, bad), 0);
	assert_int_equal(
			read_text(&l, text, E911_JSON_MAX + 1, bad), E911_ERR_SPACE);
	len = snprintf(text, sizeof(text), "{\"RD\":\"%01100d\"}", 0);
	assert_int_equal(read_text(&l, text, len, bad), E911_ERR_LONG);
	assert_string_equal(bad, "RD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_an_address),
			cmocka_unit_test(reads_escapes),
			cmocka_unit_test(refuses_what_is_no_json),
			cmocka_unit_test(refuses_other_types),
			cmocka_unit_test(names_the_member_at_fault),
			cmocka_unit_test(only_the_database_says_what_validation_has_said),
			cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
