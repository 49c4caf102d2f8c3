/*
 * The first byte chooses the row and the status, all else is the answer. What is
 * taken has a verdict, and its suggestions are locations that can be asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field row template assessment sax validators rest secret
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/xmlerror.h>
#include "../../modules/e911/rest.h"
#include "../../modules/e911/err.h"

static const str rows[] = {str_init("name=0;like=generic;url=http://v/"),
		str_init("name=1;like=telnyx;secret=env:X"),
		str_init("name=2;like=bandwidth;url=http://v/;secret=env:X"),
		str_init("name=3;url=http://v/{line};answer=xml;path.elements=/r/e;"
				 "path.list=//s;path.verdict=string(/r/@verdict)")};
static const int statuses[] = {200, 409, 400, 404};

#define COUNT(table) (sizeof(table) / sizeof(*table))

static e911_validators_t *all;
static e911_location_t place;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t i;
	str bad;

	(void)argc;
	(void)argv;
	if(e911_validators_new(&all))
		abort();
	for(i = 0; i < COUNT(rows); i++)
		if(e911_validators_add(all, &rows[i], &bad))
			abort();
	e911_location_init(&place, E911_FROM_RPC, 1);
	if(e911_location_set(&place, E911_F_RD, "Main", 4)
			|| e911_location_set(&place, E911_F_HNO, "1", 1))
		abort();
	return 0;
}

static void check(const e911_validator_t *v, const e911_assessment_t *a)
{
	static char url[8192], body[65536];
	e911_strbuf_t u, b;
	int i, field;

	if(a->verdict < E911_VALID || a->verdict > E911_INVALID
			|| strcmp(a->validator, v->name) != 0)
		abort();
	if(a->n < (a->verdict == E911_CORRECTED) || a->n > E911_SUGGESTIONS_MAX)
		abort();
	for(i = 0; i < a->n; i++) {
		e911_strbuf_init(&u, url, sizeof(url));
		e911_strbuf_init(&b, body, sizeof(body));
		if(e911_location_check(&a->suggestion[i], &field)
				|| e911_rest_write(v, &a->suggestion[i], &u, &b))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const str type = {"", 0};
	const e911_validator_t *v;
	e911_assessment_t a;
	str body;
	int err;

	if(size == 0)
		return 0;
	v = e911_validators_nth(all, data[0] & 3);
	body.s = (char *)data + 1;
	body.len = (int)size - 1;
	err = e911_rest_read(
			v, statuses[data[0] >> 2 & 3], &type, &body, &place, &a);
	if(err > 0 || err == E911_ERR_MEM)
		abort();
	if(err == 0)
		check(v, &a);
	return 0;
}
