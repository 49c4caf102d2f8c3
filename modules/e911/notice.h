/*
 * e911: what a notice of a call says: its facts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 47 CFR 9.3, MLTS notification: that a call was made, a callback number, and
 * the location that goes with the call. Kept as JSON from the moment of the
 * event on: {"event":"placed","at":"2026-…Z",…,"location":{"country":"US",…}}.
 * Values are clean: UTF-8 without control characters, whatever a phone wrote.
 */
#ifndef E911_NOTICE_H
#define E911_NOTICE_H

#include "events.h"
#include "strbuf.h"

#define E911_NOTICE_FACTS_MAX 16384
#define E911_NOTICE_BRIEF_MAX 1024
#define E911_NOTICE_EVENTS_MAX 4096 /* briefs of one notice, by commas */
#define E911_NOTICE_ID_MAX 37

/* Places that a template may name, in lower case. */
enum e911_notice_place
{
	E911_N_EVENT,
	E911_N_TEST, /* yes, no */
	E911_N_AT,
	E911_N_CALL,
	E911_N_SITE,
	E911_N_AOR,
	E911_N_CALLER,
	E911_N_CONTACT,
	E911_N_CALLBACK,
	E911_N_ELIN,
	E911_N_URN,
	E911_N_NUMBER,
	E911_N_CODE,
	E911_N_STEP, /* from 1 */
	E911_N_STEPS,
	E911_N_ERSP,
	E911_N_PROFILE,
	E911_N_PROOF,
	E911_N_FOUND,
	E911_N_CONVEYANCE,
	E911_N_FRESHNESS,
	E911_N_DETAIL,
	E911_N_ADDRESS,	 /* the location in one line */
	E911_N_LOCATION, /* a JSON object, or null */
	E911_N_FACTS,
	/* of the notice, whoever sends it */
	E911_N_ID = E911_N_FACTS,
	E911_N_RECIPIENT,
	E911_N_EVENTS, /* a JSON array: this one last, those it stands for as well */
	/* made of others */
	E911_N_WHO,
	E911_N_SUBJECT,
	E911_N_TEXT,
	E911_N_JSON, /* all of them */
	E911_N_PLACES
};

typedef struct e911_notice
{
	struct json_object *root;
	int event; /* enum e911_event_kind */
	int test;
	str value[E911_N_PLACES];
} e911_notice_t;

/** Writes the facts of an event; site: its name. SPACE. */
int e911_notice_write(
		e911_strbuf_t *b, const e911_event_t *event, const char *site);
/** The event alone, in short, for a later notice that stands for this one:
 * {"event":"failed","at":…,"code":"503","ersp":…}. SPACE. */
int e911_notice_write_brief(e911_strbuf_t *b, const e911_event_t *event);
/** Reads facts; the values point into n->root, until it is freed. SYNTAX, MEM;
 * NAME: no event of that name. */
int e911_notice_read(e911_notice_t *n, const str *facts);
void e911_notice_free(e911_notice_t *n);
/** "event" …; NULL past the end. */
const char *e911_notice_place_name(int place);
/** NAME. */
int e911_notice_place_find(const char *name, size_t len);

#endif
