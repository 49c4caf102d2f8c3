/*
 * e911: what one validator is asked, and what it says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same for LoST servers and services over HTTP; without a network of its
 * own.
 */
#ifndef E911_INQUIRY_H
#define E911_INQUIRY_H

#include "assessment.h"
#include "http.h"
#include "validators.h"

#define E911_HOPS_MAX 5 /* redirects of LoST, RFC 5222 section 11 */
#define E911_HOST_MAX 256

/* The hosts that an inquiry was sent on to. */
typedef struct e911_trail
{
	int n;
	char host[E911_HOPS_MAX][E911_HOST_MAX];
} e911_trail_t;

/** Writes what is to be sent, to where the trail ends; it is good until the
 * next call. EMPTY: no civic address; SPACE; NONE: its secret cannot be read. */
int e911_inquiry_write(const e911_validator_t *v, const e911_location_t *l,
		const e911_trail_t *trail, e911_http_request_t *r);
/**
 * Reads what came of it. 0: a is written; AGAIN: it is to be asked where the
 * trail ends now; NONE: it has nothing definite to say; any other error: no
 * answer of use, DOWN where another try may bring one. A redirect leads to no
 * host twice (TWICE) and not on and on (FULL).
 */
int e911_inquiry_read(const e911_validator_t *v, const e911_location_t *l,
		const e911_http_answer_t *answer, e911_trail_t *trail,
		e911_assessment_t *a);

#endif
