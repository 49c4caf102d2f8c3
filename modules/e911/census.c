/*
 * e911: how many contacts and locations there are of each site
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "cache.h"
#include "census.h"
#include "err.h"
#include "gate.h"
#include "provision.h"
#include "registration.h"
#include "settings.h"

/* looked at in one step, or a few more */
#define RECORDS_STEP 50000
#define RECORD_SLOTS_STEP (1u << 18)
#define CONTACTS_STEP 20000
#define CONTACT_SLOTS_STEP (1 << 14)
#define SOME 1024 /* slots of records */
#define BATCH 64  /* contacts copied out under one lock */

typedef struct table
{
	gen_lock_t lock;
	int n;
	e911_census_t row[E911_SITES_MAX];
} table_t;

enum phase
{
	PHASE_RECORDS,
	PHASE_CONTACTS
};

static table_t *table;
static int (*all_loaded)(void);

/* the count under way: of the process that counts */
static e911_census_t rows[E911_SITES_MAX];
static int count;
static int phase;
static unsigned int slot;
static uint64_t cursor;

int e911_census_init(int (*loaded)(void))
{
	all_loaded = loaded;
	table = shm_mallocxz(sizeof(*table));
	if(table == NULL)
		return E911_ERR_MEM;
	lock_init(&table->lock);
	return E911_OK;
}

void e911_census_destroy(void)
{
	if(table)
		shm_free(table);
	table = NULL;
}

/* ----- whose row ----- */

static e911_census_t *row_in(e911_census_t *list, int n, uint32_t site)
{
	int i;

	for(i = 0; i < n; i++)
		if(list[i].site == site)
			return &list[i];
	return NULL;
}

/* a site that came in the midst of a turn */
static e911_census_t *row_of(const e911_site_t *site)
{
	e911_census_t *row = row_in(rows, count, site->id);

	if(row || count == E911_SITES_MAX)
		return row;
	row = &rows[count++];
	memset(row, 0, sizeof(*row));
	row->site = site->id;
	return row;
}

/* ----- records ----- */

static unsigned int looked_at;

static int count_record(e911_view_t *view, void *arg)
{
	const e911_site_t *site =
			e911_provision_site(&view->aor, view->state->site);
	const e911_place_t *place = view->place[view->state->place];
	e911_census_t *row = row_of(site);
	int reason, verdict = place->location.verdict;
	int fresh = e911_freshness(view->state, place->confirmed, site, &reason);

	looked_at++;
	if(row && verdict < E911_VERDICTS && fresh < E911_FRESHNESSES)
		row->locations[verdict][fresh]++;
	return E911_VISIT_KEEP;
}

/* whether these were all */
static int count_records(void)
{
	unsigned int slots = 0;

	looked_at = 0;
	while(slots < RECORD_SLOTS_STEP && looked_at < RECORDS_STEP) {
		slot = e911_cache_sweep(slot, SOME, count_record, NULL);
		if(slot == 0)
			return 1;
		slots += SOME;
	}
	return 0;
}

/* ----- contacts ----- */

typedef struct pick
{
	const e911_device_t *device;
	int rank; /* 2: of the device, 1: another one of that user */
	str aor;
	uint32_t site;
	char mem[E911_AOR_MAX];
} pick_t;

/* usrloc may know users alone: the record knows the whole AoR */
static int pick_record(e911_view_t *view, void *arg)
{
	pick_t *p = arg;
	int rank =
			view->contact.len == 0
							|| e911_device_index(p->device, &view->contact) >= 0
					? 2
					: 1;

	if(rank <= p->rank)
		return E911_VISIT_KEEP;
	p->rank = rank;
	p->site = rank == 2 ? view->state->site : 0;
	memcpy(p->mem, view->aor.s, view->aor.len);
	p->aor.s = p->mem;
	p->aor.len = view->aor.len;
	return E911_VISIT_KEEP;
}

static void judge(const e911_contact_t *c, const pick_t *p,
		const e911_site_t *site, e911_census_t *row)
{
	e911_where_from_t from = {c->network, (unsigned short)c->port,
			(unsigned char)c->proto, c->connection, &site->vicinity};
	e911_location_t l;
	e911_finding_t f;

	e911_cache_find(&p->aor, &c->device, &from, &l, &f);
	row->located += f.found != E911_FOUND_NONE && !e911_site_rejects(site, &l);
	row->gated += site->gate == E911_GATE_REQUIRE && all_loaded()
				  && e911_gate_word(&l, &f, site)[0] != '\0';
}

static void count_contact(const e911_registered_t *r)
{
	pick_t p = {.device = &r->contact.device, .aor = r->aor};
	const e911_site_t *site;
	e911_census_t *row;

	e911_cache_visit(&r->aor, pick_record, &p);
	site = e911_provision_site(&p.aor, p.site);
	row = row_of(site);
	if(row == NULL)
		return;
	row->contacts++;
	judge(&r->contact, &p, site, row);
}

/* whether these were all */
static int count_contacts(void)
{
	static e911_registered_t batch[BATCH]; /* too large for a stack */
	int i, n, seen = 0, steps;

	for(steps = 0; steps < CONTACT_SLOTS_STEP && seen < CONTACTS_STEP;
			steps++) {
		n = e911_registration_next(&cursor, batch, BATCH);
		for(i = 0; i < n; i++)
			count_contact(&batch[i]);
		seen += n;
		if(cursor == 0)
			return 1;
	}
	return 0;
}

/* ----- a turn ----- */

static void publish(void)
{
	time_t now = time(NULL);
	int i;

	for(i = 0; i < count; i++)
		rows[i].counted = now;
	lock_get(&table->lock);
	memcpy(table->row, rows, count * sizeof(*rows));
	table->n = count;
	lock_release(&table->lock);
}

static void begin(void)
{
	const e911_sites_t *sites = e911_settings()->sites;
	const e911_site_t *site;
	int i;

	count = 0;
	for(i = 0; (site = e911_sites_nth(sites, i)); i++)
		row_of(site);
}

void e911_census_step(void)
{
	if(phase == PHASE_RECORDS && slot == 0)
		begin();
	if(phase == PHASE_RECORDS) {
		if(count_records())
			phase = PHASE_CONTACTS;
		return;
	}
	if(!count_contacts())
		return;
	publish();
	phase = PHASE_RECORDS;
}

int e911_census_nth(int n, e911_census_t *row)
{
	const e911_site_t *site = e911_sites_nth(e911_settings()->sites, n);
	const e911_census_t *found;

	if(site == NULL)
		return E911_ERR_NONE;
	lock_get(&table->lock);
	found = row_in(table->row, table->n, site->id);
	if(found)
		*row = *found;
	lock_release(&table->lock);
	if(found == NULL)
		*row = (e911_census_t){.site = site->id};
	return E911_OK;
}
