/*
 * e911: $e911(name)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "branch.h"
#include "gate.h"
#include "location.h"
#include "profile.h"
#include "proof.h"
#include "pv.h"
#include "pv_notice.h"
#include "route.h"

typedef str (*read_f)(const e911_call_t *call);

static str text(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

/* an event is told as a call is, but it is of no kind, and proves nobody */
static str read_kind(const e911_call_t *call)
{
	return text(call->kind ? e911_kind_name(call->kind) : "");
}

static str read_urn(const e911_call_t *call)
{
	return e911_call_text(call, call->urn);
}

static str read_number(const e911_call_t *call)
{
	return e911_call_text(call, call->number);
}

static str read_country(const e911_call_t *call)
{
	str country = STR_NULL;

	e911_location_get(&call->location, E911_F_COUNTRY, &country);
	return country;
}

static str read_method(const e911_call_t *call)
{
	str method = STR_NULL;

	e911_location_get(&call->location, E911_F_METHOD, &method);
	return method;
}

static str read_verdict(const e911_call_t *call)
{
	return text(call->located ? e911_verdict_name(call->location.verdict) : "");
}

static str read_freshness(const e911_call_t *call)
{
	return text(
			call->located ? e911_freshness_name(call->location.freshness) : "");
}

static str read_found(const e911_call_t *call)
{
	static const char *const names[] = {"none", "device", "aor", "only"};

	if(call->found == E911_FOUND_NONE && call->located)
		return text("default");
	return text(names[call->found]);
}

static str read_aor(const e911_call_t *call)
{
	return e911_call_text(call, call->aor);
}

/* of an event there is no call yet */
static str read_callback(const e911_call_t *call)
{
	return call->callback.len ? e911_call_text(call, call->callback)
							  : text(e911_route_site(call)->callback);
}

static str read_elin(const e911_call_t *call)
{
	return e911_call_text(call, call->elin);
}

static str read_transferred(const e911_call_t *call)
{
	return text(call->transferred ? "yes" : "no");
}

static str read_reason(const e911_call_t *call)
{
	return text(e911_reason_name(call->reason));
}

static str read_contact(const e911_call_t *call)
{
	return e911_call_text(call, call->contact);
}

static str read_site(const e911_call_t *call)
{
	return text(e911_route_site(call)->name);
}

static int has_step(const e911_call_t *call)
{
	return call->step >= 0 && call->step < call->steps;
}

static str read_ersp(const e911_call_t *call)
{
	if(!has_step(call))
		return text("");
	return e911_call_text(call, call->ladder[call->step].uri);
}

static str read_profile(const e911_call_t *call)
{
	if(!has_step(call))
		return text("");
	return text(e911_branch_profile(call)->name);
}

static str read_conveyance(const e911_call_t *call)
{
	return text(
			has_step(call) ? e911_conveyance_name(e911_branch_form(call)) : "");
}

/* at its place in the table only: it depends on the message, see get() */
static str read_proof(const e911_call_t *call)
{
	return text(call->kind ? e911_proof_name(call->proof) : "");
}

/* clang-format off */
static const struct member
{
	const char *name;
	read_f read;
} members[] = {
	{"kind", read_kind}, /* emergency, test */
	{"urn", read_urn},
	{"number", read_number},
	{"country", read_country},
	{"method", read_method},
	{"verdict", read_verdict},
	{"freshness", read_freshness},
	{"found", read_found}, /* device, aor, only, default, none */
	{"reason", read_reason}, /* moved, old, gone; after the gate, its token */
	{"proof", read_proof},
	{"aor", read_aor},
	{"callback", read_callback},
	{"elin", read_elin},
	{"transferred", read_transferred},
	{"contact", read_contact},
	{"site", read_site},
	{"ersp", read_ersp},
	{"profile", read_profile},
	{"conveyance", read_conveyance},
};
/* clang-format on */

#define MEMBERS (sizeof(members) / sizeof(*members))

static int parse_name(pv_spec_t *spec, str *in)
{
	size_t i;

	for(i = 0; i < MEMBERS; i++) {
		if(strlen(members[i].name) == (size_t)in->len
				&& memcmp(members[i].name, in->s, in->len) == 0) {
			spec->pvp.pvn.type = PV_NAME_INTSTR;
			spec->pvp.pvn.u.isname.type = 0;
			spec->pvp.pvn.u.isname.name.n = (int)i;
			return 0;
		}
	}
	LM_ERR("$e911(%.*s): no such member\n", in->len, in->s);
	return -1;
}

static int get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res)
{
	read_f read = members[param->pvn.u.isname.name.n].read;
	e911_call_t *call = e911_route_call(msg);
	str value = STR_NULL;

	if(call == NULL && read == read_reason)
		value = text(e911_gate_reason(msg));
	else if(call && read == read_proof && call->kind)
		value = text(e911_proof_name(e911_route_proof(msg, call)));
	else if(call)
		value = read(call);
	if(value.len <= 0)
		return pv_get_null(msg, param, res);
	return pv_get_strval(msg, param, res, &value);
}

/* clang-format off */
pv_export_t e911_pvs[] = {
	{{"e911", 4}, PVT_OTHER, get, 0, parse_name, 0, 0, 0},
	{{"e911_notice", 11}, PVT_OTHER, e911_pv_notice, 0, e911_pv_notice_name,
		0, 0, 0},
	{{0, 0}, 0, 0, 0, 0, 0, 0, 0}
};
/* clang-format on */
