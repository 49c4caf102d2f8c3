/*
 * e911: the fields of a location, written as JSON text
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "location_json.h"

void e911_location_json(
		e911_strbuf_t *b, const e911_location_t *l, int (*told)(int id))
{
	int at = 0, id, n = 0;
	str value;

	E911_STRBUF_LIT(b, "{");
	while((at = e911_location_next(l, at, &id, &value))) {
		if(told && !told(id))
			continue;
		if(n++)
			E911_STRBUF_LIT(b, ",");
		E911_STRBUF_LIT(b, "\"");
		e911_strbuf_put_str(b, &e911_field(id)->name);
		E911_STRBUF_LIT(b, "\":\"");
		e911_strbuf_put_json(b, value.s, (size_t)value.len);
		E911_STRBUF_LIT(b, "\"");
	}
	E911_STRBUF_LIT(b, "}");
}
