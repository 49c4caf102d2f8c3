/*
 * The journal, and the parcels it is made of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: events hash location field network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/parcel.c"
#include "../../modules/e911/journal.c"
#include "ksr_stub.h"
#include "tight.h"

#define BYTES E911_JOURNAL_LEAST

static int counted, woken;
static char mem[E911_PARCEL_MAX] __attribute__((aligned(8)));
static char long_text[70000];
static e911_event_t got;

void e911_stats_count(int stat)
{
	assert_int_equal(stat, E911_STAT_RECORD_LOST);
	counted++;
}

static void wake(void)
{
	woken++;
}

static int up(void **state)
{
	counted = woken = 0;
	memset(long_text, 'x', sizeof(long_text));
	return e911_journal_init(BYTES, wake);
}

static int down(void **state)
{
	e911_journal_destroy();
	return ksr_blocks() != 0;
}

static void put(int kind, int code, const char *callid, int size)
{
	e911_event_t e = {.kind = kind, .code = code, .step = 1, .at_ms = 7};

	e.callid = (str){(char *)callid, (int)strlen(callid)};
	e.document = (str){long_text, size};
	e911_journal_put(&e);
}

static int get(uint64_t number)
{
	return e911_journal_get(number, mem, &got);
}

static int in_memory(void)
{
	uint64_t first, next;

	e911_journal_range(&first, &next);
	return (int)(next - first);
}

/* ----- parcels ----- */

static e911_location_t *place(void)
{
	static e911_location_t l;

	e911_location_init(&l, E911_FROM_RPC, 42);
	assert_int_equal(e911_location_set(&l, E911_F_RD, "Congress", 8), 0);
	return &l;
}

static void whole(e911_event_t *e)
{
	*e = (e911_event_t){.kind = E911_EV_SENT,
			.code = 486,
			.at_ms = 1ULL << 41,
			.site = 0xfffffff0,
			.test = 1,
			.step = 2,
			.steps = 3,
			.location = place()};
	e->callid = (str)str_init("a@x");
	e->detail = (str)str_init("by tcp");
	e->number = (str)str_init("911");
	e->document = (str)str_init("<presence/>");
}

static void opens_what_was_packed(void **state)
{
	e911_event_t e;
	char *tight;
	str value;
	int size;

	whole(&e);
	size = e911_parcel_pack(&e, mem);
	assert_true(size > 0 && size % 8 == 0);
	tight = malloc((size_t)size);
	memcpy(tight, mem, (size_t)size);
	assert_int_equal(e911_parcel_open(tight, (size_t)size, &got), 0);
	assert_int_equal(got.kind, E911_EV_SENT);
	assert_int_equal(got.code, 486);
	assert_true(got.at_ms == 1ULL << 41 && got.site == 0xfffffff0);
	assert_true(got.test == 1 && got.step == 2 && got.steps == 3);
	assert_true(STR_EQ(got.callid, e.callid));
	assert_true(STR_EQ(got.detail, e.detail));
	assert_true(STR_EQ(got.number, e.number));
	assert_true(STR_EQ(got.document, e.document));
	assert_int_equal(got.aor.len, 0);
	assert_int_equal(e911_location_get(got.location, E911_F_RD, &value), 0);
	assert_int_equal(value.len, 8);
	free(tight);
}

static void leaves_out_what_is_too_long(void **state)
{
	e911_event_t e;

	whole(&e);
	e.detail.s = e.document.s = e.aor.s = long_text;
	e.detail.len = TEXT_MAX + 1;
	e.document.len = 40000;
	e.aor.len = TEXT_MAX;
	e911_parcel_open(mem, (size_t)e911_parcel_pack(&e, mem), &got);
	assert_int_equal(got.detail.len, 0);
	assert_int_equal(got.document.len, 0);
	assert_int_equal(got.aor.len, TEXT_MAX);
	assert_true(STR_EQ(got.number, e.number));
}

static void all_at_their_longest_fit_but_for_the_document(void **state)
{
	e911_event_t e;
	int i;

	whole(&e);
	for(i = 0; i < TEXTS; i++)
		*text_at(&e, i) = (str){long_text, most_of(i)};
	assert_in_range(e911_parcel_pack(&e, mem), 1, E911_PARCEL_MAX);
	e911_parcel_open(mem, (size_t)e911_parcel_pack(&e, mem), &got);
	for(i = 0; i < TEXTS - 1; i++)
		assert_int_equal(text_at(&got, i)->len, TEXT_MAX);
	assert_int_equal(got.document.len, 0);
}

static void opens_nothing_else(void **state)
{
	e911_event_t e;
	header_t *h = (header_t *)mem;
	int size;

	whole(&e);
	size = e911_parcel_pack(&e, mem);
	assert_int_equal(e911_parcel_open(mem, 8, &got), E911_ERR_SYNTAX);
	assert_int_equal(
			e911_parcel_open(mem, (size_t)size - 8, &got), E911_ERR_SYNTAX);
	h->len[3] = 5000;
	assert_int_equal(
			e911_parcel_open(mem, (size_t)size, &got), E911_ERR_SYNTAX);
	h->len[3] = 0;
	h->location = 65000;
	assert_int_equal(
			e911_parcel_open(mem, (size_t)size, &got), E911_ERR_SYNTAX);
}

static void each_kind_has_a_name(void **state)
{
	int kind;

	for(kind = 0; kind < E911_JOURNAL_KINDS; kind++)
		assert_true(strlen(e911_parcel_name(kind)) > 2);
	assert_string_equal(e911_parcel_name(E911_JOURNAL_LOST), "lost");
	assert_string_equal(e911_parcel_name(E911_EV_ENDED), "ended");
	assert_string_equal(e911_parcel_name(E911_JOURNAL_KINDS), "");
}

/* ----- the block ----- */

static void gives_back_what_was_put(void **state)
{
	put(E911_EV_PLACED, 1, "a", 100);
	put(E911_EV_ANSWERED, 2, "b", 0);
	assert_int_equal(in_memory(), 2);
	assert_int_equal(get(1), 0);
	assert_int_equal(got.code, 1);
	assert_int_equal(got.document.len, 100);
	assert_int_equal(get(2), 0);
	assert_int_equal(got.code, 2);
	assert_int_equal(get(0), E911_ERR_NONE);
	assert_int_equal(get(3), E911_ERR_NONE);
}

/* sizes of all kinds, many times round: what is there is whole and in order */
static void the_oldest_gives_way(void **state)
{
	uint64_t first, next, n;
	int i;

	for(i = 1; i <= 5000; i++) {
		put(E911_EV_SENT, i, "a", (i * 7919) % 20000);
		e911_journal_range(&first, &next);
		assert_true(next == (uint64_t)i + 1 && first < next);
		if(i % 100)
			continue;
		for(n = first; n < next; n++) {
			assert_int_equal(get(n), 0);
			assert_int_equal(got.code, n);
			assert_int_equal(got.document.len, (n * 7919) % 20000);
		}
	}
	assert_int_equal(counted, 0);
	assert_true(in_memory() > 2);
}

static void there_are_no_more_than_there_are_places_for(void **state)
{
	int i;

	for(i = 0; i < 2000; i++)
		put(E911_EV_RINGING, i, "a", 0);
	assert_true(in_memory() <= BYTES / SMALL);
	assert_true(in_memory() >= BYTES / SMALL - 1);
}

static void what_is_to_be_written_stays(void **state)
{
	uint64_t first, next;
	int i;

	e911_journal_keep(1);
	for(i = 0; i < 100; i++)
		put(E911_EV_RINGING, i, "a", 1800);
	e911_journal_range(&first, &next);
	assert_true(first == 1 && counted == 100 - in_memory());
	assert_true(counted > 10);
	/* three quarters, no more */
	assert_in_range(in_memory(), 20, 27);
	/* the rest is for the first events of calls */
	i = in_memory();
	put(E911_EV_RINGING, 0, "a", 1800);
	assert_int_equal(in_memory(), i);
	put(E911_EV_PLACED, 0, "b", 1800);
	/* and what was lost before it is an entry */
	assert_int_equal(in_memory(), i + 2);
	assert_int_equal(get(next), 0);
	assert_int_equal(got.kind, E911_JOURNAL_LOST);
	assert_int_equal(got.code, counted);
	for(i = 0; i < 100; i++)
		put(E911_EV_PLACED, i, "c", 1800);
	assert_in_range(in_memory(), 28, 37);
}

static void room_comes_back_once_it_is_written(void **state)
{
	uint64_t first, next;
	e911_journal_head_t head;
	int i;

	e911_journal_keep(1);
	for(i = 0; i < 100; i++)
		put(E911_EV_RINGING, i, "a", 1800);
	e911_journal_range(&first, &next);
	/* nothing else has to happen for a loss to be written */
	assert_true(e911_journal_unwritten() == 1);
	get(next);
	assert_int_equal(got.kind, E911_JOURNAL_LOST);
	e911_journal_written(next);
	e911_journal_head(&head);
	assert_int_equal(head.waiting, 1);
	assert_int_equal(head.lost, counted);
	assert_true(e911_journal_unwritten() == next);
	i = counted;
	e911_journal_written(next + 1);
	e911_journal_head(&head);
	assert_int_equal(head.waiting, 0);
	put(E911_EV_RINGING, 1, "a", 1800);
	assert_int_equal(counted, i);
}

static void the_writer_is_woken_once(void **state)
{
	put(E911_EV_PLACED, 0, "a", 0);
	assert_int_equal(woken, 0);
	e911_journal_unwritten();
	e911_journal_keep(1);
	put(E911_EV_PLACED, 0, "a", 0);
	put(E911_EV_PLACED, 0, "a", 0);
	assert_int_equal(woken, 1);
	e911_journal_unwritten();
	put(E911_EV_PLACED, 0, "a", 0);
	assert_int_equal(woken, 2);
}

static void finds_the_newest_of_a_call(void **state)
{
	str a = tight_z("a"), c = tight_z("c");

	put(E911_EV_PLACED, 1, "a", 0);
	put(E911_EV_FAILED, 2, "a", 0);
	put(E911_EV_ANSWERED, 3, "b", 0);
	put(E911_EV_ENDED, 4, "a", 0);
	assert_int_equal(
			e911_journal_newest(
					&a, 1 << E911_EV_FAILED | 1 << E911_EV_ANSWERED, mem, &got),
			0);
	assert_int_equal(got.code, 2);
	assert_int_equal(e911_journal_newest(&c, ~0u, mem, &got), E911_ERR_NONE);
	free(a.s);
	free(c.s);
}

static void takes_the_hash_that_is_known(void **state)
{
	e911_event_t e = {.kind = E911_EV_ENDED, .code = 5, .step = -1};
	str a = tight_z("a"), c = tight_z("c");

	e.callid = a;
	e.call = e911_hash(c.s, (size_t)c.len);
	e911_journal_put(&e);
	assert_int_equal(e911_journal_newest(&a, ~0u, mem, &got), E911_ERR_NONE);
	assert_int_equal(e911_journal_newest(&c, ~0u, mem, &got), 0);
	assert_int_equal(got.code, 5);
	free(a.s);
	free(c.s);
}

static void the_head_is_what_was_set(void **state)
{
	e911_journal_head_t head;
	char mac[E911_MAC_LEN + 1];

	memset(mac, 'a', E911_MAC_LEN);
	mac[E911_MAC_LEN] = '\0';
	e911_journal_set_head(77, mac);
	e911_journal_alone();
	e911_journal_head(&head);
	assert_true(head.seq == 77);
	assert_string_equal(head.mac, mac);
}

static void without_a_journal_nothing_is_kept(void **state)
{
	e911_journal_head_t head;
	str a = str_init("a");

	e911_journal_destroy();
	put(E911_EV_PLACED, 1, "a", 0);
	e911_journal_note(E911_JOURNAL_STOP, 0);
	e911_journal_keep(1);
	e911_journal_alone();
	assert_int_equal(in_memory(), 0);
	assert_int_equal(get(1), E911_ERR_NONE);
	assert_int_equal(e911_journal_newest(&a, ~0u, mem, &got), E911_ERR_NONE);
	e911_journal_head(&head);
	assert_true(head.seq == 0 && head.lost == 0);
}

static int make(void *arg)
{
	int err = e911_journal_init(100000, NULL);

	e911_journal_destroy();
	return err;
}

static void without_memory_there_is_none(void **state)
{
	e911_journal_destroy();
	ksr_sweep(make, NULL, E911_ERR_MEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(opens_what_was_packed),
			TEST(leaves_out_what_is_too_long),
			TEST(all_at_their_longest_fit_but_for_the_document),
			TEST(opens_nothing_else),
			TEST(each_kind_has_a_name),
			TEST(gives_back_what_was_put),
			TEST(the_oldest_gives_way),
			TEST(there_are_no_more_than_there_are_places_for),
			TEST(what_is_to_be_written_stays),
			TEST(room_comes_back_once_it_is_written),
			TEST(the_writer_is_woken_once),
			TEST(finds_the_newest_of_a_call),
			TEST(takes_the_hash_that_is_known),
			TEST(the_head_is_what_was_set),
			TEST(without_a_journal_nothing_is_kept),
			TEST(without_memory_there_is_none),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
