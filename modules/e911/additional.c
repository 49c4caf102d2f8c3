/*
 * e911: additional data about an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "additional.h"
#include "hash.h"
#include "row.h"
#include "utf8.h"
#include "err.h"

#define LIT E911_STRBUF_LIT
#define NS "urn:ietf:params:xml:ns:EmergencyCallData:"
#define NENA_ID "urn:nena:companyid:"
#define BIT(i) (1u << (i))
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum kind
{
	KIND_TEXT,
	KIND_ID,
	KIND_WORD,	/* one of words */
	KIND_WORDS, /* a comma list of them */
	KIND_URI,
	KIND_LANGUAGES
};

/* 4.1.3, figure 1 */
static const char *const series[] = {"NENA", "EENA", "domain", NULL};
/* 4.1.4, figure 2 */
static const char *const types[] = {"Client", "Access Network Provider",
		"Telecom Provider", "Telematics Provider",
		"Language Translation Provider", "Emergency Service Provider",
		"Emergency Modality Translation", "Relay Provider", "Other", NULL};
/* 4.2.1, figure 4 */
static const char *const environments[] = {
		"Business", "Residence", "Unknown", NULL};
/* 4.2.2, figure 5 */
static const char *const services[] = {"wireless", "coin", "one-way", "temp",
		"MLTS-hosted", "MLTS-local", "sensor-unattended", "sensor-attended",
		"POTS", "OTT", "digital", "OPX", "relay", NULL};
/* 4.2.3, figure 6 */
static const char *const mobilities[] = {
		"Mobile", "Fixed", "Nomadic", "Unknown", NULL};
/* 4.1.5: a tel URI, else a SIP URI; people who write are better than nobody */
static const char *const schemes[] = {"tel:", "sip:", "sips:", "mailto:", NULL};

#define AT(member) offsetof(e911_provider_t, member)
#define SIZE(member) sizeof(((e911_provider_t *)0)->member)
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size;
	const char *const *words;
	const char *without; /* NULL: it must be given */
} columns[] = {
	{"name", KIND_TEXT, AT(name), SIZE(name), NULL, NULL},
	{"id", KIND_ID, AT(id), SIZE(id), NULL, ""},
	{"series", KIND_WORD, AT(series), SIZE(series), series, "domain"},
	{"type", KIND_WORD, AT(type), SIZE(type), types, "Telecom Provider"},
	{"contact", KIND_URI, AT(contact), SIZE(contact), schemes, NULL},
	{"language", KIND_LANGUAGES, AT(language), SIZE(language), NULL, "en"},
	{"environment", KIND_WORD, AT(environment), SIZE(environment),
		environments, "Business"},
	{"service", KIND_WORDS, AT(service), SIZE(service), services,
		"MLTS-hosted"},
	{"mobility", KIND_WORD, AT(mobility), SIZE(mobility), mobilities,
		"Nomadic"},
};
/* clang-format on */

static str text_of(const char *z)
{
	str text = {(char *)z, (int)strlen(z)};

	return text;
}

/* ----- the row ----- */

static int has_only(const str *s, const char *chars)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(s->s[i] == '\0' || !strchr(chars, s->s[i]))
			return 0;
	return 1;
}

static int check_text(const str *value)
{
	const unsigned char *s = (const unsigned char *)value->s;
	size_t left = (size_t)value->len, n;

	for(; left; left -= n, s += n) {
		n = e911_utf8_char(s, left);
		if(n == 0)
			return E911_ERR_TEXT;
	}
	return E911_OK;
}

static int check_word(const char *const *words, const str *value)
{
	int i;

	for(i = 0; words[i]; i++)
		if(e911_row_is(value, words[i]))
			return E911_OK;
	return E911_ERR_VALUE;
}

static int check_words(const char *const *words, const str *value)
{
	str rest = *value, item;
	int n = 0;

	for(; e911_row_item(&rest, &item); n++)
		if(check_word(words, &item))
			return E911_ERR_VALUE;
	return n ? E911_OK : E911_ERR_VALUE;
}

/* RFC 3986 section 3.3: no bracket outside of an authority; 2.1: a percent sign
 * stands before two hexadecimal digits */
static int check_uri(const char *const *begins, const str *value)
{
	static const char hex[] = DIGITS "abcdefABCDEF";
	str pair = {NULL, 2};
	size_t len = 0;
	int i;

	for(i = 0; begins[i]; i++) {
		len = strlen(begins[i]);
		if((size_t)value->len > len
				&& strncasecmp(value->s, begins[i], len) == 0)
			break;
	}
	if(begins[i] == NULL
			|| !has_only(value, LETTERS CAPITALS DIGITS "-._~:/?@!$&'()*+,;=%"))
		return E911_ERR_VALUE;
	for(i = 0; i < value->len; i++) {
		pair.s = value->s + i + 1;
		if(value->s[i] == '%' && (value->len - i < 3 || !has_only(&pair, hex)))
			return E911_ERR_VALUE;
	}
	return E911_OK;
}

/* a language and at most two subtags: of RFC 5646 what the pattern of section
 * 8.1 lets through, whatever the subtags mean */
static int check_language(const str *tag)
{
	const char *end = tag->s + tag->len, *dash;
	str part = *tag;
	int n;

	for(n = 0; n < 3; n++) {
		dash = memchr(part.s, '-', end - part.s);
		part.len = (int)((dash ? dash : end) - part.s);
		if(part.len < 2 || part.len > (n ? 8 : 3)
				|| !has_only(
						&part, n ? LETTERS CAPITALS DIGITS : LETTERS CAPITALS))
			return E911_ERR_VALUE;
		if(dash == NULL)
			return E911_OK;
		part.s += part.len + 1;
	}
	return E911_ERR_VALUE;
}

static int check_languages(const str *value)
{
	str rest = *value, item;
	int n = 0;

	for(; e911_row_item(&rest, &item); n++)
		if(check_language(&item))
			return E911_ERR_VALUE;
	return n ? E911_OK : E911_ERR_VALUE;
}

static int check(const struct column *c, const str *value)
{
	switch(c->kind) {
		case KIND_WORD:
			return check_word(c->words, value);
		case KIND_WORDS:
			return check_words(c->words, value);
		case KIND_URI:
			return check_uri(c->words, value);
		case KIND_LANGUAGES:
			return check_languages(value);
	}
	return check_text(value);
}

/* RFC 5646 section 2.1.1: case means nothing, but the schema has small ones */
static void make_small(char *z)
{
	for(; *z; z++)
		if(*z >= 'A' && *z <= 'Z')
			*z = (char)(*z - 'A' + 'a');
}

static int put(e911_provider_t *p, const str *key, const str *value,
		unsigned int *given)
{
	const struct column *c;
	size_t i;
	int err;

	for(i = 0; i < COUNT(columns) && !e911_row_is(key, columns[i].name); i++)
		;
	if(i == COUNT(columns))
		return E911_ERR_NAME;
	if(*given & BIT(i))
		return E911_ERR_TWICE;
	*given |= BIT(i);
	c = &columns[i];
	err = e911_row_text((char *)p + c->offset, c->size, value);
	return err ? err : check(c, value);
}

static int put_missing(e911_provider_t *p, unsigned int given, str *bad)
{
	size_t i;

	for(i = 0; i < COUNT(columns); i++) {
		if(given & BIT(i))
			continue;
		*bad = text_of(columns[i].name);
		if(columns[i].without == NULL)
			return E911_ERR_MISSING;
		strcpy((char *)p + columns[i].offset, columns[i].without);
	}
	return E911_OK;
}

/* 4.1.2: a URN in NENA's series, a host name among domains; only a client may
 * be without */
static int check_id(const e911_provider_t *p, str *bad)
{
	str id = text_of(p->id);

	*bad = text_of("id");
	if(id.len == 0)
		return strcmp(p->type, "Client") ? E911_ERR_MISSING : E911_OK;
	if(strcmp(p->series, "NENA") == 0)
		return strncasecmp(p->id, NENA_ID, sizeof(NENA_ID) - 1) == 0
							   && p->id[sizeof(NENA_ID) - 1]
					   ? E911_OK
					   : E911_ERR_VALUE;
	if(strcmp(p->series, "domain") == 0)
		return has_only(&id, LETTERS CAPITALS DIGITS "-.") ? E911_OK
														   : E911_ERR_VALUE;
	return E911_OK;
}

int e911_provider_read(e911_provider_t *provider, const str *row, str *bad)
{
	e911_provider_t p = {0};
	str rest = *row, value;
	unsigned int given = 0;
	int err, got;

	*bad = *row;
	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(&p, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	err = put_missing(&p, given, bad);
	if(!err)
		err = check_id(&p, bad);
	make_small(p.language);
	if(!err)
		*provider = p;
	return err;
}

/* ----- the blocks ----- */

static void put_xml(e911_strbuf_t *b, const str *s)
{
	e911_strbuf_put_xml(b, s->s, s->len > 0 ? (size_t)s->len : 0);
}

static void put_element(e911_strbuf_t *b, const char *name, const str *text)
{
	LIT(b, "<");
	e911_strbuf_puts(b, name);
	LIT(b, ">");
	put_xml(b, text);
	LIT(b, "</");
	e911_strbuf_puts(b, name);
	LIT(b, ">\n");
}

static void put_z(e911_strbuf_t *b, const char *name, const char *z)
{
	str text = text_of(z);

	put_element(b, name, &text);
}

static void put_list(e911_strbuf_t *b, const char *name, const char *list)
{
	str rest = text_of(list), item;

	while(e911_row_item(&rest, &item))
		put_element(b, name, &item);
}

/* block: what stands behind the last colon of its namespace */
static void put_head(e911_strbuf_t *b, const char *block, const char *attribute,
		const str *reference)
{
	LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EmergencyCallData.");
	e911_strbuf_puts(b, block);
	LIT(b, " xmlns=\"" NS);
	e911_strbuf_puts(b, block);
	LIT(b, "\"");
	e911_strbuf_puts(b, attribute);
	LIT(b, ">\n");
	put_element(b, "DataProviderReference", reference);
}

static void put_tail(e911_strbuf_t *b, const char *block)
{
	LIT(b, "</EmergencyCallData.");
	e911_strbuf_puts(b, block);
	LIT(b, ">\n");
}

/* RFC 7852 section 8.1: a sequence */
static void put_provider(
		e911_strbuf_t *b, const e911_provider_t *p, const str *reference)
{
	put_head(b, "ProviderInfo", "", reference);
	put_z(b, "DataProviderString", p->name);
	if(p->id[0]) {
		put_z(b, "ProviderID", p->id);
		put_z(b, "ProviderIDSeries", p->series);
	}
	put_z(b, "TypeOfProvider", p->type);
	put_z(b, "ContactURI", p->contact);
	put_list(b, "Language", p->language);
	put_tail(b, "ProviderInfo");
}

/* section 8.2 */
static void put_service(
		e911_strbuf_t *b, const e911_provider_t *p, const str *reference)
{
	put_head(b, "ServiceInfo", "", reference);
	put_z(b, "ServiceEnvironment", p->environment);
	put_list(b, "ServiceType", p->service);
	put_z(b, "ServiceMobility", p->mobility);
	put_tail(b, "ServiceInfo");
}

static void put_tel(e911_strbuf_t *b, const str *number)
{
	int global = number->s[0] == '+';

	LIT(b, "<tel><parameters><type><text>work</text><text>voice</text></type>"
		   "</parameters>");
	if(global)
		LIT(b, "<uri>tel:");
	else
		LIT(b, "<text>");
	put_xml(b, number);
	if(global)
		LIT(b, "</uri></tel>\n");
	else
		LIT(b, "</text></tel>\n");
}

/* section 8.4; xCard: RFC 6351. fn is to be there (RFC 6350 section 6.2.1):
 * who has no name is called by the number. */
static void put_subscriber(e911_strbuf_t *b, const str *reference,
		const str *name, const str *number)
{
	put_head(b, "SubscriberInfo", " privacyRequested=\"false\"", reference);
	LIT(b, "<SubscriberData>"
		   "<vcard xmlns=\"urn:ietf:params:xml:ns:vcard-4.0\">\n<fn>");
	put_element(b, "text", name->len > 0 ? name : number);
	LIT(b, "</fn>\n");
	if(number->len > 0)
		put_tel(b, number);
	LIT(b, "</vcard></SubscriberData>\n");
	put_tail(b, "SubscriberInfo");
}

/* ----- any of them ----- */

#define TYPE "application/" E911_ADDITIONAL_PREFIX

/* clang-format off */
static const struct
{
	const char *name;
	const char *type;
} blocks[E911_BLOCKS] = {
	[E911_BLOCK_PROVIDER] = {"ProviderInfo", TYPE "ProviderInfo+xml"},
	[E911_BLOCK_SERVICE] = {"ServiceInfo", TYPE "ServiceInfo+xml"},
	[E911_BLOCK_SUBSCRIBER] = {"SubscriberInfo", TYPE "SubscriberInfo+xml"},
};
/* clang-format on */

const char *e911_additional_name(int block)
{
	return blocks[block].name;
}

const char *e911_additional_type(int block)
{
	return blocks[block].type;
}

int e911_additional_find(const str *name)
{
	int i;

	for(i = 0; i < E911_BLOCKS; i++)
		if(e911_row_is(name, blocks[i].name))
			return i;
	return E911_ERR_NAME;
}

/* section 4: as a Message-ID, unlike any other's */
static str reference_of(const str *callid, char *mem, size_t max)
{
	uint64_t id = e911_hash(callid->s, callid->len > 0 ? callid->len : 0);
	str reference = {mem, 0};
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, max);
	e911_strbuf_put_hex(&b, (unsigned char *)&id, sizeof(id));
	LIT(&b, "@e911.invalid");
	reference.len = (int)b.len;
	return reference;
}

void e911_additional_write(
		e911_strbuf_t *b, int block, const e911_about_t *about)
{
	char mem[40];
	str reference = reference_of(&about->callid, mem, sizeof(mem));

	switch(block) {
		case E911_BLOCK_PROVIDER:
			put_provider(b, about->provider, &reference);
			break;
		case E911_BLOCK_SERVICE:
			put_service(b, about->provider, &reference);
			break;
		case E911_BLOCK_SUBSCRIBER:
			put_subscriber(b, &reference, &about->name, &about->number);
	}
}
