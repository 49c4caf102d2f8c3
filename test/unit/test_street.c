/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: strbuf err
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/street.c"
#include "../../modules/e911/postal.c"
#include "ksr_stub.h"
#include "tight.h"

/* pre|name|suffix|post of a text, or the error */
static const char *street(const char *text, int keep)
{
	static char mem[160];
	str s = tight_z(text);
	e911_street_t made;
	e911_words_t w;
	int err;

	e911_words_init(&w);
	err = e911_words_add(&w, &s);
	if(err == 0)
		err = e911_street_normal(&made, &w, keep);
	free(s.s);
	if(err)
		sprintf(mem, "%d", err);
	else
		sprintf(mem, "%s|%.*s|%s|%s", e911_postal_direction_name(made.pre),
				made.len, made.name, e911_postal_abbreviation(made.suffix),
				e911_postal_direction_name(made.post));
	return mem;
}

typedef struct row
{
	const char *text;
	const char *is;
} row_t;

static void writes_a_street_in_one_way(void **state)
{
	static const row_t rows[] = {
			{"Main St", "|MAIN|ST|"},
			{"  main   STREET. ", "|MAIN|ST|"},
			{"N. Congress Av", "N|CONGRESS|AVE|"},
			{"north congress avenue", "N|CONGRESS|AVE|"},
			{"Congress Ave S", "|CONGRESS|AVE|S"},
			{"N W 5th Ave", "NW|5TH|AVE|"},
			{"5th Ave S E", "|5TH|AVE|SE"},
			{"Fifth Avenue", "|5TH|AVE|"},
			{"5 Ave", "|5TH|AVE|"},
			{"05th ave", "|5TH|AVE|"},
			{"First", "|1ST||"},
			{"Twenty-First St", "|21ST|ST|"},
			{"Twenty Oaks Dr", "|TWENTY OAKS|DR|"},
			{"Thirteenth St", "|13TH|ST|"},
			{"42 nd St", "|42ND|ST|"},
			{"111 th St", "|111TH|ST|"},
			{"11 St", "|11TH|ST|"},
			{"St. Mary's Rd", "|SAINT MARYS|RD|"},
			{"Saint Marys Road", "|SAINT MARYS|RD|"},
			{"Mt Hope Ave", "|MOUNT HOPE|AVE|"},
			{"Ft. Hood Blvd", "|FORT HOOD|BLVD|"},
			{"North St", "|NORTH|ST|"},
			{"N St", "|N|ST|"},
			{"North", "|NORTH||"},
			{"Avenue N", "|AVENUE||N"},
			{"Ave N", "|AVENUE||N"},
			{"Street", "|STREET||"},
			{"Oak Park Dr", "|OAK PARK|DR|"},
			{"Park", "|PARK||"},
			{"County Rd 12", "|COUNTY ROAD 12||"},
			{"Co Road 12", "|COUNTY ROAD 12||"},
			{"CR 12", "|COUNTY ROAD 12||"},
			{"FM 1207", "|FARM TO MARKET 1207||"},
			{"Hwy 7", "|HIGHWAY 7||"},
			{"Pe\xc3\xb1"
			 "a Blvd",
					"|PENA|BLVD|"},
			{"Rue de l\xe2\x80\x99\xc3\x89glise", "|RUE DE LEGLISE||"},
			{"S North Point Dr", "S|NORTH POINT|DR|"},
			{"", "-11"},
			{" .,- ", "-11"},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(street(rows[i].text, 0), rows[i].is);
}

static void leaves_words_in_the_name_if_told(void **state)
{
	(void)state;
	assert_string_equal(street("North Oak Park", 0), "N|OAK|PARK|");
	assert_string_equal(
			street("North Oak Park", E911_KEEP_PRE), "|NORTH OAK|PARK|");
	assert_string_equal(
			street("North Oak Park", E911_KEEP_SUFFIX), "N|OAK PARK||");
}

static void refuses_what_is_too_long(void **state)
{
	str many = tight_many("A ", 25), one = tight_many("A", 257),
		name = tight_many("A", 65);
	e911_street_t made;
	e911_words_t w;

	(void)state;
	e911_words_init(&w);
	assert_int_equal(e911_words_add(&w, &many), E911_ERR_LONG);
	e911_words_init(&w);
	assert_int_equal(e911_words_add(&w, &one), E911_ERR_LONG);
	e911_words_init(&w);
	assert_int_equal(e911_words_add(&w, &name), 0);
	assert_int_equal(e911_street_normal(&made, &w, 0), E911_ERR_LONG);
	free(many.s);
	free(one.s);
	free(name.s);
}

/* CR is COUNTY ROAD: one word more than can be read again */
static void a_name_of_too_many_words_is_none(void **state)
{
	char text[2 * E911_WORDS_MAX + 8] = "";
	e911_street_t made;
	e911_words_t w;
	str value;
	int i, err;

	(void)state;
	for(i = 3; i <= E911_WORDS_MAX; i++) {
		strcat(text, i == 3 ? "X" : " X");
		strcat(text, " CR 12");
		value = (str){text, (int)strlen(text)};
		e911_words_init(&w);
		assert_int_equal(e911_words_add(&w, &value), E911_OK);
		err = e911_street_normal(&made, &w, 0);
		assert_int_equal(err, w.n < E911_WORDS_MAX ? E911_OK : E911_ERR_LONG);
		text[strlen(text) - strlen(" CR 12")] = '\0';
	}
}

/* what is between an X and a Y */
static void a_character_is_of_a_word_or_dropped_or_ends_it(void **state)
{
	char text[4] = "X?Y", both[4];
	e911_words_t w;
	str s;
	int c;

	(void)state;
	for(c = 1; c < 128; c++) {
		text[1] = (char)c;
		s = tight_z(text);
		e911_words_init(&w);
		assert_int_equal(e911_words_add(&w, &s), 0);
		sprintf(both, strchr(".'`", c) ? "XY" : "X%cY", toupper(c));
		if(isalnum(c) || strchr(".'`", c)) {
			assert_int_equal(w.n, 1);
			assert_int_equal(w.word[0].len, strlen(both));
			assert_memory_equal(w.word[0].s, both, strlen(both));
		} else {
			assert_int_equal(w.n, c == '#' ? 3 : 2);
			assert_int_equal(w.word[0].len, 1);
		}
		free(s.s);
	}
}

static void finds_each_suffix_by_each_of_its_variants(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		if(i)
			assert_true(strcmp(variants[i - 1].word, variants[i].word) < 0);
		assert_string_equal(
				e911_postal_abbreviation(e911_postal_suffix(
						variants[i].word, strlen(variants[i].word))),
				variants[i].is);
	}
	for(i = 1; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		assert_true(strcmp(suffixes[i - 1].word, suffixes[i].word) < 0);
	assert_true(i <= E911_SUFFIXES_MAX);
	for(i = 1; i < sizeof(states) / sizeof(*states); i++)
		assert_true(strcmp(states[i - 1].word, states[i].word) < 0);
	for(i = 1; i < sizeof(units) / sizeof(*units); i++)
		assert_true(strcmp(units[i - 1].word, units[i].word) < 0);
	for(i = 1; i < sizeof(ordinals) / sizeof(*ordinals); i++)
		assert_true(strcmp(ordinals[i - 1].word, ordinals[i].word) < 0);
	for(i = 1; i < sizeof(directions) / sizeof(*directions); i++)
		assert_true(strcmp(directions[i - 1].word, directions[i].word) < 0);
	assert_string_equal(e911_postal_abbreviation(0), "");
	assert_string_equal(e911_postal_abbreviation(255), "");
	assert_string_equal(e911_postal_direction_name(9), "");
}

/* prefix|number|suffix */
static const char *house(const char *text)
{
	static char mem[80];
	str s = tight_z(text);
	e911_house_t h;
	int err = e911_house_read(&h, &s);

	if(err)
		sprintf(mem, "%d", err);
	else
		sprintf(mem, "%.*s|%u|%.*s", h.prefix.len, h.prefix.s, h.number,
				h.suffix.len, h.suffix.s);
	free(s.s);
	return mem;
}

static void splits_a_house_number(void **state)
{
	static const row_t rows[] = {{"123", "|123|"}, {"123-A", "|123|A"},
			{"123A", "|123|A"}, {"5-5415", "5|5415|"}, {"194-13", "194|13|"},
			{"N89W16758", "N89W|16758|"}, {"A19", "A|19|"},
			{"123 1/2", "|123|1/2"}, {"123-1/2", "|123|1/2"}, {"1/2", "1/|2|"},
			{"0012", "|12|"}, {"0", "|0|"}, {"999999999", "|999999999|"},
			{"1000000000", "-4"}, {"", "-4"}, {"A", "-4"}, {"/", "-4"},
			{" - ", "-4"}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(house(rows[i].text), rows[i].is);
}

/* where a unit begins, and of what kind */
static void unit(const char *text, int at, int kind)
{
	str s = tight_z(text);
	int is = E911_UNIT_NONE;
	e911_words_t w;

	e911_words_init(&w);
	assert_int_equal(e911_words_add(&w, &s), 0);
	assert_int_equal(e911_words_unit(&w, &is), at);
	assert_int_equal(is, kind);
	free(s.s);
}

static void sees_a_unit_only_behind_a_whole_street(void **state)
{
	(void)state;
	unit("Main St Apt 4", 2, E911_UNIT_UNIT);
	unit("Main St #4", 2, E911_UNIT_UNIT);
	unit("Main St Apt # 4", 2, E911_UNIT_UNIT);
	unit("Main St N Fl 2", 3, E911_UNIT_FLOOR);
	unit("Oak Ave Bldg C", 2, E911_UNIT_BUILDING);
	unit("Oak Ave Rm 417", 2, E911_UNIT_ROOM);
	unit("Space Center", 0, E911_UNIT_NONE);
	unit("St Lot Rd", 0, E911_UNIT_NONE);
	unit("Unit 4", 0, E911_UNIT_NONE);
	unit("Old Trailer Rd", 0, E911_UNIT_NONE);
}

static int numbered(const char *text)
{
	str s = tight_z(text);
	e911_words_t w;
	int is;

	e911_words_init(&w);
	is = e911_words_add(&w, &s) == 0 && e911_words_numbered(&w);
	free(s.s);
	return is;
}

static void sees_a_number_in_front_of_a_name(void **state)
{
	(void)state;
	assert_true(numbered("1100 Congress Av"));
	assert_true(numbered("1100 5th St"));
	assert_false(numbered("5 Ave"));
	assert_false(numbered("42 nd St"));
	assert_false(numbered("5th St"));
	assert_false(numbered("1100"));
	assert_false(numbered("1234567890 Main"));
	assert_false(numbered(""));
}

static const char *named(
		const char *text, int (*normal)(const str *, char *, size_t *))
{
	static char mem[E911_COMMUNITY_MAX + 1];
	str s = tight_z(text);
	size_t len = 0;
	int err = normal(&s, mem, &len);

	mem[len] = '\0';
	if(err)
		sprintf(mem, "%d", err);
	free(s.s);
	return mem;
}

static void writes_a_community_in_one_way(void **state)
{
	static const row_t rows[] = {{"St. Paul", "SAINT PAUL"},
			{"SAINT PAUL", "SAINT PAUL"}, {"City of Austin", "AUSTIN"},
			{"Town of Mt Hope", "MOUNT HOPE"}, {"Ft Worth", "FORT WORTH"},
			{"N Hollywood", "NORTH HOLLYWOOD"},
			{"Colorado Spgs", "COLORADO SPRINGS"}, {"North", "NORTH"},
			{"City of", "CITY OF"}, {"", "-11"}};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(
				named(rows[i].text, e911_community_normal), rows[i].is);
	assert_string_equal(named("Travis County", e911_county_normal), "TRAVIS");
	assert_string_equal(named("Orleans Parish", e911_county_normal), "ORLEANS");
	assert_string_equal(named("County", e911_county_normal), "COUNTY");
	assert_string_equal(named("", e911_county_normal), "-11");
}

static void knows_a_state_by_letters_and_by_name(void **state)
{
	static const row_t rows[] = {{"TX", "TX"}, {"tx", "TX"}, {"Texas", "TX"},
			{"US-TX", "TX"}, {"New  York", "NY"}, {"N Carolina", "NC"},
			{"British Columbia", "BC"}, {"Texaz", ""}, {"", ""}, {"T", ""},
			{"12", ""}};
	char mem[3] = "";
	size_t i;
	str s;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memset(mem, 0, sizeof(mem));
		s = tight_z(rows[i].text);
		assert_int_equal(
				e911_state_normal(&s, mem), *rows[i].is ? 0 : E911_ERR_VALUE);
		assert_string_equal(mem, rows[i].is);
		free(s.s);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
			cmocka_unit_test(a_name_of_too_many_words_is_none),
			cmocka_unit_test(writes_a_street_in_one_way),
			cmocka_unit_test(leaves_words_in_the_name_if_told),
			cmocka_unit_test(refuses_what_is_too_long),
			cmocka_unit_test(a_character_is_of_a_word_or_dropped_or_ends_it),
			cmocka_unit_test(finds_each_suffix_by_each_of_its_variants),
			cmocka_unit_test(splits_a_house_number),
			cmocka_unit_test(sees_a_unit_only_behind_a_whole_street),
			cmocka_unit_test(sees_a_number_in_front_of_a_name),
			cmocka_unit_test(writes_a_community_in_one_way),
			cmocka_unit_test(knows_a_state_by_letters_and_by_name)};

	return cmocka_run_group_tests_name("street", tests, NULL, NULL);
}
