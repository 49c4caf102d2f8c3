/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field row aor err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/site.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NAME_31 "1234567890123456789012345678901"

static e911_sites_t *sites;

static int up(void **state)
{
	(void)state;
	return e911_sites_new(&sites);
}

static int down(void **state)
{
	(void)state;
	e911_sites_free(sites);
	return ksr_blocks() != 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_sites_add(sites, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

static const e911_site_t *site_of(const char *aor)
{
	str s = tight_z(aor);
	const e911_site_t *site = e911_sites_find(sites, &s);

	free(s.s);
	return site;
}

static const char *field(const e911_site_t *site, int id)
{
	static char text[300];
	str value = {"-", 1};

	e911_location_get(&site->fallback, id, &value);
	sprintf(text, "%.*s", value.len, value.s);
	return text;
}

static void begins_with_one_site_for_everybody(void **state)
{
	const e911_site_t *site = site_of("a@x");

	(void)state;
	assert_string_equal(site->name, "default");
	assert_int_equal(site->set, 1);
	assert_int_equal(site->last, 0);
	assert_int_equal(site->has_fallback, 0);
	assert_string_equal(site->country, "");
	assert_ptr_equal(site, e911_sites_nth(sites, 0));
	assert_null(e911_sites_nth(sites, 1));
	assert_null(e911_sites_nth(sites, -1));
}

static void reads_every_column(void **state)
{
	const e911_site_t *site;

	(void)state;
	assert_int_equal(add("name=hq;domain=\"a.x, b.x\";off=\"9911,112\";"
						 "country=US;set=7;last=9;A1=TX;A3=Austin;RD=Congress;"
						 "HNO=1;PC=78701",
							 NULL),
			0);
	site = e911_sites_nth(sites, 1);
	assert_ptr_equal(site, site_of("u@b.x"));
	assert_string_equal(site->name, "hq");
	assert_string_equal(site->domains, "a.x, b.x");
	assert_string_equal(site->off, "9911,112");
	assert_string_equal(site->country, "US");
	assert_int_equal(site->set, 7);
	assert_int_equal(site->last, 9);
	assert_int_equal(site->has_fallback, 1);
	assert_int_equal(site->fallback.origin, E911_FROM_SITE);
	assert_string_equal(field(site, E911_F_COUNTRY), "US");
	assert_string_equal(field(site, E911_F_A3), "Austin");
	assert_string_equal(field(site, E911_F_RD), "Congress");
	/* nobody stated it */
	assert_string_equal(field(site, E911_F_METHOD), "Default");
}

static void a_country_alone_is_no_place(void **state)
{
	(void)state;
	assert_int_equal(add("name=hq;domain=a.x;country=US", NULL), 0);
	assert_string_equal(site_of("u@a.x")->country, "US");
	assert_int_equal(site_of("u@a.x")->has_fallback, 0);
	/* a shape will do */
	assert_int_equal(add("name=hq;domain=b.x;shape=Point;pos=30.27 -97.74;"
						 "country=US",
							 NULL),
			0);
	assert_int_equal(site_of("u@b.x")->has_fallback, 1);
	assert_int_equal(
			add("name=12345678901234567890123456789ab;set=2147483647", NULL),
			0);
	assert_int_equal(site_of("u@c.x")->set, 2147483647);
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"", E911_ERR_EMPTY, ""},
			{"domain=x", E911_ERR_EMPTY, "domain=x"},
			{"name=", E911_ERR_VALUE, "name"},
			{"name=" NAME_31 "x", E911_ERR_LONG, "name"},
			{"name=a;domain=", E911_ERR_VALUE, "domain"},
			{"name=a;off=", E911_ERR_VALUE, "off"},
			{"name=a;set=", E911_ERR_VALUE, "set"},
			{"name=a;set=x", E911_ERR_VALUE, "set"},
			{"name=a;set=-1", E911_ERR_VALUE, "set"},
			{"name=a;set=2147483648", E911_ERR_VALUE, "set"},
			{"name=a;last=1 2", E911_ERR_VALUE, "last"},
			{"name=a;country=", E911_ERR_VALUE, "country"},
			{"name=a;country=U1", E911_ERR_VALUE, "country"},
			{"name=a;nonsense=1", E911_ERR_NAME, "nonsense"},
			{"name=a;Name=b", E911_ERR_NAME, "Name"},
			{"name=a;A1=\"TX", E911_ERR_SYNTAX, "A1"},
			{"name=a;=b", E911_ERR_SYNTAX, ""},
			{"name=a;A1=TX;A1=CA", E911_ERR_TWICE, "A1"},
			{"name=a;country=US;country=US", E911_ERR_TWICE, "country"},
			{"name=a;name=b", E911_ERR_TWICE, "name"},
			{"name=a;domain=x;domain=y", E911_ERR_TWICE, "domain"},
			{"name=a;set=1;set=2", E911_ERR_TWICE, "set"},
			/* a place that says nothing, or half */
			{"name=a;A1=", E911_ERR_EMPTY, "name=a;A1="},
			{"name=a;shape=Point", E911_ERR_SHAPE, "name=a;shape=Point"},
	};
	char at[100];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		assert_int_equal(add(rows[i].row, at), rows[i].err);
		assert_string_equal(at, rows[i].at);
	}
	assert_null(e911_sites_nth(sites, 1));
	assert_string_equal(site_of("a@x")->name, "default");
}

static void texts_as_long_as_their_columns(void **state)
{
	static const struct
	{
		const char *name;
		int fits;
	} columns_of_text[] = {{"domain", 511}, {"off", 127}};
	char row[600];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(columns_of_text); i++) {
		sprintf(row, "name=a;%s=%0*d", columns_of_text[i].name,
				columns_of_text[i].fits, 1);
		assert_int_equal(add(row, NULL), 0);
		strcat(row, "x");
		assert_int_equal(add(row, NULL), E911_ERR_LONG);
	}
}

static void a_site_without_domain_is_everybodys(void **state)
{
	const e911_site_t *hq;

	(void)state;
	assert_int_equal(add("name=hq;domain=a.x;set=2", NULL), 0);
	hq = site_of("u@a.x");
	assert_int_equal(add("name=all;set=3", NULL), 0);
	assert_string_equal(site_of("u@b.x")->name, "all");
	assert_ptr_equal(site_of("u@a.x"), hq);
	assert_ptr_equal(site_of("u@b.x"), e911_sites_nth(sites, 0));
	assert_int_equal(add("name=again;set=4", NULL), 0);
	assert_int_equal(site_of("u@b.x")->set, 4);
	assert_null(e911_sites_nth(sites, 2));
	/* one that is refused replaces nothing */
	assert_int_equal(add("name=bad;set=x", NULL), E911_ERR_VALUE);
	assert_string_equal(site_of("u@b.x")->name, "again");
}

static void a_caller_is_of_the_first_site_with_the_domain(void **state)
{
	static const struct
	{
		const char *aor, *site;
	} rows[] = {
			{"u@a.x", "one"},
			{"u@A.X", "one"},
			{"u@b.x", "one"},
			{"u@c.x", "two"},
			{"u@[2001:db8::1]", "two"},
			{"u@x", "default"},
			{"u@aa.x", "default"},
			{"u@a.xx", "default"},
			{"u@", "default"},
			{"a.x", "default"},
			{"", "default"},
	};
	size_t i;

	(void)state;
	assert_int_equal(add("name=one;domain=\" a.x ,, b.x,\"", NULL), 0);
	assert_int_equal(add("name=two;domain=a.x,c.x,[2001:db8::1]", NULL), 0);
	for(i = 0; i < COUNT(rows); i++)
		assert_string_equal(site_of(rows[i].aor)->name, rows[i].site);
}

static void a_full_table_refuses_and_keeps(void **state)
{
	char row[64], at[64];
	int i;

	(void)state;
	for(i = 1; i < E911_SITES_MAX; i++) {
		sprintf(row, "name=s%d;domain=d%d", i, i);
		assert_int_equal(add(row, NULL), 0);
	}
	assert_int_equal(add("name=one;domain=more", at), E911_ERR_FULL);
	assert_string_equal(at, "name=one;domain=more");
	assert_string_equal(site_of("u@more")->name, "default");
	assert_string_equal(site_of("u@d255")->name, "s255");
	/* everybody's has its place all the same */
	assert_int_equal(add("name=all", NULL), 0);
	assert_string_equal(site_of("u@more")->name, "all");
}

static int build(void *arg)
{
	static const char *const rows[] = {
			"name=a;domain=x;country=US;A1=TX;RD=Congress", "name=b;set=2"};
	e911_sites_t *s = NULL;
	int err = e911_sites_new(&s);
	str row, bad;
	size_t i;

	(void)arg;
	for(i = 0; !err && i < COUNT(rows); i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(rows[i]);
		bad.s = NULL;
		err = e911_sites_add(s, &row, &bad);
		assert_true(!err || (bad.s >= row.s && bad.s < row.s + row.len));
		assert_non_null(e911_sites_nth(s, 0));
	}
	e911_sites_free(s);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					begins_with_one_site_for_everybody, up, down),
			cmocka_unit_test_setup_teardown(reads_every_column, up, down),
			cmocka_unit_test_setup_teardown(
					a_country_alone_is_no_place, up, down),
			cmocka_unit_test_setup_teardown(
					says_what_is_wrong_and_where, up, down),
			cmocka_unit_test_setup_teardown(
					texts_as_long_as_their_columns, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_without_domain_is_everybodys, up, down),
			cmocka_unit_test_setup_teardown(
					a_caller_is_of_the_first_site_with_the_domain, up, down),
			cmocka_unit_test_setup_teardown(
					a_full_table_refuses_and_keeps, up, down),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
