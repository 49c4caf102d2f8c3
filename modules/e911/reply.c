/*
 * e911: an answer over HTTP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "reply.h"

static const struct
{
	int code;
	const char *reason;
} reasons[] = {
		{200, "OK"},
		{202, "Accepted"},
		{204, "No Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{503, "Service Unavailable"},
};

/* Cached nowhere, framed by nobody, taken for nothing but JSON. */
#define ALWAYS                                    \
	"Cache-Control: no-store\r\n"                 \
	"X-Content-Type-Options: nosniff\r\n"         \
	"X-Frame-Options: DENY\r\n"                   \
	"Referrer-Policy: no-referrer\r\n"            \
	"Cross-Origin-Resource-Policy: same-site\r\n" \
	"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
#define CORS_PREFLIGHT                                               \
	"Access-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\n" \
	"Access-Control-Allow-Headers: Authorization, Content-Type, "    \
	"If-Match, If-None-Match\r\n"                                    \
	"Access-Control-Max-Age: 600\r\n"
#define CORS "Access-Control-Expose-Headers: ETag, Retry-After\r\n"

const char *e911_reply_reason(int code)
{
	size_t i;

	for(i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if(reasons[i].code == code)
			return reasons[i].reason;
	return "Internal Server Error";
}

const char *e911_reply_type(int code)
{
	if(code == 204 || code == 304)
		return NULL;
	return code >= 400 ? E911_REPLY_PROBLEM : E911_REPLY_TYPE;
}

static void put_line(e911_strbuf_t *b, const char *name, const char *value)
{
	e911_strbuf_puts(b, name);
	E911_STRBUF_LIT(b, ": ");
	e911_strbuf_puts(b, value);
	E911_STRBUF_LIT(b, "\r\n");
}

static void put_cors(const e911_reply_t *reply, e911_strbuf_t *b)
{
	/* a cache in between must not mix up whose answer it was */
	E911_STRBUF_LIT(b, "Vary: Origin\r\n");
	if(reply->origin[0] == '\0')
		return;
	put_line(b, "Access-Control-Allow-Origin", reply->origin);
	if(reply->preflight)
		E911_STRBUF_LIT(b, CORS_PREFLIGHT);
	else
		E911_STRBUF_LIT(b, CORS);
}

void e911_reply_headers(const e911_reply_t *reply, e911_strbuf_t *b)
{
	char etag[32], seconds[16];

	E911_STRBUF_LIT(b, ALWAYS);
	put_cors(reply, b);
	if(reply->version) {
		snprintf(etag, sizeof(etag), "\"%llx\"",
				(unsigned long long)reply->version);
		put_line(b, "ETag", etag);
	}
	if(reply->retry) {
		snprintf(seconds, sizeof(seconds), "%d", reply->retry);
		put_line(b, "Retry-After", seconds);
	}
	if(reply->allow[0])
		put_line(b, "Allow", reply->allow);
	if(reply->code == 401)
		put_line(b, "WWW-Authenticate", "Bearer realm=\"e911\"");
	if(reply->closes)
		put_line(b, "Connection", "close");
}

void e911_reply_write(
		const e911_reply_t *reply, const str *body, e911_strbuf_t *b)
{
	const char *type = e911_reply_type(reply->code);
	char status[64], length[16];

	snprintf(status, sizeof(status), "HTTP/1.1 %d %s\r\n", reply->code,
			e911_reply_reason(reply->code));
	e911_strbuf_puts(b, status);
	e911_reply_headers(reply, b);
	if(type)
		put_line(b, "Content-Type", type);
	snprintf(length, sizeof(length), "%d", body->len);
	put_line(b, "Content-Length", length);
	E911_STRBUF_LIT(b, "\r\n");
	if(!reply->bare)
		e911_strbuf_put_str(b, body);
}
