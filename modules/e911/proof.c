/*
 * e911: is the caller who he says he is?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/parser/digest/digest.h"
#include "../../core/parser/parse_from.h"
#include "err.h"
#include "headers.h"
#include "nomad.h"
#include "proof.h"
#include "registration.h"
#include "settings.h"

/* the message the script has vouched for, in this process */
static unsigned int vouched_id;
static int vouched_pid;

const char *e911_proof_name(int proof)
{
	static const char *const names[] = {
			"none", "address", "flow", "digest", "trunk", "script"};

	return names[proof];
}

void e911_proof_vouch(const sip_msg_t *msg)
{
	vouched_id = msg->id;
	vouched_pid = msg->pid;
}

/* user@host of the From, the user as written: some registrars tell its capitals
 * apart, never those of the host */
static str raw_aor(
		sip_msg_t *msg, const e911_caller_t *caller, char mem[E911_AOR_MAX])
{
	str raw = {mem, 0}, host;
	struct sip_uri *uri;

	uri = msg->from ? parse_from_uri(msg) : NULL;
	e911_aor_host(&caller->aor, &host);
	if(uri == NULL || uri->user.len <= 0
			|| uri->user.len + 1 + host.len != caller->aor.len)
		return raw;
	memcpy(mem, caller->aor.s, caller->aor.len);
	memcpy(mem, uri->user.s, uri->user.len);
	raw.len = caller->aor.len;
	return raw;
}

void e911_proof_read(sip_msg_t *msg, e911_caller_t *caller)
{
	e911_caller_read(msg, e911_settings()->trunks, caller);
}

static int by_nearness(int near)
{
	static const int proofs[] = {
			E911_PROOF_NONE, E911_PROOF_ADDRESS, E911_PROOF_FLOW};

	return proofs[near];
}

/* the registered names first: the others are only what the message says */
static void take_names(e911_caller_t *caller, const e911_contact_t *contact)
{
	e911_device_t said = caller->device;
	char mem[E911_DEVICE_NAMES][E911_CONTACT_MAX];
	int i;

	memcpy(mem, caller->mem, sizeof(mem));
	caller->device.n = 0;
	for(i = 0; i < contact->device.n; i++)
		e911_caller_add_name(caller, &contact->device.name[i]);
	for(i = 0; i < said.n; i++) {
		said.name[i].s = mem[i];
		e911_caller_add_name(caller, &said.name[i]);
	}
}

static int ask_registrar(
		sip_msg_t *msg, e911_caller_t *caller, e911_contact_t *contact)
{
	char mem[E911_AOR_MAX];
	str raw = raw_aor(msg, caller, mem);

	return e911_registration_near(&caller->aor, &raw, caller, contact);
}

int e911_proof_registered(sip_msg_t *msg, e911_caller_t *caller)
{
	static e911_contact_t contact; /* too large for a stack */
	int near;

	if(caller->trunk)
		return E911_PROOF_TRUNK;
	if(caller->aor.len == 0)
		return E911_PROOF_NONE;
	e911_caller_names(msg, caller);
	near = ask_registrar(msg, caller, &contact);
	if(near == E911_SAME_FLOW)
		take_names(caller, &contact);
	return by_nearness(near);
}

static int is_of(const e911_finding_t *f, const e911_contact_t *contact)
{
	return f->contact.len == 0
		   || e911_device_index(&contact->device, &f->contact) >= 0;
}

int e911_proof_locate(sip_msg_t *msg, e911_caller_t *caller,
		const e911_site_t *site, e911_location_t *l, e911_finding_t *f)
{
	static e911_contact_t contact; /* too large for a stack */
	e911_where_from_t from = caller->from;
	int near;

	from.rule = &site->vicinity;
	e911_cache_find(&caller->aor, &caller->device, &from, l, f);
	/* the flow tells which device it is, whatever names it gives itself */
	if(!caller->named && f->near == E911_SAME_FLOW
			&& f->found == E911_FOUND_DEVICE) {
		e911_caller_add_name(caller, &f->contact);
		return E911_PROOF_FLOW;
	}
	if(!caller->named) {
		e911_caller_names(msg, caller);
		e911_cache_find(&caller->aor, &caller->device, &from, l, f);
	}
	if(caller->trunk)
		return E911_PROOF_TRUNK;
	if(f->near == E911_SAME_FLOW || caller->aor.len == 0
			|| !e911_registration_is_quick())
		return by_nearness(f->near);
	near = ask_registrar(msg, caller, &contact);
	if(near == E911_SAME_FLOW) {
		take_names(caller, &contact);
		e911_cache_find(&caller->aor, &caller->device, &from, l, f);
	} else if(near == E911_SAME_ADDRESS && !is_of(f, &contact)) {
		/* a neighbour of one device is no proof that he is another one */
		near = f->near;
	}
	return by_nearness(near > f->near ? near : f->near);
}

/* ----- digest ----- */

static int same(const str *a, const str *b)
{
	return a->len == b->len && strncasecmp(a->s, b->s, a->len) == 0;
}

/* the user of the AoR, in its domain */
static int is_callers(
		const dig_cred_t *cred, const str *aor, const e911_site_t *site)
{
	str user = *aor, host;
	const str *realm = GET_REALM(cred);

	e911_aor_host(aor, &host);
	user.len = aor->len - host.len - 1;
	return same(&cred->username.user, &user)
		   && (same(realm, &host) || e911_site_lists(site->realms, realm));
}

static struct hdr_field *checked_in(struct hdr_field *list)
{
	struct hdr_field *h = NULL;

	get_authorized_cred(list, &h);
	return h && h->parsed ? h : NULL;
}

/* The credentials that the script had checked. That a header is marked says
 * only which one it was: auth marks it before it knows the outcome. So none of
 * those that are marked may be another's. E911_ERR_VALUE: one is. */
static int by_script(sip_msg_t *msg, const str *aor, const e911_site_t *site)
{
	struct hdr_field *h[2] = {
			checked_in(msg->proxy_auth), checked_in(msg->authorization)};
	int i, proof = E911_PROOF_SCRIPT;

	for(i = 0; i < 2; i++) {
		if(h[i] == NULL)
			continue;
		if(!is_callers(&((auth_body_t *)h[i]->parsed)->digest, aor, site))
			return E911_ERR_VALUE;
		proof = E911_PROOF_DIGEST;
	}
	return proof;
}

static int is_vouched(const sip_msg_t *msg)
{
	return msg->id == vouched_id && msg->pid == vouched_pid;
}

int e911_proof_is_anothers(
		sip_msg_t *msg, const str *aor, const e911_site_t *site)
{
	return is_vouched(msg) && by_script(msg, aor, site) < 0;
}

int e911_proof_now(
		sip_msg_t *msg, const str *aor, const e911_site_t *site, int before)
{
	int proof;

	if(before == E911_PROOF_TRUNK)
		return before;
	/* who is known to be another one is not his neighbour's agent either */
	if(aor->len && is_vouched(msg)) {
		proof = by_script(msg, aor, site);
		return proof > 0 ? proof : E911_PROOF_NONE;
	}
	if(before == E911_PROOF_ADDRESS && site->proof == E911_BY_FLOW)
		return E911_PROOF_NONE;
	return before;
}

void e911_proof_hear(
		sip_msg_t *msg, e911_caller_t *caller, int proof, uint32_t site)
{
	if(caller->trunk || proof < E911_PROOF_DIGEST)
		return;
	e911_caller_names(msg, caller);
	e911_nomad_heard(
			&caller->aor, &caller->device, &caller->from.network, site);
}

int e911_proof_tries(sip_msg_t *msg)
{
	return e911_headers(msg, HDR_EOH_F) >= 0
		   && (msg->proxy_auth || msg->authorization);
}
