/*
 * e911: a telephone number as its digits
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "number.h"
#include "hash.h"
#include "err.h"

#define NATIONAL 10	  /* digits of a number of North America */
#define COUNTRY_MAX 3 /* of a country code */

int e911_number_read(e911_number_t *number, const char *s, size_t len)
{
	e911_number_t d = {0};
	size_t i = len && s[0] == '+';

	for(; i < len; i++) {
		if(s[i] >= '0' && s[i] <= '9') {
			if(d.n == E911_NUMBER_MAX)
				return E911_ERR_LONG;
			d.digit[d.n++] = s[i];
		} else if(memchr("-.() ", s[i], 5) == NULL) {
			return E911_ERR_VALUE;
		}
	}
	if(d.n == 0)
		return E911_ERR_VALUE;
	*number = d;
	return E911_OK;
}

int e911_number_equal(const e911_number_t *a, const e911_number_t *b)
{
	const e911_number_t *more = a->n > b->n ? a : b, *less = more == a ? b : a;
	int code = more->n - less->n;

	if(code && (less->n != NATIONAL || code > COUNTRY_MAX))
		return 0;
	return memcmp(more->digit + code, less->digit, (size_t)less->n) == 0;
}

uint64_t e911_number_hash(const e911_number_t *number)
{
	int n = number->n < NATIONAL ? number->n : NATIONAL;

	return e911_hash(number->digit + number->n - n, (size_t)n);
}
