/*
 * e911: a whole new set of settings, or none
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "err.h"
#include "reload.h"
#include "store.h"

static int defaults;
static const char *file_name;
static int use_table;

void e911_reload_init(int default_numbers, const char *file, int table)
{
	defaults = default_numbers;
	file_name = file;
	use_table = table;
}

int e911_reload_waits(void)
{
	return use_table;
}

typedef struct adding
{
	e911_settings_t *set;
	e911_fault_t *fault;
} adding_t;

static int add_setting(const str *parameter, const str *value, void *arg)
{
	adding_t *a = arg;

	return e911_settings_add(a->set, parameter, value, a->fault);
}

static int add_table(e911_settings_t *set, e911_fault_t *fault)
{
	adding_t a = {set, fault};
	int err = e911_store_settings(add_setting, &a);

	if(err == E911_ERR_DOWN) {
		memset(fault, 0, sizeof(*fault));
		fault->err = err;
		strcpy(fault->what, "e911_setting");
	}
	return err;
}

static int build(e911_settings_t **set, int with_table, e911_fault_t *fault)
{
	int err = e911_settings_new(set, defaults, fault);

	if(err)
		return err;
	if(file_name)
		err = e911_settings_add_file(*set, file_name, fault);
	if(!err && with_table)
		err = add_table(*set, fault);
	/* rows that are not there may be the ones that others name */
	if(!err && with_table == use_table)
		err = e911_settings_check(*set, fault);
	if(err)
		e911_settings_free(*set);
	return err;
}

static int swap(e911_settings_t *set, e911_fault_t *fault)
{
	int err = e911_settings_swap(set);

	if(err) {
		e911_settings_free(set);
		memset(fault, 0, sizeof(*fault));
		fault->err = err;
		strcpy(fault->what, "too many reloads in a minute");
	}
	return err;
}

int e911_reload(e911_fault_t *fault)
{
	e911_settings_t *set;
	int err = build(&set, use_table, fault);

	if(!err)
		err = swap(set, fault);
	if(err)
		LM_ERR("settings stay as they were: %s: %s: %s\n", fault->what,
				fault->detail, e911_err_text(err));
	else
		LM_NOTICE("settings reloaded\n");
	return err;
}

static int open_table(e911_fault_t *fault)
{
	int err = e911_store_open();

	if(err) {
		memset(fault, 0, sizeof(*fault));
		fault->err = err;
		strcpy(fault->what, "e911_setting");
	}
	return err;
}

int e911_reload_first(e911_fault_t *fault, int *missing)
{
	e911_settings_t *set;
	e911_fault_t other;
	int err = E911_OK;

	*missing = 0;
	if(use_table) {
		err = open_table(fault);
		if(!err)
			err = build(&set, 1, fault);
		e911_store_close();
		*missing = err != 0;
	}
	/* without the table, calls go all the same; what is wrong with the other
	 * rows stops the start */
	if(!use_table || *missing)
		err = build(&set, 0, *missing ? &other : fault);
	if(err && *missing)
		*fault = other;
	return err ? err : swap(set, fault);
}
