/*
 * e911: an event of a call, packed into one block of bytes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include "err.h"
#include "parcel.h"

#define TEXT_MAX 2048 /* of each but the document */
#define DOCUMENT_MAX 24576

#define AT(member) offsetof(e911_event_t, member)

/* the document is the last one */
static const unsigned short texts[] = {AT(callid), AT(aor), AT(contact),
		AT(caller), AT(destination), AT(profile), AT(proof), AT(conveyance),
		AT(freshness), AT(found), AT(elin), AT(callback), AT(urn), AT(number),
		AT(detail), AT(document)};

#define TEXTS ((int)(sizeof(texts) / sizeof(*texts)))

typedef struct header
{
	uint64_t at_ms;
	uint32_t size, site;
	int kind, code, test, step, steps;
	unsigned short location; /* bytes of it; 0: none */
	unsigned short len[TEXTS];
} header_t;

#define EIGHTS(n) (((n) + 7) / 8 * 8)
#define BEHIND EIGHTS(sizeof(header_t))

const char *e911_parcel_name(int kind)
{
	static const char *const names[] = {"start", "stop", "lost", "cut"};

	return kind >= E911_EV_KINDS && kind < E911_JOURNAL_KINDS
				   ? names[kind - E911_EV_KINDS]
				   : e911_event_name(kind);
}

static str *text_at(const e911_event_t *event, int i)
{
	return (str *)((char *)event + texts[i]);
}

static int most_of(int i)
{
	return i == TEXTS - 1 ? DOCUMENT_MAX : TEXT_MAX;
}

static size_t put_texts(
		header_t *h, char *mem, size_t at, const e911_event_t *event)
{
	const str *text;
	int i;

	for(i = 0; i < TEXTS; i++) {
		text = text_at(event, i);
		if(text->len <= 0 || text->len > most_of(i)
				|| at + (size_t)text->len > E911_PARCEL_MAX)
			continue;
		h->len[i] = (unsigned short)text->len;
		memcpy(mem + at, text->s, (size_t)text->len);
		at += (size_t)text->len;
	}
	return at;
}

int e911_parcel_pack(const e911_event_t *event, void *mem)
{
	size_t at = BEHIND, size;
	header_t h = {.at_ms = event->at_ms,
			.site = event->site,
			.kind = event->kind,
			.code = event->code,
			.test = event->test,
			.step = event->step,
			.steps = event->steps};

	if(event->location) {
		h.location = (unsigned short)E911_LOCATION_SIZE(event->location);
		memcpy((char *)mem + at, event->location, h.location);
		at += EIGHTS(h.location);
	}
	at = put_texts(&h, mem, at, event);
	size = EIGHTS(at);
	if(size > E911_PARCEL_MAX)
		size = E911_PARCEL_MAX;
	h.size = (uint32_t)size;
	memcpy(mem, &h, sizeof(h));
	return (int)size;
}

static int take_texts(const header_t *h, const char *mem, size_t at,
		size_t size, e911_event_t *event)
{
	str *text;
	int i;

	for(i = 0; i < TEXTS; i++) {
		if(h->len[i] > size - at)
			return E911_ERR_SYNTAX;
		text = text_at(event, i);
		text->s = (char *)mem + at;
		text->len = h->len[i];
		at += h->len[i];
	}
	return E911_OK;
}

int e911_parcel_open(const void *mem, size_t size, e911_event_t *event)
{
	const header_t *h = mem;
	size_t at = BEHIND;

	if(size < BEHIND || h->size != size
			|| EIGHTS((size_t)h->location) > size - at)
		return E911_ERR_SYNTAX;
	memset(event, 0, sizeof(*event));
	event->at_ms = h->at_ms;
	event->site = h->site;
	event->kind = h->kind;
	event->code = h->code;
	event->test = h->test;
	event->step = h->step;
	event->steps = h->steps;
	if(h->location) {
		event->location = (const void *)((const char *)mem + at);
		at += EIGHTS((size_t)h->location);
	}
	return take_texts(h, mem, at, size, event);
}
