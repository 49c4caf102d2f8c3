/*
 * e911: what happens to an emergency call, told to whom it concerns
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Told in the process in which it happens, after the message has left: an
 * answer may be told before what it answers, but its time is the later one. Who
 * watches copies what he needs, never waits, and never fails the call.
 */
#ifndef E911_EVENTS_H
#define E911_EVENTS_H

#include <stdint.h>
#include "../../core/str.h"
#include "location.h"

enum e911_event_kind
{
	E911_EV_PLACED,	   /* the first of each call */
	E911_EV_SENT,	   /* to a destination */
	E911_EV_FAILED,	   /* its answer, or silence, or it could not be sent */
	E911_EV_RINGING,   /* there */
	E911_EV_ANSWERED,  /* there */
	E911_EV_NOBODY,	   /* no destination took it */
	E911_EV_CANCELLED, /* the caller gave up */
	E911_EV_ENDED,	   /* a BYE, its end not seen, or the caller's final answer
						* where it is none of the two before */
	E911_EV_CALLBACK,  /* somebody calls back */
	E911_EV_NOTICE,	   /* on site somebody was told of it, or was not */
	E911_EV_KINDS
};

typedef struct e911_event
{
	int kind;
	int code;		/* SIP answer; 408: silence; 0: none */
	uint64_t at_ms; /* wall clock */
	uint32_t site;	/* id */
	int test;		/* a test call */
	int step;		/* of its destinations, from 0; -1: none yet */
	int steps;		/* how many there are */
	str callid;		/* as the ledger's entry has it */
	uint64_t call;	/* its e911_hash(); 0: not known */
	str aor;
	str contact;	 /* the device that calls */
	str caller;		 /* display name */
	str destination; /* its URI as the dispatcher has it */
	str profile;	 /* name */
	/* words */
	str proof;
	str conveyance; /* in which form the location went */
	str freshness;
	str found; /* whose location it is */
	str elin;
	str callback; /* number he is called back by */
	str urn;
	str number; /* that was dialled; of a call back: that was called */
	str detail; /* free, JSON or text */
	const e911_location_t *location; /* that goes with the call; NULL: none */
	str document; /* PIDF-LO as sent, of SENT; may be empty */
} e911_event_t;

#define E911_BRANCHES_MAX 32 /* of a transaction, in tm */

/* Of one call: which of its events were told, as bits, and whose they are. */
typedef struct e911_told
{
	uint64_t placed_ms; /* wall clock; 0: nobody watches */
	uint64_t call;		/* as an event has it */
	unsigned int kinds;
	unsigned int sent, failed, answered;	  /* of its branches */
	unsigned char step_of[E911_BRANCHES_MAX]; /* from 1; 0: none of ours */
	uint64_t aimed_ms[E911_BRANCHES_MAX];	  /* as placed_ms */
} e911_told_t;

typedef void (*e911_event_f)(const e911_event_t *event);

/** In mod_init. FULL. */
int e911_events_watch(e911_event_f sink);
/** Does anybody watch? Else none is to be made. */
int e911_events_watched(void);
void e911_events_tell(const e911_event_t *event);
/** "placed" … */
const char *e911_event_name(int kind);
/** Wall clock, ms. */
uint64_t e911_events_now(void);

#endif
