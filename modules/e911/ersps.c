/*
 * e911: the ERSPs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "dispatch.h"
#include "ersps.h"
#include "hand.h"
#include "settings.h"

typedef struct taker
{
	e911_ersp_f take;
	void *arg;
	int set; /* looked at last */
	int ours;
} taker_t;

static int is_forced(int set)
{
	e911_hand_t hand;
	int i;

	for(i = 0; e911_hand_nth(i, &hand) == 0; i++)
		if(hand.kind == E911_HAND_FORCE && hand.set == set)
			return 1;
	return 0;
}

static int is_ours(int set)
{
	const e911_settings_t *s = e911_settings();
	const e911_site_t *site;
	int i;

	for(i = 0; (site = e911_sites_nth(s->sites, i)); i++)
		if(site->set == set || (site->last && site->last == set))
			return 1;
	return e911_plan_has_set(s->plan, set) || is_forced(set);
}

/* by the name its row gives; of one that is none the usual, as calls have it */
static const char *profile_of(const str *attrs)
{
	const e911_profiles_t *profiles = e911_settings()->profiles;
	const e911_profile_t *profile = NULL;
	str name;

	if(e911_dispatch_attr(attrs, "profile", &name) == 0)
		profile = e911_profiles_named(profiles, &name);
	return profile ? profile->name : e911_profiles_nth(profiles, 0)->name;
}

static int is_drained(const e911_destination_t *d, const char *profile)
{
	str name = {(char *)profile, (int)strlen(profile)};

	return !e911_hand_is_idle() && e911_hand_drains(&d->uri, &name);
}

static void take_one(const e911_destination_t *d, void *arg)
{
	taker_t *t = arg;
	e911_ersp_t ersp = {.set = d->set,
			.uri = d->uri,
			.socket = d->socket,
			.outbound = d->outbound,
			.priority = d->priority,
			.health = d->health,
			.probed = d->probed};

	if(d->set != t->set) {
		t->set = d->set;
		t->ours = is_ours(d->set);
	}
	if(!t->ours)
		return;
	ersp.profile = profile_of(&d->attrs);
	ersp.drained = is_drained(d, ersp.profile);
	t->take(&ersp, t->arg);
}

void e911_ersps_each(e911_ersp_f take, void *arg)
{
	taker_t t = {.take = take, .arg = arg, .set = -1};

	e911_dispatch_all(take_one, &t);
}

const char *e911_health_name(int health)
{
	static const char *const names[] = {[E911_ACTIVE] = "active",
			[E911_INACTIVE] = "inactive",
			[E911_DISABLED] = "disabled"};

	return names[health];
}
