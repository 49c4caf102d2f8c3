/*
 * e911: the SIP transaction of an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/cfg/cfg.h"
#include "../../core/dset.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/timer_ticks.h"
#include "../../core/timer.h"
#include "../../core/parser/parse_via.h"
#include "../tm/tm_load.h"
#include "../tm/h_table.h"
#include "transaction.h"
#include "config.h"
#include "stats.h"
#include "err.h"

/* as long as a PSAP may let it ring; tm has no "never" */
#define DAY_MS 86400000U

static tm_api_t tm;
static tm_xapi_t tmx;
static cmd_function t_relay;
static e911_branch_f dress_branch;

int e911_transaction_init(e911_branch_f on_branch)
{
	if(tm_load_api(&tm) < 0 || tm_load_xapi(&tmx) < 0)
		return E911_ERR_NONE;
	/* the script's own function: the API's is unsafe in failure_route */
	t_relay = find_export("t_relay", 0, 0);
	dress_branch = on_branch;
	return t_relay ? E911_OK : E911_ERR_NONE;
}

static tm_cell_t *current(void)
{
	tm_cell_t *t = tm.t_gett();

	return t == T_UNDEFINED ? NULL : t;
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

	if(copy == NULL)
		return E911_ERR_MEM;
	memcpy(copy, call, E911_CALL_SIZE(call));
	if(tm.register_tmcb(msg, current(),
			   TMCB_RESPONSE_IN | TMCB_REQUEST_FWDED | TMCB_E2ECANCEL_IN,
			   on_event, copy, release)
			<= 0) {
		shm_free(copy);
		return E911_ERR_MEM;
	}
	*kept = copy;
	return E911_OK;
}

/* ----- what tm tells while the call is up ----- */

/* A 100 says only that a proxy is there; 199 that a dialog ended, RFC 6228. */
static void on_provisional(sip_msg_t *reply, e911_call_t *call, int code)
{
	unsigned int ring = cfg_get(e911, e911_cfg, ring);

	if(code < 180 || code == 199 || call->ringing
			|| tm.t_gett_branch() != call->branch)
		return;
	call->ringing = 1;
	if(ring == 0)
		ring = DAY_MS;
	tm.set_fr(reply, ring, ring);
}

/* A branch that timed out holds tm's own 408, and tm would throw away a 2xx
 * that crossed our CANCEL: the PSAP has answered and nobody hears it. With the
 * status set back the 2xx goes to the caller (RFC 3261 16.7 step 5: every 2xx
 * is forwarded), and tm cancels the branch that still rings. */
static void rescue(tm_cell_t *t, e911_call_t *call)
{
	int b = tm.t_gett_branch();

	if(b < 0 || b >= t->nr_of_outgoings || t->uas.status >= 200
			|| t->uac[b].last_received != 408)
		return;
	t->uac[b].last_received = 180;
	e911_stats_count(E911_STAT_RESCUED);
	LM_ALERT("emergency call of %016llx: answered by a destination already"
			 " given up; kept\n",
			(unsigned long long)call->who);
}

static void on_event(tm_cell_t *t, int type, struct tmcb_params *ps)
{
	e911_call_t *call = *ps->param;

	if(type == TMCB_REQUEST_FWDED)
		dress_branch(ps->req, call);
	else if(type == TMCB_E2ECANCEL_IN)
		e911_stats_count(E911_STAT_CANCELLED);
	else if(ps->code < 200)
		on_provisional(ps->rpl, call, ps->code);
	else if(ps->code < 300)
		rescue(t, call);
}

/* ----- steps ----- */

int e911_transaction_cancelled(void)
{
	tm_cell_t *t = current();

	return t && (t->flags & T_CANCELED);
}

int e911_transaction_branches(void)
{
	tm_cell_t *t = current();

	return t ? t->nr_of_outgoings : 0;
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

/* tm forgets the routes with each step */
static void arm(tm_cell_t *t, e911_call_t *call)
{
	if(t->nr_of_outgoings == 0) {
		call->on_branch = t->on_branch;
		call->on_failure = t->on_failure;
		call->on_reply = t->on_reply;
		return;
	}
	t->on_branch = call->on_branch;
	t->on_failure = call->on_failure;
	t->on_reply = call->on_reply;
}

void e911_transaction_prepare(sip_msg_t *msg, e911_call_t *call, int fr)
{
	tm_cell_t *t = current();

	if(t == NULL)
		return;
	t->flags |= T_DISABLE_INTERNAL_REPLY;
	/* tm's max_inv_lifetime, 3 minutes, would hang up on a ringing PSAP */
	t->end_of_life = get_ticks_raw() + MS_TO_TICKS(2 * DAY_MS);
	tm.set_fr(msg, fr, fr);
	arm(t, call);
	call->ringing = 0;
	call->dressed = -1;
	call->branch = t->nr_of_outgoings;
}

int e911_transaction_relay(sip_msg_t *msg)
{
	return t_relay(msg, NULL, NULL) > 0;
}

int e911_transaction_pass(sip_msg_t *msg)
{
	int known = tmx.t_check_trans(msg);

	/* 0: an ACK to an error that tm answered, taken in */
	return known == 0 || (known > 0 && e911_transaction_relay(msg));
}

int e911_transaction_reply(sip_msg_t *msg, int code, const char *reason)
{
	return tm.t_reply(msg, code, (char *)reason) > 0 ? 1 : -1;
}
