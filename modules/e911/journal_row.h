/*
 * e911: one row of the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rows of a node are a chain: each has a MAC (RFC 2104, with SHA-256) over
 * itself and the MAC of the row before. What is personal is not in it but by
 * its digest, so that it may be taken out later on: the chain still holds.
 *
 * MAC = HMAC(key, previous MAC LF node LF seq LF call LF who LF kind LF at LF
 * summary LF digest LF document digest); of a cut HMAC(key, "cut" LF node LF seq
 * LF at LF summary LF digest), where digest is the MAC of the last row that was
 * cut off. Numbers are decimal, MACs and digests hexadecimal.
 */
#ifndef E911_JOURNAL_ROW_H
#define E911_JOURNAL_ROW_H

#include "parcel.h"

#define E911_NODE_MAX 64
#define E911_KEY_LEAST 16
#define E911_KEY_MAX 1024
#define E911_WHO_LEN 32 /* hexadecimal digits */

#define E911_ROW_TEXT_MAX 40960 /* all texts of a parcel, escaped */

/* Whose record it is. */
typedef struct e911_journal_keeper
{
	char node[E911_NODE_MAX];
	unsigned char key[E911_KEY_MAX];
	size_t key_len;
} e911_journal_keeper_t;

typedef struct e911_journal_row
{
	uint64_t seq, at_ms;
	const char *node, *kind;
	char call[E911_WHO_LEN + 1]; /* digest of its Call-ID; empty: of none */
	char who[E911_WHO_LEN + 1];	 /* MAC of the AoR; empty: of nobody */
	/* JSON; the texts are the row's own, but for the document */
	str summary, detail, document;
	char digest[E911_MAC_LEN + 1]; /* of the detail; empty where it is */
	char document_digest[E911_MAC_LEN + 1];
	char mac[E911_MAC_LEN + 1];
	char summary_mem[E911_ROW_TEXT_MAX], detail_mem[E911_ROW_TEXT_MAX];
} e911_journal_row_t;

/** Letters, digits, ".", "-" and "_". VALUE, LONG. */
int e911_journal_node(e911_journal_keeper_t *keeper, const str *name);
/** The bytes of a key file, white space at its end left out. MISSING: too
 * short, LONG. */
int e911_journal_key(e911_journal_keeper_t *keeper, const str *text);
/** The row of an event, without its seq and MAC. site: its name. SPACE, NONE
 * (no randomness). */
int e911_journal_row(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, const e911_event_t *event,
		const char *site);
/** Nothing but its summary is left. */
void e911_journal_strip(e911_journal_row_t *row);
/** Makes it the row behind one of that MAC, which is empty for the first. */
int e911_journal_seal(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, uint64_t seq, const char *before);
/** The row that stands for all up to seq, whose MAC was that. */
int e911_journal_cut(e911_journal_row_t *row,
		const e911_journal_keeper_t *keeper, uint64_t seq, const char *mac,
		uint64_t at_ms);

#endif
