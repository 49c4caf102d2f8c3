/*
 * e911: location from JSON, as API and RPC write it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "json.h"
#include "err.h"

#define VALUE_MAX 1024 /* more than any field may have */

struct cursor
{
	const char *s;
	const char *end;
};

struct token
{
	size_t len;
	int over; /* more than fits */
	char s[VALUE_MAX];
};

static void skip_space(struct cursor *c)
{
	while(c->s < c->end
			&& (*c->s == ' ' || *c->s == '\t' || *c->s == '\r'
					|| *c->s == '\n'))
		c->s++;
}

/* The next that is no white space, 0 at the end. */
static char peek(struct cursor *c)
{
	skip_space(c);
	return c->s < c->end ? *c->s : 0;
}

static int expect(struct cursor *c, char what)
{
	if(peek(c) != what)
		return E911_ERR_SYNTAX;
	c->s++;
	return E911_OK;
}

static void put(struct token *t, unsigned int c)
{
	if(t->len == VALUE_MAX)
		t->over = 1;
	else
		t->s[t->len++] = (char)c;
}

static void put_utf8(struct token *t, unsigned int code)
{
	if(code < 0x80) {
		put(t, code);
		return;
	}
	if(code < 0x800)
		put(t, 0xc0 | code >> 6);
	else {
		if(code < 0x10000)
			put(t, 0xe0 | code >> 12);
		else {
			put(t, 0xf0 | code >> 18);
			put(t, 0x80 | (code >> 12 & 0x3f));
		}
		put(t, 0x80 | (code >> 6 & 0x3f));
	}
	put(t, 0x80 | (code & 0x3f));
}

static int hex_digit(char c)
{
	if(c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(struct cursor *c, unsigned int *code)
{
	int i, digit;

	*code = 0;
	for(i = 0; i < 4; i++) {
		digit = c->s < c->end ? hex_digit(*c->s++) : -1;
		if(digit < 0)
			return E911_ERR_SYNTAX;
		*code = *code << 4 | (unsigned int)digit;
	}
	return E911_OK;
}

/* What follows \u; a surrogate counts only with its other half. */
static int read_unicode(struct cursor *c, struct token *t)
{
	unsigned int code, low;

	if(read_hex(c, &code))
		return E911_ERR_SYNTAX;
	if(code >= 0xd800 && code < 0xdc00) {
		if(c->end - c->s < 6 || c->s[0] != '\\' || c->s[1] != 'u')
			return E911_ERR_TEXT;
		c->s += 2;
		if(read_hex(c, &low))
			return E911_ERR_SYNTAX;
		if(low < 0xdc00 || low > 0xdfff)
			return E911_ERR_TEXT;
		code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
	} else if(code >= 0xdc00 && code < 0xe000)
		return E911_ERR_TEXT;
	put_utf8(t, code);
	return E911_OK;
}

static int read_escape(struct cursor *c, struct token *t)
{
	static const char names[] = "\"\\/bfnrt";
	static const char chars[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if(c->s == c->end)
		return E911_ERR_SYNTAX;
	if(*c->s == 'u') {
		c->s++;
		return read_unicode(c, t);
	}
	at = *c->s ? strchr(names, *c->s) : NULL;
	if(at == NULL)
		return E911_ERR_SYNTAX;
	c->s++;
	put(t, (unsigned char)chars[at - names]);
	return E911_OK;
}

static int read_string(struct cursor *c, struct token *t)
{
	int err = expect(c, '"');

	t->len = 0;
	t->over = 0;
	while(!err && c->s < c->end) {
		if(*c->s == '"') {
			c->s++;
			return E911_OK;
		}
		if((unsigned char)*c->s < 0x20)
			return E911_ERR_SYNTAX;
		if(*c->s == '\\') {
			c->s++;
			err = read_escape(c, t);
		} else
			put(t, (unsigned char)*c->s++);
	}
	return err ? err : E911_ERR_SYNTAX;
}

static void name_bad(char bad[E911_JSON_NAME_MAX], const char *s, size_t len)
{
	if(len >= E911_JSON_NAME_MAX)
		len = E911_JSON_NAME_MAX - 1;
	memcpy(bad, s, len);
	bad[len] = 0;
}

static int read_name(struct cursor *c, struct token *t, char *bad)
{
	int err = read_string(c, t);

	if(err)
		return err;
	name_bad(bad, t->s, t->len);
	return expect(c, ':');
}

static int read_member(
		struct cursor *c, e911_location_t *l, char *given, char *bad)
{
	struct token t;
	int err = read_name(c, &t, bad), id;

	if(err)
		return err;
	id = e911_field_find(t.s, t.len);
	if(id < 0)
		return id;
	if(given[id]++)
		return E911_ERR_TWICE;
	if(peek(c) != '"')
		return peek(c) ? E911_ERR_TYPE : E911_ERR_SYNTAX;
	err = read_string(c, &t);
	if(!err && t.over)
		err = E911_ERR_LONG;
	return err ? err : e911_location_set(l, id, t.s, t.len);
}

static int read_object(struct cursor *c, e911_location_t *l, char *bad)
{
	char given[E911_FIELDS] = {0};
	int err = expect(c, '{');

	if(err)
		return c->s < c->end ? E911_ERR_TYPE : err;
	if(peek(c) == '}')
		return expect(c, '}');
	do {
		err = read_member(c, l, given, bad);
		if(err)
			return err;
		bad[0] = 0;
	} while(expect(c, ',') == 0);
	return expect(c, '}');
}

int e911_json_read(e911_location_t *l, const str *text, int origin, time_t now,
		char bad[E911_JSON_NAME_MAX])
{
	struct cursor c = {text->s, text->s + text->len};
	e911_location_t read;
	int err, field;

	bad[0] = 0;
	if(text->len > E911_JSON_MAX)
		return E911_ERR_SPACE;
	e911_location_init(&read, origin, now);
	err = read_object(&c, &read, bad);
	skip_space(&c);
	if(!err && c.s < c.end)
		err = E911_ERR_SYNTAX;
	if(err)
		return err;
	err = e911_location_check(&read, &field);
	if(err)
		name_bad(bad, e911_field(field)->name.s, e911_field(field)->name.len);
	else
		memcpy(l, &read, E911_LOCATION_SIZE(&read));
	return err;
}
