/*
 * Each answer is checked against test/data/schemas, and the location in it read
 * back; libxml2's allocations are the stub's, so that they can fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field xsd sax civic pidf pidf_read
 */
#include "../../modules/e911/held.c"
#include <stdio.h>
#include <stdlib.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include "ksr_stub.h"
#include "tight.h"

#define NOW 1787320800 /* 2026-08-21T14:00:00Z */
#define HEAD "<locationRequest xmlns=\"" NS_HELD "\""
#define ASK(exact, list)                            \
	HEAD "><locationType exact=\"" exact "\">" list \
		 "</locationType></locationRequest>"

static char doc[16384];
static xmlSchemaPtr schema;

static const e911_pidf_how_t how = {
		.entity = str_init("pres:agent1001@cc.example.com"),
		.device = str_init("urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
		.now = NOW,
		.retention = 3600};

/* ----- help ----- */

static int read_z(const char *z, e911_held_request_t *request)
{
	str text = tight_z(z);
	int code = e911_held_read(text.s, text.len, request);

	free(text.s);
	return code;
}

static void assert_refused(const char *z, int code)
{
	e911_held_request_t request = {77, 77, 77};

	if(read_z(z, &request) != code)
		fail_msg("%s: %d", z, read_z(z, &request));
	assert_int_equal(request.types, 77);
}

static e911_held_request_t asked(const char *z)
{
	e911_held_request_t request;

	if(read_z(z, &request))
		fail_msg("%s: %d", z, read_z(z, &request));
	return request;
}

static void set(e911_location_t *l, int id, const char *z)
{
	assert_int_equal(e911_location_set(l, id, z, strlen(z)), 0);
}

/* forms: bits of CIVIC, GEODETIC */
static void make(e911_location_t *l, int forms)
{
	e911_location_init(l, E911_FROM_RPC, NOW);
	if(forms & E911_HELD_CIVIC) {
		set(l, E911_F_COUNTRY, "US");
		set(l, E911_F_A1, "TX");
		set(l, E911_F_RD, "Main & <West>");
	}
	if(forms & E911_HELD_GEODETIC) {
		set(l, E911_F_SHAPE, "Circle");
		set(l, E911_F_POS, "30.2672 -97.7431");
		set(l, E911_F_RADIUS, "50");
	}
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

static int has(const char *z)
{
	return strstr(doc, z) != NULL;
}

static int answer(const char *z, const e911_location_t *l)
{
	e911_held_request_t request = asked(z);
	e911_strbuf_t b;
	int code;

	e911_strbuf_init(&b, doc, sizeof(doc) - 1);
	code = e911_held_answer(&b, &request, l, &how);
	assert_int_equal(b.err, 0);
	doc[b.len] = '\0';
	assert_valid(doc, b.len);
	return code;
}

static int forms_in_doc(void)
{
	return (has("<ca:civicAddress") ? E911_HELD_CIVIC : 0)
		   | (has("<gs:Circle") ? E911_HELD_GEODETIC : 0);
}

/* What a location of those forms is answered with; 0: the error of that. */
static void assert_given(const char *z, int forms, int given)
{
	e911_location_t l;
	int code;

	make(&l, forms);
	code = answer(z, &l);
	assert_int_equal(code, given ? E911_HELD_OK : E911_HELD_CANNOT_PROVIDE);
	if(forms_in_doc() != given)
		fail_msg("%s of %d: %s", z, forms, doc);
}

#define C E911_HELD_CIVIC
#define G E911_HELD_GEODETIC

/* ----- reading ----- */

static void nothing_is_a_request_for_any_type(void **state)
{
	e911_held_request_t request;

	(void)state;
	assert_int_equal(e911_held_read(NULL, 0, &request), E911_HELD_OK);
	assert_int_equal(request.types, E911_HELD_ANY);
	assert_int_equal(request.exact, 0);
	assert_int_equal(request.civic_first, 0);
}

static void a_request_without_types_is_for_any(void **state)
{
	(void)state;
	assert_int_equal(asked(HEAD "/>").types, E911_HELD_ANY);
	assert_int_equal(
			asked("<?xml version=\"1.0\"?>\n" HEAD
				  " responseTime=\"emergencyDispatch\"></locationRequest>")
					.types,
			E911_HELD_ANY);
}

static void reads_the_types_in_their_order(void **state)
{
	e911_held_request_t r = asked(ASK("true", "\n geodetic\n\tcivic\n "));

	(void)state;
	assert_int_equal(r.types, C | G);
	assert_int_equal(r.exact, 1);
	assert_int_equal(r.civic_first, 0);
	r = asked(ASK(" 0 ", "civic geodetic locationURI"));
	assert_int_equal(r.types, C | G | E911_HELD_URI);
	assert_int_equal(r.exact, 0);
	assert_int_equal(r.civic_first, 1);
	assert_int_equal(asked(ASK("1", "<![CDATA[civ]]>ic")).types, C);
}

static void passes_over_what_it_does_not_understand(void **state)
{
	e911_held_request_t r = asked(
			"<h:locationRequest xmlns:h=\"" NS_HELD "\" x=\"y\" xmlns:i=\"i\">"
			"<i:device><h:locationType>civic</h:locationType></i:device>"
			"<locationType>civic</locationType><!-- c --><?p i?>"
			"<h:locationType i:exact=\"true\" y=\"true\">geodetic"
			"<i:x>civic</i:x></h:locationType>"
			"</h:locationRequest>");

	(void)state;
	assert_int_equal(r.types, G);
	assert_int_equal(r.exact, 0);
	assert_int_equal(
			asked(ASK("false", "barometric civic")).types, C | E911_HELD_OTHER);
}

static void another_document_is_not_supported(void **state)
{
	(void)state;
	assert_refused("<locationRequest/>", E911_HELD_UNSUPPORTED);
	assert_refused(
			"<locationRequest xmlns=\"urn:other\"/>", E911_HELD_UNSUPPORTED);
	assert_refused(
			"<locationResponse xmlns=\"" NS_HELD "\"/>", E911_HELD_UNSUPPORTED);
	assert_refused("<x>" HEAD "/></x>", E911_HELD_UNSUPPORTED);
}

static void what_is_no_xml_or_not_valid_is_an_xml_error(void **state)
{
	static const char *const bad[] = {" ", "x", "{\"a\":1}", HEAD ">",
			HEAD "/>x", HEAD "/>" HEAD "/>", HEAD " a=1/>",
			"<!DOCTYPE locationRequest>" HEAD "/>",
			"<!DOCTYPE a [<!ENTITY b \"civic\">]>" HEAD
			"><locationType>&b;</locationType></locationRequest>",
			ASK("yes", "civic"), ASK("", "civic"), ASK("true", ""),
			ASK("true", " \n"),
			HEAD "><locationType>civic</locationType>"
				 "<locationType>any</locationType></locationRequest>",
			HEAD "><locationType>civic</locationType>"
				 "<locationType exact=\"true\">any</locationType>",
			HEAD "><locationType exact=\"x\" a=\"b\" exact2=\"c\"/>",
			HEAD "><locationType>\xff</locationType></locationRequest>"};
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(bad); i++)
		assert_refused(bad[i], E911_HELD_XML_ERROR);
}

static void bounds_what_it_reads(void **state)
{
	str list = tight_many("civic ", 100), large = tight_many(" ", 8193);
	e911_held_request_t request;
	char *z = malloc(1024);

	(void)state;
	sprintf(z, HEAD "><locationType>%.*s</locationType></locationRequest>",
			list.len, list.s);
	assert_refused(z, E911_HELD_XML_ERROR);
	assert_int_equal(e911_held_read(large.s, large.len, &request),
			E911_HELD_REQUEST_ERROR);
	free(list.s);
	free(large.s);
	free(z);
}

static void a_type_as_long_as_fits_is_read(void **state)
{
	str list = tight_many(" ", TEXT_MAX - 5);
	char z[1024];

	(void)state;
	sprintf(z, HEAD "><locationType>%.*scivic</locationType></locationRequest>",
			list.len, list.s);
	assert_int_equal(asked(z).types, C);
	sprintf(z,
			HEAD "><locationType>%.*s civic</locationType></locationRequest>",
			list.len, list.s);
	assert_refused(z, E911_HELD_XML_ERROR);
	free(list.s);
}

/* ----- answering ----- */

static void any_gives_all_there_is(void **state)
{
	(void)state;
	assert_given(HEAD "/>", C | G, C | G);
	assert_given(HEAD "/>", C, C);
	assert_given(HEAD "/>", G, G);
	assert_given(ASK("true", "any"), G, G);
	assert_given(ASK("true", "any"), C | G, C | G);
}

static void gives_only_the_types_asked_for(void **state)
{
	(void)state;
	assert_given(ASK("false", "civic"), C | G, C);
	assert_given(ASK("false", "geodetic"), C | G, G);
	assert_given(ASK("true", "civic"), C | G, C);
	assert_given(ASK("true", "geodetic"), C | G, G);
	assert_given(ASK("true", "geodetic civic"), C | G, C | G);
}

static void gives_another_type_unless_it_is_exact(void **state)
{
	(void)state;
	assert_given(ASK("false", "civic"), G, G);
	assert_given(ASK("false", "geodetic"), C, C);
	assert_given(ASK("false", "geodetic civic"), C, C);
	assert_given(ASK("true", "civic"), G, 0);
	assert_given(ASK("true", "geodetic"), C, 0);
	assert_given(ASK("true", "geodetic civic"), C, 0);
	assert_given(ASK("true", "civic barometric"), C, 0);
	assert_given(ASK("false", "civic barometric"), C | G, C);
}

/* RFC 6753 section 3.1 */
static void never_gives_a_uri_for_a_uri(void **state)
{
	(void)state;
	assert_given(ASK("true", "locationURI"), C | G, 0);
	assert_given(ASK("true", "geodetic civic locationURI"), C | G, 0);
	assert_given(ASK("false", "locationURI"), C | G, C | G);
	assert_given(ASK("false", "locationURI civic"), C | G, C);
	assert_false(has("locationUriSet"));
}

static void answers_in_the_order_asked_for(void **state)
{
	e911_location_t l;

	(void)state;
	make(&l, C | G);
	answer(ASK("true", "civic geodetic"), &l);
	assert_true(strstr(doc, "<ca:civicAddress") < strstr(doc, "<gs:Circle"));
	answer(ASK("true", "geodetic civic"), &l);
	assert_true(strstr(doc, "<ca:civicAddress") > strstr(doc, "<gs:Circle"));
	answer(HEAD "/>", &l);
	assert_true(strstr(doc, "<ca:civicAddress") > strstr(doc, "<gs:Circle"));
}

static void a_country_alone_is_no_address(void **state)
{
	e911_location_t l;

	(void)state;
	make(&l, G);
	set(&l, E911_F_COUNTRY, "US");
	assert_int_equal(
			answer(ASK("true", "civic"), &l), E911_HELD_CANNOT_PROVIDE);
	assert_int_equal(answer(ASK("true", "geodetic"), &l), E911_HELD_OK);
	assert_int_equal(forms_in_doc(), G);
	assert_int_equal(answer(HEAD "/>", &l), E911_HELD_OK);
	assert_int_equal(forms_in_doc(), C | G);
}

static void no_location_is_unknown_whatever_was_asked_for(void **state)
{
	e911_location_t l;

	(void)state;
	make(&l, 0);
	assert_int_equal(answer(HEAD "/>", NULL), E911_HELD_UNKNOWN);
	assert_true(has("code=\"locationUnknown\""));
	assert_int_equal(answer(ASK("true", "civic"), NULL), E911_HELD_UNKNOWN);
	assert_int_equal(answer(HEAD "/>", &l), E911_HELD_UNKNOWN);
}

static void what_is_left_out_leaves_no_trace(void **state)
{
	e911_location_t l;

	(void)state;
	make(&l, C | G);
	answer(ASK("true", "civic"), &l);
	assert_false(has("opengis"));
	assert_false(has("confidence"));
	answer(ASK("true", "geodetic"), &l);
	assert_false(has("<ca:"));
	assert_true(has("confidence"));
}

static void the_location_inside_reads_back(void **state)
{
	e911_location_t l, read;
	char *from, *end;
	int bad;

	(void)state;
	make(&l, C);
	answer(HEAD "/>", &l);
	assert_null(strstr(doc + 5, "<?xml"));
	from = strstr(doc, "<presence");
	end = strstr(doc, "</locationResponse>");
	assert_int_equal(
			e911_pidf_read(&read, from, end - from, E911_FROM_RPC, NOW, &bad),
			0);
	assert_int_equal(read.len, l.len);
	assert_memory_equal(read.text, l.text, l.len);
	assert_true(has(" entity=\"pres:agent1001@cc.example.com\""));
}

static void every_error_is_valid_and_has_its_name(void **state)
{
	static const char *const names[] = {
			[E911_HELD_REQUEST_ERROR] = "code=\"requestError\"",
			[E911_HELD_XML_ERROR] = "code=\"xmlError\"",
			[E911_HELD_UNSUPPORTED] = "code=\"unsupportedMessage\"",
			[E911_HELD_UNKNOWN] = "code=\"locationUnknown\"",
			[E911_HELD_CANNOT_PROVIDE] = "code=\"cannotProvideLiType\"",
			[E911_HELD_GENERAL] = "code=\"generalLisError\"",
	};
	e911_strbuf_t b;
	int code;

	(void)state;
	for(code = E911_HELD_REQUEST_ERROR; code <= E911_HELD_GENERAL; code++) {
		e911_strbuf_init(&b, doc, sizeof(doc) - 1);
		e911_held_error(&b, code);
		doc[b.len] = '\0';
		assert_valid(doc, b.len);
		assert_true(has(names[code]));
	}
}

static void never_writes_past_the_end(void **state)
{
	e911_held_request_t request = asked(HEAD "/>");
	e911_location_t l;
	e911_strbuf_t b;
	size_t size, len;
	char *mem;

	(void)state;
	make(&l, C | G);
	answer(HEAD "/>", &l);
	len = strlen(doc);
	for(size = 1; size <= len; size++) {
		mem = malloc(size);
		e911_strbuf_init(&b, mem, size);
		e911_held_answer(&b, &request, &l, &how);
		assert_int_equal(b.err, size < len ? E911_ERR_SPACE : 0);
		free(mem);
	}
}

static int read_once(void *arg)
{
	static const char z[] = ASK("true", "civic geodetic");
	e911_held_request_t request = {77, 77, 77};
	int code = e911_held_read(z, sizeof(z) - 1, &request);

	(void)arg;
	assert_int_equal(request.types, code ? 77 : C | G);
	assert_true(code == E911_HELD_OK || code == E911_HELD_GENERAL);
	return code ? E911_ERR_MEM : 0;
}

static void survives_no_memory(void **state)
{
	(void)state;
	ksr_sweep(read_once, NULL, E911_ERR_MEM);
}

/* ----- libxml2 ----- */

static char *hooked_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

static void quiet(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

static int start(void **state)
{
	xmlSchemaParserCtxtPtr ctxt;

	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	ctxt = xmlSchemaNewParserCtxt("data/schemas/pidflo-strict.xsd");
	schema = xmlSchemaParse(ctxt);
	xmlSchemaFreeParserCtxt(ctxt);
	if(getenv("E911_XML_ERRORS") == NULL)
		xmlSetGenericErrorFunc(NULL, quiet);
	return schema ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xmlSchemaFree(schema);
	xmlSchemaCleanupTypes();
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(nothing_is_a_request_for_any_type),
			cmocka_unit_test(a_request_without_types_is_for_any),
			cmocka_unit_test(reads_the_types_in_their_order),
			cmocka_unit_test(passes_over_what_it_does_not_understand),
			cmocka_unit_test(another_document_is_not_supported),
			cmocka_unit_test(what_is_no_xml_or_not_valid_is_an_xml_error),
			cmocka_unit_test(bounds_what_it_reads),
			cmocka_unit_test(a_type_as_long_as_fits_is_read),
			cmocka_unit_test(any_gives_all_there_is),
			cmocka_unit_test(gives_only_the_types_asked_for),
			cmocka_unit_test(gives_another_type_unless_it_is_exact),
			cmocka_unit_test(never_gives_a_uri_for_a_uri),
			cmocka_unit_test(answers_in_the_order_asked_for),
			cmocka_unit_test(a_country_alone_is_no_address),
			cmocka_unit_test(no_location_is_unknown_whatever_was_asked_for),
			cmocka_unit_test(what_is_left_out_leaves_no_trace),
			cmocka_unit_test(the_location_inside_reads_back),
			cmocka_unit_test(every_error_is_valid_and_has_its_name),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(survives_no_memory),
	};

	return cmocka_run_group_tests_name("held", tests, start, end);
}
