/*
 * e911: words of addresses, as data: USPS Publication 28
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Suffixes of streets (appendix C1), secondary units (appendix C2), directions
 * (section 233), states (appendix B, with the provinces of Canada), ordinals.
 * Words are asked for in capitals, without punctuation.
 */
#ifndef E911_POSTAL_H
#define E911_POSTAL_H

#include <stddef.h>

#define E911_SUFFIXES_MAX 255

enum e911_direction
{
	E911_DIRECTION_NONE,
	E911_DIRECTION_N,
	E911_DIRECTION_NE,
	E911_DIRECTION_E,
	E911_DIRECTION_SE,
	E911_DIRECTION_S,
	E911_DIRECTION_SW,
	E911_DIRECTION_W,
	E911_DIRECTION_NW
};

/* What a secondary unit is in a location. */
enum e911_unit
{
	E911_UNIT_NONE,
	E911_UNIT_UNIT,
	E911_UNIT_ROOM,
	E911_UNIT_FLOOR,
	E911_UNIT_BUILDING
};

/** Number of a suffix, in whatever way it is written; 0: it is none. */
int e911_postal_suffix(const char *word, size_t len);
/** The standard abbreviation of a suffix; "" for 0. */
const char *e911_postal_abbreviation(int suffix);
/** The word in full, of a standard abbreviation (BLVD) that is no word itself
 * (VIA, PARK); else NULL. */
const char *e911_postal_whole(const char *word, size_t len);
int e911_postal_direction(const char *word, size_t len);
const char *e911_postal_direction_name(int direction);
int e911_postal_unit(const char *word, size_t len);
/** 1…20, 30…90 for FIRST…; 0: none. */
int e911_postal_ordinal(const char *word, size_t len);
/** 20…90 for TWENTY…; 0: none. */
int e911_postal_tens(const char *word, size_t len);
/** The two letters of a state or province, by its name; NULL. */
const char *e911_postal_state(const char *name, size_t len);
/** Another way of writing one word of a name, where it stands first, last, or
 * in front of a number: SAINT of ST; NULL: as it is. */
const char *e911_postal_name(
		const char *word, size_t len, int first, int last, int numbered);

#endif
