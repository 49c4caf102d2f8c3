/*
 * e911: the HTTP API: who asks for what
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <json-c/json.h>
#include "../../core/trim.h"
#include "../../core/parser/parse_content.h"
#include "api_part.h"
#include "caller.h"
#include "err.h"
#include "headers.h"
#include "origins.h"
#include "row.h"
#include "request.h"
#include "stats.h"
#include "throttle.h"

#define WAITERS_MAX 4096
#define RETRY 5 /* s, where there is no room */

static struct json_object *last; /* body of the last answer */

static const struct
{
	const char *name;
	int body; /* has one */
} methods[] = {
		[E911_API_GET] = {"GET", 0},
		[E911_API_HEAD] = {"HEAD", 0},
		[E911_API_PUT] = {"PUT", 1},
		[E911_API_POST] = {"POST", 1},
		[E911_API_DELETE] = {"DELETE", 0},
		[E911_API_OPTIONS] = {"OPTIONS", 0},
};

static const e911_api_row_t *const tables[] = {
		e911_api_agent_rows, e911_api_operator_rows};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* ----- answers ----- */

struct json_object *e911_api_answer(e911_query_t *q, int code)
{
	q->reply.code = code;
	json_object_put(q->json);
	q->json = json_object_new_object();
	q->err = q->json ? 0 : E911_ERR_MEM;
	return q->json;
}

struct json_object *e911_api_problem(e911_query_t *q, int code,
		const char *name, const char *detail, const char *field)
{
	struct json_object *o = e911_api_answer(q, code);
	char type[64];

	snprintf(type, sizeof(type), "urn:e911:problem:%s", name);
	q->err |= e911_view_text(o, "type", type);
	q->err |= e911_view_text(o, "title", e911_reply_reason(code));
	q->err |= e911_view_number(o, "status", code);
	if(code == 503 && q->reply.retry == 0)
		q->reply.retry = RETRY;
	if(detail)
		q->err |= e911_view_text(o, "detail", detail);
	/* the caller's own text may be cut in the midst of a character */
	if(field && field[0])
		q->err |= e911_view_text(o, "field", field);
	return o;
}

static const struct
{
	int err;
	int code;
	const char *name;
} problems[] = {
		{E911_ERR_MEM, 503, "no-room"},
		{E911_ERR_FULL, 503, "no-room"},
		{E911_ERR_DOWN, 503, "unavailable"},
		{E911_ERR_SYNTAX, 400, "malformed"},
		{E911_ERR_DEPTH, 400, "malformed"},
		{E911_ERR_SPACE, 413, "too-large"},
		{E911_ERR_NONE, 404, "not-found"},
		{E911_ERR_OLD, 412, "changed-meanwhile"},
		{E911_ERR_AGAIN, 412, "changed-meanwhile"},
		{E911_ERR_UNUSABLE, 409, "not-in-force"},
};

void e911_api_fail(e911_query_t *q, int err, const char *field)
{
	size_t i;

	for(i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if(problems[i].err == err) {
			e911_api_problem(q, problems[i].code, problems[i].name,
					e911_err_text(err), field);
			return;
		}
	e911_api_problem(q, 422, "not-acceptable", e911_err_text(err), field);
}

/* ----- the request ----- */

int e911_api_header(sip_msg_t *msg, const char *name, str *value)
{
	const str *body = e911_headers_find(msg, name);

	if(body == NULL)
		return E911_ERR_NONE;
	*value = *body;
	trim(value);
	return E911_OK;
}

static int hex(char c)
{
	if(c >= '0' && c <= '9')
		return c - '0';
	if(c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 section 2.1; no control character is meant by anybody */
static int decode(const str *given, char *mem, size_t size, str *value)
{
	int i, high, low;

	value->s = mem;
	value->len = 0;
	for(i = 0; i < given->len; i++) {
		unsigned char c = (unsigned char)given->s[i];

		if(c == '%') {
			high = i + 2 < given->len ? hex(given->s[i + 1]) : -1;
			low = i + 2 < given->len ? hex(given->s[i + 2]) : -1;
			if(high < 0 || low < 0)
				return E911_ERR_VALUE;
			c = (unsigned char)(high * 16 + low);
			i += 2;
		}
		if(c < 0x20 || c == 0x7f)
			return E911_ERR_VALUE;
		if((size_t)value->len == size)
			return E911_ERR_LONG;
		mem[value->len++] = (char)c;
	}
	return E911_OK;
}

int e911_api_search(const e911_query_t *q, const char *name, char *mem,
		size_t size, str *value)
{
	size_t len = strlen(name);
	char *p = q->search.s, *end = p + q->search.len, *next;
	str raw;

	value->s = mem;
	value->len = 0;
	for(; p && p < end; p = next + 1) {
		next = memchr(p, '&', end - p);
		if(next == NULL)
			next = end;
		if((size_t)(next - p) <= len || memcmp(p, name, len) != 0
				|| p[len] != '=')
			continue;
		raw.s = p + len + 1;
		raw.len = (int)(next - raw.s);
		return decode(&raw, mem, size, value);
	}
	return E911_OK;
}

/* one segment off the front; 0: there is none */
static int next_segment(str *path, str *segment)
{
	char *slash;

	if(path->s == NULL)
		return 0;
	slash = memchr(path->s, '/', path->len);
	segment->s = path->s;
	segment->len = slash ? (int)(slash - path->s) : path->len;
	path->s = slash ? slash + 1 : NULL;
	path->len -= segment->len + (slash != NULL);
	return 1;
}

/* 0: it does not; else E911_OK + 1, or an error of what stands for {} */
static int path_matches(e911_query_t *q, const char *pattern, const str *path)
{
	str want = {(char *)pattern, (int)strlen(pattern)}, have = *path;
	str w, h;
	int n = 0, more;

	while((more = next_segment(&want, &w)) == next_segment(&have, &h)) {
		if(!more)
			return 1;
		if(e911_row_is(&w, "{}")) {
			if(h.len == 0)
				return 0;
			if(decode(&h, q->part_mem[n], E911_API_PART_MAX, &q->part[n]))
				return E911_ERR_VALUE;
			n++;
		} else if(w.len != h.len || memcmp(w.s, h.s, w.len) != 0)
			return 0;
	}
	return 0;
}

static int read_method(const sip_msg_t *msg)
{
	const str *method = &msg->first_line.u.request.method;
	int i;

	for(i = 0; i < E911_API_METHODS; i++)
		if(e911_row_is(method, methods[i].name))
			return i;
	return -1;
}

static void add_method(char *allow, int method)
{
	if(strstr(allow, methods[method].name))
		return;
	if(allow[0])
		strcat(allow, ", ");
	strcat(allow, methods[method].name);
}

/* NULL: an error has been answered */
static const e911_api_row_t *find_row(e911_query_t *q, const str *path)
{
	int method = q->method == E911_API_HEAD ? E911_API_GET : q->method;
	const e911_api_row_t *row;
	size_t t;
	int got;

	for(t = 0; t < TABLES; t++)
		for(row = tables[t]; row->run; row++) {
			got = path_matches(q, row->path, path);
			if(got < 0) {
				e911_api_problem(q, 400, "malformed", e911_err_text(got), NULL);
				return NULL;
			}
			if(got && row->method == method)
				return row;
			if(got)
				add_method(q->reply.allow, row->method);
		}
	if(q->reply.allow[0])
		e911_api_problem(q, 405, "method", NULL, NULL);
	else
		e911_api_problem(q, 404, "not-found", "there is no such thing", NULL);
	return NULL;
}

/* ----- who may ----- */

static int limited(e911_query_t *q, int kind)
{
	e911_network_t source;

	e911_caller_source(q->msg, &source);
	if(e911_throttle(&source, kind, &q->reply.retry) == 0)
		return 0;
	e911_api_problem(q, 429, "too-many-requests", NULL, NULL);
	return 1;
}

static void refuse(e911_query_t *q, int code, const char *name)
{
	e911_stats_count(E911_STAT_WEB_REFUSED);
	if(!limited(q, E911_THROTTLE_REFUSALS))
		e911_api_problem(q, code, name, NULL, NULL);
}

static int is_let_in(e911_query_t *q, const e911_api_row_t *row)
{
	str token = STR_NULL;
	int err;

	if(e911_api_header(q->msg, "Authorization", &token) == 0)
		token = e911_access_bearer(&token);
	err = e911_access_read(&token, &q->access);
	if(err) {
		refuse(q, 401,
				err == E911_ERR_MISSING ? "no-token"
				: err == E911_ERR_OLD	? "token-expired"
										: "token-not-valid");
		return 0;
	}
	if(((1 << q->access.who) & row->who)
			&& (q->access.who != E911_OPERATOR || q->access.role >= row->role))
		return 1;
	refuse(q, 403, "not-permitted");
	return 0;
}

/* a page of another origin than the API's own: the Fetch standard, 3.2 */
static void read_origin(e911_query_t *q)
{
	str origin;

	if(e911_api_header(q->msg, "Origin", &origin) || origin.len == 0
			|| origin.len >= E911_ORIGIN_MAX || !e911_origins_have(&origin))
		return;
	memcpy(q->reply.origin, origin.s, (size_t)origin.len);
}

/* what a proxy in front may have read in another way: RFC 9112 sections 5.1
 * and 5.2 */
static int is_clear(const struct hdr_field *h)
{
	return h->name.s[h->name.len] == ':'
		   && memchr(h->body.s, '\n', (size_t)h->body.len) == NULL
		   && memchr(h->body.s, '\r', (size_t)h->body.len) == NULL;
}

static int is_number(str value)
{
	int i;

	trim(&value);
	for(i = 0; i < value.len; i++)
		if(value.s[i] < '0' || value.s[i] > '9')
			return 0;
	return value.len > 0;
}

/* also by the name that SIP has for it, which HTTP has not */
static int has_plain_length(const sip_msg_t *msg)
{
	const struct hdr_field *h;
	int n = 0;

	for(h = msg->headers; h; h = h->next) {
		if(!is_clear(h))
			return 0;
		if(h->type != HDR_CONTENTLENGTH_T)
			continue;
		if(n++ || h->name.len != sizeof("Content-Length") - 1
				|| !is_number(h->body))
			return 0;
	}
	return 1;
}

/* What may be read in two ways is not read at all: RFC 9112 section 6.3 */
static int is_plain(e911_query_t *q)
{
	int code = 0;

	if(e911_headers_count(q->msg, "Transfer-Encoding"))
		code = 411;
	else if(!has_plain_length(q->msg)
			|| e911_headers_count(q->msg, "Authorization") > 1)
		code = 400;
	if(code == 0)
		return 1;
	q->reply.closes = 1;
	e911_api_problem(q, code, "ambiguous",
			"one Content-Length, no Transfer-Encoding, each header once", NULL);
	return 0;
}

static int read_body(e911_query_t *q)
{
	e911_request_body(q->msg, &q->body);
	if(q->body.len > E911_API_BODY_MAX)
		e911_api_problem(q, 413, "too-large", NULL, NULL);
	else if(q->body.len > 0 && methods[q->method].body
			&& !e911_request_says(q->msg, E911_REPLY_TYPE))
		e911_api_problem(q, 415, "type", "application/json", NULL);
	else
		return E911_OK;
	return E911_ERR_VALUE;
}

static void serve(e911_query_t *q, const str *path)
{
	const e911_api_row_t *row;

	if(!is_plain(q) || limited(q, E911_THROTTLE_REQUESTS))
		return;
	if(q->method == E911_API_OPTIONS) {
		q->reply.preflight = 1;
		q->reply.code = 204;
		return;
	}
	row = find_row(q, path);
	if(row == NULL || !is_let_in(q, row) || read_body(q))
		return;
	q->reply.allow[0] = '\0';
	row->run(q);
}

static int split(const str *given, str *path, str *search)
{
	char *mark = memchr(given->s, '?', given->len);

	*path = *given;
	*search = (str)STR_NULL;
	if(mark) {
		path->len = (int)(mark - given->s);
		search->s = mark + 1;
		search->len = given->len - path->len - 1;
	}
	return path->len;
}

static void end_query(e911_query_t *q, str *body)
{
	size_t len = 0;

	/* what could not be written whole is not sent */
	if(q->err)
		e911_api_problem(q, 503, "no-room", NULL, NULL);
	json_object_put(last);
	last = q->json;
	body->s = last ? (char *)json_object_to_json_string_length(last,
					  JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
					  &len)
				   : NULL;
	body->len = body->s ? (int)len : 0;
	q->reply.bare = q->method == E911_API_HEAD;
}

void e911_api(sip_msg_t *msg, const str *given, e911_api_answer_t *answer)
{
	static e911_query_t q; /* too large for a stack */
	str path;

	memset(&q, 0, sizeof(q));
	q.msg = msg;
	q.method = read_method(msg);
	split(given, &path, &q.search);
	e911_stats_count(E911_STAT_WEB_REQUESTS);
	if(parse_headers(msg, HDR_EOH_F, 0) < 0) {
		q.reply.closes = 1;
		e911_api_problem(&q, 400, "malformed", NULL, NULL);
	} else {
		read_origin(&q);
		serve(&q, &path);
	}
	end_query(&q, &answer->body);
	answer->reply = q.reply;
	answer->later = q.later;
}

static void write_late(const e911_waiter_t *w, e911_strbuf_t *b)
{
	static e911_query_t q; /* too large for a stack */
	str body;

	memset(&q, 0, sizeof(q));
	q.method = w->bare ? E911_API_HEAD : E911_API_PUT;
	memcpy(q.reply.origin, w->origin, sizeof(q.reply.origin));
	e911_api_waited(&q, w);
	end_query(&q, &body);
	e911_reply_write(&q.reply, &body, b);
}

int e911_api_init(int workers)
{
	return workers ? e911_waiting_init(
				   WAITERS_MAX, e911_api_is_done, write_late)
				   : E911_OK;
}

void e911_api_destroy(void)
{
	e911_waiting_destroy();
}
