/*
 * e911: rows of configuration
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/trim.h"
#include "row.h"
#include "err.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(str *s, int n)
{
	s->s += n;
	s->len -= n;
}

static int until(const str *s, const char *stops)
{
	int n = 0;

	/* strchr finds NUL as well, which is no stop */
	while(n < s->len && (s->s[n] == '\0' || !strchr(stops, s->s[n])))
		n++;
	return n;
}

/* the value ends at the quote: what follows up to ; must be blank */
static int quoted(str *rest, str *value)
{
	str gap;

	skip(rest, 1);
	value->s = rest->s;
	value->len = until(rest, "\"");
	if(value->len == rest->len)
		return E911_ERR_SYNTAX;
	skip(rest, value->len + 1);
	gap.s = rest->s;
	gap.len = until(rest, ";");
	skip(rest, gap.len);
	trim(&gap);
	return gap.len ? E911_ERR_SYNTAX : E911_OK;
}

int e911_row_next(str *rest, str *key, str *value)
{
	while(rest->len && (rest->s[0] == ';' || is_blank(rest->s[0])))
		skip(rest, 1);
	if(rest->len == 0)
		return 0;
	key->s = rest->s;
	key->len = until(rest, "=;");
	skip(rest, key->len);
	value->s = rest->s;
	value->len = 0;
	trim(key);
	if(key->len == 0)
		return E911_ERR_SYNTAX;
	if(rest->len == 0 || rest->s[0] == ';')
		return 1;
	skip(rest, 1);
	trim_leading(rest);
	if(rest->len && rest->s[0] == '"')
		return quoted(rest, value) ? E911_ERR_SYNTAX : 1;
	value->s = rest->s;
	value->len = until(rest, ";");
	skip(rest, value->len);
	trim(value);
	return 1;
}

int e911_row_item(str *list, str *item)
{
	while(list->len) {
		item->s = list->s;
		item->len = until(list, ",");
		skip(list, item->len);
		if(list->len)
			skip(list, 1);
		trim(item);
		if(item->len)
			return 1;
	}
	return 0;
}

int e911_row_number(const str *value, int max, int *number)
{
	int i, digit, n = 0;

	for(i = 0; i < value->len; i++) {
		digit = value->s[i] - '0';
		if(digit < 0 || digit > 9 || n > max / 10 || n * 10 > max - digit)
			return E911_ERR_VALUE;
		n = n * 10 + digit;
	}
	if(value->len == 0)
		return E911_ERR_VALUE;
	*number = n;
	return E911_OK;
}

int e911_row_age(const str *value, int max, int *seconds)
{
	static const char units[] = "smhd";
	static const int length[] = {1, 60, 3600, 86400};
	const char *unit = NULL;
	str digits = *value;
	int n, factor = 1;

	if(digits.len > 1)
		unit = memchr(units, digits.s[digits.len - 1], 4);
	if(unit) {
		factor = length[unit - units];
		digits.len--;
	}
	if(e911_row_number(&digits, max / factor, &n))
		return E911_ERR_VALUE;
	*seconds = n * factor;
	return E911_OK;
}

int e911_row_is(const str *s, const char *z)
{
	return strlen(z) == (size_t)s->len && memcmp(s->s, z, s->len) == 0;
}

int e911_row_text(char *to, size_t size, const str *value)
{
	if((size_t)value->len >= size)
		return E911_ERR_LONG;
	if(memchr(value->s, '\0', value->len))
		return E911_ERR_VALUE;
	memcpy(to, value->s, value->len);
	to[value->len] = '\0';
	return value->len ? E911_OK : E911_ERR_VALUE;
}

/* FNV-1a (Fowler, Noll, Vo), never 0 */
uint32_t e911_row_id(const str *name)
{
	uint32_t h = 2166136261u;
	int i;

	for(i = 0; i < name->len; i++)
		h = (h ^ (unsigned char)name->s[i]) * 16777619u;
	return h ? h : 1;
}

int e911_row_word(const char *const *words, const str *value)
{
	int i;

	for(i = 0; words[i]; i++)
		if(e911_row_is(value, words[i]))
			return i;
	return E911_ERR_VALUE;
}

int e911_row_skip(str *s, const char *z)
{
	int len = (int)strlen(z);

	if(s->len < len || memcmp(s->s, z, len) != 0)
		return 0;
	s->s += len;
	s->len -= len;
	return 1;
}

int e911_row_begins(const str *s, const char *z)
{
	return (size_t)s->len > strlen(z) && memcmp(s->s, z, strlen(z)) == 0;
}

int e911_row_is_clean(const str *s, char least)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(s->s[i] < least || s->s[i] > '~')
			return 0;
	return 1;
}
