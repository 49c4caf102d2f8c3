/*
 * Just enough of Kamailio to run one file of the module alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Allocations (pkg and shm) come from malloc, so that the sanitizers see
 * them, and can be made to fail: ksr_allow(n) lets n more succeed.
 */
#ifndef KSR_STUB_H
#define KSR_STUB_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/** n >= 0: so many allocations succeed, then none; -1: all succeed. */
void ksr_allow(long n);
/** Has an allocation been refused since ksr_allow()? */
int ksr_refused(void);
/** Blocks allocated and not freed. */
long ksr_blocks(void);
/** malloc, calloc, realloc under the same count, for libraries' hooks. */
void *ksr_malloc(size_t size);
void *ksr_realloc(void *p, size_t size);
void ksr_free(void *p);

/**
 * Runs work with 0, 1, 2 … allocations allowed until none was refused. With
 * one refused, work must return what err says (any e911 error will do where
 * err is 0) or 0, and in no case keep a block.
 */
void ksr_sweep(int (*work)(void *arg), void *arg, int err);

#endif
