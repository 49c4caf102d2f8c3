/*
 * e911: the gate
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/data_lump_rpl.h"
#include "../../core/dprint.h"
#include "../../core/parser/parse_to.h"
#include "../../core/trim.h"
#include "err.h"
#include "gate.h"
#include "hash.h"
#include "headers.h"
#include "link.h"
#include "membership.h"
#include "proof.h"
#include "route.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"

#define HEADERS_MAX (E911_LINK_MAX + 256)

/* What may be wrong, and how it is told. */
enum wrong
{
	WRONG_NOTHING,
	WRONG_MISSING,
	WRONG_MOVED,
	WRONG_OLD,
	WRONG_EXPIRED,
	WRONG_INVALID,
	WRONG_UNUSABLE
};

static const struct words
{
	const char *token;
	const char *text;
} words[] = {
		[WRONG_NOTHING] = {"", ""},
		[WRONG_MISSING] = {"location-missing", "state your location first"},
		[WRONG_MOVED] = {"location-moved",
				"you seem to be elsewhere, confirm or state your location"},
		[WRONG_OLD] = {"location-old", "confirm your location"},
		[WRONG_EXPIRED] = {"location-expired",
				"your registration ended, confirm or state your location"},
		[WRONG_INVALID] = {"location-invalid", "correct your location"},
		[WRONG_UNUSABLE] = {"location-unusable",
				"your location was found wrong, state it anew"},
};

static int (*all_loaded)(void);

static unsigned int asked_id;
static int asked_pid;
static int answer; /* enum wrong */

void e911_gate_init(int (*loaded)(void))
{
	all_loaded = loaded;
}

const char *e911_gate_reason(const sip_msg_t *msg)
{
	return asked_id == msg->id && asked_pid == msg->pid ? words[answer].token
														: "";
}

static int opens_dialog(sip_msg_t *msg)
{
	return msg->REQ_METHOD == METHOD_INVITE && e911_headers(msg, HDR_TO_F) >= 0
		   && msg->to && get_to(msg)->tag_value.len == 0;
}

/* RFC 7090 section 4 */
static int is_callback(sip_msg_t *msg)
{
	struct hdr_field *h;
	str value;

	if(e911_headers(msg, HDR_EOH_F) < 0)
		return 0;
	for(h = msg->headers; h; h = h->next) {
		if(h->type != HDR_PRIORITY_T)
			continue;
		value = h->body;
		trim(&value);
		if(value.len == 13 && strncasecmp(value.s, "psap-callback", 13) == 0)
			return 1;
	}
	return 0;
}

/* the mark of one who is known to be an agent is no mark; behind a trunk that
 * is one of whom there is a location */
static int is_agent(int proof, const e911_finding_t *f)
{
	return proof == E911_PROOF_ADDRESS || proof == E911_PROOF_FLOW
		   || proof == E911_PROOF_DIGEST
		   || (proof != E911_PROOF_NONE && f->found != E911_FOUND_NONE);
}

static int is_vouched_for(int proof)
{
	return proof == E911_PROOF_DIGEST || proof == E911_PROOF_SCRIPT;
}

static int wrong_of(const e911_location_t *l, const e911_finding_t *f,
		const e911_site_t *site)
{
	static const int by_reason[] = {[E911_REASON_NONE] = WRONG_NOTHING,
			[E911_REASON_MOVED] = WRONG_MOVED,
			[E911_REASON_OLD] = WRONG_OLD,
			[E911_REASON_GONE] = WRONG_EXPIRED};
	int reason;

	if(f->found == E911_FOUND_NONE)
		return WRONG_MISSING;
	if(l->verdict == E911_INVALID && site->invalid_gate)
		return WRONG_INVALID;
	if(l->verdict == E911_UNUSABLE)
		return WRONG_UNUSABLE;
	e911_freshness(&f->state, f->confirmed, site, &reason);
	return by_reason[reason];
}

const char *e911_gate_word(const e911_location_t *l, const e911_finding_t *f,
		const e911_site_t *site)
{
	return words[wrong_of(l, f, site)].token;
}

const char *e911_gate_foresees(const e911_location_t *l,
		const e911_finding_t *f, const e911_site_t *site)
{
	int wrong = wrong_of(l, f, site);

	if(site->gate != E911_GATE_REQUIRE || !all_loaded()
			|| (wrong == WRONG_MISSING && e911_cache_is_full()))
		wrong = WRONG_NOTHING;
	return words[wrong].token;
}

/* With a token only for a password over the contact's own flow: then the names
 * of the device are those that it has registered. */
static void put_page(e911_strbuf_t *b, const e911_site_t *site,
		const e911_caller_t *caller, const e911_finding_t *known)
{
	str contact;
	int err = E911_ERR_NONE;

	if(known) {
		contact = e911_link_device(caller, known);
		err = e911_link_put(b, site, &caller->aor, &contact);
	}
	if(err)
		e911_strbuf_puts(b, site->page);
}

static int put_headers(sip_msg_t *msg, const e911_site_t *site,
		const e911_caller_t *caller, const e911_finding_t *known)
{
	char mem[HEADERS_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(site->page[0]) {
		E911_STRBUF_LIT(&b, "Error-Info: <");
		put_page(&b, site, caller, known);
		E911_STRBUF_LIT(&b, ">;reason=");
		e911_strbuf_puts(&b, words[answer].token);
		E911_STRBUF_LIT(&b, "\r\n");
	}
	E911_STRBUF_LIT(&b, "Warning: 399 e911 \"");
	e911_strbuf_puts(&b, words[answer].token);
	E911_STRBUF_LIT(&b, ": ");
	e911_strbuf_puts(&b, words[answer].text);
	E911_STRBUF_LIT(&b, "\"\r\n");
	return b.err || add_lump_rpl(msg, b.s, (int)b.len, LUMP_RPL_HDR) == NULL;
}

static int open_by_fault(const char *why)
{
	e911_stats_count(E911_STAT_GATE_OPEN);
	LM_WARN("the gate is open: %s\n", why);
	return E911_GATE_OPEN;
}

static int judge(sip_msg_t *msg, const e911_caller_t *caller,
		const e911_site_t *site, const e911_finding_t *known)
{
	if(answer == WRONG_NOTHING)
		return E911_GATE_OPEN;
	if(!all_loaded())
		return open_by_fault("locations are still being read");
	if(answer == WRONG_MISSING && e911_cache_is_full())
		return open_by_fault("no room for more locations");
	if(caller->too_long)
		return open_by_fault("the caller's name is longer than we keep");
	if(site->gate == E911_GATE_WARN) {
		e911_stats_count(E911_STAT_GATE_WARNED);
		return E911_GATE_OPEN;
	}
	if(put_headers(msg, site, caller, known))
		return open_by_fault("no memory for the answer");
	e911_stats_count(E911_STAT_GATE_REFUSED);
	LM_INFO("call of %016llx, site %s: not let pass, %s\n",
			(unsigned long long)e911_hash(caller->aor.s, caller->aor.len),
			site->name, words[answer].token);
	return E911_GATE_CLOSED;
}

int e911_gate(sip_msg_t *msg)
{
	static e911_caller_t caller; /* too large for a stack */
	const e911_site_t *site;
	e911_location_t l;
	e911_finding_t f;
	int proof, said, anothers, flow;

	asked_id = 0;
	if(!e911_sites_gated(e911_settings()->sites) || !opens_dialog(msg)
			|| e911_route_is_emergency(msg) || e911_route_call(msg))
		return E911_GATE_OPEN;
	e911_proof_read(msg, &caller);
	site = e911_membership(msg, &caller.aor, &said);
	if(site->gate == E911_GATE_OFF)
		return E911_GATE_OPEN;
	proof = e911_proof_locate(msg, &caller, site, &l, &f);
	flow = proof == E911_PROOF_FLOW;
	proof = e911_proof_now(msg, &caller.aor, site, proof);
	anothers = e911_proof_is_anothers(msg, &caller.aor, site);
	if(!anothers && !is_agent(proof, &f) && is_callback(msg))
		return E911_GATE_OPEN;
	e911_proof_hear(msg, &caller, proof, said ? site->id : 0);
	asked_id = msg->id;
	asked_pid = msg->pid;
	/* another one's location does not open it */
	answer = anothers ? WRONG_MISSING : wrong_of(&l, &f, site);
	return judge(msg, &caller, site, flow && is_vouched_for(proof) ? &f : NULL);
}
