/*
 * e911: what became of calls, by site and by ERSP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "err.h"
#include "tally.h"

#define TIMINGS_MAX 64

typedef struct table
{
	gen_lock_t lock;
	int n[E911_TALLY_KINDS];
	int timings;
	e911_tally_t row[E911_TALLY_KINDS][E911_TALLY_ROWS_MAX];
	e911_timing_t timing[TIMINGS_MAX];
} table_t;

static table_t *table;

const char *e911_outcome_name(int outcome)
{
	static const char *const names[] = {
			[E911_OUTCOME_BEGUN] = "begun",
			[E911_OUTCOME_ANSWERED] = "answered",
			[E911_OUTCOME_FAILED] = "failed",
			[E911_OUTCOME_SILENT] = "silent",
			[E911_OUTCOME_UNSENT] = "unsent",
			[E911_OUTCOME_CANCELLED] = "cancelled",
	};

	return names[outcome];
}

/* ----- rows, the lock held ----- */

static int is_row(const e911_tally_t *row, uint32_t site, const str *name)
{
	return row->site == site && name->len < E911_TALLY_NAME_MAX
		   && memcmp(row->name, name->s, (size_t)name->len) == 0
		   && row->name[name->len] == '\0';
}

static e911_tally_t *row_of(int kind, uint32_t site, const str *name, int make)
{
	e911_tally_t *row = table->row[kind];
	int i, n = table->n[kind];

	for(i = 0; i < n; i++)
		if(is_row(&row[i], site, name))
			return &row[i];
	if(!make || n == E911_TALLY_ROWS_MAX || name->len >= E911_TALLY_NAME_MAX)
		return NULL;
	row = &row[table->n[kind]++];
	row->site = site;
	memcpy(row->name, name->s, (size_t)name->len);
	return row;
}

/* ----- events ----- */

static int outcome_of(const e911_event_t *e)
{
	switch(e->kind) {
		case E911_EV_PLACED:
		case E911_EV_SENT:
			return E911_OUTCOME_BEGUN;
		case E911_EV_ANSWERED:
			return E911_OUTCOME_ANSWERED;
		case E911_EV_NOBODY:
			return E911_OUTCOME_FAILED;
		case E911_EV_CANCELLED:
			return E911_OUTCOME_CANCELLED;
	}
	return e->code == 0		? E911_OUTCOME_UNSENT
		   : e->code == 408 ? E911_OUTCOME_SILENT
		   : e->code == 487 ? E911_OUTCOME_CANCELLED
							: E911_OUTCOME_FAILED;
}

static void count_site(const e911_event_t *e)
{
	static const str none = str_init("");
	e911_tally_t *row = row_of(E911_TALLY_SITE, e->site, &none, 1);

	if(row)
		row->n[e->test != 0][outcome_of(e)]++;
}

static void count_ersp(const e911_event_t *e)
{
	e911_tally_t *row = row_of(E911_TALLY_ERSP, 0, &e->destination, 1);
	int outcome = outcome_of(e);

	if(row == NULL)
		return;
	row->n[e->test != 0][outcome]++;
	if(outcome == E911_OUTCOME_BEGUN)
		return;
	row->code = e->kind == E911_EV_ANSWERED ? 200 : e->code;
	row->at_ms = e->at_ms;
}

static void on_event(const e911_event_t *e)
{
	int of_site = e->kind == E911_EV_PLACED || e->kind == E911_EV_NOBODY
				  || e->kind == E911_EV_CANCELLED
				  || e->kind == E911_EV_ANSWERED;
	int of_ersp = e->destination.len > 0
				  && (e->kind == E911_EV_SENT || e->kind == E911_EV_FAILED
						  || e->kind == E911_EV_ANSWERED);

	if(!of_site && !of_ersp)
		return;
	lock_get(&table->lock);
	if(of_site)
		count_site(e);
	if(of_ersp)
		count_ersp(e);
	lock_release(&table->lock);
}

int e911_tally_init(void)
{
	table = shm_mallocxz(sizeof(*table));
	if(table == NULL)
		return E911_ERR_MEM;
	lock_init(&table->lock);
	return e911_events_watch(on_event);
}

void e911_tally_destroy(void)
{
	if(table)
		shm_free(table);
	table = NULL;
}

/* ----- times ----- */

static e911_timing_t *timing_of(const char *name)
{
	e911_timing_t *t;
	int i;

	for(i = 0; i < table->timings; i++)
		if(strcmp(table->timing[i].name, name) == 0)
			return &table->timing[i];
	if(i == TIMINGS_MAX || strlen(name) >= E911_TALLY_NAME_MAX)
		return NULL;
	t = &table->timing[table->timings++];
	strcpy(t->name, name);
	return t;
}

void e911_tally_time(const char *name, uint64_t ms, int failed)
{
	e911_timing_t *t;

	lock_get(&table->lock);
	t = timing_of(name);
	if(t) {
		t->n++;
		t->failed += failed != 0;
		t->sum_ms += ms;
		if(ms > t->max_ms)
			t->max_ms = ms;
	}
	lock_release(&table->lock);
}

/* ----- reading ----- */

int e911_tally_nth(int kind, int n, e911_tally_t *row)
{
	int err = E911_ERR_NONE;

	lock_get(&table->lock);
	if(n >= 0 && n < table->n[kind]) {
		*row = table->row[kind][n];
		err = E911_OK;
	}
	lock_release(&table->lock);
	return err;
}

int e911_tally_timing(int n, e911_timing_t *row)
{
	int err = E911_ERR_NONE;

	lock_get(&table->lock);
	if(n >= 0 && n < table->timings) {
		*row = table->timing[n];
		err = E911_OK;
	}
	lock_release(&table->lock);
	return err;
}

int e911_tally_of(const str *uri, e911_tally_t *row)
{
	const e911_tally_t *found;

	lock_get(&table->lock);
	found = row_of(E911_TALLY_ERSP, 0, uri, 0);
	if(found)
		*row = *found;
	lock_release(&table->lock);
	return found ? E911_OK : E911_ERR_NONE;
}
