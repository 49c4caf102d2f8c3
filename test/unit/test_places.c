/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: record network location field row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "ksr_stub.h"
#include "tight.h"

/* json-c has no hook: what it allocates for us fails at our calls of it */
static int may(void)
{
	void *p = ksr_malloc(1);

	if(p)
		ksr_free(p);
	return p != NULL;
}

#define json_object_new_object() (may() ? json_object_new_object() : NULL)
#define json_object_new_array() (may() ? json_object_new_array() : NULL)
#define json_object_new_string(z) (may() ? json_object_new_string(z) : NULL)
#define json_object_new_string_len(s, len) \
	(may() ? json_object_new_string_len(s, len) : NULL)
#define json_object_new_int64(n) (may() ? json_object_new_int64(n) : NULL)
#define json_object_object_add(to, name, value) \
	(may() ? json_object_object_add(to, name, value) : -1)
#define json_object_array_add(to, value) \
	(may() ? json_object_array_add(to, value) : -1)
#define json_object_to_json_string_ext(o, flags) \
	(may() ? json_object_to_json_string_ext(o, flags) : NULL)
#define json_tokener_new_ex(depth) (may() ? json_tokener_new_ex(depth) : NULL)
#include "../../modules/e911/places.c"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW 1787320800

static e911_record_t record, copy;
static char doc[E911_PLACES_TEXT_MAX + 16];

static unsigned int rnd(unsigned int below)
{
	static unsigned int x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % below;
}

static void begin(e911_record_t *r, int place)
{
	static const str aor = str_init("a@x"), phone = str_init("phone");

	memset(r, 0x5a, sizeof(*r));
	assert_int_equal(e911_record_init(r, &aor, &phone), 0);
	r->state.place = (unsigned char)place;
}

static int read_bytes(const char *s, size_t len, int place)
{
	str text = tight(s, len);
	int err;

	begin(&copy, place);
	err = e911_places_read(&copy, &text);
	free(text.s);
	return err;
}

static int read_text(const char *z)
{
	return read_bytes(z, strlen(z), 0);
}

static size_t write_doc(void)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, doc, E911_PLACES_TEXT_MAX);
	assert_int_equal(e911_places_write(&b, &record), 0);
	return b.len;
}

static void assert_same_place(const e911_place_t *a, const e911_place_t *b)
{
	assert_true(e911_network_equal(&a->network, &b->network));
	assert_int_equal(a->confirmed, b->confirmed);
	assert_int_equal(a->location.stated, b->location.stated);
	assert_int_equal(a->location.until, b->location.until);
	assert_int_equal(a->location.verdict, b->location.verdict);
	assert_int_equal(a->location.origin, b->location.origin);
	assert_int_equal(a->location.len, b->location.len);
	assert_memory_equal(a->location.text, b->location.text, a->location.len);
	/* how fresh it is tells the record */
	assert_int_equal(b->location.freshness, E911_FRESH);
}

static void assert_round_trip(void)
{
	size_t len = write_doc();
	int i, err = read_bytes(doc, len, record.state.place);

	if(err)
		fail_msg("%s: %.*s", e911_err_text(err), (int)len, doc);
	assert_int_equal(copy.places, record.places);
	assert_int_equal(copy.state.place, record.state.place);
	assert_true(is_z(&copy.aor, "a@x"));
	for(i = 0; i < record.places; i++)
		assert_same_place(&record.place[i], &copy.place[i]);
}

/* ----- places ----- */

static e911_place_t *add_place_of(const char *network)
{
	e911_place_t *p = &record.place[record.places++];
	str s = {(char *)network, (int)strlen(network)};

	memset(p, 0, offsetof(e911_place_t, location));
	if(s.len)
		assert_int_equal(e911_network_read(&p->network, &s), 0);
	p->confirmed = NOW;
	e911_location_init(&p->location, E911_FROM_RPC, NOW);
	return p;
}

static void set(e911_place_t *p, const char *name, const char *value)
{
	assert_int_equal(
			e911_location_set(&p->location, e911_field_find(name, strlen(name)),
					value, strlen(value)),
			0);
}

static void reads_what_the_manual_shows(void **state)
{
	static const char text[] =
			" [ {\"network\":\"192.0.2.1\",\"confirmed\":1790000000,\n"
			"\"stated\":1790000001,\"until\":0,\"verdict\":\"valid\","
			"\"origin\":\"rpc\",\"more\":[1],"
			"\"location\":{\"country\":\"us\",\"RD\":\"Congress\"}}]\n";
	str value;

	(void)state;
	assert_int_equal(read_text(text), 0);
	assert_int_equal(copy.places, 1);
	assert_int_equal(copy.place[0].confirmed, 1790000000);
	assert_int_equal(copy.place[0].location.stated, 1790000001);
	assert_int_equal(copy.place[0].location.until, 0);
	assert_int_equal(copy.place[0].location.verdict, E911_VALID);
	assert_int_equal(copy.place[0].location.origin, E911_FROM_RPC);
	assert_int_equal(copy.place[0].network.family, 4);
	assert_int_equal(
			e911_location_get(&copy.place[0].location, E911_F_COUNTRY, &value),
			0);
	assert_true(is_z(&value, "US"));
}

static void writes_what_it_reads(void **state)
{
	e911_place_t *p;

	(void)state;
	begin(&record, 0);
	p = add_place_of("192.0.2.1");
	set(p, "RD", "a\"b\\c/d");
	p->location.until = NOW + 60;
	doc[write_doc()] = '\0';
	assert_string_equal(doc,
			"[{\"network\":\"192.0.2.1\",\"confirmed\":1787320800,"
			"\"stated\":1787320800,\"until\":1787320860,"
			"\"verdict\":\"unchecked\",\"origin\":\"rpc\","
			"\"location\":{\"RD\":\"a\\\"b\\\\c\\/d\"}}]");
	assert_round_trip();
	/* not heard from yet */
	memset(&p->network, 0, sizeof(p->network));
	assert_round_trip();
}

static int read_one(e911_location_t *l, const char *z)
{
	str text = tight_z(z);
	int err = e911_place_read(l, &text);

	free(text.s);
	return err;
}

static void one_location_goes_and_comes_alone(void **state)
{
	static e911_place_t one;
	e911_strbuf_t b;
	e911_place_t *p;

	(void)state;
	begin(&record, 0);
	p = add_place_of("");
	set(p, "RD", "a\"b");
	p->location.verdict = E911_VALID;
	e911_strbuf_init(&b, doc, E911_PLACE_TEXT_MAX);
	assert_int_equal(e911_place_write(&b, &p->location), 0);
	doc[b.len] = '\0';
	assert_string_equal(doc,
			"{\"stated\":1787320800,\"until\":0,\"verdict\":\"valid\","
			"\"origin\":\"rpc\",\"location\":{\"RD\":\"a\\\"b\"}}");
	memset(&one, 0x5a, sizeof(one));
	one.network = p->network;
	one.confirmed = p->confirmed;
	assert_int_equal(read_one(&one.location, doc), 0);
	assert_same_place(p, &one);
	e911_strbuf_init(&b, doc, 20);
	assert_int_equal(e911_place_write(&b, &p->location), E911_ERR_SPACE);
}

static void one_location_that_is_none_is_refused(void **state)
{
	static const struct
	{
		const char *text;
		int err;
	} cases[] = {{"", E911_ERR_SYNTAX}, {"null", E911_ERR_SYNTAX},
			{"{}", E911_ERR_TYPE}, {"[]", E911_ERR_TYPE},
			{"{\"stated\":1,\"until\":0,\"verdict\":\"valid\",\"origin\":"
			 "\"rpc\",\"location\":{}}",
					E911_ERR_EMPTY},
			{"{\"stated\":1,\"until\":0,\"verdict\":\"good\",\"origin\":"
			 "\"rpc\",\"location\":{\"RD\":\"x\"}}",
					E911_ERR_VALUE},
			{"{\"stated\":1,\"until\":0,\"verdict\":\"valid\",\"origin\":"
			 "\"rpc\",\"location\":{\"RD\":\"x\"}} x",
					E911_ERR_SYNTAX}};
	str large = tight_many(" ", E911_PLACE_TEXT_MAX + 1);
	e911_location_t l;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(cases); i++)
		if(read_one(&l, cases[i].text) != cases[i].err)
			fail_msg("%s", cases[i].text);
	assert_int_equal(e911_place_read(&l, &large), E911_ERR_SPACE);
	free(large.s);
}

static void every_verdict_and_origin_comes_back(void **state)
{
	e911_place_t *p;
	int verdict, origin;

	(void)state;
	begin(&record, 0);
	p = add_place_of("");
	set(p, "RD", "x");
	for(verdict = 0; e911_verdict_name(verdict)[0]; verdict++) {
		for(origin = 0; e911_origin_name(origin)[0]; origin++) {
			p->location.verdict = (unsigned char)verdict;
			p->location.origin = (unsigned char)origin;
			assert_round_trip();
		}
	}
	assert_int_equal(verdict, E911_UNUSABLE + 1);
	assert_int_equal(origin, E911_FROM_SITE + 1);
}

static void random_text(e911_location_t *l, int id, int long_ones)
{
	static const char *const pieces[] = {"a", "Z", "7", " ", "<", "\"", "\\",
			"/", "'", "\\u0041", "\\u0000", "\\\"", "{", "]", ",", "\xc3\xa9",
			"\xe2\x82\xac", "\xf0\x9f\x9a\x91", "\x7f" /* left out */};
	char value[E911_FIELD_MAX];
	size_t len = 0, n, max = long_ones ? e911_field(id)->max : 1 + rnd(40);
	const char *piece;

	if(max > e911_field(id)->max)
		max = e911_field(id)->max;
	for(;;) {
		piece = pieces[rnd(COUNT(pieces) - 1)];
		n = strlen(piece);
		if(len + n > max)
			break;
		memcpy(value + len, piece, n);
		len += n;
	}
	e911_location_set(l, id, value, len);
}

static void random_place(e911_location_t *l)
{
	int id;

	for(id = E911_F_A1; id < E911_F_SHAPE; id++)
		if(rnd(4) == 0)
			random_text(l, id, rnd(8) == 0);
	if(!e911_location_has_civic(l))
		assert_int_equal(e911_location_set(l, E911_F_RD, "x", 1), 0);
	if(rnd(3) == 0 && e911_location_set(l, E911_F_SHAPE, "Point", 5) == 0
			&& e911_location_set(l, E911_F_POS, "30.27 -97.74", 12))
		e911_location_init(l, E911_FROM_SIP, NOW);
	if(l->len == 0)
		e911_location_set(l, E911_F_RD, "y", 1);
}

static void round_trip_of_anything(void **state)
{
	static const char *const networks[] = {"", "192.0.2.1", "2001:db8::1",
			"10.0.0.0/8", "::/0",
			"1111:2222:3333:4444:5555:6666:7777:8888/127"};
	e911_place_t *p;
	int i, k, n;

	(void)state;
	for(i = 0; i < 2000; i++) {
		n = 1 + (int)rnd(E911_PLACES_MAX);
		begin(&record, (int)rnd(n));
		for(k = 0; k < n; k++) {
			p = add_place_of(networks[rnd(COUNT(networks))]);
			p->confirmed = NOW - rnd(100000);
			p->location.stated = NOW - rnd(1000000);
			p->location.until = rnd(2) ? 0 : NOW + rnd(1000000);
			p->location.verdict = (unsigned char)rnd(4);
			p->location.origin = (unsigned char)rnd(8);
			random_place(&p->location);
		}
		assert_round_trip();
	}
}

/* the most that may be stated, each byte of it to be escaped */
static void the_largest_record_has_room(void **state)
{
	static const char *const marks[] = {"\"", "/", "\\"};
	e911_place_t *p;
	char value[E911_FIELD_MAX];
	size_t i, max;
	int id, k;

	(void)state;
	for(i = 0; i < COUNT(marks); i++) {
		begin(&record, E911_PLACES_MAX - 1);
		memset(value, marks[i][0], sizeof(value));
		for(k = 0; k < E911_PLACES_MAX; k++) {
			p = add_place_of("1111:2222:3333:4444:5555:6666:7777:8888/127");
			p->confirmed = p->location.stated = p->location.until = NOW;
			p->location.verdict = E911_UNCHECKED;
			/* every name, and room for those that follow */
			for(id = E911_F_A1; id < E911_F_SHAPE; id++) {
				max = E911_LOCATION_TEXT_MAX - p->location.len - 3
					  - 4 * (size_t)(E911_F_SHAPE - 1 - id);
				if(max > e911_field(id)->max)
					max = e911_field(id)->max;
				assert_int_equal(
						e911_location_set(&p->location, id, value, max), 0);
			}
			assert_int_equal(p->location.len, E911_LOCATION_TEXT_MAX);
		}
		assert_round_trip();
	}
}

static void never_writes_past_the_end(void **state)
{
	e911_strbuf_t b;
	size_t len, max;
	char *mem;

	(void)state;
	begin(&record, 0);
	set(add_place_of("192.0.2.1"), "RD", "x");
	set(add_place_of(""), "HNO", "y");
	len = write_doc();
	for(max = 0; max <= len; max++) {
		mem = malloc(max + 1);
		e911_strbuf_init(&b, mem, max);
		assert_int_equal(
				e911_places_write(&b, &record), max < len ? E911_ERR_SPACE : 0);
		free(mem);
	}
}

/* ----- what is refused ----- */

#define P(network, confirmed, stated, until, verdict, origin, location)       \
	"{\"network\":" network ",\"confirmed\":" confirmed ",\"stated\":" stated \
	",\"until\":" until ",\"verdict\":" verdict ",\"origin\":" origin         \
	",\"location\":" location "}"
#define Q(z) "\"" z "\""
#define AT(location) P(Q(""), "1", "2", "0", Q("valid"), Q("rpc"), location)
#define GOOD AT("{\"RD\":\"x\"}")

static void refuses_what_is_no_json(void **state)
{
	static const char *const texts[] = {"", " ", "[", "]", "{", "null", "[,]",
			"[" GOOD, "[" GOOD ",", "[" GOOD ",]", GOOD "]", "[" GOOD "]]",
			"[" GOOD "]x", "[" GOOD "][]", "[" GOOD "] //", "[" GOOD "] /* */",
			"[" GOOD " " GOOD "]", "[" AT("{\"RD\":\"x\"") "]",
			"[" AT("{RD:\"x\"}") "]", "[" AT("{'RD':'x'}") "]",
			"[" AT("{\"RD\":\"\\x\"}") "]", "[" AT("{\"RD\":\"a\nb\"}") "",
			/* deeper than a place goes */
			"[" AT("{\"RD\":[[\"x\"]]}") "]",
			"[" P("[[[1]]]", "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[[[[[[[[[[[[[[", "[" GOOD ",tru]"};
	size_t i, len = strlen("[" GOOD "," GOOD "]"), n;

	(void)state;
	for(i = 0; i < COUNT(texts); i++)
		if(read_text(texts[i]) != E911_ERR_SYNTAX)
			fail_msg("%s", texts[i]);
	for(n = 0; n < len; n++)
		assert_int_equal(
				read_bytes("[" GOOD "," GOOD "]", n, 0), E911_ERR_SYNTAX);
	assert_int_equal(read_bytes("[" GOOD "]\0", strlen("[" GOOD "]") + 1, 0),
			E911_ERR_SYNTAX);
	assert_int_equal(read_bytes("[" GOOD "]\0x", strlen("[" GOOD "]") + 2, 0),
			E911_ERR_SYNTAX);
	assert_int_equal(read_bytes("[" GOOD "," GOOD "]", len, 1), 0);
	assert_int_equal(copy.places, 2);
}

static void refuses_other_types(void **state)
{
	static const char *const texts[] = {"{}", "\"x\"", "[1]", "[NaN]", "[null]",
			"[[]]", "[\"x\"]", "[{}]", GOOD, "[" GOOD ",null]", "[" GOOD ",{}]",
			"[" AT("null") "]", "[" AT("[]") "]", "[" AT("\"x\"") "]",
			"[" AT("{\"HNO\":12}") "]", "[" AT("{\"HNO\":null}") "]",
			"[" AT("{\"RD\":\"x\",\"HNO\":[]}") "]",
			"[" P("null", "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P("4", "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P("{}", "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "null", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1.5", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", Q("2"), "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", "true", "0", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", "2", "1e3", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", "2", "[]", Q("valid"), Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", "2", "0", "1", Q("rpc"), "{}") "]",
			"[" P(Q(""), "1", "2", "0", Q("valid"), "null", "{}") "]"};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(texts); i++)
		if(read_text(texts[i]) != E911_ERR_TYPE)
			fail_msg("%s", texts[i]);
}

/* each of the seven has to be there */
static void refuses_a_place_that_says_too_little(void **state)
{
	static const char *const names[] = {"network", "confirmed", "stated",
			"until", "verdict", "origin", "location"};
	char text[] = "[" GOOD "]", *at;
	size_t i;

	(void)state;
	assert_int_equal(read_text(text), 0);
	for(i = 0; i < COUNT(names); i++) {
		at = strstr(text, names[i]);
		*at ^= 0x20;
		assert_int_equal(read_text(text), E911_ERR_TYPE);
		*at ^= 0x20;
	}
}

static void refuses_what_no_place_says(void **state)
{
	static const struct
	{
		const char *text;
		int err;
	} rows[] = {
			{"[" P(Q("x"), "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(" "), "1", "2", "0", Q("valid"), Q("rpc"), "{}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "2", "0", Q("Valid"), Q("rpc"), "{}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "2", "0", Q(""), Q("rpc"), "{}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "2", "0", Q("valid"), Q("db2"), "{}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "2", "0", Q("valid"), Q("r"), "{}") "]",
					E911_ERR_VALUE},
			{"[" AT("{}") "]", E911_ERR_EMPTY},
			{"[" AT("{\"RD\":\" \"}") "]", E911_ERR_EMPTY},
			{"[" AT("{\"country\":\"US\"}") "]", E911_ERR_EMPTY},
			{"[" AT("{\"rd\":\"x\"}") "]", E911_ERR_NAME},
			{"[" AT("{\"\":\"x\"}") "]", E911_ERR_NAME},
			{"[" AT("{\"RD\":\"x\",\"nonsense\":\"x\"}") "]", E911_ERR_NAME},
			{"[" AT("{\"country\":\"USA\"}") "]", E911_ERR_LONG},
			{"[" AT("{\"country\":\"U1\"}") "]", E911_ERR_VALUE},
			{"[" AT("{\"RD\":\"a\\nb\"}") "]", E911_ERR_TEXT},
			{"[" AT("{\"RD\":\"a\\u0000b\"}") "]", E911_ERR_TEXT},
			{"[" AT("{\"RD\":\"\xc0\x80\"}") "]", E911_ERR_TEXT},
			{"[" AT("{\"RD\":\"\xff\"}") "]", E911_ERR_TEXT},
			{"[" AT("{\"RD\xff\":\"x\"}") "]", E911_ERR_NAME},
			{"[" P(Q(""), "1", "2", "0", Q("valid\\u0000x"), Q("rpc"),
					 "{\"RD\":\"x\"}") "]",
					E911_ERR_VALUE},
			/* no time that can be written as a year of four digits */
			{"[" P(Q(""), "-1", "2", "0", Q("valid"), Q("rpc"),
					 "{\"RD\":\"x\"}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "999999999999999", "0", Q("valid"), Q("rpc"),
					 "{\"RD\":\"x\"}") "]",
					E911_ERR_VALUE},
			{"[" P(Q(""), "1", "2", "-9223372036854775808", Q("valid"),
					 Q("rpc"), "{\"RD\":\"x\"}") "]",
					E911_ERR_VALUE},
			{"[" AT("{\"shape\":\"Point\"}") "]", E911_ERR_SHAPE},
			{"[" AT("{\"shape\":\"Circle\",\"pos\":\"1 2\"}") "]",
					E911_ERR_SHAPE},
			{"[" GOOD "," AT("{}") "]", E911_ERR_EMPTY},
			/* none of them is in use */
			{"[]", E911_ERR_EMPTY},
			{" [ ] ", E911_ERR_EMPTY},
			{"[" GOOD "," GOOD "," GOOD "," GOOD "," GOOD "]", E911_ERR_FULL},
	};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++)
		if(read_text(rows[i].text) != rows[i].err)
			fail_msg("%s", rows[i].text);
}

static void the_place_in_use_has_to_be_there(void **state)
{
	static const char two[] = "[" GOOD "," GOOD "]";

	(void)state;
	assert_int_equal(read_bytes(two, strlen(two), 1), 0);
	assert_int_equal(read_bytes(two, strlen(two), 2), E911_ERR_EMPTY);
	assert_int_equal(read_bytes(two, strlen(two), 255), E911_ERR_EMPTY);
}

static void refuses_too_much(void **state)
{
	char *text = malloc(E911_PLACES_TEXT_MAX + 1);

	(void)state;
	memset(text, ' ', E911_PLACES_TEXT_MAX + 1);
	memcpy(text, "[" GOOD "]", strlen("[" GOOD "]"));
	assert_int_equal(read_bytes(text, E911_PLACES_TEXT_MAX, 0), 0);
	assert_int_equal(
			read_bytes(text, E911_PLACES_TEXT_MAX + 1, 0), E911_ERR_SPACE);
	free(text);
}

/* ----- memory that fails ----- */

static int write_once(void *arg)
{
	e911_strbuf_t b;

	(void)arg;
	e911_strbuf_init(&b, doc, E911_PLACES_TEXT_MAX);
	return e911_places_write(&b, &record);
}

static int write_one(void *arg)
{
	e911_strbuf_t b;

	(void)arg;
	e911_strbuf_init(&b, doc, E911_PLACE_TEXT_MAX);
	return e911_place_write(&b, &record.place[0].location);
}

static void forget_tokener(void)
{
	if(tokener)
		json_tokener_free(tokener);
	tokener = NULL;
}

static int read_once(void *arg)
{
	forget_tokener();
	begin(&copy, 0);
	return e911_places_read(&copy, arg);
}

static void every_allocation_may_fail(void **state)
{
	str text = str_init("[" GOOD "]");

	(void)state;
	begin(&record, 0);
	set(add_place_of("192.0.2.1"), "RD", "x");
	set(add_place_of(""), "HNO", "y");
	set(&record.place[1], "RD", "z");
	ksr_sweep(write_once, NULL, E911_ERR_MEM);
	ksr_sweep(write_one, NULL, E911_ERR_MEM);
	ksr_sweep(read_once, &text, E911_ERR_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_what_the_manual_shows),
			cmocka_unit_test(writes_what_it_reads),
			cmocka_unit_test(one_location_goes_and_comes_alone),
			cmocka_unit_test(one_location_that_is_none_is_refused),
			cmocka_unit_test(every_verdict_and_origin_comes_back),
			cmocka_unit_test(round_trip_of_anything),
			cmocka_unit_test(the_largest_record_has_room),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(refuses_what_is_no_json),
			cmocka_unit_test(refuses_other_types),
			cmocka_unit_test(refuses_a_place_that_says_too_little),
			cmocka_unit_test(refuses_what_no_place_says),
			cmocka_unit_test(the_place_in_use_has_to_be_there),
			cmocka_unit_test(refuses_too_much),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
