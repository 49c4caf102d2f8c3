/*
 * e911: jobs for the workers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/locking.h"
#include "clock.h"
#include "hash.h"
#include "jobs.h"
#include "err.h"

#define DEATHS_MAX 3 /* workers that a job may outlive */

enum place
{
	READY, /* one list for each priority */
	LATER = E911_PRIORITIES,
	TAKEN,
	DONE,
	PLACES
};

typedef struct entry
{
	struct entry *next, *prev; /* in its list, in the order of coming */
	struct entry *by_id;	   /* chains of the two hash tables */
	struct entry *by_contact;
	e911_assessment_t *result;
	uint64_t hash; /* of AoR and contact */
	uint64_t when; /* LATER: due; DONE: to be forgotten; else: came in */
	unsigned int heap;
	int place;
	int current; /* the newest about its contact */
	int deaths;
	int err;
	unsigned char worker;
	e911_job_t job; /* last: as long as its location */
} entry_t;

typedef struct list
{
	entry_t *first, *last;
	unsigned int n;
} list_t;

typedef struct worker
{
	pid_t pid;
	uint64_t heard;
} worker_t;

typedef struct table
{
	gen_lock_t lock;
	unsigned int max;
	unsigned int slots; /* power of two */
	uint64_t keep;
	uint64_t newest, ticket;
	int pipe[2];
	list_t list[PLACES];
	entry_t **heap; /* of LATER, by when; max of them */
	entry_t **by_id;
	entry_t **by_contact;
	e911_jobs_count_t count;
	worker_t worker[E911_WORKERS_MAX];
	entry_t *memory[];
} table_t;

static table_t *table;

/* Of eight parts of the table, how many each priority may fill. */
static const unsigned char share[E911_PRIORITIES] = {8, 7, 4};

int e911_jobs_init(unsigned int max, int keep_seconds)
{
	unsigned int slots = 64;
	table_t *t;

	while(slots < max && slots < 1 << 20)
		slots <<= 1;
	t = shm_mallocxz(sizeof(*t) + (max + 2 * slots) * sizeof(entry_t *));
	if(t == NULL)
		return E911_ERR_MEM;
	if(pipe2(t->pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
		shm_free(t);
		return E911_ERR_MEM;
	}
	lock_init(&t->lock);
	t->max = max;
	t->slots = slots;
	t->keep = (uint64_t)keep_seconds * 1000;
	t->heap = t->memory;
	t->by_id = t->heap + max;
	t->by_contact = t->by_id + slots;
	table = t;
	return E911_OK;
}

static void free_entry(entry_t *e)
{
	if(e && e->result)
		shm_free(e->result);
	if(e)
		shm_free(e);
}

void e911_jobs_destroy(void)
{
	entry_t *e, *next;
	int i;

	if(table == NULL)
		return;
	for(i = 0; i < PLACES; i++)
		for(e = table->list[i].first; e; e = next) {
			next = e->next;
			free_entry(e);
		}
	close(table->pipe[0]);
	close(table->pipe[1]);
	lock_destroy(&table->lock);
	shm_free(table);
	table = NULL;
}

int e911_job_init(e911_job_t *job, const str *aor, const str *contact)
{
	if(aor->len > E911_AOR_MAX || contact->len > E911_CONTACT_MAX)
		return E911_ERR_LONG;
	memset(job, 0, offsetof(e911_job_t, location));
	e911_location_init(&job->location, E911_FROM_RPC, 0);
	job->aor.s = job->aor_mem;
	job->aor.len = aor->len;
	job->contact.s = job->contact_mem;
	job->contact.len = contact->len;
	if(aor->len)
		memcpy(job->aor_mem, aor->s, aor->len);
	if(contact->len)
		memcpy(job->contact_mem, contact->s, contact->len);
	return E911_OK;
}

/* ----- copies ----- */

static void copy_job(e911_job_t *to, const e911_job_t *from)
{
	memcpy(to, from,
			offsetof(e911_job_t, location)
					+ E911_LOCATION_SIZE(&from->location));
	to->aor.s = to->aor_mem;
	to->contact.s = to->contact_mem;
}

static size_t assessment_size(const e911_assessment_t *a)
{
	return offsetof(e911_assessment_t, suggestion)
		   + a->n * sizeof(a->suggestion[0]);
}

static uint64_t hash_of(const e911_job_t *job)
{
	return e911_hash(job->aor.s, job->aor.len)
		   ^ (e911_hash(job->contact.s, job->contact.len) << 1);
}

static entry_t *new_entry(const e911_job_t *job)
{
	entry_t *e =
			shm_malloc(offsetof(entry_t, job) + offsetof(e911_job_t, location)
					   + E911_LOCATION_SIZE(&job->location));

	if(e == NULL)
		return NULL;
	memset(e, 0, offsetof(entry_t, job));
	copy_job(&e->job, job);
	e->hash = hash_of(job);
	return e;
}

/* ----- the heap of what is not due yet; the lock is held ----- */

static void heap_set(unsigned int i, entry_t *e)
{
	table->heap[i] = e;
	e->heap = i;
}

static void heap_up(unsigned int i, entry_t *e)
{
	while(i && table->heap[(i - 1) / 2]->when > e->when) {
		heap_set(i, table->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(i, e);
}

static void heap_down(unsigned int i, unsigned int n, entry_t *e)
{
	unsigned int child;

	while((child = 2 * i + 1) < n) {
		if(child + 1 < n
				&& table->heap[child + 1]->when < table->heap[child]->when)
			child++;
		if(table->heap[child]->when >= e->when)
			break;
		heap_set(i, table->heap[child]);
		i = child;
	}
	heap_set(i, e);
}

/* n: how many there are without it */
static void heap_take_out(const entry_t *e, unsigned int n)
{
	entry_t *last = table->heap[n];

	if(last == e)
		return;
	if(last->when < e->when)
		heap_up(e->heap, last);
	else
		heap_down(e->heap, n, last);
}

/* ----- lists; the lock is held ----- */

static void enter(entry_t *e, int place, uint64_t when)
{
	list_t *l = &table->list[place];

	e->place = place;
	e->when = when;
	e->next = NULL;
	e->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = e;
	l->last = e;
	if(place == LATER)
		heap_up(l->n, e);
	l->n++;
}

static void leave(entry_t *e)
{
	list_t *l = &table->list[e->place];

	*(e->prev ? &e->prev->next : &l->first) = e->next;
	*(e->next ? &e->next->prev : &l->last) = e->prev;
	l->n--;
	if(e->place == LATER)
		heap_take_out(e, l->n);
}

static void move(entry_t *e, int place, uint64_t when)
{
	leave(e);
	enter(e, place, when);
}

static unsigned int undone(void)
{
	unsigned int n = 0;
	int i;

	for(i = 0; i < DONE; i++)
		n += table->list[i].n;
	return n;
}

/* ----- the two hash tables; the lock is held ----- */

static entry_t **id_slot(uint64_t id)
{
	return &table->by_id[id & (table->slots - 1)];
}

static entry_t **contact_slot(uint64_t hash)
{
	return &table->by_contact[hash & (table->slots - 1)];
}

static entry_t *with_id(uint64_t id)
{
	entry_t *e = *id_slot(id);

	while(e && e->job.id != id)
		e = e->by_id;
	return e;
}

static int is_about(const entry_t *e, uint64_t hash, const e911_job_t *job)
{
	return e->hash == hash && e->job.aor.len == job->aor.len
		   && e->job.contact.len == job->contact.len
		   && memcmp(e->job.aor.s, job->aor.s, job->aor.len) == 0
		   && memcmp(e->job.contact.s, job->contact.s, job->contact.len) == 0;
}

static entry_t *about(uint64_t hash, const e911_job_t *job)
{
	entry_t *e = *contact_slot(hash);

	while(e && !is_about(e, hash, job))
		e = e->by_contact;
	return e;
}

static void link_tables(entry_t *e)
{
	e->by_id = *id_slot(e->job.id);
	*id_slot(e->job.id) = e;
	e->by_contact = *contact_slot(e->hash);
	*contact_slot(e->hash) = e;
	e->current = 1;
}

static void no_longer_current(entry_t *e)
{
	entry_t **p = contact_slot(e->hash);

	if(!e->current)
		return;
	while(*p != e)
		p = &(*p)->by_contact;
	*p = e->by_contact;
	e->current = 0;
}

static void take_out(entry_t *e)
{
	entry_t **p = id_slot(e->job.id);

	no_longer_current(e);
	while(*p != e)
		p = &(*p)->by_id;
	*p = e->by_id;
	leave(e);
}

/* ----- ends; the lock is held, what is to be freed goes into *dead ----- */

/* results are as many as jobs, and no older than told */
static void forget(entry_t **dead)
{
	list_t *l = &table->list[DONE];
	uint64_t now = e911_clock_ms();
	entry_t *e;

	while((e = l->first) && (e->when <= now || l->n > table->max)) {
		take_out(e);
		e->next = *dead;
		*dead = e;
	}
}

static void bury(entry_t *dead)
{
	entry_t *next;

	for(; dead; dead = next) {
		next = dead->next;
		free_entry(dead);
	}
}

static void finish(entry_t *e, int err, entry_t **dead)
{
	no_longer_current(e);
	e->err = err;
	e->job.ticket = 0;
	move(e, DONE, e911_clock_ms() + table->keep);
	forget(dead);
}

/* ----- putting ----- */

static int has_room(int priority)
{
	uint64_t allowed = (uint64_t)table->max * share[priority] / 8;

	return undone() < (allowed ? allowed : 1) && undone() < table->max;
}

/* One that a worker has goes on, and comes to nothing. */
static void replace(entry_t *old, entry_t **dead)
{
	table->count.replaced++;
	if(old->place == TAKEN)
		no_longer_current(old);
	else
		finish(old, E911_ERR_OLD, dead);
}

/* the place of the one that it replaces is free for it */
static int admit(entry_t *e, entry_t **dead)
{
	entry_t *old = about(e->hash, &e->job);
	uint64_t now = e911_clock_ms();

	if((old == NULL || old->place == TAKEN) && !has_room(e->job.priority)) {
		table->count.full++;
		return E911_ERR_FULL;
	}
	/* what somebody waits for is not put off by who does not */
	if(old && old->place != TAKEN && old->job.priority < e->job.priority)
		e->job.priority = old->job.priority;
	if(old)
		replace(old, dead);
	e->job.id = ++table->newest;
	e->job.put_at = now;
	e->job.ticket = 0;
	enter(e, READY + e->job.priority, now);
	link_tables(e);
	table->count.put++;
	return E911_OK;
}

int e911_jobs_put(const e911_job_t *job, uint64_t *id)
{
	entry_t *e = table ? new_entry(job) : NULL, *dead = NULL;
	int err;

	if(e == NULL)
		return table ? E911_ERR_MEM : E911_ERR_DOWN;
	lock_get(&table->lock);
	err = admit(e, &dead);
	if(!err && id)
		*id = e->job.id;
	lock_release(&table->lock);
	if(err)
		free_entry(e);
	else
		e911_jobs_wake();
	bury(dead);
	return err;
}

static int error_of(const entry_t *e)
{
	if(e == NULL)
		return E911_ERR_NONE;
	if(e->place == DONE)
		return e->err;
	return e->current ? E911_ERR_AGAIN : E911_ERR_OLD;
}

int e911_jobs_result(uint64_t id, e911_assessment_t *a)
{
	entry_t *e;
	int err;

	if(table == NULL)
		return E911_ERR_NONE;
	lock_get(&table->lock);
	e = with_id(id);
	err = error_of(e);
	if(!err && a)
		memcpy(a, e->result, assessment_size(e->result));
	lock_release(&table->lock);
	return err;
}

/* ----- taking ----- */

/* the lock is held */
static void ripen(void)
{
	uint64_t now = e911_clock_ms();
	entry_t *e;

	while(table->list[LATER].n && (e = table->heap[0])->when <= now)
		move(e, READY + e->job.priority, now);
}

static entry_t *best(int priority)
{
	int i;

	ripen();
	for(i = 0; i <= priority; i++)
		if(table->list[READY + i].first)
			return table->list[READY + i].first;
	return NULL;
}

int e911_jobs_take(int worker, int priority, e911_job_t *job)
{
	entry_t *e;

	lock_get(&table->lock);
	e = best(priority);
	if(e) {
		move(e, TAKEN, e911_clock_ms());
		e->worker = (unsigned char)worker;
		e->job.ticket = ++table->ticket;
		copy_job(job, &e->job);
	}
	lock_release(&table->lock);
	return e ? E911_OK : E911_ERR_NONE;
}

/* NULL: it is somebody else's now */
static entry_t *taken(const e911_job_t *job)
{
	entry_t *e = with_id(job->id);

	return e && e->place == TAKEN && e->job.ticket == job->ticket ? e : NULL;
}

/* the lock is held */
static int put_back(entry_t *e, uint64_t due, entry_t **dead)
{
	if(!e->current) {
		finish(e, E911_ERR_OLD, dead);
		return E911_ERR_OLD;
	}
	move(e, LATER, due);
	return E911_OK;
}

int e911_jobs_later(const e911_job_t *job, unsigned int ms)
{
	entry_t *e, *dead = NULL;
	int err = E911_ERR_OLD;

	lock_get(&table->lock);
	e = taken(job);
	if(e) {
		e->job.step = job->step;
		e->job.tries = job->tries;
		table->count.retried++;
		err = put_back(e, e911_clock_ms() + ms, &dead);
	}
	lock_release(&table->lock);
	bury(dead);
	return err;
}

static e911_assessment_t *copy_result(const e911_assessment_t *a)
{
	e911_assessment_t *copy = shm_malloc(assessment_size(a));

	if(copy)
		memcpy(copy, a, assessment_size(a));
	return copy;
}

int e911_jobs_done(const e911_job_t *job, int err, const e911_assessment_t *a)
{
	e911_assessment_t *result = err ? NULL : copy_result(a);
	entry_t *e, *dead = NULL;
	int told = E911_ERR_OLD;

	if(!err && result == NULL)
		err = E911_ERR_MEM;
	lock_get(&table->lock);
	e = taken(job);
	if(e) {
		told = e->current ? E911_OK : E911_ERR_OLD;
		e->result = told ? NULL : result;
		finish(e, told ? told : err, &dead);
		table->count.done++;
	}
	lock_release(&table->lock);
	if(told && result)
		shm_free(result);
	bury(dead);
	return told ? told : err == E911_ERR_MEM ? err : E911_OK;
}

/* ----- workers come and go ----- */

/* the lock is held */
static int is_dead(const worker_t *w, uint64_t now)
{
	return w->heard + E911_JOBS_SILENCE < now
		   || (kill(w->pid, 0) < 0 && errno == ESRCH);
}

static void take_over(int worker, entry_t **dead)
{
	entry_t *e, *next;

	for(e = table->list[TAKEN].first; e; e = next) {
		next = e->next;
		if(e->worker != worker)
			continue;
		table->count.taken_over++;
		if(++e->deaths >= DEATHS_MAX)
			finish(e, E911_ERR_DOWN, dead);
		else
			put_back(e, 0, dead);
	}
}

void e911_jobs_beat(int worker)
{
	uint64_t now = e911_clock_ms();
	worker_t *w = table->worker;
	entry_t *dead = NULL;
	pid_t me = getpid();
	int i;

	lock_get(&table->lock);
	/* one before me had this index */
	if(w[worker].pid && w[worker].pid != me)
		take_over(worker, &dead);
	w[worker].pid = me;
	w[worker].heard = now;
	for(i = 0; i < E911_WORKERS_MAX; i++)
		if(w[i].pid && is_dead(&w[i], now)) {
			take_over(i, &dead);
			w[i].pid = 0;
		}
	forget(&dead);
	lock_release(&table->lock);
	bury(dead);
}

int e911_jobs_due(int priority, int most)
{
	uint64_t now;

	lock_get(&table->lock);
	if(best(priority)) {
		most = 0;
	} else if(table->list[LATER].n) {
		now = e911_clock_ms();
		if(table->heap[0]->when < now + most)
			most = table->heap[0]->when > now
						   ? (int)(table->heap[0]->when - now)
						   : 1;
	}
	lock_release(&table->lock);
	return most;
}

int e911_jobs_fd(void)
{
	return table->pipe[0];
}

void e911_jobs_empty_fd(void)
{
	char bytes[64];

	while(read(table->pipe[0], bytes, sizeof(bytes)) > 0)
		;
}

/* a full pipe has woken them already */
void e911_jobs_wake(void)
{
	int was = errno;

	if(write(table->pipe[1], "", 1) < 0)
		errno = was;
}

void e911_jobs_count(e911_jobs_count_t *count)
{
	uint64_t now = e911_clock_ms(), age;
	const entry_t *e;
	int i;

	memset(count, 0, sizeof(*count));
	if(table == NULL)
		return;
	lock_get(&table->lock);
	*count = table->count;
	for(i = 0; i < E911_PRIORITIES; i++) {
		count->waiting[i] = table->list[READY + i].n;
		e = table->list[READY + i].first;
		age = e ? now - e->when : 0;
		if(age > count->oldest_ms)
			count->oldest_ms = age;
	}
	count->later = table->list[LATER].n;
	count->taken = table->list[TAKEN].n;
	count->kept = table->list[DONE].n;
	lock_release(&table->lock);
}
