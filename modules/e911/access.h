/*
 * e911: access: whose request over HTTP it is, and what he may
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_ACCESS_H
#define E911_ACCESS_H

#include <string.h>
#include <strings.h>
#include <time.h>
#include "../../core/trim.h"
#include "aor.h"
#include "credential.h"

enum e911_who
{
	E911_NOBODY,
	E911_AGENT,
	E911_OPERATOR
};

typedef struct e911_access
{
	int who;
	int role; /* of an operator: enum e911_role */
	/* of an agent, in normal form; an empty contact is the AoR as a whole */
	str aor;
	str contact;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
	char key[E911_CREDENTIAL_ID_MAX]; /* id of the row */
	time_t until;					  /* of a token; 0: as long as the row is */
} e911_access_t;

/**
 * Who shows this: what stands behind "Bearer " (RFC 6750 section 2.1). MISSING:
 * nothing; VALUE: forged, malformed, of no key of ours, of nobody who could be
 * an agent; OLD: it was good; MEM. What is refused is counted. Waits for
 * nobody.
 */
int e911_access_read(const str *token, e911_access_t *access);

/** The token in an Authorization header, RFC 6750 section 2.1; empty. */
static inline str e911_access_bearer(const str *authorization)
{
	str token = *authorization;

	if(token.len <= 7 || strncasecmp(token.s, "Bearer ", 7) != 0) {
		token.len = 0;
		return token;
	}
	token.s += 7;
	token.len -= 7;
	trim(&token);
	return token;
}

#endif
