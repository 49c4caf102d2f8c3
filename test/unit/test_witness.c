/*
 * The events of a call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: events calls profile profiles location field network row strbuf err
 * needs: hash
 * with: call_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/witness.c"
#include "../../modules/e911/err.h"
#include "call_stub.h"
#include "ksr_stub.h"

static e911_call_t *call;
static char heard[1024];
static e911_event_t last;
static int dressed_as;

const e911_profile_t *e911_branch_profile_at(const e911_call_t *c, int step)
{
	return e911_profiles_nth(call_settings.profiles, 0);
}

int e911_branch_form(const e911_call_t *c)
{
	return E911_CONVEY_TOKEN;
}

const e911_location_t *e911_branch_location(const e911_call_t *c)
{
	return c->located ? &c->location : NULL;
}

int e911_dress_last(const e911_call_t *c, int branch, str *document)
{
	if(dressed_as >= 0)
		*document = (str)str_init("<presence/>");
	return dressed_as;
}

const char *e911_proof_name(int proof)
{
	return "digest";
}

static void hear(const e911_event_t *e)
{
	size_t n = strlen(heard);

	snprintf(heard + n, sizeof(heard) - n, "%s%s", n ? " " : "",
			e911_event_name(e->kind));
	last = *e;
}

static int up(void **state)
{
	call = call_new();
	call->steps = 2;
	call_keep(call, "sip:192.0.2.11", &call->ladder[1].uri);
	call_locate(call, "country=US;RD=Congress");
	call->branch = 0;
	heard[0] = '\0';
	dressed_as = E911_CONVEY_VALUE;
	return 0;
}

static int watched(void **state)
{
	if(!e911_events_watched())
		e911_events_watch(hear);
	return up(state);
}

static int down(void **state)
{
	return call_end();
}

static int is(const str *s, const char *z)
{
	return s->len == (int)strlen(z) && memcmp(s->s, z, strlen(z)) == 0;
}

static void does_nothing_where_nobody_watches(void **state)
{
	static e911_entry_t entry;

	assert_false(e911_events_watched());
	e911_witness_begin(call);
	e911_witness_tell(call, E911_EV_SENT, -1, 0);
	e911_witness_refused(call);
	e911_witness_entry(&entry, E911_EV_ENDED, NULL, "bye");
	assert_true(call->told.placed_ms == 0 && call->told.kinds == 0);
	assert_int_equal(call->told.sent, 0);
	assert_string_equal(heard, "");
}

static void a_call_begins_by_being_placed(void **state)
{
	e911_witness_begin(call);
	assert_true(call->told.placed_ms > 0);
	assert_string_equal(heard, "");
	e911_witness_aim(call, 0);
	e911_witness_tell(call, E911_EV_SENT, 0, 0);
	e911_witness_tell(call, E911_EV_SENT, 0, 0);
	e911_witness_tell(call, E911_EV_RINGING, 0, 180);
	e911_witness_tell(call, E911_EV_ANSWERED, 0, 200);
	e911_witness_tell(call, E911_EV_ANSWERED, 0, 200);
	assert_string_equal(heard, "placed sent ringing answered");
	assert_true(last.call == e911_hash(last.callid.s, (size_t)last.callid.len));
}

static void a_destination_is_told_with_what_it_got(void **state)
{
	e911_witness_aim(call, 0);
	e911_witness_tell(call, E911_EV_SENT, 0, 0);
	assert_true(is(&last.destination, "sip:192.0.2.10:5060"));
	assert_true(is(&last.document, "<presence/>"));
	assert_true(is(&last.conveyance, "value"));
	assert_true(is(&last.profile, "value"));
	assert_true(is(&last.callid, "a84b4c76e66710@pc33"));
	assert_true(is(&last.aor, "alice@example.com"));
	assert_true(is(&last.freshness, "fresh"));
	assert_true(is(&last.found, "default"));
	assert_true(is(&last.proof, "digest"));
	assert_ptr_equal(last.location, &call->location);
	assert_true(last.at_ms > 0 && last.step == 0 && last.steps == 2);
	/* where it was dressed by nobody, what it should have been */
	dressed_as = -1;
	call->branch = 1;
	e911_witness_tell(call, E911_EV_SENT, 1, 0);
	assert_true(is(&last.conveyance, "token"));
	assert_int_equal(last.document.len, 0);
}

static void an_answer_is_of_the_destination_that_gave_it(void **state)
{
	e911_witness_aim(call, 0);
	e911_witness_tell(call, E911_EV_SENT, 0, 0);
	e911_witness_tell(call, E911_EV_FAILED, -1, 408);
	assert_int_equal(last.code, 408);
	call->branch = call->step = 1;
	e911_witness_aim(call, 1);
	e911_witness_tell(call, E911_EV_SENT, 1, 0);
	e911_witness_tell(call, E911_EV_ANSWERED, 0, 200);
	assert_true(is(&last.destination, "sip:192.0.2.10:5060"));
	assert_int_equal(last.step, 0);
	e911_witness_tell(call, E911_EV_ANSWERED, 1, 200);
	assert_true(is(&last.destination, "sip:192.0.2.11"));
	assert_string_equal(heard, "placed sent failed sent answered answered");
}

/* by another process, before this one was done with sending */
static void a_refusal_may_be_faster_than_what_it_refuses(void **state)
{
	e911_witness_begin(call);
	call->step = 0;
	e911_witness_aim(call, 0);
	e911_witness_tell(call, E911_EV_FAILED, 0, 503);
	call->step = 1;
	call->branch = 1;
	e911_witness_aim(call, 1);
	call->told.aimed_ms[0] = 1000;
	e911_witness_tell(call, E911_EV_SENT, 0, 0);
	assert_string_equal(heard, "placed failed sent");
	assert_true(last.at_ms == 1000);
	assert_int_equal(last.step, 0);
	assert_true(is(&last.profile, "value"));
	assert_true(is(&last.document, "<presence/>"));
	/* one that the script has added is nobody's try */
	e911_witness_tell(call, E911_EV_SENT, 2, 0);
	assert_string_equal(heard, "placed failed sent");
}

static void what_cannot_be_sent_has_failed(void **state)
{
	e911_witness_refused(call);
	assert_string_equal(heard, "placed failed");
	assert_int_equal(last.code, 0);
	assert_true(is(&last.detail, "not sent"));
}

static void a_call_has_one_end(void **state)
{
	e911_witness_tell(call, E911_EV_FAILED, -1, 503);
	e911_witness_tell(call, E911_EV_NOBODY, -1, 0);
	e911_witness_tell(call, E911_EV_ENDED, -1, 503);
	assert_string_equal(heard, "placed failed nobody");
	heard[0] = '\0';
	call->told.kinds = call->told.failed = 0;
	e911_witness_tell(call, E911_EV_CANCELLED, -1, 0);
	e911_witness_tell(call, E911_EV_CANCELLED, -1, 0);
	e911_witness_tell(call, E911_EV_ENDED, -1, 487);
	assert_string_equal(heard, "placed cancelled");
	/* the script has no failure route */
	heard[0] = '\0';
	call->told.kinds = 0;
	e911_witness_tell(call, E911_EV_ENDED, 0, 486);
	assert_string_equal(heard, "placed failed ended");
	assert_int_equal(last.code, 486);
}

static void one_that_is_found_anew_was_placed_before(void **state)
{
	e911_witness_resume(call);
	e911_witness_tell(call, E911_EV_FAILED, -1, 500);
	assert_string_equal(heard, "failed");
}

static void whose_location_it_is(void **state)
{
	e911_witness_tell(call, E911_EV_RINGING, 0, 180);
	assert_true(is(&last.found, "default"));
	call->found = E911_FOUND_AOR;
	e911_witness_tell(call, E911_EV_RINGING, 0, 180);
	assert_true(is(&last.found, "aor"));
	call->found = E911_FOUND_NONE;
	call->located = 0;
	e911_witness_tell(call, E911_EV_RINGING, 0, 180);
	assert_true(is(&last.found, "none"));
	assert_null(last.location);
	call->withheld = 1;
	e911_witness_tell(call, E911_EV_RINGING, 0, 180);
	assert_true(is(&last.found, "withheld"));
}

static void of_an_entry_what_it_has_is_told(void **state)
{
	static e911_entry_t entry;
	str number = str_init("+15125550100");

	strcpy(entry.callid, "a@x");
	strcpy(entry.contact, "sip:a@192.0.2.1");
	strcpy(entry.elin, "+15125550190");
	entry.test = 1;
	e911_witness_entry(&entry, E911_EV_CALLBACK, &number, "the device");
	assert_string_equal(heard, "callback");
	assert_true(is(&last.callid, "a@x"));
	assert_true(is(&last.contact, "sip:a@192.0.2.1"));
	assert_true(is(&last.elin, "+15125550190"));
	assert_true(is(&last.number, "+15125550100"));
	assert_true(is(&last.detail, "the device"));
	assert_int_equal(last.test, 1);
	assert_null(last.location);
	strcpy(entry.device, "urn:uuid:1");
	e911_witness_lost(&entry);
	assert_true(is(&last.contact, "urn:uuid:1"));
	assert_int_equal(last.kind, E911_EV_ENDED);
	assert_true(is(&last.detail, "not seen"));
}

static void nobody_watches_beyond_the_most(void **state)
{
	while(e911_events_watched() < 4)
		assert_int_equal(e911_events_watch(hear), 0);
	assert_int_equal(e911_events_watch(hear), E911_ERR_FULL);
	assert_string_equal(e911_event_name(E911_EV_NOTICE), "notice");
	assert_string_equal(e911_event_name(E911_EV_KINDS), "");
	assert_string_equal(e911_event_name(-1), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, watched, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(
					does_nothing_where_nobody_watches, up, down),
			TEST(a_call_begins_by_being_placed),
			TEST(a_destination_is_told_with_what_it_got),
			TEST(an_answer_is_of_the_destination_that_gave_it),
			TEST(a_refusal_may_be_faster_than_what_it_refuses),
			TEST(what_cannot_be_sent_has_failed),
			TEST(a_call_has_one_end),
			TEST(one_that_is_found_anew_was_placed_before),
			TEST(whose_location_it_is),
			TEST(of_an_entry_what_it_has_is_told),
			TEST(nobody_watches_beyond_the_most),
	};

	return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
