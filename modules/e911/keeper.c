/*
 * e911: the keeper
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <locale.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../core/cfg/cfg_struct.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "archive.h"
#include "atlas.h"
#include "cache.h"
#include "consent.h"
#include "err.h"
#include "hash.h"
#include "keeper.h"
#include "ledger.h"
#include "notary.h"
#include "outbox.h"
#include "provision.h"
#include "scribe.h"
#include "stats.h"
#include "store.h"

#define PAGE 500	  /* rows read at a time */
#define PAGE_MIN 100  /* where they are large: of 20000 bytes at most */
#define BATCH 256	  /* changes in a transaction */
#define REFUSALS 3	  /* of a record, one after the other */
#define PAUSE_MIN 100 /* ms before the database is tried again */
#define PAUSE_MAX 5000
#define IDLE 1000	/* ms without a change */
#define OWED_EACH 5 /* s between tries of a reload that is owed */
#define POLL 5		/* ms between looks of who waits */

typedef struct shared
{
	gen_lock_t lock;
	int loaded;
	unsigned int asked; /* reloads */
	unsigned int served;
	int owed;			/* a reload since the start */
	int unread;			/* there are rows that the cache has no room for */
	e911_fault_t fault; /* of the last one */
} shared_t;

static shared_t *shared;
static e911_queue_t *changes;
static e911_keeper_reload_f reload_settings;
static int at_once; /* changes that the queue has room for, BATCH at most */

/* ----- of the process itself ----- */

static uint64_t read_up_to; /* id of the last row read */
static int batch_failed;	/* one by one from now on */
static int refusals;		/* of the first of the queue */
static uint64_t forgotten;	/* what was taken back before it was read */
static int down;			/* the database, as far as we said */
static int pause_ms = PAUSE_MIN;

int e911_keeper_init(unsigned int queue_max, e911_keeper_reload_f reload)
{
	shared = shm_mallocxz(sizeof(*shared));
	if(shared == NULL)
		return E911_ERR_MEM;
	lock_init(&shared->lock);
	reload_settings = reload;
	at_once = queue_max < BATCH ? (int)queue_max : BATCH;
	return e911_queue_new(&changes, queue_max);
}

void e911_keeper_destroy(void)
{
	if(shared == NULL)
		return;
	e911_queue_free(changes);
	lock_destroy(&shared->lock);
	shm_free(shared);
	shared = NULL;
	changes = NULL;
}

e911_queue_t *e911_keeper_changes(void)
{
	return changes;
}

void e911_keeper_wake(void)
{
	if(changes)
		e911_queue_wake(changes);
}

unsigned int e911_keeper_pending(void)
{
	return changes ? e911_queue_undone(changes) : 0;
}

int e911_keeper_loaded(void)
{
	return shared == NULL || __atomic_load_n(&shared->loaded, __ATOMIC_ACQUIRE);
}

/* ----- the database comes and goes ----- */

static int failed(int err)
{
	e911_store_close();
	e911_stats_count(E911_STAT_STORE_FAILED);
	if(!down)
		LM_ERR("database: %s; changes are kept until it is back\n",
				err == E911_ERR_VALUE ? "tables of another version"
									  : e911_err_text(err));
	down = 1;
	return err;
}

static int connect_store(void)
{
	int err = e911_store_open();

	if(err)
		return failed(err);
	if(down)
		LM_NOTICE("database: there again\n");
	down = 0;
	return E911_OK;
}

static void take_breath(void)
{
	usleep(pause_ms * 1000);
	pause_ms = pause_ms * 2 < PAUSE_MAX ? pause_ms * 2 : PAUSE_MAX;
}

/* ----- reading all ----- */

static void take_row(const e911_record_t *row, int err, uint64_t id, void *arg)
{
	e911_record_t *r = (e911_record_t *)row;
	uint32_t now = e911_now();

	if(id > read_up_to)
		read_up_to = id;
	if(!err
			&& (e911_passed(r->state.expires, now)
					|| e911_passed(r->state.gone, now))) {
		e911_stats_count(E911_STAT_DROPPED);
		e911_provision_tell(&r->aor, &r->contact);
		return;
	}
	if(!err)
		err = e911_provision_restore(r);
	if(err == E911_ERR_FULL || err == E911_ERR_MEM)
		shared->unread = 1;
	e911_stats_count(err ? E911_STAT_STORE_REFUSED : E911_STAT_STORE_READ);
	if(err)
		LM_ERR("database: row %llu of e911_location: %s\n",
				(unsigned long long)id, e911_err_text(err));
}

static int read_page(void)
{
	static int rows = PAGE;
	uint64_t before = read_up_to;
	int n = e911_store_page(read_up_to, rows, take_row, NULL);

	/* the drivers have all of them in this process's memory */
	if(n < 0 && rows > PAGE_MIN) {
		rows = PAGE_MIN;
		n = e911_store_page(read_up_to, rows, take_row, NULL);
	}
	if(n < 0)
		return failed(n);
	if(n == rows && read_up_to > before)
		return E911_OK;
	__atomic_store_n(&shared->loaded, 1, __ATOMIC_RELEASE);
	LM_NOTICE("database: %u locations read\n", e911_cache_count());
	return E911_OK;
}

/* ----- writing ----- */

static int write_one(const str *aor, const str *contact, uint64_t *version)
{
	static e911_record_t r; /* too large for a stack */
	int found = e911_cache_get(aor, contact, &r) == 0;

	*version = found ? r.state.version : 0;
	return e911_store_write(aor, contact, found ? &r : NULL);
}

/* the first n of a list, together */
static int transaction(const e911_item_t *item, int n, uint64_t *versions)
{
	int i, err = e911_store_begin();

	for(i = 0; !err && i < n && item; i++, item = item->next)
		err = write_one(&item->aor, &item->contact, &versions[i]);
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	return err;
}

static void written(const e911_item_t *item, uint64_t version)
{
	if(version)
		e911_cache_stored(&item->aor, &item->contact, version);
	e911_stats_count(E911_STAT_STORE_WRITTEN);
}

/* what was taken back before its row was read is in the cache now */
static void forget(const e911_item_t *item, int n)
{
	for(; n > 0; n--, item = item->next) {
		if(item->ticket <= forgotten)
			continue;
		forgotten = item->ticket;
		if(item->kind != E911_CHANGED)
			e911_provision_forget(&item->aor,
					item->kind == E911_TAKEN_BACK ? &item->contact : NULL);
	}
}

static int write_batch(const e911_item_t *item, int n)
{
	uint64_t versions[BATCH];
	int i, err = transaction(item, n, versions);

	if(err) {
		batch_failed = 1;
		return err;
	}
	for(i = 0; i < n; i++, item = item->next)
		written(item, versions[i]);
	e911_queue_drop(changes, n);
	return E911_OK;
}

/* Is it this record that the database does not take, while it takes another of
 * the same size? Else it takes none now: it is locked, full, or gone. */
static int is_refused(const e911_item_t *item, uint64_t *version)
{
	static e911_record_t r; /* too large for a stack */
	int found = e911_cache_get(&item->aor, &item->contact, &r) == 0;
	int refused = 0, err = e911_store_begin();

	*version = found ? r.state.version : 0;
	if(!err)
		err = e911_store_probe(found ? &r : NULL);
	if(!err)
		refused =
				e911_store_write(&item->aor, &item->contact, found ? &r : NULL)
				!= 0;
	e911_store_rollback();
	return refused;
}

/* its old row goes. Where the database does not even look for it, there is
 * none: at last it is left out all the same. */
static int leave_out(const e911_item_t *item, uint64_t version, int at_last)
{
	if(e911_store_begin() || e911_store_write(&item->aor, &item->contact, NULL)
			|| e911_store_commit()) {
		e911_store_rollback();
		if(!at_last)
			return E911_ERR_DOWN;
	}
	if(version)
		e911_cache_refused(&item->aor, &item->contact, version);
	e911_queue_refused(changes, item->ticket);
	e911_stats_count(E911_STAT_STORE_REFUSED);
	LM_ERR("database: does not take the location of %016llx\n",
			(unsigned long long)e911_hash(item->aor.s, item->aor.len));
	return E911_OK;
}

static int write_or_leave_out(const e911_item_t *item)
{
	uint64_t version;
	int err = transaction(item, 1, &version);

	if(err == 0) {
		written(item, version);
	} else {
		refusals = is_refused(item, &version) ? refusals + 1 : 0;
		if(refusals < REFUSALS
				|| leave_out(item, version, refusals >= 2 * REFUSALS))
			return err;
	}
	refusals = 0;
	e911_queue_drop(changes, 1);
	return E911_OK;
}

/* Each in a transaction of its own, after one of them has failed together. A
 * record that is refused time and again stands in nobody's way. */
static int write_singly(int n)
{
	e911_item_t *item;
	int err;

	for(; n > 0 && e911_queue_peek(changes, 1, &item); n--) {
		err = write_or_leave_out(item);
		if(err)
			return err;
	}
	batch_failed = 0;
	return E911_OK;
}

/* the oldest changes; how many, or an error */
static int write_next(void)
{
	e911_item_t *item;
	int n = e911_queue_peek(changes, BATCH, &item), err = E911_OK;

	forget(item, n);
	if(n)
		err = batch_failed ? write_singly(n) : write_batch(item, n);
	return err ? err : n;
}

/* ----- making good what was lost ----- */

/* all that is in the queue at this moment, however much comes meanwhile */
static int flush(void)
{
	int rounds = (int)e911_queue_length(changes) / BATCH + 1, n = 1;

	while(n > 0 && rounds-- > 0)
		n = write_next();
	return n < 0 ? n : E911_OK;
}

static int tell_dirty(e911_view_t *view, void *arg)
{
	if(view->state->dirty == E911_DIRTY)
		e911_provision_tell(&view->aor, &view->contact);
	return E911_VISIT_KEEP;
}

/* puts the changed records of the cache where the queue had no room for them */
static int write_dirty(void)
{
	unsigned int slot = 0;
	int err = E911_OK;

	do {
		slot = e911_cache_sweep(slot, 1, tell_dirty, NULL);
		if(e911_queue_length(changes) >= (unsigned int)at_once)
			err = flush();
	} while(slot && !err);
	return err ? err : flush();
}

static void tell_stray(
		const e911_record_t *row, int err, uint64_t id, void *arg)
{
	e911_record_t *in_cache = arg;

	if(id > read_up_to)
		read_up_to = id;
	if(!err && e911_cache_get(&row->aor, &row->contact, in_cache))
		e911_provision_tell(&row->aor, &row->contact);
}

static int delete_strays(void)
{
	static e911_record_t r; /* too large for a stack */
	uint64_t before;
	int n, err = E911_OK;

	read_up_to = 0;
	do {
		before = read_up_to;
		n = e911_store_page(read_up_to, at_once, tell_stray, &r);
		if(n < 0)
			return failed(n);
		err = flush();
	} while(!err && n == at_once && read_up_to > before);
	return err;
}

static int recover(void)
{
	uint64_t lost = e911_queue_lost(changes);
	int err;

	if(lost == 0 || !e911_keeper_loaded())
		return E911_OK;
	LM_NOTICE("database: making good what the queue had no room for\n");
	err = write_dirty();
	if(!err && !shared->unread)
		err = delete_strays();
	if(err)
		return err;
	if(shared->unread)
		LM_WARN("database: it has more rows than there is room for (cache_size,"
				" -m): rows that were taken back may still be there\n");
	e911_queue_recovered(changes, lost);
	return E911_OK;
}

/* ----- life ----- */

/* what is owed since the start is tried until it is done, now and then */
static void pay_reload(int is_up)
{
	static uint32_t next;
	uint32_t now = e911_now();
	e911_fault_t fault;

	if(!shared->owed || !is_up || !e911_passed(next ? next : now, now))
		return;
	next = now + OWED_EACH;
	if(reload_settings(&fault) == 0)
		shared->owed = 0;
}

static void serve_reload(void)
{
	e911_fault_t fault = {0};
	unsigned int asked = shared->asked;

	if(asked == shared->served)
		return;
	fault.err = reload_settings(&fault);
	if(fault.err == 0)
		shared->owed = 0;
	lock_get(&shared->lock);
	shared->fault = fault;
	shared->served = asked;
	lock_release(&shared->lock);
}

/* 1: something was done, 0: nothing to do, or an error */
static int serve_store(void)
{
	int n;

	if(!e911_keeper_loaded()) {
		n = read_page();
		if(n || !e911_keeper_loaded())
			return n ? n : 1;
	}
	n = write_next();
	if(n < 0)
		return failed(n);
	return n ? 1 : recover();
}

/* calls first, then consents: they are few, and a failure of theirs is none of
 * the others' */
static int serve_all(void)
{
	int more = e911_archive_serve(), did = connect_store();

	if(!did) {
		more |= e911_notary_serve();
		did = connect_store();
	}
	if(!did) {
		more |= e911_scribe_serve();
		did = connect_store();
	}
	if(!did) {
		more |= e911_outbox_serve();
		did = connect_store();
	}
	if(!did)
		did = serve_store();
	return did < 0 ? did : did || more;
}

static int work(void)
{
	int err = connect_store();

	serve_reload();
	pay_reload(!err);
	e911_atlas_serve(!err, serve_all);
	return err ? err : serve_all();
}

void e911_keeper_run(void)
{
	int did;

	/* as Kamailio's is: else json-c makes it anew for each row */
	uselocale(newlocale(LC_ALL_MASK, "C", NULL));
	for(;;) {
		cfg_update();
		did = work();
		if(did < 0)
			take_breath();
		else
			pause_ms = PAUSE_MIN;
		if(did == 0)
			e911_queue_wait(changes, IDLE);
	}
}

void e911_keeper_finish(int seconds)
{
	uint32_t end = e911_now() + (uint32_t)seconds;
	int did = 1;

	if(changes == NULL)
		return;
	e911_queue_alone(changes);
	e911_cache_alone();
	e911_ledger_alone();
	e911_consent_alone();
	e911_archive_finish();
	e911_notary_finish();
	e911_outbox_finish();
	e911_scribe_finish();
	lock_init(&shared->lock);
	while(did && !e911_passed(end, e911_now())) {
		did = connect_store();
		if(!did)
			did = serve_all();
		if(did < 0)
			take_breath();
	}
	/* one that was changed, and whose ticket was not written any more */
	if(did == 0)
		write_dirty();
	e911_scribe_last();
	if(e911_keeper_pending())
		LM_ERR("database: the last changes are not stored: %u\n",
				e911_keeper_pending());
	e911_store_close();
}

/* ----- asked by others ----- */

int e911_keeper_wait(uint64_t ticket, int ms)
{
	int stored;

	while(!(stored = e911_provision_is_stored(ticket)) && ms > 0) {
		usleep(POLL * 1000);
		ms -= POLL;
	}
	return stored;
}

static int is_served(unsigned int mine)
{
	return (int)(__atomic_load_n(&shared->served, __ATOMIC_ACQUIRE) - mine)
		   >= 0;
}

void e911_keeper_owe_reload(void)
{
	shared->owed = 1;
}

int e911_keeper_reload(int ms, e911_fault_t *fault)
{
	unsigned int mine;

	lock_get(&shared->lock);
	mine = ++shared->asked;
	lock_release(&shared->lock);
	e911_queue_wake(changes);
	for(; !is_served(mine) && ms > 0; ms -= POLL)
		usleep(POLL * 1000);
	lock_get(&shared->lock);
	*fault = shared->fault;
	lock_release(&shared->lock);
	return is_served(mine) ? fault->err : E911_ERR_AGAIN;
}
