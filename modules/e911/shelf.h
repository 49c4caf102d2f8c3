/*
 * e911: the shelf that notices lie on; private to them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * But for its life and death the lock is held.
 */
#ifndef E911_SHELF_H
#define E911_SHELF_H

#include <sys/queue.h>
#include "../../core/locking.h"
#include "notices.h"

#define E911_SHELF_QUEUES (2 * E911_RECIPIENTS_MAX)
#define E911_SHELF_BUCKETS 4096
#define E911_SHELF_RECENT 4096

enum e911_rank
{
	E911_RANK_URGENT, /* nobody took the call */
	E911_RANK_FIRST,  /* of a call, for its recipient */
	E911_RANK_LATER,
	E911_RANKS
};

enum e911_shelf_state
{
	E911_WAITING,
	E911_FLYING,
	E911_HEARD,
	E911_GIVEN_UP, /* the script is to be told */
	E911_GIVING,   /* it is being told */
	E911_GONE	   /* the database has it still */
};

/* In the database? */
enum e911_saved
{
	E911_UNSAVED,
	E911_SAVING,
	E911_SAVED,
	E911_DELETING,
	E911_NEVER
};

typedef struct e911_shelved
{
	TAILQ_ENTRY(e911_shelved) all;
	TAILQ_ENTRY(e911_shelved) line; /* what its state says */
	TAILQ_ENTRY(e911_shelved) save; /* unsaved, or gone */
	LIST_ENTRY(e911_shelved) of_call;
	LIST_ENTRY(e911_shelved) of_number;
	uint64_t number, call, at_ms;
	uint64_t born, due, flight; /* e911_clock_ms() */
	uint32_t until;				/* deadline */
	int queue, lane, rank, tries, code;
	int state, saved;
	char id[E911_NOTICE_ID_MAX];
	char recipient[E911_RECIPIENT_NAME_MAX];
	unsigned int facts_len, events_len;
	char text[];
} e911_shelved_t;

TAILQ_HEAD(e911_line, e911_shelved);
LIST_HEAD(e911_bucket, e911_shelved);

typedef struct e911_shelf_queue
{
	e911_notices_of_t of;
	int lane;
	struct e911_line line[E911_RANKS];
	uint64_t rest; /* until then */
	int rate, timeout_ms, tries;
	uint64_t tokens, filled; /* ms of a minute; when */
} e911_shelf_queue_t;

typedef struct e911_shelf
{
	gen_lock_t lock;
	unsigned int max, n;
	size_t bytes;
	uint64_t numbers;
	int pipe[E911_LANES][2];
	int next[E911_LANES]; /* queue that is asked first */
	int queues;
	int stored; /* there is a database */
	e911_shelf_queue_t queue[E911_SHELF_QUEUES];
	struct e911_line all, given_up, unsaved, gone;
	struct e911_line heard[E911_LANES];
	struct e911_bucket call[E911_SHELF_BUCKETS], number[E911_SHELF_BUCKETS];
	uint64_t recent[E911_SHELF_RECENT];
	e911_notices_count_t count;
} e911_shelf_t;

/** stored: there is a database. MEM. */
int e911_shelf_new(e911_shelf_t **shelf, unsigned int max, int stored);
void e911_shelf_free(e911_shelf_t *shelf);
/** All other processes have ended: what the database is to know is made anew. */
void e911_shelf_alone(e911_shelf_t *shelf);
/** A new one; it waits. */
void e911_shelf_put(e911_shelf_t *shelf, e911_shelved_t *e);
void e911_shelf_move(e911_shelf_t *shelf, e911_shelved_t *e, int state);
/** No more of it, once the database has forgotten it. */
void e911_shelf_end(e911_shelf_t *shelf, e911_shelved_t *e);
/** No more at once of one that is gone. */
void e911_shelf_drop(e911_shelf_t *shelf, e911_shelved_t *e);
/** NULL: none. */
e911_shelved_t *e911_shelf_find(const e911_shelf_t *shelf, uint64_t number);
/** One of this call, for the same recipient; NULL: none. */
e911_shelved_t *e911_shelf_sibling(const e911_shelf_t *shelf, uint64_t call,
		int queue, int state, int rank);
/** Wakes a lane; without the lock as well. */
void e911_shelf_wake(e911_shelf_t *shelf, int lane);

#endif
