/*
 * Kamailio's branches, AVPs and connections, and what other files know, are
 * stood in for below.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers target plan plan_dial plan_row regex row hash number aor network
 * needs: location field strbuf err
 * with: sip_stub
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../core/events.h"
#include "../../core/parser/parse_uri.c"
#include "../../modules/e911/callback.c"
#include "ksr_stub.h"
#include "sip_stub.h"
#include "tight.h"

int phone2tel;

static char told[64]; /* what somebody who watches heard last */

void e911_witness_entry(const e911_entry_t *entry, int kind, const str *number,
		const char *detail)
{
	assert_int_equal(kind, E911_EV_CALLBACK);
	snprintf(told, sizeof(told), "%.*s: %s", number->len,
			number->len ? number->s : "", detail);
}

int sr_event_exec(int type, sr_event_param_t *event)
{
	return 1;
}

#define PSAP "192.0.2.10"
#define CALLED "sip:+1-512-555-0100@proxy.example"

/* ----- Kamailio ----- */

unsigned int nr_branches;
int ruri_is_new, route_type;
static qvalue_t branch_q;
static flag_t branch_flags;

void set_ruri_q(qvalue_t q)
{
	branch_q = q;
}

qvalue_t get_ruri_q(void)
{
	return branch_q;
}

int getbflagsval(unsigned int branch, flag_t *res)
{
	*res = branch_flags;
	return 0;
}

int setbflagsval(unsigned int branch, flag_t value)
{
	branch_flags = value;
	return 0;
}

int drop_sip_branch(int index)
{
	assert_in_range(index, 0, nr_branches - 1);
	nr_branches--;
	return 0;
}

static int set(str *text, const str *value)
{
	char *copy = pkg_malloc(value->len + 1);

	if(copy == NULL)
		return -1;
	memcpy(copy, value->s, value->len);
	if(text->s)
		pkg_free(text->s);
	text->s = copy;
	text->len = value->len;
	return 1;
}

int rewrite_uri(sip_msg_t *msg, str *uri)
{
	ruri_mark_new();
	return set(&msg->new_uri, uri);
}

int set_dst_uri(sip_msg_t *const msg, const str *const uri)
{
	return set(&msg->dst_uri, uri) < 0 ? -1 : 0;
}

static str avp; /* the newest */

int add_avp(avp_flags_t flags, avp_name_t name, avp_value_t value)
{
	assert_int_equal(flags, AVP_NAME_STR | AVP_VAL_STR);
	return set(&avp, &value.s);
}

avp_t *search_first_avp(avp_flags_t flags, avp_name_t name, avp_value_t *value,
		struct search_state *state)
{
	static avp_t found = {.flags = AVP_NAME_STR | AVP_VAL_STR};

	value->s = avp;
	return avp.s ? &found : NULL;
}

ip_addr_t *str2ip(str *text)
{
	static ip_addr_t ip;

	return is_z(text, "192.0.2.7") ? &ip : NULL;
}

ip_addr_t *str2ip6(str *text)
{
	return NULL;
}

static struct tcp_connection *connection; /* to port 40000 of 192.0.2.7 */

struct tcp_connection *tcpconn_get(int id, struct ip_addr *ip, int port,
		union sockaddr_union *local, ticks_t timeout)
{
	if(connection == NULL || port != 40000)
		return NULL;
	atomic_inc(&connection->refcnt);
	return connection;
}

int check_self(str *host, unsigned short port, unsigned short proto)
{
	return is_z(host, "proxy.example");
}

/* ----- the module ----- */

static e911_entry_t entry;
static const e911_entry_t *newer; /* call of the same number */
static int has_entry;
static e911_site_t site;
static int counts[E911_STATS];
static int trusted;
static int contacts; /* bits: the device, another one, the answering point */

#define DEVICE 1
#define ANOTHER 2
#define DESK 4

const e911_settings_t *e911_settings(void)
{
	static const e911_settings_t settings;

	return &settings;
}

const e911_site_t *e911_settings_site(uint32_t id)
{
	return &site;
}

int e911_profiles_trust(
		const e911_profiles_t *profiles, const e911_network_t *address)
{
	return trusted;
}

void e911_caller_source(const sip_msg_t *msg, e911_network_t *network)
{
	str s = str_init(PSAP);

	e911_network_read(network, &s);
}

void e911_stats_count(int stat)
{
	counts[stat]++;
}

int e911_ledger_by_number(const str *number, e911_entry_t *out)
{
	if(!has_entry || !is_z(number, "+15125550100"))
		return E911_ERR_NONE;
	*out = newer ? *newer : entry;
	return E911_OK;
}

int e911_ledger_by_call(const str *callid, e911_entry_t *out)
{
	if(!has_entry || !is_z(callid, entry.callid))
		return E911_ERR_NONE;
	*out = entry;
	return E911_OK;
}

static unsigned int walked;

unsigned int e911_ledger_count(void)
{
	return has_entry ? newer ? 2 : 1 : 0;
}

int e911_ledger_next(uint64_t *cursor, e911_entry_t *out)
{
	walked++;
	if(*cursor >= e911_ledger_count())
		return 0;
	*out = *cursor == 0 ? entry : *newer;
	++*cursor;
	return 1;
}

/* half is set before memory ends */
static int aim(sip_msg_t *msg, const char *uri)
{
	str to = {(char *)uri, (int)strlen(uri)}, hop = str_init("sip:192.0.2.7");

	if(rewrite_uri(msg, &to) < 0 || set_dst_uri(msg, &hop) < 0)
		return E911_ERR_MEM;
	msg->otcpid = 77;
	return E911_OK;
}

int e911_registration_aim(sip_msg_t *msg, const str *aor, const str *name)
{
	assert_true(is_z(aor, "alice@example.com"));
	assert_true(is_z(name, "urn:uuid:1"));
	return contacts & DEVICE ? aim(msg, "sip:device@10.0.0.1") : E911_ERR_NONE;
}

int e911_registration_others(const str *aor, const str *name)
{
	return (contacts & ANOTHER) != 0;
}

int e911_registration_aim_all(sip_msg_t *msg, const str *aor)
{
	if(is_z(aor, "desk@example.com"))
		return contacts & DESK ? aim(msg, "sip:desk@10.0.0.9") : E911_ERR_NONE;
	assert_true(is_z(aor, "alice@example.com"));
	if(!(contacts & (DEVICE | ANOTHER)))
		return E911_ERR_NONE;
	nr_branches++;
	return aim(msg, "sip:all@10.0.0.2");
}

/* ----- a request ----- */

static sip_msg_t msg;
static struct to_body to;
static struct hdr_field to_header = {.parsed = &to};

static void request(const char *uri, const char *headers)
{
	char text[1000];

	snprintf(text, sizeof(text), "INVITE %s SIP/2.0\r\n%s\r\n", uri, headers);
	sip_read(&msg, text, strlen(text));
	msg.first_line.type = SIP_REQUEST;
	msg.first_line.u.request.method_value = METHOD_INVITE;
	msg.first_line.u.request.uri = tight_z(uri);
	msg.to = &to_header;
	memset(&to, 0, sizeof(to));
}

static void forget(void)
{
	free(msg.first_line.u.request.uri.s);
	if(msg.new_uri.s)
		pkg_free(msg.new_uri.s);
	if(msg.dst_uri.s)
		pkg_free(msg.dst_uri.s);
	if(avp.s)
		pkg_free(avp.s);
	memset(&avp, 0, sizeof(avp));
	sip_free(&msg);
}

static int up(void **state)
{
	memset(&entry, 0, sizeof(entry));
	memset(&site, 0, sizeof(site));
	memset(counts, 0, sizeof(counts));
	strcpy(entry.callid, "call@1");
	strcpy(entry.aor, "alice@example.com");
	strcpy(entry.device, "urn:uuid:1");
	strcpy(entry.contact, "sip:alice@10.0.0.1:5070;transport=tcp");
	strcpy(entry.source, "sip:192.0.2.7:40000");
	strcpy(entry.callback, "+15125550100");
	entry.proven = 1;
	has_entry = trusted = 1;
	newer = NULL;
	contacts = DEVICE;
	nr_branches = 0;
	route_type = REQUEST_ROUTE;
	ruri_mark_new();
	request(CALLED, "");
	return 0;
}

static int down(void **state)
{
	forget();
	return ksr_blocks() != 0;
}

static void again(const char *uri, const char *headers)
{
	forget();
	request(uri, headers);
}

static const char *uri(void)
{
	static char text[300];

	sprintf(text, "%.*s", msg.new_uri.len, msg.new_uri.s ? msg.new_uri.s : "");
	return text;
}

static const char *hop(void)
{
	static char text[300];

	sprintf(text, "%.*s", msg.dst_uri.len, msg.dst_uri.s ? msg.dst_uri.s : "");
	return text;
}

/* ----- is it one ----- */

static void is_aimed_at_the_device(void **state)
{
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:device@10.0.0.1");
	assert_int_equal(msg.otcpid, 77);
	assert_int_equal(counts[E911_STAT_CALLBACKS], 1);
}

static void reads_the_number_in_any_form(void **state)
{
	static const char *const forms[] = {"tel:+1-512-555-0100",
			"sips:+1(512)555.0100;x=1@h", "sip:%2b15125550100@h",
			"sip:+15125550100:secret@h;user=phone"};
	size_t i;

	for(i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		again(forms[i], "");
		assert_int_equal(e911_callback(&msg), 1);
	}
}

static void leaves_what_is_no_call_back(void **state)
{
	static const char *const others[] = {"sip:+15125550199@h", "sip:proxy",
			"sip:alice@h", "tel:911", "urn:service:sos", ""};
	size_t i;

	for(i = 0; i < sizeof(others) / sizeof(*others); i++) {
		again(others[i], "Priority: psap-callback\r\n");
		assert_int_equal(e911_callback(&msg), 0);
		assert_string_equal(uri(), "");
		assert_null(msg.add_rm);
	}
	assert_int_equal(counts[E911_STAT_CALLBACKS], 0);
	assert_int_equal(counts[E911_STAT_CALLBACKS_LOST], 0);
}

static void leaves_requests_in_a_dialog_and_other_methods(void **state)
{
	to.tag_value.s = "x";
	to.tag_value.len = 1;
	assert_int_equal(e911_callback(&msg), 0);
	to.tag_value.len = 0;
	msg.first_line.u.request.method_value = METHOD_OPTIONS;
	assert_int_equal(e911_callback(&msg), 0);
	msg.first_line.u.request.method_value = METHOD_INVITE;
	assert_int_equal(e911_callback(&msg), 1);
}

static void finds_the_number_that_the_script_has_written(void **state)
{
	str own = str_init("sip:+15125550100@h");

	again("sip:005125550100@h", "");
	assert_int_equal(e911_callback(&msg), 0);
	rewrite_uri(&msg, &own);
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:device@10.0.0.1");
}

static void finds_the_callers_uris(void **state)
{
	static const char *const uris[] = {"sip:Alice@Example.COM;x=1",
			"sips:alice@example.com", "sip:alice@10.0.0.1:5070;transport=udp",
			"sip:alice@example.com;gr=urn:uuid:1", "sip:x@y;gr=URN:UUID:1"};
	static const char *const others[] = {"sip:bob@example.com", "sip:alice@x",
			"sip:alice@10.0.0.1", "sip:alice@example.com;gr=urn:uuid:2",
			"sip:example.com", "sip:", ""};
	size_t i;

	for(i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
		again(uris[i], "");
		assert_int_equal(e911_callback(&msg), 1);
		assert_string_equal(uri(), "sip:device@10.0.0.1");
	}
	for(i = 0; i < sizeof(others) / sizeof(*others); i++) {
		again(others[i], "");
		assert_int_equal(e911_callback(&msg), 0);
	}
}

static void of_calls_by_one_aor_finds_the_newest(void **state)
{
	static e911_entry_t other;
	int i;

	other = entry;
	strcpy(other.callid, "call@2");
	newer = &other;
	for(i = 0; i < 2; i++) {
		entry.started = i ? 9 : 5;
		other.started = 7;
		again("sip:alice@example.com", "");
		assert_int_equal(e911_callback(&msg), 1);
		assert_true(is_z(&avp, i ? "Bcall@1" : "Bcall@2"));
	}
}

static void for_a_number_the_ledger_is_not_walked(void **state)
{
	walked = 0;
	again("sip:+15125550199@example.com", "");
	assert_int_equal(e911_callback(&msg), 0);
	assert_int_equal(walked, 0);
}

/* ----- the marking ----- */

static int has(const char *text)
{
	str out = sip_render(&msg);
	int found = memmem(out.s, out.len, text, strlen(text)) != NULL;

	free(out.s);
	return found;
}

static void takes_markings_of_strangers_out(void **state)
{
	static const char *const markings[] = {"Priority: psap-callback\r\n",
			"PRIORITY:  PSAP-Callback  \r\n", "Priority:\r\n psap-callback\r\n",
			"Priority: urgent\r\nPriority: psap-callback\r\n",
			"Priority: urgent, psap-callback\r\n",
			"Priority: psap-callback;x=1\r\nPriority: psap-callback\r\n"};
	size_t i;

	trusted = 0;
	for(i = 0; i < sizeof(markings) / sizeof(*markings); i++) {
		again(CALLED, markings[i]);
		assert_int_equal(e911_callback(&msg), 0);
		assert_false(has("allback"));
		assert_int_equal(counts[E911_STAT_CALLBACKS_UNTRUSTED], i + 1);
		/* once more: there is nothing to take out any more */
		assert_int_equal(e911_callback(&msg), 0);
		assert_int_equal(counts[E911_STAT_CALLBACKS_UNTRUSTED], i + 1);
	}
	assert_int_equal(counts[E911_STAT_CALLBACKS], 0);
}

static void leaves_other_headers(void **state)
{
	static const char *const headers[] = {"Priority: urgent\r\n",
			"Priority:\r\n", "Priority: psap-callbacks\r\n",
			"Priority: x-psap-callback\r\n", "Subject: psap-callback\r\n",
			"X-Priority: psap-callback\r\n"};
	size_t i;

	trusted = 0;
	for(i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		again(CALLED, headers[i]);
		e911_callback(&msg);
		assert_true(has(headers[i]));
	}
	assert_int_equal(counts[E911_STAT_CALLBACKS_UNTRUSTED], 0);
}

static void takes_it_out_of_any_request(void **state)
{
	trusted = 0;
	again("sip:alice@h", "Priority: psap-callback\r\n");
	msg.first_line.u.request.method_value = METHOD_MESSAGE;
	to.tag_value.len = 1;
	assert_int_equal(e911_callback(&msg), 0);
	assert_false(has("psap-callback"));
}

static void keeps_that_of_a_trusted_source(void **state)
{
	again(CALLED, "Priority: psap-callback\r\n");
	assert_int_equal(e911_callback(&msg), 1);
	assert_true(has("Priority: psap-callback\r\n"));
}

/* ----- the ways ----- */

static void goes_on_to_the_next_way(void **state)
{
	strcpy(site.answering, "sip:desk@example.com");
	contacts = DEVICE | ANOTHER | DESK;
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(told, "+15125550100: the device");
	route_type = FAILURE_ROUTE;
	ruri_mark_consumed();
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:all@10.0.0.2");
	assert_int_equal(nr_branches, 1);
	/* not where it came from: that is the device, too */
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:desk@10.0.0.9");
	assert_true(ruri_get_forking_state());
	ruri_mark_consumed();
	assert_string_equal(told, "+15125550100: the answering point");
	assert_int_equal(e911_callback(&msg), 0);
	assert_string_equal(told, "+15125550100: no way is left");
	assert_string_equal(uri(), "sip:desk@10.0.0.9");
	assert_false(ruri_get_forking_state());
	assert_int_equal(counts[E911_STAT_CALLBACKS], 1);
	assert_int_equal(counts[E911_STAT_CALLBACKS_LOST], 1);
}

static void does_not_try_the_device_twice(void **state)
{
	assert_int_equal(e911_callback(&msg), 1);
	assert_int_equal(e911_callback(&msg), 0);
	assert_int_equal(counts[E911_STAT_CALLBACKS_LOST], 1);
}

static void stays_with_the_call_it_found(void **state)
{
	static e911_entry_t other;

	contacts = DEVICE | ANOTHER;
	assert_int_equal(e911_callback(&msg), 1);
	strcpy(other.callid, "call@2");
	strcpy(other.contact, "sip:bob@10.0.0.3");
	strcpy(other.source, "sip:10.0.0.3");
	newer = &other;
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:all@10.0.0.2");
	/* its time is over */
	has_entry = 0;
	assert_int_equal(e911_callback(&msg), 0);
	assert_string_equal(uri(), "sip:all@10.0.0.2");
}

static void drops_branches_of_the_script(void **state)
{
	nr_branches = 3;
	assert_int_equal(e911_callback(&msg), 1);
	assert_int_equal(nr_branches, 0);
	contacts = ANOTHER;
	again(CALLED, "");
	nr_branches = 3;
	assert_int_equal(e911_callback(&msg), 1);
	assert_int_equal(nr_branches, 1);
}

static void who_is_not_registered_has_his_contact(void **state)
{
	contacts = 0;
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), entry.contact);
	assert_string_equal(hop(), "sip:192.0.2.7:40000");
}

/* else whoever dials 911 in another's name would have that one's calls */
static void who_is_not_proven_only_by_a_marked_call(void **state)
{
	contacts = 0;
	entry.proven = 0;
	assert_int_equal(e911_callback(&msg), 0);
	again(CALLED, "Priority: psap-callback\r\n");
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), entry.contact);
	/* nor is a desk led to by it, but for who is registered */
	strcpy(site.answering, "sip:desk@example.net");
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 0);
	again(CALLED, "Priority: psap-callback\r\n");
	assert_int_equal(e911_callback(&msg), 1);
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), site.answering);
	contacts = ANOTHER;
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 1);
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), site.answering);
	site.answering[0] = '\0';
	contacts = 0;
	/* nor his name's */
	again("sip:alice@example.com", "");
	assert_int_equal(e911_callback(&msg), 0);
	again("sip:alice@example.com", "Priority: psap-callback\r\n");
	assert_int_equal(e911_callback(&msg), 1);
	/* the very contact is who called */
	again("sip:alice@10.0.0.1:5070", "");
	assert_int_equal(e911_callback(&msg), 1);
	/* an ELIN is nobody's but the call's */
	strcpy(entry.elin, "+15125550100");
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 1);
}

static void of_a_connection_only_while_it_is_up(void **state)
{
	struct tcp_connection up = {0};

	contacts = 0;
	strcpy(entry.source, "sip:192.0.2.7:40000;transport=tcp");
	connection = &up;
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(hop(), entry.source);
	assert_int_equal(atomic_get(&up.refcnt), 0);
	connection = NULL;
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), entry.contact);
	assert_string_equal(hop(), "");
	/* nobody can connect to a browser */
	strcpy(entry.source, "sip:192.0.2.7:40000;transport=ws");
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 0);
}

static void a_pbx_gets_a_number(void **state)
{
	contacts = 0;
	entry.trunk = 1;
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:+15125550100@10.0.0.1:5070;transport=tcp");
	assert_string_equal(hop(), entry.source);
}

static void a_pbx_gets_no_elin(void **state)
{
	contacts = 0;
	entry.trunk = 1;
	strcpy(entry.elin, "5125550100");
	strcpy(entry.callback, "+15125550177");
	strcpy(entry.contact, "");
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), "sip:+15125550177@192.0.2.7:40000");
}

static void the_answering_point_may_be_elsewhere(void **state)
{
	contacts = 0;
	entry.source[0] = '\0';
	strcpy(site.answering, "sip:desk@elsewhere.example;transport=tls");
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), site.answering);
	/* ours, but not registered */
	strcpy(site.answering, "sip:desk@example.com");
	again(CALLED, "");
	assert_int_equal(e911_callback(&msg), 1);
	assert_string_equal(uri(), site.answering);
}

static void what_cannot_be_read_is_no_way(void **state)
{
	contacts = 0;
	strcpy(entry.contact, "nonsense");
	strcpy(entry.source, "sip:");
	strcpy(site.answering, "sip:[");
	assert_int_equal(e911_callback(&msg), 0);
	assert_int_equal(counts[E911_STAT_CALLBACKS_LOST], 1);
}

/* ----- memory ----- */

static int call(void *arg)
{
	int aimed = e911_callback(&msg);
	int half = (msg.new_uri.s == NULL) != (msg.otcpid == 0);

	assert_false(half);
	assert_true(aimed || msg.new_uri.s == NULL);
	forget();
	request(CALLED, "");
	return aimed ? 0 : E911_ERR_MEM;
}

static void without_memory_changes_all_or_nothing(void **state)
{
	contacts = DEVICE | ANOTHER;
	entry.source[0] = '\0';
	ksr_sweep(call, NULL, E911_ERR_MEM);
}

static void a_way_that_cannot_be_noted_is_not_taken_again(void **state)
{
	/* the first one is: the URI, the hop, and no note */
	ksr_allow(2);
	assert_int_equal(e911_callback(&msg), 1);
	assert_null(avp.s);
	route_type = FAILURE_ROUTE;
	ruri_mark_consumed();
	msg.otcpid = 5;
	branch_flags = 8;
	ksr_allow(2);
	assert_int_equal(e911_callback(&msg), 0);
	ksr_allow(-1);
	assert_string_equal(uri(), "sip:device@10.0.0.1");
	assert_false(ruri_get_forking_state());
	assert_int_equal(msg.otcpid, 5);
	assert_int_equal(branch_flags, 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(is_aimed_at_the_device),
			TEST(reads_the_number_in_any_form),
			TEST(leaves_what_is_no_call_back),
			TEST(leaves_requests_in_a_dialog_and_other_methods),
			TEST(finds_the_number_that_the_script_has_written),
			TEST(finds_the_callers_uris),
			TEST(of_calls_by_one_aor_finds_the_newest),
			TEST(for_a_number_the_ledger_is_not_walked),
			TEST(takes_markings_of_strangers_out),
			TEST(leaves_other_headers),
			TEST(takes_it_out_of_any_request),
			TEST(keeps_that_of_a_trusted_source),
			TEST(goes_on_to_the_next_way),
			TEST(does_not_try_the_device_twice),
			TEST(stays_with_the_call_it_found),
			TEST(drops_branches_of_the_script),
			TEST(who_is_not_registered_has_his_contact),
			TEST(who_is_not_proven_only_by_a_marked_call),
			TEST(of_a_connection_only_while_it_is_up),
			TEST(a_pbx_gets_a_number),
			TEST(a_pbx_gets_no_elin),
			TEST(the_answering_point_may_be_elsewhere),
			TEST(what_cannot_be_read_is_no_way),
			TEST(without_memory_changes_all_or_nothing),
			TEST(a_way_that_cannot_be_noted_is_not_taken_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
