/*
 * e911: how one kind of destination wants the call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "profile.h"
#include "err.h"

/* clang-format off */
static const e911_profile_t profiles[] = {
	/* RFC 6442; after a 424 or 415 once more without a location of ours */
	{str_init("value"), 2, {E911_CONVEY_VALUE, E911_CONVEY_NONE}},
	/* a carrier that knows no PIDF-LO */
	{str_init("plain"), 1, {E911_CONVEY_NONE}},
};
/* clang-format on */

#define PROFILES ((int)(sizeof(profiles) / sizeof(*profiles)))

const e911_profile_t *e911_profile(int index)
{
	return index >= 0 && index < PROFILES ? &profiles[index] : NULL;
}

int e911_profile_find(const str *name)
{
	int i;

	for(i = 0; i < PROFILES; i++)
		if(profiles[i].name.len == name->len
				&& memcmp(profiles[i].name.s, name->s, name->len) == 0)
			return i;
	return E911_ERR_NAME;
}

const char *e911_conveyance_name(int conveyance)
{
	return conveyance == E911_CONVEY_VALUE ? "value" : "none";
}
