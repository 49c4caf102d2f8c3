/*
 * e911: edits the SIP message
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "../../core/data_lump.h"
#include "../../core/mem/mem.h"
#include "../../core/trim.h"
#include "../../core/parser/parse_content.h"
#include "body.h"
#include "geolocation.h"
#include "multipart.h"
#include "strbuf.h"
#include "err.h"

#define LUMPS_MAX 24
#define MOVED_MAX 4		  /* body headers that go into the part */
#define MALFORMED_MAX 8	  /* Geolocation headers taken out */
#define HEADERS_MAX 512	  /* of ours */
#define MOVED_LEN_MAX 256 /* of a header that goes into the part */

static const char part_headers[] =
		"\r\nContent-Type: application/pidf+xml\r\nContent-ID: <";
/* handling=optional: a peer that does not know the type does not refuse the
 * call for it, RFC 5621 section 4 */
static const char part_disposition[] =
		">\r\nContent-Disposition: by-reference;handling=optional\r\n\r\n";

/* The lumps of one edit, allocated and not yet linked. */
typedef struct edit
{
	sip_msg_t *msg;
	int n;
	int failed;
	struct lump *lump[LUMPS_MAX];
	struct lump *blank; /* somebody's Content-Type, replaced by ours */
} edit_t;

/* What there is before we come. */
typedef struct view
{
	str body;			/* as received, Content-Length respected */
	int junk;			/* bytes behind it */
	str type;			/* Content-Type in force, maybe by set_body() */
	struct lump *typed; /* the lump that says so */
	struct lump *text;	/* the lump that replaces the whole body */
	int type_gone;		/* the received Content-Type is deleted already */
	struct hdr_field *geolocation;
	int routing;
	int malformed;
	struct hdr_field *bad[MALFORMED_MAX];
	int moved;
	struct hdr_field *move[MOVED_MAX];
} view_t;

/* ----- lumps: first all memory, then all links ----- */

static struct lump *new_lump(edit_t *e, int op, int offset, int len)
{
	struct lump *l =
			e->failed || e->n == LUMPS_MAX ? NULL : pkg_mallocxz(sizeof(*l));

	if(l == NULL) {
		e->failed = 1;
		return NULL;
	}
	l->op = op;
	l->u.offset = offset;
	l->len = len;
	e->lump[e->n++] = l;
	return l;
}

/* an anchor with text behind it */
static void insert(edit_t *e, int offset, char *text, int len)
{
	struct lump *anchor = new_lump(e, LUMP_NOP, offset, 0);
	struct lump *add = text && anchor ? pkg_mallocxz(sizeof(*add)) : NULL;

	if(add == NULL) {
		if(text)
			pkg_free(text);
		e->failed = 1;
		return;
	}
	add->op = LUMP_ADD;
	add->u.value = text;
	add->len = len;
	anchor->after = add;
}

static void delete(edit_t *e, int offset, int len)
{
	new_lump(e, LUMP_DEL, offset, len);
}

static void drop_lump(struct lump *l)
{
	if(l && l->after) {
		pkg_free(l->after->u.value);
		pkg_free(l->after);
	}
	if(l)
		pkg_free(l);
}

static void drop(edit_t *e)
{
	int i;

	for(i = 0; i < e->n; i++)
		drop_lump(e->lump[i]);
}

static int is_place(const struct lump *l)
{
	return l->op == LUMP_DEL || l->op == LUMP_NOP;
}

static struct lump **list_of(sip_msg_t *msg, int offset)
{
	return offset > (int)(msg->eoh - msg->buf) ? &msg->body_lumps
											   : &msg->add_rm;
}

/* sorted by offset, behind its equals, as anchor_lump() does */
static void link_sorted(sip_msg_t *msg, struct lump *l)
{
	struct lump **p = list_of(msg, l->u.offset);

	while(*p && !(is_place(*p) && (*p)->u.offset > l->u.offset))
		p = &(*p)->next;
	l->next = *p;
	*p = l;
}

static void link_all(edit_t *e)
{
	int i;

	for(i = 0; i < e->n; i++)
		link_sorted(e->msg, e->lump[i]);
	if(e->blank)
		e->blank->len = 0;
}

/* Text that must stand before whatever others put at the same offset: the
 * body's own prefix. Goes before the first lump there. */
static void link_prefix(edit_t *e, struct lump *prefix, int offset)
{
	struct lump *l = e->msg->body_lumps;
	struct lump *add = prefix->after;

	while(l && !(is_place(l) && l->u.offset == offset))
		l = l->next;
	if(l == NULL) {
		link_sorted(e->msg, prefix);
		return;
	}
	add->before = l->before;
	l->before = add;
	pkg_free(prefix);
}

/* ----- the view ----- */

static int offset_of(const sip_msg_t *msg, const char *p)
{
	return (int)(p - msg->buf);
}

int e911_body_received(sip_msg_t *msg, str *body)
{
	char *start;
	int actual, said;

	if(parse_headers(msg, HDR_EOH_F, 0) < 0 || msg->eoh == NULL)
		return E911_ERR_SYNTAX;
	start = get_body(msg);
	if(start == NULL)
		return E911_ERR_SYNTAX;
	actual = msg->len - offset_of(msg, start);
	said = msg->content_length ? get_content_length(msg) : actual;
	body->s = start;
	body->len = said >= 0 && said < actual ? said : actual;
	return E911_OK;
}

static int is_header(const struct hdr_field *h, const char *name)
{
	return strlen(name) == (size_t)h->name.len
		   && strncasecmp(h->name.s, name, h->name.len) == 0;
}

static int well_formed(const struct hdr_field *h)
{
	str rest = h->body;
	e911_locator_t value;
	int got, n = 0;

	while((got = e911_geolocation_next(&rest, &value)) == 1)
		n++;
	return got == 0 && n > 0;
}

/* headers that speak of the body speak of its part once it is wrapped */
static int is_of_body(const struct hdr_field *h)
{
	return is_header(h, "Content-Disposition")
		   || is_header(h, "Content-Encoding") || is_header(h, "e")
		   || is_header(h, "Content-Language") || is_header(h, "Content-ID")
		   || is_header(h, "Content-Transfer-Encoding");
}

static void view_header(view_t *v, struct hdr_field *h)
{
	if(is_header(h, "Geolocation-Routing")) {
		v->routing = 1;
	} else if(is_header(h, "Geolocation")) {
		if(well_formed(h)) {
			if(v->geolocation == NULL)
				v->geolocation = h;
		} else if(v->malformed < MALFORMED_MAX) {
			v->bad[v->malformed++] = h;
		}
	} else if(is_of_body(h) && v->moved < MOVED_MAX
			  && h->len <= MOVED_LEN_MAX) {
		v->move[v->moved++] = h;
	}
}

static const char content_type_name[] = "Content-Type:";
#define CONTENT_TYPE_NAME_LEN ((int)sizeof(content_type_name) - 1)

static int says_type(const struct lump *l)
{
	return l->op == LUMP_ADD && l->len > CONTENT_TYPE_NAME_LEN
		   && strncasecmp(l->u.value, content_type_name, CONTENT_TYPE_NAME_LEN)
					  == 0;
}

/* set_body() and its like delete the received header and add a new one */
static void view_type(view_t *v, sip_msg_t *msg)
{
	struct lump *l, *add;
	int at = msg->content_type ? offset_of(msg, msg->content_type->name.s) : -1;

	if(msg->content_type)
		v->type = msg->content_type->body;
	for(l = msg->add_rm; l; l = l->next) {
		if(l->op == LUMP_DEL && (int)l->u.offset == at)
			v->type_gone = 1;
		for(add = l->after; add; add = add->after)
			if(says_type(add))
				v->typed = add;
	}
	if(v->typed) {
		v->type.s = v->typed->u.value + CONTENT_TYPE_NAME_LEN;
		v->type.len = v->typed->len - CONTENT_TYPE_NAME_LEN;
	} else if(v->type_gone) {
		v->type.len = 0;
	}
	trim(&v->type);
}

static void view_text(view_t *v, sip_msg_t *msg)
{
	int start = offset_of(msg, v->body.s);
	struct lump *l, *add, *text = NULL;
	int gone = v->body.len == 0;

	for(l = msg->body_lumps; l; l = l->next) {
		if(l->op == LUMP_DEL && (int)l->u.offset == start
				&& l->len >= v->body.len)
			gone = 1;
		for(add = l->after; add; add = add->after)
			if(add->op == LUMP_ADD && add->len)
				text = add;
	}
	v->text = gone ? text : NULL;
}

static int look(sip_msg_t *msg, view_t *v)
{
	struct hdr_field *h;
	int err;

	memset(v, 0, sizeof(*v));
	err = e911_body_received(msg, &v->body);
	if(err)
		return err;
	v->junk = msg->len - offset_of(msg, v->body.s) - v->body.len;
	for(h = msg->headers; h; h = h->next)
		view_header(v, h);
	view_type(v, msg);
	view_text(v, msg);
	return E911_OK;
}

/* ----- texts ----- */

/* What follows our part. */
enum tail
{
	TAIL_DELIMITER, /* the closing delimiter, with its CRLF, is there */
	TAIL_LINE,		/* it is there, but begins the body, without CRLF */
	TAIL_NONE		/* it is ours to write */
};

static void put_part(e911_strbuf_t *b, const str *boundary,
		const e911_dressing_t *d, int tail)
{
	E911_STRBUF_LIT(b, "\r\n--");
	e911_strbuf_put_str(b, boundary);
	E911_STRBUF_LIT(b, part_headers);
	e911_strbuf_put_str(b, &d->content_id);
	E911_STRBUF_LIT(b, part_disposition);
	e911_strbuf_put_str(b, &d->pidf);
	if(tail != TAIL_DELIMITER)
		E911_STRBUF_LIT(b, "\r\n");
	if(tail != TAIL_NONE)
		return;
	E911_STRBUF_LIT(b, "--");
	e911_strbuf_put_str(b, boundary);
	E911_STRBUF_LIT(b, "--\r\n");
}

static int part_room(const str *boundary, const e911_dressing_t *d)
{
	return d->pidf.len + d->content_id.len + 2 * boundary->len
		   + (int)sizeof(part_headers) + (int)sizeof(part_disposition) + 16;
}

/* Memory for a text; a buffer of no size, and the edit failed, without. */
static void text_init(edit_t *e, e911_strbuf_t *b, int room)
{
	char *mem = e->failed ? NULL : pkg_malloc(room);

	if(mem == NULL)
		e->failed = 1;
	e911_strbuf_init(b, mem, mem ? room : 0);
}

static void insert_text(edit_t *e, int offset, e911_strbuf_t *b)
{
	if(b->err)
		e->failed = 1;
	insert(e, offset, b->s, (int)b->len);
}

static void insert_part(edit_t *e, int offset, const str *boundary,
		const e911_dressing_t *d, int tail, int bare)
{
	e911_strbuf_t b;

	text_init(e, &b, part_room(boundary, d));
	put_part(&b, boundary, d, tail);
	/* no CRLF before the delimiter that begins a body */
	if(bare && b.len)
		memmove(b.s, b.s + 2, b.len -= 2);
	insert_text(e, offset, &b);
}

static void insert_lines(edit_t *e, int offset, const e911_strbuf_t *lines)
{
	e911_strbuf_t b;

	if(lines->len == 0)
		return;
	text_init(e, &b, (int)lines->len);
	e911_strbuf_put(&b, lines->s, lines->len);
	insert_text(e, offset, &b);
}

/* The first part's head: what the message's headers said of its body. Linked
 * apart from the others. */
static struct lump *new_prefix(
		edit_t *e, const view_t *v, const str *type, const str *boundary)
{
	int room = type->len + boundary->len + v->moved * MOVED_LEN_MAX + 32;
	e911_strbuf_t b;
	int i, at = e->n;

	text_init(e, &b, room);
	E911_STRBUF_LIT(&b, "--");
	e911_strbuf_put_str(&b, boundary);
	E911_STRBUF_LIT(&b, "\r\nContent-Type: ");
	e911_strbuf_put_str(&b, type);
	E911_STRBUF_LIT(&b, "\r\n");
	for(i = 0; i < v->moved; i++)
		e911_strbuf_put(&b, v->move[i]->name.s, v->move[i]->len);
	E911_STRBUF_LIT(&b, "\r\n");
	insert_text(e, offset_of(e->msg, v->body.s), &b);
	if(e->failed)
		return NULL;
	e->n = at;
	return e->lump[at];
}

/* ----- the edit ----- */

static const str sdp = str_init("application/sdp");

/* What the body is by its own bytes where its Content-Type does not tell or
 * lies. */
static const str *true_type(const view_t *v, int lies)
{
	const str *type = &v->type;

	if(v->text == NULL && v->body.len > 4 && memcmp(v->body.s, "v=0", 3) == 0
			&& (lies || type->len == 0))
		return &sdp;
	return type->len ? type : &sdp;
}

static int joins(const str *type)
{
	return type->len > 17
		   && (strncasecmp(type->s, "multipart/mixed", 15) == 0
				   || strncasecmp(type->s, "multipart/related", 17) == 0);
}

static int tail_at(int at, int closed)
{
	if(!closed)
		return TAIL_NONE;
	return at ? TAIL_DELIMITER : TAIL_LINE;
}

/* One more part inside the text that replaced the body: the lump gives way to
 * a longer one, since its memory may belong to other branches too. */
static int join_text(
		edit_t *e, view_t *v, const str *boundary, const e911_dressing_t *d)
{
	str text = {v->text->u.value, v->text->len};
	int at, closed;
	e911_strbuf_t b;

	if(e911_multipart_end(&text, boundary, &at, &closed))
		return E911_ERR_NONE;
	text_init(e, &b, text.len + part_room(boundary, d));
	e911_strbuf_put(&b, text.s, at);
	put_part(&b, boundary, d, tail_at(at, closed));
	e911_strbuf_put(&b, text.s + at, text.len - at);
	insert_text(e, offset_of(e->msg, v->body.s), &b);
	e->blank = v->text;
	return E911_OK;
}

static int join_body(edit_t *e, const view_t *v, const str *boundary,
		const e911_dressing_t *d)
{
	int at, closed;

	if(e911_multipart_end(&v->body, boundary, &at, &closed))
		return E911_ERR_NONE;
	insert_part(e, offset_of(e->msg, v->body.s) + at, boundary, d,
			tail_at(at, closed), 0);
	return E911_OK;
}

static int join(edit_t *e, view_t *v, const e911_dressing_t *d)
{
	str boundary;

	if(!joins(&v->type) || e911_multipart_boundary(&v->type, &boundary))
		return E911_ERR_NONE;
	return v->text ? join_text(e, v, &boundary, d)
				   : join_body(e, v, &boundary, d);
}

static void retype(
		edit_t *e, const view_t *v, e911_strbuf_t *lines, const str *boundary)
{
	struct hdr_field *h = e->msg->content_type;
	int i;

	E911_STRBUF_LIT(lines, "Content-Type: multipart/mixed;boundary=");
	e911_strbuf_put_str(lines, boundary);
	E911_STRBUF_LIT(lines, "\r\n");
	if(h && !v->type_gone)
		delete(e, offset_of(e->msg, h->name.s), h->len);
	e->blank = v->typed;
	for(i = 0; i < v->moved; i++)
		delete(e, offset_of(e->msg, v->move[i]->name.s), v->move[i]->len);
}

static void wrap(edit_t *e, const view_t *v, const e911_dressing_t *d,
		e911_strbuf_t *lines, struct lump **prefix)
{
	int end = offset_of(e->msg, v->body.s) + v->body.len;
	int bare = v->body.len == 0 && v->text == NULL;
	int lies =
			v->type.len > 10 && strncasecmp(v->type.s, "multipart/", 10) == 0;

	if(!bare)
		*prefix = new_prefix(e, v, true_type(v, lies), &d->boundary);
	insert_part(e, end, &d->boundary, d, TAIL_NONE, bare);
	retype(e, v, lines, &d->boundary);
}

static void put_geolocation(edit_t *e, const view_t *v,
		const e911_dressing_t *d, e911_strbuf_t *lines)
{
	char mem[HEADERS_MAX];
	e911_strbuf_t own, *to = lines;

	e911_strbuf_init(&own, mem, sizeof(mem));
	if(d->first && v->geolocation)
		to = &own;
	E911_STRBUF_LIT(to, "Geolocation: <cid:");
	e911_strbuf_put_str(to, &d->content_id);
	E911_STRBUF_LIT(to, ">\r\n");
	/* absent counts as no; a "no" of the phone stays, RFC 6442 4.2 */
	if(!v->routing)
		E911_STRBUF_LIT(lines, "Geolocation-Routing: yes\r\n");
	if(to == &own)
		insert_lines(e, offset_of(e->msg, v->geolocation->name.s), &own);
}

static void plan_edit(
		edit_t *e, view_t *v, const e911_dressing_t *d, struct lump **prefix)
{
	char mem[HEADERS_MAX];
	e911_strbuf_t lines;
	int i;

	e911_strbuf_init(&lines, mem, sizeof(mem));
	for(i = 0; i < v->malformed; i++)
		delete(e, offset_of(e->msg, v->bad[i]->name.s), v->bad[i]->len);
	if(d->pidf.len) {
		put_geolocation(e, v, d, &lines);
		if(join(e, v, d))
			wrap(e, v, d, &lines, prefix);
		if(v->junk)
			delete(e, e->msg->len - v->junk, v->junk);
	}
	insert_lines(e, offset_of(e->msg, e->msg->unparsed), &lines);
}

int e911_body_dress(sip_msg_t *msg, const e911_dressing_t *d)
{
	edit_t e = {.msg = msg};
	struct lump *prefix = NULL;
	view_t v;
	int err;

	err = look(msg, &v);
	if(err)
		return err;
	plan_edit(&e, &v, d, &prefix);
	if(e.failed) {
		drop(&e);
		drop_lump(prefix);
		return E911_ERR_MEM;
	}
	if(prefix)
		link_prefix(&e, prefix, offset_of(msg, v.body.s));
	link_all(&e);
	return E911_OK;
}
