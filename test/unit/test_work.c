/*
 * work.c with jobs, breakers and HTTP as they are, against test/mock/server.py
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err hash location field network row strbuf clock jobs breaker http
 * with: mock_stub
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/work.c"
#include "ksr_stub.h"
#include "mock_stub.h"
#include "tight.h"

#define LADDER 4
#define REST 60000

/* ----- who counts how long they took ----- */

static int timed, timed_failed;

void e911_tally_time(const char *name, uint64_t ms, int failed)
{
	assert_true(name[0] && ms < 60000);
	timed++;
	timed_failed += failed;
}

/* ----- a user: asks one URL after the other ----- */

static struct user
{
	const char *host[LADDER], *path[LADDER], *whom[LADDER];
	int tries, after, rest;
	int patient; /* waits where none is left */
	int at_once; /* begin's answer and one, instead of asking; 0: it asks */
	int due_in;	 /* ms until its turn has something to do */
	int turns, begun, finished, gave_up, rested;
	int wait_ms; /* as last proposed */
} user;

static int end(int err)
{
	user.finished++;
	return err;
}

static int user_begin(
		e911_task_t *t, e911_http_request_t *r, e911_assessment_t *a)
{
	static char where[256];

	user.begun++;
	if(user.at_once == E911_WORK_FINISHED + 1) {
		memset(a, 0, sizeof(*a));
		a->verdict = E911_INVALID;
		user.finished++;
	}
	if(user.at_once)
		return user.at_once - 1;
	snprintf(where, sizeof(where), "%s",
			mock_url("http", user.host[t->job.step], user.path[t->job.step]));
	r->url = user.path[t->job.step][0] ? where : "ftp://x/";
	r->method = "GET";
	r->timeout_ms = 3000;
	r->answer_max = 1000;
	snprintf(t->whom, sizeof(t->whom), "%s", user.whom[t->job.step]);
	t->tries = user.tries;
	t->break_after = user.after;
	t->rest_ms = user.rest;
	return E911_WORK_ASK;
}

static int user_done(
		e911_task_t *t, const e911_http_answer_t *answer, e911_assessment_t *a)
{
	if(answer->err || answer->status >= 500)
		return E911_WORK_FAILED;
	if(answer->status == 404) {
		t->job.step++;
		return E911_WORK_NEXT;
	}
	memset(a, 0, sizeof(*a));
	a->verdict = E911_VALID;
	snprintf(a->validator, sizeof(a->validator), "%s", t->whom);
	user.finished++;
	return E911_WORK_FINISHED;
}

static int user_failed(e911_task_t *t, e911_assessment_t *a)
{
	user.gave_up++;
	user.rested += t->resting;
	user.wait_ms = t->wait_ms;
	if(t->job.step + 1 < LADDER && user.path[t->job.step + 1]) {
		t->job.step++;
		return E911_WORK_NEXT;
	}
	if(user.patient)
		return E911_WORK_LATER;
	t->err = end(E911_ERR_DOWN);
	return E911_WORK_FINISHED;
}

static void user_turn(void)
{
	user.turns++;
}

static int user_due(int most)
{
	return user.due_in && user.due_in < most ? user.due_in : most;
}

static const e911_work_steps_t user_steps = {
		user_begin, user_done, user_failed, user_turn, user_due};

static void asks(int step, const char *path)
{
	static const char *const names[] = {"first", "second", "third", "fourth"};

	user.host[step] = "127.0.0.1";
	user.path[step] = path;
	user.whom[step] = names[step];
}

static int up(void **state)
{
	(void)state;
	memset(&user, 0, sizeof(user));
	user.tries = 3;
	user.rest = REST;
	asks(0, "/ok");
	stopping = 0;
	beaten = 0;
	e911_work_init(&user_steps, 64);
	return e911_jobs_init(1000, 60) || e911_breaker_init();
}

static int down(void **state)
{
	(void)state;
	give_back();
	e911_jobs_destroy();
	e911_breaker_destroy();
	return ksr_blocks() != 0;
}

static int start_server(void **state)
{
	(void)state;
	return mock_start();
}

static int stop_server(void **state)
{
	(void)state;
	return mock_stop();
}

static uint64_t put(const char *contact, int priority)
{
	str a = str_init("a@x"), c = {(char *)contact, (int)strlen(contact)};
	e911_job_t job;
	uint64_t id = 0;

	assert_int_equal(e911_job_init(&job, &a, &c), 0);
	job.priority = priority;
	assert_int_equal(e911_jobs_put(&job, &id), 0);
	return id;
}

static e911_jobs_count_t counted(void)
{
	e911_jobs_count_t c;

	e911_jobs_count(&c);
	return c;
}

static void turn_until(const int *what, int n)
{
	uint64_t end_at = e911_clock_ms() + 20000;

	while(*what < n) {
		assert_true(e911_clock_ms() < end_at);
		turn(0);
	}
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

/* ----- one job ----- */

static void asks_and_gives_the_result(void **state)
{
	e911_assessment_t *a = calloc(1, sizeof(*a));
	uint64_t id;

	(void)state;
	start(0);
	id = put("1", E911_INTERACTIVE);
	turn_until(&user.finished, 1);
	assert_int_equal(e911_jobs_result(id, a), 0);
	assert_int_equal(a->verdict, E911_VALID);
	assert_string_equal(a->validator, "first");
	assert_int_equal(in_flight, 0);
	assert_true(user.turns > 0);
	assert_int_equal(state_of("first"), E911_BREAKER_CLOSED);
	free(a);
}

static void may_know_the_result_at_once(void **state)
{
	e911_assessment_t *a = calloc(1, sizeof(*a));
	uint64_t id;

	(void)state;
	start(0);
	user.at_once = E911_WORK_FINISHED + 1;
	id = put("1", E911_INTERACTIVE);
	turn(0);
	assert_int_equal(e911_jobs_result(id, a), 0);
	free(a);
}

static void is_awake_when_its_user_wants(void **state)
{
	uint64_t start_at;

	(void)state;
	start(0);
	user.due_in = 50;
	start_at = e911_clock_ms();
	turn(0);
	turn(0);
	assert_true(e911_clock_ms() - start_at < IDLE);
}

static void tries_again_after_a_while(void **state)
{
	uint64_t start_at, id;

	(void)state;
	start(0);
	asks(0, "/flap?key=work&n=2"); /* twice 500 */
	start_at = e911_clock_ms();
	id = put("1", E911_ORDINARY);
	turn_until(&user.begun, 1);
	while(counted().later == 0)
		turn(0);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_AGAIN);
	turn_until(&user.finished, 1);
	assert_int_equal(user.begun, 3);
	assert_int_equal(user.gave_up, 0);
	assert_true(e911_clock_ms() - start_at >= (BACKOFF + 2 * BACKOFF) / 2);
	assert_int_equal(e911_jobs_result(id, NULL), 0);
}

static void each_wait_is_longer_and_none_is_the_same(void **state)
{
	int tries, i, ms, most = BACKOFF, differ = 0, last = 0;

	(void)state;
	for(tries = 1; tries < 40; tries++) {
		for(i = 0; i < 20; i++) {
			ms = backoff(tries);
			assert_in_range(ms, most / 2, most);
			differ += ms != last;
			last = ms;
		}
		most = most * 2 < BACKOFF_MAX ? most * 2 : BACKOFF_MAX;
	}
	assert_true(differ > 39 * 20 / 2);
}

static void goes_to_the_next_when_one_has_failed(void **state)
{
	(void)state;
	start(0);
	user.tries = 1;
	asks(0, "/status?n=503");
	asks(1, "/status?n=404"); /* knows nothing of it: no failure */
	asks(2, "/close");
	asks(3, "/ok");
	put("1", E911_ORDINARY);
	turn_until(&user.finished, 1);
	assert_int_equal(user.begun, 4);
	assert_int_equal(user.gave_up, 2);
	assert_int_equal(user.rested, 0);
}

static void ends_when_none_is_left(void **state)
{
	uint64_t id;

	(void)state;
	start(0);
	user.tries = 1;
	asks(0, "/status?n=500");
	id = put("1", E911_ORDINARY);
	turn_until(&user.finished, 1);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_DOWN);
}

static void what_cannot_be_asked_has_failed(void **state)
{
	uint64_t id;

	(void)state;
	start(0);
	asks(0, "");
	id = put("1", E911_ORDINARY);
	turn_until(&user.finished, 1);
	assert_int_equal(user.begun, 1);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_DOWN);
	/* and it is no failure of theirs */
	assert_int_equal(state_of("first"), E911_BREAKER_CLOSED);
}

static void steps_without_an_end_are_ended(void **state)
{
	uint64_t id;

	(void)state;
	start(0);
	user.at_once = E911_WORK_NEXT + 1;
	id = put("1", E911_ORDINARY);
	turn(0);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_DEPTH);
	assert_int_equal(in_flight, 0);
}

static void what_is_replaced_meanwhile_is_not_told(void **state)
{
	uint64_t old, new;

	(void)state;
	start(0);
	asks(0, "/slow?ms=200");
	old = put("1", E911_ORDINARY);
	turn_until(&user.begun, 1);
	new = put("1", E911_ORDINARY);
	turn_until(&user.finished, 2);
	assert_int_equal(e911_jobs_result(old, NULL), E911_ERR_OLD);
	assert_int_equal(e911_jobs_result(new, NULL), 0);
}

/* ----- breakers ----- */

static void who_fails_too_often_is_not_asked(void **state)
{
	int i;
	char name[8];

	(void)state;
	start(0);
	user.tries = 1;
	user.after = 3;
	asks(0, "/status?n=500");
	asks(1, "/ok");
	for(i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(name, E911_ORDINARY);
		turn_until(&user.finished, i + 1);
	}
	assert_int_equal(state_of("first"), E911_BREAKER_OPEN);
	assert_int_equal(state_of("second"), E911_BREAKER_CLOSED);
	assert_int_equal(user.gave_up, 10);
	assert_int_equal(user.rested, 7);
}

static void one_tries_whether_it_is_back(void **state)
{
	(void)state;
	start(0);
	user.tries = 1;
	user.after = 1;
	user.rest = 300;
	user.patient = 1;
	asks(0, "/flap?key=back&n=1");
	put("1", E911_ORDINARY);
	turn_until(&user.begun, 1);
	turn_until(&user.gave_up, 1);
	assert_int_equal(state_of("first"), E911_BREAKER_OPEN);
	/* others wait as well, and are done when it is back */
	put("2", E911_ORDINARY);
	put("3", E911_ORDINARY);
	turn_until(&user.rested, 2);
	assert_in_range(user.wait_ms, 200, 300 + BACKOFF);
	asks(0, "/ok");
	turn_until(&user.finished, 3);
	assert_int_equal(state_of("first"), E911_BREAKER_CLOSED);
}

/* ----- many ----- */

static void many_are_asked_at_once(void **state)
{
	uint64_t start_at;
	char name[8];
	int i;

	(void)state;
	start(0);
	asks(0, "/slow?ms=300");
	for(i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(name, E911_INTERACTIVE);
	}
	start_at = e911_clock_ms();
	turn_until(&user.finished, 60);
	printf("60 answers of 300 ms each: %d ms\n",
			(int)(e911_clock_ms() - start_at));
	assert_true(e911_clock_ms() - start_at < 60 * 300 / 4);
}

/* more at once than one host is asked */
static void who_finds_no_room_comes_back(void **state)
{
	char name[8];
	int i;

	(void)state;
	e911_work_init(&user_steps, 200);
	start(0);
	asks(0, "/slow?ms=100");
	for(i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(name, E911_INTERACTIVE);
	}
	turn_until(&user.finished, 150);
	assert_true(user.begun > 150);
	assert_int_equal(user.gave_up, 0);
}

static void room_is_kept_for_who_waits(void **state)
{
	uint64_t id;
	char name[8];
	int i;

	(void)state;
	e911_work_init(&user_steps, 8);
	start(0);
	asks(0, "/hang");
	for(i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(name, E911_BACKGROUND);
	}
	turn_until(&user.begun, 6);
	turn(0);
	assert_int_equal(in_flight, 6);
	assert_int_equal(counted().waiting[E911_BACKGROUND], 14);
	put("ordinary", E911_ORDINARY);
	put("another", E911_ORDINARY);
	turn_until(&user.begun, 7);
	turn(0);
	assert_int_equal(in_flight, 7);
	asks(0, "/ok");
	id = put("now", E911_INTERACTIVE);
	turn_until(&user.finished, 1);
	assert_int_equal(e911_jobs_result(id, NULL), 0);
}

/* ----- life ----- */

static void *put_in_a_while(void *arg)
{
	usleep(100000);
	put("1", E911_INTERACTIVE);
	return NULL;
}

static void what_is_put_wakes_it(void **state)
{
	uint64_t start_at;
	pthread_t thread;

	(void)state;
	start(0);
	turn(0);
	start_at = e911_clock_ms();
	assert_int_equal(pthread_create(&thread, NULL, put_in_a_while, NULL), 0);
	turn_until(&user.finished, 1);
	pthread_join(thread, NULL);
	assert_true(e911_clock_ms() - start_at < 800);
}

static void *end_in_a_while(void *arg)
{
	usleep(300000);
	kill(getpid(), SIGTERM);
	return NULL;
}

static void gives_back_what_it_has_at_the_end(void **state)
{
	uint64_t start_at = e911_clock_ms();
	pthread_t thread;
	e911_job_t job;

	(void)state;
	asks(0, "/hang");
	put("1", E911_ORDINARY);
	put("2", E911_ORDINARY);
	assert_int_equal(pthread_create(&thread, NULL, end_in_a_while, NULL), 0);
	serve(0);
	pthread_join(thread, NULL);
	assert_in_range(e911_clock_ms() - start_at, 290, 1500);
	assert_int_equal(user.begun, 2);
	assert_int_equal(in_flight, 0);
	assert_int_equal(counted().taken, 0);
	/* as they were, to be taken at once */
	assert_int_equal(e911_jobs_take(1, E911_BACKGROUND, &job), 0);
	assert_int_equal(job.tries, 0);
	assert_int_equal(e911_jobs_take(1, E911_BACKGROUND, &job), 0);
}

static void a_trial_that_is_dropped_is_left_to_others(void **state)
{
	(void)state;
	start(0);
	asks(0, "/hang");
	e911_breaker_tell("first", 0, 1, 1);
	usleep(5000);
	put("1", E911_ORDINARY);
	turn_until(&user.begun, 1);
	assert_int_equal(state_of("first"), E911_BREAKER_HALF_OPEN);
	assert_true(e911_breaker_ask("first", REST) > 0);
	give_back();
	assert_int_equal(e911_breaker_ask("first", REST), 0);
}

static void without_memory_the_job_stays(void **state)
{
	uint64_t id;

	(void)state;
	start(0);
	id = put("1", E911_ORDINARY);
	ksr_allow(0);
	assert_int_equal(take_some(0), E911_ERR_MEM);
	ksr_allow(-1);
	assert_int_equal(counted().waiting[E911_ORDINARY], 1);
	assert_int_equal(in_flight, 0);
	turn_until(&user.finished, 1);
	assert_int_equal(e911_jobs_result(id, NULL), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			T(asks_and_gives_the_result),
			T(may_know_the_result_at_once),
			T(is_awake_when_its_user_wants),
			T(tries_again_after_a_while),
			T(each_wait_is_longer_and_none_is_the_same),
			T(goes_to_the_next_when_one_has_failed),
			T(ends_when_none_is_left),
			T(what_cannot_be_asked_has_failed),
			T(steps_without_an_end_are_ended),
			T(what_is_replaced_meanwhile_is_not_told),
			T(who_fails_too_often_is_not_asked),
			T(one_tries_whether_it_is_back),
			T(many_are_asked_at_once),
			T(who_finds_no_room_comes_back),
			T(room_is_kept_for_who_waits),
			T(what_is_put_wakes_it),
			T(gives_back_what_it_has_at_the_end),
			T(a_trial_that_is_dropped_is_left_to_others),
			T(without_memory_the_job_stays),
	};

	return cmocka_run_group_tests_name(
			"work", tests, start_server, stop_server);
}
