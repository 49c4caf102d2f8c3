/*
 * e911: commands on locations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_RPC_LOCATION_H
#define E911_RPC_LOCATION_H

#include "../../core/rpc.h"
#include "json.h"

void e911_rpc_loc_set(rpc_t *rpc, void *ctx);
void e911_rpc_loc_confirm(rpc_t *rpc, void *ctx);
void e911_rpc_loc_unusable(rpc_t *rpc, void *ctx);
void e911_rpc_loc_get(rpc_t *rpc, void *ctx);
void e911_rpc_loc_del(rpc_t *rpc, void *ctx);
void e911_rpc_loc_list(rpc_t *rpc, void *ctx);
void e911_rpc_stored(rpc_t *rpc, void *ctx);

/** Reads JSON or PIDF-LO, as loc_set has it; bad as e911_json_read(). */
int e911_rpc_read_location(
		e911_location_t *l, const str *text, char bad[E911_JSON_NAME_MAX]);
/** Puts the fields that loc_set takes into a row of an answer. */
void e911_rpc_put_fields(rpc_t *rpc, void *row, const e911_location_t *l);

#endif
