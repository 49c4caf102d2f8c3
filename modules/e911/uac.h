/*
 * e911: requests of our own
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Those to one who has sent us his go back the way that came, whatever his
 * Contact says: behind a NAT there is no other. Sent and forgotten.
 */
#ifndef E911_UAC_H
#define E911_UAC_H

#include "../../core/parser/msg_parser.h"

/* The final answer to an OPTIONS; 408 where none came. In any process. */
typedef void (*e911_uac_f)(unsigned long id, int code);

/** In mod_init. NONE: tm is not there. */
int e911_uac_init(void);
/** An OPTIONS to a destination; socket and outbound may be empty. MEM: not
 * sent, and nothing will be told. */
int e911_uac_probe(const str *uri, const str *socket, const str *outbound,
		e911_uac_f told, unsigned long id);
/** A MESSAGE to the phone that sent this request, from whom it was sent to.
 * SYNTAX: the request has no From, To or Contact to be read; MEM. */
int e911_uac_message(sip_msg_t *msg, const char *type, const str *text);
/** A BYE once his ACK to the 200 comes that this INVITE is about to get.
 * Errors as above, and of a request without a transaction. */
int e911_uac_hang_up(sip_msg_t *msg);

#endif
