/*
 * e911: requests of our own to the one who has sent us his
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * They go back the way his request came, whatever his Contact says: behind a
 * NAT there is no other. Sent and forgotten.
 */
#ifndef E911_UAC_H
#define E911_UAC_H

#include "../../core/parser/msg_parser.h"

/** In mod_init. NONE: tm is not there. */
int e911_uac_init(void);
/** A MESSAGE to the phone that sent this request, from whom it was sent to.
 * SYNTAX: the request has no From, To or Contact to be read; MEM. */
int e911_uac_message(sip_msg_t *msg, const char *type, const str *text);
/** A BYE once his ACK to the 200 comes that this INVITE is about to get.
 * Errors as above, and of a request without a transaction. */
int e911_uac_hang_up(sip_msg_t *msg);

#endif
