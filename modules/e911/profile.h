/*
 * e911: how one kind of destination wants the call, as data
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attached to a dispatcher destination by its attribute profile=NAME.
 */
#ifndef E911_PROFILE_H
#define E911_PROFILE_H

#include "../../core/str.h"

#define E911_FORMS_MAX 3

enum e911_conveyance
{
	E911_CONVEY_NONE, /* no word of a location */
	E911_CONVEY_VALUE /* PIDF-LO in the body, RFC 6442 section 3.2 */
};

typedef struct e911_profile
{
	str name;
	int forms; /* how many ways, best first: 424 or 415 moves to the next */
	unsigned char form[E911_FORMS_MAX];
} e911_profile_t;

/** Row 0 is the default. NULL past the end. */
const e911_profile_t *e911_profile(int index);
/** Index of the profile of that name; E911_ERR_NAME. */
int e911_profile_find(const str *name);
const char *e911_conveyance_name(int conveyance);

#endif
