/*
 * e911: registered contacts, as usrloc has them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that is asked of usrloc, and all it tells. Without the module there is
 * no contact. usrloc holds the lock of an AoR while it tells something, so the
 * order of locks is usrloc's, then the cache's.
 */
#ifndef E911_REGISTRATION_H
#define E911_REGISTRATION_H

#include <stdint.h>
#include "caller.h"

typedef struct e911_contact
{
	e911_device_t device; /* instance, Contact, received address */
	char mem[E911_DEVICE_NAMES][E911_CONTACT_MAX];
	e911_network_t network; /* where it registered from */
	int port;
	int proto;
	int connection; /* 0 without */
	uint32_t until; /* deadline of the registration */
	uint64_t mark;	/* changes with any of its names */
} e911_contact_t;

/* What a registration tells of a record: it is bound to it, and proven by it. */
static inline void e911_contact_note(
		const e911_contact_t *contact, e911_state_t *s)
{
	s->bound = 1;
	s->mark = contact->mark;
	s->until = contact->until;
	s->home = contact->network;
	s->port = (unsigned short)contact->port;
	s->proto = (unsigned char)contact->proto;
	s->connection = contact->connection;
}

/* One contact in usrloc, while its lock is held. */
typedef struct ucontact e911_ucontact_t;

enum e911_contact_event
{
	E911_CONTACT_CAME, /* registered, or registered anew */
	E911_CONTACT_LEFT  /* unregistered or expired */
};

/**
 * aor as usrloc knows it, in lower case: without a domain where usrloc uses
 * none. mark as in e911_contact_t. In the process that handles the REGISTER,
 * with usrloc's lock held.
 */
typedef void (*e911_contact_f)(int event, const str *aor, uint64_t mark,
		uint32_t until, e911_ucontact_t *contact);

/** Binds usrloc if it is loaded; in mod_init. NONE: it is not. */
int e911_registration_init(e911_contact_f tell);
/** Does usrloc keep contacts by the user part alone? */
int e911_registration_by_user(void);
/** Names the table of contacts, once all modules are there. VALUE: usrloc was
 * loaded after this one; NONE: no such table yet. */
int e911_registration_open(const char *table);
void e911_registration_read(const e911_ucontact_t *u, e911_contact_t *contact);
/** Has the AoR another contact that is valid, with this name if not NULL? */
int e911_registration_has_other(const e911_ucontact_t *u, const str *name);

/** May an emergency call ask usrloc? Not where it writes to a database while it
 * holds the lock: whoever asked would wait for that. */
int e911_registration_is_quick(void);
/**
 * The contact of the AoR that is nearest to where the caller is heard from:
 * enum e911_nearness. raw: the AoR as written, for registrars that tell
 * capitals apart; may be empty.
 */
int e911_registration_near(const str *aor, const str *raw,
		const e911_caller_t *caller, e911_contact_t *contact);
/** Is this a process that may wait for usrloc? None that handles SIP is. */
void e911_registration_may_wait(int may);
/** The AoR's contact of one of these names (empty: any; of several the first).
 * NONE; also where asking might wait, and this process may not. */
int e911_registration_find(
		const str *aor, const str *name, e911_contact_t *contact);

/* ----- all contacts; these wait for usrloc, bit by bit ----- */

typedef struct e911_registered
{
	str aor; /* as usrloc knows it, in lower case */
	char aor_mem[E911_AOR_MAX];
	e911_contact_t contact;
} e911_registered_t;

/**
 * Walks all that is registered: *cursor 0 to begin, and at the end. At most n
 * of them copied out; how many, also none before the end. Those that come or go
 * meanwhile may be missed, or seen twice.
 */
int e911_registration_next(uint64_t *cursor, e911_registered_t *out, int n);
/** So many such steps, at least, see them all. */
unsigned int e911_registration_slots(void);

/* ----- requests for a contact; these wait for usrloc as its registrar does
 * ----- */

/**
 * Aims a request whose target was taken (target.h) at the AoR's contact of that
 * name, of several the newest, as registrar's lookup would. NONE; with MEM and
 * SYNTAX (its Path) half is set.
 */
int e911_registration_aim(sip_msg_t *msg, const str *aor, const str *name);
/** How many contacts of the AoR have another name. */
int e911_registration_others(const str *aor, const str *name);
/** By registrar's lookup itself, at all that it finds. NONE, half may be set.
 */
int e911_registration_aim_all(sip_msg_t *msg, const str *aor);

#endif
