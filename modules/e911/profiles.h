/*
 * e911: the profiles in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A set begins with the rows built in; it is made in shared memory by one
 * process, then only read.
 */
#ifndef E911_PROFILES_H
#define E911_PROFILES_H

#include "profile.h"

#define E911_PROFILES_MAX 128

typedef struct e911_profiles e911_profiles_t;

/** The built-in rows; MEM. */
int e911_profiles_new(e911_profiles_t **profiles);
void e911_profiles_free(e911_profiles_t *profiles);
/**
 * Adds "name=…;like=NAME;…": a profile, or with country= the variant of one.
 * One of a built-in name takes its place, and that of its variants. Errors:
 * those of rows, FULL, MEM, TWICE, NAME (a column, or the one it is to be
 * like), VALUE, MISSING (name); bad is the key at fault, in the row's memory.
 */
int e911_profiles_add(e911_profiles_t *profiles, const str *row, str *bad);
/** By its name; NULL. */
const e911_profile_t *e911_profiles_named(
		const e911_profiles_t *profiles, const str *name);
/** By id; its variant for a country (may be empty) where it has one; where
 * there is no such profile any more, the default one. Never NULL. */
const e911_profile_t *e911_profiles_with(
		const e911_profiles_t *profiles, uint32_t id, const str *country);
/** In the order of their rows; NULL past the end. */
const e911_profile_t *e911_profiles_nth(
		const e911_profiles_t *profiles, int index);
/** Is that the address of one who calls back? */
int e911_profiles_trust(
		const e911_profiles_t *profiles, const e911_network_t *source);

#endif
