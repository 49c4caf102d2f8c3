/*
 * e911: characters that XML, a SIP header and a database can carry
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef E911_UTF8_H
#define E911_UTF8_H

#include <stddef.h>

/* C1 controls, surrogates and what Unicode keeps from interchange */
static inline int e911_utf8_is_none(unsigned int code)
{
	return code < 0xa0 || (code >= 0xd800 && code < 0xe000)
		   || (code >= 0xfdd0 && code < 0xfdf0) || (code & 0xfffe) == 0xfffe;
}

/** Bytes of the UTF-8 character at s, 0 where XML 1.0 or a SIP header could
 * not carry it. */
static inline size_t e911_utf8_char(const unsigned char *s, size_t len)
{
	static const unsigned int least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int code;
	size_t n, i;

	if(s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if(s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	code = s[0] & (0x7fu >> n);
	for(i = 1; i < n; i++) {
		if((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if(code < least[n] || code > 0x10ffff || e911_utf8_is_none(code))
		return 0;
	return n;
}

/** Ends a C string where it stops to be such characters. */
static inline void e911_utf8_cut(char *s)
{
	size_t n, left = 0;

	while(s[left])
		left++;
	for(; left && (n = e911_utf8_char((const unsigned char *)s, left)); s += n)
		left -= n;
	*s = '\0';
}

#endif
