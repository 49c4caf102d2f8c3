/*
 * e911: the workers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "clock.h"
#include "err.h"
#include "hash.h"
#include "tally.h"
#include "work.h"

#define IDLE 1000	/* ms without anything to do */
#define BEAT 1000	/* ms between signs of life */
#define ROUNDS 16	/* steps without an answer between */
#define BACKOFF 500 /* ms before the first retry, doubled for each more */
#define BACKOFF_MAX 60000
#define BUSY 200	   /* ms where there is no room */
#define NO_MEMORY 1000 /* ms where there is none */
#define PENDING 5	   /* to come from done(), private: the request is out */

typedef struct flight
{
	struct flight *next;
	struct flight **back; /* what points to this one */
	e911_task_t task;
} flight_t;

static const e911_work_steps_t *steps;
static int flight_max;

/* ----- of the process itself ----- */

static flight_t *flights;
static int in_flight;
static uint64_t beaten; /* when last */
static pid_t parent;
static volatile sig_atomic_t stopping;
static e911_assessment_t result; /* too large for a stack, used at once */

void e911_work_init(const e911_work_steps_t *given, int flight)
{
	steps = given;
	flight_max = flight < E911_HTTP_FLIGHT_MAX ? flight : E911_HTTP_FLIGHT_MAX;
}

/* ----- flights ----- */

static flight_t *new_flight(void)
{
	flight_t *f = pkg_malloc(sizeof(*f));

	if(f == NULL)
		return NULL;
	/* the job is written as it is taken */
	f->task.err = 0;
	f->task.wait_ms = 0;
	f->task.whom[0] = 0;
	f->task.tries = f->task.break_after = f->task.rest_ms = 0;
	f->next = flights;
	f->back = &flights;
	if(f->next)
		f->next->back = &f->next;
	flights = f;
	in_flight++;
	return f;
}

static void free_flight(flight_t *f)
{
	*f->back = f->next;
	if(f->next)
		f->next->back = f->back;
	in_flight--;
	pkg_free(f);
}

static void finish(flight_t *f)
{
	e911_jobs_done(&f->task.job, f->task.err, f->task.err ? NULL : &result);
	free_flight(f);
}

static void later(flight_t *f, int ms)
{
	e911_jobs_later(&f->task.job, ms > 0 ? (unsigned int)ms : 0);
	free_flight(f);
}

/* half of it, and some of the other half: who failed together does not come
 * back together */
static int jitter(int ms)
{
	uint32_t n = 0;

	if(e911_hash_random((unsigned char *)&n, sizeof(n)))
		n = (uint32_t)e911_clock_ms();
	return ms / 2 + (int)(n % (uint32_t)(ms / 2 + 1));
}

static int backoff(int tries)
{
	int ms = BACKOFF;

	while(--tries > 0 && ms < BACKOFF_MAX)
		ms *= 2;
	return jitter(ms < BACKOFF_MAX ? ms : BACKOFF_MAX);
}

/* ----- whom it asks ----- */

static void tell_failed(const e911_task_t *t, const e911_http_answer_t *a)
{
	if(e911_breaker_tell(t->whom, 0, t->break_after, t->rest_ms))
		LM_WARN("%s: %s (status %d): is not asked for %d ms\n", t->whom,
				a->err ? a->why : "fails", a->status, t->rest_ms);
}

static void tell(const e911_task_t *t, int failed, const e911_http_answer_t *a)
{
	if(t->whom[0] == 0)
		return;
	e911_tally_time(t->whom, e911_clock_ms() - t->asked_ms, failed);
	/* our own want of memory is no fault of theirs */
	if(a->err == E911_ERR_MEM)
		e911_breaker_withdraw(t->whom);
	else if(failed)
		tell_failed(t, a);
	else if(e911_breaker_tell(t->whom, 1, t->break_after, t->rest_ms))
		LM_NOTICE("%s: answers again\n", t->whom);
}

/* ----- steps ----- */

static void answered(const e911_http_answer_t *answer, void *arg);

static int give_up(e911_task_t *t, int resting, int wait_ms)
{
	int next;

	t->resting = resting;
	t->wait_ms = wait_ms;
	next = steps->failed(t, &result);
	if(next == E911_WORK_NEXT)
		t->job.tries = 0;
	return next;
}

static int not_sent(e911_task_t *t, int err)
{
	if(t->whom[0])
		e911_breaker_withdraw(t->whom);
	if(err != E911_ERR_FULL && err != E911_ERR_MEM) {
		LM_ERR("%s: cannot be asked: %s\n", t->whom, e911_err_text(err));
		return give_up(t, 0, BACKOFF_MAX);
	}
	t->wait_ms = jitter(err == E911_ERR_FULL ? BUSY : NO_MEMORY);
	return E911_WORK_LATER;
}

static int begin(flight_t *f)
{
	e911_task_t *t = &f->task;
	e911_http_request_t request = {0};
	int err, ms, next;

	t->err = 0;
	t->wait_ms = BACKOFF;
	t->whom[0] = 0;
	next = steps->begin(t, &request, &result);
	if(next == E911_WORK_NEXT)
		t->job.tries = 0;
	if(next != E911_WORK_ASK)
		return next;
	ms = t->whom[0] ? e911_breaker_ask(t->whom, t->rest_ms) : 0;
	if(ms > 0)
		return give_up(t, 1, ms + jitter(BACKOFF));
	t->asked_ms = e911_clock_ms();
	err = e911_http_begin(&request, answered, f);
	return err ? not_sent(t, err) : PENDING;
}

static int fail(e911_task_t *t)
{
	t->job.tries++;
	t->wait_ms = backoff(t->job.tries);
	return t->job.tries < t->tries ? E911_WORK_LATER
								   : give_up(t, 0, t->wait_ms);
}

/* until it has to wait, or is finished */
static void walk(flight_t *f, int next)
{
	int i;

	for(i = 0; i < ROUNDS && next != PENDING; i++) {
		if(next == E911_WORK_LATER) {
			later(f, f->task.wait_ms);
			return;
		}
		if(next == E911_WORK_FINISHED) {
			finish(f);
			return;
		}
		next = next == E911_WORK_FAILED ? fail(&f->task) : begin(f);
	}
	if(next == PENDING)
		return;
	f->task.err = E911_ERR_DEPTH;
	finish(f);
}

static void answered(const e911_http_answer_t *answer, void *arg)
{
	flight_t *f = arg;
	int next = steps->done(&f->task, answer, &result);

	tell(&f->task, next == E911_WORK_FAILED, answer);
	if(next == E911_WORK_NEXT)
		f->task.job.tries = 0;
	walk(f, next);
}

/* ----- taking ----- */

/* the last places are kept for what somebody waits for */
static int lowest(void)
{
	if(in_flight < flight_max - flight_max / 4)
		return E911_BACKGROUND;
	return in_flight < flight_max - flight_max / 8 ? E911_ORDINARY
												   : E911_INTERACTIVE;
}

static int has_room(void)
{
	return in_flight < flight_max;
}

static int take_one(int worker)
{
	int priority = lowest();
	flight_t *f = new_flight();

	if(f == NULL)
		return E911_ERR_MEM;
	if(e911_jobs_take(worker, priority, &f->task.job)) {
		free_flight(f);
		return E911_ERR_NONE;
	}
	walk(f, E911_WORK_NEXT);
	return E911_OK;
}

/* at most so many at a time: those in flight have their turn between */
static int take_some(int worker)
{
	int n, err = E911_OK;

	for(n = 0; n < flight_max && has_room() && !err; n++)
		err = take_one(worker);
	return err;
}

/* ----- life ----- */

static void beat(int worker)
{
	uint64_t now = e911_clock_ms();

	if(beaten && now < beaten + BEAT)
		return;
	beaten = now;
	e911_jobs_beat(worker);
	/* who started us is gone without a word */
	if(getppid() != parent)
		stopping = 1;
}

static int idle_for(void)
{
	return steps->due ? steps->due(IDLE) : IDLE;
}

static void turn(int worker)
{
	int err;

	beat(worker);
	if(steps->turn)
		steps->turn();
	err = take_some(worker);
	if(!has_room()) {
		/* another worker may have some; this one is not woken in vain */
		if(e911_jobs_due(E911_BACKGROUND, IDLE) == 0)
			e911_jobs_wake();
		e911_http_run(-1, idle_for());
		return;
	}
	if(err == E911_ERR_MEM) {
		e911_http_run(-1, NO_MEMORY);
		return;
	}
	e911_http_run(e911_jobs_fd(), e911_jobs_due(lowest(), idle_for()));
	e911_jobs_empty_fd();
}

static void stop(int sig)
{
	stopping = 1;
	e911_jobs_wake();
}

static void start(int worker)
{
	struct sigaction on_term = {0};

	parent = getppid();
	on_term.sa_handler = stop;
	sigaction(SIGTERM, &on_term, NULL);
	while(!stopping && e911_http_init()) {
		LM_ERR("worker %d: no memory for libcurl\n", worker);
		sleep(1);
	}
}

static void give_back(void)
{
	flight_t *f;

	e911_http_destroy();
	while((f = flights)) {
		if(f->task.whom[0])
			e911_breaker_withdraw(f->task.whom);
		later(f, 0);
	}
}

static void serve(int worker)
{
	start(worker);
	while(!stopping)
		turn(worker);
	give_back();
}

void e911_work_run(int worker)
{
	serve(worker);
	/* nothing of Kamailio's that is registered for exit() is ours to undo */
	_exit(0);
}
