/*
 * e911: one branch of a call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/socket_info.h"
#include "body.h"
#include "branch.h"
#include "caller.h"
#include "config.h"
#include "err.h"
#include "hash.h"
#include "pidf.h"
#include "profile.h"
#include "stats.h"
#include "strbuf.h"
#include "transaction.h"

#define URI_MAX 512
#define PIDF_ROOM 16384
#define UDP_SAFE 1300	 /* RFC 3261 18.1.1 */
#define HEADERS_ROOM 600 /* what we and the core add to a request */

static const e911_profile_t *profile(const e911_call_t *call)
{
	return e911_profile(call->ladder[call->step].profile);
}

int e911_branch_form(const e911_call_t *call)
{
	return call->located ? profile(call)->form[call->form] : E911_CONVEY_NONE;
}

int e911_branch_forms(const e911_call_t *call)
{
	return profile(call)->forms;
}

int e911_branch_size(sip_msg_t *msg, const e911_call_t *call)
{
	return msg->len + HEADERS_ROOM
		   + (e911_branch_form(call) == E911_CONVEY_VALUE
						   ? 1200 + call->location.len
						   : 0);
}

int e911_branch_carriage(sip_msg_t *msg, const e911_call_t *call)
{
	return call->ladder[call->step].large_tcp
						   && e911_branch_size(msg, call) > UDP_SAFE
				   ? E911_BY_TCP
				   : E911_AS_WRITTEN;
}

/* ----- aim ----- */

/* the characters of a number that a user part has to escape, RFC 3261 25.1 */
static void put_user(e911_strbuf_t *b, const str *number)
{
	int i;

	for(i = 0; i < number->len; i++) {
		if(number->s[i] == '#')
			E911_STRBUF_LIT(b, "%23");
		else if(number->s[i] == '?')
			E911_STRBUF_LIT(b, "%3F");
		else
			e911_strbuf_put(b, number->s + i, 1);
	}
}

/* scheme, user (may be empty) and where target is */
static int put_uri(e911_strbuf_t *b, const char *scheme, const str *user,
		const struct sip_uri *target)
{
	e911_strbuf_puts(b, scheme);
	put_user(b, user);
	if(user->len)
		E911_STRBUF_LIT(b, "@");
	e911_strbuf_put_str(b, &target->host);
	if(target->port.len > 0) {
		E911_STRBUF_LIT(b, ":");
		e911_strbuf_put_str(b, &target->port);
	}
	return b->err;
}

static int aim_uri(
		sip_msg_t *msg, const e911_call_t *call, const struct sip_uri *target)
{
	str number = e911_call_text(call, call->number), uri;
	char mem[URI_MAX];
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, mem, sizeof(mem));
	err = put_uri(
			&b, target->type == SIPS_URI_T ? "sips:" : "sip:", &number, target);
	uri.s = mem;
	uri.len = (int)b.len;
	if(err)
		return err;
	return rewrite_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

/* the same URI, its own transport parameter left out, by TCP */
static int aim_tcp(sip_msg_t *msg, const struct sip_uri *target)
{
	str nobody = STR_NULL, uri;
	char mem[URI_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	put_uri(&b, "sip:", &nobody, target);
	E911_STRBUF_LIT(&b, ";transport=tcp");
	uri.s = mem;
	uri.len = (int)b.len;
	return b.err || set_dst_uri(msg, &uri) < 0 ? E911_ERR_MEM : E911_OK;
}

static void aim_socket(sip_msg_t *msg, const e911_call_t *call)
{
	str name = e911_call_text(call, call->ladder[call->step].socket);
	struct socket_info *socket = NULL;

	if(name.len)
		socket = lookup_local_socket(&name);
	if(name.len && socket == NULL)
		socket = ksr_get_socket_by_name(&name);

	/* a socket of another transport than the one in use is none */
	if(call->carriage == E911_BY_TCP)
		socket = NULL;
	if(socket)
		set_force_socket(msg, socket);
	else
		reset_force_socket(msg);
}

int e911_branch_aim(sip_msg_t *msg, const e911_call_t *call)
{
	const e911_step_t *step = &call->ladder[call->step];
	str uri = e911_call_text(call, step->uri);
	str hop = e911_call_text(
			call, step->outbound.len ? step->outbound : step->uri);
	struct sip_uri target;
	int err;

	if(parse_uri(uri.s, uri.len, &target) < 0 || target.host.len <= 0)
		return E911_ERR_SYNTAX;
	/* never two PSAPs at once; nor the way to a registered contact */
	clear_branches();
	reset_path_vector(msg);
	err = aim_uri(msg, call, &target);
	if(err)
		return err;
	if(call->carriage == E911_BY_TCP)
		err = aim_tcp(msg, &target);
	else
		err = set_dst_uri(msg, &hop) < 0 ? E911_ERR_MEM : E911_OK;
	aim_socket(msg, call);
	ruri_mark_new();
	return err;
}

/* ----- dress ----- */

static int write_pidf(const e911_call_t *call, e911_strbuf_t *b)
{
	str aor = e911_call_text(call, call->aor);
	str device = e911_call_text(call, call->device);
	char mem[E911_CALLER_URIS_MAX];
	e911_pidf_how_t how;
	int err = e911_caller_describe(&aor, &device, mem, &how);

	return err ? err : e911_pidf_write(b, &call->location, &how);
}

/* One random word serves the boundary and the Content-ID: 128 bits that no
 * body contains, and that nobody can guess beforehand. */
static int name_parts(char *mem, size_t max, e911_dressing_t *d)
{
	unsigned char random[16];
	e911_strbuf_t b;

	if(e911_hash_random(random, sizeof(random)))
		return E911_ERR_NONE;
	e911_strbuf_init(&b, mem, max);
	E911_STRBUF_LIT(&b, "e911-");
	e911_strbuf_put_hex(&b, random, sizeof(random));
	d->boundary.s = b.s;
	d->boundary.len = (int)b.len;
	E911_STRBUF_LIT(&b, "@e911.invalid");
	d->content_id.s = b.s;
	d->content_id.len = (int)b.len;
	return b.err;
}

static int dress(sip_msg_t *msg, const e911_call_t *call)
{
	static char pidf[PIDF_ROOM]; /* too large for a SIP worker's stack */
	char names[96];
	e911_dressing_t d;
	e911_strbuf_t b;
	int err;

	memset(&d, 0, sizeof(d));
	if(e911_branch_form(call) == E911_CONVEY_VALUE) {
		e911_strbuf_init(&b, pidf, sizeof(pidf));
		err = write_pidf(call, &b);
		if(!err)
			err = name_parts(names, sizeof(names), &d);
		if(err)
			return err;
		d.pidf.s = b.s;
		d.pidf.len = (int)b.len;
		d.first =
				call->ours_first || cfg_get(e911, e911_cfg, geolocation_first);
		d.alone = call->phone == E911_PHONE_BAD;
	}
	return e911_body_dress(msg, &d);
}

void e911_branch_dress(sip_msg_t *msg, e911_call_t *call)
{
	int branch = e911_transaction_branches(), err;

	if(msg->REQ_METHOD != METHOD_INVITE || call->step < 0
			|| call->step >= call->steps || call->dressed == branch)
		return;
	err = dress(msg, call);
	call->dressed = branch;
	if(err == 0)
		return;
	e911_stats_count(E911_STAT_UNDRESSED);
	LM_ERR("call of %016llx goes without its location: %s\n",
			(unsigned long long)call->who, e911_err_text(err));
}
