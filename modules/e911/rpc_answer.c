/*
 * e911: what all commands have in common
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../core/sr_module.h"
#include "err.h"
#include "rpc_answer.h"
#include "strbuf.h"

int e911_rpc_rank;

/* Arguments are strings: a bare +15125550100 is an integer to the RPC layer,
 * 0911 loses its zero. "S" without autoconversion refuses them; one that is
 * there and does convert was of another type. */
static int scan_one(rpc_t *rpc, void *ctx, str *arg)
{
	str other = STR_NULL;

	if(rpc->scan(ctx, "*S", arg) == 1)
		return arg->len > 0 ? 1 : E911_ERR_TYPE;
	arg->len = 0;
	return rpc->scan(ctx, "*.S", &other) == 1 ? E911_ERR_TYPE : 0;
}

int e911_rpc_scan(rpc_t *rpc, void *ctx, str *args, int least, int most,
		const char *usage)
{
	int n = 0, got = 1;

	memset(args, 0, E911_RPC_ARGS * sizeof(*args));
	while(n < most && (got = scan_one(rpc, ctx, &args[n])) == 1)
		n++;
	if(got >= 0 && n >= least)
		return n;
	rpc->fault(ctx, 400, "usage: %s; write numbers as s:NUMBER", usage);
	return -1;
}

void e911_rpc_fault(rpc_t *rpc, void *ctx, int err, const char *what)
{
	int code = err == E911_ERR_NONE ? 404
			   : err == E911_ERR_MEM || err == E911_ERR_FULL
							   || err == E911_ERR_AGAIN || err == E911_ERR_DOWN
					   ? 503
					   : 400;

	if(what[0])
		rpc->fault(ctx, code, "%s: %s", what, e911_err_text(err));
	else
		rpc->fault(ctx, code, "%s", e911_err_text(err));
}

void e911_rpc_fault_of(rpc_t *rpc, void *ctx, int err, const str *bad)
{
	char what[64];
	int len = bad->len < (int)sizeof(what) ? bad->len : (int)sizeof(what) - 1;

	memcpy(what, bad->s, len);
	what[len] = '\0';
	e911_rpc_fault(rpc, ctx, err, what);
}

int e911_rpc_page(rpc_t *rpc, void *ctx, int most, uint64_t *cursor, int *rows)
{
	str text = STR_NULL;
	char *end = NULL;
	int n;

	*cursor = 0;
	*rows = most;
	if(rpc->scan(ctx, "*.S", &text) == 1 && text.len) {
		*cursor = strtoull(text.s, &end, 10);
		if(*end || text.s[0] < '0' || text.s[0] > '9') {
			rpc->fault(ctx, 400, "CURSOR: %s", e911_err_text(E911_ERR_VALUE));
			return -1;
		}
		if(rpc->scan(ctx, "*d", &n) == 1)
			*rows = n;
	}
	if(*rows >= 1 && *rows <= most)
		return 0;
	rpc->fault(ctx, 400, "ROWS: 1 to %d", most);
	return -1;
}

void e911_rpc_next(rpc_t *rpc, void *ctx, uint64_t cursor)
{
	char next[24];
	void *row;

	if(rpc->add(ctx, "{", &row) < 0)
		return;
	snprintf(next, sizeof(next), "%llu", (unsigned long long)cursor);
	rpc->struct_add(row, "s", "next", next);
}

str e911_rpc_time(time_t when, char mem[32])
{
	e911_strbuf_t b;
	str text = {mem, 0};

	e911_strbuf_init(&b, mem, 32);
	if(when)
		e911_strbuf_put_time(&b, when);
	text.len = (int)b.len;
	return text;
}

int e911_rpc_may_wait(void)
{
	return e911_rpc_rank == PROC_RPC;
}
