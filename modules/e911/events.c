/*
 * e911: what happens to an emergency call, told to whom it concerns
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>
#include "err.h"
#include "events.h"

#define SINKS_MAX 4

/* in every process as they were at the fork */
static e911_event_f sinks[SINKS_MAX];
static int count;

int e911_events_watch(e911_event_f sink)
{
	if(count >= SINKS_MAX)
		return E911_ERR_FULL;
	sinks[count++] = sink;
	return E911_OK;
}

int e911_events_watched(void)
{
	return count;
}

void e911_events_tell(const e911_event_t *event)
{
	int i;

	for(i = 0; i < count; i++)
		sinks[i](event);
}

const char *e911_event_name(int kind)
{
	static const char *const names[E911_EV_KINDS] = {
			[E911_EV_PLACED] = "placed",
			[E911_EV_SENT] = "sent",
			[E911_EV_FAILED] = "failed",
			[E911_EV_RINGING] = "ringing",
			[E911_EV_ANSWERED] = "answered",
			[E911_EV_NOBODY] = "nobody",
			[E911_EV_CANCELLED] = "cancelled",
			[E911_EV_ENDED] = "ended",
			[E911_EV_CALLBACK] = "callback",
			[E911_EV_NOTICE] = "notice",
	};

	return kind >= 0 && kind < E911_EV_KINDS ? names[kind] : "";
}

uint64_t e911_events_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
