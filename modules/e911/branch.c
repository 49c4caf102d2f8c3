/*
 * e911: one branch of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dset.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/socket_info.h"
#include "branch.h"
#include "err.h"
#include "proof.h"
#include "settings.h"
#include "strbuf.h"

#define URI_MAX 512
#define UDP_SAFE 1300	   /* RFC 3261 18.1.1 */
#define HEADERS_ROOM 600   /* what we and the core add to a request */
#define PIDF_ROOM 1200	   /* a document's share beside the address itself */
#define DATA_ROOM 700	   /* a block of additional data */
#define DATA_LINE_ROOM 160 /* the reference to one */

static const e911_step_t *step_of(const e911_call_t *call)
{
	return &call->ladder[call->step];
}

const e911_profile_t *e911_branch_profile_at(const e911_call_t *call, int step)
{
	uint32_t id = call->ladder[step].profile;
	const e911_profiles_t *profiles = e911_settings()->profiles;
	str country = STR_NULL;
	const e911_profile_t *p = e911_profiles_with(profiles, id, &country);

	/* few have */
	if(!p->has_variants || !call->located
			|| e911_location_get(&call->location, E911_F_COUNTRY, &country))
		return p;
	return e911_profiles_with(profiles, id, &country);
}

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	return e911_branch_profile_at(call, call->step);
}

/* a number that stands for a place is a place: it goes with whom it may go */
static int may_have_elin(const e911_call_t *call)
{
	return call->proof != E911_PROOF_NONE
		   || e911_settings_site(call->site)->unproven == E911_UNPROVEN_DEFAULT;
}

/* an outside caller is not where the agent is who has passed him on */
int e911_branch_is_others(const e911_call_t *call)
{
	return call->transferred
		   && e911_branch_profile(call)->transferred != E911_TRANSFERRED_OWN;
}

int e911_branch_may_have_elin(const e911_call_t *call)
{
	return may_have_elin(call) && !e911_branch_is_others(call);
}

const e911_location_t *e911_branch_location(const e911_call_t *call)
{
	const e911_site_t *site;

	if(!e911_branch_is_others(call))
		return call->located ? &call->location : NULL;
	site = e911_settings_site(call->site);
	return e911_branch_profile(call)->transferred == E911_TRANSFERRED_DEFAULT
						   && site->has_fallback
				   ? &site->fallback
				   : NULL;
}

/* ----- names of the caller ----- */

static str token_of(const e911_call_t *call, const char *name)
{
	str id = STR_NULL;

	if(call->located)
		e911_location_token(&call->location, name, &id);
	return id;
}

str e911_branch_name(const e911_call_t *call, int identity)
{
	const e911_profile_t *p = e911_branch_profile(call);
	str none = STR_NULL;

	if(e911_branch_is_others(call))
		return none;
	switch(identity) {
		case E911_IDENTITY_CALLBACK:
			return e911_call_text(call, call->callback);
		case E911_IDENTITY_ELIN:
			return may_have_elin(call) ? e911_call_text(call, call->elin)
									   : none;
		case E911_IDENTITY_ID:
			return token_of(call, p->id_name);
		case E911_IDENTITY_TOKEN:
			return token_of(call, p->token_name);
	}
	return none;
}

/* ----- forms ----- */

static int has_reference(const e911_call_t *call)
{
	return call->located && !e911_branch_is_others(call)
		   && call->reference.len > 0;
}

static int is_possible(
		const e911_call_t *call, const e911_profile_t *p, int form)
{
	int others = e911_branch_is_others(call);

	switch(form) {
		case E911_CONVEY_VALUE:
		case E911_CONVEY_BOTH:
			return e911_branch_location(call) != NULL;
		case E911_CONVEY_REFERENCE:
			return has_reference(call);
		case E911_CONVEY_TOKEN:
			return !others && token_of(call, p->token_name).len > 0;
		case E911_CONVEY_ELIN:
			return !others && may_have_elin(call);
	}
	return 1;
}

/* "none" is the last form of every profile, and always possible */
static int form_index(const e911_call_t *call, const e911_profile_t *p)
{
	int i = call->form < p->forms ? call->form : p->forms - 1;

	while(i < p->forms - 1 && !is_possible(call, p, p->form[i]))
		i++;
	return i;
}

int e911_branch_form(const e911_call_t *call)
{
	const e911_profile_t *p = e911_branch_profile(call);
	int form = p->form[form_index(call, p)];

	/* half of both is better than none */
	return form == E911_CONVEY_BOTH && !has_reference(call) ? E911_CONVEY_VALUE
															: form;
}

int e911_branch_lesser(e911_call_t *call)
{
	int refused = e911_branch_form(call);
	int i = form_index(call, e911_branch_profile(call));

	if(refused == E911_CONVEY_NONE || refused == E911_CONVEY_ELIN)
		return 0;
	/* "none" is behind all of them */
	do
		call->form = ++i;
	while(e911_branch_form(call) == refused);
	return 1;
}

/* ----- size and transport ----- */

/* ProviderInfo goes with any other */
static int blocks_of(const e911_profile_t *p)
{
	return p->data ? 1 + (p->data >> 1 & 1) + (p->data >> 2 & 1) : 0;
}

int e911_branch_size(sip_msg_t *msg, const e911_call_t *call)
{
	const e911_profile_t *p = e911_branch_profile(call);
	int form = p->form[form_index(call, p)], size = msg->len + HEADERS_ROOM;
	const e911_location_t *l = e911_branch_location(call);

	if(l && (form == E911_CONVEY_VALUE || form == E911_CONVEY_BOTH))
		size += PIDF_ROOM + l->len + DATA_ROOM * blocks_of(p);
	else if(form == E911_CONVEY_REFERENCE)
		size += DATA_LINE_ROOM * blocks_of(p);
	return size;
}

int e911_branch_carriage(sip_msg_t *msg, const e911_call_t *call)
{
	return step_of(call)->large_tcp && e911_branch_size(msg, call) > UDP_SAFE
				   ? E911_BY_TCP
				   : E911_AS_WRITTEN;
}

int e911_branch_is_tls(const e911_call_t *call)
{
	str uri = e911_call_text(call, step_of(call)->uri);
	struct sip_uri target;

	return parse_uri(uri.s, uri.len, &target) == 0
		   && (target.type == SIPS_URI_T || target.proto == PROTO_TLS);
}

int e911_branch_is_udp(const e911_call_t *call)
{
	str uri = e911_call_text(call, step_of(call)->uri);
	struct sip_uri target;

	return parse_uri(uri.s, uri.len, &target) == 0 && target.type == SIP_URI_T
		   && (target.proto == PROTO_NONE || target.proto == PROTO_UDP);
}

/* ----- aim ----- */

/* the characters of a number that a user part has to escape, RFC 3261 25.1 */
static void put_user(e911_strbuf_t *b, const str *number)
{
	int i;

	for(i = 0; i < number->len; i++) {
		if(number->s[i] == '#')
			E911_STRBUF_LIT(b, "%23");
		else if(number->s[i] == '?')
			E911_STRBUF_LIT(b, "%3F");
		else
			e911_strbuf_put(b, number->s + i, 1);
	}
}

static void put_host(e911_strbuf_t *b, const struct sip_uri *target)
{
	e911_strbuf_put_str(b, &target->host);
	if(target->port.len > 0) {
		E911_STRBUF_LIT(b, ":");
		e911_strbuf_put_str(b, &target->port);
	}
}

static void put_ruri(e911_strbuf_t *b, const e911_call_t *call,
		const e911_profile_t *p, const struct sip_uri *target)
{
	str number = e911_call_text(call, call->number);
	str prefix = {(char *)p->prefix, (int)strlen(p->prefix)};

	/* without TLS it cannot be a SIPS URI, RFC 5630 section 3.1.3 */
	e911_strbuf_puts(
			b, target->type == SIPS_URI_T && call->carriage != E911_WITHOUT_TLS
					   ? "sips:"
					   : "sip:");
	put_user(b, &prefix);
	put_user(b, &number);
	E911_STRBUF_LIT(b, "@");
	put_host(b, target);
	if(p->user_phone)
		E911_STRBUF_LIT(b, ";user=phone");
}

/* RFC 5630 section 3.1.3 again; a transport of TLS would be as wrong */
static void put_without_tls(
		e911_strbuf_t *b, const str *uri, const struct sip_uri *target)
{
	const char *s = memchr(uri->s, ':', uri->len), *end = uri->s + uri->len;
	const str *transport = &target->transport;

	E911_STRBUF_LIT(b, "sip");
	if(transport->len > 0) {
		e911_strbuf_put(b, s, transport->s - 1 - s);
		s = transport->s + transport->len;
	}
	e911_strbuf_put(b, s, end - s);
}

static int aim_uri(
		sip_msg_t *msg, const e911_call_t *call, const struct sip_uri *target)
{
	const e911_profile_t *p = e911_branch_profile(call);
	str uri = e911_call_text(call, step_of(call)->uri);
	char mem[URI_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(p->ruri == E911_RURI_URN)
		uri = e911_call_text(call, call->urn);
	else if(p->ruri == E911_RURI_NUMBER)
		put_ruri(&b, call, p, target);
	else if(call->carriage == E911_WITHOUT_TLS)
		put_without_tls(&b, &uri, target);
	if(b.len) {
		uri.s = mem;
		uri.len = (int)b.len;
	}
	if(b.err)
		return b.err;
	return rewrite_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

/* the same host, its own transport parameter left out */
static int aim_over(sip_msg_t *msg, const struct sip_uri *target, int proto,
		unsigned short port)
{
	char mem[URI_MAX];
	e911_strbuf_t b;
	str uri;

	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "sip:");
	if(port) {
		e911_strbuf_put_str(&b, &target->host);
		E911_STRBUF_LIT(&b, ":");
		e911_strbuf_put_num(&b, port);
	} else {
		put_host(&b, target);
	}
	if(proto == PROTO_TCP)
		E911_STRBUF_LIT(&b, ";transport=tcp");
	else
		E911_STRBUF_LIT(&b, ";transport=udp");
	uri.s = mem;
	uri.len = (int)b.len;
	return b.err || set_dst_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

static void aim_socket(sip_msg_t *msg, const e911_call_t *call)
{
	str name = e911_call_text(call, call->ladder[call->step].socket);
	struct socket_info *socket = NULL;

	if(name.len)
		socket = lookup_local_socket(&name);
	if(name.len && socket == NULL)
		socket = ksr_get_socket_by_name(&name);

	/* a socket of another transport than the one in use is none */
	if(call->carriage != E911_AS_WRITTEN)
		socket = NULL;
	if(socket)
		set_force_socket(msg, socket);
	else
		reset_force_socket(msg);
}

/* No memory for the hop: the URI leads there as well, as aim_uri() has written
 * it, or as the destination's own. */
static int aim_by_uri(sip_msg_t *msg, const e911_call_t *call,
		const struct sip_uri *target, int written)
{
	str uri = e911_call_text(call, step_of(call)->uri);

	if(step_of(call)->outbound.len)
		return E911_ERR_MEM;
	if(e911_branch_profile(call)->ruri == E911_RURI_URN
			|| (target->type != SIPS_URI_T && !e911_branch_is_udp(call)))
		written = 0;
	if(!written
			&& (call->carriage != E911_AS_WRITTEN
					|| rewrite_uri(msg, &uri) < 0))
		return E911_ERR_MEM;
	reset_dst_uri(msg);
	return E911_OK;
}

/* where it is sent, whatever its URI says */
static int aim_hop(
		sip_msg_t *msg, const e911_call_t *call, const struct sip_uri *target)
{
	const e911_step_t *step = step_of(call);
	str hop = e911_call_text(
			call, step->outbound.len ? step->outbound : step->uri);

	if(call->carriage == E911_BY_TCP)
		return aim_over(msg, target, PROTO_TCP, 0);
	if(call->carriage == E911_WITHOUT_TLS)
		return aim_over(msg, target, step->plain_proto, step->plain_port);
	return set_dst_uri(msg, &hop) < 0 ? E911_ERR_MEM : E911_OK;
}

int e911_branch_aim(sip_msg_t *msg, const e911_call_t *call)
{
	str uri = e911_call_text(call, step_of(call)->uri);
	struct sip_uri target;
	int err, written;

	if(parse_uri(uri.s, uri.len, &target) < 0 || target.host.len <= 0)
		return E911_ERR_SYNTAX;
	/* never two PSAPs at once; nor the way to a registered contact */
	clear_branches();
	reset_path_vector(msg);
	err = aim_uri(msg, call, &target);
	if(err && err != E911_ERR_MEM)
		return err;
	/* without memory for one of the two the other will do */
	written = !err;
	err = aim_hop(msg, call, &target);
	if(err)
		err = aim_by_uri(msg, call, &target, written);
	if(err)
		return err;
	aim_socket(msg, call);
	ruri_mark_new();
	return E911_OK;
}
