/*
 * http.c with the real libcurl against test/mock/server.py
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err clock
 * with: mock_stub
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <curl/curl.h>
#include "ksr_stub.h"
#include "mock_stub.h"
#include "../../modules/e911/clock.h"

/* all memory, libcurl's as well, comes from where it can be made to fail */
#define malloc ksr_malloc
#define realloc ksr_realloc
#define free ksr_free
static void *counted_calloc(size_t n, size_t size)
{
	void *p = ksr_malloc(n * size);

	if(p)
		memset(p, 0, n * size);
	return p;
}
static char *counted_strdup(const char *z)
{
	char *p = ksr_malloc(strlen(z) + 1);

	return p ? strcpy(p, z) : NULL;
}
#define calloc counted_calloc
#define curl_global_init(flags)                                      \
	curl_global_init_mem((flags), ksr_malloc, ksr_free, ksr_realloc, \
			counted_strdup, counted_calloc)
#include "../../modules/e911/http.c"
#undef malloc
#undef realloc
#undef free
#undef calloc

#define MANY 400

/* ----- a name server that does not answer ----- */

int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
			struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");

	if(node && strcmp(node, "hanging.example.com") == 0) {
		sleep(5);
		return EAI_AGAIN;
	}
	return real(node, service, hints, res);
}

/* ----- the server ----- */

static int start_server(void **state)
{
	(void)state;
	return mock_start() || e911_http_init();
}

static int stop_server(void **state)
{
	(void)state;
	e911_http_destroy();
	return mock_stop();
}

/* ----- asking ----- */

typedef struct seen
{
	int n;
	uint64_t when;
	e911_http_answer_t a;
	char type[64];
	char body[8192];
} seen_t;

static void see(const e911_http_answer_t *a, void *arg)
{
	seen_t *s = arg;

	s->n++;
	s->when = e911_clock_ms();
	s->a = *a;
	snprintf(s->type, sizeof(s->type), "%.*s", a->type.len, a->type.s);
	snprintf(s->body, sizeof(s->body), "%.*s", a->body.len, a->body.s);
}

static e911_http_request_t request(const char *where)
{
	e911_http_request_t r = {0};

	r.url = where;
	r.method = "GET";
	r.verify = 1;
	r.timeout_ms = 5000;
	r.answer_max = 4096;
	return r;
}

static void run_all(void)
{
	while(e911_http_run(-1, 1000))
		;
}

static seen_t ask_with(const e911_http_request_t *r)
{
	seen_t s = {0};

	assert_int_equal(e911_http_begin(r, see, &s), 0);
	assert_int_equal(s.n, 0);
	run_all();
	assert_int_equal(s.n, 1);
	assert_int_equal(s.a.err != 0, s.a.status == 0);
	assert_int_equal(s.a.err != 0, s.a.why[0] != 0);
	assert_null(strstr(s.a.why, "127."));
	return s;
}

static seen_t ask(const char *path)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", path));

	return ask_with(&r);
}

/* within 300 ms: the answer is DOWN, soon after that time */
static void is_given_up(const char *name, const char *host, const char *path)
{
	e911_http_request_t r = request(mock_url(name, host, path));
	uint64_t start = e911_clock_ms();
	seen_t s;

	r.timeout_ms = 300;
	s = ask_with(&r);
	assert_int_equal(s.a.err, E911_ERR_DOWN);
	assert_in_range(s.when - start, 250, 1500);
}

static void answers_as_told(void **state)
{
	seen_t s = ask("/ok");

	(void)state;
	assert_int_equal(s.a.err, 0);
	assert_int_equal(s.a.status, 200);
	assert_string_equal(s.body, "ok");
	assert_string_equal(s.type, "text/plain");
	s = ask("/status?n=503");
	assert_int_equal(s.a.err, 0);
	assert_int_equal(s.a.status, 503);
	s = ask("/flap?key=a");
	assert_int_equal(s.a.status, 500);
	s = ask("/flap?key=a");
	assert_int_equal(s.a.status, 200);
}

static void sends_what_it_is_given(void **state)
{
	const char *const headers[] = {"X-Token: abc", "Content-Type: a/b", NULL};
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/echo?q=1"));
	seen_t s;

	(void)state;
	r.headers = headers;
	r.body.s = "hello";
	r.body.len = 5;
	r.method = "POST";
	s = ask_with(&r);
	assert_non_null(strstr(s.body, "\"method\": \"POST\""));
	assert_non_null(strstr(s.body, "\"x-token\": \"abc\""));
	assert_non_null(strstr(s.body, "\"content-type\": \"a/b\""));
	assert_non_null(strstr(s.body, "\"body\": \"hello\""));
	assert_non_null(strstr(s.body, "/echo?q=1"));
	r.method = "PUT";
	s = ask_with(&r);
	assert_non_null(strstr(s.body, "\"method\": \"PUT\""));
	assert_non_null(strstr(s.body, "\"body\": \"hello\""));
	r.body.s = NULL;
	r.body.len = 0;
	s = ask_with(&r);
	assert_non_null(strstr(s.body, "\"body\": \"\""));
}

static void refuses_what_is_no_request(void **state)
{
	static const char *const urls[] = {"", "http://", "file:///etc/passwd",
			"ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://a b/",
			"127.0.0.1/ok", "http://127.0.0.1:99999/"};
	const char *const split[] = {"X: a\r\nY: b", NULL};
	e911_http_request_t r;
	seen_t s = {0};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		r = request(urls[i]);
		assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	}
	r = request(mock_url("http", "127.0.0.1", "/ok"));
	r.headers = split;
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	r.headers = NULL;
	r.method = "DELETE";
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	assert_int_equal(e911_http_run(-1, 0), 0);
	assert_int_equal(s.n, 0);
}

static void follows_no_redirect(void **state)
{
	seen_t s = ask("/redirect");

	(void)state;
	assert_int_equal(s.a.status, 302);
}

static void ends_what_is_too_large(void **state)
{
	static const char *const paths[] = {"/endless", "/endless_headers",
			"/large?n=4097", "/large?n=100000000"};
	e911_http_request_t r;
	uint64_t start = e911_clock_ms();
	seen_t s;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		s = ask(paths[i]);
		assert_int_equal(s.a.err, E911_ERR_SPACE);
	}
	assert_true(e911_clock_ms() - start < 4000);
	s = ask("/large?n=4096");
	assert_int_equal(s.a.err, 0);
	assert_int_equal(strlen(s.body), 4096);
	r = request(mock_url("http", "127.0.0.1", "/ok"));
	r.answer_max = 0;
	s = ask_with(&r);
	assert_int_equal(s.a.err, E911_ERR_SPACE);
}

static void gives_up_in_time(void **state)
{
	(void)state;
	is_given_up("http", "127.0.0.1", "/hang");
	is_given_up("http", "127.0.0.1", "/headers");
	is_given_up("http", "127.0.0.1", "/drip");
	is_given_up("http", "127.0.0.1", "/drip_headers");
	is_given_up("deaf", "127.0.0.1", "/ok");
}

static void a_broken_answer_is_none(void **state)
{
	static const char *const paths[] = {"/close", "/cut", "/garbage"};
	e911_http_request_t r = request("http://127.0.0.1:1/");
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(ask(paths[i]).a.err, E911_ERR_DOWN);
	assert_int_equal(ask_with(&r).a.err, E911_ERR_DOWN);
}

/* ----- TLS ----- */

static seen_t ask_tls(const char *name, int verify, const char *ca,
		const char *cert, const char *key)
{
	e911_http_request_t r = request(mock_url(name, "127.0.0.1", "/ok"));

	r.verify = verify;
	r.ca = ca;
	r.cert = cert;
	r.key = key;
	return ask_with(&r);
}

static void trusts_only_what_it_may(void **state)
{
	const char *ca = mock_file("ca.pem");

	(void)state;
	assert_int_equal(ask_tls("https", 1, ca, "", NULL).a.status, 200);
	/* not a CA of the system */
	assert_int_equal(ask_tls("https", 1, "", NULL, NULL).a.err, E911_ERR_DOWN);
	assert_int_equal(
			ask_tls("expired", 1, ca, NULL, NULL).a.err, E911_ERR_DOWN);
	assert_int_equal(ask_tls("wrong", 1, ca, NULL, NULL).a.err, E911_ERR_DOWN);
	assert_int_equal(
			ask_tls("stranger", 1, ca, NULL, NULL).a.err, E911_ERR_DOWN);
	assert_int_equal(
			ask_tls("https", 1, mock_file("none.pem"), NULL, NULL).a.err,
			E911_ERR_DOWN);
}

static void trusts_all_where_it_is_told(void **state)
{
	static const char *const names[] = {
			"https", "expired", "wrong", "stranger"};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(ask_tls(names[i], 0, NULL, NULL, NULL).a.status, 200);
	/* and a connection that was not verified serves nobody who verifies */
	assert_int_equal(
			ask_tls("expired", 1, mock_file("ca.pem"), NULL, NULL).a.err,
			E911_ERR_DOWN);
}

static void shows_its_certificate(void **state)
{
	const char *ca = mock_file("ca.pem");

	(void)state;
	assert_int_equal(ask_tls("client", 1, ca, NULL, NULL).a.err, E911_ERR_DOWN);
	assert_int_equal(ask_tls("client", 1, ca, mock_file("client.pem"),
							 mock_file("client.key"))
							 .a.status,
			200);
	/* nor does its connection serve somebody without one */
	assert_int_equal(ask_tls("client", 1, ca, NULL, NULL).a.err, E911_ERR_DOWN);
}

/* ----- the environment ----- */

static void the_environment_names_no_proxy(void **state)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/ok"));
	char proxy[64];

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(ask("/ok").a.status, 200);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	/* a row does, and nothing makes an exception of it */
	setenv("no_proxy", "*", 1);
	r.proxy = "http://127.0.0.1:1";
	assert_int_equal(ask_with(&r).a.err, E911_ERR_DOWN);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", mock_port("http"));
	r.proxy = proxy;
	r.url = "http://127.0.0.1:1/ok";
	/* it is asked for the whole URL, which it does not know */
	assert_int_equal(ask_with(&r).a.status, 404);
	unsetenv("no_proxy");
}

/* ----- many at once ----- */

static int connections(void)
{
	char *at = strstr(ask("/count").body, "\"connections\": ");

	assert_non_null(at);
	return atoi(at + strlen("\"connections\": "));
}

static void keeps_its_connections(void **state)
{
	int i, before = connections();

	(void)state;
	for(i = 0; i < 20; i++)
		assert_int_equal(ask("/ok").a.status, 200);
	assert_int_equal(connections(), before);
}

static void bounds_what_is_in_flight(void **state)
{
	static seen_t s[E911_HTTP_HOST_MAX];
	static seen_t more;
	char other[16];
	e911_http_request_t r =
			request(mock_url("http", "127.0.0.1", "/slow?ms=1"));
	int i, host;

	(void)state;
	memset(s, 0, sizeof(s));
	for(i = 0; i < E911_HTTP_HOST_MAX; i++)
		assert_int_equal(e911_http_begin(&r, see, &s[i]), 0);
	assert_int_equal(e911_http_begin(&r, see, &more), E911_ERR_FULL);
	/* of another host, until all is full */
	for(i = 0, host = 2; i < E911_HTTP_FLIGHT_MAX - E911_HTTP_HOST_MAX; i++) {
		host += i % E911_HTTP_HOST_MAX == 0;
		snprintf(other, sizeof(other), "127.0.0.%d", host);
		r.url = mock_url("http", other, "/slow?ms=1");
		assert_int_equal(e911_http_begin(&r, see, &more), 0);
	}
	r.url = mock_url("http", "127.0.0.99", "/slow?ms=1");
	assert_int_equal(e911_http_begin(&r, see, &more), E911_ERR_FULL);
	run_all();
	assert_int_equal(more.n, E911_HTTP_FLIGHT_MAX - E911_HTTP_HOST_MAX);
	for(i = 0; i < E911_HTTP_HOST_MAX; i++)
		assert_int_equal(s[i].a.status, 200);
	assert_int_equal(e911_http_begin(&r, see, &more), 0);
	run_all();
}

/* hundreds that hang, each in its way, and one that does not */
static void a_slow_server_delays_no_other(void **state)
{
	static const char *const ways[] = {"/hang", "/drip", "/headers", "/hang"};
	static seen_t slow[MANY];
	e911_http_request_t r;
	char host[16];
	uint64_t start, worst = 0;
	seen_t s;
	int i, n;

	(void)state;
	memset(slow, 0, sizeof(slow));
	for(i = 0; i < MANY; i++) {
		snprintf(host, sizeof(host), "127.0.0.%d", 10 + i / 50);
		r = request(i == 0 ? "http://hanging.example.com/"
						   : mock_url("http", host, ways[i % 4]));
		r.timeout_ms = 4000;
		assert_int_equal(e911_http_begin(&r, see, &slow[i]), 0);
	}
	/* all of them are there now */
	for(i = 0; i < 50; i++)
		e911_http_run(-1, 10);
	for(n = 0; n < 20; n++) {
		memset(&s, 0, sizeof(s));
		r = request(mock_url("http", "127.0.0.1", "/ok"));
		start = e911_clock_ms();
		assert_int_equal(e911_http_begin(&r, see, &s), 0);
		while(s.n == 0)
			assert_true(e911_http_run(-1, 1000) >= MANY);
		assert_int_equal(s.a.status, 200);
		if(s.when - start > worst)
			worst = s.when - start;
	}
	printf("with %d hanging, the slowest of 20 took %d ms\n", MANY, (int)worst);
	assert_true(worst < 1000);
	run_all();
	for(i = 0; i < MANY; i++)
		assert_int_equal(slow[i].a.err, E911_ERR_DOWN);
}

static void a_name_server_that_hangs_holds_up_nothing(void **state)
{
	e911_http_request_t r = request("http://hanging.example.com/");
	uint64_t start = e911_clock_ms();
	seen_t hanging = {0};

	(void)state;
	r.timeout_ms = 300;
	assert_int_equal(e911_http_begin(&r, see, &hanging), 0);
	assert_int_equal(ask("/ok").a.status, 200);
	assert_int_equal(hanging.n, 1);
	assert_int_equal(hanging.a.err, E911_ERR_DOWN);
	assert_true(e911_clock_ms() - start < 2000);
}

static void wakes_up_when_told(void **state)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/hang"));
	uint64_t start = e911_clock_ms();
	seen_t s = {0};
	int fds[2];

	(void)state;
	r.timeout_ms = 1000;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	assert_int_equal(e911_http_run(fds[0], 60000), 0);
	assert_int_equal(e911_http_begin(&r, see, &s), 0);
	while(s.n == 0 && e911_clock_ms() - start < 900)
		assert_int_equal(e911_http_run(fds[0], 60000), 1);
	assert_int_equal(s.n, 0);
	run_all();
	close(fds[0]);
	close(fds[1]);
	start = e911_clock_ms();
	e911_http_run(-1, 50);
	assert_in_range(e911_clock_ms() - start, 45, 5000);
}

/* ----- mail ----- */

static const char *smtp(void)
{
	static char url[64];

	sprintf(url, "smtp://127.0.0.1:%d", mock_port("smtp"));
	return url;
}

static e911_http_request_t mail(const char *from, const char *const *to)
{
	static char text[] = "Subject: hello\r\n\r\n.one\r\ntwo\r\n";
	e911_http_request_t r = request(smtp());

	r.method = "MAIL";
	r.mail_from = from;
	r.mail_to = to;
	r.body.s = text;
	r.body.len = (int)strlen(text);
	return r;
}

static void sends_mail_to_all_that_the_server_knows(void **state)
{
	static const char *const to[] = {
			"a@x.example", "nobody@x.example", "b@x.example", NULL};
	e911_http_request_t r = mail("me@x.example", to);
	seen_t s = ask_with(&r);

	(void)state;
	assert_int_equal(s.a.err, 0);
	assert_int_equal(s.a.status / 100, 2);
	s = ask("/mail");
	assert_non_null(strstr(s.body, "\"from\": \"me@x.example\""));
	assert_non_null(strstr(s.body, "[\"a@x.example\", \"b@x.example\"]"));
	assert_non_null(
			strstr(s.body, "Subject: hello\\r\\n\\r\\n.one\\r\\ntwo\\r\\n"));
}

static void a_mail_that_is_refused_is_none(void **state)
{
	static const char *const to[] = {"a@x.example", NULL};
	static const char *const none[] = {"nobody@x.example", NULL};
	e911_http_request_t r = mail("refused@x.example", to);

	(void)state;
	assert_int_equal(ask_with(&r).a.err, E911_ERR_DOWN);
	r = mail("me@x.example", none);
	assert_int_equal(ask_with(&r).a.err, E911_ERR_DOWN);
	/* there is no TLS there */
	r = mail("me@x.example", to);
	r.starttls = 1;
	assert_int_equal(ask_with(&r).a.err, E911_ERR_DOWN);
}

static void refuses_what_is_no_mail(void **state)
{
	static const char *const to[] = {"a@x.example", NULL};
	static const char *const bad[] = {"a@x.example\r\nDATA", NULL};
	e911_http_request_t r = mail("me@x.example", to);
	seen_t s = {0};

	(void)state;
	r.url = mock_url("http", "127.0.0.1", "/ok");
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	r = mail("me@x.example", bad);
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	r = mail(NULL, to);
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	r = mail("me@x.example", NULL);
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	r = mail("me@x.example", to);
	r.method = "POST";
	assert_int_equal(e911_http_begin(&r, see, &s), E911_ERR_VALUE);
	assert_int_equal(s.n, 0);
}

/* ----- one after the other, from within ----- */

static int left;

static void ask_again(const e911_http_answer_t *a, void *arg)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/ok"));

	assert_int_equal(a->status, 200);
	if(--left)
		assert_int_equal(e911_http_begin(&r, ask_again, arg), 0);
}

static void an_answer_may_ask_again(void **state)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/ok"));

	(void)state;
	left = 10;
	assert_int_equal(e911_http_begin(&r, ask_again, NULL), 0);
	run_all();
	assert_int_equal(left, 0);
}

/* ----- memory ----- */

static int once(void *arg)
{
	const char *const headers[] = {"X: y", NULL};
	e911_http_request_t r = request(arg);
	seen_t s = {0};
	int err = e911_http_init();

	r.headers = headers;
	r.body.s = "hello";
	r.body.len = 5;
	r.method = "POST";
	if(err)
		return err;
	err = e911_http_begin(&r, see, &s);
	if(!err) {
		run_all();
		assert_int_equal(s.n, 1);
		err = s.a.err;
	}
	e911_http_destroy();
	return err;
}

/* until it is on its way */
static int begin_by_mail(void *arg)
{
	static const char *const to[] = {"a@x.example", "b@x.example", NULL};
	e911_http_request_t r = mail("me@x.example", to);
	seen_t s = {0};
	int err = e911_http_init();

	(void)arg;
	r.user = "u";
	r.password = "p";
	if(err)
		return err;
	err = e911_http_begin(&r, see, &s);
	e911_http_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	int i;

	(void)state;
	e911_http_destroy();
	/* the thread that asked the name server that hangs has some yet */
	for(i = 0; i < 1000 && ksr_blocks(); i++)
		usleep(10000);
	ksr_sweep(once, (void *)mock_url("http", "127.0.0.1", "/large?n=4000"), 0);
	ksr_sweep(begin_by_mail, NULL, E911_ERR_MEM);
	e911_http_destroy();
	assert_int_equal(e911_http_init(), 0);
}

static void what_is_in_flight_may_be_dropped(void **state)
{
	e911_http_request_t r = request(mock_url("http", "127.0.0.1", "/hang"));
	seen_t s = {0};
	int i;

	(void)state;
	for(i = 0; i < 10; i++)
		assert_int_equal(e911_http_begin(&r, see, &s), 0);
	e911_http_run(-1, 20);
	e911_http_destroy();
	assert_int_equal(s.n, 0);
	assert_int_equal(e911_http_init(), 0);
	assert_int_equal(ask("/ok").a.status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(answers_as_told),
			cmocka_unit_test(sends_what_it_is_given),
			cmocka_unit_test(refuses_what_is_no_request),
			cmocka_unit_test(follows_no_redirect),
			cmocka_unit_test(ends_what_is_too_large),
			cmocka_unit_test(gives_up_in_time),
			cmocka_unit_test(a_broken_answer_is_none),
			cmocka_unit_test(trusts_only_what_it_may),
			cmocka_unit_test(trusts_all_where_it_is_told),
			cmocka_unit_test(shows_its_certificate),
			cmocka_unit_test(the_environment_names_no_proxy),
			cmocka_unit_test(keeps_its_connections),
			cmocka_unit_test(bounds_what_is_in_flight),
			cmocka_unit_test(a_slow_server_delays_no_other),
			cmocka_unit_test(a_name_server_that_hangs_holds_up_nothing),
			cmocka_unit_test(wakes_up_when_told),
			cmocka_unit_test(sends_mail_to_all_that_the_server_knows),
			cmocka_unit_test(a_mail_that_is_refused_is_none),
			cmocka_unit_test(refuses_what_is_no_mail),
			cmocka_unit_test(an_answer_may_ask_again),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test(what_is_in_flight_may_be_dropped),
	};

	return cmocka_run_group_tests_name(
			"http", tests, start_server, stop_server);
}
