/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: network row strbuf err hash config
 */
#include "../../modules/e911/throttle.c"
#include "ksr_stub.h"
#include "tight.h"

#define REQUESTS E911_THROTTLE_REQUESTS
#define REFUSALS E911_THROTTLE_REFUSALS
#define START 5000

static uint64_t now;
static int counted;

uint64_t e911_clock_ms(void)
{
	return now;
}

void e911_stats_count(int stat)
{
	assert_int_equal(stat, E911_STAT_THROTTLED);
	counted++;
}

static int up(void **state)
{
	(void)state;
	now = START;
	counted = 0;
	default_e911_cfg.web_rate = 60;
	default_e911_cfg.web_refusals = 10;
	return e911_throttle_init();
}

static int down(void **state)
{
	(void)state;
	e911_throttle_destroy();
	return ksr_blocks() != 0;
}

static int retry;

static int ask(const char *source, int kind)
{
	e911_network_t n = {0};
	str s = tight_z(source);

	if(*source)
		assert_int_equal(e911_network_read(&n, &s), 0);
	free(s.s);
	retry = -1;
	return e911_throttle(&n, kind, &retry);
}

static int ask_times(const char *source, int kind, int times)
{
	int n = 0;

	while(times-- > 0)
		n += ask(source, kind) == 0;
	return n;
}

static void lets_a_minutes_share_through_at_once(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 60), 60);
	assert_int_equal(retry, -1);
	assert_int_equal(counted, 0);
	assert_int_equal(ask("192.0.2.1", REQUESTS), E911_ERR_FULL);
	assert_int_equal(retry, 1);
	assert_int_equal(counted, 1);
}

static void fills_evenly(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 100), 60);
	now += 999;
	assert_int_equal(ask("192.0.2.1", REQUESTS), E911_ERR_FULL);
	now += 1;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 5), 1);
	now += 10000;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 100), 10);
	now += 600000;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 100), 60);
}

static void loses_nothing_between_askings_that_are_near(void **state)
{
	int i, n = 0;

	(void)state;
	default_e911_cfg.web_refusals = 1;
	assert_int_equal(ask("192.0.2.1", REFUSALS), 0);
	/* a thousandth comes each 60 ms */
	for(i = 0; i < 60000; i += 7) {
		now += 7;
		n += ask("192.0.2.1", REFUSALS) == 0;
	}
	assert_int_equal(n, 1);
}

static void tells_when_to_come_again(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REFUSALS, 10), 10);
	assert_int_equal(ask("192.0.2.1", REFUSALS), E911_ERR_FULL);
	assert_int_equal(retry, 6);
	now += (uint64_t)retry * 1000 - 1;
	assert_int_equal(ask("192.0.2.1", REFUSALS), E911_ERR_FULL);
	assert_int_equal(retry, 1);
	now++;
	assert_int_equal(ask("192.0.2.1", REFUSALS), 0);
}

static void keeps_kinds_and_sources_apart(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REFUSALS, 20), 10);
	assert_int_equal(ask("192.0.2.1", REQUESTS), 0);
	assert_int_equal(ask_times("192.0.2.2", REFUSALS, 20), 10);
	/* an IPv4 address is none of the IPv6 addresses that begin with it */
	assert_int_equal(ask_times("c000:201::", REFUSALS, 20), 10);
}

static void takes_an_ipv6_link_for_one_source(void **state)
{
	(void)state;
	assert_int_equal(ask_times("2001:db8::1", REFUSALS, 5), 5);
	assert_int_equal(ask_times("2001:db8::ffff:1", REFUSALS, 20), 5);
	assert_int_equal(ask_times("2001:db8:0:1::1", REFUSALS, 20), 10);
	/* IPv4 in IPv6 is IPv4 */
	assert_int_equal(ask_times("::ffff:192.0.2.1", REFUSALS, 20), 10);
	assert_int_equal(ask("192.0.2.1", REFUSALS), E911_ERR_FULL);
}

static void limits_nobody_at_a_rate_of_none(void **state)
{
	(void)state;
	default_e911_cfg.web_rate = 0;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 10000), 10000);
	assert_int_equal(ask_times("", REFUSALS, 100), 100);
}

static void follows_a_rate_that_is_changed(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 60), 60);
	default_e911_cfg.web_rate = 6;
	assert_int_equal(ask("192.0.2.1", REQUESTS), E911_ERR_FULL);
	assert_true(retry >= 1 && retry <= 60);
	now += (uint64_t)retry * 1000;
	assert_int_equal(ask("192.0.2.1", REQUESTS), 0);
	default_e911_cfg.web_rate = 600;
	assert_true(ask_times("192.0.2.1", REQUESTS, 1000) > 500);
}

static void stands_clocks_that_are_not_quite_one(void **state)
{
	(void)state;
	assert_int_equal(ask_times("192.0.2.1", REQUESTS, 60), 60);
	now -= 50;
	assert_int_equal(ask("192.0.2.1", REQUESTS), E911_ERR_FULL);
	now += 50;
	assert_int_equal(ask("192.0.2.1", REQUESTS), E911_ERR_FULL);
}

/* who asks again and again is not driven out by many who ask once */
static void is_bounded_and_the_oldest_gives_way(void **state)
{
	char source[64];
	int i, got = 0;

	(void)state;
	assert_int_equal(ask_times("198.51.100.7", REFUSALS, 10), 10);
	for(i = 0; i < 4 * SETS * WAYS; i++) {
		now += i % 1000 == 0;
		snprintf(source, sizeof(source), "2001:db8:%x:%x::1", i >> 8, i & 255);
		assert_int_equal(ask(source, REFUSALS), 0);
		if(i % 256 == 0)
			got += ask("198.51.100.7", REFUSALS) == 0;
	}
	assert_true(got <= 2);
	assert_int_equal(ask(source, REFUSALS), 0);
}

static int build(void *arg)
{
	int err = e911_throttle_init();

	(void)arg;
	e911_throttle_destroy();
	return err;
}

static void limits_nobody_without_memory(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
	now = START;
	assert_int_equal(ask_times("192.0.2.1", REFUSALS, 1000), 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(lets_a_minutes_share_through_at_once),
			TEST(fills_evenly),
			TEST(loses_nothing_between_askings_that_are_near),
			TEST(tells_when_to_come_again),
			TEST(keeps_kinds_and_sources_apart),
			TEST(takes_an_ipv6_link_for_one_source),
			TEST(limits_nobody_at_a_rate_of_none),
			TEST(follows_a_rate_that_is_changed),
			TEST(stands_clocks_that_are_not_quite_one),
			TEST(is_bounded_and_the_oldest_gives_way),
			cmocka_unit_test(limits_nobody_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
