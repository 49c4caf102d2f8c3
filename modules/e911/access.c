/*
 * e911: access
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "access.h"
#include "err.h"
#include "settings.h"
#include "stats.h"
#include "strbuf.h"
#include "token.h"

/* an e-mail address may have quotes in it, and between these what reads as
 * somebody else's: RFC 5322 section 3.4.1 */
static int is_bare(const str *subject)
{
	int i;

	for(i = 0; i < subject->len; i++)
		if(subject->s[i] == '"' || subject->s[i] == '<' || subject->s[i] == '>')
			return 0;
	return 1;
}

/* a provider has a word on those of its domain alone */
static int is_of(const str *aor, const char *domain)
{
	str host;

	e911_aor_host(aor, &host);
	return domain[0] == '\0'
		   || ((size_t)host.len == strlen(domain)
				   && strncasecmp(host.s, domain, (size_t)host.len) == 0);
}

/* an e-mail address is one of an AoR's form; a name alone is of the domain */
static int aor_of(const e911_claims_t *claims, e911_access_t *a)
{
	char mem[sizeof(claims->subject_mem) + sizeof(claims->key->domain) + 1];
	const str *subject = &claims->subject;
	e911_strbuf_t b;
	str aor;

	e911_strbuf_init(&b, mem, sizeof(mem));
	e911_strbuf_put_str(&b, subject);
	if(memchr(subject->s, '@', (size_t)subject->len) == NULL) {
		E911_STRBUF_LIT(&b, "@");
		e911_strbuf_puts(&b, claims->key->domain);
	}
	aor.s = b.s;
	aor.len = (int)b.len;
	if(b.err || !is_bare(subject) || e911_aor_normal(&aor, a->aor_mem, &a->aor)
			|| !is_of(&a->aor, claims->key->domain))
		return E911_ERR_VALUE;
	return e911_aor_contact(&claims->contact, a->contact_mem, &a->contact)
				   ? E911_ERR_VALUE
				   : E911_OK;
}

static int read_agent(
		const e911_credentials_t *keys, const str *token, e911_access_t *a)
{
	e911_claims_t claims;
	int err = e911_token_read(keys, token, time(NULL), &claims);

	if(err)
		return err == E911_ERR_OLD || err == E911_ERR_MEM ? err
														  : E911_ERR_VALUE;
	strcpy(a->key, claims.key->id);
	a->who = E911_AGENT;
	a->until = claims.until;
	return aor_of(&claims, a);
}

static int read_any(const str *token, e911_access_t *a)
{
	const e911_credentials_t *keys = e911_settings()->keys;
	const e911_credential_t *key;

	if(token == NULL || token->len <= 0)
		return E911_ERR_MISSING;
	if(token->len > E911_TOKEN_MAX)
		return E911_ERR_VALUE;
	/* first: a secret may look like a token */
	key = e911_credentials_operator(keys, token);
	if(key == NULL)
		return read_agent(keys, token, a);
	strcpy(a->key, key->id);
	a->who = E911_OPERATOR;
	a->role = key->role;
	return E911_OK;
}

int e911_access_read(const str *token, e911_access_t *access)
{
	e911_access_t a = {.aor = {a.aor_mem, 0}, .contact = {a.contact_mem, 0}};
	int err = read_any(token, &a);

	if(err) {
		e911_stats_count(E911_STAT_ACCESS_REFUSED);
		return err;
	}
	*access = a;
	access->aor.s = access->aor_mem;
	access->contact.s = access->contact_mem;
	return E911_OK;
}
