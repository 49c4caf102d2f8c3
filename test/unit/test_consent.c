/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: hash err
 */
#include <stdio.h>
#include "../../modules/e911/consent.c"
#include "ksr_stub.h"
#include "tight.h"

#define MAX 300

static int woken;

static void count_wake(void)
{
	woken++;
}

static int up(void **state)
{
	(void)state;
	woken = 0;
	return e911_consent_init(MAX, count_wake);
}

static int up_without_database(void **state)
{
	(void)state;
	return e911_consent_init(MAX, NULL);
}

static int down(void **state)
{
	(void)state;
	e911_consent_destroy();
	return ksr_blocks() != 0;
}

static int give(const char *aor, const char *version, time_t when)
{
	str a = tight_z(aor), v = tight_z(version);
	int err = e911_consent_put(&a, &v, when);

	free(a.s);
	free(v.s);
	return err;
}

static int restore(const char *aor, const char *version, time_t when)
{
	str a = tight_z(aor), v = tight_z(version);
	int err = e911_consent_restore(&a, &v, when);

	free(a.s);
	free(v.s);
	return err;
}

static int erase(const char *aor)
{
	str a = tight_z(aor);
	int err = e911_consent_erase(&a);

	free(a.s);
	return err;
}

/* "version when", "" where there is none */
static const char *got(const char *aor)
{
	static char text[64];
	e911_consent_t c;
	str a = tight_z(aor);
	int err = e911_consent_get(&a, &c);

	free(a.s);
	if(err) {
		assert_int_equal(err, E911_ERR_NONE);
		return "";
	}
	sprintf(text, "%s %ld", c.version, (long)c.when);
	return text;
}

static e911_consent_change_t change;

/* the next one, "aor version" or "aor -", and is stored */
static const char *stored(void)
{
	static char text[200];

	if(e911_consent_changed(&change))
		return "";
	sprintf(text, "%.*s %s", change.aor.len, change.aor.s,
			change.erased ? "-" : change.consent.version);
	e911_consent_stored(&change);
	return text;
}

static void keeps_the_last_one(void **state)
{
	(void)state;
	assert_string_equal(got("a@b"), "");
	assert_int_equal(give("a@b", "2026-01", 7), 0);
	assert_string_equal(got("a@b"), "2026-01 7");
	assert_string_equal(got("a@c"), "");
	assert_int_equal(give("a@b", "2026-02", 8), 0);
	assert_string_equal(got("a@b"), "2026-02 8");
	assert_int_equal(e911_consent_count(), 1);
	assert_int_equal(woken, 2);
}

static void takes_words_only(void **state)
{
	str a = str_init("a@b"), v = str_init("a\0b");

	(void)state;
	assert_int_equal(give("a@b", "", 1), E911_ERR_VALUE);
	assert_int_equal(give("a@b", "a b", 1), E911_ERR_VALUE);
	assert_int_equal(give("a@b", "\xc3\xa9", 1), E911_ERR_VALUE);
	assert_int_equal(give("a@b", "a\x7f", 1), E911_ERR_VALUE);
	assert_int_equal(e911_consent_put(&a, &v, 1), E911_ERR_VALUE);
	assert_int_equal(
			give("a@b", "12345678901234567890123456789012", 1), E911_ERR_LONG);
	assert_int_equal(give("", "v", 1), E911_ERR_VALUE);
	assert_int_equal(give("a@b", "1234567890123456789012345678901", 1), 0);
	assert_string_equal(got("a@b"), "1234567890123456789012345678901 1");
}

static void forgets(void **state)
{
	(void)state;
	assert_int_equal(erase("a@b"), E911_ERR_NONE);
	give("a@b", "v", 1);
	assert_int_equal(erase("a@b"), 0);
	assert_string_equal(got("a@b"), "");
	assert_int_equal(erase("a@b"), E911_ERR_NONE);
	/* as it was in the database before it knew */
	assert_int_equal(restore("a@b", "v", 1), E911_ERR_TWICE);
	assert_string_equal(got("a@b"), "");
	assert_string_equal(stored(), "a@b -");
	assert_int_equal(e911_consent_count(), 0);
	assert_string_equal(stored(), "");
	give("a@b", "w", 2);
	assert_string_equal(got("a@b"), "w 2");
}

static void forgets_at_once_without_a_database(void **state)
{
	(void)state;
	give("a@b", "v", 1);
	give("c@d", "v", 1);
	assert_string_equal(stored(), "");
	assert_int_equal(erase("a@b"), 0);
	assert_int_equal(e911_consent_count(), 1);
	assert_string_equal(got("c@d"), "v 1");
}

static void tells_the_database_in_turn(void **state)
{
	(void)state;
	give("a@b", "1", 1);
	give("c@d", "1", 1);
	give("a@b", "2", 2);
	give("e@f", "1", 1);
	erase("c@d");
	assert_string_equal(stored(), "a@b 2");
	give("a@b", "3", 3);
	assert_string_equal(stored(), "c@d -");
	assert_string_equal(stored(), "e@f 1");
	assert_string_equal(stored(), "a@b 3");
	assert_string_equal(stored(), "");
}

static void tells_once_more_what_changed_meanwhile(void **state)
{
	(void)state;
	give("a@b", "1", 1);
	assert_int_equal(e911_consent_changed(&change), 0);
	give("a@b", "2", 2);
	e911_consent_stored(&change);
	assert_string_equal(stored(), "a@b 2");
	erase("a@b");
	assert_int_equal(e911_consent_changed(&change), 0);
	give("a@b", "3", 3);
	e911_consent_stored(&change);
	assert_string_equal(got("a@b"), "3 3");
	assert_string_equal(stored(), "a@b 3");
}

static void restores_nothing_over_what_is_newer(void **state)
{
	(void)state;
	give("a@b", "2", 2);
	assert_int_equal(restore("a@b", "1", 1), E911_ERR_TWICE);
	assert_int_equal(restore("c@d", "1", 1), 0);
	assert_string_equal(got("a@b"), "2 2");
	assert_string_equal(got("c@d"), "1 1");
	/* the database has that one */
	assert_string_equal(stored(), "a@b 2");
	assert_string_equal(stored(), "");
}

static void refuses_more_than_there_is_room_for(void **state)
{
	char aor[32];
	int i;

	(void)state;
	for(i = 0; i <= MAX; i++) {
		sprintf(aor, "a%d@b", i);
		assert_int_equal(give(aor, "v", i), i < MAX ? 0 : E911_ERR_FULL);
	}
	assert_int_equal(give("a0@b", "w", 9), 0);
	assert_string_equal(got("a0@b"), "w 9");
	assert_int_equal(erase("a1@b"), 0);
	/* until the database knows */
	assert_int_equal(give("new@b", "v", 1), E911_ERR_FULL);
	for(i = 0; i < MAX; i++)
		stored();
	assert_int_equal(give("new@b", "v", 1), 0);
	for(i = 2; i < MAX; i++) {
		sprintf(aor, "a%d@b", i);
		assert_string_not_equal(got(aor), "");
	}
}

static void outlives_a_process_that_died(void **state)
{
	(void)state;
	give("a@b", "v", 1);
	e911_consent_alone();
	assert_string_equal(got("a@b"), "v 1");
	assert_string_equal(stored(), "a@b v");
	/* torn: it is not followed (that block is leaked, it is the end) */
	erase("a@b");
	assert_string_equal(stored(), "a@b -");
	table->altering = 1;
	e911_consent_alone();
	assert_string_equal(got("a@b"), "");
	assert_int_equal(e911_consent_count(), 0);
}

static int put_and_take(void *arg)
{
	static const str a = str_init("a@b"), v = str_init("v");
	int err = e911_consent_init(1, count_wake);

	(void)arg;
	if(err)
		return err;
	err = e911_consent_put(&a, &v, 1);
	e911_consent_destroy();
	return err;
}

static void does_without_memory(void **state)
{
	(void)state;
	ksr_sweep(put_and_take, NULL, E911_ERR_MEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(keeps_the_last_one),
			TEST(takes_words_only),
			TEST(forgets),
			cmocka_unit_test_setup_teardown(forgets_at_once_without_a_database,
					up_without_database, down),
			TEST(tells_the_database_in_turn),
			TEST(tells_once_more_what_changed_meanwhile),
			TEST(restores_nothing_over_what_is_newer),
			TEST(refuses_more_than_there_is_room_for),
			TEST(outlives_a_process_that_died),
			cmocka_unit_test(does_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
