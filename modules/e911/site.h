/*
 * e911: a site: agents under one policy
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Built in shared memory before the fork, then only read.
 */
#ifndef E911_SITE_H
#define E911_SITE_H

#include "location.h"

#define E911_SITES_MAX 256
#define E911_SITE_NAME_MAX 32

typedef struct e911_site
{
	char name[E911_SITE_NAME_MAX];
	char domains[512]; /* hosts of its AoRs, by commas; none: everybody */
	char off[128];	   /* numbers switched off: "9911" */
	char country[3];
	int set;  /* dispatcher set of its ERSPs */
	int last; /* set tried when these took no call; 0: none */
	/* where callers are said to be who have stated nothing; method Default */
	int has_fallback;
	e911_location_t fallback;
} e911_site_t;

typedef struct e911_sites e911_sites_t;

/** Only the site "default" for everybody, with dispatcher set 1. MEM. */
int e911_sites_new(e911_sites_t **sites);
void e911_sites_free(e911_sites_t *sites);
/**
 * Adds "name=…;domain=a,b;country=US;set=1;last=9;off=9911;A1=TX;RD=…": keys
 * that are fields of a location make the default location. A site without
 * domain takes the place of "default". Errors: those of rows and locations,
 * FULL, MEM; bad is the key at fault, in the row's memory.
 */
int e911_sites_add(e911_sites_t *sites, const str *row, str *bad);
/** The site of a normal AoR; never NULL. */
const e911_site_t *e911_sites_find(const e911_sites_t *sites, const str *aor);
/** The site of that index, NULL past the end. */
const e911_site_t *e911_sites_nth(const e911_sites_t *sites, int index);

#endif
