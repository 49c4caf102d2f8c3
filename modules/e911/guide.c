/*
 * e911: the guide of streets that is in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "err.h"
#include "guide.h"
#include "msag_file.h"
#include "record.h"
#include "row.h"

#define REPLACED_MAX 4
#define REPLACED_FOR 60 /* s */

typedef struct shared
{
	gen_lock_t lock;
	int loading; /* pid */
	e911_msag_t *in_force;
	time_t loaded;
	struct
	{
		e911_msag_t *msag;
		uint32_t when;
	} replaced[REPLACED_MAX];
} shared_t;

static char paths[E911_GUIDE_FILES_MAX][E911_GUIDE_PATH_MAX];
static int path_count;
static int has_table;
static shared_t *shared;

/* ----- where it is read from ----- */

static int keep_file(const char *path)
{
	if(path_count == E911_GUIDE_FILES_MAX)
		return E911_ERR_FULL;
	strcpy(paths[path_count++], path);
	return E911_OK;
}

static int keep_table(const char *name)
{
	if(strcmp(name, E911_GUIDE_TABLE) != 0)
		return E911_ERR_VALUE;
	if(has_table)
		return E911_ERR_TWICE;
	has_table = 1;
	return E911_OK;
}

int e911_guide_keep(const char *row)
{
	str rest = {(char *)row, (int)strlen(row)}, key, value;
	char from[E911_GUIDE_PATH_MAX] = "";
	int got, is_file = 0, err = E911_OK;

	while(!err && (got = e911_row_next(&rest, &key, &value)) == 1) {
		is_file = e911_row_is(&key, "file");
		if(!is_file && !e911_row_is(&key, "table"))
			err = E911_ERR_NAME;
		else
			err = from[0] ? E911_ERR_TWICE
						  : e911_row_text(from, sizeof(from), &value);
	}
	if(err || got < 0)
		return err ? err : got;
	if(from[0] == '\0')
		return E911_ERR_MISSING;
	return is_file ? keep_file(from) : keep_table(from);
}

int e911_guide_files(void)
{
	return path_count;
}

int e911_guide_has_table(void)
{
	return has_table;
}

/* ----- reading ----- */

int e911_guide_init(void)
{
	shared = shm_mallocxz(sizeof(*shared));
	if(shared == NULL)
		return E911_ERR_MEM;
	lock_init(&shared->lock);
	return E911_OK;
}

void e911_guide_destroy(void)
{
	int i;

	if(shared == NULL)
		return;
	e911_msag_free(shared->in_force);
	for(i = 0; i < REPLACED_MAX; i++)
		e911_msag_free(shared->replaced[i].msag);
	lock_destroy(&shared->lock);
	shm_free(shared);
	shared = NULL;
}

static int read_file(
		e911_msag_t *msag, const char *path, e911_guide_fault_t *fault)
{
	e911_msag_fault_t f = {0};
	int err = e911_msag_file_read(msag, path, &f);

	if(err == 0)
		return E911_OK;
	strcpy(fault->file, path);
	fault->line = f.line;
	snprintf(fault->column, sizeof(fault->column), "%s", f.column);
	return err;
}

static int build(e911_msag_t **msag, e911_guide_table_f read_table,
		e911_guide_fault_t *fault)
{
	int i, err = e911_msag_new(msag);

	if(err)
		return err;
	for(i = 0; !err && i < path_count; i++)
		err = read_file(*msag, paths[i], fault);
	if(!err && read_table)
		err = read_table(*msag, fault);
	if(!err)
		err = e911_msag_finish(*msag);
	if(err)
		e911_msag_free(*msag);
	return err;
}

static int build_of(
		const char *path, e911_msag_t **msag, e911_guide_fault_t *fault)
{
	struct stat st;
	int err;

	/* who opens a pipe waits for its other end */
	if(stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return E911_ERR_NONE;
	err = e911_msag_new(msag);
	if(err)
		return err;
	err = read_file(*msag, path, fault);
	if(!err)
		err = e911_msag_finish(*msag);
	if(err)
		e911_msag_free(*msag);
	return err;
}

/* the lock is held */
static int lay_aside(e911_msag_t *old)
{
	int i;

	for(i = 0; old && i < REPLACED_MAX; i++) {
		if(shared->replaced[i].msag)
			continue;
		shared->replaced[i].msag = old;
		shared->replaced[i].when = e911_now();
		return E911_OK;
	}
	return old ? E911_ERR_FULL : E911_OK;
}

static int swap(e911_msag_t *msag)
{
	int err;

	lock_get(&shared->lock);
	err = lay_aside(shared->in_force);
	if(!err) {
		__atomic_store_n(&shared->in_force, msag, __ATOMIC_RELEASE);
		shared->loaded = time(NULL);
	}
	lock_release(&shared->lock);
	return err;
}

static int begin(void)
{
	int err = E911_OK;

	lock_get(&shared->lock);
	/* one that was killed over it has not ended it */
	if(shared->loading && kill(shared->loading, 0) == 0)
		err = E911_ERR_AGAIN;
	else
		shared->loading = getpid();
	lock_release(&shared->lock);
	return err;
}

int e911_guide_load(e911_guide_table_f read_table, e911_guide_fault_t *fault)
{
	e911_msag_t *msag;
	int err = begin();

	memset(fault, 0, sizeof(*fault));
	if(!err) {
		err = build(&msag, read_table, fault);
		if(!err) {
			err = swap(msag);
			if(err)
				e911_msag_free(msag);
		}
		__atomic_store_n(&shared->loading, 0, __ATOMIC_RELEASE);
	}
	fault->err = err;
	return err;
}

/* in the loader's place: two that are built at once are too much memory */
int e911_guide_check(
		const char *path, unsigned long *ranges, e911_guide_fault_t *fault)
{
	e911_msag_t *msag;
	int err = begin();

	memset(fault, 0, sizeof(*fault));
	snprintf(fault->file, sizeof(fault->file), "%s", path);
	if(!err) {
		err = build_of(path, &msag, fault);
		if(!err) {
			*ranges = e911_msag_count(msag);
			e911_msag_free(msag);
		}
		__atomic_store_n(&shared->loading, 0, __ATOMIC_RELEASE);
	}
	fault->err = err;
	return err;
}

void e911_guide_explain(const e911_guide_fault_t *f, char *to, size_t size)
{
	char at[32] = "";

	if(f->is_table && f->err == E911_ERR_MISSING) {
		snprintf(to, size, "no table %s of our version (utils/db)", f->file);
		return;
	}
	if(f->line)
		snprintf(at, sizeof(at), f->is_table ? ", id %lu" : ", line %lu",
				f->line);
	snprintf(to, size, "%s%s%s%s%s%s%s", f->is_table ? "table " : "", f->file,
			at, f->file[0] ? ": " : "", f->column, f->column[0] ? ": " : "",
			e911_err_text(f->err));
}

void e911_guide_bury(void)
{
	e911_msag_t *dead[REPLACED_MAX] = {NULL};
	uint32_t now = e911_now();
	int i;

	lock_get(&shared->lock);
	for(i = 0; i < REPLACED_MAX; i++) {
		if(shared->replaced[i].msag == NULL
				|| !e911_passed(shared->replaced[i].when + REPLACED_FOR, now))
			continue;
		dead[i] = shared->replaced[i].msag;
		shared->replaced[i].msag = NULL;
	}
	lock_release(&shared->lock);
	for(i = 0; i < REPLACED_MAX; i++)
		e911_msag_free(dead[i]);
}

const e911_msag_t *e911_guide(void)
{
	return __atomic_load_n(&shared->in_force, __ATOMIC_ACQUIRE);
}

void e911_guide_tell(e911_guide_facts_t *facts)
{
	const e911_msag_t *msag = e911_guide();

	memset(facts, 0, sizeof(*facts));
	facts->files = path_count;
	facts->tables = has_table;
	if(msag == NULL)
		return;
	facts->ranges = e911_msag_count(msag);
	facts->bytes = e911_msag_bytes(msag);
	facts->loaded = shared->loaded;
}
