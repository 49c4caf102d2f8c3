/*
 * e911: jobs for the workers, in shared memory
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A job is about one contact's location. Any process puts one and never waits;
 * a worker takes the best one that is due and gives it back, done or for later.
 * Bounded: the lower priorities leave room for the higher ones. Copies go in
 * and copies come out. A newer job about the same contact replaces the older.
 */
#ifndef E911_JOBS_H
#define E911_JOBS_H

#include "assessment.h"
#include "record.h"

enum e911_priority
{
	E911_INTERACTIVE, /* somebody waits for it */
	E911_ORDINARY,
	E911_BACKGROUND,
	E911_PRIORITIES
};

typedef struct e911_job
{
	uint64_t id;	  /* given by put */
	uint64_t ticket;  /* private: whose it is now */
	uint64_t version; /* of the record it is about */
	uint64_t put_at;  /* e911_clock_ms(), given by put */
	uint32_t site;
	int priority;
	int step;  /* the user's: how far up the ladder */
	int tries; /* at this step */
	str aor;
	str contact;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
	e911_location_t location; /* last: copied only as far as it is in use */
} e911_job_t;

typedef struct e911_jobs_count
{
	unsigned int waiting[E911_PRIORITIES]; /* due */
	unsigned int later;					   /* not due yet */
	unsigned int taken;
	unsigned int kept; /* results */
	/* since the start */
	unsigned long put, replaced, full, done, retried, taken_over;
	uint64_t oldest_ms; /* how long the oldest that is due has waited */
} e911_jobs_count_t;

/** Before the fork: at most max jobs not done; results are kept so long. MEM. */
int e911_jobs_init(unsigned int max, int keep_seconds);
void e911_jobs_destroy(void);
/** An empty job; the strings in its own memory. LONG. */
int e911_job_init(e911_job_t *job, const str *aor, const str *contact);
/** Puts a copy; its id goes to *id, if not NULL. Never waits. FULL, MEM: what
 * was there about the contact stays; DOWN: there is no table. */
int e911_jobs_put(const e911_job_t *job, uint64_t *id);
/** The result of a job: 0, or the error it ended with, and the assessment (may
 * be NULL); AGAIN: not yet; OLD: a newer one has taken its place; NONE: not
 * known, or no longer. Never waits. */
int e911_jobs_result(uint64_t id, e911_assessment_t *a);

/** The best one that is due, none below this priority; worker: its index.
 * NONE. */
int e911_jobs_take(int worker, int priority, e911_job_t *job);
/** Back into the table with its step and tries, not to be taken for so long.
 * OLD: there is a newer one, or it was taken over; it is gone. */
int e911_jobs_later(const e911_job_t *job, unsigned int ms);
/** It is done; a may be NULL with an error. OLD: as above, and the result is not
 * to be used. MEM: done, with that error. */
int e911_jobs_done(const e911_job_t *job, int err, const e911_assessment_t *a);
/** The worker lives: to be said each second or so. What dead ones, or ones
 * unheard of for E911_JOBS_SILENCE, had taken is taken from them; a job that
 * has outlived several workers ends with DOWN. */
void e911_jobs_beat(int worker);
/** ms until the next one is due, at most so many; 0: one is now. */
int e911_jobs_due(int priority, int most);
/** Readable when something was put; to be emptied then. */
int e911_jobs_fd(void);
void e911_jobs_empty_fd(void);
/** Wakes a worker; may be called from a signal handler. */
void e911_jobs_wake(void);
void e911_jobs_count(e911_jobs_count_t *count);

#define E911_WORKERS_MAX 16
#define E911_JOBS_SILENCE 30000 /* ms */

#endif
