/*
 * e911: a test call that is answered here: what a real one would be
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6881 section 15: to a device that tests by itself and wants no media, a
 * 200 with a text; to a phone with somebody at it, a final refusal whose reason
 * phrase says it, for that is what phones show; no audio is to be had here.
 */
#ifndef E911_REHEARSAL_H
#define E911_REHEARSAL_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"

#define E911_REHEARSAL_REASON_MAX 96

typedef struct e911_rehearsal
{
	int code; /* 200 or 603 */
	char reason[E911_REHEARSAL_REASON_MAX];
} e911_rehearsal_t;

/**
 * Reviews a call that is settled and has its ladder, puts the answer's body and
 * headers in place, and sends the MESSAGE if there is to be one. On an error
 * the call is as before, and may go to the ERSP.
 */
int e911_rehearse(sip_msg_t *msg, e911_call_t *call, e911_rehearsal_t *answer);
/** Is this a request inside a dialog that such a 200 has begun? */
int e911_rehearsal_has(sip_msg_t *msg);

#endif
