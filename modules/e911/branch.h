/*
 * e911: one branch of a call: aimed and dressed for its own destination
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All of it speaks of the call's present step.
 */
#ifndef E911_BRANCH_H
#define E911_BRANCH_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"

/** Request-URI, destination and socket. MEM, SYNTAX. */
int e911_branch_aim(sip_msg_t *msg, const e911_call_t *call);
/** Dresses the branch being built, once; never an error to the caller. */
void e911_branch_dress(sip_msg_t *msg, e911_call_t *call);
/** How the location is conveyed: enum e911_conveyance. */
int e911_branch_form(const e911_call_t *call);
/** How many forms the destination's profile has. */
int e911_branch_forms(const e911_call_t *call);
/** Bytes on the wire, roughly. */
int e911_branch_size(sip_msg_t *msg, const e911_call_t *call);
/** enum e911_carriage that suits the message. */
int e911_branch_carriage(sip_msg_t *msg, const e911_call_t *call);

#endif
