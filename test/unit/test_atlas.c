/*
 * A database that is stood in for: what is read when, and what is told.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ksr_stub.h"

static int fake_usleep(useconds_t us);

#define usleep(us) fake_usleep(us)
#include "../../modules/e911/atlas.c"

static uint32_t clock_now;
static int are_loaded, is_open, version, rows, bad_row, loads, closed, failures;
static int down_at, between_says, betweens; /* page that fails, from 1 */
static int pages;

uint32_t e911_now(void)
{
	return clock_now;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && deadline <= now;
}

int e911_keeper_loaded(void)
{
	return are_loaded;
}

void e911_keeper_wake(void)
{
}

void e911_stats_count(int counter)
{
	failures += counter == E911_STAT_STORE_FAILED;
}

int e911_store_open(void)
{
	return is_open ? E911_OK : E911_ERR_VALUE;
}

void e911_store_close(void)
{
	closed++;
}

int e911_store_has_msag(void)
{
	return version;
}

int e911_store_msag(
		e911_msag_t *msag, uint64_t *after, int most, const char **bad)
{
	int n = rows - (int)*after < most ? rows - (int)*after : most;

	if(++pages == down_at)
		return E911_ERR_DOWN;
	if(bad_row > (int)*after && bad_row <= (int)*after + n) {
		*after = (uint64_t)bad_row;
		*bad = "low";
		return E911_ERR_VALUE;
	}
	*after += (uint64_t)n;
	return n;
}

int e911_guide_load(e911_guide_table_f read, e911_guide_fault_t *fault)
{
	memset(fault, 0, sizeof(*fault));
	pages = 0;
	fault->err = read(NULL, fault);
	loads += fault->err == 0;
	return fault->err;
}

void e911_guide_tell(e911_guide_facts_t *facts)
{
	memset(facts, 0, sizeof(*facts));
}

void e911_guide_explain(const e911_guide_fault_t *f, char *to, size_t size)
{
	snprintf(to, size, "%d", f->err);
}

static int between(void)
{
	betweens++;
	return between_says;
}

/* the keeper goes on while somebody waits */
static int keeper_runs;

static int fake_usleep(useconds_t us)
{
	if(keeper_runs)
		e911_atlas_serve(is_open, between);
	return 0;
}

static e911_guide_fault_t fault;

static int up(void **state)
{
	is_first_done = told_down = 0;
	next_try = 0;
	pause_s = PAUSE_MIN;
	clock_now = 1000;
	are_loaded = is_open = keeper_runs = 1;
	version = E911_OK;
	rows = 10;
	bad_row = loads = closed = failures = down_at = 0;
	between_says = betweens = 0;
	return e911_atlas_init();
}

static int down(void **state)
{
	e911_atlas_destroy();
	e911_atlas_destroy();
	return ksr_blocks() != 0;
}

static void serve(int times)
{
	while(times--)
		e911_atlas_serve(is_open, between);
}

/* ----- tests ----- */

static void reads_once_after_the_locations(void **state)
{
	are_loaded = 0;
	serve(3);
	assert_int_equal(loads, 0);
	are_loaded = 1;
	serve(3);
	assert_int_equal(loads, 1);
}

static void does_nothing_where_there_is_no_table(void **state)
{
	e911_atlas_destroy();
	serve(1);
	assert_int_equal(loads, 0);
}

static void reads_all_pages_and_lets_others_in_between(void **state)
{
	rows = 2 * PAGE + 1;
	serve(1);
	assert_int_equal(loads, 1);
	assert_int_equal(pages, 3);
	assert_int_equal(betweens, 2);
	rows = 2 * PAGE;
	assert_int_equal(e911_atlas_reload(100, &fault), 0);
	assert_int_equal(pages, 3);
}

static void others_that_fail_have_one_turn(void **state)
{
	rows = 3 * PAGE;
	between_says = E911_ERR_DOWN;
	serve(1);
	assert_int_equal(betweens, 1);
	assert_int_equal(loads, 1);
}

static void tries_again_more_and_more_slowly(void **state)
{
	uint32_t tries = 0;
	int i, before;

	rows = 2 * PAGE;
	down_at = 2;
	for(i = 0; i < 300; i++, clock_now++) {
		before = closed;
		serve(2);
		tries += closed != before;
	}
	/* after 1, 3, 7, 15, 31, 63, and then each minute */
	assert_in_range(tries, 8, 12);
	assert_int_equal(failures, closed);
	down_at = 0;
	clock_now += PAUSE_MAX;
	serve(1);
	assert_int_equal(loads, 1);
}

static void a_row_at_fault_is_named_and_not_tried_again(void **state)
{
	bad_row = 7;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_VALUE);
	assert_true(fault.is_table);
	assert_int_equal(fault.line, 7);
	assert_string_equal(fault.column, "low");
	assert_string_equal(fault.file, "e911_msag");
	bad_row = 0;
	clock_now += 1000;
	serve(3);
	assert_int_equal(loads, 0);
	assert_int_equal(closed, 0);
	assert_int_equal(e911_atlas_reload(100, &fault), 0);
	assert_int_equal(loads, 1);
}

static void names_no_row_where_none_is_at_fault(void **state)
{
	version = E911_ERR_VALUE;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_MISSING);
	assert_int_equal(fault.line, 0);
	version = E911_OK;
	rows = 0;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_EMPTY);
	assert_int_equal(fault.line, 0);
	version = E911_ERR_DOWN;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_DOWN);
	assert_int_equal(fault.line, 0);
}

static void who_asks_while_it_is_down_is_told(void **state)
{
	is_open = 0;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_DOWN);
	assert_string_equal(fault.file, "e911_msag");
	/* the first reading is still to come */
	is_open = 1;
	clock_now += PAUSE_MAX;
	serve(1);
	assert_int_equal(loads, 1);
}

static void who_cannot_wait_has_it_all_the_same(void **state)
{
	serve(1);
	assert_int_equal(e911_atlas_reload(0, &fault), E911_ERR_AGAIN);
	keeper_runs = 0;
	assert_int_equal(e911_atlas_reload(100, &fault), E911_ERR_AGAIN);
	assert_int_equal(loads, 1);
	serve(2);
	assert_int_equal(loads, 2);
}

static void no_memory_at_the_start_is_told(void **state)
{
	e911_atlas_destroy();
	ksr_allow(0);
	assert_int_equal(e911_atlas_init(), E911_ERR_MEM);
	ksr_allow(-1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(reads_once_after_the_locations),
			WITH(does_nothing_where_there_is_no_table),
			WITH(reads_all_pages_and_lets_others_in_between),
			WITH(others_that_fail_have_one_turn),
			WITH(tries_again_more_and_more_slowly),
			WITH(a_row_at_fault_is_named_and_not_tried_again),
			WITH(names_no_row_where_none_is_at_fault),
			WITH(who_asks_while_it_is_down_is_told),
			WITH(who_cannot_wait_has_it_all_the_same),
			WITH(no_memory_at_the_start_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
