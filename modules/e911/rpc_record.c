/*
 * e911: commands on the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "hash.h"
#include "journal.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_record.h"
#include "scribe.h"
#include "settings.h"

#define PAGE_MAX 100

/* UTC to the millisecond */
static str time_text(uint64_t at_ms, char mem[40])
{
	char seconds[32];
	str s = e911_rpc_time((time_t)(at_ms / 1000), seconds);

	s.len = snprintf(mem, 40, "%.*s.%03dZ", s.len > 0 ? s.len - 1 : 0,
			s.len > 0 ? s.s : "", (int)(at_ms % 1000));
	s.s = mem;
	return s;
}

/* the Call-ID as the log has it, and e911.calls */
static void name_call(const e911_event_t *e, char hash[20])
{
	hash[0] = '\0';
	if(e->callid.len > 0)
		snprintf(hash, 20, "%016llx",
				(unsigned long long)e911_hash(
						e->callid.s, (size_t)e->callid.len));
}

static void put_event(rpc_t *rpc, void *ctx, e911_event_t *e)
{
	const char *site =
			e->kind < E911_EV_KINDS ? e911_settings_site(e->site)->name : "";
	char hash[20], mem[40];
	str at = time_text(e->at_ms, mem);
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	name_call(e, hash);
	rpc->struct_add(row, "Sssds", "at", &at, "event", e911_parcel_name(e->kind),
			"call", hash, "code", e->code, "site", site);
	rpc->struct_add(row, "SSSSSSSSs", "aor", &e->aor, "destination",
			&e->destination, "profile", &e->profile, "conveyance",
			&e->conveyance, "freshness", &e->freshness, "callback",
			&e->callback, "elin", &e->elin, "detail", &e->detail, "test",
			e->test ? "yes" : "no");
}

static int is_of(const e911_event_t *e, const str *call)
{
	char hash[20];

	name_call(e, hash);
	return call->len <= 0 || e911_row_is(call, hash);
}

/* newest first; the cursor is the number behind the next one */
void e911_rpc_record(rpc_t *rpc, void *ctx)
{
	static char mem[E911_PARCEL_MAX] __attribute__((aligned(8)));
	uint64_t cursor, first, next;
	str call = STR_NULL;
	e911_event_t event;
	int rows;

	if(e911_rpc_page(rpc, ctx, PAGE_MAX, &cursor, &rows) < 0)
		return;
	if(rpc->scan(ctx, "*S", &call) != 1)
		call.len = 0;
	e911_journal_range(&first, &next);
	if(cursor == 0 || cursor > next)
		cursor = next;
	while(rows > 0 && cursor > first
			&& e911_journal_get(--cursor, mem, &event) == 0) {
		if(!is_of(&event, &call))
			continue;
		put_event(rpc, ctx, &event);
		rows--;
	}
	if(cursor > first)
		e911_rpc_next(rpc, ctx, cursor);
}

void e911_rpc_record_head(rpc_t *rpc, void *ctx)
{
	e911_journal_head_t head;
	uint64_t first, next;
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	e911_journal_head(&head);
	e911_journal_range(&first, &next);
	rpc->struct_add(row, "sjsjjj", "node", e911_scribe_node(), "seq",
			(unsigned long)head.seq, "mac", head.mac, "waiting",
			(unsigned long)head.waiting, "lost", (unsigned long)head.lost,
			"in_memory", (unsigned long)(next - first));
}
