/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf err
 */
#include "ksr_stub.h"
#include "tight.h"
#include "../../modules/e911/reply.c"

static char mem[E911_REPLY_HEAD_MAX + 64];
static e911_strbuf_t b;

/* as a string, in b */
static const char *written(const e911_reply_t *reply, const char *body)
{
	str s = tight_z(body);

	e911_strbuf_init(&b, mem, sizeof(mem) - 1);
	e911_reply_write(reply, &s, &b);
	free(s.s);
	assert_int_equal(b.err, 0);
	mem[b.len] = '\0';
	return mem;
}

static int has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at && (at == text || at[-1] == '\n');
}

static void an_answer_has_its_length_and_its_type(void **state)
{
	e911_reply_t reply = {.code = 200, .version = 0x2f};
	const char *text = written(&reply, "{\"a\":1}");

	(void)state;
	assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_true(has(text, "Content-Type: application/json\r\n"));
	assert_true(has(text, "Content-Length: 7\r\n"));
	assert_true(has(text, "ETag: \"2f\"\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
}

static void what_has_no_body_has_no_type(void **state)
{
	e911_reply_t reply = {.code = 204};
	const char *text = written(&reply, "");

	(void)state;
	assert_null(strstr(text, "Content-Type:"));
	assert_null(e911_reply_type(304));
}

static void a_head_has_the_length_alone(void **state)
{
	e911_reply_t reply = {.code = 200, .bare = 1};
	const char *text = written(&reply, "{\"a\":1}");

	(void)state;
	assert_true(has(text, "Content-Length: 7\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
}

static void every_answer_is_for_one_who_asked(void **state)
{
	static const int codes[] = {200, 202, 204, 400, 401, 403, 404, 405, 409,
			411, 412, 413, 415, 422, 429, 503, 599};
	static const char *const always[] = {"Cache-Control: no-store\r\n",
			"X-Content-Type-Options: nosniff\r\n",
			"Referrer-Policy: no-referrer\r\n", "Vary: Origin\r\n"};
	size_t i, k;

	(void)state;
	for(i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		e911_reply_t reply = {.code = codes[i]};
		const char *text = written(&reply, "{}");

		for(k = 0; k < sizeof(always) / sizeof(*always); k++)
			assert_true(has(text, always[k]));
		assert_null(strstr(text, "Access-Control"));
		assert_int_equal(
				has(text, "WWW-Authenticate: Bearer"), codes[i] == 401);
	}
}

static void an_error_is_a_problem(void **state)
{
	e911_reply_t reply = {.code = 429, .retry = 7};
	const char *text = written(&reply, "{}");

	(void)state;
	assert_true(has(text, "Content-Type: application/problem+json\r\n"));
	assert_true(has(text, "Retry-After: 7\r\n"));
	assert_string_equal(e911_reply_reason(422), "Unprocessable Content");
	assert_string_equal(e911_reply_reason(599), "Internal Server Error");
}

static void a_page_of_a_known_origin_may_read_it(void **state)
{
	e911_reply_t reply = {.code = 200, .origin = "https://a.example"};
	const char *text = written(&reply, "{}");

	(void)state;
	assert_true(
			has(text, "Access-Control-Allow-Origin: https://a.example\r\n"));
	assert_true(has(text, "Access-Control-Expose-Headers: ETag"));
	assert_null(strstr(text, "Allow-Methods"));
	reply.preflight = 1;
	reply.code = 204;
	text = written(&reply, "");
	assert_true(has(text, "Access-Control-Allow-Methods: GET"));
	assert_true(has(text, "Access-Control-Allow-Headers: Authorization"));
	/* who is not known is not told what there would be */
	reply.origin[0] = '\0';
	assert_null(strstr(written(&reply, ""), "Access-Control"));
}

static void the_longest_head_has_room(void **state)
{
	e911_reply_t reply = {.code = 401,
			.version = UINT64_MAX,
			.retry = 2147483647,
			.preflight = 1,
			.closes = 1};
	const char *text;

	(void)state;
	memset(reply.allow, 'A', sizeof(reply.allow) - 1);
	memset(reply.origin, 'o', sizeof(reply.origin) - 1);
	text = written(&reply, "");
	assert_true(strlen(text) < E911_REPLY_HEAD_MAX);
	assert_true(has(text, "Connection: close\r\n"));
	assert_true(has(text, "Allow: AAA"));
}

static void what_does_not_fit_is_an_error(void **state)
{
	e911_reply_t reply = {.code = 200};
	str body = str_init("{\"a\":1}");
	size_t whole = strlen(written(&reply, "{\"a\":1}")), n;

	(void)state;
	for(n = 0; n < whole; n++) {
		char *small = malloc(n ? n : 1);

		e911_strbuf_init(&b, small, n);
		e911_reply_write(&reply, &body, &b);
		assert_int_equal(b.err, E911_ERR_SPACE);
		free(small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(an_answer_has_its_length_and_its_type),
			cmocka_unit_test(what_has_no_body_has_no_type),
			cmocka_unit_test(a_head_has_the_length_alone),
			cmocka_unit_test(every_answer_is_for_one_who_asked),
			cmocka_unit_test(an_error_is_a_problem),
			cmocka_unit_test(a_page_of_a_known_origin_may_read_it),
			cmocka_unit_test(the_longest_head_has_room),
			cmocka_unit_test(what_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
