/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/geolocation.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* the values of a header as "uri>params|", "!" for each fault */
static void flat(const char *header, size_t len, char *out)
{
	str whole = tight(header, len), rest = whole;
	e911_locator_t value;
	int got, n = 0;

	while((got = e911_geolocation_next(&rest, &value)) != 0) {
		if(got == 1)
			n += sprintf(out + n, "%.*s>%.*s|", value.uri.len, value.uri.s,
					value.params.len, value.params.s);
		else
			out[n++] = got == E911_ERR_SYNTAX ? '!' : '?';
	}
	out[n] = '\0';
	free(whole.s);
}

static void check(const char *const (*rows)[2], size_t count)
{
	char out[512];
	size_t i;

	for(i = 0; i < count; i++) {
		flat(rows[i][0], strlen(rows[i][0]), out);
		assert_string_equal(out, rows[i][1]);
	}
}

static void takes_values_one_by_one(void **state)
{
	static const char *const rows[][2] = {
			{"", ""},
			{" \t\r\n ", ""},
			{"<cid:x>", "cid:x>|"},
			{"<cid:target@example.com>", "cid:target@example.com>|"},
			{"<sips:3sdefrhy2jj7@lis.example.com>",
					"sips:3sdefrhy2jj7@lis.example.com>|"},
			{"<cid:a>,<https://b/c>", "cid:a>|https://b/c>|"},
			{" <cid:a> , <pres:b@c> ", "cid:a>|pres:b@c>|"},
			{"<cid:a>,\r\n <sip:b@c>", "cid:a>|sip:b@c>|"},
			{"\r\n\t<cid:a>\r\n ,\r\n <http://b>", "cid:a>|http://b>|"},
			{"<https://h/a,b;c?d=e,f>,<cid:x>",
					"https://h/a,b;c?d=e,f>|cid:x>|"},
			{"<CID:x>,<HTTPS://h>,<Sip:a@b>", "CID:x>|HTTPS://h>|Sip:a@b>|"},
			{"<https://[2001:db8::1]/a%20b#c>",
					"https://[2001:db8::1]/a%20b#c>|"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void keeps_parameters_apart(void **state)
{
	static const char *const rows[][2] = {
			{"<cid:x>;inserted-by=\"sip:a@b\"",
					"cid:x>inserted-by=\"sip:a@b\"|"},
			{"<cid:x> ; a=1 ; b , <cid:y>;c", "cid:x>a=1 ; b|cid:y>c|"},
			{"<cid:x>;a=\"1,2\",<cid:y>", "cid:x>a=\"1,2\"|cid:y>|"},
			{"<cid:x>;a=\"\\\",\",<cid:y>", "cid:x>a=\"\\\",\"|cid:y>|"},
			{"<cid:x>\r\n ;a=1", "cid:x>a=1|"},
			{"<cid:x>;", "cid:x>|"},
			{"<cid:x>;a=\"1", "!"},
			{"<cid:x>;a=\"1\\", "!"},
			{"<cid:x>a=1", "!"},
			{"<cid:x><cid:y>", "!"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void refuses_what_is_no_location_and_goes_on(void **state)
{
	static const char *const rows[][2] = {
			{"cid:x", "!"},
			{"cid:x,<cid:y>", "!cid:y>|"},
			{"<cid:x", "!"},
			{"<cid:x,<cid:y>", "!"},
			{"cid:x>", "!"},
			{"<>", "!"},
			{"< cid:x>", "!"},
			{"<cid:x >", "!"},
			{"<cid:>", "!"},
			{"<x>", "!"},
			{"<//host/path>", "!"},
			{"<javascript:alert(1)>,<cid:x>", "!cid:x>|"},
			{"<geo:48.2,16.3>,<cid:x>", "!cid:x>|"},
			{"<file:///etc/passwd>", "!"},
			{"<data:text/xml,a>", "!"},
			{"<httpsx://h>", "!"},
			{"<https://h/\"a>", "!"},
			{"<https://h/a\\b>", "!"},
			{"<https://h/a\r\n b>", "!"},
			{"<https://h/\x7f>", "!"},
			{"<https://h/\xc3\xa4>", "!"},
			{"\"Me\" <cid:x>", "!"},
	};
	char out[64];

	(void)state;
	check(rows, COUNT(rows));
	flat("<https://h/\0a>", 14, out);
	assert_string_equal(out, "!");
}

static void refuses_dangling_commas_but_not_their_neighbours(void **state)
{
	static const char *const rows[][2] = {
			{",", "!"},
			{",<cid:x>", "!cid:x>|"},
			{"<cid:x>,", "cid:x>|!"},
			{"<cid:x> , \r\n ", "cid:x>|!"},
			{"<cid:x>,,<cid:y>", "cid:x>|!cid:y>|"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void writes_nothing_on_a_fault(void **state)
{
	e911_locator_t value = {{"u", 1}, {"p", 1}};
	str header = tight_z("<geo:1,2>;a"), rest = header;

	(void)state;
	assert_int_equal(e911_geolocation_next(&rest, &value), E911_ERR_SYNTAX);
	assert_true(is_z(&value.uri, "u") && is_z(&value.params, "p"));
	free(header.s);
}

/* 64 KB of what makes a naive reader start over at each character */
static void long_headers_are_read_in_one_pass(void **state)
{
	static const char *const units[] = {
			"<cid:x>,", "<", ",", "<cid:x", "\"", "<cid:x>;a=\"\\", ";", " "};
	str header, rest;
	e911_locator_t value;
	size_t i;
	int calls, got;

	(void)state;
	for(i = 0; i < COUNT(units); i++) {
		header = rest = tight_many(units[i], 65536 / strlen(units[i]));
		calls = 0;
		while((got = e911_geolocation_next(&rest, &value)))
			calls++;
		assert_true(calls <= header.len);
		assert_int_equal(rest.len, 0);
		free(header.s);
	}
}

static int cid(const char *uri, int max, char *out)
{
	str whole = tight_z(uri), id = {"none", 4};
	char *mem = malloc(max);
	int err = e911_geolocation_cid(&whole, mem, max, &id);

	sprintf(out, "%.*s", id.len, id.s);
	free(mem);
	free(whole.s);
	return err;
}

static void unescapes_content_ids(void **state)
{
	static const struct
	{
		const char *uri, *want;
		int err;
	} rows[] = {
			{"cid:a@b", "a@b", 0},
			{"CID:a%40b", "a@b", 0},
			{"cid:a%2Bb%2fc@d", "a+b/c@d", 0},
			{"cid:1234567@", "1234567@", 0},
			{"cid:12345678@", "none", E911_ERR_SPACE},
			{"cid:", "none", E911_ERR_SYNTAX},
			{"cid", "none", E911_ERR_TYPE},
			{"", "none", E911_ERR_TYPE},
			{"sip:a@b", "none", E911_ERR_TYPE},
			{"cid:a%4", "none", E911_ERR_SYNTAX},
			{"cid:a%", "none", E911_ERR_SYNTAX},
			{"cid:a%4g", "none", E911_ERR_SYNTAX},
			{"cid:a%g4", "none", E911_ERR_SYNTAX},
			{"cid:a%00", "none", E911_ERR_SYNTAX},
			{"cid:a%0d%0ab", "none", E911_ERR_SYNTAX},
			{"cid:a%3eb", "none", E911_ERR_SYNTAX},
			{"cid:a%20b", "none", E911_ERR_SYNTAX},
			{"cid:a%c3%a4", "none", E911_ERR_SYNTAX},
	};
	char out[64];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		assert_int_equal(cid(rows[i].uri, 8, out), rows[i].err);
		assert_string_equal(out, rows[i].want);
	}
}

static void only_yes_lets_route_by_it(void **state)
{
	static const char *const yes[] = {"yes", "Yes", " YES\r\n"};
	static const char *const no[] = {"", "no", "yes;a=b", "yes,no", "yess",
			"ye", "\"yes\"", "true", "1"};
	size_t i;
	str body;

	(void)state;
	for(i = 0; i < COUNT(yes); i++) {
		body = tight_z(yes[i]);
		assert_int_equal(e911_geolocation_routing(&body), E911_ROUTING_YES);
		free(body.s);
	}
	for(i = 0; i < COUNT(no); i++) {
		body = tight_z(no[i]);
		assert_int_equal(e911_geolocation_routing(&body), E911_ROUTING_NO);
		free(body.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(takes_values_one_by_one),
			cmocka_unit_test(keeps_parameters_apart),
			cmocka_unit_test(refuses_what_is_no_location_and_goes_on),
			cmocka_unit_test(refuses_dangling_commas_but_not_their_neighbours),
			cmocka_unit_test(writes_nothing_on_a_fault),
			cmocka_unit_test(long_headers_are_read_in_one_pass),
			cmocka_unit_test(unescapes_content_ids),
			cmocka_unit_test(only_yes_lets_route_by_it),
	};

	return cmocka_run_group_tests_name("geolocation", tests, NULL, NULL);
}
