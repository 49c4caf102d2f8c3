/*
 * e911: a civic address as XML
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include "civic.h"
#include "pidf_ns.h"
#include "utf8.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define TAG_MAX 32 /* "</", prefix, name, ">", NUL */

static const str prefixes[] = {
		[E911_NS_CA] = str_init("ca:"),
		[E911_NS_CAE] = str_init("cae:"),
		[E911_NS_CDX1] = str_init("cdx1:"),
		[E911_NS_CDX2] = str_init("cdx2:"),
};

static const struct
{
	const char *uri;
	int space;
} spaces[] = {
		{NS_CA, E911_NS_CA},
		{NS_GP ":civicLoc", E911_NS_CA}, /* RFC 4119, before RFC 5139 */
		{NS_CAE, E911_NS_CAE},
		{NS_CDX1, E911_NS_CDX1},
		{NS_CDX2, E911_NS_CDX2},
};

int e911_civic_space(const char *uri)
{
	size_t i;

	for(i = 0; i < sizeof(spaces) / sizeof(*spaces); i++)
		if(strcmp(uri, spaces[i].uri) == 0)
			return spaces[i].space;
	return E911_ERR_NONE;
}

unsigned int e911_civic_spaces(const e911_location_t *l)
{
	unsigned int set = 0;
	int at = 0, id;
	str value;

	while((at = e911_location_next(l, at, &id, &value)))
		set |= 1u << e911_field(id)->ns;
	return set;
}

void e911_civic_declare(e911_strbuf_t *b, unsigned int set)
{
	LIT(b, " xmlns:ca=\"" NS_CA "\"");
	if(set & 1u << E911_NS_CAE)
		LIT(b, " xmlns:cae=\"" NS_CAE "\"");
	if(set & 1u << E911_NS_CDX1)
		LIT(b, " xmlns:cdx1=\"" NS_CDX1 "\"");
	if(set & 1u << E911_NS_CDX2)
		LIT(b, " xmlns:cdx2=\"" NS_CDX2 "\"");
}

/* "<ca:RD>" and "</ca:RD>"; made when first needed, in each process. */
typedef struct tags
{
	size_t len; /* of the first; the second is a byte longer */
	char open[TAG_MAX], close[TAG_MAX];
} tags_t;

static const tags_t *tags_of(int id)
{
	static tags_t made[E911_F_SHAPE];
	tags_t *t = &made[id];
	const e911_field_t *field;
	const char *prefix;

	if(t->len)
		return t;
	field = e911_field(id);
	prefix = prefixes[field->ns].s;
	snprintf(t->close, TAG_MAX, "</%s%s>", prefix, field->name.s);
	t->len =
			(size_t)snprintf(t->open, TAG_MAX, "<%s%s>", prefix, field->name.s);
	return t;
}

static void put_field(
		e911_strbuf_t *b, int id, const str *value, int has_escapes)
{
	const tags_t *t = tags_of(id);
	size_t len = (size_t)value->len;
	char *to = b->s + b->len;

	if(has_escapes || b->err || b->max - b->len < 2 * TAG_MAX + len) {
		e911_strbuf_put(b, t->open, t->len);
		e911_strbuf_put_xml(b, value->s, len);
		e911_strbuf_put(b, t->close, t->len + 1);
		return;
	}
	/* a tag's memory is copied whole: that is but two moves */
	memcpy(to, t->open, TAG_MAX);
	memcpy(to + t->len, value->s, len);
	memcpy(to + t->len + len, t->close, TAG_MAX);
	b->len += 2 * t->len + 1 + len;
}

/* whole characters, and no blank at the end */
static void cut(str *value, int most)
{
	const unsigned char *u = (const unsigned char *)value->s;
	int at = 0;

	while(at < value->len && most-- > 0)
		at += (int)e911_utf8_char(u + at, value->len - at);
	while(at > 0 && at < value->len && u[at - 1] == ' ')
		at--;
	value->len = at;
}

void e911_civic_write(e911_strbuf_t *b, const e911_location_t *l,
		const str *lang, const unsigned char *limit)
{
	int at = 0, id;
	str value;

	if(lang->len) {
		LIT(b, "<ca:civicAddress xml:lang=\"");
		e911_strbuf_put_str(b, lang);
		LIT(b, "\">");
	} else
		LIT(b, "<ca:civicAddress>");
	while((at = e911_location_next(l, at, &id, &value)) && id < E911_F_SHAPE) {
		if(limit && limit[id] == E911_CIVIC_LEFT_OUT)
			continue;
		if(limit && limit[id])
			cut(&value, limit[id]);
		put_field(b, id, &value, l->escapes);
	}
	LIT(b, "</ca:civicAddress>");
}
