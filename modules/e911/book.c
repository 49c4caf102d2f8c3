/*
 * e911: a call is put down in the ledger
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/ip_addr.h"
#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_to.h"
#include "../../core/trim.h"
#include "book.h"
#include "branch.h"
#include "cache.h"
#include "err.h"
#include "events.h"
#include "headers.h"
#include "ledger.h"
#include "number.h"
#include "proof.h"
#include "reference.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"
#include "utf8.h"
#include "witness.h"

#define NUMBER_LEAST \
	7 /* digits of a subscriber's number; less is an extension */
#define DISPLAY_MAX 128 /* bytes of a display name */

/* ----- the number to call back ----- */

static int is_subscriber(const str *user)
{
	e911_number_t number;

	return user->len < E911_ELIN_MAX
		   && e911_number_read(&number, user->s, user->len) == 0
		   && number.n >= NUMBER_LEAST;
}

static str own_number(const e911_call_t *call)
{
	str aor = e911_call_text(call, call->aor);
	const char *at = aor.len ? memchr(aor.s, '@', aor.len) : NULL;

	aor.len = at ? (int)(at - aor.s) : 0;
	if(!is_subscriber(&aor))
		aor.len = 0;
	return aor;
}

void e911_book_callback(e911_call_t *call)
{
	const char *sites = e911_settings_site(call->site)->callback;
	str number = STR_NULL;

	if(call->found != E911_FOUND_NONE)
		e911_location_get(&call->location, E911_F_CALLBACK, &number);
	if(number.len <= 0)
		number = own_number(call);
	if(number.len <= 0) {
		number.s = (char *)sites;
		number.len = (int)strlen(sites);
	}
	e911_call_keep(call, &number, &call->callback);
}

/* ----- the entry ----- */

static void put_text(char *to, size_t size, const str *s)
{
	int len = s->len > 0 && (size_t)s->len < size ? s->len : 0;

	memcpy(to, len ? s->s : "", len);
	to[len] = '\0';
}

static void put_slice(
		char *to, size_t size, const e911_call_t *call, e911_slice_t slice)
{
	str s = e911_call_text(call, slice);

	put_text(to, size, &s);
}

/* where an answer to the call would go, were it asked for anew */
static void put_source(char *to, size_t size, const sip_msg_t *msg)
{
	static const char *const protos[] = {
			"udp", "udp", "tcp", "tls", "sctp", "ws", "wss"};
	int proto = msg->rcv.proto;
	e911_network_t network;
	e911_strbuf_t b;

	e911_strbuf_init(&b, to, size - 1);
	e911_network_from(
			&network, msg->rcv.src_ip.u.addr, (int)msg->rcv.src_ip.len);
	E911_STRBUF_LIT(&b, "sip:");
	if(network.family == 6)
		E911_STRBUF_LIT(&b, "[");
	e911_network_put(&b, &network);
	if(network.family == 6)
		E911_STRBUF_LIT(&b, "]");
	E911_STRBUF_LIT(&b, ":");
	e911_strbuf_put_num(&b, msg->rcv.src_port);
	E911_STRBUF_LIT(&b, ";transport=");
	e911_strbuf_puts(
			&b, proto > 0 && proto <= PROTO_WSS ? protos[proto] : "udp");
	to[b.err ? 0 : b.len] = '\0';
}

/* what stands between the angle brackets, behind a name in quotes if there is
 * one: to parse it all costs more than all else that is put down */
static void put_contact(char *to, size_t size, sip_msg_t *msg)
{
	str uri = STR_NULL;
	const char *end;
	int i;

	if(e911_headers(msg, HDR_CONTACT_F) == 0 && msg->contact)
		uri = msg->contact->body;
	if(uri.len > 0 && uri.s[0] == '"') {
		for(i = 1; i < uri.len && uri.s[i] != '"'; i++)
			i += uri.s[i] == '\\';
		uri.s += i < uri.len ? i : 0;
		uri.len -= i < uri.len ? i : 0;
	}
	end = uri.len > 0 ? memchr(uri.s, '<', uri.len) : NULL;
	if(end) {
		uri.len -= (int)(end + 1 - uri.s);
		uri.s = (char *)end + 1;
	}
	if(uri.len > 0 && (end = memchr(uri.s, end ? '>' : ';', uri.len)))
		uri.len = (int)(end - uri.s);
	put_text(to, size, &uri);
}

/* without its quotes, as much as fits, where XML can carry it */
static str name_of(const struct to_body *from)
{
	str name = from->display, none = STR_NULL;
	size_t n;
	int i;

	trim(&name);
	if(name.len > 1 && name.s[0] == '"') {
		name.s++;
		name.len -= 2;
	}
	for(i = 0; i < name.len; i += (int)n) {
		n = e911_utf8_char((unsigned char *)name.s + i, name.len - i);
		if(n == 0)
			return none;
		if(i + (int)n > DISPLAY_MAX)
			break;
	}
	name.len = i;
	return name;
}

/* what is cut ends with a whole character */
static void put_caller(char *to, size_t size, str name)
{
	if((size_t)name.len >= size) {
		name.len = (int)size - 1;
		while(name.len > 0 && ((unsigned char)name.s[name.len] & 0xc0) == 0x80)
			name.len--;
	}
	put_text(to, size, &name);
}

static void read_from(sip_msg_t *msg, e911_call_t *call, e911_entry_t *entry)
{
	str name, tag;

	entry->tag[0] = '\0';
	if(e911_headers(msg, HDR_FROM_F) < 0 || msg->from == NULL
			|| parse_from_header(msg) < 0)
		return;
	tag = get_from(msg)->tag_value;
	/* as much as fits: by that its end is known */
	if(tag.len >= (int)sizeof(entry->tag))
		tag.len = (int)sizeof(entry->tag) - 1;
	put_text(entry->tag, sizeof(entry->tag), &tag);
	name = name_of(get_from(msg));
	e911_call_keep(call, &name, &call->caller);
	put_caller(entry->caller, sizeof(entry->caller), name);
}

static void fill(sip_msg_t *msg, e911_call_t *call, e911_entry_t *entry)
{
	memset(entry, 0, offsetof(e911_entry_t, location));
	entry->site = call->site;
	entry->started = time(NULL);
	entry->test = call->kind == E911_KIND_TEST;
	entry->proven = call->proof != E911_PROOF_NONE;
	e911_ledger_callid(entry->callid, &msg->callid->body);
	read_from(msg, call, entry);
	put_slice(entry->aor, sizeof(entry->aor), call, call->aor);
	put_slice(entry->device, sizeof(entry->device), call, call->device);
	put_contact(entry->contact, sizeof(entry->contact), msg);
	put_source(entry->source, sizeof(entry->source), msg);
	/* an outside caller is not to be sought among the agents */
	if(!call->transferred)
		put_slice(
				entry->callback, sizeof(entry->callback), call, call->callback);
	entry->located = call->located;
	memcpy(&entry->location, &call->location,
			E911_LOCATION_SIZE(&call->location));
}

void e911_book_open(sip_msg_t *msg, e911_call_t *call, int trunk)
{
	static e911_entry_t entry; /* too large for a SIP worker's stack */
	str reference = {entry.reference, E911_REFERENCE_LEN};
	str callid = {entry.callid, 0};
	int err;

	if(e911_headers(msg, HDR_CALLID_F) < 0 || msg->callid == NULL
			|| msg->callid->body.len <= 0)
		return;
	fill(msg, call, &entry);
	entry.trunk = (unsigned char)trunk;
	err = e911_ledger_open(&entry);
	call->entered = err == 0;
	callid.len = (int)strlen(entry.callid);
	e911_call_keep(call, &callid, &call->callid);
	if(call->entered && e911_reference_given())
		e911_call_keep(call, &reference, &call->reference);
	if(!call->entered)
		LM_ERR("call of %016llx: not in the ledger, he cannot be called back: "
			   "%s\n",
				(unsigned long long)call->who, e911_err_text(err));
}

/* ----- an ELIN ----- */

static int has_elin(const unsigned char *list)
{
	return memchr(list, E911_IDENTITY_ELIN, E911_IDENTITIES_MAX) != NULL;
}

static int wants_elin(const e911_call_t *call)
{
	const e911_profile_t *p = e911_branch_profile(call);

	/* who may not have one is not to use the pool up */
	return call->elin.len == 0 && e911_branch_may_have_elin(call)
		   && (e911_branch_form(call) == E911_CONVEY_ELIN || has_elin(p->from)
				   || has_elin(p->pai) || strstr(p->headers, "{elin}"));
}

static int lease(const e911_call_t *call, const e911_elins_t *pool, int real,
		char number[E911_ELIN_MAX])
{
	str callid = e911_call_text(call, call->callid);
	str aor = e911_call_text(call, call->aor);
	str device = e911_call_text(call, call->device);

	if(!real)
		return e911_ledger_would_lease(&aor, &device, pool, number);
	/* without an entry nobody would know whose it is */
	return call->entered ? e911_ledger_lease(&callid, pool, number)
						 : E911_ERR_NONE;
}

/* the site's own number stands for as many calls as there are */
static int lease_sites(const e911_call_t *call, const e911_site_t *site,
		int real, char number[E911_ELIN_MAX])
{
	static e911_elins_t pool;

	if(site->callback[0] == '\0' || strlen(site->callback) >= E911_ELIN_MAX)
		return E911_ERR_NONE;
	pool.most = INT_MAX;
	pool.n = 1;
	strcpy(pool.number[0], site->callback);
	/* it is there without the ledger as well */
	if(lease(call, &pool, real, number))
		strcpy(number, site->callback);
	return E911_OK;
}

void e911_book_lease(e911_call_t *call, int real)
{
	const e911_site_t *site = e911_settings_site(call->site);
	const e911_elins_t *pool;
	char number[E911_ELIN_MAX];
	str s = {number, 0};
	int err = E911_ERR_NONE;

	if(!wants_elin(call))
		return;
	pool = e911_pools_find(e911_settings()->pools, site->name,
			call->located ? &call->location : NULL);
	if(pool)
		err = lease(call, pool, real, number);
	if(err && real) {
		e911_stats_count(E911_STAT_ELIN_EMPTY);
		LM_WARN("call of %016llx: no ELIN %s%s, the site's number goes\n",
				(unsigned long long)call->who, pool ? "is free in pool " : "",
				pool ? pool->name : "for its place");
	}
	if(err)
		err = lease_sites(call, site, real, number);
	if(err)
		return;
	s.len = (int)strlen(number);
	e911_call_keep(call, &s, &call->elin);
}

/* ----- the end ----- */

void e911_book_bye(sip_msg_t *msg)
{
	static e911_entry_t entry; /* too large for a SIP worker's stack */
	const str *from, *to;

	if(e911_ledger_is_idle()
			|| e911_headers(msg, HDR_CALLID_F | HDR_FROM_F | HDR_TO_F) < 0
			|| msg->callid == NULL || msg->to == NULL
			|| parse_from_header(msg) < 0)
		return;
	from = &get_from(msg)->tag_value;
	to = &get_to(msg)->tag_value;
	if(e911_ledger_end(&msg->callid->body, from, to,
			   e911_events_watched() ? &entry : NULL))
		e911_witness_entry(&entry, E911_EV_ENDED, NULL, "bye");
}

void e911_book_end(const e911_call_t *call)
{
	str callid = e911_call_text(call, call->callid);

	if(call->entered)
		e911_ledger_end(&callid, NULL, NULL, NULL);
}
