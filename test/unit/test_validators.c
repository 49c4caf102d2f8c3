/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field row template secret
 */
#include "../../modules/e911/validators.c"
#include <stdio.h>
#include <sys/stat.h>
#include "ksr_stub.h"
#include "tight.h"

#define REST "name=a;url=https://v.example/;body={location};"
#define LOST_ROW "name=a;kind=lost;url=https://lvf.example/lost;"

static e911_validators_t *all;

/* ----- help ----- */

static int add(const char *z, char key[64])
{
	str row = tight_z(z), bad = {NULL, 0};
	int err = e911_validators_add(all, &row, &bad);

	snprintf(key, 64, "%.*s", bad.len, bad.s);
	free(row.s);
	return err;
}

static void assert_refused(const char *z, int want, const char *key)
{
	char bad[64];
	int n = all->n, err = add(z, bad);

	if(err != want || (key && strcmp(bad, key) != 0))
		fail_msg("%s: %d %s", z, err, bad);
	assert_int_equal(all->n, n);
}

static const e911_validator_t *added(const char *z)
{
	char bad[64];
	int err = add(z, bad);

	if(err)
		fail_msg("%s: %d %s", z, err, bad);
	return e911_validators_nth(all, all->n - 1);
}

static int begin_test(void **state)
{
	(void)state;
	return e911_validators_new(&all);
}

static int end_test(void **state)
{
	(void)state;
	e911_validators_free(all);
	return 0;
}

/* ----- rows ----- */

static void what_is_not_said_has_its_default(void **state)
{
	const e911_validator_t *v = added(REST);

	(void)state;
	assert_string_equal(v->name, "a");
	assert_int_equal(v->kind, E911_VALIDATOR_REST);
	assert_string_equal(v->method, "POST");
	assert_string_equal(v->type, "application/json");
	assert_int_equal(v->verify, 1);
	assert_int_equal(v->timeout_ms, 3000);
	assert_int_equal(v->tries, 2);
	assert_int_equal(v->break_after, 5);
	assert_int_equal(v->rest_ms, 30000);
	assert_int_equal(v->format->answer, E911_ANSWER_JSON);
	assert_int_equal(v->format->status[E911_OUTCOME_OK][0], 200);
	assert_int_equal(v->format->status[E911_OUTCOME_OK][1], 0);
	assert_int_equal(v->format->status[E911_OUTCOME_READ][0], 0);
	v = added("name=b;url=http://v.example/?q={line}");
	assert_string_equal(v->method, "GET");
	assert_string_equal(v->type, "");
}

static void a_verdict_in_the_document_is_read_there(void **state)
{
	(void)state;
	assert_int_equal(
			added(REST "path.verdict=/v")->format->status[E911_OUTCOME_READ][0],
			200);
	assert_int_equal(added("name=b;url=http://v/;body={RD};path.verdict=/v;"
						   "read=400")
							 ->format->status[E911_OUTCOME_READ][0],
			400);
}

static void every_column_goes_where_it_belongs(void **state)
{
	const e911_validator_t *v = added(
			"name=a; kind=rest; url=https://v.example/{A1}; method=PUT;"
			"header1=X-A: 1; header2=X-B: {secret}; header3=X-C: 3;"
			"header4=X-D: 4; secret=file:/etc/s; ca=/ca; cert=/cert; key=/key;"
			"proxy=http://p.example:3128; verify=no; timeout_ms=100; tries=5;"
			"break_after=1; rest_ms=1000; type=text/xml; body=<a>{RD}</a>;"
			"answer=json; ok=200,201; corrected=409; invalid=404, 422; "
			"read=210;"
			"path.verdict=/v; path.valid=a,b; path.corrected=c; path.invalid=d;"
			"path.elements=/e; path.list=/l; path.street=/s; path.RD=/r~1~0");

	(void)state;
	assert_string_equal(v->url, "https://v.example/{A1}");
	assert_string_equal(v->method, "PUT");
	assert_string_equal(v->header[0], "X-A: 1");
	assert_string_equal(v->header[1], "X-B: {secret}");
	assert_string_equal(v->header[2], "X-C: 3");
	assert_string_equal(v->header[3], "X-D: 4");
	assert_string_equal(v->secret, "file:/etc/s");
	assert_string_equal(v->ca, "/ca");
	assert_string_equal(v->cert, "/cert");
	assert_string_equal(v->key, "/key");
	assert_string_equal(v->proxy, "http://p.example:3128");
	assert_int_equal(v->verify, 0);
	assert_int_equal(v->timeout_ms, 100);
	assert_int_equal(v->tries, 5);
	assert_int_equal(v->break_after, 1);
	assert_int_equal(v->rest_ms, 1000);
	assert_string_equal(v->type, "text/xml");
	assert_string_equal(v->format->body, "<a>{RD}</a>");
	assert_int_equal(v->format->syntax, E911_TEMPLATE_XML);
	assert_int_equal(v->format->answer, E911_ANSWER_JSON);
	assert_int_equal(v->format->status[E911_OUTCOME_OK][1], 201);
	assert_int_equal(v->format->status[E911_OUTCOME_CORRECTED][0], 409);
	assert_int_equal(v->format->status[E911_OUTCOME_INVALID][1], 422);
	assert_int_equal(v->format->status[E911_OUTCOME_READ][0], 210);
	assert_string_equal(v->format->verdict, "/v");
	assert_string_equal(v->format->word[E911_OUTCOME_OK], "a,b");
	assert_string_equal(v->format->word[E911_OUTCOME_CORRECTED], "c");
	assert_string_equal(v->format->word[E911_OUTCOME_INVALID], "d");
	assert_string_equal(v->format->elements, "/e");
	assert_string_equal(v->format->list, "/l");
	assert_string_equal(v->format->street, "/s");
	assert_string_equal(v->format->field[E911_F_RD], "/r~1~0");
	assert_int_equal(v->format->mapped, 1);
}

static void a_lost_server_needs_only_its_url(void **state)
{
	const e911_validator_t *v = added(LOST_ROW);

	(void)state;
	assert_int_equal(v->kind, E911_VALIDATOR_LOST);
	assert_string_equal(v->service, "urn:service:sos");
	assert_string_equal(v->method, "POST");
	assert_string_equal(v->type, "application/lost+xml");
	assert_int_equal(v->suggest, 0);
	v = added("name=b;kind=lost;url=http://l;service=urn:x;suggest=yes");
	assert_string_equal(v->service, "urn:x");
	assert_int_equal(v->suggest, 1);
}

static void columns_of_the_other_kind_are_refused(void **state)
{
	(void)state;
	assert_refused(LOST_ROW "body={RD}", E911_ERR_NAME, "body");
	assert_refused(LOST_ROW "ok=200", E911_ERR_NAME, "ok");
	assert_refused(LOST_ROW "path.RD=/a", E911_ERR_NAME, "path.RD");
	assert_refused(LOST_ROW "like=generic", E911_ERR_NAME, NULL);
	assert_refused("body={RD};" LOST_ROW, E911_ERR_NAME, "body");
	assert_refused(REST "service=urn:x", E911_ERR_NAME, "service");
	assert_refused(REST "suggest=yes", E911_ERR_NAME, "suggest");
}

static void refuses_a_row_by_its_column(void **state)
{
	static const struct
	{
		const char *more;
		int err;
		const char *key;
	} rows[] = {
			{"colour=red", E911_ERR_NAME, "colour"},
			{"path.colour=/a", E911_ERR_NAME, "path.colour"},
			{"path.pos=/a", E911_ERR_NAME, "path.pos"},
			{"path=/a", E911_ERR_NAME, "path"},
			{"url=https://b/", E911_ERR_TWICE, "url"},
			{"path.RD=/a;path.RD=/b", E911_ERR_TWICE, "path.RD"},
			{"like=generic;like=generic", E911_ERR_TWICE, "like"},
			{"like=other", E911_ERR_VALUE, "like"},
			{"kind=soap", E911_ERR_VALUE, "kind"},
			{"method=DELETE", E911_ERR_VALUE, "method"},
			{"answer=html", E911_ERR_VALUE, "answer"},
			{"verify=maybe", E911_ERR_VALUE, "verify"},
			{"timeout_ms=99", E911_ERR_VALUE, "timeout_ms"},
			{"timeout_ms=60001", E911_ERR_VALUE, "timeout_ms"},
			{"tries=0", E911_ERR_VALUE, "tries"},
			{"break_after=0", E911_ERR_VALUE, "break_after"},
			{"rest_ms=x", E911_ERR_VALUE, "rest_ms"},
			{"header1=X", E911_ERR_VALUE, "header1"},
			{"header2=: x", E911_ERR_VALUE, "header2"},
			{"header3=X Y: x", E911_ERR_VALUE, "header3"},
			{"header4=\"X: a\r\nY: b\"", E911_ERR_VALUE, "header4"},
			{"header1=X: \xc3\xa9", E911_ERR_VALUE, "header1"},
			{"type=\"a\r\nX: y\"", E911_ERR_VALUE, "type"},
			{"secret=hunter2", E911_ERR_VALUE, "secret"},
			{"secret=file:relative", E911_ERR_VALUE, "secret"},
			{"secret=env:", E911_ERR_VALUE, "secret"},
			{"proxy=http://user:pw@p/", E911_ERR_VALUE, "proxy"},
			{"ok=", E911_ERR_VALUE, "ok"},
			{"ok=99", E911_ERR_VALUE, "ok"},
			{"ok=600", E911_ERR_VALUE, "ok"},
			{"ok=200,x", E911_ERR_VALUE, "ok"},
			{"invalid=400,401,402,403,404,405,406,407,408", E911_ERR_LONG,
					"invalid"},
			{"path.verdict=v", E911_ERR_VALUE, "path.verdict"},
			{"path.list=/a~2", E911_ERR_VALUE, "path.list"},
			{"path.HNO=HNO", E911_ERR_VALUE, "path.HNO"},
			{"answer=xml;path.list=/a[", E911_ERR_VALUE, "path.list"},
			{"answer=xml;path.RD=//", E911_ERR_VALUE, "path.RD"},
			{"header1=A: {secret}", E911_ERR_MISSING, NULL},
	};
	char z[512];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		snprintf(z, sizeof(z), REST "%s", rows[i].more);
		assert_refused(z, rows[i].err, rows[i].key);
	}
	assert_refused(REST "secret=\"x", E911_ERR_SYNTAX, "secret");
}

static void refuses_places_that_are_none(void **state)
{
	(void)state;
	assert_refused("name=a;url=https://v/{HN0}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://v/{location}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://v/{secret}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://{A1}.example/", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://u@v/{A1}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=ftp://v/{A1}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://;body={RD}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https:///x;body={RD}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://v/ x;body={RD}", E911_ERR_VALUE, "url");
	assert_refused(
			"name=a;kind=lost;url=https://v/{RD}", E911_ERR_VALUE, "url");
	assert_refused("name=a;url=https://v/;body={\"a\":\"{rd}\"}",
			E911_ERR_VALUE, "body");
	assert_refused("name=a;url=https://v/;type=text/xml;body={location}",
			E911_ERR_VALUE, "body");
	added("name=a;url=https://v/{A1};body={\"a\":{},\"b\":\"{A1}\"}");
}

static void refuses_a_row_that_cannot_ask(void **state)
{
	(void)state;
	assert_refused("url=https://v/;body={RD}", E911_ERR_MISSING, NULL);
	assert_refused("name=a;body={RD}", E911_ERR_MISSING, NULL);
	assert_refused("name=a;url=https://v/", E911_ERR_MISSING, NULL);
	assert_refused("name=a;url=https://v/;body={}", E911_ERR_MISSING, NULL);
	assert_refused("name=a;url=https://v/;like=bandwidth", E911_ERR_MISSING,
			NULL); /* its header wants a secret */
	assert_refused(
			"name=a;like=generic", E911_ERR_MISSING, "name=a;like=generic");
}

static void refuses_a_name_twice_and_one_too_many(void **state)
{
	char z[128];
	int i;

	(void)state;
	added(REST);
	assert_refused(REST, E911_ERR_TWICE, NULL);
	for(i = 1; i < E911_VALIDATORS_MAX; i++) {
		snprintf(z, sizeof(z), "name=b%d;url=http://v/{RD}", i);
		added(z);
	}
	assert_refused("name=z;url=http://v/{RD}", E911_ERR_FULL, NULL);
}

static void finds_them_by_name_and_number(void **state)
{
	str a = str_init("a"), b = str_init("ab");

	(void)state;
	added(REST);
	assert_ptr_equal(
			e911_validators_named(all, &a), e911_validators_nth(all, 0));
	assert_null(e911_validators_named(all, &b));
	assert_null(e911_validators_nth(all, 1));
	assert_null(e911_validators_nth(all, -1));
}

static void begins_as_one_that_is_built_in(void **state)
{
	const e911_validator_t *v;

	(void)state;
	v = added("name=bw;url=https://b/api;like=bandwidth;secret=env:BW;tries=1");
	assert_string_equal(v->name, "bw");
	assert_string_equal(v->type, "application/xml");
	assert_int_equal(v->format->answer, E911_ANSWER_XML);
	assert_int_equal(v->tries, 1);
	v = added("like=telnyx;name=tx;secret=file:/s");
	assert_string_equal(v->header[0], "Authorization: Bearer {secret}");
	assert_string_equal(
			v->url, "https://api.telnyx.com/v2/addresses/actions/validate");
	v = added("like=generic;name=g;url=http://v/;ok=204;path.verdict=/x");
	assert_int_equal(v->format->status[E911_OUTCOME_OK][0], 204);
	assert_string_equal(v->format->verdict, "/x");
	assert_string_equal(v->format->list, "/suggestions");
}

/* ----- the secret ----- */

static void keep(const char *path, const char *s, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(s, 1, len, file), len);
	fclose(file);
}

static int secret_of(const char *where, char *mem, size_t size)
{
	e911_validator_t v;

	memset(&v, 0, sizeof(v));
	strcpy(v.secret, where);
	return e911_validator_secret(&v, mem, size);
}

static void reads_the_secret_where_it_is_kept(void **state)
{
	char path[] = "/tmp/e911_secret_XXXXXX", where[64], mem[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	sprintf(where, "file:%s", path);
	keep(path, "abc\r\n", 5);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), 0);
	assert_string_equal(mem, "abc");
	keep(path, "abcdefg", 7);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), 0);
	assert_string_equal(mem, "abcdefg");
	keep(path, "abcdefgh", 8);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_LONG);
	assert_string_equal(mem, "");
	keep(path, "a\nb\n", 4);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_VALUE);
	keep(path, "a\0b", 3);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_VALUE);
	keep(path, "\n", 1);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_NONE);
	unlink(path);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_NONE);
	assert_int_equal(secret_of("file:/", mem, sizeof(mem)), E911_ERR_NONE);
	assert_int_equal(secret_of("", mem, sizeof(mem)), E911_ERR_NONE);
}

static void a_pipe_does_not_hold_it_up(void **state)
{
	char path[] = "/tmp/e911_pipe_XXXXXX", where[64], mem[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	sprintf(where, "file:%s", path);
	assert_int_equal(secret_of(where, mem, sizeof(mem)), E911_ERR_NONE);
	unlink(path);
}

static void reads_the_secret_from_the_environment(void **state)
{
	char mem[8];

	(void)state;
	setenv("E911_TEST_SECRET", "abc", 1);
	assert_int_equal(secret_of("env:E911_TEST_SECRET", mem, sizeof(mem)), 0);
	assert_string_equal(mem, "abc");
	assert_int_equal(secret_of("env:E911_TEST_SECRET", mem, 3), E911_ERR_LONG);
	unsetenv("E911_TEST_SECRET");
	assert_int_equal(
			secret_of("env:E911_TEST_SECRET", mem, sizeof(mem)), E911_ERR_NONE);
}

/* ----- memory ----- */

static int add_all(void *arg)
{
	static const str rows[] = {
			str_init("name=a;like=bandwidth;url=https://b/;secret=env:X"),
			str_init("name=b;url=http://v/{RD};answer=xml;path.RD=//"
					 "x[y='1']|z")};
	e911_validators_t *set;
	str bad;
	size_t i;
	int err = e911_validators_new(&set);

	(void)arg;
	if(err)
		return err;
	for(i = 0; i < COUNT(rows) && !err; i++)
		err = e911_validators_add(set, &rows[i], &bad);
	assert_int_equal(set->n, err ? (int)i - 1 : 2);
	e911_validators_free(set);
	return err;
}

/* libxml2 takes some of its own failing allocations for a fault of the path */
static void survives_no_memory(void **state)
{
	(void)state;
	ksr_sweep(add_all, NULL, 0);
}

static char *hooked_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

static void silence(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

static int start(void **state)
{
	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, silence);
	return 0;
}

static int end(void **state)
{
	(void)state;
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(what_is_not_said_has_its_default),
			TEST(a_verdict_in_the_document_is_read_there),
			TEST(every_column_goes_where_it_belongs),
			TEST(a_lost_server_needs_only_its_url),
			TEST(columns_of_the_other_kind_are_refused),
			TEST(refuses_a_row_by_its_column),
			TEST(refuses_places_that_are_none),
			TEST(refuses_a_row_that_cannot_ask),
			TEST(refuses_a_name_twice_and_one_too_many),
			TEST(finds_them_by_name_and_number),
			TEST(begins_as_one_that_is_built_in),
			TEST(reads_the_secret_where_it_is_kept),
			TEST(a_pipe_does_not_hold_it_up),
			TEST(reads_the_secret_from_the_environment),
			TEST(survives_no_memory),
	};

	return cmocka_run_group_tests_name("validators", tests, start, end);
}
