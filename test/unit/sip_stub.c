/*
 * A SIP message without Kamailio's parser.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "../../core/data_lump.c"
#include "sip_stub.h"

int ser_error;

static void must(int ok)
{
	if(!ok)
		abort();
}

/* ----- reading ----- */

/* behind the line end that is not followed by a blank; end if there is none */
static char *line_behind(char *p, char *end)
{
	do {
		p = memchr(p, '\n', end - p);
		if(p == NULL)
			return end;
		p++;
	} while(p < end && (*p == ' ' || *p == '\t'));
	return p;
}

static int is_name(const str *name, const char *full, const char *compact)
{
	return ((size_t)name->len == strlen(full)
				   && strncasecmp(name->s, full, name->len) == 0)
		   || (name->len == 1 && strncasecmp(name->s, compact, 1) == 0);
}

static int read_length(struct hdr_field *h)
{
	long n = 0;
	int i;

	for(i = 0; i < h->body.len; i++) {
		if(h->body.s[i] < '0' || h->body.s[i] > '9' || n > 99999999)
			return -1;
		n = n * 10 + h->body.s[i] - '0';
	}
	h->parsed = (void *)n;
	return h->body.len ? 0 : -1;
}

static int read_header(sip_msg_t *msg, struct hdr_field *h, char *p, char *end)
{
	char *behind = line_behind(p, end), *colon = memchr(p, ':', behind - p);

	if(colon == NULL || colon == p || behind[-1] != '\n')
		return -1;
	h->type = HDR_OTHER_T;
	h->name.s = p;
	h->name.len = (int)(colon - p);
	h->body.s = colon + 1;
	h->body.len = (int)(behind - h->body.s);
	h->len = (int)(behind - p);
	for(; h->body.len && strchr(" \t\r\n", *h->body.s); h->body.len--)
		h->body.s++;
	while(h->body.len && strchr(" \t\r\n", h->body.s[h->body.len - 1]))
		h->body.len--;
	if(is_name(&h->name, "Content-Type", "c")) {
		h->type = HDR_CONTENTTYPE_T;
		if(msg->content_type == NULL)
			msg->content_type = h;
	} else if(is_name(&h->name, "Content-Length", "l")) {
		h->type = HDR_CONTENTLENGTH_T;
		if(msg->content_length)
			return -1;
		msg->content_length = h;
		return read_length(h);
	}
	return 0;
}

static int read_headers(sip_msg_t *msg)
{
	char *end = msg->buf + msg->len;
	char *p = line_behind(msg->buf, end);
	struct hdr_field *h, **last = &msg->headers;

	for(; p < end; p += h->len) {
		if(*p == '\r' || *p == '\n') {
			msg->eoh = msg->unparsed = p;
			return 0;
		}
		h = calloc(1, sizeof(*h));
		must(h != NULL);
		*last = h;
		last = &h->next;
		if(read_header(msg, h, p, end))
			return -1;
	}
	return -1;
}

int sip_read(sip_msg_t *msg, const char *text, size_t len)
{
	memset(msg, 0, sizeof(*msg));
	msg->buf = malloc(len);
	must(msg->buf != NULL);
	memcpy(msg->buf, text, len);
	msg->len = len;
	return len ? read_headers(msg) : -1;
}

void sip_free(sip_msg_t *msg)
{
	struct hdr_field *h;

	while((h = msg->headers)) {
		msg->headers = h->next;
		free(h);
	}
	free_lump_list(msg->add_rm);
	free_lump_list(msg->body_lumps);
	free(msg->buf);
}

int parse_headers(sip_msg_t *const msg, const hdr_flags_t flags, const int next)
{
	(void)flags;
	(void)next;
	return msg->eoh ? 0 : -1;
}

char *get_body(sip_msg_t *const msg)
{
	char *p = msg->unparsed, *end = msg->buf + msg->len;

	if(p == NULL)
		return NULL;
	if(end - p >= 2 && memcmp(p, "\r\n", 2) == 0)
		return p + 2;
	return p < end && (*p == '\r' || *p == '\n') ? p + 1 : NULL;
}

/* ----- writing ----- */

static void fix_overlaps(struct lump *l)
{
	int done = 0, gap;

	for(; l; l = l->next) {
		if(l->op != LUMP_DEL && l->op != LUMP_NOP)
			continue;
		gap = done - l->u.offset;
		if(gap > 0) {
			l->u.offset = done;
			if(l->op == LUMP_DEL)
				l->len = l->len > gap ? l->len - gap : 0;
		}
		done = l->u.offset + (l->op == LUMP_DEL ? l->len : 0);
	}
}

static size_t texts_len(const struct lump *l)
{
	const struct lump *r;
	size_t n = 0;

	for(; l; l = l->next) {
		for(r = l->before; r; r = r->before)
			n += r->len;
		n += l->op == LUMP_ADD ? l->len : 0;
		for(r = l->after; r; r = r->after)
			n += r->len;
	}
	return n;
}

static void put(str *out, const char *s, int len)
{
	memcpy(out->s + out->len, s, len);
	out->len += len;
}

static void put_lumps(
		const sip_msg_t *msg, const struct lump *l, str *out, int *from)
{
	const struct lump *r;

	for(; l; l = l->next) {
		if(l->op != LUMP_ADD) {
			must(l->u.offset >= *from
					&& l->u.offset + (l->op == LUMP_DEL ? l->len : 0)
							   <= (int)msg->len);
			put(out, msg->buf + *from, l->u.offset - *from);
			*from = l->u.offset;
		}
		for(r = l->before; r; r = r->before)
			put(out, r->u.value, r->len);
		if(l->op == LUMP_ADD)
			put(out, l->u.value, l->len);
		if(l->op == LUMP_DEL)
			*from += l->len;
		for(r = l->after; r; r = r->after)
			put(out, r->u.value, r->len);
	}
}

/* the number of a new Content-Length, as adjust_clen() puts it in */
static void link_length(sip_msg_t *msg, struct lump *del, struct lump *add)
{
	struct lump **p = &msg->add_rm;

	del->op = LUMP_DEL;
	del->u.offset = (int)(msg->content_length->body.s - msg->buf);
	del->len = msg->content_length->body.len;
	del->after = add;
	add->op = LUMP_ADD;
	while(*p
			&& !(((*p)->op == LUMP_DEL || (*p)->op == LUMP_NOP)
					&& (*p)->u.offset > del->u.offset))
		p = &(*p)->next;
	del->next = *p;
	*p = del;
}

static void unlink_length(sip_msg_t *msg, const struct lump *del)
{
	struct lump **p = &msg->add_rm;

	while(*p != del)
		p = &(*p)->next;
	*p = del->next;
}

static str render(sip_msg_t *msg, int body_only)
{
	int from = body_only ? (int)(get_body(msg) - msg->buf) : 0;
	str out = {NULL, 0};

	fix_overlaps(msg->add_rm);
	fix_overlaps(msg->body_lumps);
	out.s = malloc(
			msg->len + texts_len(msg->add_rm) + texts_len(msg->body_lumps) + 1);
	must(out.s != NULL);
	if(!body_only)
		put_lumps(msg, msg->add_rm, &out, &from);
	put_lumps(msg, msg->body_lumps, &out, &from);
	put(&out, msg->buf + from, (int)msg->len - from);
	out.s[out.len] = '\0';
	return out;
}

str sip_render(sip_msg_t *msg)
{
	struct lump del = {0}, add = {0};
	char number[16];
	str body, out;

	if(msg->eoh == NULL || msg->content_length == NULL || get_body(msg) == NULL)
		return render(msg, 0);
	body = render(msg, 1);
	free(body.s);
	if(body.len == msg->buf + msg->len - get_body(msg))
		return render(msg, 0);
	add.u.value = number;
	add.len = snprintf(number, sizeof(number), "%d", body.len);
	link_length(msg, &del, &add);
	out = render(msg, 0);
	unlink_length(msg, &del);
	return out;
}

void sip_branch_begin(sip_msg_t *msg, sip_branch_t *branch)
{
	branch->add_rm = msg->add_rm;
	branch->body_lumps = msg->body_lumps;
	if(msg->add_rm)
		msg->add_rm = dup_lump_list(msg->add_rm);
	if(msg->body_lumps)
		msg->body_lumps = dup_lump_list(msg->body_lumps);
}

void sip_branch_end(sip_msg_t *msg, sip_branch_t *branch)
{
	free_duped_lump_list(msg->add_rm);
	free_duped_lump_list(msg->body_lumps);
	msg->add_rm = branch->add_rm;
	msg->body_lumps = branch->body_lumps;
}

/* ----- editors ----- */

static char *copy(const char *text)
{
	char *p = pkg_malloc(strlen(text));

	must(p != NULL);
	memcpy(p, text, strlen(text));
	return p;
}

static void put_after(struct lump *l, const char *text)
{
	must(insert_new_lump_after(l, copy(text), (int)strlen(text), 0) != NULL);
}

static struct lump *delete_at(sip_msg_t *msg, const char *p, int len)
{
	struct lump *l = del_lump(msg, (int)(p - msg->buf), len, 0);

	must(l != NULL);
	return l;
}

static struct lump *anchor_at(sip_msg_t *msg, const char *p)
{
	struct lump *l = anchor_lump(msg, (int)(p - msg->buf), 0, 0);

	must(l != NULL);
	return l;
}

static void set_text(
		sip_msg_t *msg, const char *body, const char *type, int len)
{
	struct lump *anchor;
	char line[64];

	free_lump_list(msg->body_lumps);
	msg->body_lumps = NULL;
	if(len)
		delete_at(msg, get_body(msg), len);
	anchor = anchor_at(msg, msg->unparsed);
	if(msg->content_length == NULL) {
		snprintf(line, sizeof(line), "Content-Length: %zu\r\n", strlen(body));
		put_after(anchor, line);
	}
	if(msg->content_type)
		delete_at(msg, msg->content_type->name.s, msg->content_type->len);
	snprintf(line, sizeof(line), "Content-Type: %s\r\n", type);
	put_after(anchor, line);
	put_after(anchor_at(msg, get_body(msg)), body);
}

void sip_set_body(sip_msg_t *msg, const char *body, const char *type)
{
	int len = msg->content_length ? (int)(long)msg->content_length->parsed : 0;

	set_text(msg, body, type, len);
}

void sip_set_body_multipart(
		sip_msg_t *msg, const char *body, const char *boundary)
{
	int len = (int)(msg->buf + msg->len - get_body(msg));
	char type[64];

	snprintf(type, sizeof(type), "multipart/mixed;boundary=\"%s\"", boundary);
	set_text(msg, body, type, len);
	sip_append_hf(msg, "Mime-Version: 1.0\r\n");
}

void sip_remove_body(sip_msg_t *msg)
{
	delete_at(msg, get_body(msg), (int)(msg->buf + msg->len - get_body(msg)));
}

void sip_replace(sip_msg_t *msg, const char *old, const char *with)
{
	char *p = memmem(msg->buf, msg->len, old, strlen(old));
	struct lump *l;

	must(p != NULL);
	l = delete_at(msg, p, (int)strlen(old));
	if(*with)
		put_after(l, with);
}

void sip_remove_hf(sip_msg_t *msg, const char *name)
{
	struct hdr_field *h;

	for(h = msg->headers; h; h = h->next)
		if(is_name(&h->name, name, "?"))
			delete_at(msg, h->name.s, h->len);
}

void sip_append_hf(sip_msg_t *msg, const char *line)
{
	struct lump *anchor = anchor_at(msg, msg->unparsed);

	must(insert_new_lump_before(anchor, copy(line), (int)strlen(line), 0)
			!= NULL);
}

void sip_append_body(sip_msg_t *msg, const char *text)
{
	put_after(anchor_at(msg, msg->buf + msg->len), text);
}
