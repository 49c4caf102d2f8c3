/*
 * e911: notices that are to be sent
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../core/mem/shm_mem.h"
#include "shelf.h"
#include "clock.h"
#include "err.h"
#include "hash.h"
#include "record.h"

#define BYTES_EACH 2048 /* of facts, on the average, at most */
#define BROKEN 3		/* failures in a row */
#define BACKOFF 1000	/* ms before the first retry, doubled for each more */
#define BACKOFF_MAX 15000
#define MARGIN 10000 /* ms that libcurl may be late */
#define SOON 200	 /* ms between looks while something waits */
#define MINUTE 60000 /* ms */

typedef e911_shelved_t entry_t;
typedef e911_shelf_queue_t queue_t;

static e911_shelf_t *t;
static void (*wake_saver)(void); /* NULL: there is no database */

/* ----- life ----- */

int e911_notices_init(unsigned int max, void (*saver)(void))
{
	wake_saver = saver;
	return e911_shelf_new(&t, max, saver != NULL);
}

void e911_notices_destroy(void)
{
	if(t)
		e911_shelf_free(t);
	t = NULL;
}

void e911_notices_alone(void)
{
	if(t)
		e911_shelf_alone(t);
}

/* ----- queues: the lock is held, as in all that is static below ----- */

static queue_t *queue_of(const entry_t *e)
{
	return &t->queue[e->queue];
}

static void give_up(entry_t *e)
{
	queue_of(e)->of.failed++;
	t->count.failed++;
	e911_shelf_move(t, e, E911_GIVEN_UP);
	e911_shelf_wake(t, E911_LANE_EVENT);
}

static int find_queue(const e911_recipient_t *to)
{
	int i, empty = -1;

	for(i = 0; i < t->queues; i++) {
		if(strcmp(t->queue[i].of.name, to->name) == 0)
			return i;
		if(t->queue[i].of.waiting + t->queue[i].of.flying == 0)
			empty = i;
	}
	return t->queues < E911_SHELF_QUEUES ? t->queues : empty;
}

/* one that is given up or gone has to do with its queue no more but by its
 * name: a queue that waits for nothing may become another's */
static int queue_for(const e911_recipient_t *to, int lane, uint64_t now)
{
	int i = find_queue(to);
	queue_t *q;

	if(i < 0)
		return E911_ERR_FULL;
	q = &t->queue[i];
	if(i == t->queues)
		t->queues++;
	if(strcmp(q->of.name, to->name) != 0) {
		memset(&q->of, 0, sizeof(q->of));
		strcpy(q->of.name, to->name);
		q->rest = 0;
		q->tokens = MINUTE;
		q->filled = now;
	}
	q->lane = lane;
	q->rate = to->rate;
	q->timeout_ms = to->timeout_ms;
	q->tries = to->tries;
	return i;
}

static int backoff(int tries)
{
	int ms = BACKOFF;

	while(--tries > 0 && ms < BACKOFF_MAX)
		ms *= 2;
	return ms < BACKOFF_MAX ? ms : BACKOFF_MAX;
}

static void fail_queue(queue_t *q, uint64_t now)
{
	q->of.failures++;
	if(q->of.failures >= BROKEN)
		q->rest = now + (uint64_t)backoff(q->of.failures - BROKEN + 1);
}

/* it is back: what waits for its next try waits no longer */
static void succeed_queue(queue_t *q)
{
	entry_t *e;
	int rank;

	for(rank = 0; q->of.failures >= BROKEN && rank < E911_RANKS; rank++)
		TAILQ_FOREACH(e, &q->line[rank], line)
	e->due = 0;
	q->of.failures = 0;
	q->rest = 0;
}

/* a later notice costs its share of a minute */
static int has_token(queue_t *q, uint64_t now)
{
	if(q->rate == 0)
		return 1;
	q->tokens += now - q->filled;
	q->filled = now;
	if(q->tokens > MINUTE)
		q->tokens = MINUTE;
	return q->tokens >= (uint64_t)(MINUTE / q->rate);
}

/* ----- putting ----- */

static int lane_of(const e911_recipient_t *to)
{
	static const unsigned char lanes[] = {
			[E911_BY_WEBHOOK] = E911_LANE_NET,
			[E911_BY_MAIL] = E911_LANE_NET,
			[E911_BY_SIP] = E911_LANE_SIP,
			[E911_BY_EVENT] = E911_LANE_EVENT,
	};

	return lanes[to->kind];
}

static int rank_of(const e911_notice_order_t *o)
{
	if(o->event == E911_EV_NOBODY)
		return E911_RANK_URGENT;
	return e911_recipient_begins(o->to, o->event) ? E911_RANK_FIRST
												  : E911_RANK_LATER;
}

/* Was it put before? From now on it was. */
static int is_known(const e911_notice_order_t *o)
{
	uint64_t key[4] = {o->call, (uint64_t)o->event, (uint64_t)o->step,
			e911_hash(o->to->name, strlen(o->to->name))};
	uint64_t mark = e911_hash((const char *)key, sizeof(key));
	uint64_t *slot = &t->recent[mark % E911_SHELF_RECENT];

	if(*slot == mark)
		return 1;
	*slot = mark;
	return 0;
}

static entry_t *first_later(int queue)
{
	int i;

	if(!TAILQ_EMPTY(&t->queue[queue].line[E911_RANK_LATER]))
		return TAILQ_FIRST(&t->queue[queue].line[E911_RANK_LATER]);
	for(i = 0; i < t->queues; i++)
		if(!TAILQ_EMPTY(&t->queue[i].line[E911_RANK_LATER]))
			return TAILQ_FIRST(&t->queue[i].line[E911_RANK_LATER]);
	return NULL;
}

/* those before it are on their way to the database, and few */
static entry_t *first_saved(void)
{
	entry_t *e;

	TAILQ_FOREACH(e, &t->gone, save)
	if(e->saved == E911_SAVED)
		return e;
	return NULL;
}

static void lose(queue_t *q)
{
	q->of.lost++;
	t->count.lost++;
}

/* what the database only has to forget goes first; it would be sent once more
 * after a restart, under its old id */
static int make_room(int queue, int rank, size_t size)
{
	entry_t *e;

	while(t->n >= t->max || t->bytes + size > (size_t)t->max * BYTES_EACH) {
		e = first_saved();
		if(e) {
			e911_shelf_drop(t, e);
			continue;
		}
		e = rank == E911_RANK_LATER ? NULL : first_later(queue);
		if(e == NULL)
			return E911_ERR_FULL;
		lose(queue_of(e));
		e911_shelf_end(t, e);
	}
	return E911_OK;
}

static void put_texts(
		entry_t *e, const e911_notice_order_t *o, const entry_t *old)
{
	char *at = e->text;

	memcpy(at, o->facts.s, (size_t)o->facts.len);
	at += o->facts.len;
	if(old) {
		memcpy(at, old->text + old->facts_len, old->events_len);
		at += old->events_len;
		*at++ = ',';
	}
	if(o->events.len)
		memcpy(at, o->events.s, (size_t)o->events.len);
}

/* with what the old one says, if it fits */
static entry_t *new_entry(const e911_notice_order_t *o, const entry_t *old)
{
	size_t events = (size_t)o->events.len;
	entry_t *e;

	if(old && events + old->events_len + 1 > E911_NOTICE_EVENTS_MAX)
		old = NULL;
	if(old)
		events += old->events_len + 1;
	e = shm_malloc(sizeof(*e) + (size_t)o->facts.len + events);
	if(e == NULL)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->facts_len = (unsigned int)o->facts.len;
	e->events_len = (unsigned int)events;
	put_texts(e, o, old);
	return e;
}

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fill(entry_t *e, const e911_notice_order_t *o, const char *id)
{
	uint64_t now = e911_clock_ms(), wall = wall_ms();
	uint64_t age = wall > o->at_ms ? wall - o->at_ms : 0;

	strcpy(e->id, id);
	strcpy(e->recipient, o->to->name);
	e->call = o->call;
	e->at_ms = o->at_ms;
	e->born = now > age ? now - age : 1;
	e->until =
			e911_deadline(o->until ? o->until : time(NULL) + o->to->most_age);
	e->lane = lane_of(o->to);
	e->rank = rank_of(o);
}

/* a later one stands for those of its call that wait, and so does an urgent
 * one */
static int put(const e911_notice_order_t *o, const char *id)
{
	int queue, rank = rank_of(o);
	entry_t *e, *old;

	if(is_known(o))
		return E911_ERR_TWICE;
	queue = queue_for(o->to, lane_of(o->to), e911_clock_ms());
	if(queue < 0) {
		t->count.lost++;
		return queue;
	}
	old = rank == E911_RANK_FIRST ? NULL
								  : e911_shelf_sibling(t, o->call, queue,
										  E911_WAITING, E911_RANK_LATER);
	if(old == NULL
			&& make_room(queue, rank, (size_t)o->facts.len + sizeof(*e))) {
		lose(&t->queue[queue]);
		return E911_ERR_FULL;
	}
	e = new_entry(o, old);
	if(e == NULL) {
		lose(&t->queue[queue]);
		return E911_ERR_MEM;
	}
	e->queue = queue;
	fill(e, o, id);
	if(old) {
		t->count.merged++;
		e911_shelf_end(t, old);
	}
	e911_shelf_put(t, e);
	if(o->id)
		e->saved = E911_SAVED;
	if(o->id && wake_saver)
		TAILQ_REMOVE(&t->unsaved, e, save);
	return E911_OK;
}

/* ----- taking ----- */

/* the first one of its call goes before it, and so does the one before it */
static int is_held(const entry_t *e)
{
	return e911_shelf_sibling(
				   t, e->call, e->queue, E911_WAITING, E911_RANK_FIRST)
		   || e911_shelf_sibling(
				   t, e->call, e->queue, E911_FLYING, E911_RANK_FIRST)
		   || e911_shelf_sibling(
				   t, e->call, e->queue, E911_HEARD, E911_RANK_FIRST)
		   || e911_shelf_sibling(
				   t, e->call, e->queue, E911_FLYING, E911_RANK_LATER)
		   || e911_shelf_sibling(
				   t, e->call, e->queue, E911_HEARD, E911_RANK_LATER);
}

/* a recipient that rests is tried with what it was never asked about, for it
 * may be back */
static int is_due(const entry_t *e, queue_t *q, uint64_t now)
{
	if(e->due > now || (q->rest > now && e->tries)
			|| e911_passed(e->until, e911_now()))
		return 0;
	return e->rank != E911_RANK_LATER || !is_held(e);
}

static entry_t *best_of(queue_t *q, uint64_t now)
{
	entry_t *e;
	int rank;

	if(q->of.waiting == 0
			|| q->of.flying
					   >= (q->of.failures >= BROKEN ? 1 : E911_NOTICES_FLIGHT))
		return NULL;
	for(rank = 0; rank < E911_RANKS; rank++) {
		if(rank == E911_RANK_LATER && (q->rest > now || !has_token(q, now)))
			continue;
		TAILQ_FOREACH(e, &q->line[rank], line)
		if(is_due(e, q, now))
			return e;
	}
	return NULL;
}

static entry_t *best(int lane, uint64_t now)
{
	entry_t *e = NULL;
	int i, n;

	for(i = 0; e == NULL && i < t->queues; i++) {
		n = (t->next[lane] + i) % t->queues;
		if(t->queue[n].lane == lane)
			e = best_of(&t->queue[n], now);
		if(e)
			t->next[lane] = n + 1;
	}
	return e;
}

static void copy(e911_due_t *due, const entry_t *e)
{
	due->number = e->number;
	due->at_ms = e->at_ms;
	due->took_ms = e911_clock_ms() - e->born;
	due->until = e911_wall(e->until);
	strcpy(due->id, e->id);
	strcpy(due->recipient, e->recipient);
	due->tries = e->tries;
	due->given_up = e->state == E911_GIVEN_UP || e->state == E911_GIVING;
	due->code = e->code;
	memcpy(due->mem, e->text, e->facts_len + e->events_len);
	due->facts.s = due->mem;
	due->facts.len = (int)e->facts_len;
	due->events.s = due->mem + e->facts_len;
	due->events.len = (int)e->events_len;
}

static int take(int lane, e911_due_t *due)
{
	uint64_t now = e911_clock_ms();
	entry_t *e = lane == E911_LANE_EVENT ? TAILQ_FIRST(&t->given_up) : NULL;
	int state = e ? E911_GIVING : E911_FLYING;

	if(e == NULL)
		e = best(lane, now);
	if(e == NULL)
		return E911_ERR_NONE;
	if(e->rank == E911_RANK_LATER && queue_of(e)->rate && state == E911_FLYING)
		queue_of(e)->tokens -= (uint64_t)(MINUTE / queue_of(e)->rate);
	/* by a reload his kind may be another than it was */
	e->lane = lane;
	e->flight = now + (uint64_t)queue_of(e)->timeout_ms
				+ (lane == E911_LANE_NET ? MARGIN : 0);
	e->code = 0;
	e911_shelf_move(t, e, state);
	copy(due, e);
	return E911_OK;
}

/* it waits again; E911_FLYING or E911_HEARD before */
static void put_back(entry_t *e, int ms)
{
	e->due = e911_clock_ms() + (uint64_t)ms;
	e911_shelf_move(t, e, E911_WAITING);
}

static int fail(entry_t *e, int tries)
{
	fail_queue(queue_of(e), e911_clock_ms());
	e->tries++;
	if(tries && e->tries >= tries) {
		give_up(e);
		return 1;
	}
	put_back(e, backoff(e->tries));
	return 0;
}

static void succeed(entry_t *e)
{
	unsigned long ms = (unsigned long)(e911_clock_ms() - e->born);

	succeed_queue(queue_of(e));
	queue_of(e)->of.sent++;
	t->count.sent++;
	if(e->rank != E911_RANK_FIRST)
		return;
	t->count.firsts++;
	t->count.first_ms += ms;
	if(ms > t->count.first_max_ms)
		t->count.first_max_ms = ms;
}

/* ----- what others see; the lock is taken ----- */

static void make_id(char id[E911_NOTICE_ID_MAX])
{
	unsigned char bytes[16] = {0};
	e911_strbuf_t b;

	/* without randomness it is at least no other one's of this moment */
	if(e911_hash_random(bytes, sizeof(bytes))) {
		uint64_t now = wall_ms(), more = (uint64_t)(uintptr_t)id;

		memcpy(bytes, &now, 8);
		memcpy(bytes + 8, &more, 8);
	}
	/* RFC 4122 section 4.4 */
	bytes[6] = (unsigned char)((bytes[6] & 15) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	e911_strbuf_init(&b, id, E911_NOTICE_ID_MAX - 1);
	e911_strbuf_put_uuid(&b, bytes);
	id[b.len] = '\0';
}

int e911_notices_put(const e911_notice_order_t *order)
{
	char id[E911_NOTICE_ID_MAX];
	int err;

	if(t == NULL)
		return E911_ERR_DOWN;
	if(order->facts.len > E911_NOTICE_FACTS_MAX
			|| order->events.len > E911_NOTICE_EVENTS_MAX)
		return E911_ERR_SPACE;
	make_id(id);
	lock_get(&t->lock);
	err = put(order, order->id ? order->id : id);
	lock_release(&t->lock);
	if(err)
		return err;
	e911_shelf_wake(t, lane_of(order->to));
	if(wake_saver && order->id == NULL)
		wake_saver();
	return E911_OK;
}

int e911_notices_take(int lane, e911_due_t *due)
{
	int err;

	lock_get(&t->lock);
	err = take(lane, due);
	lock_release(&t->lock);
	return err;
}

/* of an earlier try only good news is some */
static int is_news(const entry_t *e, int tries, int code)
{
	if(code / 100 == 2)
		return e->state == E911_FLYING || e->state == E911_WAITING;
	return e->state == E911_FLYING && e->tries == tries;
}

void e911_notices_answered(uint64_t number, int tries, int code)
{
	int lane = -1;
	entry_t *e;

	lock_get(&t->lock);
	e = e911_shelf_find(t, number);
	if(e && is_news(e, tries, code)) {
		e->code = code;
		e911_shelf_move(t, e, E911_HEARD);
		lane = e->lane;
	}
	lock_release(&t->lock);
	if(lane >= 0)
		e911_shelf_wake(t, lane);
}

int e911_notices_heard(int lane, e911_due_t *due)
{
	int err = E911_ERR_NONE;
	entry_t *e;

	lock_get(&t->lock);
	e = TAILQ_FIRST(&t->heard[lane]);
	if(e) {
		copy(due, e);
		e->flight = e911_clock_ms() + MINUTE;
		e911_shelf_move(t, e, E911_FLYING);
		err = E911_OK;
	}
	lock_release(&t->lock);
	return err;
}

void e911_notices_done(const e911_due_t *due)
{
	entry_t *e;

	lock_get(&t->lock);
	e = e911_shelf_find(t, due->number);
	if(e && e->state != E911_GIVING)
		succeed(e);
	if(e)
		e911_shelf_end(t, e);
	lock_release(&t->lock);
	if(wake_saver)
		wake_saver();
}

int e911_notices_failed(const e911_due_t *due, int tries)
{
	int last = 0;
	entry_t *e;

	lock_get(&t->lock);
	e = e911_shelf_find(t, due->number);
	if(e && e->state == E911_FLYING)
		last = fail(e, tries);
	lock_release(&t->lock);
	return last;
}

void e911_notices_again(const e911_due_t *due)
{
	entry_t *e;

	lock_get(&t->lock);
	e = e911_shelf_find(t, due->number);
	if(e && e->state == E911_FLYING)
		put_back(e, SOON);
	lock_release(&t->lock);
}

void e911_notices_sweep(int lane)
{
	uint64_t now = e911_clock_ms();
	uint32_t second = e911_now();
	entry_t *e, *next;

	lock_get(&t->lock);
	for(e = TAILQ_FIRST(&t->all); e; e = next) {
		next = TAILQ_NEXT(e, all);
		if(e->lane != lane)
			continue;
		if(e->state == E911_FLYING && e->flight <= now)
			fail(e, queue_of(e)->tries);
		if(e->state == E911_WAITING && e911_passed(e->until, second))
			give_up(e);
	}
	lock_release(&t->lock);
}

int e911_notices_idle(int lane, int most)
{
	int i, ms = most;

	lock_get(&t->lock);
	for(i = 0; i < t->queues; i++)
		if(t->queue[i].lane == lane && t->queue[i].of.waiting && ms > SOON)
			ms = SOON;
	if(!TAILQ_EMPTY(&t->heard[lane])
			|| (lane == E911_LANE_EVENT && !TAILQ_EMPTY(&t->given_up)))
		ms = 0;
	lock_release(&t->lock);
	return ms;
}

int e911_notices_fd(int lane)
{
	return t->pipe[lane][0];
}

void e911_notices_empty_fd(int lane)
{
	char bytes[64];

	while(read(t->pipe[lane][0], bytes, sizeof(bytes)) > 0)
		;
}

void e911_notices_wake(int lane)
{
	e911_shelf_wake(t, lane);
}

/* ----- the database ----- */

static entry_t *first_gone(void)
{
	entry_t *e;

	TAILQ_FOREACH(e, &t->gone, save)
	if(e->saved == E911_SAVED)
		return e;
	return NULL;
}

int e911_notices_to_write(void)
{
	int any;

	lock_get(&t->lock);
	any = !TAILQ_EMPTY(&t->unsaved) || first_gone();
	lock_release(&t->lock);
	return any;
}

int e911_notices_unsaved(e911_due_t *due)
{
	int err = E911_ERR_NONE;
	entry_t *e;

	lock_get(&t->lock);
	e = TAILQ_FIRST(&t->unsaved);
	if(e) {
		TAILQ_REMOVE(&t->unsaved, e, save);
		e->saved = E911_SAVING;
		copy(due, e);
		err = E911_OK;
	}
	lock_release(&t->lock);
	return err;
}

int e911_notices_gone(char id[E911_NOTICE_ID_MAX], uint64_t *number)
{
	int err = E911_ERR_NONE;
	entry_t *e;

	lock_get(&t->lock);
	e = first_gone();
	if(e) {
		e->saved = E911_DELETING;
		strcpy(id, e->id);
		*number = e->number;
		err = E911_OK;
	}
	lock_release(&t->lock);
	return err;
}

static void unwritten(entry_t *e)
{
	if(e->saved == E911_DELETING) {
		e->saved = E911_SAVED;
	} else if(e->state == E911_GONE) {
		e911_shelf_drop(t, e);
	} else {
		e->saved = E911_UNSAVED;
		TAILQ_INSERT_HEAD(&t->unsaved, e, save);
	}
}

static void written(entry_t *e)
{
	if(e->saved == E911_DELETING)
		e911_shelf_drop(t, e);
	else
		e->saved = E911_SAVED;
}

void e911_notices_written(uint64_t number, int done)
{
	entry_t *e;

	lock_get(&t->lock);
	e = e911_shelf_find(t, number);
	if(e && (e->saved == E911_SAVING || e->saved == E911_DELETING)) {
		if(done)
			written(e);
		else
			unwritten(e);
	}
	lock_release(&t->lock);
}

/* ----- */

void e911_notices_count(e911_notices_count_t *count)
{
	memset(count, 0, sizeof(*count));
	if(t == NULL)
		return;
	lock_get(&t->lock);
	*count = t->count;
	lock_release(&t->lock);
}

int e911_notices_nth(int n, e911_notices_of_t *of)
{
	uint64_t now = e911_clock_ms();
	int err = E911_ERR_NONE;

	if(t == NULL)
		return err;
	lock_get(&t->lock);
	if(n >= 0 && n < t->queues) {
		*of = t->queue[n].of;
		of->rest_ms =
				t->queue[n].rest > now ? (int)(t->queue[n].rest - now) : 0;
		err = E911_OK;
	}
	lock_release(&t->lock);
	return err;
}
