/*
 * e911: functions of the routing script, native and KEMI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_SCRIPT_H
#define E911_SCRIPT_H

#include "../../core/kemi.h"
#include "../../core/sr_module.h"

extern cmd_export_t e911_script_functions[];
extern sr_kemi_t e911_script_kemi[];

/** Runs event_route[e911:failed], or the KEMI callback's. */
void e911_script_failed(sip_msg_t *msg);
/** Looks up the event route; in mod_init. callback: of KEMI, may be empty. */
void e911_script_init(const str *callback);

#endif
