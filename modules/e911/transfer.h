/*
 * e911: an outside caller whom an agent has passed on to an emergency number
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The call comes in the agent's name, but he is not in need: help is not to
 * go to his door.
 */
#ifndef E911_TRANSFER_H
#define E911_TRANSFER_H

#include "../../core/parser/msg_parser.h"

/**
 * Does this INVITE say that another's call was diverted (Diversion, RFC 5806)
 * or referred (Referred-By, RFC 3892)? Of the latter a device that is itself
 * proven is no outside caller, own is 1 then: it was sent to the number, and
 * calls from where it is.
 */
int e911_transfer(sip_msg_t *msg, int own);

#endif
