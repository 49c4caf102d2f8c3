/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "ksr_stub.h"
#include "tight.h"

/* two clocks of our own: the wall's, and seconds since the machine's start */
static time_t wall;
static time_t uptime;

static time_t fake_time(void)
{
	return wall;
}

static int fake_clock(struct timespec *t)
{
	t->tv_sec = uptime;
	t->tv_nsec = 999999999;
	return 0;
}

#define time(where) fake_time()
#define clock_gettime(id, t) \
	(assert_int_equal((id), CLOCK_MONOTONIC), fake_clock(t))
#include "../../modules/e911/record.c"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW 1787320800
#define YEAR 31536000

static const e911_vicinity_t rule = {.bits4 = 32, .bits6 = 64};

static int clocks(void **state)
{
	(void)state;
	wall = NOW;
	uptime = 1000;
	return 0;
}

/* ----- deadlines ----- */

static void now_is_never_0(void **state)
{
	(void)state;
	uptime = 0;
	assert_int_equal(e911_now(), 1);
	uptime = 1000;
	assert_int_equal(e911_now(), 1001);
}

static void a_deadline_is_as_far_as_its_time(void **state)
{
	static const struct
	{
		time_t when;
		uint32_t in;
	} rows[] = {{NOW + 1, 1}, {NOW + YEAR, YEAR}, {NOW, 0}, {NOW - 1, 0},
			{1, 0}, {NOW + (LATEST - 1L), LATEST - 1},
			{NOW + (LATEST + 0L), LATEST}, {NOW + 0x7fffffffL, LATEST},
			{NOW + 0x100000000L, LATEST}};
	uint32_t d;
	size_t i;

	(void)state;
	assert_int_equal(e911_deadline(0), 0);
	assert_int_equal(e911_wall(0), 0);
	for(i = 0; i < COUNT(rows); i++) {
		d = e911_deadline(rows[i].when);
		assert_int_equal(d, e911_now() + rows[i].in);
		assert_int_equal(e911_passed(d, e911_now()), rows[i].in == 0);
		assert_int_equal(e911_wall(d), NOW + (time_t)rows[i].in);
	}
}

static void a_deadline_passes_at_its_second_and_for_long(void **state)
{
	uint32_t d = e911_deadline(NOW + 60);

	(void)state;
	assert_false(e911_passed(d, e911_now() + 59));
	assert_true(e911_passed(d, e911_now() + 60));
	assert_true(e911_passed(d, e911_now() + 60 + 0x7fffffff));
	assert_false(e911_passed(0, e911_now()));
	assert_false(e911_passed(0, 0xffffffff));
	/* long ago, and written as such */
	uptime += YEAR;
	wall += YEAR;
	assert_int_equal(e911_wall(d), NOW + 60);
}

static void a_wall_clock_that_jumps_passes_nothing(void **state)
{
	uint32_t d = e911_deadline(NOW + 60);

	(void)state;
	wall += 10L * YEAR;
	assert_false(e911_passed(d, e911_now()));
	assert_int_equal(e911_wall(d), wall + 60);
	uptime += 60;
	assert_true(e911_passed(d, e911_now()));
	wall -= 20L * YEAR;
	assert_true(e911_passed(d, e911_now()));
}

static void deadlines_outlive_the_counter(void **state)
{
	uint32_t d;

	(void)state;
	uptime = 0xfffffff0L - 1;
	d = e911_deadline(NOW + 0x20);
	assert_int_equal(d, 0x10);
	assert_false(e911_passed(d, e911_now()));
	uptime += 0x20;
	assert_true(e911_passed(d, e911_now()));
}

/* ----- a record ----- */

static int init(e911_record_t *r, size_t aor_len, size_t contact_len)
{
	str aor = tight_many("a", aor_len), contact = tight_many("c", contact_len);
	int err;

	memset(r, 0x5a, sizeof(*r));
	err = e911_record_init(r, &aor, &contact);
	free(aor.s);
	free(contact.s);
	return err;
}

static void names_are_its_own_and_bounded(void **state)
{
	static const e911_state_t nothing;
	str aor = str_init("a@x"), none = STR_NULL;
	e911_record_t r;

	(void)state;
	assert_int_equal(init(&r, E911_AOR_MAX, E911_CONTACT_MAX), 0);
	assert_ptr_equal(r.aor.s, r.aor_mem);
	assert_ptr_equal(r.contact.s, r.contact_mem);
	assert_int_equal(r.aor.len, E911_AOR_MAX);
	assert_int_equal(r.contact.len, E911_CONTACT_MAX);
	assert_int_equal(r.aor.s[E911_AOR_MAX - 1], 'a');
	assert_int_equal(r.contact.s[E911_CONTACT_MAX - 1], 'c');
	assert_memory_equal(&r.state, &nothing, sizeof(nothing));
	assert_int_equal(r.places, 0);
	assert_int_equal(init(&r, E911_AOR_MAX + 1, 1), E911_ERR_LONG);
	assert_int_equal(init(&r, 1, E911_CONTACT_MAX + 1), E911_ERR_LONG);
	assert_int_equal(e911_record_init(&r, &aor, &none), 0);
	assert_int_equal(r.contact.len, 0);
	assert_true(is_z(&r.aor, "a@x"));
}

static void is_fresh_unless_something_says_otherwise(void **state)
{
	static const struct
	{
		int moved;
		uint32_t gone;
		time_t confirmed;
		int max_age;
		int freshness, reason;
	} rows[] = {
			{0, 0, NOW, 0, E911_FRESH, E911_REASON_NONE},
			{0, 0, NOW - 10L * YEAR, 0, E911_FRESH, E911_REASON_NONE},
			{0, 0, NOW - 3600, 3600, E911_FRESH, E911_REASON_NONE},
			{0, 0, NOW - 3601, 3600, E911_SUSPECT, E911_REASON_OLD},
			{1, 0, NOW, 0, E911_SUSPECT, E911_REASON_MOVED},
			{1, 0, NOW - 3601, 3600, E911_SUSPECT, E911_REASON_MOVED},
			/* gone counts before its deadline has passed, whatever else */
			{0, 99999, NOW, 0, E911_EXPIRED, E911_REASON_GONE},
			{0, 1, NOW - 3601, 3600, E911_EXPIRED, E911_REASON_GONE},
			{1, 99999, NOW, 0, E911_EXPIRED, E911_REASON_GONE},
			/* confirmed by a clock that was ahead */
			{0, 0, NOW + YEAR, 3600, E911_FRESH, E911_REASON_NONE},
	};
	e911_state_t s = {0};
	e911_site_t site = {.max_age = 0};
	int reason;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		s.moved = (unsigned char)rows[i].moved;
		s.gone = rows[i].gone;
		site.max_age = rows[i].max_age;
		reason = -1;
		assert_int_equal(e911_freshness(&s, rows[i].confirmed, &site, &reason),
				rows[i].freshness);
		assert_int_equal(reason, rows[i].reason);
	}
	assert_string_equal(e911_reason_name(E911_REASON_NONE), "");
	assert_string_equal(e911_reason_name(E911_REASON_MOVED), "moved");
	assert_string_equal(e911_reason_name(E911_REASON_OLD), "old");
	assert_string_equal(e911_reason_name(E911_REASON_GONE), "gone");
}

/* ----- places ----- */

static e911_record_t record;

static int empty(void **state)
{
	str aor = str_init("a@x"), none = STR_NULL;

	clocks(state);
	memset(&record, 0x5a, sizeof(record));
	return e911_record_init(&record, &aor, &none);
}

/* heard from there; "": not yet */
static void seen(const char *z)
{
	str s = tight_z(z);

	memset(&record.state.seen, 0, sizeof(record.state.seen));
	if(s.len)
		assert_int_equal(e911_network_read(&record.state.seen, &s), 0);
	free(s.s);
}

/* in a block of just its size, for only so much may be read */
static void put(const char *hno, time_t until, time_t now)
{
	e911_location_t l, *tight;

	e911_location_init(&l, E911_FROM_RPC, now);
	l.until = until;
	assert_int_equal(e911_location_set(&l, E911_F_HNO, hno, strlen(hno)), 0);
	tight = malloc(E911_LOCATION_SIZE(&l));
	memcpy(tight, &l, E911_LOCATION_SIZE(&l));
	e911_record_state(&record, &rule, tight, now);
	free(tight);
}

static void put_from(const char *network, const char *hno, time_t now)
{
	seen(network);
	put(hno, 0, now);
}

/* "network=HNO@confirmed …", the one in use with a "*" */
static const char *shown(void)
{
	static char text[400], network[64];
	e911_strbuf_t b;
	int i, n = 0;
	str hno;

	for(i = 0; i < record.places; i++) {
		e911_strbuf_init(&b, network, sizeof(network));
		e911_network_put(&b, &record.place[i].network);
		assert_int_equal(
				e911_location_get(&record.place[i].location, E911_F_HNO, &hno),
				0);
		n += sprintf(text + n, "%s%s%.*s=%.*s@%d", i ? " " : "",
				i == record.state.place ? "*" : "", (int)b.len, b.s, hno.len,
				hno.s, (int)(record.place[i].confirmed - NOW));
	}
	return text;
}

static void not_heard_from_yet_there_is_one_place(void **state)
{
	(void)state;
	put_from("", "1", NOW);
	assert_string_equal(shown(), "*=1@0");
	put_from("", "2", NOW + 1);
	assert_string_equal(shown(), "*=2@1");
	/* stated before it was heard from: the same place */
	put_from("192.0.2.1", "3", NOW + 2);
	assert_string_equal(shown(), "*192.0.2.1=3@2");
}

static void each_network_has_its_place(void **state)
{
	(void)state;
	put_from("192.0.2.1", "1", NOW);
	put_from("192.0.2.2", "2", NOW + 1);
	assert_string_equal(shown(), "192.0.2.1=1@0 *192.0.2.2=2@1");
	put_from("192.0.2.1", "3", NOW + 2);
	assert_string_equal(shown(), "*192.0.2.1=3@2 192.0.2.2=2@1");
	/* another address of the same /64 is the same place, as last heard */
	put_from("2001:db8::1", "4", NOW + 3);
	put_from("2001:db8::2", "5", NOW + 4);
	assert_string_equal(
			shown(), "192.0.2.1=3@2 192.0.2.2=2@1 *2001:db8::2=5@4");
}

static void the_one_confirmed_longest_ago_gives_way(void **state)
{
	(void)state;
	put_from("192.0.2.1", "1", NOW);
	put_from("192.0.2.2", "2", NOW + 1);
	put_from("192.0.2.3", "3", NOW + 2);
	put_from("192.0.2.4", "4", NOW + 3);
	put_from("192.0.2.1", "1", NOW + 4);
	put_from("192.0.2.5", "5", NOW + 5);
	assert_string_equal(shown(), "192.0.2.1=1@4 *192.0.2.5=5@5 "
								 "192.0.2.3=3@2 192.0.2.4=4@3");
	assert_int_equal(record.places, E911_PLACES_MAX);
	put_from("192.0.2.6", "6", NOW + 6);
	assert_string_equal(shown(), "192.0.2.1=1@4 192.0.2.5=5@5 "
								 "*192.0.2.6=6@6 192.0.2.4=4@3");
}

static void stating_ends_a_move_and_sets_the_time(void **state)
{
	(void)state;
	seen("192.0.2.1");
	put("1", 0, NOW);
	assert_int_equal(record.state.retained, 0);
	record.state.moved = 1;
	put("2", NOW + 60, NOW);
	assert_int_equal(record.state.moved, 0);
	assert_int_equal(record.state.retained, e911_now() + 60);
	put("3", 0, NOW);
	assert_int_equal(record.state.retained, 0);
}

static void confirming_takes_the_place_along(void **state)
{
	(void)state;
	put_from("192.0.2.1", "1", NOW);
	put_from("192.0.2.2", "2", NOW + 1);
	/* here once more */
	e911_record_confirm(&record, &rule, NOW + 5);
	assert_string_equal(shown(), "192.0.2.1=1@0 *192.0.2.2=2@5");
	/* from elsewhere: it is there too, and the old one is remembered */
	seen("192.0.2.3");
	record.state.moved = 1;
	e911_record_confirm(&record, &rule, NOW + 6);
	assert_string_equal(shown(), "192.0.2.1=1@0 192.0.2.2=2@5 *192.0.2.3=2@6");
	assert_int_equal(record.state.moved, 0);
	/* from a place of its own: what is in use counts there now */
	seen("192.0.2.1");
	e911_record_confirm(&record, &rule, NOW + 7);
	assert_string_equal(shown(), "*192.0.2.1=2@7 192.0.2.2=2@5 192.0.2.3=2@6");
	/* when it was stated is another thing */
	assert_int_equal(record.place[0].location.stated, NOW + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(now_is_never_0, clocks),
			cmocka_unit_test_setup(a_deadline_is_as_far_as_its_time, clocks),
			cmocka_unit_test_setup(
					a_deadline_passes_at_its_second_and_for_long, clocks),
			cmocka_unit_test_setup(
					a_wall_clock_that_jumps_passes_nothing, clocks),
			cmocka_unit_test_setup(deadlines_outlive_the_counter, clocks),
			cmocka_unit_test_setup(names_are_its_own_and_bounded, clocks),
			cmocka_unit_test_setup(
					is_fresh_unless_something_says_otherwise, clocks),
			cmocka_unit_test_setup(
					not_heard_from_yet_there_is_one_place, empty),
			cmocka_unit_test_setup(each_network_has_its_place, empty),
			cmocka_unit_test_setup(
					the_one_confirmed_longest_ago_gives_way, empty),
			cmocka_unit_test_setup(
					stating_ends_a_move_and_sets_the_time, empty),
			cmocka_unit_test_setup(confirming_takes_the_place_along, empty),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
