/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err row strbuf
 */
#include "../../modules/e911/origins.c"
#include <stdio.h>
#include "ksr_stub.h"
#include "tight.h"

static int init_z(const char *z, char *at)
{
	str list = tight_z(z), bad = STR_NULL;
	int err = e911_origins_init(&list, &bad);

	if(err)
		sprintf(at, "%.*s", bad.len, bad.s);
	free(list.s);
	return err;
}

static int has(const char *z)
{
	str origin = tight_z(z);
	int found = e911_origins_have(&origin);

	free(origin.s);
	return found;
}

static void knows_none_at_first(void **state)
{
	char at[200];

	(void)state;
	assert_int_equal(init_z("", at), 0);
	assert_null(e911_origins_nth(0));
	assert_false(has("https://phone.example.com"));
	assert_false(has(""));
}

static void knows_each_of_a_list(void **state)
{
	char at[200];

	(void)state;
	assert_int_equal(init_z("https://a.example.com , http://localhost:8911,"
							"https://[2001:db8::1]:8443",
							 at),
			0);
	assert_true(has("https://a.example.com"));
	assert_true(has("http://localhost:8911"));
	assert_true(has("https://[2001:db8::1]:8443"));
	assert_true(is_z(e911_origins_nth(1), "http://localhost:8911"));
	assert_null(e911_origins_nth(3));
	assert_null(e911_origins_nth(-1));
}

static void takes_nothing_that_only_looks_alike(void **state)
{
	char at[200];

	(void)state;
	assert_int_equal(init_z("https://a.example.com", at), 0);
	assert_false(has("http://a.example.com"));
	assert_false(has("https://a.example.com:444"));
	assert_false(has("https://a.example.com.evil.test"));
	assert_false(has("https://a.example.co"));
	assert_false(has("null"));
	assert_false(has("*"));
}

static void refuses_what_is_no_origin(void **state)
{
	static const char *const bad[] = {"a.example.com", "https://", "*", "null",
			"https://*.example.com", "https://a/", "https://a/b",
			"https://A.example.com", "ftp://a", "https://a b",
			"https://a\r\nX: y", "https://a;", "https://a'", "https://a\"",
			"https://:80", "https://a:", "https://u@a"};
	char at[200], list[200];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		sprintf(list, "https://good.example.com,%s", bad[i]);
		if(init_z(list, at) != E911_ERR_VALUE)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(at, bad[i]);
	}
	assert_int_equal(init_z("https://a,,https://b", at), E911_ERR_VALUE);
}

static void holds_so_many_and_so_long_ones(void **state)
{
	char at[400], list[4000] = "", one[400] = "https://";
	int i;

	(void)state;
	for(i = 0; i < E911_ORIGINS_MAX; i++)
		sprintf(list + strlen(list), "%shttps://a%d", i ? "," : "", i);
	assert_int_equal(init_z(list, at), 0);
	strcat(list, ",https://b");
	assert_int_equal(init_z(list, at), E911_ERR_FULL);
	memset(one + 8, 'a', E911_ORIGIN_MAX - 8);
	assert_int_equal(init_z(one, at), 0);
	strcat(one, "a");
	assert_int_equal(init_z(one, at), E911_ERR_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(knows_none_at_first),
			cmocka_unit_test(knows_each_of_a_list),
			cmocka_unit_test(takes_nothing_that_only_looks_alike),
			cmocka_unit_test(refuses_what_is_no_origin),
			cmocka_unit_test(holds_so_many_and_so_long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
