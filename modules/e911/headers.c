/*
 * e911: the headers of a message, as far as they are wanted
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "headers.h"

int e911_headers(sip_msg_t *msg, hdr_flags_t wanted)
{
	const struct hdr_field *last;
	char *end;

	if((msg->parsed_flag & wanted) == wanted
			|| parse_headers(msg, wanted, 0) >= 0)
		return 0;
	/* else each is read twice, and tm refuses the call for its two lengths */
	last = msg->last_header;
	end = last ? last->name.s + last->len : NULL;
	if(end > msg->unparsed && end <= msg->buf + msg->len)
		msg->unparsed = end;
	return -1;
}

static int is_named(const struct hdr_field *h, const char *name)
{
	return (size_t)h->name.len == strlen(name)
		   && strncasecmp(h->name.s, name, h->name.len) == 0;
}

const str *e911_headers_find(sip_msg_t *msg, const char *name)
{
	const struct hdr_field *h;

	if(e911_headers(msg, HDR_EOH_F) < 0)
		return NULL;
	for(h = msg->headers; h; h = h->next)
		if(is_named(h, name))
			return &h->body;
	return NULL;
}

int e911_headers_count(const sip_msg_t *msg, const char *name)
{
	const struct hdr_field *h;
	int n = 0;

	for(h = msg->headers; h; h = h->next)
		n += is_named(h, name);
	return n;
}
