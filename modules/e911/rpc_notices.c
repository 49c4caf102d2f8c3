/*
 * e911: the command on notices of calls
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "notices.h"
#include "rpc_notices.h"
#include "settings.h"

/* of one that was never told of anything */
static void find(const e911_recipient_t *r, e911_notices_of_t *of)
{
	int i;

	for(i = 0; e911_notices_nth(i, of) == 0; i++)
		if(strcmp(of->name, r->name) == 0)
			return;
	memset(of, 0, sizeof(*of));
}

void e911_rpc_notices(rpc_t *rpc, void *ctx)
{
	const e911_recipients_t *all = e911_settings()->recipients;
	const e911_recipient_t *r;
	e911_notices_of_t of;
	void *row;
	int i;

	for(i = 0; (r = e911_recipients_nth(all, i)); i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		find(r, &of);
		rpc->struct_add(row, "ssddjjjdd", "recipient", r->name, "kind",
				e911_recipient_kind_name(r->kind), "waiting", (int)of.waiting,
				"flying", (int)of.flying, "sent", of.sent, "failed", of.failed,
				"lost", of.lost, "failures", of.failures, "rests_ms",
				of.rest_ms);
	}
}
