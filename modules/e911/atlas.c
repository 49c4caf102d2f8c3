/*
 * e911: the atlas
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "atlas.h"
#include "err.h"
#include "keeper.h"
#include "record.h"
#include "stats.h"
#include "store.h"

#define PAGE 1000	/* rows read at a time: 1 MB of private memory */
#define PAUSE_MIN 1 /* s before the table is tried again */
#define PAUSE_MAX 60
#define POLL 5 /* ms between looks of who waits */

typedef struct shared
{
	gen_lock_t lock;
	unsigned int asked; /* reloads */
	unsigned int served;
	e911_guide_fault_t fault; /* of the last one */
} shared_t;

static shared_t *shared;

/* ----- of the keeper's process ----- */

static int is_first_done; /* the reading at the start */
static int told_down;
static uint32_t next_try; /* deadline */
static uint32_t pause_s = PAUSE_MIN;
static int (*between_pages)(void);

int e911_atlas_init(void)
{
	shared = shm_mallocxz(sizeof(*shared));
	if(shared == NULL)
		return E911_ERR_MEM;
	lock_init(&shared->lock);
	return E911_OK;
}

void e911_atlas_destroy(void)
{
	if(shared == NULL)
		return;
	lock_destroy(&shared->lock);
	shm_free(shared);
	shared = NULL;
}

/* ----- reading ----- */

/* others may have lost the connection */
static int has_table(void)
{
	int err = e911_store_open();

	if(err)
		return E911_ERR_DOWN;
	err = e911_store_has_msag();
	return err == E911_ERR_VALUE ? E911_ERR_MISSING : err;
}

static void let_others(void)
{
	/* what fails once would hold up each page */
	if(between_pages && between_pages() < 0)
		between_pages = NULL;
}

static int read_pages(e911_msag_t *msag, uint64_t *id, const char **bad)
{
	uint64_t before;
	int n;

	do {
		before = *id;
		n = e911_store_msag(msag, id, PAGE, bad);
		if(n == PAGE) {
			let_others();
			if(e911_store_open())
				n = E911_ERR_DOWN;
		}
	} while(n == PAGE && *id > before);
	if(n < 0)
		return n;
	return *id ? E911_OK : E911_ERR_EMPTY;
}

static int read_table(e911_msag_t *msag, e911_guide_fault_t *fault)
{
	const char *bad = "";
	uint64_t id = 0;
	int err = has_table();

	if(!err)
		err = read_pages(msag, &id, &bad);
	if(err == 0)
		return E911_OK;
	fault->is_table = 1;
	snprintf(fault->file, sizeof(fault->file), "%s", E911_GUIDE_TABLE);
	/* of no row */
	if(err == E911_ERR_DOWN || err == E911_ERR_MISSING || err == E911_ERR_EMPTY)
		return err;
	fault->line = (unsigned long)id;
	snprintf(fault->column, sizeof(fault->column), "%s", bad);
	return err;
}

/* ----- when ----- */

static int is_due(void)
{
	return !is_first_done
		   && (next_try == 0 || e911_passed(next_try, e911_now()));
}

static void try_later(void)
{
	next_try = e911_now() + pause_s;
	pause_s = pause_s * 2 < PAUSE_MAX ? pause_s * 2 : PAUSE_MAX;
}

static void tell(const e911_guide_fault_t *fault)
{
	char why[E911_GUIDE_TEXT_MAX];
	e911_guide_facts_t facts;

	if(fault->err == 0) {
		e911_guide_tell(&facts);
		LM_NOTICE("guide of streets: %lu ranges read\n", facts.ranges);
	} else if(fault->err != E911_ERR_DOWN || !told_down) {
		e911_guide_explain(fault, why, sizeof(why));
		LM_ERR("guide of streets: not read: %s\n", why);
	}
	told_down = fault->err == E911_ERR_DOWN;
}

/* who asks is told at once, and the guide in force stays */
static void say_down(e911_guide_fault_t *fault)
{
	memset(fault, 0, sizeof(*fault));
	fault->err = E911_ERR_DOWN;
	fault->is_table = 1;
	strcpy(fault->file, E911_GUIDE_TABLE);
}

static void load(int is_up, e911_guide_fault_t *fault)
{
	if(is_up)
		e911_guide_load(read_table, fault);
	else
		say_down(fault);
	if(is_up && fault->err == E911_ERR_DOWN) {
		e911_store_close();
		e911_stats_count(E911_STAT_STORE_FAILED);
	}
	if(fault->err == E911_ERR_DOWN)
		try_later();
	else
		is_first_done = 1;
	tell(fault);
}

void e911_atlas_serve(int is_up, int (*between)(void))
{
	e911_guide_fault_t fault;
	unsigned int asked;

	if(shared == NULL)
		return;
	asked = __atomic_load_n(&shared->asked, __ATOMIC_ACQUIRE);
	if(is_up && !e911_keeper_loaded())
		return;
	if(asked == shared->served && !(is_up && is_due()))
		return;
	between_pages = between;
	load(is_up, &fault);
	lock_get(&shared->lock);
	shared->fault = fault;
	__atomic_store_n(&shared->served, asked, __ATOMIC_RELEASE);
	lock_release(&shared->lock);
}

/* ----- asked by others ----- */

static int is_served(unsigned int mine)
{
	return (int)(__atomic_load_n(&shared->served, __ATOMIC_ACQUIRE) - mine)
		   >= 0;
}

int e911_atlas_reload(int ms, e911_guide_fault_t *fault)
{
	unsigned int mine;
	int served;

	lock_get(&shared->lock);
	mine = ++shared->asked;
	lock_release(&shared->lock);
	e911_keeper_wake();
	for(; !is_served(mine) && ms > 0; ms -= POLL)
		usleep(POLL * 1000);
	lock_get(&shared->lock);
	served = is_served(mine);
	if(served)
		*fault = shared->fault;
	lock_release(&shared->lock);
	return served ? fault->err : E911_ERR_AGAIN;
}
