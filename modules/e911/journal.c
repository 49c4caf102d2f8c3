/*
 * e911: the journal
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "err.h"
#include "hash.h"
#include "journal.h"
#include "stats.h"

#define SMALL 256 /* bytes of an entry: so many there may be */
#define RESERVE 4 /* a quarter of it is kept for the first events */

typedef struct place
{
	uint32_t at, size;
	uint64_t call; /* hash of its Call-ID */
	int kind;
} place_t;

/* numbers grow; those of first to next - 1 are there, in order, in a block that
 * begins anew at its end */
typedef struct shared
{
	gen_lock_t lock;
	uint64_t first, next, written;
	uint64_t lost;	   /* not yet an entry */
	uint64_t lost_all; /* since the start */
	size_t bytes;	   /* of the block */
	size_t unwritten;  /* bytes */
	unsigned int most; /* places */
	int keeps;		   /* until it is written */
	int woken;
	uint64_t head;
	char mac[E911_MAC_LEN + 1];
	place_t *place;
	char *block;
} shared_t;

static shared_t *journal;
static void (*wake_writer)(void);

int e911_journal_init(size_t bytes, void (*wake)(void))
{
	size_t most;

	bytes = bytes < E911_JOURNAL_LEAST ? E911_JOURNAL_LEAST : bytes / 8 * 8;
	most = bytes / SMALL;
	journal = shm_malloc(sizeof(*journal) + most * sizeof(place_t) + bytes);
	if(journal == NULL)
		return E911_ERR_MEM;
	memset(journal, 0, sizeof(*journal));
	lock_init(&journal->lock);
	journal->bytes = bytes;
	journal->most = (unsigned int)most;
	journal->place = (place_t *)(journal + 1);
	journal->block = (char *)(journal->place + most);
	journal->first = journal->next = journal->written = 1;
	wake_writer = wake;
	return E911_OK;
}

void e911_journal_destroy(void)
{
	if(journal == NULL)
		return;
	lock_destroy(&journal->lock);
	shm_free(journal);
	journal = NULL;
}

void e911_journal_alone(void)
{
	if(journal)
		lock_init(&journal->lock);
}

void e911_journal_keep(int is_written)
{
	if(journal)
		__atomic_store_n(&journal->keeps, is_written, __ATOMIC_RELAXED);
}

/* ----- the block; the lock is held ----- */

static place_t *place_of(uint64_t number)
{
	return &journal->place[number % journal->most];
}

/* where so many bytes are free; FULL */
static int64_t free_at(size_t size)
{
	const place_t *oldest, *newest;
	size_t end;

	if(journal->first == journal->next)
		return 0;
	if(journal->next - journal->first >= journal->most)
		return E911_ERR_FULL;
	oldest = place_of(journal->first);
	newest = place_of(journal->next - 1);
	end = newest->at + newest->size;
	if(newest->at < oldest->at)
		return oldest->at - end >= size ? (int64_t)end : E911_ERR_FULL;
	if(journal->bytes - end >= size)
		return (int64_t)end;
	return oldest->at >= size ? 0 : E911_ERR_FULL;
}

static int drop_oldest(void)
{
	if(journal->first == journal->next
			|| (journal->keeps && journal->first >= journal->written))
		return E911_ERR_FULL;
	if(journal->written == journal->first) {
		journal->unwritten -= place_of(journal->first)->size;
		journal->written++;
	}
	journal->first++;
	return E911_OK;
}

/* where so many bytes are free, for what older ones it costs; FULL */
static int64_t make_room(size_t size)
{
	int64_t at;

	while((at = free_at(size)) < 0)
		if(drop_oldest())
			return E911_ERR_FULL;
	return at;
}

static int append(const void *parcel, size_t size, uint64_t call, int kind)
{
	int64_t at = make_room(size);
	place_t *p;

	if(at < 0)
		return E911_ERR_FULL;
	memcpy(journal->block + at, parcel, size);
	p = place_of(journal->next);
	*p = (place_t){(uint32_t)at, (uint32_t)size, call, kind};
	journal->unwritten += size;
	/* last: who dies before has put nothing */
	journal->next++;
	return E911_OK;
}

/* bytes before which nothing is to be kept free any more */
static int is_scarce(size_t size)
{
	return journal->keeps
		   && journal->unwritten + size
					  > journal->bytes - journal->bytes / RESERVE;
}

/* a gap is itself on record; its time is the one of what comes behind it */
static int append_loss(uint64_t at_ms)
{
	static char mem[E911_PARCEL_MAX] __attribute__((aligned(8)));
	e911_event_t e = {.kind = E911_JOURNAL_LOST, .step = -1, .at_ms = at_ms};
	int err;

	if(journal->lost == 0)
		return E911_OK;
	e.code = journal->lost < INT32_MAX ? (int)journal->lost : INT32_MAX;
	err = append(mem, (size_t)e911_parcel_pack(&e, mem), 0, e.kind);
	if(!err)
		journal->lost = 0;
	return err;
}

/* ----- putting ----- */

static int is_first_of_call(const e911_event_t *event)
{
	return event->kind == E911_EV_PLACED || event->kind == E911_EV_NOBODY
		   || event->kind >= E911_EV_KINDS
		   || (event->kind == E911_EV_SENT && event->step == 0);
}

static int wants_wake(void)
{
	int woken = journal->woken;

	journal->woken = 1;
	return !woken && journal->keeps && wake_writer;
}

void e911_journal_put(const e911_event_t *event)
{
	static char mem[E911_PARCEL_MAX] __attribute__((aligned(8)));
	int wake = 0, err;
	uint64_t call;
	size_t size;

	if(journal == NULL)
		return;
	size = (size_t)e911_parcel_pack(event, mem);
	call = event->call ? event->call
					   : e911_hash(event->callid.s, (size_t)event->callid.len);
	lock_get(&journal->lock);
	err = is_scarce(size) && !is_first_of_call(event) ? E911_ERR_FULL : E911_OK;
	/* both or none: losses alone are not to fill it */
	if(!err && journal->lost
			&& (make_room(size + SMALL) < 0 || append_loss(event->at_ms)))
		err = E911_ERR_FULL;
	if(!err)
		err = append(mem, size, call, event->kind);
	if(err) {
		journal->lost++;
		journal->lost_all++;
	} else {
		wake = wants_wake();
	}
	lock_release(&journal->lock);
	if(err)
		e911_stats_count(E911_STAT_RECORD_LOST);
	if(wake)
		wake_writer();
}

void e911_journal_note(int kind, int code)
{
	e911_event_t e = {.kind = kind, .code = code, .step = -1};

	e.at_ms = e911_events_now();
	e911_journal_put(&e);
}

/* ----- looking ----- */

void e911_journal_range(uint64_t *first, uint64_t *next)
{
	*first = *next = 0;
	if(journal == NULL)
		return;
	lock_get(&journal->lock);
	*first = journal->first;
	*next = journal->next;
	lock_release(&journal->lock);
}

/* the lock is held; bytes copied, or NONE */
static int copy_out(uint64_t number, void *mem)
{
	const place_t *p;

	if(number < journal->first || number >= journal->next)
		return E911_ERR_NONE;
	p = place_of(number);
	memcpy(mem, journal->block + p->at, p->size);
	return (int)p->size;
}

int e911_journal_get(uint64_t number, void *mem, e911_event_t *event)
{
	int size = E911_ERR_NONE;

	if(journal == NULL)
		return size;
	lock_get(&journal->lock);
	size = copy_out(number, mem);
	lock_release(&journal->lock);
	return size < 0 ? size : e911_parcel_open(mem, (size_t)size, event);
}

int e911_journal_newest(
		const str *callid, unsigned int kinds, void *mem, e911_event_t *event)
{
	uint64_t call = e911_hash(callid->s, (size_t)callid->len), n;
	int size = E911_ERR_NONE;
	const place_t *p;

	if(journal == NULL)
		return size;
	lock_get(&journal->lock);
	for(n = journal->next; size < 0 && n-- > journal->first;) {
		p = place_of(n);
		if(p->call == call && (kinds >> p->kind & 1))
			size = copy_out(n, mem);
	}
	lock_release(&journal->lock);
	return size < 0 ? size : e911_parcel_open(mem, (size_t)size, event);
}

/* ----- for who writes ----- */

uint64_t e911_journal_unwritten(void)
{
	uint64_t number;

	lock_get(&journal->lock);
	journal->woken = 0;
	if(!is_scarce(SMALL))
		append_loss(e911_events_now());
	number = journal->written;
	lock_release(&journal->lock);
	return number;
}

void e911_journal_written(uint64_t number)
{
	lock_get(&journal->lock);
	for(; journal->written < number; journal->written++)
		journal->unwritten -= place_of(journal->written)->size;
	lock_release(&journal->lock);
}

void e911_journal_head(e911_journal_head_t *head)
{
	memset(head, 0, sizeof(*head));
	if(journal == NULL)
		return;
	lock_get(&journal->lock);
	head->seq = journal->head;
	memcpy(head->mac, journal->mac, sizeof(head->mac));
	head->waiting = journal->keeps ? journal->next - journal->written : 0;
	head->lost = journal->lost_all;
	lock_release(&journal->lock);
}

void e911_journal_set_head(uint64_t seq, const char *mac)
{
	lock_get(&journal->lock);
	journal->head = seq;
	strncpy(journal->mac, mac, E911_MAC_LEN);
	journal->mac[E911_MAC_LEN] = '\0';
	lock_release(&journal->lock);
}
