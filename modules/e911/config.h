/*
 * e911: settings that may change at run time: kamcmd cfg.set_now_int e911 …
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_CONFIG_H
#define E911_CONFIG_H

#include "../../core/cfg/cfg.h"

struct cfg_group_e911
{
	int fr;				   /* ms without a ringing before the next one */
	int ring;			   /* ms of ringing before the next one; 0: never */
	int geolocation_first; /* our locationValue before the phone's own */
	int retention;		   /* s after which a recipient drops the location */
	int grace;			   /* s a location outlives its contact */
	int durable_wait;	   /* ms that a command waits for the database */
	int callback_window;   /* s that an ended call is remembered */
	int call_max;		   /* s after which a call counts as ended */
	int validate_wait;	   /* ms that a command waits for a validator */
	int token_life;		   /* s that an agent's token is good */
	int web_rate;		   /* requests a minute from one source; 0: any */
	int web_refusals;	   /* those of them that show nothing good */
	int drill;			   /* s between two drills; 0: none */
};

extern struct cfg_group_e911 default_e911_cfg;
extern void *e911_cfg;
extern cfg_def_t e911_cfg_def[];

#endif
