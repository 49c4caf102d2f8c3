/*
 * e911: HTTP, and mail, by libcurl, in the processes of our own that may wait
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Hundreds of requests at once in one process: a slow server delays no other.
 * Everything bounded: answers, headers, redirects (none are followed), time,
 * requests in flight, in all and to one host. TLS is verified unless a row says
 * otherwise. Initialised after the fork.
 */
#ifndef E911_HTTP_H
#define E911_HTTP_H

#include "../../core/str.h"

#define E911_HTTP_FLIGHT_MAX 512
#define E911_HTTP_HOST_MAX 64 /* host name and port */

typedef struct e911_http_request
{
	const char *url;
	const char *method; /* GET, POST, PUT; MAIL: by SMTP */
	str body;
	/* of a mail: envelope, who sends it, and whether in the clear too */
	const char *mail_from;
	const char *const *mail_to; /* NULL at the end */
	const char *user, *password;
	int starttls;				/* not without */
	const char *const *headers; /* "Name: value", NULL at the end */
	/* files, and a URL; empty or NULL: the system's CAs, no certificate of
	 * ours, no proxy, whatever the environment says */
	const char *ca, *cert, *key, *proxy;
	int verify;
	int timeout_ms; /* of the whole: name, connection, answer */
	int answer_max; /* bytes */
} e911_http_request_t;

typedef struct e911_http_answer
{
	int status; /* 0: none; of a mail: SMTP's */
	int err;	/* 0, DOWN (no answer in time, no connection, TLS), SPACE (too
				  * large), MEM */
	str type;	/* Content-Type */
	str body;
	char why[128]; /* for the log: no secret, no address */
} e911_http_answer_t;

typedef void (*e911_http_f)(const e911_http_answer_t *answer, void *arg);

/** In the worker, after the fork. MEM. */
int e911_http_init(void);
/** Drops what is in flight; done is not called. */
void e911_http_destroy(void);
/** Begins a request; done is called from e911_http_run(), once, and may begin
 * another one. The request is copied. FULL (in all, or to this host), MEM,
 * VALUE (URL, method, header): done is not called. */
int e911_http_begin(
		const e911_http_request_t *request, e911_http_f done, void *arg);
/** Works on all of them until something has happened, fd is readable (-1:
 * none), or so long; returns how many are in flight. */
int e911_http_run(int fd, int ms);

#endif
