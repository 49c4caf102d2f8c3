/*
 * e911: location to PIDF-LO
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "pidf.h"
#include "pidf_ns.h"
#include "civic.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define ID_MAX 16 /* the end of a UUID tells devices apart */

/* What stands behind the address, by id, and the namespaces in use. */
struct survey
{
	str rest[E911_FIELDS - E911_F_SHAPE];
	unsigned int spaces; /* bit set of enum e911_ns */
	const e911_shape_t *shape;
};

#define REST(s, id) (&(s)->rest[(id)-E911_F_SHAPE])

static void make_survey(struct survey *s, const e911_location_t *l)
{
	int at = 0, id;
	str value;

	memset(s, 0, sizeof(*s));
	while((at = e911_location_next(l, at, &id, &value))) {
		s->spaces |= 1u << e911_field(id)->ns;
		if(id >= E911_F_SHAPE)
			*REST(s, id) = value;
	}
	if(REST(s, E911_F_SHAPE)->s)
		s->shape = e911_location_shape(l);
}

static void put_xml(e911_strbuf_t *b, const str *s)
{
	e911_strbuf_put_xml(b, s->s, s->len > 0 ? (size_t)s->len : 0);
}

static void leave_out(struct survey *s, const e911_pidf_how_t *how)
{
	if(how->no_civic)
		s->spaces &= ~E911_CIVIC_SPACES;
	if(how->no_shape)
		s->shape = NULL;
}

static void put_head(e911_strbuf_t *b, const struct survey *s, int bare)
{
	if(!bare)
		LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	LIT(b, "<presence xmlns=\"" NS_PIDF "\" xmlns:dm=\"" NS_DM
		   "\" xmlns:gp=\"" NS_GP "\" xmlns:gbp=\"" NS_GBP "\"");
	e911_civic_declare(b, s->spaces);
	if(s->shape)
		LIT(b, " xmlns:gml=\"" NS_GML "\"");
	if(s->shape && !s->shape->gml)
		LIT(b, " xmlns:gs=\"" NS_GS "\"");
	if(is_area(s->shape))
		LIT(b, " xmlns:con=\"" NS_CON "\"");
	LIT(b, " entity=\"");
}

/* xs:ID is an NCName: a letter first, no colon */
static void put_id(e911_strbuf_t *b, const str *device)
{
	int skip = device->len > ID_MAX ? device->len - ID_MAX : 0, i;
	char id[ID_MAX + 1] = "d";
	unsigned char letter, digit;
	char c;

	for(i = skip; i < device->len; i++) {
		c = device->s[i];
		letter = (unsigned char)((c | 0x20) - 'a');
		digit = (unsigned char)(c - '0');
		id[1 + i - skip] = letter < 26 || digit < 10 ? c : '-';
	}
	e911_strbuf_put(b, id, 1 + (device->len > 0 ? device->len - skip : 0));
}

static void put_address(e911_strbuf_t *b, const struct survey *s,
		const e911_location_t *l, const unsigned char *limit)
{
	if(s->spaces & E911_CIVIC_SPACES)
		e911_civic_write(b, l, REST(s, E911_F_LANG), limit);
}

static void put_measure(e911_strbuf_t *b, int id, const str *value)
{
	const str *name = &e911_field(id)->name;

	LIT(b, "<gs:");
	e911_strbuf_put_str(b, name);
	if(is_angle(id))
		LIT(b, " uom=\"urn:ogc:def:uom:EPSG::9102\">");
	else
		LIT(b, " uom=\"urn:ogc:def:uom:EPSG::9001\">");
	e911_strbuf_put_str(b, value);
	LIT(b, "</gs:");
	e911_strbuf_put_str(b, name);
	LIT(b, ">");
}

static void put_ring(e911_strbuf_t *b, const struct survey *s)
{
	/* the CRS only on the outermost element: RFC 5491 section 5 */
	if(!s->shape->gml)
		LIT(b, "<gs:base><gml:Polygon>");
	LIT(b, "<gml:exterior><gml:LinearRing><gml:posList>");
	e911_strbuf_put_str(b, REST(s, E911_F_POS));
	LIT(b, "</gml:posList></gml:LinearRing></gml:exterior>");
	if(!s->shape->gml)
		LIT(b, "</gml:Polygon></gs:base>");
}

static void put_shape_name(e911_strbuf_t *b, const e911_shape_t *shape)
{
	if(shape->gml)
		LIT(b, "gml:");
	else
		LIT(b, "gs:");
	e911_strbuf_put_str(b, &shape->name);
}

static void put_shape(e911_strbuf_t *b, const struct survey *s, int dims)
{
	int id;

	if(s->shape == NULL)
		return;
	LIT(b, "<");
	put_shape_name(b, s->shape);
	if(dims == 3)
		LIT(b, " srsName=\"urn:ogc:def:crs:EPSG::4979\">");
	else
		LIT(b, " srsName=\"urn:ogc:def:crs:EPSG::4326\">");
	if(s->shape->ring)
		put_ring(b, s);
	else {
		LIT(b, "<gml:pos>");
		e911_strbuf_put_str(b, REST(s, E911_F_POS));
		LIT(b, "</gml:pos>");
	}
	for(id = E911_F_RADIUS; id < E911_F_CONFIDENCE; id++)
		if(s->shape->members & E911_MEMBER(id))
			put_measure(b, id, REST(s, id));
	LIT(b, "</");
	put_shape_name(b, s->shape);
	LIT(b, ">");
}

static void put_confidence(e911_strbuf_t *b, const struct survey *s)
{
	const str *confidence = REST(s, E911_F_CONFIDENCE);
	const str *pdf = REST(s, E911_F_PDF);

	if(!is_area(s->shape))
		return;
	LIT(b, "<con:confidence");
	if(pdf->len) {
		LIT(b, " pdf=\"");
		e911_strbuf_put_str(b, pdf);
		LIT(b, "\"");
	}
	LIT(b, ">");
	if(confidence->len)
		e911_strbuf_put_str(b, confidence);
	else
		LIT(b, "95");
	LIT(b, "</con:confidence>");
}

/* RFC 4119 section 2.2.2, the names and the namespace of its schema. Who
 * inserts an address for an emergency call wants it passed on. */
static void put_rules(
		e911_strbuf_t *b, const e911_pidf_how_t *how, time_t until)
{
	time_t expiry = how->retention > 0 ? how->now + how->retention : 0;

	/* never longer than whoever stated it allows */
	if(until && (expiry == 0 || until < expiry))
		expiry = until;
	LIT(b, "</gp:location-info><gp:usage-rules>"
		   "<gbp:retransmission-allowed>true</gbp:retransmission-allowed>");
	if(expiry) {
		LIT(b, "<gbp:retention-expiry>");
		e911_strbuf_put_time(b, expiry);
		LIT(b, "</gbp:retention-expiry>");
	}
	LIT(b, "</gp:usage-rules>");
}

static void put_source(
		e911_strbuf_t *b, const struct survey *s, const e911_pidf_how_t *how)
{
	const str *method = how->method.len ? &how->method : REST(s, E911_F_METHOD);
	const str *provider = REST(s, E911_F_PROVIDED_BY);

	if(method->len) {
		LIT(b, "<gp:method>");
		e911_strbuf_put_str(b, method);
		LIT(b, "</gp:method>");
	}
	if(provider->len) {
		/* RFC 7852 section 6.2 */
		LIT(b, "<gp:provided-by><EmergencyCallDataReference xmlns=\"" NS_AD
			   "\" purpose=\"" PROVIDER_INFO "\" ref=\"");
		put_xml(b, provider);
		LIT(b, "\"/></gp:provided-by>");
	}
}

static void put_geopriv(e911_strbuf_t *b, const struct survey *s,
		const e911_location_t *l, const e911_pidf_how_t *how)
{
	int dims = s->shape ? e911_location_dims(l) : 0;

	LIT(b, "<gp:geopriv><gp:location-info>");
	if(how->civic_first) {
		put_address(b, s, l, how->limit);
		put_shape(b, s, dims);
	} else {
		put_shape(b, s, dims);
		put_address(b, s, l, how->limit);
	}
	put_confidence(b, s);
	put_rules(b, how, l->until);
	put_source(b, s, how);
	LIT(b, "</gp:geopriv>");
}

int e911_pidf_write(
		e911_strbuf_t *b, const e911_location_t *l, const e911_pidf_how_t *how)
{
	/* nobody has stated a site's default: it is so now */
	time_t stated = l->stated ? l->stated : how->now;
	struct survey s;

	make_survey(&s, l);
	leave_out(&s, how);
	put_head(b, &s, how->bare);
	put_xml(b, &how->entity);
	if(how->element == E911_PIDF_TUPLE)
		LIT(b, "\"><tuple id=\"");
	else
		LIT(b, "\"><dm:device id=\"");
	put_id(b, &how->device);
	if(how->element == E911_PIDF_TUPLE) {
		LIT(b, "\"><status>");
		put_geopriv(b, &s, l, how);
		LIT(b, "</status><timestamp>");
		e911_strbuf_put_time(b, stated);
		LIT(b, "</timestamp></tuple></presence>\n");
	} else {
		/* RFC 4479 section 5.1.2: the id comes after the extensions */
		LIT(b, "\">");
		put_geopriv(b, &s, l, how);
		LIT(b, "<dm:deviceID>");
		put_xml(b, &how->device);
		LIT(b, "</dm:deviceID><dm:timestamp>");
		e911_strbuf_put_time(b, stated);
		LIT(b, "</dm:timestamp></dm:device></presence>\n");
	}
	return b->err;
}
