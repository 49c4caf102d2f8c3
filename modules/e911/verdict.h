/*
 * e911: a validator's verdict, put into the location it is of
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_VERDICT_H
#define E911_VERDICT_H

#include "assessment.h"

/** Is it more than UNCHECKED? */
int e911_verdict_is_definite(const e911_assessment_t *a);
/**
 * Puts a definite one in: VALID and CORRECTED, the address as the validator
 * wrote it, its first suggestion; in any case verdict, validator and date. What
 * is no address, and when and how it was stated, stays. SPACE: does not fit;
 * nothing is changed then.
 */
int e911_verdict_apply(
		const e911_assessment_t *a, time_t now, e911_location_t *l);
/** When that was; 0: nobody has said anything. validator, into l, may be NULL.
 */
time_t e911_verdict_date(const e911_location_t *l, str *validator);

#endif
