/*
 * e911: the SIP transaction of an emergency call: all that is asked of tm
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In failure_route and branch_route "the" transaction is the current one; tm
 * holds its reply lock there.
 */
#ifndef E911_TRANSACTION_H
#define E911_TRANSACTION_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"

enum e911_transaction_state
{
	E911_TRANSACTION_NEW = 1,
	E911_TRANSACTION_RETRANSMISSION = 2,
	E911_TRANSACTION_KNOWN = 3 /* there before: made by the script or by us */
};

/* Called for each branch that tm builds of a kept call, after the script's
 * branch route. */
typedef void (*e911_branch_f)(sip_msg_t *msg, e911_call_t *call);
/* Called for what becomes of a kept call: enum e911_event_kind. SENT, RINGING:
 * of the branch in use; ANSWERED, ENDED: the caller gets this final answer;
 * CANCELLED: he gives up. */
typedef void (*e911_became_f)(
		e911_call_t *call, int kind, int branch, int code);

/** Binds tm; in mod_init. NONE. */
int e911_transaction_init(e911_branch_f on_branch, e911_became_f on_event);
/** Is there a current transaction? */
int e911_transaction_is_there(void);
/** Makes the request's transaction; the state, or MEM where there is none. */
int e911_transaction_new(sip_msg_t *msg);
/** The call kept with the current transaction; NULL. */
e911_call_t *e911_transaction_call(void);
/** Keeps a copy; *kept is the copy. MEM: not kept, nothing changed. */
int e911_transaction_keep(
		sip_msg_t *msg, const e911_call_t *call, e911_call_t **kept);
/** 1 where the caller has cancelled; in failure_route he has his answer then. */
int e911_transaction_given_up(sip_msg_t *msg);
/** Branches that may still be added. */
int e911_transaction_room(void);
/** How many branches were begun. */
int e911_transaction_branches(void);
/** How many of them were sent, or tried to be: a script that was suspended has
 * a branch that was not. */
int e911_transaction_tries(void);
/** Final status of the newest branch; 408 for a time-out, 0 without one. */
int e911_transaction_status(void);
/**
 * Before a step: timers (ms, both until a ringing), the script's routes, no
 * answer of tm's own when a branch cannot be sent.
 */
void e911_transaction_prepare(sip_msg_t *msg, e911_call_t *call, int fr);
/** Relays to the URIs set in msg. 1: sent; 0: could not be sent. */
int e911_transaction_relay(sip_msg_t *msg);
/**
 * A CANCEL or ACK: 1 if it belongs to a transaction and went its way. One that
 * belongs to none is not relayed: its URI is this very proxy.
 */
int e911_transaction_pass(sip_msg_t *msg);
/** 1 where memory was too short for a transaction, or for a branch of it. */
int e911_transaction_starved(void);
/** Sends to the URIs set in msg, once and forgotten. 1: sent; 0. */
int e911_transaction_without(sip_msg_t *msg);
/** Answers the caller, where there is no transaction without one; 1, or -1. */
int e911_transaction_reply(sip_msg_t *msg, int code, const char *reason);

#endif
