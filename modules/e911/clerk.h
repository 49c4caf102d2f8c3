/*
 * e911: the clerk: our process that looks after the locations in force
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Drops what is past its time, calls as well, looks for contacts that have not been heard of,
 * writes the log of what became of contacts, and runs event_route[e911:moved].
 */
#ifndef E911_CLERK_H
#define E911_CLERK_H

#include "calls.h"
#include "queue.h"

/** A contact has moved; what there is to say of it is in call. */
typedef void (*e911_clerk_f)(const e911_call_t *call);

/** Before the fork. MEM. */
int e911_clerk_init(e911_clerk_f on_moved);
void e911_clerk_destroy(void);
e911_queue_t *e911_clerk_news(void);
/** The life of the process; does not return. */
void e911_clerk_run(void);

#endif
