/*
 * e911: MSAG: arrays and hash tables that grow while it is built
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "msag_pool.h"
#include "err.h"

#define ROWS_MIN 64
#define SLOTS_MIN 64u
#define POOL_MAX (1u << 30)

/* ----- hashes: the rows are the operator's own, no key is needed ----- */

uint64_t e911_msag_mix(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ b * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	return h ^ h >> 32;
}

uint64_t e911_msag_hash(const char *s, size_t len)
{
	uint64_t h = len, part;

	for(; len >= sizeof(part); s += sizeof(part), len -= sizeof(part)) {
		memcpy(&part, s, sizeof(part));
		h = e911_msag_mix(h, part);
	}
	part = 0;
	memcpy(&part, s, len);
	return e911_msag_mix(h, part);
}

/* ----- rows ----- */

static int grow(e911_rows_t *r, uint32_t room)
{
	void *row = shm_realloc(r->row, (size_t)room * r->size);

	if(row == NULL)
		return E911_ERR_MEM;
	r->row = row;
	r->room = room;
	return E911_OK;
}

static int need(e911_rows_t *r, uint32_t n)
{
	if(n <= r->room - r->n)
		return E911_OK;
	if(r->n > UINT32_MAX / 2 - n)
		return E911_ERR_FULL;
	return grow(r, r->n + n + r->n / 2 + ROWS_MIN);
}

int e911_rows_add(e911_rows_t *r, uint32_t *at)
{
	int err = need(r, 1);

	if(err == E911_OK)
		*at = r->n++;
	return err;
}

int e911_rows_make(e911_rows_t *r, uint32_t n)
{
	int err = grow(r, n ? n : 1);

	if(err == E911_OK)
		r->n = n;
	return err;
}

void e911_rows_pack(e911_rows_t *r)
{
	if(r->n && r->n < r->room)
		(void)grow(r, r->n);
}

void e911_rows_free(e911_rows_t *r)
{
	if(r->row)
		shm_free(r->row);
	r->row = NULL;
	r->n = r->room = 0;
}

/* ----- slots ----- */

void e911_slots_put(e911_slots_t *t, uint64_t hash, uint32_t row)
{
	uint32_t i = (uint32_t)hash & t->mask;

	while(t->slot[i])
		i = (i + 1) & t->mask;
	t->slot[i] = row + 1;
}

void e911_slots_free(e911_slots_t *t)
{
	if(t->slot)
		shm_free(t->slot);
	t->slot = NULL;
	t->mask = 0;
}

/* at most half of them are taken: each that is in the way is a row to be read */
int e911_slots_room(e911_slots_t *t, uint32_t n, const e911_msag_t *m,
		e911_row_hash_f *hash)
{
	uint32_t slots = SLOTS_MIN, i;
	e911_slots_t made;

	if(t->slot && n < t->mask / 2)
		return E911_OK;
	while(slots / 2 <= n + 1)
		slots *= 2;
	made.slot = shm_mallocxz(slots * sizeof(*made.slot));
	if(made.slot == NULL)
		return E911_ERR_MEM;
	made.mask = slots - 1;
	for(i = 0; i < n; i++)
		e911_slots_put(&made, hash(m, i), i);
	e911_slots_free(t);
	*t = made;
	return E911_OK;
}

/* ----- texts: a slot has the place of one, not its number ----- */

static int pool_rehash(e911_msag_t *m)
{
	e911_slots_t made;
	uint32_t at;
	str s;

	made.mask = m->pool_slots.slot ? m->pool_slots.mask * 2 + 1 : SLOTS_MIN - 1;
	made.slot = shm_mallocxz((made.mask + 1ul) * sizeof(*made.slot));
	if(made.slot == NULL)
		return E911_ERR_MEM;
	for(at = 0; at < m->pool.n; at += 1 + s.len) {
		s = e911_msag_text(m, at);
		e911_slots_put(&made, e911_msag_hash(s.s, s.len), at);
	}
	e911_slots_free(&m->pool_slots);
	m->pool_slots = made;
	return E911_OK;
}

static int pool_add(e911_msag_t *m, const str *s, uint64_t hash, uint32_t *at)
{
	char *p;
	int err;

	if(m->pool_texts >= m->pool_slots.mask / 4 * 3
			&& (err = pool_rehash(m)) != E911_OK)
		return err;
	if(m->pool.n > POOL_MAX - 256)
		return E911_ERR_FULL;
	err = need(&m->pool, 1 + s->len);
	if(err)
		return err;
	*at = m->pool.n;
	p = (char *)m->pool.row + *at;
	*p = (char)s->len;
	if(s->len)
		memcpy(p + 1, s->s, s->len);
	m->pool.n += 1 + s->len;
	m->pool_texts++;
	e911_slots_put(&m->pool_slots, hash, *at);
	return E911_OK;
}

int e911_pool_put(e911_msag_t *m, const str *s, uint32_t *at)
{
	uint64_t hash;
	uint32_t i;
	str have;

	if(s->len > 255)
		return E911_ERR_LONG;
	hash = e911_msag_hash(s->len ? s->s : "", s->len);
	if(m->pool_slots.slot)
		for(i = (uint32_t)hash & m->pool_slots.mask; m->pool_slots.slot[i];
				i = (i + 1) & m->pool_slots.mask) {
			have = e911_msag_text(m, m->pool_slots.slot[i] - 1);
			if(have.len == s->len && memcmp(have.s, s->s, s->len) == 0) {
				*at = m->pool_slots.slot[i] - 1;
				return E911_OK;
			}
		}
	return pool_add(m, s, hash, at);
}
