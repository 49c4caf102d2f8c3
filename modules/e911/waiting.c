/*
 * e911: HTTP requests that wait for a validator
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/forward.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/tcp_conn.h"
#include "../../core/tcp_server.h"
#include "clock.h"
#include "err.h"
#include "waiting.h"

#define ANSWER_ROOM 65536

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
	return place ? E911_OK : E911_ERR_FULL;
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

/* only over the connection that it asked by: no new one is made */
static void send_answer(e911_waiter_t *w, const e911_strbuf_t *b)
{
	struct dest_info to;

	init_dst_from_rcv(&to, &w->to);
	to.send_flags.f |= SND_F_FORCE_CON_REUSE;
	if(tcp_send(&to, NULL, b->s, (unsigned int)b->len) < 0)
		LM_DBG("who asked over HTTP is gone\n");
}

void e911_waiting_serve(void)
{
	static char mem[ANSWER_ROOM]; /* too large for a stack */
	uint64_t now = e911_clock_ms();
	unsigned int i = 0;
	e911_waiter_t w;
	e911_strbuf_t b;

	if(e911_waiting_count() == 0)
		return;
	while(take_due(&i, now, &w)) {
		e911_strbuf_init(&b, mem, sizeof(mem));
		write_answer(&w, &b);
		if(b.err == 0)
			send_answer(&w, &b);
		else
			LM_ERR("an answer over HTTP does not fit its room\n");
	}
}

int e911_waiting_due(int most)
{
	uint64_t now = e911_clock_ms(), first = now + most;
	unsigned int i;

	if(e911_waiting_count() == 0)
		return most;
	lock_get(&table->lock);
	for(i = 0; i < table->end; i++)
		if(table->waiter[i].used && table->waiter[i].until < first)
			first = table->waiter[i].until;
	lock_release(&table->lock);
	return first <= now ? 0 : (int)(first - now);
}
