/*
 * e911: values as XML Schema writes them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_XSD_H
#define E911_XSD_H

#include <stddef.h>
#include <time.h>

/** xs:dateTime of the years 1971 to 9998, without a zone UTC; or VALUE. */
int e911_xsd_time(const char *s, size_t len, time_t *when);

#endif
