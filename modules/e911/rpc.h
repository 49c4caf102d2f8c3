/*
 * e911: commands: kamcmd e911.…, JSON-RPC
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_H
#define E911_RPC_H

#include "../../core/rpc.h"

extern rpc_export_t e911_rpc_commands[];

#endif
