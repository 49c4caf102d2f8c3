/*
 * By which names a call is put down; the ledger itself is in test_ledger.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers number calls profile profiles location field network row strbuf err
 * needs: hash
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/book.c"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"
#include "tight.h"

/* ----- what is around it ----- */

static int form, open_err, lease_err, would_err, idle, ended, no_reference;
static unsigned int counted[E911_STATS];
static const e911_elins_t *pool, *leased_of, *would_of;
static e911_entry_t entry;
static char ended_tags[40];
static int watched, told;

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	static const str nowhere = STR_NULL;

	return e911_profiles_with(
			call_settings.profiles, call->ladder[0].profile, &nowhere);
}

int e911_branch_form(const e911_call_t *call)
{
	(void)call;
	return form;
}

const e911_elins_t *e911_pools_find(const e911_pools_t *pools, const char *site,
		const e911_location_t *location)
{
	(void)pools;
	(void)location;
	assert_string_equal(site, "hq");
	return pool;
}

void e911_stats_count(int stat)
{
	counted[stat]++;
}

void e911_ledger_callid(char to[E911_CALLID_MAX], const str *callid)
{
	sprintf(to, "%.*s", callid->len, callid->s);
}

int e911_ledger_open(e911_entry_t *e)
{
	memset(e->reference, 'f', E911_REFERENCE_LEN);
	e->reference[E911_REFERENCE_LEN] = '\0';
	memcpy(&entry, e, offsetof(e911_entry_t, location));
	memcpy(&entry.location, &e->location, E911_LOCATION_SIZE(&e->location));
	return open_err;
}

int e911_ledger_lease(
		const str *callid, const e911_elins_t *from, char number[E911_ELIN_MAX])
{
	assert_true(is_z(callid, "a84b4c76e66710@pc33"));
	leased_of = from;
	if(from == pool && lease_err)
		return lease_err;
	strcpy(number, from->number[0]);
	return 0;
}

int e911_ledger_would_lease(const str *aor, const str *device,
		const e911_elins_t *from, char number[E911_ELIN_MAX])
{
	assert_true(is_z(aor, "alice@example.com"));
	assert_int_equal(device->len, 0);
	would_of = from;
	if(would_err)
		return would_err;
	strcpy(number, from->number[0]);
	return 0;
}

int e911_ledger_end(
		const str *callid, const str *a, const str *b, e911_entry_t *entry)
{
	ended++;
	assert_int_equal(entry != NULL, watched);
	assert_true(is_z(callid, "a84b4c76e66710@pc33"));
	sprintf(ended_tags, "%.*s %.*s", a ? a->len : 1, a ? a->s : "-",
			b ? b->len : 1, b ? b->s : "-");
	return 1;
}

int e911_events_watched(void)
{
	return watched;
}

void e911_witness_entry(const e911_entry_t *entry, int kind, const str *number,
		const char *detail)
{
	assert_int_equal(kind, E911_EV_ENDED);
	assert_string_equal(detail, "bye");
	told++;
}

int e911_ledger_is_idle(void)
{
	return idle;
}

int parse_headers(sip_msg_t *const msg, const hdr_flags_t flags, const int next)
{
	(void)msg;
	(void)flags;
	(void)next;
	return 0;
}

int parse_from_header(sip_msg_t *const msg)
{
	return msg->from ? 0 : -1;
}

int e911_reference_given(void)
{
	return !no_reference;
}

int e911_branch_may_have_elin(const e911_call_t *call)
{
	return !call->transferred;
}

/* ----- the request ----- */

static sip_msg_t msg;
static struct hdr_field callid, h_from, h_to, h_contact;
static struct to_body b_from, b_to;
static e911_call_t *call;

static int up(void **state)
{
	(void)state;
	memset(&msg, 0, sizeof(msg));
	memset(&b_from, 0, sizeof(b_from));
	memset(&b_to, 0, sizeof(b_to));
	memset(&entry, 0x5a, sizeof(entry));
	memset(counted, 0, sizeof(counted));
	watched = told = 0;
	form = open_err = lease_err = would_err = idle = ended = no_reference = 0;
	pool = leased_of = would_of = NULL;
	callid.body = (str)str_init("a84b4c76e66710@pc33");
	b_from.display = (str)str_init("\"Alice A.\"");
	b_from.tag_value = (str)str_init("1928301774");
	b_to.tag_value = (str)str_init("314159");
	h_contact.body = (str)str_init("<sip:alice@192.0.2.4>;expires=60");
	h_from.parsed = &b_from;
	h_to.parsed = &b_to;
	msg.callid = &callid;
	msg.from = &h_from;
	msg.to = &h_to;
	msg.contact = &h_contact;
	msg.rcv.src_ip.af = AF_INET;
	msg.rcv.src_ip.len = 4;
	memcpy(msg.rcv.src_ip.u.addr, "\xc0\x00\x02\x04", 4);
	msg.rcv.src_port = 5062;
	msg.rcv.proto = PROTO_TLS;
	call = call_new();
	memset(&call->callid, 0, sizeof(call->callid));
	return 0;
}

static int down(void **state)
{
	(void)state;
	return call_end();
}

static void assert_kept(e911_slice_t slice, const char *want)
{
	str text = e911_call_text(call, slice);

	if(!is_z(&text, want))
		fail_msg("\"%.*s\", not \"%s\"", text.len, text.s, want);
}

/* ----- the number to call back ----- */

static const char *callback_of(const char *aor)
{
	static char text[80];
	str s;

	call_keep(call, aor, &call->aor);
	e911_book_callback(call);
	s = e911_call_text(call, call->callback);
	sprintf(text, "%.*s", s.len, s.s);
	return text;
}

static void he_is_called_back_where_he_is_best_reached(void **state)
{
	(void)state;
	assert_string_equal(callback_of("alice@example.com"), "");
	strcpy(call_site.callback, "+15125550000");
	assert_string_equal(callback_of("alice@example.com"), "+15125550000");
	/* his own, where it is one and no extension */
	assert_string_equal(
			callback_of("+15125550101@example.com"), "+15125550101");
	assert_string_equal(callback_of("5550101@example.com"), "5550101");
	assert_string_equal(callback_of("550101@example.com"), "+15125550000");
	assert_string_equal(callback_of("5551234a@example.com"), "+15125550000");
	assert_string_equal(callback_of(""), "+15125550000");
	assert_string_equal(callback_of("12345678901234567890123@x"),
			"12345678901234567890123");
	assert_string_equal(
			callback_of("123456789012345678901234@x"), "+15125550000");
	/* what was stated is above all */
	call_locate(call, "RD=x;callback=+15125550177");
	assert_string_equal(
			callback_of("+15125550101@example.com"), "+15125550101");
	call->found = E911_FOUND_AOR;
	assert_string_equal(
			callback_of("+15125550101@example.com"), "+15125550177");
	/* a location that is withheld tells it all the same: it is his */
	call->located = 0;
	assert_string_equal(
			callback_of("+15125550101@example.com"), "+15125550177");
}

/* ----- the entry ----- */

static void a_call_is_put_down_as_it_came(void **state)
{
	(void)state;
	call_keep(call, "+15125550101", &call->callback);
	call_keep(call, "urn:uuid:1", &call->device);
	call_locate(call, "RD=Congress");
	call->site = 77;
	e911_book_open(&msg, call, 1);
	assert_int_equal(call->entered, 1);
	assert_kept(call->callid, "a84b4c76e66710@pc33");
	assert_kept(call->caller, "Alice A.");
	assert_string_equal(entry.caller, "Alice A.");
	assert_kept(call->reference, "ffffffffffffffffffffffffffffffff");
	assert_string_equal(entry.callid, "a84b4c76e66710@pc33");
	assert_string_equal(entry.tag, "1928301774");
	assert_string_equal(entry.aor, "alice@example.com");
	assert_string_equal(entry.device, "urn:uuid:1");
	assert_string_equal(entry.contact, "sip:alice@192.0.2.4");
	assert_string_equal(entry.source, "sip:192.0.2.4:5062;transport=tls");
	assert_string_equal(entry.callback, "+15125550101");
	assert_string_equal(entry.elin, "");
	assert_int_equal(entry.site, 77);
	assert_int_equal(entry.trunk, 1);
	assert_int_equal(entry.test, 0);
	assert_int_equal(entry.located, 1);
	assert_int_equal(entry.location.len, call->location.len);
	/* an outside caller is not to be sought among the agents */
	call->transferred = 1;
	call->kind = E911_KIND_TEST;
	e911_book_open(&msg, call, 0);
	assert_string_equal(entry.callback, "");
	assert_int_equal(entry.trunk, 0);
	assert_int_equal(entry.test, 1);
}

static void the_source_is_an_address_to_send_to(void **state)
{
	(void)state;
	msg.rcv.src_ip.af = AF_INET6;
	msg.rcv.src_ip.len = 16;
	memset(msg.rcv.src_ip.u.addr, 0, 16);
	msg.rcv.src_ip.u.addr[15] = 1;
	msg.rcv.proto = PROTO_WSS;
	e911_book_open(&msg, call, 0);
	assert_string_equal(entry.source, "sip:[::1]:5062;transport=wss");
	msg.rcv.proto = PROTO_OTHER;
	e911_book_open(&msg, call, 0);
	assert_string_equal(entry.source, "sip:[::1]:5062;transport=udp");
}

static void the_contact_is_the_uri_in_it(void **state)
{
	static const struct
	{
		const char *body, *want;
	} rows[] = {
			{"<sip:a@x;transport=tcp>;expires=60", "sip:a@x;transport=tcp"},
			{"sip:a@x;expires=60", "sip:a@x"},
			{"sip:a@x", "sip:a@x"},
			{"Alice <sip:a@x>", "sip:a@x"},
			{"\"Alice <b>\" <sip:a@x>", "sip:a@x"},
			{"\"A \\\"<b>\" <sip:a@x>, <sip:c@x>", "sip:a@x"},
			{"\"\"<sip:a@x>", "sip:a@x"},
			/* no URI, but nothing else is read for it */
			{"<sip:a@x", "sip:a@x"},
			{"\"Alice", "\"Alice"},
			{"\"Alice\\", "\"Alice\\"},
			{"<>", ""},
			{"", ""},
	};
	size_t i;
	str s;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = tight_z(rows[i].body);
		h_contact.body = s;
		e911_book_open(&msg, call, 0);
		assert_string_equal(entry.contact, rows[i].want);
		free(s.s);
	}
	msg.contact = NULL;
	e911_book_open(&msg, call, 0);
	assert_string_equal(entry.contact, "");
}

static void what_is_missing_is_left_empty(void **state)
{
	str long_tag = tight_many("t", sizeof(entry.tag));
	str long_uri = tight_many("u", sizeof(entry.contact));

	(void)state;
	b_from.tag_value = long_tag;
	h_contact.body = long_uri;
	e911_book_open(&msg, call, 0);
	/* as much as fits: by that its end is known */
	assert_int_equal(strlen(entry.tag), sizeof(entry.tag) - 1);
	assert_string_equal(entry.contact, "");
	free(long_tag.s);
	free(long_uri.s);
	msg.from = NULL;
	h_contact.body.len = 0;
	e911_book_open(&msg, call, 0);
	assert_string_equal(entry.tag, "");
	assert_int_equal(call->entered, 1);
	/* no Call-ID: nothing by which it could be known */
	memset(&entry, 0x5a, sizeof(entry));
	call->entered = 0;
	msg.callid = NULL;
	e911_book_open(&msg, call, 0);
	assert_int_equal(call->entered, 0);
	assert_int_equal(entry.trunk, 0x5a);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	static const char *const last[] = {"x", "\xc3\xa9", "\xe2\x82\xac"};
	size_t room = sizeof(entry.caller) - 1, n, i, whole;
	char name[100];
	str s;

	(void)state;
	for(i = 0; i < sizeof(last) / sizeof(*last); i++)
		for(n = room - 4; n <= room; n++) {
			memset(name, 'a', n);
			strcpy(name + n, last[i]);
			strcat(name, last[i]);
			whole = n;
			while(whole + strlen(last[i]) <= room
					&& whole < n + 2 * strlen(last[i]))
				whole += strlen(last[i]);
			s = tight_z(name);
			b_from.display = s;
			e911_book_open(&msg, call, 0);
			assert_int_equal(strlen(entry.caller), whole);
			assert_memory_equal(entry.caller, name, whole);
			free(s.s);
		}
}

static void a_name_that_xml_cannot_carry_is_none(void **state)
{
	static const struct
	{
		const char *display, *want;
	} rows[] = {{"", ""}, {"Bob", "Bob"}, {" Bob ", "Bob"},
			{"\"Bob \"", "Bob "}, {"\"", "\""}, {"\"\"", ""},
			{"\"Ren\xc3\xa9\"", "Ren\xc3\xa9"}, {"\"Ren\xe9\"", ""},
			{"Bob\x01", ""}, {"\"B\xc3\"", ""}};
	size_t i;
	str s;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = tight_z(rows[i].display);
		b_from.display = s;
		e911_book_open(&msg, call, 0);
		assert_kept(call->caller, rows[i].want);
		assert_string_equal(entry.caller, rows[i].want);
		free(s.s);
	}
}

static void no_reference_is_kept_where_none_are_given(void **state)
{
	(void)state;
	no_reference = 1;
	e911_book_open(&msg, call, 0);
	assert_int_equal(call->entered, 1);
	assert_int_equal(call->reference.len, 0);
}

static void a_full_ledger_leaves_the_call_unentered(void **state)
{
	(void)state;
	open_err = E911_ERR_FULL;
	e911_book_open(&msg, call, 0);
	assert_int_equal(call->entered, 0);
	assert_int_equal(call->reference.len, 0);
	e911_book_end(call);
	assert_int_equal(ended, 0);
}

/* ----- an ELIN ----- */

static const e911_elins_t north = {
		.name = "north", .most = 1, .n = 1, .number = {"+15125550901"}};

/* what is leased for the profile */
static const char *leased(const char *columns, int as)
{
	static char text[40];
	str s;

	call_profile(call, columns);
	form = as;
	memset(&call->elin, 0, sizeof(call->elin));
	leased_of = would_of = NULL;
	e911_book_lease(call, 1);
	s = e911_call_text(call, call->elin);
	sprintf(text, "%.*s", s.len, s.s);
	return text;
}

static void an_elin_is_leased_where_the_profile_has_one(void **state)
{
	(void)state;
	e911_book_open(&msg, call, 0);
	pool = &north;
	assert_string_equal(leased("convey=value", E911_CONVEY_VALUE), "");
	assert_null(leased_of);
	assert_string_equal(
			leased("convey=elin", E911_CONVEY_ELIN), "+15125550901");
	assert_string_equal(leased("convey=elin,none", E911_CONVEY_NONE), "");
	assert_string_equal(
			leased("from=callback,elin", E911_CONVEY_VALUE), "+15125550901");
	assert_string_equal(leased("pai=elin", E911_CONVEY_VALUE), "+15125550901");
	assert_string_equal(
			leased("header=X: {elin}", E911_CONVEY_NONE), "+15125550901");
	assert_string_equal(leased("header=X: {site}", E911_CONVEY_NONE), "");
	/* who may have none uses none up */
	call->transferred = 1;
	assert_string_equal(leased("convey=elin", E911_CONVEY_ELIN), "");
	assert_null(leased_of);
	call->transferred = 0;
	assert_string_equal(
			leased("convey=elin", E911_CONVEY_ELIN), "+15125550901");
	assert_int_equal(counted[E911_STAT_ELIN_EMPTY], 0);
	/* he keeps the one he has */
	leased_of = NULL;
	e911_book_lease(call, 1);
	assert_null(leased_of);
}

static void the_sites_number_goes_where_all_are_taken(void **state)
{
	(void)state;
	e911_book_open(&msg, call, 0);
	pool = &north;
	lease_err = E911_ERR_FULL;
	assert_string_equal(leased("convey=elin", E911_CONVEY_ELIN), "");
	assert_int_equal(counted[E911_STAT_ELIN_EMPTY], 1);
	strcpy(call_site.callback, "+15125550000");
	assert_string_equal(
			leased("convey=elin", E911_CONVEY_ELIN), "+15125550000");
	/* as many calls as there are */
	assert_int_equal(leased_of->most, INT_MAX);
	assert_int_equal(leased_of->n, 1);
	assert_int_equal(counted[E911_STAT_ELIN_EMPTY], 2);
	/* no pool is for that place */
	pool = NULL;
	assert_string_equal(
			leased("convey=elin", E911_CONVEY_ELIN), "+15125550000");
	assert_int_equal(counted[E911_STAT_ELIN_EMPTY], 3);
	memset(call_site.callback, '5', sizeof(call_site.callback) - 1);
	assert_string_equal(leased("convey=elin", E911_CONVEY_ELIN), "");
}

static void without_an_entry_nothing_is_leased(void **state)
{
	(void)state;
	pool = &north;
	open_err = E911_ERR_FULL;
	e911_book_open(&msg, call, 0);
	assert_string_equal(leased("convey=elin", E911_CONVEY_ELIN), "");
	assert_null(leased_of);
	/* the site's number is of as many as there are */
	strcpy(call_site.callback, "+15125550000");
	assert_string_equal(
			leased("convey=elin", E911_CONVEY_ELIN), "+15125550000");
	assert_null(leased_of);
}

/* nothing is leased, and nothing counted */
static void asking_which_it_would_be_leases_none(void **state)
{
	(void)state;
	call_profile(call, "convey=elin");
	form = E911_CONVEY_ELIN;
	pool = &north;
	e911_book_lease(call, 0);
	assert_kept(call->elin, "+15125550901");
	assert_ptr_equal(would_of, &north);
	memset(&call->elin, 0, sizeof(call->elin));
	would_err = E911_ERR_FULL;
	e911_book_lease(call, 0);
	assert_kept(call->elin, "");
	assert_null(leased_of);
	assert_int_equal(counted[E911_STAT_ELIN_EMPTY], 0);
}

/* ----- the end ----- */

static void a_bye_ends_the_call_it_is_of(void **state)
{
	watched = 1;
	(void)state;
	e911_book_bye(&msg);
	assert_int_equal(ended, 1);
	assert_string_equal(ended_tags, "1928301774 314159");
	assert_int_equal(told, 1);
	/* where no call is up it costs nothing */
	idle = 1;
	e911_book_bye(&msg);
	assert_int_equal(ended, 1);
	idle = 0;
	msg.to = NULL;
	e911_book_bye(&msg);
	msg.to = &h_to;
	msg.callid = NULL;
	e911_book_bye(&msg);
	msg.callid = &callid;
	msg.from = NULL;
	e911_book_bye(&msg);
	assert_int_equal(ended, 1);
}

static void a_call_without_an_answer_ends(void **state)
{
	(void)state;
	e911_book_end(call);
	assert_int_equal(ended, 0);
	e911_book_open(&msg, call, 0);
	e911_book_end(call);
	assert_int_equal(ended, 1);
	assert_string_equal(ended_tags, "- -");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(he_is_called_back_where_he_is_best_reached),
			TEST(a_call_is_put_down_as_it_came),
			TEST(the_source_is_an_address_to_send_to),
			TEST(the_contact_is_the_uri_in_it),
			TEST(what_is_missing_is_left_empty),
			TEST(a_long_name_is_cut_between_characters),
			TEST(a_name_that_xml_cannot_carry_is_none),
			TEST(no_reference_is_kept_where_none_are_given),
			TEST(a_full_ledger_leaves_the_call_unentered),
			TEST(an_elin_is_leased_where_the_profile_has_one),
			TEST(the_sites_number_goes_where_all_are_taken),
			TEST(without_an_entry_nothing_is_leased),
			TEST(asking_which_it_would_be_leases_none),
			TEST(a_bye_ends_the_call_it_is_of),
			TEST(a_call_without_an_answer_ends),
	};

	return cmocka_run_group_tests_name("book", tests, NULL, NULL);
}
