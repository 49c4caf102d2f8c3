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

#endif
