/*
 * e911: one dispatchable location
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "location.h"
#include "err.h"
#include "strbuf.h"

static const char *const verdicts[] = {
		"unchecked", "valid", "corrected", "invalid", "unusable"};
static const char *const freshnesses[] = {"fresh", "suspect", "expired"};
static const char *const origins[] = {
		"rpc", "http", "sip", "held", "map", "dmq", "db", "site"};

#define NAME_OF(table, i) \
	((i) >= 0 && (size_t)(i) < sizeof(table) / sizeof(*table) ? table[i] : "")

const char *e911_verdict_name(int verdict)
{
	return NAME_OF(verdicts, verdict);
}

const char *e911_freshness_name(int freshness)
{
	return NAME_OF(freshnesses, freshness);
}

const char *e911_origin_name(int origin)
{
	return NAME_OF(origins, origin);
}

/* ----- the record: field, length (2), bytes; in table order ----- */

void e911_location_init(e911_location_t *l, int origin, time_t stated)
{
	memset(l, 0, offsetof(e911_location_t, text));
	l->origin = (unsigned char)origin;
	l->stated = stated;
}

/* Where field id stands or would stand; 1 if it is there. */
static int find(const e911_location_t *l, int id, int *at, str *value)
{
	int here = 0, next, other;

	while((next = e911_location_next(l, here, &other, value)) && other < id)
		here = next;
	*at = here;
	return next && other == id;
}

/* in the order of the table is how most come */
static int is_behind(const e911_location_t *l, int id)
{
	return l->len == 0 || id > l->last;
}

int e911_location_get(const e911_location_t *l, int id, str *value)
{
	str v;
	int at;

	if(!find(l, id, &at, &v))
		return E911_ERR_NONE;
	*value = v;
	return E911_OK;
}

static int insert(e911_location_t *l, int at, int id, const char *s, size_t len)
{
	unsigned char *p = l->text + at;

	if(l->len + 3 + len > E911_LOCATION_TEXT_MAX)
		return E911_ERR_SPACE;
	if(at == l->len)
		l->last = (unsigned char)id;
	memmove(p + 3 + len, p, l->len - at);
	p[0] = (unsigned char)id;
	p[1] = len & 0xff;
	p[2] = (unsigned char)(len >> 8);
	memcpy(p + 3, s, len);
	l->len += 3 + len;
	l->escapes |= e911_strbuf_has_xml(s, len);
	return E911_OK;
}

int e911_location_set(e911_location_t *l, int id, const char *s, size_t len)
{
	char value[E911_FIELD_MAX];
	int at = l->len, err;
	size_t n;
	str old;

	err = e911_field_normal(id, s, len, value, &n);
	if(err == E911_ERR_NAME)
		return err;
	if(!is_behind(l, id) && find(l, id, &at, &old))
		return E911_ERR_TWICE;
	if(err || n == 0)
		return err;
	return insert(l, at, id, value, n);
}

static int append(e911_location_t *l, int id, const str *value)
{
	return value->len ? insert(l, l->len, id, value->s, value->len) : E911_OK;
}

int e911_location_edit(e911_location_t *to, const e911_location_t *from,
		const e911_edit_t *edit, int n)
{
	int at = 0, id, i = 0, err = E911_OK;
	str value;

	memcpy(to, from, offsetof(e911_location_t, text));
	to->len = 0;
	while(err == E911_OK && (at = e911_location_next(from, at, &id, &value))) {
		for(; err == E911_OK && i < n && edit[i].id < id; i++)
			err = append(to, edit[i].id, &edit[i].value);
		if(err == E911_OK && (i == n || edit[i].id != id))
			err = append(to, id, &value);
	}
	for(; err == E911_OK && i < n; i++)
		err = append(to, edit[i].id, &edit[i].value);
	return err;
}

/* ----- the whole ----- */

const e911_shape_t *e911_location_shape(const e911_location_t *l)
{
	str name;

	if(e911_location_get(l, E911_F_SHAPE, &name))
		return NULL;
	return e911_shape_find(name.s, name.len);
}

int e911_location_has_civic(const e911_location_t *l)
{
	str value;
	int at = 0, id;

	while((at = e911_location_next(l, at, &id, &value)))
		if(id != E911_F_COUNTRY)
			return id < E911_F_SHAPE;
	return 0;
}

static int ring_closed(const double *v, int count, int dims)
{
	int i;

	for(i = 0; i < dims; i++)
		if(v[i] != v[count - dims + i])
			return 0;
	return count % dims == 0 && count / dims >= 4;
}

/* Twelve numbers are six corners or four: the ring closes in one of the two
 * readings, and 2d is tried first. */
static int dims_of(const e911_shape_t *shape, const double *v, int count)
{
	if(shape->dims != 3)
		return shape->dims + 1;
	if(!shape->ring)
		return count;
	return count >= 8 && ring_closed(v, count, 2) ? 2 : 3;
}

int e911_location_dims(const e911_location_t *l)
{
	const e911_shape_t *shape = e911_location_shape(l);
	double v[E911_POINTS_MAX * 3];
	str pos;

	if(shape == NULL || e911_location_get(l, E911_F_POS, &pos))
		return 0;
	return dims_of(shape, v, e911_field_positions(&pos, v));
}

/* RFC 5491 sections 5.1 and 5.2.8: all corners at one altitude */
static int ring_level(const double *v, int count, int dims)
{
	int i;

	for(i = 5; dims == 3 && i < count; i += 3)
		if(v[i] != v[2])
			return 0;
	return 1;
}

static int on_earth(const double *v, int count, int dims)
{
	int i;

	for(i = 0; i < count; i += dims)
		if(v[i] < -90 || v[i] > 90 || v[i + 1] < -180 || v[i + 1] > 180)
			return 0;
	return 1;
}

/* RFC 5491 section 5: a position is latitude, longitude[, altitude]; a ring
 * has at least four, the first again as the last */
static int check_pos(const e911_location_t *l, const e911_shape_t *shape)
{
	double v[E911_POINTS_MAX * 3];
	int count, dims, fits;
	str pos;

	if(e911_location_get(l, E911_F_POS, &pos))
		return E911_ERR_SHAPE;
	count = e911_field_positions(&pos, v);
	dims = dims_of(shape, v, count);
	if(dims < 2 || dims > 3)
		return E911_ERR_SHAPE;
	fits = shape->ring ? count >= 8 && ring_closed(v, count, dims)
								 && ring_level(v, count, dims)
					   : count == dims;
	return fits && on_earth(v, count, dims) ? E911_OK : E911_ERR_SHAPE;
}

static double number_in(const e911_location_t *l, int id)
{
	double n = 0;
	str value;

	if(e911_location_get(l, id, &value) == 0)
		e911_field_number(value.s, value.len, &n);
	return n;
}

/* A band from its outer edge inwards, a prism of no height (RFC 5491 section
 * 5.2.8 wants it positive). */
static int check_sizes(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	*bad = E911_F_OUTER;
	if(number_in(l, E911_F_INNER) > number_in(l, E911_F_OUTER))
		return E911_ERR_SHAPE;
	*bad = E911_F_HEIGHT;
	if((shape->members & E911_MEMBER(E911_F_HEIGHT))
			&& number_in(l, E911_F_HEIGHT) <= 0)
		return E911_ERR_SHAPE;
	return E911_OK;
}

static int check_members(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	int id, wanted;
	str value;

	for(id = E911_F_RADIUS; id < E911_F_CONFIDENCE; id++) {
		wanted = (shape->members & E911_MEMBER(id)) != 0;
		*bad = id;
		if(wanted != (e911_location_get(l, id, &value) == 0))
			return E911_ERR_SHAPE;
	}
	return E911_OK;
}

static int check_shape(
		const e911_location_t *l, const e911_shape_t *shape, int *bad)
{
	int err = check_members(l, shape, bad);

	if(!err)
		err = check_sizes(l, shape, bad);
	if(err)
		return err;
	*bad = E911_F_POS;
	return check_pos(l, shape);
}

/* fields of a shape without a shape */
static int check_no_shape(const e911_location_t *l, int *bad)
{
	int at = 0;
	str value;

	while((at = e911_location_next(l, at, bad, &value)))
		if(*bad >= E911_F_POS)
			return *bad <= E911_F_PDF ? E911_ERR_SHAPE : E911_OK;
	return E911_OK;
}

int e911_location_check(const e911_location_t *l, int *bad)
{
	const e911_shape_t *shape = e911_location_shape(l);
	int field, err;

	err = shape ? check_shape(l, shape, &field) : check_no_shape(l, &field);
	if(!err && !shape && !e911_location_has_civic(l)) {
		field = E911_F_COUNTRY;
		err = E911_ERR_EMPTY;
	}
	if(err)
		*bad = field;
	return err;
}

int e911_location_token(const e911_location_t *l, const char *name, str *id)
{
	size_t len = strlen(name);
	const char *s, *end, *next;
	str all;

	if(len == 0 || e911_location_get(l, E911_F_TOKENS, &all))
		return E911_ERR_NONE;
	end = all.s + all.len;
	for(s = all.s; s < end; s = next + 1) {
		next = memchr(s, ',', end - s);
		if(next == NULL)
			next = end;
		if((size_t)(next - s) > len && s[len] == '='
				&& memcmp(s, name, len) == 0) {
			id->s = (char *)s + len + 1;
			id->len = (int)(next - id->s);
			return E911_OK;
		}
	}
	return E911_ERR_NONE;
}
