/*
 * e911: the operator's hand: what he has set aside by command
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Destinations that are drained, and sites that are sent to another set than
 * their row says, each until its time is over or it is taken back. In shared
 * memory, bounded; forgotten by a restart. Copies in and out.
 */
#ifndef E911_HAND_H
#define E911_HAND_H

#include <stdint.h>
#include "../../core/str.h"

#define E911_HANDS_MAX 64
#define E911_HAND_WHAT_MAX 128

enum e911_hand_kind
{
	E911_HAND_DRAIN, /* what: URI, host, or profile of a destination */
	E911_HAND_FORCE	 /* what: site, or * for all; set */
};

typedef struct e911_hand
{
	int kind;
	int set;
	char what[E911_HAND_WHAT_MAX];
	char why[64];
	uint32_t until; /* deadline; 0: none */
} e911_hand_t;

int e911_hand_init(void);
void e911_hand_destroy(void);
/** Sets one, in place of one of that kind and what. FULL. */
int e911_hand_put(const e911_hand_t *hand);
/** Takes one back. NONE. */
int e911_hand_take(int kind, const str *what);
/** The nth in force; NONE past the end. */
int e911_hand_nth(int n, e911_hand_t *hand);
/** Is there any at all? One look, without a lock. */
int e911_hand_is_idle(void);
/** Is a destination drained, by its URI, its host or its profile's name? */
int e911_hand_drains(const str *uri, const str *profile);
/** The set that a site's calls are sent to, 0: as its row says. */
int e911_hand_set(const char *site);

#endif
