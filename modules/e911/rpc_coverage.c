/*
 * e911: commands on how things stand: sites and ERSPs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "census.h"
#include "err.h"
#include "ersps.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_coverage.h"
#include "settings.h"

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
}

void e911_rpc_ersps(rpc_t *rpc, void *ctx)
{
	reply_t reply = {rpc, ctx, REPLY_ROOM};

	e911_ersps_each(put_ersp, &reply);
}
