/*
 * e911: MESSAGE requests of our own (RFC 3428), by Kamailio's tm
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sent by a process of our own: looking up a name may take a while. Answered in
 * any process.
 */
#ifndef E911_MESSAGE_H
#define E911_MESSAGE_H

#include <stdint.h>
#include "../../core/str.h"

/* RFC 3428 section 8: more is not for paths whose congestion is not known */
#define E911_MESSAGE_TEXT_MAX 1200

typedef struct e911_message
{
	const char *to, *from; /* URIs */
	const char *outbound;  /* where it is sent instead; empty: to */
	str text;			   /* UTF-8; what is too long is left out */
	str id;				   /* X-E911-Notice */
	int urgent;
} e911_message_t;

/** Called once for each that was sent; code: its final answer, 408 for none. */
typedef void (*e911_message_f)(uint64_t number, int code);

/** In mod_init. NONE: there is no tm. */
int e911_message_init(e911_message_f answered);
/** Sends it; number is given back with the answer. DOWN; SPACE. */
int e911_message_send(const e911_message_t *message, uint64_t number);

#endif
