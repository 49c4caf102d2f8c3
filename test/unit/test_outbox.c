/*
 * The outbox between a table and a database that are stood in for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: location_json trouble notice events template location field strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "ksr_stub.h"
#include "../../modules/e911/outbox.c"

static char trace[600];
static uint32_t now;
static int has_table, is_up, begins, refuses, unsaved, gone_n, in_table;
static const char *row_facts;
static e911_settings_t settings;
static e911_notice_order_t order;
static char order_to[32], order_id[64];
static int put_says;

static void note(const char *what)
{
	size_t len = strlen(trace);

	snprintf(trace + len, sizeof(trace) - len, "%s ", what);
}

static void assert_trace(const char *want)
{
	assert_string_equal(trace, want);
	trace[0] = '\0';
}

/* ----- stand-ins ----- */

uint32_t e911_now(void)
{
	return now;
}

int e911_passed(uint32_t deadline, uint32_t at)
{
	return deadline && deadline <= at;
}

const e911_settings_t *e911_settings(void)
{
	return &settings;
}

const e911_recipient_t *e911_recipients_named(
		const e911_recipients_t *all, const str *name)
{
	static e911_recipient_t desk = {.name = "desk"};

	return name->len == 4 && memcmp(name->s, "desk", 4) == 0 ? &desk : NULL;
}

uint64_t e911_hash(const char *s, size_t len)
{
	return len;
}

void e911_stats_count(int stat)
{
	note(stat == E911_STAT_STORE_REFUSED ? "counts-refused" : "counts");
}

int e911_store_keeps_notices(void)
{
	return has_table;
}

void e911_store_close(void)
{
	note("close");
}

int e911_store_begin(void)
{
	note("begin");
	return begins ? E911_OK : E911_ERR_DOWN;
}

int e911_store_commit(void)
{
	note("commit");
	return is_up ? E911_OK : E911_ERR_DOWN;
}

void e911_store_rollback(void)
{
	note("rollback");
}

int e911_store_notice(const e911_due_t *d)
{
	char what[80];

	snprintf(what, sizeof(what), "write-%.4s", d->id);
	note(what);
	if(!is_up)
		return E911_ERR_DOWN;
	return refuses && d->id[0] != 'x' ? E911_ERR_DOWN : E911_OK;
}

int e911_store_drop_notice(const char *id)
{
	note("drop");
	return is_up ? E911_OK : E911_ERR_DOWN;
}

int e911_store_notices(uint64_t after, int most, e911_store_notice_f take)
{
	static e911_due_t d;

	if(!is_up)
		return E911_ERR_DOWN;
	memset(&d, 0, sizeof(d));
	strcpy(d.id, "id-1");
	strcpy(d.recipient, after ? "gone" : "desk");
	d.facts.s = (char *)row_facts;
	d.facts.len = (int)strlen(row_facts);
	d.at_ms = 7;
	if(after < 2)
		take(&d, E911_OK, after + 1);
	else
		take(&d, E911_ERR_LONG, after + 1);
	return after < 2 ? PAGE : 1;
}

int e911_notices_put(const e911_notice_order_t *o)
{
	order = *o;
	strcpy(order_to, o->to->name);
	strcpy(order_id, o->id);
	note("put");
	return put_says;
}

void e911_notices_alone(void)
{
	note("alone");
}

int e911_notices_to_write(void)
{
	return unsaved || gone_n;
}

int e911_notices_unsaved(e911_due_t *d)
{
	if(unsaved == 0)
		return E911_ERR_NONE;
	memset(d, 0, offsetof(e911_due_t, mem));
	snprintf(d->id, sizeof(d->id), "n-%d", unsaved);
	d->number = (uint64_t)unsaved--;
	d->facts.s = d->mem;
	d->facts.len = 3;
	d->events.s = d->mem + 3;
	in_table++;
	return E911_OK;
}

int e911_notices_gone(char id[E911_NOTICE_ID_MAX], uint64_t *number)
{
	if(gone_n == 0)
		return E911_ERR_NONE;
	strcpy(id, "gone");
	*number = 100 + (uint64_t)gone_n--;
	return E911_OK;
}

void e911_notices_written(uint64_t number, int done)
{
	char what[32];

	snprintf(what, sizeof(what), "%s-%d", done ? "done" : "again", (int)number);
	note(what);
	if(!done && number < 100)
		unsaved++;
	else if(!done)
		gone_n++;
}

static int up(void **state)
{
	(void)state;
	now = 1000;
	has_table = is_up = begins = 1;
	refuses = unsaved = gone_n = put_says = 0;
	wanted = is_read = 1;
	read_up_to = 0;
	taken = left_out = 0;
	trouble.next_try = 0;
	trouble.pause_s = trouble.told = trouble.down = 0;
	singly = 0;
	trace[0] = '\0';
	return 0;
}

/* ----- */

static void does_nothing_where_there_are_no_recipients(void **state)
{
	(void)state;
	wanted = 0;
	unsaved = 1;
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
}

static void does_nothing_where_there_is_nothing_to_do(void **state)
{
	(void)state;
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
}

static void does_without_a_table(void **state)
{
	(void)state;
	has_table = 0;
	unsaved = 1;
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
}

static void writes_and_deletes_in_one_transaction(void **state)
{
	(void)state;
	unsaved = 2;
	gone_n = 1;
	assert_int_equal(e911_outbox_serve(), 1);
	assert_trace("begin write-n-2 write-n-1 drop commit done-2 done-1 "
				 "done-101 ");
	assert_int_equal(e911_outbox_serve(), 0);
}

static void a_share_at_a_time(void **state)
{
	(void)state;
	unsaved = SHARE + 1;
	assert_int_equal(e911_outbox_serve(), 1);
	assert_int_equal(unsaved, 1);
	trace[0] = '\0';
	assert_int_equal(e911_outbox_serve(), 1);
}

static void what_fails_comes_again_later_one_by_one(void **state)
{
	(void)state;
	unsaved = 2;
	is_up = 0;
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("begin write-n-2 rollback again-2 close counts ");
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
	is_up = 1;
	now += 1;
	assert_int_equal(e911_outbox_serve(), 1);
	assert_trace("begin write-n-2 commit done-2 ");
	assert_int_equal(e911_outbox_serve(), 1);
}

static void waits_longer_each_time(void **state)
{
	static const int waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
	size_t i;

	(void)state;
	is_up = begins = 0;
	for(i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		unsaved = 1;
		trace[0] = '\0';
		assert_int_equal(e911_outbox_serve(), 0);
		assert_non_null(strstr(trace, "close"));
		now += (uint32_t)waits[i] - 1;
		trace[0] = '\0';
		assert_int_equal(e911_outbox_serve(), 0);
		assert_trace("");
		now++;
	}
}

static void one_that_is_refused_stands_in_nobodys_way(void **state)
{
	(void)state;
	unsaved = 1;
	refuses = 1;
	assert_int_equal(e911_outbox_serve(), 0);
	trace[0] = '\0';
	now += 1;
	assert_int_equal(e911_outbox_serve(), 1);
	assert_trace("begin write-n-1 rollback again-1 begin write-xxxx write-n-1 "
				 "rollback done-1 counts-refused ");
	assert_int_equal(unsaved, 0);
}

static void nothing_is_left_out_while_the_table_takes_nothing(void **state)
{
	int i;

	(void)state;
	unsaved = 1;
	is_up = 0;
	for(i = 0; i < 5; i++) {
		assert_int_equal(e911_outbox_serve(), 0);
		now += E911_TROUBLE_PAUSE_MAX;
	}
	assert_null(strstr(trace, "done"));
	assert_int_equal(unsaved, 1);
}

static void reads_all_at_the_start_and_once(void **state)
{
	(void)state;
	is_read = 0;
	row_facts = "{\"event\":\"failed\",\"call\":\"c@host\",\"step\":\"2\"}";
	assert_int_equal(e911_outbox_serve(), 1);
	assert_trace("put ");
	assert_string_equal(order_to, "desk");
	assert_string_equal(order_id, "id-1");
	assert_int_equal(order.event, E911_EV_FAILED);
	assert_int_equal(order.step, 1);
	assert_int_equal(order.call, 6);
	assert_int_equal(order.at_ms, 7);
	assert_int_equal(order.until, 1);
	/* to one that is no more: it is given up there */
	assert_int_equal(e911_outbox_serve(), 1);
	assert_string_equal(order_to, "gone");
	assert_int_equal(is_read, 0);
	assert_int_equal(e911_outbox_serve(), 1);
	assert_int_equal(is_read, 1);
	assert_int_equal(taken, 2);
	assert_int_equal(left_out, 1);
	trace[0] = '\0';
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
}

static void what_cannot_be_read_is_left_out(void **state)
{
	(void)state;
	is_read = 0;
	row_facts = "{\"event\":";
	assert_int_equal(e911_outbox_serve(), 1);
	assert_trace("");
	assert_int_equal(left_out, 1);
	is_up = 0;
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("close counts ");
}

static void at_the_end_nothing_is_read(void **state)
{
	(void)state;
	is_read = 0;
	e911_outbox_finish();
	assert_trace("alone ");
	assert_int_equal(e911_outbox_serve(), 0);
	assert_trace("");
}

#define TEST(name) cmocka_unit_test_setup(name, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(does_nothing_where_there_are_no_recipients),
			TEST(does_nothing_where_there_is_nothing_to_do),
			TEST(does_without_a_table),
			TEST(writes_and_deletes_in_one_transaction),
			TEST(a_share_at_a_time),
			TEST(what_fails_comes_again_later_one_by_one),
			TEST(waits_longer_each_time),
			TEST(one_that_is_refused_stands_in_nobodys_way),
			TEST(nothing_is_left_out_while_the_table_takes_nothing),
			TEST(reads_all_at_the_start_and_once),
			TEST(what_cannot_be_read_is_left_out),
			TEST(at_the_end_nothing_is_read),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
