/*
 * e911: an event of a call, packed into one block of bytes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_PARCEL_H
#define E911_PARCEL_H

#include "events.h"

/* all that an event may have, and the header */
#define E911_PARCEL_MAX 36864

#define E911_MAC_LEN 64 /* hexadecimal digits */

/* kinds of entries beside those of events */
enum e911_journal_kind
{
	E911_JOURNAL_START = E911_EV_KINDS,
	E911_JOURNAL_STOP,
	E911_JOURNAL_LOST, /* code: how many events */
	E911_JOURNAL_CUT,  /* of the database: what was before it is deleted */
	E911_JOURNAL_KINDS
};

/** "placed", …, "lost" */
const char *e911_parcel_name(int kind);
/** Packs an event into mem of E911_PARCEL_MAX bytes, aligned as for any; how
 * many they are, a multiple of 8. What is too long for it is left out: the
 * document first, then the other texts. */
int e911_parcel_pack(const e911_event_t *event, void *mem);
/** The event in such a block, pointing into it. SYNTAX: it is none. */
int e911_parcel_open(const void *mem, size_t size, e911_event_t *event);

#endif
