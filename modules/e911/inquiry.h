/*
 * e911: one location on its way past the validators of its site
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine of states without a network of its own: it says what is to be sent
 * next, and takes what came of it. The first definite verdict ends it; what is
 * silent, fails, rests or says nothing definite is passed over.
 */
#ifndef E911_INQUIRY_H
#define E911_INQUIRY_H

#include "assessment.h"
#include "http.h"
#include "steps.h"

#define E911_HOPS_MAX 5 /* redirects of LoST, RFC 5222 section 11 */

enum e911_inquiry_next
{
	E911_INQUIRY_SEND, /* what e911_inquiry_request() says */
	E911_INQUIRY_DONE  /* the assessment is the result */
};

typedef struct e911_inquiry
{
	e911_location_t location;
	e911_assessment_t a;
	e911_steps_t steps;
	int at;	   /* the step that is being asked */
	int tries; /* of it */
	int hops;  /* of it; the hosts it was sent on to */
	char host[E911_HOPS_MAX][256];
} e911_inquiry_t;

/** Is this validator to be asked, does it rest? What came of it is told. */
typedef struct e911_inquiry_breaker
{
	int (*permits)(const char *name, int rest_ms);
	void (*told)(const char *name, int failed, int break_after, int rest_ms);
} e911_inquiry_breaker_t;

/** In mod_init; NULL: all are asked. */
void e911_inquiry_init(const e911_inquiry_breaker_t *breaker);
/** Begins; enum e911_inquiry_next. network 0: only steps that need none. */
int e911_inquiry_begin(e911_inquiry_t *q, const e911_steps_t *steps,
		const e911_location_t *l, int network);
/** What is to be sent; it is good until the next call. MEM, SPACE, NONE: it
 * cannot be, e911_inquiry_skip() goes on. */
int e911_inquiry_request(
		e911_inquiry_t *q, const e911_http_request_t **request);
/** What came of it. */
int e911_inquiry_answer(e911_inquiry_t *q, const e911_http_answer_t *answer);
/** The step could not be asked. */
int e911_inquiry_skip(e911_inquiry_t *q);
/** The validator that is being asked, for the log. */
const char *e911_inquiry_name(const e911_inquiry_t *q);

#endif
