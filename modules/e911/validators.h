/*
 * e911: validators that are asked over HTTP, each as a row
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where it is, how it is to be asked, and, of one that is no LoST server, what
 * is sent to it and where its answer says what: data. Built in shared memory by
 * one process, then only read.
 */
#ifndef E911_VALIDATORS_H
#define E911_VALIDATORS_H

#include "assessment.h"

#define E911_VALIDATORS_MAX 32
#define E911_VALIDATOR_HEADERS 4

enum e911_validator_kind
{
	E911_VALIDATOR_LOST,
	E911_VALIDATOR_REST
};

struct e911_format; /* template and paths: validator_format.h */

typedef struct e911_validator
{
	char name[E911_VALIDATOR_NAME_MAX];
	int kind;
	char url[512];
	char method[8];
	char type[64];		 /* Content-Type of the body; empty: no body */
	char header[4][256]; /* {secret} is filled in when it is sent */
	char secret[128];	 /* file:PATH or env:NAME, never the secret itself */
	char service[64];	 /* LoST: urn:service:sos */
	int suggest;		 /* LoST: similar addresses are asked for */
	char ca[128], cert[128], key[128], proxy[256];
	int verify;		/* TLS; 1 by default */
	int timeout_ms; /* of one try */
	int tries;
	int break_after; /* failures in a row until it rests */
	int rest_ms;
	const struct e911_format *format;
} e911_validator_t;

typedef struct e911_validators e911_validators_t;

int e911_validators_new(e911_validators_t **all);
void e911_validators_free(e911_validators_t *all);
/**
 * Adds "name=…;kind=lost|rest;url=https://…;…", the columns as the manual has
 * them; like=bandwidth|telnyx|generic: begins as that one, which is built in.
 * Errors: those of rows; NAME also for a column of the other kind; VALUE also
 * for a URL or a template with a place that is none, a path that is no JSON
 * Pointer or XPath; MISSING: no name, no url, no place for the address, or
 * {secret} without secret; TWICE also for the name; FULL; MEM (without memory
 * libxml2 may find fault with a good XPath). bad is the column
 * at fault, in the row's memory.
 */
int e911_validators_add(e911_validators_t *all, const str *row, str *bad);
const e911_validator_t *e911_validators_named(
		const e911_validators_t *all, const str *name);
const e911_validator_t *e911_validators_nth(
		const e911_validators_t *all, int index);
/** Reads the secret from where it is kept, a file or the environment, its last
 * line end cut; it waits for the disk. For the moment of sending only. NONE: it
 * has none, or it cannot be read, or is empty; LONG; VALUE: it has a control
 * character, which would end the header. */
int e911_validator_secret(const e911_validator_t *v, char *mem, size_t size);

#endif
