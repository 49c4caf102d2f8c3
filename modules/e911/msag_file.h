/*
 * e911: MSAG: files of a guide
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two kinds, told apart by the first line: records of 200 columns (NENA, "*" at
 * the end), and CSV (RFC 4180, one line a record) whose first line names the
 * columns of e911_msag_row_t: street, community, state, low and high must be
 * there; parity is B where it is not; their order is free, others are left out.
 */
#ifndef E911_MSAG_FILE_H
#define E911_MSAG_FILE_H

#include <stdio.h>
#include "msag.h"

#define E911_MSAG_LINE_MAX 4096
#define E911_MSAG_COLUMN_MAX 16

typedef struct e911_msag_fault
{
	unsigned long line;				   /* 0: the file itself */
	char column[E911_MSAG_COLUMN_MAX]; /* empty: the line as a whole */
} e911_msag_fault_t;

/**
 * Adds all rows of a file. NONE: it cannot be opened or read; EMPTY: it has no
 * rows; SYNTAX, MISSING (a column that must be there), TWICE (a column), LONG,
 * and what e911_msag_add() returns: the guide is as far as it came, and to be
 * freed.
 */
int e911_msag_file_read(
		e911_msag_t *msag, const char *path, e911_msag_fault_t *fault);
int e911_msag_file_rows(
		e911_msag_t *msag, FILE *file, e911_msag_fault_t *fault);

#endif
