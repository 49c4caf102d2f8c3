/*
 * The real codecs and rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: lost rest validators template civic sax assessment location secret
 * needs: field row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/inquiry.c"

#define LVF "name=lvf;kind=lost;url=https://lvf.example.net:8443/lost?a=1"
#define VENDOR "name=vendor;like=generic;url=https://vendor.example.net/v1"

static e911_validators_t *all;
static const e911_validator_t *v;
static e911_location_t l;
static e911_trail_t trail;
static e911_assessment_t a;
static e911_http_request_t r;

static void add(const char *row)
{
	str s = {(char *)row, (int)strlen(row)}, bad;
	int err = e911_validators_add(all, &s, &bad);

	if(err)
		fail_msg("%s: %.*s: %s", row, bad.len, bad.s, e911_err_text(err));
	v = e911_validators_nth(all, 0);
	memset(&trail, 0, sizeof(trail));
}

static int up(void **state)
{
	(void)state;
	e911_location_init(&l, E911_FROM_SIP, 1);
	e911_location_set(&l, E911_F_COUNTRY, "US", 2);
	e911_location_set(&l, E911_F_RD, "Main", 4);
	e911_location_set(&l, E911_F_HNO, "7", 1);
	return e911_validators_new(&all);
}

static int down(void **state)
{
	(void)state;
	e911_validators_free(all);
	return ksr_blocks() != 0;
}

static int write_it(void)
{
	return e911_inquiry_write(v, &l, &trail, &r);
}

static int answer_with(int err, int status, const char *type, const char *text)
{
	e911_http_answer_t answer = {.status = status, .err = err};
	int got;

	answer.type = (str){(char *)type, (int)strlen(type)};
	answer.body = tight_z(text);
	got = e911_inquiry_read(v, &l, &answer, &trail, &a);
	free(answer.body.s);
	return got;
}

static int redirect_to(const char *host)
{
	char text[512];

	snprintf(text, sizeof(text),
			"<redirect xmlns='urn:ietf:params:xml:ns:lost1' target='%s' "
			"source='x'/>",
			host);
	return answer_with(0, 200, E911_LOST_TYPE, text);
}

static void asks_as_the_row_says(void **state)
{
	(void)state;
	setenv("TEST_SECRET", "open sesame", 1);
	add(LVF ";header1=X-Key: {secret};header2=X-Other: 1;secret=env:"
			"TEST_SECRET;ca=/ca;timeout_ms=700");
	assert_int_equal(write_it(), 0);
	assert_string_equal(r.url, "https://lvf.example.net:8443/lost?a=1");
	assert_string_equal(r.method, "POST");
	assert_string_equal(r.headers[0], "Content-Type: " E911_LOST_TYPE);
	assert_string_equal(r.headers[1], "X-Key: open sesame");
	assert_string_equal(r.headers[2], "X-Other: 1");
	assert_null(r.headers[3]);
	assert_string_equal(r.ca, "/ca");
	assert_int_equal(r.timeout_ms, 700);
	assert_int_equal(r.verify, 1);
	assert_int_equal(r.answer_max, E911_LOST_MAX);
	assert_non_null(memmem(r.body.s, r.body.len, "Main", 4));
	/* a secret that cannot be read is no secret */
	unsetenv("TEST_SECRET");
	assert_int_equal(write_it(), E911_ERR_NONE);
}

static void asks_a_service_by_its_template(void **state)
{
	(void)state;
	add(VENDOR);
	assert_int_equal(write_it(), 0);
	assert_string_equal(r.url, "https://vendor.example.net/v1");
	assert_string_equal(r.headers[0], "Content-Type: application/json");
	assert_int_equal(r.answer_max, E911_REST_ANSWER_MAX);
	assert_int_equal(answer_with(0, 200, "application/json",
							 "{\"verdict\":\"invalid\",\"elements\":{\"RD\":"
							 "\"invalid\"}}"),
			0);
	assert_int_equal(a.verdict, E911_INVALID);
	assert_int_equal(a.element[E911_F_RD], E911_ELEMENT_INVALID);
	assert_string_equal(a.validator, "vendor");
}

static void another_try_is_for_what_may_be_over_soon(void **state)
{
	static const struct
	{
		int err, status;
		const char *text;
		int want;
	} bad[] = {{E911_ERR_DOWN, 0, "", E911_ERR_DOWN},
			{E911_ERR_SPACE, 200, "", E911_ERR_DOWN},
			{0, 500, "", E911_ERR_DOWN}, {0, 429, "", E911_ERR_DOWN},
			{0, 404, "no", E911_ERR_DOWN}, {0, 200, "no", E911_ERR_SYNTAX},
			{0, 200, "<html/>", E911_ERR_TYPE}};
	size_t i;

	(void)state;
	add(LVF);
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
				answer_with(bad[i].err, bad[i].status, "x/y", bad[i].text),
				bad[i].want);
}

static void a_verdict_has_the_name_of_whose_it_is(void **state)
{
	(void)state;
	add(LVF);
	assert_int_equal(answer_with(0, 200, E911_LOST_TYPE,
							 "<findServiceResponse xmlns='urn:ietf:params:xml:"
							 "ns:lost1' xmlns:c='urn:ietf:params:xml:ns:pidf:"
							 "geopriv10:civicAddr'><locationValidation><valid>"
							 "c:country c:RD c:HNO</valid></locationValidation>"
							 "<path><via source='x'/></path>"
							 "</findServiceResponse>"),
			0);
	assert_int_equal(a.verdict, E911_VALID);
	assert_string_equal(a.validator, "lvf");
}

static void an_error_of_lost_is_no_failure(void **state)
{
	(void)state;
	add(LVF);
	assert_int_equal(answer_with(0, 200, E911_LOST_TYPE,
							 "<errors xmlns='urn:ietf:params:xml:ns:lost1' "
							 "source='x'><notFound message='m'/></errors>"),
			E911_ERR_NONE);
}

static void a_redirect_goes_to_that_host_without_the_secret(void **state)
{
	(void)state;
	setenv("TEST_SECRET", "s", 1);
	add(LVF ";header1=X-Key: {secret};header2=X-Other: 1;secret=env:"
			"TEST_SECRET");
	assert_int_equal(redirect_to("two.example.org"), E911_ERR_AGAIN);
	assert_int_equal(write_it(), 0);
	assert_string_equal(r.url, "https://two.example.org:8443/lost?a=1");
	assert_string_equal(r.headers[1], "X-Other: 1");
	assert_null(r.headers[2]);
	unsetenv("TEST_SECRET");
}

static void a_redirect_keeps_what_the_url_has_besides_the_host(void **state)
{
	static const struct
	{
		const char *url, *moved;
	} urls[] = {{"http://a.example", "http://b.example"},
			{"https://a.example/x", "https://b.example/x"},
			{"http://a.example:81", "http://b.example:81"},
			{"http://[2001:db8::1]:81/x", "http://b.example:81/x"},
			{"http://[2001:db8::1]/x", "http://b.example/x"}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		assert_int_equal(move_url(urls[i].url, "b.example"), 0);
		assert_string_equal(url, urls[i].moved);
	}
}

static void no_host_is_asked_twice_and_no_more_than_five(void **state)
{
	static const struct
	{
		const char *host;
		int err;
	} again[] = {{"lvf.example.net", E911_ERR_TWICE},
			{"LVF.example.net", E911_ERR_TWICE}, {"a.x", E911_ERR_TWICE},
			{"A.X", E911_ERR_TWICE}, {"a.x/evil", E911_ERR_SYNTAX},
			{"a b", E911_ERR_SYNTAX}, {"user@a.y", E911_ERR_SYNTAX}};
	char host[8];
	size_t i;

	(void)state;
	add(LVF);
	assert_int_equal(redirect_to("a.x"), E911_ERR_AGAIN);
	for(i = 0; i < sizeof(again) / sizeof(*again); i++)
		assert_int_equal(redirect_to(again[i].host), again[i].err);
	assert_int_equal(trail.n, 1);
	for(i = 1; i < E911_HOPS_MAX; i++) {
		sprintf(host, "h%u.x", (unsigned int)i);
		assert_int_equal(redirect_to(host), E911_ERR_AGAIN);
	}
	assert_int_equal(redirect_to("h9.x"), E911_ERR_FULL);
}

static void what_has_no_address_is_not_asked_of(void **state)
{
	(void)state;
	add(LVF);
	e911_location_init(&l, E911_FROM_SIP, 1);
	e911_location_set(&l, E911_F_SHAPE, "Point", 5);
	e911_location_set(&l, E911_F_POS, "1 2", 3);
	assert_int_equal(write_it(), E911_ERR_EMPTY);
	add(VENDOR);
	v = e911_validators_nth(all, 1);
	assert_int_equal(write_it(), E911_ERR_EMPTY);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			WITH(asks_as_the_row_says),
			WITH(asks_a_service_by_its_template),
			WITH(another_try_is_for_what_may_be_over_soon),
			WITH(a_verdict_has_the_name_of_whose_it_is),
			WITH(an_error_of_lost_is_no_failure),
			WITH(a_redirect_goes_to_that_host_without_the_secret),
			WITH(a_redirect_keeps_what_the_url_has_besides_the_host),
			WITH(no_host_is_asked_twice_and_no_more_than_five),
			WITH(what_has_no_address_is_not_asked_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
