/*
 * e911: emergency calls with a dispatchable location: exports and start-up
 *
 * This file is part of Kamailio, a free SIP server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/cfg/cfg_struct.h"
#include "../../core/pt.h"
#include "../../core/sr_module.h"
#include "api.h"
#include "cache.h"
#include "census.h"
#include "clerk.h"
#include "consent.h"
#include "config.h"
#include "dispatch.h"
#include "drill.h"
#include "err.h"
#include "atlas.h"
#include "errand.h"
#include "events.h"
#include "gate.h"
#include "guide.h"
#include "hand.h"
#include "hash.h"
#include "identity.h"
#include "keeper.h"
#include "journal.h"
#include "ledger.h"
#include "membership.h"
#include "metrics.h"
#include "nomad.h"
#include "notify.h"
#include "origins.h"
#include "outbox.h"
#include "origins.h"
#include "pages.h"
#include "provision.h"
#include "pv.h"
#include "reference.h"
#include "registration.h"
#include "reload.h"
#include "route.h"
#include "rpc.h"
#include "rpc_answer.h"
#include "scribe.h"
#include "script.h"
#include "settings.h"
#include "stats.h"
#include "store.h"
#include "tally.h"
#include "throttle.h"
#include "uac.h"
#include "validate.h"
#include "web.h"
#include "witness.h"

MODULE_VERSION

#define FINISH_SECONDS 5
#define WEB_PATH_MAX 64
#define API_PATH "api/v1/"
#define METRICS_PATH "metrics"
#define RECORD_MOST 1048576 /* KB */

static int mod_init(void);
static int child_init(int rank);
static void mod_destroy(void);
static int add_number(modparam_t type, void *value);
static int add_site(modparam_t type, void *value);
static int add_trunk(modparam_t type, void *value);
static int add_profile(modparam_t type, void *value);
static int add_provider(modparam_t type, void *value);
static int add_elin(modparam_t type, void *value);
static int add_validator(modparam_t type, void *value);
static int add_key(modparam_t type, void *value);
static int add_msag(modparam_t type, void *value);
static int add_notify(modparam_t type, void *value);

static int cache_size = 1000000;
static int ledger_size = 10000;
static int default_numbers = 1;
static char *failed_reply = "503 Emergency Service Not Reached";
static str event_callback = STR_NULL;
static char *db_url = NULL;
static int store_queue = 100000;
static int settings_table = 0;
static char *settings_file = NULL;
static char *location_table = "location";
static int workers = 2;
static int notices_size = 10000;
static int record_size = 4096;
static e911_scribe_setup_t record = {
		.retention = 730, .document = 90, .head_each = 3600};
static char *record_key_file = NULL;
static str site_var = STR_NULL;
static str attribute_var = STR_NULL;
static str reference_url = STR_NULL;
static str reference_from = STR_NULL;
static int reference_certificate = 0;
static str web_path = str_init("/e911/");
static str web_origin = STR_NULL;
static char *page_dir = NULL;
static str api_path = STR_NULL; /* below web_path */
static str metrics_from = STR_NULL;

/* clang-format off */
static param_export_t params[] = {
	{"number", PARAM_STRING | PARAM_USE_FUNC, add_number},
	{"default_numbers", PARAM_INT, &default_numbers},
	{"site", PARAM_STRING | PARAM_USE_FUNC, add_site},
	{"trunk", PARAM_STRING | PARAM_USE_FUNC, add_trunk},
	{"profile", PARAM_STRING | PARAM_USE_FUNC, add_profile},
	{"provider", PARAM_STRING | PARAM_USE_FUNC, add_provider},
	{"elin", PARAM_STRING | PARAM_USE_FUNC, add_elin},
	{"validator", PARAM_STRING | PARAM_USE_FUNC, add_validator},
	{"key", PARAM_STRING | PARAM_USE_FUNC, add_key},
	{"msag", PARAM_STRING | PARAM_USE_FUNC, add_msag},
	{"notify", PARAM_STRING | PARAM_USE_FUNC, add_notify},
	{"notices_size", PARAM_INT, &notices_size},
	{"workers", PARAM_INT, &workers},
	{"validate_wait", PARAM_INT, &default_e911_cfg.validate_wait},
	{"token_life", PARAM_INT, &default_e911_cfg.token_life},
	{"web_rate", PARAM_INT, &default_e911_cfg.web_rate},
	{"web_refusals", PARAM_INT, &default_e911_cfg.web_refusals},
	{"drill", PARAM_INT, &default_e911_cfg.drill},
	{"settings_file", PARAM_STRING, &settings_file},
	{"settings_table", PARAM_INT, &settings_table},
	{"site_var", PARAM_STR, &site_var},
	{"attribute_var", PARAM_STR, &attribute_var},
	{"cache_size", PARAM_INT, &cache_size},
	{"ledger_size", PARAM_INT, &ledger_size},
	{"db_url", PARAM_STRING, &db_url},
	{"store_queue", PARAM_INT, &store_queue},
	{"record_size", PARAM_INT, &record_size},
	{"record_node", PARAM_STR, &record.node},
	{"record_key_file", PARAM_STRING, &record_key_file},
	{"record_retention", PARAM_INT, &record.retention},
	{"record_detail", PARAM_INT, &record.detail},
	{"record_document", PARAM_INT, &record.document},
	{"record_head", PARAM_INT, &record.head_each},
	{"location_table", PARAM_STRING, &location_table},
	{"fr", PARAM_INT, &default_e911_cfg.fr},
	{"ring", PARAM_INT, &default_e911_cfg.ring},
	{"geolocation_first", PARAM_INT, &default_e911_cfg.geolocation_first},
	{"retention", PARAM_INT, &default_e911_cfg.retention},
	{"grace", PARAM_INT, &default_e911_cfg.grace},
	{"durable_wait", PARAM_INT, &default_e911_cfg.durable_wait},
	{"callback_window", PARAM_INT, &default_e911_cfg.callback_window},
	{"call_max", PARAM_INT, &default_e911_cfg.call_max},
	{"failed_reply", PARAM_STRING, &failed_reply},
	{"event_callback", PARAM_STR, &event_callback},
	{"reference_url", PARAM_STR, &reference_url},
	{"reference_from", PARAM_STR, &reference_from},
	{"reference_certificate", PARAM_INT, &reference_certificate},
	{"web_path", PARAM_STR, &web_path},
	{"web_origin", PARAM_STR, &web_origin},
	{"metrics_from", PARAM_STR, &metrics_from},
	{"page_dir", PARAM_STRING, &page_dir},
	{0, 0, 0}
};

struct module_exports exports = {
	"e911",                 /* module name */
	DEFAULT_DLFLAGS,        /* dlopen flags */
	e911_script_functions,  /* script functions */
	params,                 /* parameters */
	e911_rpc_commands,      /* RPC commands */
	e911_pvs,               /* pseudo-variables */
	0,                      /* response function */
	mod_init,               /* module initialization */
	child_init,             /* per-process initialization */
	mod_destroy             /* shutdown */
};
/* clang-format on */

/* ----- parameters: kept as text, read in mod_init ----- */

static int add_number(modparam_t type, void *value)
{
	return e911_settings_keep("number", value);
}

static int add_site(modparam_t type, void *value)
{
	return e911_settings_keep("site", value);
}

static int add_trunk(modparam_t type, void *value)
{
	return e911_settings_keep("trunk", value);
}

static int add_profile(modparam_t type, void *value)
{
	return e911_settings_keep("profile", value);
}

static int add_provider(modparam_t type, void *value)
{
	return e911_settings_keep("provider", value);
}

static int add_elin(modparam_t type, void *value)
{
	return e911_settings_keep("elin", value);
}

static int add_validator(modparam_t type, void *value)
{
	return e911_settings_keep("validator", value);
}

static int add_key(modparam_t type, void *value)
{
	return e911_settings_keep("key", value);
}

static int add_msag(modparam_t type, void *value)
{
	int err = e911_guide_keep(value);

	if(err)
		LM_ERR("parameter msag: \"%s\": %s\n", (char *)value,
				e911_err_text(err));
	return err;
}

static int add_notify(modparam_t type, void *value)
{
	return e911_settings_keep("notify", value);
}

static int read_settings(void)
{
	e911_fault_t f;
	int missing;

	e911_reload_init(default_numbers, settings_file, settings_table);
	if(e911_reload_first(&f, &missing)) {
		if(f.line)
			LM_ERR("%s, line %d:\n", settings_file, f.line);
		LM_ERR("parameter %s: \"%s\": %s\n", f.what, f.detail,
				e911_err_text(f.err));
		return -1;
	}
	if(!missing)
		return 0;
	LM_ALERT("no rows out of the database: %s%s%s: %s; they are read when that"
			 " is mended\n",
			f.what, f.detail[0] ? ": " : "", f.detail, e911_err_text(f.err));
	e911_keeper_owe_reload();
	return 0;
}

/* "503 Reason", "route:NAME", or "script": who called e911_relay() answers */
static int read_failed_reply(e911_route_setup_t *setup, const char **route)
{
	char *reason;
	long code;

	setup->failed_code = 0;
	*route = strncmp(failed_reply, "route:", 6) == 0 ? failed_reply + 6 : NULL;
	if(*route || strcmp(failed_reply, "script") == 0)
		return 0;
	code = strtol(failed_reply, &reason, 10);
	if(code < 300 || code > 699 || reason[0] != ' ' || reason[1] == '\0') {
		LM_ERR("parameter failed_reply: \"%s\": neither \"CODE REASON\" nor "
			   "\"route:NAME\" nor \"script\"\n",
				failed_reply);
		return -1;
	}
	setup->failed_code = (int)code;
	setup->failed_reason = reason + 1;
	return 0;
}

/* ----- start-up ----- */

/* the core checks what is set at run time, not what it starts with */
static int check_settings(void)
{
	const int *value = &default_e911_cfg.fr;
	const cfg_def_t *def;

	for(def = e911_cfg_def; def->name; def++, value++) {
		if(*value >= def->min && *value <= def->max)
			continue;
		LM_ERR("parameter %s: %d: %d to %d\n", def->name, *value, def->min,
				def->max);
		return -1;
	}
	if(workers < 0 || workers > E911_WORKERS_MAX) {
		LM_ERR("parameter workers: %d: 0 to %d\n", workers, E911_WORKERS_MAX);
		return -1;
	}
	if(cache_size >= 1 && ledger_size >= 1)
		return 0;
	LM_ERR("parameter cache_size: %d, ledger_size: %d: at least 1\n",
			cache_size, ledger_size);
	return -1;
}

static int init_settings(void)
{
	return check_settings()
		   || cfg_declare("e911", e911_cfg_def, &default_e911_cfg,
				   cfg_sizeof(e911), &e911_cfg);
}

static int init_route(void)
{
	e911_route_setup_t setup = {.on_failed = e911_script_failed};
	const char *route;

	if(read_failed_reply(&setup, &route) < 0)
		return -1;
	if(e911_script_init(&event_callback, route)) {
		LM_ERR("parameter failed_reply: no route \"%s\"\n", route);
		return -1;
	}
	if(e911_membership_init(&site_var, &attribute_var)) {
		LM_ERR("parameter site_var or attribute_var: no pseudo-variable\n");
		return -1;
	}
	if(e911_route_init(&setup) == 0 && e911_uac_init() == 0)
		return 0;
	LM_ERR("module tm has to be loaded before e911\n");
	return -1;
}

static int init_memory(void)
{
	if(e911_hash_init() == 0 && e911_stats_init(e911_keeper_pending) == 0
			&& e911_settings_init() == 0
			&& e911_clerk_init(e911_script_moved) == 0
			&& e911_cache_init(
					   (unsigned int)cache_size, e911_registration_by_user())
					   == 0
			&& e911_tally_init() == 0 && e911_drill_init() == 0
			&& e911_census_init(e911_keeper_loaded) == 0
			&& e911_hand_init() == 0 && e911_guide_init() == 0
			&& e911_throttle_init() == 0
			&& e911_ledger_init((unsigned int)ledger_size, e911_keeper_wake)
					   == 0)
		return 0;
	LM_ERR("no memory for the tables of locations and calls (cache_size %d, "
		   "ledger_size %d, kamailio -m …), or no randomness\n",
			cache_size, ledger_size);
	return -1;
}

static int init_store(void)
{
	if(db_url == NULL || db_url[0] == '\0') {
		if(settings_table || e911_guide_has_table())
			LM_ERR("parameter %s: there is no db_url\n",
					settings_table ? "settings_table"
								   : "msag: table=" E911_GUIDE_TABLE);
		return settings_table || e911_guide_has_table() ? -1 : 0;
	}
	if(e911_store_bind(db_url)) {
		LM_ERR("parameter db_url: its module is not loaded, or cannot do raw"
			   " queries\n");
		return -1;
	}
	if(store_queue < 1
			|| e911_keeper_init((unsigned int)store_queue, e911_reload)) {
		LM_ERR("parameter store_queue: %d, or no memory for it\n", store_queue);
		return -1;
	}
	if(e911_guide_has_table() && e911_atlas_init()) {
		LM_ERR("no memory for the guide of streets\n");
		return -1;
	}
	return 0;
}

static int init_consents(void)
{
	if(e911_consent_init((unsigned int)cache_size,
			   e911_store_bound() ? e911_keeper_wake : NULL)
			== 0)
		return 0;
	LM_ERR("no memory for the table of consents\n");
	return -1;
}

/* what happens to calls is kept in memory, and written where there is a key */
static int init_record(void)
{
	const char *what = "record_size";

	if(record_size == 0)
		return 0;
	if(record_size < 64 || record_size > RECORD_MOST
			|| e911_journal_init(
					(size_t)record_size * 1024, e911_keeper_wake)) {
		LM_ERR("parameter record_size: %d: 0, or 64 to %d KB, or no memory for"
			   " it\n",
				record_size, RECORD_MOST);
		return -1;
	}
	record.key_file = record_key_file;
	if(e911_scribe_init(&record, &what)) {
		LM_ERR("parameter %s: not usable\n", what);
		return -1;
	}
	if(record_key_file && !e911_store_bound())
		LM_WARN("parameter record_key_file: there is no db_url: what happens to"
				" calls is on record in memory alone\n");
	e911_journal_note(E911_JOURNAL_START, 0);
	return e911_events_watch(e911_journal_put) ? -1 : 0;
}

static int init_contacts(void)
{
	if(e911_registration_init(e911_nomad_on_contact) == E911_ERR_MEM) {
		LM_ERR("usrloc does not take a callback\n");
		return -1;
	}
	return 0;
}

static void init_services(void)
{
	e911_provision_init(e911_keeper_changes(), e911_keeper_loaded);
	e911_provision_watch(e911_validate_stated);
	e911_nomad_init(e911_clerk_news());
	e911_gate_init(e911_keeper_loaded);
}

static int open_web(void)
{
	int err = e911_web_init(reference_certificate);

	if(err)
		LM_ERR("parameter %s has to be loaded\n",
				err == E911_ERR_NONE ? "reference_url: module xhttp"
									 : "reference_certificate: module tls");
	return err ? -1 : 0;
}

static int init_references(void)
{
	if(e911_reference_init(&reference_url)) {
		LM_ERR("parameter reference_url: \"%.*s\": not \"https://HOST/PATH/\""
			   " of at most %d bytes, nor http to 127.0.0.1\n",
				STR_FMT(&reference_url), E911_REFERENCE_URL_MAX);
		return -1;
	}
	if(e911_reference_allow(&reference_from, reference_certificate)) {
		LM_ERR("parameter reference_from: \"%.*s\": no list of networks\n",
				STR_FMT(&reference_from));
		return -1;
	}
	if(reference_url.len == 0)
		return 0;
	if(reference_from.len == 0 && !reference_certificate)
		LM_ERR("parameter reference_url: neither reference_from nor "
			   "reference_certificate: nobody may dereference\n");
	return open_web();
}

/* Without its pages calls still go. */
static void load_pages(void)
{
	const char *bad;
	int err = e911_pages_init(page_dir, &web_path, &bad);

	if(err)
		LM_ERR("parameter page_dir: \"%s\": %s: there are no pages\n", bad,
				e911_err_text(err));
}

static int init_pages(void)
{
	str bad;

	if(e911_origins_init(&web_origin, &bad)) {
		LM_ERR("parameter web_origin: \"%.*s\": not \"https://HOST[:PORT]\" as"
			   " browsers write it, or too many\n",
				STR_FMT(&bad));
		return -1;
	}
	if(page_dir == NULL || page_dir[0] == '\0')
		return 0;
	load_pages();
	if(e911_web_init(0) == 0)
		return 0;
	LM_ERR("parameter page_dir: module xhttp has to be loaded\n");
	return -1;
}

static int is_path(const str *path)
{
	return path->len >= 1 && path->len <= WEB_PATH_MAX && path->s[0] == '/'
		   && path->s[path->len - 1] == '/';
}

static int init_metrics(void)
{
	static char mem[WEB_PATH_MAX + sizeof(METRICS_PATH)];
	str path = {mem, 0};

	path.len =
			snprintf(mem, sizeof(mem), "%.*s" METRICS_PATH, STR_FMT(&web_path));
	if(e911_metrics_init(&path, &metrics_from) == 0)
		return 0;
	LM_ERR("parameter metrics_from: \"%.*s\": no list of networks\n",
			STR_FMT(&metrics_from));
	return -1;
}

/* The API is there wherever there is HTTP: whether anybody gets to it is for
 * the script to say, and without a key nobody is let in. */
static int init_api(void)
{
	static char mem[WEB_PATH_MAX + sizeof(API_PATH)];

	if(!is_path(&web_path)) {
		LM_ERR("parameter web_path: \"%.*s\": not \"/PATH/\"\n",
				STR_FMT(&web_path));
		return -1;
	}
	if(!module_loaded("xhttp"))
		return 0;
	api_path.s = mem;
	api_path.len =
			snprintf(mem, sizeof(mem), "%.*s" API_PATH, STR_FMT(&web_path));
	if(e911_web_init(reference_certificate) || e911_api_init(workers)) {
		LM_ERR("no memory for the HTTP API\n");
		return -1;
	}
	e911_web_open(&api_path);
	return 0;
}

/* Those who wait for validators, if there are any; one of them, at least, has
 * the guide of streets read. Rows of the table may come later. */
static int init_workers(void)
{
	int network = workers > 0
				  && (e911_validators_nth(e911_settings()->validators, 0)
						  || settings_table);

	if(!network)
		workers = e911_guide_files() > 0 || e911_guide_has_table()
				  || (module_loaded("xhttp") && e911_store_bound());
	e911_validate_init(workers, network);
	if(workers == 0 || e911_errand_init(network) == 0)
		return 0;
	LM_ERR("no memory for the jobs of the workers\n");
	return -1;
}

/* Those who tell of calls, if anybody is to be told. Rows of file and table may
 * come later. */
static int init_notices(void)
{
	int later = settings_table || settings_file;
	int err = E911_ERR_VALUE;

	if(notices_size > 0)
		err = e911_notify_init((unsigned int)notices_size, later,
				e911_store_bound() ? e911_keeper_wake : NULL,
				e911_script_notice);
	if(err)
		LM_ERR("notices of calls (notices_size %d): %s\n", notices_size,
				e911_err_text(err));
	else if(e911_store_bound() && e911_notify_needs(E911_LANE_EVENT))
		e911_outbox_init();
	return err;
}

static int count_notifiers(void)
{
	int lane, n = 0;

	for(lane = 0; lane < E911_LANES; lane++)
		n += e911_notify_needs(lane) != 0;
	return n;
}

static int mod_init(void)
{
	int own = 1;

	if(init_settings() || init_contacts() || init_memory() || init_store()
			|| init_consents() || init_record() || read_settings()
			|| init_workers() || init_route() || init_references() || init_api()
			|| init_pages() || init_notices() || init_metrics())
		return -1;
	init_services();
	if(e911_events_watched())
		e911_ledger_watch(e911_witness_lost);
	own += e911_store_bound() + workers + count_notifiers();
	register_procs(own);
	cfg_register_child(own);
	return 0;
}

/* Modules register their commands in their own mod_init: all are there now. */
static int open_others(void)
{
	int err = e911_registration_open(location_table);

	if(err == E911_ERR_VALUE) {
		LM_ERR("module usrloc has to be loaded before e911\n");
		return -1;
	}
	if(err)
		LM_WARN("parameter location_table: usrloc has no table %s yet\n",
				location_table);
	if(e911_identity_init())
		LM_NOTICE("module uac is not loaded: no profile can change From or"
				  " To\n");
	if(e911_dispatch_init() == 0)
		return 0;
	LM_ERR("module dispatcher has to be loaded: it holds the ERSPs\n");
	return -1;
}

/* sends: SIP too, from the script's routes */
static int start(int rank, char *name, int sends, void (*run)(void))
{
	int pid = fork_process(rank, name, sends);

	if(pid < 0)
		LM_ERR("cannot start the process: %s\n", name);
	if(pid != 0)
		return pid < 0 ? -1 : 0;
	if(cfg_child_init())
		return -1;
	run();
	return 0;
}

/* A process that has done nothing yet takes the settings when SIGTERM makes it
 * log; another one that is just doing so dies with their lock held, the first
 * waits for it, and Kamailio for the first. Not in the main process: what it
 * takes is inherited without being counted. */
static void take_settings(int rank)
{
	if(rank != PROC_INIT && rank != PROC_MAIN && rank != PROC_POSTCHILDINIT)
		cfg_update_no_cbs();
}

static int worker_slot;

static void run_worker(void)
{
	e911_errand_run(worker_slot);
}

static int start_workers(void)
{
	for(worker_slot = 0; worker_slot < workers; worker_slot++)
		if(start(PROC_NOCHLDINIT, "e911 worker", api_path.len > 0, run_worker))
			return -1;
	return 0;
}

static int notifier_lane;

static void run_notifier(void)
{
	e911_notify_run(notifier_lane);
}

/* what the script does, and what is sent by SIP, needs a process as a clerk's */
static int start_notifiers(void)
{
	int sends;

	for(notifier_lane = 0; notifier_lane < E911_LANES; notifier_lane++) {
		sends = notifier_lane != E911_LANE_NET;
		if(e911_notify_needs(notifier_lane)
				&& start(sends ? PROC_RPC : PROC_NOCHLDINIT,
						(char *)e911_notify_process(notifier_lane), sends,
						run_notifier))
			return -1;
	}
	return 0;
}

static int child_init(int rank)
{
	e911_rpc_rank = rank;
	e911_registration_may_wait(rank == PROC_RPC);
	take_settings(rank);
	if(rank == PROC_INIT)
		return open_others();
	if(rank != PROC_MAIN)
		return 0;
	if(start(PROC_RPC, "e911 clerk", 1, e911_clerk_run) || start_workers()
			|| start_notifiers())
		return -1;
	return e911_store_bound()
				   ? start(PROC_NOCHLDINIT, "e911 keeper", 0, e911_keeper_run)
				   : 0;
}

static void mod_destroy(void)
{
	e911_journal_alone();
	e911_journal_note(E911_JOURNAL_STOP, 0);
	if(e911_keeper_changes())
		e911_keeper_finish(FINISH_SECONDS);
	e911_keeper_destroy();
	e911_notify_destroy();
	e911_atlas_destroy();
	e911_clerk_destroy();
	e911_census_destroy();
	e911_tally_destroy();
	e911_drill_destroy();
	e911_cache_destroy();
	e911_hand_destroy();
	e911_api_destroy();
	e911_throttle_destroy();
	e911_errand_destroy();
	e911_guide_destroy();
	e911_pages_destroy();
	e911_ledger_destroy();
	e911_consent_destroy();
	e911_journal_destroy();
	e911_settings_destroy();
}

int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	sr_kemi_modules_add(e911_script_kemi);
	return 0;
}
