/*
 * e911: a mail, as RFC 5322 has it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Header and body are ASCII, whatever is in them: the subject as encoded words
 * (RFC 2047), the text in base64 (RFC 2045 section 6.8). No value can end its
 * line.
 */
#ifndef E911_MAIL_H
#define E911_MAIL_H

#include "strbuf.h"

typedef struct e911_mail
{
	const char *from; /* one address, as recipient.h checks it */
	const char *to;	  /* some, by commas */
	str subject;	  /* UTF-8 */
	str text;		  /* the same, lines ended by \n */
	str id;			  /* of the notice: the same mail has the same one */
	time_t when;
} e911_mail_t;

/** SPACE. */
int e911_mail_write(e911_strbuf_t *b, const e911_mail_t *mail);

#endif
