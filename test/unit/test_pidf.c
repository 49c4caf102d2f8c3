/*
 * Everything the writer writes is checked against test/data/schemas and read
 * back; libxml2's allocations are the stub's, so that they can fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: civic err strbuf location field xsd sax
 */
#include "../../modules/e911/pidf.c"
#include "../../modules/e911/pidf_read.c"
#include <stdio.h>
#include <stdlib.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include "ksr_stub.h"

#define NOW 1787320800 /* 2026-08-21T14:00:00Z */

static char doc[E911_PIDF_MAX + 4096];
static xmlSchemaPtr schema;
static xmlRelaxNGPtr grammar; /* of what is emitted, and no more */

static const e911_pidf_how_t device_how = {
		.entity = str_init("pres:agent1001@cc.example.com"),
		.device = str_init("urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
		.now = NOW,
		.retention = 3600};

/* ----- help ----- */

static unsigned int rnd(unsigned int below)
{
	static unsigned int x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % below;
}

static void set(e911_location_t *l, int id, const char *z)
{
	int err = e911_location_set(l, id, z, strlen(z));

	if(err)
		fail_msg("%s=%s: %s", e911_field(id)->name.s, z, e911_err_text(err));
}

static void set_named(e911_location_t *l, const char *name, const char *z)
{
	set(l, e911_field_find(name, strlen(name)), z);
}

static void assert_same(const e911_location_t *a, const e911_location_t *b)
{
	str x, y;
	int id, in_a, in_b;

	for(id = 0; id < E911_FIELDS; id++) {
		in_a = e911_location_get(a, id, &x) == 0;
		in_b = e911_location_get(b, id, &y) == 0;
		if(in_a != in_b
				|| (in_a && (x.len != y.len || memcmp(x.s, y.s, x.len))))
			fail_msg("%s: '%.*s' and '%.*s'", e911_field(id)->name.s,
					in_a ? x.len : 4, in_a ? x.s : "none", in_b ? y.len : 4,
					in_b ? y.s : "none");
	}
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->stated, b->stated);
	assert_int_equal(a->origin, b->origin);
}

static void assert_valid(const char *s, size_t len)
{
	xmlDocPtr tree = xmlReadMemory(s, (int)len, NULL, NULL, XML_PARSE_NONET);
	xmlSchemaValidCtxtPtr ctxt = xmlSchemaNewValidCtxt(schema);

	assert_non_null(tree);
	if(xmlSchemaValidateDoc(ctxt, tree) != 0)
		fail_msg("not valid: %.*s", (int)len, s);
	xmlSchemaFreeValidCtxt(ctxt);
	xmlFreeDoc(tree);
}

/* valid, and of the narrower form that is ours */
static void assert_ours(const char *s, size_t len)
{
	xmlDocPtr tree = xmlReadMemory(s, (int)len, NULL, NULL, XML_PARSE_NONET);
	xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(grammar);

	assert_valid(s, len);
	if(xmlRelaxNGValidateDoc(ctxt, tree) != 0)
		fail_msg("not what is emitted: %.*s", (int)len, s);
	xmlRelaxNGFreeValidCtxt(ctxt);
	xmlFreeDoc(tree);
}

static size_t write_doc(const e911_location_t *l, const e911_pidf_how_t *how)
{
	e911_strbuf_t b;

	e911_strbuf_init(&b, doc, sizeof(doc));
	assert_int_equal(e911_pidf_write(&b, l, how), 0);
	return b.len;
}

/* What l reads as once written: the defaults are stated then. */
static void settled(e911_location_t *out, const e911_location_t *l)
{
	int at = 0, id;
	str value, rd;

	e911_location_init(out, l->origin, l->stated);
	while((at = e911_location_next(l, at, &id, &value))) {
		if(id == E911_F_A6 && e911_location_get(l, E911_F_RD, &rd))
			id = E911_F_RD;
		assert_int_equal(e911_location_set(out, id, value.s, value.len), 0);
	}
	if(is_area(e911_location_shape(l))
			&& e911_location_get(l, E911_F_CONFIDENCE, &value))
		set(out, E911_F_CONFIDENCE, "95");
}

static void assert_round_trip(
		const e911_location_t *l, const e911_pidf_how_t *how)
{
	e911_location_t want, read;
	size_t len = write_doc(l, how);
	int bad = -1, err;

	assert_ours(doc, len);
	settled(&want, l);
	err = e911_pidf_read(&read, doc, len, l->origin, NOW, &bad);
	if(err)
		fail_msg("%s, field %d: %.*s", e911_err_text(err), bad, (int)len, doc);
	assert_same(&want, &read);
}

/* ----- locations ----- */

/* the members of each shape, of dims 2 and 3 where it may have both */
static const struct
{
	const char *shape;
	const char *pos;
	const char *members[8];
} shapes_of[] = {
		{"Point", "-34.407 150.883", {NULL}},
		{"Point", "-34.407 150.883 24.8", {NULL}},
		{"Polygon", "43.311 -73.422 43.111 -73.322 43.1 -73.2 43.311 -73.422",
				{NULL}},
		{"Polygon", "43.3 -73.4 5 43.1 -73.3 5 43.1 -73.2 5 43.3 -73.4 5",
				{NULL}},
		{"Circle", "42.5463 -73.2512", {"radius", "850.24"}},
		{"Ellipse", "42.5463 -73.2512",
				{"semiMajorAxis", "1275", "semiMinorAxis", "670", "orientation",
						"43.2"}},
		{"ArcBand", "-43.5723 153.21760",
				{"innerRadius", "3594", "outerRadius", "4148", "startAngle",
						"20", "openingAngle", "20"}},
		{"Sphere", "42.5463 -73.2512 26.3", {"radius", "8.5E2"}},
		{"Ellipsoid", "42.5463 -73.2512 26.3",
				{"semiMajorAxis", "7.7156", "semiMinorAxis", "3.31",
						"verticalAxis", "28.7", "orientation", "-90"}},
		{"Prism",
				"42.55 -73.24 36.6 42.65 -73.24 36.6 42.65 -73.34 36.6 "
				"42.55 -73.24 36.6",
				{"height", "2.4"}},
};
#define SHAPES (sizeof(shapes_of) / sizeof(*shapes_of))

static void add_shape(e911_location_t *l, size_t i)
{
	size_t k;

	set(l, E911_F_SHAPE, shapes_of[i].shape);
	set(l, E911_F_POS, shapes_of[i].pos);
	for(k = 0; k + 1 < 8 && shapes_of[i].members[k]; k += 2)
		set_named(l, shapes_of[i].members[k], shapes_of[i].members[k + 1]);
}

static void add_random_text(e911_location_t *l, int id)
{
	static const char *const pieces[] = {"a", "Z", "7", " ", "<", ">", "&",
			"\"", "'", "]]>", "&amp;", "<!--", "\xc3\xa9", "\xe2\x82\xac",
			"\xf0\x9f\x9a\x91", "-", "#", "/"};
	char value[256];
	size_t len = 0, max = 1 + rnd(e911_field(id)->max), n;
	const char *piece;

	for(;;) {
		piece = pieces[rnd(sizeof(pieces) / sizeof(*pieces))];
		n = strlen(piece);
		if(len + n > max)
			break;
		memcpy(value + len, piece, n);
		len += n;
	}
	assert_int_equal(e911_location_set(l, id, value, len), 0);
}

static void make_usual(e911_location_t *l)
{
	static const char *const usual[][2] = {{"country", "US"}, {"A1", "TX"},
			{"A2", "Travis"}, {"A3", "Austin"}, {"PRD", "W"}, {"RD", "Example"},
			{"STS", "ST"}, {"HNO", "1200"}, {"LOC", "APT 4B"}, {"FLR", "2"},
			{"NAM", "Agent Smith (home office)"}, {"PC", "78701"},
			{"UNIT", "4B"}, {"method", "Manual"}};
	size_t i;

	e911_location_init(l, E911_FROM_RPC, NOW);
	for(i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		set_named(l, usual[i][0], usual[i][1]);
}

static void make_random(e911_location_t *l)
{
	static const char *const methods[] = {
			"Manual", "802.11", "Device-Assisted_A-GPS"};
	int id, civic = rnd(4) > 0;

	e911_location_init(l, (int)rnd(8), NOW - rnd(100000));
	for(id = E911_F_A1; civic && id < E911_F_SHAPE; id++)
		if(rnd(4) == 0 && l->len < 1200)
			add_random_text(l, id);
	civic = e911_location_has_civic(l);
	if(civic && rnd(2))
		set(l, E911_F_COUNTRY, "CA");
	if(civic && rnd(3) == 0)
		set(l, E911_F_LANG, "zh-Hant-TW");
	if(!civic || rnd(2))
		add_shape(l, rnd(SHAPES));
	if(is_area(e911_location_shape(l)) && rnd(2))
		set(l, E911_F_CONFIDENCE, rnd(2) ? "67.5" : "unknown");
	if(is_area(e911_location_shape(l)) && rnd(2))
		set(l, E911_F_PDF, "normal");
	if(rnd(2))
		set(l, E911_F_METHOD, methods[rnd(3)]);
	if(rnd(3) == 0)
		set(l, E911_F_PROVIDED_BY, "https://adr.example.com/?a=1&b=2&#x");
}

/* ----- writing ----- */

static void writes_every_field(void **state)
{
	e911_location_t l;
	int id;

	(void)state;
	e911_location_init(&l, E911_FROM_HTTP, NOW);
	set(&l, E911_F_COUNTRY, "US");
	for(id = E911_F_A1; id < E911_F_SHAPE; id++)
		set(&l, id, "x<&>\"'y");
	set(&l, E911_F_LANG, "en-US");
	set(&l, E911_F_METHOD, "Manual");
	set(&l, E911_F_PROVIDED_BY, "https://adr.example.com/provider");
	assert_round_trip(&l, &device_how);
}

static void writes_every_shape(void **state)
{
	e911_location_t l;
	size_t i;
	int civic;

	(void)state;
	for(i = 0; i < 2 * SHAPES; i++) {
		civic = i >= SHAPES;
		e911_location_init(&l, E911_FROM_HTTP, NOW);
		add_shape(&l, i % SHAPES);
		if(civic)
			set(&l, E911_F_RD, "Congress");
		assert_round_trip(&l, &device_how);
	}
}

static void round_trip_of_anything(void **state)
{
	static const str devices[] = {str_init("urn:uuid:0"),
			str_init("mailto:a&b"), str_init(""),
			str_init("tel:+15125550101;ext=<'\">")};
	e911_pidf_how_t how = device_how;
	e911_location_t l;
	int i;

	(void)state;
	for(i = 0; i < 3000; i++) {
		make_random(&l);
		how.element = (int)rnd(2);
		how.civic_first = (int)rnd(2);
		how.retention = rnd(2) ? 0 : 60;
		how.device = devices[rnd(2)];
		assert_round_trip(&l, &how);
	}
	how.element = E911_PIDF_TUPLE;
	for(i = 0; i < 4; i++) {
		how.device = devices[i];
		assert_round_trip(&l, &how);
	}
}

static int contains(size_t len, const char *z)
{
	return memmem(doc, len, z, strlen(z)) != NULL;
}

static void names_only_the_namespaces_in_use(void **state)
{
	e911_location_t l;
	size_t len;

	(void)state;
	make_usual(&l);
	len = write_doc(&l, &device_how);
	assert_false(contains(len, "xmlns:cae"));
	assert_false(contains(len, "xmlns:cdx"));
	assert_false(contains(len, "xmlns:gml"));
	assert_false(contains(len, "xmlns:con"));
	set_named(&l, "HNP", "194");
	set_named(&l, "STPS", "of the");
	set_named(&l, "SITE", "x");
	add_shape(&l, 0);
	len = write_doc(&l, &device_how);
	assert_true(contains(len, "xmlns:cae"));
	assert_true(contains(len, "xmlns:cdx1"));
	assert_true(contains(len, "xmlns:cdx2"));
	assert_true(contains(len, "xmlns:gml"));
	assert_false(contains(len, "xmlns:gs"));
	assert_false(contains(len, "xmlns:con"));
}

static void says_what_it_was_told(void **state)
{
	e911_location_t l;
	size_t len;

	(void)state;
	make_usual(&l);
	l.stated = NOW - 60;
	len = write_doc(&l, &device_how);
	assert_true(contains(len, "<gbp:retransmission-allowed>true<"));
	assert_true(contains(len, "<gbp:retention-expiry>2026-08-21T15:00:00Z<"));
	assert_true(contains(len, "<dm:timestamp>2026-08-21T13:59:00Z<"));
	assert_true(contains(len, "<gp:method>Manual<"));
	assert_true(contains(len, " id=\"da0c-0305e82c3301\""));
	/* a site's default is nobody's statement */
	l.stated = 0;
	len = write_doc(&l, &device_how);
	assert_true(contains(len, "<dm:timestamp>2026-08-21T14:00:00Z<"));
}

/* nobody is to keep it longer than whoever stated it allows */
static void the_earlier_of_two_expiries_is_written(void **state)
{
	static const struct
	{
		int retention;
		time_t until;
		const char *want; /* NULL: none */
		time_t read;
	} rows[] = {
			{0, 0, NULL, 0},
			{3600, 0, ">2026-08-21T15:00:00Z<", NOW + 3600},
			{0, NOW + 60, ">2026-08-21T14:01:00Z<", NOW + 60},
			{3600, NOW + 60, ">2026-08-21T14:01:00Z<", NOW + 60},
			{3600, NOW + 7200, ">2026-08-21T15:00:00Z<", NOW + 3600},
	};
	e911_pidf_how_t how = device_how;
	e911_location_t l, read;
	size_t i, len;
	int bad;

	(void)state;
	make_usual(&l);
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		how.retention = rows[i].retention;
		l.until = rows[i].until;
		len = write_doc(&l, &how);
		assert_ours(doc, len);
		assert_int_equal(
				contains(len, "retention-expiry"), rows[i].want != NULL);
		if(rows[i].want)
			assert_true(contains(len, rows[i].want));
		memset(&read, 0x5a, sizeof(read));
		assert_int_equal(
				e911_pidf_read(&read, doc, len, E911_FROM_SIP, NOW, &bad), 0);
		assert_int_equal(read.until, rows[i].read);
	}
}

/* RFC 5491 rule 7: the coarse one first, unless told otherwise */
static void shape_stands_before_the_address(void **state)
{
	e911_pidf_how_t how = device_how;
	e911_location_t l;
	size_t len;

	(void)state;
	make_usual(&l);
	add_shape(&l, 4);
	len = write_doc(&l, &how);
	assert_true((char *)memmem(doc, len, "<gs:Circle", 10)
				< (char *)memmem(doc, len, "<ca:civic", 9));
	how.civic_first = 1;
	len = write_doc(&l, &how);
	assert_true((char *)memmem(doc, len, "<gs:Circle", 10)
				> (char *)memmem(doc, len, "<ca:civic", 9));
	assert_round_trip(&l, &how);
}

static void never_writes_past_the_end(void **state)
{
	e911_location_t l;
	e911_strbuf_t b;
	size_t len, max;
	char *tight;

	(void)state;
	make_usual(&l);
	add_shape(&l, 4);
	len = write_doc(&l, &device_how);
	for(max = 0; max <= len; max++) {
		tight = malloc(max + 1);
		e911_strbuf_init(&b, tight, max);
		assert_int_equal(e911_pidf_write(&b, &l, &device_how),
				max < len ? E911_ERR_SPACE : 0);
		free(tight);
	}
}

/* ----- as a profile has it ----- */

/* the document's own word for a field; "" where it is left out */
static void assert_written(size_t len, const char *tag, const char *want)
{
	char open[32], close[32];
	const char *at, *end;

	sprintf(open, "<%s>", tag);
	sprintf(close, "</%s>", tag);
	at = memmem(doc, len, open, strlen(open));
	if(at == NULL) {
		assert_string_equal(want, "");
		return;
	}
	at += strlen(open);
	end = memmem(at, doc + len - at, close, strlen(close));
	assert_non_null(end);
	if((size_t)(end - at) != strlen(want) || memcmp(at, want, end - at) != 0)
		fail_msg("%s: '%.*s', not '%s'", tag, (int)(end - at), at, want);
}

static void the_method_is_in_the_profiles_words(void **state)
{
	e911_pidf_how_t how = device_how;
	e911_location_t l;
	size_t len;

	(void)state;
	make_usual(&l);
	how.method = (str)str_init("MANUAL");
	len = write_doc(&l, &how);
	assert_ours(doc, len);
	assert_written(len, "gp:method", "MANUAL");
	how.method.len = 3;
	assert_written(write_doc(&l, &how), "gp:method", "MAN");
	how.method.len = 0;
	assert_written(write_doc(&l, &how), "gp:method", "Manual");
	/* where the location has none */
	e911_location_init(&l, E911_FROM_RPC, NOW);
	set(&l, E911_F_RD, "x");
	assert_written(write_doc(&l, &how), "gp:method", "");
	how.method.len = 6;
	assert_written(write_doc(&l, &how), "gp:method", "MANUAL");
}

static void values_are_cut_at_whole_characters(void **state)
{
	static const struct
	{
		const char *value;
		int limit;
		const char *want;
	} rows[] = {
			{"Congress", 0, "Congress"},
			{"Congress", 8, "Congress"},
			{"Congress", 254, "Congress"},
			{"Congress", 7, "Congres"},
			{"Congress", 1, "C"},
			{"Congress", 255, ""},
			{"Rue de l'\xc3\x89t\xc3\xa9", 10, "Rue de l&apos;\xc3\x89"},
			{"Rue de l'\xc3\x89t\xc3\xa9", 9, "Rue de l&apos;"},
			{"Rue de l'\xc3\x89t\xc3\xa9", 12,
					"Rue de l&apos;\xc3\x89t\xc3\xa9"},
			{"\xe2\x82\xac\xf0\x9f\x9a\x91\xc3\xa9", 2,
					"\xe2\x82\xac\xf0\x9f\x9a\x91"},
			{"\xe2\x82\xac\xf0\x9f\x9a\x91\xc3\xa9", 1, "\xe2\x82\xac"},
			/* no blank at the end */
			{"Main Street", 5, "Main"},
			{"Main Street", 6, "Main S"},
			{"a b", 2, "a"},
			{"a b", 1, "a"},
			/* characters, not what XML makes of them */
			{"a&b<c", 3, "a&amp;b"},
			{"a&b<c", 4, "a&amp;b&lt;"},
	};
	unsigned char limit[E911_FIELDS] = {0};
	e911_pidf_how_t how = device_how;
	e911_location_t l;
	size_t i, len;

	(void)state;
	how.limit = limit;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		e911_location_init(&l, E911_FROM_RPC, NOW);
		set(&l, E911_F_RD, rows[i].value);
		set_named(&l, "LOC", rows[i].value);
		set(&l, E911_F_HNO, "1234567");
		limit[E911_F_RD] = (unsigned char)rows[i].limit;
		len = write_doc(&l, &how);
		assert_ours(doc, len);
		assert_written(len, "ca:RD", rows[i].want);
		/* the others are as they are */
		assert_written(len, "ca:HNO", "1234567");
		limit[E911_F_RD] = 0;
		assert_written(write_doc(&l, &how), "ca:HNO", "1234567");
	}
}

static void what_a_profile_leaves_out_is_not_there(void **state)
{
	unsigned char limit[E911_FIELDS];
	e911_pidf_how_t how = device_how;
	e911_location_t l;
	size_t len;

	(void)state;
	make_usual(&l);
	add_shape(&l, 4);
	memset(limit, 0, sizeof(limit));
	how.limit = limit;
	limit[e911_field_find("NAM", 3)] = 255;
	limit[E911_F_COUNTRY] = 255;
	len = write_doc(&l, &how);
	assert_ours(doc, len);
	assert_written(len, "ca:NAM", "");
	assert_written(len, "ca:country", "");
	assert_written(len, "ca:A1", "TX");
	assert_true(contains(len, "<gs:Circle"));
	how.no_shape = 1;
	len = write_doc(&l, &how);
	assert_ours(doc, len);
	assert_false(contains(len, "gs:"));
	assert_false(contains(len, "con:"));
	/* all of the address, and the shape before */
	memset(limit, 255, sizeof(limit));
	len = write_doc(&l, &how);
	assert_ours(doc, len);
	assert_false(contains(len, "<ca:A1"));
	how.no_shape = 0;
	len = write_doc(&l, &how);
	assert_ours(doc, len);
	assert_true(contains(len, "<gs:Circle"));
}

static int is_beginning(const str *of, const str *part)
{
	return part->len <= of->len && memcmp(of->s, part->s, part->len) == 0;
}

/* whatever is cut, what is written is a document, of beginnings of values */
static void documents_of_any_limits_are_valid(void **state)
{
	unsigned char limit[E911_FIELDS];
	e911_pidf_how_t how = device_how;
	e911_location_t l, read;
	int i, id, at, bad, n = 0;
	str value, whole;
	size_t len;

	(void)state;
	how.limit = limit;
	for(i = 0; i < 1000; i++) {
		make_random(&l);
		for(id = 0; id < E911_FIELDS; id++)
			limit[id] = (unsigned char)(rnd(2) ? rnd(30) : 0);
		limit[E911_F_COUNTRY] = 0;
		how.element = (int)rnd(2);
		len = write_doc(&l, &how);
		assert_ours(doc, len);
		if(e911_pidf_read(&read, doc, len, E911_FROM_SIP, NOW, &bad))
			continue; /* all was left out */
		n++;
		for(at = 0; (at = e911_location_next(&read, at, &id, &value));) {
			if(id >= E911_F_SHAPE || id == E911_F_RD)
				continue;
			assert_int_equal(e911_location_get(&l, id, &whole), 0);
			assert_true(is_beginning(&whole, &value));
			assert_true(value.s[value.len - 1] != ' ');
		}
	}
	assert_true(n > 900);
}

/* ----- reading ----- */

static size_t load(const char *folder, const char *name)
{
	char path[128];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "data/pidf/%s/%s.xml", folder, name);
	f = fopen(path, "rb");
	if(f == NULL)
		fail_msg("no %s", path);
	len = fread(doc, 1, sizeof(doc), f);
	fclose(f);
	return len;
}

static const struct sample
{
	const char *name;
	int err;
	const char *field; /* at fault; with err 0: one that is there… */
	const char *value; /* …and what it says */
} good[] = {
		{"angles-in-radians", 0, "orientation", "90.000000"},
		{"center-by-point-property", 0, "pos", "42.5463 -73.2512"},
		{"comments-and-cdata", 0, "NAM", "A & B <C> D \xc3\xa9"},
		{"device-behind-tuple", 0, "HNO", "1"},
		{"device-without-location", 0, "HNO", "1"},
		{"other-prefixes", 0, "RD", "Congress"},
		{"person", 0, "HNO", "1"},
		{"pidf-civic-device", 0, "NAM", "Agent Smith (home office)"},
		{"pidf-civic-tuple", 0, "lang", "en-US"},
		{"pidf-cldxf-extensions", 0, "UNIT_PRETYPE", "Apartment"},
		{"pidf-compound-geo-first", 0, "pdf", "rectangular"},
		{"pidf-default-location", 0, "provided_by",
				"https://adr.cc.example.com/provider"},
		{"provider-among-others", 0, "provided_by",
				"https://example.com/?a=1&b=2"},
		{"rfc5491-arcband", 0, "innerRadius", "3594"},
		{"rfc5491-circle", 0, "radius", "850.24"},
		{"rfc5491-ellipse", 0, "method", "Device-Assisted_A-GPS"},
		{"rfc5491-ellipsoid", 0, "verticalAxis", "28.7"},
		{"rfc5491-point-2d", 0, "pos", "-34.407 150.883"},
		{"rfc5491-point-3d", 0, "pos", "-34.407 150.883 24.8"},
		{"rfc5491-polygon", 0, "pos",
				"43.311 -73.422 43.111 -73.322 43.111 -73.222 43.311 -73.122 "
				"43.411 -73.222 43.411 -73.322 43.311 -73.422"},
		{"rfc5491-polygon-list", 0, "pos",
				"43.311 -73.422 43.111 -73.322 43.111 -73.222 43.311 -73.122 "
				"43.411 -73.222 43.411 -73.322 43.311 -73.422"},
		{"rfc5491-prism", 0, "height", "2.4"},
		{"rfc5491-sphere", 0, "shape", "Sphere"},
		{"two-languages", 0, "HNO", "1"},
		{"two-shapes", 0, "shape", "Point"},
		{"two-tuples", 0, "HNO", "1"},
		{"utf-16", 0, "RD", "Congress"},
};

/* refused, each with its own error, or wrong but plain enough to be read */
static const struct sample bad_ones[] = {
		{"bad-timestamp", 0, "HNO", "1"},
		{"behind-the-end", E911_ERR_SYNTAX, NULL, NULL},
		{"billion-laughs", E911_ERR_DTD, NULL, NULL},
		{"circle-in-feet", E911_ERR_VALUE, "radius", NULL},
		{"circle-without-radius", E911_ERR_SHAPE, "radius", NULL},
		{"confidence-of-100", 0, "confidence", "unknown"},
		{"confidence-of-a-point", 0, "shape", "Point"},
		{"control-character", E911_ERR_TEXT, "HNO", NULL},
		{"country-of-three", E911_ERR_LONG, "country", NULL},
		{"deep", E911_ERR_DEPTH, NULL, NULL},
		{"doctype-without-name", E911_ERR_SYNTAX, NULL, NULL},
		{"ebcdic", E911_ERR_SYNTAX, NULL, NULL},
		{"element-twice", E911_ERR_TWICE, "HNO", NULL},
		{"empty", E911_ERR_SYNTAX, NULL, NULL},
		{"empty-location-info", E911_ERR_EMPTY, "country", NULL},
		{"ext-before-base", 0, "RD", "Example"},
		{"external-dtd", E911_ERR_DTD, NULL, NULL},
		{"invalid-utf-8", E911_ERR_SYNTAX, NULL, NULL},
		{"latitude-91", E911_ERR_SHAPE, "pos", NULL},
		{"longitude-first", E911_ERR_VALUE, "pos", NULL},
		{"lowercase-country", 0, "country", "US"},
		{"many-elements", E911_ERR_DEPTH, NULL, NULL},
		{"method-in-words", 0, "HNO", "1"},
		{"no-location-info", E911_ERR_NONE, NULL, NULL},
		{"no-usage-rules", 0, "RD", "Example"},
		{"no-xml", E911_ERR_SYNTAX, NULL, NULL},
		{"nul", E911_ERR_SYNTAX, NULL, NULL},
		{"only-country", E911_ERR_EMPTY, "country", NULL},
		{"open-ring", E911_ERR_SHAPE, "pos", NULL},
		{"out-of-order_hno-before-rd", 0, "HNO", "1200"},
		{"oversize", E911_ERR_SPACE, NULL, NULL},
		{"parameter-entity", E911_ERR_DTD, NULL, NULL},
		{"retention-expired", E911_ERR_OLD, NULL, NULL},
		{"rfc4119-civicloc", 0, "RD", "Broadway"},
		{"street-in-a6", 0, "RD", "Example"},
		{"too-long", E911_ERR_LONG, "HNO", NULL},
		{"truncated", E911_ERR_SYNTAX, NULL, NULL},
		{"two-addresses", E911_ERR_TWICE, "country", NULL},
		{"two-location-infos", E911_ERR_TWICE, "country", NULL},
		{"undeclared-entity", E911_ERR_SYNTAX, NULL, NULL},
		{"usage-rule-children-in-gp-ns", 0, "RD", "Example"},
		{"wrong-namespace", E911_ERR_NONE, NULL, NULL},
		{"xxe", E911_ERR_DTD, NULL, NULL},
		{"yes-in-boolean", 0, "RD", "Example"},
};

static void assert_sample(const struct sample *s, size_t len)
{
	e911_location_t l, before;
	int field = -1, err, id;
	str value;

	memset(&l, 0x5a, sizeof(l));
	before = l;
	err = e911_pidf_read(&l, doc, len, E911_FROM_SIP, NOW + 3600, &field);
	id = s->field ? e911_field_find(s->field, strlen(s->field)) : -1;
	if(err != s->err)
		fail_msg("%s: %s", s->name, e911_err_text(err));
	if(err) {
		assert_memory_equal(&l, &before, sizeof(l));
		assert_int_equal(field, id);
		return;
	}
	if(e911_location_get(&l, id, &value))
		fail_msg("%s: no %s", s->name, s->field);
	if((size_t)value.len != strlen(s->value)
			|| memcmp(value.s, s->value, value.len) != 0)
		fail_msg("%s: %.*s", s->name, value.len, value.s);
	assert_int_equal(l.origin, E911_FROM_SIP);
	write_doc(&l, &device_how);
	assert_round_trip(&l, &device_how);
}

static void reads_the_good_samples(void **state)
{
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(good) / sizeof(*good); i++) {
		len = load("good", good[i].name);
		assert_valid(doc, len);
		assert_sample(&good[i], len);
	}
}

static void knows_the_bad_samples(void **state)
{
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bad_ones) / sizeof(*bad_ones); i++)
		assert_sample(&bad_ones[i], load("bad", bad_ones[i].name));
}

static void reads_when_it_was_stated(void **state)
{
	static const struct
	{
		const char *folder;
		const char *name;
		time_t stated;
	} times[] = {{"good", "pidf-civic-device", NOW},
			{"good", "two-tuples", NOW - 7200}, {"good", "person", NOW + 18000},
			{"good", "rfc5491-circle", NOW + 1},
			{"bad", "bad-timestamp", NOW + 1}};
	e911_location_t l;
	size_t i, len;
	int bad;

	(void)state;
	for(i = 0; i < sizeof(times) / sizeof(*times); i++) {
		len = load(times[i].folder, times[i].name);
		assert_int_equal(
				e911_pidf_read(&l, doc, len, E911_FROM_SIP, NOW + 1, &bad), 0);
		assert_int_equal(l.stated, times[i].stated);
	}
}

static void old_is_old_only_by_the_clock(void **state)
{
	e911_location_t l;
	size_t len;
	int bad;

	(void)state;
	make_usual(&l);
	len = write_doc(&l, &device_how);
	assert_int_equal(
			e911_pidf_read(&l, doc, len, E911_FROM_SIP, NOW + 3600, &bad), 0);
	assert_int_equal(
			e911_pidf_read(&l, doc, len, E911_FROM_SIP, NOW + 3601, &bad),
			E911_ERR_OLD);
	assert_int_equal(e911_pidf_read(&l, doc, len, E911_FROM_SIP, 0, &bad), 0);
}

static void reads_times_as_they_come(void **state)
{
	static const struct
	{
		const char *text;
		time_t when; /* -1: none */
	} times[] = {{"2026-08-21T14:00:00Z", NOW}, {"2026-08-21T14:00:00", NOW},
			{"2026-08-21T14:00:00.123Z", NOW},
			{"2026-08-21T16:00:00+02:00", NOW},
			{"2026-08-21T09:30:00.0-04:30", NOW}, {"1970-12-31T00:00:00Z", -1},
			{"9999-12-31T23:59:59-05:00", -1},
			{"1971-01-01T00:00:00Z", 31536000}, {"2026-13-21T14:00:00Z", -1},
			{"2026-00-21T14:00:00Z", -1}, {"2026-08-00T14:00:00Z", -1},
			{"2026-08-21T25:00:00Z", -1}, {"2026-08-21T14:60:00Z", -1},
			{"2026-08-21T14:00:61Z", -1}, {"2026-08-21 14:00:00Z", -1},
			{"2026-08-21T14:00:00+2", -1}, {"2026-08-21T14:00:00z", -1},
			{"2026-08-21T14:00:0", -1}, {"", -1}};
	time_t when;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(times) / sizeof(*times); i++) {
		when = -1;
		e911_xsd_time(times[i].text, strlen(times[i].text), &when);
		assert_int_equal(when, times[i].when);
	}
}

/* ----- no memory ----- */

static int read_once(void *arg)
{
	const e911_location_t *want = arg;
	e911_location_t l;
	int bad, err;

	err = e911_pidf_read(&l, doc, strlen(doc), want->origin, NOW, &bad);
	if(!err)
		assert_same(&l, want);
	return err;
}

static void survives_no_memory(void **state)
{
	e911_location_t l;
	int id;

	(void)state;
	make_usual(&l);
	add_shape(&l, 9);
	for(id = E911_F_A1; id < E911_F_SHAPE; id += 2)
		e911_location_set(&l, id, "x<y", 3);
	set(&l, E911_F_PROVIDED_BY, "https://example.com/?a&b");
	set(&l, E911_F_CONFIDENCE, "95");
	doc[write_doc(&l, &device_how)] = 0;
	ksr_sweep(read_once, &l, E911_ERR_MEM);
}

static int read_sample(void *arg)
{
	e911_location_t l;
	int bad;
	size_t *len = arg;

	return e911_pidf_read(&l, doc, *len, E911_FROM_SIP, 0, &bad);
}

static void survives_no_memory_in_every_good_sample(void **state)
{
	size_t i, len;

	(void)state;
	for(i = 0; i < sizeof(good) / sizeof(*good); i++) {
		len = load("good", good[i].name);
		/* of a decoder without memory libxml2 says only that it failed */
		ksr_sweep(read_sample, &len,
				strcmp(good[i].name, "utf-16") ? E911_ERR_MEM : 0);
	}
}

/* ----- libxml2 ----- */

static char *hooked_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

static void quiet(void *ctx, const char *text, ...)
{
	(void)ctx;
	(void)text;
}

static int start(void **state)
{
	xmlSchemaParserCtxtPtr ctxt;
	xmlRelaxNGParserCtxtPtr rng;

	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	ctxt = xmlSchemaNewParserCtxt("data/schemas/pidflo-strict.xsd");
	schema = xmlSchemaParse(ctxt);
	xmlSchemaFreeParserCtxt(ctxt);
	rng = xmlRelaxNGNewParserCtxt("data/schemas/emitted.rng");
	grammar = xmlRelaxNGParse(rng);
	xmlRelaxNGFreeParserCtxt(rng);
	if(getenv("E911_XML_ERRORS") == NULL)
		xmlSetGenericErrorFunc(NULL, quiet);
	return schema && grammar ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xmlSchemaFree(schema);
	xmlRelaxNGFree(grammar);
	xmlRelaxNGCleanupTypes();
	xmlSchemaCleanupTypes();
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(writes_every_field),
			cmocka_unit_test(writes_every_shape),
			cmocka_unit_test(round_trip_of_anything),
			cmocka_unit_test(names_only_the_namespaces_in_use),
			cmocka_unit_test(says_what_it_was_told),
			cmocka_unit_test(the_earlier_of_two_expiries_is_written),
			cmocka_unit_test(shape_stands_before_the_address),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(the_method_is_in_the_profiles_words),
			cmocka_unit_test(values_are_cut_at_whole_characters),
			cmocka_unit_test(what_a_profile_leaves_out_is_not_there),
			cmocka_unit_test(documents_of_any_limits_are_valid),
			cmocka_unit_test(reads_the_good_samples),
			cmocka_unit_test(knows_the_bad_samples),
			cmocka_unit_test(reads_when_it_was_stated),
			cmocka_unit_test(old_is_old_only_by_the_clock),
			cmocka_unit_test(reads_times_as_they_come),
			cmocka_unit_test(survives_no_memory),
			cmocka_unit_test(survives_no_memory_in_every_good_sample),
	};

	return cmocka_run_group_tests_name("pidf", tests, start, end);
}
