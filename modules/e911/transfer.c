/*
 * e911: an outside caller whom an agent has passed on
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <strings.h>
#include "transfer.h"
#include "headers.h"

static int is_header(const struct hdr_field *h, const char *name, int len)
{
	return h->name.len == len && strncasecmp(h->name.s, name, len) == 0;
}

int e911_transfer(sip_msg_t *msg, int own)
{
	const struct hdr_field *h;

	if(e911_headers(msg, HDR_EOH_F) < 0)
		return 0;
	for(h = msg->headers; h; h = h->next) {
		if(is_header(h, "Diversion", 9))
			return 1;
		/* "b" is its compact form */
		if(!own && (is_header(h, "Referred-By", 11) || is_header(h, "b", 1)))
			return 1;
	}
	return 0;
}
