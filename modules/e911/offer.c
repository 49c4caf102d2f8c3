/*
 * e911: the offer
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include "../../core/data_lump_rpl.h"
#include "../../core/dprint.h"
#include "../../core/parser/parse_expires.h"
#include "../../core/parser/contact/parse_contact.h"
#include "err.h"
#include "gate.h"
#include "hash.h"
#include "link.h"
#include "membership.h"
#include "offer.h"
#include "proof.h"
#include "row.h"
#include "settings.h"
#include "stats.h"

#define HEADER_MAX (E911_LINK_MAX + 128)

/* RFC 3261 section 10.2.1.1: the contact's own word comes first */
static int stays(sip_msg_t *msg, const contact_t *c)
{
	exp_body_t *expires;
	int n;

	if(c->expires)
		return e911_row_number(&c->expires->body, INT_MAX, &n) || n > 0;
	if(parse_headers(msg, HDR_EXPIRES_F, 0) < 0 || msg->expires == NULL
			|| parse_expires(msg->expires) < 0)
		return 1;
	expires = (exp_body_t *)msg->expires->parsed;
	return !expires->valid || expires->val > 0;
}

/* not one that only asks, nor one that takes leave */
static int registers(sip_msg_t *msg)
{
	const contact_body_t *contacts;

	if(msg->REQ_METHOD != METHOD_REGISTER
			|| parse_headers(msg, HDR_CONTACT_F, 0) < 0 || msg->contact == NULL
			|| parse_contact(msg->contact) < 0)
		return 0;
	contacts = (const contact_body_t *)msg->contact->parsed;
	return !contacts->star && contacts->contacts
		   && stays(msg, contacts->contacts);
}

/* A flow is no proof here: who was let in without a password had better not be
 * told where another one lives. */
static int is_proven(
		sip_msg_t *msg, const e911_caller_t *caller, const e911_site_t *site)
{
	int proof = e911_proof_now(msg, &caller->aor, site, E911_PROOF_NONE);

	return caller->aor.len && e911_caller_registers_himself(msg, caller)
		   && (proof == E911_PROOF_DIGEST || proof == E911_PROOF_SCRIPT);
}

static const char *find(
		e911_caller_t *caller, const e911_site_t *site, e911_finding_t *f)
{
	e911_where_from_t from = caller->from;
	e911_location_t l;

	from.rule = &site->vicinity;
	e911_cache_find(&caller->aor, &caller->device, &from, &l, f);
	/* it comes back by this registration */
	f->state.gone = 0;
	return e911_gate_foresees(&l, f, site);
}

static int put_header(sip_msg_t *msg, e911_caller_t *caller,
		const e911_site_t *site, const e911_finding_t *f, const char *reason)
{
	str contact = e911_link_device(caller, f);
	char mem[HEADER_MAX];
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "Call-Info: <");
	err = e911_link_put(&b, site, &caller->aor, &contact);
	if(err)
		return err;
	E911_STRBUF_LIT(&b, ">;purpose=e911-location");
	if(reason[0])
		E911_STRBUF_LIT(&b, ";reason=");
	e911_strbuf_puts(&b, reason);
	E911_STRBUF_LIT(&b, "\r\n");
	if(b.err)
		return b.err;
	return add_lump_rpl(msg, b.s, (int)b.len, LUMP_RPL_HDR) ? E911_OK
															: E911_ERR_MEM;
}

static int offer(sip_msg_t *msg, e911_caller_t *caller)
{
	const e911_site_t *site;
	const char *reason;
	e911_finding_t f;
	int said;

	if(!registers(msg))
		return E911_ERR_NONE;
	e911_proof_read(msg, caller);
	site = e911_membership(msg, &caller->aor, &said);
	if(site->page[0] == '\0'
			|| e911_credentials_signer(e911_settings()->keys) == NULL)
		return E911_ERR_NONE;
	if(!is_proven(msg, caller, site))
		return E911_ERR_VALUE;
	e911_caller_names(msg, caller);
	reason = find(caller, site, &f);
	return put_header(msg, caller, site, &f, reason);
}

int e911_offer(sip_msg_t *msg)
{
	static e911_caller_t caller; /* too large for a stack */
	int err = offer(msg, &caller);

	if(err == 0)
		e911_stats_count(E911_STAT_TOKENS_OFFERED);
	else if(err != E911_ERR_NONE && err != E911_ERR_VALUE)
		LM_ERR("no link to the page for %016llx: %s\n",
				(unsigned long long)e911_hash(
						caller.aor.s, (size_t)caller.aor.len),
				e911_err_text(err));
	return err;
}
