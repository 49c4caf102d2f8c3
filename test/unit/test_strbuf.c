/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/strbuf.c"
#include <stdio.h>
#include "ksr_stub.h"

static void keeps_what_fits(void **state)
{
	char mem[8];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "12345678");
	assert_int_equal(b.err, 0);
	assert_memory_equal(b.s, "12345678", 8);
	e911_strbuf_puts(&b, "9");
	assert_int_equal(b.err, E911_ERR_SPACE);
}

static void error_sticks(void **state)
{
	char mem[4];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_puts(&b, "12345");
	e911_strbuf_puts(&b, "1");
	assert_int_equal(b.err, E911_ERR_SPACE);
	assert_int_equal(b.len, 0);
}

static void escapes_markup(void **state)
{
	static const char want[] = "a&lt;b&gt;&amp;&quot;&apos;]]&gt;";
	char mem[64];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_xml(&b, "a<b>&\"']]>", 10);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.s, want, b.len);
}

static void writes_numbers_and_times(void **state)
{
	static const char want[] = "0|18446744073709551615|1970-01-01T00:00:00Z"
							   "|2026-08-21T14:00:00Z|00ff"
							   "|00010203-0405-0607-0809-0a0b00000000";
	static const unsigned char bytes[] = {0, 255};
	static const unsigned char id[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	char mem[160];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_num(&b, 0);
	e911_strbuf_puts(&b, "|");
	e911_strbuf_put_num(&b, -1UL);
	e911_strbuf_puts(&b, "|");
	e911_strbuf_put_time(&b, 0);
	e911_strbuf_puts(&b, "|");
	e911_strbuf_put_time(&b, 1787320800);
	e911_strbuf_puts(&b, "|");
	e911_strbuf_put_hex(&b, bytes, 2);
	e911_strbuf_puts(&b, "|");
	e911_strbuf_put_uuid(&b, id);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.s, want, b.len);
}

static void writes_digits_of_any_length(void **state)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[40];
	size_t len, i;
	char mem[80];
	e911_strbuf_t b;

	(void)state;
	for(i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 9);
	for(len = 0; len <= sizeof(bytes); len++) {
		e911_strbuf_init(&b, mem, 2 * len);
		e911_strbuf_put_hex(&b, bytes, len);
		assert_int_equal(b.err, 0);
		assert_int_equal(b.len, 2 * len);
		for(i = 0; i < len; i++) {
			assert_int_equal(mem[2 * i], digits[bytes[i] >> 4]);
			assert_int_equal(mem[2 * i + 1], digits[bytes[i] & 15]);
		}
		e911_strbuf_init(&b, mem, len ? 2 * len - 1 : 0);
		e911_strbuf_put_hex(&b, bytes, len);
		assert_int_equal(b.err, len ? E911_ERR_SPACE : 0);
	}
}

/* one byte after another, as anybody would write it */
static size_t escape_slowly(const unsigned char *s, size_t len, char *to)
{
	size_t i, n = 0;

	for(i = 0; i < len; i++)
		n += (size_t)(s[i] == '&'	 ? sprintf(to + n, "&amp;")
					  : s[i] == '<'	 ? sprintf(to + n, "&lt;")
					  : s[i] == '>'	 ? sprintf(to + n, "&gt;")
					  : s[i] == '"'	 ? sprintf(to + n, "&quot;")
					  : s[i] == '\'' ? sprintf(to + n, "&apos;")
									 : (to[n] = (char)s[i], 1));
	return n;
}

static void escapes_each_byte_wherever_it_stands(void **state)
{
	unsigned char text[20];
	char want[160], mem[160];
	e911_strbuf_t b;
	size_t n, len;
	int i, at;

	(void)state;
	for(i = 0; i < 256 * 20; i++) {
		at = i % 20;
		len = (size_t)at + 1 + (size_t)(i / 20 % (20 - at));
		memset(text, 'a' + i % 26, sizeof(text));
		text[at] = (unsigned char)(i / 20);
		n = escape_slowly(text, len, want);
		e911_strbuf_init(&b, mem, sizeof(mem));
		e911_strbuf_put_xml(&b, (char *)text, len);
		assert_int_equal(b.len, n);
		assert_memory_equal(mem, want, n);
	}
}

static void refuses_times_beyond_the_calendar(void **state)
{
	char mem[96];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_time(&b, (time_t)1 << 62);
	assert_int_equal(b.err, E911_ERR_SPACE);
	/* and the next one is written as ever */
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_time(&b, 0);
	assert_memory_equal(b.s, "1970-01-01T00:00:00Z", b.len);
}

/* days are kept: each of many, in any order, is as the calendar has it */
static void writes_each_day_as_the_calendar_has_it(void **state)
{
	static const time_t starts[] = {-86400L * 3, 1787320800, 4102444799};
	char mem[32], want[32];
	e911_strbuf_t b;
	struct tm tm;
	time_t when;
	int i;

	(void)state;
	for(i = 0; i < 3 * 2000; i++) {
		/* to and fro, by odd steps */
		when = starts[i % 3] + (i % 5 - 2) * 86399L + i * 7L;
		e911_strbuf_init(&b, mem, sizeof(mem));
		e911_strbuf_put_time(&b, when);
		strftime(
				want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm));
		assert_int_equal(b.len, strlen(want));
		assert_memory_equal(b.s, want, b.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(keeps_what_fits),
			cmocka_unit_test(error_sticks),
			cmocka_unit_test(escapes_markup),
			cmocka_unit_test(writes_numbers_and_times),
			cmocka_unit_test(writes_digits_of_any_length),
			cmocka_unit_test(escapes_each_byte_wherever_it_stands),
			cmocka_unit_test(refuses_times_beyond_the_calendar),
			cmocka_unit_test(writes_each_day_as_the_calendar_has_it),
	};

	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
