/*
 * e911: commands on profiles
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "branch.h"
#include "dryrun.h"
#include "err.h"
#include "ersps.h"
#include "review.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_profile.h"
#include "settings.h"
#include "strbuf.h"

#define PAGE_MAX 50	  /* agents of a report's page */
#define WALK_MAX 2000 /* records looked at for one */
#define ROOM 110000	  /* replies over 131072 bytes are lost */
#define ROW_ROOM 400

typedef struct reply
{
	rpc_t *rpc;
	void *ctx;
	const str *contact;
	int screened_only;
	int room;
} reply_t;

/* ----- profiles ----- */

static void put_profile(rpc_t *rpc, void *ctx, const e911_profile_t *p)
{
	char mem[64];
	e911_strbuf_t forms;
	void *row;
	int i;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	e911_strbuf_init(&forms, mem, sizeof(mem) - 1);
	for(i = 0; i < p->forms; i++) {
		if(i)
			E911_STRBUF_LIT(&forms, ",");
		e911_strbuf_puts(&forms, e911_conveyance_name(p->form[i]));
	}
	mem[forms.len] = '\0';
	rpc->struct_add(row, "ssssss", "name", p->name, "country", p->country,
			"convey", mem, "direct", p->direct, "assumed",
			p->assumed ? "yes" : "no", "cites", p->cites);
}

void e911_rpc_profiles(rpc_t *rpc, void *ctx)
{
	const e911_profiles_t *all = e911_settings()->profiles;
	const e911_profile_t *p;
	int i, n;
	str args[E911_RPC_ARGS];

	n = e911_rpc_scan(rpc, ctx, args, 0, 1, "e911.profiles [NAME]");
	for(i = 0; n >= 0 && (p = e911_profiles_nth(all, i)); i++)
		if(n == 0 || e911_row_is(&args[0], p->name))
			put_profile(rpc, ctx, p);
}

/* ----- what one agent's call would be ----- */

static const char *carriage_name(int carriage)
{
	return carriage == E911_BY_TCP ? "tcp first" : "as written";
}

static void put_review(
		rpc_t *rpc, void *row, const e911_call_t *call, const str *invite)
{
	char mem[E911_REVIEW_MAX];
	e911_strbuf_t b;
	str warnings = {mem, 0};
	int direct;

	e911_strbuf_init(&b, mem, sizeof(mem));
	direct = e911_review(call, invite->len, &b);
	warnings.len = (int)b.len;
	rpc->struct_add(row, "sS", "goes", direct ? "direct" : "screened",
			"warnings", &warnings);
}

static void put_invite(const e911_call_t *call, const str *invite, void *arg)
{
	const e911_step_t *step = &call->ladder[call->step];
	reply_t *reply = arg;
	str uri = e911_call_text(call, step->uri), text = *invite;
	void *row;

	if(reply->rpc->add(reply->ctx, "{", &row) < 0)
		return;
	reply->rpc->struct_add(row, "Sdssssd", "destination", &uri, "set",
			step->set, "health", e911_health_name(step->health), "profile",
			e911_branch_profile(call)->name, "conveyance",
			e911_conveyance_name(e911_branch_form(call)), "transport",
			carriage_name(call->carriage), "size", text.len);
	put_review(reply->rpc, row, call, invite);
	reply->rpc->struct_add(row, "S", "invite", &text);
}

static void answer(rpc_t *rpc, void *ctx, int err)
{
	if(err == E911_ERR_NONE)
		rpc->fault(ctx, 404, "NUMBER: no emergency number");
	else if(err)
		e911_rpc_fault(rpc, ctx, err, "AOR or CONTACT");
}

void e911_rpc_dryrun(rpc_t *rpc, void *ctx)
{
	reply_t reply = {rpc, ctx, NULL, 0, 0};
	str args[E911_RPC_ARGS];

	if(e911_rpc_scan(rpc, ctx, args, 2, 3, "e911.dryrun AOR NUMBER [CONTACT]")
			>= 0)
		answer(rpc, ctx,
				e911_dryrun(&args[0], &args[2], &args[1], put_invite, &reply));
}

/* ----- the same of all agents, in short ----- */

static void put_step(const e911_call_t *call, const str *invite, void *arg)
{
	const e911_step_t *step = &call->ladder[call->step];
	str uri = e911_call_text(call, step->uri);
	str aor = e911_call_text(call, call->aor);
	char mem[E911_REVIEW_MAX];
	reply_t *reply = arg;
	str warnings = {mem, 0}, contact = *reply->contact;
	e911_strbuf_t b;
	void *row;
	int direct;

	e911_strbuf_init(&b, mem, sizeof(mem));
	direct = e911_review(call, 0, &b);
	warnings.len = (int)b.len;
	if((direct && reply->screened_only)
			|| reply->rpc->add(reply->ctx, "{", &row) < 0)
		return;
	reply->room -= ROW_ROOM + aor.len + contact.len + uri.len + warnings.len;
	reply->rpc->struct_add(row, "SSSsssS", "aor", &aor, "contact", &contact,
			"destination", &uri, "profile", e911_branch_profile(call)->name,
			"conveyance", e911_conveyance_name(e911_branch_form(call)), "goes",
			direct ? "direct" : "screened", "warnings", &warnings);
}

static int read_what(rpc_t *rpc, void *ctx, int *screened_only)
{
	str what = STR_NULL;

	*screened_only = 0;
	if(rpc->scan(ctx, "*S", &what) != 1 || what.len == 0)
		return 0;
	*screened_only = e911_row_is(&what, "screened");
	if(*screened_only || e911_row_is(&what, "all"))
		return 0;
	rpc->fault(ctx, 400, "WHAT: all or screened");
	return -1;
}

void e911_rpc_report(rpc_t *rpc, void *ctx)
{
	static e911_record_t r; /* too large for a stack */
	reply_t reply = {rpc, ctx, &r.contact, 0, ROOM};
	int rows, more = 1, walked = 0, unknown = 0, err;
	str number = STR_NULL;
	uint64_t cursor;

	if(rpc->scan(ctx, "*S", &number) != 1 || number.len == 0) {
		rpc->fault(ctx, 400,
				"usage: e911.report NUMBER [CURSOR] [ROWS] [all|screened];"
				" write numbers as s:NUMBER");
		return;
	}
	if(e911_rpc_page(rpc, ctx, PAGE_MAX, &cursor, &rows) < 0
			|| read_what(rpc, ctx, &reply.screened_only) < 0)
		return;
	while(rows-- > 0 && reply.room > 0 && walked++ < WALK_MAX
			&& (more = e911_cache_next(&cursor, &r))) {
		err = e911_dryrun_short(&r.aor, &r.contact, &number, put_step, &reply);
		unknown += err == E911_ERR_NONE;
	}
	/* it may be one in some countries: a fault would be the whole page's */
	if(more)
		e911_rpc_next(rpc, ctx, cursor);
	else if(unknown && unknown == walked - 1)
		answer(rpc, ctx, E911_ERR_NONE);
}
