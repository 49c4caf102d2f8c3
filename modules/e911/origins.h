/*
 * e911: web origins that may use pages and API
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where softphones and pages of others are served from: "https://HOST[:PORT]",
 * RFC 6454 section 6.2. Read in mod_init.
 */
#ifndef E911_ORIGINS_H
#define E911_ORIGINS_H

#include "../../core/str.h"

#define E911_ORIGINS_MAX 16
#define E911_ORIGIN_MAX 128

/** A comma list, may be empty; kept as a copy. VALUE (no origin as a browser
 * writes it: small letters, no path), LONG, FULL; *bad is the one at fault. */
int e911_origins_init(const str *list, str *bad);
/** Is it one of them? As the header Origin has it. */
int e911_origins_have(const str *origin);
/** The one of that index; NULL past the end. */
const str *e911_origins_nth(int index);

#endif
