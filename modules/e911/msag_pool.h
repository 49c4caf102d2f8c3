/*
 * e911: MSAG: arrays and hash tables in shared memory that grow while it is
 * built; for the files of the guide only
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_MSAG_POOL_H
#define E911_MSAG_POOL_H

#include "msag_index.h"


/* A range as it was added. */
typedef struct e911_added
{
	uint32_t way;
	e911_range_t range;
} e911_added_t;

#define ADDED_AT(m, i) E911_ROW((m)->added, e911_added_t, i)

typedef uint64_t e911_row_hash_f(const e911_msag_t *m, uint32_t row);

uint64_t e911_msag_mix(uint64_t a, uint64_t b);

/** A row more, not filled in; its number. FULL (the rows cannot be counted),
 * MEM. */
int e911_rows_add(e911_rows_t *r, uint32_t *at);
/** Exactly n rows, not filled in. MEM. */
int e911_rows_make(e911_rows_t *r, uint32_t n);
/** Gives back what is not used. */
void e911_rows_pack(e911_rows_t *r);
void e911_rows_free(e911_rows_t *r);

/** Makes sure that one more of n rows has its slot; hashes them all anew where
 * it must. MEM. */
int e911_slots_room(e911_slots_t *t, uint32_t n, const e911_msag_t *m,
		e911_row_hash_f *hash);
void e911_slots_put(e911_slots_t *t, uint64_t hash, uint32_t row);
void e911_slots_free(e911_slots_t *t);

/** A text of at most 255 bytes, kept once. MEM, LONG, FULL. */
int e911_pool_put(e911_msag_t *m, const str *s, uint32_t *at);

uint64_t e911_msag_name_hash(const e911_msag_t *m, uint32_t i);
uint64_t e911_msag_way_hash(const e911_msag_t *m, uint32_t i);

#endif
