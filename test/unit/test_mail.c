/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err seal
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/mail.c"
#include "../../modules/e911/seal.h"
#include "ksr_stub.h"
#include "tight.h"

static char mem[65536];

static str s(const char *z)
{
	str text = {(char *)z, (int)strlen(z)};

	return text;
}

static e911_mail_t a_mail(void)
{
	e911_mail_t m = {.from = "e911@example.com", .to = "a@example.com"};

	m.subject = s("Emergency call");
	m.text = s("Hello\nthere\n");
	m.id = s("0b7c");
	m.when = 1790000000;
	return m;
}

static const char *write(const e911_mail_t *m)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem) - 1);
	assert_int_equal(e911_mail_write(&b, m), 0);
	mem[b.len] = '\0';
	return mem;
}

/* what base64 -d says of the body, which is every line behind the empty one */
static char *decode(const char *text)
{
	static char out[32768];
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								 "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0, n = 0;
	size_t len = 0;
	const char *p = text, *d;

	for(; *p && *p != '='; p++) {
		d = *p == '\r' || *p == '\n' ? NULL : strchr(digits, *p);
		if(d == NULL)
			continue;
		bits = bits << 6 | (unsigned int)(d - digits);
		n += 6;
		if(n >= 8) {
			n -= 8;
			out[len++] = (char)(bits >> n);
		}
	}
	out[len] = '\0';
	return out;
}

static void is_as_it_should_be(void **state)
{
	e911_mail_t m = a_mail();
	const char *text = write(&m);

	(void)state;
	assert_string_equal(text, "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
							  "From: <e911@example.com>\r\n"
							  "To: <a@example.com>\r\n"
							  "Subject: Emergency call\r\n"
							  "Message-ID: <0b7c@example.com>\r\n"
							  "Auto-Submitted: auto-generated\r\n"
							  "Importance: high\r\n"
							  "MIME-Version: 1.0\r\n"
							  "Content-Type: text/plain; charset=UTF-8\r\n"
							  "Content-Transfer-Encoding: base64\r\n"
							  "\r\n"
							  "SGVsbG8NCnRoZXJlDQo=\r\n");
	assert_string_equal(decode(strstr(text, "\r\n\r\n")), "Hello\r\nthere\r\n");
}

static void goes_to_several(void **state)
{
	e911_mail_t m = a_mail();

	(void)state;
	m.to = " a@example.com , b@example.com,";
	assert_non_null(strstr(
			write(&m), "To: <a@example.com>,\r\n <b@example.com>\r\nSubject"));
}

/* RFC 5322 section 2.1.1, RFC 2047 section 2 */
static void lines_are_short_whatever_the_subject(void **state)
{
	static const char *const subjects[] = {
			"B\xc3\xbcro",
			"x\r\nBcc: y@example.com",
			"=?UTF-8?B?eA==?=",
			"a subject of more than sixty characters goes into encoded words "
			"just as well as any other",
			"\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91"
			"\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91"
			"\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91\xf0\x9f\x9a\x91",
	};
	e911_mail_t m = a_mail();
	const char *text, *line, *end;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		m.subject = tight_z(subjects[i]);
		text = write(&m);
		assert_non_null(strstr(text, "Subject: =?UTF-8?B?"));
		assert_null(strstr(text, "Bcc"));
		for(line = text; (end = strstr(line, "\r\n")); line = end + 2)
			assert_in_range(end - line, 0, 78 + 9);
		free(m.subject.s);
	}
}

static void a_character_is_not_cut_in_two(void **state)
{
	e911_mail_t m = a_mail();
	const char *p;
	char *word;
	int n = 0;

	(void)state;
	m.subject = tight_many("\xe2\x82\xac", 60);
	for(p = write(&m); (p = strstr(p, "=?UTF-8?B?")); n++) {
		p += 10;
		word = strndup(p, (size_t)(strstr(p, "?=") - p));
		assert_int_equal(strlen(decode(word)) % 3, 0);
		free(word);
	}
	assert_int_equal(n, 4);
	free(m.subject.s);
}

static void no_line_end_is_lost_where_a_line_is_full(void **state)
{
	e911_mail_t m = a_mail();
	char text[200], want[240];
	int i;

	(void)state;
	for(i = 0; i < 120; i++) {
		sprintf(text, "%.*s\nend\n", i,
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		sprintf(want, "%.*s\r\nend\r\n", i, text);
		m.text = tight_z(text);
		assert_string_equal(decode(strstr(write(&m), "\r\n\r\n")), want);
		free(m.text.s);
	}
	m.text = s("");
	assert_non_null(strstr(write(&m), "base64\r\n\r\n"));
}

static void what_does_not_fit_is_none(void **state)
{
	e911_mail_t m = a_mail();
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, 300);
	assert_int_equal(e911_mail_write(&b, &m), E911_ERR_SPACE);
}

/* by openssl: printf 1790000000.{} | openssl dgst -sha256 -hmac key */
static void a_seal_is_what_others_make_of_it(void **state)
{
	str text;
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	assert_int_equal(e911_seal_write(&b, "key", 1790000000, "{}", 2), 0);
	text.s = b.s;
	text.len = (int)b.len;
	if(!is_z(&text, "t=1790000000,v1="
					"099d33989336226b12c85da813adf6100e1bbab1e91bede9a41ddeb788"
					"2d66b8"))
		fail_msg("%.*s", text.len, text.s);
	e911_strbuf_init(&b, mem, 20);
	assert_int_equal(
			e911_seal_write(&b, "key", 1790000000, "{}", 2), E911_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(is_as_it_should_be),
			cmocka_unit_test(goes_to_several),
			cmocka_unit_test(lines_are_short_whatever_the_subject),
			cmocka_unit_test(a_character_is_not_cut_in_two),
			cmocka_unit_test(no_line_end_is_lost_where_a_line_is_full),
			cmocka_unit_test(what_does_not_fit_is_none),
			cmocka_unit_test(a_seal_is_what_others_make_of_it),
	};

	return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
