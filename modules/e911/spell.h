/*
 * e911: how far apart two names are
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_SPELL_H
#define E911_SPELL_H

#include <stddef.h>
#include <stdint.h>

#define E911_SPELL_MAX 64

/* A name to which others are compared. */
typedef struct e911_spell
{
	uint64_t is[256]; /* bit i: character i of the name is this one */
	uint64_t bag;
	size_t len;
} e911_spell_t;

/**
 * Which characters a name has: one edit changes at most two bits, so that half
 * the number of bits in which two bags differ is never more than the distance.
 */
uint64_t e911_bag(const char *s, size_t len);
/** A name of 1 to E911_SPELL_MAX bytes. */
void e911_spell_init(e911_spell_t *p, const char *s, size_t len);
/**
 * Edits from one to the other: a character put in, left out, another one, or
 * two neighbours exchanged (optimal string alignment); bit-parallel, Hyyro
 * 2003, after Myers 1999.
 */
int e911_spell_distance(const e911_spell_t *p, const char *s, size_t len);

static inline int e911_bag_distance(uint64_t a, uint64_t b)
{
	return (__builtin_popcountll(a ^ b) + 1) / 2;
}

#endif
