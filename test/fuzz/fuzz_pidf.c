/*
 * What was read can be written, and reads the same again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field civic pidf pidf_read xsd sax
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../modules/e911/pidf.h"
#include "../../modules/e911/err.h"

static size_t write_doc(char *out, size_t max, const e911_location_t *l)
{
	const e911_pidf_how_t how = {.entity = str_init("pres:a@example.com"),
			.device = str_init("urn:uuid:0")};
	e911_strbuf_t b;

	e911_strbuf_init(&b, out, max);
	if(e911_pidf_write(&b, l, &how))
		abort();
	return b.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[32768], second[sizeof(first)];
	e911_location_t l, again;
	size_t len;
	int bad = -1;

	if(e911_pidf_read(&l, (const char *)data, size, E911_FROM_SIP, 1, &bad))
		return 0;
	len = write_doc(first, sizeof(first), &l);
	if(e911_pidf_read(&again, first, len, E911_FROM_SIP, 1, &bad))
		abort();
	if(len != write_doc(second, sizeof(second), &again)
			|| memcmp(first, second, len) != 0)
		abort();
	return 0;
}
