/*
 * e911: makes the events of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of what is known of a call at its present step, or of its entry in the
 * ledger. Where nobody watches nothing is done.
 */
#ifndef E911_WITNESS_H
#define E911_WITNESS_H

#include "calls.h"
#include "ledger.h"

/** A call is placed now; told of when it has left. */
void e911_witness_begin(e911_call_t *call);
/** One that could not be kept is found anew: its beginning was told. */
void e911_witness_resume(e911_call_t *call);
/** It goes to its present destination as tm's branch of that number. */
void e911_witness_aim(e911_call_t *call, int branch);
/** enum e911_event_kind; branch: whose it is, -1: the present step's. Each is
 * told once of each branch, or of each call. */
void e911_witness_tell(e911_call_t *call, int kind, int branch, int code);
/** The present step could not be sent. */
void e911_witness_refused(e911_call_t *call);
/** Of a call that is known by its entry alone. number: may be empty. */
void e911_witness_entry(const e911_entry_t *entry, int kind, const str *number,
		const char *detail);
/** The end of such a call was not seen. */
void e911_witness_lost(const e911_entry_t *entry);

#endif
