/*
 * e911: commands on validation, for rpc.c
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_VALIDATE_H
#define E911_RPC_VALIDATE_H

#include "../../core/rpc.h"
#include "assessment.h"

void e911_rpc_validate(rpc_t *rpc, void *ctx);
void e911_rpc_assessed(rpc_t *rpc, void *ctx);
void e911_rpc_validators(rpc_t *rpc, void *ctx);
void e911_rpc_msag(rpc_t *rpc, void *ctx);
void e911_rpc_msag_check(rpc_t *rpc, void *ctx);
void e911_rpc_msag_reload(rpc_t *rpc, void *ctx);

/** Puts into a row of an answer: validator, elements, suggestions. */
void e911_rpc_put_assessment(rpc_t *rpc, void *row, const e911_assessment_t *a);
/** Waits for a job, as long as this process may: 1 if it is done and a written,
 * else its id goes into the row. */
int e911_rpc_await(rpc_t *rpc, void *row, uint64_t job, e911_assessment_t *a);

#endif
