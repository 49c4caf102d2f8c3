/*
 * A call at the first step of its ladder, and the settings it is under: a site
 * and profiles made of rows. To be linked with calls profile profiles location
 * field network row strbuf err.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CALL_STUB_H
#define CALL_STUB_H

#include "../../modules/e911/calls.h"
#include "../../modules/e911/settings.h"

extern e911_settings_t call_settings;
extern e911_site_t call_site;

/** The call of alice@example.com, who is proven, to 911, without a location, at
 * a destination sip:192.0.2.10:5060 with the profile "value". One at a time. */
e911_call_t *call_new(void);
/** Gives the call up, and the settings; not 0: memory is left. */
int call_end(void);
/** The destination has a profile of these columns. */
void call_profile(e911_call_t *call, const char *columns);
void call_to(e911_call_t *call, const char *uri);
/** Puts "field=value;…" into the location, which then goes with the call. */
void call_locate(e911_call_t *call, const char *fields);
void call_put(e911_location_t *location, const char *fields);
void call_keep(e911_call_t *call, const char *text, e911_slice_t *slice);

#endif
