/*
 * e911: what is kept of one contact: its places, and what became of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A place is a location together with the network it was last confirmed from.
 * One of a record's places is in use; the others are remembered, so that a
 * contact that returns to one of these networks has its location back.
 *
 * Deadlines are seconds of e911_now(): a wall clock that jumps drops nothing.
 */
#ifndef E911_RECORD_H
#define E911_RECORD_H

#include <stdint.h>
#include "aor.h"
#include "location.h"
#include "network.h"
#include "site.h"

#define E911_PLACES_MAX 4

typedef struct e911_place
{
	e911_network_t network; /* not known until the contact is heard from */
	time_t confirmed;		/* wall clock: stated, or stated again */
	uint64_t said; /* hash of what was stated when its verdict came; 0: none */
	e911_location_t location; /* last: copied only as far as it is in use */
} e911_place_t;

#define E911_PLACE_SIZE(p)                                                  \
	((offsetof(e911_place_t, location) + E911_LOCATION_SIZE(&(p)->location) \
			 + 7)                                                           \
			/ 8 * 8)

/* Is it in the database? */
enum e911_dirty
{
	E911_CLEAN,
	E911_DIRTY,	 /* not yet */
	E911_REFUSED /* the database does not take it */
};

typedef struct e911_state
{
	uint64_t version;	 /* grows with each change, over all records */
	uint64_t mark;		 /* of the registration last seen, 0: none */
	uint32_t site;		 /* e911_site_id(), 0: the one of its AoR */
	uint32_t expires;	 /* deadline: not kept longer; 0: none */
	uint32_t retained;	 /* the same for the place in use; 0: none */
	uint32_t gone;		 /* deadline: dropped; 0 while the contact is there */
	uint32_t until;		 /* deadline: the registration is to be looked for */
	uint32_t challenged; /* deadline: no challenge before */
	uint32_t challenger; /* hash of whom that was */
	uint32_t asked;		 /* deadline: its validators are not asked before */
	e911_network_t seen; /* last heard from */
	/* where, and over which flow, it registered; unknown since the start until
	 * it is heard of. These prove a caller: nothing else is written here. */
	e911_network_t home;
	unsigned short port;
	unsigned char proto;
	int connection;			  /* of TCP, TLS, WebSocket; 0 without */
	unsigned char challenges; /* since then */
	unsigned char place;	  /* in use */
	unsigned char moved; /* heard from a network that is none of its places */
	unsigned char bound; /* its contact is, or was, registered */
	unsigned char dirty; /* enum e911_dirty */
	unsigned char restored; /* as it was in the database at the start */
	unsigned char sought;	/* since then, among contacts from before it */
	unsigned char silent;	/* times in a row that no validator said anything */
} e911_state_t;

typedef struct e911_record
{
	str aor;
	str contact; /* empty: whatever the device */
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
	e911_state_t state;
	int places;
	e911_place_t place[E911_PLACES_MAX];
} e911_record_t;

/* Why a location is not fresh, or does not go. */
enum e911_reason
{
	E911_REASON_NONE,
	E911_REASON_MOVED,	 /* the contact was heard from elsewhere */
	E911_REASON_OLD,	 /* confirmed longer ago than the site allows */
	E911_REASON_GONE,	 /* the contact is no longer registered */
	E911_REASON_UNUSABLE /* it was named so: another one goes, or none */
};

/** Seconds of a clock that never jumps, never 0. */
uint32_t e911_now(void);
/** Deadline from a wall-clock time, and back; 0 stays 0. */
uint32_t e911_deadline(time_t when);
time_t e911_wall(uint32_t deadline);
/** Has the deadline passed? Never, where it is 0. */
int e911_passed(uint32_t deadline, uint32_t now);
/** An empty record; the strings in their own memory. LONG. */
int e911_record_init(e911_record_t *r, const str *aor, const str *contact);
/** enum e911_freshness of a place of such a state; *reason why. */
int e911_freshness(const e911_state_t *state, time_t confirmed,
		const e911_site_t *site, int *reason);
const char *e911_reason_name(int reason);
/**
 * Puts a location at the network the contact was last heard from: in place of
 * the one stated from there, else as one more, the one confirmed longest ago
 * giving way. It is the place in use then, and fresh. rule: what counts as the
 * same network.
 */
void e911_record_state(e911_record_t *r, const e911_vicinity_t *rule,
		const e911_location_t *l, time_t now);
/** The location in use once more, for the network last heard from. */
void e911_record_confirm(
		e911_record_t *r, const e911_vicinity_t *rule, time_t now);

#endif
