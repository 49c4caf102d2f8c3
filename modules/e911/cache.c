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
#define SPACE 2			/* slots per record when full */
#define SHARE 32		/* of the shared memory the slots take at most one */
#define SLOTS_MIN LOCKS /* never fewer slots than locks */
#define SLOTS_MAX (1 << 24)

typedef struct entry
{
	struct entry *next;
	uint64_t hash;
	e911_state_t state;
	unsigned short aor_len;
	unsigned short contact_len;
	unsigned char places;
	/* AoR, contact, places: one block, nothing to free apart */
	char data[];
} entry_t;

typedef struct table
{
	unsigned int max;
	unsigned int slots; /* power of two */
	int by_user;
	atomic_t count;
	uint64_t version;
	gen_lock_set_t *locks;
	entry_t *slot[]; /* lock of a slot: its low bits */
} table_t;

static table_t *table;

/* A record is far from the processor: who is looked for is seldom to stand
 * behind others. Where memory is short, it is full of records before these
 * slots are. */
static unsigned int slots_for(unsigned int max, unsigned long memory)
{
	unsigned long most = memory / SHARE / sizeof(table->slot[0]);
	unsigned int n = SLOTS_MIN;

	while(n / SPACE < max && n < SLOTS_MAX && n * 2UL <= most)
		n <<= 1;
	return n;
}

int e911_cache_init(unsigned int max, int by_user)
{
	unsigned int slots = slots_for(max, shm_available());
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
	t->by_user = by_user;
	atomic_set(&t->count, 0);
	table = t;
	return E911_OK;
}

static void free_chain(entry_t *e)
{
	entry_t *next;

	for(; e; e = next) {
		next = e->next;
		shm_free(e);
	}
}

void e911_cache_destroy(void)
{
	unsigned int i;

	if(table == NULL)
		return;
	for(i = 0; i < table->slots; i++)
		free_chain(table->slot[i]);
	lock_set_destroy(table->locks);
	lock_set_dealloc(table->locks);
	shm_free(table);
	table = NULL;
}

/* ----- one entry ----- */

/* the places begin at an address fit for a time_t */
static size_t places_at(const entry_t *e)
{
	size_t n = offsetof(entry_t, data) + e->aor_len + e->contact_len;

	return (n + 7) / 8 * 8;
}

static e911_place_t *first_place(entry_t *e)
{
	return (void *)((char *)e + places_at(e));
}

static e911_place_t *next_place(e911_place_t *p)
{
	return (void *)((char *)p + E911_PLACE_SIZE(p));
}

static int user_len(const str *aor)
{
	const char *at = memchr(aor->s, '@', aor->len);

	return at ? (int)(at - aor->s) : aor->len;
}

static uint64_t hash_of(const str *aor)
{
	return e911_hash(aor->s, table->by_user ? user_len(aor) : aor->len);
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

static size_t size_of(const entry_t *head, const e911_record_t *r)
{
	size_t n = places_at(head);
	int i;

	for(i = 0; i < r->places; i++)
		n += E911_PLACE_SIZE(&r->place[i]);
	return n;
}

static entry_t *new_entry(uint64_t hash, const e911_record_t *r)
{
	entry_t head = {NULL, hash, r->state, r->aor.len, r->contact.len,
			(unsigned char)r->places};
	entry_t *e = shm_malloc(size_of(&head, r));
	e911_place_t *p;
	int i;

	if(e == NULL)
		return NULL;
	/* while this is written, who stands in its slot comes from afar */
	__builtin_prefetch(__atomic_load_n(
			&table->slot[hash & (table->slots - 1)], __ATOMIC_RELAXED));
	*e = head;
	memcpy(e->data, r->aor.s, r->aor.len);
	memcpy(e->data + r->aor.len, r->contact.s, r->contact.len);
	p = first_place(e);
	for(i = 0; i < r->places; i++) {
		memcpy(p, &r->place[i],
				offsetof(e911_place_t, location)
						+ E911_LOCATION_SIZE(&r->place[i].location));
		p = next_place(p);
	}
	return e;
}

static void copy_location(e911_location_t *out, const e911_place_t *p)
{
	memcpy(out, &p->location, E911_LOCATION_SIZE(&p->location));
}

static void copy_contact(entry_t *e, char *mem, str *contact)
{
	memcpy(mem, e->data + e->aor_len, e->contact_len);
	contact->s = mem;
	contact->len = e->contact_len;
}

static void copy_record(e911_record_t *out, entry_t *e)
{
	e911_place_t *p = first_place(e);
	int i;

	memcpy(out->aor_mem, e->data, e->aor_len);
	out->aor.s = out->aor_mem;
	out->aor.len = e->aor_len;
	copy_contact(e, out->contact_mem, &out->contact);
	out->state = e->state;
	out->places = e->places;
	for(i = 0; i < e->places; i++) {
		out->place[i].network = p->network;
		out->place[i].confirmed = p->confirmed;
		out->place[i].said = p->said;
		copy_location(&out->place[i].location, p);
		p = next_place(p);
	}
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

/* the pointer to the record, or to the chain's end */
static entry_t **pointer_to(
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

static uint64_t new_version(void)
{
	return __atomic_add_fetch(&table->version, 1, __ATOMIC_RELAXED);
}

/* nobody fills the table with devices of his own */
static int has_many(unsigned int slot, uint64_t hash, const str *aor)
{
	const entry_t *e;
	int n = 0;

	for(e = table->slot[slot]; e; e = e->next)
		n += is_aor(e, hash, aor);
	return n >= E911_DEVICES_MAX;
}

static int swap_in(
		entry_t *e, unsigned int slot, const e911_record_t *r, entry_t **old)
{
	entry_t **p = pointer_to(slot, e->hash, &r->aor, &r->contact);

	if((*p ? (*p)->state.version : 0) != r->state.version)
		return E911_ERR_AGAIN;
	if(*p == NULL && (has_many(slot, e->hash, &r->aor) || count_up()))
		return E911_ERR_FULL;
	e->state.version = new_version();
	*old = *p;
	e->next = *p ? (*p)->next : NULL;
	*p = e;
	return E911_OK;
}

int e911_cache_put(const e911_record_t *r, uint64_t *version)
{
	uint64_t hash = hash_of(&r->aor);
	unsigned int slot = slot_of(hash);
	entry_t *e, *old = NULL;
	int err;

	/* the same of the slot itself */
	__builtin_prefetch(&table->slot[slot]);
	e = new_entry(hash, r);
	if(e == NULL)
		return E911_ERR_MEM;
	lock_slot(slot);
	err = swap_in(e, slot, r, &old);
	if(!err)
		*version = e->state.version;
	unlock_slot(slot);
	if(err)
		shm_free(e);
	if(old)
		shm_free(old);
	return err;
}

int e911_cache_get(const str *aor, const str *contact, e911_record_t *r)
{
	uint64_t hash = hash_of(aor);
	unsigned int slot = slot_of(hash);
	entry_t *e;

	lock_slot(slot);
	e = *pointer_to(slot, hash, aor, contact);
	if(e)
		copy_record(r, e);
	unlock_slot(slot);
	return e ? E911_OK : E911_ERR_NONE;
}

static void set_dirty(
		const str *aor, const str *contact, uint64_t version, int dirty)
{
	uint64_t hash = hash_of(aor);
	unsigned int slot = slot_of(hash);
	entry_t *e;

	lock_slot(slot);
	e = *pointer_to(slot, hash, aor, contact);
	if(e && e->state.version == version)
		e->state.dirty = (unsigned char)dirty;
	unlock_slot(slot);
}

void e911_cache_stored(const str *aor, const str *contact, uint64_t version)
{
	set_dirty(aor, contact, version, E911_CLEAN);
}

void e911_cache_refused(const str *aor, const str *contact, uint64_t version)
{
	set_dirty(aor, contact, version, E911_REFUSED);
}

/* ----- finding ----- */

/* what is known of a registration that has ended proves nothing */
static int nearness(const e911_state_t *s, const e911_where_from_t *from)
{
	e911_where_from_t home = {s->home, s->port, s->proto, s->connection, NULL};

	if(!s->bound || s->gone || e911_passed(s->until, e911_now()))
		return E911_NOWHERE_NEAR;
	return e911_nearness(from, &home);
}

/* rank: -1 of the very flow, 0…n-1 a name of the device, n the AoR's own, n+1
 * another device's */
static int rank_of(const entry_t *e, const e911_device_t *device,
		const e911_where_from_t *from)
{
	str contact;
	int i;

	if(e->contact_len == 0)
		return device->n;
	if(nearness(&e->state, from) == E911_SAME_FLOW)
		return -1;
	contact.s = (char *)e->data + e->aor_len;
	contact.len = e->contact_len;
	i = e911_device_index(device, &contact);
	return i < 0 ? device->n + 1 : i;
}

/* the clerk takes it out, when it comes to it */
static int is_over(const e911_state_t *s)
{
	uint32_t now;

	if(!s->expires && !s->retained && !s->gone)
		return 0;
	now = e911_now();
	return e911_passed(s->expires, now) || e911_passed(s->retained, now)
		   || e911_passed(s->gone, now);
}

static entry_t *best_of(unsigned int slot, uint64_t hash, const str *aor,
		const e911_device_t *device, const e911_where_from_t *from, int *rank)
{
	entry_t *e, *best = NULL;
	int others = 0, r;

	*rank = device->n + 2;
	for(e = table->slot[slot]; e; e = e->next) {
		if(!is_aor(e, hash, aor) || is_over(&e->state))
			continue;
		r = rank_of(e, device, from);
		others += r > device->n;
		if(r < *rank) {
			*rank = r;
			best = e;
		}
	}
	return *rank == device->n + 1 && others > 1 ? NULL : best;
}

static int is_past(const e911_place_t *p)
{
	return p->location.until && p->location.until <= time(NULL);
}

/* As seen from where the caller is heard from: there he may have stated
 * another one of his places, or none. Where several are near, since the rule
 * has become wider, the one in use is his last word. */
static e911_place_t *look_around(
		entry_t *e, const e911_where_from_t *from, e911_state_t *state)
{
	e911_place_t *p = first_place(e), *in_use = NULL, *here = NULL;
	int i;

	*state = e->state;
	for(i = 0; i < e->places; i++, p = next_place(p)) {
		if(i == e->state.place)
			in_use = p;
		if(from->rule == NULL || (here && p != in_use) || is_past(p)
				|| !e911_network_near(from->rule, &p->network, &from->network))
			continue;
		here = p;
		state->moved = 0;
		state->place = (unsigned char)i;
	}
	if(here)
		return here;
	if(from->rule && from->network.family && in_use->network.family)
		state->moved = 1;
	return in_use;
}

static int found_by(int rank, int names)
{
	if(rank < names)
		return E911_FOUND_DEVICE;
	return rank == names ? E911_FOUND_AOR : E911_FOUND_ONLY;
}

void e911_cache_find(const str *aor, const e911_device_t *device,
		const e911_where_from_t *from, e911_location_t *l, e911_finding_t *f)
{
	uint64_t hash = hash_of(aor);
	unsigned int slot = slot_of(hash);
	e911_place_t *place;
	entry_t *e;
	int rank;

	f->found = E911_FOUND_NONE;
	f->near = E911_NOWHERE_NEAR;
	f->contact.s = f->contact_mem;
	f->contact.len = 0;
	if(table->slot[slot] == NULL)
		return;
	lock_slot(slot);
	e = best_of(slot, hash, aor, device, from, &rank);
	if(e) {
		f->near = nearness(&e->state, from);
		place = look_around(e, from, &f->state);
		f->confirmed = place->confirmed;
		copy_location(l, place);
		copy_contact(e, f->contact_mem, &f->contact);
		f->found = found_by(rank, device->n);
	}
	unlock_slot(slot);
}

/* ----- visiting ----- */

static void show(entry_t *e, e911_view_t *view)
{
	e911_place_t *p = first_place(e);
	int i;

	view->aor.s = e->data;
	view->aor.len = e->aor_len;
	view->contact.s = e->data + e->aor_len;
	view->contact.len = e->contact_len;
	view->state = &e->state;
	view->places = e->places;
	for(i = 0; i < e->places; i++, p = next_place(p))
		view->place[i] = p;
}

/* "alice" of a registrar without domains is alice@ any of them */
static int is_users(const entry_t *e, uint64_t hash, const str *aor)
{
	if(e->hash != hash)
		return 0;
	if(is_aor(e, hash, aor))
		return 1;
	return table->by_user && e->aor_len > aor->len && e->data[aor->len] == '@'
		   && memcmp(e->data, aor->s, aor->len) == 0;
}

/* the slot is locked; what is dropped goes into *dead */
static int visit_slot(unsigned int slot, uint64_t hash, const str *aor,
		e911_visit_f visit, void *arg, entry_t **dead)
{
	entry_t **p = &table->slot[slot], *e;
	e911_view_t view;
	int n = 0, did;

	while((e = *p)) {
		did = E911_VISIT_KEEP;
		if(aor == NULL || is_users(e, hash, aor)) {
			show(e, &view);
			did = visit(&view, arg);
		}
		if(did != E911_VISIT_KEEP)
			n++;
		if(did == E911_VISIT_DROP) {
			*p = e->next;
			e->next = *dead;
			*dead = e;
			continue;
		}
		if(did == E911_VISIT_CHANGED)
			e->state.version = new_version();
		p = &e->next;
	}
	return n;
}

static void bury(entry_t *dead)
{
	entry_t *next;

	for(; dead; dead = next) {
		next = dead->next;
		shm_free(dead);
		atomic_dec(&table->count);
	}
}

int e911_cache_visit(const str *aor, e911_visit_f visit, void *arg)
{
	uint64_t hash = hash_of(aor);
	unsigned int slot = slot_of(hash);
	entry_t *dead = NULL;
	int n;

	if(table->slot[slot] == NULL)
		return 0;
	lock_slot(slot);
	n = visit_slot(slot, hash, aor, visit, arg, &dead);
	unlock_slot(slot);
	bury(dead);
	return n;
}

unsigned int e911_cache_sweep(
		unsigned int first, unsigned int n, e911_visit_f visit, void *arg)
{
	entry_t *dead = NULL;
	unsigned int slot;

	for(slot = first; slot < first + n && slot < table->slots; slot++) {
		if(table->slot[slot] == NULL)
			continue;
		lock_slot(slot);
		visit_slot(slot, 0, NULL, visit, arg, &dead);
		unlock_slot(slot);
	}
	bury(dead);
	return slot < table->slots ? slot : 0;
}

/* ----- walking ----- */

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

void e911_cache_alone(void)
{
	lock_set_init(table->locks);
}

unsigned int e911_cache_count(void)
{
	return table ? (unsigned int)atomic_get(&table->count) : 0;
}

int e911_cache_is_full(void)
{
	return e911_cache_count() >= table->max;
}

unsigned int e911_cache_slots(void)
{
	return table->slots;
}
