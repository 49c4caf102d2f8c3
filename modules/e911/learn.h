/*
 * e911: locations out of SIP requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_LEARN_H
#define E911_LEARN_H

#include "../../core/parser/msg_parser.h"

/**
 * Takes the location that a REGISTER, PUBLISH or INVITE carries as the sender's
 * own. Geolocation-Routing "no" is honoured; where it says nothing, a REGISTER
 * or PUBLISH, which ends here, is taken, an INVITE, which goes on, is not (RFC
 * 6442 4.2). 0; NONE: no location, or none for us; VALUE: the sender is not
 * proven to be who he says; others: the document is refused.
 */
int e911_learn(sip_msg_t *msg);

#endif
