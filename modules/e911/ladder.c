/*
 * e911: where a call may go
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/parser/parse_uri.h"
#include "dispatch.h"
#include "err.h"
#include "ladder.h"
#include "profile.h"

#define LAST_STEPS 4 /* kept for the last resort */

enum rank
{
	RANK_ACTIVE,
	RANK_INACTIVE,
	RANK_LAST_ACTIVE,
	RANK_LAST_INACTIVE,
	RANK_DISABLED
};

typedef struct builder
{
	e911_call_t *call;
	int set;
	int last;
} builder_t;

static int rank_of(int health, int last)
{
	if(health == E911_DISABLED)
		return RANK_DISABLED;
	if(last)
		return health == E911_ACTIVE ? RANK_LAST_ACTIVE : RANK_LAST_INACTIVE;
	return health == E911_ACTIVE ? RANK_ACTIVE : RANK_INACTIVE;
}

static int profile_of(const str *attrs)
{
	str name;
	int index;

	if(e911_dispatch_attr(attrs, "profile", &name))
		return 0;
	index = e911_profile_find(&name);
	if(index < 0)
		LM_WARN("dispatcher: no profile \"%.*s\", taken as \"%s\"\n", name.len,
				name.s, e911_profile(0)->name.s);
	return index < 0 ? 0 : index;
}

/* only where the row leaves the transport open: never TLS to plain TCP */
static int is_large_tcp(const e911_destination_t *d)
{
	struct sip_uri uri;
	str value;

	return e911_dispatch_attr(&d->attrs, "large", &value) == 0 && value.len == 3
		   && memcmp(value.s, "tcp", 3) == 0
		   && parse_uri(d->uri.s, d->uri.len, &uri) == 0
		   && uri.type == SIP_URI_T
		   && (uri.proto == PROTO_NONE || uri.proto == PROTO_UDP);
}

static void add_step(const e911_destination_t *d, void *arg)
{
	builder_t *builder = arg;
	e911_call_t *call = builder->call;
	const str text[E911_STEP_TEXTS] = {d->uri, d->socket, d->outbound};
	int most = E911_LADDER_MAX;
	e911_step_t step;

	if(!builder->last && call->last_set)
		most -= LAST_STEPS;
	memset(&step, 0, sizeof(step));
	step.set = builder->set;
	step.priority = d->priority;
	step.health = (unsigned char)d->health;
	step.profile = (unsigned char)profile_of(&d->attrs);
	step.rank = (unsigned char)rank_of(d->health, builder->last);
	step.large_tcp = (unsigned char)is_large_tcp(d);
	e911_call_place(call, &step, text, most);
}

int e911_ladder_make(e911_call_t *call)
{
	builder_t builder = {call, call->set, 0};

	call->steps = 0;
	e911_dispatch_each(call->set, add_step, &builder);
	builder.set = call->last_set;
	builder.last = 1;
	if(call->last_set && call->last_set != call->set)
		e911_dispatch_each(call->last_set, add_step, &builder);
	return call->steps;
}

int e911_ladder_is_last(const e911_step_t *step)
{
	return step->rank == RANK_LAST_ACTIVE || step->rank == RANK_LAST_INACTIVE;
}
