/*
 * The real cache, records and sites; a registrar, a gate and a clock of our own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: cache hash device location field network row strbuf err site steps aor record
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/census.c"
#include "../../modules/e911/hash.h"

/* ----- stand-ins ----- */

static e911_settings_t set;
static int loaded;

const e911_settings_t *e911_settings(void)
{
	return &set;
}

static int is_loaded(void)
{
	return loaded;
}

const e911_site_t *e911_provision_site(const str *aor, uint32_t site)
{
	const e911_site_t *found = site ? e911_sites_with(set.sites, site) : NULL;

	return found ? found : e911_sites_find(set.sites, aor, NULL);
}

const char *e911_gate_word(const e911_location_t *l, const e911_finding_t *f,
		const e911_site_t *site)
{
	return f->found == E911_FOUND_NONE ? "location-missing"
		   : f->state.moved			   ? "location-moved"
									   : "";
}

/* so many contacts a@hq.test, an@hq.test …, some in each slot */
static int registered, slots = 1, per_slot;
static const char *host = "@hq.test";

unsigned int e911_registration_slots(void)
{
	return (unsigned int)slots;
}

int e911_registration_next(uint64_t *at, e911_registered_t *out, int n)
{
	int slot = (int)(*at >> 32), first = (int)(uint32_t)*at, i = 0;
	int last = slot == slots - 1 ? registered - slot * per_slot : per_slot;

	for(; i < n && first + i < last; i++) {
		memset(&out[i], 0, sizeof(out[i]));
		out[i].aor.s = out[i].aor_mem;
		out[i].aor.len = sprintf(
				out[i].aor_mem, "a%d%s", slot * per_slot + first + i, host);
		out[i].contact.device.n = 1;
		out[i].contact.device.name[0].s = out[i].contact.mem[0];
		out[i].contact.device.name[0].len =
				sprintf(out[i].contact.mem[0], "urn:uuid:x");
	}
	if(first + i < last)
		*at += (uint64_t)i;
	else
		*at = slot + 1 < slots ? (uint64_t)(slot + 1) << 32 : 0;
	return i;
}

/* ----- the test's own ----- */

static void add_site(const char *row)
{
	str s = tight_z(row), bad;

	assert_int_equal(e911_sites_add(set.sites, &s, &bad), 0);
	free(s.s);
}

static int begin_with(int by_user)
{
	registered = 0;
	slots = 1;
	per_slot = 1 << 30;
	host = "@hq.test";
	loaded = 1;
	phase = PHASE_RECORDS;
	slot = 0;
	cursor = 0;
	if(e911_hash_init() || e911_sites_new(&set.sites)
			|| e911_cache_init(100000, by_user) || e911_census_init(is_loaded))
		return -1;
	add_site("name=hq;gate=require");
	add_site("name=lab;domain=lab.test;gate=warn");
	return 0;
}

static int up(void **state)
{
	(void)state;
	return begin_with(0);
}

static int up_by_user(void **state)
{
	(void)state;
	return begin_with(1);
}

static int down(void **state)
{
	(void)state;
	e911_census_destroy();
	e911_cache_destroy();
	e911_sites_free(set.sites);
	return ksr_blocks() != 0;
}

static void put(const char *aor, const char *contact, int verdict, int moved)
{
	e911_site_t *hq = (e911_site_t *)e911_sites_nth(set.sites, 0);
	str a = {(char *)aor, (int)strlen(aor)};
	str c = {(char *)contact, (int)strlen(contact)};
	uint64_t version;
	e911_location_t l;
	e911_record_t r;

	assert_int_equal(e911_record_init(&r, &a, &c), 0);
	e911_location_init(&l, E911_FROM_RPC, time(NULL));
	e911_location_set(&l, E911_F_COUNTRY, "US", 2);
	l.verdict = (unsigned char)verdict;
	e911_record_state(&r, &hq->vicinity, &l, time(NULL));
	r.state.moved = (unsigned char)moved;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

static e911_census_t row_at(int n)
{
	e911_census_t row;

	assert_int_equal(e911_census_nth(n, &row), 0);
	return row;
}

/* one whole turn; how many steps it took */
static int turn(void)
{
	int n = 0;

	do {
		e911_census_step();
		n++;
	} while(phase != PHASE_RECORDS || slot);
	return n;
}

static void is_all_zero_before_a_turn(void **state)
{
	e911_census_t row = row_at(1);

	(void)state;
	registered = 3;
	assert_int_equal(row.site, e911_sites_nth(set.sites, 1)->id);
	assert_int_equal(row.counted, 0);
	assert_int_equal(e911_census_nth(2, &row), E911_ERR_NONE);
	assert_int_equal(e911_census_nth(-1, &row), E911_ERR_NONE);
	e911_census_step(); /* the records alone: nothing is shown yet */
	assert_int_equal(row_at(0).counted, 0);
	e911_census_step();
	assert_true(row_at(0).counted != 0);
	assert_int_equal(row_at(0).contacts, 3);
}

static void counts_contacts_and_locations(void **state)
{
	e911_census_t row;

	(void)state;
	registered = 4;
	put("a0@hq.test", "urn:uuid:x", E911_VALID, 0);
	put("a1@hq.test", "", E911_UNCHECKED, 0);
	put("a2@hq.test", "urn:uuid:x", E911_VALID, 1);
	put("b@lab.test", "urn:uuid:y", E911_INVALID, 0);
	turn();
	row = row_at(0);
	assert_int_equal(row.contacts, 4);
	assert_int_equal(row.located, 3);
	assert_int_equal(row.gated, 2);
	assert_int_equal(row.locations[E911_VALID][E911_FRESH], 1);
	assert_int_equal(row.locations[E911_VALID][E911_SUSPECT], 1);
	assert_int_equal(row.locations[E911_UNCHECKED][E911_FRESH], 1);
	row = row_at(1);
	assert_int_equal(row.contacts, 0);
	assert_int_equal(row.locations[E911_INVALID][E911_FRESH], 1);
	/* and the next turn does not count them twice */
	turn();
	assert_int_equal(row_at(0).contacts, 4);
	assert_int_equal(row_at(1).locations[E911_INVALID][E911_FRESH], 1);
}

static void a_gate_that_only_warns_closes_nothing(void **state)
{
	(void)state;
	registered = 2;
	host = "@lab.test";
	turn();
	assert_int_equal(row_at(1).contacts, 2);
	assert_int_equal(row_at(1).gated, 0);
}

static void the_gate_is_open_while_locations_are_read(void **state)
{
	(void)state;
	registered = 2;
	loaded = 0;
	turn();
	assert_int_equal(row_at(0).contacts, 2);
	assert_int_equal(row_at(0).gated, 0);
}

static void what_is_unusable_is_no_location(void **state)
{
	(void)state;
	registered = 1;
	put("a0@hq.test", "urn:uuid:x", E911_UNUSABLE, 0);
	turn();
	assert_int_equal(row_at(0).located, 0);
	assert_int_equal(row_at(0).locations[E911_UNUSABLE][E911_FRESH], 1);
}

static void a_user_has_the_site_of_his_record(void **state)
{
	(void)state;
	registered = 2;
	host = "";
	put("a0@lab.test", "urn:uuid:x", E911_VALID, 0);
	turn();
	assert_int_equal(row_at(0).contacts, 1);
	assert_int_equal(row_at(1).contacts, 1);
	assert_int_equal(row_at(1).located, 1);
}

/* of two users of one name, whichever stands first in the chain */
static void a_user_has_the_site_of_his_device(void **state)
{
	(void)state;
	registered = 2;
	host = "";
	put("a0@lab.test", "urn:uuid:x", E911_VALID, 0);
	put("a0@hq.test", "urn:uuid:y", E911_VALID, 0);
	put("a1@hq.test", "urn:uuid:y", E911_VALID, 0);
	put("a1@lab.test", "urn:uuid:x", E911_VALID, 0);
	turn();
	assert_int_equal(row_at(0).contacts, 0);
	assert_int_equal(row_at(1).contacts, 2);
	assert_int_equal(row_at(1).located, 2);
}

static void many_are_counted_in_slices(void **state)
{
	(void)state;
	slots = 100;
	per_slot = 1000;
	registered = 100000;
	assert_in_range(turn(), 100000 / CONTACTS_STEP, 100000 / CONTACTS_STEP + 2);
	assert_int_equal(row_at(0).contacts, 100000);
	assert_int_equal(row_at(0).gated, 100000);
}

static int begin_once(void *arg)
{
	int err = e911_census_init(arg);

	if(!err)
		e911_census_destroy();
	return err;
}

static void memory_may_be_short(void **state)
{
	(void)state;
	ksr_sweep(begin_once, is_loaded, E911_ERR_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					is_all_zero_before_a_turn, up, down),
			cmocka_unit_test_setup_teardown(
					counts_contacts_and_locations, up, down),
			cmocka_unit_test_setup_teardown(
					a_gate_that_only_warns_closes_nothing, up, down),
			cmocka_unit_test_setup_teardown(
					the_gate_is_open_while_locations_are_read, up, down),
			cmocka_unit_test_setup_teardown(
					what_is_unusable_is_no_location, up, down),
			cmocka_unit_test_setup_teardown(
					a_user_has_the_site_of_his_record, up_by_user, down),
			cmocka_unit_test_setup_teardown(
					a_user_has_the_site_of_his_device, up_by_user, down),
			cmocka_unit_test_setup_teardown(
					many_are_counted_in_slices, up, down),
			cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
