/*
 * e911: the database: emergency calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include "store.h"
#include "store_db.h"
#include "places.h"
#include "strbuf.h"
#include "err.h"

#define QUERY_MAX 400

static str table = str_init("e911_call");

enum kind
{
	KIND_TEXT,
	KIND_FLAG,
	KIND_TIME,
	KIND_SITE,
	KIND_PLACE
};

#define AT(member) offsetof(e911_entry_t, member)
#define SIZE(member) sizeof(((e911_entry_t *)0)->member)
#define TEXT(member) KIND_TEXT, AT(member), SIZE(member)

/* clang-format off */
static const struct column
{
	str name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size;
} columns[] = {
	{str_init("callid"), TEXT(callid)}, /* the key comes first */
	{str_init("tag"), TEXT(tag)},
	{str_init("caller"), TEXT(caller)},
	{str_init("aor"), TEXT(aor)},
	{str_init("device"), TEXT(device)},
	{str_init("contact"), TEXT(contact)},
	{str_init("source"), TEXT(source)},
	{str_init("site"), KIND_SITE, AT(site), 0},
	{str_init("trunk"), KIND_FLAG, AT(trunk), 0},
	{str_init("proven"), KIND_FLAG, AT(proven), 0},
	{str_init("test"), KIND_FLAG, AT(test), 0},
	{str_init("callback"), TEXT(callback)},
	{str_init("elin"), TEXT(elin)},
	{str_init("reference"), TEXT(reference)},
	{str_init("started"), KIND_TIME, AT(started), 0},
	{str_init("ended"), KIND_TIME, AT(ended), 0},
	{str_init("location"), KIND_PLACE, AT(location), 0},
};
/* clang-format on */

#define COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))
_Static_assert(sizeof(columns) / sizeof(*columns) <= E911_DB_COLUMNS,
		"more columns than e911_db_write() takes");

static char place_mem[E911_PLACE_TEXT_MAX];

/* ----- writing ----- */

static int put_place(db_val_t *v, const e911_entry_t *e)
{
	e911_strbuf_t b;
	int err = E911_OK;

	e911_strbuf_init(&b, place_mem, sizeof(place_mem));
	if(e->located)
		err = e911_place_write(&b, &e->location);
	if(!err)
		e911_db_text(v, b.s, (int)b.len);
	return err;
}

static int put_value(db_val_t *v, const struct column *c, const e911_entry_t *e)
{
	const char *at = (const char *)e + c->offset;

	switch(c->kind) {
		case KIND_FLAG:
			e911_db_int(v, *(const unsigned char *)at);
			return E911_OK;
		case KIND_TIME:
			e911_db_time(v, *(const time_t *)at);
			return E911_OK;
		case KIND_PLACE:
			return put_place(v, e);
		case KIND_SITE:
			at = e911_db_site_name(e->site);
	}
	e911_db_text(v, at, (int)strlen(at));
	return E911_OK;
}

static int fill(db_val_t *values, str *names, const e911_entry_t *e)
{
	int i, err = E911_OK;

	for(i = 0; !err && i < COLUMNS; i++) {
		names[i] = columns[i].name;
		err = put_value(&values[i], &columns[i], e);
	}
	return err;
}

int e911_store_call(const e911_entry_t *entry)
{
	db_val_t values[COLUMNS];
	str names[COLUMNS];
	int err = fill(values, names, entry);

	return err ? err : e911_db_write(&table, names, values, COLUMNS);
}

int e911_store_probe_call(const e911_entry_t *entry)
{
	db_val_t values[COLUMNS];
	str names[COLUMNS], text;
	int i, err = fill(values, names, entry);

	if(err)
		return err;
	for(i = 0; i < COLUMNS; i++) {
		text = e911_db_text_of(&values[i]);
		if(columns[i].kind == KIND_TEXT)
			e911_db_text(&values[i], "", 0);
		else if(columns[i].kind == KIND_PLACE)
			memset(text.s, ' ', (size_t)text.len);
	}
	err = e911_db_write(&table, names, values, COLUMNS);
	return err ? err : e911_db_delete(&table, &names[0], &values[0]);
}

/* ----- reading ----- */

static int take_text(char *to, size_t size, const str *text)
{
	if((size_t)text->len >= size)
		return E911_ERR_LONG;
	if(text->len && memchr(text->s, '\0', (size_t)text->len))
		return E911_ERR_TEXT;
	memcpy(to, text->len ? text->s : "", (size_t)text->len);
	to[text->len] = '\0';
	return E911_OK;
}

static int take_value(
		e911_entry_t *e, const struct column *c, const db_val_t *v)
{
	char *at = (char *)e + c->offset;
	str text = e911_db_text_of(v);

	switch(c->kind) {
		case KIND_FLAG:
			*(unsigned char *)at = e911_db_number_of(v) != 0;
			return E911_OK;
		case KIND_TIME:
			*(time_t *)at = (time_t)e911_db_number_of(v);
			return E911_OK;
		case KIND_SITE:
			e->site = e911_db_site_id(&text);
			return E911_OK;
		case KIND_PLACE:
			e->located = text.len > 0;
			return text.len ? e911_place_read(&e->location, &text) : E911_OK;
	}
	return take_text(at, c->size, &text);
}

static int read_row(e911_entry_t *e, const db_val_t *v)
{
	int i, err = E911_OK;

	memset(e, 0, AT(location));
	for(i = 0; !err && i < COLUMNS; i++)
		err = take_value(e, &columns[i], &v[i]);
	/* the location alone is not worth the entry */
	if(err && i == COLUMNS) {
		e->located = 0;
		err = E911_OK;
	}
	return !err && e->callid[0] == '\0' ? E911_ERR_VALUE : err;
}

static int page_query(char *sql, size_t size, uint64_t after, int most)
{
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, sql, size - 1);
	E911_STRBUF_LIT(&b, "SELECT ");
	for(i = 0; i < COLUMNS; i++) {
		e911_strbuf_put_str(&b, &columns[i].name);
		E911_STRBUF_LIT(&b, ", ");
	}
	E911_STRBUF_LIT(&b, "id FROM e911_call WHERE id > ");
	e911_strbuf_put_num(&b, after);
	E911_STRBUF_LIT(&b, " ORDER BY id LIMIT ");
	e911_strbuf_put_num(&b, (unsigned long)most);
	sql[b.len] = '\0';
	return b.err;
}

int e911_store_calls(uint64_t after, int most, e911_store_call_f take)
{
	static e911_entry_t entry; /* too large for a stack */
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
		take(&entry, read_row(&entry, v),
				(uint64_t)e911_db_number_of(&v[COLUMNS]));
	}
	e911_db_free(result);
	return n;
}

/* no time is before 1970 */
static void put_time(e911_strbuf_t *b, time_t when)
{
	e911_strbuf_put_num(b, when > 0 ? (unsigned long)when : 0);
}

int e911_store_drop_calls(time_t ended, time_t started)
{
	char sql[QUERY_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, sql, sizeof(sql) - 1);
	E911_STRBUF_LIT(&b, "DELETE FROM e911_call WHERE ended > 0 AND ended <= ");
	put_time(&b, ended);
	E911_STRBUF_LIT(&b, " OR ended = 0 AND started <= ");
	put_time(&b, started);
	sql[b.len] = '\0';
	return e911_db_raw(sql, NULL);
}
