/*
 * e911: the location that a SIP request carries itself
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6442: a Geolocation header whose cid: names a part of the body, or the
 * body, that is a PIDF-LO document.
 */
#ifndef E911_PHONE_H
#define E911_PHONE_H

#include "../../core/parser/msg_parser.h"
#include "location.h"

/**
 * Reads the document that the first cid: of a Geolocation header names. NONE:
 * there is no such value, or nothing that it names; SYNTAX: the headers do not
 * parse; and what e911_pidf_read answers (OLD: past its retention). l only on
 * success.
 */
int e911_phone_read(sip_msg_t *msg, e911_location_t *l);
/**
 * May who is not the recipient look at it? RFC 6442 4.2: 1 yes, 0 an explicit
 * no (or what counts as one), -1 nothing said, which counts as no.
 */
int e911_phone_permits(sip_msg_t *msg);

#endif
