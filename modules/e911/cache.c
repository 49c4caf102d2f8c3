/*
 * e911: the locations in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "../../core/atomic_ops.h"
#include "cache.h"
#include "hash.h"
#include "err.h"

#define LOCKS 1024		/* power of two */
#define CHAIN_BITS 20	/* of a cursor: place in its chain */
#define LOAD 2			/* records per slot when full */
#define SLOTS_MIN LOCKS /* never fewer slots than locks */
#define SLOTS_MAX (1 << 24)

typedef struct entry
{
	struct entry *next;
	uint64_t hash;
	unsigned short aor_len;
	unsigned short contact_len;
	/* AoR, contact, location: one block, nothing to free apart */
	char data[];
} entry_t;

typedef struct table
{
	unsigned int max;
	unsigned int slots; /* power of two */
	atomic_t count;
	gen_lock_set_t *locks;
	entry_t *slot[]; /* lock of a slot: its low bits */
} table_t;

static table_t *table;

static unsigned int slots_for(unsigned int max)
{
	unsigned int n = SLOTS_MIN;

	while(n < max / LOAD && n < SLOTS_MAX)
		n <<= 1;
	return n;
}

int e911_cache_init(unsigned int max)
{
	unsigned int slots = slots_for(max);
	table_t *t = shm_mallocxz(sizeof(*t) + slots * sizeof(t->slot[0]));

	if(t == NULL)
		return E911_ERR_MEM;
	t->locks = lock_set_alloc(LOCKS);
	if(t->locks == NULL || lock_set_init(t->locks) == NULL) {
		if(t->locks)
			lock_set_dealloc(t->locks);
		shm_free(t);
		return E911_ERR_MEM;
	}
	t->max = max;
	t->slots = slots;
	atomic_set(&t->count, 0);
	table = t;
	return E911_OK;
}

void e911_cache_destroy(void)
{
	entry_t *e, *next;
	unsigned int i;

	if(table == NULL)
		return;
	for(i = 0; i < table->slots; i++) {
		for(e = table->slot[i]; e; e = next) {
			next = e->next;
			shm_free(e);
		}
	}
	lock_set_destroy(table->locks);
	lock_set_dealloc(table->locks);
	shm_free(table);
	table = NULL;
}

/* ----- one entry ----- */

/* the location begins at an address fit for its time_t */
static size_t location_at(const entry_t *e)
{
	size_t n = offsetof(entry_t, data) + e->aor_len + e->contact_len;

	return (n + 7) / 8 * 8;
}

static e911_location_t *location_of(entry_t *e)
{
	return (void *)((char *)e + location_at(e));
}

static int is_aor(const entry_t *e, uint64_t hash, const str *aor)
{
	return e->hash == hash && e->aor_len == aor->len
		   && memcmp(e->data, aor->s, aor->len) == 0;
}

static int is_contact(const entry_t *e, const str *contact)
{
	return e->contact_len == contact->len
		   && memcmp(e->data + e->aor_len, contact->s, contact->len) == 0;
}

static entry_t *new_entry(uint64_t hash, const str *aor, const str *contact,
		const e911_location_t *l)
{
	entry_t head = {NULL, hash, aor->len, contact->len};
	entry_t *e = shm_malloc(location_at(&head) + E911_LOCATION_SIZE(l));

	if(e == NULL)
		return NULL;
	*e = head;
	memcpy(e->data, aor->s, aor->len);
	if(contact->len)
		memcpy(e->data + aor->len, contact->s, contact->len);
	memcpy(location_of(e), l, E911_LOCATION_SIZE(l));
	return e;
}

static void copy_location(e911_location_t *out, entry_t *e)
{
	e911_location_t *l = location_of(e);

	memcpy(out, l, E911_LOCATION_SIZE(l));
}

static void copy_contact(entry_t *e, char *mem, str *contact)
{
	memcpy(mem, e->data + e->aor_len, e->contact_len);
	contact->s = mem;
	contact->len = e->contact_len;
}

/* ----- slots ----- */

static unsigned int slot_of(uint64_t hash)
{
	return (unsigned int)(hash & (table->slots - 1));
}

static void lock_slot(unsigned int slot)
{
	lock_set_get(table->locks, slot & (LOCKS - 1));
}

static void unlock_slot(unsigned int slot)
{
	lock_set_release(table->locks, slot & (LOCKS - 1));
}

/* the place that points at the record, or at the chain's end */
static entry_t **place_of(
		unsigned int slot, uint64_t hash, const str *aor, const str *contact)
{
	entry_t **p = &table->slot[slot];

	while(*p && !(is_aor(*p, hash, aor) && is_contact(*p, contact)))
		p = &(*p)->next;
	return p;
}

/* one more, unless the table is at its bound */
static int count_up(void)
{
	if(atomic_add(&table->count, 1) <= (int)table->max)
		return E911_OK;
	atomic_dec(&table->count);
	return E911_ERR_FULL;
}

static int swap_in(entry_t *e, unsigned int slot, const str *aor,
		const str *contact, entry_t **old)
{
	entry_t **p = place_of(slot, e->hash, aor, contact);

	if(*p == NULL && count_up())
		return E911_ERR_FULL;
	*old = *p;
	e->next = *p ? (*p)->next : NULL;
	*p = e;
	return E911_OK;
}

int e911_cache_put(const str *aor, const str *contact, const e911_location_t *l)
{
	uint64_t hash = e911_hash(aor->s, aor->len);
	unsigned int slot = slot_of(hash);
	entry_t *e, *old = NULL;
	int err;

	if(aor->len > E911_AOR_MAX || contact->len > E911_CONTACT_MAX)
		return E911_ERR_LONG;
	e = new_entry(hash, aor, contact, l);
	if(e == NULL)
		return E911_ERR_MEM;
	lock_slot(slot);
	err = swap_in(e, slot, aor, contact, &old);
	unlock_slot(slot);
	if(err)
		shm_free(e);
	if(old)
		shm_free(old);
	return err;
}

int e911_cache_get(const str *aor, const str *contact, e911_location_t *l)
{
	uint64_t hash = e911_hash(aor->s, aor->len);
	unsigned int slot = slot_of(hash);
	entry_t *e;

	lock_slot(slot);
	e = *place_of(slot, hash, aor, contact);
	if(e)
		copy_location(l, e);
	unlock_slot(slot);
	return e ? E911_OK : E911_ERR_NONE;
}

static int name_index(const entry_t *e, const e911_device_t *device)
{
	int i;

	for(i = 0; i < device->n; i++)
		if(is_contact(e, &device->name[i]))
			return i;
	return device->n;
}

/* rank: 0…n-1 a name of the device, n the AoR's own, n+1 another device's */
static entry_t *best_of(unsigned int slot, uint64_t hash, const str *aor,
		const e911_device_t *device, int *rank)
{
	entry_t *e, *best = NULL;
	int others = 0, r;

	*rank = device->n + 2;
	for(e = table->slot[slot]; e; e = e->next) {
		if(!is_aor(e, hash, aor))
			continue;
		r = e->contact_len ? name_index(e, device) : device->n;
		if(e->contact_len && r == device->n) {
			r++;
			others++;
		}
		if(r < *rank) {
			*rank = r;
			best = e;
		}
	}
	return *rank == device->n + 1 && others > 1 ? NULL : best;
}

int e911_cache_find(const str *aor, const e911_device_t *device,
		e911_location_t *l, char contact_mem[E911_CONTACT_MAX], str *contact)
{
	uint64_t hash = e911_hash(aor->s, aor->len);
	unsigned int slot = slot_of(hash);
	entry_t *e;
	int rank;

	lock_slot(slot);
	e = best_of(slot, hash, aor, device, &rank);
	if(e) {
		copy_location(l, e);
		copy_contact(e, contact_mem, contact);
	}
	unlock_slot(slot);
	if(e == NULL)
		return E911_FOUND_NONE;
	if(rank < device->n)
		return E911_FOUND_DEVICE;
	return rank == device->n ? E911_FOUND_AOR : E911_FOUND_ONLY;
}

int e911_cache_del(const str *aor, const str *contact)
{
	uint64_t hash = e911_hash(aor->s, aor->len);
	unsigned int slot = slot_of(hash);
	entry_t **p, *e, *dead = NULL;
	int n = 0;

	lock_slot(slot);
	for(p = &table->slot[slot]; (e = *p);) {
		if(is_aor(e, hash, aor) && (!contact || is_contact(e, contact))) {
			*p = e->next;
			e->next = dead;
			dead = e;
		} else {
			p = &e->next;
		}
	}
	unlock_slot(slot);
	for(; dead; dead = e, n++) {
		e = dead->next;
		shm_free(dead);
		atomic_dec(&table->count);
	}
	return n;
}

/* ----- walking ----- */

static void copy_record(e911_record_t *out, entry_t *e)
{
	memcpy(out->aor_mem, e->data, e->aor_len);
	out->aor.s = out->aor_mem;
	out->aor.len = e->aor_len;
	copy_contact(e, out->contact_mem, &out->contact);
	copy_location(&out->location, e);
}

static int copy_nth(unsigned int slot, unsigned int n, e911_record_t *out)
{
	entry_t *e;

	if(table->slot[slot] == NULL)
		return 0;
	lock_slot(slot);
	for(e = table->slot[slot]; e && n; e = e->next)
		n--;
	if(e)
		copy_record(out, e);
	unlock_slot(slot);
	return e != NULL;
}

int e911_cache_next(uint64_t *cursor, e911_record_t *record)
{
	uint64_t slot = *cursor >> CHAIN_BITS;
	unsigned int n = *cursor & ((1 << CHAIN_BITS) - 1);

	for(; slot < table->slots; slot++, n = 0) {
		if(copy_nth((unsigned int)slot, n, record)) {
			*cursor = (slot << CHAIN_BITS) + n + 1;
			return 1;
		}
	}
	return 0;
}

unsigned int e911_cache_count(void)
{
	return table ? (unsigned int)atomic_get(&table->count) : 0;
}
