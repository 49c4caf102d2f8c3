/*
 * e911: commands on locations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_LOCATION_H
#define E911_RPC_LOCATION_H

#include "../../core/rpc.h"

void e911_rpc_loc_set(rpc_t *rpc, void *ctx);
void e911_rpc_loc_confirm(rpc_t *rpc, void *ctx);
void e911_rpc_loc_unusable(rpc_t *rpc, void *ctx);
void e911_rpc_loc_get(rpc_t *rpc, void *ctx);
void e911_rpc_loc_del(rpc_t *rpc, void *ctx);
void e911_rpc_loc_list(rpc_t *rpc, void *ctx);
void e911_rpc_stored(rpc_t *rpc, void *ctx);

#endif
