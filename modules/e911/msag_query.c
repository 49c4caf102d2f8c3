/*
 * e911: MSAG: what a location asks of the guide
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "msag_query.h"
#include "err.h"

/* the fields of a location, so that it is walked once */
typedef str values_t[E911_F_SHAPE];

static void read_values(const e911_location_t *l, values_t v)
{
	int at = 0, id;
	str value;

	memset(v, 0, sizeof(values_t));
	while((at = e911_location_next(l, at, &id, &value)) && id < E911_F_SHAPE)
		v[id] = value;
}

/* ----- where ----- */

static int read_state(const e911_msag_t *m, const values_t v, e911_query_t *q)
{
	str country = v[E911_F_COUNTRY], state = v[E911_F_A1];
	char name[2];

	memcpy(q->country, country.len == 2 ? country.s : "US", 2);
	if(state.len == 0 || e911_state_normal(&state, name))
		return E911_ERR_NONE;
	q->state = e911_msag_state(m, q->country, name);
	return q->state == E911_MSAG_NONE ? E911_ERR_NONE : E911_OK;
}

static void read_place(const str *value, char *mem, str *to,
		int (*normal)(const str *, char *, size_t *))
{
	size_t len;

	to->s = mem;
	to->len = 0;
	if(value->len && normal(value, mem, &len) == E911_OK)
		to->len = (int)len;
}

static void read_places(const values_t v, e911_query_t *q)
{
	static const int alias[] = {
			[E911_ALIAS_A3] = E911_F_A3, [E911_ALIAS_PCN] = E911_F_PCN};
	str value;
	int i;

	for(i = 0; i < E911_ALIASES; i++) {
		value = v[alias[i]];
		read_place(&value, q->mem[i], &q->community[i], e911_community_normal);
	}
	value = v[E911_F_A2];
	read_place(&value, q->mem[E911_ALIASES], &q->county, e911_county_normal);
}

/* ----- street ----- */

/* RFC 5139: what RD is qualified by, in the order in which it is said */
static const int before[] = {E911_F_PRM, E911_F_PRD, E911_F_STP, E911_F_STPS};
static const int behind[] = {E911_F_STS, E911_F_POD, E911_F_POM};

#define COUNT(list) (int)(sizeof(list) / sizeof(*(list)))

static int add_words(
		e911_words_t *w, const values_t v, const int *fields, int n, int *any)
{
	int i, err = E911_OK;
	str value;

	*any = 0;
	for(i = 0; err == E911_OK && i < n; i++) {
		value = v[fields[i]];
		*any |= value.len > 0;
		err = e911_words_add(w, &value);
	}
	return err;
}

static void cut_unit(e911_query_t *q, const str *road, int cut)
{
	int unit, at = e911_words_unit(&q->words, &unit);
	char *from;

	q->to_cut |= at > 0;
	if(at == 0 || !cut)
		return;
	q->unit = unit;
	from = q->words.raw[at].s;
	q->unit_value.s = from;
	q->unit_value.len = (int)(road->s + road->len - from);
	q->words.n = at;
}

/* "1100 Congress Ave": the number is the road's where none is given, and
 * dropped where it is said twice */
static void cut_number(e911_query_t *q, int cut)
{
	e911_house_t house;

	if(!e911_words_numbered(&q->words)
			|| e911_house_read(&house, &q->words.raw[0]))
		return;
	if(q->has_house && house.number != q->house.number)
		return;
	q->to_cut = 1;
	if(!cut)
		return;
	if(!q->has_house)
		q->house = house;
	q->has_house = 1;
	e911_words_drop(&q->words, 1);
}

/* RFC 5139 section 3.4: the street is RD; it was A6 in RFC 4119. */
static void read_street(const values_t v, e911_query_t *q, int cut)
{
	str road = v[E911_F_RD], house = v[E911_F_HNO];
	int pre, post;

	q->has_street = q->unit = q->may_keep = q->to_cut = 0;
	q->road = road.len ? E911_F_RD : E911_F_A6;
	if(road.len == 0)
		road = v[E911_F_A6];
	q->has_house = house.len && e911_house_read(&q->house, &house) == E911_OK;
	e911_words_init(&q->words);
	if(road.len == 0 || add_words(&q->words, v, before, COUNT(before), &pre)
			|| e911_words_add(&q->words, &road))
		return;
	/* only where the guide has no street of all these words */
	if(!pre)
		cut_number(q, cut);
	if(v[behind[0]].len == 0 && v[behind[1]].len == 0)
		cut_unit(q, &road, cut);
	if(add_words(&q->words, v, behind, COUNT(behind), &post))
		return;
	q->has_street = e911_street_normal(&q->street, &q->words, 0) == E911_OK;
	q->may_keep = (pre ? 0 : E911_KEEP_PRE) | (post ? 0 : E911_KEEP_SUFFIX);
}

static int read_query(const e911_msag_t *m, const values_t v, e911_query_t *q)
{
	if(read_state(m, v, q))
		return E911_ERR_NONE;
	read_places(v, q);
	read_street(v, q, 0);
	return E911_OK;
}

/* ----- match ----- */

int e911_query_in_county(
		const e911_msag_t *m, const e911_query_t *q, uint32_t town)
{
	str county = e911_msag_text(m, TOWN_AT(m, town)->county_normal);

	return q->county.len == 0 || county.len == 0
		   || (q->county.len == county.len
				   && memcmp(q->county.s, county.s, county.len) == 0);
}

static void match_town(const e911_msag_t *m, const e911_query_t *q,
		uint32_t name, e911_match_t *t)
{
	if(name == E911_MSAG_NONE)
		return;
	t->way = e911_msag_way(m, t->town, name, &q->street);
	if(t->way == E911_MSAG_NONE || !q->has_house)
		return;
	t->number = q->house.number;
	t->range = e911_msag_range(m, t->way, t->number);
}

/* How far it goes: a town in the county asked for before one elsewhere. */
static int depth(
		const e911_msag_t *m, const e911_query_t *q, const e911_match_t *t)
{
	if(t->town == E911_MSAG_NONE)
		return 0;
	return 1 + 2 * (t->way != E911_MSAG_NONE) + 2 * (t->range != E911_MSAG_NONE)
		   + (e911_query_in_county(m, q, t->town) != 0);
}

static void match_query(
		const e911_msag_t *m, const e911_query_t *q, e911_match_t *match)
{
	e911_match_t none = {0, E911_MSAG_NONE, E911_MSAG_NONE, E911_MSAG_NONE, 0,
						 0},
				 t;
	uint32_t name = E911_MSAG_NONE, n, i, first;
	int alias;

	if(q->has_street)
		name = e911_msag_name(m, q->street.name, q->street.len);
	*match = none;
	for(alias = 0; alias < E911_ALIASES; alias++) {
		if(q->community[alias].len == 0)
			continue;
		n = e911_msag_towns(m, q->state, q->community[alias].s,
				q->community[alias].len, &first);
		for(i = 0; i < n; i++) {
			t = none;
			t.alias = alias;
			t.town = first + i;
			match_town(m, q, name, &t);
			if(depth(m, q, &t) > depth(m, q, match))
				*match = t;
		}
		if(match->range != E911_MSAG_NONE)
			return;
	}
}

int e911_query_ask(const e911_msag_t *m, const e911_location_t *l,
		e911_query_t *q, e911_match_t *match)
{
	values_t v;

	read_values(l, v);
	if(!e911_location_has_civic(l) || read_query(m, v, q))
		return E911_ERR_NONE;
	match_query(m, q, match);
	if(match->range == E911_MSAG_NONE && q->to_cut) {
		read_street(v, q, 1);
		match_query(m, q, match);
	}
	return E911_OK;
}
