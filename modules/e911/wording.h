/*
 * e911: how a notice is worded: subject, text, JSON, and templates
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The words are a table. A template is a text with places {caller}, {address},
 * …: values are put in once, escaped for where they stand, and never looked at
 * again: what a caller calls himself is no template.
 */
#ifndef E911_WORDING_H
#define E911_WORDING_H

#include "notice.h"

#define E911_WORDING_SUBJECT_MAX 512
#define E911_WORDING_TEXT_MAX 8192
#define E911_WORDING_JSON_MAX 49152
#define E911_WORDING_BODY_MAX 65536

/* Where the values stand. */
enum e911_wording_syntax
{
	E911_WORDING_TEXT,
	E911_WORDING_JSON,
	E911_WORDING_XML,
	E911_WORDING_FORM
};

/** By a Content-Type. */
int e911_wording_syntax(const char *type);
/** VALUE: it names a place that is none. */
int e911_wording_check(const char *template);
/** What is made of the other values of a notice: who, subject, text, json; into
 * memory of the file, until the next call. subject: a template, empty: ours.
 * SPACE. */
int e911_wording_make(e911_notice_t *n, const char *subject);
/** A template, filled. SPACE. */
int e911_wording_write(e911_strbuf_t *b, const char *template, int syntax,
		const e911_notice_t *n);

#endif
