/*
 * e911: the database
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/pt.h"
#include "../../lib/srdb1/db.h"
#include "store.h"
#include "store_db.h"
#include "places.h"
#include "settings.h"
#include "strbuf.h"
#include "err.h"

#define NEEDED (DB_CAP_QUERY | DB_CAP_RAW_QUERY | DB_CAP_INSERT | DB_CAP_DELETE)
#define QUERY_MAX 320

static str location_table = str_init("e911_location");
static str setting_table = str_init("e911_setting");
static str call_table = str_init("e911_call");
static str consent_table = str_init("e911_consent");
static str record_table = str_init("e911_record");
static str notice_table = str_init("e911_notice");

/* in the order of the rows read and written; aor and contact come first, what
 * nobody reads last */
enum column
{
	COLUMN_AOR,
	COLUMN_CONTACT,
	COLUMN_SITE,
	COLUMN_PLACE,
	COLUMN_MOVED,
	COLUMN_BOUND,
	COLUMN_EXPIRES,
	COLUMN_GONE,
	COLUMN_SEEN,
	COLUMN_PLACES,
	COLUMN_CHANGED,
	COLUMNS,
	COLUMNS_READ = COLUMN_CHANGED
};

static str names[COLUMNS] = {
		[COLUMN_AOR] = str_init("aor"),
		[COLUMN_CONTACT] = str_init("contact"),
		[COLUMN_SITE] = str_init("site"),
		[COLUMN_PLACE] = str_init("place"),
		[COLUMN_MOVED] = str_init("moved"),
		[COLUMN_BOUND] = str_init("bound"),
		[COLUMN_EXPIRES] = str_init("expires"),
		[COLUMN_GONE] = str_init("gone"),
		[COLUMN_SEEN] = str_init("seen"),
		[COLUMN_PLACES] = str_init("places"),
		[COLUMN_CHANGED] = str_init("changed"),
};

static str url;
static db_func_t db;
static db1_con_t *con; /* of this process */
static int calls_are_kept, consents_are_kept, record_is_kept, notices_are_kept;

int e911_store_bind(const char *given)
{
	url.s = (char *)given;
	url.len = (int)strlen(given);
	if(db_bind_mod(&url, &db) < 0)
		return E911_ERR_NONE;
	return DB_CAPABILITY(db, NEEDED) ? E911_OK : E911_ERR_VALUE;
}

int e911_store_bound(void)
{
	return db.init != NULL;
}

/* ----- connection ----- */

void e911_store_close(void)
{
	if(con)
		db.close(con);
	con = NULL;
}

int e911_db_has(const str *table)
{
	int version = con ? db_table_version(&db, con, table) : -1;

	if(version == E911_STORE_VERSION)
		return E911_OK;
	return version < 0 ? E911_ERR_DOWN : E911_ERR_VALUE;
}

int e911_store_open(void)
{
	int err;

	if(con)
		return E911_OK;
	con = db.init(&url);
	if(con == NULL)
		return E911_ERR_DOWN;
	err = e911_db_has(&location_table);
	if(!err)
		err = e911_db_has(&setting_table);
	/* without it locations are kept all the same */
	calls_are_kept = !err && e911_db_has(&call_table) == 0;
	consents_are_kept = !err && e911_db_has(&consent_table) == 0;
	record_is_kept = !err && e911_db_has(&record_table) == 0;
	notices_are_kept = !err && e911_db_has(&notice_table) == 0;
	if(err)
		e911_store_close();
	return err;
}

int e911_store_keeps_calls(void)
{
	return con && calls_are_kept;
}

int e911_store_keeps_consents(void)
{
	return con && consents_are_kept;
}

int e911_store_keeps_record(void)
{
	return con && record_is_kept;
}

int e911_store_keeps_notices(void)
{
	return con && notices_are_kept;
}

/* A statement without values of anybody's. With no place for a result
 * db_sqlite executes nothing. */
int e911_db_raw(const char *sql, db1_res_t **result)
{
	str statement = {(char *)sql, (int)strlen(sql)};
	db1_res_t *none = NULL;

	if(con == NULL
			|| db.raw_query(con, &statement, result ? result : &none) < 0)
		return E911_ERR_DOWN;
	if(none)
		db.free_result(con, none);
	return E911_OK;
}

static int use(const str *table)
{
	return con && db.use_table(con, table) == 0 ? E911_OK : E911_ERR_DOWN;
}

int e911_db_write(const str *table, str *names, db_val_t *values, int n)
{
	db_key_t keys[E911_DB_COLUMNS];
	int i;

	for(i = 0; i < n; i++)
		keys[i] = &names[i];
	if(use(table) || db.delete(con, keys, NULL, values, 1) < 0)
		return E911_ERR_DOWN;
	return db.insert(con, keys, values, n) < 0 ? E911_ERR_DOWN : E911_OK;
}

int e911_db_insert(const str *table, str *names, db_val_t *values, int n)
{
	db_key_t keys[E911_DB_COLUMNS];
	int i;

	for(i = 0; i < n; i++)
		keys[i] = &names[i];
	return use(table) || db.insert(con, keys, values, n) < 0 ? E911_ERR_DOWN
															 : E911_OK;
}

int e911_db_delete(const str *table, str *name, db_val_t *value)
{
	db_key_t key = name;

	return use(table) || db.delete(con, &key, NULL, value, 1) < 0
				   ? E911_ERR_DOWN
				   : E911_OK;
}

void e911_db_free(db1_res_t *result)
{
	db.free_result(con, result);
}

/* ----- writing ----- */

/* db_postgres reconnects by itself and would commit the half of what its raw
 * BEGIN began, if it were not asked for a transaction of its own */
int e911_store_begin(void)
{
	if(use(&location_table))
		return E911_ERR_DOWN;
	if(db.start_transaction)
		return db.start_transaction(con, DB_LOCKING_NONE) < 0 ? E911_ERR_DOWN
															  : E911_OK;
	return e911_db_raw("BEGIN", NULL);
}

int e911_store_commit(void)
{
	if(db.end_transaction)
		return db.end_transaction(con) < 0 ? E911_ERR_DOWN : E911_OK;
	return e911_db_raw("COMMIT", NULL);
}

void e911_store_rollback(void)
{
	if(con == NULL)
		return;
	if(db.abort_transaction)
		db.abort_transaction(con);
	else
		e911_db_raw("ROLLBACK", NULL);
}

void e911_db_text(db_val_t *v, const char *s, int len)
{
	memset(v, 0, sizeof(*v));
	v->type = DB1_STR;
	v->val.str_val.s = (char *)s;
	v->val.str_val.len = len;
}

void e911_db_int(db_val_t *v, int n)
{
	memset(v, 0, sizeof(*v));
	v->type = DB1_INT;
	v->val.int_val = n;
}

void e911_db_time(db_val_t *v, time_t n)
{
	memset(v, 0, sizeof(*v));
	v->type = DB1_BIGINT;
	v->val.ll_val = n;
}

/* remembered places are left out where all are too much */
static int write_places(e911_strbuf_t *b, const e911_record_t *r, int *place)
{
	e911_record_t *one;
	int err = e911_places_write(b, r);

	*place = r->state.place;
	if(err != E911_ERR_SPACE || r->places == 1)
		return err;
	one = pkg_malloc(sizeof(*one));
	if(one == NULL)
		return E911_ERR_MEM;
	*one = *r;
	one->place[0] = r->place[r->state.place];
	one->places = 1;
	*place = 0;
	e911_strbuf_init(b, b->s, b->max);
	err = e911_places_write(b, one);
	pkg_free(one);
	return err;
}

/* one that is not among the settings now may be there again at the next start */
const char *e911_db_site_name(uint32_t id)
{
	static char mem[E911_SITE_NAME_MAX];
	const e911_site_t *site =
			id ? e911_sites_with(e911_settings()->sites, id) : NULL;

	if(id == 0 || site)
		return site ? site->name : "";
	snprintf(mem, sizeof(mem), "#%08x", (unsigned int)id);
	return mem;
}

uint32_t e911_db_site_id(const str *name)
{
	char digits[9] = "";

	if(name->len == 9 && name->s[0] == '#') {
		memcpy(digits, name->s + 1, 8);
		return (uint32_t)strtoul(digits, NULL, 16);
	}
	return name->len ? e911_site_id(name) : 0;
}

static char places_mem[E911_PLACES_TEXT_MAX];

static int insert(const e911_record_t *r)
{
	const e911_state_t *s = &r->state;
	char seen[E911_NETWORK_TEXT_MAX];
	e911_strbuf_t text, network;
	db_key_t keys[COLUMNS];
	db_val_t values[COLUMNS];
	int i, err, place;

	e911_strbuf_init(&text, places_mem, sizeof(places_mem));
	err = write_places(&text, r, &place);
	if(err)
		return err;
	e911_strbuf_init(&network, seen, sizeof(seen));
	e911_network_put(&network, &s->seen);
	for(i = 0; i < COLUMNS; i++)
		keys[i] = &names[i];
	e911_db_text(&values[COLUMN_AOR], r->aor.s, r->aor.len);
	e911_db_text(&values[COLUMN_CONTACT], r->contact.s, r->contact.len);
	e911_db_text(&values[COLUMN_SITE], e911_db_site_name(s->site),
			(int)strlen(e911_db_site_name(s->site)));
	e911_db_int(&values[COLUMN_PLACE], place);
	e911_db_int(&values[COLUMN_MOVED], s->moved);
	e911_db_int(&values[COLUMN_BOUND], s->bound);
	e911_db_time(&values[COLUMN_EXPIRES], e911_wall(s->expires));
	e911_db_time(&values[COLUMN_GONE], e911_wall(s->gone));
	e911_db_text(&values[COLUMN_SEEN], seen, (int)network.len);
	e911_db_time(&values[COLUMN_CHANGED], time(NULL));
	e911_db_text(&values[COLUMN_PLACES], text.s, (int)text.len);
	return db.insert(con, keys, values, COLUMNS) < 0 ? E911_ERR_DOWN : E911_OK;
}

int e911_store_write(const str *aor, const str *contact, const e911_record_t *r)
{
	db_key_t keys[2] = {&names[COLUMN_AOR], &names[COLUMN_CONTACT]};
	db_val_t values[2];

	e911_db_text(&values[0], aor->s, aor->len);
	e911_db_text(&values[1], contact->s, contact->len);
	if(use(&location_table) || db.delete(con, keys, NULL, values, 2) < 0)
		return E911_ERR_DOWN;
	return r ? insert(r) : E911_OK;
}

int e911_store_probe(const e911_record_t *r)
{
	static const str nobody = str_init("");
	db_key_t keys[2] = {&names[COLUMN_AOR], &names[COLUMN_PLACES]};
	db_val_t values[2];
	e911_strbuf_t text;
	int err, place;

	e911_strbuf_init(&text, places_mem, sizeof(places_mem));
	if(r)
		write_places(&text, r, &place);
	memset(places_mem, ' ', text.len);
	e911_db_text(&values[0], nobody.s, nobody.len);
	e911_db_text(&values[1], places_mem, (int)text.len);
	err = e911_store_write(&nobody, &nobody, NULL);
	if(!err && db.insert(con, keys, values, 2) < 0)
		err = E911_ERR_DOWN;
	return err ? err : e911_store_write(&nobody, &nobody, NULL);
}

/* ----- reading: the type of a column differs from driver to driver ----- */

str e911_db_text_of(const db_val_t *v)
{
	str s = STR_NULL;

	if(VAL_NULL(v))
		return s;
	switch(VAL_TYPE(v)) {
		case DB1_STRING:
			s.s = (char *)VAL_STRING(v);
			s.len = s.s ? (int)strlen(s.s) : 0;
			return s;
		case DB1_STR:
			return VAL_STR(v);
		case DB1_BLOB:
			return VAL_BLOB(v);
		default:
			return s;
	}
}

long long e911_db_number_of(const db_val_t *v)
{
	if(VAL_NULL(v))
		return 0;
	switch(VAL_TYPE(v)) {
		case DB1_INT:
			return VAL_INT(v);
		case DB1_BIGINT:
			return VAL_BIGINT(v);
		case DB1_UINT:
			return VAL_UINT(v);
		case DB1_UBIGINT:
			return (long long)VAL_UBIGINT(v);
		case DB1_DOUBLE:
			return (long long)VAL_DOUBLE(v);
		default:
			return 0;
	}
}

static void read_state(e911_state_t *s, const db_val_t *v)
{
	str site = e911_db_text_of(&v[COLUMN_SITE]),
		seen = e911_db_text_of(&v[COLUMN_SEEN]);
	long long place = e911_db_number_of(&v[COLUMN_PLACE]);

	s->site = e911_db_site_id(&site);
	s->place = place >= 0 && place < E911_PLACES_MAX ? (unsigned char)place
													 : E911_PLACES_MAX;
	s->moved = e911_db_number_of(&v[COLUMN_MOVED]) != 0;
	s->bound = e911_db_number_of(&v[COLUMN_BOUND]) != 0;
	s->expires = e911_deadline(e911_db_number_of(&v[COLUMN_EXPIRES]));
	s->gone = e911_deadline(e911_db_number_of(&v[COLUMN_GONE]));
	if(seen.len)
		e911_network_read(&s->seen, &seen);
}

static int read_row(e911_record_t *r, const db_val_t *v)
{
	str aor = e911_db_text_of(&v[COLUMN_AOR]),
		contact = e911_db_text_of(&v[COLUMN_CONTACT]);
	str places = e911_db_text_of(&v[COLUMN_PLACES]);
	int err = e911_record_init(r, &aor, &contact);

	if(!err && aor.len == 0)
		err = E911_ERR_VALUE;
	if(err)
		return err;
	read_state(&r->state, v);
	return places.len ? e911_places_read(r, &places) : E911_ERR_EMPTY;
}

static int page_query(char *sql, size_t size, uint64_t after, int most)
{
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, sql, size - 1);
	E911_STRBUF_LIT(&b, "SELECT ");
	for(i = 0; i < COLUMNS_READ; i++) {
		e911_strbuf_put_str(&b, &names[i]);
		E911_STRBUF_LIT(&b, ", ");
	}
	E911_STRBUF_LIT(&b, "id FROM e911_location WHERE id > ");
	e911_strbuf_put_num(&b, after);
	E911_STRBUF_LIT(&b, " ORDER BY id LIMIT ");
	e911_strbuf_put_num(&b, (unsigned long)most);
	sql[b.len] = '\0';
	return b.err;
}

int e911_store_page(uint64_t after, int most, e911_store_row_f take, void *arg)
{
	static e911_record_t r; /* too large for a stack */
	db1_res_t *result = NULL;
	char sql[QUERY_MAX];
	db_val_t *v;
	int i, n;

	if(con == NULL || page_query(sql, sizeof(sql), after, most)
			|| e911_db_raw(sql, &result) || result == NULL)
		return E911_ERR_DOWN;
	n = RES_ROW_N(result);
	for(i = 0; i < n; i++) {
		v = ROW_VALUES(RES_ROWS(result) + i);
		take(&r, read_row(&r, v), (uint64_t)e911_db_number_of(&v[COLUMNS_READ]),
				arg);
	}
	db.free_result(con, result);
	return n;
}

int e911_store_settings(e911_store_setting_f take, void *arg)
{
	db1_res_t *result = NULL;
	int i, err = E911_OK;
	str parameter, value;
	db_val_t *v;

	if(con == NULL
			|| e911_db_raw(
					"SELECT parameter, value FROM e911_setting ORDER BY id",
					&result)
			|| result == NULL)
		return E911_ERR_DOWN;
	for(i = 0; !err && i < RES_ROW_N(result); i++) {
		v = ROW_VALUES(RES_ROWS(result) + i);
		parameter = e911_db_text_of(&v[0]);
		value = e911_db_text_of(&v[1]);
		err = take(&parameter, &value, arg);
	}
	db.free_result(con, result);
	return err;
}
