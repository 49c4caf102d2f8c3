/*
 * e911: the INVITEs a call would make, without sending any
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_DRYRUN_H
#define E911_DRYRUN_H

#include "calls.h"

/* One destination's answer; all of it lives until the function returns. */
typedef void (*e911_dryrun_f)(
		const e911_call_t *call, const str *invite, void *arg);

/**
 * Goes through the whole ladder of a call from aor (and contact, may be empty)
 * to number. take is called once per destination, with call->step there.
 * Errors: VALUE, LONG (AoR, contact); NONE: no emergency number; MEM.
 */
int e911_dryrun(const str *aor, const str *contact, const str *number,
		e911_dryrun_f take, void *arg);
/** The same of a caller under that site, whatever his AoR; 0: as above. */
int e911_dryrun_at(uint32_t site, const str *aor, const str *number,
		e911_dryrun_f take, void *arg);
/** The same without the INVITEs, which are empty. */
int e911_dryrun_short(const str *aor, const str *contact, const str *number,
		e911_dryrun_f take, void *arg);

#endif
