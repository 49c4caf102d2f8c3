/*
 * e911: whom to tell of a call, each as a row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 47 CFR 9.16(b)(2): a notice goes where somebody is likely to see or hear it.
 * A site names its recipients. Built in shared memory by one process, then
 * only read.
 */
#ifndef E911_RECIPIENT_H
#define E911_RECIPIENT_H

#include "../../core/str.h"

#define E911_RECIPIENTS_MAX 64
#define E911_RECIPIENT_NAME_MAX 32
#define E911_RECIPIENT_ADDRESSES 8 /* of a mail */
#define E911_RECIPIENT_SECRET_MAX 256

enum e911_recipient_kind
{
	E911_BY_WEBHOOK,
	E911_BY_MAIL,
	E911_BY_SIP,
	E911_BY_EVENT
};

typedef struct e911_recipient
{
	char name[E911_RECIPIENT_NAME_MAX];
	int kind;
	char to[512];			 /* URL, addresses, URI; of an event nothing */
	char from[256];			 /* address, or URI */
	char server[256];		 /* mail: smtp://host:port, smtps:// */
	char user[64];			 /* there */
	char outbound[256];		 /* SIP: where it is sent instead of the URI */
	char secret[128];		 /* the place of key or password */
	char subject[256];		 /* these three: empty, ours */
	char body[4096];		 /* a template */
	char type[64];			 /* of the body */
	char ca[128], cert[128]; /* files */
	char key[128], proxy[256];
	int verify;
	int starttls;		 /* mail: must be */
	unsigned int events; /* bits of enum e911_event_kind */
	int test;			 /* of test calls as well */
	int timeout_ms;		 /* of one try */
	int tries;			 /* 0: until it is too old */
	int most_age;		 /* s */
	int rate;			 /* follow-ups in a minute; 0: no limit */
} e911_recipient_t;

typedef struct e911_recipients e911_recipients_t;

int e911_recipients_new(e911_recipients_t **all);
void e911_recipients_free(e911_recipients_t *all);
/**
 * Adds "name=…;kind=webhook|mail|sip|event;to=…;…", the columns as the manual
 * has them. Errors: those of rows; NAME also for a column of another kind;
 * VALUE also for what is no such URL, address, URI, event; MISSING: a column
 * that the kind needs; TWICE also for the name; FULL; MEM. bad is the column at
 * fault, in the row's memory.
 */
int e911_recipients_add(e911_recipients_t *all, const str *row, str *bad);
const e911_recipient_t *e911_recipients_named(
		const e911_recipients_t *all, const str *name);
const e911_recipient_t *e911_recipients_nth(
		const e911_recipients_t *all, int index);
/** Is it to be told of an event of this kind? */
int e911_recipient_wants(const e911_recipient_t *r, int event, int test);
/** Is none that it is told of before this one in a call? */
int e911_recipient_begins(const e911_recipient_t *r, int event);
const char *e911_recipient_kind_name(int kind);

#endif
