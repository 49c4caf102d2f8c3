/*
 * e911: location from JSON, as API and RPC write it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One flat object of strings: {"country":"US","A1":"TX","RD":"Congress"}.
 */
#ifndef E911_JSON_H
#define E911_JSON_H

#include "location.h"

struct json_object;

#define E911_JSON_MAX 16384
#define E911_JSON_NAME_MAX 40

/**
 * Strict RFC 8259, by json-c. Errors: SPACE, SYNTAX (also anything behind the
 * object), DEPTH, TEXT (not UTF-8, or
 * \u0000 in it), TYPE (no object, or a member that is no
 * string), NAME (no such field, or one of validation, unless the origin is the
 * database), MEM, and those of e911_location_set and
 * _check. Of two members of one name json-c keeps the last. bad receives the
 * member's name, NUL-terminated, cut, "" where none is at fault; it is the
 * caller's own text, not checked. l is written only on success.
 */
int e911_json_read(e911_location_t *l, const str *text, int origin, time_t now,
		char bad[E911_JSON_NAME_MAX]);
/** Text alone, nested at most so deep; the object is the caller's to put. */
int e911_json_parse(const str *text, int depth, struct json_object **object);
/** A location out of an object that is read already. */
int e911_json_location(e911_location_t *l, struct json_object *object,
		int origin, time_t now, char bad[E911_JSON_NAME_MAX]);

#endif
