/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err hash device record location field network row strbuf
 */
#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include "../../modules/e911/cache.c"
#include "ksr_stub.h"
#include "tight.h"

static void assert_same_state(const e911_state_t *a, const e911_state_t *b)
{
	assert_true(a->version == b->version);
	assert_true(a->mark == b->mark);
	assert_true(a->site == b->site);
	assert_true(a->expires == b->expires);
	assert_true(a->retained == b->retained);
	assert_true(a->gone == b->gone);
	assert_true(a->until == b->until);
	assert_true(a->challenged == b->challenged);
	assert_true(a->challenger == b->challenger);
	assert_true(e911_network_equal(&a->seen, &b->seen));
	assert_true(e911_network_equal(&a->home, &b->home));
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->connection, b->connection);
	assert_int_equal(a->place, b->place);
	assert_int_equal(a->moved, b->moved);
	assert_int_equal(a->bound, b->bound);
	assert_int_equal(a->dirty, b->dirty);
	assert_int_equal(a->restored, b->restored);
	assert_int_equal(a->sought, b->sought);
}

static str s_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

static e911_network_t network_of(const char *z)
{
	e911_network_t n = {0};
	str s = s_of(z);

	if(s.len)
		assert_int_equal(e911_network_read(&n, &s), 0);
	return n;
}

/* ----- records ----- */

static void make(e911_record_t *r, const char *aor, const char *contact)
{
	str a = s_of(aor), c = s_of(contact);

	memset(r, 0x5a, sizeof(*r));
	assert_int_equal(e911_record_init(r, &a, &c), 0);
}

static void add_place(e911_record_t *r, const char *network, const char *hno)
{
	e911_place_t *p = &r->place[r->places++];

	p->network = network_of(network);
	p->confirmed = 5000 + r->places;
	e911_location_init(&p->location, E911_FROM_RPC, 1000);
	assert_int_equal(
			e911_location_set(&p->location, E911_F_HNO, hno, strlen(hno)), 0);
}

static uint64_t version_of(const char *aor, const char *contact)
{
	str a = s_of(aor), c = s_of(contact);
	e911_record_t r;

	return e911_cache_get(&a, &c, &r) ? 0 : r.state.version;
}

/* in place of what is there */
static int put(const char *aor, const char *contact, const char *hno)
{
	e911_record_t r;
	uint64_t version;

	make(&r, aor, contact);
	add_place(&r, "", hno);
	r.state.version = version_of(aor, contact);
	return e911_cache_put(&r, &version);
}

static int get(const char *aor, const char *contact, e911_record_t *r)
{
	str a = tight_z(aor), c = tight_z(contact);
	int err;

	memset(r, 0x5a, sizeof(*r));
	err = e911_cache_get(&a, &c, r);
	free(a.s);
	free(c.s);
	return err;
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
	static const e911_where_from_t anywhere;
	e911_device_t device = {0};
	e911_finding_t f;
	e911_location_t l;
	str a = s_of(aor);

	if(name1)
		device.name[device.n++] = s_of(name1);
	if(name2)
		device.name[device.n++] = s_of(name2);
	memset(&f, 0x5a, sizeof(f));
	e911_cache_find(&a, &device, &anywhere, &l, &f);
	*hno = f.found ? number_of(&l) : "";
	assert_int_equal(f.near, E911_NOWHERE_NEAR);
	if(!f.found)
		assert_int_equal(f.contact.len, 0);
	return f.found;
}

/* drops all, or the one of this contact */
static int drop_it(e911_view_t *view, void *arg)
{
	const str *contact = arg;

	if(contact
			&& (contact->len != view->contact.len
					|| memcmp(contact->s, view->contact.s, contact->len) != 0))
		return E911_VISIT_KEEP;
	return E911_VISIT_DROP;
}

static int drop(const char *aor, const char *contact)
{
	str a = s_of(aor), c = s_of(contact ? contact : "");

	return e911_cache_visit(&a, drop_it, contact ? &c : NULL);
}

static int up(void **state)
{
	(void)state;
	return e911_hash_init() || e911_cache_init(1000, 0);
}

static int up_by_user(void **state)
{
	(void)state;
	return e911_hash_init() || e911_cache_init(1000, 1);
}

static int down(void **state)
{
	(void)state;
	e911_cache_destroy();
	return ksr_blocks() != 0;
}

/* ----- one at a time ----- */

static void gives_back_what_was_put(void **state)
{
	e911_record_t r;

	(void)state;
	assert_int_equal(put("a@x", "phone", "12"), 0);
	assert_int_equal(get("a@x", "phone", &r), 0);
	assert_true(is_z(&r.aor, "a@x"));
	assert_true(is_z(&r.contact, "phone"));
	assert_int_equal(r.places, 1);
	assert_string_equal(number_of(&r.place[0].location), "12");
	assert_int_equal(r.place[0].location.stated, 1000);
	assert_int_equal(put("a@x", "phone", "13"), 0);
	assert_int_equal(get("a@x", "phone", &r), 0);
	assert_string_equal(number_of(&r.place[0].location), "13");
	assert_int_equal(e911_cache_count(), 1);
	assert_int_equal(get("a@x", "phon", &r), E911_ERR_NONE);
	assert_int_equal(get("a@x", "", &r), E911_ERR_NONE);
	assert_int_equal(get("a@", "xphone", &r), E911_ERR_NONE);
}

/* names of every length, so that places stand at every offset from them */
static void gives_back_places_and_state(void **state)
{
	char aor[E911_AOR_MAX + 1];
	e911_record_t in, out;
	uint64_t version;
	int i, k;

	(void)state;
	for(i = 1; i <= E911_AOR_MAX; i++) {
		memset(aor, 'a', i);
		aor[i] = '\0';
		make(&in, aor, i % 3 ? "phone" : "");
		for(k = 0; k <= i % E911_PLACES_MAX; k++)
			add_place(&in, k % 2 ? "192.0.2.1" : "2001:db8::/32",
					k % 3 ? "1" : "1234567");
		in.place[i % in.places].location.until = 99;
		in.state = (e911_state_t){.mark = 0x1122334455667788ULL,
				.site = 0xfffffff1u,
				.expires = 2,
				.retained = 77,
				.gone = 3,
				.until = 4,
				.challenged = 5,
				.challenger = 0xfffffff5u,
				.home = network_of("2001:db8::7"),
				.seen = network_of("192.0.2.7"),
				.place = (unsigned char)(i % in.places),
				.moved = 1,
				.port = 65535,
				.proto = 2,
				.connection = -77,
				.bound = 1,
				.dirty = E911_REFUSED,
				.restored = 1,
				.sought = 1};
		assert_int_equal(e911_cache_put(&in, &version), 0);
		assert_int_equal(get(aor, i % 3 ? "phone" : "", &out), 0);
		in.state.version = version;
		assert_same_state(&in.state, &out.state);
		assert_int_equal(in.places, out.places);
		for(k = 0; k < in.places; k++)
			assert_memory_equal(&in.place[k], &out.place[k],
					offsetof(e911_place_t, location)
							+ E911_LOCATION_SIZE(&in.place[k].location));
	}
	assert_int_equal(e911_cache_count(), E911_AOR_MAX);
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
	const char *hno;

	(void)state;
	put("a@x", "home", "1");
	put("a@x", "office", "2");
	put("a@x", "", "3");
	put("b@x", "home", "4");
	assert_int_equal(drop("a@x", "home"), 1);
	assert_int_equal(drop("a@x", "home"), 0);
	assert_int_equal(drop("a@x", NULL), 2);
	assert_int_equal(drop("a@x", NULL), 0);
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
		assert_false(e911_cache_is_full());
		assert_int_equal(put(aor, "", "1"), 0);
	}
	assert_true(e911_cache_is_full());
	assert_int_equal(put("one@more", "", "1"), E911_ERR_FULL);
	assert_int_equal(e911_cache_count(), 1000);
	/* replacing needs no room */
	assert_int_equal(put("u7@x", "", "2"), 0);
	drop("u8@x", NULL);
	assert_int_equal(put("one@more", "", "1"), 0);
}

static void an_aor_has_so_many_devices(void **state)
{
	char contact[8];
	int i;

	(void)state;
	for(i = 0; i < E911_DEVICES_MAX; i++) {
		sprintf(contact, "c%d", i);
		assert_int_equal(put("a@x", contact, "1"), 0);
	}
	assert_int_equal(put("a@x", "more", "1"), E911_ERR_FULL);
	assert_int_equal(put("a@x", "", "1"), E911_ERR_FULL);
	assert_int_equal(e911_cache_count(), E911_DEVICES_MAX);
	assert_int_equal(put("a@x", "c3", "2"), 0);
	assert_int_equal(put("b@x", "more", "1"), 0);
	drop("a@x", "c3");
	assert_int_equal(put("a@x", "more", "1"), 0);
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

/* a process was ended while it held the lock */
static void who_is_left_alone_goes_on(void **state)
{
	str aor = s_of("a@x");
	const char *hno;

	(void)state;
	put("a@x", "phone", "1");
	lock_slot(slot_of(hash_of(&aor)));
	e911_cache_alone();
	assert_int_equal(find("a@x", "phone", NULL, &hno), E911_FOUND_DEVICE);
	assert_int_equal(put("a@x", "phone", "2"), 0);
}

/* ----- versions ----- */

static int put_as(const char *aor, const char *hno, uint64_t version,
		uint64_t *new_version)
{
	e911_record_t r;

	make(&r, aor, "");
	add_place(&r, "", hno);
	r.state.version = version;
	r.state.dirty = 1;
	return e911_cache_put(&r, new_version);
}

static void a_stale_version_changes_nothing(void **state)
{
	uint64_t one = 0, two = 0, other = 0, none = 77;
	e911_record_t r;

	(void)state;
	assert_int_equal(put_as("a@x", "1", 5, &none), E911_ERR_AGAIN);
	assert_int_equal(e911_cache_count(), 0);
	assert_int_equal(put_as("a@x", "1", 0, &one), 0);
	assert_int_equal(put_as("a@x", "2", 0, &none), E911_ERR_AGAIN);
	assert_int_equal(put_as("b@x", "1", 0, &other), 0);
	assert_true(one > 0 && other > one);
	assert_int_equal(put_as("a@x", "2", one, &two), 0);
	assert_true(two > other);
	assert_int_equal(put_as("a@x", "3", one, &none), E911_ERR_AGAIN);
	assert_int_equal(put_as("a@x", "3", other, &none), E911_ERR_AGAIN);
	assert_int_equal(put_as("a@x", "3", two + 1, &none), E911_ERR_AGAIN);
	assert_int_equal(none, 77);
	assert_int_equal(get("a@x", "", &r), 0);
	assert_true(r.state.version == two);
	assert_string_equal(number_of(&r.place[0].location), "2");
	assert_int_equal(e911_cache_count(), 2);
	/* what was taken away meanwhile does not come back by itself */
	drop("a@x", NULL);
	assert_int_equal(put_as("a@x", "3", two, &none), E911_ERR_AGAIN);
	assert_int_equal(put_as("a@x", "3", 0, &one), 0);
	assert_true(one > two);
}

static int touch(e911_view_t *view, void *arg)
{
	view->state->dirty = 1;
	return *(int *)arg;
}

static int is_dirty(const char *aor)
{
	e911_record_t r;

	assert_int_equal(get(aor, "", &r), 0);
	return r.state.dirty;
}

static void stored_is_that_version_only(void **state)
{
	str aor = s_of("a@x"), none = s_of(""), phone = s_of("phone");
	int changed = E911_VISIT_CHANGED;
	uint64_t one, two;

	(void)state;
	assert_int_equal(put_as("a@x", "1", 0, &one), 0);
	assert_true(is_dirty("a@x"));
	e911_cache_stored(&aor, &none, one + 1);
	e911_cache_stored(&aor, &none, 0);
	e911_cache_stored(&aor, &phone, one);
	assert_true(is_dirty("a@x"));
	e911_cache_stored(&aor, &none, one);
	assert_false(is_dirty("a@x"));
	assert_true(version_of("a@x", "") == one);
	/* changed while the one before was being written */
	assert_int_equal(put_as("a@x", "2", one, &two), 0);
	e911_cache_stored(&aor, &none, one);
	assert_true(is_dirty("a@x"));
	e911_cache_stored(&aor, &none, two);
	assert_false(is_dirty("a@x"));
	assert_int_equal(e911_cache_visit(&aor, touch, &changed), 1);
	e911_cache_stored(&aor, &none, two);
	assert_int_equal(is_dirty("a@x"), E911_DIRTY);
}

static void refused_is_that_version_only(void **state)
{
	str aor = s_of("a@x"), none = s_of("");
	uint64_t one, two;

	(void)state;
	assert_int_equal(put_as("a@x", "1", 0, &one), 0);
	e911_cache_refused(&aor, &none, one + 1);
	assert_int_equal(is_dirty("a@x"), E911_DIRTY);
	e911_cache_refused(&aor, &none, one);
	assert_int_equal(is_dirty("a@x"), E911_REFUSED);
	assert_true(version_of("a@x", "") == one);
	assert_int_equal(put_as("a@x", "2", one, &two), 0);
	e911_cache_refused(&aor, &none, one);
	assert_int_equal(is_dirty("a@x"), E911_DIRTY);
	e911_cache_stored(&aor, &none, two);
	assert_int_equal(is_dirty("a@x"), E911_CLEAN);
}

/* ----- where from ----- */

static const char *const no_pools = "";

/* "HNO place moved confirmed" of what is found from there */
static const char *from(
		const char *network, int bits4, const char *pools, int by_rule)
{
	static char text[64];
	str aor = s_of("a@x"), list = s_of(pools);
	e911_vicinity_t rule = {.bits4 = bits4, .bits6 = 64};
	e911_where_from_t where = {
			.network = network_of(network), .rule = by_rule ? &rule : NULL};
	e911_device_t device = {0};
	e911_record_t before, after;
	e911_location_t l;
	e911_finding_t f;

	assert_int_equal(e911_networks_read(&rule.pools, &list), 0);
	assert_int_equal(get("a@x", "phone", &before), 0);
	e911_cache_find(&aor, &device, &where, &l, &f);
	assert_int_equal(f.found, E911_FOUND_ONLY);
	assert_true(is_z(&f.contact, "phone"));
	sprintf(text, "%s %d %d %d", number_of(&l), f.state.place, f.state.moved,
			(int)f.confirmed);
	/* who looks changes nothing */
	assert_int_equal(get("a@x", "phone", &after), 0);
	assert_same_state(&before.state, &after.state);
	return text;
}

static void put_places(int place, int moved)
{
	uint64_t version;
	e911_record_t r;

	drop("a@x", NULL);
	make(&r, "a@x", "phone");
	add_place(&r, "192.0.2.1", "1");
	add_place(&r, "198.51.100.1", "2");
	add_place(&r, "2001:db8::1", "3");
	r.state.place = (unsigned char)place;
	r.state.moved = (unsigned char)moved;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

static void finds_the_place_of_the_callers_network(void **state)
{
	(void)state;
	put_places(1, 0);
	assert_string_equal(from("198.51.100.1", 32, no_pools, 1), "2 1 0 5002");
	assert_string_equal(from("192.0.2.1", 32, no_pools, 1), "1 0 0 5001");
	assert_string_equal(from("2001:db8::99", 32, no_pools, 1), "3 2 0 5003");
	/* none of them: the one in use, and he has moved */
	assert_string_equal(from("203.0.113.1", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("192.0.2.2", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("2001:db8:1::1", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("192.0.2.2", 24, no_pools, 1), "1 0 0 5001");
	assert_string_equal(from("192.0.2.2", 32, "192.0.2.0/24", 1), "1 0 0 5001");
	/* nobody knows from where, or nobody compares */
	assert_string_equal(from("", 32, no_pools, 1), "2 1 0 5002");
	assert_string_equal(from("192.0.2.1", 32, no_pools, 0), "2 1 0 5002");
}

static void who_had_moved_may_be_back(void **state)
{
	(void)state;
	put_places(1, 1);
	assert_string_equal(from("198.51.100.1", 32, no_pools, 1), "2 1 0 5002");
	assert_string_equal(from("192.0.2.1", 32, no_pools, 1), "1 0 0 5001");
	assert_string_equal(from("203.0.113.1", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("192.0.2.1", 32, no_pools, 0), "2 1 1 5002");
}

static int keep_until(e911_view_t *view, void *arg)
{
	const time_t *until = arg;
	int i;

	for(i = 0; i < view->places; i++)
		view->place[i]->location.until = until[i];
	return E911_VISIT_CHANGED;
}

static void a_place_past_its_retention_is_none(void **state)
{
	static time_t until[] = {1, 1, 4102444800};
	str aor = s_of("a@x");

	(void)state;
	put_places(1, 0);
	e911_cache_visit(&aor, keep_until, until);
	assert_string_equal(from("192.0.2.1", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("2001:db8::9", 32, no_pools, 1), "3 2 0 5003");
	/* the one in use is there until it is dropped, and no longer trusted */
	assert_string_equal(from("198.51.100.1", 32, no_pools, 1), "2 1 1 5002");
	assert_string_equal(from("", 32, no_pools, 1), "2 1 0 5002");
}

static void a_place_of_no_known_network_is_anywhere(void **state)
{
	uint64_t version;
	e911_record_t r;

	(void)state;
	make(&r, "a@x", "phone");
	add_place(&r, "", "1");
	assert_int_equal(e911_cache_put(&r, &version), 0);
	assert_string_equal(from("192.0.2.1", 32, no_pools, 1), "1 0 0 5001");
	assert_string_equal(from("", 32, no_pools, 1), "1 0 0 5001");
}

/* a rule may have become wider since they were stated */
static void of_two_places_that_are_near_the_one_in_use_counts(void **state)
{
	(void)state;
	put_places(1, 0);
	assert_string_equal(
			from("192.0.2.1", 32, "192.0.2.0/24,198.51.100.0/24", 1),
			"1 0 0 5001");
	assert_string_equal(from("198.51.100.1", 32, "0.0.0.0/0", 1), "2 1 0 5002");
	assert_string_equal(from("203.0.113.1", 0, no_pools, 1), "2 1 0 5002");
	put_places(0, 0);
	assert_string_equal(from("198.51.100.1", 32, "0.0.0.0/0", 1), "1 0 0 5001");
	put_places(2, 0);
	assert_string_equal(from("203.0.113.1", 0, no_pools, 1), "1 0 0 5001");
}

/* ----- over what ----- */

enum
{
	UDP = 1,
	TCP = 2
};

static void register_from(const char *contact, const char *network, int port,
		int proto, int connection)
{
	str aor = s_of("a@x"), c = s_of(contact);
	uint64_t version;
	e911_record_t r;

	if(e911_cache_get(&aor, &c, &r)) {
		make(&r, "a@x", contact);
		add_place(&r, "", contact);
	}
	r.state.home = network_of(network);
	r.state.until = e911_now() + 1000;
	r.state.port = (unsigned short)port;
	r.state.proto = (unsigned char)proto;
	r.state.connection = connection;
	r.state.bound = 1;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

/* "contact nearness" of what is found for a caller who names this device */
static const char *over(const char *name, const char *network, int port,
		int proto, int connection)
{
	static const char *const nearness_names[] = {"nowhere", "address", "flow"};
	static char text[64];
	e911_where_from_t where = {.network = network_of(network),
			.port = (unsigned short)port,
			.proto = (unsigned char)proto,
			.connection = connection};
	e911_device_t device = {1, {s_of(name)}};
	str aor = s_of("a@x");
	e911_location_t l;
	e911_finding_t f;

	e911_cache_find(&aor, &device, &where, &l, &f);
	if(f.found == E911_FOUND_NONE)
		return "none";
	if(f.near == E911_SAME_FLOW && f.contact.len)
		assert_int_equal(f.found, E911_FOUND_DEVICE);
	if(f.contact.len)
		assert_string_equal(number_of(&l), is_z(&f.contact, "1") ? "1" : "2");
	sprintf(text, "%.*s %s", f.contact.len, f.contact.s,
			nearness_names[f.near]);
	return text;
}

static void the_flow_tells_the_device(void **state)
{
	(void)state;
	register_from("1", "192.0.2.1", 5060, UDP, 0);
	register_from("2", "192.0.2.1", 0, TCP, 7);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 flow");
	/* whatever the message says of itself */
	assert_string_equal(over("2", "192.0.2.1", 5060, UDP, 0), "1 flow");
	assert_string_equal(over("x", "192.0.2.1", 5060, UDP, 0), "1 flow");
	assert_string_equal(over("1", "192.0.2.1", 40000, TCP, 7), "2 flow");
	assert_string_equal(over("x", "203.0.113.9", 40000, TCP, 7), "2 flow");
	/* another port, another connection: as near as its address */
	assert_string_equal(over("1", "192.0.2.1", 5061, UDP, 0), "1 address");
	assert_string_equal(over("2", "192.0.2.1", 5061, UDP, 0), "2 address");
	assert_string_equal(over("1", "192.0.2.1", 5060, TCP, 8), "1 address");
	assert_string_equal(over("1", "192.0.2.1", 5060, TCP, 0), "1 address");
	assert_string_equal(over("2", "192.0.2.1", 0, TCP, 8), "2 address");
	assert_string_equal(over("2", "192.0.2.1", 0, TCP, 0), "2 address");
	/* over a connection the port says nothing */
	register_from("2", "192.0.2.1", 40000, TCP, 7);
	assert_string_equal(over("2", "192.0.2.1", 40000, TCP, 8), "2 address");
	assert_string_equal(over("2", "192.0.2.1", 40000, TCP, 0), "2 address");
	assert_string_equal(over("1", "192.0.2.2", 5060, UDP, 0), "1 nowhere");
	assert_string_equal(over("1", "", 5060, UDP, 0), "1 nowhere");
	assert_string_equal(over("1", "", 0, 0, 0), "1 nowhere");
	/* none of the two */
	assert_string_equal(over("x", "192.0.2.1", 5061, UDP, 0), "none");
	assert_string_equal(over("x", "192.0.2.2", 5060, UDP, 0), "none");
}

static void of_the_aor_there_is_nearness_but_no_device(void **state)
{
	(void)state;
	register_from("", "192.0.2.1", 5060, UDP, 0);
	assert_string_equal(over("x", "192.0.2.1", 5060, UDP, 0), " flow");
	assert_string_equal(over("x", "192.0.2.1", 5061, UDP, 0), " address");
	register_from("1", "192.0.2.2", 5060, UDP, 0);
	assert_string_equal(over("x", "192.0.2.1", 5060, UDP, 0), " flow");
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 nowhere");
}

static int edit_state(e911_view_t *view, void *arg)
{
	const e911_state_t *s = arg;

	view->state->bound = s->bound;
	view->state->gone = s->gone;
	view->state->until = s->until;
	view->state->port = s->port;
	return E911_VISIT_CHANGED;
}

static void set_state(int bound, uint32_t gone, uint32_t until, int port)
{
	e911_state_t s = {.bound = (unsigned char)bound,
			.gone = gone,
			.until = until,
			.port = (unsigned short)port};
	str aor = s_of("a@x");

	e911_cache_visit(&aor, edit_state, &s);
}

static void a_registration_that_ended_is_near_nobody(void **state)
{
	(void)state;
	register_from("1", "192.0.2.1", 5060, UDP, 0);
	set_state(1, e911_now() + 1000, 0, 5060);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 nowhere");
	set_state(0, 0, 0, 5060);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 nowhere");
	set_state(1, 0, e911_now(), 5060);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 nowhere");
	/* nobody knows the port any more */
	set_state(1, 0, 0, 0);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 address");
	assert_string_equal(over("1", "192.0.2.1", 0, UDP, 0), "1 address");
	set_state(1, 0, e911_now() + 1000, 5060);
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 flow");
	/* two that are not known are not the same */
	register_from("1", "", 5060, UDP, 0);
	assert_string_equal(over("1", "", 5060, UDP, 0), "1 nowhere");
}

/* where it was heard from says nothing of where it registered */
static int hear_elsewhere(e911_view_t *view, void *arg)
{
	(void)arg;
	view->state->seen = network_of("203.0.113.9");
	return E911_VISIT_CHANGED;
}

static void only_where_it_registered_is_its_home(void **state)
{
	str aor = s_of("a@x");

	(void)state;
	register_from("1", "192.0.2.1", 5060, UDP, 0);
	e911_cache_visit(&aor, hear_elsewhere, NULL);
	assert_string_equal(over("1", "203.0.113.9", 5060, UDP, 0), "1 nowhere");
	assert_string_equal(over("1", "192.0.2.1", 5060, UDP, 0), "1 flow");
}

static int set_deadlines(e911_view_t *view, void *arg)
{
	const e911_state_t *s = arg;

	view->state->expires = s->expires;
	view->state->retained = s->retained;
	view->state->gone = s->gone;
	return E911_VISIT_CHANGED;
}

static int finds_with(e911_state_t s)
{
	str aor = s_of("a@x");
	const char *hno;

	assert_int_equal(e911_cache_visit(&aor, set_deadlines, &s), 1);
	return find("a@x", "phone", NULL, &hno);
}

/* though nobody has taken it out yet */
static void what_is_past_its_time_is_not_found(void **state)
{
	uint32_t now = e911_now(), later = now + 1000;
	e911_record_t r;

	(void)state;
	put("a@x", "phone", "1");
	assert_int_equal(
			finds_with((e911_state_t){
					.expires = later, .retained = later, .gone = later}),
			E911_FOUND_DEVICE);
	assert_int_equal(finds_with((e911_state_t){.expires = now}), 0);
	assert_int_equal(finds_with((e911_state_t){.retained = now}), 0);
	assert_int_equal(finds_with((e911_state_t){.gone = now}), 0);
	assert_int_equal(get("a@x", "phone", &r), 0);
	assert_int_equal(finds_with((e911_state_t){.gone = 0}), E911_FOUND_DEVICE);
}

/* ----- visiting ----- */

typedef struct visits
{
	int n;
	int did;		/* what the visitor answers… */
	const char *of; /* …for this contact only, if not NULL */
	char names[400];
} visits_t;

static int look(e911_view_t *view, void *arg)
{
	visits_t *v = arg;
	int i, wanted = v->of == NULL || is_z(&view->contact, v->of);

	v->n++;
	if(strlen(v->names) < 300)
		sprintf(v->names + strlen(v->names), "%.*s/%.*s ", view->aor.len,
				view->aor.s, view->contact.len, view->contact.s);
	assert_in_range(view->places, 1, E911_PLACES_MAX);
	assert_in_range(view->state->place, 0, view->places - 1);
	if(!wanted || v->did == E911_VISIT_KEEP)
		return E911_VISIT_KEEP;
	view->state->moved = 1;
	view->state->site = 42;
	for(i = 0; i < view->places; i++) {
		view->place[i]->network = network_of("203.0.113.9");
		view->place[i]->confirmed = 7000 + i;
	}
	return v->did;
}

static int visit(visits_t *v, const char *aor, int did, const char *of)
{
	str a = tight_z(aor);
	int n;

	memset(v, 0, sizeof(*v));
	v->did = did;
	v->of = of;
	n = e911_cache_visit(&a, look, v);
	free(a.s);
	return n;
}

static void a_visitor_sees_all_of_an_aor(void **state)
{
	visits_t v;

	(void)state;
	assert_int_equal(visit(&v, "a@x", E911_VISIT_KEEP, NULL), 0);
	assert_int_equal(v.n, 0);
	put("a@x", "home", "1");
	put("a@x", "", "2");
	put("aa@x", "home", "3");
	put("a@xx", "home", "4");
	assert_int_equal(visit(&v, "a@x", E911_VISIT_KEEP, NULL), 0);
	assert_int_equal(v.n, 2);
	assert_non_null(strstr(v.names, "a@x/home "));
	assert_non_null(strstr(v.names, "a@x/ "));
	assert_int_equal(visit(&v, "a", E911_VISIT_DROP, NULL), 0);
	assert_int_equal(visit(&v, "a@", E911_VISIT_DROP, NULL), 0);
	assert_int_equal(e911_cache_count(), 4);
}

static void a_change_has_a_new_version(void **state)
{
	uint64_t home, other;
	e911_record_t r;
	visits_t v;

	(void)state;
	put("a@x", "home", "1");
	put("a@x", "office", "2");
	home = version_of("a@x", "home");
	other = version_of("a@x", "office");
	assert_int_equal(visit(&v, "a@x", E911_VISIT_CHANGED, "home"), 1);
	assert_int_equal(v.n, 2);
	assert_true(version_of("a@x", "home") > other);
	assert_true(version_of("a@x", "office") == other);
	assert_int_equal(get("a@x", "home", &r), 0);
	assert_int_equal(r.state.moved, 1);
	assert_int_equal(r.state.site, 42);
	assert_int_equal(r.place[0].confirmed, 7000);
	assert_int_equal(r.place[0].network.family, 4);
	assert_string_equal(number_of(&r.place[0].location), "1");
	/* so that nobody puts back what he read before */
	r.state.version = home;
	assert_int_equal(e911_cache_put(&r, &home), E911_ERR_AGAIN);
	assert_int_equal(visit(&v, "a@x", E911_VISIT_CHANGED, NULL), 2);
	assert_true(version_of("a@x", "home") != version_of("a@x", "office"));
	assert_int_equal(visit(&v, "a@x", E911_VISIT_DROP, "office"), 1);
	assert_int_equal(e911_cache_count(), 1);
	assert_int_equal(version_of("a@x", "office"), 0);
}

/* all in one slot's chain or another, each dropped once */
static void a_visitor_may_drop_any_of_a_chain(void **state)
{
	char contact[8];
	visits_t v;
	int i, k;

	(void)state;
	for(k = 0; k < 5; k++) {
		for(i = 0; i < 5; i++) {
			sprintf(contact, "c%d", i);
			put("a@x", contact, "1");
		}
		sprintf(contact, "c%d", k);
		assert_int_equal(visit(&v, "a@x", E911_VISIT_DROP, contact), 1);
		assert_int_equal(v.n, 5);
		assert_int_equal(e911_cache_count(), 4);
		assert_int_equal(version_of("a@x", contact), 0);
		assert_int_equal(visit(&v, "a@x", E911_VISIT_DROP, NULL), 4);
		assert_int_equal(e911_cache_count(), 0);
	}
}

static void a_registrar_without_domains_knows_users(void **state)
{
	const char *hno;
	visits_t v;

	(void)state;
	put("alice@x", "home", "1");
	put("alice@y", "", "2");
	put("alicex@x", "home", "3");
	put("al@x", "home", "4");
	assert_int_equal(visit(&v, "alice", E911_VISIT_CHANGED, NULL), 2);
	assert_non_null(strstr(v.names, "alice@x/home "));
	assert_non_null(strstr(v.names, "alice@y/ "));
	assert_int_equal(v.n, 2);
	/* one that names a domain means that one */
	assert_int_equal(visit(&v, "alice@x", E911_VISIT_CHANGED, NULL), 1);
	assert_string_equal(v.names, "alice@x/home ");
	assert_int_equal(visit(&v, "alice@", E911_VISIT_DROP, NULL), 0);
	assert_int_equal(visit(&v, "alic", E911_VISIT_DROP, NULL), 0);
	assert_int_equal(visit(&v, "", E911_VISIT_DROP, NULL), 0);
	assert_int_equal(find("alice@y", NULL, NULL, &hno), E911_FOUND_AOR);
	assert_string_equal(hno, "2");
	assert_int_equal(find("alice@z", NULL, NULL, &hno), E911_FOUND_NONE);
	assert_int_equal(find("alice", NULL, NULL, &hno), E911_FOUND_NONE);
	assert_int_equal(put("alice@x", "home", "5"), 0);
	assert_int_equal(e911_cache_count(), 4);
	assert_int_equal(drop("alice", NULL), 2);
	assert_int_equal(e911_cache_count(), 2);
}

/* ----- sweeping ----- */

#define SWEPT 500

typedef struct sweep
{
	char seen[SWEPT];
	int n;
	int keep_below; /* others are dropped */
} sweep_t;

static int sweep_one(e911_view_t *view, void *arg)
{
	sweep_t *s = arg;
	int i = atoi(view->aor.s);

	assert_false(s->seen[i]);
	s->seen[i] = 1;
	s->n++;
	return i < s->keep_below ? E911_VISIT_KEEP : E911_VISIT_DROP;
}

static int go_round(sweep_t *s, unsigned int n, int keep_below)
{
	unsigned int slot = 0;
	int rounds = 0;

	memset(s, 0, sizeof(*s));
	s->keep_below = keep_below;
	do {
		slot = e911_cache_sweep(slot, n, sweep_one, s);
		rounds++;
	} while(slot);
	return rounds;
}

/* the memory of the tests is said to be 1 GB */
static void has_slots_for_all_records_that_memory_has_room_for(void **state)
{
	static const struct
	{
		unsigned int max, slots;
	} of[] = {{1, 1024}, {512, 1024}, {513, 2048}, {5000, 16384},
			{2000000, 1 << 22}, {4000000, 1 << 22}, {UINT_MAX, 1 << 22}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(of) / sizeof(*of); i++) {
		assert_int_equal(e911_cache_init(of[i].max, 0), 0);
		assert_int_equal(e911_cache_slots(), of[i].slots);
		e911_cache_destroy();
	}
}

static void a_round_of_sweeps_sees_each_once(void **state)
{
	unsigned int slots = e911_cache_slots();
	char aor[16];
	sweep_t s;
	int i;

	(void)state;
	for(i = 0; i < SWEPT; i++) {
		sprintf(aor, "%03d@x", i);
		put(aor, "", "1");
	}
	assert_int_equal(go_round(&s, 100, SWEPT), (slots + 99) / 100);
	assert_int_equal(s.n, SWEPT);
	assert_int_equal(go_round(&s, slots, SWEPT), 1);
	assert_int_equal(s.n, SWEPT);
	assert_int_equal(go_round(&s, slots - 1, SWEPT), 2);
	assert_int_equal(s.n, SWEPT);
	assert_int_equal(go_round(&s, 1, 300), slots);
	assert_int_equal(s.n, SWEPT);
	assert_int_equal(e911_cache_count(), 300);
	go_round(&s, 77, 300);
	assert_int_equal(s.n, 300);
	s.n = 0;
	assert_int_equal(e911_cache_sweep(slots, 10, sweep_one, &s), 0);
	assert_int_equal(e911_cache_sweep(7, 0, sweep_one, &s), 7);
	assert_int_equal(s.n, 0);
}

static void a_sweep_may_change(void **state)
{
	int changed = E911_VISIT_CHANGED, keep = E911_VISIT_KEEP;
	uint64_t version;

	(void)state;
	assert_int_equal(put_as("a@x", "1", 0, &version), 0);
	e911_cache_sweep(0, e911_cache_slots(), touch, &keep);
	assert_true(version_of("a@x", "") == version);
	e911_cache_sweep(0, e911_cache_slots(), touch, &changed);
	assert_true(version_of("a@x", "") > version);
}

/* ----- against a plain list ----- */

#define MODEL_AORS 6
#define MODEL_CONTACTS 4 /* the first is "" */
#define MODEL_STEPS 4000

typedef struct model
{
	uint64_t version; /* 0: not there */
	int places;
	int place;
	int dirty;
	int confirmed;
	int hno[E911_PLACES_MAX];
} model_t;

static model_t model[MODEL_AORS][MODEL_CONTACTS];
static uint64_t newest;

static void model_names(int a, int c, char *aor, char *contact)
{
	sprintf(aor, "a%d@x", a);
	*contact = '\0';
	if(c)
		sprintf(contact, "c%d", c);
}

static model_t *model_of(const str *aor, const str *contact)
{
	int a = aor->s[1] - '0', c = contact->len ? contact->s[1] - '0' : 0;

	return &model[a][c];
}

static void model_put(int a, int c, int step)
{
	model_t *m = &model[a][c];
	char aor[8], contact[8], hno[12];
	int i, n = 1 + (int)(random() % E911_PLACES_MAX), stale = random() % 4 == 0;
	uint64_t version = 0;
	e911_record_t r;

	model_names(a, c, aor, contact);
	make(&r, aor, contact);
	for(i = 0; i < n; i++) {
		sprintf(hno, "%d", step * 4 + i + 1);
		add_place(&r, i % 2 ? "192.0.2.1" : "", hno);
	}
	r.place[0].confirmed = step;
	r.state.place = (unsigned char)(random() % n);
	r.state.dirty = 1;
	r.state.version = stale ? m->version + 1 : m->version;
	assert_int_equal(e911_cache_put(&r, &version), stale ? E911_ERR_AGAIN : 0);
	if(stale)
		return;
	assert_true(version > newest);
	newest = version;
	*m = (model_t){version, n, r.state.place, 1, step, {0}};
	for(i = 0; i < n; i++)
		m->hno[i] = step * 4 + i + 1;
}

static int model_visitor(e911_view_t *view, void *arg)
{
	model_t *m = model_of(&view->aor, &view->contact);
	int did = (int)(random() % 3);

	assert_true(view->state->version == m->version);
	if(did == E911_VISIT_KEEP)
		return did;
	(*(int *)arg)++;
	if(did == E911_VISIT_DROP) {
		memset(m, 0, sizeof(*m));
		return did;
	}
	view->place[0]->confirmed = m->confirmed = (int)(random() % 1000000);
	view->state->place = (unsigned char)(m->place = m->places - 1);
	view->state->dirty = 1;
	m->dirty = 1;
	m->version = ++newest;
	return did;
}

static void model_find(int a, int c)
{
	static const e911_where_from_t anywhere;
	e911_device_t device = {0};
	const model_t *m = NULL;
	char aor[8], contact[8];
	e911_location_t l;
	e911_finding_t f;
	int i, others = 0;
	str as;

	model_names(a, c, aor, contact);
	as = s_of(aor);
	if(c)
		device.name[device.n++] = s_of(contact);
	for(i = 1; i < MODEL_CONTACTS; i++)
		if(model[a][i].version && i != c) {
			others++;
			m = &model[a][i];
		}
	if(others > 1)
		m = NULL;
	if(model[a][0].version)
		m = &model[a][0];
	if(model[a][c].version)
		m = &model[a][c];
	e911_cache_find(&as, &device, &anywhere, &l, &f);
	assert_int_equal(f.found != E911_FOUND_NONE, m != NULL);
	if(m)
		assert_int_equal(atoi(number_of(&l)), m->hno[m->place]);
}

static void model_compare(void)
{
	unsigned int n = 0, there = 0;
	uint64_t cursor = 0;
	e911_record_t r;
	const model_t *m;
	int i;

	while(e911_cache_next(&cursor, &r)) {
		n++;
		m = model_of(&r.aor, &r.contact);
		assert_true(r.state.version == m->version);
		assert_int_equal(r.places, m->places);
		assert_int_equal(r.state.place, m->place);
		assert_int_equal(r.state.dirty, m->dirty);
		assert_int_equal(r.place[0].confirmed, m->confirmed);
		for(i = 0; i < r.places; i++)
			assert_int_equal(atoi(number_of(&r.place[i].location)), m->hno[i]);
	}
	for(i = 0; i < MODEL_AORS * MODEL_CONTACTS; i++)
		there += model[i / MODEL_CONTACTS][i % MODEL_CONTACTS].version != 0;
	assert_int_equal(n, there);
	assert_int_equal(e911_cache_count(), there);
}

static void model_step(int step)
{
	int a = (int)(random() % MODEL_AORS), c = (int)(random() % MODEL_CONTACTS);
	char aor[8], contact[8];
	str as, cs;
	int n = 0;

	model_names(a, c, aor, contact);
	as = s_of(aor);
	cs = s_of(contact);
	switch(random() % 8) {
		case 0:
			assert_int_equal(e911_cache_visit(&as, model_visitor, &n), n);
			break;
		case 1:
			if(random() % 8 == 0)
				e911_cache_sweep(0, e911_cache_slots(), model_visitor, &n);
			break;
		case 2:
			e911_cache_stored(&as, &cs, model[a][c].version);
			model[a][c].dirty = 0;
			break;
		case 3:
			model_find(a, c);
			break;
		default:
			model_put(a, c, step);
	}
}

static void random_changes_agree_with_a_plain_list(void **state)
{
	int step;

	(void)state;
	srandom(1);
	memset(model, 0, sizeof(model));
	newest = 0;
	for(step = 0; step < MODEL_STEPS; step++) {
		model_step(step);
		model_compare();
	}
}

/* ----- many at once ----- */

#define WORKERS 8
#define STEPS 10000
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

static int crowd_put(const char *aor, const char *contact, int step)
{
	str a = s_of(aor), c = s_of(contact);
	e911_record_t r;
	uint64_t version;
	int i, n = 1 + step % E911_PLACES_MAX;

	if(e911_cache_get(&a, &c, &r))
		assert(e911_record_init(&r, &a, &c) == 0);
	r.places = n;
	r.state.place = (unsigned char)(step % n);
	for(i = 0; i < n; i++) {
		memset(&r.place[i].network, 0, sizeof(r.place[i].network));
		r.place[i].confirmed = step + i;
		crowd_value(&r.place[i].location, aor, contact, step + i);
	}
	return e911_cache_put(&r, &version);
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

static void look_at_record(worker_t *w, const e911_record_t *r)
{
	int i;

	w->copies++;
	w->torn += r->places < 1 || r->places > E911_PLACES_MAX
			   || r->state.place >= r->places;
	for(i = 0; i < r->places; i++)
		w->torn += !is_whole(&r->place[i].location, &r->aor, &r->contact)
				   || r->place[i].confirmed != r->place[0].confirmed + i;
}

static void crowd_walk(worker_t *w)
{
	e911_record_t record;
	uint64_t cursor = 0;

	while(e911_cache_next(&cursor, &record))
		look_at_record(w, &record);
}

static void crowd_find(worker_t *w, const str *aor, const str *contact)
{
	static const e911_where_from_t anywhere;
	e911_device_t device = {1, {*contact}};
	e911_location_t l;
	e911_finding_t f;

	e911_cache_find(aor, &device, &anywhere, &l, &f);
	if(f.found)
		look_at(w, &l, aor, &f.contact);
}

/* what a visitor leaves behind is whole as well */
static int crowd_visitor(e911_view_t *view, void *arg)
{
	worker_t *w = arg;
	int i, step = rand_r(&w->seed) % 1000000;

	for(i = 0; i < view->places; i++) {
		look_at(w, &view->place[i]->location, &view->aor, &view->contact);
		view->place[i]->confirmed = step + i;
	}
	view->state->place = (unsigned char)(step % view->places);
	return step % 8 ? E911_VISIT_CHANGED : E911_VISIT_DROP;
}

static void crowd_step(worker_t *w, int step)
{
	int what = rand_r(&w->seed) % 64, c = rand_r(&w->seed) % CROWD_CONTACTS;
	char aor_text[8], contact_text[8] = "";
	e911_record_t r;
	str aor, contact;

	sprintf(aor_text, "a%d@x", rand_r(&w->seed) % CROWD_AORS);
	if(c)
		sprintf(contact_text, "c%d", c);
	aor = s_of(aor_text);
	contact = s_of(contact_text);
	if(what < 24) {
		crowd_put(aor_text, contact_text, step);
	} else if(what < 28) {
		e911_cache_visit(&aor, crowd_visitor, w);
	} else if(what < 44) {
		crowd_find(w, &aor, &contact);
	} else if(what < 62) {
		if(e911_cache_get(&aor, &contact, &r) == 0)
			look_at_record(w, &r);
	} else if(what < 63) {
		e911_cache_sweep(0, e911_cache_slots(), crowd_visitor, w);
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

static void run_crowd(worker_t w[WORKERS], worker_t *all, void *(*f)(void *))
{
	unsigned int i;

	memset(all, 0, sizeof(*all));
	memset(w, 0, WORKERS * sizeof(*w));
	for(i = 0; i < WORKERS; i++) {
		w[i].seed = i + 1;
		assert_int_equal(pthread_create(&w[i].thread, NULL, f, &w[i]), 0);
	}
	for(i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		all->copies += w[i].copies;
		all->torn += w[i].torn;
	}
}

static void many_change_and_find_the_same_at_once(void **state)
{
	worker_t w[WORKERS], all;

	(void)state;
	run_crowd(w, &all, work);
	assert_true(all.copies > WORKERS * STEPS / 4);
	assert_int_equal(all.torn, 0);
	/* what is counted is what is there */
	all.copies = 0;
	crowd_walk(&all);
	assert_int_equal(all.torn, 0);
	assert_int_equal(all.copies, e911_cache_count());
	assert_in_range(all.copies, 0, CROWD_AORS * CROWD_CONTACTS);
}

/* ----- no change is lost ----- */

#define INCREMENTS 2000

static int increment(e911_view_t *view, void *arg)
{
	(void)arg;
	view->place[0]->confirmed++;
	return E911_VISIT_CHANGED;
}

/* by turns in place, and as provision changes a record: until it fits */
static void *count_on(void *arg)
{
	worker_t *w = arg;
	str aor = s_of("a@x"), none = s_of("");
	uint64_t version;
	e911_record_t r;
	int i;

	for(i = 0; i < INCREMENTS; i++) {
		if(i % 2) {
			w->torn += e911_cache_visit(&aor, increment, NULL) != 1;
			continue;
		}
		do {
			assert(e911_cache_get(&aor, &none, &r) == 0);
			r.place[0].confirmed++;
			w->copies++;
		} while(e911_cache_put(&r, &version));
	}
	return NULL;
}

static void no_change_is_lost_among_many(void **state)
{
	worker_t w[WORKERS], all;
	e911_record_t r;

	(void)state;
	put("a@x", "", "1");
	run_crowd(w, &all, count_on);
	assert_int_equal(all.torn, 0);
	assert_int_equal(get("a@x", "", &r), 0);
	assert_int_equal(r.place[0].confirmed - 5001, WORKERS * INCREMENTS);
	assert_int_equal(e911_cache_count(), 1);
}

/* a table at its bound neither grows past it nor counts wrong */
static void *fill(void *arg)
{
	worker_t *w = arg;
	char text[32];
	str aor;
	int i;

	for(i = 0; i < 4000; i++) {
		sprintf(text, "%d@x", rand_r(&w->seed) % 50);
		aor = s_of(text);
		if(rand_r(&w->seed) % 3 == 0)
			e911_cache_visit(&aor, drop_it, NULL);
		else
			crowd_put(text, "", i);
		/* one a worker may be counted while it is being refused */
		w->torn += e911_cache_count() > 20 + WORKERS;
	}
	return NULL;
}

static void many_at_the_bound_count_right(void **state)
{
	worker_t w[WORKERS], all;

	(void)state;
	assert_int_equal(e911_hash_init(), 0);
	assert_int_equal(e911_cache_init(20, 0), 0);
	run_crowd(w, &all, fill);
	assert_int_equal(all.torn, 0);
	all.copies = 0;
	crowd_walk(&all);
	assert_int_equal(all.torn, 0);
	assert_int_equal(all.copies, e911_cache_count());
	assert_in_range(all.copies, 1, 20);
	e911_cache_destroy();
	assert_int_equal(ksr_blocks(), 0);
	assert_int_equal(e911_cache_count(), 0);
}

/* ----- memory that fails ----- */

static int init_and_put(void *arg)
{
	int err = e911_cache_init(100, 0);

	(void)arg;
	if(err)
		return err;
	err = put("a@x", "phone", "12");
	if(!err)
		err = put("a@x", "phone", "13");
	e911_cache_destroy();
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(init_and_put, NULL, E911_ERR_MEM);
	e911_cache_destroy();
}

static void failed_put_keeps_the_old(void **state)
{
	uint64_t version;
	e911_record_t r;

	(void)state;
	put("a@x", "", "1");
	version = version_of("a@x", "");
	ksr_allow(0);
	assert_int_equal(put("a@x", "", "2"), E911_ERR_MEM);
	/* to look and to visit takes none */
	assert_int_equal(drop("b@x", NULL), 0);
	assert_int_equal(get("a@x", "", &r), 0);
	ksr_allow(-1);
	assert_true(r.state.version == version);
	assert_string_equal(number_of(&r.place[0].location), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(gives_back_what_was_put, up, down),
			cmocka_unit_test_setup_teardown(
					gives_back_places_and_state, up, down),
			cmocka_unit_test_setup_teardown(
					two_devices_have_two_places, up, down),
			cmocka_unit_test_setup_teardown(order_is_device_aor_only, up, down),
			cmocka_unit_test_setup_teardown(deletes_one_or_all, up, down),
			cmocka_unit_test_setup_teardown(
					full_table_refuses_and_keeps, up, down),
			cmocka_unit_test_setup_teardown(
					an_aor_has_so_many_devices, up, down),
			cmocka_unit_test_setup_teardown(walk_sees_each_once, up, down),
			cmocka_unit_test_setup_teardown(
					who_is_left_alone_goes_on, up, down),
			cmocka_unit_test_setup_teardown(
					a_stale_version_changes_nothing, up, down),
			cmocka_unit_test_setup_teardown(
					stored_is_that_version_only, up, down),
			cmocka_unit_test_setup_teardown(
					refused_is_that_version_only, up, down),
			cmocka_unit_test_setup_teardown(
					finds_the_place_of_the_callers_network, up, down),
			cmocka_unit_test_setup_teardown(
					who_had_moved_may_be_back, up, down),
			cmocka_unit_test_setup_teardown(
					a_place_past_its_retention_is_none, up, down),
			cmocka_unit_test_setup_teardown(
					a_place_of_no_known_network_is_anywhere, up, down),
			cmocka_unit_test_setup_teardown(
					of_two_places_that_are_near_the_one_in_use_counts, up,
					down),
			cmocka_unit_test_setup_teardown(
					the_flow_tells_the_device, up, down),
			cmocka_unit_test_setup_teardown(
					of_the_aor_there_is_nearness_but_no_device, up, down),
			cmocka_unit_test_setup_teardown(
					a_registration_that_ended_is_near_nobody, up, down),
			cmocka_unit_test_setup_teardown(
					only_where_it_registered_is_its_home, up, down),
			cmocka_unit_test_setup_teardown(
					what_is_past_its_time_is_not_found, up, down),
			cmocka_unit_test_setup_teardown(
					a_visitor_sees_all_of_an_aor, up, down),
			cmocka_unit_test_setup_teardown(
					a_change_has_a_new_version, up, down),
			cmocka_unit_test_setup_teardown(
					a_visitor_may_drop_any_of_a_chain, up, down),
			cmocka_unit_test_setup_teardown(
					a_registrar_without_domains_knows_users, up_by_user, down),
			cmocka_unit_test(
					has_slots_for_all_records_that_memory_has_room_for),
			cmocka_unit_test_setup_teardown(
					a_round_of_sweeps_sees_each_once, up, down),
			cmocka_unit_test_setup_teardown(a_sweep_may_change, up, down),
			cmocka_unit_test_setup_teardown(
					random_changes_agree_with_a_plain_list, up, down),
			cmocka_unit_test_setup_teardown(
					many_change_and_find_the_same_at_once, up, down),
			cmocka_unit_test_setup_teardown(
					no_change_is_lost_among_many, up, down),
			cmocka_unit_test(many_at_the_bound_count_right),
			cmocka_unit_test(every_allocation_may_fail),
			cmocka_unit_test_setup_teardown(failed_put_keeps_the_old, up, down),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
