/*
 * e911: settings that may change at run time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#define DAY 86400

struct cfg_group_e911 default_e911_cfg = {
		4000, 0, 0, DAY, DAY, 2000, 1800, 6 * 3600, 1500, 3600, 6000, 300, 0};
void *e911_cfg = &default_e911_cfg;

/* clang-format off */
cfg_def_t e911_cfg_def[] = {
	{"fr", CFG_VAR_INT | CFG_ATOMIC, 100, 120000, 0, 0,
		"milliseconds without a ringing before the next destination"},
	{"ring", CFG_VAR_INT | CFG_ATOMIC, 0, 3600000, 0, 0,
		"milliseconds of ringing before the next destination, 0: never"},
	{"geolocation_first", CFG_VAR_INT | CFG_ATOMIC, 0, 1, 0, 0,
		"1: our locationValue stands before the phone's own"},
	{"retention", CFG_VAR_INT | CFG_ATOMIC, 0, 365 * DAY, 0, 0,
		"seconds until a recipient is to drop the location, 0: not said"},
	{"grace", CFG_VAR_INT | CFG_ATOMIC, 0, 365 * DAY, 0, 0,
		"seconds that a location outlives the registration of its contact"},
	{"durable_wait", CFG_VAR_INT | CFG_ATOMIC, 0, 60000, 0, 0,
		"milliseconds that a durable command waits for the database"},
	{"callback_window", CFG_VAR_INT | CFG_ATOMIC, 60, DAY, 0, 0,
		"seconds that an emergency call is remembered after its end"},
	{"call_max", CFG_VAR_INT | CFG_ATOMIC, 60, 7 * DAY, 0, 0,
		"seconds after which a call whose end was not seen counts as ended"},
	{"validate_wait", CFG_VAR_INT | CFG_ATOMIC, 0, 60000, 0, 0,
		"milliseconds that a command waits for a validator"},
	{"token_life", CFG_VAR_INT | CFG_ATOMIC, 60, 7 * DAY, 0, 0,
		"seconds that an agent's token is good"},
	{"web_rate", CFG_VAR_INT | CFG_ATOMIC, 0, 1000000, 0, 0,
		"requests a minute that one source may make over HTTP, 0: any"},
	{"web_refusals", CFG_VAR_INT | CFG_ATOMIC, 0, 1000000, 0, 0,
		"of those a minute that show no token that is good, 0: any"},
	{"drill", CFG_VAR_INT | CFG_ATOMIC, 0, 30 * DAY, 0, 0,
		"seconds between two drills, 0: none"},
	{0, 0, 0, 0, 0, 0, 0}
};
/* clang-format on */
