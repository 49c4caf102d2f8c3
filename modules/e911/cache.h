/*
 * e911: the locations in force, in shared memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keyed by AoR and device (aor.h). All devices of an AoR stand in one chain,
 * so that one look-up under one lock answers "this device, else …". Copies go
 * in and copies come out; locks never leave this file. Bounded: a full table
 * refuses, it never drops somebody else's location. Only provision writes.
 */
#ifndef E911_CACHE_H
#define E911_CACHE_H

#include "device.h"
#include "record.h"

#define E911_DEVICES_MAX 16 /* with a location, of one AoR */

/* How a location was found. */
enum e911_found
{
	E911_FOUND_NONE,
	E911_FOUND_DEVICE, /* one of the device's names */
	E911_FOUND_AOR,	   /* stated for the AoR, whatever the device */
	E911_FOUND_ONLY	   /* the only location of the AoR */
};

/* What was found beside the location. */
typedef struct e911_finding
{
	int found;			/* enum e911_found */
	int near;			/* enum e911_nearness, of the contact of the record */
	e911_state_t state; /* as seen from there: moved, place */
	time_t confirmed;	/* of the place */
	str contact;		/* the device it was stated for */
	char contact_mem[E911_CONTACT_MAX];
} e911_finding_t;

/* One record in the table, while its lock is held. */
typedef struct e911_view
{
	str aor;
	str contact;
	e911_state_t *state;
	int places;
	e911_place_t *place[E911_PLACES_MAX];
} e911_view_t;

/* What a visitor did. */
enum e911_visit
{
	E911_VISIT_KEEP,	/* nothing that the database has to know */
	E911_VISIT_CHANGED, /* a new version */
	E911_VISIT_DROP		/* out with it */
};

/** May change the state, the places' networks and times. It must neither call
 * the cache nor wait for anything. */
typedef int (*e911_visit_f)(e911_view_t *view, void *arg);

/**
 * Table for at most max locations; once, before the fork. by_user: visits go
 * by the user part of an AoR, for a registrar that knows no domains. MEM.
 */
int e911_cache_init(unsigned int max, int by_user);
void e911_cache_destroy(void);
/**
 * Puts or replaces; the version it then has goes to *version. AGAIN: what is
 * there is of another version than r->state.version, 0 for nothing: read it
 * anew. MEM, FULL (also of the AoR): what was there stays.
 */
int e911_cache_put(const e911_record_t *r, uint64_t *version);
/** That one record; NONE. */
int e911_cache_get(const str *aor, const str *contact, e911_record_t *r);
/**
 * The location of a caller: of the contact that registered over the very flow
 * he is heard over, else the first of the device's names that is there, else
 * the AoR's own, else its only one; of its places the one where he is heard
 * from, else the one in use. f is written in any case, l if found.
 */
void e911_cache_find(const str *aor, const e911_device_t *device,
		const e911_where_from_t *from, e911_location_t *l, e911_finding_t *f);
/** Shows each record of an AoR (or of a user, see init) to the visitor; how
 * many were changed or dropped. */
int e911_cache_visit(const str *aor, e911_visit_f visit, void *arg);
/** The same for all records of n slots from first on; the next slot, 0 behind
 * the last one. */
unsigned int e911_cache_sweep(
		unsigned int first, unsigned int n, e911_visit_f visit, void *arg);
/** The database has this version now: no longer dirty, if it is that one. */
void e911_cache_stored(const str *aor, const str *contact, uint64_t version);
/** The database does not take this version. */
void e911_cache_refused(const str *aor, const str *contact, uint64_t version);
/**
 * Walks all records: *cursor 0 to begin. 1: one copied out, 0: the end.
 * Records that come or go meanwhile may be missed, none stands twice in a
 * chain that did not change.
 */
int e911_cache_next(uint64_t *cursor, e911_record_t *record);
/** All other processes have ended, maybe with a lock held. */
void e911_cache_alone(void);
unsigned int e911_cache_count(void);
int e911_cache_is_full(void);
unsigned int e911_cache_slots(void);

#endif
