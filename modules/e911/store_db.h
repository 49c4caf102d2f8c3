/*
 * e911: what the parts of the store have in common; private
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_STORE_DB_H
#define E911_STORE_DB_H

#include <stdint.h>
#include <time.h>
#include "../../lib/srdb1/db.h"

#define E911_DB_COLUMNS 24 /* of a table, at most */

/* values, to be written */
void e911_db_text(db_val_t *v, const char *s, int len);
void e911_db_int(db_val_t *v, int n);
void e911_db_time(db_val_t *v, time_t n);
/* and read: the type of a column differs from driver to driver */
str e911_db_text_of(const db_val_t *v);
long long e911_db_number_of(const db_val_t *v);
/** A site as it is stored; until the next call. */
const char *e911_db_site_name(uint32_t id);
uint32_t e911_db_site_id(const str *name);

/** Is the table there, in our version? DOWN, VALUE. */
int e911_db_has(const str *table);
/** The row with this first column is as these values say. DOWN. */
int e911_db_write(const str *table, str *names, db_val_t *values, int n);
/** One more row. DOWN, also where the table does not take it. */
int e911_db_insert(const str *table, str *names, db_val_t *values, int n);
int e911_db_delete(const str *table, str *name, db_val_t *value);
/** A statement without values of anybody's; result may be NULL. DOWN. */
int e911_db_raw(const char *sql, db1_res_t **result);
void e911_db_free(db1_res_t *result);

#endif
