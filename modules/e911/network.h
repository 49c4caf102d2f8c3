/*
 * e911: an IP address, or a network of them, as a value
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IPv4 addresses mapped into IPv6 (RFC 4291 2.5.5.2) are read as IPv4.
 */
#ifndef E911_NETWORK_H
#define E911_NETWORK_H

#include "strbuf.h"

#define E911_NETWORK_TEXT_MAX 52
#define E911_NETWORKS_MAX 32

typedef struct e911_network
{
	unsigned char family; /* 4, 6; 0: not known */
	unsigned char bits;	  /* 32 or 128: one address */
	unsigned char address[16];
} e911_network_t;

typedef struct e911_networks
{
	int n;
	e911_network_t network[E911_NETWORKS_MAX];
} e911_networks_t;

/* How two addresses are compared: by so many bits, or by being in one pool. */
typedef struct e911_vicinity
{
	int bits4;
	int bits6;
	e911_networks_t pools;
} e911_vicinity_t;

/** "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "[2001:db8::1]". VALUE. */
int e911_network_read(e911_network_t *network, const str *text);
/** The same of one address alone. */
int e911_network_read_address(e911_network_t *network, const str *text);
/** One address from its bytes in network order, 4 or 16 of them. */
void e911_network_from(
		e911_network_t *network, const unsigned char *bytes, int len);
/** As it is read; nothing where it is not known. */
void e911_network_put(e911_strbuf_t *b, const e911_network_t *network);
/** Is the address in the network? */
int e911_network_has(
		const e911_network_t *network, const e911_network_t *address);
/** The very same address. */
int e911_network_equal(const e911_network_t *a, const e911_network_t *b);
/** Comma list; VALUE, FULL. */
int e911_networks_read(e911_networks_t *list, const str *text);
int e911_networks_have(
		const e911_networks_t *list, const e911_network_t *address);
/** Both known, and the same network by the rule. */
int e911_network_near(const e911_vicinity_t *rule, const e911_network_t *a,
		const e911_network_t *b);

#endif
