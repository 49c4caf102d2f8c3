/*
 * e911: throttle
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/cfg/cfg_struct.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "clock.h"
#include "config.h"
#include "err.h"
#include "hash.h"
#include "stats.h"
#include "throttle.h"

#define SETS 1024 /* power of two */
#define WAYS 8	  /* sources that may fall into one set */
#define ONE 60000 /* ms of a minute */

/* What was taken, and when that was so. In such parts of one that each
 * millisecond gives back as many of them as the rate of a minute says: nothing
 * is rounded. */
typedef struct bucket
{
	uint64_t taken;
	uint64_t at;
} bucket_t;

typedef struct entry
{
	uint64_t used; /* e911_clock_ms(); 0: free */
	unsigned char source[9];
	bucket_t bucket[E911_THROTTLE_KINDS];
} entry_t;

typedef struct table
{
	gen_lock_t lock;
	entry_t entry[SETS][WAYS];
} table_t;

static table_t *table;

int e911_throttle_init(void)
{
	table_t *t = shm_mallocxz(sizeof(*t));

	if(t == NULL)
		return E911_ERR_MEM;
	lock_init(&t->lock);
	table = t;
	return E911_OK;
}

void e911_throttle_destroy(void)
{
	if(table == NULL)
		return;
	lock_destroy(&table->lock);
	shm_free(table);
	table = NULL;
}

/* an agent's link has a whole /64, RFC 4291 section 2.5.1 */
static void name_source(const e911_network_t *source, unsigned char name[9])
{
	memset(name, 0, 9);
	name[0] = source->family;
	memcpy(name + 1, source->address, source->family == 4 ? 4 : 8);
}

/* ----- the lock is held ----- */

static entry_t *entry_of(const unsigned char name[9], uint64_t now)
{
	entry_t *set = table->entry[e911_hash((const char *)name, 9) & (SETS - 1)];
	entry_t *oldest = set;
	int i;

	for(i = 0; i < WAYS; i++) {
		if(set[i].used && memcmp(set[i].source, name, 9) == 0)
			break;
		if(set[i].used < oldest->used)
			oldest = &set[i];
	}
	if(i < WAYS) {
		oldest = &set[i];
	} else {
		memset(oldest, 0, sizeof(*oldest));
		memcpy(oldest->source, name, 9);
	}
	oldest->used = now;
	return oldest;
}

static void fill_up(bucket_t *b, int rate, uint64_t now)
{
	uint64_t back;

	/* another process may have looked at the clock after this one */
	if(now <= b->at)
		return;
	back = (now - b->at) * (uint64_t)rate;
	b->taken = back < b->taken ? b->taken - back : 0;
	b->at = now;
}

static int take(bucket_t *b, int rate, uint64_t now, int *retry_s)
{
	uint64_t room = (uint64_t)rate * ONE, a_second = (uint64_t)rate * 1000;

	fill_up(b, rate, now);
	if(b->taken + ONE <= room) {
		b->taken += ONE;
		return E911_OK;
	}
	/* of a rate that was higher */
	if(b->taken > room)
		b->taken = room;
	*retry_s = (int)((b->taken + ONE - room + a_second - 1) / a_second);
	return E911_ERR_FULL;
}

/* ----- */

static int rate_of(int kind)
{
	return kind == E911_THROTTLE_REQUESTS
				   ? cfg_get(e911, e911_cfg, web_rate)
				   : cfg_get(e911, e911_cfg, web_refusals);
}

int e911_throttle(const e911_network_t *source, int kind, int *retry_s)
{
	int rate = rate_of(kind), err;
	uint64_t now = e911_clock_ms();
	unsigned char name[9];

	if(table == NULL || rate == 0 || source->family == 0)
		return E911_OK;
	name_source(source, name);
	lock_get(&table->lock);
	err = take(&entry_of(name, now)->bucket[kind], rate, now, retry_s);
	lock_release(&table->lock);
	if(err)
		e911_stats_count(E911_STAT_THROTTLED);
	return err;
}
