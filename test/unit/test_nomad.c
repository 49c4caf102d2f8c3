/*
 * The real cache, queue and records; a registrar, a site and two clocks of our
 * own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: cache queue hash device config location field network row strbuf err
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
#include "../../modules/e911/nomad.c"
#include "../../modules/e911/hash.h"

#define NOW 1787320800
#define GRACE 86400
#define N1 "192.0.2.1"
#define N2 "198.51.100.2"
#define N3 "203.0.113.3"

static void pass(time_t seconds)
{
	wall += seconds;
	uptime += seconds;
}

/* ----- stand-ins: counters, the database, sites ----- */

static int counted[E911_STATS];
static int told;
static char purged[64];
static e911_site_t site, other_site;

void e911_stats_count(int stat)
{
	counted[stat]++;
}

void e911_provision_tell(const str *aor, const str *contact)
{
	told++;
}

void e911_provision_purge(const str *aor, const str *contact)
{
	snprintf(purged + strlen(purged), sizeof(purged) - strlen(purged),
			"%.*s/%.*s ", aor->len, aor->s, contact->len, contact->s);
}

const e911_site_t *e911_provision_site(const str *aor, uint32_t id)
{
	assert_true(memchr(aor->s, '@', aor->len) != NULL);
	return id == 7 ? &other_site : &site;
}

/* ----- a registrar ----- */

struct ucontact
{
	const char *aor;
	const char *name[3];
	const char *network;
	uint32_t until; /* 0: permanent */
	uint64_t mark;
	int there;
	int port, proto, connection;
};

/* two phones of alice, one of bob */
static e911_ucontact_t desk, mobile, bobs;
static e911_ucontact_t *const contacts[] = {&desk, &mobile, &bobs};
static int reads;
static void (*while_looking)(void);

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

void e911_registration_read(const e911_ucontact_t *u, e911_contact_t *contact)
{
	e911_device_t *d = &contact->device;

	reads++;
	memset(contact, 0, sizeof(*contact));
	for(; d->n < 3 && u->name[d->n]; d->n++) {
		strcpy(contact->mem[d->n], u->name[d->n]);
		d->name[d->n] = s_of(contact->mem[d->n]);
	}
	contact->network = network_of(u->network);
	contact->until = u->until;
	contact->mark = u->mark;
	contact->port = u->port;
	contact->proto = u->proto;
	contact->connection = u->connection;
}

static int is_named(const e911_ucontact_t *u, const str *name)
{
	int i;

	for(i = 0; i < 3 && u->name[i]; i++)
		if(is_z(name, u->name[i]))
			return 1;
	return 0;
}

int e911_registration_has_other(const e911_ucontact_t *u, const str *name)
{
	size_t i;

	for(i = 0; i < 3; i++)
		if(contacts[i] != u && contacts[i]->there
				&& strcmp(contacts[i]->aor, u->aor) == 0
				&& (name == NULL || is_named(contacts[i], name)))
			return 1;
	return 0;
}

int e911_registration_find(
		const str *aor, const str *name, e911_contact_t *contact)
{
	size_t i;
	int err = E911_ERR_NONE;

	for(i = 0; i < 3 && err; i++) {
		if(!contacts[i]->there || !is_z(aor, contacts[i]->aor)
				|| (name->len && !is_named(contacts[i], name)))
			continue;
		e911_registration_read(contacts[i], contact);
		err = E911_OK;
	}
	if(while_looking)
		while_looking();
	return err;
}

/* what usrloc tells; mark: as the contact's names are hashed */
static void tell(e911_ucontact_t *u, int event)
{
	str aor = tight_z(u->aor);

	e911_nomad_on_contact(event, &aor, u->mark, u->until, u);
	free(aor.s);
}

static void comes(e911_ucontact_t *u, const char *network, uint64_t mark)
{
	u->network = network;
	u->mark = mark;
	u->until = e911_now() + 3600;
	u->there = 1;
	tell(u, E911_CONTACT_CAME);
}

static void leaves(e911_ucontact_t *u)
{
	u->there = 0;
	tell(u, E911_CONTACT_LEFT);
}

static void is_heard(e911_ucontact_t *u, const char *network, uint32_t id)
{
	e911_network_t n = network_of(network);
	e911_contact_t contact;
	str aor = tight_z(u->aor);

	e911_registration_read(u, &contact);
	e911_nomad_heard(&aor, &contact.device, &n, id);
	free(aor.s);
}

/* ----- records and news ----- */

static e911_queue_t *queue;

/* at network, until then (0: for ever); as provision would state it */
static void state_at(const char *aor, const char *contact, const char *network,
		const char *hno, time_t until)
{
	str a = s_of(aor), c = s_of(contact);
	uint64_t version;
	e911_location_t l;
	e911_record_t r;

	if(e911_cache_get(&a, &c, &r))
		assert_int_equal(e911_record_init(&r, &a, &c), 0);
	if(*network)
		r.state.seen = network_of(network);
	e911_location_init(&l, E911_FROM_RPC, wall);
	l.until = until;
	e911_location_set(&l, E911_F_HNO, hno, strlen(hno));
	e911_record_state(&r, &site.vicinity, &l, wall);
	assert_int_equal(e911_cache_put(&r, &version), 0);
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

/* "HNO freshness", of the place in use */
static const char *is_at(const char *aor, const char *contact)
{
	static char text[64];
	e911_record_t r = record_of(aor, contact);
	const e911_place_t *p = &r.place[r.state.place];
	int reason;
	str hno;

	if(r.places == 0)
		return "";
	assert_int_equal(e911_location_get(&p->location, E911_F_HNO, &hno), 0);
	sprintf(text, "%.*s %s", hno.len, hno.s,
			e911_freshness_name(
					e911_freshness(&r.state, p->confirmed, &site, &reason)));
	return text;
}

static const char *phone_is(void)
{
	return is_at("alice@x", "desk");
}

/* what became known since, and whether it is to be stored */
static const char *get_news(void)
{
	static char text[400];
	e911_item_t *item, *next;
	int n = 0;

	text[0] = '\0';
	e911_queue_take(queue, 10, &item);
	for(; item; item = next) {
		next = item->next;
		n += sprintf(text + n, "%s %.*s/%.*s ", e911_news_name(item->kind),
				item->aor.len, item->aor.s, item->contact.len, item->contact.s);
		shm_free(item);
	}
	n += sprintf(text + n, "%d", told);
	told = 0;
	return text;
}

static unsigned int sweep_all(void)
{
	unsigned int slot = 0, rounds = 0;

	do {
		slot = e911_nomad_sweep(slot, 300);
		rounds++;
	} while(slot);
	return rounds;
}

static int start(int by_user)
{
	memset(counted, 0, sizeof(counted));
	memset(&site, 0, sizeof(site));
	told = reads = 0;
	purged[0] = '\0';
	while_looking = NULL;
	wall = NOW;
	uptime = 100000;
	site.vicinity.bits4 = 32;
	site.vicinity.bits6 = 64;
	other_site = site;
	memset(&desk, 0, sizeof(desk));
	desk.aor = "alice@x";
	desk.name[0] = "desk";
	desk.name[1] = "alice@10.0.0.1:5060";
	desk.network = N1;
	mobile = bobs = desk;
	mobile.name[0] = "mobile";
	mobile.name[1] = bobs.name[1] = NULL;
	bobs.aor = "bob@x";
	if(e911_hash_init() || e911_cache_init(4 * CHECKS_MAX, by_user)
			|| e911_queue_new(&queue, 100))
		return -1;
	e911_nomad_init(queue);
	return 0;
}

static int up(void **state)
{
	(void)state;
	return start(0);
}

static int up_by_user(void **state)
{
	(void)state;
	return start(1);
}

static int down(void **state)
{
	(void)state;
	e911_queue_free(queue);
	e911_cache_destroy();
	return ksr_blocks() != 0;
}

/* ----- moving ----- */

static void stated_before_it_was_heard_from(void **state)
{
	e911_record_t r;

	(void)state;
	state_at("alice@x", "desk", "", "1", 0);
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "1");
	r = record_of("alice@x", "desk");
	assert_true(r.place[0].network.family == 4);
	assert_int_equal(r.state.bound, 1);
	assert_int_equal(r.state.dirty, 1);
	assert_int_equal(r.state.until, e911_now() + 3600);
	assert_true(r.state.mark == 1);
	assert_string_equal(phone_is(), "1 fresh");
}

static void heard_from_elsewhere_it_has_moved_once(void **state)
{
	e911_network_t n;
	e911_record_t r;

	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "1"); /* bound now */
	comes(&desk, N2, 2);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	assert_string_equal(phone_is(), "1 suspect");
	assert_int_equal(record_of("alice@x", "desk").state.dirty, E911_DIRTY);
	n = network_of(N2);
	r = record_of("alice@x", "desk");
	assert_true(e911_network_equal(&r.state.seen, &n));
	/* again from there, and from elsewhere once more */
	comes(&desk, N2, 2);
	comes(&desk, N2, 3);
	is_heard(&desk, N2, 0);
	comes(&desk, N3, 4);
	is_heard(&desk, N3, 0);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 suspect");
	assert_int_equal(counted[E911_STAT_MOVED], 1);
}

static void back_where_it_was_it_has_returned_once(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	comes(&desk, N2, 2);
	get_news();
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "returned alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
	comes(&desk, N1, 5);
	is_heard(&desk, N1, 0);
	assert_string_equal(get_news(), "0");
	assert_int_equal(counted[E911_STAT_RETURNED], 1);
	assert_int_equal(counted[E911_STAT_MOVED], 1);
}

static void each_place_is_known_again(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	state_at("alice@x", "desk", N2, "2", 0);
	comes(&desk, N2, 1);
	assert_string_equal(get_news(), "1");
	comes(&desk, N1, 2);
	assert_string_equal(get_news(), "returned alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
	comes(&desk, N3, 3);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	assert_string_equal(phone_is(), "1 suspect");
	is_heard(&desk, N2, 0);
	assert_string_equal(get_news(), "returned alice@x/desk 1");
	assert_string_equal(phone_is(), "2 fresh");
}

static void a_new_port_or_address_of_the_network_is_nothing(void **state)
{
	str pool = str_init("100.64.0.0/10");

	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	/* another port, another name of the contact: another mark */
	comes(&desk, N1, 99);
	desk.name[1] = "alice@10.0.0.1:61234";
	comes(&desk, N1, 100);
	assert_string_equal(get_news(), "0");
	assert_true(record_of("alice@x", "desk").state.mark == 100);
	/* privacy addresses of one link */
	state_at("alice@x", "desk", "2001:db8::1", "2", 0);
	comes(&desk, "2001:db8::ffff:1", 101);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "2 fresh");
	comes(&desk, "2001:db8:0:1::1", 102);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	/* one pool of addresses */
	assert_int_equal(e911_networks_read(&site.vicinity.pools, &pool), 0);
	state_at("alice@x", "desk", "100.64.1.1", "3", 0);
	comes(&desk, "100.99.7.7", 103);
	is_heard(&desk, "100.127.255.255", 0);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "3 fresh");
}

static void networks_are_compared_as_the_records_site_says(void **state)
{
	(void)state;
	other_site.vicinity.bits4 = 24;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	is_heard(&desk, "192.0.2.77", 7);
	assert_string_equal(get_news(), "1"); /* the site */
	assert_int_equal(record_of("alice@x", "desk").state.site, 7);
	is_heard(&desk, "192.0.2.78", 7);
	is_heard(&desk, "192.0.2.78", 0);
	assert_string_equal(get_news(), "0");
	assert_int_equal(record_of("alice@x", "desk").state.site, 7);
	is_heard(&desk, "192.0.2.78", 8);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	assert_int_equal(record_of("alice@x", "desk").state.site, 8);
}

static void two_devices_move_apart(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	state_at("alice@x", "mobile", N1, "2", 0);
	state_at("bob@x", "desk", N1, "3", 0);
	comes(&desk, N1, 1);
	comes(&mobile, N1, 2);
	comes(&bobs, N1, 3);
	get_news();
	comes(&mobile, N2, 4);
	assert_string_equal(get_news(), "moved alice@x/mobile 1");
	assert_string_equal(phone_is(), "1 fresh");
	assert_string_equal(is_at("alice@x", "mobile"), "2 suspect");
	assert_string_equal(is_at("bob@x", "desk"), "3 fresh");
	comes(&desk, N1, 1);
	comes(&mobile, N2, 4);
	assert_string_equal(get_news(), "0");
	leaves(&mobile);
	assert_string_equal(get_news(), "gone alice@x/mobile 1");
	assert_string_equal(phone_is(), "1 fresh");
}

/* what is stated for the AoR is where any of its devices is */
static void of_the_aor_is_any_device(void **state)
{
	(void)state;
	state_at("alice@x", "", N1, "1", 0);
	comes(&mobile, N1, 2);
	get_news();
	assert_string_equal(is_at("alice@x", ""), "1 fresh");
	comes(&mobile, N2, 3);
	assert_string_equal(get_news(), "moved alice@x/ 1");
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "returned alice@x/ 1");
	/* gone is who has no contact left */
	leaves(&mobile);
	assert_string_equal(get_news(), "0");
	leaves(&desk);
	assert_string_equal(get_news(), "gone alice@x/ 1");
}

static void where_nobody_knows_is_nowhere_else(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, "", 1);
	is_heard(&desk, "", 0);
	assert_string_equal(get_news(), "1"); /* bound now */
	assert_string_equal(phone_is(), "1 fresh");
	assert_true(record_of("alice@x", "desk").state.seen.family == 4);
}

static void strangers_move_nobody(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	comes(&mobile, N2, 2);
	comes(&bobs, N2, 3);
	is_heard(&bobs, N2, 7);
	leaves(&mobile);
	leaves(&bobs);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
}

static void a_refresh_is_only_looked_at(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	reads = 0;
	pass(1800);
	comes(&desk, N1, 1);
	assert_int_equal(reads, 0);
	assert_int_equal(
			record_of("alice@x", "desk").state.until, e911_now() + 3600);
	comes(&bobs, N1, 1);
	assert_int_equal(reads, 0);
	assert_string_equal(get_news(), "0");
}

/* one record has seen it, another that it concerns has not */
static void a_refresh_is_for_all_whom_it_concerns(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	/* stated since, for the AoR and under another name of the device */
	state_at("alice@x", "", N1, "2", 0);
	comes(&desk, N1, 1);
	assert_int_equal(record_of("alice@x", "").state.bound, 1);
	state_at("alice@x", "alice@10.0.0.1:5060", N1, "3", 0);
	comes(&desk, N1, 1);
	assert_int_equal(
			record_of("alice@x", "alice@10.0.0.1:5060").state.bound, 1);
	get_news();
	/* of the AoR it is the last one heard of that counts */
	comes(&mobile, N2, 2);
	assert_string_equal(get_news(), "moved alice@x/ 1");
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "returned alice@x/ 1");
}

static void the_flow_is_kept_as_it_registered(void **state)
{
	e911_network_t n;
	e911_record_t r;

	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	desk.port = 65535;
	desk.proto = 2;
	desk.connection = 77;
	comes(&desk, N1, 1);
	r = record_of("alice@x", "desk");
	assert_int_equal(r.state.port, 65535);
	assert_int_equal(r.state.proto, 2);
	assert_int_equal(r.state.connection, 77);
	n = network_of(N1);
	assert_true(e911_network_equal(&r.state.home, &n));
	/* who calls tells nothing of that */
	desk.port = 1;
	is_heard(&desk, N2, 0);
	r = record_of("alice@x", "desk");
	assert_true(e911_network_equal(&r.state.home, &n));
	assert_int_equal(record_of("alice@x", "desk").state.port, 65535);
	desk.connection = 0;
	comes(&desk, N1, 2);
	assert_int_equal(record_of("alice@x", "desk").state.port, 1);
	assert_int_equal(record_of("alice@x", "desk").state.connection, 0);
}

/* registered at N1 as before, it called from N2 meanwhile */
static void after_a_call_from_elsewhere_a_refresh_tells_anew(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	is_heard(&desk, N2, 0);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "returned alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
	reads = 0;
	comes(&desk, N1, 1);
	assert_int_equal(reads, 0);
}

static void a_caller_brings_no_contact_back(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	leaves(&desk);
	get_news();
	is_heard(&desk, N1, 0);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 expired");
}

static void a_registrar_without_domains_tells_users(void **state)
{
	(void)state;
	desk.aor = "alice";
	state_at("alice@x", "desk", N1, "1", 0);
	state_at("alice@y", "desk", N1, "2", 0);
	state_at("al@x", "desk", N1, "3", 0);
	comes(&desk, N1, 1);
	get_news();
	comes(&desk, N2, 2);
	get_news();
	assert_string_equal(phone_is(), "1 suspect");
	assert_string_equal(is_at("alice@y", "desk"), "2 suspect");
	assert_string_equal(is_at("al@x", "desk"), "3 fresh");
	assert_int_equal(counted[E911_STAT_MOVED], 2);
}

/* ----- going and coming back ----- */

static void gone_and_dropped_after_its_grace(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	leaves(&desk);
	assert_string_equal(get_news(), "gone alice@x/desk 1");
	assert_string_equal(phone_is(), "1 expired");
	assert_int_equal(record_of("alice@x", "desk").state.dirty, E911_DIRTY);
	assert_true(record_of("alice@x", "desk").state.mark == 0);
	assert_int_equal(
			record_of("alice@x", "desk").state.gone, e911_now() + GRACE);
	pass(10);
	leaves(&desk);
	pass(GRACE - 11);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 expired");
	pass(1);
	sweep_all();
	assert_string_equal(get_news(), "dropped alice@x/desk 1");
	assert_string_equal(phone_is(), "");
	assert_int_equal(e911_cache_count(), 0);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_int_equal(counted[E911_STAT_DROPPED], 1);
	/* too late */
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "0");
}

static void a_grace_of_nothing_ends_at_once(void **state)
{
	int was = default_e911_cfg.grace;

	(void)state;
	default_e911_cfg.grace = 0;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	leaves(&desk);
	sweep_all();
	default_e911_cfg.grace = was;
	assert_int_equal(e911_cache_count(), 0);
}

static void back_in_time_it_is_as_before(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	leaves(&desk);
	pass(GRACE - 1);
	get_news();
	/* by the very same names, too */
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "back alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
	pass(2);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
}

static void back_from_elsewhere_it_is_suspect(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	leaves(&desk);
	get_news();
	comes(&desk, N2, 1);
	assert_string_equal(get_news(), "back alice@x/desk moved alice@x/desk 1");
	assert_string_equal(phone_is(), "1 suspect");
}

static void back_at_another_of_its_places(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N2, "2", 0);
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	leaves(&desk);
	get_news();
	comes(&desk, N2, 1);
	assert_string_equal(
			get_news(), "back alice@x/desk returned alice@x/desk 1");
	assert_string_equal(phone_is(), "2 fresh");
}

static void it_is_there_while_another_contact_has_its_name(void **state)
{
	(void)state;
	mobile.name[0] = "desk"; /* one device, two ways to reach it */
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	comes(&mobile, N1, 2);
	get_news();
	leaves(&desk);
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
	leaves(&mobile);
	assert_string_equal(get_news(), "gone alice@x/desk 1");
}

/* ----- looking for those not heard of ----- */

/* as one that was read out of the database: to be back by then */
static void preload(const char *aor, const char *contact, uint32_t until)
{
	str a = s_of(aor), c = s_of(contact);
	uint64_t version;
	e911_record_t r;

	state_at(aor, contact, N1, "1", 0);
	assert_int_equal(e911_cache_get(&a, &c, &r), 0);
	r.state.bound = 1;
	r.state.until = until;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

static void one_not_heard_of_in_time_is_gone(void **state)
{
	(void)state;
	preload("alice@x", "desk", e911_now() + 3600);
	pass(3600 + SLACK - 1);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
	pass(1);
	sweep_all();
	assert_string_equal(get_news(), "gone alice@x/desk 1");
	assert_string_equal(phone_is(), "1 expired");
	assert_int_equal(
			record_of("alice@x", "desk").state.gone, e911_now() + GRACE);
	sweep_all();
	assert_string_equal(get_news(), "0");
	comes(&desk, N1, 1);
	assert_string_equal(get_news(), "back alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
}

static void one_that_is_found_is_there(void **state)
{
	(void)state;
	preload("alice@x", "desk", e911_now());
	desk.there = 1;
	desk.until = e911_now() + 7200;
	pass(SLACK);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
	assert_int_equal(record_of("alice@x", "desk").state.until, desk.until);
	/* not looked for before that is over */
	reads = 0;
	pass(7200 - SLACK + SLACK - 1);
	sweep_all();
	assert_int_equal(reads, 0);
	pass(1);
	sweep_all();
	assert_int_equal(reads, 1);
}

static void desk_registers(void)
{
	while_looking = NULL;
	comes(&desk, N1, 1);
}

static void one_heard_of_while_it_was_looked_for_is_there(void **state)
{
	(void)state;
	preload("alice@x", "desk", e911_now());
	pass(SLACK);
	while_looking = desk_registers;
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_string_equal(phone_is(), "1 fresh");
}

/* usrloc tells nobody of the contacts that it had itself from its database */
static void preload_restored(const char *contact, int bound)
{
	str a = s_of("alice@x"), c = s_of(contact);
	uint64_t version;
	e911_record_t r;

	preload("alice@x", contact, e911_now() + 3600);
	assert_int_equal(e911_cache_get(&a, &c, &r), 0);
	r.state.restored = 1;
	r.state.bound = (unsigned char)bound;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

static void one_from_before_the_start_is_sought_once(void **state)
{
	(void)state;
	preload_restored("desk", 1);
	preload_restored("mobile", 1);
	preload_restored("unbound", 0);
	desk.there = 1;
	desk.network = N2;
	desk.mark = 5;
	desk.port = 5061;
	desk.until = e911_now() + 1800;
	sweep_all();
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	assert_true(record_of("alice@x", "desk").state.mark == 5);
	assert_int_equal(record_of("alice@x", "desk").state.port, 5061);
	assert_int_equal(
			record_of("alice@x", "desk").state.until, e911_now() + 1800);
	assert_string_equal(is_at("alice@x", "mobile"), "1 fresh");
	assert_int_equal(reads, 1);
	mobile.there = 1;
	sweep_all();
	assert_int_equal(reads, 1);
	assert_string_equal(get_news(), "0");
	/* and at last as any other */
	mobile.there = 0;
	pass(3600 + SLACK);
	sweep_all();
	assert_string_equal(is_at("alice@x", "mobile"), "1 expired");
	assert_string_equal(is_at("alice@x", "unbound"), "1 fresh");
}

static void who_never_registered_is_not_looked_for(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	pass(100L * GRACE);
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_int_equal(reads, 0);
	assert_string_equal(phone_is(), "1 fresh");
}

static void many_are_looked_for_by_turns(void **state)
{
	char aor[16];
	int i;

	(void)state;
	for(i = 0; i < 3 * CHECKS_MAX; i++) {
		sprintf(aor, "u%d@x", i);
		preload(aor, "desk", e911_now());
	}
	pass(SLACK);
	for(i = 1; i <= 3; i++) {
		assert_int_equal(e911_nomad_sweep(0, e911_cache_slots()), 0);
		assert_int_equal(counted[E911_STAT_GONE], i * CHECKS_MAX);
	}
	e911_nomad_sweep(0, e911_cache_slots());
	assert_int_equal(counted[E911_STAT_GONE], 3 * CHECKS_MAX);
}

/* ----- time to live, retention ----- */

static void limit(const char *aor, uint32_t ttl)
{
	e911_record_t r = record_of(aor, "desk");
	uint64_t version;

	r.aor.s = r.aor_mem;
	r.contact.s = r.contact_mem;
	r.state.expires = e911_now() + ttl;
	assert_int_equal(e911_cache_put(&r, &version), 0);
}

static void past_its_time_it_is_dropped(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", wall + 600);
	state_at("bob@x", "desk", N1, "2", 0);
	limit("bob@x", 601);
	pass(599);
	sweep_all();
	assert_string_equal(get_news(), "0");
	pass(1);
	sweep_all();
	assert_string_equal(get_news(), "dropped alice@x/desk 1");
	assert_string_equal(is_at("bob@x", "desk"), "2 fresh");
	pass(1);
	sweep_all();
	assert_string_equal(get_news(), "dropped bob@x/desk 1");
	assert_int_equal(e911_cache_count(), 0);
}

static void its_time_to_live_goes_on_wherever_it_is(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", wall + 6000);
	state_at("alice@x", "desk", N2, "2", 0);
	limit("alice@x", 600);
	comes(&desk, N1, 1);
	comes(&desk, N3, 2);
	comes(&desk, N2, 3);
	leaves(&desk);
	comes(&desk, N2, 3);
	assert_string_equal(phone_is(), "2 fresh");
	pass(599);
	sweep_all();
	assert_string_equal(phone_is(), "2 fresh");
	pass(1);
	sweep_all();
	assert_string_equal(phone_is(), "");
}

/* a clock that was set drops nothing */
static void a_wall_clock_that_jumps_drops_nothing(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", wall + 600);
	comes(&desk, N1, 1);
	get_news();
	wall += 10 * 31536000L;
	sweep_all();
	assert_string_equal(get_news(), "0");
	assert_int_equal(e911_cache_count(), 1);
}

static void a_place_past_its_retention_is_not_gone_back_to(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", wall + 600);
	state_at("alice@x", "desk", N2, "2", 0);
	comes(&desk, N2, 1);
	get_news();
	pass(599);
	comes(&desk, N1, 2);
	assert_string_equal(get_news(), "returned alice@x/desk 1");
	assert_string_equal(phone_is(), "1 fresh");
	/* and then it is kept as long as that place may be */
	assert_int_equal(
			record_of("alice@x", "desk").state.retained, e911_now() + 1);
	comes(&desk, N2, 1);
	assert_int_equal(record_of("alice@x", "desk").state.retained, 0);
	get_news();
	pass(1);
	comes(&desk, N1, 2);
	assert_string_equal(get_news(), "moved alice@x/desk 1");
	assert_string_equal(phone_is(), "2 suspect");
}

static void a_place_past_its_retention_is_forgotten(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", wall + 600);
	state_at("alice@x", "desk", N2, "2", 0);
	pass(599);
	sweep_all();
	assert_string_equal(purged, "");
	pass(1);
	sweep_all();
	assert_string_equal(purged, "alice@x/desk ");
	/* of the one in use the record's deadline tells */
	purged[0] = '\0';
	state_at("bob@x", "desk", N1, "1", wall + 600);
	wall += 601;
	sweep_all();
	assert_string_equal(purged, "alice@x/desk ");
}

/* ----- challenges ----- */

static int may_challenge(const char *aor, const char *from)
{
	e911_network_t n = network_of(from);
	str a = tight_z(aor);
	int may = e911_nomad_challenge(&a, &n);

	free(a.s);
	return may;
}

static void a_caller_is_challenged_now_and_then(void **state)
{
	(void)state;
	assert_false(may_challenge("alice@x", N1));
	state_at("alice@x", "desk", N1, "1", 0);
	state_at("alice@x", "mobile", N1, "2", 0);
	state_at("bob@x", "desk", N1, "3", 0);
	assert_true(may_challenge("alice@x", N1));
	assert_false(may_challenge("alice@x", N1));
	assert_true(may_challenge("bob@x", N1));
	/* somebody else is another caller */
	assert_true(may_challenge("bob@x", N2));
	assert_false(may_challenge("bob@x", N2));
	pass(29);
	assert_false(may_challenge("alice@x", N1));
	pass(1);
	assert_true(may_challenge("alice@x", N1));
	assert_false(may_challenge("alice@x", N1));
	assert_string_equal(get_news(), "0");
}

/* ----- memory that fails ----- */

/* the news are lost, never what they tell of */
static void without_memory_all_goes_on(void **state)
{
	(void)state;
	state_at("alice@x", "desk", N1, "1", 0);
	comes(&desk, N1, 1);
	get_news();
	ksr_allow(0);
	comes(&desk, N2, 2);
	assert_true(ksr_refused());
	assert_string_equal(phone_is(), "1 suspect");
	comes(&desk, N1, 1);
	assert_string_equal(phone_is(), "1 fresh");
	leaves(&desk);
	assert_string_equal(phone_is(), "1 expired");
	pass(GRACE);
	sweep_all();
	ksr_allow(-1);
	assert_int_equal(e911_cache_count(), 0);
	assert_string_equal(get_news(), "4");
	assert_int_equal(counted[E911_STAT_MOVED], 1);
	assert_int_equal(counted[E911_STAT_DROPPED], 1);
}

static void news_have_names(void **state)
{
	static const char *const names[] = {
			"moved", "returned", "gone", "back", "dropped"};
	int i;

	(void)state;
	for(i = 0; i < E911_NEWS_KINDS; i++)
		assert_string_equal(e911_news_name(i), names[i]);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(stated_before_it_was_heard_from),
			WITH(heard_from_elsewhere_it_has_moved_once),
			WITH(back_where_it_was_it_has_returned_once),
			WITH(each_place_is_known_again),
			WITH(a_new_port_or_address_of_the_network_is_nothing),
			WITH(networks_are_compared_as_the_records_site_says),
			WITH(two_devices_move_apart),
			WITH(of_the_aor_is_any_device),
			WITH(where_nobody_knows_is_nowhere_else),
			WITH(strangers_move_nobody),
			WITH(a_refresh_is_only_looked_at),
			WITH(a_refresh_is_for_all_whom_it_concerns),
			WITH(the_flow_is_kept_as_it_registered),
			WITH(after_a_call_from_elsewhere_a_refresh_tells_anew),
			WITH(a_caller_brings_no_contact_back),
			cmocka_unit_test_setup_teardown(
					a_registrar_without_domains_tells_users, up_by_user, down),
			WITH(gone_and_dropped_after_its_grace),
			WITH(a_grace_of_nothing_ends_at_once),
			WITH(back_in_time_it_is_as_before),
			WITH(back_from_elsewhere_it_is_suspect),
			WITH(back_at_another_of_its_places),
			WITH(it_is_there_while_another_contact_has_its_name),
			WITH(one_not_heard_of_in_time_is_gone),
			WITH(one_that_is_found_is_there),
			WITH(one_heard_of_while_it_was_looked_for_is_there),
			WITH(one_from_before_the_start_is_sought_once),
			WITH(who_never_registered_is_not_looked_for),
			WITH(many_are_looked_for_by_turns),
			WITH(past_its_time_it_is_dropped),
			WITH(its_time_to_live_goes_on_wherever_it_is),
			WITH(a_wall_clock_that_jumps_drops_nothing),
			WITH(a_place_past_its_retention_is_not_gone_back_to),
			WITH(a_place_past_its_retention_is_forgotten),
			WITH(a_caller_is_challenged_now_and_then),
			WITH(without_memory_all_goes_on),
			cmocka_unit_test(news_have_names),
	};

	return cmocka_run_group_tests_name("nomad", tests, NULL, NULL);
}
