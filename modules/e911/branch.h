/*
 * e911: one branch of a call: what its destination gets, and where that is
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All of it speaks of the call's present step.
 */
#ifndef E911_BRANCH_H
#define E911_BRANCH_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"
#include "profile.h"

/** The profile of the destination, its variant for the location's country. */
const e911_profile_t *e911_branch_profile(const e911_call_t *call);
/** The same of another step. */
const e911_profile_t *e911_branch_profile_at(const e911_call_t *call, int step);
/** Is the caller another than the agent, whom he has passed on, and to be told
 * nothing of the agent's? */
int e911_branch_is_others(const e911_call_t *call);
/** May a number that stands for the caller's place go with the call there? */
int e911_branch_may_have_elin(const e911_call_t *call);
/** The location that goes with the call there; NULL. */
const e911_location_t *e911_branch_location(const e911_call_t *call);
/** Of those the profile names, the form that this call can have: enum
 * e911_conveyance. */
int e911_branch_form(const e911_call_t *call);
/** Goes on to a lesser form; 0: there is none. */
int e911_branch_lesser(e911_call_t *call);
/** What stands for the caller: enum e911_identity; empty where he has none. */
str e911_branch_name(const e911_call_t *call, int identity);
/** Request-URI, destination and socket. MEM, SYNTAX. */
int e911_branch_aim(sip_msg_t *msg, const e911_call_t *call);
/** Bytes on the wire, roughly. */
int e911_branch_size(sip_msg_t *msg, const e911_call_t *call);
/** enum e911_carriage that suits the message. */
int e911_branch_carriage(sip_msg_t *msg, const e911_call_t *call);
/** Does the destination's URI ask for TLS? */
int e911_branch_is_tls(const e911_call_t *call);
/** Does it go over UDP, as it is written? */
int e911_branch_is_udp(const e911_call_t *call);

#endif
