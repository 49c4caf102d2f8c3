/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../modules/e911/hash.c"
#include "ksr_stub.h"

/* The vectors of the algorithm's authors: key 00…0f, messages of 0, 1, 2…
 * bytes 00, 01, 02… */
static void is_siphash(void **state)
{
	static const uint64_t want[] = {0x726fdb47dd0e0e31ULL,
			0x74f839c593dc67fdULL, 0x0d6c8009d9a94f5aULL, 0x85676696d7fb7e2dULL,
			0xcf2794e0277187b7ULL, 0x18765564cd99a68dULL, 0xcbc9466e58fee3ceULL,
			0xab0200f58b01d137ULL, 0x93f5f5799a932462ULL};
	char message[16];
	size_t i;

	(void)state;
	key[0] = 0x0706050403020100ULL;
	key[1] = 0x0f0e0d0c0b0a0908ULL;
	for(i = 0; i < sizeof(message); i++)
		message[i] = (char)i;
	for(i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_true(e911_hash(message, i) == want[i]);
	assert_true(e911_hash(NULL, 0) == want[0]);
}

static void key_is_new_each_time(void **state)
{
	uint64_t a, b;

	(void)state;
	assert_int_equal(e911_hash_init(), 0);
	a = e911_hash("x", 1);
	assert_int_equal(e911_hash_init(), 0);
	b = e911_hash("x", 1);
	assert_true(a != b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(is_siphash),
			cmocka_unit_test(key_is_new_each_time),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
