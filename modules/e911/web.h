/*
 * e911: references to locations, over HTTP
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For event_route[xhttp:request]: module xhttp has the connections, the answer
 * goes back by it. RFC 6753 section 3, RFC 5985 section 8.
 */
#ifndef E911_WEB_H
#define E911_WEB_H

#include "../../core/parser/msg_parser.h"

/** In mod_init, if references are given or pages served. certificate: module tls is asked for
 * the client's. NONE: xhttp is not there; MISSING: tls is not. */
int e911_web_init(int certificate);
/** Answers a request for a page or below the path of references; 0: it is
 * none. */
int e911_web(sip_msg_t *msg);

#endif
