/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf err
 */
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/waiting.c"

#define START 5000

static uint64_t now;
static int woken;

uint64_t e911_clock_ms(void)
{
	return now;
}

void e911_jobs_wake(void)
{
	woken++;
}

/* ----- who is answered, with what ----- */

static int answered[16]; /* by the number of the connection */
static int gone;

int e911_connection_send(const struct receive_info *from, const str *answer)
{
	assert_true(answer->len > 0);
	answered[from->proto_reserved1]++;
	return gone ? E911_ERR_DOWN : E911_OK;
}

static int done[16]; /* by the job */

static int is_it_done(const e911_waiter_t *w)
{
	return done[w->job];
}

static int too_long;

static void write_it(const e911_waiter_t *w, e911_strbuf_t *b)
{
	E911_STRBUF_LIT(b, "answer");
	if(too_long)
		b->err = E911_ERR_SPACE;
}

static int up(void **state)
{
	(void)state;
	now = START;
	woken = gone = too_long = 0;
	memset(answered, 0, sizeof(answered));
	memset(done, 0, sizeof(done));
	return e911_waiting_init(3, is_it_done, write_it);
}

static int down(void **state)
{
	(void)state;
	e911_waiting_destroy();
	return ksr_blocks() != 0;
}

static int wait_for(int connection, uint64_t job, uint64_t ticket, int ms)
{
	static sip_msg_t msg;
	e911_waiter_t w = {.job = job, .ticket = ticket};

	msg.rcv.proto_reserved1 = connection;
	return e911_waiting_put(&msg, &w, ms);
}

static int has(int connection)
{
	static sip_msg_t msg;

	msg.rcv.proto_reserved1 = connection;
	return e911_waiting_has(&msg);
}

static void who_waits_is_answered_when_it_is_done(void **state)
{
	(void)state;
	assert_int_equal(wait_for(1, 1, 0, 1000), 0);
	assert_int_equal(wait_for(2, 2, 0, 1000), 0);
	e911_waiting_serve();
	assert_int_equal(answered[1] + answered[2], 0);
	done[2] = 1;
	e911_waiting_serve();
	assert_int_equal(answered[2], 1);
	assert_int_equal(answered[1], 0);
	e911_waiting_serve();
	assert_int_equal(answered[2], 1);
	assert_int_equal(e911_waiting_count(), 1);
}

static void or_when_his_time_is_over(void **state)
{
	(void)state;
	wait_for(1, 1, 0, 1000);
	now = START + 999;
	e911_waiting_serve();
	assert_int_equal(answered[1], 0);
	now = START + 1000;
	e911_waiting_serve();
	assert_int_equal(answered[1], 1);
	assert_int_equal(e911_waiting_count(), 0);
}

static void a_worker_looks_again_in_time(void **state)
{
	(void)state;
	assert_int_equal(e911_waiting_due(1000), 1000);
	wait_for(1, 1, 0, 300);
	wait_for(2, 2, 0, 200);
	assert_int_equal(e911_waiting_due(1000), 200);
	assert_int_equal(e911_waiting_due(50), 50);
	/* of the database nobody tells */
	wait_for(3, 0, 7, 5000);
	assert_int_equal(e911_waiting_due(1000), LOOK);
	now += 250;
	assert_int_equal(e911_waiting_due(1000), 0);
}

static void what_was_done_before_is_seen_at_once(void **state)
{
	(void)state;
	wait_for(1, 1, 0, 1000);
	assert_int_equal(woken, 1);
}

static void a_full_table_refuses(void **state)
{
	int i;

	(void)state;
	for(i = 1; i <= 3; i++)
		assert_int_equal(wait_for(i, i, 0, 1000), 0);
	assert_int_equal(wait_for(4, 4, 0, 1000), E911_ERR_FULL);
	done[1] = 1;
	e911_waiting_serve();
	assert_int_equal(wait_for(4, 4, 0, 1000), 0);
	done[2] = done[3] = done[4] = 1;
	e911_waiting_serve();
	for(i = 1; i <= 4; i++)
		assert_int_equal(answered[i], 1);
}

static void a_connection_that_waits_is_known(void **state)
{
	(void)state;
	assert_false(has(1));
	wait_for(1, 1, 0, 1000);
	wait_for(2, 2, 0, 1000);
	assert_true(has(1));
	assert_true(has(2));
	assert_false(has(3));
	done[1] = 1;
	e911_waiting_serve();
	assert_false(has(1));
	assert_true(has(2));
}

static void who_is_gone_is_forgotten(void **state)
{
	(void)state;
	gone = done[1] = 1;
	wait_for(1, 1, 0, 1000);
	e911_waiting_serve();
	assert_int_equal(e911_waiting_count(), 0);
}

static void half_an_answer_is_not_sent(void **state)
{
	(void)state;
	too_long = done[1] = 1;
	wait_for(1, 1, 0, 1000);
	e911_waiting_serve();
	assert_int_equal(answered[1], 0);
	assert_int_equal(e911_waiting_count(), 0);
}

static void without_a_table_nobody_waits(void **state)
{
	(void)state;
	e911_waiting_destroy();
	assert_int_equal(wait_for(1, 1, 0, 1000), E911_ERR_DOWN);
	assert_false(has(1));
	assert_int_equal(e911_waiting_due(1000), 1000);
	e911_waiting_serve();
}

static int start(void *arg)
{
	int err;

	(void)arg;
	err = e911_waiting_init(3, is_it_done, write_it);
	e911_waiting_destroy();
	return err;
}

static void without_memory_there_is_none(void **state)
{
	(void)state;
	e911_waiting_destroy();
	ksr_sweep(start, NULL, E911_ERR_MEM);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(who_waits_is_answered_when_it_is_done),
			WITH(or_when_his_time_is_over),
			WITH(a_worker_looks_again_in_time),
			WITH(what_was_done_before_is_seen_at_once),
			WITH(a_full_table_refuses),
			WITH(a_connection_that_waits_is_known),
			WITH(who_is_gone_is_forgotten),
			WITH(half_an_answer_is_not_sent),
			WITH(without_a_table_nobody_waits),
			WITH(without_memory_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
