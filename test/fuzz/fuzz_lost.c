/*
 * What is taken as an assessment is whole: elements only of what there is, and
 * suggestions that are locations and can be asked for in turn.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field sax civic assessment lost
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/lost.h"
#include "../../modules/e911/err.h"

static void make(e911_location_t *l)
{
	e911_location_init(l, E911_FROM_RPC, 1);
	if(e911_location_set(l, E911_F_A1, "TX", 2)
			|| e911_location_set(l, E911_F_RD, "Main", 4)
			|| e911_location_set(l, E911_F_HNO, "1", 1))
		abort();
}

static void check_suggestion(const e911_location_t *l)
{
	static char out[16384];
	e911_strbuf_t b;
	int field;

	if(e911_location_check(l, &field))
		abort();
	e911_strbuf_init(&b, out, sizeof(out));
	if(e911_lost_write(&b, l, NULL))
		abort();
}

static void check(const e911_assessment_t *a, const e911_location_t *l)
{
	int id, invalid = 0, i;
	str value;

	for(id = 0; id < E911_FIELDS; id++) {
		invalid += a->element[id] == E911_ELEMENT_INVALID;
		if((a->element[id] == E911_ELEMENT_VALID
				   || a->element[id] == E911_ELEMENT_UNCHECKED)
				&& e911_location_get(l, id, &value))
			abort();
	}
	if(invalid && a->verdict != E911_INVALID)
		abort();
	if(a->verdict == E911_VALID
			&& (a->element[E911_F_RD] != E911_ELEMENT_VALID
					|| a->element[E911_F_HNO] != E911_ELEMENT_VALID))
		abort();
	if(a->n < 0 || a->n > E911_SUGGESTIONS_MAX)
		abort();
	for(i = 0; i < a->n; i++)
		check_suggestion(&a->suggestion[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	e911_assessment_t a;
	e911_location_t l;
	char mem[256];
	str target;
	int got;

	make(&l);
	got = e911_lost_read((const char *)data, size, &l, &a, mem, &target);
	if(got > E911_LOST_NOTHING)
		abort();
	if(got == E911_LOST_ASSESSED)
		check(&a, &l);
	if(got >= 0 && (target.len < 0 || target.len > 255))
		abort();
	return 0;
}
