/*
 * e911: the rows in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/trim.h"
#include "settings.h"
#include "record.h"
#include "err.h"
#include "row.h"
#include "wording.h"

#define ROWS_MAX 65536
#define FILE_MAX (1 << 20)
#define REPLACED_MAX 16
#define REPLACED_FOR 60 /* s */

typedef struct shared
{
	gen_lock_t lock;
	e911_settings_t *in_force;
	e911_settings_t *replaced; /* newest first */
} shared_t;

typedef struct row
{
	const char *parameter;
	str text;
} row_t;

static shared_t *shared;

/* in every process as it was at the fork */
static row_t *rows;
static int row_count;

int e911_settings_init(void)
{
	shared = shm_mallocxz(sizeof(*shared));
	if(shared == NULL)
		return E911_ERR_MEM;
	lock_init(&shared->lock);
	return E911_OK;
}

void e911_settings_free(e911_settings_t *set)
{
	if(set == NULL)
		return;
	e911_credentials_free(set->keys);
	e911_recipients_free(set->recipients);
	e911_validators_free(set->validators);
	e911_profiles_free(set->profiles);
	e911_pools_free(set->pools);
	e911_trunks_free(set->trunks);
	e911_sites_free(set->sites);
	e911_plan_free(set->plan);
	shm_free(set);
}

void e911_settings_destroy(void)
{
	e911_settings_t *set, *next;

	if(shared == NULL)
		return;
	e911_settings_free(shared->in_force);
	for(set = shared->replaced; set; set = next) {
		next = set->next;
		e911_settings_free(set);
	}
	lock_destroy(&shared->lock);
	shm_free(shared);
	shared = NULL;
}

int e911_settings_keep(const char *parameter, const char *row)
{
	int size = row_count < 16 ? 16 : row_count * 2;
	row_t *grown = rows;

	if(row_count == ROWS_MAX)
		return E911_ERR_FULL;
	/* at 0, 16, 32, 64 …, it is full */
	if(row_count == 0 || (row_count >= 16 && !(row_count & (row_count - 1))))
		grown = realloc(rows, size * sizeof(*grown));
	if(grown == NULL)
		return E911_ERR_MEM;
	rows = grown;
	rows[row_count].parameter = parameter;
	rows[row_count].text.s = strdup(row);
	if(rows[row_count].text.s == NULL)
		return E911_ERR_MEM;
	rows[row_count++].text.len = (int)strlen(row);
	return E911_OK;
}

/* ----- a new set ----- */

static void cut(char *to, size_t size, const str *s)
{
	int len = s->s && s->len > 0 ? s->len : 0;

	if((size_t)len >= size)
		len = (int)size - 1;
	memcpy(to, len ? s->s : "", len);
	to[len] = '\0';
}

/* there is one */
static int add_provider(e911_settings_t *set, const str *row, str *bad)
{
	*bad = *row;
	return set->provider.name[0] ? E911_ERR_TWICE
								 : e911_provider_read(&set->provider, row, bad);
}

int e911_settings_add(e911_settings_t *set, const str *parameter,
		const str *row, e911_fault_t *fault)
{
	str bad = *parameter;
	int err = E911_ERR_NAME;

	if(e911_row_is(parameter, "number"))
		err = e911_plan_add(set->plan, row, &bad);
	else if(e911_row_is(parameter, "site"))
		err = e911_sites_add(set->sites, row, &bad);
	else if(e911_row_is(parameter, "trunk"))
		err = e911_trunks_add(set->trunks, row, &bad);
	else if(e911_row_is(parameter, "profile"))
		err = e911_profiles_add(set->profiles, row, &bad);
	else if(e911_row_is(parameter, "provider"))
		err = add_provider(set, row, &bad);
	else if(e911_row_is(parameter, "elin"))
		err = e911_pools_add(set->pools, row, &bad);
	else if(e911_row_is(parameter, "validator"))
		err = e911_validators_add(set->validators, row, &bad);
	else if(e911_row_is(parameter, "key"))
		err = e911_credentials_add(set->keys, row, &bad);
	else if(e911_row_is(parameter, "notify"))
		err = e911_recipients_add(set->recipients, row, &bad);
	if(err == 0)
		return E911_OK;
	memset(fault, 0, sizeof(*fault));
	fault->err = err;
	cut(fault->what, sizeof(fault->what), parameter);
	cut(fault->detail, sizeof(fault->detail), &bad);
	return err;
}

static int add_kept(e911_settings_t *set, e911_fault_t *fault)
{
	int i, err = E911_OK;
	str parameter;

	for(i = 0; !err && i < row_count; i++) {
		parameter.s = (char *)rows[i].parameter;
		parameter.len = (int)strlen(rows[i].parameter);
		err = e911_settings_add(set, &parameter, &rows[i].text, fault);
	}
	return err;
}

int e911_settings_new(
		e911_settings_t **set, int default_numbers, e911_fault_t *fault)
{
	e911_settings_t *s = shm_mallocxz(sizeof(*s));
	int err;

	memset(fault, 0, sizeof(*fault));
	fault->err = E911_ERR_MEM;
	if(s == NULL)
		return E911_ERR_MEM;
	err = e911_plan_new(&s->plan, default_numbers);
	if(!err)
		err = e911_sites_new(&s->sites);
	if(!err)
		err = e911_trunks_new(&s->trunks);
	if(!err)
		err = e911_profiles_new(&s->profiles);
	if(!err)
		err = e911_pools_new(&s->pools);
	if(!err)
		err = e911_validators_new(&s->validators);
	if(!err)
		err = e911_credentials_new(&s->keys);
	if(!err)
		err = e911_recipients_new(&s->recipients);
	if(!err)
		err = add_kept(s, fault);
	if(err) {
		e911_settings_free(s);
		return err;
	}
	*set = s;
	return E911_OK;
}

/* ----- the whole ----- */

static int is_known(
		const e911_validators_t *all, const e911_steps_t *steps, int i)
{
	str name = {(char *)steps->step[i].name, (int)strlen(steps->step[i].name)};
	const e911_validator_t *v;

	if(steps->step[i].kind == E911_STEP_MSAG)
		return 1;
	v = e911_validators_named(all, &name);
	return v
		   && (v->kind == E911_VALIDATOR_LOST)
					  == (steps->step[i].kind == E911_STEP_LOST);
}

static int refuse_step(
		const e911_site_t *site, const char *name, e911_fault_t *fault)
{
	memset(fault, 0, sizeof(*fault));
	fault->err = E911_ERR_NAME;
	snprintf(fault->what, sizeof(fault->what), "site %s: validate", site->name);
	snprintf(fault->detail, sizeof(fault->detail), "%s", name);
	return E911_ERR_NAME;
}

static int check_notify(const e911_settings_t *set, const e911_site_t *site,
		e911_fault_t *fault)
{
	str rest = {(char *)site->notify, (int)strlen(site->notify)}, name;

	while(e911_row_item(&rest, &name)) {
		if(e911_recipients_named(set->recipients, &name))
			continue;
		memset(fault, 0, sizeof(*fault));
		fault->err = E911_ERR_NAME;
		snprintf(fault->what, sizeof(fault->what), "site %s: notify",
				site->name);
		cut(fault->detail, sizeof(fault->detail), &name);
		return E911_ERR_NAME;
	}
	return E911_OK;
}

static int check_templates(const e911_settings_t *set, e911_fault_t *fault)
{
	const e911_recipient_t *r;
	int i;

	for(i = 0; (r = e911_recipients_nth(set->recipients, i)); i++) {
		if(e911_wording_check(r->body) == 0
				&& e911_wording_check(r->subject) == 0)
			continue;
		memset(fault, 0, sizeof(*fault));
		fault->err = E911_ERR_VALUE;
		strcpy(fault->what, "notify: template or subject");
		snprintf(fault->detail, sizeof(fault->detail), "%s", r->name);
		return E911_ERR_VALUE;
	}
	return E911_OK;
}

int e911_settings_check(const e911_settings_t *set, e911_fault_t *fault)
{
	const e911_site_t *site;
	int i, k, err = E911_OK;

	for(i = 0; !err && (site = e911_sites_nth(set->sites, i)); i++) {
		for(k = 0; k < site->validate.n; k++)
			if(!is_known(set->validators, &site->validate, k))
				return refuse_step(site, site->validate.step[k].name, fault);
		err = check_notify(set, site, fault);
	}
	return err ? err : check_templates(set, fault);
}

/* ----- a file of rows ----- */

static int read_file(const char *path, char **text, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *mem = file ? malloc(FILE_MAX + 1) : NULL;
	int err = E911_OK;

	if(file == NULL)
		return E911_ERR_NONE;
	if(mem) {
		*len = fread(mem, 1, FILE_MAX + 1, file);
		err = ferror(file)		? E911_ERR_NONE
			  : *len > FILE_MAX ? E911_ERR_SPACE
								: E911_OK;
	}
	fclose(file);
	if(mem == NULL)
		return E911_ERR_MEM;
	if(err) {
		free(mem);
		return err;
	}
	*text = mem;
	return E911_OK;
}

/* "parameter row" */
static int add_line(e911_settings_t *set, str line, e911_fault_t *fault)
{
	str parameter = line;

	trim(&line);
	if(line.len == 0 || line.s[0] == '#')
		return E911_OK;
	parameter.s = line.s;
	for(parameter.len = 0; parameter.len < line.len
						   && line.s[parameter.len] != ' '
						   && line.s[parameter.len] != '\t';)
		parameter.len++;
	line.s += parameter.len;
	line.len -= parameter.len;
	trim(&line);
	return e911_settings_add(set, &parameter, &line, fault);
}

static int add_text(
		e911_settings_t *set, const char *text, size_t len, e911_fault_t *fault)
{
	const char *end;
	int number, err;
	str line;

	for(number = 1; len > 0; number++) {
		end = memchr(text, '\n', len);
		line.s = (char *)text;
		line.len = (int)(end ? end - text : (long)len);
		err = add_line(set, line, fault);
		if(err) {
			fault->line = number;
			return err;
		}
		line.len += end != NULL;
		text += line.len;
		len -= line.len;
	}
	return E911_OK;
}

int e911_settings_add_file(
		e911_settings_t *set, const char *path, e911_fault_t *fault)
{
	str name = {(char *)path, (int)strlen(path)};
	char *text;
	size_t len;
	int err = read_file(path, &text, &len);

	if(err) {
		memset(fault, 0, sizeof(*fault));
		fault->err = err;
		strcpy(fault->what, "settings_file");
		cut(fault->detail, sizeof(fault->detail), &name);
		return err;
	}
	err = add_text(set, text, len, fault);
	free(text);
	return err;
}

/* ----- in force ----- */

/* the lock is held */
static int count_replaced(void)
{
	e911_settings_t *set;
	int n = 0;

	for(set = shared->replaced; set; set = set->next)
		n++;
	return n;
}

int e911_settings_swap(e911_settings_t *set)
{
	e911_settings_t *old;
	int err = E911_OK;

	lock_get(&shared->lock);
	old = shared->in_force;
	if(old && count_replaced() == REPLACED_MAX)
		err = E911_ERR_FULL;
	if(!err)
		__atomic_store_n(&shared->in_force, set, __ATOMIC_RELEASE);
	if(!err && old) {
		old->replaced = e911_now();
		old->next = shared->replaced;
		shared->replaced = old;
	}
	lock_release(&shared->lock);
	return err;
}

void e911_settings_bury(void)
{
	uint32_t now = e911_now();
	e911_settings_t **p, *dead = NULL, *next;

	if(shared->replaced == NULL)
		return;
	lock_get(&shared->lock);
	for(p = &shared->replaced; *p; p = &(*p)->next)
		if(e911_passed((*p)->replaced + REPLACED_FOR, now))
			break;
	/* newest first: from here on all are old enough */
	dead = *p;
	*p = NULL;
	lock_release(&shared->lock);
	for(; dead; dead = next) {
		next = dead->next;
		e911_settings_free(dead);
	}
}

const e911_settings_t *e911_settings(void)
{
	return __atomic_load_n(&shared->in_force, __ATOMIC_ACQUIRE);
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	const e911_sites_t *sites = e911_settings()->sites;
	const e911_site_t *site = e911_sites_with(sites, id);

	return site ? site : e911_sites_nth(sites, 0);
}
