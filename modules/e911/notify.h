/*
 * e911: somebody on site is told of an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 47 CFR 9.16(b)(2): at the time of the call, without delaying it. Events of
 * calls become notices in shared memory; processes of our own, one for each
 * lane, send them after the call has left, again and again until they are
 * acknowledged or too old.
 */
#ifndef E911_NOTIFY_H
#define E911_NOTIFY_H

#include "notices.h"

/** Runs the script's route for a notice, or for one given up; in the process of
 * that lane. NONE: there is no such route. */
typedef int (*e911_notify_script_f)(const e911_notice_t *notice, int given_up);

/** In mod_init, with the settings read. later: rows may come by a reload. saver:
 * as of e911_notices_init(). MEM, FULL; NONE: there is no tm. */
int e911_notify_init(unsigned int max, int later, void (*saver)(void),
		e911_notify_script_f script);
void e911_notify_destroy(void);
/** Is a process needed for this lane? */
int e911_notify_needs(int lane);
const char *e911_notify_process(int lane);
/** The life of the process; does not return. */
void e911_notify_run(int lane);

#endif
