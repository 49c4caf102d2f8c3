/*
 * e911: the journal: what happened to the calls, in the order it happened
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One block of shared memory, taken at the start, into which any process puts
 * its events without waiting for anything; copies out, the lock never leaves
 * this file. Where a database is to have them, an event stays until it is
 * written: when the block is full of those, new ones are lost, and that is an
 * entry of its own; the last quarter is kept for the first events of calls.
 * Without one the oldest gives way.
 */
#ifndef E911_JOURNAL_H
#define E911_JOURNAL_H

#include "events.h"
#include "parcel.h"

#define E911_JOURNAL_LEAST 65536 /* bytes */

/** Takes the block, before the fork; wake: called when there is something to
 * write, may be NULL. MEM. */
int e911_journal_init(size_t bytes, void (*wake)(void));
void e911_journal_destroy(void);
/** Is each event to be written? Else the oldest gives way. */
void e911_journal_keep(int is_written);
/** Watches events. */
void e911_journal_put(const e911_event_t *event);
/** An entry of its own kind. */
void e911_journal_note(int kind, int code);

/** The entries in memory: *first to *next - 1, by their numbers. */
void e911_journal_range(uint64_t *first, uint64_t *next);
/** A copy of that entry in mem of E911_PARCEL_MAX bytes, and its event,
 * pointing into that. NONE. */
int e911_journal_get(uint64_t number, void *mem, e911_event_t *event);
/** The newest one of these kinds (bits) of a call. NONE. */
int e911_journal_newest(
		const str *callid, unsigned int kinds, void *mem, e911_event_t *event);

/* ----- for who writes ----- */

/** Number of the first that is not written. An entry of what was lost is made
 * before, if there is room again. */
uint64_t e911_journal_unwritten(void);
/** All before this number are. */
void e911_journal_written(uint64_t number);
/** All other processes have ended, maybe with the lock held. */
void e911_journal_alone(void);

typedef struct e911_journal_head
{
	uint64_t seq; /* 0: none is written */
	char mac[E911_MAC_LEN + 1];
	uint64_t waiting; /* entries that are to be written */
	uint64_t lost;	  /* events, since the start */
} e911_journal_head_t;

/** The last row written. */
void e911_journal_head(e911_journal_head_t *head);
void e911_journal_set_head(uint64_t seq, const char *mac);

#endif
