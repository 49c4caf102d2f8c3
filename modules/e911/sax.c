/*
 * e911: XML as a walk over its elements
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <libxml/parserInternals.h>
#include "sax.h"
#include "err.h"

void e911_sax_stop(e911_sax_t *sax, int err)
{
	if(sax->err == 0)
		sax->err = err;
	xmlStopParser(sax->ctxt);
}

static void on_dtd(void *ctx, const xmlChar *name, const xmlChar *public_id,
		const xmlChar *system_id)
{
	(void)name;
	(void)public_id;
	(void)system_id;
	e911_sax_stop(ctx, E911_ERR_DTD);
}

/* in place of libxml2's messages on stderr */
static void on_error(void *ctx, xmlErrorPtr error)
{
	e911_sax_t *sax = ctx;

	if(error->code == XML_ERR_NO_MEMORY && sax->err == 0)
		sax->err = E911_ERR_MEM;
}

/* XML 1.0 asks for two encodings, RFC 3863 section 4.1 for one of them */
static int known_encoding(const char *doc, size_t len)
{
	switch(xmlDetectCharEncoding((const xmlChar *)doc, (int)len)) {
		case XML_CHAR_ENCODING_NONE:
		case XML_CHAR_ENCODING_UTF8:
		case XML_CHAR_ENCODING_UTF16LE:
		case XML_CHAR_ENCODING_UTF16BE:
			return 1;
		default:
			return 0;
	}
}

static int walk(e911_sax_t *sax, const xmlSAXHandler *events)
{
	int formed;

	*sax->ctxt->sax = *events;
	sax->ctxt->sax->initialized = XML_SAX2_MAGIC;
	sax->ctxt->sax->internalSubset = on_dtd;
	sax->ctxt->sax->externalSubset = on_dtd;
	sax->ctxt->sax->serror = on_error;
	sax->ctxt->userData = sax;
	/* a declared encoding could load iconv's modules */
	xmlCtxtUseOptions(sax->ctxt, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	xmlParseDocument(sax->ctxt);
	formed = sax->ctxt->wellFormed;
	/* entities of a DTD so broken that on_dtd() was not called */
	xmlFreeDoc(sax->ctxt->myDoc);
	xmlFreeParserCtxt(sax->ctxt);
	return formed ? E911_OK : E911_ERR_SYNTAX;
}

int e911_sax_walk(
		void *walker, const xmlSAXHandler *events, const char *doc, size_t len)
{
	e911_sax_t *sax = walker;
	int err = E911_ERR_MEM;

	if(len == 0 || !known_encoding(doc, len))
		return E911_ERR_SYNTAX;
	sax->err = 0;
	sax->ctxt = xmlCreateMemoryParserCtxt(doc, (int)len);
	if(sax->ctxt)
		err = walk(sax, events);
	xmlResetLastError();
	return sax->err ? sax->err : err;
}

/* ----- trees ----- */

static void on_tree_dtd(void *ctx, const xmlChar *name,
		const xmlChar *public_id, const xmlChar *system_id)
{
	xmlParserCtxtPtr ctxt = ctx;

	(void)name;
	(void)public_id;
	(void)system_id;
	*(int *)ctxt->_private = E911_ERR_DTD;
	xmlStopParser(ctxt);
}

static void on_tree_error(void *ctx, xmlErrorPtr error)
{
	xmlParserCtxtPtr ctxt = ctx;

	if(error->code == XML_ERR_NO_MEMORY)
		*(int *)ctxt->_private = E911_ERR_MEM;
}

static int grow(xmlParserCtxtPtr ctxt, xmlDocPtr *tree)
{
	int err = 0;

	ctxt->_private = &err;
	ctxt->sax->internalSubset = on_tree_dtd;
	ctxt->sax->externalSubset = on_tree_dtd;
	ctxt->sax->serror = on_tree_error;
	xmlCtxtUseOptions(
			ctxt, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOCDATA);
	xmlParseDocument(ctxt);
	if(err == 0 && ctxt->errNo == XML_ERR_NO_MEMORY)
		err = E911_ERR_MEM;
	if(err == 0 && (!ctxt->wellFormed || ctxt->myDoc == NULL))
		err = E911_ERR_SYNTAX;
	if(err)
		xmlFreeDoc(ctxt->myDoc);
	else
		*tree = ctxt->myDoc;
	xmlFreeParserCtxt(ctxt);
	return err;
}

int e911_sax_tree(const char *doc, size_t len, xmlDocPtr *tree)
{
	int err = E911_ERR_MEM;
	xmlParserCtxtPtr ctxt;

	if(len == 0 || !known_encoding(doc, len))
		return E911_ERR_SYNTAX;
	ctxt = xmlCreateMemoryParserCtxt(doc, (int)len);
	if(ctxt)
		err = grow(ctxt, tree);
	xmlResetLastError();
	return err;
}
