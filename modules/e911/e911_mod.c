/*
 * e911: emergency calls with a dispatchable location: exports and start-up
 *
 * This file is part of Kamailio, a free SIP server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/sr_module.h"
#include "cache.h"
#include "config.h"
#include "dispatch.h"
#include "err.h"
#include "hash.h"
#include "plan.h"
#include "pv.h"
#include "route.h"
#include "rpc.h"
#include "script.h"
#include "site.h"
#include "stats.h"

MODULE_VERSION

#define ROWS_MAX 65536

typedef struct rows
{
	int n;
	int size;
	str *row;
} rows_t;

static int mod_init(void);
static int child_init(int rank);
static void mod_destroy(void);
static int add_number(modparam_t type, void *value);
static int add_site(modparam_t type, void *value);

static int cache_size = 1000000;
static int default_numbers = 1;
static char *failed_reply = "503 Emergency Service Not Reached";
static str event_callback = STR_NULL;
static rows_t numbers;
static rows_t site_rows;

static e911_plan_t *plan;
static e911_sites_t *sites;

/* clang-format off */
static param_export_t params[] = {
	{"number", PARAM_STRING | PARAM_USE_FUNC, add_number},
	{"default_numbers", PARAM_INT, &default_numbers},
	{"site", PARAM_STRING | PARAM_USE_FUNC, add_site},
	{"cache_size", PARAM_INT, &cache_size},
	{"fr", PARAM_INT, &default_e911_cfg.fr},
	{"ring", PARAM_INT, &default_e911_cfg.ring},
	{"geolocation_first", PARAM_INT, &default_e911_cfg.geolocation_first},
	{"retention", PARAM_INT, &default_e911_cfg.retention},
	{"failed_reply", PARAM_STRING, &failed_reply},
	{"event_callback", PARAM_STR, &event_callback},
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

static int keep_row(rows_t *rows, void *value)
{
	int size = rows->size ? rows->size * 2 : 16;
	str *grown;

	if(rows->n == ROWS_MAX)
		return -1;
	if(rows->n == rows->size) {
		grown = realloc(rows->row, size * sizeof(*grown));
		if(grown == NULL)
			return -1;
		rows->row = grown;
		rows->size = size;
	}
	rows->row[rows->n].s = strdup(value);
	if(rows->row[rows->n].s == NULL)
		return -1;
	rows->row[rows->n++].len = (int)strlen(value);
	return 0;
}

static int add_number(modparam_t type, void *value)
{
	return keep_row(&numbers, value);
}

static int add_site(modparam_t type, void *value)
{
	return keep_row(&site_rows, value);
}

static int refuse(const char *parameter, const str *bad, int err)
{
	LM_ERR("parameter %s: \"%.*s\": %s\n", parameter, bad->len,
			bad->s ? bad->s : "", e911_err_text(err));
	return -1;
}

static int read_numbers(void)
{
	str bad = STR_NULL;
	int i, err = e911_plan_new(&plan, default_numbers);

	for(i = 0; !err && i < numbers.n; i++)
		err = e911_plan_add(plan, &numbers.row[i], &bad);
	return err ? refuse("number", &bad, err) : 0;
}

static int read_sites(void)
{
	str bad = STR_NULL;
	int i, err = e911_sites_new(&sites);

	for(i = 0; !err && i < site_rows.n; i++)
		err = e911_sites_add(sites, &site_rows.row[i], &bad);
	return err ? refuse("site", &bad, err) : 0;
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
	if(cache_size >= 1)
		return 0;
	LM_ERR("parameter cache_size: %d: at least 1\n", cache_size);
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
	e911_route_setup_t setup = {
			.plan = plan, .sites = sites, .on_failed = e911_script_failed};
	const char *route;

	if(read_failed_reply(&setup, &route) < 0)
		return -1;
	if(e911_script_init(&event_callback, route)) {
		LM_ERR("parameter failed_reply: no route \"%s\"\n", route);
		return -1;
	}
	if(e911_route_init(&setup) == 0)
		return 0;
	LM_ERR("module tm has to be loaded before e911\n");
	return -1;
}

static int init_memory(void)
{
	if(e911_hash_init() == 0 && e911_stats_init() == 0
			&& e911_cache_init((unsigned int)cache_size) == 0)
		return 0;
	LM_ERR("no memory for the table of locations (cache_size %d, kamailio -m "
		   "…), or no randomness\n",
			cache_size);
	return -1;
}

static int mod_init(void)
{
	if(init_settings() || init_memory() || read_numbers() || read_sites()
			|| init_route())
		return -1;
	return 0;
}

/* Modules register their commands in their own mod_init: all are there now. */
static int child_init(int rank)
{
	if(rank != PROC_INIT || e911_dispatch_init() == 0)
		return 0;
	LM_ERR("module dispatcher has to be loaded: it holds the ERSPs\n");
	return -1;
}

static void mod_destroy(void)
{
	e911_cache_destroy();
	e911_sites_free(sites);
	e911_plan_free(plan);
}

int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	sr_kemi_modules_add(e911_script_kemi);
	return 0;
}
