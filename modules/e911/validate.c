/*
 * e911: is this a right address?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "err.h"
#include "guide.h"
#include "hash.h"
#include "json.h"
#include "provision.h"
#include "settings.h"
#include "stats.h"
#include "validate.h"
#include "verdict.h"

#define POLL 5 /* ms between two looks at a job */

static int is_networked; /* are there workers that may ask the network? */
static int has_workers;

void e911_validate_init(int workers, int network)
{
	has_workers = workers > 0;
	is_networked = workers > 0 && network;
}

/* ----- at once ----- */

int e911_validate_now(
		const e911_site_t *site, const e911_location_t *l, e911_assessment_t *a)
{
	const e911_msag_t *msag = e911_guide();
	int i;

	e911_assessment_init(a);
	for(i = 0; i < site->validate.n; i++) {
		if(site->validate.step[i].kind != E911_STEP_MSAG) {
			if(is_networked)
				return E911_ERR_AGAIN;
			continue;
		}
		if(msag)
			e911_msag_assess(msag, l, a);
		strcpy(a->validator, msag ? "msag" : "");
		if(e911_verdict_is_definite(a))
			return E911_OK;
	}
	return E911_OK;
}

int e911_validate_text(const str *text, const str *name)
{
	static e911_assessment_t a; /* too large for a stack */
	const e911_sites_t *sites = e911_settings()->sites;
	const e911_site_t *site =
			name ? e911_sites_named(sites, name) : e911_sites_nth(sites, 0);
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;

	if(e911_json_read(&l, text, E911_FROM_RPC, time(NULL), bad))
		return -1;
	if(site == NULL)
		return -2;
	e911_validate_now(site, &l, &a);
	if(!e911_verdict_is_definite(&a))
		return -2;
	return a.verdict == E911_INVALID ? -1 : 1;
}

/* ----- stating ----- */

int e911_validate_rejects(const e911_site_t *site, const e911_assessment_t *a)
{
	e911_location_t as = {.verdict = (unsigned char)a->verdict};

	return e911_site_rejects(site, &as);
}

int e911_validate_state(const e911_site_t *site, e911_order_t *order,
		e911_location_t *l, e911_assessment_t *a, uint64_t *job,
		uint64_t *ticket)
{
	int err, definite;

	*job = 0;
	e911_validate_now(site, l, a);
	if(e911_validate_rejects(site, a)) {
		e911_stats_count(E911_STAT_REFUSED);
		e911_validate_count(a);
		return E911_ERR_UNUSABLE;
	}
	definite = e911_verdict_is_definite(a);
	if(definite)
		e911_verdict_apply(a, time(NULL), l);
	order->location = l;
	order->job = job;
	err = e911_provision_set(order, ticket);
	if(!err && (definite || (site->validate.n && *job == 0)))
		e911_validate_count(a);
	return err;
}

/* ----- by a worker ----- */

/* one that is about nobody is nobody's newer one */
static int name_nobody(e911_job_t *job)
{
	unsigned char random[8];
	char mem[20];
	str none = STR_NULL, name = {mem, 0};
	int i;

	if(e911_hash_random(random, sizeof(random)))
		return E911_ERR_NONE;
	for(i = 0; i < 8; i++)
		name.len += sprintf(mem + name.len, "%02x", random[i]);
	return e911_job_init(job, &none, &name);
}

uint64_t e911_validate_ask(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l, int priority)
{
	static e911_job_t job; /* too large for a stack */
	uint64_t id = 0;
	int err;

	if(!has_workers || site->validate.n == 0)
		return 0;
	err = aor ? e911_job_init(&job, aor, contact) : name_nobody(&job);
	if(err)
		return 0;
	job.site = site->id;
	job.priority = priority;
	memcpy(&job.location, l, E911_LOCATION_SIZE(l));
	if(e911_jobs_put(&job, &id) == 0)
		return id;
	e911_stats_count(E911_STAT_JOBS_LOST);
	return 0;
}

/* what was stated by command has been past the steps that need no network */
uint64_t e911_validate_stated(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l)
{
	uint64_t job;
	int i;
	int by_command = l->origin == E911_FROM_RPC || l->origin == E911_FROM_HTTP;

	for(i = 0; by_command && i < site->validate.n; i++)
		if(site->validate.step[i].kind != E911_STEP_MSAG && is_networked)
			break;
	if(by_command && i == site->validate.n && e911_guide())
		return 0;
	job = e911_validate_ask(aor, contact, site, l,
			by_command ? E911_INTERACTIVE : E911_ORDINARY);
	if(job)
		e911_provision_asked(aor, contact, 0);
	return job;
}

int e911_validate_wait(uint64_t job, int ms, e911_assessment_t *a)
{
	int err;

	while((err = e911_jobs_result(job, a)) == E911_ERR_AGAIN && ms > 0) {
		usleep(POLL * 1000);
		ms -= POLL;
	}
	return err;
}

void e911_validate_count(const e911_assessment_t *a)
{
	static const int stats[] = {[E911_UNCHECKED] = E911_STAT_UNCHECKED,
			[E911_VALID] = E911_STAT_VALIDATED,
			[E911_CORRECTED] = E911_STAT_CORRECTED,
			[E911_INVALID] = E911_STAT_INVALID};

	e911_stats_count(stats[a->verdict]);
}

int e911_validate_zone(const e911_location_t *l, const e911_assessment_t *a,
		e911_msag_zone_t *zone)
{
	const e911_msag_t *msag = e911_guide();

	if(msag == NULL || !e911_verdict_is_definite(a)
			|| a->verdict == E911_INVALID)
		return E911_ERR_NONE;
	return e911_msag_zone(msag, a->n ? &a->suggestion[0] : l, zone);
}
