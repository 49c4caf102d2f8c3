/*
 * e911: the rows in force: number plan, sites, trunks, profiles, ELINs,
 * validators, keys
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One whole set at a time. A new one is built and checked beside it, by any
 * one process, and then swapped in; or thrown away, and nothing has changed.
 * A set that was replaced is freed a minute later: nobody may hold on to what
 * he has out of it for longer than the handling of one message.
 */
#ifndef E911_SETTINGS_H
#define E911_SETTINGS_H

#include "additional.h"
#include "credential.h"
#include "elin.h"
#include "plan.h"
#include "profiles.h"
#include "recipient.h"
#include "rest.h"
#include "site.h"
#include "trunk.h"

typedef struct e911_settings
{
	e911_plan_t *plan;
	e911_sites_t *sites;
	e911_trunks_t *trunks;
	e911_profiles_t *profiles;
	e911_provider_t provider; /* name empty: there is no such row */
	e911_pools_t *pools;
	e911_validators_t *validators;
	e911_credentials_t *keys;
	e911_recipients_t *recipients;
	/* private */
	struct e911_settings *next;
	uint32_t replaced;
} e911_settings_t;

typedef struct e911_fault
{
	int err;
	int line;		  /* of a file, else 0 */
	char what[128];	  /* parameter */
	char detail[128]; /* the part at fault */
} e911_fault_t;

/** In mod_init. MEM. */
int e911_settings_init(void);
void e911_settings_destroy(void);
/** Remembers a row of the configuration file: it is in every set. MEM. */
int e911_settings_keep(const char *parameter, const char *row);
/** A new set, of the rows remembered. On an error *fault says why. */
int e911_settings_new(
		e911_settings_t **set, int default_numbers, e911_fault_t *fault);
void e911_settings_free(e911_settings_t *set);
/** Adds a row to a new set; parameter: number, site, trunk, profile, provider,
 * elin, validator, key, notify, else NAME. */
int e911_settings_add(e911_settings_t *set, const str *parameter,
		const str *row, e911_fault_t *fault);
/** Adds a file of lines "parameter row"; "#" begins a comment line. NONE: it
 * cannot be read; SPACE: longer than a mebibyte. */
int e911_settings_add_file(
		e911_settings_t *set, const char *path, e911_fault_t *fault);
/** All rows are there: do they fit together? NAME: a site asks a validator that
 * is none, or is of another kind, or notifies nobody; VALUE: a template names a
 * place that is none. */
int e911_settings_check(const e911_settings_t *set, e911_fault_t *fault);
/** In force from now on. FULL: too many were replaced in the last minute. */
int e911_settings_swap(e911_settings_t *set);
/** Frees what was replaced long enough ago; now and then. */
void e911_settings_bury(void);
/** The set in force. */
const e911_settings_t *e911_settings(void);
/** Of an id that is no site's any more: everybody's. */
const e911_site_t *e911_settings_site(uint32_t id);

#endif
