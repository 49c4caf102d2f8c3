/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf location field err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/calls.c"
#include "ksr_stub.h"
#include "tight.h"

/* Exactly as large as the type, with what another call has left there. */
static e911_call_t *used_call(void)
{
	e911_call_t *call = malloc(sizeof(*call));

	assert_non_null(call);
	memset(call, 0xa5, sizeof(*call));
	e911_call_init(call);
	return call;
}

static e911_slice_t keep(e911_call_t *call, const char *text, size_t len)
{
	str s = tight(text, len);
	e911_slice_t slice = {7, 7};

	e911_call_keep(call, &s, &slice);
	free(s.s);
	return slice;
}

static void assert_text(
		const e911_call_t *call, e911_slice_t slice, const char *want)
{
	str text = e911_call_text(call, slice);

	assert_true(is_z(&text, want));
	assert_true(text.s >= call->pool
				&& text.s + text.len <= call->pool + E911_CALL_POOL);
}

static void begins_before_its_first_step(void **state)
{
	e911_call_t *call = used_call();

	(void)state;
	assert_int_equal(call->step, -1);
	assert_int_equal(call->branch, -1);
	assert_int_equal(call->dressed, -1);
	assert_int_equal(call->steps, 0);
	assert_int_equal(call->located, 0);
	assert_int_equal(call->on_failure, 0);
	assert_int_equal(call->pool_len, 0);
	assert_int_equal(call->location.len, 0);
	assert_text(call, call->urn, "");
	assert_text(call, call->device, "");
	free(call);
}

static void gives_back_what_it_kept(void **state)
{
	e911_call_t *call = used_call();
	e911_slice_t one, none, two;

	(void)state;
	one = keep(call, "urn:service:sos", 15);
	none = keep(call, "", 0);
	two = keep(call, "a@x", 3);
	assert_text(call, one, "urn:service:sos");
	assert_text(call, none, "");
	assert_text(call, two, "a@x");
	assert_int_equal(call->pool_len, 18);
	free(call);
}

static void what_does_not_fit_is_left_out(void **state)
{
	char text[E911_CALL_POOL + 1];
	e911_call_t *call = used_call();
	str negative = {text, -1};
	e911_slice_t all, slice;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_text(call, keep(call, text, sizeof(text)), "");
	e911_call_keep(call, &negative, &slice);
	assert_text(call, slice, "");
	assert_int_equal(call->pool_len, 0);
	assert_text(call, keep(call, "12345", 5), "12345");
	assert_text(call, keep(call, text, E911_CALL_POOL - 4), "");
	all = keep(call, text, E911_CALL_POOL - 5);
	assert_int_equal(e911_call_text(call, all).len, E911_CALL_POOL - 5);
	assert_int_equal(call->pool_len, E911_CALL_POOL);
	assert_text(call, keep(call, "y", 1), "");
	assert_text(call, keep(call, "", 0), "");
	free(call);
}

/* as the transaction keeps it: only as far as it is in use */
static void a_copy_of_its_size_is_the_call(void **state)
{
	e911_call_t *call = used_call(), *copy;
	e911_slice_t uri;
	str value;

	(void)state;
	uri = keep(call, "sip:ersp", 8);
	assert_int_equal(
			e911_location_set(&call->location, E911_F_RD, "Congress", 8), 0);
	assert_true(E911_CALL_SIZE(call) < sizeof(*call));
	copy = malloc(E911_CALL_SIZE(call));
	assert_non_null(copy);
	memcpy(copy, call, E911_CALL_SIZE(call));
	free(call);
	assert_text(copy, uri, "sip:ersp");
	assert_int_equal(e911_location_get(&copy->location, E911_F_RD, &value), 0);
	assert_true(is_z(&value, "Congress"));
	assert_true(e911_call_text(copy, uri).s > (char *)copy);
	free(copy);
}

/* ----- the ladder ----- */

static void place(
		e911_call_t *call, const char *uri, int rank, int priority, int most)
{
	e911_step_t step = {.rank = (unsigned char)rank, .priority = priority};
	str text[E911_STEP_TEXTS] = {
			{(char *)uri, (int)strlen(uri)}, str_init("socket"), STR_NULL};

	e911_call_place(call, &step, text, most);
}

static void assert_ladder(const e911_call_t *call, const char *want)
{
	char all[400];
	int i, n = 0;
	str uri;

	*all = '\0';
	for(i = 0; i < call->steps; i++) {
		uri = e911_call_text(call, call->ladder[i].uri);
		n += sprintf(all + n, "%.*s ", uri.len, uri.s);
		assert_text(call, call->ladder[i].socket, "socket");
		assert_text(call, call->ladder[i].outbound, "");
	}
	assert_string_equal(all, want);
}

static void steps_stand_by_rank_then_priority(void **state)
{
	e911_call_t *call = used_call();

	(void)state;
	place(call, "c", 0, 5, E911_LADDER_MAX);
	place(call, "e", 2, 9, E911_LADDER_MAX);
	place(call, "a", 0, 20, E911_LADDER_MAX);
	/* equals in the order they came in */
	place(call, "d", 0, 5, E911_LADDER_MAX);
	place(call, "b", 0, 7, E911_LADDER_MAX);
	place(call, "", 0, 99, E911_LADDER_MAX);
	assert_ladder(call, "a b c d e ");
	free(call);
}

static void the_last_gives_way_where_the_ladder_is_full(void **state)
{
	e911_call_t *call = used_call();
	int left;

	(void)state;
	place(call, "b", 1, 0, 3);
	place(call, "a", 0, 0, 3);
	place(call, "d", 3, 0, 3);
	left = call->pool_len;
	/* one that has no place takes nothing of the pool */
	place(call, "e", 3, 0, 3);
	assert_int_equal(call->pool_len, left);
	place(call, "c", 2, 0, 3);
	assert_ladder(call, "a b c ");
	/* what was kept for the last resort is there for it */
	place(call, "f", 5, 0, E911_LADDER_MAX);
	assert_ladder(call, "a b c f ");
	free(call);
}

static void a_share_of_the_pool_is_left_for_the_last_resort(void **state)
{
	char uri[400];
	e911_call_t *call = used_call();
	int i, n;

	(void)state;
	memset(uri, 'u', sizeof(uri));
	uri[sizeof(uri) - 1] = '\0';
	for(i = 0; i < E911_LADDER_MAX; i++)
		place(call, uri, 0, 0, E911_LADDER_MAX - 4);
	n = call->steps;
	assert_in_range(n, 1, E911_LADDER_MAX - 5);
	assert_in_range(
			E911_CALL_POOL - call->pool_len, LEFT_OVER, LEFT_OVER + 400);
	place(call, uri, 9, 0, E911_LADDER_MAX);
	assert_int_equal(call->steps, n + 1);
	free(call);
}

static int keep_some(void *arg)
{
	e911_call_t *call = arg;

	e911_call_init(call);
	keep(call, "a@x", 3);
	return call->pool_len == 3 ? 0 : -1;
}

static void needs_no_memory(void **state)
{
	e911_call_t *call = used_call();

	(void)state;
	ksr_allow(0);
	assert_int_equal(keep_some(call), 0);
	ksr_allow(-1);
	ksr_sweep(keep_some, call, 0);
	free(call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(begins_before_its_first_step),
			cmocka_unit_test(gives_back_what_it_kept),
			cmocka_unit_test(what_does_not_fit_is_left_out),
			cmocka_unit_test(a_copy_of_its_size_is_the_call),
			cmocka_unit_test(steps_stand_by_rank_then_priority),
			cmocka_unit_test(the_last_gives_way_where_the_ladder_is_full),
			cmocka_unit_test(a_share_of_the_pool_is_left_for_the_last_resort),
			cmocka_unit_test(needs_no_memory),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
