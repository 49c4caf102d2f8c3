/*
 * e911: number plan: a dialled string or service URN is an emergency call,
 * a test call, or neither
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Built once in shared memory by one process, then only read. Look-up cost
 * does not grow with the number of exact rows. Service URNs: RFC 5031. What
 * regular expressions write while they match is private to each process: the
 * first plan is to be made before the fork, so that nobody allocates later.
 */
#ifndef E911_PLAN_H
#define E911_PLAN_H

#include <stddef.h>
#include "../../core/str.h"

#define E911_DIALLED_MAX 128 /* longer strings are no emergency number */
#define E911_PLAN_REGEX_MAX 256
#define E911_PLAN_ROWS_MAX 65536

enum e911_kind
{
	E911_KIND_NONE,
	E911_KIND_EMERGENCY,
	E911_KIND_TEST
};

typedef struct e911_plan e911_plan_t;

/* Where the caller is, for the choice among rows of one number. Empty strings
 * where unknown; a NULL pointer to this asks for any row at all. */
typedef struct e911_where
{
	str location_country; /* of the location stated: decides */
	str site_country;	  /* of the caller's site */
	str off;			  /* patterns the site switched off: "9911,933" */
} e911_where_t;

typedef struct e911_match
{
	int kind;
	str urn;	/* urn:service:sos…; in the plan, or in the caller's buffer */
	str number; /* what an ERSP is called by: 911; plan or caller's buffer */
	str country; /* of the row, empty if it is for all */
	int set;	 /* dispatcher set of the row, 0 if it names none */
	int test;	 /* enum e911_test_policy + 1 of the row; 0: it says nothing */
} e911_match_t;

const char *e911_kind_name(int kind);

/**
 * An empty plan, or one with the built-in rows: 911, +911 (number 911) and 112
 * everywhere, 9911 (number 911) and 933 (test) in the USA, its territories and Canada, 999
 * where it is the emergency number, urn:service:sos and urn:service:test.sos.
 */
int e911_plan_new(e911_plan_t **plan, int defaults);
void e911_plan_free(e911_plan_t *plan);
/**
 * Adds a row "PATTERN;key=value;…". PATTERN is one of
 * - a number, in any form e911_plan_dialled() reads; letters in any case;
 * - a service URN, which stands for its sub-services too; of several such rows
 *   the most specific one matches;
 * - a regular expression (PCRE2, any case) that begins with ^ and matches from
 *   the first byte on, in each of its alternatives. ^LITERAL$ is an exact row.
 * Keys: urn, kind (emergency, test), country (two letters, several by commas),
 * number (what the ERSP is called by), set, test (of a test: who answers it:
 * ersp, local, message). Where urn is missing it is the URN
 * dialled, or urn:service:sos, or urn:service:test.sos for kind=test; where
 * kind is missing it follows from urn; where number is missing it is what was
 * dialled, but 911 for 112 in the countries of 9911, and for a URN 911, 112
 * outside of those countries, 933 for a test.
 * Rows added later win over earlier and built-in ones of the same rank.
 * Errors: SYNTAX, NAME, VALUE, LONG, TWICE, FULL, MEM; bad is then the part at
 * fault, in the row's memory, and the plan is as before. VALUE also for 911,
 * +911, 112 or a URN of an emergency as a test.
 */
int e911_plan_add(e911_plan_t *plan, const str *row, str *bad);
/** The nth pattern that can be dialled as it stands, the newest first; NONE past
 * the end. */
int e911_plan_nth(const e911_plan_t *plan, int n, str *dialled);
/** Does any of its rows name that dispatcher set? */
int e911_plan_has_set(const e911_plan_t *plan, int set);
/**
 * What a Request-URI (sip:, sips:, tel:, urn:, any case) or a plain number
 * dials: user part, unescaped, without visual separators (RFC 3966 5.1.1),
 * parameters or password; a service URN in lower case. mem is
 * E911_DIALLED_MAX bytes. E911_ERR_NONE: no number in it, too long (before the
 * separators go), malformed escapes, or bytes that no user part has unescaped:
 * what comes out may be written into a Request-URI, but for #, which is to be
 * escaped again.
 */
int e911_plan_dialled(const str *uri, char *mem, str *dialled);
/**
 * The row for a dialled string, which must be as e911_plan_dialled() gives it:
 * of the location's country, else the site's, else one for all countries; where
 * neither country is known, any. 911, +911, 112 and URNs match whatever the
 * country, and no site can switch them off. where may be NULL: nothing is
 * known. The match points into the plan and the dialled string: both must
 * outlive it. E911_ERR_NONE: no emergency call.
 */
int e911_plan_match(const e911_plan_t *plan, const str *dialled,
		const e911_where_t *where, e911_match_t *match);

#endif
