/*
 * e911: a telephone number as its digits
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same number is written in many ways: with "+", with separators (RFC 3966
 * section 5.1.1), with its country code or without.
 */
#ifndef E911_NUMBER_H
#define E911_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define E911_NUMBER_MAX 24

typedef struct e911_number
{
	int n;
	char digit[E911_NUMBER_MAX];
} e911_number_t;

/** VALUE: something else than digits, a first "+", separators; LONG. */
int e911_number_read(e911_number_t *number, const char *s, size_t len);
/** All digits are equal; or one is of 10 digits, and the other one is the same
 * behind a country code. */
int e911_number_equal(const e911_number_t *a, const e911_number_t *b);
/** Equal numbers have the same. */
uint64_t e911_number_hash(const e911_number_t *number);

#endif
