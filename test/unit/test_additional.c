/*
 * Every block that is written is checked against test/data/schemas and read
 * back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf row hash
 */
#include "../../modules/e911/additional.c"
#include <stdio.h>
#include <stdlib.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include "ksr_stub.h"
#include "tight.h"

#define SUBSCRIBER_NS "urn:ietf:params:xml:ns:EmergencyCallData:SubscriberInfo"
#define LEAST "name=Example;id=example.com;contact=tel:+15125550100"
#define HOSTILE "&<>\"' ]]> <!-- &amp; \xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x91"

enum block
{
	PROVIDER,
	SERVICE,
	SUBSCRIBER,
	BLOCKS
};

static const char *const spaces[] = {
		[PROVIDER] = "urn:ietf:params:xml:ns:EmergencyCallData:ProviderInfo",
		[SERVICE] = "urn:ietf:params:xml:ns:EmergencyCallData:ServiceInfo",
		[SUBSCRIBER] = SUBSCRIBER_NS,
};
static const char *const roots[] = {
		[PROVIDER] = E911_ADDITIONAL_PREFIX "ProviderInfo",
		[SERVICE] = E911_ADDITIONAL_PREFIX "ServiceInfo",
		[SUBSCRIBER] = E911_ADDITIONAL_PREFIX "SubscriberInfo",
};

static const str reference = str_init("3f2504e0.1@cc.example.com");
static const str nothing = {"", 0};
static xmlSchemaPtr schema;
static xmlDocPtr tree;
static char doc[8192];

/* ----- help ----- */

/* what is at fault goes into at, which has room for it */
static int read_row(e911_provider_t *p, const char *z, char *at)
{
	str row = tight_z(z), bad = {NULL, 0};
	int err = e911_provider_read(p, &row, &bad);

	if(at)
		sprintf(at, "%.*s", bad.len, bad.s);
	free(row.s);
	return err;
}

static e911_provider_t provider_of(const char *row)
{
	e911_provider_t p;
	char at[256];

	memset(&p, 0x5a, sizeof(p));
	if(read_row(&p, row, at))
		fail_msg("%s: %s", row, at);
	return p;
}

static void put_block(e911_strbuf_t *b, int block, const e911_provider_t *p,
		const str *ref, const str *name, const str *number)
{
	switch(block) {
		case PROVIDER:
			put_provider(b, p, ref);
			break;
		case SERVICE:
			put_service(b, p, ref);
			break;
		case SUBSCRIBER:
			put_subscriber(b, ref, name, number);
			break;
	}
}

/* leaves the document's tree, valid and of the right kind */
static void write_block(int block, const e911_provider_t *p, const str *ref,
		const str *name, const str *number)
{
	xmlSchemaValidCtxtPtr ctxt = xmlSchemaNewValidCtxt(schema);
	e911_strbuf_t b;

	xmlFreeDoc(tree);
	e911_strbuf_init(&b, doc, sizeof(doc));
	put_block(&b, block, p, ref, name, number);
	assert_int_equal(b.err, 0);
	tree = xmlReadMemory(doc, (int)b.len, NULL, NULL, XML_PARSE_NONET);
	assert_non_null(tree);
	if(xmlSchemaValidateDoc(ctxt, tree) != 0)
		fail_msg("not valid: %.*s", (int)b.len, doc);
	xmlSchemaFreeValidCtxt(ctxt);
	assert_string_equal((char *)xmlDocGetRootElement(tree)->name, roots[block]);
	assert_string_equal(
			(char *)xmlDocGetRootElement(tree)->ns->href, spaces[block]);
}

static void write_usual(int block, const e911_provider_t *p)
{
	write_block(block, p, &reference, &nothing, &nothing);
}

static xmlNodePtr nth_below(xmlNodePtr node, const char *name, int *n)
{
	xmlNodePtr found;

	for(node = node->children; node; node = node->next) {
		if(node->type != XML_ELEMENT_NODE)
			continue;
		if(strcmp((char *)node->name, name) == 0 && (*n)-- == 0)
			return node;
		found = nth_below(node, name, n);
		if(found)
			return found;
	}
	return NULL;
}

/* want NULL: there is none */
static void assert_says(const char *name, int n, const char *want)
{
	int left = n;
	xmlNodePtr node = nth_below(xmlDocGetRootElement(tree), name, &left);
	xmlChar *text;

	if(node == NULL || want == NULL) {
		if((node == NULL) != (want == NULL))
			fail_msg("%s, number %d: %s", name, n, node ? "there" : "missing");
		return;
	}
	text = xmlNodeGetContent(node);
	assert_string_equal((char *)text, want);
	xmlFree(text);
}

/* ----- the row ----- */

static void the_least_has_its_defaults(void **state)
{
	e911_provider_t p = provider_of(LEAST);

	(void)state;
	assert_string_equal(p.name, "Example");
	assert_string_equal(p.id, "example.com");
	assert_string_equal(p.series, "domain");
	assert_string_equal(p.type, "Telecom Provider");
	assert_string_equal(p.contact, "tel:+15125550100");
	assert_string_equal(p.language, "en");
	assert_string_equal(p.environment, "Business");
	assert_string_equal(p.service, "MLTS-hosted");
	assert_string_equal(p.mobility, "Nomadic");
}

static void reads_every_column(void **state)
{
	e911_provider_t p = provider_of(
			" mobility = Fixed ; service=\"OTT, MLTS-local\";"
			"environment=Unknown;language=\"fr-CA,en\";"
			"contact=sips:noc@example.com;type=Relay Provider;series=NENA;"
			"id=urn:nena:companyid:ID123;name=\"Example; Inc.\"");

	(void)state;
	assert_string_equal(p.name, "Example; Inc.");
	assert_string_equal(p.id, "urn:nena:companyid:ID123");
	assert_string_equal(p.series, "NENA");
	assert_string_equal(p.type, "Relay Provider");
	assert_string_equal(p.contact, "sips:noc@example.com");
	assert_string_equal(p.language, "fr-ca,en");
	assert_string_equal(p.environment, "Unknown");
	assert_string_equal(p.service, "OTT, MLTS-local");
	assert_string_equal(p.mobility, "Fixed");
}

/* each word of the registries is taken and written, and nothing near them */
static void knows_the_registries(void **state)
{
	static const struct
	{
		const char *column;
		int block;
		const char *element;
		const char *words[14];
	} rows[] = {
			{"series", PROVIDER, "ProviderIDSeries", {"EENA", "domain"}},
			{"type", PROVIDER, "TypeOfProvider",
					{"Client", "Access Network Provider", "Telecom Provider",
							"Telematics Provider",
							"Language Translation Provider",
							"Emergency Service Provider",
							"Emergency Modality Translation", "Relay Provider",
							"Other"}},
			{"environment", SERVICE, "ServiceEnvironment",
					{"Business", "Residence", "Unknown"}},
			{"service", SERVICE, "ServiceType",
					{"wireless", "coin", "one-way", "temp", "MLTS-hosted",
							"MLTS-local", "sensor-unattended",
							"sensor-attended", "POTS", "OTT", "digital", "OPX",
							"relay"}},
			{"mobility", SERVICE, "ServiceMobility",
					{"Mobile", "Fixed", "Nomadic", "Unknown"}},
	};
	e911_provider_t p;
	char row[200], at[200];
	size_t i, k;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for(k = 0; rows[i].words[k]; k++) {
			sprintf(row, LEAST ";%s=%s", rows[i].column, rows[i].words[k]);
			p = provider_of(row);
			write_usual(rows[i].block, &p);
			assert_says(rows[i].element, 0, rows[i].words[k]);
			assert_says(rows[i].element, 1, NULL);
			strcat(row, "x");
			assert_int_equal(read_row(&p, row, at), E911_ERR_VALUE);
			assert_string_equal(at, rows[i].column);
		}
	}
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"", E911_ERR_MISSING, "name"},
			{"id=a.b;contact=tel:+1", E911_ERR_MISSING, "name"},
			{"name=a;id=a.b", E911_ERR_MISSING, "contact"},
			{"name=a;contact=tel:+1", E911_ERR_MISSING, "id"},
			{"name=a;contact=tel:+1;type=Other", E911_ERR_MISSING, "id"},
			{LEAST ";name=b", E911_ERR_TWICE, "name"},
			{LEAST ";series=EENA;series=EENA", E911_ERR_TWICE, "series"},
			{LEAST ";Series=EENA", E911_ERR_NAME, "Series"},
			{LEAST ";nonsense=1", E911_ERR_NAME, "nonsense"},
			{LEAST ";=1", E911_ERR_SYNTAX, ""},
			{LEAST ";type=\"Other", E911_ERR_SYNTAX, "type"},
			{"name=;id=a.b;contact=tel:+1", E911_ERR_VALUE, "name"},
			{"name=a\tb", E911_ERR_TEXT, "name"},
			{"name=a\x7f", E911_ERR_TEXT, "name"},
			{"name=\xc3", E911_ERR_TEXT, "name"},
			{"name=\xed\xa0\x80", E911_ERR_TEXT, "name"},
			{"id=a\xff", E911_ERR_TEXT, "id"},
			{"name=a;contact=tel:+1;id=a/b", E911_ERR_VALUE, "id"},
			{"name=a;contact=tel:+1;id=a b", E911_ERR_VALUE, "id"},
			{LEAST ";series=NENA", E911_ERR_VALUE, "id"},
			{"name=a;contact=tel:+1;series=NENA;id=urn:nena:companyid:",
					E911_ERR_VALUE, "id"},
			{"contact=", E911_ERR_VALUE, "contact"},
			{"contact=tel:", E911_ERR_VALUE, "contact"},
			{"contact=+15125550100", E911_ERR_VALUE, "contact"},
			{"contact=http://example.com", E911_ERR_VALUE, "contact"},
			{"contact=sip:a b@example.com", E911_ERR_VALUE, "contact"},
			{"contact=sip:<a@example.com>", E911_ERR_VALUE, "contact"},
			{"contact=sip:\xc3\xa9@example.com", E911_ERR_VALUE, "contact"},
			{"contact=sip:noc@[2001:db8::1]", E911_ERR_VALUE, "contact"},
			{"contact=sip:%4@example.com", E911_ERR_VALUE, "contact"},
			{"contact=sip:a@b%", E911_ERR_VALUE, "contact"},
			{"contact=sip:a@b%4", E911_ERR_VALUE, "contact"},
			{"series=nena", E911_ERR_VALUE, "series"},
			{"type=", E911_ERR_VALUE, "type"},
			{"service=\",\"", E911_ERR_VALUE, "service"},
			{"service=\"OTT,none\"", E911_ERR_VALUE, "service"},
			{"environment=\"Business,Unknown\"", E911_ERR_VALUE, "environment"},
			{"language=\",\"", E911_ERR_VALUE, "language"},
			{"language=\"en,fr_CA\"", E911_ERR_VALUE, "language"},
			{"language=e", E911_ERR_VALUE, "language"},
			{"language=engl", E911_ERR_VALUE, "language"},
			{"language=e1", E911_ERR_VALUE, "language"},
			{"language=en-", E911_ERR_VALUE, "language"},
			{"language=en-u", E911_ERR_VALUE, "language"},
			{"language=-en", E911_ERR_VALUE, "language"},
			{"language=zh-hant-tw-xx", E911_ERR_VALUE, "language"},
			{"language=en-123456789", E911_ERR_VALUE, "language"},
	};
	e911_provider_t p, before;
	char at[200];
	size_t i;

	(void)state;
	memset(&p, 0x5a, sizeof(p));
	before = p;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if(read_row(&p, rows[i].row, at) != rows[i].err)
			fail_msg("%s", rows[i].row);
		assert_string_equal(at, rows[i].at);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

static void texts_as_long_as_their_columns(void **state)
{
	static const struct
	{
		const char *row;
		int fits;
		int err;
		const char *at;
	} rows[] = {
			{"id=a.b;contact=tel:+1;name=", 127, E911_ERR_LONG, "name"},
			{"name=a;contact=tel:+1;id=", 63, E911_ERR_LONG, "id"},
			{"name=a;id=a.b;contact=tel:+", 122, E911_ERR_LONG, "contact"},
			{LEAST ";language=zh-hant,zh-hant,zh-hant,zh-", 8, E911_ERR_LONG,
					"language"},
	};
	e911_provider_t p;
	char row[400], at[400];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sprintf(row, "%s%0*d", rows[i].row, rows[i].fits, 1);
		assert_int_equal(read_row(&p, row, at), 0);
		strcat(row, "1");
		assert_int_equal(read_row(&p, row, at), rows[i].err);
		assert_string_equal(at, rows[i].at);
	}
}

static void takes_uris_as_they_come(void **state)
{
	static const char *const uris[] = {"tel:+1-512-555-0100;ext=1",
			"TEL:+15125550100", "sip:noc@192.0.2.1:5060;transport=tls",
			"sips:a%40b@example.com?subject=911&x='y'",
			"mailto:noc@example.com"};
	e911_provider_t p;
	char row[200];
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
		sprintf(row, "name=a;id=a.b;contact=\"%s\"", uris[i]);
		p = provider_of(row);
		write_usual(PROVIDER, &p);
		assert_says("ContactURI", 0, uris[i]);
	}
}

/* ----- the blocks ----- */

static void writes_who_we_are(void **state)
{
	e911_provider_t p = provider_of(LEAST ";language=\"fr-CA, en\"");

	(void)state;
	write_usual(PROVIDER, &p);
	assert_says("DataProviderReference", 0, reference.s);
	assert_says("DataProviderString", 0, "Example");
	assert_says("ProviderID", 0, "example.com");
	assert_says("ProviderIDSeries", 0, "domain");
	assert_says("TypeOfProvider", 0, "Telecom Provider");
	assert_says("ContactURI", 0, "tel:+15125550100");
	assert_says("Language", 0, "fr-ca");
	assert_says("Language", 1, "en");
	assert_says("Language", 2, NULL);
}

/* RFC 7852 section 4.1.2: it need not have one */
static void a_client_may_have_no_id(void **state)
{
	e911_provider_t p = provider_of("name=a;contact=mailto:a@b;type=Client");

	(void)state;
	write_usual(PROVIDER, &p);
	assert_says("TypeOfProvider", 0, "Client");
	assert_says("ProviderID", 0, NULL);
	assert_says("ProviderIDSeries", 0, NULL);
}

static void writes_what_the_service_is(void **state)
{
	e911_provider_t p = provider_of(LEAST ";service=\"MLTS-hosted,OTT\"");

	(void)state;
	write_usual(SERVICE, &p);
	assert_says("DataProviderReference", 0, reference.s);
	assert_says("ServiceEnvironment", 0, "Business");
	assert_says("ServiceType", 0, "MLTS-hosted");
	assert_says("ServiceType", 1, "OTT");
	assert_says("ServiceType", 2, NULL);
	assert_says("ServiceMobility", 0, "Nomadic");
}

/* fn is the first text, then the two types of the number, then a text that is
 * no URI */
static void writes_who_the_subscriber_is(void **state)
{
	static const struct
	{
		const char *name;
		const char *number;
		const char *fn;
		const char *uri;  /* NULL: none */
		const char *text; /* NULL: none */
	} rows[] = {
			{"Agent", "+15125550101", "Agent", "tel:+15125550101", NULL},
			{"Agent", "5101", "Agent", NULL, "5101"},
			{"", "+15125550101", "+15125550101", "tel:+15125550101", NULL},
			{"Agent", "", "Agent", NULL, NULL},
			{"", "", "", NULL, NULL},
	};
	xmlChar *privacy;
	str name, number;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		name = tight_z(rows[i].name);
		number = tight_z(rows[i].number);
		write_block(SUBSCRIBER, NULL, &reference, &name, &number);
		free(name.s);
		free(number.s);
		assert_says("DataProviderReference", 0, reference.s);
		assert_says("text", 0, rows[i].fn);
		assert_says("tel", 1, NULL);
		assert_says("uri", 0, rows[i].uri);
		assert_says("text", rows[i].number[0] ? 3 : 1, rows[i].text);
		privacy = xmlGetProp(xmlDocGetRootElement(tree),
				(const xmlChar *)"privacyRequested");
		assert_string_equal((char *)privacy, "false");
		xmlFree(privacy);
	}
}

static void hostile_text_comes_back(void **state)
{
	static const str hostile = str_init(HOSTILE);
	static const str local = str_init("1" HOSTILE);
	e911_provider_t p = provider_of("name=\"<A>&'B\xc3\xa9;\"; id=a.b; "
									"contact=sip:a&b'@example.com");

	(void)state;
	write_usual(PROVIDER, &p);
	assert_says("DataProviderString", 0, "<A>&'B\xc3\xa9;");
	strcpy(p.name, HOSTILE);
	write_block(PROVIDER, &p, &hostile, &nothing, &nothing);
	assert_says("DataProviderReference", 0, HOSTILE);
	assert_says("DataProviderString", 0, HOSTILE);
	assert_says("ContactURI", 0, "sip:a&b'@example.com");
	write_block(SERVICE, &p, &hostile, &nothing, &nothing);
	assert_says("DataProviderReference", 0, HOSTILE);
	write_block(SUBSCRIBER, &p, &hostile, &hostile, &local);
	assert_says("DataProviderReference", 0, HOSTILE);
	assert_says("text", 0, HOSTILE);
	assert_says("text", 3, "1" HOSTILE);
}

static void never_writes_past_the_end(void **state)
{
	static const str number = str_init("+15125550101");
	static const str name = str_init("Agent & Smith");
	e911_provider_t p = provider_of(LEAST);
	e911_strbuf_t b;
	size_t len, max;
	char *room;
	int block;

	(void)state;
	for(block = 0; block < BLOCKS; block++) {
		e911_strbuf_init(&b, doc, sizeof(doc));
		put_block(&b, block, &p, &reference, &name, &number);
		len = b.len;
		for(max = 0; max <= len; max++) {
			room = malloc(max + 1);
			e911_strbuf_init(&b, room, max);
			put_block(&b, block, &p, &reference, &name, &number);
			assert_int_equal(b.err, max < len ? E911_ERR_SPACE : 0);
			free(room);
		}
	}
}

/* ----- any of them ----- */

/* the tree is the block's, with the reference that it says copied out */
static void write_any(int block, const e911_about_t *about, char ref[64])
{
	e911_strbuf_t b;
	xmlChar *said;
	int n = 0;

	xmlFreeDoc(tree);
	e911_strbuf_init(&b, doc, sizeof(doc));
	e911_additional_write(&b, block, about);
	assert_int_equal(b.err, 0);
	tree = xmlReadMemory(doc, (int)b.len, NULL, NULL, XML_PARSE_NONET);
	assert_non_null(tree);
	assert_string_equal((char *)xmlDocGetRootElement(tree)->name, roots[block]);
	said = xmlNodeGetContent(
			nth_below(xmlDocGetRootElement(tree), "DataProviderReference", &n));
	snprintf(ref, 64, "%s", (char *)said);
	xmlFree(said);
}

static void each_block_has_its_name_and_type(void **state)
{
	static const char *const bad[] = {"", "x", "providerinfo", "ProviderInfo ",
			"ProviderInf", "ProviderInfo+xml", "DeviceInfo"};
	char want[100];
	str name;
	size_t i;
	int block;

	(void)state;
	for(block = 0; block < BLOCKS; block++) {
		name = tight_z(e911_additional_name(block));
		assert_int_equal(e911_additional_find(&name), block);
		sprintf(want, E911_ADDITIONAL_PREFIX "%.*s", name.len, name.s);
		assert_string_equal(want, roots[block]);
		sprintf(want, "application/%s+xml", roots[block]);
		assert_string_equal(e911_additional_type(block), want);
		free(name.s);
	}
	for(i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		name = tight_z(bad[i]);
		assert_int_equal(e911_additional_find(&name), E911_ERR_NAME);
		free(name.s);
	}
}

/* RFC 7852 section 4 */
static void all_blocks_of_a_call_have_one_reference(void **state)
{
	e911_provider_t p = provider_of(LEAST);
	e911_about_t about = {&p, str_init("a@b"), str_init("Ana"), STR_NULL};
	char first[64], next[64];
	int block;

	(void)state;
	about.callid = tight_z("a@b");
	write_any(E911_BLOCK_PROVIDER, &about, first);
	assert_int_equal(strlen(first), 16 + strlen("@e911.invalid"));
	assert_null(strstr(first, "a@b"));
	for(block = 0; block < BLOCKS; block++) {
		write_any(block, &about, next);
		assert_string_equal(next, first);
	}
	assert_says("text", 0, "Ana");
	about.callid.s[0] = 'c';
	write_any(E911_BLOCK_PROVIDER, &about, next);
	assert_string_not_equal(next, first);
	free(about.callid.s);
}

/* ----- libxml2 ----- */

static int start(void **state)
{
	xmlSchemaParserCtxtPtr ctxt;

	(void)state;
	xmlInitParser();
	ctxt = xmlSchemaNewParserCtxt("data/schemas/additional-strict.xsd");
	schema = xmlSchemaParse(ctxt);
	xmlSchemaFreeParserCtxt(ctxt);
	return schema ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xmlFreeDoc(tree);
	xmlSchemaFree(schema);
	xmlSchemaCleanupTypes();
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(the_least_has_its_defaults),
			cmocka_unit_test(reads_every_column),
			cmocka_unit_test(knows_the_registries),
			cmocka_unit_test(says_what_is_wrong_and_where),
			cmocka_unit_test(texts_as_long_as_their_columns),
			cmocka_unit_test(takes_uris_as_they_come),
			cmocka_unit_test(writes_who_we_are),
			cmocka_unit_test(a_client_may_have_no_id),
			cmocka_unit_test(writes_what_the_service_is),
			cmocka_unit_test(writes_who_the_subscriber_is),
			cmocka_unit_test(hostile_text_comes_back),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(each_block_has_its_name_and_type),
			cmocka_unit_test(all_blocks_of_a_call_have_one_reference),
	};

	return cmocka_run_group_tests_name("additional", tests, start, end);
}
