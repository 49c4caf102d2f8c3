/*
 * e911: the ledger: the emergency calls of the last while
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "ledger_table.h"
#include "config.h"
#include "hash.h"
#include "record.h"
#include "strbuf.h"
#include "err.h"

#define CHAIN_BITS 20 /* of a cursor: place in its chain */
#define SWEEP_STEP 32 /* calls looked at under one lock */
#define AT(member) offsetof(e911_entry_t, member)

typedef e911_ledger_call_t call_t;

static void (*tell_changed)(void);

int e911_ledger_init(unsigned int max, void (*changed)(void))
{
	tell_changed = changed;
	return e911_ledger_table_new(max);
}

void e911_ledger_destroy(void)
{
	e911_ledger_table_free();
}

void e911_ledger_alone(void)
{
	e911_ledger_table_alone();
}

static void changed(void)
{
	if(tell_changed)
		tell_changed();
}

static void lock(void)
{
	lock_get(&e911_ledger_table->lock);
}

static void unlock(void)
{
	lock_release(&e911_ledger_table->lock);
}

static call_t *by_callid(const char *callid)
{
	return e911_ledger_with_text(E911_BY_CALL, callid, AT(callid));
}

/* "#" is in no Call-ID, RFC 3261 section 25.1 */
void e911_ledger_callid(char to[E911_CALLID_MAX], const str *callid)
{
	size_t len = (size_t)callid->len;
	uint64_t hash;
	e911_strbuf_t b;

	if(len == 0) {
		to[0] = '\0';
		return;
	}
	if(len >= E911_CALLID_MAX || memchr(callid->s, '\0', len)) {
		hash = e911_hash(callid->s, len);
		e911_strbuf_init(&b, to, E911_CALLID_MAX - 1);
		E911_STRBUF_LIT(&b, "#");
		e911_strbuf_put_hex(&b, (unsigned char *)&hash, sizeof(hash));
		len = b.len;
	} else {
		memcpy(to, callid->s, len);
	}
	to[len] = '\0';
}

/* ----- opening and ending ----- */

/* none if there is no randomness: the call goes on without */
static void new_reference(e911_entry_t *e)
{
	unsigned char bytes[E911_REFERENCE_LEN / 2];
	e911_strbuf_t b;

	e->reference[0] = '\0';
	if(e911_hash_random(bytes, sizeof(bytes)))
		return;
	e911_strbuf_init(&b, e->reference, E911_REFERENCE_LEN);
	e911_strbuf_put_hex(&b, bytes, sizeof(bytes));
	e->reference[b.len] = '\0';
}

static call_t *oldest_of(const e911_ring_t *ring)
{
	return ring->next == ring ? NULL : e911_ledger_on(ring->next, E911_BY_AGE);
}

/* the next one to give way; NULL */
static call_t *weakest(void)
{
	call_t *c = oldest_of(&e911_ledger_table->doubts);

	return c ? c : oldest_of(&e911_ledger_table->ends);
}

/* what has to give way to one more; NULL: nothing need */
static int make_room(call_t **out)
{
	*out = NULL;
	if(e911_ledger_table->count < e911_ledger_table->max)
		return E911_OK;
	*out = weakest();
	if(*out == NULL)
		return E911_ERR_FULL;
	e911_ledger_take(*out);
	return E911_OK;
}

static void inherit(call_t *c, call_t *old, uint32_t now)
{
	if(e911_ledger_is_over(old, now))
		return;
	memcpy(c->entry.reference, old->entry.reference,
			sizeof(c->entry.reference));
	memcpy(c->entry.elin, old->entry.elin, sizeof(c->entry.elin));
}

/* who knows no more than a Call-ID of another's has none of what that has */
static int is_same_call(const call_t *a, const call_t *b)
{
	return strcmp(a->entry.tag, b->entry.tag) == 0
		   && strcmp(a->entry.aor, b->entry.aor) == 0;
}

/* The name of a second call of that Call-ID: what its BYE tells, too. */
static void second_name(char to[E911_CALLID_MAX], const char *callid,
		const char *tag, size_t tag_len)
{
	uint64_t half[2] = {
			e911_hash(callid, strlen(callid)), e911_hash(tag, tag_len)};
	e911_strbuf_t b;

	e911_strbuf_init(&b, to, E911_CALLID_MAX - 1);
	E911_STRBUF_LIT(&b, "#");
	e911_strbuf_put_hex(&b, (unsigned char *)half, sizeof(half));
	to[b.len] = '\0';
}

static int open_call(call_t *c, call_t **out)
{
	uint32_t now = e911_now();
	e911_entry_t *e = &c->entry;
	int err;

	c->opened = c->since = now;
	*out = e911_ledger_namesake(c);
	if(*out && !is_same_call(c, *out) && !e911_ledger_is_over(*out, now)) {
		second_name(e->callid, e->callid, e->tag, strlen(e->tag));
		e911_ledger_named(c);
		*out = e911_ledger_namesake(c);
	}
	if(*out) {
		if(is_same_call(c, *out))
			inherit(c, *out, now);
		e911_ledger_take(*out);
	} else {
		err = make_room(out);
		if(err)
			return err;
	}
	e911_ledger_put(c);
	e911_ledger_touch(c);
	return E911_OK;
}

int e911_ledger_open(e911_entry_t *entry)
{
	call_t *c = e911_ledger_call_new(entry), *out = NULL;
	int err;

	if(c == NULL)
		return E911_ERR_MEM;
	new_reference(&c->entry);
	c->entry.elin[0] = '\0';
	c->entry.ended = 0;
	if(c->entry.started == 0)
		c->entry.started = time(NULL);
	lock();
	err = open_call(c, &out);
	if(!err)
		e911_ledger_copy(entry, c);
	unlock();
	if(err)
		shm_free(c);
	if(out)
		shm_free(out);
	if(!err)
		changed();
	return err;
}

/* of a long tag only the beginning is kept */
static size_t kept_of(const str *tag)
{
	size_t most = sizeof(((e911_entry_t *)0)->tag) - 1;

	return (size_t)tag->len < most ? (size_t)tag->len : most;
}

static int is_tag(const e911_entry_t *e, const str *tag)
{
	size_t len;

	if(tag == NULL)
		return 0;
	len = kept_of(tag);
	return strlen(e->tag) == len
		   && (len == 0 || memcmp(e->tag, tag->s, len) == 0);
}

static call_t *second_of(const char *callid, const str *tag)
{
	char id[E911_CALLID_MAX];

	if(tag == NULL)
		return NULL;
	second_name(id, callid, tag->len ? tag->s : "", kept_of(tag));
	return by_callid(id);
}

/* of several with that Call-ID the one with a tag; without tags: it is named */
static call_t *tagged(
		const char *callid, const str *from_tag, const str *to_tag)
{
	call_t *c = by_callid(callid);

	if((from_tag == NULL && to_tag == NULL)
			|| (c
					&& (is_tag(&c->entry, from_tag)
							|| is_tag(&c->entry, to_tag))))
		return c;
	c = second_of(callid, from_tag);
	return c ? c : second_of(callid, to_tag);
}

int e911_ledger_end(const str *callid, const str *from_tag, const str *to_tag,
		e911_entry_t *entry)
{
	char id[E911_CALLID_MAX];
	uint32_t now;
	call_t *c;
	int did = 0;

	e911_ledger_callid(id, callid);
	lock();
	now = e911_now();
	c = tagged(id, from_tag, to_tag);
	if(c && e911_ledger_is_up(c, now)) {
		e911_ledger_ended(c, now, now);
		if(entry)
			e911_ledger_copy(entry, c);
		did = 1;
	}
	unlock();
	if(did)
		changed();
	return did;
}

int e911_ledger_is_idle(void)
{
	return e911_ledger_table == NULL
		   || __atomic_load_n(&e911_ledger_table->up, __ATOMIC_RELAXED) == 0;
}

/* ----- leases ----- */

struct caller
{
	const call_t *call; /* may be NULL */
	const char *aor;
	const char *device;
	int proven;
};

/* Which number is better: by kind, then by time. */
enum merit
{
	MERIT_NONE,	  /* taken */
	MERIT_IDLE,	  /* somebody had it in the window: free longest */
	MERIT_FREE,	  /* nobody had: free longest */
	MERIT_HIS,	  /* he had it in the window: the last one */
	MERIT_ITS_OWN /* the call has it */
};

static uint64_t merit(int kind, uint32_t seconds)
{
	return (uint64_t)kind << 32 | seconds;
}

/* who is not known is nobody's like, nor who only says so */
static int is_his(const struct caller *who, const call_t *c)
{
	if(c == who->call)
		return 1;
	return who->proven && c->entry.proven && (who->aor[0] || who->device[0])
		   && strcmp(who->aor, c->entry.aor) == 0
		   && strcmp(who->device, c->entry.device) == 0;
}

struct usage
{
	int others;	 /* calls of others that are up */
	int users;	 /* calls that are up */
	int idle;	 /* s since the last of all ended; -1: none in the window */
	call_t *his; /* his newest one in the window */
	int own;	 /* the call itself */
};

static void add_usage(
		struct usage *u, const struct caller *who, call_t *c, uint32_t now)
{
	int up = e911_ledger_is_up(c, now), his = is_his(who, c);
	int idle = up ? 0 : e911_ledger_idle_of(c, now);

	u->users += up;
	u->others += up && !his;
	u->own |= c == who->call;
	if(his && u->his == NULL)
		u->his = c;
	if(u->idle < 0 || idle < u->idle)
		u->idle = idle;
}

static void use_of(struct usage *u, const struct caller *who,
		const e911_number_t *d, uint32_t now)
{
	e911_ring_t *r = e911_ledger_chain(E911_BY_ELIN, e911_number_hash(d));
	call_t *c;

	memset(u, 0, sizeof(*u));
	u->idle = -1;
	while((c = e911_ledger_with_number(E911_BY_ELIN, d, r, now))) {
		add_usage(u, who, c, now);
		r = &c->link[E911_BY_ELIN];
	}
}

static uint64_t merit_of(
		const struct caller *who, const char *number, int most, uint32_t now)
{
	struct usage u;
	uint32_t used;
	e911_number_t d;

	if(e911_number_read(&d, number, strlen(number)))
		return 0;
	use_of(&u, who, &d, now);
	if(u.own)
		return merit(MERIT_ITS_OWN, 0);
	if(u.others >= most)
		return 0;
	if(u.his)
		return merit(MERIT_HIS, UINT32_MAX - (now - u.his->opened));
	if(u.idle >= 0)
		return merit(MERIT_IDLE, (uint32_t)u.idle);
	used = e911_ledger_used(&d);
	return merit(MERIT_FREE, used ? now - used : UINT32_MAX);
}

/* index of the number, or FULL */
static int choose(
		const struct caller *who, const e911_elins_t *pool, uint32_t now)
{
	uint64_t best = 0, m;
	int i, at = E911_ERR_FULL;

	/* the one number of as many calls as there are */
	if(pool->n == 1 && pool->most >= (int)e911_ledger_table->max)
		return 0;
	for(i = 0; i < pool->n; i++) {
		m = merit_of(who, pool->number[i], pool->most, now);
		if(m > best) {
			best = m;
			at = i;
		}
	}
	return at;
}

int e911_ledger_lease(
		const str *callid, const e911_elins_t *pool, char number[E911_ELIN_MAX])
{
	char id[E911_CALLID_MAX];
	struct caller who;
	uint32_t now;
	call_t *c;
	int at = E911_ERR_NONE, is_new = 0;

	e911_ledger_callid(id, callid);
	lock();
	now = e911_now();
	c = by_callid(id);
	if(c) {
		who = (struct caller){
				c, c->entry.aor, c->entry.device, c->entry.proven};
		at = choose(&who, pool, now);
	}
	if(at >= 0) {
		is_new = strcmp(c->entry.elin, pool->number[at]) != 0;
		if(is_new)
			e911_ledger_give(c, pool->number[at], now);
		memcpy(number, pool->number[at], E911_ELIN_MAX);
	}
	unlock();
	if(is_new)
		changed();
	return at < 0 ? at : E911_OK;
}

static int copy_text(char *to, size_t size, const str *from)
{
	if((size_t)from->len >= size)
		return E911_ERR_LONG;
	memcpy(to, from->s, (size_t)from->len);
	to[from->len] = '\0';
	return E911_OK;
}

int e911_ledger_would_lease(const str *aor, const str *device,
		const e911_elins_t *pool, char number[E911_ELIN_MAX])
{
	char a[E911_AOR_MAX + 1] = "", d[E911_CONTACT_MAX + 1] = "";
	struct caller who = {NULL, a, d, 1};
	int at;

	/* longer than any that is kept: like somebody who is not known */
	if(copy_text(a, sizeof(a), aor) || copy_text(d, sizeof(d), device))
		a[0] = d[0] = '\0';
	lock();
	at = choose(&who, pool, e911_now());
	unlock();
	if(at < 0)
		return at;
	memcpy(number, pool->number[at], E911_ELIN_MAX);
	return E911_OK;
}

int e911_ledger_users(const char *number, int *idle)
{
	struct caller nobody = {NULL, "", "", 0};
	struct usage u = {0};
	e911_number_t d;

	u.idle = -1;
	lock();
	if(e911_number_read(&d, number, strlen(number)) == 0)
		use_of(&u, &nobody, &d, e911_now());
	unlock();
	*idle = u.idle;
	return u.users;
}

/* ----- looking up ----- */

/* Is the number he is called back by his own only by what he says he is? */
static int is_claimed(const call_t *c)
{
	const char *aor = c->entry.aor;
	e911_number_t d;

	return !c->entry.proven && e911_number_read(&d, aor, strcspn(aor, "@")) == 0
		   && e911_number_equal(&d, &c->callback);
}

static call_t *newest(int link, const e911_number_t *d, uint32_t now)
{
	e911_ring_t *r = e911_ledger_chain(link, e911_number_hash(d));
	call_t *c, *first = NULL;

	while((c = e911_ledger_with_number(link, d, r, now))) {
		if(link == E911_BY_ELIN || !is_claimed(c))
			return c;
		if(first == NULL)
			first = c;
		r = &c->link[link];
	}
	return first;
}

/* the newer one; of one that claims the number and one that has it the latter */
static call_t *better(call_t *elin, call_t *callback)
{
	if(elin == NULL || callback == NULL)
		return elin ? elin : callback;
	return !is_claimed(callback)
						   && (int32_t)(callback->opened - elin->opened) > 0
				   ? callback
				   : elin;
}

int e911_ledger_by_number(const str *number, e911_entry_t *entry)
{
	call_t *c;
	uint32_t now;
	e911_number_t d;

	if(number->len <= 0 || e911_number_read(&d, number->s, (size_t)number->len))
		return E911_ERR_NONE;
	lock();
	now = e911_now();
	c = better(
			newest(E911_BY_ELIN, &d, now), newest(E911_BY_CALLBACK, &d, now));
	if(c)
		e911_ledger_copy(entry, c);
	unlock();
	return c ? E911_OK : E911_ERR_NONE;
}

static int copy_found(int link, const char *text, size_t at, e911_entry_t *out)
{
	call_t *c;

	lock();
	c = e911_ledger_with_text(link, text, at);
	if(c && e911_ledger_is_over(c, e911_now()))
		c = NULL;
	if(c)
		e911_ledger_copy(out, c);
	unlock();
	return c ? E911_OK : E911_ERR_NONE;
}

int e911_ledger_by_call(const str *callid, e911_entry_t *entry)
{
	char id[E911_CALLID_MAX];

	e911_ledger_callid(id, callid);
	return copy_found(E911_BY_CALL, id, AT(callid), entry);
}

int e911_ledger_by_reference(const str *reference, e911_entry_t *entry)
{
	char text[E911_REFERENCE_LEN + 1];

	if(reference->len != E911_REFERENCE_LEN
			|| memchr(reference->s, '\0', E911_REFERENCE_LEN))
		return E911_ERR_NONE;
	copy_text(text, sizeof(text), reference);
	return copy_found(E911_BY_REFERENCE, text, AT(reference), entry);
}

static int copy_nth(
		unsigned int slot, unsigned int n, uint32_t now, e911_entry_t *out)
{
	e911_ring_t *head = e911_ledger_chain(E911_BY_CALL, slot), *r;
	call_t *c = NULL;

	if(head->next == head)
		return 0;
	lock();
	for(r = head->next; r != head; r = r->next) {
		c = e911_ledger_on(r, E911_BY_CALL);
		if(!e911_ledger_is_over(c, now) && n-- == 0)
			break;
		c = NULL;
	}
	if(c)
		e911_ledger_copy(out, c);
	unlock();
	return c != NULL;
}

int e911_ledger_next(uint64_t *cursor, e911_entry_t *entry)
{
	uint64_t slot = *cursor >> CHAIN_BITS;
	unsigned int n = *cursor & ((1 << CHAIN_BITS) - 1);
	uint32_t now = e911_now();

	for(; slot < e911_ledger_table->slots; slot++, n = 0) {
		if(copy_nth((unsigned int)slot, n, now, entry)) {
			*cursor = (slot << CHAIN_BITS) + n + 1;
			return 1;
		}
	}
	return 0;
}

int e911_ledger_newest(unsigned int n, e911_entry_t *entry)
{
	call_t *c;

	lock();
	c = e911_ledger_nth_newest(n);
	if(c)
		e911_ledger_copy(entry, c);
	unlock();
	return c != NULL;
}

unsigned int e911_ledger_count(void)
{
	return e911_ledger_table ? __atomic_load_n(
				   &e911_ledger_table->count, __ATOMIC_RELAXED)
							 : 0;
}

/* ----- sweeping ----- */

static void (*tell_lost)(const e911_entry_t *entry);

void e911_ledger_watch(void (*on_lost)(const e911_entry_t *entry))
{
	tell_lost = on_lost;
}

static int end_one(uint32_t now, e911_entry_t *lost)
{
	call_t *c = e911_ledger_on(e911_ledger_table->ups.next, E911_BY_AGE);

	if(e911_ledger_table->ups.next == &e911_ledger_table->ups
			|| e911_ledger_is_up(c, now))
		return 0;
	e911_ledger_ended(c, now - (uint32_t)e911_ledger_idle_of(c, now), now);
	if(tell_lost)
		e911_ledger_copy(lost, c);
	return 1;
}

static call_t *drop_one(uint32_t now, call_t *dead)
{
	call_t *c = oldest_of(&e911_ledger_table->ends);

	if(c == NULL || !e911_ledger_is_over(c, now))
		c = oldest_of(&e911_ledger_table->doubts);
	if(c == NULL || !e911_ledger_is_over(c, now))
		return NULL;
	e911_ledger_take(c);
	c->link[E911_BY_AGE].next = (void *)dead;
	return c;
}

static void bury(call_t *dead)
{
	call_t *next;

	for(; dead; dead = next) {
		next = (void *)dead->link[E911_BY_AGE].next;
		shm_free(dead);
	}
}

/* one step, so that nobody waits long for the lock; how many it was */
static int sweep_step(int *ended)
{
	static e911_entry_t lost; /* too large for a stack */
	call_t *dead = NULL, *c;
	uint32_t now;
	int n, told = 0;

	lock();
	now = e911_now();
	for(n = 0; n < SWEEP_STEP && !told; n++) {
		if(end_one(now, &lost)) {
			*ended = 1;
			told = tell_lost != NULL;
			continue;
		}
		c = drop_one(now, dead);
		if(c == NULL)
			break;
		dead = c;
	}
	unlock();
	bury(dead);
	if(told)
		tell_lost(&lost);
	return told ? SWEEP_STEP : n;
}

void e911_ledger_sweep(void)
{
	unsigned int left = 2 * e911_ledger_table->max / SWEEP_STEP + 1;
	int ended = 0;

	while(left-- && sweep_step(&ended) == SWEEP_STEP)
		;
	if(ended)
		changed();
}

/* ----- for the keeper ----- */

int e911_ledger_dirty(e911_entry_t *entry)
{
	int any;

	lock();
	any = e911_ledger_table->dirty.next != &e911_ledger_table->dirty;
	if(any)
		e911_ledger_copy(entry,
				e911_ledger_on(e911_ledger_table->dirty.next, E911_BY_DIRT));
	unlock();
	return any ? E911_OK : E911_ERR_NONE;
}

void e911_ledger_stored(const str *callid, uint64_t version)
{
	char id[E911_CALLID_MAX];
	call_t *c;

	e911_ledger_callid(id, callid);
	lock();
	c = by_callid(id);
	if(c && c->entry.version == version)
		e911_ring_leave(&c->link[E911_BY_DIRT]);
	unlock();
}

/* a clock that was set back makes nothing last longer than from now on */
static uint32_t moment(time_t when, uint32_t now)
{
	time_t ago = time(NULL) - when;

	if(ago < 0)
		ago = 0;
	return now - (uint32_t)(ago < INT32_MAX / 2 ? ago : INT32_MAX / 2);
}

/* in a full table the older one gives way, whichever that is, but a proven
 * caller's to no other's */
static int make_room_for(const call_t *c, call_t **out)
{
	const call_t *other = weakest();

	if(e911_ledger_table->count >= e911_ledger_table->max && other
			&& (c->entry.proven != other->entry.proven
							? other->entry.proven
							: (int32_t)(other->since - c->since) >= 0))
		return E911_ERR_FULL;
	return make_room(out);
}

static int restore(call_t *c, call_t **out)
{
	uint32_t now = e911_now();
	int err;

	c->opened = moment(c->entry.started, now);
	c->since = c->entry.ended ? moment(c->entry.ended, now) : c->opened;
	if(e911_ledger_is_over(c, now))
		return E911_ERR_VALUE;
	if(e911_ledger_namesake(c))
		return E911_ERR_TWICE;
	err = make_room_for(c, out);
	if(err)
		return err;
	e911_ledger_put(c);
	c->entry.version = ++e911_ledger_table->version;
	return E911_OK;
}

int e911_ledger_restore(const e911_entry_t *entry)
{
	call_t *c = e911_ledger_call_new(entry), *out = NULL;
	int err;

	if(c == NULL)
		return E911_ERR_MEM;
	lock();
	err = restore(c, &out);
	unlock();
	if(err)
		shm_free(c);
	if(out)
		shm_free(out);
	return err;
}
