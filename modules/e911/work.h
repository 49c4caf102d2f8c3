/*
 * e911: the workers: processes of our own that alone wait for the network
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker takes jobs, many at once, and walks each through the steps that its
 * user gives. It knows nothing of whom it asks but a name: who fails is tried
 * again, at longer and longer times, who fails too often rests.
 */
#ifndef E911_WORK_H
#define E911_WORK_H

#include "http.h"
#include "jobs.h"
#include "breaker.h"

/* What a step comes to. */
enum e911_work_next
{
	E911_WORK_FINISHED, /* task->err, or the result, is written */
	E911_WORK_ASK,		/* begin alone: the request is written */
	E911_WORK_NEXT,		/* begin anew; task->job.step has moved */
	E911_WORK_FAILED,	/* whom it asked has failed: once more, or failed() */
	E911_WORK_LATER		/* begin anew after task->wait_ms */
};

typedef struct e911_task
{
	e911_job_t job;
	int err;	 /* of the job, when it is finished: 0 and a result, or none */
	int wait_ms; /* of LATER; what is proposed stands there */
	/* whom it asks: written by begin, kept until the next one */
	char whom[E911_BREAKER_NAME_MAX]; /* for the breaker; empty: none */
	int tries;						  /* in all, at this step */
	int break_after;
	int rest_ms;
	int resting;	   /* failed(): it was not asked at all, it rests */
	uint64_t asked_ms; /* private */
} e911_task_t;

/* Each returns enum e911_work_next. What the result is to change is to be
 * changed before FINISHED is returned: who waits for it sees it then. They must
 * not wait for anything. What request points to is needed no longer than begin
 * takes. */
typedef struct e911_work_steps
{
	int (*begin)(e911_task_t *task, e911_http_request_t *request,
			e911_assessment_t *result);
	int (*done)(e911_task_t *task, const e911_http_answer_t *answer,
			e911_assessment_t *result);
	/** The tries are used up, or it rests, or cannot be asked like this. */
	int (*failed)(e911_task_t *task, e911_assessment_t *result);
	/** At each turn, before any of them; may be NULL. */
	void (*turn)(void);
	/** ms until turn() has something to do, at most so many; may be NULL. */
	int (*due)(int most);
} e911_work_steps_t;

/** Before the fork, as e911_jobs_init() and e911_breaker_init(); flight: jobs
 * at once in a worker, at most E911_HTTP_FLIGHT_MAX. */
void e911_work_init(const e911_work_steps_t *steps, int flight);
/** The worker's life, after the fork; worker: 0…E911_WORKERS_MAX-1. Ends the
 * process at SIGTERM: what is in flight is given back. */
void e911_work_run(int worker) __attribute__((noreturn));

#endif
