/*
 * What is said at once, and what becomes a job.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: steps verdict json location field row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ksr_stub.h"
#include "tight.h"

static int slept;

#define usleep(us) (slept += (us) / 1000)
#include "../../modules/e911/validate.c"
#include "../../modules/e911/row.h"

/* ----- stand-ins ----- */

static e911_site_t site;
static e911_settings_t settings;
static int guide_says, counted[E911_STATS], deferred;
static e911_job_t jobs[4];
static int job_count, put_err, result_err;

const e911_settings_t *e911_settings(void)
{
	return &settings;
}

const e911_site_t *e911_sites_named(const e911_sites_t *sites, const str *name)
{
	(void)sites;
	return e911_row_is(name, "hq") ? &site : NULL;
}

const e911_site_t *e911_sites_nth(const e911_sites_t *sites, int index)
{
	(void)sites;
	return index == 0 ? &site : NULL;
}

const e911_msag_t *e911_guide(void)
{
	return guide_says < 0 ? NULL : (const e911_msag_t *)&guide_says;
}

void e911_msag_assess(
		const e911_msag_t *msag, const e911_location_t *l, e911_assessment_t *a)
{
	(void)msag;
	(void)l;
	a->verdict = guide_says;
}

int e911_msag_zone(const e911_msag_t *msag, const e911_location_t *l,
		e911_msag_zone_t *zone)
{
	str hno = STR_NULL;

	(void)msag;
	e911_location_get(l, E911_F_HNO, &hno);
	memset(zone, 0, sizeof(*zone));
	memcpy(zone->esn, hno.s, hno.len);
	return 0;
}

void e911_assessment_init(e911_assessment_t *a)
{
	memset(a, 0, offsetof(e911_assessment_t, suggestion));
}

void e911_stats_count(int stat)
{
	counted[stat]++;
}

void e911_provision_asked(const str *aor, const str *contact, int answered)
{
	(void)aor;
	(void)contact;
	assert_false(answered);
	deferred++;
}

static int sets, set_err, set_verdict, refuses;
static uint64_t set_job;

int e911_provision_set(const e911_order_t *order, uint64_t *ticket)
{
	sets++;
	set_verdict = order->location->verdict;
	*order->job = set_job;
	if(!set_err)
		*ticket = 5;
	return set_err;
}

int e911_site_rejects(const e911_site_t *at, const e911_location_t *one)
{
	assert_ptr_equal(at, &site);
	return refuses && one->verdict == E911_INVALID;
}

int e911_hash_random(unsigned char *bytes, size_t len)
{
	static unsigned char n;

	memset(bytes, ++n, len);
	return 0;
}

int e911_job_init(e911_job_t *job, const str *aor, const str *contact)
{
	memset(job, 0, offsetof(e911_job_t, location));
	if(contact->len >= E911_CONTACT_MAX)
		return E911_ERR_LONG;
	memcpy(job->aor_mem, aor->s ? aor->s : "", aor->len);
	memcpy(job->contact_mem, contact->s ? contact->s : "", contact->len);
	job->aor = (str){job->aor_mem, aor->len};
	job->contact = (str){job->contact_mem, contact->len};
	return 0;
}

int e911_jobs_put(const e911_job_t *job, uint64_t *id)
{
	if(put_err)
		return put_err;
	jobs[job_count] = *job;
	*id = 70 + (uint64_t)job_count++;
	return 0;
}

int e911_jobs_result(uint64_t id, e911_assessment_t *a)
{
	(void)id;
	(void)a;
	return slept >= 20 ? E911_OK : result_err;
}

/* ----- help ----- */

static e911_location_t l;
static e911_assessment_t a;
static const str aor = str_init("a@x");
static const str contact = str_init("urn:uuid:1");

static int up(void **state)
{
	(void)state;
	memset(&site, 0, sizeof(site));
	memset(counted, 0, sizeof(counted));
	site.id = 9;
	guide_says = -1;
	slept = job_count = put_err = deferred = 0;
	sets = set_err = set_verdict = refuses = 0;
	set_job = 0;
	result_err = E911_ERR_AGAIN;
	e911_validate_init(2, 1);
	e911_location_init(&l, E911_FROM_RPC, 1);
	e911_location_set(&l, E911_F_HNO, "7", 1);
	return 0;
}

static void asks(const char *ladder)
{
	str s = {(char *)ladder, (int)strlen(ladder)};

	assert_int_equal(e911_steps_read(&site.validate, &s), 0);
}

/* ----- tests ----- */

static void the_guide_answers_at_once(void **state)
{
	(void)state;
	assert_int_equal(e911_validate_now(&site, &l, &a), 0);
	assert_int_equal(a.verdict, E911_UNCHECKED);
	asks("msag,rest:shop");
	assert_int_equal(e911_validate_now(&site, &l, &a), E911_ERR_AGAIN);
	assert_string_equal(a.validator, "");
	guide_says = E911_INVALID;
	assert_int_equal(e911_validate_now(&site, &l, &a), 0);
	assert_int_equal(a.verdict, E911_INVALID);
	assert_string_equal(a.validator, "msag");
	guide_says = E911_UNCHECKED;
	assert_int_equal(e911_validate_now(&site, &l, &a), E911_ERR_AGAIN);
	/* what comes before it is to be asked before it */
	guide_says = E911_VALID;
	asks("rest:shop,msag");
	assert_int_equal(e911_validate_now(&site, &l, &a), E911_ERR_AGAIN);
	e911_validate_init(1, 0);
	assert_int_equal(e911_validate_now(&site, &l, &a), 0);
	assert_int_equal(a.verdict, E911_VALID);
}

static void the_script_has_three_answers(void **state)
{
	static const str good = str_init("{\"HNO\":\"1\"}"), bad = str_init("{}");
	static const str hq = str_init("hq"), nobody = str_init("nobody");

	(void)state;
	asks("msag");
	assert_int_equal(e911_validate_text(&good, NULL), -2);
	guide_says = E911_VALID;
	assert_int_equal(e911_validate_text(&good, NULL), 1);
	assert_int_equal(e911_validate_text(&good, &hq), 1);
	assert_int_equal(e911_validate_text(&good, &nobody), -2);
	assert_int_equal(e911_validate_text(&bad, &hq), -1);
	guide_says = E911_CORRECTED;
	assert_int_equal(e911_validate_text(&good, &hq), 1);
	guide_says = E911_INVALID;
	assert_int_equal(e911_validate_text(&good, &hq), -1);
}

static int state_it(uint64_t *job, uint64_t *ticket)
{
	e911_order_t order = {.aor = aor, .contact = contact};

	return e911_validate_state(&site, &order, &l, &a, job, ticket);
}

static void what_the_site_does_not_take_is_not_stated(void **state)
{
	uint64_t job = 1, ticket = 0;

	(void)state;
	asks("msag");
	guide_says = E911_INVALID;
	refuses = 1;
	assert_int_equal(state_it(&job, &ticket), E911_ERR_UNUSABLE);
	assert_int_equal(sets, 0);
	assert_int_equal(job, 0);
	assert_int_equal(counted[E911_STAT_REFUSED], 1);
	assert_int_equal(counted[E911_STAT_INVALID], 1);
	/* another site takes it, as wrong as it is */
	refuses = 0;
	assert_int_equal(state_it(&job, &ticket), 0);
	assert_int_equal(set_verdict, E911_INVALID);
	assert_int_equal(ticket, 5);
	assert_int_equal(counted[E911_STAT_INVALID], 2);
	assert_int_equal(counted[E911_STAT_REFUSED], 1);
}

static void what_is_asked_over_the_network_is_counted_by_who_asks(void **state)
{
	uint64_t job, ticket = 0;

	(void)state;
	/* the site asks nobody */
	assert_int_equal(state_it(&job, &ticket), 0);
	assert_int_equal(counted[E911_STAT_UNCHECKED], 0);
	asks("rest:shop");
	set_job = 70;
	assert_int_equal(state_it(&job, &ticket), 0);
	assert_int_equal(job, 70);
	assert_int_equal(counted[E911_STAT_UNCHECKED], 0);
	/* nobody could be asked */
	set_job = 0;
	assert_int_equal(state_it(&job, &ticket), 0);
	assert_int_equal(counted[E911_STAT_UNCHECKED], 1);
	set_err = E911_ERR_FULL;
	ticket = 0;
	assert_int_equal(state_it(&job, &ticket), E911_ERR_FULL);
	assert_int_equal(ticket, 0);
	assert_int_equal(counted[E911_STAT_UNCHECKED], 1);
}

static void a_job_says_whose_location_it_is(void **state)
{
	(void)state;
	/* the site asks nobody */
	assert_int_equal(
			e911_validate_ask(&aor, &contact, &site, &l, E911_ORDINARY), 0);
	asks("rest:shop");
	assert_int_equal(
			e911_validate_ask(&aor, &contact, &site, &l, E911_ORDINARY), 70);
	assert_int_equal(jobs[0].site, 9);
	assert_int_equal(jobs[0].priority, E911_ORDINARY);
	assert_int_equal(jobs[0].aor.len, 3);
	assert_int_equal(jobs[0].location.len, l.len);
	/* nobody's: each of its own */
	e911_validate_ask(NULL, NULL, &site, &l, E911_INTERACTIVE);
	e911_validate_ask(NULL, NULL, &site, &l, E911_INTERACTIVE);
	assert_int_equal(jobs[1].aor.len, 0);
	assert_int_equal(jobs[1].contact.len, 16);
	assert_string_not_equal(jobs[1].contact_mem, jobs[2].contact_mem);
	put_err = E911_ERR_FULL;
	assert_int_equal(
			e911_validate_ask(&aor, &contact, &site, &l, E911_ORDINARY), 0);
	assert_int_equal(counted[E911_STAT_JOBS_LOST], 1);
	e911_validate_init(0, 1);
	put_err = 0;
	assert_int_equal(
			e911_validate_ask(&aor, &contact, &site, &l, E911_ORDINARY), 0);
	assert_int_equal(job_count, 3);
}

static uint64_t stated(void)
{
	return e911_validate_stated(&aor, &contact, &site, &l);
}

static void a_command_has_asked_the_guide_already(void **state)
{
	(void)state;
	asks("msag");
	guide_says = E911_UNCHECKED;
	assert_int_equal(stated(), 0);
	/* but not one that was not there yet */
	guide_says = -1;
	assert_int_equal(stated(), 70);
	assert_int_equal(jobs[0].priority, E911_INTERACTIVE);
	assert_int_equal(deferred, 1);
	guide_says = E911_UNCHECKED;
	l.origin = E911_FROM_SIP;
	assert_int_equal(stated(), 71);
	assert_int_equal(jobs[1].priority, E911_ORDINARY);
	l.origin = E911_FROM_RPC;
	asks("msag,rest:shop");
	assert_int_equal(stated(), 72);
	e911_validate_init(1, 0);
	assert_int_equal(stated(), 0);
}

static void waits_so_long_and_no_longer(void **state)
{
	(void)state;
	assert_int_equal(e911_validate_wait(1, 0, &a), E911_ERR_AGAIN);
	assert_int_equal(slept, 0);
	assert_int_equal(e911_validate_wait(1, 10, &a), E911_ERR_AGAIN);
	assert_int_equal(slept, 10);
	assert_int_equal(e911_validate_wait(1, 1000, &a), 0);
	assert_int_equal(slept, 20);
	slept = 0;
	result_err = E911_ERR_OLD;
	assert_int_equal(e911_validate_wait(1, 1000, &a), E911_ERR_OLD);
	assert_int_equal(slept, 0);
}

static void each_result_is_counted_as_what_it_is(void **state)
{
	static const int stats[] = {E911_STAT_UNCHECKED, E911_STAT_VALIDATED,
			E911_STAT_CORRECTED, E911_STAT_INVALID};

	(void)state;
	for(a.verdict = E911_UNCHECKED; a.verdict <= E911_INVALID; a.verdict++) {
		e911_validate_count(&a);
		assert_int_equal(counted[stats[a.verdict]], 1);
	}
}

static void the_zone_is_of_a_valid_address(void **state)
{
	e911_msag_zone_t zone;

	(void)state;
	a.verdict = E911_VALID;
	a.n = 0;
	assert_int_equal(e911_validate_zone(&l, &a, &zone), E911_ERR_NONE);
	guide_says = 0;
	assert_int_equal(e911_validate_zone(&l, &a, &zone), 0);
	assert_string_equal(zone.esn, "7");
	a.n = 1;
	e911_location_init(&a.suggestion[0], 0, 0);
	e911_location_set(&a.suggestion[0], E911_F_HNO, "8", 1);
	assert_int_equal(e911_validate_zone(&l, &a, &zone), 0);
	assert_string_equal(zone.esn, "8");
	a.verdict = E911_INVALID;
	assert_int_equal(e911_validate_zone(&l, &a, &zone), E911_ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(the_guide_answers_at_once, up),
			cmocka_unit_test_setup(the_script_has_three_answers, up),
			cmocka_unit_test_setup(
					what_the_site_does_not_take_is_not_stated, up),
			cmocka_unit_test_setup(
					what_is_asked_over_the_network_is_counted_by_who_asks, up),
			cmocka_unit_test_setup(a_job_says_whose_location_it_is, up),
			cmocka_unit_test_setup(a_command_has_asked_the_guide_already, up),
			cmocka_unit_test_setup(waits_so_long_and_no_longer, up),
			cmocka_unit_test_setup(each_result_is_counted_as_what_it_is, up),
			cmocka_unit_test_setup(the_zone_is_of_a_valid_address, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
