/*
 * e911: what a validator says of a location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "assessment.h"
#include "err.h"

/* Inside of a building, or as people call it: what a validator of streets has
 * no word on, and a responder needs. */
static const char *const inner[] = {"LMK", "LOC", "FLR", "NAM", "BLD", "UNIT",
		"ROOM", "SEAT", "PLC", "SITE", "SUBSITE", "WING", "UNIT_PRETYPE",
		"UNIT_VALUE", "SECTION", "ROW", NULL};

const char *e911_element_name(int element)
{
	static const char *const names[] = {
			[E911_ELEMENT_NONE] = "",
			[E911_ELEMENT_VALID] = "valid",
			[E911_ELEMENT_INVALID] = "invalid",
			[E911_ELEMENT_UNCHECKED] = "unchecked",
	};

	return names[element];
}

void e911_assessment_init(e911_assessment_t *a)
{
	memset(a, 0, offsetof(e911_assessment_t, suggestion));
	a->verdict = E911_UNCHECKED;
}

static int weight(int element)
{
	static const unsigned char weights[] = {
			[E911_ELEMENT_NONE] = 0,
			[E911_ELEMENT_VALID] = 1,
			[E911_ELEMENT_UNCHECKED] = 2,
			[E911_ELEMENT_INVALID] = 3,
	};

	return weights[element];
}

void e911_assessment_say(e911_assessment_t *a, int field, int element)
{
	if(weight(element) > weight(a->element[field]))
		a->element[field] = (unsigned char)element;
}

/* Only of what was stated, but what should have been is invalid as well. */
static void settle(unsigned char *element, int stated)
{
	if(stated && *element == E911_ELEMENT_NONE)
		*element = E911_ELEMENT_UNCHECKED;
	if(!stated && *element != E911_ELEMENT_INVALID)
		*element = E911_ELEMENT_NONE;
}

void e911_assessment_conclude(e911_assessment_t *a, const e911_location_t *l)
{
	int seen[E911_ELEMENT_UNCHECKED + 1] = {0}, id;
	str value;

	for(id = 0; id < E911_F_SHAPE; id++) {
		settle(&a->element[id], e911_location_get(l, id, &value) == 0);
		seen[a->element[id]]++;
	}
	if(seen[E911_ELEMENT_INVALID])
		a->verdict = E911_INVALID;
	else if(a->verdict == E911_UNCHECKED && seen[E911_ELEMENT_VALID]
			&& a->element[E911_F_RD] != E911_ELEMENT_UNCHECKED
			&& a->element[E911_F_HNO] != E911_ELEMENT_UNCHECKED)
		a->verdict = E911_VALID;
}

static int is_inner(const str *name)
{
	int i;

	for(i = 0; inner[i]; i++)
		if(strlen(inner[i]) == (size_t)name->len
				&& memcmp(inner[i], name->s, name->len) == 0)
			return 1;
	return 0;
}

static int names_inner(const e911_location_t *l)
{
	int at = 0, id;
	str value;

	while((at = e911_location_next(l, at, &id, &value)))
		if(is_inner(&e911_field(id)->name))
			return 1;
	return 0;
}

/* Of a field that the address does not have: does the stated one remain? */
static int remains(int id, int has_inner)
{
	return id >= E911_F_SHAPE || id == E911_F_COUNTRY
		   || (!has_inner && is_inner(&e911_field(id)->name));
}

static int join(e911_location_t *to, const e911_location_t *address,
		const e911_location_t *l)
{
	int has_inner = names_inner(address), id, err;
	str value;

	memcpy(to, l, offsetof(e911_location_t, text));
	to->len = 0;
	to->verdict = E911_UNCHECKED;
	for(id = 0; id < E911_FIELDS; id++) {
		if((id >= E911_F_SHAPE || e911_location_get(address, id, &value))
				&& (!remains(id, has_inner)
						|| e911_location_get(l, id, &value)))
			continue;
		err = e911_location_set(to, id, value.s, value.len);
		if(err)
			return err;
	}
	return E911_OK;
}

static int is_there(const e911_assessment_t *a, const e911_location_t *l)
{
	int i;

	for(i = 0; i < a->n; i++)
		if(a->suggestion[i].len == l->len
				&& memcmp(a->suggestion[i].text, l->text, l->len) == 0)
			return 1;
	return 0;
}

static void copy(e911_location_t *to, const e911_location_t *from)
{
	memcpy(to, from, E911_LOCATION_SIZE(from));
}

int e911_assessment_suggest(e911_assessment_t *a,
		const e911_location_t *address, const e911_location_t *l, int first)
{
	e911_location_t whole;
	int i, err;

	if(!e911_location_has_civic(address))
		return E911_ERR_EMPTY;
	err = join(&whole, address, l);
	if(err)
		return err;
	if(is_there(a, &whole))
		return E911_ERR_TWICE;
	if(a->n == E911_SUGGESTIONS_MAX && !first)
		return E911_ERR_FULL;
	if(a->n < E911_SUGGESTIONS_MAX)
		a->n++;
	for(i = a->n - 1; first && i > 0; i--)
		copy(&a->suggestion[i], &a->suggestion[i - 1]);
	copy(&a->suggestion[first ? 0 : a->n - 1], &whole);
	return E911_OK;
}
