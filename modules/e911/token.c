/*
 * e911: tokens
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include <jwt.h>
#include "token.h"
#include "row.h"
#include "err.h"

#define DEPTH 8 /* identity providers' claims have objects in them */

/* base64url (RFC 4648 section 5) of header, claims, signature */
typedef struct parts
{
	str header, claims, signature;
} parts_t;

static const jwt_alg_t algs[] = {[E911_ALG_HS256] = JWT_ALG_HS256,
		[E911_ALG_RS256] = JWT_ALG_RS256,
		[E911_ALG_ES256] = JWT_ALG_ES256};

/* ----- writing ----- */

static int add(jwt_t *jwt, const char *name, const str *value)
{
	char z[E911_AOR_MAX + 1];

	_Static_assert(E911_CONTACT_MAX <= E911_AOR_MAX, "too long for z");
	if((size_t)value->len >= sizeof(z))
		return 1;
	memcpy(z, value->s, (size_t)value->len);
	z[value->len] = '\0';
	return jwt_add_grant(jwt, name, z);
}

static int fill(jwt_t *jwt, const e911_credential_t *key, const str *aor,
		const str *contact, time_t now, int life)
{
	return jwt_add_header(jwt, "kid", key->id) || add(jwt, "sub", aor)
		   || add(jwt, "contact", contact)
		   || jwt_add_grant(jwt, "aud", E911_TOKEN_AUDIENCE)
		   || jwt_add_grant_int(jwt, "iat", (long)now)
		   || jwt_add_grant_int(jwt, "exp", (long)now + life)
		   || jwt_set_alg(jwt, JWT_ALG_HS256, key->secret, (int)key->len);
}

int e911_token_write(e911_strbuf_t *b, const e911_credential_t *key,
		const str *aor, const str *contact, time_t now, int life)
{
	jwt_t *jwt;
	char *text = NULL;

	if(jwt_new(&jwt))
		return E911_ERR_MEM;
	if(fill(jwt, key, aor, contact, now, life) == 0)
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	if(text == NULL)
		return E911_ERR_MEM;
	e911_strbuf_puts(b, text);
	free(text);
	return b->err;
}

/* ----- the three parts ----- */

static int digit_of(char c)
{
	if(c >= 'A' && c <= 'Z')
		return c - 'A';
	if(c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if(c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static int take_part(str *rest, str *part)
{
	int n = 0;

	while(n < rest->len && digit_of(rest->s[n]) >= 0)
		n++;
	part->s = rest->s;
	part->len = n;
	rest->s += n;
	rest->len -= n;
	return n ? E911_OK : E911_ERR_VALUE;
}

static int take_dot(str *rest)
{
	if(rest->len == 0 || rest->s[0] != '.')
		return E911_ERR_VALUE;
	rest->s++;
	rest->len--;
	return E911_OK;
}

static int split(const str *token, parts_t *parts)
{
	str rest = *token;

	if(token->len <= 0 || token->len >= E911_TOKEN_MAX)
		return E911_ERR_VALUE;
	if(take_part(&rest, &parts->header) || take_dot(&rest)
			|| take_part(&rest, &parts->claims) || take_dot(&rest)
			|| take_part(&rest, &parts->signature))
		return E911_ERR_VALUE;
	return rest.len ? E911_ERR_VALUE : E911_OK;
}

/* without padding, RFC 7515 section 2; three quarters of its length */
static void decode(const str *part, char *mem, str *out)
{
	unsigned int bits = 0;
	int i, have = 0;

	out->s = mem;
	out->len = 0;
	for(i = 0; i < part->len; i++) {
		bits = bits << 6 | (unsigned int)digit_of(part->s[i]);
		have += 6;
		if(have < 8)
			continue;
		have -= 8;
		mem[out->len++] = (char)(bits >> have & 0xff);
	}
}

/* ----- JSON ----- */

static int count_strings(const char *s, size_t len)
{
	int quotes = 0;
	size_t i;

	for(i = 0; i < len; i++) {
		if(s[i] == '\\')
			i++;
		else if(s[i] == '"')
			quotes++;
	}
	return quotes;
}

/* Of two members of one name json-c keeps one, and what it writes has fewer
 * strings than what it has read: RFC 7519 section 4 */
static int has_twice(struct json_object *object, const str *text)
{
	size_t len = 0;
	const char *again = json_object_to_json_string_length(
			object, JSON_C_TO_STRING_PLAIN, &len);

	return again == NULL
		   || count_strings(again, len)
					  != count_strings(text->s, (size_t)text->len);
}

static struct json_object *parse_text(const str *text)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *object;

	if(tokener == NULL)
		return NULL;
	json_tokener_set_flags(
			tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text->s, text->len);
	if(object
			&& (json_tokener_get_parse_end(tokener) != (size_t)text->len
					|| !json_object_is_type(object, json_type_object)
					|| has_twice(object, text))) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

/* json-c would cut a name at a NUL */
static struct json_object *parse(const str *part)
{
	char mem[E911_TOKEN_MAX];
	str text;

	decode(part, mem, &text);
	if(memmem(text.s, (size_t)text.len, "\\u0000", 6))
		return NULL;
	return parse_text(&text);
}

/* 1: it is there, and a string; 0: it is not there */
static int text_of(struct json_object *object, const char *name, str *value)
{
	struct json_object *member;

	value->len = 0;
	if(!json_object_object_get_ex(object, name, &member))
		return 0;
	if(!json_object_is_type(member, json_type_string))
		return E911_ERR_VALUE;
	value->s = (char *)json_object_get_string(member);
	value->len = json_object_get_string_len(member);
	return 1;
}

/* NumericDate, RFC 7519 section 2: it may have a fraction. 1, 0 as above */
static int date_of(struct json_object *object, const char *name, int64_t *when)
{
	struct json_object *member;

	if(!json_object_object_get_ex(object, name, &member))
		return 0;
	if(!json_object_is_type(member, json_type_int)
			&& !json_object_is_type(member, json_type_double))
		return E911_ERR_VALUE;
	*when = json_object_get_int64(member);
	return *when > 0 ? 1 : E911_ERR_VALUE;
}

static int is_text(struct json_object *object, const char *name, const char *z)
{
	str value;

	return text_of(object, name, &value) == 1 && e911_row_is(&value, z);
}

/* ----- the key ----- */

static int verifies(const e911_credential_t *key, const str *token)
{
	char z[E911_TOKEN_MAX];
	jwt_t *jwt;
	int same;

	memcpy(z, token->s, (size_t)token->len);
	z[token->len] = '\0';
	if(jwt_decode(&jwt, z, key->secret, (int)key->len))
		return 0;
	same = jwt_get_alg(jwt) == algs[key->alg];
	jwt_free(jwt);
	return same;
}

/* what it says it is signed by, and nothing in it that must be understood and
 * is not: RFC 7515 section 4.1.11 */
static int alg_of(struct json_object *header)
{
	int alg;

	if(json_object_object_get_ex(header, "crit", NULL))
		return E911_ERR_VALUE;
	for(alg = E911_ALG_HS256; alg <= E911_ALG_ES256; alg++)
		if(is_text(header, "alg", e911_alg_name(alg)))
			return alg;
	return E911_ERR_VALUE;
}

static int may_be_of(const e911_credential_t *key, int alg,
		struct json_object *header, struct json_object *claims)
{
	return key->use == E911_USE_IDP && key->alg == alg
		   && (key->kid[0] == '\0' || is_text(header, "kid", key->kid))
		   && is_text(claims, "iss", key->issuer);
}

/* of several keys of one issuer, as they take turns, one fits */
static const e911_credential_t *provider_of(const e911_credentials_t *keys,
		const str *token, int alg, struct json_object *header,
		struct json_object *claims)
{
	const e911_credential_t *key;
	int i;

	for(i = 0; (key = e911_credentials_nth(keys, i)); i++)
		if(may_be_of(key, alg, header, claims) && verifies(key, token))
			return key;
	return NULL;
}

static const e911_credential_t *key_of(const e911_credentials_t *keys,
		const str *token, struct json_object *header,
		struct json_object *claims)
{
	const e911_credential_t *key;
	int alg = alg_of(header);
	str kid;

	if(alg < 0)
		return NULL;
	if(alg != E911_ALG_HS256)
		return provider_of(keys, token, alg, header, claims);
	key = text_of(header, "kid", &kid) == 1 ? e911_credentials_agent(keys, &kid)
											: NULL;
	return key && verifies(key, token) ? key : NULL;
}

/* ----- the claims ----- */

/* one, or one of a list: RFC 7519 section 4.1.3 */
static int is_for(struct json_object *claims, const char *audience)
{
	struct json_object *all, *one;
	size_t i;

	if(is_text(claims, "aud", audience))
		return 1;
	if(!json_object_object_get_ex(claims, "aud", &all)
			|| !json_object_is_type(all, json_type_array))
		return 0;
	for(i = 0; i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		if(json_object_is_type(one, json_type_string)
				&& strcmp(json_object_get_string(one), audience) == 0)
			return 1;
	}
	return 0;
}

static int check_dates(struct json_object *claims, time_t now, time_t *until)
{
	int64_t exp, iat = 0, nbf = 0;

	if(date_of(claims, "exp", &exp) != 1 || date_of(claims, "iat", &iat) < 0
			|| date_of(claims, "nbf", &nbf) < 0 || iat > now + E911_TOKEN_LEEWAY
			|| nbf > now + E911_TOKEN_LEEWAY)
		return E911_ERR_VALUE;
	*until = (time_t)exp;
	return exp <= now - E911_TOKEN_LEEWAY ? E911_ERR_OLD : E911_OK;
}

static int copy(const str *value, char *mem, size_t size, str *to)
{
	if((size_t)value->len > size)
		return E911_ERR_LONG;
	memcpy(mem, value->len ? value->s : "", (size_t)value->len);
	to->s = mem;
	to->len = value->len;
	return E911_OK;
}

/* an address that nobody has shown to be his is not his */
static int is_unverified(
		struct json_object *claims, const e911_credential_t *key)
{
	struct json_object *verified;

	if(strcmp(key->claim, "email") != 0
			|| !json_object_object_get_ex(claims, "email_verified", &verified))
		return 0;
	/* some providers have it as a string */
	return json_object_is_type(verified, json_type_boolean)
				   ? !json_object_get_boolean(verified)
				   : !is_text(claims, "email_verified", "true");
}

static int take_names(struct json_object *claims, e911_claims_t *c)
{
	const e911_credential_t *key = c->key;
	int ours = key->use == E911_USE_AGENT, err;
	str subject, contact = STR_NULL;

	if(text_of(claims, ours ? "sub" : key->claim, &subject) != 1
			|| subject.len == 0 || is_unverified(claims, key)
			|| (ours && text_of(claims, "contact", &contact) != 1))
		return E911_ERR_VALUE;
	err = copy(&subject, c->subject_mem, sizeof(c->subject_mem), &c->subject);
	return err ? err
			   : copy(&contact, c->contact_mem, sizeof(c->contact_mem),
					   &c->contact);
}

static int take(struct json_object *claims, time_t now, e911_claims_t *c)
{
	int err;

	if(!is_for(claims, c->key->use == E911_USE_AGENT ? E911_TOKEN_AUDIENCE
													 : c->key->audience))
		return E911_ERR_VALUE;
	err = take_names(claims, c);
	return err ? err : check_dates(claims, now, &c->until);
}

static int prove(const e911_credentials_t *keys, const str *token, time_t now,
		struct json_object *header, struct json_object *body,
		e911_claims_t *claims)
{
	claims->key = key_of(keys, token, header, body);
	return claims->key ? take(body, now, claims) : E911_ERR_VALUE;
}

int e911_token_read(const e911_credentials_t *keys, const str *token,
		time_t now, e911_claims_t *claims)
{
	struct json_object *header, *body = NULL;
	e911_claims_t c;
	parts_t parts;
	int err = split(token, &parts);

	if(err)
		return err;
	header = parse(&parts.header);
	if(header)
		body = parse(&parts.claims);
	err = body ? prove(keys, token, now, header, body, &c) : E911_ERR_VALUE;
	json_object_put(body);
	json_object_put(header);
	if(err)
		return err;
	*claims = c;
	claims->subject.s = claims->subject_mem;
	claims->contact.s = claims->contact_mem;
	return E911_OK;
}
