/*
 * e911: HTTP by libcurl
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include "http.h"
#include "err.h"

#define HEADERS_MAX 16384 /* bytes of an answer's, with trailers and 1xx */
#define HOST_MAX 272	  /* name and port */
#define IDLE_MAX 128	  /* connections kept for the next request */
#define TIMEOUT_MAX 300000
#define FIRST_PIECE 1024
#define PAUSE 50 /* ms where libcurl cannot wait itself */

/* Memory is the system's, as libcurl's own is: Kamailio's private memory is
 * made for messages, not for hundreds of answers at once. */
typedef struct flight
{
	struct flight *next;
	struct flight **back; /* what points to this one */
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *mail_to;
	char *mail; /* what is not sent yet of it */
	size_t mail_len, mail_sent;
	e911_http_f done;
	void *arg;
	char host[HOST_MAX];
	size_t headers_len;
	char *body;
	size_t len, size, max;
	int err; /* why it was ended by us */
} flight_t;

static CURLM *multi;
static flight_t *flights;
static int in_flight;

/* ----- life ----- */

int e911_http_init(void)
{
	/* CURLOPT_NOSIGNAL leaves SIGPIPE to us */
	signal(SIGPIPE, SIG_IGN);
	if(curl_global_init(CURL_GLOBAL_DEFAULT))
		return E911_ERR_MEM;
	multi = curl_multi_init();
	if(multi == NULL) {
		curl_global_cleanup();
		return E911_ERR_MEM;
	}
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)IDLE_MAX);
	return E911_OK;
}

static void free_flight(flight_t *f)
{
	if(f->easy)
		curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	curl_slist_free_all(f->mail_to);
	free(f->mail);
	free(f->body);
	free(f);
}

static void land(flight_t *f)
{
	*f->back = f->next;
	if(f->next)
		f->next->back = f->back;
	in_flight--;
	curl_multi_remove_handle(multi, f->easy);
	free_flight(f);
}

void e911_http_destroy(void)
{
	if(multi == NULL)
		return;
	while(flights)
		land(flights);
	curl_multi_cleanup(multi);
	curl_global_cleanup();
	multi = NULL;
}

/* ----- what comes in ----- */

static int make_room(flight_t *f, size_t n)
{
	size_t size = f->size ? f->size : FIRST_PIECE;
	char *more;

	if(n > f->max - f->len)
		return E911_ERR_SPACE;
	while(size < f->len + n)
		size *= 2;
	if(size == f->size)
		return E911_OK;
	more = realloc(f->body, size);
	if(more == NULL)
		return E911_ERR_MEM;
	f->body = more;
	f->size = size;
	return E911_OK;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	flight_t *f = arg;

	n *= size;
	f->err = make_room(f, n);
	if(f->err)
		return 0;
	if(n)
		memcpy(f->body + f->len, data, n);
	f->len += n;
	return n;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	flight_t *f = arg;

	n *= size;
	f->headers_len += n;
	if(f->headers_len <= HEADERS_MAX)
		return n;
	f->err = E911_ERR_SPACE;
	return 0;
}

/* ----- what goes out ----- */

static int is_mail(const e911_http_request_t *r)
{
	return strcmp(r->method, "MAIL") == 0;
}

static int is_given(const char *z)
{
	return z && *z;
}

/* One option; the first error stays. */
#define SET(option, value) \
	(rc = rc ? rc : curl_easy_setopt(f->easy, option, value))

static CURLcode set_bounds(flight_t *f, const e911_http_request_t *r)
{
	long ms = r->timeout_ms;
	CURLcode rc = CURLE_OK;

	ms = ms < 1 ? 1 : ms > TIMEOUT_MAX ? TIMEOUT_MAX : ms;
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, is_mail(r) ? "smtp,smtps" : "http,https");
#else
	SET(CURLOPT_PROTOCOLS, is_mail(r)
								   ? (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS)
								   : (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* or a name server that hangs holds up all the others: the thread that
	 * asks it would be waited for */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	return rc;
}

static CURLcode set_proxy(flight_t *f, const e911_http_request_t *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROXY, is_given(r->proxy) ? r->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	return rc;
}

static CURLcode set_tls(flight_t *f, const e911_http_request_t *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, r->verify ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, r->verify ? 2L : 0L);
	if(is_given(r->ca)) {
		/* these alone, not the system's beside them */
		SET(CURLOPT_CAINFO, r->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if(is_given(r->cert))
		SET(CURLOPT_SSLCERT, r->cert);
	if(is_given(r->key))
		SET(CURLOPT_SSLKEY, r->key);
	return rc;
}

static size_t give_mail(char *to, size_t size, size_t n, void *arg)
{
	flight_t *f = arg;

	n *= size;
	if(n > f->mail_len - f->mail_sent)
		n = f->mail_len - f->mail_sent;
	if(n)
		memcpy(to, f->mail + f->mail_sent, n);
	f->mail_sent += n;
	return n;
}

static CURLcode set_mail(flight_t *f, const e911_http_request_t *r)
{
	CURLcode rc = CURLE_OK;

	f->mail = malloc(r->body.len ? (size_t)r->body.len : 1);
	if(f->mail == NULL)
		return CURLE_OUT_OF_MEMORY;
	memcpy(f->mail, r->body.len ? r->body.s : "", (size_t)r->body.len);
	f->mail_len = (size_t)r->body.len;
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give_mail);
	SET(CURLOPT_READDATA, f);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)f->mail_len);
	SET(CURLOPT_MAIL_FROM, r->mail_from);
	SET(CURLOPT_MAIL_RCPT, f->mail_to);
	/* one that the server does not know keeps it from none of the others */
	SET(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	SET(CURLOPT_USE_SSL, (long)(r->starttls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if(is_given(r->user))
		SET(CURLOPT_USERNAME, r->user);
	if(is_given(r->password))
		SET(CURLOPT_PASSWORD, r->password);
	return rc;
}

static CURLcode set_body(flight_t *f, const e911_http_request_t *r)
{
	CURLcode rc = CURLE_OK;

	if(is_mail(r))
		return set_mail(f, r);
	if(strcmp(r->method, "GET") == 0)
		return SET(CURLOPT_HTTPGET, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)r->body.len);
	SET(CURLOPT_COPYPOSTFIELDS, r->body.len ? r->body.s : "");
	SET(CURLOPT_CUSTOMREQUEST, r->method);
	return rc;
}

static CURLcode set_back(flight_t *f)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, f);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, f);
	SET(CURLOPT_PRIVATE, f);
	SET(CURLOPT_HTTPHEADER, f->headers);
	return rc;
}

static CURLcode set_all(flight_t *f, const e911_http_request_t *r)
{
	CURLcode rc = curl_easy_setopt(f->easy, CURLOPT_URL, r->url);

	if(!rc)
		rc = set_bounds(f, r);
	if(!rc)
		rc = set_proxy(f, r);
	if(!rc)
		rc = set_tls(f, r);
	if(!rc)
		rc = set_body(f, r);
	return rc ? rc : set_back(f);
}

static int copy_lines(struct curl_slist **to, const char *const *line)
{
	struct curl_slist *longer;

	for(; line && *line; line++) {
		if(strpbrk(*line, "\r\n"))
			return E911_ERR_VALUE;
		longer = curl_slist_append(*to, *line);
		if(longer == NULL)
			return E911_ERR_MEM;
		*to = longer;
	}
	return E911_OK;
}

/* ----- whom it goes to ----- */

static int url_error(CURLUcode rc)
{
	return rc == CURLUE_OUT_OF_MEMORY ? E911_ERR_MEM : E911_ERR_VALUE;
}

/* the host, and the port in force: "validator.example:443" */
static int read_host(CURLU *u, int mail, char host[HOST_MAX])
{
	char *name = NULL, *port = NULL, *scheme = NULL;
	CURLUcode rc = curl_url_get(u, CURLUPART_HOST, &name, 0);
	int n = HOST_MAX, known = 0;

	if(!rc)
		rc = curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	if(!rc)
		rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if(!rc) {
		n = snprintf(host, HOST_MAX, "%s:%s", name, port);
		known = strcmp(scheme, mail ? "smtp" : "http") == 0
				|| strcmp(scheme, mail ? "smtps" : "https") == 0;
	}
	curl_free(name);
	curl_free(port);
	curl_free(scheme);
	if(rc)
		return url_error(rc);
	return known && n < HOST_MAX ? E911_OK : E911_ERR_VALUE;
}

static int parse(const char *url, int mail, char host[HOST_MAX])
{
	CURLU *u = curl_url();
	CURLUcode rc;
	int err;

	if(u == NULL)
		return E911_ERR_MEM;
	rc = curl_url_set(u, CURLUPART_URL, url, 0);
	err = rc ? url_error(rc) : read_host(u, mail, host);
	curl_url_cleanup(u);
	return err;
}

static int has_room(const char *host)
{
	const flight_t *f;
	int n = 0;

	for(f = flights; f; f = f->next)
		n += strcmp(f->host, host) == 0;
	return in_flight < E911_HTTP_FLIGHT_MAX && n < E911_HTTP_HOST_MAX;
}

/* ----- the flight ----- */

static int set_up(flight_t *f, const e911_http_request_t *r)
{
	int err = parse(r->url, is_mail(r), f->host);
	CURLcode rc;

	if(err)
		return err;
	if(!has_room(f->host))
		return E911_ERR_FULL;
	err = copy_lines(&f->headers, r->headers);
	if(!err && is_mail(r))
		err = copy_lines(&f->mail_to, r->mail_to);
	if(err)
		return err;
	f->easy = curl_easy_init();
	if(f->easy == NULL)
		return E911_ERR_MEM;
	rc = set_all(f, r);
	if(rc)
		return rc == CURLE_OUT_OF_MEMORY ? E911_ERR_MEM : E911_ERR_VALUE;
	return curl_multi_add_handle(multi, f->easy) ? E911_ERR_MEM : E911_OK;
}

static int is_method(const char *method)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "MAIL"};
	size_t i;

	for(i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if(strcmp(method, methods[i]) == 0)
			return 1;
	return 0;
}

int e911_http_begin(
		const e911_http_request_t *request, e911_http_f done, void *arg)
{
	flight_t *f;
	int err;

	if(!is_method(request->method)
			|| (is_mail(request) && (!request->mail_from || !request->mail_to)))
		return E911_ERR_VALUE;
	f = calloc(1, sizeof(*f));
	if(f == NULL)
		return E911_ERR_MEM;
	f->done = done;
	f->arg = arg;
	f->max = request->answer_max > 0 ? (size_t)request->answer_max : 0;
	err = set_up(f, request);
	if(err) {
		free_flight(f);
		return err;
	}
	f->next = flights;
	f->back = &flights;
	if(f->next)
		f->next->back = &f->next;
	flights = f;
	in_flight++;
	return E911_OK;
}

/* ----- what became of it ----- */

static int error_of(const flight_t *f, CURLcode rc)
{
	if(rc == CURLE_OK)
		return E911_OK;
	if(f->err)
		return f->err;
	return rc == CURLE_OUT_OF_MEMORY ? E911_ERR_MEM : E911_ERR_DOWN;
}

/* libcurl's longer text names addresses */
static void say_why(e911_http_answer_t *a, const flight_t *f, CURLcode rc)
{
	long verified = 0;

	curl_easy_getinfo(f->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	if(a->err == E911_ERR_SPACE)
		snprintf(a->why, sizeof(a->why), "the answer is too large");
	else if(rc == CURLE_PEER_FAILED_VERIFICATION && verified)
		snprintf(a->why, sizeof(a->why), "%s: %ld", curl_easy_strerror(rc),
				verified);
	else
		snprintf(a->why, sizeof(a->why), "%s", curl_easy_strerror(rc));
}

static void fill(e911_http_answer_t *a, flight_t *f, CURLcode rc)
{
	char *type = NULL;
	long status = 0;

	memset(a, 0, sizeof(*a));
	a->err = error_of(f, rc);
	if(a->err) {
		say_why(a, f, rc);
		return;
	}
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->easy, CURLINFO_CONTENT_TYPE, &type);
	a->status = (int)status;
	a->type.s = type ? type : "";
	a->type.len = (int)strlen(a->type.s);
	a->body.s = f->body ? f->body : "";
	a->body.len = (int)f->len;
}

static int collect(void)
{
	e911_http_answer_t answer;
	CURLMsg *m;
	flight_t *f;
	char *p;
	int left, n = 0;

	while((m = curl_multi_info_read(multi, &left))) {
		if(m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
		f = (void *)p;
		fill(&answer, f, m->data.result);
		f->done(&answer, f->arg);
		land(f);
		n++;
	}
	return n;
}

int e911_http_run(int fd, int ms)
{
	struct curl_waitfd extra = {fd, CURL_WAIT_POLLIN, 0};
	struct pollfd alone = {fd, POLLIN, 0};
	int running;

	curl_multi_perform(multi, &running);
	if(collect())
		ms = 0;
	if(curl_multi_poll(multi, &extra, fd >= 0, ms, NULL))
		poll(&alone, fd >= 0, ms < PAUSE ? ms : PAUSE);
	curl_multi_perform(multi, &running);
	collect();
	return in_flight;
}
