/*
 * A guide and files that are stood in for: what counts is which one is in
 * force, and that none is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ksr_stub.h"
#include "tight.h"

static uint32_t clock_now;
static int loader_lives;

static int fake_kill(pid_t pid, int sig)
{
	(void)pid;
	(void)sig;
	return loader_lives ? 0 : -1;
}

#define kill(pid, sig) fake_kill(pid, sig)
#include "../../modules/e911/guide.c"

uint32_t e911_now(void)
{
	return clock_now;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && deadline <= now;
}

/* ----- a guide that knows how many files it was read from ----- */

struct e911_msag
{
	int files;
	int finished;
};

static int bad_file; /* the nth is bad; -1: finishing fails */

int e911_msag_new(e911_msag_t **msag)
{
	*msag = ksr_malloc(sizeof(**msag));
	if(*msag)
		memset(*msag, 0, sizeof(**msag));
	return *msag ? E911_OK : E911_ERR_MEM;
}

void e911_msag_free(e911_msag_t *msag)
{
	ksr_free(msag);
}

int e911_msag_file_read(
		e911_msag_t *msag, const char *path, e911_msag_fault_t *fault)
{
	(void)path;
	if(++msag->files != bad_file)
		return E911_OK;
	fault->line = 7;
	strcpy(fault->column, "low");
	return E911_ERR_VALUE;
}

int e911_msag_finish(e911_msag_t *msag)
{
	msag->finished = 1;
	return bad_file < 0 ? E911_ERR_MEM : E911_OK;
}

unsigned long e911_msag_count(const e911_msag_t *msag)
{
	return (unsigned long)msag->files;
}

unsigned long e911_msag_bytes(const e911_msag_t *msag)
{
	return (unsigned long)msag->files * 10;
}

static e911_guide_fault_t fault;

static int up(void **state)
{
	(void)state;
	clock_now = 1000;
	loader_lives = 1;
	bad_file = 0;
	path_count = has_table = 0;
	return e911_guide_init();
}

static int down(void **state)
{
	(void)state;
	e911_guide_destroy();
	e911_guide_destroy();
	return ksr_blocks() != 0;
}

/* ----- tests ----- */

static void takes_rows_and_no_others(void **state)
{
	static const struct
	{
		const char *row;
		int err;
	} rows[] = {{"file=/a.csv", 0}, {" file = \"/b;c.csv\" ", 0},
			{"", E911_ERR_MISSING}, {"file=", E911_ERR_VALUE},
			{"path=/a", E911_ERR_NAME}, {"file=/a;file=/b", E911_ERR_TWICE},
			{"file=\"/a", E911_ERR_SYNTAX}, {"table=streets", E911_ERR_VALUE},
			{"table=", E911_ERR_VALUE}, {"table=e911_msag", 0},
			{"table=e911_msag", E911_ERR_TWICE},
			{"table=e911_msag;file=/a", E911_ERR_TWICE}};
	char longer[300];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(e911_guide_keep(rows[i].row), rows[i].err);
	assert_int_equal(e911_guide_files(), 2);
	assert_true(e911_guide_has_table());
	assert_string_equal(paths[1], "/b;c.csv");
	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "file=", 5);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(e911_guide_keep(longer), E911_ERR_LONG);
	while(e911_guide_files() < E911_GUIDE_FILES_MAX)
		assert_int_equal(e911_guide_keep("file=/x"), 0);
	assert_int_equal(e911_guide_keep("file=/x"), E911_ERR_FULL);
}

static void a_whole_one_is_swapped_in(void **state)
{
	const e911_msag_t *first;
	e911_guide_facts_t facts;

	(void)state;
	e911_guide_keep("file=/a");
	e911_guide_keep("file=/b");
	assert_null(e911_guide());
	e911_guide_tell(&facts);
	assert_int_equal(facts.files, 2);
	assert_int_equal(facts.loaded, 0);
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
	first = e911_guide();
	assert_non_null(first);
	assert_true(first->finished);
	e911_guide_tell(&facts);
	assert_int_equal(facts.ranges, 2);
	assert_int_equal(facts.bytes, 20);
	assert_true(facts.loaded > 0);
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
	assert_ptr_not_equal(e911_guide(), first);
	/* who holds it may go on for a minute */
	clock_now += REPLACED_FOR - 1;
	e911_guide_bury();
	assert_int_equal(first->files, 2);
	assert_int_equal(ksr_blocks(), 3);
	clock_now++;
	e911_guide_bury();
	assert_int_equal(ksr_blocks(), 2);
}

static void a_bad_line_changes_nothing(void **state)
{
	const e911_msag_t *first;

	(void)state;
	e911_guide_keep("file=/a");
	e911_guide_keep("file=/b");
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
	first = e911_guide();
	bad_file = 2;
	assert_int_equal(e911_guide_load(NULL, &fault), E911_ERR_VALUE);
	assert_int_equal(fault.err, E911_ERR_VALUE);
	assert_string_equal(fault.file, "/b");
	assert_int_equal(fault.line, 7);
	assert_string_equal(fault.column, "low");
	bad_file = -1;
	assert_int_equal(e911_guide_load(NULL, &fault), E911_ERR_MEM);
	assert_string_equal(fault.file, "");
	assert_ptr_equal(e911_guide(), first);
	assert_int_equal(ksr_blocks(), 2);
}

static int table_says;

static int read_table(e911_msag_t *msag, e911_guide_fault_t *f)
{
	msag->files += 10;
	f->is_table = 1;
	f->line = 5;
	strcpy(f->file, "e911_msag");
	return table_says;
}

static void a_table_comes_behind_the_files(void **state)
{
	const e911_msag_t *first;

	(void)state;
	e911_guide_keep("table=e911_msag");
	e911_guide_keep("file=/a");
	table_says = 0;
	assert_int_equal(e911_guide_load(read_table, &fault), 0);
	first = e911_guide();
	assert_int_equal(first->files, 11);
	table_says = E911_ERR_TEXT;
	assert_int_equal(e911_guide_load(read_table, &fault), E911_ERR_TEXT);
	assert_int_equal(fault.err, E911_ERR_TEXT);
	assert_int_equal(fault.line, 5);
	assert_ptr_equal(e911_guide(), first);
	assert_int_equal(ksr_blocks(), 2);
}

static void a_fault_is_put_into_words(void **state)
{
	static const struct
	{
		e911_guide_fault_t fault;
		const char *text;
	} faults[] = {{{E911_ERR_VALUE, 7, 0, "/a.csv", "low"},
						  "/a.csv, line 7: low: value not allowed"},
			{{E911_ERR_SYNTAX, 7, 0, "/a.csv", ""},
					"/a.csv, line 7: not well-formed"},
			{{E911_ERR_NONE, 0, 0, "/a.csv", ""}, "/a.csv: not found"},
			{{E911_ERR_FULL, 0, 0, "", ""}, "table full"},
			{{E911_ERR_VALUE, 7, 1, "e911_msag", "low"},
					"table e911_msag, id 7: low: value not allowed"},
			{{E911_ERR_DOWN, 0, 1, "e911_msag", ""},
					"table e911_msag: not reachable"},
			{{E911_ERR_MISSING, 0, 1, "e911_msag", ""},
					"no table e911_msag of our version (utils/db)"},
			{{E911_ERR_MISSING, 1, 0, "/a.csv", "street"},
					"/a.csv, line 1: street: a part is missing"}};
	char text[E911_GUIDE_TEXT_MAX], little[8];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		e911_guide_explain(&faults[i].fault, text, sizeof(text));
		assert_string_equal(text, faults[i].text);
		e911_guide_explain(&faults[i].fault, little, sizeof(little));
		assert_int_equal(strlen(little), 7);
	}
}

static void no_more_are_replaced_than_are_kept(void **state)
{
	const e911_msag_t *last;
	int i;

	(void)state;
	e911_guide_keep("file=/a");
	for(i = 0; i <= REPLACED_MAX; i++)
		assert_int_equal(e911_guide_load(NULL, &fault), 0);
	last = e911_guide();
	assert_int_equal(e911_guide_load(NULL, &fault), E911_ERR_FULL);
	assert_ptr_equal(e911_guide(), last);
	clock_now += REPLACED_FOR;
	e911_guide_bury();
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
}

static void one_process_reads_at_a_time(void **state)
{
	(void)state;
	e911_guide_keep("file=/a");
	shared->loading = 4711;
	assert_int_equal(e911_guide_load(NULL, &fault), E911_ERR_AGAIN);
	assert_null(e911_guide());
	/* it died over it */
	loader_lives = 0;
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
	assert_int_equal(shared->loading, 0);
}

#define ANY_FILE "/proc/self/exe"

static void a_file_is_checked_and_forgotten(void **state)
{
	const e911_msag_t *first;
	unsigned long ranges = 0;

	(void)state;
	e911_guide_keep("file=/a");
	e911_guide_keep("file=/b");
	assert_int_equal(e911_guide_load(NULL, &fault), 0);
	first = e911_guide();
	assert_int_equal(e911_guide_check(ANY_FILE, &ranges, &fault), 0);
	assert_int_equal(ranges, 1);
	bad_file = 1;
	assert_int_equal(
			e911_guide_check(ANY_FILE, &ranges, &fault), E911_ERR_VALUE);
	assert_string_equal(fault.file, ANY_FILE);
	assert_int_equal(fault.line, 7);
	bad_file = -1;
	assert_int_equal(e911_guide_check(ANY_FILE, &ranges, &fault), E911_ERR_MEM);
	assert_int_equal(fault.err, E911_ERR_MEM);
	bad_file = 0;
	assert_int_equal(
			e911_guide_check("/dev/null", &ranges, &fault), E911_ERR_NONE);
	assert_string_equal(fault.file, "/dev/null");
	ksr_allow(0);
	assert_int_equal(e911_guide_check(ANY_FILE, &ranges, &fault), E911_ERR_MEM);
	ksr_allow(-1);
	shared->loading = 4711;
	assert_int_equal(
			e911_guide_check(ANY_FILE, &ranges, &fault), E911_ERR_AGAIN);
	assert_int_equal(shared->loading, 4711);
	assert_ptr_equal(e911_guide(), first);
	assert_int_equal(ksr_blocks(), 2);
}

static void every_allocation_may_fail(void **state)
{
	int n;

	(void)state;
	e911_guide_keep("file=/a");
	for(n = 0; n < 10; n++) {
		ksr_allow(n);
		if(e911_guide_load(NULL, &fault) == 0)
			break;
		assert_null(e911_guide());
		assert_int_equal(shared->loading, 0);
	}
	ksr_allow(-1);
	assert_in_range(n, 1, 9);
	e911_guide_destroy();
	ksr_allow(0);
	assert_int_equal(e911_guide_init(), E911_ERR_MEM);
	ksr_allow(-1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(takes_rows_and_no_others),
			WITH(a_whole_one_is_swapped_in),
			WITH(a_bad_line_changes_nothing),
			WITH(a_table_comes_behind_the_files),
			WITH(a_fault_is_put_into_words),
			WITH(no_more_are_replaced_than_are_kept),
			WITH(one_process_reads_at_a_time),
			WITH(a_file_is_checked_and_forgotten),
			WITH(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
