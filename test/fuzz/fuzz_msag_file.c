/*
 * A file of a guide, and what is asked of a guide that was read from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: msag msag_index msag_sort msag_pool msag_query suggest spell
 * needs: street postal location field strbuf err
 */
#include <stdint.h>
#include <stdlib.h>
#include "../../modules/e911/msag_file.c"
#include "../../modules/e911/msag_index.h"
#include "../unit/ksr_stub.h"

static void must(int ok)
{
	if(!ok)
		abort();
}

static void set(e911_location_t *l, int id, str value)
{
	must(e911_location_set(l, id, value.s, (size_t)value.len) == 0);
}

/* What the guide has is valid, in its own words. */
static void check_way(const e911_msag_t *m, uint32_t i)
{
	static e911_assessment_t a;
	const e911_way_t *w = WAY_AT(m, i);
	const e911_town_t *t = TOWN_AT(m, w->town);
	const e911_trim_t *trim = E911_ROW(m->trims, e911_trim_t, w->trim);
	const e911_state_row_t *s = STATE_AT(m, t->state);
	str country = {(char *)s->country, 2}, name = {(char *)s->name, 2};
	char number[16];
	str house = {number, 0};
	e911_location_t l;

	e911_location_init(&l, E911_FROM_RPC, 0);
	house.len = sprintf(number, "%u", RANGE_AT(m, w->range)->low);
	set(&l, E911_F_COUNTRY, country);
	set(&l, E911_F_A1, name);
	set(&l, E911_F_A2, e911_msag_text(m, t->county));
	set(&l, E911_F_A3, e911_msag_text(m, t->name));
	set(&l, E911_F_PRD, e911_msag_text(m, trim->pre));
	set(&l, E911_F_RD, e911_msag_text(m, w->road));
	set(&l, E911_F_STS, e911_msag_text(m, trim->suffix));
	set(&l, E911_F_POD, e911_msag_text(m, trim->post));
	set(&l, E911_F_HNO, house);
	e911_msag_assess(m, &l, &a);
	must(a.verdict == E911_VALID && a.n == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
	e911_msag_fault_t fault;
	e911_msag_t *m;
	uint32_t i;
	int err;

	if(file == NULL)
		return 0;
	must(e911_msag_new(&m) == 0);
	err = e911_msag_file_rows(m, file, &fault);
	fclose(file);
	must(err <= 0 && memchr(fault.column, '\0', sizeof(fault.column)));
	must((err == 0 || err == E911_ERR_EMPTY || err == E911_ERR_NONE)
			== (fault.line == 0));
	if(err == 0) {
		must(e911_msag_count(m) > 0);
		must(e911_msag_finish(m) == 0);
		for(i = 0; i < m->ways.n; i++)
			check_way(m, i);
	}
	e911_msag_free(m);
	must(ksr_blocks() == 0);
	return 0;
}
