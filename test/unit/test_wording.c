/*
 * What a notice says, from the event to the words: facts and wording together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json notice events template location field strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <json-c/json.h>
#include "../../modules/e911/wording.c"
#include "ksr_stub.h"
#include "tight.h"

static e911_location_t place;
static char facts_mem[E911_NOTICE_FACTS_MAX];

static str s(const char *z)
{
	str text = {(char *)z, (int)strlen(z)};

	return text;
}

static void field(const char *name, const char *value)
{
	assert_int_equal(
			e911_location_set(&place, e911_field_find(name, strlen(name)),
					value, strlen(value)),
			0);
}

static e911_event_t an_event(int kind)
{
	e911_event_t e = {.kind = kind,
			.at_ms = 1790000000123ULL,
			.step = 0,
			.steps = 2,
			.code = 503};

	e911_location_init(&place, E911_FROM_RPC, 0);
	field("country", "US");
	field("A1", "TX");
	field("A3", "Austin");
	field("RD", "Example");
	field("STS", "St");
	field("HNO", "1200");
	field("FLR", "2");
	field("PC", "78701");
	field("tokens", "telnyx=secret");
	e.location = &place;
	e.callid = s("c-1@host");
	e.aor = s("alice@example.com");
	e.caller = s("Agent \"A\" Smith");
	e.callback = s("+15125550100");
	e.number = s("911");
	e.destination = s("sip:ersp.example.com");
	e.freshness = s("fresh");
	return e;
}

/* the values last until the next one */
static e911_notice_t *make(const e911_event_t *e, const char *subject)
{
	static e911_notice_t n;
	static str facts;
	e911_strbuf_t b;

	free(facts.s);
	e911_strbuf_init(&b, facts_mem, sizeof(facts_mem));
	assert_int_equal(e911_notice_write(&b, e, "hq"), 0);
	facts = tight(b.s, b.len);
	assert_int_equal(e911_notice_read(&n, &facts), 0);
	n.value[E911_N_ID] = s("id-1");
	n.value[E911_N_RECIPIENT] = s("desk");
	n.value[E911_N_EVENTS] = s("[{\"event\":\"placed\"}]");
	assert_int_equal(e911_wording_make(&n, subject), 0);
	return &n;
}

static void has(const e911_notice_t *n, int value, const char *text)
{
	char *z = strndup(n->value[value].s, (size_t)n->value[value].len);

	if(strstr(z, text) == NULL)
		fail_msg("no \"%s\" in: %s", text, z);
	free(z);
}

static void is(const e911_notice_t *n, int value, const char *text)
{
	if(!is_z(&n->value[value], text))
		fail_msg("%.*s", n->value[value].len, n->value[value].s);
}

static struct json_object *parse(const e911_notice_t *n)
{
	char *z =
			strndup(n->value[E911_N_JSON].s, (size_t)n->value[E911_N_JSON].len);
	struct json_object *o = json_tokener_parse(z);

	assert_non_null(o);
	free(z);
	return o;
}

static const char *text_in(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(o, name, &value));
	return json_object_get_string(value);
}

/* ----- */

static void says_what_the_rule_asks_for(void **state)
{
	e911_event_t e = an_event(E911_EV_PLACED);
	e911_notice_t *n = make(&e, "");

	(void)state;
	assert_int_equal(n->event, E911_EV_PLACED);
	assert_int_equal(n->test, 0);
	is(n, E911_N_AT, "2026-09-21T14:13:20Z");
	is(n, E911_N_WHO, "Agent \"A\" Smith (alice@example.com)");
	is(n, E911_N_ADDRESS, "1200 Example St, floor 2, Austin, TX 78701, US");
	is(n, E911_N_SUBJECT,
			"Emergency call: Agent \"A\" Smith (alice@example.com)");
	has(n, E911_N_TEXT, "(alice@example.com) is calling 911.\n");
	has(n, E911_N_TEXT, "\nCall back: +15125550100\n");
	has(n, E911_N_TEXT, "\nLocation: 1200 Example St, floor 2, Austin");
	has(n, E911_N_TEXT, "\nFreshness of the location: fresh\n");
	has(n, E911_N_TEXT, "\nSite: hq\n");
	has(n, E911_N_TEXT, "\nEmergency service: sip:ersp.example.com\n");
	e911_notice_free(n);
}

static void says_so_where_nothing_is_known(void **state)
{
	e911_event_t e = {.kind = E911_EV_PLACED, .step = -1};
	e911_notice_t *n = make(&e, "");

	(void)state;
	is(n, E911_N_WHO, "an unknown caller");
	is(n, E911_N_AT, "1970-01-01T00:00:00Z");
	has(n, E911_N_TEXT, "\nCall back: no number is known\n");
	has(n, E911_N_TEXT, "\nLocation: none went with the call\n");
	has(n, E911_N_JSON, "\"location\":null");
	e911_notice_free(n);
}

static void a_shape_alone_is_an_address_too(void **state)
{
	e911_event_t e = an_event(E911_EV_PLACED);
	e911_notice_t *n;

	(void)state;
	e911_location_init(&place, E911_FROM_RPC, 0);
	field("shape", "Circle");
	field("pos", "30.26 -97.74");
	field("radius", "50");
	n = make(&e, "");
	is(n, E911_N_ADDRESS, "at 30.26 -97.74, radius 50");
	e911_notice_free(n);
}

static void every_event_has_its_words_real_and_test(void **state)
{
	int kind, test;
	e911_notice_t *n;
	e911_event_t e;

	(void)state;
	for(kind = 0; kind <= E911_EV_CALLBACK; kind++)
		for(test = 0; test < 2; test++) {
			e = an_event(kind);
			e.test = test;
			n = make(&e, "");
			assert_true(n->value[E911_N_SUBJECT].len > 10);
			has(n, E911_N_SUBJECT, "alice");
			if(test)
				has(n, E911_N_TEXT, "This is a test. Nobody needs help.\n");
			else
				assert_null(memmem(n->value[E911_N_TEXT].s,
						(size_t)n->value[E911_N_TEXT].len, "test", 4));
			has(n, E911_N_JSON, test ? "\"test\":true" : "\"test\":false");
			e911_notice_free(n);
		}
}

static void that_nobody_took_it_is_said_loudly(void **state)
{
	e911_event_t e = an_event(E911_EV_NOBODY);
	e911_notice_t *n = make(&e, "");

	(void)state;
	has(n, E911_N_SUBJECT, "NO HELP REACHED");
	has(n, E911_N_TEXT, "NO EMERGENCY SERVICE TOOK THE CALL");
	e911_notice_free(n);
}

static void json_is_json(void **state)
{
	e911_event_t e = an_event(E911_EV_FAILED);
	struct json_object *o, *inner = NULL;
	e911_notice_t *n = make(&e, "");

	(void)state;
	o = parse(n);
	assert_string_equal(text_in(o, "event"), "failed");
	assert_string_equal(text_in(o, "caller"), "Agent \"A\" Smith");
	assert_string_equal(text_in(o, "code"), "503");
	assert_string_equal(text_in(o, "step"), "1");
	assert_string_equal(text_in(o, "id"), "id-1");
	assert_true(json_object_object_get_ex(o, "location", &inner));
	assert_string_equal(text_in(inner, "HNO"), "1200");
	/* a provider's id is nobody else's */
	assert_false(json_object_object_get_ex(inner, "tokens", NULL));
	assert_true(json_object_object_get_ex(o, "events", &inner));
	assert_int_equal(json_object_array_length(inner), 1);
	json_object_put(o);
	e911_notice_free(n);
}

/* what a phone calls its user */
static void nothing_of_a_callers_gets_out_of_its_place(void **state)
{
	static const struct
	{
		const char *name, *kept;
	} names[] = {
			{"x\r\nBcc: y@z", "x  Bcc: y@z"},
			{"{text}{json}", "{text}{json}"},
			{"\",\"test\":true,\"x\":\"", "\",\"test\":true,\"x\":\""},
			{"\xff\xfe", "??"},
			{"B\xc3\xbcro", "B\xc3\xbcro"},
			{"</a>&", "</a>&"},
			{"a \\\"b\\\" \\\\ \\", "a \"b\" \\ \\"},
			{"cut \xe2\x82", "cut ??"},
	};
	e911_event_t e = an_event(E911_EV_PLACED);
	struct json_object *o;
	e911_notice_t *n;
	char mem[512];
	e911_strbuf_t b;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(names) / sizeof(*names); i++) {
		e.caller = tight_z(names[i].name);
		n = make(&e, "{caller}|{who}");
		is(n, E911_N_CALLER, names[i].kept);
		has(n, E911_N_SUBJECT, names[i].kept);
		assert_null(memchr(n->value[E911_N_SUBJECT].s, '\n',
				(size_t)n->value[E911_N_SUBJECT].len));
		o = parse(n);
		assert_string_equal(text_in(o, "caller"), names[i].kept);
		assert_string_equal(text_in(o, "test"), "false");
		json_object_put(o);
		e911_strbuf_init(&b, mem, sizeof(mem));
		assert_int_equal(
				e911_wording_write(&b, "<a>{caller}</a>", E911_WORDING_XML, n),
				0);
		assert_null(memmem(b.s + 3, b.len - 7, "</a>", 4));
		free(e.caller.s);
		e911_notice_free(n);
	}
}

static void a_template_is_filled_for_where_it_stands(void **state)
{
	e911_event_t e = an_event(E911_EV_PLACED);
	e911_notice_t *n = make(&e, "");
	static const struct
	{
		const char *template, *type, *want;
	} rows[] = {
			{"{\"n\":\"{caller}\",\"l\":{events}}", "application/json",
					"{\"n\":\"Agent \\\"A\\\" "
					"Smith\",\"l\":[{\"event\":\"placed\"}]}"},
			{"n={caller}", "application/x-www-form-urlencoded",
					"n=Agent%20%22A%22%20Smith"},
			{"<n>{caller}</n>", "text/xml", "<n>Agent &quot;A&quot; Smith</n>"},
			{"{number} { } {} {Number} {x", "text/plain",
					"911 { } {} {Number} {x"},
			{"", "text/plain", ""},
	};
	char mem[512];
	e911_strbuf_t b;
	str got;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(e911_wording_check(rows[i].template), 0);
		e911_strbuf_init(&b, mem, sizeof(mem));
		assert_int_equal(e911_wording_write(&b, rows[i].template,
								 e911_wording_syntax(rows[i].type), n),
				0);
		got.s = b.s;
		got.len = (int)b.len;
		if(!is_z(&got, rows[i].want))
			fail_msg("%.*s", got.len, got.s);
	}
	e911_strbuf_init(&b, mem, 10);
	assert_int_equal(e911_wording_write(&b, "{json}", 0, n), E911_ERR_SPACE);
	assert_int_equal(e911_wording_check("{nothing}"), E911_ERR_VALUE);
	assert_int_equal(e911_wording_check("a {who} {whom}"), E911_ERR_VALUE);
	e911_notice_free(n);
}

static void a_long_subject_is_cut_between_characters(void **state)
{
	char template[E911_WORDING_SUBJECT_MAX + 40];
	e911_event_t e = an_event(E911_EV_PLACED);
	e911_notice_t *n;
	int i;

	(void)state;
	for(i = 0; i < 4; i++) {
		memset(template, 'x', sizeof(template));
		strcpy(template + E911_WORDING_SUBJECT_MAX - i, "\xf0\x9f\x9a\x91 end");
		n = make(&e, template);
		assert_int_equal(
				n->value[E911_N_SUBJECT].len, E911_WORDING_SUBJECT_MAX - i);
		e911_notice_free(n);
	}
}

static void whatever_is_too_long_still_goes(void **state)
{
	e911_event_t e = an_event(E911_EV_PLACED);
	str *text[] = {&e.callid, &e.aor, &e.caller, &e.contact, &e.callback,
			&e.elin, &e.urn, &e.number, &e.destination, &e.profile, &e.proof,
			&e.found, &e.conveyance, &e.freshness, &e.detail};
	e911_notice_t *n;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(text) / sizeof(*text); i++)
		*text[i] = tight_many("\"", 5000);
	n = make(&e, "");
	assert_int_equal(n->value[E911_N_CALLER].len, 255);
	for(i = 0; i < sizeof(text) / sizeof(*text); i++)
		free(text[i]->s);
	e911_notice_free(n);
}

static void an_event_in_short(void **state)
{
	e911_event_t e = an_event(E911_EV_FAILED);
	char mem[E911_NOTICE_BRIEF_MAX];
	e911_strbuf_t b;
	str got;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	assert_int_equal(e911_notice_write_brief(&b, &e), 0);
	got.s = b.s;
	got.len = (int)b.len;
	assert_true(
			is_z(&got, "{\"event\":\"failed\",\"at\":\"2026-09-21T14:13:20Z\","
					   "\"code\":\"503\",\"ersp\":\"sip:ersp.example.com\"}"));
	e911_strbuf_init(&b, mem, 30);
	assert_int_equal(e911_notice_write_brief(&b, &e), E911_ERR_SPACE);
}

static void what_is_no_fact_is_refused(void **state)
{
	static const struct
	{
		const char *text;
		int err;
	} rows[] = {
			{"", E911_ERR_SYNTAX},
			{"{", E911_ERR_SYNTAX},
			{"[]", E911_ERR_SYNTAX},
			{"{}", E911_ERR_NAME},
			{"{\"event\":\"dreamt\"}", E911_ERR_NAME},
			{"{\"event\":{}}", E911_ERR_NAME},
			{"{\"event\":\"placed\",\"location\":\"x\",\"caller\":7}", 0},
	};
	e911_notice_t n;
	size_t i;
	str text;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		text = tight_z(rows[i].text);
		if(e911_notice_read(&n, &text) != rows[i].err)
			fail_msg("%s", rows[i].text);
		if(rows[i].err == 0) {
			assert_int_equal(n.value[E911_N_LOCATION].len, 0);
			assert_int_equal(n.value[E911_N_CALLER].len, 0);
			e911_notice_free(&n);
		}
		free(text.s);
	}
}

static void each_place_has_its_name(void **state)
{
	const char *name;
	int i;

	(void)state;
	for(i = 0; i < E911_N_PLACES; i++) {
		name = e911_notice_place_name(i);
		assert_non_null(name);
		assert_int_equal(e911_notice_place_find(name, strlen(name)), i);
	}
	assert_null(e911_notice_place_name(-1));
	assert_null(e911_notice_place_name(E911_N_PLACES));
	assert_int_equal(e911_notice_place_find("event", 4), E911_ERR_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(says_what_the_rule_asks_for),
			cmocka_unit_test(says_so_where_nothing_is_known),
			cmocka_unit_test(a_shape_alone_is_an_address_too),
			cmocka_unit_test(every_event_has_its_words_real_and_test),
			cmocka_unit_test(that_nobody_took_it_is_said_loudly),
			cmocka_unit_test(json_is_json),
			cmocka_unit_test(nothing_of_a_callers_gets_out_of_its_place),
			cmocka_unit_test(a_template_is_filled_for_where_it_stands),
			cmocka_unit_test(a_long_subject_is_cut_between_characters),
			cmocka_unit_test(whatever_is_too_long_still_goes),
			cmocka_unit_test(an_event_in_short),
			cmocka_unit_test(what_is_no_fact_is_refused),
			cmocka_unit_test(each_place_has_its_name),
	};

	return cmocka_run_group_tests_name("wording", tests, NULL, NULL);
}
