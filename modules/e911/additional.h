/*
 * e911: additional data about an emergency call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 7852: blocks ProviderInfo (4.1), ServiceInfo (4.2), SubscriberInfo (4.4),
 * each a document of its own. Pure.
 */
#ifndef E911_ADDITIONAL_H
#define E911_ADDITIONAL_H

#include "strbuf.h"

/* The purpose in Call-Info is this and the name (6.1); the MIME type is
 * "application/", that, and "+xml" (11.4). */
#define E911_ADDITIONAL_PREFIX "EmergencyCallData."

/* In the order of the bits of profile.h. */
enum e911_block
{
	E911_BLOCK_PROVIDER,
	E911_BLOCK_SERVICE,
	E911_BLOCK_SUBSCRIBER,
	E911_BLOCKS
};

/* Who we are, from the parameter provider. */
typedef struct e911_provider
{
	char name[128];		  /* DataProviderString; empty: there is no such row */
	char id[64];		  /* ProviderID; empty: a client that has none */
	char series[24];	  /* ProviderIDSeries: NENA, EENA, domain */
	char type[64];		  /* TypeOfProvider */
	char contact[128];	  /* ContactURI: sip, sips, tel, mailto */
	char language[36];	  /* Language, comma list, the preferred one first */
	char environment[24]; /* ServiceEnvironment */
	char service[32];	  /* ServiceType, comma list */
	char mobility[24];	  /* ServiceMobility */
} e911_provider_t;

/* Whom and what the blocks of a call are about. */
typedef struct e911_about
{
	const e911_provider_t *provider;
	str callid; /* as the ledger has it (ledger.h) */
	/* of the caller: characters that XML can carry; may be empty */
	str name;
	str number;
} e911_about_t;

/** Reads "name=Example;id=example.com;series=domain;contact=tel:+1…;…". What is
 * missing has its default: series domain, type "Telecom Provider", language en,
 * environment Business, service MLTS-hosted, mobility Nomadic. Errors: those
 * of rows; TWICE; NAME: no such key; TEXT: a name not in UTF-8; VALUE: not of
 * the RFC's registry, not a URI, an id that is not of its series; MISSING:
 * name, contact, or id unless the type is Client. bad is the key at fault, in
 * the row's memory or static. provider is written only on success. */
int e911_provider_read(e911_provider_t *provider, const str *row, str *bad);

/** Writes one. Its DataProviderReference is the same in all blocks of a call: a
 * msg-id of RFC 5322 without brackets (section 4), made of the Call-ID. A number
 * without + is a text, for it is no tel URI (RFC 3966 section 5.1.5). Privacy
 * is not requested. Errors are the buffer's own. */
void e911_additional_write(
		e911_strbuf_t *b, int block, const e911_about_t *about);
/** "ProviderInfo": the last part of its URL, of its purpose in Call-Info. */
const char *e911_additional_name(int block);
/** "application/EmergencyCallData.ProviderInfo+xml" */
const char *e911_additional_type(int block);
/** The block of that name, or NAME. */
int e911_additional_find(const str *name);

#endif
