/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json recipient wording notice events plan plan_dial plan_row regex site trunk network record location
 * needs: field aor row strbuf err elin number hash profile profiles additional
 * needs: steps validators template credential secret
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "ksr_stub.h"
#include "tight.h"

/* a clock of our own; the C library's memory under the count of the others */
static uint32_t clock_now;

static uint32_t fake_now(void)
{
	return clock_now;
}

static char *ksr_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

#undef strdup
#define strdup(z) ksr_strdup(z)
#define malloc(size) ksr_malloc(size)
#define realloc(p, size) ksr_realloc(p, size)
#define free(p) ksr_free(p)
#define e911_now fake_now
#include "../../modules/e911/settings.c"
#undef malloc
#undef free

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define PROVIDER "name=Us;id=example.com;contact=tel:+15125550100"

static e911_fault_t fault;

static int up(void **state)
{
	(void)state;
	clock_now = 1000;
	return e911_settings_init();
}

static void forget_rows(void)
{
	while(row_count)
		ksr_free(rows[--row_count].text.s);
	ksr_free(rows);
	rows = NULL;
}

static int down(void **state)
{
	(void)state;
	e911_settings_destroy();
	forget_rows();
	return ksr_blocks() != 0;
}

static e911_settings_t *new_set(void)
{
	e911_settings_t *set;

	assert_int_equal(e911_settings_new(&set, 1, &fault), 0);
	return set;
}

static int add(e911_settings_t *set, const char *parameter, const char *row)
{
	str p = tight_z(parameter), r = tight_z(row);
	int err;

	memset(&fault, 0x5a, sizeof(fault));
	err = e911_settings_add(set, &p, &r, &fault);
	free(p.s);
	free(r.s);
	return err;
}

static void assert_fault(int err, int line, const char *what, const char *part)
{
	assert_int_equal(fault.err, err);
	assert_int_equal(fault.line, line);
	assert_string_equal(fault.what, what);
	assert_string_equal(fault.detail, part);
}

static int dials(const e911_settings_t *set, const char *z)
{
	str s = tight_z(z);
	e911_match_t m;
	int err = e911_plan_match(set->plan, &s, NULL, &m);

	free(s.s);
	return err ? E911_KIND_NONE : m.kind;
}

static int has_site(const e911_settings_t *set, const char *z)
{
	str s = tight_z(z);
	int has = e911_sites_named(set->sites, &s) != NULL;

	free(s.s);
	return has;
}

/* ----- rows ----- */

static void a_set_begins_with_what_is_built_in(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(dials(set, "911"), E911_KIND_EMERGENCY);
	assert_true(has_site(set, "default"));
	assert_null(e911_trunks_nth(set->trunks, 0));
	e911_settings_free(set);
	assert_int_equal(e911_settings_new(&set, 0, &fault), 0);
	assert_int_equal(dials(set, "911"), E911_KIND_NONE);
	e911_settings_free(set);
	e911_settings_free(NULL);
}

static void each_parameter_has_its_rows(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(add(set, "number", "555"), 0);
	assert_int_equal(add(set, "site", "name=hq;domain=x"), 0);
	assert_int_equal(add(set, "trunk", "name=pbx;source=::1"), 0);
	assert_int_equal(add(set, "elin", "name=north;number=5125550101"), 0);
	assert_int_equal(dials(set, "555"), E911_KIND_EMERGENCY);
	assert_true(has_site(set, "hq"));
	assert_string_equal(e911_trunks_nth(set->trunks, 0)->name, "pbx");
	assert_string_equal(e911_pools_nth(set->pools, 0)->name, "north");
	e911_settings_free(set);
}

static const e911_profile_t *profile_of(
		const e911_settings_t *set, const char *z)
{
	str s = tight_z(z);
	const e911_profile_t *p = e911_profiles_named(set->profiles, &s);

	free(s.s);
	return p;
}

static void profiles_and_the_provider_have_theirs(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_non_null(profile_of(set, "value"));
	assert_null(profile_of(set, "ours"));
	assert_string_equal(set->provider.name, "");
	assert_int_equal(add(set, "profile", "name=ours;like=plain"), 0);
	assert_int_equal(profile_of(set, "ours")->forms, 1);
	/* one that is refused is none */
	assert_int_equal(add(set, "provider", PROVIDER ";type=x"), E911_ERR_VALUE);
	assert_fault(E911_ERR_VALUE, 0, "provider", "type");
	assert_string_equal(set->provider.name, "");
	assert_int_equal(add(set, "provider", PROVIDER), 0);
	assert_string_equal(set->provider.name, "Us");
	/* there is one */
	assert_int_equal(add(set, "provider", PROVIDER), E911_ERR_TWICE);
	assert_fault(E911_ERR_TWICE, 0, "provider", PROVIDER);
	assert_string_equal(set->provider.name, "Us");
	e911_settings_free(set);
}

static void says_whose_row_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *parameter, *row;
		int err;
		const char *part;
	} rows_at_fault[] = {
			{"number", "", E911_ERR_VALUE, ""},
			{"number", "555;kind=x", E911_ERR_VALUE, "x"},
			{"site", "name=hq;gate=x", E911_ERR_VALUE, "gate"},
			{"site", "name=hq;nonsense=x", E911_ERR_NAME, "nonsense"},
			{"trunk", "name=pbx", E911_ERR_MISSING, "name=pbx"},
			{"trunk", "name=pbx;source=x", E911_ERR_VALUE, "source"},
			{"elin", "name=a;number=x", E911_ERR_VALUE, "number"},
			{"profile", "name=x;like=y", E911_ERR_NAME, "like"},
			{"profile", "convey=none", E911_ERR_MISSING, "convey=none"},
			{"profile", "name=x;header=Via: x", E911_ERR_VALUE, "header"},
			{"provider", "name=x;nonsense=1", E911_ERR_NAME, "nonsense"},
			{"validator", "name=x;kind=y", E911_ERR_VALUE, "kind"},
			{"sites", "name=hq", E911_ERR_NAME, "sites"},
			{"Site", "name=hq", E911_ERR_NAME, "Site"},
			{"sit", "name=hq", E911_ERR_NAME, "sit"},
			{"", "name=hq", E911_ERR_NAME, ""},
	};
	e911_settings_t *set = new_set();
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows_at_fault); i++) {
		assert_int_equal(
				add(set, rows_at_fault[i].parameter, rows_at_fault[i].row),
				rows_at_fault[i].err);
		assert_fault(rows_at_fault[i].err, 0, rows_at_fault[i].parameter,
				rows_at_fault[i].part);
	}
	assert_false(has_site(set, "hq"));
	e911_settings_free(set);
}

static void every_validator_that_a_site_asks_is_there(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(e911_settings_check(set, &fault), 0);
	assert_int_equal(
			add(set, "site", "name=hq;validate=\"msag,lost:lvf,rest:shop\""),
			0);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_NAME);
	assert_fault(E911_ERR_NAME, 0, "site hq: validate", "lvf");
	assert_int_equal(
			add(set, "validator", "name=lvf;kind=lost;url=https://x"), 0);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_NAME);
	assert_fault(E911_ERR_NAME, 0, "site hq: validate", "shop");
	assert_int_equal(
			add(set, "validator", "name=shop;like=generic;url=https://x"), 0);
	assert_int_equal(e911_settings_check(set, &fault), 0);
	/* one of the other kind is another one */
	assert_int_equal(
			add(set, "site", "name=two;domain=x;validate=rest:lvf"), 0);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_NAME);
	assert_fault(E911_ERR_NAME, 0, "site two: validate", "lvf");
	e911_settings_free(set);
}

static void long_texts_are_cut_in_the_fault(void **state)
{
	e911_settings_t *set = new_set();
	str name = tight_many("n", 127), longer = tight_many("n", 128);
	str row = str_init("x");

	(void)state;
	assert_int_equal(
			e911_settings_add(set, &name, &row, &fault), E911_ERR_NAME);
	assert_int_equal(strlen(fault.what), 127);
	assert_int_equal(
			e911_settings_add(set, &longer, &row, &fault), E911_ERR_NAME);
	assert_int_equal(strlen(fault.what), 127);
	assert_int_equal(strlen(fault.detail), 127);
	free(name.s);
	free(longer.s);
	e911_settings_free(set);
}

/* ----- rows of the configuration file ----- */

static void rows_kept_are_in_every_set(void **state)
{
	char row[32];
	e911_settings_t *set;
	int i, n;

	(void)state;
	for(i = 0; i < 100; i++) {
		sprintf(row, "name=s%d;domain=d%d", i, i);
		assert_int_equal(e911_settings_keep("site", row), 0);
	}
	/* it was copied */
	strcpy(row, "name=x;domain=x");
	assert_int_equal(e911_settings_keep("number", "555;kind=test"), 0);
	for(n = 0; n < 2; n++) {
		set = new_set();
		for(i = 0; i < 100; i++) {
			sprintf(row, "s%d", i);
			assert_true(has_site(set, row));
		}
		assert_int_equal(dials(set, "555"), E911_KIND_TEST);
		e911_settings_free(set);
	}
}

static void a_bad_row_kept_makes_no_set(void **state)
{
	e911_settings_t *set = (void *)0x5a;
	long blocks;

	(void)state;
	e911_settings_keep("site", "name=a;domain=x");
	e911_settings_keep("site", "name=b;gate=x");
	e911_settings_keep("site", "name=c;nonsense=x");
	blocks = ksr_blocks();
	assert_int_equal(e911_settings_new(&set, 1, &fault), E911_ERR_VALUE);
	assert_fault(E911_ERR_VALUE, 0, "site", "gate");
	assert_ptr_equal(set, (void *)0x5a);
	assert_int_equal(ksr_blocks(), blocks);
}

static void so_many_rows_and_no_more(void **state)
{
	int i;

	(void)state;
	for(i = 0; i < ROWS_MAX; i++)
		assert_int_equal(e911_settings_keep("number", "1"), 0);
	assert_int_equal(e911_settings_keep("number", "1"), E911_ERR_FULL);
	assert_int_equal(row_count, ROWS_MAX);
}

/* ----- a file ----- */

static const char *written(const char *text, size_t len)
{
	static char path[32];
	int fd;

	strcpy(path, "/tmp/e911_settings.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	return path;
}

static int add_bytes(e911_settings_t *set, const char *text, size_t len)
{
	const char *path = written(text, len);
	int err;

	memset(&fault, 0x5a, sizeof(fault));
	err = e911_settings_add_file(set, path, &fault);
	unlink(path);
	return err;
}

static int add_text_of(e911_settings_t *set, const char *text)
{
	return add_bytes(set, text, strlen(text));
}

static void reads_a_file_as_people_write_it(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(add_text_of(set, ""), 0);
	assert_int_equal(add_text_of(set, "\n\n \t\n"), 0);
	assert_int_equal(add_text_of(set, "# sites\n"
									  "site name=a;domain=x\n"
									  "\n"
									  "  \t# name=none\n"
									  "\tsite \t name=b;domain=\"y,z\" \r\n"
									  "number\t555;kind=test\r\n"
									  "trunk name=pbx; source=192.0.2.1"),
			0);
	assert_true(has_site(set, "a"));
	assert_true(has_site(set, "b"));
	assert_false(has_site(set, "none"));
	assert_int_equal(dials(set, "555"), E911_KIND_TEST);
	assert_string_equal(e911_trunks_nth(set->trunks, 0)->name, "pbx");
	e911_settings_free(set);
}

static void a_site_tells_only_whom_there_is_to_tell(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(
			add(set, "site", "name=hq;notify=\"desk, guard\""), E911_OK);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_NAME);
	assert_fault(E911_ERR_NAME, 0, "site hq: notify", "desk");
	assert_int_equal(add(set, "notify", "name=desk;kind=event"), 0);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_NAME);
	assert_fault(E911_ERR_NAME, 0, "site hq: notify", "guard");
	assert_int_equal(add(set, "notify",
							 "name=guard;kind=mail;to=a@b;from=c@d;"
							 "server=smtp://x;subject={whose}"),
			0);
	assert_int_equal(e911_settings_check(set, &fault), E911_ERR_VALUE);
	assert_fault(E911_ERR_VALUE, 0, "notify: template or subject", "guard");
	e911_settings_free(set);
}

static void says_which_line_is_wrong(void **state)
{
	static const struct
	{
		const char *text;
		int err, line;
		const char *what, *part;
	} files[] = {
			{"site name=a;gate=x", E911_ERR_VALUE, 1, "site", "gate"},
			{"# 1\n\nsite name=a;domain=x\r\nsite name=b;gate=x\nsite name=c",
					E911_ERR_VALUE, 4, "site", "gate"},
			{"\n\nnonsense name=a\n", E911_ERR_NAME, 3, "nonsense", "nonsense"},
			{"site\n", E911_ERR_MISSING, 1, "site", ""},
			{"site \n", E911_ERR_MISSING, 1, "site", ""},
			{"number 555;kind=test\nnumber", E911_ERR_VALUE, 2, "number", ""},
			{"site=name=a", E911_ERR_NAME, 1, "site=name=a", "site=name=a"},
			{"site name=a;domain=x\n site name=a;domain=y", E911_ERR_TWICE, 2,
					"site", "name=a;domain=y"},
			{"trunk name=a # no comment", E911_ERR_MISSING, 1, "trunk",
					"name=a # no comment"},
	};
	e911_settings_t *set;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(files); i++) {
		set = new_set();
		if(add_text_of(set, files[i].text) != files[i].err)
			fail_msg("%s", files[i].text);
		assert_fault(files[i].err, files[i].line, files[i].what, files[i].part);
		e911_settings_free(set);
	}
}

static void a_file_that_cannot_be_read_is_none(void **state)
{
	e911_settings_t *set = new_set();
	char path[400];

	(void)state;
	assert_int_equal(e911_settings_add_file(set, "/nowhere/e911", &fault),
			E911_ERR_NONE);
	assert_fault(E911_ERR_NONE, 0, "settings_file", "/nowhere/e911");
	assert_int_equal(
			e911_settings_add_file(set, "/tmp", &fault), E911_ERR_NONE);
	assert_fault(E911_ERR_NONE, 0, "settings_file", "/tmp");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(e911_settings_add_file(set, path, &fault), E911_ERR_NONE);
	assert_int_equal(strlen(fault.detail), sizeof(fault.detail) - 1);
	e911_settings_free(set);
}

static void a_file_is_no_longer_than_a_mebibyte(void **state)
{
	e911_settings_t *set = new_set();
	str text = tight_many("#", FILE_MAX + 1);

	(void)state;
	memcpy(text.s + FILE_MAX - 22, "\nsite name=a;domain=x\n", 22);
	assert_int_equal(add_bytes(set, text.s, FILE_MAX + 1), E911_ERR_SPACE);
	assert_int_equal(fault.err, E911_ERR_SPACE);
	assert_int_equal(fault.line, 0);
	assert_false(has_site(set, "a"));
	assert_int_equal(add_bytes(set, text.s, FILE_MAX), 0);
	assert_true(has_site(set, "a"));
	free(text.s);
	e911_settings_free(set);
}

/* a zero byte ends nothing and is no blank */
static void zero_bytes_are_bytes(void **state)
{
	e911_settings_t *set = new_set();

	(void)state;
	assert_int_equal(
			add_bytes(set, "#\0\nsite name=a;domain=x\n", 24), E911_OK);
	assert_true(has_site(set, "a"));
	assert_int_equal(
			add_bytes(set, "#\0\n\nsite\0 name=b\n", 17), E911_ERR_NAME);
	assert_int_equal(fault.line, 3);
	e911_settings_free(set);
}

/* ----- in force ----- */

static void swapping_puts_a_set_in_force(void **state)
{
	e911_settings_t *a = new_set(), *b = new_set();

	(void)state;
	assert_null(e911_settings());
	assert_int_equal(e911_settings_swap(a), 0);
	assert_ptr_equal(e911_settings(), a);
	assert_int_equal(e911_settings_swap(b), 0);
	assert_ptr_equal(e911_settings(), b);
	/* who looked a moment ago may still use the old one */
	assert_int_equal(dials(a, "911"), E911_KIND_EMERGENCY);
}

static void a_site_is_found_by_its_id(void **state)
{
	e911_settings_t *set = new_set();
	str hq = str_init("hq"), other = str_init("other");

	(void)state;
	assert_int_equal(add(set, "site", "name=hq;domain=x"), 0);
	assert_int_equal(add(set, "site", "name=all"), 0);
	assert_int_equal(e911_settings_swap(set), 0);
	assert_string_equal(e911_settings_site(e911_site_id(&hq))->name, "hq");
	assert_string_equal(e911_settings_site(e911_site_id(&other))->name, "all");
	assert_string_equal(e911_settings_site(0)->name, "all");
}

static void what_was_replaced_is_freed_a_minute_later(void **state)
{
	long one, blocks = ksr_blocks();

	(void)state;
	e911_settings_bury();
	assert_int_equal(e911_settings_swap(new_set()), 0);
	one = ksr_blocks() - blocks;
	e911_settings_bury();
	assert_int_equal(e911_settings_swap(new_set()), 0);
	clock_now += 59;
	e911_settings_bury();
	assert_int_equal(ksr_blocks() - blocks, 2 * one);
	assert_int_equal(e911_settings_swap(new_set()), 0);
	clock_now += 1;
	/* the first, and not yet the second */
	e911_settings_bury();
	assert_int_equal(ksr_blocks() - blocks, 2 * one);
	clock_now += 58;
	e911_settings_bury();
	assert_int_equal(ksr_blocks() - blocks, 2 * one);
	clock_now += 1;
	e911_settings_bury();
	assert_int_equal(ksr_blocks() - blocks, one);
	/* the one in force stays */
	clock_now += 100000;
	e911_settings_bury();
	assert_int_equal(ksr_blocks() - blocks, one);
	assert_int_equal(dials(e911_settings(), "911"), E911_KIND_EMERGENCY);
}

static void no_more_are_replaced_than_are_kept(void **state)
{
	e911_settings_t *in_force, *more;
	int i;

	(void)state;
	for(i = 0; i <= REPLACED_MAX; i++)
		assert_int_equal(e911_settings_swap(new_set()), 0);
	in_force = (e911_settings_t *)e911_settings();
	more = new_set();
	assert_int_equal(e911_settings_swap(more), E911_ERR_FULL);
	assert_ptr_equal(e911_settings(), in_force);
	clock_now += 60;
	e911_settings_bury();
	assert_int_equal(e911_settings_swap(more), 0);
	assert_ptr_equal(e911_settings(), more);
}

/* ----- memory that fails ----- */

static int init_once(void *arg)
{
	int err = e911_settings_init();

	(void)arg;
	e911_settings_destroy();
	return err;
}

static int make_set(void *arg)
{
	e911_settings_t *set = NULL;
	int err;

	memset(&fault, 0, sizeof(fault));
	err = e911_settings_new(&set, 1, &fault);
	if(!err)
		err = e911_settings_add_file(set, arg, &fault);
	if(err)
		assert_int_equal(fault.err, err);
	e911_settings_free(set);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	static const char text[] = "site name=b;domain=y\nnumber 556\n"
							   "trunk name=p;source=::1\n"
							   "profile name=p;like=i3\n"
							   "provider " PROVIDER "\n";
	const char *path = written(text, strlen(text));

	(void)state;
	ksr_sweep(init_once, NULL, E911_ERR_MEM);
	e911_settings_keep("site", "name=a;domain=x");
	e911_settings_keep("number", "^55+$");
	e911_settings_keep("trunk", "name=q;source=::2");
	e911_settings_keep("elin", "name=q;number=1");
	e911_settings_keep("profile", "name=q;convey=none");
	ksr_sweep(make_set, (void *)path, E911_ERR_MEM);
	unlink(path);
	forget_rows();
	assert_int_equal(ksr_blocks(), 0);
}

static void a_row_without_memory_is_not_half_kept(void **state)
{
	long n;
	int i, err;

	(void)state;
	/* at each size at which the table grows */
	for(i = 0; i < 70; i++) {
		for(n = 0, err = E911_ERR_MEM; err; n++) {
			ksr_allow(n);
			err = e911_settings_keep("number", "1");
			ksr_allow(-1);
			assert_int_equal(row_count, i + !err);
			assert_true(err == 0 || err == E911_ERR_MEM);
		}
		assert_in_range(n, 2, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					a_set_begins_with_what_is_built_in, up, down),
			cmocka_unit_test_setup_teardown(
					each_parameter_has_its_rows, up, down),
			cmocka_unit_test_setup_teardown(
					profiles_and_the_provider_have_theirs, up, down),
			cmocka_unit_test_setup_teardown(
					says_whose_row_is_wrong_and_where, up, down),
			cmocka_unit_test_setup_teardown(
					every_validator_that_a_site_asks_is_there, up, down),
			cmocka_unit_test_setup_teardown(
					long_texts_are_cut_in_the_fault, up, down),
			cmocka_unit_test_setup_teardown(
					rows_kept_are_in_every_set, up, down),
			cmocka_unit_test_setup_teardown(
					a_bad_row_kept_makes_no_set, up, down),
			cmocka_unit_test_setup_teardown(so_many_rows_and_no_more, up, down),
			cmocka_unit_test_setup_teardown(
					reads_a_file_as_people_write_it, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_tells_only_whom_there_is_to_tell, up, down),
			cmocka_unit_test_setup_teardown(says_which_line_is_wrong, up, down),
			cmocka_unit_test_setup_teardown(
					a_file_that_cannot_be_read_is_none, up, down),
			cmocka_unit_test_setup_teardown(
					a_file_is_no_longer_than_a_mebibyte, up, down),
			cmocka_unit_test_setup_teardown(zero_bytes_are_bytes, up, down),
			cmocka_unit_test_setup_teardown(
					swapping_puts_a_set_in_force, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_is_found_by_its_id, up, down),
			cmocka_unit_test_setup_teardown(
					what_was_replaced_is_freed_a_minute_later, up, down),
			cmocka_unit_test_setup_teardown(
					no_more_are_replaced_than_are_kept, up, down),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test_setup_teardown(
					a_row_without_memory_is_not_half_kept, up, down),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
