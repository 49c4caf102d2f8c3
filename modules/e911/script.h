/*
 * e911: functions of the routing script, native and KEMI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_SCRIPT_H
#define E911_SCRIPT_H

#include "../../core/kemi.h"
#include "../../core/sr_module.h"
#include "calls.h"
#include "notice.h"

extern cmd_export_t e911_script_functions[];
extern sr_kemi_t e911_script_kemi[];

/** Runs the route that answers, if there is one, then event_route[e911:failed]
 * or the KEMI callback. */
void e911_script_failed(sip_msg_t *msg);
/** Runs event_route[e911:moved] or the KEMI callback; in a process of ours. */
void e911_script_moved(const e911_call_t *call);
/** Runs event_route[e911:notify], or [e911:notify-failed], or the KEMI callback;
 * in a process of ours. NONE: there is none; MEM. */
int e911_script_notice(const e911_notice_t *notice, int given_up);
/**
 * Looks up the routes; in mod_init. callback: of KEMI, may be empty; answer:
 * name of the route that answers, or NULL. NAME: no such route.
 */
int e911_script_init(const str *callback, const char *answer);

#endif
