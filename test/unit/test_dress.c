/*
 * What a branch is told to be, by the profile of its destination; how a message
 * is edited for it is in test_body.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: additional civic pidf config aor hash calls profile profiles location field
 * needs: network row strbuf err
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/dress.c"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"
#include "tight.h"

/* ----- what is around it ----- */

static int form, body_err, no_url, insecure;
static unsigned int counted[E911_STATS];
static char from[400], to[400];
static int lasting, branches, in_transaction, identity_err, describe_err;
static int dressed;
static e911_dressing_t got; /* copied, with what it points to still there */

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	static const str nowhere = STR_NULL;

	return e911_profiles_with(
			call_settings.profiles, call->ladder[0].profile, &nowhere);
}

const e911_location_t *e911_branch_location(const e911_call_t *call)
{
	return call->located ? &call->location : NULL;
}

int e911_branch_form(const e911_call_t *call)
{
	(void)call;
	return form;
}

str e911_branch_name(const e911_call_t *call, int identity)
{
	const e911_slice_t *slices[] = {[E911_IDENTITY_CALLBACK] = &call->callback,
			[E911_IDENTITY_ELIN] = &call->elin,
			[E911_IDENTITY_ID] = &call->contact,
			[E911_IDENTITY_TOKEN] = &call->device};

	return e911_call_text(call, *slices[identity]);
}

int e911_body_dress(sip_msg_t *msg, const e911_dressing_t *d)
{
	(void)msg;
	dressed++;
	got = *d;
	return body_err;
}

static int keep_uri(char *mem, const str *uri, int last)
{
	sprintf(mem, "%.*s", uri->len, uri->s);
	lasting = last;
	return identity_err;
}

int e911_identity_from(sip_msg_t *msg, const str *uri, int last)
{
	(void)msg;
	return keep_uri(from, uri, last);
}

int e911_identity_to(sip_msg_t *msg, const str *uri, int last)
{
	(void)msg;
	return keep_uri(to, uri, last);
}

int e911_branch_is_others(const e911_call_t *call)
{
	return call->transferred;
}

int e911_caller_describe(const str *aor, uint64_t who, const str *device,
		char mem[E911_CALLER_URIS_MAX], e911_pidf_how_t *how)
{
	memset(how, 0, sizeof(*how));
	how->entity.s = mem;
	how->entity.len = sprintf(mem, "pres:%.*s", aor->len, aor->s);
	how->device.s = mem + how->entity.len;
	how->device.len =
			sprintf(how->device.s, "urn:%.*s", device->len, device->s);
	return describe_err;
}

void e911_ledger_callid(char to[E911_CALLID_MAX], const str *callid)
{
	sprintf(to, "%.*s", callid->len, callid->s);
}

int e911_reference_is_secure(void)
{
	return !insecure;
}

int e911_transaction_branches(void)
{
	return branches;
}

int e911_transaction_is_there(void)
{
	return in_transaction;
}

void e911_stats_count(int stat)
{
	counted[stat]++;
}

int e911_reference_url(const char *token, e911_strbuf_t *b)
{
	if(no_url)
		return E911_ERR_NONE;
	E911_STRBUF_LIT(b, "https://lis/");
	e911_strbuf_puts(b, token);
	return b->err;
}

/* ----- the call ----- */

static e911_call_t *call;
static sip_msg_t msg;

static int up(void **state)
{
	(void)state;
	memset(&msg, 0, sizeof(msg));
	memset(counted, 0, sizeof(counted));
	memset(&got, 0, sizeof(got));
	msg.first_line.u.request.method_value = METHOD_INVITE;
	msg.first_line.u.request.uri = (str)str_init("urn:service:sos");
	*from = *to = '\0';
	dressed = body_err = identity_err = describe_err = no_url = 0;
	branches = lasting = in_transaction = 0;
	insecure = 0;
	form = E911_CONVEY_NONE;
	call = call_new();
	call_locate(call, "country=US;RD=Congress;method=Manual");
	return 0;
}

static int down(void **state)
{
	(void)state;
	return call_end();
}

/* dressed anew, as another branch */
static void go(const char *columns, int as)
{
	if(columns)
		call_profile(call, columns);
	form = as;
	call->dressed = -1;
	*from = *to = '\0';
	e911_dress(&msg, call);
}

static void assert_lines(const char *want)
{
	if(!is_z(&got.lines, want))
		fail_msg("\"%.*s\", not \"%s\"", got.lines.len, got.lines.s, want);
}

#define IDENTITIES "P-Asserted-Identity P-Preferred-Identity Remote-Party-ID "

static void assert_out(const char *want)
{
	char all[200] = "";
	int i;

	for(i = 0; got.out && got.out[i]; i++)
		strcat(strcat(all, got.out[i]), " ");
	assert_string_equal(all, want);
}

/* ----- when ----- */

static void a_branch_is_dressed_once(void **state)
{
	(void)state;
	e911_dress(&msg, call);
	e911_dress(&msg, call);
	assert_int_equal(dressed, 1);
	branches = 1;
	e911_dress(&msg, call);
	assert_int_equal(dressed, 2);
	/* nothing but an INVITE, on the ladder */
	branches = 2;
	msg.first_line.u.request.method_value = METHOD_CANCEL;
	e911_dress(&msg, call);
	msg.first_line.u.request.method_value = METHOD_INVITE;
	call->step = -1;
	e911_dress(&msg, call);
	call->step = 1;
	e911_dress(&msg, call);
	assert_int_equal(dressed, 2);
}

static void what_was_put_into_a_branch_is_known_until_the_next(void **state)
{
	str document = STR_NULL;

	(void)state;
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(
			e911_dress_last(call, call->branch, &document), E911_CONVEY_VALUE);
	assert_int_equal(document.len, got.part[0].text.len);
	assert_ptr_equal(document.s, got.part[0].text.s);
	go(NULL, E911_CONVEY_NONE);
	assert_int_equal(
			e911_dress_last(call, call->branch, &document), E911_CONVEY_NONE);
	assert_int_equal(document.len, 0);
	/* what could not be put in did not go */
	body_err = E911_ERR_MEM;
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(
			e911_dress_last(call, call->branch, &document), E911_CONVEY_NONE);
	assert_int_equal(document.len, 0);
	/* it was refused meanwhile: the call is at its next one */
	call->branch++;
	assert_int_equal(e911_dress_last(call, call->branch - 1, &document),
			E911_CONVEY_NONE);
	assert_int_equal(e911_dress_last(call, call->branch, &document), -1);
}

static void what_fails_is_counted_and_the_call_goes(void **state)
{
	(void)state;
	body_err = E911_ERR_MEM;
	go("from=callback", E911_CONVEY_VALUE);
	assert_int_equal(counted[E911_STAT_UNDRESSED], 1);
	assert_int_equal(call->dressed, 0);
	/* a site whose default location was taken away this moment */
	call->located = 0;
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
	assert_int_equal(counted[E911_STAT_UNDRESSED], 2);
	call->located = 1;
	counted[E911_STAT_UNDRESSED] = 1;
	/* no URL: no half a header, and From is changed all the same */
	no_url = 1;
	call_keep(call, "0123", &call->reference);
	call_keep(call, "5125550101", &call->callback);
	body_err = 0;
	go("from=callback;pai=callback;priority=emergency", E911_CONVEY_REFERENCE);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
	assert_lines("P-Asserted-Identity: <sip:5125550101@example.com>\r\n"
				 "Priority: emergency\r\n");
	assert_out(IDENTITIES "Priority ");
	assert_int_equal(counted[E911_STAT_UNDRESSED], 2);
	assert_string_equal(from, "sip:5125550101@example.com");
}

/* ----- location ----- */

static void each_form_has_its_header(void **state)
{
	char want[300];
	str cid;

	(void)state;
	call_keep(call, "0123", &call->reference);
	call_keep(call, "L7", &call->device);
	go("routing=yes", E911_CONVEY_NONE);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
	assert_lines("");
	go(NULL, E911_CONVEY_ELIN);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 1);
	assert_string_equal(got.part[0].type, "application/pidf+xml");
	cid = got.part[0].content_id;
	sprintf(want, "<cid:%.*s>", cid.len, cid.s);
	assert_true(is_z(&got.geolocation, want));
	assert_int_equal(got.routing, 1);
	assert_lines("");
	go(NULL, E911_CONVEY_REFERENCE);
	assert_int_equal(got.parts, 0);
	assert_true(is_z(&got.geolocation, "<https://lis/0123>"));
	assert_lines("Supported: geolocation-http\r\n");
	go("routing=no", E911_CONVEY_BOTH);
	assert_int_equal(got.routing, 0);
	cid = got.part[0].content_id;
	sprintf(want, "<cid:%.*s>, <https://lis/0123>", cid.len, cid.s);
	assert_true(is_z(&got.geolocation, want));
	assert_lines("Supported: geolocation-http\r\n");
	/* a bare word, or in no header of location at all */
	go("token_in=geolocation", E911_CONVEY_TOKEN);
	assert_true(is_z(&got.geolocation, "L7"));
	go("token_in=identity", E911_CONVEY_TOKEN);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
}

static int says(const e911_attachment_t *part, const char *z)
{
	return memmem(part->text.s, part->text.len, z, strlen(z)) != NULL;
}

static void the_document_is_as_the_profile_has_it(void **state)
{
	(void)state;
	call_put(&call->location, "shape=Point;pos=30.25 -97.75");
	go("element=tuple;method=Manual:LIS;limit=RD:4", E911_CONVEY_VALUE);
	assert_true(says(&got.part[0], "<tuple "));
	assert_true(says(&got.part[0], "<gp:method>LIS<"));
	assert_true(says(&got.part[0], "<ca:RD>Cong<"));
	assert_true(says(&got.part[0], "<gml:pos>"));
	go("drop=shape,RD", E911_CONVEY_VALUE);
	assert_true(says(&got.part[0], "<dm:device "));
	assert_true(says(&got.part[0], "<gp:method>Manual<"));
	assert_false(says(&got.part[0], "RD>"));
	assert_false(says(&got.part[0], "gml:pos"));
}

static void of_an_outside_caller_no_more_goes_than_which_call_it_is(
		void **state)
{
	(void)state;
	strcpy(call_settings.provider.name, "Us");
	go("data=provider,subscriber", E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 3);
	assert_true(says(&got.part[0], "entity=\"pres:alice@example.com\""));
	call->transferred = 1;
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 2);
	assert_string_equal(
			got.part[1].type, "application/EmergencyCallData.ProviderInfo+xml");
	assert_true(says(&got.part[0], "entity=\"pres:\""));
	assert_true(says(&got.part[0], ">urn:a84b4c76e66710@pc33<"));
	/* a name that has no room is no half a document */
	describe_err = E911_ERR_SPACE;
	go(NULL, E911_CONVEY_VALUE);
	assert_int_equal(got.geolocation.len + got.parts + got.routing, 0);
	assert_int_equal(counted[E911_STAT_UNDRESSED], 1);
}

static void ours_is_first_where_somebody_says_so(void **state)
{
	(void)state;
	go("place=first", E911_CONVEY_VALUE);
	assert_true(got.first);
	go("place=as-set", E911_CONVEY_VALUE);
	assert_false(got.first);
	call->ours_first = 1;
	go(NULL, E911_CONVEY_VALUE);
	assert_true(got.first);
	go("place=last", E911_CONVEY_VALUE);
	assert_false(got.first);
	/* the phone's is of no use, where ours goes */
	assert_false(got.alone);
	call->phone = E911_PHONE_BAD;
	go(NULL, E911_CONVEY_VALUE);
	assert_true(got.alone);
	go(NULL, E911_CONVEY_NONE);
	assert_false(got.alone);
}

/* ----- identities ----- */

static void the_first_name_that_he_has_stands_for_him(void **state)
{
	(void)state;
	go("from=id,callback;pai=elin,callback", E911_CONVEY_NONE);
	/* none of them: as the request has it */
	assert_string_equal(from, "");
	assert_out("");
	assert_lines("");
	call_keep(call, "+15125550101", &call->callback);
	go(NULL, E911_CONVEY_NONE);
	assert_string_equal(from, "sip:+15125550101@example.com");
	assert_out(IDENTITIES);
	assert_lines("P-Asserted-Identity: <sip:+15125550101@example.com>\r\n");
	call_keep(call, "AEUI-7", &call->contact);
	go(NULL, E911_CONVEY_NONE);
	assert_string_equal(from, "sip:AEUI-7@example.com");
	/* not by words of the profile that come first */
	go("from=keep;pai=none", E911_CONVEY_NONE);
	assert_string_equal(from, "");
	assert_out(IDENTITIES);
	assert_lines("");
	go("from=elin,none;pai=elin,none", E911_CONVEY_NONE);
	assert_string_equal(from, "");
	assert_out(IDENTITIES);
	assert_lines("");
}

static void nothing_is_asserted_by_the_word_of_the_unproven(void **state)
{
	(void)state;
	call->proof = E911_PROOF_NONE;
	call_keep(call, "5125550101", &call->callback);
	call_site.callback[0] = '\0';
	go("pai=elin,callback", E911_CONVEY_NONE);
	assert_lines("");
	assert_out(IDENTITIES);
	strcpy(call_site.callback, "+15125550000");
	go(NULL, E911_CONVEY_NONE);
	assert_lines("P-Asserted-Identity: <sip:+15125550000@example.com>\r\n");
	call_keep(call, "+15125550901", &call->elin);
	go(NULL, E911_CONVEY_NONE);
	assert_lines("P-Asserted-Identity: <sip:+15125550901@example.com>\r\n");
}

static void four_names_may_all_be_missing(void **state)
{
	(void)state;
	go("from=id,token,elin,callback;pai=id,token,elin,callback",
			E911_CONVEY_NONE);
	assert_string_equal(from, "");
	assert_out("");
	call_keep(call, "1", &call->callback);
	go(NULL, E911_CONVEY_NONE);
	assert_string_equal(from, "sip:1@example.com");
}

static void user_phone_is_for_numbers_only(void **state)
{
	(void)state;
	call_keep(call, "+15125550101", &call->callback);
	go("pai=callback;user_phone=yes;host=sbc.example.net", E911_CONVEY_NONE);
	assert_lines("P-Asserted-Identity: "
				 "<sip:+15125550101@sbc.example.net;user=phone>\r\n");
	call_keep(call, "AEUI-7", &call->contact);
	go("pai=id;user_phone=yes", E911_CONVEY_NONE);
	assert_lines("P-Asserted-Identity: <sip:AEUI-7@example.com>\r\n");
	call_keep(call, "+", &call->contact);
	go(NULL, E911_CONVEY_NONE);
	assert_lines("P-Asserted-Identity: <sip:+@example.com>\r\n");
	memset(&call->aor, 0, sizeof(call->aor));
	go("pai=callback", E911_CONVEY_NONE);
	assert_lines(
			"P-Asserted-Identity: <sip:+15125550101@anonymous.invalid>\r\n");
}

static void to_may_follow_the_request_uri(void **state)
{
	(void)state;
	go("to=keep", E911_CONVEY_NONE);
	assert_string_equal(to, "");
	go("to=ruri", E911_CONVEY_NONE);
	assert_string_equal(to, "urn:service:sos");
	assert_false(lasting);
	/* in a transaction replies are mended */
	in_transaction = 1;
	go(NULL, E911_CONVEY_NONE);
	assert_true(lasting);
	identity_err = E911_ERR_NONE;
	go(NULL, E911_CONVEY_NONE);
	assert_int_equal(counted[E911_STAT_UNNAMED], 1);
	assert_int_equal(counted[E911_STAT_UNDRESSED], 0);
}

/* ----- header lines ----- */

static void priorities_take_the_place_of_the_phones(void **state)
{
	(void)state;
	go("priority=emergency;resource_priority=esnet.1;pai=none",
			E911_CONVEY_NONE);
	assert_out(IDENTITIES "Priority Resource-Priority ");
	assert_lines("Priority: emergency\r\nResource-Priority: esnet.1\r\n");
}

static void a_line_that_lacks_something_is_left_out(void **state)
{
	(void)state;
	call_profile(call, "header=\"X-Site: {site} | X-Elin: {elin}|"
					   "X-At: {latitude},{longitude} | X-Cb: <{callback}>\"");
	go(NULL, E911_CONVEY_NONE);
	assert_lines("X-Site: hq\r\n");
	call_keep(call, "+15125550101", &call->callback);
	call_put(&call->location, "shape=Point;pos=30.25 -97.75 12");
	go(NULL, E911_CONVEY_NONE);
	assert_lines("X-Site: hq\r\nX-At: 30.25,-97.75\r\n"
				 "X-Cb: <+15125550101>\r\n");
	call_keep(call, "7", &call->elin);
	/* of a location that does not go there is no word */
	call->located = 0;
	go(NULL, E911_CONVEY_NONE);
	assert_lines("X-Site: hq\r\nX-Elin: 7\r\nX-Cb: <+15125550101>\r\n");
	call_keep(call, "A1", &call->contact);
	call_keep(call, "L7", &call->device);
	go("header=X-A: {id}{token} end", E911_CONVEY_NONE);
	assert_lines("X-A: A1L7 end\r\n");
}

static void nena_ids_are_the_same_in_each_branch(void **state)
{
	char first[400];

	(void)state;
	go("nena=yes;host=esrp.example.net", E911_CONVEY_NONE);
	snprintf(first, sizeof(first), "%.*s", got.lines.len, got.lines.s);
	assert_non_null(strstr(first, "Call-Info: <urn:emergency:uid:callid:"));
	assert_non_null(
			strstr(first, ":esrp.example.net>;purpose=emergency-CallId\r\n"));
	assert_non_null(strstr(
			first, ":esrp.example.net>;purpose=emergency-IncidentId\r\n"));
	branches = 1;
	go(NULL, E911_CONVEY_NONE);
	assert_lines(first);
	go("nena=yes", E911_CONVEY_NONE);
	assert_non_null(
			memmem(got.lines.s, got.lines.len, ":example.com>;purpose", 21));
	/* who has no name has a domain all the same */
	memset(&call->aor, 0, sizeof(call->aor));
	go(NULL, E911_CONVEY_NONE);
	assert_non_null(memmem(
			got.lines.s, got.lines.len, ":anonymous.invalid>;purpose", 27));
}

/* ----- additional data ----- */

static void data_goes_with_a_document_only(void **state)
{
	const char *all = "data=provider,service,subscriber";

	(void)state;
	go(all, E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 1); /* nobody has said who we are */
	strcpy(call_settings.provider.name, "Us");
	strcpy(call_settings.provider.contact, "tel:+15125550100");
	go(all, E911_CONVEY_NONE);
	assert_int_equal(got.parts, 0);
	assert_lines("");
	go(all, E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 4);
	assert_string_equal(
			got.part[1].type, "application/EmergencyCallData.ProviderInfo+xml");
	assert_string_equal(
			got.part[2].type, "application/EmergencyCallData.ServiceInfo+xml");
	assert_string_equal(got.part[3].type,
			"application/EmergencyCallData.SubscriberInfo+xml");
	/* RFC 7852 section 4.1: who adds any says who he is */
	go("data=subscriber", E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 3);
	assert_string_equal(
			got.part[1].type, "application/EmergencyCallData.ProviderInfo+xml");
	assert_string_equal(got.part[2].type,
			"application/EmergencyCallData.SubscriberInfo+xml");
	/* an outside caller is no subscriber of ours */
	call->transferred = 1;
	go(all, E911_CONVEY_VALUE);
	assert_int_equal(got.parts, 3);
	assert_string_equal(
			got.part[2].type, "application/EmergencyCallData.ServiceInfo+xml");
}

/* RFC 7852 section 6.1 */
static void data_goes_by_reference_with_the_location(void **state)
{
	(void)state;
	strcpy(call_settings.provider.name, "Us");
	call_keep(call, "0123", &call->reference);
	go("data=provider,subscriber", E911_CONVEY_REFERENCE);
	assert_int_equal(got.parts, 0);
	assert_lines("Supported: geolocation-http\r\n"
				 "Call-Info: <https://lis/0123/ProviderInfo>"
				 ";purpose=EmergencyCallData.ProviderInfo\r\n"
				 "Call-Info: <https://lis/0123/SubscriberInfo>"
				 ";purpose=EmergencyCallData.SubscriberInfo\r\n");
	/* the value is in the body already */
	go(NULL, E911_CONVEY_BOTH);
	assert_int_equal(got.parts, 3);
	assert_null(memmem(got.lines.s, got.lines.len, "ProviderInfo>", 13));
	insecure = 1;
	go(NULL, E911_CONVEY_REFERENCE);
	assert_lines("Supported: geolocation-http\r\n");
	go("data=", E911_CONVEY_REFERENCE);
	assert_lines("Supported: geolocation-http\r\n");
}

/* RFC 7852 section 6.1: each block is named by a Call-Info */
static void each_block_has_its_own_id_and_call_info(void **state)
{
	char want[500];
	str a, b;

	(void)state;
	strcpy(call_settings.provider.name, "Us");
	go("data=provider,service", E911_CONVEY_VALUE);
	a = got.part[1].content_id;
	b = got.part[2].content_id;
	assert_false(a.len == b.len && memcmp(a.s, b.s, a.len) == 0);
	sprintf(want,
			"Call-Info: <cid:%.*s>;purpose=EmergencyCallData.ProviderInfo\r\n"
			"Call-Info: <cid:%.*s>;purpose=EmergencyCallData.ServiceInfo\r\n",
			a.len, a.s, b.len, b.s);
	assert_lines(want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(a_branch_is_dressed_once),
			TEST(what_was_put_into_a_branch_is_known_until_the_next),
			TEST(what_fails_is_counted_and_the_call_goes),
			TEST(each_form_has_its_header),
			TEST(the_document_is_as_the_profile_has_it),
			TEST(of_an_outside_caller_no_more_goes_than_which_call_it_is),
			TEST(ours_is_first_where_somebody_says_so),
			TEST(the_first_name_that_he_has_stands_for_him),
			TEST(nothing_is_asserted_by_the_word_of_the_unproven),
			TEST(four_names_may_all_be_missing),
			TEST(user_phone_is_for_numbers_only),
			TEST(to_may_follow_the_request_uri),
			TEST(priorities_take_the_place_of_the_phones),
			TEST(a_line_that_lacks_something_is_left_out),
			TEST(nena_ids_are_the_same_in_each_branch),
			TEST(data_goes_with_a_document_only),
			TEST(data_goes_by_reference_with_the_location),
			TEST(each_block_has_its_own_id_and_call_info),
	};

	return cmocka_run_group_tests_name("dress", tests, NULL, NULL);
}
