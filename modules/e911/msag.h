/*
 * e911: MSAG: the streets and house numbers that there are
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A master street address guide as an index in shared memory: built by one
 * process from rows, then only read, by many, without a lock. One whole set at
 * a time; a new one is built beside it and swapped in by settings' rules.
 *
 * An address is of a range when state and community, street, suffix and
 * directionals are equal in normal form (street.h), the number is between the
 * ends, and odd or even as the range is.
 */
#ifndef E911_MSAG_H
#define E911_MSAG_H

#include "assessment.h"

#define E911_MSAG_TEXT_MAX 61

/* One range of a street, as the guide has it. */
typedef struct e911_msag_row
{
	str predir; /* N, NE, … or whole words */
	str street; /* with or without suffix and directionals */
	str suffix; /* ST, AVE, … */
	str postdir;
	str community;
	str county;	 /* may be empty */
	str state;	 /* two letters, or its name */
	str country; /* empty: US */
	str esn;
	str psap;
	unsigned int low;
	unsigned int high;
	char parity; /* O, E, B */
} e911_msag_row_t;

/* Of the range in which an address is. */
typedef struct e911_msag_zone
{
	char esn[E911_MSAG_TEXT_MAX];
	char psap[E911_MSAG_TEXT_MAX];
	unsigned int low;
	unsigned int high;
	char parity;
} e911_msag_zone_t;

typedef struct e911_msag e911_msag_t;

/** Begins a set. MEM. */
int e911_msag_new(e911_msag_t **msag);
void e911_msag_free(e911_msag_t *msag);
/** Adds a range. VALUE (low above high, a number of it not of its parity, no
 * street, community or state), TEXT, LONG, FULL, MEM; *bad names the column. */
int e911_msag_add(
		e911_msag_t *msag, const e911_msag_row_t *row, const char **bad);
/** All rows are there: makes it ready to be asked. FULL (more than 10000 ranges
 * of one street), MEM: it can only be freed then. */
int e911_msag_finish(e911_msag_t *msag);
unsigned long e911_msag_count(const e911_msag_t *msag);
/** Shared memory in use. */
unsigned long e911_msag_bytes(const e911_msag_t *msag);
/**
 * Assesses the civic address of a location: VALID, with the address as the
 * guide writes it as the first suggestion (its other fields kept: FLR, LOC, …);
 * CORRECTED, where only the county was another; INVALID with at most five
 * suggestions (none without a house number); or UNCHECKED where the guide has
 * nothing of that state or no civic address is given. Bounded in time: each
 * street of the community and, at most, twice each name of a street in the
 * guide is looked at; no lock, no memory.
 */
void e911_msag_assess(const e911_msag_t *msag, const e911_location_t *l,
		e911_assessment_t *a);
/** The range of a valid address; NONE. */
int e911_msag_zone(const e911_msag_t *msag, const e911_location_t *l,
		e911_msag_zone_t *zone);

#endif
