/*
 * e911: the HTTP API: what an operator asks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "api_part.h"
#include "branch.h"
#include "census.h"
#include "dispatch.h"
#include "dryrun.h"
#include "err.h"
#include "ersps.h"
#include "gate.h"
#include "hash.h"
#include "ledger.h"
#include "profiles.h"
#include "row.h"
#include "settings.h"
#include "stats.h"

#define PAGE_MAX 100
#define PAGE 50
#define ROOM 40000	  /* bytes of a page: what a connection takes at once */
#define ROW_ROOM 900  /* of a row, without its location */
#define WALK_MAX 2000 /* records looked at for one page */
#define WORD_MAX 40

/* ----- pages ----- */

typedef struct page
{
	uint64_t cursor;
	int limit;
} page_t;

static int read_page(e911_query_t *q, page_t *page)
{
	char mem[2][WORD_MAX], text[WORD_MAX + 1], *end;
	str cursor, limit;

	page->cursor = 0;
	page->limit = PAGE;
	if(e911_api_search(q, "cursor", mem[0], WORD_MAX, &cursor)
			|| e911_api_search(q, "limit", mem[1], WORD_MAX, &limit)) {
		e911_api_problem(q, 400, "malformed", NULL, NULL);
		return E911_ERR_VALUE;
	}
	snprintf(text, sizeof(text), "%.*s", cursor.len, cursor.s);
	page->cursor = strtoull(text, &end, 16);
	if(*end
			|| (limit.len
					&& (e911_row_number(&limit, PAGE_MAX, &page->limit)
							|| page->limit == 0))) {
		e911_api_problem(
				q, 400, "malformed", "1 to 100", *end ? "cursor" : "limit");
		return E911_ERR_VALUE;
	}
	return E911_OK;
}

static void put_next(e911_query_t *q, uint64_t cursor, int more)
{
	char text[24];

	snprintf(text, sizeof(text), "%llx", (unsigned long long)cursor);
	if(more)
		q->err |= e911_view_text(q->json, "cursor", text);
}

/* ----- locations ----- */

typedef struct filter
{
	char mem[4][WORD_MAX];
	str site, verdict, freshness, gate;
} filter_t;

static int is_one_of(const str *word, const char *(*name_of)(int n))
{
	int n;

	for(n = 0; name_of(n)[0]; n++)
		if(e911_row_is(word, name_of(n)))
			return 1;
	return word->len == 0;
}

static const char *gate_name(int n)
{
	static const char *const names[] = {"open", "warn", "closed", ""};

	return names[n];
}

static int read_filter(e911_query_t *q, filter_t *f)
{
	const char *bad = NULL;

	if(e911_api_search(q, "site", f->mem[0], WORD_MAX, &f->site)
			|| (f->site.len
					&& !e911_sites_named(e911_settings()->sites, &f->site)))
		bad = "site";
	else if(e911_api_search(q, "verdict", f->mem[1], WORD_MAX, &f->verdict)
			|| !is_one_of(&f->verdict, e911_verdict_name))
		bad = "verdict";
	else if(e911_api_search(q, "freshness", f->mem[2], WORD_MAX, &f->freshness)
			|| !is_one_of(&f->freshness, e911_freshness_name))
		bad = "freshness";
	else if(e911_api_search(q, "gate", f->mem[3], WORD_MAX, &f->gate)
			|| !is_one_of(&f->gate, gate_name))
		bad = "gate";
	if(bad)
		e911_api_problem(q, 400, "malformed", NULL, bad);
	return bad ? E911_ERR_VALUE : E911_OK;
}

static int passes(const filter_t *f, const e911_record_t *r)
{
	const e911_place_t *p = &r->place[r->state.place];
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	int why, fresh = e911_freshness(&r->state, p->confirmed, site, &why);

	return (f->gate.len == 0 || e911_row_is(&f->gate, e911_api_gate(r, site)))
		   && (f->site.len == 0 || e911_row_is(&f->site, site->name))
		   && (f->verdict.len == 0
				   || e911_row_is(
						   &f->verdict, e911_verdict_name(p->location.verdict)))
		   && (f->freshness.len == 0
				   || e911_row_is(&f->freshness, e911_freshness_name(fresh)));
}

static struct json_object *view_record(e911_query_t *q, e911_record_t *r)
{
	struct json_object *o = json_object_new_object();
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%llx\"",
			(unsigned long long)r->state.version);
	q->err |= e911_view_str(o, "aor", &r->aor);
	q->err |= e911_view_text(o, "etag", etag);
	e911_api_put_record(o, r, NULL, &q->err);
	return o;
}

static void list_locations(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	struct json_object *list;
	int more = 1, walked = 0, room = ROOM;
	page_t page;
	filter_t f;

	if(read_page(q, &page) || read_filter(q, &f))
		return;
	e911_api_answer(q, 200);
	list = json_object_new_array();
	while(page.limit > 0 && room > 0 && walked++ < WALK_MAX
			&& (more = e911_cache_next(&page.cursor, &r))) {
		if(r.places == 0 || !passes(&f, &r))
			continue;
		q->err |= e911_view_add(list, view_record(q, &r));
		page.limit--;
		room -= ROW_ROOM + 2 * r.place[r.state.place].location.len;
	}
	q->err |= e911_view_put(q->json, "locations", list);
	put_next(q, page.cursor, more);
}

/* "*": the one for all devices */
static const str *contact_of(e911_query_t *q)
{
	if(e911_row_is(&q->part[1], "*"))
		q->part[1].len = 0;
	return &q->part[1];
}

static void show_location(e911_query_t *q)
{
	e911_api_show(q, 200, &q->part[0], contact_of(q), NULL);
}

/* the one for all devices, else the only one there is */
static const str *contact_of_agent(e911_query_t *q)
{
	static e911_contacts_t contacts; /* too large for a stack */
	static const str any = STR_NULL;
	e911_record_t r;

	if(e911_provision_get(&q->part[0], &any, &r)
			&& e911_provision_contacts(&q->part[0], &contacts) == 1)
		return &contacts.contact[0];
	return &any;
}

static void show_agent(e911_query_t *q)
{
	e911_api_show(q, 200, &q->part[0], contact_of_agent(q), NULL);
}

static void state_for(e911_query_t *q, const str *contact)
{
	static e911_api_said_t said; /* too large for a stack */

	if(q->part[0].len > E911_AOR_MAX || contact->len > E911_CONTACT_MAX)
		e911_api_fail(q, E911_ERR_LONG, "aor");
	else if(e911_api_read(q, 0, &said) == 0)
		e911_api_state(q, &q->part[0], contact, &said);
}

static void state_location(e911_query_t *q)
{
	state_for(q, contact_of(q));
}

static void state_agent(e911_query_t *q)
{
	q->part[1].len = 0;
	state_for(q, &q->part[1]);
}

/* of every device; by If-Match only if what is shown of him is that */
static void take_all_back(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	uint64_t ticket;
	int n, err;

	if(e911_provision_get(&q->part[0], contact_of_agent(q), &r))
		r.state.version = 0;
	if(!e911_api_matches(q, r.state.version))
		return;
	err = e911_provision_del(&q->part[0], NULL, &n, &ticket);
	if(err == 0 && n == 0)
		err = E911_ERR_NONE;
	if(err)
		e911_api_fail(q, err, "aor");
	else
		q->reply.code = 204;
}

static void take_one_back(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	int err = e911_provision_get(&q->part[0], contact_of(q), &r);

	if(err)
		e911_api_fail(q, err, "aor");
	else
		e911_api_take_back(q, &r);
}

/* ----- sites, ERSPs, calls ----- */

static struct json_object *view_steps(e911_query_t *q, const e911_site_t *site)
{
	struct json_object *list = json_object_new_array();
	int i;

	for(i = 0; i < site->validate.n; i++) {
		const char *name = site->validate.step[i].name;

		q->err |= e911_view_add(
				list, json_object_new_string(name[0] ? name : "msag"));
	}
	return list;
}

static struct json_object *view_site(e911_query_t *q, const e911_site_t *site)
{
	struct json_object *o = json_object_new_object();

	q->err |= e911_view_text(o, "name", site->name);
	q->err |= e911_view_text(o, "gate", e911_gate_name(site->gate));
	q->err |= e911_view_number(o, "set", site->set);
	q->err |= e911_view_text(o, "page", site->page);
	q->err |= e911_view_put(o, "validate", view_steps(q, site));
	return o;
}

static void list_sites(e911_query_t *q)
{
	struct json_object *list = json_object_new_array();
	const e911_site_t *site;
	int i;

	e911_api_answer(q, 200);
	for(i = 0; (site = e911_sites_nth(e911_settings()->sites, i)); i++)
		q->err |= e911_view_add(list, view_site(q, site));
	q->err |= e911_view_put(q->json, "sites", list);
}

static struct json_object *view_fresh(e911_query_t *q, const unsigned int *n)
{
	struct json_object *o = json_object_new_object();
	int fresh;

	for(fresh = 0; fresh < E911_FRESHNESSES; fresh++)
		if(n[fresh])
			q->err |= e911_view_number(o, e911_freshness_name(fresh), n[fresh]);
	return o;
}

/* those there are any of: with all sites it has to fit one answer */
static struct json_object *view_counts(e911_query_t *q, const e911_census_t *c)
{
	struct json_object *o = json_object_new_object(), *of;
	int verdict;

	for(verdict = 0; verdict < E911_VERDICTS; verdict++) {
		of = view_fresh(q, c->locations[verdict]);
		if(of && json_object_object_length(of) == 0)
			json_object_put(of);
		else
			q->err |= e911_view_put(o, e911_verdict_name(verdict), of);
	}
	return o;
}

static struct json_object *view_census(e911_query_t *q, const e911_census_t *c)
{
	const e911_site_t *site = e911_settings_site(c->site);
	struct json_object *o = json_object_new_object();

	q->err |= e911_view_text(o, "site", site->name);
	q->err |= e911_view_time(o, "counted", c->counted);
	q->err |= e911_view_number(o, "contacts", c->contacts);
	q->err |= e911_view_number(o, "located", c->located);
	q->err |= e911_view_number(o, "gated", c->gated);
	q->err |= e911_view_put(o, "locations", view_counts(q, c));
	return o;
}

static void show_coverage(e911_query_t *q)
{
	struct json_object *list = json_object_new_array();
	e911_census_t c;
	int i;

	e911_api_answer(q, 200);
	for(i = 0; e911_census_nth(i, &c) == 0; i++)
		q->err |= e911_view_add(list, view_census(q, &c));
	q->err |= e911_view_put(q->json, "sites", list);
}

typedef struct listing
{
	e911_query_t *q;
	struct json_object *list;
} listing_t;

static void add_ersp(const e911_ersp_t *ersp, void *arg)
{
	listing_t *listing = arg;
	e911_query_t *q = listing->q;
	struct json_object *o = json_object_new_object();

	q->err |= e911_view_number(o, "set", ersp->set);
	q->err |= e911_view_str(o, "uri", &ersp->uri);
	q->err |= e911_view_number(o, "priority", ersp->priority);
	q->err |= e911_view_text(o, "health", e911_health_name(ersp->health));
	q->err |= e911_view_flag(o, "probed", ersp->probed);
	q->err |= e911_view_flag(o, "drained", ersp->drained);
	q->err |= e911_view_text(o, "profile", ersp->profile);
	q->err |= e911_view_add(listing->list, o);
}

static void list_ersps(e911_query_t *q)
{
	listing_t listing = {q, json_object_new_array()};

	e911_api_answer(q, 200);
	e911_ersps_each(add_ersp, &listing);
	q->err |= e911_view_put(q->json, "ersps", listing.list);
}

struct json_object *e911_api_view_call(e911_query_t *q, const e911_entry_t *e)
{
	struct json_object *o = json_object_new_object();
	char hash[20];

	snprintf(hash, sizeof(hash), "%016llx",
			(unsigned long long)e911_hash(e->callid, strlen(e->callid)));
	q->err |= e911_view_text(o, "call", hash);
	q->err |= e911_view_text(o, "aor", e->aor);
	q->err |= e911_view_text(o, "contact", e->device);
	q->err |= e911_view_text(o, "site", e911_settings_site(e->site)->name);
	q->err |= e911_view_text(o, "callback", e->callback);
	q->err |= e911_view_text(o, "elin", e->elin);
	q->err |= e911_view_time(o, "started", e->started);
	q->err |= e911_view_time(o, "ended", e->ended);
	q->err |= e911_view_flag(o, "proven", e->proven);
	q->err |= e911_view_flag(o, "trunk", e->trunk);
	q->err |= e911_view_flag(o, "test", e->test);
	return o;
}

static void list_calls(e911_query_t *q)
{
	static e911_entry_t e; /* too large for a stack */
	struct json_object *list;
	page_t page;
	int more = 1;

	if(read_page(q, &page))
		return;
	e911_api_answer(q, 200);
	list = json_object_new_array();
	while(page.limit-- > 0
			&& (more = e911_ledger_newest((unsigned int)page.cursor, &e))) {
		q->err |= e911_view_add(list, e911_api_view_call(q, &e));
		page.cursor++;
	}
	q->err |= e911_view_put(q->json, "calls", list);
	put_next(q, page.cursor, more);
}

/* ----- dry run ----- */

static void add_step(const e911_call_t *call, const str *invite, void *arg)
{
	const e911_step_t *step = &call->ladder[call->step];
	listing_t *listing = arg;
	e911_query_t *q = listing->q;
	struct json_object *o = json_object_new_object();
	str uri = e911_call_text(call, step->uri);

	q->err |= e911_view_str(o, "destination", &uri);
	q->err |= e911_view_text(o, "profile", e911_branch_profile(call)->name);
	q->err |= e911_view_str(o, "invite", invite);
	q->err |= e911_view_add(listing->list, o);
}

static void dry_run(e911_query_t *q)
{
	listing_t listing = {q, NULL};
	char mem[3][E911_API_PART_MAX];
	str aor, number, contact;
	int err;

	if(e911_api_search(q, "aor", mem[0], sizeof(mem[0]), &aor)
			|| e911_api_search(q, "number", mem[1], sizeof(mem[1]), &number)
			|| e911_api_search(q, "contact", mem[2], sizeof(mem[2]), &contact)
			|| aor.len == 0 || number.len == 0) {
		e911_api_problem(q, 400, "malformed", "aor and number are needed",
				aor.len ? "number" : "aor");
		return;
	}
	e911_api_answer(q, 200);
	listing.list = json_object_new_array();
	err = e911_dryrun(&aor, &contact, &number, add_step, &listing);
	if(err) {
		json_object_put(listing.list);
		e911_api_fail(q, err, "number");
		return;
	}
	q->err |= e911_view_put(q->json, "steps", listing.list);
}

static void show_stats(e911_query_t *q)
{
	const char *name, *text;
	unsigned long value;
	int n;

	e911_api_answer(q, 200);
	for(n = 0; e911_stats_nth(n, &name, &text, &value); n++)
		q->err |= e911_view_number(q->json, name, (int64_t)value);
}

#define READ E911_API_OPERATORS, E911_ROLE_READ
#define EDIT E911_API_OPERATORS, E911_ROLE_EDIT

const e911_api_row_t e911_api_operator_rows[] = {
		{E911_API_GET, "locations", READ, list_locations},
		{E911_API_GET, "locations/{}", READ, show_agent},
		{E911_API_PUT, "locations/{}", EDIT, state_agent},
		{E911_API_DELETE, "locations/{}", EDIT, take_all_back},
		{E911_API_GET, "locations/{}/{}", READ, show_location},
		{E911_API_PUT, "locations/{}/{}", EDIT, state_location},
		{E911_API_DELETE, "locations/{}/{}", EDIT, take_one_back},
		{E911_API_GET, "sites", READ, list_sites},
		{E911_API_GET, "coverage", READ, show_coverage},
		{E911_API_GET, "ersps", READ, list_ersps},
		{E911_API_GET, "calls", READ, list_calls},
		{E911_API_GET, "dryrun", READ, dry_run},
		{E911_API_GET, "stats", READ, show_stats},
		{0, NULL, 0, 0, NULL},
};
