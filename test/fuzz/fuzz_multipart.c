/*
 * First line: the Content-Type; the rest: the body.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../modules/e911/multipart.c"

static int count(const str *body, const str *boundary, e911_part_t *last)
{
	const char *end = body->s;
	int at = 0, n = 0;
	str value;

	while(e911_multipart_next(body, boundary, &at, last) == 1) {
		/* in order, apart, inside */
		assert(last->headers.len >= 0 && last->headers.s >= end);
		assert(last->body.len >= 0
				&& last->body.s >= last->headers.s + last->headers.len);
		end = last->body.s + last->body.len;
		assert(end <= body->s + body->len && at <= body->len);
		e911_multipart_header(last, "Content-ID", &value);
		n++;
	}
	return n;
}

/* one more part, put in as the contract says, is one more part, the last */
static void add_one(const str *body, const str *boundary)
{
	e911_part_t last;
	int offset, closed, parts = count(body, boundary, &last);
	str more;

	if(e911_multipart_end(body, boundary, &offset, &closed))
		return;
	assert(offset >= 0 && offset <= body->len);
	more.s = malloc(body->len + 2 * E911_BOUNDARY_MAX + 64);
	more.len = sprintf(more.s, "\r\n--%.*s\r\nA: 1\r\n\r\nnew", boundary->len,
			boundary->s);
	memmove(more.s + offset, more.s, more.len);
	memcpy(more.s, body->s, offset);
	more.len += offset;
	if(!closed)
		more.len += sprintf(
				more.s + more.len, "\r\n--%.*s--", boundary->len, boundary->s);
	memcpy(more.s + more.len, body->s + offset, body->len - offset);
	more.len += body->len - offset;
	assert(count(&more, boundary, &last) == parts + 1);
	assert(last.body.len == 3 && memcmp(last.body.s, "new", 3) == 0);
	free(more.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	str type = {(char *)data, (int)(line ? line - data : (long)size)};
	str body = {type.s + type.len, (int)size - type.len}, boundary;

	if(line)
		skip(&body, 1);
	if(e911_multipart_boundary(&type, &boundary))
		return 0;
	assert(boundary.len > 0 && boundary.len <= E911_BOUNDARY_MAX);
	assert(boundary.s + boundary.len <= type.s + type.len);
	add_one(&body, &boundary);
	return 0;
}
