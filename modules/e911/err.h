/*
 * e911: results of internal functions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Internal functions return 0 or one of these. Only the doors (script, RPC)
 * translate them, and only they log.
 */
#ifndef E911_ERR_H
#define E911_ERR_H

enum e911_err
{
	E911_OK = 0,
	E911_ERR_MEM = -1,		 /* no memory */
	E911_ERR_SPACE = -2,	 /* does not fit its bound */
	E911_ERR_NAME = -3,		 /* no such field, key or profile */
	E911_ERR_VALUE = -4,	 /* value not allowed here */
	E911_ERR_TEXT = -5,		 /* control character or not UTF-8 */
	E911_ERR_LONG = -6,		 /* longer than the field allows */
	E911_ERR_TWICE = -7,	 /* given twice */
	E911_ERR_SYNTAX = -8,	 /* not well-formed */
	E911_ERR_DEPTH = -9,	 /* nested too deep, or too many elements */
	E911_ERR_DTD = -10,		 /* a document type declaration: refused */
	E911_ERR_EMPTY = -11,	 /* says no place at all */
	E911_ERR_SHAPE = -12,	 /* shape incomplete or impossible */
	E911_ERR_NONE = -13,	 /* not found */
	E911_ERR_FULL = -14,	 /* table at its bound */
	E911_ERR_OLD = -15,		 /* past its retention time */
	E911_ERR_TYPE = -16,	 /* of another type than asked for */
	E911_ERR_AGAIN = -17,	 /* changed meanwhile */
	E911_ERR_DOWN = -18,	 /* an outside thing does not answer */
	E911_ERR_MISSING = -19,	 /* a part that is needed is not there */
	E911_ERR_UNUSABLE = -20, /* named unusable */
	E911_ERR_LAST = -21
};

/** Text for people; never NULL, whatever the code. */
const char *e911_err_text(int err);

#endif
