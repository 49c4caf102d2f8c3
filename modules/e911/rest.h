/*
 * e911: what a validator is sent over HTTP, and what its answer says
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As its row has it: a template, and paths into the answer; JSON by json-c, XML
 * by libxml2 and its XPath.
 */
#ifndef E911_REST_H
#define E911_REST_H

#include "assessment.h"
#include "strbuf.h"
#include "validators.h"

#define E911_REST_BODY_MAX 8192
#define E911_REST_ANSWER_MAX 65536

/** Writes URL and body for a location; values are escaped for where they stand
 * (URL, JSON, XML). SPACE, EMPTY. */
int e911_rest_write(const e911_validator_t *v, const e911_location_t *l,
		e911_strbuf_t *url, e911_strbuf_t *body);
/**
 * Reads an answer, by its status first. One of "read": what the word at the
 * path of the verdict says, or else what follows from the elements. One of
 * "ok": VALID, but where the row has suggestions only if there is one, for an
 * error document may come with 200 as well. "corrected" without an address is
 * INVALID. NONE: nothing definite (ask another); SYNTAX, TYPE (also of another
 * type than the row says), DTD, SPACE, MEM. a is written only on success.
 */
int e911_rest_read(const e911_validator_t *v, int status, const str *type,
		const str *body, const e911_location_t *l, e911_assessment_t *a);

#endif
