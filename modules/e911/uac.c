/*
 * e911: requests of our own
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/mem/shm_mem.h"
#include "../../core/parser/contact/parse_contact.h"
#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_to.h"
#include "../../core/socket_info.h"
#include "../../core/sr_module.h"
#include "../../core/ut.h"
#include "../tm/tm_load.h"
#include "err.h"
#include "network.h"
#include "uac.h"

#define URI_MAX 128

static tm_api_t tm;

static str message = str_init("MESSAGE");
static str bye = str_init("BYE");
static str options = str_init("OPTIONS");
static str own_uri = str_init("sip:e911@localhost");
static const str *from_uri = &own_uri;

/* an ERSP may know the dispatcher by it */
static void find_from(void)
{
	struct sr_module *module = find_module_by_name("dispatcher");
	modparam_t type;
	const str *from;

	if(module == NULL)
		return;
	from = find_param_export(module, "ds_ping_from", PARAM_STR, &type);
	if(from && from->len > 0)
		from_uri = from;
}

int e911_uac_init(void)
{
	find_from();
	return tm_load_api(&tm) < 0 ? E911_ERR_NONE : E911_OK;
}

/* where his request came from */
static int way_back(const sip_msg_t *msg, char mem[URI_MAX], str *uri)
{
	static const char *const protos[] = {[PROTO_UDP] = "udp",
			[PROTO_TCP] = "tcp",
			[PROTO_TLS] = "tls",
			[PROTO_SCTP] = "sctp",
			[PROTO_WS] = "ws",
			[PROTO_WSS] = "wss"};
	int proto = msg->rcv.proto;
	e911_network_t network;
	e911_strbuf_t b;

	e911_network_from(
			&network, msg->rcv.src_ip.u.addr, (int)msg->rcv.src_ip.len);
	e911_strbuf_init(&b, mem, URI_MAX);
	e911_strbuf_puts(&b, network.family == 6 ? "sip:[" : "sip:");
	e911_network_put(&b, &network);
	e911_strbuf_puts(&b, network.family == 6 ? "]:" : ":");
	e911_strbuf_put_num(&b, msg->rcv.src_port);
	E911_STRBUF_LIT(&b, ";transport=");
	e911_strbuf_puts(
			&b, proto > 0 && proto <= PROTO_WSS ? protos[proto] : "udp");
	uri->s = mem;
	uri->len = (int)b.len;
	return b.err;
}

static int contact_of(sip_msg_t *msg, str *uri)
{
	contact_body_t *body;

	if(msg->contact == NULL || parse_contact(msg->contact) < 0)
		return E911_ERR_SYNTAX;
	body = msg->contact->parsed;
	if(body->contacts == NULL)
		return E911_ERR_SYNTAX;
	*uri = body->contacts->uri;
	return E911_OK;
}

int e911_uac_message(sip_msg_t *msg, const char *type, const str *text)
{
	char mem[URI_MAX], header[96];
	str headers = {header, 0}, body = *text, target, hop;
	e911_strbuf_t b;
	uac_req_t request;

	if(parse_headers(msg, HDR_EOH_F, 0) < 0 || parse_from_header(msg) < 0
			|| msg->to == NULL || contact_of(msg, &target)
			|| way_back(msg, mem, &hop))
		return E911_ERR_SYNTAX;
	e911_strbuf_init(&b, header, sizeof(header));
	E911_STRBUF_LIT(&b, "Content-Type: ");
	e911_strbuf_puts(&b, type);
	E911_STRBUF_LIT(&b, "\r\n");
	headers.len = (int)b.len;
	set_uac_req(&request, &message, &headers, &body, NULL, 0, NULL, NULL);
	request.ssock = &msg->rcv.bind_address->sock_str;
	return tm.t_request(&request, &target, &get_from(msg)->uri,
				   &get_to(msg)->uri,
				   &hop) < 0
				   ? E911_ERR_MEM
				   : E911_OK;
}

/* ----- the end of a dialog that a 200 of ours has begun ----- */

static void on_ack(struct cell *t, int type, struct tmcb_params *ps)
{
	dlg_t *dialog = *ps->param;
	uac_req_t request;

	/* a second ACK finds nothing */
	if(dialog == NULL || dialog->state != DLG_CONFIRMED)
		return;
	set_uac_req(&request, &bye, NULL, NULL, dialog, 0, NULL, NULL);
	tm.t_request_within(&request);
	dialog->state = DLG_DESTROYED;
}

static void release(void *dialog)
{
	tm.free_dlg(dialog);
}

static int aim(dlg_t *dialog, const sip_msg_t *msg)
{
	char mem[URI_MAX];
	str hop;

	dialog->send_sock = msg->rcv.bind_address;
	dialog->loc_seq.value = 1;
	dialog->loc_seq.is_set = 1;
	if(dialog->route_set || way_back(msg, mem, &hop))
		return E911_OK;
	if(shm_str_dup(&dialog->dst_uri, &hop) < 0)
		return E911_ERR_MEM;
	return tm.calculate_hooks(dialog) < 0 ? E911_ERR_MEM : E911_OK;
}

int e911_uac_hang_up(sip_msg_t *msg)
{
	struct cell *t = tm.t_gett();
	dlg_t *dialog = NULL;

	if(t == NULL || t == T_UNDEFINED)
		return E911_ERR_NONE;
	if(parse_headers(msg, HDR_EOH_F, 0) < 0
			|| tm.new_dlg_uas(msg, 200, &dialog) < 0)
		return E911_ERR_SYNTAX;
	if(aim(dialog, msg)
			|| tm.register_tmcb(
					   msg, t, TMCB_ACK_NEG_IN, on_ack, dialog, release)
					   <= 0) {
		tm.free_dlg(dialog);
		return E911_ERR_MEM;
	}
	return E911_OK;
}

/* ----- is anybody there? ----- */

typedef struct probe
{
	e911_uac_f told;
	unsigned long id;
} probe_t;

static void on_answer(struct cell *t, int type, struct tmcb_params *ps)
{
	probe_t *probe = *ps->param;

	if(probe == NULL)
		return;
	probe->told(probe->id, ps->code);
	shm_free(probe);
	*ps->param = NULL;
}

int e911_uac_probe(const str *uri, const str *socket, const str *outbound,
		e911_uac_f told, unsigned long id)
{
	probe_t *probe = shm_malloc(sizeof(*probe));
	str to = *uri, from = *from_uri, hop = *outbound, own = *socket;
	uac_req_t request;

	if(probe == NULL)
		return E911_ERR_MEM;
	probe->told = told;
	probe->id = id;
	set_uac_req(&request, &options, NULL, NULL, NULL, TMCB_LOCAL_COMPLETED,
			on_answer, probe);
	if(own.len && memchr(own.s, ':', (size_t)own.len))
		request.ssock = &own;
	else if(own.len)
		request.ssockname = &own;
	if(tm.t_request(&request, &to, &to, &from, hop.len ? &hop : NULL) >= 0)
		return E911_OK;
	shm_free(probe);
	return E911_ERR_MEM;
}
