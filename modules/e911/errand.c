/*
 * e911: what the workers do: jobs of validation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../../core/cfg/cfg_struct.h"
#include "../../core/dprint.h"
#include "cache.h"
#include "err.h"
#include "errand.h"
#include "guide.h"
#include "inquiry.h"
#include "provision.h"
#include "settings.h"
#include "stats.h"
#include "validate.h"
#include "verdict.h"
#include "waiting.h"
#include "work.h"

#define JOBS_MAX 20000
#define KEEP 60		  /* s that a result is kept */
#define FLIGHT 256	  /* jobs at once in a worker */
#define WALK 200	  /* records looked at in a second */
#define ROUND 5		  /* s that a walk past all of them takes at least */
#define TRAILS_MAX 64 /* inquiries that were sent on, at once */

static int is_networked;
static int own_slot;

/* ----- inquiries that were sent on to other hosts ----- */

/* there are few: each redirect of LoST is a step of its own */
static struct
{
	uint64_t job;
	e911_trail_t trail;
} trails[TRAILS_MAX];

static e911_trail_t *find_trail(uint64_t job)
{
	int i;

	for(i = 0; i < TRAILS_MAX; i++)
		if(trails[i].job == job)
			return &trails[i].trail;
	return NULL;
}

static void keep_trail(uint64_t job, const e911_trail_t *trail)
{
	e911_trail_t *kept = find_trail(job);
	int i;

	for(i = 0; kept == NULL && i < TRAILS_MAX; i++)
		if(trails[i].job == 0) {
			trails[i].job = job;
			kept = &trails[i].trail;
		}
	/* without it a loop would be none: then it is asked no further */
	if(kept)
		*kept = *trail;
}

static void drop_trail(uint64_t job)
{
	int i;

	for(i = 0; i < TRAILS_MAX; i++)
		if(trails[i].job == job)
			trails[i].job = 0;
}

/* ----- steps ----- */

static const e911_site_t *site_of(const e911_task_t *task)
{
	return e911_settings_site(task->job.site);
}

/* as the row is now: a reload may have changed it, or taken it away */
static const e911_validator_t *validator_of(const e911_task_t *task)
{
	const e911_steps_t *steps = &site_of(task)->validate;
	const char *name =
			task->job.step < steps->n ? steps->step[task->job.step].name : "";
	str s = {(char *)name, (int)strlen(name)};

	return e911_validators_named(e911_settings()->validators, &s);
}

static int is_of_somebody(const e911_job_t *job)
{
	return job->aor.len > 0;
}

static int finish(e911_task_t *task, e911_assessment_t *a)
{
	e911_job_t *job = &task->job;
	int err = E911_OK;

	drop_trail(job->id);
	e911_validate_count(a);
	if(is_of_somebody(job) && e911_verdict_is_definite(a))
		err = e911_provision_assessed(
				&job->aor, &job->contact, &job->location, a);
	else if(is_of_somebody(job))
		e911_provision_asked(&job->aor, &job->contact, 1);
	/* stated anew meanwhile: its own job will say */
	if(err && err != E911_ERR_NONE)
		LM_ERR("a verdict cannot be put into force: %s\n", e911_err_text(err));
	task->err = 0;
	return E911_WORK_FINISHED;
}

static int is_definite_by_guide(const e911_location_t *l, e911_assessment_t *a)
{
	const e911_msag_t *msag = e911_guide();

	if(msag == NULL)
		return 0;
	e911_assessment_init(a);
	e911_msag_assess(msag, l, a);
	snprintf(a->validator, sizeof(a->validator), "msag");
	return e911_verdict_is_definite(a);
}

static int ask(e911_task_t *task, const e911_validator_t *v,
		e911_http_request_t *request)
{
	static const e911_trail_t none;
	const e911_trail_t *trail = find_trail(task->job.id);
	int err = e911_inquiry_write(
			v, &task->job.location, trail ? trail : &none, request);

	if(err && err != E911_ERR_EMPTY)
		LM_ERR("validator %s is not asked: %s\n", v->name,
				err == E911_ERR_NONE ? "no secret" : e911_err_text(err));
	if(err)
		return err;
	snprintf(task->whom, sizeof(task->whom), "%s", v->name);
	task->tries = v->tries;
	task->break_after = v->break_after;
	task->rest_ms = v->rest_ms;
	return E911_OK;
}

static int begin(
		e911_task_t *task, e911_http_request_t *request, e911_assessment_t *a)
{
	const e911_steps_t *steps = &site_of(task)->validate;
	const e911_validator_t *v;
	int *at = &task->job.step;

	e911_assessment_init(a);
	for(; *at < steps->n; (*at)++) {
		if(steps->step[*at].kind == E911_STEP_MSAG) {
			if(is_definite_by_guide(&task->job.location, a))
				return finish(task, a);
			continue;
		}
		v = is_networked ? validator_of(task) : NULL;
		if(v && ask(task, v, request) == 0)
			return E911_WORK_ASK;
		drop_trail(task->job.id);
	}
	a->verdict = E911_UNCHECKED;
	return finish(task, a);
}

static int go_on(e911_task_t *task)
{
	drop_trail(task->job.id);
	task->job.step++;
	return E911_WORK_NEXT;
}

static int failed(e911_task_t *task, e911_assessment_t *a)
{
	return go_on(task);
}

static void report(const char *name, const e911_http_answer_t *answer, int err)
{
	e911_stats_count(E911_STAT_VALIDATOR_FAILED);
	LM_WARN("validator %s: status %d: %s\n", name, answer->status,
			answer->err ? answer->why : e911_err_text(err));
}

static int read_answer(e911_task_t *task, const e911_validator_t *v,
		const e911_http_answer_t *answer, e911_assessment_t *a)
{
	e911_trail_t *kept = find_trail(task->job.id), trail = {0};
	int err;

	if(kept)
		trail = *kept;
	err = e911_inquiry_read(v, &task->job.location, answer, &trail, a);
	if(err == E911_ERR_AGAIN) {
		keep_trail(task->job.id, &trail);
		if(find_trail(task->job.id) == NULL)
			err = E911_ERR_FULL;
	}
	return err;
}

static int done(e911_task_t *task, const e911_http_answer_t *answer,
		e911_assessment_t *a)
{
	const e911_validator_t *v = validator_of(task);
	int err = v ? read_answer(task, v, answer, a) : E911_ERR_NONE;

	if(err == 0 && e911_verdict_is_definite(a))
		return finish(task, a);
	if(err == E911_ERR_AGAIN)
		return E911_WORK_NEXT;
	if(err == 0 || err == E911_ERR_NONE)
		return go_on(task);
	report(v->name, answer, err);
	/* what cannot be read will be the same once more */
	return err == E911_ERR_DOWN ? E911_WORK_FAILED : go_on(task);
}

/* ----- looking for what is due ----- */

static int is_due(const e911_site_t *site, const e911_location_t *l, time_t now)
{
	if(l->verdict == E911_UNUSABLE)
		return 0;
	if(l->verdict == E911_UNCHECKED)
		return 1;
	return site->revalidate
		   && now - e911_verdict_date(l, NULL) >= site->revalidate;
}

/* the place in use first; of the others one at a time */
static const e911_location_t *find_due(
		const e911_record_t *r, const e911_site_t *site)
{
	time_t now = time(NULL);
	int i;

	if(is_due(site, &r->place[r->state.place].location, now))
		return &r->place[r->state.place].location;
	for(i = 0; i < r->places; i++)
		if(is_due(site, &r->place[i].location, now))
			return &r->place[i].location;
	return NULL;
}

static void look_at(const e911_record_t *r)
{
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	const e911_location_t *l;

	if(site->validate.n == 0
			|| (r->state.asked && !e911_passed(r->state.asked, e911_now())))
		return;
	l = find_due(r, site);
	if(l == NULL)
		return;
	e911_validate_ask(&r->aor, &r->contact, site, l, E911_BACKGROUND);
	e911_provision_asked(&r->aor, &r->contact, 0);
}

static void walk(uint32_t now)
{
	static e911_record_t record; /* too large for a stack */
	static uint64_t cursor;
	static uint32_t next;
	int i;

	if(cursor == 0 && next && !e911_passed(next, now))
		return;
	if(cursor == 0)
		next = now + ROUND;
	for(i = 0; i < WALK; i++) {
		if(!e911_cache_next(&cursor, &record)) {
			cursor = 0;
			return;
		}
		look_at(&record);
	}
}

static void turn(void)
{
	static uint32_t last;
	uint32_t now = e911_now();

	cfg_update();
	e911_waiting_serve();
	if(own_slot != 0 || now == last)
		return;
	last = now;
	walk(now);
}

/* ----- life ----- */

static const e911_work_steps_t steps = {
		begin, done, failed, turn, e911_waiting_due};

int e911_errand_init(int network)
{
	is_networked = network;
	if(e911_jobs_init(JOBS_MAX, KEEP) || e911_breaker_init())
		return E911_ERR_MEM;
	e911_work_init(&steps, FLIGHT);
	return E911_OK;
}

void e911_errand_destroy(void)
{
	e911_jobs_destroy();
	e911_breaker_destroy();
}

static void load_guide(void)
{
	char why[E911_GUIDE_TEXT_MAX];
	e911_guide_fault_t f;

	if(e911_guide_files() == 0 || e911_guide_has_table() || e911_guide() != NULL
			|| e911_guide_load(NULL, &f) == 0)
		return;
	e911_guide_explain(&f, why, sizeof(why));
	LM_ERR("no guide of streets: %s\n", why);
}

void e911_errand_run(int slot)
{
	own_slot = slot;
	if(slot == 0)
		load_guide();
	e911_work_run(slot);
}
