/*
 * e911: the ERSPs: destinations of the sets that emergency calls go to
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_ERSPS_H
#define E911_ERSPS_H

#include "../../core/str.h"

typedef struct e911_ersp
{
	int set;
	str uri;	/* pointing into the dispatcher */
	str socket; /* as the dispatcher has them */
	str outbound;
	int priority;
	int health; /* enum e911_health */
	int probed; /* by OPTIONS: its health is known before a call */
	int drained;
	const char *profile; /* name */
} e911_ersp_t;

typedef void (*e911_ersp_f)(const e911_ersp_t *ersp, void *arg);

/** Hands each to take: of the sets of sites, their last resorts, of numbers, and
 * those that the operator's hand has sent calls to. As the dispatcher has them
 * now. */
void e911_ersps_each(e911_ersp_f take, void *arg);
/** "active", "inactive", "disabled" */
const char *e911_health_name(int health);

#endif
