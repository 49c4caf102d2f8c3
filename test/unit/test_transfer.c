/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers
 * with: sip_stub
 */
#include "../../modules/e911/transfer.c"
#include "ksr_stub.h"
#include "sip_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define LINE "INVITE sip:911@x SIP/2.0\r\nVia: v\r\n"

static int is_transfer(const char *headers, int own)
{
	char text[300];
	sip_msg_t msg;
	int is;

	sprintf(text, LINE "%s\r\n", headers);
	assert_int_equal(sip_read(&msg, text, strlen(text)), 0);
	is = e911_transfer(&msg, own);
	sip_free(&msg);
	return is;
}

static void says_who_was_passed_on(void **state)
{
	static const struct
	{
		const char *headers;
		int is, is_own;
	} rows[] = {
			{"", 0, 0},
			{"From: <sip:a@x>\r\n", 0, 0},
			{"Diversion: <sip:a@x>;reason=unconditional\r\n", 1, 1},
			{"DIVERSION:<sip:a@x>\r\n", 1, 1},
			{"X: y\r\nReferred-By: <sip:a@x>\r\n", 1, 0},
			{"referred-by: <sip:a@x>\r\n", 1, 0},
			{"b: <sip:a@x>\r\n", 1, 0},
			{"B: <sip:a@x>\r\n", 1, 0},
			{"b: <sip:a@x>\r\nDiversion: <sip:a@x>\r\n", 1, 1},
			/* names like these */
			{"Diversions: x\r\n", 0, 0},
			{"X-Diversion: x\r\n", 0, 0},
			{"Referred-B: x\r\n", 0, 0},
			{"Refer-To: x\r\n", 0, 0},
			{"by: x\r\n", 0, 0},
			{"a: x\r\n", 0, 0},
			/* what is not seen */
			{"History-Info: <sip:a@x>;index=1\r\n", 0, 0},
			{"Replaces: 1;to-tag=2;from-tag=3\r\n", 0, 0},
			{"X: Diversion: x\r\n", 0, 0},
	};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		if(is_transfer(rows[i].headers, 0) != rows[i].is)
			fail_msg("%s", rows[i].headers);
		if(is_transfer(rows[i].headers, 1) != rows[i].is_own)
			fail_msg("own: %s", rows[i].headers);
	}
	assert_int_equal(ksr_blocks(), 0);
}

static void what_does_not_parse_is_no_transfer(void **state)
{
	static const char text[] = LINE "Diversion: <sip:a@x>\r\nnonsense\r\n\r\n";
	sip_msg_t msg;

	(void)state;
	assert_int_equal(sip_read(&msg, text, strlen(text)), -1);
	assert_false(e911_transfer(&msg, 0));
	sip_free(&msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(says_who_was_passed_on),
			cmocka_unit_test(what_does_not_parse_is_no_transfer),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
