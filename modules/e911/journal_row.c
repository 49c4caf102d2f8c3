/*
 * e911: one row of the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "err.h"
#include "hash.h"
#include "journal_row.h"
#include "location_json.h"
#include "strbuf.h"
#include "utf8.h"

#define LIT E911_STRBUF_LIT
#define SALT 16 /* bytes: nobody finds a short detail by its digest */
#define SHA 32
#define HEAD_MAX 512 /* of what is sealed, without the summary */

/* ----- whose it is ----- */

int e911_journal_node(e911_journal_keeper_t *keeper, const str *name)
{
	int i;

	if(name->len >= E911_NODE_MAX)
		return E911_ERR_LONG;
	for(i = 0; i < name->len; i++)
		if(!isalnum((unsigned char)name->s[i]) && !strchr(".-_", name->s[i]))
			return E911_ERR_VALUE;
	if(name->len <= 0)
		return E911_ERR_VALUE;
	memcpy(keeper->node, name->s, (size_t)name->len);
	keeper->node[name->len] = '\0';
	return E911_OK;
}

int e911_journal_key(e911_journal_keeper_t *keeper, const str *text)
{
	int len = text->len;

	while(len > 0 && isspace((unsigned char)text->s[len - 1]))
		len--;
	if(len < E911_KEY_LEAST)
		return E911_ERR_MISSING;
	if(len > E911_KEY_MAX)
		return E911_ERR_LONG;
	memcpy(keeper->key, text->s, (size_t)len);
	keeper->key_len = (size_t)len;
	return E911_OK;
}

/* ----- digests ----- */

static void put_hex(char *to, const unsigned char *bytes, size_t len)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, to, 2 * len);
	e911_strbuf_put_hex(&b, bytes, len);
	to[b.len] = '\0';
}

static int digest(char *to, size_t len, const str *text)
{
	unsigned char sum[SHA];

	to[0] = '\0';
	if(text->len <= 0)
		return E911_OK;
	if(gnutls_hash_fast(GNUTLS_DIG_SHA256, text->s, (size_t)text->len, sum) < 0)
		return E911_ERR_MEM;
	put_hex(to, sum, len / 2);
	return E911_OK;
}

static int mac(const e911_journal_keeper_t *k, const char *s, size_t len,
		char *to, size_t digits)
{
	unsigned char sum[SHA];

	if(gnutls_hmac_fast(GNUTLS_MAC_SHA256, k->key, k->key_len, s, len, sum) < 0)
		return E911_ERR_MEM;
	put_hex(to, sum, digits / 2);
	return E911_OK;
}

/* who has the key finds his rows, nobody else */
static int put_who(
		e911_journal_row_t *row, const e911_journal_keeper_t *k, const str *aor)
{
	char mem[E911_KEY_MAX];
	e911_strbuf_t b;

	row->who[0] = '\0';
	if(aor->len <= 0)
		return E911_OK;
	e911_strbuf_init(&b, mem, sizeof(mem));
	LIT(&b, "aor\n");
	e911_strbuf_put_str(&b, aor);
	return b.err ? b.err : mac(k, b.s, b.len, row->who, E911_WHO_LEN);
}

/* ----- JSON ----- */

static void put_key(e911_strbuf_t *b, const char *key)
{
	if(b->len > 1)
		LIT(b, ",");
	LIT(b, "\"");
	e911_strbuf_puts(b, key);
	LIT(b, "\":");
}

/* what is no character of a text is a question mark */
static void put_string(e911_strbuf_t *b, const str *text)
{
	const unsigned char *u = (const unsigned char *)text->s;
	size_t len = text->len > 0 ? (size_t)text->len : 0, i, n;

	LIT(b, "\"");
	for(i = 0; i < len; i += n ? n : 1) {
		n = e911_utf8_char(u + i, len - i);
		if(n)
			e911_strbuf_put_json(b, text->s + i, n);
		else
			LIT(b, "?");
	}
	LIT(b, "\"");
}

static void put_text(e911_strbuf_t *b, const char *key, const str *text)
{
	if(text->len <= 0)
		return;
	put_key(b, key);
	put_string(b, text);
}

static void put_word(e911_strbuf_t *b, const char *key, const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	put_text(b, key, &s);
}

static void put_number(e911_strbuf_t *b, const char *key, long n)
{
	put_key(b, key);
	if(n < 0)
		LIT(b, "-");
	e911_strbuf_put_num(b, (unsigned long)(n < 0 ? -n : n));
}

/* recipients of notices are people, destinations of calls are not */
static int is_of_people(const e911_event_t *e)
{
	return e->kind == E911_EV_NOTICE;
}

static void put_summary(
		e911_strbuf_t *b, const e911_event_t *e, const char *site)
{
	if(e->code)
		put_number(b, "code", e->code);
	if(e->kind < E911_EV_KINDS)
		put_word(b, "site", site);
	if(e->test)
		put_number(b, "test", 1);
	if(e->step >= 0)
		put_number(b, "step", e->step + 1);
	if(e->steps > 0)
		put_number(b, "steps", e->steps);
	if(!is_of_people(e)) {
		put_text(b, "destination", &e->destination);
		put_text(b, "note", &e->detail);
	}
	put_text(b, "profile", &e->profile);
	put_text(b, "conveyance", &e->conveyance);
	put_text(b, "proof", &e->proof);
	put_text(b, "found", &e->found);
	put_text(b, "freshness", &e->freshness);
	if(e->location)
		put_word(b, "verdict", e911_verdict_name(e->location->verdict));
	put_text(b, "urn", &e->urn);
}

static void put_location(e911_strbuf_t *b, const e911_location_t *l)
{
	e911_strbuf_t stated;
	char when[32];
	str value;

	put_key(b, "location");
	e911_location_json(b, l, NULL);
	put_word(b, "origin", e911_origin_name(l->origin));
	e911_strbuf_init(&stated, when, sizeof(when));
	e911_strbuf_put_time(&stated, l->stated);
	value.s = when;
	value.len = (int)stated.len;
	put_text(b, "stated", &value);
}

static void put_detail(e911_strbuf_t *b, const e911_event_t *e)
{
	put_text(b, "callid", &e->callid);
	put_text(b, "aor", &e->aor);
	put_text(b, "contact", &e->contact);
	put_text(b, "caller", &e->caller);
	put_text(b, "callback", &e->callback);
	put_text(b, "elin", &e->elin);
	put_text(b, "number", &e->number);
	if(is_of_people(e)) {
		put_text(b, "recipient", &e->destination);
		put_text(b, "note", &e->detail);
	}
	/* what goes with the call is in the document of each that it is sent to */
	if(e->location && e->kind == E911_EV_PLACED)
		put_location(b, e->location);
}

static int put_salt(e911_strbuf_t *b)
{
	unsigned char salt[SALT];

	if(e911_hash_random(salt, sizeof(salt)))
		return E911_ERR_NONE;
	put_key(b, "salt");
	LIT(b, "\"");
	e911_strbuf_put_hex(b, salt, sizeof(salt));
	LIT(b, "\"");
	return b->err;
}

static int make_summary(
		e911_journal_row_t *row, const e911_event_t *event, const char *site)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, row->summary_mem, sizeof(row->summary_mem));
	LIT(&b, "{");
	put_summary(&b, event, site);
	LIT(&b, "}");
	row->summary.s = b.s;
	row->summary.len = (int)b.len;
	return b.err;
}

static int make_detail(e911_journal_row_t *row, const e911_event_t *event)
{
	e911_strbuf_t b;
	int err = E911_OK;

	e911_strbuf_init(&b, row->detail_mem, sizeof(row->detail_mem));
	LIT(&b, "{");
	put_detail(&b, event);
	if(b.len > 1)
		err = put_salt(&b);
	LIT(&b, "}");
	row->detail.s = b.s;
	row->detail.len = b.len > 2 ? (int)b.len : 0;
	return err ? err : b.err;
}

/* ----- the row ----- */

int e911_journal_row(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, const e911_event_t *event,
		const char *site)
{
	int err = make_summary(row, event, site);

	row->node = keeper->node;
	row->kind = e911_parcel_name(event->kind);
	row->at_ms = event->at_ms;
	row->document = event->document;
	if(!err)
		err = make_detail(row, event);
	if(!err)
		err = digest(row->call, E911_WHO_LEN, &event->callid);
	if(!err)
		err = put_who(row, keeper, &event->aor);
	if(!err)
		err = digest(row->digest, E911_MAC_LEN, &row->detail);
	if(!err)
		err = digest(row->document_digest, E911_MAC_LEN, &row->document);
	return err;
}

void e911_journal_strip(e911_journal_row_t *row)
{
	row->detail.len = row->document.len = 0;
}

static void put_line(e911_strbuf_t *b, const char *z)
{
	LIT(b, "\n");
	e911_strbuf_puts(b, z);
}

static void put_line_number(e911_strbuf_t *b, uint64_t n)
{
	LIT(b, "\n");
	e911_strbuf_put_num(b, n);
}

int e911_journal_seal(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, uint64_t seq, const char *before)
{
	/* too large for a stack */
	static char mem[HEAD_MAX + E911_ROW_TEXT_MAX];
	e911_strbuf_t b;

	row->seq = seq;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_puts(&b, before);
	put_line(&b, row->node);
	put_line_number(&b, seq);
	put_line(&b, row->call);
	put_line(&b, row->who);
	put_line(&b, row->kind);
	put_line_number(&b, row->at_ms);
	LIT(&b, "\n");
	e911_strbuf_put_str(&b, &row->summary);
	put_line(&b, row->digest);
	put_line(&b, row->document_digest);
	return b.err ? b.err : mac(keeper, b.s, b.len, row->mac, E911_MAC_LEN);
}

int e911_journal_cut(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, uint64_t seq, const char *before,
		uint64_t at_ms)
{
	char mem[HEAD_MAX];
	e911_strbuf_t b;

	memset(row, 0, offsetof(e911_journal_row_t, summary_mem));
	row->node = keeper->node;
	row->kind = e911_parcel_name(E911_JOURNAL_CUT);
	row->seq = seq;
	row->at_ms = at_ms;
	row->summary = (str)str_init("{}");
	strncpy(row->digest, before, E911_MAC_LEN);
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_puts(&b, row->kind);
	put_line(&b, row->node);
	put_line_number(&b, seq);
	put_line_number(&b, at_ms);
	put_line(&b, "{}");
	put_line(&b, row->digest);
	return b.err ? b.err : mac(keeper, b.s, b.len, row->mac, E911_MAC_LEN);
}
