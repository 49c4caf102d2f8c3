/*
 * e911: MSAG: addresses that may be meant; for the files of the guide only
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_SUGGEST_H
#define E911_SUGGEST_H

#include "assessment.h"
#include "msag_query.h"

/**
 * At most five addresses of the guide that are near to what was asked for, best
 * first; how many. None without a house number: one cannot be made up. Each name
 * of the state is looked at once at most.
 */
int e911_suggest(const e911_msag_t *m, const e911_query_t *q,
		e911_match_t best[E911_SUGGESTIONS_MAX]);

#endif
