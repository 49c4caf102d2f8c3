/*
 * e911: is this a right address? A site's validators, one after the other
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What needs no network is done at once, by who asks; the rest is a job of a
 * worker, whose verdict is put into force where that very location still stands.
 * The first definite verdict counts; a validator that is silent, fails or says
 * nothing definite is passed over.
 */
#ifndef E911_VALIDATE_H
#define E911_VALIDATE_H

#include "jobs.h"
#include "msag.h"
#include "provision.h"
#include "site.h"

/** How many workers there are, and whether they may ask the network. In
 * mod_init. */
void e911_validate_init(int workers, int network);
/**
 * The steps that need no network, in order, up to a definite verdict; a is
 * written in any case. AGAIN: a step that needs the network comes before one.
 */
int e911_validate_now(const e911_site_t *site, const e911_location_t *l,
		e911_assessment_t *a);
/** The same of JSON text, for the script; site: its name, NULL for that of
 * everybody. 1: valid or corrected, -1: invalid or no location, -2: nothing
 * definite at once. */
int e911_validate_text(const str *text, const str *site);
/** Does the site take no location of which that is said? */
int e911_validate_rejects(const e911_site_t *site, const e911_assessment_t *a);
/**
 * States a location, after what needs no network has been said of it: l is then
 * as the validator wrote it. UNUSABLE: the site does not take it, a says why,
 * and what was in force stays; else as e911_provision_set(). Counted. *job: of
 * what is asked over the network, 0: nothing.
 */
int e911_validate_state(const e911_site_t *site, e911_order_t *order,
		e911_location_t *l, e911_assessment_t *a, uint64_t *job,
		uint64_t *ticket);
/** Has it done by a worker; its job, 0 where nobody can do it. aor NULL: of
 * nobody, the assessment alone. priority: of jobs.h. Never waits. */
uint64_t e911_validate_ask(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l, int priority);
/** As provision.h wants it. */
uint64_t e911_validate_stated(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l);
/** The result of a job, waited for at most so long. AGAIN: not yet; NONE: no
 * such job, any more. */
int e911_validate_wait(uint64_t job, int ms, e911_assessment_t *a);
/** Counts a result. */
void e911_validate_count(const e911_assessment_t *a);
/** What the guide knows of a valid address; NONE. */
int e911_validate_zone(const e911_location_t *l, const e911_assessment_t *a,
		e911_msag_zone_t *zone);

#endif
