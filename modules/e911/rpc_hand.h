/*
 * e911: commands of the operator's hand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_HAND_H
#define E911_RPC_HAND_H

#include "../../core/rpc.h"

void e911_rpc_drain(rpc_t *rpc, void *ctx);
void e911_rpc_undrain(rpc_t *rpc, void *ctx);
void e911_rpc_force(rpc_t *rpc, void *ctx);
void e911_rpc_unforce(rpc_t *rpc, void *ctx);
void e911_rpc_hand(rpc_t *rpc, void *ctx);

#endif
