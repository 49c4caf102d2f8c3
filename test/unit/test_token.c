/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: credential row strbuf err
 */
#include <stdio.h>
#include "../../modules/e911/token.c"
#include "ksr_stub.h"
#include "tight.h"
#include "token_keys.h"

#define NOW 1900000000
#define LIFE 3600
#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER "abcdefghijklmnopqrstuvwxyz012345"
#define GOOD                                                        \
	"\"iss\":\"https://id/\",\"aud\":\"phone\",\"exp\":1900000600," \
	"\"email\":\"alice@corp.test\""

static e911_credentials_t *keys;
static char *rsa, *rsa_public, *rsa2, *ec, *ec_public;

static void add_key(const char *row)
{
	str s = {(char *)row, (int)strlen(row)}, bad;

	assert_int_equal(e911_credentials_add(keys, &s, &bad), 0);
}

static int make_keys(void **state)
{
	char *other;

	(void)state;
	make_pair(GNUTLS_PK_RSA, 2048, &rsa, &rsa_public);
	make_pair(GNUTLS_PK_RSA, 2048, &rsa2, &other);
	make_pair(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
			&ec, &ec_public);
	setenv("A", SECRET, 1);
	setenv("B", OTHER, 1);
	setenv("RSA", rsa_public, 1);
	setenv("RSA2", other, 1);
	setenv("EC", ec_public, 1);
	free(other);
	assert_int_equal(e911_credentials_new(&keys), 0);
	add_key("id=a;use=agent;env=A");
	add_key("id=b;use=agent;env=B");
	add_key("id=r;use=idp;alg=RS256;env=RSA;issuer=https://id/;audience=phone;"
			"aor=email");
	add_key("id=r2;use=idp;alg=RS256;env=RSA2;issuer=https://id/;"
			"audience=phone;aor=email;kid=k2");
	add_key("id=e;use=idp;alg=ES256;env=EC;issuer=https://ec/;audience=phone");
	return 0;
}

static int drop_keys(void **state)
{
	(void)state;
	e911_credentials_free(keys);
	free(rsa);
	free(rsa_public);
	free(rsa2);
	free(ec);
	free(ec_public);
	return ksr_blocks() != 0;
}

/* ----- tokens of a stranger's making ----- */

static void encode(char *to, const char *s, size_t len)
{
	static const char digits[] =
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned int bits = 0;
	int have = 0;
	size_t i;

	for(i = 0; i < len; i++) {
		bits = bits << 8 | (unsigned char)s[i];
		for(have += 8; have >= 6; have -= 6)
			*to++ = digits[bits >> (have - 6) & 63];
	}
	if(have)
		*to++ = digits[bits << (6 - have) & 63];
	*to = '\0';
}

/* signed over exactly these bytes: HMAC by gnutls, else the PEM's */
static void sign(char *to, const char *header, const char *claims,
		const char *key, size_t key_len, int hmac)
{
	unsigned char mac[600];
	gnutls_privkey_t private;
	gnutls_datum_t pem = {(unsigned char *)key, (unsigned int)key_len}, text,
				   signature, r, s;

	encode(to, header, strlen(header));
	strcat(to, ".");
	encode(to + strlen(to), claims, strlen(claims));
	text.data = (unsigned char *)to;
	text.size = (unsigned int)strlen(to);
	if(hmac) {
		assert_int_equal(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, to,
								 strlen(to), mac),
				0);
		strcat(to, ".");
		encode(to + strlen(to), (char *)mac, 32);
		return;
	}
	assert_int_equal(gnutls_privkey_init(&private), 0);
	assert_int_equal(gnutls_privkey_import_x509_raw(
							 private, &pem, GNUTLS_X509_FMT_PEM, NULL, 0),
			0);
	assert_int_equal(gnutls_privkey_sign_data(
							 private, GNUTLS_DIG_SHA256, 0, &text, &signature),
			0);
	strcat(to, ".");
	if(gnutls_privkey_get_pk_algorithm(private, NULL) == GNUTLS_PK_RSA) {
		encode(to + strlen(to), (char *)signature.data, signature.size);
	} else {
		/* RFC 7518 section 3.4: R and S, 32 bytes each */
		assert_int_equal(gnutls_decode_rs_value(&signature, &r, &s), 0);
		memset(mac, 0, 64);
		memcpy(mac + 32 - (r.size < 32 ? r.size : 32),
				r.data + (r.size > 32 ? r.size - 32 : 0),
				r.size < 32 ? r.size : 32);
		memcpy(mac + 64 - (s.size < 32 ? s.size : 32),
				s.data + (s.size > 32 ? s.size - 32 : 0),
				s.size < 32 ? s.size : 32);
		encode(to + strlen(to), (char *)mac, 64);
		gnutls_free(r.data);
		gnutls_free(s.data);
	}
	gnutls_free(signature.data);
	gnutls_privkey_deinit(private);
}

static e911_claims_t claims;

static int read_at(const char *token, time_t now)
{
	str s = tight_z(token);
	int err = e911_token_read(keys, &s, now, &claims);

	free(s.s);
	return err;
}

static char mem[16384];

static int of_agent(const char *header, const char *body)
{
	sign(mem, header, body, SECRET, 32, 1);
	return read_at(mem, NOW);
}

static int of_rsa(const char *header, const char *body)
{
	sign(mem, header, body, rsa, strlen(rsa), 0);
	return read_at(mem, NOW);
}

#define AGENT_HEADER "{\"alg\":\"HS256\",\"kid\":\"a\"}"
#define RSA_HEADER "{\"alg\":\"RS256\"}"
#define AGENT_BODY                                                \
	"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\",\"exp\":" \
	"1900000600}"

/* ----- ours ----- */

static const char *written(const char *aor, const char *contact)
{
	str a = tight_z(aor), c = tight_z(contact);
	static char text[E911_TOKEN_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, text, sizeof(text) - 1);
	assert_int_equal(e911_token_write(&b, e911_credentials_signer(keys), &a, &c,
							 NOW, LIFE),
			0);
	text[b.len] = '\0';
	free(a.s);
	free(c.s);
	return text;
}

static void reads_what_it_writes(void **state)
{
	static const char *const names[][2] = {{"alice@example.com", ""},
			{"alice@example.com", "urn:uuid:0-1"},
			{"\"a\\b@example.com", "a@b:5060"}, {"jos\xc3\xa9@x", "e"}};
	size_t i;

	(void)state;
	for(i = 0; i < 4; i++) {
		assert_int_equal(read_at(written(names[i][0], names[i][1]), NOW), 0);
		assert_true(is_z(&claims.subject, names[i][0]));
		assert_true(is_z(&claims.contact, names[i][1]));
		assert_true(claims.subject.s == claims.subject_mem);
		assert_string_equal(claims.key->id, "a");
		assert_int_equal(claims.until, NOW + LIFE);
	}
}

static void writes_the_longest_names(void **state)
{
	str aor = tight_many("a", E911_AOR_MAX),
		contact = tight_many("\\", E911_CONTACT_MAX), s;
	char text[E911_TOKEN_MAX];
	e911_strbuf_t b;

	(void)state;
	e911_strbuf_init(&b, text, sizeof(text));
	assert_int_equal(e911_token_write(&b, e911_credentials_signer(keys), &aor,
							 &contact, NOW, LIFE),
			0);
	s = tight(text, b.len);
	assert_int_equal(e911_token_read(keys, &s, NOW, &claims), 0);
	assert_int_equal(claims.subject.len, E911_AOR_MAX);
	assert_int_equal(claims.contact.len, E911_CONTACT_MAX);
	e911_strbuf_init(&b, text, b.len - 1);
	assert_int_equal(e911_token_write(&b, e911_credentials_signer(keys), &aor,
							 &contact, NOW, LIFE),
			E911_ERR_SPACE);
	free(s.s);
	free(aor.s);
	free(contact.s);
}

static void is_old_a_minute_after_its_time(void **state)
{
	const char *token = written("a@b", "");

	(void)state;
	assert_int_equal(read_at(token, NOW + LIFE + 59), 0);
	assert_int_equal(read_at(token, NOW + LIFE + 60), E911_ERR_OLD);
	assert_int_equal(read_at(token, NOW - 60), 0);
	assert_int_equal(read_at(token, NOW - 61), E911_ERR_VALUE);
}

static void knows_each_bit_that_was_changed(void **state)
{
	char token[E911_TOKEN_MAX], was;
	size_t i, n;

	(void)state;
	strcpy(token, written("alice@example.com", "urn:uuid:1"));
	n = strlen(token);
	for(i = 0; i < n; i++) {
		was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		/* the last digit has bits that are none of the signature's */
		if(read_at(token, NOW) == 0)
			assert_int_equal(i, n - 1);
		token[i] = was;
	}
	for(i = 0; i < n; i++) {
		was = token[i];
		token[i] = '\0';
		assert_int_equal(read_at(token, NOW), E911_ERR_VALUE);
		token[i] = was;
	}
	assert_int_equal(read_at(token, NOW), 0);
}

static void knows_all_keys_by_their_names(void **state)
{
	(void)state;
	sign(mem, "{\"alg\":\"HS256\",\"kid\":\"b\"}", AGENT_BODY, OTHER, 32, 1);
	assert_int_equal(read_at(mem, NOW), 0);
	assert_string_equal(claims.key->id, "b");
	sign(mem, AGENT_HEADER, AGENT_BODY, OTHER, 32, 1);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
	assert_int_equal(of_agent("{\"alg\":\"HS256\",\"kid\":\"c\"}", AGENT_BODY),
			E911_ERR_VALUE);
	assert_int_equal(
			of_agent("{\"alg\":\"HS256\"}", AGENT_BODY), E911_ERR_VALUE);
	assert_int_equal(of_agent("{\"alg\":\"HS256\",\"kid\":1}", AGENT_BODY),
			E911_ERR_VALUE);
}

static void refuses_claims_that_lack_or_say_too_much(void **state)
{
	static const struct
	{
		const char *body;
		int err;
	} bodies[] = {
			{AGENT_BODY, 0},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":[\"x\",\"e911\"],"
			 "\"exp\":1900000600.5}",
					0},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e91\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":[\"e91\",7],"
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\"}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":\"1900000600\"}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":-1}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1}",
					E911_ERR_OLD},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":99999999999999999999}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600,\"nbf\":1900000061}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600,\"nbf\":1900000060}",
					0},
			{"{\"sub\":\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600,\"iat\":true}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"aud\":\"e911\",\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":[\"a@b\"],\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\",\"sub\":\"c@d\",\"contact\":\"\","
			 "\"aud\":\"e911\",\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"exp\":1,\"sub\":\"a@b\",\"contact\":\"\","
			 "\"aud\":\"e911\",\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"a@b\\u0000\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"[" AGENT_BODY "]", E911_ERR_VALUE},
			{AGENT_BODY "x", E911_ERR_VALUE},
			{"\"sub\"", E911_ERR_VALUE},
			{"{", E911_ERR_VALUE},
			{"{'sub':\"a@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			{"{\"sub\":\"\xff@b\",\"contact\":\"\",\"aud\":\"e911\","
			 "\"exp\":1900000600}",
					E911_ERR_VALUE},
			/* quotes within strings are no strings */
			{"{\"sub\":\"a@b\",\"contact\":\"\\\"\\\\\",\"aud\":\"e911\","
			 "\"exp\":1900000600,\"x\":{\"y\":[1,\"\\u0022\"]}}",
					0},
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		if(of_agent(AGENT_HEADER, bodies[i].body) != bodies[i].err)
			fail_msg("%s", bodies[i].body);
}

static void refuses_other_headers(void **state)
{
	static const char *const headers[] = {
			"{\"alg\":\"none\",\"kid\":\"a\"}",
			"{\"alg\":\"hs256\",\"kid\":\"a\"}",
			"{\"alg\":\"HS384\",\"kid\":\"a\"}",
			"{\"alg\":[\"HS256\"],\"kid\":\"a\"}",
			"{\"kid\":\"a\"}",
			"{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"a\"}",
			"{\"alg\":\"HS256\",\"kid\":\"a\",\"crit\":[\"exp\"]}",
			"{\"alg\":\"HS256\",\"kid\":\"a\"",
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		assert_int_equal(of_agent(headers[i], AGENT_BODY), E911_ERR_VALUE);
}

static void refuses_what_is_no_token(void **state)
{
	static const char *const texts[] = {"", ".", "..", "...", "a.b.c", "a.b",
			"a.b.c.d", "e30.e30.", "e30..e30", ".e30.e30", "e30.e30.e30",
			"e30=.e30.e30", " e30.e30.e30", "e30.e30.e30 ", "e30.e30.e3/"};
	str long_one = tight_many("a", E911_TOKEN_MAX);
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(read_at(texts[i], NOW), E911_ERR_VALUE);
	memcpy(long_one.s, "e30.e30.", 8);
	assert_int_equal(
			e911_token_read(keys, &long_one, NOW, &claims), E911_ERR_VALUE);
	long_one.len--;
	assert_int_equal(
			e911_token_read(keys, &long_one, NOW, &claims), E911_ERR_VALUE);
	free(long_one.s);
}

static void refuses_names_that_are_too_long(void **state)
{
	char body[1024];

	(void)state;
	sprintf(body,
			"{\"sub\":\"%0256d\",\"contact\":\"%0128d\",\"aud\":\"e911\","
			"\"exp\":1900000600}",
			1, 1);
	assert_int_equal(of_agent(AGENT_HEADER, body), 0);
	sprintf(body,
			"{\"sub\":\"%0257d\",\"contact\":\"\",\"aud\":\"e911\","
			"\"exp\":1900000600}",
			1);
	assert_int_equal(of_agent(AGENT_HEADER, body), E911_ERR_LONG);
	sprintf(body,
			"{\"sub\":\"a\",\"contact\":\"%0129d\",\"aud\":\"e911\","
			"\"exp\":1900000600}",
			1);
	assert_int_equal(of_agent(AGENT_HEADER, body), E911_ERR_LONG);
}

/* ----- an identity provider's ----- */

static void reads_an_identity_providers(void **state)
{
	(void)state;
	assert_int_equal(of_rsa(RSA_HEADER, "{" GOOD "}"), 0);
	assert_true(is_z(&claims.subject, "alice@corp.test"));
	assert_int_equal(claims.contact.len, 0);
	assert_string_equal(claims.key->id, "r");
	assert_int_equal(claims.until, NOW + 600);
	/* a contact of its saying is none */
	assert_int_equal(
			of_rsa(RSA_HEADER, "{" GOOD ",\"contact\":\"urn:uuid:1\"}"), 0);
	assert_int_equal(claims.contact.len, 0);
	sign(mem, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
			"{\"iss\":\"https://ec/\",\"aud\":\"phone\",\"exp\":1900000600,"
			"\"sub\":\"alice\"}",
			ec, strlen(ec), 0);
	assert_int_equal(read_at(mem, NOW), 0);
	assert_true(is_z(&claims.subject, "alice"));
	assert_string_equal(claims.key->id, "e");
}

static void tries_all_keys_of_an_issuer(void **state)
{
	(void)state;
	sign(mem, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", "{" GOOD "}", rsa2,
			strlen(rsa2), 0);
	assert_int_equal(read_at(mem, NOW), 0);
	assert_string_equal(claims.key->id, "r2");
	/* that key only under its name */
	sign(mem, RSA_HEADER, "{" GOOD "}", rsa2, strlen(rsa2), 0);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
}

static void refuses_an_identity_providers(void **state)
{
	static const char *const bodies[] = {
			"{\"iss\":\"https://ec/\",\"aud\":\"phone\",\"exp\":1900000600,"
			"\"email\":\"a@b\"}",
			"{\"iss\":\"https://id/\",\"aud\":\"other\",\"exp\":1900000600,"
			"\"email\":\"a@b\"}",
			"{\"aud\":\"phone\",\"exp\":1900000600,\"email\":\"a@b\"}",
			"{\"iss\":\"https://id/\",\"aud\":\"phone\",\"exp\":1900000600,"
			"\"sub\":\"a@b\"}",
			"{" GOOD ",\"email_verified\":false}",
			"{" GOOD ",\"email_verified\":\"false\"}",
			"{" GOOD ",\"email_verified\":\"no\"}",
			"{" GOOD ",\"email_verified\":null}",
			"{" GOOD ",\"email_verified\":[true]}",
			"{" GOOD ",\"nbf\":1900000061}",
	};
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		assert_int_equal(of_rsa(RSA_HEADER, bodies[i]), E911_ERR_VALUE);
	assert_int_equal(
			of_rsa(RSA_HEADER, "{" GOOD ",\"email_verified\":true}"), 0);
	assert_int_equal(
			of_rsa(RSA_HEADER, "{" GOOD ",\"email_verified\":\"true\"}"), 0);
}

/* RFC 8725 section 2.1 */
static void takes_no_public_key_for_a_secret(void **state)
{
	(void)state;
	sign(mem, "{\"alg\":\"HS256\",\"kid\":\"r\"}", "{" GOOD "}", rsa_public,
			strlen(rsa_public), 1);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
	sign(mem, "{\"alg\":\"HS256\"}", "{" GOOD "}", rsa_public,
			strlen(rsa_public), 1);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
	/* nor an agent's key for an identity provider's */
	sign(mem, RSA_HEADER, "{" GOOD "}", SECRET, 32, 1);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
}

static void takes_no_other_kind_of_signature(void **state)
{
	(void)state;
	sign(mem, "{\"alg\":\"ES256\"}", "{" GOOD "}", ec, strlen(ec), 0);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
	sign(mem, RSA_HEADER, "{" GOOD "}", ec, strlen(ec), 0);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
	sign(mem, "{\"alg\":\"ES256\"}",
			"{\"iss\":\"https://ec/\",\"aud\":\"phone\",\"exp\":1900000600,"
			"\"sub\":\"alice\"}",
			rsa, strlen(rsa), 0);
	assert_int_equal(read_at(mem, NOW), E911_ERR_VALUE);
}

static void writes_nothing_where_it_fails(void **state)
{
	e911_claims_t before;

	(void)state;
	memset(&claims, 0x5a, sizeof(claims));
	before = claims;
	assert_int_equal(read_at("e30.e30.e30", NOW), E911_ERR_VALUE);
	assert_int_equal(of_agent(AGENT_HEADER, "{\"sub\":\"a@b\",\"contact\":\"\","
											"\"aud\":\"e911\",\"exp\":1}"),
			E911_ERR_OLD);
	assert_memory_equal(&claims, &before, sizeof(claims));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(reads_what_it_writes),
			cmocka_unit_test(writes_the_longest_names),
			cmocka_unit_test(is_old_a_minute_after_its_time),
			cmocka_unit_test(knows_each_bit_that_was_changed),
			cmocka_unit_test(knows_all_keys_by_their_names),
			cmocka_unit_test(refuses_claims_that_lack_or_say_too_much),
			cmocka_unit_test(refuses_other_headers),
			cmocka_unit_test(refuses_what_is_no_token),
			cmocka_unit_test(refuses_names_that_are_too_long),
			cmocka_unit_test(reads_an_identity_providers),
			cmocka_unit_test(tries_all_keys_of_an_issuer),
			cmocka_unit_test(refuses_an_identity_providers),
			cmocka_unit_test(takes_no_public_key_for_a_secret),
			cmocka_unit_test(takes_no_other_kind_of_signature),
			cmocka_unit_test(writes_nothing_where_it_fails),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
