/*
 * e911: the one way a location changes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/dprint.h"
#include "aor.h"
#include "err.h"
#include "hash.h"
#include "provision.h"
#include "registration.h"
#include "settings.h"
#include "stats.h"
#include "verdict.h"

#define TRIES 16	  /* of a change, while others change the same record */
#define ASKING 120	  /* s that a worker has to ask the validators */
#define PATIENCE 3600 /* s a contact of before has to register again */

static e911_queue_t *changes;
static int (*all_read)(void);
static e911_provision_f on_unchecked;

typedef struct key
{
	str aor;
	str contact;
	int registered; /* facts below are known */
	e911_contact_t facts;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
} e911_key_t;

void e911_provision_init(e911_queue_t *queue, int (*loaded)(void))
{
	changes = queue;
	all_read = loaded;
}

void e911_provision_watch(e911_provision_f unchecked)
{
	on_unchecked = unchecked;
}

void e911_provision_tell(const str *aor, const str *contact)
{
	if(changes && e911_queue_put(changes, E911_CHANGED, 0, aor, contact, NULL))
		e911_stats_count(E911_STAT_STORE_LOST);
}

static uint64_t tell(const e911_key_t *key)
{
	uint64_t ticket = 0;

	if(changes
			&& e911_queue_put(changes, E911_CHANGED, 0, &key->aor,
					&key->contact, &ticket))
		e911_stats_count(E911_STAT_STORE_LOST);
	return ticket;
}

int e911_provision_is_stored(uint64_t ticket)
{
	return changes == NULL || e911_queue_is_done(changes, ticket);
}

const e911_site_t *e911_provision_site(const str *aor, uint32_t site)
{
	return site ? e911_settings_site(site)
				: e911_sites_find(e911_settings()->sites, aor, NULL);
}

static int read_names(e911_key_t *key, const str *aor, const str *contact)
{
	int err = e911_aor_normal(aor, key->aor_mem, &key->aor);

	key->contact.s = key->contact_mem;
	key->contact.len = 0;
	key->registered = 0;
	if(err || contact == NULL || contact->len == 0)
		return err;
	return e911_aor_contact(contact, key->contact_mem, &key->contact);
}

/* a registered device goes by its instance, which outlives its addresses */
static int read_key(e911_key_t *key, const str *aor, const str *contact)
{
	int err = read_names(key, aor, contact);

	if(err)
		return err;
	key->registered =
			e911_registration_find(&key->aor, &key->contact, &key->facts) == 0;
	if(key->registered && key->contact.len && key->facts.device.n) {
		key->contact.len = key->facts.device.name[0].len;
		memcpy(key->contact_mem, key->facts.device.name[0].s, key->contact.len);
	}
	return E911_OK;
}

static void report(const e911_key_t *key, const char *what, const char *how)
{
	LM_INFO("location of %016llx, device %016llx: %s, %s\n",
			(unsigned long long)e911_hash(key->aor.s, key->aor.len),
			(unsigned long long)e911_hash(key->contact.s, key->contact.len),
			what, how);
}

/* ----- stating ----- */

static void take_facts(e911_record_t *r, const e911_key_t *key)
{
	e911_state_t *s = &r->state;

	s->restored = 0;
	if(s->bound && (s->gone || e911_passed(s->until, e911_now()))) {
		s->until = e911_now() + PATIENCE;
		/* a registration that has ended proves nobody */
		memset(&s->home, 0, sizeof(s->home));
		s->port = 0;
		s->connection = 0;
	}
	s->gone = 0;
	if(!key->registered)
		return;
	e911_contact_note(&key->facts, s);
	/* of the AoR as a whole the contact heard last counts, not the heaviest */
	if(key->facts.network.family && (key->contact.len || !s->seen.family))
		s->seen = key->facts.network;
}

typedef int (*change_f)(
		e911_record_t *r, const e911_key_t *key, const void *arg);

/* reads, changes, puts back; once more where somebody else was quicker */
static int change(const e911_key_t *key, change_f how, const void *arg)
{
	e911_record_t r;
	uint64_t version;
	int i, err = E911_ERR_AGAIN;

	for(i = 0; i < TRIES && err == E911_ERR_AGAIN; i++) {
		if(e911_cache_get(&key->aor, &key->contact, &r))
			err = e911_record_init(&r, &key->aor, &key->contact);
		else
			err = E911_OK;
		if(!err)
			err = how(&r, key, arg);
		r.state.dirty = changes ? E911_DIRTY : E911_CLEAN;
		if(!err)
			err = e911_cache_put(&r, &version);
	}
	return err;
}

static uint64_t hash_of(const e911_location_t *l)
{
	return e911_hash((const char *)l->text, l->len);
}

/* A phone says the same with each REGISTER: the verdict on it holds, with the
 * address as the validator wrote it. Its place, or -1. */
static int find_said(const e911_record_t *r, const e911_location_t *l)
{
	uint64_t hash;
	int i;

	if(l->origin != E911_FROM_SIP || l->verdict != E911_UNCHECKED)
		return -1;
	hash = hash_of(l);
	for(i = 0; i < r->places; i++)
		if(r->place[i].said == hash
				&& r->place[i].location.verdict != E911_UNUSABLE)
			return i;
	return -1;
}

static void put_place(
		e911_record_t *r, const e911_site_t *site, const e911_location_t *l)
{
	int known = find_said(r, l);
	e911_location_t said;

	if(known < 0) {
		e911_record_state(r, &site->vicinity, l, time(NULL));
		return;
	}
	memcpy(&said, &r->place[known].location,
			E911_LOCATION_SIZE(&r->place[known].location));
	said.stated = l->stated;
	said.until = l->until;
	said.origin = l->origin;
	e911_record_state(r, &site->vicinity, &said, time(NULL));
	r->place[r->state.place].said = hash_of(l);
}

static int matches(const e911_order_t *order, const e911_record_t *r)
{
	if(order->match == E911_MATCH_NOTHING)
		return r->places == 0;
	if(order->match == E911_MATCH_SOMETHING)
		return r->places > 0;
	return order->match == E911_MATCH_ANY
		   || (r->places && r->state.version == order->version);
}

static int state(e911_record_t *r, const e911_key_t *key, const void *arg)
{
	const e911_order_t *order = arg;
	const e911_site_t *site;

	if(!matches(order, r))
		return E911_ERR_OLD;
	take_facts(r, key);
	if(order->site)
		r->state.site = order->site;
	if(order->network.family)
		r->state.seen = order->network;
	site = e911_provision_site(&key->aor, r->state.site);
	put_place(r, site, order->location);
	r->state.expires = order->ttl ? e911_now() + (uint32_t)order->ttl : 0;
	r->state.asked = 0;
	r->state.silent = 0;
	return E911_OK;
}

/* a visit may go by the user part alone */
static int is_aor(const e911_view_t *view, const str *aor)
{
	return view->aor.len == aor->len
		   && memcmp(view->aor.s, aor->s, aor->len) == 0;
}

static int is_contact(const e911_view_t *view, const str *contact)
{
	return contact == NULL
		   || (view->contact.len == contact->len
				   && memcmp(view->contact.s, contact->s, contact->len) == 0);
}

/* what was stated for the device under a name it had before it registered */
static int supersede(e911_view_t *view, void *arg)
{
	const e911_key_t *key = arg;

	if(e911_device_index(&key->facts.device, &view->contact) < 0
			|| is_contact(view, &key->contact))
		return E911_VISIT_KEEP;
	e911_provision_tell(&view->aor, &view->contact);
	return E911_VISIT_DROP;
}

static void have_checked(const e911_key_t *key, const e911_order_t *order)
{
	const e911_location_t *l;
	uint64_t job = 0;
	e911_record_t r;

	if(on_unchecked && order->location->verdict == E911_UNCHECKED
			&& e911_cache_get(&key->aor, &key->contact, &r) == 0) {
		l = &r.place[r.state.place].location;
		if(l->verdict == E911_UNCHECKED)
			job = on_unchecked(&key->aor, &key->contact,
					e911_provision_site(&key->aor, r.state.site), l);
	}
	if(order->job)
		*order->job = job;
}

int e911_provision_set(const e911_order_t *order, uint64_t *ticket)
{
	e911_key_t key;
	int err = read_key(&key, &order->aor, &order->contact);

	if(!err)
		err = change(&key, state, order);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		return err;
	}
	if(key.registered && key.contact.len)
		e911_cache_visit(&key.aor, supersede, &key);
	*ticket = tell(&key);
	e911_stats_count(E911_STAT_SET);
	report(&key, "stated", e911_origin_name(order->location->origin));
	have_checked(&key, order);
	return E911_OK;
}

/* ----- confirming, naming unusable, purging ----- */

static int confirm(e911_record_t *r, const e911_key_t *key, const void *arg)
{
	const e911_site_t *site = e911_provision_site(&key->aor, r->state.site);

	if(r->places == 0)
		return E911_ERR_NONE;
	if(e911_site_rejects(site, &r->place[r->state.place].location))
		return E911_ERR_UNUSABLE;
	take_facts(r, key);
	e911_record_confirm(r, &site->vicinity, time(NULL));
	return E911_OK;
}

/* the record by the name given, else by the device's best one, else the AoR's */
static int find_key(
		e911_key_t *key, const str *aor, const str *contact, e911_record_t *r)
{
	int i, err = read_names(key, aor, contact);

	if(err)
		return err;
	if(e911_cache_get(&key->aor, &key->contact, r) == 0)
		return E911_OK;
	err = read_key(key, aor, contact);
	if(!err)
		err = e911_cache_get(&key->aor, &key->contact, r);
	for(i = 0; err == E911_ERR_NONE && key->contact.len && key->registered
			   && i < key->facts.device.n;
			i++) {
		err = e911_cache_get(&key->aor, &key->facts.device.name[i], r);
		if(!err)
			key->contact = key->facts.device.name[i];
	}
	return err;
}

int e911_provision_get(const str *aor, const str *contact, e911_record_t *r)
{
	e911_key_t key;

	return find_key(&key, aor, contact, r);
}

int e911_provision_confirm(const str *aor, const str *contact, uint64_t *ticket)
{
	e911_key_t key;
	e911_record_t r;
	int err = find_key(&key, aor, contact, &r);

	if(!err && !key.registered)
		key.registered =
				e911_registration_find(&key.aor, &key.contact, &key.facts) == 0;
	if(!err)
		err = change(&key, confirm, NULL);
	if(err)
		return err;
	*ticket = tell(&key);
	e911_stats_count(E911_STAT_CONFIRMED);
	report(&key, "confirmed", "by request");
	return E911_OK;
}

static int spoil(e911_record_t *r, const e911_key_t *key, const void *arg)
{
	if(r->places == 0)
		return E911_ERR_NONE;
	r->place[r->state.place].location.verdict = E911_UNUSABLE;
	return E911_OK;
}

int e911_provision_unusable(
		const str *aor, const str *contact, uint64_t *ticket)
{
	e911_key_t key;
	e911_record_t r;
	int err = find_key(&key, aor, contact, &r);

	if(!err)
		err = change(&key, spoil, NULL);
	if(err)
		return err;
	*ticket = tell(&key);
	e911_stats_count(E911_STAT_UNUSABLE);
	report(&key, "named unusable", "by request");
	return E911_OK;
}

/* ----- a verdict ----- */

typedef struct ruling
{
	const e911_location_t *on;
	const e911_assessment_t *a;
} ruling_t;

/* stated anew meanwhile it is another one, even in the same words */
static int is_that(const e911_location_t *l, const e911_location_t *other)
{
	return l->verdict != E911_UNUSABLE && l->stated == other->stated
		   && l->len == other->len && memcmp(l->text, other->text, l->len) == 0;
}

static int rule(e911_record_t *r, const e911_key_t *key, const void *arg)
{
	const ruling_t *ruling = arg;
	e911_place_t *p;
	int i;

	r->state.asked = 0;
	r->state.silent = 0;
	for(i = 0; i < r->places; i++) {
		p = &r->place[i];
		if(!is_that(&p->location, ruling->on))
			continue;
		if(p->said == 0)
			p->said = hash_of(&p->location);
		return e911_verdict_apply(ruling->a, time(NULL), &p->location);
	}
	return E911_ERR_NONE;
}

int e911_provision_assessed(const str *aor, const str *contact,
		const e911_location_t *l, const e911_assessment_t *a)
{
	e911_key_t key = {.aor = *aor, .contact = *contact};
	ruling_t ruling = {l, a};
	int err = change(&key, rule, &ruling);

	if(err)
		return err;
	tell(&key);
	report(&key, "assessed", e911_verdict_name(a->verdict));
	return E911_OK;
}

typedef struct inquiry
{
	const str *contact;
	int answered;
} inquiry_t;

static int defer(e911_view_t *view, void *arg)
{
	const inquiry_t *inquiry = arg;
	e911_state_t *s = view->state;
	uint32_t wait = ASKING;
	unsigned int chance = 0;

	if(!is_contact(view, inquiry->contact))
		return E911_VISIT_KEEP;
	if(inquiry->answered) {
		wait = s->silent < 6 ? 60u << s->silent : 3600;
		s->silent += s->silent < 6;
		/* not all at once, of those that one outage has left */
		e911_hash_random((unsigned char *)&chance, sizeof(chance));
		wait += chance % (wait / 4);
	}
	s->asked = e911_now() + wait;
	return E911_VISIT_KEEP;
}

void e911_provision_asked(const str *aor, const str *contact, int answered)
{
	inquiry_t inquiry = {contact, answered};

	e911_cache_visit(aor, defer, &inquiry);
}

int e911_provision_site_of(
		const str *aor, const str *contact, const e911_site_t **site)
{
	e911_key_t key;
	e911_record_t r;
	int err = find_key(&key, aor, contact, &r);

	if(err && err != E911_ERR_NONE)
		return err;
	*site = e911_provision_site(&key.aor, err ? 0 : r.state.site);
	return E911_OK;
}

static int purge(e911_record_t *r, const e911_key_t *key, const void *arg)
{
	time_t now = time(NULL);
	int i, n = 0, place = r->state.place;

	for(i = 0; i < r->places; i++) {
		if(i != place && r->place[i].location.until
				&& r->place[i].location.until <= now)
			continue;
		if(i == place)
			r->state.place = (unsigned char)n;
		if(i != n)
			r->place[n] = r->place[i];
		n++;
	}
	r->places = n;
	return n ? E911_OK : E911_ERR_NONE;
}

void e911_provision_purge(const str *aor, const str *contact)
{
	e911_key_t key = {.aor = *aor, .contact = *contact};

	if(change(&key, purge, NULL) == 0)
		tell(&key);
}

typedef struct removal
{
	int place;
	uint64_t version;
} removal_t;

static int forget_place(
		e911_record_t *r, const e911_key_t *key, const void *arg)
{
	const removal_t *removal = arg;
	int i;

	if(r->places == 0)
		return E911_ERR_NONE;
	if(r->state.version != removal->version)
		return E911_ERR_OLD;
	if(removal->place == r->state.place)
		return E911_ERR_VALUE;
	for(i = removal->place; i + 1 < r->places; i++)
		r->place[i] = r->place[i + 1];
	r->places--;
	r->state.place -= r->state.place > removal->place;
	return E911_OK;
}

int e911_provision_forget_place(
		const str *aor, const str *contact, int place, uint64_t version)
{
	removal_t removal = {place, version};
	e911_key_t key;
	e911_record_t r;
	int err = find_key(&key, aor, contact, &r);

	if(!err && (place < 0 || place >= r.places))
		err = E911_ERR_NONE;
	if(!err)
		err = change(&key, forget_place, &removal);
	if(err)
		return err;
	tell(&key);
	report(&key, "a place forgotten", "by request");
	return E911_OK;
}

typedef struct listing
{
	const str *aor;
	e911_contacts_t *contacts;
} listing_t;

static int list_contact(e911_view_t *view, void *arg)
{
	listing_t *listing = arg;
	e911_contacts_t *all = listing->contacts;
	str *name = &all->contact[all->n];

	if(all->n == E911_DEVICES_MAX || !is_aor(view, listing->aor))
		return E911_VISIT_KEEP;
	name->s = all->mem[all->n++];
	name->len = view->contact.len;
	if(name->len)
		memcpy(name->s, view->contact.s, name->len);
	return E911_VISIT_KEEP;
}

int e911_provision_contacts(const str *aor, e911_contacts_t *contacts)
{
	e911_key_t key;
	listing_t listing = {&key.aor, contacts};

	contacts->n = 0;
	if(read_names(&key, aor, NULL) == 0)
		e911_cache_visit(&key.aor, list_contact, &listing);
	return contacts->n;
}

/* ----- taking back ----- */

typedef struct erasure
{
	const str *aor;
	const str *contact; /* NULL: all */
	uint64_t ticket;
	uint64_t version; /* 0: whatever it is of */
	int kept;		  /* for being of another one */
} erasure_t;

static void tell_erased(
		erasure_t *e, int kind, const str *aor, const str *contact)
{
	if(changes && e911_queue_put(changes, kind, 0, aor, contact, &e->ticket))
		e911_stats_count(E911_STAT_STORE_LOST);
}

static int erase(e911_view_t *view, void *arg)
{
	erasure_t *e = arg;

	if(!is_aor(view, e->aor) || !is_contact(view, e->contact))
		return E911_VISIT_KEEP;
	if(e->version && e->version != view->state->version) {
		e->kept++;
		return E911_VISIT_KEEP;
	}
	tell_erased(e, E911_TAKEN_BACK, &view->aor, &view->contact);
	return E911_VISIT_DROP;
}

int e911_provision_del(
		const str *aor, const str *contact, int *n, uint64_t *ticket)
{
	e911_record_t r;
	e911_key_t key;
	erasure_t e = {.aor = &key.aor};
	int i, err, loaded;

	err = contact ? find_key(&key, aor, contact, &r)
				  : read_names(&key, aor, NULL);
	*n = 0;
	*ticket = 0;
	if(err && err != E911_ERR_NONE)
		return err;
	e.contact = contact ? &key.contact : NULL;
	/* asked first: its row may be on its way here */
	loaded = all_read();
	*n = e911_cache_visit(&key.aor, erase, &e);
	if(!loaded)
		tell_erased(&e, contact ? E911_TAKEN_BACK : E911_ALL_TAKEN_BACK,
				&key.aor, &key.contact);
	*ticket = e.ticket;
	for(i = 0; i < *n; i++)
		e911_stats_count(E911_STAT_DELETED);
	if(*n)
		report(&key, "deleted", "by request");
	return E911_OK;
}

int e911_provision_del_version(
		const str *aor, const str *contact, uint64_t version, uint64_t *ticket)
{
	e911_key_t key = {.aor = *aor, .contact = *contact};
	erasure_t e = {.aor = aor, .contact = contact, .version = version};

	if(e911_cache_visit(aor, erase, &e) == 0)
		return e.kept ? E911_ERR_OLD : E911_ERR_NONE;
	*ticket = e.ticket;
	e911_stats_count(E911_STAT_DELETED);
	report(&key, "deleted", "by request");
	return E911_OK;
}

/* ----- out of the database ----- */

int e911_provision_restore(e911_record_t *r)
{
	uint64_t version;
	int err;

	/* it was there before; if it does not come back in time it is gone */
	if(r->state.bound && r->state.gone == 0)
		r->state.until = e911_now() + PATIENCE;
	r->state.version = 0;
	r->state.restored = 1;
	r->state.retained = e911_deadline(r->place[r->state.place].location.until);
	err = e911_cache_put(r, &version);
	return err == E911_ERR_AGAIN ? E911_OK : err;
}

static int forget(e911_view_t *view, void *arg)
{
	if(!view->state->restored || !is_contact(view, arg))
		return E911_VISIT_KEEP;
	e911_provision_tell(&view->aor, &view->contact);
	return E911_VISIT_DROP;
}

void e911_provision_forget(const str *aor, const str *contact)
{
	e911_cache_visit(aor, forget, (void *)contact);
}
