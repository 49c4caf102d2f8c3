/*
 * e911: what became of calls, by site and by ERSP, and how long others took
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counted in shared memory in the process in which it happens. Bounded: what
 * finds no row of its own is left out. Tests stand apart from emergencies.
 */
#ifndef E911_TALLY_H
#define E911_TALLY_H

#include "events.h"

#define E911_TALLY_NAME_MAX 128
#define E911_TALLY_ROWS_MAX 256 /* of each kind */

enum e911_tally_kind
{
	E911_TALLY_SITE,
	E911_TALLY_ERSP, /* by its URI */
	E911_TALLY_KINDS
};

/* What became of a call of a site, or of a try at an ERSP. */
enum e911_outcome
{
	E911_OUTCOME_BEGUN, /* placed; sent there */
	E911_OUTCOME_ANSWERED,
	E911_OUTCOME_FAILED,	/* taken by nobody; refused there */
	E911_OUTCOME_SILENT,	/* there: no answer in time */
	E911_OUTCOME_UNSENT,	/* there: it could not be sent */
	E911_OUTCOME_CANCELLED, /* by the caller */
	E911_OUTCOMES
};

typedef struct e911_tally
{
	char name[E911_TALLY_NAME_MAX];	   /* of an ERSP */
	uint32_t site;					   /* of a site */
	unsigned long n[2][E911_OUTCOMES]; /* emergencies, tests */
	int code;						   /* of an ERSP: its last final answer */
	uint64_t at_ms;					   /* when, wall clock; 0: none yet */
} e911_tally_t;

typedef struct e911_timing
{
	char name[E911_TALLY_NAME_MAX];
	unsigned long n, failed;
	uint64_t sum_ms, max_ms;
} e911_timing_t;

/** Before the fork; watches the events of calls. MEM, FULL. */
int e911_tally_init(void);
void e911_tally_destroy(void);
/** Something that name was asked for took so long. */
void e911_tally_time(const char *name, uint64_t ms, int failed);
/** The nth row; NONE past the end. */
int e911_tally_nth(int kind, int n, e911_tally_t *row);
int e911_tally_timing(int n, e911_timing_t *row);
/** The row of an ERSP; NONE. */
int e911_tally_of(const str *uri, e911_tally_t *row);
/** "begun" … */
const char *e911_outcome_name(int outcome);

#endif
