/*
 * e911: HTTP requests that wait for a validator
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A process that handles SIP never waits: it puts down whose connection it is
 * and goes on. A worker writes the answer when the job is done or the time is
 * over. In shared memory, bounded; the lock never leaves this file.
 */
#ifndef E911_WAITING_H
#define E911_WAITING_H

#include "../../core/parser/msg_parser.h"
#include "jobs.h"
#include "reply.h"

typedef struct e911_waiter
{
	uint64_t job;			/* of a validation; 0: none */
	uint64_t ticket;		/* of a change that is to be stored; 0: none */
	int kind;				/* the user's */
	uint32_t site;			/* id */
	struct receive_info to; /* whom to answer; given by put */
	uint64_t until;			/* e911_clock_ms(); given by put */
	int used;				/* private */
	int bare;				/* HEAD: no body */
	char origin[E911_ORIGIN_MAX];
	int aor_len, contact_len;
	char aor[E911_AOR_MAX];
	char contact[E911_CONTACT_MAX];
} e911_waiter_t;

/** Writes the answer, whole: it is done, or its time is over. An answer with
 * b->err is not sent. */
typedef void (*e911_waiter_f)(const e911_waiter_t *w, e911_strbuf_t *b);

/** Has what it waits for come to pass? It must not wait for anything. */
typedef int (*e911_waiter_done_f)(const e911_waiter_t *w);

/** Before the fork. MEM. */
int e911_waiting_init(
		unsigned int max, e911_waiter_done_f done, e911_waiter_f write);
void e911_waiting_destroy(void);
/** The request waits for at most so long; who asks does not answer it then.
 * FULL, DOWN: there is no table; it is to be answered at once. */
int e911_waiting_put(const sip_msg_t *msg, const e911_waiter_t *w, int ms);
/** Does an earlier request of this connection still wait? */
int e911_waiting_has(const sip_msg_t *msg);
/** In a worker: answers those that are done. */
void e911_waiting_serve(void);
/** ms until they are to be looked at again, at most so many. */
int e911_waiting_due(int most);
unsigned int e911_waiting_count(void);

#endif
