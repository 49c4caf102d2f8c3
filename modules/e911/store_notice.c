/*
 * e911: the database: notices that are still to be sent
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/globals.h"
#include "store.h"
#include "store_db.h"
#include "strbuf.h"
#include "err.h"

#define QUERY_MAX 400

static str table = str_init("e911_notice");

/* in the order of the rows read and written; the key comes first */
enum column
{
	COLUMN_NOTICE,
	COLUMN_NODE,
	COLUMN_RECIPIENT,
	COLUMN_AT,
	COLUMN_EXPIRES,
	COLUMN_FACTS,
	COLUMN_EVENTS,
	COLUMNS
};

static str names[COLUMNS] = {
		[COLUMN_NOTICE] = str_init("notice"),
		[COLUMN_NODE] = str_init("node"),
		[COLUMN_RECIPIENT] = str_init("recipient"),
		[COLUMN_AT] = str_init("happened"),
		[COLUMN_EXPIRES] = str_init("expires"),
		[COLUMN_FACTS] = str_init("facts"),
		[COLUMN_EVENTS] = str_init("events"),
};

int e911_store_notice(const e911_due_t *due)
{
	db_val_t v[COLUMNS];

	e911_db_text(&v[COLUMN_NOTICE], due->id, (int)strlen(due->id));
	e911_db_int(&v[COLUMN_NODE], server_id);
	e911_db_text(
			&v[COLUMN_RECIPIENT], due->recipient, (int)strlen(due->recipient));
	e911_db_time(&v[COLUMN_AT], (time_t)due->at_ms);
	e911_db_time(&v[COLUMN_EXPIRES], due->until);
	e911_db_text(&v[COLUMN_FACTS], due->facts.s, due->facts.len);
	e911_db_text(&v[COLUMN_EVENTS], due->events.s, due->events.len);
	return e911_db_write(&table, names, v, COLUMNS);
}

int e911_store_drop_notice(const char *id)
{
	db_val_t v;

	e911_db_text(&v, id, (int)strlen(id));
	return e911_db_delete(&table, &names[COLUMN_NOTICE], &v);
}

/* ----- reading ----- */

static int take_text(char *to, size_t size, const db_val_t *v)
{
	str text = e911_db_text_of(v);

	if(text.len <= 0 || memchr(text.s, '\0', (size_t)text.len))
		return E911_ERR_VALUE;
	if((size_t)text.len >= size)
		return E911_ERR_LONG;
	memcpy(to, text.s, (size_t)text.len);
	to[text.len] = '\0';
	return E911_OK;
}

static int read_row(e911_due_t *due, const db_val_t *v)
{
	str facts = e911_db_text_of(&v[COLUMN_FACTS]);
	str events = e911_db_text_of(&v[COLUMN_EVENTS]);
	int err = take_text(due->id, sizeof(due->id), &v[COLUMN_NOTICE]);

	if(!err)
		err = take_text(
				due->recipient, sizeof(due->recipient), &v[COLUMN_RECIPIENT]);
	if(!err
			&& (facts.len <= 0 || facts.len > E911_NOTICE_FACTS_MAX
					|| events.len < 0 || events.len > E911_NOTICE_EVENTS_MAX))
		err = E911_ERR_LONG;
	if(err)
		return err;
	due->at_ms = (uint64_t)e911_db_number_of(&v[COLUMN_AT]);
	due->until = (time_t)e911_db_number_of(&v[COLUMN_EXPIRES]);
	memcpy(due->mem, facts.s, (size_t)facts.len);
	if(events.len)
		memcpy(due->mem + facts.len, events.s, (size_t)events.len);
	due->facts.s = due->mem;
	due->facts.len = facts.len;
	due->events.s = due->mem + facts.len;
	due->events.len = events.len;
	return E911_OK;
}

/* of this Kamailio: another one on the same database sends its own */
static int page_query(char *sql, size_t size, uint64_t after, int most)
{
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, sql, size - 1);
	E911_STRBUF_LIT(&b, "SELECT ");
	for(i = 0; i < COLUMNS; i++) {
		e911_strbuf_put_str(&b, &names[i]);
		E911_STRBUF_LIT(&b, ", ");
	}
	E911_STRBUF_LIT(&b, "id FROM e911_notice WHERE id > ");
	e911_strbuf_put_num(&b, after);
	E911_STRBUF_LIT(&b, " AND node = ");
	e911_strbuf_put_num(&b, server_id > 0 ? (unsigned long)server_id : 0);
	E911_STRBUF_LIT(&b, " ORDER BY id LIMIT ");
	e911_strbuf_put_num(&b, (unsigned long)most);
	sql[b.len] = '\0';
	return b.err;
}

int e911_store_notices(uint64_t after, int most, e911_store_notice_f take)
{
	static e911_due_t due; /* too large for a stack */
	db1_res_t *result = NULL;
	char sql[QUERY_MAX];
	db_val_t *v;
	int i, n;

	if(page_query(sql, sizeof(sql), after, most) || e911_db_raw(sql, &result)
			|| result == NULL)
		return E911_ERR_DOWN;
	n = RES_ROW_N(result);
	for(i = 0; i < n; i++) {
		v = ROW_VALUES(RES_ROWS(result) + i);
		memset(&due, 0, offsetof(e911_due_t, mem));
		take(&due, read_row(&due, v), (uint64_t)e911_db_number_of(&v[COLUMNS]));
	}
	e911_db_free(result);
	return n;
}
