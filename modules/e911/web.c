/*
 * e911: HTTP: the API, and references to locations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/data_lump_rpl.h"
#include "../../core/dprint.h"
#include "../../core/pvar.h"
#include "../../core/strutils.h"
#include "../../core/trim.h"
#include "../../core/parser/parse_content.h"
#include "../xhttp/api.h"
#include "additional.h"
#include "api.h"
#include "caller.h"
#include "connection.h"
#include "deref.h"
#include "err.h"
#include "headers.h"
#include "held.h"
#include "metrics.h"
#include "pages.h"
#include "reference.h"
#include "request.h"
#include "stats.h"
#include "throttle.h"
#include "waiting.h"
#include "web.h"

#define ROOM 20480

/* Cached nowhere: RFC 5985 section 8. Its section 5 wants the charset. */
#define NO_STORE "Cache-Control: no-store\r\n"
#define ALLOW "Allow: GET, POST\r\n"
#define ALLOW_DATA "Allow: GET\r\n"

enum answer
{
	ANSWER_OK,
	ANSWER_UNKNOWN,
	ANSWER_FORBIDDEN,
	ANSWER_NOT_FOUND,
	ANSWER_METHOD,
	ANSWER_METHOD_DATA,
	ANSWER_LARGE,
	ANSWER_TYPE,
	ANSWER_TOO_MANY
};

/* clang-format off */
static const struct
{
	int code;
	str reason;
	str headers;
} answers[] = {
	[ANSWER_OK] = {200, str_init("OK"), str_init(NO_STORE)},
	[ANSWER_UNKNOWN] = {401, str_init("Unauthorized"),
		str_init(NO_STORE "WWW-Authenticate: Bearer\r\n")},
	[ANSWER_FORBIDDEN] = {403, str_init("Forbidden"), str_init(NO_STORE)},
	[ANSWER_NOT_FOUND] = {404, str_init("Not Found"), str_init(NO_STORE)},
	[ANSWER_METHOD] = {405, str_init("Method Not Allowed"),
		str_init(NO_STORE ALLOW)},
	[ANSWER_METHOD_DATA] = {405, str_init("Method Not Allowed"),
		str_init(NO_STORE ALLOW_DATA)},
	[ANSWER_LARGE] = {413, str_init("Payload Too Large"), str_init(NO_STORE)},
	[ANSWER_TYPE] = {415, str_init("Unsupported Media Type"),
		str_init(NO_STORE)},
	[ANSWER_TOO_MANY] = {429, str_init("Too Many Requests"),
		str_init(NO_STORE "Retry-After: 60\r\n")},
};
/* clang-format on */

static xhttp_api_t xhttp;
static pv_spec_t *verified;

static str api_path; /* empty: there is no API */

void e911_web_open(const str *path)
{
	api_path = *path;
}

int e911_web_init(int certificate)
{
	str name = str_init("$tls_peer_verified");

	if(!module_loaded("xhttp") || xhttp_load_api(&xhttp) < 0)
		return E911_ERR_NONE;
	if(!certificate)
		return E911_OK;
	verified = module_loaded("tls") ? pv_cache_get(&name) : NULL;
	return verified ? E911_OK : E911_ERR_MISSING;
}

/* ----- the request ----- */

static int is_method(sip_msg_t *msg, const char *name)
{
	const str *method = &msg->first_line.u.request.method;

	return (size_t)method->len == strlen(name)
		   && memcmp(method->s, name, method->len) == 0;
}

static int is_verified(sip_msg_t *msg)
{
	pv_value_t v;

	return verified && pv_get_spec_value(msg, verified, &v) == 0
		   && (v.flags & PV_VAL_INT) && v.ri == 1;
}

static int is_permitted(sip_msg_t *msg)
{
	int tls = msg->rcv.proto == PROTO_TLS;
	e911_network_t source;

	e911_caller_source(msg, &source);
	return e911_reference_permits(&source, tls, tls && is_verified(msg));
}

/* ----- the answer ----- */

static int serve_location(sip_msg_t *msg, const str *token, e911_strbuf_t *b)
{
	str request = STR_NULL;

	if(is_method(msg, "POST")) {
		e911_request_body(msg, &request);
		if(request.len > E911_HELD_MAX)
			return ANSWER_LARGE;
		if(request.len > 0 && !e911_request_says(msg, E911_HELD_TYPE))
			return ANSWER_TYPE;
	} else if(!is_method(msg, "GET"))
		return ANSWER_METHOD;
	return e911_deref(token, &request, b) ? ANSWER_NOT_FOUND : ANSWER_OK;
}

/* RFC 7852 section 6: an HTTPS GET returns the block */
static int serve_data(sip_msg_t *msg, const str *token, const str *name,
		e911_strbuf_t *b, str *type)
{
	int block = e911_additional_find(name);

	if(!is_method(msg, "GET"))
		return ANSWER_METHOD_DATA;
	if(block < 0 || e911_deref_data(token, block, b))
		return ANSWER_NOT_FOUND;
	type->s = (char *)e911_additional_type(block);
	type->len = (int)strlen(type->s);
	return ANSWER_OK;
}

static void reply(sip_msg_t *msg, int answer, str type, const e911_strbuf_t *b)
{
	str reason = answers[answer].reason, headers = answers[answer].headers;
	str body = STR_NULL;

	if(answer == ANSWER_OK)
		body = (str){b->s, (int)b->len};
	else
		type.len = 0;
	if(add_lump_rpl(msg, headers.s, headers.len, LUMP_RPL_HDR) == NULL
			|| xhttp.reply(msg, answers[answer].code, &reason, &type, &body)
					   < 0)
		LM_ERR("a request over HTTP is not answered\n");
}

/* An ERSP that asks for a location is answered all the same. */
static int is_crowded(sip_msg_t *msg)
{
	if(!e911_connection_all_full())
		return 0;
	e911_connection_end(msg);
	return 1;
}

/* ----- metrics ----- */

/* who may not is told no more than a stranger */
static int may_read_metrics(sip_msg_t *msg)
{
	const str *header = e911_headers_find(msg, "Authorization");
	str none = STR_NULL;
	e911_network_t source;
	int err;

	e911_caller_source(msg, &source);
	err = e911_metrics_may(&source, header ? header : &none);
	if(err)
		e911_stats_count(E911_STAT_WEB_REFUSED);
	return err == 0					 ? ANSWER_OK
		   : err == E911_ERR_MISSING ? ANSWER_FORBIDDEN
		   : err == E911_ERR_FULL	 ? ANSWER_TOO_MANY
									 : ANSWER_UNKNOWN;
}

static int serve_metrics(sip_msg_t *msg)
{
	static char mem[E911_METRICS_MAX]; /* too large for a stack */
	str type = str_init(E911_METRICS_TYPE);
	e911_strbuf_t b;
	size_t room = e911_connection_room();
	int answer;

	if(is_crowded(msg))
		return 1;
	answer = may_read_metrics(msg);
	e911_strbuf_init(&b, mem, room < sizeof(mem) ? room : sizeof(mem));
	if(answer == ANSWER_OK && !is_method(msg, "GET"))
		answer = ANSWER_METHOD_DATA;
	if(answer == ANSWER_OK)
		e911_metrics_write(&b);
	reply(msg, answer, type, &b);
	return 1;
}

/* ----- pages ----- */

/* 0: it asks for no page */
static int serve_page(sip_msg_t *msg)
{
	e911_network_t source;
	str none = STR_NULL;
	e911_page_t page;
	int retry;

	if(e911_pages_find(&msg->first_line.u.request.method,
			   &msg->first_line.u.request.uri,
			   e911_headers_find(msg, "If-None-Match"), &page))
		return 0;
	if(is_crowded(msg))
		return 1;
	e911_caller_source(msg, &source);
	if(e911_throttle(&source, E911_THROTTLE_REQUESTS, &retry)) {
		reply(msg, ANSWER_TOO_MANY, none, NULL);
		return 1;
	}
	if(add_lump_rpl(msg, page.headers.s, page.headers.len, LUMP_RPL_HDR) == NULL
			|| xhttp.reply(
					   msg, page.status, &page.reason, &page.type, &page.body)
					   < 0)
		LM_ERR("a request for a page is not answered\n");
	return 1;
}

/* ----- the API ----- */

static int is_below(const str *target, const str *path, str *rest)
{
	if(path->len == 0 || target->len < path->len
			|| memcmp(target->s, path->s, path->len) != 0)
		return 0;
	rest->s = target->s + path->len;
	rest->len = target->len - path->len;
	return 1;
}

static void serve_api(sip_msg_t *msg, const str *path)
{
	e911_api_answer_t answer;
	int err;

	if(is_crowded(msg))
		return;
	e911_api(msg, path, &answer);
	if(answer.later)
		return;
	err = e911_connection_answer(&msg->rcv, &answer.reply, &answer.body);
	if(err && err != E911_ERR_DOWN)
		LM_ERR("a request of the HTTP API is not answered: %s\n",
				e911_err_text(err));
	if(err || answer.reply.closes)
		e911_connection_end(msg);
}

static int serve_reference(sip_msg_t *msg)
{
	static char mem[ROOM]; /* too large for a stack */
	e911_strbuf_t b;
	str type = str_init(E911_HELD_TYPE ";charset=utf-8"), token, data;
	int answer;

	if(e911_reference_token(&msg->first_line.u.request.uri, &token, &data))
		return 0;
	e911_strbuf_init(&b, mem, sizeof(mem));
	/* a stranger learns nothing, not even what there is no reference of */
	if(!is_permitted(msg))
		answer = ANSWER_FORBIDDEN;
	else if(data.len)
		answer = serve_data(msg, &token, &data, &b, &type);
	else
		answer = serve_location(msg, &token, &b);
	if(answer != ANSWER_OK)
		e911_stats_count(E911_STAT_REFERENCES_REFUSED);
	reply(msg, answer, type, &b);
	return 1;
}

/* A datagram that looks like HTTP has come from anywhere: an answer would go
 * to whose address it bears, on his own connection even. */
static int is_heard(const sip_msg_t *msg)
{
	return msg->rcv.proto == PROTO_TCP || msg->rcv.proto == PROTO_TLS;
}

int e911_web(sip_msg_t *msg)
{
	str path;

	if(msg->first_line.type != SIP_REQUEST || !IS_HTTP(msg))
		return 0;
	if(!is_heard(msg))
		return 1;
	/* answers go in the order of their requests, RFC 9112 section 9.3.2: who
	 * asks on before the one that waits is there is to ask anew */
	if(e911_waiting_has(msg)) {
		e911_connection_end(msg);
		return 1;
	}
	/* for each request the core looks through all that has come, and to this
	 * process others send SIP: who does not wait for his answer begins anew,
	 * RFC 9112 section 9.3.2 */
	if(e911_connection_has_more(msg))
		e911_connection_end(msg);
	if(e911_metrics_has(&msg->first_line.u.request.uri))
		return serve_metrics(msg);
	if(is_below(&msg->first_line.u.request.uri, &api_path, &path)) {
		serve_api(msg, &path);
		return 1;
	}
	return serve_page(msg) || serve_reference(msg);
}
