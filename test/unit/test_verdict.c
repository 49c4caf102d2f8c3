/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf location field err
 */
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"
#include "../../modules/e911/verdict.c"

static e911_location_t l;
static e911_assessment_t a;

static void set(e911_location_t *to, const char *name, const char *value)
{
	int id = e911_field_find(name, strlen(name));

	assert_int_equal(e911_location_set(to, id, value, strlen(value)), 0);
}

static const char *get(const char *name)
{
	static char text[E911_FIELD_MAX + 1];
	str value = {"", 0};

	e911_location_get(&l, e911_field_find(name, strlen(name)), &value);
	memcpy(text, value.s, value.len);
	text[value.len] = '\0';
	return text;
}

static int begin(void **state)
{
	memset(&a, 0, offsetof(e911_assessment_t, suggestion));
	strcpy(a.validator, "msag");
	e911_location_init(&l, E911_FROM_SIP, 1000);
	l.until = 2000;
	set(&l, "RD", "1100 Congres Av");
	set(&l, "LOC", "Suite 3");
	set(&l, "shape", "Point");
	set(&l, "pos", "30 -97");
	set(&l, "callback", "+15125550100");
	set(&l, "tokens", "telnyx=1");
	e911_location_init(&a.suggestion[0], E911_FROM_DB, 1);
	set(&a.suggestion[0], "RD", "Congress");
	set(&a.suggestion[0], "STS", "AVE");
	set(&a.suggestion[0], "HNO", "1100");
	set(&a.suggestion[0], "tokens", "telnyx=evil");
	a.n = 1;
	return 0;
}

static void writes_the_address_as_the_validator_has_it(void **state)
{
	a.verdict = E911_CORRECTED;
	assert_true(e911_verdict_is_definite(&a));
	assert_int_equal(e911_verdict_apply(&a, 1790000000, &l), 0);
	assert_string_equal(get("RD"), "Congress");
	assert_string_equal(get("HNO"), "1100");
	assert_string_equal(get("LOC"), "");
	assert_string_equal(get("pos"), "30 -97");
	assert_string_equal(get("tokens"), "telnyx=1");
	assert_string_equal(get("validator"), "msag");
	assert_string_equal(get("validated"), "1790000000");
	assert_int_equal(l.verdict, E911_CORRECTED);
	assert_int_equal(l.origin, E911_FROM_SIP);
	assert_int_equal(l.stated, 1000);
	assert_int_equal(l.until, 2000);
}

static void writes_nothing_of_an_invalid_one_but_the_verdict(void **state)
{
	a.verdict = E911_INVALID;
	assert_int_equal(e911_verdict_apply(&a, 5, &l), 0);
	assert_string_equal(get("RD"), "1100 Congres Av");
	assert_string_equal(get("LOC"), "Suite 3");
	assert_int_equal(l.verdict, E911_INVALID);
	/* valid as it is, and no other spelling */
	a.verdict = E911_VALID;
	a.n = 0;
	strcpy(a.validator, "other");
	assert_int_equal(e911_verdict_apply(&a, 6, &l), 0);
	assert_string_equal(get("RD"), "1100 Congres Av");
	assert_string_equal(get("validator"), "other");
	assert_string_equal(get("validated"), "6");
}

static void changes_nothing_that_does_not_fit(void **state)
{
	static const char *const long_ones[] = {
			"LMK", "LOC", "NAM", "RD", "HNC", "BLD", "SITE", "SUBSITE"};
	e911_location_t before;
	char text[801];
	size_t i;

	memset(text, '1', sizeof(text));
	text[100] = '\0';
	e911_location_init(&a.suggestion[0], E911_FROM_DB, 1);
	for(i = 0; i < 8; i++)
		set(&a.suggestion[0], long_ones[i], text);
	e911_location_init(&l, E911_FROM_RPC, 1);
	/* what is no address takes the rest of the room */
	for(i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "1 ", 2);
	text[191] = '\0';
	set(&l, "pos", text);
	memcpy(text, "https://", 8);
	memset(text + 8, 'a', sizeof(text) - 8);
	text[200] = '\0';
	set(&l, "provided_by", text);
	memcpy(text, "a=", 2);
	memset(text + 2, 'b', sizeof(text) - 2);
	text[400] = '\0';
	set(&l, "tokens", text);
	a.verdict = E911_VALID;
	assert_int_equal(e911_verdict_apply(&a, 5, &l), 0);
	set(&a.suggestion[0], "RDSEC", "123456789012345678901234567890");
	set(&a.suggestion[0], "PLC", "123456789012345678901234567890");
	set(&a.suggestion[0], "PCN", "123456789012345678901234567890");
	for(i = 0; i < 4; i++) {
		static const char *const more[] = {"RDBR", "RDSUBBR", "ADDCODE", "PCE"};

		set(&a.suggestion[0], more[i],
				"12345678901234567890123456789012345678901234567890123456789");
	}
	memcpy(&before, &l, E911_LOCATION_SIZE(&l));
	for(i = 0; i < 4; i++) {
		static const char *const last[] = {"WING", "SECTION", "A4", "A5"};

		set(&a.suggestion[0], last[i],
				"12345678901234567890123456789012345678901234567890123456789");
	}
	assert_int_equal(e911_verdict_apply(&a, 5, &l), E911_ERR_SPACE);
	assert_memory_equal(&before, &l, E911_LOCATION_SIZE(&before));
}

static void a_verdict_makes_it_no_other_place(void **state)
{
	e911_location_t before;

	memcpy(&before, &l, E911_LOCATION_SIZE(&l));
	a.verdict = E911_INVALID;
	assert_int_equal(e911_verdict_apply(&a, 5, &l), 0);
	assert_true(l.len > before.len);
	assert_true(e911_verdict_same(&l, &before));
	assert_true(e911_verdict_same(&before, &l));
	a.verdict = E911_VALID;
	assert_int_equal(e911_verdict_apply(&a, 5, &l), 0);
	assert_false(e911_verdict_same(&l, &before));
	e911_location_init(&l, E911_FROM_SIP, 1000);
	assert_false(e911_verdict_same(&l, &before));
	assert_true(e911_verdict_same(&l, &l));
}

static void tells_who_and_when(void **state)
{
	str who = STR_NULL;

	assert_int_equal(e911_verdict_date(&l, &who), 0);
	a.verdict = E911_INVALID;
	assert_int_equal(e911_verdict_apply(&a, 1790000000, &l), 0);
	assert_int_equal(e911_verdict_date(&l, &who), 1790000000);
	assert_int_equal(who.len, 4);
	assert_int_equal(e911_verdict_date(&l, NULL), 1790000000);
	a.verdict = E911_UNCHECKED;
	assert_false(e911_verdict_is_definite(&a));
	a.verdict = E911_UNUSABLE;
	assert_false(e911_verdict_is_definite(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(
					writes_the_address_as_the_validator_has_it, begin),
			cmocka_unit_test_setup(
					writes_nothing_of_an_invalid_one_but_the_verdict, begin),
			cmocka_unit_test_setup(changes_nothing_that_does_not_fit, begin),
			cmocka_unit_test_setup(a_verdict_makes_it_no_other_place, begin),
			cmocka_unit_test_setup(tells_who_and_when, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
