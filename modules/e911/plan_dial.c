/*
 * e911: number plan: what a URI dials
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <string.h>
#include "plan.h"
#include "err.h"

/* classes of bytes, as bits */
enum
{
	REFUSED = 0,
	KEPT = 1,
	SEPARATOR = 2, /* visual-separator, RFC 3966 section 3 */
	BLANK = 4,
	COLON = 8,
	IN_NUMBER = KEPT | SEPARATOR | BLANK,
	IN_URN = IN_NUMBER | COLON,
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

/* one of lower-case letters, followed by its colon */
static int has_scheme(const str *uri, const char *scheme, int len)
{
	int i;

	if(uri->len <= len || uri->s[len] != ':')
		return 0;
	for(i = 0; i < len; i++)
		if((uri->s[i] | 0x20) != scheme[i])
			return 0;
	return 1;
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
	if(has_scheme(raw, "urn", 3))
		return 1;
	if(has_scheme(raw, "sip", 3))
		return user_part(raw, 4);
	if(has_scheme(raw, "sips", 4))
		return user_part(raw, 5);
	if(has_scheme(raw, "tel", 3)) {
		raw->s += 4;
		raw->len -= 4;
	}
	return 0;
}

/* the byte an escape stands for, negative if it is none */
static int escaped(const str *raw, int at)
{
	int high, low;

	if(at + 2 >= raw->len)
		return -1;
	high = hex_value(raw->s[at + 1]);
	low = hex_value(raw->s[at + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* how many characters in front are what they are, nearly always all of them */
static int copy_kept(const str *raw, char *mem)
{
	int i, most = raw->len < E911_DIALLED_MAX ? raw->len : E911_DIALLED_MAX;

	for(i = 0; i < most && class_of[(unsigned char)raw->s[i]] == KEPT; i++)
		mem[i] = raw->s[i];
	return i;
}

/* seen: the classes met */
static int unescape(const str *raw, char *mem, int allowed, int *seen)
{
	int i = copy_kept(raw, mem), n = i, c, class;

	for(; i < raw->len; i++) {
		c = (unsigned char)raw->s[i];
		if(c == '%') {
			c = escaped(raw, i);
			i += 2;
		}
		class = c < 0 ? REFUSED : class_of[c];
		if(!(class & allowed) || n == E911_DIALLED_MAX)
			return E911_ERR_NONE;
		*seen |= class;
		mem[n++] = (char)c;
	}
	return n;
}

static int is_separator(char c)
{
	return class_of[(unsigned char)c] & (SEPARATOR | BLANK);
}

/* Separators and blanks have no meaning in a number; in a name a separator is
 * part of it, and a blank cannot stand. */
static int clean(char *mem, int len)
{
	int i = 0, n = 0;

	while(i < len && is_separator(mem[i]))
		i++;
	if(i == len)
		return E911_ERR_NONE;
	if(is_digit(mem[i]) || strchr("+*#", mem[i])) {
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
	int urn, len, seen = 0;

	urn = dialling_part(&raw);
	if(urn < 0)
		return urn;
	cut_at(&raw, ';');
	len = unescape(&raw, mem, urn ? IN_URN : IN_NUMBER, &seen);
	if(len > 0 && urn)
		lower(mem, len);
	else if(len > 0 && (seen & (SEPARATOR | BLANK)))
		len = clean(mem, len);
	if(len <= 0)
		return E911_ERR_NONE;
	dialled->s = mem;
	dialled->len = len;
	return E911_OK;
}
