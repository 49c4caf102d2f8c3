/*
 * e911: the connection that an HTTP request came by
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/forward.h"
#include "../../core/mem/mem.h"
#include "../../core/tcp_conn.h"
#include "../../core/tcp_info.h"
#include "../../core/tcp_options.h"
#include "../../core/tcp_server.h"
#include "connection.h"
#include "err.h"

#define KERNEL 40000 /* bytes that the kernel keeps of a new connection */

size_t e911_connection_room(void)
{
	return KERNEL + cfg_get(tcp, tcp_cfg, tcpconn_wq_max);
}

/* a call over TCP may need what there is, and a new connection always does */
int e911_connection_all_full(void)
{
	struct tcp_gen_info all;

	tcp_get_info(&all);
	return (unsigned int)all.tcp_write_queued
		   > cfg_get(tcp, tcp_cfg, tcp_wq_max) / 4;
}

static int is_there(const struct receive_info *rcv)
{
	struct tcp_connection *c =
			tcpconn_get(rcv->proto_reserved1, NULL, 0, NULL, 0);

	if(c)
		tcpconn_put(c);
	return c != NULL;
}

int e911_connection_send(const struct receive_info *from, const str *answer)
{
	struct receive_info rcv = *from;
	struct dest_info to;

	/* asked first: the core would log that it is not */
	if(!is_there(&rcv))
		return E911_ERR_DOWN;
	init_dst_from_rcv(&to, &rcv);
	/* without one it is found by its id alone: by its address it could be
	 * another's, who has got the port since */
	su_setport(&to.to, 0);
	to.send_flags.f |= SND_F_FORCE_CON_REUSE;
	return tcp_send(&to, NULL, answer->s, (unsigned int)answer->len) < 0
				   ? E911_ERR_DOWN
				   : E911_OK;
}

int e911_connection_answer(const struct receive_info *from,
		const e911_reply_t *reply, const str *body)
{
	size_t max = E911_REPLY_HEAD_MAX + (size_t)body->len;
	char *mem = pkg_malloc(max);
	e911_strbuf_t b;
	str answer;
	int err;

	if(mem == NULL)
		return E911_ERR_MEM;
	e911_strbuf_init(&b, mem, max);
	e911_reply_write(reply, body, &b);
	answer = (str){b.s, (int)b.len};
	err = b.err ? b.err : e911_connection_send(from, &answer);
	pkg_free(mem);
	return err;
}

/* but for the empty lines that some send behind a body, RFC 9112 section 2.2;
 * of the first byte the reader has made a NUL */
static int is_more(const char *p, const char *end)
{
	for(p++; p < end && (*p == '\r' || *p == '\n'); p++)
		;
	return p < end;
}

int e911_connection_has_more(const sip_msg_t *msg)
{
	struct tcp_connection *c =
			tcpconn_get(msg->rcv.proto_reserved1, NULL, 0, NULL, 0);
	int more;

	if(c == NULL)
		return 0;
	more = is_more(c->req.parsed, c->req.pos);
	tcpconn_put(c);
	return more;
}

/* The reader looks at both once the request is handled: what it has in its
 * buffer would be the next request else. */
void e911_connection_end(const sip_msg_t *msg)
{
	struct tcp_connection *c =
			tcpconn_get(msg->rcv.proto_reserved1, NULL, 0, NULL, 0);

	if(c == NULL)
		return;
	c->req.pos = c->req.parsed;
	c->state = S_CONN_EOF;
	tcpconn_put(c);
}
