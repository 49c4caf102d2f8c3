/*
 * e911: one request of the HTTP API, for the files api_*.c alone
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_API_PART_H
#define E911_API_PART_H

#include "access.h"
#include "api.h"
#include "cache.h"
#include "ledger.h"
#include "provision.h"
#include "view.h"
#include "waiting.h"

#define E911_API_PARTS 2
#define E911_API_PART_MAX 256

enum e911_api_method
{
	E911_API_GET,
	E911_API_HEAD,
	E911_API_PUT,
	E911_API_POST,
	E911_API_DELETE,
	E911_API_OPTIONS,
	E911_API_METHODS
};

/* Who waits for a validator, and what he is answered. */
enum e911_api_wait
{
	E911_API_WAIT_STATED,
	E911_API_WAIT_ASSESSED
};

typedef struct e911_query
{
	sip_msg_t *msg; /* NULL: answered by a worker */
	int method;
	str search; /* behind "?" */
	str body;
	str part[E911_API_PARTS]; /* what stood in the path where {} stands */
	char part_mem[E911_API_PARTS][E911_API_PART_MAX];
	e911_access_t access;
	e911_reply_t reply;
	struct json_object *json; /* the answer's */
	int later;
	int err; /* MEM: an answer cannot be written */
} e911_query_t;
typedef void (*e911_api_f)(e911_query_t *q);

/* One thing to be asked. */
typedef struct e911_api_row
{
	int method;
	const char *path; /* {}: anything, decoded into part */
	int who;		  /* bits of enum e911_who */
	int role;		  /* of an operator */
	e911_api_f run;
} e911_api_row_t;

#define E911_API_AGENTS (1 << E911_AGENT)
#define E911_API_OPERATORS (1 << E911_OPERATOR)

extern const e911_api_row_t e911_api_agent_rows[];	  /* run NULL ends */
extern const e911_api_row_t e911_api_operator_rows[]; /* run NULL ends */

/** The answer's object, empty. */
struct json_object *e911_api_answer(e911_query_t *q, int code);
/** An error, RFC 9457; detail and field may be NULL. */
struct json_object *e911_api_problem(e911_query_t *q, int code,
		const char *name, const char *detail, const char *field);
/** An error of err.h, about that field, which may be "". */
void e911_api_fail(e911_query_t *q, int err, const char *field);
/** A header's value; NONE. */
int e911_api_header(sip_msg_t *msg, const char *name, str *value);
/** A value behind "?", decoded; empty where it is not there. VALUE, LONG. */
int e911_api_search(const e911_query_t *q, const char *name, char *mem,
		size_t size, str *value);

/* ----- what agents and operators have in common ----- */

/* What a body says. */
typedef struct e911_api_said
{
	e911_location_t location;
	const e911_site_t *site; /* NULL: none */
	int durable;			 /* the answer waits for the database, too */
} e911_api_said_t;

/** Reads the body; site: it may name one. An error has been answered. */
int e911_api_read(e911_query_t *q, int site, e911_api_said_t *said);
/** Reads a body of one word alone. An error has been answered. */
int e911_api_read_word(
		e911_query_t *q, const char *name, char *word, size_t size);
/** States it: answered, at once or later. */
void e911_api_state(e911_query_t *q, const str *aor, const str *contact,
		e911_api_said_t *said);
/** Takes back a record as it was seen, if that may be. */
void e911_api_take_back(e911_query_t *q, const e911_record_t *r);
/** May what is there be changed, by If-Match? Else it has been answered. */
int e911_api_matches(e911_query_t *q, uint64_t version);
/** What an ordinary call meets: "open", "warn", "closed". */
const char *e911_api_gate(const e911_record_t *r, const e911_site_t *site);
/** All there is to say of a record. a may be NULL. */
void e911_api_put_record(struct json_object *o, e911_record_t *r,
		const e911_assessment_t *a, int *err);
/** That record, with its version. */
void e911_api_show(e911_query_t *q, int code, const str *aor,
		const str *contact, const e911_assessment_t *a);
void e911_api_validate(e911_query_t *q);
void e911_api_suggest(e911_query_t *q);
/** Has what he waits for come to pass? What is answered then, or too late. */
int e911_api_is_done(const e911_waiter_t *w);
void e911_api_waited(e911_query_t *q, const e911_waiter_t *w);
struct json_object *e911_api_view_call(e911_query_t *q, const e911_entry_t *e);

#endif
