/*
 * e911: what becomes of a table that is missing, or fails
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/dprint.h"
#include "err.h"
#include "record.h"
#include "stats.h"
#include "store.h"
#include "trouble.h"

#define PAUSE_MIN 1 /* s before the table is tried again */

void e911_trouble_missing(e911_trouble_t *t)
{
	if(!t->told)
		LM_ERR("database: no table %s of version %d: %s (utils/db)\n", t->table,
				E911_STORE_VERSION, t->without);
	t->told = 1;
}

int e911_trouble_rests(const e911_trouble_t *t)
{
	return t->next_try && !e911_passed(t->next_try, e911_now());
}

static void failed(e911_trouble_t *t, int err)
{
	e911_store_close();
	e911_stats_count(E911_STAT_STORE_FAILED);
	if(!t->down)
		LM_ERR("database: table %s: %s; %s\n", t->table, e911_err_text(err),
				t->meanwhile);
	t->down = 1;
	if(t->pause_s == 0)
		t->pause_s = PAUSE_MIN;
	t->next_try = e911_now() + t->pause_s;
	t->pause_s *= 2;
	if(t->pause_s > E911_TROUBLE_PAUSE_MAX)
		t->pause_s = E911_TROUBLE_PAUSE_MAX;
}

static void worked(e911_trouble_t *t)
{
	if(t->down)
		LM_NOTICE("database: table %s: there again\n", t->table);
	t->down = 0;
	t->next_try = 0;
	t->pause_s = PAUSE_MIN;
}

int e911_trouble_settle(e911_trouble_t *t, int did)
{
	if(did < 0) {
		failed(t, did);
		return 0;
	}
	worked(t);
	return did;
}
