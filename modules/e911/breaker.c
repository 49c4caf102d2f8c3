/*
 * e911: who is not asked for a while
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "breaker.h"
#include "clock.h"
#include "err.h"

typedef struct table
{
	gen_lock_t lock;
	int n;
	uint64_t used[E911_BREAKERS_MAX];
	e911_breaker_t breaker[E911_BREAKERS_MAX];
} table_t;

static table_t *table;

int e911_breaker_init(void)
{
	table_t *t = shm_mallocxz(sizeof(*t));

	if(t == NULL)
		return E911_ERR_MEM;
	lock_init(&t->lock);
	table = t;
	return E911_OK;
}

void e911_breaker_destroy(void)
{
	if(table == NULL)
		return;
	lock_destroy(&table->lock);
	shm_free(table);
	table = NULL;
}

/* ----- the lock is held ----- */

static int find(const char *name)
{
	int i;

	for(i = 0; i < table->n; i++)
		if(strncmp(table->breaker[i].name, name, E911_BREAKER_NAME_MAX - 1)
				== 0)
			return i;
	return E911_ERR_NONE;
}

/* names come from rows, and rows go: the one unheard of the longest gives way */
static int make(const char *name)
{
	int i, oldest = 0;

	if(table->n < E911_BREAKERS_MAX)
		oldest = table->n++;
	else
		for(i = 1; i < table->n; i++)
			if(table->used[i] < table->used[oldest])
				oldest = i;
	memset(&table->breaker[oldest], 0, sizeof(table->breaker[oldest]));
	snprintf(table->breaker[oldest].name, E911_BREAKER_NAME_MAX, "%s", name);
	return oldest;
}

static e911_breaker_t *breaker_of(const char *name, uint64_t now)
{
	int i = find(name);

	if(i < 0)
		i = make(name);
	table->used[i] = now;
	return &table->breaker[i];
}

static int may(e911_breaker_t *b, int rest_ms, uint64_t now)
{
	if(b->state == E911_BREAKER_CLOSED)
		return 0;
	if(b->until > now)
		return (int)(b->until - now);
	/* a trial of which nobody tells is over as well: its process is dead */
	b->state = E911_BREAKER_HALF_OPEN;
	b->until = now + rest_ms;
	return 0;
}

static int close_it(e911_breaker_t *b)
{
	int was = b->state;

	b->state = E911_BREAKER_CLOSED;
	b->failures = 0;
	return was != E911_BREAKER_CLOSED;
}

static int fail(e911_breaker_t *b, int after, uint64_t until)
{
	b->failures++;
	if(after == 0 || b->state == E911_BREAKER_OPEN
			|| (b->state == E911_BREAKER_CLOSED && b->failures < after))
		return 0;
	b->state = E911_BREAKER_OPEN;
	b->until = until;
	b->rests++;
	return 1;
}

/* ----- */

int e911_breaker_ask(const char *name, int rest_ms)
{
	uint64_t now = e911_clock_ms();
	int ms;

	lock_get(&table->lock);
	ms = may(breaker_of(name, now), rest_ms, now);
	lock_release(&table->lock);
	return ms;
}

int e911_breaker_tell(const char *name, int ok, int after, int rest_ms)
{
	uint64_t now = e911_clock_ms();
	e911_breaker_t *b;
	int changed;

	lock_get(&table->lock);
	b = breaker_of(name, now);
	/* what was asked before it opened, and answers late, closes it too */
	changed = ok ? close_it(b) : fail(b, after, now + rest_ms);
	lock_release(&table->lock);
	return changed;
}

void e911_breaker_withdraw(const char *name)
{
	int i;

	lock_get(&table->lock);
	i = find(name);
	if(i >= 0 && table->breaker[i].state == E911_BREAKER_HALF_OPEN)
		table->breaker[i].until = 0;
	lock_release(&table->lock);
}

int e911_breaker_nth(int n, e911_breaker_t *breaker)
{
	int err = E911_ERR_NONE;

	if(table == NULL)
		return err;
	lock_get(&table->lock);
	if(n >= 0 && n < table->n) {
		*breaker = table->breaker[n];
		err = E911_OK;
	}
	lock_release(&table->lock);
	return err;
}

const char *e911_breaker_state_name(int state)
{
	static const char *const names[] = {"closed", "open", "half-open"};

	return names[state];
}
