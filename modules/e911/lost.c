/*
 * e911: LoST, RFC 5222: is this a valid address?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "lost.h"
#include "civic.h"
#include "pidf_ns.h"
#include "sax.h"
#include "err.h"

#define NS_LOST "urn:ietf:params:xml:ns:lost1"
#define NS_RLI "urn:ietf:params:xml:ns:lost-rli1"
#define LIT E911_STRBUF_LIT
#define COUNT(table) (sizeof(table) / sizeof(*table))
#define DEPTH 64
#define SCOPES 128 /* declarations of namespaces in force at once */
#define TEXT_MAX 4096
#define HOST_MAX 256

/* Where an element stands. */
enum room
{
	ROOM_OUTSIDE,
	ROOM_RESPONSE,
	ROOM_ERRORS,
	ROOM_REDIRECT,
	ROOM_WARNINGS,
	ROOM_VALIDATION,
	ROOM_LIST,
	ROOM_PLACES,
	ROOM_ADDRESS,
	ROOM_LEAF,
	ROOM_SKIP,
};

/* clang-format off */
/* what: of a list, the element's class; of places, whether they go first */
static const struct step
{
	unsigned char in;
	unsigned char room;
	unsigned char what;
	const char *uri;
	const char *name;
} steps[] = {
	{ROOM_OUTSIDE, ROOM_RESPONSE, 0, NS_LOST, "findServiceResponse"},
	{ROOM_OUTSIDE, ROOM_ERRORS, 0, NS_LOST, "errors"},
	{ROOM_OUTSIDE, ROOM_REDIRECT, 0, NS_LOST, "redirect"},
	{ROOM_RESPONSE, ROOM_WARNINGS, 0, NS_LOST, "warnings"},
	{ROOM_RESPONSE, ROOM_VALIDATION, 0, NS_LOST, "locationValidation"},
	{ROOM_VALIDATION, ROOM_LIST, E911_ELEMENT_VALID, NS_LOST, "valid"},
	{ROOM_VALIDATION, ROOM_LIST, E911_ELEMENT_INVALID, NS_LOST, "invalid"},
	{ROOM_VALIDATION, ROOM_LIST, E911_ELEMENT_UNCHECKED, NS_LOST, "unchecked"},
	{ROOM_VALIDATION, ROOM_PLACES, 1, NS_RLI, "completeLocation"},
	{ROOM_VALIDATION, ROOM_PLACES, 0, NS_RLI, "similarLocation"},
};

/* RFC 5222 sections 13.1 and 13.2; the first that is there counts, so those
 * that say most come first */
static const struct
{
	const char *name;
	int verdict;
} reasons[] = {
	{"locationInvalid", E911_INVALID},
	{"locationValidationUnavailable", E911_UNCHECKED},
	{"notFound", E911_UNCHECKED},
	{"badRequest", E911_UNCHECKED},
	{"forbidden", E911_UNCHECKED},
	{"internalError", E911_UNCHECKED},
	{"locationProfileUnrecognized", E911_UNCHECKED},
	{"SRSInvalid", E911_UNCHECKED},
	{"loop", E911_UNCHECKED},
	{"serverError", E911_UNCHECKED},
	{"serverTimeout", E911_UNCHECKED},
	{"serviceNotImplemented", E911_UNCHECKED},
	{"serviceSubstitution", E911_UNCHECKED},
	{"defaultMappingReturned", E911_UNCHECKED},
	{"", E911_UNCHECKED},
};
/* clang-format on */

#define NO_REASON (COUNT(reasons) - 1)

struct scope
{
	const xmlChar *prefix, *uri; /* NULL prefix: the default */
	int depth;
};

struct reader
{
	e911_sax_t sax;
	const e911_location_t *l;
	e911_assessment_t a;
	int depth;
	unsigned char rooms[DEPTH + 1]; /* by depth */
	int scopes;
	struct scope scope[SCOPES];
	int document; /* room of the document element */
	int validated;
	size_t reason;
	int class; /* of the list */
	int first; /* of the places */
	int leaf;
	int faulty; /* the address has a field that is none */
	e911_location_t address;
	char host[HOST_MAX];
	size_t len;
	int over;
	char text[TEXT_MAX];
};

/* ----- names ----- */

static int is(const xmlChar *s, const char *z)
{
	return s && strcmp((const char *)s, z) == 0;
}

static const xmlChar *uri_of(
		const struct reader *r, const char *prefix, size_t len)
{
	const struct scope *s;

	for(s = r->scope + r->scopes; s-- > r->scope;)
		if(s->prefix && strlen((const char *)s->prefix) == len
				&& memcmp(s->prefix, prefix, len) == 0)
			return s->uri;
	return NULL;
}

/* Names should be qualified (RFC 6848 section 6); the example of RFC 5222
 * itself is not, and a name is that of one field only. */
static int field_of(const struct reader *r, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	const char *name = colon ? colon + 1 : s;
	int id = e911_field_find(name, s + len - name);
	const xmlChar *uri;

	if(id < 0 || id >= E911_F_SHAPE)
		return E911_ERR_NAME;
	uri = colon ? uri_of(r, s, colon - s) : NULL;
	if(uri && e911_civic_space((const char *)uri) != e911_field(id)->ns)
		return E911_ERR_NAME;
	return id;
}

/* ----- lists ----- */

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void take_name(struct reader *r, const char *s, size_t len)
{
	int id = field_of(r, s, len);

	if(id >= 0)
		e911_assessment_say(&r->a, id, r->class);
	else if(r->class == E911_ELEMENT_INVALID)
		r->a.verdict = E911_INVALID;
}

static void leave_list(struct reader *r)
{
	size_t at = 0, from;

	if(r->over)
		e911_sax_stop(&r->sax, E911_ERR_SPACE);
	while(at < r->len && !r->over) {
		for(; at < r->len && is_blank(r->text[at]); at++)
			;
		for(from = at; at < r->len && !is_blank(r->text[at]); at++)
			;
		if(at > from)
			take_name(r, r->text + from, at - from);
	}
}

/* ----- addresses ----- */

static void leave_leaf(struct reader *r)
{
	if(r->over || e911_location_set(&r->address, r->leaf, r->text, r->len) < 0)
		r->faulty = 1;
}

/* Half an address is none; one more or less is no fault. */
static void leave_address(struct reader *r)
{
	if(!r->faulty)
		e911_assessment_suggest(&r->a, &r->address, r->l, r->first);
}

/* ----- elements ----- */

static const struct step *step_of(
		int in, const xmlChar *name, const xmlChar *uri)
{
	size_t i;

	for(i = 0; i < COUNT(steps); i++)
		if(steps[i].in == in && is(uri, steps[i].uri)
				&& is(name, steps[i].name))
			return &steps[i];
	return NULL;
}

static int take_step(struct reader *r, const struct step *step)
{
	switch(step->room) {
		case ROOM_VALIDATION:
			r->validated = 1;
			break;
		case ROOM_LIST:
			r->class = step->what;
			break;
		case ROOM_PLACES:
			r->first = step->what;
			break;
	}
	return step->room;
}

static int note_reason(
		struct reader *r, const xmlChar *name, const xmlChar *uri)
{
	size_t i;

	for(i = 0; i < r->reason; i++)
		if(is(uri, NS_LOST) && is(name, reasons[i].name))
			r->reason = i;
	return ROOM_SKIP;
}

static int enter_places(
		struct reader *r, const xmlChar *name, const xmlChar *uri)
{
	if(!is(name, "civicAddress") || uri == NULL
			|| e911_civic_space((const char *)uri) != E911_NS_CA)
		return ROOM_PLACES;
	e911_location_init(&r->address, r->l->origin, r->l->stated);
	r->faulty = 0;
	return ROOM_ADDRESS;
}

static int enter_field(
		struct reader *r, const xmlChar *name, const xmlChar *uri)
{
	const char *z = (const char *)name;
	int id = e911_field_find(z, strlen(z));

	if(id < 0 || id >= E911_F_SHAPE || uri == NULL
			|| e911_civic_space((const char *)uri) != e911_field(id)->ns)
		return ROOM_SKIP;
	r->leaf = id;
	return ROOM_LEAF;
}

static int room_of(struct reader *r, const xmlChar *name, const xmlChar *uri)
{
	int in = r->rooms[r->depth - 1];
	const struct step *step = step_of(in, name, uri);

	if(step)
		return take_step(r, step);
	switch(in) {
		case ROOM_OUTSIDE:
			e911_sax_stop(&r->sax, E911_ERR_TYPE);
			return ROOM_SKIP;
		case ROOM_ERRORS:
		case ROOM_WARNINGS:
			return note_reason(r, name, uri);
		case ROOM_PLACES:
			return enter_places(r, name, uri);
		case ROOM_ADDRESS:
			return enter_field(r, name, uri);
	}
	return ROOM_SKIP;
}

/* A name as DNS has it, and a port of no use to U-NAPTR is none. */
static int is_host(const char *s, size_t len)
{
	size_t i;

	if(len == 0 || len >= HOST_MAX || s[0] == '.' || s[0] == '-')
		return 0;
	for(i = 0; i < len; i++)
		if(!(s[i] >= '0' && s[i] <= '9')
				&& !((s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z')
				&& s[i] != '-' && s[i] != '.')
			return 0;
	return memchr(s, '.', len) != NULL;
}

/* xs:token: blanks around it do not count. libxml2 gives five pointers an
 * attribute. */
static void take_target(struct reader *r, int attributes, const xmlChar **a)
{
	const char *s, *end;

	for(; attributes > 0; attributes--, a += 5) {
		if(a[2] || !is(a[0], "target"))
			continue;
		s = (const char *)a[3];
		end = (const char *)a[4];
		for(; s < end && is_blank(*s); s++)
			;
		for(; s < end && is_blank(end[-1]); end--)
			;
		if(!is_host(s, end - s))
			continue;
		memcpy(r->host, s, end - s);
		r->host[end - s] = '\0';
	}
}

/* libxml2 keeps the names until the walk is over */
static void declare(struct reader *r, int n, const xmlChar **namespace)
{
	for(; n > 0 && r->scopes < SCOPES; n--, namespace += 2)
		r->scope[r->scopes++] =
				(struct scope){namespace[0], namespace[1], r -> depth};
	if(n)
		e911_sax_stop(&r->sax, E911_ERR_DEPTH);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri, int namespaces, const xmlChar **namespace,
		int attributes, int defaulted, const xmlChar **attribute)
{
	struct reader *r = ctx;
	int room;

	(void)prefix;
	(void)defaulted;
	if(r->depth == DEPTH) {
		e911_sax_stop(&r->sax, E911_ERR_DEPTH);
		return;
	}
	r->depth++;
	declare(r, namespaces, namespace);
	room = room_of(r, name, uri);
	r->rooms[r->depth] = (unsigned char)room;
	if(r->depth == 1)
		r->document = room;
	if(room == ROOM_REDIRECT)
		take_target(r, attributes, attribute);
	if(room == ROOM_LIST || room == ROOM_LEAF) {
		r->len = 0;
		r->over = 0;
	}
}

static void on_text(void *ctx, const xmlChar *s, int len)
{
	struct reader *r = ctx;
	int room = r->rooms[r->depth];

	if(room != ROOM_LIST && room != ROOM_LEAF)
		return;
	if((size_t)len > TEXT_MAX - r->len) {
		r->over = 1;
		return;
	}
	memcpy(r->text + r->len, s, len);
	r->len += len;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri)
{
	struct reader *r = ctx;

	(void)name;
	(void)prefix;
	(void)uri;
	switch(r->rooms[r->depth]) {
		case ROOM_LIST:
			leave_list(r);
			break;
		case ROOM_LEAF:
			leave_leaf(r);
			break;
		case ROOM_ADDRESS:
			leave_address(r);
			break;
	}
	while(r->scopes && r->scope[r->scopes - 1].depth == r->depth)
		r->scopes--;
	r->depth--;
}

/* ----- the answer ----- */

static int assessed(struct reader *r, e911_assessment_t *a)
{
	e911_assessment_conclude(&r->a, r->l);
	memcpy(a, &r->a, sizeof(*a));
	return E911_LOST_ASSESSED;
}

static int judge(struct reader *r, e911_assessment_t *a)
{
	switch(r->document) {
		case ROOM_REDIRECT:
			return r->host[0] ? E911_LOST_REDIRECT : E911_ERR_SYNTAX;
		case ROOM_RESPONSE:
			if(r->validated)
				return assessed(r, a);
			break;
		case ROOM_ERRORS:
			r->a.verdict = reasons[r->reason].verdict;
			if(r->a.verdict == E911_INVALID)
				return assessed(r, a);
			break;
	}
	strcpy(r->host, reasons[r->reason].name);
	return E911_LOST_NOTHING;
}

int e911_lost_read(const char *doc, size_t len, const e911_location_t *l,
		e911_assessment_t *a, char mem[256], str *target)
{
	static const xmlSAXHandler events = {.startElementNs = on_start,
			.endElementNs = on_end,
			.characters = on_text,
			.ignorableWhitespace = on_text,
			.cdataBlock = on_text};
	struct reader r;
	int err;

	if(len > E911_LOST_MAX)
		return E911_ERR_SPACE;
	memset(&r, 0, offsetof(struct reader, text));
	r.l = l;
	r.reason = NO_REASON;
	e911_assessment_init(&r.a);
	err = e911_sax_walk(&r, &events, doc, len);
	if(err == 0)
		err = judge(&r, a);
	if(err >= 0) {
		target->len = (int)strlen(r.host);
		target->s = memcpy(mem, r.host, target->len + 1);
	}
	return err;
}

/* ----- the request ----- */

int e911_lost_ask(e911_strbuf_t *b, const e911_location_t *l,
		const char *service, int suggest)
{
	str lang = {NULL, 0};

	if(!e911_location_has_civic(l))
		return E911_ERR_EMPTY;
	if(service == NULL || *service == '\0')
		service = E911_LOST_SERVICE;
	e911_location_get(l, E911_F_LANG, &lang);
	LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<findService xmlns=\"" NS_LOST "\"");
	e911_civic_declare(b, e911_civic_spaces(l));
	if(suggest)
		LIT(b, " xmlns:rli=\"" NS_RLI
			   "\" rli:returnAdditionalLocation=\"any\"");
	LIT(b, " validateLocation=\"true\" recursive=\"true\">"
		   "<location id=\"a\" profile=\"civic\">");
	e911_civic_write(b, l, &lang, NULL);
	LIT(b, "</location><service>");
	e911_strbuf_put_xml(b, service, strlen(service));
	LIT(b, "</service></findService>\n");
	return b->err;
}

int e911_lost_write(
		e911_strbuf_t *b, const e911_location_t *l, const char *service)
{
	return e911_lost_ask(b, l, service, 0);
}
