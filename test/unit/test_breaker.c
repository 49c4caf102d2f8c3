/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err clock
 */
#include <unistd.h>
#include "../../modules/e911/breaker.c"
#include "ksr_stub.h"
#include "tight.h"

#define REST 60000

static int up(void **state)
{
	(void)state;
	return e911_breaker_init();
}

static int down(void **state)
{
	(void)state;
	e911_breaker_destroy();
	return ksr_blocks() != 0;
}

static int state_of(const char *name)
{
	e911_breaker_t b;
	int i;

	for(i = 0; e911_breaker_nth(i, &b) == 0; i++)
		if(strcmp(b.name, name) == 0)
			return b.state;
	return -1;
}

static void fail_times(const char *name, int n)
{
	while(n-- > 0)
		e911_breaker_tell(name, 0, 3, REST);
}

/* the time of its rest is over */
static void let_rest(const char *name)
{
	table->breaker[find(name)].until = e911_clock_ms();
}

static void opens_after_so_many_failures(void **state)
{
	(void)state;
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	assert_int_equal(e911_breaker_tell("a", 1, 3, REST), 0);
	fail_times("a", 1);
	assert_int_equal(e911_breaker_tell("a", 0, 3, REST), 0);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	assert_int_equal(e911_breaker_tell("a", 0, 3, REST), 1);
	assert_in_range(e911_breaker_ask("a", REST), REST - 5000, REST);
	assert_int_equal(state_of("a"), E911_BREAKER_OPEN);
	/* another one is another one */
	assert_int_equal(e911_breaker_ask("b", REST), 0);
}

static void a_success_between_begins_anew(void **state)
{
	(void)state;
	fail_times("a", 2);
	e911_breaker_tell("a", 1, 3, REST);
	fail_times("a", 2);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	fail_times("a", 1);
	assert_true(e911_breaker_ask("a", REST) > 0);
}

static void may_be_told_never_to_open(void **state)
{
	int i;

	(void)state;
	for(i = 0; i < 100; i++)
		e911_breaker_tell("a", 0, 0, REST);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
}

static void one_alone_tries_after_the_rest(void **state)
{
	(void)state;
	fail_times("a", 3);
	let_rest("a");
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	assert_int_equal(state_of("a"), E911_BREAKER_HALF_OPEN);
	assert_true(e911_breaker_ask("a", REST) > 0);
	assert_true(e911_breaker_ask("a", REST) > 0);
	assert_int_equal(e911_breaker_tell("a", 1, 3, REST), 1);
	assert_int_equal(state_of("a"), E911_BREAKER_CLOSED);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	fail_times("a", 2);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
}

static void a_trial_that_fails_opens_it_again(void **state)
{
	e911_breaker_t b;

	(void)state;
	fail_times("a", 3);
	let_rest("a");
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	fail_times("a", 1);
	assert_int_equal(state_of("a"), E911_BREAKER_OPEN);
	assert_true(e911_breaker_ask("a", REST) > 0);
	assert_int_equal(e911_breaker_nth(0, &b), 0);
	assert_int_equal(b.rests, 2);
}

static void late_failures_do_not_lengthen_the_rest(void **state)
{
	uint64_t until;

	(void)state;
	fail_times("a", 3);
	until = table->breaker[0].until -= 1000;
	fail_times("a", 5);
	assert_true(table->breaker[0].until == until);
	assert_int_equal(table->breaker[0].rests, 1);
}

static void a_trial_nobody_tells_of_is_over(void **state)
{
	(void)state;
	fail_times("a", 3);
	let_rest("a");
	assert_int_equal(e911_breaker_ask("a", 20), 0);
	assert_in_range(e911_breaker_ask("a", 20), 1, 20);
	usleep(25000);
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	/* or taken back at once */
	assert_true(e911_breaker_ask("a", REST) > 0);
	e911_breaker_withdraw("a");
	assert_int_equal(e911_breaker_ask("a", REST), 0);
	/* which opens nothing that rests */
	fail_times("a", 1);
	e911_breaker_withdraw("a");
	e911_breaker_withdraw("unheard of");
	assert_true(e911_breaker_ask("a", REST) > 0);
}

static void the_one_unheard_of_longest_gives_way(void **state)
{
	char name[8];
	int i;

	(void)state;
	for(i = 0; i < E911_BREAKERS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		fail_times(name, 3);
		table->used[i] = 1000 + i;
	}
	table->used[7] = 1;
	assert_int_equal(e911_breaker_ask("new", REST), 0);
	assert_int_equal(state_of("7"), -1);
	assert_int_equal(state_of("new"), E911_BREAKER_CLOSED);
	assert_int_equal(state_of("8"), E911_BREAKER_OPEN);
	assert_int_equal(table->n, E911_BREAKERS_MAX);
}

static void a_long_name_is_found_again(void **state)
{
	char name[100];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[99] = 0;
	fail_times(name, 3);
	assert_true(e911_breaker_ask(name, REST) > 0);
	assert_int_equal(table->n, 1);
}

static void each_state_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(e911_breaker_state_name(E911_BREAKER_CLOSED), "closed");
	assert_string_equal(e911_breaker_state_name(E911_BREAKER_OPEN), "open");
	assert_string_equal(
			e911_breaker_state_name(E911_BREAKER_HALF_OPEN), "half-open");
}

static int make_one(void *arg)
{
	e911_breaker_t b;
	int err = e911_breaker_init();

	(void)arg;
	if(err)
		assert_int_equal(e911_breaker_nth(0, &b), E911_ERR_NONE);
	e911_breaker_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(make_one, NULL, E911_ERR_MEM);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			T(opens_after_so_many_failures),
			T(a_success_between_begins_anew),
			T(may_be_told_never_to_open),
			T(one_alone_tries_after_the_rest),
			T(a_trial_that_fails_opens_it_again),
			T(late_failures_do_not_lengthen_the_rest),
			T(a_trial_nobody_tells_of_is_over),
			T(the_one_unheard_of_longest_gives_way),
			T(a_long_name_is_found_again),
			T(each_state_has_a_name),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
