/*
 * e911: the database: the guide of streets
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include "../../core/trim.h"
#include "store.h"
#include "store_db.h"
#include "strbuf.h"
#include "err.h"

#define QUERY_MAX 256
#define NUMBER_MAX 999999999 /* as in a file */

static const str table = str_init("e911_msag");

enum kind
{
	KIND_TEXT,
	KIND_NUMBER,
	KIND_PARITY
};

#define TO(member) offsetof(e911_msag_row_t, member)

/* clang-format off */
static const struct column
{
	const char *name;
	enum kind kind;
	size_t to; /* place in the row */
} columns[] = {
	{"predir", KIND_TEXT, TO(predir)},
	{"street", KIND_TEXT, TO(street)},
	{"suffix", KIND_TEXT, TO(suffix)},
	{"postdir", KIND_TEXT, TO(postdir)},
	{"low", KIND_NUMBER, TO(low)},
	{"high", KIND_NUMBER, TO(high)},
	{"parity", KIND_PARITY, TO(parity)},
	{"community", KIND_TEXT, TO(community)},
	{"county", KIND_TEXT, TO(county)},
	{"state", KIND_TEXT, TO(state)},
	{"country", KIND_TEXT, TO(country)},
	{"esn", KIND_TEXT, TO(esn)},
	{"psap", KIND_TEXT, TO(psap)},
};
/* clang-format on */

#define COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

static int take_text(str *to, const db_val_t *v)
{
	*to = e911_db_text_of(v);
	if(to->len)
		trim(to);
	return E911_OK;
}

static int take_number(unsigned int *to, const db_val_t *v)
{
	long long n = e911_db_number_of(v);

	if(VAL_NULL(v) || n < 0 || n > NUMBER_MAX)
		return E911_ERR_VALUE;
	*to = (unsigned int)n;
	return E911_OK;
}

static int take_parity(char *to, const db_val_t *v)
{
	str text = e911_db_text_of(v);

	if(text.len != 1)
		return E911_ERR_VALUE;
	*to = (char)(*text.s & ~0x20); /* which e911_msag_add() checks */
	return E911_OK;
}

static int take_value(
		e911_msag_row_t *row, const struct column *c, const db_val_t *v)
{
	char *to = (char *)row + c->to;

	switch(c->kind) {
		case KIND_NUMBER:
			return take_number((unsigned int *)(void *)to, v);
		case KIND_PARITY:
			return take_parity(to, v);
		case KIND_TEXT:
			break;
	}
	return take_text((str *)(void *)to, v);
}

static int add_row(e911_msag_t *msag, const db_val_t *v, const char **bad)
{
	e911_msag_row_t row;
	int i, err = E911_OK;

	memset(&row, 0, sizeof(row));
	for(i = 0; !err && i < COLUMNS; i++) {
		*bad = columns[i].name;
		err = take_value(&row, &columns[i], &v[i]);
	}
	if(err)
		return err;
	*bad = "";
	return e911_msag_add(msag, &row, bad);
}

static int page_query(char *sql, size_t size, uint64_t after, int most)
{
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, sql, size - 1);
	E911_STRBUF_LIT(&b, "SELECT ");
	for(i = 0; i < COLUMNS; i++) {
		e911_strbuf_put(&b, columns[i].name, strlen(columns[i].name));
		E911_STRBUF_LIT(&b, ", ");
	}
	E911_STRBUF_LIT(&b, "id FROM e911_msag WHERE id > ");
	e911_strbuf_put_num(&b, after);
	E911_STRBUF_LIT(&b, " ORDER BY id LIMIT ");
	e911_strbuf_put_num(&b, (unsigned long)most);
	sql[b.len] = '\0';
	return b.err;
}

int e911_store_has_msag(void)
{
	return e911_db_has(&table);
}

int e911_store_msag(
		e911_msag_t *msag, uint64_t *after, int most, const char **bad)
{
	db1_res_t *result = NULL;
	char sql[QUERY_MAX];
	int i, n, err = E911_OK;
	db_val_t *v;

	if(page_query(sql, sizeof(sql), *after, most) || e911_db_raw(sql, &result)
			|| result == NULL)
		return E911_ERR_DOWN;
	n = RES_ROW_N(result);
	for(i = 0; !err && i < n; i++) {
		v = ROW_VALUES(RES_ROWS(result) + i);
		*after = (uint64_t)e911_db_number_of(&v[COLUMNS]);
		err = add_row(msag, v, bad);
	}
	e911_db_free(result);
	return err ? err : n;
}
