/*
 * e911: number plan
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "plan.h"
#include "plan_row.h"
#include "regex.h"
#include "row.h"
#include "err.h"

#define BUCKETS_MIN 64
#define WORDS (E911_PLAN_REGEX_MAX / 64)

/* A row holds in each of its countries: one place each. */
typedef struct place
{
	struct place *next;
	const struct row *row;
	char country[2]; /* zeros: all countries */
} place_t;

typedef struct row
{
	struct row *before; /* the row made before this one */
	struct row *chain;	/* of the bucket; exact rows that lead a pattern */
	place_t *places;	/* of the pattern, newest first; in its leader */
	unsigned int hash;
	unsigned int order;
	int kind;
	int set;
	int test;
	int urn_row;
	int urn_given;
	int fixed;
	str pattern;
	str urn;
	str number;
	place_t place[];
} row_t;

typedef struct rule
{
	e911_regex_t *regex;
	int min;
	row_t *row;
} rule_t;

struct e911_plan
{
	row_t *rows;
	row_t **buckets;
	unsigned int mask; /* number of buckets - 1 */
	unsigned int leaders;
	unsigned int count;
	int rules;
	/* by first byte: which rules may match; so most calls try none */
	uint64_t first[UCHAR_MAX + 1][WORDS];
	rule_t rule[E911_PLAN_REGEX_MAX];
};

typedef struct best
{
	const place_t *place;
	int rank;
} best_t;

/* US territories have country codes of their own: ISO 3166-1 */
#define NANP "US,CA,PR,VI,GU,AS,MP"
static const char *const builtin[] = {
		"911",
		"+911;number=911",
		"112",
		"9911;number=911;country=" NANP,
		"933;kind=test;country=" NANP,
		"999;country=GB,IE,GG,IM,JE,HK,MO,MY,SG",
		"urn:service:sos",
		"urn:service:test.sos",
};

static const e911_where_t nowhere;

const char *e911_kind_name(int kind)
{
	static const char *const names[] = {"none", "emergency", "test"};

	return kind < 0 || kind > E911_KIND_TEST ? names[0] : names[kind];
}

/* ----- building ----- */

static row_t **make_buckets(unsigned int count)
{
	row_t **buckets = shm_malloc(count * sizeof(*buckets));

	if(buckets)
		memset(buckets, 0, count * sizeof(*buckets));
	return buckets;
}

static int add_builtin(e911_plan_t *plan)
{
	str row, bad;
	size_t i;
	int err = E911_OK;

	for(i = 0; i < sizeof(builtin) / sizeof(*builtin) && !err; i++) {
		row.s = (char *)builtin[i];
		row.len = (int)strlen(builtin[i]);
		err = e911_plan_add(plan, &row, &bad);
	}
	return err;
}

int e911_plan_new(e911_plan_t **plan, int defaults)
{
	e911_plan_t *p;
	int err;

	if(e911_regex_init())
		return E911_ERR_MEM;
	p = shm_malloc(sizeof(*p));
	if(p == NULL)
		return E911_ERR_MEM;
	memset(p, 0, sizeof(*p));
	p->mask = BUCKETS_MIN - 1;
	p->buckets = make_buckets(BUCKETS_MIN);
	err = p->buckets ? E911_OK : E911_ERR_MEM;
	if(!err && defaults)
		err = add_builtin(p);
	if(err) {
		e911_plan_free(p);
		return err;
	}
	*plan = p;
	return E911_OK;
}

void e911_plan_free(e911_plan_t *plan)
{
	row_t *row, *before;
	int i;

	if(plan == NULL)
		return;
	for(i = 0; i < plan->rules; i++)
		e911_regex_free(plan->rule[i].regex);
	for(row = plan->rows; row; row = before) {
		before = row->before;
		shm_free(row);
	}
	if(plan->buckets)
		shm_free(plan->buckets);
	shm_free(plan);
}

static unsigned int hash_start(void)
{
	return 2166136261u; /* FNV-1a */
}

static unsigned int hash_byte(unsigned int hash, char c)
{
	return (hash ^ ((unsigned char)c | 0x20)) * 16777619u;
}

static unsigned int hash_of(const str *s)
{
	unsigned int hash = hash_start();
	int i;

	for(i = 0; i < s->len; i++)
		hash = hash_byte(hash, s->s[i]);
	return hash;
}

static row_t **bucket_of(const e911_plan_t *plan, unsigned int hash)
{
	return &plan->buckets[(hash ^ hash >> 16) & plan->mask];
}

static row_t *find(
		const e911_plan_t *plan, unsigned int hash, const char *s, int len)
{
	row_t *row;

	for(row = *bucket_of(plan, hash); row; row = row->chain)
		if(row->hash == hash && row->pattern.len == len
				&& strncasecmp(row->pattern.s, s, len) == 0)
			return row;
	return NULL;
}

static void link_leader(e911_plan_t *plan, row_t *row)
{
	row_t **bucket = bucket_of(plan, row->hash);

	row->chain = *bucket;
	*bucket = row;
}

static int grow(e911_plan_t *plan)
{
	unsigned int i, size = plan->mask + 1;
	row_t **old = plan->buckets, **buckets, *row, *next;

	if(plan->leaders < size)
		return E911_OK;
	buckets = make_buckets(size * 2);
	if(buckets == NULL)
		return E911_ERR_MEM;
	plan->buckets = buckets;
	plan->mask = size * 2 - 1;
	for(i = 0; i < size; i++) {
		for(row = old[i]; row; row = next) {
			next = row->chain;
			link_leader(plan, row);
		}
	}
	shm_free(old);
	return E911_OK;
}

static char *keep(str *to, const str *from, char *mem)
{
	to->s = mem;
	to->len = from->len;
	if(from->len)
		memcpy(mem, from->s, from->len);
	return mem + from->len;
}

static void set_places(row_t *row, const e911_plan_row_t *d)
{
	str list = d->countries, item;
	int i;

	for(i = 0; e911_row_item(&list, &item); i++) {
		row->place[i].country[0] = (char)(item.s[0] & ~0x20);
		row->place[i].country[1] = (char)(item.s[1] & ~0x20);
	}
}

static row_t *make_row(const e911_plan_row_t *d, int places)
{
	size_t size = sizeof(row_t) + places * sizeof(place_t);
	row_t *row = shm_malloc(size + d->pattern.len + d->urn.len + d->number.len);
	char *mem;

	if(row == NULL)
		return NULL;
	memset(row, 0, size);
	mem = keep(&row->pattern, &d->pattern, (char *)row + size);
	mem = keep(&row->urn, &d->urn, mem);
	keep(&row->number, &d->number, mem);
	row->hash = hash_of(&row->pattern);
	row->kind = d->kind;
	row->set = d->set;
	row->test = d->test;
	row->urn_row = d->urn_row;
	row->urn_given = d->urn_given;
	row->fixed = d->fixed;
	set_places(row, d);
	return row;
}

/* Takes the place in; one of the same country is never found again. A pattern
 * has at most one place a country, so this is bounded. */
static void add_place(row_t *leader, place_t *place)
{
	place_t **at = &leader->places;

	while(*at && memcmp((*at)->country, place->country, 2) != 0)
		at = &(*at)->next;
	if(*at)
		*at = (*at)->next;
	place->next = leader->places;
	leader->places = place;
}

static void add_row(e911_plan_t *plan, row_t *row, row_t *leader, int places)
{
	row->before = plan->rows;
	plan->rows = row;
	row->order = ++plan->count;
	while(places-- > 0) {
		row->place[places].row = row;
		add_place(leader, &row->place[places]);
	}
}

static int add_exact(e911_plan_t *plan, const e911_plan_row_t *d, int places)
{
	row_t *row, *leader;

	if(grow(plan))
		return E911_ERR_MEM;
	row = make_row(d, places);
	if(row == NULL)
		return E911_ERR_MEM;
	leader = find(plan, row->hash, row->pattern.s, row->pattern.len);
	if(leader == NULL) {
		leader = row;
		link_leader(plan, row);
		plan->leaders++;
	}
	add_row(plan, row, leader, places);
	return E911_OK;
}

static void index_rule(e911_plan_t *plan, int n)
{
	int byte;

	for(byte = 0; byte <= UCHAR_MAX; byte++)
		if(e911_regex_begins(plan->rule[n].regex, byte))
			plan->first[byte][n / 64] |= (uint64_t)1 << n % 64;
}

/* as plan_row.c has it of a pattern that is no expression */
static int takes_a_call_for_a_test(
		const e911_plan_row_t *d, const e911_regex_t *regex)
{
	const str *s;
	int i;

	for(i = 0; d->kind == E911_KIND_TEST && (s = e911_plan_row_always(i)); i++)
		if(e911_regex_matches(regex, s))
			return 1;
	return 0;
}

/* PCRE2 knows no first byte of a pattern that begins with ^: it is left out,
 * and each match is anchored instead. */
static int add_rule(e911_plan_t *plan, const e911_plan_row_t *d, int places)
{
	str pattern = {d->pattern.s + 1, d->pattern.len - 1};
	rule_t *rule = &plan->rule[plan->rules];
	int err;

	if(plan->rules == E911_PLAN_REGEX_MAX)
		return E911_ERR_FULL;
	err = e911_regex_compile(&rule->regex, &pattern);
	if(err)
		return err;
	err = takes_a_call_for_a_test(d, rule->regex) ? E911_ERR_VALUE : E911_OK;
	rule->row = err ? NULL : make_row(d, places);
	if(rule->row == NULL) {
		e911_regex_free(rule->regex);
		return err ? err : E911_ERR_MEM;
	}
	rule->min = e911_regex_min(rule->regex);
	index_rule(plan, plan->rules++);
	add_row(plan, rule->row, rule->row, places);
	return E911_OK;
}

int e911_plan_add(e911_plan_t *plan, const str *row, str *bad)
{
	e911_plan_row_t d;
	str fault;
	int err, places;

	err = e911_plan_row_read(&d, row, &fault);
	places = d.country_count ? d.country_count : 1;
	if(!err && plan->count == E911_PLAN_ROWS_MAX)
		err = E911_ERR_FULL;
	if(!err)
		err = d.regex ? add_rule(plan, &d, places)
					  : add_exact(plan, &d, places);
	if(err)
		*bad = fault;
	return err;
}

/* ----- look-up ----- */

enum rank
{
	RANK_NONE,
	RANK_ANY,
	RANK_ALL,
	RANK_SITE,
	RANK_LOCATION,
};

static int is_known(const str *country)
{
	return country->len == 2;
}

static int is_country(const str *s, const char *country)
{
	return is_known(s) && (s->s[0] & ~0x20) == country[0]
		   && (s->s[1] & ~0x20) == country[1];
}

static int rank_of(const char *country, const e911_where_t *where, int fixed)
{
	if(country[0] == '\0')
		return RANK_ALL;
	if(is_country(&where->location_country, country))
		return RANK_LOCATION;
	if(is_country(&where->site_country, country))
		return RANK_SITE;
	if(fixed
			|| (!is_known(&where->location_country)
					&& !is_known(&where->site_country)))
		return RANK_ANY;
	return RANK_NONE;
}

static int is_off(const row_t *leader, const e911_where_t *where)
{
	str list = where->off, item;

	if(leader->fixed)
		return 0;
	while(e911_row_item(&list, &item))
		if(item.len == leader->pattern.len
				&& strncasecmp(item.s, leader->pattern.s, item.len) == 0)
			return 1;
	return 0;
}

/* better rank wins, among equals the younger row */
static best_t better(
		best_t best, const row_t *leader, const e911_where_t *where)
{
	const place_t *p;
	int rank;

	if(is_off(leader, where))
		return best;
	for(p = leader->places; p; p = p->next) {
		rank = rank_of(p->country, where, leader->fixed);
		if(rank > best.rank
				|| (rank && rank == best.rank
						&& p->row->order > best.place->row->order)) {
			best.rank = rank;
			best.place = p;
		}
	}
	return best;
}

static best_t match_number(
		const e911_plan_t *plan, const str *dialled, const e911_where_t *where)
{
	best_t none = {NULL, RANK_NONE};
	const row_t *leader =
			find(plan, hash_of(dialled), dialled->s, dialled->len);

	return leader ? better(none, leader, where) : none;
}

/* RFC 5031 section 3: what stands left of a dot is the same service, less
 * specific. The longest that has a row wins. */
static best_t match_urn(
		const e911_plan_t *plan, const str *dialled, const e911_where_t *where)
{
	best_t none = {NULL, RANK_NONE}, best = none, longer;
	unsigned int hash = hash_start();
	const row_t *leader;
	int i;

	for(i = 0; i <= dialled->len; i++) {
		if(i == dialled->len || dialled->s[i] == '.') {
			leader = find(plan, hash, dialled->s, i);
			longer = leader ? better(none, leader, where) : none;
			best = longer.place ? longer : best;
		}
		if(i < dialled->len)
			hash = hash_byte(hash, dialled->s[i]);
	}
	return best;
}

/* a service below sos is none of those that a row is tried with */
static int is_real(const place_t *found, const row_t *rule)
{
	return rule->kind == E911_KIND_TEST && found && found->row->fixed
		   && found->row->kind == E911_KIND_EMERGENCY;
}

static best_t match_rules(const e911_plan_t *plan, const str *dialled,
		const e911_where_t *where, best_t best)
{
	const uint64_t *first = plan->first[(unsigned char)dialled->s[0]];
	const rule_t *rule;
	uint64_t bits;
	best_t next;
	int word;

	for(word = 0; word * 64 < plan->rules; word++) {
		for(bits = first[word]; bits; bits &= bits - 1) {
			rule = &plan->rule[word * 64 + __builtin_ctzll(bits)];
			if(dialled->len < rule->min || is_real(best.place, rule->row))
				continue;
			next = better(best, rule->row, where);
			if(next.place != best.place
					&& e911_regex_matches(rule->regex, dialled))
				best = next;
		}
	}
	return best;
}

static int in_nanp(const e911_where_t *where)
{
	const str *country = is_known(&where->location_country)
								 ? &where->location_country
								 : &where->site_country;
	str list = str_init(NANP), item;

	while(is_known(country) && e911_row_item(&list, &item))
		if(strncasecmp(item.s, country->s, 2) == 0)
			return 1;
	return 0;
}

static int nobody_knows(const e911_where_t *where)
{
	return !is_known(&where->location_country)
		   && !is_known(&where->site_country);
}

/* What an ERSP is called by where the row does not say: as dialled, but for a
 * URN, which is no number, and for 112, which an ERSP in America need not know.
 * A test must never dial a real number, so 933 stands for it everywhere. */
static str number_of(
		const row_t *row, const str *dialled, const e911_where_t *where)
{
	static const str test = str_init("933"), here = str_init("911"),
					 elsewhere = str_init("112");

	if(row->urn_row && row->kind == E911_KIND_TEST)
		return test;
	if(row->urn_row)
		return in_nanp(where) || nobody_knows(where) ? here : elsewhere;
	if(dialled->len == 3 && memcmp(dialled->s, "112", 3) == 0 && in_nanp(where))
		return here;
	return *dialled;
}

static void fill(e911_match_t *match, const place_t *place, const str *dialled,
		const e911_where_t *where)
{
	const row_t *row = place->row;

	match->kind = row->kind;
	match->set = row->set;
	match->test = row->test;
	match->urn = row->urn;
	/* a slip like "sos..fire" still calls, under the row's own name */
	if(row->urn_row && !row->urn_given && e911_plan_row_is_service(dialled))
		match->urn = *dialled;
	match->number =
			row->number.len ? row->number : number_of(row, dialled, where);
	match->country.s = (char *)place->country;
	match->country.len = place->country[0] ? 2 : 0;
}

static int is_urn(const str *s)
{
	return s->len > 4 && strncasecmp(s->s, "urn:", 4) == 0;
}

int e911_plan_nth(const e911_plan_t *plan, int n, str *dialled)
{
	const row_t *row;

	for(row = plan->rows; row; row = row->before) {
		if(row->pattern.s[0] == '^' || n-- > 0)
			continue;
		*dialled = row->pattern;
		return E911_OK;
	}
	return E911_ERR_NONE;
}

int e911_plan_has_set(const e911_plan_t *plan, int set)
{
	const row_t *row;

	for(row = plan->rows; row; row = row->before)
		if(row->set == set)
			return 1;
	return 0;
}

int e911_plan_match(const e911_plan_t *plan, const str *dialled,
		const e911_where_t *where, e911_match_t *match)
{
	best_t best;

	if(dialled->len <= 0 || dialled->len > E911_DIALLED_MAX)
		return E911_ERR_NONE;
	if(where == NULL)
		where = &nowhere;
	best = is_urn(dialled) ? match_urn(plan, dialled, where)
						   : match_number(plan, dialled, where);
	best = match_rules(plan, dialled, where, best);
	if(best.place == NULL)
		return E911_ERR_NONE;
	fill(match, best.place, dialled, where);
	return E911_OK;
}
