/*
 * e911: a text with places for the fields of an address
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * {HNO}, {RD}, …: that field, nothing where it is not stated. {street}: PRM PRD
 * STP RD STS POD POM, those there are, a blank between them; {house}: HNP HNO
 * HNS likewise; {line}: house and street; {location}: a JSON object of the
 * whole address. All else is as it stands, also a brace that opens no name.
 */
#ifndef E911_TEMPLATE_H
#define E911_TEMPLATE_H

#include "location.h"
#include "strbuf.h"

/* Where the values stand, and so how they are escaped. */
enum e911_template_syntax
{
	E911_TEMPLATE_URL, /* a URL, or a form in a body */
	E911_TEMPLATE_JSON,
	E911_TEMPLATE_XML
};

/** How many places it has; VALUE: one of a name that is none, or a JSON object
 * where there is no JSON. */
int e911_template_check(const char *template, int syntax);
void e911_template_write(e911_strbuf_t *b, const char *template, int syntax,
		const e911_location_t *l);
/** House and street in one line; SPACE. */
int e911_template_line(e911_strbuf_t *b, const e911_location_t *l);

#endif
