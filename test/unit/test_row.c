/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/row.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* the pairs of a row as "key>value|…", and how it ended */
static int flat(const char *row, size_t len, char *out)
{
	str whole = tight(row, len), rest = whole, key, value;
	int got, n = 0;

	while((got = e911_row_next(&rest, &key, &value)) == 1)
		n += sprintf(out + n, "%.*s>%.*s|", key.len, key.s, value.len, value.s);
	out[n] = '\0';
	free(whole.s);
	return got;
}

static void splits_rows_into_pairs(void **state)
{
	static const struct
	{
		const char *row, *want;
		int end;
	} rows[] = {
			{"", "", 0},
			{" ;; ; ", "", 0},
			{"a=1", "a>1|", 0},
			{"a=1;b=2;", "a>1|b>2|", 0},
			{" a = 1 ; b\t=\r\n2 ", "a>1|b>2|", 0},
			{"flag;b=2", "flag>|b>2|", 0},
			{"a=", "a>|", 0},
			{"a=;b=", "a>|b>|", 0},
			{"a=x=y", "a>x=y|", 0},
			{"a=\"x;y=z\";b=1", "a>x;y=z|b>1|", 0},
			{"a=\" x \" ;b=1", "a> x |b>1|", 0},
			{"a=\"\"", "a>|", 0},
			{"a=x\"y;b=\"", "a>x\"y|", E911_ERR_SYNTAX},
			{"a=\"x", "", E911_ERR_SYNTAX},
			{"a=1;b=\"x;c=2", "a>1|", E911_ERR_SYNTAX},
			{"a=\"x\"y", "", E911_ERR_SYNTAX},
			{"=1", "", E911_ERR_SYNTAX},
			{"a=1; =2", "a>1|", E911_ERR_SYNTAX},
	};
	char out[256];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
				flat(rows[i].row, strlen(rows[i].row), out), rows[i].end);
		assert_string_equal(out, rows[i].want);
	}
}

static void a_nul_byte_is_no_separator(void **state)
{
	str row = tight("a\0b=\"c\0\";d", 10), rest = row, key, value;

	(void)state;
	assert_int_equal(e911_row_next(&rest, &key, &value), 1);
	assert_int_equal(key.len, 3);
	assert_int_equal(value.len, 2);
	free(row.s);
}

static void tells_whose_quote_is_open(void **state)
{
	str row = tight_z("a=1;name=\"x"), rest = row, key, value;

	(void)state;
	assert_int_equal(e911_row_next(&rest, &key, &value), 1);
	assert_int_equal(e911_row_next(&rest, &key, &value), E911_ERR_SYNTAX);
	assert_true(is_z(&key, "name"));
	free(row.s);
}

static void takes_items_off_a_list(void **state)
{
	static const char *const lists[][2] = {
			{"", ""},
			{",, ,", ""},
			{"US", "US|"},
			{"US,CA", "US|CA|"},
			{" US , ,\tCA,", "US|CA|"},
	};
	str whole, list, item;
	char out[64];
	size_t i;
	int n;

	(void)state;
	for(i = 0; i < COUNT(lists); i++) {
		whole = list = tight_z(lists[i][0]);
		for(n = 0, *out = '\0'; e911_row_item(&list, &item);)
			n += sprintf(out + n, "%.*s|", item.len, item.s);
		assert_string_equal(out, lists[i][1]);
		free(whole.s);
	}
}

static void reads_whole_numbers_up_to_the_maximum(void **state)
{
	static const struct
	{
		const char *text;
		int max, want;
	} rows[] = {
			{"0", 0, 0},
			{"5", 5, 5},
			{"0005", 5, 5},
			{"2147483647", 2147483647, 2147483647},
			{"99", 100, 99},
			{"100", 100, 100},
	};
	static const struct
	{
		const char *text;
		int max;
	} refused[] = {{"", 9}, {"-1", 9}, {"+1", 9}, {" 1", 9}, {"1x", 9},
			{"1.0", 9}, {"0x1", 9}, {"1", 0}, {"7", 5}, {"9", 3}, {"10", 9},
			{"101", 100}, {"2147483648", 2147483647},
			{"99999999999999999999", 2147483647}};
	str text;
	size_t i;
	int n;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		text = tight_z(rows[i].text);
		assert_int_equal(e911_row_number(&text, rows[i].max, &n), 0);
		assert_int_equal(n, rows[i].want);
		free(text.s);
	}
	for(i = 0, n = -7; i < COUNT(refused); i++) {
		text = tight_z(refused[i].text);
		assert_int_equal(
				e911_row_number(&text, refused[i].max, &n), E911_ERR_VALUE);
		assert_int_equal(n, -7);
		free(text.s);
	}
}

static void a_word_is_itself_only(void **state)
{
	static const struct
	{
		const char *text, *word;
		int is;
	} rows[] = {{"site", "site", 1}, {"", "", 1}, {"Site", "site", 0},
			{"sit", "site", 0}, {"sites", "site", 0}, {"", "site", 0},
			{"site", "", 0}};
	str text;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		text = tight_z(rows[i].text);
		assert_int_equal(e911_row_is(&text, rows[i].word), rows[i].is);
		free(text.s);
	}
	text = tight("site\0", 5);
	assert_false(e911_row_is(&text, "site"));
	free(text.s);
}

static void copies_texts_that_fit(void **state)
{
	str text = tight_z("abc"), none = STR_NULL;
	char *to = malloc(4);

	(void)state;
	memset(to, 'x', 4);
	assert_int_equal(e911_row_text(to, 3, &text), E911_ERR_LONG);
	assert_memory_equal(to, "xxxx", 4);
	assert_int_equal(e911_row_text(to, 4, &text), 0);
	assert_string_equal(to, "abc");
	none.s = text.s;
	assert_int_equal(e911_row_text(to, 4, &none), E911_ERR_VALUE);
	/* a zero byte is no C string's */
	text.s[1] = '\0';
	assert_int_equal(e911_row_text(to, 4, &text), E911_ERR_VALUE);
	assert_string_equal(to, "");
	free(to);
	free(text.s);
}

static void reads_ages(void **state)
{
	static const struct
	{
		const char *text;
		int max, want; /* -1: refused */
	} rows[] = {
			{"0", 0, 0},
			{"90", 90, 90},
			{"90s", 90, 90},
			{"15m", 900, 900},
			{"8h", 28800, 28800},
			{"30d", 2147483647, 2592000},
			{"00d", 0, 0},
			{"24855d", 2147483647, 2147472000},
			{"2147483647s", 2147483647, 2147483647},
			{"24856d", 2147483647, -1},
			{"2147483648", 2147483647, -1},
			{"99999999999d", 2147483647, -1},
			{"91", 90, -1},
			{"91s", 90, -1},
			{"2m", 90, -1},
			{"1d", 90, -1},
			{"", 90, -1},
			{"s", 90, -1},
			{"d", 90, -1},
			{"-1s", 90, -1},
			{"1 s", 90, -1},
			{"1S", 90, -1},
			{"1w", 90, -1},
			{"1ms", 90, -1},
			{"1.5m", 90, -1},
	};
	str text;
	size_t i;
	int n;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		text = tight_z(rows[i].text);
		n = -1;
		assert_int_equal(e911_row_age(&text, rows[i].max, &n),
				rows[i].want < 0 ? E911_ERR_VALUE : 0);
		assert_int_equal(n, rows[i].want);
		free(text.s);
	}
	text = tight("5\0", 2);
	assert_int_equal(e911_row_age(&text, 90, &n), E911_ERR_VALUE);
	free(text.s);
}

/* they are kept: in the store, in calls that are up at a reload */
static void an_id_is_the_same_always(void **state)
{
	static const struct
	{
		const char *name;
		uint32_t id;
	} rows[] = {{"", 0x811c9dc5u}, {"a", 0xe40c292cu}, {"foobar", 0xbf9cf968u}};
	str name;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		name = tight_z(rows[i].name);
		assert_int_equal(e911_row_id(&name), rows[i].id);
		free(name.s);
	}
	/* a name whose hash is 0 */
	name = tight("\xcc\x24\x31\xc4", 4);
	assert_int_equal(e911_row_id(&name), 1);
	free(name.s);
}

static void finds_a_word_among_others(void **state)
{
	static const char *const words[] = {"no", "yes", "yes-all", NULL};
	static const struct
	{
		const char *text;
		int want;
	} rows[] = {{"no", 0}, {"yes", 1}, {"yes-all", 2}, {"", E911_ERR_VALUE},
			{"ye", E911_ERR_VALUE}, {"Yes", E911_ERR_VALUE},
			{"yes-", E911_ERR_VALUE}, {" no", E911_ERR_VALUE}};
	static const char *const none[] = {NULL};
	str text;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		text = tight_z(rows[i].text);
		assert_int_equal(e911_row_word(words, &text), rows[i].want);
		assert_int_equal(e911_row_word(none, &text), E911_ERR_VALUE);
		free(text.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(splits_rows_into_pairs),
			cmocka_unit_test(a_nul_byte_is_no_separator),
			cmocka_unit_test(tells_whose_quote_is_open),
			cmocka_unit_test(takes_items_off_a_list),
			cmocka_unit_test(reads_whole_numbers_up_to_the_maximum),
			cmocka_unit_test(a_word_is_itself_only),
			cmocka_unit_test(copies_texts_that_fit),
			cmocka_unit_test(reads_ages),
			cmocka_unit_test(an_id_is_the_same_always),
			cmocka_unit_test(finds_a_word_among_others),
	};

	return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
