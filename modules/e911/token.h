/*
 * e911: tokens: signed words on who somebody is, JSON Web Tokens (RFC 7519)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signatures are libjwt's, over the bytes as they came; the key chosen, never
 * the token, says by which algorithm (RFC 8725 section 3.1). Header and claims
 * are read by json-c.
 */
#ifndef E911_TOKEN_H
#define E911_TOKEN_H

#include <time.h>
#include "aor.h"
#include "credential.h"
#include "strbuf.h"

#define E911_TOKEN_MAX 4096
#define E911_TOKEN_AUDIENCE "e911" /* of ours */
#define E911_TOKEN_LEEWAY 60	   /* s that clocks differ, RFC 7519 4.1.4 */

/* What a token says, once it is proven. */
typedef struct e911_claims
{
	const e911_credential_t *key; /* whose word it is */
	str subject;				  /* the claim that tells the AoR, as it is */
	str contact;				  /* of ours: the device; may be empty */
	time_t until;
	char subject_mem[256];
	char contact_mem[E911_CONTACT_MAX];
} e911_claims_t;

/** Writes a token of an agent, signed with his key. Both names are normal;
 * contact may be empty. SPACE, MEM. */
int e911_token_write(e911_strbuf_t *b, const e911_credential_t *key,
		const str *aor, const str *contact, time_t now, int life);
/**
 * Reads and proves one, ours by its kid, an identity provider's by its issuer.
 * VALUE: malformed, of no key of ours, forged, for another audience, not valid
 * yet, or without what is needed; OLD: it was good; LONG: a name in it; MEM.
 */
int e911_token_read(const e911_credentials_t *keys, const str *token,
		time_t now, e911_claims_t *claims);

#endif
