/*
 * e911: who is not asked for a while, since he has failed too often
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * By name, in shared memory: what one process learns all of them know. Closed:
 * all may ask. After so many failures in a row open: nobody may, for so long.
 * Then half open: one may try, and what becomes of it decides.
 */
#ifndef E911_BREAKER_H
#define E911_BREAKER_H

#include <stdint.h>

#define E911_BREAKERS_MAX 64
#define E911_BREAKER_NAME_MAX 32

enum e911_breaker_state
{
	E911_BREAKER_CLOSED,
	E911_BREAKER_OPEN,
	E911_BREAKER_HALF_OPEN
};

typedef struct e911_breaker
{
	char name[E911_BREAKER_NAME_MAX];
	int state;
	int failures;		/* in a row */
	unsigned int rests; /* times it has opened */
	uint64_t until;		/* e911_clock_ms(): open, or the trial is to be over */
} e911_breaker_t;

/** Before the fork. MEM. */
int e911_breaker_init(void);
void e911_breaker_destroy(void);
/** May it be asked now? 0; or the ms it still rests (half open: the trial has
 * rest_ms, or another one may try). What may be asked is to be told of. */
int e911_breaker_ask(const char *name, int rest_ms);
/** What became of it; after: failures in a row until it rests, 0: never. 1: it
 * has opened or closed by this. */
int e911_breaker_tell(const char *name, int ok, int after, int rest_ms);
/** It was allowed, and did not happen. */
void e911_breaker_withdraw(const char *name);
/** The nth of those ever asked; NONE past the end. */
int e911_breaker_nth(int n, e911_breaker_t *breaker);
const char *e911_breaker_state_name(int state);

#endif
