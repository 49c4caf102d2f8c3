/*
 * e911: web origins that may use pages and API
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "err.h"
#include "origins.h"
#include "row.h"

static char mem[E911_ORIGINS_MAX][E911_ORIGIN_MAX];
static str origins[E911_ORIGINS_MAX];
static int count;

static str trimmed(const char *s, const char *end)
{
	str found;

	while(s < end && (*s == ' ' || *s == '\t'))
		s++;
	while(end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	found.s = (char *)s;
	found.len = (int)(end - s);
	return found;
}

/* It goes into a header and into JSON, and is compared byte by byte. */
static int is_origin(str s)
{
	int i;

	if((!e911_row_skip(&s, "https://") && !e911_row_skip(&s, "http://"))
			|| s.len == 0)
		return 0;
	for(i = 0; i < s.len; i++)
		if(s.s[i] == '\0'
				|| !strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", s.s[i]))
			return 0;
	return s.s[0] != ':' && s.s[s.len - 1] != ':';
}

static int add(const str *origin)
{
	if(!is_origin(*origin))
		return E911_ERR_VALUE;
	if(origin->len > E911_ORIGIN_MAX)
		return E911_ERR_LONG;
	if(count == E911_ORIGINS_MAX)
		return E911_ERR_FULL;
	memcpy(mem[count], origin->s, origin->len);
	origins[count].s = mem[count];
	origins[count].len = origin->len;
	count++;
	return E911_OK;
}

int e911_origins_init(const str *list, str *bad)
{
	const char *s = list->s, *end, *comma;
	int err = E911_OK;
	str origin;

	count = 0;
	if(list->len <= 0)
		return E911_OK;
	end = s + list->len;
	while(s < end && !err) {
		comma = memchr(s, ',', end - s);
		if(comma == NULL)
			comma = end;
		origin = trimmed(s, comma);
		err = add(&origin);
		if(err)
			*bad = origin;
		s = comma + 1;
	}
	return err;
}

int e911_origins_have(const str *origin)
{
	int i;

	for(i = 0; i < count; i++)
		if(origins[i].len == origin->len
				&& memcmp(origins[i].s, origin->s, origin->len) == 0)
			return 1;
	return 0;
}

const str *e911_origins_nth(int index)
{
	return index >= 0 && index < count ? &origins[index] : NULL;
}
