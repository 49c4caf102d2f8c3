/*
 * e911: the guide of streets that is in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Read from files and a table, whole: a new one is built beside the one in force and then
 * swapped in, or a line or row is at fault and nothing has changed. Who asks it waits
 * for nobody; what he has out of it he may hold for the handling of one message,
 * for one that was replaced is freed a minute later.
 */
#ifndef E911_GUIDE_H
#define E911_GUIDE_H

#include <stdint.h>
#include <time.h>
#include "msag_file.h"

#define E911_GUIDE_FILES_MAX 32
#define E911_GUIDE_PATH_MAX 256
#define E911_GUIDE_TEXT_MAX 384
#define E911_GUIDE_TABLE "e911_msag"

typedef struct e911_guide_fault
{
	int err;
	unsigned long line; /* of a table its id; 0: the file itself */
	int is_table;
	char file[E911_GUIDE_PATH_MAX];
	char column[E911_MSAG_COLUMN_MAX]; /* empty: the line as a whole */
} e911_guide_fault_t;

typedef struct e911_guide_facts
{
	unsigned long ranges;
	unsigned long bytes;
	int files;
	int tables;
	time_t loaded; /* 0: there is none yet */
} e911_guide_facts_t;

/** Adds the rows of the table to a guide that is being built. */
typedef int (*e911_guide_table_f)(e911_msag_t *msag, e911_guide_fault_t *fault);

/** Remembers a row "file=PATH" or "table=e911_msag". Errors of rows, NAME,
 * VALUE, LONG, MISSING, TWICE, FULL. */
int e911_guide_keep(const char *row);
/** How many files are to be read. */
int e911_guide_files(void);
/** Is the table to be read? Then the keeper reads all. */
int e911_guide_has_table(void);
/** In mod_init. MEM. */
int e911_guide_init(void);
void e911_guide_destroy(void);
/** Reads all files, then the table (NULL: none): takes seconds. AGAIN: another
 * process is just doing so; FULL: too many were replaced in the last minute.
 * *fault says why. */
int e911_guide_load(e911_guide_table_f read_table, e911_guide_fault_t *fault);
/** Would that file be taken? It is read as e911_guide_load() does, counted and
 * forgotten; path is shorter than E911_GUIDE_PATH_MAX. AGAIN, and its faults. */
int e911_guide_check(
		const char *path, unsigned long *ranges, e911_guide_fault_t *fault);
/** The fault in words: file and line, or table and id, column, error. */
void e911_guide_explain(const e911_guide_fault_t *fault, char *to, size_t size);
/** Frees what was replaced long enough ago; now and then. */
void e911_guide_bury(void);
/** The one in force; NULL: none yet. */
const e911_msag_t *e911_guide(void);
void e911_guide_tell(e911_guide_facts_t *facts);

#endif
