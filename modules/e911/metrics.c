/*
 * e911: all that is counted, for Prometheus
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "../../core/trim.h"
#include "access.h"
#include "breaker.h"
#include "census.h"
#include "clerk.h"
#include "dispatch.h"
#include "drill.h"
#include "err.h"
#include "ersps.h"
#include "jobs.h"
#include "metrics.h"
#include "notices.h"
#include "settings.h"
#include "stats.h"
#include "tally.h"
#include "throttle.h"

static str path;
static e911_networks_t readers;

int e911_metrics_init(const str *given, const str *from)
{
	path = *given;
	if(path.len < 2 || path.s[0] != '/')
		return E911_ERR_VALUE;
	return e911_networks_read(&readers, from);
}

int e911_metrics_has(const str *uri)
{
	return path.len && uri->len >= path.len
		   && memcmp(uri->s, path.s, (size_t)path.len) == 0
		   && (uri->len == path.len || uri->s[path.len] == '?');
}

int e911_metrics_may(const e911_network_t *source, const str *authorization)
{
	static e911_access_t access; /* too large for a stack */
	str token = e911_access_bearer(authorization);
	int err, retry;

	if(e911_networks_have(&readers, source))
		return E911_OK;
	err = token.len ? e911_access_read(&token, &access) : E911_ERR_NONE;
	if(!err && (access.who != E911_OPERATOR || access.role < E911_ROLE_READ))
		err = E911_ERR_MISSING;
	if(err && e911_throttle(source, E911_THROTTLE_REFUSALS, &retry))
		return E911_ERR_FULL;
	return err && err != E911_ERR_MISSING ? E911_ERR_NONE : err;
}

/* ----- a sample ----- */

typedef struct out
{
	e911_strbuf_t *b;
	const char *name; /* of the family */
	int labels;
} out_t;

static void begin(out_t *o, const char *suffix)
{
	e911_strbuf_puts(o->b, o->name);
	e911_strbuf_puts(o->b, suffix);
	o->labels = 0;
}

static void label_str(out_t *o, const char *name, const str *value)
{
	e911_strbuf_puts(o->b, o->labels++ ? "," : "{");
	e911_strbuf_puts(o->b, name);
	E911_STRBUF_LIT(o->b, "=\"");
	e911_strbuf_put_json(o->b, value->s, (size_t)value->len);
	E911_STRBUF_LIT(o->b, "\"");
}

static void label(out_t *o, const char *name, const char *value)
{
	str s = {(char *)value, (int)strlen(value)};

	label_str(o, name, &s);
}

static void value_of(out_t *o, unsigned long n)
{
	e911_strbuf_puts(o->b, o->labels ? "} " : " ");
	e911_strbuf_put_num(o->b, n);
	E911_STRBUF_LIT(o->b, "\n");
}

static void seconds(out_t *o, uint64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu.%03u\n", (unsigned long long)(ms / 1000),
			(unsigned int)(ms % 1000));
	e911_strbuf_puts(o->b, o->labels ? "} " : " ");
	e911_strbuf_puts(o->b, text);
}

/* ----- sites ----- */

static void put_sites(out_t *o, unsigned int (*of)(const e911_census_t *c))
{
	e911_census_t c;
	int i;

	for(i = 0; e911_census_nth(i, &c) == 0; i++) {
		begin(o, "");
		label(o, "site", e911_settings_site(c.site)->name);
		value_of(o, of(&c));
	}
}

static unsigned int contacts_of(const e911_census_t *c)
{
	return c->contacts;
}

static unsigned int located_of(const e911_census_t *c)
{
	return c->located;
}

static unsigned int gated_of(const e911_census_t *c)
{
	return c->gated;
}

static void put_contacts(out_t *o)
{
	put_sites(o, contacts_of);
}

static void put_located(out_t *o)
{
	put_sites(o, located_of);
}

static void put_gated(out_t *o)
{
	put_sites(o, gated_of);
}

static void put_location(out_t *o, const e911_census_t *c, int verdict)
{
	int fresh;

	for(fresh = 0; fresh < E911_FRESHNESSES; fresh++) {
		begin(o, "");
		label(o, "site", e911_settings_site(c->site)->name);
		label(o, "verdict", e911_verdict_name(verdict));
		label(o, "freshness", e911_freshness_name(fresh));
		value_of(o, c->locations[verdict][fresh]);
	}
}

static void put_locations(out_t *o)
{
	e911_census_t c;
	int i, verdict;

	for(i = 0; e911_census_nth(i, &c) == 0; i++)
		for(verdict = 0; verdict < E911_VERDICTS; verdict++)
			put_location(o, &c, verdict);
}

/* ----- calls ----- */

static const char *const kinds[] = {"emergency", "test"};

static void put_outcomes(out_t *o, const e911_tally_t *t, const char *name,
		const char *value, unsigned int outcomes)
{
	int test, outcome;

	for(test = 0; test < 2; test++)
		for(outcome = 0; outcome < E911_OUTCOMES; outcome++) {
			if(!(outcomes & 1u << outcome))
				continue;
			begin(o, "_total");
			label(o, name, value);
			label(o, "kind", kinds[test]);
			label(o, "outcome", e911_outcome_name(outcome));
			value_of(o, t->n[test][outcome]);
		}
}

#define BIT(outcome) (1u << (outcome))
#define OF_SITE                                           \
	(BIT(E911_OUTCOME_BEGUN) | BIT(E911_OUTCOME_ANSWERED) \
			| BIT(E911_OUTCOME_FAILED) | BIT(E911_OUTCOME_CANCELLED))
#define OF_ERSP (OF_SITE | BIT(E911_OUTCOME_SILENT) | BIT(E911_OUTCOME_UNSENT))

static void put_site_calls(out_t *o)
{
	const e911_site_t *site;
	e911_tally_t t;
	int i;

	for(i = 0; e911_tally_nth(E911_TALLY_SITE, i, &t) == 0; i++) {
		site = e911_sites_with(e911_settings()->sites, t.site);
		if(site)
			put_outcomes(o, &t, "site", site->name, OF_SITE);
	}
}

static void put_ersp_calls(out_t *o)
{
	e911_tally_t t;
	int i;

	for(i = 0; e911_tally_nth(E911_TALLY_ERSP, i, &t) == 0; i++)
		put_outcomes(o, &t, "destination", t.name, OF_ERSP);
}

static void put_ersp_times(out_t *o)
{
	e911_tally_t t;
	int i;

	for(i = 0; e911_tally_nth(E911_TALLY_ERSP, i, &t) == 0; i++) {
		if(t.at_ms == 0)
			continue;
		begin(o, "");
		label(o, "destination", t.name);
		seconds(o, t.at_ms);
	}
}

static void put_ersp_codes(out_t *o)
{
	e911_tally_t t;
	int i;

	for(i = 0; e911_tally_nth(E911_TALLY_ERSP, i, &t) == 0; i++) {
		if(t.at_ms == 0)
			continue;
		begin(o, "");
		label(o, "destination", t.name);
		value_of(o, (unsigned long)t.code);
	}
}

/* ----- ERSPs ----- */

typedef struct ersps
{
	out_t *o;
	int (*of)(const e911_ersp_t *e);
} ersps_t;

static void put_ersp(const e911_ersp_t *e, void *arg)
{
	ersps_t *ersps = arg;
	char set[16];

	snprintf(set, sizeof(set), "%d", e->set);
	begin(ersps->o, "");
	label_str(ersps->o, "destination", &e->uri);
	label(ersps->o, "set", set);
	label(ersps->o, "profile", e->profile);
	value_of(ersps->o, (unsigned long)ersps->of(e));
}

static int is_up(const e911_ersp_t *e)
{
	return e->health == E911_ACTIVE;
}

static int is_drained(const e911_ersp_t *e)
{
	return e->drained || e->health == E911_DISABLED;
}

static void put_up(out_t *o)
{
	ersps_t ersps = {o, is_up};

	e911_ersps_each(put_ersp, &ersps);
}

static void put_drained(out_t *o)
{
	ersps_t ersps = {o, is_drained};

	e911_ersps_each(put_ersp, &ersps);
}

/* ----- validators ----- */

static void put_validators(out_t *o)
{
	e911_timing_t t;
	int i;

	for(i = 0; e911_tally_timing(i, &t) == 0; i++) {
		begin(o, "_count");
		label(o, "validator", t.name);
		value_of(o, t.n);
		begin(o, "_sum");
		label(o, "validator", t.name);
		seconds(o, t.sum_ms);
	}
}

static void put_slowest(out_t *o)
{
	e911_timing_t t;
	int i;

	for(i = 0; e911_tally_timing(i, &t) == 0; i++) {
		begin(o, "");
		label(o, "validator", t.name);
		seconds(o, t.max_ms);
	}
}

static void put_failures(out_t *o)
{
	e911_timing_t t;
	int i;

	for(i = 0; e911_tally_timing(i, &t) == 0; i++) {
		begin(o, "_total");
		label(o, "validator", t.name);
		value_of(o, t.failed);
	}
}

static void put_resting(out_t *o)
{
	e911_breaker_t b;
	int i;

	for(i = 0; e911_breaker_nth(i, &b) == 0; i++) {
		begin(o, "");
		label(o, "validator", b.name);
		value_of(o, b.state != E911_BREAKER_CLOSED);
	}
}

/* ----- notices ----- */

static void put_notice(
		out_t *o, const char *recipient, const char *outcome, unsigned long n)
{
	begin(o, "_total");
	label(o, "recipient", recipient);
	label(o, "outcome", outcome);
	value_of(o, n);
}

static void put_notices(out_t *o)
{
	e911_notices_of_t of;
	int i;

	for(i = 0; e911_notices_nth(i, &of) == 0; i++) {
		put_notice(o, of.name, "sent", of.sent);
		put_notice(o, of.name, "failed", of.failed);
		put_notice(o, of.name, "lost", of.lost);
	}
}

static void put_notices_waiting(out_t *o)
{
	e911_notices_of_t of;
	int i;

	for(i = 0; e911_notices_nth(i, &of) == 0; i++) {
		begin(o, "");
		label(o, "recipient", of.name);
		value_of(o, of.waiting + of.flying);
	}
}

/* of first notices: later ones may wait for these */
static void put_delay(out_t *o)
{
	e911_notices_count_t count;

	e911_notices_count(&count);
	begin(o, "_count");
	value_of(o, count.firsts);
	begin(o, "_sum");
	seconds(o, count.first_ms);
}

static void put_slowest_notice(out_t *o)
{
	e911_notices_count_t count;

	e911_notices_count(&count);
	begin(o, "");
	seconds(o, count.first_max_ms);
}

/* ----- queues ----- */

static void put_queue(out_t *o, const char *name, unsigned int n)
{
	begin(o, "");
	label(o, "queue", name);
	value_of(o, n);
}

static void put_queues(out_t *o)
{
	static const char *const names[] = {[E911_INTERACTIVE] = "jobs_interactive",
			[E911_ORDINARY] = "jobs_ordinary",
			[E911_BACKGROUND] = "jobs_background"};
	e911_jobs_count_t jobs;
	int i;

	e911_jobs_count(&jobs);
	for(i = 0; i < E911_PRIORITIES; i++)
		put_queue(o, names[i], jobs.waiting[i]);
	put_queue(o, "jobs_later", jobs.later);
	put_queue(o, "jobs_taken", jobs.taken);
	put_queue(o, "news", e911_queue_length(e911_clerk_news()));
}

static void put_oldest(out_t *o)
{
	e911_jobs_count_t jobs;

	e911_jobs_count(&jobs);
	begin(o, "");
	seconds(o, jobs.oldest_ms);
}

/* ----- the drill ----- */

static void put_drill_time(out_t *o)
{
	e911_drill_t d;

	if(e911_drill_last(&d))
		return;
	begin(o, "");
	value_of(o, (unsigned long)d.ended);
}

static void put_drill_checks(out_t *o)
{
	e911_drill_t d;

	if(e911_drill_last(&d))
		return;
	begin(o, "");
	label(o, "result", "well");
	value_of(o, d.checks - d.failed);
	begin(o, "");
	label(o, "result", "failed");
	value_of(o, d.failed);
}

/* ----- the whole ----- */

/* clang-format off */
static const struct family
{
	const char *name;
	const char *type;
	const char *help;
	void (*put)(out_t *o);
} families[] = {
	{"e911_site_calls", "counter",
		"Calls of a site by what became of them; failed: nobody took it",
		put_site_calls},
	{"e911_ersp_calls", "counter",
		"Tries at a destination by what became of them", put_ersp_calls},
	{"e911_ersp_answered_timestamp_seconds", "gauge",
		"When a destination's last answer came, or its time was over",
		put_ersp_times},
	{"e911_ersp_answer_code", "gauge",
		"A destination's last final answer; 408: silence, 0: it was not sent",
		put_ersp_codes},
	{"e911_ersp_up", "gauge",
		"1 while the dispatcher has the destination active", put_up},
	{"e911_ersp_drained", "gauge",
		"1 while the destination is drained or disabled by hand", put_drained},
	{"e911_site_contacts", "gauge", "Registered contacts", put_contacts},
	{"e911_site_located", "gauge",
		"Registered contacts with a location to go with a call", put_located},
	{"e911_site_gated", "gauge",
		"Registered contacts whose ordinary calls the gate refuses",
		put_gated},
	{"e911_site_locations", "gauge", "Locations in force", put_locations},
	{"e911_validator_seconds", "summary", "Requests to a validator",
		put_validators},
	{"e911_validator_slowest_seconds", "gauge",
		"The slowest request to a validator since the start", put_slowest},
	{"e911_validator_failures", "counter",
		"Requests to a validator without an answer of use", put_failures},
	{"e911_validator_resting", "gauge",
		"1 while a validator is not asked, for it has failed too often",
		put_resting},
	{"e911_recipient_notices", "counter",
		"Notices of calls to a recipient by what became of them", put_notices},
	{"e911_recipient_waiting", "gauge",
		"Notices to a recipient that he has not acknowledged",
		put_notices_waiting},
	{"e911_notice_delay_seconds", "summary",
		"From a call until its first notice was acknowledged", put_delay},
	{"e911_notice_slowest_seconds", "gauge",
		"The slowest of these since the start", put_slowest_notice},
	{"e911_queue_length", "gauge", "What waits in the module's queues",
		put_queues},
	{"e911_jobs_oldest_seconds", "gauge",
		"How long the oldest job that is due has waited", put_oldest},
	{"e911_drill_checks", "gauge", "What the last drill has found",
		put_drill_checks},
	{"e911_drill_timestamp_seconds", "gauge", "When the last drill has ended",
		put_drill_time},
};
/* clang-format on */

static void put_head(
		e911_strbuf_t *b, const char *name, const char *type, const char *help)
{
	E911_STRBUF_LIT(b, "# TYPE ");
	e911_strbuf_puts(b, name);
	E911_STRBUF_LIT(b, " ");
	e911_strbuf_puts(b, type);
	E911_STRBUF_LIT(b, "\n# HELP ");
	e911_strbuf_puts(b, name);
	E911_STRBUF_LIT(b, " ");
	e911_strbuf_puts(b, help);
	E911_STRBUF_LIT(b, "\n");
}

static void put_counters(e911_strbuf_t *b)
{
	const char *name, *help;
	unsigned long value;
	char full[64];
	int i;

	for(i = 0; e911_stats_nth(i, &name, &help, &value); i++) {
		out_t o = {b, full, 0};

		snprintf(full, sizeof(full), "e911_%s", name);
		put_head(b, full, e911_stats_is_gauge(i) ? "gauge" : "counter", help);
		begin(&o, e911_stats_is_gauge(i) ? "" : "_total");
		value_of(&o, value);
	}
}

#define TAIL_ROOM 200

/* whole, or not at all */
static int put_family(e911_strbuf_t *b, const struct family *f)
{
	out_t o = {b, f->name, 0};
	size_t start = b->len;

	put_head(b, f->name, f->type, f->help);
	f->put(&o);
	if(!b->err)
		return 0;
	b->err = 0;
	b->len = start;
	return 1;
}

void e911_metrics_write(e911_strbuf_t *b)
{
	out_t o = {b, "e911_metrics_cut", 0};
	unsigned long cut = 0;
	size_t i;

	b->max -= TAIL_ROOM;
	put_counters(b);
	for(i = 0; i < sizeof(families) / sizeof(*families); i++)
		cut += (unsigned long)put_family(b, &families[i]);
	b->max += TAIL_ROOM;
	put_head(b, o.name, "gauge", "Families left out for want of room");
	begin(&o, "");
	value_of(&o, cut);
	E911_STRBUF_LIT(b, "# EOF\n");
}
