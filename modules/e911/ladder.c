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
#include "hand.h"
#include "ladder.h"
#include "row.h"
#include "settings.h"

#define LAST_STEPS 4 /* kept for the last resort */

enum rank
{
	RANK_ACTIVE,
	RANK_INACTIVE,
	RANK_LAST_ACTIVE,
	RANK_LAST_INACTIVE,
	RANK_BYPASSED,
	RANK_DISABLED
};

typedef struct builder
{
	e911_call_t *call;
	int set;
	int last;
} builder_t;

static int rank_of(
		const e911_destination_t *d, const e911_profile_t *profile, int last)
{
	str name = {(char *)profile->name, (int)strlen(profile->name)};

	if(d->health == E911_DISABLED
			|| (!e911_hand_is_idle() && e911_hand_drains(&d->uri, &name)))
		return RANK_DISABLED;
	if(profile->bypass)
		return RANK_BYPASSED;
	if(last)
		return d->health == E911_ACTIVE ? RANK_LAST_ACTIVE : RANK_LAST_INACTIVE;
	return d->health == E911_ACTIVE ? RANK_ACTIVE : RANK_INACTIVE;
}

static const e911_profile_t *profile_of(const str *attrs)
{
	const e911_profiles_t *profiles = e911_settings()->profiles;
	const e911_profile_t *profile, *usual = e911_profiles_nth(profiles, 0);
	str name;

	if(e911_dispatch_attr(attrs, "profile", &name))
		return usual;
	profile = e911_profiles_named(profiles, &name);
	if(profile == NULL)
		LM_WARN("dispatcher: no profile \"%.*s\", taken as \"%s\"\n", name.len,
				name.s, usual->name);
	return profile ? profile : usual;
}

/* "tcp:5060": RFC 6881 ED-58, once TLS has failed; of the same host */
static void read_plain(const e911_destination_t *d, e911_step_t *step)
{
	str value, port;
	const char *colon;
	int n = SIP_PORT;

	if(e911_dispatch_attr(&d->attrs, "without_tls", &value))
		return;
	colon = memchr(value.s, ':', value.len);
	if(colon) {
		port.s = (char *)colon + 1;
		port.len = (int)(value.s + value.len - port.s);
		value.len = (int)(colon - value.s);
	}
	if((colon && (e911_row_number(&port, 65535, &n) || n == 0))
			|| (!e911_row_is(&value, "tcp") && !e911_row_is(&value, "udp"))) {
		LM_WARN("dispatcher: without_tls=%.*s: neither tcp:PORT nor udp:PORT\n",
				value.len, value.s);
		return;
	}
	step->plain_proto = value.s[0] == 't' ? PROTO_TCP : PROTO_UDP;
	step->plain_port = (unsigned short)n;
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
	const e911_profile_t *profile = profile_of(&d->attrs);
	int most = E911_LADDER_MAX;
	e911_step_t step;

	if(!builder->last && call->last_set)
		most -= LAST_STEPS;
	memset(&step, 0, sizeof(step));
	step.set = builder->set;
	step.priority = d->priority;
	step.health = (unsigned char)d->health;
	step.profile = profile->id;
	step.rank = (unsigned char)rank_of(d, profile, builder->last);
	step.large_tcp = (unsigned char)is_large_tcp(d);
	read_plain(d, &step);
	e911_call_place(call, &step, text, most);
}

int e911_ladder_make(e911_call_t *call)
{
	builder_t builder = {call, call->set, 0};
	int own = e911_settings_site(call->site)->set;

	call->steps = 0;
	e911_dispatch_each(call->set, add_step, &builder);
	if(call->steps == 0 && own != call->set) {
		LM_WARN("set %d has no destination, the site's is taken\n", call->set);
		builder.set = own;
		e911_dispatch_each(own, add_step, &builder);
	}
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
