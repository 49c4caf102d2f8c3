/*
 * e911: what is kept of one contact
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "record.h"
#include "err.h"

/* half of what tells before from after, so that more may be added */
#define LATEST 0x3fffffff

uint32_t e911_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint32_t)t.tv_sec + 1;
}

/* what has passed already passes now: 0 would be never */
uint32_t e911_deadline(time_t when)
{
	time_t left = when - time(NULL);
	uint32_t now = e911_now();

	if(when == 0)
		return 0;
	if(left <= 0)
		return now;
	return now + (uint32_t)(left < LATEST ? left : LATEST);
}

time_t e911_wall(uint32_t deadline)
{
	return deadline ? time(NULL) + (int32_t)(deadline - e911_now()) : 0;
}

int e911_passed(uint32_t deadline, uint32_t now)
{
	return deadline != 0 && (int32_t)(now - deadline) >= 0;
}

int e911_record_init(e911_record_t *r, const str *aor, const str *contact)
{
	if(aor->len > E911_AOR_MAX || contact->len > E911_CONTACT_MAX)
		return E911_ERR_LONG;
	memcpy(r->aor_mem, aor->s, aor->len);
	if(contact->len)
		memcpy(r->contact_mem, contact->s, contact->len);
	r->aor.s = r->aor_mem;
	r->aor.len = aor->len;
	r->contact.s = r->contact_mem;
	r->contact.len = contact->len;
	memset(&r->state, 0, sizeof(r->state));
	r->places = 0;
	return E911_OK;
}

int e911_freshness(const e911_state_t *state, time_t confirmed,
		const e911_site_t *site, int *reason)
{
	*reason = E911_REASON_NONE;
	if(state->moved)
		*reason = E911_REASON_MOVED;
	else if(site->max_age && time(NULL) - confirmed > site->max_age)
		*reason = E911_REASON_OLD;
	if(state->gone) {
		*reason = E911_REASON_GONE;
		return E911_EXPIRED;
	}
	return *reason ? E911_SUSPECT : E911_FRESH;
}

const char *e911_reason_name(int reason)
{
	static const char *const names[] = {"", "moved", "old", "gone", "unusable"};

	return names[reason];
}

/* ----- places ----- */

/* The place of the network last heard from. One whose network is not known was
 * stated before the contact was first heard from. */
static int place_here(const e911_record_t *r, const e911_vicinity_t *rule)
{
	int i;

	for(i = 0; i < r->places; i++)
		if(r->place[i].network.family == 0
				|| e911_network_near(
						rule, &r->place[i].network, &r->state.seen))
			return i;
	return -1;
}

static int oldest(const e911_record_t *r)
{
	int i, at = 0;

	for(i = 1; i < r->places; i++)
		if(r->place[i].confirmed < r->place[at].confirmed)
			at = i;
	return at;
}

static int room(e911_record_t *r, const e911_vicinity_t *rule)
{
	int at = r->state.seen.family ? place_here(r, rule) : -1;

	/* not heard from yet: nothing tells where this is but the last word */
	if(at < 0 && r->places && r->state.seen.family == 0)
		at = r->state.place;
	if(at < 0)
		at = r->places < E911_PLACES_MAX ? r->places++ : oldest(r);
	return at;
}

void e911_record_state(e911_record_t *r, const e911_vicinity_t *rule,
		const e911_location_t *l, time_t now)
{
	e911_place_t *p;

	r->state.place = (unsigned char)room(r, rule);
	p = &r->place[r->state.place];
	p->network = r->state.seen;
	p->confirmed = now;
	p->said = 0;
	memcpy(&p->location, l, E911_LOCATION_SIZE(l));
	r->state.moved = 0;
	r->state.retained = e911_deadline(l->until);
}

void e911_record_confirm(
		e911_record_t *r, const e911_vicinity_t *rule, time_t now)
{
	e911_location_t l = r->place[r->state.place].location;
	uint64_t said = r->place[r->state.place].said;

	e911_record_state(r, rule, &l, now);
	r->place[r->state.place].said = said;
}
