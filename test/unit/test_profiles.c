/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: profile field network row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/profiles.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NAME_31 "1234567890123456789012345678901"

static e911_profiles_t *profiles;
static char at[512]; /* the part at fault of the last row */

static int up(void **state)
{
	(void)state;
	return e911_profiles_new(&profiles);
}

static int down(void **state)
{
	(void)state;
	e911_profiles_free(profiles);
	return ksr_blocks() != 0;
}

static int add(const char *row)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_profiles_add(profiles, &s, &bad);

	*at = '\0';
	if(err) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

static const e911_profile_t *named(const char *name)
{
	str s = tight_z(name);
	const e911_profile_t *p = e911_profiles_named(profiles, &s);

	free(s.s);
	return p;
}

/* what a call to that destination gets where the location is in a country */
static const e911_profile_t *with(const char *name, const char *country)
{
	str s = tight_z(name), c = tight_z(country);
	const e911_profile_t *p = e911_profiles_with(profiles, e911_row_id(&s), &c);

	free(s.s);
	free(c.s);
	assert_non_null(p);
	return p;
}

/* a profile of that row alone */
static const e911_profile_t *made(const char *columns)
{
	static int n;
	char row[700], name[16];

	sprintf(name, "made%d", ++n);
	sprintf(row, "name=%s;%s", name, columns);
	if(add(row))
		fail_msg("%s: at %s", columns, at);
	return named(name);
}

static void assert_refused(const char *columns, int err, const char *part)
{
	char row[2200];
	int got;

	sprintf(row, "name=x;%s", columns);
	got = add(row);
	if(got != err)
		fail_msg("%s: %s", columns, e911_err_text(got));
	assert_string_equal(at, part);
	assert_null(named("x"));
}

/* ----- built in ----- */

static void the_built_in_rows_all_load(void **state)
{
	const e911_profile_t *p;
	int i;

	(void)state;
	for(i = 0; (p = e911_profiles_nth(profiles, i)); i++) {
		str name = {(char *)p->name, (int)strlen(p->name)};

		assert_int_equal(p->id, e911_row_id(&name));
		assert_ptr_equal(with(p->name, p->country), p);
		assert_true(p->cites[0] != '\0');
		/* the call goes without a location rather than not at all */
		assert_in_range(p->forms, 1, E911_FORMS_MAX);
		assert_int_equal(p->form[p->forms - 1], E911_CONVEY_NONE);
	}
	assert_int_equal(i, COUNT(e911_profile_rows) - 1);
	assert_null(e911_profiles_nth(profiles, -1));
	assert_string_equal(e911_profiles_nth(profiles, 0)->name, "value");
	e911_profiles_free(NULL);
}

static void what_is_built_in_is_what_is_said_of_it(void **state)
{
	const e911_profile_t *p = named("value");

	(void)state;
	assert_int_equal(p->form[0], E911_CONVEY_VALUE);
	assert_int_equal(p->routing, 1);
	assert_string_equal(p->direct, "all");
	assert_int_equal(p->ruri, E911_RURI_NUMBER);
	assert_int_equal(named("plain")->forms, 1);
	assert_int_equal(named("premise")->bypass, 1);
	assert_int_equal(named("premise")->forms, 1);
	p = named("i3");
	assert_int_equal(p->ruri, E911_RURI_URN);
	assert_int_equal(p->data, 7);
	assert_int_equal(p->form[1], E911_CONVEY_REFERENCE);
	p = named("elin");
	assert_int_equal(p->form[0], E911_CONVEY_ELIN);
	assert_memory_equal(p->from,
			((unsigned char[]){E911_IDENTITY_ELIN, E911_IDENTITY_CALLBACK,
					E911_IDENTITY_KEEP, E911_IDENTITY_KEEP}),
			4);
	assert_int_equal(named("intrado-erl")->token_in, 0);
	assert_int_equal(named("intrado")->token_in, 1);
	assert_int_equal(named("bandwidth")->limit[E911_F_HNO], 45);
	assert_int_equal(named("bandwidth")->pai[0], E911_IDENTITY_NONE);
}

static void a_variant_is_for_its_country_only(void **state)
{
	const e911_profile_t *us = named("teams"), *ca = with("teams", "CA");

	(void)state;
	assert_string_equal(us->country, "");
	assert_ptr_equal(with("teams", ""), us);
	assert_ptr_equal(with("teams", "US"), us);
	assert_ptr_equal(with("teams", "CAN"), us);
	assert_string_equal(ca->country, "CA");
	assert_string_equal(ca->direct, "none");
	/* all else as with the one it is a variant of */
	assert_int_equal(ca->element, us->element);
	assert_int_equal(ca->methods, us->methods);
	assert_int_equal(us->methods, 3);
	assert_ptr_equal(with("plain", "CA"), named("plain"));
}

/* ----- columns ----- */

static void columns_of_one_word(void **state)
{
	static const struct
	{
		const char *column;
		size_t offset;
		const char *words[4];
	} table[] = {
			{"assumed", AT(assumed), {"no", "yes"}},
			{"place", AT(place), {"as-set", "first", "last"}},
			{"token_in", AT(token_in), {"identity", "geolocation"}},
			{"ruri", AT(ruri), {"number", "urn", "destination"}},
			{"user_phone", AT(user_phone), {"no", "yes"}},
			{"to", AT(to), {"keep", "ruri"}},
			{"routing", AT(routing), {"no", "yes"}},
			{"element", AT(element), {"device", "tuple"}},
			{"order", AT(civic_first), {"shape-first", "civic-first"}},
			{"priority", AT(priority), {"keep", "emergency"}},
			{"nena", AT(nena), {"no", "yes"}},
			{"bypass", AT(bypass), {"no", "yes"}},
			{"transferred", AT(transferred), {"none", "default", "own"}},
	};
	const e911_profile_t *p;
	char row[64];
	size_t i;
	int k;

	(void)state;
	for(i = 0; i < COUNT(table); i++) {
		for(k = 0; k < 4 && table[i].words[k]; k++) {
			sprintf(row, "%s=%s", table[i].column, table[i].words[k]);
			p = made(row);
			assert_int_equal(
					*(const int *)((const char *)p + table[i].offset), k);
		}
		sprintf(row, "%s=", table[i].column);
		assert_refused(row, E911_ERR_VALUE, table[i].column);
		sprintf(row, "%s=%sx", table[i].column, table[i].words[1]);
		assert_refused(row, E911_ERR_VALUE, table[i].column);
		sprintf(row, "%s=%s;%s=%s", table[i].column, table[i].words[0],
				table[i].column, table[i].words[0]);
		assert_refused(row, E911_ERR_TWICE, table[i].column);
	}
}

static void columns_of_a_text(void **state)
{
	static const struct
	{
		const char *column;
		size_t offset, size;
		int token; /* may be empty, and has no blanks */
	} table[] = {
			{"cites", AT(cites), SIZE(cites), 0},
			{"direct", AT(direct), SIZE(direct), 0},
			{"prefix", AT(prefix), SIZE(prefix), 1},
			{"host", AT(host), SIZE(host), 1},
			{"id", AT(id_name), SIZE(id_name), 1},
			{"token", AT(token_name), SIZE(token_name), 1},
			{"resource_priority", AT(resource_priority),
					SIZE(resource_priority), 1},
	};
	static const char *const bad[] = {
			"a b", "a<", "a>", "a,b", "a@b", "a?", "\"a;b\"", "\xc3\xa9"};
	const e911_profile_t *p;
	char row[600];
	size_t i, k;

	(void)state;
	for(i = 0; i < COUNT(table); i++) {
		sprintf(row, "%s=%0*d", table[i].column, (int)table[i].size - 1, 7);
		p = made(row);
		assert_int_equal(
				strlen((const char *)p + table[i].offset), table[i].size - 1);
		sprintf(row, "%s=%0*d", table[i].column, (int)table[i].size, 7);
		assert_refused(row, E911_ERR_LONG, table[i].column);
		sprintf(row, "%s=x;%s=x", table[i].column, table[i].column);
		assert_refused(row, E911_ERR_TWICE, table[i].column);
		for(k = 0; table[i].token && k < COUNT(bad); k++) {
			sprintf(row, "%s=%s", table[i].column, bad[k]);
			assert_refused(row, E911_ERR_VALUE, table[i].column);
		}
		sprintf(row, "%s=", table[i].column);
		if(table[i].token)
			assert_string_equal((const char *)made(row) + table[i].offset, "");
		else
			assert_refused(row, E911_ERR_VALUE, table[i].column);
	}
	assert_string_equal(made("prefix=+1")->prefix, "+1");
	/* an empty one takes away what the other has */
	assert_string_equal(made("like=telnyx;token=;id=")->token_name, "");
}

static void assert_forms(const char *row, int n, const unsigned char *want)
{
	const e911_profile_t *p = made(row);

	assert_int_equal(p->forms, n);
	assert_memory_equal(p->form, want, n);
}

#define FORMS(row, ...)                                       \
	assert_forms(row, sizeof((unsigned char[]){__VA_ARGS__}), \
			(unsigned char[]){__VA_ARGS__})

static void none_is_always_the_last_form(void **state)
{
	(void)state;
	FORMS("convey=value", E911_CONVEY_VALUE, E911_CONVEY_NONE);
	FORMS("convey=value,none", E911_CONVEY_VALUE, E911_CONVEY_NONE);
	FORMS("convey=none", E911_CONVEY_NONE);
	FORMS("convey=token, both ,reference", E911_CONVEY_TOKEN, E911_CONVEY_BOTH,
			E911_CONVEY_REFERENCE, E911_CONVEY_NONE);
	FORMS("convey=elin,value,reference,none", E911_CONVEY_ELIN,
			E911_CONVEY_VALUE, E911_CONVEY_REFERENCE, E911_CONVEY_NONE);
	FORMS("like=i3;convey=none", E911_CONVEY_NONE);
	assert_refused("convey=", E911_ERR_VALUE, "convey");
	assert_refused("convey=body", E911_ERR_VALUE, "convey");
	assert_refused("convey=none,value", E911_ERR_VALUE, "convey");
	assert_refused("convey=value,value", E911_ERR_TWICE, "convey");
	assert_refused(
			"convey=value,reference,both,token", E911_ERR_FULL, "convey");
	assert_refused(
			"convey=value,reference,both,token,none", E911_ERR_FULL, "convey");
	assert_refused("convey=value;convey=value", E911_ERR_TWICE, "convey");
}

static void assert_identities(const char *list, const unsigned char *want)
{
	char row[80];

	sprintf(row, "from=%s", list);
	assert_memory_equal(made(row)->from, want, E911_IDENTITIES_MAX);
	sprintf(row, "pai=%s", list);
	assert_memory_equal(made(row)->pai, want, E911_IDENTITIES_MAX);
}

#define IDENTITIES(list, ...) \
	assert_identities(list, (unsigned char[E911_IDENTITIES_MAX]){__VA_ARGS__})

static void identities_are_lists_by_preference(void **state)
{
	static const struct
	{
		const char *list;
		int err;
	} bad[] = {{"", E911_ERR_VALUE}, {",", E911_ERR_VALUE},
			{"number", E911_ERR_VALUE}, {"keep,elin", E911_ERR_VALUE},
			{"none,elin", E911_ERR_VALUE}, {"elin,none,id", E911_ERR_VALUE},
			{"elin,id,token,callback,keep", E911_ERR_FULL}};
	char row[80];
	size_t i;

	(void)state;
	IDENTITIES("keep", 0);
	IDENTITIES("none", E911_IDENTITY_NONE);
	IDENTITIES("callback", E911_IDENTITY_CALLBACK);
	IDENTITIES("elin, callback", E911_IDENTITY_ELIN, E911_IDENTITY_CALLBACK);
	IDENTITIES("id,token,elin,none", E911_IDENTITY_ID, E911_IDENTITY_TOKEN,
			E911_IDENTITY_ELIN, E911_IDENTITY_NONE);
	for(i = 0; i < COUNT(bad); i++) {
		sprintf(row, "from=%s", bad[i].list);
		assert_refused(row, bad[i].err, "from");
		sprintf(row, "pai=%s", bad[i].list);
		assert_refused(row, bad[i].err, "pai");
	}
	assert_refused("from=id;from=id", E911_ERR_TWICE, "from");
	assert_refused("pai=id;pai=id", E911_ERR_TWICE, "pai");
}

static void methods_become_their_words(void **state)
{
	const e911_profile_t *p =
			made("method=Manual:MANUAL, DHCP : LIS ,Wire map:x");

	(void)state;
	assert_int_equal(p->methods, 3);
	assert_string_equal(p->ours[1], "DHCP");
	assert_string_equal(p->theirs[1], "LIS");
	assert_string_equal(p->ours[2], "Wire map");
	/* the row's own take the place of the other's */
	p = made("like=teams;method=GPS:ASSIST");
	assert_int_equal(p->methods, 1);
	assert_string_equal(p->theirs[0], "ASSIST");
	assert_int_equal(made("like=teams;method=")->methods, 0);
	assert_refused("method=Manual", E911_ERR_VALUE, "method");
	assert_refused("method=Manual:", E911_ERR_VALUE, "method");
	assert_refused("method=:LIS", E911_ERR_VALUE, "method");
	assert_refused("method=a:two words", E911_ERR_VALUE, "method");
	assert_refused("method=a:<x>", E911_ERR_VALUE, "method");
	assert_refused(
			"method=a:123456789012345678901234", E911_ERR_VALUE, "method");
	assert_refused(
			"method=123456789012345678901234:a", E911_ERR_VALUE, "method");
	assert_refused("method=a:b,c:d,e:f,g:h,i:j,k:l,m:n,o:p,q:r", E911_ERR_FULL,
			"method");
	assert_refused("method=a:b;method=c:d", E911_ERR_TWICE, "method");
}

static void limits_are_of_fields_of_the_address(void **state)
{
	const e911_profile_t *p = made("limit=HNO:6, LOC: 60 ,A1:254");

	(void)state;
	assert_int_equal(p->limit[E911_F_HNO], 6);
	assert_int_equal(p->limit[e911_field_find("LOC", 3)], 60);
	assert_int_equal(p->limit[E911_F_A1], 254);
	assert_int_equal(p->limit[E911_F_A3], 0);
	/* others' limits stay */
	p = made("like=telnyx;limit=HNO:7");
	assert_int_equal(p->limit[E911_F_HNO], 7);
	assert_int_equal(p->limit[e911_field_find("LOC", 3)], 60);
	assert_refused("limit=HNO", E911_ERR_VALUE, "limit");
	assert_refused("limit=HNO:", E911_ERR_VALUE, "limit");
	assert_refused("limit=HNO:0", E911_ERR_VALUE, "limit");
	assert_refused("limit=HNO:255", E911_ERR_VALUE, "limit");
	assert_refused("limit=HNO:-1", E911_ERR_VALUE, "limit");
	assert_refused("limit=hno:6", E911_ERR_NAME, "limit");
	assert_refused("limit=country:1", E911_ERR_NAME, "limit");
	assert_refused("limit=shape:5", E911_ERR_NAME, "limit");
	assert_refused("limit=method:5", E911_ERR_NAME, "limit");
	assert_refused("limit=A1:5;limit=A3:5", E911_ERR_TWICE, "limit");
}

static void fields_may_be_left_out(void **state)
{
	const e911_profile_t *p = made("drop=NAM,LOC");

	(void)state;
	assert_int_equal(p->limit[e911_field_find("NAM", 3)], E911_LIMIT_DROP);
	assert_int_equal(p->limit[e911_field_find("LOC", 3)], E911_LIMIT_DROP);
	assert_false(p->no_shape);
	p = made("drop=shape");
	assert_true(p->no_shape);
	assert_int_equal(p->limit[E911_F_HNO], 0);
	assert_refused("drop=nam", E911_ERR_NAME, "drop");
	assert_refused("drop=radius", E911_ERR_NAME, "drop");
	assert_refused("drop=callback", E911_ERR_NAME, "drop");
	assert_refused("drop=NAM;drop=LOC", E911_ERR_TWICE, "drop");
}

static void data_and_needs_are_sets_of_words(void **state)
{
	const e911_profile_t *p = made("data=subscriber,provider;needs=valid");

	(void)state;
	assert_int_equal(p->data, E911_DATA_PROVIDER | E911_DATA_SUBSCRIBER);
	assert_false(p->needs_civic);
	assert_true(p->needs_valid);
	p = made("like=i3;data=;needs=civic,valid");
	assert_int_equal(p->data, 0);
	assert_true(p->needs_civic);
	assert_true(p->needs_valid);
	p = made("like=aws-chime;needs=");
	assert_false(p->needs_valid);
	assert_refused("data=all", E911_ERR_VALUE, "data");
	assert_refused("data=provider,x", E911_ERR_VALUE, "data");
	assert_refused("data=service;data=service", E911_ERR_TWICE, "data");
	assert_refused("needs=address", E911_ERR_VALUE, "needs");
	assert_refused("needs=civic;needs=civic", E911_ERR_TWICE, "needs");
}

static void variants_need_a_country(void **state)
{
	(void)state;
	assert_int_equal(add("name=teams;country= ca ;direct=LIS"), 0);
	assert_string_equal(with("teams", "CA")->direct, "LIS");
	assert_int_equal(add("name=teams;country="), E911_ERR_VALUE);
	assert_string_equal(at, "country");
	assert_int_equal(add("name=teams;country=CAN"), E911_ERR_VALUE);
	assert_int_equal(add("name=teams;country=C1"), E911_ERR_VALUE);
	assert_int_equal(add("name=teams;country=DE;country=DE"), E911_ERR_TWICE);
	assert_string_equal(at, "country");
	/* of a profile that there is */
	assert_int_equal(add("name=x;country=DE"), E911_ERR_NAME);
	assert_string_equal(at, "name");
	assert_int_equal(add("country=DE"), E911_ERR_MISSING);
}

static int trusts(const char *address)
{
	str s = tight_z(address);
	e911_network_t n;

	assert_int_equal(e911_network_read(&n, &s), 0);
	free(s.s);
	return e911_profiles_trust(profiles, &n);
}

static void who_calls_back_comes_from_a_source(void **state)
{
	(void)state;
	assert_false(trusts("192.0.2.1"));
	made("source=192.0.2.0/24, 2001:db8::/32");
	made("source=198.51.100.7");
	assert_true(trusts("192.0.2.1"));
	assert_true(trusts("2001:db8:1::5"));
	assert_true(trusts("198.51.100.7"));
	assert_false(trusts("198.51.100.8"));
	assert_false(trusts("::1"));
	assert_refused("source=example.com", E911_ERR_VALUE, "source");
	assert_refused("source=::1;source=::1", E911_ERR_TWICE, "source");
}

/* ----- header lines ----- */

static void headers_have_lines_and_fillings(void **state)
{
	static const char *const good[] = {"X-Site: {site}",
			"X-A: b | X-B: {callback} {elin} {id} {token}",
			"X-Pos: {latitude};{longitude}", "Call-Info: <x>;purpose=y",
			"X-Empty:", "X-Odd: a } b"};
	static const struct
	{
		const char *header;
		int err;
	} bad[] = {
			{"X-A", E911_ERR_SYNTAX},
			{"X-A: b|nonsense", E911_ERR_SYNTAX},
			{": b", E911_ERR_VALUE},
			{"X A: b", E911_ERR_SYNTAX},
			{"X(: b", E911_ERR_SYNTAX},
			{"X-A: {site", E911_ERR_SYNTAX},
			{"X-A: {sites}", E911_ERR_NAME},
			{"X-A: {}", E911_ERR_NAME},
			{"X-A: {site} {Elin}", E911_ERR_NAME},
			{"X-A: a\tb", E911_ERR_TEXT},
			{"X-A: a\r\nVia: b", E911_ERR_TEXT},
			{"X-A: a\x7f", E911_ERR_TEXT},
	};
	char row[600];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(good); i++) {
		sprintf(row, "header=\"%s\"", good[i]);
		assert_string_equal(made(row)->headers, good[i]);
	}
	for(i = 0; i < COUNT(bad); i++) {
		sprintf(row, "header=\"%s\"", bad[i].header);
		assert_refused(row, bad[i].err, "header");
	}
	assert_int_equal(add("name=h;header=X-A: b"), 0);
	assert_string_equal(made("like=h")->headers, "X-A: b");
	assert_string_equal(made("like=h;header=")->headers, "");
	sprintf(row, "header=X-A:%0251d", 7);
	assert_int_equal(strlen(made(row)->headers), 255);
	sprintf(row, "header=X-A:%0252d", 7);
	assert_refused(row, E911_ERR_LONG, "header");
	assert_refused("header=X:a;header=X:a", E911_ERR_TWICE, "header");
}

/* what the call is steered by, and what we write ourselves */
static void no_header_of_ours_may_be_written(void **state)
{
	char row[64];
	int i;

	(void)state;
	for(i = 0; refused[i]; i++) {
		sprintf(row, "header=X-A:b|%s:x", refused[i]);
		assert_refused(row, E911_ERR_VALUE, "header");
	}
	assert_refused("header=vIA: x", E911_ERR_VALUE, "header");
	assert_refused("header=content-LENGTH : 5", E911_ERR_VALUE, "header");
	made("header=X-Via: x|Fro: y|Contacts: z");
}

/* ----- rows ----- */

static void says_what_is_wrong_with_a_row(void **state)
{
	(void)state;
	assert_int_equal(add(""), E911_ERR_MISSING);
	assert_string_equal(at, "");
	assert_int_equal(add("direct=all"), E911_ERR_MISSING);
	assert_string_equal(at, "direct=all");
	assert_int_equal(add("name="), E911_ERR_VALUE);
	assert_string_equal(at, "name");
	assert_int_equal(add("name=" NAME_31 "2"), E911_ERR_LONG);
	assert_string_equal(at, "name");
	assert_int_equal(add("name=" NAME_31), 0);
	assert_int_equal(add("name=x;name=x"), E911_ERR_TWICE);
	assert_string_equal(at, "name");
	assert_refused("nonsense=1", E911_ERR_NAME, "nonsense");
	assert_refused("Direct=all", E911_ERR_NAME, "Direct");
	assert_refused("cites=\"x", E911_ERR_SYNTAX, "cites");
	assert_refused("like=y", E911_ERR_NAME, "like");
	assert_refused("like=", E911_ERR_NAME, "like");
	assert_refused("like=plain;like=plain", E911_ERR_TWICE, "like");
}

static void what_a_row_does_not_say_is_as_with_another(void **state)
{
	const e911_profile_t *p = made("convey=none");

	(void)state;
	/* as with the default one */
	assert_string_equal(p->direct, "all");
	assert_int_equal(p->routing, 1);
	/* wherever like stands in the row */
	assert_int_equal(add("name=a;convey=none;pai=none;like=bandwidth"), 0);
	p = named("a");
	assert_int_equal(p->forms, 1);
	assert_int_equal(p->pai[0], E911_IDENTITY_NONE);
	assert_string_equal(p->token_name, "bandwidth-location");
	assert_string_equal(p->cites, named("bandwidth")->cites);
	assert_true(p->assumed);
	/* and of those that were added before */
	assert_int_equal(add("name=b;like=a;assumed=no"), 0);
	assert_string_equal(named("b")->token_name, "bandwidth-location");
	assert_false(named("b")->assumed);
	/* a variant of one's own, like quite another */
	assert_int_equal(add("name=b;country=CA;like=plain"), 0);
	assert_string_equal(with("b", "CA")->token_name, "");
	assert_string_equal(with("b", "US")->token_name, "bandwidth-location");
}

static void a_row_of_a_built_in_name_takes_its_place(void **state)
{
	(void)state;
	assert_int_equal(add("name=redsky;like=redsky;assumed=no"), 0);
	assert_false(named("redsky")->assumed);
	assert_int_equal(named("redsky")->user_phone, 1);
	/* once */
	assert_int_equal(add("name=redsky;like=plain"), E911_ERR_TWICE);
	assert_string_equal(at, "name=redsky;like=plain");
	assert_false(named("redsky")->forms == 1);
	/* it stands above those built in that have a country */
	assert_ptr_not_equal(with("teams", "CA"), named("teams"));
	assert_int_equal(add("name=teams;like=teams;header=X-A:b"), 0);
	assert_string_equal(with("teams", "CA")->headers, "X-A:b");
	assert_string_equal(with("teams", "US")->headers, "X-A:b");
	assert_int_equal(add("name=teams;country=CA;direct=none"), 0);
	assert_string_equal(with("teams", "CA")->direct, "none");
	assert_string_equal(with("teams", "CA")->headers, "X-A:b");
	assert_int_equal(add("name=teams;country=CA"), E911_ERR_TWICE);
}

static void what_is_no_more_is_the_default(void **state)
{
	(void)state;
	assert_null(named("gone"));
	assert_null(named(""));
	assert_null(named("Value"));
	assert_string_equal(with("gone", "CA")->name, "value");
	assert_int_equal(add("name=value;data=provider"), 0);
	assert_int_equal(with("gone", "CA")->data, E911_DATA_PROVIDER);
	assert_int_equal(made("convey=value")->data, E911_DATA_PROVIDER);
}

static void so_many_and_no_more(void **state)
{
	int n = (int)COUNT(e911_profile_rows) - 1, i;
	char row[32];

	(void)state;
	for(i = n; i < E911_PROFILES_MAX; i++) {
		sprintf(row, "name=p%d", i);
		assert_int_equal(add(row), 0);
	}
	assert_int_equal(add("name=last"), E911_ERR_FULL);
	assert_string_equal(at, "name=last");
	assert_null(named("last"));
	assert_string_equal(
			e911_profiles_nth(profiles, E911_PROFILES_MAX - 1)->name, row + 5);
	assert_null(e911_profiles_nth(profiles, E911_PROFILES_MAX));
}

static int make_all(void *arg)
{
	str row = *(str *)arg, bad;
	e911_profiles_t *all = NULL;
	int err = e911_profiles_new(&all);

	if(err)
		assert_null(all);
	else
		err = e911_profiles_add(all, &row, &bad);
	e911_profiles_free(all);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	str row = tight_z("name=x;like=i3;header=X-A:{site}");
	str wrong = tight_z("name=x;header=X-A");

	(void)state;
	ksr_sweep(make_all, &row, E911_ERR_MEM);
	/* one that is refused is not kept */
	assert_int_equal(make_all(&wrong), E911_ERR_SYNTAX);
	free(row.s);
	free(wrong.s);
	assert_int_equal(ksr_blocks(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(the_built_in_rows_all_load),
			TEST(what_is_built_in_is_what_is_said_of_it),
			TEST(a_variant_is_for_its_country_only),
			TEST(columns_of_one_word),
			TEST(columns_of_a_text),
			TEST(none_is_always_the_last_form),
			TEST(identities_are_lists_by_preference),
			TEST(methods_become_their_words),
			TEST(limits_are_of_fields_of_the_address),
			TEST(fields_may_be_left_out),
			TEST(data_and_needs_are_sets_of_words),
			TEST(variants_need_a_country),
			TEST(who_calls_back_comes_from_a_source),
			TEST(headers_have_lines_and_fillings),
			TEST(no_header_of_ours_may_be_written),
			TEST(says_what_is_wrong_with_a_row),
			TEST(what_a_row_does_not_say_is_as_with_another),
			TEST(a_row_of_a_built_in_name_takes_its_place),
			TEST(what_is_no_more_is_the_default),
			TEST(so_many_and_no_more),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
