/*
 * The table of notices; its clock is the test's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: shelf recipient row secret events hash strbuf err
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/notices.c"
#include "ksr_stub.h"
#include "tight.h"

static uint64_t clock_ms;
static int woken;
static e911_due_t due;
static e911_recipient_t desk, other, script;

uint64_t e911_clock_ms(void)
{
	return clock_ms;
}

uint32_t e911_now(void)
{
	return (uint32_t)(clock_ms / 1000);
}

/* the wall clock of this test begins with the true one */
static time_t wall_0;

uint32_t e911_deadline(time_t when)
{
	return (uint32_t)(when - wall_0 + 1000);
}

time_t e911_wall(uint32_t deadline)
{
	return wall_0 + deadline - 1000;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && deadline <= now;
}

static void wake(void)
{
	woken++;
}

static void set_up_one(e911_recipient_t *r, const char *name, int kind)
{
	memset(r, 0, sizeof(*r));
	strcpy(r->name, name);
	r->kind = kind;
	r->events = (1u << E911_EV_NOTICE) - 1;
	r->timeout_ms = 5000;
	r->most_age = 3600;
}

static int begin(unsigned int max, void (*saver)(void))
{
	clock_ms = 1000000;
	wall_0 = time(NULL);
	woken = 0;
	set_up_one(&desk, "desk", E911_BY_WEBHOOK);
	set_up_one(&other, "other", E911_BY_MAIL);
	set_up_one(&script, "script", E911_BY_EVENT);
	return e911_notices_init(max, saver);
}

static int up(void **state)
{
	(void)state;
	return begin(100, NULL);
}

static int up_small(void **state)
{
	(void)state;
	return begin(4, NULL);
}

static int up_stored(void **state)
{
	(void)state;
	return begin(100, wake);
}

static int up_small_stored(void **state)
{
	(void)state;
	return begin(4, wake);
}

static int down(void **state)
{
	(void)state;
	e911_notices_destroy();
	return ksr_blocks() != 0;
}

static int put_at(
		const e911_recipient_t *to, uint64_t call, int event, int step)
{
	char brief[32], facts[32];
	e911_notice_order_t o = {.to = to,
			.call = call,
			.event = event,
			.step = step,
			.at_ms = (uint64_t)time(NULL) * 1000};
	int err;

	sprintf(facts, "facts of %d", event);
	sprintf(brief, "%d.%d", event, step);
	o.facts = tight_z(facts);
	o.events = tight_z(brief);
	err = e911_notices_put(&o);
	free(o.facts.s);
	free(o.events.s);
	return err;
}

static int tell(const e911_recipient_t *to, uint64_t call, int event)
{
	return put_at(to, call, event, 0);
}

/* its event, by its facts; NONE */
static int take_from(int lane)
{
	char *z;
	int event;

	if(e911_notices_take(lane, &due))
		return E911_ERR_NONE;
	z = strndup(due.facts.s, (size_t)due.facts.len);
	event = atoi(z + 9);
	free(z);
	return event;
}

static int next(void)
{
	return take_from(E911_LANE_NET);
}

static e911_notices_count_t counted(void)
{
	e911_notices_count_t c;

	e911_notices_count(&c);
	return c;
}

static int has_events(const char *want)
{
	return is_z(&due.events, want);
}

/* ----- */

static void what_is_put_is_taken_once(void **state)
{
	(void)state;
	assert_int_equal(next(), E911_ERR_NONE);
	assert_int_equal(tell(&desk, 1, E911_EV_PLACED), 0);
	assert_int_equal(counted().waiting, 1);
	assert_int_equal(take_from(E911_LANE_SIP), E911_ERR_NONE);
	assert_int_equal(next(), E911_EV_PLACED);
	assert_string_equal(due.recipient, "desk");
	assert_int_equal(strlen(due.id), 36);
	assert_int_equal(due.id[14], '4');
	assert_true(has_events("0.0"));
	assert_int_equal(due.tries, 0);
	assert_int_equal(next(), E911_ERR_NONE);
	assert_int_equal(counted().flying, 1);
	e911_notices_done(&due);
	assert_int_equal(counted().flying, 0);
	assert_int_equal(counted().sent, 1);
}

static void the_same_is_put_once_even_after_it_was_sent(void **state)
{
	(void)state;
	assert_int_equal(tell(&desk, 1, E911_EV_PLACED), 0);
	assert_int_equal(tell(&desk, 1, E911_EV_PLACED), E911_ERR_TWICE);
	assert_int_equal(tell(&other, 1, E911_EV_PLACED), 0);
	assert_int_equal(tell(&desk, 2, E911_EV_PLACED), 0);
	assert_int_equal(next() == E911_EV_PLACED, 1);
	e911_notices_done(&due);
	assert_int_equal(tell(&desk, 1, E911_EV_PLACED), E911_ERR_TWICE);
	assert_int_equal(put_at(&desk, 1, E911_EV_FAILED, 0), 0);
	assert_int_equal(put_at(&desk, 1, E911_EV_FAILED, 1), 0);
}

static void what_fails_is_tried_again_later_and_later(void **state)
{
	static const int waits[] = {1, 2, 4, 8, 15, 15};
	size_t i;

	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	for(i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_int_equal(next(), E911_EV_PLACED);
		assert_int_equal(due.tries, (int)i);
		assert_int_equal(e911_notices_failed(&due, 0), 0);
		clock_ms += (uint64_t)waits[i] * 1000 - 1;
		assert_int_equal(next(), E911_ERR_NONE);
		clock_ms += 1;
	}
	assert_int_equal(next(), E911_EV_PLACED);
	e911_notices_done(&due);
	/* the event's own time is of whole seconds here */
	assert_in_range(counted().first_ms, 45000, 46000);
	assert_int_equal(counted().first_max_ms, counted().first_ms);
	assert_int_equal(counted().firsts, 1);
}

static void what_has_no_room_goes_again_soon_and_is_no_try(void **state)
{
	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(next(), E911_EV_PLACED);
	e911_notices_again(&due);
	assert_int_equal(next(), E911_ERR_NONE);
	clock_ms += SOON;
	assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(due.tries, 0);
	e911_notices_done(&due);
}

static void the_last_try_gives_up_and_the_script_is_told(void **state)
{
	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(e911_notices_failed(&due, 2), 0);
	clock_ms += 1000;
	assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(e911_notices_failed(&due, 2), 1);
	assert_int_equal(counted().failed, 1);
	assert_int_equal(counted().given_up, 1);
	assert_int_equal(e911_notices_idle(E911_LANE_EVENT, 1000), 0);
	assert_int_equal(take_from(E911_LANE_EVENT), E911_EV_PLACED);
	assert_int_equal(due.given_up, 1);
	assert_string_equal(due.recipient, "desk");
	e911_notices_done(&due);
	assert_int_equal(counted().given_up, 0);
	assert_int_equal(counted().sent, 0);
	assert_int_equal(take_from(E911_LANE_EVENT), E911_ERR_NONE);
}

static void what_is_too_old_is_given_up(void **state)
{
	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	clock_ms += 3598 * 1000;
	e911_notices_sweep(E911_LANE_NET);
	assert_int_equal(counted().waiting, 1);
	clock_ms += 3000;
	e911_notices_sweep(E911_LANE_SIP);
	assert_int_equal(counted().waiting, 1);
	/* nor is it sent any more */
	assert_int_equal(next(), E911_ERR_NONE);
	e911_notices_sweep(E911_LANE_NET);
	assert_int_equal(counted().waiting, 0);
	assert_int_equal(take_from(E911_LANE_EVENT), E911_EV_PLACED);
	assert_int_equal(due.given_up, 1);
}

static void who_is_dead_is_asked_less_often_and_delays_nobody(void **state)
{
	e911_notices_of_t of;
	int i;

	(void)state;
	for(i = 0; i < 20; i++)
		tell(&desk, (uint64_t)i, E911_EV_PLACED);
	/* no more than so many at once */
	for(i = 0; i < E911_NOTICES_FLIGHT; i++)
		assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(next(), E911_ERR_NONE);
	tell(&other, 1, E911_EV_PLACED);
	assert_int_equal(next(), E911_EV_PLACED);
	assert_string_equal(due.recipient, "other");
	e911_notices_done(&due);
	/* they were never heard of again */
	clock_ms += 5000 + MARGIN;
	e911_notices_sweep(E911_LANE_NET);
	assert_int_equal(e911_notices_nth(0, &of), 0);
	assert_string_equal(of.name, "desk");
	assert_int_equal(of.failures, E911_NOTICES_FLIGHT);
	assert_int_equal(of.flying, 0);
	assert_int_equal(of.waiting, 20);
	assert_int_equal(of.rest_ms, BACKOFF_MAX);
	/* one alone, of those never tried */
	assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(due.tries, 0);
	assert_int_equal(next(), E911_ERR_NONE);
	/* it is back: all of them go at once */
	e911_notices_done(&due);
	for(i = 0; i < E911_NOTICES_FLIGHT; i++)
		assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(e911_notices_nth(0, &of), 0);
	assert_int_equal(of.failures, 0);
	assert_int_equal(of.sent, 1);
	assert_int_equal(e911_notices_nth(2, &of), E911_ERR_NONE);
}

static void later_notices_wait_for_the_first_and_are_merged(void **state)
{
	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	put_at(&desk, 1, E911_EV_FAILED, 0);
	put_at(&desk, 1, E911_EV_FAILED, 1);
	tell(&desk, 1, E911_EV_ANSWERED);
	tell(&desk, 2, E911_EV_ANSWERED);
	assert_int_equal(counted().merged, 2);
	assert_int_equal(next(), E911_EV_PLACED);
	/* of another call, whose first one is not here */
	assert_int_equal(next(), E911_EV_ANSWERED);
	assert_true(has_events("4.0"));
	assert_int_equal(next(), E911_ERR_NONE);
	clock_ms += 15000;
	e911_notices_sweep(E911_LANE_NET);
	clock_ms += 1000;
	assert_int_equal(next(), E911_EV_PLACED);
	e911_notices_done(&due);
	assert_int_equal(next(), E911_EV_ANSWERED);
	assert_true(has_events("2.0,2.1,4.0"));
	/* and the next one waits for this one */
	tell(&desk, 1, E911_EV_ENDED);
	assert_int_equal(next(), E911_EV_ANSWERED);
	assert_int_equal(next(), E911_ERR_NONE);
}

static void what_is_urgent_goes_first_and_waits_for_nothing(void **state)
{
	(void)state;
	tell(&desk, 2, E911_EV_PLACED);
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(next(), E911_EV_PLACED);
	put_at(&desk, 1, E911_EV_FAILED, 0);
	tell(&desk, 1, E911_EV_NOBODY);
	assert_int_equal(next(), E911_EV_NOBODY);
	assert_true(has_events("2.0,5.0"));
	assert_int_equal(next(), E911_EV_PLACED);
	assert_int_equal(next(), E911_ERR_NONE);
}

static void the_rate_holds_up_only_later_ones(void **state)
{
	int i, n;

	(void)state;
	desk.rate = 3;
	for(i = 0; i < 6; i++) {
		tell(&desk, (uint64_t)i, E911_EV_PLACED);
		assert_int_equal(next(), E911_EV_PLACED);
		e911_notices_done(&due);
		tell(&desk, (uint64_t)i, E911_EV_ANSWERED);
	}
	for(n = 0; next() == E911_EV_ANSWERED; n++)
		e911_notices_done(&due);
	assert_int_equal(n, 3);
	/* what comes meanwhile is merged */
	tell(&desk, 5, E911_EV_ENDED);
	assert_int_equal(next(), E911_ERR_NONE);
	clock_ms += 20000;
	assert_int_equal(next(), E911_EV_ANSWERED);
	assert_int_equal(next(), E911_ERR_NONE);
	tell(&desk, 9, E911_EV_NOBODY);
	assert_int_equal(next(), E911_EV_NOBODY);
	clock_ms += 40000;
	assert_int_equal(next(), E911_EV_ANSWERED);
	assert_int_equal(next(), E911_EV_ENDED);
	assert_true(has_events("4.0,7.0"));
}

static void a_full_table_loses_the_later_ones(void **state)
{
	e911_notices_of_t of;

	(void)state;
	tell(&desk, 1, E911_EV_ANSWERED);
	tell(&other, 2, E911_EV_ANSWERED);
	tell(&desk, 3, E911_EV_PLACED);
	tell(&desk, 4, E911_EV_PLACED);
	assert_int_equal(tell(&desk, 5, E911_EV_ANSWERED), E911_ERR_FULL);
	assert_int_equal(counted().lost, 1);
	/* their own first, then the others' */
	assert_int_equal(tell(&desk, 6, E911_EV_PLACED), 0);
	assert_int_equal(tell(&desk, 7, E911_EV_NOBODY), 0);
	assert_int_equal(e911_notices_nth(0, &of), 0);
	assert_int_equal(of.lost, 2);
	assert_int_equal(e911_notices_nth(1, &of), 0);
	assert_int_equal(of.lost, 1);
	assert_int_equal(tell(&desk, 8, E911_EV_PLACED), E911_ERR_FULL);
	assert_int_equal(counted().lost, 4);
	assert_int_equal(counted().waiting, 4);
	/* one that stands for another takes no room */
	assert_int_equal(next(), E911_EV_NOBODY);
	e911_notices_done(&due);
	assert_int_equal(tell(&desk, 3, E911_EV_ANSWERED), 0);
	assert_int_equal(tell(&desk, 3, E911_EV_ENDED), 0);
}

static void bytes_are_bounded_too(void **state)
{
	e911_notice_order_t o = {.to = &desk, .event = E911_EV_PLACED};
	int i, err = 0;

	(void)state;
	o.facts = tight_many("x", E911_NOTICE_FACTS_MAX);
	for(i = 0; !err; i++) {
		o.call = (uint64_t)i;
		err = e911_notices_put(&o);
	}
	assert_int_equal(err, E911_ERR_FULL);
	/* of 100 at 2048 bytes each */
	assert_in_range(i, 10, 13);
	o.facts.len++;
	assert_int_equal(e911_notices_put(&o), E911_ERR_SPACE);
	free(o.facts.s);
}

static void what_sip_says_comes_back_to_its_lane(void **state)
{
	uint64_t number;

	(void)state;
	desk.kind = E911_BY_SIP;
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(e911_notices_heard(E911_LANE_SIP, &due), E911_ERR_NONE);
	assert_int_equal(take_from(E911_LANE_SIP), E911_EV_PLACED);
	number = due.number;
	/* of another try, or of one that is none */
	e911_notices_answered(number, 1, 408);
	e911_notices_answered(number + 1, 0, 200);
	assert_int_equal(e911_notices_heard(E911_LANE_SIP, &due), E911_ERR_NONE);
	e911_notices_answered(number, 0, 486);
	assert_int_equal(e911_notices_idle(E911_LANE_SIP, 1000), 0);
	assert_int_equal(e911_notices_heard(E911_LANE_SIP, &due), 0);
	assert_int_equal(due.code, 486);
	assert_int_equal(e911_notices_failed(&due, 0), 0);
	/* the late good news of the first try */
	e911_notices_answered(number, 0, 200);
	assert_int_equal(e911_notices_heard(E911_LANE_SIP, &due), 0);
	assert_int_equal(due.code, 200);
	e911_notices_done(&due);
	assert_int_equal(counted().sent, 1);
	assert_int_equal(counted().flying, 0);
	assert_int_equal(counted().waiting, 0);
}

static int is_readable(int lane)
{
	struct pollfd p = {e911_notices_fd(lane), POLLIN, 0};

	return poll(&p, 1, 0);
}

static void wakes_the_lane_it_is_for(void **state)
{
	(void)state;
	assert_int_equal(e911_notices_idle(E911_LANE_NET, 1000), 1000);
	assert_int_equal(is_readable(E911_LANE_NET), 0);
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(is_readable(E911_LANE_NET), 1);
	assert_int_equal(is_readable(E911_LANE_SIP), 0);
	assert_int_equal(e911_notices_idle(E911_LANE_NET, 1000), SOON);
	assert_int_equal(e911_notices_idle(E911_LANE_SIP, 1000), 1000);
	e911_notices_empty_fd(E911_LANE_NET);
	assert_int_equal(is_readable(E911_LANE_NET), 0);
	e911_notices_wake(E911_LANE_SIP);
	assert_int_equal(is_readable(E911_LANE_SIP), 1);
}

/* ----- the database ----- */

static void what_is_sent_before_it_was_written_is_never_written(void **state)
{
	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(woken, 1);
	assert_int_equal(e911_notices_to_write(), 1);
	assert_int_equal(next(), E911_EV_PLACED);
	e911_notices_done(&due);
	assert_int_equal(e911_notices_to_write(), 0);
	assert_int_equal(e911_notices_unsaved(&due), E911_ERR_NONE);
}

static void what_was_written_is_deleted_once_it_is_sent(void **state)
{
	char id[E911_NOTICE_ID_MAX];
	e911_due_t *saved = malloc(sizeof(*saved));
	uint64_t number;

	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	assert_int_equal(e911_notices_unsaved(saved), 0);
	assert_int_equal(e911_notices_unsaved(saved), E911_ERR_NONE);
	assert_int_equal(next(), E911_EV_PLACED);
	assert_string_equal(saved->id, due.id);
	e911_notices_done(&due);
	/* it is being written yet */
	assert_int_equal(e911_notices_gone(id, &number), E911_ERR_NONE);
	e911_notices_written(saved->number, 1);
	assert_int_equal(e911_notices_to_write(), 1);
	assert_int_equal(e911_notices_gone(id, &number), 0);
	assert_string_equal(id, due.id);
	e911_notices_written(number, 0);
	assert_int_equal(e911_notices_gone(id, &number), 0);
	e911_notices_written(number, 1);
	assert_int_equal(e911_notices_gone(id, &number), E911_ERR_NONE);
	assert_int_equal(t->n, 0);
	free(saved);
}

static void what_could_not_be_written_comes_once_more(void **state)
{
	e911_due_t *saved = malloc(sizeof(*saved));
	char first[E911_NOTICE_ID_MAX];

	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	tell(&desk, 2, E911_EV_PLACED);
	assert_int_equal(e911_notices_unsaved(saved), 0);
	strcpy(first, saved->id);
	e911_notices_written(saved->number, 0);
	assert_int_equal(e911_notices_unsaved(saved), 0);
	assert_string_equal(saved->id, first);
	/* sent meanwhile, and not written: there is nothing to delete */
	assert_int_equal(next(), E911_EV_PLACED);
	assert_string_equal(due.id, first);
	e911_notices_done(&due);
	e911_notices_written(saved->number, 0);
	assert_int_equal(e911_notices_to_write(), 1);
	assert_int_equal(t->n, 1);
	free(saved);
}

static void one_out_of_the_database_keeps_its_id_and_its_time(void **state)
{
	e911_notice_order_t o = {.to = &desk,
			.call = 1,
			.event = E911_EV_PLACED,
			.id = "0123",
			.until = time(NULL) + 100};

	(void)state;
	o.facts = tight_z("facts of 0");
	assert_int_equal(e911_notices_put(&o), 0);
	assert_int_equal(e911_notices_put(&o), E911_ERR_TWICE);
	free(o.facts.s);
	assert_int_equal(e911_notices_to_write(), 0);
	assert_int_equal(woken, 0);
	assert_int_equal(next(), E911_EV_PLACED);
	assert_string_equal(due.id, "0123");
	assert_in_range(due.until, wall_0 + 100, wall_0 + 102);
	e911_notices_failed(&due, 0);
	clock_ms += 102 * 1000;
	e911_notices_sweep(E911_LANE_NET);
	assert_int_equal(take_from(E911_LANE_EVENT), E911_EV_PLACED);
	e911_notices_done(&due);
	assert_int_equal(e911_notices_to_write(), 1);
}

static void what_another_stands_for_is_deleted_there(void **state)
{
	char id[E911_NOTICE_ID_MAX];
	uint64_t number;

	(void)state;
	put_at(&desk, 1, E911_EV_FAILED, 0);
	assert_int_equal(e911_notices_unsaved(&due), 0);
	e911_notices_written(due.number, 1);
	put_at(&desk, 1, E911_EV_FAILED, 1);
	assert_int_equal(e911_notices_gone(id, &number), 0);
	assert_string_equal(id, due.id);
	e911_notices_written(number, 1);
	assert_int_equal(e911_notices_unsaved(&due), 0);
	assert_true(has_events("2.0,2.1"));
}

/* the database is slow: one of them is being deleted there, others are to be */
static void what_the_database_is_to_forget_makes_room(void **state)
{
	char id[E911_NOTICE_ID_MAX];
	uint64_t number, call;

	(void)state;
	for(call = 1; call <= 4; call++) {
		tell(&desk, call, call < 4 ? E911_EV_PLACED : E911_EV_ANSWERED);
		assert_int_equal(e911_notices_unsaved(&due), 0);
		e911_notices_written(due.number, 1);
	}
	for(call = 1; call <= 3; call++) {
		assert_int_equal(next(), E911_EV_PLACED);
		e911_notices_done(&due);
	}
	assert_int_equal(e911_notices_gone(id, &number), 0);
	assert_int_equal(tell(&desk, 5, E911_EV_PLACED), 0);
	assert_int_equal(tell(&desk, 6, E911_EV_PLACED), 0);
	assert_int_equal(counted().lost, 0);
	assert_int_equal(counted().waiting, 3);
}

static void after_the_end_all_is_written_that_was_not(void **state)
{
	char id[E911_NOTICE_ID_MAX];
	uint64_t number;

	(void)state;
	tell(&desk, 1, E911_EV_PLACED);
	tell(&desk, 2, E911_EV_PLACED);
	tell(&desk, 3, E911_EV_PLACED);
	assert_int_equal(e911_notices_unsaved(&due), 0);
	assert_int_equal(next(), E911_EV_PLACED);
	e911_notices_done(&due); /* being written, and sent */
	assert_int_equal(e911_notices_unsaved(&due), 0);
	lock_get(&t->lock); /* who had it is no more */
	e911_notices_alone();
	assert_int_equal(e911_notices_to_write(), 1);
	assert_int_equal(e911_notices_gone(id, &number), 0);
	assert_int_equal(e911_notices_gone(id, &number), E911_ERR_NONE);
	assert_int_equal(e911_notices_unsaved(&due), 0);
	assert_int_equal(e911_notices_unsaved(&due), 0);
	assert_int_equal(e911_notices_unsaved(&due), E911_ERR_NONE);
}

/* ----- memory ----- */

static int work(void *arg)
{
	int err = begin(10, wake);

	(void)arg;
	if(err)
		return err;
	err = tell(&desk, 1, E911_EV_PLACED);
	if(!err)
		err = tell(&desk, 1, E911_EV_ANSWERED);
	if(!err)
		err = tell(&desk, 1, E911_EV_ENDED);
	e911_notices_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(work, NULL, E911_ERR_MEM);
}

static void without_a_table_nothing_is_put(void **state)
{
	e911_notices_of_t of;

	(void)state;
	assert_int_equal(tell(&desk, 1, E911_EV_PLACED), E911_ERR_DOWN);
	assert_int_equal(e911_notices_nth(0, &of), E911_ERR_NONE);
	assert_int_equal(counted().waiting, 0);
	e911_notices_alone();
	e911_notices_destroy();
}

static void many_recipients_come_and_go(void **state)
{
	e911_notices_of_t of;
	int i;

	(void)state;
	for(i = 0; i < 3 * E911_SHELF_QUEUES; i++) {
		sprintf(desk.name, "desk%d", i);
		assert_int_equal(tell(&desk, 1, E911_EV_PLACED), 0);
		assert_int_equal(next(), E911_EV_PLACED);
		assert_string_equal(due.recipient, desk.name);
		e911_notices_done(&due);
	}
	assert_int_equal(e911_notices_nth(E911_SHELF_QUEUES, &of), E911_ERR_NONE);
	assert_int_equal(e911_notices_nth(E911_SHELF_QUEUES - 1, &of), 0);
}

#define TEST(name, up) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(what_is_put_is_taken_once, up),
			TEST(the_same_is_put_once_even_after_it_was_sent, up),
			TEST(what_fails_is_tried_again_later_and_later, up),
			TEST(what_has_no_room_goes_again_soon_and_is_no_try, up),
			TEST(the_last_try_gives_up_and_the_script_is_told, up),
			TEST(what_is_too_old_is_given_up, up),
			TEST(who_is_dead_is_asked_less_often_and_delays_nobody, up),
			TEST(later_notices_wait_for_the_first_and_are_merged, up),
			TEST(what_is_urgent_goes_first_and_waits_for_nothing, up),
			TEST(the_rate_holds_up_only_later_ones, up),
			TEST(a_full_table_loses_the_later_ones, up_small),
			TEST(bytes_are_bounded_too, up),
			TEST(what_sip_says_comes_back_to_its_lane, up),
			TEST(wakes_the_lane_it_is_for, up),
			TEST(what_is_sent_before_it_was_written_is_never_written,
					up_stored),
			TEST(what_was_written_is_deleted_once_it_is_sent, up_stored),
			TEST(what_could_not_be_written_comes_once_more, up_stored),
			TEST(one_out_of_the_database_keeps_its_id_and_its_time, up_stored),
			TEST(what_another_stands_for_is_deleted_there, up_stored),
			TEST(what_the_database_is_to_forget_makes_room, up_small_stored),
			TEST(after_the_end_all_is_written_that_was_not, up_stored),
			TEST(many_recipients_come_and_go, up),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test(without_a_table_nothing_is_put),
	};

	return e911_hash_init()
		   || cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}
