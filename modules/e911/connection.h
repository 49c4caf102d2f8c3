/*
 * e911: the connection that an HTTP request came by
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers go back over it, from the process that handles the request as from
 * any that was forked to send; no new connection is ever made for one, and
 * none that came after is taken for it.
 */
#ifndef E911_CONNECTION_H
#define E911_CONNECTION_H

#include "../../core/parser/msg_parser.h"
#include "reply.h"

/** Sends what is written already. DOWN: it is gone. */
int e911_connection_send(const struct receive_info *from, const str *answer);
/** Writes an answer and sends it. MEM, DOWN. */
int e911_connection_answer(const struct receive_info *from,
		const e911_reply_t *reply, const str *body);
/** Bytes that a connection takes at once, at least: of a longer answer it may
 * be closed in the midst. */
size_t e911_connection_room(void);
/** Are answers kept by now that others do not read, of all connections so many
 * that SIP may need the rest of the room? */
int e911_connection_all_full(void);
/** Has more than this request come already? In the process that handles it. */
int e911_connection_has_more(const sip_msg_t *msg);
/** The end of a connection, in the process that handles the request: nothing
 * that has come behind it is read. An answer may still be sent before it has
 * returned to the core. */
void e911_connection_end(const sip_msg_t *msg);

#endif
