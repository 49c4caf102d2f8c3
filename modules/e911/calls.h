/*
 * e911: an emergency call on its way
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Plain bytes without pointers: made in private memory, kept as one block of
 * shared memory by the transaction. Texts are slices of the pool. Written under
 * tm's reply lock or before the first branch is sent.
 */
#ifndef E911_CALLS_H
#define E911_CALLS_H

#include "cache.h"
#include "events.h"
#include "plan.h"

#define E911_LADDER_MAX 32
#define E911_CALL_POOL 6144

typedef struct e911_slice
{
	unsigned short at, len;
} e911_slice_t;

/* The phone's own location: none that we can read; good; malformed or old. */
enum e911_phone
{
	E911_PHONE_NONE,
	E911_PHONE_GOOD,
	E911_PHONE_BAD
};

/* How a destination is reached. */
enum e911_carriage
{
	E911_AS_WRITTEN, /* by the transport its URI names */
	E911_BY_TCP,	 /* large=tcp: first by TCP, refused: as written */
	E911_WITHOUT_TLS /* TLS has failed, and the row allows it without */
};

typedef struct e911_step
{
	e911_slice_t uri;
	e911_slice_t socket;
	e911_slice_t outbound; /* where it is sent instead of the URI, if any */
	int set;
	int priority;
	uint32_t profile;		   /* id */
	unsigned short plain_port; /* without_tls=tcp:5060 */
	unsigned char plain_proto; /* 0: never without TLS */
	unsigned char health;
	unsigned char rank; /* lower goes first */
	unsigned char large_tcp;
} e911_step_t;

typedef struct e911_call
{
	int kind;
	int found;		 /* enum e911_found; the site's default counts as NONE */
	int located;	 /* location below is to be conveyed */
	int proof;		 /* enum e911_proof */
	int withheld;	 /* a stored location is kept from an unproven caller */
	int reason;		 /* enum e911_reason, why the location is not fresh */
	int phone;		 /* enum e911_phone: what the phone itself says */
	int ours_first;	 /* of two locationValues */
	int transferred; /* from outside: an agent has passed him on */
	int entered;	 /* in the ledger */
	int test;		 /* enum e911_test_policy */
	uint32_t site;	 /* id */
	int set;		 /* of ERSPs */
	int last_set;	 /* 0: none */
	uint64_t who;	 /* keyed hash of the AoR, for logs */
	e911_slice_t urn, number, aor;
	e911_slice_t contact;  /* the device the location was stated for */
	e911_slice_t device;   /* the device that calls, by its best name */
	e911_slice_t callid;   /* by which the ledger knows it */
	e911_slice_t caller;   /* display name of the From */
	e911_slice_t callback; /* number he is called back by; may be empty */
	e911_slice_t elin;	   /* leased */
	e911_slice_t reference;
	/* the ladder */
	int steps, step; /* the one in use, -1 before the first */
	int form;		 /* index into its profile's forms */
	int carriage;	 /* enum e911_carriage */
	int ringing;	 /* the branch in use has sent an 18x */
	int heard;		 /* or anything */
	int branch;		 /* tm's index of the branch in use, -1 before the first */
	int dressed;	 /* branch dressed last, -1 none */
	int resorted;	 /* the last resort has been reached */
	int ended;		 /* nothing was left */
	int armed;		 /* the script's routes are known, set again at each step */
	int on_branch, on_failure, on_reply;
	e911_told_t told; /* of its events */
	e911_step_t ladder[E911_LADDER_MAX];
	unsigned short pool_len;
	char pool[E911_CALL_POOL];
	e911_location_t location; /* last: copied only as far as it is in use */
} e911_call_t;

#define E911_CALL_SIZE(c) \
	(offsetof(e911_call_t, location) + E911_LOCATION_SIZE(&(c)->location))

/** An empty call, before its first step. */
void e911_call_init(e911_call_t *call);
/** Into memory of E911_CALL_SIZE(call). */
void e911_call_copy(e911_call_t *to, const e911_call_t *call);
/** Copies a text into the pool; left out, slice and text empty: no room. */
void e911_call_keep(e911_call_t *call, const str *text, e911_slice_t *slice);
/** Puts a step, whose rank and priority are set, in its place on the ladder;
 * text: URI, socket, outbound, kept only if it has a place. The last of most
 * steps gives way; below E911_LADDER_MAX a share of the pool is left too. */
#define E911_STEP_TEXTS 3
void e911_call_place(e911_call_t *call, e911_step_t *step,
		const str text[E911_STEP_TEXTS], int most);
static inline str e911_call_text(const e911_call_t *call, e911_slice_t slice)
{
	return (str){(char *)call->pool + slice.at, slice.len};
}

#endif
