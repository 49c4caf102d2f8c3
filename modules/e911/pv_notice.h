/*
 * e911: $e911_notice(name), in the routes that tell of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names are those of the places of a template.
 */
#ifndef E911_PV_NOTICE_H
#define E911_PV_NOTICE_H

#include "../../core/pvar.h"
#include "notice.h"

int e911_pv_notice_name(pv_spec_t *spec, str *in);
int e911_pv_notice(sip_msg_t *msg, pv_param_t *param, pv_value_t *res);
/** The notice that is told of from now on in this process; NULL: none. */
void e911_pv_present(const e911_notice_t *notice);

#endif
