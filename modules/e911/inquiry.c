/*
 * e911: one location on its way past the validators of its site
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "../../core/dprint.h"
#include "err.h"
#include "guide.h"
#include "inquiry.h"
#include "lost.h"
#include "rest.h"
#include "settings.h"
#include "stats.h"
#include "verdict.h"

#define URL_MAX 2048
#define SECRET "{secret}"
#define SECRET_MAX 512
#define HEADERS (E911_VALIDATOR_HEADERS + 2)
#define HEADER_MAX (256 + SECRET_MAX)
#define HTTP_OK 200
#define HTTP_BUSY 429

static e911_inquiry_breaker_t breaker;

void e911_inquiry_init(const e911_inquiry_breaker_t *given)
{
	memset(&breaker, 0, sizeof(breaker));
	if(given)
		breaker = *given;
}

const char *e911_inquiry_name(const e911_inquiry_t *q)
{
	return q->at < q->steps.n ? q->steps.step[q->at].name : "";
}

/* as it is now: a reload may have changed it, or taken it away */
static const e911_validator_t *validator_of(const e911_inquiry_t *q)
{
	const char *name = e911_inquiry_name(q);
	str s = {(char *)name, (int)strlen(name)};

	return e911_validators_named(e911_settings()->validators, &s);
}

static void sign(e911_inquiry_t *q, const char *name)
{
	snprintf(q->a.validator, sizeof(q->a.validator), "%s", name);
}

static void ask_guide(e911_inquiry_t *q)
{
	const e911_msag_t *msag = e911_guide();

	e911_assessment_init(&q->a);
	if(msag)
		e911_msag_assess(msag, &q->location, &q->a);
	sign(q, "msag");
}

static int permits(const e911_validator_t *v)
{
	return v && (!breaker.permits || breaker.permits(v->name, v->rest_ms));
}

/* from the step at which it stands */
static int go_on(e911_inquiry_t *q, int network)
{
	q->tries = 0;
	q->hops = 0;
	for(; q->at < q->steps.n; q->at++) {
		if(q->steps.step[q->at].kind != E911_STEP_MSAG) {
			if(network && permits(validator_of(q)))
				return E911_INQUIRY_SEND;
			continue;
		}
		ask_guide(q);
		if(e911_verdict_is_definite(&q->a))
			return E911_INQUIRY_DONE;
	}
	/* what one of them has said of it may be of use, the verdict is not */
	q->a.verdict = E911_UNCHECKED;
	return E911_INQUIRY_DONE;
}

int e911_inquiry_begin(e911_inquiry_t *q, const e911_steps_t *steps,
		const e911_location_t *l, int network)
{
	memcpy(&q->location, l, E911_LOCATION_SIZE(l));
	e911_assessment_init(&q->a);
	q->steps = *steps;
	q->at = 0;
	return go_on(q, network);
}

int e911_inquiry_skip(e911_inquiry_t *q)
{
	q->at++;
	return go_on(q, 1);
}

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

static int write_lost(
		const e911_inquiry_t *q, const e911_validator_t *v, e911_strbuf_t *b)
{
	int err = E911_OK;

	if(q->hops)
		err = move_url(v->url, q->host[q->hops - 1]);
	else
		snprintf(url, sizeof(url), "%s", v->url);
	return err ? err : e911_lost_ask(b, &q->location, v->service, v->suggest);
}

static int write_rest(
		const e911_inquiry_t *q, const e911_validator_t *v, e911_strbuf_t *b)
{
	e911_strbuf_t u;
	int err;

	e911_strbuf_init(&u, url, sizeof(url) - 1);
	err = e911_rest_write(v, &q->location, &u, b);
	if(!err)
		url[u.len] = '\0';
	return err;
}

static void fill(e911_http_request_t *r, const e911_validator_t *v)
{
	r->url = url;
	r->method = v->kind == E911_VALIDATOR_LOST ? "POST" : v->method;
	r->headers = headers;
	r->ca = v->ca;
	r->cert = v->cert;
	r->key = v->key;
	r->proxy = v->proxy;
	r->verify = v->verify;
	r->timeout_ms = v->timeout_ms;
	r->answer_max = v->kind == E911_VALIDATOR_LOST ? E911_LOST_MAX
												   : E911_REST_ANSWER_MAX;
}

int e911_inquiry_request(e911_inquiry_t *q, const e911_http_request_t **request)
{
	static e911_http_request_t r;
	const e911_validator_t *v = validator_of(q);
	e911_strbuf_t b;
	int err;

	if(v == NULL)
		return E911_ERR_NONE;
	e911_strbuf_init(&b, body, sizeof(body));
	err = v->kind == E911_VALIDATOR_LOST ? write_lost(q, v, &b)
										 : write_rest(q, v, &b);
	if(!err)
		err = put_headers(v, q->hops);
	if(err)
		return err;
	fill(&r, v);
	r.body = (str){b.s, (int)b.len};
	*request = &r;
	return E911_OK;
}

/* ----- what came of it ----- */

static int is_host(const str *s)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(!isalnum((unsigned char)s->s[i]) && s->s[i] != '-' && s->s[i] != '.')
			return 0;
	return s->len > 0;
}

/* Its host has not been asked: RFC 5222 section 11 wants no loops. */
static int redirect(
		e911_inquiry_t *q, const e911_validator_t *v, const str *target)
{
	const char *own = strstr(v->url, "://");
	int i;

	own = own ? own + 3 : v->url;
	if(!is_host(target) || target->len >= (int)sizeof(q->host[0]))
		return E911_ERR_VALUE;
	if(q->hops == E911_HOPS_MAX)
		return E911_ERR_FULL;
	if(strcspn(own, ":/?#") == (size_t)target->len
			&& strncasecmp(own, target->s, (size_t)target->len) == 0)
		return E911_ERR_TWICE;
	for(i = 0; i < q->hops; i++)
		if(strlen(q->host[i]) == (size_t)target->len
				&& strncasecmp(q->host[i], target->s, (size_t)target->len) == 0)
			return E911_ERR_TWICE;
	memcpy(q->host[q->hops], target->s, (size_t)target->len);
	q->host[q->hops++][target->len] = '\0';
	return E911_OK;
}

/* 0; AGAIN: it is to be asked at another host; NONE: nothing definite; another
 * error: no answer of use */
static int read_lost(e911_inquiry_t *q, const e911_validator_t *v,
		const e911_http_answer_t *answer)
{
	char mem[256];
	str target = STR_NULL;
	int got;

	if(answer->status != HTTP_OK)
		return E911_ERR_DOWN;
	got = e911_lost_read(answer->body.s, (size_t)answer->body.len, &q->location,
			&q->a, mem, &target);
	if(got == E911_LOST_NOTHING)
		return E911_ERR_NONE;
	if(got != E911_LOST_REDIRECT)
		return got;
	got = redirect(q, v, &target);
	return got ? got : E911_ERR_AGAIN;
}

static int is_down(const e911_http_answer_t *answer)
{
	return answer->err || answer->status == 0 || answer->status >= 500
		   || answer->status == HTTP_BUSY;
}

static int read(e911_inquiry_t *q, const e911_validator_t *v,
		const e911_http_answer_t *answer)
{
	if(is_down(answer))
		return E911_ERR_DOWN;
	if(v->kind == E911_VALIDATOR_LOST)
		return read_lost(q, v, answer);
	return e911_rest_read(v, answer->status, &answer->type, &answer->body,
			&q->location, &q->a);
}

static void report(
		const e911_validator_t *v, const e911_http_answer_t *answer, int err)
{
	e911_stats_count(E911_STAT_VALIDATOR_FAILED);
	LM_WARN("validator %s: status %d: %s\n", v->name, answer->status,
			answer->err ? answer->why : e911_err_text(err));
}

static int fail(e911_inquiry_t *q, const e911_validator_t *v,
		const e911_http_answer_t *answer, int err)
{
	report(v, answer, err);
	if(breaker.told)
		breaker.told(v->name, 1, v->break_after, v->rest_ms);
	/* what cannot be read will be the same once more */
	if(err != E911_ERR_DOWN || ++q->tries >= v->tries || !permits(v))
		return e911_inquiry_skip(q);
	return E911_INQUIRY_SEND;
}

int e911_inquiry_answer(e911_inquiry_t *q, const e911_http_answer_t *answer)
{
	const e911_validator_t *v = validator_of(q);
	int err;

	if(v == NULL)
		return e911_inquiry_skip(q);
	err = read(q, v, answer);
	if(err && err != E911_ERR_AGAIN && err != E911_ERR_NONE)
		return fail(q, v, answer, err);
	if(breaker.told)
		breaker.told(v->name, 0, v->break_after, v->rest_ms);
	if(err == E911_ERR_AGAIN)
		return E911_INQUIRY_SEND;
	if(err == E911_ERR_NONE)
		return e911_inquiry_skip(q);
	sign(q, v->name);
	return e911_verdict_is_definite(&q->a) ? E911_INQUIRY_DONE
										   : e911_inquiry_skip(q);
}
