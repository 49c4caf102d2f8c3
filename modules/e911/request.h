/*
 * e911: what an HTTP request brings, as xhttp hands it over
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_REQUEST_H
#define E911_REQUEST_H

#include "../../core/parser/msg_parser.h"

/** Does Content-Type say that type, whatever its parameters? */
int e911_request_says(sip_msg_t *msg, const char *type);
/** The body, as far as it has come and Content-Length counts it; may be empty. */
void e911_request_body(sip_msg_t *msg, str *body);

#endif
