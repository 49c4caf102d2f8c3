/*
 * e911: the Geolocation and Geolocation-Routing headers, RFC 6442 section 4
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_GEOLOCATION_H
#define E911_GEOLOCATION_H

#include "../../core/str.h"

typedef struct e911_locator
{
	str uri;	/* between the angle brackets */
	str params; /* behind them, without the first ";"; may be empty */
} e911_locator_t;

enum e911_routing
{
	E911_ROUTING_NO,
	E911_ROUTING_YES
};

/**
 * Takes the next locationValue off the front of a header body (a comma list,
 * folding allowed). 1: one taken; 0: the end; E911_ERR_SYNTAX: no angle
 * brackets, no URI scheme, an unknown scheme (only cid, sip, sips, pres, http,
 * https may stand there), characters no URI has, a dangling comma. A value at
 * fault is taken off as well, so that a caller may go on with the others.
 */
int e911_geolocation_next(str *rest, e911_locator_t *value);
/**
 * The content id a cid: URI names, unescaped into mem; RFC 2392. In the message
 * it stands as <content_id>. E911_ERR_TYPE: no cid: URI; E911_ERR_SPACE: longer
 * than max; E911_ERR_SYNTAX: malformed escape, or a byte no such id has.
 */
int e911_geolocation_cid(const str *uri, char *mem, int max, str *content_id);
/** RFC 6442 4.2: anything but "yes" (in any case) counts as no. */
int e911_geolocation_routing(const str *body);

#endif
