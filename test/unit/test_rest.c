/*
 * The rows are those that are built in, and some of our own; what is written is
 * read by json-c and libxml2. libxml2's allocations are the stub's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * needs: err strbuf location field row template assessment sax validators secret
 */
#include "../../modules/e911/rest.c"
#include "ksr_stub.h"
#include "tight.h"

#define NOW 1787320800 /* 2026-08-21T14:00:00Z */
#define COUNT(table) (sizeof(table) / sizeof(*table))
#define GEOCODED                                                         \
	"<GeocodedAddress><AddressLine1>904 E ANSON ST</AddressLine1>"       \
	"<HouseNumber>904</HouseNumber><PreDirectional>E</PreDirectional>"   \
	"<StreetName>ANSON</StreetName><StreetSuffix>ST</StreetSuffix>"      \
	"<City>MARSHALLTOWN</City><StateCode>IA</StateCode><Zip>50158</Zip>" \
	"<PlusFour>3522</PlusFour><Country>US</Country></GeocodedAddress>"
#define BW(inside)                                                    \
	"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" \
	"<GeocodeRequestResponse>" inside "</GeocodeRequestResponse>"
#define BW_ERROR(code) \
	BW("<ResponseStatus><ErrorCode>" code "</ErrorCode></ResponseStatus>")

static e911_validators_t *all;
static e911_location_t place;
static char url[1024], body[E911_REST_BODY_MAX];

/* ----- help ----- */

static void set(e911_location_t *l, const char *name, const char *value)
{
	int id = e911_field_find(name, strlen(name));

	assert_true(id >= 0);
	assert_int_equal(e911_location_set(l, id, value, strlen(value)), 0);
}

static void make(e911_location_t *l)
{
	e911_location_init(l, E911_FROM_RPC, NOW);
	set(l, "country", "US");
	set(l, "A1", "IA");
	set(l, "A3", "Marshalltown");
	set(l, "PRD", "E");
	set(l, "RD", "Ansun");
	set(l, "STS", "St");
	set(l, "HNO", "904");
	set(l, "FLR", "3");
	set(l, "PC", "50158");
	set(l, "callback", "+15125550100");
}

/* A row; the same one again is the same validator. */
static const e911_validator_t *as(const char *row)
{
	static int named;
	char z[1024];
	str text = {z, 0}, bad = {NULL, 0};
	int err;

	text.len = snprintf(z, sizeof(z), "name=v%d;%s", named++, row);
	e911_validators_free(all);
	assert_int_equal(e911_validators_new(&all), 0);
	err = e911_validators_add(all, &text, &bad);
	if(err)
		fail_msg("%s: %d %.*s", z, err, bad.len, bad.s);
	return e911_validators_nth(all, 0);
}

#define BANDWIDTH "like=bandwidth;url=https://b/;secret=env:X"
#define TELNYX "like=telnyx;secret=env:X"
#define GENERIC "like=generic;url=https://v/check"

static int reads(const char *row, int status, const char *type, const char *z,
		e911_assessment_t *a)
{
	const e911_validator_t *v = as(row);
	str text = tight_z(z), media = tight_z(type);
	int err = e911_rest_read(v, status, &media, &text, &place, a);

	free(text.s);
	free(media.s);
	if(!err)
		assert_string_equal(a->validator, v->name);
	return err;
}

static e911_assessment_t assess(
		const char *row, int status, const char *z, int verdict)
{
	e911_assessment_t a;
	int err = reads(row, status, "", z, &a);

	if(err || a.verdict != verdict)
		fail_msg("%d %d: %d %s", err, a.verdict, status, z);
	return a;
}

static void assert_none(
		const char *row, int status, const char *type, const char *z, int want)
{
	e911_assessment_t a, before;
	int err;

	memset(&a, 7, sizeof(a));
	memcpy(&before, &a, sizeof(a));
	err = reads(row, status, type, z, &a);
	if(err != want)
		fail_msg("%d: %d %.200s", err, status, z);
	assert_memory_equal(&a, &before, sizeof(a));
}

static void assert_field(
		const e911_location_t *l, const char *name, const char *want)
{
	str value = {"", 0};

	e911_location_get(l, e911_field_find(name, strlen(name)), &value);
	if(!is_z(&value, want))
		fail_msg("%s: %.*s", name, value.len, value.s);
}

static int element(const e911_assessment_t *a, const char *name)
{
	return a->element[e911_field_find(name, strlen(name))];
}

static int asks(const char *row, const e911_location_t *l)
{
	e911_strbuf_t u, b;
	int err;

	e911_strbuf_init(&u, url, sizeof(url) - 1);
	e911_strbuf_init(&b, body, sizeof(body) - 1);
	err = e911_rest_write(as(row), l, &u, &b);
	url[u.len] = body[b.len] = '\0';
	return err;
}

static void assert_json(const char *pointer, const char *want)
{
	struct json_object *object = json_tokener_parse(body), *found = NULL;

	assert_non_null(object);
	assert_int_equal(json_pointer_get(object, pointer, &found), 0);
	assert_string_equal(json_object_get_string(found), want);
	json_object_put(object);
}

/* ----- asking ----- */

static void asks_bandwidth_as_it_wants(void **state)
{
	(void)state;
	assert_int_equal(asks(BANDWIDTH, &place), 0);
	assert_string_equal(body,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?><RequestAddress>"
			"<HousePrefix></HousePrefix><HouseNumber>904</HouseNumber>"
			"<HouseSuffix></HouseSuffix><PreDirectional>E</PreDirectional>"
			"<StreetName>Ansun</StreetName><StreetSuffix>St</StreetSuffix>"
			"<PostDirectional></PostDirectional><City>Marshalltown</City>"
			"<StateCode>IA</StateCode><Zip>50158</Zip><County></County>"
			"<Country>US</Country></RequestAddress>");
	assert_string_equal(url, "https://b/");
}

static void asks_telnyx_as_it_wants(void **state)
{
	(void)state;
	assert_int_equal(asks(TELNYX, &place), 0);
	assert_json("/street_address", "904 E Ansun St");
	assert_json("/locality", "Marshalltown");
	assert_json("/administrative_area", "IA");
	assert_json("/postal_code", "50158");
	assert_json("/country_code", "US");
}

static void asks_generic_with_the_whole_address(void **state)
{
	(void)state;
	assert_int_equal(asks(GENERIC, &place), 0);
	assert_string_equal(body,
			"{\"country\":\"US\",\"A1\":\"IA\",\"A3\":\"Marshalltown\","
			"\"PRD\":\"E\",\"RD\":\"Ansun\",\"STS\":\"St\",\"HNO\":\"904\","
			"\"FLR\":\"3\",\"PC\":\"50158\"}");
}

static void escapes_values_for_where_they_stand(void **state)
{
	static const char value[] = "a\"b\\c<&>'/ {RD}\xc3\xa9";
	e911_location_t l;

	(void)state;
	e911_location_init(&l, E911_FROM_RPC, NOW);
	set(&l, "RD", value);
	assert_int_equal(asks(GENERIC, &l), 0);
	assert_json("/RD", value);
	assert_int_equal(asks("url=http://v/?q={RD}&p={street};body={RD};"
						  "type=application/x-www-form-urlencoded",
							 &l),
			0);
	assert_string_equal(url, "http://v/?q=a%22b%5cc%3c%26%3e%27%2f%20%7bRD%7d"
							 "%c3%a9&p=a%22b%5cc%3c%26%3e%27%2f%20%7bRD%7d"
							 "%c3%a9");
	assert_string_equal(body, "a%22b%5cc%3c%26%3e%27%2f%20%7bRD%7d%c3%a9");
	assert_int_equal(
			asks("url=http://v/;body=<a b=\"{RD}\"/>;type=text/xml", &l), 0);
	assert_string_equal(
			body, "<a b=\"a&quot;b\\c&lt;&amp;&gt;&apos;/ {RD}\xc3\xa9\"/>");
}

static void joins_what_there_is(void **state)
{
	e911_location_t l = place;

	(void)state;
	set(&l, "HNS", "1/2");
	set(&l, "POD", "NW");
	assert_int_equal(asks("url=http://v/;type=text/xml;"
						  "body=[{house}|{street}|{line}|{LOC}]{ {}{",
							 &l),
			0);
	assert_string_equal(
			body, "[904 1/2|E Ansun St NW|904 1/2 E Ansun St NW|]{ {}{");
}

static void asks_nothing_without_an_address(void **state)
{
	e911_location_t l;

	(void)state;
	e911_location_init(&l, E911_FROM_RPC, NOW);
	set(&l, "country", "US");
	assert_int_equal(asks(GENERIC, &l), E911_ERR_EMPTY);
}

static void never_writes_past_the_end(void **state)
{
	const e911_validator_t *v = as(GENERIC);
	e911_strbuf_t u, b;
	size_t size, len;
	char *mem;

	(void)state;
	asks(GENERIC, &place);
	v = e911_validators_nth(all, 0);
	len = strlen(body);
	for(size = 1; size <= len; size++) {
		mem = malloc(size);
		e911_strbuf_init(&u, url, sizeof(url));
		e911_strbuf_init(&b, mem, size);
		assert_int_equal(e911_rest_write(v, &place, &u, &b),
				size < len ? E911_ERR_SPACE : 0);
		free(mem);
	}
}

/* ----- those built in ----- */

static void reads_what_bandwidth_says(void **state)
{
	e911_assessment_t a;

	(void)state;
	a = assess(BANDWIDTH, 200, BW(GEOCODED), E911_VALID);
	assert_int_equal(a.n, 1);
	assert_field(&a.suggestion[0], "RD", "ANSON");
	a = assess(BANDWIDTH, 409,
			BW("<ErrorMessage> Some</ErrorMessage>" GEOCODED), E911_CORRECTED);
	assert_int_equal(a.n, 1);
	assert_field(&a.suggestion[0], "HNO", "904");
	assert_field(&a.suggestion[0], "PRD", "E");
	assert_field(&a.suggestion[0], "RD", "ANSON");
	assert_field(&a.suggestion[0], "STS", "ST");
	assert_field(&a.suggestion[0], "A3", "MARSHALLTOWN");
	assert_field(&a.suggestion[0], "A1", "IA");
	assert_field(&a.suggestion[0], "PC", "50158");
	assert_field(&a.suggestion[0], "country", "US");
	assert_field(&a.suggestion[0], "FLR", "3");
	assert_field(&a.suggestion[0], "callback", "+15125550100");
	assess(BANDWIDTH, 400, BW_ERROR("12110"), E911_INVALID);
}

static void bandwidths_faults_are_no_verdict(void **state)
{
	(void)state;
	assert_none(BANDWIDTH, 400, "", BW_ERROR("12014"), E911_ERR_NONE);
	assert_none(BANDWIDTH, 400, "", BW(""), E911_ERR_NONE);
	assert_none(BANDWIDTH, 500, "", BW_ERROR("12111"), E911_ERR_NONE);
	assert_none(BANDWIDTH, 503, "", BW_ERROR("12110"), E911_ERR_NONE);
	assert_none(BANDWIDTH, 401, "", "", E911_ERR_NONE);
	assert_none(BANDWIDTH, 404, "text/html", "<p>", E911_ERR_NONE);
	/* an error document with 200 */
	assert_none(BANDWIDTH, 200, "", BW_ERROR("12110"), E911_ERR_NONE);
	assert_none(BANDWIDTH, 200, "", "<html/>", E911_ERR_NONE);
	/* a correction that is none */
	assess(BANDWIDTH, 409, BW(""), E911_INVALID);
}

static void reads_what_telnyx_says(void **state)
{
	e911_assessment_t a;

	(void)state;
	a = assess(TELNYX, 200,
			"{\"data\":{\"result\":\"valid\",\"suggested\":{"
			"\"street_address\":\"904 e ansun ST\",\"extended_address\":\"\","
			"\"locality\":\"MARSHALLTOWN\",\"administrative_area\":\"IA\","
			"\"postal_code\":\"50158-3522\",\"country_code\":\"US\"},"
			"\"record_type\":\"address_validation\"}}\n",
			E911_VALID);
	assert_int_equal(a.n, 1);
	assert_field(&a.suggestion[0], "RD", "Ansun");
	assert_field(&a.suggestion[0], "STS", "St");
	assert_field(&a.suggestion[0], "HNO", "904");
	assert_field(&a.suggestion[0], "PC", "50158-3522");
	a = assess(TELNYX, 200,
			"{\"data\":{\"result\":\"invalid\",\"suggested\":{"
			"\"street_address\":\"904 E Anson St\",\"locality\":null},"
			"\"errors\":[{\"code\":\"20207\"}]}}",
			E911_INVALID);
	assert_int_equal(a.n, 1);
	assert_field(&a.suggestion[0], "HNO", "904");
	assert_field(&a.suggestion[0], "RD", "E Anson St");
	assert_field(&a.suggestion[0], "STS", "");
	assess(TELNYX, 200, "{\"data\":{\"result\":\"invalid\"}}", E911_INVALID);
	assert_none(TELNYX, 200, "", "{\"errors\":[]}", E911_ERR_NONE);
	assert_none(TELNYX, 422, "", "{\"errors\":[]}", E911_ERR_NONE);
}

static void reads_what_a_generic_service_says(void **state)
{
	e911_assessment_t a;

	(void)state;
	a = assess(GENERIC, 200,
			"{\"verdict\":\"invalid\",\"elements\":{\"A1\":\"valid\","
			"\"RD\":\"invalid\",\"HNO\":\"unchecked\",\"x\":\"valid\"},"
			"\"suggestions\":[{\"RD\":\"Anson\",\"HNO\":904,\"extra\":\"x\"},"
			"{\"RD\":\"Hanson\",\"A1\":\"IA\"}]}",
			E911_INVALID);
	assert_int_equal(element(&a, "A1"), E911_ELEMENT_VALID);
	assert_int_equal(element(&a, "RD"), E911_ELEMENT_INVALID);
	assert_int_equal(element(&a, "HNO"), E911_ELEMENT_UNCHECKED);
	assert_int_equal(element(&a, "PC"), E911_ELEMENT_UNCHECKED);
	assert_int_equal(a.n, 2);
	assert_field(&a.suggestion[0], "RD", "Anson");
	assert_field(&a.suggestion[0], "HNO", "904");
	assert_field(&a.suggestion[1], "RD", "Hanson");
	a = assess(GENERIC, 200, "{\"verdict\":\"VALID\"}", E911_VALID);
	assert_int_equal(element(&a, "RD"), E911_ELEMENT_NONE);
	a = assess(GENERIC, 200,
			"{\"verdict\":\"corrected\",\"suggestions\":[{\"RD\":\"Anson\"}]}",
			E911_CORRECTED);
	assert_int_equal(a.n, 1);
	assess(GENERIC, 200, "{\"verdict\":\"corrected\"}", E911_INVALID);
}

static void a_verdict_follows_from_elements_alone(void **state)
{
	(void)state;
	assess(GENERIC, 200, "{\"elements\":{\"RD\":\"valid\",\"HNO\":\"valid\"}}",
			E911_VALID);
	assess(GENERIC, 200, "{\"elements\":{\"RD\":\"invalid\"}}", E911_INVALID);
	assert_none(GENERIC, 200, "", "{\"elements\":{\"RD\":\"valid\"}}",
			E911_ERR_NONE);
	/* but not against a word, unless to the worse */
	assert_none(GENERIC, 200, "",
			"{\"verdict\":\"unchecked\",\"elements\":{\"RD\":\"valid\","
			"\"HNO\":\"valid\"}}",
			E911_ERR_NONE);
	assess(GENERIC, 200,
			"{\"verdict\":\"valid\",\"elements\":{\"RD\":\"invalid\"}}",
			E911_INVALID);
}

/* ----- rows of others ----- */

static void a_status_alone_can_say_it(void **state)
{
	static const char row[] =
			"url=http://v/{line};ok=204;invalid=404;corrected=301";

	(void)state;
	assess(row, 204, "", E911_VALID);
	assess(row, 404, "<p>not found", E911_INVALID);
	assess(row, 301, "", E911_INVALID);
	assert_none(row, 200, "", "", E911_ERR_NONE);
	assert_none(row, 0, "", "", E911_ERR_NONE);
}

static void a_refusal_needs_no_document(void **state)
{
	static const char row[] = "url=http://v/{line};invalid=404;path.list=/l";

	(void)state;
	assert_int_equal(assess(row, 404, "<p>", E911_INVALID).n, 0);
	assert_int_equal(
			assess(row, 404, "{\"l\":{\"RD\":\"b\"}}", E911_INVALID).n, 1);
	assert_none(row, 200, "", "<p>", E911_ERR_SYNTAX);
}

static void reads_truths_and_numbers_as_words(void **state)
{
	static const char row[] = "url=http://v/{line};path.verdict=/a/0/ok;"
							  "path.valid=true,1;path.invalid=\"false,0\"";

	(void)state;
	assess(row, 200, "{\"a\":[{\"ok\":true}]}", E911_VALID);
	assess(row, 200, "{\"a\":[{\"ok\":false}]}", E911_INVALID);
	assess(row, 200, "{\"a\":[{\"ok\":1}]}", E911_VALID);
	assess(row, 200, "{\"a\":[{\"ok\":\"0\"}]}", E911_INVALID);
	assert_none(row, 200, "", "{\"a\":[{\"ok\":null}]}", E911_ERR_NONE);
	assert_none(row, 200, "", "{\"a\":[]}", E911_ERR_NONE);
	assert_none(row, 200, "", "[]", E911_ERR_NONE);
	assert_none(row, 200, "", "{\"a\":[{\"ok\":{}}]}", E911_ERR_TYPE);
	assert_none(row, 200, "", "{\"a\":[{\"ok\":1.5}]}", E911_ERR_TYPE);
}

static void reads_xml_by_its_paths(void **state)
{
	static const char row[] =
			"url=http://v/;body=<a>{RD}</a>;type=text/xml;"
			"path.verdict=string(/r/@verdict);path.elements=/r/e;"
			"path.list=/r/s";
	e911_assessment_t a;

	(void)state;
	a = assess(row, 200,
			"<r verdict='invalid'><!-- c --><e><RD>invalid</RD></e>"
			"<s><RD>A<![CDATA[ns]]>on</RD><HNO>1</HNO><x/></s>"
			"<s><RD>B &amp; C</RD></s></r>",
			E911_INVALID);
	assert_int_equal(element(&a, "RD"), E911_ELEMENT_INVALID);
	assert_int_equal(a.n, 2);
	assert_field(&a.suggestion[0], "RD", "Anson");
	assert_field(&a.suggestion[1], "RD", "B & C");
	assert_none(row, 200, "", "<r verdict=''/>", E911_ERR_NONE);
	assert_none(row, 200, "", "<r/>", E911_ERR_NONE);
}

static void half_an_address_is_no_suggestion(void **state)
{
	static const char *const lists[] = {"[]", "[null,1,\"x\",[],{}]", "\"x\"",
			"{\"RD\":{}}", "{\"RD\":\"a\",\"country\":\"USA\"}",
			"{\"RD\":\"a\\nb\"}", "{\"RD\":1.5}", "{\"country\":\"US\"}",
			"null"};
	char z[256];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(lists); i++) {
		sprintf(z, "{\"verdict\":\"invalid\",\"suggestions\":%s}", lists[i]);
		assert_int_equal(assess(GENERIC, 200, z, E911_INVALID).n, 0);
	}
	sprintf(z,
			"{\"verdict\":\"invalid\",\"suggestions\":[{\"RD\":\"%0121d\"},"
			"{\"RD\":\"b\"}]}",
			0);
	assert_int_equal(assess(GENERIC, 200, z, E911_INVALID).n, 1);
	/* what is no object is not the whole answer either */
	assert_int_equal(assess("url=http://v/{line};invalid=404;path.list=/l;"
							"path.RD=/RD",
							 404, "{\"l\":[null],\"RD\":\"b\"}", E911_INVALID)
							 .n,
			0);
}

static void keeps_the_first_five_suggestions(void **state)
{
	char z[512];
	int i, at = sprintf(z, "{\"verdict\":\"invalid\",\"suggestions\":[");
	e911_assessment_t a;

	(void)state;
	for(i = 0; i < 9; i++)
		at += sprintf(z + at, "%s{\"RD\":\"%d\"}", i ? "," : "", i);
	sprintf(z + at, "]}");
	a = assess(GENERIC, 200, z, E911_INVALID);
	assert_int_equal(a.n, E911_SUGGESTIONS_MAX);
	assert_field(&a.suggestion[4], "RD", "4");
}

/* ----- hostile answers ----- */

static void what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "OK", "<a/>", "{", "{\"a\":1}x",
			"null", "{\"verdict\":\"valid\"} {}", "{'verdict':'valid'}",
			"{\"verdict\":\"valid\",}", "{\"verdict\":\"\xff\"}",
			"{\"verdict\":\"valid\\u0000\"}", "\xff\xfe{\0}\0"};
	str deep = tight_many("[", 10000);
	size_t i;
	char *z;

	(void)state;
	for(i = 0; i < COUNT(bad); i++)
		assert_none(GENERIC, 200, "", bad[i], E911_ERR_SYNTAX);
	z = strndup(deep.s, deep.len);
	assert_none(GENERIC, 200, "", z, E911_ERR_DEPTH);
	free(z);
	free(deep.s);
}

static void what_is_no_xml_is_refused(void **state)
{
	static const char *const bad[] = {"", "OK", "{\"a\":1}", "<a>", "<a/><a/>",
			"<a>\xff</a>", "<a>&b;</a>", "<a b=c/>", "\xff\xfe<"};
	str deep = tight_many("<a>", 10000);
	size_t i;
	char *z;

	(void)state;
	for(i = 0; i < COUNT(bad); i++)
		assert_none(BANDWIDTH, 200, "", bad[i], E911_ERR_SYNTAX);
	z = strndup(deep.s, deep.len);
	assert_none(BANDWIDTH, 200, "", z, E911_ERR_SYNTAX);
	free(z);
	free(deep.s);
	assert_none(BANDWIDTH, 200, "",
			"<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]>"
			"<a>&c;</a>",
			E911_ERR_DTD);
	assert_none(BANDWIDTH, 200, "",
			"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", E911_ERR_DTD);
}

static void another_type_than_expected_is_refused(void **state)
{
	static const char good[] = "{\"verdict\":\"valid\"}";
	e911_assessment_t a;

	(void)state;
	assert_none(GENERIC, 200, "text/html", good, E911_ERR_TYPE);
	assert_none(GENERIC, 200, "Application/XML", good, E911_ERR_TYPE);
	assert_none(
			BANDWIDTH, 200, "application/json", BW(GEOCODED), E911_ERR_TYPE);
	assert_int_equal(
			reads(GENERIC, 200, "application/json; charset=utf-8", good, &a),
			0);
	assert_int_equal(reads(GENERIC, 200, "text/plain", good, &a), 0);
}

static void too_much_is_refused(void **state)
{
	str large = tight_many(" ", E911_REST_ANSWER_MAX + 1), type = {"", 0};
	const e911_validator_t *v = as(GENERIC);
	e911_assessment_t a;

	(void)state;
	memcpy(large.s, "{\"verdict\":\"valid\"}", 19);
	assert_int_equal(
			e911_rest_read(v, 200, &type, &large, &place, &a), E911_ERR_SPACE);
	large.len--;
	assert_int_equal(e911_rest_read(v, 200, &type, &large, &place, &a), 0);
	free(large.s);
}

static void a_path_that_goes_on_too_long_is_given_up(void **state)
{
	static const char row[] = "url=http://v/{line};answer=xml;"
							  "path.verdict=count(//*[count(//*) > 1])";
	str many = tight_many("<a/>", 15000);
	char *z = malloc(many.len + 16);

	(void)state;
	sprintf(z, "<r>%.*s</r>", many.len, many.s);
	assert_none(row, 200, "", z, E911_ERR_SPACE);
	free(z);
	free(many.s);
}

/* ----- memory ----- */

static int read_json(void *arg)
{
	static const str answer = str_init("{\"verdict\":\"valid\"}"),
					 type = {"", 0};
	e911_assessment_t a;

	return e911_rest_read(arg, 200, &type, &answer, &place, &a);
}

static int make_tree(void *arg)
{
	static const char z[] = BW("<!-- c -->" GEOCODED "<a b='c'>&amp;</a>");
	xmlNodePtr root;
	xmlDocPtr tree;
	int err = e911_sax_tree(z, sizeof(z) - 1, &tree);

	(void)arg;
	if(err)
		return err;
	root = xmlDocGetRootElement(tree);
	assert_int_equal(xmlChildElementCount(root), 2);
	assert_int_equal(xmlChildElementCount(xmlFirstElementChild(root)), 10);
	xmlFreeDoc(tree);
	return 0;
}

/* What XPath does without memory is not ours to mend: see has_reserve(). */
static void survives_no_memory(void **state)
{
	(void)state;
	ksr_sweep(read_json, (void *)as(GENERIC), E911_ERR_MEM);
	ksr_sweep(make_tree, NULL, E911_ERR_MEM);
}

static void does_not_begin_without_a_reserve(void **state)
{
	(void)state;
	ksr_allow(0);
	assert_false(has_reserve());
	ksr_allow(-1);
	assert_true(has_reserve());
}

static char *hooked_strdup(const char *z)
{
	char *copy = ksr_malloc(strlen(z) + 1);

	return copy ? strcpy(copy, z) : NULL;
}

static void silence(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

static int start(void **state)
{
	(void)state;
	xmlMemSetup(ksr_free, ksr_malloc, ksr_realloc, hooked_strdup);
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, silence);
	make(&place);
	return 0;
}

static int end(void **state)
{
	(void)state;
	e911_validators_free(all);
	xmlCleanupParser();
	return ksr_blocks() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(asks_bandwidth_as_it_wants),
			cmocka_unit_test(asks_telnyx_as_it_wants),
			cmocka_unit_test(asks_generic_with_the_whole_address),
			cmocka_unit_test(escapes_values_for_where_they_stand),
			cmocka_unit_test(joins_what_there_is),
			cmocka_unit_test(asks_nothing_without_an_address),
			cmocka_unit_test(never_writes_past_the_end),
			cmocka_unit_test(reads_what_bandwidth_says),
			cmocka_unit_test(bandwidths_faults_are_no_verdict),
			cmocka_unit_test(reads_what_telnyx_says),
			cmocka_unit_test(reads_what_a_generic_service_says),
			cmocka_unit_test(a_verdict_follows_from_elements_alone),
			cmocka_unit_test(a_status_alone_can_say_it),
			cmocka_unit_test(a_refusal_needs_no_document),
			cmocka_unit_test(reads_truths_and_numbers_as_words),
			cmocka_unit_test(reads_xml_by_its_paths),
			cmocka_unit_test(half_an_address_is_no_suggestion),
			cmocka_unit_test(keeps_the_first_five_suggestions),
			cmocka_unit_test(what_is_no_json_is_refused),
			cmocka_unit_test(what_is_no_xml_is_refused),
			cmocka_unit_test(another_type_than_expected_is_refused),
			cmocka_unit_test(too_much_is_refused),
			cmocka_unit_test(a_path_that_goes_on_too_long_is_given_up),
			cmocka_unit_test(survives_no_memory),
			cmocka_unit_test(does_not_begin_without_a_reserve),
	};

	return cmocka_run_group_tests_name("rest", tests, start, end);
}
