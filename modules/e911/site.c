/*
 * e911: a site: agents under one policy
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "site.h"
#include "aor.h"
#include "row.h"
#include "err.h"

#define SET_MAX 0x7fffffff

enum kind
{
	KIND_TEXT,
	KIND_COUNTRY,
	KIND_SET,
	KIND_WORD, /* one of names */
	KIND_AGE,
	KIND_BITS,	/* 0 to size */
	KIND_POOLS, /* networks */
	KIND_URI,
	KIND_SIP, /* sip: or sips: */
	KIND_STEPS,
	KIND_NUMBER
};

struct e911_sites
{
	int n; /* site[0] is everybody's */
	int gated;
	/* beside the sites: each call looks through these, not through them */
	uint32_t id[E911_SITES_MAX];
	uint64_t hosts[E911_SITES_MAX]; /* see hosts_of() */
	e911_site_t *site[E911_SITES_MAX];
};

static const char *const gates[] = {"off", "warn", "require", NULL};
static const char *const policies[] = {"none", "challenge", "default", NULL};
static const char *const proofs[] = {"address", "flow", NULL};
static const char *const phones[] = {
		"prefer-phone", "prefer-stored", "newest", NULL};
static const char *const tests[] = E911_TEST_WORDS;
static const char *const answers[] = {"no", "yes", NULL};
static const char *const invalids[] = {"store", "refuse", NULL};
static const char *const doors[] = {"open", "closed", NULL};

#define AT(member) offsetof(e911_site_t, member)
#define SIZE(member) sizeof(((e911_site_t *)0)->member)

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size;
	const char *const *words;
} columns[] = {
	{"name", KIND_TEXT, AT(name), SIZE(name), NULL},
	{"domain", KIND_TEXT, AT(domains), SIZE(domains), NULL},
	{"prefix", KIND_TEXT, AT(prefixes), SIZE(prefixes), NULL},
	{"attribute", KIND_TEXT, AT(attributes), SIZE(attributes), NULL},
	{"script", KIND_WORD, AT(script), 0, answers},
	{"off", KIND_TEXT, AT(off), SIZE(off), NULL},
	{"country", KIND_COUNTRY, AT(country), SIZE(country), NULL},
	{"set", KIND_SET, AT(set), 0, NULL},
	{"last", KIND_SET, AT(last), 0, NULL},
	{"gate", KIND_WORD, AT(gate), 0, gates},
	{"page", KIND_URI, AT(page), SIZE(page), NULL},
	{"advisory", KIND_TEXT, AT(advisory), SIZE(advisory), NULL},
	{"max_age", KIND_AGE, AT(max_age), 0, NULL},
	{"unproven", KIND_WORD, AT(unproven), 0, policies},
	{"proof", KIND_WORD, AT(proof), 0, proofs},
	{"realm", KIND_TEXT, AT(realms), SIZE(realms), NULL},
	{"phone", KIND_WORD, AT(phone), 0, phones},
	{"test", KIND_WORD, AT(test), 0, tests},
	{"callback", KIND_NUMBER, AT(callback), SIZE(callback), NULL},
	{"answering", KIND_SIP, AT(answering), SIZE(answering), NULL},
	{"notify", KIND_TEXT, AT(notify), SIZE(notify), NULL},
	{"drill", KIND_TEXT, AT(drill), SIZE(drill), NULL},
	{"network4", KIND_BITS, AT(vicinity.bits4), 32, NULL},
	{"network6", KIND_BITS, AT(vicinity.bits6), 128, NULL},
	{"pool", KIND_POOLS, AT(vicinity.pools), 0, NULL},
	{"validate", KIND_STEPS, AT(validate), 0, NULL},
	{"revalidate", KIND_AGE, AT(revalidate), 0, NULL},
	{"invalid", KIND_WORD, AT(invalid), 0, invalids},
	{"invalid_gate", KIND_WORD, AT(invalid_gate), 0, doors},
};
/* clang-format on */

static const str everybody = str_init("default");

uint32_t e911_site_id(const str *name)
{
	return e911_row_id(name);
}

int e911_site_rejects(const e911_site_t *site, const e911_location_t *l)
{
	return l->verdict == E911_UNUSABLE
		   || (l->verdict == E911_INVALID
				   && site->invalid == E911_INVALID_REFUSE);
}

const char *e911_gate_name(int gate)
{
	return gates[gate];
}

const char *e911_unproven_name(int unproven)
{
	return policies[unproven];
}

const char *e911_phone_name(int phone)
{
	return phones[phone];
}

const char *e911_test_name(int test)
{
	return tests[test];
}

static e911_site_t *new_site(void)
{
	e911_site_t *site = shm_mallocxz(sizeof(*site));

	if(site == NULL)
		return NULL;
	site->set = 1;
	/* one host behind its NAT; privacy addresses of one link, RFC 8981 */
	site->vicinity.bits4 = 32;
	site->vicinity.bits6 = 64;
	site->revalidate = 30 * 86400;
	e911_location_init(&site->fallback, E911_FROM_SITE, 0);
	return site;
}

int e911_sites_new(e911_sites_t **sites)
{
	e911_sites_t *s = shm_mallocxz(sizeof(*s));

	if(s == NULL)
		return E911_ERR_MEM;
	s->site[0] = new_site();
	if(s->site[0] == NULL) {
		shm_free(s);
		return E911_ERR_MEM;
	}
	strcpy(s->site[0]->name, "default");
	s->site[0]->id = s->id[0] = e911_site_id(&everybody);
	s->n = 1;
	*sites = s;
	return E911_OK;
}

void e911_sites_free(e911_sites_t *sites)
{
	int i;

	if(sites == NULL)
		return;
	for(i = 0; i < sites->n; i++)
		shm_free(sites->site[i]);
	shm_free(sites);
}

/* the default location says by its method that nobody stated it, RFC 6881
 * SP-22 */
static int put_field(e911_site_t *site, const str *key, const str *value)
{
	int id = e911_field_stated(key->s, key->len), err = E911_OK;

	if(id < 0)
		return id;
	if(!site->has_fallback)
		err = e911_location_set(&site->fallback, E911_F_METHOD, "Default", 7);
	site->has_fallback = 1;
	return err ? err
			   : e911_location_set(&site->fallback, id, value->s, value->len);
}

/* a site's country is that of its default location too */
static int put_country(e911_site_t *site, const str *value)
{
	str country;
	int err = e911_location_set(
			&site->fallback, E911_F_COUNTRY, value->s, value->len);

	if(err)
		return err;
	if(e911_location_get(&site->fallback, E911_F_COUNTRY, &country))
		return E911_ERR_VALUE;
	return e911_row_text(site->country, sizeof(site->country), &country);
}

static str list_of(const char *z)
{
	str list = {(char *)z, (int)strlen(z)};

	return list;
}

static int put_word(int *to, const char *const *words, const str *value)
{
	int i = e911_row_word(words, value);

	if(i < 0)
		return i;
	*to = i;
	return E911_OK;
}

/* goes into a header between angle brackets */
static int put_uri(char *to, size_t size, const str *value)
{
	int i;

	for(i = 0; i < value->len; i++)
		if((unsigned char)value->s[i] <= ' ' || value->s[i] == 0x7f
				|| strchr("<>\"", value->s[i]))
			return E911_ERR_VALUE;
	return e911_row_text(to, size, value);
}

static int put_sip(char *to, size_t size, const str *value)
{
	if((value->len > 4 && strncasecmp(value->s, "sip:", 4) == 0)
			|| (value->len > 5 && strncasecmp(value->s, "sips:", 5) == 0))
		return put_uri(to, size, value);
	return E911_ERR_VALUE;
}

/* goes into a URI */
static int put_number(char *to, size_t size, const str *value)
{
	char mem[E911_FIELD_MAX];
	str number = {mem, 0};
	size_t n;
	int err = e911_field_normal(
			E911_F_CALLBACK, value->s, (size_t)value->len, mem, &n);

	if(err || n == 0)
		return err ? err : E911_ERR_VALUE;
	number.len = (int)n;
	return e911_row_text(to, size, &number);
}

static int put_column(
		e911_site_t *site, const struct column *c, const str *value)
{
	void *to = (char *)site + c->offset;

	switch(c->kind) {
		case KIND_SET:
			return e911_row_number(value, SET_MAX, to);
		case KIND_COUNTRY:
			return put_country(site, value);
		case KIND_WORD:
			return put_word(to, c->words, value);
		case KIND_AGE:
			return e911_row_age(value, SET_MAX, to);
		case KIND_BITS:
			return e911_row_number(value, c->size, to);
		case KIND_POOLS:
			return e911_networks_read(to, value);
		case KIND_URI:
			return put_uri(to, c->size, value);
		case KIND_SIP:
			return put_sip(to, c->size, value);
		case KIND_NUMBER:
			return put_number(to, c->size, value);
		case KIND_STEPS:
			return e911_steps_read(to, value);
	}
	return e911_row_text(to, c->size, value);
}

/* given: the columns so far, as bits */
static int put(e911_site_t *site, const str *key, const str *value,
		unsigned int *given)
{
	size_t i;

	for(i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		if(!e911_row_is(key, columns[i].name))
			continue;
		if(*given & 1u << i)
			return E911_ERR_TWICE;
		*given |= 1u << i;
		return put_column(site, &columns[i], value);
	}
	return put_field(site, key, value);
}

static int fill(e911_site_t *site, const str *row, str *bad)
{
	str rest = *row, value;
	unsigned int given = 0;
	int err, got, field;

	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(site, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	if(site->name[0] == '\0')
		return E911_ERR_MISSING;
	return site->has_fallback ? e911_location_check(&site->fallback, &field)
							  : E911_OK;
}

static int is_everybodys(const e911_site_t *site)
{
	return !site->domains[0] && !site->prefixes[0] && !site->attributes[0]
		   && !site->script;
}

/* one of 64 bits, the same in any case */
static uint64_t bit_of(const str *host)
{
	uint32_t h = 2166136261u;
	int i;

	for(i = 0; i < host->len; i++)
		h = (h ^ (unsigned char)tolower((unsigned char)host->s[i])) * 16777619u;
	return (uint64_t)1 << (h >> 26);
}

/* Who has none of these bits is no member. All, where any host may be one. */
static uint64_t hosts_of(const e911_site_t *site)
{
	str rest = list_of(site->domains), one;
	uint64_t bits = 0;

	while(e911_row_item(&rest, &one))
		bits |= bit_of(&one);
	return site->domains[0] ? bits : ~(uint64_t)0;
}

/* the row that took the place of the one made in the beginning, if any did */
static int place(e911_sites_t *sites, e911_site_t *site)
{
	str name = {site->name, (int)strlen(site->name)};
	const e911_site_t *other = e911_sites_named(sites, &name);
	int first = is_everybodys(site), at = first ? 0 : sites->n;

	if(other == NULL)
		other = e911_sites_with(sites, e911_site_id(&name));
	if((other && (other != sites->site[0] || !first))
			|| (first && sites->site[0]->given))
		return E911_ERR_TWICE;
	if(!first && sites->n == E911_SITES_MAX)
		return E911_ERR_FULL;
	site->id = e911_site_id(&name);
	site->given = 1;
	if(first)
		shm_free(sites->site[0]);
	else
		sites->n++;
	sites->site[at] = site;
	sites->id[at] = site->id;
	sites->hosts[at] = hosts_of(site);
	sites->gated |= site->gate != E911_GATE_OFF;
	return E911_OK;
}

int e911_sites_add(e911_sites_t *sites, const str *row, str *bad)
{
	e911_site_t *site = new_site();
	int err;

	*bad = *row;
	if(site == NULL)
		return E911_ERR_MEM;
	err = fill(site, row, bad);
	if(!err)
		err = place(sites, site);
	if(err)
		shm_free(site);
	return err;
}

int e911_sites_gated(const e911_sites_t *sites)
{
	return sites->gated;
}

/* ----- whose site ----- */

int e911_site_lists(const char *list, const str *item)
{
	str rest = list_of(list), one;

	while(e911_row_item(&rest, &one))
		if(one.len == item->len && strncasecmp(one.s, item->s, one.len) == 0)
			return 1;
	return 0;
}

static int has_prefix(const e911_site_t *site, const str *aor)
{
	str rest = list_of(site->prefixes), one;

	while(e911_row_item(&rest, &one))
		if(one.len <= aor->len && strncasecmp(one.s, aor->s, one.len) == 0)
			return 1;
	return 0;
}

/* of each kind of members that the site names, he is to be one */
static int has_member(const e911_site_t *site, const str *aor, const str *host,
		const str *attribute)
{
	if(is_everybodys(site) || site->script)
		return 0;
	if(site->domains[0] && !e911_site_lists(site->domains, host))
		return 0;
	if(site->prefixes[0] && !has_prefix(site, aor))
		return 0;
	return !site->attributes[0]
		   || (attribute && e911_site_lists(site->attributes, attribute));
}

const e911_site_t *e911_sites_find(
		const e911_sites_t *sites, const str *aor, const str *attribute)
{
	uint64_t bit;
	str host;
	int i;

	e911_aor_host(aor, &host);
	bit = bit_of(&host);
	for(i = 1; i < sites->n; i++)
		if((sites->hosts[i] & bit)
				&& has_member(sites->site[i], aor, &host, attribute))
			return sites->site[i];
	return sites->site[0];
}

const e911_site_t *e911_sites_named(const e911_sites_t *sites, const str *name)
{
	int i;

	for(i = 0; i < sites->n; i++)
		if(e911_row_is(name, sites->site[i]->name))
			return sites->site[i];
	return NULL;
}

const e911_site_t *e911_sites_with(const e911_sites_t *sites, uint32_t id)
{
	int i;

	for(i = 0; i < sites->n; i++)
		if(sites->id[i] == id)
			return sites->site[i];
	return NULL;
}

const e911_site_t *e911_sites_nth(const e911_sites_t *sites, int index)
{
	return index >= 0 && index < sites->n ? sites->site[index] : NULL;
}
