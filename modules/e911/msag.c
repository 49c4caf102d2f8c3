/*
 * e911: MSAG: an address is assessed
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "msag.h"
#include "msag_query.h"
#include "postal.h"
#include "strbuf.h"
#include "suggest.h"
#include "err.h"

#define VALIDATOR "msag"
#define EDITS_MAX 20
#define UNIT_TEXT_MAX 120

/* ----- an address as the guide writes it ----- */

typedef struct writing
{
	const e911_msag_t *m;
	const e911_location_t *from;
	const e911_query_t *q;
	const e911_match_t *t;
	int n;
	e911_edit_t edit[EDITS_MAX];
	char number[16];
	char unit[UNIT_TEXT_MAX];
} writing_t;

static void put(writing_t *w, int id, str value)
{
	w->edit[w->n].id = id;
	w->edit[w->n].value = value;
	w->n++;
}

static void put_text(writing_t *w, int id, uint32_t text)
{
	put(w, id, e911_msag_text(w->m, text));
}

static int has(const e911_location_t *l, int id)
{
	str value;

	return e911_location_get(l, id, &value) == E911_OK;
}

static void put_place(writing_t *w)
{
	const e911_town_t *town = TOWN_AT(w->m, w->t->town);
	e911_state_row_t *state = STATE_AT(w->m, town->state);
	str country = {state->country, 2}, name = {state->name, 2};

	put(w, E911_F_COUNTRY, country);
	put(w, E911_F_A1, name);
	if(e911_msag_text(w->m, town->county).len)
		put_text(w, E911_F_A2, town->county);
	put_text(w, E911_F_A3, town->name);
}

static void put_street(writing_t *w)
{
	const e911_way_t *way = WAY_AT(w->m, w->t->way);
	const e911_trim_t *trim = E911_ROW(w->m->trims, e911_trim_t, way->trim);
	static const str none = {NULL, 0};

	if(w->q->road == E911_F_A6)
		put(w, E911_F_A6, none);
	put(w, E911_F_PRM, none);
	put_text(w, E911_F_PRD, trim->pre);
	put_text(w, E911_F_RD, way->road);
	put_text(w, E911_F_STS, trim->suffix);
	put_text(w, E911_F_POD, trim->post);
	put(w, E911_F_POM, none);
}

/* What stood around the number stays with it: 123-A is 123 and A. */
static void put_beside(writing_t *w, int id, const str *value)
{
	static const str none = {NULL, 0};

	if(w->t->number != w->q->house.number)
		put(w, id, none);
	else if(value->len && !has(w->from, id))
		put(w, id, *value);
}

static void put_number(writing_t *w)
{
	e911_strbuf_t b;
	str number = {w->number, 0};

	e911_strbuf_init(&b, w->number, sizeof(w->number));
	e911_strbuf_put_num(&b, w->t->number);
	number.len = (int)b.len;
	put(w, E911_F_HNO, number);
	put_beside(w, E911_F_HNS, &w->q->house.suffix);
}

/* The unit that stood behind the street goes where units are; where that is
 * said already, with the rest of the place. It is never lost. */
static int unit_field(const writing_t *w)
{
	static const int fields[] = {[E911_UNIT_UNIT] = E911_F_UNIT,
			[E911_UNIT_ROOM] = E911_F_ROOM,
			[E911_UNIT_FLOOR] = E911_F_FLR,
			[E911_UNIT_BUILDING] = E911_F_BLD};

	if(w->q->unit == E911_UNIT_NONE)
		return E911_ERR_NONE;
	return has(w->from, fields[w->q->unit]) ? E911_F_LOC : fields[w->q->unit];
}

static int put_unit(writing_t *w, int field)
{
	e911_strbuf_t b;
	str text = {w->unit, 0}, old;

	e911_strbuf_init(&b, w->unit, sizeof(w->unit));
	if(e911_location_get(w->from, field, &old) == E911_OK) {
		e911_strbuf_put_str(&b, &old);
		E911_STRBUF_LIT(&b, ", ");
	}
	e911_strbuf_put_str(&b, &w->q->unit_value);
	text.len = (int)b.len;
	if(b.err || b.len > e911_field(field)->max)
		return E911_ERR_LONG;
	put(w, field, text);
	return E911_OK;
}

static int write_match(const e911_msag_t *m, const e911_location_t *from,
		const e911_query_t *q, const e911_match_t *t, e911_location_t *to)
{
	static const str none = {NULL, 0};
	writing_t w = {.m = m, .from = from, .q = q, .t = t};
	int field = unit_field(&w), err = E911_OK;

	put_place(&w);
	put_street(&w);
	put_number(&w);
	if(field > 0)
		err = put_unit(&w, field);
	put(&w, E911_F_STP, none);
	put_beside(&w, E911_F_HNP, &q->house.prefix);
	put(&w, E911_F_STPS, none);
	return err ? err : e911_location_edit(to, from, w.edit, w.n);
}

/* ----- elements ----- */

/* only of what is given: mark_all() has been there */
static void mark(e911_assessment_t *a, int id, enum e911_element what)
{
	if(a->element[id])
		a->element[id] = (unsigned char)what;
}

static void mark_all(const e911_location_t *l, e911_assessment_t *a)
{
	int at = 0, id;
	str value;

	memset(a->element, E911_ELEMENT_NONE, sizeof(a->element));
	while((at = e911_location_next(l, at, &id, &value)))
		a->element[id] = E911_ELEMENT_UNCHECKED;
}

static void mark_place(const e911_msag_t *m, const e911_query_t *q,
		const e911_match_t *t, e911_assessment_t *a)
{
	int found = t->town != E911_MSAG_NONE;

	mark(a, E911_F_COUNTRY, E911_ELEMENT_VALID);
	mark(a, E911_F_A1, E911_ELEMENT_VALID);
	if(!found) {
		mark(a, E911_F_A3, E911_ELEMENT_INVALID);
		return;
	}
	mark(a, t->alias == E911_ALIAS_A3 ? E911_F_A3 : E911_F_PCN,
			E911_ELEMENT_VALID);
	if(q->county.len
			&& e911_msag_text(m, TOWN_AT(m, t->town)->county_normal).len)
		mark(a, E911_F_A2,
				e911_query_in_county(m, q, t->town) ? E911_ELEMENT_VALID
													: E911_ELEMENT_INVALID);
}

static void mark_street(
		const e911_query_t *q, const e911_match_t *t, e911_assessment_t *a)
{
	static const int fields[] = {E911_F_PRM, E911_F_PRD, E911_F_STP, E911_F_STS,
			E911_F_POD, E911_F_POM, E911_F_STPS};
	size_t i;

	if(t->way == E911_MSAG_NONE) {
		mark(a, q->road, E911_ELEMENT_INVALID);
		return;
	}
	mark(a, q->road, E911_ELEMENT_VALID);
	for(i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		mark(a, fields[i], E911_ELEMENT_VALID);
	if(q->has_house || a->element[E911_F_HNO])
		mark(a, E911_F_HNO,
				t->range == E911_MSAG_NONE ? E911_ELEMENT_INVALID
										   : E911_ELEMENT_VALID);
}

/* The name is of that community, but what is around it is not: that is at
 * fault then, not the name. */
static void mark_around(const e911_msag_t *m, const e911_query_t *q,
		const e911_match_t *near, e911_assessment_t *a)
{
	const e911_way_t *w = WAY_AT(m, near->way);
	str name = e911_msag_text(m, NAME_AT(m, w->name)->text);
	int pre = w->pre != q->street.pre, post = w->post != q->street.post;
	int suffix = w->suffix != q->street.suffix;

	if(name.len != q->street.len
			|| memcmp(name.s, q->street.name, name.len) != 0)
		return;
	/* what is left out, or said within the road, is the road's fault */
	if((pre && !a->element[E911_F_PRD]) || (suffix && !a->element[E911_F_STS])
			|| (post && !a->element[E911_F_POD]))
		return;
	mark(a, q->road, E911_ELEMENT_VALID);
	mark(a, E911_F_PRD, pre ? E911_ELEMENT_INVALID : E911_ELEMENT_VALID);
	mark(a, E911_F_STS, suffix ? E911_ELEMENT_INVALID : E911_ELEMENT_VALID);
	mark(a, E911_F_POD, post ? E911_ELEMENT_INVALID : E911_ELEMENT_VALID);
}

/* ----- the whole ----- */

static void suggest(const e911_msag_t *m, const e911_location_t *l,
		const e911_query_t *q, const e911_match_t *t, e911_assessment_t *a)
{
	e911_match_t best[E911_SUGGESTIONS_MAX];
	int n = e911_suggest(m, q, best), i;

	for(i = 0; i < n; i++)
		if(write_match(m, l, q, &best[i], &a->suggestion[a->n]) == E911_OK)
			a->n++;
	if(n && t->town == best[0].town && t->way == E911_MSAG_NONE)
		mark_around(m, q, &best[0], a);
}

static void judge(const e911_msag_t *m, const e911_location_t *l,
		const e911_query_t *q, const e911_match_t *t, e911_assessment_t *a)
{
	mark_place(m, q, t, a);
	if(t->town != E911_MSAG_NONE && q->has_street)
		mark_street(q, t, a);
	a->verdict = E911_INVALID;
	if(t->range == E911_MSAG_NONE) {
		suggest(m, l, q, t, a);
	} else if(write_match(m, l, q, t, &a->suggestion[0]) == E911_OK) {
		a->n = 1;
		a->verdict = e911_query_in_county(m, q, t->town) ? E911_VALID
														 : E911_CORRECTED;
	}
}

void e911_msag_assess(
		const e911_msag_t *m, const e911_location_t *l, e911_assessment_t *a)
{
	e911_query_t q;
	e911_match_t t;

	memcpy(a->validator, VALIDATOR, sizeof(VALIDATOR));
	a->verdict = E911_UNCHECKED;
	a->n = 0;
	mark_all(l, a);
	if(e911_query_ask(m, l, &q, &t) == E911_OK)
		judge(m, l, &q, &t, a);
}

static void copy_text(const e911_msag_t *m, uint32_t text, char *to)
{
	str s = e911_msag_text(m, text);

	memcpy(to, s.s, s.len);
	to[s.len] = '\0';
}

int e911_msag_zone(
		const e911_msag_t *m, const e911_location_t *l, e911_msag_zone_t *zone)
{
	static const char parity[] = {[E911_PARITY_EVEN] = 'E',
			[E911_PARITY_ODD] = 'O',
			[E911_PARITY_BOTH] = 'B'};
	const e911_range_t *r;
	e911_query_t q;
	e911_match_t t;

	if(e911_query_ask(m, l, &q, &t) || t.range == E911_MSAG_NONE)
		return E911_ERR_NONE;
	r = RANGE_AT(m, t.range);
	copy_text(m, r->esn, zone->esn);
	copy_text(m, r->psap, zone->psap);
	zone->low = r->low;
	zone->high = r->high;
	zone->parity = parity[r->parity];
	return E911_OK;
}
