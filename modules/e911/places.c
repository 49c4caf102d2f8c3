/*
 * e911: the places of a record, as the database keeps them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <json-c/json.h>
#include "places.h"
#include "err.h"

#define DEPTH 4
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */

/* ----- writing ----- */

/* takes the value over, even where it fails */
static int add(
		struct json_object *to, const char *name, struct json_object *value)
{
	if(value == NULL)
		return E911_ERR_MEM;
	if(json_object_object_add(to, name, value) == 0)
		return E911_OK;
	json_object_put(value);
	return E911_ERR_MEM;
}

static int add_fields(struct json_object *to, const e911_location_t *l)
{
	struct json_object *fields = json_object_new_object();
	int at = 0, id, err = fields ? E911_OK : E911_ERR_MEM;
	str value;

	while(!err && (at = e911_location_next(l, at, &id, &value)))
		err = add(fields, e911_field(id)->name.s,
				json_object_new_string_len(value.s, value.len));
	if(!err)
		return add(to, "location", fields);
	json_object_put(fields);
	return err;
}

static int add_network(struct json_object *to, const e911_network_t *network)
{
	char mem[E911_NETWORK_TEXT_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_network_put(&b, network);
	return add(to, "network", json_object_new_string_len(mem, (int)b.len));
}

static int fill_location(struct json_object *to, const e911_location_t *l)
{
	int err = add(to, "stated", json_object_new_int64(l->stated));

	if(!err)
		err = add(to, "until", json_object_new_int64(l->until));
	if(!err)
		err = add(to, "verdict",
				json_object_new_string(e911_verdict_name(l->verdict)));
	if(!err)
		err = add(to, "origin",
				json_object_new_string(e911_origin_name(l->origin)));
	return err ? err : add_fields(to, l);
}

static int fill_place(struct json_object *to, const e911_place_t *p)
{
	int err = add_network(to, &p->network);

	if(!err)
		err = add(to, "confirmed", json_object_new_int64(p->confirmed));
	return err ? err : fill_location(to, &p->location);
}

static int add_place(struct json_object *array, const e911_place_t *p)
{
	struct json_object *place = json_object_new_object();
	int err = place ? fill_place(place, p) : E911_ERR_MEM;

	if(!err && json_object_array_add(array, place) == 0)
		return E911_OK;
	json_object_put(place);
	return E911_ERR_MEM;
}

/* value may be NULL; it goes */
static int write_out(e911_strbuf_t *b, struct json_object *value, int err)
{
	const char *text = NULL;

	if(!err)
		text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
	if(text)
		e911_strbuf_puts(b, text);
	else
		err = E911_ERR_MEM;
	json_object_put(value);
	return err ? err : b->err;
}

int e911_places_write(e911_strbuf_t *b, const e911_record_t *r)
{
	struct json_object *array = json_object_new_array();
	int i, err = array ? E911_OK : E911_ERR_MEM;

	for(i = 0; !err && i < r->places; i++)
		err = add_place(array, &r->place[i]);
	return write_out(b, array, err);
}

int e911_place_write(e911_strbuf_t *b, const e911_location_t *l)
{
	struct json_object *place = json_object_new_object();

	return write_out(b, place, place ? fill_location(place, l) : E911_ERR_MEM);
}

/* ----- reading ----- */

enum member
{
	NETWORK,
	CONFIRMED,
	STATED,
	UNTIL,
	VERDICT,
	ORIGIN,
	LOCATION,
	MEMBERS
};

/* as they are written */
static const char *const members[MEMBERS] = {"network", "confirmed", "stated",
		"until", "verdict", "origin", "location"};

typedef struct json_object *member_t;

/* Those of a place, NULL where there is none. Each is looked for behind the one
 * before, where we have written it. */
static int pick(member_t in[MEMBERS], struct json_object *place)
{
	int i = 0, n;

	if(!json_object_is_type(place, json_type_object))
		return E911_ERR_TYPE;
	memset(in, 0, MEMBERS * sizeof(*in));
	json_object_object_foreach(place, name, value)
	{
		for(n = 0; n < MEMBERS && strcmp(members[i], name) != 0; n++)
			i = (i + 1) % MEMBERS;
		if(n < MEMBERS)
			in[i] = value;
	}
	return E911_OK;
}

static int text_in(member_t member, str *value)
{
	if(!json_object_is_type(member, json_type_string))
		return E911_ERR_TYPE;
	value->s = (char *)json_object_get_string(member);
	value->len = json_object_get_string_len(member);
	return E911_OK;
}

static int number_in(member_t member, time_t *value)
{
	if(!json_object_is_type(member, json_type_int))
		return E911_ERR_TYPE;
	*value = json_object_get_int64(member);
	return *value >= 0 && *value <= TIME_MAX ? E911_OK : E911_ERR_VALUE;
}

typedef const char *(*name_f)(int n);

static int word_in(member_t member, name_f name_of, unsigned char *value)
{
	str word;
	int n;

	if(text_in(member, &word))
		return E911_ERR_TYPE;
	for(n = 0; name_of(n)[0]; n++) {
		if(strlen(name_of(n)) == (size_t)word.len
				&& memcmp(name_of(n), word.s, word.len) == 0) {
			*value = (unsigned char)n;
			return E911_OK;
		}
	}
	return E911_ERR_VALUE;
}

static int read_fields(e911_location_t *l, member_t fields)
{
	int id = -1, err, bad;
	str text;

	if(!json_object_is_type(fields, json_type_object))
		return E911_ERR_TYPE;
	json_object_object_foreach(fields, name, value)
	{
		id = e911_field_find_behind(id, name, strlen(name));
		if(id < 0)
			return id;
		err = text_in(value, &text);
		if(!err)
			err = e911_location_set(l, id, text.s, (size_t)text.len);
		if(err)
			return err;
	}
	return e911_location_check(l, &bad);
}

static int read_network(e911_network_t *network, member_t member)
{
	str text;

	memset(network, 0, sizeof(*network));
	if(text_in(member, &text))
		return E911_ERR_TYPE;
	return text.len ? e911_network_read(network, &text) : E911_OK;
}

static int read_location(e911_location_t *l, member_t in[MEMBERS])
{
	int err;

	e911_location_init(l, E911_FROM_DB, 0);
	err = number_in(in[STATED], &l->stated);
	if(!err)
		err = number_in(in[UNTIL], &l->until);
	if(!err)
		err = word_in(in[VERDICT], e911_verdict_name, &l->verdict);
	if(!err)
		err = word_in(in[ORIGIN], e911_origin_name, &l->origin);
	return err ? err : read_fields(l, in[LOCATION]);
}

static int read_place(e911_place_t *p, struct json_object *place)
{
	member_t in[MEMBERS];
	int err = pick(in, place);

	if(err)
		return err;
	p->said = 0;
	err = read_network(&p->network, in[NETWORK]);
	if(!err)
		err = number_in(in[CONFIRMED], &p->confirmed);
	return err ? err : read_location(&p->location, in);
}

static int read_array(e911_record_t *r, struct json_object *array)
{
	size_t i, n;
	int err = E911_OK;

	if(!json_object_is_type(array, json_type_array))
		return E911_ERR_TYPE;
	n = json_object_array_length(array);
	if(n == 0 || r->state.place >= n)
		return E911_ERR_EMPTY;
	if(n > E911_PLACES_MAX)
		return E911_ERR_FULL;
	for(i = 0; !err && i < n; i++)
		err = read_place(&r->place[i], json_object_array_get_idx(array, i));
	r->places = (int)n;
	return err;
}

/* one for all that the process reads: a start reads them by the million */
static struct json_tokener *tokener;

static int ready(void)
{
	if(tokener) {
		json_tokener_reset(tokener);
		return E911_OK;
	}
	tokener = json_tokener_new_ex(DEPTH);
	if(tokener == NULL)
		return E911_ERR_MEM;
	/* the fields look at their UTF-8 themselves; what else is in there is
	 * compared with words of ours */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	return E911_OK;
}

/* NULL where there is no memory, or it is no document: *err says which */
static struct json_object *parse(const str *text, int *err)
{
	struct json_object *value;

	*err = ready();
	if(*err)
		return NULL;
	*err = E911_ERR_SYNTAX;
	value = json_tokener_parse_ex(tokener, text->s, text->len);
	/* it refuses what stands behind, but for a NUL */
	if(json_tokener_get_parse_end(tokener) != (size_t)text->len) {
		json_object_put(value);
		value = NULL;
	}
	return value;
}

int e911_places_read(e911_record_t *r, const str *text)
{
	struct json_object *array;
	int err;

	if(text->len > E911_PLACES_TEXT_MAX)
		return E911_ERR_SPACE;
	array = parse(text, &err);
	if(array)
		err = read_array(r, array);
	json_object_put(array);
	return err;
}

int e911_place_read(e911_location_t *l, const str *text)
{
	struct json_object *place;
	member_t in[MEMBERS];
	int err;

	if(text->len > E911_PLACE_TEXT_MAX)
		return E911_ERR_SPACE;
	place = parse(text, &err);
	if(place)
		err = pick(in, place);
	if(!err)
		err = read_location(l, in);
	json_object_put(place);
	return err;
}
