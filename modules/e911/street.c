/*
 * e911: streets, house numbers and communities in their normal form
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "street.h"
#include "postal.h"
#include "strbuf.h"
#include "err.h"

#define NUMBER_DIGITS_MAX 9
#define WORD_IS(w, lit) \
	((w)->len == sizeof(lit) - 1 && memcmp((w)->s, lit, sizeof(lit) - 1) == 0)

/* ----- characters ----- */

/* U+00C0…U+017F without their accents */
static const char folded[] = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTS"
							 "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTY"
							 "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHH"
							 "IIIIIIIIIIIIJJKKKLLLLLLLLLLNNNNNNNNNOOOOOOOO"
							 "RRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* ASCII from ' ' on, as fold() has it */
static const char plain[] = "   #   \0      \0 0123456789      "
							" ABCDEFGHIJKLMNOPQRSTUVWXYZ     "
							"\0ABCDEFGHIJKLMNOPQRSTUVWXYZ     ";

static char fold_wide(const char *s, size_t len, size_t *n)
{
	unsigned char c = (unsigned char)*s;
	unsigned int code;

	if(len >= 2 && c >= 0xc3 && c <= 0xc5) {
		code = (c & 0x1fu) << 6 | ((unsigned char)s[1] & 0x3fu);
		*n = 2;
		return folded[code - 0xc0];
	}
	if(len >= 3 && memcmp(s, "\xe2\x80\x99", 3) == 0) { /* the apostrophe */
		*n = 3;
		return 0;
	}
	return (char)c;
}

/* One character, of n bytes, as it counts in a word: 0 it is dropped, ' ' it
 * ends the word. */
static char fold(const char *s, size_t len, size_t *n)
{
	unsigned char c = (unsigned char)*s;

	*n = 1;
	if(c >= 0x80)
		return fold_wide(s, len, n);
	return c < ' ' ? ' ' : plain[c - ' '];
}

/* ----- words ----- */

void e911_words_init(e911_words_t *w)
{
	w->n = 0;
	w->len = 0;
}

static int is_number(const str *w)
{
	int i;

	for(i = 0; i < w->len; i++)
		if(!is_digit(w->s[i]))
			return 0;
	return w->len > 0;
}

static void word_at(str *word, char *s, size_t len)
{
	word->s = s;
	word->len = (int)len;
}

/* 05TH is 5TH */
static void end_word(e911_words_t *w, size_t at, const char *from, size_t len)
{
	char *s = w->text + at;
	size_t n = w->len - at;

	while(n > 1 && s[0] == '0' && is_digit(s[1])) {
		s++;
		n--;
	}
	word_at(&w->word[w->n], s, n);
	word_at(&w->raw[w->n], (char *)from, len);
	w->n++;
}

int e911_words_add(e911_words_t *w, const str *value)
{
	size_t i, n, begin = 0, at = w->len;
	char c;

	for(i = 0; i <= (size_t)value->len; i += n) {
		n = 1;
		c = i < (size_t)value->len ? fold(value->s + i, value->len - i, &n)
								   : ' ';
		if(c == 0)
			continue;
		/* "#4" is two words */
		if(w->len > at
				&& (c == ' ' || c == '#' || w->text[w->len - 1] == '#')) {
			end_word(w, at, value->s + begin, i - begin);
			at = w->len;
		}
		if(c == ' ')
			continue;
		if(w->len == sizeof(w->text) || w->n == E911_WORDS_MAX)
			return E911_ERR_LONG;
		if(w->len == at)
			begin = i;
		w->text[w->len++] = c;
	}
	return E911_OK;
}

void e911_words_drop(e911_words_t *w, int n)
{
	w->n -= n;
	memmove(w->word, w->word + n, w->n * sizeof(w->word[0]));
	memmove(w->raw, w->raw + n, w->n * sizeof(w->raw[0]));
}

static int suffix_of(const str *w)
{
	return is_letter(*w->s) ? e911_postal_suffix(w->s, w->len) : 0;
}

static int direction_of(const str *w)
{
	return e911_postal_direction(w->s, w->len);
}

int e911_words_numbered(const e911_words_t *w)
{
	const str *next = &w->word[1];

	return w->n >= 2 && is_number(&w->word[0])
		   && w->word[0].len <= NUMBER_DIGITS_MAX && !suffix_of(next)
		   && !WORD_IS(next, "TH") && !WORD_IS(next, "ND");
}

/* STREET 4, AVE N APT B: what stands before it closes a street. */
int e911_words_unit(const e911_words_t *w, int *kind)
{
	int i = w->n - 2, is;

	if(i < 2)
		return 0;
	is = e911_postal_unit(w->word[i].s, w->word[i].len);
	if(is == E911_UNIT_UNIT && i > 2 && WORD_IS(&w->word[i], "#")
			&& e911_postal_unit(w->word[i - 1].s, w->word[i - 1].len))
		i--; /* APT # 4 */
	if(!is || i < 2
			|| (!suffix_of(&w->word[i - 1]) && !direction_of(&w->word[i - 1])))
		return 0;
	*kind = is;
	return i;
}

/* ----- streets ----- */

typedef struct span
{
	const str *word;
	int low;
	int high; /* the word behind the last */
} span_t;

static int is_letter_of(const str *w, const char *set)
{
	return w->len == 1 && memchr(set, *w->s, strlen(set)) != NULL;
}

/* N W and NW are one */
static int two_letters(const str *a, const str *b)
{
	char both[2];

	if(!is_letter_of(a, "NS") || !is_letter_of(b, "EW"))
		return 0;
	both[0] = *a->s;
	both[1] = *b->s;
	return e911_postal_direction(both, 2);
}

/* Something must be left for the name. */
static int take_pre(span_t *p)
{
	const str *w = p->word + p->low;
	int n = p->high - p->low, is;

	if(n > 2 && (is = two_letters(w, w + 1))) {
		p->low += 2;
		return is;
	}
	is = n > 1 ? direction_of(w) : 0;
	p->low += is != 0;
	return is;
}

static int take_post(span_t *p)
{
	const str *w = p->word + p->high - 1;
	int n = p->high - p->low, is;

	if(n > 2 && (is = two_letters(w - 1, w))) {
		p->high -= 2;
		return is;
	}
	is = n > 1 ? direction_of(w) : 0;
	p->high -= is != 0;
	return is;
}

static int take_suffix(span_t *p)
{
	int is = p->high - p->low > 1 ? suffix_of(p->word + p->high - 1) : 0;

	p->high -= is != 0;
	return is;
}

static void put_ordinal(e911_strbuf_t *b, unsigned int n)
{
	static const char *const ends[] = {
			"TH", "ST", "ND", "RD", "TH", "TH", "TH", "TH", "TH", "TH"};

	e911_strbuf_put_num(b, n);
	e911_strbuf_puts(b, n % 100 / 10 == 1 ? "TH" : ends[n % 10]);
}

static unsigned int number_of(const str *w)
{
	unsigned int n = 0;
	int i;

	for(i = 0; i < w->len && i < NUMBER_DIGITS_MAX && is_digit(w->s[i]); i++)
		n = n * 10 + (w->s[i] - '0');
	return n;
}

/* FIRST, TWENTY FIRST, 21 ST written apart; how many words, 0: it is none */
static int put_number(e911_strbuf_t *b, const span_t *p, int i)
{
	const str *w = p->word + i, *next = i + 1 < p->high ? w + 1 : NULL;
	int tens, n;

	if(is_digit(*w->s)) {
		if(!next || (!WORD_IS(next, "TH") && !WORD_IS(next, "ND"))
				|| !is_number(w))
			return 0;
		put_ordinal(b, number_of(w));
		return 2;
	}
	n = e911_postal_ordinal(w->s, w->len);
	if(n == 0 && next && (tens = e911_postal_tens(w->s, w->len))) {
		n = e911_postal_ordinal(next->s, next->len);
		if(n == 0 || n > 9)
			return 0;
		put_ordinal(b, tens + n);
		return 2;
	}
	if(n)
		put_ordinal(b, n);
	return n != 0;
}

static void put_word(e911_strbuf_t *b, const span_t *p, int i)
{
	const str *w = p->word + i;
	int last = i + 1 == p->high;
	const char *is = NULL;

	if(is_letter(*w->s))
		is = e911_postal_name(
				w->s, w->len, i == p->low, last, !last && is_number(w + 1));
	if(is)
		e911_strbuf_puts(b, is);
	else
		e911_strbuf_put_str(b, w);
}

static int words_of(const e911_strbuf_t *b)
{
	size_t i;
	int n = 1;

	for(i = 0; i < b->len; i++)
		n += b->s[i] == ' ';
	return n;
}

static int put_name(e911_street_t *s, const span_t *p)
{
	e911_strbuf_t b;
	int i, n;

	e911_strbuf_init(&b, s->name, sizeof(s->name));
	/* "5 Ave" is 5TH, "County Road 5" is not */
	if(s->suffix && p->high - p->low == 1 && is_number(p->word + p->low)) {
		put_ordinal(&b, number_of(p->word + p->low));
	} else {
		for(i = p->low; i < p->high; i += n) {
			if(i > p->low)
				E911_STRBUF_LIT(&b, " ");
			n = put_number(&b, p, i);
			if(n == 0) {
				put_word(&b, p, i);
				n = 1;
			}
		}
	}
	s->len = (unsigned char)b.len;
	/* CR is COUNTY ROAD: what is made of most words may be more of them, and
	 * could not be read again */
	return b.err || words_of(&b) > E911_WORDS_MAX ? E911_ERR_LONG : E911_OK;
}

int e911_street_normal(e911_street_t *s, const e911_words_t *w, int keep)
{
	span_t p = {w->word, 0, w->n};
	e911_street_t made;
	int err;

	if(w->n == 0)
		return E911_ERR_EMPTY;
	made.post = (unsigned char)take_post(&p);
	made.suffix = 0;
	if(!(keep & E911_KEEP_SUFFIX))
		made.suffix = (unsigned char)take_suffix(&p);
	made.pre = 0;
	if(!(keep & E911_KEEP_PRE))
		made.pre = (unsigned char)take_pre(&p);
	err = put_name(&made, &p);
	if(err == E911_OK)
		*s = made;
	return err;
}

int e911_street_equal(const e911_street_t *a, const e911_street_t *b)
{
	return a->pre == b->pre && a->suffix == b->suffix && a->post == b->post
		   && a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

/* ----- house numbers ----- */

static int is_between(char c)
{
	return c == ' ' || c == '-';
}

/* Begin of "1/2" at the end, or len. */
static int fraction_at(const str *v)
{
	int i = v->len;

	while(i > 0 && is_digit(v->s[i - 1]))
		i--;
	if(i == v->len || i == 0 || v->s[i - 1] != '/')
		return v->len;
	for(i--; i > 0 && is_digit(v->s[i - 1]);)
		i--;
	return i > 0 && is_between(v->s[i - 1]) && v->s[i] != '/' ? i : v->len;
}

static void trim(str *v)
{
	while(v->len > 0 && is_between(v->s[v->len - 1]))
		v->len--;
	while(v->len > 0 && is_between(*v->s)) {
		v->s++;
		v->len--;
	}
}

int e911_house_read(e911_house_t *h, const str *value)
{
	int end = fraction_at(value), begin;
	str digits;

	while(end > 0 && !is_digit(value->s[end - 1]))
		end--;
	for(begin = end; begin > 0 && is_digit(value->s[begin - 1]);)
		begin--;
	word_at(&digits, value->s + begin, end - begin);
	while(digits.len > 1 && *digits.s == '0') {
		digits.s++;
		digits.len--;
	}
	if(digits.len == 0 || digits.len > NUMBER_DIGITS_MAX)
		return E911_ERR_VALUE;
	h->number = number_of(&digits);
	word_at(&h->prefix, value->s, begin);
	word_at(&h->suffix, value->s + end, value->len - end);
	trim(&h->prefix);
	trim(&h->suffix);
	return E911_OK;
}

/* ----- communities, counties, states ----- */

static int starts_civic(const e911_words_t *w)
{
	static const char *const kinds[] = {
			"CITY", "TOWN", "VILLAGE", "BOROUGH", "TOWNSHIP"};
	size_t i;

	if(w->n < 3 || !WORD_IS(&w->word[1], "OF"))
		return 0;
	for(i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if((size_t)w->word[0].len == strlen(kinds[i])
				&& memcmp(w->word[0].s, kinds[i], w->word[0].len) == 0)
			return 1;
	return 0;
}

static int put_place(const e911_words_t *w, char *mem, size_t *len)
{
	static const char *const whole[] = {
			"", "NORTH", "NE", "EAST", "SE", "SOUTH", "SW", "WEST", "NW"};
	span_t p = {w->word, 0, w->n};
	e911_strbuf_t b;
	int i, is;

	if(w->n == 0)
		return E911_ERR_EMPTY;
	e911_strbuf_init(&b, mem, E911_COMMUNITY_MAX);
	for(i = 0; i < w->n; i++) {
		if(i)
			E911_STRBUF_LIT(&b, " ");
		is = i == 0 && w->n > 1 ? direction_of(&w->word[0]) : 0;
		if(is)
			e911_strbuf_puts(&b, whole[is]);
		else
			put_word(&b, &p, i);
	}
	*len = b.len;
	return b.err ? E911_ERR_LONG : E911_OK;
}

int e911_community_normal(const str *value, char *mem, size_t *len)
{
	e911_words_t w;

	e911_words_init(&w);
	if(e911_words_add(&w, value))
		return E911_ERR_LONG;
	if(starts_civic(&w))
		e911_words_drop(&w, 2);
	return put_place(&w, mem, len);
}

int e911_county_normal(const str *value, char *mem, size_t *len)
{
	e911_words_t w;
	const str *last;

	e911_words_init(&w);
	if(e911_words_add(&w, value))
		return E911_ERR_LONG;
	last = &w.word[w.n ? w.n - 1 : 0];
	if(w.n > 1
			&& (WORD_IS(last, "COUNTY") || WORD_IS(last, "CO")
					|| WORD_IS(last, "PARISH") || WORD_IS(last, "BOROUGH")))
		w.n--;
	return put_place(&w, mem, len);
}

static int put_state(const e911_words_t *w, char mem[2])
{
	char name[E911_COMMUNITY_MAX];
	const char *is;
	size_t len;

	if(put_place(w, name, &len))
		return E911_ERR_VALUE;
	is = e911_postal_state(name, len);
	if(is == NULL)
		return E911_ERR_VALUE;
	memcpy(mem, is, 2);
	return E911_OK;
}

int e911_state_normal(const str *value, char mem[2])
{
	e911_words_t w;

	e911_words_init(&w);
	if(e911_words_add(&w, value) || w.n == 0)
		return E911_ERR_VALUE;
	if(w.n == 2 && w.word[0].len == 2 && w.word[1].len == 2)
		e911_words_drop(&w, 1); /* ISO 3166-2, as RFC 5139 once had it */
	if(w.n == 1 && w.word[0].len == 2 && is_letter(w.word[0].s[0])
			&& is_letter(w.word[0].s[1])) {
		memcpy(mem, w.word[0].s, 2);
		return E911_OK;
	}
	return put_state(&w, mem);
}
