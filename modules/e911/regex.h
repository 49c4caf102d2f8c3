/*
 * e911: regular expressions, by PCRE2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Compiled into shared memory and read only afterwards: what one process
 * compiles before or after the fork, all can match. What matching needs to
 * write is private to each process, made once, bounded in memory and in steps.
 */
#ifndef E911_REGEX_H
#define E911_REGEX_H

#include "../../core/str.h"

/* pcre2_code, but its header is for regex.c alone */
typedef struct e911_regex e911_regex_t;

/**
 * Makes what matching writes; E911_ERR_MEM. To be called before the fork; a
 * process that has none makes its own at its first match.
 */
int e911_regex_init(void);
/**
 * Compiles; case is ignored, no UTF. A match is to begin at the first byte, so
 * the pattern comes without its "^". E911_ERR_SYNTAX, E911_ERR_MEM.
 */
int e911_regex_compile(e911_regex_t **regex, const str *pattern);
void e911_regex_free(e911_regex_t *regex);
/** A shorter string cannot match. */
int e911_regex_min(const e911_regex_t *regex);
/** May a match begin with this byte? 1 where that is not known. */
int e911_regex_begins(const e911_regex_t *regex, int byte);
/** 1: matches; 0: does not, or not within the limits. */
int e911_regex_matches(const e911_regex_t *regex, const str *s);

#endif
