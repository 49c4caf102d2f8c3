/*
 * e911: how many contacts and locations there are of each site
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counted by the clerk, a slice a second, so that nobody waits for a lock; the
 * last whole count is in shared memory. A contact counts under the site of its
 * record, else of its AoR: what the script alone knows of it is not asked.
 */
#ifndef E911_CENSUS_H
#define E911_CENSUS_H

#include <stdint.h>
#include <time.h>
#include "location.h"

#define E911_VERDICTS (E911_UNUSABLE + 1)
#define E911_FRESHNESSES (E911_EXPIRED + 1)

typedef struct e911_census
{
	uint32_t site;		   /* id */
	time_t counted;		   /* when; 0: not yet */
	unsigned int contacts; /* registered */
	unsigned int
			located;	/* of these, those with a location to go with a call */
	unsigned int gated; /* of these, whom the gate lets make no other call */
	/* locations in force, whether their contact is registered or not */
	unsigned int locations[E911_VERDICTS][E911_FRESHNESSES];
} e911_census_t;

/** Before the fork; loaded: have all locations been read? MEM. */
int e911_census_init(int (*loaded)(void));
void e911_census_destroy(void);
/** The next slice; once a second, by one process that may wait for usrloc. */
void e911_census_step(void);
/** The row of the site of that index, all zero where it is not counted yet;
 * NONE past the end. */
int e911_census_nth(int n, e911_census_t *row);

#endif
