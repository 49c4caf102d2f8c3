/*
 * e911: location from JSON, as API and RPC write it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One flat object of strings: {"country":"US","A1":"TX","RD":"Congress"}.
 * Read here and not by json-c, which keeps the last of two members of one name
 * without a word, cuts a name at \u0000 and, out of memory, a value.
 */
#ifndef E911_JSON_H
#define E911_JSON_H

#include "location.h"

#define E911_JSON_MAX 16384
#define E911_JSON_NAME_MAX 40

/**
 * Strict RFC 8259. Errors: SPACE, SYNTAX (also anything behind the object),
 * TYPE (no object, or a member that is no string), NAME (no such field), and
 * those of e911_location_set and _check; TWICE also for a member that was
 * empty before. bad receives the member's name, NUL-terminated, cut, "" where
 * none is at fault. l is written only on success. Allocates nothing.
 */
int e911_json_read(e911_location_t *l, const str *text, int origin, time_t now,
		char bad[E911_JSON_NAME_MAX]);

#endif
