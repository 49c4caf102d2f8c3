/*
 * e911: streets, house numbers and communities in their normal form
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two ways to write a street, in whatever fields its words are, are the same
 * street when their normal forms are equal: "North" "First" "Street" and "" "N.
 * 1st St" "". Pure; after USPS Publication 28.
 */
#ifndef E911_STREET_H
#define E911_STREET_H

#include <stddef.h>
#include "../../core/str.h"

#define E911_WORDS_MAX 24
#define E911_WORDS_TEXT_MAX 256
#define E911_STREET_NAME_MAX 64
#define E911_COMMUNITY_MAX 64

/* Words in capitals, without punctuation and accents, in their order. */
typedef struct e911_words
{
	int n;
	size_t len;
	str word[E911_WORDS_MAX];		/* of text or of the tables */
	str raw[E911_WORDS_MAX];		/* where it stood in what was given */
	char text[E911_WORDS_TEXT_MAX]; /* not to be copied */
} e911_words_t;

typedef struct e911_street
{
	unsigned char pre;	  /* enum e911_direction */
	unsigned char suffix; /* e911_postal_suffix() */
	unsigned char post;
	unsigned char len;
	char name[E911_STREET_NAME_MAX];
} e911_street_t;

/* Words that stay part of the name. */
enum e911_keep
{
	E911_KEEP_PRE = 1,
	E911_KEEP_SUFFIX = 2
};

typedef struct e911_house
{
	str prefix; /* both point into what was given */
	str suffix;
	unsigned int number;
} e911_house_t;

void e911_words_init(e911_words_t *w);
/** Adds the words of a value at the end. LONG: more than there is room for. */
int e911_words_add(e911_words_t *w, const str *value);
/** Takes the n first words away. */
void e911_words_drop(e911_words_t *w, int n);

/** Does a house number stand in front of a name? */
int e911_words_numbered(const e911_words_t *w);
/**
 * Where a secondary unit begins ("… Ave Ste 200"), the number of that word, and
 * what kind (enum e911_unit); 0: there is none.
 */
int e911_words_unit(const e911_words_t *w, int *kind);

/** The street of all words: pre-directional, name, suffix, post-directional.
 * EMPTY; LONG. */
int e911_street_normal(e911_street_t *s, const e911_words_t *w, int keep);
int e911_street_equal(const e911_street_t *a, const e911_street_t *b);

/** The last run of digits is the number: 123-A, 5-5415, N89W16758, A19, 123
 * 1/2. VALUE: there is none, or it has more than nine digits. */
int e911_house_read(e911_house_t *h, const str *value);

/** A community: "City of St. Paul" is SAINT PAUL, "Ft Worth" FORT WORTH. mem of
 * E911_COMMUNITY_MAX bytes. EMPTY, LONG. */
int e911_community_normal(const str *value, char *mem, size_t *len);
/** A county, without the word County, Parish or Borough behind it. */
int e911_county_normal(const str *value, char *mem, size_t *len);
/** Two letters of a state or province: TX, Texas, US-TX. VALUE. */
int e911_state_normal(const str *value, char mem[2]);

#endif
