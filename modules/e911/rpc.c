/*
 * e911: commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../../core/rpc.h"
#include "branch.h"
#include "cache.h"
#include "dryrun.h"
#include "err.h"
#include "json.h"
#include "pidf.h"
#include "profile.h"
#include "provision.h"
#include "route.h"
#include "rpc.h"
#include "stats.h"
#include "strbuf.h"

#define PAGE_MAX 200 /* replies over some thousand rows are lost */
#define ARGS_MAX 3

/* Arguments are strings: a bare +15125550100 is an integer to the RPC layer,
 * 0911 loses its zero. "S" without autoconversion refuses them; one that is
 * there and does convert was of another type. */
static int scan_one(rpc_t *rpc, void *ctx, str *arg)
{
	str other = STR_NULL;

	if(rpc->scan(ctx, "*S", arg) == 1)
		return arg->len > 0 ? 1 : E911_ERR_TYPE;
	arg->len = 0;
	return rpc->scan(ctx, "*.S", &other) == 1 ? E911_ERR_TYPE : 0;
}

static int scan(rpc_t *rpc, void *ctx, str *args, int least, int most,
		const char *usage)
{
	int n = 0, got = 1;

	memset(args, 0, ARGS_MAX * sizeof(*args));
	while(n < most && (got = scan_one(rpc, ctx, &args[n])) == 1)
		n++;
	if(got >= 0 && n >= least)
		return n;
	rpc->fault(ctx, 400, "usage: %s; write numbers as s:NUMBER", usage);
	return -1;
}

static void fault(rpc_t *rpc, void *ctx, int err, const char *what)
{
	int code = err == E911_ERR_NONE							 ? 404
			   : err == E911_ERR_MEM || err == E911_ERR_FULL ? 503
															 : 400;

	if(what[0])
		rpc->fault(ctx, code, "%s: %s", what, e911_err_text(err));
	else
		rpc->fault(ctx, code, "%s", e911_err_text(err));
}

/* ----- locations ----- */

static int read_document(
		e911_location_t *l, const str *text, char bad[E911_JSON_NAME_MAX])
{
	time_t now = time(NULL);
	int field = -1, err;
	str method;

	if(text->s[0] != '<') {
		err = e911_json_read(l, text, E911_FROM_RPC, now, bad);
		/* a person's word, unless said otherwise */
		if(!err && e911_location_get(l, E911_F_METHOD, &method))
			err = e911_location_set(l, E911_F_METHOD, "Manual", 6);
		return err;
	}
	err = e911_pidf_read(l, text->s, text->len, E911_FROM_RPC, now, &field);
	bad[0] = '\0';
	if(err && e911_field(field))
		memccpy(bad, e911_field(field)->name.s, '\0', E911_JSON_NAME_MAX);
	return err;
}

static const char *loc_set_doc[] = {
		"States a location: AOR LOCATION [CONTACT]. LOCATION is a JSON object "
		"of civic fields and shape, or a PIDF-LO document.",
		0};

static void loc_set(rpc_t *rpc, void *ctx)
{
	char bad[E911_JSON_NAME_MAX] = "";
	e911_location_t l;
	str args[ARGS_MAX];
	void *row;
	int err;

	if(scan(rpc, ctx, args, 2, 3, "e911.loc_set AOR LOCATION [CONTACT]") < 0)
		return;
	err = read_document(&l, &args[1], bad);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		fault(rpc, ctx, err, bad[0] ? bad : "location");
		return;
	}
	err = e911_provision_set(&args[0], &args[2], &l);
	if(err) {
		fault(rpc, ctx, err,
				err == E911_ERR_FULL || err == E911_ERR_MEM ? "location"
															: "AOR or CONTACT");
		return;
	}
	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "sss", "result", "in force", "verdict",
			e911_verdict_name(l.verdict), "freshness",
			e911_freshness_name(l.freshness));
}

static void put_fields(rpc_t *rpc, void *row, const e911_location_t *l)
{
	char name[E911_JSON_NAME_MAX];
	int at = 0, id;
	str value;

	while((at = e911_location_next(l, at, &id, &value))) {
		memccpy(name, e911_field(id)->name.s, '\0', sizeof(name));
		rpc->struct_add(row, "S", name, &value);
	}
}

static void put_record(rpc_t *rpc, void *ctx, e911_record_t *record)
{
	e911_location_t *l = &record->location;
	char mem[32];
	e911_strbuf_t b;
	str stated;
	void *row, *fields;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_time(&b, l->stated);
	stated.s = mem;
	stated.len = (int)b.len;
	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "SSSsss{", "aor", &record->aor, "contact",
			&record->contact, "stated", &stated, "verdict",
			e911_verdict_name(l->verdict), "freshness",
			e911_freshness_name(l->freshness), "origin",
			e911_origin_name(l->origin), "location", &fields);
	put_fields(rpc, fields, l);
}

static int read_key(
		rpc_t *rpc, void *ctx, const str *args, e911_record_t *record)
{
	int err = e911_aor_normal(&args[0], record->aor_mem, &record->aor);

	record->contact.s = record->contact_mem;
	record->contact.len = 0;
	if(!err && args[1].len)
		err = e911_aor_contact(&args[1], record->contact_mem, &record->contact);
	if(err)
		fault(rpc, ctx, err, "AOR or CONTACT");
	return err;
}

static const char *loc_get_doc[] = {
		"The location in force: AOR [CONTACT]. Without CONTACT the one stated "
		"for the AoR, else its only one.",
		0};

static void loc_get(rpc_t *rpc, void *ctx)
{
	e911_device_t nobody = {0};
	e911_record_t record;
	str args[ARGS_MAX];
	int found, n;

	n = scan(rpc, ctx, args, 1, 2, "e911.loc_get AOR [CONTACT]");
	if(n < 0 || read_key(rpc, ctx, args, &record))
		return;
	if(n == 2)
		found = e911_cache_get(&record.aor, &record.contact, &record.location)
				== 0;
	else
		found = e911_cache_find(&record.aor, &nobody, &record.location,
				record.contact_mem, &record.contact);
	if(found)
		put_record(rpc, ctx, &record);
	else
		fault(rpc, ctx, E911_ERR_NONE, "location");
}

static const char *loc_del_doc[] = {
		"Takes locations back: AOR [CONTACT]. Without CONTACT all of the AoR.",
		0};

static void loc_del(rpc_t *rpc, void *ctx)
{
	str args[ARGS_MAX];
	int n, count = 0, err;

	n = scan(rpc, ctx, args, 1, 2, "e911.loc_del AOR [CONTACT]");
	if(n < 0)
		return;
	err = e911_provision_del(&args[0], n == 2 ? &args[1] : NULL, &count);
	if(err)
		fault(rpc, ctx, err, "AOR or CONTACT");
	else if(count == 0)
		fault(rpc, ctx, E911_ERR_NONE, "location");
	else
		rpc->add(ctx, "d", count);
}

static const char *loc_list_doc[] = {
		"Locations in force, page by page: [CURSOR] [ROWS]. CURSOR is what "
		"the page before gave as next, ROWS at most 200.",
		0};

static int read_page(rpc_t *rpc, void *ctx, uint64_t *cursor, int *rows)
{
	str text = STR_NULL;
	char *end = NULL;
	int n;

	*cursor = 0;
	*rows = PAGE_MAX;
	if(rpc->scan(ctx, "*.S", &text) == 1 && text.len) {
		*cursor = strtoull(text.s, &end, 10);
		if(*end || text.s[0] < '0' || text.s[0] > '9') {
			rpc->fault(ctx, 400, "CURSOR: %s", e911_err_text(E911_ERR_VALUE));
			return -1;
		}
		if(rpc->scan(ctx, "*d", &n) == 1)
			*rows = n;
	}
	if(*rows >= 1 && *rows <= PAGE_MAX)
		return 0;
	rpc->fault(ctx, 400, "ROWS: 1 to %d", PAGE_MAX);
	return -1;
}

static void loc_list(rpc_t *rpc, void *ctx)
{
	e911_record_t record;
	uint64_t cursor;
	char next[24];
	void *row;
	int rows, more = 1;

	if(read_page(rpc, ctx, &cursor, &rows) < 0)
		return;
	for(; rows > 0 && (more = e911_cache_next(&cursor, &record)); rows--)
		put_record(rpc, ctx, &record);
	if(!more || rpc->add(ctx, "{", &row) < 0)
		return;
	snprintf(next, sizeof(next), "%llu", (unsigned long long)cursor);
	rpc->struct_add(row, "s", "next", next);
}

/* ----- calls ----- */

static const char *match_doc[] = {
		"What dialling NUMBER would be: NUMBER [AOR]. Numbers as s:NUMBER.", 0};

static int identify(rpc_t *rpc, void *ctx, str *args, e911_call_t *call)
{
	char mem[E911_AOR_MAX];
	e911_device_t nobody = {0};
	str aor = {mem, 0};
	int err = 0;

	if(args[1].len)
		err = e911_aor_normal(&args[1], mem, &aor);
	if(err)
		fault(rpc, ctx, err, "AOR");
	else
		e911_route_identify(&args[0], &aor, &nobody, call);
	return err;
}

static void match(rpc_t *rpc, void *ctx)
{
	static e911_call_t call;
	str args[ARGS_MAX], urn, number;
	void *row;

	if(scan(rpc, ctx, args, 1, 2, "e911.match NUMBER [AOR]") < 0
			|| identify(rpc, ctx, args, &call) || rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "s", "kind", e911_kind_name(call.kind));
	if(call.kind == E911_KIND_NONE)
		return;
	urn = e911_call_text(&call, call.urn);
	number = e911_call_text(&call, call.number);
	rpc->struct_add(row, "SSsd", "urn", &urn, "number", &number, "site",
			e911_route_site(&call)->name, "set", call.set);
}

typedef struct reply
{
	rpc_t *rpc;
	void *ctx;
} reply_t;

static const char *health_name(int health)
{
	return health == 0 ? "active" : health == 1 ? "inactive" : "disabled";
}

static void put_invite(const e911_call_t *call, const str *invite, void *arg)
{
	const e911_step_t *step = &call->ladder[call->step];
	reply_t *reply = arg;
	str uri = e911_call_text(call, step->uri), text = *invite;
	str profile = e911_profile(step->profile)->name;
	void *row;

	if(reply->rpc->add(reply->ctx, "{", &row) < 0)
		return;
	reply->rpc->struct_add(row, "SdsSssdS", "destination", &uri, "set",
			step->set, "health", health_name(step->health), "profile", &profile,
			"conveyance", e911_conveyance_name(e911_branch_form(call)),
			"transport",
			call->carriage == E911_BY_TCP ? "tcp first" : "as written", "size",
			text.len, "invite", &text);
}

static const char *dryrun_doc[] = {
		"The INVITE that each destination in turn would get; nothing is sent: "
		"AOR NUMBER [CONTACT]. Numbers as s:NUMBER.",
		0};

static void dryrun(rpc_t *rpc, void *ctx)
{
	reply_t reply = {rpc, ctx};
	str args[ARGS_MAX];
	int err;

	if(scan(rpc, ctx, args, 2, 3, "e911.dryrun AOR NUMBER [CONTACT]") < 0)
		return;
	err = e911_dryrun(&args[0], &args[2], &args[1], put_invite, &reply);
	if(err == E911_ERR_NONE)
		rpc->fault(ctx, 404, "NUMBER: no emergency number");
	else if(err)
		fault(rpc, ctx, err, "AOR or CONTACT");
}

static const char *stats_doc[] = {"All counters, with what they count", 0};

static void stats(rpc_t *rpc, void *ctx)
{
	const char *name, *text;
	unsigned long value;
	void *row;
	int i;

	for(i = 0; e911_stats_nth(i, &name, &text, &value); i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		rpc->struct_add(
				row, "sjs", "name", name, "value", value, "counts", text);
	}
}

/* clang-format off */
rpc_export_t e911_rpc_commands[] = {
	{"e911.loc_set", loc_set, loc_set_doc, 0},
	{"e911.loc_get", loc_get, loc_get_doc, 0},
	{"e911.loc_del", loc_del, loc_del_doc, 0},
	{"e911.loc_list", loc_list, loc_list_doc, RET_ARRAY},
	{"e911.match", match, match_doc, 0},
	{"e911.dryrun", dryrun, dryrun_doc, RET_ARRAY},
	{"e911.stats", stats, stats_doc, RET_ARRAY},
	{0, 0, 0, 0}
};
/* clang-format on */
