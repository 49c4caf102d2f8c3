/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err hash location field
 */
#include <stdlib.h>
#include <stdio.h>
#include "../../modules/e911/cache.c"
#include "ksr_stub.h"

static str s_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

static e911_location_t at_number(const char *hno)
{
	e911_location_t l;

	e911_location_init(&l, E911_FROM_RPC, 1000);
	assert_int_equal(e911_location_set(&l, E911_F_HNO, hno, strlen(hno)), 0);
	return l;
}

static int put(const char *aor, const char *contact, const char *hno)
{
	e911_location_t l = at_number(hno);
	str a = s_of(aor), c = s_of(contact);

	return e911_cache_put(&a, &c, &l);
}

static const char *number_of(const e911_location_t *l)
{
	static char text[64];
	str v = {"", 0};

	e911_location_get(l, E911_F_HNO, &v);
	snprintf(text, sizeof(text), "%.*s", v.len, v.s);
	return text;
}

static int find(
		const char *aor, const char *name1, const char *name2, const char **hno)
{
	e911_device_t device = {0};
	char mem[E911_CONTACT_MAX];
	e911_location_t l;
	str a = s_of(aor), contact;
	int found;

	if(name1)
		device.name[device.n++] = s_of(name1);
	if(name2)
		device.name[device.n++] = s_of(name2);
	found = e911_cache_find(&a, &device, &l, mem, &contact);
	*hno = found ? number_of(&l) : "";
	return found;
}

static int up(void **state)
{
	(void)state;
	return e911_hash_init() || e911_cache_init(1000);
}

static int down(void **state)
{
	(void)state;
	e911_cache_destroy();
	return ksr_blocks() != 0;
}

static void gives_back_what_was_put(void **state)
{
	str aor = s_of("a@x"), phone = s_of("phone");
	e911_location_t l;

	(void)state;
	assert_int_equal(put("a@x", "phone", "12"), 0);
	assert_int_equal(e911_cache_get(&aor, &phone, &l), 0);
	assert_string_equal(number_of(&l), "12");
	assert_int_equal(l.stated, 1000);
	assert_int_equal(put("a@x", "phone", "13"), 0);
	assert_int_equal(e911_cache_get(&aor, &phone, &l), 0);
	assert_string_equal(number_of(&l), "13");
	assert_int_equal(e911_cache_count(), 1);
	phone = s_of("phon");
	assert_int_equal(e911_cache_get(&aor, &phone, &l), E911_ERR_NONE);
}

static void two_devices_have_two_places(void **state)
{
	const char *hno;

	(void)state;
	put("a@x", "home", "1");
	put("a@x", "office", "2");
	assert_int_equal(find("a@x", "office", NULL, &hno), E911_FOUND_DEVICE);
	assert_string_equal(hno, "2");
	assert_int_equal(find("a@x", "home", "office", &hno), E911_FOUND_DEVICE);
	assert_string_equal(hno, "1");
	/* an unknown device is at neither */
	assert_int_equal(find("a@x", "car", NULL, &hno), E911_FOUND_NONE);
	assert_int_equal(find("a@x", NULL, NULL, &hno), E911_FOUND_NONE);
}

static void order_is_device_aor_only(void **state)
{
	const char *hno;

	(void)state;
	put("a@x", "home", "1");
	assert_int_equal(find("a@x", "car", NULL, &hno), E911_FOUND_ONLY);
	assert_string_equal(hno, "1");
	put("a@x", "", "9");
	assert_int_equal(find("a@x", "car", NULL, &hno), E911_FOUND_AOR);
	assert_string_equal(hno, "9");
	assert_int_equal(find("a@x", "home", NULL, &hno), E911_FOUND_DEVICE);
	assert_string_equal(hno, "1");
	assert_int_equal(find("b@x", "home", NULL, &hno), E911_FOUND_NONE);
}

static void deletes_one_or_all(void **state)
{
	str aor = s_of("a@x"), home = s_of("home");
	const char *hno;

	(void)state;
	put("a@x", "home", "1");
	put("a@x", "office", "2");
	put("a@x", "", "3");
	put("b@x", "home", "4");
	assert_int_equal(e911_cache_del(&aor, &home), 1);
	assert_int_equal(e911_cache_del(&aor, &home), 0);
	assert_int_equal(e911_cache_del(&aor, NULL), 2);
	assert_int_equal(e911_cache_count(), 1);
	assert_int_equal(find("b@x", NULL, NULL, &hno), E911_FOUND_ONLY);
}

static void full_table_refuses_and_keeps(void **state)
{
	char aor[32];
	int i;

	(void)state;
	for(i = 0; i < 1000; i++) {
		snprintf(aor, sizeof(aor), "u%d@x", i);
		assert_int_equal(put(aor, "", "1"), 0);
	}
	assert_int_equal(put("one@more", "", "1"), E911_ERR_FULL);
	assert_int_equal(e911_cache_count(), 1000);
	/* replacing needs no room */
	assert_int_equal(put("u7@x", "", "2"), 0);
}

static void names_too_long_are_refused(void **state)
{
	char aor[E911_AOR_MAX + 2];

	(void)state;
	memset(aor, 'a', sizeof(aor));
	aor[E911_AOR_MAX + 1] = '\0';
	assert_int_equal(put(aor, "", "1"), E911_ERR_LONG);
	assert_int_equal(put("a@x", aor, "1"), E911_ERR_LONG);
}

static void walk_sees_each_once(void **state)
{
	char aor[32], seen[500] = {0};
	e911_record_t record;
	uint64_t cursor = 0;
	int i, n = 0;

	(void)state;
	for(i = 0; i < 500; i++) {
		snprintf(aor, sizeof(aor), "%d@x", i);
		put(aor, "", "1");
	}
	while(e911_cache_next(&cursor, &record)) {
		i = atoi(record.aor.s);
		assert_in_range(i, 0, 499);
		assert_false(seen[i]);
		seen[i] = 1;
		n++;
	}
	assert_int_equal(n, 500);
	cursor = UINT64_MAX;
	assert_int_equal(e911_cache_next(&cursor, &record), 0);
}

/* ----- against a plain model ----- */

#define MODEL_AORS 8
#define MODEL_CONTACTS 4

static void random_changes_agree_with_a_model(void **state)
{
	int model[MODEL_AORS][MODEL_CONTACTS] = {{0}};
	char aor[8], contact[8], hno[8];
	e911_location_t l;
	int step, a, c, n = 0, err;
	str as, cs;

	(void)state;
	srandom(1);
	for(step = 0; step < 20000; step++) {
		a = (int)(random() % MODEL_AORS);
		c = (int)(random() % MODEL_CONTACTS);
		snprintf(aor, sizeof(aor), "a%d@x", a);
		snprintf(contact, sizeof(contact), "c%d", c);
		as = s_of(aor);
		cs = s_of(contact);
		if(random() % 2) {
			snprintf(hno, sizeof(hno), "%d", step % 1000 + 1);
			n += model[a][c] == 0;
			model[a][c] = step % 1000 + 1;
			assert_int_equal(put(aor, contact, hno), 0);
		} else {
			err = e911_cache_del(&as, &cs);
			assert_int_equal(err, model[a][c] != 0);
			n -= err;
			model[a][c] = 0;
		}
		err = e911_cache_get(&as, &cs, &l);
		assert_int_equal(err, model[a][c] ? 0 : E911_ERR_NONE);
		if(!err)
			assert_int_equal(atoi(number_of(&l)), model[a][c]);
		assert_int_equal(e911_cache_count(), n);
	}
}

/* ----- memory that fails ----- */

static int init_and_put(void *arg)
{
	int err = e911_cache_init(100);

	(void)arg;
	if(err)
		return err;
	err = put("a@x", "phone", "12");
	e911_cache_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(init_and_put, NULL, E911_ERR_MEM);
}

static void failed_put_keeps_the_old(void **state)
{
	str aor = s_of("a@x"), none = s_of("");
	e911_location_t l;

	(void)state;
	put("a@x", "", "1");
	ksr_allow(0);
	assert_int_equal(put("a@x", "", "2"), E911_ERR_MEM);
	ksr_allow(-1);
	assert_int_equal(e911_cache_get(&aor, &none, &l), 0);
	assert_string_equal(number_of(&l), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(gives_back_what_was_put, up, down),
			cmocka_unit_test_setup_teardown(
					two_devices_have_two_places, up, down),
			cmocka_unit_test_setup_teardown(order_is_device_aor_only, up, down),
			cmocka_unit_test_setup_teardown(deletes_one_or_all, up, down),
			cmocka_unit_test_setup_teardown(
					full_table_refuses_and_keeps, up, down),
			cmocka_unit_test_setup_teardown(
					names_too_long_are_refused, up, down),
			cmocka_unit_test_setup_teardown(walk_sees_each_once, up, down),
			cmocka_unit_test_setup_teardown(
					random_changes_agree_with_a_model, up, down),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test_setup_teardown(failed_put_keeps_the_old, up, down),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
