/*
 * e911: LoST, RFC 5222: is this a valid address?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * findService with validateLocation (section 8.4.2), its answers, errors,
 * warnings and redirects. Read by libxml2, no DTD, no network; all bounded.
 */
#ifndef E911_LOST_H
#define E911_LOST_H

#include "assessment.h"
#include "strbuf.h"

#define E911_LOST_TYPE "application/lost+xml"
#define E911_LOST_MAX 65536 /* bytes of an answer read */

#define E911_LOST_SERVICE "urn:service:sos"

enum e911_lost_answer
{
	E911_LOST_ASSESSED, /* a is written */
	E911_LOST_REDIRECT, /* target is: ask there */
	E911_LOST_NOTHING,	/* a warning or an error that says: not now, or not by
						 * us; ask another one */
};

/**
 * Writes the request, of the address and nothing else that the location says.
 * service: NULL or empty is urn:service:sos. suggest: addresses that may be
 * meant are asked for, by the attribute of draft-ietf-ecrit-similar-location; a
 * server strict by the schema of RFC 5222 refuses that. EMPTY: no civic address.
 */
int e911_lost_ask(e911_strbuf_t *b, const e911_location_t *l,
		const char *service, int suggest);
/** The same by the schema. */
int e911_lost_write(
		e911_strbuf_t *b, const e911_location_t *l, const char *service);
/**
 * Reads the answer to it: enum e911_lost_answer; or SYNTAX, DTD, DEPTH, SPACE,
 * TYPE (another document), MEM. The verdict is e911_assessment_conclude()'s; of
 * errors only locationInvalid is one, and a notFound is none: it may be that
 * the place is not theirs. Suggestions are the completeLocation, then the
 * similarLocations. What is not understood is passed over, but an invalid
 * element that is not known is an invalid element. target, in mem: the host
 * name of a redirect (not followed: who does counts its steps); of NOTHING the
 * name of the error or warning, which may be empty. a is written only with
 * ASSESSED.
 */
int e911_lost_read(const char *doc, size_t len, const e911_location_t *l,
		e911_assessment_t *a, char mem[256], str *target);

#endif
