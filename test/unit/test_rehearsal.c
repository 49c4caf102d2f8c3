/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json headers calls profile profiles location field network row strbuf err record
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include <json-c/json.h>
#include "../../modules/e911/rehearsal.c"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"
#include "tight.h"

/* ----- the branch, the review and the rest, as told ----- */

static int direct, hang_up_err, messages;
static char message[TEXT_MAX];
static const char *warning;

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	static const str nowhere = STR_NULL;

	return e911_profiles_with(
			call_settings.profiles, call->ladder[0].profile, &nowhere);
}

int e911_branch_form(const e911_call_t *call)
{
	assert_int_equal(call->step, 0);
	return E911_CONVEY_VALUE;
}

int e911_review(const e911_call_t *call, int size, e911_strbuf_t *warnings)
{
	assert_int_equal(call->step, 0);
	e911_strbuf_puts(warnings, warning);
	return direct;
}

void e911_book_lease(e911_call_t *call, int real)
{
	assert_false(real);
}

const char *e911_proof_name(int proof)
{
	return proof ? "flow" : "none";
}

int e911_uac_message(sip_msg_t *msg, const char *type, const str *text)
{
	messages++;
	snprintf(message, sizeof(message), "%.*s", text->len, text->s);
	return E911_OK;
}

int e911_uac_hang_up(sip_msg_t *msg)
{
	return hang_up_err;
}

/* ----- a message ----- */

static struct hdr_field accepted[2];
static sip_msg_t msg;
static struct socket_info own;
static int has_sdp;

int parse_headers(
		struct sip_msg *const m, const hdr_flags_t flags, const int next)
{
	return 0;
}

struct hdr_field *next_sibling_hdr(const struct hdr_field *const hf)
{
	return hf->next;
}

char *get_body(sip_msg_t *const m)
{
	static char text[2];

	m->buf = text;
	m->len = 1;
	return has_sdp ? text : text + 1;
}

int parse_sip_msg_uri(sip_msg_t *m)
{
	return 0;
}

char *get_valid_proto_name(unsigned short proto)
{
	return "udp";
}

static struct lump_rpl *lumps;

struct lump_rpl **add_lump_rpl2(struct sip_msg *m, char *s, int len, int flags)
{
	struct lump_rpl *l = ksr_malloc(sizeof(*l)), **end = &lumps;

	if(l == NULL)
		return NULL;
	l->text.s = ksr_malloc((size_t)len);
	if(l->text.s == NULL) {
		ksr_free(l);
		return NULL;
	}
	memcpy(l->text.s, s, (size_t)len);
	l->text.len = len;
	l->flags = flags;
	l->next = NULL;
	while(*end)
		end = &(*end)->next;
	*end = l;
	return end;
}

void free_lump_rpl(struct lump_rpl *l)
{
	ksr_free(l->text.s);
	ksr_free(l);
}

void unlink_lump_rpl(struct sip_msg *m, struct lump_rpl *lump)
{
	struct lump_rpl **p = &lumps;

	while(*p != lump)
		p = &(*p)->next;
	*p = lump->next;
}

static void forget(void)
{
	struct lump_rpl *l;

	while((l = lumps)) {
		lumps = l->next;
		free_lump_rpl(l);
	}
}

/* ----- the test's own ----- */

static e911_call_t *call;
static e911_rehearsal_t out;

static int up(void **state)
{
	(void)state;
	call = call_new();
	call_locate(
			call, "country=US;A1=TX;A3=Austin;HNO=12;RD=6th;STS=ST;PC=78701");
	call->kind = E911_KIND_TEST;
	call->found = E911_FOUND_DEVICE;
	call->proof = E911_PROOF_FLOW;
	call->test = E911_TEST_LOCAL;
	call->location.verdict = E911_VALID;
	direct = has_sdp = 1;
	warning = "";
	hang_up_err = messages = 0;
	memset(&msg, 0, sizeof(msg));
	memset(accepted, 0, sizeof(accepted));
	own.address_str.s = "192.0.2.1";
	own.address_str.len = 9;
	own.port_no_str.s = "5060";
	own.port_no_str.len = 4;
	msg.rcv.bind_address = &own;
	return 0;
}

static int down(void **state)
{
	(void)state;
	forget();
	return call_end();
}

static void accepts_types(const char *first, const char *second)
{
	accepted[0].body = tight_z(first);
	msg.accept = &accepted[0];
	if(second == NULL)
		return;
	accepted[1].body = tight_z(second);
	accepted[0].next = &accepted[1];
}

static void accepts_no_more(void)
{
	free(accepted[0].body.s);
	free(accepted[1].body.s);
}

static void rehearse(int code, const char *reason)
{
	assert_int_equal(e911_rehearse(&msg, call, &out), 0);
	assert_int_equal(out.code, code);
	assert_string_equal(out.reason, reason);
	assert_int_equal(call->step, -1);
}

static int has(const struct lump_rpl *l, const char *text)
{
	return memmem(l->text.s, (size_t)l->text.len, text, strlen(text)) != NULL;
}

static int says(const char *text)
{
	return has(lumps, text);
}

static void tells_a_phone_by_the_reason(void **state)
{
	(void)state;
	rehearse(603, "Test: valid, fresh, direct");
	assert_true(says("Location: the caller's own\r\n"
					 "Address: 12 6th ST, Austin, TX 78701, US\r\n"
					 "Verdict: valid\r\nFreshness: fresh\r\n"));
	assert_true(says("A real call goes: direct\r\n"));
	assert_false(says("Because"));
	assert_true(has(lumps->next, "Content-Type: text/plain;charset=utf-8"));
	assert_null(lumps->next->next);
	assert_int_equal(messages, 0);
}

static void says_why_it_would_be_screened(void **state)
{
	(void)state;
	direct = 0;
	warning = "the address is not validated";
	call->location.verdict = E911_UNCHECKED;
	call->location.freshness = E911_SUSPECT;
	call->reason = E911_REASON_MOVED;
	rehearse(603, "Test: unchecked, suspect, screened");
	assert_true(says("Freshness: suspect, "));
	assert_true(says("Because: the address is not validated\r\n"));
}

static void knows_whose_location_it_is(void **state)
{
	(void)state;
	call->found = E911_FOUND_NONE;
	rehearse(603, "Test: default location, direct");
	assert_true(says("Location: the site's default\r\n"));
	assert_false(says("Freshness"));
	forget();
	call->located = 0;
	rehearse(603, "Test: no location, direct");
	assert_true(says("Location: none\r\n"));
	assert_false(says("Address"));
	forget();
	call->phone = E911_PHONE_GOOD;
	rehearse(603, "Test: the phone's location, direct");
	forget();
	call->withheld = 1;
	rehearse(603, "Test: the phone's location, direct");
	assert_true(says("Location: withheld: the caller is not proven\r\n"));
}

static void has_nowhere_to_go(void **state)
{
	(void)state;
	call->steps = 0;
	rehearse(603, "Test: valid, fresh, nowhere");
	assert_true(says("Because: no destination is known\r\n"));
	assert_false(says("Profile"));
}

static void tells_a_device_by_a_200(void **state)
{
	(void)state;
	has_sdp = 0;
	rehearse(200, "Test: valid, fresh, direct");
	assert_true(has(lumps->next->next,
			"Contact: <sip:e911-test@192.0.2.1:5060;transport=udp>\r\n"));
	forget();
	has_sdp = 1;
	accepts_types("message/sipfrag", "TEXT/plain");
	rehearse(200, "Test: valid, fresh, direct");
	forget();
	accepts_no_more();
	accepts_types("text/plain", "application/sdp");
	rehearse(603, "Test: valid, fresh, direct");
	accepts_no_more();
}

static void what_begins_no_dialog_is_no_answer(void **state)
{
	(void)state;
	has_sdp = 0;
	hang_up_err = E911_ERR_MEM;
	assert_int_equal(e911_rehearse(&msg, call, &out), E911_ERR_MEM);
	assert_false(has(lumps, "Test: no emergency")); /* the body is gone */
}

static void writes_json(void **state)
{
	struct json_object *o, *l, *v;
	char *text;

	(void)state;
	e911_location_init(&call->location, E911_FROM_RPC, 0);
	call_put(&call->location, "country=US;NAM=\"quoted\\\";RD=x");
	accepts_types("application/sdp,application/json", NULL);
	rehearse(603, "Test: unchecked, fresh, direct");
	accepts_no_more();
	assert_true(has(lumps->next, "Content-Type: application/json\r\n"));
	text = strndup(lumps->text.s, (size_t)lumps->text.len);
	o = json_tokener_parse(text);
	free(text);
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "test", &v));
	assert_true(json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(o, "goes", &v));
	assert_string_equal(json_object_get_string(v), "direct");
	assert_true(json_object_object_get_ex(o, "location", &l));
	assert_true(json_object_object_get_ex(l, "NAM", &v));
	assert_string_equal(json_object_get_string(v), "quoted\\");
	json_object_put(o);
}

static void a_message_goes_to_those_who_are_proven(void **state)
{
	(void)state;
	call->test = E911_TEST_MESSAGE;
	rehearse(603, "Test: valid, fresh, direct");
	assert_int_equal(messages, 1);
	assert_true(strstr(message, "Address: 12 6th ST") != NULL);
	forget();
	call->proof = E911_PROOF_NONE;
	rehearse(603, "Test: valid, fresh, direct");
	assert_int_equal(messages, 1);
}

static int rehearse_once(void *arg)
{
	int err = e911_rehearse(&msg, call, &out);

	forget();
	return err;
}

static void memory_may_be_short(void **state)
{
	(void)state;
	has_sdp = 0;
	ksr_sweep(rehearse_once, NULL, E911_ERR_MEM);
}

static void knows_its_own_dialogs(void **state)
{
	struct to_body to = {.tag_value = {"x", 1}};
	struct hdr_field header = {.parsed = &to};

	(void)state;
	msg.to = &header;
	msg.REQ_METHOD = METHOD_BYE;
	msg.parsed_uri.user.s = "e911-test";
	msg.parsed_uri.user.len = 9;
	assert_true(e911_rehearsal_has(&msg));
	msg.REQ_METHOD = METHOD_INVITE;
	assert_false(e911_rehearsal_has(&msg));
	msg.REQ_METHOD = METHOD_ACK;
	assert_true(e911_rehearsal_has(&msg));
	to.tag_value.len = 0;
	assert_false(e911_rehearsal_has(&msg));
	to.tag_value.len = 1;
	msg.parsed_uri.user.s = "e911-tesd";
	assert_false(e911_rehearsal_has(&msg));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(tells_a_phone_by_the_reason),
			TEST(says_why_it_would_be_screened),
			TEST(knows_whose_location_it_is),
			TEST(has_nowhere_to_go),
			TEST(tells_a_device_by_a_200),
			TEST(what_begins_no_dialog_is_no_answer),
			TEST(writes_json),
			TEST(a_message_goes_to_those_who_are_proven),
			TEST(memory_may_be_short),
			TEST(knows_its_own_dialogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
