/*
 * e911: string builder with a sticky error
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes go on until one does not fit; from then on all are no-ops, so a
 * document is a straight list of writes and one check at the end. The memory
 * is the caller's. Nothing is NUL-terminated.
 */
#ifndef E911_STRBUF_H
#define E911_STRBUF_H

#include <stddef.h>
#include <string.h>
#include <time.h>
#include "../../core/str.h"
#include "err.h"

typedef struct e911_strbuf
{
	char *s;
	size_t len;
	size_t max;
	int err; /* 0, or the first E911_ERR_SPACE */
} e911_strbuf_t;

void e911_strbuf_init(e911_strbuf_t *b, char *mem, size_t max);
static inline void e911_strbuf_put(e911_strbuf_t *b, const char *s, size_t len)
{
	if(b->err)
		return;
	if(len > b->max - b->len) {
		b->err = E911_ERR_SPACE;
		return;
	}
	if(len)
		memcpy(b->s + b->len, s, len);
	b->len += len;
}

void e911_strbuf_puts(e911_strbuf_t *b, const char *z);
void e911_strbuf_put_str(e911_strbuf_t *b, const str *s);
void e911_strbuf_put_num(e911_strbuf_t *b, unsigned long n);
/** Text or attribute value for XML 1.0: the five characters escaped. */
void e911_strbuf_put_xml(e911_strbuf_t *b, const char *s, size_t len);
/** Has a text any of these five? */
int e911_strbuf_has_xml(const char *s, size_t len);
/** The inside of a JSON string (RFC 8259 section 7). */
void e911_strbuf_put_json(e911_strbuf_t *b, const char *s, size_t len);
/** Percent-encoded but for what RFC 3986 section 2.3 reserves for nothing. */
void e911_strbuf_put_url(e911_strbuf_t *b, const char *s, size_t len);
/** UTC, as xs:dateTime: 2026-08-21T14:00:00Z */
void e911_strbuf_put_time(e911_strbuf_t *b, time_t when);
void e911_strbuf_put_hex(e911_strbuf_t *b, const unsigned char *s, size_t len);
/** Sixteen bytes as 8-4-4-4-12 hexadecimal digits. */
void e911_strbuf_put_uuid(e911_strbuf_t *b, const unsigned char id[16]);

#define E911_STRBUF_LIT(b, lit) e911_strbuf_put((b), (lit), sizeof(lit) - 1)

#endif
