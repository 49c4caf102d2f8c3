/*
 * e911: bounded queue from any process to one of ours
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Items name a contact; what there is to say of it is looked up when the item
 * is taken. Putting never waits. Tickets grow by one; the taker says up to
 * which one its work is done.
 */
#ifndef E911_QUEUE_H
#define E911_QUEUE_H

#include <stdint.h>
#include "../../core/str.h"

typedef struct e911_queue e911_queue_t;

typedef struct e911_item
{
	struct e911_item *next;
	uint64_t ticket;
	int kind;	   /* the user's */
	uint32_t note; /* the user's */
	str aor;
	str contact;
	char data[];
} e911_item_t;

/** In shared memory, with a pipe to wake the taker; before the fork. MEM. */
int e911_queue_new(e911_queue_t **queue, unsigned int max);
void e911_queue_free(e911_queue_t *queue);
/**
 * Puts one item; its ticket goes to *ticket, if not NULL, even where the item
 * is lost. FULL, MEM: lost; e911_queue_lost() tells the newest such ticket.
 */
int e911_queue_put(e911_queue_t *queue, int kind, uint32_t note, const str *aor,
		const str *contact, uint64_t *ticket);
/** Takes at most so many, oldest first, into *taken; each is to be given to
 * shm_free(). */
void e911_queue_take(e911_queue_t *queue, int most, e911_item_t **taken);
/** Those that are to be taken next, without taking them; how many. The list
 * goes on behind them. For one taker alone. */
int e911_queue_peek(e911_queue_t *queue, int most, e911_item_t **first);
/** The first n of them are done; they are freed. */
void e911_queue_drop(e911_queue_t *queue, int n);
/** All other processes have ended, maybe in the midst of something: an item
 * that is not whole counts as lost. */
void e911_queue_alone(e911_queue_t *queue);
/** Waits until something was put, or it is woken, at most so long. */
void e911_queue_wait(e911_queue_t *queue, int ms);
void e911_queue_wake(e911_queue_t *queue);
/** All is done up to this ticket, but for what was lost. */
void e911_queue_done(e911_queue_t *queue, uint64_t ticket);
/** What was lost up to this ticket was made good otherwise. */
void e911_queue_recovered(e911_queue_t *queue, uint64_t ticket);
/** The one of that ticket will not be done; remembered of the last 64. */
void e911_queue_refused(e911_queue_t *queue, uint64_t ticket);
int e911_queue_is_done(e911_queue_t *queue, uint64_t ticket);
/** The newest ticket given, the newest one lost (0: none). */
uint64_t e911_queue_newest(e911_queue_t *queue);
uint64_t e911_queue_lost(e911_queue_t *queue);
unsigned int e911_queue_length(e911_queue_t *queue);
/** How many are not done: put, taken, or lost and not made good. */
unsigned int e911_queue_undone(e911_queue_t *queue);

#endif
