/*
 * e911: the headers of a message, as far as they are wanted
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "headers.h"

int e911_headers(sip_msg_t *msg, hdr_flags_t wanted)
{
	const struct hdr_field *last;
	char *end;

	if(parse_headers(msg, wanted, 0) >= 0)
		return 0;
	/* else each is read twice, and tm refuses the call for its two lengths */
	last = msg->last_header;
	end = last ? last->name.s + last->len : NULL;
	if(end > msg->unparsed && end <= msg->buf + msg->len)
		msg->unparsed = end;
	return -1;
}
