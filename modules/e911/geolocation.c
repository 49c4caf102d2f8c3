/*
 * e911: the Geolocation and Geolocation-Routing headers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/trim.h"
#include "geolocation.h"
#include "err.h"

static void skip(str *s, int n)
{
	s->s += n;
	s->len -= n;
}

/* Length up to the first of c that stands in no quoted string, or to the end;
 * negative: the last quote has no end. RFC 3261 section 25.1, quoted-string. */
static int until(const str *s, char c)
{
	int i, in_quotes = 0;

	for(i = 0; i < s->len; i++) {
		if(s->s[i] == '"')
			in_quotes = !in_quotes;
		else if(in_quotes && s->s[i] == '\\')
			i++;
		else if(!in_quotes && s->s[i] == c)
			return i;
	}
	return in_quotes ? E911_ERR_SYNTAX : s->len;
}

/* RFC 3986 section 2 */
static int is_uri_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"<>\\^`{|}", c);
}

static int check_uri(const str *uri)
{
	/* pres to https: RFC 6442 section 4.1; others would need their review for
	 * RFC 3693 first, and geo: may not stand here at all */
	static const char *const schemes[] = {
			"cid:", "sip:", "sips:", "pres:", "http:", "https:"};
	size_t n, len;
	int i;

	for(i = 0; i < uri->len; i++)
		if(!is_uri_char(uri->s[i]))
			return E911_ERR_SYNTAX;
	for(n = 0; n < sizeof(schemes) / sizeof(*schemes); n++) {
		len = strlen(schemes[n]);
		if((size_t)uri->len > len && strncasecmp(uri->s, schemes[n], len) == 0)
			return E911_OK;
	}
	return E911_ERR_SYNTAX;
}

/* value is one locationValue, without the commas around it */
static int read_value(str *value, e911_locator_t *to)
{
	const char *end;
	str uri;

	trim(value);
	if(value->len == 0 || value->s[0] != '<')
		return E911_ERR_SYNTAX;
	end = memchr(value->s, '>', value->len);
	if(end == NULL)
		return E911_ERR_SYNTAX;
	uri.s = value->s + 1;
	uri.len = (int)(end - uri.s);
	if(check_uri(&uri))
		return E911_ERR_SYNTAX;
	skip(value, uri.len + 2);
	trim_leading(value);
	if(value->len) {
		if(value->s[0] != ';')
			return E911_ERR_SYNTAX;
		skip(value, 1);
		trim_leading(value);
	}
	to->uri = uri;
	to->params = *value;
	return 1;
}

/* The next value with all its parameters; a quote or bracket that never ends
 * takes the rest with it. */
static int take_value(str *rest, str *value)
{
	const char *end = NULL;
	int n, brackets = 0;
	str behind;

	if(rest->s[0] == '<') {
		end = memchr(rest->s, '>', rest->len);
		brackets = end ? (int)(end - rest->s) : rest->len;
	}
	behind.s = rest->s + brackets;
	behind.len = rest->len - brackets;
	n = until(&behind, ',');
	value->s = rest->s;
	value->len = n < 0 ? rest->len : brackets + n;
	skip(rest, value->len);
	return n < 0 ? n : E911_OK;
}

/* A comma is left standing where nothing follows it, so that the next call
 * finds the fault and this one gives what there is. */
static void take_comma(str *rest)
{
	str behind = *rest;

	if(rest->len == 0)
		return;
	skip(&behind, 1);
	trim_leading(&behind);
	if(behind.len)
		*rest = behind;
}

int e911_geolocation_next(str *rest, e911_locator_t *value)
{
	str one;
	int err;

	trim_leading(rest);
	if(rest->len <= 0)
		return 0;
	if(rest->s[0] == ',') {
		skip(rest, 1);
		return E911_ERR_SYNTAX;
	}
	err = take_value(rest, &one);
	take_comma(rest);
	return err ? err : read_value(&one, value);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) % 16 : -1;
}

static int unescape_one(const str *s, int i, char *c)
{
	int high, low;

	*c = s->s[i];
	if(*c != '%')
		return 1;
	if(i + 2 >= s->len)
		return 0;
	high = hex_value(s->s[i + 1]);
	low = hex_value(s->s[i + 2]);
	if(high < 0 || low < 0)
		return 0;
	*c = (char)(high << 4 | low);
	return 3;
}

int e911_geolocation_cid(const str *uri, char *mem, int max, str *content_id)
{
	int i, used, n = 0;
	char c;

	if(uri->len < 4 || strncasecmp(uri->s, "cid:", 4) != 0)
		return E911_ERR_TYPE;
	for(i = 4; i < uri->len; i += used) {
		used = unescape_one(uri, i, &c);
		/* what would break out of "<id>" is no content id */
		if(used == 0 || c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return E911_ERR_SYNTAX;
		if(n == max)
			return E911_ERR_SPACE;
		mem[n++] = c;
	}
	if(n == 0)
		return E911_ERR_SYNTAX;
	content_id->s = mem;
	content_id->len = n;
	return E911_OK;
}

int e911_geolocation_routing(const str *body)
{
	str word = *body;

	trim(&word);
	return word.len == 3 && strncasecmp(word.s, "yes", 3) == 0
				   ? E911_ROUTING_YES
				   : E911_ROUTING_NO;
}
