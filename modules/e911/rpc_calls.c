/*
 * e911: commands on emergency calls and their ELINs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "err.h"
#include "hash.h"
#include "journal.h"
#include "ledger.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_calls.h"
#include "settings.h"

#define BIT(kind) (1u << (kind))
/* what became of a call, as far as it is in memory */
#define OUTCOMES                                                        \
	(BIT(E911_EV_FAILED) | BIT(E911_EV_RINGING) | BIT(E911_EV_ANSWERED) \
			| BIT(E911_EV_NOBODY) | BIT(E911_EV_CANCELLED))

#define PAGE_MAX 100 /* 100 rows are far less than a reply may be */

/* the Call-ID as the log has it */
static void put_call(rpc_t *rpc, void *ctx, const e911_entry_t *e)
{
	char hash[20], mem[2][32];
	str started = e911_rpc_time(e->started, mem[0]);
	str ended = e911_rpc_time(e->ended, mem[1]);
	static char parcel[E911_PARCEL_MAX] __attribute__((aligned(8)));
	str callid = {(char *)e->callid, (int)strlen(e->callid)};
	e911_event_t last;
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	if(e911_journal_newest(&callid, OUTCOMES, parcel, &last))
		memset(&last, 0, sizeof(last));
	snprintf(hash, sizeof(hash), "%016llx",
			(unsigned long long)e911_hash(e->callid, strlen(e->callid)));
	rpc->struct_add(row, "ssssssSSsss", "call", hash, "aor", e->aor, "device",
			e->device, "site", e911_settings_site(e->site)->name, "callback",
			e->callback, "elin", e->elin, "started", &started, "ended", &ended,
			"trunk", e->trunk ? "yes" : "no", "proven",
			e->proven ? "yes" : "no", "test", e->test ? "yes" : "no");
	rpc->struct_add(row, "sSd", "outcome",
			last.at_ms ? e911_parcel_name(last.kind) : "", "destination",
			&last.destination, "code", last.code);
}

void e911_rpc_calls(rpc_t *rpc, void *ctx)
{
	e911_entry_t entry;
	uint64_t cursor;
	int rows, more = 1;

	if(e911_rpc_page(rpc, ctx, PAGE_MAX, &cursor, &rows) < 0)
		return;
	while(rows-- > 0 && (more = e911_ledger_next(&cursor, &entry)))
		put_call(rpc, ctx, &entry);
	if(more)
		e911_rpc_next(rpc, ctx, cursor);
}

static void put_elin(
		rpc_t *rpc, void *ctx, const e911_elins_t *pool, const char *number)
{
	int idle, calls = e911_ledger_users(number, &idle);
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "ssssddd", "number", number, "pool", pool->name,
			"site", pool->site, "state",
			calls		? "in use"
			: idle >= 0 ? "kept"
						: "free",
			"calls", calls, "most", pool->most, "idle", idle);
}

/* 1: there is one behind the cursor */
static int next_elin(const str *name, uint64_t *cursor,
		const e911_elins_t **pool, const char **number)
{
	const e911_pools_t *all = e911_settings()->pools;
	int at = (int)(*cursor / E911_ELINS_MAX), n = *cursor % E911_ELINS_MAX;

	for(; at < E911_POOLS_MAX && (*pool = e911_pools_nth(all, at));
			at++, n = 0) {
		if(n >= (*pool)->n || (name->len && !e911_row_is(name, (*pool)->name)))
			continue;
		*number = (*pool)->number[n];
		*cursor = (uint64_t)at * E911_ELINS_MAX + n + 1;
		return 1;
	}
	return 0;
}

static int is_pool(const str *name)
{
	const e911_elins_t *pool;
	const char *number;
	uint64_t cursor = 0;

	return next_elin(name, &cursor, &pool, &number);
}

void e911_rpc_elins(rpc_t *rpc, void *ctx)
{
	const e911_elins_t *pool;
	const char *number;
	uint64_t cursor;
	str name = STR_NULL;
	int rows, more = 1;

	if(rpc->scan(ctx, "*S", &name) != 1 || e911_row_is(&name, "*"))
		name.len = 0;
	if(name.len && !is_pool(&name)) {
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "pool");
		return;
	}
	if(e911_rpc_page(rpc, ctx, PAGE_MAX, &cursor, &rows) < 0)
		return;
	while(rows-- > 0 && (more = next_elin(&name, &cursor, &pool, &number)))
		put_elin(rpc, ctx, pool, number);
	if(more)
		e911_rpc_next(rpc, ctx, cursor);
}
