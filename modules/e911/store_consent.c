/*
 * e911: the database: consents
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "store.h"
#include "store_db.h"
#include "strbuf.h"
#include "err.h"

#define QUERY_MAX 160

enum column
{
	COLUMN_AOR, /* the key comes first */
	COLUMN_VERSION,
	COLUMN_ACKNOWLEDGED,
	COLUMNS
};

static str table = str_init("e911_consent");
static str names[COLUMNS] = {
		[COLUMN_AOR] = str_init("aor"),
		[COLUMN_VERSION] = str_init("version"),
		[COLUMN_ACKNOWLEDGED] = str_init("acknowledged"),
};

int e911_store_consent(const str *aor, const e911_consent_t *consent)
{
	db_val_t values[COLUMNS];

	e911_db_text(&values[COLUMN_AOR], aor->s, aor->len);
	if(consent == NULL)
		return e911_db_delete(&table, names, values);
	e911_db_text(&values[COLUMN_VERSION], consent->version,
			(int)strlen(consent->version));
	e911_db_time(&values[COLUMN_ACKNOWLEDGED], consent->when);
	return e911_db_write(&table, names, values, COLUMNS);
}

static int page_query(char *sql, size_t size, uint64_t after, int most)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, sql, size - 1);
	E911_STRBUF_LIT(&b, "SELECT aor, version, acknowledged, id"
						" FROM e911_consent WHERE id > ");
	e911_strbuf_put_num(&b, after);
	E911_STRBUF_LIT(&b, " ORDER BY id LIMIT ");
	e911_strbuf_put_num(&b, (unsigned long)most);
	sql[b.len] = '\0';
	return b.err;
}

int e911_store_consents(uint64_t after, int most, e911_store_consent_f take)
{
	db1_res_t *result = NULL;
	char sql[QUERY_MAX];
	str aor, version;
	db_val_t *v;
	int i, n;

	if(page_query(sql, sizeof(sql), after, most) || e911_db_raw(sql, &result)
			|| result == NULL)
		return E911_ERR_DOWN;
	n = RES_ROW_N(result);
	for(i = 0; i < n; i++) {
		v = ROW_VALUES(RES_ROWS(result) + i);
		aor = e911_db_text_of(&v[COLUMN_AOR]);
		version = e911_db_text_of(&v[COLUMN_VERSION]);
		take(&aor, &version, (time_t)e911_db_number_of(&v[COLUMN_ACKNOWLEDGED]),
				(uint64_t)e911_db_number_of(&v[COLUMNS]));
	}
	e911_db_free(result);
	return n;
}
