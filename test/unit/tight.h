/*
 * Input in a block of exactly its size, so that the sanitizer sees each read
 * before or behind it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TIGHT_H
#define TIGHT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/str.h"

/** A copy, to be given to free(). */
static inline str tight(const char *s, size_t len)
{
	str copy = {malloc(len), (int)len};

	if(copy.s == NULL)
		abort();
	if(len)
		memcpy(copy.s, s, len);
	return copy;
}

static inline str tight_z(const char *z)
{
	return tight(z, strlen(z));
}

/** n times what, a C string. */
static inline str tight_many(const char *what, size_t n)
{
	size_t len = strlen(what), i;
	str copy = {malloc(len * n), (int)(len * n)};

	if(copy.s == NULL)
		abort();
	for(i = 0; i < n; i++)
		memcpy(copy.s + i * len, what, len);
	return copy;
}

static inline int is_z(const str *s, const char *z)
{
	return (size_t)s->len == strlen(z)
		   && (s->len == 0 || memcmp(s->s, z, s->len) == 0);
}

#endif
