/*
 * e911: number plan: reading a row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/trim.h"
#include "plan_row.h"
#include "policy.h"
#include "row.h"
#include "err.h"

#define PATTERN_MAX 256
#define COUNTRIES_MAX 249 /* ISO 3166-1 has no more */
#define SERVICE "urn:service:"
#define TEST SERVICE "test"
#define SERVICE_LEN ((int)sizeof(SERVICE) - 1)
static int is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int is_alnum(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
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

/* labels of letters, digits and inner hyphens */
int e911_plan_row_is_service(const str *urn)
{
	char c, before = '.';
	int i;

	if(!starts_with(urn, SERVICE, SERVICE_LEN))
		return 0;
	for(i = SERVICE_LEN; i < urn->len; i++, before = c) {
		c = urn->s[i];
		if(is_alnum(c))
			continue;
		if((c != '-' && c != '.') || before == '.'
				|| (c == '.' && before == '-'))
			return 0;
	}
	return is_alnum(before);
}

static int is_test(const str *urn)
{
	int len = (int)sizeof(TEST) - 1;

	return starts_with(urn, TEST, len)
		   && (urn->len == len || urn->s[len] == '.');
}

static int is_urn(const str *s)
{
	return starts_with(s, "urn:", 4);
}

static int is_same(const str *s, const char *z)
{
	return (size_t)s->len == strlen(z) && strncasecmp(s->s, z, s->len) == 0;
}

static int read_urn(e911_plan_row_t *d, const str *value)
{
	if(value->len > E911_DIALLED_MAX)
		return E911_ERR_LONG;
	if(e911_plan_dialled(value, d->urn_mem, &d->urn)
			|| !e911_plan_row_is_service(&d->urn))
		return E911_ERR_VALUE;
	return E911_OK;
}

static int read_kind(e911_plan_row_t *d, const str *value)
{
	for(d->kind = E911_KIND_EMERGENCY; d->kind <= E911_KIND_TEST; d->kind++)
		if(is_same(value, e911_kind_name(d->kind)))
			return E911_OK;
	return E911_ERR_VALUE;
}

static int read_country(e911_plan_row_t *d, const str *value)
{
	str list = *value, item;

	while(e911_row_item(&list, &item)) {
		if(item.len != 2 || !is_alpha(item.s[0]) || !is_alpha(item.s[1]))
			return E911_ERR_VALUE;
		if(++d->country_count > COUNTRIES_MAX)
			return E911_ERR_LONG;
	}
	d->countries = *value;
	return E911_OK;
}

static int read_number(e911_plan_row_t *d, const str *value)
{
	if(value->len > E911_DIALLED_MAX)
		return E911_ERR_LONG;
	if(is_urn(value) || e911_plan_dialled(value, d->number_mem, &d->number))
		return E911_ERR_VALUE;
	return E911_OK;
}

static int read_set(e911_plan_row_t *d, const str *value)
{
	return e911_row_number(value, INT_MAX, &d->set);
}

static int read_test(e911_plan_row_t *d, const str *value)
{
	static const char *const words[] = E911_TEST_WORDS;
	int test = e911_row_word(words, value);

	if(test < 0)
		return test;
	d->test = test + 1;
	return E911_OK;
}

static int read_key(
		e911_plan_row_t *d, const str *key, const str *value, str *bad)
{
	static const struct
	{
		const char *name;
		int (*read)(e911_plan_row_t *d, const str *value);
	} keys[] = {{"urn", read_urn}, {"kind", read_kind},
			{"country", read_country}, {"number", read_number},
			{"set", read_set}, {"test", read_test}};
	size_t i;

	*bad = *key;
	for(i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if(!is_same(key, keys[i].name))
			continue;
		if(d->given & 1u << i)
			return E911_ERR_TWICE;
		d->given |= 1u << i;
		if(value->len)
			*bad = *value;
		return keys[i].read(d, value);
	}
	return E911_ERR_NAME;
}

/* ^literal$ without its escapes; 0 if it is a real expression. Of "\d" and its
 * like none is a literal, of "\+" and its like all are. */
static int literal_of(const str *regex, char *mem)
{
	int i, n = 0, end = regex->len - 1;

	if(end < 1 || regex->s[end] != '$')
		return 0;
	for(i = 1; i < end; i++) {
		if(regex->s[i] == '\\') {
			if(++i == end || is_alnum(regex->s[i]))
				return 0;
		} else if(strchr("^$.[|()?*+{", regex->s[i])) {
			return 0;
		}
		mem[n++] = regex->s[i];
	}
	return n;
}

static int read_pattern(e911_plan_row_t *d, const str *text)
{
	char mem[PATTERN_MAX];
	str exact = *text;

	if(text->len > PATTERN_MAX)
		return E911_ERR_LONG;
	if(text->len && text->s[0] == '^') {
		exact.s = mem;
		exact.len = literal_of(text, mem);
		d->regex = exact.len == 0;
	}
	if(d->regex) {
		d->pattern = *text;
		return is_same(text, "^") || is_same(text, "^$") ? E911_ERR_VALUE
														 : E911_OK;
	}
	if(exact.len > E911_DIALLED_MAX)
		return E911_ERR_LONG;
	if(e911_plan_dialled(&exact, d->pattern_mem, &d->pattern))
		return E911_ERR_VALUE;
	d->urn_row = is_urn(&d->pattern);
	if(d->urn_row && !e911_plan_row_is_service(&d->pattern))
		return E911_ERR_VALUE;
	return E911_OK;
}

const str *e911_plan_row_always(int n)
{
	static const str always[] = {str_init("911"), str_init("+911"),
			str_init("112"), str_init(SERVICE "sos")};

	return n < (int)(sizeof(always) / sizeof(*always)) ? &always[n] : NULL;
}

static int is_fixed(const e911_plan_row_t *d)
{
	const str *s;
	int i;

	for(i = 0; (s = e911_plan_row_always(i)); i++)
		if(is_same(&d->pattern, s->s))
			return 1;
	return d->urn_row;
}

static void set_urn(str *urn, const char *z)
{
	urn->s = (char *)z;
	urn->len = (int)strlen(z);
}

static int complete(e911_plan_row_t *d)
{
	d->urn_given = d->urn.len > 0;
	if(d->urn.len == 0 && d->urn_row)
		d->urn = d->pattern;
	else if(d->urn.len == 0)
		set_urn(&d->urn,
				d->kind == E911_KIND_TEST ? TEST ".sos" : SERVICE "sos");
	if(d->kind == E911_KIND_NONE)
		d->kind = is_test(&d->urn) ? E911_KIND_TEST : E911_KIND_EMERGENCY;
	if(d->test && d->kind != E911_KIND_TEST)
		return E911_ERR_VALUE;
	d->fixed = is_fixed(d);
	/* a slip here would make a test of each real call */
	if(d->fixed && d->kind == E911_KIND_TEST && !is_test(&d->pattern))
		return E911_ERR_VALUE;
	return E911_OK;
}

int e911_plan_row_read(e911_plan_row_t *d, const str *row, str *bad)
{
	str rest = *row, text = *row, key, value;
	int err, got;

	memset(d, 0, offsetof(e911_plan_row_t, pattern_mem));
	cut_at(&text, ';');
	rest.s += text.len;
	rest.len -= text.len;
	trim(&text);
	*bad = text;
	err = read_pattern(d, &text);
	if(err)
		return err;
	while((got = e911_row_next(&rest, &key, &value)) == 1) {
		err = read_key(d, &key, &value, bad);
		if(err)
			return err;
	}
	if(got < 0) {
		*bad = key;
		return got;
	}
	*bad = text;
	return complete(d);
}
