/*
 * e911: web pages, served from memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "../../core/mem/shm_mem.h"
#include "err.h"
#include "hash.h"
#include "origins.h"
#include "pages.h"
#include "strbuf.h"

#define NAME_MAX_LEN 64 /* "agent/index.html" */
#define PATH_ROOM 512
#define HEADERS_ROOM 4096
#define CONFIG_ROOM 4096
#define CONFIG "config.json"

/* clang-format off */
static const struct
{
	const char *end;
	str type;
} types[] = {
	{".html", str_init("text/html; charset=utf-8")},
	{".css", str_init("text/css; charset=utf-8")},
	{".js", str_init("text/javascript; charset=utf-8")},
	{".json", str_init("application/json")},
	{".svg", str_init("image/svg+xml")},
	{".png", str_init("image/png")},
	{".txt", str_init("text/plain; charset=utf-8")},
};

/* Nothing from elsewhere, and no script or style within the page. */
#define POLICY "Content-Security-Policy: default-src 'none'; script-src 'self'; " \
	"style-src 'self'; connect-src 'self'; img-src 'self' data:; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
#define SECURITY "Cache-Control: no-cache\r\n" \
	"X-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\n" \
	"Cross-Origin-Resource-Policy: same-origin\r\n"
static const struct
{
	const char *name;
	str index;
	str headers; /* of who forgets the slash */
} folders[] = {
	{"agent", str_init("agent/index.html"),
		str_init(SECURITY "Location: agent/\r\n")},
	{"operator", str_init("operator/index.html"),
		str_init(SECURITY "Location: operator/\r\n")},
};
/* clang-format on */

#define FOLDERS (int)(sizeof(folders) / sizeof(*folders))
#define TYPES (int)(sizeof(types) / sizeof(*types))

enum answer
{
	ANSWER_OK,
	ANSWER_SAME,
	ANSWER_FOLDER,
	ANSWER_NONE,
	ANSWER_METHOD
};

static const struct
{
	int status;
	str reason;
} answers[] = {
		[ANSWER_OK] = {200, str_init("OK")},
		[ANSWER_SAME] = {304, str_init("Not Modified")},
		[ANSWER_FOLDER] = {308, str_init("Permanent Redirect")},
		[ANSWER_NONE] = {404, str_init("Not Found")},
		[ANSWER_METHOD] = {405, str_init("Method Not Allowed")},
};

typedef struct file
{
	char name[NAME_MAX_LEN];
	char etag[20]; /* with its quotes; hexadecimal digits of 64 bits */
	str type;
	str headers; /* with the ETag */
	str body;
} file_t;

static file_t *files;
static int count;
static size_t bytes;
static str root;
static char fault[PATH_ROOM];
/* of answers that are no file */
static const str plain = str_init(SECURITY);
static const str refusal = str_init(SECURITY "Allow: GET, HEAD\r\n");

/* ----- what is kept ----- */

static int keep(str *to, const char *s, size_t len)
{
	/* of no length, some allocators give nothing */
	to->s = shm_malloc(len ? len : 1);
	if(to->s == NULL)
		return E911_ERR_MEM;
	memcpy(to->s, s, len);
	to->len = (int)len;
	return E911_OK;
}

static int keep_headers(file_t *f)
{
	char mem[HEADERS_ROOM];
	const str *origin;
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, SECURITY "ETag: ");
	e911_strbuf_puts(&b, f->etag);
	E911_STRBUF_LIT(&b, "\r\n" POLICY);
	for(i = 0; (origin = e911_origins_nth(i)); i++) {
		E911_STRBUF_LIT(&b, " ");
		e911_strbuf_put_str(&b, origin);
	}
	E911_STRBUF_LIT(&b, "\r\n");
	return b.err ? b.err : keep(&f->headers, b.s, b.len);
}

static const str *type_of(const char *name)
{
	size_t len = strlen(name), end;
	int i;

	for(i = 0; i < TYPES; i++) {
		end = strlen(types[i].end);
		if(len > end && strcmp(name + len - end, types[i].end) == 0)
			return &types[i].type;
	}
	return NULL;
}

/* takes the body, also when it fails */
static int add(const char *folder, const char *name, str *body)
{
	file_t *f = &files[count];

	if(count == E911_PAGES_MAX) {
		shm_free(body->s);
		return E911_ERR_FULL;
	}
	count++;
	f->body = *body;
	bytes += body->len;
	if(bytes > E911_PAGES_BYTES)
		return E911_ERR_SPACE;
	if(snprintf(f->name, sizeof(f->name), "%s/%s", folder, name)
			>= (int)sizeof(f->name))
		return E911_ERR_LONG;
	snprintf(f->etag, sizeof(f->etag), "\"%016llx\"",
			(unsigned long long)e911_hash(body->s, body->len));
	f->type = *type_of(name);
	return keep_headers(f);
}

/* ----- reading ----- */

static int read_body(FILE *in, size_t size, str *body)
{
	body->s = shm_malloc(size + 1);
	if(body->s == NULL)
		return E911_ERR_MEM;
	body->len = (int)fread(body->s, 1, size, in);
	if((size_t)body->len == size)
		return E911_OK;
	shm_free(body->s);
	return E911_ERR_NONE;
}

static int add_file(const char *folder, const char *name)
{
	struct stat st;
	FILE *in;
	str body;
	int err;

	/* to open a pipe would wait for who writes into it */
	if(stat(fault, &st) != 0 || !S_ISREG(st.st_mode))
		return E911_ERR_NONE;
	if(st.st_size > E911_PAGES_BYTES)
		return E911_ERR_SPACE;
	in = fopen(fault, "rb");
	if(in == NULL)
		return E911_ERR_NONE;
	err = read_body(in, st.st_size, &body);
	fclose(in);
	return err ? err : add(folder, name, &body);
}

/* hidden ones, and what no browser would know what to do with, stay where they
 * are */
static int is_served(const char *name)
{
	return name[0] != '.' && type_of(name) && strcmp(name, CONFIG) != 0;
}

static int add_files(const char *dir, const char *folder, DIR *in)
{
	struct dirent *entry;
	int err = E911_OK;

	while(!err && (entry = readdir(in))) {
		if(!is_served(entry->d_name))
			continue;
		if(snprintf(
				   fault, sizeof(fault), "%s/%s/%s", dir, folder, entry->d_name)
				>= (int)sizeof(fault))
			return E911_ERR_LONG;
		err = add_file(folder, entry->d_name);
	}
	return err;
}

static int add_config(const char *folder)
{
	char mem[CONFIG_ROOM];
	const str *origin;
	e911_strbuf_t b;
	str body;
	int i;

	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "{\"origins\":[");
	for(i = 0; (origin = e911_origins_nth(i)); i++) {
		e911_strbuf_puts(&b, i ? ",\"" : "\"");
		e911_strbuf_put_json(&b, origin->s, origin->len);
		E911_STRBUF_LIT(&b, "\"");
	}
	E911_STRBUF_LIT(&b, "]}");
	if(b.err || keep(&body, b.s, b.len))
		return b.err ? b.err : E911_ERR_MEM;
	return add(folder, CONFIG, &body);
}

/* one of them alone is fine */
static int add_folder(const char *dir, const char *folder)
{
	DIR *in;
	int err;

	if(snprintf(fault, sizeof(fault), "%s/%s", dir, folder)
			>= (int)sizeof(fault))
		return E911_ERR_LONG;
	in = opendir(fault);
	if(in == NULL)
		return E911_OK;
	err = add_files(dir, folder, in);
	closedir(in);
	return err ? err : add_config(folder);
}

/* ----- life ----- */

int e911_pages_init(const char *dir, const str *path, const char **bad)
{
	int i, err = E911_OK;

	*bad = fault;
	fault[0] = '\0';
	root = *path;
	count = 0;
	bytes = 0;
	files = shm_mallocxz(E911_PAGES_MAX * sizeof(*files));
	if(files == NULL)
		return E911_ERR_MEM;
	for(i = 0; i < FOLDERS && !err; i++)
		err = add_folder(dir, folders[i].name);
	if(!err && count == 0)
		err = E911_ERR_NONE;
	if(err)
		e911_pages_destroy();
	return err;
}

void e911_pages_destroy(void)
{
	int i;

	if(files == NULL)
		return;
	for(i = 0; i < count; i++) {
		shm_free(files[i].body.s);
		if(files[i].headers.s)
			shm_free(files[i].headers.s);
	}
	shm_free(files);
	files = NULL;
	count = 0;
}

/* ----- answers ----- */

static int skip(str *s, const str *begin)
{
	if(s->len < begin->len || memcmp(s->s, begin->s, begin->len) != 0)
		return 0;
	s->s += begin->len;
	s->len -= begin->len;
	return 1;
}

/* the folder that a name is in, or is; NONE */
static int folder_of(const str *name)
{
	int i, len;

	for(i = 0; i < FOLDERS; i++) {
		len = (int)strlen(folders[i].name);
		if(name->len >= len && memcmp(name->s, folders[i].name, len) == 0
				&& (name->len == len || name->s[len] == '/'))
			return i;
	}
	return E911_ERR_NONE;
}

static const file_t *find_file(const str *name)
{
	int i;

	for(i = 0; i < count; i++)
		if(strlen(files[i].name) == (size_t)name->len
				&& memcmp(files[i].name, name->s, name->len) == 0)
			return &files[i];
	return NULL;
}

static void put(e911_page_t *page, enum answer answer, const str *headers)
{
	memset(page, 0, sizeof(*page));
	page->status = answers[answer].status;
	page->reason = answers[answer].reason;
	page->headers = *headers;
}

/* RFC 9110 section 13.1.2: a list, "*", weak ones too. An ETag of ours is never
 * part of another text between quotes. */
static int matches(const str *match, const char *etag)
{
	size_t len = strlen(etag);
	int i;

	if(match == NULL)
		return 0;
	if(match->len == 1 && match->s[0] == '*')
		return 1;
	for(i = 0; i + (int)len <= match->len; i++)
		if(memcmp(match->s + i, etag, len) == 0)
			return 1;
	return 0;
}

static int is_method(const str *method, const char *name)
{
	return (size_t)method->len == strlen(name)
		   && memcmp(method->s, name, method->len) == 0;
}

static void put_file(
		const file_t *f, const str *method, const str *match, e911_page_t *page)
{
	int is_get = is_method(method, "GET");

	if(!is_get && !is_method(method, "HEAD")) {
		put(page, ANSWER_METHOD, &refusal);
		return;
	}
	put(page, matches(match, f->etag) ? ANSWER_SAME : ANSWER_OK, &f->headers);
	if(page->status == 304)
		return;
	page->type = f->type;
	if(is_get)
		page->body = f->body;
}

int e911_pages_find(const str *method, const str *target, const str *match,
		e911_page_t *page)
{
	char *query = target->len > 0 ? memchr(target->s, '?', target->len) : NULL;
	const file_t *f;
	str name = *target;
	int i, len;

	if(query)
		name.len = (int)(query - name.s);
	if(files == NULL || !skip(&name, &root) || (i = folder_of(&name)) < 0)
		return E911_ERR_NONE;
	len = (int)strlen(folders[i].name);
	f = find_file(name.len == len + 1 ? &folders[i].index : &name);
	if(name.len == len)
		put(page, ANSWER_FOLDER, &folders[i].headers);
	else if(f == NULL)
		put(page, ANSWER_NONE, &plain);
	else
		put_file(f, method, match, page);
	return E911_OK;
}
