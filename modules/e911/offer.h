/*
 * e911: the offer: a link to his page for an agent who registers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In the answer to a REGISTER, as Call-Info (RFC 3261 section 20.9):
 * <PAGE#token=TOKEN>;purpose=e911-location, and reason=WORD where the gate
 * would refuse his calls.
 */
#ifndef E911_OFFER_H
#define E911_OFFER_H

#include "../../core/parser/msg_parser.h"

/**
 * Puts the header into the answer that is sent later, so it goes before
 * save(). NONE: nothing to offer: no REGISTER by which a contact comes, no page,
 * no key; VALUE: the script has not vouched for him, or he registers another;
 * SPACE, MEM.
 */
int e911_offer(sip_msg_t *msg);

#endif
