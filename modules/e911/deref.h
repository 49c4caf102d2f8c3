/*
 * e911: what a reference to a location refers to
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Not a copy but where the caller is now (RFC 5985 section 6.2: the most current,
 * no stable reference): what is corrected while the call is up is seen by who
 * asks again (RFC 6881 ED-37). And the blocks of additional data of the call.
 */
#ifndef E911_DEREF_H
#define E911_DEREF_H

#include "strbuf.h"

/**
 * Answers a HELD request (its text, may be empty) for the location a token
 * refers to. NONE: there is no such reference, or its time is over; else b has
 * the answer, which may be a HELD error.
 */
int e911_deref(const str *token, const str *request, e911_strbuf_t *b);
/** Writes a block (additional.h) of the token's call. NONE: as above, or there
 * is no provider. SPACE. */
int e911_deref_data(const str *token, int block, e911_strbuf_t *b);

#endif
