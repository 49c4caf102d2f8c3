/*
 * e911: what a notice of a call says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <json-c/json.h>
#include "notice.h"
#include "template.h"
#include "utf8.h"
#include "err.h"
#include "location_json.h"

#define LIT E911_STRBUF_LIT
#define VALUE_MAX 255 /* bytes of what others write */

static const char *const names[E911_N_PLACES] = {
		[E911_N_EVENT] = "event",
		[E911_N_TEST] = "test",
		[E911_N_AT] = "at",
		[E911_N_CALL] = "call",
		[E911_N_SITE] = "site",
		[E911_N_AOR] = "aor",
		[E911_N_CALLER] = "caller",
		[E911_N_CONTACT] = "contact",
		[E911_N_CALLBACK] = "callback",
		[E911_N_ELIN] = "elin",
		[E911_N_URN] = "urn",
		[E911_N_NUMBER] = "number",
		[E911_N_CODE] = "code",
		[E911_N_STEP] = "step",
		[E911_N_STEPS] = "steps",
		[E911_N_ERSP] = "ersp",
		[E911_N_PROFILE] = "profile",
		[E911_N_PROOF] = "proof",
		[E911_N_FOUND] = "found",
		[E911_N_CONVEYANCE] = "conveyance",
		[E911_N_FRESHNESS] = "freshness",
		[E911_N_DETAIL] = "detail",
		[E911_N_ADDRESS] = "address",
		[E911_N_LOCATION] = "location",
		[E911_N_ID] = "id",
		[E911_N_RECIPIENT] = "recipient",
		[E911_N_EVENTS] = "events",
		[E911_N_WHO] = "who",
		[E911_N_SUBJECT] = "subject",
		[E911_N_TEXT] = "text",
		[E911_N_JSON] = "json",
};

/* texts of an event, as they are */
static const struct source
{
	int place;
	size_t offset;
} sources[] = {
		{E911_N_CALL, offsetof(e911_event_t, callid)},
		{E911_N_AOR, offsetof(e911_event_t, aor)},
		{E911_N_CALLER, offsetof(e911_event_t, caller)},
		{E911_N_CONTACT, offsetof(e911_event_t, contact)},
		{E911_N_CALLBACK, offsetof(e911_event_t, callback)},
		{E911_N_ELIN, offsetof(e911_event_t, elin)},
		{E911_N_URN, offsetof(e911_event_t, urn)},
		{E911_N_NUMBER, offsetof(e911_event_t, number)},
		{E911_N_ERSP, offsetof(e911_event_t, destination)},
		{E911_N_PROFILE, offsetof(e911_event_t, profile)},
		{E911_N_PROOF, offsetof(e911_event_t, proof)},
		{E911_N_FOUND, offsetof(e911_event_t, found)},
		{E911_N_CONVEYANCE, offsetof(e911_event_t, conveyance)},
		{E911_N_FRESHNESS, offsetof(e911_event_t, freshness)},
		{E911_N_DETAIL, offsetof(e911_event_t, detail)},
};

#define COUNT(table) (sizeof(table) / sizeof(*table))

const char *e911_notice_place_name(int place)
{
	return place >= 0 && place < E911_N_PLACES ? names[place] : NULL;
}

int e911_notice_place_find(const char *name, size_t len)
{
	int i;

	for(i = 0; i < E911_N_PLACES; i++)
		if(strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	return E911_ERR_NAME;
}

/* ----- writing ----- */

/* quoted: a backslash only makes the next one itself, RFC 3261 section 25.1 */
static void put_clean(e911_strbuf_t *b, const str *s, int quoted)
{
	size_t len = s->len > 0 ? (size_t)s->len : 0, at, n;
	const char *c;

	for(at = 0; at < len && at < VALUE_MAX; at += n ? n : 1) {
		if(quoted && s->s[at] == '\\' && at + 1 < len)
			at++;
		c = s->s + at;
		n = e911_utf8_char((const unsigned char *)c, len - at);
		if(n)
			e911_strbuf_put_json(b, c, n);
		else
			e911_strbuf_put(b, (unsigned char)*c < 0x80 ? " " : "?", 1);
	}
}

static void put_name(e911_strbuf_t *b, int place)
{
	LIT(b, ",\"");
	e911_strbuf_puts(b, names[place]);
	LIT(b, "\":\"");
}

static void put_text(e911_strbuf_t *b, int place, const str *s)
{
	if(s->len <= 0)
		return;
	put_name(b, place);
	put_clean(b, s, place == E911_N_CALLER);
	LIT(b, "\"");
}

static void put_z(e911_strbuf_t *b, int place, const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	put_text(b, place, &s);
}

static void put_number(e911_strbuf_t *b, int place, int n)
{
	if(n <= 0)
		return;
	put_name(b, place);
	e911_strbuf_put_num(b, (unsigned long)n);
	LIT(b, "\"");
}

static void put_when(e911_strbuf_t *b, const e911_event_t *e)
{
	put_name(b, E911_N_AT);
	e911_strbuf_put_time(b, (time_t)(e->at_ms / 1000));
	LIT(b, "\"");
}

/* validators' ids are sent to nobody */
static int is_told(int id)
{
	return e911_field(id)->ns != E911_NS_VALIDATION && id != E911_F_TOKENS;
}

static void put_location(e911_strbuf_t *b, const e911_location_t *l)
{
	LIT(b, ",\"location\":");
	e911_location_json(b, l, is_told);
}

/* fields of the line behind house and street, and what stands before each */
static const struct part
{
	const char *name, *before;
} parts[] = {{"BLD", ", "}, {"FLR", ", floor "}, {"UNIT", ", unit "},
		{"ROOM", ", room "}, {"LOC", ", "}, {"A3", ", "}, {"A1", ", "},
		{"PC", " "}, {"country", ", "}, {"pos", ", at "},
		{"radius", ", radius "}};

static void put_parts(e911_strbuf_t *b, const e911_location_t *l)
{
	const char *before;
	size_t i;
	str value;

	for(i = 0; i < COUNT(parts); i++) {
		if(e911_location_get(l,
				   e911_field_find(parts[i].name, strlen(parts[i].name)),
				   &value))
			continue;
		before = parts[i].before;
		/* of an address without a street */
		if(b->len == 0)
			before += strspn(before, ", ");
		e911_strbuf_puts(b, before);
		e911_strbuf_put_str(b, &value);
	}
}

static void put_address(e911_strbuf_t *b, const e911_location_t *l)
{
	char mem[E911_LOCATION_TEXT_MAX + 256];
	e911_strbuf_t line;

	e911_strbuf_init(&line, mem, sizeof(mem));
	e911_template_line(&line, l);
	put_parts(&line, l);
	put_name(b, E911_N_ADDRESS);
	e911_strbuf_put_json(b, line.s, line.len);
	LIT(b, "\"");
}

int e911_notice_write(
		e911_strbuf_t *b, const e911_event_t *event, const char *site)
{
	const e911_event_t *e = event;
	size_t i;

	LIT(b, "{\"event\":\"");
	e911_strbuf_puts(b, e911_event_name(e->kind));
	LIT(b, "\"");
	put_z(b, E911_N_TEST, e->test ? "yes" : "no");
	put_when(b, e);
	put_z(b, E911_N_SITE, site);
	put_number(b, E911_N_CODE, e->code);
	put_number(b, E911_N_STEP, e->step + 1);
	put_number(b, E911_N_STEPS, e->steps);
	for(i = 0; i < COUNT(sources); i++)
		put_text(b, sources[i].place,
				(const str *)(const void *)((const char *)e
											+ sources[i].offset));
	if(e->location) {
		put_address(b, e->location);
		put_location(b, e->location);
	}
	LIT(b, "}");
	return b->err;
}

int e911_notice_write_brief(e911_strbuf_t *b, const e911_event_t *event)
{
	LIT(b, "{\"event\":\"");
	e911_strbuf_puts(b, e911_event_name(event->kind));
	LIT(b, "\"");
	put_when(b, event);
	put_number(b, E911_N_CODE, event->code);
	put_text(b, E911_N_ERSP, &event->destination);
	LIT(b, "}");
	return b->err;
}

/* ----- reading ----- */

static str text_of(struct json_object *o)
{
	str s = STR_NULL;

	if(json_object_is_type(o, json_type_string)) {
		s.s = (char *)json_object_get_string(o);
		s.len = json_object_get_string_len(o);
	} else if(json_object_is_type(o, json_type_object)) {
		s.s = (char *)json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		s.len = s.s ? (int)strlen(s.s) : 0;
	}
	return s;
}

static int find_event(const str *name)
{
	int i;

	for(i = 0; i < E911_EV_KINDS; i++)
		if(strlen(e911_event_name(i)) == (size_t)name->len
				&& memcmp(e911_event_name(i), name->s, (size_t)name->len) == 0)
			return i;
	return E911_ERR_NAME;
}

static int take_members(e911_notice_t *n)
{
	int place;

	if(!json_object_is_type(n->root, json_type_object))
		return E911_ERR_SYNTAX;
	json_object_object_foreach(n->root, name, value)
	{
		place = e911_notice_place_find(name, strlen(name));
		/* an object is the location's alone */
		if(place >= 0 && place < E911_N_FACTS
				&& (place == E911_N_LOCATION)
						   == json_object_is_type(value, json_type_object))
			n->value[place] = text_of(value);
	}
	n->test = n->value[E911_N_TEST].len == 3;
	n->event = find_event(&n->value[E911_N_EVENT]);
	return n->event < 0 ? n->event : E911_OK;
}

int e911_notice_read(e911_notice_t *n, const str *facts)
{
	struct json_tokener *tokener = json_tokener_new_ex(3);
	int err;

	memset(n, 0, sizeof(*n));
	if(tokener == NULL)
		return E911_ERR_MEM;
	n->root = json_tokener_parse_ex(tokener, facts->s, facts->len);
	json_tokener_free(tokener);
	err = n->root ? take_members(n) : E911_ERR_SYNTAX;
	if(err)
		e911_notice_free(n);
	return err;
}

void e911_notice_free(e911_notice_t *n)
{
	json_object_put(n->root);
	n->root = NULL;
}
