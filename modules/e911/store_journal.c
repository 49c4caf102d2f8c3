/*
 * e911: the database: the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include "err.h"
#include "store.h"
#include "store_db.h"
#include "store_journal.h"
#include "strbuf.h"

#define QUERY_MAX 400
#define LIT E911_STRBUF_LIT

static str table = str_init("e911_record");

/* in the order of the values below */
static str names[] = {str_init("node"), str_init("seq"), str_init("call_id"),
		str_init("who"), str_init("kind"), str_init("at"), str_init("summary"),
		str_init("detail"), str_init("digest"), str_init("document"),
		str_init("document_digest"), str_init("mac")};

#define COLUMNS ((int)(sizeof(names) / sizeof(*names)))

static void put_z(db_val_t *v, const char *z)
{
	e911_db_text(v, z, (int)strlen(z));
}

/* srdb1 takes no text without an address */
static void put_str(db_val_t *v, const str *s)
{
	e911_db_text(v, s->len > 0 ? s->s : "", s->len > 0 ? s->len : 0);
}

int e911_store_journal_add(const e911_journal_row_t *row)
{
	db_val_t v[COLUMNS];

	put_z(&v[0], row->node);
	e911_db_time(&v[1], (time_t)row->seq);
	put_z(&v[2], row->call);
	put_z(&v[3], row->who);
	put_z(&v[4], row->kind);
	e911_db_time(&v[5], (time_t)row->at_ms);
	put_str(&v[6], &row->summary);
	put_str(&v[7], &row->detail);
	put_z(&v[8], row->digest);
	put_str(&v[9], &row->document);
	put_z(&v[10], row->document_digest);
	put_z(&v[11], row->mac);
	return e911_db_insert(&table, names, v, COLUMNS);
}

/* ----- statements: a node's name has no quotes ----- */

typedef struct statement
{
	char text[QUERY_MAX];
	e911_strbuf_t b;
} statement_t;

static void begin(statement_t *s, const char *text, const char *node)
{
	e911_strbuf_init(&s->b, s->text, sizeof(s->text) - 1);
	e911_strbuf_puts(&s->b, text);
	LIT(&s->b, " e911_record ");
	if(node == NULL)
		return;
	LIT(&s->b, "WHERE node = '");
	e911_strbuf_puts(&s->b, node);
	LIT(&s->b, "'");
}

static void put_limit(statement_t *s, const char *text, uint64_t n)
{
	e911_strbuf_puts(&s->b, text);
	e911_strbuf_put_num(&s->b, n);
}

static int run(statement_t *s, db1_res_t **result)
{
	if(result)
		*result = NULL;
	s->text[s->b.len] = '\0';
	if(s->b.err || e911_db_raw(s->text, result))
		return E911_ERR_DOWN;
	return result && *result == NULL ? E911_ERR_DOWN : E911_OK;
}

/* ----- reading ----- */

static void take_mac(char mac[E911_MAC_LEN + 1], const db_val_t *v)
{
	str text = e911_db_text_of(v);

	if(text.len > E911_MAC_LEN)
		text.len = E911_MAC_LEN;
	memcpy(mac, text.len ? text.s : "", (size_t)text.len);
	mac[text.len] = '\0';
}

/* of seq, kind, mac, digest; NONE */
static int take_end(
		db1_res_t *result, uint64_t *seq, char mac[E911_MAC_LEN + 1])
{
	const char *cut = e911_parcel_name(E911_JOURNAL_CUT);
	const db_val_t *v;
	str kind;

	if(RES_ROW_N(result) < 1)
		return E911_ERR_NONE;
	v = ROW_VALUES(RES_ROWS(result));
	*seq = (uint64_t)e911_db_number_of(&v[0]);
	kind = e911_db_text_of(&v[1]);
	take_mac(mac,
			kind.len == (int)strlen(cut) && memcmp(kind.s, cut, kind.len) == 0
					? &v[3]
					: &v[2]);
	return E911_OK;
}

static int read_end(statement_t *s, uint64_t *seq, char mac[E911_MAC_LEN + 1])
{
	db1_res_t *result;
	int err = run(s, &result);

	if(err)
		return err;
	err = take_end(result, seq, mac);
	e911_db_free(result);
	return err;
}

#define END "SELECT seq, kind, mac, digest FROM"

int e911_store_journal_end(
		const char *node, uint64_t *seq, char mac[E911_MAC_LEN + 1])
{
	statement_t s;
	int err;

	begin(&s, END, node);
	LIT(&s.b, " ORDER BY seq DESC LIMIT 1");
	err = read_end(&s, seq, mac);
	if(err == E911_ERR_NONE) {
		*seq = 0;
		mac[0] = '\0';
		err = E911_OK;
	}
	return err;
}

/* ----- the past ----- */

/* of the rows behind, the first that is not before that time; 0: none is */
static int first_since(
		const char *node, uint64_t behind, uint64_t at_ms, uint64_t *seq)
{
	db1_res_t *result;
	statement_t s;
	int err;

	begin(&s, "SELECT seq FROM", node);
	put_limit(&s, " AND seq > ", behind);
	put_limit(&s, " AND at >= ", at_ms);
	LIT(&s.b, " AND kind <> 'cut' ORDER BY seq LIMIT 1");
	err = run(&s, &result);
	if(err)
		return err;
	*seq = RES_ROW_N(result) < 1
				   ? 0
				   : (uint64_t)e911_db_number_of(ROW_VALUES(RES_ROWS(result)));
	e911_db_free(result);
	return E911_OK;
}

int e911_store_journal_cut(const char *node, uint64_t before_ms, uint64_t *seq,
		char mac[E911_MAC_LEN + 1])
{
	uint64_t kept;
	statement_t s;
	int err = first_since(node, 0, before_ms, &kept);

	if(err)
		return err;
	begin(&s, END, node);
	if(kept)
		put_limit(&s, " AND seq < ", kept);
	LIT(&s.b, " AND kind <> 'cut' ORDER BY seq DESC LIMIT 1");
	err = read_end(&s, seq, mac);
	if(err)
		return err;
	begin(&s, "DELETE FROM", node);
	put_limit(&s, " AND seq <= ", *seq);
	return run(&s, NULL);
}

int e911_store_journal_clear(const char *node, uint64_t before_ms,
		int documents_alone, uint64_t *cleared)
{
	char mac[E911_MAC_LEN + 1];
	uint64_t kept;
	statement_t s;
	int err = first_since(node, *cleared, before_ms, &kept);

	if(!err && kept == 0) {
		err = e911_store_journal_end(node, &kept, mac);
		kept++;
	}
	if(err || kept <= *cleared + 1)
		return err;
	begin(&s, "UPDATE", NULL);
	LIT(&s.b, "SET document = ''");
	if(!documents_alone)
		LIT(&s.b, ", detail = ''");
	LIT(&s.b, " WHERE node = '");
	e911_strbuf_puts(&s.b, node);
	LIT(&s.b, "'");
	put_limit(&s, " AND seq > ", *cleared);
	put_limit(&s, " AND seq < ", kept);
	err = run(&s, NULL);
	if(!err)
		*cleared = kept - 1;
	return err;
}
