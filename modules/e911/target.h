/*
 * e911: where a request goes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that tells it, as one thing: Request-URI, destination, path, socket,
 * flags and further branches. It changes as a whole, or not at all.
 */
#ifndef E911_TARGET_H
#define E911_TARGET_H

#include "../../core/flags.h"
#include "../../core/qvalue.h"
#include "../../core/parser/msg_parser.h"

typedef struct e911_target
{
	str uri;
	str destination;
	str path;
	str instance;
	str ruid;
	str agent;
	struct socket_info *socket;
	unsigned int reg_id;
	int connection;
	qvalue_t q;
	flag_t flags;
	int is_new;			   /* tm has not sent to it yet */
	unsigned int branches; /* that the script has added */
} e911_target_t;

/** Takes what is set out of a message, which is then as it was received. To be
 * given to one of the other two. */
void e911_target_take(sip_msg_t *msg, e911_target_t *target);
/** Puts it back in place of what was set meanwhile. */
void e911_target_restore(sip_msg_t *msg, const e911_target_t *target);
/** What was set meanwhile stays. */
void e911_target_drop(sip_msg_t *msg, const e911_target_t *target);

#endif
