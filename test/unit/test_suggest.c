/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag msag_index msag_sort msag_pool msag_query msag_file spell
 * needs: street postal location field strbuf err
 */
#include "../../modules/e911/suggest.c"
#include "guide.h"

#define TX "country=US;A1=TX;"
#define RANGES 20000
#define TRIALS 400 /* of each kind of error */

static e911_assessment_t a;

static const char *assess(const e911_msag_t *m, const char *text)
{
	e911_location_t l;

	locate(&l, text);
	e911_msag_assess(m, &l, &a);
	return text;
}

/* at which place the guide's address is suggested, from 1; 0: it is not */
static int suggested(const char *is)
{
	int i;

	for(i = 0; i < a.n; i++)
		if(strcmp(located(&a.suggestion[i]), is) == 0)
			return i + 1;
	return 0;
}

/* ----- single errors, in the sample ----- */

#define QUILLBROOK TX "A2=LARKSPUR;A3=QUILLBROOK;"
#define ALDER TX "A2=LARKSPUR;A3=SAINT ALDER;"

static void mends_what_is_wrong_in_the_best_way_first(void **state)
{
	static const struct
	{
		const char *text, *is;
	} rows[] = {
			{TX "A3=Quillbrook;RD=Mian;STS=St;HNO=100",
					QUILLBROOK "RD=MAIN;STS=ST;HNO=100"},
			{TX "A3=Quillbrook;RD=Whispring Wilow;STS=Ct;HNO=7",
					QUILLBROOK "RD=WHISPERING WILLOW;STS=CT;HNO=7"},
			{TX "A3=Quillbrook;RD=Whispering Willow;STS=Dr;HNO=150",
					QUILLBROOK "RD=WHISPERING WILLOW;STS=LN;HNO=150"},
			{TX "A3=Quillbrook;RD=Whispering Willow;HNO=150",
					QUILLBROOK "RD=WHISPERING WILLOW;STS=LN;HNO=150"},
			{TX "A3=Quillbrook;RD=Congreve Ave;HNO=1101",
					QUILLBROOK "PRD=N;RD=CONGREVE;STS=AVE;HNO=1101"},
			{TX "A3=Quillbrook;RD=Oak Park;HNO=4",
					QUILLBROOK "RD=OAK PARK;STS=DR;HNO=4"},
			{TX "A3=Quillbrook;RD=Bramblethorn Wayy;HNO=4002",
					QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"},
			{TX "A3=Quillbrook;RD=Eldermere Laine;HNO=500",
					QUILLBROOK "RD=ELDERMERE;STS=LN;HNO=500"},
			{TX "A3=Quillbrook;RD=Notrh Congreve Ave;HNO=1000",
					QUILLBROOK "PRD=N;RD=CONGREVE;STS=AVE;HNO=1000"},
			{TX "A3=Quillbrook;RD=Southcongreve Ave;HNO=1000",
					QUILLBROOK "PRD=S;RD=CONGREVE;STS=AVE;HNO=1000"},
			{TX "A3=Quilbrok;RD=Main St;HNO=100",
					QUILLBROOK "RD=MAIN;STS=ST;HNO=100"},
			{TX "A3=Saint Alder;RD=Bramblethorn Way;HNO=4002",
					QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"},
			{TX "RD=Bramblethorn Way;HNO=4002",
					QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"},
			{TX "A3=Saint Alder;RD=Brambelthorn Way;HNO=4002",
					QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"},
			{TX "A3=Saint Alder;RD=Main St;HNO=210",
					ALDER "RD=MAIN;STS=ST;HNO=199"},
			{TX "A3=Saint Alder;RD=Main St;HNO=3",
					ALDER "RD=MAIN;STS=ST;HNO=100"},
			{TX "A3=Quillbrook;RD=Bramblethorn Way;HNO=4003",
					QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"},
			{TX "A3=Quillbrook;RD=Mian St;HNO=100;FLR=3;LOC=desk 4",
					QUILLBROOK "RD=MAIN;STS=ST;HNO=100;LOC=desk 4;FLR=3"},
	};
	e911_msag_t *m = guide_of(SAMPLE);
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assess(m, rows[i].text);
		assert_int_equal(a.verdict, E911_INVALID);
		assert_true(a.n > 0);
		assert_string_equal(located(&a.suggestion[0]), rows[i].is);
	}
	e911_msag_free(m);
}

static void names_the_numbers_on_both_sides(void **state)
{
	e911_msag_t *m = guide_of(SAMPLE);

	(void)state;
	assess(m, TX "A3=Quillbrook;RD=Bramblethorn Way;HNO=4003");
	assert_int_equal(
			suggested(QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4002"), 1);
	assert_int_equal(
			suggested(QUILLBROOK "RD=BRAMBLETHORN;STS=WAY;HNO=4004"), 2);
	e911_msag_free(m);
}

static void drops_what_stood_beside_another_number(void **state)
{
	e911_msag_t *m = guide_of(SAMPLE);

	(void)state;
	assess(m, TX "A3=Saint Alder;RD=Main St;HNO=210-B;HNP=X");
	assert_int_equal(suggested(ALDER "RD=MAIN;STS=ST;HNO=199"), 1);
	e911_msag_free(m);
}

static void suggests_nothing_without_a_number_or_a_likeness(void **state)
{
	static const char *const rows[] = {TX "A3=Quillbrook;RD=Mian St",
			TX "A3=Quillbrook;HNO=100", TX "A3=Quillbrook",
			TX "A3=Quillbrook;RD=Xyzzyplughquux;HNO=100"};
	e911_msag_t *m = guide_of(SAMPLE);
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assess(m, rows[i]);
		assert_int_equal(a.verdict, E911_INVALID);
		assert_int_equal(a.n, 0);
	}
	e911_msag_free(m);
}

/* ----- each kind of error, in a guide of twenty thousand ranges ----- */

static const char *const begins[] = {"Bram", "Quill", "Wex", "Thorn", "Larch",
		"Fen", "Hazel", "Marl", "Ostr", "Pell", "Rud", "Stan", "Tam", "Ulver",
		"Vint", "Yar", "Alder", "Birk", "Cald", "Dun", "Elder", "Fairn", "Glas",
		"Holm", "Ing", "Kest", "Lind", "Mor", "Nether", "Oaken", "Pren",
		"Rosse"};
static const char *const middles[] = {
		"", "en", "er", "ing", "o", "a", "ber", "ling", "mer", "ton"};
static const char *const ends[] = {"wood", "field", "ton", "brook", "dale",
		"mere", "ford", "ley", "wick", "stead", "combe", "gate"};
static const char *const suffix_names[] = {"ST", "AVE", "RD", "DR", "LN", "CT"};
static const char *const directions_of[] = {"", "", "", "", "N", "S", "E", "W"};

static unsigned int dice;

static unsigned int roll(unsigned int sides)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % sides;
}

#define PICK(list) ((list)[roll(sizeof(list) / sizeof(*(list)))])

typedef struct address
{
	char state[3], county[16], community[40], pre[8], name[40], suffix[8];
	unsigned int low, high;
	char parity;
} address_t;

static address_t added[RANGES];

static void invent(char *to)
{
	sprintf(to, "%s%s%s", PICK(begins), PICK(middles), PICK(ends));
}

static void invent_street(address_t *r)
{
	strcpy(r->pre, PICK(directions_of));
	strcpy(r->suffix, PICK(suffix_names));
	if(roll(8) == 0)
		sprintf(r->name, "%uth", 4 + roll(17));
	else
		invent(r->name);
	r->low = 2 * roll(500);
	r->high = r->low + 98;
	r->parity = "EB"[roll(2)];
}

static str str_of(char *z)
{
	str s = {z, (int)strlen(z)};

	return s;
}

static void add(e911_msag_t *m, address_t *r)
{
	e911_msag_row_t row = {.predir = str_of(r->pre),
			.street = str_of(r->name),
			.suffix = str_of(r->suffix),
			.community = str_of(r->community),
			.county = str_of(r->county),
			.state = str_of(r->state),
			.low = r->low,
			.high = r->high,
			.parity = r->parity};
	const char *bad;

	assert_int_equal(e911_msag_add(m, &row, &bad), 0);
}

static e911_msag_t *generated(void)
{
	address_t town = {"TX", "", "", "", "", "", 0, 0, 'B'};
	e911_msag_t *m;
	int i;

	dice = 911;
	assert_int_equal(e911_msag_new(&m), 0);
	for(i = 0; i < RANGES; i++) {
		if(i % 200 == 0) {
			invent(town.community);
			sprintf(town.county, "County %u", roll(8));
			strcpy(town.state, roll(4) ? "TX" : "OK");
		}
		added[i] = town;
		invent_street(&added[i]);
		add(m, &added[i]);
	}
	assert_int_equal(e911_msag_finish(m), 0);
	return m;
}

static void edit(char *name)
{
	size_t len = strlen(name), at = roll((unsigned int)len);

	switch(roll(3)) {
		case 0:
			memmove(name + at, name + at + 1, len - at);
			break;
		case 1:
			name[at] = (char)('a' + roll(26));
			break;
		default:
			memmove(name + at + 1, name + at, len - at + 1);
			name[at] = (char)('a' + roll(26));
	}
}

static void edit_street(address_t *r)
{
	edit(r->name);
}

static void edit_community(address_t *r)
{
	edit(r->community);
}

static void other_suffix(address_t *r)
{
	strcpy(r->suffix, PICK(suffix_names));
}

static void no_suffix(address_t *r)
{
	r->suffix[0] = '\0';
}

static void other_direction(address_t *r)
{
	strcpy(r->pre, PICK(directions_of));
}

static void other_community(address_t *r)
{
	int i;

	do
		i = (int)roll(RANGES);
	while(strcmp(added[i].state, r->state) != 0);
	strcpy(r->community, added[i].community);
}

static void edit_and_other_community(address_t *r)
{
	edit(r->name);
	other_community(r);
}

static void other_side(address_t *r)
{
	r->low ^= 1;
}

static void out_of_range(address_t *r)
{
	r->low += 3000;
}

static void write_address(char *to, const address_t *r, unsigned int number)
{
	to += sprintf(to, "country=US;A1=%s;A3=%s;", r->state, r->community);
	if(*r->pre)
		to += sprintf(to, "PRD=%s;", r->pre);
	to += sprintf(to, "RD=%s;", r->name);
	if(*r->suffix)
		to += sprintf(to, "STS=%s;", r->suffix);
	sprintf(to, "HNO=%u", number);
}

/* the same street, whatever its number; its place */
static int same_street(const address_t *r)
{
	char is[3][48];
	const char *all;
	int i;

	sprintf(is[0], ";A3=%s;", r->community);
	sprintf(is[1], ";RD=%s;", r->name);
	sprintf(is[2], "%s%s;RD=", *r->pre ? "PRD=" : ";A3=",
			*r->pre ? r->pre : r->community);
	for(i = 0; i < a.n; i++) {
		all = located(&a.suggestion[i]);
		if(strstr(all, is[0]) && strstr(all, is[1]) && strstr(all, is[2]))
			return i + 1;
	}
	return 0;
}

static void all_are_valid(const e911_msag_t *m)
{
	static e911_assessment_t again;
	int i;

	for(i = 0; i < a.n; i++) {
		e911_msag_assess(m, &a.suggestion[i], &again);
		assert_int_equal(again.verdict, E911_VALID);
		assert_int_equal(again.n, 1);
		assert_string_equal(
				located(&again.suggestion[0]), located(&a.suggestion[i]));
	}
}

static const struct kind
{
	const char *name;
	void (*err)(address_t *r);
	double least; /* share of the true street among five */
} kinds[] = {{"misspelt street", edit_street, .97},
		{"misspelt community", edit_community, .97},
		{"other suffix", other_suffix, 1}, {"no suffix", no_suffix, 1},
		{"other directional", other_direction, 1},
		{"other community", other_community, .97},
		{"misspelt street, other community", edit_and_other_community, .93},
		{"other side", other_side, 1}, {"out of range", out_of_range, 1}};

static void measure(const e911_msag_t *m, const struct kind *kind)
{
	int tried = 0, first = 0, five = 0, at;
	char text[200];
	address_t r, wrong;

	while(tried < TRIALS) {
		r = wrong = added[roll(RANGES)];
		kind->err(&wrong);
		write_address(text, &wrong, wrong.low);
		assess(m, text);
		if(a.verdict == E911_VALID)
			continue; /* another address that there is */
		tried++;
		all_are_valid(m);
		at = same_street(&r);
		first += at == 1;
		five += at > 0;
	}
	print_message("%s: first %.3f, among five %.3f\n", kind->name,
			(double)first / tried, (double)five / tried);
	assert_true((double)five / tried >= kind->least);
}

static void finds_what_was_meant_after_any_one_error(void **state)
{
	e911_msag_t *m = generated();
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		measure(m, &kinds[i]);
	e911_msag_free(m);
}

/* ----- distance ----- */

/* The textbook's table: optimal string alignment. */
static int slow_distance(const char *s, const char *t)
{
	int d[40][40], i, j, n = (int)strlen(s), o = (int)strlen(t), cost;

	for(i = 0; i <= n; i++)
		for(j = 0; j <= o; j++) {
			if(i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			cost = s[i - 1] != t[j - 1];
			d[i][j] = d[i - 1][j - 1] + cost;
			if(d[i - 1][j] + 1 < d[i][j])
				d[i][j] = d[i - 1][j] + 1;
			if(d[i][j - 1] + 1 < d[i][j])
				d[i][j] = d[i][j - 1] + 1;
			if(i > 1 && j > 1 && s[i - 1] == t[j - 2] && s[i - 2] == t[j - 1]
					&& d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][o];
}

static void counts_edits_as_the_textbook_does(void **state)
{
	char s[40], t[40];
	e911_spell_t spell;
	int i, k, edits;

	(void)state;
	dice = 4;
	for(i = 0; i < 20000; i++) {
		for(k = 0; k < (int)sizeof(s); k++) {
			s[k] = (char)('A' + roll(4));
			t[k] = (char)('A' + roll(4));
		}
		s[1 + roll(12)] = '\0';
		t[roll(12)] = '\0';
		e911_spell_init(&spell, s, strlen(s));
		edits = e911_spell_distance(&spell, t, strlen(t));
		assert_int_equal(edits, slow_distance(s, t));
		assert_true(
				e911_bag_distance(spell.bag, e911_bag(t, strlen(t))) <= edits);
	}
}

static void counts_edits_of_the_longest_names(void **state)
{
	str name = tight_many("AB", 32);
	e911_spell_t spell;

	(void)state;
	e911_spell_init(&spell, name.s, (size_t)name.len);
	assert_int_equal(e911_spell_distance(&spell, name.s, 64), 0);
	assert_int_equal(e911_spell_distance(&spell, name.s, 63), 1);
	assert_int_equal(e911_spell_distance(&spell, name.s, 0), 64);
	free(name.s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
			cmocka_unit_test(mends_what_is_wrong_in_the_best_way_first),
			cmocka_unit_test(names_the_numbers_on_both_sides),
			cmocka_unit_test(drops_what_stood_beside_another_number),
			cmocka_unit_test(suggests_nothing_without_a_number_or_a_likeness),
			cmocka_unit_test(finds_what_was_meant_after_any_one_error),
			cmocka_unit_test(counts_edits_as_the_textbook_does),
			cmocka_unit_test(counts_edits_of_the_longest_names)};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
