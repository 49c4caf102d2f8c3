/*
 * Just enough of Kamailio to run one file of the module alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../../core/dprint.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "ksr_stub.h"

/* tests may have threads */
static _Atomic long allowed = -1;
static _Atomic int refused;
static _Atomic long blocks;

void ksr_allow(long n)
{
	allowed = n;
	refused = 0;
}

int ksr_refused(void)
{
	return refused;
}

long ksr_blocks(void)
{
	return blocks;
}

static int may_allocate(void)
{
	if(allowed == 0) {
		refused = 1;
		return 0;
	}
	if(allowed > 0)
		allowed--;
	return 1;
}

void *ksr_malloc(size_t size)
{
	void *p = may_allocate() ? malloc(size ? size : 1) : NULL;

	if(p)
		blocks++;
	return p;
}

void *ksr_realloc(void *p, size_t size)
{
	void *q = may_allocate() ? realloc(p, size ? size : 1) : NULL;

	if(q && !p)
		blocks++;
	return q;
}

void ksr_free(void *p)
{
	if(p)
		blocks--;
	free(p);
}

void ksr_sweep(int (*work)(void *arg), void *arg, int err)
{
	long before = blocks, n;
	int result;

	for(n = 0;; n++) {
		ksr_allow(n);
		result = work(arg);
		if(!refused)
			break;
		ksr_allow(-1);
		if(result != 0 && err != 0)
			assert_int_equal(result, err);
		assert_true(result <= 0);
		assert_int_equal(blocks, before);
	}
	ksr_allow(-1);
	assert_int_equal(result, 0);
	assert_int_equal(blocks, before);
}

/* ----- core/mem ----- */

#ifdef DBG_SR_MEMORY
#define WHERE \
	, const char *file, const char *func, unsigned int line, const char *mname
#define UNUSED (void)block, (void)file, (void)func, (void)line, (void)mname
#else
#define WHERE
#define UNUSED (void)block
#endif

static void *stub_malloc(void *block, size_t size WHERE)
{
	UNUSED;
	return ksr_malloc(size);
}

static void *stub_mallocxz(void *block, size_t size WHERE)
{
	void *p = ksr_malloc(size);

	UNUSED;
	if(p)
		memset(p, 0, size);
	return p;
}

static void *stub_realloc(void *block, void *p, size_t size WHERE)
{
	UNUSED;
	return ksr_realloc(p, size);
}

static void stub_free(void *block, void *p WHERE)
{
	UNUSED;
	ksr_free(p);
}

static unsigned long stub_available(void *block)
{
	(void)block;
	return 1UL << 30;
}

sr_pkg_api_t _pkg_root = {.xmalloc = stub_malloc,
		.xmallocxz = stub_mallocxz,
		.xrealloc = stub_realloc,
		.xfree = stub_free};
sr_shm_api_t _shm_root = {.xmalloc = stub_malloc,
		.xmallocxz = stub_mallocxz,
		.xrealloc = stub_realloc,
		.xavailable = stub_available,
		.xfree = stub_free};

/* ----- core/dprint.h: logging is off ----- */

volatile int dprint_crit = 0;
int process_no = 0;
int log_stderr = 0;
int log_color = 0;
int log_cee = 0;
int log_prefix_mode = 0;
str *log_prefix_val = NULL;
char *log_name = NULL;
char *log_fqdn = NULL;
km_log_f _km_log_func = NULL;
ksr_slog_f _ksr_slog_func = NULL;
struct log_level_info log_level_info[1];

int get_debug_level(char *mname, int mnlen)
{
	(void)mname;
	(void)mnlen;
	return L_ALERT - 10;
}

int get_cfg_debug_level(void)
{
	return L_ALERT - 10;
}

int get_debug_facility(char *mname, int mnlen)
{
	(void)mname;
	(void)mnlen;
	return 0;
}

void dprint_color(int level)
{
	(void)level;
}

void dprint_color_reset(void)
{
}

int my_pid(void)
{
	return (int)getpid();
}
