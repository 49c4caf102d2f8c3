/*
 * e911: notices that are to be sent, in shared memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One for each event of a call and each recipient. Any process puts one, never
 * waits; a process of our own for each lane takes the best that is due. Each recipient has a queue of his own: who does
 * not answer is asked less often, and delays nobody else. What is urgent goes
 * first; later notices of a call wait for its first one, and are merged while
 * they wait. Bounded, in number and bytes: the first notice of a call pushes
 * out later ones, never the other way round.
 */
#ifndef E911_NOTICES_H
#define E911_NOTICES_H

#include "notice.h"
#include "recipient.h"

#define E911_NOTICES_FLIGHT 8 /* to one recipient at once */

/* Who sends it. */
enum e911_lane
{
	E911_LANE_NET,	 /* by libcurl: webhooks, mail */
	E911_LANE_SIP,	 /* MESSAGE */
	E911_LANE_EVENT, /* the script's routes, also for those given up */
	E911_LANES
};

/* To whom, of what. */
typedef struct e911_notice_order
{
	const e911_recipient_t *to;
	uint64_t call; /* e911_hash() of the call */
	int step;
	int event;
	uint64_t at_ms; /* of the event, wall clock */
	str facts;
	str events;		/* its brief; of one out of the database all it has */
	const char *id; /* of one out of the database, else NULL */
	time_t until;	/* the same, else 0 */
} e911_notice_order_t;

/* A copy of one. */
typedef struct e911_due
{
	uint64_t number; /* in the table */
	uint64_t at_ms;
	uint64_t took_ms; /* from the event to now */
	time_t until;	  /* too old then */
	char id[E911_NOTICE_ID_MAX];
	char recipient[E911_RECIPIENT_NAME_MAX];
	int tries;	  /* before this one */
	int given_up; /* the script is to be told so */
	int code;	  /* answered: what SIP said */
	str facts, events;
	char mem[E911_NOTICE_FACTS_MAX + E911_NOTICE_EVENTS_MAX];
} e911_due_t;

typedef struct e911_notices_count
{
	unsigned int waiting, flying, given_up, unsaved; /* now */
	unsigned long sent, failed, lost, merged;
	/* first notices of calls, from the event until acknowledged */
	unsigned long firsts, first_ms, first_max_ms;
} e911_notices_count_t;

typedef struct e911_notices_of
{
	char name[E911_RECIPIENT_NAME_MAX];
	unsigned int waiting, flying;
	unsigned long sent, failed, lost;
	int failures; /* in a row */
	int rest_ms;  /* until it is tried again */
} e911_notices_of_t;

/** Before the fork; saver: wakes who puts them into a database, NULL: nobody.
 * MEM. */
int e911_notices_init(unsigned int max, void (*saver)(void));
void e911_notices_destroy(void);
/** All other processes have ended, maybe in the midst of something. */
void e911_notices_alone(void);
/** TWICE: it is there, or was not long ago; FULL, MEM: lost. */
int e911_notices_put(const e911_notice_order_t *order);

/** The best one that is due; it is yours for the time-out of a try. NONE. */
int e911_notices_take(int lane, e911_due_t *due);
/** What was heard of one that was taken, with so many tries before; the lane
 * takes it then with e911_notices_heard(). */
void e911_notices_answered(uint64_t number, int tries, int code);
int e911_notices_heard(int lane, e911_due_t *due);
/** It has arrived, or the script was told of it: no more of it. */
void e911_notices_done(const e911_due_t *due);
/** It has not: once more, later; 1: it is given up, this being the last try. */
int e911_notices_failed(const e911_due_t *due, int tries);
/** Once more very soon, no fault of the recipient's. */
void e911_notices_again(const e911_due_t *due);
/** Each second: gives up what is too old, takes back what was never heard of. */
void e911_notices_sweep(int lane);
/** ms until there may be something to do, at most so many. */
int e911_notices_idle(int lane, int most);
/** Readable when there is something; to be emptied then. */
int e911_notices_fd(int lane);
void e911_notices_empty_fd(int lane);
/** May be called from a signal handler. */
void e911_notices_wake(int lane);

/** Is there anything to be written, or deleted, in the database? */
int e911_notices_to_write(void);
/** The next that it does not have; that it is to forget. NONE. */
int e911_notices_unsaved(e911_due_t *due);
int e911_notices_gone(char id[E911_NOTICE_ID_MAX], uint64_t *number);
/** What these gave is done; else it is given again. */
void e911_notices_written(uint64_t number, int done);

void e911_notices_count(e911_notices_count_t *count);
/** The nth recipient ever told of anything; NONE past the end. */
int e911_notices_nth(int n, e911_notices_of_t *of);

#endif
