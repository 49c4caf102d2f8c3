/*
 * e911: the shelf that notices lie on
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "../../core/mem/shm_mem.h"
#include "shelf.h"
#include "err.h"

/* ----- life ----- */

static void init_lists(e911_shelf_t *new)
{
	int i, rank;

	TAILQ_INIT(&new->all);
	TAILQ_INIT(&new->given_up);
	TAILQ_INIT(&new->unsaved);
	TAILQ_INIT(&new->gone);
	for(i = 0; i < E911_LANES; i++)
		TAILQ_INIT(&new->heard[i]);
	for(i = 0; i < E911_SHELF_QUEUES; i++)
		for(rank = 0; rank < E911_RANKS; rank++)
			TAILQ_INIT(&new->queue[i].line[rank]);
}

static void close_pipes(e911_shelf_t *old)
{
	int i;

	for(i = 0; i < E911_LANES; i++) {
		if(old->pipe[i][0] >= 0)
			close(old->pipe[i][0]);
		if(old->pipe[i][1] >= 0)
			close(old->pipe[i][1]);
	}
}

int e911_shelf_new(e911_shelf_t **shelf, unsigned int max, int stored)
{
	e911_shelf_t *new = shm_mallocxz(sizeof(*new));
	int i, err = 0;

	if(new == NULL)
		return E911_ERR_MEM;
	memset(new->pipe, -1, sizeof(new->pipe));
	for(i = 0; !err && i < E911_LANES; i++)
		err = pipe2(new->pipe[i], O_NONBLOCK | O_CLOEXEC);
	if(err) {
		close_pipes(new);
		shm_free(new);
		return E911_ERR_MEM;
	}
	lock_init(&new->lock);
	init_lists(new);
	new->max = max;
	new->stored = stored;
	*shelf = new;
	return E911_OK;
}

void e911_shelf_free(e911_shelf_t *t)
{
	e911_shelved_t *e;

	if(t == NULL)
		return;
	while((e = TAILQ_FIRST(&t->all))) {
		TAILQ_REMOVE(&t->all, e, all);
		shm_free(e);
	}
	close_pipes(t);
	lock_destroy(&t->lock);
	shm_free(t);
}

/* Who ended in the midst of it has left the list of all whole, read forwards:
 * what the database is to know is made anew of it. */
void e911_shelf_alone(e911_shelf_t *t)
{
	e911_shelved_t *e;

	lock_init(&t->lock);
	TAILQ_INIT(&t->unsaved);
	TAILQ_INIT(&t->gone);
	TAILQ_FOREACH(e, &t->all, all)
	{
		/* what is gone may be there: deleted it is in any case */
		if(e->saved == E911_SAVING || e->saved == E911_DELETING)
			e->saved = e->state == E911_GONE ? E911_SAVED : E911_UNSAVED;
		if(e->state == E911_GONE)
			TAILQ_INSERT_TAIL(&t->gone, e, save);
		else if(e->saved == E911_UNSAVED)
			TAILQ_INSERT_TAIL(&t->unsaved, e, save);
	}
}

/* ----- one of them ----- */

static size_t size_of(const e911_shelved_t *e)
{
	return sizeof(*e) + e->facts_len + e->events_len;
}

static struct e911_line *line_of(e911_shelf_t *t, e911_shelved_t *e)
{
	switch(e->state) {
		case E911_WAITING:
			return &t->queue[e->queue].line[e->rank];
		case E911_HEARD:
			return &t->heard[e->lane];
		case E911_GIVEN_UP:
			return &t->given_up;
		default:
			return NULL;
	}
}

/* +1 or -1 where it stands */
static void tally(e911_shelf_t *t, const e911_shelved_t *e, unsigned int one)
{
	if(e->state == E911_WAITING) {
		t->queue[e->queue].of.waiting += one;
		t->count.waiting += one;
	} else if(e->state == E911_FLYING || e->state == E911_HEARD) {
		t->queue[e->queue].of.flying += one;
		t->count.flying += one;
	} else if(e->state != E911_GONE) {
		t->count.given_up += one;
	}
}

static void enter(e911_shelf_t *t, e911_shelved_t *e, int state)
{
	struct e911_line *line;

	e->state = state;
	line = line_of(t, e);
	if(line)
		TAILQ_INSERT_TAIL(line, e, line);
	tally(t, e, 1);
}

static void leave(e911_shelf_t *t, e911_shelved_t *e)
{
	struct e911_line *line = line_of(t, e);

	if(line)
		TAILQ_REMOVE(line, e, line);
	tally(t, e, -1U);
}

static void forget(e911_shelf_t *t, e911_shelved_t *e)
{
	TAILQ_REMOVE(&t->all, e, all);
	LIST_REMOVE(e, of_call);
	LIST_REMOVE(e, of_number);
	t->n--;
	t->bytes -= size_of(e);
	shm_free(e);
}

/* the database is to forget it first, where it has it, or is about to */
void e911_shelf_end(e911_shelf_t *t, e911_shelved_t *e)
{
	leave(t, e);
	if(e->saved == E911_UNSAVED)
		TAILQ_REMOVE(&t->unsaved, e, save);
	if(e->saved == E911_UNSAVED || e->saved == E911_NEVER) {
		forget(t, e);
		return;
	}
	enter(t, e, E911_GONE);
	TAILQ_INSERT_TAIL(&t->gone, e, save);
}

void e911_shelf_move(e911_shelf_t *t, e911_shelved_t *e, int state)
{
	leave(t, e);
	enter(t, e, state);
}

void e911_shelf_drop(e911_shelf_t *t, e911_shelved_t *e)
{
	TAILQ_REMOVE(&t->gone, e, save);
	leave(t, e);
	forget(t, e);
}

void e911_shelf_put(e911_shelf_t *t, e911_shelved_t *e)
{
	e->number = ++t->numbers;
	e->saved = t->stored ? E911_UNSAVED : E911_NEVER;
	TAILQ_INSERT_TAIL(&t->all, e, all);
	LIST_INSERT_HEAD(&t->call[e->call % E911_SHELF_BUCKETS], e, of_call);
	LIST_INSERT_HEAD(&t->number[e->number % E911_SHELF_BUCKETS], e, of_number);
	if(e->saved == E911_UNSAVED)
		TAILQ_INSERT_TAIL(&t->unsaved, e, save);
	t->n++;
	t->bytes += size_of(e);
	enter(t, e, E911_WAITING);
}

e911_shelved_t *e911_shelf_find(const e911_shelf_t *t, uint64_t number)
{
	e911_shelved_t *e;

	LIST_FOREACH(e, &t->number[number % E911_SHELF_BUCKETS], of_number)
	if(e->number == number)
		return e;
	return NULL;
}

e911_shelved_t *e911_shelf_sibling(
		const e911_shelf_t *t, uint64_t call, int queue, int state, int rank)
{
	e911_shelved_t *e;

	LIST_FOREACH(e, &t->call[call % E911_SHELF_BUCKETS], of_call)
	if(e->call == call && e->queue == queue && e->state == state
			&& e->rank == rank)
		return e;
	return NULL;
}

void e911_shelf_wake(e911_shelf_t *t, int lane)
{
	/* a full pipe has woken it already */
	if(write(t->pipe[lane][1], "", 1) < 0)
		return;
}
