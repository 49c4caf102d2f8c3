/*
 * e911: how callers and their devices are named
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An AoR is kept as user@host, a device as one of: its instance or GRUU
 * (urn:uuid:…), its Contact as user@host:port, the address it was heard from
 * as address:port. All in lower case, so that every door finds the same.
 */
#ifndef E911_AOR_H
#define E911_AOR_H

#include <stddef.h>
#include "../../core/str.h"

#define E911_AOR_MAX 128
#define E911_CONTACT_MAX 128

/**
 * Normal form of an AoR ("sip:Agent@Example.com:5060;x=1", "agent@example.com",
 * "<sip:…>"), into mem. VALUE: no user and host in it; LONG.
 */
int e911_aor_normal(const str *given, char mem[E911_AOR_MAX], str *aor);
/** Normal form of a device's name; an empty one stays empty (any device). */
int e911_aor_contact(
		const str *given, char mem[E911_CONTACT_MAX], str *contact);
/** Host part of a normal AoR. */
void e911_aor_host(const str *aor, str *host);

#endif
