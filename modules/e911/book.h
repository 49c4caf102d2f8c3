/*
 * e911: a call is put down in the ledger
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * By which names it is known there: who may be called back, by which number,
 * and which ELIN stands for his place. Whatever of it fails, the call goes.
 */
#ifndef E911_BOOK_H
#define E911_BOOK_H

#include "../../core/parser/msg_parser.h"
#include "calls.h"

/** The number the caller is called back by: of his location, his own if it is
 * one, else his site's; may be none. */
void e911_book_callback(e911_call_t *call);
/** Opens the call's entry. trunk: it came over one. */
void e911_book_open(sip_msg_t *msg, e911_call_t *call, int trunk);
/** Leases an ELIN where the destination of the present step is to have one; the
 * site's number where all are taken. real: 0 says which one it would be. */
void e911_book_lease(e911_call_t *call, int real);
/** The BYE of a call, if it is one of ours. */
void e911_book_bye(sip_msg_t *msg);
/** The call has ended without an answer. */
void e911_book_end(const e911_call_t *call);

#endif
