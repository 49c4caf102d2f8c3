/*
 * e911: is the caller who he says he is?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Anyone can write a From. A stored address goes only with a caller who is
 * proven; or police would go to an agent's door at a stranger's word. The call
 * itself always goes.
 */
#ifndef E911_PROOF_H
#define E911_PROOF_H

#include "caller.h"
#include "site.h"

enum e911_proof
{
	E911_PROOF_NONE,
	E911_PROOF_ADDRESS, /* from the IP address that the contact registered from */
	E911_PROOF_FLOW,	/* over the registered contact's connection or port */
	E911_PROOF_DIGEST, /* the script vouches for his password */
	E911_PROOF_TRUNK,  /* at a trusted trunk's word */
	E911_PROOF_SCRIPT  /* the script vouches for him, without a password */
};

/** Who calls, and over what; not yet by what names. */
void e911_proof_read(sip_msg_t *msg, e911_caller_t *caller);
/**
 * His location, as e911_cache_find(); what proves, before the script has looked
 * at a password, that it is his. Waits for nobody: usrloc is asked only where
 * it does not wait for a database.
 */
int e911_proof_locate(sip_msg_t *msg, e911_caller_t *caller,
		const e911_site_t *site, e911_location_t *l, e911_finding_t *f);
/** What proves him by his registration, for requests that may wait; the names
 * of his device are read, those that it was registered under first. */
int e911_proof_registered(sip_msg_t *msg, e911_caller_t *caller);
/** The script vouches for the caller of this message: it has checked his
 * password, or knows him otherwise. */
void e911_proof_vouch(const sip_msg_t *msg);
/**
 * What proves him now, by the site's rules; before is what was found before. A script's word on one user's password is no word on another's From:
 * the user must be the AoR's, of its domain or of one of the site's realms.
 */
int e911_proof_now(
		sip_msg_t *msg, const str *aor, const e911_site_t *site, int before);
/** A password was given from there, so that is where he is: his records are
 * told, unless it is a trunk that speaks. site: id, 0: as it was. */
void e911_proof_hear(
		sip_msg_t *msg, e911_caller_t *caller, int proof, uint32_t site);
/** The script vouches for a password, but it is another user's. */
int e911_proof_is_anothers(
		sip_msg_t *msg, const str *aor, const e911_site_t *site);
/** Has the message any credentials, checked or not? */
int e911_proof_tries(sip_msg_t *msg);
const char *e911_proof_name(int proof);

#endif
