/*
 * The whole path of a call, from the bytes that came in to those that go out to
 * each destination in turn: Kamailio's own parser, lumps and builder, and all
 * of the module but its wires. In place of tm and of the dispatcher stand a
 * transaction and a list below.
 *
 * First four bytes: who sent it and how; which profiles its destinations have;
 * what they answer; which allocation of ours fails, and whether all behind it
 * do. The rest: the message.
 *
 * What must hold: an emergency INVITE is sent to somebody; what is sent is a
 * message, with the caller's body in it; and a stored address goes with nobody
 * who is not proven.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../../modules/e911/e911_mod.c"
#include "../../../modules/e911/branch.h"
#include "../../../modules/e911/dispatch.h"
#include "../../../modules/e911/json.h"
#include "../../../modules/e911/learn.h"
#include "../../../modules/e911/proof.h"
#include "../../../modules/e911/transaction.h"
#include "../../../modules/e911/uac.h"
#include "../../core/cfg/cfg_struct.h"
#include "../../core/counters.h"
#include "../../core/data_lump.h"
#include "../../core/dprint.h"
#include "../../core/dset.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/msg_translator.h"
#include "../../core/parser/parse_hname2.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/pvapi.h"
#include "../../core/receive.h"
#include "../../core/resolve.h"
#include "../../core/route.h"

#define SECRET "Hidden House 77"
#define MESSAGE_MAX 16384
#define STEPS_MAX 12
#define HEAD 4

/* ----- memory: malloc(), so that the sanitizer sees each block ----- */

/* Of our own allocations the nth fails, and all behind it; 0: none. */
static int countdown, lasting;

static int may_have(const char *file)
{
	if(countdown == 0 || strstr(file, "modules/e911") == NULL)
		return 1;
	if(countdown > 1) {
		countdown--;
		return 1;
	}
	countdown = lasting;
	return 0;
}

static void *take(void *mem, size_t size, const char *file, const char *func,
		unsigned int line, const char *module)
{
	return may_have(file) ? malloc(size) : NULL;
}

static void *take_zeroed(void *mem, size_t size, const char *file,
		const char *func, unsigned int line, const char *module)
{
	return may_have(file) ? calloc(1, size) : NULL;
}

static void *take_again(void *mem, void *p, size_t size, const char *file,
		const char *func, unsigned int line, const char *module)
{
	return may_have(file) ? realloc(p, size) : NULL;
}

static void give(void *mem, void *p, const char *file, const char *func,
		unsigned int line, const char *module)
{
	free(p);
}

static unsigned long left(void *mem)
{
	return 1 << 30;
}

static void init_memory_of_core(void)
{
	sr_pkg_api_t pkg = {.mname = "malloc",
			.xmalloc = take,
			.xmallocxz = take_zeroed,
			.xfree = give,
			.xrealloc = take_again,
			.xreallocxf = take_again,
			.xavailable = left};
	sr_shm_api_t shm = {.mname = "malloc",
			.xmalloc = take,
			.xmallocxz = take_zeroed,
			.xmalloc_unsafe = take,
			.xfree = give,
			.xfree_unsafe = give,
			.xrealloc = take_again,
			.xreallocxf = take_again,
			.xresize = take_again,
			.xavailable = left};

	pkg_init_api(&pkg);
	shm_init_api(&shm);
}

/* ----- the transaction ----- */

static struct
{
	e911_branch_f on_branch;
	e911_became_f on_event;
	e911_call_t *call; /* kept */
	int made, branches, status, sent, replied;
	unsigned char answers;
	int whole; /* all of its headers can be read */
	str body;  /* as it came */
} t;

static struct socket_info sockets[2];

int e911_transaction_init(e911_branch_f on_branch, e911_became_f on_event)
{
	t.on_branch = on_branch;
	t.on_event = on_event;
	return E911_OK;
}

int e911_transaction_is_there(void)
{
	return t.made;
}

int e911_transaction_new(sip_msg_t *msg)
{
	if(t.made)
		return E911_TRANSACTION_KNOWN;
	if(t.answers & 0x80)
		return E911_ERR_MEM;
	t.made = 1;
	return E911_TRANSACTION_NEW;
}

e911_call_t *e911_transaction_call(void)
{
	return t.call;
}

/* no byte more than is to be kept: who reads on is seen */
int e911_transaction_keep(
		sip_msg_t *msg, const e911_call_t *call, e911_call_t **kept)
{
	e911_call_t *copy = shm_malloc(E911_CALL_SIZE(call));

	if(copy == NULL)
		return E911_ERR_MEM;
	memcpy(copy, call, E911_CALL_SIZE(call));
	*kept = t.call = copy;
	return E911_OK;
}

int e911_transaction_given_up(sip_msg_t *msg)
{
	return 0;
}

int e911_transaction_room(void)
{
	return STEPS_MAX - t.branches;
}

int e911_transaction_branches(void)
{
	return t.branches;
}

int e911_transaction_tries(void)
{
	return t.branches;
}

int e911_transaction_status(void)
{
	return t.status;
}

void e911_transaction_prepare(sip_msg_t *msg, e911_call_t *call, int fr)
{
	if(!t.made)
		return;
	call->branch = t.branches;
	call->ringing = call->heard = 0;
	call->dressed = -1;
}

int e911_transaction_pass(sip_msg_t *msg)
{
	return 0;
}

int e911_transaction_starved(void)
{
	return !t.made;
}

int e911_transaction_reply(sip_msg_t *msg, int code, const char *reason)
{
	t.replied = code;
	return 1;
}

int e911_uac_init(void)
{
	return E911_OK;
}

int e911_uac_probe(const str *uri, const str *socket, const str *outbound,
		e911_uac_f told, unsigned long id)
{
	return E911_ERR_MEM;
}

int e911_uac_message(sip_msg_t *msg, const char *type, const str *text)
{
	return E911_OK;
}

int e911_uac_hang_up(sip_msg_t *msg)
{
	return E911_OK;
}

/* ----- what is sent ----- */

static void check_proof(const e911_call_t *call, const char *text, int len)
{
	if(call == NULL || call->proof == E911_PROOF_NONE || call->withheld)
		assert(memmem(text, len, SECRET, sizeof(SECRET) - 1) == NULL);
}

static void check_sent(const e911_call_t *call, char *text, int len)
{
	sip_msg_t sent;

	memset(&sent, 0, sizeof(sent));
	sent.buf = text;
	sent.len = len;
	if(getenv("E911_LOG"))
		fprintf(stderr, "%.*s\n---\n", len, text);
	assert(parse_msg(text, len, &sent) == 0);
	assert(sent.first_line.type == SIP_REQUEST);
	/* it can be no better than it came */
	assert(parse_headers(&sent, HDR_EOH_F, 0) == 0 || !t.whole);
	check_proof(call, text, len);
	/* one part or all of it, our parts before or behind */
	if(t.body.len)
		assert(memmem(text, len, t.body.s, t.body.len) || sent.content_type);
	free_sip_msg(&sent);
}

/* as tm builds a branch: on copies of the lumps, which are gone behind it */
static int send_branch(sip_msg_t *msg, e911_call_t *call)
{
	struct lump *add_rm = msg->add_rm, *body = msg->body_lumps;
	struct dest_info dst;
	unsigned int len = 0;
	char *text = NULL;

	memset(&dst, 0, sizeof(dst));
	dst.send_sock = &sockets[t.branches & 1];
	dst.proto = dst.send_sock->proto;
	msg->add_to_branch_len = snprintf(msg->add_to_branch_s,
			MAX_BRANCH_PARAM_LEN, "z9hG4bK%d", t.branches);
	msg->add_rm = add_rm ? dup_lump_list(add_rm) : NULL;
	msg->body_lumps = body ? dup_lump_list(body) : NULL;
	if(call)
		t.on_branch(msg, call);
	text = build_req_buf_from_sip_req(msg, &len, &dst, BUILD_NO_PATH);
	if(text) {
		check_sent(call ? call : e911_route_call(msg), text, (int)len);
		pkg_free(text);
		t.sent++;
	}
	free_duped_lump_list(msg->add_rm);
	free_duped_lump_list(msg->body_lumps);
	msg->add_rm = add_rm;
	msg->body_lumps = body;
	return text != NULL;
}

int e911_transaction_relay(sip_msg_t *msg)
{
	/* some cannot be sent to */
	int refused = t.answers & 0x40 && t.branches == 1;
	int sent;

	if(!t.made)
		return 0;
	sent = !refused && send_branch(msg, t.call);
	t.branches++;
	return sent;
}

int e911_transaction_without(sip_msg_t *msg)
{
	return send_branch(msg, NULL);
}

/* ----- the destinations ----- */

#define LISTED 4

static unsigned char choice;

static const char *const uris[LISTED] = {"sip:192.0.2.10:5060;transport=tcp",
		"sip:ersp@192.0.2.11", "sips:192.0.2.12", "sip:192.0.2.13:5080"};

int e911_dispatch_each(int set, e911_destination_f take_it, void *arg)
{
	char attrs[LISTED][96];
	const e911_profile_t *p;
	e911_destination_t d;
	int i;

	for(i = 0; i < LISTED; i++) {
		if((set == 9) != (i == LISTED - 1))
			continue;
		p = e911_profiles_nth(
				e911_settings()->profiles, (choice + i * 5) & 0x1f);
		memset(&d, 0, sizeof(d));
		d.uri.s = (char *)uris[i];
		d.uri.len = (int)strlen(uris[i]);
		d.attrs.s = attrs[i];
		d.attrs.len = snprintf(attrs[i], sizeof(attrs[i]), "profile=%s%s",
				p ? p->name : "value",
				choice & 0x80 ? ";large=tcp;without_tls=tcp:5060" : "");
		d.set = set;
		d.priority = LISTED - i;
		take_it(&d, arg);
	}
	return E911_OK;
}

void e911_dispatch_all(e911_destination_f take_it, void *arg)
{
	e911_dispatch_each(1, take_it, arg);
}

int e911_dispatch_init(void)
{
	return E911_OK;
}

int e911_dispatch_attr(const str *attrs, const char *key, str *value)
{
	size_t len = strlen(key);
	const char *s = memmem(attrs->s, attrs->len, key, len);
	const char *end = attrs->s + attrs->len;

	if(s == NULL || s + len >= end || s[len] != '=')
		return E911_ERR_NONE;
	value->s = (char *)s + len + 1;
	s = memchr(value->s, ';', end - value->s);
	value->len = (int)((s ? s : end) - value->s);
	return E911_OK;
}

/* ----- start ----- */

static const char *const rows[][2] = {
		{"site", "name=hq;set=1;last=9;country=US;callback=+15125550100;"
				 "A1=TX;A3=Austin;RD=Corporate;STS=DR;HNO=1;PC=78701"},
		{"trunk", "name=edge;source=192.0.2.0/28;key=from;device=contact"},
		{"trunk", "name=pbx;source=198.51.100.0/24;key=pai;"
				  "device=header:X-Device;network=header:X-Network"},
		{"provider", "name=Example;id=cc.example.com;contact=tel:+15125550199"},
		{"elin", "name=all;number=+15125550190,+15125550191"},
		{"profile", "name=everything;convey=value,reference,none;data=provider;"
					"from=elin;header=X-Customer: 4711"},
};

static void state_secret(const char *aor, const char *contact)
{
	static char text[] = "{\"country\":\"US\",\"A1\":\"TX\",\"A3\":\"Austin\","
						 "\"RD\":\"Example\",\"HNO\":\"1200\",\"NAM\":\"" SECRET
						 "\",\"shape\":\"Circle\",\"pos\":\"30.2 -97.7\","
						 "\"radius\":\"30\",\"callback\":\"+15125550101\"}";
	str json = {text, sizeof(text) - 1};
	char bad[E911_JSON_NAME_MAX];
	e911_location_t l;
	e911_order_t order = {.location = &l};
	uint64_t ticket;

	assert(e911_json_read(&l, &json, E911_FROM_RPC, 1787320800, bad) == 0);
	order.aor = (str){(char *)aor, (int)strlen(aor)};
	order.contact = (str){(char *)contact, (int)strlen(contact)};
	assert(e911_provision_set(&order, &ticket) == 0);
}

static void init_socket(struct socket_info *si, int proto, char *name)
{
	static char address[] = "203.0.113.1", port[] = "5060";
	str text = {address, sizeof(address) - 1};

	si->name = si->address_str = text;
	si->address = *str2ip(&text);
	si->port_no = 5060;
	si->port_no_str = (str){port, 4};
	si->sock_str = (str){name, (int)strlen(name)};
	si->proto = (char)proto;
	si->flags = SI_IS_IP;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char udp[] = "udp:203.0.113.1:5060", tcp[] = "tcp:203.0.113.1:5060";
	size_t i;

	default_core_cfg.debug = getenv("E911_LOG") ? 3 : -10;
	log_stderr = 1;
	init_memory_of_core();
	assert(ksr_hname_init_index() == 0 && pv_init_api() == 0);
	assert(sr_cfg_init() == 0 && init_counters() == 0 && init_routes() == 0);
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert(e911_settings_keep(rows[i][0], rows[i][1]) == 0);
	workers = 0;
	cache_size = 256;
	ledger_size = 64;
	assert(mod_init() == 0);
	assert(counters_prefork_init(1) == 0);
	init_socket(&sockets[0], PROTO_UDP, udp);
	init_socket(&sockets[1], PROTO_TCP, tcp);
	state_secret("alice@example.test", "");
	state_secret("bob@example.test", "sip:bob@198.51.100.7:5060");
	return 0;
}

/* ----- one message ----- */

static const char *const sources[] = {
		"192.0.2.1", "198.51.100.7", "203.0.113.99", "2001:db8::7"};

static void receive(sip_msg_t *msg, const uint8_t *head)
{
	static unsigned int id;
	const char *from = sources[head[0] & 3];
	str text = {(char *)from, (int)strlen(from)};
	struct ip_addr *ip = (head[0] & 3) == 3 ? str2ip6(&text) : str2ip(&text);

	msg->id = ++id;
	msg->pid = getpid();
	msg->rcv.src_ip = *ip;
	msg->rcv.dst_ip = sockets[0].address;
	msg->rcv.src_port = 5060;
	msg->rcv.dst_port = 5060;
	msg->rcv.proto = head[0] & 4 ? PROTO_TCP : PROTO_UDP;
	msg->rcv.bind_address = &sockets[head[0] & 4 ? 1 : 0];
	msg->set_global_address = default_global_address;
	msg->set_global_port = default_global_port;
}

static const int answers[] = {408, 503, 424, 415, 488, 404, 600, 486};

/* the script: request_route, then failure_route until nothing is left */
static void run_script(sip_msg_t *msg)
{
	int kind, result, i;

	set_route_type(REQUEST_ROUTE);
	e911_learn(msg);
	kind = e911_route_match(msg, NULL);
	if(kind == 0)
		return;
	if(t.answers & 0x20 && e911_route_challenge(msg))
		return;
	result = e911_route_relay(msg);
	if(msg->REQ_METHOD != METHOD_INVITE)
		return;
	/* the law */
	assert(t.sent > 0);
	set_route_type(FAILURE_ROUTE);
	for(i = 0; i < 2 * STEPS_MAX && result == 1 && t.made; i++) {
		t.status = answers[(t.answers + i) & 7];
		result = e911_route_relay(msg);
	}
	set_route_type(REQUEST_ROUTE);
}

static void forget(sip_msg_t *msg)
{
	if(t.call)
		shm_free(t.call);
	t.call = NULL;
	reset_instance(msg);
	reset_ruid(msg);
	clear_branches();
	free_sip_msg(msg);
	ksr_msg_env_reset();
}

/* The core writes ";received=" before a port that is 0. */
static int is_via(const struct via_body *via)
{
	return via && via->host.len && (via->port || via->port_str.len == 0);
}

/* on a copy: in the message at hand only what is asked for is read */
static void look_at(const uint8_t *data, size_t size)
{
	static char buf[MESSAGE_MAX + 1];
	sip_msg_t msg;

	memset(&msg, 0, sizeof(msg));
	memcpy(buf, data, size);
	buf[size] = '\0';
	msg.buf = buf;
	msg.len = (unsigned int)size;
	t.body = (str)STR_NULL;
	/* what tm makes a transaction of, with all of its last header */
	t.whole = parse_msg(buf, msg.len, &msg) == 0
			  && parse_headers(&msg, HDR_EOH_F, 0) == 0 && msg.eoh
			  && is_via(msg.via1) && msg.from && msg.to && msg.callid
			  && msg.cseq && memchr(buf, '\0', size) == NULL;
	if(t.whole && get_body(&msg)) {
		t.body.s = get_body(&msg);
		t.body.len = (int)(buf + size - t.body.s);
	}
	free_sip_msg(&msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[MESSAGE_MAX + 1];
	sip_msg_t msg;

	/* one that knows the secret gives nothing away */
	if(size <= HEAD || size - HEAD > MESSAGE_MAX
			|| memmem(data, size, SECRET, sizeof(SECRET) - 1))
		return 0;
	memset(&msg, 0, sizeof(msg));
	memcpy(buf, data + HEAD, size - HEAD);
	buf[size - HEAD] = '\0';
	msg.buf = buf;
	msg.len = (unsigned int)(size - HEAD);
	if(parse_msg(buf, msg.len, &msg) || msg.first_line.type != SIP_REQUEST
			|| msg.via1 == NULL || msg.via1->error != PARSE_OK) {
		free_sip_msg(&msg);
		return 0;
	}
	receive(&msg, data);
	look_at(data + HEAD, size - HEAD);
	t.made = t.branches = t.status = t.sent = t.replied = 0;
	t.answers = data[2];
	choice = data[1];
	countdown = data[3] & 0x3f;
	lasting = data[3] >> 7;
	run_script(&msg);
	countdown = 0;
	forget(&msg);
	return 0;
}
