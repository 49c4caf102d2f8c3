/*
 * e911: milliseconds
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>
#include "clock.h"

uint64_t e911_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + 1;
}
