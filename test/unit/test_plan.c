/*
 * needs: plan_dial plan_row regex row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>
#include <sanitizer/allocator_interface.h>
#include "../../modules/e911/plan.c"
#include "../../modules/e911/policy.h"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define DIGITS_128                                                     \
	"1234567812345678123456781234567812345678123456781234567812345678" \
	"1234567812345678123456781234567812345678123456781234567812345678"

/* ----- helpers: a plan from rows, a match as text ----- */

static int add(e911_plan_t *plan, const char *row)
{
	str text = tight_z(row), bad = {NULL, 0};
	int err = e911_plan_add(plan, &text, &bad);

	if(err)
		assert_true(bad.s >= text.s && bad.s + bad.len <= text.s + text.len);
	else
		assert_null(bad.s);
	free(text.s);
	return err;
}

static e911_plan_t *plan_of(int defaults, const char *const *rows)
{
	e911_plan_t *plan;

	assert_int_equal(e911_plan_new(&plan, defaults), 0);
	for(; rows && *rows; rows++)
		assert_int_equal(add(plan, *rows), 0);
	return plan;
}

static str str_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

/* "kind urn number country set", or "none" */
static void look(const e911_plan_t *plan, const char *dialled,
		const e911_where_t *where, char *out)
{
	str text = tight_z(dialled);
	e911_match_t m;
	int err = e911_plan_match(plan, &text, where, &m);

	assert_true(err == 0 || err == E911_ERR_NONE);
	if(err)
		strcpy(out, "none");
	else
		sprintf(out, "%s %.*s %.*s [%.*s] %d", e911_kind_name(m.kind),
				m.urn.len, m.urn.s, m.number.len, m.number.s, m.country.len,
				m.country.s, m.set);
	free(text.s);
}

/* countries: "LOCATION/SITE/OFF", NULL for where == NULL */
static e911_where_t where_of(const char *countries)
{
	e911_where_t where;
	const char *site = strchr(countries, '/') + 1;
	const char *off = strchr(site, '/') + 1;

	where.location_country.s = (char *)countries;
	where.location_country.len = (int)(site - countries) - 1;
	where.site_country.s = (char *)site;
	where.site_country.len = (int)(off - site) - 1;
	where.off = str_of(off);
	return where;
}

static void assert_look(const e911_plan_t *plan, const char *dialled,
		const char *countries, const char *want)
{
	char out[600];
	e911_where_t where;

	if(countries)
		where = where_of(countries);
	look(plan, dialled, countries ? &where : NULL, out);
	assert_string_equal(out, want);
}

typedef struct look_row
{
	const char *dialled, *countries, *want;
} look_row_t;

static void check(e911_plan_t *plan, const look_row_t *rows, size_t count)
{
	size_t i;

	for(i = 0; i < count; i++)
		assert_look(plan, rows[i].dialled, rows[i].countries, rows[i].want);
	e911_plan_free(plan);
}

/* ----- what a URI dials ----- */

static void reads_what_a_uri_dials(void **state)
{
	static const char *const rows[][2] = {
			{"911", "911"},
			{"+911", "+911"},
			{"+1-911", "+1911"},
			{"9-1.1", "911"},
			{" 9 1 1 ", "911"},
			{"(911)", "911"},
			{"*9-11#", "*911#"},
			{"911;phone-context=+1", "911"},
			{"%39%31%31", "911"},
			{"sip:911@example.com", "911"},
			{"SIP:911@example.com", "911"},
			{"sips:911@example.com", "911"},
			{"SiPs:911@[2001:db8::1]:5061", "911"},
			{"sip:911@example.com;user=phone", "911"},
			{"sip:%39%31%31@x", "911"},
			{"sip:+1%28555%29%2d1@x", "+15551"},
			{"sip:911;phone-context=+1@h", "911"},
			{"sip:911:secret@h", "911"},
			{"sip:911;a=b:c@h", "911"},
			{"sip:911@h?Subject=911@x", "911"},
			{"sip:*911@h", "*911"},
			{"sip:%23911@h", "#911"},
			{"sip:sos@h", "sos"},
			{"sip:a.smith-1@h", "a.smith-1"},
			{"tel:911", "911"},
			{"TEL:+1-555-0100", "+15550100"},
			{"tel:911;phone-context=+1", "911"},
			{"urn:service:sos", "urn:service:sos"},
			{"URN:Service:SOS.Fire", "urn:service:sos.fire"},
			{"urn:service:sos;x=y", "urn:service:sos"},
			{"urn:service:sos.animal-control",
					"urn:service:sos.animal-control"},
			{DIGITS_128, DIGITS_128},
			{"sip:" DIGITS_128 "@x", DIGITS_128},
	};
	str uri, dialled;
	char *mem;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		mem = malloc(E911_DIALLED_MAX);
		uri = tight_z(rows[i][0]);
		assert_int_equal(e911_plan_dialled(&uri, mem, &dialled), 0);
		assert_true(is_z(&dialled, rows[i][1]));
		free(uri.s);
		free(mem);
	}
}

static void refuses_what_dials_nothing(void **state)
{
	static const char *const rows[] = {"", " ", "-", "(",
			"sip:", "sips:", "tel:", "tel:;x", "sip:example.com", "sip:911",
			"sip:911;user=phone", "sip:@host", "sip:;x@host", "sip::pw@host",
			"sip:%@h", "sip:%3@h", "sip:%3", "sip:9%1g1@h", "%", "%3", "911%",
			"sip:911%0d%0aEvil@h", "sip:911%00@h", "sip:911%40home@h",
			"sip:911%3e@h", "sip:911%3b@h", "sip:\"911@x\"@h", "sip:\"a b\"@h",
			"<sip:911@h>", "sip:a%20b@h", "sip:\xd9\xa9\xd9\xa1\xd9\xa1@h",
			"http://911@h", "911:5", "911@host", "9\t1\r\n1", "sip:911%3a5@h",
			DIGITS_128 "1", "sip:" DIGITS_128 "-@x"};
	char *mem;
	size_t i;
	str uri, dialled = {NULL, 0};

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		mem = malloc(E911_DIALLED_MAX);
		uri = tight_z(rows[i]);
		assert_int_equal(e911_plan_dialled(&uri, mem, &dialled), E911_ERR_NONE);
		assert_null(dialled.s);
		free(uri.s);
		free(mem);
	}
}

static void reads_64_kilobytes_without_harm(void **state)
{
	static const char *const units[] = {"%39", "9", "-", "@", ":", ";", "%"};
	char mem[E911_DIALLED_MAX];
	str uri, dialled;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(units); i++) {
		uri = tight_many(units[i], 65536 / strlen(units[i]));
		e911_plan_dialled(&uri, mem, &dialled);
		memcpy(uri.s, "sip:", 4);
		assert_int_equal(e911_plan_dialled(&uri, mem, &dialled), E911_ERR_NONE);
		free(uri.s);
	}
}

/* ----- the built-in rows ----- */

static void knows_emergency_numbers_without_rows(void **state)
{
	static const look_row_t rows[] = {
			{"911", NULL, "emergency urn:service:sos 911 [] 0"},
			{"911", "//", "emergency urn:service:sos 911 [] 0"},
			{"911", "DE/FR/", "emergency urn:service:sos 911 [] 0"},
			{"+911", "US//", "emergency urn:service:sos 911 [] 0"},
			{"112", "US//", "emergency urn:service:sos 911 [] 0"},
			{"112", "DE//", "emergency urn:service:sos 112 [] 0"},
			{"112", "//", "emergency urn:service:sos 112 [] 0"},
			{"9911", "US//", "emergency urn:service:sos 911 [US] 0"},
			{"9911", "CA//", "emergency urn:service:sos 911 [CA] 0"},
			{"9911", "pr//", "emergency urn:service:sos 911 [PR] 0"},
			{"9911", "GB//", "none"},
			{"9911", "GB/US/", "emergency urn:service:sos 911 [US] 0"},
			{"933", "US//", "test urn:service:test.sos 933 [US] 0"},
			{"933", "DE//", "none"},
			{"999", "GB//", "emergency urn:service:sos 999 [GB] 0"},
			{"999", "IE//", "emergency urn:service:sos 999 [IE] 0"},
			{"999", "US//", "none"},
			{"urn:service:sos", "US//", "emergency urn:service:sos 911 [] 0"},
			{"urn:service:test.sos", "US//",
					"test urn:service:test.sos 933 [] 0"},
			{"urn:service:test.sos.fire", "DE//",
					"test urn:service:test.sos.fire 933 [] 0"},
	};

	(void)state;
	check(plan_of(1, NULL), rows, COUNT(rows));
}

static void ordinary_numbers_are_no_emergency(void **state)
{
	static const char *const numbers[] = {"9112", "1911", "91155501", "911911",
			"91", "1", "9", "+1911", "0911", "1112", "1120", "19119", "+1",
			"15550911", "sos", "urn", "urn:", "urn:service",
			"urn:service:", "urn:service:so", "urn:service:sosx",
			"urn:service:sos-fire", "urn:service:counseling",
			"urn:service:counseling.sos", "urn:service:test",
			"urn:service:test.sosx", "xurn:service:sos", "", DIGITS_128,
			DIGITS_128 "1"};
	e911_plan_t *plan = plan_of(1, NULL);
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(numbers); i++) {
		assert_look(plan, numbers[i], NULL, "none");
		assert_look(plan, numbers[i], "US/US/", "none");
	}
	e911_plan_free(plan);
}

static void only_a_test_says_who_answers_it(void **state)
{
	static const char *const rows[] = {"7933;kind=test;test=local",
			"8933;kind=test;test=message", "9933;kind=test", NULL};
	static const struct
	{
		const char *dialled;
		int test;
	} cases[] = {{"7933", E911_TEST_LOCAL + 1}, {"8933", E911_TEST_MESSAGE + 1},
			{"9933", 0}, {"911", 0}};
	e911_plan_t *plan = plan_of(1, rows);
	e911_match_t m;
	size_t i;
	str s;

	(void)state;
	for(i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		s = str_of(cases[i].dialled);
		assert_int_equal(e911_plan_match(plan, &s, NULL, &m), 0);
		assert_int_equal(m.test, cases[i].test);
	}
	assert_int_equal(add(plan, "5911;number=911;test=local"), E911_ERR_VALUE);
	assert_int_equal(add(plan, "urn:service:sos;test=local"), E911_ERR_VALUE);
	assert_int_equal(add(plan, "5933;kind=test;test=here"), E911_ERR_VALUE);
	assert_int_equal(add(plan, "urn:service:test.sos;test=ersp"), 0);
	e911_plan_free(plan);
}

static void tells_its_patterns_and_sets(void **state)
{
	static const char *const rows[] = {"110;set=3", "^[78]911$;number=911",
			"urn:service:sos.fire;set=4", NULL};
	e911_plan_t *plan = plan_of(0, rows);
	str s;

	(void)state;
	assert_int_equal(e911_plan_nth(plan, 0, &s), 0);
	assert_true(s.len == 20 && memcmp(s.s, "urn:service:sos.fire", 20) == 0);
	assert_int_equal(e911_plan_nth(plan, 1, &s), 0);
	assert_true(s.len == 3 && memcmp(s.s, "110", 3) == 0);
	assert_int_equal(e911_plan_nth(plan, 2, &s), E911_ERR_NONE);
	assert_true(e911_plan_has_set(plan, 3));
	assert_true(e911_plan_has_set(plan, 4));
	assert_false(e911_plan_has_set(plan, 5));
	e911_plan_free(plan);
}

static void an_empty_plan_matches_nothing(void **state)
{
	static const look_row_t rows[] = {
			{"911", NULL, "none"}, {"urn:service:sos", NULL, "none"}};

	(void)state;
	check(plan_of(0, NULL), rows, COUNT(rows));
}

/* ----- URNs ----- */

static void sub_services_match_their_service(void **state)
{
	static const char *const plan[] = {"urn:service:sos.police;set=2",
			"URN:service:SOS.fire.Forest;set=3",
			"urn:service:sos.marine;urn=urn:service:sos;number=999", NULL};
	static const look_row_t rows[] = {
			{"urn:service:sos.fire", NULL,
					"emergency urn:service:sos.fire 911 [] 0"},
			{"urn:service:sos.animal-control", NULL,
					"emergency urn:service:sos.animal-control 911 [] 0"},
			{"urn:service:sos.police", NULL,
					"emergency urn:service:sos.police 911 [] 2"},
			{"urn:service:sos.police.a.b", NULL,
					"emergency urn:service:sos.police.a.b 911 [] 2"},
			{"urn:service:sos.policex", NULL,
					"emergency urn:service:sos.policex 911 [] 0"},
			{"urn:service:sos.fire.forest.x", NULL,
					"emergency urn:service:sos.fire.forest.x 911 [] 3"},
			{"urn:service:sos.fire.house", NULL,
					"emergency urn:service:sos.fire.house 911 [] 0"},
			/* the row names the URN and the number */
			{"urn:service:sos.marine", NULL,
					"emergency urn:service:sos 999 [] 0"},
			/* malformed: calls all the same, under a name that is not */
			{"urn:service:sos.", NULL, "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos..fire", NULL,
					"emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos.-a", NULL, "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos.a-", NULL, "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos.a-.b", NULL,
					"emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos.a/b", NULL, "emergency urn:service:sos 911 [] 0"},
	};

	(void)state;
	check(plan_of(1, plan), rows, COUNT(rows));
}

static void number_of_a_urn_follows_the_country(void **state)
{
	static const look_row_t rows[] = {
			{"urn:service:sos", NULL, "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos", "//", "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos", "CA//", "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos", "us/DE/", "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos", "DE/US/", "emergency urn:service:sos 112 [] 0"},
			{"urn:service:sos", "/DE/", "emergency urn:service:sos 112 [] 0"},
			{"urn:service:test.sos", "DE//",
					"test urn:service:test.sos 933 [] 0"},
	};

	(void)state;
	check(plan_of(1, NULL), rows, COUNT(rows));
}

/* ----- which of several rows ----- */

static void ranks_rows_by_country(void **state)
{
	static const char *const plan[] = {"110;country=DE;set=1",
			"110;country=CH,AT;set=2", "110;set=3", "110;country=JP;set=4",
			"118;country=IT;set=5", "118;country=CH;set=6", NULL};
	static const look_row_t rows[] = {
			{"110", "DE/CH/", "emergency urn:service:sos 110 [DE] 1"},
			{"110", "at/CH/", "emergency urn:service:sos 110 [AT] 2"},
			{"110", "FR/CH/", "emergency urn:service:sos 110 [CH] 2"},
			{"110", "/JP/", "emergency urn:service:sos 110 [JP] 4"},
			{"110", "FR/FR/", "emergency urn:service:sos 110 [] 3"},
			{"110", "//", "emergency urn:service:sos 110 [] 3"},
			{"110", NULL, "emergency urn:service:sos 110 [] 3"},
			/* any, the younger, only if no country is known */
			{"118", NULL, "emergency urn:service:sos 118 [CH] 6"},
			{"118", "//", "emergency urn:service:sos 118 [CH] 6"},
			{"118", "X/Austria/", "emergency urn:service:sos 118 [CH] 6"},
			{"118", "/FR/", "none"},
			{"118", "FR//", "none"},
			{"118", "FR/IT/", "emergency urn:service:sos 118 [IT] 5"},
	};

	(void)state;
	check(plan_of(0, plan), rows, COUNT(rows));
}

static void later_rows_win_among_equals(void **state)
{
	static const char *const plan[] = {"911;set=1",
			"911;set=2;urn=urn:service:"
			"sos.ecrf",
			"110;country=DE,FR;set=1", "110;country=DE;set=2",
			"^77[0-9]$;set=1", "^7[0-9]{2}$;set=2", "775;set=3",
			"^88[0-9]$;country=US;set=1", "888;set=2", "112;set=9", NULL};
	static const look_row_t rows[] = {
			{"911", NULL, "emergency urn:service:sos.ecrf 911 [] 2"},
			{"112", "US//", "emergency urn:service:sos 911 [] 9"},
			{"110", "DE//", "emergency urn:service:sos 110 [DE] 2"},
			{"110", "FR//", "emergency urn:service:sos 110 [FR] 1"},
			{"770", NULL, "emergency urn:service:sos 770 [] 2"},
			{"775", NULL, "emergency urn:service:sos 775 [] 3"},
			/* the country goes before age */
			{"888", "US//", "emergency urn:service:sos 888 [US] 1"},
			{"888", "DE//", "emergency urn:service:sos 888 [] 2"},
	};

	(void)state;
	check(plan_of(1, plan), rows, COUNT(rows));
}

static void always_numbers_match_in_all_countries(void **state)
{
	static const char *const plan[] = {"911;country=US;set=1",
			"112;country=DE;set=2", "+911;country=US;set=3",
			"urn:service:sos;country=US;set=4", "110;country=DE;set=5", NULL};
	static const look_row_t rows[] = {
			{"911", "DE/DE/", "emergency urn:service:sos 911 [US] 1"},
			{"112", "US/US/", "emergency urn:service:sos 911 [DE] 2"},
			{"+911", "DE//", "emergency urn:service:sos +911 [US] 3"},
			{"urn:service:sos.fire", "DE//",
					"emergency urn:service:sos.fire 112 [US] 4"},
			{"110", "US//", "none"},
	};

	(void)state;
	check(plan_of(0, plan), rows, COUNT(rows));
}

static void a_site_switches_off_all_but_the_always_numbers(void **state)
{
	static const char *const plan[] = {"^77[0-9]$", "SOS", NULL};
#define OFF "9911, 933,911,+911,112,urn:service:sos,^77[0-9]$,sos"
	static const look_row_t rows[] = {
			{"9911", "US//9911", "none"},
			{"9911", "US//933,9911", "none"},
			{"9911", "US//991,99111,", "emergency urn:service:sos 911 [US] 0"},
			{"933", "US//" OFF, "none"},
			{"775", "US//" OFF, "none"},
			{"775", "US//775", "emergency urn:service:sos 775 [] 0"},
			{"sos", "US//" OFF, "none"},
			{"sos", "US//", "emergency urn:service:sos sos [] 0"},
			{"911", "US//" OFF, "emergency urn:service:sos 911 [] 0"},
			{"+911", "US//" OFF, "emergency urn:service:sos 911 [] 0"},
			{"112", "US//" OFF, "emergency urn:service:sos 911 [] 0"},
			{"urn:service:sos", "US//" OFF,
					"emergency urn:service:sos 911 [] 0"},
	};

	(void)state;
	check(plan_of(1, plan), rows, COUNT(rows));
}

/* ----- rows ----- */

static void fills_in_what_a_row_leaves_out(void **state)
{
	static const char *const plan[] = {"1;kind=test",
			"2;urn=URN:service:Test.SOS",
			"3;kind=emergency;urn=urn:service:test.sos",
			"4;kind=TEST;urn=urn:service:sos;number=+1-933;set=7",
			"(555) 01-00;number=9.1.1", "tel:+1-7", "urn:service:test;set=8",
			"urn:service:gas;KIND=emergency", " 6 ; country = us , ca ;", NULL};
	static const look_row_t rows[] = {
			{"1", NULL, "test urn:service:test.sos 1 [] 0"},
			{"2", NULL, "test urn:service:test.sos 2 [] 0"},
			{"3", NULL, "emergency urn:service:test.sos 3 [] 0"},
			{"4", NULL, "test urn:service:sos +1933 [] 7"},
			{"5550100", NULL, "emergency urn:service:sos 911 [] 0"},
			{"+17", NULL, "emergency urn:service:sos +17 [] 0"},
			{"urn:service:test.foo", NULL,
					"test urn:service:test.foo 933 [] 8"},
			{"urn:service:gas.leak", NULL,
					"emergency urn:service:gas.leak 911 [] 0"},
			{"6", "CA//", "emergency urn:service:sos 6 [CA] 0"},
	};

	(void)state;
	check(plan_of(0, plan), rows, COUNT(rows));
}

static void refuses_rows_and_names_the_part_at_fault(void **state)
{
	static const struct
	{
		const char *row, *bad;
		int err;
	} rows[] = {
			{"", "", E911_ERR_VALUE},
			{";urn=urn:service:sos", "", E911_ERR_VALUE},
			{"9 1:1;set=1", "9 1:1", E911_ERR_VALUE},
			{"urn:foo:sos", "urn:foo:sos", E911_ERR_VALUE},
			{"urn:service:", "urn:service:", E911_ERR_VALUE},
			{"urn:service:sos.", "urn:service:sos.", E911_ERR_VALUE},
			{"^", "^", E911_ERR_VALUE},
			{"^$", "^$", E911_ERR_VALUE},
			{"^(9", "^(9", E911_ERR_SYNTAX},
			{"^9[", "^9[", E911_ERR_SYNTAX},
			{"^*9", "^*9", E911_ERR_SYNTAX},
			{"^(*UTF)9.", "^(*UTF)9.", E911_ERR_SYNTAX},
			{"^\\C", "^\\C", E911_ERR_SYNTAX},
			{"^9\\", "^9\\", E911_ERR_SYNTAX},
			{"^((((((((((((((((((((((9))))))))))))))))))))))",
					"^((((((((((((((((((((((9))))))))))))))))))))))",
					E911_ERR_SYNTAX},
			{DIGITS_128 "1", DIGITS_128 "1", E911_ERR_LONG},
			{"^[" DIGITS_128 DIGITS_128 "]", "^[" DIGITS_128 DIGITS_128 "]",
					E911_ERR_LONG},
			{"1;sett=1", "sett", E911_ERR_NAME},
			{"1;set=x", "x", E911_ERR_VALUE},
			{"1;set=-1", "-1", E911_ERR_VALUE},
			{"1;set=99999999999", "99999999999", E911_ERR_VALUE},
			{"1;set", "set", E911_ERR_VALUE},
			{"1;set=1;set=1", "set", E911_ERR_TWICE},
			{"1;kind=none", "none", E911_ERR_VALUE},
			{"1;kind=", "kind", E911_ERR_VALUE},
			{"1;urn=sos", "sos", E911_ERR_VALUE},
			{"1;urn=urn:service:sos..a", "urn:service:sos..a", E911_ERR_VALUE},
			{"1;urn=urn:service:" DIGITS_128, "urn:service:" DIGITS_128,
					E911_ERR_LONG},
			{"1;number=urn:service:sos", "urn:service:sos", E911_ERR_VALUE},
			{"1;number=9@1", "9@1", E911_ERR_VALUE},
			{"1;number=" DIGITS_128 "1", DIGITS_128 "1", E911_ERR_LONG},
			{"1;country=USA", "USA", E911_ERR_VALUE},
			{"1;country=US,1X", "US,1X", E911_ERR_VALUE},
			{"1;country=\"US", "country", E911_ERR_SYNTAX},
			{"1;=2", "", E911_ERR_SYNTAX},
			{"911;kind=test", "911", E911_ERR_VALUE},
			{"^112$;kind=test", "^112$", E911_ERR_VALUE},
			{"+911;urn=urn:service:test.sos", "+911", E911_ERR_VALUE},
			{"^911;kind=test", "^911", E911_ERR_VALUE},
			{"^9(11|33)$;kind=test;country=DE", "^9(11|33)$", E911_ERR_VALUE},
			{"^\\+?9;urn=urn:service:test.sos", "^\\+?9", E911_ERR_VALUE},
			{"^1.2;kind=test", "^1.2", E911_ERR_VALUE},
			{"^urn:service:.;kind=test", "^urn:service:.", E911_ERR_VALUE},
			{"urn:service:sos.fire;kind=test", "urn:service:sos.fire",
					E911_ERR_VALUE},
	};
	e911_plan_t *plan = plan_of(0, NULL);
	str row, bad;
	size_t i;
	int err;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		row = tight_z(rows[i].row);
		err = e911_plan_add(plan, &row, &bad);
		assert_int_equal(err, rows[i].err);
		assert_true(is_z(&bad, rows[i].bad));
		free(row.s);
	}
	assert_int_equal(plan->count, 0);
	assert_int_equal(plan->rules, 0);
	e911_plan_free(plan);
}

static void no_expression_makes_a_test_of_an_emergency(void **state)
{
	static const char *const plan[] = {
			"^urn:service:sos.f;kind=test", "^9+3$;kind=test;test=local", NULL};
	static const look_row_t rows[] = {
			{"urn:service:sos.fire", NULL,
					"emergency urn:service:sos.fire 911 [] 0"},
			{"urn:service:sos", NULL, "emergency urn:service:sos 911 [] 0"},
			{"993", NULL, "test urn:service:test.sos 993 [] 0"},
			{"911", NULL, "emergency urn:service:sos 911 [] 0"},
	};

	(void)state;
	check(plan_of(1, plan), rows, COUNT(rows));
}

static void refuses_more_countries_than_there_are(void **state)
{
	e911_plan_t *plan = plan_of(0, NULL);
	str list = tight_many("US,", 250), row, bad;

	(void)state;
	row.s = malloc(list.len + 10);
	row.len = sprintf(row.s, "1;country=%.*s", list.len - 3, list.s);
	assert_int_equal(e911_plan_add(plan, &row, &bad), 0);
	row.len = sprintf(row.s, "1;country=%.*s", list.len - 1, list.s);
	assert_int_equal(e911_plan_add(plan, &row, &bad), E911_ERR_LONG);
	free(row.s);
	free(list.s);
	e911_plan_free(plan);
}

/* ----- regular expressions ----- */

static void regexes_match_from_the_first_byte(void **state)
{
	static const char *const plan[] = {"^0?110$", "^8(88|99)",
			"^SOS[0-9]$;number=911", "^7|6$", "^\\d{1,3}55$;set=5", NULL};
	static const look_row_t rows[] = {
			{"110", NULL, "emergency urn:service:sos 110 [] 0"},
			{"0110", NULL, "emergency urn:service:sos 0110 [] 0"},
			{"00110", NULL, "none"},
			{"1101", NULL, "none"},
			{"888", NULL, "emergency urn:service:sos 888 [] 0"},
			{"8995", NULL, "emergency urn:service:sos 8995 [] 0"},
			{"1888", NULL, "none"},
			{"sos1", NULL, "emergency urn:service:sos 911 [] 0"},
			{"SoS1", NULL, "emergency urn:service:sos 911 [] 0"},
			{"6", NULL, "emergency urn:service:sos 6 [] 0"},
			{"16", NULL, "none"},
			{"7", NULL, "emergency urn:service:sos 7 [] 0"},
			{"155", NULL, "emergency urn:service:sos 155 [] 5"},
			{"12355", NULL, "emergency urn:service:sos 12355 [] 5"},
			{"55", NULL, "none"},
	};

	(void)state;
	check(plan_of(0, plan), rows, COUNT(rows));
}

static void literal_regexes_are_exact_rows(void **state)
{
	static const char *const plan[] = {
			"^911$", "^\\+911$", "^9\\-33$", "^urn:service:sos$", "^#1$", NULL};
	static const look_row_t rows[] = {
			{"911", NULL, "emergency urn:service:sos 911 [] 0"},
			{"+911", NULL, "emergency urn:service:sos +911 [] 0"},
			{"9111", NULL, "none"},
			{"933", NULL, "emergency urn:service:sos 933 [] 0"},
			{"#1", NULL, "emergency urn:service:sos #1 [] 0"},
			{"urn:service:sos.fire", NULL,
					"emergency urn:service:sos.fire 911 [] 0"},
	};
	e911_plan_t *built = plan_of(0, plan);

	(void)state;
	assert_int_equal(built->rules, 0);
	check(built, rows, COUNT(rows));
}

static void near_literal_regexes_are_not_exact_rows(void **state)
{
	static const char *const plan[] = {"^911", "^9.1$", "^\\d11$", "^91{2}$",
			"^91+$", "^91?$", "^91*$", "^9(1)$", "^9[1]$", "^9|1$", "^911\\$",
			"^9^1$", "^9$1$", NULL};
	e911_plan_t *built = plan_of(0, plan);

	(void)state;
	assert_int_equal(built->leaders, 0);
	assert_int_equal(built->rules, 13);
	e911_plan_free(built);
}

static void a_regex_may_be_for_urns(void **state)
{
	static const char *const plan[] = {
			"^urn:service:sos\\.(gas|water)$;set=3;number=1", NULL};
	static const look_row_t rows[] = {
			{"urn:service:sos.gas", NULL, "emergency urn:service:sos 1 [] 3"},
			{"urn:service:sos.fire", NULL,
					"emergency urn:service:sos.fire 911 [] 0"},
	};

	(void)state;
	check(plan_of(1, plan), rows, COUNT(rows));
}

static void every_regex_is_tried_and_one_more_is_refused(void **state)
{
	e911_plan_t *plan = plan_of(0, NULL);
	char row[32], number[32], want[64];
	int i;

	(void)state;
	for(i = 0; i < E911_PLAN_REGEX_MAX; i++) {
		sprintf(row, "^[35]%d$;set=%d", 1000 + i, i + 1);
		assert_int_equal(add(plan, row), 0);
	}
	assert_int_equal(add(plan, "^[35]1$"), E911_ERR_FULL);
	assert_int_equal(add(plan, "^911$"), 0);
	for(i = 0; i < E911_PLAN_REGEX_MAX; i++) {
		sprintf(number, "5%d", 1000 + i);
		sprintf(want, "emergency urn:service:sos %s [] %d", number, i + 1);
		assert_look(plan, number, NULL, want);
	}
	assert_look(plan, "51256", NULL, "none");
	e911_plan_free(plan);
}

/* the first-byte table against the expressions themselves, byte by byte */
static void no_regex_is_missed_for_its_first_byte(void **state)
{
	static const char *const patterns[] = {"^1", "^\\+1", "^s", "^[a-f]1", "^.",
			"^\\d", "^(?:a|\\+|9)", "^x?y", "^(?=9)9", "^(?!9).", "^a*", "^\\*",
			"^(?i)q", "^(?-i)Q", "^_", "^\\W", "^[^5]", "^(a|)b", "^()",
			"^\\b1", "^(?<=x)a|z"};
	e911_regex_t *regex;
	e911_plan_t *plan;
	str pattern, s;
	char text[3];
	size_t i;
	int byte;

	(void)state;
	for(i = 0; i < COUNT(patterns); i++) {
		plan = plan_of(0, NULL);
		assert_int_equal(add(plan, patterns[i]), 0);
		pattern = str_of(patterns[i] + 1);
		assert_int_equal(e911_regex_compile(&regex, &pattern), 0);
		for(byte = 1; byte < 256; byte++) {
			sprintf(text, "%c1", byte);
			s = str_of(text);
			if(!e911_regex_matches(regex, &s))
				text[1] = 'y';
			if(e911_regex_matches(regex, &s))
				assert_true(plan->first[byte][0] & 1);
		}
		e911_regex_free(regex);
		e911_plan_free(plan);
	}
}

static size_t mallocs;

static void count_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	mallocs++;
}

static void count_free(const volatile void *p)
{
	(void)p;
}

static void hostile_regexes_end_and_allocate_nothing(void **state)
{
	/* [xy]: PCRE2 looks for a single letter first, and were done */
	static const char *const patterns[] = {"^(\\d+)+[xy]", "^(\\d|\\d\\d)*[xy]",
			"^((((\\d)*)*)*)*[xy]", "^(?:(1)|(2)|(3)|(4)|(5)|(6)|(7)|(8))*[xy]",
			"^(\\d(?1)?)[xy]", "^((\\d)(?=(\\d)))*[xy]"};
	clock_t start = clock();
	e911_plan_t *plan = plan_of(0, NULL);
	str s = tight_z(DIGITS_128);
	e911_match_t match;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(patterns); i++)
		assert_int_equal(add(plan, patterns[i]), 0);
	ksr_allow(0);
	mallocs = 0;
	for(i = 0; i < 3; i++)
		assert_int_equal(
				e911_plan_match(plan, &s, NULL, &match), E911_ERR_NONE);
	assert_false(ksr_refused());
	ksr_allow(-1);
	assert_int_equal(mallocs, 0);
	assert_true(clock() - start < CLOCKS_PER_SEC);
	free(s.s);
	e911_plan_free(plan);
}

static void honest_regexes_match_the_longest_strings(void **state)
{
	static const char *const plan[] = {"^(?:[0-9]|#)*78$;number=1", NULL};
	static const look_row_t rows[] = {
			{DIGITS_128, NULL, "emergency urn:service:sos 1 [] 0"}};

	(void)state;
	check(plan_of(0, plan), rows, COUNT(rows));
}

/* ----- size ----- */

static void ten_thousand_rows_give_ten_thousand_answers(void **state)
{
	static const char *const countries[] = {"US", "DE", "FR"};
	e911_plan_t *plan = plan_of(1, NULL);
	char row[64], number[32], where[16], want[64];
	int i;

	(void)state;
	for(i = 0; i < 10000; i++) {
		sprintf(row, "+1555%06d;set=%d;country=%s", i * 7, i, countries[i % 3]);
		assert_int_equal(add(plan, row), 0);
	}
	for(i = 0; i < 10000; i++) {
		sprintf(number, "+1555%06d", i * 7);
		sprintf(want, "emergency urn:service:sos %s [%s] %d", number,
				countries[i % 3], i);
		assert_look(plan, number, NULL, want);
		sprintf(where, "%s//", countries[(i + 1) % 3]);
		assert_look(plan, number, where, "none");
		sprintf(number, "+1555%06d", i * 7 + 1);
		assert_look(plan, number, NULL, "none");
	}
	assert_look(plan, "911", NULL, "emergency urn:service:sos 911 [] 0");
	assert_true(plan->mask + 1 >= plan->leaders);
	e911_plan_free(plan);
}

static void one_number_in_many_rows_stays_short(void **state)
{
	e911_plan_t *plan = plan_of(0, NULL);
	const place_t *p;
	int i, n = 0;

	(void)state;
	for(i = 0; i < 10000; i++)
		assert_int_equal(add(plan, i % 2 ? "110;country=DE,US" : "110"), 0);
	for(i = 0; i <= (int)plan->mask; i++)
		if(plan->buckets[i])
			for(p = plan->buckets[i]->places; p; p = p->next)
				n++;
	assert_int_equal(n, 3);
	e911_plan_free(plan);
}

static void refuses_rows_past_the_bound(void **state)
{
	e911_plan_t *plan = plan_of(0, NULL);
	int i;

	(void)state;
	for(i = 0; i < E911_PLAN_ROWS_MAX; i++)
		assert_int_equal(add(plan, "110"), 0);
	assert_int_equal(add(plan, "111"), E911_ERR_FULL);
	assert_int_equal(add(plan, "^11[0-9]"), E911_ERR_FULL);
	assert_look(plan, "110", NULL, "emergency urn:service:sos 110 [] 0");
	e911_plan_free(plan);
}

/* ----- memory ----- */

static int build_large(void *arg)
{
	e911_plan_t *plan = NULL;
	char row[32];
	str text, bad;
	int err, i;

	(void)arg;
	err = e911_plan_new(&plan, 1);
	if(err) {
		assert_null(plan);
		return err;
	}
	for(i = 0; i < 70 && !err; i++) {
		text.s = row;
		text.len = sprintf(row, i % 20 ? "7%d" : "^7[%d]", i);
		err = e911_plan_add(plan, &text, &bad);
	}
	/* what was built before still works */
	assert_look(plan, "911", NULL, "emergency urn:service:sos 911 [] 0");
	e911_plan_free(plan);
	return err;
}

static void failing_allocations_leave_nothing_behind(void **state)
{
	(void)state;
	ksr_sweep(build_large, NULL, E911_ERR_MEM);
	e911_plan_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			/* first, so that no match before it has taken the memory */
			cmocka_unit_test(hostile_regexes_end_and_allocate_nothing),
			cmocka_unit_test(reads_what_a_uri_dials),
			cmocka_unit_test(refuses_what_dials_nothing),
			cmocka_unit_test(reads_64_kilobytes_without_harm),
			cmocka_unit_test(knows_emergency_numbers_without_rows),
			cmocka_unit_test(ordinary_numbers_are_no_emergency),
			cmocka_unit_test(only_a_test_says_who_answers_it),
			cmocka_unit_test(tells_its_patterns_and_sets),
			cmocka_unit_test(an_empty_plan_matches_nothing),
			cmocka_unit_test(sub_services_match_their_service),
			cmocka_unit_test(number_of_a_urn_follows_the_country),
			cmocka_unit_test(ranks_rows_by_country),
			cmocka_unit_test(later_rows_win_among_equals),
			cmocka_unit_test(always_numbers_match_in_all_countries),
			cmocka_unit_test(a_site_switches_off_all_but_the_always_numbers),
			cmocka_unit_test(fills_in_what_a_row_leaves_out),
			cmocka_unit_test(refuses_rows_and_names_the_part_at_fault),
			cmocka_unit_test(no_expression_makes_a_test_of_an_emergency),
			cmocka_unit_test(refuses_more_countries_than_there_are),
			cmocka_unit_test(regexes_match_from_the_first_byte),
			cmocka_unit_test(literal_regexes_are_exact_rows),
			cmocka_unit_test(near_literal_regexes_are_not_exact_rows),
			cmocka_unit_test(a_regex_may_be_for_urns),
			cmocka_unit_test(every_regex_is_tried_and_one_more_is_refused),
			cmocka_unit_test(no_regex_is_missed_for_its_first_byte),
			cmocka_unit_test(honest_regexes_match_the_longest_strings),
			cmocka_unit_test(ten_thousand_rows_give_ten_thousand_answers),
			cmocka_unit_test(one_number_in_many_rows_stays_short),
			cmocka_unit_test(refuses_rows_past_the_bound),
			cmocka_unit_test(failing_allocations_leave_nothing_behind),
	};

	__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
