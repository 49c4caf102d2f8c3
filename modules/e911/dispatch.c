/*
 * e911: the dispatcher's destinations
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <string.h>
#include "../../core/rpc.h"
#include "../../core/rpc_lookup.h"
#include "dispatch.h"
#include "row.h"
#include "err.h"

#define ALL (-1)

/* What the command writes is a stream of named values: a set's ID, then for
 * each destination its URI first. A destination is whole when the next one, or
 * the next set, begins. */
typedef struct sink
{
	int set; /* wanted; ALL */
	int id;	 /* of the set at hand */
	int here;
	int found;
	int over; /* no more of it is wanted */
	int pending;
	e911_destination_t d;
	e911_destination_f take;
	void *arg;
} sink_t;

static rpc_function_t list_command;

static void flush(sink_t *sink)
{
	if(sink->pending)
		sink->take(&sink->d, sink->arg);
	sink->pending = 0;
}

static void begin(sink_t *sink, const str *uri)
{
	flush(sink);
	memset(&sink->d, 0, sizeof(sink->d));
	sink->d.uri = *uri;
	sink->d.set = sink->id;
	sink->pending = sink->here;
}

static void take_str(sink_t *sink, const char *name, const str *value)
{
	if(strcmp(name, "URI") == 0)
		begin(sink, value);
	else if(strcmp(name, "BODY") == 0)
		sink->d.attrs = *value;
	else if(strcmp(name, "OBPROXY") == 0)
		sink->d.outbound = *value;
	else if(strcmp(name, "SOCKET") == 0
			|| (strcmp(name, "SOCKNAME") == 0 && value->len > 0))
		sink->d.socket = *value;
}

static void take_flags(sink_t *sink, const char *flags)
{
	if(flags[0] == 'I')
		sink->d.health = E911_INACTIVE;
	else if(flags[0] == 'D')
		sink->d.health = E911_DISABLED;
	sink->d.probed = flags[0] && flags[1] == 'P';
}

static void take_text(sink_t *sink, const char *name, const char *value)
{
	str s = {(char *)value, (int)strlen(value)};

	if(strcmp(name, "FLAGS") == 0)
		take_flags(sink, value);
	else
		take_str(sink, name, &s);
}

static void take_int(sink_t *sink, const char *name, int value)
{
	if(strcmp(name, "ID") == 0) {
		flush(sink);
		sink->over = sink->found && sink->set != ALL;
		sink->id = value;
		sink->here = sink->set == ALL || value == sink->set;
		sink->found |= sink->here;
	} else if(strcmp(name, "PRIORITY") == 0) {
		sink->d.priority = value;
	}
}

/* ----- the reply side of an RPC, as dispatcher.list uses it ----- */

static void on_fault(void *ctx, int code, char *fmt, ...)
{
}

static int on_scan(void *ctx, char *fmt, ...)
{
	return 0; /* no arguments */
}

static int on_add(void *ctx, char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for(; *fmt; fmt++)
		if(*fmt == '{' || *fmt == '[')
			*va_arg(ap, void **) = ctx;
	va_end(ap);
	return 0;
}

static int on_struct_add(void *ctx, char *fmt, ...)
{
	sink_t *sink = ctx;
	const char *name;
	va_list ap;

	/* there may be thousands of destinations of others: only what asks for
	 * something is looked at, a set among them */
	if(!sink->here && *fmt != '{' && strpbrk(fmt, "{[") == NULL)
		return 0;
	va_start(ap, fmt);
	for(; *fmt; fmt++) {
		name = va_arg(ap, const char *);
		switch(*fmt) {
			case '{':
			case '[':
				*va_arg(ap, void **) = ctx;
				break;
			case 'S':
				take_str(sink, name, va_arg(ap, str *));
				break;
			case 's':
				take_text(sink, name, va_arg(ap, char *));
				break;
			case 'f':
				(void)va_arg(ap, double);
				break;
			case 'l':
			case 'j':
				(void)va_arg(ap, unsigned long);
				break;
			case 'L':
			case 'J':
				(void)va_arg(ap, unsigned long long);
				break;
			default:
				take_int(sink, name, va_arg(ap, int));
		}
	}
	va_end(ap);
	return sink->over ? -1 : 0;
}

static int on_array_add(void *ctx, char *fmt, ...)
{
	return 0;
}

static int on_send(void *ctx)
{
	return 0;
}

static int on_printf(void *ctx, char *fmt, ...)
{
	return 0;
}

static rpc_t reply = {.fault = on_fault,
		.send = on_send,
		.add = on_add,
		.scan = on_scan,
		.rpl_printf = on_printf,
		.struct_add = on_struct_add,
		.array_add = on_array_add};

int e911_dispatch_init(void)
{
	const rpc_export_t *command;

	command = rpc_lookup("dispatcher.list", 15);
	if(command == NULL)
		return E911_ERR_NONE;
	list_command = command->function;
	return E911_OK;
}

int e911_dispatch_each(int set, e911_destination_f take, void *arg)
{
	sink_t sink = {.set = set, .take = take, .arg = arg};

	list_command(&reply, &sink);
	flush(&sink);
	return sink.found ? E911_OK : E911_ERR_NONE;
}

void e911_dispatch_all(e911_destination_f take, void *arg)
{
	e911_dispatch_each(ALL, take, arg);
}

int e911_dispatch_attr(const str *attrs, const char *key, str *value)
{
	str rest = *attrs, k, v;

	while(e911_row_next(&rest, &k, &v) == 1) {
		if(strlen(key) == (size_t)k.len && memcmp(k.s, key, k.len) == 0) {
			*value = v;
			return E911_OK;
		}
	}
	return E911_ERR_NONE;
}
