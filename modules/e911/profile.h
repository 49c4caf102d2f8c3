/*
 * e911: how one kind of destination wants the call, as data
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Attached to a dispatcher destination by its attribute profile=NAME. Columns
 * are explained in the manual; the set of rows is in profiles.h. */
#ifndef E911_PROFILE_H
#define E911_PROFILE_H

#include <stdint.h>
#include "field.h"
#include "network.h"

#define E911_PROFILE_NAME_MAX 32
#define E911_FORMS_MAX 4
#define E911_IDENTITIES_MAX 4
#define E911_METHODS_MAX 8
#define E911_WORD_MAX 24

/* How the location is conveyed. */
enum e911_conveyance
{
	E911_CONVEY_NONE,	   /* no word of a location */
	E911_CONVEY_VALUE,	   /* PIDF-LO in the body, RFC 6442 section 3.1 */
	E911_CONVEY_REFERENCE, /* URI to be dereferenced, RFC 6753 */
	E911_CONVEY_BOTH,	   /* two locationValues, the value first */
	E911_CONVEY_TOKEN,	   /* the provider's own id of the place */
	E911_CONVEY_ELIN	   /* a number that stands for the place */
};

enum e911_ruri
{
	E911_RURI_NUMBER,	  /* sip:911@host of the destination */
	E911_RURI_URN,		  /* urn:service:sos, RFC 6881 ED-62 */
	E911_RURI_DESTINATION /* the destination's URI as it is written */
};

/* Which number or id stands for the caller: the first that the call has. */
enum e911_identity
{
	E911_IDENTITY_KEEP, /* as the request has it */
	E911_IDENTITY_NONE, /* no such header */
	E911_IDENTITY_CALLBACK,
	E911_IDENTITY_ELIN,
	E911_IDENTITY_ID,	/* the provider's id of the caller */
	E911_IDENTITY_TOKEN /* the provider's id of the place */
};

/* Whose place an outside caller gets whom an agent has transferred. */
enum e911_transferred
{
	E911_TRANSFERRED_NONE,	  /* nobody's */
	E911_TRANSFERRED_DEFAULT, /* the site's default, by value */
	E911_TRANSFERRED_OWN	  /* the agent's, as if he had called */
};

#define E911_DATA_PROVIDER 1 /* additional data, RFC 7852 */
#define E911_DATA_SERVICE 2
#define E911_DATA_SUBSCRIBER 4

#define E911_LIMIT_DROP 255 /* the field is not sent */
typedef struct e911_profile
{
	char name[E911_PROFILE_NAME_MAX];
	uint32_t id;				   /* of the name, the same after every start */
	char country[3], has_variants; /* of a variant: for locations there */
	char cites[160];			   /* where that is said */
	int assumed;				   /* it is said nowhere public */
	/* conveyance: best first; 424 or 415 moves to the next */
	int forms;
	unsigned char form[E911_FORMS_MAX];
	int place;		/* of our locationValue: 0 as set, 1 first, 2 last */
	int routing;	/* Geolocation-Routing: yes where there is none */
	int token_in;	/* 1: a token is a bare word in Geolocation */
	int ruri;		/* enum e911_ruri */
	char prefix[8]; /* before the number in the Request-URI */
	int user_phone; /* ;user=phone where the user is a number */
	int to;			/* 1: To is as the Request-URI */
	unsigned char from[E911_IDENTITIES_MAX]; /* lists, KEEP at the end */
	unsigned char pai[E911_IDENTITIES_MAX];
	char host[128];	  /* of identities; empty: the caller's own */
	char id_name[32]; /* of the tokens that a location may have */
	char token_name[32];
	/* lines by "|"; what is in {} is filled in, or the line left out */
	char headers[256];
	/* the document */
	int methods;
	char ours[E911_METHODS_MAX][E911_WORD_MAX]; /* becomes theirs */
	char theirs[E911_METHODS_MAX][E911_WORD_MAX];
	int element; /* enum e911_pidf_element */
	int civic_first;
	int no_shape;
	unsigned char limit[E911_FIELDS]; /* characters; 0: as it is */
	/* headers */
	int priority; /* Priority: emergency */
	char resource_priority[24];
	int data; /* enum e911_data */
	int nena; /* Call-Info with NENA's ids of call and incident */
	/* who gets it */
	int bypass;		  /* tried after all others, last resort included */
	int needs_civic;  /* without an address the call is screened */
	int needs_valid;  /* so is one whose address is not validated */
	char direct[128]; /* method words, as sent, that go direct to a PSAP */
	int transferred;  /* enum e911_transferred */
	e911_networks_t source; /* calls back from there */
} e911_profile_t;

/** The next of the profile's header lines, with what is to be filled in; 0 at
 * the end. *headers is p->headers at first. */
int e911_profile_line(const char **headers, str *line);
/** The method word as this profile has it sent. */
str e911_profile_method(const e911_profile_t *p, const str *method);
/** Does a call whose document has this word go direct to a PSAP? */
int e911_profile_is_direct(const e911_profile_t *p, const str *method);
const char *e911_conveyance_name(int conveyance);
/** E911_ERR_VALUE. */
int e911_conveyance_find(const str *name);

#endif
