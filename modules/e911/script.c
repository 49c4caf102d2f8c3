/*
 * e911: functions of the routing script
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/action.h"
#include "../../core/dprint.h"
#include "../../core/mod_fix.h"
#include "../../core/route.h"
#include "../../core/str.h"
#include "../../core/fmsg.h"
#include "../../core/usr_avp.h"
#include "../../core/xavp.h"
#include "callback.h"
#include "dress.h"
#include "err.h"
#include "gate.h"
#include "learn.h"
#include "offer.h"
#include "proof.h"
#include "pv_notice.h"
#include "route.h"
#include "script.h"
#include "validate.h"
#include "web.h"

/* An event and its route, -1 without one. */
typedef struct event
{
	str name;
	int route;
} event_t;

static event_t failed = {str_init("e911:failed"), -1};
static event_t moved = {str_init("e911:moved"), -1};
static event_t notify = {str_init("e911:notify"), -1};
static event_t notify_failed = {str_init("e911:notify-failed"), -1};
static str kemi_callback;
static int answer_route = -1;

static int find_route(struct route_list *list, const char *name)
{
	int i = route_lookup(list, (char *)name);

	return i >= 0 && list->rlist[i] ? i : -1;
}

int e911_script_init(const str *callback, const char *answer)
{
	kemi_callback = *callback;
	failed.route = find_route(&event_rt, failed.name.s);
	moved.route = find_route(&event_rt, moved.name.s);
	notify.route = find_route(&event_rt, notify.name.s);
	notify_failed.route = find_route(&event_rt, notify_failed.name.s);
	answer_route = answer ? find_route(&main_rt, answer) : -1;
	return answer && answer_route < 0 ? E911_ERR_NAME : E911_OK;
}

static int is_wanted(const event_t *event)
{
	return sr_kemi_eng_get() ? kemi_callback.len > 0 : event->route >= 0;
}

static void run_event(sip_msg_t *msg, event_t *event)
{
	sr_kemi_eng_t *engine = sr_kemi_eng_get();
	int backup = get_route_type();

	if(!is_wanted(event))
		return;
	set_route_type(EVENT_ROUTE);
	if(engine != NULL)
		sr_kemi_route(engine, msg, EVENT_ROUTE, &kemi_callback, &event->name);
	else
		run_top_route(event_rt.rlist[event->route], msg, NULL);
	set_route_type(backup);
}

void e911_script_failed(sip_msg_t *msg)
{
	if(answer_route >= 0)
		run_top_route(main_rt.rlist[answer_route], msg, NULL);
	run_event(msg, &failed);
}

void e911_script_moved(const e911_call_t *call)
{
	sip_msg_t *msg;

	if(!is_wanted(&moved) || faked_msg_init() < 0)
		return;
	msg = faked_msg_next();
	e911_route_present(msg, call);
	run_event(msg, &moved);
	/* what the script has set goes with the event */
	reset_avps();
	xavp_reset_list();
}

int e911_script_notice(const e911_notice_t *notice, int given_up)
{
	event_t *event = given_up ? &notify_failed : &notify;

	if(!is_wanted(event))
		return E911_ERR_NONE;
	if(faked_msg_init() < 0)
		return E911_ERR_MEM;
	e911_pv_present(notice);
	run_event(faked_msg_next(), event);
	e911_pv_present(NULL);
	reset_avps();
	xavp_reset_list();
	return E911_OK;
}

static int is_call(const sip_msg_t *msg)
{
	return msg->first_line.type == SIP_REQUEST;
}

static int ki_e911_match_number(sip_msg_t *msg, str *number)
{
	/* KEMI hands over an empty string where there was none */
	if(!is_call(msg) || (number && number->len <= 0))
		return -1;
	return e911_route_match(msg, number) ? 1 : -1;
}

static int ki_e911_match(sip_msg_t *msg)
{
	return ki_e911_match_number(msg, NULL);
}

static int ki_e911_relay(sip_msg_t *msg)
{
	return is_call(msg) ? e911_route_relay(msg) : -1;
}

static int ki_e911_route(sip_msg_t *msg)
{
	return is_call(msg) ? e911_route_next(msg) : -1;
}

static int ki_e911_convey(sip_msg_t *msg)
{
	e911_call_t *call = e911_route_call(msg);

	if(call == NULL)
		return -1;
	e911_dress(msg, call);
	return 1;
}

static int ki_e911_challenge(sip_msg_t *msg)
{
	return is_call(msg) && e911_route_challenge(msg) ? 1 : -1;
}

static int ki_e911_vouch(sip_msg_t *msg)
{
	if(!is_call(msg))
		return -1;
	e911_proof_vouch(msg);
	return 1;
}

static int ki_e911_gate(sip_msg_t *msg)
{
	return is_call(msg) && e911_gate(msg) == E911_GATE_CLOSED ? -1 : 1;
}

static int ki_e911_learn(sip_msg_t *msg)
{
	int err = is_call(msg) ? e911_learn(msg) : E911_ERR_NONE;

	if(err == 0)
		return 1;
	return err == E911_ERR_NONE ? -1 : -2;
}

static int ki_e911_offer(sip_msg_t *msg)
{
	return is_call(msg) && e911_offer(msg) == 0 ? 1 : -1;
}

static int ki_e911_callback(sip_msg_t *msg)
{
	return is_call(msg) && e911_callback(msg) ? 1 : -1;
}

static int ki_e911_validate_site(sip_msg_t *msg, str *location, str *site)
{
	return e911_validate_text(location, site);
}

static int ki_e911_validate(sip_msg_t *msg, str *location)
{
	return e911_validate_text(location, NULL);
}

static int ki_e911_http(sip_msg_t *msg)
{
	return e911_web(msg) ? 1 : -1;
}

static int w_e911_match(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_match(msg);
}

static int w_e911_match_number(sip_msg_t *msg, char *p1, char *p2)
{
	str number;

	if(fixup_get_svalue(msg, (gparam_t *)p1, &number) < 0)
		return -1;
	return ki_e911_match_number(msg, &number);
}

static int w_e911_relay(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_relay(msg);
}

static int w_e911_route(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_route(msg);
}

static int w_e911_convey(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_convey(msg);
}

static int w_e911_challenge(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_challenge(msg);
}

static int w_e911_vouch(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_vouch(msg);
}

static int w_e911_gate(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_gate(msg);
}

static int w_e911_learn(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_learn(msg);
}

static int w_e911_offer(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_offer(msg);
}

static int w_e911_callback(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_callback(msg);
}

static int w_e911_validate(sip_msg_t *msg, char *p1, char *p2)
{
	str location, site = STR_NULL;

	if(fixup_get_svalue(msg, (gparam_t *)p1, &location) < 0
			|| (p2 && fixup_get_svalue(msg, (gparam_t *)p2, &site) < 0))
		return -1;
	return e911_validate_text(&location, p2 ? &site : NULL);
}

static int w_e911_http(sip_msg_t *msg, char *p1, char *p2)
{
	return ki_e911_http(msg);
}

/* clang-format off */
cmd_export_t e911_script_functions[] = {
	{"e911_match", w_e911_match, 0, 0, 0, ANY_ROUTE},
	{"e911_match", w_e911_match_number, 1,
		fixup_spve_null, fixup_free_spve_null, ANY_ROUTE},
	{"e911_relay", w_e911_relay, 0, 0, 0, REQUEST_ROUTE | FAILURE_ROUTE},
	{"e911_route", w_e911_route, 0, 0, 0, REQUEST_ROUTE | FAILURE_ROUTE},
	{"e911_convey", w_e911_convey, 0, 0, 0, BRANCH_ROUTE},
	{"e911_challenge", w_e911_challenge, 0, 0, 0, REQUEST_ROUTE},
	{"e911_vouch", w_e911_vouch, 0, 0, 0, REQUEST_ROUTE},
	{"e911_gate", w_e911_gate, 0, 0, 0, REQUEST_ROUTE},
	{"e911_learn", w_e911_learn, 0, 0, 0, REQUEST_ROUTE},
	{"e911_offer", w_e911_offer, 0, 0, 0, REQUEST_ROUTE},
	{"e911_callback", w_e911_callback, 0, 0, 0, REQUEST_ROUTE | FAILURE_ROUTE},
	{"e911_validate", w_e911_validate, 1,
		fixup_spve_null, fixup_free_spve_null, ANY_ROUTE},
	{"e911_validate", w_e911_validate, 2,
		fixup_spve_spve, fixup_free_spve_spve, ANY_ROUTE},
	{"e911_http", w_e911_http, 0, 0, 0, REQUEST_ROUTE},
	{0, 0, 0, 0, 0, 0}
};

sr_kemi_t e911_script_kemi[] = {
	{str_init("e911"), str_init("match"), SR_KEMIP_INT, ki_e911_match,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("match_number"), SR_KEMIP_INT,
		ki_e911_match_number, {SR_KEMIP_STR, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("relay"), SR_KEMIP_INT, ki_e911_relay,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("route"), SR_KEMIP_INT, ki_e911_route,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("convey"), SR_KEMIP_INT, ki_e911_convey,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("challenge"), SR_KEMIP_INT, ki_e911_challenge,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("vouch"), SR_KEMIP_INT, ki_e911_vouch,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("gate"), SR_KEMIP_INT, ki_e911_gate,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("learn"), SR_KEMIP_INT, ki_e911_learn,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("offer"), SR_KEMIP_INT, ki_e911_offer,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("callback"), SR_KEMIP_INT, ki_e911_callback,
		{0, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("validate"), SR_KEMIP_INT, ki_e911_validate,
		{SR_KEMIP_STR, 0, 0, 0, 0, 0}},
	{str_init("e911"), str_init("validate_site"), SR_KEMIP_INT,
		ki_e911_validate_site, {SR_KEMIP_STR, SR_KEMIP_STR, 0, 0, 0, 0}},
	{str_init("e911"), str_init("http"), SR_KEMIP_INT, ki_e911_http,
		{0, 0, 0, 0, 0, 0}},
	{{0, 0}, {0, 0}, 0, NULL, {0, 0, 0, 0, 0, 0}}
};
/* clang-format on */
