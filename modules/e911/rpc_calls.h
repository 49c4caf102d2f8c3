/*
 * e911: commands on emergency calls and their ELINs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_CALLS_H
#define E911_RPC_CALLS_H

#include "../../core/rpc.h"

void e911_rpc_calls(rpc_t *rpc, void *ctx);
void e911_rpc_elins(rpc_t *rpc, void *ctx);

#endif
