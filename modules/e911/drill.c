/*
 * e911: the drill
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "../../core/atomic_ops.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "branch.h"
#include "config.h"
#include "dispatch.h"
#include "drill.h"
#include "dryrun.h"
#include "err.h"
#include "ersps.h"
#include "hand.h"
#include "record.h"
#include "review.h"
#include "settings.h"
#include "stats.h"
#include "uac.h"

#define SLICE 32   /* dry runs in one step */
#define NUMBERS 64 /* of the plan, besides those below */
#define PROBES 64  /* ERSPs that are asked */
#define PATIENCE 8 /* s for their answers */
#define NO_ANSWER 408

typedef struct report
{
	e911_drill_t drill;
	e911_drill_fault_t fault[E911_DRILL_FAULTS_MAX];
} report_t;

typedef struct table
{
	gen_lock_t lock; /* of the last report */
	report_t last;
	atomic_t wanted;
	atomic_t running;
	/* answers to OPTIONS, written by the processes that get them: code, of the
	 * drill of that number */
	unsigned int number;
	int code[PROBES];
} table_t;

/* the one under way: of the clerk alone */
static report_t now;
static enum { IDLE, WALKING, WAITING } phase;
static int site_at, number_at;
static uint32_t last_begun, waits_until;
static char probed[PROBES][128];
static int probes;
static int was_failed;

static table_t *table;

int e911_drill_init(void)
{
	table = shm_mallocxz(sizeof(*table));
	if(table == NULL)
		return E911_ERR_MEM;
	lock_init(&table->lock);
	return E911_OK;
}

void e911_drill_destroy(void)
{
	if(table)
		shm_free(table);
	table = NULL;
}

/* ----- faults ----- */

static void put_text(char *to, size_t size, const char *s, int len)
{
	if((size_t)len >= size)
		len = (int)size - 1;
	memcpy(to, s, (size_t)len);
	to[len] = '\0';
}

static void put_fault(const char *site, const str *what, const char *why)
{
	e911_drill_fault_t *f;

	now.drill.failed++;
	if(now.drill.faults == E911_DRILL_FAULTS_MAX)
		return;
	f = &now.fault[now.drill.faults++];
	put_text(f->site, sizeof(f->site), site, (int)strlen(site));
	put_text(f->what, sizeof(f->what), what->s, what->len);
	put_text(f->why, sizeof(f->why), why, (int)strlen(why));
}

/* ----- one number from one site ----- */

typedef struct trial
{
	const e911_site_t *site;
	int steps;
	int active;
	int found;
	int fresh;
	int direct; /* by its first destination */
	char mem[E911_REVIEW_MAX + 1];
} trial_t;

static int is_active(const e911_call_t *call)
{
	const e911_step_t *step = &call->ladder[call->step];
	const char *profile = e911_branch_profile(call)->name;
	str uri = e911_call_text(call, step->uri);
	str name = {(char *)profile, (int)strlen(profile)};

	return step->health == E911_ACTIVE
		   && (e911_hand_is_idle() || !e911_hand_drains(&uri, &name));
}

static void look(const e911_call_t *call, const str *invite, void *arg)
{
	trial_t *t = arg;
	e911_strbuf_t b;

	t->active |= is_active(call);
	if(t->steps++ > 0)
		return;
	t->found = call->found;
	t->fresh = call->location.freshness == E911_FRESH;
	e911_strbuf_init(&b, t->mem, sizeof(t->mem) - 1);
	t->direct = e911_review(call, invite->len, &b);
	t->mem[b.len] = '\0';
}

/* NULL: nothing is wrong */
static const char *judge(const trial_t *t, int err)
{
	if(err)
		return e911_err_text(err);
	if(t->steps == 0)
		return "no destination";
	if(!t->active)
		return "no destination is active";
	if(t->site->drill[0] == '\0')
		return NULL;
	if(t->found == E911_FOUND_NONE)
		return "the caller of the drill has no location";
	if(!t->fresh)
		return "the location of the caller of the drill is not fresh";
	return t->direct ? NULL : t->mem;
}

static void try_number(const e911_site_t *site, const str *number)
{
	static trial_t t; /* too large for a stack */
	static const str nobody = str_init("drill@e911.invalid");
	str aor = {(char *)site->drill, (int)strlen(site->drill)};
	const char *why;
	int err;

	memset(&t, 0, sizeof(t));
	t.site = site;
	err = e911_dryrun_at(site->id, aor.len ? &aor : &nobody, number, look, &t);
	/* no number of this site's country */
	if(err == E911_ERR_NONE)
		return;
	now.drill.checks++;
	why = judge(&t, err);
	if(why)
		put_fault(site->name, number, why);
}

static int number_nth(int n, str *number)
{
	static const str first[] = {
			str_init("911"), str_init("112"), str_init("urn:service:sos")};
	const int some = (int)(sizeof(first) / sizeof(*first));

	if(n < some) {
		*number = first[n];
		return E911_OK;
	}
	n -= some;
	return n < NUMBERS ? e911_plan_nth(e911_settings()->plan, n, number)
					   : E911_ERR_NONE;
}

/* the three above stand in the plan too */
static int is_again(int n, const str *number)
{
	str other;
	int i;

	for(i = 0; i < n && i < 3 && number_nth(i, &other) == 0; i++)
		if(other.len == number->len
				&& memcmp(other.s, number->s, (size_t)other.len) == 0)
			return 1;
	return 0;
}

/* 1: there is one more */
static int walk_one(void)
{
	const e911_site_t *site = e911_sites_nth(e911_settings()->sites, site_at);
	str number;

	if(site == NULL)
		return 0;
	if(number_nth(number_at, &number)) {
		number_at = 0;
		site_at++;
		return 1;
	}
	if(!is_again(number_at, &number))
		try_number(site, &number);
	number_at++;
	return 1;
}

/* ----- ERSPs ----- */

static void told(unsigned long id, int code)
{
	unsigned long n = id % PROBES;

	/* of an earlier drill: too late */
	if(id / PROBES == table->number)
		table->code[n] = code;
}

static void probe(const e911_ersp_t *e, void *arg)
{
	int i;

	/* what the operator has taken out is not expected to answer */
	if(e->health == E911_DISABLED || e->drained || probes == PROBES
			|| e->uri.len >= (int)sizeof(probed[0]))
		return;
	for(i = 0; i < probes; i++)
		if(strlen(probed[i]) == (size_t)e->uri.len
				&& memcmp(probed[i], e->uri.s, (size_t)e->uri.len) == 0)
			return;
	put_text(probed[probes], sizeof(probed[0]), e->uri.s, e->uri.len);
	if(e911_uac_probe(&e->uri, &e->socket, &e->outbound, told,
			   (unsigned long)table->number * PROBES + (unsigned long)probes))
		table->code[probes] = -1;
	probes++;
}

static int all_have_answered(void)
{
	int i;

	for(i = 0; i < probes && table->code[i]; i++)
		;
	return i == probes;
}

/* any answer says that there is one, but for those that say he cannot serve */
static void judge_answer(const char *uri, int code)
{
	str what = {(char *)uri, (int)strlen(uri)};
	char why[48];

	now.drill.checks++;
	if(code >= 200 && code < 500 && code != NO_ANSWER)
		return;
	if(code < 0)
		snprintf(why, sizeof(why), "no OPTIONS can be sent");
	else if(code == 0 || code == NO_ANSWER)
		snprintf(why, sizeof(why), "OPTIONS: no answer");
	else
		snprintf(why, sizeof(why), "OPTIONS: %d", code);
	put_fault("", &what, why);
}

/* ----- a drill ----- */

static void begin(void)
{
	memset(&now, 0, sizeof(now));
	now.drill.begun = time(NULL);
	last_begun = e911_now();
	site_at = number_at = probes = 0;
	memset(table->code, 0, sizeof(table->code));
	table->number++;
	atomic_set(&table->running, 1);
	atomic_set(&table->wanted, 0);
	e911_ersps_each(probe, NULL);
	waits_until = e911_now() + PATIENCE;
	phase = WALKING;
}

/* once for each change */
static void report(void)
{
	const e911_drill_fault_t *f = &now.fault[0];
	int failed = now.drill.failed > 0;

	e911_stats_count(failed ? E911_STAT_DRILL_FAILED : E911_STAT_DRILL_OK);
	if(failed && !was_failed)
		LM_ERR("drill: %u of %u checks failed; the first: %s%s%s: %s\n",
				now.drill.failed, now.drill.checks,
				f->site[0] ? "site " : "ERSP ", f->site[0] ? f->site : f->what,
				f->site[0] ? ", a number" : "", f->why);
	else if(!failed && was_failed)
		LM_NOTICE("drill: all %u checks are well again\n", now.drill.checks);
	was_failed = failed;
}

static void end(void)
{
	int i;

	for(i = 0; i < probes; i++)
		judge_answer(probed[i], table->code[i]);
	now.drill.ended = time(NULL);
	report();
	lock_get(&table->lock);
	memcpy(&table->last, &now, sizeof(now));
	lock_release(&table->lock);
	atomic_set(&table->running, 0);
	phase = IDLE;
}

static int is_due(void)
{
	int every = cfg_get(e911, e911_cfg, drill);

	return every > 0
		   && (last_begun == 0
				   || e911_passed(last_begun + (uint32_t)every, e911_now()));
}

static void walk(void)
{
	int i;

	for(i = 0; i < SLICE; i++)
		if(!walk_one()) {
			phase = WAITING;
			return;
		}
}

void e911_drill_step(void)
{
	if(phase == IDLE && (atomic_get(&table->wanted) || is_due()))
		begin();
	if(phase == WALKING)
		walk();
	if(phase == WAITING
			&& (all_have_answered() || e911_passed(waits_until, e911_now())))
		end();
}

int e911_drill_now(void)
{
	if(e911_drill_runs())
		return E911_ERR_AGAIN;
	atomic_set(&table->wanted, 1);
	return E911_OK;
}

int e911_drill_runs(void)
{
	return atomic_get(&table->wanted) || atomic_get(&table->running);
}

/* ----- the last report ----- */

int e911_drill_last(e911_drill_t *drill)
{
	lock_get(&table->lock);
	*drill = table->last.drill;
	lock_release(&table->lock);
	return drill->ended ? E911_OK : E911_ERR_NONE;
}

int e911_drill_fault(unsigned int n, e911_drill_fault_t *fault)
{
	int err = E911_ERR_NONE;

	lock_get(&table->lock);
	if(n < table->last.drill.faults) {
		*fault = table->last.fault[n];
		err = E911_OK;
	}
	lock_release(&table->lock);
	return err;
}
