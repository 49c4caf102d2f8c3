/*
 * e911: MSAG: what a location asks of the guide; for the files of the guide
 * only
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_MSAG_QUERY_H
#define E911_MSAG_QUERY_H

#include "msag_index.h"

/* Fields that say where a community is, in the order in which they count. */
enum e911_alias
{
	E911_ALIAS_A3,
	E911_ALIAS_PCN, /* the name that the postal service uses */
	E911_ALIASES
};

/* In normal form. It points into itself and into the location. */
typedef struct e911_query
{
	uint32_t state;
	char country[2];
	str community[E911_ALIASES]; /* empty: not given */
	str county;
	char mem[E911_ALIASES + 1][E911_COMMUNITY_MAX];
	e911_words_t words; /* of the street */
	int has_street;
	e911_street_t street;
	int may_keep; /* enum e911_keep: what might be part of the name */
	int has_house;
	e911_house_t house;
	int to_cut;		/* a number or unit may stand within the road */
	int road;		/* the field that has the street: RD, or A6 */
	int unit;		/* enum e911_unit: what stood behind the street */
	str unit_value; /* and how it was written */
} e911_query_t;

/* The nearest that the guide has. */
typedef struct e911_match
{
	int alias;
	uint32_t town; /* or E911_MSAG_NONE, and so for what is below */
	uint32_t way;
	uint32_t range;
	uint32_t number;
	int score; /* of a suggestion, the less the better */
} e911_match_t;

/** Reads what is asked for, and finds it exactly, as far as it goes. NONE: no
 * civic address, or of no state that the guide has. */
int e911_query_ask(const e911_msag_t *m, const e911_location_t *l,
		e911_query_t *q, e911_match_t *match);
/** Is the town in the county asked for, or is nothing known of that? */
int e911_query_in_county(
		const e911_msag_t *m, const e911_query_t *q, uint32_t town);

#endif
