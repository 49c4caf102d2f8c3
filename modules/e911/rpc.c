/*
 * e911: commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/rpc.h"
#include "config.h"
#include "err.h"
#include "keeper.h"
#include "reload.h"
#include "route.h"
#include "rpc.h"
#include "rpc_answer.h"
#include "rpc_calls.h"
#include "rpc_coverage.h"
#include "rpc_hand.h"
#include "rpc_location.h"
#include "rpc_notices.h"
#include "rpc_profile.h"
#include "rpc_record.h"
#include "rpc_validate.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"

/* ----- calls ----- */

static const char *match_doc[] = {
		"What dialling NUMBER would be: NUMBER [AOR]. Numbers as s:NUMBER.", 0};

static int identify(rpc_t *rpc, void *ctx, str *args, e911_call_t *call)
{
	char mem[E911_AOR_MAX];
	e911_device_t nobody = {0};
	str aor = {mem, 0};
	int err = 0;

	if(args[1].len)
		err = e911_aor_normal(&args[1], mem, &aor);
	if(err)
		e911_rpc_fault(rpc, ctx, err, "AOR");
	else
		e911_route_identify(&args[0], &aor, &nobody, call);
	return err;
}

static void match(rpc_t *rpc, void *ctx)
{
	static e911_call_t call;
	str args[E911_RPC_ARGS], urn, number;
	void *row;

	if(e911_rpc_scan(rpc, ctx, args, 1, 2, "e911.match NUMBER [AOR]") < 0
			|| identify(rpc, ctx, args, &call) || rpc->add(ctx, "{", &row) < 0)
		return;
	rpc->struct_add(row, "s", "kind", e911_kind_name(call.kind));
	if(call.kind == E911_KIND_NONE)
		return;
	urn = e911_call_text(&call, call.urn);
	number = e911_call_text(&call, call.number);
	rpc->struct_add(row, "SSsd", "urn", &urn, "number", &number, "site",
			e911_route_site(&call)->name, "set", call.set);
}

/* ----- settings ----- */

#define REPLY_ROOM 125000 /* replies over 131072 bytes are lost */
#define ROW_ROOM 250	  /* of a site, without what may be long */

static const char *sites_doc[] = {
		"The sites in force: [NAME]. With NAME all that there is of one.", 0};

/* until the next call */
static const char *networks_text(const e911_networks_t *list)
{
	static char mem[E911_NETWORKS_MAX * E911_NETWORK_TEXT_MAX];
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, mem, sizeof(mem) - 1);
	for(i = 0; i < list->n; i++) {
		if(i)
			E911_STRBUF_LIT(&b, ",");
		e911_network_put(&b, &list->network[i]);
	}
	mem[b.len] = '\0';
	return mem;
}

static int put_site(rpc_t *rpc, void *ctx, const e911_site_t *site, void **row)
{
	if(rpc->add(ctx, "{", row) < 0)
		return E911_ERR_MEM;
	rpc->struct_add(*row, "ssssssddd", "name", site->name, "domain",
			site->domains, "prefix", site->prefixes, "attribute",
			site->attributes, "gate", e911_gate_name(site->gate), "page",
			site->page, "set", site->set, "last", site->last, "max_age",
			site->max_age);
	rpc->struct_add(*row, "ssss", "country", site->country, "callback",
			site->callback, "notify", site->notify, "default",
			site->has_fallback ? "yes" : "no");
	return E911_OK;
}

static void put_validation(rpc_t *rpc, void *row, const e911_site_t *site)
{
	char mem[E911_STEPS_MAX * (E911_STEP_NAME_MAX + 6)];
	str steps = {mem, 0};
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_steps_write(&b, &site->validate);
	steps.len = (int)b.len;
	rpc->struct_add(row, "Sdss", "validate", &steps, "revalidate",
			site->revalidate, "invalid",
			site->invalid == E911_INVALID_REFUSE ? "refuse" : "store",
			"invalid_gate", site->invalid_gate ? "closed" : "open");
}

static void put_whole_site(rpc_t *rpc, void *ctx, const e911_site_t *site)
{
	void *row;

	if(put_site(rpc, ctx, site, &row))
		return;
	rpc->struct_add(row, "ssssssssdd", "answering", site->answering, "script",
			site->script ? "yes" : "no", "off", site->off, "unproven",
			e911_unproven_name(site->unproven), "proof",
			site->proof == E911_BY_FLOW ? "flow" : "address", "realm",
			site->realms, "phone", e911_phone_name(site->phone), "pool",
			networks_text(&site->vicinity.pools), "network4",
			site->vicinity.bits4, "network6", site->vicinity.bits6);
	rpc->struct_add(row, "ss", "test", e911_test_name(site->test), "drill",
			site->drill);
	put_validation(rpc, row, site);
}

static void sites(rpc_t *rpc, void *ctx)
{
	const e911_sites_t *all = e911_settings()->sites;
	const e911_site_t *site;
	str args[E911_RPC_ARGS];
	void *row;
	int i, n, room = REPLY_ROOM;

	n = e911_rpc_scan(rpc, ctx, args, 0, 1, "e911.sites [NAME]");
	for(i = 0; n == 0 && (site = e911_sites_nth(all, i)); i++) {
		room -= ROW_ROOM + (int)strlen(site->domains)
				+ (int)strlen(site->prefixes) + (int)strlen(site->attributes)
				+ (int)strlen(site->page) + (int)strlen(site->notify);
		if(room < 0)
			break;
		put_site(rpc, ctx, site, &row);
	}
	if(room < 0 && rpc->add(ctx, "{", &row) == 0)
		rpc->struct_add(row, "s", "more", "ask for them by their names");
	if(n != 1)
		return;
	site = e911_sites_named(all, &args[0]);
	if(site)
		put_whole_site(rpc, ctx, site);
	else
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "site");
}

static const char *trunks_doc[] = {"The trunks in force", 0};

static void trunks(rpc_t *rpc, void *ctx)
{
	const e911_trunks_t *all = e911_settings()->trunks;
	const e911_trunk_t *t;
	void *row;
	int i;

	for(i = 0; (t = e911_trunks_nth(all, i)); i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		rpc->struct_add(row, "sss", "name", t->name, "source",
				networks_text(&t->from), "domain", t->domain);
		rpc->struct_add(row, "ssssss", "key", e911_whence_name(&t->key),
				"key_header", t->key.header, "device",
				e911_whence_name(&t->device), "device_header", t->device.header,
				"network", e911_whence_name(&t->network), "network_header",
				t->network.header);
	}
}

static const char *reload_doc[] = {
		"Reads the rows of the file and of the table anew: all of them, or "
		"nothing changes and the answer says why",
		0};

static void reload(rpc_t *rpc, void *ctx)
{
	e911_fault_t f;
	char line[24] = "";
	int err;

	if(e911_reload_waits())
		err = e911_keeper_reload(
				e911_rpc_may_wait() ? cfg_get(e911, e911_cfg, durable_wait) : 0,
				&f);
	else
		err = e911_reload(&f);
	if(err == E911_ERR_AGAIN)
		rpc->add(ctx, "s", "pending");
	else if(err == 0)
		rpc->add(ctx, "s", "reloaded");
	if(err == E911_ERR_AGAIN || err == 0)
		return;
	if(f.line)
		snprintf(line, sizeof(line), "line %d: ", f.line);
	rpc->fault(ctx, err == E911_ERR_DOWN ? 503 : 400, "%s%s: %s%s%s", line,
			f.what, f.detail, f.detail[0] ? ": " : "", e911_err_text(err));
}

static const char *stats_doc[] = {"All counters, with what they count", 0};

static void stats(rpc_t *rpc, void *ctx)
{
	const char *name, *text;
	unsigned long value;
	void *row;
	int i;

	for(i = 0; e911_stats_nth(i, &name, &text, &value); i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		rpc->struct_add(
				row, "sjs", "name", name, "value", value, "counts", text);
	}
}

/* ----- the table ----- */

static const char *dryrun_doc[] = {
		"The INVITE that each destination in turn would get, and what is to be "
		"expected there; nothing is sent: AOR NUMBER [CONTACT]. Numbers as "
		"s:NUMBER.",
		0};

static const char *report_doc[] = {
		"Who would be screened where, of all with a location, page by page: "
		"NUMBER [CURSOR] [ROWS] [all|screened]. Numbers as s:NUMBER.",
		0};

static const char *profiles_doc[] = {
		"The profiles in force, those of the same name last: [NAME]", 0};

static const char *loc_set_doc[] = {
		"States a location: AOR LOCATION [CONTACT] [OPTIONS]. LOCATION is a "
		"JSON object of civic fields and shape, or a PIDF-LO document; CONTACT "
		"* is any device; OPTIONS: durable;ttl=8h;network=ADDRESS;site=NAME",
		0};

static const char *loc_confirm_doc[] = {
		"The location in force is right, where the contact is now: AOR "
		"[CONTACT]",
		0};

static const char *loc_unusable_doc[] = {
		"The location in force is wrong: it goes with no call until one is "
		"stated in its place: AOR [CONTACT]",
		0};

static const char *loc_get_doc[] = {
		"The location in force: AOR [CONTACT]. Without CONTACT the one stated "
		"for the AoR, else its only one; CONTACT *: the former alone.",
		0};

static const char *loc_del_doc[] = {
		"Takes locations back: AOR [CONTACT]. Without CONTACT all of the AoR; "
		"CONTACT *: the one stated for any device.",
		0};

static const char *loc_list_doc[] = {
		"Locations in force, page by page: [CURSOR] [ROWS] [FILTER]. CURSOR is "
		"what the page before gave as next, ROWS at most 100, FILTER "
		"site=NAME;verdict=WORD;freshness=WORD.",
		0};

static const char *stored_doc[] = {
		"Is a change in the database? ID, as loc_set answered it, s:ID", 0};

static const char *validate_doc[] = {
		"Is this a right address? Nothing is stored: LOCATION [SITE] [offline]",
		0};

static const char *assessed_doc[] = {
		"What validators have said: JOB, as loc_set answered it, s:JOB", 0};

static const char *validators_doc[] = {
		"Validators, and whether they are asked or rest", 0};

static const char *msag_doc[] = {"The guide of streets in force", 0};

static const char *msag_check_doc[] = {
		"Would the guide take that file? Nothing changes: FILE", 0};

static const char *msag_reload_doc[] = {
		"Reads the guide of streets anew: all of it, or nothing "
		"changes and the answer says why",
		0};

static const char *coverage_doc[] = {
		"Contacts and locations of each site, as counted last: [SITE]", 0};

static const char *ersps_doc[] = {
		"Destinations of emergency calls, with their health", 0};

static const char *drill_doc[] = {
		"What the last drill has found: [now]. With now one is made first.", 0};

static const char *calls_doc[] = {
		"Emergency calls that are up or ended a while ago, page by page: "
		"[CURSOR] [ROWS]",
		0};

static const char *record_doc[] = {
		"What happened to emergency calls, newest first, as far as it is in "
		"memory: [CURSOR] [ROWS] [CALL]. CALL as e911.calls has it, s:CALL.",
		0};

static const char *record_head_doc[] = {
		"The last row of the record that is written, and what is not yet", 0};

static const char *notices_doc[] = {
		"Whom calls are told to, and what has arrived there, waits, or was "
		"given up",
		0};

static const char *elins_doc[] = {
		"ELINs and who has them, page by page: [POOL] [CURSOR] [ROWS]. POOL * "
		"is all.",
		0};

static const char *drain_doc[] = {
		"No call goes to a destination: WHAT [WHY] [TTL]. WHAT is its URI, its "
		"host, or the name of its profile; TTL as 90, 15m, 8h.",
		0};

static const char *undrain_doc[] = {"Takes a drain back: WHAT", 0};

static const char *force_doc[] = {"The calls of a site go to another set: SITE "
								  "SET [WHY] [TTL]. SITE * is "
								  "all.",
		0};

static const char *unforce_doc[] = {"Takes a force back: SITE", 0};

static const char *hand_doc[] = {"What was drained and forced by command", 0};

/* clang-format off */
rpc_export_t e911_rpc_commands[] = {
	{"e911.loc_set", e911_rpc_loc_set, loc_set_doc, 0},
	{"e911.loc_get", e911_rpc_loc_get, loc_get_doc, 0},
	{"e911.loc_confirm", e911_rpc_loc_confirm, loc_confirm_doc, 0},
	{"e911.loc_unusable", e911_rpc_loc_unusable, loc_unusable_doc, 0},
	{"e911.stored", e911_rpc_stored, stored_doc, 0},
	{"e911.loc_del", e911_rpc_loc_del, loc_del_doc, 0},
	{"e911.loc_list", e911_rpc_loc_list, loc_list_doc, RET_ARRAY},
	{"e911.validate", e911_rpc_validate, validate_doc, 0},
	{"e911.assessed", e911_rpc_assessed, assessed_doc, 0},
	{"e911.validators", e911_rpc_validators, validators_doc, RET_ARRAY},
	{"e911.msag", e911_rpc_msag, msag_doc, 0},
	{"e911.msag_check", e911_rpc_msag_check, msag_check_doc, 0},
	{"e911.msag_reload", e911_rpc_msag_reload, msag_reload_doc, 0},
	{"e911.match", match, match_doc, 0},
	{"e911.dryrun", e911_rpc_dryrun, dryrun_doc, RET_ARRAY},
	{"e911.report", e911_rpc_report, report_doc, RET_ARRAY},
	{"e911.profiles", e911_rpc_profiles, profiles_doc, RET_ARRAY},
	{"e911.coverage", e911_rpc_coverage, coverage_doc, RET_ARRAY},
	{"e911.ersps", e911_rpc_ersps, ersps_doc, RET_ARRAY},
	{"e911.drill", e911_rpc_drill, drill_doc, 0},
	{"e911.calls", e911_rpc_calls, calls_doc, RET_ARRAY},
	{"e911.record", e911_rpc_record, record_doc, RET_ARRAY},
	{"e911.record_head", e911_rpc_record_head, record_head_doc, 0},
	{"e911.notices", e911_rpc_notices, notices_doc, RET_ARRAY},
	{"e911.elins", e911_rpc_elins, elins_doc, RET_ARRAY},
	{"e911.drain", e911_rpc_drain, drain_doc, 0},
	{"e911.undrain", e911_rpc_undrain, undrain_doc, 0},
	{"e911.force", e911_rpc_force, force_doc, 0},
	{"e911.unforce", e911_rpc_unforce, unforce_doc, 0},
	{"e911.hand", e911_rpc_hand, hand_doc, RET_ARRAY},
	{"e911.sites", sites, sites_doc, RET_ARRAY},
	{"e911.trunks", trunks, trunks_doc, RET_ARRAY},
	{"e911.reload", reload, reload_doc, 0},
	{"e911.stats", stats, stats_doc, RET_ARRAY},
	{0, 0, 0, 0}
};
/* clang-format on */
