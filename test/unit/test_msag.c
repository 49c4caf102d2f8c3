/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag_index msag_sort msag_pool msag_query msag_file suggest spell
 * needs: street postal location field strbuf err
 */
#include "../../modules/e911/msag.c"
#include "guide.h"

#define TX "country=US;A1=TX;"
#define LARKSPUR "country=US;A1=TX;A2=LARKSPUR;"

static e911_msag_t *guide;
static e911_assessment_t a;

static int up(void **state)
{
	(void)state;
	guide = guide_of(SAMPLE);
	return 0;
}

static int down(void **state)
{
	(void)state;
	e911_msag_free(guide);
	return ksr_blocks() != 0;
}

static int assess(const char *text)
{
	e911_location_t l;

	locate(&l, text);
	memset(&a, 0x5a, sizeof(a));
	e911_msag_assess(guide, &l, &a);
	assert_string_equal(a.validator, "msag");
	assert_true(a.n >= 0 && a.n <= E911_SUGGESTIONS_MAX);
	return a.verdict;
}

static void valid(const char *text, const char *is)
{
	assert_int_equal(assess(text), E911_VALID);
	assert_int_equal(a.n, 1);
	assert_string_equal(located(&a.suggestion[0]), is);
}

static int element(const char *name)
{
	return a.element[e911_field_find(name, strlen(name))];
}

static void finds_an_address_however_it_is_written(void **state)
{
	static const struct
	{
		const char *text, *is;
	} rows[] = {
			{TX "A3=Quillbrook;RD=Main;STS=St;HNO=100",
					LARKSPUR "A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=100"},
			{"A1=Texas;A3=City of Quillbrook;A2=Larkspur County;RD=main "
			 "street;HNO=101",
					LARKSPUR "A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=101"},
			{TX "A3=Quillbrook;PRD=North;RD=Congreve;STS=Avenue;HNO=1100",
					LARKSPUR
					"A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100"},
			{TX "A3=Quillbrook;RD=1100 N Congreve Av", LARKSPUR
					"A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100"},
			{TX "A3=Quillbrook;RD=1100 N Congreve Av;HNO=1100", LARKSPUR
					"A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100"},
			{TX "A3=Quillbrook;A6=N Congreve Av;HNO=1100", LARKSPUR
					"A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100"},
			{TX "A3=Quillbrook;RD=N Congreve Ave Ste 200;HNO=1100;FLR=2",
					LARKSPUR "A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100;"
							 "FLR=2;UNIT=Ste 200"},
			{TX "A3=Quillbrook;RD=N Congreve Ave Ste 200;HNO=1100;UNIT=7",
					LARKSPUR "A3=QUILLBROOK;PRD=N;RD=CONGREVE;STS=AVE;HNO=1100;"
							 "LOC=Ste 200;UNIT=7"},
			{TX "A3=Quillbrook;RD=Main St Fl 3;HNO=100;LOC=desk 4;FLR=3",
					LARKSPUR "A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=100;"
							 "LOC=desk 4, Fl 3;FLR=3"},
			{TX "A3=Saint Alder;RD=First;STS=St;HNO=5",
					LARKSPUR "A3=SAINT ALDER;RD=1ST;STS=ST;HNO=5"},
			{TX "A3=St. Alder;RD=Saint Alder;STS=Boulevard;HNO=6",
					LARKSPUR "A3=SAINT ALDER;RD=ST ALDER;STS=BLVD;HNO=6"},
			{TX "A3=Mt Fenwick;RD=ODell Place;HNO=12",
					LARKSPUR "A3=MOUNT FENWICK;RD=O'DELL;STS=PL;HNO=12"},
			{TX "A3=Quillbrook;RD=CR 12;HNO=10001",
					LARKSPUR "A3=QUILLBROOK;RD=COUNTY ROAD 12;HNO=10001"},
			{TX "A3=Quillbrook;RD=Main St;HNO=100-A;NAM=Example;PC=78701",
					LARKSPUR "A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=100;HNS=A;"
							 "NAM=Example;PC=78701"},
			{TX "A3=Mt Fenwick;RD=FM 1207;PRD=E;HNO=N8W123",
					LARKSPUR "A3=MOUNT FENWICK;PRD=E;RD=FARM TO MARKET 1207;"
							 "HNO=123;HNP=N8W"},
			{TX "A3=Elsewhere;PCN=Quillbrook;RD=Main St;HNO=100",
					LARKSPUR "A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=100;"
							 "PCN=Quillbrook"},
			{TX "A3=Quillbrook;A2=Thornbury;RD=Main St;HNO=300",
					TX "A2=THORNBURY;A3=QUILLBROOK;RD=MAIN;STS=ST;HNO=300"},
			{TX "A3=Quillbrook;RD=Quarry Rd;HNO=1",
					TX "A2=THORNBURY;A3=QUILLBROOK;RD=QUARRY;STS=RD;HNO=1"},
			{TX "A3=Mt Fenwick;RD=Park Pl East;HNO=1",
					LARKSPUR "A3=MOUNT FENWICK;RD=PARK;STS=PL;POD=E;HNO=1"},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		valid(rows[i].text, rows[i].is);
		valid(rows[i].is, rows[i].is);
	}
}

static void refuses_what_is_not_in_the_guide(void **state)
{
	static const char *const rows[] = {
			TX "A3=Quillbrook;RD=Main St;HNO=200",		   /* above */
			TX "A3=Quillbrook;RD=Main St;HNO=99",		   /* below */
			TX "A3=Mt Fenwick;RD=Kestrel Ridge Rd;HNO=16", /* even */
			TX "A3=Quillbrook;RD=Congreve Ave;HNO=1100",
			TX "A3=Quillbrook;PRD=W;RD=Congreve Ave;HNO=1100",
			TX "A3=Quillbrook;RD=Main Ave;HNO=100",
			TX "A3=Quillbrook;RD=Main St;POD=N;HNO=100",
			TX "A3=Quillbrok;RD=Main St;HNO=100",
			TX "A3=Mt Fenwick;RD=Bramblethorn Way;HNO=4000",
			TX "RD=Main St;HNO=100",
			TX "A3=Quillbrook;RD=Main St",
			TX "A3=Quillbrook;RD=Main St;HNO=A",
			TX "A3=Quillbrook",
			TX "A3=Quillbrook;HNO=100",
			TX "A3=Saint Alder;RD=N St;HNO=5",
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(assess(rows[i]), E911_INVALID);
}

static void says_nothing_of_what_it_does_not_cover(void **state)
{
	static const char *const rows[] = {"A1=OK;A3=Quillbrook;RD=Main St;HNO=100",
			"country=MX;A1=TX;A3=Quillbrook;RD=Main St;HNO=100",
			"country=US;A3=Quillbrook;RD=Main St;HNO=100", "country=US",
			"shape=Point;pos=30 -97", ""};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(assess(rows[i]), E911_UNCHECKED);
		assert_int_equal(a.n, 0);
	}
	assert_int_equal(element("A1"), E911_ELEMENT_NONE);
}

static void corrects_the_county(void **state)
{
	(void)state;
	assert_int_equal(
			assess(TX "A2=Thornbury;A3=Saint Alder;RD=Main St;HNO=100"),
			E911_CORRECTED);
	assert_int_equal(element("A2"), E911_ELEMENT_INVALID);
	assert_string_equal(located(&a.suggestion[0]),
			LARKSPUR "A3=SAINT ALDER;RD=MAIN;STS=ST;HNO=100");
}

static void judges_each_element(void **state)
{
	(void)state;
	assess(TX
			"A2=Larkspur;A3=Quillbrook;RD=Main;STS=St;HNO=100;FLR=2;PC=78701");
	assert_int_equal(element("country"), E911_ELEMENT_VALID);
	assert_int_equal(element("A1"), E911_ELEMENT_VALID);
	assert_int_equal(element("A2"), E911_ELEMENT_VALID);
	assert_int_equal(element("A3"), E911_ELEMENT_VALID);
	assert_int_equal(element("RD"), E911_ELEMENT_VALID);
	assert_int_equal(element("STS"), E911_ELEMENT_VALID);
	assert_int_equal(element("HNO"), E911_ELEMENT_VALID);
	assert_int_equal(element("PRD"), E911_ELEMENT_NONE);
	assert_int_equal(element("FLR"), E911_ELEMENT_UNCHECKED);
	assert_int_equal(element("PC"), E911_ELEMENT_UNCHECKED);

	assess(TX "A3=Quillbrook;RD=Main;STS=St;HNO=300");
	assert_int_equal(element("RD"), E911_ELEMENT_VALID);
	assess(TX "A3=Quillbrook;RD=Main;STS=St;HNO=900");
	assert_int_equal(element("RD"), E911_ELEMENT_VALID);
	assert_int_equal(element("HNO"), E911_ELEMENT_INVALID);

	assess(TX "A3=Quillbrook;RD=Mian;STS=St;HNO=100");
	assert_int_equal(element("A3"), E911_ELEMENT_VALID);
	assert_int_equal(element("RD"), E911_ELEMENT_INVALID);
	assert_int_equal(element("STS"), E911_ELEMENT_UNCHECKED);
	assert_int_equal(element("HNO"), E911_ELEMENT_UNCHECKED);

	assess(TX "A3=Quillbrook;PRD=W;RD=Congreve;STS=Ave;HNO=1100");
	assert_int_equal(element("RD"), E911_ELEMENT_VALID);
	assert_int_equal(element("PRD"), E911_ELEMENT_INVALID);
	assert_int_equal(element("STS"), E911_ELEMENT_VALID);

	assess(TX "A3=Quillbrok;RD=Main;STS=St;HNO=100");
	assert_int_equal(element("A3"), E911_ELEMENT_INVALID);
	assert_int_equal(element("RD"), E911_ELEMENT_UNCHECKED);

	assess(TX "A3=Nowhere;PCN=Quillbrook;RD=Main;STS=St;HNO=100");
	assert_int_equal(element("PCN"), E911_ELEMENT_VALID);
	assert_int_equal(element("A3"), E911_ELEMENT_UNCHECKED);
}

static void tells_the_zone_of_an_address(void **state)
{
	e911_msag_zone_t zone;
	e911_location_t l;

	(void)state;
	locate(&l, TX "A3=Quillbrook;RD=Main St;HNO=101");
	assert_int_equal(e911_msag_zone(guide, &l, &zone), 0);
	assert_string_equal(zone.esn, "00102");
	assert_string_equal(zone.psap, "PS01");
	assert_int_equal(zone.low, 101);
	assert_int_equal(zone.high, 199);
	assert_int_equal(zone.parity, 'O');
	locate(&l, TX "A3=Quillbrook;RD=Main St;HNO=200");
	assert_int_equal(e911_msag_zone(guide, &l, &zone), E911_ERR_NONE);
	locate(&l, "A1=OK;RD=Main St");
	assert_int_equal(e911_msag_zone(guide, &l, &zone), E911_ERR_NONE);
}

/* ----- rows ----- */

static e911_msag_row_t a_row(void)
{
	e911_msag_row_t row = {.street = str_init("MAIN"),
			.suffix = str_init("ST"),
			.community = str_init("QUILLBROOK"),
			.state = str_init("TX"),
			.low = 2,
			.high = 98,
			.parity = 'E'};

	return row;
}

static void refused(const e911_msag_row_t *row, int err, const char *column)
{
	const char *bad = NULL;
	e911_msag_t *m;

	assert_int_equal(e911_msag_new(&m), 0);
	assert_int_equal(e911_msag_add(m, row, &bad), err);
	assert_string_equal(bad, column);
	assert_int_equal(e911_msag_count(m), 0);
	e911_msag_free(m);
}

#define REFUSED(err, column, change)   \
	do {                               \
		e911_msag_row_t row = a_row(); \
		change;                        \
		refused(&row, err, column);    \
	} while(0)

static void refuses_a_row_and_says_which_column(void **state)
{
	static const str none = {NULL, 0}, bytes = str_init("\xff"),
					 country = str_init("USA"), word = str_init("Texaz"),
					 dots = str_init("...");
	str many = tight_many("A", 130), some = tight_many("A", 65);

	(void)state;
	REFUSED(E911_ERR_VALUE, "high", row.low = 100);
	REFUSED(E911_ERR_VALUE, "high", row.high = 1000000000);
	REFUSED(E911_ERR_VALUE, "parity", row.low = 3);
	REFUSED(E911_ERR_VALUE, "parity", row.high = 97);
	REFUSED(E911_ERR_VALUE, "parity", row.parity = 'X');
	REFUSED(E911_ERR_VALUE, "parity", row.parity = 'O');
	REFUSED(E911_ERR_VALUE, "street", row.street = none);
	REFUSED(E911_ERR_LONG, "street", row.street = many);
	REFUSED(E911_ERR_LONG, "street", row.street = some);
	REFUSED(E911_ERR_TEXT, "street", row.street = bytes);
	REFUSED(E911_ERR_TEXT, "predir", row.predir = bytes);
	REFUSED(E911_ERR_LONG, "postdir", row.postdir = many);
	REFUSED(E911_ERR_LONG, "suffix", row.suffix = many);
	REFUSED(E911_ERR_VALUE, "community", row.community = none);
	REFUSED(E911_ERR_VALUE, "community", row.community = dots);
	REFUSED(E911_ERR_LONG, "community", row.community = some);
	REFUSED(E911_ERR_LONG, "county", row.county = some);
	REFUSED(E911_ERR_VALUE, "state", row.state = none);
	REFUSED(E911_ERR_VALUE, "state", row.state = word);
	REFUSED(E911_ERR_LONG, "country", row.country = country);
	REFUSED(E911_ERR_LONG, "esn", row.esn = some);
	REFUSED(E911_ERR_TEXT, "psap", row.psap = bytes);
	free(many.s);
	free(some.s);
}

static void works_empty(void **state)
{
	e911_location_t l;
	e911_msag_t *m;

	(void)state;
	assert_int_equal(e911_msag_new(&m), 0);
	assert_int_equal(e911_msag_finish(m), 0);
	assert_int_equal(e911_msag_count(m), 0);
	locate(&l, TX "A3=Quillbrook;RD=Main St;HNO=100");
	e911_msag_assess(m, &l, &a);
	assert_int_equal(a.verdict, E911_UNCHECKED);
	e911_msag_free(m);
	e911_msag_free(NULL);
}

static void bounds_the_ranges_of_one_street(void **state)
{
	e911_msag_row_t row = a_row();
	const char *bad;
	e911_msag_t *m;
	unsigned int i;

	(void)state;
	assert_int_equal(e911_msag_new(&m), 0);
	for(i = 0; i <= E911_MSAG_STREET_RANGES_MAX; i++) {
		row.low = row.high = 2 * i;
		assert_int_equal(e911_msag_add(m, &row, &bad), 0);
	}
	assert_int_equal(e911_msag_finish(m), E911_ERR_FULL);
	e911_msag_free(m);
}

static void bounds_the_states(void **state)
{
	e911_msag_row_t row = a_row();
	const char *bad;
	char name[2];
	e911_msag_t *m;
	int i;

	(void)state;
	assert_int_equal(e911_msag_new(&m), 0);
	row.state.s = name;
	for(i = 0; i <= E911_MSAG_STATES_MAX; i++) {
		name[0] = (char)('A' + i / 26);
		name[1] = (char)('A' + i % 26);
		assert_int_equal(e911_msag_add(m, &row, &bad),
				i < E911_MSAG_STATES_MAX ? 0 : E911_ERR_FULL);
	}
	assert_string_equal(bad, "state");
	e911_msag_free(m);
}

static int build(void *arg)
{
	e911_msag_fault_t fault;
	e911_msag_t *m;
	int err = e911_msag_new(&m);

	(void)arg;
	if(err)
		return err;
	err = e911_msag_file_read(m, SAMPLE, &fault);
	if(err == 0)
		err = e911_msag_finish(m);
	e911_msag_free(m);
	return err;
}

static void is_built_whole_or_not_at_all(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
			cmocka_unit_test(finds_an_address_however_it_is_written),
			cmocka_unit_test(refuses_what_is_not_in_the_guide),
			cmocka_unit_test(says_nothing_of_what_it_does_not_cover),
			cmocka_unit_test(corrects_the_county),
			cmocka_unit_test(judges_each_element),
			cmocka_unit_test(tells_the_zone_of_an_address),
			cmocka_unit_test(refuses_a_row_and_says_which_column),
			cmocka_unit_test(works_empty),
			cmocka_unit_test(bounds_the_ranges_of_one_street),
			cmocka_unit_test(bounds_the_states),
			cmocka_unit_test(is_built_whole_or_not_at_all)};

	return cmocka_run_group_tests_name("msag", tests, up, down);
}
