/*
 * Rows of the record of calls. What they are sealed with was computed by
 * another program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json parcel events location field network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/journal_row.c"
#include "ksr_stub.h"
#include "tight.h"

static e911_journal_keeper_t keeper;
static e911_journal_row_t row;
static int no_randomness;

int e911_hash_random(unsigned char *bytes, size_t len)
{
	if(no_randomness)
		return E911_ERR_NONE;
	memset(bytes, 0xab, len);
	return 0;
}

static int up(void **state)
{
	str node = str_init("one"), key = str_init("0123456789abcdef");

	no_randomness = 0;
	memset(&keeper, 0, sizeof(keeper));
	memset(&row, 0x5a, sizeof(row));
	assert_int_equal(e911_journal_node(&keeper, &node), 0);
	return e911_journal_key(&keeper, &key);
}

static e911_event_t event(void)
{
	e911_event_t e = {.kind = E911_EV_FAILED,
			.code = 503,
			.at_ms = 1764057600123,
			.step = 0,
			.steps = 2};

	e.callid = (str)str_init("a@x");
	e.aor = (str)str_init("alice@example.com");
	e.destination = (str)str_init("sip:psap.example");
	return e;
}

static int is(const str *s, const char *z)
{
	return s->len == (int)strlen(z) && memcmp(s->s, z, strlen(z)) == 0;
}

#define SALT_TEXT "\"salt\":\"abababababababababababababababab\"}"

static void a_row_has_what_is_personal_apart(void **state)
{
	e911_event_t e = event();

	assert_int_equal(e911_journal_row(&row, &keeper, &e, "hq"), 0);
	assert_true(is(&row.summary,
			"{\"code\":503,\"site\":\"hq\",\"step\":1,\"steps\":2,"
			"\"destination\":\"sip:psap.example\"}"));
	assert_true(is(&row.detail, "{\"callid\":\"a@x\",\"aor\":\"alice@example."
								"com\"," SALT_TEXT));
	assert_string_equal(row.kind, "failed");
	assert_string_equal(row.call, "bd39e6feafd837011c64e8a29c3fdffe");
	assert_string_equal(row.who, "f8655773a0cca179836584597ea708fc");
	assert_int_equal(strlen(row.digest), 64);
	assert_string_equal(row.document_digest, "");
}

static void a_row_is_sealed_with_the_one_before(void **state)
{
	e911_event_t e = event();
	char first[E911_MAC_LEN + 1];

	e911_journal_row(&row, &keeper, &e, "hq");
	assert_int_equal(e911_journal_seal(&row, &keeper, 1, ""), 0);
	assert_string_equal(row.mac,
			"973263113cdacfc7593027d0218979e2f9f81258601db06a0fa71bbbcebfc85d");
	strcpy(first, row.mac);
	assert_int_equal(e911_journal_seal(&row, &keeper, 2, first), 0);
	assert_string_not_equal(row.mac, first);
	assert_string_equal(row.mac,
			"dd635000701af6af27bb5664c1cb03e77b0ca5373e27e3d37800d12df028a5a6");
}

static void the_document_counts_by_its_digest(void **state)
{
	e911_event_t e = event();

	e.kind = E911_EV_SENT;
	e.document = (str)str_init("<presence/>");
	assert_int_equal(e911_journal_row(&row, &keeper, &e, "hq"), 0);
	assert_string_equal(row.document_digest,
			"7db8a3d4bf12f011d8b787a388058c1d88d78d30d704aa512cb93c3a414873ff");
	e911_journal_seal(&row, &keeper, 1, "");
	e911_journal_strip(&row);
	assert_true(row.detail.len == 0 && row.document.len == 0);
	assert_string_equal(row.document_digest,
			"7db8a3d4bf12f011d8b787a388058c1d88d78d30d704aa512cb93c3a414873ff");
}

static void the_place_is_told_once(void **state)
{
	static e911_location_t l;
	e911_event_t e = event();

	e911_location_init(&l, E911_FROM_RPC, 1764057600);
	e911_location_set(&l, E911_F_LOC, "The \"Bar\"", 9);
	e.location = &l;
	e.aor.len = 0;
	e911_journal_row(&row, &keeper, &e, "hq");
	assert_null(memmem(row.detail.s, row.detail.len, "Bar", 3));
	e.kind = E911_EV_PLACED;
	e911_journal_row(&row, &keeper, &e, "hq");
	assert_true(is(&row.detail,
			"{\"callid\":\"a@x\",\"location\":{\"LOC\":\"The \\\"Bar\\\"\"},"
			"\"origin\":\"rpc\",\"stated\":\"2025-11-25T08:00:"
			"00Z\"," SALT_TEXT));
	assert_string_equal(row.who, "");
	assert_non_null(memmem(
			row.summary.s, row.summary.len, "\"verdict\":\"unchecked\"", 21));
}

static void whom_a_notice_went_to_is_personal(void **state)
{
	e911_event_t e = event();

	e.kind = E911_EV_NOTICE;
	e.detail = (str)str_init("desk@example.com");
	e911_journal_row(&row, &keeper, &e, "hq");
	assert_false(memmem(row.summary.s, row.summary.len, "psap", 4));
	assert_false(memmem(row.summary.s, row.summary.len, "desk", 4));
	assert_true(memmem(row.detail.s, row.detail.len,
						"\"recipient\":\"sip:psap.example\"", 30)
				!= NULL);
}

static void what_is_no_text_is_a_question_mark(void **state)
{
	e911_event_t e = event();

	e.callid = (str)str_init("\xff\xfe"
							 "a\n\"\\b\xc3\xbc\xc3");
	e911_journal_row(&row, &keeper, &e, "hq");
	assert_non_null(memmem(row.detail.s, row.detail.len,
			"\"callid\":\"?"
			"?a?\\\"\\\\b\xc3\xbc?\"",
			22));
}

static void the_longest_fits(void **state)
{
	static char text[2048], place[E911_LOCATION_TEXT_MAX];
	static e911_location_t l;
	e911_event_t e = event();
	str *all[] = {&e.callid, &e.aor, &e.contact, &e.caller, &e.callback,
			&e.elin, &e.number, &e.destination, &e.detail, &e.profile,
			&e.conveyance, &e.proof, &e.found, &e.freshness, &e.urn};
	size_t i;

	memset(text, '"', sizeof(text));
	memset(place, '"', sizeof(place));
	e911_location_init(&l, E911_FROM_RPC, 1);
	e911_location_set(&l, E911_F_LOC, place, 200);
	e.location = &l;
	for(i = 0; i < sizeof(all) / sizeof(*all); i++)
		*all[i] = (str){text, i == 1 ? 900 : (int)sizeof(text)};
	for(e.kind = 0; e.kind < E911_EV_KINDS; e.kind++) {
		assert_int_equal(e911_journal_row(&row, &keeper, &e, "hq"), 0);
		assert_int_equal(e911_journal_seal(&row, &keeper, 1, ""), 0);
	}
}

static void rows_of_our_own_are_of_nobody(void **state)
{
	e911_event_t e = {
			.kind = E911_JOURNAL_LOST, .code = 7, .step = -1, .at_ms = 5};

	assert_int_equal(e911_journal_row(&row, &keeper, &e, ""), 0);
	assert_true(is(&row.summary, "{\"code\":7}"));
	assert_int_equal(row.detail.len, 0);
	assert_string_equal(row.digest, "");
	assert_string_equal(row.call, "");
	assert_string_equal(row.who, "");
}

static void a_cut_stands_for_what_was_before(void **state)
{
	char before[E911_MAC_LEN + 1];

	memset(before, 'a', E911_MAC_LEN);
	before[E911_MAC_LEN] = '\0';
	assert_int_equal(e911_journal_cut(&row, &keeper, 9, before, 5), 0);
	assert_string_equal(row.kind, "cut");
	assert_string_equal(row.digest, before);
	assert_true(row.seq == 9 && row.at_ms == 5);
	assert_string_equal(row.mac,
			"0cacee742775531430ce4c92b01673b34622f9b388d8e33c4d79e28e0e047d17");
}

static void without_randomness_there_is_no_row(void **state)
{
	e911_event_t e = event();

	no_randomness = 1;
	assert_int_equal(e911_journal_row(&row, &keeper, &e, "hq"), E911_ERR_NONE);
}

static int node(const char *name)
{
	str s = tight_z(name);
	int err = e911_journal_node(&keeper, &s);

	free(s.s);
	return err;
}

static int key(const char *text)
{
	str s = tight_z(text);
	int err = e911_journal_key(&keeper, &s);

	free(s.s);
	return err;
}

static void a_node_has_a_plain_name(void **state)
{
	char name[E911_NODE_MAX + 1];

	assert_int_equal(node("sbc-1.example_a"), 0);
	assert_string_equal(keeper.node, "sbc-1.example_a");
	assert_int_equal(node(""), E911_ERR_VALUE);
	assert_int_equal(node("it's"), E911_ERR_VALUE);
	assert_int_equal(node("a b"), E911_ERR_VALUE);
	memset(name, 'a', sizeof(name));
	name[E911_NODE_MAX] = '\0';
	assert_int_equal(node(name), E911_ERR_LONG);
	name[E911_NODE_MAX - 1] = '\0';
	assert_int_equal(node(name), 0);
}

static void a_key_is_long_enough(void **state)
{
	static char text[E911_KEY_MAX + 3];

	assert_int_equal(key(""), E911_ERR_MISSING);
	assert_int_equal(key("0123456789abcde\r\n \n"), E911_ERR_MISSING);
	assert_int_equal(key("0123456789abcdef\r\n \n"), 0);
	assert_int_equal(keeper.key_len, 16);
	memset(text, 'k', E911_KEY_MAX);
	text[E911_KEY_MAX] = '\n';
	assert_int_equal(key(text), 0);
	assert_int_equal(keeper.key_len, E911_KEY_MAX);
	text[E911_KEY_MAX] = 'k';
	assert_int_equal(key(text), E911_ERR_LONG);
}

#define TEST(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(a_row_has_what_is_personal_apart),
			TEST(a_row_is_sealed_with_the_one_before),
			TEST(the_document_counts_by_its_digest),
			TEST(the_place_is_told_once),
			TEST(whom_a_notice_went_to_is_personal),
			TEST(what_is_no_text_is_a_question_mark),
			TEST(the_longest_fits),
			TEST(rows_of_our_own_are_of_nobody),
			TEST(a_cut_stands_for_what_was_before),
			TEST(without_randomness_there_is_no_row),
			TEST(a_node_has_a_plain_name),
			TEST(a_key_is_long_enough),
	};

	return cmocka_run_group_tests_name("journal_row", tests, NULL, NULL);
}
