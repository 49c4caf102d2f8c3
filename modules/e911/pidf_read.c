/*
 * e911: location from PIDF-LO
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A walk over libxml2's events: no tree is built, so nothing is allocated here
 * and a name or namespace lost to a failing allocation ends the walk.
 */
#include <string.h>
#include "pidf.h"
#include "pidf_ns.h"
#include "sax.h"
#include "xsd.h"
#include "err.h"

/* Namespaces as a bit set. */
enum space
{
	S_PIDF = 1,
	S_DM = 2,
	S_GP = 4,
	S_GBP = 8,
	S_CA = 16,
	S_CAE = 32,
	S_CDX1 = 64,
	S_CDX2 = 128,
	S_GML = 256,
	S_GS = 512,
	S_CON = 1024,
	S_AD = 2048,
};

static const struct
{
	const char *uri;
	int space;
} spaces[] = {
		{NS_PIDF, S_PIDF},
		{NS_DM, S_DM},
		{NS_GP, S_GP},
		{NS_GBP, S_GBP},
		{NS_CA, S_CA},
		{NS_GP ":civicLoc", S_CA}, /* RFC 4119, before RFC 5139 */
		{NS_CAE, S_CAE},
		{NS_CDX1, S_CDX1},
		{NS_CDX2, S_CDX2},
		{NS_GML, S_GML},
		{NS_GML "/3.2", S_GML},
		{NS_GS, S_GS},
		{NS_CON, S_CON},
		{NS_AD, S_AD},
};

static const int field_space[] = {
		[E911_NS_CA] = S_CA,
		[E911_NS_CAE] = S_CAE,
		[E911_NS_CDX1] = S_CDX1,
		[E911_NS_CDX2] = S_CDX2,
};

/* Where an element stands. */
enum room
{
	ROOM_OUTSIDE,
	ROOM_ENTITY, /* device, tuple, person */
	ROOM_STATUS,
	ROOM_GEOPRIV,
	ROOM_INFO,
	ROOM_RULES,
	ROOM_PROVIDER,
	ROOM_CIVIC,
	ROOM_SHAPE,
	ROOM_LEAF, /* its text is wanted */
	ROOM_SKIP,
};

/* What a leaf says, besides the fields of a location. */
enum leaf
{
	LEAF_STATED = E911_FIELDS,
	LEAF_EXPIRY,
};

/* RFC 5491 rule 8, the best first. */
enum rank
{
	RANK_DEVICE,
	RANK_TUPLE,
	RANK_PERSON,
	RANK_NONE,
};

/* what: the rank of an entity, the content of a leaf */
static const struct step
{
	unsigned char in;
	unsigned char room;
	unsigned char what;
	int space;
	const char *name;
} steps[] = {
		{ROOM_OUTSIDE, ROOM_ENTITY, RANK_DEVICE, S_DM, "device"},
		{ROOM_OUTSIDE, ROOM_ENTITY, RANK_TUPLE, S_PIDF, "tuple"},
		{ROOM_OUTSIDE, ROOM_ENTITY, RANK_PERSON, S_DM, "person"},
		{ROOM_ENTITY, ROOM_STATUS, 0, S_PIDF, "status"},
		{ROOM_ENTITY, ROOM_GEOPRIV, 0, S_GP, "geopriv"},
		{ROOM_STATUS, ROOM_GEOPRIV, 0, S_GP, "geopriv"},
		{ROOM_ENTITY, ROOM_LEAF, LEAF_STATED, S_DM | S_PIDF, "timestamp"},
		{ROOM_GEOPRIV, ROOM_INFO, 0, S_GP, "location-info"},
		{ROOM_GEOPRIV, ROOM_RULES, 0, S_GP, "usage-rules"},
		{ROOM_GEOPRIV, ROOM_LEAF, E911_F_METHOD, S_GP, "method"},
		{ROOM_GEOPRIV, ROOM_PROVIDER, 0, S_GP, "provided-by"},
		/* the schema of RFC 4119 and its text differ in namespace and name */
		{ROOM_RULES, ROOM_LEAF, LEAF_EXPIRY, S_GBP | S_GP, "retention-expiry"},
		{ROOM_RULES, ROOM_LEAF, LEAF_EXPIRY, S_GBP | S_GP, "retention-expires"},
		{ROOM_PROVIDER, ROOM_SKIP, 0, S_AD, "EmergencyCallDataReference"},
		{ROOM_INFO, ROOM_CIVIC, 0, S_CA, "civicAddress"},
		{ROOM_INFO, ROOM_LEAF, E911_F_CONFIDENCE, S_CON, "confidence"},
		{ROOM_SHAPE, ROOM_LEAF, E911_F_POS, S_GML, "pos"},
		{ROOM_SHAPE, ROOM_LEAF, E911_F_POS, S_GML, "posList"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GML, "pointProperty"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GML, "Point"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GML, "exterior"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GML, "LinearRing"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GML, "Polygon"},
		{ROOM_SHAPE, ROOM_SHAPE, 0, S_GS, "base"},
};


#define TEXT_MAX 1024
#define WORD_MAX 128

struct text
{
	size_t len;
	int over; /* more than fits */
	char s[TEXT_MAX];
};

struct word
{
	int given;
	size_t len;
	char s[WORD_MAX];
};

/* One device, tuple or person, and what is wrong with it. */
struct candidate
{
	e911_location_t l;
	int rank;
	int placed; /* has a location-info */
	int addresses;
	int shape_depth; /* 0: no shape yet */
	int err;
	int bad;
	time_t expiry;			/* 0: not said */
	struct word street;		/* A6, until it is known if there is a RD */
	struct word confidence; /* until it is known if the shape is an area */
	struct word pdf;
};

struct reader
{
	e911_sax_t sax;
	time_t now;
	int origin;
	int depth;
	int elements;
	unsigned char rooms[E911_PIDF_DEPTH + 1]; /* by depth */
	int leaf;
	int uom; /* EPSG number of the leaf's unit, 0: none stated */
	struct text text;
	struct text pos;
	struct candidate here;
	struct candidate best;
};

struct element
{
	const char *name;
	int space;
	int attributes;
	const xmlChar **attribute;
};

static void fail(struct reader *r, int err, int field)
{
	if(r->here.err)
		return;
	r->here.err = err;
	r->here.bad = field;
}

/* An address does not fall for a slip in what is said about it. */
static void take(struct reader *r, int id, const char *s, size_t len)
{
	int err = e911_location_set(&r->here.l, id, s, len);
	int about = e911_field(id)->ns == E911_NS_ABOUT;

	if(err && (!about || err == E911_ERR_TWICE || err == E911_ERR_SPACE))
		fail(r, err, id);
}

/* ----- attributes: libxml2 gives five pointers each ----- */

static int find_attribute(
		const struct element *e, const char *uri, const char *name, str *value)
{
	const xmlChar **a = e->attribute;
	int i;

	for(i = 0; i < e->attributes; i++, a += 5) {
		if(strcmp((const char *)a[0], name) != 0)
			continue;
		if(uri ? a[2] == NULL || strcmp((const char *)a[2], uri) != 0
			   : a[2] != NULL)
			continue;
		value->s = (char *)a[3];
		value->len = (int)(a[4] - a[3]);
		return 1;
	}
	return 0;
}

/* WORD_MAX is more than any such field may have: cut, it is still LONG */
static void keep(struct word *w, const char *s, size_t len)
{
	w->given = 1;
	w->len = len < WORD_MAX ? len : WORD_MAX;
	memcpy(w->s, s, w->len);
}

/* "urn:ogc:def:crs:EPSG::4326" and its elder relatives: the number, 0 where
 * it is something else */
static int epsg(const str *urn)
{
	int i = urn->len, n = 0, unit;

	for(unit = 1; i > 0 && urn->s[i - 1] >= '0' && urn->s[i - 1] <= '9'
				  && unit <= 1000;
			i--, unit *= 10)
		n += (urn->s[i - 1] - '0') * unit;
	if(i < 5 || urn->s[i - 1] != ':' || memcmp(urn->s, "urn:", 4) != 0)
		return 0;
	return n;
}

/* Another system has its axes elsewhere: better no place than a wrong one. */
static void check_crs(struct reader *r, const struct element *e)
{
	str name;

	if(find_attribute(e, NULL, "srsName", &name) && epsg(&name) != 4326
			&& epsg(&name) != 4979)
		fail(r, E911_ERR_VALUE, E911_F_POS);
}

/* In an attribute libxml2 leaves "&amp;" as "&#38;". */
static size_t plain_ampersands(char *out, const str *value)
{
	size_t o = 0;
	int i;

	for(i = 0; i < value->len; i++) {
		out[o++] = value->s[i];
		if(value->len - i >= 5 && memcmp(value->s + i, "&#38;", 5) == 0)
			i += 4;
	}
	return o;
}

/* RFC 7852 section 6.2; references to other blocks may stand beside it */
static void take_provider(struct reader *r, const struct element *e)
{
	char uri[TEXT_MAX];
	str purpose, ref;

	if(!find_attribute(e, NULL, "purpose", &purpose)
			|| purpose.len != sizeof(PROVIDER_INFO) - 1
			|| memcmp(purpose.s, PROVIDER_INFO, purpose.len) != 0)
		return;
	if(!find_attribute(e, NULL, "ref", &ref) || ref.len > TEXT_MAX)
		return;
	take(r, E911_F_PROVIDED_BY, uri, plain_ampersands(uri, &ref));
}

/* ----- going in ----- */

static int space_of(const xmlChar *uri)
{
	size_t i;

	for(i = 0; uri && i < sizeof(spaces) / sizeof(*spaces); i++)
		if(strcmp((const char *)uri, spaces[i].uri) == 0)
			return spaces[i].space;
	return 0;
}

static const struct step *find_step(int in, const struct element *e)
{
	size_t i;

	for(i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if(steps[i].in == in && (steps[i].space & e->space)
				&& strcmp(steps[i].name, e->name) == 0)
			return &steps[i];
	return NULL;
}

static int enter_leaf(struct reader *r, const struct element *e, int leaf)
{
	str unit;

	r->leaf = leaf;
	r->text.len = 0;
	r->text.over = 0;
	r->uom = 0;
	if(find_attribute(e, NULL, "uom", &unit)) {
		r->uom = epsg(&unit);
		if(r->uom == 0)
			r->uom = -1;
	}
	return ROOM_LEAF;
}

static int enter_entity(struct reader *r, int rank)
{
	struct candidate *c = &r->here;

	if(rank >= r->best.rank)
		return ROOM_SKIP;
	memset(c, 0, sizeof(*c));
	e911_location_init(&c->l, r->origin, r->now);
	c->rank = rank;
	return ROOM_ENTITY;
}

static int enter_info(struct reader *r)
{
	if(r->here.placed++)
		fail(r, E911_ERR_TWICE, E911_F_COUNTRY);
	return ROOM_INFO;
}

/* RFC 5139 section 3.5: one address for each language. Two in one language
 * are two places. */
static int enter_civic(struct reader *r, const struct element *e)
{
	str lang = {"", 0}, first;
	int stated = find_attribute(e, NS_XML, "lang", &lang);

	if(r->here.addresses++ == 0) {
		if(stated)
			take(r, E911_F_LANG, lang.s, lang.len);
		return ROOM_CIVIC;
	}
	if(!stated || e911_location_get(&r->here.l, E911_F_LANG, &first)
			|| (first.len == lang.len
					&& memcmp(first.s, lang.s, lang.len) == 0))
		fail(r, E911_ERR_TWICE, E911_F_COUNTRY);
	return ROOM_SKIP;
}

static int enter_field(struct reader *r, const struct element *e)
{
	int id = e911_field_find(e->name, strlen(e->name));

	if(id < 0 || id >= E911_F_SHAPE
			|| field_space[e911_field(id)->ns] != e->space)
		return ROOM_SKIP;
	return enter_leaf(r, e, id);
}

static int enter_shape(struct reader *r, const struct element *e)
{
	size_t len = strlen(e->name);
	const e911_shape_t *shape = e911_shape_find(e->name, len);

	if(shape == NULL || e->space != (shape->gml ? S_GML : S_GS)
			|| r->here.shape_depth)
		return ROOM_SKIP;
	r->here.shape_depth = r->depth + 1;
	r->pos.len = 0;
	r->pos.over = 0;
	take(r, E911_F_SHAPE, e->name, len);
	check_crs(r, e);
	return ROOM_SHAPE;
}

static int enter_member(struct reader *r, const struct element *e)
{
	int id = e911_field_find(e->name, strlen(e->name));

	if(id < E911_F_RADIUS || id >= E911_F_CONFIDENCE || e->space != S_GS)
		return ROOM_SKIP;
	return enter_leaf(r, e, id);
}

/* What no step leads to. */
static int enter_other(struct reader *r, int in, const struct element *e)
{
	switch(in) {
		case ROOM_OUTSIDE:
			return ROOM_OUTSIDE;
		case ROOM_INFO:
			return enter_shape(r, e);
		case ROOM_CIVIC:
			return enter_field(r, e);
		case ROOM_SHAPE:
			return enter_member(r, e);
	}
	return ROOM_SKIP;
}

static int enter_confidence(struct reader *r, const struct element *e)
{
	str pdf;

	if(find_attribute(e, NULL, "pdf", &pdf))
		keep(&r->here.pdf, pdf.s, pdf.len);
	return enter_leaf(r, e, E911_F_CONFIDENCE);
}

static int enter(struct reader *r, int in, const struct element *e)
{
	const struct step *step = find_step(in, e);

	if(step == NULL)
		return enter_other(r, in, e);
	if(step->in == ROOM_PROVIDER)
		take_provider(r, e);
	if(step->in == ROOM_SHAPE)
		check_crs(r, e);
	switch(step->room) {
		case ROOM_ENTITY:
			return enter_entity(r, step->what);
		case ROOM_INFO:
			return enter_info(r);
		case ROOM_CIVIC:
			return enter_civic(r, e);
		case ROOM_LEAF:
			if(step->what == E911_F_CONFIDENCE)
				return enter_confidence(r, e);
			return enter_leaf(r, e, step->what);
	}
	return step->room;
}

/* ----- text ----- */

/* white space of any kind and length is one blank */
static void put_text(struct text *t, const char *s, size_t len)
{
	size_t i;
	char c;

	for(i = 0; i < len; i++) {
		c = s[i] == '\t' || s[i] == '\r' || s[i] == '\n' ? ' ' : s[i];
		if(c == ' ' && (t->len == 0 || t->s[t->len - 1] == ' '))
			continue;
		if(t->len == TEXT_MAX) {
			t->over = 1;
			return;
		}
		t->s[t->len++] = c;
	}
}

/* ----- going out ----- */

/* RFC 5491 section 5: angles are degrees or radians */
static size_t degrees(char *out, size_t max, const struct text *t)
{
	double radians;
	long millionths;
	e911_strbuf_t b;

	if(e911_field_number(t->s, t->len, &radians) || radians < -7 || radians > 7)
		return 0;
	millionths = (long)(radians * 57.295779513082320877 * 1e6
						+ (radians < 0 ? -0.5 : 0.5));
	e911_strbuf_init(&b, out, max);
	if(millionths < 0) {
		E911_STRBUF_LIT(&b, "-");
		millionths = -millionths;
	}
	e911_strbuf_put_num(&b, millionths / 1000000);
	E911_STRBUF_LIT(&b, ".");
	e911_strbuf_put_num(&b, millionths % 1000000 + 1000000);
	/* the leading one kept the zeros; the point takes its place */
	memmove(b.s + b.len - 7, b.s + b.len - 6, 6);
	return b.len - 1;
}

static void leave_measure(struct reader *r)
{
	char turned[24];
	size_t len;
	int right = is_angle(r->leaf) ? 9102 : 9001;

	if(r->uom == 0 || r->uom == right) {
		take(r, r->leaf, r->text.s, r->text.len);
		return;
	}
	len = is_angle(r->leaf) && r->uom == 9101
				  ? degrees(turned, sizeof(turned), &r->text)
				  : 0;
	if(len)
		take(r, r->leaf, turned, len);
	else
		fail(r, E911_ERR_VALUE, r->leaf);
}

static void leave_pos(struct reader *r)
{
	put_text(&r->pos, " ", 1);
	put_text(&r->pos, r->text.s, r->text.len);
	r->pos.over |= r->text.over;
}

static void leave_word(struct reader *r, struct word *w)
{
	if(w->given)
		fail(r, E911_ERR_TWICE, r->leaf);
	keep(w, r->text.s, r->text.len);
}

static size_t trimmed(struct text *t)
{
	while(t->len && t->s[t->len - 1] == ' ')
		t->len--;
	return t->len;
}

static void leave_leaf(struct reader *r)
{
	struct text *t = &r->text;
	size_t len = trimmed(t);
	int id = r->leaf;

	if(id == LEAF_STATED)
		e911_xsd_time(t->s, len, &r->here.l.stated);
	else if(id == LEAF_EXPIRY)
		e911_xsd_time(t->s, len, &r->here.expiry);
	else if(id == E911_F_POS)
		leave_pos(r);
	else if(id == E911_F_A6)
		leave_word(r, &r->here.street);
	else if(id == E911_F_CONFIDENCE)
		leave_word(r, &r->here.confidence);
	else if(id > E911_F_POS && id < E911_F_CONFIDENCE)
		leave_measure(r);
	else
		take(r, id, t->s, len);
	if(t->over && id < E911_F_LANG)
		fail(r, E911_ERR_LONG, id);
}

static void leave_civic(struct reader *r)
{
	struct candidate *c = &r->here;
	str value;

	if(c->street.len)
		take(r,
				e911_location_get(&c->l, E911_F_RD, &value) ? E911_F_RD
															: E911_F_A6,
				c->street.s, c->street.len);
}

static void leave_shape(struct reader *r)
{
	if(r->pos.over)
		fail(r, E911_ERR_LONG, E911_F_POS);
	take(r, E911_F_POS, r->pos.s, trimmed(&r->pos));
}

/* What nobody understands is an unknown confidence, not the 95 % that none at
 * all would mean (RFC 7459 section 4.1). */
static void set_confidence(struct candidate *c)
{
	if(!is_area(e911_location_shape(&c->l)))
		return;
	if(c->pdf.given)
		e911_location_set(&c->l, E911_F_PDF, c->pdf.s, c->pdf.len);
	if(c->confidence.given
			&& e911_location_set(&c->l, E911_F_CONFIDENCE, c->confidence.s,
					c->confidence.len))
		e911_location_set(&c->l, E911_F_CONFIDENCE, "unknown", 7);
}

static void leave_entity(struct reader *r)
{
	if(!r->here.placed)
		return;
	set_confidence(&r->here);
	r->best = r->here;
}

/* ----- libxml2's events ----- */

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri, int namespaces, const xmlChar **namespace,
		int attributes, int defaulted, const xmlChar **attribute)
{
	struct reader *r = ctx;
	struct element e = {
			(const char *)name, space_of(uri), attributes, attribute};
	int in = r->rooms[r->depth];

	(void)prefix;
	(void)namespaces;
	(void)namespace;
	(void)defaulted;
	if(r->depth == E911_PIDF_DEPTH || r->elements == E911_PIDF_ELEMENTS) {
		e911_sax_stop(&r->sax, E911_ERR_DEPTH);
		return;
	}
	r->elements++;
	r->rooms[r->depth + 1] = (unsigned char)enter(r, in, &e);
	r->depth++;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		const xmlChar *uri)
{
	struct reader *r = ctx;
	int room = r->rooms[r->depth];

	(void)name;
	(void)prefix;
	(void)uri;
	if(room == ROOM_LEAF)
		leave_leaf(r);
	else if(room == ROOM_CIVIC)
		leave_civic(r);
	else if(room == ROOM_SHAPE && r->depth == r->here.shape_depth)
		leave_shape(r);
	else if(room == ROOM_ENTITY)
		leave_entity(r);
	r->depth--;
}

static void on_text(void *ctx, const xmlChar *s, int len)
{
	struct reader *r = ctx;

	if(r->rooms[r->depth] == ROOM_LEAF)
		put_text(&r->text, (const char *)s, len);
}

/* ----- the whole ----- */

static int verdict(struct candidate *c, time_t now, int *bad)
{
	if(c->rank == RANK_NONE)
		return E911_ERR_NONE;
	/* RFC 4119 section 2.2.2: to be discarded whatever it says */
	if(now && c->expiry && c->expiry < now)
		return E911_ERR_OLD;
	if(c->err) {
		*bad = c->bad;
		return c->err;
	}
	return e911_location_check(&c->l, bad);
}

int e911_pidf_read(e911_location_t *l, const char *doc, size_t len, int origin,
		time_t now, int *bad)
{
	static const xmlSAXHandler events = {.startElementNs = on_start,
			.endElementNs = on_end,
			.characters = on_text,
			.ignorableWhitespace = on_text,
			.cdataBlock = on_text};
	struct reader r;
	int err;

	if(len > E911_PIDF_MAX)
		return E911_ERR_SPACE;
	memset(&r, 0, sizeof(r));
	r.now = now;
	r.origin = origin;
	r.best.rank = RANK_NONE;
	err = e911_sax_walk(&r, &events, doc, len);
	if(!err)
		err = verdict(&r.best, now, bad);
	if(err)
		return err;
	r.best.l.until = r.best.expiry;
	memcpy(l, &r.best.l, E911_LOCATION_SIZE(&r.best.l));
	return E911_OK;
}
