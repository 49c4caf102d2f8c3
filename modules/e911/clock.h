/*
 * e911: milliseconds of a clock that never jumps
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_CLOCK_H
#define E911_CLOCK_H

#include <stdint.h>

/** The same in all processes; never 0. */
uint64_t e911_clock_ms(void);

#endif
