/*
 * e911: the location that a SIP request carries itself
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include <time.h>
#include "../../core/trim.h"
#include "body.h"
#include "geolocation.h"
#include "headers.h"
#include "multipart.h"
#include "phone.h"
#include "pidf.h"
#include "err.h"

#define ID_MAX 256

static int is_header(const struct hdr_field *h, const char *name)
{
	return strlen(name) == (size_t)h->name.len
		   && strncasecmp(h->name.s, name, h->name.len) == 0;
}

static struct hdr_field *next_header(struct hdr_field *h, const char *name)
{
	while(h && !is_header(h, name))
		h = h->next;
	return h;
}

int e911_phone_permits(sip_msg_t *msg)
{
	struct hdr_field *h;
	int permits = -1;

	if(e911_headers(msg, HDR_EOH_F) < 0)
		return -1;
	/* of several, one that does not say yes is enough */
	for(h = msg->headers; (h = next_header(h, "Geolocation-Routing"));
			h = h->next) {
		if(e911_geolocation_routing(&h->body) != E911_ROUTING_YES)
			return 0;
		permits = 1;
	}
	return permits;
}

/* the first cid: of the Geolocation headers; malformed values are passed over */
static int find_id(sip_msg_t *msg, char *mem, str *id)
{
	struct hdr_field *h = msg->headers;
	e911_locator_t value;
	str rest;
	int got;

	while((h = next_header(h, "Geolocation"))) {
		rest = h->body;
		while((got = e911_geolocation_next(&rest, &value))) {
			if(got == 1
					&& e911_geolocation_cid(&value.uri, mem, ID_MAX, id) == 0)
				return E911_OK;
		}
		h = h->next;
	}
	return E911_ERR_NONE;
}

/* "<id>" */
static int is_id(const str *value, const str *id)
{
	return value->len == id->len + 2 && value->s[0] == '<'
		   && memcmp(value->s + 1, id->s, id->len) == 0;
}

static int find_part(
		const str *body, const str *type, const str *id, str *document)
{
	str boundary, value;
	e911_part_t part;
	int at = 0;

	if(e911_multipart_boundary(type, &boundary))
		return E911_ERR_NONE;
	while(e911_multipart_next(body, &boundary, &at, &part)) {
		if(e911_multipart_header(&part, "Content-ID", &value) == 0
				&& is_id(&value, id)) {
			*document = part.body;
			return E911_OK;
		}
	}
	return E911_ERR_NONE;
}

static int find_document(sip_msg_t *msg, const str *id, str *document)
{
	struct hdr_field *h = next_header(msg->headers, "Content-ID");
	str body, value;

	if(e911_body_received(msg, &body) || body.len == 0)
		return E911_ERR_NONE;
	if(h) {
		value = h->body;
		trim(&value);
		if(is_id(&value, id)) {
			*document = body;
			return E911_OK;
		}
	}
	return msg->content_type
				   ? find_part(&body, &msg->content_type->body, id, document)
				   : E911_ERR_NONE;
}

int e911_phone_read(sip_msg_t *msg, e911_location_t *l)
{
	char mem[ID_MAX];
	str id, document;
	int err, bad;

	if(e911_headers(msg, HDR_EOH_F) < 0)
		return E911_ERR_SYNTAX;
	err = find_id(msg, mem, &id);
	if(!err)
		err = find_document(msg, &id, &document);
	return err ? err
			   : e911_pidf_read(l, document.s, document.len, E911_FROM_SIP,
					   time(NULL), &bad);
}
