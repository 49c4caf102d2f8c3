/*
 * e911: rows of configuration: key=value;key="value; quoted";…
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_ROW_H
#define E911_ROW_H

#include <stddef.h>
#include <stdint.h>
#include "../../core/str.h"

/**
 * Takes the next pair off the front of *rest. The value points into the row,
 * without its quotes; blanks around key and value are dropped; a key without
 * "=" has an empty value. A quote counts only where the value begins with it;
 * only blanks may follow its end. 1: a pair; 0: the end; E911_ERR_SYNTAX: a
 * quote without an end or with something behind it (key says whose), or an
 * empty key.
 */
int e911_row_next(str *rest, str *key, str *value);
/** Takes the next item off a comma list; 0 at the end. Empty ones skipped. */
int e911_row_item(str *list, str *item);
int e911_row_is(const str *s, const char *z);
/** Copies a value as a C string. LONG; VALUE: it is empty, or has a zero byte. */
int e911_row_text(char *to, size_t size, const str *value);
/** Seconds 0…max: "90", "15m", "8h", "30d"; else E911_ERR_VALUE. */
int e911_row_age(const str *value, int max, int *seconds);
/** A whole number 0…max in decimal digits only, else E911_ERR_VALUE. */
int e911_row_number(const str *value, int max, int *number);
/** The id of a row by its name, the same in every process and after every
 * start; never 0. */
uint32_t e911_row_id(const str *name);
/** Takes a beginning off; 1: it was there. */
int e911_row_skip(str *s, const char *z);
/** Does it go on behind that beginning? */
int e911_row_begins(const str *s, const char *z);
/** Printable ASCII alone, from that character on? */
int e911_row_is_clean(const str *s, char least);
/** Index of a word in a list that NULL ends; E911_ERR_VALUE. */
int e911_row_word(const char *const *words, const str *value);

#endif
