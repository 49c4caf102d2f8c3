/*
 * e911: the clerk
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/cfg/cfg_struct.h"
#include "../../core/dprint.h"
#include "../../core/mem/shm_mem.h"
#include "census.h"
#include "clerk.h"
#include "drill.h"
#include "err.h"
#include "guide.h"
#include "hash.h"
#include "ledger.h"
#include "nomad.h"
#include "provision.h"
#include "settings.h"

#define NEWS_MAX 65536
#define NEWS_BATCH 256
#define ROUND 2 /* s in which all slots are seen */

static e911_queue_t *news;
static e911_clerk_f tell_moved;

int e911_clerk_init(e911_clerk_f on_moved)
{
	tell_moved = on_moved;
	return e911_queue_new(&news, NEWS_MAX);
}

void e911_clerk_destroy(void)
{
	e911_queue_free(news);
	news = NULL;
}

e911_queue_t *e911_clerk_news(void)
{
	return news;
}

/* As a call is told of: who, which device, which site, in what state. */
static int describe(const e911_item_t *item, e911_call_t *call)
{
	static e911_record_t r; /* too large for a stack */
	const e911_place_t *p;
	const e911_site_t *site;

	e911_call_init(call);
	if(e911_cache_get(&item->aor, &item->contact, &r))
		return E911_ERR_NONE;
	site = e911_provision_site(&r.aor, r.state.site);
	p = &r.place[r.state.place];
	memcpy(&call->location, &p->location, E911_LOCATION_SIZE(&p->location));
	call->location.freshness = (unsigned char)e911_freshness(
			&r.state, p->confirmed, site, &call->reason);
	call->site = site->id;
	call->located = 1;
	call->found = r.contact.len ? E911_FOUND_DEVICE : E911_FOUND_AOR;
	call->steps = -1;
	e911_call_keep(call, &r.aor, &call->aor);
	e911_call_keep(call, &r.contact, &call->contact);
	return E911_OK;
}

static void tell(const e911_item_t *item)
{
	static e911_call_t call; /* too large for a stack */

	LM_INFO("location of %016llx, device %016llx: %s\n",
			(unsigned long long)e911_hash(item->aor.s, item->aor.len),
			(unsigned long long)e911_hash(item->contact.s, item->contact.len),
			e911_news_name(item->kind));
	if(item->kind == E911_NEWS_MOVED && describe(item, &call) == 0)
		tell_moved(&call);
}

static void tell_all(void)
{
	e911_item_t *item, *next;

	e911_queue_take(news, NEWS_BATCH, &item);
	for(; item; item = next) {
		next = item->next;
		tell(item);
		shm_free(item);
	}
}

void e911_clerk_run(void)
{
	unsigned int slot = 0, n = e911_cache_slots() / ROUND + 1;
	uint32_t last = 0, now;

	for(;;) {
		cfg_update();
		e911_queue_wait(news, 1000);
		tell_all();
		now = e911_now();
		if(now == last)
			continue;
		last = now;
		slot = e911_nomad_sweep(slot, n);
		e911_ledger_sweep();
		e911_census_step();
		e911_drill_step();
		e911_settings_bury();
		e911_guide_bury();
	}
}
