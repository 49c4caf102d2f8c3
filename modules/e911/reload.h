/*
 * e911: a whole new set of settings, or none
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the configuration file's rows (as they were at the start), then those
 * of the file and of the table, where these are used.
 */
#ifndef E911_RELOAD_H
#define E911_RELOAD_H

#include "settings.h"

/** file: NULL for none; table: the rows of e911_setting count too. In
 * mod_init. */
void e911_reload_init(int default_numbers, const char *file, int table);
/** Does a reload wait for the database? Then only the keeper may do it. */
int e911_reload_waits(void);
/** Builds, checks, swaps in; on an error *fault says why, and all is as it
 * was. */
int e911_reload(e911_fault_t *fault);
/** The first set. A database that is down, or a bad row in it, does not stop the
 * start: none of its rows is there then, *missing is 1, *fault says why, and
 * e911_reload() is to be tried again. */
int e911_reload_first(e911_fault_t *fault, int *missing);

#endif
