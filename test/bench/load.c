/*
 * Callers, the server that takes their calls, and somebody who asks OPTIONS,
 * in one process. The calls come when they are due, whatever happens to those
 * before: a call has an INVITE that is sent again after 0.5, 1.5, 3.5 ... s
 * until something is heard (RFC 3261 17.1.1.2), ACK and BYE. It is lost if no
 * 200 has come within PATIENCE, or another final answer has.
 * usage: load NAME=VALUE...; prints a name and a number a line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS (1 << 17) /* remembered at a time */
#define SAMPLES (1 << 21)
#define BUFFER (8 << 20) /* of a socket */
#define AGAIN 5			 /* times that an INVITE is sent again */
#define STREAMS 8		 /* connections over which OPTIONS are asked */
#define FIRST_AGAIN 0.5	 /* s: T1 */

enum option
{
	PROXY,	  /* port */
	SERVER,	  /* port of the server */
	RATE,	  /* calls/s in the first step; 0: none */
	FACTOR,	  /* from a step to the next; 1: the same rate throughout */
	STEP,	  /* s */
	STEPS,	  /* at most */
	CLOSED,	  /* calls at a time, of which each makes room for the next */
	PATIENCE, /* s */
	OPTIONS,  /* asked a second */
	STREAM,	  /* of those, over so many TCP connections; 0: over UDP */
	OPTION_COUNT
};

static const char *names[OPTION_COUNT] = {"proxy", "server", "rate", "factor",
		"step", "steps", "closed", "patience", "options", "stream"};
static double given[OPTION_COUNT] = {
		[FACTOR] = 1, [STEP] = 1, [STEPS] = 1, [PATIENCE] = 4};

enum state
{
	FREE,
	CALLING,   /* nothing was heard */
	PROCEEDING /* a provisional answer */
};

typedef struct call
{
	double sent;
	double rate;
	unsigned char state;
} call_t;

typedef struct series
{
	float *value;
	unsigned n;
} series_t;

static call_t calls[CALLS];
static double asked[CALLS];
static series_t setup, answered;
static unsigned placed, taken, refused, lost, located, again, asks, asks_lost;
static unsigned asks_open, calls_open;
static unsigned next_again[AGAIN], next_lost, next_ask_lost;
static double first_lost, late, now, began, last_taken;
static int phone, server, pinger, stream[STREAMS];
static struct sockaddr_in proxy;
static char run[16], packet[65536], out[65536];

static const char SDP[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
						  "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
						  "m=audio 40000 RTP/AVP 0\r\n"
						  "a=rtpmap:0 PCMU/8000\r\n";

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void add(series_t *s, double value)
{
	if(s->n < SAMPLES)
		s->value[s->n++] = (float)value;
}

/* ----- sockets ----- */

static struct sockaddr_in address(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int udp(int port)
{
	struct sockaddr_in a = address(port);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = BUFFER;

	/* beyond the limit that others have, where that is allowed */
	if(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if(bind(s, (struct sockaddr *)&a, sizeof(a)))
		fail("bind");
	return s;
}

static int connected(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if(connect(s, (struct sockaddr *)&proxy, sizeof(proxy)))
		fail("connect");
	return s;
}

static int port_of(int s)
{
	struct sockaddr_in a;
	socklen_t size = sizeof(a);

	getsockname(s, (struct sockaddr *)&a, &size);
	return ntohs(a.sin_port);
}

static void send_proxy(int s, int size)
{
	sendto(s, out, (size_t)size, 0, (struct sockaddr *)&proxy, sizeof(proxy));
}

/* ----- messages ----- */

/* The value of a header of that name, with its length; names are as Kamailio
   and this program write them. */
static const char *header(const char *message, const char *name, int *size)
{
	size_t n = strlen(name);
	const char *line = message, *end;

	while((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if(*line == '\r')
			return NULL;
		if(strncmp(line, name, n) == 0 && line[n] == ':') {
			line += n + 1 + (line[n + 1] == ' ');
			end = strstr(line, "\r\n");
			*size = end ? (int)(end - line) : (int)strlen(line);
			return line;
		}
	}
	return NULL;
}

/* number of a request of ours by its Call-ID; -1: none of this run */
static long number_of(const char *message, char kind)
{
	int size;
	const char *id = header(message, "Call-ID", &size);
	char *end;
	long n;

	if(id == NULL || *id != kind)
		return -1;
	n = strtol(id + 1, &end, 10);
	return *end == '-' && strncmp(end + 1, run, strlen(run)) == 0 ? n : -1;
}

static int request(const char *method, char kind, unsigned n, int cseq,
		const char *uri, const char *transport, int port, const char *to,
		const char *more, const char *body)
{
	return snprintf(out, sizeof(out),
			"%s %s SIP/2.0\r\n"
			"Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK%c%c%u-%s\r\n"
			"Max-Forwards: 70\r\n"
			"%s"
			"From: <sip:agent7@example.com>;tag=f%u-%s\r\n"
			"To: %s\r\n"
			"Call-ID: %c%u-%s@127.0.0.1\r\n"
			"CSeq: %d %s\r\n"
			"Contact: <sip:agent7@127.0.0.1:%d>\r\n"
			"User-Agent: Acme SIP Phone 1.2.3\r\n"
			"%s"
			"Content-Length: %zu\r\n\r\n%s",
			method, uri, transport, port, kind, *method, n, run, more, n, run,
			to, kind, n, run, cseq, method, port,
			*body ? "Content-Type: application/sdp\r\n" : "", strlen(body),
			body);
}

static void send_invite(unsigned n)
{
	char uri[64], to[80];

	snprintf(uri, sizeof(uri), "sip:911@127.0.0.1:%d", (int)given[PROXY]);
	snprintf(to, sizeof(to), "<%s>", uri);
	send_proxy(phone, request("INVITE", 'c', n, 1, uri, "UDP", port_of(phone),
							  to, "", SDP));
}

static void send_options(unsigned n)
{
	char uri[64], to[80];
	int s = pinger, size, streams = (int)given[STREAM];

	if(streams)
		s = stream[n % (unsigned)streams];
	snprintf(uri, sizeof(uri), "sip:127.0.0.1:%d", (int)given[PROXY]);
	snprintf(to, sizeof(to), "<%s>", uri);
	size = request("OPTIONS", 'o', n, 1, uri, streams ? "TCP" : "UDP",
			port_of(s), to, "", "");
	if(streams == 0)
		send_proxy(s, size);
	else if(send(s, out, (size_t)size, MSG_DONTWAIT) != size)
		fail("send");
}

/* ACK and BYE, by the one Record-Route there may be */
static void send_inside(const char *method, unsigned n, int cseq)
{
	int route_size, to_size, contact_size;
	const char *route = header(packet, "Record-Route", &route_size);
	const char *to = header(packet, "To", &to_size);
	const char *contact = header(packet, "Contact", &contact_size);
	char routes[512] = "", uri[256], whom[256];

	if(to == NULL || contact == NULL || contact_size < 2)
		return;
	if(route)
		snprintf(routes, sizeof(routes), "Route: %.*s\r\n", route_size, route);
	snprintf(uri, sizeof(uri), "%.*s", contact_size - 2, contact + 1);
	snprintf(whom, sizeof(whom), "%.*s", to_size, to);
	send_proxy(phone, request(method, 'c', n, cseq, uri, "UDP", port_of(phone),
							  whom, routes, ""));
}

/* ----- the server: takes each call at once, again if it is sent again ----- */

static int copy_headers(int n, const char *request)
{
	static const char *kept[] = {
			"Via", "Record-Route", "From", "Call-ID", "CSeq"};
	const char *line = request;
	size_t i, size;

	while((line = strstr(line, "\r\n")) != NULL && line[2] != '\r') {
		line += 2;
		for(i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
			size = strlen(kept[i]);
			if(strncmp(line, kept[i], size) == 0 && line[size] == ':') {
				size = (size_t)(strstr(line, "\r\n") + 2 - line);
				memcpy(out + n, line, size);
				n += (int)size;
			}
		}
	}
	return n;
}

static void serve(struct sockaddr_in *from)
{
	int invite = strncmp(packet, "INVITE ", 7) == 0, size, n;
	const char *to = header(packet, "To", &size);

	if(to == NULL || strncmp(packet, "ACK ", 4) == 0
			|| strncmp(packet, "SIP/", 4) == 0)
		return;
	located += invite && strstr(packet, "application/pidf+xml") != NULL;
	n = copy_headers(sprintf(out, "SIP/2.0 200 OK\r\n"), packet);
	n += sprintf(out + n, "To: %.*s%s\r\nContact: <sip:psap@127.0.0.1:%d>\r\n",
			size, to, memmem(to, (size_t)size, ";tag=", 5) ? "" : ";tag=psap",
			(int)given[SERVER]);
	n += sprintf(out + n, "%sContent-Length: %zu\r\n\r\n%s",
			invite ? "Content-Type: application/sdp\r\n" : "",
			invite ? sizeof(SDP) - 1 : 0, invite ? SDP : "");
	sendto(server, out, (size_t)n, 0, (struct sockaddr *)from, sizeof(*from));
}

/* ----- the callers ----- */

static void end_call(call_t *call, int is_lost)
{
	call->state = FREE;
	calls_open--;
	if(is_lost) {
		lost++;
		if(first_lost == 0 || call->rate < first_lost)
			first_lost = call->rate;
	}
}

static void hear(void)
{
	long n = number_of(packet, 'c');
	int status, size;
	const char *cseq = header(packet, "CSeq", &size);
	call_t *call = &calls[(n < 0 ? 0 : n) % CALLS];

	if(n < 0 || n >= placed || n + CALLS <= placed || cseq == NULL
			|| strncmp(packet, "SIP/2.0 ", 8)
			|| strncmp(cseq + 1, " BYE", 4) == 0)
		return;
	status = atoi(packet + 8);
	if(status == 200)
		send_inside("ACK", (unsigned)n, 1);
	if(call->state == FREE)
		return;
	if(status < 200) {
		call->state = PROCEEDING;
	} else if(status == 200) {
		taken++;
		last_taken = now;
		add(&setup, now - call->sent);
		send_inside("BYE", (unsigned)n, 2);
		end_call(call, 0);
	} else {
		refused++;
		end_call(call, 1);
	}
}

static void place(double due, double rate)
{
	call_t *call = &calls[placed % CALLS];

	if(call->state != FREE)
		end_call(call, 1);
	call->sent = now;
	call->rate = rate;
	call->state = CALLING;
	calls_open++;
	if(now - due > late)
		late = now - due;
	send_invite(placed++);
}

static void repeat(void)
{
	double after = 0, wait = FIRST_AGAIN;
	call_t *call;
	int i;

	for(i = 0; i < AGAIN; i++, wait *= 2) {
		after += wait;
		for(; next_again[i] < placed; next_again[i]++) {
			call = &calls[next_again[i] % CALLS];
			if(call->sent + after > now)
				break;
			if(call->state == CALLING) {
				send_invite(next_again[i]);
				again++;
			}
		}
	}
	for(; next_lost < placed; next_lost++) {
		call = &calls[next_lost % CALLS];
		if(call->sent + given[PATIENCE] > now)
			break;
		if(call->state != FREE)
			end_call(call, 1);
	}
}

/* ----- who asks OPTIONS ----- */

static void ask(void)
{
	asked[asks % CALLS] = now;
	asks_open++;
	send_options(asks++);
}

static void hear_options(const char *message)
{
	long n = number_of(message, 'o');

	if(n < 0 || n >= asks || n + CALLS <= asks || asked[n % CALLS] == 0)
		return;
	add(&answered, now - asked[n % CALLS]);
	asked[n % CALLS] = 0;
	asks_open--;
}

static void give_up_options(void)
{
	double *one;

	for(; next_ask_lost < asks; next_ask_lost++) {
		one = &asked[next_ask_lost % CALLS];
		if(*one + given[PATIENCE] > now)
			break;
		if(*one) {
			asks_lost++;
			asks_open--;
			*one = 0;
		}
	}
}

/* ----- all together ----- */

static void drain(int s)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	const char *one;
	ssize_t got;

	while((got = recvfrom(s, packet, sizeof(packet) - 1, MSG_DONTWAIT,
				   (struct sockaddr *)&from, &size))
			> 0) {
		packet[got] = '\0';
		now = clock_now();
		if(s == server)
			serve(&from);
		else if(s == phone)
			hear();
		else
			for(one = packet; one; one = strstr(one + 1, "SIP/2.0 "))
				hear_options(one); /* a stream may bring two at once */
	}
}

static double rate_at(double t)
{
	double rate = given[RATE];
	int i;

	for(i = (int)(t / given[STEP]); i > 0; i--)
		rate *= given[FACTOR];
	return rate;
}

static void wait_until(double due)
{
	struct pollfd fds[3 + STREAMS] = {{.fd = server, .events = POLLIN},
			{.fd = phone, .events = POLLIN}, {.fd = pinger, .events = POLLIN}};
	int i, n = 3 + (int)given[STREAM];
	double left = due - clock_now();
	struct timespec t = {0, 0};

	for(i = 3; i < n; i++)
		fds[i] = (struct pollfd){.fd = stream[i - 3], .events = POLLIN};
	if(left > 0)
		t.tv_nsec = (long)(1e9 * (left > 0.01 ? 0.01 : left));
	if(ppoll(fds, (nfds_t)n, &t, NULL) > 0)
		for(i = 0; i < n; i++)
			if(fds[i].revents)
				drain(fds[i].fd);
}

static void run_load(void)
{
	double start = began = clock_now(), end = given[STEP] * given[STEPS];
	double call_due = 0, ask_due = 0, due, t;
	unsigned i;

	for(now = start;
			(t = now - start) < end && !(first_lost > 0 && given[FACTOR] > 1);
			now = clock_now()) {
		for(i = 0; given[RATE] > 0 && call_due <= t && i < 64; i++) {
			place(start + call_due, rate_at(call_due));
			call_due += 1 / rate_at(call_due);
		}
		while(calls_open < given[CLOSED])
			place(now, 0);
		for(; given[OPTIONS] > 0 && ask_due <= t; ask_due += 1 / given[OPTIONS])
			ask();
		repeat();
		give_up_options();
		due = t + 0.01;
		if(given[RATE] > 0 && call_due < due)
			due = call_due;
		if(given[OPTIONS] > 0 && ask_due < due)
			due = ask_due;
		wait_until(start + due);
	}
	end = clock_now() + given[PATIENCE];
	while((calls_open || asks_open) && (now = clock_now()) < end) {
		repeat();
		give_up_options();
		wait_until(now + 0.01);
	}
	repeat();
	give_up_options();
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void print_series(const char *name, series_t *s)
{
	static const struct
	{
		const char *name;
		double at;
	} points[] = {{"p50", .5}, {"p99", .99}, {"max", 1}};
	size_t i;
	unsigned at;

	qsort(s->value, s->n, sizeof(float), by_value);
	for(i = 0; i < sizeof(points) / sizeof(*points) && s->n; i++) {
		at = (unsigned)(points[i].at * s->n);
		printf("%s-%s %.3f\n", name, points[i].name,
				1e3 * (double)s->value[at < s->n ? at : s->n - 1]);
	}
}

static void print_all(void)
{
	printf("placed %u\ntaken %u\nrefused %u\nlost %u\nagain %u\nlocated %u\n",
			placed, taken, refused, lost, again, located);
	printf("seconds %.3f\n", last_taken ? last_taken - began : 0);
	printf("first-lost %.0f\nlate-ms %.1f\nasked %u\nasked-lost %u\n",
			first_lost, 1e3 * late, asks, asks_lost);
	print_series("setup", &setup);
	print_series("options", &answered);
}

static void read_options(int count, char **words)
{
	size_t n;
	int i, k;

	for(i = 1; i < count; i++) {
		for(k = 0; k < OPTION_COUNT; k++) {
			n = strlen(names[k]);
			if(strncmp(words[i], names[k], n) == 0 && words[i][n] == '=')
				break;
		}
		if(k == OPTION_COUNT) {
			fprintf(stderr, "load: what is %s?\n", words[i]);
			exit(2);
		}
		given[k] = atof(words[i] + strlen(names[k]) + 1);
	}
}

int main(int count, char **words)
{
	int i;

	read_options(count, words);
	if(given[STREAM] > STREAMS)
		given[STREAM] = STREAMS;
	snprintf(run, sizeof(run), "%x", (unsigned)getpid());
	proxy = address((int)given[PROXY]);
	phone = udp(0);
	pinger = udp(0);
	server = udp((int)given[SERVER]);
	given[SERVER] = port_of(server);
	for(i = 0; i < given[STREAM]; i++)
		stream[i] = connected();
	setup.value = malloc(SAMPLES * sizeof(float));
	answered.value = malloc(SAMPLES * sizeof(float));
	if(setup.value == NULL || answered.value == NULL)
		fail("malloc");
	/* who measures is not to wait for those who are measured */
	setpriority(PRIO_PROCESS, 0, -10);
	run_load();
	print_all();
	return 0;
}
