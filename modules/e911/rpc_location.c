/*
 * e911: commands on locations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cache.h"
#include "config.h"
#include "err.h"
#include "json.h"
#include "keeper.h"
#include "pidf.h"
#include "provision.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_location.h"
#include "rpc_validate.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"
#include "validate.h"
#include "verdict.h"

#define PAGE_MAX 100
#define REPLY_ROOM 100000 /* replies over 131072 bytes are lost */
#define ROW_ROOM 700	  /* of a row, without its location */
#define WALK_MAX 20000	  /* records looked at for one page */

int e911_rpc_read_location(
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

typedef struct options
{
	int durable;
	int ttl;
	e911_network_t network;
	uint32_t site;
} options_t;

static int read_option(options_t *o, const str *key, const str *value)
{
	const e911_site_t *site;

	if(e911_row_is(key, "durable")) {
		o->durable = 1;
		return value->len ? E911_ERR_VALUE : E911_OK;
	}
	if(e911_row_is(key, "ttl"))
		return e911_row_age(value, 0x7fffffff, &o->ttl);
	if(e911_row_is(key, "network"))
		return e911_network_read_address(&o->network, value);
	if(!e911_row_is(key, "site"))
		return E911_ERR_NAME;
	site = e911_sites_named(e911_settings()->sites, value);
	o->site = site ? site->id : 0;
	return site ? E911_OK : E911_ERR_VALUE;
}

static int read_options(options_t *o, const str *text, str *bad)
{
	str rest = *text, value;
	int got, err;

	memset(o, 0, sizeof(*o));
	*bad = *text;
	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = read_option(o, bad, &value);
		if(err)
			return err;
	}
	return got;
}

static int is_stored(uint64_t ticket, int durable)
{
	if(durable && e911_rpc_may_wait())
		return e911_keeper_wait(ticket, cfg_get(e911, e911_cfg, durable_wait));
	return e911_provision_is_stored(ticket);
}

/* what has become of a change: in force it is in any case */
static void put_ticket(rpc_t *rpc, void *row, uint64_t ticket, int durable)
{
	char id[24];

	if(ticket == 0) {
		rpc->struct_add(row, "s", "store", "none");
		return;
	}
	snprintf(id, sizeof(id), "%llu", (unsigned long long)ticket);
	rpc->struct_add(row, "ss", "store",
			is_stored(ticket, durable) ? "stored" : "pending", "id", id);
}

static int is_star(const str *contact)
{
	return contact->len == 1 && contact->s[0] == '*';
}

static void put_result(rpc_t *rpc, void *row, const e911_site_t *site,
		const e911_location_t *l)
{
	rpc->struct_add(row, "sss", "result",
			e911_site_rejects(site, l) ? "not in force" : "in force", "verdict",
			e911_verdict_name(l->verdict), "freshness",
			e911_freshness_name(E911_FRESH));
}

/* known to be wrong before it is stored: what was in force stays */
static void refuse_invalid(rpc_t *rpc, void *ctx, const e911_assessment_t *a)
{
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "sss", "result", "not in force", "verdict",
			e911_verdict_name(a->verdict), "store", "none");
	e911_rpc_put_assessment(rpc, row, a);
}

/* validated as far as that needs no network, stored, then by the network */
static void set_validated(rpc_t *rpc, void *ctx, e911_order_t *order,
		const e911_site_t *site, e911_location_t *l, int durable)
{
	static e911_assessment_t a; /* too large for a stack */
	uint64_t ticket = 0, job;
	int err = e911_validate_state(site, order, l, &a, &job, &ticket);
	void *row;

	if(err == E911_ERR_UNUSABLE)
		refuse_invalid(rpc, ctx, &a);
	else if(err)
		e911_rpc_fault(rpc, ctx, err,
				err == E911_ERR_FULL || err == E911_ERR_MEM ? "location"
															: "AOR or CONTACT");
	if(err || rpc->add(ctx, "{", &row) < 0)
		return;
	if(job && e911_rpc_await(rpc, row, job, &a))
		l->verdict = (unsigned char)a.verdict;
	put_result(rpc, row, site, l);
	put_ticket(rpc, row, ticket, durable);
	if(site->validate.n)
		e911_rpc_put_assessment(rpc, row, &a);
}

static int read_place(rpc_t *rpc, void *ctx, const str *args,
		e911_location_t *l, options_t *o)
{
	char bad[E911_JSON_NAME_MAX] = "";
	str part;
	int err = read_options(o, &args[3], &part);

	if(err) {
		e911_rpc_fault_of(rpc, ctx, err, &part);
		return err;
	}
	err = e911_rpc_read_location(l, &args[1], bad);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		e911_rpc_fault(rpc, ctx, err, bad[0] ? bad : "location");
	}
	return err;
}

void e911_rpc_loc_set(rpc_t *rpc, void *ctx)
{
	str args[E911_RPC_ARGS];
	const e911_site_t *site;
	e911_order_t order = {.ttl = 0};
	e911_location_t l;
	options_t o;
	int err;

	if(e911_rpc_scan(rpc, ctx, args, 2, 4,
			   "e911.loc_set AOR LOCATION [CONTACT] [OPTIONS]")
					< 0
			|| read_place(rpc, ctx, args, &l, &o))
		return;
	order = (e911_order_t){.aor = args[0],
			.location = &l,
			.ttl = o.ttl,
			.network = o.network,
			.site = o.site};
	if(!is_star(&args[2]))
		order.contact = args[2];
	err = e911_provision_site_of(&order.aor, &order.contact, &site);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		e911_rpc_fault(rpc, ctx, err, "AOR or CONTACT");
		return;
	}
	if(o.site)
		site = e911_settings_site(o.site);
	set_validated(rpc, ctx, &order, site, &l, o.durable);
}

/* the only one of an AoR, where none is its own */
static int find_only(const str *given, e911_record_t *r)
{
	static const e911_where_from_t nowhere;
	e911_device_t nobody = {0};
	char mem[E911_AOR_MAX];
	e911_finding_t f;
	e911_location_t l;
	str aor;
	int err = e911_aor_normal(given, mem, &aor);

	if(err)
		return err;
	e911_cache_find(&aor, &nobody, &nowhere, &l, &f);
	return f.found ? e911_cache_get(&aor, &f.contact, r) : E911_ERR_NONE;
}

typedef int (*judge_f)(const str *aor, const str *contact, uint64_t *ticket);

/* the one that loc_get shows; 0, or a fault has been answered */
static int judge(
		rpc_t *rpc, void *ctx, judge_f how, const char *usage, uint64_t *ticket)
{
	str args[E911_RPC_ARGS];
	e911_record_t r;
	int n, err = 0;

	n = e911_rpc_scan(rpc, ctx, args, 1, 2, usage);
	if(n < 0)
		return E911_ERR_MISSING;
	if(n == 1)
		err = find_only(&args[0], &r);
	if(n == 1 && !err)
		args[1] = r.contact;
	else if(is_star(&args[1]))
		args[1].len = 0;
	if(!err)
		err = how(&args[0], &args[1], ticket);
	if(err)
		e911_rpc_fault(rpc, ctx, err,
				err == E911_ERR_VALUE || err == E911_ERR_LONG ? "AOR or CONTACT"
															  : "location");
	return err;
}

void e911_rpc_loc_confirm(rpc_t *rpc, void *ctx)
{
	uint64_t ticket = 0;
	void *row;

	if(judge(rpc, ctx, e911_provision_confirm, "e911.loc_confirm AOR [CONTACT]",
			   &ticket)
			|| rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "ss", "result", "in force", "freshness",
			e911_freshness_name(E911_FRESH));
	put_ticket(rpc, row, ticket, 0);
}

void e911_rpc_loc_unusable(rpc_t *rpc, void *ctx)
{
	uint64_t ticket = 0;
	void *row;

	if(judge(rpc, ctx, e911_provision_unusable,
			   "e911.loc_unusable AOR [CONTACT]", &ticket)
			|| rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "ss", "result", "not in force", "verdict",
			e911_verdict_name(E911_UNUSABLE));
	put_ticket(rpc, row, ticket, 0);
}

void e911_rpc_stored(rpc_t *rpc, void *ctx)
{
	unsigned long long id;
	str args[E911_RPC_ARGS];
	char *end;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, "e911.stored ID") < 0)
		return;
	id = strtoull(args[0].s, &end, 10);
	if(end != args[0].s + args[0].len || args[0].s[0] < '1'
			|| args[0].s[0] > '9') {
		e911_rpc_fault(rpc, ctx, E911_ERR_VALUE, "ID");
		return;
	}
	if(e911_keeper_changes() == NULL)
		rpc->add(ctx, "s", "none");
	else if(id > e911_queue_newest(e911_keeper_changes()))
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "ID");
	else
		rpc->add(ctx, "s", e911_provision_is_stored(id) ? "stored" : "pending");
}

void e911_rpc_put_fields(rpc_t *rpc, void *row, const e911_location_t *l)
{
	char name[E911_JSON_NAME_MAX];
	int at = 0, id;
	str value;

	/* those of validation are last, and nobody may state them */
	while((at = e911_location_next(l, at, &id, &value))
			&& id < E911_F_VALIDATOR) {
		memccpy(name, e911_field(id)->name.s, '\0', sizeof(name));
		rpc->struct_add(row, "S", name, &value);
	}
}

static str network_text(
		const e911_network_t *network, char mem[E911_NETWORK_TEXT_MAX])
{
	e911_strbuf_t b;
	str text = {mem, 0};

	e911_strbuf_init(&b, mem, E911_NETWORK_TEXT_MAX);
	e911_network_put(&b, network);
	text.len = (int)b.len;
	return text;
}

/* of its time to live and its retention */
static uint32_t sooner(const e911_state_t *s)
{
	return s->retained
						   && (s->expires == 0
								   || e911_passed(s->retained, s->expires))
				   ? s->retained
				   : s->expires;
}

static void put_state(rpc_t *rpc, void *row, e911_record_t *r)
{
	static const char *const stores[] = {"stored", "pending", "refused"};
	const char *store = e911_keeper_changes() ? stores[r->state.dirty] : "none";
	const e911_place_t *p = &r->place[r->state.place];
	char mem[4][32], network[2][E911_NETWORK_TEXT_MAX];
	str confirmed = e911_rpc_time(p->confirmed, mem[0]);
	str expires = e911_rpc_time(e911_wall(sooner(&r->state)), mem[1]);
	str dropped = e911_rpc_time(e911_wall(r->state.gone), mem[2]);
	str from = network_text(&p->network, network[0]);
	str seen = network_text(&r->state.seen, network[1]);

	rpc->struct_add(row, "SSSSSds", "confirmed", &confirmed, "network", &from,
			"seen", &seen, "expires", &expires, "dropped", &dropped, "places",
			r->places, "store", store);
}

static void put_record(rpc_t *rpc, void *ctx, e911_record_t *r)
{
	const e911_place_t *p = &r->place[r->state.place];
	const e911_location_t *l = &p->location;
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	char mem[32];
	str stated = e911_rpc_time(l->stated, mem);
	char date[32];
	str validator = STR_NULL;
	str validated = e911_rpc_time(e911_verdict_date(l, &validator), date);
	void *row, *fields;
	int fresh, reason;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	fresh = e911_freshness(&r->state, p->confirmed, site, &reason);
	rpc->struct_add(row, "SSSsssss", "aor", &r->aor, "contact", &r->contact,
			"stated", &stated, "site", site->name, "verdict",
			e911_verdict_name(l->verdict), "freshness",
			e911_freshness_name(fresh), "reason", e911_reason_name(reason),
			"origin", e911_origin_name(l->origin));
	if(validator.len)
		rpc->struct_add(
				row, "SS", "validator", &validator, "validated", &validated);
	put_state(rpc, row, r);
	rpc->struct_add(row, "{", "location", &fields);
	e911_rpc_put_fields(rpc, fields, l);
}

void e911_rpc_loc_get(rpc_t *rpc, void *ctx)
{
	e911_record_t r;
	str args[E911_RPC_ARGS];
	int n, err;

	n = e911_rpc_scan(rpc, ctx, args, 1, 2, "e911.loc_get AOR [CONTACT]");
	if(n < 0)
		return;
	if(n == 1)
		err = find_only(&args[0], &r);
	else
		err = e911_provision_get(
				&args[0], is_star(&args[1]) ? NULL : &args[1], &r);
	if(err == 0)
		put_record(rpc, ctx, &r);
	else
		e911_rpc_fault(rpc, ctx, err,
				err == E911_ERR_NONE ? "location" : "AOR or CONTACT");
}

void e911_rpc_loc_del(rpc_t *rpc, void *ctx)
{
	static const str any = STR_NULL;
	str args[E911_RPC_ARGS];
	const str *contact;
	uint64_t ticket;
	int n, count = 0, err;

	n = e911_rpc_scan(rpc, ctx, args, 1, 2, "e911.loc_del AOR [CONTACT]");
	if(n < 0)
		return;
	contact = n == 1 ? NULL : is_star(&args[1]) ? &any : &args[1];
	err = e911_provision_del(&args[0], contact, &count, &ticket);
	if(err)
		e911_rpc_fault(rpc, ctx, err, "AOR or CONTACT");
	else if(count == 0 && e911_keeper_loaded())
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "location");
	else
		rpc->add(ctx, "d", count);
}

typedef struct filter
{
	str site;
	str verdict;
	str freshness;
} filter_t;

static int is_one_of(const str *word, const char *(*name_of)(int n))
{
	int n;

	for(n = 0; name_of(n)[0]; n++)
		if(e911_row_is(word, name_of(n)))
			return E911_OK;
	return E911_ERR_VALUE;
}

static int read_condition(filter_t *f, const str *key, const str *value)
{
	if(e911_row_is(key, "site")) {
		f->site = *value;
		return e911_sites_named(e911_settings()->sites, value) ? E911_OK
															   : E911_ERR_VALUE;
	}
	if(e911_row_is(key, "verdict")) {
		f->verdict = *value;
		return is_one_of(value, e911_verdict_name);
	}
	if(e911_row_is(key, "freshness")) {
		f->freshness = *value;
		return is_one_of(value, e911_freshness_name);
	}
	return E911_ERR_NAME;
}

static int read_filter(rpc_t *rpc, void *ctx, filter_t *f)
{
	str text = STR_NULL, value, bad;
	int got = 0, err = 0;

	memset(f, 0, sizeof(*f));
	if(rpc->scan(ctx, "*S", &text) != 1) {
		got = rpc->scan(ctx, "*.S", &text) == 1 ? E911_ERR_TYPE : 0;
		if(got)
			e911_rpc_fault(rpc, ctx, got, "FILTER");
		return got;
	}
	bad = text;
	while(!err && (got = e911_row_next(&text, &bad, &value)) == 1)
		err = read_condition(f, &bad, &value);
	if(!err)
		err = got;
	if(err)
		e911_rpc_fault_of(rpc, ctx, err, &bad);
	return err;
}

static int passes(const filter_t *f, const e911_record_t *r)
{
	const e911_place_t *p = &r->place[r->state.place];
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	int reason;

	if(f->site.len && !e911_row_is(&f->site, site->name))
		return 0;
	if(f->verdict.len
			&& !e911_row_is(
					&f->verdict, e911_verdict_name(p->location.verdict)))
		return 0;
	return f->freshness.len == 0
		   || e911_row_is(
				   &f->freshness, e911_freshness_name(e911_freshness(&r->state,
										  p->confirmed, site, &reason)));
}

void e911_rpc_loc_list(rpc_t *rpc, void *ctx)
{
	e911_record_t record;
	uint64_t cursor;
	int rows, more = 1, walked = 0, room = REPLY_ROOM;
	filter_t f;

	if(e911_rpc_page(rpc, ctx, PAGE_MAX, &cursor, &rows) < 0
			|| read_filter(rpc, ctx, &f))
		return;
	while(rows > 0 && room > 0 && walked++ < WALK_MAX
			&& (more = e911_cache_next(&cursor, &record))) {
		if(!passes(&f, &record))
			continue;
		put_record(rpc, ctx, &record);
		rows--;
		room -= ROW_ROOM + 2 * record.place[record.state.place].location.len;
	}
	if(more)
		e911_rpc_next(rpc, ctx, cursor);
}
