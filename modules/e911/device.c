/*
 * e911: a device, and where it is heard from
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "device.h"
#include "err.h"

int e911_device_index(const e911_device_t *device, const str *name)
{
	int i;

	for(i = 0; i < device->n; i++)
		if(device->name[i].len == name->len
				&& memcmp(device->name[i].s, name->s, name->len) == 0)
			return i;
	return E911_ERR_NONE;
}
