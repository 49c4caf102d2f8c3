/*
 * e911: the INVITEs a call would make
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/dset.h"
#include "../../core/globals.h"
#include "../../core/ip_addr.h"
#include "../../core/mem/mem.h"
#include "../../core/parser/msg_parser.h"
#include "../../core/receive.h"
#include "../../core/route.h"
#include "../../core/socket_info.h"
#include "book.h"
#include "branch.h"
#include "dress.h"
#include "aor.h"
#include "compat.h"
#include "dryrun.h"
#include "err.h"
#include "ladder.h"
#include "reference.h"
#include "route.h"
#include "strbuf.h"

#define REQUEST_MAX 2048

typedef struct run
{
	str aor;
	e911_device_t device;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
	char text[REQUEST_MAX];
	size_t len;
	sip_msg_t msg;
} run_t;

/* too large for the stack of an RPC process */
static e911_call_t call;
static run_t run;

static const char sdp[] = "v=0\r\n"
						  "o=- 0 0 IN IP4 192.0.2.1\r\n"
						  "s=-\r\n"
						  "c=IN IP4 192.0.2.1\r\n"
						  "t=0 0\r\n"
						  "m=audio 9 RTP/AVP 0\r\n";

static const str callid = str_init("dryrun@e911.invalid");
static const str no_reference = str_init("dryrun");

static int name_caller(run_t *run, const str *aor, const str *contact)
{
	int err = e911_aor_normal(aor, run->aor_mem, &run->aor);

	if(err || contact->len == 0)
		return err;
	run->device.n = 1;
	return e911_aor_contact(contact, run->contact_mem, &run->device.name[0]);
}

/* an INVITE as the agent's phone might send it, from an example address */
static int write_request(run_t *run, const e911_call_t *call)
{
	str number = e911_call_text(call, call->number);
	e911_strbuf_t b;

	e911_strbuf_init(&b, run->text, sizeof(run->text));
	E911_STRBUF_LIT(&b, "INVITE sip:");
	e911_strbuf_put_str(&b, &number);
	E911_STRBUF_LIT(&b, "@example.invalid SIP/2.0\r\n"
						"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-dryrun\r\n"
						"Max-Forwards: 70\r\n"
						"From: <sip:");
	e911_strbuf_put_str(&b, &run->aor);
	E911_STRBUF_LIT(&b, ">;tag=dryrun\r\nTo: <sip:");
	e911_strbuf_put_str(&b, &number);
	E911_STRBUF_LIT(&b, "@example.invalid>\r\n"
						"Call-ID: dryrun@e911.invalid\r\n"
						"CSeq: 1 INVITE\r\n"
						"Contact: <sip:agent@192.0.2.1>\r\n"
						"Content-Type: application/sdp\r\n"
						"Content-Length: ");
	e911_strbuf_put_num(&b, sizeof(sdp) - 1);
	E911_STRBUF_LIT(&b, "\r\n\r\n");
	E911_STRBUF_LIT(&b, sdp);
	run->len = b.len;
	return b.err;
}

static int parse_request(run_t *run)
{
	memset(&run->msg, 0, sizeof(run->msg));
	run->msg.buf = run->text;
	run->msg.len = (unsigned int)run->len;
	run->msg.id = 0; /* no message that was received has it */
	run->msg.rcv.bind_address = udp_listen ? udp_listen : tcp_listen;
	if(run->msg.rcv.bind_address)
		run->msg.rcv.proto = run->msg.rcv.bind_address->proto;
	if(parse_msg(run->text, run->msg.len, &run->msg) != 0
			|| parse_headers(&run->msg, HDR_EOH_F, 0) < 0)
		return E911_ERR_SYNTAX;
	return E911_OK;
}

/* one destination: a message of its own, so that nothing is left over */
static int show_step(
		run_t *run, e911_call_t *call, e911_dryrun_f take, void *arg)
{
	str invite = STR_NULL;
	struct dest_info dst;
	unsigned int len = 0;
	int err = parse_request(run);

	if(!err) {
		call->carriage = e911_branch_carriage(&run->msg, call);
		err = e911_branch_aim(&run->msg, call);
	}
	if(!err) {
		e911_book_lease(call, 0);
		call->dressed = -1;
		e911_dress(&run->msg, call);
		init_dest_info(&dst);
		dst.send_sock = run->msg.rcv.bind_address;
		dst.proto = run->msg.rcv.proto;
		invite.s = e911_build_request(&run->msg, &len, &dst,
				BUILD_NO_LOCAL_VIA | BUILD_NO_VIA1_UPDATE);
		invite.len = (int)len;
		err = invite.s ? E911_OK : E911_ERR_MEM;
	}
	if(!err)
		take(call, &invite, arg);
	if(invite.s)
		pkg_free(invite.s);
	free_sip_msg(&run->msg);
	return err;
}

static int name_call(run_t *run, const str *aor, const str *contact,
		const str *number, uint32_t site, e911_call_t *call)
{
	int err;

	memset(run, 0, sizeof(*run));
	err = name_caller(run, aor, contact);
	if(err)
		return err;
	if(!e911_route_identify_at(number, &run->aor, &run->device, site, call))
		return E911_ERR_NONE;
	/* what a real one would have, that nobody can guess */
	if(e911_reference_given())
		e911_call_keep(call, &no_reference, &call->reference);
	e911_call_keep(call, &callid, &call->callid);
	e911_ladder_make(call);
	return E911_OK;
}

static int show(const str *aor, const str *contact, const str *number,
		uint32_t site, e911_dryrun_f take, void *arg)
{
	int err = name_call(&run, aor, contact, number, site, &call);

	if(!err)
		err = write_request(&run, &call);
	for(call.step = 0; !err && call.step < call.steps; call.step++)
		err = show_step(&run, &call, take, arg);
	return err;
}

int e911_dryrun(const str *aor, const str *contact, const str *number,
		e911_dryrun_f take, void *arg)
{
	return show(aor, contact, number, 0, take, arg);
}

int e911_dryrun_at(uint32_t site, const str *aor, const str *number,
		e911_dryrun_f take, void *arg)
{
	static const str any = STR_NULL;

	return show(aor, &any, number, site, take, arg);
}

int e911_dryrun_short(const str *aor, const str *contact, const str *number,
		e911_dryrun_f take, void *arg)
{
	static const str nothing = STR_NULL;
	int err = name_call(&run, aor, contact, number, 0, &call);

	for(call.step = 0; !err && call.step < call.steps; call.step++) {
		e911_book_lease(&call, 0);
		take(&call, &nothing, arg);
	}
	return err;
}
