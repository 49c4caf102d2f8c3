/*
 * e911: the one way a location changes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AoR and contact as people write them; a contact left empty stands for all
 * devices of the AoR. One log line per change, without identity or address.
 */
#ifndef E911_PROVISION_H
#define E911_PROVISION_H

#include "location.h"

/** States a location. VALUE or LONG (AoR, contact), MEM, FULL. */
int e911_provision_set(
		const str *aor, const str *contact, const e911_location_t *l);
/** Takes locations back; contact NULL: all of the AoR. *n: how many. */
int e911_provision_del(const str *aor, const str *contact, int *n);

#endif
