/*
 * First byte: how the message is edited before us, how many parts are ours,
 * whether they go first or alone, and which allocation fails; the rest: the
 * message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: headers multipart geolocation strbuf err
 * with: sip_stub
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/body.c"
#include "../unit/ksr_stub.h"
#include "../unit/sip_stub.h"

#define BOUNDARY "e911-7f3a9c"
#define EDITORS 5

static const char *const out[] = {"P-Asserted-Identity", "Priority", NULL};

static e911_dressing_t dressing = {
		.part = {{"application/pidf+xml", str_init(BOUNDARY "@e911.invalid"),
						 str_init("<presence/>")},
				{"application/one+xml", str_init(BOUNDARY ".1@e911.invalid"),
						str_init("<one/>\r\n")},
				{"application/two+xml", str_init(BOUNDARY ".2@e911.invalid"),
						str_init("")},
				{"application/three+xml", str_init(BOUNDARY ".3@e911.invalid"),
						str_init("\r\n<three/>")}},
		.geolocation = str_init("<cid:" BOUNDARY "@e911.invalid>"),
		.routing = 1,
		.boundary = str_init(BOUNDARY),
		.lines = str_init("X-Ours: y\r\n"),
		.out = out};

static void edit(sip_msg_t *msg, int editor)
{
	int has = (int)(msg->buf + msg->len - get_body(msg));
	long said =
			msg->content_length ? (long)msg->content_length->parsed : (long)has;

	if(editor == 1 && said <= has)
		sip_set_body(msg, "v=0\r\n", "application/sdp");
	if(editor == 2)
		sip_set_body_multipart(msg, "--n\r\n\r\nx\r\n--n\r\n", "n");
	if(editor == 3 && has)
		sip_remove_body(msg);
	if(editor == 4)
		sip_append_hf(msg, "X: y\r\n");
}

static str body_of(sip_msg_t *msg)
{
	str body;

	assert(e911_body_received(msg, &body) == 0);
	return body;
}

/* the bytes of was, in order, with one piece put in or some around them */
static void assert_kept(const str *was, const str *is)
{
	int head = 0, tail = 0;

	if(was->len == 0 || memmem(is->s, is->len, was->s, was->len))
		return;
	assert(is->len > was->len);
	while(head < was->len && was->s[head] == is->s[head])
		head++;
	while(tail < was->len
			&& was->s[was->len - 1 - tail] == is->s[is->len - 1 - tail])
		tail++;
	assert(head + tail >= was->len);
}

static int is_part(const e911_part_t *part, const e911_attachment_t *ours)
{
	str id;

	return e911_multipart_header(part, "Content-ID", &id) == 0
		   && id.len == ours->content_id.len + 2
		   && memcmp(id.s + 1, ours->content_id.s, id.len - 2) == 0
		   && part->body.len == ours->text.len
		   && memcmp(part->body.s, ours->text.s, part->body.len) == 0;
}

/* ours: how many of ours came, each where it belongs behind the one before */
static int count(const str *body, const str *boundary, int *ours)
{
	e911_part_t part;
	int at = 0, n = 0;

	*ours = 0;
	for(; e911_multipart_next(body, boundary, &at, &part) == 1; n++)
		if(*ours < dressing.parts && is_part(&part, &dressing.part[*ours]))
			(*ours)++;
	return n;
}

/* are all of ours there, as this Content-Type has it? */
static int has_ours(const str *body, const str *type)
{
	int ours = 0, n;
	str boundary;

	if(e911_multipart_boundary(type, &boundary))
		return 0;
	n = count(body, &boundary, &ours);
	if(boundary.len == dressing.boundary.len
			&& memcmp(boundary.s, dressing.boundary.s, boundary.len) == 0)
		assert(n <= 1 + dressing.parts);
	return ours == dressing.parts;
}

/* a phone may send several types, of which the script replaces the first */
static void check_parts(sip_msg_t *msg)
{
	struct hdr_field *h;
	str body = body_of(msg);
	int ours = 0;

	for(h = msg->headers; h; h = h->next)
		if(h->type == HDR_CONTENTTYPE_T)
			ours |= has_ours(&body, &h->body);
	assert(ours);
}

static str send_branch(sip_msg_t *msg, long allowed, int *err)
{
	sip_branch_t branch;
	long blocks;
	str out;

	sip_branch_begin(msg, &branch);
	blocks = ksr_blocks();
	ksr_allow(allowed);
	*err = e911_body_dress(msg, &dressing);
	assert(ksr_refused() ? *err == E911_ERR_MEM : *err == 0);
	assert(*err == 0 || ksr_blocks() == blocks);
	ksr_allow(-1);
	out = sip_render(msg);
	sip_branch_end(msg, &branch);
	return out;
}

/* raw: bytes behind the headers before, -1 without a Content-Length. Kamailio
 * corrects that only where there are more or fewer of them afterwards. */
static void check_sent(const str *out, const str *was, int kept, long raw)
{
	sip_msg_t sent;
	str is;

	assert(sip_read(&sent, out->s, out->len) == 0);
	is = body_of(&sent);
	if(raw < 0 || sent.buf + sent.len - is.s != raw) {
		assert(raw < 0 || is.s + is.len == sent.buf + sent.len);
		if(kept)
			assert_kept(was, &is);
		check_parts(&sent);
	}
	sip_free(&sent);
}

/* without a part of ours the body goes as it would have gone */
static void assert_same_end(const str *a, const str *b)
{
	sip_msg_t x, y;
	int n;

	assert(sip_read(&x, a->s, a->len) == 0 && sip_read(&y, b->s, b->len) == 0);
	n = (int)(x.buf + x.len - x.eoh);
	assert(n == y.buf + y.len - y.eoh && memcmp(x.eoh, y.eoh, n) == 0);
	sip_free(&x);
	sip_free(&y);
}

static void check(sip_msg_t *msg, int editor, long allowed)
{
	int err, had_length = msg->content_length != NULL;
	str was = body_of(msg), out, plain;
	long raw = msg->buf + msg->len - was.s;

	edit(msg, editor);
	out = send_branch(msg, allowed, &err);
	plain = sip_render(msg);
	if(err)
		assert(out.len == plain.len && memcmp(out.s, plain.s, out.len) == 0);
	else if(dressing.parts == 0)
		assert_same_end(&out, &plain);
	else
		check_sent(
				&out, &was, editor == 0 || editor == 4, had_length ? raw : -1);
	free(out.s);
	free(plain.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sip_msg_t msg;
	str body;

	if(size == 0 || memmem(data, size, BOUNDARY, strlen(BOUNDARY)))
		return 0;
	dressing.first = data[0] & 1;
	dressing.alone = data[0] >> 6 & 1;
	/* one where the byte is small */
	dressing.parts = (1 + (data[0] >> 1) / EDITORS) % (E911_PARTS_MAX + 1);
	if(sip_read(&msg, (const char *)data + 1, size - 1) == 0)
		check(&msg, (data[0] >> 1) % EDITORS, data[0] < 128 ? -1 : data[0] % 8);
	else
		assert(e911_body_dress(&msg, &dressing) == E911_ERR_SYNTAX
				&& e911_body_received(&msg, &body) == E911_ERR_SYNTAX);
	sip_free(&msg);
	assert(ksr_blocks() == 0);
	return 0;
}
