/*
 * The ledger and its table, with two clocks of our own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: number hash config location field network row strbuf err
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ksr_stub.h"
#include "tight.h"

static time_t wall, uptime;

static time_t fake_time(void)
{
	return wall;
}

static int fake_clock(struct timespec *t)
{
	t->tv_sec = uptime;
	t->tv_nsec = 0;
	return 0;
}

#define time(where) fake_time()
#define clock_gettime(id, t) fake_clock(t)
#include "../../modules/e911/record.c"
#include "../../modules/e911/ledger_table.c"
#include "../../modules/e911/ledger.c"
#include "../../modules/e911/config.h"

#define NOW 1787320800
#define WINDOW 1800
#define CALL_MAX 21600
#define SIZE 8

static int told;

static void note_change(void)
{
	told++;
}

static int up(void **state)
{
	(void)state;
	wall = NOW;
	uptime = 1000;
	told = 0;
	default_e911_cfg.callback_window = WINDOW;
	default_e911_cfg.call_max = CALL_MAX;
	return e911_ledger_init(SIZE, note_change);
}

static int down(void **state)
{
	(void)state;
	e911_ledger_destroy();
	return ksr_blocks() != 0;
}

static void pass(time_t seconds)
{
	wall += seconds;
	uptime += seconds;
}

static void fill(e911_entry_t *e, const char *callid, const char *aor)
{
	memset(e, 0x5a, sizeof(*e));
	memset(e, 0, offsetof(e911_entry_t, location));
	strcpy(e->callid, callid);
	strcpy(e->aor, aor);
	strcpy(e->tag, "tag");
	e->proven = 1;
}

static int open_it(const char *callid, const char *aor)
{
	e911_entry_t e;

	fill(&e, callid, aor);
	return e911_ledger_open(&e);
}

static int end_it(const char *callid)
{
	str id = tight_z(callid);
	int did = e911_ledger_end(&id, NULL, NULL, NULL);

	free(id.s);
	return did;
}

static int has(const char *callid)
{
	static e911_entry_t e;
	str id = tight_z(callid);
	int err = e911_ledger_by_call(&id, &e);

	free(id.s);
	return err == 0;
}

static e911_entry_t *get(const char *callid)
{
	static e911_entry_t e;
	str id = tight_z(callid);

	assert_int_equal(e911_ledger_by_call(&id, &e), 0);
	free(id.s);
	return &e;
}

static e911_elins_t *pool_of(int n, int most)
{
	static e911_elins_t pool;
	int i;

	memset(&pool, 0x5a, sizeof(pool));
	pool.n = n;
	pool.most = most;
	for(i = 0; i < n; i++)
		sprintf(pool.number[i], "+1512555010%d", i + 1);
	return &pool;
}

/* the last digit of the ELIN, or the error */
static int lease(const char *callid, const e911_elins_t *pool)
{
	char number[E911_ELIN_MAX] = "";
	str id = tight_z(callid);
	int err = e911_ledger_lease(&id, pool, number);

	free(id.s);
	if(err) {
		assert_string_equal(number, "");
		return err;
	}
	assert_string_equal(get(callid)->elin, number);
	return number[strlen(number) - 1] - '0';
}

static int would(const char *aor, const char *device, const e911_elins_t *pool)
{
	char number[E911_ELIN_MAX] = "";
	str a = tight_z(aor), d = tight_z(device);
	int err = e911_ledger_would_lease(&a, &d, pool, number);

	free(a.s);
	free(d.s);
	return err ? err : number[strlen(number) - 1] - '0';
}

static const char *by_number(const char *number)
{
	static e911_entry_t e;
	str s = tight_z(number);
	int err = e911_ledger_by_number(&s, &e);

	free(s.s);
	return err ? "" : e.callid;
}

static int count_up(void)
{
	uint64_t cursor = 0;
	e911_entry_t e;
	int n = 0;

	while(e911_ledger_next(&cursor, &e))
		n++;
	return n;
}

static const char *listed(unsigned int n)
{
	static e911_entry_t e;

	return e911_ledger_newest(n, &e) ? e.callid : "";
}

/* ----- one call ----- */

static void gives_back_what_it_was_given(void **state)
{
	e911_entry_t e, *back;

	(void)state;
	fill(&e, "a@x", "alice@x");
	e.site = 7;
	e.trunk = 1;
	e.test = 1;
	strcpy(e.device, "urn:uuid:1");
	strcpy(e.contact, "sip:alice@192.0.2.1:5062");
	strcpy(e.source, "sip:192.0.2.1:5062");
	strcpy(e.callback, "+15125550199");
	e.located = 1;
	e911_location_init(&e.location, E911_FROM_RPC, 42);
	e911_location_set(&e.location, E911_F_COUNTRY, "US", 2);
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(strspn(e.reference, "0123456789abcdef"), 32);
	assert_int_equal(strlen(e.reference), 32);
	assert_true(e.started == NOW && e.ended == 0 && e.version != 0);
	back = get("a@x");
	assert_memory_equal(back, &e, offsetof(e911_entry_t, location));
	assert_memory_equal(
			&back->location, &e.location, E911_LOCATION_SIZE(&e.location));
	assert_int_equal(told, 1);
	assert_int_equal(e911_ledger_count(), 1);
}

static void a_call_has_a_reference_of_its_own(void **state)
{
	e911_entry_t e, found;
	str reference = {e.reference, E911_REFERENCE_LEN};
	char first[E911_REFERENCE_LEN + 1];

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	strcpy(first, get("a")->reference);
	fill(&e, "b", "bob@x");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_not_equal(first, e.reference);
	assert_int_equal(e911_ledger_by_reference(&reference, &found), 0);
	assert_string_equal(found.callid, "b");
	reference.len--;
	assert_int_equal(
			e911_ledger_by_reference(&reference, &found), E911_ERR_NONE);
	reference.len++;
	e.reference[5] ^= 1;
	assert_int_equal(
			e911_ledger_by_reference(&reference, &found), E911_ERR_NONE);
	e.reference[5] = '\0';
	assert_int_equal(
			e911_ledger_by_reference(&reference, &found), E911_ERR_NONE);
}

/* authentication: the same INVITE once more */
static void the_same_call_again_keeps_what_it_has(void **state)
{
	e911_elins_t *pool = pool_of(3, 1);
	char reference[E911_REFERENCE_LEN + 1];
	e911_entry_t e;

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(lease("a", pool), 1);
	strcpy(reference, get("a")->reference);
	assert_int_equal(end_it("a"), 1);
	assert_true(e911_ledger_is_idle());
	pass(5);
	fill(&e, "a", "alice@x");
	strcpy(e.contact, "sip:alice@192.0.2.2");
	e.located = 1;
	e911_location_init(&e.location, E911_FROM_RPC, 42);
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(e.reference, reference);
	assert_string_equal(e.elin, "+15125550101");
	assert_string_equal(get("a")->contact, "sip:alice@192.0.2.2");
	assert_string_equal(get("a")->reference, reference);
	assert_true(get("a")->ended == 0 && get("a")->started == NOW + 5);
	assert_false(e911_ledger_is_idle());
	assert_int_equal(e911_ledger_count(), 1);
	assert_string_equal(by_number("5125550101"), "a");
	assert_int_equal(lease("a", pool), 1);
}

/* a Call-ID is no secret */
static void with_anothers_call_id_nothing_of_his_is_had(void **state)
{
	static const struct
	{
		const char *aor, *tag;
	} others[] = {{"mallory@x", "tag"}, {"alice@x", "other"}, {"", ""}};
	str id = tight_z("a"), his = tight_z("tag"), other = tight_z("other");
	char reference[E911_REFERENCE_LEN + 1];
	e911_elins_t *pool = pool_of(3, 1);
	e911_entry_t e;
	size_t i;

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(lease("a", pool), 1);
	strcpy(reference, get("a")->reference);
	for(i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fill(&e, "a", others[i].aor);
		strcpy(e.tag, others[i].tag);
		e.proven = 0;
		assert_int_equal(e911_ledger_open(&e), 0);
		assert_string_not_equal(e.callid, "a");
		assert_string_not_equal(e.reference, reference);
		/* the third finds the second's given back */
		assert_int_equal(lease(e.callid, pool), i == 1 ? 3 : 2);
		assert_string_equal(get("a")->aor, "alice@x");
		assert_string_equal(get("a")->reference, reference);
		/* and its end is not his */
		if(i == 1)
			assert_int_equal(e911_ledger_end(&id, &other, NULL, NULL), 1);
		assert_int_equal(end_it(e.callid), i != 1);
	}
	assert_true(get("a")->ended == 0);
	assert_string_equal(by_number("5125550101"), "a");
	assert_int_equal(e911_ledger_end(&id, NULL, &his, NULL), 1);
	assert_true(get("a")->ended != 0);
	free(id.s);
	free(his.s);
	free(other.s);
}

static void a_call_id_past_its_window_is_another_call(void **state)
{
	char reference[E911_REFERENCE_LEN + 1];

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(lease("a", pool_of(1, 1)), 1);
	strcpy(reference, get("a")->reference);
	end_it("a");
	pass(WINDOW);
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_string_not_equal(get("a")->reference, reference);
	assert_string_equal(get("a")->elin, "");
	assert_int_equal(e911_ledger_count(), 1);
}

static void a_long_call_id_is_kept_by_its_hash(void **state)
{
	str longest = tight_many("i", E911_CALLID_MAX - 1);
	str longer = tight_many("i", E911_CALLID_MAX);
	str zero = tight("a\0b", 3), none = {NULL, 0};
	char id[E911_CALLID_MAX], other[E911_CALLID_MAX];
	e911_entry_t e;

	(void)state;
	e911_ledger_callid(id, &longest);
	assert_int_equal(strlen(id), E911_CALLID_MAX - 1);
	e911_ledger_callid(id, &longer);
	assert_int_equal(strlen(id), 17);
	assert_int_equal(id[0], '#');
	longer.s[7] = 'j';
	e911_ledger_callid(other, &longer);
	assert_string_not_equal(other, id);
	fill(&e, other, "alice@x");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(e911_ledger_by_call(&longer, &e), 0);
	e911_ledger_callid(id, &zero);
	assert_int_equal(id[0], '#');
	e911_ledger_callid(id, &none);
	assert_string_equal(id, "");
	free(longest.s);
	free(longer.s);
	free(zero.s);
}

/* ----- the end ----- */

static void only_the_callers_tag_ends_a_call(void **state)
{
	str id = tight_z("a"), his = tight_z("tag"), other = tight_z("tab"),
		more = tight_z("tag1"), none = {NULL, 0};

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(e911_ledger_end(&id, &other, &more, NULL), 0);
	assert_int_equal(e911_ledger_end(&id, &none, &none, NULL), 0);
	assert_int_equal(e911_ledger_end(&id, &other, NULL, NULL), 0);
	assert_false(e911_ledger_is_idle());
	pass(10);
	assert_int_equal(e911_ledger_end(&id, &other, &his, NULL), 1);
	assert_true(get("a")->ended == NOW + 10);
	assert_true(e911_ledger_is_idle());
	assert_int_equal(e911_ledger_end(&id, &his, &other, NULL), 0);
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(e911_ledger_end(&id, &his, NULL, NULL), 1);
	assert_int_equal(end_it("b"), 0);
	free(id.s);
	free(his.s);
	free(other.s);
	free(more.s);
}

static void of_a_long_tag_the_beginning_counts(void **state)
{
	str id = tight_z("a"), tag = tight_many("t", 80),
		other = tight_many("t", 62);
	e911_entry_t e;

	(void)state;
	fill(&e, "a", "alice@x");
	memset(e.tag, 't', sizeof(e.tag) - 1);
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(e911_ledger_end(&id, &other, NULL, NULL), 0);
	assert_int_equal(e911_ledger_end(&id, &tag, NULL, NULL), 1);
	free(id.s);
	free(tag.s);
	free(other.s);
}

static void an_ended_call_is_kept_for_the_window(void **state)
{
	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(lease("a", pool_of(1, 1)), 1);
	pass(5000);
	end_it("a");
	pass(WINDOW - 1);
	e911_ledger_sweep();
	assert_string_equal(by_number("5125550101"), "a");
	assert_int_equal(count_up(), 1);
	pass(1);
	assert_string_equal(by_number("5125550101"), "");
	assert_false(has("a"));
	assert_int_equal(count_up(), 0);
	assert_int_equal(e911_ledger_count(), 1);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
}

static void the_window_may_change_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	end_it("a");
	pass(WINDOW);
	assert_false(has("a"));
	default_e911_cfg.callback_window = WINDOW * 2;
	assert_true(has("a"));
	default_e911_cfg.callback_window = 60;
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
}

static void a_clock_that_jumps_drops_nothing(void **state)
{
	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	end_it("a");
	wall += 400 * 86400;
	e911_ledger_sweep();
	assert_true(has("a"));
	wall -= 800 * 86400;
	pass(WINDOW - 1);
	assert_true(has("a"));
	pass(1);
	assert_false(has("a"));
}

static void a_call_whose_end_was_not_seen_ends(void **state)
{
	e911_elins_t *pool = pool_of(1, 1);

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(open_it("b", "bob@x"), 0);
	assert_int_equal(lease("a", pool), 1);
	pass(CALL_MAX - 1);
	e911_ledger_sweep();
	assert_false(e911_ledger_is_idle());
	assert_int_equal(lease("b", pool), E911_ERR_FULL);
	pass(1);
	/* before the clerk has come to it, too */
	assert_int_equal(lease("b", pool), 1);
	told = 0;
	pass(10);
	e911_ledger_sweep();
	assert_true(e911_ledger_is_idle());
	assert_int_equal(told, 1);
	assert_true(get("a")->ended == NOW + CALL_MAX);
	pass(WINDOW - 11);
	assert_true(has("a"));
	pass(1);
	assert_false(has("a"));
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
}

/* ----- bounds ----- */

static void the_one_that_ended_longest_ago_gives_way(void **state)
{
	char id[8];
	int i;

	(void)state;
	for(i = 0; i < SIZE; i++) {
		sprintf(id, "c%d", i);
		assert_int_equal(open_it(id, "alice@x"), 0);
	}
	assert_int_equal(open_it("new", "bob@x"), E911_ERR_FULL);
	assert_int_equal(open_it("c0", "alice@x"), 0);
	end_it("c5");
	pass(1);
	end_it("c2");
	assert_int_equal(open_it("new", "bob@x"), 0);
	assert_false(has("c5"));
	assert_true(has("c2"));
	assert_int_equal(open_it("newer", "bob@x"), 0);
	assert_false(has("c2"));
	assert_int_equal(open_it("newest", "bob@x"), E911_ERR_FULL);
	assert_int_equal(e911_ledger_count(), SIZE);
	assert_int_equal(count_up(), SIZE);
}

static int open_two(void *arg)
{
	e911_entry_t e;
	int err = e911_ledger_init(SIZE, note_change);

	(void)arg;
	if(err)
		return err;
	fill(&e, "a", "alice@x");
	err = e911_ledger_open(&e);
	if(!err)
		err = e911_ledger_open(&e);
	if(!err) {
		fill(&e, "b", "bob@x");
		e.started = wall;
		err = e911_ledger_restore(&e);
	}
	e911_ledger_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(open_two, NULL, E911_ERR_MEM);
	e911_ledger_destroy();
	assert_true(e911_ledger_is_idle());
	assert_int_equal(e911_ledger_count(), 0);
}

static void sweeps_more_than_one_step(void **state)
{
	char id[8];
	int i;

	(void)state;
	e911_ledger_destroy();
	assert_int_equal(e911_ledger_init(1000, NULL), 0);
	for(i = 0; i < 500; i++) {
		sprintf(id, "c%d", i);
		assert_int_equal(open_it(id, "alice@x"), 0);
		if(i % 2)
			end_it(id);
	}
	assert_int_equal(count_up(), 500);
	pass(WINDOW);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 250);
	pass(CALL_MAX);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
}

static char lost[64];

static void note_lost(const e911_entry_t *entry)
{
	strcat(lost, entry->callid);
}

static void tells_of_calls_whose_end_was_not_seen(void **state)
{
	(void)state;
	e911_ledger_watch(note_lost);
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(open_it("b", "bob@x"), 0);
	assert_int_equal(open_it("c", "carol@x"), 0);
	end_it("b");
	pass(CALL_MAX);
	e911_ledger_sweep();
	e911_ledger_sweep();
	e911_ledger_watch(NULL);
	assert_string_equal(lost, "ac");
}

static void gives_the_call_that_has_ended(void **state)
{
	static e911_entry_t e;
	str id = tight_z("a");

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(e911_ledger_end(&id, NULL, NULL, &e), 1);
	assert_string_equal(e.aor, "alice@x");
	assert_true(e.ended == NOW);
	free(id.s);
}

/* ----- numbers ----- */

static void a_number_is_found_however_it_is_written(void **state)
{
	e911_entry_t e;

	(void)state;
	fill(&e, "a", "alice@x");
	strcpy(e.callback, "+1 (512) 555-0199");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(by_number("+15125550199"), "a");
	assert_string_equal(by_number("5125550199"), "a");
	assert_string_equal(by_number("1-512-555-0199"), "a");
	assert_string_equal(by_number("+445125550199"), "");
	assert_string_equal(by_number("125550199"), "");
	assert_string_equal(by_number("5125550198"), "");
	assert_string_equal(by_number("alice"), "");
	assert_string_equal(by_number(""), "");
	fill(&e, "b", "bob@x");
	strcpy(e.callback, "extension");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(by_number("extension"), "");
}

static void the_newest_call_of_a_number_counts(void **state)
{
	e911_entry_t e;

	(void)state;
	fill(&e, "a", "alice@x");
	strcpy(e.callback, "+15125550101");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(open_it("b", "bob@x"), 0);
	assert_int_equal(lease("b", pool_of(1, 1)), 1);
	assert_string_equal(by_number("5125550101"), "b");
	pass(1);
	fill(&e, "c", "carol@x");
	strcpy(e.callback, "5125550101");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(by_number("5125550101"), "c");
	end_it("c");
	pass(WINDOW);
	assert_string_equal(by_number("5125550101"), "b");
}

/* anyone can write a From: nobody else's call back goes to him for it */
static void who_claims_a_number_comes_after_who_has_it(void **state)
{
	e911_entry_t e;

	(void)state;
	fill(&e, "liar", "5125550101@x");
	strcpy(e.callback, "5125550101");
	e.proven = 0;
	assert_int_equal(e911_ledger_open(&e), 0);
	/* there is nobody else */
	assert_string_equal(by_number("5125550101"), "liar");
	fill(&e, "a", "alice@x");
	strcpy(e.callback, "+15125550101");
	assert_int_equal(e911_ledger_open(&e), 0);
	pass(1);
	fill(&e, "liar", "5125550101@x");
	strcpy(e.callback, "+15125550101");
	e.proven = 0;
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(by_number("5125550101"), "a");
	assert_int_equal(open_it("b", "bob@x"), 0);
	assert_int_equal(lease("b", pool_of(2, 1)), 1);
	pass(1);
	fill(&e, "liar", "5125550101@x");
	strcpy(e.callback, "+15125550101");
	e.proven = 0;
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_string_equal(by_number("5125550101"), "b");
}

/* nor has he the number of whom he names */
static void who_is_not_proven_has_no_number_of_anothers(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);
	e911_entry_t e;

	(void)state;
	assert_int_equal(open_it("a", "alice@x"), 0);
	assert_int_equal(lease("a", pool), 1);
	fill(&e, "liar", "alice@x");
	e.proven = 0;
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(lease("liar", pool), 2);
	end_it("a");
	end_it("liar");
	assert_int_equal(open_it("b", "alice@x"), 0);
	assert_int_equal(lease("b", pool), 1);
}

/* ----- leases ----- */

static void leases_to_no_call_that_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(lease("a", pool_of(1, 1)), E911_ERR_NONE);
}

static void a_number_is_one_calls_at_a_time(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);

	(void)state;
	open_it("a", "alice@x");
	open_it("b", "bob@x");
	open_it("c", "carol@x");
	assert_int_equal(lease("a", pool), 1);
	told = 0;
	assert_int_equal(lease("a", pool), 1);
	assert_int_equal(told, 0);
	assert_int_equal(lease("b", pool), 2);
	assert_int_equal(told, 1);
	assert_int_equal(lease("c", pool), E911_ERR_FULL);
	assert_string_equal(get("c")->elin, "");
	end_it("b");
	assert_int_equal(lease("c", pool), 2);
}

static void a_number_may_be_that_of_two(void **state)
{
	e911_elins_t *pool = pool_of(2, 2);
	int idle = 5;

	(void)state;
	open_it("a", "alice@x");
	open_it("b", "bob@x");
	open_it("c", "carol@x");
	open_it("d", "dave@x");
	open_it("e", "eve@x");
	assert_int_equal(lease("a", pool), 1);
	assert_int_equal(lease("b", pool), 2);
	assert_int_equal(lease("c", pool), 1);
	assert_int_equal(lease("d", pool), 2);
	assert_int_equal(e911_ledger_users("+15125550101", &idle), 2);
	assert_int_equal(idle, 0);
	assert_int_equal(lease("e", pool), E911_ERR_FULL);
	end_it("c");
	pass(3);
	assert_int_equal(e911_ledger_users("+15125550101", &idle), 1);
	assert_int_equal(idle, 0);
	end_it("a");
	pass(4);
	assert_int_equal(e911_ledger_users("+15125550101", &idle), 0);
	assert_int_equal(idle, 4);
	pass(WINDOW - 4);
	assert_int_equal(e911_ledger_users("+15125550101", &idle), 0);
	assert_int_equal(idle, -1);
	assert_int_equal(e911_ledger_users("", &idle), 0);
	assert_int_equal(idle, -1);
}

static void the_same_caller_has_his_number_again(void **state)
{
	e911_elins_t *pool = pool_of(3, 1);
	e911_entry_t e;

	(void)state;
	open_it("a", "alice@x");
	open_it("b", "bob@x");
	assert_int_equal(lease("a", pool), 1);
	assert_int_equal(lease("b", pool), 2);
	end_it("a");
	end_it("b");
	pass(100);
	open_it("b2", "bob@x");
	assert_int_equal(would("bob@x", "", pool), 2);
	assert_int_equal(lease("b2", pool), 2);
	/* another device of his is another caller */
	fill(&e, "b3", "bob@x");
	strcpy(e.device, "urn:uuid:2");
	assert_int_equal(e911_ledger_open(&e), 0);
	assert_int_equal(would("bob@x", "urn:uuid:2", pool), 3);
	assert_int_equal(lease("b3", pool), 3);
	/* he calls twice at once: still his */
	open_it("b4", "bob@x");
	assert_int_equal(lease("b4", pool), 2);
}

static void who_is_not_known_is_nobodys_like(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);
	str far = tight_many("a", E911_AOR_MAX + 1), none = {"", 0};
	char number[E911_ELIN_MAX];

	(void)state;
	open_it("a", "");
	open_it("b", "");
	assert_int_equal(lease("a", pool), 1);
	end_it("a");
	assert_int_equal(lease("b", pool), 2);
	assert_int_equal(would("", "", pool), 1);
	assert_int_equal(e911_ledger_would_lease(&far, &none, pool, number), 0);
	assert_string_equal(number, "+15125550101");
	free(far.s);
}

static void a_number_others_have_is_not_his_any_more(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);

	(void)state;
	open_it("a", "alice@x");
	open_it("b", "bob@x");
	assert_int_equal(lease("a", pool), 1);
	assert_int_equal(lease("b", pool), 2);
	end_it("a");
	open_it("c", "carol@x");
	assert_int_equal(lease("c", pool), 1);
	end_it("b");
	open_it("a2", "alice@x");
	assert_int_equal(lease("a2", pool), 2);
}

static void a_number_nobody_had_is_before_one_that_is_free_again(void **state)
{
	e911_elins_t *pool = pool_of(3, 1);

	(void)state;
	open_it("a", "a@x");
	assert_int_equal(lease("a", pool), 1);
	end_it("a");
	pass(100);
	open_it("b", "b@x");
	assert_int_equal(lease("b", pool), 2);
	end_it("b");
	pass(100);
	open_it("c", "c@x");
	assert_int_equal(lease("c", pool), 3);
	/* now the one that is free longest, though the first came earlier */
	open_it("d", "d@x");
	assert_int_equal(would("d@x", "", pool), 1);
	assert_int_equal(lease("d", pool), 1);
	open_it("e", "e@x");
	assert_int_equal(lease("e", pool), 2);
	open_it("f", "f@x");
	assert_int_equal(lease("f", pool), E911_ERR_FULL);
	assert_int_equal(would("f@x", "", pool), E911_ERR_FULL);
}

/* beyond the window, too */
static void of_free_ones_the_one_free_longest(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);

	(void)state;
	open_it("a", "a@x");
	assert_int_equal(lease("a", pool), 1);
	end_it("a");
	open_it("b", "b@x");
	pass(10);
	assert_int_equal(lease("b", pool), 2);
	end_it("b");
	pass(5);
	open_it("a2", "a@x");
	assert_int_equal(lease("a2", pool), 1);
	end_it("a2");
	pass(WINDOW * 3);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
	open_it("c", "c@x");
	assert_int_equal(lease("c", pool), 2);
}

static void a_number_is_free_from_the_end_of_its_call(void **state)
{
	e911_elins_t *pool = pool_of(2, 1);

	(void)state;
	open_it("a", "a@x");
	assert_int_equal(lease("a", pool), 1);
	pass(10);
	open_it("b", "b@x");
	assert_int_equal(lease("b", pool), 2);
	end_it("b");
	pass(10);
	end_it("a");
	pass(WINDOW);
	assert_int_equal(would("c@x", "", pool), 2);
}

static void another_pool_gives_another_number(void **state)
{
	e911_elins_t other;

	(void)state;
	open_it("a", "a@x");
	assert_int_equal(lease("a", pool_of(1, 1)), 1);
	other = *pool_of(1, 1);
	strcpy(other.number[0], "+15125550109");
	assert_int_equal(lease("a", &other), 9);
	assert_string_equal(by_number("+15125550101"), "");
	assert_string_equal(by_number("+15125550109"), "a");
	assert_int_equal(e911_ledger_count(), 1);
}

/* ----- the database ----- */

static void store(const e911_entry_t *e)
{
	str id = tight_z(e->callid);

	e911_ledger_stored(&id, e->version);
	free(id.s);
}

static void the_database_is_told_of_each_change_once(void **state)
{
	e911_entry_t e, late;

	(void)state;
	assert_int_equal(e911_ledger_dirty(&e), E911_ERR_NONE);
	open_it("a", "alice@x");
	open_it("b", "bob@x");
	assert_int_equal(e911_ledger_dirty(&e), 0);
	assert_string_equal(e.callid, "a");
	end_it("a");
	/* an older version than there is now */
	store(&e);
	assert_int_equal(e911_ledger_dirty(&late), 0);
	assert_string_equal(late.callid, "b");
	store(&late);
	assert_int_equal(e911_ledger_dirty(&late), 0);
	assert_string_equal(late.callid, "a");
	assert_true(late.ended != 0 && late.version > e.version);
	store(&late);
	assert_int_equal(e911_ledger_dirty(&e), E911_ERR_NONE);
	lease("b", pool_of(1, 1));
	assert_int_equal(e911_ledger_dirty(&e), 0);
	assert_string_equal(e.elin, "+15125550101");
	store(&e);
	/* what is dropped is nobody's business any more */
	open_it("c", "carol@x");
	end_it("c");
	pass(WINDOW);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_dirty(&e), E911_ERR_NONE);
	store(&e);
}

static int restore_it(const char *callid, time_t started, time_t ended)
{
	e911_entry_t e;

	fill(&e, callid, "alice@x");
	e.started = started;
	e.ended = ended;
	strcpy(e.elin, "+15125550101");
	strcpy(e.reference, "0123456789abcdef0123456789abcdef");
	return e911_ledger_restore(&e);
}

static void restore_elin(
		const char *callid, time_t started, time_t ended, const char *elin)
{
	e911_entry_t e;

	fill(&e, callid, "alice@x");
	e.started = started;
	e.ended = ended;
	strcpy(e.elin, elin);
	assert_int_equal(e911_ledger_restore(&e), 0);
}

static void of_several_numbers_the_one_he_had_last(void **state)
{
	e911_elins_t *pool = pool_of(3, 1);

	(void)state;
	restore_elin("a", NOW - 300, NOW - 290, "+15125550101");
	restore_elin("b", NOW - 200, NOW - 190, "+15125550102");
	assert_int_equal(would("alice@x", "", pool), 2);
	restore_elin("c", NOW - 100, NOW - 90, "+15125550101");
	assert_int_equal(would("alice@x", "", pool), 1);
	/* but a call keeps its own */
	restore_elin("d", NOW - 50, 0, "+15125550103");
	restore_elin("e", NOW - 40, 0, "+15125550102");
	assert_int_equal(lease("d", pool), 3);
}

static void a_restart_forgets_no_use_of_a_number(void **state)
{
	(void)state;
	restore_elin("a", NOW - 300, NOW - 100, "+15125550101");
	restore_elin("b", NOW - 300, NOW - 200, "+15125550102");
	pass(WINDOW);
	assert_int_equal(would("bob@x", "", pool_of(2, 1)), 2);
}

static void comes_back_as_it_was(void **state)
{
	str reference = tight_z("0123456789abcdef0123456789abcdef");
	e911_entry_t e;
	int idle;

	(void)state;
	assert_int_equal(restore_it("a", NOW - 5000, NOW - 1000), 0);
	assert_int_equal(e911_ledger_dirty(&e), E911_ERR_NONE);
	assert_int_equal(e911_ledger_by_reference(&reference, &e), 0);
	free(reference.s);
	assert_string_equal(e.callid, "a");
	assert_true(e.started == NOW - 5000 && e.ended == NOW - 1000);
	assert_true(e911_ledger_is_idle());
	assert_int_equal(e911_ledger_users("5125550101", &idle), 0);
	assert_int_equal(idle, 1000);
	open_it("new", "alice@x");
	assert_int_equal(lease("new", pool_of(2, 1)), 1);
	pass(WINDOW - 1001);
	assert_true(has("a"));
	pass(1);
	assert_false(has("a"));
}

static void a_call_that_was_up_is_up(void **state)
{
	(void)state;
	assert_int_equal(restore_it("a", NOW - 5000, 0), 0);
	assert_false(e911_ledger_is_idle());
	assert_int_equal(restore_it("old", NOW - CALL_MAX - WINDOW + 1, 0), 0);
	assert_int_equal(
			restore_it("past", NOW - CALL_MAX - WINDOW, 0), E911_ERR_VALUE);
	assert_int_equal(
			restore_it("gone", NOW - 5000, NOW - WINDOW), E911_ERR_VALUE);
	assert_int_equal(restore_it("ages", 0, -5 - INT64_C(86400) * 365 * 100),
			E911_ERR_VALUE);
	assert_int_equal(end_it("a"), 1);
	assert_int_equal(end_it("old"), 0);
	e911_ledger_sweep();
	assert_true(e911_ledger_is_idle());
	assert_int_equal(count_up(), 2);
	/* of a time to come: from now on */
	assert_int_equal(restore_it("late", NOW + 5000, NOW + 6000), 0);
	pass(WINDOW);
	assert_false(has("late"));
}

static void a_call_that_is_there_is_not_overwritten(void **state)
{
	(void)state;
	open_it("a", "bob@x");
	assert_int_equal(restore_it("a", NOW - 5000, 0), E911_ERR_TWICE);
	assert_string_equal(get("a")->aor, "bob@x");
	assert_int_equal(e911_ledger_count(), 1);
}

static void of_too_many_the_newest_come_back(void **state)
{
	char id[16];
	int i;

	(void)state;
	for(i = 0; i < SIZE; i++) {
		sprintf(id, "c%d", i);
		assert_int_equal(restore_it(id, NOW - 900, NOW - 100 - i), 0);
	}
	assert_int_equal(restore_it("old", NOW - 900, NOW - 200), E911_ERR_FULL);
	assert_int_equal(restore_it("new", NOW - 900, NOW - 50), 0);
	assert_false(has("c7"));
	assert_true(has("c6"));
	assert_int_equal(restore_it("up", NOW - 900, 0), E911_ERR_FULL);
	assert_int_equal(e911_ledger_count(), SIZE);
}

static void what_a_dead_process_left_is_not_walked(void **state)
{
	e911_entry_t e;

	(void)state;
	open_it("a", "alice@x");
	e911_ledger_alone();
	assert_int_equal(e911_ledger_dirty(&e), 0);
	lock();
	e911_ledger_alone();
	assert_true(has("a"));
	/* in the midst of a ring */
	e911_ledger_table->altering = 1;
	e911_ledger_table->ups.next->next = NULL;
	{
		void *lost = e911_ledger_on(e911_ledger_table->ups.next, E911_BY_AGE);

		e911_ledger_alone();
		shm_free(lost);
	}
	assert_false(has("a"));
	assert_int_equal(e911_ledger_dirty(&e), E911_ERR_NONE);
	assert_int_equal(e911_ledger_count(), 0);
}

/* ----- several at once ----- */

#define WORKERS 4
#define ROUNDS 400

static e911_elins_t shared;

static void *race(void *arg)
{
	const char *who = arg;
	char id[32], number[E911_ELIN_MAX], same[E911_ELIN_MAX];
	str callid = {id, 0};
	e911_entry_t e;
	int i;

	for(i = 0; i < ROUNDS; i++) {
		callid.len = sprintf(id, "%s%d", who, i % 3);
		fill(&e, id, who);
		if(e911_ledger_open(&e))
			abort();
		if(e911_ledger_lease(&callid, &shared, number))
			abort();
		e911_ledger_by_call(&callid, &e);
		if(e911_ledger_lease(&callid, &shared, same)
				|| strcmp(number, same) != 0 || strcmp(e.elin, same) != 0)
			abort();
		e911_ledger_sweep();
		if(e911_ledger_dirty(&e) == 0) {
			callid.len = (int)strlen(strcpy(id, e.callid));
			e911_ledger_stored(&callid, e.version);
		}
		callid.len = sprintf(id, "%s%d", who, i % 3);
		e911_ledger_end(&callid, NULL, NULL, NULL);
	}
	return NULL;
}

/* there are as many numbers as callers: nobody goes without, no two have one */
static void callers_race_and_nobody_goes_without(void **state)
{
	static char names[WORKERS][4] = {"a", "b", "c", "d"};
	pthread_t thread[WORKERS];
	int i;

	(void)state;
	e911_ledger_destroy();
	assert_int_equal(e911_ledger_init(3 * WORKERS, NULL), 0);
	shared = *pool_of(WORKERS, 1);
	for(i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race, names[i]), 0);
	for(i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	assert_true(e911_ledger_is_idle());
	assert_int_equal(count_up(), 3 * WORKERS);
}

static void those_that_are_up_come_first_then_the_newest(void **state)
{
	(void)state;
	assert_string_equal(listed(0), "");
	open_it("a@x", "alice@x");
	pass(1);
	open_it("b@x", "bob@x");
	pass(1);
	open_it("c@x", "carol@x");
	pass(1);
	end_it("c@x");
	pass(1);
	end_it("a@x");
	assert_string_equal(listed(0), "b@x");
	assert_string_equal(listed(1), "a@x");
	assert_string_equal(listed(2), "c@x");
	assert_string_equal(listed(3), "");
}

static int open_unproven(const char *callid)
{
	e911_entry_t e;

	fill(&e, callid, "mallory@x");
	e.proven = 0;
	return e911_ledger_open(&e);
}

static void calls_of_nobody_push_out_no_proven_ones(void **state)
{
	char id[16];
	int i;

	(void)state;
	open_it("a@x", "alice@x");
	end_it("a@x");
	for(i = 0; i < 100; i++) {
		pass(1);
		sprintf(id, "m%d@x", i);
		assert_int_equal(open_unproven(id), 0);
		end_it(id);
	}
	assert_true(has("a@x"));
	assert_true(has("m99@x"));
	assert_false(has("m0@x"));
	assert_string_equal(listed(0), "m99@x");
	assert_string_equal(listed(e911_ledger_count() - 1), "a@x");
	/* and they are gone after their window */
	pass(1801);
	e911_ledger_sweep();
	assert_int_equal(e911_ledger_count(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(gives_back_what_it_was_given),
			TEST(a_call_has_a_reference_of_its_own),
			TEST(those_that_are_up_come_first_then_the_newest),
			TEST(calls_of_nobody_push_out_no_proven_ones),
			TEST(the_same_call_again_keeps_what_it_has),
			TEST(with_anothers_call_id_nothing_of_his_is_had),
			TEST(a_call_id_past_its_window_is_another_call),
			TEST(a_long_call_id_is_kept_by_its_hash),
			TEST(only_the_callers_tag_ends_a_call),
			TEST(of_a_long_tag_the_beginning_counts),
			TEST(an_ended_call_is_kept_for_the_window),
			TEST(the_window_may_change_meanwhile),
			TEST(a_clock_that_jumps_drops_nothing),
			TEST(a_call_whose_end_was_not_seen_ends),
			TEST(the_one_that_ended_longest_ago_gives_way),
			cmocka_unit_test(every_allocation_may_fail),
			TEST(sweeps_more_than_one_step),
			TEST(tells_of_calls_whose_end_was_not_seen),
			TEST(gives_the_call_that_has_ended),
			TEST(a_number_is_found_however_it_is_written),
			TEST(the_newest_call_of_a_number_counts),
			TEST(who_claims_a_number_comes_after_who_has_it),
			TEST(who_is_not_proven_has_no_number_of_anothers),
			TEST(leases_to_no_call_that_is_not_there),
			TEST(a_number_is_one_calls_at_a_time),
			TEST(a_number_may_be_that_of_two),
			TEST(the_same_caller_has_his_number_again),
			TEST(who_is_not_known_is_nobodys_like),
			TEST(a_number_others_have_is_not_his_any_more),
			TEST(a_number_nobody_had_is_before_one_that_is_free_again),
			TEST(of_free_ones_the_one_free_longest),
			TEST(a_number_is_free_from_the_end_of_its_call),
			TEST(another_pool_gives_another_number),
			TEST(of_several_numbers_the_one_he_had_last),
			TEST(a_restart_forgets_no_use_of_a_number),
			TEST(the_database_is_told_of_each_change_once),
			TEST(comes_back_as_it_was),
			TEST(a_call_that_was_up_is_up),
			TEST(a_call_that_is_there_is_not_overwritten),
			TEST(of_too_many_the_newest_come_back),
			TEST(what_a_dead_process_left_is_not_walked),
			TEST(callers_race_and_nobody_goes_without),
	};

	assert_int_equal(e911_hash_init(), 0);
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
