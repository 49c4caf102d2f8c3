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

/* Who we are, from the parameter provider. */
typedef struct e911_provider
{
	char name[128];		  /* DataProviderString; empty: there is no such row */
	char id[64];		  /* ProviderID */
	char series[24];	  /* ProviderIDSeries: NENA, EENA, domain */
	char type[64];		  /* TypeOfProvider */
	char contact[128];	  /* ContactURI: sip, tel, mailto */
	char language[36];	  /* Language */
	char environment[24]; /* ServiceEnvironment */
	char service[32];	  /* ServiceType */
	char mobility[24];	  /* ServiceMobility */
} e911_provider_t;

/** Reads "name=Example;id=example.com;series=domain;contact=tel:+1…;…". What is
 * missing has its default: series domain, type "Telecom Provider", language en,
 * environment Business, service MLTS-hosted, mobility Nomadic. Errors: those
 * of rows; MISSING (name, contact); VALUE: not of the RFC's registry; bad is
 * the key at fault. provider is written only on success. */
int e911_provider_read(e911_provider_t *provider, const str *row, str *bad);

/* reference: DataProviderReference, the same in all blocks of a call. */
void e911_additional_provider(
		e911_strbuf_t *b, const e911_provider_t *p, const str *reference);
void e911_additional_service(
		e911_strbuf_t *b, const e911_provider_t *p, const str *reference);
/** number: tel URI's digits, may be empty; name may be empty too. */
void e911_additional_subscriber(e911_strbuf_t *b, const str *reference,
		const str *name, const str *number);

#endif
