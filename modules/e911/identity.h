/*
 * e911: From and To as a destination is to see them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * By Kamailio's module uac, which puts the caller's own URIs back into replies
 * and into later requests. Only the URI changes: tags and names stay.
 */
#ifndef E911_IDENTITY_H
#define E911_IDENTITY_H

#include "../../core/parser/msg_parser.h"

/** Binds uac; once all modules are there. NONE: it is not loaded. */
int e911_identity_init(void);
int e911_identity_bound(void);
/**
 * Replaces the URI in the branch that is being built; lasting: replies and
 * requests of the dialog are to be mended, too, which takes a transaction.
 * NONE: uac is not loaded; SYNTAX: the header does not parse; TWICE: the script
 * has replaced it; MEM.
 */
int e911_identity_from(sip_msg_t *msg, const str *uri, int lasting);
int e911_identity_to(sip_msg_t *msg, const str *uri, int lasting);

#endif
