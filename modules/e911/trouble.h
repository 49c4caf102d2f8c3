/*
 * e911: what becomes of a table of the database that is missing, or fails
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Trouble with one table is none of the others': it is said once, and the table
 * is tried again at longer and longer times. Of the keeper's process.
 */
#ifndef E911_TROUBLE_H
#define E911_TROUBLE_H

#include <stdint.h>

#define E911_TROUBLE_PAUSE_MAX 60 /* s between two tries */

typedef struct e911_trouble
{
	const char *table;
	const char *without;   /* what it means that there is none, for the log */
	const char *meanwhile; /* and that it fails */
	/* private; all zero at first */
	uint32_t next_try; /* deadline; 0: at once */
	uint32_t pause_s;
	int down; /* as far as we said */
	int told;
} e911_trouble_t;

/** There is no such table in our version: says so, once. */
void e911_trouble_missing(e911_trouble_t *t);
/** Is it not to be tried yet? */
int e911_trouble_rests(const e911_trouble_t *t);
/** What a try came to: an error, for which the store is closed and 0 returned;
 * else that itself. */
int e911_trouble_settle(e911_trouble_t *t, int did);

#endif
