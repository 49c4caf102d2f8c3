/*
 * e911: credentials: the keys by which a request over HTTP is somebody's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three uses: with an agent's key we sign his tokens and know them again; an
 * identity provider's is its public key; an operator's is a secret that he
 * shows. What is secret is read out of a file or the environment, stands in no
 * row, and is shown to nobody. Built in shared memory by one process, then
 * only read.
 */
#ifndef E911_CREDENTIAL_H
#define E911_CREDENTIAL_H

#include <stddef.h>
#include "../../core/str.h"

#define E911_CREDENTIALS_MAX 64
#define E911_CREDENTIAL_ID_MAX 32
#define E911_CREDENTIAL_SECRET_MIN 32
#define E911_CREDENTIAL_SECRET_MAX 2048 /* of a file, a public key in PEM */
#define E911_CREDENTIAL_DIGEST 32

enum e911_use
{
	E911_USE_AGENT,	  /* HMAC, RFC 7518 section 3.2: ours */
	E911_USE_IDP,	  /* the operator's identity provider's */
	E911_USE_OPERATOR /* a secret of an operator */
};

/* Each may all that those before it may. */
enum e911_role
{
	E911_ROLE_NONE,
	E911_ROLE_READ,
	E911_ROLE_EDIT, /* locations */
	E911_ROLE_ADMIN /* sites, settings */
};

/* RFC 7518 section 3.1 */
enum e911_alg
{
	E911_ALG_HS256,
	E911_ALG_RS256,
	E911_ALG_ES256
};

typedef struct e911_credential
{
	char id[E911_CREDENTIAL_ID_MAX];
	int use;
	int alg;
	int role;
	/* of an identity provider's tokens */
	char kid[128]; /* its name of the key; empty: whatever it is */
	char issuer[256];
	char audience[256];
	char claim[64];	  /* that tells the AoR */
	char domain[128]; /* of one that has no host */
	/* private: the secret, of an operator not even that; PEM */
	size_t len;
	unsigned char secret[E911_CREDENTIAL_SECRET_MAX];
	unsigned char digest[E911_CREDENTIAL_DIGEST];
} e911_credential_t;

typedef struct e911_credentials e911_credentials_t;

int e911_credentials_new(e911_credentials_t **keys);
void e911_credentials_free(e911_credentials_t *keys);
/**
 * Adds "id=…;use=agent;file=…", "id=…;use=idp;alg=RS256|ES256;file=…;
 * issuer=…;audience=…;kid=…;aor=CLAIM;domain=…" or "id=…;use=operator;
 * role=read|edit|admin;file=…"; env=NAME in place of file. Errors: those of
 * rows, FULL, MEM; TWICE for an id or a secret; MISSING: a column that is
 * needed; NONE: no such file or variable; VALUE: not of this use, a secret of
 * less than 32 bytes, no public key of this kind; LONG. bad is the key at
 * fault, in the row's memory.
 */
int e911_credentials_add(e911_credentials_t *keys, const str *row, str *bad);
/** The agents' key that signs: the first; NULL. */
const e911_credential_t *e911_credentials_signer(
		const e911_credentials_t *keys);
/** The agents' key of that id; NULL. */
const e911_credential_t *e911_credentials_agent(
		const e911_credentials_t *keys, const str *id);
/** Whose secret this is, in a time that tells nothing; NULL. */
const e911_credential_t *e911_credentials_operator(
		const e911_credentials_t *keys, const str *secret);
const e911_credential_t *e911_credentials_nth(
		const e911_credentials_t *keys, int index);
const char *e911_alg_name(int alg);

#endif
