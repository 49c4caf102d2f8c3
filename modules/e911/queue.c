/*
 * e911: bounded queue from any process to one of ours
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "queue.h"
#include "err.h"

#define REFUSED_MAX 64

struct e911_queue
{
	gen_lock_t lock;
	unsigned int max;
	unsigned int n;
	int pipe[2];
	uint64_t newest;
	uint64_t lost;		 /* newest */
	uint64_t first_lost; /* not made good yet; 0: none */
	uint64_t reached;	 /* all but the lost ones are done up to here */
	uint64_t done;
	uint64_t refused[REFUSED_MAX];
	unsigned int refusals;
	e911_item_t *first;
	e911_item_t **end;
};

int e911_queue_new(e911_queue_t **queue, unsigned int max)
{
	e911_queue_t *q = shm_mallocxz(sizeof(*q));

	if(q == NULL)
		return E911_ERR_MEM;
	if(pipe2(q->pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
		shm_free(q);
		return E911_ERR_MEM;
	}
	lock_init(&q->lock);
	q->max = max;
	q->end = &q->first;
	*queue = q;
	return E911_OK;
}

static void free_items(e911_item_t *item)
{
	e911_item_t *next;

	for(; item; item = next) {
		next = item->next;
		shm_free(item);
	}
}

void e911_queue_free(e911_queue_t *queue)
{
	if(queue == NULL)
		return;
	free_items(queue->first);
	close(queue->pipe[0]);
	close(queue->pipe[1]);
	lock_destroy(&queue->lock);
	shm_free(queue);
}

static e911_item_t *new_item(
		int kind, uint32_t note, const str *aor, const str *contact)
{
	e911_item_t *item = shm_malloc(sizeof(*item) + aor->len + contact->len);

	if(item == NULL)
		return NULL;
	item->next = NULL;
	item->kind = kind;
	item->note = note;
	item->aor.s = item->data;
	item->aor.len = aor->len;
	item->contact.s = item->data + aor->len;
	item->contact.len = contact->len;
	memcpy(item->aor.s, aor->s, aor->len);
	if(contact->len)
		memcpy(item->contact.s, contact->s, contact->len);
	return item;
}

/* a full pipe has woken the taker already */
void e911_queue_wake(e911_queue_t *queue)
{
	if(write(queue->pipe[1], "", 1) < 0)
		return;
}

/* the lock is held */
static int link_item(e911_queue_t *q, e911_item_t *item, uint64_t ticket)
{
	if(item == NULL || q->n == q->max) {
		q->lost = ticket;
		if(q->first_lost == 0)
			q->first_lost = ticket;
		return item ? E911_ERR_FULL : E911_ERR_MEM;
	}
	item->ticket = ticket;
	*q->end = item;
	q->end = &item->next;
	q->n++;
	return E911_OK;
}

int e911_queue_put(e911_queue_t *queue, int kind, uint32_t note, const str *aor,
		const str *contact, uint64_t *ticket)
{
	e911_item_t *item = new_item(kind, note, aor, contact);
	uint64_t mine;
	int err, first;

	lock_get(&queue->lock);
	mine = ++queue->newest;
	first = queue->n == 0;
	err = link_item(queue, item, mine);
	lock_release(&queue->lock);
	if(err && item)
		shm_free(item);
	if(first)
		e911_queue_wake(queue);
	if(ticket)
		*ticket = mine;
	return err;
}

void e911_queue_take(e911_queue_t *queue, int most, e911_item_t **taken)
{
	e911_item_t **end = taken;

	lock_get(&queue->lock);
	while(queue->first && most-- > 0) {
		*end = queue->first;
		queue->first = queue->first->next;
		end = &(*end)->next;
		queue->n--;
	}
	*end = NULL;
	if(queue->first == NULL)
		queue->end = &queue->first;
	lock_release(&queue->lock);
}

/* the lock is held */
static void reach(e911_queue_t *q, uint64_t ticket)
{
	uint64_t done;

	if(ticket > q->reached)
		q->reached = ticket;
	done = q->first_lost && q->reached >= q->first_lost ? q->first_lost - 1
														: q->reached;
	if(done > q->done)
		q->done = done;
}

int e911_queue_peek(e911_queue_t *queue, int most, e911_item_t **first)
{
	int n;

	lock_get(&queue->lock);
	*first = queue->first;
	n = queue->n < (unsigned int)most ? (int)queue->n : most;
	lock_release(&queue->lock);
	return n;
}

/* the lock is held */
static void unlink_first(e911_queue_t *q)
{
	q->first = q->first->next;
	q->n--;
	if(q->first == NULL)
		q->end = &q->first;
}

void e911_queue_drop(e911_queue_t *queue, int n)
{
	e911_item_t *item;

	while(n-- > 0) {
		lock_get(&queue->lock);
		item = queue->first;
		reach(queue, item->ticket);
		unlink_first(queue);
		lock_release(&queue->lock);
		shm_free(item);
	}
}

/* what a process that ended in the midst of it has left is put right */
void e911_queue_alone(e911_queue_t *queue)
{
	uint64_t last = queue->reached;

	lock_init(&queue->lock);
	queue->n = 0;
	for(queue->end = &queue->first; *queue->end;
			queue->end = &(*queue->end)->next) {
		last = (*queue->end)->ticket;
		queue->n++;
	}
	if(last >= queue->newest)
		return;
	queue->lost = queue->newest;
	if(queue->first_lost == 0)
		queue->first_lost = last + 1;
}

void e911_queue_wait(e911_queue_t *queue, int ms)
{
	struct pollfd p = {queue->pipe[0], POLLIN, 0};
	char bytes[64];

	if(queue->n == 0)
		poll(&p, 1, ms);
	while(read(queue->pipe[0], bytes, sizeof(bytes)) > 0)
		;
}

void e911_queue_done(e911_queue_t *queue, uint64_t ticket)
{
	lock_get(&queue->lock);
	reach(queue, ticket);
	lock_release(&queue->lock);
}

void e911_queue_recovered(e911_queue_t *queue, uint64_t ticket)
{
	lock_get(&queue->lock);
	queue->first_lost = queue->lost > ticket ? ticket + 1 : 0;
	reach(queue, ticket);
	lock_release(&queue->lock);
}

static uint64_t read_number(e911_queue_t *queue, const uint64_t *number)
{
	uint64_t n;

	lock_get(&queue->lock);
	n = *number;
	lock_release(&queue->lock);
	return n;
}

void e911_queue_refused(e911_queue_t *queue, uint64_t ticket)
{
	lock_get(&queue->lock);
	queue->refused[queue->refusals++ % REFUSED_MAX] = ticket;
	lock_release(&queue->lock);
}

int e911_queue_is_done(e911_queue_t *queue, uint64_t ticket)
{
	int i, done;

	lock_get(&queue->lock);
	done = queue->done >= ticket;
	for(i = 0; done && ticket && i < REFUSED_MAX; i++)
		done = queue->refused[i] != ticket;
	lock_release(&queue->lock);
	return done;
}

uint64_t e911_queue_newest(e911_queue_t *queue)
{
	return read_number(queue, &queue->newest);
}

uint64_t e911_queue_lost(e911_queue_t *queue)
{
	uint64_t lost;

	lock_get(&queue->lock);
	lost = queue->first_lost ? queue->lost : 0;
	lock_release(&queue->lock);
	return lost;
}

unsigned int e911_queue_length(e911_queue_t *queue)
{
	return queue->n;
}

unsigned int e911_queue_undone(e911_queue_t *queue)
{
	unsigned int n;

	lock_get(&queue->lock);
	n = (unsigned int)(queue->newest - queue->done);
	lock_release(&queue->lock);
	return n;
}
