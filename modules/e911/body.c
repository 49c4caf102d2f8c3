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
#include "headers.h"
#include "multipart.h"
#include "strbuf.h"
#include "err.h"

#define LUMPS_MAX 40
#define TYPES_MAX 4		  /* Content-Type headers replaced by ours */
#define MOVED_MAX 8		  /* body headers that go into the part */
#define HEADERS_MAX 3072  /* of ours */
#define MOVED_LEN_MAX 256 /* of a header that goes into the part */
#define TEXT_ROOM 32768	  /* of all texts of an edit, or they are allocated */

static const char part_type[] = "Content-Type: ";
static const char part_id[] = "\r\nContent-ID: <";
/* handling=optional: a peer that does not know the type does not refuse the
 * call for it, RFC 5621 section 4 */
static const char part_disposition[] =
		">\r\nContent-Disposition: by-reference;handling=optional\r\n\r\n";

/* The texts of the edit made last in this process. Its branch is sent before
 * the next one is made, and tm frees its lumps then; LUMPFLAG_DUPED has their
 * texts left alone. An allocation costs more than writing all of them. */
static char room[TEXT_ROOM];

/* The lumps of one edit, allocated and not yet linked. */
typedef struct edit
{
	sip_msg_t *msg;
	int n;
	int failed;
	struct lump *lump[LUMPS_MAX];
	struct lump *gone;	/* deletions: as many as there are headers */
	struct lump *blank; /* the text that replaced the body, replaced by ours */
	int dressed;		/* the body gets longer */
	int retyped;		/* and has another Content-Type */
	size_t used;		/* of the room */
} edit_t;

/* What there is before we come. */
typedef struct view
{
	str body;		   /* as received, Content-Length respected */
	int junk;		   /* bytes behind it */
	str type;		   /* Content-Type in force, maybe by set_body() */
	int gone;		   /* the whole body is deleted already */
	struct lump *text; /* and this is what replaces it */
	struct hdr_field *geolocation;
	int routing;
	const e911_dressing_t *d;
	int moved;
	struct hdr_field *move[MOVED_MAX];
} view_t;

/* ----- lumps: first all memory, then all links ----- */

static struct lump *new_lump(edit_t *e, int op, int offset, int len)
{
	struct lump *l = e->failed ? NULL : pkg_mallocxz(sizeof(*l));

	if(l == NULL) {
		e->failed = 1;
		return NULL;
	}
	l->op = op;
	l->u.offset = offset;
	l->len = len;
	return l;
}

static int is_in_room(const char *text)
{
	return text >= room && text < room + sizeof(room);
}

static void free_text(char *text)
{
	if(text && !is_in_room(text))
		pkg_free(text);
}

/* The text goes in behind l. */
static void put_behind(edit_t *e, struct lump *l, e911_strbuf_t *text)
{
	struct lump *add = l && text->s ? pkg_mallocxz(sizeof(*add)) : NULL;

	if(add == NULL || text->err)
		e->failed = 1;
	if(add == NULL) {
		free_text(text->s);
		return;
	}
	add->op = LUMP_ADD;
	add->u.value = text->s;
	add->len = (int)text->len;
	if(is_in_room(text->s)) {
		add->flags = LUMPFLAG_DUPED;
		e->used += text->len;
	}
	l->after = add;
}

/* an anchor with text behind it */
static void insert(edit_t *e, int offset, e911_strbuf_t *text)
{
	struct lump *anchor =
			e->n < LUMPS_MAX ? new_lump(e, LUMP_NOP, offset, 0) : NULL;

	if(anchor)
		e->lump[e->n++] = anchor;
	put_behind(e, anchor, text);
}

static void delete(edit_t *e, int offset, int len)
{
	struct lump *l = new_lump(e, LUMP_DEL, offset, len);

	if(l == NULL)
		return;
	l->next = e->gone;
	e->gone = l;
}

static void drop_lump(struct lump *l)
{
	if(l == NULL)
		return;
	if(l->after) {
		free_text(l->after->u.value);
		pkg_free(l->after);
	}
	pkg_free(l);
}

static void drop(edit_t *e)
{
	struct lump *l;
	int i;

	for(i = 0; i < e->n; i++)
		drop_lump(e->lump[i]);
	while((l = e->gone)) {
		e->gone = l->next;
		pkg_free(l);
	}
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

typedef void (*text_f)(struct lump *text, void *arg);

/* the texts that other editors have put in, in the order they come out in */
static void each_text(struct lump *list, text_f take, void *arg)
{
	struct lump *l, *r;

	for(l = list; l; l = l->next) {
		for(r = l->before; r; r = r->before)
			if(r->op == LUMP_ADD)
				take(r, arg);
		if(l->op == LUMP_ADD)
			take(l, arg);
		for(r = l->after; r; r = r->after)
			if(r->op == LUMP_ADD)
				take(r, arg);
	}
}

static int begins(const struct lump *l, char letter)
{
	return l->len > 0 && (l->u.value[0] | 0x20) == letter;
}

/* Is the text a header of this name? *value is then its first line's. */
static int is_line(const struct lump *l, const char *name, str *value)
{
	str s = {l->u.value, l->len};
	int n = (int)strlen(name);
	const char *end;

	/* the first letter tells nearly all of them apart */
	if(s.len <= n || ((s.s[0] ^ name[0]) & 0x5f)
			|| strncasecmp(s.s, name, n) != 0)
		return 0;
	s.s += n;
	s.len -= n;
	trim_leading(&s);
	if(s.len == 0 || s.s[0] != ':')
		return 0;
	end = memchr(s.s, '\n', s.len);
	value->s = s.s + 1;
	value->len = (end ? (int)(end - s.s) : s.len) - 1;
	trim(value);
	return 1;
}

static int says_type(const struct lump *l, str *value)
{
	return is_line(l, "Content-Type", value) || is_line(l, "c", value);
}

/* Others' headers that are no longer true. The lumps are this branch's own,
 * what they point at is not. */
static void blank_stale(struct lump *l, void *arg)
{
	edit_t *e = arg;
	str value;

	if(!begins(l, 'c') && !begins(l, 'l'))
		return;
	if((e->retyped && says_type(l, &value))
			|| (e->dressed
					&& (is_line(l, "Content-Length", &value)
							|| is_line(l, "l", &value))))
		l->len = 0;
}

static void link_all(edit_t *e)
{
	struct lump *l;
	int i;

	each_text(e->msg->add_rm, blank_stale, e);
	if(e->blank)
		e->blank->len = 0;
	/* the last ones first: each is soon in its place */
	while((l = e->gone)) {
		e->gone = l->next;
		link_sorted(e->msg, l);
	}
	for(i = 0; i < e->n; i++)
		link_sorted(e->msg, e->lump[i]);
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

static int is_deleted(const struct lump *list, int offset, int len)
{
	for(; list; list = list->next)
		if(list->op == LUMP_DEL && (int)list->u.offset <= offset
				&& (int)list->u.offset + list->len >= offset + len)
			return 1;
	return 0;
}

static int offset_of(const sip_msg_t *msg, const char *p)
{
	return (int)(p - msg->buf);
}

int e911_body_received(sip_msg_t *msg, str *body)
{
	char *start;
	int actual, said;

	if(e911_headers(msg, HDR_EOH_F) < 0 || msg->eoh == NULL)
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

/* alone: a header that names but documents in the body is of no use either */
static int is_good(const struct hdr_field *h, int alone)
{
	str rest = h->body;
	e911_locator_t value;
	int got, n = 0, others = 0;

	while((got = e911_geolocation_next(&rest, &value)) == 1) {
		n++;
		others += strncasecmp(value.uri.s, "cid:", 4) != 0;
	}
	return got == 0 && n > 0 && (others || !alone);
}

/* headers that speak of the body speak of its part once it is wrapped */
static int is_of_body(const struct hdr_field *h)
{
	return is_header(h, "Content-Disposition")
		   || is_header(h, "Content-Encoding") || is_header(h, "e")
		   || is_header(h, "Content-Language") || is_header(h, "Content-ID")
		   || is_header(h, "Content-Transfer-Encoding");
}

/* Kamailio knows it, and knows it as none of those that concern us. */
static int is_of_no_concern(const struct hdr_field *h)
{
	const hdr_flags_t others = HDR_VIA_F | HDR_FROM_F | HDR_TO_F | HDR_CALLID_F
							   | HDR_CSEQ_F | HDR_CONTACT_F | HDR_MAXFORWARDS_F
							   | HDR_CONTENTLENGTH_F | HDR_CONTENTTYPE_F
							   | HDR_USERAGENT_F | HDR_ROUTE_F;

	return (HDR_T2F(h->type) & others) != 0;
}

static int is_unwanted(const struct hdr_field *h, const e911_dressing_t *d)
{
	const char *const *name;

	if(is_header(h, "Geolocation"))
		return !is_good(h, d->alone);
	for(name = d->out; name && *name; name++)
		if(is_header(h, *name))
			return 1;
	return 0;
}

static void view_header(view_t *v, struct hdr_field *h)
{
	if(is_unwanted(h, v->d))
		return;
	if(is_header(h, "Geolocation-Routing")) {
		v->routing = 1;
	} else if(is_header(h, "Geolocation")) {
		if(v->geolocation == NULL)
			v->geolocation = h;
	} else if(is_of_body(h) && v->moved < MOVED_MAX
			  && h->len <= MOVED_LEN_MAX) {
		v->move[v->moved++] = h;
	}
}

static void take_type(struct lump *l, void *arg)
{
	str value;

	if(begins(l, 'c') && says_type(l, &value))
		((view_t *)arg)->type = value;
}

/* set_body() and its like delete the received header and add a new one */
static void view_type(view_t *v, sip_msg_t *msg)
{
	struct hdr_field *h = msg->content_type;

	if(h && !is_deleted(msg->add_rm, offset_of(msg, h->name.s), h->len))
		v->type = h->body;
	trim(&v->type);
	each_text(msg->add_rm, take_type, v);
}

static void take_body(struct lump *l, void *arg)
{
	if(l->len)
		((view_t *)arg)->text = l;
}

static void view_text(view_t *v, sip_msg_t *msg)
{
	v->gone = v->body.len == 0
			  || is_deleted(
					  msg->body_lumps, offset_of(msg, v->body.s), v->body.len);
	if(v->gone)
		each_text(msg->body_lumps, take_body, v);
}

static int look(sip_msg_t *msg, const e911_dressing_t *d, view_t *v)
{
	struct hdr_field *h;
	int err;

	memset(v, 0, sizeof(*v));
	v->d = d;
	err = e911_body_received(msg, &v->body);
	if(err)
		return err;
	v->junk = msg->len - offset_of(msg, v->body.s) - v->body.len;
	for(h = msg->headers; h; h = h->next)
		if(!is_of_no_concern(h)
				&& !is_deleted(msg->add_rm, offset_of(msg, h->name.s), h->len))
			view_header(v, h);
	view_type(v, msg);
	view_text(v, msg);
	return E911_OK;
}

/* ----- texts ----- */

/* Where our part goes, and what stands there already. */
typedef struct seam
{
	int at;
	int line;	/* our delimiter would begin a line */
	int open;	/* a delimiter that opens a part */
	int closed; /* a closing delimiter */
} seam_t;

static void put_head(e911_strbuf_t *b, const e911_attachment_t *part)
{
	E911_STRBUF_LIT(b, part_type);
	e911_strbuf_puts(b, part->type);
	E911_STRBUF_LIT(b, part_id);
	e911_strbuf_put_str(b, &part->content_id);
	E911_STRBUF_LIT(b, part_disposition);
}

static void put_delimiter(
		e911_strbuf_t *b, const str *boundary, const char *end)
{
	E911_STRBUF_LIT(b, "--");
	e911_strbuf_put_str(b, boundary);
	e911_strbuf_puts(b, end);
}

static void put_parts(e911_strbuf_t *b, const str *boundary,
		const e911_dressing_t *d, const seam_t *seam)
{
	int i;

	if(!seam->line)
		E911_STRBUF_LIT(b, "\r\n");
	for(i = 0; i < d->parts; i++) {
		if(i || !seam->open)
			put_delimiter(b, boundary, "\r\n");
		put_head(b, &d->part[i]);
		e911_strbuf_put_str(b, &d->part[i].text);
		E911_STRBUF_LIT(b, "\r\n");
	}
	if(!seam->closed)
		put_delimiter(b, boundary, "--\r\n");
}

static int parts_room(const str *boundary, const e911_dressing_t *d)
{
	int i, most = boundary->len + 16;

	for(i = 0; i < d->parts; i++)
		most += d->part[i].text.len + d->part[i].content_id.len + boundary->len
				+ (int)strlen(d->part[i].type) + (int)sizeof(part_type)
				+ (int)sizeof(part_id) + (int)sizeof(part_disposition) + 16;
	return most;
}

/* Memory for a text; a buffer of no size, and the edit failed, without. */
static void text_init(edit_t *e, e911_strbuf_t *b, int most)
{
	char *mem = NULL;

	if((size_t)most <= sizeof(room) - e->used)
		mem = room + e->used;
	else if(!e->failed)
		mem = pkg_malloc(most);
	if(mem == NULL)
		e->failed = 1;
	e911_strbuf_init(b, mem, mem ? most : 0);
}

static void insert_parts(edit_t *e, int offset, const str *boundary,
		const e911_dressing_t *d, const seam_t *seam)
{
	e911_strbuf_t b;

	text_init(e, &b, parts_room(boundary, d));
	put_parts(&b, boundary, d, seam);
	insert(e, offset, &b);
}

static void insert_lines(edit_t *e, int offset, const e911_strbuf_t *lines)
{
	e911_strbuf_t b;

	if(lines->len == 0)
		return;
	text_init(e, &b, (int)lines->len);
	e911_strbuf_put(&b, lines->s, lines->len);
	insert(e, offset, &b);
}

/* The first part's head: what the message's headers said of its body. Linked
 * apart from the others. */
static struct lump *new_prefix(
		edit_t *e, const view_t *v, const str *type, const str *boundary)
{
	int most = type->len + boundary->len + v->moved * MOVED_LEN_MAX + 32;
	e911_strbuf_t b;
	int i, at = e->n;

	text_init(e, &b, most);
	E911_STRBUF_LIT(&b, "--");
	e911_strbuf_put_str(&b, boundary);
	E911_STRBUF_LIT(&b, "\r\nContent-Type: ");
	e911_strbuf_put_str(&b, type);
	E911_STRBUF_LIT(&b, "\r\n");
	for(i = 0; i < v->moved; i++)
		e911_strbuf_put(&b, v->move[i]->name.s, v->move[i]->len);
	E911_STRBUF_LIT(&b, "\r\n");
	insert(e, offset_of(e->msg, v->body.s), &b);
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

	if(!v->gone && v->body.len > 4 && memcmp(v->body.s, "v=0", 3) == 0
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

/* does the text end with a delimiter that opens a part, as after
 * set_body_multipart()? */
static int ends_open(const str *text, const str *boundary)
{
	int n = boundary->len + 4;
	const char *p;

	if(text->len < n)
		return 0;
	p = text->s + text->len - n;
	return memcmp(p, "--", 2) == 0
		   && memcmp(p + 2, boundary->s, boundary->len) == 0
		   && memcmp(p + n - 2, "\r\n", 2) == 0
		   && (text->len == n || p[-1] == '\n');
}

/* Our part goes in front of the closing delimiter's line, rather than of the
 * line end before it, which others may take away or rewrite. */
static int find_seam(const str *text, const str *boundary, seam_t *seam)
{
	memset(seam, 0, sizeof(*seam));
	if(e911_multipart_end(text, boundary, &seam->at, &seam->closed))
		return E911_ERR_NONE;
	if(seam->closed)
		seam->at += text->s[seam->at] == '\r' ? 2 : 1;
	else
		seam->open = ends_open(text, boundary);
	seam->line = seam->closed || seam->open;
	return E911_OK;
}

/* One more part inside the text that replaced the body: the lump gives way to
 * a longer one, since its memory may belong to other branches too. */
static int join_text(
		edit_t *e, view_t *v, const str *boundary, const e911_dressing_t *d)
{
	str text = {v->text->u.value, v->text->len};
	e911_strbuf_t b;
	seam_t seam;

	if(find_seam(&text, boundary, &seam))
		return E911_ERR_NONE;
	text_init(e, &b, text.len + parts_room(boundary, d));
	e911_strbuf_put(&b, text.s, seam.at);
	put_parts(&b, boundary, d, &seam);
	e911_strbuf_put(&b, text.s + seam.at, text.len - seam.at);
	insert(e, offset_of(e->msg, v->body.s), &b);
	e->blank = v->text;
	return E911_OK;
}

/* the byte by which a seam knows what stands there is deleted */
static int is_torn(const sip_msg_t *msg, int offset, const seam_t *seam)
{
	if(!seam->closed && !seam->open)
		return 0;
	return is_deleted(
			msg->body_lumps, offset + seam->at - (seam->closed ? 0 : 1), 1);
}

static int join_body(edit_t *e, const view_t *v, const str *boundary,
		const e911_dressing_t *d)
{
	seam_t at_end = {.at = v->body.len}, seam;
	int offset = offset_of(e->msg, v->body.s);

	if(find_seam(&v->body, boundary, &seam))
		return E911_ERR_NONE;
	/* remove_body_part() takes the delimiter behind the part with it */
	if(is_torn(e->msg, offset, &seam))
		seam = at_end;
	insert_parts(e, offset + seam.at, boundary, d, &seam);
	return E911_OK;
}

static int join(edit_t *e, view_t *v, const e911_dressing_t *d)
{
	str boundary;

	if(!joins(&v->type) || e911_multipart_boundary(&v->type, &boundary))
		return E911_ERR_NONE;
	if(v->text)
		return join_text(e, v, &boundary, d);
	return v->gone ? E911_ERR_NONE : join_body(e, v, &boundary, d);
}

static void retype(
		edit_t *e, const view_t *v, e911_strbuf_t *lines, const str *boundary)
{
	struct hdr_field *h;
	int i, types = 0;

	E911_STRBUF_LIT(lines, "Content-Type: multipart/mixed;boundary=");
	e911_strbuf_put_str(lines, boundary);
	E911_STRBUF_LIT(lines, "\r\n");
	for(h = e->msg->headers; h; h = h->next)
		if(h->type == HDR_CONTENTTYPE_T && types++ < TYPES_MAX)
			delete(e, offset_of(e->msg, h->name.s), h->len);
	for(i = 0; i < v->moved; i++)
		delete(e, offset_of(e->msg, v->move[i]->name.s), v->move[i]->len);
	e->retyped = 1;
}

static void wrap(edit_t *e, const view_t *v, const e911_dressing_t *d,
		e911_strbuf_t *lines, struct lump **prefix)
{
	int end = offset_of(e->msg, v->body.s) + v->body.len;
	seam_t seam = {.line = v->gone && v->text == NULL};
	int lies =
			v->type.len > 10 && strncasecmp(v->type.s, "multipart/", 10) == 0;

	if(!seam.line)
		*prefix = new_prefix(e, v, true_type(v, lies), &d->boundary);
	insert_parts(e, end, &d->boundary, d, &seam);
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
	E911_STRBUF_LIT(to, "Geolocation: ");
	e911_strbuf_put_str(to, &d->geolocation);
	E911_STRBUF_LIT(to, "\r\n");
	if(own.err)
		e->failed = 1;
	if(to == &own)
		insert_lines(e, offset_of(e->msg, v->geolocation->name.s), &own);
}

static void add_parts(edit_t *e, view_t *v, const e911_dressing_t *d,
		e911_strbuf_t *lines, struct lump **prefix)
{
	if(join(e, v, d))
		wrap(e, v, d, lines, prefix);
	if(v->junk)
		delete(e, e->msg->len - v->junk, v->junk);
	e->dressed = 1;
}

static void delete_unwanted(edit_t *e, const e911_dressing_t *d)
{
	struct hdr_field *h;
	int offset;

	for(h = e->msg->headers; h; h = h->next) {
		offset = offset_of(e->msg, h->name.s);
		if(!is_of_no_concern(h) && is_unwanted(h, d)
				&& !is_deleted(e->msg->add_rm, offset, h->len))
			delete(e, offset, h->len);
	}
}

static void plan_edit(
		edit_t *e, view_t *v, const e911_dressing_t *d, struct lump **prefix)
{
	char mem[HEADERS_MAX];
	e911_strbuf_t lines;

	e911_strbuf_init(&lines, mem, sizeof(mem));
	delete_unwanted(e, d);
	if(d->geolocation.len)
		put_geolocation(e, v, d, &lines);
	/* absent counts as no; a "no" of the phone stays, RFC 6442 4.2 */
	if(d->routing && !v->routing)
		E911_STRBUF_LIT(&lines, "Geolocation-Routing: yes\r\n");
	e911_strbuf_put_str(&lines, &d->lines);
	if(d->parts)
		add_parts(e, v, d, &lines, prefix);
	if(lines.err)
		e->failed = 1;
	insert_lines(e, offset_of(e->msg, e->msg->unparsed), &lines);
}

int e911_body_dress(sip_msg_t *msg, const e911_dressing_t *d)
{
	edit_t e = {.msg = msg};
	struct lump *prefix = NULL;
	view_t v;
	int err;

	err = look(msg, d, &v);
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
