/*
 * e911: locations out of SIP requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/dprint.h"
#include "err.h"
#include "hash.h"
#include "learn.h"
#include "membership.h"
#include "phone.h"
#include "proof.h"
#include "provision.h"
#include "registration.h"
#include "stats.h"

#define FOR_US (METHOD_REGISTER | METHOD_PUBLISH)

static int may_read(sip_msg_t *msg)
{
	int permits;

	if(!(msg->REQ_METHOD & (FOR_US | METHOD_INVITE)))
		return 0;
	permits = e911_phone_permits(msg);
	return permits > 0 || (permits < 0 && (msg->REQ_METHOD & FOR_US));
}

static int refuse(const e911_caller_t *caller, int err, const char *what)
{
	e911_stats_count(E911_STAT_REFUSED);
	LM_INFO("location in a request of %016llx: %s: %s\n",
			(unsigned long long)e911_hash(caller->aor.s, caller->aor.len), what,
			e911_err_text(err));
	return err;
}

/* a REGISTER has waited for usrloc already, an INVITE may not */
static int prove(sip_msg_t *msg, e911_caller_t *caller)
{
	const e911_site_t *site;
	e911_finding_t f;
	e911_location_t l;
	int said, proof;

	e911_proof_read(msg, caller);
	if((msg->REQ_METHOD & FOR_US) || e911_registration_is_quick())
		return e911_proof_registered(msg, caller);
	site = e911_membership(msg, &caller->aor, &said);
	proof = e911_proof_locate(msg, caller, site, &l, &f);
	e911_caller_names(msg, caller);
	return proof;
}

/* who registers another one states nothing for himself */
static int is_own(sip_msg_t *msg, const e911_caller_t *caller)
{
	return msg->REQ_METHOD != METHOD_REGISTER
		   || e911_caller_registers_himself(msg, caller);
}

int e911_learn(sip_msg_t *msg)
{
	static e911_caller_t caller; /* too large for a stack */
	const e911_site_t *site;
	e911_order_t order = {.ttl = 0};
	e911_location_t l;
	uint64_t ticket;
	int err, proof, said;

	if(!may_read(msg))
		return E911_ERR_NONE;
	err = e911_phone_read(msg, &l);
	if(err == E911_ERR_NONE)
		return err;
	proof = prove(msg, &caller);
	if(err)
		return refuse(&caller, err, "not taken");
	site = e911_membership(msg, &caller.aor, &said);
	proof = e911_proof_now(msg, &caller.aor, site, proof);
	/* a neighbour may have the same address, but not the same say */
	if(proof == E911_PROOF_NONE || proof == E911_PROOF_ADDRESS
			|| !is_own(msg, &caller))
		return refuse(&caller, E911_ERR_VALUE, "sender not proven");
	order.aor = caller.aor;
	if(caller.device.n)
		order.contact = caller.device.name[0];
	order.location = &l;
	order.network = caller.from.network;
	order.site = said ? site->id : 0;
	err = e911_provision_set(&order, &ticket);
	if(!err)
		e911_stats_count(E911_STAT_LEARNED);
	return err;
}
