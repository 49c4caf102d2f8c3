/*
 * e911: validators that are asked over HTTP, each as a row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is sent where, and where the answer says what: data. JSON by json-c, XML
 * by libxml2 and its XPath.
 */
#ifndef E911_REST_H
#define E911_REST_H

#include "assessment.h"
#include "strbuf.h"

#define E911_VALIDATORS_MAX 32
#define E911_REST_BODY_MAX 8192
#define E911_REST_ANSWER_MAX 65536

enum e911_validator_kind
{
	E911_VALIDATOR_LOST,
	E911_VALIDATOR_REST
};

typedef struct e911_validator
{
	char name[E911_VALIDATOR_NAME_MAX];
	int kind;
	/* the columns: see e911_validators_add() */
	char url[512];
	char method[8];
	char header[4][256]; /* {secret} is filled in when it is sent */
	char secret[128];	 /* file:PATH or env:NAME, never the secret itself */
	char service[64];	 /* LoST: urn:service:sos */
	char ca[128], cert[128], key[128], proxy[256];
	int verify;		/* TLS; 1 by default */
	int timeout_ms; /* of one try */
	int tries;
	int break_after; /* failures in a row until it rests */
	int rest_ms;
	void *format; /* private to rest.c: template and paths */
} e911_validator_t;

typedef struct e911_validators e911_validators_t;

int e911_validators_new(e911_validators_t **all);
void e911_validators_free(e911_validators_t *all);
/** Adds "name=…;kind=lost|rest;url=https://…;…"; errors of rows, TWICE, FULL,
 * MEM, MISSING; bad as elsewhere. Rows built in: bandwidth, telnyx, generic: a
 * row with like=NAME begins as one of them. */
int e911_validators_add(e911_validators_t *all, const str *row, str *bad);
const e911_validator_t *e911_validators_named(
		const e911_validators_t *all, const str *name);
const e911_validator_t *e911_validators_nth(
		const e911_validators_t *all, int index);

/** Writes URL and body for a location; values are escaped for where they stand
 * (URL, JSON, XML). SPACE, EMPTY. */
int e911_rest_write(const e911_validator_t *v, const e911_location_t *l,
		e911_strbuf_t *url, e911_strbuf_t *body);
/** Reads an answer by its status and its type. NONE: nothing definite (ask
 * another); SYNTAX, TYPE, SPACE, MEM. */
int e911_rest_read(const e911_validator_t *v, int status, const str *type,
		const str *body, const e911_location_t *l, e911_assessment_t *a);

#endif
