/*
 * e911: an IP address, or a network of them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <arpa/inet.h>
#include <string.h>
#include "network.h"
#include "row.h"

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

void e911_network_from(
		e911_network_t *network, const unsigned char *bytes, int len)
{
	if(len == 16 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		bytes += sizeof(mapped);
		len = 4;
	}
	memset(network, 0, sizeof(*network));
	network->family = len == 4 ? 4 : 6;
	network->bits = (unsigned char)(len * 8);
	memcpy(network->address, bytes, len);
}

/* a copy for inet_pton: without brackets, with its NUL */
int e911_network_read_address(e911_network_t *network, const str *given)
{
	str text = *given;
	unsigned char bytes[16];
	char z[INET6_ADDRSTRLEN];

	if(text.len > 2 && text.s[0] == '[' && text.s[text.len - 1] == ']') {
		text.s++;
		text.len -= 2;
	}
	if(text.len <= 0 || text.len >= (int)sizeof(z)
			|| memchr(text.s, '\0', text.len))
		return E911_ERR_VALUE;
	memcpy(z, text.s, text.len);
	z[text.len] = '\0';
	if(inet_pton(AF_INET, z, bytes) == 1)
		e911_network_from(network, bytes, 4);
	else if(inet_pton(AF_INET6, z, bytes) == 1)
		e911_network_from(network, bytes, 16);
	else
		return E911_ERR_VALUE;
	return E911_OK;
}

int e911_network_read(e911_network_t *network, const str *text)
{
	const char *slash = text->len > 0 ? memchr(text->s, '/', text->len) : NULL;
	str address = *text, length = STR_NULL;
	e911_network_t n;
	int bits;

	if(slash) {
		address.len = (int)(slash - text->s);
		length.s = (char *)slash + 1;
		length.len = text->len - address.len - 1;
	}
	if(e911_network_read_address(&n, &address))
		return E911_ERR_VALUE;
	if(slash) {
		if(e911_row_number(&length, n.bits, &bits))
			return E911_ERR_VALUE;
		n.bits = (unsigned char)bits;
	}
	*network = n;
	return E911_OK;
}

static void put_address(e911_strbuf_t *b, const e911_network_t *network)
{
	char z[INET6_ADDRSTRLEN];
	int i;

	/* each emergency call has one written: inet_ntop() would format it */
	for(i = 0; network->family == 4 && i < 4; i++) {
		if(i)
			E911_STRBUF_LIT(b, ".");
		e911_strbuf_put_num(b, network->address[i]);
	}
	if(network->family == 6
			&& inet_ntop(AF_INET6, network->address, z, sizeof(z)))
		e911_strbuf_puts(b, z);
}

void e911_network_put(e911_strbuf_t *b, const e911_network_t *network)
{
	if(network->family == 0)
		return;
	put_address(b, network);
	if(network->bits == (network->family == 4 ? 32 : 128))
		return;
	E911_STRBUF_LIT(b, "/");
	e911_strbuf_put_num(b, network->bits);
}

static int same_bits(const e911_network_t *a, const e911_network_t *b, int bits)
{
	int bytes = bits / 8, rest = bits % 8;

	if(a->family == 0 || a->family != b->family)
		return 0;
	if(memcmp(a->address, b->address, bytes) != 0)
		return 0;
	return rest == 0
		   || ((a->address[bytes] ^ b->address[bytes]) >> (8 - rest)) == 0;
}

int e911_network_has(
		const e911_network_t *network, const e911_network_t *address)
{
	return address->bits >= network->bits
		   && same_bits(network, address, network->bits);
}

int e911_network_equal(const e911_network_t *a, const e911_network_t *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int e911_networks_read(e911_networks_t *list, const str *text)
{
	e911_networks_t read = {0};
	str rest = *text, item;
	int err;

	while(e911_row_item(&rest, &item)) {
		if(read.n == E911_NETWORKS_MAX)
			return E911_ERR_FULL;
		err = e911_network_read(&read.network[read.n++], &item);
		if(err)
			return err;
	}
	*list = read;
	return E911_OK;
}

int e911_networks_have(
		const e911_networks_t *list, const e911_network_t *address)
{
	int i;

	for(i = 0; i < list->n; i++)
		if(e911_network_has(&list->network[i], address))
			return 1;
	return 0;
}

int e911_network_near(const e911_vicinity_t *rule, const e911_network_t *a,
		const e911_network_t *b)
{
	int i;

	if(same_bits(a, b, a->family == 4 ? rule->bits4 : rule->bits6))
		return 1;
	for(i = 0; i < rule->pools.n; i++)
		if(e911_network_has(&rule->pools.network[i], a)
				&& e911_network_has(&rule->pools.network[i], b))
			return 1;
	return 0;
}
