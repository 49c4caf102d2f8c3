/*
 * The ladder of a job and the walk for what is due; all that they call is
 * stood in for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: steps verdict location field row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ksr_stub.h"
#include "../../core/cfg/cfg_struct.h"
#include "../../modules/e911/row.h"
#undef cfg_update
#define cfg_update()
#include "../../modules/e911/errand.c"

/* what happened, in order */
static char trace[400];

static void note(const char *what, const char *whom)
{
	size_t len = strlen(trace);

	snprintf(trace + len, sizeof(trace) - len, "%s%s ", what, whom);
}

static void assert_trace(const char *want)
{
	assert_string_equal(trace, want);
	trace[0] = '\0';
}

/* ----- stand-ins ----- */

static uint32_t clock_now;
static e911_site_t site;
static e911_settings_t settings;
static e911_validator_t validators[2];
static int guide_says = -1;

uint32_t e911_now(void)
{
	return clock_now;
}

static int served;

void e911_waiting_serve(void)
{
	served++;
}

int e911_waiting_due(int most)
{
	return most;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && deadline <= now;
}

const e911_settings_t *e911_settings(void)
{
	return &settings;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	(void)id;
	return &site;
}

const e911_site_t *e911_provision_site(const str *aor, uint32_t id)
{
	(void)aor;
	(void)id;
	return &site;
}

const e911_validator_t *e911_validators_named(
		const e911_validators_t *all, const str *name)
{
	int i;

	(void)all;
	for(i = 0; i < 2; i++)
		if(name->len && e911_row_is(name, validators[i].name))
			return &validators[i];
	return NULL;
}

const e911_msag_t *e911_guide(void)
{
	return guide_says < 0 ? NULL : (const e911_msag_t *)&guide_says;
}

int e911_guide_files(void)
{
	return 0;
}

int e911_guide_has_table(void)
{
	return 0;
}

void e911_guide_explain(const e911_guide_fault_t *f, char *to, size_t size)
{
	(void)f;
	snprintf(to, size, "none");
}

int e911_guide_load(e911_guide_table_f read_table, e911_guide_fault_t *fault)
{
	memset(fault, 0, sizeof(*fault));
	return E911_ERR_NONE;
}

void e911_msag_assess(
		const e911_msag_t *msag, const e911_location_t *l, e911_assessment_t *a)
{
	(void)msag;
	(void)l;
	a->verdict = guide_says;
	note("guide", "");
}

void e911_assessment_init(e911_assessment_t *a)
{
	memset(a, 0, offsetof(e911_assessment_t, suggestion));
}

static int write_err;
static int hops_seen;

int e911_inquiry_write(const e911_validator_t *v, const e911_location_t *l,
		const e911_trail_t *trail, e911_http_request_t *r)
{
	(void)l;
	(void)r;
	hops_seen = trail->n;
	note("ask:", v->name);
	return write_err;
}

static int read_err, read_verdict;

int e911_inquiry_read(const e911_validator_t *v, const e911_location_t *l,
		const e911_http_answer_t *answer, e911_trail_t *trail,
		e911_assessment_t *a)
{
	(void)l;
	(void)answer;
	(void)v;
	if(read_err == E911_ERR_AGAIN)
		trail->n++;
	a->verdict = read_verdict;
	return read_err;
}

static int assess_err;

int e911_provision_assessed(const str *aor, const str *contact,
		const e911_location_t *l, const e911_assessment_t *a)
{
	(void)aor;
	(void)contact;
	(void)l;
	note("assessed:", e911_verdict_name(a->verdict));
	return assess_err;
}

void e911_provision_asked(const str *aor, const str *contact, int answered)
{
	(void)contact;
	(void)aor;
	note(answered ? "silent" : "asked", "");
}

void e911_validate_count(const e911_assessment_t *a)
{
	(void)a;
}

void e911_stats_count(int stat)
{
	(void)stat;
	note("failed", "");
}

uint64_t e911_validate_ask(const str *aor, const str *contact,
		const e911_site_t *s, const e911_location_t *l, int priority)
{
	char text[40];
	str hno = STR_NULL;

	(void)s;
	(void)contact;
	(void)aor;
	assert_int_equal(priority, E911_BACKGROUND);
	e911_location_get(l, E911_F_HNO, &hno);
	snprintf(text, sizeof(text), "%.*s", hno.len, hno.s);
	note("job:", text);
	return 1;
}

static e911_record_t records[600];
static int record_count, looked_at;

int e911_cache_next(uint64_t *cursor, e911_record_t *record)
{
	if(*cursor >= (uint64_t)record_count)
		return 0;
	looked_at++;
	*record = records[(*cursor)++];
	return 1;
}

int e911_jobs_init(unsigned int max, int keep)
{
	(void)max;
	(void)keep;
	return 0;
}

void e911_jobs_destroy(void)
{
}

int e911_breaker_init(void)
{
	return 0;
}

void e911_breaker_destroy(void)
{
}

void e911_work_init(const e911_work_steps_t *given, int flight)
{
	assert_ptr_equal(given->begin, begin);
	assert_true(flight > 0);
}

void e911_work_run(int worker)
{
	(void)worker;
	abort();
}

/* ----- help ----- */

static e911_task_t task;
static e911_assessment_t result;
static e911_http_request_t request;
static const e911_http_answer_t answer = {.status = 200};

static int up(void **state)
{
	str ladder = str_init("msag,lost:lvf,rest:shop");

	(void)state;
	memset(&task, 0, sizeof(task));
	task.job.id = 5;
	task.job.aor = (str)str_init("a@x");
	strcpy(validators[0].name, "lvf");
	strcpy(validators[1].name, "shop");
	validators[0].tries = 3;
	validators[0].break_after = 4;
	validators[0].rest_ms = 5;
	guide_says = -1;
	is_networked = 1;
	read_err = write_err = assess_err = 0;
	trace[0] = '\0';
	memset(&site, 0, sizeof(site));
	return e911_steps_read(&site.validate, &ladder);
}

static int begin_it(void)
{
	return begin(&task, &request, &result);
}

static int done_with(int err, int verdict)
{
	read_err = err;
	read_verdict = verdict;
	return done(&task, &answer, &result);
}

/* ----- the ladder ----- */

static void the_guide_may_end_it(void **state)
{
	(void)state;
	guide_says = E911_INVALID;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_string_equal(result.validator, "msag");
	assert_int_equal(task.err, 0);
	assert_trace("guide assessed:invalid ");
}

static void each_is_asked_until_one_says_something(void **state)
{
	(void)state;
	guide_says = E911_UNCHECKED;
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_string_equal(task.whom, "lvf");
	assert_int_equal(task.tries, 3);
	assert_int_equal(task.break_after, 4);
	assert_int_equal(task.rest_ms, 5);
	assert_int_equal(done_with(0, E911_UNCHECKED), E911_WORK_NEXT);
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_string_equal(task.whom, "shop");
	assert_int_equal(done_with(0, E911_VALID), E911_WORK_FINISHED);
	assert_trace("guide ask:lvf ask:shop assessed:valid ");
}

static void what_is_silent_is_left_for_later(void **state)
{
	(void)state;
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_int_equal(done_with(E911_ERR_DOWN, 0), E911_WORK_FAILED);
	assert_int_equal(failed(&task, &result), E911_WORK_NEXT);
	assert_int_equal(begin_it(), E911_WORK_ASK);
	/* what cannot be read is not asked for again */
	assert_int_equal(done_with(E911_ERR_SYNTAX, 0), E911_WORK_NEXT);
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_int_equal(result.verdict, E911_UNCHECKED);
	assert_trace("ask:lvf failed ask:shop failed silent ");
}

static void who_cannot_be_asked_is_passed_over(void **state)
{
	(void)state;
	write_err = E911_ERR_NONE;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_trace("ask:lvf ask:shop silent ");
	validators[0].name[0] = validators[1].name[0] = '\0';
	task.job.step = 0;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_trace("silent ");
	up(NULL);
	is_networked = 0;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_trace("silent ");
}

static void a_row_that_a_reload_took_away_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(begin_it(), E911_WORK_ASK);
	validators[0].name[0] = '\0';
	assert_int_equal(done_with(0, E911_VALID), E911_WORK_NEXT);
	assert_int_equal(task.job.step, 2);
	/* and a shorter ladder has an end */
	site.validate.n = 1;
	assert_int_equal(done_with(0, E911_VALID), E911_WORK_NEXT);
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_int_equal(result.verdict, E911_UNCHECKED);
}

static void redirects_are_remembered_for_their_job_alone(void **state)
{
	(void)state;
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_int_equal(hops_seen, 0);
	assert_int_equal(done_with(E911_ERR_AGAIN, 0), E911_WORK_NEXT);
	assert_int_equal(task.job.step, 1);
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_int_equal(hops_seen, 1);
	task.job.id = 6;
	assert_int_equal(begin_it(), E911_WORK_ASK);
	assert_int_equal(hops_seen, 0);
	task.job.id = 5;
	assert_int_equal(done_with(0, E911_VALID), E911_WORK_FINISHED);
	assert_null(find_trail(5));
}

static void so_many_are_sent_on_at_once_and_no_more(void **state)
{
	(void)state;
	for(task.job.id = 1; task.job.id <= TRAILS_MAX; task.job.id++) {
		task.job.step = 1;
		assert_int_equal(done_with(E911_ERR_AGAIN, 0), E911_WORK_NEXT);
		assert_int_equal(task.job.step, 1);
	}
	assert_int_equal(done_with(E911_ERR_AGAIN, 0), E911_WORK_NEXT);
	assert_int_equal(task.job.step, 2);
	for(task.job.id = 1; task.job.id <= TRAILS_MAX; task.job.id++)
		failed(&task, &result);
	assert_null(find_trail(1));
}

static void what_is_nobodys_changes_nothing(void **state)
{
	(void)state;
	task.job.aor.len = 0;
	guide_says = E911_VALID;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_trace("guide ");
	guide_says = -1;
	is_networked = 0;
	assert_int_equal(begin_it(), E911_WORK_FINISHED);
	assert_trace("");
}

/* ----- the walk ----- */

static e911_record_t *record(int i, int verdict, const char *hno, int age)
{
	e911_record_t *r = &records[i];
	e911_location_t *l = &r->place[0].location;
	char date[24];

	memset(r, 0, offsetof(e911_record_t, place));
	r->places = 1;
	e911_location_init(l, E911_FROM_SIP, 1);
	e911_location_set(l, E911_F_HNO, hno, strlen(hno));
	if(verdict != E911_UNCHECKED) {
		snprintf(date, sizeof(date), "%lld", (long long)time(NULL) - age);
		e911_location_set(l, E911_F_VALIDATOR, "lvf", 3);
		e911_location_set(l, E911_F_VALIDATED, date, strlen(date));
	}
	l->verdict = (unsigned char)verdict;
	return r;
}

static void asks_for_what_is_due_and_nothing_else(void **state)
{
	(void)state;
	clock_now = 1000;
	site.revalidate = 100;
	record(0, E911_UNCHECKED, "1", 0);
	record(1, E911_VALID, "2", 50);
	record(2, E911_VALID, "3", 150);
	record(3, E911_INVALID, "4", 150);
	record(4, E911_UNUSABLE, "5", 150);
	record(5, E911_UNCHECKED, "6", 0)->state.asked = clock_now + 1;
	record(6, E911_UNCHECKED, "7", 0)->state.asked = clock_now;
	record(7, E911_CORRECTED, "8", 150);
	record_count = 8;
	walk(clock_now);
	assert_trace(
			"job:1 asked job:3 asked job:4 asked job:7 asked job:8 asked ");
	/* rests before the next round */
	looked_at = 0;
	clock_now += ROUND - 1;
	walk(clock_now);
	assert_int_equal(looked_at, 0);
	clock_now++;
	site.revalidate = 0;
	walk(clock_now);
	assert_trace("job:1 asked job:6 asked job:7 asked ");
	site.validate.n = 0;
	clock_now += ROUND;
	walk(clock_now);
	assert_trace("");
}

static void the_place_in_use_comes_first(void **state)
{
	e911_record_t *r = record(0, E911_UNCHECKED, "1", 0);

	(void)state;
	record(1, E911_UNCHECKED, "2", 0);
	r->place[1] = records[1].place[0];
	r->places = 2;
	r->state.place = 1;
	assert_ptr_equal(find_due(r, &site), &r->place[1].location);
	r->place[1].location.verdict = E911_UNUSABLE;
	assert_ptr_equal(find_due(r, &site), &r->place[0].location);
	r->place[0].location.verdict = E911_UNUSABLE;
	assert_null(find_due(r, &site));
}

static void looks_at_so_many_in_a_second(void **state)
{
	int i;

	(void)state;
	for(i = 0; i < 600; i++)
		record(i, E911_UNUSABLE, "1", 0);
	record_count = 600;
	looked_at = 0;
	clock_now += 1000;
	walk(clock_now);
	assert_int_equal(looked_at, WALK);
	for(i = 0; i < 4; i++)
		walk(++clock_now);
	assert_int_equal(looked_at, 600);
	own_slot = 1;
	looked_at = 0;
	clock_now += 1000;
	turn();
	assert_int_equal(served, 1);
	assert_int_equal(looked_at, 0);
	own_slot = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(the_guide_may_end_it, up),
			cmocka_unit_test_setup(each_is_asked_until_one_says_something, up),
			cmocka_unit_test_setup(what_is_silent_is_left_for_later, up),
			cmocka_unit_test_setup(who_cannot_be_asked_is_passed_over, up),
			cmocka_unit_test_setup(
					a_row_that_a_reload_took_away_says_nothing, up),
			cmocka_unit_test_setup(
					redirects_are_remembered_for_their_job_alone, up),
			cmocka_unit_test_setup(so_many_are_sent_on_at_once_and_no_more, up),
			cmocka_unit_test_setup(what_is_nobodys_changes_nothing, up),
			cmocka_unit_test_setup(asks_for_what_is_due_and_nothing_else, up),
			cmocka_unit_test_setup(the_place_in_use_comes_first, up),
			cmocka_unit_test_setup(looks_at_so_many_in_a_second, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
