/*
 * e911: what the HTTP API says of locations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <json-c/json.h>
#include "err.h"
#include "json.h"
#include "strbuf.h"
#include "view.h"

int e911_view_put(
		struct json_object *to, const char *name, struct json_object *value)
{
	if(to && value && json_object_object_add(to, name, value) == 0)
		return E911_OK;
	json_object_put(value);
	return E911_ERR_MEM;
}

int e911_view_text(struct json_object *to, const char *name, const char *text)
{
	return e911_view_put(to, name, json_object_new_string(text));
}

int e911_view_str(struct json_object *to, const char *name, const str *text)
{
	return e911_view_put(to, name,
			json_object_new_string_len(text->len ? text->s : "", text->len));
}

int e911_view_number(struct json_object *to, const char *name, int64_t n)
{
	return e911_view_put(to, name, json_object_new_int64(n));
}

int e911_view_flag(struct json_object *to, const char *name, int is)
{
	return e911_view_put(to, name, json_object_new_boolean(is));
}

int e911_view_time(struct json_object *to, const char *name, time_t when)
{
	char mem[32];
	e911_strbuf_t b;

	if(when == 0)
		return to && json_object_object_add(to, name, NULL) == 0 ? E911_OK
																 : E911_ERR_MEM;
	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_time(&b, when);
	return e911_view_put(to, name, json_object_new_string_len(b.s, (int)b.len));
}

int e911_view_add(struct json_object *list, struct json_object *item)
{
	if(list && item && json_object_array_add(list, item) == 0)
		return E911_OK;
	json_object_put(item);
	return E911_ERR_MEM;
}

struct json_object *e911_view_location(const e911_location_t *l)
{
	struct json_object *o = json_object_new_object();
	char name[E911_JSON_NAME_MAX];
	int at = 0, id, err = o == NULL;
	str value;

	/* those of validation are last, and nobody may state them */
	while((at = e911_location_next(l, at, &id, &value))
			&& id < E911_F_VALIDATOR) {
		memccpy(name, e911_field(id)->name.s, '\0', sizeof(name));
		err |= e911_view_str(o, name, &value);
	}
	if(err == 0)
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *view_elements(const e911_assessment_t *a)
{
	struct json_object *o = json_object_new_object();
	char name[E911_JSON_NAME_MAX];
	int id, err = o == NULL;

	for(id = 0; id < E911_F_SHAPE; id++) {
		if(a->element[id] == E911_ELEMENT_NONE)
			continue;
		memccpy(name, e911_field(id)->name.s, '\0', sizeof(name));
		err |= e911_view_text(o, name, e911_element_name(a->element[id]));
	}
	if(err == 0)
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *list_suggestions(const e911_assessment_t *a)
{
	struct json_object *list = json_object_new_array();
	int i, err = list == NULL;

	for(i = 0; i < a->n; i++)
		err |= e911_view_add(list, e911_view_location(&a->suggestion[i]));
	if(err == 0)
		return list;
	json_object_put(list);
	return NULL;
}

int e911_view_suggestions(struct json_object *to, const e911_assessment_t *a)
{
	return e911_view_put(to, "suggestions", list_suggestions(a));
}

int e911_view_assessment(struct json_object *to, const e911_assessment_t *a)
{
	int err = e911_view_put(to, "elements", view_elements(a));

	return err | e911_view_suggestions(to, a);
}
