/*
 * Each request is checked against the schema of RFC 5222, its address against
 * that of RFC 5139; libxml2's allocations are the stub's, so that they can fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field sax civic assessment
 */
#include "../../modules/e911/lost.c"
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include "ksr_stub.h"
#include "tight.h"

#define NOW 1787320800 /* 2026-08-21T14:00:00Z */
#define ROOT "xmlns=\"" NS_LOST "\" xmlns:ca=\"" NS_CA "\""
#define MAPPING                                                           \
	"<mapping expires=\"NO-CACHE\" lastUpdated=\"2026-08-01T00:00:00Z\" " \
	"source=\"lvf.example.us\" sourceId=\"a\"/>"
#define ANSWER(validation)                                                     \
	"<findServiceResponse " ROOT ">" MAPPING "<locationValidation>" validation \
	"</locationValidation></findServiceResponse>"
#define SIMILAR(name, fields)                                \
	"<x:" name " xmlns:x=\"" NS_RLI "\"><location id=\"s\">" \
	"<ca:civicAddress>" fields "</ca:civicAddress></location></x:" name ">"
#define ERRORS(name) \
	"<errors " ROOT " source=\"a.b\"><" name " message=\"m\"/></errors>"
#define WARNED(name)                                                           \
	"<findServiceResponse " ROOT ">" MAPPING "<warnings source=\"a.b\"><" name \
	" message=\"m\"/></warnings></findServiceResponse>"

static xmlSchemaPtr civic;
static xmlRelaxNGPtr grammar;
static e911_location_t place;
static char doc[16384];

/* ----- help ----- */

static void set(e911_location_t *l, const char *name, const char *value)
{
	int id = e911_field_find(name, strlen(name));

	assert_true(id >= 0);
	assert_int_equal(e911_location_set(l, id, value, strlen(value)), 0);
}

static int id_of(const char *name)
{
	return e911_field_find(name, strlen(name));
}

static void make(e911_location_t *l)
{
	e911_location_init(l, E911_FROM_RPC, NOW);
	set(l, "country", "US");
	set(l, "A1", "TX");
	set(l, "A3", "Austin");
	set(l, "RD", "Exampel");
	set(l, "STS", "ST");
	set(l, "HNO", "1200");
	set(l, "FLR", "3");
	set(l, "STP", "Avenue");
	set(l, "method", "Manual");
	set(l, "callback", "+15125550100");
}

static int reads(const char *z, e911_assessment_t *a, char mem[256])
{
	str text = tight_z(z), target = {NULL, -1};
	int got;

	mem[0] = '\0';
	got = e911_lost_read(text.s, text.len, &place, a, mem, &target);
	free(text.s);
	if(got >= 0)
		assert_true(is_z(&target, mem));
	else
		assert_int_equal(target.len, -1);
	return got;
}

static e911_assessment_t assess(const char *z)
{
	e911_assessment_t a;
	char mem[256];

	if(reads(z, &a, mem) != E911_LOST_ASSESSED)
		fail_msg("%d: %s", reads(z, &a, mem), z);
	return a;
}

static void assert_verdict(const char *z, int verdict)
{
	if(assess(z).verdict != verdict)
		fail_msg("%d: %s", assess(z).verdict, z);
}

static void assert_not_assessed(const char *z, int want, const char *target)
{
	e911_assessment_t a, before;
	char mem[256];
	int got;

	memset(&a, 7, sizeof(a));
	memcpy(&before, &a, sizeof(a));
	got = reads(z, &a, mem);
	if(got != want || strcmp(mem, target) != 0)
		fail_msg("%d %s: %.200s", got, mem, z);
	assert_memory_equal(&a, &before, sizeof(a));
}

static void assert_field(
		const e911_location_t *l, const char *name, const char *want)
{
	str value = {"", 0};

	e911_location_get(l, id_of(name), &value);
	if(!is_z(&value, want))
		fail_msg("%s: %.*s", name, value.len, value.s);
}

static xmlNodePtr find(xmlNodePtr from, const char *name)
{
	xmlNodePtr node, got;

	for(node = from; node; node = node->next) {
		if(node->type != XML_ELEMENT_NODE)
			continue;
		if(strcmp((const char *)node->name, name) == 0)
			return node;
		got = find(node->children, name);
		if(got)
			return got;
	}
	return NULL;
}

static void assert_valid_address(xmlDocPtr tree)
{
	xmlSchemaValidCtxtPtr ctxt = xmlSchemaNewValidCtxt(civic);
	xmlNodePtr node = find(xmlDocGetRootElement(tree), "civicAddress");

	assert_non_null(node);
	if(xmlSchemaValidateOneElement(ctxt, node) != 0)
		fail_msg("%s", doc);
	xmlSchemaFreeValidCtxt(ctxt);
}

static int is_valid_request(void)
{
	xmlDocPtr tree =
			xmlReadMemory(doc, strlen(doc), NULL, NULL, XML_PARSE_NONET);
	xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(grammar);
	int fault;

	assert_non_null(tree);
	fault = xmlRelaxNGValidateDoc(ctxt, tree);
	assert_valid_address(tree);
	xmlRelaxNGFreeValidCtxt(ctxt);
	xmlFreeDoc(tree);
	return fault == 0;
}

static int ask(const e911_location_t *l, const char *service, int suggest)
{
	e911_strbuf_t b;
	int err;

	e911_strbuf_init(&b, doc, sizeof(doc) - 1);
	err = e911_lost_ask(&b, l, service, suggest);
	doc[b.len] = '\0';
	return err;
}

/* ----- asking ----- */

static void asks_by_the_schema(void **state)
{
	(void)state;
	assert_int_equal(ask(&place, NULL, 0), 0);
	assert_true(is_valid_request());
	assert_non_null(strstr(doc, " validateLocation=\"true\""));
	assert_non_null(strstr(doc, " profile=\"civic\""));
	assert_non_null(strstr(doc, "<service>urn:service:sos</service>"));
	assert_non_null(strstr(doc, "<cae:STP>Avenue</cae:STP>"));
}

static void asks_with_every_field_there_is(void **state)
{
	e911_location_t l;
	int id;

	(void)state;
	e911_location_init(&l, E911_FROM_RPC, NOW);
	for(id = 0; id < E911_F_SHAPE; id++)
		assert_int_equal(
				e911_location_set(&l, id, id ? "a<&>'\"" : "us", id ? 6 : 2),
				0);
	set(&l, "lang", "en-US");
	assert_int_equal(ask(&l, "urn:service:sos.fire", 0), 0);
	assert_true(is_valid_request());
	assert_non_null(strstr(doc, "<ca:RD>a&lt;&amp;&gt;"));
	assert_non_null(strstr(doc, "<service>urn:service:sos.fire</service>"));
}

static void says_no_more_than_the_address(void **state)
{
	e911_location_t l = place;

	(void)state;
	set(&l, "shape", "Point");
	set(&l, "pos", "30 -97");
	assert_int_equal(ask(&l, "", 0), 0);
	assert_null(strstr(doc, "Manual"));
	assert_null(strstr(doc, "5125550100"));
	assert_null(strstr(doc, "-97"));
	assert_null(strstr(doc, "rli"));
}

/* the schema has no room for what the draft adds */
static void asks_for_suggestions_only_when_told(void **state)
{
	(void)state;
	assert_int_equal(ask(&place, NULL, 1), 0);
	assert_non_null(strstr(doc, " rli:returnAdditionalLocation=\"any\""));
	assert_false(is_valid_request());
}

static void asks_nothing_without_an_address(void **state)
{
	e911_location_t l;

	(void)state;
	e911_location_init(&l, E911_FROM_RPC, NOW);
	set(&l, "country", "US");
	set(&l, "shape", "Point");
	set(&l, "pos", "30 -97");
	assert_int_equal(ask(&l, NULL, 0), E911_ERR_EMPTY);
}

static void never_writes_past_the_end(void **state)
{
	size_t size, len;
	e911_strbuf_t b;
	char *mem;

	(void)state;
	ask(&place, NULL, 0);
	len = strlen(doc);
	for(size = 1; size <= len; size++) {
		mem = malloc(size);
		e911_strbuf_init(&b, mem, size);
		assert_int_equal(e911_lost_write(&b, &place, NULL),
				size < len ? E911_ERR_SPACE : 0);
		free(mem);
	}
}

/* ----- verdicts ----- */

static void one_invalid_element_makes_it_invalid(void **state)
{
	e911_assessment_t a =
			assess(ANSWER("<valid>ca:country ca:A1 ca:A3</valid>"
						  "<invalid>\n ca:RD\t</invalid>"
						  "<unchecked>ca:STS ca:HNO</unchecked>"));

	(void)state;
	assert_int_equal(a.verdict, E911_INVALID);
	assert_int_equal(a.element[id_of("A3")], E911_ELEMENT_VALID);
	assert_int_equal(a.element[id_of("RD")], E911_ELEMENT_INVALID);
	assert_int_equal(a.element[id_of("HNO")], E911_ELEMENT_UNCHECKED);
	assert_int_equal(a.n, 0);
}

static void what_is_not_listed_is_unchecked(void **state)
{
	e911_assessment_t a = assess(ANSWER("<valid>ca:RD ca:HNO</valid>"));

	(void)state;
	assert_int_equal(a.verdict, E911_VALID);
	assert_int_equal(a.element[id_of("A3")], E911_ELEMENT_UNCHECKED);
	assert_int_equal(a.element[id_of("FLR")], E911_ELEMENT_UNCHECKED);
	assert_int_equal(a.element[id_of("ROOM")], E911_ELEMENT_NONE);
	assert_int_equal(a.element[id_of("method")], E911_ELEMENT_NONE);
}

static void a_house_that_is_not_checked_is_not_valid(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<valid>ca:A1 ca:A3 ca:RD ca:STS</valid>"
						  "<unchecked>ca:HNO</unchecked>"),
			E911_UNCHECKED);
	assert_verdict(ANSWER("<valid>ca:A1 ca:A3 ca:RD</valid>"), E911_UNCHECKED);
	assert_verdict(ANSWER("<valid>ca:A1 ca:A3 ca:HNO</valid>"), E911_UNCHECKED);
	assert_verdict(ANSWER("<valid>ca:RD ca:HNO</valid>"), E911_VALID);
}

static void nothing_listed_is_unchecked(void **state)
{
	(void)state;
	assert_verdict(ANSWER(""), E911_UNCHECKED);
	assert_verdict(ANSWER("<valid/><invalid> </invalid>"), E911_UNCHECKED);
	assert_verdict(ANSWER("<unchecked>ca:RD</unchecked>"), E911_UNCHECKED);
}

static void the_worst_of_several_words_counts(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<invalid>ca:RD</invalid>"
						  "<valid>ca:RD ca:HNO</valid>"),
			E911_INVALID);
	assert_verdict(ANSWER("<valid>ca:RD ca:HNO</valid>"
						  "<unchecked>ca:HNO</unchecked>"),
			E911_UNCHECKED);
}

static void an_invalid_element_we_did_not_send_counts(void **state)
{
	e911_assessment_t a = assess(ANSWER(
			"<valid>ca:RD ca:HNO ca:A2</valid><invalid>ca:PC</invalid>"));

	(void)state;
	assert_int_equal(a.verdict, E911_INVALID);
	assert_int_equal(a.element[id_of("PC")], E911_ELEMENT_INVALID);
	assert_int_equal(a.element[id_of("A2")], E911_ELEMENT_NONE);
	assert_verdict(
			ANSWER("<valid>ca:RD ca:HNO</valid><invalid>ca:NONE</invalid>"),
			E911_INVALID);
	assert_verdict(
			ANSWER("<valid>ca:RD ca:HNO</valid><unchecked>ca:NONE</unchecked>"),
			E911_VALID);
}

/* ----- names ----- */

static void reads_names_of_any_prefix(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<valid xmlns:q=\"" NS_CA "\">q:RD q:HNO</valid>"),
			E911_VALID);
	assert_verdict("<l:findServiceResponse xmlns:l=\"" NS_LOST
				   "\" xmlns:a=\"x\""
				   "><l:locationValidation xmlns:a=\"" NS_CA
				   "\"><l:valid>a:RD a:HNO</l:valid></l:locationValidation>"
				   "</l:findServiceResponse>",
			E911_VALID);
	/* the example of RFC 5222 section 8.3.5 */
	assert_verdict(
			ANSWER("<valid>RD HNO</valid><invalid>A1</invalid>"), E911_INVALID);
	assert_verdict(ANSWER("<valid>RD HNO</valid>"), E911_VALID);
	assert_verdict(ANSWER("<valid>zz:RD zz:HNO</valid>"), E911_VALID);
}

static void a_name_of_another_namespace_is_another(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<valid xmlns:x=\"urn:x\">x:RD ca:HNO</valid>"),
			E911_UNCHECKED);
	assert_verdict(ANSWER("<valid xmlns:ca=\"urn:x\">ca:RD ca:HNO</valid>"),
			E911_UNCHECKED);
	assert_int_equal(
			assess(ANSWER("<valid>ca:STP</valid>")).element[id_of("STP")],
			E911_ELEMENT_UNCHECKED);
	assert_int_equal(
			assess(ANSWER("<valid xmlns:e=\"" NS_CAE "\">e:STP</valid>"))
					.element[id_of("STP")],
			E911_ELEMENT_VALID);
	assert_verdict("<findServiceResponse xmlns:x=\"urn:x\" xmlns=\"" NS_LOST
				   "\"><locationValidation><valid>x:RD x:HNO</valid>"
				   "</locationValidation></findServiceResponse>",
			E911_UNCHECKED);
}

static void a_prefix_ends_with_its_element(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<x xmlns=\"urn:x\" xmlns:ca=\"urn:x\"/>"
						  "<valid>ca:RD ca:HNO</valid>"),
			E911_VALID);
}

/* ----- suggestions ----- */

static void suggests_similar_addresses_with_what_was_stated(void **state)
{
	e911_assessment_t a = assess(ANSWER(
			"<invalid>ca:RD</invalid>" SIMILAR("similarLocation",
					"<ca:A1>TX</ca:A1><ca:RD>Exam<!-- c -->ple</ca:RD>"
					"<ca:HNO>1200</ca:HNO><o xmlns=\"urn:o\">x</o>")
					SIMILAR("similarLocation", "<ca:RD>Other</ca:RD>")));

	(void)state;
	assert_int_equal(a.verdict, E911_INVALID);
	assert_int_equal(a.n, 2);
	assert_field(&a.suggestion[0], "RD", "Example");
	assert_field(&a.suggestion[0], "STS", "");
	assert_field(&a.suggestion[0], "A3", "");
	assert_field(&a.suggestion[0], "country", "US");
	assert_field(&a.suggestion[0], "FLR", "3");
	assert_field(&a.suggestion[0], "callback", "+15125550100");
	assert_int_equal(a.suggestion[0].stated, NOW);
	assert_field(&a.suggestion[1], "RD", "Other");
}

static void the_complete_address_goes_first(void **state)
{
	e911_assessment_t a = assess(ANSWER("<valid>ca:RD ca:HNO</valid>" SIMILAR(
			"similarLocation", "<ca:RD>B</ca:RD>") SIMILAR("completeLocation",
			"<ca:RD>A</ca:RD><ca:PC>78701</ca:PC><ca:UNIT>9</ca:UNIT>")));

	(void)state;
	assert_int_equal(a.verdict, E911_VALID);
	assert_int_equal(a.n, 2);
	assert_field(&a.suggestion[0], "PC", "78701");
	assert_field(&a.suggestion[0], "FLR", "");
	assert_field(&a.suggestion[1], "RD", "B");
}

static void keeps_the_first_five_addresses(void **state)
{
	char z[4096];
	e911_assessment_t a;
	int i, at;

	(void)state;
	at = sprintf(z, "<findServiceResponse " ROOT "><locationValidation>"
					"<s:similarLocation xmlns:s=\"" NS_RLI "\">");
	for(i = 0; i < 9; i++)
		at += sprintf(z + at,
				"<ca:civicAddress><ca:RD>%d</ca:RD></ca:civicAddress>", i / 2);
	at += sprintf(z + at,
			"<ca:civicAddress><ca:RD>5</ca:RD></ca:civicAddress>"
			"</s:similarLocation></locationValidation></findServiceResponse>");
	a = assess(z);
	assert_int_equal(a.n, E911_SUGGESTIONS_MAX);
	assert_field(&a.suggestion[0], "RD", "0");
	assert_field(&a.suggestion[4], "RD", "4");
}

static void half_an_address_is_no_suggestion(void **state)
{
	(void)state;
	assert_int_equal(assess(ANSWER(SIMILAR("similarLocation", ""))).n, 0);
	assert_int_equal(assess(ANSWER(SIMILAR("similarLocation",
									"<ca:country>US</ca:country>")))
							 .n,
			0);
	assert_int_equal(assess(ANSWER(SIMILAR("similarLocation",
									"<ca:RD>a</ca:RD><ca:RD>b</ca:RD>")))
							 .n,
			0);
	assert_int_equal(assess(ANSWER(SIMILAR("similarLocation",
									"<ca:RD>a</ca:RD>"
									"<ca:country>USA</ca:country>")))
							 .n,
			0);
	assert_int_equal(
			assess(ANSWER(SIMILAR("otherLocation", "<ca:RD>a</ca:RD>"))).n, 0);
}

/* ----- answers that say something else ----- */

static void each_error_has_its_meaning(void **state)
{
	static const char *const names[] = {"badRequest", "forbidden",
			"internalError", "locationProfileUnrecognized", "SRSInvalid",
			"loop", "notFound", "serverError", "serverTimeout",
			"serviceNotImplemented", "locationValidationUnavailable"};
	char z[1024];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(names); i++) {
		sprintf(z, "<errors " ROOT "><!-- c --><%s/> </errors>", names[i]);
		assert_not_assessed(z, E911_LOST_NOTHING, names[i]);
	}
	assert_verdict(ERRORS("locationInvalid"), E911_INVALID);
	assert_int_equal(assess(ERRORS("locationInvalid")).element[id_of("RD")],
			E911_ELEMENT_UNCHECKED);
	assert_not_assessed(ERRORS("newError"), E911_LOST_NOTHING, "");
	assert_not_assessed("<errors " ROOT "/>", E911_LOST_NOTHING, "");
	assert_not_assessed("<errors " ROOT "><loop xmlns=\"urn:x\"/></errors>",
			E911_LOST_NOTHING, "");
}

static void a_mapping_alone_says_nothing_of_the_address(void **state)
{
	(void)state;
	assert_not_assessed(WARNED("locationValidationUnavailable"),
			E911_LOST_NOTHING, "locationValidationUnavailable");
	assert_not_assessed(WARNED("defaultMappingReturned"), E911_LOST_NOTHING,
			"defaultMappingReturned");
	/* a warning is no error */
	assert_not_assessed(
			WARNED("locationInvalid"), E911_LOST_NOTHING, "locationInvalid");
	assert_not_assessed("<findServiceResponse " ROOT ">" MAPPING
						"</findServiceResponse>",
			E911_LOST_NOTHING, "");
}

static void reads_where_a_redirect_leads(void **state)
{
	(void)state;
	assert_not_assessed("<redirect " ROOT " target=\" east-1.Example \" "
						"source=\"west.example\"/>",
			E911_LOST_REDIRECT, "east-1.Example");
	assert_not_assessed("<redirect " ROOT "/>", E911_ERR_SYNTAX, "");
	assert_not_assessed(
			"<redirect " ROOT " target=\"\"/>", E911_ERR_SYNTAX, "");
	assert_not_assessed("<redirect " ROOT " target=\"http://a.example/\"/>",
			E911_ERR_SYNTAX, "");
	assert_not_assessed("<redirect " ROOT " target=\"a.example:80\"/>",
			E911_ERR_SYNTAX, "");
	assert_not_assessed(
			"<redirect " ROOT " target=\"localhost\"/>", E911_ERR_SYNTAX, "");
	assert_not_assessed("<redirect " ROOT " ca:target=\"a.example\"/>",
			E911_ERR_SYNTAX, "");
}

static void a_host_longer_than_dns_has_is_none(void **state)
{
	char z[1024], host[300];

	(void)state;
	sprintf(host, "%0253d.x", 0);
	sprintf(z, "<redirect " ROOT " target=\"%s\"/>", host);
	assert_not_assessed(z, E911_LOST_REDIRECT, host);
	sprintf(z, "<redirect " ROOT " target=\"0%s\"/>", host);
	assert_not_assessed(z, E911_ERR_SYNTAX, "");
}

/* What stopped or held up others: a mapping without a displayName, none at all,
 * what is no XML under HTTP 200, comments among errors and warnings. */
static void survives_what_others_did_not(void **state)
{
	(void)state;
	assert_verdict(ANSWER("<valid>ca:RD ca:HNO</valid>"), E911_VALID);
	assert_verdict("<findServiceResponse " ROOT "><locationValidation>"
				   "<valid>ca:RD ca:HNO</valid></locationValidation>"
				   "</findServiceResponse>",
			E911_VALID);
	assert_not_assessed("OK", E911_ERR_SYNTAX, "");
	assert_not_assessed("", E911_ERR_SYNTAX, "");
	assert_not_assessed("<errors " ROOT "><!-- a --> text <?p i?><loop/>"
						"<!-- b --></errors>",
			E911_LOST_NOTHING, "loop");
	assert_not_assessed("<findServiceResponse " ROOT "><warnings><!-- a -->x"
						"<?p i?><locationValidationUnavailable><!-- b -->"
						"</locationValidationUnavailable></warnings>"
						"</findServiceResponse>",
			E911_LOST_NOTHING, "locationValidationUnavailable");
}

static void passes_over_what_it_does_not_understand(void **state)
{
	(void)state;
	assert_verdict(
			"<?xml version=\"1.0\"?><!-- c --><?p i?><findServiceResponse " ROOT
			" xmlns:o=\"urn:o\"><o:locationValidation><valid>ca:A1</valid>"
			"</o:locationValidation><locationValidation o:a=\"b\"><!-- c -->"
			"<o:invalid>ca:RD</o:invalid><valid>ca:<!-- c -->RD"
			"<o:x>ca:A1</o:x> <![CDATA[ca:HNO]]>&#32;ca:A3</valid>"
			"<o:x><invalid>ca:RD</invalid></o:x></locationValidation>"
			"<invalid>ca:RD</invalid></findServiceResponse>",
			E911_VALID);
}

static void another_document_is_refused(void **state)
{
	(void)state;
	assert_not_assessed("<findServiceResponse/>", E911_ERR_TYPE, "");
	assert_not_assessed("<findService " ROOT "/>", E911_ERR_TYPE, "");
	assert_not_assessed("<html><body>OK</body></html>", E911_ERR_TYPE, "");
	assert_not_assessed("<x " ROOT "><errors/></x>", E911_ERR_TYPE, "");
	assert_not_assessed("{\"a\":1}", E911_ERR_SYNTAX, "");
	assert_not_assessed(ANSWER("") "x", E911_ERR_SYNTAX, "");
	assert_not_assessed("<findServiceResponse " ROOT ">", E911_ERR_SYNTAX, "");
	assert_not_assessed(ANSWER("<valid>\xff</valid>"), E911_ERR_SYNTAX, "");
}

static void a_document_type_is_refused(void **state)
{
	(void)state;
	assert_not_assessed("<!DOCTYPE errors>" ERRORS("loop"), E911_ERR_DTD, "");
	assert_not_assessed("<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;"
						"\">]>" ANSWER("<valid>&b;</valid>"),
			E911_ERR_DTD, "");
	assert_not_assessed(
			"<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" ERRORS("loop"),
			E911_ERR_DTD, "");
}

static void bounds_what_it_reads(void **state)
{
	str deep = tight_many("<a>", 200), wide = tight_many("a ", 2100),
		large = tight_many(" ", E911_LOST_MAX + 1);
	char *z = malloc(16384);
	e911_assessment_t a;
	char mem[256];
	int i, at;
	str target;

	(void)state;
	sprintf(z, "<errors " ROOT ">%.*s", deep.len, deep.s);
	assert_not_assessed(z, E911_ERR_DEPTH, "");
	sprintf(z, ANSWER("<valid>%.*s</valid>"), wide.len, wide.s);
	assert_not_assessed(z, E911_ERR_SPACE, "");
	at = sprintf(z, "<errors xmlns=\"" NS_LOST "\"");
	for(i = 0; i < SCOPES; i++)
		at += sprintf(z + at, " xmlns:a%d=\"x\"", i);
	sprintf(z + at, "/>");
	assert_not_assessed(z, E911_ERR_DEPTH, "");
	assert_int_equal(
			e911_lost_read(large.s, large.len, &place, &a, mem, &target),
			E911_ERR_SPACE);
	free(z);
	free(deep.s);
	free(wide.s);
	free(large.s);
}

static void reads_utf16(void **state)
{
	static const char z[] = ANSWER("<valid>ca:RD ca:HNO</valid>");
	str wide = {malloc(2 + 2 * (sizeof(z) - 1)), 2 + 2 * (sizeof(z) - 1)};
	e911_assessment_t a;
	char mem[256];
	str target;
	size_t i;

	(void)state;
	memcpy(wide.s, "\xff\xfe", 2);
	for(i = 0; i < sizeof(z) - 1; i++) {
		wide.s[2 + 2 * i] = z[i];
		wide.s[3 + 2 * i] = 0;
	}
	assert_int_equal(e911_lost_read(wide.s, wide.len, &place, &a, mem, &target),
			E911_LOST_ASSESSED);
	assert_int_equal(a.verdict, E911_VALID);
	free(wide.s);
}

static int read_once(void *arg)
{
	static const char z[] =
			ANSWER("<valid xmlns:q=\"" NS_CA "\">q:RD ca:HNO</valid>" SIMILAR(
					"completeLocation", "<ca:RD>Example</ca:RD>"));
	e911_assessment_t a;
	char mem[256];
	str target;
	int got;

	(void)arg;
	got = e911_lost_read(z, sizeof(z) - 1, &place, &a, mem, &target);
	if(got < 0)
		return got;
	assert_int_equal(a.verdict, E911_VALID);
	assert_int_equal(a.n, 1);
	return 0;
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
	xmlSchemaParserCtxtPtr schema;
	xmlRelaxNGParserCtxtPtr rng;

	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	schema = xmlSchemaNewParserCtxt("data/schemas/pidflo-strict.xsd");
	civic = xmlSchemaParse(schema);
	xmlSchemaFreeParserCtxt(schema);
	rng = xmlRelaxNGNewParserCtxt("data/schemas/lost.rng");
	grammar = xmlRelaxNGParse(rng);
	xmlRelaxNGFreeParserCtxt(rng);
	if(getenv("E911_XML_ERRORS") == NULL)
		xmlSetGenericErrorFunc(NULL, quiet);
	make(&place);
	return civic && grammar ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xmlSchemaFree(civic);
	xmlRelaxNGFree(grammar);
	xmlRelaxNGCleanupTypes();
	xmlSchemaCleanupTypes();
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(asks_by_the_schema),
			cmocka_unit_test(asks_with_every_field_there_is),
			cmocka_unit_test(says_no_more_than_the_address),
			cmocka_unit_test(asks_for_suggestions_only_when_told),
			cmocka_unit_test(asks_nothing_without_an_address),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(one_invalid_element_makes_it_invalid),
			cmocka_unit_test(what_is_not_listed_is_unchecked),
			cmocka_unit_test(a_house_that_is_not_checked_is_not_valid),
			cmocka_unit_test(nothing_listed_is_unchecked),
			cmocka_unit_test(the_worst_of_several_words_counts),
			cmocka_unit_test(an_invalid_element_we_did_not_send_counts),
			cmocka_unit_test(reads_names_of_any_prefix),
			cmocka_unit_test(a_name_of_another_namespace_is_another),
			cmocka_unit_test(a_prefix_ends_with_its_element),
			cmocka_unit_test(suggests_similar_addresses_with_what_was_stated),
			cmocka_unit_test(the_complete_address_goes_first),
			cmocka_unit_test(keeps_the_first_five_addresses),
			cmocka_unit_test(half_an_address_is_no_suggestion),
			cmocka_unit_test(each_error_has_its_meaning),
			cmocka_unit_test(a_mapping_alone_says_nothing_of_the_address),
			cmocka_unit_test(reads_where_a_redirect_leads),
			cmocka_unit_test(a_host_longer_than_dns_has_is_none),
			cmocka_unit_test(survives_what_others_did_not),
			cmocka_unit_test(passes_over_what_it_does_not_understand),
			cmocka_unit_test(another_document_is_refused),
			cmocka_unit_test(a_document_type_is_refused),
			cmocka_unit_test(bounds_what_it_reads),
			cmocka_unit_test(reads_utf16),
			cmocka_unit_test(survives_no_memory),
	};

	return cmocka_run_group_tests_name("lost", tests, start, end);
}
