/*
 * e911: a mail
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "mail.h"
#include "row.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define LINE 57 /* bytes in 76 characters of base64 */
#define WORD 45 /* bytes in an encoded word of 75 characters, RFC 2047 2 */

static void put_base64(e911_strbuf_t *b, const char *s, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								 "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits;
	char four[4];
	size_t n;

	for(; len; s += n, len -= n) {
		n = len < 3 ? len : 3;
		bits = (unsigned int)(unsigned char)s[0] << 16;
		bits |= n > 1 ? (unsigned int)(unsigned char)s[1] << 8 : 0;
		bits |= n > 2 ? (unsigned char)s[2] : 0;
		four[0] = digits[bits >> 18];
		four[1] = digits[bits >> 12 & 63];
		four[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
		four[3] = n > 2 ? digits[bits & 63] : '=';
		e911_strbuf_put(b, four, 4);
	}
}

/* on one line, and not to be read as an encoded word */
static int is_plain(const str *s)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(s->s[i] < ' ' || s->s[i] > '~' || s->s[i] == '=')
			return 0;
	return s->len <= 60;
}

/* a character is not cut in two, RFC 2047 section 5 */
static size_t word_of(const char *s, size_t len)
{
	size_t n = len < WORD ? len : WORD;

	while(n > 1 && n < len && (s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void put_words(e911_strbuf_t *b, const str *text)
{
	const char *s = text->s;
	size_t len = text->len > 0 ? (size_t)text->len : 0, n;

	for(; len; s += n, len -= n) {
		n = word_of(s, len);
		LIT(b, "=?UTF-8?B?");
		put_base64(b, s, n);
		LIT(b, "?=");
		if(n < len)
			LIT(b, "\r\n ");
	}
}

static void put_to(e911_strbuf_t *b, const char *to)
{
	str rest = {(char *)to, (int)strlen(to)}, item;
	int any = 0;

	LIT(b, "To: ");
	while(e911_row_item(&rest, &item)) {
		if(any)
			LIT(b, ",\r\n ");
		LIT(b, "<");
		e911_strbuf_put_str(b, &item);
		LIT(b, ">");
		any = 1;
	}
	LIT(b, "\r\n");
}

/* RFC 5322 section 3.3, whatever the locale */
static void put_date(e911_strbuf_t *b, time_t when)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[64];
	struct tm t;
	int n;

	if(gmtime_r(&when, &t) == NULL)
		return;
	n = snprintf(text, sizeof(text),
			"Date: %.3s, %d %.3s %04d %02d:%02d:%02d +0000\r\n",
			days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
			t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
	if(n > 0 && (size_t)n < sizeof(text))
		e911_strbuf_put(b, text, (size_t)n);
}

static void put_id(e911_strbuf_t *b, const e911_mail_t *mail)
{
	const char *at = strchr(mail->from, '@');

	LIT(b, "Message-ID: <");
	e911_strbuf_put_str(b, &mail->id);
	e911_strbuf_puts(b, at ? at : "@localhost");
	LIT(b, ">\r\n");
}

struct line
{
	char mem[LINE];
	size_t n;
};

static void end_line(e911_strbuf_t *b, struct line *line)
{
	put_base64(b, line->mem, line->n);
	LIT(b, "\r\n");
	line->n = 0;
}

static void add(e911_strbuf_t *b, struct line *line, char c)
{
	line->mem[line->n++] = c;
	if(line->n == LINE)
		end_line(b, line);
}

/* lines end with CRLF in the text as well, RFC 2046 section 4.1.1 */
static void put_text(e911_strbuf_t *b, const str *text)
{
	struct line line = {.n = 0};
	int i;

	for(i = 0; i < text->len; i++) {
		if(text->s[i] == '\n')
			add(b, &line, '\r');
		add(b, &line, text->s[i]);
	}
	if(line.n)
		end_line(b, &line);
}

int e911_mail_write(e911_strbuf_t *b, const e911_mail_t *mail)
{
	put_date(b, mail->when);
	LIT(b, "From: <");
	e911_strbuf_puts(b, mail->from);
	LIT(b, ">\r\n");
	put_to(b, mail->to);
	LIT(b, "Subject: ");
	if(is_plain(&mail->subject))
		e911_strbuf_put_str(b, &mail->subject);
	else
		put_words(b, &mail->subject);
	LIT(b, "\r\n");
	put_id(b, mail);
	/* nobody's holiday is to answer it, RFC 3834 */
	LIT(b, "Auto-Submitted: auto-generated\r\nImportance: high\r\n"
		   "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n");
	put_text(b, &mail->text);
	return b->err;
}
