/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: hash err
 */
#include <stdio.h>
#include "../../modules/e911/number.c"
#include "ksr_stub.h"
#include "tight.h"

static int read_z(e911_number_t *number, const char *z)
{
	str s = tight_z(z);
	int err;

	memset(number, 0x5a, sizeof(*number));
	err = e911_number_read(number, s.s, (size_t)s.len);
	free(s.s);
	return err;
}

static void reads_digits_and_nothing_else(void **state)
{
	static const struct
	{
		const char *text;
		int err;
		const char *digits;
	} cases[] = {{"911", 0, "911"}, {"+15125550101", 0, "15125550101"},
			{"+1 (512) 555-01.01", 0, "15125550101"},
			{"123456789012345678901234", 0, "123456789012345678901234"},
			{"1234567890123456789012345", E911_ERR_LONG, ""},
			{"", E911_ERR_VALUE, ""}, {"+", E911_ERR_VALUE, ""},
			{"++1", E911_ERR_VALUE, ""}, {"1+2", E911_ERR_VALUE, ""},
			{"-", E911_ERR_VALUE, ""}, {"alice", E911_ERR_VALUE, ""},
			{"911;phone-context=x", E911_ERR_VALUE, ""},
			{"9/1", E911_ERR_VALUE, ""}, {"9:1", E911_ERR_VALUE, ""}};
	e911_number_t n;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_z(&n, cases[i].text), cases[i].err);
		if(cases[i].err) {
			assert_int_equal(n.n, 0x5a5a5a5a);
			continue;
		}
		assert_int_equal(n.n, (int)strlen(cases[i].digits));
		assert_memory_equal(n.digit, cases[i].digits, (size_t)n.n);
	}
	assert_int_equal(e911_number_read(&n, "1\0002", 3), E911_ERR_VALUE);
}

static void ten_digits_need_no_country_code(void **state)
{
	static const struct
	{
		const char *a;
		const char *b;
		int equal;
	} cases[] = {{"+15125550101", "5125550101", 1},
			{"+15125550101", "15125550101", 1},
			{"+3545125550101", "5125550101", 1},
			{"+99995125550101", "5125550101", 0},
			{"+15125550101", "+445125550101", 0},
			{"+15125550101", "5125550102", 0}, {"+15125550101", "125550101", 0},
			{"101", "101", 1}, {"1101", "101", 0}, {"911", "912", 0}};
	e911_number_t a, b;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_z(&a, cases[i].a), 0);
		assert_int_equal(read_z(&b, cases[i].b), 0);
		assert_int_equal(e911_number_equal(&a, &b), cases[i].equal);
		assert_int_equal(e911_number_equal(&b, &a), cases[i].equal);
		if(cases[i].equal)
			assert_true(e911_number_hash(&a) == e911_number_hash(&b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_digits_and_nothing_else),
			cmocka_unit_test(ten_digits_need_no_country_code),
	};

	assert_int_equal(e911_hash_init(), 0);
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
