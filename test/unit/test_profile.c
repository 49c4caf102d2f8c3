/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/profile.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static e911_profile_t *profile(void)
{
	e911_profile_t *p = calloc(1, sizeof(*p));

	if(p == NULL)
		abort();
	return p;
}

/* ----- header lines ----- */

static void lines_are_taken_one_by_one(void **state)
{
	static const char *const rows[][2] = {
			{"", ""},
			{" | |", ""},
			{"A: b", "A: b>"},
			{" A: b  ", "A: b>"},
			{"A: b|C: d", "A: b>C: d>"},
			{"| A: b c | |C:|", "A: b c>C:>"},
	};
	const char *rest;
	str whole, line;
	char out[64];
	size_t i;
	int n;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		whole = tight(rows[i][0], strlen(rows[i][0]) + 1);
		for(n = 0, *out = '\0', rest = whole.s;
				e911_profile_line(&rest, &line);)
			n += sprintf(out + n, "%.*s>", line.len, line.s);
		assert_string_equal(out, rows[i][1]);
		/* at the end it stays there */
		assert_false(e911_profile_line(&rest, &line));
		free(whole.s);
	}
}

/* ----- methods ----- */

static void assert_sent(
		const e911_profile_t *p, const char *method, const char *want)
{
	str ours = tight_z(method), theirs = e911_profile_method(p, &ours);

	assert_true(is_z(&theirs, want));
	free(ours.s);
}

static void a_method_is_sent_in_their_words(void **state)
{
	e911_profile_t *p = profile();

	(void)state;
	assert_sent(p, "Manual", "Manual");
	assert_sent(p, "", "");
	strcpy(p->ours[0], "Manual");
	strcpy(p->theirs[0], "MANUAL");
	strcpy(p->ours[1], "DHCP");
	strcpy(p->theirs[1], "LIS");
	assert_sent(p, "Manual", "Manual");
	p->methods = 2;
	assert_sent(p, "Manual", "MANUAL");
	assert_sent(p, "dhcp", "LIS");
	assert_sent(p, "DHC", "DHC");
	assert_sent(p, "DHCPX", "DHCPX");
	assert_sent(p, "Manua", "Manua");
	assert_sent(p, "GPS", "GPS");
	assert_sent(p, "", "");
	free(p);
}

static int is_direct(const e911_profile_t *p, const char *method)
{
	str ours = tight_z(method);
	int direct = e911_profile_is_direct(p, &ours);

	free(ours.s);
	return direct;
}

static void the_word_that_is_sent_tells_whether_it_is_direct(void **state)
{
	static const struct
	{
		const char *direct, *method;
		int want;
	} rows[] = {
			{"all", "Manual", 1},
			{"all", "", 1},
			{"none", "Manual", 0},
			{"none", "", 0},
			{"", "Manual", 0},
			{"LIS, ASSIST", "DHCP", 1},
			{"LIS, ASSIST", "ASSIST", 1},
			{"LIS, ASSIST", "LIS", 1},
			{"LIS, ASSIST", "lis", 0},
			{"LIS, ASSIST", "Manual", 0},
			{"LIS, ASSIST", "LI", 0},
			{"LIS, ASSIST", "", 0},
			{"DHCP", "DHCP", 0},
			{"x,all", "Manual", 1},
	};
	e911_profile_t *p = profile();
	str none = STR_NULL;
	size_t i;

	(void)state;
	strcpy(p->ours[0], "DHCP");
	strcpy(p->theirs[0], "LIS");
	p->methods = 1;
	for(i = 0; i < COUNT(rows); i++) {
		strcpy(p->direct, rows[i].direct);
		if(is_direct(p, rows[i].method) != rows[i].want)
			fail_msg("%s: %s", rows[i].direct, rows[i].method);
	}
	strcpy(p->direct, "LIS");
	assert_false(e911_profile_is_direct(p, &none));
	strcpy(p->direct, "all");
	assert_true(e911_profile_is_direct(p, &none));
	free(p);
}

/* ----- words ----- */

static void conveyances_have_names(void **state)
{
	static const char *const names[] = {
			"none", "value", "reference", "both", "token", "elin"};
	static const char *const others[] = {"", "Value", "valu", "values"};
	size_t i;
	str name;

	(void)state;
	for(i = 0; i < COUNT(names); i++) {
		name = tight_z(names[i]);
		assert_int_equal(e911_conveyance_find(&name), i);
		assert_string_equal(e911_conveyance_name((int)i), names[i]);
		free(name.s);
	}
	assert_int_equal(i, E911_CONVEY_ELIN + 1);
	for(i = 0; i < COUNT(others); i++) {
		name = tight_z(others[i]);
		assert_int_equal(e911_conveyance_find(&name), E911_ERR_VALUE);
		free(name.s);
	}
	assert_string_equal(e911_conveyance_name(-1), "none");
	assert_string_equal(e911_conveyance_name(E911_CONVEY_ELIN + 1), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(lines_are_taken_one_by_one),
			cmocka_unit_test(a_method_is_sent_in_their_words),
			cmocka_unit_test(the_word_that_is_sent_tells_whether_it_is_direct),
			cmocka_unit_test(conveyances_have_names),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
