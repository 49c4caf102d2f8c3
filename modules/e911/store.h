/*
 * e911: the database, through Kamailio's srdb1
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every function waits for the database: only a process of our own may call
 * them, and the main process before the fork and after the end. What the
 * module speaks to is named in the URL: sqlite, postgres, mysql.
 */
#ifndef E911_STORE_H
#define E911_STORE_H

#include "consent.h"
#include "ledger.h"
#include "msag.h"
#include "notices.h"
#include "record.h"

#define E911_STORE_VERSION 1 /* of all tables */

/** Finds the driver; in mod_init. NONE: its module is not loaded; VALUE: it
 * cannot do what is needed. */
int e911_store_bind(const char *url);
int e911_store_bound(void);
/** Connects and looks at the tables. DOWN; VALUE: of another version, but for
 * those of calls and of streets. */
int e911_store_open(void);
void e911_store_close(void);

/** Many writes are one transaction. On DOWN nothing of it is written; close
 * then and open anew. */
int e911_store_begin(void);
/** The record as it is to be, or none. DOWN, MEM, SPACE. */
int e911_store_write(
		const str *aor, const str *contact, const e911_record_t *r);
/** Does the database take a row as large as this one's now, whatever is in
 * it? Writes one and deletes it. DOWN. */
int e911_store_probe(const e911_record_t *r);
int e911_store_commit(void);
void e911_store_rollback(void);

/** What is made of a row. id: its key, for the next page. */
typedef void (*e911_store_row_f)(
		const e911_record_t *r, int err, uint64_t id, void *arg);
/** At most so many rows behind id after; how many there were, or DOWN. A row
 * that cannot be read is told with its error, AoR and contact as far as they
 * go. */
int e911_store_page(uint64_t after, int most, e911_store_row_f take, void *arg);

typedef int (*e911_store_setting_f)(
		const str *parameter, const str *value, void *arg);
/** The rows of e911_setting, in order, until take answers an error; that, or
 * DOWN. */
int e911_store_settings(e911_store_setting_f take, void *arg);

/* ----- emergency calls, store_call.c ----- */

/** Is there a table of them? A database made before there was one has none. */
int e911_store_keeps_calls(void);
/** The call as it is to be, within a transaction. DOWN, MEM, SPACE. */
int e911_store_call(const e911_entry_t *entry);
/** As e911_store_probe(), of a call. */
int e911_store_probe_call(const e911_entry_t *entry);
typedef void (*e911_store_call_f)(
		const e911_entry_t *entry, int err, uint64_t id);
/** As e911_store_page(), of calls. */
int e911_store_calls(uint64_t after, int most, e911_store_call_f take);
/** Deletes those that ended before, and those without an end that began
 * before. DOWN. */
int e911_store_drop_calls(time_t ended, time_t started);

/* ----- consents, store_consent.c ----- */

/** Is there a table of them? */
int e911_store_keeps_consents(void);
/** As it is to be, or none, within a transaction. DOWN. */
int e911_store_consent(const str *aor, const e911_consent_t *consent);
typedef void (*e911_store_consent_f)(
		const str *aor, const str *version, time_t when, uint64_t id);
/** As e911_store_page(), of consents. */
int e911_store_consents(uint64_t after, int most, e911_store_consent_f take);
/** Is there a table of their record, store_journal.h? */
int e911_store_keeps_record(void);

/* ----- notices, store_notice.c ----- */

/** As e911_store_keeps_calls(). */
int e911_store_keeps_notices(void);
/** Within a transaction, as all that is written. DOWN. */
int e911_store_notice(const e911_due_t *due);
int e911_store_drop_notice(const char *id);
typedef void (*e911_store_notice_f)(
		const e911_due_t *due, int err, uint64_t id);
/** As e911_store_page(), of the notices of this Kamailio (server_id). */
int e911_store_notices(uint64_t after, int most, e911_store_notice_f take);

/* ----- the guide of streets, store_msag.c ----- */

/** Is there a table of it? DOWN; VALUE: none, or of another version. */
int e911_store_has_msag(void);
/** Adds at most so many ranges behind id *after, which is then the one of the
 * last; how many there were, or DOWN. VALUE and what e911_msag_add() returns:
 * the row *after is at fault; *bad names its column. */
int e911_store_msag(
		e911_msag_t *msag, uint64_t *after, int most, const char **bad);

#endif
