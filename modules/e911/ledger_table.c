/*
 * e911: the ledger's table
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "ledger_table.h"
#include "config.h"
#include "hash.h"
#include "record.h"
#include "err.h"

#define RESERVE (256 * 1024) /* bytes that are left for transactions */
#define LOAD 2				 /* calls per slot when full */
#define SLOTS_MIN 16
#define SLOTS_MAX (1 << 22)

e911_ledger_table_t *e911_ledger_table;

/* ----- rings ----- */

void e911_ring_init(e911_ring_t *ring)
{
	ring->next = ring->prev = ring;
}

static void alter(int begin)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	e911_ledger_table->altering = begin;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void e911_ring_leave(e911_ring_t *ring)
{
	alter(1);
	ring->prev->next = ring->next;
	ring->next->prev = ring->prev;
	e911_ring_init(ring);
	alter(0);
}

void e911_ring_join(e911_ring_t *ring, e911_ring_t *behind)
{
	alter(1);
	ring->prev = behind;
	ring->next = behind->next;
	behind->next->prev = ring;
	behind->next = ring;
	alter(0);
}

e911_ledger_call_t *e911_ledger_on(e911_ring_t *ring, int link)
{
	return (void *)((char *)ring - offsetof(e911_ledger_call_t, link)
					- link * sizeof(*ring));
}

e911_ring_t *e911_ledger_chain(int link, uint64_t hash)
{
	e911_ledger_table_t *t = e911_ledger_table;

	return &t->chain[(size_t)link * t->slots + (hash & (t->slots - 1))];
}

/* ----- table ----- */

static unsigned int slots_for(unsigned int max)
{
	unsigned int n = SLOTS_MIN;

	while(n < max / LOAD && n < SLOTS_MAX)
		n <<= 1;
	return n;
}

static void clear(e911_ledger_table_t *t)
{
	size_t i;

	e911_ring_init(&t->ups);
	e911_ring_init(&t->ends);
	e911_ring_init(&t->doubts);
	e911_ring_init(&t->dirty);
	for(i = 0; i < (size_t)E911_CHAINS * t->slots; i++)
		e911_ring_init(&t->chain[i]);
	t->count = 0;
	t->up = 0;
}

int e911_ledger_table_new(unsigned int max)
{
	size_t chains = (size_t)E911_CHAINS * slots_for(max);
	e911_ledger_table_t *t =
			shm_mallocxz(sizeof(*t) + chains * sizeof(*t->chain));

	if(t == NULL)
		return E911_ERR_MEM;
	lock_init(&t->lock);
	t->max = max;
	t->slots = slots_for(max);
	clear(t);
	e911_ledger_table = t;
	return E911_OK;
}

static void free_all(e911_ring_t *head)
{
	e911_ring_t *r, *next;

	for(r = head->next; r != head; r = next) {
		next = r->next;
		shm_free(e911_ledger_on(r, E911_BY_AGE));
	}
}

void e911_ledger_table_free(void)
{
	if(e911_ledger_table == NULL)
		return;
	free_all(&e911_ledger_table->ups);
	free_all(&e911_ledger_table->ends);
	free_all(&e911_ledger_table->doubts);
	lock_destroy(&e911_ledger_table->lock);
	shm_free(e911_ledger_table);
	e911_ledger_table = NULL;
}

/* nothing may walk them any more; the memory goes with the whole of it */
void e911_ledger_table_alone(void)
{
	lock_init(&e911_ledger_table->lock);
	if(e911_ledger_table->altering)
		clear(e911_ledger_table);
}

/* ----- time ----- */

static int call_max(void)
{
	return cfg_get(e911, e911_cfg, call_max);
}

int e911_ledger_is_up(const e911_ledger_call_t *c, uint32_t now)
{
	return !c->entry.ended && (int32_t)(now - c->since) < call_max();
}

int e911_ledger_idle_of(const e911_ledger_call_t *c, uint32_t now)
{
	int idle = (int32_t)(now - c->since) - (c->entry.ended ? 0 : call_max());

	return idle > 0 ? idle : 0;
}

int e911_ledger_is_over(const e911_ledger_call_t *c, uint32_t now)
{
	return !e911_ledger_is_up(c, now)
		   && e911_ledger_idle_of(c, now)
					  >= cfg_get(e911, e911_cfg, callback_window);
}

/* ----- one call ----- */

static size_t size_of(const e911_entry_t *e)
{
	return offsetof(e911_entry_t, location)
		   + (e->located ? E911_LOCATION_SIZE(&e->location) : 0);
}

void e911_ledger_named(e911_ledger_call_t *c)
{
	c->hash[E911_BY_CALL] = e911_hash(c->entry.callid, strlen(c->entry.callid));
}

e911_ledger_call_t *e911_ledger_call_new(const e911_entry_t *entry)
{
	size_t head = offsetof(e911_ledger_call_t, entry);
	e911_ledger_call_t *c = NULL;
	int i;

	/* to be sent on is worth more than to be called back */
	if(shm_available() >= RESERVE)
		c = shm_malloc(head + size_of(entry));
	if(c == NULL)
		return NULL;
	memset(c, 0, head);
	memcpy(&c->entry, entry, size_of(entry));
	for(i = 0; i < E911_LINKS; i++)
		c->link[i].next = c->link[i].prev = &c->link[i];
	e911_ledger_named(c);
	return c;
}

void e911_ledger_copy(e911_entry_t *entry, const e911_ledger_call_t *c)
{
	memcpy(entry, &c->entry, size_of(&c->entry));
}

/* the newest first, so that who looks for it need not look further */
static void put_on_chain(e911_ledger_call_t *c, int link, uint64_t hash)
{
	e911_ring_t *head = e911_ledger_chain(link, hash), *behind = head;

	c->hash[link] = hash;
	while(behind->next != head
			&& (int32_t)(e911_ledger_on(behind->next, link)->opened - c->opened)
					   > 0)
		behind = behind->next;
	e911_ring_join(&c->link[link], behind);
}

static void put_text(e911_ledger_call_t *c, int link, const char *text)
{
	if(text[0])
		put_on_chain(c, link, e911_hash(text, strlen(text)));
}

static void put_number(
		e911_ledger_call_t *c, int link, e911_number_t *number, const char *z)
{
	if(e911_number_read(number, z, strlen(z)))
		number->n = 0;
	else
		put_on_chain(c, link, e911_number_hash(number));
}

static e911_ring_t *ring_of(const e911_ledger_call_t *c)
{
	if(!c->entry.ended)
		return &e911_ledger_table->ups;
	return c->entry.proven ? &e911_ledger_table->ends
						   : &e911_ledger_table->doubts;
}

/* rings by age begin with what is oldest */
static void put_by_age(e911_ledger_call_t *c)
{
	e911_ring_t *head = ring_of(c);
	e911_ring_t *behind = head->prev;

	while(behind != head
			&& (int32_t)(e911_ledger_on(behind, E911_BY_AGE)->since - c->since)
					   > 0)
		behind = behind->prev;
	e911_ring_join(&c->link[E911_BY_AGE], behind);
	e911_ledger_table->up += !c->entry.ended;
}

static void take_by_age(e911_ledger_call_t *c)
{
	e911_ring_leave(&c->link[E911_BY_AGE]);
	e911_ledger_table->up -= !c->entry.ended;
}

static uint32_t *used_of(const e911_number_t *number)
{
	return &e911_ledger_table
					->used[e911_number_hash(number) & (E911_LEDGER_USED - 1)];
}

uint32_t e911_ledger_used(const e911_number_t *number)
{
	return *used_of(number);
}

static void note_use(const e911_ledger_call_t *c, uint32_t at)
{
	uint32_t *used;

	if(c->elin.n == 0)
		return;
	used = used_of(&c->elin);
	if(*used == 0 || (int32_t)(at - *used) > 0)
		*used = at;
}

void e911_ledger_put(e911_ledger_call_t *c)
{
	if(c->entry.callid[0])
		put_on_chain(c, E911_BY_CALL, c->hash[E911_BY_CALL]);
	put_text(c, E911_BY_REFERENCE, c->entry.reference);
	put_number(c, E911_BY_ELIN, &c->elin, c->entry.elin);
	put_number(c, E911_BY_CALLBACK, &c->callback, c->entry.callback);
	put_by_age(c);
	note_use(c, c->since);
	e911_ledger_table->count++;
}

void e911_ledger_take(e911_ledger_call_t *c)
{
	int i;

	take_by_age(c);
	for(i = 0; i < E911_LINKS; i++)
		e911_ring_leave(&c->link[i]);
	e911_ledger_table->count--;
}

void e911_ledger_touch(e911_ledger_call_t *c)
{
	c->entry.version = ++e911_ledger_table->version;
	e911_ring_leave(&c->link[E911_BY_DIRT]);
	e911_ring_join(&c->link[E911_BY_DIRT], e911_ledger_table->dirty.prev);
}

void e911_ledger_ended(e911_ledger_call_t *c, uint32_t at, uint32_t now)
{
	take_by_age(c);
	c->since = at;
	c->entry.ended = time(NULL) - (int32_t)(now - at);
	put_by_age(c);
	note_use(c, at);
	e911_ledger_touch(c);
}

void e911_ledger_give(e911_ledger_call_t *c, const char *elin, uint32_t now)
{
	note_use(c, now);
	e911_ring_leave(&c->link[E911_BY_ELIN]);
	memcpy(c->entry.elin, elin, E911_ELIN_MAX);
	put_number(c, E911_BY_ELIN, &c->elin, elin);
	note_use(c, now);
	e911_ledger_touch(c);
}

/* ----- finding ----- */

static e911_ledger_call_t *on_chain(
		int link, uint64_t hash, const char *text, size_t offset)
{
	e911_ring_t *head = e911_ledger_chain(link, hash), *r;
	e911_ledger_call_t *c;

	for(r = head->next; r != head; r = r->next) {
		c = e911_ledger_on(r, link);
		if(c->hash[link] == hash
				&& strcmp((char *)&c->entry + offset, text) == 0)
			return c;
	}
	return NULL;
}

e911_ledger_call_t *e911_ledger_with_text(
		int link, const char *text, size_t offset)
{
	return on_chain(link, e911_hash(text, strlen(text)), text, offset);
}

e911_ledger_call_t *e911_ledger_namesake(const e911_ledger_call_t *c)
{
	return on_chain(E911_BY_CALL, c->hash[E911_BY_CALL], c->entry.callid,
			offsetof(e911_entry_t, callid));
}

e911_ledger_call_t *e911_ledger_with_number(
		int link, const e911_number_t *d, e911_ring_t *behind, uint32_t now)
{
	uint64_t hash = e911_number_hash(d);
	e911_ring_t *head = e911_ledger_chain(link, hash), *r;
	e911_ledger_call_t *c;

	for(r = behind->next; r != head; r = r->next) {
		c = e911_ledger_on(r, link);
		if(c->hash[link] == hash && !e911_ledger_is_over(c, now)
				&& e911_number_equal(
						link == E911_BY_ELIN ? &c->elin : &c->callback, d))
			return c;
	}
	return NULL;
}

/* ----- the newest first ----- */

static e911_ledger_call_t *newest_before(
		const e911_ring_t *at, const e911_ring_t *ring)
{
	return at->prev == ring ? NULL : e911_ledger_on(at->prev, E911_BY_AGE);
}

/* the nth of a ring, from its newest; *n is what is left to go */
static e911_ledger_call_t *nth_newest(const e911_ring_t *ring, unsigned int *n)
{
	e911_ring_t *at;

	for(at = ring->prev; at != ring; at = at->prev)
		if((*n)-- == 0)
			return e911_ledger_on(at, E911_BY_AGE);
	return NULL;
}

/* the same of two rings taken together */
static e911_ledger_call_t *nth_ended(unsigned int n)
{
	const e911_ring_t *a = &e911_ledger_table->ends;
	const e911_ring_t *b = &e911_ledger_table->doubts;
	e911_ledger_call_t *x, *y, *c = NULL;

	do {
		x = newest_before(a, &e911_ledger_table->ends);
		y = newest_before(b, &e911_ledger_table->doubts);
		if(x == NULL || (y && (int32_t)(y->since - x->since) > 0)) {
			c = y;
			b = b->prev;
		} else {
			c = x;
			a = a->prev;
		}
	} while(c && n-- > 0);
	return c;
}

e911_ledger_call_t *e911_ledger_nth_newest(unsigned int n)
{
	e911_ledger_call_t *c = nth_newest(&e911_ledger_table->ups, &n);

	return c ? c : nth_ended(n);
}
