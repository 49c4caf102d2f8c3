/*
 * e911: what is to be expected of a call at a destination
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Will it go direct to a PSAP, or to a screening centre first, which costs time
 * and a fee; what of it is cut or missing. As the profile tells, which is what
 * the provider says of itself.
 */
#ifndef E911_REVIEW_H
#define E911_REVIEW_H

#include "calls.h"
#include "strbuf.h"

#define E911_REVIEW_MAX 1024

/**
 * Reviews the call's present step; size: bytes of its INVITE, 0: not known.
 * Writes warnings, "; " between them. 1: it goes direct; 0: it is screened.
 */
int e911_review(const e911_call_t *call, int size, e911_strbuf_t *warnings);

#endif
