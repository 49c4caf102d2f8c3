/*
 * e911: the operator's hand: what he has set aside by command
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "hand.h"
#include "record.h"
#include "err.h"

typedef struct hands
{
	gen_lock_t lock;
	int n;
	e911_hand_t hand[E911_HANDS_MAX];
} hands_t;

static hands_t *hands;

int e911_hand_init(void)
{
	hands = shm_mallocxz(sizeof(*hands));
	if(hands == NULL)
		return E911_ERR_MEM;
	lock_init(&hands->lock);
	return E911_OK;
}

void e911_hand_destroy(void)
{
	if(hands == NULL)
		return;
	lock_destroy(&hands->lock);
	shm_free(hands);
	hands = NULL;
}

int e911_hand_is_idle(void)
{
	return hands == NULL || __atomic_load_n(&hands->n, __ATOMIC_RELAXED) == 0;
}

/* the order stays */
static void drop(int at)
{
	hands->n--;
	memmove(&hands->hand[at], &hands->hand[at + 1],
			(size_t)(hands->n - at) * sizeof(hands->hand[0]));
}

/* what is past its time is gone: all look after having locked */
static void lock(void)
{
	uint32_t now = e911_now();
	int i;

	lock_get(&hands->lock);
	for(i = hands->n - 1; i >= 0; i--)
		if(e911_passed(hands->hand[i].until, now))
			drop(i);
}

static void unlock(void)
{
	lock_release(&hands->lock);
}

static int is_text(const str *s, const char *z)
{
	return s->len > 0 && strlen(z) == (size_t)s->len
		   && strncasecmp(s->s, z, (size_t)s->len) == 0;
}

/* sites' names tell capitals from small letters; hosts do not */
static int is_what(const e911_hand_t *hand, int kind, const str *what)
{
	if(hand->kind != kind)
		return 0;
	return kind == E911_HAND_DRAIN
				   ? is_text(what, hand->what)
				   : strlen(hand->what) == (size_t)what->len
							 && memcmp(hand->what, what->s, (size_t)what->len)
										== 0;
}

static int find(int kind, const str *what)
{
	int i;

	for(i = 0; i < hands->n; i++)
		if(is_what(&hands->hand[i], kind, what))
			return i;
	return E911_ERR_NONE;
}

int e911_hand_put(const e911_hand_t *hand)
{
	str what = {(char *)hand->what, (int)strlen(hand->what)};
	int at;

	lock();
	at = find(hand->kind, &what);
	if(at < 0)
		at = hands->n < E911_HANDS_MAX ? hands->n++ : E911_ERR_FULL;
	if(at >= 0)
		hands->hand[at] = *hand;
	unlock();
	return at < 0 ? at : E911_OK;
}

int e911_hand_take(int kind, const str *what)
{
	int at;

	lock();
	at = find(kind, what);
	if(at >= 0)
		drop(at);
	unlock();
	return at < 0 ? at : E911_OK;
}

int e911_hand_nth(int n, e911_hand_t *hand)
{
	int err = E911_ERR_NONE;

	lock();
	if(n >= 0 && n < hands->n) {
		*hand = hands->hand[n];
		err = E911_OK;
	}
	unlock();
	return err;
}

/* ----- asked by calls ----- */

/* "host" and "host:port" of "sip:user@host:port;transport=tcp" */
static void read_host(const str *uri, str *host, str *with_port)
{
	const char *s = uri->s, *end = uri->s + uri->len, *p;

	p = memchr(s, ':', (size_t)uri->len);
	s = p ? p + 1 : s;
	p = memchr(s, '@', (size_t)(end - s));
	s = p ? p + 1 : s;
	/* an IPv6 reference has colons of its own */
	p = s < end && *s == '[' ? memchr(s, ']', (size_t)(end - s)) : NULL;
	for(p = p ? p : s; p < end && !strchr(":;?>", *p); p++)
		;
	host->s = with_port->s = (char *)s;
	host->len = (int)(p - s);
	for(; p < end && !strchr(";?>", *p); p++)
		;
	with_port->len = (int)(p - s);
}

int e911_hand_drains(const str *uri, const str *profile)
{
	str host, with_port;
	const e911_hand_t *h;
	int i, drained = 0;

	read_host(uri, &host, &with_port);
	lock();
	for(i = 0; i < hands->n && !drained; i++) {
		h = &hands->hand[i];
		drained = h->kind == E911_HAND_DRAIN
				  && (is_text(uri, h->what) || is_text(&host, h->what)
						  || is_text(&with_port, h->what)
						  || is_text(profile, h->what));
	}
	unlock();
	return drained;
}

int e911_hand_set(const char *site)
{
	static const str all = str_init("*");
	str name = {(char *)site, (int)strlen(site)};
	int at, set;

	lock();
	at = find(E911_HAND_FORCE, &name);
	if(at < 0)
		at = find(E911_HAND_FORCE, &all);
	set = at < 0 ? 0 : hands->hand[at].set;
	unlock();
	return set;
}
