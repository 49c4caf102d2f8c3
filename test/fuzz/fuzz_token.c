/*
 * The first byte says what the others are: a token; or header and claims, with
 * a NUL between them, that are signed here with the agents' key. What is taken
 * has a key, a name, and a time that is not over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf row credential token
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "../../modules/e911/token.h"
#include "../../modules/e911/err.h"

#define NOW 1900000000
#define SECRET "0123456789abcdef0123456789abcdef"

static const char public[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVwok6XjPHKxpEfyFFXQhxKF38srf\n"
		"LDXjtvOdzkQpIt9+m3s5pUuV0hEzX5aoTpZcdHyYHEnFWk3V4FPKEsDwYw==\n"
		"-----END PUBLIC KEY-----\n";
static const str rows[] = {str_init("id=a;use=agent;env=A"),
		str_init("id=e;use=idp;alg=ES256;env=E;issuer=i;audience=a")};

static e911_credentials_t *keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t i;
	str bad;

	(void)argc;
	(void)argv;
	setenv("A", SECRET, 1);
	setenv("E", public, 1);
	if(e911_credentials_new(&keys))
		abort();
	for(i = 0; i < 2; i++)
		if(e911_credentials_add(keys, &rows[i], &bad))
			abort();
	return 0;
}

static size_t encode(char *to, const unsigned char *s, size_t len)
{
	static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned int bits = 0, have = 0;
	size_t i, n = 0;

	for(i = 0; i < len; i++) {
		bits = bits << 8 | s[i];
		for(have += 8; have >= 6; have -= 6)
			to[n++] = digits[bits >> (have - 6) & 63];
	}
	if(have)
		to[n++] = digits[bits << (6 - have) & 63];
	return n;
}

static str sign(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t header = nul ? (size_t)(nul - data) : size;
	str token = {malloc(size * 2 + 64), 0};
	unsigned char mac[32];
	size_t n;

	if(token.s == NULL)
		abort();
	n = encode(token.s, data, header);
	token.s[n++] = '.';
	if(nul)
		n += encode(token.s + n, nul + 1, size - header - 1);
	if(gnutls_hmac_fast(
			   GNUTLS_MAC_SHA256, SECRET, strlen(SECRET), token.s, n, mac))
		abort();
	token.s[n++] = '.';
	token.len = (int)(n + encode(token.s + n, mac, sizeof(mac)));
	return token;
}

static void check(const e911_claims_t *c)
{
	if(c->key == NULL || c->subject.s != c->subject_mem || c->subject.len <= 0
			|| c->subject.len > (int)sizeof(c->subject_mem)
			|| c->contact.len > (int)sizeof(c->contact_mem)
			|| c->until <= NOW - E911_TOKEN_LEEWAY)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	e911_claims_t claims;
	str token;
	int err;

	if(size == 0 || size > 6000)
		return 0;
	if(data[0] & 1) {
		token = sign(data + 1, size - 1);
	} else {
		token.s = malloc(size);
		token.len = (int)size - 1;
		memcpy(token.s, data + 1, size - 1);
	}
	err = e911_token_read(keys, &token, NOW, &claims);
	free(token.s);
	if(err > 0 || err == E911_ERR_MEM)
		abort();
	if(err == 0)
		check(&claims);
	return 0;
}
