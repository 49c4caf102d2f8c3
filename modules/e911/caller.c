/*
 * e911: who calls, and from which device
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include <time.h>
#include "../../core/ip_addr.h"
#include "../../core/trim.h"
#include "../../core/parser/contact/parse_contact.h"
#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_ppi_pai.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/parser/parse_via.h"
#include "caller.h"
#include "config.h"
#include "err.h"
#include "hash.h"
#include "headers.h"

static void set_aor(e911_caller_t *caller, const str *given)
{
	int err = e911_aor_normal(given, caller->aor_mem, &caller->aor);

	if(err)
		caller->aor.len = 0;
	caller->too_long = err == E911_ERR_LONG;
}

static const str *from_of(sip_msg_t *msg)
{
	if(e911_headers(msg, HDR_FROM_F) < 0 || msg->from == NULL
			|| parse_from_header(msg) < 0)
		return NULL;
	return &get_from(msg)->uri;
}

void e911_caller_add_name(e911_caller_t *caller, const str *given)
{
	e911_device_t *d = &caller->device;

	if(given->len > 0 && d->n < E911_DEVICE_NAMES
			&& e911_aor_contact(given, caller->mem[d->n], &d->name[d->n]) == 0
			&& d->name[d->n].len > 0
			&& e911_device_index(d, &d->name[d->n]) < 0)
		d->n++;
}

static void read_contact(sip_msg_t *msg, e911_caller_t *caller)
{
	struct sip_uri uri;
	contact_t *c;

	if(e911_headers(msg, HDR_CONTACT_F) < 0 || msg->contact == NULL
			|| parse_contact(msg->contact) < 0)
		return;
	c = ((contact_body_t *)msg->contact->parsed)->contacts;
	if(c == NULL)
		return;
	if(c->instance)
		e911_caller_add_name(caller, &c->instance->body);
	if(parse_uri(c->uri.s, c->uri.len, &uri) == 0)
		e911_caller_add_name(caller, &uri.gr_val);
	e911_caller_add_name(caller, &c->uri);
}

void e911_caller_source(const sip_msg_t *msg, e911_network_t *network)
{
	e911_network_from(
			network, msg->rcv.src_ip.u.addr, (int)msg->rcv.src_ip.len);
}

static void name_source(sip_msg_t *msg, e911_caller_t *caller)
{
	char text[IP_ADDR_MAX_STRZ_SIZE + 16];
	struct ip_addr ip = msg->rcv.src_ip;
	str s = {text, 0};

	s.len = snprintf(text, sizeof(text),
			ip.af == AF_INET6 ? "[%s]:%d" : "%s:%d", ip_addr2a(&ip),
			(int)msg->rcv.src_port);
	e911_caller_add_name(caller, &s);
}

void e911_caller_names(sip_msg_t *msg, e911_caller_t *caller)
{
	if(caller->named)
		return;
	caller->named = 1;
	read_contact(msg, caller);
	name_source(msg, caller);
}

static void read_flow(const sip_msg_t *msg, e911_where_from_t *from)
{
	from->port = msg->rcv.src_port;
	from->proto = (unsigned char)msg->rcv.proto;
	if(msg->rcv.proto != PROTO_UDP)
		from->connection = msg->rcv.proto_reserved1;
}

int e911_caller_registers_himself(sip_msg_t *msg, const e911_caller_t *caller)
{
	char mem[E911_AOR_MAX];
	str aor;

	return e911_headers(msg, HDR_TO_F) >= 0 && msg->to
		   && e911_aor_normal(&get_to(msg)->uri, mem, &aor) == 0
		   && aor.len == caller->aor.len
		   && memcmp(aor.s, caller->aor.s, aor.len) == 0;
}

/* ----- behind a trunk ----- */

/* of two identities, sip and tel (RFC 3325 9.1), the one with a host */
static const str *asserted(sip_msg_t *msg)
{
	const str *uri = NULL;
	p_id_body_t *ids;
	int i;

	if(parse_pai_header(msg) < 0 || msg->pai == NULL)
		return NULL;
	for(ids = get_pai(msg); ids; ids = ids->next) {
		for(i = 0; i < ids->num_ids; i++)
			if(uri == NULL || memchr(uri->s, '@', uri->len) == NULL)
				uri = &ids->id[i].uri;
	}
	return uri;
}

static const str *word_of(sip_msg_t *msg, const e911_source_t *source)
{
	switch(source->whence) {
		case E911_WHENCE_FROM:
			return from_of(msg);
		case E911_WHENCE_PAI:
			return asserted(msg);
		case E911_WHENCE_HEADER:
			return e911_headers_find(msg, source->header);
	}
	return NULL;
}

/* a number alone, or as a tel URI, is of the trunk's domain */
static void set_key(e911_caller_t *caller, const str *word)
{
	char mem[E911_AOR_MAX];
	e911_strbuf_t b;
	str key = *word;

	trim(&key);
	if(key.len > 0 && memchr(key.s, '@', key.len)) {
		set_aor(caller, &key);
		return;
	}
	if(key.len > 4 && strncasecmp(key.s, "tel:", 4) == 0) {
		key.s += 4;
		key.len -= 4;
	}
	if(key.len > 0 && memchr(key.s, ';', key.len))
		key.len = (int)((char *)memchr(key.s, ';', key.len) - key.s);
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_str(&b, &key);
	E911_STRBUF_LIT(&b, "@");
	e911_strbuf_puts(&b, caller->trunk->domain);
	key.s = mem;
	key.len = (int)b.len;
	if(!b.err)
		set_aor(caller, &key);
}

static void read_via(sip_msg_t *msg, e911_caller_t *caller)
{
	struct via_body *via;

	if(e911_headers(msg, HDR_VIA2_F) < 0 || msg->via2 == NULL)
		return;
	via = msg->via2;
	e911_network_read(&caller->from.network,
			via->received && via->received->value.len ? &via->received->value
													  : &via->host);
}

static void read_trunk(sip_msg_t *msg, e911_caller_t *caller)
{
	const e911_trunk_t *trunk = caller->trunk;
	const str *word = word_of(msg, &trunk->key);

	if(word)
		set_key(caller, word);
	if(trunk->device.whence == E911_WHENCE_CONTACT)
		read_contact(msg, caller);
	else if((word = word_of(msg, &trunk->device)))
		e911_caller_add_name(caller, word);
	if(trunk->network.whence == E911_WHENCE_VIA)
		read_via(msg, caller);
	else if((word = word_of(msg, &trunk->network)))
		e911_network_read(&caller->from.network, word);
}

void e911_caller_read(
		sip_msg_t *msg, const e911_trunks_t *trunks, e911_caller_t *caller)
{
	const str *from;

	memset(caller, 0, offsetof(e911_caller_t, aor_mem));
	caller->aor.s = caller->aor_mem;
	e911_caller_source(msg, &caller->from.network);
	caller->trunk = e911_trunks_find(trunks, &caller->from.network);
	if(caller->trunk) {
		memset(&caller->from.network, 0, sizeof(caller->from.network));
		caller->named = 1;
		read_trunk(msg, caller);
		return;
	}
	from = from_of(msg);
	if(from)
		set_aor(caller, from);
	read_flow(msg, &caller->from);
}

/* ----- as URIs ----- */

/* RFC 3986 section 2.1: what a phone puts into its From need be no URI, and no
 * UTF-8 either */
static const char has_no_place[256] = {
		[0 ... ' '] = 1,
		['"'] = 1,
		['<'] = 1,
		['>'] = 1,
		['\\'] = 1,
		['^'] = 1,
		['`'] = 1,
		['{'] = 1,
		['|'] = 1,
		['}'] = 1,
		[0x7f ... 0xff] = 1,
};

static void put_escaped(e911_strbuf_t *b, const str *s)
{
	int i, plain = 0;

	for(i = 0; i < s->len; i++) {
		if(!has_no_place[(unsigned char)s->s[i]])
			continue;
		e911_strbuf_put(b, s->s + plain, (size_t)(i - plain));
		E911_STRBUF_LIT(b, "%");
		e911_strbuf_put_hex(b, (const unsigned char *)s->s + i, 1);
		plain = i + 1;
	}
	if(i > plain)
		e911_strbuf_put(b, s->s + plain, (size_t)(i - plain));
}

static void put_entity(e911_strbuf_t *b, const str *aor, str *entity)
{
	entity->s = b->s + b->len;
	E911_STRBUF_LIT(b, "pres:");
	if(aor->len)
		put_escaped(b, aor);
	else
		E911_STRBUF_LIT(b, "anonymous@anonymous.invalid");
	entity->len = (int)(b->s + b->len - entity->s);
}

/* deviceID is a URI, RFC 4479 3.3.3: the instance where there is one, else a
 * UUID (RFC 9562 version 8) that is the same for the same device and tells no
 * address */
static void put_device(
		e911_strbuf_t *b, uint64_t who, const str *name, str *device)
{
	uint64_t half[2] = {who, 0};
	unsigned char id[16];

	device->s = b->s + b->len;
	if(name->len > 4 && memcmp(name->s, "urn:", 4) == 0) {
		put_escaped(b, name);
	} else {
		half[1] = e911_hash(name->s, name->len);
		memcpy(id, half, sizeof(id));
		id[6] = 0x80 | (id[6] & 0x0f);
		id[8] = 0x80 | (id[8] & 0x3f);
		E911_STRBUF_LIT(b, "urn:uuid:");
		e911_strbuf_put_uuid(b, id);
	}
	device->len = (int)(b->s + b->len - device->s);
}

int e911_caller_describe(const str *aor, uint64_t who, const str *device,
		char mem[E911_CALLER_URIS_MAX], e911_pidf_how_t *how)
{
	e911_strbuf_t b;

	memset(how, 0, sizeof(*how));
	e911_strbuf_init(&b, mem, E911_CALLER_URIS_MAX);
	put_entity(&b, aor, &how->entity);
	put_device(&b, who, device, &how->device);
	how->element = E911_PIDF_DEVICE;
	how->now = time(NULL);
	how->retention = cfg_get(e911, e911_cfg, retention);
	return b.err;
}
