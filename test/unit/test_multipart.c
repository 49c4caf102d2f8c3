/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/multipart.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define BOUNDARY_70 \
	"1234567890123456789012345678901234567890123456789012345678901234567890"

static void finds_the_boundary(void **state)
{
	static const struct
	{
		const char *type, *want;
		int err;
	} rows[] = {
			{"multipart/mixed;boundary=b", "b", 0},
			{"multipart/mixed; boundary=\"b\"", "b", 0},
			{"Multipart/Related; Boundary=b", "b", 0},
			{" MULTIPART / MIXED ; BOUNDARY = \"b c\" ", "b c", 0},
			{"multipart/mixed; boundary= e911-7f3a", "e911-7f3a", 0},
			{"multipart/mixed; boundary=e911-7f3a ;x=y", "e911-7f3a", 0},
			{"multipart/mixed;\r\n boundary=b", "b", 0},
			{"multipart/mixed; boundary=\"b  \"", "b", 0},
			{"multipart/mixed; boundary=gc0pJq0M:08jU534c0p",
					"gc0pJq0M:08jU534c0p", 0},
			{"multipart/mixed; boundary=two words", "two words", 0},
			{"multipart/related; start=\"<a;boundary=no>\"; boundary=b", "b",
					0},
			{"multipart/related; a=\"\\\";boundary=no\"; boundary=b", "b", 0},
			{"multipart/mixed; boundary=b; boundary=c", "b", 0},
			{"multipart/mixed; xboundary=a; boundary=b", "b", 0},
			{"multipart/mixed; flag; =; boundary=b", "b", 0},
			{"multipart/mixed; boundary=" BOUNDARY_70, BOUNDARY_70, 0},
			{"multipart/mixed; boundary=" BOUNDARY_70 "1", "none",
					E911_ERR_SYNTAX},
			{"multipart/mixed", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\"\"", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\" \"", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\"b", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\"", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\"b\\", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\"a\\\"b\"", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=a\tb", "none", E911_ERR_SYNTAX},
			{"multipart/mixed; boundary=\xc3\xa4", "none", E911_ERR_SYNTAX},
			{"application/sdp; boundary=b", "none", E911_ERR_TYPE},
			{"multipartx/mixed; boundary=b", "none", E911_ERR_TYPE},
			{"multipart", "none", E911_ERR_TYPE},
			{"", "none", E911_ERR_TYPE},
	};
	str type, boundary;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		boundary.s = "none";
		boundary.len = 4;
		type = tight_z(rows[i].type);
		assert_int_equal(
				e911_multipart_boundary(&type, &boundary), rows[i].err);
		assert_true(is_z(&boundary, rows[i].want));
		free(type.s);
	}
}

/* the parts as "[headers][body]" */
static void flat(const str *body, const char *b, char *out)
{
	str boundary = tight_z(b);
	e911_part_t part;
	int at = 0, n = 0;

	while(e911_multipart_next(body, &boundary, &at, &part) == 1)
		n += sprintf(out + n, "[%.*s][%.*s]", part.headers.len, part.headers.s,
				part.body.len, part.body.s);
	out[n] = '\0';
	free(boundary.s);
}

typedef struct parts_row
{
	const char *boundary, *body, *want;
} parts_row_t;

static void check_parts(const parts_row_t *rows, size_t count)
{
	char out[512];
	size_t i;
	str body;

	for(i = 0; i < count; i++) {
		body = tight_z(rows[i].body);
		flat(&body, rows[i].boundary, out);
		assert_string_equal(out, rows[i].want);
		free(body.s);
	}
}

static void walks_well_formed_parts(void **state)
{
	static const parts_row_t rows[] = {
			{"b", "--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n", "[A: 1][x]"},
			{"b", "--b\r\nA: 1\r\nB: 2\r\n\r\nx\r\n--b--", "[A: 1\r\nB: 2][x]"},
			{"b", "--b\r\nA: 1\r\n\r\nx\r\n--b\r\nC: 3\r\n\r\ny\r\n--b--",
					"[A: 1][x][C: 3][y]"},
			/* no headers: RFC 2046 section 5.1.1 */
			{"b", "--b\r\n\r\nx\r\n--b--", "[][x]"},
			{"b", "--b\r\n\r\n\r\nx\r\n--b--", "[][\r\nx]"},
			{"b", "--b\r\n\r\nx\r\n\r\n--b--", "[][x\r\n]"},
			{"b", "--b\r\nA: 1\r\n\r\n\r\n--b--", "[A: 1][]"},
			{"b",
					"preamble\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue\r\n--b\r\n"
					"\r\ny",
					"[][x]"},
			{"b", "--b \t \r\n\r\nx\r\n--b-- \t\r\n", "[][x]"},
			{"a b", "--a b\r\n\r\nx\r\n--a b--", "[][x]"},
	};

	(void)state;
	check_parts(rows, COUNT(rows));
}

static void reads_careless_senders(void **state)
{
	static const parts_row_t rows[] = {
			{"b", "--b\nA: 1\n\nx\n--b\n\ny\n--b--\n", "[A: 1][x][][y]"},
			{"b", "--b\r\nA: 1\n\r\nx\n--b--", "[A: 1][x]"},
			/* cut off in a line end, or one too many */
			{"b", "--b\r\n\r\nx\r\n--b--\r", "[][x]"},
			{"b", "--b\r\r\n\r\nx\r\n--b\r", "[][x][][]"},
			/* no closing delimiter */
			{"b", "--b\r\nA: 1\r\n\r\nx\r\n", "[A: 1][x\r\n]"},
			{"b", "--b\r\nA: 1\r\n\r\nx\r\n--b-", "[A: 1][x\r\n--b-]"},
			/* headers, and nothing else */
			{"b", "--b\r\nA: 1\r\n--b--", "[A: 1][]"},
			{"b", "--b\r\nA: 1\r\n\r\n--b--", "[A: 1][]"},
			{"b", "--b\r\nA: 1", "[A: 1][]"},
			/* two delimiters with one line end between them */
			{"b", "--b\r\n--b\r\n\r\nx\r\n--b--", "[][][][x]"},
			{"b", "--b\r\n\r\n--b--", "[][]"},
			{"b", "--b\r\n", "[][]"},
			{"b", "--b", "[][]"},
			{"b", "", ""},
			{"b", "--b--", ""},
			{"b", "\r\n--b--\r\n", ""},
			{"b", "no delimiter", ""},
	};

	(void)state;
	check_parts(rows, COUNT(rows));
}

static void only_a_whole_line_delimits(void **state)
{
	static const parts_row_t rows[] = {
			{"b", "--b\r\n\r\nx --b\r\n--bb\r\n--b-\r\n-b\r\n--b--x\r\n--b--",
					"[][x --b\r\n--bb\r\n--b-\r\n-b\r\n--b--x]"},
			{"b", "--b\r\n\r\nx\r--b\r\n--b--", "[][x\r--b]"},
			{"b", "--b\r\n\r\nx\r\n --b\r\n--b--", "[][x\r\n --b]"},
			/* case counts */
			{"b", "--b\r\n\r\nx\r\n--B--\r\n--b--", "[][x\r\n--B--]"},
			/* nested boundaries that begin alike */
			{"b", "--b\r\n\r\n--b1\r\n\r\nx\r\n--b1--\r\n--b--",
					"[][--b1\r\n\r\nx\r\n--b1--]"},
			{"b1", "--b\r\n\r\n--b1\r\n\r\nx\r\n--b1--\r\n--b--", "[][x]"},
			{"b-", "--b-\r\n\r\nx\r\n--b---\r\n", "[][x]"},
			{"-", "---\r\n\r\nx\r\n-----\r\n", "[][x]"},
	};

	(void)state;
	check_parts(rows, COUNT(rows));
}

static void says_where_a_part_can_be_added(void **state)
{
	static const struct
	{
		const char *body;
		int err, offset, closed;
	} rows[] = {
			{"--b\r\n\r\nx\r\n--b--\r\n", 0, 8, 1},
			{"--b\r\n\r\nx\n--b--", 0, 8, 1},
			{"--b\r\n\r\nx\r\n--b-- \r\nepilogue\r\n--b--", 0, 8, 1},
			{"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--", 0, 18, 1},
			{"--b\r\n\r\nx\r\n", 0, 10, 0},
			{"--b\r\n\r\nx --b--", 0, 14, 0},
			{"--b", 0, 3, 0},
			{"--b\r\n--b--", 0, 3, 1},
			{"\r\n--b--", 0, 0, 1},
			{"preamble\r\n--b--", 0, 8, 1},
			{"--b--", E911_ERR_NONE, -7, -7},
			{"v=0\r\n", E911_ERR_NONE, -7, -7},
			{"", E911_ERR_NONE, -7, -7},
	};
	str body, boundary = tight_z("b");
	int offset, closed;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		offset = closed = -7;
		body = tight_z(rows[i].body);
		assert_int_equal(e911_multipart_end(&body, &boundary, &offset, &closed),
				rows[i].err);
		assert_int_equal(offset, rows[i].offset);
		assert_int_equal(closed, rows[i].closed);
		free(body.s);
	}
	free(boundary.s);
}

/* what body.c does with the answer */
static void add_part(const str *body, const str *boundary, str *to)
{
	char text[600];
	int offset, closed, n;

	assert_int_equal(e911_multipart_end(body, boundary, &offset, &closed), 0);
	n = sprintf(text, "%.*s\r\n--b\r\nN: 1\r\n\r\nnew%s%.*s", offset, body->s,
			closed ? "" : "\r\n--b--\r\n", body->len - offset,
			body->s + offset);
	*to = tight(text, n);
}

static void a_part_added_there_is_found_as_the_last(void **state)
{
	static const struct
	{
		const char *body, *want;
	} rows[] = {
			{"--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n", "[A: 1][x][N: 1][new]"},
			{"--b\nA: 1\n\nx\n--b--\n", "[A: 1][x][N: 1][new]"},
			{"--b\r\n\r\nx", "[][x][N: 1][new]"},
			{"--b\r\n\r\nx\r\n--b-", "[][x\r\n--b-][N: 1][new]"},
			{"--b", "[][][N: 1][new]"},
			{"--b\r", "[][][N: 1][new]"},
			{"--b\r\n--b--", "[][][N: 1][new]"},
			{"\r\n--b--", "[N: 1][new]"},
			{"pre\r\n--b--\r\nepilogue", "[N: 1][new]"},
			{"--b\r\n\r\nx\r\n--b--\r\n--b--\r\n", "[][x][N: 1][new]"},
	};
	str body, longer, boundary = tight_z("b");
	char out[512];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		body = tight_z(rows[i].body);
		add_part(&body, &boundary, &longer);
		flat(&longer, "b", out);
		assert_string_equal(out, rows[i].want);
		free(body.s);
		free(longer.s);
	}
	free(boundary.s);
}

static void finds_headers_of_a_part(void **state)
{
	static const struct
	{
		const char *headers, *name, *want;
	} rows[] = {
			{"Content-ID: <a@b>", "Content-ID", "<a@b>"},
			{"content-id:<a@b>  ", "Content-ID", "<a@b>"},
			{"Content-ID :\t<a@b>", "content-id", "<a@b>"},
			{"A: 1\r\nB: 2\r\nC: 3", "B", "2"},
			{"A: 1\nB: 2\nC: 3", "C", "3"},
			{"A: 1\r\n B: 2\r\nB: 3", "B", "3"},
			{"A: 1\r\n\t2\r\nB: 3", "A", "1\r\n\t2"},
			{"A:\r\n 1\r\n 2", "A", "1\r\n 2"},
			{"A: 1\r\nA: 2", "A", "1"},
			{"A:", "A", ""},
			{"AB: 1", "A", NULL},
			{"A 1\r\nB", "A", NULL},
			{"X: A: 1", "A", NULL},
			{": 1", "A", NULL},
			{"", "A", NULL},
	};
	e911_part_t part;
	str value;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		part.headers = tight_z(rows[i].headers);
		part.body = part.headers;
		value.s = NULL;
		assert_int_equal(e911_multipart_header(&part, rows[i].name, &value),
				rows[i].want ? E911_OK : E911_ERR_NONE);
		if(rows[i].want)
			assert_true(is_z(&value, rows[i].want));
		else
			assert_null(value.s);
		free(part.headers.s);
	}
}

static int count_parts(const str *body, const str *boundary)
{
	e911_part_t part;
	int at = 0, before = -1, n = 0;
	str value;

	while(e911_multipart_next(body, boundary, &at, &part) == 1) {
		assert_true(at > before && at <= body->len);
		assert_true(part.headers.s >= body->s
					&& part.body.s + part.body.len <= body->s + body->len);
		e911_multipart_header(&part, "Content-ID", &value);
		before = at;
		n++;
	}
	return n;
}

static void a_thousand_parts_are_a_thousand_parts(void **state)
{
	str body = tight_many("--b\r\nA: 1\r\n\r\nx\r\n", 1000);
	str boundary = tight_z("b");
	int offset, closed;

	(void)state;
	assert_int_equal(count_parts(&body, &boundary), 1000);
	assert_int_equal(e911_multipart_end(&body, &boundary, &offset, &closed), 0);
	assert_int_equal(offset, body.len);
	assert_int_equal(closed, 0);
	free(body.s);
	free(boundary.s);
}

/* 64 KB and more of what makes a naive reader start over at each line */
static void hostile_bodies_are_read_in_one_pass(void **state)
{
	static const char *const units[] = {"--b", "--b\r\n", "-", "--b ", "\n",
			"\r\n", "\r", "--b1\r\n", "--b--x\r\n", "A:\r\n ", "--b\r\n\r\n",
			"--b\r\n--b1\r\n"};
	str body, boundary = tight_z("b");
	int offset, closed, err;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(units); i++) {
		body = tight_many(units[i], 262144 / strlen(units[i]));
		assert_true(count_parts(&body, &boundary) <= body.len / 3);
		err = e911_multipart_end(&body, &boundary, &offset, &closed);
		assert_true(err == E911_ERR_NONE || (err == 0 && offset <= body.len));
		free(body.s);
	}
	free(boundary.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(finds_the_boundary),
			cmocka_unit_test(walks_well_formed_parts),
			cmocka_unit_test(reads_careless_senders),
			cmocka_unit_test(only_a_whole_line_delimits),
			cmocka_unit_test(says_where_a_part_can_be_added),
			cmocka_unit_test(a_part_added_there_is_found_as_the_last),
			cmocka_unit_test(finds_headers_of_a_part),
			cmocka_unit_test(a_thousand_parts_are_a_thousand_parts),
			cmocka_unit_test(hostile_bodies_are_read_in_one_pass),
	};

	return cmocka_run_group_tests_name("multipart", tests, NULL, NULL);
}
