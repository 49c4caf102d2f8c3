/*
 * e911: the one way a location changes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AoR and contact as people write them; a contact left empty stands for all
 * devices of the AoR. A contact that is registered is kept by its instance,
 * whatever name it was called by. One log line per change, without identity or
 * address.
 */
#ifndef E911_PROVISION_H
#define E911_PROVISION_H

#include "assessment.h"
#include "cache.h"
#include "queue.h"

/* Of what may be replaced, against lost updates. */
enum e911_replacing
{
	E911_MATCH_ANY,
	E911_MATCH_NOTHING, /* there is no location yet */
	E911_MATCH_SOMETHING,
	E911_MATCH_VERSION /* it is of that version */
};

/* What is to change. */
typedef struct e911_order
{
	str aor;
	str contact;
	const e911_location_t *location;
	int ttl;				/* s it is kept; 0: no limit of its own */
	e911_network_t network; /* stated from there; unknown: where the contact
							 * was last heard from */
	uint32_t site;			/* id; 0: the one of the AoR */
	uint64_t *job;			/* of its validation, if not NULL; 0: none */
	int match;				/* enum e911_replacing */
	uint64_t version;		/* of MATCH_VERSION */
} e911_order_t;

/* Kinds of changes in the queue. */
enum e911_change
{
	E911_CHANGED,
	E911_TAKEN_BACK,	/* the one of this contact */
	E911_ALL_TAKEN_BACK /* all of the AoR */
};

/** changes: where the database is to be told, NULL without one; loaded: has it
 * been read? In mod_init. */
void e911_provision_init(e911_queue_t *changes, int (*loaded)(void));
/** Whom to tell of a location that was stated and nobody has checked; the job
 * that comes of it, 0 for none. In mod_init. */
typedef uint64_t (*e911_provision_f)(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l);
void e911_provision_watch(e911_provision_f unchecked);
/**
 * States a location. VALUE or LONG (AoR, contact), MEM, FULL; OLD: what is
 * there is not what was to be replaced. *ticket: of the change, 0 without a
 * database.
 */
int e911_provision_set(const e911_order_t *order, uint64_t *ticket);
/** The location in force is right, where the contact is now. Errors as above,
 * NONE; UNUSABLE: it was named so. */
int e911_provision_confirm(
		const str *aor, const str *contact, uint64_t *ticket);
/** The location in use is wrong, as who knows has said: it goes with no call
 * until one is stated in its place. Errors as of confirming. */
int e911_provision_unusable(
		const str *aor, const str *contact, uint64_t *ticket);
/** Takes locations back; contact NULL: all of the AoR. *n: how many. */
int e911_provision_del(
		const str *aor, const str *contact, int *n, uint64_t *ticket);
/** Takes that one back, keys as the record has them, if it is of this version.
 * NONE, OLD. */
int e911_provision_del_version(
		const str *aor, const str *contact, uint64_t version, uint64_t *ticket);
/** The record of a contact, whatever name it is called by. VALUE, LONG, NONE. */
int e911_provision_get(const str *aor, const str *contact, e911_record_t *r);
/** The contacts of an AoR that have records, as the cache has them; how many. */
typedef struct e911_contacts
{
	int n;
	str contact[E911_DEVICES_MAX];
	char mem[E911_DEVICES_MAX][E911_CONTACT_MAX];
} e911_contacts_t;
int e911_provision_contacts(const str *aor, e911_contacts_t *contacts);
/** Forgets a remembered place, by its index and the version of the record it
 * was seen in; VALUE: it is the one in use. OLD, NONE, MEM. */
int e911_provision_forget_place(
		const str *aor, const str *contact, int place, uint64_t version);
/** A record out of the database, unless there is a newer one. MEM, FULL. */
int e911_provision_restore(e911_record_t *r);
/** What came out of the database after it had been taken back; contact NULL:
 * all of the AoR. */
void e911_provision_forget(const str *aor, const str *contact);
/** Forgets those of a record's places that are past their retention. */
void e911_provision_purge(const str *aor, const str *contact);
/** Has the database this change? 1 without one. */
int e911_provision_is_stored(uint64_t ticket);
/** Tells the database of a record that was changed in place. */
void e911_provision_tell(const str *aor, const str *contact);
/** A validator's definite verdict on a location, keys as the record has them:
 * put into force where that very location still stands. NONE, MEM, SPACE. */
int e911_provision_assessed(const str *aor, const str *contact,
		const e911_location_t *l, const e911_assessment_t *a);
/** Its validators are asked just now, or (answered) have said nothing definite:
 * later each time, up to an hour. No change for the database. */
void e911_provision_asked(const str *aor, const str *contact, int answered);
/** The site of a record, or the one it would have; VALUE, LONG. */
int e911_provision_site_of(
		const str *aor, const str *contact, const e911_site_t **site);
/** The site a record is under. */
const e911_site_t *e911_provision_site(const str *aor, uint32_t site);

#endif
