/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field network row strbuf err site steps aor
 */
#include <stdio.h>
#include <stdlib.h>
#include "ksr_stub.h"
#include "tight.h"

#include "../../modules/e911/drill.c"

static int uptime;

/* ----- stand-ins ----- */

static e911_settings_t set;
static int counted_ok, counted_failed;
struct cfg_group_e911 default_e911_cfg;
void *e911_cfg = &default_e911_cfg;

const e911_settings_t *e911_settings(void)
{
	return &set;
}

void e911_stats_count(int stat)
{
	counted_ok += stat == E911_STAT_DRILL_OK;
	counted_failed += stat == E911_STAT_DRILL_FAILED;
}

uint32_t e911_now(void)
{
	return (uint32_t)(uptime + 1);
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline && (int32_t)(now - deadline) >= 0;
}

static const char *plan[] = {"+911", "933", "911", "999", NULL};

int e911_plan_nth(const e911_plan_t *p, int n, str *dialled)
{
	int i;

	for(i = 0; plan[i] && i < n; i++)
		;
	if(plan[i] == NULL)
		return E911_ERR_NONE;
	dialled->s = (char *)plan[i];
	dialled->len = (int)strlen(plan[i]);
	return E911_OK;
}

/* the dry run: destinations, the first of them so healthy */
static int dry_runs, dry_err, destinations, health, found, fresh, direct;
static char dry_aor[64];

int e911_dryrun_at(uint32_t site, const str *aor, const str *number,
		e911_dryrun_f take, void *arg)
{
	static e911_call_t call;
	str invite = str_init("INVITE");

	assert_non_null(e911_sites_with(set.sites, site));
	snprintf(dry_aor, sizeof(dry_aor), "%.*s", aor->len, aor->s);
	if(number->len == 3 && memcmp(number->s, "999", 3) == 0)
		return E911_ERR_NONE;
	dry_runs++;
	memset(&call, 0, sizeof(call));
	call.found = found;
	call.location.freshness = fresh ? E911_FRESH : E911_EXPIRED;
	memcpy(call.pool, "sip:a", 5);
	for(call.step = 0; call.step < destinations; call.step++) {
		call.ladder[call.step].health = (unsigned char)health;
		call.ladder[call.step].uri = (e911_slice_t){0, 5};
		take(&call, &invite, arg);
	}
	return dry_err;
}

int e911_review(const e911_call_t *call, int size, e911_strbuf_t *warnings)
{
	assert_true(call->step == 0 && size > 0);
	E911_STRBUF_LIT(warnings, "it is screened");
	return direct;
}

const e911_profile_t *e911_branch_profile(const e911_call_t *call)
{
	static e911_profile_t p = {.name = "value"};

	return &p;
}

static int drained;

int e911_hand_is_idle(void)
{
	return !drained;
}

int e911_hand_drains(const str *uri, const str *profile)
{
	return drained;
}

static e911_ersp_t ersp[PROBES + 2];
static int ersps;

void e911_ersps_each(e911_ersp_f take, void *arg)
{
	int i;

	for(i = 0; i < ersps; i++)
		take(&ersp[i], arg);
}

static e911_uac_f tell;
static unsigned long asked[PROBES * 2];
static int asks, ask_err;

int e911_uac_probe(const str *uri, const str *socket, const str *outbound,
		e911_uac_f f, unsigned long id)
{
	tell = f;
	asked[asks++] = id;
	return ask_err;
}

/* ----- the test's own ----- */

static void add_site(const char *row)
{
	str s = tight_z(row), bad;

	assert_int_equal(e911_sites_add(set.sites, &s, &bad), 0);
	free(s.s);
}

static int up(void **state)
{
	(void)state;
	uptime = counted_ok = counted_failed = dry_runs = dry_err = drained = 0;
	destinations = found = fresh = direct = 1;
	health = E911_ACTIVE;
	ersps = asks = ask_err = was_failed = 0;
	phase = IDLE;
	last_begun = 0;
	default_e911_cfg.drill = 0;
	if(e911_sites_new(&set.sites) || e911_drill_init())
		return -1;
	add_site("name=hq");
	return 0;
}

static int down(void **state)
{
	(void)state;
	e911_drill_destroy();
	e911_sites_free(set.sites);
	return ksr_blocks() != 0;
}

static void pass(int n)
{
	while(n--) {
		uptime++;
		e911_drill_step();
	}
}

static e911_drill_t drill(void)
{
	e911_drill_t d;
	int n = 0;

	assert_int_equal(e911_drill_now(), 0);
	assert_int_equal(e911_drill_now(), E911_ERR_AGAIN);
	while(e911_drill_runs() && n++ < 1000)
		pass(1);
	assert_int_equal(e911_drill_last(&d), 0);
	return d;
}

static e911_drill_fault_t fault(unsigned int n)
{
	e911_drill_fault_t f;

	assert_int_equal(e911_drill_fault(n, &f), 0);
	return f;
}

static void is_off_until_asked_for(void **state)
{
	e911_drill_fault_t f;
	e911_drill_t d;

	(void)state;
	pass(100);
	assert_int_equal(dry_runs, 0);
	assert_int_equal(e911_drill_last(&d), E911_ERR_NONE);
	assert_int_equal(e911_drill_fault(0, &f), E911_ERR_NONE);
	d = drill();
	/* 911, 112, the URN, +911, 933: 911 stands twice, 999 is none here */
	assert_int_equal(dry_runs, 5);
	assert_int_equal(d.checks, 5);
	assert_int_equal(d.failed, 0);
	assert_string_equal(dry_aor, "drill@e911.invalid");
	assert_int_equal(counted_ok, 1);
}

static void comes_at_its_interval(void **state)
{
	(void)state;
	default_e911_cfg.drill = 10;
	pass(1); /* the first one at the start */
	assert_int_equal(counted_ok, 1);
	pass(9);
	assert_int_equal(counted_ok, 1);
	pass(1);
	assert_int_equal(counted_ok, 2);
	default_e911_cfg.drill = 0;
	pass(100);
	assert_int_equal(counted_ok, 2);
}

static void knows_what_is_wrong(void **state)
{
	(void)state;
	destinations = 0;
	assert_int_equal(drill().failed, 5);
	assert_string_equal(fault(0).site, "hq");
	assert_string_equal(fault(0).what, "911");
	assert_string_equal(fault(0).why, "no destination");
	assert_int_equal(counted_failed, 1);
	destinations = 2;
	health = E911_INACTIVE;
	drill();
	assert_string_equal(fault(0).why, "no destination is active");
	health = E911_ACTIVE;
	drained = 1;
	drill();
	assert_string_equal(fault(0).why, "no destination is active");
	drained = 0;
	dry_err = E911_ERR_MEM;
	drill();
	assert_string_equal(fault(0).why, e911_err_text(E911_ERR_MEM));
	dry_err = 0;
	/* nobody has named a caller: what is known of him is nothing */
	found = fresh = direct = 0;
	assert_int_equal(drill().failed, 0);
}

static void looks_at_the_caller_that_is_named(void **state)
{
	(void)state;
	add_site("name=lab;domain=lab.test;drill=sample@lab.test");
	assert_int_equal(drill().checks, 10);
	assert_string_equal(dry_aor, "sample@lab.test");
	direct = 0;
	assert_int_equal(drill().failed, 5); /* of lab alone */
	assert_string_equal(fault(0).site, "lab");
	assert_string_equal(fault(0).why, "it is screened");
	fresh = 0;
	drill();
	assert_non_null(strstr(fault(0).why, "not fresh"));
	found = 0;
	drill();
	assert_non_null(strstr(fault(0).why, "no location"));
}

static void many_sites_take_their_time(void **state)
{
	char row[40];
	int i;

	(void)state;
	for(i = 0; i < 100; i++) {
		sprintf(row, "name=s%d;prefix=%d", i, i);
		add_site(row);
	}
	e911_drill_now();
	pass(1);
	assert_in_range(dry_runs, 1, SLICE);
	destinations = 0;
	while(e911_drill_runs())
		pass(1);
	assert_int_equal(dry_runs, 505);
	assert_int_equal(table->last.drill.faults, E911_DRILL_FAULTS_MAX);
	assert_true(table->last.drill.failed > E911_DRILL_FAULTS_MAX);
}

static void have_ersp(const char *uri, int how, int by_hand)
{
	ersp[ersps].uri.s = (char *)uri;
	ersp[ersps].uri.len = (int)strlen(uri);
	ersp[ersps].health = how;
	ersp[ersps++].drained = by_hand;
}

static void asks_each_ersp_once(void **state)
{
	e911_drill_t d;

	(void)state;
	have_ersp("sip:a", E911_ACTIVE, 0);
	have_ersp("sip:b", E911_INACTIVE, 0);
	have_ersp("sip:a", E911_ACTIVE, 0); /* in another set */
	have_ersp("sip:c", E911_DISABLED, 0);
	have_ersp("sip:d", E911_ACTIVE, 1);
	e911_drill_now();
	pass(2);
	assert_int_equal(asks, 2);
	assert_true(e911_drill_runs()); /* it waits for them */
	tell(asked[0], 404);
	tell(asked[1], 503);
	pass(1);
	assert_false(e911_drill_runs());
	e911_drill_last(&d);
	assert_int_equal(d.checks, 7);
	assert_int_equal(d.failed, 1);
	assert_string_equal(fault(0).site, "");
	assert_string_equal(fault(0).what, "sip:b");
	assert_string_equal(fault(0).why, "OPTIONS: 503");
}

static void does_not_wait_for_ever(void **state)
{
	unsigned long late;

	(void)state;
	have_ersp("sip:a", E911_ACTIVE, 0);
	e911_drill_now();
	pass(PATIENCE - 1);
	assert_true(e911_drill_runs());
	pass(3);
	assert_false(e911_drill_runs());
	assert_string_equal(fault(0).why, "OPTIONS: no answer");
	/* what comes too late is not the next one's */
	late = asked[0];
	e911_drill_now();
	pass(1);
	tell(late, 200);
	pass(1);
	assert_true(e911_drill_runs());
	tell(asked[1], 408);
	pass(1);
	assert_string_equal(fault(0).why, "OPTIONS: no answer");
	ask_err = E911_ERR_MEM;
	drill();
	assert_string_equal(fault(0).why, "no OPTIONS can be sent");
}

static int begin_once(void *arg)
{
	int err = e911_drill_init();

	e911_drill_destroy();
	return err;
}

static void memory_may_be_short(void **state)
{
	(void)state;
	ksr_sweep(begin_once, NULL, E911_ERR_MEM);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(is_off_until_asked_for),
			TEST(comes_at_its_interval),
			TEST(knows_what_is_wrong),
			TEST(looks_at_the_caller_that_is_named),
			TEST(many_sites_take_their_time),
			TEST(asks_each_ersp_once),
			TEST(does_not_wait_for_ever),
			cmocka_unit_test(memory_may_be_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
