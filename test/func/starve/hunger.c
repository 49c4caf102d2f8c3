/*
 * hunger: malloc() that may be told to fail, to be preloaded, for starve
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

/* true: this one fails; set by starve.so */
int (*hunger)(void *caller);

void *malloc(size_t size)
{
	return hunger && hunger(__builtin_return_address(0)) ? NULL
														 : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return hunger && hunger(__builtin_return_address(0))
				   ? NULL
				   : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return hunger && hunger(__builtin_return_address(0))
				   ? NULL
				   : __libc_realloc(p, size);
}
