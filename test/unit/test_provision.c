/*
 * The real cache, queue, records and sites; a registrar and two clocks of our
 * own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: cache queue hash device site aor location field network row strbuf err steps verdict
 */
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
#include "../../modules/e911/provision.c"

#define NOW 1787320800
#define N1 "192.0.2.1"
#define N2 "198.51.100.2"
#define ROOM 20

static void pass(time_t seconds)
{
	wall += seconds;
	uptime += seconds;
}

static str s_of(const char *z)
{
	str s = {(char *)z, z ? (int)strlen(z) : 0};

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

/* ----- stand-ins: counters, settings, a registrar ----- */

static int counted[E911_STATS];
static e911_settings_t settings;
static void (*in_the_midst)(void);

void e911_stats_count(int stat)
{
	counted[stat]++;
}

/* asked between a record's being read and put back */
const e911_settings_t *e911_settings(void)
{
	if(in_the_midst)
		in_the_midst();
	return &settings;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	const e911_site_t *site = e911_sites_with(settings.sites, id);

	return site ? site : e911_sites_nth(settings.sites, 0);
}

/* alice's phone, if it is registered */
static struct
{
	int there;
	const char *network;
} phone;

int e911_registration_find(
		const str *aor, const str *name, e911_contact_t *contact)
{
	static const char *const names[] = {
			"urn:uuid:1", "alice@10.0.0.1:5060", "192.0.2.1:5060"};
	int i, found = name->len == 0;

	if(!phone.there || !is_z(aor, "alice@x"))
		return E911_ERR_NONE;
	memset(contact, 0, sizeof(*contact));
	for(i = 0; i < 3; i++) {
		strcpy(contact->mem[i], names[i]);
		contact->device.name[i] = s_of(contact->mem[i]);
		found |= is_z(name, names[i]);
	}
	contact->device.n = 3;
	contact->network = network_of(phone.network);
	contact->until = e911_now() + 600;
	contact->mark = 77;
	contact->port = 5060;
	contact->proto = 1;
	contact->connection = 9;
	return found ? E911_OK : E911_ERR_NONE;
}

/* ----- orders and records ----- */

static e911_queue_t *queue;
static int loaded;
static uint64_t ticket;

static int is_loaded(void)
{
	return loaded;
}

typedef struct more
{
	int ttl;
	const char *network;
	uint32_t site;
	time_t until;
} more_t;

static int set_with(
		const char *aor, const char *contact, const char *hno, more_t m)
{
	e911_order_t order = {.ttl = m.ttl, .site = m.site};
	e911_location_t l;
	int err;

	e911_location_init(&l, E911_FROM_RPC, wall);
	l.until = m.until;
	assert_int_equal(e911_location_set(&l, E911_F_HNO, hno, strlen(hno)), 0);
	order.location = &l;
	order.network = network_of(m.network);
	order.aor = tight_z(aor);
	order.contact = tight_z(contact);
	ticket = 0;
	err = e911_provision_set(&order, &ticket);
	free(order.aor.s);
	free(order.contact.s);
	return err;
}

static int set(const char *aor, const char *contact, const char *hno)
{
	return set_with(aor, contact, hno, (more_t){.network = ""});
}

static e911_record_t record_of(const char *aor, const char *contact)
{
	str a = s_of(aor), c = s_of(contact);
	e911_record_t r;

	memset(&r, 0, sizeof(r));
	if(e911_cache_get(&a, &c, &r))
		r.places = 0;
	return r;
}

static const char *number_in(const e911_record_t *r, int place)
{
	static char text[32];
	str hno = STR_NULL;

	assert_in_range(place, 0, r->places - 1);
	e911_location_get(&r->place[place].location, E911_F_HNO, &hno);
	sprintf(text, "%.*s", hno.len, hno.s);
	return text;
}

/* HNO of the place in use, "" where there is no record */
static const char *is_at(const char *aor, const char *contact)
{
	e911_record_t r = record_of(aor, contact);

	return r.places ? number_in(&r, r.state.place) : "";
}

/* what the database was told of: "kind AoR/contact " each */
static const char *get_told(void)
{
	static char text[400];
	e911_item_t *item, *next;
	int n = 0;

	text[0] = '\0';
	e911_queue_take(queue, 10, &item);
	for(; item; item = next) {
		next = item->next;
		n += sprintf(text + n, "%d %.*s/%.*s ", item->kind, item->aor.len,
				item->aor.s, item->contact.len, item->contact.s);
		shm_free(item);
	}
	return text;
}

static int del(const char *aor, const char *contact, int *n)
{
	str a = tight_z(aor), c = tight_z(contact ? contact : "");
	int err = e911_provision_del(&a, contact ? &c : NULL, n, &ticket);

	free(a.s);
	free(c.s);
	return err;
}

static int confirm_it(const char *aor, const char *contact)
{
	str a = tight_z(aor), c = tight_z(contact);
	int err = e911_provision_confirm(&a, &c, &ticket);

	free(a.s);
	free(c.s);
	return err;
}

static int spoil_it(const char *aor, const char *contact)
{
	str a = tight_z(aor), c = tight_z(contact);
	int err = e911_provision_unusable(&a, &c, &ticket);

	free(a.s);
	free(c.s);
	return err;
}

static int get_number(const char *aor, const char *contact, const char *hno)
{
	str a = tight_z(aor), c = tight_z(contact);
	e911_record_t r;
	int err = e911_provision_get(&a, &c, &r);

	free(a.s);
	free(c.s);
	if(!err)
		assert_string_equal(number_in(&r, r.state.place), hno);
	return err;
}

static int start(e911_queue_t *changes_queue)
{
	wall = NOW;
	uptime = 100000;
	memset(counted, 0, sizeof(counted));
	memset(&phone, 0, sizeof(phone));
	phone.network = N1;
	in_the_midst = NULL;
	loaded = 1;
	e911_provision_init(changes_queue, is_loaded);
	return e911_hash_init() || e911_cache_init(ROOM, 0)
		   || e911_sites_new(&settings.sites);
}

static int up(void **state)
{
	(void)state;
	return e911_queue_new(&queue, 100) || start(queue);
}

static int up_without_database(void **state)
{
	(void)state;
	queue = NULL;
	return start(NULL);
}

static int down(void **state)
{
	(void)state;
	e911_queue_free(queue);
	e911_cache_destroy();
	e911_sites_free(settings.sites);
	return ksr_blocks() != 0;
}

/* ----- stating ----- */

static void is_kept_under_its_normal_names(void **state)
{
	e911_record_t r;

	(void)state;
	assert_int_equal(set("<sip:Alice@X:5060>", "Sip:A@1.2.3.4:5;ob", "1"), 0);
	assert_string_equal(is_at("alice@x", "a@1.2.3.4:5"), "1");
	assert_true(ticket > 0);
	assert_false(e911_provision_is_stored(ticket));
	assert_string_equal(get_told(), "0 alice@x/a@1.2.3.4:5 ");
	e911_queue_done(queue, ticket);
	assert_true(e911_provision_is_stored(ticket));
	r = record_of("alice@x", "a@1.2.3.4:5");
	assert_int_equal(r.state.dirty, E911_DIRTY);
	assert_int_equal(r.state.bound, 0);
	assert_int_equal(r.state.seen.family, 0);
	assert_int_equal(r.place[0].confirmed, NOW);
	assert_int_equal(set("alice@x", "", "2"), 0);
	assert_string_equal(is_at("alice@x", ""), "2");
	assert_int_equal(e911_cache_count(), 2);
	assert_int_equal(counted[E911_STAT_SET], 2);
}

static void refuses_names_that_are_none(void **state)
{
	char longer[200];

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(set("alice", "", "1"), E911_ERR_VALUE);
	assert_int_equal(set("", "", "1"), E911_ERR_VALUE);
	assert_int_equal(set("alice@x", "a b", "1"), E911_ERR_VALUE);
	assert_int_equal(set("alice@x", longer, "1"), E911_ERR_LONG);
	memcpy(longer + 150, "@x", 3);
	assert_int_equal(set(longer, "", "1"), E911_ERR_LONG);
	assert_int_equal(counted[E911_STAT_REFUSED], 5);
	assert_int_equal(counted[E911_STAT_SET], 0);
	assert_int_equal(e911_cache_count(), 0);
	assert_string_equal(get_told(), "");
}

static void without_a_database_all_is_stored(void **state)
{
	(void)state;
	assert_int_equal(set("alice@x", "", "1"), 0);
	assert_int_equal(ticket, 0);
	assert_true(e911_provision_is_stored(0));
	assert_true(e911_provision_is_stored(5));
	assert_int_equal(record_of("alice@x", "").state.dirty, E911_CLEAN);
	e911_provision_tell(&(str)str_init("a@x"), &(str)str_init(""));
	assert_int_equal(counted[E911_STAT_STORE_LOST], 0);
}

static void a_registered_contact_goes_by_its_instance(void **state)
{
	e911_network_t n;
	e911_record_t r;

	(void)state;
	phone.there = 1;
	assert_int_equal(set("alice@x", "alice@10.0.0.1:5060", "1"), 0);
	assert_string_equal(get_told(), "0 alice@x/urn:uuid:1 ");
	r = record_of("alice@x", "urn:uuid:1");
	assert_int_equal(r.places, 1);
	assert_int_equal(r.state.bound, 1);
	assert_true(r.state.mark == 77);
	assert_int_equal(r.state.until, e911_now() + 600);
	assert_int_equal(r.state.port, 5060);
	assert_int_equal(r.state.proto, 1);
	assert_int_equal(r.state.connection, 9);
	n = network_of(N1);
	assert_true(e911_network_equal(&r.state.home, &n));
	assert_int_equal(r.place[0].network.family, 4);
	assert_int_equal(set("alice@x", "192.0.2.1:5060", "2"), 0);
	assert_int_equal(e911_cache_count(), 1);
	assert_string_equal(is_at("alice@x", "urn:uuid:1"), "2");
	/* for all devices: where one of them is, under no device's name */
	assert_int_equal(set("alice@x", "", "3"), 0);
	assert_string_equal(is_at("alice@x", ""), "3");
	assert_int_equal(record_of("alice@x", "").state.bound, 1);
	/* another name is another device */
	assert_int_equal(set("alice@x", "urn:uuid:2", "4"), 0);
	assert_int_equal(record_of("alice@x", "urn:uuid:2").state.bound, 0);
	assert_int_equal(e911_cache_count(), 3);
}

/* stated before it registered, under what was known then */
static void a_device_has_one_record(void **state)
{
	int n;

	(void)state;
	set("alice@x", "alice@10.0.0.1:5060", "1");
	phone.there = 1;
	assert_int_equal(get_number("alice@x", "urn:uuid:1", "1"), 0);
	assert_int_equal(confirm_it("alice@x", "192.0.2.1:5060"), 0);
	assert_int_equal(e911_cache_count(), 1);
	set("alice@x", "alice@10.0.0.1:5060", "2");
	assert_string_equal(is_at("alice@x", "urn:uuid:1"), "2");
	assert_int_equal(e911_cache_count(), 1);
	assert_int_equal(del("alice@x", "alice@10.0.0.1:5060", &n), 0);
	assert_int_equal(e911_cache_count(), 0);
}

static void the_network_given_is_where_it_was_stated(void **state)
{
	e911_record_t r;

	(void)state;
	phone.there = 1;
	set("alice@x", "urn:uuid:1", "1");
	assert_int_equal(
			set_with("alice@x", "urn:uuid:1", "2", (more_t){.network = N2}), 0);
	r = record_of("alice@x", "urn:uuid:1");
	assert_int_equal(r.places, 2);
	assert_int_equal(r.state.place, 1);
	assert_string_equal(number_in(&r, 0), "1");
	assert_string_equal(number_in(&r, 1), "2");
	/* and back in the place of the first */
	set("alice@x", "urn:uuid:1", "3");
	r = record_of("alice@x", "urn:uuid:1");
	assert_int_equal(r.places, 2);
	assert_int_equal(r.state.place, 0);
	assert_string_equal(number_in(&r, 0), "3");
}

static void the_sites_rule_says_what_is_one_network(void **state)
{
	str row = str_init("name=hq;script=yes;network4=16"), bad;
	uint32_t hq = e911_site_id(&(str)str_init("hq"));

	(void)state;
	assert_int_equal(e911_sites_add(settings.sites, &row, &bad), 0);
	set_with("a@x", "", "1", (more_t){.network = "10.1.1.1"});
	set_with("a@x", "", "2", (more_t){.network = "10.1.2.2"});
	assert_int_equal(record_of("a@x", "").places, 2);
	set_with("b@x", "", "1", (more_t){.network = "10.1.1.1", .site = hq});
	set_with("b@x", "", "2", (more_t){.network = "10.1.2.2"});
	assert_int_equal(record_of("b@x", "").places, 1);
	assert_true(record_of("b@x", "").state.site == hq);
	assert_string_equal(
			e911_provision_site(&(str)str_init("b@x"), hq)->name, "hq");
	assert_string_equal(
			e911_provision_site(&(str)str_init("b@x"), 0)->name, "default");
}

static void is_kept_as_long_as_it_is_said(void **state)
{
	(void)state;
	set_with("a@x", "", "1",
			(more_t){.ttl = 60, .network = "", .until = NOW + 600});
	assert_int_equal(record_of("a@x", "").state.expires, e911_now() + 60);
	assert_int_equal(record_of("a@x", "").state.retained, e911_now() + 600);
	set_with("a@x", "", "1", (more_t){.ttl = 0x7fffffff, .network = ""});
	assert_false(e911_passed(record_of("a@x", "").state.expires, e911_now()));
	assert_int_equal(record_of("a@x", "").state.retained, 0);
	set("a@x", "", "2");
	assert_int_equal(record_of("a@x", "").state.expires, 0);
}

/* as one that went, or came out of the database */
static int weaken(e911_view_t *view, void *arg)
{
	(void)arg;
	view->state->gone = e911_now() + 5;
	view->state->moved = 1;
	view->state->bound = 1;
	view->state->restored = 1;
	view->state->home = network_of(N2);
	view->state->port = 5060;
	view->state->connection = 7;
	return E911_VISIT_CHANGED;
}

/* it is registered, as far as is known */
static int is_there(e911_view_t *view, void *arg)
{
	view->state->until = *(uint32_t *)arg;
	view->state->bound = 1;
	view->state->home = network_of(N2);
	view->state->port = 5060;
	return E911_VISIT_CHANGED;
}

static void stating_makes_it_fresh(void **state)
{
	e911_record_t r;

	(void)state;
	set("alice@x", "", "1");
	e911_cache_visit(&(str)str_init("alice@x"), weaken, NULL);
	set("alice@x", "", "2");
	r = record_of("alice@x", "");
	assert_int_equal(r.state.gone, 0);
	assert_int_equal(r.state.moved, 0);
	assert_int_equal(r.state.restored, 0);
	/* it has to register again in time, and proves nobody until then */
	assert_int_equal(r.state.until, e911_now() + PATIENCE);
	assert_int_equal(r.state.home.family, 0);
	assert_int_equal(r.state.port, 0);
	assert_int_equal(r.state.connection, 0);
}

static void stating_leaves_a_registration_as_it_is(void **state)
{
	uint32_t until = e911_now() + 5;
	str aor = s_of("alice@x");
	e911_record_t r;

	(void)state;
	set("alice@x", "", "1");
	e911_cache_visit(&aor, is_there, &until);
	set("alice@x", "", "2");
	r = record_of("alice@x", "");
	assert_int_equal(r.state.until, until);
	assert_int_equal(r.state.home.family, 4);
	assert_int_equal(r.state.port, 5060);
	/* but one that is over */
	pass(5);
	set("alice@x", "", "3");
	r = record_of("alice@x", "");
	assert_int_equal(r.state.until, e911_now() + PATIENCE);
	assert_int_equal(r.state.home.family, 0);
	assert_int_equal(r.state.port, 0);
}

/* ----- confirming ----- */

static void confirming_wants_something_to_confirm(void **state)
{
	(void)state;
	assert_int_equal(confirm_it("alice@x", ""), E911_ERR_NONE);
	assert_int_equal(confirm_it("alice", ""), E911_ERR_VALUE);
	set("alice@x", "", "1");
	assert_int_equal(confirm_it("alice@x", "phone"), E911_ERR_NONE);
	assert_int_equal(confirm_it("bob@x", ""), E911_ERR_NONE);
	assert_int_equal(counted[E911_STAT_CONFIRMED], 0);
}

static void confirming_is_stating_the_same_again(void **state)
{
	e911_record_t r;

	(void)state;
	phone.there = 1;
	set_with("alice@x", "urn:uuid:1", "1", (more_t){.ttl = 600, .network = ""});
	e911_cache_visit(&(str)str_init("alice@x"), weaken, NULL);
	get_told();
	pass(60);
	phone.network = N2;
	/* by any of its names */
	assert_int_equal(confirm_it("Alice@x", "192.0.2.1:5060"), 0);
	assert_string_equal(get_told(), "0 alice@x/urn:uuid:1 ");
	assert_false(e911_provision_is_stored(ticket));
	r = record_of("alice@x", "urn:uuid:1");
	assert_int_equal(r.state.gone, 0);
	assert_int_equal(r.state.moved, 0);
	assert_int_equal(r.places, 2);
	assert_string_equal(number_in(&r, r.state.place), "1");
	assert_int_equal(r.place[r.state.place].confirmed, NOW + 60);
	assert_int_equal(r.place[r.state.place].location.stated, NOW);
	/* its time goes on */
	assert_int_equal(r.state.expires, e911_now() + 540);
	assert_int_equal(counted[E911_STAT_CONFIRMED], 1);
}

static int hear_elsewhere(e911_view_t *view, void *arg)
{
	view->state->seen = network_of(arg);
	view->state->moved = 1;
	return E911_VISIT_CHANGED;
}

/* which need not be the contact that is first among several */
static void the_aor_is_confirmed_where_it_was_heard_last(void **state)
{
	e911_record_t r;
	e911_network_t last = network_of(N2);

	(void)state;
	phone.there = 1;
	set("alice@x", "", "1");
	e911_cache_visit(&(str)str_init("alice@x"), hear_elsewhere, N2);
	assert_int_equal(confirm_it("alice@x", ""), 0);
	r = record_of("alice@x", "");
	assert_int_equal(r.state.moved, 0);
	assert_int_equal(r.places, 2);
	assert_true(e911_network_equal(&r.place[r.state.place].network, &last));
}

static void what_is_unusable_is_to_be_stated_anew(void **state)
{
	e911_record_t r;

	(void)state;
	assert_int_equal(spoil_it("alice@x", ""), E911_ERR_NONE);
	assert_int_equal(spoil_it("alice", ""), E911_ERR_VALUE);
	phone.there = 1;
	set("alice@x", "urn:uuid:1", "1");
	phone.network = N2;
	set("alice@x", "urn:uuid:1", "2");
	get_told();
	assert_int_equal(spoil_it("Alice@x", "192.0.2.1:5060"), 0);
	assert_string_equal(get_told(), "0 alice@x/urn:uuid:1 ");
	assert_false(e911_provision_is_stored(ticket));
	r = record_of("alice@x", "urn:uuid:1");
	/* only the one in use */
	assert_int_equal(r.places, 2);
	assert_int_equal(r.place[r.state.place].location.verdict, E911_UNUSABLE);
	assert_int_equal(r.place[!r.state.place].location.verdict, E911_UNCHECKED);
	assert_int_equal(r.state.dirty, E911_DIRTY);
	assert_int_equal(confirm_it("alice@x", "urn:uuid:1"), E911_ERR_UNUSABLE);
	assert_int_equal(counted[E911_STAT_UNUSABLE], 1);
	assert_int_equal(counted[E911_STAT_CONFIRMED], 0);
	set("alice@x", "urn:uuid:1", "2");
	r = record_of("alice@x", "urn:uuid:1");
	assert_int_equal(r.place[r.state.place].location.verdict, E911_UNCHECKED);
	assert_int_equal(confirm_it("alice@x", "urn:uuid:1"), 0);
}

/* ----- taking back ----- */

static void takes_back_one_or_all(void **state)
{
	int n = -1;

	(void)state;
	phone.there = 1;
	set("alice@x", "urn:uuid:1", "1");
	set("alice@x", "urn:uuid:2", "2");
	set("alice@x", "", "3");
	set("bob@x", "", "4");
	get_told();
	/* by any of its names */
	assert_int_equal(del("Alice@x", "alice@10.0.0.1:5060", &n), 0);
	assert_int_equal(n, 1);
	assert_true(ticket > 0);
	assert_string_equal(get_told(), "1 alice@x/urn:uuid:1 ");
	assert_int_equal(del("alice@x", "urn:uuid:1", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(ticket, 0);
	assert_string_equal(get_told(), "");
	assert_int_equal(del("alice@x", "", &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(is_at("alice@x", "urn:uuid:2"), "2");
	set("alice@x", "", "3");
	assert_int_equal(del("alice@x", NULL, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(e911_cache_count(), 1);
	assert_int_equal(counted[E911_STAT_DELETED], 4);
	assert_int_equal(del("alice", NULL, &n), E911_ERR_VALUE);
}

/* its row may still be read: the keeper is told of it in any case */
static void before_all_is_read_a_taking_back_is_remembered(void **state)
{
	int n;

	(void)state;
	loaded = 0;
	assert_int_equal(del("alice@x", "phone", &n), 0);
	assert_int_equal(n, 0);
	assert_true(ticket > 0);
	assert_string_equal(get_told(), "1 alice@x/phone ");
	assert_int_equal(del("alice@x", NULL, &n), 0);
	assert_string_equal(get_told(), "2 alice@x/ ");
	set("alice@x", "", "1");
	get_told();
	assert_int_equal(del("alice@x", "", &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(get_told(), "1 alice@x/ 1 alice@x/ ");
}

/* ----- looking up ----- */

static void is_found_by_any_of_its_names(void **state)
{
	(void)state;
	set("alice@x", "", "1");
	phone.there = 1;
	set("alice@x", "urn:uuid:1", "2");
	assert_int_equal(get_number("SIP:Alice@x", "", "1"), 0);
	assert_int_equal(get_number("alice@x", "URN:uuid:1", "2"), 0);
	assert_int_equal(get_number("alice@x", "alice@10.0.0.1:5060", "2"), 0);
	assert_int_equal(get_number("alice@x", "urn:uuid:2", ""), E911_ERR_NONE);
	assert_int_equal(get_number("bob@x", "", ""), E911_ERR_NONE);
	assert_int_equal(get_number("bob", "", ""), E911_ERR_VALUE);
	phone.there = 0;
	assert_int_equal(
			get_number("alice@x", "alice@10.0.0.1:5060", ""), E911_ERR_NONE);
}

/* ----- out of the database ----- */

static e911_record_t row_of(const char *aor, int bound, time_t until)
{
	str a = s_of(aor), none = s_of("");
	e911_location_t l;
	e911_record_t r;

	assert_int_equal(e911_record_init(&r, &a, &none), 0);
	e911_location_init(&l, E911_FROM_DB, NOW);
	l.until = until;
	e911_location_set(&l, E911_F_HNO, "9", 1);
	r.places = 1;
	r.place[0] = (e911_place_t){.confirmed = NOW};
	memcpy(&r.place[0].location, &l, E911_LOCATION_SIZE(&l));
	r.state.bound = (unsigned char)bound;
	return r;
}

static int restore(e911_record_t *r)
{
	/* the strings of a copy are its own */
	r->aor.s = r->aor_mem;
	r->contact.s = r->contact_mem;
	return e911_provision_restore(r);
}

static void what_is_restored_is_as_it_was(void **state)
{
	e911_record_t r = row_of("alice@x", 1, NOW + 60);

	(void)state;
	assert_int_equal(restore(&r), 0);
	r = record_of("alice@x", "");
	assert_int_equal(r.state.restored, 1);
	assert_int_equal(r.state.dirty, E911_CLEAN);
	assert_int_equal(r.state.until, e911_now() + PATIENCE);
	assert_int_equal(r.state.retained, e911_now() + 60);
	r = row_of("bob@x", 0, 0);
	assert_int_equal(restore(&r), 0);
	assert_int_equal(record_of("bob@x", "").state.until, 0);
	r = row_of("carol@x", 1, 0);
	r.state.gone = e911_now() + 5;
	assert_int_equal(restore(&r), 0);
	assert_int_equal(record_of("carol@x", "").state.until, 0);
	assert_string_equal(get_told(), "");
}

static void what_is_newer_stays(void **state)
{
	e911_record_t r = row_of("alice@x", 0, 0);

	(void)state;
	set("alice@x", "", "1");
	assert_int_equal(restore(&r), 0);
	assert_string_equal(is_at("alice@x", ""), "1");
	assert_int_equal(record_of("alice@x", "").state.restored, 0);
}

static void a_full_table_takes_no_more(void **state)
{
	e911_record_t r;
	char aor[16];
	int i;

	(void)state;
	for(i = 0; i < ROOM; i++) {
		sprintf(aor, "u%d@x", i);
		assert_int_equal(set(aor, "", "1"), 0);
	}
	r = row_of("alice@x", 0, 0);
	assert_int_equal(restore(&r), E911_ERR_FULL);
	assert_int_equal(set("alice@x", "", "1"), E911_ERR_FULL);
	assert_int_equal(counted[E911_STAT_REFUSED], 1);
}

static void only_what_came_from_there_is_forgotten(void **state)
{
	e911_record_t r = row_of("alice@x", 0, 0);
	str alice = s_of("alice@x"), none = s_of(""), phone_name = s_of("phone");

	(void)state;
	assert_int_equal(restore(&r), 0);
	set("alice@x", "phone", "1");
	get_told();
	e911_provision_forget(&alice, &phone_name);
	assert_string_equal(get_told(), "");
	e911_provision_forget(&alice, NULL);
	assert_string_equal(get_told(), "0 alice@x/ ");
	assert_string_equal(is_at("alice@x", ""), "");
	assert_string_equal(is_at("alice@x", "phone"), "1");
	r = row_of("alice@x", 0, 0);
	assert_int_equal(restore(&r), 0);
	e911_provision_forget(&alice, &phone_name);
	assert_int_equal(e911_cache_count(), 2);
	e911_provision_forget(&alice, &none);
	assert_int_equal(e911_cache_count(), 1);
	/* stated again: it is no longer what came from there */
	r = row_of("bob@x", 0, 0);
	assert_int_equal(restore(&r), 0);
	set("bob@x", "", "2");
	e911_provision_forget(&(str)str_init("bob@x"), NULL);
	assert_string_equal(is_at("bob@x", ""), "2");
}

/* ----- places past their retention ----- */

static void purging_keeps_the_place_in_use(void **state)
{
	static const time_t untils[] = {NOW + 60, 0, NOW + 60, NOW + 120};
	str aor = s_of("a@x"), none = s_of("");
	char hno[2] = "0", network[16];
	e911_record_t r;
	int i;

	(void)state;
	for(i = 0; i < 4; i++) {
		hno[0] = (char)('1' + i);
		sprintf(network, "10.0.0.%d", i);
		set_with("a@x", "", hno,
				(more_t){.network = network, .until = untils[i]});
	}
	set_with(
			"a@x", "", "3", (more_t){.network = "10.0.0.2", .until = NOW + 60});
	get_told();
	pass(60);
	e911_provision_purge(&aor, &none);
	assert_string_equal(get_told(), "0 a@x/ ");
	r = record_of("a@x", "");
	assert_int_equal(r.places, 3);
	assert_string_equal(number_in(&r, 0), "2");
	assert_string_equal(number_in(&r, 1), "3");
	assert_string_equal(number_in(&r, 2), "4");
	assert_int_equal(r.state.place, 1);
	pass(60);
	e911_provision_purge(&aor, &none);
	r = record_of("a@x", "");
	assert_int_equal(r.places, 2);
	assert_string_equal(number_in(&r, r.state.place), "3");
	/* of one that is not there nothing is made */
	get_told();
	e911_provision_purge(&(str)str_init("b@x"), &none);
	assert_string_equal(get_told(), "");
	assert_int_equal(e911_cache_count(), 1);
}

/* ----- many at once ----- */

static int meddlings;

static int meddle(e911_view_t *view, void *arg)
{
	(void)arg;
	view->state->bound = 1;
	return E911_VISIT_CHANGED;
}

static void change_it_meanwhile(void)
{
	if(meddlings-- > 0)
		e911_cache_visit(&(str)str_init("alice@x"), meddle, NULL);
}

static void who_was_quicker_is_not_undone(void **state)
{
	(void)state;
	set("alice@x", "", "1");
	in_the_midst = change_it_meanwhile;
	meddlings = 3;
	assert_int_equal(set("alice@x", "", "2"), 0);
	assert_string_equal(is_at("alice@x", ""), "2");
	assert_int_equal(record_of("alice@x", "").state.bound, 1);
	meddlings = 1000;
	assert_int_equal(set("alice@x", "", "3"), E911_ERR_AGAIN);
	assert_int_equal(meddlings, 1000 - TRIES);
	assert_string_equal(is_at("alice@x", ""), "2");
}

/* ----- memory that fails ----- */

static void without_memory_what_was_there_stays(void **state)
{
	int n;

	(void)state;
	set("alice@x", "", "1");
	get_told();
	ksr_allow(0);
	assert_int_equal(set("alice@x", "", "2"), E911_ERR_MEM);
	assert_int_equal(confirm_it("alice@x", ""), E911_ERR_MEM);
	assert_int_equal(counted[E911_STAT_REFUSED], 1);
	assert_string_equal(is_at("alice@x", ""), "1");
	/* in force, and to be made good in the database */
	ksr_allow(1);
	assert_int_equal(set("alice@x", "", "3"), 0);
	assert_int_equal(counted[E911_STAT_STORE_LOST], 1);
	assert_true(ticket > 0 && e911_queue_lost(queue) == ticket);
	assert_string_equal(is_at("alice@x", ""), "3");
	/* taking back needs none */
	ksr_allow(0);
	assert_int_equal(del("alice@x", NULL, &n), 0);
	ksr_allow(-1);
	assert_int_equal(n, 1);
	assert_int_equal(counted[E911_STAT_STORE_LOST], 2);
	assert_int_equal(e911_cache_count(), 0);
}

/* ----- verdicts ----- */

static e911_assessment_t assessment;

static e911_assessment_t *says(int verdict, const char *hno)
{
	e911_location_t *l = &assessment.suggestion[0];

	memset(&assessment, 0, offsetof(e911_assessment_t, suggestion));
	assessment.verdict = verdict;
	strcpy(assessment.validator, "lvf");
	e911_location_init(l, E911_FROM_DB, 0);
	if(hno)
		assert_int_equal(e911_location_set(l, E911_F_HNO, hno, strlen(hno)), 0);
	assessment.n = hno != NULL;
	return &assessment;
}

static int assess(
		const char *aor, const e911_location_t *l, int verdict, const char *hno)
{
	str a = tight_z(aor), c = tight_z("");
	int err = e911_provision_assessed(&a, &c, l, says(verdict, hno));

	free(a.s);
	free(c.s);
	return err;
}

static void a_verdict_is_put_where_that_very_location_stands(void **state)
{
	e911_record_t r, before;

	(void)state;
	set("a@x", "", "1");
	before = record_of("a@x", "");
	get_told();
	assert_int_equal(
			assess("a@x", &before.place[0].location, E911_CORRECTED, "2"), 0);
	assert_string_equal(get_told(), "0 a@x/ ");
	assert_string_equal(is_at("a@x", ""), "2");
	r = record_of("a@x", "");
	assert_int_equal(r.place[0].location.verdict, E911_CORRECTED);
	assert_int_equal(r.place[0].location.stated, NOW);
	assert_int_equal(r.place[0].location.origin, E911_FROM_RPC);
	assert_true(r.state.version > before.state.version);
	assert_int_equal(r.state.dirty, E911_DIRTY);
	/* it is another one now */
	assert_int_equal(
			assess("a@x", &before.place[0].location, E911_INVALID, NULL),
			E911_ERR_NONE);
	assert_string_equal(is_at("a@x", ""), "2");
	assert_int_equal(
			assess("b@x", &before.place[0].location, E911_INVALID, NULL),
			E911_ERR_NONE);
	assert_string_equal(get_told(), "");
	assert_int_equal(e911_cache_count(), 1);
}

static void a_verdict_comes_too_late_for_what_was_stated_anew(void **state)
{
	e911_record_t before;

	(void)state;
	set("a@x", "", "1");
	before = record_of("a@x", "");
	pass(1);
	set("a@x", "", "1");
	assert_int_equal(
			assess("a@x", &before.place[0].location, E911_INVALID, NULL),
			E911_ERR_NONE);
	spoil_it("a@x", "");
	before = record_of("a@x", "");
	assert_int_equal(assess("a@x", &before.place[0].location, E911_VALID, NULL),
			E911_ERR_NONE);
	assert_int_equal(
			record_of("a@x", "").place[0].location.verdict, E911_UNUSABLE);
}

static void every_place_may_have_its_verdict(void **state)
{
	e911_record_t r;

	(void)state;
	set_with("a@x", "", "1", (more_t){.network = N1});
	r = record_of("a@x", "");
	set_with("a@x", "", "2", (more_t){.network = N2});
	assert_int_equal(
			assess("a@x", &r.place[0].location, E911_INVALID, NULL), 0);
	r = record_of("a@x", "");
	assert_int_equal(r.state.place, 1);
	assert_int_equal(r.place[0].location.verdict, E911_INVALID);
	assert_int_equal(r.place[1].location.verdict, E911_UNCHECKED);
	assert_string_equal(is_at("a@x", ""), "2");
}

static int say_by_sip(const char *hno, time_t stated)
{
	e911_location_t l;
	e911_order_t order = {.aor = s_of("a@x"), .location = &l};

	e911_location_init(&l, E911_FROM_SIP, stated);
	e911_location_set(&l, E911_F_HNO, hno, strlen(hno));
	return e911_provision_set(&order, &ticket);
}

static void what_a_phone_says_again_keeps_its_verdict(void **state)
{
	e911_record_t r;

	(void)state;
	assert_int_equal(say_by_sip("1", NOW), 0);
	r = record_of("a@x", "");
	assert_int_equal(r.place[0].said, 0);
	assert_int_equal(
			assess("a@x", &r.place[0].location, E911_CORRECTED, "2"), 0);
	assert_int_equal(say_by_sip("1", NOW + 9), 0);
	r = record_of("a@x", "");
	assert_string_equal(is_at("a@x", ""), "2");
	assert_int_equal(r.place[0].location.verdict, E911_CORRECTED);
	assert_int_equal(r.place[0].location.stated, NOW + 9);
	/* also behind a later verdict, and a confirmation */
	assert_int_equal(assess("a@x", &r.place[0].location, E911_VALID, "3"), 0);
	assert_int_equal(confirm_it("a@x", ""), 0);
	assert_int_equal(say_by_sip("1", NOW + 10), 0);
	assert_string_equal(is_at("a@x", ""), "3");
	/* another one is another one, and so is what is unusable */
	assert_int_equal(say_by_sip("3", NOW + 11), 0);
	r = record_of("a@x", "");
	assert_int_equal(r.place[0].location.verdict, E911_UNCHECKED);
	assert_int_equal(say_by_sip("1", NOW + 12), 0);
	assert_string_equal(is_at("a@x", ""), "1");
	r = record_of("a@x", "");
	assert_int_equal(r.place[0].location.verdict, E911_UNCHECKED);
	assert_int_equal(
			assess("a@x", &r.place[0].location, E911_INVALID, NULL), 0);
	assert_int_equal(spoil_it("a@x", ""), 0);
	assert_int_equal(say_by_sip("1", NOW + 13), 0);
	assert_int_equal(
			record_of("a@x", "").place[0].location.verdict, E911_UNCHECKED);
	/* who states it by command wants to know */
	r = record_of("a@x", "");
	assert_int_equal(
			assess("a@x", &r.place[0].location, E911_INVALID, NULL), 0);
	assert_int_equal(set("a@x", "", "1"), 0);
	assert_int_equal(
			record_of("a@x", "").place[0].location.verdict, E911_UNCHECKED);
}

static struct
{
	int n;
	char aor[64];
	char site[64];
	char hno[16];
} heard;

static uint64_t hear(const str *aor, const str *contact,
		const e911_site_t *site, const e911_location_t *l)
{
	str hno = STR_NULL;

	(void)contact;
	e911_location_get(l, E911_F_HNO, &hno);
	sprintf(heard.aor, "%.*s", aor->len, aor->s);
	sprintf(heard.hno, "%.*s", hno.len, hno.s);
	strcpy(heard.site, site->name);
	return 40 + (uint64_t)++heard.n;
}

static void tells_of_what_nobody_has_checked(void **state)
{
	e911_location_t l;
	uint64_t job = 7;
	e911_order_t order = {.aor = s_of("A@x"), .location = &l, .job = &job};

	(void)state;
	memset(&heard, 0, sizeof(heard));
	e911_location_init(&l, E911_FROM_RPC, wall);
	e911_location_set(&l, E911_F_HNO, "5", 1);
	/* nobody wants to know */
	assert_int_equal(e911_provision_set(&order, &ticket), 0);
	assert_int_equal(job, 0);
	e911_provision_watch(hear);
	assert_int_equal(e911_provision_set(&order, &ticket), 0);
	assert_int_equal(job, 41);
	assert_string_equal(heard.aor, "a@x");
	assert_string_equal(heard.hno, "5");
	assert_string_equal(heard.site, "default");
	l.verdict = E911_VALID;
	assert_int_equal(e911_provision_set(&order, &ticket), 0);
	assert_int_equal(job, 0);
	assert_int_equal(heard.n, 1);
	e911_provision_watch(NULL);
}

static void asks_less_and_less_often(void **state)
{
	str aor = s_of("a@x"), any = s_of("");
	uint32_t wait, last = 0;
	int i;

	(void)state;
	set("a@x", "", "1");
	get_told();
	assert_int_equal(record_of("a@x", "").state.asked, 0);
	e911_provision_asked(&aor, &any, 0);
	assert_int_equal(record_of("a@x", "").state.asked, e911_now() + ASKING);
	for(i = 0; i < 9; i++) {
		e911_provision_asked(&aor, &any, 1);
		wait = record_of("a@x", "").state.asked - e911_now();
		assert_in_range(wait, i < 6 ? 60u << i : 3600,
				i < 6 ? (60u << i) * 5 / 4 : 3600 * 5 / 4);
		assert_true(wait > last || i >= 6);
		last = wait;
	}
	assert_string_equal(get_told(), "");
	set("a@x", "", "1");
	assert_int_equal(record_of("a@x", "").state.asked, 0);
	e911_provision_asked(&aor, &any, 1);
	assert_in_range(record_of("a@x", "").state.asked - e911_now(), 60, 75);
}

static void says_whose_site_a_record_is_under(void **state)
{
	static const char row[] = "name=hq;domain=other";
	str s = {(char *)row, sizeof(row) - 1}, bad, aor = s_of("a@x"),
		any = s_of(""), none = s_of("nobody");
	const e911_site_t *site = NULL;

	(void)state;
	assert_int_equal(e911_sites_add(settings.sites, &s, &bad), 0);
	assert_int_equal(e911_provision_site_of(&aor, &any, &site), 0);
	assert_string_equal(site->name, "default");
	set_with("a@x", "", "1",
			(more_t){
					.network = "", .site = e911_site_id(&(str)str_init("hq"))});
	assert_int_equal(e911_provision_site_of(&aor, &any, &site), 0);
	assert_string_equal(site->name, "hq");
	assert_int_equal(
			e911_provision_site_of(&none, &any, &site), E911_ERR_VALUE);
}

/* ----- against lost updates ----- */

static int set_if(const char *aor, const char *hno, int match, uint64_t version)
{
	e911_order_t order = {.match = match, .version = version};
	e911_location_t l;
	int err;

	e911_location_init(&l, E911_FROM_HTTP, wall);
	assert_int_equal(e911_location_set(&l, E911_F_HNO, hno, strlen(hno)), 0);
	order.location = &l;
	order.aor = tight_z(aor);
	err = e911_provision_set(&order, &ticket);
	free(order.aor.s);
	return err;
}

static void only_what_was_seen_is_replaced(void **state)
{
	uint64_t version;

	(void)state;
	assert_int_equal(set_if("a@x", "1", E911_MATCH_SOMETHING, 0), E911_ERR_OLD);
	assert_int_equal(set_if("a@x", "1", E911_MATCH_VERSION, 0), E911_ERR_OLD);
	assert_int_equal(set_if("a@x", "1", E911_MATCH_NOTHING, 0), 0);
	assert_int_equal(set_if("a@x", "2", E911_MATCH_NOTHING, 0), E911_ERR_OLD);
	version = record_of("a@x", "").state.version;
	assert_int_equal(set_if("a@x", "2", E911_MATCH_VERSION, version), 0);
	assert_int_equal(
			set_if("a@x", "3", E911_MATCH_VERSION, version), E911_ERR_OLD);
	assert_string_equal(is_at("a@x", ""), "2");
	assert_int_equal(set_if("a@x", "4", E911_MATCH_SOMETHING, 0), 0);
	assert_int_equal(set_if("a@x", "5", E911_MATCH_ANY, 0), 0);
	assert_string_equal(is_at("a@x", ""), "5");
}

static uint64_t seen;
static int rivals;

/* another one states just before ours is put */
static void state_between(void)
{
	if(rivals-- <= 0)
		return;
	in_the_midst = NULL;
	assert_int_equal(set("a@x", "", "9"), 0);
}

static void who_is_quicker_wins(void **state)
{
	(void)state;
	set("a@x", "", "1");
	seen = record_of("a@x", "").state.version;
	rivals = 1;
	in_the_midst = state_between;
	assert_int_equal(
			set_if("a@x", "2", E911_MATCH_VERSION, seen), E911_ERR_OLD);
	in_the_midst = NULL;
	assert_string_equal(is_at("a@x", ""), "9");
}

static int del_version(const char *aor, const char *contact, uint64_t version)
{
	str a = tight_z(aor), c = tight_z(contact);
	int err = e911_provision_del_version(&a, &c, version, &ticket);

	free(a.s);
	free(c.s);
	return err;
}

static void only_what_was_seen_is_taken_back(void **state)
{
	uint64_t version;

	(void)state;
	assert_int_equal(del_version("a@x", "p", 7), E911_ERR_NONE);
	set("a@x", "p", "1");
	set("a@x", "", "2");
	version = record_of("a@x", "p").state.version;
	set("a@x", "p", "3");
	get_told();
	assert_int_equal(del_version("a@x", "p", version), E911_ERR_OLD);
	assert_string_equal(is_at("a@x", "p"), "3");
	assert_string_equal(get_told(), "");
	version = record_of("a@x", "p").state.version;
	assert_int_equal(del_version("a@x", "p", version), 0);
	assert_string_equal(is_at("a@x", "p"), "");
	assert_string_equal(get_told(), "1 a@x/p ");
	assert_string_equal(is_at("a@x", ""), "2");
}

static int forget_one(const char *aor, int place, uint64_t version)
{
	str a = tight_z(aor), any = STR_NULL;
	int err = e911_provision_forget_place(&a, &any, place, version);

	free(a.s);
	return err;
}

static void a_place_is_forgotten_but_not_the_one_in_use(void **state)
{
	e911_record_t r;

	(void)state;
	assert_int_equal(forget_one("a@x", 0, 1), E911_ERR_NONE);
	set_with("a@x", "", "1", (more_t){.network = N1});
	set_with("a@x", "", "2", (more_t){.network = N2});
	r = record_of("a@x", "");
	assert_int_equal(r.places, 2);
	assert_int_equal(
			forget_one("a@x", r.state.place, r.state.version), E911_ERR_VALUE);
	assert_int_equal(forget_one("a@x", 0, r.state.version + 1), E911_ERR_OLD);
	assert_int_equal(forget_one("a@x", 2, r.state.version), E911_ERR_NONE);
	assert_int_equal(forget_one("a@x", -1, r.state.version), E911_ERR_NONE);
	assert_int_equal(forget_one("a@x", 0, r.state.version), 0);
	assert_int_equal(record_of("a@x", "").places, 1);
	assert_string_equal(is_at("a@x", ""), "2");
}

static void names_the_devices_of_an_aor(void **state)
{
	static e911_contacts_t all;
	str a = tight_z("sip:A@x");
	int i, n;

	(void)state;
	assert_int_equal(e911_provision_contacts(&a, &all), 0);
	set("a@x", "p", "1");
	set("a@x", "", "2");
	set("b@x", "q", "3");
	n = e911_provision_contacts(&a, &all);
	free(a.s);
	assert_int_equal(n, 2);
	for(i = 0; i < n; i++)
		assert_true(all.contact[i].len == 0 || is_z(&all.contact[i], "p"));
	assert_int_not_equal(all.contact[0].len, all.contact[1].len);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(is_kept_under_its_normal_names),
			WITH(refuses_names_that_are_none),
			cmocka_unit_test_setup_teardown(without_a_database_all_is_stored,
					up_without_database, down),
			WITH(a_registered_contact_goes_by_its_instance),
			WITH(a_device_has_one_record),
			WITH(the_network_given_is_where_it_was_stated),
			WITH(the_sites_rule_says_what_is_one_network),
			WITH(is_kept_as_long_as_it_is_said),
			WITH(stating_makes_it_fresh),
			WITH(stating_leaves_a_registration_as_it_is),
			WITH(confirming_wants_something_to_confirm),
			WITH(confirming_is_stating_the_same_again),
			WITH(the_aor_is_confirmed_where_it_was_heard_last),
			WITH(what_is_unusable_is_to_be_stated_anew),
			WITH(takes_back_one_or_all),
			WITH(before_all_is_read_a_taking_back_is_remembered),
			WITH(is_found_by_any_of_its_names),
			WITH(what_is_restored_is_as_it_was),
			WITH(what_is_newer_stays),
			WITH(a_full_table_takes_no_more),
			WITH(only_what_came_from_there_is_forgotten),
			WITH(purging_keeps_the_place_in_use),
			WITH(who_was_quicker_is_not_undone),
			WITH(without_memory_what_was_there_stays),
			WITH(a_verdict_is_put_where_that_very_location_stands),
			WITH(a_verdict_comes_too_late_for_what_was_stated_anew),
			WITH(every_place_may_have_its_verdict),
			WITH(what_a_phone_says_again_keeps_its_verdict),
			WITH(tells_of_what_nobody_has_checked),
			WITH(asks_less_and_less_often),
			WITH(says_whose_site_a_record_is_under),
			WITH(only_what_was_seen_is_replaced),
			WITH(who_is_quicker_wins),
			WITH(only_what_was_seen_is_taken_back),
			WITH(a_place_is_forgotten_but_not_the_one_in_use),
			WITH(names_the_devices_of_an_aor),
	};

	return cmocka_run_group_tests_name("provision", tests, NULL, NULL);
}
