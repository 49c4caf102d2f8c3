/*
 * e911: MSAG: its tables in shared memory; for the files of the guide only
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States have places, places streets, streets ranges. Names of streets are kept
 * once, sorted by length, for suggestions; texts are kept once in a pool.
 */
#ifndef E911_MSAG_INDEX_H
#define E911_MSAG_INDEX_H

#include "msag.h"
#include "msag_rows.h"
#include "street.h"

/* an array with room to grow */
typedef struct e911_rows
{
	void *row;
	uint32_t n;
	uint32_t room;
	uint32_t size; /* of a row */
} e911_rows_t;

/* open addressing: number of a row + 1, 0 is free */
typedef struct e911_slots
{
	uint32_t *slot;
	uint32_t mask;
} e911_slots_t;

struct e911_msag
{
	e911_rows_t pool; /* bytes: length, text */
	e911_rows_t trims, states, towns, ways, names, ranges;
	e911_rows_t added;	 /* e911_added_t, until all rows are there */
	e911_rows_t bags;	 /* uint64_t, e911_bag() of each name */
	e911_rows_t by_name; /* uint32_t, ways */
	uint32_t pool_texts;
	e911_slots_t pool_slots, town_slots, name_slots, way_slots;
	uint32_t length[E911_STREET_NAME_MAX + 2]; /* first name that long */
};

str e911_msag_text(const e911_msag_t *m, uint32_t at);
/** Rows of a state, and of a name, or E911_MSAG_NONE. */
uint64_t e911_msag_hash(const char *s, size_t len);
uint32_t e911_msag_state(
		const e911_msag_t *m, const char country[2], const char name[2]);
uint32_t e911_msag_name(const e911_msag_t *m, const char *s, size_t len);
/** The places of a state with that name (counties apart): the first, and how
 * many. */
uint32_t e911_msag_towns(const e911_msag_t *m, uint32_t state, const char *s,
		size_t len, uint32_t *first);
uint32_t e911_msag_way(const e911_msag_t *m, uint32_t town, uint32_t name,
		const e911_street_t *s);
/** The range of a way that has the number. */
uint32_t e911_msag_range(const e911_msag_t *m, uint32_t way, uint32_t number);

#endif
