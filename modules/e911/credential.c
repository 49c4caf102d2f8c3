/*
 * e911: credentials
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include "../../core/mem/shm_mem.h"
#include "credential.h"
#include "row.h"
#include "err.h"

#define RSA_BITS_MIN 2048 /* RFC 7518 section 3.3 */
#define EC_BITS 256		  /* section 3.4: P-256 */
#define PATH_MAX_LEN 256

struct e911_credentials
{
	int n;
	e911_credential_t *key[E911_CREDENTIALS_MAX];
};

enum kind
{
	KIND_TEXT,
	KIND_WORD,
	KIND_FILE,
	KIND_ENV
};

#define BIT(use) (1u << (use))
#define AGENT BIT(E911_USE_AGENT)
#define IDP BIT(E911_USE_IDP)
#define OPERATOR BIT(E911_USE_OPERATOR)
#define ALL (AGENT | IDP | OPERATOR)
#define AT(member) offsetof(e911_credential_t, member)
#define SIZE(member) sizeof(((e911_credential_t *)0)->member)

static const char *const uses[] = {"agent", "idp", "operator", NULL};
static const char *const roles[] = {"none", "read", "edit", "admin", NULL};
static const char *const algs[] = {"HS256", "RS256", "ES256", NULL};

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned char whose; /* uses that may have it */
	unsigned char needed; /* uses that must */
	unsigned short offset;
	unsigned short size;
	const char *const *words;
	int least; /* of a word */
} columns[] = {
	{"id", KIND_TEXT, ALL, ALL, AT(id), SIZE(id), NULL, 0},
	{"use", KIND_WORD, ALL, ALL, AT(use), 0, uses, 0},
	{"alg", KIND_WORD, IDP, IDP, AT(alg), 0, algs, E911_ALG_RS256},
	{"role", KIND_WORD, OPERATOR, OPERATOR, AT(role), 0, roles,
		E911_ROLE_READ},
	{"kid", KIND_TEXT, IDP, 0, AT(kid), SIZE(kid), NULL, 0},
	{"issuer", KIND_TEXT, IDP, IDP, AT(issuer), SIZE(issuer), NULL, 0},
	{"audience", KIND_TEXT, IDP, IDP, AT(audience), SIZE(audience), NULL, 0},
	{"aor", KIND_TEXT, IDP, 0, AT(claim), SIZE(claim), NULL, 0},
	{"domain", KIND_TEXT, IDP, 0, AT(domain), SIZE(domain), NULL, 0},
	{"file", KIND_FILE, ALL, 0, 0, 0, NULL, 0},
	{"env", KIND_ENV, ALL, 0, 0, 0, NULL, 0},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof(*table))
#define COLUMNS COUNT(columns)

/* The keys that stand in the row, in its memory; NULL: it does not. */
struct given
{
	str key[COLUMNS];
};

int e911_credentials_new(e911_credentials_t **keys)
{
	e911_credentials_t *k = shm_mallocxz(sizeof(*k));

	if(k == NULL)
		return E911_ERR_MEM;
	*keys = k;
	return E911_OK;
}

static void drop(e911_credential_t *key)
{
	gnutls_memset(key, 0, sizeof(*key));
	shm_free(key);
}

void e911_credentials_free(e911_credentials_t *keys)
{
	int i;

	if(keys == NULL)
		return;
	for(i = 0; i < keys->n; i++)
		drop(keys->key[i]);
	shm_free(keys);
}

/* ----- secrets ----- */

/* one byte more than there may be, so that too much is seen */
static int read_file(e911_credential_t *key, const char *path)
{
	FILE *file = fopen(path, "rb");
	int err = E911_OK;

	if(file == NULL)
		return E911_ERR_NONE;
	/* no copy of it stays behind in a buffer */
	setvbuf(file, NULL, _IONBF, 0);
	key->len = fread(key->secret, 1, sizeof(key->secret), file);
	if(ferror(file))
		err = E911_ERR_NONE;
	else if(key->len == sizeof(key->secret))
		err = E911_ERR_LONG;
	fclose(file);
	return err;
}

static int read_env(e911_credential_t *key, const char *name)
{
	const char *value = getenv(name);

	if(value == NULL)
		return E911_ERR_NONE;
	key->len = strlen(value);
	if(key->len >= sizeof(key->secret))
		return E911_ERR_LONG;
	memcpy(key->secret, value, key->len);
	return E911_OK;
}

static int read_secret(e911_credential_t *key, int kind, const str *value)
{
	char name[PATH_MAX_LEN];
	int err = e911_row_text(name, sizeof(name), value);

	if(!err)
		err = kind == KIND_FILE ? read_file(key, name) : read_env(key, name);
	/* the end of its line is none of it */
	while(!err && key->len
			&& (key->secret[key->len - 1] == '\n'
					|| key->secret[key->len - 1] == '\r'))
		key->len--;
	return err;
}

static int digest_of(const void *s, size_t len, unsigned char *digest)
{
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, s, len, digest) < 0
				   ? E911_ERR_MEM
				   : E911_OK;
}

/* Is it a public key, and one of the kind that the row says? */
static int check_public(const e911_credential_t *key)
{
	gnutls_datum_t pem = {(unsigned char *)key->secret, (unsigned int)key->len};
	gnutls_pubkey_t public;
	unsigned int bits = 0;
	int kind = -1;

	if(gnutls_pubkey_init(&public) < 0)
		return E911_ERR_MEM;
	if(gnutls_pubkey_import(public, &pem, GNUTLS_X509_FMT_PEM) == 0)
		kind = gnutls_pubkey_get_pk_algorithm(public, &bits);
	gnutls_pubkey_deinit(public);
	if(key->alg == E911_ALG_RS256)
		return kind == GNUTLS_PK_RSA && bits >= RSA_BITS_MIN ? E911_OK
															 : E911_ERR_VALUE;
	return kind == GNUTLS_PK_ECDSA && bits == EC_BITS ? E911_OK
													  : E911_ERR_VALUE;
}

static int check_secret(e911_credential_t *key)
{
	int err;

	if(key->use == E911_USE_IDP)
		err = check_public(key);
	else
		err = key->len < E911_CREDENTIAL_SECRET_MIN ? E911_ERR_VALUE : E911_OK;
	if(!err)
		err = digest_of(key->secret, key->len, key->digest);
	if(err || key->use != E911_USE_OPERATOR)
		return err;
	/* what he shows is compared by its digest alone */
	gnutls_memset(key->secret, 0, sizeof(key->secret));
	key->len = 0;
	return E911_OK;
}

/* ----- rows ----- */

static int put_word(int *to, const struct column *c, const str *value)
{
	int word = e911_row_word(c->words, value);

	if(word < c->least)
		return E911_ERR_VALUE;
	*to = word;
	return E911_OK;
}

static int put_column(
		e911_credential_t *key, const struct column *c, const str *value)
{
	void *to = (char *)key + c->offset;

	if(c->kind == KIND_TEXT)
		return e911_row_text(to, c->size, value);
	if(c->kind == KIND_WORD)
		return put_word(to, c, value);
	return read_secret(key, c->kind, value);
}

static int put(e911_credential_t *key, const str *name, const str *value,
		struct given *given)
{
	size_t i;

	for(i = 0; i < COLUMNS; i++) {
		if(!e911_row_is(name, columns[i].name))
			continue;
		if(given->key[i].s)
			return E911_ERR_TWICE;
		given->key[i] = *name;
		return put_column(key, &columns[i], value);
	}
	return E911_ERR_NAME;
}

/* where the secret is from: a file or a variable, not both */
static int check_source(const struct given *given, str *bad)
{
	str file = given->key[COLUMNS - 2], env = given->key[COLUMNS - 1];

	if(file.s && env.s) {
		*bad = env;
		return E911_ERR_TWICE;
	}
	if(!file.s && !env.s)
		return E911_ERR_MISSING;
	*bad = file.s ? file : env;
	return E911_OK;
}

static int check(e911_credential_t *key, const struct given *given, str *bad)
{
	size_t i;
	int err;

	for(i = 0; i < COLUMNS; i++) {
		if(given->key[i].s == NULL && (columns[i].needed & BIT(key->use)))
			return E911_ERR_MISSING;
		if(given->key[i].s && !(columns[i].whose & BIT(key->use))) {
			*bad = given->key[i];
			return E911_ERR_VALUE;
		}
	}
	if(key->claim[0] == '\0')
		strcpy(key->claim, "sub");
	err = check_source(given, bad);
	return err ? err : check_secret(key);
}

static int fill(e911_credential_t *key, const str *row, str *bad)
{
	str rest = *row, value;
	struct given given = {0};
	int err, got;

	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(key, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	return check(key, &given, bad);
}

static int place(e911_credentials_t *keys, e911_credential_t *key)
{
	int i;

	for(i = 0; i < keys->n; i++)
		if(strcmp(keys->key[i]->id, key->id) == 0
				|| (key->use != E911_USE_IDP
						&& gnutls_memcmp(keys->key[i]->digest, key->digest,
								   E911_CREDENTIAL_DIGEST)
								   == 0))
			return E911_ERR_TWICE;
	if(keys->n == E911_CREDENTIALS_MAX)
		return E911_ERR_FULL;
	keys->key[keys->n++] = key;
	return E911_OK;
}

int e911_credentials_add(e911_credentials_t *keys, const str *row, str *bad)
{
	e911_credential_t *key = shm_mallocxz(sizeof(*key));
	int err;

	*bad = *row;
	if(key == NULL)
		return E911_ERR_MEM;
	err = fill(key, row, bad);
	if(!err) {
		*bad = *row;
		err = place(keys, key);
	}
	if(err)
		drop(key);
	return err;
}

/* ----- asked ----- */

const e911_credential_t *e911_credentials_signer(const e911_credentials_t *keys)
{
	int i;

	for(i = 0; i < keys->n; i++)
		if(keys->key[i]->use == E911_USE_AGENT)
			return keys->key[i];
	return NULL;
}

const e911_credential_t *e911_credentials_agent(
		const e911_credentials_t *keys, const str *id)
{
	int i;

	for(i = 0; i < keys->n; i++)
		if(keys->key[i]->use == E911_USE_AGENT
				&& e911_row_is(id, keys->key[i]->id))
			return keys->key[i];
	return NULL;
}

/* all are compared, whichever it is */
const e911_credential_t *e911_credentials_operator(
		const e911_credentials_t *keys, const str *secret)
{
	unsigned char digest[E911_CREDENTIAL_DIGEST];
	const e911_credential_t *found = NULL;
	int i;

	if(digest_of(secret->s, (size_t)secret->len, digest))
		return NULL;
	for(i = 0; i < keys->n; i++)
		if(keys->key[i]->use == E911_USE_OPERATOR
				&& gnutls_memcmp(
						   keys->key[i]->digest, digest, E911_CREDENTIAL_DIGEST)
						   == 0)
			found = keys->key[i];
	return found;
}

const e911_credential_t *e911_credentials_nth(
		const e911_credentials_t *keys, int index)
{
	return index >= 0 && index < keys->n ? keys->key[index] : NULL;
}

const char *e911_alg_name(int alg)
{
	return algs[alg];
}
