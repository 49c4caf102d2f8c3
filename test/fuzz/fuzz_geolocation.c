/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include "../../modules/e911/geolocation.c"

static int is_inside(const str *part, const str *whole)
{
	return part->len >= 0 && part->s >= whole->s
		   && part->s + part->len <= whole->s + whole->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str whole = {(char *)data, (int)size}, rest = whole, id;
	e911_locator_t value;
	char mem[32];
	int got, left = rest.len + 1, i;

	e911_geolocation_routing(&whole);
	while((got = e911_geolocation_next(&rest, &value))) {
		assert(rest.len < left && is_inside(&rest, &whole));
		left = rest.len;
		if(got < 0)
			continue;
		assert(is_inside(&value.uri, &whole) && value.uri.len > 4);
		assert(is_inside(&value.params, &whole));
		if(e911_geolocation_cid(&value.uri, mem, sizeof(mem), &id))
			continue;
		assert(id.len > 0 && id.len <= (int)sizeof(mem));
		for(i = 0; i < id.len; i++)
			assert(id.s[i] > ' ' && id.s[i] != '<' && id.s[i] != '>');
	}
	return 0;
}
