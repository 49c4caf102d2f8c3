/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err
 */
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/steps.c"

static e911_steps_t steps;

static int read_z(const char *z)
{
	str value = tight_z(z);
	int err = e911_steps_read(&steps, &value);

	free(value.s);
	return err;
}

static const char *written(void)
{
	static char mem[400];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem) - 1);
	e911_steps_write(&b, &steps);
	assert_int_equal(b.err, 0);
	mem[b.len] = '\0';
	return mem;
}

static void reads_what_it_writes(void **state)
{
	assert_int_equal(read_z(" msag , lost:lvf,rest:vendor "), 0);
	assert_int_equal(steps.n, 3);
	assert_int_equal(steps.step[1].kind, E911_STEP_LOST);
	assert_string_equal(steps.step[2].name, "vendor");
	assert_string_equal(written(), "msag,lost:lvf,rest:vendor");
	assert_int_equal(read_z(""), 0);
	assert_int_equal(steps.n, 0);
	assert_int_equal(read_z("lost:one,lost:two,rest:one"), 0);
}

static void refuses_what_it_does_not_know(void **state)
{
	static const struct
	{
		const char *text;
		int err;
	} bad[] = {{"guide", E911_ERR_VALUE}, {"msag:x", E911_ERR_VALUE},
			{"msag:", E911_ERR_VALUE}, {"lost", E911_ERR_VALUE},
			{"lost:", E911_ERR_VALUE}, {":x", E911_ERR_VALUE},
			{"msag,msag", E911_ERR_TWICE},
			{"lost:a,rest:a,lost:a", E911_ERR_TWICE},
			{"rest:12345678901234567890123456789012", E911_ERR_LONG},
			{"msag,lost:1,lost:2,lost:3,lost:4,lost:5,lost:6,lost:7,lost:8",
					E911_ERR_FULL}};
	size_t i;

	assert_int_equal(read_z("rest:kept"), 0);
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if(read_z(bad[i].text) != bad[i].err)
			fail_msg("%s", bad[i].text);
	assert_string_equal(written(), "rest:kept");
	assert_int_equal(read_z("rest:1234567890123456789012345678901"), 0);
	assert_int_equal(
			read_z("msag,lost:1,lost:2,lost:3,lost:4,lost:5,lost:6,lost:7"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_what_it_writes),
			cmocka_unit_test(refuses_what_it_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
