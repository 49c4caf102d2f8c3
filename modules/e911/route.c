/*
 * e911: the one way an emergency call goes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/dprint.h"
#include "../../core/parser/parse_to.h"
#include "../../core/route.h"
#include "book.h"
#include "branch.h"
#include "cache.h"
#include "callback.h"
#include "caller.h"
#include "config.h"
#include "dress.h"
#include "err.h"
#include "events.h"
#include "hand.h"
#include "hash.h"
#include "headers.h"
#include "ladder.h"
#include "membership.h"
#include "nomad.h"
#include "phone.h"
#include "profile.h"
#include "proof.h"
#include "rehearsal.h"
#include "route.h"
#include "settings.h"
#include "stats.h"
#include "transaction.h"
#include "transfer.h"
#include "witness.h"

#define UDP_MOST 64000 /* no datagram takes much more */

static e911_route_setup_t setup;

/* The call of the message at hand, in this process. */
static e911_call_t scratch;
static e911_caller_t scratch_caller;
static int scratch_said; /* the script named his site */
static unsigned int scratch_id;
static int scratch_pid;

/* The message that was found to be of no emergency, in this process. */
static unsigned int plain_id;
static int plain_pid;

/* The message whose call this process has sent on. */
static unsigned int sent_id;
static int sent_pid;

#define WHO(call) ((unsigned long long)(call)->who)

static void on_branch(sip_msg_t *msg, e911_call_t *call);
static void on_event(e911_call_t *call, int kind, int branch, int code);

int e911_route_init(const e911_route_setup_t *given)
{
	setup = *given;
	return e911_transaction_init(on_branch, on_event);
}

/* ----- identify ----- */

static void keep_match(
		e911_call_t *call, const e911_site_t *site, const e911_match_t *m)
{
	call->kind = m->kind;
	call->set = e911_hand_is_idle() ? 0 : e911_hand_set(site->name);
	if(call->set == 0)
		call->set = m->set ? m->set : site->set;
	call->last_set = site->last;
	if(m->kind == E911_KIND_TEST)
		call->test = m->test ? m->test - 1 : site->test;
	e911_call_keep(call, &m->urn, &call->urn);
	e911_call_keep(call, &m->number, &call->number);
}

const e911_site_t *e911_route_site(const e911_call_t *call)
{
	return e911_settings_site(call->site);
}

static void forget(e911_call_t *call)
{
	e911_location_init(&call->location, E911_FROM_SITE, 0);
	call->found = E911_FOUND_NONE;
	call->located = 0;
	call->reason = E911_REASON_NONE;
}

static void take_finding(
		e911_call_t *call, const e911_site_t *site, const e911_finding_t *f)
{
	call->found = f->found;
	if(f->found == E911_FOUND_NONE)
		return;
	/* as if none were stated */
	if(e911_site_rejects(site, &call->location)) {
		forget(call);
		call->reason = E911_REASON_UNUSABLE;
		return;
	}
	call->located = 1;
	call->location.freshness = (unsigned char)e911_freshness(
			&f->state, f->confirmed, site, &call->reason);
	e911_call_keep(call, &f->contact, &call->contact);
}

/* nobody stated a place: the site's, marked as such (RFC 6881 SP-22) */
static void fall_back(e911_call_t *call)
{
	const e911_site_t *site = e911_route_site(call);

	/* it is for those of whom nothing is known */
	if(call->located || call->phone == E911_PHONE_GOOD || !site->has_fallback)
		return;
	memcpy(&call->location, &site->fallback,
			E911_LOCATION_SIZE(&site->fallback));
	call->location.stated = time(NULL);
	call->located = 1;
}

static int match_here(e911_call_t *call, const e911_site_t *site,
		const str *dialled, e911_match_t *m)
{
	e911_where_t where;

	memset(&where, 0, sizeof(where));
	e911_location_get(&call->location, E911_F_COUNTRY, &where.location_country);
	where.site_country.s = (char *)site->country;
	where.site_country.len = (int)strlen(site->country);
	where.off.s = (char *)site->off;
	where.off.len = (int)strlen(site->off);
	return e911_plan_match(e911_settings()->plan, dialled, &where, m);
}

/* the location is known, and the site */
static void fill(e911_call_t *call, const e911_site_t *site, const str *dialled,
		const str *aor, const e911_device_t *device)
{
	e911_match_t m;

	call->who = e911_hash(aor->s, aor->len);
	if(match_here(call, site, dialled, &m))
		return;
	keep_match(call, site, &m);
	e911_call_keep(call, aor, &call->aor);
	if(device->n)
		e911_call_keep(call, &device->name[0], &call->device);
}

/* An ordinary call costs one look-up and no more. */
static int may_be(const str *uri, char *mem, str *dialled)
{
	e911_match_t m;

	return e911_plan_dialled(uri, mem, dialled) == 0
		   && e911_plan_match(e911_settings()->plan, dialled, NULL, &m) == 0;
}

int e911_route_identify(const str *uri, const str *aor,
		const e911_device_t *device, e911_call_t *call)
{
	return e911_route_identify_at(uri, aor, device, 0, call);
}

int e911_route_identify_at(const str *uri, const str *aor,
		const e911_device_t *device, uint32_t site, e911_call_t *call)
{
	static const e911_where_from_t anywhere;
	char mem[E911_DIALLED_MAX];
	e911_finding_t f;
	str dialled;

	e911_call_init(call);
	call->site = site ? site
					  : e911_sites_find(e911_settings()->sites, aor, NULL)->id;
	if(may_be(uri, mem, &dialled)) {
		e911_cache_find(aor, device, &anywhere, &call->location, &f);
		take_finding(call, e911_route_site(call), &f);
		fill(call, e911_route_site(call), &dialled, aor, device);
	}
	if(call->kind) {
		call->proof = E911_PROOF_SCRIPT;
		fall_back(call);
		e911_book_callback(call);
	}
	return call->kind;
}

/* A request inside a dialog has its way by Route: that its URI is a PSAP's
 * contact, sip:911@…, makes it no new call. */
static int in_dialog(sip_msg_t *msg)
{
	if(e911_headers(msg, HDR_TO_F | HDR_ROUTE_F) < 0 || msg->to == NULL)
		return 0;
	return get_to(msg)->tag_value.len > 0 && msg->route != NULL;
}

/* INVITE, CANCEL and ACK are of a call */
static const str *dialled_by(sip_msg_t *msg)
{
	if(!(msg->REQ_METHOD & (METHOD_INVITE | METHOD_CANCEL | METHOD_ACK)))
		return NULL;
	return &msg->first_line.u.request.uri;
}

int e911_route_is_emergency(sip_msg_t *msg)
{
	const str *uri = dialled_by(msg);
	char mem[E911_DIALLED_MAX];
	str dialled;

	if(msg->id == plain_id && msg->pid == plain_pid)
		return 0;
	return uri && may_be(uri, mem, &dialled);
}

/* no emergency, as the URI received tells: that does not change */
static int is_plain(sip_msg_t *msg)
{
	plain_id = msg->id;
	plain_pid = msg->pid;
	return E911_KIND_NONE;
}

static void identify(sip_msg_t *msg, const str *dialled)
{
	e911_caller_t *caller = &scratch_caller;
	const e911_site_t *site;
	e911_finding_t f;

	e911_call_init(&scratch);
	e911_proof_read(msg, caller);
	site = e911_membership(msg, &caller->aor, &scratch_said);
	scratch.site = site->id;
	scratch.proof = e911_proof_locate(msg, caller, site, &scratch.location, &f);
	take_finding(&scratch, site, &f);
	fill(&scratch, site, dialled, &caller->aor, &caller->device);
}

/* of a test call that was answered here: its ACK, its BYE */
static int rehearsed(sip_msg_t *msg)
{
	e911_call_init(&scratch);
	scratch.kind = E911_KIND_TEST;
	scratch_id = msg->id;
	scratch_pid = msg->pid;
	return scratch.kind;
}

int e911_route_match(sip_msg_t *msg, const str *number)
{
	const str *given = number;
	char mem[E911_DIALLED_MAX];
	str dialled;

	scratch_id = 0;
	if(given == NULL)
		number = dialled_by(msg);
	if(given == NULL && e911_rehearsal_has(msg))
		return rehearsed(msg);
	if(given == NULL && msg->REQ_METHOD == METHOD_BYE)
		e911_book_bye(msg);
	if(number == NULL || !may_be(number, mem, &dialled))
		return given ? E911_KIND_NONE : is_plain(msg);
	if(in_dialog(msg))
		return E911_KIND_NONE;
	identify(msg, &dialled);
	scratch_id = msg->id;
	scratch_pid = msg->pid;
	return scratch.kind;
}

void e911_route_present(sip_msg_t *msg, const e911_call_t *call)
{
	e911_call_copy(&scratch, call);
	scratch_id = msg->id;
	scratch_pid = msg->pid;
}

e911_call_t *e911_route_call(sip_msg_t *msg)
{
	e911_call_t *call = e911_transaction_call();

	if(call)
		return call;
	if(scratch_id == msg->id && scratch_pid == msg->pid
			&& (scratch.kind || scratch.steps < 0))
		return &scratch;
	return NULL;
}

/* ----- settle: whose location goes with the call ----- */

int e911_route_proof(sip_msg_t *msg, const e911_call_t *call)
{
	str aor = e911_call_text(call, call->aor);

	if(call != &scratch)
		return call->proof;
	return e911_proof_now(msg, &aor, e911_route_site(call), call->proof);
}

int e911_route_challenge(sip_msg_t *msg)
{
	e911_call_t *call = e911_route_call(msg);
	e911_network_t source;
	str aor;

	if(call == NULL && e911_route_match(msg, NULL))
		call = &scratch;
	if(call != &scratch || msg->REQ_METHOD != METHOD_INVITE
			|| call->found == E911_FOUND_NONE
			|| e911_route_site(call)->unproven != E911_UNPROVEN_CHALLENGE
			|| e911_route_proof(msg, call) || e911_proof_tries(msg))
		return 0;
	aor = e911_call_text(call, call->aor);
	e911_caller_source(msg, &source);
	return e911_nomad_challenge(&aor, &source);
}

/* who is not proven gets what his site allows, and never what is another's */
static void withhold(e911_call_t *call)
{
	e911_stats_count(E911_STAT_UNPROVEN);
	call->withheld = call->found != E911_FOUND_NONE;
	forget(call);
	if(e911_route_site(call)->unproven == E911_UNPROVEN_DEFAULT)
		fall_back(call);
}

/* RFC 6881 SP-18, SP-19: the phone's own location goes on beside ours */
static void weigh_phone(sip_msg_t *msg, e911_call_t *call)
{
	const e911_site_t *site = e911_route_site(call);
	e911_location_t own;
	int err = e911_phone_read(msg, &own);

	call->ours_first = site->phone == E911_PREFER_STORED
					   || (site->phone == E911_PREFER_NEWEST && !err
							   && call->location.stated > own.stated);
	/* what only we cannot read, for its size or for want of memory, may be
	 * good for others */
	if(err == E911_OK)
		call->phone = E911_PHONE_GOOD;
	else if(err == E911_ERR_OLD || err == E911_ERR_SYNTAX)
		call->phone = E911_PHONE_BAD;
}

static void settle(sip_msg_t *msg, e911_call_t *call)
{
	call->proof = e911_route_proof(msg, call);
	/* what only the caller's own device can prove */
	call->transferred = e911_transfer(msg,
			call->proof > E911_PROOF_NONE && call->proof < E911_PROOF_TRUNK);
	if(call->transferred)
		e911_stats_count(E911_STAT_TRANSFERRED);
	weigh_phone(msg, call);
	if(call->proof == E911_PROOF_NONE) {
		withhold(call);
	} else {
		e911_proof_hear(msg, &scratch_caller, call->proof,
				scratch_said ? call->site : 0);
		fall_back(call);
	}
	e911_book_callback(call);
}

/* ----- steps ----- */

/* The location itself was refused: 424, RFC 6442 4.3; 415, RFC 3261 21.4.13.
 * That it was ours makes the repair ours; so it is where our part made the
 * request too large for its transport. */
static int lesser_form(
		sip_msg_t *msg, e911_call_t *call, int status, int refused)
{
	int too_large = refused && e911_branch_size(msg, call) > UDP_MOST;

	if((status != 424 && status != 415 && !too_large)
			|| !e911_branch_lesser(call))
		return 0;
	e911_stats_count(
			too_large ? E911_STAT_UNDRESSED : E911_STAT_LOCATION_REFUSED);
	return 1;
}

/* RFC 6881 ED-58: where TLS fails, without it, if the row allows that. tm says
 * that it has sent while the handshake hangs: nothing at all was heard. */
static int without_tls(e911_call_t *call, int status, int refused)
{
	if(call->carriage != E911_AS_WRITTEN
			|| call->ladder[call->step].plain_proto == 0
			|| (!refused && (status != 408 || call->heard))
			|| !e911_branch_is_tls(call))
		return 0;
	call->carriage = E911_WITHOUT_TLS;
	e911_stats_count(E911_STAT_WITHOUT_TLS);
	return 1;
}

/* At the ladder's end: one that was tried by TCP alone and gave no sign may
 * stand behind a firewall that lets UDP pass. */
static int by_udp_after_all(e911_call_t *call)
{
	int i;

	for(i = 0; i < call->steps && !call->ladder[i].large_tcp; i++)
		;
	if(i >= call->steps)
		return 0;
	call->ladder[i].large_tcp = 0;
	call->step = i;
	call->form = 0;
	return 1;
}

/* The step of the last resort that is still to come; past the end: none. */
static int resort(const e911_call_t *call)
{
	int step = call->step + 1;

	while(step < call->steps && !e911_ladder_is_last(&call->ladder[step]))
		step++;
	return step;
}

/* The last branches that tm grants belong to the last resort. */
static int is_reserved(const e911_call_t *call)
{
	return e911_transaction_room() <= 1 && resort(call) < call->steps;
}

static void report_step(e911_call_t *call, int status, int refused)
{
	if(call->step < 0)
		return;
	LM_NOTICE("call of %016llx: destination %d of %d: %s%d\n", WHO(call),
			call->step + 1, call->steps, refused ? "not sent, " : "", status);
	if(refused)
		e911_witness_refused(call);
	else
		e911_witness_tell(call, E911_EV_FAILED, -1, status);
}

static void leave_step(e911_call_t *call, int status)
{
	e911_stats_count(E911_STAT_FAILOVERS);
	if(call->carriage != E911_BY_TCP || call->ringing || status != 408)
		call->ladder[call->step].large_tcp = 0;
}

/* A second way to the present destination, or a lesser form for it. */
static int once_more(sip_msg_t *msg, e911_call_t *call, int status, int refused)
{
	if(call->step < 0 || is_reserved(call))
		return 0;
	if(refused && call->carriage == E911_BY_TCP) {
		call->carriage = E911_AS_WRITTEN;
		call->ladder[call->step].large_tcp = 0;
		return 1;
	}
	if(without_tls(call, status, refused))
		return 1;
	if(!lesser_form(msg, call, status, refused))
		return 0;
	/* TLS that has failed for one form fails for the next */
	if(call->carriage != E911_WITHOUT_TLS)
		call->carriage = e911_branch_carriage(msg, call);
	return 1;
}

/* Moves on to what is to be tried next; NONE: nothing. refused: the present
 * step could not be sent. */
static int advance(sip_msg_t *msg, e911_call_t *call, int status, int refused)
{
	report_step(call, status, refused);
	if(e911_transaction_room() <= 0)
		return E911_ERR_NONE;
	if(once_more(msg, call, status, refused))
		return E911_OK;
	if(call->step >= 0)
		leave_step(call, status);
	call->step = is_reserved(call) ? resort(call) : call->step + 1;
	call->form = 0;
	if(call->step >= call->steps && !by_udp_after_all(call))
		return E911_ERR_NONE;
	if(e911_ladder_is_last(&call->ladder[call->step]) && !call->resorted) {
		call->resorted = 1;
		e911_stats_count(E911_STAT_LAST_RESORT);
	}
	call->carriage = e911_branch_carriage(msg, call);
	return E911_OK;
}

/* The script's branch route may have forgotten e911_convey(), or there is
 * none. A branch that the script sends elsewhere by itself gets nothing. */
static void on_branch(sip_msg_t *msg, e911_call_t *call)
{
	if(!call->ended && e911_transaction_branches() == call->branch)
		e911_dress(msg, call);
}

static void on_event(e911_call_t *call, int kind, int branch, int code)
{
	if(kind == E911_EV_ENDED)
		e911_book_end(call);
	e911_witness_tell(call, kind, branch, code);
}

/* ----- relay ----- */

static void report_call(const e911_call_t *call)
{
	int own = call->found != E911_FOUND_NONE;
	int spoilt = call->reason == E911_REASON_UNUSABLE;

	if(call->kind == E911_KIND_TEST) {
		e911_stats_count(E911_STAT_TESTS);
	} else {
		e911_stats_count(E911_STAT_CALLS);
		e911_stats_count(own			 ? E911_STAT_LOCATED
						 : call->located ? E911_STAT_DEFAULTED
										 : E911_STAT_UNLOCATED);
	}
	LM_NOTICE("%s call of %016llx, site %s, proof %s, location %s%s%s, "
			  "%d destinations\n",
			e911_kind_name(call->kind), WHO(call), e911_route_site(call)->name,
			e911_proof_name(call->proof),
			own				 ? e911_verdict_name(call->location.verdict)
			: call->located	 ? "the site's default"
			: call->withheld ? "withheld"
							 : "none",
			own || spoilt ? ", " : "",
			own		 ? e911_freshness_name(call->location.freshness)
			: spoilt ? "his own is unusable"
					 : "",
			call->steps);
}

/* No memory, or a header that tm cannot read: the call goes once, without
 * failover. */
static int send_stateless(sip_msg_t *msg, e911_call_t *call)
{
	LM_CRIT("call of %016llx: no transaction, sent stateless\n", WHO(call));
	e911_stats_count(E911_STAT_STATELESS);
	call->dressed = -1;
	for(call->step = 0; call->step < call->steps; call->step++) {
		call->form = 0;
		call->carriage = E911_AS_WRITTEN;
		e911_book_lease(call, 1);
		if(e911_branch_aim(msg, call))
			continue;
		if(call->dressed < 0)
			e911_dress(msg, call);
		if(e911_transaction_without(msg)) {
			/* its end is never seen: it is not to take up room till then */
			e911_book_end(call);
			e911_witness_tell(call, E911_EV_SENT, -1, 0);
			return 1;
		}
	}
	return 0;
}

static int nothing_left(sip_msg_t *msg, e911_call_t *call)
{
	if(call->ended)
		return E911_ROUTE_NOTHING_LEFT;
	if(!is_route_type(FAILURE_ROUTE) && call->steps
			&& e911_transaction_starved() && send_stateless(msg, call))
		return E911_ROUTE_HANDED_ON;
	call->ended = 1;
	e911_stats_count(call->kind == E911_KIND_TEST ? E911_STAT_TESTS_EXHAUSTED
												  : E911_STAT_EXHAUSTED);
	LM_CRIT("%s call of %016llx: none of %d destinations took it\n",
			e911_kind_name(call->kind), WHO(call), call->steps);
	e911_witness_tell(call, E911_EV_NOBODY, -1, 0);
	if(setup.failed_code)
		e911_transaction_reply(msg, setup.failed_code, setup.failed_reason);
	if(setup.on_failed)
		setup.on_failed(msg);
	return E911_ROUTE_NOTHING_LEFT;
}

static int take(sip_msg_t *msg, e911_call_t *call, int status, int refused)
{
	while(advance(msg, call, status, refused) == 0) {
		e911_book_lease(call, 1);
		if(e911_branch_aim(msg, call) == 0) {
			e911_transaction_prepare(msg, call, cfg_get(e911, e911_cfg, fr));
			e911_witness_aim(call, call->branch);
			e911_stats_count(E911_STAT_TRIES);
			return E911_ROUTE_ON_ITS_WAY;
		}
		refused = 1;
		status = 0;
	}
	return nothing_left(msg, call);
}

static int handed_on(int result)
{
	return result == E911_ROUTE_HANDED_ON ? E911_ROUTE_ON_ITS_WAY : result;
}

static int send_until_sent(
		sip_msg_t *msg, e911_call_t *call, int status, int refused)
{
	int result;

	for(;;) {
		result = take(msg, call, status, refused);
		if(result != E911_ROUTE_ON_ITS_WAY)
			return handed_on(result);
		if(e911_transaction_relay(msg)) {
			/* of one that is not kept the transaction tells nothing */
			if(call == &scratch)
				e911_witness_tell(call, E911_EV_SENT, -1, 0);
			return result;
		}
		if(e911_transaction_given_up(msg))
			return E911_ROUTE_NOT_OURS;
		status = 0;
		refused = 1;
	}
}

/* The first step of a call: its transaction, its record. */
static int begin(sip_msg_t *msg, e911_call_t **call)
{
	e911_call_t *c = e911_route_call(msg);
	int state;

	if(c == NULL && e911_route_match(msg, NULL))
		c = &scratch;
	/* an event is told as a call is, but there is nothing to send */
	if(c == NULL || c->kind == E911_KIND_NONE)
		return E911_ROUTE_NOT_OURS;
	*call = c;
	if(c != &scratch)
		return E911_ROUTE_ON_ITS_WAY;
	e911_ladder_make(c);
	state = e911_transaction_new(msg);
	if(state == E911_TRANSACTION_RETRANSMISSION)
		return 0;
	settle(msg, c);
	/* the caller is no PSAP for his saying so, RFC 7090 section 5.2 */
	e911_callback_guard(msg);
	e911_book_open(msg, c, scratch_caller.trunk != NULL);
	report_call(c);
	e911_witness_begin(c);
	if(state < 0)
		return E911_ROUTE_NOTHING_LEFT;
	if(e911_transaction_keep(msg, c, call))
		LM_ERR("call of %016llx: no memory to keep it\n", WHO(c));
	return E911_ROUTE_ON_ITS_WAY;
}

/* A call that could not be kept is found anew; as many steps as there were
 * branches are behind it. */
static e911_call_t *resume(sip_msg_t *msg)
{
	e911_call_t *call = e911_transaction_call();

	if(call)
		return call;
	if(e911_route_match(msg, NULL) == E911_KIND_NONE)
		return NULL;
	/* first: what the caller writes is not to use up its room */
	e911_ladder_make(&scratch);
	settle(msg, &scratch);
	e911_book_open(msg, &scratch, scratch_caller.trunk != NULL);
	scratch.step = e911_transaction_branches() - 1;
	if(scratch.step >= scratch.steps)
		scratch.step = scratch.steps - 1;
	e911_witness_resume(&scratch);
	return &scratch;
}

/* A test call that is not the ERSP's. What fails here goes to the ERSP, whose
 * test service is as good. */
static int answer_here(sip_msg_t *msg, e911_call_t *call)
{
	e911_rehearsal_t answer;

	if(call->kind != E911_KIND_TEST || call->test == E911_TEST_ERSP
			|| e911_rehearse(msg, call, &answer))
		return 0;
	e911_stats_count(E911_STAT_TESTS_HERE);
	LM_NOTICE("test call of %016llx: answered here\n", WHO(call));
	call->ended = 1;
	e911_book_end(call);
	e911_transaction_reply(msg, answer.code, answer.reason);
	return 1;
}

/* The first step; private results are for the caller to translate. */
static int start(sip_msg_t *msg, int send)
{
	e911_call_t *call = NULL;
	int result = begin(msg, &call);

	if(result == E911_ROUTE_NOTHING_LEFT)
		return nothing_left(msg, call);
	if(result == 0)
		return E911_ROUTE_ON_ITS_WAY;
	if(result < 0)
		return result;
	if(send && call->step < 0 && answer_here(msg, call))
		return E911_ROUTE_ON_ITS_WAY;
	return send ? send_until_sent(msg, call, 0, call->step >= 0)
				: take(msg, call, 0, call->step >= 0);
}

static int go_on(sip_msg_t *msg, int send)
{
	e911_call_t *call;

	if(e911_transaction_given_up(msg))
		return E911_ROUTE_NOT_OURS;
	/* a script that was suspended before its first step goes on here */
	if(e911_transaction_call() == NULL && e911_transaction_tries() == 0)
		return handed_on(start(msg, send));
	call = resume(msg);
	if(call == NULL)
		return E911_ROUTE_NOT_OURS;
	return send ? send_until_sent(msg, call, e911_transaction_status(), 0)
				: take(msg, call, e911_transaction_status(), 0);
}

int e911_route_relay(sip_msg_t *msg)
{
	int result;

	if(msg->REQ_METHOD & (METHOD_CANCEL | METHOD_ACK))
		return e911_transaction_pass(msg) ? E911_ROUTE_ON_ITS_WAY
										  : E911_ROUTE_NOT_OURS;
	if(e911_rehearsal_has(msg))
		return e911_transaction_new(msg) != E911_TRANSACTION_RETRANSMISSION
							   && e911_transaction_reply(msg, 200, "OK") < 0
					   ? E911_ROUTE_NOT_OURS
					   : E911_ROUTE_ON_ITS_WAY;
	if(is_route_type(FAILURE_ROUTE))
		return go_on(msg, 1);
	/* a script that says so twice makes no second call */
	if(sent_id == msg->id && sent_pid == msg->pid)
		return E911_ROUTE_ON_ITS_WAY;
	result = handed_on(start(msg, 1));
	if(result == E911_ROUTE_ON_ITS_WAY) {
		sent_id = msg->id;
		sent_pid = msg->pid;
	}
	return result;
}

int e911_route_next(sip_msg_t *msg)
{
	int result;

	if(is_route_type(FAILURE_ROUTE))
		return go_on(msg, 0);
	if(sent_id == msg->id && sent_pid == msg->pid)
		return E911_ROUTE_NOT_OURS;
	result = start(msg, 0);
	return result == E911_ROUTE_HANDED_ON ? E911_ROUTE_NOT_OURS : result;
}
