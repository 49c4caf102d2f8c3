/*
 * e911: ELINs: pools of numbers that stand for a place
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "elin.h"
#include "number.h"
#include "row.h"
#include "err.h"

#define MOST_MAX 100

typedef struct pool
{
	uint64_t hash[E911_ELINS_MAX]; /* so that a number is soon told apart */
	e911_elins_t elins;			   /* last: only as far as in use */
} pool_t;

struct e911_pools
{
	int n;
	pool_t *pool[E911_POOLS_MAX];
};

/* columns, as bits of what was given */
enum column
{
	COLUMN_NAME,
	COLUMN_NUMBER,
	COLUMN_SITE,
	COLUMN_MOST
};

/* clang-format off */
static const char *const columns[] = {
	[COLUMN_NAME] = "name",
	[COLUMN_NUMBER] = "number",
	[COLUMN_SITE] = "site",
	[COLUMN_MOST] = "most",
};
/* clang-format on */

int e911_pools_new(e911_pools_t **pools)
{
	e911_pools_t *p = shm_mallocxz(sizeof(*p));

	if(p == NULL)
		return E911_ERR_MEM;
	*pools = p;
	return E911_OK;
}

void e911_pools_free(e911_pools_t *pools)
{
	int i;

	if(pools == NULL)
		return;
	for(i = 0; i < pools->n; i++)
		shm_free(pools->pool[i]);
	shm_free(pools);
}

/* ----- a row ----- */

/* it goes into the message as it is: no separators */
static int read_number(const str *text, e911_number_t *number)
{
	int i;

	for(i = text->s[0] == '+'; i < text->len; i++)
		if(text->s[i] < '0' || text->s[i] > '9')
			return E911_ERR_VALUE;
	return e911_number_read(number, text->s, (size_t)text->len);
}

static int has_number(
		const pool_t *pool, const e911_number_t *number, uint64_t hash)
{
	const char *z;
	e911_number_t mine;
	int i;

	for(i = 0; i < pool->elins.n; i++) {
		z = pool->elins.number[i];
		if(pool->hash[i] == hash && e911_number_read(&mine, z, strlen(z)) == 0
				&& e911_number_equal(&mine, number))
			return 1;
	}
	return 0;
}

static int is_taken(const e911_pools_t *pools, const pool_t *pool,
		const e911_number_t *number, uint64_t hash)
{
	int i;

	for(i = 0; i < pools->n; i++)
		if(has_number(pools->pool[i], number, hash))
			return 1;
	return has_number(pool, number, hash);
}

static int put_number(const e911_pools_t *pools, pool_t *pool, const str *text)
{
	e911_elins_t *e = &pool->elins;
	e911_number_t number;
	uint64_t hash;
	int err = read_number(text, &number);

	if(err)
		return err;
	hash = e911_number_hash(&number);
	if(is_taken(pools, pool, &number, hash))
		return E911_ERR_TWICE;
	if(e->n == E911_ELINS_MAX)
		return E911_ERR_FULL;
	err = e911_row_text(e->number[e->n], E911_ELIN_MAX, text);
	if(!err)
		pool->hash[e->n++] = hash;
	return err;
}

static int put_numbers(
		const e911_pools_t *pools, pool_t *pool, const str *value)
{
	str rest = *value, item;
	int err = E911_OK;

	while(!err && e911_row_item(&rest, &item))
		err = put_number(pools, pool, &item);
	return err;
}

static int put_field(e911_elins_t *e, const str *key, const str *value)
{
	int id = e911_field_stated(key->s, (size_t)key->len);

	return id < 0 ? id
				  : e911_location_set(
						  &e->place, id, value->s, (size_t)value->len);
}

static int put_column(
		const e911_pools_t *pools, pool_t *pool, int column, const str *value)
{
	e911_elins_t *e = &pool->elins;
	int err;

	switch(column) {
		case COLUMN_NAME:
			return e911_row_text(e->name, sizeof(e->name), value);
		case COLUMN_NUMBER:
			return put_numbers(pools, pool, value);
		case COLUMN_SITE:
			return e911_row_text(e->site, sizeof(e->site), value);
	}
	err = e911_row_number(value, MOST_MAX, &e->most);
	return !err && e->most == 0 ? E911_ERR_VALUE : err;
}

static int put(const e911_pools_t *pools, pool_t *pool, const str *key,
		const str *value, unsigned int *given)
{
	size_t i;

	for(i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		if(!e911_row_is(key, columns[i]))
			continue;
		if(*given & 1u << i)
			return E911_ERR_TWICE;
		*given |= 1u << i;
		return put_column(pools, pool, (int)i, value);
	}
	return put_field(&pool->elins, key, value);
}

/* an empty value is none */
static int count_fields(const e911_location_t *l)
{
	int at = 0, id, n = 0;
	str value;

	while((at = e911_location_next(l, at, &id, &value)))
		n++;
	return n;
}

static int fill(
		const e911_pools_t *pools, pool_t *pool, const str *row, str *bad)
{
	str rest = *row, value;
	unsigned int given = 0;
	int err, got;

	memset(pool, 0, sizeof(*pool));
	pool->elins.most = 1;
	e911_location_init(&pool->elins.place, E911_FROM_SITE, 0);
	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(pools, pool, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	pool->elins.fields = count_fields(&pool->elins.place);
	return pool->elins.name[0] && pool->elins.n ? E911_OK : E911_ERR_MISSING;
}

static int place(e911_pools_t *pools, const pool_t *pool)
{
	size_t size = offsetof(pool_t, elins.place)
				  + E911_LOCATION_SIZE(&pool->elins.place);
	pool_t *copy;
	int i;

	for(i = 0; i < pools->n; i++)
		if(strcmp(pools->pool[i]->elins.name, pool->elins.name) == 0)
			return E911_ERR_TWICE;
	if(pools->n == E911_POOLS_MAX)
		return E911_ERR_FULL;
	copy = shm_malloc(size);
	if(copy == NULL)
		return E911_ERR_MEM;
	memcpy(copy, pool, size);
	pools->pool[pools->n++] = copy;
	return E911_OK;
}

int e911_pools_add(e911_pools_t *pools, const str *row, str *bad)
{
	pool_t pool;
	int err;

	*bad = *row;
	err = fill(pools, &pool, row, bad);
	return err ? err : place(pools, &pool);
}

/* ----- the pool of a location ----- */

static int is_same(const str *a, const str *b)
{
	return a->len == b->len && strncasecmp(a->s, b->s, (size_t)a->len) == 0;
}

static int is_for(const e911_elins_t *e, const char *site,
		const e911_location_t *location)
{
	str value, other;
	int at = 0, id;

	if(e->site[0] && strcmp(e->site, site) != 0)
		return 0;
	if(e->fields && location == NULL)
		return 0;
	while((at = e911_location_next(&e->place, at, &id, &value)))
		if(e911_location_get(location, id, &other) || !is_same(&value, &other))
			return 0;
	return 1;
}

static int rank(const e911_elins_t *e)
{
	return 2 * e->fields + (e->site[0] != '\0');
}

const e911_elins_t *e911_pools_find(const e911_pools_t *pools, const char *site,
		const e911_location_t *location)
{
	const e911_elins_t *best = NULL, *e;
	int i;

	for(i = 0; i < pools->n; i++) {
		e = &pools->pool[i]->elins;
		if((best == NULL || rank(e) > rank(best)) && is_for(e, site, location))
			best = e;
	}
	return best;
}

const e911_elins_t *e911_pools_nth(const e911_pools_t *pools, int index)
{
	return index >= 0 && index < pools->n ? &pools->pool[index]->elins : NULL;
}
