/*
 * e911: the link to the page where an agent states his location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With a token behind it, it is as good as his password for an hour: it goes
 * to him alone. The token stands in the fragment, which no browser sends to a
 * server (RFC 3986 section 3.5).
 */
#ifndef E911_LINK_H
#define E911_LINK_H

#include "caller.h"
#include "site.h"

#define E911_LINK_MAX 2048

/** "PAGE#token=TOKEN". NONE: the site has no page, or there is no key; SPACE,
 * MEM. On an error b is as it was. */
int e911_link_put(e911_strbuf_t *b, const e911_site_t *site, const str *aor,
		const str *contact);
/** The device as the cache has it, or would have it; may be empty. */
str e911_link_device(const e911_caller_t *caller, const e911_finding_t *f);

#endif
