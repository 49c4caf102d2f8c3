/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: calls profile profiles location field network row strbuf err
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/review.c"
#include "../../modules/e911/row.h"
#include "call_stub.h"
#include "ksr_stub.h"
#include "tight.h"

/* ----- the branch, as told ----- */

static int form, udp, bound;
static const e911_location_t *place;

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	static const str nowhere = STR_NULL;

	return e911_profiles_with(
			call_settings.profiles, call->ladder[0].profile, &nowhere);
}

const e911_location_t *e911_branch_location(const e911_call_t *call)
{
	(void)call;
	return place;
}

int e911_branch_form(const e911_call_t *call)
{
	(void)call;
	return form;
}

int e911_branch_is_udp(const e911_call_t *call)
{
	(void)call;
	return udp;
}

int e911_identity_bound(void)
{
	return bound;
}

static e911_call_t *call;

static int up(void **state)
{
	(void)state;
	call = call_new();
	call_locate(call, "country=US;RD=Congress;LOC=Floor 3;method=Manual");
	place = &call->location;
	form = E911_CONVEY_VALUE;
	udp = bound = 1;
	return 0;
}

static int down(void **state)
{
	(void)state;
	return call_end();
}

static void assert_review(int direct, const char *want)
{
	char *mem = malloc(E911_REVIEW_MAX);
	e911_strbuf_t b;
	int got;

	e911_strbuf_init(&b, mem, E911_REVIEW_MAX);
	got = e911_review(call, 1200, &b);
	assert_int_equal(b.err, 0);
	if(b.len != strlen(want) || memcmp(mem, want, b.len) != 0)
		fail_msg("\"%.*s\", not \"%s\"", (int)b.len, mem, want);
	assert_int_equal(got, direct);
	free(mem);
}

/* ----- what is said ----- */

static void a_good_call_goes_direct_without_a_word(void **state)
{
	(void)state;
	assert_review(1, "");
	place = NULL;
	form = E911_CONVEY_TOKEN;
	call_profile(call, "convey=token;direct=none;needs=civic,valid");
	assert_review(1, "");
}

static void a_call_without_a_place_is_screened(void **state)
{
	(void)state;
	form = E911_CONVEY_NONE;
	assert_review(0, "no location goes");
	place = NULL;
	assert_review(0, "no location goes");
}

static void a_default_location_is_screened(void **state)
{
	(void)state;
	call->location.origin = E911_FROM_SITE;
	assert_review(0, "only the site's default location is known");
}

static void a_provider_may_want_a_validated_address(void **state)
{
	e911_location_t point;

	(void)state;
	call_profile(call, "needs=civic,valid");
	assert_review(0, "the address is not validated");
	call->location.verdict = E911_INVALID;
	assert_review(0, "the address is not validated");
	call->location.verdict = E911_VALID;
	assert_review(1, "");
	call->location.verdict = E911_CORRECTED;
	assert_review(1, "");
	e911_location_init(&point, E911_FROM_RPC, 0);
	call_put(&point, "shape=Point;pos=1 2");
	point.verdict = E911_VALID;
	place = &point;
	assert_review(0, "no civic address, and the provider takes no other");
	call_profile(call, "needs=valid");
	assert_review(1, "");
}

static void a_provider_may_screen_a_method(void **state)
{
	(void)state;
	call_profile(call, "direct=LIS,ASSIST;method=Manual:MANUAL");
	assert_review(0, "the provider screens this method (MANUAL)");
	call_profile(call, "direct=LIS;method=Manual:LIS");
	assert_review(1, "");
	call_profile(call, "direct=none");
	assert_review(0, "the provider screens this method (Manual)");
	/* nobody says how it was found */
	e911_location_init(&call->location, E911_FROM_RPC, 0);
	call_put(&call->location, "RD=x");
	assert_review(0, "the provider screens this method");
	call_profile(call, "direct=all");
	assert_review(1, "");
}

static void an_elin_has_to_be_there(void **state)
{
	(void)state;
	form = E911_CONVEY_ELIN;
	call_profile(call, "convey=elin");
	assert_review(0, "no ELIN and no number of the site");
	call_keep(call, "+15125550999", &call->elin);
	assert_review(1, "");
}

static void a_lesser_form_is_said(void **state)
{
	(void)state;
	call_profile(call, "convey=token,value");
	assert_review(1, "not by the form the profile has first (token)");
	call_profile(call, "convey=value,reference");
	assert_review(1, "");
}

static void what_is_cut_is_named(void **state)
{
	(void)state;
	call_profile(call, "limit=RD:8,LOC:7");
	assert_review(1, "");
	call_profile(call, "limit=RD:7,LOC:6;drop=NAM,country");
	assert_review(1, "fields cut or left out (country,RD,LOC)");
	/* characters, not bytes */
	e911_location_init(&call->location, E911_FROM_RPC, 0);
	call_put(&call->location, "RD=\xc3\x89t\xe2\x82\xac");
	call_profile(call, "limit=RD:3");
	assert_review(1, "");
	call_profile(call, "limit=RD:2");
	assert_review(1, "fields cut or left out (RD)");
	form = E911_CONVEY_ELIN;
	call_profile(call, "convey=elin;limit=RD:2");
	call_keep(call, "1", &call->elin);
	assert_review(1, "");
}

static int review_size(int size)
{
	char mem[E911_REVIEW_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	assert_int_equal(e911_review(call, size, &b), 1);
	return memmem(mem, b.len, "UDP datagram (1301)", 19) != NULL;
}

static void what_is_too_large_for_a_datagram_is_said(void **state)
{
	(void)state;
	assert_false(review_size(1300));
	assert_true(review_size(1301));
	udp = 0;
	assert_false(review_size(1301));
	udp = 1;
	call->carriage = E911_BY_TCP;
	assert_false(review_size(1301));
	/* not known */
	call->carriage = E911_AS_WRITTEN;
	assert_false(review_size(0));
}

static void what_is_missing_here_is_said(void **state)
{
	(void)state;
	call_profile(call, "from=callback;data=provider;assumed=yes");
	bound = 0;
	assert_review(1, "From and To stay: module uac is not loaded; "
					 "no additional data: no parameter provider; "
					 "an assumption: ask the provider");
	bound = 1;
	strcpy(call_settings.provider.name, "Us");
	assert_review(1, "an assumption: ask the provider");
	bound = 0;
	call_profile(call, "to=ruri");
	assert_review(1, "From and To stay: module uac is not loaded");
	call_profile(call, "from=none;pai=callback");
	assert_review(1, "");
}

static void what_has_no_room_ends_the_warnings(void **state)
{
	char *mem;
	e911_strbuf_t b;
	size_t room;

	(void)state;
	call_profile(call, "direct=none;limit=RD:1;assumed=yes");
	for(room = 0; room < 140; room++) {
		mem = malloc(room + 1);
		e911_strbuf_init(&b, mem, room);
		assert_int_equal(e911_review(call, 0, &b), 0);
		assert_true(b.len <= room);
		free(mem);
	}
	assert_int_equal(b.err, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(a_good_call_goes_direct_without_a_word),
			TEST(a_call_without_a_place_is_screened),
			TEST(a_default_location_is_screened),
			TEST(a_provider_may_want_a_validated_address),
			TEST(a_provider_may_screen_a_method),
			TEST(an_elin_has_to_be_there),
			TEST(a_lesser_form_is_said),
			TEST(what_is_cut_is_named),
			TEST(what_is_too_large_for_a_datagram_is_said),
			TEST(what_is_missing_here_is_said),
			TEST(what_has_no_room_ends_the_warnings),
	};

	return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
