/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: credential token aor row strbuf err
 */
#include <stdio.h>
#include <jwt.h>
#include "../../modules/e911/access.c"
#include "ksr_stub.h"
#include "tight.h"
#include "token_keys.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define READ "abcdefghijklmnopqrstuvwxyz012345"
#define ADMIN "eyJhbGciOiJub25lIn0.e30.0123456789abcdef"
#define IDP ";use=idp;alg=ES256;env=EC;issuer=https://id/;audience=phone"

static e911_settings_t settings;
static int counted;
static char *private;

const e911_settings_t *e911_settings(void)
{
	return &settings;
}

void e911_stats_count(int stat)
{
	assert_int_equal(stat, E911_STAT_ACCESS_REFUSED);
	counted++;
}

static void add_key(const char *row)
{
	str s = {(char *)row, (int)strlen(row)}, bad;

	assert_int_equal(e911_credentials_add(settings.keys, &s, &bad), 0);
}

static int up(void **state)
{
	char *public;

	(void)state;
	make_pair(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
			&private, &public);
	setenv("EC", public, 1);
	free(public);
	setenv("A", SECRET, 1);
	setenv("READ", READ, 1);
	setenv("ADMIN", ADMIN, 1);
	counted = 0;
	assert_int_equal(e911_credentials_new(&settings.keys), 0);
	add_key("id=2026a;use=agent;env=A");
	add_key("id=noc;use=operator;role=read;env=READ");
	add_key("id=boss;use=operator;role=admin;env=ADMIN");
	return 0;
}

static int down(void **state)
{
	(void)state;
	free(private);
	e911_credentials_free(settings.keys);
	return ksr_blocks() != 0;
}

static e911_access_t access_;

static int show(const char *token)
{
	str s = tight_z(token);
	int err;

	memset(&access_, 0x5a, sizeof(access_));
	err = e911_access_read(&s, &access_);
	free(s.s);
	return err;
}

static int show_agent(const char *aor, const char *contact, time_t at)
{
	str a = tight_z(aor), c = tight_z(contact);
	char mem[E911_TOKEN_MAX];
	e911_strbuf_t b;

	e911_strbuf_init(&b, mem, sizeof(mem) - 1);
	assert_int_equal(
			e911_token_write(&b, e911_credentials_signer(settings.keys), &a, &c,
					at, 600),
			0);
	mem[b.len] = '\0';
	free(a.s);
	free(c.s);
	return show(mem);
}

/* a token of the identity provider with this claim */
static int show_provider(const char *claim, const char *value)
{
	jwt_t *jwt;
	char *text;
	int err;

	assert_int_equal(jwt_new(&jwt), 0);
	jwt_add_grant(jwt, "iss", "https://id/");
	jwt_add_grant(jwt, "aud", "phone");
	jwt_add_grant(jwt, claim, value);
	jwt_add_grant_int(jwt, "exp", (long)time(NULL) + 300);
	jwt_set_alg(
			jwt, JWT_ALG_ES256, (unsigned char *)private, (int)strlen(private));
	text = jwt_encode_str(jwt);
	jwt_free(jwt);
	err = show(text);
	free(text);
	return err;
}

static void knows_an_agent(void **state)
{
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(show_agent("alice@example.com", "urn:uuid:1", now), 0);
	assert_int_equal(access_.who, E911_AGENT);
	assert_int_equal(access_.role, E911_ROLE_NONE);
	assert_true(is_z(&access_.aor, "alice@example.com"));
	assert_true(is_z(&access_.contact, "urn:uuid:1"));
	assert_true(access_.aor.s == access_.aor_mem);
	assert_true(access_.contact.s == access_.contact_mem);
	assert_string_equal(access_.key, "2026a");
	assert_int_equal(access_.until, now + 600);
	assert_int_equal(show_agent("alice@example.com", "", now), 0);
	assert_int_equal(access_.contact.len, 0);
	assert_int_equal(counted, 0);
}

static void knows_an_agent_of_whom_it_was_long_ago(void **state)
{
	(void)state;
	assert_int_equal(show_agent("a@b", "", time(NULL) - 1000), E911_ERR_OLD);
	assert_int_equal(counted, 1);
}

static void knows_operators_and_their_roles(void **state)
{
	(void)state;
	assert_int_equal(show(READ), 0);
	assert_int_equal(access_.who, E911_OPERATOR);
	assert_int_equal(access_.role, E911_ROLE_READ);
	assert_int_equal(access_.aor.len, 0);
	assert_int_equal(access_.contact.len, 0);
	assert_int_equal(access_.until, 0);
	assert_string_equal(access_.key, "noc");
	/* one whose secret looks like a token */
	assert_int_equal(show(ADMIN), 0);
	assert_int_equal(access_.role, E911_ROLE_ADMIN);
	assert_int_equal(counted, 0);
}

static void knows_nobody_else(void **state)
{
	str none = STR_NULL, big = tight_many("a", 100000);
	e911_access_t before;

	(void)state;
	assert_int_equal(e911_access_read(NULL, &access_), E911_ERR_MISSING);
	assert_int_equal(e911_access_read(&none, &access_), E911_ERR_MISSING);
	assert_int_equal(show(""), E911_ERR_MISSING);
	assert_int_equal(show("abc"), E911_ERR_VALUE);
	memset(&before, 0x5a, sizeof(before));
	assert_memory_equal(&access_, &before, sizeof(before));
	/* the secret by which agents' tokens are signed is no operator's */
	assert_int_equal(show(SECRET), E911_ERR_VALUE);
	assert_int_equal(show(READ "x"), E911_ERR_VALUE);
	assert_int_equal(e911_access_read(&big, &access_), E911_ERR_VALUE);
	assert_int_equal(counted, 7);
	free(big.s);
}

static void makes_an_aor_of_a_claim(void **state)
{
	static const struct
	{
		const char *row, *claim, *value, *aor;
	} cases[] = {
			{"id=i" IDP ";aor=email", "email", "Alice@Corp.Test",
					"alice@corp.test"},
			{"id=i" IDP ";aor=email;domain=Corp.test", "email",
					"Alice@Corp.Test", "alice@corp.test"},
			{"id=i" IDP ";aor=email;domain=corp.test", "email",
					"alice@corp.test.evil", NULL},
			{"id=i" IDP ";aor=email;domain=corp.test", "email", "alice@test",
					NULL},
			{"id=i" IDP ";aor=email;domain=corp.test", "email",
					"alice@corp.test@evil.test", NULL},
			/* an address that anybody may have in his own domain */
			{"id=i" IDP ";aor=email", "email",
					"\"<alice@corp.test>\"@evil.test", NULL},
			{"id=i" IDP ";aor=email", "email", "\"alice@corp.test;\"@evil.test",
					NULL},
			{"id=i" IDP ";aor=sip_uri", "sip_uri", "sip:Alice@Corp.Test:5061",
					"alice@corp.test"},
			{"id=i" IDP ";domain=sip.corp.test", "sub", "alice",
					"alice@sip.corp.test"},
			{"id=i" IDP, "sub", "alice", NULL},
			{"id=i" IDP ";domain=x", "sub", "al ice", NULL},
			{"id=i" IDP ";domain=x", "sub", "<sip:a@x>", NULL},
			{"id=i" IDP ";domain=x", "sub", "sip:a@x;transport=tls", "a@x"},
			{"id=i" IDP ";domain=x", "sub", "@b", NULL},
			{"id=i" IDP ";aor=email", "sub", "a@b", NULL},
	};
	size_t i;
	int err;

	for(i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		add_key(cases[i].row);
		err = show_provider(cases[i].claim, cases[i].value);
		assert_int_equal(err, cases[i].aor ? 0 : E911_ERR_VALUE);
		if(cases[i].aor) {
			assert_true(is_z(&access_.aor, cases[i].aor));
			assert_int_equal(access_.contact.len, 0);
			assert_int_equal(access_.who, E911_AGENT);
			assert_string_equal(access_.key, "i");
		}
		down(state);
		up(state);
	}
}

static void makes_no_aor_that_is_too_long(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[E911_AOR_MAX - 1] = '\0';
	add_key("id=i" IDP ";domain=x");
	assert_int_equal(show_provider("sub", name), E911_ERR_VALUE);
	name[E911_AOR_MAX - 2] = '\0';
	assert_int_equal(show_provider("sub", name), 0);
	name[E911_AOR_MAX - 2] = 'a';
	name[E911_AOR_MAX - 1] = 'a';
	name[299] = '\0';
	assert_int_equal(show_provider("sub", name), E911_ERR_VALUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(knows_an_agent),
			TEST(knows_an_agent_of_whom_it_was_long_ago),
			TEST(knows_operators_and_their_roles),
			TEST(knows_nobody_else),
			TEST(makes_an_aor_of_a_claim),
			TEST(makes_no_aor_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
