/*
 * Rows of a table that is stood in for, and a guide as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf err
 */
#include <stdio.h>
#include <string.h>
#include "ksr_stub.h"
#include "../../modules/e911/store_msag.c"

static db_val_t values[2][COLUMNS + 1];
static db_row_t result_rows[2];
static db1_res_t page;
static int is_down, freed, added;
static char asked[QUERY_MAX];
static e911_msag_row_t last;
static int add_says;

int e911_db_raw(const char *sql, db1_res_t **result)
{
	snprintf(asked, sizeof(asked), "%s", sql);
	*result = &page;
	return is_down ? E911_ERR_DOWN : E911_OK;
}

void e911_db_free(db1_res_t *result)
{
	freed++;
}

int e911_db_has(const str *name)
{
	assert_string_equal(name->s, "e911_msag");
	return E911_ERR_VALUE;
}

str e911_db_text_of(const db_val_t *v)
{
	str none = STR_NULL;

	return VAL_NULL(v) ? none : VAL_STR(v);
}

long long e911_db_number_of(const db_val_t *v)
{
	return VAL_BIGINT(v);
}

int e911_msag_add(
		e911_msag_t *msag, const e911_msag_row_t *row, const char **bad)
{
	last = *row;
	added++;
	if(add_says)
		*bad = "community";
	return add_says;
}

/* ----- a row of it ----- */

static db_val_t *value(int row, const char *column)
{
	int i;

	for(i = 0; i < COLUMNS; i++)
		if(strcmp(columns[i].name, column) == 0)
			return &values[row][i];
	return &values[row][COLUMNS];
}

static void set_text(db_val_t *v, const char *text)
{
	v->type = DB1_STR;
	v->nul = 0;
	v->val.str_val.s = (char *)text;
	v->val.str_val.len = (int)strlen(text);
}

static void set_number(db_val_t *v, long long n)
{
	v->type = DB1_BIGINT;
	v->nul = 0;
	v->val.ll_val = n;
}

static int up(void **state)
{
	int row, i;

	memset(values, 0, sizeof(values));
	for(row = 0; row < 2; row++) {
		result_rows[row].values = values[row];
		result_rows[row].n = COLUMNS + 1;
		for(i = 0; i < COLUMNS; i++)
			set_text(&values[row][i], columns[i].name);
		set_number(value(row, "low"), 1 + row);
		set_number(value(row, "high"), 99);
		set_text(value(row, "parity"), "b");
		set_number(value(row, "id"), 41 + row);
	}
	page.rows = result_rows;
	page.n = 2;
	is_down = freed = added = add_says = 0;
	return 0;
}

static int is_text(const str *s, const char *text)
{
	return s->len == (int)strlen(text) && memcmp(s->s, text, s->len) == 0;
}

/* ----- tests ----- */

static void each_column_has_its_place(void **state)
{
	const char *bad = "";
	uint64_t id = 7;

	set_text(value(1, "street"), " MAIN  ");
	assert_int_equal(e911_store_msag(NULL, &id, 5, &bad), 2);
	assert_int_equal(id, 42);
	assert_int_equal(added, 2);
	assert_int_equal(freed, 1);
	assert_string_equal(asked,
			"SELECT predir, street, suffix, postdir, low, high, parity,"
			" community, county, state, country, esn, psap, id FROM e911_msag"
			" WHERE id > 7 ORDER BY id LIMIT 5");
	assert_true(is_text(&last.street, "MAIN"));
	assert_true(is_text(&last.predir, "predir"));
	assert_true(is_text(&last.suffix, "suffix"));
	assert_true(is_text(&last.postdir, "postdir"));
	assert_true(is_text(&last.community, "community"));
	assert_true(is_text(&last.county, "county"));
	assert_true(is_text(&last.state, "state"));
	assert_true(is_text(&last.country, "country"));
	assert_true(is_text(&last.esn, "esn"));
	assert_true(is_text(&last.psap, "psap"));
	assert_int_equal(last.low, 2);
	assert_int_equal(last.high, 99);
	assert_int_equal(last.parity, 'B');
}

static void a_value_at_fault_is_named(void **state)
{
	static const struct
	{
		const char *column;
		const char *text; /* NULL: the number */
		long long number;
	} bad_values[] = {{"low", NULL, -1}, {"high", NULL, NUMBER_MAX + 1LL},
			{"high", NULL, 1LL << 32}, {"parity", "", 0}, {"parity", "BB", 0}};
	const char *bad;
	uint64_t id;
	size_t i;

	for(i = 0; i < sizeof(bad_values) / sizeof(*bad_values); i++) {
		up(NULL);
		id = 0;
		if(bad_values[i].text)
			set_text(value(1, bad_values[i].column), bad_values[i].text);
		else
			set_number(value(1, bad_values[i].column), bad_values[i].number);
		assert_int_equal(e911_store_msag(NULL, &id, 5, &bad), E911_ERR_VALUE);
		assert_string_equal(bad, bad_values[i].column);
		assert_int_equal(id, 42);
		assert_int_equal(added, 1);
		assert_int_equal(freed, 1);
	}
}

static void nothing_is_empty_text_and_no_number(void **state)
{
	const char *bad;
	uint64_t id = 0;

	value(0, "county")->nul = 1;
	page.n = 1;
	assert_int_equal(e911_store_msag(NULL, &id, 5, &bad), 1);
	assert_int_equal(last.county.len, 0);
	value(0, "low")->nul = 1;
	assert_int_equal(e911_store_msag(NULL, &id, 5, &bad), E911_ERR_VALUE);
	assert_string_equal(bad, "low");
}

static void what_the_guide_refuses_is_named(void **state)
{
	const char *bad;
	uint64_t id = 0;

	add_says = E911_ERR_LONG;
	assert_int_equal(e911_store_msag(NULL, &id, 5, &bad), E911_ERR_LONG);
	assert_string_equal(bad, "community");
	assert_int_equal(id, 41);
	assert_int_equal(added, 1);
	assert_int_equal(freed, 1);
}

static void what_fails_is_down(void **state)
{
	const char *bad;
	uint64_t id = ~0ULL;

	is_down = 1;
	assert_int_equal(e911_store_msag(NULL, &id, 1000, &bad), E911_ERR_DOWN);
	assert_int_equal(freed, 0);
	assert_int_equal(e911_store_has_msag(), E911_ERR_VALUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(each_column_has_its_place, up),
			cmocka_unit_test_setup(a_value_at_fault_is_named, up),
			cmocka_unit_test_setup(nothing_is_empty_text_and_no_number, up),
			cmocka_unit_test_setup(what_the_guide_refuses_is_named, up),
			cmocka_unit_test_setup(what_fails_is_down, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
