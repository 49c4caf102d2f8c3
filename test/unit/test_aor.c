/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err
 */
#include <stdlib.h>
#include "../../modules/e911/aor.c"
#include "ksr_stub.h"

typedef struct pair
{
	const char *given;
	const char *want; /* NULL: refused */
} pair_t;

/* a block of exactly its length, so that a read past the end is seen */
static str exactly(const char *z)
{
	str s = {malloc(strlen(z) + !strlen(z)), (int)strlen(z)};

	memcpy(s.s, z, s.len);
	return s;
}

static void check(const pair_t *p, int (*normal)(const str *, char *, str *))
{
	str given = exactly(p->given), out = {0, 0};
	char mem[E911_AOR_MAX];
	int err = normal(&given, mem, &out);

	if(p->want == NULL) {
		assert_true(err < 0);
		assert_null(out.s);
	} else {
		assert_int_equal(err, 0);
		assert_int_equal(out.len, strlen(p->want));
		assert_memory_equal(out.s, p->want, out.len);
	}
	free(given.s);
}

static void aor_has_one_form(void **state)
{
	static const pair_t pairs[] = {
			{"agent@example.com", "agent@example.com"},
			{"sip:Agent@Example.COM", "agent@example.com"},
			{"SIPS:agent@example.com:5061;transport=tls?x=y",
					"agent@example.com"},
			{"\"A; B\" <sip:agent@example.com>;tag=1", "agent@example.com"},
			{"sip:agent:secret@example.com", "agent@example.com"},
			{"sip:+15125550100@192.0.2.1:5060", "+15125550100@192.0.2.1"},
			{"sip:a@[2001:db8::1]", "a@[2001:db8::1]"},
			{"sip:a@[2001:db8::1]:5060", "a@[2001:db8::1]"},
			{"sip:example.com", NULL},
			{"sip:@example.com", NULL},
			{"sip:a@", NULL},
			{"", NULL},
			{"sip:a b@example.com", NULL},
			{"sip:a@exam\tple.com", NULL},
			{"911", NULL},
			/* UTF-8 as it is, other bytes never */
			{"sip:J\xc3\x9crgen@x", "j\xc3\x9crgen@x"},
			{"\xf0\x9f\x9a\x91@x", "\xf0\x9f\x9a\x91@x"},
			{"j\xfcrgen@x", NULL},
			{"j\xc3@x", NULL},
			{"a@x\xe2\x82", NULL},
			{"\x80@x", NULL},
			{"\xc0\xaf@x", NULL},
			{"\xed\xa0\x80@x", NULL},
			{"\xc2\x80@x", NULL},
			{"\xf4\x90\x80\x80@x", NULL},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check(&pairs[i], e911_aor_normal);
}

static void device_has_one_form(void **state)
{
	static const pair_t pairs[] = {
			{"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>",
					"urn:uuid:00000000-0000-1000-8000-aabbccddeeff"},
			{"sip:Agent@192.0.2.1:5060;transport=tcp", "agent@192.0.2.1:5060"},
			{"<sip:x7f@df7jal23ls0d.invalid;transport=ws>",
					"x7f@df7jal23ls0d.invalid"},
			{"192.0.2.1:5060", "192.0.2.1:5060"},
			{"[2001:db8::1]:5060", "[2001:db8::1]:5060"},
			{"", ""},
			{"a\r\nb", NULL},
			{"\xc3\xa9", "\xc3\xa9"},
			{"\xc3", NULL},
			{"a\xff@192.0.2.1", NULL},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		check(&pairs[i], e911_aor_contact);
}

static void each_byte_is_judged_wherever_it_stands(void **state)
{
	char text[43], mem[E911_CONTACT_MAX];
	str s = {text, 0}, out;
	int c, at, bad;

	(void)state;
	for(c = 0; c < 0x80; c++) {
		/* those that end a name or begin one are told apart elsewhere */
		if(c == '@' || c == ';' || c == '?' || c == '<')
			continue;
		bad = c <= ' ' || c == '>' || c == 0x7f;
		for(at = 0; at < (int)sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			s.len = (int)sizeof(text);
			assert_int_equal(
					e911_aor_contact(&s, mem, &out), bad ? E911_ERR_VALUE : 0);
			if(!bad)
				assert_int_equal(
						out.s[at], c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		}
	}
}

static void too_long_is_refused(void **state)
{
	char text[E911_AOR_MAX + 16], mem[E911_AOR_MAX];
	str s = {text, 0}, out;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[10] = '@';
	s.len = E911_AOR_MAX;
	assert_int_equal(e911_aor_normal(&s, mem, &out), 0);
	s.len = E911_AOR_MAX + 1;
	assert_int_equal(e911_aor_normal(&s, mem, &out), E911_ERR_LONG);
	assert_int_equal(e911_aor_contact(&s, mem, &out), E911_ERR_LONG);
}

static void host_is_behind_the_at(void **state)
{
	str aor = {"a@b.example", 11}, host;

	(void)state;
	e911_aor_host(&aor, &host);
	assert_int_equal(host.len, 9);
	assert_memory_equal(host.s, "b.example", 9);
	aor.len = 0;
	e911_aor_host(&aor, &host);
	assert_int_equal(host.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(aor_has_one_form),
			cmocka_unit_test(device_has_one_form),
			cmocka_unit_test(each_byte_is_judged_wherever_it_stands),
			cmocka_unit_test(too_long_is_refused),
			cmocka_unit_test(host_is_behind_the_at),
	};

	return cmocka_run_group_tests_name("aor", tests, NULL, NULL);
}
