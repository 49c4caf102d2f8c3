/*
 * e911: whom to tell of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "recipient.h"
#include "events.h"
#include "row.h"
#include "secret.h"
#include "err.h"

#define DAY 86400
#define BIT(n) (1u << (n))

struct e911_recipients
{
	int n;
	e911_recipient_t *recipient[E911_RECIPIENTS_MAX];
};

enum kind
{
	KIND_TEXT, /* goes into a body */
	KIND_LINE, /* visible ASCII: goes into a header, or names a file */
	KIND_URL,
	KIND_SERVER,
	KIND_TO,
	KIND_FROM,
	KIND_SIP,
	KIND_SECRET,
	KIND_WORD,
	KIND_EVENTS,
	KIND_NUMBER,
	KIND_AGE
};

enum whose
{
	WEB = BIT(E911_BY_WEBHOOK),
	MAIL = BIT(E911_BY_MAIL),
	SIP = BIT(E911_BY_SIP),
	EVENT = BIT(E911_BY_EVENT),
	NET = WEB | MAIL,
	ALL = NET | SIP | EVENT
};

#define R(m)                       \
	offsetof(e911_recipient_t, m), \
			(unsigned short)sizeof(((e911_recipient_t *)0)->m)

static const char *const kinds[] = {"webhook", "mail", "sip", "event", NULL};
static const char *const answers[] = {"no", "yes", NULL};

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned char whose;
	unsigned char needed; /* by whose */
	unsigned short offset, size;
	int least, most; /* of a number */
	const char *const *words;
} columns[] = {
	{"name", KIND_LINE, ALL, ALL, R(name), 0, 0, NULL},
	{"kind", KIND_WORD, ALL, ALL, R(kind), 0, 0, kinds},
	{"to", KIND_TO, WEB | MAIL | SIP, WEB | MAIL | SIP, R(to), 0, 0, NULL},
	{"from", KIND_FROM, MAIL | SIP, MAIL | SIP, R(from), 0, 0, NULL},
	{"server", KIND_SERVER, MAIL, MAIL, R(server), 0, 0, NULL},
	{"user", KIND_LINE, MAIL, 0, R(user), 0, 0, NULL},
	{"outbound", KIND_SIP, SIP, 0, R(outbound), 0, 0, NULL},
	{"secret", KIND_SECRET, NET, 0, R(secret), 0, 0, NULL},
	{"subject", KIND_TEXT, MAIL, 0, R(subject), 0, 0, NULL},
	{"template", KIND_TEXT, WEB | MAIL | SIP, 0, R(body), 0, 0, NULL},
	{"type", KIND_LINE, WEB, 0, R(type), 0, 0, NULL},
	{"ca", KIND_LINE, NET, 0, R(ca), 0, 0, NULL},
	{"cert", KIND_LINE, NET, 0, R(cert), 0, 0, NULL},
	{"key", KIND_LINE, NET, 0, R(key), 0, 0, NULL},
	{"proxy", KIND_URL, WEB, 0, R(proxy), 0, 0, NULL},
	{"verify", KIND_WORD, NET, 0, R(verify), 0, 0, answers},
	{"starttls", KIND_WORD, MAIL, 0, R(starttls), 0, 0, answers},
	{"events", KIND_EVENTS, ALL, 0, R(events), 0, 0, NULL},
	{"test", KIND_WORD, ALL, 0, R(test), 0, 0, answers},
	{"timeout_ms", KIND_NUMBER, ALL, 0, R(timeout_ms), 100, 60000, NULL},
	{"tries", KIND_NUMBER, ALL, 0, R(tries), 0, 1000000, NULL},
	{"most_age", KIND_AGE, ALL, 0, R(most_age), 1, 30 * DAY, NULL},
	{"rate", KIND_NUMBER, ALL, 0, R(rate), 0, 60000, NULL},
};
/* clang-format on */

#define COLUMNS (sizeof(columns) / sizeof(*columns))

int e911_recipients_new(e911_recipients_t **all)
{
	e911_recipients_t *a = shm_mallocxz(sizeof(*a));

	if(a == NULL)
		return E911_ERR_MEM;
	*all = a;
	return E911_OK;
}

void e911_recipients_free(e911_recipients_t *all)
{
	int i;

	if(all == NULL)
		return;
	for(i = 0; i < all->n; i++)
		shm_free(all->recipient[i]);
	shm_free(all);
}

/* ----- values ----- */

static int begins(const str *s, const char *z)
{
	return (size_t)s->len > strlen(z) && strncasecmp(s->s, z, strlen(z)) == 0;
}

/* a password in it would be one in a row */
static int put_url(
		char *to, size_t size, const str *value, const char *a, const char *b)
{
	int skip = begins(value, a) ? (int)strlen(a) : (int)strlen(b);
	int i, n = 0;

	if(!e911_row_is_clean(value, '!')
			|| (!begins(value, a) && !begins(value, b)))
		return E911_ERR_VALUE;
	for(i = skip; i < value->len && !strchr("/?#", value->s[i]); i++, n++)
		if(value->s[i] == '@')
			return E911_ERR_VALUE;
	return n ? e911_row_text(to, size, value) : E911_ERR_VALUE;
}

/* between angle brackets */
static int put_sip(char *to, size_t size, const str *value)
{
	if(!begins(value, "sip:") && !begins(value, "sips:"))
		return E911_ERR_VALUE;
	if(!e911_row_is_clean(value, '!') || memchr(value->s, '<', value->len)
			|| memchr(value->s, '>', value->len))
		return E911_ERR_VALUE;
	return e911_row_text(to, size, value);
}

/* RFC 5321 section 4.1.2 Mailbox, but for its quoted forms */
static int is_address(const str *s)
{
	const char *at = memchr(s->s, '@', s->len);
	int i;

	if(at == NULL || at == s->s || at == s->s + s->len - 1)
		return 0;
	for(i = 0; i < s->len; i++)
		if(s->s[i] <= ' ' || s->s[i] > '~' || strchr("<>()\\\",;:", s->s[i])
				|| (s->s[i] == '@' && s->s + i != at))
			return 0;
	return 1;
}

static int put_addresses(char *to, size_t size, const str *value, int most)
{
	str rest = *value, item;
	int n = 0;

	while(e911_row_item(&rest, &item)) {
		if(!is_address(&item))
			return E911_ERR_VALUE;
		if(++n > most)
			return E911_ERR_LONG;
	}
	return n ? e911_row_text(to, size, value) : E911_ERR_VALUE;
}

static int event_of(const str *word)
{
	int kind;

	for(kind = 0; kind <= E911_EV_CALLBACK; kind++)
		if(e911_row_is(word, e911_event_name(kind)))
			return kind;
	return E911_ERR_VALUE;
}

static int put_events(unsigned int *to, const str *value)
{
	str rest = *value, item;
	unsigned int bits = 0;
	int i;

	while(e911_row_item(&rest, &item)) {
		i = event_of(&item);
		if(i < 0)
			return i;
		bits |= BIT(i);
	}
	if(bits == 0)
		return E911_ERR_VALUE;
	*to = bits;
	return E911_OK;
}

static int put_number(int *to, const struct column *c, const str *value)
{
	int n, err;

	err = c->kind == KIND_AGE ? e911_row_age(value, c->most, &n)
							  : e911_row_number(value, c->most, &n);
	if(err || n < c->least)
		return E911_ERR_VALUE;
	*to = n;
	return E911_OK;
}

static int put_word(int *to, const char *const *words, const str *value)
{
	int i = e911_row_word(words, value);

	if(i < 0)
		return i;
	*to = i;
	return E911_OK;
}

/* what it may be depends on the kind, which may stand behind it */
static int put_late(
		e911_recipient_t *r, const struct column *c, const str *value)
{
	char *to = (char *)r + c->offset;
	int most = c->kind == KIND_TO ? E911_RECIPIENT_ADDRESSES : 1;

	if(r->kind == E911_BY_WEBHOOK)
		return put_url(to, c->size, value, "https://", "http://");
	if(r->kind == E911_BY_MAIL)
		return put_addresses(to, c->size, value, most);
	return put_sip(to, c->size, value);
}

static int put_column(
		e911_recipient_t *r, const struct column *c, const str *value)
{
	void *to = (char *)r + c->offset;

	switch(c->kind) {
		case KIND_LINE:
			if(!e911_row_is_clean(value, ' '))
				return E911_ERR_VALUE;
			break;
		case KIND_URL:
			return put_url(to, c->size, value, "https://", "http://");
		case KIND_SERVER:
			return put_url(to, c->size, value, "smtps://", "smtp://");
		case KIND_SIP:
			return put_sip(to, c->size, value);
		case KIND_TO:
		case KIND_FROM:
			return put_late(r, c, value);
		case KIND_SECRET:
			if(!e911_secret_is_place(value))
				return E911_ERR_VALUE;
			break;
		case KIND_WORD:
			return put_word(to, c->words, value);
		case KIND_EVENTS:
			return put_events(to, value);
		case KIND_NUMBER:
		case KIND_AGE:
			return put_number(to, c, value);
	}
	return e911_row_text(to, c->size, value);
}

/* ----- rows ----- */

struct given
{
	str key[COLUMNS]; /* NULL: it is not there */
	str value[COLUMNS];
};

static int note(struct given *given, const str *key, const str *value)
{
	size_t i;

	for(i = 0; i < COLUMNS; i++) {
		if(!e911_row_is(key, columns[i].name))
			continue;
		if(given->key[i].s)
			return E911_ERR_TWICE;
		given->key[i] = *key;
		given->value[i] = *value;
		return E911_OK;
	}
	return E911_ERR_NAME;
}

static int read_row(const str *row, struct given *given, str *bad)
{
	str rest = *row, value;
	int got, err;

	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = note(given, bad, &value);
		if(err)
			return err;
	}
	return got;
}

/* the kind is the second column */
static int fill(
		e911_recipient_t *r, const str *row, struct given *given, str *bad)
{
	size_t i;
	int err;

	for(i = 0; i < COLUMNS; i++) {
		*bad = given->key[i].s ? given->key[i] : *row;
		if(given->key[i].s == NULL && !(columns[i].needed & BIT(r->kind)))
			continue;
		if(given->key[i].s == NULL)
			return E911_ERR_MISSING;
		if(!(columns[i].whose & BIT(r->kind)))
			return E911_ERR_NAME;
		err = put_column(r, &columns[i], &given->value[i]);
		if(err)
			return err;
	}
	return E911_OK;
}

static void begin(e911_recipient_t *r)
{
	r->verify = 1;
	r->events = BIT(E911_EV_PLACED) | BIT(E911_EV_FAILED)
				| BIT(E911_EV_ANSWERED) | BIT(E911_EV_NOBODY)
				| BIT(E911_EV_CANCELLED) | BIT(E911_EV_ENDED);
	r->timeout_ms = 5000;
	r->most_age = DAY / 4;
	r->rate = 60;
}

static int place(e911_recipients_t *all, e911_recipient_t *r)
{
	str name = {r->name, (int)strlen(r->name)};

	/* a site names them by commas */
	if(memchr(r->name, ',', (size_t)name.len))
		return E911_ERR_VALUE;
	if(e911_recipients_named(all, &name))
		return E911_ERR_TWICE;
	if(all->n == E911_RECIPIENTS_MAX)
		return E911_ERR_FULL;
	all->recipient[all->n++] = r;
	return E911_OK;
}

int e911_recipients_add(e911_recipients_t *all, const str *row, str *bad)
{
	e911_recipient_t *r = shm_mallocxz(sizeof(*r));
	struct given given;
	int err;

	*bad = *row;
	if(r == NULL)
		return E911_ERR_MEM;
	memset(&given, 0, sizeof(given));
	begin(r);
	err = read_row(row, &given, bad);
	if(!err)
		err = fill(r, row, &given, bad);
	if(!err) {
		*bad = *row;
		err = place(all, r);
	}
	if(err)
		shm_free(r);
	return err;
}

/* ----- */

const e911_recipient_t *e911_recipients_named(
		const e911_recipients_t *all, const str *name)
{
	int i;

	for(i = 0; i < all->n; i++)
		if(e911_row_is(name, all->recipient[i]->name))
			return all->recipient[i];
	return NULL;
}

const e911_recipient_t *e911_recipients_nth(
		const e911_recipients_t *all, int index)
{
	return index >= 0 && index < all->n ? all->recipient[index] : NULL;
}

int e911_recipient_wants(const e911_recipient_t *r, int event, int test)
{
	return event >= 0 && event <= E911_EV_CALLBACK && (r->events & BIT(event))
		   && (!test || r->test);
}

int e911_recipient_begins(const e911_recipient_t *r, int event)
{
	return (r->events & (BIT(event) - 1)) == 0;
}

const char *e911_recipient_kind_name(int kind)
{
	return kinds[kind];
}
