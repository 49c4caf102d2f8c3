/*
 * e911: a test call that is answered here
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include <string.h>
#include "../../core/data_lump_rpl.h"
#include "../../core/dprint.h"
#include "../../core/parser/parse_to.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/socket_info.h"
#include "book.h"
#include "branch.h"
#include "err.h"
#include "location_json.h"
#include "headers.h"
#include "policy.h"
#include "proof.h"
#include "rehearsal.h"
#include "review.h"
#include "settings.h"
#include "uac.h"

#define TEXT_MAX 8192
#define OWN_USER "e911-test"
#define PLAIN "text/plain;charset=utf-8"
#define JSON "application/json"

/* what there is to say */
typedef struct report
{
	const e911_call_t *call;
	const e911_location_t *location; /* NULL: none would go */
	int direct;
	char mem[E911_REVIEW_MAX];
	str warnings;
} report_t;

typedef void (*put_f)(const report_t *r, e911_strbuf_t *b);

/* ----- one line each ----- */

static void put_slice(const report_t *r, e911_slice_t slice, e911_strbuf_t *b)
{
	str s = e911_call_text(r->call, slice);

	e911_strbuf_put_str(b, &s);
}

static void put_number(const report_t *r, e911_strbuf_t *b)
{
	put_slice(r, r->call->number, b);
}

static void put_urn(const report_t *r, e911_strbuf_t *b)
{
	put_slice(r, r->call->urn, b);
}

static void put_caller(const report_t *r, e911_strbuf_t *b)
{
	put_slice(r, r->call->aor, b);
}

static void put_proof(const report_t *r, e911_strbuf_t *b)
{
	e911_strbuf_puts(b, e911_proof_name(r->call->proof));
}

static void put_site(const report_t *r, e911_strbuf_t *b)
{
	e911_strbuf_puts(b, e911_settings_site(r->call->site)->name);
}

/* whose it is; a stored one that is withheld is told to nobody */
static void put_whose(const report_t *r, e911_strbuf_t *b)
{
	const e911_call_t *call = r->call;

	if(call->withheld)
		e911_strbuf_puts(b, "withheld: the caller is not proven");
	else if(call->found != E911_FOUND_NONE && call->located)
		e911_strbuf_puts(b, "the caller's own");
	else if(call->located)
		e911_strbuf_puts(b, "the site's default");
	else if(call->phone == E911_PHONE_GOOD)
		e911_strbuf_puts(b, "the phone's own");
	else
		e911_strbuf_puts(b, "none");
}

/* as a letter would have it */
static void put_address(const report_t *r, e911_strbuf_t *b)
{
	static const struct
	{
		unsigned char id;
		const char *before;
	} parts[] = {{E911_F_NAM, ", "}, {E911_F_HNP, ", "}, {E911_F_HNO, ", "},
			{E911_F_HNS, " "}, {E911_F_PRD, " "}, {E911_F_PRM, " "},
			{E911_F_STP, " "}, {E911_F_RD, " "}, {E911_F_STS, " "},
			{E911_F_POD, " "}, {E911_F_POM, " "}, {E911_F_BLD, ", "},
			{E911_F_FLR, ", floor "}, {E911_F_UNIT, ", unit "},
			{E911_F_ROOM, ", room "}, {E911_F_LOC, ", "}, {E911_F_A3, ", "},
			{E911_F_A1, ", "}, {E911_F_PC, " "}, {E911_F_COUNTRY, ", "},
			{E911_F_POS, ", at "}};
	const char *before;
	size_t i, start = b->len;
	str value;

	for(i = 0; r->location && i < sizeof(parts) / sizeof(*parts); i++) {
		if(e911_location_get(r->location, parts[i].id, &value))
			continue;
		before = parts[i].before;
		if(b->len == start)
			before += *before == ',' ? 2 : 1;
		e911_strbuf_puts(b, before);
		e911_strbuf_put_str(b, &value);
	}
}

static void put_verdict(const report_t *r, e911_strbuf_t *b)
{
	if(r->location)
		e911_strbuf_puts(b, e911_verdict_name(r->location->verdict));
}

static void put_freshness(const report_t *r, e911_strbuf_t *b)
{
	const char *reason = e911_reason_name(r->call->reason);

	if(r->call->found == E911_FOUND_NONE || r->location == NULL)
		return;
	e911_strbuf_puts(b, e911_freshness_name(r->location->freshness));
	if(reason[0]) {
		E911_STRBUF_LIT(b, ", ");
		e911_strbuf_puts(b, reason);
	}
}

static void put_callback(const report_t *r, e911_strbuf_t *b)
{
	put_slice(r, r->call->callback, b);
}

static void put_destination(const report_t *r, e911_strbuf_t *b)
{
	if(r->call->steps > 0)
		put_slice(r, r->call->ladder[0].uri, b);
}

static void put_profile(const report_t *r, e911_strbuf_t *b)
{
	if(r->call->steps > 0)
		e911_strbuf_puts(b, e911_branch_profile(r->call)->name);
}

static void put_conveyance(const report_t *r, e911_strbuf_t *b)
{
	if(r->call->steps > 0)
		e911_strbuf_puts(b, e911_conveyance_name(e911_branch_form(r->call)));
}

static void put_way(const report_t *r, e911_strbuf_t *b)
{
	e911_strbuf_puts(b, r->call->steps <= 0 ? "nowhere"
						: r->direct			? "direct"
											: "screened");
}

static void put_warnings(const report_t *r, e911_strbuf_t *b)
{
	if(r->call->steps > 0)
		e911_strbuf_put_str(b, &r->warnings);
	else
		e911_strbuf_puts(b, "no destination is known");
}

static const struct line
{
	const char *label; /* of the text */
	const char *key;   /* of the JSON */
	put_f put;
} lines[] = {
		{"Number", "number", put_number},
		{"Service", "urn", put_urn},
		{"Caller", "aor", put_caller},
		{"Proof", "proof", put_proof},
		{"Site", "site", put_site},
		{"Location", "whose", put_whose},
		{"Address", "address", put_address},
		{"Verdict", "verdict", put_verdict},
		{"Freshness", "freshness", put_freshness},
		{"Call back", "callback", put_callback},
		{"ERSP", "destination", put_destination},
		{"Profile", "profile", put_profile},
		{"Conveyance", "conveyance", put_conveyance},
		{"A real call goes", "goes", put_way},
		{"Because", "warnings", put_warnings},
};

#define LINES (sizeof(lines) / sizeof(*lines))

static void write_text(const report_t *r, e911_strbuf_t *b)
{
	size_t i, start, empty;

	E911_STRBUF_LIT(b, "Test: no emergency call was made.\r\n");
	for(i = 0; i < LINES; i++) {
		start = b->len;
		e911_strbuf_puts(b, lines[i].label);
		E911_STRBUF_LIT(b, ": ");
		empty = b->len;
		lines[i].put(r, b);
		if(b->len == empty)
			b->len = start;
		else
			E911_STRBUF_LIT(b, "\r\n");
	}
}

/* those of validation are told apart */
static int is_stated(int id)
{
	return id < E911_F_VALIDATOR;
}

static void write_fields(const e911_location_t *l, e911_strbuf_t *b)
{
	E911_STRBUF_LIT(b, ",\"location\":");
	e911_location_json(b, l, is_stated);
}

static void write_json(const report_t *r, e911_strbuf_t *b)
{
	char mem[TEXT_MAX / 2];
	e911_strbuf_t value;
	size_t i;

	E911_STRBUF_LIT(b, "{\"test\":true");
	for(i = 0; i < LINES; i++) {
		e911_strbuf_init(&value, mem, sizeof(mem));
		lines[i].put(r, &value);
		if(value.len == 0 || value.err)
			continue;
		E911_STRBUF_LIT(b, ",\"");
		e911_strbuf_puts(b, lines[i].key);
		E911_STRBUF_LIT(b, "\":\"");
		e911_strbuf_put_json(b, value.s, value.len);
		E911_STRBUF_LIT(b, "\"");
	}
	if(r->location)
		write_fields(r->location, b);
	E911_STRBUF_LIT(b, "}");
}

/* ----- the review ----- */

/* a refused caller, one whose phone tells it itself, is told nothing stored */
static void review(e911_call_t *call, report_t *r)
{
	e911_strbuf_t b;

	memset(r, 0, sizeof(*r));
	r->call = call;
	r->location = call->located ? &call->location : NULL;
	if(call->steps <= 0)
		return;
	call->step = 0;
	e911_book_lease(call, 0);
	e911_strbuf_init(&b, r->mem, sizeof(r->mem));
	r->direct = e911_review(call, 0, &b);
	r->warnings.s = r->mem;
	r->warnings.len = (int)b.len;
}

/* in a few words, and without the address: proxies and their accounting keep
 * reason phrases */
static int write_reason(const report_t *r, char mem[E911_REHEARSAL_REASON_MAX])
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, E911_REHEARSAL_REASON_MAX - 1);
	E911_STRBUF_LIT(&b, "Test: ");
	if(r->call->found != E911_FOUND_NONE && r->location) {
		e911_strbuf_puts(&b, e911_verdict_name(r->location->verdict));
		E911_STRBUF_LIT(&b, ", ");
		e911_strbuf_puts(&b, e911_freshness_name(r->location->freshness));
	} else if(r->location) {
		E911_STRBUF_LIT(&b, "default location");
	} else {
		e911_strbuf_puts(&b, r->call->phone == E911_PHONE_GOOD
									 ? "the phone's location"
									 : "no location");
	}
	E911_STRBUF_LIT(&b, ", ");
	put_way(r, &b);
	mem[b.err ? 0 : b.len] = '\0';
	return b.err;
}

/* ----- what he accepts ----- */

static int accepts(const sip_msg_t *msg, const char *type)
{
	const struct hdr_field *h;
	char mem[256];
	int len;

	for(h = msg->accept; h; h = next_sibling_hdr(h)) {
		len = h->body.len < (int)sizeof(mem) ? h->body.len
											 : (int)sizeof(mem) - 1;
		memcpy(mem, h->body.s, len);
		mem[len] = '\0';
		if(strcasestr(mem, type))
			return 1;
	}
	return 0;
}

static int has_body(sip_msg_t *msg)
{
	const char *body = get_body(msg);

	return body && body < msg->buf + msg->len;
}

/* RFC 6881 ED-77, ED-78: a device's own test. One that sends a body offers a
 * session, and is a phone, unless it says that it wants none */
static int is_automatic(sip_msg_t *msg)
{
	int text = accepts(msg, "text/plain") || accepts(msg, JSON);

	return !has_body(msg) || (text && !accepts(msg, "application/sdp"));
}

/* ----- the answer ----- */

static int put_header(sip_msg_t *msg, const char *name, const str *value)
{
	char mem[256];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_puts(&b, name);
	e911_strbuf_put_str(&b, value);
	E911_STRBUF_LIT(&b, "\r\n");
	return b.err || add_lump_rpl(msg, b.s, (int)b.len, LUMP_RPL_HDR) == NULL
				   ? E911_ERR_MEM
				   : E911_OK;
}

/* "sip:e911-test@ADDRESS:PORT;transport=…" */
static int put_contact(sip_msg_t *msg)
{
	const struct socket_info *own = msg->rcv.bind_address;
	const char *transport = get_valid_proto_name(own->proto);
	char mem[192];
	e911_strbuf_t b;
	str value = {mem, 0};

	e911_strbuf_init(&b, mem, sizeof(mem));
	E911_STRBUF_LIT(&b, "<sip:" OWN_USER "@");
	e911_strbuf_put_str(&b, &own->address_str);
	E911_STRBUF_LIT(&b, ":");
	e911_strbuf_put_str(&b, &own->port_no_str);
	E911_STRBUF_LIT(&b, ";transport=");
	e911_strbuf_puts(&b, transport);
	E911_STRBUF_LIT(&b, ">");
	value.len = (int)b.len;
	return b.err ? b.err : put_header(msg, "Contact: ", &value);
}

static int put_answer(
		sip_msg_t *msg, int code, const char *type, const e911_strbuf_t *text)
{
	str value = {(char *)type, (int)strlen(type)};
	struct lump_rpl *body =
			add_lump_rpl(msg, text->s, (int)text->len, LUMP_RPL_BODY);
	int err = body ? put_header(msg, "Content-Type: ", &value) : E911_ERR_MEM;

	if(!err && code == 200)
		err = put_contact(msg);
	if(!err && code == 200)
		err = e911_uac_hang_up(msg);
	if(err && body) {
		unlink_lump_rpl(msg, body);
		free_lump_rpl(body);
	}
	return err;
}

/* his own address goes to nobody else's phone */
static void send_message(sip_msg_t *msg, const report_t *r, e911_strbuf_t *b)
{
	str text;

	if(r->call->test != E911_TEST_MESSAGE || r->call->proof == E911_PROOF_NONE)
		return;
	b->len = 0;
	write_text(r, b);
	text.s = b->s;
	text.len = (int)b->len;
	if(b->err == 0 && e911_uac_message(msg, PLAIN, &text))
		LM_ERR("test call of %016llx: no MESSAGE could be sent\n",
				(unsigned long long)r->call->who);
}

static int answer(sip_msg_t *msg, const report_t *r, e911_rehearsal_t *out)
{
	static char mem[TEXT_MAX]; /* too large for a stack */
	int json = accepts(msg, JSON), err;
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(json)
		write_json(r, &b);
	else
		write_text(r, &b);
	out->code = is_automatic(msg) ? 200 : 603;
	err = b.err ? b.err : write_reason(r, out->reason);
	if(!err)
		err = put_answer(msg, out->code, json ? JSON : PLAIN, &b);
	if(!err)
		send_message(msg, r, &b);
	return err;
}

int e911_rehearse(sip_msg_t *msg, e911_call_t *call, e911_rehearsal_t *out)
{
	static report_t r; /* too large for a stack */
	int err = e911_headers(msg, HDR_EOH_F) < 0 ? E911_ERR_SYNTAX : E911_OK;

	if(!err) {
		review(call, &r);
		err = answer(msg, &r, out);
	}
	call->step = -1;
	return err;
}

int e911_rehearsal_has(sip_msg_t *msg)
{
	const str own = str_init(OWN_USER);

	return (msg->REQ_METHOD & (METHOD_ACK | METHOD_BYE))
		   && parse_sip_msg_uri(msg) >= 0 && msg->parsed_uri.user.len == own.len
		   && memcmp(msg->parsed_uri.user.s, own.s, own.len) == 0
		   && e911_headers(msg, HDR_TO_F) >= 0 && msg->to
		   && get_to(msg)->tag_value.len > 0;
}
