/*
 * First byte: what to do with the rest. Even: a row is added to a plan; odd: a
 * URI is dialled and looked up.
 * needs: plan_dial plan_row regex row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdlib.h>
#include "../../modules/e911/plan.c"

static void fuzz_row(const str *row)
{
	e911_plan_t *plan;
	e911_match_t match;
	str bad, dialled = str_init("911");

	if(e911_plan_new(&plan, 1))
		abort();
	if(e911_plan_add(plan, row, &bad))
		assert(bad.s >= row->s && bad.s + bad.len <= row->s + row->len);
	/* no row that can be written takes 911 away */
	assert(e911_plan_match(plan, &dialled, NULL, &match) == 0);
	assert(match.kind == E911_KIND_EMERGENCY);
	e911_plan_free(plan);
}

static e911_plan_t *plan_with_regexes(void)
{
	static const char *const rows[] = {"^9?(91)+1$", "^(\\d|#)*78$"};
	e911_plan_t *plan;
	str row, bad;
	int i;

	if(e911_plan_new(&plan, 1))
		abort();
	for(i = 0; i < 2; i++) {
		row.s = (char *)rows[i];
		row.len = (int)strlen(row.s);
		if(e911_plan_add(plan, &row, &bad))
			abort();
	}
	return plan;
}

static void fuzz_dialled(const str *uri)
{
	static e911_plan_t *plan;
	char mem[E911_DIALLED_MAX], again_mem[E911_DIALLED_MAX];
	str dialled, again;
	e911_match_t match;

	if(plan == NULL)
		plan = plan_with_regexes();
	if(e911_plan_dialled(uri, mem, &dialled))
		return;
	assert(dialled.len > 0 && dialled.len <= E911_DIALLED_MAX);
	if(e911_plan_dialled(&dialled, again_mem, &again) == 0)
		assert(again.len == dialled.len
				&& memcmp(again.s, dialled.s, again.len) == 0);
	if(e911_plan_match(plan, &dialled, NULL, &match) == 0)
		assert(match.kind != E911_KIND_NONE && match.number.len > 0
				&& is_urn(&match.urn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str rest = {(char *)data + 1, (int)size - 1};

	if(size == 0)
		return 0;
	if(data[0] & 1)
		fuzz_dialled(&rest);
	else
		fuzz_row(&rest);
	return 0;
}
