/*
 * e911: keyed hash, SipHash-2-4 (Aumasson, Bernstein 2012)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For tables that strangers write into, and for logs: an identity is shown as
 * its hash under a key that is made anew at each start.
 */
#ifndef E911_HASH_H
#define E911_HASH_H

#include <stddef.h>
#include <stdint.h>

/** Makes the key; once, before the fork. 0 or E911_ERR_NONE (no randomness). */
int e911_hash_init(void);
uint64_t e911_hash(const char *s, size_t len);
/** len unpredictable bytes; E911_ERR_NONE if the system gives none. */
int e911_hash_random(unsigned char *bytes, size_t len);

#endif
