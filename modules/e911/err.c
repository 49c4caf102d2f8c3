/*
 * e911: results of internal functions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "err.h"

static const char *const texts[] = {
		[-E911_OK] = "ok",
		[-E911_ERR_MEM] = "no memory",
		[-E911_ERR_SPACE] = "too large",
		[-E911_ERR_NAME] = "unknown name",
		[-E911_ERR_VALUE] = "value not allowed",
		[-E911_ERR_TEXT] = "control character or invalid UTF-8",
		[-E911_ERR_LONG] = "too long",
		[-E911_ERR_TWICE] = "given twice",
		[-E911_ERR_SYNTAX] = "not well-formed",
		[-E911_ERR_DEPTH] = "nested too deep or too many elements",
		[-E911_ERR_DTD] = "document type declarations are refused",
		[-E911_ERR_EMPTY] = "no address and no shape",
		[-E911_ERR_SHAPE] = "shape incomplete or impossible",
		[-E911_ERR_NONE] = "not found",
		[-E911_ERR_FULL] = "table full",
		[-E911_ERR_OLD] = "past its retention time",
		[-E911_ERR_TYPE] = "must be a string",
		[-E911_ERR_AGAIN] = "changed meanwhile",
		[-E911_ERR_DOWN] = "not reachable",
		[-E911_ERR_MISSING] = "a part is missing",
		[-E911_ERR_UNUSABLE] = "named unusable, to be stated anew",
};

const char *e911_err_text(int err)
{
	if(err > 0 || err <= E911_ERR_LAST)
		return "unknown error";
	return texts[-err];
}
