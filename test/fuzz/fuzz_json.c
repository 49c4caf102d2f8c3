/*
 * What is taken is whole, and said again in JSON is taken again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field json
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/json.h"
#include "../../modules/e911/strbuf.h"
#include "../../modules/e911/err.h"

static void put_string(e911_strbuf_t *b, const str *s)
{
	int i;

	E911_STRBUF_LIT(b, "\"");
	for(i = 0; i < s->len; i++) {
		if(s->s[i] == '"' || s->s[i] == '\\')
			E911_STRBUF_LIT(b, "\\");
		e911_strbuf_put(b, s->s + i, 1);
	}
	E911_STRBUF_LIT(b, "\"");
}

static void put_object(e911_strbuf_t *b, const e911_location_t *l)
{
	int at = 0, id;
	str value;

	E911_STRBUF_LIT(b, "{");
	while((at = e911_location_next(l, at, &id, &value))) {
		if(b->len > 1)
			E911_STRBUF_LIT(b, ",");
		put_string(b, &e911_field(id)->name);
		E911_STRBUF_LIT(b, ":");
		put_string(b, &value);
	}
	E911_STRBUF_LIT(b, "}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char mem[E911_JSON_MAX], bad[E911_JSON_NAME_MAX];
	str text = {(char *)data, (int)size};
	e911_location_t l, again;
	e911_strbuf_t b;
	int field;

	if(e911_json_read(&l, &text, E911_FROM_HTTP, 1, bad))
		return 0;
	if(e911_location_check(&l, &field))
		abort();
	e911_strbuf_init(&b, mem, sizeof(mem));
	put_object(&b, &l);
	text = (str){b.s, (int)b.len};
	if(b.err || e911_json_read(&again, &text, E911_FROM_HTTP, 1, bad))
		abort();
	if(memcmp(&l, &again, E911_LOCATION_SIZE(&l)) != 0)
		abort();
	return 0;
}
