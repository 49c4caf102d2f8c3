/*
 * e911: a text with places for the fields of an address
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "template.h"
#include "err.h"

#define LIT E911_STRBUF_LIT

enum place
{
	PLACE_JOINED = E911_FIELDS, /* and so many behind it */
	PLACE_LOCATION = E911_FIELDS + 100
};

/* clang-format off */
static const struct joined
{
	const char *name;
	const char *parts[11];
} joined[] = {
	{"street", {"PRM", "PRD", "STP", "RD", "STS", "POD", "POM"}},
	{"house", {"HNP", "HNO", "HNS"}},
	{"line", {"HNP", "HNO", "HNS",
		"PRM", "PRD", "STP", "RD", "STS", "POD", "POM"}},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*table))
#define LINE 2

static void put_value(e911_strbuf_t *b, int syntax, const char *s, size_t len)
{
	switch(syntax) {
		case E911_TEMPLATE_JSON:
			e911_strbuf_put_json(b, s, len);
			break;
		case E911_TEMPLATE_XML:
			e911_strbuf_put_xml(b, s, len);
			break;
		default:
			e911_strbuf_put_url(b, s, len);
	}
}

static void put_joined(e911_strbuf_t *b, const struct joined *j, int syntax,
		const e911_location_t *l)
{
	const char *const *part;
	int id, any = 0;
	str value;

	for(part = j->parts; *part; part++) {
		id = e911_field_find(*part, strlen(*part));
		if(e911_location_get(l, id, &value))
			continue;
		if(any)
			put_value(b, syntax, " ", 1);
		put_value(b, syntax, value.s, value.len);
		any = 1;
	}
}

static void put_location(e911_strbuf_t *b, const e911_location_t *l)
{
	int at = 0, id, any = 0;
	str value;

	LIT(b, "{");
	while((at = e911_location_next(l, at, &id, &value)) && id < E911_F_SHAPE) {
		if(any)
			LIT(b, ",");
		LIT(b, "\"");
		e911_strbuf_put_str(b, &e911_field(id)->name);
		LIT(b, "\":\"");
		e911_strbuf_put_json(b, value.s, value.len);
		LIT(b, "\"");
		any = 1;
	}
	LIT(b, "}");
}

static int place_of(const char *name, size_t len)
{
	size_t i;
	int id;

	for(i = 0; i < COUNT(joined); i++)
		if(strlen(joined[i].name) == len
				&& memcmp(joined[i].name, name, len) == 0)
			return PLACE_JOINED + (int)i;
	if(len == 8 && memcmp("location", name, len) == 0)
		return PLACE_LOCATION;
	id = e911_field_find(name, len);
	return id < E911_F_SHAPE ? id : E911_ERR_NAME;
}

/* Bytes of "{name}" at s, and what is to stand there; 0: no such thing. */
static size_t place_at(const char *s, int *place)
{
	size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz"
							 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	if(n == 0 || s[1 + n] != '}')
		return 0;
	*place = place_of(s + 1, n);
	return n + 2;
}

int e911_template_check(const char *template, int syntax)
{
	const char *s;
	int place, n = 0;

	for(s = template; (s = strchr(s, '{')); s++) {
		if(place_at(s, &place) == 0)
			continue;
		if(place < 0
				|| (place == PLACE_LOCATION && syntax != E911_TEMPLATE_JSON))
			return E911_ERR_VALUE;
		n++;
	}
	return n;
}

static void put_place(
		e911_strbuf_t *b, int place, int syntax, const e911_location_t *l)
{
	str value;

	if(place == PLACE_LOCATION)
		put_location(b, l);
	else if(place >= PLACE_JOINED)
		put_joined(b, &joined[place - PLACE_JOINED], syntax, l);
	else if(place >= 0 && e911_location_get(l, place, &value) == 0)
		put_value(b, syntax, value.s, value.len);
}

void e911_template_write(e911_strbuf_t *b, const char *template, int syntax,
		const e911_location_t *l)
{
	size_t n;
	int place;

	while(*template) {
		n = *template == '{' ? place_at(template, &place) : 0;
		if(n)
			put_place(b, place, syntax, l);
		else {
			n = 1 + strcspn(template + 1, "{");
			e911_strbuf_put(b, template, n);
		}
		template += n;
	}
}

/* As it is: for people, or to be compared. */
int e911_template_line(e911_strbuf_t *b, const e911_location_t *l)
{
	const char *const *part;
	int id, any = 0;
	str value;

	for(part = joined[LINE].parts; *part; part++) {
		id = e911_field_find(*part, strlen(*part));
		if(e911_location_get(l, id, &value))
			continue;
		if(any)
			LIT(b, " ");
		e911_strbuf_put_str(b, &value);
		any = 1;
	}
	return b->err;
}
