/*
 * e911: the HTTP API: what an agent asks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>
#include "api_part.h"
#include "consent.h"
#include "err.h"
#include "gate.h"
#include "hash.h"
#include "ledger.h"
#include "row.h"
#include "settings.h"

#define CALLS_MAX 100  /* of an export */
#define WALK_MAX 20000 /* calls looked at for one */
#define PLACE_NAME_MAX 20

/* what would go with a call of his; found NONE: nothing */
static void find_mine(
		const e911_query_t *q, e911_location_t *l, e911_finding_t *f)
{
	static const e911_where_from_t nowhere;
	e911_device_t device = {0};

	if(q->access.contact.len) {
		device.n = 1;
		device.name[0] = q->access.contact;
	}
	e911_cache_find(&q->access.aor, &device, &nowhere, l, f);
}

/* whose it is; the one stated for all his devices, too. NONE */
static int find_record(e911_query_t *q, e911_record_t *r)
{
	e911_finding_t f;
	e911_location_t l;
	int err = E911_ERR_NONE;

	find_mine(q, &l, &f);
	if(f.found)
		err = e911_cache_get(&q->access.aor, &f.contact, r);
	if(!err && r->places == 0)
		err = E911_ERR_NONE;
	return err;
}

/* NONE has been answered */
static int my_record(e911_query_t *q, e911_record_t *r)
{
	int err = find_record(q, r);

	if(err)
		e911_api_fail(q, err, "location");
	return err;
}

static const e911_site_t *my_site(e911_query_t *q)
{
	const e911_site_t *site;

	if(e911_provision_site_of(&q->access.aor, &q->access.contact, &site))
		return e911_sites_nth(e911_settings()->sites, 0);
	return site;
}

static struct json_object *view_gate(e911_query_t *q, const e911_site_t *site)
{
	struct json_object *o = json_object_new_object();
	const char *word;
	e911_finding_t f;
	e911_location_t l;

	find_mine(q, &l, &f);
	word = e911_gate_word(&l, &f, site);
	q->err |= e911_view_text(o, "policy", e911_gate_name(site->gate));
	q->err |= e911_view_flag(
			o, "open", site->gate != E911_GATE_REQUIRE || word[0] == '\0');
	q->err |= e911_view_text(o, "reason", word);
	return o;
}

/* of the advisory on the limits of 911 that he is to acknowledge; 47 CFR 9.11 */
static struct json_object *view_consent(
		e911_query_t *q, const e911_site_t *site)
{
	struct json_object *o = json_object_new_object();
	e911_consent_t consent;
	int known = e911_consent_get(&q->access.aor, &consent) == 0
				&& strcmp(consent.version, site->advisory) == 0;

	if(site->advisory[0])
		q->err |= e911_view_text(o, "version", site->advisory);
	else if(o)
		json_object_object_add(o, "version", NULL);
	q->err |= e911_view_time(o, "acknowledged", known ? consent.when : 0);
	return o;
}

static void show_consent(e911_query_t *q)
{
	q->reply.code = 200;
	q->json = view_consent(q, my_site(q));
}

/* the one that is in force, no other */
static void acknowledge(e911_query_t *q)
{
	const e911_site_t *site = my_site(q);
	char version[E911_ADVISORY_MAX];
	str given = {version, 0};
	int err = e911_api_read_word(q, "version", version, sizeof(version));

	if(err)
		return;
	given.len = (int)strlen(version);
	err = strcmp(version, site->advisory) != 0
				  ? E911_ERR_VALUE
				  : e911_consent_put(&q->access.aor, &given, time(NULL));
	if(err)
		e911_api_fail(q, err, "version");
	else
		show_consent(q);
}

static void show_me(e911_query_t *q)
{
	const e911_site_t *site = my_site(q);
	struct json_object *o = e911_api_answer(q, 200);

	q->err |= e911_view_str(o, "aor", &q->access.aor);
	q->err |= e911_view_str(o, "contact", &q->access.contact);
	q->err |= e911_view_text(o, "site", site->name);
	q->err |= e911_view_put(o, "gate", view_gate(q, site));
	q->err |= e911_view_put(o, "advisory", view_consent(q, site));
	q->err |= e911_view_time(o, "until", q->access.until);
}

static void show_mine(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	struct json_object *o;

	if(my_record(q, &r))
		return;
	o = e911_api_answer(q, 200);
	q->reply.version = r.state.version;
	e911_api_put_record(o, &r, NULL, &q->err);
}

static void state_mine(e911_query_t *q)
{
	static e911_api_said_t said; /* too large for a stack */

	if(e911_api_read(q, 0, &said) == 0)
		e911_api_state(q, &q->access.aor, &q->access.contact, &said);
}

/* the one that he sees */
static void take_mine_back(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */

	if(my_record(q, &r) == 0)
		e911_api_take_back(q, &r);
}

static void confirm_mine(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	uint64_t ticket;
	int err;

	if(my_record(q, &r) || !e911_api_matches(q, r.state.version))
		return;
	err = e911_provision_confirm(&r.aor, &r.contact, &ticket);
	if(err)
		e911_api_fail(q, err, "location");
	else
		e911_api_show(q, 200, &r.aor, &r.contact, NULL);
}

/* ----- places ----- */

/* of what it is, not of where it stands in the record */
static void name_place(const e911_place_t *p, char name[PLACE_NAME_MAX])
{
	snprintf(name, PLACE_NAME_MAX, "%016llx",
			(unsigned long long)e911_hash(
					(const char *)p->location.text, p->location.len));
}

static int put_network(struct json_object *o, const e911_network_t *network)
{
	char mem[E911_NETWORK_TEXT_MAX];
	e911_strbuf_t b;
	str text;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_network_put(&b, network);
	text = (str){b.s, (int)b.len};
	return e911_view_str(o, "network", &text);
}

/* all there is to say of a record if that place of it were in use */
static struct json_object *view_place(
		e911_query_t *q, e911_record_t *r, int place)
{
	struct json_object *o = json_object_new_object();
	unsigned char in_use = r->state.place;
	char name[PLACE_NAME_MAX];

	name_place(&r->place[place], name);
	q->err |= e911_view_text(o, "id", name);
	q->err |= e911_view_flag(o, "current", place == in_use);
	q->err |= put_network(o, &r->place[place].network);
	r->state.place = (unsigned char)place;
	e911_api_put_record(o, r, NULL, &q->err);
	r->state.place = in_use;
	return o;
}

static struct json_object *view_places(e911_query_t *q, e911_record_t *r)
{
	struct json_object *list = json_object_new_array();
	int i;

	for(i = 0; i < r->places; i++)
		q->err |= e911_view_add(list, view_place(q, r, i));
	return list;
}

static void show_places(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */

	r.places = 0;
	if(find_record(q, &r))
		r.places = 0;
	q->err |= e911_view_put(
			e911_api_answer(q, 200), "places", view_places(q, &r));
}

/* NONE has been answered */
static int find_place(e911_query_t *q, e911_record_t *r)
{
	char name[PLACE_NAME_MAX];
	int i, err = my_record(q, r);

	for(i = 0; !err && i < r->places; i++) {
		name_place(&r->place[i], name);
		if(e911_row_is(&q->part[0], name))
			return i;
	}
	if(!err)
		e911_api_fail(q, E911_ERR_NONE, "place");
	return E911_ERR_NONE;
}

/* stated anew, from where he is now; what was said of it stands */
static void use_place(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	e911_order_t order;
	e911_location_t l;
	uint64_t ticket;
	int err, i = find_place(q, &r);

	if(i < 0)
		return;
	memcpy(&l, &r.place[i].location, E911_LOCATION_SIZE(&r.place[i].location));
	l.stated = time(NULL);
	l.origin = E911_FROM_HTTP;
	order = (e911_order_t){.aor = r.aor,
			.contact = r.contact,
			.location = &l,
			.match = E911_MATCH_VERSION,
			.version = r.state.version};
	err = l.verdict == E911_UNUSABLE ? E911_ERR_UNUSABLE
									 : e911_provision_set(&order, &ticket);
	if(err)
		e911_api_fail(q, err, "place");
	else
		e911_api_show(q, 200, &r.aor, &r.contact, NULL);
}

static void forget_place(e911_query_t *q)
{
	static e911_record_t r; /* too large for a stack */
	int err, i = find_place(q, &r);

	if(i < 0)
		return;
	err = e911_provision_forget_place(&r.aor, &r.contact, i, r.state.version);
	if(err == E911_ERR_VALUE)
		e911_api_problem(
				q, 409, "place-in-use", "state another location first", NULL);
	else if(err)
		e911_api_fail(q, err, "place");
	else
		q->reply.code = 204;
}

/* ----- what is kept about me ----- */

static struct json_object *view_record(e911_query_t *q, e911_record_t *r)
{
	struct json_object *o = json_object_new_object();

	e911_api_put_record(o, r, NULL, &q->err);
	q->err |= e911_view_put(o, "places", view_places(q, r));
	return o;
}

static struct json_object *view_records(e911_query_t *q)
{
	static e911_contacts_t contacts; /* too large for a stack */
	static e911_record_t r;
	struct json_object *list = json_object_new_array();
	int i, n = e911_provision_contacts(&q->access.aor, &contacts);

	for(i = 0; i < n; i++)
		if(e911_cache_get(&q->access.aor, &contacts.contact[i], &r) == 0
				&& r.places)
			q->err |= e911_view_add(list, view_record(q, &r));
	return list;
}

static struct json_object *view_calls(e911_query_t *q)
{
	static e911_entry_t e; /* too large for a stack */
	struct json_object *list = json_object_new_array();
	uint64_t cursor = 0;
	int n = 0, walked = 0;

	while(n < CALLS_MAX && walked++ < WALK_MAX
			&& e911_ledger_next(&cursor, &e)) {
		if(!e911_row_is(&q->access.aor, e.aor) || !e.proven)
			continue;
		q->err |= e911_view_add(list, e911_api_view_call(q, &e));
		n++;
	}
	return list;
}

static void export_me(e911_query_t *q)
{
	struct json_object *o = e911_api_answer(q, 200);

	q->err |= e911_view_str(o, "aor", &q->access.aor);
	q->err |= e911_view_put(o, "locations", view_records(q));
	q->err |= e911_view_put(o, "acknowledgement", view_consent(q, my_site(q)));
	q->err |= e911_view_put(o, "calls", view_calls(q));
}

/* records of emergency calls are kept as long as the law wants */
static int count_calls(const e911_query_t *q)
{
	static e911_entry_t e; /* too large for a stack */
	uint64_t cursor = 0;
	int n = 0, walked = 0;

	while(walked++ < WALK_MAX && e911_ledger_next(&cursor, &e))
		n += e911_row_is(&q->access.aor, e.aor);
	return n;
}

static void erase_me(e911_query_t *q)
{
	struct json_object *o;
	uint64_t ticket;
	int n, err = e911_provision_del(&q->access.aor, NULL, &n, &ticket);

	if(err) {
		e911_api_fail(q, err, "");
		return;
	}
	e911_consent_erase(&q->access.aor);
	o = e911_api_answer(q, 200);
	q->err |= e911_view_number(o, "locations", n);
	q->err |= e911_view_number(o, "calls_kept", count_calls(q));
}

const e911_api_row_t e911_api_agent_rows[] = {
		{E911_API_GET, "me", E911_API_AGENTS, 0, show_me},
		{E911_API_DELETE, "me", E911_API_AGENTS, 0, erase_me},
		{E911_API_GET, "me/location", E911_API_AGENTS, 0, show_mine},
		{E911_API_PUT, "me/location", E911_API_AGENTS, 0, state_mine},
		{E911_API_DELETE, "me/location", E911_API_AGENTS, 0, take_mine_back},
		{E911_API_POST, "me/location/confirm", E911_API_AGENTS, 0,
				confirm_mine},
		{E911_API_GET, "me/places", E911_API_AGENTS, 0, show_places},
		{E911_API_POST, "me/places/{}/use", E911_API_AGENTS, 0, use_place},
		{E911_API_DELETE, "me/places/{}", E911_API_AGENTS, 0, forget_place},
		{E911_API_GET, "me/acknowledgement", E911_API_AGENTS, 0, show_consent},
		{E911_API_PUT, "me/acknowledgement", E911_API_AGENTS, 0, acknowledge},
		{E911_API_GET, "me/export", E911_API_AGENTS, 0, export_me},
		{E911_API_POST, "validate", E911_API_AGENTS | E911_API_OPERATORS,
				E911_ROLE_READ, e911_api_validate},
		{E911_API_POST, "suggestions", E911_API_AGENTS | E911_API_OPERATORS,
				E911_ROLE_READ, e911_api_suggest},
		{0, NULL, 0, 0, NULL},
};
