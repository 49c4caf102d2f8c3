/*
 * e911: who calls, and from which device, as the SIP message tells
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_CALLER_H
#define E911_CALLER_H

#include "../../core/parser/msg_parser.h"
#include "aor.h"
#include "cache.h"
#include "pidf.h"
#include "strbuf.h"
#include "trunk.h"

typedef struct e911_caller
{
	str aor;			  /* of the From; empty where it has none */
	e911_device_t device; /* instance, GRUU, Contact, received address */
	/* where he is heard from, without a rule; behind a trunk only the network,
	 * if the trunk tells it */
	e911_where_from_t from;
	const e911_trunk_t *trunk; /* whose word it is; NULL: the message's */
	int named;				   /* the names are read */
	int too_long;			   /* the AoR is, and left empty */
	char aor_mem[E911_AOR_MAX];
	char mem[E911_DEVICE_NAMES][E911_CONTACT_MAX];
} e911_caller_t;

/** Reads what is there, but for the names of the device; a header that does not
 * parse is as if absent. */
void e911_caller_read(
		sip_msg_t *msg, const e911_trunks_t *trunks, e911_caller_t *caller);
/** The names of the device, unless they are read already. */
void e911_caller_names(sip_msg_t *msg, e911_caller_t *caller);
/** One more name of the device, if there is room and it is not there yet. */
void e911_caller_add_name(e911_caller_t *caller, const str *given);
/** Is the AoR of the To his own? In a REGISTER it may be another's, RFC 3261
 * section 10.2. */
int e911_caller_registers_himself(sip_msg_t *msg, const e911_caller_t *caller);
/** The address a message came from. */
void e911_caller_source(const sip_msg_t *msg, e911_network_t *network);
#define E911_CALLER_URIS_MAX (3 * (E911_AOR_MAX + E911_CONTACT_MAX) + 64)

/** What a PIDF-LO of his says besides the location: whose it is, as URIs in
 * mem; until when it may be kept. Both may be empty. who: e911_hash() of the
 * AoR. SPACE. */
int e911_caller_describe(const str *aor, uint64_t who, const str *device,
		char mem[E911_CALLER_URIS_MAX], e911_pidf_how_t *how);

#endif
