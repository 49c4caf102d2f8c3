/*
 * e911: location from JSON
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <string.h>
#include <json-c/json.h>
#include "json.h"
#include "err.h"

#define DEPTH 3 /* the object, and what is refused inside of it by its name */

static void name_fault(char bad[E911_JSON_NAME_MAX], const char *name)
{
	strncpy(bad, name, E911_JSON_NAME_MAX - 1);
	bad[E911_JSON_NAME_MAX - 1] = '\0';
}

/* what validation has said nobody else may say */
static int put_member(
		e911_location_t *l, const char *name, struct json_object *value)
{
	int id = l->origin == E911_FROM_DB ? e911_field_find(name, strlen(name))
									   : e911_field_stated(name, strlen(name));

	if(id < 0)
		return id;
	if(!json_object_is_type(value, json_type_string))
		return E911_ERR_TYPE;
	return e911_location_set(l, id, json_object_get_string(value),
			json_object_get_string_len(value));
}

static int put_members(e911_location_t *l, struct json_object *object,
		char bad[E911_JSON_NAME_MAX])
{
	int field, err;

	if(!json_object_is_type(object, json_type_object))
		return E911_ERR_TYPE;
	json_object_object_foreach(object, name, value)
	{
		err = put_member(l, name, value);
		if(err) {
			name_fault(bad, name);
			return err;
		}
	}
	err = e911_location_check(l, &field);
	if(err)
		name_fault(bad, e911_field(field)->name.s);
	return err;
}

static int error_of(const struct json_tokener *tokener)
{
	switch(json_tokener_get_error((struct json_tokener *)tokener)) {
		case json_tokener_error_depth:
			return E911_ERR_DEPTH;
		case json_tokener_error_parse_utf8_string:
			return E911_ERR_TEXT;
		default:
			return E911_ERR_SYNTAX;
	}
}

/* json-c would cut a name there and find the field of what is left */
static int has_nul(const str *text)
{
	return memmem(text->s, text->len, "\\u0000", 6) != NULL;
}

static int parse(struct json_tokener *tokener, const str *text,
		struct json_object **object)
{
	*object = json_tokener_parse_ex(tokener, text->s, text->len);
	if(*object == NULL)
		return error_of(tokener);
	/* it refuses what stands behind, but for a NUL */
	if(json_tokener_get_parse_end(tokener) != (size_t)text->len) {
		json_object_put(*object);
		return E911_ERR_SYNTAX;
	}
	return E911_OK;
}

int e911_json_parse(const str *text, int depth, struct json_object **object)
{
	struct json_tokener *tokener;
	int err;

	if(text->len > E911_JSON_MAX)
		return E911_ERR_SPACE;
	if(has_nul(text))
		return E911_ERR_TEXT;
	tokener = json_tokener_new_ex(depth);
	if(tokener == NULL)
		return E911_ERR_MEM;
	json_tokener_set_flags(
			tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	err = parse(tokener, text, object);
	json_tokener_free(tokener);
	return err;
}

int e911_json_location(e911_location_t *l, struct json_object *object,
		int origin, time_t now, char bad[E911_JSON_NAME_MAX])
{
	e911_location_t read;
	int err;

	bad[0] = '\0';
	e911_location_init(&read, origin, now);
	err = put_members(&read, object, bad);
	if(err)
		return err;
	memcpy(l, &read, E911_LOCATION_SIZE(&read));
	return E911_OK;
}

int e911_json_read(e911_location_t *l, const str *text, int origin, time_t now,
		char bad[E911_JSON_NAME_MAX])
{
	struct json_object *object;
	int err = e911_json_parse(text, DEPTH, &object);

	bad[0] = '\0';
	if(err)
		return err;
	err = e911_json_location(l, object, origin, now, bad);
	json_object_put(object);
	return err;
}
