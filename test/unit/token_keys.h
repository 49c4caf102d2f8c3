/*
 * Keys of identity providers, made anew for each run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TOKEN_KEYS_H
#define TOKEN_KEYS_H

#include <stdlib.h>
#include <string.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

/** A pair as PEM, C strings to be given to free(). */
static inline void make_pair(gnutls_pk_algorithm_t kind, unsigned int bits,
		char **private, char **public)
{
	gnutls_x509_privkey_t key;
	gnutls_pubkey_t half;
	gnutls_privkey_t whole;
	gnutls_datum_t pem;

	if(gnutls_x509_privkey_init(&key) || gnutls_pubkey_init(&half)
			|| gnutls_privkey_init(&whole)
			|| gnutls_x509_privkey_generate(key, kind, bits, 0)
			|| gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem))
		abort();
	*private = strndup((char *)pem.data, pem.size);
	gnutls_free(pem.data);
	if(gnutls_privkey_import_x509(whole, key, 0)
			|| gnutls_pubkey_import_privkey(half, whole, 0, 0)
			|| gnutls_pubkey_export2(half, GNUTLS_X509_FMT_PEM, &pem))
		abort();
	*public = strndup((char *)pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_privkey_deinit(whole);
	gnutls_pubkey_deinit(half);
	gnutls_x509_privkey_deinit(key);
}

#endif
