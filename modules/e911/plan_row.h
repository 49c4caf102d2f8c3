/*
 * e911: number plan: what a row says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between plan.c, which builds from it, and plan_row.c, which reads it.
 */
#ifndef E911_PLAN_ROW_H
#define E911_PLAN_ROW_H

#include "plan.h"

typedef struct e911_plan_row
{
	str pattern; /* as dialled: the normal form; a regex with its ^ */
	str urn;
	str number;	   /* empty: depends on the call */
	str countries; /* list by commas, checked */
	int country_count;
	int kind;
	int set;
	int test;	   /* enum e911_test_policy + 1; 0: not given */
	int regex;	   /* the pattern is a regular expression */
	int urn_row;   /* the pattern is a service URN */
	int urn_given; /* the row names the URN, rather than the caller */
	int fixed;	   /* no site may switch it off, no country leaves it out */
	unsigned int given; /* keys read, as bits */
	/* the strings above point here or into the row */
	char pattern_mem[E911_DIALLED_MAX];
	char urn_mem[E911_DIALLED_MAX];
	char number_mem[E911_DIALLED_MAX];
} e911_plan_row_t;

/**
 * Reads a row as e911_plan_add() describes it. Errors: SYNTAX, NAME, VALUE,
 * LONG, TWICE; *bad is then the part at fault, in the memory of text.
 */
int e911_plan_row_read(e911_plan_row_t *row, const str *text, str *bad);
/** What a caller in need may dial wherever he is; NULL past the end. */
const str *e911_plan_row_always(int n);
/** A service URN that is well-formed: RFC 5031 section 3. Any case. */
int e911_plan_row_is_service(const str *urn);

#endif
