/*
 * e911: locations follow their contacts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "config.h"
#include "err.h"
#include "hash.h"
#include "nomad.h"
#include "provision.h"
#include "settings.h"
#include "stats.h"

#define SLACK 60		/* s after its time that a contact is looked for */
#define CHECKS_MAX 4096 /* in one sweep; the others at the next */

static e911_queue_t *news;

void e911_nomad_init(e911_queue_t *queue)
{
	news = queue;
}

const char *e911_news_name(int kind)
{
	static const char *const names[] = {
			"moved", "returned", "gone", "back", "dropped"};

	return names[kind];
}

/* ----- what is put down to be done without the lock ----- */

static void put_news(int kind, const e911_view_t *view)
{
	static const int stats[] = {E911_STAT_MOVED, E911_STAT_RETURNED,
			E911_STAT_GONE, E911_STAT_BACK, E911_STAT_DROPPED};

	e911_stats_count(stats[kind]);
	e911_queue_put(
			news, kind, view->state->site, &view->aor, &view->contact, NULL);
}

/* the record has a new version */
static int changed(const e911_view_t *view)
{
	view->state->dirty = E911_DIRTY;
	e911_provision_tell(&view->aor, &view->contact);
	return E911_VISIT_CHANGED;
}

static int is_of(const e911_view_t *view, const e911_device_t *device)
{
	return view->contact.len == 0
		   || e911_device_index(device, &view->contact) >= 0;
}

/* ----- heard from ----- */

typedef struct hearing
{
	const e911_device_t *device;
	e911_network_t network;
	uint32_t site;
	const e911_contact_t *contact; /* that registered; NULL: it calls */
} hearing_t;

static int is_usable(const e911_place_t *p, time_t now)
{
	return p->location.until == 0 || p->location.until > now;
}

/* the place of that network, the one in use before others; -1 */
static int place_at(const e911_view_t *view, const e911_network_t *network)
{
	const e911_vicinity_t *rule =
			&e911_provision_site(&view->aor, view->state->site)->vicinity;
	int i, in_use = view->state->place;
	time_t now = time(NULL);

	if(e911_network_near(rule, &view->place[in_use]->network, network))
		return in_use;
	for(i = 0; i < view->places; i++)
		if(e911_network_near(rule, &view->place[i]->network, network)
				&& is_usable(view->place[i], now))
			return i;
	return -1;
}

static int arrive_at(e911_view_t *view, int place)
{
	e911_state_t *s = view->state;

	if(place == s->place && !s->moved)
		return 0;
	s->place = (unsigned char)place;
	s->moved = 0;
	s->retained = e911_deadline(view->place[place]->location.until);
	put_news(E911_NEWS_RETURNED, view);
	return 1;
}

static int depart(e911_view_t *view)
{
	if(view->state->moved)
		return 0;
	view->state->moved = 1;
	put_news(E911_NEWS_MOVED, view);
	return 1;
}

/* where it is now, and whether that is one of its places */
static int locate(e911_view_t *view, const e911_network_t *network)
{
	e911_place_t *in_use = view->place[view->state->place];
	int place;

	if(network->family == 0)
		return 0;
	view->state->seen = *network;
	if(in_use->network.family == 0) {
		in_use->network = *network;
		return 1;
	}
	place = place_at(view, network);
	return place < 0 ? depart(view) : arrive_at(view, place);
}

static int attach(e911_view_t *view, const e911_contact_t *contact)
{
	int new = !view->state->bound;

	e911_contact_note(contact, view->state);
	return new;
}

static int come_back(e911_view_t *view)
{
	if(view->state->gone == 0)
		return 0;
	view->state->gone = 0;
	put_news(E911_NEWS_BACK, view);
	return 1;
}

static int hear(e911_view_t *view, void *arg)
{
	const hearing_t *h = arg;
	int n;

	if(!is_of(view, h->device))
		return E911_VISIT_KEEP;
	n = h->contact ? attach(view, h->contact) : 0;
	if(h->site && h->site != view->state->site) {
		view->state->site = h->site;
		n++;
	}
	/* who calls is there, but only a registration brings a contact back */
	if(h->contact)
		n += come_back(view);
	/* the next registration tells anew, even if nothing has changed in it */
	else if(!e911_network_equal(&view->state->seen, &h->network))
		view->state->mark = 0;
	n += locate(view, &h->network);
	return n ? changed(view) : E911_VISIT_KEEP;
}

void e911_nomad_heard(const str *aor, const e911_device_t *device,
		const e911_network_t *network, uint32_t site)
{
	hearing_t h = {.device = device, .network = *network, .site = site};

	e911_cache_visit(aor, hear, &h);
}

#define CHALLENGES 2
#define CHALLENGE_EACH 30 /* s; a phone that cannot answer one calls again */

typedef struct challenge
{
	uint32_t challenger;
	int may;
} challenge_t;

/* The second time a phone calls from there it may be one that cannot answer; and
 * a stranger who calls in between makes nobody's call wait for a third. */
static int challenge(e911_view_t *view, void *arg)
{
	e911_state_t *s = view->state;
	uint32_t now = e911_now();
	challenge_t *c = arg;

	if(s->challenged == 0 || e911_passed(s->challenged, now)) {
		s->challenged = now + CHALLENGE_EACH;
		s->challenges = 0;
	} else if(s->challenger == c->challenger || s->challenges == CHALLENGES) {
		return E911_VISIT_KEEP;
	}
	s->challenger = c->challenger;
	s->challenges++;
	c->may = 1;
	return E911_VISIT_KEEP;
}

int e911_nomad_challenge(const str *aor, const e911_network_t *from)
{
	challenge_t c = {(uint32_t)e911_hash((const char *)from, sizeof(*from)), 0};

	e911_cache_visit(aor, challenge, &c);
	return c.may;
}

/* ----- registrations ----- */

typedef struct glance
{
	uint64_t mark;
	uint32_t until;
	int any;	 /* there is a record */
	int known;	 /* one that has seen this registration */
	int strange; /* one that it may concern and that has not */
} glance_t;

/* A refresh by which nothing changes: nearly all of them. One record has seen
 * it before; others of the AoR are of other devices. */
static int glance_at(e911_view_t *view, void *arg)
{
	e911_state_t *s = view->state;
	glance_t *g = arg;

	g->any = 1;
	if(s->mark == g->mark && s->gone == 0) {
		s->until = g->until;
		g->known = 1;
	} else if(view->contact.len == 0 || s->gone || s->mark == 0) {
		g->strange = 1;
	}
	return E911_VISIT_KEEP;
}

static void came(
		const str *aor, uint64_t mark, uint32_t until, e911_ucontact_t *u)
{
	glance_t g = {.mark = mark, .until = until};
	e911_contact_t contact;
	hearing_t h = {.contact = &contact};

	e911_cache_visit(aor, glance_at, &g);
	if(!g.any || (g.known && !g.strange))
		return;
	e911_registration_read(u, &contact);
	h.device = &contact.device;
	h.network = contact.network;
	e911_cache_visit(aor, hear, &h);
}

typedef struct parting
{
	const e911_device_t *device;
	e911_ucontact_t *contact;
	uint32_t deadline;
} parting_t;

static int part(e911_view_t *view, void *arg)
{
	parting_t *p = arg;
	const str *name = view->contact.len ? &view->contact : NULL;

	if(view->state->gone || !is_of(view, p->device)
			|| e911_registration_has_other(p->contact, name))
		return E911_VISIT_KEEP;
	view->state->bound = 1;
	view->state->gone = p->deadline;
	view->state->mark = 0;
	put_news(E911_NEWS_GONE, view);
	return changed(view);
}

static uint32_t grace(void)
{
	return e911_now() + (uint32_t)cfg_get(e911, e911_cfg, grace);
}

void e911_nomad_on_contact(int event, const str *aor, uint64_t mark,
		uint32_t until, e911_ucontact_t *u)
{
	parting_t p = {.contact = u};
	e911_contact_t contact;

	if(event == E911_CONTACT_CAME) {
		came(aor, mark, until, u);
		return;
	}
	e911_registration_read(u, &contact);
	p.device = &contact.device;
	p.deadline = grace();
	e911_cache_visit(aor, part, &p);
}

/* ----- looking after all ----- */

/* Why a record is looked at without its lock. */
enum errand
{
	ERRAND_PURGE, /* a remembered place is past its retention */
	ERRAND_SEEK,  /* its contact may be one from before the start, of which
				   * usrloc tells nobody */
	ERRAND_OVERDUE
};

typedef struct check
{
	str aor;
	str contact;
	int errand;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
} check_t;

typedef struct round
{
	uint32_t now;
	time_t wall;
	int n;
	check_t check[CHECKS_MAX];
} round_t;

static int note(round_t *r, const e911_view_t *view, int errand)
{
	check_t *c = &r->check[r->n++];

	memcpy(c->aor_mem, view->aor.s, view->aor.len);
	memcpy(c->contact_mem, view->contact.s, view->contact.len);
	c->aor.s = c->aor_mem;
	c->aor.len = view->aor.len;
	c->contact.s = c->contact_mem;
	c->contact.len = view->contact.len;
	c->errand = errand;
	return E911_VISIT_KEEP;
}

static int has_stale_place(const e911_view_t *view, time_t now)
{
	int i;

	for(i = 0; i < view->places; i++)
		if(i != view->state->place && !is_usable(view->place[i], now))
			return 1;
	return 0;
}

static int is_overdue(const e911_state_t *s, uint32_t now)
{
	return s->bound && s->gone == 0 && s->until
		   && e911_passed(s->until + SLACK, now);
}

static int drop(const e911_view_t *view)
{
	put_news(E911_NEWS_DROPPED, view);
	e911_provision_tell(&view->aor, &view->contact);
	return E911_VISIT_DROP;
}

static int look_after(e911_view_t *view, void *arg)
{
	e911_state_t *s = view->state;
	round_t *r = arg;

	if(e911_passed(s->expires, r->now) || e911_passed(s->retained, r->now)
			|| e911_passed(s->gone, r->now))
		return drop(view);
	if(r->n == CHECKS_MAX)
		return E911_VISIT_KEEP;
	if(has_stale_place(view, r->wall))
		return note(r, view, ERRAND_PURGE);
	if(is_overdue(s, r->now))
		return note(r, view, ERRAND_OVERDUE);
	if(!s->restored || s->sought || !s->bound || s->mark || s->gone)
		return E911_VISIT_KEEP;
	s->sought = 1;
	return note(r, view, ERRAND_SEEK);
}

typedef struct loss
{
	const str *contact;
	uint32_t now;
} loss_t;

/* unless it was heard of in the meantime */
static int lose(e911_view_t *view, void *arg)
{
	const loss_t *l = arg;

	if(view->contact.len != l->contact->len
			|| memcmp(view->contact.s, l->contact->s, l->contact->len) != 0
			|| !is_overdue(view->state, l->now))
		return E911_VISIT_KEEP;
	view->state->gone = grace();
	view->state->mark = 0;
	put_news(E911_NEWS_GONE, view);
	return changed(view);
}

static void run_errand(const check_t *c, uint32_t now)
{
	loss_t loss = {&c->contact, now};
	e911_contact_t contact;
	hearing_t h = {.device = &contact.device, .contact = &contact};

	if(c->errand == ERRAND_PURGE) {
		e911_provision_purge(&c->aor, &c->contact);
	} else if(e911_registration_find(&c->aor, &c->contact, &contact) == 0) {
		h.network = contact.network;
		e911_cache_visit(&c->aor, hear, &h);
	} else if(c->errand == ERRAND_OVERDUE) {
		e911_cache_visit(&c->aor, lose, &loss);
	}
}

unsigned int e911_nomad_sweep(unsigned int first, unsigned int n)
{
	static round_t r; /* too large for a stack */
	unsigned int next;
	int i;

	r.n = 0;
	r.now = e911_now();
	r.wall = time(NULL);
	next = e911_cache_sweep(first, n, look_after, &r);
	for(i = 0; i < r.n; i++)
		run_errand(&r.check[i], r.now);
	return next;
}
