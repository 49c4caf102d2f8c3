/*
 * e911: the scribe: the journal is written to the database
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In the keeper's process, many rows in a transaction, each behind the one
 * before as journal_row.h has it. A database that is down, or a table that is
 * not there, is nobody's but its own matter: the journal keeps what it can.
 */
#ifndef E911_SCRIBE_H
#define E911_SCRIBE_H

#include "../../core/str.h"

typedef struct e911_scribe_setup
{
	str node;			  /* empty: the name of the host */
	const char *key_file; /* NULL: the record is in memory alone */
	/* days; 0: without end */
	int retention; /* of rows */
	int detail;	   /* of what is personal in them */
	int document;  /* of the location as sent */
	int head_each; /* s between notes of the head in the log */
} e911_scribe_setup_t;

/** In mod_init, with a journal. *what is the parameter at fault. VALUE, LONG;
 * of the key: MISSING (not to be read, too short). */
int e911_scribe_init(const e911_scribe_setup_t *given, const char **what);
/** Writes some, deletes what is too old. 1: something was done. The store may
 * be closed afterwards. */
int e911_scribe_serve(void);
/** In the main process, at the end: no pause is waited for. */
void e911_scribe_finish(void);
/** The head of the record goes into the log a last time. */
void e911_scribe_last(void);
/** The name of this node. */
const char *e911_scribe_node(void);

#endif
