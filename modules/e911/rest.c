/*
 * e911: what a validator is sent over HTTP, and what its answer says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem, strcasestr */
#endif
#include <string.h>
#include <strings.h>
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <libxml/xpath.h>
#include "rest.h"
#include "validator_format.h"
#include "template.h"
#include "row.h"
#include "sax.h"
#include "err.h"

#define DEPTH 32
#define STEPS 200000 /* of XPath, for one path */
#define RESERVE (4 << 20)
#define TEXT_MAX E911_FIELD_MAX
#define OTHER_WORD E911_OUTCOMES /* a verdict that is no definite one */

/* An answer, in its syntax; a node is of that: json_object or xmlNode. */
struct answer
{
	const e911_format_t *f;
	struct json_object *json;
	xmlDocPtr xml;
	xmlXPathContextPtr xpath;
	int said; /* by XPath, of the last path */
};

struct text
{
	int given;
	size_t len;
	char s[TEXT_MAX];
};

struct nodes
{
	int n;
	void *node[E911_SUGGESTIONS_MAX];
};

/* ----- asking ----- */

int e911_rest_write(const e911_validator_t *v, const e911_location_t *l,
		e911_strbuf_t *url, e911_strbuf_t *body)
{
	if(!e911_location_has_civic(l))
		return E911_ERR_EMPTY;
	e911_template_write(url, v->url, E911_TEMPLATE_URL, l);
	e911_template_write(body, v->format->body, v->format->syntax, l);
	return url->err ? url->err : body->err;
}

/* ----- JSON ----- */

static int json_error(struct json_tokener *tokener)
{
	return json_tokener_get_error(tokener) == json_tokener_error_depth
				   ? E911_ERR_DEPTH
				   : E911_ERR_SYNTAX;
}

static int open_json(struct answer *a, const str *body)
{
	struct json_tokener *tokener;
	int err = E911_OK;

	/* json-c would cut a name there */
	if(memmem(body->s, body->len, "\\u0000", 6))
		return E911_ERR_SYNTAX;
	tokener = json_tokener_new_ex(DEPTH);
	if(tokener == NULL)
		return E911_ERR_MEM;
	json_tokener_set_flags(
			tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	a->json = json_tokener_parse_ex(tokener, body->s, body->len);
	if(a->json == NULL
			|| json_tokener_get_parse_end(tokener) != (size_t)body->len)
		err = json_error(tokener);
	json_tokener_free(tokener);
	return err;
}

static struct json_object *json_at(struct json_object *from, const char *path)
{
	struct json_object *found = NULL;

	if(*path == '\0')
		return from;
	if(from == NULL || json_pointer_get(from, path, &found))
		return NULL;
	return found;
}

/* A number where a string should be is what is meant (a house, a post code),
 * as is a truth; null is nothing. */
static int json_text(struct json_object *value, struct text *text)
{
	const char *s;
	size_t len;

	text->given = 0;
	switch(json_object_get_type(value)) {
		case json_type_null:
			return E911_OK;
		case json_type_string:
		case json_type_int:
		case json_type_boolean:
			break;
		default:
			return E911_ERR_TYPE;
	}
	s = json_object_get_string(value);
	if(s == NULL)
		return E911_ERR_MEM;
	len = json_object_is_type(value, json_type_string)
				  ? (size_t)json_object_get_string_len(value)
				  : strlen(s);
	if(len > TEXT_MAX)
		return E911_ERR_LONG;
	memcpy(text->s, s, len);
	text->len = len;
	text->given = 1;
	return E911_OK;
}

static int json_nodes(struct answer *a, const char *path, struct nodes *nodes)
{
	struct json_object *found = json_at(a->json, path), *item;
	size_t i, n;

	nodes->n = 0;
	if(json_object_is_type(found, json_type_object))
		nodes->node[nodes->n++] = found;
	if(!json_object_is_type(found, json_type_array))
		return E911_OK;
	n = json_object_array_length(found);
	for(i = 0; i < n && nodes->n < E911_SUGGESTIONS_MAX; i++) {
		item = json_object_array_get_idx(found, i);
		if(json_object_is_type(item, json_type_object))
			nodes->node[nodes->n++] = item;
	}
	return E911_OK;
}

/* ----- XML ----- */

/* libxml2's XPath falls over when memory runs out in the middle of it (2.9.14
 * frees twice): it is not begun without more than it can take. */
static int has_reserve(void)
{
	void *reserve = xmlMalloc(RESERVE);

	xmlFree(reserve);
	return reserve != NULL;
}

static int open_xml(struct answer *a, const str *body)
{
	int err = e911_sax_tree(body->s, body->len, &a->xml);

	if(err)
		return err;
	if(!has_reserve())
		return E911_ERR_MEM;
	a->xpath = xmlXPathNewContext(a->xml);
	if(a->xpath == NULL)
		return E911_ERR_MEM;
	a->xpath->error = e911_format_complaint;
	a->xpath->userData = &a->said;
	return E911_OK;
}

/* libxml2 says in one place or the other that memory has run out, and may have
 * a result all the same, with less in it. */
static int evaluation_error(const struct answer *a, const void *found)
{
	xmlErrorPtr last = xmlGetLastError();

	if((a->said & 2) || (last && last->code == XML_ERR_NO_MEMORY))
		return E911_ERR_MEM;
	/* the row's paths were looked at when it was read: it goes on too long */
	if(found == NULL)
		return a->said ? E911_ERR_SPACE : E911_ERR_MEM;
	return E911_OK;
}

static int evaluate(struct answer *a, xmlNodePtr from, const char *path,
		xmlXPathObjectPtr *found)
{
	char mem[E911_FORMAT_XPATH_MAX];
	int err;

	a->xpath->node = from ? from : xmlDocGetRootElement(a->xml);
	a->xpath->opLimit = STEPS;
	a->xpath->opCount = 0;
	a->said = 0;
	xmlResetLastError();
	*found = xmlXPathEval(
			(const xmlChar *)e911_format_xpath(mem, path), a->xpath);
	err = evaluation_error(a, *found);
	if(err)
		xmlXPathFreeObject(*found);
	return err;
}

static int xml_content(xmlNodePtr node, struct text *text)
{
	xmlChar *s = xmlNodeGetContent(node);
	size_t len;
	int err = E911_OK;

	if(s == NULL)
		return E911_ERR_MEM;
	len = strlen((const char *)s);
	if(len > TEXT_MAX)
		err = E911_ERR_LONG;
	else
		memcpy(text->s, s, len);
	text->len = len;
	text->given = !err;
	xmlFree(s);
	return err;
}

static int is_node_set(const xmlXPathObject *found)
{
	return found->type == XPATH_NODESET
		   && !xmlXPathNodeSetIsEmpty(found->nodesetval);
}

static int xml_cast(xmlXPathObjectPtr found, struct text *text)
{
	xmlChar *s = xmlXPathCastToString(found);
	size_t len;

	if(s == NULL)
		return E911_ERR_MEM;
	len = strlen((const char *)s);
	text->given = len <= TEXT_MAX;
	if(text->given)
		memcpy(text->s, s, len);
	text->len = len;
	xmlFree(s);
	return text->given ? E911_OK : E911_ERR_LONG;
}

static int xml_text(
		struct answer *a, xmlNodePtr from, const char *path, struct text *text)
{
	xmlXPathObjectPtr found;
	int err = evaluate(a, from, path, &found);

	text->given = 0;
	if(err)
		return err;
	if(is_node_set(found))
		err = xml_content(found->nodesetval->nodeTab[0], text);
	else if(found->type != XPATH_NODESET)
		err = xml_cast(found, text);
	xmlXPathFreeObject(found);
	return err;
}

static int xml_nodes(struct answer *a, const char *path, struct nodes *nodes)
{
	xmlXPathObjectPtr found;
	int err = evaluate(a, NULL, path, &found), i;

	nodes->n = 0;
	if(err)
		return err;
	for(i = 0; is_node_set(found) && i < found->nodesetval->nodeNr
			   && nodes->n < E911_SUGGESTIONS_MAX;
			i++)
		if(found->nodesetval->nodeTab[i]->type == XML_ELEMENT_NODE)
			nodes->node[nodes->n++] = found->nodesetval->nodeTab[i];
	xmlXPathFreeObject(found);
	return err;
}

/* ----- either ----- */

static void shut(struct answer *a)
{
	json_object_put(a->json);
	xmlXPathFreeContext(a->xpath);
	xmlFreeDoc(a->xml);
	xmlResetLastError();
}

static int text_at(
		struct answer *a, void *from, const char *path, struct text *text)
{
	if(a->f->answer == E911_ANSWER_XML)
		return xml_text(a, from, path, text);
	return json_text(json_at(from ? from : a->json, path), text);
}

static int nodes_at(struct answer *a, const char *path, struct nodes *nodes)
{
	if(a->f->answer == E911_ANSWER_XML)
		return xml_nodes(a, *path ? path : ".", nodes);
	return json_nodes(a, path, nodes);
}

typedef int (*member_f)(const char *name, const struct text *text, void *arg);

static int json_members(struct json_object *object, member_f each, void *arg)
{
	struct text text;
	int err;

	if(!json_object_is_type(object, json_type_object))
		return E911_ERR_TYPE;
	json_object_object_foreach(object, name, value)
	{
		err = json_text(value, &text);
		if(!err && text.given)
			err = each(name, &text, arg);
		if(err)
			return err;
	}
	return E911_OK;
}

static int xml_members(xmlNodePtr from, member_f each, void *arg)
{
	xmlNodePtr node;
	struct text text;
	int err;

	for(node = from->children; node; node = node->next) {
		if(node->type != XML_ELEMENT_NODE)
			continue;
		err = xml_content(node, &text);
		if(!err)
			err = each((const char *)node->name, &text, arg);
		if(err)
			return err;
	}
	return E911_OK;
}

static int members(struct answer *a, void *node, member_f each, void *arg)
{
	return a->f->answer == E911_ANSWER_XML ? xml_members(node, each, arg)
										   : json_members(node, each, arg);
}

/* ----- what it says ----- */

static int is_word(const struct text *text, const char *z)
{
	return strlen(z) == text->len && strncasecmp(z, text->s, text->len) == 0;
}

static int is_listed(const struct text *text, const char *words)
{
	str rest = {(char *)words, (int)strlen(words)}, item;

	while(e911_row_item(&rest, &item))
		if((size_t)item.len == text->len
				&& strncasecmp(item.s, text->s, text->len) == 0)
			return 1;
	return 0;
}

/* of a status of "read": enum e911_outcome, OTHER_WORD, NONE: not there */
static int read_verdict(struct answer *a)
{
	struct text text;
	int err, i;

	if(!a->f->verdict[0])
		return E911_ERR_NONE;
	err = text_at(a, NULL, a->f->verdict, &text);
	if(err)
		return err == E911_ERR_LONG ? E911_ERR_NONE : err;
	for(i = 0; text.given && i < E911_OUTCOME_READ; i++)
		if(is_listed(&text, a->f->word[i]))
			return i;
	return text.given ? OTHER_WORD : E911_ERR_NONE;
}

static int take_element(const char *name, const struct text *text, void *arg)
{
	static const struct
	{
		const char *word;
		int element;
	} words[] = {{"valid", E911_ELEMENT_VALID},
			{"invalid", E911_ELEMENT_INVALID},
			{"unchecked", E911_ELEMENT_UNCHECKED}};
	int id = e911_field_find(name, strlen(name));
	size_t i;

	if(id < 0 || id >= E911_F_SHAPE)
		return E911_OK;
	for(i = 0; i < sizeof(words) / sizeof(*words); i++)
		if(is_word(text, words[i].word))
			e911_assessment_say(arg, id, words[i].element);
	return E911_OK;
}

static int read_elements(struct answer *a, e911_assessment_t *got)
{
	struct nodes nodes;
	int err;

	if(!a->f->elements[0])
		return E911_OK;
	err = nodes_at(a, a->f->elements, &nodes);
	if(err || nodes.n == 0)
		return err;
	return members(a, nodes.node[0], take_element, got);
}

/* ----- suggestions ----- */

static int take_member(const char *name, const struct text *text, void *arg)
{
	int id = e911_field_find(name, strlen(name));

	if(id < 0 || id >= E911_F_SHAPE)
		return E911_OK;
	return e911_location_set(arg, id, text->s, text->len);
}

static int read_fields(struct answer *a, void *node, e911_location_t *to)
{
	struct text text;
	int id, err;

	for(id = 0; id < E911_F_SHAPE; id++) {
		if(!a->f->field[id][0])
			continue;
		err = text_at(a, node, a->f->field[id], &text);
		if(!err && text.given)
			err = e911_location_set(to, id, text.s, text.len);
		if(err)
			return err;
	}
	return E911_OK;
}

/* The line that was stated has its fields; of another one the house number is
 * the first word if it begins with a digit, and the street all else. */
static void split_line(const char *s, size_t len, e911_location_t *to)
{
	const char *end = s + len, *street = s;

	if(len && s[0] >= '0' && s[0] <= '9') {
		while(street < end && *street != ' ')
			street++;
		if(street < end)
			e911_location_set(to, E911_F_HNO, s, street - s);
		else
			street = s;
	}
	e911_location_set(to, E911_F_RD, street, end - street);
}

static void keep_line(const e911_location_t *l, e911_location_t *to)
{
	static const char *const parts[] = {"HNP", "HNO", "HNS", "PRM", "PRD",
			"STP", "RD", "STS", "POD", "POM", NULL};
	str value;
	int i, id;

	for(i = 0; parts[i]; i++) {
		id = e911_field_find(parts[i], strlen(parts[i]));
		if(e911_location_get(l, id, &value) == 0)
			e911_location_set(to, id, value.s, value.len);
	}
}

static int read_street(struct answer *a, void *node, const e911_location_t *l,
		e911_location_t *to)
{
	char mem[E911_LOCATION_TEXT_MAX];
	struct text text;
	e911_strbuf_t line;
	int err;

	if(!a->f->street[0])
		return E911_OK;
	err = text_at(a, node, a->f->street, &text);
	if(err || !text.given)
		return err;
	e911_strbuf_init(&line, mem, sizeof(mem));
	if(e911_template_line(&line, l) == 0 && line.len == text.len
			&& strncasecmp(mem, text.s, text.len) == 0)
		keep_line(l, to);
	else
		split_line(text.s, text.len, to);
	return E911_OK;
}

static int read_suggestion(struct answer *a, void *node,
		const e911_location_t *l, e911_location_t *to)
{
	int err;

	e911_location_init(to, l->origin, l->stated);
	if(!a->f->mapped)
		return members(a, node, take_member, to);
	err = read_fields(a, node, to);
	return err ? err : read_street(a, node, l, to);
}

/* Half an address is none. */
static int read_suggestions(
		struct answer *a, const e911_location_t *l, e911_assessment_t *got)
{
	e911_location_t address;
	struct nodes nodes;
	int err, i;

	if(!a->f->mapped && !a->f->list[0])
		return E911_OK;
	err = nodes_at(a, a->f->list, &nodes);
	for(i = 0; i < nodes.n && err != E911_ERR_MEM; i++) {
		err = read_suggestion(a, nodes.node[i], l, &address);
		if(err == 0)
			e911_assessment_suggest(got, &address, l, 0);
	}
	return err == E911_ERR_MEM ? err : E911_OK;
}

/* ----- the answer ----- */

static int outcome_of(const e911_format_t *f, int status)
{
	static const int order[] = {E911_OUTCOME_READ, E911_OUTCOME_INVALID,
			E911_OUTCOME_CORRECTED, E911_OUTCOME_OK};
	size_t i, k;

	for(i = 0; i < sizeof(order) / sizeof(*order); i++)
		for(k = 0; k < E911_FORMAT_STATUS_MAX; k++)
			if(f->status[order[i]][k] && f->status[order[i]][k] == status)
				return order[i];
	return E911_ERR_NONE;
}

static int has_type(const str *type, const char *word)
{
	char z[64];

	if(type->len <= 0)
		return 0;
	snprintf(z, sizeof(z), "%.*s", type->len, type->s);
	return strcasestr(z, word) != NULL;
}

/* One that says nothing of its syntax is what the row says. */
static int check_type(const e911_format_t *f, const str *type)
{
	int xml = f->answer == E911_ANSWER_XML;

	if(has_type(type, "html") || has_type(type, xml ? "json" : "xml"))
		return E911_ERR_TYPE;
	return E911_OK;
}

static int open_answer(struct answer *a, const str *type, const str *body)
{
	int err = check_type(a->f, type);

	if(err)
		return err;
	return a->f->answer == E911_ANSWER_XML ? open_xml(a, body)
										   : open_json(a, body);
}

static int read_all(struct answer *a, int *outcome, const e911_location_t *l,
		e911_assessment_t *got)
{
	int err = read_elements(a, got);

	if(!err)
		err = read_suggestions(a, l, got);
	if(err || *outcome != E911_OUTCOME_READ)
		return err;
	*outcome = read_verdict(a);
	return *outcome < 0 && *outcome != E911_ERR_NONE ? *outcome : E911_OK;
}

static int says_elements(const e911_assessment_t *got)
{
	int id;

	for(id = 0; id < E911_F_SHAPE; id++)
		if(got->element[id] != E911_ELEMENT_NONE)
			return 1;
	return 0;
}

static int judge(int outcome, e911_assessment_t *got, const e911_location_t *l)
{
	switch(outcome) {
		case E911_OUTCOME_OK:
			got->verdict = E911_VALID;
			break;
		case E911_OUTCOME_CORRECTED:
			got->verdict = got->n ? E911_CORRECTED : E911_INVALID;
			break;
		case E911_OUTCOME_INVALID:
			got->verdict = E911_INVALID;
			break;
		case OTHER_WORD:
			return E911_ERR_NONE;
	}
	if(says_elements(got) && got->verdict != E911_CORRECTED)
		e911_assessment_conclude(got, l);
	return got->verdict == E911_UNCHECKED ? E911_ERR_NONE : E911_OK;
}

/* Is there anything to look for in the document? */
static int has_paths(const e911_format_t *f)
{
	return f->mapped || f->list[0] || f->elements[0] || f->verdict[0];
}

static int read_document(const e911_format_t *f, int *outcome, const str *type,
		const str *body, const e911_location_t *l, e911_assessment_t *got)
{
	struct answer a = {.f = f};
	int err = open_answer(&a, type, body);

	if(!err)
		err = read_all(&a, outcome, l, got);
	shut(&a);
	return err;
}

int e911_rest_read(const e911_validator_t *v, int status, const str *type,
		const str *body, const e911_location_t *l, e911_assessment_t *a)
{
	const e911_format_t *f = v->format;
	int outcome = outcome_of(f, status), by = outcome, err = 0;
	e911_assessment_t got;

	if(outcome < 0)
		return E911_ERR_NONE;
	if(body->len > E911_REST_ANSWER_MAX)
		return E911_ERR_SPACE;
	e911_assessment_init(&got);
	if(has_paths(f))
		err = read_document(f, &outcome, type, body, l, &got);
	/* the status of a refusal says it all */
	if(err && by == E911_OUTCOME_INVALID && err != E911_ERR_MEM) {
		e911_assessment_init(&got);
		err = 0;
	}
	if(!err && by == E911_OUTCOME_OK && got.n == 0 && (f->mapped || f->list[0]))
		err = E911_ERR_NONE;
	if(!err)
		err = judge(outcome, &got, l);
	if(err)
		return err;
	strcpy(got.validator, v->name);
	memcpy(a, &got, sizeof(got));
	return E911_OK;
}
