/*
 * e911: keyed hash
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <sys/random.h>
#include "hash.h"
#include "err.h"

static uint64_t key[2];

int e911_hash_random(unsigned char *bytes, size_t len)
{
	return getrandom(bytes, len, GRND_NONBLOCK) == (ssize_t)len ? E911_OK
																: E911_ERR_NONE;
}

int e911_hash_init(void)
{
	return e911_hash_random((unsigned char *)key, sizeof(key));
}

static uint64_t rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static void round_of(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	round_of(v);
	round_of(v);
	v[0] ^= word;
}

uint64_t e911_hash(const char *s, size_t len)
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575ULL,
			key[1] ^ 0x646f72616e646f6dULL, key[0] ^ 0x6c7967656e657261ULL,
			key[1] ^ 0x7465646279746573ULL};
	uint64_t word;
	size_t i;

	for(i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, s + i, 8);
		absorb(v, word);
	}
	word = 0;
	/* an empty text may be NULL */
	if(i < len)
		memcpy(&word, s + i, len - i);
	absorb(v, word | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for(i = 0; i < 4; i++)
		round_of(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
