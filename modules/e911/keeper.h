/*
 * e911: the keeper: our process that alone waits for the database
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads all locations at its start, page by page, while calls are answered;
 * then writes what changes. While the database is down the changes wait in
 * their queue; what did not fit there is made good when it is back: in the end
 * the database equals the cache. Emergency calls are the archive's, in between;
 * the guide of streets is the atlas'.
 */
#ifndef E911_KEEPER_H
#define E911_KEEPER_H

#include "queue.h"
#include "settings.h"

/** Makes the new set of settings, swaps it in; e911_reload(). */
typedef int (*e911_keeper_reload_f)(e911_fault_t *fault);

/** Before the fork, with the database bound. MEM. */
int e911_keeper_init(unsigned int queue_max, e911_keeper_reload_f reload);
void e911_keeper_destroy(void);
/** The changes to be written; NULL without a database. */
e911_queue_t *e911_keeper_changes(void);
/** There is something else to be written: a call. */
void e911_keeper_wake(void);
unsigned int e911_keeper_pending(void);
/** The life of the process; does not return. */
void e911_keeper_run(void);
/** Have all locations been read? 1 without a database. */
int e911_keeper_loaded(void);
/** In the main process, when all others have ended: what is left is written,
 * in so many seconds. */
void e911_keeper_finish(int seconds);
/** Has the settings reloaded, waits so long (ms) for it. AGAIN: not done yet,
 * but it will be. */
int e911_keeper_reload(int ms, e911_fault_t *fault);
/** The settings are to be reloaded as soon as that is possible. */
void e911_keeper_owe_reload(void);
/** Waits so long (ms) for a change to be stored; 1 if it is. */
int e911_keeper_wait(uint64_t ticket, int ms);

#endif
