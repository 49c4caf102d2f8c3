/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: assessment location field strbuf err
 */
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "ksr_stub.h"
#include "tight.h"

/* json-c has no hook: what it allocates for us fails at our calls of it */
static int may(void)
{
	void *p = ksr_malloc(1);

	if(p)
		ksr_free(p);
	return p != NULL;
}

#define json_object_new_object() (may() ? json_object_new_object() : NULL)
#define json_object_new_array() (may() ? json_object_new_array() : NULL)
#define json_object_new_string(z) (may() ? json_object_new_string(z) : NULL)
#define json_object_new_string_len(s, len) \
	(may() ? json_object_new_string_len(s, len) : NULL)
#define json_object_new_int64(n) (may() ? json_object_new_int64(n) : NULL)
#define json_object_new_boolean(n) (may() ? json_object_new_boolean(n) : NULL)
#define json_object_object_add(to, name, value) \
	(may() ? json_object_object_add(to, name, value) : -1)
#define json_object_array_add(to, value) \
	(may() ? json_object_array_add(to, value) : -1)
#include "../../modules/e911/view.c"

static e911_location_t place;
static e911_assessment_t said;

static void put(e911_location_t *l, int id, const char *value)
{
	assert_int_equal(e911_location_set(l, id, value, strlen(value)), 0);
}

static int up(void **state)
{
	(void)state;
	e911_location_init(&place, E911_FROM_HTTP, 1000);
	put(&place, E911_F_COUNTRY, "US");
	put(&place, E911_F_RD, "<b>\"Main\"</b>");
	put(&place, E911_F_VALIDATOR, "shop");
	e911_assessment_init(&said);
	said.element[E911_F_RD] = E911_ELEMENT_INVALID;
	said.element[E911_F_COUNTRY] = E911_ELEMENT_VALID;
	said.n = 2;
	said.suggestion[0] = said.suggestion[1] = place;
	return 0;
}

static int is_written(struct json_object *o, const char *text)
{
	int same = strcmp(json_object_to_json_string_ext(
							  o, JSON_C_TO_STRING_PLAIN
										 | JSON_C_TO_STRING_NOSLASHESCAPE),
					   text)
			   == 0;

	json_object_put(o);
	return same;
}

static void a_location_is_what_may_be_stated(void **state)
{
	(void)state;
	assert_true(is_written(e911_view_location(&place),
			"{\"country\":\"US\",\"RD\":\"<b>\\\"Main\\\"</b>\"}"));
}

static void an_assessment_names_what_was_said(void **state)
{
	struct json_object *o = json_object_new_object();

	(void)state;
	said.n = 1;
	assert_int_equal(e911_view_assessment(o, &said), 0);
	assert_true(is_written(o,
			"{\"elements\":{\"country\":\"valid\",\"RD\":\"invalid\"},"
			"\"suggestions\":[{\"country\":\"US\","
			"\"RD\":\"<b>\\\"Main\\\"</b>\"}]}"));
}

static void nothing_said_is_empty_and_there(void **state)
{
	struct json_object *o = json_object_new_object();

	(void)state;
	e911_assessment_init(&said);
	assert_int_equal(e911_view_assessment(o, &said), 0);
	assert_true(is_written(o, "{\"elements\":{},\"suggestions\":[]}"));
}

static void values_of_each_kind(void **state)
{
	struct json_object *o = json_object_new_object();
	str text = tight_z("x"), none = STR_NULL;

	(void)state;
	assert_int_equal(e911_view_str(o, "a", &text) | e911_view_str(o, "b", &none)
							 | e911_view_number(o, "c", 1LL << 40)
							 | e911_view_flag(o, "d", 1)
							 | e911_view_time(o, "e", 1790000000)
							 | e911_view_time(o, "f", 0),
			0);
	free(text.s);
	assert_true(is_written(o,
			"{\"a\":\"x\",\"b\":\"\",\"c\":1099511627776,\"d\":true,"
			"\"e\":\"2026-09-21T14:13:20Z\",\"f\":null}"));
}

static void into_nothing_is_an_error_and_no_leak(void **state)
{
	(void)state;
	assert_int_equal(e911_view_text(NULL, "a", "x"), E911_ERR_MEM);
	assert_int_equal(e911_view_time(NULL, "a", 0), E911_ERR_MEM);
	assert_int_equal(e911_view_put(NULL, "a", NULL), E911_ERR_MEM);
	assert_int_equal(
			e911_view_add(NULL, json_object_new_object()), E911_ERR_MEM);
	assert_int_equal(e911_view_assessment(NULL, &said), E911_ERR_MEM);
}

static int write_all(void *arg)
{
	struct json_object *o = json_object_new_object();
	int err = e911_view_put(o, "location", e911_view_location(&place));

	(void)arg;
	err |= e911_view_time(o, "stated", 0);
	err |= e911_view_time(o, "confirmed", 1000);
	err |= e911_view_flag(o, "checking", 0);
	err |= e911_view_number(o, "n", 1);
	err |= e911_view_assessment(o, &said);
	json_object_put(o);
	return err;
}

static void without_memory_it_says_so(void **state)
{
	(void)state;
	ksr_sweep(write_all, NULL, E911_ERR_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(a_location_is_what_may_be_stated, up),
			cmocka_unit_test_setup(an_assessment_names_what_was_said, up),
			cmocka_unit_test_setup(nothing_said_is_empty_and_there, up),
			cmocka_unit_test_setup(values_of_each_kind, up),
			cmocka_unit_test_setup(into_nothing_is_an_error_and_no_leak, up),
			cmocka_unit_test_setup(without_memory_it_says_so, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
