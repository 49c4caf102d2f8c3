/*
 * e911: the command on notices of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_NOTICES_H
#define E911_RPC_NOTICES_H

#include "../../core/rpc.h"

void e911_rpc_notices(rpc_t *rpc, void *ctx);

#endif
