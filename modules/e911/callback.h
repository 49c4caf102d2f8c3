/*
 * e911: the PSAP calls back
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6881 SP-35 and ED-68: for 30 minutes a call back is to reach the very
 * device that called, whatever else is set up for it. RFC 7090 section 5: who
 * calls back is known by where the call comes from, and a marking Priority:
 * psap-callback counts only from there.
 */
#ifndef E911_CALLBACK_H
#define E911_CALLBACK_H

#include "../../core/parser/msg_parser.h"

/**
 * Is this INVITE a call back? 1: Request-URI, destination, path and socket are
 * now those of the first way to the caller that there is: the contact that
 * called; the AoR's others; where the call came from; his site's answering
 * point. Asked once more for the same request, also in failure_route, it is the
 * next way. 0: it is no call back, or no way is left; the message goes where it
 * went before. In either case a marking of an untrusted source is taken out.
 */
int e911_callback(sip_msg_t *msg);
/** Takes a marking of an untrusted source out of any other request. */
void e911_callback_guard(sip_msg_t *msg);

#endif
