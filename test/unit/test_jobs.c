/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err hash location field network row strbuf clock
 */
#include <stdlib.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <poll.h>
#include <pthread.h>
#include "../../modules/e911/jobs.c"
#include "ksr_stub.h"
#include "tight.h"

#define MAX 16
#define KEEP 5

static int up(void **state)
{
	(void)state;
	return e911_jobs_init(MAX, KEEP);
}

static int down(void **state)
{
	(void)state;
	e911_jobs_destroy();
	return ksr_blocks() != 0;
}

static e911_job_t *job_of(const char *aor, const char *contact, int priority)
{
	static e911_job_t job;
	str a = {(char *)aor, (int)strlen(aor)};
	str c = {(char *)contact, (int)strlen(contact)};

	assert_int_equal(e911_job_init(&job, &a, &c), 0);
	job.priority = priority;
	return &job;
}

static int put(const char *contact, int priority, uint64_t *id)
{
	return e911_jobs_put(job_of("a@x", contact, priority), id);
}

static uint64_t put_well(const char *contact, int priority)
{
	uint64_t id = 0;

	assert_int_equal(put(contact, priority, &id), 0);
	assert_true(id != 0);
	return id;
}

static e911_job_t take(void)
{
	e911_job_t job;

	assert_int_equal(e911_jobs_take(0, E911_BACKGROUND, &job), 0);
	job.aor.s = job.aor_mem;
	job.contact.s = job.contact_mem;
	return job;
}

static int is_empty(void)
{
	e911_job_t job;

	return e911_jobs_take(0, E911_BACKGROUND, &job) == E911_ERR_NONE;
}

static e911_assessment_t *assessed(int verdict, int n)
{
	static e911_assessment_t a;
	int i;

	memset(&a, 0, sizeof(a));
	a.verdict = verdict;
	a.n = n;
	for(i = 0; i < n; i++) {
		e911_location_init(&a.suggestion[i], E911_FROM_RPC, 100 + i);
		assert_int_equal(e911_location_set(&a.suggestion[i],
								 e911_field_find("country", 7), "US", 2),
				0);
	}
	return &a;
}

static e911_jobs_count_t counted(void)
{
	e911_jobs_count_t c;

	e911_jobs_count(&c);
	return c;
}

/* ----- in and out ----- */

static void gives_out_what_was_put(void **state)
{
	str aor = tight_z("alice@example.com"),
		contact = tight_z("sip:1@192.0.2.1");
	e911_job_t *in = malloc(sizeof(*in)), out;
	uint64_t id;

	(void)state;
	assert_int_equal(e911_job_init(in, &aor, &contact), 0);
	free(aor.s);
	free(contact.s);
	in->version = 77;
	in->site = 5;
	in->step = 2;
	in->tries = 1;
	in->location.stated = 1234;
	in->location.len = 3;
	memcpy(in->location.text, "abc", 3);
	assert_int_equal(e911_jobs_put(in, &id), 0);
	free(in);
	assert_int_equal(e911_jobs_take(3, E911_BACKGROUND, &out), 0);
	assert_true(out.id == id);
	assert_true(is_z(&out.aor, "alice@example.com"));
	assert_true(is_z(&out.contact, "sip:1@192.0.2.1"));
	assert_true(out.version == 77);
	assert_int_equal(out.site, 5);
	assert_int_equal(out.step, 2);
	assert_int_equal(out.tries, 1);
	assert_true(out.put_at != 0);
	assert_true(out.location.stated == 1234);
	assert_memory_equal(out.location.text, "abc", 3);
	assert_true(is_empty());
}

static void a_name_that_is_too_long_is_no_job(void **state)
{
	str s = tight_many("x", E911_AOR_MAX + 1), none = STR_NULL;
	e911_job_t job;

	(void)state;
	assert_int_equal(e911_job_init(&job, &s, &none), E911_ERR_LONG);
	assert_int_equal(e911_job_init(&job, &none, &s), E911_ERR_LONG);
	assert_int_equal(e911_job_init(&job, &none, &none), 0);
	s.len--;
	assert_int_equal(e911_job_init(&job, &s, &s), 0);
	free(s.s);
}

static void the_higher_priority_goes_first(void **state)
{
	uint64_t low = put_well("1", E911_BACKGROUND);
	uint64_t mid = put_well("2", E911_ORDINARY);
	uint64_t mid2 = put_well("3", E911_ORDINARY);
	uint64_t high = put_well("4", E911_INTERACTIVE);
	e911_job_t job;

	(void)state;
	assert_true(take().id == high);
	assert_true(take().id == mid);
	assert_int_equal(e911_jobs_take(0, E911_INTERACTIVE, &job), E911_ERR_NONE);
	assert_int_equal(e911_jobs_due(E911_INTERACTIVE, 100), 100);
	assert_int_equal(e911_jobs_due(E911_ORDINARY, 100), 0);
	assert_true(take().id == mid2);
	assert_int_equal(e911_jobs_take(0, E911_ORDINARY, &job), E911_ERR_NONE);
	assert_true(take().id == low);
	assert_true(is_empty());
}

static void a_result_is_kept_for_who_asks(void **state)
{
	static e911_assessment_t a;
	uint64_t id = put_well("1", 0);
	e911_job_t job;

	(void)state;
	assert_int_equal(e911_jobs_result(id, &a), E911_ERR_AGAIN);
	job = take();
	assert_int_equal(e911_jobs_result(id, &a), E911_ERR_AGAIN);
	assert_int_equal(e911_jobs_done(&job, 0, assessed(E911_CORRECTED, 2)), 0);
	assert_int_equal(e911_jobs_result(id, &a), 0);
	assert_int_equal(a.verdict, E911_CORRECTED);
	assert_int_equal(a.n, 2);
	assert_true(a.suggestion[1].stated == 101);
	assert_int_equal(e911_jobs_result(id, NULL), 0);
	assert_int_equal(e911_jobs_result(id + 1, &a), E911_ERR_NONE);
	/* once */
	assert_int_equal(e911_jobs_done(&job, 0, &a), E911_ERR_OLD);
	id = put_well("2", 0);
	job = take();
	assert_int_equal(e911_jobs_done(&job, E911_ERR_DOWN, NULL), 0);
	assert_int_equal(e911_jobs_result(id, &a), E911_ERR_DOWN);
	assert_int_equal(counted().kept, 2);
	assert_int_equal(counted().done, 2);
}

static void a_result_is_forgotten_in_time(void **state)
{
	uint64_t id = put_well("1", 0);
	e911_job_t job = take();

	(void)state;
	assert_int_equal(e911_jobs_done(&job, 0, assessed(E911_VALID, 5)), 0);
	e911_jobs_beat(0);
	assert_int_equal(e911_jobs_result(id, NULL), 0);
	table->list[DONE].first->when = e911_clock_ms();
	e911_jobs_beat(0);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_NONE);
	assert_int_equal(counted().kept, 0);
	/* where none are kept */
	table->keep = 0;
	id = put_well("1", 0);
	job = take();
	assert_int_equal(e911_jobs_done(&job, 0, assessed(E911_VALID, 5)), 0);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_NONE);
}

static void results_are_no_more_than_jobs(void **state)
{
	uint64_t first = 0;
	e911_job_t job;
	char name[8];
	int i;

	(void)state;
	for(i = 0; i <= MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put_well(name, 0);
		job = take();
		if(i == 0)
			first = job.id;
		assert_int_equal(e911_jobs_done(&job, 0, assessed(E911_VALID, 0)), 0);
	}
	assert_int_equal(counted().kept, MAX);
	assert_int_equal(e911_jobs_result(first, NULL), E911_ERR_NONE);
	assert_int_equal(e911_jobs_result(first + 1, NULL), 0);
}

/* ----- one about each contact ----- */

static void the_newer_replaces_the_older(void **state)
{
	uint64_t old = put_well("1", 1), other = put_well("2", 1), new;

	(void)state;
	new = put_well("1", 1);
	assert_int_equal(e911_jobs_result(old, NULL), E911_ERR_OLD);
	assert_true(take().id == other);
	assert_true(take().id == new);
	assert_true(is_empty());
	assert_int_equal(counted().replaced, 1);
	/* the same contact of somebody else is another */
	old = put_well("3", 1);
	assert_int_equal(e911_jobs_put(job_of("b@x", "3", 1), NULL), 0);
	assert_true(take().id == old);
	assert_false(is_empty());
}

static void the_newer_is_no_later_than_the_older(void **state)
{
	uint64_t ordinary, new;

	(void)state;
	put_well("1", E911_INTERACTIVE);
	ordinary = put_well("2", E911_ORDINARY);
	new = put_well("1", E911_BACKGROUND);
	assert_true(take().id == new);
	assert_true(take().id == ordinary);
}

static void what_was_replaced_meanwhile_comes_to_nothing(void **state)
{
	uint64_t old = put_well("1", 1), new;
	e911_job_t first = take(), second;

	(void)state;
	new = put_well("1", 1);
	assert_int_equal(e911_jobs_result(old, NULL), E911_ERR_OLD);
	second = take();
	assert_true(second.id == new);
	assert_int_equal(
			e911_jobs_done(&first, 0, assessed(E911_VALID, 1)), E911_ERR_OLD);
	assert_int_equal(e911_jobs_result(old, NULL), E911_ERR_OLD);
	assert_int_equal(e911_jobs_done(&second, 0, assessed(E911_VALID, 1)), 0);
	/* the same where it would be tried again */
	put_well("1", 1);
	first = take();
	put_well("1", 1);
	assert_int_equal(e911_jobs_later(&first, 0), E911_ERR_OLD);
	take();
	assert_true(is_empty());
}

static void one_that_waits_for_another_try_is_replaced(void **state)
{
	e911_job_t job;
	uint64_t new;
	int i;

	(void)state;
	for(i = 0; i < 3; i++) {
		put_well(i ? i > 1 ? "3" : "2" : "1", 1);
		job = take();
		assert_int_equal(e911_jobs_later(&job, 60000 + i), 0);
	}
	new = put_well("2", 1);
	assert_int_equal(counted().later, 2);
	assert_true(take().id == new);
	assert_true(is_empty());
}

/* ----- later ----- */

static void is_not_taken_before_its_time(void **state)
{
	uint64_t id = put_well("1", 1), start;
	e911_job_t job = take();

	(void)state;
	job.tries = 4;
	job.step = 3;
	start = e911_clock_ms();
	assert_int_equal(e911_jobs_later(&job, 60), 0);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_AGAIN);
	assert_true(is_empty());
	assert_in_range(e911_jobs_due(E911_BACKGROUND, 1000), 1, 60);
	assert_int_equal(e911_jobs_due(E911_BACKGROUND, 5), 5);
	/* whose it was it is no longer */
	assert_int_equal(e911_jobs_later(&job, 0), E911_ERR_OLD);
	assert_int_equal(
			e911_jobs_done(&job, 0, assessed(E911_VALID, 0)), E911_ERR_OLD);
	while(is_empty())
		assert_true(e911_clock_ms() < start + 5000);
	assert_true(e911_clock_ms() >= start + 60);
	assert_int_equal(table->list[TAKEN].first->job.tries, 4);
	assert_int_equal(table->list[TAKEN].first->job.step, 3);
	assert_int_equal(counted().retried, 1);
	assert_int_equal(e911_jobs_due(E911_BACKGROUND, 1000), 1000);
}

/* against a plain search, with many that come and go */
static void of_many_the_one_that_is_due_comes_first(void **state)
{
	static e911_job_t job[500];
	uint64_t last = 0;
	entry_t *e;
	char name[8];
	int i, n;

	(void)state;
	e911_jobs_destroy();
	assert_int_equal(e911_jobs_init(500, 1), 0);
	srand(1);
	for(i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(put(name, 0, NULL), 0);
		assert_int_equal(e911_jobs_take(0, 2, &job[i]), 0);
	}
	for(i = 0; i < 500; i++)
		assert_int_equal(e911_jobs_later(&job[i], 60000 + rand() % 5000), 0);
	/* each third goes, from anywhere in the heap */
	for(i = 0; i < 500; i += 3) {
		snprintf(name, sizeof(name), "%d", i);
		put_well(name, 0);
		take();
	}
	for(n = 0; table->list[LATER].n; n++) {
		assert_true(table->heap[0]->when >= last);
		last = table->heap[0]->when;
		e = table->heap[0];
		take_out(e);
		free_entry(e);
	}
	assert_int_equal(n, 500 - 167);
}

/* ----- bounds ----- */

static int fill(int priority, int from)
{
	char name[8];
	int i;

	for(i = from; i < from + 2 * MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		if(put(name, priority, NULL) == E911_ERR_FULL)
			return i - from;
	}
	return i - from;
}

static void each_priority_leaves_room_for_the_higher(void **state)
{
	e911_job_t job;

	(void)state;
	assert_int_equal(fill(E911_BACKGROUND, 0), MAX / 2);
	assert_int_equal(fill(E911_ORDINARY, 100), MAX * 7 / 8 - MAX / 2);
	assert_int_equal(fill(E911_INTERACTIVE, 200), MAX - MAX * 7 / 8);
	assert_int_equal(counted().full, 3);
	/* replacing needs no room, unless a worker has the older */
	assert_int_equal(put("0", E911_BACKGROUND, NULL), 0);
	job = take();
	assert_int_equal(put("200", E911_INTERACTIVE, NULL), E911_ERR_FULL);
	/* what is taken counts until it is done, what waits as well */
	assert_int_equal(e911_jobs_later(&job, 60000), 0);
	assert_int_equal(put("300", E911_INTERACTIVE, NULL), E911_ERR_FULL);
	job = take();
	assert_int_equal(put("300", E911_INTERACTIVE, NULL), E911_ERR_FULL);
	assert_int_equal(e911_jobs_done(&job, E911_ERR_DOWN, NULL), 0);
	assert_int_equal(put("300", E911_INTERACTIVE, NULL), 0);
}

static void a_table_of_one_has_room_for_one(void **state)
{
	(void)state;
	e911_jobs_destroy();
	assert_int_equal(e911_jobs_init(1, 1), 0);
	assert_int_equal(put("1", E911_BACKGROUND, NULL), 0);
	assert_int_equal(put("2", E911_INTERACTIVE, NULL), E911_ERR_FULL);
}

static void without_a_table_nothing_is_put(void **state)
{
	(void)state;
	e911_jobs_destroy();
	assert_int_equal(put("1", 0, NULL), E911_ERR_DOWN);
	assert_int_equal(e911_jobs_result(1, NULL), E911_ERR_NONE);
	assert_int_equal(counted().put, 0);
	assert_int_equal(up(NULL), 0);
}

/* ----- workers that die ----- */

static void forget_worker(int i, pid_t pid, uint64_t heard)
{
	table->worker[i].pid = pid;
	table->worker[i].heard = heard;
}

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if(pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void a_dead_workers_jobs_are_taken_over(void **state)
{
	uint64_t id = put_well("1", 1), mine = put_well("2", 1);
	e911_job_t job, own;

	(void)state;
	assert_int_equal(e911_jobs_take(1, 2, &job), 0);
	own = take();
	assert_true(own.id == mine);
	forget_worker(1, dead_pid(), e911_clock_ms());
	e911_jobs_beat(0);
	assert_int_equal(counted().taken_over, 1);
	assert_true(take().id == id);
	assert_true(is_empty());
	/* it was not dead after all */
	assert_int_equal(
			e911_jobs_done(&job, 0, assessed(E911_VALID, 0)), E911_ERR_OLD);
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_AGAIN);
	assert_int_equal(e911_jobs_done(&own, 0, assessed(E911_VALID, 0)), 0);
}

static void one_unheard_of_counts_as_dead(void **state)
{
	e911_job_t job;

	(void)state;
	put_well("1", 1);
	assert_int_equal(e911_jobs_take(1, 2, &job), 0);
	forget_worker(1, getpid(), e911_clock_ms() - E911_JOBS_SILENCE + 5000);
	e911_jobs_beat(0);
	assert_true(is_empty());
	forget_worker(1, getpid(), e911_clock_ms() - E911_JOBS_SILENCE - 1);
	e911_jobs_beat(0);
	assert_true(take().id == job.id);
}

static void who_follows_takes_over(void **state)
{
	e911_job_t job;

	(void)state;
	put_well("1", 1);
	assert_int_equal(e911_jobs_take(1, 2, &job), 0);
	forget_worker(1, getppid(), e911_clock_ms());
	e911_jobs_beat(1);
	assert_true(take().id == job.id);
}

static void a_job_that_kills_is_ended(void **state)
{
	uint64_t id = put_well("1", 1);
	e911_job_t job;
	int i;

	(void)state;
	for(i = 0; i < DEATHS_MAX; i++) {
		assert_int_equal(e911_jobs_take(1, 2, &job), 0);
		forget_worker(1, 1, 1);
		e911_jobs_beat(0);
	}
	assert_true(is_empty());
	assert_int_equal(e911_jobs_result(id, NULL), E911_ERR_DOWN);
}

static void a_dead_workers_replaced_job_is_not_done_again(void **state)
{
	e911_job_t job;
	uint64_t new;

	(void)state;
	put_well("1", 1);
	assert_int_equal(e911_jobs_take(1, 2, &job), 0);
	new = put_well("1", 1);
	forget_worker(1, 1, 1);
	e911_jobs_beat(0);
	assert_true(take().id == new);
	assert_true(is_empty());
}

/* ----- waking ----- */

static int is_readable(void)
{
	struct pollfd p = {e911_jobs_fd(), POLLIN, 0};

	return poll(&p, 1, 0);
}

static void putting_wakes(void **state)
{
	int i;

	(void)state;
	assert_false(is_readable());
	put_well("1", 1);
	assert_true(is_readable());
	e911_jobs_empty_fd();
	assert_false(is_readable());
	for(i = 0; i < 100000; i++)
		e911_jobs_wake();
	e911_jobs_empty_fd();
	assert_false(is_readable());
}

/* ----- memory ----- */

static int work(void *arg)
{
	static e911_assessment_t a;
	e911_job_t job;
	uint64_t id;
	int err = e911_jobs_init(4, 5);

	(void)arg;
	if(err)
		return err;
	err = put("1", 1, &id);
	if(!err)
		err = e911_jobs_take(0, 2, &job);
	if(!err) {
		err = e911_jobs_done(&job, 0, assessed(E911_VALID, 3));
		assert_int_equal(e911_jobs_result(id, &a), err);
	}
	if(!err)
		err = put("2", 1, NULL);
	e911_jobs_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	e911_jobs_destroy();
	ksr_sweep(work, NULL, E911_ERR_MEM);
	assert_int_equal(up(NULL), 0);
}

static void without_memory_the_older_stays(void **state)
{
	uint64_t id = put_well("1", 1);
	int err;

	(void)state;
	ksr_allow(0);
	err = put("1", 1, NULL);
	ksr_allow(-1);
	assert_int_equal(err, E911_ERR_MEM);
	assert_true(take().id == id);
}

static void no_files_left_is_no_memory(void **state)
{
	struct rlimit was, none;
	int err;

	(void)state;
	e911_jobs_destroy();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = up(NULL);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(err, E911_ERR_MEM);
	assert_int_equal(ksr_blocks(), 0);
	assert_int_equal(up(NULL), 0);
}

/* ----- many at once ----- */

#define THREADS 4
#define EACH 5000

static _Atomic int accepted, ended, retried;
static _Atomic int putters;

static void *put_many(void *arg)
{
	char name[16];
	e911_job_t job;
	str a = str_init("a@x"), c = {name, 0};
	int i;

	for(i = 0; i < EACH; i++) {
		c.len = snprintf(name, sizeof(name), "%d-%d", (int)(long)arg, i);
		assert_int_equal(e911_job_init(&job, &a, &c), 0);
		job.priority = i % 3;
		if(e911_jobs_put(&job, NULL) == 0)
			accepted++;
		else
			usleep(10);
	}
	putters--;
	return NULL;
}

static void *take_many(void *arg)
{
	static e911_assessment_t a;
	int worker = (int)(long)arg;
	e911_job_t job;

	while(putters || ended < accepted) {
		e911_jobs_beat(worker);
		if(e911_jobs_take(worker, 2, &job))
			continue;
		if(job.tries++ < (int)(job.id % 3)) {
			retried++;
			assert_int_equal(e911_jobs_later(&job, job.id % 2), 0);
			continue;
		}
		assert_int_equal(e911_jobs_done(&job, 0, &a), 0);
		ended++;
	}
	return NULL;
}

static void many_put_and_many_take(void **state)
{
	pthread_t p[THREADS], t[THREADS];
	e911_jobs_count_t c;
	long i;

	(void)state;
	alarm(60);
	putters = THREADS;
	for(i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&p[i], NULL, put_many, (void *)i), 0);
		assert_int_equal(pthread_create(&t[i], NULL, take_many, (void *)i), 0);
	}
	for(i = 0; i < THREADS; i++) {
		pthread_join(p[i], NULL);
		pthread_join(t[i], NULL);
	}
	alarm(0);
	c = counted();
	assert_int_equal(ended, accepted);
	assert_int_equal(c.put, accepted);
	assert_int_equal(c.done, ended);
	assert_int_equal(c.retried, retried);
	assert_int_equal(c.full, THREADS * EACH - accepted);
	assert_int_equal(
			c.taken + c.later + c.waiting[0] + c.waiting[1] + c.waiting[2], 0);
	assert_true(accepted > MAX);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			T(gives_out_what_was_put),
			T(a_name_that_is_too_long_is_no_job),
			T(the_higher_priority_goes_first),
			T(a_result_is_kept_for_who_asks),
			T(a_result_is_forgotten_in_time),
			T(results_are_no_more_than_jobs),
			T(the_newer_replaces_the_older),
			T(the_newer_is_no_later_than_the_older),
			T(what_was_replaced_meanwhile_comes_to_nothing),
			T(one_that_waits_for_another_try_is_replaced),
			T(is_not_taken_before_its_time),
			T(of_many_the_one_that_is_due_comes_first),
			T(each_priority_leaves_room_for_the_higher),
			T(a_table_of_one_has_room_for_one),
			T(without_a_table_nothing_is_put),
			T(a_dead_workers_jobs_are_taken_over),
			T(one_unheard_of_counts_as_dead),
			T(who_follows_takes_over),
			T(a_job_that_kills_is_ended),
			T(a_dead_workers_replaced_job_is_not_done_again),
			T(putting_wakes),
			T(every_allocation_may_fail),
			T(without_memory_the_older_stays),
			T(no_files_left_is_no_memory),
			T(many_put_and_many_take),
	};

	return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
