/*
 * e911: what rows of validators and their reader share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_VALIDATOR_FORMAT_H
#define E911_VALIDATOR_FORMAT_H

#include <stdio.h>
#include <libxml/xpath.h>
#include "validators.h"

#define E911_FORMAT_BODY_MAX 2048
#define E911_FORMAT_PATH_MAX 128
#define E911_FORMAT_STATUS_MAX 8

/* What a status or a word says; also indexes. */
enum e911_outcome
{
	E911_OUTCOME_OK,
	E911_OUTCOME_CORRECTED,
	E911_OUTCOME_INVALID,
	E911_OUTCOME_READ, /* of a status: what the word at the verdict says */
	E911_OUTCOMES
};

enum e911_answer_syntax
{
	E911_ANSWER_JSON,
	E911_ANSWER_XML
};

typedef struct e911_format
{
	int syntax; /* of the body: enum e911_template_syntax */
	int answer; /* enum e911_answer_syntax */
	char body[E911_FORMAT_BODY_MAX];
	int status[E911_OUTCOMES][E911_FORMAT_STATUS_MAX];	/* 0 ends */
	char word[E911_OUTCOME_READ][E911_FORMAT_PATH_MAX]; /* comma lists */
	/* paths: JSON Pointer (RFC 6901) or XPath; empty: none */
	char verdict[E911_FORMAT_PATH_MAX];
	char elements[E911_FORMAT_PATH_MAX];
	char list[E911_FORMAT_PATH_MAX]; /* of the suggestions */
	int mapped;						 /* any of these is given: */
	char street[E911_FORMAT_PATH_MAX];
	char field[E911_F_SHAPE][E911_FORMAT_PATH_MAX];
} e911_format_t;

#define E911_FORMAT_XPATH_MAX (E911_FORMAT_PATH_MAX + 2)

/* In brackets, for else libxml2 makes a pattern of it as well, which it does not
 * free when memory runs out. */
static inline const char *e911_format_xpath(
		char mem[E911_FORMAT_XPATH_MAX], const char *path)
{
	snprintf(mem, E911_FORMAT_XPATH_MAX, "(%s)", path);
	return mem;
}

/* Takes what XPath complains of, in place of stderr: 1 a fault of the path or
 * its bound, 2 memory. Nothing at all is memory too. */
static inline void e911_format_complaint(void *said, xmlErrorPtr error)
{
	int memory = error->code == XML_ERR_NO_MEMORY
				 || error->code == XML_XPATH_MEMORY_ERROR;

	*(int *)said |= memory ? 2 : 1;
}

#endif
