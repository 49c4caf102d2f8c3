/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err hash strbuf origins row
 */
#include "../../modules/e911/pages.c"
#include <stdlib.h>
#include <unistd.h>
#include "ksr_stub.h"
#include "tight.h"

#define HTML "<!doctype html><p>agent"

static char dir[] = "/tmp/e911-pages-XXXXXX";
static str path = str_init("/e911/");
static const char *bad;

static void write_file(const char *name, const char *text, size_t len)
{
	char at[PATH_MAX];
	FILE *out;

	snprintf(at, sizeof(at), "%s/%s", dir, name);
	out = fopen(at, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void write_z(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static void make_folder(const char *name)
{
	char at[PATH_MAX];

	snprintf(at, sizeof(at), "%s/%s", dir, name);
	assert_int_equal(mkdir(at, 0700), 0);
}

static int up(void **state)
{
	str none = STR_NULL, fault;

	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if(e911_hash_init() || mkdtemp(dir) == NULL)
		return -1;
	make_folder("agent");
	write_z("agent/index.html", HTML);
	write_z("agent/page.js", "let a;");
	write_z("agent/.secret.html", "hidden");
	write_z("agent/page.js~", "old");
	write_z("agent/README", "not served");
	return e911_origins_init(&none, &fault);
}

static int down(void **state)
{
	char command[100];

	(void)state;
	e911_pages_destroy();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0 || ksr_blocks() != 0;
}

static void load(void)
{
	assert_int_equal(e911_pages_init(dir, &path, &bad), 0);
}

/* the status; 0: it is not ours */
static int ask(const char *method, const char *target, const char *match,
		e911_page_t *page)
{
	str m = tight_z(method), t = tight_z(target), i = STR_NULL;
	int err;

	if(match)
		i = tight_z(match);
	err = e911_pages_find(&m, &t, match ? &i : NULL, page);
	free(m.s);
	free(t.s);
	free(i.s);
	assert_true(err == 0 || err == E911_ERR_NONE);
	return err ? 0 : page->status;
}

static int get(const char *target, e911_page_t *page)
{
	return ask("GET", target, NULL, page);
}

static int says(const e911_page_t *page, const char *text)
{
	char headers[HEADERS_ROOM + 1];

	sprintf(headers, "%.*s", page->headers.len, page->headers.s);
	return strstr(headers, text) != NULL;
}

static void serves_a_file_with_its_type(void **state)
{
	e911_page_t page;

	(void)state;
	load();
	assert_int_equal(get("/e911/agent/page.js", &page), 200);
	assert_true(is_z(&page.body, "let a;"));
	assert_true(is_z(&page.type, "text/javascript; charset=utf-8"));
	assert_true(is_z(&page.reason, "OK"));
	assert_int_equal(get("/e911/agent/page.js?version=2", &page), 200);
}

static void serves_the_index_of_a_folder(void **state)
{
	e911_page_t page;

	(void)state;
	load();
	assert_int_equal(get("/e911/agent/", &page), 200);
	assert_true(is_z(&page.body, HTML));
	assert_true(is_z(&page.type, "text/html; charset=utf-8"));
	assert_int_equal(get("/e911/agent/index.html", &page), 200);
	assert_int_equal(get("/e911/agent", &page), 308);
	assert_true(says(&page, "Location: agent/\r\n"));
	assert_int_equal(get("/e911/operator", &page), 308);
	assert_true(says(&page, "Location: operator/\r\n"));
}

static void leads_nowhere_else(void **state)
{
	static const char *const targets[] = {"/e911/agent/../agent/page.js",
			"/e911/agent/./page.js", "/e911/agent//page.js",
			"/e911/agent/%70age.js", "/e911/agent/../../etc/passwd",
			"/e911/agent/..%2fpage.js", "/e911/agent/.secret.html",
			"/e911/agent/page.js~", "/e911/agent/README",
			"/e911/agent/page.js/", "/e911/agent/page.j",
			"/e911/agent/page.jss", "/e911/agent/PAGE.JS",
			"/e911/operator/page.js", "/e911/operator/"};
	e911_page_t page;
	size_t i;

	(void)state;
	load();
	for(i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		if(get(targets[i], &page) != 404)
			fail_msg("%s: %d", targets[i], page.status);
		assert_int_equal(page.body.len, 0);
		assert_true(says(&page, "nosniff"));
	}
}

static void leaves_other_paths_to_others(void **state)
{
	static const char *const targets[] = {"", "/", "/e911", "/e911/",
			"/e911/api/v1/me", "/e911/agents/", "/e911/agen", "e911/agent/",
			"/agent/", "/E911/agent/", "?/e911/agent/"};
	e911_page_t page;
	size_t i;

	(void)state;
	load();
	for(i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if(get(targets[i], &page) != 0)
			fail_msg("%s: %d", targets[i], page.status);
}

static void has_nothing_before_it_is_loaded(void **state)
{
	e911_page_t page;

	(void)state;
	assert_int_equal(get("/e911/agent/", &page), 0);
}

static void sends_a_page_once(void **state)
{
	char etag[20], list[100];
	e911_page_t page;

	(void)state;
	load();
	strcpy(etag, find_file(&folders[0].index)->etag);
	assert_int_equal(ask("GET", "/e911/agent/", etag, &page), 304);
	assert_int_equal(page.body.len, 0);
	assert_int_equal(page.type.len, 0);
	assert_true(says(&page, etag));
	sprintf(list, "\"a\", W/%s", etag);
	assert_int_equal(ask("GET", "/e911/agent/", list, &page), 304);
	assert_int_equal(ask("GET", "/e911/agent/", "*", &page), 304);
	assert_int_equal(ask("GET", "/e911/agent/", "\"a\"", &page), 200);
	assert_int_equal(ask("GET", "/e911/agent/", "", &page), 200);
	assert_int_equal(ask("GET", "/e911/agent/page.js", etag, &page), 200);
}

static void answers_get_and_head_alone(void **state)
{
	e911_page_t page;

	(void)state;
	load();
	assert_int_equal(ask("HEAD", "/e911/agent/", NULL, &page), 200);
	assert_int_equal(page.body.len, 0);
	assert_int_equal(ask("POST", "/e911/agent/", NULL, &page), 405);
	assert_true(says(&page, "Allow: GET, HEAD\r\n"));
	assert_int_equal(ask("get", "/e911/agent/", NULL, &page), 405);
	assert_int_equal(ask("", "/e911/agent/", NULL, &page), 405);
}

static void lets_only_named_origins_frame_it(void **state)
{
	str list = str_init("https://a.example.com,http://localhost:1"), fault;
	e911_page_t page;

	(void)state;
	load();
	assert_int_equal(get("/e911/agent/", &page), 200);
	assert_true(says(&page, "frame-ancestors 'self'\r\n"));
	assert_int_equal(get("/e911/agent/config.json", &page), 200);
	assert_true(is_z(&page.body, "{\"origins\":[]}"));
	e911_pages_destroy();
	assert_int_equal(e911_origins_init(&list, &fault), 0);
	load();
	assert_int_equal(get("/e911/agent/", &page), 200);
	assert_true(says(&page, "frame-ancestors 'self' https://a.example.com"
							" http://localhost:1\r\n"));
	assert_true(says(&page, "default-src 'none'; script-src 'self';"));
	assert_int_equal(get("/e911/agent/config.json", &page), 200);
	assert_true(is_z(&page.type, "application/json"));
	assert_true(is_z(&page.body, "{\"origins\":[\"https://a.example.com\","
								 "\"http://localhost:1\"]}"));
}

static void keeps_its_own_config(void **state)
{
	e911_page_t page;

	(void)state;
	write_z("agent/config.json", "{\"origins\":[\"https://evil.test\"]}");
	load();
	assert_int_equal(get("/e911/agent/config.json", &page), 200);
	assert_true(is_z(&page.body, "{\"origins\":[]}"));
}

static void serves_two_folders(void **state)
{
	e911_page_t page;

	(void)state;
	make_folder("operator");
	write_z("operator/index.html", "");
	make_folder("other");
	write_z("other/index.html", "other");
	load();
	assert_int_equal(get("/e911/operator/", &page), 200);
	assert_int_equal(page.body.len, 0);
	assert_int_equal(get("/e911/agent/", &page), 200);
	assert_int_equal(get("/e911/other/index.html", &page), 0);
}

static void says_what_cannot_be_read(void **state)
{
	char pipe[PATH_MAX];
	e911_page_t page;

	(void)state;
	assert_int_equal(
			e911_pages_init("/nonexistent", &path, &bad), E911_ERR_NONE);
	assert_string_equal(bad, "/nonexistent/operator");
	snprintf(pipe, sizeof(pipe), "%s/agent/pipe.js", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	alarm(5);
	assert_int_equal(e911_pages_init(dir, &path, &bad), E911_ERR_NONE);
	alarm(0);
	assert_string_equal(bad, pipe);
	assert_int_equal(get("/e911/agent/", &page), 0);
}

static void holds_so_many_files(void **state)
{
	char name[100];
	int i;

	(void)state;
	/* with index.html, page.js and config.json */
	for(i = 0; i < E911_PAGES_MAX - 3; i++) {
		sprintf(name, "agent/%d.js", i);
		write_z(name, "");
	}
	load();
	e911_pages_destroy();
	write_z("agent/more.js", "");
	assert_int_equal(e911_pages_init(dir, &path, &bad), E911_ERR_FULL);
}

static void holds_so_many_bytes(void **state)
{
	size_t len = E911_PAGES_BYTES - strlen(HTML) - strlen("let a;")
				 - strlen("{\"origins\":[]}");
	char *text = calloc(1, E911_PAGES_BYTES + 1);

	(void)state;
	write_file("agent/large.png", text, len);
	load();
	e911_pages_destroy();
	write_file("agent/large.png", text, len + 1);
	assert_int_equal(e911_pages_init(dir, &path, &bad), E911_ERR_SPACE);
	write_file("agent/large.png", text, E911_PAGES_BYTES + 1);
	assert_int_equal(e911_pages_init(dir, &path, &bad), E911_ERR_SPACE);
	free(text);
}

static void holds_names_of_some_length(void **state)
{
	char name[100] = "agent/";

	(void)state;
	memset(name + 6, 'n', NAME_MAX_LEN - 6 - 1 - 4);
	strcpy(name + NAME_MAX_LEN - 1 - 4, ".png");
	write_z(name, "");
	load();
	e911_pages_destroy();
	strcpy(name + NAME_MAX_LEN - 1 - 4, "n.png");
	write_z(name, "");
	assert_int_equal(e911_pages_init(dir, &path, &bad), E911_ERR_LONG);
}

static int load_once(void *arg)
{
	int err = e911_pages_init(dir, &path, &bad);

	(void)arg;
	e911_pages_destroy();
	return err;
}

static void does_without_memory(void **state)
{
	(void)state;
	ksr_sweep(load_once, NULL, E911_ERR_MEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(serves_a_file_with_its_type),
			TEST(serves_the_index_of_a_folder),
			TEST(leads_nowhere_else),
			TEST(leaves_other_paths_to_others),
			TEST(has_nothing_before_it_is_loaded),
			TEST(sends_a_page_once),
			TEST(answers_get_and_head_alone),
			TEST(lets_only_named_origins_frame_it),
			TEST(keeps_its_own_config),
			TEST(serves_two_folders),
			TEST(says_what_cannot_be_read),
			TEST(holds_so_many_files),
			TEST(holds_so_many_bytes),
			TEST(holds_names_of_some_length),
			TEST(does_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
