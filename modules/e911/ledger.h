/*
 * e911: the ledger: the emergency calls of the last while
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who called, by which numbers he may be called back, the ELIN he has, the
 * reference to his location. In shared memory, bounded; copies in and out, the
 * lock never leaves this file. An entry is kept while its call is up and for
 * the window after its end (RFC 6881 SP-35, 30 minutes). A call whose end was
 * not seen counts as ended after so many hours. Times inside are of
 * e911_now(): a clock that jumps drops nothing.
 */
#ifndef E911_LEDGER_H
#define E911_LEDGER_H

#include <stdint.h>
#include <time.h>
#include "aor.h"
#include "elin.h"
#include "location.h"

#define E911_CALLID_MAX 192 /* a longer one is kept by its keyed hash */
#define E911_SOURCE_MAX 96
#define E911_URI_MAX 256
#define E911_REFERENCE_LEN 32 /* hexadecimal digits, 128 random bits */

typedef struct e911_entry
{
	uint64_t version;	  /* grows with each change, over all entries */
	time_t started;		  /* wall clock */
	time_t ended;		  /* 0: it is up */
	uint32_t site;		  /* id */
	unsigned char trunk;  /* it came over a trunk */
	unsigned char proven; /* he was who he said */
	unsigned char test;	  /* a test call */
	char callid[E911_CALLID_MAX];
	char tag[64];					   /* of the From, as much as fits */
	char caller[64];				   /* its display name, cut if longer */
	char aor[E911_AOR_MAX + 1];		   /* normal; empty: he had none */
	char device[E911_CONTACT_MAX + 1]; /* best name, as the cache has it */
	char contact[E911_URI_MAX];		   /* his Contact, a URI */
	char source[E911_SOURCE_MAX];	   /* sip:192.0.2.1:5060;transport=tcp */
	char callback[E911_ELIN_MAX];	   /* number he is called back by */
	char elin[E911_ELIN_MAX];		   /* leased; empty: none */
	char reference[E911_REFERENCE_LEN + 1];
	int located;
	e911_location_t location; /* last: copied only as far as in use */
} e911_entry_t;

/** Table of at most max calls; before the fork. changed: called when there is
 * something for the database, may be NULL. MEM. */
int e911_ledger_init(unsigned int max, void (*changed)(void));
void e911_ledger_destroy(void);
/** A Call-ID as an entry has it. Who asks by a Call-ID gives the whole of it. */
void e911_ledger_callid(char to[E911_CALLID_MAX], const str *callid);
/**
 * Opens an entry for a call, by its Call-ID, with a new reference written to
 * entry->reference. One of that Call-ID, tag and AoR that is there is taken for
 * the same call: it is up again, and keeps its reference and its ELIN. One of
 * another's stays as it is, and entry->callid becomes the name that this call is
 * kept by instead. When the table is full the one that ended longest ago gives
 * way. MEM, FULL.
 */
int e911_ledger_open(e911_entry_t *entry);
/**
 * Leases one of the pool's numbers to a call, into number: the one the call
 * has; else the one that the same proven caller (AoR and device) had in the
 * window;
 * else, of those that fewer than most calls have at the moment, one nobody had
 * in the window, the one free longest first; else the one whose last call ended
 * longest ago. FULL: all are taken; NONE: no such entry.
 */
int e911_ledger_lease(const str *callid, const e911_elins_t *pool,
		char number[E911_ELIN_MAX]);
/** The one that would be leased to a caller, without leasing. FULL. */
int e911_ledger_would_lease(const str *aor, const str *device,
		const e911_elins_t *pool, char number[E911_ELIN_MAX]);
/** The call has ended; tag (From or To of the BYE): either is to be the
 * caller's, NULL: it is known to be right. 1: it has now, and goes to entry,
 * which may be NULL. */
int e911_ledger_end(const str *callid, const str *from_tag, const str *to_tag,
		e911_entry_t *entry);
/** Before the fork: told of each call whose end was not seen in time, where it
 * is swept. */
void e911_ledger_watch(void (*on_lost)(const e911_entry_t *entry));
/** Is any call up? One look without a lock: a BYE of no emergency is cheap. */
int e911_ledger_is_idle(void);
/** The newest call within the window that has this number, as ELIN or as
 * callback, and one that only claims it where nobody else has; digits are
 * compared without "+" and separators, and one with the country code is the
 * same as one without it if 10 digits are. NONE. */
int e911_ledger_by_number(const str *number, e911_entry_t *entry);
int e911_ledger_by_call(const str *callid, e911_entry_t *entry);
/** NONE: no such reference, or its time is over. */
int e911_ledger_by_reference(const str *reference, e911_entry_t *entry);
/** Walks all entries, *cursor 0 to begin. 1: one copied out, 0: the end. */
int e911_ledger_next(uint64_t *cursor, e911_entry_t *entry);
/** The nth from 0 on: those that are up, the one opened last first, then those
 * that ended, the one that ended last first. 0: there are no more. */
int e911_ledger_newest(unsigned int n, e911_entry_t *entry);
/** How many calls have this number now; *idle: seconds since the last of them
 * ended, -1: nobody had it in the window. */
int e911_ledger_users(const char *number, int *idle);
/** Drops what is past the window; now and then. */
void e911_ledger_sweep(void);
unsigned int e911_ledger_count(void);

/* ----- for the keeper ----- */

/** An entry that the database does not have as it is; NONE. */
int e911_ledger_dirty(e911_entry_t *entry);
/** The database has that version. */
void e911_ledger_stored(const str *callid, uint64_t version);
/** An entry out of the database; of a call that was up at the stop, too. VALUE:
 * past its window; TWICE: there is one of that call. MEM, FULL. */
int e911_ledger_restore(const e911_entry_t *entry);
/** All other processes have ended, maybe with the lock held. */
void e911_ledger_alone(void);

#endif
