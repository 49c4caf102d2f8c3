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

int e911_nearness(const e911_where_from_t *a, const e911_where_from_t *b)
{
	if(a->connection && a->connection == b->connection)
		return E911_SAME_FLOW;
	if(a->network.family == 0 || !e911_network_equal(&a->network, &b->network))
		return E911_NOWHERE_NEAR;
	return a->connection == 0 && b->connection == 0 && b->port
						   && a->port == b->port && a->proto == b->proto
				   ? E911_SAME_FLOW
				   : E911_SAME_ADDRESS;
}
