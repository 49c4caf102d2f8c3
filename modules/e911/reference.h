/*
 * e911: references to locations: their URL, and who may ask
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The URL of a reference ends with a token that nobody can guess (ledger.h);
 * whoever has it must also come from where it may be asked for. RFC 6753
 * sections 3 and 4. Read in mod_init.
 */
#ifndef E911_REFERENCE_H
#define E911_REFERENCE_H

#include "network.h"
#include "strbuf.h"

#define E911_REFERENCE_URL_MAX 200

/** What all references begin with: "https://HOST[:PORT]/PATH/", or http where
 * the host is this machine itself; empty: none are given. VALUE, LONG. */
int e911_reference_init(const str *url);
/** Who may ask: a comma list of networks, may be empty; and whoever has a
 * certificate that was verified. VALUE, FULL. */
int e911_reference_allow(const str *networks, int certificate);
int e911_reference_given(void);
/** Writes the URL of a token, of the location. NONE: no references are given. */
int e911_reference_url(const char *token, e911_strbuf_t *b);
/** Do they begin with https? */
int e911_reference_is_secure(void);
/** The token in what an HTTP request asks for; token.len 0: there is none of
 * that form. data: what stands behind a slash behind the token; empty where
 * there is no slash. NONE: the path is not ours. */
int e911_reference_token(const str *target, str *token, str *data);
/**
 * May he ask? tls: he came by TLS, which an https URL asks for unless he is on
 * this machine (there may be another server in front); verified: his
 * certificate is.
 */
int e911_reference_permits(const e911_network_t *source, int tls, int verified);

#endif
