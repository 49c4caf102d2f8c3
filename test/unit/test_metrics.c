/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location field network row strbuf err site steps aor tally
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/metrics.c"
#include "ksr_stub.h"
#include "tight.h"

/* ----- what is told, all of it made up ----- */

static e911_settings_t set;
static e911_event_f sink;
static int sites = 2;

const e911_settings_t *e911_settings(void)
{
	return &set;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	const e911_site_t *site = e911_sites_with(set.sites, id);

	return site ? site : e911_sites_nth(set.sites, 0);
}

int e911_events_watch(e911_event_f f)
{
	sink = f;
	return E911_OK;
}

int e911_census_nth(int n, e911_census_t *row)
{
	const e911_site_t *site = e911_sites_nth(set.sites, n);

	if(n >= sites || site == NULL)
		return E911_ERR_NONE;
	memset(row, 0, sizeof(*row));
	row->site = site->id;
	row->contacts = 10;
	row->located = 7;
	row->gated = 3;
	row->locations[E911_VALID][E911_SUSPECT] = 5;
	return E911_OK;
}

int e911_stats_nth(
		int n, const char **name, const char **text, unsigned long *value)
{
	*name = n ? "pending" : "calls";
	*text = n ? "what waits" : "emergency calls";
	*value = 42;
	return n < 2;
}

int e911_stats_is_gauge(int n)
{
	return n == 1;
}

void e911_ersps_each(e911_ersp_f take, void *arg)
{
	const e911_ersp_t e = {.set = 9,
			.uri = str_init("sip:a\"b\\"),
			.health = E911_INACTIVE,
			.drained = 1,
			.profile = "value"};

	take(&e, arg);
}

int e911_breaker_nth(int n, e911_breaker_t *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->name, "lvf");
	b->state = E911_BREAKER_OPEN;
	return n ? E911_ERR_NONE : E911_OK;
}

void e911_jobs_count(e911_jobs_count_t *count)
{
	memset(count, 0, sizeof(*count));
	count->waiting[E911_ORDINARY] = 6;
	count->oldest_ms = 1250;
}

e911_queue_t *e911_clerk_news(void)
{
	return NULL;
}

unsigned int e911_queue_length(e911_queue_t *queue)
{
	return 4;
}

static int access_err, access_who, access_role, throttled, throttles;

int e911_access_read(const str *token, e911_access_t *access)
{
	assert_int_equal(token->len, 3);
	assert_memory_equal(token->s, "abc", 3);
	access->who = access_who;
	access->role = access_role;
	return access_err;
}

int e911_throttle(const e911_network_t *source, int kind, int *retry_s)
{
	throttles++;
	assert_int_equal(kind, E911_THROTTLE_REFUSALS);
	return throttled;
}

void e911_notices_count(e911_notices_count_t *count)
{
	*count = (e911_notices_count_t){
			.firsts = 4, .first_ms = 2500, .first_max_ms = 900};
}

int e911_notices_nth(int n, e911_notices_of_t *of)
{
	*of = (e911_notices_of_t){
			.name = "desk", .waiting = 2, .flying = 1, .sent = 9, .failed = 3};
	return n ? E911_ERR_NONE : E911_OK;
}

static int drilled;

int e911_drill_last(e911_drill_t *drill)
{
	*drill = (e911_drill_t){.ended = 1500000000, .checks = 9, .failed = 2};
	return drilled ? E911_OK : E911_ERR_NONE;
}

/* ----- the test's own ----- */

static char *mem;

static void add_site(const char *row)
{
	str s = tight_z(row), bad;

	assert_int_equal(e911_sites_add(set.sites, &s, &bad), 0);
	free(s.s);
}

static int up(void **state)
{
	(void)state;
	mem = malloc(E911_METRICS_MAX);
	sites = 2;
	if(e911_sites_new(&set.sites) || e911_tally_init())
		return -1;
	add_site("name=hq");
	add_site("name=lab;domain=lab.test");
	return 0;
}

static int down(void **state)
{
	(void)state;
	free(mem);
	e911_tally_destroy();
	e911_sites_free(set.sites);
	return ksr_blocks() != 0;
}

static const char *written(size_t max)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, max);
	e911_metrics_write(&b);
	assert_int_equal(b.err, 0);
	assert_true(b.len < max);
	mem[b.len] = '\0';
	assert_true(b.len > 6 && strcmp(mem + b.len - 6, "# EOF\n") == 0);
	return mem;
}

static void assert_says(const char *line)
{
	if(!strstr(written(E911_METRICS_MAX), line))
		fail_msg("not there: %s\n%s", line, mem);
}

static void writes_the_counters(void **state)
{
	(void)state;
	assert_says("# TYPE e911_calls counter\n"
				"# HELP e911_calls emergency calls\n"
				"e911_calls_total 42\n");
	assert_says("# TYPE e911_pending gauge\n# HELP e911_pending what waits\n"
				"e911_pending 42\n");
}

static void writes_of_each_site(void **state)
{
	(void)state;
	assert_says("e911_site_contacts{site=\"hq\"} 10\n"
				"e911_site_contacts{site=\"lab\"} 10\n");
	assert_says("\ne911_site_located{site=\"lab\"} 7\n");
	assert_says("\ne911_site_gated{site=\"lab\"} 3\n");
	assert_says("\ne911_site_locations{site=\"lab\",verdict=\"valid\","
				"freshness=\"suspect\"} 5\n");
}

static void writes_of_each_ersp(void **state)
{
	(void)state;
	assert_says("\ne911_ersp_up{destination=\"sip:a\\\"b\\\\\",set=\"9\","
				"profile=\"value\"} 0\n");
	assert_says("\ne911_ersp_drained{destination=\"sip:a\\\"b\\\\\",set=\"9\","
				"profile=\"value\"} 1\n");
}

static void writes_calls_by_what_became_of_them(void **state)
{
	const e911_site_t *lab = e911_sites_nth(set.sites, 1);
	e911_event_t e = {.kind = E911_EV_NOBODY, .site = lab->id};

	(void)state;
	sink(&e);
	e = (e911_event_t){.kind = E911_EV_FAILED,
			.code = 503,
			.site = lab->id,
			.at_ms = 1500000000123,
			.test = 1,
			.destination = str_init("sip:a")};
	sink(&e);
	assert_says("\ne911_site_calls_total{site=\"lab\",kind=\"emergency\","
				"outcome=\"failed\"} 1\n");
	assert_says("\ne911_ersp_calls_total{destination=\"sip:a\",kind=\"test\","
				"outcome=\"failed\"} 1\n");
	assert_says("\ne911_ersp_answered_timestamp_seconds{destination=\"sip:a\"} "
				"1500000000.123\n");
	assert_says("\ne911_ersp_answer_code{destination=\"sip:a\"} 503\n");
}

static void a_site_that_is_no_more_is_not_anothers(void **state)
{
	e911_event_t e = {.kind = E911_EV_PLACED, .site = 1};

	(void)state;
	sink(&e);
	assert_null(strstr(written(E911_METRICS_MAX), "e911_site_calls_total{"));
}

static void writes_validators_and_queues(void **state)
{
	(void)state;
	e911_tally_time("lvf", 30, 1);
	e911_tally_time("lvf", 1000, 0);
	assert_says("\ne911_validator_seconds_count{validator=\"lvf\"} 2\n"
				"e911_validator_seconds_sum{validator=\"lvf\"} 1.030\n");
	assert_says("\ne911_validator_slowest_seconds{validator=\"lvf\"} 1.000\n");
	assert_says("\ne911_validator_failures_total{validator=\"lvf\"} 1\n");
	assert_says("\ne911_validator_resting{validator=\"lvf\"} 1\n");
	assert_says("\ne911_queue_length{queue=\"jobs_ordinary\"} 6\n");
	assert_says("\ne911_queue_length{queue=\"news\"} 4\n");
	assert_says("\ne911_jobs_oldest_seconds 1.250\n");
}

/* whatever the room is, what is there is whole, and it is said what is not */
static void leaves_out_whole_families(void **state)
{
	size_t whole = strlen(written(E911_METRICS_MAX)), max;
	const char *text, *line;
	int cut, seen = 0;

	(void)state;
	assert_non_null(strstr(mem, "e911_metrics_cut 0\n"));
	for(max = 600; max < whole + 300; max += 97) {
		text = written(max);
		line = strstr(text, "\ne911_metrics_cut ");
		assert_non_null(line);
		cut = atoi(line + 18);
		seen |= cut > 0;
		if(strstr(text, "# TYPE e911_site_locations"))
			assert_non_null(strstr(text, "{site=\"lab\",verdict=\"unusable\","
										 "freshness=\"expired\"}"));
	}
	assert_true(seen);
}

static void writes_of_notices(void **state)
{
	(void)state;
	assert_says("\ne911_recipient_notices_total{recipient=\"desk\","
				"outcome=\"failed\"} 3\n");
	assert_says("\ne911_recipient_waiting{recipient=\"desk\"} 3\n");
	assert_says("\ne911_notice_delay_seconds_count 4\n"
				"e911_notice_delay_seconds_sum 2.500\n");
	assert_says("\ne911_notice_slowest_seconds 0.900\n");
}

static void writes_of_the_drill(void **state)
{
	(void)state;
	drilled = 0;
	assert_null(strstr(written(E911_METRICS_MAX), "\ne911_drill_checks{"));
	drilled = 1;
	assert_says("\ne911_drill_checks{result=\"well\"} 7\n"
				"e911_drill_checks{result=\"failed\"} 2\n");
	assert_says("\ne911_drill_timestamp_seconds 1500000000\n");
}

static int is_path(const char *z)
{
	str s = tight_z(z);
	int is = e911_metrics_has(&s);

	free(s.s);
	return is;
}

static void has_a_path(void **state)
{
	str where = str_init("/e911/metrics"), bad = str_init("e911");
	str from = str_init("127.0.0.1"), none = str_init("");

	(void)state;
	assert_int_equal(e911_metrics_init(&bad, &from), E911_ERR_VALUE);
	assert_int_equal(e911_metrics_init(&where, &bad), E911_ERR_VALUE);
	assert_int_equal(e911_metrics_init(&where, &none), 0);
	assert_true(is_path("/e911/metrics"));
	assert_true(is_path("/e911/metrics?x=y"));
	assert_false(is_path("/e911/metricsx"));
	assert_false(is_path("/e911/metric"));
	assert_false(is_path(""));
}

static int may(const char *from, const char *header)
{
	str s = tight_z(from), h = tight_z(header);
	e911_network_t network;
	int err;

	e911_network_read(&network, &s);
	err = e911_metrics_may(&network, &h);
	free(s.s);
	free(h.s);
	return err;
}

static void is_for_those_named_and_for_operators(void **state)
{
	str where = str_init("/e911/metrics"), from = str_init("192.0.2.0/24");

	(void)state;
	access_err = throttles = 0;
	access_who = E911_OPERATOR;
	access_role = E911_ROLE_READ;
	throttled = 0;
	assert_int_equal(e911_metrics_init(&where, &from), 0);
	assert_int_equal(may("192.0.2.9", ""), 0);
	assert_int_equal(may("198.51.100.1", "Bearer abc"), 0);
	assert_int_equal(may("198.51.100.1", "bearer  abc "), 0);
	assert_int_equal(throttles, 0);
	assert_int_equal(may("198.51.100.1", ""), E911_ERR_NONE);
	assert_int_equal(may("198.51.100.1", "Basic abc"), E911_ERR_NONE);
	assert_int_equal(throttles, 2);
	access_who = E911_AGENT;
	assert_int_equal(may("198.51.100.1", "Bearer abc"), E911_ERR_MISSING);
	access_who = E911_OPERATOR;
	access_role = E911_ROLE_NONE;
	assert_int_equal(may("198.51.100.1", "Bearer abc"), E911_ERR_MISSING);
	access_err = E911_ERR_VALUE;
	assert_int_equal(may("198.51.100.1", "Bearer abc"), E911_ERR_NONE);
	throttled = E911_ERR_FULL;
	assert_int_equal(may("198.51.100.1", "Bearer abc"), E911_ERR_FULL);
	assert_int_equal(may("192.0.2.9", "Bearer abc"), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(writes_the_counters),
			TEST(writes_of_each_site),
			TEST(writes_of_each_ersp),
			TEST(writes_calls_by_what_became_of_them),
			TEST(a_site_that_is_no_more_is_not_anothers),
			TEST(writes_validators_and_queues),
			TEST(writes_of_notices),
			TEST(writes_of_the_drill),
			TEST(leaves_out_whole_families),
			TEST(has_a_path),
			TEST(is_for_those_named_and_for_operators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
