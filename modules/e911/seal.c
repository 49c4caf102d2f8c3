/*
 * e911: a seal on a document
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gnutls/crypto.h>
#include "seal.h"
#include "err.h"

#define DIGEST 32

int e911_seal_write(e911_strbuf_t *b, const char *key, time_t when,
		const char *document, size_t len)
{
	unsigned char digest[DIGEST];
	gnutls_hmac_hd_t h;
	size_t begin;
	int refused;

	if(gnutls_hmac_init(&h, GNUTLS_MAC_SHA256, key, strlen(key)) < 0)
		return E911_ERR_NONE;
	E911_STRBUF_LIT(b, "t=");
	begin = b->len;
	e911_strbuf_put_num(b, when > 0 ? (unsigned long)when : 0);
	refused = gnutls_hmac(h, b->s + begin, b->len - begin) < 0
			  || gnutls_hmac(h, ".", 1) < 0
			  || gnutls_hmac(h, document, len) < 0;
	gnutls_hmac_deinit(h, digest);
	if(refused)
		return E911_ERR_NONE;
	E911_STRBUF_LIT(b, ",v1=");
	e911_strbuf_put_hex(b, digest, DIGEST);
	return b->err;
}
