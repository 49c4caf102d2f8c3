/*
 * e911: the PSAP calls back
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/data_lump.h"
#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/forward.h"
#include "../../core/resolve.h"
#include "../../core/tcp_conn.h"
#include "../../core/usr_avp.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"
#include "callback.h"
#include "caller.h"
#include "err.h"
#include "events.h"
#include "hash.h"
#include "headers.h"
#include "ledger.h"
#include "number.h"
#include "plan.h"
#include "registration.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"
#include "target.h"
#include "witness.h"

#define MARKING "psap-callback"
#define URI_MAX 512
#define BIT(way) (1u << (way))

/* in the order in which they are tried */
enum way
{
	WAY_DEVICE,
	WAY_OTHERS,
	WAY_SOURCE,
	WAY_ANSWERING,
	WAYS
};

/* A call back on its way; in this process, until it is answered. */
typedef struct back
{
	e911_entry_t entry; /* of the call it answers */
	str number;			/* that was called */
	unsigned int tried; /* bits of ways */
	int marked;			/* as a PSAP's, by who is trusted */
	int by_name;		/* his AoR was called */
} back_t;

static str text_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

/* ----- the marking, RFC 7090 section 4.3 ----- */

static int is_token(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		   || (c && strchr("-.!%*_+`'~", c));
}

static int is_priority(const struct hdr_field *h)
{
	return h->name.len == 8 && strncasecmp(h->name.s, "Priority", 8) == 0;
}

/* One token is all that RFC 3261 20.26 allows; others may read a list. */
static int is_marking(const str *body)
{
	const char *p = body->s, *end = body->s + body->len, *from;

	while(p < end) {
		for(; p < end && !is_token(*p); p++)
			;
		for(from = p; p < end && is_token(*p); p++)
			;
		if(p - from == sizeof(MARKING) - 1
				&& strncasecmp(from, MARKING, p - from) == 0)
			return 1;
	}
	return 0;
}

static int is_marked(sip_msg_t *msg)
{
	struct hdr_field *h;

	e911_headers(msg, HDR_EOH_F);
	for(h = msg->headers; h; h = h->next)
		if(is_priority(h) && is_marking(&h->body))
			return 1;
	return 0;
}

static int is_taken_out(const sip_msg_t *msg, const struct hdr_field *h)
{
	const struct lump *l;

	for(l = msg->add_rm; l; l = l->next)
		if(l->op == LUMP_DEL && l->u.offset == (int)(h->name.s - msg->buf))
			return 1;
	return 0;
}

/* RFC 7090 section 5.2 */
static void take_marking_out(sip_msg_t *msg)
{
	struct hdr_field *h;
	int n = 0;

	/* what is behind a header that cannot be read, nobody else reads */
	e911_headers(msg, HDR_EOH_F);
	for(h = msg->headers; h; h = h->next) {
		if(!is_priority(h) || !is_marking(&h->body) || is_taken_out(msg, h))
			continue;
		n++;
		if(del_lump(msg, (int)(h->name.s - msg->buf), h->len, HDR_PRIORITY_T)
				== NULL)
			LM_ERR("no memory to take a marking out\n");
	}
	if(n)
		e911_stats_count(E911_STAT_CALLBACKS_UNTRUSTED);
}

/* ----- is it one, and of which call ----- */

static int is_trusted(const sip_msg_t *msg)
{
	e911_network_t source;

	e911_caller_source(msg, &source);
	return e911_profiles_trust(e911_settings()->profiles, &source);
}

static int opens_dialog(sip_msg_t *msg)
{
	return msg->REQ_METHOD == METHOD_INVITE && e911_headers(msg, HDR_TO_F) == 0
		   && msg->to && get_to(msg)->tag_value.len == 0;
}

/* empty: none is called */
static void read_number(const str *uri, char mem[E911_DIALLED_MAX], str *number)
{
	e911_number_t digits;

	if(uri->len <= 0 || e911_plan_dialled(uri, mem, number)
			|| e911_number_read(&digits, number->s, (size_t)number->len))
		number->len = 0;
}

static int find_by_number(
		const str *uri, char mem[E911_DIALLED_MAX], back_t *back)
{
	read_number(uri, mem, &back->number);
	return back->number.len ? e911_ledger_by_number(&back->number, &back->entry)
							: E911_ERR_NONE;
}

/* What a URI may name of a caller. */
typedef struct named
{
	str aor;
	str device; /* its Contact, or what a GRUU says */
	char aor_mem[E911_AOR_MAX];
	char device_mem[E911_CONTACT_MAX];
} named_t;

/* a GRUU is of one device alone, RFC 5627 */
static void read_named(const str *uri, named_t *named)
{
	struct sip_uri parsed;
	str device = *uri;
	int gruu =
			parse_uri(uri->s, uri->len, &parsed) == 0 && parsed.gr_val.len > 0;

	if(gruu)
		device = parsed.gr_val;
	if(gruu || e911_aor_normal(uri, named->aor_mem, &named->aor))
		named->aor.len = 0;
	if(e911_aor_contact(&device, named->device_mem, &named->device))
		named->device.len = 0;
}

static int is_named(const e911_entry_t *entry, const named_t *named)
{
	str aor = text_of(entry->aor), device = text_of(entry->device);
	str contact = text_of(entry->contact);
	char mem[E911_CONTACT_MAX];

	if(named->aor.len && STR_EQ(aor, named->aor))
		return 1;
	return named->device.len
		   && (STR_EQ(device, named->device)
				   || (e911_aor_contact(&contact, mem, &contact) == 0
						   && STR_EQ(contact, named->device)));
}

static int is_aor(const str *uri, const e911_entry_t *entry)
{
	str aor = text_of(entry->aor);
	static named_t named;

	if(uri->len <= 0 || aor.len == 0)
		return 0;
	read_named(uri, &named);
	return STR_EQ(aor, named.aor);
}

/* nor is a name that is only claimed before one that is proven */
static int is_newer(const e911_entry_t *a, const e911_entry_t *b)
{
	if(a->proven != b->proven)
		return a->proven;
	return a->started > b->started
		   || (a->started == b->started && a->version > b->version);
}

/* A PSAP that speaks SIP may call no number, RFC 6881 SP-35, ED-69. Of several
 * calls the newest; carriers call numbers, so the ledger has no index for it. */
static int find_by_uri(const str *uri, back_t *back)
{
	static e911_entry_t entry;
	static named_t named;
	uint64_t cursor = 0;
	int err = E911_ERR_NONE;

	if(back->number.len || uri->len <= 0 || e911_ledger_count() == 0)
		return E911_ERR_NONE;
	read_named(uri, &named);
	while(e911_ledger_next(&cursor, &entry)) {
		if(!is_named(&entry, &named)
				|| (!err && is_newer(&back->entry, &entry)))
			continue;
		back->entry = entry;
		err = E911_OK;
	}
	return err;
}

static const avp_flags_t avp_flags = AVP_NAME_STR | AVP_VAL_STR;
/* as no script is likely to name one of its own */
static const str avp_name = str_init("e911:callback");

/* noted: the ways as a letter, and the Call-ID */
static int resume(const str *noted, sip_msg_t *msg, char mem[E911_DIALLED_MAX],
		back_t *back)
{
	str callid = {noted->s + 1, noted->len - 1};

	if(noted->len < 1)
		return E911_ERR_NONE;
	read_number(&msg->first_line.u.request.uri, mem, &back->number);
	back->tried = (unsigned char)(noted->s[0] - 'A');
	return e911_ledger_by_call(&callid, &back->entry);
}

/* tm keeps the note with the transaction. A script may have put the number into
 * another form; in failure_route the URI at hand may be that of a contact. */
static int identify(sip_msg_t *msg, char mem[E911_DIALLED_MAX], back_t *back)
{
	const str *received = &msg->first_line.u.request.uri;
	avp_name_t name = {.s = avp_name};
	avp_value_t noted;
	avp_t *avp = search_first_avp(avp_flags, name, &noted, NULL);

	/* it finds numbers as well */
	if(avp && is_avp_str_val(avp))
		return resume(&noted.s, msg, mem, back);
	back->tried = 0;
	return find_by_number(&msg->new_uri, mem, back)
		   && find_by_number(received, mem, back)
		   && find_by_uri(&msg->new_uri, back) && find_by_uri(received, back);
}

static int remember(const back_t *back)
{
	char mem[E911_CALLID_MAX + 1];
	avp_name_t name = {.s = avp_name};
	avp_value_t kept = {.s = {mem, 1 + (int)strlen(back->entry.callid)}};

	mem[0] = (char)('A' + back->tried);
	memcpy(mem + 1, back->entry.callid, kept.s.len - 1);
	return add_avp(avp_flags, name, kept) < 0 ? E911_ERR_MEM : E911_OK;
}

/* ----- the ways ----- */

static int to_device(sip_msg_t *msg, const back_t *back)
{
	str aor = text_of(back->entry.aor), name = text_of(back->entry.device);

	return aor.len && name.len ? e911_registration_aim(msg, &aor, &name)
							   : E911_ERR_NONE;
}

/* not once more the device alone that did not take it */
static int to_others(sip_msg_t *msg, const back_t *back)
{
	str aor = text_of(back->entry.aor), name = text_of(back->entry.device);

	if(aor.len == 0
			|| ((back->tried & BIT(WAY_DEVICE))
					&& e911_registration_others(&aor, &name) == 0))
		return E911_ERR_NONE;
	return e911_registration_aim_all(msg, &aor);
}

/* A connection that is gone cannot be made anew: its port was the other side's
 * choice. */
static int is_reachable(struct sip_uri *source)
{
	unsigned short port = source->port_no ? source->port_no : 5060;
	struct tcp_connection *connection;
	struct ip_addr *ip;

	if(source->proto == PROTO_UDP || source->proto == PROTO_NONE)
		return 1;
	ip = str2ip(&source->host);
	if(ip == NULL)
		ip = str2ip6(&source->host);
	connection = ip ? tcpconn_get(0, ip, port, NULL, 0) : NULL;
	if(connection)
		tcpconn_put(connection);
	return connection != NULL;
}

static int same_number(const str *a, const str *b)
{
	e911_number_t x, y;

	return e911_number_read(&x, a->s, (size_t)a->len) == 0
		   && e911_number_read(&y, b->s, (size_t)b->len) == 0
		   && e911_number_equal(&x, &y);
}

/* A PBX knows its own numbers, and no ELIN. */
static str number_for_trunk(const back_t *back)
{
	str elin = text_of(back->entry.elin), own = text_of(back->entry.callback);

	return own.len && (same_number(&back->number, &elin) || !back->number.len)
				   ? own
				   : back->number;
}

/* number at the host of a URI, by its transport */
static int put_number_at(
		e911_strbuf_t *b, const str *number, const struct sip_uri *at)
{
	int i;

	e911_strbuf_puts(b, at->type == SIPS_URI_T ? "sips:" : "sip:");
	for(i = 0; i < number->len; i++)
		if(strchr("0123456789+*", number->s[i]))
			e911_strbuf_put(b, number->s + i, 1);
	E911_STRBUF_LIT(b, "@");
	e911_strbuf_put_str(b, &at->host);
	if(at->port.len > 0) {
		E911_STRBUF_LIT(b, ":");
		e911_strbuf_put_str(b, &at->port);
	}
	if(at->transport.len > 0) {
		E911_STRBUF_LIT(b, ";");
		e911_strbuf_put_str(b, &at->transport);
	}
	return b->err;
}

static int set_number_at(
		sip_msg_t *msg, const back_t *back, const struct sip_uri *at)
{
	str number = number_for_trunk(back), uri;
	char mem[URI_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(put_number_at(&b, &number, at))
		return b.err;
	uri.s = mem;
	uri.len = (int)b.len;
	return rewrite_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

/* Whoever dials 911 in another's name would have the calls to his number, or
 * to his name, for half an hour. What is no number of anybody's, and what is marked as a PSAP's
 * call, is his who called. */
static int is_taken(const back_t *back)
{
	str own = text_of(back->entry.callback), elin = text_of(back->entry.elin);

	if(back->entry.proven || back->marked)
		return 0;
	return back->number.len ? same_number(&back->number, &own)
									  && !same_number(&back->number, &elin)
							: back->by_name;
}

/* who was never registered, or is no more: his Contact, RFC 6881 SP-35, by the
 * way that he came; a device that is registered was asked already */
static int to_source(sip_msg_t *msg, const back_t *back)
{
	str contact = text_of(back->entry.contact);
	str source = text_of(back->entry.source);
	struct sip_uri at, from;
	int direct, err;

	if((back->tried & BIT(WAY_DEVICE)) || source.len == 0 || is_taken(back)
			|| parse_uri(source.s, source.len, &from) < 0)
		return E911_ERR_NONE;
	direct = is_reachable(&from);
	/* nobody can connect to a browser */
	if(!direct
			&& (contact.len == 0 || from.proto == PROTO_WS
					|| from.proto == PROTO_WSS))
		return E911_ERR_NONE;
	if(contact.len && parse_uri(contact.s, contact.len, &at) < 0)
		contact.len = 0;
	if(contact.len == 0 || (back->entry.trunk && number_for_trunk(back).len))
		err = set_number_at(msg, back, contact.len ? &at : &from);
	else
		err = rewrite_uri(msg, &contact) < 0 ? E911_ERR_MEM : E911_OK;
	if(!err && direct && set_dst_uri(msg, &source) < 0)
		err = E911_ERR_MEM;
	return err;
}

/* An AoR of ours is where it is registered, anything else where it says. */
static int to_answering(sip_msg_t *msg, const back_t *back)
{
	str uri = text_of(e911_settings_site(back->entry.site)->answering);
	str caller = text_of(back->entry.aor), host, aor;
	char mem[E911_AOR_MAX];
	struct sip_uri at;

	/* nor is the number's ordinary way shut by who only claims it */
	if(uri.len == 0 || parse_uri(uri.s, uri.len, &at) < 0
			|| (is_taken(back) && !(back->tried & BIT(WAY_OTHERS))))
		return E911_ERR_NONE;
	e911_aor_host(&caller, &host);
	if(at.user.len
			&& (check_self(&at.host, 0, 0)
					|| (host.len == at.host.len
							&& strncasecmp(host.s, at.host.s, host.len) == 0))
			&& e911_aor_normal(&uri, mem, &aor) == 0
			&& e911_registration_aim_all(msg, &aor) == 0)
		return E911_OK;
	return rewrite_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

/* clang-format off */
static const struct
{
	const char *name;
	int (*aim)(sip_msg_t *msg, const back_t *back);
} ways[WAYS] = {
	[WAY_DEVICE] = {"the device", to_device},
	[WAY_OTHERS] = {"the caller's contacts", to_others},
	[WAY_SOURCE] = {"where the call came from", to_source},
	[WAY_ANSWERING] = {"the answering point", to_answering},
};
/* clang-format on */

/* One that cannot be noted is not taken a second time. */
static int take_way(sip_msg_t *msg, int way, back_t *back)
{
	e911_target_t old;
	int err;

	e911_target_take(msg, &old);
	err = ways[way].aim(msg, back);
	if(!err) {
		back->tried |= BIT(way);
		err = remember(back);
		if(err && back->tried == BIT(way) && !is_route_type(FAILURE_ROUTE))
			err = 0;
	}
	if(err)
		e911_target_restore(msg, &old);
	else
		e911_target_drop(msg, &old);
	return err;
}

/* none that is before one that was taken */
static int next_way(sip_msg_t *msg, back_t *back)
{
	int way;

	for(way = 0; way < WAYS; way++)
		if(!(back->tried >> way) && take_way(msg, way, back) == 0)
			return way;
	return E911_ERR_NONE;
}

static unsigned long long who(const e911_entry_t *entry)
{
	const char *name = entry->aor[0] ? entry->aor : entry->contact;

	return e911_hash(name, strlen(name));
}

void e911_callback_guard(sip_msg_t *msg)
{
	if(!is_trusted(msg))
		take_marking_out(msg);
}

int e911_callback(sip_msg_t *msg)
{
	static back_t back;
	char mem[E911_DIALLED_MAX];
	int way;

	if(!is_trusted(msg)) {
		take_marking_out(msg);
		return 0;
	}
	if(!opens_dialog(msg) || identify(msg, mem, &back))
		return 0;
	back.marked = is_marked(msg);
	back.by_name = is_aor(&msg->new_uri, &back.entry)
				   || is_aor(&msg->first_line.u.request.uri, &back.entry);
	if(back.tried == 0)
		e911_stats_count(E911_STAT_CALLBACKS);
	way = next_way(msg, &back);
	if(way >= 0) {
		LM_NOTICE("call back to %016llx: to %s\n", who(&back.entry),
				ways[way].name);
		e911_witness_entry(
				&back.entry, E911_EV_CALLBACK, &back.number, ways[way].name);
		return 1;
	}
	e911_stats_count(E911_STAT_CALLBACKS_LOST);
	LM_WARN("call back to %016llx: no way to him is left\n", who(&back.entry));
	e911_witness_entry(
			&back.entry, E911_EV_CALLBACK, &back.number, "no way is left");
	return 0;
}
