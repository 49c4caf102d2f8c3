/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err hash location field
 */
#include <assert.h>
#include <pthread.h>
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

/* ----- many at once ----- */

#define WORKERS 8
#define STEPS 20000
#define CROWD_AORS 4
#define CROWD_CONTACTS 3 /* the first is "": any device */

typedef struct worker
{
	pthread_t thread;
	unsigned int seed;
	long copies; /* seen */
	long torn;
} worker_t;

static unsigned int sum(const char *s, size_t len, unsigned int n)
{
	while(len--)
		n = n * 31 + (unsigned char)*s++;
	return n;
}

/* A value that says whose it is, of a length of its own. */
static void crowd_value(
		e911_location_t *l, const char *aor, const char *contact, int step)
{
	char text[256], check[16];
	int n = sprintf(
			text, "%s/%s/%d/%0*d", aor, contact, step, 1 + step * 7 % 90, step);

	e911_location_init(l, E911_FROM_RPC, step);
	assert(e911_location_set(l, E911_F_RD, text, n) == 0);
	sprintf(check, "%08x", sum(text, n, (unsigned int)step));
	e911_location_set(l, E911_F_HNO, check, 8);
}

/* 1: the copy is whole, and of this key */
static int is_whole(
		const e911_location_t *l, const str *aor, const str *contact)
{
	char key[64], check[16];
	int n = sprintf(key, "%.*s/%.*s/%d/", aor->len, aor->s, contact->len,
			contact->s, (int)l->stated);
	str text, hno;

	if(e911_location_get(l, E911_F_RD, &text)
			|| e911_location_get(l, E911_F_HNO, &hno))
		return 0;
	sprintf(check, "%08x", sum(text.s, text.len, (unsigned int)l->stated));
	return text.len > n && memcmp(text.s, key, n) == 0 && hno.len == 8
		   && memcmp(hno.s, check, 8) == 0;
}

static void look_at(worker_t *w, const e911_location_t *l, const str *aor,
		const str *contact)
{
	w->copies++;
	w->torn += !is_whole(l, aor, contact);
}

static void crowd_walk(worker_t *w)
{
	e911_record_t record;
	uint64_t cursor = 0;

	while(e911_cache_next(&cursor, &record))
		look_at(w, &record.location, &record.aor, &record.contact);
}

static void crowd_find(worker_t *w, const str *aor, const str *contact)
{
	e911_device_t device = {1, {*contact}};
	char mem[E911_CONTACT_MAX];
	e911_location_t l;
	str found;

	if(e911_cache_find(aor, &device, &l, mem, &found))
		look_at(w, &l, aor, &found);
}

static void crowd_step(worker_t *w, int step)
{
	int what = rand_r(&w->seed) % 64, c = rand_r(&w->seed) % CROWD_CONTACTS;
	char aor_text[8], contact_text[8] = "";
	e911_location_t l;
	str aor, contact;

	sprintf(aor_text, "a%d@x", rand_r(&w->seed) % CROWD_AORS);
	if(c)
		sprintf(contact_text, "c%d", c);
	aor = s_of(aor_text);
	contact = s_of(contact_text);
	if(what < 24) {
		crowd_value(&l, aor_text, contact_text, step);
		e911_cache_put(&aor, &contact, &l);
	} else if(what < 28) {
		e911_cache_del(&aor, what == 24 ? NULL : &contact);
	} else if(what < 44) {
		crowd_find(w, &aor, &contact);
	} else if(what < 63) {
		if(e911_cache_get(&aor, &contact, &l) == 0)
			look_at(w, &l, &aor, &contact);
	} else {
		crowd_walk(w);
	}
}

static void *work(void *arg)
{
	int step;

	for(step = 0; step < STEPS; step++)
		crowd_step(arg, step);
	return NULL;
}

static void many_change_and_find_the_same_at_once(void **state)
{
	worker_t w[WORKERS];
	worker_t all = {0};
	unsigned int i;

	(void)state;
	memset(w, 0, sizeof(w));
	for(i = 0; i < WORKERS; i++) {
		w[i].seed = i + 1;
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	for(i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		all.copies += w[i].copies;
		all.torn += w[i].torn;
	}
	assert_true(all.copies > WORKERS * STEPS / 4);
	assert_int_equal(all.torn, 0);
	/* what is counted is what is there */
	all.copies = 0;
	crowd_walk(&all);
	assert_int_equal(all.torn, 0);
	assert_int_equal(all.copies, e911_cache_count());
	assert_in_range(all.copies, 0, CROWD_AORS * CROWD_CONTACTS);
}

/* a table at its bound neither grows past it nor counts wrong */
static void *fill(void *arg)
{
	worker_t *w = arg;
	e911_location_t l;
	char text[32];
	str aor, none = s_of("");
	int i;

	for(i = 0; i < 4000; i++) {
		sprintf(text, "%d@x", rand_r(&w->seed) % 50);
		aor = s_of(text);
		if(rand_r(&w->seed) % 3 == 0) {
			e911_cache_del(&aor, NULL);
		} else {
			crowd_value(&l, text, "", i);
			e911_cache_put(&aor, &none, &l);
		}
		/* one a worker may be counted while it is being refused */
		w->torn += e911_cache_count() > 20 + WORKERS;
	}
	return NULL;
}

static void many_at_the_bound_count_right(void **state)
{
	worker_t w[WORKERS], all = {0};
	unsigned int i;

	(void)state;
	assert_int_equal(e911_hash_init(), 0);
	assert_int_equal(e911_cache_init(20), 0);
	memset(w, 0, sizeof(w));
	for(i = 0; i < WORKERS; i++) {
		w[i].seed = i + 1;
		assert_int_equal(pthread_create(&w[i].thread, NULL, fill, &w[i]), 0);
	}
	for(i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		all.torn += w[i].torn;
	}
	assert_int_equal(all.torn, 0);
	crowd_walk(&all);
	assert_int_equal(all.torn, 0);
	assert_int_equal(all.copies, e911_cache_count());
	assert_in_range(all.copies, 1, 20);
	e911_cache_destroy();
	assert_int_equal(ksr_blocks(), 0);
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
			cmocka_unit_test_setup_teardown(
					many_change_and_find_the_same_at_once, up, down),
			cmocka_unit_test(many_at_the_bound_count_right),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test_setup_teardown(failed_put_keeps_the_old, up, down),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
