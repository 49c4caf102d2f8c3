/*
 * e911: consents
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "consent.h"
#include "err.h"
#include "hash.h"

#define LOAD 16 /* consents a slot when full */
#define SLOTS_MIN 64
#define SLOTS_MAX (1 << 20)

typedef struct entry
{
	struct entry *next;
	struct entry *later; /* among the changes */
	uint64_t hash;
	uint64_t number; /* of its last change */
	unsigned char waits;
	unsigned char erased; /* until the database knows */
	unsigned short len;
	e911_consent_t consent;
	char aor[];
} entry_t;

typedef struct table
{
	gen_lock_t lock;
	unsigned int max;
	unsigned int slots; /* power of two */
	unsigned int count;
	int kept; /* there is a database */
	uint64_t number;
	/* chains are being altered: a process that dies here leaves them torn */
	volatile int altering;
	entry_t *first, *last; /* changes */
	entry_t *slot[];
} table_t;

static table_t *table;
static void (*tell)(void);

int e911_consent_init(unsigned int max, void (*wake)(void))
{
	unsigned int slots = SLOTS_MIN;
	table_t *t;

	while(slots < max / LOAD && slots < SLOTS_MAX)
		slots <<= 1;
	t = shm_mallocxz(sizeof(*t) + slots * sizeof(t->slot[0]));
	if(t == NULL)
		return E911_ERR_MEM;
	lock_init(&t->lock);
	t->max = max;
	t->slots = slots;
	t->kept = wake != NULL;
	tell = wake;
	table = t;
	return E911_OK;
}

void e911_consent_destroy(void)
{
	entry_t *e, *next;
	unsigned int i;

	if(table == NULL)
		return;
	for(i = 0; i < table->slots; i++)
		for(e = table->slot[i]; e; e = next) {
			next = e->next;
			shm_free(e);
		}
	lock_destroy(&table->lock);
	shm_free(table);
	table = NULL;
}

void e911_consent_alone(void)
{
	if(table == NULL)
		return;
	lock_init(&table->lock);
	if(!table->altering)
		return;
	/* nothing of it can be followed; the database has what it has */
	table->first = table->last = NULL;
	memset(table->slot, 0, table->slots * sizeof(table->slot[0]));
	table->count = 0;
	table->altering = 0;
}

/* ----- the lock is held ----- */

static uint64_t hash_of(const str *aor)
{
	return e911_hash(aor->s, (size_t)aor->len);
}

/* where it hangs, or where the chain ends */
static entry_t **find(uint64_t hash, const str *aor)
{
	entry_t **p = &table->slot[hash & (table->slots - 1)];

	while(*p
			&& ((*p)->hash != hash || (*p)->len != aor->len
					|| memcmp((*p)->aor, aor->s, (size_t)aor->len) != 0))
		p = &(*p)->next;
	return p;
}

static entry_t *there(const str *aor)
{
	entry_t *e = *find(hash_of(aor), aor);

	return e && !e->erased ? e : NULL;
}

static void hang(entry_t *e)
{
	entry_t **slot = &table->slot[e->hash & (table->slots - 1)];

	table->altering = 1;
	e->next = *slot;
	*slot = e;
	table->count++;
	table->altering = 0;
}

static void take_off(entry_t *e)
{
	str aor = {e->aor, e->len};
	entry_t **p = find(e->hash, &aor);

	table->altering = 1;
	*p = e->next;
	table->count--;
	table->altering = 0;
}

/* one that waits already keeps its place */
static void queue(entry_t *e)
{
	e->number = ++table->number;
	if(!table->kept || e->waits)
		return;
	table->altering = 1;
	e->waits = 1;
	e->later = NULL;
	if(table->last)
		table->last->later = e;
	else
		table->first = e;
	table->last = e;
	table->altering = 0;
}

static entry_t *unqueue(void)
{
	entry_t *e = table->first;

	table->altering = 1;
	table->first = e->later;
	if(table->first == NULL)
		table->last = NULL;
	e->waits = 0;
	table->altering = 0;
	return e;
}

/* ----- */

static void wake(void)
{
	if(tell)
		tell();
}

static int take_version(const str *version, e911_consent_t *c)
{
	int i;

	if((size_t)version->len >= sizeof(c->version))
		return E911_ERR_LONG;
	for(i = 0; i < version->len; i++)
		if(version->s[i] <= ' ' || version->s[i] > '~')
			return E911_ERR_VALUE;
	memset(c->version, 0, sizeof(c->version));
	memcpy(c->version, version->len ? version->s : "", (size_t)version->len);
	return version->len ? E911_OK : E911_ERR_VALUE;
}

static entry_t *new_entry(const str *aor, const e911_consent_t *c)
{
	entry_t *e = shm_mallocxz(sizeof(*e) + (size_t)aor->len);

	if(e == NULL)
		return NULL;
	e->hash = hash_of(aor);
	e->len = (unsigned short)aor->len;
	e->consent = *c;
	memcpy(e->aor, aor->s, (size_t)aor->len);
	return e;
}

/* new is in the table, or not wanted any more */
static int place(entry_t **new, const str *aor, int anew)
{
	entry_t *e = *find((*new)->hash, aor);

	if(e && !anew)
		return E911_ERR_TWICE;
	if(e == NULL && table->count >= table->max)
		return E911_ERR_FULL;
	if(e) {
		e->consent = (*new)->consent;
		e->erased = 0;
	} else {
		e = *new;
		*new = NULL;
		hang(e);
	}
	if(anew)
		queue(e);
	return E911_OK;
}

static int put(const str *aor, const str *version, time_t when, int anew)
{
	e911_consent_t c = {.when = when};
	int err = take_version(version, &c);
	entry_t *new;

	if(err || aor->len <= 0 || aor->len > E911_AOR_MAX)
		return err ? err : E911_ERR_VALUE;
	new = new_entry(aor, &c);
	if(new == NULL)
		return E911_ERR_MEM;
	lock_get(&table->lock);
	err = place(&new, aor, anew);
	lock_release(&table->lock);
	if(new)
		shm_free(new);
	return err;
}

int e911_consent_put(const str *aor, const str *version, time_t when)
{
	int err = put(aor, version, when, 1);

	if(!err)
		wake();
	return err;
}

int e911_consent_restore(const str *aor, const str *version, time_t when)
{
	return put(aor, version, when, 0);
}

int e911_consent_get(const str *aor, e911_consent_t *consent)
{
	entry_t *e;

	lock_get(&table->lock);
	e = there(aor);
	if(e)
		*consent = e->consent;
	lock_release(&table->lock);
	return e ? E911_OK : E911_ERR_NONE;
}

int e911_consent_erase(const str *aor)
{
	entry_t *e, *done = NULL;

	lock_get(&table->lock);
	e = there(aor);
	if(e) {
		e->erased = 1;
		memset(&e->consent, 0, sizeof(e->consent));
		queue(e);
	}
	if(e && !e->waits) {
		take_off(e);
		done = e;
	}
	lock_release(&table->lock);
	if(done)
		shm_free(done);
	if(e)
		wake();
	return e ? E911_OK : E911_ERR_NONE;
}

unsigned int e911_consent_count(void)
{
	return table ? table->count : 0;
}

/* ----- for the database ----- */

int e911_consent_changed(e911_consent_change_t *change)
{
	const entry_t *e;

	lock_get(&table->lock);
	e = table->first;
	if(e) {
		change->aor.s = change->aor_mem;
		change->aor.len = e->len;
		memcpy(change->aor_mem, e->aor, e->len);
		change->erased = e->erased;
		change->number = e->number;
		change->consent = e->consent;
	}
	lock_release(&table->lock);
	return e ? E911_OK : E911_ERR_NONE;
}

void e911_consent_stored(const e911_consent_change_t *change)
{
	entry_t *e, *done = NULL;

	lock_get(&table->lock);
	e = table->first;
	/* one that has changed meanwhile stays, and is told of once more */
	if(e && e->number == change->number) {
		unqueue();
		if(e->erased) {
			take_off(e);
			done = e;
		}
	}
	lock_release(&table->lock);
	if(done)
		shm_free(done);
}
