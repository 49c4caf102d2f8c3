/*
 * e911: the one way an emergency call goes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * identify: number plan, caller, location, site. settle: is he proven, whose
 * location goes. ladder: the destinations of
 * the site's (or number's) dispatcher set, active before inactive, each by
 * priority, then those of the last resort. step: the next of them, or the same
 * in a lesser form or by another transport. dress: the branch for its own
 * destination. Nothing here waits for anything.
 */
#ifndef E911_ROUTE_H
#define E911_ROUTE_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"
#include "plan.h"
#include "site.h"

typedef void (*e911_failed_f)(sip_msg_t *msg);

typedef struct e911_route_setup
{
	int failed_code; /* answer when nothing took the call, 0: the script's */
	const char *failed_reason;
	e911_failed_f on_failed; /* told of that, after the answer */
} e911_route_setup_t;

/** In mod_init. NONE: tm is not there. */
int e911_route_init(const e911_route_setup_t *setup);

/**
 * The call a message makes: enum e911_kind. number NULL: the Request-URI as
 * it was received, of INVITE, CANCEL and ACK. Requests inside a dialog make
 * none. What is found is at hand for the same message later on.
 */
int e911_route_match(sip_msg_t *msg, const str *number);
/** The same, without a look at caller and location: emergency or test call? */
int e911_route_is_emergency(sip_msg_t *msg);
/** The call of this message or transaction; NULL. */
e911_call_t *e911_route_call(sip_msg_t *msg);
/** What is told of an event that belongs to no call: the call at hand for this
 * (faked) message is as given, until the next. */
void e911_route_present(sip_msg_t *msg, const e911_call_t *call);
/**
 * Should the script challenge the caller of this INVITE? Only where the site
 * says so, a stored location is at stake, nothing proves him yet, he has sent
 * no credentials, and his AoR was not challenged a moment ago.
 */
int e911_route_challenge(sip_msg_t *msg);
/** What proves the caller at this moment: enum e911_proof. */
int e911_route_proof(sip_msg_t *msg, const e911_call_t *call);
/** Fills a call for a caller who is not on the line (RPC); he is proven. */
int e911_route_identify(const str *uri, const str *aor,
		const e911_device_t *device, e911_call_t *call);
/** The same of a caller under that site, whatever his AoR; 0: as above. */
int e911_route_identify_at(const str *uri, const str *aor,
		const e911_device_t *device, uint32_t site, e911_call_t *call);

/** Results of taking a step, as the script functions have them. */
enum e911_route_result
{
	E911_ROUTE_ON_ITS_WAY = 1,
	E911_ROUTE_HANDED_ON = 2, /* sent without a transaction; private */
	E911_ROUTE_NOT_OURS = -1,
	E911_ROUTE_NOTHING_LEFT = -2
};

int e911_route_relay(sip_msg_t *msg);
/** The same without sending. */
int e911_route_next(sip_msg_t *msg);
const e911_site_t *e911_route_site(const e911_call_t *call);

#endif
