/*
 * e911: $e911_notice(name)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/dprint.h"
#include "pv_notice.h"

static const e911_notice_t *present;

void e911_pv_present(const e911_notice_t *notice)
{
	present = notice;
}

int e911_pv_notice_name(pv_spec_t *spec, str *in)
{
	int place = e911_notice_place_find(in->s, (size_t)in->len);

	if(place < 0) {
		LM_ERR("$e911_notice(%.*s): no such member\n", in->len, in->s);
		return -1;
	}
	spec->pvp.pvn.type = PV_NAME_INTSTR;
	spec->pvp.pvn.u.isname.type = 0;
	spec->pvp.pvn.u.isname.name.n = place;
	return 0;
}

int e911_pv_notice(sip_msg_t *msg, pv_param_t *param, pv_value_t *res)
{
	str value = STR_NULL;

	if(present)
		value = present->value[param->pvn.u.isname.name.n];
	if(value.len <= 0)
		return pv_get_null(msg, param, res);
	return pv_get_strval(msg, param, res, &value);
}
