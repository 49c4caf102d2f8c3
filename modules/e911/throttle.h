/*
 * e911: throttle: how often one source may ask over HTTP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bucket of each kind for an IPv4 address, or for an IPv6 /64: it has room
 * for a minute's share and fills evenly. In shared memory, of a fixed size; of
 * those that fall together the one unheard of the longest gives way. Without
 * memory nobody is limited.
 */
#ifndef E911_THROTTLE_H
#define E911_THROTTLE_H

#include "network.h"

enum e911_throttle_kind
{
	E911_THROTTLE_REQUESTS, /* all; web_rate a minute */
	E911_THROTTLE_REFUSALS, /* those that showed nothing good; web_refusals */
	E911_THROTTLE_KINDS
};

/** Before the fork. MEM. */
int e911_throttle_init(void);
void e911_throttle_destroy(void);
/** Takes one from the source's bucket. FULL: there was none, *retry_s until
 * there is one; counted. */
int e911_throttle(const e911_network_t *source, int kind, int *retry_s);

#endif
