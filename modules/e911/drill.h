/*
 * e911: the drill: would an emergency call go, from each site?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks the dry run over every site and number, and asks each ERSP by OPTIONS.
 * No call is made. By the clerk, a slice a second; the last report is in shared
 * memory.
 */
#ifndef E911_DRILL_H
#define E911_DRILL_H

#include <time.h>
#include "site.h"

#define E911_DRILL_FAULTS_MAX 128

typedef struct e911_drill_fault
{
	char site[E911_SITE_NAME_MAX]; /* empty: of an ERSP */
	char what[128];				   /* number, or URI */
	char why[128];
} e911_drill_fault_t;

typedef struct e911_drill
{
	time_t begun;
	time_t ended; /* 0: under way */
	unsigned int checks;
	unsigned int failed; /* of these; of more than are kept, too */
	unsigned int faults; /* kept */
} e911_drill_t;

/** Before the fork. MEM. */
int e911_drill_init(void);
void e911_drill_destroy(void);
/** Begins one when it is due, and takes the next step of one under way; once a
 * second. */
void e911_drill_step(void);
/** One is to begin at the next step; AGAIN: one is under way. */
int e911_drill_now(void);
/** The last one that has ended; NONE. */
int e911_drill_last(e911_drill_t *drill);
/** Is one wanted or under way? */
int e911_drill_runs(void);
/** Of the last one. NONE past the end. */
int e911_drill_fault(unsigned int n, e911_drill_fault_t *fault);

#endif
