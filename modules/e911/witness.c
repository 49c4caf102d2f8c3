/*
 * e911: makes the events of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "branch.h"
#include "dress.h"
#include "events.h"
#include "hash.h"
#include "proof.h"
#include "settings.h"
#include "witness.h"

#define BIT(n) (1u << (n))

static str text_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

void e911_witness_begin(e911_call_t *call)
{
	str callid = e911_call_text(call, call->callid);

	if(!e911_events_watched())
		return;
	call->told.placed_ms = e911_events_now();
	call->told.call = e911_hash(callid.s, (size_t)callid.len);
}

void e911_witness_resume(e911_call_t *call)
{
	call->told.kinds = BIT(E911_EV_PLACED);
}

void e911_witness_aim(e911_call_t *call, int branch)
{
	if(!e911_events_watched() || branch < 0 || branch >= E911_BRANCHES_MAX)
		return;
	call->told.aimed_ms[branch] = e911_events_now();
	call->told.step_of[branch] = (unsigned char)(call->step + 1);
}

/* ----- what is known ----- */

static const char *found_of(const e911_call_t *call)
{
	static const char *const names[] = {
			[E911_FOUND_NONE] = "none",
			[E911_FOUND_DEVICE] = "device",
			[E911_FOUND_AOR] = "aor",
			[E911_FOUND_ONLY] = "only",
	};

	if(call->found != E911_FOUND_NONE)
		return names[call->found];
	return call->located ? "default" : call->withheld ? "withheld" : "none";
}

static void put_location(e911_event_t *e, const e911_location_t *l)
{
	e->location = l;
	if(l)
		e->freshness = text_of(e911_freshness_name(l->freshness));
}

static void put_call(e911_event_t *e, const e911_call_t *call)
{
	e->site = call->site;
	e->test = call->kind == E911_KIND_TEST;
	e->steps = call->steps;
	e->step = -1;
	e->callid = e911_call_text(call, call->callid);
	e->call = call->told.call;
	e->aor = e911_call_text(call, call->aor);
	e->contact = e911_call_text(
			call, call->device.len ? call->device : call->contact);
	e->caller = e911_call_text(call, call->caller);
	e->proof = text_of(e911_proof_name(call->proof));
	e->found = text_of(found_of(call));
	e->elin = e911_call_text(call, call->elin);
	e->callback = e911_call_text(call, call->callback);
	e->urn = e911_call_text(call, call->urn);
	e->number = e911_call_text(call, call->number);
	put_location(e, call->located ? &call->location : NULL);
}

static void put_step(e911_event_t *e, const e911_call_t *call, int step)
{
	static const char *const carriages[] = {
			[E911_AS_WRITTEN] = "",
			[E911_BY_TCP] = "by tcp",
			[E911_WITHOUT_TLS] = "without tls",
	};

	if(step < 0 || step >= call->steps)
		return;
	e->step = step;
	e->destination = e911_call_text(call, call->ladder[step].uri);
	e->profile = text_of(e911_branch_profile_at(call, step)->name);
	if(step == call->step)
		e->detail = text_of(carriages[call->carriage]);
}

static void put_document(e911_event_t *e, const e911_call_t *call, int branch)
{
	int form = e911_dress_last(call, branch, &e->document);

	if(form < 0)
		form = e911_branch_form(call);
	e->conveyance = text_of(e911_conveyance_name(form));
	if(e->step == call->step)
		put_location(e, e911_branch_location(call));
}

/* ----- telling ----- */

/* the first one of this kind, of the call or of a branch of it */
static int is_first(e911_call_t *call, int kind, int branch)
{
	unsigned int *mask = &call->told.kinds;
	int bit = kind;

	if(kind == E911_EV_SENT || kind == E911_EV_FAILED
			|| kind == E911_EV_ANSWERED) {
		mask = kind == E911_EV_SENT		? &call->told.sent
			   : kind == E911_EV_FAILED ? &call->told.failed
										: &call->told.answered;
		bit = branch >= 0 && branch < E911_BRANCHES_MAX ? branch : 31;
	} else if(kind == E911_EV_RINGING) {
		return 1; /* the transaction has it once for each branch */
	}
	return !(__atomic_fetch_or(mask, BIT(bit), __ATOMIC_RELAXED) & BIT(bit));
}

/* e has what is known of the call, and no more yet */
static void tell_placed(e911_call_t *call, e911_event_t *e)
{
	if(!is_first(call, E911_EV_PLACED, -1))
		return;
	e->kind = E911_EV_PLACED;
	e->at_ms = call->told.placed_ms ? call->told.placed_ms : e911_events_now();
	e911_events_tell(e);
}

static int is_ours(const e911_call_t *call, int branch)
{
	return branch >= 0 && branch < E911_BRANCHES_MAX
		   && call->told.step_of[branch] > 0;
}

static int step_of(const e911_call_t *call, int branch)
{
	return is_ours(call, branch) ? call->told.step_of[branch] - 1 : call->step;
}

/* an end of its own was told before */
static int is_over(const e911_call_t *call)
{
	return call->told.kinds
		   & (BIT(E911_EV_NOBODY) | BIT(E911_EV_CANCELLED)
				   | BIT(E911_EV_ENDED));
}

static void tell(
		e911_call_t *call, int kind, int branch, int code, const char *detail)
{
	uint64_t now = e911_events_now();
	e911_event_t e = {0};

	put_call(&e, call);
	tell_placed(call, &e);
	e.kind = kind;
	e.code = code;
	e.at_ms = now;
	if(kind <= E911_EV_ANSWERED)
		put_step(&e, call, step_of(call, branch));
	if(kind == E911_EV_SENT) {
		/* the call may be at its next one by now, in another process */
		put_document(&e, call, branch);
		/* it has left by now, and may be answered */
		if(is_ours(call, branch))
			e.at_ms = call->told.aimed_ms[branch];
	}
	if(detail)
		e.detail = text_of(detail);
	e911_events_tell(&e);
}

void e911_witness_tell(e911_call_t *call, int kind, int branch, int code)
{
	if(!e911_events_watched())
		return;
	if(branch < 0)
		branch = call->branch;
	/* a branch of the script's own */
	if(kind == E911_EV_SENT && branch != call->branch && !is_ours(call, branch))
		return;
	if(kind == E911_EV_ENDED) {
		/* the script tries no other: what the destination said is the end */
		if(is_over(call))
			return;
		if(call->step >= 0 && is_first(call, E911_EV_FAILED, branch))
			tell(call, E911_EV_FAILED, branch, code, NULL);
	}
	if(is_first(call, kind, branch))
		tell(call, kind, branch, code, NULL);
}

void e911_witness_refused(e911_call_t *call)
{
	if(e911_events_watched())
		tell(call, E911_EV_FAILED, -1, 0, "not sent");
}

void e911_witness_entry(const e911_entry_t *entry, int kind, const str *number,
		const char *detail)
{
	e911_event_t e = {.kind = kind, .step = -1};

	if(!e911_events_watched())
		return;
	e.at_ms = e911_events_now();
	e.site = entry->site;
	e.test = entry->test;
	e.callid = text_of(entry->callid);
	e.aor = text_of(entry->aor);
	e.contact = text_of(entry->device[0] ? entry->device : entry->contact);
	e.caller = text_of(entry->caller);
	e.elin = text_of(entry->elin);
	e.callback = text_of(entry->callback);
	if(number)
		e.number = *number;
	e.detail = text_of(detail);
	put_location(&e, entry->located ? &entry->location : NULL);
	e911_events_tell(&e);
}

void e911_witness_lost(const e911_entry_t *entry)
{
	e911_witness_entry(entry, E911_EV_ENDED, NULL, "not seen");
}
