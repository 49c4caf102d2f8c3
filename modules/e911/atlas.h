/*
 * e911: the atlas: the guide of streets out of the database
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Of the keeper's process: at the start, when all locations have been read, and
 * whenever it is asked, it reads files and table, page by page; in between
 * others have their turn. While the database is down the first reading is tried
 * again, until there is a guide, or a row at fault.
 */
#ifndef E911_ATLAS_H
#define E911_ATLAS_H

#include "guide.h"

/** In mod_init, where the guide has a table. MEM. */
int e911_atlas_init(void);
void e911_atlas_destroy(void);
/** In the keeper: reads what is to be read, after all locations. is_up: the
 * database is there. between: done after each page, until it fails. */
void e911_atlas_serve(int is_up, int (*between)(void));
/** Asks the keeper for the guide, waits so long (ms). AGAIN: not done yet, but
 * it will be; else as e911_guide_load(), DOWN, MISSING (no such table). */
int e911_atlas_reload(int ms, e911_guide_fault_t *fault);

#endif
