/*
 * First byte: which place is in use; the rest: the places' text. What is taken
 * is whole, has room when it is written, and is then read as the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: places record network location field row strbuf err
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/places.h"
#include "../../modules/e911/err.h"

static int read_text(e911_record_t *r, int place, const char *s, size_t len)
{
	static const str aor = str_init("a@x"), none = str_init("");
	str text = {(char *)s, (int)len};

	if(e911_record_init(r, &aor, &none))
		abort();
	r->state.place = (unsigned char)place;
	return e911_places_read(r, &text);
}

static void compare(const e911_place_t *a, const e911_place_t *b)
{
	if(!e911_network_equal(&a->network, &b->network)
			|| a->confirmed != b->confirmed
			|| memcmp(&a->location, &b->location,
					   E911_LOCATION_SIZE(&a->location))
					   != 0)
		abort();
}

static void check(const e911_record_t *r)
{
	int i, field;

	if(r->places < 1 || r->places > E911_PLACES_MAX
			|| r->state.place >= r->places)
		abort();
	for(i = 0; i < r->places; i++)
		if(e911_location_check(&r->place[i].location, &field))
			abort();
}

/* one location alone */
static void try_one(const char *s, size_t len)
{
	static char mem[E911_PLACE_TEXT_MAX];
	str text = {(char *)s, (int)len};
	e911_location_t l, again;
	e911_strbuf_t b;
	int field;

	memset(&l, 0, sizeof(l));
	memset(&again, 0, sizeof(again));
	if(e911_place_read(&l, &text))
		return;
	if(e911_location_check(&l, &field))
		abort();
	e911_strbuf_init(&b, mem, sizeof(mem));
	if(e911_place_write(&b, &l))
		abort();
	text.s = b.s;
	text.len = (int)b.len;
	if(e911_place_read(&again, &text)
			|| memcmp(&l, &again, E911_LOCATION_SIZE(&l)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static e911_record_t r, again;
	static char mem[E911_PLACES_TEXT_MAX];
	e911_strbuf_t b;
	int i;

	if(size == 0)
		return 0;
	try_one((const char *)data + 1, size - 1);
	memset(&r, 0, sizeof(r));
	memset(&again, 0, sizeof(again));
	if(read_text(&r, data[0] % 5, (const char *)data + 1, size - 1))
		return 0;
	check(&r);
	e911_strbuf_init(&b, mem, sizeof(mem));
	if(e911_places_write(&b, &r) || read_text(&again, r.state.place, b.s, b.len)
			|| again.places != r.places)
		abort();
	for(i = 0; i < r.places; i++)
		compare(&r.place[i], &again.place[i]);
	return 0;
}
