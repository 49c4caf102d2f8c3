/*
 * e911: commands on validation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memrchr */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "atlas.h"
#include "breaker.h"
#include "config.h"
#include "err.h"
#include "guide.h"
#include "json.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_location.h"
#include "rpc_validate.h"
#include "settings.h"
#include "validate.h"

/* ----- an assessment ----- */

static void put_elements(rpc_t *rpc, void *row, const e911_assessment_t *a)
{
	char name[E911_JSON_NAME_MAX];
	void *fields;
	int id;

	if(rpc->struct_add(row, "{", "elements", &fields) < 0)
		return;
	for(id = 0; id < E911_F_SHAPE; id++) {
		if(a->element[id] == E911_ELEMENT_NONE)
			continue;
		memccpy(name, e911_field(id)->name.s, '\0', sizeof(name));
		rpc->struct_add(fields, "s", name, e911_element_name(a->element[id]));
	}
}

void e911_rpc_put_assessment(rpc_t *rpc, void *row, const e911_assessment_t *a)
{
	void *list, *fields;
	int i;

	rpc->struct_add(row, "s", "validator", a->validator);
	put_elements(rpc, row, a);
	if(rpc->struct_add(row, "[", "suggestions", &list) < 0)
		return;
	for(i = 0; i < a->n; i++)
		if(rpc->array_add(list, "{", &fields) == 0)
			e911_rpc_put_fields(rpc, fields, &a->suggestion[i]);
}

int e911_rpc_await(rpc_t *rpc, void *row, uint64_t job, e911_assessment_t *a)
{
	int ms = e911_rpc_may_wait() ? cfg_get(e911, e911_cfg, validate_wait) : 0;
	int err = e911_validate_wait(job, ms, a);
	char id[24];

	if(err != E911_ERR_AGAIN)
		return err == 0;
	snprintf(id, sizeof(id), "%llu", (unsigned long long)job);
	rpc->struct_add(row, "s", "job", id);
	return 0;
}

/* ----- validating alone ----- */

static const e911_site_t *find_site(const str *name)
{
	const e911_sites_t *sites = e911_settings()->sites;

	return name->len ? e911_sites_named(sites, name) : e911_sites_nth(sites, 0);
}

static void put_verdict(rpc_t *rpc, void *row, const e911_location_t *l,
		const e911_assessment_t *a)
{
	e911_msag_zone_t zone;

	rpc->struct_add(row, "s", "verdict", e911_verdict_name(a->verdict));
	e911_rpc_put_assessment(rpc, row, a);
	if(e911_validate_zone(l, a, &zone) == 0)
		rpc->struct_add(row, "ss", "esn", zone.esn, "psap", zone.psap);
}

static void answer(rpc_t *rpc, void *ctx, const e911_site_t *site,
		const e911_location_t *l, int offline)
{
	static e911_assessment_t a; /* too large for a stack */
	uint64_t job = 0;
	void *row;
	int more = e911_validate_now(site, l, &a);

	if(more == E911_ERR_AGAIN && !offline)
		job = e911_validate_ask(NULL, NULL, site, l, E911_INTERACTIVE);
	if(rpc->add(ctx, "{", &row) < 0)
		return;
	if(job)
		e911_rpc_await(rpc, row, job, &a);
	put_verdict(rpc, row, l, &a);
}

void e911_rpc_validate(rpc_t *rpc, void *ctx)
{
	char bad[E911_JSON_NAME_MAX] = "";
	str args[E911_RPC_ARGS];
	const e911_site_t *site;
	e911_location_t l;
	int err;

	if(e911_rpc_scan(
			   rpc, ctx, args, 1, 3, "e911.validate LOCATION [SITE] [offline]")
			< 0)
		return;
	site = find_site(&args[1]);
	if(site == NULL) {
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "SITE");
		return;
	}
	if(args[2].len && !e911_row_is(&args[2], "offline")) {
		e911_rpc_fault_of(rpc, ctx, E911_ERR_NAME, &args[2]);
		return;
	}
	err = e911_rpc_read_location(&l, &args[0], bad);
	if(err)
		e911_rpc_fault(rpc, ctx, err, bad[0] ? bad : "location");
	else
		answer(rpc, ctx, site, &l, args[2].len > 0);
}

void e911_rpc_assessed(rpc_t *rpc, void *ctx)
{
	static e911_assessment_t a; /* too large for a stack */
	str args[E911_RPC_ARGS];
	unsigned long long id;
	char *end;
	void *row;
	int err;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, "e911.assessed JOB") < 0)
		return;
	id = strtoull(args[0].s, &end, 10);
	err = end != args[0].s + args[0].len || args[0].s[0] < '1'
						  || args[0].s[0] > '9'
				  ? E911_ERR_VALUE
				  : e911_validate_wait(id, 0, &a);
	if(err && err != E911_ERR_AGAIN) {
		e911_rpc_fault(rpc, ctx, err, "JOB");
		return;
	}
	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "s", "result", err ? "pending" : "done");
	if(err)
		return;
	rpc->struct_add(row, "s", "verdict", e911_verdict_name(a.verdict));
	e911_rpc_put_assessment(rpc, row, &a);
}

/* ----- validators ----- */

/* without what may be a secret of the path */
static str host_of(const char *url)
{
	const char *s = strstr(url, "://");
	str host = {(char *)(s ? s + 3 : url), 0};
	const char *at;

	host.len = (int)strcspn(host.s, "/?#{");
	at = memrchr(host.s, '@', (size_t)host.len);
	if(at) {
		host.len -= (int)(at + 1 - host.s);
		host.s = (char *)at + 1;
	}
	return host;
}

/* one that nobody has asked yet has no breaker */
static int state_of(const char *name)
{
	e911_breaker_t b;
	int i;

	for(i = 0; e911_breaker_nth(i, &b) == 0; i++)
		if(strcmp(b.name, name) == 0)
			return b.state;
	return E911_BREAKER_CLOSED;
}

void e911_rpc_validators(rpc_t *rpc, void *ctx)
{
	const e911_validators_t *all = e911_settings()->validators;
	const e911_validator_t *v;
	void *row;
	str host;
	int i;

	for(i = 0; (v = e911_validators_nth(all, i)); i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		host = host_of(v->url);
		rpc->struct_add(row, "ssSs", "name", v->name, "kind",
				v->kind == E911_VALIDATOR_LOST ? "lost" : "rest", "host", &host,
				"breaker", e911_breaker_state_name(state_of(v->name)));
	}
}

/* ----- the guide of streets ----- */

void e911_rpc_msag(rpc_t *rpc, void *ctx)
{
	e911_guide_facts_t f;
	char mem[32];
	str loaded;
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	e911_guide_tell(&f);
	loaded = e911_rpc_time(f.loaded, mem);
	rpc->struct_add(row, "jjddS", "ranges", f.ranges, "bytes", f.bytes, "files",
			f.files, "tables", f.tables, "loaded", &loaded);
}

static void put_fault(rpc_t *rpc, void *ctx, const e911_guide_fault_t *f)
{
	char why[E911_GUIDE_TEXT_MAX];

	if(f->line == 0 && f->err != E911_ERR_MISSING) {
		e911_rpc_fault(rpc, ctx, f->err, f->file[0] ? f->file : "guide");
		return;
	}
	e911_guide_explain(f, why, sizeof(why));
	rpc->fault(ctx, 400, "%s", why);
}

/* a file of a person, not of the settings */
void e911_rpc_msag_check(rpc_t *rpc, void *ctx)
{
	char path[E911_GUIDE_PATH_MAX];
	str args[E911_RPC_ARGS];
	e911_guide_fault_t f;
	unsigned long ranges;
	void *row;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, "e911.msag_check FILE") < 0)
		return;
	if(e911_row_text(path, sizeof(path), &args[0])) {
		e911_rpc_fault(rpc, ctx, E911_ERR_VALUE, "FILE");
		return;
	}
	if(!e911_rpc_may_wait()) {
		rpc->fault(ctx, 400, "not over this way: it takes its time");
		return;
	}
	if(e911_guide_check(path, &ranges, &f))
		put_fault(rpc, ctx, &f);
	else if(rpc->add(ctx, "{", &row) == 0)
		rpc->struct_add(row, "j", "ranges", ranges);
}

/* a table is the keeper's to read, and he is waited for as long as one may */
static int have_reloaded(e911_guide_fault_t *f)
{
	if(!e911_guide_has_table())
		return e911_guide_load(NULL, f);
	return e911_atlas_reload(
			e911_rpc_may_wait() ? cfg_get(e911, e911_cfg, durable_wait) : 0, f);
}

void e911_rpc_msag_reload(rpc_t *rpc, void *ctx)
{
	e911_guide_fault_t f;
	int err;

	if(!e911_guide_has_table() && !e911_rpc_may_wait()) {
		rpc->fault(ctx, 400, "not over this way: it takes its time");
		return;
	}
	err = have_reloaded(&f);
	if(err == E911_ERR_AGAIN && e911_guide_has_table())
		rpc->add(ctx, "s", "pending");
	else if(err == 0)
		rpc->add(ctx, "s", "reloaded");
	else
		put_fault(rpc, ctx, &f);
}
