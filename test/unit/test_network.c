/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/network.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned int rnd(unsigned int below)
{
	static unsigned int x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % below;
}

static int read_text(e911_network_t *n, const char *z)
{
	str s = tight_z(z);
	int err = e911_network_read(n, &s);

	free(s.s);
	return err;
}

/* "": not known */
static e911_network_t network_of(const char *z)
{
	e911_network_t n = {0};

	if(*z && read_text(&n, z))
		fail_msg("%s", z);
	return n;
}

static const char *text_of(const e911_network_t *n)
{
	static char text[E911_NETWORK_TEXT_MAX + 1];
	e911_strbuf_t b;

	e911_strbuf_init(&b, text, E911_NETWORK_TEXT_MAX);
	e911_network_put(&b, n);
	assert_int_equal(b.err, 0);
	text[b.len] = '\0';
	return text;
}

/* ----- reading and writing ----- */

static void reads_addresses_and_networks(void **state)
{
	static const struct
	{
		const char *text, *want; /* NULL: as it was read */
		int family, bits;
	} rows[] = {
			{"192.0.2.1", NULL, 4, 32},
			{"0.0.0.0", NULL, 4, 32},
			{"255.255.255.255", NULL, 4, 32},
			{"192.0.2.0/24", NULL, 4, 24},
			{"192.0.2.1/32", "192.0.2.1", 4, 32},
			{"0.0.0.0/0", NULL, 4, 0},
			{"192.0.2.0/024", "192.0.2.0/24", 4, 24},
			{"[192.0.2.1]", "192.0.2.1", 4, 32},
			{"2001:db8::1", NULL, 6, 128},
			{"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 6, 128},
			{"[2001:db8::1]", "2001:db8::1", 6, 128},
			{"[2001:db8::]/32", "2001:db8::/32", 6, 32},
			{"2001:db8::/127", NULL, 6, 127},
			{"2001:db8::1/128", "2001:db8::1", 6, 128},
			{"::", NULL, 6, 128},
			{"::/0", NULL, 6, 0},
			{"::1.2.3.4", NULL, 6, 128},
			/* mapped */
			{"::ffff:192.0.2.1", "192.0.2.1", 4, 32},
			{"[::FFFF:c000:0201]", "192.0.2.1", 4, 32},
			{"0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255",
					4, 32},
			{"::fffe:c000:201", NULL, 6, 128},
			{"1::ffff:c000:201", NULL, 6, 128},
	};
	e911_network_t n;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		n = network_of(rows[i].text);
		assert_int_equal(n.family, rows[i].family);
		assert_int_equal(n.bits, rows[i].bits);
		assert_string_equal(
				text_of(&n), rows[i].want ? rows[i].want : rows[i].text);
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const texts[] = {"", " ", "/", "/24", "1", "1.2.3",
			"1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:5060",
			"0x1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/+8",
			"1.2.3.4/ 8", "1.2.3.4/8/8", "1.2.3.4/8x", "1.2.3.4/255.255.255.0",
			"1.2.3.4/99999999999999999999", "::/129", "::/", "1::2::3", ":",
			":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
			"12345::", "g::", "fe80::1%eth0", "[", "]", "[]", "[::1", "::1]",
			"[[::1]]", "[::1/64]", "[1.2.3.4/24]", "[::1]x", "localhost",
			"a.example.com",
			"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"};
	e911_network_t n, before;
	str s;
	size_t i;

	(void)state;
	memset(&n, 0x5a, sizeof(n));
	before = n;
	for(i = 0; i < COUNT(texts); i++) {
		if(read_text(&n, texts[i]) != E911_ERR_VALUE)
			fail_msg("'%s'", texts[i]);
		assert_memory_equal(&n, &before, sizeof(n));
	}
	s = tight("1.2.3.4\0", 8);
	assert_int_equal(e911_network_read(&n, &s), E911_ERR_VALUE);
	free(s.s);
	s = tight("1.2.3.4/8\0", 10);
	assert_int_equal(e911_network_read(&n, &s), E911_ERR_VALUE);
	free(s.s);
	for(i = 40; i < 60; i++) {
		s = tight_many("1", i);
		assert_int_equal(e911_network_read(&n, &s), E911_ERR_VALUE);
		free(s.s);
	}
	s = tight_many("1", 100000);
	assert_int_equal(e911_network_read(&n, &s), E911_ERR_VALUE);
	free(s.s);
	s = (str)STR_NULL;
	assert_int_equal(e911_network_read(&n, &s), E911_ERR_VALUE);
	assert_memory_equal(&n, &before, sizeof(n));
}

static void reads_an_address_alone(void **state)
{
	static const char *const refused[] = {
			"", "192.0.2.1/32", "::/0", "[::1]/128", "[::1", "192.0.2.1 "};
	e911_network_t n, want, before;
	str s;
	size_t i;

	(void)state;
	s = tight_z("[2001:db8::1]");
	assert_int_equal(e911_network_read_address(&n, &s), 0);
	want = network_of("2001:db8::1");
	assert_true(e911_network_equal(&n, &want));
	assert_true(is_z(&s, "[2001:db8::1]"));
	free(s.s);
	before = n;
	for(i = 0; i < COUNT(refused); i++) {
		s = tight_z(refused[i]);
		assert_int_equal(e911_network_read_address(&n, &s), E911_ERR_VALUE);
		assert_memory_equal(&n, &before, sizeof(n));
		free(s.s);
	}
}

static void is_made_of_bytes(void **state)
{
	static const unsigned char v4[4] = {192, 0, 2, 1};
	static const unsigned char v6[16] = {
			0x20, 1, 0xd, 0xb8, [10] = 0xff, [11] = 0xff, [15] = 1};
	static const unsigned char in_v6[16] = {
			[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
	e911_network_t a, b;
	str s;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	memset(&b, 0x55, sizeof(b));
	s = tight((const char *)v4, 4);
	e911_network_from(&a, (unsigned char *)s.s, 4);
	free(s.s);
	assert_string_equal(text_of(&a), "192.0.2.1");
	s = tight((const char *)in_v6, 16);
	e911_network_from(&b, (unsigned char *)s.s, 16);
	free(s.s);
	assert_string_equal(text_of(&b), "192.0.2.1");
	assert_true(e911_network_equal(&a, &b));
	e911_network_from(&b, v6, 16);
	assert_string_equal(text_of(&b), "2001:db8::ffff:0:1");
	assert_int_equal(b.family, 6);
	assert_int_equal(b.bits, 128);
	assert_false(e911_network_equal(&a, &b));
}

static void the_unknown_is_written_as_nothing(void **state)
{
	e911_network_t none = {0};

	(void)state;
	assert_string_equal(text_of(&none), "");
}

/* every length that is too short, and the longest text there is */
static void never_writes_past_the_end(void **state)
{
	static const char longest[] = "1111:2222:3333:4444:5555:6666:7777:8888/127";
	e911_network_t n = network_of(longest);
	size_t len = strlen(longest), max;
	e911_strbuf_t b;
	char *tight;

	(void)state;
	assert_true(len < E911_NETWORK_TEXT_MAX);
	for(max = 0; max <= len; max++) {
		tight = malloc(max + 1);
		e911_strbuf_init(&b, tight, max);
		e911_network_put(&b, &n);
		assert_int_equal(b.err, max < len ? E911_ERR_SPACE : 0);
		free(tight);
	}
}

/* ----- comparing ----- */

static void has_the_addresses_of_its_prefix(void **state)
{
	static const struct
	{
		const char *network, *address;
		int has;
	} rows[] = {
			{"192.0.2.0/24", "192.0.2.255", 1},
			{"192.0.2.0/24", "192.0.3.0", 0},
			/* bits behind the prefix say nothing */
			{"192.0.2.77/24", "192.0.2.1", 1},
			{"192.0.2.0/25", "192.0.2.127", 1},
			{"192.0.2.0/25", "192.0.2.128", 0},
			{"192.0.2.0/31", "192.0.2.1", 1},
			{"192.0.2.0/31", "192.0.2.2", 0},
			{"192.0.2.1", "192.0.2.1", 1},
			{"192.0.2.1", "192.0.2.0", 0},
			{"0.0.0.0/0", "255.255.255.255", 1},
			{"128.0.0.0/1", "255.0.0.1", 1},
			{"128.0.0.0/1", "127.0.0.1", 0},
			/* a network in a network, never a wider one in a narrower */
			{"192.0.2.0/24", "192.0.2.128/25", 1},
			{"192.0.2.0/24", "192.0.2.0/24", 1},
			{"192.0.2.0/24", "192.0.2.0/23", 0},
			{"2001:db8::/32", "2001:db8:ffff::1", 1},
			{"2001:db8::/32", "2001:db9::1", 0},
			{"2001:db8::/33", "2001:db8:7fff::", 1},
			{"2001:db8::/33", "2001:db8:8000::", 0},
			{"2001:db8::1", "2001:db8::1", 1},
			{"2001:db8::/127", "2001:db8::2", 0},
			{"::/0", "2001:db8::1", 1},
			/* the one family is never in the other */
			{"::/0", "192.0.2.1", 0},
			{"0.0.0.0/0", "2001:db8::1", 0},
			{"0.0.0.0/0", "::ffff:192.0.2.1", 1},
			/* what is not known is nowhere, and nothing is in it */
			{"0.0.0.0/0", "", 0},
			{"::/0", "", 0},
			{"", "192.0.2.1", 0},
			{"", "", 0},
	};
	e911_network_t n, a;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		n = network_of(rows[i].network);
		a = network_of(rows[i].address);
		if(e911_network_has(&n, &a) != rows[i].has)
			fail_msg("%s in %s", rows[i].address, rows[i].network);
	}
}

static int bit_of(const e911_network_t *n, int i)
{
	return n->address[i / 8] >> (7 - i % 8) & 1;
}

static int plainly_has(const e911_network_t *n, const e911_network_t *a)
{
	int i;

	if(n->family != a->family || a->bits < n->bits)
		return 0;
	for(i = 0; i < n->bits; i++)
		if(bit_of(n, i) != bit_of(a, i))
			return 0;
	return 1;
}

static e911_network_t random_network(void)
{
	unsigned char bytes[16];
	int len = rnd(2) ? 4 : 16, i;
	e911_network_t n;

	for(i = 0; i < len; i++)
		bytes[i] = (unsigned char)(rnd(4) ? 0 : rnd(256));
	e911_network_from(&n, bytes, len);
	n.bits = (unsigned char)rnd(n.bits + 1u);
	return n;
}

static void agrees_with_a_plain_loop_over_bits(void **state)
{
	e911_vicinity_t rule = {0};
	e911_network_t a, b, again;
	int i, bits, near;

	(void)state;
	for(i = 0; i < 50000; i++) {
		a = random_network();
		b = random_network();
		again = network_of(text_of(&a));
		assert_true(e911_network_equal(&a, &again));
		assert_int_equal(e911_network_has(&a, &b), plainly_has(&a, &b));
		bits = (int)rnd(a.family == 4 ? 33 : 129);
		rule.bits4 = rule.bits6 = bits;
		near = e911_network_near(&rule, &a, &b);
		assert_int_equal(near, e911_network_near(&rule, &b, &a));
		again = a;
		again.bits = (unsigned char)bits;
		b.bits = b.family == 4 ? 32 : 128;
		assert_int_equal(near, plainly_has(&again, &b));
	}
}

static void equal_is_the_very_same_address(void **state)
{
	e911_network_t a = network_of("192.0.2.1"), b = network_of("192.0.2.1/31"),
				   c = network_of("192.0.2.2"),
				   d = network_of("::ffff:192.0.2.1"), e = network_of("::1");

	(void)state;
	assert_true(e911_network_equal(&a, &a));
	assert_true(e911_network_equal(&a, &d));
	assert_false(e911_network_equal(&a, &b));
	assert_false(e911_network_equal(&a, &c));
	assert_false(e911_network_equal(&a, &e));
}

/* ----- lists ----- */

static int read_list(e911_networks_t *list, const char *z)
{
	str s = tight_z(z);
	int err = e911_networks_read(list, &s);

	free(s.s);
	return err;
}

static void reads_lists(void **state)
{
	e911_networks_t list;
	e911_network_t a = network_of("198.51.100.7"), b = network_of("192.0.2.9"),
				   c = network_of("2001:db8::7"), none = {0};

	(void)state;
	assert_int_equal(read_list(&list, ""), 0);
	assert_int_equal(list.n, 0);
	assert_false(e911_networks_have(&list, &a));
	assert_int_equal(read_list(&list, " 192.0.2.0/24 ,, [2001:db8::]/32,"), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(text_of(&list.network[0]), "192.0.2.0/24");
	assert_string_equal(text_of(&list.network[1]), "2001:db8::/32");
	assert_false(e911_networks_have(&list, &a));
	assert_true(e911_networks_have(&list, &b));
	assert_true(e911_networks_have(&list, &c));
	assert_false(e911_networks_have(&list, &none));
}

static void a_bad_list_changes_nothing(void **state)
{
	char text[E911_NETWORKS_MAX * 16 + 32];
	e911_networks_t list, before;
	int i, len = 0;

	(void)state;
	assert_int_equal(read_list(&list, "192.0.2.0/24"), 0);
	before = list;
	assert_int_equal(read_list(&list, "192.0.2.1,x"), E911_ERR_VALUE);
	assert_int_equal(read_list(&list, "192.0.2.1 192.0.2.2"), E911_ERR_VALUE);
	for(i = 0; i < E911_NETWORKS_MAX; i++)
		len += sprintf(text + len, "10.0.0.%d,", i);
	strcpy(text + len, "10.1.0.0/16");
	assert_int_equal(read_list(&list, text), E911_ERR_FULL);
	assert_memory_equal(&list, &before, sizeof(list));
	text[len] = '\0';
	assert_int_equal(read_list(&list, text), 0);
	assert_int_equal(list.n, E911_NETWORKS_MAX);
}

/* ----- near ----- */

static void near_is_by_bits_or_by_pool(void **state)
{
	static const struct
	{
		int bits4, bits6;
		const char *pools, *a, *b;
		int near;
	} rows[] = {
			{32, 64, "", "192.0.2.1", "192.0.2.1", 1},
			{32, 64, "", "192.0.2.1", "192.0.2.2", 0},
			{24, 64, "", "192.0.2.1", "192.0.2.2", 1},
			{24, 64, "", "192.0.2.1", "192.0.3.1", 0},
			{0, 64, "", "192.0.2.1", "203.0.113.1", 1},
			{32, 64, "", "2001:db8::1", "2001:db8::ffff", 1},
			{32, 64, "", "2001:db8::1", "2001:db8:0:1::1", 0},
			{32, 56, "", "2001:db8::1", "2001:db8:0:1::1", 1},
			{32, 128, "", "2001:db8::1", "2001:db8::2", 0},
			{32, 128, "", "2001:db8::1", "2001:db8::1", 1},
			{0, 0, "", "192.0.2.1", "2001:db8::1", 0},
			{32, 64, "", "192.0.2.1", "::ffff:192.0.2.1", 1},
			/* of one pool, whatever the bits */
			{32, 64, "10.0.0.0/8", "10.1.1.1", "10.9.9.9", 1},
			{32, 64, "10.0.0.0/8", "10.1.1.1", "11.9.9.9", 0},
			{32, 64, "10.0.0.0/8,11.0.0.0/8", "10.1.1.1", "11.9.9.9", 0},
			{32, 64, "11.0.0.0/8,10.0.0.0/8", "10.1.1.1", "10.9.9.9", 1},
			{32, 64, "10.0.0.0/8", "192.0.2.1", "192.0.2.1", 1},
			{32, 64, "2001:db8::/32", "2001:db8:1::1", "2001:db8:2::1", 1},
			{32, 64, "0.0.0.0/0", "192.0.2.1", "2001:db8::1", 0},
			/* both are to be known */
			{0, 0, "0.0.0.0/0,::/0", "", "", 0},
			{0, 0, "0.0.0.0/0,::/0", "192.0.2.1", "", 0},
			{0, 0, "0.0.0.0/0,::/0", "", "2001:db8::1", 0},
	};
	e911_vicinity_t rule;
	e911_network_t a, b;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		rule.bits4 = rows[i].bits4;
		rule.bits6 = rows[i].bits6;
		assert_int_equal(read_list(&rule.pools, rows[i].pools), 0);
		a = network_of(rows[i].a);
		b = network_of(rows[i].b);
		if(e911_network_near(&rule, &a, &b) != rows[i].near
				|| e911_network_near(&rule, &b, &a) != rows[i].near)
			fail_msg("row %zu: %s, %s", i, rows[i].a, rows[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_addresses_and_networks),
			cmocka_unit_test(refuses_what_is_none),
			cmocka_unit_test(reads_an_address_alone),
			cmocka_unit_test(is_made_of_bytes),
			cmocka_unit_test(the_unknown_is_written_as_nothing),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(has_the_addresses_of_its_prefix),
			cmocka_unit_test(agrees_with_a_plain_loop_over_bits),
			cmocka_unit_test(equal_is_the_very_same_address),
			cmocka_unit_test(reads_lists),
			cmocka_unit_test(a_bad_list_changes_nothing),
			cmocka_unit_test(near_is_by_bits_or_by_pool),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
