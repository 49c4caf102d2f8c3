/*
 * e911: the SIP transaction of an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/cfg/cfg.h"
#include "../../core/dset.h"
#include "../../core/error.h"
#include "../../core/forward.h"
#include "../../core/resolve.h"
#include "../../core/route.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/timer_ticks.h"
#include "../../core/timer.h"
#include "../../core/parser/parse_cseq.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/parser/parse_via.h"
#include "../tm/tm_load.h"
#include "../tm/h_table.h"
#include "../sl/sl.h"
#include "compat.h"
#include "headers.h"
#include "transaction.h"
#include "config.h"
#include "hash.h"
#include "stats.h"
#include "strbuf.h"
#include "err.h"
#include "events.h"

/* as long as a PSAP may let it ring; tm has no "never" */
#define DAY_MS 86400000U
#define UNKEPT_MS 120000

/* the script's routes; 0: none */
typedef struct routes
{
	int branch, failure, reply;
} routes_t;

static routes_t *routes; /* shared: as the last call had them */
static tm_api_t tm;
static tm_xapi_t tmx;
static cmd_function t_relay;
static sl_api_t sl; /* freply NULL: module sl is not there */
static e911_branch_f dress_branch;
static e911_became_f tell;

int e911_transaction_init(e911_branch_f on_branch, e911_became_f on_event_of)
{
	if(tm_load_api(&tm) < 0 || tm_load_xapi(&tmx) < 0)
		return E911_ERR_NONE;
	/* the script's own function: the API's is unsafe in failure_route */
	t_relay = find_export("t_relay", 0, 0);
	if(find_export("bind_sl", 0, 0))
		sl_load_api(&sl);
	dress_branch = on_branch;
	tell = on_event_of;
	/* ends with the shared memory itself */
	routes = shm_mallocxz(sizeof(*routes));
	return t_relay && routes ? E911_OK : E911_ERR_NONE;
}

static tm_cell_t *current(void)
{
	tm_cell_t *t = tm.t_gett();

	return t == T_UNDEFINED ? NULL : t;
}

int e911_transaction_is_there(void)
{
	return current() != NULL;
}

int e911_transaction_new(sip_msg_t *msg)
{
	int known = current() != NULL;
	int ret = known ? 1 : tm.t_newtran(msg);

	if(ret < 0 || current() == NULL)
		return E911_ERR_MEM;
	if(ret == 0)
		return E911_TRANSACTION_RETRANSMISSION;
	return known ? E911_TRANSACTION_KNOWN : E911_TRANSACTION_NEW;
}

/* ----- the call, kept as the parameter of a callback ----- */

static void on_event(tm_cell_t *t, int type, struct tmcb_params *ps);

static void release(void *call)
{
	shm_free(call);
}

static e911_call_t *call_of(const tm_cell_t *t)
{
	struct tm_callback *cb;

	for(cb = (struct tm_callback *)t->tmcb_hl.first; cb; cb = cb->next)
		if(cb->callback == on_event)
			return cb->param;
	return NULL;
}

e911_call_t *e911_transaction_call(void)
{
	tm_cell_t *t = current();

	return t ? call_of(t) : NULL;
}

int e911_transaction_keep(
		sip_msg_t *msg, const e911_call_t *call, e911_call_t **kept)
{
	e911_call_t *copy = shm_malloc(E911_CALL_SIZE(call));
	int types = TMCB_RESPONSE_IN | TMCB_REQUEST_FWDED | TMCB_E2ECANCEL_IN
				| TMCB_RESPONSE_OUT;

	if(e911_events_watched())
		types |= TMCB_REQUEST_SENT;
	if(copy == NULL)
		return E911_ERR_MEM;
	e911_call_copy(copy, call);
	if(tm.register_tmcb(msg, current(), types, on_event, copy, release) <= 0) {
		shm_free(copy);
		return E911_ERR_MEM;
	}
	*kept = copy;
	return E911_OK;
}

/* ----- what tm tells while the call is up ----- */

/* A 100 says only that a proxy is there; 199 that a dialog ended, RFC 6228.
 * tm holds no lock here: the timer may be moving on at this moment. */
static void on_provisional(sip_msg_t *reply, e911_call_t *call, int code)
{
	unsigned int ring = cfg_get(e911, e911_cfg, ring);
	unsigned int fr = cfg_get(e911, e911_cfg, fr);

	if(code < 180 || code == 199 || call->ringing
			|| tm.t_gett_branch() != call->branch)
		return;
	call->ringing = 1;
	if(ring == 0)
		ring = DAY_MS;
	tm.set_fr(reply, ring, ring);
	membar();
	if(tm.t_gett_branch() != call->branch)
		tm.set_fr(reply, fr, fr);
	tell(call, E911_EV_RINGING, tm.t_gett_branch(), code);
}

/* A branch that timed out holds tm's own 408, and tm would throw away a 2xx
 * that crossed our CANCEL: the PSAP has answered and nobody hears it. With the
 * status set back the 2xx goes to the caller (RFC 3261 16.7 step 5: every 2xx
 * is forwarded), and tm cancels the branch that still rings. */
static void rescue(tm_cell_t *t, e911_call_t *call)
{
	int b = tm.t_gett_branch();

	if(b < 0 || b >= t->nr_of_outgoings || t->uac[b].last_received != 408)
		return;
	/* tm hands it on by itself, and what is sent again finds no 408 here */
	if(t->uas.status >= 200) {
		e911_stats_count(E911_STAT_ANSWERED_TWICE);
		LM_ALERT("emergency call of %016llx: answered by a destination already"
				 " given up, and the caller had a %d before\n",
				(unsigned long long)call->who, t->uas.status);
		return;
	}
	t->uac[b].last_received = 180;
	e911_stats_count(E911_STAT_RESCUED);
	LM_ALERT("emergency call of %016llx: answered by a destination already"
			 " given up; kept\n",
			(unsigned long long)call->who);
}

/* The answer to a CANCEL of tm's own comes by the same callback. */
static int is_of_invite(sip_msg_t *reply)
{
	return reply && reply != FAKED_REPLY && reply->cseq && reply->cseq->parsed
		   && get_cseq(reply)->method_id == METHOD_INVITE;
}

static void on_reply(tm_cell_t *t, e911_call_t *call, struct tmcb_params *ps)
{
	if(!is_of_invite(ps->rpl))
		return;
	if(tm.t_gett_branch() == call->branch)
		call->heard = 1;
	if(ps->code < 200)
		on_provisional(ps->rpl, call, ps->code);
	else if(ps->code < 300)
		rescue(t, call);
}

/* Not what is sent again, nor a CANCEL. A refusal may have been faster than
 * this, and the call is at its next branch. */
static void on_sent(e911_call_t *call, const struct tmcb_params *ps)
{
	if(ps->flags == TMCB_NONE_F)
		tell(call, E911_EV_SENT, ps->branch, 0);
}

static void on_event(tm_cell_t *t, int type, struct tmcb_params *ps)
{
	e911_call_t *call = *ps->param;

	switch(type) {
		case TMCB_REQUEST_FWDED:
			dress_branch(ps->req, call);
			break;
		case TMCB_E2ECANCEL_IN:
			e911_stats_count(E911_STAT_CANCELLED);
			tell(call, E911_EV_CANCELLED, -1, 0);
			break;
		case TMCB_REQUEST_SENT:
			on_sent(call, ps);
			break;
		case TMCB_RESPONSE_IN:
			on_reply(t, call, ps);
			break;
		case TMCB_RESPONSE_OUT:
			if(ps->code >= 200)
				tell(call, ps->code < 300 ? E911_EV_ANSWERED : E911_EV_ENDED,
						tm.t_gett_branch(), ps->code);
	}
}

/* ----- steps ----- */

int e911_transaction_branches(void)
{
	tm_cell_t *t = current();

	return t ? t->nr_of_outgoings : 0;
}

int e911_transaction_tries(void)
{
	tm_cell_t *t = current();
	int i, n = 0;

	for(i = 0; t && i < t->nr_of_outgoings; i++)
		n += t->uac[i].request.buffer != NULL;
	return n;
}

int e911_transaction_room(void)
{
	return sr_dst_max_branches - e911_transaction_branches();
}

int e911_transaction_status(void)
{
	tm_cell_t *t = current();

	if(t == NULL || t->nr_of_outgoings == 0)
		return 0;
	return t->uac[t->nr_of_outgoings - 1].last_received;
}

/* Of a call that is not kept nobody knows them after its first step: those of
 * the last call are the script's, too. */
static void learn(const tm_cell_t *t, e911_call_t *call)
{
	int again = t->nr_of_outgoings > 0 && t->on_failure == 0;

	call->armed = 1;
	call->on_branch = again ? routes->branch : t->on_branch;
	call->on_failure = again ? routes->failure : t->on_failure;
	call->on_reply = again ? routes->reply : t->on_reply;
	routes->branch = call->on_branch;
	routes->failure = call->on_failure;
	routes->reply = call->on_reply;
}

/* tm forgets the routes with each step */
static void arm(tm_cell_t *t, e911_call_t *call)
{
	if(!call->armed)
		learn(t, call);
	t->on_branch = call->on_branch;
	t->on_failure = call->on_failure;
	t->on_reply = call->on_reply;
}

void e911_transaction_prepare(sip_msg_t *msg, e911_call_t *call, int fr)
{
	tm_cell_t *t = current();

	if(t == NULL)
		return;
	/* first: an 18x of the branch before is not this one's */
	call->branch = t->nr_of_outgoings;
	call->ringing = 0;
	call->heard = 0;
	call->dressed = -1;
	membar();
	t->flags |= T_DISABLE_INTERNAL_REPLY;
	/* tm's max_inv_lifetime, 3 minutes, would hang up on a ringing PSAP */
	t->end_of_life = get_ticks_raw() + MS_TO_TICKS(2 * DAY_MS);
	/* one that is not kept cannot be lengthened once it rings */
	tm.set_fr(msg, call_of(t) ? fr : UNKEPT_MS, fr);
	arm(t, call);
	ser_error = 0;
}

int e911_transaction_relay(sip_msg_t *msg)
{
	return t_relay(msg, NULL, NULL) > 0;
}

int e911_transaction_starved(void)
{
	/* tm does not always say why */
	return current() == NULL || ser_error == E_OUT_OF_MEM || ser_error == 0;
}

/* ----- without a transaction ----- */

/* The same for a request that is sent again (RFC 3261 16.11). */
static int put_branch(sip_msg_t *msg)
{
	struct via_body *via = msg->via1;
	e911_strbuf_t b;
	uint64_t id;

	if(via == NULL || msg->callid == NULL || msg->cseq == NULL)
		return E911_ERR_SYNTAX;
	id = e911_hash(msg->callid->body.s, msg->callid->body.len)
		 ^ e911_hash(msg->cseq->body.s, msg->cseq->body.len) * 3
		 ^ e911_hash(via->host.s, via->host.len) * 5;
	if(via->branch)
		id ^= e911_hash(via->branch->value.s, via->branch->value.len) * 7;
	e911_strbuf_init(&b, msg->add_to_branch_s, MAX_BRANCH_PARAM_LEN);
	E911_STRBUF_LIT(&b, "z9hG4bKe911-");
	e911_strbuf_put_hex(&b, (unsigned char *)&id, sizeof(id));
	msg->add_to_branch_len = (int)b.len;
	return b.err;
}

static int send_to(sip_msg_t *msg, struct dest_info *dst)
{
	unsigned int len = 0;
	char *text;
	int sent;

	dst->send_sock = get_send_socket(msg, &dst->to, dst->proto);
	if(dst->send_sock == NULL)
		return 0;
	text = e911_build_request(msg, &len, dst, 0);
	if(text == NULL)
		return 0;
	sent = msg_send(dst, text, (int)len) >= 0;
	pkg_free(text);
	return sent;
}

/* Not the core's forward_request(): it refuses a From or To that it cannot
 * read, and such a caller is in need too. */
int e911_transaction_without(sip_msg_t *msg)
{
	struct dest_info dst;
	struct sip_uri to;
	char proto;

	if(e911_headers(msg, HDR_CALLID_F | HDR_CSEQ_F) < 0 || put_branch(msg)
			|| parse_uri(msg->dst_uri.s, msg->dst_uri.len, &to) < 0)
		return 0;
	init_dest_info(&dst);
	proto = (char)to.proto;
	if(to.type == SIPS_URI_T)
		proto = PROTO_TLS;
	if(sip_hostport2su(&dst.to, &to.host, to.port_no, &proto) < 0)
		return 0;
	dst.proto = proto;
	return send_to(msg, &dst);
}

int e911_transaction_pass(sip_msg_t *msg)
{
	int known = tmx.t_check_trans(msg);

	/* 0: an ACK to an error that tm answered, taken in */
	return known == 0 || (known > 0 && e911_transaction_relay(msg));
}

int e911_transaction_reply(sip_msg_t *msg, int code, const char *reason)
{
	str text = {(char *)reason, (int)strlen(reason)};

	if(current() == NULL && sl.freply)
		return sl.freply(msg, code, &text) > 0 ? 1 : -1;
	return tm.t_reply(msg, code, (char *)reason) > 0 ? 1 : -1;
}

int e911_transaction_given_up(sip_msg_t *msg)
{
	tm_cell_t *t = current();

	if(t == NULL || !(t->flags & T_CANCELED))
		return 0;
	/* else tm picks a refusal of before, or the error of its own */
	if(is_route_type(FAILURE_ROUTE))
		e911_transaction_reply(msg, 487, "Request Terminated");
	return 1;
}
