/*
 * e911: commands on the record of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_RECORD_H
#define E911_RPC_RECORD_H

#include "../../core/rpc.h"

void e911_rpc_record(rpc_t *rpc, void *ctx);
void e911_rpc_record_head(rpc_t *rpc, void *ctx);

#endif
