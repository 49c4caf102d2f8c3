/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/headers.c"
#include "ksr_stub.h"

static char text[] = "From: a\r\nTo: b\r\n\r\n";
static struct hdr_field from, to;
static sip_msg_t msg;
static int reads; /* headers that the parser takes in before it fails */

/* as the core's: what it has read is in the list when it fails, but its place
 * in the message is that of before */
int parse_headers(sip_msg_t *const m, const hdr_flags_t flags, const int next)
{
	(void)flags;
	assert_int_equal(next, 0);
	if(reads > 0)
		m->last_header = &from;
	if(reads > 1)
		m->last_header = &to;
	if(reads < 3)
		return -1;
	m->unparsed = m->buf + m->len;
	return 0;
}

static int up(void **state)
{
	(void)state;
	memset(&msg, 0, sizeof(msg));
	msg.buf = msg.unparsed = text;
	msg.len = sizeof(text) - 1;
	from.name.s = text;
	from.len = 9;
	to.name.s = text + 9;
	to.len = 7;
	return 0;
}

static void no_header_is_read_twice(void **state)
{
	static const int ends[] = {0, 9, 16};

	(void)state;
	for(reads = 0; reads < 3; reads++) {
		assert_int_equal(e911_headers(&msg, HDR_EOH_F), -1);
		assert_int_equal(msg.unparsed - text, ends[reads]);
	}
}

static void what_was_read_stays_read(void **state)
{
	(void)state;
	reads = 3;
	assert_int_equal(e911_headers(&msg, HDR_EOH_F), 0);
	assert_int_equal(msg.unparsed - text, msg.len);
	/* never back: another has read on since */
	reads = 1;
	assert_int_equal(e911_headers(&msg, HDR_EOH_F), -1);
	assert_int_equal(msg.unparsed - text, msg.len);
}

static void a_header_is_found_by_its_name_in_any_case(void **state)
{
	static struct hdr_field more;
	static char again[] = "TO: c";

	(void)state;
	reads = 3;
	from.name.len = 4;
	from.body = (str){text + 6, 1};
	from.next = &to;
	to.name.len = 2;
	to.body = (str){text + 13, 1};
	to.next = &more;
	more.name = (str){again, 2};
	more.body = (str){again + 4, 1};
	msg.headers = &from;
	assert_ptr_equal(e911_headers_find(&msg, "from"), &from.body);
	assert_ptr_equal(e911_headers_find(&msg, "To"), &to.body);
	assert_null(e911_headers_find(&msg, "T"));
	assert_null(e911_headers_find(&msg, "Tom"));
	assert_int_equal(e911_headers_count(&msg, "to"), 2);
	assert_int_equal(e911_headers_count(&msg, "Fro"), 0);
	/* not all could be read: who knows what is behind */
	reads = 1;
	msg.unparsed = text;
	assert_null(e911_headers_find(&msg, "From"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test_setup(no_header_is_read_twice, up),
			cmocka_unit_test_setup(what_was_read_stays_read, up),
			cmocka_unit_test_setup(
					a_header_is_found_by_its_name_in_any_case, up),
	};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
