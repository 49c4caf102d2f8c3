/*
 * e911: somebody on site is told of an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../core/cfg/cfg_struct.h"
#include "../../core/dprint.h"
#include "err.h"
#include "hash.h"
#include "http.h"
#include "mail.h"
#include "message.h"
#include "notify.h"
#include "record.h"
#include "row.h"
#include "seal.h"
#include "secret.h"
#include "settings.h"
#include "wording.h"

#define IDLE 1000		 /* ms */
#define ANSWER_MAX 65536 /* nobody reads it */
#define HEADERS 5
#define HEADER_MAX 512

static e911_notify_script_f run_script;
static int needed[E911_LANES];

/* ----- an event becomes notices: in the process that handles the call ----- */

static void put_all(const e911_event_t *event, const e911_site_t *site,
		e911_notice_order_t *order)
{
	const e911_recipients_t *all = e911_settings()->recipients;
	str rest = {(char *)site->notify, (int)strlen(site->notify)}, name;
	int err;

	while(e911_row_item(&rest, &name)) {
		order->to = e911_recipients_named(all, &name);
		if(order->to == NULL
				|| !e911_recipient_wants(order->to, event->kind, event->test))
			continue;
		err = e911_notices_put(order);
		if(err && err != E911_ERR_TWICE)
			LM_ERR("call %016llx: no notice \"%s\" to %s: %s\n",
					(unsigned long long)order->call,
					e911_event_name(event->kind), order->to->name,
					e911_err_text(err));
	}
}

static void on_event(const e911_event_t *event)
{
	static char facts[E911_NOTICE_FACTS_MAX], brief[E911_NOTICE_BRIEF_MAX];
	const e911_site_t *site = e911_settings_site(event->site);
	e911_notice_order_t order = {0};
	e911_strbuf_t b;

	if(site->notify[0] == '\0' || event->kind > E911_EV_CALLBACK)
		return;
	e911_strbuf_init(&b, facts, sizeof(facts));
	if(e911_notice_write(&b, event, site->name)) {
		LM_ERR("a notice \"%s\" has no room\n", e911_event_name(event->kind));
		return;
	}
	order.facts.s = b.s;
	order.facts.len = (int)b.len;
	e911_strbuf_init(&b, brief, sizeof(brief));
	if(e911_notice_write_brief(&b, event) == 0) {
		order.events.s = b.s;
		order.events.len = (int)b.len;
	}
	order.call = e911_hash(event->callid.s, (size_t)event->callid.len);
	order.event = event->kind;
	order.at_ms = event->at_ms;
	/* there may be several */
	order.step = event->kind == E911_EV_CALLBACK ? (int)(event->at_ms / 1000)
												 : event->step;
	put_all(event, site, &order);
}

/* ----- start ----- */

/* the number of a notice, and which try it was */
static void on_answer(uint64_t cookie, int code)
{
	e911_notices_answered(
			cookie & 0xffffffffffffULL, (int)(cookie >> 48), code);
}

static void see_needs(int later)
{
	const e911_recipients_t *all = e911_settings()->recipients;
	const e911_recipient_t *r;
	int i;

	for(i = 0; i < E911_LANES; i++)
		needed[i] = later;
	for(i = 0; (r = e911_recipients_nth(all, i)); i++) {
		needed[E911_LANE_EVENT] = 1;
		needed[E911_LANE_SIP] |= r->kind == E911_BY_SIP;
		needed[E911_LANE_NET] |=
				r->kind == E911_BY_WEBHOOK || r->kind == E911_BY_MAIL;
	}
}

int e911_notify_init(unsigned int max, int later, void (*saver)(void),
		e911_notify_script_f script)
{
	int err;

	run_script = script;
	see_needs(later);
	if(!needed[E911_LANE_EVENT])
		return E911_OK;
	err = e911_notices_init(max, saver);
	if(!err && needed[E911_LANE_SIP])
		err = e911_message_init(on_answer);
	return err ? err : e911_events_watch(on_event);
}

void e911_notify_destroy(void)
{
	e911_notices_destroy();
}

int e911_notify_needs(int lane)
{
	return needed[lane];
}

const char *e911_notify_process(int lane)
{
	static const char *const names[] = {
			"e911 notices", "e911 notices by sip", "e911 notices to script"};

	return names[lane];
}

/* ----- one notice, in the process of its lane ----- */

static const e911_recipient_t *recipient_of(const e911_due_t *due)
{
	str name = {(char *)due->recipient, (int)strlen(due->recipient)};

	return e911_recipients_named(e911_settings()->recipients, &name);
}

/* reads it, and words it; the values last until the next one */
static int open_notice(
		e911_notice_t *n, const e911_due_t *due, const e911_recipient_t *r)
{
	static char events[E911_NOTICE_EVENTS_MAX + 2];
	int err = e911_notice_read(n, &due->facts);

	if(err)
		return err;
	events[0] = '[';
	memcpy(events + 1, due->events.s, (size_t)due->events.len);
	events[1 + due->events.len] = ']';
	n->value[E911_N_EVENTS].s = events;
	n->value[E911_N_EVENTS].len = due->events.len + 2;
	n->value[E911_N_ID].s = (char *)due->id;
	n->value[E911_N_ID].len = (int)strlen(due->id);
	n->value[E911_N_RECIPIENT].s = (char *)due->recipient;
	n->value[E911_N_RECIPIENT].len = (int)strlen(due->recipient);
	err = e911_wording_make(n, r ? r->subject : "");
	if(err)
		e911_notice_free(n);
	return err;
}

/* for who keeps a record of the call */
static void tell(const e911_due_t *due, const char *result)
{
	e911_event_t e = {.kind = E911_EV_NOTICE, .step = -1};
	char mem[320];
	e911_notice_t n;

	if(e911_notice_read(&n, &due->facts))
		return;
	e.at_ms = e911_events_now();
	e.site = e911_site_id(&n.value[E911_N_SITE]);
	e.test = n.test;
	e.callid = n.value[E911_N_CALL];
	e.aor = n.value[E911_N_AOR];
	e.contact = n.value[E911_N_CONTACT];
	e.caller = n.value[E911_N_CALLER];
	e.detail.s = mem;
	e.detail.len = snprintf(mem, sizeof(mem),
			"{\"notice\":\"%s\",\"recipient\":\"%s\",\"event\":\"%s\","
			"\"result\":\"%s\",\"tries\":%d,\"ms\":%llu}",
			due->id, due->recipient, e911_event_name(n.event), result,
			due->tries + !due->given_up, (unsigned long long)due->took_ms);
	if(e.detail.len >= (int)sizeof(mem))
		e.detail.len = 0;
	e911_events_tell(&e);
	e911_notice_free(&n);
}

static void arrived(const e911_due_t *due)
{
	if(due->tries)
		LM_NOTICE("notice %s to %s: arrived, try %d\n", due->id, due->recipient,
				due->tries + 1);
	tell(due, "acknowledged");
	e911_notices_done(due);
}

static void failed(
		const e911_due_t *due, const e911_recipient_t *r, const char *why)
{
	if(due->tries == 0)
		LM_WARN("notice %s to %s: %s; it is tried again\n", due->id,
				due->recipient, why);
	/* of one that is no more the last try was this one */
	e911_notices_failed(due, r ? r->tries : 1);
}

/* ----- by libcurl ----- */

typedef struct flight
{
	struct flight *next;
	e911_due_t due;
	uint64_t begun; /* e911_clock_ms() */
} flight_t;

static int flights;
static volatile sig_atomic_t stopping;

static void landed(const e911_http_answer_t *a, void *arg)
{
	flight_t *f = arg;
	char why[160];

	flights--;
	if(!a->err && a->status / 100 == 2) {
		arrived(&f->due);
	} else if(a->err == E911_ERR_MEM) {
		e911_notices_again(&f->due);
	} else {
		snprintf(why, sizeof(why), "%s%d", a->err ? a->why : "status ",
				a->status);
		failed(&f->due, recipient_of(&f->due), why);
	}
	free(f);
}

static void set_common(e911_http_request_t *q, const e911_recipient_t *r)
{
	q->ca = r->ca;
	q->cert = r->cert;
	q->key = r->key;
	q->proxy = r->proxy;
	q->verify = r->verify;
	q->timeout_ms = r->timeout_ms;
	q->answer_max = ANSWER_MAX;
}

typedef struct headers
{
	const char *list[HEADERS + 1];
	char mem[HEADERS][HEADER_MAX];
	int n;
} headers_t;

static void put_header(headers_t *h, const char *name, const str *value)
{
	int n = snprintf(h->mem[h->n], HEADER_MAX, "%s: %.*s", name,
			value->len > 0 ? value->len : 0, value->len > 0 ? value->s : "");

	if(n < 0 || n >= HEADER_MAX)
		return;
	h->list[h->n] = h->mem[h->n];
	h->list[++h->n] = NULL;
}

/* X-E911-Signature: t=…,v1=… */
static int put_seal(headers_t *h, const e911_recipient_t *r, const str *body)
{
	char key[E911_RECIPIENT_SECRET_MAX], mem[128];
	e911_strbuf_t b;
	str seal;
	int err;

	if(r->secret[0] == '\0')
		return E911_OK;
	err = e911_secret_read(r->secret, key, sizeof(key));
	e911_strbuf_init(&b, mem, sizeof(mem));
	if(!err)
		err = e911_seal_write(&b, key, time(NULL), body->s, (size_t)body->len);
	memset(key, 0, sizeof(key));
	seal.s = b.s;
	seal.len = (int)b.len;
	if(!err)
		put_header(h, "X-E911-Signature", &seal);
	return err;
}

/* The body: a template of the row, or ours. */
static int write_body(e911_strbuf_t *b, const e911_recipient_t *r, int syntax,
		const e911_notice_t *n, int ours)
{
	if(r->body[0])
		return e911_wording_write(b, r->body, syntax, n);
	e911_strbuf_put_str(b, &n->value[ours]);
	return b->err;
}

static char body_mem[E911_WORDING_BODY_MAX];

static int post(flight_t *f, const e911_recipient_t *r, const e911_notice_t *n)
{
	static headers_t h;
	e911_http_request_t q = {.url = r->to, .method = "POST"};
	const char *type = r->type[0] ? r->type : "application/json";
	str word = {(char *)type, (int)strlen(type)};
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, body_mem, sizeof(body_mem));
	err = write_body(&b, r, e911_wording_syntax(type), n, E911_N_JSON);
	q.body.s = b.s;
	q.body.len = (int)b.len;
	h.n = 0;
	put_header(&h, "Content-Type", &word);
	put_header(&h, "X-E911-Notice", &n->value[E911_N_ID]);
	put_header(&h, "X-E911-Event", &n->value[E911_N_EVENT]);
	if(!err)
		err = put_seal(&h, r, &q.body);
	set_common(&q, r);
	q.headers = h.list;
	return err ? err : e911_http_begin(&q, landed, f);
}

typedef struct addresses
{
	const char *list[E911_RECIPIENT_ADDRESSES + 1];
	char mem[sizeof(((e911_recipient_t *)0)->to) + 8];
} addresses_t;

static void split(addresses_t *a, const char *text)
{
	str rest = {(char *)text, (int)strlen(text)}, item;
	char *at = a->mem;
	int n = 0;

	while(n < E911_RECIPIENT_ADDRESSES && e911_row_item(&rest, &item)) {
		memcpy(at, item.s, (size_t)item.len);
		at[item.len] = '\0';
		a->list[n++] = at;
		at += item.len + 1;
	}
	a->list[n] = NULL;
}

static int begin_mail(flight_t *f, const e911_recipient_t *r, const str *text)
{
	e911_http_request_t q = {.url = r->server, .method = "MAIL"};
	char password[E911_RECIPIENT_SECRET_MAX] = "";
	static addresses_t to;
	int err = E911_OK;

	split(&to, r->to);
	q.mail_from = r->from;
	q.mail_to = to.list;
	q.body = *text;
	q.user = r->user;
	q.password = password;
	q.starttls = r->starttls;
	set_common(&q, r);
	if(r->secret[0])
		err = e911_secret_read(r->secret, password, sizeof(password));
	if(!err)
		err = e911_http_begin(&q, landed, f);
	memset(password, 0, sizeof(password));
	return err;
}

static int mail(flight_t *f, const e911_recipient_t *r, const e911_notice_t *n)
{
	static char mem[2 * E911_WORDING_BODY_MAX];
	e911_mail_t m = {.from = r->from,
			.to = r->to,
			.subject = n->value[E911_N_SUBJECT],
			.id = n->value[E911_N_ID],
			.when = time(NULL)};
	e911_strbuf_t b;
	str text;
	int err;

	e911_strbuf_init(&b, body_mem, sizeof(body_mem));
	err = write_body(&b, r, E911_WORDING_TEXT, n, E911_N_TEXT);
	m.text.s = b.s;
	m.text.len = (int)b.len;
	e911_strbuf_init(&b, mem, sizeof(mem));
	if(!err)
		err = e911_mail_write(&b, &m);
	text.s = b.s;
	text.len = (int)b.len;
	return err ? err : begin_mail(f, r, &text);
}

static int begin(flight_t *f, const e911_recipient_t *r)
{
	e911_notice_t n;
	int err;

	if(r == NULL || (r->kind != E911_BY_WEBHOOK && r->kind != E911_BY_MAIL))
		return E911_ERR_NAME;
	err = open_notice(&n, &f->due, r);
	if(err)
		return err;
	err = r->kind == E911_BY_MAIL ? mail(f, r, &n) : post(f, r, &n);
	e911_notice_free(&n);
	return err;
}

/* 1: there may be another one */
static int take_one(void)
{
	flight_t *f = malloc(sizeof(*f));
	const e911_recipient_t *r;
	int err;

	if(f == NULL)
		return 0;
	if(e911_notices_take(E911_LANE_NET, &f->due)) {
		free(f);
		return 0;
	}
	r = recipient_of(&f->due);
	err = begin(f, r);
	if(err == 0) {
		flights++;
		return 1;
	}
	if(err == E911_ERR_FULL || err == E911_ERR_MEM)
		e911_notices_again(&f->due);
	else
		failed(&f->due, r, e911_err_text(err));
	free(f);
	return err != E911_ERR_FULL && err != E911_ERR_MEM;
}

static void stop(int sig)
{
	stopping = 1;
	e911_notices_wake(E911_LANE_NET);
}

static void each_second(int lane)
{
	static uint32_t last;
	uint32_t now = e911_now();

	cfg_update();
	if(now == last)
		return;
	last = now;
	e911_notices_sweep(lane);
}

static void run_net(void)
{
	struct sigaction on_term = {0};
	pid_t parent = getppid();

	on_term.sa_handler = stop;
	sigaction(SIGTERM, &on_term, NULL);
	while(!stopping && e911_http_init()) {
		LM_ERR("no memory for libcurl\n");
		sleep(1);
	}
	/* who started us may be gone without a word */
	while(!stopping && getppid() == parent) {
		each_second(E911_LANE_NET);
		while(flights < E911_HTTP_FLIGHT_MAX && take_one())
			;
		e911_http_run(e911_notices_fd(E911_LANE_NET),
				e911_notices_idle(E911_LANE_NET, IDLE));
		e911_notices_empty_fd(E911_LANE_NET);
	}
	/* nothing of Kamailio's that is registered for exit() is ours to undo */
	_exit(0);
}

/* ----- by SIP ----- */

static int send_message(const e911_due_t *due, const e911_recipient_t *r)
{
	e911_message_t m = {.to = r->to, .from = r->from, .outbound = r->outbound};
	uint64_t cookie = due->number | (uint64_t)(due->tries & 0xffff) << 48;
	e911_notice_t n;
	e911_strbuf_t b;
	int err = open_notice(&n, due, r);

	if(err)
		return err;
	e911_strbuf_init(&b, body_mem, sizeof(body_mem));
	err = write_body(&b, r, E911_WORDING_TEXT, &n, E911_N_TEXT);
	m.text.s = b.s;
	m.text.len = (int)b.len;
	m.id = n.value[E911_N_ID];
	m.urgent = !n.test;
	if(!err)
		err = e911_message_send(&m, cookie);
	e911_notice_free(&n);
	return err;
}

/* 1: there may be another one */
static int serve_sip(e911_due_t *due)
{
	const e911_recipient_t *r;
	char why[32];
	int err;

	if(e911_notices_heard(E911_LANE_SIP, due) == 0) {
		snprintf(why, sizeof(why), "SIP %d", due->code);
		if(due->code / 100 == 2)
			arrived(due);
		else
			failed(due, recipient_of(due), why);
		return 1;
	}
	if(e911_notices_take(E911_LANE_SIP, due))
		return 0;
	r = recipient_of(due);
	err = r && r->kind == E911_BY_SIP ? send_message(due, r) : E911_ERR_NAME;
	if(err)
		failed(due, r, e911_err_text(err));
	return 1;
}

/* ----- to the script ----- */

static void give_up(const e911_due_t *due, const e911_notice_t *n)
{
	LM_ERR("notice %s of call %016llx to %s: given up after %d tries\n",
			due->id,
			(unsigned long long)e911_hash(
					n->value[E911_N_CALL].s, (size_t)n->value[E911_N_CALL].len),
			due->recipient, due->tries);
	run_script(n, 1);
	tell(due, "given up");
	e911_notices_done(due);
}

static int serve_event(e911_due_t *due)
{
	const e911_recipient_t *r;
	e911_notice_t n;
	int err;

	if(e911_notices_take(E911_LANE_EVENT, due))
		return 0;
	r = recipient_of(due);
	err = open_notice(&n, due, r);
	if(err) {
		LM_ERR("notice %s: %s\n", due->id, e911_err_text(err));
		e911_notices_done(due);
		return 1;
	}
	if(due->given_up)
		give_up(due, &n);
	else if(r == NULL || r->kind != E911_BY_EVENT)
		failed(due, NULL, "there is no such recipient");
	else if(run_script(&n, 0))
		failed(due, r, "there is no event_route[e911:notify]");
	else
		arrived(due);
	e911_notice_free(&n);
	return 1;
}

static void run_plain(int lane, int (*serve)(e911_due_t *due))
{
	static e911_due_t due; /* too large for a stack */
	struct pollfd p = {e911_notices_fd(lane), POLLIN, 0};

	for(;;) {
		each_second(lane);
		while(serve(&due))
			;
		poll(&p, 1, e911_notices_idle(lane, IDLE));
		e911_notices_empty_fd(lane);
	}
}

void e911_notify_run(int lane)
{
	if(lane == E911_LANE_NET)
		run_net();
	else
		run_plain(lane, lane == E911_LANE_SIP ? serve_sip : serve_event);
}
