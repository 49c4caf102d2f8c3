/*
 * e911: whose site a message is under, where the script says so
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two pseudo-variables: one names the site, one an attribute of the caller
 * (say $avp(department), set by auth_db from the subscriber's row) that sites
 * list.
 */
#ifndef E911_MEMBERSHIP_H
#define E911_MEMBERSHIP_H

#include "../../core/parser/msg_parser.h"
#include "site.h"

/** Reads the two variables' names, empty: none; in mod_init. SYNTAX. */
int e911_membership_init(const str *site, const str *attribute);
/**
 * The site of a caller of this message. *said: it was the script that told, so
 * that it is to be remembered with his record. A site that is not known is as
 * if none was named.
 */
const e911_site_t *e911_membership(sip_msg_t *msg, const str *aor, int *said);

#endif
