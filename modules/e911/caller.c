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
