/*
 * The hand and the clock, which is our own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ksr_stub.h"
#include "tight.h"

static time_t uptime;

static int fake_clock(struct timespec *t)
{
	t->tv_sec = uptime;
	t->tv_nsec = 0;
	return 0;
}

#define clock_gettime(id, t) fake_clock(t)
#include "../../modules/e911/record.c"
#include "../../modules/e911/hand.c"

static int up(void **state)
{
	(void)state;
	uptime = 1000;
	return e911_hand_init();
}

static int down(void **state)
{
	(void)state;
	e911_hand_destroy();
	return ksr_blocks() != 0;
}

static int put(int kind, const char *what, int set, int ttl)
{
	e911_hand_t h = {.kind = kind, .set = set};

	strcpy(h.what, what);
	strcpy(h.why, "for a test");
	h.until = ttl ? e911_now() + (uint32_t)ttl : 0;
	return e911_hand_put(&h);
}

static int take(int kind, const char *what)
{
	str s = tight_z(what);
	int err = e911_hand_take(kind, &s);

	free(s.s);
	return err;
}

static int drains(const char *uri, const char *profile)
{
	str u = tight_z(uri), p = tight_z(profile);
	int did = e911_hand_drains(&u, &p);

	free(u.s);
	free(p.s);
	return did;
}

static void begins_idle(void **state)
{
	e911_hand_t h;

	(void)state;
	assert_true(e911_hand_is_idle());
	assert_int_equal(e911_hand_nth(0, &h), E911_ERR_NONE);
	assert_int_equal(e911_hand_nth(-1, &h), E911_ERR_NONE);
	assert_int_equal(drains("sip:192.0.2.1", "carrier"), 0);
	assert_int_equal(e911_hand_set("default"), 0);
}

static void a_destination_is_known_by_several_names(void **state)
{
	static const struct
	{
		const char *what, *uri, *profile;
		int drained;
	} cases[] = {
			{"sip:a.example.com:5061;transport=tls",
					"sip:A.example.com:5061;transport=tls", "", 1},
			{"a.example.com", "sip:a.example.com:5061;transport=tls", "", 1},
			{"a.example.com", "sips:A.Example.com", "", 1},
			{"a.example.com:5061", "sip:a.example.com:5061;transport=tls", "",
					1},
			{"a.example.com:5060", "sip:a.example.com:5061", "", 0},
			{"a.example.com", "sip:911@a.example.com?x=y", "", 1},
			{"a.example.com", "sip:a.example.com.org", "", 0},
			{"a.example.co", "sip:a.example.com", "", 0},
			{"[2001:db8::1]", "sip:[2001:db8::1]:5060", "", 1},
			{"[2001:db8::1]:5060", "sip:[2001:db8::1]:5060;x", "", 1},
			{"2001:db8::1", "sip:[2001:db8::2]", "", 0},
			{"carrier", "sip:192.0.2.1", "carrier", 1},
			{"carrier", "sip:192.0.2.1", "other", 0},
			{"carrier", "sip:192.0.2.1", "", 0},
			{"carrier", "sip:", "", 0},
			{"carrier", "", "", 0},
			{"carrier", "[", "", 0},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(put(E911_HAND_DRAIN, cases[i].what, 0, 0), 0);
		if(drains(cases[i].uri, cases[i].profile) != cases[i].drained)
			fail_msg("%s", cases[i].uri);
		assert_int_equal(take(E911_HAND_DRAIN, cases[i].what), 0);
		assert_int_equal(drains(cases[i].uri, cases[i].profile), 0);
	}
	assert_true(e911_hand_is_idle());
	/* nothing is nobody's name */
	assert_int_equal(put(E911_HAND_DRAIN, "", 0, 0), 0);
	assert_int_equal(drains("sip:192.0.2.1", ""), 0);
}

static void a_site_is_sent_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(put(E911_HAND_FORCE, "austin", 9, 0), 0);
	assert_int_equal(e911_hand_set("austin"), 9);
	assert_int_equal(e911_hand_set("Austin"), 0);
	assert_int_equal(e911_hand_set("default"), 0);
	assert_int_equal(put(E911_HAND_FORCE, "*", 8, 0), 0);
	assert_int_equal(e911_hand_set("austin"), 9);
	assert_int_equal(e911_hand_set("default"), 8);
	assert_int_equal(put(E911_HAND_FORCE, "austin", 7, 0), 0);
	assert_int_equal(e911_hand_set("austin"), 7);
	assert_int_equal(take(E911_HAND_FORCE, "austin"), 0);
	assert_int_equal(e911_hand_set("austin"), 8);
	assert_int_equal(take(E911_HAND_FORCE, "austin"), E911_ERR_NONE);
	assert_int_equal(take(E911_HAND_DRAIN, "*"), E911_ERR_NONE);
	assert_int_equal(drains("sip:austin", "*"), 0);
}

static void each_ends_in_its_time(void **state)
{
	e911_hand_t h;

	(void)state;
	assert_int_equal(put(E911_HAND_DRAIN, "a", 0, 60), 0);
	assert_int_equal(put(E911_HAND_FORCE, "*", 9, 30), 0);
	assert_int_equal(put(E911_HAND_DRAIN, "b", 0, 0), 0);
	uptime += 29;
	assert_int_equal(e911_hand_set("x"), 9);
	uptime++;
	assert_int_equal(e911_hand_set("x"), 0);
	assert_int_equal(drains("sip:a", ""), 1);
	assert_int_equal(e911_hand_nth(0, &h), 0);
	assert_string_equal(h.what, "a");
	assert_string_equal(h.why, "for a test");
	assert_true(h.until == e911_now() + 30);
	assert_int_equal(e911_hand_nth(1, &h), 0);
	assert_string_equal(h.what, "b");
	assert_int_equal(e911_hand_nth(2, &h), E911_ERR_NONE);
	uptime += 30;
	assert_int_equal(drains("sip:a", ""), 0);
	assert_int_equal(take(E911_HAND_DRAIN, "a"), E911_ERR_NONE);
	uptime += 1000000;
	assert_int_equal(drains("sip:b", ""), 1);
	assert_false(e911_hand_is_idle());
}

static void is_full_until_one_is_taken_back(void **state)
{
	char what[8];
	int i;

	(void)state;
	for(i = 0; i < E911_HANDS_MAX; i++) {
		sprintf(what, "h%d", i);
		assert_int_equal(put(E911_HAND_DRAIN, what, 0, i == 5 ? 60 : 0), 0);
	}
	assert_int_equal(put(E911_HAND_DRAIN, "more", 0, 0), E911_ERR_FULL);
	assert_int_equal(put(E911_HAND_DRAIN, "H7", 0, 0), 0);
	assert_int_equal(drains("sip:h63", ""), 1);
	uptime += 60;
	assert_int_equal(put(E911_HAND_DRAIN, "more", 0, 0), 0);
	assert_int_equal(put(E911_HAND_DRAIN, "evenmore", 0, 0), E911_ERR_FULL);
	assert_int_equal(take(E911_HAND_DRAIN, "h0"), 0);
	assert_int_equal(put(E911_HAND_DRAIN, "evenmore", 0, 0), 0);
	assert_int_equal(drains("sip:h0", ""), 0);
	assert_int_equal(drains("sip:h5", ""), 0);
	assert_int_equal(drains("sip:h63", ""), 1);
}

static int init_once(void *arg)
{
	int err = e911_hand_init();

	(void)arg;
	e911_hand_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(init_once, NULL, E911_ERR_MEM);
	assert_true(e911_hand_is_idle());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(begins_idle),
			TEST(a_destination_is_known_by_several_names),
			TEST(a_site_is_sent_elsewhere),
			TEST(each_ends_in_its_time),
			TEST(is_full_until_one_is_taken_back),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("hand", tests, NULL, NULL);
}
