/*
 * e911: a site: agents under one policy
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A set of sites is built in shared memory by one process, then only read.
 */
#ifndef E911_SITE_H
#define E911_SITE_H

#include <stdint.h>
#include "location.h"
#include "network.h"
#include "policy.h"
#include "steps.h"

#define E911_SITES_MAX 256
#define E911_SITE_NAME_MAX 32
#define E911_ADVISORY_MAX 32

typedef struct e911_site
{
	char name[E911_SITE_NAME_MAX];
	uint32_t id;
	/* members; lists by commas. None of the three: everybody, or, with script,
	 * only those that the script names it for */
	char domains[512];	  /* hosts of AoRs */
	char prefixes[256];	  /* beginnings of the user parts of AoRs */
	char attributes[256]; /* values of the attribute that the script sets */
	int script;
	int given;	   /* by a row; private */
	char off[128]; /* numbers switched off: "9911" */
	char country[3];
	int set;		/* dispatcher set of its ERSPs */
	int last;		/* set tried when these took no call; 0: none */
	int gate;		/* enum e911_gate_policy */
	char page[256]; /* where an agent states his location */
	char advisory[E911_ADVISORY_MAX]; /* version to be acknowledged */
	int max_age;					  /* s from its confirmation; 0: none */
	int unproven;					  /* enum e911_unproven_policy */
	int proof;						  /* enum e911_proof_policy */
	char realms[256];  /* of digests that prove a member, besides his host */
	int phone;		   /* enum e911_phone_policy */
	int test;		   /* enum e911_test_policy */
	char callback[64]; /* number a PSAP may call back */
	char answering
			[256];	  /* URI of who takes a call back when nobody else does */
	char notify[256]; /* names of whom to tell of a call */
	char drill[128];  /* AoR whose call the drill tries */
	e911_vicinity_t vicinity; /* how networks are compared */
	e911_steps_t validate;	  /* none: locations are not validated */
	int revalidate;			  /* s until it is asked again; 0: never */
	int invalid;			  /* enum e911_invalid_policy */
	int invalid_gate;		  /* 1: an invalid one does not open the gate */
	/* where callers are said to be who have stated nothing; method Default */
	int has_fallback;
	e911_location_t fallback;
} e911_site_t;

typedef struct e911_sites e911_sites_t;

/** Only the site "default" for everybody, with dispatcher set 1. MEM. */
int e911_sites_new(e911_sites_t **sites);
void e911_sites_free(e911_sites_t *sites);
/**
 * Adds "name=…;domain=a,b;gate=require;set=1;last=9;A1=TX;RD=…": keys that are
 * fields of a location make the default location. A site without members takes
 * the place of "default"; there is one of that kind. Errors: those of rows and
 * locations, MISSING (the name), FULL, MEM; TWICE also for a name or a second site of everybody;
 * bad is the key at fault, in the row's memory.
 */
int e911_sites_add(e911_sites_t *sites, const str *row, str *bad);
/**
 * The site of a normal AoR, attribute as the script set it (may be NULL): the
 * first whose members he is one of; never NULL.
 */
const e911_site_t *e911_sites_find(
		const e911_sites_t *sites, const str *aor, const str *attribute);
/** By its name, or by its id; NULL. */
const e911_site_t *e911_sites_named(const e911_sites_t *sites, const str *name);
const e911_site_t *e911_sites_with(const e911_sites_t *sites, uint32_t id);
/** The site of that index, NULL past the end. */
const e911_site_t *e911_sites_nth(const e911_sites_t *sites, int index);
/** Is there any whose gate is not off? */
int e911_sites_gated(const e911_sites_t *sites);
/** The id of a name, the same in every process and after every start. */
uint32_t e911_site_id(const str *name);
/** Does a comma list hold this item? Any case. */
int e911_site_lists(const char *list, const str *item);
/** Is it as if this location were not stated? */
int e911_site_rejects(const e911_site_t *site, const e911_location_t *l);
const char *e911_gate_name(int gate);
const char *e911_unproven_name(int unproven);
const char *e911_phone_name(int phone);
const char *e911_test_name(int test);

#endif
