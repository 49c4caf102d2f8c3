/*
 * e911: a device, and where it is heard from, as one message tells
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_DEVICE_H
#define E911_DEVICE_H

#include "network.h"

#define E911_DEVICE_NAMES 6

/* What is known of the calling device, best first. */
typedef struct e911_device
{
	int n;
	str name[E911_DEVICE_NAMES];
} e911_device_t;

/** Which of its names that is; NONE. */
int e911_device_index(const e911_device_t *device, const str *name);

/* Where a device is heard from at this moment. */
typedef struct e911_where_from
{
	e911_network_t network; /* may be unknown */
	unsigned short port;
	unsigned char proto;
	int connection;				 /* 0 without */
	const e911_vicinity_t *rule; /* NULL: no network is compared */
} e911_where_from_t;

/* How near that is to where a contact registered from. */
enum e911_nearness
{
	E911_NOWHERE_NEAR,
	E911_SAME_ADDRESS, /* its IP address */
	E911_SAME_FLOW	   /* its connection, or its UDP port */
};

/** How near one is to the other; rules do not count. */
int e911_nearness(const e911_where_from_t *a, const e911_where_from_t *b);

#endif
