/*
 * e911: the database: the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rows are added and, long after, deleted from the beginning; what is personal
 * in them may be taken out before. All of it within a transaction; DOWN where
 * nothing is said.
 */
#ifndef E911_STORE_JOURNAL_H
#define E911_STORE_JOURNAL_H

#include "journal_row.h"

int e911_store_journal_add(const e911_journal_row_t *row);
/** The end of a node's chain: *seq 0 and an empty MAC where there is none. Of a
 * cut the MAC is the one that it stands for. */
int e911_store_journal_end(
		const char *node, uint64_t *seq, char mac[E911_MAC_LEN + 1]);
/** Deletes the rows of a node before that time, all from its first on: *seq is
 * the last one, mac its MAC. NONE: there are none. */
int e911_store_journal_cut(const char *node, uint64_t before_ms, uint64_t *seq,
		char mac[E911_MAC_LEN + 1]);
/** Takes the documents, or all that is personal, out of rows behind *cleared
 * and before that time; *cleared is then the last one that has none. */
int e911_store_journal_clear(const char *node, uint64_t before_ms,
		int documents_alone, uint64_t *cleared);

#endif
