/*
 * e911: what the HTTP API says of locations, as JSON
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Members of json-c's objects. Where there is no memory the member is missing
 * and the whole is not to be sent: each returns 0 or MEM.
 */
#ifndef E911_VIEW_H
#define E911_VIEW_H

#include <stdint.h>
#include <time.h>
#include "assessment.h"

struct json_object;

/** Any member; value is taken over, NULL: there was no memory for it. */
int e911_view_put(
		struct json_object *to, const char *name, struct json_object *value);
int e911_view_text(struct json_object *to, const char *name, const char *text);
int e911_view_str(struct json_object *to, const char *name, const str *text);
int e911_view_number(struct json_object *to, const char *name, int64_t n);
int e911_view_flag(struct json_object *to, const char *name, int is);
/** UTC, as RFC 3339; null for 0. */
int e911_view_time(struct json_object *to, const char *name, time_t when);
/** An item of a list, taken over as well. */
int e911_view_add(struct json_object *list, struct json_object *item);
/** The fields of a location, as json.h reads them; NULL. */
struct json_object *e911_view_location(const e911_location_t *l);
/** "suggestions": [{…},…]. */
int e911_view_suggestions(struct json_object *to, const e911_assessment_t *a);
/** "elements": {"RD":"invalid",…}, "suggestions": [{…},…]. */
int e911_view_assessment(struct json_object *to, const e911_assessment_t *a);

#endif
