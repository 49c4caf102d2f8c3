/*
 * e911: the archive
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/dprint.h"
#include "archive.h"
#include "config.h"
#include "err.h"
#include "hash.h"
#include "ledger.h"
#include "record.h"
#include "stats.h"
#include "store.h"
#include "trouble.h"

#define PAGE 50		  /* rows read at a time: of 17000 bytes at most */
#define SHARE 32	  /* calls written before locations have their turn */
#define DELETE_EACH 5 /* s */

static uint64_t read_up_to; /* id of the last row read */
static int is_read;
static unsigned int taken, left_out; /* rows */
static int has_rows;				 /* the table may have some */
static uint32_t next_delete;

static e911_trouble_t trouble = {
		.table = "e911_call",
		.without = "after a restart nobody can be called back",
		.meanwhile = "calls are kept until it is back",
};

/* ----- reading all ----- */

static void take_row(const e911_entry_t *entry, int err, uint64_t id)
{
	if(id > read_up_to)
		read_up_to = id;
	if(err)
		LM_ERR("database: row %llu of e911_call: %s\n", (unsigned long long)id,
				e911_err_text(err));
	else
		err = e911_ledger_restore(entry);
	taken += err == 0;
	/* it is the newer one that is there already, or its time is over */
	left_out += err != 0 && err != E911_ERR_TWICE && err != E911_ERR_VALUE;
}

static int read_page(void)
{
	uint64_t before = read_up_to;
	int n = e911_store_calls(read_up_to, PAGE, take_row);

	if(n < 0)
		return n;
	has_rows |= n > 0;
	if(n == PAGE && read_up_to > before)
		return 1;
	is_read = 1;
	LM_NOTICE("database: %u calls read\n", taken);
	if(left_out)
		LM_ERR("database: %u calls are not read (ledger_size, -m, or as said"
			   " above)\n",
				left_out);
	return 1;
}

/* ----- writing ----- */

static int write_entry(const e911_entry_t *entry)
{
	int err = e911_store_begin();

	if(!err)
		err = e911_store_call(entry);
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	return err;
}

/* Is it this call that the table does not take, while it takes another of the
 * same size? Having taken that one it is neither locked nor full. */
static int is_refused(const e911_entry_t *entry)
{
	int refused = 0, err = e911_store_begin();

	if(!err)
		err = e911_store_probe_call(entry);
	if(!err)
		refused = e911_store_call(entry) != 0;
	e911_store_rollback();
	return refused;
}

/* 1: one was written, or left out; 0: there is none */
static int write_next(void)
{
	static e911_entry_t entry; /* too large for a stack */
	str callid = {entry.callid, 0};
	int err;

	if(e911_ledger_dirty(&entry))
		return 0;
	callid.len = (int)strlen(entry.callid);
	err = write_entry(&entry);
	if(err && !is_refused(&entry))
		return err;
	has_rows = 1;
	e911_ledger_stored(&callid, entry.version);
	if(err) {
		e911_stats_count(E911_STAT_STORE_REFUSED);
		LM_ERR("database: does not take the call %016llx\n",
				(unsigned long long)e911_hash(callid.s, (size_t)callid.len));
	}
	return 1;
}

static int write_some(void)
{
	int i, did = 1;

	for(i = 0; i < SHARE && did > 0; i++)
		did = write_next();
	return did;
}

/* ----- deleting ----- */

static int delete_old(void)
{
	int window = cfg_get(e911, e911_cfg, callback_window);
	int call_max = cfg_get(e911, e911_cfg, call_max);
	time_t ended = time(NULL) - window;
	uint32_t now = e911_now();
	int err;

	if(!has_rows || (next_delete && !e911_passed(next_delete, now)))
		return E911_OK;
	next_delete = now + DELETE_EACH;
	err = e911_store_drop_calls(ended, ended - call_max);
	if(!err && e911_ledger_count() == 0)
		has_rows = 0;
	return err;
}

/* ----- life ----- */

void e911_archive_finish(void)
{
	is_read = 1;
}

int e911_archive_serve(void)
{
	int did;

	if(!e911_store_keeps_calls()) {
		e911_trouble_missing(&trouble);
		return 0;
	}
	if(e911_trouble_rests(&trouble))
		return 0;
	did = is_read ? write_some() : read_page();
	if(did == 0)
		did = delete_old();
	return e911_trouble_settle(&trouble, did);
}
