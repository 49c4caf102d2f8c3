/*
 * e911: commands on how things stand: sites and ERSPs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <unistd.h>
#include "census.h"
#include "drill.h"
#include "err.h"
#include "ersps.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_coverage.h"
#include "settings.h"
#include "tally.h"

#define REPLY_ROOM 120000 /* replies over 131072 bytes are lost */
#define ROW_ROOM 450	  /* of a site, or of a destination without its URI */

/* ----- coverage ----- */

/* those there are any of */
static void put_verdict(
		rpc_t *rpc, void *row, int verdict, const unsigned int *n)
{
	void *fields = NULL;
	int fresh;

	for(fresh = 0; fresh < E911_FRESHNESSES; fresh++) {
		if(n[fresh] == 0)
			continue;
		if(fields == NULL
				&& rpc->struct_add(
						   row, "{", e911_verdict_name(verdict), &fields)
						   < 0)
			return;
		rpc->struct_add(fields, "d", e911_freshness_name(fresh), (int)n[fresh]);
	}
}

static void put_site(
		rpc_t *rpc, void *ctx, const e911_census_t *c, const e911_site_t *site)
{
	char mem[32];
	str counted = e911_rpc_time(c->counted, mem);
	void *row, *fields;
	int verdict;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "ssdddS", "site", site->name, "gate",
			e911_gate_name(site->gate), "contacts", (int)c->contacts, "located",
			(int)c->located, "gated", (int)c->gated, "counted", &counted);
	if(rpc->struct_add(row, "{", "locations", &fields) < 0)
		return;
	for(verdict = 0; verdict < E911_VERDICTS; verdict++)
		put_verdict(rpc, fields, verdict, c->locations[verdict]);
}

void e911_rpc_coverage(rpc_t *rpc, void *ctx)
{
	str args[E911_RPC_ARGS];
	const e911_site_t *site;
	int n, i, room = REPLY_ROOM, found = 0;
	e911_census_t c;

	n = e911_rpc_scan(rpc, ctx, args, 0, 1, "e911.coverage [SITE]");
	for(i = 0; n >= 0 && room > 0 && e911_census_nth(i, &c) == 0; i++) {
		site = e911_settings_site(c.site);
		if(n == 1 && !e911_row_is(&args[0], site->name))
			continue;
		put_site(rpc, ctx, &c, site);
		found = 1;
		room -= ROW_ROOM;
	}
	if(n == 1 && !found)
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "site");
}

/* ----- ERSPs ----- */

typedef struct reply
{
	rpc_t *rpc;
	void *ctx;
	int room;
} reply_t;

/* of real calls and of tests */
static void put_answers(rpc_t *rpc, void *row, const str *uri)
{
	e911_tally_t t = {.at_ms = 0};
	char mem[32];
	str when;
	int i;

	e911_tally_of(uri, &t);
	when = e911_rpc_time((time_t)(t.at_ms / 1000), mem);
	rpc->struct_add(row, "dS", "code", t.code, "at", &when);
	for(i = 0; i < E911_OUTCOMES; i++)
		rpc->struct_add(row, "j",
				i == E911_OUTCOME_BEGUN ? "sent" : e911_outcome_name(i),
				t.n[0][i] + t.n[1][i]);
}

static void put_ersp(const e911_ersp_t *e, void *arg)
{
	reply_t *reply = arg;
	str uri = e->uri;
	void *row;

	reply->room -= ROW_ROOM + uri.len;
	if(reply->room < 0 || reply->rpc->add(reply->ctx, "{", &row) < 0)
		return;
	reply->rpc->struct_add(row, "Sddssss", "destination", &uri, "set", e->set,
			"priority", e->priority, "health", e911_health_name(e->health),
			"probed", e->probed ? "yes" : "no", "drained",
			e->drained ? "yes" : "no", "profile", e->profile);
	put_answers(reply->rpc, row, &e->uri);
}

void e911_rpc_ersps(rpc_t *rpc, void *ctx)
{
	reply_t reply = {rpc, ctx, REPLY_ROOM};

	e911_ersps_each(put_ersp, &reply);
}

/* ----- the drill ----- */

#define POLL 20 /* ms */

/* the answers to OPTIONS are waited for, but not for long */
static void await(void)
{
	int ms;

	for(ms = 5000; ms > 0 && e911_drill_runs(); ms -= POLL)
		usleep(POLL * 1000);
}

static void put_faults(rpc_t *rpc, void *row)
{
	e911_drill_fault_t f;
	void *list, *fields;
	unsigned int i;

	if(rpc->struct_add(row, "[", "faults", &list) < 0)
		return;
	for(i = 0; e911_drill_fault(i, &f) == 0; i++)
		if(rpc->array_add(list, "{", &fields) == 0)
			rpc->struct_add(fields, "sss", "site", f.site, "what", f.what,
					"why", f.why);
}

static void put_drill(rpc_t *rpc, void *ctx)
{
	e911_drill_t d;
	char mem[2][32];
	str begun, ended;
	void *row;
	int err = e911_drill_last(&d), runs = e911_drill_runs();

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	begun = e911_rpc_time(d.begun, mem[0]);
	ended = e911_rpc_time(d.ended, mem[1]);
	rpc->struct_add(row, "ssSSdd", "result",
			err		   ? "none"
			: d.failed ? "failed"
					   : "well",
			"running", runs ? "yes" : "no", "begun", &begun, "ended", &ended,
			"checks", (int)d.checks, "failed", (int)d.failed);
	put_faults(rpc, row);
}

void e911_rpc_drill(rpc_t *rpc, void *ctx)
{
	str args[E911_RPC_ARGS];
	int n = e911_rpc_scan(rpc, ctx, args, 0, 1, "e911.drill [now]");

	if(n < 0)
		return;
	if(n == 1 && !e911_row_is(&args[0], "now")) {
		e911_rpc_fault_of(rpc, ctx, E911_ERR_NAME, &args[0]);
		return;
	}
	if(n == 1)
		e911_drill_now();
	if(n == 1 && e911_rpc_may_wait())
		await();
	put_drill(rpc, ctx);
}
