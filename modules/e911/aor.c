/*
 * e911: how callers and their devices are named
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "aor.h"
#include "utf8.h"
#include "err.h"

static void cut(str *s, int n)
{
	s->s += n;
	s->len -= n;
}

static int begins(const str *s, const char *word)
{
	int n = (int)strlen(word);

	return s->len >= n && strncasecmp(s->s, word, n) == 0;
}

static int until(const str *s, char stop)
{
	const char *at = s->len > 0 ? memchr(s->s, stop, s->len) : NULL;

	return at ? (int)(at - s->s) : s->len;
}

/* what a database can keep: some refuse other bytes even in a question */
static int is_text(const str *s)
{
	const unsigned char *u = (const unsigned char *)s->s;
	int i, n;

	for(i = 0; i < s->len; i += n) {
		n = (int)e911_utf8_char(u + i, s->len - i);
		if(n == 0)
			return 0;
	}
	return 1;
}

static int lower(const str *s, char *mem, int max, str *out)
{
	const char *restrict from = s->s;
	char *restrict to = mem;
	unsigned char c, all = 0, bad = 0;
	int i, len = s->len;

	if(len > max)
		return E911_ERR_LONG;
	/* without a way out, the compiler takes many at once */
	for(i = 0; i < len; i++) {
		c = (unsigned char)from[i];
		bad |= (c <= ' ') | (c == 0x7f) | ((c | 2) == '>'); /* "<" as well */
		to[i] = (char)(c | (c >= 'A' && c <= 'Z') << 5);
		all |= c;
	}
	if(bad || (all >= 0x80 && !is_text(s)))
		return E911_ERR_VALUE;
	out->s = mem;
	out->len = s->len;
	return E911_OK;
}

/* from name-addr or URI to what follows the scheme, without parameters */
static void strip(str *s)
{
	int open = until(s, '<');

	if(open < s->len) {
		cut(s, open + 1);
		s->len = until(s, '>');
	}
	if(begins(s, "sips:"))
		cut(s, 5);
	else if(begins(s, "sip:"))
		cut(s, 4);
	s->len = until(s, ';');
	s->len = until(s, '?');
}

/* "user:password@host" without the password */
static int join(const str *s, int at, char *mem, int max, str *out)
{
	str user = {s->s, at}, host = {s->s + at, s->len - at}, h;
	int err;

	user.len = until(&user, ':');
	if(user.len == 0 || host.len < 2)
		return E911_ERR_VALUE;
	if(user.len + host.len > max)
		return E911_ERR_LONG;
	if(user.len == at)
		return lower(s, mem, max, out);
	err = lower(&user, mem, max, out);
	if(!err)
		err = lower(&host, mem + user.len, max - user.len, &h);
	if(!err)
		out->len = user.len + h.len;
	return err;
}

int e911_aor_normal(const str *given, char mem[E911_AOR_MAX], str *aor)
{
	str s = *given, out;
	int at, err, colon;

	strip(&s);
	at = until(&s, '@');
	if(at == s.len)
		return E911_ERR_VALUE;
	err = join(&s, at, mem, E911_AOR_MAX, &out);
	if(err)
		return err;
	/* an AoR has no port; the colons of an IPv6 address stay */
	for(colon = out.len;
			colon > 0 && out.s[colon - 1] >= '0' && out.s[colon - 1] <= '9';)
		colon--;
	if(colon > 0 && out.s[colon - 1] == ':'
			&& (memchr(out.s, ']', out.len) == NULL || out.s[colon - 2] == ']'))
		out.len = colon - 1;
	*aor = out;
	return E911_OK;
}

int e911_aor_contact(const str *given, char mem[E911_CONTACT_MAX], str *contact)
{
	str s = *given;
	int at;

	strip(&s);
	at = until(&s, '@');
	if(at < s.len)
		return join(&s, at, mem, E911_CONTACT_MAX, contact);
	return lower(&s, mem, E911_CONTACT_MAX, contact);
}

void e911_aor_host(const str *aor, str *host)
{
	int at = until(aor, '@');

	host->s = aor->s + at;
	host->len = aor->len - at;
	if(host->len)
		cut(host, 1);
}
