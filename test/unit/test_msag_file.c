/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag msag_index msag_sort msag_pool msag_query suggest spell
 * needs: street postal location field strbuf err
 */
#include "../../modules/e911/msag_file.c"
#include "guide.h"

#define HEAD "street,community,state,low,high\n"

/* a file of its own, so that what is behind its end is not read */
static int read_bytes(
		const char *s, size_t len, e911_msag_t **m, e911_msag_fault_t *fault)
{
	str bytes = tight(s, len);
	FILE *file = len ? fmemopen(bytes.s, len, "r") : fopen("/dev/null", "r");
	int err;

	assert_non_null(file);
	assert_int_equal(e911_msag_new(m), 0);
	memset(fault, 0x5a, sizeof(*fault));
	err = e911_msag_file_rows(*m, file, fault);
	fclose(file);
	free(bytes.s);
	return err;
}

static void refused(
		const char *text, int err, unsigned long line, const char *column)
{
	e911_msag_fault_t fault;
	e911_msag_t *m;

	assert_int_equal(read_bytes(text, strlen(text), &m, &fault), err);
	assert_int_equal(fault.line, line);
	assert_string_equal(fault.column, column);
	e911_msag_free(m);
}

/* rows, and the zone of an address of the first one */
static void taken(const char *text, unsigned long rows, const char *address,
		const char *esn)
{
	e911_msag_fault_t fault;
	e911_msag_zone_t zone;
	e911_location_t l;
	e911_msag_t *m;

	assert_int_equal(read_bytes(text, strlen(text), &m, &fault), 0);
	assert_int_equal(fault.line, 0);
	assert_int_equal(e911_msag_count(m), rows);
	assert_int_equal(e911_msag_finish(m), 0);
	locate(&l, address);
	assert_int_equal(e911_msag_zone(m, &l, &zone), 0);
	assert_string_equal(zone.esn, esn);
	e911_msag_free(m);
}

#define MAIN_100 "A1=TX;A3=Quillbrook;RD=Main St;HNO=100"

static void reads_columns_in_any_order(void **state)
{
	(void)state;
	taken(HEAD "Main St,Quillbrook,TX,1,199\n", 1, MAIN_100, "");
	taken("esn,HIGH,low,state,Community, street ,note\n"
		  "7,199,1,TX,Quillbrook,Main St,what\n",
			1, MAIN_100, "7");
	taken("\xef\xbb\xbfstreet,community,state,low,high,parity\r\n"
		  "\r\n"
		  "Main St,Quillbrook,Texas,0100,198,e",
			1, MAIN_100, "");
	taken("predir,street,suffix,postdir,low,high,parity,community,county,"
		  "state,country,esn,psap\n"
		  ",Main,St,,1,199,B,Quillbrook,Larkspur,TX,US,8,9\n"
		  "N,Main,St,,1,199,B,Quillbrook,Larkspur,TX,US,9,9\n",
			2, MAIN_100, "8");
}

static void reads_quotes(void **state)
{
	(void)state;
	taken("\"street\",community,\"state\",low,high,esn\n"
		  "\"Main St\",\"Quillbrook\",TX,\"1\",199,\"a \"\"b\"\", c\"\n",
			1, MAIN_100, "a \"b\", c");
	refused(HEAD "\"Main St,Quillbrook,TX,1,199\n", E911_ERR_SYNTAX, 2, "");
	refused(HEAD "\"Main\" St,Quillbrook,TX,1,199\n", E911_ERR_SYNTAX, 2, "");
	refused(HEAD "\"Main \"\"", E911_ERR_SYNTAX, 2, "");
	refused(HEAD "\"", E911_ERR_SYNTAX, 2, "");
}

static void refuses_a_bad_header(void **state)
{
	(void)state;
	refused("", E911_ERR_EMPTY, 0, "");
	refused("\n", E911_ERR_MISSING, 1, "street");
	refused(HEAD, E911_ERR_EMPTY, 0, "");
	refused("street,community,low,high\n", E911_ERR_MISSING, 1, "state");
	refused("street,community,state,high\n", E911_ERR_MISSING, 1, "low");
	refused("street,street,community\n", E911_ERR_TWICE, 1, "street");
}

static void says_which_line_and_column_is_bad(void **state)
{
	(void)state;
	refused(HEAD "Main,Quillbrook,TX,1,99\nMain,Quillbrook,TX,1,x\n",
			E911_ERR_VALUE, 3, "high");
	refused(HEAD "Main,Quillbrook,TX,,99\n", E911_ERR_VALUE, 2, "low");
	refused(HEAD "Main,Quillbrook,TX,-1,99\n", E911_ERR_VALUE, 2, "low");
	refused(HEAD "Main,Quillbrook,TX,1,1000000000\n", E911_ERR_VALUE, 2,
			"high");
	refused(HEAD "Main,Quillbrook,TX,9,1\n", E911_ERR_VALUE, 2, "high");
	refused(HEAD ",Quillbrook,TX,1,99\n", E911_ERR_VALUE, 2, "street");
	refused(HEAD "Main,,TX,1,99\n", E911_ERR_VALUE, 2, "community");
	refused(HEAD "Main,Quillbrook,Tx.,1,99,\n", E911_ERR_SYNTAX, 2, "");
	refused(HEAD "Main,Quillbrook,TX,1\n", E911_ERR_SYNTAX, 2, "");
	refused("parity," HEAD "BB,Main,Quillbrook,TX,1,9\n", E911_ERR_VALUE, 2,
			"parity");
	refused("parity," HEAD "O,Main,Quillbrook,TX,1,8\n", E911_ERR_VALUE, 2,
			"parity");
	refused(HEAD "M\xff,Quillbrook,TX,1,99\n", E911_ERR_TEXT, 2, "street");
}

static void refuses_a_line_that_is_too_long(void **state)
{
	str many = tight_many("a", E911_MSAG_LINE_MAX + 1),
		cells = tight_many(",", CELLS_MAX);
	e911_msag_fault_t fault;
	e911_msag_t *m;

	(void)state;
	assert_int_equal(
			read_bytes(many.s, (size_t)many.len, &m, &fault), E911_ERR_LONG);
	assert_int_equal(fault.line, 1);
	e911_msag_free(m);
	assert_int_equal(read_bytes(many.s, E911_MSAG_LINE_MAX, &m, &fault),
			E911_ERR_MISSING);
	e911_msag_free(m);
	assert_int_equal(
			read_bytes(cells.s, (size_t)cells.len, &m, &fault), E911_ERR_LONG);
	e911_msag_free(m);
	free(many.s);
	free(cells.s);
}

static void takes_a_zero_byte_for_what_it_is(void **state)
{
	static const char text[] = HEAD "Ma\0in,Quillbrook,TX,1,99\n";
	e911_msag_fault_t fault;
	e911_msag_t *m;

	(void)state;
	assert_int_equal(
			read_bytes(text, sizeof(text) - 1, &m, &fault), E911_ERR_TEXT);
	assert_string_equal(fault.column, "street");
	e911_msag_free(m);
}

/* ----- records of 200 columns ----- */

#define RECORD                                                               \
	"N CONGREVE                                                    AVE   "   \
	"00000010000000001298QUILLBROOK                      TXE00101082126PS01" \
	"0001                                                 20260821*"

static void reads_records_of_200_columns(void **state)
{
	e911_msag_zone_t zone;
	e911_location_t l;
	e911_msag_t *m = guide_of("data/msag/sample.dat");

	(void)state;
	assert_int_equal(sizeof(RECORD) - 1, NENA_LINE);
	locate(&l, "A1=TX;A3=Quillbrook;PRD=N;RD=Congreve Ave;HNO=1100");
	assert_int_equal(e911_msag_zone(m, &l, &zone), 0);
	assert_string_equal(zone.esn, "00101");
	assert_string_equal(zone.psap, "PS01");
	assert_int_equal(zone.low, 1000);
	assert_int_equal(zone.high, 1298);
	assert_int_equal(zone.parity, 'E');
	e911_msag_free(m);
}

static void refuses_a_bad_record(void **state)
{
	char bad[NENA_LINE + 1];

	(void)state;
	refused(RECORD "\n" RECORD "*\n", E911_ERR_SYNTAX, 2, "");
	refused(RECORD "\n\n", E911_ERR_SYNTAX, 2, "");
	memcpy(bad, RECORD, sizeof(bad));
	bad[NENA_LINE - 1] = ' ';
	refused(bad, E911_ERR_MISSING, 1, "street"); /* no record: a header */
	memcpy(bad, RECORD, sizeof(bad));
	bad[122] = 'X';
	refused(bad, E911_ERR_VALUE, 1, "parity");
	memcpy(bad, RECORD, sizeof(bad));
	bad[68] = 'X';
	refused(bad, E911_ERR_VALUE, 1, "low");
	memcpy(bad, RECORD, sizeof(bad));
	memset(bad + 2, ' ', 60);
	refused(bad, E911_ERR_VALUE, 1, "street");
}

static void reads_the_same_guide_from_both_kinds(void **state)
{
	e911_msag_t *csv = guide_of(SAMPLE),
				*dat = guide_of("data/msag/sample.dat");

	(void)state;
	assert_int_equal(e911_msag_count(csv), e911_msag_count(dat));
	e911_msag_free(csv);
	e911_msag_free(dat);
}

static void says_that_a_file_is_not_there(void **state)
{
	e911_msag_fault_t fault;
	e911_msag_t *m;

	(void)state;
	assert_int_equal(e911_msag_new(&m), 0);
	assert_int_equal(e911_msag_file_read(m, "data/msag/none.csv", &fault),
			E911_ERR_NONE);
	assert_int_equal(fault.line, 0);
	/* a folder opens, but cannot be read */
	assert_int_equal(
			e911_msag_file_read(m, "data/msag", &fault), E911_ERR_NONE);
	assert_int_equal(fault.line, 0);
	e911_msag_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_columns_in_any_order),
			cmocka_unit_test(reads_quotes),
			cmocka_unit_test(refuses_a_bad_header),
			cmocka_unit_test(says_which_line_and_column_is_bad),
			cmocka_unit_test(refuses_a_line_that_is_too_long),
			cmocka_unit_test(takes_a_zero_byte_for_what_it_is),
			cmocka_unit_test(reads_records_of_200_columns),
			cmocka_unit_test(refuses_a_bad_record),
			cmocka_unit_test(reads_the_same_guide_from_both_kinds),
			cmocka_unit_test(says_that_a_file_is_not_there)};

	return cmocka_run_group_tests_name("msag_file", tests, NULL, NULL);
}
