/*
 * e911: commands on how things stand: sites and ERSPs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_COVERAGE_H
#define E911_RPC_COVERAGE_H

#include "../../core/rpc.h"

void e911_rpc_coverage(rpc_t *rpc, void *ctx);
void e911_rpc_ersps(rpc_t *rpc, void *ctx);
void e911_rpc_drill(rpc_t *rpc, void *ctx);

#endif
