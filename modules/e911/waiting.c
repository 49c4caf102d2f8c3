/*
 * e911: HTTP requests that wait for a validator
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "clock.h"
#include "connection.h"
#include "err.h"
#include "waiting.h"

#define ANSWER_ROOM 65536
#define LOOK 20 /* ms between two looks at what is to be stored */

typedef struct table
{
	gen_lock_t lock;
	unsigned int max;
	volatile unsigned int count;
	unsigned int end; /* none is behind it */
	e911_waiter_t waiter[];
} table_t;

static table_t *table;
static e911_waiter_done_f is_done;
static e911_waiter_f write_answer;

int e911_waiting_init(
		unsigned int max, e911_waiter_done_f done, e911_waiter_f write)
{
	table = shm_mallocxz(sizeof(*table) + max * sizeof(table->waiter[0]));
	if(table == NULL)
		return E911_ERR_MEM;
	lock_init(&table->lock);
	table->max = max;
	is_done = done;
	write_answer = write;
	return E911_OK;
}

void e911_waiting_destroy(void)
{
	if(table)
		shm_free(table);
	table = NULL;
}

unsigned int e911_waiting_count(void)
{
	return table ? table->count : 0;
}

/* with the lock; NULL */
static e911_waiter_t *find_room(void)
{
	unsigned int i;

	for(i = 0; i < table->max; i++)
		if(table->waiter[i].used == 0) {
			if(i >= table->end)
				table->end = i + 1;
			return &table->waiter[i];
		}
	return NULL;
}

int e911_waiting_put(const sip_msg_t *msg, const e911_waiter_t *w, int ms)
{
	e911_waiter_t *place;

	if(table == NULL)
		return E911_ERR_DOWN;
	lock_get(&table->lock);
	place = find_room();
	if(place) {
		*place = *w;
		place->used = 1;
		place->to = msg->rcv;
		place->until = e911_clock_ms() + ms;
		table->count++;
	}
	lock_release(&table->lock);
	/* it may have been done before he stood in the table */
	e911_jobs_wake();
	return place ? E911_OK : E911_ERR_FULL;
}

int e911_waiting_has(const sip_msg_t *msg)
{
	unsigned int i;
	int found = 0;

	if(e911_waiting_count() == 0)
		return 0;
	lock_get(&table->lock);
	for(i = 0; i < table->end && !found; i++)
		found = table->waiter[i].used
				&& table->waiter[i].to.proto_reserved1
						   == msg->rcv.proto_reserved1;
	lock_release(&table->lock);
	return found;
}

/* with the lock: gives the place free */
static void take(unsigned int i, e911_waiter_t *w)
{
	*w = table->waiter[i];
	table->waiter[i].used = 0;
	table->count--;
	while(table->end && table->waiter[table->end - 1].used == 0)
		table->end--;
}

/* the next one from *i on whose job is done, or whose time is over */
static int take_due(unsigned int *i, uint64_t now, e911_waiter_t *w)
{
	int found = 0;

	lock_get(&table->lock);
	for(; *i < table->end && !found; (*i)++) {
		const e911_waiter_t *place = &table->waiter[*i];

		if(!place->used || (place->until > now && !is_done(place)))
			continue;
		take(*i, w);
		found = 1;
	}
	lock_release(&table->lock);
	return found;
}

void e911_waiting_serve(void)
{
	static char mem[ANSWER_ROOM]; /* too large for a stack */
	uint64_t now = e911_clock_ms();
	unsigned int i = 0;
	e911_waiter_t w;
	e911_strbuf_t b;
	str answer;

	if(e911_waiting_count() == 0)
		return;
	while(take_due(&i, now, &w)) {
		e911_strbuf_init(&b, mem, sizeof(mem));
		write_answer(&w, &b);
		answer = (str){b.s, (int)b.len};
		if(b.err)
			LM_ERR("an answer over HTTP does not fit its room\n");
		else if(e911_connection_send(&w.to, &answer))
			LM_DBG("who asked over HTTP is gone\n");
	}
}

/* nobody tells when the database has something */
static uint64_t ends(const e911_waiter_t *w, uint64_t now)
{
	return w->ticket && w->until > now + LOOK ? now + LOOK : w->until;
}

int e911_waiting_due(int most)
{
	uint64_t now = e911_clock_ms(), first = now + most;
	unsigned int i;

	if(e911_waiting_count() == 0)
		return most;
	lock_get(&table->lock);
	for(i = 0; i < table->end; i++)
		if(table->waiter[i].used && ends(&table->waiter[i], now) < first)
			first = ends(&table->waiter[i], now);
	lock_release(&table->lock);
	return first <= now ? 0 : (int)(first - now);
}
