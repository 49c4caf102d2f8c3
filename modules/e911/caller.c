/*
 * e911: who calls, and from which device
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/ip_addr.h"
#include "../../core/parser/contact/parse_contact.h"
#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_uri.h"
#include "caller.h"
#include "hash.h"

static void read_aor(sip_msg_t *msg, e911_caller_t *caller)
{
	if(parse_headers(msg, HDR_FROM_F, 0) < 0 || msg->from == NULL
			|| parse_from_header(msg) < 0)
		return;
	if(e911_aor_normal(&get_from(msg)->uri, caller->aor_mem, &caller->aor))
		caller->aor.len = 0;
}

static void add_name(e911_caller_t *caller, const str *given)
{
	e911_device_t *d = &caller->device;

	if(given->len > 0 && d->n < E911_DEVICE_NAMES
			&& e911_aor_contact(given, caller->mem[d->n], &d->name[d->n]) == 0)
		d->n++;
}

static void read_contact(sip_msg_t *msg, e911_caller_t *caller)
{
	struct sip_uri uri;
	contact_t *c;

	if(parse_headers(msg, HDR_CONTACT_F, 0) < 0 || msg->contact == NULL
			|| parse_contact(msg->contact) < 0)
		return;
	c = ((contact_body_t *)msg->contact->parsed)->contacts;
	if(c == NULL)
		return;
	if(c->instance)
		add_name(caller, &c->instance->body);
	if(parse_uri(c->uri.s, c->uri.len, &uri) == 0)
		add_name(caller, &uri.gr_val);
	add_name(caller, &c->uri);
}

static void read_source(sip_msg_t *msg, e911_caller_t *caller)
{
	char text[IP_ADDR_MAX_STRZ_SIZE + 16];
	struct ip_addr ip = msg->rcv.src_ip;
	str s = {text, 0};

	s.len = snprintf(text, sizeof(text),
			ip.af == AF_INET6 ? "[%s]:%d" : "%s:%d", ip_addr2a(&ip),
			(int)msg->rcv.src_port);
	add_name(caller, &s);
}

void e911_caller_read(sip_msg_t *msg, e911_caller_t *caller)
{
	caller->aor.len = 0;
	caller->aor.s = caller->aor_mem;
	caller->device.n = 0;
	read_aor(msg, caller);
	read_contact(msg, caller);
	read_source(msg, caller);
}

/* ----- as URIs ----- */

/* RFC 3986 section 2.1: what a phone puts into its From need be no URI, and no
 * UTF-8 either */
static void put_escaped(e911_strbuf_t *b, const str *s)
{
	unsigned char c;
	int i;

	for(i = 0; i < s->len; i++) {
		c = (unsigned char)s->s[i];
		if(c > ' ' && c < 0x7f && !strchr("\"<>\\^`{|}", c)) {
			e911_strbuf_put(b, s->s + i, 1);
			continue;
		}
		E911_STRBUF_LIT(b, "%");
		e911_strbuf_put_hex(b, &c, 1);
	}
}

void e911_caller_put_entity(
		e911_strbuf_t *b, const e911_call_t *call, str *entity)
{
	str aor = e911_call_text(call, call->aor);

	entity->s = b->s + b->len;
	E911_STRBUF_LIT(b, "pres:");
	if(aor.len)
		put_escaped(b, &aor);
	else
		E911_STRBUF_LIT(b, "anonymous@anonymous.invalid");
	entity->len = (int)(b->s + b->len - entity->s);
}

/* deviceID is a URI, RFC 4479 3.3.3: the instance where there is one, else a
 * UUID (RFC 9562 version 8) that is the same for the same device and tells no
 * address */
void e911_caller_put_device(
		e911_strbuf_t *b, const e911_call_t *call, str *device)
{
	str name = e911_call_text(call, call->device);
	uint64_t half[2] = {call->who, e911_hash(name.s, name.len)};
	unsigned char id[16];

	device->s = b->s + b->len;
	if(name.len > 4 && memcmp(name.s, "urn:", 4) == 0) {
		put_escaped(b, &name);
	} else {
		memcpy(id, half, sizeof(id));
		id[6] = 0x80 | (id[6] & 0x0f);
		id[8] = 0x80 | (id[8] & 0x3f);
		E911_STRBUF_LIT(b, "urn:uuid:");
		e911_strbuf_put_uuid(b, id);
	}
	device->len = (int)(b->s + b->len - device->s);
}
