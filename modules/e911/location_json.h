/*
 * e911: the fields of a location, written as JSON text
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_LOCATION_JSON_H
#define E911_LOCATION_JSON_H

#include "location.h"
#include "strbuf.h"

/** {"country":"US",…}: those that told() is not 0 for; NULL: all. */
void e911_location_json(
		e911_strbuf_t *b, const e911_location_t *l, int (*told)(int id));

#endif
