/*
 * e911: MIME multipart bodies
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/trim.h"
#include "multipart.h"
#include "err.h"

enum line
{
	OTHER,
	OPENING,
	CLOSING
};

/* a delimiter line */
typedef struct delimiter
{
	int kind;
	int start;	/* of the line */
	int before; /* where the line end that belongs to it begins */
	int behind; /* the next line */
} delimiter_t;

static void skip(str *s, int n)
{
	s->s += n;
	s->len -= n;
}

/* ----- the boundary ----- */

/* length of a quoted string with its quotes, 0 if it has no end */
static int quoted_len(const str *s)
{
	int i;

	for(i = 1; i < s->len; i++) {
		if(s->s[i] == '"')
			return i + 1;
		if(s->s[i] == '\\')
			i++;
	}
	return 0;
}

static int until(const str *s, const char *stops)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(s->s[i] && strchr(stops, s->s[i]))
			break;
	return i;
}

/* takes what is behind the "=" */
static int param_value(str *rest, str *value)
{
	int n;

	trim_leading(rest);
	value->s = rest->s;
	if(rest->len && rest->s[0] == '"') {
		n = quoted_len(rest);
		if(n == 0)
			return E911_ERR_SYNTAX;
		value->s++;
		value->len = n - 2;
		skip(rest, n);
		return 1;
	}
	value->len = until(rest, ";");
	skip(rest, value->len);
	return 1;
}

/* The next parameter; 1: one, 0: the end, E911_ERR_SYNTAX. Between two, all
 * that has no place there is passed over. */
static int next_param(str *rest, str *name, str *value)
{
	skip(rest, until(rest, ";"));
	if(rest->len == 0)
		return 0;
	skip(rest, 1);
	name->s = rest->s;
	name->len = until(rest, "=;");
	skip(rest, name->len);
	trim(name);
	value->s = rest->s;
	value->len = 0;
	if(rest->len == 0 || rest->s[0] == ';')
		return 1;
	skip(rest, 1);
	return param_value(rest, value);
}

/* Blanks at the end are a gateway's, RFC 2046 section 5.1.1. More characters
 * are let pass than stand there: many senders know no better. */
static int check_boundary(str *boundary)
{
	int i;

	trim_trailing(boundary);
	if(boundary->len < 1 || boundary->len > E911_BOUNDARY_MAX)
		return E911_ERR_SYNTAX;
	for(i = 0; i < boundary->len; i++)
		if(boundary->s[i] < ' ' || boundary->s[i] > '~'
				|| strchr("\"\\", boundary->s[i]))
			return E911_ERR_SYNTAX;
	return E911_OK;
}

static int is_multipart(const str *content_type)
{
	str type = *content_type;

	trim_leading(&type);
	if(type.len < 9 || strncasecmp(type.s, "multipart", 9) != 0)
		return 0;
	skip(&type, 9);
	trim_leading(&type);
	return type.len > 0 && type.s[0] == '/';
}

int e911_multipart_boundary(const str *content_type, str *boundary)
{
	str rest = *content_type, name, value;
	int got;

	if(!is_multipart(content_type))
		return E911_ERR_TYPE;
	while((got = next_param(&rest, &name, &value)) == 1) {
		if(name.len != 8 || strncasecmp(name.s, "boundary", 8) != 0)
			continue;
		if(check_boundary(&value))
			return E911_ERR_SYNTAX;
		*boundary = value;
		return E911_OK;
	}
	return E911_ERR_SYNTAX;
}

/* ----- lines ----- */

/* where the line after the one at i begins; the end if there is none */
static int next_line(const str *s, int i)
{
	const char *p = i < s->len ? memchr(s->s + i, '\n', s->len - i) : NULL;

	return p ? (int)(p - s->s) + 1 : s->len;
}

/* a line end that ends at i, CRLF or a sender's bare LF; where it begins */
static int line_end_before(const str *s, int i)
{
	if(i > 0 && s->s[i - 1] == '\n')
		i--;
	else
		return i;
	return i > 0 && s->s[i - 1] == '\r' ? i - 1 : i;
}

static int is_blank_line(const str *s, int i)
{
	return i == s->len || s->s[i] == '\n'
		   || (s->s[i] == '\r' && (i + 1 == s->len || s->s[i + 1] == '\n'));
}

/* What the line at i is. Behind the boundary only transport padding may stand:
 * without that, "--ab" would end a part of boundary "a" (RFC 2046 section
 * 5.1.2 on nested bodies). */
static int line_kind(const str *s, const str *boundary, int i)
{
	int kind = OPENING, left = s->len - i;

	if(left < boundary->len + 2 || s->s[i] != '-' || s->s[i + 1] != '-'
			|| memcmp(s->s + i + 2, boundary->s, boundary->len) != 0)
		return OTHER;
	i += boundary->len + 2;
	if(i + 1 < s->len && s->s[i] == '-' && s->s[i + 1] == '-') {
		kind = CLOSING;
		i += 2;
	}
	while(i < s->len && (s->s[i] == ' ' || s->s[i] == '\t' || s->s[i] == '\r'))
		i++;
	return i == s->len || s->s[i] == '\n' ? kind : OTHER;
}

/* the first delimiter at or after i, which is where a line begins */
static int find(const str *s, const str *boundary, int i, delimiter_t *d)
{
	for(; i < s->len; i = next_line(s, i)) {
		d->kind = line_kind(s, boundary, i);
		if(d->kind == OTHER)
			continue;
		d->start = i;
		d->before = line_end_before(s, i);
		d->behind = next_line(s, i);
		return 1;
	}
	return 0;
}

/* ----- parts ----- */

int e911_multipart_end(
		const str *body, const str *boundary, int *offset, int *closed)
{
	delimiter_t d;
	int any = 0, at = 0;

	for(; find(body, boundary, at, &d); at = d.behind) {
		if(d.kind == OPENING) {
			any = 1;
			continue;
		}
		/* nothing can be put in before the body's first byte: the closing
		 * delimiter would lose its line */
		if(d.start == 0)
			return E911_ERR_NONE;
		*offset = d.before;
		*closed = 1;
		return E911_OK;
	}
	if(!any)
		return E911_ERR_NONE;
	*offset = body->len;
	*closed = 0;
	return E911_OK;
}

/* RFC 2046 section 5.1: an empty line ends the headers; without one all is
 * headers */
static void split(str *whole, e911_part_t *part)
{
	int at = 0;

	while(at < whole->len && !is_blank_line(whole, at))
		at = next_line(whole, at);
	part->headers.s = whole->s;
	part->headers.len = line_end_before(whole, at);
	part->body = *whole;
	skip(&part->body, next_line(whole, at));
}

int e911_multipart_next(
		const str *body, const str *boundary, int *at, e911_part_t *part)
{
	delimiter_t open, end;
	str whole;

	if(*at < 0 || !find(body, boundary, *at, &open) || open.kind == CLOSING)
		return 0;
	if(!find(body, boundary, open.behind, &end)) {
		end.start = body->len;
		end.before = body->len;
	}
	whole.s = body->s + open.behind;
	/* two delimiters in a row share one line end */
	whole.len = end.before > open.behind ? end.before - open.behind : 0;
	split(&whole, part);
	*at = end.start;
	return 1;
}

/* the header line at i, and the folded ones after it */
static int next_header(const str *s, int i)
{
	do {
		i = next_line(s, i);
	} while(i < s->len && (s->s[i] == ' ' || s->s[i] == '\t'));
	return i;
}

static int is_named(const str *line, const char *name, str *value)
{
	const char *colon = memchr(line->s, ':', line->len);
	str key = *line;

	if(colon == NULL)
		return 0;
	key.len = (int)(colon - line->s);
	*value = *line;
	skip(value, key.len + 1);
	trim(value);
	trim_trailing(&key);
	return (size_t)key.len == strlen(name)
		   && strncasecmp(key.s, name, key.len) == 0;
}

int e911_multipart_header(const e911_part_t *part, const char *name, str *value)
{
	const str *s = &part->headers;
	str line, found;
	int i, next;

	for(i = 0; i < s->len; i = next) {
		next = next_header(s, i);
		line.s = s->s + i;
		line.len = next - i;
		if(!is_named(&line, name, &found))
			continue;
		*value = found;
		return E911_OK;
	}
	return E911_ERR_NONE;
}
