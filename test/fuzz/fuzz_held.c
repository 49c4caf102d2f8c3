/*
 * Whatever is asked for, the answer is whole and says nothing that an exact
 * request did not ask for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field civic pidf pidf_read xsd sax held
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/held.h"
#include "../../modules/e911/err.h"

static const e911_pidf_how_t how = {.entity = str_init("pres:a@example.com"),
		.device = str_init("urn:uuid:0")};

static void make(e911_location_t *l)
{
	e911_location_init(l, E911_FROM_RPC, 1);
	if(e911_location_set(l, E911_F_RD, "Main", 4)
			|| e911_location_set(l, E911_F_SHAPE, "Point", 5)
			|| e911_location_set(l, E911_F_POS, "1 2", 3))
		abort();
}

static int holds(const e911_strbuf_t *b, const char *z)
{
	return memmem(b->s, b->len, z, strlen(z)) != NULL;
}

static void check(const e911_strbuf_t *b, const e911_held_request_t *r)
{
	int forms = (holds(b, "<ca:RD>") ? E911_HELD_CIVIC : 0)
				| (holds(b, "<gml:Point") ? E911_HELD_GEODETIC : 0);

	if(forms == 0)
		abort();
	if(r->exact && !(r->types & E911_HELD_ANY) && forms != r->types)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[8192];
	e911_held_request_t request;
	e911_location_t l;
	e911_strbuf_t b;
	int code;

	e911_strbuf_init(&b, out, sizeof(out));
	make(&l);
	code = e911_held_read((const char *)data, size, &request);
	if(code == E911_HELD_OK)
		code = e911_held_answer(&b, &request, &l, &how);
	else
		e911_held_error(&b, code);
	if(b.err || code < 0 || code > E911_HELD_GENERAL)
		abort();
	if(code == E911_HELD_OK)
		check(&b, &request);
	else if(!holds(&b, "<error "))
		abort();
	return 0;
}
