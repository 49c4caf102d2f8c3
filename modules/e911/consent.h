/*
 * e911: consents: that agents have read what 911 may not do for them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 47 CFR 9.11(b)(5): subscribers are advised of the limits of 911, and the
 * provider keeps a record that they have acknowledged it. Of each AoR the last
 * one, in shared memory; bounded: a full table refuses. Which version is to be
 * acknowledged a site says.
 */
#ifndef E911_CONSENT_H
#define E911_CONSENT_H

#include <stdint.h>
#include <time.h>
#include "aor.h"
#include "site.h"

typedef struct e911_consent
{
	char version[E911_ADVISORY_MAX];
	time_t when;
} e911_consent_t;

/* One that the database is to have as it is. */
typedef struct e911_consent_change
{
	str aor;
	char aor_mem[E911_AOR_MAX];
	int erased;
	uint64_t number; /* of the change */
	e911_consent_t consent;
} e911_consent_change_t;

/** For at most so many AoRs; before the fork. wake: called when the database
 * is to have something; NULL: there is none. MEM. */
int e911_consent_init(unsigned int max, void (*wake)(void));
void e911_consent_destroy(void);
/** Of a normal AoR; in place of the one before. VALUE: version is no word;
 * LONG, FULL, MEM. */
int e911_consent_put(const str *aor, const str *version, time_t when);
/** NONE. */
int e911_consent_get(const str *aor, e911_consent_t *consent);
/** Forgets it, here and in the database. NONE. */
int e911_consent_erase(const str *aor);
unsigned int e911_consent_count(void);

/* ----- for the database ----- */

/** As it was there. TWICE: what is here is newer; else as put. */
int e911_consent_restore(const str *aor, const str *version, time_t when);
/** The change that waits for the longest; it stays. NONE. */
int e911_consent_changed(e911_consent_change_t *change);
/** It is in the database, or will never be. */
void e911_consent_stored(const e911_consent_change_t *change);
/** All other processes have ended, maybe with the lock held. */
void e911_consent_alone(void);

#endif
