/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field network row aor strbuf err steps
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/site.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NAME_31 "1234567890123456789012345678901"

static e911_sites_t *sites;

static int up(void **state)
{
	(void)state;
	return e911_sites_new(&sites);
}

static int down(void **state)
{
	(void)state;
	e911_sites_free(sites);
	return ksr_blocks() != 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_sites_add(sites, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

/* attribute NULL: the script set none */
static const e911_site_t *site_with(const char *aor, const char *attribute)
{
	str s = tight_z(aor), a = tight_z(attribute ? attribute : "");
	const e911_site_t *site = e911_sites_find(sites, &s, attribute ? &a : NULL);

	free(s.s);
	free(a.s);
	return site;
}

static const e911_site_t *site_of(const char *aor)
{
	return site_with(aor, NULL);
}

static const e911_site_t *site_named(const char *name)
{
	str s = tight_z(name);
	const e911_site_t *site = e911_sites_named(sites, &s);

	free(s.s);
	return site;
}

static uint32_t id_of(const char *name)
{
	str s = tight_z(name);
	uint32_t id = e911_site_id(&s);

	free(s.s);
	return id;
}

static const char *field(const e911_site_t *site, int id)
{
	static char text[300];
	str value = {"-", 1};

	e911_location_get(&site->fallback, id, &value);
	sprintf(text, "%.*s", value.len, value.s);
	return text;
}

static void begins_with_one_site_for_everybody(void **state)
{
	const e911_site_t *site = site_of("a@x");

	(void)state;
	assert_string_equal(site->name, "default");
	assert_int_equal(site->set, 1);
	assert_int_equal(site->last, 0);
	assert_int_equal(site->has_fallback, 0);
	assert_string_equal(site->country, "");
	assert_int_equal(site->gate, E911_GATE_OFF);
	assert_string_equal(site->page, "");
	assert_int_equal(site->max_age, 0);
	assert_int_equal(site->unproven, E911_UNPROVEN_NONE);
	assert_int_equal(site->proof, E911_BY_ADDRESS);
	assert_int_equal(site->phone, E911_PREFER_PHONE);
	/* one host behind its NAT, one link */
	assert_int_equal(site->vicinity.bits4, 32);
	assert_int_equal(site->vicinity.bits6, 64);
	assert_int_equal(site->vicinity.pools.n, 0);
	assert_int_equal(site->validate.n, 0);
	assert_int_equal(site->revalidate, 30 * 86400);
	assert_int_equal(site->invalid, E911_INVALID_STORE);
	assert_int_equal(site->invalid_gate, 0);
	assert_false(e911_sites_gated(sites));
	assert_ptr_equal(site, e911_sites_nth(sites, 0));
	assert_null(e911_sites_nth(sites, 1));
	assert_null(e911_sites_nth(sites, -1));
}

static void what_a_row_leaves_out_is_as_in_the_beginning(void **state)
{
	e911_site_t want, is;

	(void)state;
	want = *site_of("a@x");
	assert_int_equal(add("name=default", NULL), 0);
	is = *site_of("a@x");
	is.given = want.given;
	assert_memory_equal(&is, &want, offsetof(e911_site_t, fallback));
	assert_int_equal(is.fallback.len, 0);
}

static void reads_every_column(void **state)
{
	const e911_site_t *site;

	(void)state;
	assert_int_equal(add("name=hq;domain=\"a.x, b.x\";off=\"9911,112\";"
						 "country=US;set=7;last=9;A1=TX;A3=Austin;RD=Congress;"
						 "HNO=1;PC=78701",
							 NULL),
			0);
	site = e911_sites_nth(sites, 1);
	assert_ptr_equal(site, site_of("u@b.x"));
	assert_string_equal(site->name, "hq");
	assert_string_equal(site->domains, "a.x, b.x");
	assert_string_equal(site->off, "9911,112");
	assert_string_equal(site->country, "US");
	assert_int_equal(site->set, 7);
	assert_int_equal(site->last, 9);
	assert_int_equal(site->has_fallback, 1);
	assert_int_equal(site->fallback.origin, E911_FROM_SITE);
	assert_string_equal(field(site, E911_F_COUNTRY), "US");
	assert_string_equal(field(site, E911_F_A3), "Austin");
	assert_string_equal(field(site, E911_F_RD), "Congress");
	/* nobody stated it */
	assert_string_equal(field(site, E911_F_METHOD), "Default");
}

static void reads_every_column_of_policy(void **state)
{
	const e911_site_t *site;

	(void)state;
	assert_int_equal(
			add("name=hq;prefix=\"1,20\";attribute=sales, support;script=no;"
				"gate=require;page=\"https://hq.example.com/where;x?a=1&b\";"
				"max_age=8h;unproven=challenge;proof=flow;realm=a.x;"
				"phone=newest;callback=+15125550100;"
				"answering=\"SIPS:desk@x;a=1\";notify=\"a,b\";network4=24;"
				"network6=56;pool=\"10.0.0.0/8, 2001:db8::/32\";"
				"validate=\"msag,lost:lvf\";revalidate=7d;invalid=refuse;"
				"invalid_gate=closed",
					NULL),
			0);
	site = e911_sites_nth(sites, 1);
	assert_string_equal(site->prefixes, "1,20");
	assert_string_equal(site->attributes, "sales, support");
	assert_int_equal(site->script, 0);
	assert_int_equal(site->gate, E911_GATE_REQUIRE);
	assert_string_equal(site->page, "https://hq.example.com/where;x?a=1&b");
	assert_int_equal(site->max_age, 8 * 3600);
	assert_int_equal(site->unproven, E911_UNPROVEN_CHALLENGE);
	assert_int_equal(site->proof, E911_BY_FLOW);
	assert_string_equal(site->realms, "a.x");
	assert_int_equal(site->phone, E911_PREFER_NEWEST);
	assert_string_equal(site->callback, "+15125550100");
	assert_string_equal(site->answering, "SIPS:desk@x;a=1");
	assert_string_equal(site->notify, "a,b");
	assert_int_equal(site->vicinity.bits4, 24);
	assert_int_equal(site->vicinity.bits6, 56);
	assert_int_equal(site->vicinity.pools.n, 2);
	assert_int_equal(site->vicinity.pools.network[1].family, 6);
	assert_int_equal(site->vicinity.pools.network[1].bits, 32);
	assert_int_equal(site->validate.n, 2);
	assert_int_equal(site->validate.step[1].kind, E911_STEP_LOST);
	assert_string_equal(site->validate.step[1].name, "lvf");
	assert_int_equal(site->revalidate, 7 * 86400);
	assert_int_equal(site->has_fallback, 0);
}

static void rejects_what_is_unusable_or_wrong(void **state)
{
	e911_location_t l = {0};
	const e911_site_t *site = site_of("a@x");

	(void)state;
	assert_false(e911_site_rejects(site, &l));
	l.verdict = E911_INVALID;
	assert_false(e911_site_rejects(site, &l));
	l.verdict = E911_UNUSABLE;
	assert_true(e911_site_rejects(site, &l));
	assert_int_equal(add("name=all;invalid=refuse", NULL), 0);
	site = site_of("a@x");
	assert_true(e911_site_rejects(site, &l));
	l.verdict = E911_INVALID;
	assert_true(e911_site_rejects(site, &l));
	l.verdict = E911_CORRECTED;
	assert_false(e911_site_rejects(site, &l));
}

/* offset of an int of a site, the word that stands for it */
static void knows_the_words_of_each_policy(void **state)
{
	static const struct
	{
		const char *pair;
		size_t offset;
		int value;
	} rows[] = {
			{"gate=off", AT(gate), E911_GATE_OFF},
			{"gate=warn", AT(gate), E911_GATE_WARN},
			{"gate=require", AT(gate), E911_GATE_REQUIRE},
			{"unproven=none", AT(unproven), E911_UNPROVEN_NONE},
			{"unproven=challenge", AT(unproven), E911_UNPROVEN_CHALLENGE},
			{"unproven=default", AT(unproven), E911_UNPROVEN_DEFAULT},
			{"proof=address", AT(proof), E911_BY_ADDRESS},
			{"proof=flow", AT(proof), E911_BY_FLOW},
			{"phone=prefer-phone", AT(phone), E911_PREFER_PHONE},
			{"phone=prefer-stored", AT(phone), E911_PREFER_STORED},
			{"phone=newest", AT(phone), E911_PREFER_NEWEST},
			{"invalid=store", AT(invalid), E911_INVALID_STORE},
			{"invalid=refuse", AT(invalid), E911_INVALID_REFUSE},
			{"invalid_gate=open", AT(invalid_gate), 0},
			{"test=ersp", AT(test), E911_TEST_ERSP},
			{"test=local", AT(test), E911_TEST_LOCAL},
			{"test=message", AT(test), E911_TEST_MESSAGE},
			{"invalid_gate=closed", AT(invalid_gate), 1},
			{"revalidate=0", AT(revalidate), 0},
			{"script=no", AT(script), 0},
			{"script=yes", AT(script), 1},
			{"set=0", AT(set), 0},
			{"network4=0", AT(vicinity.bits4), 0},
			{"network4=32", AT(vicinity.bits4), 32},
			{"network6=0", AT(vicinity.bits6), 0},
			{"network6=128", AT(vicinity.bits6), 128},
			{"max_age=0", AT(max_age), 0},
			{"max_age=90", AT(max_age), 90},
			{"max_age=90s", AT(max_age), 90},
			{"max_age=15m", AT(max_age), 900},
			{"max_age=8h", AT(max_age), 28800},
			{"max_age=30d", AT(max_age), 2592000},
			{"max_age=2147483647", AT(max_age), 2147483647},
			{"max_age=35791394m", AT(max_age), 2147483640},
			{"max_age=596523h", AT(max_age), 2147482800},
			{"max_age=24855d", AT(max_age), 2147472000},
	};
	const e911_site_t *site;
	char row[100], name[8];
	size_t i;
	int value;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		sprintf(name, "s%zu", i);
		sprintf(row, "name=%s;domain=x;%s", name, rows[i].pair);
		assert_int_equal(add(row, NULL), 0);
		site = site_named(name);
		memcpy(&value, (const char *)site + rows[i].offset, sizeof(value));
		if(value != rows[i].value)
			fail_msg("%s: %d", rows[i].pair, value);
	}
	assert_string_equal(e911_gate_name(E911_GATE_OFF), "off");
	assert_string_equal(e911_gate_name(E911_GATE_WARN), "warn");
	assert_string_equal(e911_gate_name(E911_GATE_REQUIRE), "require");
	assert_string_equal(e911_unproven_name(E911_UNPROVEN_NONE), "none");
	assert_string_equal(
			e911_unproven_name(E911_UNPROVEN_CHALLENGE), "challenge");
	assert_string_equal(e911_unproven_name(E911_UNPROVEN_DEFAULT), "default");
	assert_string_equal(e911_phone_name(E911_PREFER_PHONE), "prefer-phone");
	assert_string_equal(e911_phone_name(E911_PREFER_STORED), "prefer-stored");
	assert_string_equal(e911_phone_name(E911_PREFER_NEWEST), "newest");
}

static void a_country_alone_is_no_place(void **state)
{
	(void)state;
	assert_int_equal(add("name=hq;domain=a.x;country=US", NULL), 0);
	assert_string_equal(site_of("u@a.x")->country, "US");
	assert_int_equal(site_of("u@a.x")->has_fallback, 0);
	/* a shape will do */
	assert_int_equal(add("name=hq2;domain=b.x;shape=Point;pos=30.27 -97.74;"
						 "country=US",
							 NULL),
			0);
	assert_int_equal(site_of("u@b.x")->has_fallback, 1);
	assert_int_equal(
			add("name=12345678901234567890123456789ab;set=2147483647", NULL),
			0);
	assert_int_equal(site_of("u@c.x")->set, 2147483647);
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"", E911_ERR_MISSING, ""},
			{"domain=x", E911_ERR_MISSING, "domain=x"},
			{"name=", E911_ERR_VALUE, "name"},
			{"name=" NAME_31 "x", E911_ERR_LONG, "name"},
			{"name=a;domain=", E911_ERR_VALUE, "domain"},
			{"name=a;off=", E911_ERR_VALUE, "off"},
			{"name=a;set=", E911_ERR_VALUE, "set"},
			{"name=a;set=x", E911_ERR_VALUE, "set"},
			{"name=a;set=-1", E911_ERR_VALUE, "set"},
			{"name=a;set=2147483648", E911_ERR_VALUE, "set"},
			{"name=a;last=1 2", E911_ERR_VALUE, "last"},
			{"name=a;country=", E911_ERR_VALUE, "country"},
			{"name=a;country=U1", E911_ERR_VALUE, "country"},
			{"name=a;nonsense=1", E911_ERR_NAME, "nonsense"},
			{"name=a;Name=b", E911_ERR_NAME, "Name"},
			{"name=a;prefix=", E911_ERR_VALUE, "prefix"},
			{"name=a;attribute=", E911_ERR_VALUE, "attribute"},
			{"name=a;script", E911_ERR_VALUE, "script"},
			{"name=a;script=1", E911_ERR_VALUE, "script"},
			{"name=a;script=Yes", E911_ERR_VALUE, "script"},
			{"name=a;gate=", E911_ERR_VALUE, "gate"},
			{"name=a;gate=on", E911_ERR_VALUE, "gate"},
			{"name=a;gate=requires", E911_ERR_VALUE, "gate"},
			{"name=a;page=", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/a b", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/>", E911_ERR_VALUE, "page"},
			{"name=a;page=<https://x/", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/\"", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/\r\nEvil:y", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/\ty", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/\x01y", E911_ERR_VALUE, "page"},
			{"name=a;page=https://x/\x7f", E911_ERR_VALUE, "page"},
			{"name=a;answering=desk@x", E911_ERR_VALUE, "answering"},
			{"name=a;answering=tel:1", E911_ERR_VALUE, "answering"},
			{"name=a;answering=sip:", E911_ERR_VALUE, "answering"},
			{"name=a;answering=sips:", E911_ERR_VALUE, "answering"},
			{"name=a;answering=sip:a b", E911_ERR_VALUE, "answering"},
			{"name=a;answering=sip:x>", E911_ERR_VALUE, "answering"},
			{"name=a;max_age=", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=h", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=-1", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=1w", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=1H", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=1hh", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=1 h", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=1.5h", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=2147483648", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=35791395m", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=24856d", E911_ERR_VALUE, "max_age"},
			{"name=a;max_age=2147483647d", E911_ERR_VALUE, "max_age"},
			{"name=a;unproven=", E911_ERR_VALUE, "unproven"},
			{"name=a;unproven=all", E911_ERR_VALUE, "unproven"},
			{"name=a;proof=digest", E911_ERR_VALUE, "proof"},
			{"name=a;realm=", E911_ERR_VALUE, "realm"},
			{"name=a;phone=stored", E911_ERR_VALUE, "phone"},
			{"name=a;callback=", E911_ERR_VALUE, "callback"},
			{"name=a;callback=+", E911_ERR_VALUE, "callback"},
			{"name=a;callback=+1 512", E911_ERR_VALUE, "callback"},
			{"name=a;callback=sip:desk@x", E911_ERR_VALUE, "callback"},
			{"name=a;notify=", E911_ERR_VALUE, "notify"},
			{"name=a;network4=", E911_ERR_VALUE, "network4"},
			{"name=a;network4=33", E911_ERR_VALUE, "network4"},
			{"name=a;network4=/24", E911_ERR_VALUE, "network4"},
			{"name=a;network6=129", E911_ERR_VALUE, "network6"},
			{"name=a;pool=x", E911_ERR_VALUE, "pool"},
			{"name=a;validate=guide", E911_ERR_VALUE, "validate"},
			{"name=a;validate=\"msag,msag\"", E911_ERR_TWICE, "validate"},
			{"name=a;invalid=drop", E911_ERR_VALUE, "invalid"},
			{"name=a;invalid_gate=yes", E911_ERR_VALUE, "invalid_gate"},
			{"name=a;test=here", E911_ERR_VALUE, "test"},
			{"name=a;revalidate=x", E911_ERR_VALUE, "revalidate"},
			{"name=a;validator=msag", E911_ERR_NAME, "validator"},
			{"name=a;validated=1", E911_ERR_NAME, "validated"},
			{"name=a;pool=10.0.0.0/8,x", E911_ERR_VALUE, "pool"},
			{"name=a;pool=10.0.0.0/33", E911_ERR_VALUE, "pool"},
			{"name=a;gate=off;gate=off", E911_ERR_TWICE, "gate"},
			{"name=a;pool=::1;pool=::2", E911_ERR_TWICE, "pool"},
			{"name=a;max_age=1;max_age=1", E911_ERR_TWICE, "max_age"},
			{"name=a;A1=\"TX", E911_ERR_SYNTAX, "A1"},
			{"name=a;=b", E911_ERR_SYNTAX, ""},
			{"name=a;A1=TX;A1=CA", E911_ERR_TWICE, "A1"},
			{"name=a;country=US;country=US", E911_ERR_TWICE, "country"},
			{"name=a;name=b", E911_ERR_TWICE, "name"},
			{"name=a;domain=x;domain=y", E911_ERR_TWICE, "domain"},
			{"name=a;set=1;set=2", E911_ERR_TWICE, "set"},
			/* a place that says nothing, or half */
			{"name=a;A1=", E911_ERR_EMPTY, "name=a;A1="},
			{"name=a;shape=Point", E911_ERR_SHAPE, "name=a;shape=Point"},
	};
	char at[100];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		assert_int_equal(add(rows[i].row, at), rows[i].err);
		assert_string_equal(at, rows[i].at);
	}
	assert_null(e911_sites_nth(sites, 1));
	assert_string_equal(site_of("a@x")->name, "default");
}

static void texts_as_long_as_their_columns(void **state)
{
	static const struct
	{
		const char *name;
		int fits;
	} columns_of_text[] = {{"domain", 511}, {"prefix", 255}, {"attribute", 255},
			{"off", 127}, {"page", 255}, {"realm", 255}, {"callback", 23},
			{"notify", 255}};
	char row[600], at[600];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(columns_of_text); i++) {
		sprintf(row, "script=yes;name=s%zu;%s=%0*d", i, columns_of_text[i].name,
				columns_of_text[i].fits, 1);
		assert_int_equal(add(row, NULL), 0);
		strcat(row, "x");
		assert_int_equal(add(row, at), E911_ERR_LONG);
		assert_string_equal(at, columns_of_text[i].name);
	}
}

static void a_pool_is_a_list_with_a_bound(void **state)
{
	char row[1000], at[1000];
	int i, n = sprintf(row, "name=a;domain=x;pool=");

	(void)state;
	for(i = 0; i < E911_NETWORKS_MAX; i++)
		n += sprintf(row + n, "10.0.0.%d,", i);
	assert_int_equal(add(row, NULL), 0);
	assert_int_equal(site_of("u@x")->vicinity.pools.n, E911_NETWORKS_MAX);
	row[5] = 'b';
	strcat(row, "10.1.0.0/16");
	assert_int_equal(add(row, at), E911_ERR_FULL);
	assert_string_equal(at, "pool");
}

static void a_site_without_members_is_everybodys(void **state)
{
	const e911_site_t *hq;
	char at[64];

	(void)state;
	assert_int_equal(add("name=hq;domain=a.x;set=2", NULL), 0);
	hq = site_of("u@a.x");
	assert_int_equal(add("name=all;set=3", NULL), 0);
	assert_string_equal(site_of("u@b.x")->name, "all");
	assert_ptr_equal(site_of("u@a.x"), hq);
	assert_ptr_equal(site_of("u@b.x"), e911_sites_nth(sites, 0));
	/* the one made in the beginning is gone, and there is no second */
	assert_null(site_named("default"));
	assert_int_equal(add("name=again;set=4", at), E911_ERR_TWICE);
	assert_string_equal(at, "name=again;set=4");
	assert_int_equal(site_of("u@b.x")->set, 3);
	assert_null(e911_sites_nth(sites, 2));
	/* its name is free */
	assert_int_equal(add("name=default;domain=b.x", NULL), 0);
	assert_string_equal(site_of("u@b.x")->name, "default");
}

static void one_that_is_refused_replaces_nothing(void **state)
{
	(void)state;
	assert_int_equal(add("name=bad;set=x", NULL), E911_ERR_VALUE);
	assert_string_equal(site_of("u@b.x")->name, "default");
	assert_int_equal(add("name=default;set=4", NULL), 0);
	assert_int_equal(site_of("u@b.x")->set, 4);
	assert_int_equal(add("name=default;set=5", NULL), E911_ERR_TWICE);
	assert_int_equal(site_of("u@b.x")->set, 4);
}

static void a_name_is_there_once(void **state)
{
	char at[64];

	(void)state;
	/* the site of the beginning has its name until another takes its place */
	assert_int_equal(add("name=default;domain=x", at), E911_ERR_TWICE);
	assert_string_equal(at, "name=default;domain=x");
	assert_int_equal(add("name=a;domain=x", NULL), 0);
	assert_int_equal(add("name=b;domain=x", NULL), 0);
	assert_int_equal(add("name=a;domain=y", at), E911_ERR_TWICE);
	assert_string_equal(at, "name=a;domain=y");
	assert_int_equal(add("name=a;script=yes", NULL), E911_ERR_TWICE);
	assert_int_equal(add("name=a", NULL), E911_ERR_TWICE);
	/* one that has the same id is the same to every record */
	assert_true(id_of("costarring") == id_of("liquid"));
	assert_int_equal(add("name=liquid;domain=z", NULL), 0);
	assert_int_equal(add("name=costarring;domain=z", NULL), E911_ERR_TWICE);
	/* capitals are told apart */
	assert_int_equal(add("name=A;domain=y", NULL), 0);
	assert_string_equal(site_of("u@y")->name, "A");
	assert_ptr_equal(site_named("a"), site_of("u@x"));
	assert_null(site_named("c"));
	assert_null(site_named(""));
}

static void a_caller_is_of_the_first_site_with_the_domain(void **state)
{
	static const struct
	{
		const char *aor, *site;
	} rows[] = {
			{"u@a.x", "one"},
			{"u@A.X", "one"},
			{"u@b.x", "one"},
			{"u@c.x", "two"},
			{"u@[2001:db8::1]", "two"},
			{"u@x", "default"},
			{"u@aa.x", "default"},
			{"u@a.xx", "default"},
			{"u@", "default"},
			{"a.x", "default"},
			{"", "default"},
	};
	size_t i;

	(void)state;
	assert_int_equal(add("name=one;domain=\" a.x ,, b.x,\"", NULL), 0);
	assert_int_equal(add("name=two;domain=a.x,c.x,[2001:db8::1]", NULL), 0);
	for(i = 0; i < COUNT(rows); i++)
		assert_string_equal(site_of(rows[i].aor)->name, rows[i].site);
}

/* of each kind of members that is named he is to be one */
static void members_are_of_all_kinds_that_are_named(void **state)
{
	static const char *const rows[] = {
			"name=dpa;domain=a.x;prefix=1,20;attribute=\"sales, it\"",
			"name=dp;domain=a.x;prefix=\"3, al\"",
			"name=da;domain=b.x;attribute=it", "name=d;domain=b.x,c.x",
			"name=pa;prefix=4;attribute=it",
			"name=p;prefix=\"5,longer@x.example\"", "name=a;attribute=hr"};
	static const struct
	{
		const char *aor, *attribute, *site;
	} callers[] = {
			{"100@a.x", "sales", "dpa"},
			{"100@A.X", "Sales", "dpa"},
			{"20@a.x", "it", "dpa"},
			{"2@a.x", "it", "default"},
			{"100@a.x", "sale", "default"},
			{"100@a.x", "saless", "default"},
			{"100@a.x", "", "default"},
			{"100@a.x", NULL, "default"},
			{"300@a.x", NULL, "dp"},
			{"300@a.x", "hr", "dp"},
			{"alice@a.x", NULL, "dp"},
			{"Alice@a.x", NULL, "dp"},
			{"a@a.x", NULL, "default"},
			{"bob@b.x", "it", "da"},
			{"bob@b.x", NULL, "d"},
			{"bob@c.x", "it", "d"},
			{"400@y", "it", "pa"},
			{"400@y", NULL, "default"},
			{"500@y", NULL, "p"},
			{"500@c.x", NULL, "d"},
			{"longer@x", NULL, "default"},
			{"bob@y", "HR", "a"},
			{"bob@y", "sales", "default"},
			{"", "it", "default"},
			{"@", NULL, "default"},
	};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++)
		assert_int_equal(add(rows[i], NULL), 0);
	for(i = 0; i < COUNT(callers); i++)
		if(strcmp(site_with(callers[i].aor, callers[i].attribute)->name,
				   callers[i].site)
				!= 0)
			fail_msg("%s, %s: %s", callers[i].aor, callers[i].attribute,
					site_with(callers[i].aor, callers[i].attribute)->name);
}

/* such a site is never everybody's, and there may be many */
static void a_site_of_the_script_is_found_by_its_name_only(void **state)
{
	(void)state;
	assert_int_equal(add("name=one;script=yes;set=2", NULL), 0);
	assert_int_equal(add("name=two;script=yes;set=3", NULL), 0);
	assert_string_equal(site_of("u@x")->name, "default");
	assert_string_equal(site_with("u@x", "one")->name, "default");
	assert_int_equal(site_named("one")->set, 2);
	assert_int_equal(site_named("two")->set, 3);
	assert_int_equal(add("name=all;script=no;set=4", NULL), 0);
	assert_string_equal(site_of("u@x")->name, "all");
}

/* they stand in records and outlive a restart: the numbers of the algorithm's
 * authors */
static void an_id_is_the_same_for_ever(void **state)
{
	(void)state;
	assert_true(id_of("") == 0x811c9dc5u);
	assert_true(id_of("a") == 0xe40c292cu);
	assert_true(id_of("b") == 0xe70c2de5u);
	assert_true(id_of("foobar") == 0xbf9cf968u);
	/* a byte is no negative number */
	assert_true(id_of("\xff") == (0x811c9dc5u ^ 0xffu) * 16777619u);
	assert_int_equal(add("name=a;domain=x", NULL), 0);
	assert_int_equal(add("name=all", NULL), 0);
	assert_ptr_equal(e911_sites_with(sites, 0xe40c292cu), site_of("u@x"));
	assert_ptr_equal(
			e911_sites_with(sites, id_of("all")), e911_sites_nth(sites, 0));
	assert_null(e911_sites_with(sites, id_of("default")));
	assert_null(e911_sites_with(sites, 0));
}

static void knows_whether_there_is_a_gate(void **state)
{
	(void)state;
	assert_int_equal(add("name=a;domain=x;gate=off", NULL), 0);
	assert_false(e911_sites_gated(sites));
	assert_int_equal(add("name=b;gate=require;set=x", NULL), E911_ERR_VALUE);
	assert_false(e911_sites_gated(sites));
	assert_int_equal(add("name=c;script=yes;gate=warn", NULL), 0);
	assert_true(e911_sites_gated(sites));
	assert_int_equal(add("name=d;domain=y", NULL), 0);
	assert_true(e911_sites_gated(sites));
}

static void a_list_holds_whole_items(void **state)
{
	static const struct
	{
		const char *list, *item;
		int holds;
	} rows[] = {{"a,b", "a", 1}, {"a,b", "B", 1}, {" a , b ", "b", 1},
			{"a,b", "a,b", 0}, {"ab", "a", 0}, {"a", "ab", 0}, {"", "a", 0},
			{"", "", 0}, {"a,,b", "", 0}};
	str item;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		item = tight_z(rows[i].item);
		assert_int_equal(e911_site_lists(rows[i].list, &item), rows[i].holds);
		free(item.s);
	}
}

static void a_full_table_refuses_and_keeps(void **state)
{
	char row[64], at[64];
	int i;

	(void)state;
	for(i = 1; i < E911_SITES_MAX; i++) {
		sprintf(row, "name=s%d;domain=d%d", i, i);
		assert_int_equal(add(row, NULL), 0);
	}
	assert_int_equal(add("name=one;domain=more", at), E911_ERR_FULL);
	assert_string_equal(at, "name=one;domain=more");
	assert_string_equal(site_of("u@more")->name, "default");
	assert_string_equal(site_of("u@d255")->name, "s255");
	/* everybody's has its place all the same */
	assert_int_equal(add("name=all", NULL), 0);
	assert_string_equal(site_of("u@more")->name, "all");
	assert_int_equal(add("name=more;script=yes", NULL), E911_ERR_FULL);
}

static int build(void *arg)
{
	static const char *const rows[] = {
			"name=a;domain=x;country=US;A1=TX;RD=Congress", "name=b;set=2"};
	e911_sites_t *s = NULL;
	int err = e911_sites_new(&s);
	str row, bad;
	size_t i;

	(void)arg;
	for(i = 0; !err && i < COUNT(rows); i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(rows[i]);
		bad.s = NULL;
		err = e911_sites_add(s, &row, &bad);
		assert_true(!err || (bad.s >= row.s && bad.s < row.s + row.len));
		assert_non_null(e911_sites_nth(s, 0));
	}
	e911_sites_free(s);
	return err;
}

static void each_of_hundreds_is_found(void **state)
{
	char row[96], aor[32], name[16];
	int i;

	(void)state;
	for(i = 1; i < E911_SITES_MAX; i++) {
		sprintf(row, "name=s%d;domain=D%d.Example , e%d.example", i, i, i);
		assert_int_equal(add(row, NULL), 0);
	}
	for(i = 1; i < E911_SITES_MAX; i++) {
		sprintf(name, "s%d", i);
		sprintf(aor, "u@d%d.example", i);
		assert_string_equal(site_of(aor)->name, name);
		sprintf(aor, "u@E%d.exAmple", i);
		assert_string_equal(site_of(aor)->name, name);
		assert_ptr_equal(e911_sites_with(sites, id_of(name)), site_of(aor));
	}
	assert_string_equal(site_of("u@f1.example")->name, "default");
}

static void a_site_without_a_domain_has_members_at_any_host(void **state)
{
	char aor[32];
	int i;

	(void)state;
	assert_int_equal(add("name=a;prefix=1", NULL), 0);
	assert_int_equal(add("name=b;attribute=x", NULL), 0);
	for(i = 0; i < 200; i++) {
		sprintf(aor, "1@h%d", i);
		assert_string_equal(site_of(aor)->name, "a");
		sprintf(aor, "2@h%d", i);
		assert_string_equal(site_with(aor, "x")->name, "b");
	}
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					begins_with_one_site_for_everybody, up, down),
			cmocka_unit_test_setup_teardown(
					what_a_row_leaves_out_is_as_in_the_beginning, up, down),
			cmocka_unit_test_setup_teardown(reads_every_column, up, down),
			cmocka_unit_test_setup_teardown(
					reads_every_column_of_policy, up, down),
			cmocka_unit_test_setup_teardown(
					knows_the_words_of_each_policy, up, down),
			cmocka_unit_test_setup_teardown(
					a_country_alone_is_no_place, up, down),
			cmocka_unit_test_setup_teardown(
					says_what_is_wrong_and_where, up, down),
			cmocka_unit_test_setup_teardown(
					texts_as_long_as_their_columns, up, down),
			cmocka_unit_test_setup_teardown(
					a_pool_is_a_list_with_a_bound, up, down),
			cmocka_unit_test_setup_teardown(
					rejects_what_is_unusable_or_wrong, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_without_members_is_everybodys, up, down),
			cmocka_unit_test_setup_teardown(
					one_that_is_refused_replaces_nothing, up, down),
			cmocka_unit_test_setup_teardown(a_name_is_there_once, up, down),
			cmocka_unit_test_setup_teardown(
					a_caller_is_of_the_first_site_with_the_domain, up, down),
			cmocka_unit_test_setup_teardown(
					members_are_of_all_kinds_that_are_named, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_of_the_script_is_found_by_its_name_only, up, down),
			cmocka_unit_test_setup_teardown(
					an_id_is_the_same_for_ever, up, down),
			cmocka_unit_test_setup_teardown(
					knows_whether_there_is_a_gate, up, down),
			cmocka_unit_test(a_list_holds_whole_items),
			cmocka_unit_test_setup_teardown(
					a_full_table_refuses_and_keeps, up, down),
			cmocka_unit_test_setup_teardown(
					each_of_hundreds_is_found, up, down),
			cmocka_unit_test_setup_teardown(
					a_site_without_a_domain_has_members_at_any_host, up, down),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
