/*
 * e911: what an HTTP request brings
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/trim.h"
#include "../../core/parser/parse_content.h"
#include "headers.h"
#include "request.h"

int e911_request_says(sip_msg_t *msg, const char *type)
{
	const str *header = e911_headers_find(msg, "Content-Type");
	str said;
	char *end;

	if(header == NULL)
		return 0;
	said = *header;
	end = said.len > 0 ? memchr(said.s, ';', said.len) : NULL;
	if(end)
		said.len = (int)(end - said.s);
	trim(&said);
	return (size_t)said.len == strlen(type)
		   && strncasecmp(said.s, type, said.len) == 0;
}

void e911_request_body(sip_msg_t *msg, str *body)
{
	int said;

	body->len = 0;
	if(e911_headers(msg, HDR_EOH_F) < 0)
		return;
	body->s = get_body(msg);
	if(body->s == NULL)
		return;
	body->len = (int)(msg->buf + msg->len - body->s);
	said = msg->content_length ? get_content_length(msg) : body->len;
	if(said >= 0 && said < body->len)
		body->len = said;
}
