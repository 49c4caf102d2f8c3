/*
 * e911: references to locations: their URL, and who may ask
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "ledger.h"
#include "reference.h"
#include "row.h"
#include "err.h"

static char url_mem[E911_REFERENCE_URL_MAX];
static str url;	 /* whole; empty: none are given */
static str path; /* its end, from the slash behind the host */
static int secure;
static e911_networks_t allowed;
static int by_certificate;

/* Behind the scheme: the path, from its slash on; 0: there is none. */
static int skip_host(str *s)
{
	char *slash = s->len > 0 ? memchr(s->s, '/', s->len) : NULL;

	if(slash == NULL)
		return 0;
	s->len -= (int)(slash - s->s);
	s->s = slash;
	return 1;
}

/* It goes into "<>" of a header and into XML: no more than RFC 3986 leaves to a
 * host and a path. */
static int is_plain(const str *s)
{
	int i;

	for(i = 0; i < s->len; i++)
		if(s->s[i] <= ' ' || s->s[i] > '~' || strchr("\"#<>?@\\^`{|}", s->s[i]))
			return 0;
	return 1;
}

static int is_own_host(const str *given)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
	str rest;
	size_t i;

	for(i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		rest = *given;
		if(e911_row_skip(&rest, hosts[i]) && rest.len
				&& (rest.s[0] == ':' || rest.s[0] == '/'))
			return 1;
	}
	return 0;
}

int e911_reference_init(const str *given)
{
	str rest = *given;
	int https;

	url.len = 0;
	if(given->len <= 0)
		return E911_OK;
	if(given->len > E911_REFERENCE_URL_MAX)
		return E911_ERR_LONG;
	https = e911_row_skip(&rest, "https://");
	if(!https && !(e911_row_skip(&rest, "http://") && is_own_host(&rest)))
		return E911_ERR_VALUE;
	if(!is_plain(&rest) || rest.len == 0 || rest.s[0] == ':'
			|| rest.s[rest.len - 1] != '/' || !skip_host(&rest)
			|| rest.len == given->len - (https ? 8 : 7))
		return E911_ERR_VALUE;
	memcpy(url_mem, given->s, given->len);
	url.s = url_mem;
	url.len = given->len;
	path.s = url_mem + given->len - rest.len;
	path.len = rest.len;
	secure = https;
	return E911_OK;
}

int e911_reference_allow(const str *networks, int certificate)
{
	by_certificate = certificate;
	allowed.n = 0;
	return networks->len > 0 ? e911_networks_read(&allowed, networks) : E911_OK;
}

int e911_reference_given(void)
{
	return url.len > 0;
}

int e911_reference_is_secure(void)
{
	return url.len > 0 && secure;
}

int e911_reference_url(const char *token, e911_strbuf_t *b)
{
	if(url.len == 0)
		return E911_ERR_NONE;
	e911_strbuf_put_str(b, &url);
	e911_strbuf_puts(b, token);
	return b->err;
}

static int is_token(const str *s)
{
	int i;

	if(s->len != E911_REFERENCE_LEN)
		return 0;
	for(i = 0; i < s->len; i++)
		if(!((s->s[i] >= '0' && s->s[i] <= '9')
				   || (s->s[i] >= 'a' && s->s[i] <= 'f')))
			return 0;
	return 1;
}

/* a slash with nothing behind it makes it no token */
static void split(const str *rest, str *token, str *data)
{
	*token = *rest;
	data->s = rest->s + rest->len;
	data->len = 0;
	if(rest->len > E911_REFERENCE_LEN + 1
			&& rest->s[E911_REFERENCE_LEN] == '/') {
		token->len = E911_REFERENCE_LEN;
		data->s = rest->s + E911_REFERENCE_LEN + 1;
		data->len = rest->len - E911_REFERENCE_LEN - 1;
	}
	if(!is_token(token))
		token->len = 0;
}

int e911_reference_token(const str *target, str *token, str *data)
{
	str rest = *target;

	/* RFC 7230 section 5.3.2: the whole URL is as good */
	if((e911_row_skip(&rest, "https://") || e911_row_skip(&rest, "http://"))
			&& !skip_host(&rest))
		return E911_ERR_NONE;
	if(url.len == 0 || rest.len < path.len
			|| memcmp(rest.s, path.s, path.len) != 0)
		return E911_ERR_NONE;
	rest.s += path.len;
	rest.len -= path.len;
	split(&rest, token, data);
	return E911_OK;
}

static int is_own_address(const e911_network_t *a)
{
	static const unsigned char one[16] = {[15] = 1};

	return (a->family == 4 && a->address[0] == 127)
		   || (a->family == 6 && memcmp(a->address, one, sizeof(one)) == 0);
}

int e911_reference_permits(const e911_network_t *source, int tls, int verified)
{
	if(secure && !tls && !is_own_address(source))
		return 0;
	return (by_certificate && verified) || e911_networks_have(&allowed, source);
}
