/*
 * e911: commands of the operator's hand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <limits.h>
#include <string.h>
#include "../../core/dprint.h"
#include "err.h"
#include "hand.h"
#include "record.h"
#include "row.h"
#include "rpc_answer.h"
#include "rpc_hand.h"
#include "settings.h"
#include "stats.h"

static const char *const verbs[] = {
		[E911_HAND_DRAIN] = "drain", [E911_HAND_FORCE] = "force"};

/* it goes into the log: no line of its own may begin in it */
static int read_text(char *to, size_t size, const str *value)
{
	int i;

	for(i = 0; i < value->len; i++)
		if((unsigned char)value->s[i] < ' ' || value->s[i] == 0x7f)
			return E911_ERR_TEXT;
	return e911_row_text(to, size, value);
}

/* "[WHY] [TTL]", behind what else the command takes */
static int read_reason(rpc_t *rpc, void *ctx, e911_hand_t *hand)
{
	str why = STR_NULL, ttl = STR_NULL;
	int seconds = 0, err = E911_OK;

	if(rpc->scan(ctx, "*.S", &why) == 1 && why.len)
		err = read_text(hand->why, sizeof(hand->why), &why);
	if(err) {
		e911_rpc_fault(rpc, ctx, err, "WHY");
		return err;
	}
	if(rpc->scan(ctx, "*.S", &ttl) == 1 && ttl.len)
		err = e911_row_age(&ttl, INT_MAX / 2, &seconds);
	if(err)
		e911_rpc_fault(rpc, ctx, err, "TTL");
	hand->until = seconds ? e911_now() + (uint32_t)seconds : 0;
	return err;
}

static void put(rpc_t *rpc, void *ctx, const e911_hand_t *hand)
{
	int err = e911_hand_put(hand);

	if(err) {
		e911_rpc_fault(rpc, ctx, err, "hand");
		return;
	}
	e911_stats_count(E911_STAT_HAND);
	if(hand->kind == E911_HAND_FORCE)
		LM_NOTICE("by hand: site %s is sent to set %d: %s\n", hand->what,
				hand->set, hand->why);
	else
		LM_NOTICE("by hand: %s is drained: %s\n", hand->what, hand->why);
	rpc->add(ctx, "s", hand->kind == E911_HAND_FORCE ? "forced" : "drained");
}

static void take(rpc_t *rpc, void *ctx, int kind, const char *usage)
{
	str args[E911_RPC_ARGS];
	int err;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, usage) < 0)
		return;
	err = e911_hand_take(kind, &args[0]);
	if(err) {
		e911_rpc_fault_of(rpc, ctx, err, &args[0]);
		return;
	}
	e911_stats_count(E911_STAT_HAND);
	LM_NOTICE("by hand: %s of %.*s is taken back\n", verbs[kind], args[0].len,
			args[0].s);
	rpc->add(ctx, "s", "taken back");
}

void e911_rpc_drain(rpc_t *rpc, void *ctx)
{
	e911_hand_t hand = {.kind = E911_HAND_DRAIN};
	str args[E911_RPC_ARGS];
	int err;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, "e911.drain WHAT [WHY] [TTL]") < 0)
		return;
	err = read_text(hand.what, sizeof(hand.what), &args[0]);
	if(err)
		e911_rpc_fault(rpc, ctx, err, "WHAT");
	else if(read_reason(rpc, ctx, &hand) == 0)
		put(rpc, ctx, &hand);
}

void e911_rpc_undrain(rpc_t *rpc, void *ctx)
{
	take(rpc, ctx, E911_HAND_DRAIN, "e911.undrain WHAT");
}

static int read_force(rpc_t *rpc, void *ctx, e911_hand_t *hand)
{
	str args[E911_RPC_ARGS], set = STR_NULL;

	if(e911_rpc_scan(rpc, ctx, args, 1, 1, "e911.force SITE|* SET [WHY] [TTL]")
			< 0)
		return E911_ERR_MISSING;
	if(!e911_row_is(&args[0], "*")
			&& e911_sites_named(e911_settings()->sites, &args[0]) == NULL) {
		e911_rpc_fault(rpc, ctx, E911_ERR_NONE, "site");
		return E911_ERR_NONE;
	}
	e911_row_text(hand->what, sizeof(hand->what), &args[0]);
	/* a number may come as one */
	if(rpc->scan(ctx, "*.S", &set) != 1
			|| e911_row_number(&set, INT_MAX, &hand->set) || hand->set == 0) {
		e911_rpc_fault(rpc, ctx, E911_ERR_VALUE, "SET");
		return E911_ERR_VALUE;
	}
	return read_reason(rpc, ctx, hand);
}

void e911_rpc_force(rpc_t *rpc, void *ctx)
{
	e911_hand_t hand = {.kind = E911_HAND_FORCE};

	if(read_force(rpc, ctx, &hand) == 0)
		put(rpc, ctx, &hand);
}

void e911_rpc_unforce(rpc_t *rpc, void *ctx)
{
	take(rpc, ctx, E911_HAND_FORCE, "e911.unforce SITE|*");
}

void e911_rpc_hand(rpc_t *rpc, void *ctx)
{
	e911_hand_t hand;
	char mem[32];
	str until;
	void *row;
	int i;

	for(i = 0; e911_hand_nth(i, &hand) == 0; i++) {
		if(rpc->add(ctx, "{", &row) < 0)
			return;
		until = e911_rpc_time(e911_wall(hand.until), mem);
		rpc->struct_add(row, "ssdsS", "command", verbs[hand.kind], "what",
				hand.what, "set", hand.set, "why", hand.why, "until", &until);
	}
}
