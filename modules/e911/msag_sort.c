/*
 * e911: MSAG: all rows are there: its tables are sorted
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* qsort_r */
#endif
#include <stdlib.h>
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "msag_pool.h"
#include "spell.h"
#include "err.h"

typedef int order_f(const void *a, const void *b, void *msag);

static int by(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int text_order(const e911_msag_t *m, uint32_t a, uint32_t b)
{
	str s = e911_msag_text(m, a), t = e911_msag_text(m, b);
	int d = memcmp(s.s, t.s, s.len < t.len ? s.len : t.len);

	return d ? d : s.len - t.len;
}

static int town_order(const void *a, const void *b, void *msag)
{
	const e911_town_t *s = TOWN_AT((e911_msag_t *)msag, *(const uint32_t *)a);
	const e911_town_t *t = TOWN_AT((e911_msag_t *)msag, *(const uint32_t *)b);
	int d = by(s->state, t->state);

	if(d == 0)
		d = text_order(msag, s->normal, t->normal);
	return d ? d : text_order(msag, s->county_normal, t->county_normal);
}

static int name_order(const void *a, const void *b, void *msag)
{
	uint32_t s = NAME_AT((e911_msag_t *)msag, *(const uint32_t *)a)->text;
	uint32_t t = NAME_AT((e911_msag_t *)msag, *(const uint32_t *)b)->text;
	int d = e911_msag_text(msag, s).len - e911_msag_text(msag, t).len;

	return d ? d : text_order(msag, s, t);
}

static int way_order(const void *a, const void *b, void *msag)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const e911_way_t *s = WAY_AT((e911_msag_t *)msag, i);
	const e911_way_t *t = WAY_AT((e911_msag_t *)msag, j);
	int d = by(s->town, t->town);

	if(d == 0)
		d = by(s->name, t->name);
	return d ? d : by(i, j);
}

static int range_order(const void *a, const void *b)
{
	const e911_range_t *s = a, *t = b;
	int d = by(s->low, t->low);

	return d ? d : by(s->high, t->high);
}

/**
 * Sorts rows, and leaves room for one more behind them. *was is a block of
 * where each row is now, by where it was.
 */
static int sort(e911_msag_t *m, e911_rows_t *r, order_f *order, uint32_t **was)
{
	uint32_t n = r->n, i, *from = shm_malloc((n + 1ul) * sizeof(*from));
	uint32_t *to = shm_malloc((n + 1ul) * sizeof(*to));
	e911_rows_t made = {.size = r->size};

	if(from == NULL || to == NULL || e911_rows_make(&made, n + 1)) {
		if(from)
			shm_free(from);
		if(to)
			shm_free(to);
		return E911_ERR_MEM;
	}
	for(i = 0; i < n; i++)
		from[i] = i;
	qsort_r(from, n, sizeof(*from), order, m);
	for(i = 0; i < n; i++) {
		to[from[i]] = i;
		memcpy((char *)made.row + (size_t)i * r->size,
				(char *)r->row + (size_t)from[i] * r->size, r->size);
	}
	memset((char *)made.row + (size_t)n * r->size, 0, r->size);
	shm_free(from);
	e911_rows_free(r);
	made.n = n;
	*r = made;
	*was = to;
	return E911_OK;
}

static int sort_towns(e911_msag_t *m)
{
	uint32_t i, *now, state = 0, none;
	int err = sort(m, &m->towns, town_order, &now);

	if(err)
		return err;
	for(i = 0; i < m->ways.n; i++)
		WAY_AT(m, i)->town = now[WAY_AT(m, i)->town];
	shm_free(now);
	/* the row behind the last: where the last one ends */
	err = e911_rows_add(&m->states, &none);
	if(err)
		return err;
	m->states.n--;
	for(i = 0; i < m->towns.n; i++)
		for(; state <= TOWN_AT(m, i)->state; state++)
			STATE_AT(m, state)->town = i;
	STATE_AT(m, m->states.n)->town = m->towns.n;
	return E911_OK;
}

static void name_bags(e911_msag_t *m)
{
	uint32_t i, len = 0;
	str s;

	for(i = 0; i < m->names.n; i++) {
		s = e911_msag_text(m, NAME_AT(m, i)->text);
		for(; len <= (uint32_t)s.len; len++)
			m->length[len] = i;
		*E911_ROW(m->bags, uint64_t, i) = e911_bag(s.s, s.len);
	}
	for(; len < E911_STREET_NAME_MAX + 2; len++)
		m->length[len] = m->names.n;
}

static int sort_names(e911_msag_t *m)
{
	uint32_t i, *now;
	int err = e911_rows_make(&m->bags, m->names.n);

	if(err == E911_OK)
		err = sort(m, &m->names, name_order, &now);
	if(err)
		return err;
	for(i = 0; i < m->ways.n; i++)
		WAY_AT(m, i)->name = now[WAY_AT(m, i)->name];
	shm_free(now);
	name_bags(m);
	return E911_OK;
}

static int sort_ways(e911_msag_t *m)
{
	uint32_t i, *now, town = 0;
	int err = sort(m, &m->ways, way_order, &now);

	if(err)
		return err;
	for(i = 0; i < m->added.n; i++)
		ADDED_AT(m, i)->way = now[ADDED_AT(m, i)->way];
	shm_free(now);
	for(i = 0; i < m->ways.n; i++)
		for(; town <= WAY_AT(m, i)->town; town++)
			TOWN_AT(m, town)->way = i;
	TOWN_AT(m, m->towns.n)->way = m->ways.n;
	return E911_OK;
}

/* Counted, then placed from the end of each name's, which leaves the first. */
static int list_by_name(e911_msag_t *m)
{
	uint32_t i;
	int err = e911_rows_make(&m->by_name, m->ways.n);

	if(err)
		return err;
	for(i = 0; i <= m->names.n; i++)
		NAME_AT(m, i)->way = 0;
	for(i = 0; i < m->ways.n; i++)
		NAME_AT(m, WAY_AT(m, i)->name)->way++;
	for(i = 1; i <= m->names.n; i++)
		NAME_AT(m, i)->way += NAME_AT(m, i - 1)->way;
	for(i = m->ways.n; i > 0; i--)
		*E911_ROW(m->by_name, uint32_t,
				--NAME_AT(m, WAY_AT(m, i - 1)->name)->way) = i - 1;
	return E911_OK;
}

static int sort_ranges(e911_msag_t *m)
{
	uint32_t i, n;
	int err = e911_rows_make(&m->ranges, m->added.n);

	if(err)
		return err;
	for(i = 0; i < m->added.n; i++)
		WAY_AT(m, ADDED_AT(m, i)->way)->range++;
	for(i = 1; i <= m->ways.n; i++)
		WAY_AT(m, i)->range += WAY_AT(m, i - 1)->range;
	for(i = m->added.n; i > 0; i--)
		*RANGE_AT(m, --WAY_AT(m, ADDED_AT(m, i - 1)->way)->range) =
				ADDED_AT(m, i - 1)->range;
	for(i = 0; i < m->ways.n; i++) {
		n = WAY_AT(m, i)[1].range - WAY_AT(m, i)->range;
		if(n > E911_MSAG_STREET_RANGES_MAX)
			return E911_ERR_FULL;
		qsort(RANGE_AT(m, WAY_AT(m, i)->range), n, sizeof(e911_range_t),
				range_order);
	}
	return E911_OK;
}

static int rehash(e911_msag_t *m)
{
	int err;

	e911_slots_free(&m->name_slots);
	e911_slots_free(&m->way_slots);
	err = e911_slots_room(&m->name_slots, m->names.n, m, e911_msag_name_hash);
	if(err == E911_OK)
		err = e911_slots_room(&m->way_slots, m->ways.n, m, e911_msag_way_hash);
	return err;
}

int e911_msag_finish(e911_msag_t *m)
{
	int err = sort_towns(m);

	e911_slots_free(&m->town_slots);
	e911_slots_free(&m->pool_slots);
	if(err == E911_OK)
		err = sort_names(m);
	if(err == E911_OK)
		err = sort_ways(m);
	if(err == E911_OK)
		err = sort_ranges(m);
	if(err == E911_OK)
		err = list_by_name(m);
	if(err == E911_OK)
		err = rehash(m);
	if(err)
		return err;
	e911_rows_free(&m->added);
	e911_rows_pack(&m->pool);
	e911_rows_pack(&m->trims);
	return E911_OK;
}
