/*
 * e911: MSAG: addresses that may be meant
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every street of the community whose name is a few edits away, then those of
 * the state; names are first compared by the characters that they have, which
 * leaves few to be aligned (spell.h).
 */
#include <string.h>
#include "suggest.h"
#include "postal.h"
#include "err.h"
#include "spell.h"

#define READINGS 8	   /* of a street: what is its name, what is around it */
#define AROUND_EDITS 2 /* of a directional or suffix */
#define AROUND_MIN 3   /* letters of one that may be misspelt */
#define HOMES 4		   /* communities that may be meant */
#define HOME_EDITS 3   /* of a name in the community */
#define FAR_EDITS 2	   /* of a name elsewhere */
#define TOWN_EDITS 3   /* of a community */
#define WAYS_MAX 20000 /* streets elsewhere that are weighed */

/* What each difference weighs. */
enum weight
{
	W_EDIT = 20,
	W_SUFFIX = 9,
	W_SUFFIX_NONE = 4, /* none was given */
	W_DIRECTION = 10,
	W_DIRECTION_NONE = 6,
	W_SIDE = 6,	  /* the other side of the street */
	W_NUMBER = 8, /* out of range; and one for each power of two it is off */
	W_NUMBER_MAX = 12,
	W_TOWN_EDIT = 12, /* a misspelt community */
	W_TOWN = 15,	  /* another community; two for each edit */
	W_TOWN_MAX = 8,
	W_COUNTY = 6
};

typedef struct reading
{
	e911_street_t street;
	int edits; /* of what is around the name */
	e911_spell_t spell;
} reading_t;

typedef struct home
{
	uint32_t town;
	int weight;
} home_t;

typedef struct search
{
	const e911_msag_t *m;
	const e911_query_t *q;
	int readings;
	reading_t reading[READINGS];
	int homes;
	home_t home[HOMES];
	e911_spell_t town; /* len 0: none was given */
	str county;		   /* where it is thought to be */
	int ways;		   /* elsewhere */
	int n;
	e911_match_t *best;
} search_t;

/* ----- the best five ----- */

static int worst(const search_t *s)
{
	return s->n < E911_SUGGESTIONS_MAX ? INT32_MAX : s->best[s->n - 1].score;
}

/* A street is named once, but for two numbers of one that is right. */
static void offer(search_t *s, uint32_t way, uint32_t number, int score)
{
	e911_match_t made = {0, WAY_AT(s->m, way)->town, way, 0, number, score};
	int i;

	for(i = 0; i < s->n; i++)
		if(s->best[i].way == way && s->best[i].number == number)
			return;
	if(score >= worst(s))
		return;
	made.range = e911_msag_range(s->m, way, number);
	if(made.range == E911_MSAG_NONE)
		return;
	if(s->n < E911_SUGGESTIONS_MAX)
		s->n++;
	for(i = s->n - 1; i > 0 && s->best[i - 1].score > score; i--)
		s->best[i] = s->best[i - 1];
	s->best[i] = made;
}

/* ----- numbers ----- */

static int fits(const e911_range_t *r, uint32_t number)
{
	return number >= r->low && number <= r->high
		   && (r->parity == E911_PARITY_BOTH || number % 2 == r->parity);
}

/* The greatest number of a range that is not above, and the least not below */
static uint32_t below_in(const e911_range_t *r, uint32_t number)
{
	if(number >= r->high)
		return r->high;
	if(fits(r, number))
		return number;
	return number > r->low ? number - 1 : E911_MSAG_NONE;
}

static uint32_t above_in(const e911_range_t *r, uint32_t number)
{
	if(number <= r->low)
		return r->low;
	if(fits(r, number))
		return number;
	return number < r->high ? number + 1 : E911_MSAG_NONE;
}

static void around(const e911_msag_t *m, uint32_t way, uint32_t number,
		uint32_t *below, uint32_t *above)
{
	uint32_t i, end = WAY_AT(m, way)[1].range, at;

	*below = *above = E911_MSAG_NONE;
	for(i = WAY_AT(m, way)->range; i < end; i++) {
		at = below_in(RANGE_AT(m, i), number);
		if(at != E911_MSAG_NONE && (*below == E911_MSAG_NONE || at > *below))
			*below = at;
		at = above_in(RANGE_AT(m, i), number);
		if(at < *above)
			*above = at;
	}
}

static int number_weight(uint32_t number, uint32_t other)
{
	uint32_t off = number > other ? number - other : other - number;
	int bits = 0;

	if(off == 0)
		return 0;
	if(off == 1)
		return W_SIDE;
	for(; off > 1; off >>= 1)
		bits++;
	return W_NUMBER + (bits < W_NUMBER_MAX ? bits : W_NUMBER_MAX);
}

static void offer_numbers(search_t *s, uint32_t way, int score, int both)
{
	uint32_t number = s->q->house.number, below, above;
	int less, more;

	around(s->m, way, number, &below, &above);
	less = below == E911_MSAG_NONE ? INT32_MAX / 2
								   : number_weight(number, below);
	more = above == E911_MSAG_NONE ? INT32_MAX / 2
								   : number_weight(number, above);
	if(below != E911_MSAG_NONE && (both || less <= more))
		offer(s, way, below, score + less);
	if(above != E911_MSAG_NONE && (both || more < less))
		offer(s, way, above, score + more);
}

/* ----- streets ----- */

static int differ(int asked, int is, int weight, int none)
{
	return asked == is ? 0 : asked == 0 ? none : weight;
}

static int around_weight(const e911_street_t *asked, const e911_way_t *w)
{
	return differ(asked->suffix, w->suffix, W_SUFFIX, W_SUFFIX_NONE)
		   + differ(asked->pre, w->pre, W_DIRECTION, W_DIRECTION_NONE)
		   + differ(asked->post, w->post, W_DIRECTION, W_DIRECTION_NONE);
}

static int reading_edits(
		const search_t *s, int reading, uint32_t name, int edits_max)
{
	const reading_t *r = &s->reading[reading];
	int edits = r->edits
				+ e911_bag_distance(
						r->spell.bag, *E911_ROW(s->m->bags, uint64_t, name));
	str text;

	if(edits > edits_max)
		return edits;
	text = e911_msag_text(s->m, NAME_AT(s->m, name)->text);
	edits = text.len - (int)r->spell.len;
	if(edits > edits_max || -edits > edits_max)
		return edits_max + 1;
	return r->edits + e911_spell_distance(&r->spell, text.s, text.len);
}

static void weigh(search_t *s, uint32_t way, int reading, int edits, int weight)
{
	const e911_way_t *w = WAY_AT(s->m, way);
	int score = weight + edits * W_EDIT
				+ around_weight(&s->reading[reading].street, w);

	if(score < worst(s))
		offer_numbers(s, way, score, score == 0);
}

static void search_home(search_t *s, const home_t *home)
{
	uint32_t i, end = TOWN_AT(s->m, home->town)[1].way;
	int r, edits, limit;

	for(i = TOWN_AT(s->m, home->town)->way; i < end; i++)
		for(r = 0; r < s->readings; r++) {
			limit = (worst(s) - home->weight) / W_EDIT;
			limit = limit < HOME_EDITS ? limit : HOME_EDITS;
			edits = reading_edits(s, r, WAY_AT(s->m, i)->name, limit);
			if(edits > limit)
				continue;
			weigh(s, i, r, edits, home->weight);
		}
}

/* ----- elsewhere in the state ----- */

static int is_home(const search_t *s, uint32_t town)
{
	int i;

	for(i = 0; i < s->homes; i++)
		if(s->home[i].town == town)
			return 1;
	return 0;
}

static int town_weight(const search_t *s, uint32_t town)
{
	const e911_town_t *t = TOWN_AT(s->m, town);
	str county = e911_msag_text(s->m, t->county_normal);
	str name = e911_msag_text(s->m, t->normal);
	int edits = W_TOWN_MAX, weight = W_TOWN;

	if(s->town.len)
		edits = e911_spell_distance(&s->town, name.s, name.len);
	weight += 2 * (edits < W_TOWN_MAX ? edits : W_TOWN_MAX);
	if(s->county.len
			&& (s->county.len != county.len
					|| memcmp(s->county.s, county.s, county.len) != 0))
		weight += W_COUNTY;
	return weight;
}

/* Streets of a name lie by state, then by community. */
static uint32_t first_of_state(const search_t *s, uint32_t low, uint32_t high)
{
	const uint32_t *list = E911_ROW(s->m->by_name, uint32_t, 0);
	uint32_t first = TOWN_AT(s->m, STATE_AT(s->m, s->q->state)->town)->way;
	uint32_t middle;

	while(low < high) {
		middle = low + (high - low) / 2;
		if(list[middle] < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void search_name(search_t *s, uint32_t name, int reading, int edits)
{
	uint32_t end = NAME_AT(s->m, name)[1].way, i, way, town;
	uint32_t last = TOWN_AT(s->m, STATE_AT(s->m, s->q->state)[1].town)->way;
	const e911_street_t *asked = &s->reading[reading].street;

	i = first_of_state(s, NAME_AT(s->m, name)->way, end);
	for(; i < end && s->ways < WAYS_MAX; i++) {
		way = *E911_ROW(s->m->by_name, uint32_t, i);
		if(way >= last)
			break;
		s->ways++;
		if(edits * W_EDIT + W_TOWN + around_weight(asked, WAY_AT(s->m, way))
				>= worst(s))
			continue;
		town = WAY_AT(s->m, way)->town;
		if(!is_home(s, town))
			weigh(s, way, reading, edits, town_weight(s, town));
	}
}

static void search_exact(search_t *s, int reading)
{
	const e911_street_t *street = &s->reading[reading].street;
	uint32_t name = e911_msag_name(s->m, street->name, street->len);

	if(name != E911_MSAG_NONE)
		search_name(s, name, reading, s->reading[reading].edits);
}

static void search_state(search_t *s, int reading, int edits_of)
{
	int len = (int)s->reading[reading].spell.len, edits;
	int low = len > FAR_EDITS ? len - FAR_EDITS : 0;
	int high = len + FAR_EDITS < E911_STREET_NAME_MAX ? len + FAR_EDITS
													  : E911_STREET_NAME_MAX;
	uint32_t i;

	if(edits_of * W_EDIT + W_TOWN >= worst(s))
		return;
	for(i = s->m->length[low]; i < s->m->length[high + 1]; i++) {
		edits = reading_edits(s, reading, i, edits_of);
		if(edits == edits_of)
			search_name(s, i, reading, edits);
	}
}

/* ----- the communities that may be meant ----- */

static void add_home(search_t *s, uint32_t town, int weight)
{
	int i;

	if(is_home(s, town))
		return;
	if(s->homes < HOMES)
		s->homes++;
	else if(s->home[HOMES - 1].weight <= weight)
		return;
	for(i = s->homes - 1; i > 0 && s->home[i - 1].weight > weight; i--)
		s->home[i] = s->home[i - 1];
	s->home[i].town = town;
	s->home[i].weight = weight;
}

static void homes_named(search_t *s, const str *community)
{
	uint32_t first, i, n;

	if(community->len == 0)
		return;
	n = e911_msag_towns(
			s->m, s->q->state, community->s, community->len, &first);
	for(i = first; i < first + n; i++)
		add_home(s, i, e911_query_in_county(s->m, s->q, i) ? 0 : W_COUNTY);
}

static void homes_like(search_t *s)
{
	const e911_state_row_t *state = STATE_AT(s->m, s->q->state);
	uint32_t i;
	int edits;
	str name;

	for(i = state->town; i < state[1].town; i++) {
		name = e911_msag_text(s->m, TOWN_AT(s->m, i)->normal);
		edits = name.len - (int)s->town.len;
		if(edits > TOWN_EDITS || -edits > TOWN_EDITS)
			continue;
		edits = e911_spell_distance(&s->town, name.s, name.len);
		if(edits <= TOWN_EDITS)
			add_home(s, i,
					edits * W_TOWN_EDIT
							+ (e911_query_in_county(s->m, s->q, i) ? 0
																   : W_COUNTY));
	}
}

static void find_homes(search_t *s)
{
	const str *name = s->q->community;
	int i;

	for(i = 0; i < E911_ALIASES; i++)
		homes_named(s, &name[i]);
	for(i = 0; i < E911_ALIASES && s->town.len == 0; i++)
		if(name[i].len)
			e911_spell_init(&s->town, name[i].s, name[i].len);
	if(s->homes == 0 && s->town.len)
		homes_like(s);
	s->county = s->q->county;
	if(s->county.len == 0 && s->homes)
		s->county = e911_msag_text(
				s->m, TOWN_AT(s->m, s->home[0].town)->county_normal);
}

/* ----- the whole ----- */

static void add_reading(search_t *s, const e911_street_t *street, int edits)
{
	reading_t *r = &s->reading[s->readings];
	int i;

	for(i = 0; i < s->readings; i++)
		if(e911_street_equal(street, &s->reading[i].street))
			return;
	if(s->readings == READINGS)
		return;
	r->street = *street;
	r->edits = edits;
	e911_spell_init(&r->spell, street->name, street->len);
	s->readings++;
}

/* North Oak Park: the name may be Oak, Oak Park, North Oak, North Oak Park. */
static void read_kept(search_t *s)
{
	e911_street_t street;
	int keep;

	for(keep = 0; keep <= s->q->may_keep; keep++)
		if((keep & ~s->q->may_keep) == 0
				&& e911_street_normal(&street, &s->q->words, keep) == E911_OK)
			add_reading(s, &street, 0);
}

/* "Nroth Oak" and "Northoak" are north of Oak. */
static void read_direction(search_t *s, int direction, const char *name)
{
	e911_words_t w = s->q->words; /* its words are those of the query */
	int len = (int)strlen(name), edits;
	e911_street_t street;
	e911_spell_t spell;

	if(w.word[0].len > len && memcmp(w.word[0].s, name, len) == 0) {
		w.word[0].s += len;
		w.word[0].len -= len;
		edits = 1;
		if(e911_street_normal(&street, &w, E911_KEEP_PRE) == E911_OK) {
			street.pre = (unsigned char)direction;
			add_reading(s, &street, edits);
		}
	}
	e911_spell_init(&spell, name, (size_t)len);
	edits = e911_spell_distance(&spell, w.word[0].s, w.word[0].len);
	if(edits > AROUND_EDITS || s->q->words.n < 2)
		return;
	w = s->q->words;
	e911_words_drop(&w, 1);
	if(e911_street_normal(&street, &w, E911_KEEP_PRE) == E911_OK) {
		street.pre = (unsigned char)direction;
		add_reading(s, &street, edits);
	}
}

static void read_directions(search_t *s)
{
	static const char *const names[] = {[E911_DIRECTION_N] = "NORTH",
			[E911_DIRECTION_E] = "EAST",
			[E911_DIRECTION_S] = "SOUTH",
			[E911_DIRECTION_W] = "WEST"};
	int i;

	if(s->q->street.pre || s->q->words.word[0].len < AROUND_MIN)
		return;
	for(i = 0; i <= E911_DIRECTION_W; i++)
		if(names[i])
			read_direction(s, i, names[i]);
}

/* The suffix that a word may be meant to be; 0: none */
static int suffix_like(const str *word, int *edits)
{
	int i, found = 0, far, len;
	const char *abbreviation, *whole;
	e911_spell_t spell;

	*edits = AROUND_EDITS + 1;
	e911_spell_init(&spell, word->s, (size_t)word->len);
	for(i = 1; *(abbreviation = e911_postal_abbreviation(i)); i++) {
		whole = e911_postal_whole(abbreviation, strlen(abbreviation));
		len = (int)strlen(whole);
		far = len > word->len ? len - word->len : word->len - len;
		if(far >= *edits || len <= AROUND_MIN)
			continue;
		far = e911_spell_distance(&spell, whole, (size_t)len);
		if(far < *edits) {
			*edits = far;
			found = i;
		}
	}
	return found;
}

/* "Congress Avenu" */
static void read_suffix(search_t *s)
{
	e911_words_t w = s->q->words;
	const str *last = &w.word[w.n - 1];
	e911_street_t street;
	int suffix, edits;

	if(s->q->street.suffix || w.n < 2 || last->len < AROUND_MIN
			|| last->len > E911_SPELL_MAX)
		return;
	suffix = suffix_like(last, &edits);
	w.n--;
	if(suffix && e911_street_normal(&street, &w, E911_KEEP_SUFFIX) == E911_OK) {
		street.suffix = (unsigned char)suffix;
		add_reading(s, &street, edits);
	}
}

static void read_readings(search_t *s)
{
	read_kept(s);
	read_directions(s);
	read_suffix(s);
}

/* So near is what is meant: no more than one in five characters is wrong, or
 * what weighs as much. */
static int is_near(const search_t *s)
{
	return s->n > 0
		   && s->best[0].score * 5 <= (int)s->reading[0].spell.len * W_EDIT;
}

int e911_suggest(const e911_msag_t *m, const e911_query_t *q,
		e911_match_t best[E911_SUGGESTIONS_MAX])
{
	search_t s;
	int i, edits;

	if(!q->has_house || !q->has_street)
		return 0;
	s.m = m;
	s.q = q;
	s.best = best;
	s.readings = s.homes = s.ways = s.n = 0;
	s.town.len = 0;
	read_readings(&s);
	find_homes(&s);
	for(i = 0; i < s.homes; i++)
		search_home(&s, &s.home[i]);
	for(i = 0; i < s.readings; i++)
		search_exact(&s, i);
	if(!is_near(&s))
		for(edits = 1; edits <= FAR_EDITS; edits++)
			for(i = 0; i < s.readings; i++)
				search_state(&s, i, edits);
	return s.n;
}
