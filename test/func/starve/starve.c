/*
 * starve: fails chosen allocations of e911 in a running Kamailio, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A module beside e911: it takes the place of the functions by which memory is
 * had, pkg, shm and (with hunger.so preloaded) malloc. An allocation counts if
 * the innermost module on the stack is e911: its own, and those of the core
 * and of the libraries that it calls. The test says which ones fail in a page
 * that it shares with all processes, the file that STARVE names.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../core/mem/mem.h"
#include "../../core/mem/shm.h"
#include "../../core/sr_module.h"

MODULE_VERSION

enum
{
	OWN = 1,
	LENT = 2
}; /* kinds: our own lines; the core's, for us */
enum
{
	DEPTH = 48,
	MODULES = 128,
	WHERE = 160,
	FAILED = 4
};

/* as starve.py has it */
typedef struct page
{
	int kinds;			  /* 0: at rest */
	int from, to;		  /* those of this first … */
	int and_from, and_to; /* … and of this second range fail */
	int seen, failed;
	char where[FAILED][WHERE];
	long left, left_now; /* shared memory is taken but for that; 0: none is */
	struct hog *hogs;
	int hogging;
} page_t;

typedef struct hog
{
	struct hog *next;
} hog_t;

typedef struct range
{
	const char *start, *end;
	int ours;
} range_t;

static page_t *page;
static range_t ranges[MODULES];
static int range_count, sip;
static int inside;	/* SIP workers have one thread */
static long lender; /* for whom: where in e911.so */
static sr_pkg_api_t pkg;
static sr_shm_api_t shm;

static int take_range(struct dl_phdr_info *info, size_t size, void *data)
{
	range_t *r = &ranges[range_count];
	const char *base = (const char *)info->dlpi_addr;
	const char *name = strrchr(info->dlpi_name, '/');

	if(!strstr(info->dlpi_name, "/kamailio/modules/")
			&& !strstr(info->dlpi_name, "e911.so"))
		return 0;
	if(range_count == MODULES)
		return 1;
	r->ours = name && strcmp(name, "/e911.so") == 0;
	r->start = r->end = base;
	for(int i = 0; i < info->dlpi_phnum; i++) {
		const char *end =
				base + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
		if(info->dlpi_phdr[i].p_type == PT_LOAD && end > r->end)
			r->end = end;
	}
	range_count++;
	return 0;
}

static const range_t *module_of(const void *address)
{
	for(int i = 0; i < range_count; i++)
		if((const char *)address >= ranges[i].start
				&& (const char *)address < ranges[i].end)
			return &ranges[i];
	return NULL;
}

/* whose allocation is it: OWN, LENT, 0 of somebody else */
static int whose(const void *caller)
{
	void *stack[DEPTH];
	const range_t *r = module_of(caller);
	int n;

	if(r)
		return r->ours ? OWN : 0;
	n = backtrace(stack, DEPTH);
	for(int i = 0; i < n; i++) {
		r = module_of(stack[i]);
		if(r) {
			lender = (const char *)stack[i] - r->start;
			return r->ours ? LENT : 0;
		}
	}
	return 0;
}

static void note(int at, const char *file, unsigned int line, void *caller)
{
	Dl_info info;
	char *where = page->where[at];
	int n = 0;

	if(file)
		n = snprintf(where, WHERE, "%s:%u", file, line);
	else if(dladdr(caller, &info))
		n = snprintf(where, WHERE, "malloc of %s", info.dli_fname);
	if(n < WHERE)
		snprintf(where + n, WHERE - n, " for e911.so+0x%lx", lender);
}

static int fails(const char *file, unsigned int line, void *caller)
{
	int kind, n, at;

	if(!page || !sip || !page->kinds || inside)
		return 0;
	inside = 1;
	lender = 0;
	kind = whose(caller);
	inside = 0;
	if(!(kind & page->kinds))
		return 0;
	n = __atomic_fetch_add(&page->seen, 1, __ATOMIC_RELAXED);
	if((n < page->from || n >= page->to)
			&& (n < page->and_from || n >= page->and_to))
		return 0;
	at = __atomic_fetch_add(&page->failed, 1, __ATOMIC_RELAXED);
	if(at < FAILED) {
		inside = 1;
		note(at, file, line, caller);
		inside = 0;
	}
	return 1;
}

/* ----- a machine whose shared memory is taken ----- */

#define TAKE(size) \
	shm.xmalloc(_shm_root.mem_block, size, "hog", "hog", 1, "starve")

static void take_all(long left)
{
	for(size_t size = 1 << 16; size >= 256; size /= 4) {
		while((long)_shm_root.xavailable(_shm_root.mem_block) > left) {
			hog_t *h = TAKE(size);
			if(h == NULL)
				break;
			h->next = page->hogs;
			page->hogs = h;
		}
	}
}

static void give_back(void)
{
	while(page->hogs) {
		hog_t *h = page->hogs;
		page->hogs = h->next;
		shm.xfree(_shm_root.mem_block, h, "hog", "hog", 1, "starve");
	}
}

/* by whoever of the SIP processes wants some first */
static void hog(void)
{
	long left = page->left;

	if(!sip || left == page->left_now
			|| __atomic_exchange_n(&page->hogging, 1, __ATOMIC_ACQUIRE))
		return;
	give_back();
	if(left)
		take_all(left);
	page->left_now = left;
	__atomic_store_n(&page->hogging, 0, __ATOMIC_RELEASE);
}

/* ----- in the place of what gives memory ----- */

#define LINE \
	const char *file, const char *func, unsigned int line, const char *mname
#define GET(api, call)                                                   \
	static void *api##_##call(void *block, size_t size, LINE)            \
	{                                                                    \
		return fails(file, line, __builtin_return_address(0))            \
					   ? NULL                                            \
					   : api.call(block, size, file, func, line, mname); \
	}
#define MORE(api, call)                                                     \
	static void *api##_##call(void *block, void *p, size_t size, LINE)      \
	{                                                                       \
		return fails(file, line, __builtin_return_address(0))               \
					   ? NULL                                               \
					   : api.call(block, p, size, file, func, line, mname); \
	}
/* what was there is freed all the same */
#define MORE_OR_NONE(api, call)                                        \
	static void *api##_##call(void *block, void *p, size_t size, LINE) \
	{                                                                  \
		if(!fails(file, line, __builtin_return_address(0)))            \
			return api.call(block, p, size, file, func, line, mname);  \
		if(p)                                                          \
			api.xfree(block, p, file, func, line, mname);              \
		return NULL;                                                   \
	}

GET(pkg, xmalloc)
GET(pkg, xmallocxz)
MORE(pkg, xrealloc)
MORE_OR_NONE(pkg, xreallocxf)
static void *shm_xmalloc(void *block, size_t size, LINE)
{
	hog();
	return fails(file, line, __builtin_return_address(0))
				   ? NULL
				   : shm.xmalloc(block, size, file, func, line, mname);
}

GET(shm, xmallocxz)
MORE(shm, xrealloc)
MORE_OR_NONE(shm, xreallocxf)

static int of_malloc(void *caller)
{
	return fails(NULL, 0, caller);
}

static void take_place(void)
{
	pkg = _pkg_root;
	shm = _shm_root;
	_pkg_root.xmalloc = pkg_xmalloc;
	_pkg_root.xmallocxz = pkg_xmallocxz;
	_pkg_root.xrealloc = pkg_xrealloc;
	_pkg_root.xreallocxf = pkg_xreallocxf;
	_shm_root.xmalloc = shm_xmalloc;
	_shm_root.xmallocxz = shm_xmallocxz;
	_shm_root.xrealloc = shm_xrealloc;
	_shm_root.xreallocxf = shm_xreallocxf;
}

static int mod_init(void)
{
	const char *name = getenv("STARVE");
	int fd = name ? open(name, O_RDWR) : -1;
	int (**hunger)(void *) = dlsym(RTLD_DEFAULT, "hunger");
	void *stack[1];

	if(fd < 0)
		return -1;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if(page == MAP_FAILED)
		return -1;
	/* the first one of a process loads a library */
	backtrace(stack, 1);
	dl_iterate_phdr(take_range, NULL);
	take_place();
	if(hunger)
		*hunger = of_malloc;
	return 0;
}

static int child_init(int rank)
{
	/* calls are handled here, or given up for silent: tm's timer */
	sip = rank > 0 || rank == PROC_TIMER;
	return 0;
}

struct module_exports exports = {"starve", DEFAULT_DLFLAGS, NULL, NULL, NULL,
		NULL, NULL, mod_init, child_init, NULL};
