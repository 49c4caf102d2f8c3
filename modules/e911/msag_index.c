/*
 * e911: MSAG: its tables, how they are built and asked
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "msag_pool.h"
#include "spell.h"
#include "err.h"

#define NUMBER_MAX 999999999u

/* a row's texts as a field has them */
typedef struct texts
{
	char mem[4][E911_FIELD_MAX];
	str pre, road, suffix, post;
} texts_t;

/* ----- the whole ----- */

int e911_msag_new(e911_msag_t **msag)
{
	e911_msag_t *m = shm_mallocxz(sizeof(*m));

	if(m == NULL)
		return E911_ERR_MEM;
	m->pool.size = 1;
	m->trims.size = sizeof(e911_trim_t);
	m->states.size = sizeof(e911_state_row_t);
	m->towns.size = sizeof(e911_town_t);
	m->ways.size = sizeof(e911_way_t);
	m->names.size = sizeof(e911_name_t);
	m->ranges.size = sizeof(e911_range_t);
	m->added.size = sizeof(e911_added_t);
	m->bags.size = sizeof(uint64_t);
	m->by_name.size = sizeof(uint32_t);
	*msag = m;
	return E911_OK;
}

static void free_build(e911_msag_t *m)
{
	e911_rows_free(&m->added);
	e911_slots_free(&m->pool_slots);
	e911_slots_free(&m->town_slots);
}

void e911_msag_free(e911_msag_t *m)
{
	if(m == NULL)
		return;
	free_build(m);
	e911_rows_free(&m->pool);
	e911_rows_free(&m->trims);
	e911_rows_free(&m->states);
	e911_rows_free(&m->towns);
	e911_rows_free(&m->ways);
	e911_rows_free(&m->names);
	e911_rows_free(&m->ranges);
	e911_rows_free(&m->bags);
	e911_rows_free(&m->by_name);
	e911_slots_free(&m->name_slots);
	e911_slots_free(&m->way_slots);
	shm_free(m);
}

unsigned long e911_msag_count(const e911_msag_t *m)
{
	return m->added.row ? m->added.n : m->ranges.n;
}

static size_t rows_bytes(const e911_rows_t *r)
{
	return (size_t)r->room * r->size;
}

static size_t slots_bytes(const e911_slots_t *t)
{
	return t->slot ? (t->mask + 1ul) * sizeof(*t->slot) : 0;
}

unsigned long e911_msag_bytes(const e911_msag_t *m)
{
	return sizeof(*m) + rows_bytes(&m->pool) + rows_bytes(&m->trims)
		   + rows_bytes(&m->states) + rows_bytes(&m->towns)
		   + rows_bytes(&m->ways) + rows_bytes(&m->names)
		   + rows_bytes(&m->ranges) + rows_bytes(&m->added)
		   + rows_bytes(&m->bags) + rows_bytes(&m->by_name)
		   + slots_bytes(&m->pool_slots) + slots_bytes(&m->town_slots)
		   + slots_bytes(&m->name_slots) + slots_bytes(&m->way_slots);
}

/* ----- hashes of rows ----- */

static uint64_t town_hash_of(uint32_t state, uint32_t normal, uint32_t county)
{
	return e911_msag_mix((uint64_t)state << 32 | normal, county);
}

static uint64_t town_hash(const e911_msag_t *m, uint32_t i)
{
	const e911_town_t *t = TOWN_AT(m, i);

	return town_hash_of(t->state, t->normal, t->county_normal);
}

uint64_t e911_msag_name_hash(const e911_msag_t *m, uint32_t i)
{
	str s = e911_msag_text(m, NAME_AT(m, i)->text);

	return e911_msag_hash(s.s, s.len);
}

static uint64_t way_hash_of(
		uint32_t town, uint32_t name, int pre, int suffix, int post)
{
	return e911_msag_mix((uint64_t)town << 32 | name,
			(uint64_t)pre << 16 | suffix << 8 | post);
}

uint64_t e911_msag_way_hash(const e911_msag_t *m, uint32_t i)
{
	const e911_way_t *w = WAY_AT(m, i);

	return way_hash_of(w->town, w->name, w->pre, w->suffix, w->post);
}

/* ----- asked ----- */

str e911_msag_text(const e911_msag_t *m, uint32_t at)
{
	char *p = (char *)m->pool.row + at;
	str s = {p + 1, (unsigned char)*p};

	return s;
}

uint32_t e911_msag_state(
		const e911_msag_t *m, const char country[2], const char name[2])
{
	uint32_t i;

	for(i = 0; i < m->states.n; i++)
		if(memcmp(STATE_AT(m, i)->country, country, 2) == 0
				&& memcmp(STATE_AT(m, i)->name, name, 2) == 0)
			return i;
	return E911_MSAG_NONE;
}

uint32_t e911_msag_name(const e911_msag_t *m, const char *s, size_t len)
{
	const e911_slots_t *t = &m->name_slots;
	uint32_t i, row;
	str have;

	if(t->slot == NULL)
		return E911_MSAG_NONE;
	for(i = (uint32_t)e911_msag_hash(s, len) & t->mask; (row = t->slot[i]);
			i = (i + 1) & t->mask) {
		have = e911_msag_text(m, NAME_AT(m, row - 1)->text);
		if((size_t)have.len == len && memcmp(have.s, s, len) == 0)
			return row - 1;
	}
	return E911_MSAG_NONE;
}

uint32_t e911_msag_way(const e911_msag_t *m, uint32_t town, uint32_t name,
		const e911_street_t *s)
{
	const e911_slots_t *t = &m->way_slots;
	uint64_t hash = way_hash_of(town, name, s->pre, s->suffix, s->post);
	const e911_way_t *w;
	uint32_t i, row;

	if(t->slot == NULL)
		return E911_MSAG_NONE;
	for(i = (uint32_t)hash & t->mask; (row = t->slot[i]);
			i = (i + 1) & t->mask) {
		w = WAY_AT(m, row - 1);
		if(w->town == town && w->name == name && w->pre == s->pre
				&& w->suffix == s->suffix && w->post == s->post)
			return row - 1;
	}
	return E911_MSAG_NONE;
}

uint32_t e911_msag_range(const e911_msag_t *m, uint32_t way, uint32_t number)
{
	uint32_t i, end = WAY_AT(m, way)[1].range;
	const e911_range_t *r;

	for(i = WAY_AT(m, way)->range; i < end; i++) {
		r = RANGE_AT(m, i);
		if(r->low > number)
			break;
		if(number <= r->high
				&& (r->parity == E911_PARITY_BOTH || r->parity == number % 2))
			return i;
	}
	return E911_MSAG_NONE;
}

static int text_order(str a, const char *s, size_t len)
{
	size_t n = (size_t)a.len < len ? (size_t)a.len : len;
	int d = memcmp(a.s, s, n);

	return d ? d : (int)a.len - (int)len;
}

uint32_t e911_msag_towns(const e911_msag_t *m, uint32_t state, const char *s,
		size_t len, uint32_t *first)
{
	uint32_t low = STATE_AT(m, state)->town, end = STATE_AT(m, state)[1].town;
	uint32_t high = end, middle;

	while(low < high) {
		middle = low + (high - low) / 2;
		if(text_order(e911_msag_text(m, TOWN_AT(m, middle)->normal), s, len)
				< 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	for(; high < end; high++)
		if(text_order(e911_msag_text(m, TOWN_AT(m, high)->normal), s, len))
			break;
	return high - low;
}

/* ----- a row is added ----- */

static int text_of(int field, const str *from, char *mem, str *to)
{
	size_t n = 0;
	int err = E911_OK;

	if(from->len)
		err = e911_field_normal(field, from->s, from->len, mem, &n);
	to->s = mem;
	to->len = (int)n;
	return err;
}

static int put_text(e911_msag_t *m, int field, const str *from, uint32_t *at)
{
	char mem[E911_FIELD_MAX];
	str text;
	int err = text_of(field, from, mem, &text);

	return err ? err : e911_pool_put(m, &text, at);
}

static int put_state(e911_msag_t *m, const e911_msag_row_t *row, uint32_t *at,
		const char **bad)
{
	char country[E911_FIELD_MAX] = "US", name[2];
	size_t n = 2;
	int err = E911_OK;

	*bad = "country";
	if(row->country.len)
		err = e911_field_normal(
				E911_F_COUNTRY, row->country.s, row->country.len, country, &n);
	if(err || n != 2)
		return err ? err : E911_ERR_VALUE;
	*bad = "state";
	err = e911_state_normal(&row->state, name);
	if(err)
		return err;
	*at = e911_msag_state(m, country, name);
	if(*at != E911_MSAG_NONE)
		return E911_OK;
	if(m->states.n == E911_MSAG_STATES_MAX)
		return E911_ERR_FULL;
	err = e911_rows_add(&m->states, at);
	if(err == E911_OK) {
		memcpy(STATE_AT(m, *at)->country, country, 2);
		memcpy(STATE_AT(m, *at)->name, name, 2);
	}
	return err;
}

static int put_normal(e911_msag_t *m, const str *value, uint32_t *at,
		int (*normal)(const str *, char *, size_t *))
{
	char mem[E911_COMMUNITY_MAX];
	str text = {mem, 0};
	size_t n = 0;
	int err = value->len ? normal(value, mem, &n) : E911_OK;

	text.len = (int)n;
	return err == E911_ERR_EMPTY || err == E911_OK ? e911_pool_put(m, &text, at)
												   : err;
}

static int town_texts(e911_msag_t *m, const e911_msag_row_t *row,
		e911_town_t *t, const char **bad)
{
	int err = put_state(m, row, &t->state, bad);

	if(err)
		return err;
	*bad = "community";
	err = put_normal(m, &row->community, &t->normal, e911_community_normal);
	if(err == E911_OK && e911_msag_text(m, t->normal).len == 0)
		err = E911_ERR_VALUE;
	if(err == E911_OK)
		err = put_text(m, E911_F_A3, &row->community, &t->name);
	if(err)
		return err;
	*bad = "county";
	err = put_normal(m, &row->county, &t->county_normal, e911_county_normal);
	return err ? err : put_text(m, E911_F_A2, &row->county, &t->county);
}

static int put_town(e911_msag_t *m, const e911_msag_row_t *row, uint32_t *at,
		const char **bad)
{
	e911_town_t made = {0}, *t;
	e911_slots_t *slots = &m->town_slots;
	uint32_t i;
	int err = town_texts(m, row, &made, bad);

	if(err == E911_OK)
		err = e911_slots_room(slots, m->towns.n, m, town_hash);
	if(err)
		return err;
	for(i = (uint32_t)town_hash_of(made.state, made.normal, made.county_normal)
			& slots->mask;
			slots->slot[i]; i = (i + 1) & slots->mask) {
		*at = slots->slot[i] - 1;
		t = TOWN_AT(m, *at);
		if(t->state == made.state && t->normal == made.normal
				&& t->county_normal == made.county_normal)
			return E911_OK;
	}
	err = e911_rows_add(&m->towns, at);
	if(err == E911_OK) {
		*TOWN_AT(m, *at) = made;
		slots->slot[i] = *at + 1;
	}
	return err;
}

static int put_name(e911_msag_t *m, const e911_street_t *s, uint32_t *at)
{
	str text = {(char *)s->name, s->len};
	uint32_t row = e911_msag_name(m, s->name, s->len), pool;
	int err;

	*at = row;
	if(row != E911_MSAG_NONE)
		return E911_OK;
	err = e911_slots_room(&m->name_slots, m->names.n, m, e911_msag_name_hash);
	if(err == E911_OK)
		err = e911_pool_put(m, &text, &pool);
	if(err == E911_OK)
		err = e911_rows_add(&m->names, at);
	if(err)
		return err;
	NAME_AT(m, *at)->text = pool;
	NAME_AT(m, *at)->way = 0;
	e911_slots_put(&m->name_slots, e911_msag_hash(s->name, s->len), *at);
	return E911_OK;
}

/* They are few: the last ones first. */
static int put_trim(e911_msag_t *m, const texts_t *t, uint32_t *at)
{
	e911_trim_t made = {0, 0, 0}, *have;
	uint32_t i;
	int err = e911_pool_put(m, &t->pre, &made.pre);

	if(err == E911_OK)
		err = e911_pool_put(m, &t->suffix, &made.suffix);
	if(err == E911_OK)
		err = e911_pool_put(m, &t->post, &made.post);
	if(err)
		return err;
	for(i = m->trims.n; i > 0 && m->trims.n - i < 64; i--) {
		have = E911_ROW(m->trims, e911_trim_t, i - 1);
		if(memcmp(have, &made, sizeof(made)) == 0) {
			*at = i - 1;
			return E911_OK;
		}
	}
	err = e911_rows_add(&m->trims, at);
	if(err == E911_OK)
		*E911_ROW(m->trims, e911_trim_t, *at) = made;
	return err;
}

/* The parts of a street in the order in which they are said. */
static int street_of(const e911_msag_row_t *row, texts_t *t,
		e911_street_t *street, const char **bad)
{
	const struct
	{
		const char *name;
		int field;
		const str *from;
		str *to;
	} part[] = {{"predir", E911_F_PRD, &row->predir, &t->pre},
			{"street", E911_F_RD, &row->street, &t->road},
			{"suffix", E911_F_STS, &row->suffix, &t->suffix},
			{"postdir", E911_F_POD, &row->postdir, &t->post}};
	e911_words_t w;
	int i, err;

	e911_words_init(&w);
	for(i = 0; i < 4; i++) {
		*bad = part[i].name;
		err = text_of(part[i].field, part[i].from, t->mem[i], part[i].to);
		if(err == E911_OK)
			err = e911_words_add(&w, part[i].to);
		if(err)
			return err;
	}
	*bad = "street";
	if(t->road.len == 0)
		return E911_ERR_VALUE;
	err = e911_street_normal(street, &w, 0);
	return err == E911_ERR_EMPTY ? E911_ERR_VALUE : err;
}

/* The first spelling of a street is the guide's. */
static int put_way(e911_msag_t *m, const e911_msag_row_t *row, uint32_t *at,
		const char **bad)
{
	e911_way_t made = {0};
	e911_street_t s;
	texts_t t;
	int err = put_town(m, row, &made.town, bad);

	if(err == E911_OK)
		err = street_of(row, &t, &s, bad);
	if(err == E911_OK)
		err = put_name(m, &s, &made.name);
	if(err)
		return err;
	*at = e911_msag_way(m, made.town, made.name, &s);
	if(*at != E911_MSAG_NONE)
		return E911_OK;
	made.pre = s.pre;
	made.suffix = s.suffix;
	made.post = s.post;
	err = e911_slots_room(&m->way_slots, m->ways.n, m, e911_msag_way_hash);
	if(err == E911_OK)
		err = e911_pool_put(m, &t.road, &made.road);
	if(err == E911_OK)
		err = put_trim(m, &t, &made.trim);
	if(err == E911_OK)
		err = e911_rows_add(&m->ways, at);
	if(err)
		return err;
	*WAY_AT(m, *at) = made;
	e911_slots_put(&m->way_slots, e911_msag_way_hash(m, *at), *at);
	return E911_OK;
}

static int read_parity(const e911_msag_row_t *row, int *parity)
{
	switch(row->parity) {
		case 'E':
			*parity = E911_PARITY_EVEN;
			break;
		case 'O':
			*parity = E911_PARITY_ODD;
			break;
		case 'B':
			*parity = E911_PARITY_BOTH;
			return E911_OK;
		default:
			return E911_ERR_VALUE;
	}
	return row->low % 2 == (unsigned int)*parity
						   && row->high % 2 == (unsigned int)*parity
				   ? E911_OK
				   : E911_ERR_VALUE;
}

static int read_numbers(
		const e911_msag_row_t *row, e911_range_t *range, const char **bad)
{
	int parity;

	*bad = "high";
	if(row->low > row->high || row->high > NUMBER_MAX)
		return E911_ERR_VALUE;
	*bad = "parity";
	if(read_parity(row, &parity))
		return E911_ERR_VALUE;
	range->low = row->low & 0x3fffffffu;
	range->high = row->high;
	range->parity = (unsigned int)parity & 3u;
	return E911_OK;
}

int e911_msag_add(e911_msag_t *m, const e911_msag_row_t *row, const char **bad)
{
	e911_added_t made;
	uint32_t at;
	int err = read_numbers(row, &made.range, bad);

	if(err == E911_OK)
		err = put_way(m, row, &made.way, bad);
	if(err)
		return err;
	*bad = "esn";
	err = put_text(m, E911_F_A3, &row->esn, &made.range.esn);
	if(err)
		return err;
	*bad = "psap";
	err = put_text(m, E911_F_A3, &row->psap, &made.range.psap);
	if(err == E911_OK)
		err = e911_rows_add(&m->added, &at);
	if(err == E911_OK)
		*ADDED_AT(m, at) = made;
	return err;
}
