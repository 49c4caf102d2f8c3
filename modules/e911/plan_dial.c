/*
 * e911: number plan: what a URI dials
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <string.h>
#include <strings.h>
#include "plan.h"
#include "err.h"

enum
{
	REFUSED = 0,
	KEPT,
	SEPARATOR, /* visual-separator, RFC 3966 section 3 */
	BLANK,
	COLON, /* in URNs only */
};

/* RFC 3261 section 25.1, user-unescaped and unreserved, and # of dial pads.
 * Nothing else: what a regex lets pass may end in a Request-URI. */
/* clang-format off */
static const unsigned char class_of[UCHAR_MAX + 1] = {
		['0' ... '9'] = KEPT, ['A' ... 'Z'] = KEPT, ['a' ... 'z'] = KEPT,
		['+'] = KEPT, ['*'] = KEPT, ['#'] = KEPT, ['_'] = KEPT, ['!'] = KEPT,
		['~'] = KEPT, ['\''] = KEPT, ['&'] = KEPT, ['='] = KEPT, ['$'] = KEPT,
		[','] = KEPT, ['/'] = KEPT, ['?'] = KEPT,
		['-'] = SEPARATOR, ['.'] = SEPARATOR, ['('] = SEPARATOR,
		[')'] = SEPARATOR, [' '] = BLANK, [':'] = COLON,
};
/* clang-format on */

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if(is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int starts_with(const str *s, const char *z, int len)
{
	return s->len >= len && strncasecmp(s->s, z, len) == 0;
}

static void cut_at(str *s, char c)
{
	const char *p = s->len > 0 ? memchr(s->s, c, s->len) : NULL;

	if(p)
		s->len = (int)(p - s->s);
}

/* RFC 3261 section 19.1.1: no "@" may stand unescaped but the one behind the
 * user part, so the first is that one */
static int user_part(str *raw, int scheme_len)
{
	int whole;

	raw->s += scheme_len;
	raw->len -= scheme_len;
	whole = raw->len;
	cut_at(raw, '@');
	if(raw->len == whole)
		return E911_ERR_NONE;
	cut_at(raw, ':');
	return E911_OK;
}

/* the part of the URI that dials; 1: a URN, 0: not */
static int dialling_part(str *raw)
{
	if(starts_with(raw, "urn:", 4))
		return 1;
	if(starts_with(raw, "sip:", 4))
		return user_part(raw, 4);
	if(starts_with(raw, "sips:", 5))
		return user_part(raw, 5);
	if(starts_with(raw, "tel:", 4)) {
		raw->s += 4;
		raw->len -= 4;
	}
	return 0;
}

static int unescape(const str *raw, char *mem, int urn)
{
	int i = 0, n = 0, high, low, class;
	char c;

	while(i < raw->len) {
		c = raw->s[i++];
		if(c == '%') {
			high = i + 1 < raw->len ? hex_value(raw->s[i]) : -1;
			low = high < 0 ? -1 : hex_value(raw->s[i + 1]);
			if(low < 0)
				return E911_ERR_NONE;
			c = (char)(high << 4 | low);
			i += 2;
		}
		class = class_of[(unsigned char)c];
		if(class == REFUSED || (class == COLON && !urn)
				|| n == E911_DIALLED_MAX)
			return E911_ERR_NONE;
		mem[n++] = c;
	}
	return n;
}

static int is_separator(char c)
{
	int class = class_of[(unsigned char)c];

	return class == SEPARATOR || class == BLANK;
}

/* Separators and blanks have no meaning in a number; in a name a separator is
 * part of it, and a blank cannot stand. */
static int clean(char *mem, int len)
{
	int i = 0, n = 0;

	while(i < len && is_separator(mem[i]))
		i++;
	if(i < len && (is_digit(mem[i]) || strchr("+*#", mem[i]))) {
		for(; i < len; i++)
			if(!is_separator(mem[i]))
				mem[n++] = mem[i];
		return n;
	}
	return memchr(mem, ' ', len) ? E911_ERR_NONE : len;
}

static void lower(char *s, int len)
{
	int i;

	for(i = 0; i < len; i++)
		if(s[i] >= 'A' && s[i] <= 'Z')
			s[i] |= 0x20;
}

int e911_plan_dialled(const str *uri, char *mem, str *dialled)
{
	str raw = *uri;
	int urn, len;

	urn = dialling_part(&raw);
	if(urn < 0)
		return urn;
	cut_at(&raw, ';');
	len = unescape(&raw, mem, urn);
	if(len > 0 && urn)
		lower(mem, len);
	else if(len > 0)
		len = clean(mem, len);
	if(len <= 0)
		return E911_ERR_NONE;
	dialled->s = mem;
	dialled->len = len;
	return E911_OK;
}
