/*
 * e911: what one validator is asked, and what it says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "err.h"
#include "inquiry.h"
#include "lost.h"
#include "rest.h"

#define URL_MAX 2048
#define SECRET "{secret}"
#define SECRET_MAX 512
#define HEADERS (E911_VALIDATOR_HEADERS + 2)
#define HEADER_MAX (256 + SECRET_MAX)
#define HTTP_OK 200
#define HTTP_BUSY 429

/* ----- asking ----- */

static char url[URL_MAX];
static char body[E911_REST_BODY_MAX];
static char header_mem[HEADERS][HEADER_MAX];
static const char *headers[HEADERS + 1];

/* the secret is here for as long as the request is being written */
static int put_header(int n, const char *line, const e911_validator_t *v)
{
	const char *place = strstr(line, SECRET);
	char secret[SECRET_MAX];
	int len = place ? (int)(place - line) : (int)strlen(line);

	secret[0] = '\0';
	if(place && e911_validator_secret(v, secret, sizeof(secret)))
		return E911_ERR_NONE;
	snprintf(header_mem[n], HEADER_MAX, "%.*s%s%s", len, line, secret,
			place ? place + sizeof(SECRET) - 1 : "");
	memset(secret, 0, sizeof(secret));
	headers[n] = header_mem[n];
	return E911_OK;
}

static int put_headers(const e911_validator_t *v, int moved)
{
	const char *type =
			v->kind == E911_VALIDATOR_LOST ? E911_LOST_TYPE : v->type;
	int i, n = 0;

	if(type[0]) {
		snprintf(header_mem[n], HEADER_MAX, "Content-Type: %s", type);
		headers[n] = header_mem[n];
		n++;
	}
	for(i = 0; i < E911_VALIDATOR_HEADERS; i++) {
		/* a secret is for whom the row names alone */
		if(v->header[i][0] == '\0' || (moved && strstr(v->header[i], SECRET)))
			continue;
		if(put_header(n++, v->header[i], v))
			return E911_ERR_NONE;
	}
	headers[n] = NULL;
	return E911_OK;
}

/* the row's URL, at the host that a redirect has named */
static int move_url(const char *row, const char *host)
{
	const char *begin = strstr(row, "://"), *rest, *port;
	int n;

	if(begin == NULL)
		return E911_ERR_NONE;
	begin += 3;
	rest = begin + strcspn(begin, "/?#");
	port = begin[0] == '[' ? memchr(begin, ']', (size_t)(rest - begin)) : begin;
	port = port ? memchr(port, ':', (size_t)(rest - port)) : NULL;
	n = snprintf(url, sizeof(url), "%.*s%s%s", (int)(begin - row), row, host,
			port ? port : rest);
	return n < (int)sizeof(url) ? E911_OK : E911_ERR_SPACE;
}

static int write_lost(const e911_validator_t *v, const e911_location_t *l,
		const e911_trail_t *trail, e911_strbuf_t *b)
{
	int err = E911_OK;

	if(trail->n)
		err = move_url(v->url, trail->host[trail->n - 1]);
	else
		snprintf(url, sizeof(url), "%s", v->url);
	return err ? err : e911_lost_ask(b, l, v->service, v->suggest);
}

static int write_rest(
		const e911_validator_t *v, const e911_location_t *l, e911_strbuf_t *b)
{
	e911_strbuf_t u;
	int err;

	e911_strbuf_init(&u, url, sizeof(url) - 1);
	err = e911_rest_write(v, l, &u, b);
	if(!err)
		url[u.len] = '\0';
	return err;
}

static void fill(e911_http_request_t *r, const e911_validator_t *v)
{
	int is_lost = v->kind == E911_VALIDATOR_LOST;

	r->url = url;
	r->method = is_lost ? "POST" : v->method;
	r->headers = headers;
	r->ca = v->ca;
	r->cert = v->cert;
	r->key = v->key;
	r->proxy = v->proxy;
	r->verify = v->verify;
	r->timeout_ms = v->timeout_ms;
	r->answer_max = is_lost ? E911_LOST_MAX : E911_REST_ANSWER_MAX;
}

int e911_inquiry_write(const e911_validator_t *v, const e911_location_t *l,
		const e911_trail_t *trail, e911_http_request_t *r)
{
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, body, sizeof(body));
	err = v->kind == E911_VALIDATOR_LOST ? write_lost(v, l, trail, &b)
										 : write_rest(v, l, &b);
	if(!err)
		err = put_headers(v, trail->n);
	if(err)
		return err;
	fill(r, v);
	r->body = (str){b.s, (int)b.len};
	return E911_OK;
}

/* ----- what came of it ----- */

static int is_same(const char *host, size_t len, const str *target)
{
	return len == (size_t)target->len && strncasecmp(host, target->s, len) == 0;
}

static int go_on(const e911_validator_t *v, e911_trail_t *trail, const str *to)
{
	const char *own = strstr(v->url, "://");
	int i;

	own = own ? own + 3 : v->url;
	if(trail->n == E911_HOPS_MAX || to->len >= E911_HOST_MAX)
		return E911_ERR_FULL;
	if(is_same(own, strcspn(own, ":/?#"), to))
		return E911_ERR_TWICE;
	for(i = 0; i < trail->n; i++)
		if(is_same(trail->host[i], strlen(trail->host[i]), to))
			return E911_ERR_TWICE;
	memcpy(trail->host[trail->n], to->s, (size_t)to->len);
	trail->host[trail->n++][to->len] = '\0';
	return E911_ERR_AGAIN;
}

static int read_lost(const e911_validator_t *v, const e911_location_t *l,
		const e911_http_answer_t *answer, e911_trail_t *trail,
		e911_assessment_t *a)
{
	char mem[256];
	str target = STR_NULL;
	int got;

	if(answer->status != HTTP_OK)
		return E911_ERR_DOWN;
	got = e911_lost_read(
			answer->body.s, (size_t)answer->body.len, l, a, mem, &target);
	if(got == E911_LOST_NOTHING)
		return E911_ERR_NONE;
	return got == E911_LOST_REDIRECT ? go_on(v, trail, &target) : got;
}

static int is_down(const e911_http_answer_t *answer)
{
	return answer->err || answer->status == 0 || answer->status >= 500
		   || answer->status == HTTP_BUSY;
}

int e911_inquiry_read(const e911_validator_t *v, const e911_location_t *l,
		const e911_http_answer_t *answer, e911_trail_t *trail,
		e911_assessment_t *a)
{
	int err;

	if(is_down(answer))
		return E911_ERR_DOWN;
	err = v->kind == E911_VALIDATOR_LOST
				  ? read_lost(v, l, answer, trail, a)
				  : e911_rest_read(v, answer->status, &answer->type,
						  &answer->body, l, a);
	if(!err)
		snprintf(a->validator, sizeof(a->validator), "%s", v->name);
	return err;
}
