/*
 * e911: HTTP: the API, and references to locations
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
/** The API is below that path, which is kept; in mod_init. */
void e911_web_open(const str *path);
/** Answers a request for a page, of the API, or below the path of references;
 * 0: it is none of them. */
int e911_web(sip_msg_t *msg);

#endif
