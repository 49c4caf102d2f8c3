/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/tally.c"
#include "ksr_stub.h"
#include "tight.h"

static e911_event_f sink;
static int watch_err;

int e911_events_watch(e911_event_f f)
{
	sink = f;
	return watch_err;
}

static int up(void **state)
{
	(void)state;
	return e911_tally_init();
}

static int down(void **state)
{
	(void)state;
	e911_tally_destroy();
	return ksr_blocks() != 0;
}

static void happens(int kind, int code, uint32_t site, int test, const char *to)
{
	str uri = tight_z(to);
	e911_event_t e = {.kind = kind,
			.code = code,
			.site = site,
			.test = test,
			.at_ms = 1000,
			.destination = uri};

	sink(&e);
	free(uri.s);
}

static e911_tally_t row(int kind, int n)
{
	e911_tally_t t;

	assert_int_equal(e911_tally_nth(kind, n, &t), 0);
	return t;
}

static void a_call_counts_for_its_site(void **state)
{
	e911_tally_t t;

	(void)state;
	happens(E911_EV_PLACED, 0, 7, 0, "");
	happens(E911_EV_SENT, 0, 7, 0, "sip:a");
	happens(E911_EV_FAILED, 503, 7, 0, "sip:a");
	happens(E911_EV_NOBODY, 0, 7, 0, "");
	happens(E911_EV_PLACED, 0, 8, 0, "");
	happens(E911_EV_ANSWERED, 200, 8, 0, "sip:b");
	happens(E911_EV_CANCELLED, 0, 8, 0, "");
	happens(E911_EV_ENDED, 0, 8, 0, "");
	t = row(E911_TALLY_SITE, 0);
	assert_int_equal(t.site, 7);
	assert_int_equal(t.n[0][E911_OUTCOME_BEGUN], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_FAILED], 1);
	t = row(E911_TALLY_SITE, 1);
	assert_int_equal(t.site, 8);
	assert_int_equal(t.n[0][E911_OUTCOME_ANSWERED], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_CANCELLED], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_BEGUN], 1);
	assert_int_equal(e911_tally_nth(E911_TALLY_SITE, 2, &t), E911_ERR_NONE);
	assert_int_equal(e911_tally_nth(E911_TALLY_SITE, -1, &t), E911_ERR_NONE);
}

static void a_try_counts_for_its_destination(void **state)
{
	str a = {"sip:a", 5}, c = {"sip:c", 5};
	e911_tally_t t;

	(void)state;
	happens(E911_EV_SENT, 0, 7, 0, "sip:a");
	assert_int_equal(row(E911_TALLY_ERSP, 0).at_ms, 0); /* no answer yet */
	happens(E911_EV_FAILED, 408, 7, 0, "sip:a");
	happens(E911_EV_FAILED, 0, 7, 0, "sip:a");
	happens(E911_EV_FAILED, 487, 7, 0, "sip:a");
	happens(E911_EV_FAILED, 503, 7, 0, "sip:a");
	assert_int_equal(e911_tally_of(&a, &t), 0);
	assert_int_equal(t.n[0][E911_OUTCOME_BEGUN], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_SILENT], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_UNSENT], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_CANCELLED], 1);
	assert_int_equal(t.n[0][E911_OUTCOME_FAILED], 1);
	assert_int_equal(t.code, 503);
	happens(E911_EV_ANSWERED, 200, 7, 0, "sip:a");
	assert_int_equal(e911_tally_of(&a, &t), 0);
	assert_int_equal(t.code, 200);
	assert_int_equal(t.at_ms, 1000);
	assert_int_equal(e911_tally_of(&c, &t), E911_ERR_NONE);
}

static void tests_stand_apart(void **state)
{
	e911_tally_t t;

	(void)state;
	happens(E911_EV_PLACED, 0, 7, 1, "");
	happens(E911_EV_NOBODY, 0, 7, 1, "");
	t = row(E911_TALLY_SITE, 0);
	assert_int_equal(t.n[0][E911_OUTCOME_FAILED], 0);
	assert_int_equal(t.n[1][E911_OUTCOME_FAILED], 1);
	happens(E911_EV_FAILED, 503, 7, 1, "sip:a");
	t = row(E911_TALLY_ERSP, 0);
	assert_int_equal(t.n[0][E911_OUTCOME_FAILED], 0);
	assert_int_equal(t.n[1][E911_OUTCOME_FAILED], 1);
}

static void what_has_no_room_is_left_out(void **state)
{
	char uri[E911_TALLY_NAME_MAX + 20];
	e911_tally_t t;
	int i;

	(void)state;
	memset(uri, 'x', sizeof(uri));
	uri[E911_TALLY_NAME_MAX] = '\0';
	happens(E911_EV_SENT, 0, 7, 0, uri);
	assert_int_equal(e911_tally_nth(E911_TALLY_ERSP, 0, &t), E911_ERR_NONE);
	uri[E911_TALLY_NAME_MAX - 1] = '\0';
	happens(E911_EV_SENT, 0, 7, 0, uri);
	assert_string_equal(row(E911_TALLY_ERSP, 0).name, uri);
	for(i = 0; i < E911_TALLY_ROWS_MAX + 2; i++) {
		sprintf(uri, "sip:%d", i);
		happens(E911_EV_SENT, 0, 7, 0, uri);
	}
	row(E911_TALLY_ERSP, E911_TALLY_ROWS_MAX - 1);
	assert_int_equal(e911_tally_nth(E911_TALLY_ERSP, E911_TALLY_ROWS_MAX, &t),
			E911_ERR_NONE);
	/* those that have one go on */
	happens(E911_EV_SENT, 0, 7, 0, "sip:0");
	assert_int_equal(row(E911_TALLY_ERSP, 1).n[0][E911_OUTCOME_BEGUN], 2);
}

static void keeps_sum_count_and_slowest(void **state)
{
	e911_timing_t t;
	char name[16];
	int i;

	(void)state;
	e911_tally_time("lvf", 30, 0);
	e911_tally_time("lvf", 50, 1);
	e911_tally_time("lvf", 10, 0);
	e911_tally_time("other", 1, 0);
	assert_int_equal(e911_tally_timing(0, &t), 0);
	assert_string_equal(t.name, "lvf");
	assert_int_equal(t.n, 3);
	assert_int_equal(t.failed, 1);
	assert_int_equal(t.sum_ms, 90);
	assert_int_equal(t.max_ms, 50);
	for(i = 0; i < TIMINGS_MAX; i++) {
		sprintf(name, "v%d", i);
		e911_tally_time(name, 1, 0);
	}
	assert_int_equal(e911_tally_timing(TIMINGS_MAX, &t), E911_ERR_NONE);
	assert_int_equal(e911_tally_timing(TIMINGS_MAX - 1, &t), 0);
}

static int begin_once(void *arg)
{
	int err = e911_tally_init();

	e911_tally_destroy();
	return err;
}

static void memory_may_be_short(void **state)
{
	(void)state;
	ksr_sweep(begin_once, NULL, E911_ERR_MEM);
	watch_err = E911_ERR_FULL;
	assert_int_equal(begin_once(NULL), E911_ERR_FULL);
	watch_err = 0;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(a_call_counts_for_its_site),
			TEST(a_try_counts_for_its_destination),
			TEST(tests_stand_apart),
			TEST(what_has_no_room_is_left_out),
			TEST(keeps_sum_count_and_slowest),
			cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
