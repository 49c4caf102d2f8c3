/*
 * e911: one branch of a call, dressed for its own destination
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Location, identity, headers and additional data as the profile of the call's
 * present step has them.
 */
#ifndef E911_DRESS_H
#define E911_DRESS_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"

/** Dresses the branch being built, once; never an error to the caller. */
void e911_dress(sip_msg_t *msg, e911_call_t *call);
/** What this process has put into that branch of the call, if it dressed it
 * last: the form, and the document if one went, until the next is dressed; -1:
 * it was another's. */
int e911_dress_last(const e911_call_t *call, int branch, str *document);

#endif
