/*
 * e911: the HTTP API: locations, stated and shown
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <json-c/json.h>
#include "../../core/cfg/cfg_struct.h"
#include "api_part.h"
#include "config.h"
#include "err.h"
#include "gate.h"
#include "guide.h"
#include "json.h"
#include "keeper.h"
#include "row.h"
#include "settings.h"
#include "stats.h"
#include "utf8.h"
#include "validate.h"
#include "verdict.h"

#define DEPTH 4

/* ----- what is asked ----- */

static int read_site(struct json_object *value, const e911_site_t **site)
{
	str name = {(char *)json_object_get_string(value),
			json_object_get_string_len(value)};

	if(!json_object_is_type(value, json_type_string))
		return E911_ERR_TYPE;
	*site = e911_sites_named(e911_settings()->sites, &name);
	return *site ? E911_OK : E911_ERR_VALUE;
}

/* a person's word, unless said otherwise */
static int read_place(struct json_object *value, e911_location_t *l,
		char bad[E911_JSON_NAME_MAX])
{
	int err = e911_json_location(l, value, E911_FROM_HTTP, time(NULL), bad);
	str method;

	if(err == 0 && e911_location_get(l, E911_F_METHOD, &method))
		err = e911_location_set(l, E911_F_METHOD, "Manual", 6);
	return err;
}

static int read_durable(struct json_object *value, int *durable)
{
	*durable = json_object_get_boolean(value);
	return json_object_is_type(value, json_type_boolean) ? E911_OK
														 : E911_ERR_TYPE;
}

static int read_member(const char *name, struct json_object *value, int site,
		e911_api_said_t *said, char bad[E911_JSON_NAME_MAX])
{
	if(strcmp(name, "location") == 0)
		return read_place(value, &said->location, bad);
	if(site && strcmp(name, "site") == 0)
		return read_site(value, &said->site);
	if(!site && strcmp(name, "durable") == 0)
		return read_durable(value, &said->durable);
	return E911_ERR_NAME;
}

static int read_members(struct json_object *body, int site,
		e911_api_said_t *said, char bad[E911_JSON_NAME_MAX])
{
	int err;

	if(!json_object_is_type(body, json_type_object))
		return E911_ERR_TYPE;
	json_object_object_foreach(body, name, value)
	{
		bad[0] = '\0';
		err = read_member(name, value, site, said, bad);
		if(err == 0)
			continue;
		if(bad[0] == '\0')
			strncpy(bad, name, E911_JSON_NAME_MAX - 1);
		return err;
	}
	if(json_object_object_get_ex(body, "location", NULL))
		return E911_OK;
	strcpy(bad, "location");
	return E911_ERR_MISSING;
}

/* the body as it is; an error has been answered */
static int read_body(e911_query_t *q, struct json_object **body)
{
	int err;

	if(q->msg->content_length == NULL) {
		e911_api_problem(q, 411, "length", NULL, NULL);
		return E911_ERR_MISSING;
	}
	err = q->body.len ? e911_json_parse(&q->body, DEPTH, body)
					  : E911_ERR_SYNTAX;
	if(err)
		e911_api_fail(q, err, "");
	return err;
}

int e911_api_read(e911_query_t *q, int site, e911_api_said_t *said)
{
	char bad[E911_JSON_NAME_MAX] = "";
	struct json_object *body;
	int err = read_body(q, &body);

	said->site = NULL;
	said->durable = 0;
	if(err)
		return err;
	err = read_members(body, site, said, bad);
	json_object_put(body);
	if(err) {
		/* the caller's own text, maybe cut within a character */
		bad[E911_JSON_NAME_MAX - 1] = '\0';
		e911_utf8_cut(bad);
		e911_stats_count(E911_STAT_REFUSED);
		e911_api_fail(q, err, bad);
	}
	return err;
}

int e911_api_read_word(
		e911_query_t *q, const char *name, char *word, size_t size)
{
	struct json_object *body, *value = NULL;
	int err = read_body(q, &body);
	str text;

	if(err)
		return err;
	if(!json_object_is_type(body, json_type_object)
			|| !json_object_object_get_ex(body, name, &value))
		err = E911_ERR_MISSING;
	else if(!json_object_is_type(value, json_type_string))
		err = E911_ERR_TYPE;
	else {
		text.s = (char *)json_object_get_string(value);
		text.len = json_object_get_string_len(value);
		err = e911_row_text(word, size, &text);
	}
	json_object_put(body);
	if(err)
		e911_api_fail(q, err, name);
	return err;
}

/* "*", "abc" or a list of them: RFC 9110 section 13.1 */
static int has_version(const str *header, uint64_t *version)
{
	uint64_t n = 0;
	int i;

	for(i = 0; i < header->len; i++) {
		char c = header->s[i];

		if(c >= '0' && c <= '9')
			n = n * 16 + (uint64_t)(c - '0');
		else if(c >= 'a' && c <= 'f')
			n = n * 16 + (uint64_t)(c - 'a' + 10);
		else if(c != '"')
			return 0;
	}
	*version = n;
	return header->len > 2 && header->len <= 18 && header->s[0] == '"'
		   && header->s[header->len - 1] == '"';
}

static void read_condition(e911_query_t *q, e911_order_t *order)
{
	str value;

	if(e911_api_header(q->msg, "If-None-Match", &value) == 0
			&& e911_row_is(&value, "*"))
		order->match = E911_MATCH_NOTHING;
	if(e911_api_header(q->msg, "If-Match", &value))
		return;
	order->match = e911_row_is(&value, "*") ? E911_MATCH_SOMETHING
											: E911_MATCH_VERSION;
	/* what is no ETag of ours matches nothing */
	if(!has_version(&value, &order->version))
		order->version = 0;
}

int e911_api_matches(e911_query_t *q, uint64_t version)
{
	e911_order_t order = {.match = E911_MATCH_ANY};

	read_condition(q, &order);
	if(order.match != E911_MATCH_VERSION
			|| (order.version && order.version == version))
		return 1;
	e911_api_fail(q, E911_ERR_OLD, "");
	return 0;
}

void e911_api_take_back(e911_query_t *q, const e911_record_t *r)
{
	uint64_t ticket;
	int err;

	if(!e911_api_matches(q, r->state.version))
		return;
	err = e911_provision_del_version(
			&r->aor, &r->contact, r->state.version, &ticket);
	if(err)
		e911_api_fail(q, err, "location");
	else
		q->reply.code = 204;
}

/* ----- what is answered ----- */

static void put_assessment(
		struct json_object *o, const e911_assessment_t *a, int *err)
{
	*err |= e911_view_text(o, "verdict", e911_verdict_name(a->verdict));
	*err |= e911_view_text(o, "validator", a->validator);
	*err |= e911_view_assessment(o, a);
}

/* a worker is at it at this moment */
static int is_checked(const e911_record_t *r, const e911_site_t *site)
{
	return site->validate.n && r->state.silent == 0
		   && r->place[r->state.place].location.verdict == E911_UNCHECKED
		   && !e911_passed(r->state.asked, e911_now()) && r->state.asked;
}

const char *e911_api_gate(const e911_record_t *r, const e911_site_t *site)
{
	const e911_place_t *p = &r->place[r->state.place];
	e911_finding_t f = {.found = E911_FOUND_DEVICE,
			.state = r->state,
			.confirmed = p->confirmed};

	if(site->gate == E911_GATE_OFF
			|| e911_gate_word(&p->location, &f, site)[0] == '\0')
		return "open";
	return site->gate == E911_GATE_WARN ? "warn" : "closed";
}

/* nobody has said anything of it just now */
static const e911_assessment_t nothing;

void e911_api_put_record(struct json_object *o, e911_record_t *r,
		const e911_assessment_t *a, int *err)
{
	const e911_place_t *p = &r->place[r->state.place];
	const e911_location_t *l = &p->location;
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	str validator = STR_NULL;
	time_t validated = e911_verdict_date(l, &validator);
	int why, fresh = e911_freshness(&r->state, p->confirmed, site, &why);

	*err |= e911_view_str(o, "contact", &r->contact);
	*err |= e911_view_text(o, "site", site->name);
	*err |= e911_view_put(o, "location", e911_view_location(l));
	*err |= e911_view_text(o, "verdict", e911_verdict_name(l->verdict));
	*err |= e911_view_text(o, "freshness", e911_freshness_name(fresh));
	*err |= e911_view_text(o, "reason", e911_reason_name(why));
	*err |= e911_view_text(o, "origin", e911_origin_name(l->origin));
	*err |= e911_view_time(o, "stated", l->stated);
	*err |= e911_view_time(o, "confirmed", p->confirmed);
	*err |= e911_view_str(o, "validator", &validator);
	*err |= e911_view_time(o, "validated", validated);
	*err |= e911_view_flag(o, "checking", is_checked(r, site));
	*err |= e911_view_text(o, "gate", e911_api_gate(r, site));
	*err |= e911_view_assessment(o, a ? a : &nothing);
}

void e911_api_show(e911_query_t *q, int code, const str *aor,
		const str *contact, const e911_assessment_t *a)
{
	static e911_record_t r; /* too large for a stack */
	int err = e911_provision_get(aor, contact, &r);
	struct json_object *o;

	if(err || r.places == 0) {
		e911_api_fail(q, err ? err : E911_ERR_NONE, "location");
		return;
	}
	o = e911_api_answer(q, code);
	q->reply.version = r.state.version;
	e911_api_put_record(o, &r, a, &q->err);
}

/* ----- stating ----- */

static void refuse_invalid(e911_query_t *q, const e911_assessment_t *a)
{
	struct json_object *o = e911_api_problem(
			q, 422, "location-invalid", "no such address", NULL);

	put_assessment(o, a, &q->err);
}

static int waits(e911_query_t *q, e911_waiter_t *w, int ms)
{
	memcpy(w->origin, q->reply.origin, sizeof(w->origin));
	q->later = e911_waiting_put(q->msg, w, ms) == 0;
	return q->later;
}

static void name_waiter(e911_waiter_t *w, const str *aor, const str *contact)
{
	w->aor_len = aor->len;
	memcpy(w->aor, aor->s, aor->len);
	w->contact_len = contact->len;
	if(contact->len)
		memcpy(w->contact, contact->s, contact->len);
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* what is said of it, or that it is stored, may be waited for */
static void show_when_done(e911_query_t *q, const e911_order_t *order,
		e911_waiter_t *w, const e911_assessment_t *a)
{
	int ms = w->job ? cfg_get(e911, e911_cfg, validate_wait) : 0;

	if(w->ticket)
		ms = most(ms, cfg_get(e911, e911_cfg, durable_wait));
	name_waiter(w, &order->aor, &order->contact);
	if(!(w->job || w->ticket) || !waits(q, w, ms))
		e911_api_show(q, w->job || w->ticket ? 202 : 200, &order->aor,
				&order->contact, a);
}

void e911_api_state(e911_query_t *q, const str *aor, const str *contact,
		e911_api_said_t *said)
{
	static e911_assessment_t a; /* too large for a stack */
	static e911_waiter_t w;
	e911_order_t order = {.aor = *aor, .contact = *contact};
	const e911_site_t *site;
	uint64_t ticket;
	int err = e911_provision_site_of(aor, contact, &site);

	if(err) {
		e911_api_fail(q, err, "contact");
		return;
	}
	memset(&w, 0, sizeof(w));
	w.kind = E911_API_WAIT_STATED;
	w.site = site->id;
	read_condition(q, &order);
	err = e911_validate_state(
			site, &order, &said->location, &a, &w.job, &ticket);
	if(err == E911_ERR_UNUSABLE)
		refuse_invalid(q, &a);
	else if(err)
		e911_api_fail(q, err, "");
	if(err)
		return;
	if(said->durable && !e911_provision_is_stored(ticket))
		w.ticket = ticket;
	show_when_done(q, &order, &w, &a);
}

/* ----- validating alone ----- */

static const e911_site_t *site_of(e911_query_t *q, const e911_site_t *named)
{
	const e911_site_t *site = named;

	if(site == NULL && q->access.who == E911_AGENT
			&& e911_provision_site_of(
					&q->access.aor, &q->access.contact, &site))
		site = NULL;
	return site ? site : e911_sites_nth(e911_settings()->sites, 0);
}

static void show_assessment(
		e911_query_t *q, int code, const e911_assessment_t *a)
{
	put_assessment(e911_api_answer(q, code), a, &q->err);
}

void e911_api_validate(e911_query_t *q)
{
	static e911_assessment_t a; /* too large for a stack */
	static e911_api_said_t said;
	static e911_waiter_t w;
	const e911_site_t *site;

	if(e911_api_read(q, 1, &said))
		return;
	site = site_of(q, said.site);
	memset(&w, 0, sizeof(w));
	w.kind = E911_API_WAIT_ASSESSED;
	if(e911_validate_now(site, &said.location, &a) == E911_ERR_AGAIN)
		w.job = e911_validate_ask(
				NULL, NULL, site, &said.location, E911_INTERACTIVE);
	if(w.job == 0 || !waits(q, &w, cfg_get(e911, e911_cfg, validate_wait)))
		show_assessment(q, 200, &a);
}

void e911_api_suggest(e911_query_t *q)
{
	static e911_assessment_t a; /* too large for a stack */
	static e911_api_said_t said;
	const e911_msag_t *guide = e911_guide();

	if(e911_api_read(q, 1, &said))
		return;
	e911_assessment_init(&a);
	if(guide)
		e911_msag_assess(guide, &said.location, &a);
	q->err |= e911_view_suggestions(e911_api_answer(q, 200), &a);
}

/* ----- by a worker ----- */

int e911_api_is_done(const e911_waiter_t *w)
{
	return (w->job == 0 || e911_jobs_result(w->job, NULL) != E911_ERR_AGAIN)
		   && (w->ticket == 0 || e911_provision_is_stored(w->ticket));
}

static void show_stated(e911_query_t *q, const e911_waiter_t *w, int err,
		const e911_assessment_t *a)
{
	str aor = {(char *)w->aor, w->aor_len};
	str contact = {(char *)w->contact, w->contact_len};
	int done = e911_api_is_done(w);

	if(w->job && err == 0
			&& e911_validate_rejects(e911_settings_site(w->site), a))
		refuse_invalid(q, a);
	else
		e911_api_show(q, done ? 200 : 202, &aor, &contact,
				w->job && err == 0 ? a : NULL);
}

void e911_api_waited(e911_query_t *q, const e911_waiter_t *w)
{
	static e911_assessment_t a; /* too large for a stack */
	int err = w->job ? e911_jobs_result(w->job, &a) : E911_ERR_NONE;

	if(err)
		e911_assessment_init(&a);
	if(w->kind == E911_API_WAIT_ASSESSED)
		show_assessment(q, err == E911_ERR_AGAIN ? 202 : 200, &a);
	else
		show_stated(q, w, err, &a);
}
