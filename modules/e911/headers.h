/*
 * e911: the headers of a message, as far as they are wanted
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_HEADERS_H
#define E911_HEADERS_H

#include "../../core/parser/msg_parser.h"

/** parse_headers(), but that the message stays fit for another try: a parser
 * that ran out of memory begins anew behind the last header it has. 0; -1. */
int e911_headers(sip_msg_t *msg, hdr_flags_t wanted);
/** What stands in the first header of that name; NULL, also where they cannot be
 * read. */
const str *e911_headers_find(sip_msg_t *msg, const char *name);
/** How many of that name there are, of those that are read. */
int e911_headers_count(const sip_msg_t *msg, const char *name);

#endif
