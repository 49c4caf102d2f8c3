/*
 * e911: what a validator says of a location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A verdict on the whole and one on each element, as LoST has them (RFC 5222
 * section 8.4.2), and the addresses that may be meant. Plain bytes.
 */
#ifndef E911_ASSESSMENT_H
#define E911_ASSESSMENT_H

#include "location.h"

#define E911_SUGGESTIONS_MAX 5
#define E911_VALIDATOR_NAME_MAX 32

/* Of one element: not given, or what was said of it. */
enum e911_element
{
	E911_ELEMENT_NONE,
	E911_ELEMENT_VALID,
	E911_ELEMENT_INVALID,
	E911_ELEMENT_UNCHECKED
};

typedef struct e911_assessment
{
	/* enum e911_verdict: UNCHECKED nothing definite was said; VALID as it was
	 * stated, but for how it is written; CORRECTED valid once the first
	 * suggestion takes its place, by the validator's own word; INVALID */
	int verdict;
	unsigned char element[E911_FIELDS]; /* enum e911_element, by field */
	char validator[E911_VALIDATOR_NAME_MAX];
	/* Complete addresses that the validator would find valid, best first. VALID
	 * and CORRECTED: the first is the address as the validator writes it. */
	int n;
	e911_location_t suggestion[E911_SUGGESTIONS_MAX];
} e911_assessment_t;

/** "valid"; "" for none. */
const char *e911_element_name(int element);
/** Nothing said yet. */
void e911_assessment_init(e911_assessment_t *a);
/** One element; of several words on it the worst counts: invalid, unchecked,
 * valid. */
void e911_assessment_say(e911_assessment_t *a, int field, int element);
/**
 * The verdict that follows from the elements: INVALID if any is, or if it says
 * so already; VALID if some are valid and a street and a house number that were
 * stated are among them; else UNCHECKED. One who knows the street but not its
 * houses does not make a house number valid: that it is unchecked stands in
 * element. What was stated and not named is unchecked (RFC 5222 section 8.4.2).
 */
void e911_assessment_conclude(e911_assessment_t *a, const e911_location_t *l);
/**
 * Adds an address as a suggestion, the last or the first, with all that l has
 * besides its address, and its places inside of a building, where the address
 * names none of these itself, and its country. TWICE; FULL; SPACE; EMPTY: it is
 * no address.
 */
int e911_assessment_suggest(e911_assessment_t *a,
		const e911_location_t *address, const e911_location_t *l, int first);

#endif
