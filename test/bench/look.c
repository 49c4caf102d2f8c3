/*
 * look: look-ups of e911 and of htable, timed inside of a SIP worker
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A module beside them: $look(NAME) is how many ns one look-up took, of all keys
 * of the file that the parameter keys names; -1 if one was not found. It is the
 * median of some look-ups at a time: whoever else is at work on the machine
 * comes into few of these, who shares a lock or the memory into all. A line of
 * the file: key of e911, contact, key of htable, with tabs between them. NAME:
 * location, a call's look-up with its copy; plan, one of the number plan;
 * htable, one with its copy, as $sht() makes it. Processes that look at the
 * same time begin at different keys.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../core/dprint.h"
#include "../../core/pt.h"
#include "../../core/pvar.h"
#include "../../core/sr_module.h"
#include "../../modules/e911/cache.h"
#include "../../modules/e911/settings.h"

#define KEYS_MAX 1000000
#define SOME 500 /* look-ups */
#define PART 3	 /* a worker begins so many parts of all keys behind another */

MODULE_VERSION

typedef struct key
{
	str ours;
	str contact;
	str theirs;
} look_key_t;

typedef int (*look_f)(const look_key_t *key);

static char *keys_path;
static look_key_t *keys;
static int count;

/* of the other modules */
static void (*find)(const str *, const e911_device_t *,
		const e911_where_from_t *, e911_location_t *, e911_finding_t *);
static const e911_settings_t *(*settings)(void);
static int (*match)(
		const e911_plan_t *, const str *, const e911_where_t *, e911_match_t *);
static void *(*table_of)(str *);
static void *(*copy)(void *, str *, void *);

/* ----- the look-ups ----- */

static int look_location(const look_key_t *key)
{
	static const e911_vicinity_t rule = {32, 64, {0}};
	static const e911_where_from_t from = {
			{4, 32, {192, 0, 2, 1}}, 5060, PROTO_UDP, 0, &rule};
	static e911_location_t l;
	e911_device_t device = {1, {key->contact}};
	e911_finding_t f;

	find(&key->ours, &device, &from, &l, &f);
	return f.found == E911_FOUND_DEVICE && l.len > 0;
}

static int look_plan(const look_key_t *key)
{
	e911_match_t m;

	return match(settings()->plan, &key->ours, NULL, &m) == 0;
}

static int look_htable(const look_key_t *key)
{
	static str name = str_init("loc");
	static void *table, *cell;
	void *found;

	if(table == NULL)
		table = table_of(&name);
	found = copy(table, (str *)&key->theirs, cell);
	if(found)
		cell = found; /* the room of the last one is used again */
	return found != NULL;
}

static const struct
{
	const char *name;
	look_f look;
} looks[] = {
		{"location", look_location},
		{"plan", look_plan},
		{"htable", look_htable},
};

#define LOOKS (int)(sizeof(looks) / sizeof(*looks))

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* ns of some look-ups from there on */
static long measure_some(look_f look, int *at, int *found)
{
	struct timespec start, end;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for(i = 0; i < SOME; i++) {
		*found += look(&keys[*at]);
		*at = *at + 1 < count ? *at + 1 : 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start.tv_sec) * 1000000000L + end.tv_nsec
		   - start.tv_nsec;
}

static long measure(look_f look)
{
	static long took[KEYS_MAX / SOME + 1];
	int at = process_no * (count / PART) % count, found = 0, n;

	for(n = 0; n * SOME < count; n++)
		took[n] = measure_some(look, &at, &found);
	if(found < n * SOME)
		return -1;
	qsort(took, n, sizeof(*took), by_size);
	return (took[n / 2] + SOME / 2) / SOME;
}

static int get(sip_msg_t *msg, pv_param_t *param, pv_value_t *res)
{
	return pv_get_sintval(
			msg, param, res, measure(looks[param->pvn.u.isname.name.n].look));
}

static int parse_name(pv_spec_t *spec, str *in)
{
	int i;

	for(i = 0; i < LOOKS; i++) {
		if(strlen(looks[i].name) != (size_t)in->len
				|| memcmp(looks[i].name, in->s, in->len) != 0)
			continue;
		spec->pvp.pvn.type = PV_NAME_INTSTR;
		spec->pvp.pvn.u.isname.name.n = i;
		return 0;
	}
	return -1;
}

/* ----- start ----- */

static void part(str *to, char **rest)
{
	to->s = strdup(strsep(rest, "\t"));
	to->len = (int)strlen(to->s);
}

static int read_keys(void)
{
	static char line[1024];
	FILE *file = fopen(keys_path, "r");
	char *rest;

	keys = calloc(KEYS_MAX, sizeof(*keys));
	if(file == NULL || keys == NULL)
		return -1;
	for(; count < KEYS_MAX && fgets(line, sizeof(line), file); count++) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		part(&keys[count].ours, &rest);
		part(&keys[count].contact, &rest);
		part(&keys[count].theirs, &rest);
	}
	fclose(file);
	return count ? 0 : -1;
}

static void *symbol(char *module, const char *name)
{
	struct sr_module *m = find_module_by_name(module);

	return m ? dlsym(m->handle, name) : NULL;
}

static int init(void)
{
	find = symbol("e911", "e911_cache_find");
	settings = symbol("e911", "e911_settings");
	match = symbol("e911", "e911_plan_match");
	table_of = symbol("htable", "ht_get_table");
	copy = symbol("htable", "ht_cell_pkg_copy");
	if(keys_path == NULL || read_keys()) {
		LM_ERR("no keys in %s\n", keys_path ? keys_path : "no file");
		return -1;
	}
	return 0;
}

static param_export_t params[] = {
		{"keys", PARAM_STRING, &keys_path}, {NULL, 0, NULL}};

static pv_export_t pvs[] = {
		{{"look", 4}, PVT_OTHER, get, 0, parse_name, 0, 0, 0},
		{{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

struct module_exports exports = {
		.name = "look", .params = params, .pv_items = pvs, .init_mod_f = init};
