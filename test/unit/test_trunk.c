/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/trunk.c"
#include "ksr_stub.h"
#include "tight.h"

#define NAME_31 "1234567890123456789012345678901"
#define SOURCE ";source=192.0.2.1"

static e911_trunks_t *trunks;

static int up(void **state)
{
	(void)state;
	return e911_trunks_new(&trunks);
}

static int down(void **state)
{
	(void)state;
	e911_trunks_free(trunks);
	return ksr_blocks() != 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_trunks_add(trunks, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

static const char *trunk_of(const char *address)
{
	str s = tight_z(address);
	const e911_trunk_t *trunk;
	e911_network_t n;

	assert_int_equal(e911_network_read(&n, &s), 0);
	free(s.s);
	trunk = e911_trunks_find(trunks, &n);
	return trunk ? trunk->name : "";
}

static void begins_with_none(void **state)
{
	(void)state;
	assert_null(e911_trunks_nth(trunks, 0));
	assert_null(e911_trunks_nth(trunks, -1));
	assert_string_equal(trunk_of("192.0.2.1"), "");
}

static void says_nothing_that_it_was_not_told(void **state)
{
	const e911_trunk_t *t;

	(void)state;
	assert_int_equal(add("name=pbx;source=192.0.2.1", NULL), 0);
	t = e911_trunks_nth(trunks, 0);
	assert_string_equal(t->name, "pbx");
	assert_string_equal(t->domain, "");
	assert_int_equal(t->from.n, 1);
	assert_int_equal(t->key.whence, E911_WHENCE_PAI);
	assert_int_equal(t->device.whence, E911_WHENCE_NONE);
	assert_int_equal(t->network.whence, E911_WHENCE_NONE);
	assert_null(e911_trunks_nth(trunks, 1));
}

static void reads_every_column(void **state)
{
	const e911_trunk_t *t;

	(void)state;
	assert_int_equal(add(" network = header:X-Real-IP ; name=\"edge one\";"
						 "source=\"192.0.2.0/24, [2001:db8::]/32\";"
						 "domain=cc.example.com;key=header:X-Agent;"
						 "device=header:X-Device",
							 NULL),
			0);
	t = e911_trunks_nth(trunks, 0);
	assert_string_equal(t->name, "edge one");
	assert_int_equal(t->from.n, 2);
	assert_string_equal(t->domain, "cc.example.com");
	assert_int_equal(t->key.whence, E911_WHENCE_HEADER);
	assert_string_equal(t->key.header, "X-Agent");
	assert_int_equal(t->device.whence, E911_WHENCE_HEADER);
	assert_string_equal(t->device.header, "X-Device");
	assert_int_equal(t->network.whence, E911_WHENCE_HEADER);
	assert_string_equal(t->network.header, "X-Real-IP");
}

/* each word where it may stand, and refused where it may not */
static void knows_what_may_be_read_where(void **state)
{
	static const char *const names[] = {
			"none", "from", "pai", "contact", "via", "header:X"};
	static const int whence[] = {E911_WHENCE_NONE, E911_WHENCE_FROM,
			E911_WHENCE_PAI, E911_WHENCE_CONTACT, E911_WHENCE_VIA,
			E911_WHENCE_HEADER};
	static const struct
	{
		const char *column;
		const char *allowed; /* as the names stand */
	} rows[] = {{"key", "011001"}, {"device", "100101"}, {"network", "100011"}};
	const e911_trunk_t *t;
	char row[100], at[32];
	int i, k, n = 0;

	(void)state;
	for(i = 0; i < 3; i++) {
		for(k = 0; k < 6; k++) {
			sprintf(row, "name=t%d%d;source=::1;%s=%s", i, k, rows[i].column,
					names[k]);
			if(rows[i].allowed[k] == '0') {
				assert_int_equal(add(row, at), E911_ERR_VALUE);
				assert_string_equal(at, rows[i].column);
				continue;
			}
			assert_int_equal(add(row, NULL), 0);
			t = e911_trunks_nth(trunks, n++);
			assert_int_equal(i == 0	  ? t->key.whence
							 : i == 1 ? t->device.whence
									  : t->network.whence,
					whence[k]);
		}
	}
	assert_int_equal(n, 9);
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
			{"source=::1", E911_ERR_MISSING, "source=::1"},
			{"name=a;source=", E911_ERR_MISSING, "name=a;source="},
			{"name=a;source=\",\"", E911_ERR_MISSING, "name=a;source=\",\""},
			{"name=" SOURCE, E911_ERR_VALUE, "name"},
			{"name=" NAME_31 "x" SOURCE, E911_ERR_LONG, "name"},
			{"name=a;source=host", E911_ERR_VALUE, "source"},
			{"name=a;source=192.0.2.1/33", E911_ERR_VALUE, "source"},
			{"name=a" SOURCE SOURCE, E911_ERR_TWICE, "source"},
			{"name=a;name=a" SOURCE, E911_ERR_TWICE, "name"},
			{"name=a;key=pai;key=pai" SOURCE, E911_ERR_TWICE, "key"},
			{"name=a;domain=" SOURCE, E911_ERR_VALUE, "domain"},
			{"name=a;key=" SOURCE, E911_ERR_VALUE, "key"},
			{"name=a;key=Pai" SOURCE, E911_ERR_VALUE, "key"},
			{"name=a;key=header" SOURCE, E911_ERR_VALUE, "key"},
			{"name=a;key=header:" SOURCE, E911_ERR_VALUE, "key"},
			{"name=a;key=headers:X" SOURCE, E911_ERR_VALUE, "key"},
			{"name=a;device=p" SOURCE, E911_ERR_VALUE, "device"},
			{"name=a;network=" SOURCE, E911_ERR_VALUE, "network"},
			{"name=a;Key=pai" SOURCE, E911_ERR_NAME, "Key"},
			{"name=a;nonsense=1" SOURCE, E911_ERR_NAME, "nonsense"},
			{"name=\"a" SOURCE, E911_ERR_SYNTAX, "name"},
			{"name=a;=b" SOURCE, E911_ERR_SYNTAX, ""},
	};
	char at[100];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if(add(rows[i].row, at) != rows[i].err)
			fail_msg("%s", rows[i].row);
		assert_string_equal(at, rows[i].at);
	}
	assert_null(e911_trunks_nth(trunks, 0));
}

static void texts_as_long_as_their_columns(void **state)
{
	static const struct
	{
		const char *before;
		int fits;
	} rows[] = {{"name=", 31}, {"name=a;domain=", 127},
			{"name=b;key=header:", 39}, {"name=c;device=header:", 39},
			{"name=d;network=header:", 39}};
	char row[256];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sprintf(row, "source=::1;%s%0*d", rows[i].before, rows[i].fits, 1);
		assert_int_equal(add(row, NULL), 0);
		strcat(row, "x");
		assert_int_equal(add(row, NULL), E911_ERR_LONG);
	}
}

static void the_first_one_of_a_source_counts(void **state)
{
	(void)state;
	assert_int_equal(add("name=one;source=192.0.2.1,2001:db8::/32", NULL), 0);
	assert_int_equal(add("name=all;source=192.0.2.0/24", NULL), 0);
	assert_string_equal(trunk_of("192.0.2.1"), "one");
	assert_string_equal(trunk_of("::ffff:192.0.2.1"), "one");
	assert_string_equal(trunk_of("192.0.2.2"), "all");
	assert_string_equal(trunk_of("192.0.3.1"), "");
	assert_string_equal(trunk_of("2001:db8:5::1"), "one");
	assert_string_equal(trunk_of("2001:db9::1"), "");
}

static void a_source_is_named_as_it_is_written(void **state)
{
	static const char *const names[] = {
			[E911_WHENCE_NONE] = "none",
			[E911_WHENCE_FROM] = "from",
			[E911_WHENCE_PAI] = "pai",
			[E911_WHENCE_CONTACT] = "contact",
			[E911_WHENCE_VIA] = "via",
			[E911_WHENCE_HEADER] = "header",
	};
	e911_source_t source = {0, "X"};

	(void)state;
	for(; source.whence <= E911_WHENCE_HEADER; source.whence++)
		assert_string_equal(e911_whence_name(&source), names[source.whence]);
}

static void where_nobody_knows_is_no_trunk(void **state)
{
	e911_network_t none = {0};

	(void)state;
	assert_int_equal(add("name=all;source=0.0.0.0/0,::/0", NULL), 0);
	assert_null(e911_trunks_find(trunks, &none));
	assert_string_equal(trunk_of("192.0.2.1"), "all");
}

/* as looking through all of them would */
static const e911_trunk_t *look_through(const e911_network_t *address)
{
	const e911_trunk_t *t;
	int i;

	for(i = 0; (t = e911_trunks_nth(trunks, i)); i++)
		if(e911_networks_have(&t->from, address))
			return t;
	return NULL;
}

static void every_length_of_network_is_found(void **state)
{
	unsigned char bytes[16];
	e911_network_t address;
	char text[200];
	int i, j, found = 0;

	(void)state;
	srand(911);
	for(i = 0; i < 40; i++) {
		snprintf(text, sizeof(text),
				"name=t%d;source=%d.%d.0.0/%d,2001:%x00::/%d", i, 10 + i * 3,
				rand() % 256, 6 + i % 27, rand() % 256, 10 + i * 2);
		assert_int_equal(add(text, NULL), E911_OK);
	}
	for(i = 0; i < 20000; i++) {
		for(j = 0; j < 16; j++)
			bytes[j] = (unsigned char)(rand() % 256);
		if(i % 2)
			memcpy(bytes, "\x20\x01", 2);
		e911_network_from(&address, bytes, i % 2 ? 16 : 4);
		found += look_through(&address) != NULL;
		assert_ptr_equal(
				e911_trunks_find(trunks, &address), look_through(&address));
	}
	assert_true(found > 1000 && found < 19000);
}

static void a_name_is_there_once(void **state)
{
	char at[64];

	(void)state;
	assert_int_equal(add("name=a;source=192.0.2.1", NULL), 0);
	assert_int_equal(add("name=a;source=192.0.2.2", at), E911_ERR_TWICE);
	assert_string_equal(at, "name=a;source=192.0.2.2");
	assert_int_equal(add("name=A;source=192.0.2.2", NULL), 0);
	assert_string_equal(trunk_of("192.0.2.2"), "A");
}

static void a_full_table_refuses_and_keeps(void **state)
{
	char row[64], at[64];
	int i;

	(void)state;
	for(i = 0; i < E911_TRUNKS_MAX; i++) {
		sprintf(row, "name=t%d;source=10.0.%d.1", i, i);
		assert_int_equal(add(row, NULL), 0);
	}
	assert_int_equal(add("name=more;source=10.1.1.1", at), E911_ERR_FULL);
	assert_string_equal(at, "name=more;source=10.1.1.1");
	assert_string_equal(trunk_of("10.1.1.1"), "");
	assert_string_equal(trunk_of("10.0.255.1"), "t255");
	assert_null(e911_trunks_nth(trunks, E911_TRUNKS_MAX));
}

static int build(void *arg)
{
	static const char *const rows[] = {
			"name=a;source=192.0.2.1;key=header:X", "name=b;source=::1"};
	e911_trunks_t *t = NULL;
	int i, err = e911_trunks_new(&t);
	str row, bad;

	(void)arg;
	for(i = 0; !err && i < 2; i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(rows[i]);
		bad.s = NULL;
		err = e911_trunks_add(t, &row, &bad);
		assert_true(!err || (bad.s >= row.s && bad.s < row.s + row.len));
		assert_true(!err == (e911_trunks_nth(t, i) != NULL));
	}
	e911_trunks_free(t);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
	e911_trunks_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(begins_with_none, up, down),
			cmocka_unit_test_setup_teardown(
					says_nothing_that_it_was_not_told, up, down),
			cmocka_unit_test_setup_teardown(reads_every_column, up, down),
			cmocka_unit_test_setup_teardown(
					knows_what_may_be_read_where, up, down),
			cmocka_unit_test_setup_teardown(
					says_what_is_wrong_and_where, up, down),
			cmocka_unit_test_setup_teardown(
					texts_as_long_as_their_columns, up, down),
			cmocka_unit_test_setup_teardown(
					the_first_one_of_a_source_counts, up, down),
			cmocka_unit_test(a_source_is_named_as_it_is_written),
			cmocka_unit_test_setup_teardown(
					where_nobody_knows_is_no_trunk, up, down),
			cmocka_unit_test_setup_teardown(
					every_length_of_network_is_found, up, down),
			cmocka_unit_test_setup_teardown(a_name_is_there_once, up, down),
			cmocka_unit_test_setup_teardown(
					a_full_table_refuses_and_keeps, up, down),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("trunk", tests, NULL, NULL);
}
