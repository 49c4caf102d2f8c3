/*
 * e911: what all commands have in common
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_ANSWER_H
#define E911_RPC_ANSWER_H

#include <stdint.h>
#include <time.h>
#include "../../core/rpc.h"
#include "../../core/str.h"

#define E911_RPC_ARGS 4

/** What this process is, as child_init() was told. */
extern int e911_rpc_rank;

/** Reads strings, at least and at most so many; how many, or -1: a fault has
 * been answered, with the usage. args is of E911_RPC_ARGS. */
int e911_rpc_scan(rpc_t *rpc, void *ctx, str *args, int least, int most,
		const char *usage);
/** Answers with an error of err.h about what, which may be empty. */
void e911_rpc_fault(rpc_t *rpc, void *ctx, int err, const char *what);
void e911_rpc_fault_of(rpc_t *rpc, void *ctx, int err, const str *what);
/** Reads "[CURSOR] [ROWS]" of a list that is answered page by page, at most so
 * many rows; 0, or -1: a fault has been answered. */
int e911_rpc_page(rpc_t *rpc, void *ctx, int most, uint64_t *cursor, int *rows);
/** Answers where the next page begins. */
void e911_rpc_next(rpc_t *rpc, void *ctx, uint64_t cursor);
/** A time as text, in memory of the caller's; none for 0. */
str e911_rpc_time(time_t when, char mem[32]);
/** A process that handles SIP never waits: over HTTP it is a TCP worker. */
int e911_rpc_may_wait(void);

#endif
