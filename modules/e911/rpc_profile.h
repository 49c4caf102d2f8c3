/*
 * e911: commands on profiles: which there are, what a call would be by them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_PROFILE_H
#define E911_RPC_PROFILE_H

#include "../../core/rpc.h"

void e911_rpc_profiles(rpc_t *rpc, void *ctx);
void e911_rpc_dryrun(rpc_t *rpc, void *ctx);
void e911_rpc_report(rpc_t *rpc, void *ctx);

#endif
