/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers body geolocation multipart pidf_read sax location field xsd strbuf err
 * with: sip_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include <libxml/parser.h>
#include "../../modules/e911/phone.c"
#include "ksr_stub.h"
#include "sip_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ----- messages ----- */

#define LINE "INVITE urn:service:sos SIP/2.0\r\nVia: v\r\n"
#define GEO(value) "Geolocation: " value "\r\n"
#define ID(value) "Content-ID: " value "\r\n"
#define IS_PIDF "Content-Type: application/pidf+xml\r\n"
#define IS_SDP "Content-Type: application/sdp\r\n"
#define IS_MIXED "Content-Type: multipart/mixed;boundary=b\r\n"
#define SDP "--b\r\n" IS_SDP "\r\nv=0\r\n\r\n"
#define PART(headers, body) "--b\r\n" headers "\r\n" body "\r\n"
#define END "--b--\r\n"

#define DOC_OF(hno, rules)                                             \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""                  \
	" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""             \
	" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\""              \
	" xmlns:gbp=\"urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy\"" \
	" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\""    \
	" entity=\"pres:a@x\"><dm:device id=\"d\"><gp:geopriv>"            \
	"<gp:location-info><ca:civicAddress><ca:country>US</ca:country>"   \
	"<ca:HNO>" hno "</ca:HNO></ca:civicAddress></gp:location-info>"    \
	"<gp:usage-rules>" rules "</gp:usage-rules></gp:geopriv>"          \
	"<dm:timestamp>2026-08-21T14:00:00Z</dm:timestamp></dm:device>"    \
	"</presence>"
#define UNTIL(time) "<gbp:retention-expiry>" time "</gbp:retention-expiry>"
#define DOC(hno) DOC_OF(hno, "")
#define OURS PART(IS_PIDF ID("<i@d>"), DOC("1"))

/* headers but the Content-Length, body */
static sip_msg_t message(const char *headers, const char *body)
{
	char *text = malloc(strlen(headers) + strlen(body) + 100);
	sip_msg_t msg;
	int n = sprintf(text, LINE "%sContent-Length: %zu\r\n\r\n%s", headers,
			strlen(body), body);

	if(sip_read(&msg, text, n))
		fail_msg("%s", text);
	free(text);
	return msg;
}

/* "HNO" of what is read, or the error's text */
static const char *reads(const char *headers, const char *body)
{
	static char text[64];
	sip_msg_t msg = message(headers, body);
	e911_location_t l, before;
	str hno = STR_NULL;
	int err;

	memset(&l, 0x5a, sizeof(l));
	before = l;
	err = e911_phone_read(&msg, &l);
	sip_free(&msg);
	if(err) {
		assert_memory_equal(&l, &before, sizeof(l));
		return e911_err_text(err);
	}
	assert_int_equal(l.origin, E911_FROM_SIP);
	assert_int_equal(l.stated, 1787320800);
	assert_int_equal(e911_location_get(&l, E911_F_HNO, &hno), 0);
	sprintf(text, "%.*s", hno.len, hno.s);
	return text;
}

typedef struct scene
{
	const char *headers;
	const char *body;
	const char *want; /* HNO */
	int err;		  /* where there is none */
} scene_t;

static void check_scenes(const scene_t *s, size_t n)
{
	const char *got;

	for(; n; n--, s++) {
		got = reads(s->headers, s->body);
		if(strcmp(got, s->want ? s->want : e911_err_text(s->err)) != 0)
			fail_msg("%s: %s\n%s", got, s->headers, s->body);
	}
}

/* ----- reading ----- */

static void reads_the_part_that_is_named(void **state)
{
	static const scene_t scenes[] = {
			{GEO("<cid:i@d>") IS_MIXED, SDP OURS END, "1", 0},
			{GEO("<cid:i@d>") IS_MIXED, OURS SDP END, "1", 0},
			{GEO("<cid:i@d>") IS_MIXED, SDP OURS, "1", 0},
			{GEO("<cid:i@d>") IS_MIXED,
					SDP PART(IS_PIDF ID("<j@d>"), DOC("2")) OURS END, "1", 0},
			{GEO("<cid:i@d>") IS_MIXED,
					OURS PART(IS_PIDF ID("<i@d>"), DOC("2")) END, "1", 0},
			{"Content-Type: Multipart/Related; type=x; Boundary=\"b\"\r\n" GEO(
					 "<cid:i@d>"),
					SDP OURS END, "1", 0},
			{"c: multipart/mixed;boundary=b\r\ngeolocation: <CID:i@d>\r\n",
					SDP OURS END, "1", 0},
			{GEO("<cid:i%40d>;inserted-by=x") IS_MIXED,
					SDP PART("content-id:\r\n <i@d> \r\n", DOC("3")) END, "3",
					0},
			/* no word of its type: it is what it is */
			{GEO("<cid:i@d>") IS_MIXED,
					SDP PART("Content-ID: <i@d>\r\n", DOC("4")) END, "4", 0},
			{GEO("<cid:i@d>") IS_MIXED ID("<other@d>"), SDP OURS END, "1", 0},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void reads_the_body_that_is_named(void **state)
{
	static const scene_t scenes[] = {
			{GEO("<cid:i@d>") IS_PIDF ID("<i@d>"), DOC("1"), "1", 0},
			{GEO("<cid:i@d>") IS_PIDF "content-id:  <i@d> \r\n", DOC("1"), "1",
					0},
			{GEO("<cid:i@d>") ID("<i@d>"), DOC("1"), "1", 0},
			{GEO("<cid:i@d>") IS_PIDF, DOC("1"), NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("<j@d>"), DOC("1"), NULL,
					E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("i@d"), DOC("1"), NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("\"i@d\""), DOC("1"), NULL,
					E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("<i@d"), DOC("1"), NULL,
					E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("<i@dd>"), DOC("1"), NULL,
					E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_PIDF ID("<I@d>"), DOC("1"), NULL,
					E911_ERR_NONE},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void the_first_cid_counts(void **state)
{
	static const scene_t scenes[] = {
			{GEO("<https://x/1>, <cid:i@d>") IS_MIXED, SDP OURS END, "1", 0},
			{GEO("<https://x/1>") GEO("<cid:i@d>") IS_MIXED, SDP OURS END, "1",
					0},
			{GEO("<cid:i@d>, <cid:j@d>") IS_MIXED,
					PART(ID("<j@d>"), DOC("2")) OURS END, "1", 0},
			{GEO("<cid:j@d>") GEO("<cid:i@d>") IS_MIXED,
					OURS PART(ID("<j@d>"), DOC("2")) END, "2", 0},
			/* what is malformed is passed over */
			{GEO("cid:j@d, <geo:1,2>, <cid:i@d>") IS_MIXED, SDP OURS END, "1",
					0},
			{GEO("<cid:%zz>") GEO(",,") GEO("<cid:i@d>") IS_MIXED, SDP OURS END,
					"1", 0},
			{GEO("<https://x/1>,\r\n\t<cid:i@d>") IS_MIXED, SDP OURS END, "1",
					0},
			/* it names nothing: the next one is not taken for it */
			{GEO("<cid:none@d>, <cid:i@d>") IS_MIXED, SDP OURS END, NULL,
					E911_ERR_NONE},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void there_may_be_none(void **state)
{
	static const scene_t scenes[] = {
			{IS_MIXED, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<https://x/1>") IS_MIXED, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("") IS_MIXED, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:>") IS_MIXED, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:j@d>") IS_MIXED, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_MIXED, SDP, NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_MIXED, "", NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>"), SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_SDP, SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") "Content-Type: multipart/mixed\r\n", SDP OURS END,
					NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") "Content-Type: multipart/mixed;boundary=c\r\n",
					SDP OURS END, NULL, E911_ERR_NONE},
			{GEO("<cid:i@d>") ID("<i@d>"), "", NULL, E911_ERR_NONE},
			/* behind the end is no part */
			{GEO("<cid:i@d>") IS_MIXED, SDP END OURS, NULL, E911_ERR_NONE},
			{"X-Geolocation: <cid:i@d>\r\n" IS_MIXED, SDP OURS END, NULL,
					E911_ERR_NONE},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void says_why_a_document_is_of_no_use(void **state)
{
	static const scene_t scenes[] = {
			{GEO("<cid:i@d>") IS_MIXED,
					SDP PART(ID("<i@d>"),
							DOC_OF("1", UNTIL("2001-01-01T00:00:00Z"))) END,
					NULL, E911_ERR_OLD},
			{GEO("<cid:i@d>") IS_MIXED, SDP PART(ID("<i@d>"), "") END, NULL,
					E911_ERR_SYNTAX},
			{GEO("<cid:i@d>") IS_MIXED, SDP PART(ID("<i@d>"), "<presence") END,
					NULL, E911_ERR_SYNTAX},
			{GEO("<cid:i@d>") IS_MIXED, SDP PART(ID("<i@d>"), "v=0") END, NULL,
					E911_ERR_SYNTAX},
			/* all of it is named: parts are no document */
			{GEO("<cid:i@d>") IS_MIXED ID("<i@d>"), SDP OURS END, NULL,
					E911_ERR_SYNTAX},
			{GEO("<cid:i@d>") IS_MIXED,
					SDP PART(ID("<i@d>"),
							"<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>") END,
					NULL, E911_ERR_DTD},
			{GEO("<cid:i@d>") IS_MIXED, SDP PART(ID("<i@d>"), "<x/>") END, NULL,
					E911_ERR_NONE},
			{GEO("<cid:i@d>") IS_MIXED, SDP PART(ID("<i@d>"), DOC("")) END,
					NULL, E911_ERR_EMPTY},
	};

	(void)state;
	check_scenes(scenes, COUNT(scenes));
}

static void keeps_until_when_it_may_be_kept(void **state)
{
	static const struct
	{
		const char *body;
		time_t until;
	} rows[] = {{DOC("1"), 0},
			{DOC_OF("1", UNTIL("2099-01-01T00:00:00Z")), 4070908800}};
	e911_location_t l;
	sip_msg_t msg;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		msg = message(GEO("<cid:i@d>") IS_PIDF ID("<i@d>"), rows[i].body);
		assert_int_equal(e911_phone_read(&msg, &l), 0);
		assert_int_equal(l.until, rows[i].until);
		sip_free(&msg);
	}
}

/* bytes behind the Content-Length are of nobody */
static void the_body_ends_where_it_says(void **state)
{
	static const char text[] = LINE GEO("<cid:i@d>") IS_MIXED
			"Content-Length: 40\r\n\r\n" SDP OURS END;
	e911_location_t l;
	sip_msg_t msg;

	(void)state;
	assert_int_equal(sip_read(&msg, text, strlen(text)), 0);
	assert_int_equal(e911_phone_read(&msg, &l), E911_ERR_NONE);
	sip_free(&msg);
}

static void an_id_has_its_bound(void **state)
{
	char headers[800], body[2000];
	int n;

	(void)state;
	for(n = ID_MAX; n <= ID_MAX + 1; n++) {
		sprintf(headers, "Geolocation: <cid:%0*d>\r\n" IS_MIXED, n, 7);
		sprintf(body,
				SDP "--b\r\nContent-ID: <%0*d>\r\n\r\n" DOC("1") "\r\n" END, n,
				7);
		assert_string_equal(reads(headers, body),
				n == ID_MAX ? "1" : e911_err_text(E911_ERR_NONE));
	}
}

static void headers_that_do_not_parse_say_nothing(void **state)
{
	static const char *const texts[] = {
			"", LINE "no colon\r\n\r\nx", LINE GEO("<cid:i@d>") "A: b"};
	e911_location_t l;
	sip_msg_t msg;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(texts); i++) {
		assert_int_equal(sip_read(&msg, texts[i], strlen(texts[i])), -1);
		assert_int_equal(e911_phone_read(&msg, &l), E911_ERR_SYNTAX);
		assert_int_equal(e911_phone_permits(&msg), -1);
		sip_free(&msg);
	}
}

/* ----- may it be looked at? ----- */

static void only_yes_is_yes(void **state)
{
	static const struct
	{
		const char *headers;
		int permits;
	} rows[] = {
			{"", -1},
			{"Geolocation: <cid:i@d>\r\n", -1},
			{"X-Geolocation-Routing: yes\r\n", -1},
			{"Geolocation-Routing: yes\r\n", 1},
			{"Geolocation-Routing:   YES \r\n", 1},
			{"geolocation-routing: Yes\r\n", 1},
			{"Geolocation-Routing: no\r\n", 0},
			{"Geolocation-Routing: NO\r\n", 0},
			{"Geolocation-Routing:\r\n", 0},
			{"Geolocation-Routing: nonsense\r\n", 0},
			{"Geolocation-Routing: yes, no\r\n", 0},
			{"Geolocation-Routing: yes;x=y\r\n", 0},
			{"Geolocation-Routing: \"yes\"\r\n", 0},
			/* of several each has a say */
			{"Geolocation-Routing: no\r\nGeolocation-Routing: yes\r\n", 0},
			{"Geolocation-Routing: yes\r\nGeolocation-Routing: no\r\n", 0},
			{"Geolocation-Routing: yes\r\nA: b\r\nGeolocation-Routing: x\r\n",
					0},
			{"Geolocation-Routing: yes\r\nGeolocation-Routing: YES\r\n", 1},
	};
	sip_msg_t msg;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		msg = message(rows[i].headers, "");
		if(e911_phone_permits(&msg) != rows[i].permits)
			fail_msg("%s", rows[i].headers);
		sip_free(&msg);
	}
}

/* ----- memory that fails ----- */

static int read_once(void *arg)
{
	e911_location_t l;

	return e911_phone_read(arg, &l);
}

static void every_allocation_may_fail(void **state)
{
	sip_msg_t msg = message(GEO("<cid:i@d>") IS_MIXED, SDP OURS END);

	(void)state;
	ksr_sweep(read_once, &msg, E911_ERR_MEM);
	sip_free(&msg);
}

static char *hooked_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

static int start(void **state)
{
	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	return 0;
}

static int end(void **state)
{
	(void)state;
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_the_part_that_is_named),
			cmocka_unit_test(reads_the_body_that_is_named),
			cmocka_unit_test(the_first_cid_counts),
			cmocka_unit_test(there_may_be_none),
			cmocka_unit_test(says_why_a_document_is_of_no_use),
			cmocka_unit_test(keeps_until_when_it_may_be_kept),
			cmocka_unit_test(the_body_ends_where_it_says),
			cmocka_unit_test(an_id_has_its_bound),
			cmocka_unit_test(headers_that_do_not_parse_say_nothing),
			cmocka_unit_test(only_yes_is_yes),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("phone", tests, start, end);
}
