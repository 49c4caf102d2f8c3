/*
 * e911: where a call may go, in the order in which it is tried
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The destinations of the call's dispatcher set (of its site's, where that one,
 * which a number or the operator's hand has named, has none), active before
 * inactive, each by priority; then those of the last resort; then those whose profile is to be
 * bypassed; then those the operator has disabled or drained, for a call that
 * nobody took is worse. Asked of the dispatcher at the moment of the call.
 */
#ifndef E911_LADDER_H
#define E911_LADDER_H

#include "calls.h"

/** Makes the ladder of a call whose sets are known; how many steps. */
int e911_ladder_make(e911_call_t *call);
/** Is this step one of the last resort? */
int e911_ladder_is_last(const e911_step_t *step);

#endif
