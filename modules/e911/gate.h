/*
 * e911: the gate: no ordinary call before a location is stated
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A refusal carries a word that a phone can read, in the Warning header
 * (RFC 3261 20.43) and, beside the link to the page, in Error-Info (20.18).
 * The gate never closes by a fault of ours: it opens then, and counts it.
 */
#ifndef E911_GATE_H
#define E911_GATE_H

#include "../../core/parser/msg_parser.h"
#include "cache.h"
#include "site.h"

enum e911_gate
{
	E911_GATE_OPEN,
	E911_GATE_CLOSED
};

/** loaded: have all locations been read from the database? In mod_init. */
void e911_gate_init(int (*loaded)(void));
/**
 * May this request pass? Only an INVITE that opens a dialog may be refused,
 * never an emergency or test call, nor the call of a PSAP that calls back
 * (RFC 7090). When it is closed, the answer's headers are in place.
 */
int e911_gate(sip_msg_t *msg);
/** The word for what it finds wrong with a location that was found so, of a
 * member of that site; "" for nothing. */
const char *e911_gate_word(const e911_location_t *l, const e911_finding_t *f,
		const e911_site_t *site);
/** What would be wrong with this location, as a word, where the site's gate
 * would not let its owner pass; else "". */
const char *e911_gate_foresees(const e911_location_t *l,
		const e911_finding_t *f, const e911_site_t *site);
/** What is wrong with the caller's location, for the message that the gate was
 * asked of last in this process; "" for others. */
const char *e911_gate_reason(const sip_msg_t *msg);

#endif
