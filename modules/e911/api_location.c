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

static int put_site(
		e911_query_t *q, struct json_object *value, const e911_site_t **site)
{
	str name = {(char *)json_object_get_string(value),
			json_object_get_string_len(value)};

	if(!json_object_is_type(value, json_type_string))
		name.len = 0;
	*site = name.len ? e911_sites_named(e911_settings()->sites, &name) : NULL;
	if(*site == NULL)
		e911_api_fail(q, E911_ERR_VALUE, "site");
	return *site ? E911_OK : E911_ERR_VALUE;
}

static int read_members(e911_query_t *q, struct json_object *body,
		e911_location_t *l, const e911_site_t **site)
{
	char bad[E911_JSON_NAME_MAX];
	struct json_object *location = NULL;
	int err;

	json_object_object_foreach(body, name, value)
	{
		if(strcmp(name, "location") == 0)
			location = value;
		else if(strcmp(name, "site") != 0) {
			e911_api_fail(q, E911_ERR_NAME, "");
			return E911_ERR_NAME;
		} else if(put_site(q, value, site))
			return E911_ERR_VALUE;
	}
	if(location == NULL) {
		e911_api_fail(q, E911_ERR_MISSING, "location");
		return E911_ERR_MISSING;
	}
	err = e911_json_location(l, location, E911_FROM_HTTP, time(NULL), bad);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		e911_utf8_cut(bad);
		e911_api_fail(q, err, bad);
	}
	return err;
}

/* a person's word, unless said otherwise */
static int put_method(e911_query_t *q, e911_location_t *l)
{
	str method;
	int err = 0;

	if(e911_location_get(l, E911_F_METHOD, &method))
		err = e911_location_set(l, E911_F_METHOD, "Manual", 6);
	if(err)
		e911_api_fail(q, err, "location");
	return err;
}

int e911_api_read_location(
		e911_query_t *q, e911_location_t *l, const e911_site_t **site)
{
	struct json_object *body;
	int err;

	*site = NULL;
	err = q->body.len ? e911_json_parse(&q->body, DEPTH, &body)
					  : E911_ERR_SYNTAX;
	if(err) {
		e911_api_fail(q, err, "");
		return err;
	}
	if(!json_object_is_type(body, json_type_object)) {
		err = E911_ERR_TYPE;
		e911_api_fail(q, err, "");
	} else
		err = read_members(q, body, l, site);
	json_object_put(body);
	return err ? err : put_method(q, l);
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
	order->match = E911_MATCH_VERSION;
	/* what is no ETag of ours matches nothing */
	if(!has_version(&value, &order->version))
		order->version = 0;
}

/* ----- what is answered ----- */

void e911_api_put_assessment(
		struct json_object *o, const e911_assessment_t *a, int *err)
{
	*err |= e911_view_text(o, "verdict", e911_verdict_name(a->verdict));
	*err |= e911_view_text(o, "validator", a->validator);
	*err |= e911_view_assessment(o, a);
}

static const char *store_word(const e911_record_t *r)
{
	static const char *const words[] = {"stored", "pending", "refused"};

	return e911_keeper_changes() ? words[r->state.dirty] : "none";
}

/* a worker is at it at this moment */
static int is_checked(const e911_record_t *r, const e911_site_t *site)
{
	return site->validate.n && r->state.silent == 0
		   && r->place[r->state.place].location.verdict == E911_UNCHECKED
		   && !e911_passed(r->state.asked, e911_now()) && r->state.asked;
}

static const char *gate_word(
		const e911_record_t *r, const e911_site_t *site, const char **reason)
{
	const e911_place_t *p = &r->place[r->state.place];
	e911_finding_t f = {.found = E911_FOUND_DEVICE,
			.state = r->state,
			.confirmed = p->confirmed};

	*reason = e911_gate_word(&p->location, &f, site);
	if(site->gate == E911_GATE_OFF || (*reason)[0] == '\0')
		return "open";
	return site->gate == E911_GATE_WARN ? "warn" : "closed";
}

void e911_api_put_record(struct json_object *o, e911_record_t *r,
		const e911_assessment_t *a, int *err)
{
	const e911_place_t *p = &r->place[r->state.place];
	const e911_location_t *l = &p->location;
	const e911_site_t *site = e911_provision_site(&r->aor, r->state.site);
	const char *reason, *gate = gate_word(r, site, &reason);
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
	*err |= e911_view_text(o, "gate", gate);
	*err |= e911_view_text(o, "store", store_word(r));
	if(a)
		*err |= e911_view_assessment(o, a);
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

	e911_api_put_assessment(o, a, &q->err);
}

static int waits(e911_query_t *q, uint64_t job, int kind, uint32_t site,
		const str *aor, const str *contact)
{
	static e911_waiter_t w; /* too large for a stack */

	memset(&w, 0, sizeof(w));
	w.job = job;
	w.kind = kind;
	w.site = site;
	memcpy(w.origin, q->reply.origin, sizeof(w.origin));
	if(aor) {
		w.aor_len = aor->len;
		memcpy(w.aor, aor->s, aor->len);
		w.contact_len = contact->len;
		if(contact->len)
			memcpy(w.contact, contact->s, contact->len);
	}
	q->later =
			e911_waiting_put(q->msg, &w, cfg_get(e911, e911_cfg, validate_wait))
			== 0;
	return q->later;
}

static int rejects(const e911_site_t *site, const e911_assessment_t *a)
{
	e911_location_t as = {.verdict = (unsigned char)a->verdict};

	return e911_site_rejects(site, &as);
}

static void put_in_force(e911_query_t *q, e911_order_t *order,
		const e911_site_t *site, const e911_assessment_t *a)
{
	uint64_t ticket, job = 0;
	int err;

	order->job = &job;
	read_condition(q, order);
	err = e911_provision_set(order, &ticket);
	if(err) {
		e911_api_fail(q, err, "");
		return;
	}
	if(e911_verdict_is_definite(a) || (site->validate.n && job == 0))
		e911_validate_count(a);
	if(job
			&& waits(q, job, E911_API_WAIT_STATED, site->id, &order->aor,
					&order->contact))
		return;
	e911_api_show(q, job ? 202 : 200, &order->aor, &order->contact, a);
}

void e911_api_state(
		e911_query_t *q, const str *aor, const str *contact, e911_location_t *l)
{
	static e911_assessment_t a; /* too large for a stack */
	e911_order_t order = {.aor = *aor, .contact = *contact, .location = l};
	const e911_site_t *site;
	int err = e911_provision_site_of(aor, contact, &site);

	if(err) {
		e911_api_fail(q, err, "contact");
		return;
	}
	e911_validate_now(site, l, &a);
	if(rejects(site, &a)) {
		/* known to be wrong before it is stored: what was in force stays */
		e911_stats_count(E911_STAT_REFUSED);
		e911_validate_count(&a);
		refuse_invalid(q, &a);
		return;
	}
	if(e911_verdict_is_definite(&a))
		e911_verdict_apply(&a, time(NULL), l);
	put_in_force(q, &order, site, &a);
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

static void show_assessment(e911_query_t *q, const e911_assessment_t *a)
{
	e911_api_put_assessment(e911_api_answer(q, 200), a, &q->err);
}

void e911_api_validate(e911_query_t *q)
{
	static e911_assessment_t a; /* too large for a stack */
	const e911_site_t *site;
	e911_location_t l;
	uint64_t job = 0;

	if(e911_api_read_location(q, &l, &site))
		return;
	site = site_of(q, site);
	if(e911_validate_now(site, &l, &a) == E911_ERR_AGAIN)
		job = e911_validate_ask(NULL, NULL, site, &l, E911_INTERACTIVE);
	if(job && waits(q, job, E911_API_WAIT_ASSESSED, site->id, NULL, NULL))
		return;
	show_assessment(q, &a);
}

void e911_api_suggest(e911_query_t *q)
{
	static e911_assessment_t a; /* too large for a stack */
	const e911_msag_t *guide = e911_guide();
	const e911_site_t *site;
	e911_location_t l;

	if(e911_api_read_location(q, &l, &site))
		return;
	e911_assessment_init(&a);
	if(guide)
		e911_msag_assess(guide, &l, &a);
	show_assessment(q, &a);
}

/* ----- by a worker ----- */

void e911_api_waited(e911_query_t *q, const e911_waiter_t *w, int err,
		const e911_assessment_t *a)
{
	static e911_assessment_t none; /* too large for a stack */
	str aor = {(char *)w->aor, w->aor_len};
	str contact = {(char *)w->contact, w->contact_len};

	if(err)
		e911_assessment_init(&none);
	if(w->kind == E911_API_WAIT_ASSESSED)
		show_assessment(q, err ? &none : a);
	else if(err == 0 && rejects(e911_settings_site(w->site), a))
		refuse_invalid(q, a);
	else
		e911_api_show(q, err == E911_ERR_AGAIN ? 202 : 200, &aor, &contact,
				err ? NULL : a);
}
