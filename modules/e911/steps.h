/*
 * e911: who is asked whether an address is right, one after the other
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * "msag,lost:NAME,rest:NAME": the guide of streets, and rows of the parameter
 * validator. The first definite verdict counts.
 */
#ifndef E911_STEPS_H
#define E911_STEPS_H

#include "strbuf.h"

#define E911_STEPS_MAX 8
#define E911_STEP_NAME_MAX 32

enum e911_step_kind
{
	E911_STEP_MSAG,
	E911_STEP_LOST,
	E911_STEP_REST
};

typedef struct e911_steps
{
	int n;
	struct
	{
		int kind; /* enum e911_step_kind */
		char name[E911_STEP_NAME_MAX];
	} step[E911_STEPS_MAX];
} e911_steps_t;

/** VALUE (no such kind, a name too few or too many), TWICE, LONG, FULL; *steps
 * is written only on success. */
int e911_steps_read(e911_steps_t *steps, const str *value);
/** As they are written in a row. */
void e911_steps_write(e911_strbuf_t *b, const e911_steps_t *steps);

#endif
