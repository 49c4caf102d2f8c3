/*
 * e911: the scribe
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../../core/dprint.h"
#include "err.h"
#include "journal.h"
#include "journal_row.h"
#include "record.h"
#include "scribe.h"
#include "settings.h"
#include "stats.h"
#include "store.h"
#include "trouble.h"
#include "store_journal.h"

#define BATCH 64	  /* rows in a transaction */
#define REFUSALS 3	  /* of a row, one after the other */
#define CLEAN_EACH 60 /* s */
#define CLEAN_AGAIN 5 /* after it has failed: somebody had the table locked */
#define DAY_MS 86400000ULL

static e911_scribe_setup_t setup;
static e911_journal_keeper_t keeper; /* key_len 0: nothing is written */

/* of the process that writes */
static e911_journal_head_t end; /* of the chain, as far as it is known */
static int end_is_known;
static struct
{
	e911_journal_head_t head;
	uint64_t number; /* of the first behind them; 0: none was tried */
} tried;			 /* the rows last sent off */
static int singly;	 /* one by one from now on */
static int refusals; /* of the first of the journal */
static uint32_t next_clean, next_head; /* deadlines */
static uint64_t noted;				   /* seq of the head that is in the log */

/* ----- start ----- */

static int read_key(const char *path)
{
	char text[E911_KEY_MAX + 64];
	FILE *file = fopen(path, "rb");
	str s = {text, 0};

	if(file == NULL)
		return E911_ERR_MISSING;
	s.len = (int)fread(text, 1, sizeof(text), file);
	fclose(file);
	return e911_journal_key(&keeper, &s);
}

int e911_scribe_init(const e911_scribe_setup_t *given, const char **what)
{
	char host[E911_NODE_MAX] = "";
	str node = given->node;
	int err;

	setup = *given;
	*what = "record_node";
	if(node.len <= 0) {
		gethostname(host, sizeof(host) - 1);
		node.s = host;
		node.len = (int)strlen(host);
	}
	err = e911_journal_node(&keeper, &node);
	if(err)
		return err;
	*what = "record_key_file";
	if(setup.key_file)
		err = read_key(setup.key_file);
	if(!err && keeper.key_len && e911_store_bound())
		e911_journal_keep(1);
	return err;
}

const char *e911_scribe_node(void)
{
	return keeper.node;
}

/* ----- the table comes and goes ----- */

static e911_trouble_t trouble = {
		.table = "e911_record",
		.without = "calls are not on record there",
		.meanwhile = "what happens is kept until it is back",
};

/* ----- the head ----- */

/* whoever takes the last rows away does not have the log */
static void note_head(void)
{
	if(!end_is_known || end.seq == noted)
		return;
	noted = end.seq;
	LM_NOTICE("record of %s: head %llu %s\n", keeper.node,
			(unsigned long long)end.seq, end.mac);
}

static void note_head_now_and_then(void)
{
	uint32_t now = e911_now();

	if(next_head && !e911_passed(next_head, now))
		return;
	next_head = now + (uint32_t)setup.head_each;
	note_head();
}

/* What was begun and not answered may be there or not; nor may we be alone. */
static int learn_end(void)
{
	int err;

	if(end_is_known)
		return E911_OK;
	err = e911_store_journal_end(keeper.node, &end.seq, end.mac);
	if(err)
		return err;
	end_is_known = 1;
	e911_journal_set_head(end.seq, end.mac);
	if(tried.number && tried.head.seq == end.seq
			&& strcmp(tried.head.mac, end.mac) == 0)
		e911_journal_written(tried.number);
	tried.number = 0;
	return E911_OK;
}

/* ----- writing ----- */

static e911_journal_row_t row; /* too large for a stack */

static int make_row(uint64_t number, const e911_journal_head_t *behind)
{
	static char mem[E911_PARCEL_MAX] __attribute__((aligned(8)));
	const char *site;
	e911_event_t e;
	int err = e911_journal_get(number, mem, &e);

	if(err)
		return err;
	site = e.kind < E911_EV_KINDS ? e911_settings_site(e.site)->name : "";
	err = e911_journal_row(&row, &keeper, &e, site);
	return err ? err
			   : e911_journal_seal(&row, &keeper, behind->seq + 1, behind->mac);
}

static void go_behind(e911_journal_head_t *head)
{
	head->seq = row.seq;
	memcpy(head->mac, row.mac, sizeof(head->mac));
}

/* from that number on; *n how many */
static int write_rows(
		uint64_t number, int most, e911_journal_head_t *head, int *n)
{
	uint64_t first, next;
	int err = e911_store_begin();

	e911_journal_range(&first, &next);
	for(*n = 0; !err && *n < most && number < next; ++*n, number++) {
		err = make_row(number, head);
		if(!err)
			err = e911_store_journal_add(&row);
		if(!err)
			go_behind(head);
	}
	tried.head = *head;
	tried.number = err || *n == 0 ? 0 : number;
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	return err;
}

static void written(uint64_t number, const e911_journal_head_t *head)
{
	end.seq = head->seq;
	memcpy(end.mac, head->mac, sizeof(end.mac));
	e911_journal_written(number);
	e911_journal_set_head(end.seq, end.mac);
	refusals = 0;
}

/* Is it this row that the table does not take, while it takes one without its
 * texts? Else it takes none now. */
static int is_refused(uint64_t number)
{
	int refused = 0, err = e911_store_begin();

	if(!err)
		err = make_row(number, &end);
	if(!err) {
		e911_journal_strip(&row);
		err = e911_store_journal_add(&row);
	}
	e911_store_rollback();
	if(err || e911_store_begin())
		return 0;
	refused = make_row(number, &end) || e911_store_journal_add(&row);
	e911_store_rollback();
	return refused;
}

/* its texts stay out, that it happened does not */
static int write_stripped(uint64_t number)
{
	e911_journal_head_t head = end;
	int err = e911_store_begin();

	if(!err)
		err = make_row(number, &head);
	if(!err) {
		e911_journal_strip(&row);
		err = e911_store_journal_add(&row);
	}
	if(!err)
		err = e911_store_commit();
	if(err) {
		e911_store_rollback();
		return err;
	}
	go_behind(&head);
	written(number + 1, &head);
	e911_stats_count(E911_STAT_STORE_REFUSED);
	LM_ERR("database: does not take an event of a call whole\n");
	return E911_OK;
}

/* 1: some were written; 0: there are none */
static int write_next(void)
{
	uint64_t number = e911_journal_unwritten();
	e911_journal_head_t head = end;
	int n, err;

	err = write_rows(number, singly ? 1 : BATCH, &head, &n);
	if(!err && n) {
		/* some time later it is tried together again */
		singly = singly && number % BATCH;
		written(number + (uint64_t)n, &head);
	}
	if(!err)
		return n > 0;
	/* the end may be another's by now, or our own after all */
	end_is_known = 0;
	if(singly && ++refusals >= REFUSALS && !learn_end() && is_refused(number))
		return write_stripped(number) ? err : 1;
	singly = 1;
	return err;
}

/* ----- the past ----- */

static uint64_t days_ago(int days)
{
	uint64_t now = e911_events_now(), ago = (uint64_t)days * DAY_MS;

	return now > ago ? now - ago : 0;
}

static int cut(void)
{
	char mac[E911_MAC_LEN + 1];
	uint64_t seq;
	int err = e911_store_journal_cut(
			keeper.node, days_ago(setup.retention), &seq, mac);

	if(err)
		return err == E911_ERR_NONE ? E911_OK : err;
	err = e911_journal_cut(&row, &keeper, seq, mac, e911_events_now());
	return err ? err : e911_store_journal_add(&row);
}

static int clear_old(uint64_t cleared[2])
{
	int err = E911_OK;

	if(setup.document > 0)
		err = e911_store_journal_clear(
				keeper.node, days_ago(setup.document), 1, &cleared[0]);
	if(!err && setup.detail > 0)
		err = e911_store_journal_clear(
				keeper.node, days_ago(setup.detail), 0, &cleared[1]);
	return err;
}

static int clean(void)
{
	static uint64_t cleared[2]; /* seq up to which no document is left, … */
	uint64_t now_cleared[2] = {cleared[0], cleared[1]};
	uint32_t now = e911_now();
	int err;

	if(next_clean && !e911_passed(next_clean, now))
		return E911_OK;
	err = e911_store_begin();
	if(!err && setup.retention > 0)
		err = cut();
	if(!err)
		err = clear_old(now_cleared);
	if(!err)
		err = e911_store_commit();
	if(err)
		e911_store_rollback();
	else
		memcpy(cleared, now_cleared, sizeof(cleared));
	next_clean = now + (err ? CLEAN_AGAIN : CLEAN_EACH);
	return err;
}

/* ----- life ----- */

int e911_scribe_serve(void)
{
	int did, has_failed;

	if(keeper.key_len == 0)
		return 0;
	if(!e911_store_keeps_record()) {
		e911_trouble_missing(&trouble);
		e911_journal_keep(0);
		return 0;
	}
	e911_journal_keep(1);
	if(e911_trouble_rests(&trouble))
		return 0;
	did = learn_end();
	if(!did)
		did = write_next();
	if(!did)
		did = clean();
	has_failed = did < 0;
	did = e911_trouble_settle(&trouble, did);
	if(!has_failed)
		note_head_now_and_then();
	return did;
}

void e911_scribe_finish(void)
{
	if(keeper.key_len == 0)
		return;
	trouble.next_try = 0;
	end_is_known = 0;
}

void e911_scribe_last(void)
{
	note_head();
}
