/*
 * e911: XML as a walk over its elements
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libxml2 with no DTD, no network and no encoding but UTF-8 and UTF-16; no tree
 * is built, but where XPath needs one. How much there may be is for the walker
 * to count.
 */
#ifndef E911_SAX_H
#define E911_SAX_H

#include <stddef.h>
#include <libxml/parser.h>

/* First member of whoever walks. */
typedef struct e911_sax
{
	xmlParserCtxtPtr ctxt;
	int err; /* the first */
} e911_sax_t;

/** Walks a document; walker is what the events are given, and begins with an
 * e911_sax_t. DTD, MEM, SYNTAX, or what the walk was stopped with. */
int e911_sax_walk(
		void *walker, const xmlSAXHandler *events, const char *doc, size_t len);
/** Ends the walk; what the event was given is gone with that. */
void e911_sax_stop(e911_sax_t *sax, int err);
/** A tree of a document, to be given to xmlFreeDoc(). DTD, MEM, SYNTAX (also
 * nested deeper than libxml2 goes). */
int e911_sax_tree(const char *doc, size_t len, xmlDocPtr *tree);

#endif
