/*
 * e911: how far apart two names are
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "spell.h"

/* Letters have two bits, for one and for two or more of them; digits, whose
 * kinds are fewer than their neighbours in a name, one. */
uint64_t e911_bag(const char *s, size_t len)
{
	uint64_t bag = 0, bit;
	size_t i;

	for(i = 0; i < len; i++) {
		if(s[i] >= 'A' && s[i] <= 'Z')
			bit = 1ull << (s[i] - 'A');
		else if(s[i] >= '0' && s[i] <= '9')
			bit = 1ull << (52 + s[i] - '0');
		else
			bit = 1ull << (62 + (s[i] == ' '));
		if(bag & bit && bit < 1ull << 26)
			bit <<= 26;
		bag |= bit;
	}
	return bag;
}

void e911_spell_init(e911_spell_t *p, const char *s, size_t len)
{
	size_t i;

	memset(p->is, 0, sizeof(p->is));
	for(i = 0; i < len; i++)
		p->is[(unsigned char)s[i]] |= 1ull << i;
	p->bag = e911_bag(s, len);
	p->len = len;
}

int e911_spell_distance(const e911_spell_t *p, const char *s, size_t len)
{
	uint64_t up = ~0ull, down = 0, diagonal = 0, before = 0, is, more, less;
	int distance = (int)p->len, last = (int)p->len - 1;
	size_t i;

	for(i = 0; i < len; i++) {
		is = p->is[(unsigned char)s[i]];
		diagonal = ((~diagonal & is) << 1 & before) | (((is & up) + up) ^ up)
				   | is | down;
		more = down | ~(diagonal | up);
		less = diagonal & up;
		distance += (int)(more >> last & 1) - (int)(less >> last & 1);
		more = more << 1 | 1;
		less <<= 1;
		up = less | ~(diagonal | more);
		down = more & diagonal;
		before = is;
	}
	return distance;
}
