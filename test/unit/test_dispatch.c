/*
 * The dispatcher's dispatcher.list, as its releases write it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row err
 */
#include "../../modules/e911/dispatch.c"
#include "ksr_stub.h"
#include "tight.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

typedef struct target
{
	int set;
	const char *uri, *flags;
	int priority;
	const char *attrs; /* NULL: none at all */
	const char *socket;
} target_t;

static const target_t targets[] = {
		{2, "sip:c:5060", "AP", 0, "", ""},
		{1, "sip:a:5060", "AX", 10, "profile=value;large=tcp", "udp:1.2.3.4:5"},
		{1, "sip:b:5060", "IP", 5, "weight=50;ID=7", ""},
		{1, "sip:d:5060", "DX", 0, NULL, NULL},
		{1, "sip:e:5060", "TP", -1, "a=b", ""},
};

/* what the list shows besides, and whether it exists */
static int empty, newer, latency, runtime, full;
static int printed; /* destinations of the last list */

static str s_of(const char *z)
{
	str s = {(char *)z, z ? (int)strlen(z) : 0};

	return s;
}

static void print_attrs(const target_t *t, rpc_t *rpc, void *dest)
{
	str body = s_of(t->attrs), none = {NULL, 0}, socket = s_of(t->socket);
	void *h;

	if(t->attrs == NULL)
		return;
	rpc->struct_add(dest, "{", "ATTRS", &h);
	if(newer)
		rpc->struct_add(h, "SSdddSSSSj", "BODY", &body, "DUID", &none,
				"MAXLOAD", 99, "WEIGHT", 98, "RWEIGHT", 97, "SOCKET",
				socket.len ? &socket : &none, "SOCKNAME", &none, "OBPROXY",
				&none, "OCMIN", &none, "ID", 1UL);
	else
		rpc->struct_add(h, "SSdddSSS", "BODY", &body, "DUID", &none, "MAXLOAD",
				99, "WEIGHT", 98, "RWEIGHT", 97, "SOCKET",
				socket.len ? &socket : &none, "SOCKNAME", &none, "OBPROXY",
				&none);
}

static void print_target(const target_t *t, int index, rpc_t *rpc, void *list)
{
	str uri = s_of(t->uri), host = s_of("x");
	void *dest, *h;

	printed++;
	rpc->struct_add(list, "{", "DEST", &dest);
	if(newer)
		rpc->struct_add(dest, "dSSsd", "IDX", index, "URI", &uri, "HOSTNAME",
				&host, "FLAGS", t->flags, "PRIORITY", t->priority);
	else
		rpc->struct_add(dest, "Ssd", "URI", &uri, "FLAGS", t->flags, "PRIORITY",
				t->priority);
	if(full)
		rpc->struct_add(dest, "SsddjjlLJtub", "HOST", &host, "IPADDR",
				"1.2.3.4", "PORT", 5060, "PROTOID", 1, "DNSTIME_SEC", 1UL,
				"DNSTIME_USEC", 2UL, "l", 3L, "L", 4LL, "J", 5ULL, "t", 6, "u",
				7u, "b", 1);
	print_attrs(t, rpc, dest);
	if(latency) {
		rpc->struct_add(dest, "{", "LATENCY", &h);
		rpc->struct_add(h, "fffdd", "AVG", 1.5, "STD", 2.5, "EST", 3.5, "MAX",
				4, "TIMEOUT", 5);
	}
	if(runtime) {
		rpc->struct_add(dest, "{", "RUNTIME", &h);
		rpc->struct_add(h, "d", "DLGLOAD", 6);
	}
}

static void list(rpc_t *rpc, void *ctx)
{
	void *top, *records, *set, *list = NULL;
	str mode;
	size_t i;

	printed = 0;
	assert_int_equal(rpc->scan(ctx, "*S", &mode), 0);
	if(empty) {
		rpc->fault(ctx, 500, "No Destination Sets");
		return;
	}
	assert_int_equal(rpc->add(ctx, "{", &top), 0);
	assert_int_equal(
			rpc->struct_add(top, "d[", "NRSETS", 2, "RECORDS", &records), 0);
	for(i = 0; i < COUNT(targets); i++) {
		if(i == 0 || targets[i].set != targets[i - 1].set) {
			rpc->struct_add(records, "{", "SET", &set);
			if(rpc->struct_add(
					   set, "d[", "ID", targets[i].set, "TARGETS", &list)
					< 0) {
				rpc->fault(ctx, 500, "Internal error creating set id");
				return;
			}
		}
		print_target(&targets[i], (int)i, rpc, list);
	}
}

static rpc_export_t exported = {"dispatcher.list", list, NULL, 0};
static int missing;

rpc_export_t *rpc_lookup(const char *name, int len)
{
	assert_int_equal(len, strlen("dispatcher.list"));
	assert_memory_equal(name, "dispatcher.list", len);
	return missing ? NULL : &exported;
}

static void take(const e911_destination_t *d, void *arg)
{
	char *out = arg;

	sprintf(out + strlen(out), "%.*s/%d/%d/%.*s/%.*s ", d->uri.len, d->uri.s,
			d->health, d->priority, d->attrs.len, d->attrs.s, d->socket.len,
			d->socket.s);
}

static const char all[] =
		"sip:a:5060/0/10/profile=value;large=tcp/udp:1.2.3.4:5 "
		"sip:b:5060/1/5/weight=50;ID=7/ sip:d:5060/2/0// "
		"sip:e:5060/0/-1/a=b/ ";

static void check(int set, int err, const char *want)
{
	char out[600] = "";

	assert_int_equal(e911_dispatch_each(set, take, out), err);
	assert_string_equal(out, want);
}

static void takes_one_set_whole_from_every_form_of_the_list(void **state)
{
	int form;

	(void)state;
	assert_int_equal(e911_dispatch_init(), 0);
	for(form = 0; form < 16; form++) {
		newer = form & 1;
		latency = form & 2;
		runtime = form & 4;
		full = form & 8;
		check(1, 0, all);
		check(2, 0, "sip:c:5060/0/0// ");
		check(3, E911_ERR_NONE, "");
		check(7, E911_ERR_NONE, "");
	}
	newer = latency = runtime = full = 0;
}

/* a call must not wait for thousands of destinations that are none of its */
static void asks_for_no_more_than_its_set(void **state)
{
	(void)state;
	assert_int_equal(e911_dispatch_init(), 0);
	check(2, 0, "sip:c:5060/0/0// ");
	assert_int_equal(printed, 1);
	check(1, 0, all);
	assert_int_equal(printed, 5);
	check(3, E911_ERR_NONE, "");
	assert_int_equal(printed, 5);
}

static void gives_all_sets_in_one_go(void **state)
{
	char out[600] = "";

	(void)state;
	assert_int_equal(e911_dispatch_init(), 0);
	e911_dispatch_all(take, out);
	assert_int_equal(printed, 5);
	assert_int_equal(strncmp(out, "sip:c:5060/0/0// sip:a", 22), 0);
	assert_non_null(strstr(out, all));
}

static void without_sets_or_command_there_is_nothing(void **state)
{
	(void)state;
	empty = 1;
	check(1, E911_ERR_NONE, "");
	empty = 0;
	missing = 1;
	assert_int_equal(e911_dispatch_init(), E911_ERR_NONE);
	missing = 0;
}

static int all_of_one(void *arg)
{
	char out[600] = "";
	int err = e911_dispatch_each(1, take, out);

	(void)arg;
	if(!err)
		assert_string_equal(out, all);
	return err;
}

static void needs_no_memory(void **state)
{
	(void)state;
	ksr_allow(0);
	assert_int_equal(all_of_one(NULL), 0);
	assert_int_equal(ksr_refused(), 0);
	ksr_allow(-1);
	ksr_sweep(all_of_one, NULL, 0);
}

static void finds_an_attribute(void **state)
{
	static const struct
	{
		const char *attrs, *key, *want;
	} rows[] = {
			{"a=b;c=d", "a", "b"},
			{"a=b;c=d", "c", "d"},
			{"a=b; c = \"d;e\" ", "c", "d;e"},
			{"a=b;a=c", "a", "b"},
			{"a", "a", ""},
			{"a=b", "A", NULL},
			{"ab=c", "a", NULL},
			{"", "a", NULL},
			/* what stands before a fault is there */
			{"a=b;=c;d=e", "a", "b"},
			{"a=b;=c;d=e", "d", NULL},
	};
	str attrs, value;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		attrs = tight_z(rows[i].attrs);
		value.s = NULL;
		assert_int_equal(e911_dispatch_attr(&attrs, rows[i].key, &value),
				rows[i].want ? 0 : E911_ERR_NONE);
		if(rows[i].want)
			assert_true(is_z(&value, rows[i].want));
		free(attrs.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(takes_one_set_whole_from_every_form_of_the_list),
			cmocka_unit_test(asks_for_no_more_than_its_set),
			cmocka_unit_test(gives_all_sets_in_one_go),
			cmocka_unit_test(without_sets_or_command_there_is_nothing),
			cmocka_unit_test(needs_no_memory),
			cmocka_unit_test(finds_an_attribute),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
