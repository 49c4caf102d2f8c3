/*
 * e911: regular expressions, by PCRE2
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <pcre2.h>
#include "../../core/mem/shm_mem.h"
#include "regex.h"
#include "err.h"

/* an ordinary expression on a number takes a few dozen steps */
#define MATCH_LIMIT 2000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT 64 /* KiB */
#define NEST_LIMIT 20
#define FLAGS                                                                  \
	(PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP \
			| PCRE2_NEVER_BACKSLASH_C)

static pcre2_match_data *scratch;
static pcre2_match_context *limits;

static const pcre2_code *code_of(const e911_regex_t *regex)
{
	return (const pcre2_code *)regex;
}

static void *to_shm(PCRE2_SIZE size, void *unused)
{
	(void)unused;
	return shm_malloc(size);
}

static void from_shm(void *p, void *unused)
{
	(void)unused;
	if(p)
		shm_free(p);
}

/* PCRE2 takes memory to backtrack when it first needs it, and keeps it: a match
 * that runs into the limit takes all there will ever be. */
static void warm_up(void)
{
	/* a class at the end: a single letter would be looked for first */
	static const char deep[] = "(?:(a)|(b)|(c)|(d)|(e)|(f)|(g)|(h))*[xy]";
	char subject[512];
	int err;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile(
			(PCRE2_SPTR)deep, sizeof(deep) - 1, 0, &err, &at, NULL);

	if(code == NULL)
		return;
	memset(subject, 'a', sizeof(subject));
	pcre2_match(code, (PCRE2_SPTR)subject, sizeof(subject), 0,
			PCRE2_ANCHORED | PCRE2_NO_JIT, scratch, limits);
	pcre2_code_free(code);
}

int e911_regex_init(void)
{
	if(scratch)
		return E911_OK;
	if(limits == NULL)
		limits = pcre2_match_context_create(NULL);
	if(limits == NULL)
		return E911_ERR_MEM;
	pcre2_set_match_limit(limits, MATCH_LIMIT);
	pcre2_set_depth_limit(limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(limits, HEAP_LIMIT);
	scratch = pcre2_match_data_create(1, NULL);
	if(scratch == NULL)
		return E911_ERR_MEM;
	warm_up();
	return E911_OK;
}

static pcre2_compile_context *make_context(void)
{
	pcre2_general_context *shm =
			pcre2_general_context_create(to_shm, from_shm, NULL);
	pcre2_compile_context *context;

	if(shm == NULL)
		return NULL;
	context = pcre2_compile_context_create(shm);
	pcre2_general_context_free(shm);
	if(context)
		pcre2_set_parens_nest_limit(context, NEST_LIMIT);
	return context;
}

int e911_regex_compile(e911_regex_t **regex, const str *pattern)
{
	pcre2_compile_context *context = make_context();
	pcre2_code *code;
	PCRE2_SIZE at;
	int err;

	if(context == NULL)
		return E911_ERR_MEM;
	code = pcre2_compile(
			(PCRE2_SPTR)pattern->s, pattern->len, FLAGS, &err, &at, context);
	pcre2_compile_context_free(context);
	if(code == NULL)
		return err == PCRE2_ERROR_HEAP_FAILED ? E911_ERR_MEM : E911_ERR_SYNTAX;
	*regex = (e911_regex_t *)code;
	return E911_OK;
}

void e911_regex_free(e911_regex_t *regex)
{
	pcre2_code_free((pcre2_code *)regex);
}

int e911_regex_min(const e911_regex_t *regex)
{
	uint32_t min = 0;

	pcre2_pattern_info(code_of(regex), PCRE2_INFO_MINLENGTH, &min);
	return (int)min;
}

int e911_regex_begins(const e911_regex_t *regex, int byte)
{
	const uint8_t *bitmap = NULL;
	uint32_t type = 0, unit = 0;

	pcre2_pattern_info(code_of(regex), PCRE2_INFO_FIRSTCODETYPE, &type);
	pcre2_pattern_info(code_of(regex), PCRE2_INFO_FIRSTCODEUNIT, &unit);
	pcre2_pattern_info(code_of(regex), PCRE2_INFO_FIRSTBITMAP, &bitmap);
	/* the unit is told in one case, and meant in both */
	if(type == 1)
		return tolower(byte) == tolower((int)unit);
	return bitmap == NULL || (bitmap[byte / 8] >> byte % 8 & 1);
}

int e911_regex_matches(const e911_regex_t *regex, const str *s)
{
	if(e911_regex_init())
		return 0;
	return pcre2_match(code_of(regex), (PCRE2_SPTR)s->s, s->len, 0,
				   PCRE2_ANCHORED | PCRE2_NO_JIT, scratch, limits)
		   >= 0;
}
