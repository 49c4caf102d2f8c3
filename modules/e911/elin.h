/*
 * e911: ELINs: pools of numbers that stand for a place
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An emergency location identification number tells a carrier that takes no
 * PIDF-LO where the caller is, and a PSAP where to call back: the carrier keeps
 * an address for each number. A set of pools is made in shared memory by one
 * process, then only read. Who has which number at the moment is in the ledger.
 */
#ifndef E911_ELIN_H
#define E911_ELIN_H

#include "location.h"

#define E911_POOLS_MAX 256
#define E911_POOL_NAME_MAX 32
#define E911_ELINS_MAX 64 /* of a pool */
#define E911_ELIN_MAX 24  /* characters of a number, and its zero byte */

typedef struct e911_elins
{
	char name[E911_POOL_NAME_MAX];
	char site[32]; /* of this site only; empty: of all */
	int most;	   /* calls that may have one number at once */
	int n;
	char number[E911_ELINS_MAX]
			   [E911_ELIN_MAX]; /* as it is sent: +15125550101 */
	int fields;					/* that a location must have, below */
	e911_location_t place;		/* last: copied only as far as in use */
} e911_elins_t;

typedef struct e911_pools e911_pools_t;

int e911_pools_new(e911_pools_t **pools);
void e911_pools_free(e911_pools_t *pools);
/**
 * Adds "name=…;number=+15125550101,…;site=NAME;most=1;BLD=North;FLR=3": keys
 * that are fields of a location say which locations the pool is for. Numbers
 * are digits, with or without a "+", and belong to one pool. Errors: those of
 * rows and locations, MISSING (name, number), FULL, MEM; TWICE also for a name
 * or a number; bad is the key at fault, in the row's memory.
 */
int e911_pools_add(e911_pools_t *pools, const str *row, str *bad);
/**
 * The pool for a location (may be NULL) at a site: of those whose fields all
 * are as the location's (any case), the one with most fields, a pool of the
 * site before one of all; of equals the first. NULL.
 */
const e911_elins_t *e911_pools_find(const e911_pools_t *pools, const char *site,
		const e911_location_t *location);
const e911_elins_t *e911_pools_nth(const e911_pools_t *pools, int index);

#endif
