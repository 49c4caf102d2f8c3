/*
 * e911: MSAG: rows of its tables; for the files of the guide only
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each table is sorted, so that one row and the next say where what belongs to
 * the one begins and ends; behind the last there is one more for that.
 */
#ifndef E911_MSAG_ROWS_H
#define E911_MSAG_ROWS_H

#include <stdint.h>

#define E911_MSAG_STATES_MAX 128
#define E911_MSAG_STREET_RANGES_MAX 10000 /* of one street: they are walked */
#define E911_MSAG_NONE UINT32_MAX

enum e911_parity
{
	E911_PARITY_EVEN,
	E911_PARITY_ODD,
	E911_PARITY_BOTH
};

/* A text is its place in the pool. */
typedef struct e911_range
{
	uint32_t low : 30;
	uint32_t parity : 2;
	uint32_t high;
	uint32_t esn;
	uint32_t psap;
} e911_range_t;

typedef struct e911_way
{
	uint32_t name;
	uint32_t town;
	uint32_t range; /* first */
	uint32_t road;	/* as the guide writes it */
	uint32_t trim;
	unsigned char pre;
	unsigned char suffix;
	unsigned char post;
} e911_way_t;

/* How the guide writes what is around a name. */
typedef struct e911_trim
{
	uint32_t pre;
	uint32_t suffix;
	uint32_t post;
} e911_trim_t;

typedef struct e911_town
{
	uint32_t state;
	uint32_t way;	 /* first */
	uint32_t normal; /* texts */
	uint32_t name;
	uint32_t county_normal;
	uint32_t county;
} e911_town_t;

typedef struct e911_state_row
{
	char country[2];
	char name[2];
	uint32_t town; /* first */
} e911_state_row_t;

typedef struct e911_name
{
	uint32_t text;
	uint32_t way; /* first, in by_name */
} e911_name_t;

#define E911_ROW(rows, type, i) (&((type *)(rows).row)[i])
#define NAME_AT(m, i) E911_ROW((m)->names, e911_name_t, i)
#define WAY_AT(m, i) E911_ROW((m)->ways, e911_way_t, i)
#define TOWN_AT(m, i) E911_ROW((m)->towns, e911_town_t, i)
#define STATE_AT(m, i) E911_ROW((m)->states, e911_state_row_t, i)
#define RANGE_AT(m, i) E911_ROW((m)->ranges, e911_range_t, i)

#endif
