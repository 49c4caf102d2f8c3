/*
 * e911: trunks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "trunk.h"
#include "row.h"
#include "err.h"

enum kind
{
	KIND_TEXT,
	KIND_NETWORKS,
	KIND_SOURCE
};

#define BIT(whence) (1u << (whence))
#define AT(member) offsetof(e911_trunk_t, member)

struct e911_trunks
{
	int n;
	/* beside the trunks: each call looks through these, not through them */
	uint64_t starts[E911_TRUNKS_MAX]; /* see starts_of() */
	e911_trunk_t *trunk[E911_TRUNKS_MAX];
};

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size; /* of a text; of a source: where it may stand */
} columns[] = {
	{"name", KIND_TEXT, AT(name), E911_TRUNK_NAME_MAX},
	{"source", KIND_NETWORKS, AT(from), 0},
	{"domain", KIND_TEXT, AT(domain), sizeof(((e911_trunk_t *)0)->domain)},
	{"key", KIND_SOURCE, AT(key), BIT(E911_WHENCE_FROM)
		| BIT(E911_WHENCE_PAI) | BIT(E911_WHENCE_HEADER)},
	{"device", KIND_SOURCE, AT(device), BIT(E911_WHENCE_NONE)
		| BIT(E911_WHENCE_CONTACT) | BIT(E911_WHENCE_HEADER)},
	{"network", KIND_SOURCE, AT(network), BIT(E911_WHENCE_NONE)
		| BIT(E911_WHENCE_VIA) | BIT(E911_WHENCE_HEADER)},
};

static const struct word
{
	const char *name;
	int whence;
} words[] = {
	{"none", E911_WHENCE_NONE},
	{"from", E911_WHENCE_FROM},
	{"pai", E911_WHENCE_PAI},
	{"contact", E911_WHENCE_CONTACT},
	{"via", E911_WHENCE_VIA},
	{"header", E911_WHENCE_HEADER}, /* and its name behind a colon */
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*table))

int e911_trunks_new(e911_trunks_t **trunks)
{
	e911_trunks_t *t = shm_mallocxz(sizeof(*t));

	if(t == NULL)
		return E911_ERR_MEM;
	*trunks = t;
	return E911_OK;
}

void e911_trunks_free(e911_trunks_t *trunks)
{
	int i;

	if(trunks == NULL)
		return;
	for(i = 0; i < trunks->n; i++)
		shm_free(trunks->trunk[i]);
	shm_free(trunks);
}

static int whence_of(const str *value)
{
	size_t i;

	if(value->len > 7 && memcmp(value->s, "header:", 7) == 0)
		return E911_WHENCE_HEADER;
	for(i = 0; i < COUNT(words); i++)
		if(words[i].whence != E911_WHENCE_HEADER
				&& e911_row_is(value, words[i].name))
			return words[i].whence;
	return E911_ERR_VALUE;
}

static int put_source(e911_source_t *to, unsigned int allowed, const str *value)
{
	str name = {value->s + 7, value->len - 7};
	int whence = whence_of(value);

	if(whence < 0 || !(allowed & BIT(whence)))
		return E911_ERR_VALUE;
	to->whence = whence;
	return whence == E911_WHENCE_HEADER
				   ? e911_row_text(to->header, sizeof(to->header), &name)
				   : E911_OK;
}

static int put_column(
		e911_trunk_t *trunk, const struct column *c, const str *value)
{
	void *to = (char *)trunk + c->offset;

	switch(c->kind) {
		case KIND_NETWORKS:
			return e911_networks_read(to, value);
		case KIND_SOURCE:
			return put_source(to, c->size, value);
	}
	return e911_row_text(to, c->size, value);
}

static int put(e911_trunk_t *trunk, const str *key, const str *value,
		unsigned int *given)
{
	size_t i;

	for(i = 0; i < COUNT(columns); i++) {
		if(!e911_row_is(key, columns[i].name))
			continue;
		if(*given & BIT(i))
			return E911_ERR_TWICE;
		*given |= BIT(i);
		return put_column(trunk, &columns[i], value);
	}
	return E911_ERR_NAME;
}

static int fill(e911_trunk_t *trunk, const str *row, str *bad)
{
	str rest = *row, value;
	unsigned int given = 0;
	int err, got;

	trunk->key.whence = E911_WHENCE_PAI;
	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(trunk, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	return trunk->name[0] && trunk->from.n ? E911_OK : E911_ERR_MISSING;
}

/* one of 64 bits, by the first two bytes */
static uint64_t bit_of(const e911_network_t *n)
{
	return (uint64_t)1 << ((n->address[0] * 7 + n->address[1]) & 63);
}

/* An address without any of these bits is of no such network. */
static uint64_t starts_of(const e911_networks_t *list)
{
	uint64_t bits = 0;
	int i;

	for(i = 0; i < list->n; i++)
		bits |= list->network[i].bits < 16 ? ~(uint64_t)0
										   : bit_of(&list->network[i]);
	return bits;
}

static int place(e911_trunks_t *trunks, e911_trunk_t *trunk)
{
	int i;

	for(i = 0; i < trunks->n; i++)
		if(strcmp(trunks->trunk[i]->name, trunk->name) == 0)
			return E911_ERR_TWICE;
	if(trunks->n == E911_TRUNKS_MAX)
		return E911_ERR_FULL;
	trunks->starts[trunks->n] = starts_of(&trunk->from);
	trunks->trunk[trunks->n++] = trunk;
	return E911_OK;
}

int e911_trunks_add(e911_trunks_t *trunks, const str *row, str *bad)
{
	e911_trunk_t *trunk = shm_mallocxz(sizeof(*trunk));
	int err;

	*bad = *row;
	if(trunk == NULL)
		return E911_ERR_MEM;
	err = fill(trunk, row, bad);
	if(!err)
		err = place(trunks, trunk);
	if(err)
		shm_free(trunk);
	return err;
}

const e911_trunk_t *e911_trunks_find(
		const e911_trunks_t *trunks, const e911_network_t *address)
{
	uint64_t bit = bit_of(address);
	int i;

	for(i = 0; i < trunks->n; i++)
		if((trunks->starts[i] & bit)
				&& e911_networks_have(&trunks->trunk[i]->from, address))
			return trunks->trunk[i];
	return NULL;
}

const char *e911_whence_name(const e911_source_t *source)
{
	size_t i;

	for(i = 0; words[i].whence != source->whence; i++)
		;
	return words[i].name;
}

const e911_trunk_t *e911_trunks_nth(const e911_trunks_t *trunks, int index)
{
	return index >= 0 && index < trunks->n ? trunks->trunk[index] : NULL;
}
