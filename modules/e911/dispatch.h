/*
 * e911: the dispatcher's destinations, with their health
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asks the dispatcher module for its list at the moment of the call, through
 * its own RPC command run in this process: file, table or added at run time,
 * active or not. (Its select() hides inactive ones, and an emergency call has
 * to try those too.)
 */
#ifndef E911_DISPATCH_H
#define E911_DISPATCH_H

#include "../../core/str.h"

enum e911_health
{
	E911_ACTIVE,
	E911_INACTIVE, /* probing found it dead */
	E911_DISABLED  /* by the operator's hand */
};

typedef struct e911_destination
{
	str uri;	  /* pointing into the dispatcher: copy what you keep */
	str attrs;	  /* as the operator wrote them */
	str socket;	  /* to send from, address or name; may be empty */
	str outbound; /* URI of a proxy on the way; may be empty */
	int set;
	int priority;
	int health;
	int probed; /* by OPTIONS */
} e911_destination_t;

typedef void (*e911_destination_f)(const e911_destination_t *d, void *arg);

/** Finds the command, once all modules are there. NONE: no dispatcher. */
int e911_dispatch_init(void);
/** Hands each destination of a set to take. NONE: no such set. */
int e911_dispatch_each(int set, e911_destination_f take, void *arg);
/** The same of all sets. */
void e911_dispatch_all(e911_destination_f take, void *arg);
/** Value of key in attributes "a=b;c=d"; E911_ERR_NONE. */
int e911_dispatch_attr(const str *attrs, const char *key, str *value);

#endif
