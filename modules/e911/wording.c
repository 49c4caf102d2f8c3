/*
 * e911: how a notice is worded
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "wording.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define COUNT(table) (sizeof(table) / sizeof(*table))

/* clang-format off */
static const struct words
{
	const char *subject, *lead;
} words[2][E911_EV_KINDS] = {
	{
		[E911_EV_PLACED] = {"Emergency call: {who}",
			"{who} is calling {number}."},
		[E911_EV_SENT] = {"Emergency call on its way: {who}",
			"The call of {who} was sent to {ersp}."},
		[E911_EV_FAILED] = {"Emergency call not taken by {ersp}: {who}",
			"{ersp} did not take the call of {who}; others are tried."},
		[E911_EV_RINGING] = {"Emergency call rings: {who}",
			"The call of {who} rings at {ersp}."},
		[E911_EV_ANSWERED] = {"Emergency call answered: {who}",
			"{ersp} has answered the call of {who}."},
		[E911_EV_NOBODY] = {"NO HELP REACHED: emergency call of {who}",
			"NO EMERGENCY SERVICE TOOK THE CALL of {who}. No help is on its way"
			" because of it.\nReach the caller now, and call for help by other"
			" means."},
		[E911_EV_CANCELLED] = {"Emergency call given up: {who}",
			"{who} hung up before anybody answered."},
		[E911_EV_ENDED] = {"Emergency call ended: {who}",
			"The call of {who} has ended."},
		[E911_EV_CALLBACK] = {"Call back to {who}",
			"Somebody calls {who} back."},
	},
	{
		[E911_EV_PLACED] = {"Test call: {who}", "{who} has dialled {number}."},
		[E911_EV_SENT] = {"Test call on its way: {who}",
			"The test call of {who} was sent to {ersp}."},
		[E911_EV_FAILED] = {"Test call not taken by {ersp}: {who}",
			"{ersp} did not take the test call of {who}."},
		[E911_EV_RINGING] = {"Test call rings: {who}",
			"The test call of {who} rings at {ersp}."},
		[E911_EV_ANSWERED] = {"Test call answered: {who}",
			"{ersp} has answered the test call of {who}."},
		[E911_EV_NOBODY] = {"Test call FAILED: {who}",
			"No service took the test call of {who}."},
		[E911_EV_CANCELLED] = {"Test call given up: {who}",
			"{who} hung up before anybody answered."},
		[E911_EV_ENDED] = {"Test call ended: {who}",
			"The test call of {who} has ended."},
		[E911_EV_CALLBACK] = {"Call back to {who} after a test call",
			"Somebody calls {who} back."},
	},
};

static const char test_lead[] =
	"This is a test. Nobody needs help.\n";

/* the lines of the text; those without a word for nothing are left out then */
static const struct line
{
	const char *label;
	int place;
	const char *nothing;
} lines[] = {
	{"Time", E911_N_AT, NULL},
	{"Caller", E911_N_WHO, NULL},
	{"Call back", E911_N_CALLBACK, "no number is known"},
	{"Location", E911_N_ADDRESS, "none went with the call"},
	{"Freshness of the location", E911_N_FRESHNESS, NULL},
	{"Site", E911_N_SITE, NULL},
	{"Emergency service", E911_N_ERSP, NULL},
	{"Its answer", E911_N_CODE, NULL},
	{"Remark", E911_N_DETAIL, NULL},
	{"Call", E911_N_CALL, NULL},
};
/* clang-format on */

/* ----- templates ----- */

int e911_wording_syntax(const char *type)
{
	if(strstr(type, "json"))
		return E911_WORDING_JSON;
	if(strstr(type, "xml"))
		return E911_WORDING_XML;
	return strstr(type, "form") ? E911_WORDING_FORM : E911_WORDING_TEXT;
}

/* what is JSON stands in JSON as it is */
static int is_json(int place)
{
	return place == E911_N_LOCATION || place == E911_N_EVENTS
		   || place == E911_N_JSON;
}

static void put_value(e911_strbuf_t *b, int syntax, int place, const str *v)
{
	size_t len = v->len > 0 ? (size_t)v->len : 0;

	if(syntax == E911_WORDING_JSON && is_json(place))
		e911_strbuf_put(b, len ? v->s : "null", len ? len : 4);
	else if(syntax == E911_WORDING_JSON)
		e911_strbuf_put_json(b, v->s, len);
	else if(syntax == E911_WORDING_XML)
		e911_strbuf_put_xml(b, v->s, len);
	else if(syntax == E911_WORDING_FORM)
		e911_strbuf_put_url(b, v->s, len);
	else
		e911_strbuf_put(b, v->s, len);
}

/* Bytes of "{name}" at s, and its place; 0: no such thing. */
static size_t place_at(const char *s, int *place)
{
	size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz");

	if(n == 0 || s[1 + n] != '}')
		return 0;
	*place = e911_notice_place_find(s + 1, n);
	return n + 2;
}

int e911_wording_check(const char *template)
{
	const char *s;
	int place;

	for(s = template; (s = strchr(s, '{')); s++)
		if(place_at(s, &place) && place < 0)
			return E911_ERR_VALUE;
	return E911_OK;
}

int e911_wording_write(e911_strbuf_t *b, const char *template, int syntax,
		const e911_notice_t *n)
{
	int place = E911_ERR_NAME;
	size_t len;

	while(*template) {
		len = *template == '{' ? place_at(template, &place) : 0;
		if(len && place >= 0) {
			put_value(b, syntax, place, &n->value[place]);
		} else {
			len = 1 + strcspn(template + 1, "{");
			e911_strbuf_put(b, template, len);
		}
		template += len;
	}
	return b->err;
}

/* ----- what is made of others ----- */

static void keep(e911_notice_t *n, int place, const e911_strbuf_t *b)
{
	n->value[place].s = b->s;
	n->value[place].len = (int)b->len;
}

static int make_who(e911_notice_t *n)
{
	static char mem[1024];
	const str *caller = &n->value[E911_N_CALLER], *aor = &n->value[E911_N_AOR];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_str(&b, caller);
	if(caller->len && aor->len)
		LIT(&b, " (");
	e911_strbuf_put_str(&b, aor);
	if(caller->len && aor->len)
		LIT(&b, ")");
	if(b.len == 0)
		LIT(&b, "an unknown caller");
	keep(n, E911_N_WHO, &b);
	return b.err;
}

/* not in the midst of a character */
static void cut(e911_strbuf_t *b)
{
	if(b->len <= E911_WORDING_SUBJECT_MAX)
		return;
	b->len = E911_WORDING_SUBJECT_MAX;
	while(b->len && (b->s[b->len] & 0xc0) == 0x80)
		b->len--;
}

static int make_subject(e911_notice_t *n, const char *subject)
{
	static char mem[8192];
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(*subject == '\0')
		subject = words[n->test][n->event].subject;
	err = e911_wording_write(&b, subject ? subject : "", E911_WORDING_TEXT, n);
	cut(&b);
	keep(n, E911_N_SUBJECT, &b);
	return err;
}

static void put_line(
		e911_strbuf_t *b, const struct line *line, const e911_notice_t *n)
{
	const str *value = &n->value[line->place];

	if(value->len == 0 && line->nothing == NULL)
		return;
	e911_strbuf_puts(b, line->label);
	LIT(b, ": ");
	if(value->len)
		e911_strbuf_put_str(b, value);
	else
		e911_strbuf_puts(b, line->nothing);
	LIT(b, "\n");
}

static int make_text(e911_notice_t *n)
{
	static char mem[E911_WORDING_TEXT_MAX];
	const char *lead = words[n->test][n->event].lead;
	e911_strbuf_t b;
	size_t i;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(n->test)
		e911_strbuf_puts(&b, test_lead);
	e911_wording_write(&b, lead ? lead : "", E911_WORDING_TEXT, n);
	LIT(&b, "\n\n");
	for(i = 0; i < COUNT(lines); i++)
		put_line(&b, &lines[i], n);
	keep(n, E911_N_TEXT, &b);
	return b.err;
}

static void put_member(e911_strbuf_t *b, int place, const e911_notice_t *n)
{
	LIT(b, ",\"");
	e911_strbuf_puts(b, e911_notice_place_name(place));
	LIT(b, "\":");
	if(place == E911_N_TEST) {
		e911_strbuf_puts(b, n->test ? "true" : "false");
		return;
	}
	if(!is_json(place))
		LIT(b, "\"");
	put_value(b, E911_WORDING_JSON, place, &n->value[place]);
	if(!is_json(place))
		LIT(b, "\"");
}

static int make_json(e911_notice_t *n)
{
	static char mem[E911_WORDING_JSON_MAX];
	e911_strbuf_t b;
	int i;

	e911_strbuf_init(&b, mem, sizeof(mem));
	LIT(&b, "{\"version\":1");
	for(i = 0; i < E911_N_JSON; i++)
		put_member(&b, i, n);
	LIT(&b, "}");
	keep(n, E911_N_JSON, &b);
	return b.err;
}

int e911_wording_make(e911_notice_t *n, const char *subject)
{
	int err = make_who(n);

	if(!err)
		err = make_subject(n, subject);
	if(!err)
		err = make_text(n);
	return err ? err : make_json(n);
}
