/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: number hash location field row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/elin.c"
#include "../../modules/e911/hash.h"
#include "ksr_stub.h"
#include "tight.h"

#define N ";number=+15125550101"
#define NAME_31 "1234567890123456789012345678901"

static e911_pools_t *pools;

static int up(void **state)
{
	(void)state;
	return e911_pools_new(&pools);
}

static int down(void **state)
{
	(void)state;
	e911_pools_free(pools);
	return ksr_blocks() != 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_pools_add(pools, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

/* the pool of a place, given as "BLD=North;FLR=3" */
static const char *pool_of(const char *site, const char *fields)
{
	str rest = {(char *)fields, 0}, key, value;
	const e911_elins_t *e;
	e911_location_t l;

	if(fields) {
		rest.len = (int)strlen(fields);
		e911_location_init(&l, E911_FROM_RPC, 0);
		while(e911_row_next(&rest, &key, &value) == 1)
			assert_int_equal(
					e911_location_set(&l, e911_field_find(key.s, key.len),
							value.s, value.len),
					0);
	}
	e = e911_pools_find(pools, site, fields ? &l : NULL);
	return e ? e->name : "";
}

static void begins_with_none(void **state)
{
	(void)state;
	assert_null(e911_pools_nth(pools, 0));
	assert_null(e911_pools_nth(pools, -1));
	assert_string_equal(pool_of("default", NULL), "");
}

static void reads_every_column(void **state)
{
	const e911_elins_t *e;
	str value;

	(void)state;
	assert_int_equal(add("name=hq-3; number=\"+15125550101, 15125550102,911\";"
						 " site=austin; most=2; BLD=North; FLR=3; ROOM=\" \"",
							 NULL),
			0);
	e = e911_pools_nth(pools, 0);
	assert_string_equal(e->name, "hq-3");
	assert_string_equal(e->site, "austin");
	assert_int_equal(e->most, 2);
	assert_int_equal(e->n, 3);
	assert_string_equal(e->number[0], "+15125550101");
	assert_string_equal(e->number[1], "15125550102");
	assert_string_equal(e->number[2], "911");
	assert_int_equal(e->fields, 2);
	assert_int_equal(
			e911_location_get(&e->place, e911_field_find("BLD", 3), &value), 0);
	assert_true(is_z(&value, "North"));
	assert_null(e911_pools_nth(pools, 1));
}

static void says_no_more_than_it_was_told(void **state)
{
	const e911_elins_t *e;

	(void)state;
	assert_int_equal(add("name=a" N, NULL), 0);
	e = e911_pools_nth(pools, 0);
	assert_string_equal(e->site, "");
	assert_int_equal(e->most, 1);
	assert_int_equal(e->fields, 0);
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"", E911_ERR_MISSING, ""},
			{"name=a", E911_ERR_MISSING, "name=a"},
			{"number=1", E911_ERR_MISSING, "number=1"},
			{"name=a;number=\",\"", E911_ERR_MISSING, "name=a;number=\",\""},
			{"name=" N, E911_ERR_VALUE, "name"},
			{"name=" NAME_31 "x" N, E911_ERR_LONG, "name"},
			{"name=a;number=+", E911_ERR_VALUE, "number"},
			{"name=a;number=1-2", E911_ERR_VALUE, "number"},
			{"name=a;number=alice", E911_ERR_VALUE, "number"},
			{"name=a;number=1,1+2", E911_ERR_VALUE, "number"},
			{"name=a;number=+1234567890123456789012 3", E911_ERR_VALUE,
					"number"},
			{"name=a;number=+12345678901234567890123", E911_ERR_LONG, "number"},
			{"name=a;number=1234567890123456789012345", E911_ERR_LONG,
					"number"},
			{"name=a;number=1,1", E911_ERR_TWICE, "number"},
			{"name=a;number=5125550101,+15125550101", E911_ERR_TWICE, "number"},
			{"name=a" N N, E911_ERR_TWICE, "number"},
			{"name=a;name=a" N, E911_ERR_TWICE, "name"},
			{"name=a;BLD=x;BLD=x" N, E911_ERR_TWICE, "BLD"},
			{"name=a;most=0" N, E911_ERR_VALUE, "most"},
			{"name=a;most=101" N, E911_ERR_VALUE, "most"},
			{"name=a;site=" N, E911_ERR_VALUE, "site"},
			{"name=a;country=USA" N, E911_ERR_LONG, "country"},
			{"name=a;nonsense=1" N, E911_ERR_NAME, "nonsense"},
			{"name=\"a" N, E911_ERR_SYNTAX, "name"},
	};
	char at[100];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if(add(rows[i].row, at) != rows[i].err)
			fail_msg("%s", rows[i].row);
		assert_string_equal(at, rows[i].at);
	}
	assert_null(e911_pools_nth(pools, 0));
}

static void a_number_is_one_pools(void **state)
{
	char at[64];

	(void)state;
	assert_int_equal(add("name=a;number=+15125550101,+15125550102", NULL), 0);
	assert_int_equal(add("name=a;number=1", at), E911_ERR_TWICE);
	assert_string_equal(at, "name=a;number=1");
	assert_int_equal(add("name=b;number=5125550102", at), E911_ERR_TWICE);
	assert_string_equal(at, "number");
	assert_int_equal(add("name=b;number=+15125550103", NULL), 0);
	assert_null(e911_pools_nth(pools, 2));
}

static void the_pool_that_says_most_is_the_one(void **state)
{
	(void)state;
	assert_int_equal(add("name=all;number=1", NULL), 0);
	assert_int_equal(add("name=north;number=2;BLD=North", NULL), 0);
	assert_int_equal(add("name=north3;number=3;BLD=North;FLR=3", NULL), 0);
	assert_int_equal(add("name=north3b;number=4;BLD=North;FLR=3", NULL), 0);
	assert_int_equal(add("name=ours;number=5;site=hq", NULL), 0);
	assert_int_equal(
			add("name=ours3;number=6;BLD=North;FLR=3;site=hq", NULL), 0);
	assert_string_equal(pool_of("x", NULL), "all");
	assert_string_equal(pool_of("x", "RD=Main"), "all");
	assert_string_equal(pool_of("x", "BLD=North"), "north");
	assert_string_equal(pool_of("x", "BLD=nORTH;FLR=4"), "north");
	assert_string_equal(pool_of("x", "BLD=North;FLR=3;ROOM=5"), "north3");
	assert_string_equal(pool_of("x", "BLD=North East;FLR=3"), "all");
	assert_string_equal(pool_of("x", "FLR=3"), "all");
	assert_string_equal(pool_of("hq", NULL), "ours");
	assert_string_equal(pool_of("HQ", NULL), "all");
	assert_string_equal(pool_of("hq", "BLD=North;FLR=4"), "north");
	assert_string_equal(pool_of("hq", "BLD=North;FLR=3"), "ours3");
}

static void without_one_for_all_there_may_be_none(void **state)
{
	(void)state;
	assert_int_equal(add("name=north;number=2;BLD=North", NULL), 0);
	assert_int_equal(add("name=ours;number=5;site=hq", NULL), 0);
	assert_string_equal(pool_of("x", NULL), "");
	assert_string_equal(pool_of("x", "BLD=South"), "");
	assert_string_equal(pool_of("hq", "BLD=South"), "ours");
}

static void is_full_at_its_bounds(void **state)
{
	char row[2000] = "name=big;number=", at[2000];
	int i;

	(void)state;
	for(i = 0; i < E911_ELINS_MAX; i++)
		sprintf(row + strlen(row), "%d,", 5000 + i);
	assert_int_equal(add(row, NULL), 0);
	assert_int_equal(e911_pools_nth(pools, 0)->n, E911_ELINS_MAX);
	strcpy(row, "name=more;number=");
	for(i = 0; i <= E911_ELINS_MAX; i++)
		sprintf(row + strlen(row), "%d,", 6000 + i);
	assert_int_equal(add(row, at), E911_ERR_FULL);
	assert_string_equal(at, "number");
	for(i = 1; i < E911_POOLS_MAX; i++) {
		sprintf(row, "name=p%d;number=%d", i, i);
		assert_int_equal(add(row, NULL), 0);
	}
	assert_int_equal(add("name=more;number=999", at), E911_ERR_FULL);
	assert_string_equal(at, "name=more;number=999");
	assert_string_equal(
			e911_pools_nth(pools, E911_POOLS_MAX - 1)->name, "p255");
	assert_null(e911_pools_nth(pools, E911_POOLS_MAX));
}

static int build(void *arg)
{
	static const char *const rows[] = {
			"name=a;number=1,2;BLD=North", "name=b;number=3"};
	e911_pools_t *p = NULL;
	int i, err = e911_pools_new(&p);
	str row, bad;

	(void)arg;
	for(i = 0; !err && i < 2; i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(rows[i]);
		bad.s = NULL;
		err = e911_pools_add(p, &row, &bad);
		assert_true(!err || (bad.s >= row.s && bad.s < row.s + row.len));
		assert_true(!err == (e911_pools_nth(p, i) != NULL));
	}
	e911_pools_free(p);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
	e911_pools_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(begins_with_none),
			TEST(reads_every_column),
			TEST(says_no_more_than_it_was_told),
			TEST(says_what_is_wrong_and_where),
			TEST(a_number_is_one_pools),
			TEST(the_pool_that_says_most_is_the_one),
			TEST(without_one_for_all_there_may_be_none),
			TEST(is_full_at_its_bounds),
			cmocka_unit_test(every_allocation_may_fail),
	};

	assert_int_equal(e911_hash_init(), 0);
	return cmocka_run_group_tests_name("elin", tests, NULL, NULL);
}
