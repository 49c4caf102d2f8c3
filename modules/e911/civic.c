/*
 * e911: a civic address as XML
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "civic.h"
#include "pidf_ns.h"
#include "utf8.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define TAG_MAX 32 /* "</", prefix, name, ">" */

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

/* One tag serves both ends: "<<ca:RD>" from its second byte, "</ca:RD>". Names
 * are short, a call of memcpy costs more than they do. */
static void put_field(
		e911_strbuf_t *b, const e911_field_t *field, const str *value)
{
	const str *prefix = &prefixes[field->ns];
	char tag[TAG_MAX] = "<<";
	size_t len = 2;
	int i;

	if(2 + prefix->len + field->name.len + 1 > TAG_MAX) {
		b->err = E911_ERR_SPACE;
		return;
	}
	for(i = 0; i < prefix->len; i++)
		tag[len++] = prefix->s[i];
	for(i = 0; i < field->name.len; i++)
		tag[len++] = field->name.s[i];
	tag[len++] = '>';
	e911_strbuf_put(b, tag + 1, len - 1);
	e911_strbuf_put_xml(b, value->s, value->len);
	tag[1] = '/';
	e911_strbuf_put(b, tag, len);
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
		put_field(b, e911_field(id), &value);
	}
	LIT(b, "</ca:civicAddress>");
}
