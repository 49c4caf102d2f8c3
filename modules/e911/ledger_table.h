/*
 * e911: the ledger's table, for ledger.c alone
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls in shared memory, on hash chains, by age, and those the database does
 * not have. The lock is held by who calls, but for init, destroy, alone, and
 * new.
 */
#ifndef E911_LEDGER_TABLE_H
#define E911_LEDGER_TABLE_H

#include "../../core/locking.h"
#include "ledger.h"
#include "number.h"

typedef struct e911_ring
{
	struct e911_ring *next;
	struct e911_ring *prev;
} e911_ring_t;

/* Which rings a call is on: four hash chains, one by age, one of the dirty. */
enum e911_ledger_link
{
	E911_BY_CALL,
	E911_BY_REFERENCE,
	E911_BY_ELIN,
	E911_BY_CALLBACK,
	E911_CHAINS,
	E911_BY_AGE = E911_CHAINS,
	E911_BY_DIRT,
	E911_LINKS
};

typedef struct e911_ledger_call
{
	e911_ring_t link[E911_LINKS]; /* on none: alone with itself */
	uint64_t hash[E911_CHAINS];
	e911_number_t elin; /* n is 0 where there is none */
	e911_number_t callback;
	uint32_t opened;	/* of e911_now() */
	uint32_t since;		/* opened if it is up, else ended */
	e911_entry_t entry; /* last: one block, only as far as in use */
} e911_ledger_call_t;

#define E911_LEDGER_USED 4096 /* power of two */

typedef struct e911_ledger_table
{
	gen_lock_t lock;
	unsigned int max;
	unsigned int slots; /* power of two */
	unsigned int count;
	unsigned int up;
	uint64_t version;
	/* rings are being altered: a process that dies here leaves them torn */
	volatile int altering;
	e911_ring_t ups; /* opened longest ago first */
	/* ended longest ago first: of proven callers, and of others, who give way
	 * first: who floods us with calls pushes out nobody but his like */
	e911_ring_t ends;
	e911_ring_t doubts;
	e911_ring_t dirty; /* changed longest ago first */
	/* when a number was last leased or given back, by its hash: outlives the
	 * calls; two numbers in one place only spoil their order */
	uint32_t used[E911_LEDGER_USED];
	e911_ring_t chain[]; /* slots for each of E911_CHAINS */
} e911_ledger_table_t;

extern e911_ledger_table_t *e911_ledger_table;

int e911_ledger_table_new(unsigned int max);
void e911_ledger_table_free(void);
/** Empties what a process that died has left torn. */
void e911_ledger_table_alone(void);
void e911_ring_init(e911_ring_t *ring);
void e911_ring_leave(e911_ring_t *ring);
void e911_ring_join(e911_ring_t *ring, e911_ring_t *behind);
e911_ledger_call_t *e911_ledger_on(e911_ring_t *ring, int link);
e911_ring_t *e911_ledger_chain(int link, uint64_t hash);

/** A block of its own, on no ring; NULL. */
e911_ledger_call_t *e911_ledger_call_new(const e911_entry_t *entry);
/** Its Call-ID is another one now; not while it is on a ring. */
void e911_ledger_named(e911_ledger_call_t *c);
void e911_ledger_copy(e911_entry_t *entry, const e911_ledger_call_t *c);
void e911_ledger_put(e911_ledger_call_t *c);
void e911_ledger_take(e911_ledger_call_t *c);
/** A new version, for the database. */
void e911_ledger_touch(e911_ledger_call_t *c);
/** Its end was at that moment of e911_now(). */
void e911_ledger_ended(e911_ledger_call_t *c, uint32_t at, uint32_t now);
void e911_ledger_give(e911_ledger_call_t *c, const char *elin, uint32_t now);
uint32_t e911_ledger_used(const e911_number_t *number);

/** Is it up, s since its end, is it past its window? */
int e911_ledger_is_up(const e911_ledger_call_t *c, uint32_t now);
int e911_ledger_idle_of(const e911_ledger_call_t *c, uint32_t now);
int e911_ledger_is_over(const e911_ledger_call_t *c, uint32_t now);
/** NULL. */
e911_ledger_call_t *e911_ledger_with_text(
		int link, const char *text, size_t offset);
/** The one that has the Call-ID of c, which is on no ring yet; NULL. */
e911_ledger_call_t *e911_ledger_namesake(const e911_ledger_call_t *c);
/** The newest one behind that of the chain (its head to begin) that has the
 * number and is not over; NULL. */
e911_ledger_call_t *e911_ledger_with_number(
		int link, const e911_number_t *d, e911_ring_t *behind, uint32_t now);

/** As e911_ledger_newest(); NULL. */
e911_ledger_call_t *e911_ledger_nth_newest(unsigned int n);

#endif
