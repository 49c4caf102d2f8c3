/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf network row
 */
#include "../../modules/e911/reference.c"
#include <stdio.h>
#include <stdlib.h>
#include "ksr_stub.h"
#include "tight.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static int init_z(const char *z)
{
	str text = tight_z(z);
	int err = e911_reference_init(&text);

	free(text.s);
	return err;
}

static int allow_z(const char *z, int certificate)
{
	str text = tight_z(z);
	int err = e911_reference_allow(&text, certificate);

	free(text.s);
	return err;
}

/* the token in that target, "none" where the path is another one */
static void assert_token(const char *target, const char *want)
{
	str text = tight_z(target), token = str_init("untouched");
	str data = str_init("untouched");
	int err = e911_reference_token(&text, &token, &data);

	if(strcmp(want, "none") == 0) {
		assert_int_equal(err, E911_ERR_NONE);
		assert_true(is_z(&token, "untouched"));
		assert_true(is_z(&data, "untouched"));
	} else {
		assert_int_equal(err, 0);
		assert_int_equal(data.len, 0);
		if(!is_z(&token, want))
			fail_msg("%s: '%.*s'", target, token.len, token.s);
	}
	free(text.s);
}

/* a token with that behind its slash */
static void assert_data(const char *target, const char *want)
{
	str text = tight_z(target), token = STR_NULL, data = STR_NULL;

	assert_int_equal(e911_reference_token(&text, &token, &data), 0);
	if(!is_z(&token, TOKEN) || !is_z(&data, want))
		fail_msg("%s: '%.*s', '%.*s'", target, token.len, token.s, data.len,
				data.s);
	free(text.s);
}

static int permits(const char *address, int tls, int is_verified)
{
	str text = {(char *)address, (int)strlen(address)};
	e911_network_t source;

	assert_int_equal(e911_network_read(&source, &text), 0);
	return e911_reference_permits(&source, tls, is_verified);
}

static void without_a_url_there_are_no_references(void **state)
{
	str nothing = STR_NULL;
	char mem[300];
	e911_strbuf_t b;

	(void)state;
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(e911_reference_init(&nothing), 0);
	e911_strbuf_init(&b, mem, sizeof(mem));
	assert_int_equal(e911_reference_url(TOKEN, &b), E911_ERR_NONE);
	assert_int_equal(b.len, 0);
	assert_token("/" TOKEN, "none");
}

static void the_url_of_a_token_is_the_one_that_is_served(void **state)
{
	static const char *const urls[] = {"https://edge.example.com:8443/e911/",
			"https://[2001:db8::1]/", "https://192.0.2.1/a/b;c=%20/",
			"http://127.0.0.1:8080/e911/", "http://localhost/",
			"http://[::1]:80/x/"};
	char mem[300];
	e911_strbuf_t b;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		assert_int_equal(init_z(urls[i]), 0);
		e911_strbuf_init(&b, mem, sizeof(mem) - 1);
		assert_int_equal(e911_reference_url(TOKEN, &b), 0);
		mem[b.len] = '\0';
		assert_int_equal(strncmp(mem, urls[i], strlen(urls[i])), 0);
		assert_string_equal(mem + strlen(urls[i]), TOKEN);
		assert_token(mem, TOKEN);
		assert_token(strchr(mem + 8, '/'), TOKEN);
	}
}

static void refuses_a_url_that_is_none(void **state)
{
	static const char *const bad[] = {"x", "/", "https", "https://",
			"https:///", "https://a", "https://a/b", "https://:8443/",
			"HTTPS://a/", "ftp://a/", "http://a/", "http://192.0.2.1/",
			"http://127.0.0.1", "http://127.0.0.1.example.com/",
			"http://localhost.example.com/", "http://127.0.0.10/",
			"https://u@a/", "https://a/?q=/", "https://a/#/", "https://a/ b/",
			"https://a/<b>/", "https://a/\"/", "https://a/\xc3\xa9/",
			"https://a/\n/"};
	str longest = tight_many("a", E911_REFERENCE_URL_MAX + 1);
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if(init_z(bad[i]) != E911_ERR_VALUE)
			fail_msg("%s: %d", bad[i], init_z(bad[i]));
		assert_token("/" TOKEN, "none");
	}
	memcpy(longest.s, "https://", 8);
	longest.s[9] = '/';
	longest.s[longest.len - 1] = '/';
	assert_int_equal(e911_reference_init(&longest), E911_ERR_LONG);
	longest.len--;
	longest.s[longest.len - 1] = '/';
	assert_int_equal(e911_reference_init(&longest), 0);
	free(longest.s);
}

static void a_url_that_does_not_fit_is_not_written(void **state)
{
	char *mem = malloc(40);
	e911_strbuf_t b;

	(void)state;
	assert_int_equal(init_z("https://a/b/"), 0);
	e911_strbuf_init(&b, mem, 40);
	assert_int_equal(e911_reference_url(TOKEN, &b), E911_ERR_SPACE);
	free(mem);
}

static void only_its_own_path_is_ours(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://edge.example.com:8443/e911/"), 0);
	assert_token("/", "none");
	assert_token("/e911", "none");
	assert_token("/E911/" TOKEN, "none");
	assert_token("/other/" TOKEN, "none");
	assert_token("/x/e911/" TOKEN, "none");
	assert_token("*", "none");
	assert_token("https://edge.example.com:8443", "none");
	assert_token("http://other.example.com/e911/" TOKEN, TOKEN);
}

static void what_is_no_token_is_an_empty_one(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://edge.example.com/e911/"), 0);
	assert_token("/e911/", "");
	assert_token("/e911/" TOKEN "0", "");
	assert_token("/e911/0123456789abcdef0123456789abcde", "");
	assert_token("/e911/0123456789ABCDEF0123456789abcdef", "");
	assert_token("/e911/" TOKEN "?a=b", "");
	assert_token("/e911/../e911/" TOKEN, "");
	assert_token("/e911/g123456789abcdef0123456789abcdef", "");
	assert_token("/e911/" TOKEN "/", "");
	assert_token("/e911/" TOKEN "?/a", "");
	assert_token("/e911/x/ProviderInfo", "");
}

static void what_stands_behind_a_tokens_slash_is_data(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://edge.example.com/e911/"), 0);
	assert_data("/e911/" TOKEN "/ProviderInfo", "ProviderInfo");
	assert_data("https://edge.example.com/e911/" TOKEN "/x", "x");
	assert_data("/e911/" TOKEN "//", "/");
	assert_data("/e911/" TOKEN "/a/b?c", "a/b?c");
}

static void only_https_is_secure(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://edge.example.com/e911/"), 0);
	assert_true(e911_reference_is_secure());
	assert_int_equal(init_z("http://127.0.0.1/e911/"), 0);
	assert_false(e911_reference_is_secure());
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(init_z(""), 0);
	assert_false(e911_reference_is_secure());
}

static void nobody_may_ask_unless_it_is_said(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(allow_z("", 0), 0);
	assert_false(permits("127.0.0.1", 1, 1));
	assert_false(permits("192.0.2.1", 1, 1));
}

static void who_comes_from_there_may_ask(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(allow_z("192.0.2.0/24,2001:db8::/32", 0), 0);
	assert_true(permits("192.0.2.77", 1, 0));
	assert_true(permits("2001:db8::1", 1, 0));
	assert_false(permits("192.0.3.77", 1, 1));
	assert_false(permits("127.0.0.1", 1, 0));
}

static void who_has_a_certificate_may_ask_too(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(allow_z("192.0.2.0/24", 1), 0);
	assert_true(permits("198.51.100.1", 1, 1));
	assert_false(permits("198.51.100.1", 1, 0));
	assert_true(permits("192.0.2.1", 1, 0));
}

static void an_https_url_is_not_served_in_the_clear(void **state)
{
	(void)state;
	assert_int_equal(init_z("https://a/"), 0);
	assert_int_equal(allow_z("192.0.2.0/24,127.0.0.0/8,::1,2001:db8::1", 0), 0);
	assert_false(permits("192.0.2.1", 0, 0));
	assert_false(permits("2001:db8::1", 0, 0));
	assert_true(permits("127.0.0.9", 0, 0));
	assert_true(permits("::1", 0, 0));
	assert_int_equal(init_z("http://127.0.0.1/"), 0);
	assert_true(permits("192.0.2.1", 0, 0));
}

static void refuses_a_list_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(allow_z("192.0.2.0/24,x", 0), E911_ERR_VALUE);
	assert_false(permits("192.0.2.1", 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(without_a_url_there_are_no_references),
			cmocka_unit_test(the_url_of_a_token_is_the_one_that_is_served),
			cmocka_unit_test(refuses_a_url_that_is_none),
			cmocka_unit_test(a_url_that_does_not_fit_is_not_written),
			cmocka_unit_test(only_its_own_path_is_ours),
			cmocka_unit_test(what_is_no_token_is_an_empty_one),
			cmocka_unit_test(what_stands_behind_a_tokens_slash_is_data),
			cmocka_unit_test(only_https_is_secure),
			cmocka_unit_test(nobody_may_ask_unless_it_is_said),
			cmocka_unit_test(who_comes_from_there_may_ask),
			cmocka_unit_test(who_has_a_certificate_may_ask_too),
			cmocka_unit_test(an_https_url_is_not_served_in_the_clear),
			cmocka_unit_test(refuses_a_list_that_is_none),
	};

	return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
