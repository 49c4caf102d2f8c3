/*
 * Rows of a database that is stood in for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/store_notice.c"

int server_id = 7;

static db_val_t values[2][COLUMNS + 1];
static db_row_t result_rows[2];
static db1_res_t page;
static int is_down, freed;
static char asked[QUERY_MAX], wrote[200];
static e911_due_t seen;
static int seen_err[2], seen_n;
static uint64_t seen_id;

void e911_db_text(db_val_t *v, const char *s, int len)
{
	v->type = DB1_STR;
	v->nul = 0;
	v->val.str_val.s = (char *)s;
	v->val.str_val.len = len;
}

void e911_db_int(db_val_t *v, int n)
{
	v->type = DB1_INT;
	v->nul = 0;
	v->val.int_val = n;
}

void e911_db_time(db_val_t *v, time_t n)
{
	v->type = DB1_BIGINT;
	v->nul = 0;
	v->val.ll_val = n;
}

str e911_db_text_of(const db_val_t *v)
{
	str none = STR_NULL;

	return VAL_NULL(v) ? none : VAL_STR(v);
}

long long e911_db_number_of(const db_val_t *v)
{
	return VAL_TYPE(v) == DB1_INT ? VAL_INT(v) : VAL_BIGINT(v);
}

int e911_db_write(const str *to, str *columns, db_val_t *v, int n)
{
	size_t len = 0;
	int i;

	assert_string_equal(to->s, "e911_notice");
	for(i = 0; i < n; i++) {
		len += (size_t)sprintf(wrote + len, "%s=", columns[i].s);
		if(VAL_TYPE(&v[i]) == DB1_STR)
			len += (size_t)sprintf(
					wrote + len, "%.*s;", VAL_STR(&v[i]).len, VAL_STR(&v[i]).s);
		else
			len += (size_t)sprintf(
					wrote + len, "%lld;", e911_db_number_of(&v[i]));
	}
	return E911_OK;
}

int e911_db_delete(const str *from, str *name, db_val_t *v)
{
	sprintf(wrote, "%s %s=%.*s", from->s, name->s, VAL_STR(v).len,
			VAL_STR(v).s);
	return is_down ? E911_ERR_DOWN : E911_OK;
}

int e911_db_raw(const char *sql, db1_res_t **result)
{
	strcpy(asked, sql);
	*result = &page;
	return is_down ? E911_ERR_DOWN : E911_OK;
}

void e911_db_free(db1_res_t *result)
{
	freed++;
}

static void take(const e911_due_t *due, int err, uint64_t id)
{
	seen_err[seen_n++] = err;
	seen_id = id;
	if(!err)
		seen = *due;
}

static int up(void **state)
{
	int row;

	(void)state;
	memset(values, 0, sizeof(values));
	for(row = 0; row < 2; row++) {
		result_rows[row].values = values[row];
		result_rows[row].n = COLUMNS + 1;
		e911_db_text(&values[row][COLUMN_NOTICE], "id-1", 4);
		e911_db_int(&values[row][COLUMN_NODE], 7);
		e911_db_text(&values[row][COLUMN_RECIPIENT], "desk", 4);
		e911_db_time(&values[row][COLUMN_AT], 1790000000123);
		e911_db_time(&values[row][COLUMN_EXPIRES], 1790003600);
		e911_db_text(&values[row][COLUMN_FACTS], "{}", 2);
		e911_db_text(&values[row][COLUMN_EVENTS], "a,b", 3);
		e911_db_time(&values[row][COLUMNS], 41 + row);
	}
	page.rows = result_rows;
	page.n = 2;
	is_down = freed = seen_n = 0;
	return 0;
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	assert_int_equal(e911_store_notices(40, 2, take), 2);
	assert_int_equal(seen_n, 2);
	assert_int_equal(seen_err[0], 0);
	assert_int_equal(seen_id, 42);
	assert_int_equal(freed, 1);
	assert_int_equal(seen.at_ms, 1790000000123);
	assert_int_equal(seen.until, 1790003600);
	/* the strings of a copy are the first one's */
	seen.facts.s = seen.mem;
	seen.events.s = seen.mem + seen.facts.len;
	assert_int_equal(e911_store_notice(&seen), 0);
	assert_string_equal(wrote,
			"notice=id-1;node=7;recipient=desk;happened=1790000000123;"
			"expires=1790003600;facts={};events=a,b;");
	assert_int_equal(e911_store_drop_notice("id-1"), 0);
	assert_string_equal(wrote, "e911_notice notice=id-1");
}

static void asks_for_its_own_alone(void **state)
{
	(void)state;
	e911_store_notices(40, 50, take);
	assert_string_equal(asked,
			"SELECT notice, node, recipient, happened, expires, facts, events,"
			" id FROM e911_notice WHERE id > 40 AND node = 7 ORDER BY id"
			" LIMIT 50");
	is_down = 1;
	assert_int_equal(e911_store_notices(40, 50, take), E911_ERR_DOWN);
}

static void refuses_what_does_not_fit(void **state)
{
	static const struct
	{
		int column, len, err;
	} rows[] = {
			{COLUMN_NOTICE, E911_NOTICE_ID_MAX, E911_ERR_LONG},
			{COLUMN_NOTICE, 0, E911_ERR_VALUE},
			{COLUMN_RECIPIENT, E911_RECIPIENT_NAME_MAX, E911_ERR_LONG},
			{COLUMN_FACTS, 0, E911_ERR_LONG},
			{COLUMN_FACTS, E911_NOTICE_FACTS_MAX + 1, E911_ERR_LONG},
			{COLUMN_EVENTS, E911_NOTICE_EVENTS_MAX + 1, E911_ERR_LONG},
			{COLUMN_FACTS, E911_NOTICE_FACTS_MAX, 0},
			{COLUMN_EVENTS, E911_NOTICE_EVENTS_MAX, 0},
			{COLUMN_EVENTS, 0, 0},
	};
	str text;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		up(NULL);
		text = tight_many("x", (size_t)rows[i].len);
		e911_db_text(&values[0][rows[i].column], text.s, text.len);
		e911_store_notices(0, 2, take);
		assert_int_equal(seen_err[0], rows[i].err);
		assert_int_equal(seen_err[1], 0);
		free(text.s);
	}
	up(NULL);
	e911_db_text(&values[0][COLUMN_RECIPIENT], "d\0k", 3);
	e911_store_notices(0, 2, take);
	assert_int_equal(seen_err[0], E911_ERR_VALUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(writes_what_it_reads, up),
			cmocka_unit_test_setup(asks_for_its_own_alone, up),
			cmocka_unit_test_setup(refuses_what_does_not_fit, up),
	};

	return cmocka_run_group_tests_name("store_notice", tests, NULL, NULL);
}
