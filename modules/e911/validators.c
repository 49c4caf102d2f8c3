/*
 * e911: validators that are asked over HTTP, each as a row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <libxml/xpath.h>
#include "../../core/mem/shm_mem.h"
#include "validators.h"
#include "validator_format.h"
#include "secret.h"
#include "template.h"
#include "row.h"
#include "err.h"

/* One block, so that one offset tells where a column goes. */
struct entry
{
	e911_validator_t v;
	e911_format_t f;
};

struct e911_validators
{
	int n;
	struct entry *entry[E911_VALIDATORS_MAX];
};

enum kind
{
	KIND_TEXT,
	KIND_LINE, /* of ASCII: it goes into a header, or names a file */
	KIND_URL,
	KIND_KIND,
	KIND_METHOD,
	KIND_ANSWER,
	KIND_YES,
	KIND_NUMBER,
	KIND_HEADER,
	KIND_SECRET,
	KIND_STATUS,
	KIND_PATH, /* it is looked at when the whole row is known */
};

enum whose
{
	LOST = 1,
	REST = 2,
	BOTH = 3
};

#define V(m) offsetof(struct entry, v.m), sizeof(((struct entry *)0)->v.m)
#define F(m) offsetof(struct entry, f.m), sizeof(((struct entry *)0)->f.m)

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned char whose;
	unsigned short offset, size;
	int least, most; /* of a number */
} columns[] = {
	{"name", KIND_TEXT, BOTH, V(name), 0, 0},
	{"kind", KIND_KIND, BOTH, V(kind), 0, 0},
	{"url", KIND_URL, BOTH, V(url), 0, 0},
	{"header1", KIND_HEADER, BOTH, V(header[0]), 0, 0},
	{"header2", KIND_HEADER, BOTH, V(header[1]), 0, 0},
	{"header3", KIND_HEADER, BOTH, V(header[2]), 0, 0},
	{"header4", KIND_HEADER, BOTH, V(header[3]), 0, 0},
	{"secret", KIND_SECRET, BOTH, V(secret), 0, 0},
	{"ca", KIND_LINE, BOTH, V(ca), 0, 0},
	{"cert", KIND_LINE, BOTH, V(cert), 0, 0},
	{"key", KIND_LINE, BOTH, V(key), 0, 0},
	{"proxy", KIND_URL, BOTH, V(proxy), 0, 0},
	{"verify", KIND_YES, BOTH, V(verify), 0, 0},
	{"timeout_ms", KIND_NUMBER, BOTH, V(timeout_ms), 100, 60000},
	{"tries", KIND_NUMBER, BOTH, V(tries), 1, 5},
	{"break_after", KIND_NUMBER, BOTH, V(break_after), 1, 1000},
	{"rest_ms", KIND_NUMBER, BOTH, V(rest_ms), 1000, 3600000},
	{"service", KIND_LINE, LOST, V(service), 0, 0},
	{"suggest", KIND_YES, LOST, V(suggest), 0, 0},
	{"method", KIND_METHOD, REST, V(method), 0, 0},
	{"type", KIND_LINE, REST, V(type), 0, 0},
	{"body", KIND_TEXT, REST, F(body), 0, 0},
	{"answer", KIND_ANSWER, REST, F(answer), 0, 0},
	{"ok", KIND_STATUS, REST, F(status[E911_OUTCOME_OK]), 0, 0},
	{"corrected", KIND_STATUS, REST, F(status[E911_OUTCOME_CORRECTED]), 0, 0},
	{"invalid", KIND_STATUS, REST, F(status[E911_OUTCOME_INVALID]), 0, 0},
	{"read", KIND_STATUS, REST, F(status[E911_OUTCOME_READ]), 0, 0},
	{"path.verdict", KIND_PATH, REST, F(verdict), 0, 0},
	{"path.valid", KIND_TEXT, REST, F(word[E911_OUTCOME_OK]), 0, 0},
	{"path.corrected", KIND_TEXT, REST, F(word[E911_OUTCOME_CORRECTED]), 0, 0},
	{"path.invalid", KIND_TEXT, REST, F(word[E911_OUTCOME_INVALID]), 0, 0},
	{"path.elements", KIND_PATH, REST, F(elements), 0, 0},
	{"path.list", KIND_PATH, REST, F(list), 0, 0},
	{"path.street", KIND_PATH, REST, F(street), 0, 0},
};

static const struct builtin
{
	const char *name;
	const char *row;
} builtins[] = {
	/* Bandwidth's Numbers API, POST /accounts/{accountId}/geocodeRequest, as its
	 * published specification has it: 200 valid, 409 close to one that is (the
	 * address is with it), 400 with 12110 not to be found, other 400 our fault;
	 * 500 and 503 theirs. Assumed: that HousePrefix is HNP. */
	{"bandwidth",
		"method=POST; type=application/xml;"
		"header1=Authorization: Basic {secret};"
		"ok=200; corrected=409; read=400;"
		"body=<?xml version=\"1.0\" encoding=\"UTF-8\"?><RequestAddress>"
		"<HousePrefix>{HNP}</HousePrefix><HouseNumber>{HNO}</HouseNumber>"
		"<HouseSuffix>{HNS}</HouseSuffix><PreDirectional>{PRD}</PreDirectional>"
		"<StreetName>{RD}</StreetName><StreetSuffix>{STS}</StreetSuffix>"
		"<PostDirectional>{POD}</PostDirectional><City>{A3}</City>"
		"<StateCode>{A1}</StateCode><Zip>{PC}</Zip><County>{A2}</County>"
		"<Country>{country}</Country></RequestAddress>;"
		"path.verdict=/GeocodeRequestResponse/ResponseStatus/ErrorCode;"
		"path.invalid=12110;"
		"path.list=/GeocodeRequestResponse/GeocodedAddress;"
		"path.HNP=HousePrefix; path.HNO=HouseNumber; path.HNS=HouseSuffix;"
		"path.PRD=PreDirectional; path.RD=StreetName; path.STS=StreetSuffix;"
		"path.POD=PostDirectional; path.A3=City; path.A2=County;"
		"path.A1=StateCode; path.PC=Zip; path.country=Country"},
	/* Telnyx API v2, POST /addresses/actions/validate, as its published
	 * specification has it: data.result is valid or invalid, data.suggested the
	 * address as it has it; 422 is a bad request. Its street is one line. */
	{"telnyx",
		"url=https://api.telnyx.com/v2/addresses/actions/validate;"
		"method=POST; type=application/json;"
		"header1=Authorization: Bearer {secret}; read=200;"
		"body={\"street_address\":\"{line}\",\"locality\":\"{A3}\","
		"\"administrative_area\":\"{A1}\",\"postal_code\":\"{PC}\","
		"\"country_code\":\"{country}\"};"
		"path.verdict=/data/result; path.valid=valid; path.invalid=invalid;"
		"path.list=/data/suggested; path.street=/street_address;"
		"path.A3=/locality; path.A1=/administrative_area;"
		"path.PC=/postal_code; path.country=/country_code"},
	/* Ours: in the manual. */
	{"generic",
		"method=POST; type=application/json; body={location}; read=200;"
		"path.verdict=/verdict; path.elements=/elements;"
		"path.list=/suggestions"},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*table))
#define COLUMNS COUNT(columns)

/* What stands in the row, by column; a NULL key: it does not. */
struct given
{
	str column[COLUMNS];
	str field[E911_F_SHAPE];
};

int e911_validators_new(e911_validators_t **all)
{
	e911_validators_t *a = shm_mallocxz(sizeof(*a));

	if(a == NULL)
		return E911_ERR_MEM;
	*all = a;
	return E911_OK;
}

void e911_validators_free(e911_validators_t *all)
{
	int i;

	if(all == NULL)
		return;
	for(i = 0; i < all->n; i++)
		shm_free(all->entry[i]);
	shm_free(all);
}

/* ----- values ----- */

/* Whom it goes to is not for an address to say, and a password in it would be
 * one in a row. */
static int put_url(char *to, size_t size, const str *value)
{
	int skip = e911_row_begins(value, "https://") ? 8 : 7;
	str host = {value->s + skip, value->len - skip};
	int i;

	if(!e911_row_is_clean(value, '!')
			|| (skip == 7 && !e911_row_begins(value, "http://")))
		return E911_ERR_VALUE;
	for(i = 0; i < host.len && !strchr("/?#", host.s[i]); i++)
		if(strchr("{}@", host.s[i]))
			return E911_ERR_VALUE;
	return i ? e911_row_text(to, size, value) : E911_ERR_VALUE;
}

/* RFC 9110 section 5: a token, a colon; nothing that ends the line */
static int put_header(char *to, size_t size, const str *value)
{
	int i;

	for(i = 0; i < value->len && value->s[i] != ':'; i++)
		if(value->s[i] <= ' ' || strchr("\"(),/;<=>?@[\\]{}", value->s[i]))
			return E911_ERR_VALUE;
	if(i == 0 || i == value->len || !e911_row_is_clean(value, ' '))
		return E911_ERR_VALUE;
	return e911_row_text(to, size, value);
}

static int put_secret(char *to, size_t size, const str *value)
{
	if(!e911_secret_is_place(value))
		return E911_ERR_VALUE;
	return e911_row_text(to, size, value);
}

static int put_status(int *to, const str *value)
{
	str rest = *value, item;
	int n = 0, status;

	while(e911_row_item(&rest, &item)) {
		if(n == E911_FORMAT_STATUS_MAX)
			return E911_ERR_LONG;
		if(e911_row_number(&item, 599, &status) || status < 200)
			return E911_ERR_VALUE;
		to[n++] = status;
	}
	if(n < E911_FORMAT_STATUS_MAX)
		to[n] = 0;
	return n ? E911_OK : E911_ERR_VALUE;
}

static int put_word(int *to, const char *const *words, const str *value)
{
	int i = e911_row_word(words, value);

	if(i < 0)
		return i;
	*to = i;
	return E911_OK;
}

static int put_method(char *to, size_t size, const str *value)
{
	static const char *const methods[] = {"GET", "POST", "PUT", NULL};

	if(e911_row_word(methods, value) < 0)
		return E911_ERR_VALUE;
	return e911_row_text(to, size, value);
}

static int put_number(int *to, const struct column *c, const str *value)
{
	int n;

	if(e911_row_number(value, c->most, &n) || n < c->least)
		return E911_ERR_VALUE;
	*to = n;
	return E911_OK;
}

static int put_column(
		struct entry *entry, const struct column *c, const str *value)
{
	static const char *const kinds[] = {"lost", "rest", NULL};
	static const char *const syntaxes[] = {"json", "xml", NULL};
	static const char *const yes[] = {"no", "yes", NULL};
	void *to = (char *)entry + c->offset;

	switch(c->kind) {
		case KIND_LINE:
			if(!e911_row_is_clean(value, ' '))
				return E911_ERR_VALUE;
			break;
		case KIND_URL:
			return put_url(to, c->size, value);
		case KIND_KIND:
			return put_word(to, kinds, value);
		case KIND_METHOD:
			return put_method(to, c->size, value);
		case KIND_ANSWER:
			return put_word(to, syntaxes, value);
		case KIND_YES:
			return put_word(to, yes, value);
		case KIND_NUMBER:
			return put_number(to, c, value);
		case KIND_HEADER:
			return put_header(to, c->size, value);
		case KIND_SECRET:
			return put_secret(to, c->size, value);
		case KIND_STATUS:
			return put_status(to, value);
	}
	return e911_row_text(to, c->size, value);
}

/* ----- rows ----- */

static int note(str *given, const str *key)
{
	if(given->s)
		return E911_ERR_TWICE;
	*given = *key;
	return E911_OK;
}

/* path.RD, …: a path for each field of an address */
static int put_field(struct entry *entry, const str *key, const str *value,
		struct given *given)
{
	int id;

	if(!e911_row_begins(key, "path."))
		return E911_ERR_NAME;
	id = e911_field_find(key->s + 5, key->len - 5);
	if(id < 0 || id >= E911_F_SHAPE)
		return E911_ERR_NAME;
	if(note(&given->field[id], key))
		return E911_ERR_TWICE;
	return e911_row_text(entry->f.field[id], E911_FORMAT_PATH_MAX, value);
}

static int put(struct entry *entry, const str *key, const str *value,
		struct given *given)
{
	size_t i;

	for(i = 0; i < COLUMNS; i++) {
		if(!e911_row_is(key, columns[i].name))
			continue;
		if(note(&given->column[i], key))
			return E911_ERR_TWICE;
		return put_column(entry, &columns[i], value);
	}
	return put_field(entry, key, value, given);
}

/* like is done with already, and may stand once as all do */
static int fill(
		struct entry *entry, const str *row, str *bad, struct given *given)
{
	str rest = *row, value;
	int err, got, likes = 0;

	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		if(e911_row_is(bad, "like"))
			err = likes++ ? E911_ERR_TWICE : E911_OK;
		else
			err = put(entry, bad, &value, given);
		if(err)
			return err;
	}
	return got;
}

static const char *builtin_of(const str *name)
{
	size_t i;

	for(i = 0; i < COUNT(builtins); i++)
		if(e911_row_is(name, builtins[i].name))
			return builtins[i].row;
	return NULL;
}

static int begin_like(struct entry *entry, const str *row, str *bad)
{
	str rest = *row, value, text;
	struct given given;

	while(e911_row_next(&rest, bad, &value) == 1) {
		if(!e911_row_is(bad, "like"))
			continue;
		text.s = (char *)builtin_of(&value);
		if(text.s == NULL)
			return E911_ERR_VALUE;
		text.len = (int)strlen(text.s);
		memset(&given, 0, sizeof(given));
		return fill(entry, &text, &rest, &given);
	}
	return E911_OK;
}

/* ----- the whole ----- */

static int check_xpath(const char *path)
{
	xmlXPathContextPtr context = xmlXPathNewContext(NULL);
	char mem[E911_FORMAT_XPATH_MAX];
	xmlXPathCompExprPtr compiled;
	int said = 0;

	if(context == NULL)
		return E911_ERR_MEM;
	context->error = e911_format_complaint;
	context->userData = &said;
	compiled = xmlXPathCtxtCompile(
			context, (const xmlChar *)e911_format_xpath(mem, path));
	xmlXPathFreeCompExpr(compiled);
	xmlXPathFreeContext(context);
	xmlResetLastError();
	if(compiled)
		return E911_OK;
	return said == 1 ? E911_ERR_VALUE : E911_ERR_MEM;
}

/* RFC 6901 section 3 */
static int check_pointer(const char *path)
{
	if(*path != '/')
		return E911_ERR_VALUE;
	for(; (path = strchr(path, '~')); path++)
		if(path[1] != '0' && path[1] != '1')
			return E911_ERR_VALUE;
	return E911_OK;
}

static int check_path(const e911_format_t *f, const char *path)
{
	if(*path == '\0')
		return E911_OK;
	return f->answer == E911_ANSWER_XML ? check_xpath(path)
										: check_pointer(path);
}

static int check_paths(struct entry *entry, const struct given *given, str *bad)
{
	size_t i;
	int err = 0;

	for(i = 0; i < COLUMNS && !err; i++) {
		if(columns[i].kind != KIND_PATH)
			continue;
		*bad = given->column[i];
		err = check_path(&entry->f, (char *)entry + columns[i].offset);
	}
	for(i = 0; i < E911_F_SHAPE && !err; i++) {
		*bad = given->field[i];
		err = check_path(&entry->f, entry->f.field[i]);
		entry->f.mapped |= entry->f.field[i][0] != '\0';
	}
	entry->f.mapped |= entry->f.street[0] != '\0';
	return err;
}

static int check_kind(
		const struct entry *entry, const struct given *given, str *bad)
{
	int whose = entry->v.kind == E911_VALIDATOR_LOST ? LOST : REST;
	size_t i;

	for(i = 0; i < COLUMNS; i++) {
		*bad = given->column[i];
		if(bad->s && !(columns[i].whose & whose))
			return E911_ERR_NAME;
	}
	for(i = 0; i < E911_F_SHAPE; i++) {
		*bad = given->field[i];
		if(bad->s && whose == LOST)
			return E911_ERR_NAME;
	}
	bad->s = NULL;
	/* like one that is no LoST server */
	return whose == LOST && entry->f.body[0] ? E911_ERR_NAME : E911_OK;
}

static const str *key_of(const struct given *given, const char *name)
{
	size_t i;

	for(i = 0; strcmp(columns[i].name, name) != 0; i++)
		;
	return &given->column[i];
}

/* A LoST server's URL has no places; of the others, somewhere is one. */
static int check_places(
		const struct entry *entry, const struct given *given, str *bad)
{
	int url = e911_template_check(entry->v.url, E911_TEMPLATE_URL), body;

	*bad = *key_of(given, "url");
	if(url < 0 || (url && entry->v.kind == E911_VALIDATOR_LOST))
		return E911_ERR_VALUE;
	*bad = *key_of(given, "body");
	body = e911_template_check(entry->f.body, entry->f.syntax);
	if(body < 0)
		return body;
	bad->s = NULL;
	return entry->v.kind == E911_VALIDATOR_LOST || url || body
				   ? E911_OK
				   : E911_ERR_MISSING;
}

static int check_secret(const struct entry *entry)
{
	int i;

	for(i = 0; i < E911_VALIDATOR_HEADERS; i++)
		if(strstr(entry->v.header[i], "{secret}") && !entry->v.secret[0])
			return E911_ERR_MISSING;
	return E911_OK;
}

static int check(struct entry *entry, const struct given *given, str *bad)
{
	int err;

	bad->s = NULL;
	if(!entry->v.name[0] || !entry->v.url[0])
		return E911_ERR_MISSING;
	err = check_kind(entry, given, bad);
	if(!err)
		err = check_places(entry, given, bad);
	if(!err)
		err = check_paths(entry, given, bad);
	if(err)
		return err;
	bad->s = NULL;
	return check_secret(entry);
}

/* ----- what is not said ----- */

static void begin(struct entry *entry)
{
	entry->v.kind = E911_VALIDATOR_REST;
	entry->v.verify = 1;
	entry->v.timeout_ms = 3000;
	entry->v.tries = 2;
	entry->v.break_after = 5;
	entry->v.rest_ms = 30000;
	entry->f.answer = -1;
	entry->f.status[E911_OUTCOME_OK][0] = 200;
	strcpy(entry->f.word[E911_OUTCOME_OK], "valid");
	strcpy(entry->f.word[E911_OUTCOME_CORRECTED], "corrected");
	strcpy(entry->f.word[E911_OUTCOME_INVALID], "invalid");
	entry->v.format = &entry->f;
}

static int syntax_of(const char *type)
{
	if(strstr(type, "json"))
		return E911_TEMPLATE_JSON;
	return strstr(type, "xml") ? E911_TEMPLATE_XML : E911_TEMPLATE_URL;
}

static void settle_lost(e911_validator_t *v)
{
	strcpy(v->method, "POST");
	strcpy(v->type, "application/lost+xml");
	if(!v->service[0])
		strcpy(v->service, "urn:service:sos");
}

static void settle(struct entry *entry)
{
	e911_format_t *f = &entry->f;
	e911_validator_t *v = &entry->v;

	if(v->kind == E911_VALIDATOR_LOST) {
		settle_lost(v);
		return;
	}
	if(f->body[0] && !v->type[0])
		strcpy(v->type, "application/json");
	if(!v->method[0])
		strcpy(v->method, f->body[0] ? "POST" : "GET");
	f->syntax = syntax_of(v->type);
	if(f->answer < 0)
		f->answer = f->syntax == E911_TEMPLATE_XML ? E911_ANSWER_XML
												   : E911_ANSWER_JSON;
	if(f->verdict[0] && !f->status[E911_OUTCOME_READ][0])
		f->status[E911_OUTCOME_READ][0] = 200;
}

static int make(struct entry *entry, const str *row, str *bad)
{
	struct given given;
	int err;

	memset(&given, 0, sizeof(given));
	begin(entry);
	err = begin_like(entry, row, bad);
	if(!err)
		err = fill(entry, row, bad, &given);
	if(err)
		return err;
	settle(entry);
	err = check(entry, &given, bad);
	/* it is a column that is built in, or one that is not there */
	if(bad->s == NULL)
		*bad = *row;
	return err;
}

static int place(e911_validators_t *all, struct entry *entry)
{
	int i;

	for(i = 0; i < all->n; i++)
		if(strcmp(all->entry[i]->v.name, entry->v.name) == 0)
			return E911_ERR_TWICE;
	if(all->n == E911_VALIDATORS_MAX)
		return E911_ERR_FULL;
	all->entry[all->n++] = entry;
	return E911_OK;
}

int e911_validators_add(e911_validators_t *all, const str *row, str *bad)
{
	struct entry *entry = shm_mallocxz(sizeof(*entry));
	int err;

	*bad = *row;
	if(entry == NULL)
		return E911_ERR_MEM;
	err = make(entry, row, bad);
	if(!err) {
		*bad = *row;
		err = place(all, entry);
	}
	if(err)
		shm_free(entry);
	return err;
}

const e911_validator_t *e911_validators_named(
		const e911_validators_t *all, const str *name)
{
	int i;

	for(i = 0; i < all->n; i++)
		if(e911_row_is(name, all->entry[i]->v.name))
			return &all->entry[i]->v;
	return NULL;
}

const e911_validator_t *e911_validators_nth(
		const e911_validators_t *all, int index)
{
	return index >= 0 && index < all->n ? &all->entry[index]->v : NULL;
}

/* ----- the secret ----- */

int e911_validator_secret(const e911_validator_t *v, char *mem, size_t size)
{
	return e911_secret_read(v->secret, mem, size);
}
