/*
 * e911: HELD: a location asked for by its reference, and the answer
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "held.h"
#include "sax.h"
#include "err.h"

#define NS_HELD "urn:ietf:params:xml:ns:geopriv:held"
#define LIT E911_STRBUF_LIT
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define TEXT_MAX 256

/* clang-format off */
static const struct
{
	const char *name;
	int type;
} types[] = {
	{"any", E911_HELD_ANY},
	{"civic", E911_HELD_CIVIC},
	{"geodetic", E911_HELD_GEODETIC},
	{"locationURI", E911_HELD_URI},
};

static const struct
{
	const char *name;
	const char *message;
} errors[] = {
	[E911_HELD_REQUEST_ERROR] = {"requestError", "Request not understood"},
	[E911_HELD_XML_ERROR] = {"xmlError", "XML not well-formed or not valid"},
	[E911_HELD_UNSUPPORTED] = {"unsupportedMessage",
		"Only a locationRequest is answered"},
	[E911_HELD_UNKNOWN] = {"locationUnknown", "Location not known"},
	[E911_HELD_CANNOT_PROVIDE] = {"cannotProvideLiType",
		"Not known in the form asked for"},
	[E911_HELD_GENERAL] = {"generalLisError", "Fault of the server"},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*table))

/* ----- reading ----- */

struct reader
{
	e911_sax_t sax;
	int depth;
	int given;	/* a locationType was there */
	int wanted; /* we are in it, at this depth; 0: no */
	e911_held_request_t request;
	size_t len;
	char text[TEXT_MAX];
};

static int is_held(const xmlChar *name, const xmlChar *uri, const char *want)
{
	return uri && strcmp((const char *)uri, NS_HELD) == 0
		   && strcmp((const char *)name, want) == 0;
}

static int is_word(const char *s, size_t len, const char *z)
{
	return strlen(z) == len && memcmp(s, z, len) == 0;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word of a list, its length; 0 at the end. */
static size_t next_word(const char **s, const char *end)
{
	const char *from;

	while(*s < end && is_blank(**s))
		(*s)++;
	for(from = *s; *s < end && !is_blank(**s); (*s)++)
		;
	return *s - from;
}

/* xs:boolean */
static void read_exact(struct reader *r, const char *s, size_t len)
{
	const char *end = s + len;
	size_t n = next_word(&s, end);
	const char *word = s - n;

	if(is_word(word, n, "true") || is_word(word, n, "1"))
		r->request.exact = 1;
	else if(!is_word(word, n, "false") && !is_word(word, n, "0"))
		e911_sax_stop(&r->sax, E911_ERR_VALUE);
}

/* libxml2 gives five pointers an attribute */
static void enter_type(struct reader *r, int attributes, const xmlChar **a)
{
	if(r->given) {
		e911_sax_stop(&r->sax, E911_ERR_TWICE);
		return;
	}
	r->given = 1;
	r->wanted = r->depth;
	for(; attributes > 0 && !r->sax.err; attributes--, a += 5)
		if(a[2] == NULL && strcmp((const char *)a[0], "exact") == 0)
			read_exact(r, (const char *)a[3], a[4] - a[3]);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri, int namespaces, const xmlChar **namespace,
		int attributes, int defaulted, const xmlChar **attribute)
{
	struct reader *r = ctx;

	(void)prefix;
	(void)namespaces;
	(void)namespace;
	(void)defaulted;
	r->depth++;
	if(r->depth == 1 && !is_held(name, uri, "locationRequest"))
		e911_sax_stop(&r->sax, E911_ERR_NAME);
	else if(r->depth == 2 && is_held(name, uri, "locationType"))
		enter_type(r, attributes, attribute);
}

static void on_text(void *ctx, const xmlChar *s, int len)
{
	struct reader *r = ctx;

	if(r->wanted == 0 || r->wanted != r->depth)
		return;
	if((size_t)len > TEXT_MAX - r->len) {
		e911_sax_stop(&r->sax, E911_ERR_LONG);
		return;
	}
	memcpy(r->text + r->len, s, len);
	r->len += len;
}

static int type_of(const char *s, size_t len)
{
	size_t i;

	for(i = 0; i < COUNT(types); i++)
		if(is_word(s, len, types[i].name))
			return types[i].type;
	return E911_HELD_OTHER;
}

static void leave_type(struct reader *r)
{
	const char *s = r->text, *end = s + r->len;
	e911_held_request_t *request = &r->request;
	size_t n;
	int type;

	while((n = next_word(&s, end))) {
		type = type_of(s - n, n);
		if(type == E911_HELD_CIVIC && !(request->types & E911_HELD_GEODETIC))
			request->civic_first = 1;
		request->types |= type;
	}
	/* the schema's list has at least one */
	if(request->types == 0)
		e911_sax_stop(&r->sax, E911_ERR_EMPTY);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri)
{
	struct reader *r = ctx;

	(void)name;
	(void)prefix;
	(void)uri;
	if(r->wanted && r->wanted == r->depth) {
		leave_type(r);
		r->wanted = 0;
	}
	r->depth--;
}

static int code_of(int err)
{
	switch(err) {
		case E911_OK:
			return E911_HELD_OK;
		case E911_ERR_NAME:
			return E911_HELD_UNSUPPORTED;
		case E911_ERR_MEM:
			return E911_HELD_GENERAL;
	}
	return E911_HELD_XML_ERROR;
}

int e911_held_read(const char *doc, size_t len, e911_held_request_t *request)
{
	static const xmlSAXHandler events = {.startElementNs = on_start,
			.endElementNs = on_end,
			.characters = on_text,
			.ignorableWhitespace = on_text,
			.cdataBlock = on_text};
	struct reader r;
	int err = 0;

	if(len > E911_HELD_MAX)
		return E911_HELD_REQUEST_ERROR;
	memset(&r, 0, sizeof(r));
	if(len)
		err = e911_sax_walk(&r, &events, doc, len);
	if(err)
		return code_of(err);
	if(!r.given)
		r.request.types = E911_HELD_ANY;
	*request = r.request;
	return E911_HELD_OK;
}

/* ----- writing ----- */

void e911_held_error(e911_strbuf_t *b, int code)
{
	LIT(b, DECLARATION "<error xmlns=\"" NS_HELD "\" code=\"");
	e911_strbuf_puts(b, errors[code].name);
	LIT(b, "\"><message xml:lang=\"en\">");
	e911_strbuf_puts(b, errors[code].message);
	LIT(b, "</message></error>\n");
}

/* What a location can be given as. */
static int forms_of(const e911_location_t *l)
{
	return (e911_location_has_civic(l) ? E911_HELD_CIVIC : 0)
		   | (e911_location_shape(l) ? E911_HELD_GEODETIC : 0);
}

/* RFC 5985 section 6.2; a URI for a URI is ignored or refused, RFC 6753 section
 * 3.1. Which of the forms there are go; 0: none may. */
static int choose(const e911_held_request_t *request, int forms)
{
	int types = request->types;

	if(types & E911_HELD_ANY)
		return forms;
	if(request->exact)
		return (types & ~forms) ? 0 : types;
	return (types & forms) ? types & forms : forms;
}

int e911_held_answer(e911_strbuf_t *b, const e911_held_request_t *request,
		const e911_location_t *location, const e911_pidf_how_t *how)
{
	int forms = location ? forms_of(location) : 0;
	int code = forms ? E911_HELD_OK : E911_HELD_UNKNOWN, given = 0;
	e911_pidf_how_t inner = *how;

	if(forms) {
		given = choose(request, forms);
		if(given == 0)
			code = E911_HELD_CANNOT_PROVIDE;
	}
	if(code) {
		e911_held_error(b, code);
		return code;
	}
	inner.bare = 1;
	/* a country alone is no address, but goes with a shape */
	inner.no_civic = !((given & E911_HELD_CIVIC)
					   || (request->types & (E911_HELD_ANY | E911_HELD_CIVIC)));
	inner.no_shape = !(given & E911_HELD_GEODETIC);
	inner.civic_first = request->civic_first || how->civic_first;
	LIT(b, DECLARATION "<locationResponse xmlns=\"" NS_HELD "\">");
	e911_pidf_write(b, location, &inner);
	LIT(b, "</locationResponse>\n");
	return E911_HELD_OK;
}
