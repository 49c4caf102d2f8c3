/*
 * e911: string builder with a sticky error
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "strbuf.h"
#include "err.h"

#define DAY 86400 /* s */

void e911_strbuf_init(e911_strbuf_t *b, char *mem, size_t max)
{
	b->s = mem;
	b->len = 0;
	b->max = max;
	b->err = E911_OK;
}

void e911_strbuf_puts(e911_strbuf_t *b, const char *z)
{
	e911_strbuf_put(b, z, strlen(z));
}

void e911_strbuf_put_str(e911_strbuf_t *b, const str *s)
{
	e911_strbuf_put(b, s->s, s->len > 0 ? (size_t)s->len : 0);
}

void e911_strbuf_put_num(e911_strbuf_t *b, unsigned long n)
{
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while(n);
	e911_strbuf_put(b, digits + i, sizeof(digits) - i);
}

static const char *const escapes[256] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&apos;",
};

/* How many bytes in front need no escape. Nearly all do not: copied as they are
 * looked at. The room is there. */
static size_t copy_plain(char *to, const char *s, size_t len)
{
	size_t i;

	for(i = 0; i < len && escapes[(unsigned char)s[i]] == NULL; i++)
		to[i] = s[i];
	return i;
}

int e911_strbuf_has_xml(const char *s, size_t len)
{
	size_t i;

	for(i = 0; i < len; i++)
		if(escapes[(unsigned char)s[i]])
			return 1;
	return 0;
}

void e911_strbuf_put_xml(e911_strbuf_t *b, const char *s, size_t len)
{
	size_t n;

	for(;;) {
		if(b->err || len > b->max - b->len) {
			e911_strbuf_put(b, s, len);
			return;
		}
		n = copy_plain(b->s + b->len, s, len);
		b->len += n;
		if(n == len)
			return;
		e911_strbuf_puts(b, escapes[(unsigned char)s[n]]);
		s += n + 1;
		len -= n + 1;
	}
}

void e911_strbuf_put_json(e911_strbuf_t *b, const char *s, size_t len)
{
	unsigned char c;
	size_t i;

	for(i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if(c < ' ') {
			E911_STRBUF_LIT(b, "\\u00");
			e911_strbuf_put_hex(b, &c, 1);
			continue;
		}
		if(c == '"' || c == '\\')
			E911_STRBUF_LIT(b, "\\");
		e911_strbuf_put(b, s + i, 1);
	}
}

static int is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
		   || (c >= 'A' && c <= 'Z') || memchr("-._~", c, 4) != NULL;
}

void e911_strbuf_put_url(e911_strbuf_t *b, const char *s, size_t len)
{
	size_t i;

	for(i = 0; i < len; i++) {
		if(is_unreserved(s[i])) {
			e911_strbuf_put(b, s + i, 1);
			continue;
		}
		E911_STRBUF_LIT(b, "%");
		e911_strbuf_put_hex(b, (const unsigned char *)s + i, 1);
	}
}

static void put_two(char *p, int n)
{
	p[0] = (char)('0' + n / 10 % 10);
	p[1] = (char)('0' + n % 10);
}

/* "2026-08-21": four-digit years only, anything else is no xs:dateTime of
 * ours. */
static int write_day(char *text, time_t when)
{
	struct tm tm;

	if(gmtime_r(&when, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099)
		return E911_ERR_SPACE;
	put_two(text, (tm.tm_year + 1900) / 100);
	put_two(text + 2, (tm.tm_year + 1900) % 100);
	put_two(text + 5, tm.tm_mon + 1);
	put_two(text + 8, tm.tm_mday);
	return E911_OK;
}

void e911_strbuf_put_time(e911_strbuf_t *b, time_t when)
{
	/* of the last days written in this process, odd and even: the calendar is
	 * what costs, and a document has a time today and one tomorrow */
	static struct
	{
		time_t begins;
		char text[sizeof("0000-00-00T00:00:00Z")];
	} days[2] = {{-1, "0000-00-00T00:00:00Z"}, {-1, "0000-00-00T00:00:00Z"}};
	time_t begins = when - (when % DAY + DAY) % DAY;
	int second = (int)(when - begins), i = begins / DAY % 2 != 0;

	if(days[i].begins != begins) {
		days[i].begins = -1;
		if(write_day(days[i].text, when)) {
			b->err = E911_ERR_SPACE;
			return;
		}
		days[i].begins = begins;
	}
	put_two(days[i].text + 11, second / 3600);
	put_two(days[i].text + 14, second / 60 % 60);
	put_two(days[i].text + 17, second % 60);
	e911_strbuf_put(b, days[i].text, sizeof(days[i].text) - 1);
}

#define LANE 16

static char digit_of(unsigned char n)
{
	return (char)('0' + n + (n > 9 ? 'a' - '0' - 10 : 0));
}

/* so many that the compiler takes them all at once, where it stands alone */
__attribute__((noinline)) static void write_lane(
		char *restrict to, const unsigned char *restrict s)
{
	size_t i;

	for(i = 0; i < LANE; i++) {
		to[2 * i] = digit_of(s[i] >> 4);
		to[2 * i + 1] = digit_of(s[i] & 15);
	}
}

void e911_strbuf_put_hex(e911_strbuf_t *b, const unsigned char *s, size_t len)
{
	char *to = b->s + b->len;

	if(b->err == 0 && len > (b->max - b->len) / 2)
		b->err = E911_ERR_SPACE;
	if(b->err)
		return;
	b->len += 2 * len;
	for(; len >= LANE; len -= LANE, s += LANE, to += 2 * LANE)
		write_lane(to, s);
	for(; len; len--, s++) {
		*to++ = digit_of(*s >> 4);
		*to++ = digit_of(*s & 15);
	}
}

void e911_strbuf_put_uuid(e911_strbuf_t *b, const unsigned char id[16])
{
	char hex[2 * LANE], text[36];

	write_lane(hex, id);
	memcpy(text, hex, 8);
	memcpy(text + 9, hex + 8, 4);
	memcpy(text + 14, hex + 12, 4);
	memcpy(text + 19, hex + 16, 4);
	memcpy(text + 24, hex + 20, 12);
	text[8] = text[13] = text[18] = text[23] = '-';
	e911_strbuf_put(b, text, sizeof(text));
}
