/*
 * e911: an emergency call on its way
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "calls.h"

#define LEFT_OVER 1024 /* of the pool, for the steps to come */

void e911_call_init(e911_call_t *call)
{
	memset(call, 0, offsetof(e911_call_t, ladder));
	call->step = -1;
	call->branch = -1;
	call->dressed = -1;
	call->pool_len = 0;
	e911_location_init(&call->location, E911_FROM_SITE, 0);
}

void e911_call_copy(e911_call_t *to, const e911_call_t *call)
{
	memcpy(to, call, offsetof(e911_call_t, ladder));
	if(call->steps > 0)
		memcpy(to->ladder, call->ladder,
				(size_t)call->steps * sizeof(*call->ladder));
	to->pool_len = call->pool_len;
	memcpy(to->pool, call->pool, call->pool_len);
	memcpy(&to->location, &call->location, E911_LOCATION_SIZE(&call->location));
}

void e911_call_keep(e911_call_t *call, const str *text, e911_slice_t *slice)
{
	memset(slice, 0, sizeof(*slice));
	if(text->len <= 0 || text->len > E911_CALL_POOL - call->pool_len)
		return;
	memcpy(call->pool + call->pool_len, text->s, text->len);
	slice->at = call->pool_len;
	slice->len = (unsigned short)text->len;
	call->pool_len += slice->len;
}

static int goes_before(const e911_step_t *a, const e911_step_t *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->priority > b->priority;
}

static int has_place(
		const e911_call_t *call, const e911_step_t *step, int len, int most)
{
	int left = most < E911_LADDER_MAX ? LEFT_OVER : 0;

	return len <= E911_CALL_POOL - call->pool_len - left
		   && (call->steps < most
				   || goes_before(step, &call->ladder[call->steps - 1]));
}

void e911_call_place(e911_call_t *call, e911_step_t *step,
		const str text[E911_STEP_TEXTS], int most)
{
	int i = text[0].len + text[1].len + text[2].len;

	if(text[0].len <= 0 || !has_place(call, step, i, most))
		return;
	e911_call_keep(call, &text[0], &step->uri);
	e911_call_keep(call, &text[1], &step->socket);
	e911_call_keep(call, &text[2], &step->outbound);
	i = call->steps < most ? call->steps++ : call->steps - 1;
	for(; i > 0 && goes_before(step, &call->ladder[i - 1]); i--)
		call->ladder[i] = call->ladder[i - 1];
	call->ladder[i] = *step;
}
