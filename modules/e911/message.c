/*
 * e911: MESSAGE requests of our own
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../tm/tm_load.h"
#include "message.h"
#include "strbuf.h"
#include "err.h"

#define LIT E911_STRBUF_LIT

static tm_api_t tm;
static e911_message_f tell;

int e911_message_init(e911_message_f answered)
{
	tell = answered;
	return tm_load_api(&tm) < 0 ? E911_ERR_NONE : E911_OK;
}

static void on_answer(tm_cell_t *t, int type, struct tmcb_params *ps)
{
	tell((uint64_t)(uintptr_t)*ps->param, ps->code);
}

static str text_of(const char *z)
{
	str s = {(char *)z, (int)strlen(z)};

	return s;
}

static int put_headers(e911_strbuf_t *b, const e911_message_t *m)
{
	LIT(b, "Content-Type: text/plain;charset=UTF-8\r\nX-E911-Notice: ");
	e911_strbuf_put_str(b, &m->id);
	LIT(b, "\r\n");
	if(m->urgent)
		LIT(b, "Priority: urgent\r\n");
	return b->err;
}

/* not in the midst of a character */
static void cut(str *text)
{
	if(text->len <= E911_MESSAGE_TEXT_MAX)
		return;
	text->len = E911_MESSAGE_TEXT_MAX;
	while(text->len && (text->s[text->len] & 0xc0) == 0x80)
		text->len--;
}

int e911_message_send(const e911_message_t *message, uint64_t number)
{
	str method = str_init("MESSAGE");
	str to = text_of(message->to), from = text_of(message->from);
	str hop = text_of(message->outbound), body = message->text, headers;
	char mem[256];
	uac_req_t request;
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem));
	if(put_headers(&b, message))
		return E911_ERR_SPACE;
	headers.s = b.s;
	headers.len = (int)b.len;
	cut(&body);
	set_uac_req(&request, &method, &headers, &body, NULL, TMCB_LOCAL_COMPLETED,
			on_answer, (void *)(uintptr_t)number);
	return tm.t_request(&request, &to, &to, &from, hop.len ? &hop : NULL) < 0
				   ? E911_ERR_DOWN
				   : E911_OK;
}
