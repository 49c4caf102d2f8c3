/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: calls profile profiles location field network row strbuf err
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../core/events.h"
#include "../../core/parser/parse_uri.c"
#include "../../modules/e911/branch.c"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ----- what is edited of a message ----- */

int ser_error, ruri_is_new, phone2tel;
static char ruri[600], hop[600];
static int cleared, fails;
static struct socket_info by_address, by_name;

/* no other module has a say on URIs */
int sr_event_exec(int type, sr_event_param_t *event)
{
	(void)type;
	(void)event;
	return -1;
}

static void copy(char *to, const str *s)
{
	sprintf(to, "%.*s", s->len, s->s);
}

int rewrite_uri(sip_msg_t *msg, str *uri)
{
	(void)msg;
	if(fails & 1)
		return -1;
	copy(ruri, uri);
	return 0;
}

int set_dst_uri(sip_msg_t *const msg, const str *const uri)
{
	(void)msg;
	if(fails & 2)
		return -1;
	copy(hop, uri);
	return 0;
}

void reset_dst_uri(sip_msg_t *const msg)
{
	(void)msg;
	hop[0] = '\0';
}

void clear_branches(void)
{
	cleared |= 1;
}

void reset_path_vector(sip_msg_t *const msg)
{
	(void)msg;
	cleared |= 2;
}

struct socket_info *lookup_local_socket(str *name)
{
	return is_z(name, "udp:192.0.2.1:5060") ? &by_address : NULL;
}

socket_info_t *ksr_get_socket_by_name(str *name)
{
	return is_z(name, "inside") ? &by_name : NULL;
}

static e911_call_t *call;
static sip_msg_t msg;

static int up(void **state)
{
	(void)state;
	memset(&msg, 0, sizeof(msg));
	fails = cleared = 0;
	call = call_new();
	return 0;
}

static int down(void **state)
{
	(void)state;
	return call_end();
}

/* ----- profile and location ----- */

static void the_profile_is_the_variant_for_the_location(void **state)
{
	str teams = str_init("teams");

	(void)state;
	call->ladder[0].profile = e911_row_id(&teams);
	assert_string_equal(e911_branch_profile(call)->country, "");
	call_locate(call, "country=CA;RD=x");
	assert_string_equal(e911_branch_profile(call)->country, "CA");
	/* what does not go with the call counts for nothing */
	call->located = 0;
	assert_string_equal(e911_branch_profile(call)->country, "");
	/* a profile that a reload has taken away */
	call->ladder[0].profile = 1;
	assert_string_equal(e911_branch_profile(call)->name, "value");
}

static void an_outside_caller_is_not_where_the_agent_is(void **state)
{
	(void)state;
	assert_null(e911_branch_location(call));
	call_locate(call, "RD=Home;callback=+15125550101;tokens=t=5");
	call_keep(call, "+15125550101", &call->callback);
	call_put(&call_site.fallback, "RD=Main");
	call_site.has_fallback = 1;
	call_profile(call, "token=t;transferred=none");
	assert_ptr_equal(e911_branch_location(call), &call->location);
	assert_int_equal(e911_branch_name(call, E911_IDENTITY_CALLBACK).len, 12);
	call->transferred = 1;
	assert_null(e911_branch_location(call));
	assert_int_equal(e911_branch_name(call, E911_IDENTITY_CALLBACK).len, 0);
	assert_int_equal(e911_branch_name(call, E911_IDENTITY_TOKEN).len, 0);
	call_profile(call, "token=t;transferred=default");
	assert_ptr_equal(e911_branch_location(call), &call_site.fallback);
	assert_int_equal(e911_branch_name(call, E911_IDENTITY_TOKEN).len, 0);
	call_site.has_fallback = 0;
	assert_null(e911_branch_location(call));
	call_profile(call, "token=t;transferred=own");
	assert_ptr_equal(e911_branch_location(call), &call->location);
	assert_int_equal(e911_branch_name(call, E911_IDENTITY_TOKEN).len, 1);
}

static void assert_name(int identity, const char *want)
{
	str name = e911_branch_name(call, identity);

	assert_true(is_z(&name, want));
}

static void names_are_of_the_call_and_its_location(void **state)
{
	(void)state;
	call_profile(call, "id=telnyx;token=telnyx-location");
	assert_name(E911_IDENTITY_CALLBACK, "");
	assert_name(E911_IDENTITY_ELIN, "");
	assert_name(E911_IDENTITY_ID, "");
	call_keep(call, "+15125550101", &call->callback);
	call_keep(call, "+15125550999", &call->elin);
	call_locate(call, "RD=x;tokens=telnyx-location=L7,telnyx=A1");
	assert_name(E911_IDENTITY_CALLBACK, "+15125550101");
	assert_name(E911_IDENTITY_ELIN, "+15125550999");
	assert_name(E911_IDENTITY_ID, "A1");
	assert_name(E911_IDENTITY_TOKEN, "L7");
	assert_name(E911_IDENTITY_KEEP, "");
	assert_name(E911_IDENTITY_NONE, "");
	/* of a location that is withheld no token goes */
	call->located = 0;
	assert_name(E911_IDENTITY_ID, "");
	assert_name(E911_IDENTITY_TOKEN, "");
	call->located = 1;
	call_profile(call, "id=;token=");
	assert_name(E911_IDENTITY_ID, "");
}

/* ----- forms ----- */

/* the forms that are tried, one after the other */
static void assert_forms(const char *want)
{
	char got[100];
	int n = 0, i;

	call->form = 0;
	for(i = 0; i < 9; i++) {
		n += sprintf(
				got + n, "%s ", e911_conveyance_name(e911_branch_form(call)));
		if(!e911_branch_lesser(call))
			break;
	}
	assert_string_equal(got, want);
}

static void the_best_form_goes_that_the_call_can_have(void **state)
{
	(void)state;
	call_profile(call, "convey=token,both,value;token=t");
	assert_forms("none ");
	call_locate(call, "RD=x");
	assert_forms("value none ");
	call_keep(call, "0123", &call->reference);
	assert_forms("both value none ");
	call_put(&call->location, "tokens=t=5");
	assert_forms("token both value none ");
	call_profile(call, "convey=token,both,value;token=other");
	assert_forms("both value none ");
	/* half of both, and that once */
	memset(&call->reference, 0, sizeof(call->reference));
	assert_forms("value none ");
	call_profile(call, "convey=both,reference");
	assert_forms("value none ");
	call_keep(call, "0123", &call->reference);
	call_profile(call, "convey=reference");
	assert_forms("reference none ");
	call->located = 0;
	assert_forms("none ");
	call_profile(call, "convey=none");
	assert_forms("none ");
	/* there is always a number */
	call_profile(call, "convey=elin,value");
	assert_forms("elin ");
}

/* a number that stands for his place is his place */
static void who_is_not_proven_has_no_elin(void **state)
{
	(void)state;
	call_keep(call, "+15125550999", &call->elin);
	call_profile(call, "convey=elin");
	assert_true(e911_branch_may_have_elin(call));
	call->proof = E911_PROOF_NONE;
	assert_forms("none ");
	assert_name(E911_IDENTITY_ELIN, "");
	assert_false(e911_branch_may_have_elin(call));
	call_site.unproven = E911_UNPROVEN_DEFAULT;
	assert_forms("elin ");
	assert_name(E911_IDENTITY_ELIN, "+15125550999");
	assert_true(e911_branch_may_have_elin(call));
	call->transferred = 1;
	assert_false(e911_branch_may_have_elin(call));
	assert_true(e911_branch_is_others(call));
	call_profile(call, "convey=elin;transferred=own");
	assert_true(e911_branch_may_have_elin(call));
	assert_false(e911_branch_is_others(call));
}

static void an_outside_caller_has_but_the_sites_place(void **state)
{
	(void)state;
	call_locate(call, "RD=x;tokens=t=5");
	call_keep(call, "0123", &call->reference);
	call->transferred = 1;
	call_profile(call, "convey=token,reference,value;token=t");
	assert_forms("none ");
	call_profile(call, "convey=elin,value");
	assert_forms("none ");
	call_site.has_fallback = 1;
	call_profile(call, "convey=elin,both,value;transferred=default");
	assert_forms("value none ");
	call_profile(call, "convey=token,reference;token=t;transferred=own");
	assert_forms("token reference none ");
}

static void a_form_past_the_end_is_the_last(void **state)
{
	(void)state;
	call_locate(call, "RD=x");
	/* the profile was replaced while the call is up */
	call->form = 3;
	assert_int_equal(e911_branch_form(call), E911_CONVEY_NONE);
	assert_false(e911_branch_lesser(call));
	assert_int_equal(call->form, 3);
}

/* ----- transport ----- */

static void asks_of_the_uri_which_transport(void **state)
{
	static const struct
	{
		const char *uri;
		int tls, udp;
	} rows[] = {
			{"sip:a", 0, 1},
			{"sip:a;transport=udp", 0, 1},
			{"sip:a;transport=tcp", 0, 0},
			{"sip:a;transport=tls", 1, 0},
			{"sips:a", 1, 0},
			{"sips:a;transport=tcp", 1, 0},
			{"nonsense", 0, 0},
	};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		call_to(call, rows[i].uri);
		if(e911_branch_is_tls(call) != rows[i].tls
				|| e911_branch_is_udp(call) != rows[i].udp)
			fail_msg("%s", rows[i].uri);
	}
}

static void a_large_one_goes_by_tcp_where_the_row_says_so(void **state)
{
	int bare;

	(void)state;
	msg.len = 600;
	bare = e911_branch_size(&msg, call);
	assert_int_equal(bare, 600 + HEADERS_ROOM);
	assert_int_equal(e911_branch_carriage(&msg, call), E911_AS_WRITTEN);
	call->ladder[0].large_tcp = 1;
	assert_int_equal(e911_branch_carriage(&msg, call), E911_AS_WRITTEN);
	call_locate(call, "RD=x");
	assert_int_equal(e911_branch_size(&msg, call),
			bare + PIDF_ROOM + call->location.len);
	assert_int_equal(e911_branch_carriage(&msg, call), E911_BY_TCP);
	call->ladder[0].large_tcp = 0;
	assert_int_equal(e911_branch_carriage(&msg, call), E911_AS_WRITTEN);
	/* blocks of additional data */
	call_profile(call, "data=provider,subscriber");
	assert_int_equal(e911_branch_size(&msg, call),
			bare + PIDF_ROOM + call->location.len + 2 * DATA_ROOM);
	/* a reference adds nothing to the body, but a line for each block */
	call_keep(call, "0123", &call->reference);
	call_profile(call, "convey=reference;data=provider");
	assert_int_equal(e911_branch_size(&msg, call), bare + DATA_LINE_ROOM);
	call_profile(call, "convey=reference");
	assert_int_equal(e911_branch_size(&msg, call), bare);
}

/* ----- aim ----- */

static void assert_aim(const char *want_ruri, const char *want_hop)
{
	*ruri = *hop = '\0';
	ruri_is_new = 0;
	assert_int_equal(e911_branch_aim(&msg, call), 0);
	assert_string_equal(ruri, want_ruri);
	assert_string_equal(hop, want_hop);
	assert_int_equal(cleared, 3);
	assert_int_equal(ruri_is_new, 1);
}

static void the_request_uri_is_as_the_profile_has_it(void **state)
{
	(void)state;
	call_to(call, "sip:psap@192.0.2.10:5070;transport=tcp");
	assert_aim("sip:911@192.0.2.10:5070",
			"sip:psap@192.0.2.10:5070;transport=tcp");
	call_profile(call, "ruri=urn");
	assert_aim("urn:service:sos", "sip:psap@192.0.2.10:5070;transport=tcp");
	call_profile(call, "ruri=destination");
	assert_aim("sip:psap@192.0.2.10:5070;transport=tcp",
			"sip:psap@192.0.2.10:5070;transport=tcp");
	call_profile(call, "prefix=+1;user_phone=yes");
	assert_aim("sip:+1911@192.0.2.10:5070;user=phone",
			"sip:psap@192.0.2.10:5070;transport=tcp");
	call_to(call, "sips:[2001:db8::1]");
	assert_aim("sips:+1911@[2001:db8::1];user=phone", "sips:[2001:db8::1]");
	call_keep(call, "*9#?1", &call->number);
	call_profile(call, "ruri=number");
	assert_aim("sips:*9%23%3F1@[2001:db8::1]", "sips:[2001:db8::1]");
	call_keep(call, "sip:proxy.example.com;lr", &call->ladder[0].outbound);
	assert_aim("sips:*9%23%3F1@[2001:db8::1]", "sip:proxy.example.com;lr");
}

static void another_transport_is_of_the_same_host(void **state)
{
	(void)state;
	call_to(call, "sip:192.0.2.10:5070;transport=udp");
	call->carriage = E911_BY_TCP;
	assert_aim("sip:911@192.0.2.10:5070", "sip:192.0.2.10:5070;transport=tcp");
	/* RFC 5630 section 3.1.3: no SIPS URI without TLS */
	call_to(call, "sips:192.0.2.10:5061");
	call->carriage = E911_WITHOUT_TLS;
	call->ladder[0].plain_proto = PROTO_TCP;
	call->ladder[0].plain_port = 5060;
	assert_aim("sip:911@192.0.2.10:5061", "sip:192.0.2.10:5060;transport=tcp");
	call->ladder[0].plain_proto = PROTO_UDP;
	call->ladder[0].plain_port = 5080;
	assert_aim("sip:911@192.0.2.10:5061", "sip:192.0.2.10:5080;transport=udp");
}

static void the_socket_is_found_by_address_or_name(void **state)
{
	(void)state;
	msg.force_send_socket = &by_name;
	e911_branch_aim(&msg, call);
	assert_null(msg.force_send_socket);
	call_keep(call, "udp:192.0.2.1:5060", &call->ladder[0].socket);
	e911_branch_aim(&msg, call);
	assert_ptr_equal(msg.force_send_socket, &by_address);
	call_keep(call, "inside", &call->ladder[0].socket);
	e911_branch_aim(&msg, call);
	assert_ptr_equal(msg.force_send_socket, &by_name);
	/* it is one of another transport then */
	call->carriage = E911_BY_TCP;
	e911_branch_aim(&msg, call);
	assert_null(msg.force_send_socket);
}

static void what_cannot_be_aimed_at_is_refused(void **state)
{
	static const char *const uris[] = {
			"nonsense", "sip:", "tel:+1512", "sip:@"};
	char long_uri[700] = "sip:192.0.2.10";
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(uris); i++) {
		call_to(call, uris[i]);
		cleared = 0;
		if(e911_branch_aim(&msg, call) != E911_ERR_SYNTAX)
			fail_msg("%s", uris[i]);
		assert_int_equal(cleared, 0);
	}
	memset(long_uri + 4, 'x', sizeof(long_uri) - 5);
	call_to(call, long_uri);
	assert_int_equal(e911_branch_aim(&msg, call), E911_ERR_SPACE);
	call_to(call, "sip:192.0.2.10");
	fails = 3;
	assert_int_equal(e911_branch_aim(&msg, call), E911_ERR_MEM);
}

static void without_memory_the_uri_or_the_hop_will_do(void **state)
{
	(void)state;
	call_to(call, "sip:192.0.2.10;transport=tls");
	fails = 1;
	assert_aim("", "sip:192.0.2.10;transport=tls");
	/* over another transport it would not be the place that was meant */
	fails = 2;
	assert_aim("sip:192.0.2.10;transport=tls", "");
	call_to(call, "sip:192.0.2.10:5070");
	assert_aim("sip:911@192.0.2.10:5070", "");
	call_to(call, "sips:192.0.2.10");
	assert_aim("sips:911@192.0.2.10", "");
	call_profile(call, "ruri=urn");
	assert_aim("sips:192.0.2.10", "");
	call_keep(call, "sip:192.0.2.99", &call->ladder[0].outbound);
	assert_int_equal(e911_branch_aim(&msg, call), E911_ERR_MEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(the_profile_is_the_variant_for_the_location),
			TEST(an_outside_caller_is_not_where_the_agent_is),
			TEST(names_are_of_the_call_and_its_location),
			TEST(the_best_form_goes_that_the_call_can_have),
			TEST(who_is_not_proven_has_no_elin),
			TEST(an_outside_caller_has_but_the_sites_place),
			TEST(a_form_past_the_end_is_the_last),
			TEST(asks_of_the_uri_which_transport),
			TEST(a_large_one_goes_by_tcp_where_the_row_says_so),
			TEST(the_request_uri_is_as_the_profile_has_it),
			TEST(another_transport_is_of_the_same_host),
			TEST(the_socket_is_found_by_address_or_name),
			TEST(without_memory_the_uri_or_the_hop_will_do),
			TEST(what_cannot_be_aimed_at_is_refused),
	};

	return cmocka_run_group_tests_name("branch", tests, NULL, NULL);
}
