/*
 * e911: an emergency call on its way
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "calls.h"

void e911_call_init(e911_call_t *call)
{
	memset(call, 0, offsetof(e911_call_t, ladder));
	call->step = -1;
	call->branch = -1;
	call->dressed = -1;
	call->pool_len = 0;
	e911_location_init(&call->location, E911_FROM_SITE, 0);
}

void e911_call_keep(e911_call_t *call, const str *text, e911_slice_t *slice)
{
	memset(slice, 0, sizeof(*slice));
	if(text->len <= 0 || text->len > E911_CALL_POOL - call->pool_len)
		return;
	memcpy(call->pool + call->pool_len, text->s, text->len);
	slice->at = call->pool_len;
	slice->len = (unsigned short)text->len;
	call->pool_len += slice->len;
}

str e911_call_text(const e911_call_t *call, e911_slice_t slice)
{
	str s = {(char *)call->pool + slice.at, slice.len};

	return s;
}
