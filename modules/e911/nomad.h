/*
 * e911: locations follow their contacts: the nomad agent
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A contact that is heard from another network than its location was stated
 * from makes it suspect; one that returns to a place it confirmed before has
 * that place back; one that unregisters or expires is gone, and its location
 * after a grace time. Nothing here waits or logs: what happened goes to the
 * clerk's queue.
 */
#ifndef E911_NOMAD_H
#define E911_NOMAD_H

#include "cache.h"
#include "queue.h"
#include "registration.h"

/* Kinds of news. */
enum e911_news
{
	E911_NEWS_MOVED,	/* heard from elsewhere: suspect */
	E911_NEWS_RETURNED, /* to a network of one of its places */
	E911_NEWS_GONE,		/* no longer registered */
	E911_NEWS_BACK,		/* registered again in time */
	E911_NEWS_DROPPED,	/* past its grace, its time to live or retention */
	E911_NEWS_KINDS
};

void e911_nomad_init(e911_queue_t *news);
/** A contact registered, or was unregistered: e911_contact_f. */
void e911_nomad_on_contact(int event, const str *aor, uint64_t mark,
		uint32_t until, e911_ucontact_t *contact);
/** A proven caller was heard from there. site: id, 0: as it was. */
void e911_nomad_heard(const str *aor, const e911_device_t *device,
		const e911_network_t *network, uint32_t site);
/** May a caller of this AoR be challenged now, who is heard from there? Once in
 * a while each; 0 too where there is no record of the AoR. */
int e911_nomad_challenge(const str *aor, const e911_network_t *from);
/** Looks after the records of n slots from first on: what is past its time is
 * dropped, what has not been heard of is looked for. The next slot; 0: all
 * seen. */
unsigned int e911_nomad_sweep(unsigned int first, unsigned int n);
const char *e911_news_name(int kind);

#endif
