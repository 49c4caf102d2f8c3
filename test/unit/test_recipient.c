/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err secret events
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/recipient.c"
#include "ksr_stub.h"
#include "tight.h"

#define WEB "name=w;kind=webhook;to=https://desk.example.com/e911"
#define MAIL_ROW                                       \
	"name=m;kind=mail;to=a@example.com,b@example.com;" \
	"from=e911@example.com;server=smtp://mail.example.com:25"
#define SIP_ROW "name=s;kind=sip;to=sip:desk@example.com;from=sip:e@example.com"

static e911_recipients_t *all;

static int up(void **state)
{
	(void)state;
	return e911_recipients_new(&all);
}

static int down(void **state)
{
	(void)state;
	e911_recipients_free(all);
	return ksr_blocks() != 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_recipients_add(all, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

static const e911_recipient_t *last(void)
{
	const e911_recipient_t *r = NULL;
	int i;

	for(i = 0; e911_recipients_nth(all, i); i++)
		r = e911_recipients_nth(all, i);
	return r;
}

static void begins_with_none(void **state)
{
	str name = str_init("w");

	(void)state;
	assert_null(e911_recipients_nth(all, 0));
	assert_null(e911_recipients_nth(all, -1));
	assert_null(e911_recipients_named(all, &name));
}

static void says_what_it_was_not_told(void **state)
{
	const e911_recipient_t *r;

	(void)state;
	assert_int_equal(add(WEB, NULL), 0);
	r = last();
	assert_int_equal(r->kind, E911_BY_WEBHOOK);
	assert_int_equal(r->verify, 1);
	assert_int_equal(r->timeout_ms, 5000);
	assert_int_equal(r->most_age, 6 * 3600);
	assert_int_equal(r->tries, 0);
	assert_int_equal(r->rate, 60);
	assert_int_equal(r->test, 0);
	assert_true(e911_recipient_wants(r, E911_EV_PLACED, 0));
	assert_true(e911_recipient_wants(r, E911_EV_NOBODY, 0));
	assert_false(e911_recipient_wants(r, E911_EV_RINGING, 0));
	assert_false(e911_recipient_wants(r, E911_EV_PLACED, 1));
	assert_false(e911_recipient_wants(r, E911_EV_NOTICE, 0));
	assert_false(e911_recipient_wants(r, -1, 0));
}

static void reads_every_column(void **state)
{
	const e911_recipient_t *r;

	(void)state;
	assert_int_equal(
			add(WEB ";secret=file:/k;template={\"x\":\"{who}\"};type=text/json;"
					"ca=/ca;cert=/c;key=/key;proxy=http://p:3128;verify=no;"
					"events=placed,nobody;test=yes;timeout_ms=100;tries=3;"
					"most_age=30m;rate=0",
					NULL),
			0);
	r = last();
	assert_string_equal(r->to, "https://desk.example.com/e911");
	assert_string_equal(r->secret, "file:/k");
	assert_string_equal(r->body, "{\"x\":\"{who}\"}");
	assert_string_equal(r->type, "text/json");
	assert_string_equal(r->ca, "/ca");
	assert_string_equal(r->cert, "/c");
	assert_string_equal(r->key, "/key");
	assert_string_equal(r->proxy, "http://p:3128");
	assert_int_equal(r->verify, 0);
	assert_int_equal(r->events, BIT(E911_EV_PLACED) | BIT(E911_EV_NOBODY));
	assert_int_equal(r->test, 1);
	assert_int_equal(r->timeout_ms, 100);
	assert_int_equal(r->tries, 3);
	assert_int_equal(r->most_age, 1800);
	assert_int_equal(r->rate, 0);
	assert_int_equal(
			add(MAIL_ROW ";user=u;secret=env:P;subject={who};starttls=yes",
					NULL),
			0);
	r = last();
	assert_string_equal(r->to, "a@example.com,b@example.com");
	assert_string_equal(r->server, "smtp://mail.example.com:25");
	assert_string_equal(r->user, "u");
	assert_string_equal(r->subject, "{who}");
	assert_int_equal(r->starttls, 1);
	assert_int_equal(add(SIP_ROW ";outbound=sip:127.0.0.1:5060", NULL), 0);
	assert_string_equal(last()->outbound, "sip:127.0.0.1:5060");
	assert_int_equal(add("kind=event;name=script", NULL), 0);
	assert_int_equal(last()->kind, E911_BY_EVENT);
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"kind=event", E911_ERR_MISSING, "kind=event"},
			{"name=a", E911_ERR_MISSING, "name=a"},
			{"name=a;kind=fax", E911_ERR_VALUE, "kind"},
			{"name=a,b;kind=event", E911_ERR_VALUE, "name=a,b;kind=event"},
			{"name=a;name=b;kind=event", E911_ERR_TWICE, "name"},
			{"name=a;kind=event;colour=red", E911_ERR_NAME, "colour"},
			{"name=a;kind=event;to=https://x/", E911_ERR_NAME, "to"},
			{"name=a;kind=webhook", E911_ERR_MISSING, "name=a;kind=webhook"},
			{"name=a;kind=webhook;to=ftp://x/", E911_ERR_VALUE, "to"},
			{"name=a;kind=webhook;to=https://", E911_ERR_VALUE, "to"},
			{"name=a;kind=webhook;to=https:///x", E911_ERR_VALUE, "to"},
			{"name=a;kind=webhook;to=https://u:p@x/", E911_ERR_VALUE, "to"},
			{"name=a;kind=webhook;to=https://x/ y", E911_ERR_VALUE, "to"},
			{WEB ";server=smtp://x", E911_ERR_NAME, "server"},
			{WEB ";secret=sesame", E911_ERR_VALUE, "secret"},
			{WEB ";events=", E911_ERR_VALUE, "events"},
			{WEB ";events=placed,dreamt", E911_ERR_VALUE, "events"},
			{WEB ";events=notice", E911_ERR_VALUE, "events"},
			{WEB ";timeout_ms=99", E911_ERR_VALUE, "timeout_ms"},
			{WEB ";timeout_ms=60001", E911_ERR_VALUE, "timeout_ms"},
			{WEB ";most_age=0", E911_ERR_VALUE, "most_age"},
			{WEB ";type=a\rb", E911_ERR_VALUE, "type"},
			{WEB ";verify=maybe", E911_ERR_VALUE, "verify"},
			{WEB ";template=\"x", E911_ERR_SYNTAX, "template"},
			{"name=m;kind=mail;to=a@b;from=c@d", E911_ERR_MISSING,
					"name=m;kind=mail;to=a@b;from=c@d"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=ab", E911_ERR_VALUE,
					"to"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=a@b>",
					E911_ERR_VALUE, "to"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=a@b@c",
					E911_ERR_VALUE, "to"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=@b", E911_ERR_VALUE,
					"to"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=a@", E911_ERR_VALUE,
					"to"},
			{"name=m;kind=mail;from=c@d;server=smtp://x;to=,", E911_ERR_VALUE,
					"to"},
			{"name=m;kind=mail;to=a@b;from=c@d,e@f;server=smtp://x",
					E911_ERR_LONG, "from"},
			{"name=m;kind=mail;to=a@b;from=c@d;server=http://x", E911_ERR_VALUE,
					"server"},
			{"name=s;kind=sip;to=tel:911;from=sip:e@x", E911_ERR_VALUE, "to"},
			{"name=s;kind=sip;to=sip:a@x>;from=sip:e@x", E911_ERR_VALUE, "to"},
			{SIP_ROW ";outbound=x", E911_ERR_VALUE, "outbound"},
	};
	char at[512];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if(add(rows[i].row, at) != rows[i].err)
			fail_msg("%s", rows[i].row);
		assert_string_equal(at, rows[i].at);
	}
	assert_null(e911_recipients_nth(all, 0));
}

static void mail_goes_to_a_few(void **state)
{
	char row[512] = "name=m;kind=mail;from=c@d;server=smtp://x;to=";
	int i;

	(void)state;
	for(i = 0; i < E911_RECIPIENT_ADDRESSES; i++)
		strcat(row, "a@b,");
	assert_int_equal(add(row, NULL), 0);
	strcat(row, "a@b");
	row[5] = 'n';
	assert_int_equal(add(row, NULL), E911_ERR_LONG);
}

static void events_have_the_names_they_are_told_by(void **state)
{
	const char *name;
	str word;
	int i;

	(void)state;
	for(i = 0; i < E911_EV_KINDS; i++) {
		name = e911_event_name(i);
		word = tight_z(name);
		/* nobody is told that somebody was told */
		assert_int_equal(
				event_of(&word), i == E911_EV_NOTICE ? E911_ERR_VALUE : i);
		free(word.s);
	}
}

static void the_first_of_what_it_wants_begins(void **state)
{
	const e911_recipient_t *r;

	(void)state;
	assert_int_equal(add(WEB ";events=answered,ended", NULL), 0);
	r = last();
	assert_true(e911_recipient_begins(r, E911_EV_ANSWERED));
	assert_false(e911_recipient_begins(r, E911_EV_ENDED));
	assert_int_equal(add("name=e;kind=event", NULL), 0);
	assert_true(e911_recipient_begins(last(), E911_EV_PLACED));
	assert_false(e911_recipient_begins(last(), E911_EV_FAILED));
}

static void a_name_is_there_once(void **state)
{
	str name = str_init("w");

	(void)state;
	assert_int_equal(add(WEB, NULL), 0);
	assert_int_equal(add("name=w;kind=event", NULL), E911_ERR_TWICE);
	assert_string_equal(e911_recipients_named(all, &name)->name, "w");
	assert_string_equal(e911_recipient_kind_name(E911_BY_SIP), "sip");
}

static void a_full_table_refuses_and_keeps(void **state)
{
	char row[64];
	int i;

	(void)state;
	for(i = 0; i < E911_RECIPIENTS_MAX; i++) {
		sprintf(row, "name=r%d;kind=event", i);
		assert_int_equal(add(row, NULL), 0);
	}
	assert_int_equal(add("name=more;kind=event", NULL), E911_ERR_FULL);
	assert_null(e911_recipients_nth(all, E911_RECIPIENTS_MAX));
}

static int build(void *arg)
{
	static const char *const rows[] = {WEB, SIP_ROW};
	e911_recipients_t *made = NULL;
	int i, err = e911_recipients_new(&made);
	str row, bad;

	(void)arg;
	for(i = 0; !err && i < 2; i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(rows[i]);
		err = e911_recipients_add(made, &row, &bad);
		assert_true(!err == (e911_recipients_nth(made, i) != NULL));
	}
	e911_recipients_free(made);
	return err;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
	e911_recipients_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup_teardown(begins_with_none, up, down),
			cmocka_unit_test_setup_teardown(
					says_what_it_was_not_told, up, down),
			cmocka_unit_test_setup_teardown(reads_every_column, up, down),
			cmocka_unit_test_setup_teardown(
					says_what_is_wrong_and_where, up, down),
			cmocka_unit_test_setup_teardown(mail_goes_to_a_few, up, down),
			cmocka_unit_test(events_have_the_names_they_are_told_by),
			cmocka_unit_test_setup_teardown(
					the_first_of_what_it_wants_begins, up, down),
			cmocka_unit_test_setup_teardown(a_name_is_there_once, up, down),
			cmocka_unit_test_setup_teardown(
					a_full_table_refuses_and_keeps, up, down),
			cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("recipient", tests, NULL, NULL);
}
