/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: row strbuf err
 */
#include <unistd.h>
#include "../../modules/e911/credential.c"
#include "ksr_stub.h"
#include "tight.h"
#include "token_keys.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER "abcdefghijklmnopqrstuvwxyz012345"
#define CORP                                                            \
	"id=corp;use=idp;alg=RS256;env=RSA;issuer=https://id.example.com/;" \
	"audience=phone"

static e911_credentials_t *keys;

static int up(void **state)
{
	(void)state;
	return e911_credentials_new(&keys);
}

static int down(void **state)
{
	(void)state;
	e911_credentials_free(keys);
	return ksr_blocks() != 0;
}

static int make_keys(void **state)
{
	static const struct
	{
		const char *name;
		int kind;
		unsigned int bits;
	} pairs[] = {{"RSA", GNUTLS_PK_RSA, 2048},
			{"RSA_SHORT", GNUTLS_PK_RSA, 1024},
			{"EC", GNUTLS_PK_ECDSA,
					GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
			{"EC_OTHER", GNUTLS_PK_ECDSA,
					GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)}};
	char *private, *public;
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(pairs); i++) {
		make_pair(pairs[i].kind, pairs[i].bits, &private, &public);
		setenv(pairs[i].name, public, 1);
		if(i == 0)
			setenv("RSA_PRIVATE", private, 1);
		free(private);
		free(public);
	}
	setenv("SECRET", SECRET, 1);
	setenv("OTHER", OTHER, 1);
	setenv("SHORT", "0123456789abcdef0123456789abcde", 1);
	return 0;
}

/* the result, and the part at fault as a text */
static int add(const char *row, char *at)
{
	str s = tight_z(row), bad = {NULL, 0};
	int err = e911_credentials_add(keys, &s, &bad);

	if(err && at) {
		assert_true(bad.s >= s.s && bad.s + bad.len <= s.s + s.len);
		sprintf(at, "%.*s", bad.len, bad.s);
	}
	free(s.s);
	return err;
}

static const char *operator_of(const char *secret)
{
	str s = tight_z(secret);
	const e911_credential_t *key = e911_credentials_operator(keys, &s);

	free(s.s);
	return key ? key->id : "";
}

static void has_none_at_first(void **state)
{
	(void)state;
	assert_null(e911_credentials_signer(keys));
	assert_null(e911_credentials_nth(keys, 0));
	assert_null(e911_credentials_nth(keys, -1));
	assert_string_equal(operator_of(SECRET), "");
	assert_string_equal(operator_of(""), "");
}

static void signs_with_the_first_and_knows_all(void **state)
{
	str id = str_init("2026a"), none = str_init("2026");

	(void)state;
	assert_int_equal(add("id=noc;use=operator;role=read;env=RSA", NULL), 0);
	assert_int_equal(add("id=2026b;use=agent;env=SECRET", NULL), 0);
	assert_int_equal(add("id=2026a;use=agent;env=OTHER", NULL), 0);
	assert_string_equal(e911_credentials_signer(keys)->id, "2026b");
	assert_int_equal(e911_credentials_signer(keys)->len, 32);
	assert_memory_equal(e911_credentials_signer(keys)->secret, SECRET, 32);
	assert_string_equal(e911_credentials_agent(keys, &id)->id, "2026a");
	assert_null(e911_credentials_agent(keys, &none));
	none.s = "noc";
	none.len = 3;
	assert_null(e911_credentials_agent(keys, &none));
}

static void knows_an_operator_by_what_he_shows(void **state)
{
	const e911_credential_t *key;

	(void)state;
	assert_int_equal(add("id=noc;use=operator;role=edit;env=SECRET", NULL), 0);
	assert_int_equal(add("id=boss;use=operator;role=admin;env=OTHER", NULL), 0);
	assert_string_equal(operator_of(SECRET), "noc");
	assert_string_equal(operator_of(OTHER), "boss");
	assert_string_equal(operator_of(SECRET "0"), "");
	assert_string_equal(operator_of("0123456789abcdef0123456789abcdeF"), "");
	key = e911_credentials_nth(keys, 0);
	assert_int_equal(key->role, E911_ROLE_EDIT);
	/* not even we have it */
	assert_int_equal(key->len, 0);
	assert_int_equal(key->secret[0], 0);
	assert_null(memmem(key, sizeof(*key), SECRET, 32));
}

static void knows_no_operator_by_an_agents_key(void **state)
{
	(void)state;
	assert_int_equal(add("id=2026a;use=agent;env=SECRET", NULL), 0);
	assert_string_equal(operator_of(SECRET), "");
}

static void reads_all_of_an_identity_provider(void **state)
{
	const e911_credential_t *key;

	(void)state;
	assert_int_equal(
			add(CORP ";kid=k1;aor=email;domain=sip.example.com", NULL), 0);
	assert_int_equal(
			add("id=c2;use=idp;alg=ES256;env=EC;issuer=i;audience=a", NULL), 0);
	key = e911_credentials_nth(keys, 0);
	assert_int_equal(key->use, E911_USE_IDP);
	assert_int_equal(key->alg, E911_ALG_RS256);
	assert_string_equal(key->issuer, "https://id.example.com/");
	assert_string_equal(key->audience, "phone");
	assert_string_equal(key->kid, "k1");
	assert_string_equal(key->claim, "email");
	assert_string_equal(key->domain, "sip.example.com");
	assert_string_equal(e911_credentials_nth(keys, 1)->claim, "sub");
	assert_int_equal(e911_credentials_nth(keys, 1)->alg, E911_ALG_ES256);
}

static void reads_a_file_without_the_end_of_its_line(void **state)
{
	char path[] = "/tmp/e911-credential-XXXXXX", row[128], at[128];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, SECRET "\r\n", 34), 34);
	snprintf(row, sizeof(row), "id=a;use=agent;file=%s", path);
	assert_int_equal(add(row, NULL), 0);
	assert_int_equal(e911_credentials_nth(keys, 0)->len, 32);
	/* what is short by its line's end alone is short */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, &SECRET[1], 31, 0), 31);
	assert_int_equal(pwrite(fd, "\n", 1, 31), 1);
	row[3] = 'b';
	assert_int_equal(add(row, at), E911_ERR_VALUE);
	assert_string_equal(at, "file");
	assert_int_equal(ftruncate(fd, E911_CREDENTIAL_SECRET_MAX), 0);
	assert_int_equal(add(row, NULL), E911_ERR_LONG);
	close(fd);
	unlink(path);
	assert_int_equal(add(row, at), E911_ERR_NONE);
	assert_string_equal(at, "file");
	assert_int_equal(add("id=b;use=agent;file=/tmp", NULL), E911_ERR_NONE);
}

static void refuses_what_is_no_row(void **state)
{
	static const struct
	{
		const char *row;
		int err;
		const char *at;
	} rows[] = {
			{"use=agent;env=SECRET", E911_ERR_MISSING, NULL},
			{"id=a;env=SECRET", E911_ERR_MISSING, NULL},
			{"id=a;use=agent", E911_ERR_MISSING, NULL},
			{"id=a;use=agent;env=SECRET;file=/x", E911_ERR_NONE, "file"},
			{"id=a;use=agent;env=NOT_THERE", E911_ERR_NONE, "env"},
			{"id=a;use=agent;env=SHORT", E911_ERR_VALUE, "env"},
			{"id=a;use=operator;role=read;env=SHORT", E911_ERR_VALUE, "env"},
			{"id=a;use=operator;env=SECRET", E911_ERR_MISSING, NULL},
			{"id=a;use=operator;role=none;env=SECRET", E911_ERR_VALUE, "role"},
			{"id=a;use=operator;role=root;env=SECRET", E911_ERR_VALUE, "role"},
			{"id=a;use=agent;role=read;env=SECRET", E911_ERR_VALUE, "role"},
			{"id=a;use=agent;issuer=x;env=SECRET", E911_ERR_VALUE, "issuer"},
			{"id=a;use=agent;secret=" SECRET, E911_ERR_NAME, "secret"},
			{"id=a;use=agent;use=agent;env=SECRET", E911_ERR_TWICE, "use"},
			{"id=a;use=guest;env=SECRET", E911_ERR_VALUE, "use"},
			{"id=;use=agent;env=SECRET", E911_ERR_VALUE, "id"},
			{"id=12345678901234567890123456789012;use=agent;env=SECRET",
					E911_ERR_LONG, "id"},
			{"id=a;use=idp;alg=RS256;env=RSA;issuer=i", E911_ERR_MISSING, NULL},
			{"id=a;use=idp;alg=RS256;env=RSA;audience=i", E911_ERR_MISSING,
					NULL},
			{"id=a;use=idp;env=RSA;issuer=i;audience=i", E911_ERR_MISSING,
					NULL},
			{"id=a;use=idp;alg=HS256;env=SECRET;issuer=i;audience=i",
					E911_ERR_VALUE, "alg"},
			{"id=a;use=idp;alg=none;env=RSA;issuer=i;audience=i",
					E911_ERR_VALUE, "alg"},
			{"id=a;use=idp;alg=ES256;env=RSA;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=a;use=idp;alg=RS256;env=EC;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=a;use=idp;alg=RS256;env=RSA_SHORT;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=a;use=idp;alg=ES256;env=EC_OTHER;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=a;use=idp;alg=RS256;env=RSA_PRIVATE;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=a;use=idp;alg=RS256;env=SECRET;issuer=i;audience=i",
					E911_ERR_VALUE, "env"},
			{"id=\"a", E911_ERR_SYNTAX, "id"},
	};
	char at[256];
	size_t i;

	(void)state;
	for(i = 0; i < COUNT(rows); i++) {
		assert_int_equal(add(rows[i].row, at), rows[i].err);
		assert_string_equal(at, rows[i].at ? rows[i].at : rows[i].row);
		assert_null(e911_credentials_nth(keys, 0));
	}
}

static void refuses_a_file_and_a_variable(void **state)
{
	char at[128];

	(void)state;
	assert_int_equal(add("id=a;use=agent;env=SECRET;file=/etc/hostname", at),
			E911_ERR_TWICE);
	assert_string_equal(at, "env");
}

static void refuses_an_id_or_a_secret_twice(void **state)
{
	(void)state;
	assert_int_equal(add("id=a;use=agent;env=SECRET", NULL), 0);
	assert_int_equal(add("id=a;use=agent;env=OTHER", NULL), E911_ERR_TWICE);
	assert_int_equal(add("id=b;use=agent;env=SECRET", NULL), E911_ERR_TWICE);
	assert_int_equal(add("id=b;use=operator;role=read;env=SECRET", NULL),
			E911_ERR_TWICE);
	/* of an identity provider for two audiences */
	assert_int_equal(add(CORP, NULL), 0);
	assert_int_equal(
			add("id=c2;use=idp;alg=RS256;env=RSA;issuer=i;audience=x", NULL),
			0);
}

static void refuses_more_than_there_is_room_for(void **state)
{
	char row[128], secret[64];
	int i;

	(void)state;
	for(i = 0; i <= E911_CREDENTIALS_MAX; i++) {
		snprintf(secret, sizeof(secret), "%040d", i);
		setenv("NTH", secret, 1);
		snprintf(row, sizeof(row), "id=%d;use=agent;env=NTH", i);
		assert_int_equal(
				add(row, NULL), i < E911_CREDENTIALS_MAX ? 0 : E911_ERR_FULL);
	}
}

static int build(void *arg)
{
	e911_credentials_t *built = NULL;
	str row = str_init("id=a;use=agent;env=SECRET"), bad;
	int err = e911_credentials_new(&built);

	(void)arg;
	if(!err)
		err = e911_credentials_add(built, &row, &bad);
	e911_credentials_free(built);
	return err;
}

static void does_without_memory(void **state)
{
	(void)state;
	ksr_sweep(build, NULL, E911_ERR_MEM);
}

static void has_words(void **state)
{
	(void)state;
	assert_string_equal(uses[E911_USE_IDP], "idp");
	assert_string_equal(roles[E911_ROLE_ADMIN], "admin");
	assert_string_equal(e911_alg_name(E911_ALG_ES256), "ES256");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
			TEST(has_none_at_first),
			TEST(signs_with_the_first_and_knows_all),
			TEST(knows_an_operator_by_what_he_shows),
			TEST(knows_no_operator_by_an_agents_key),
			TEST(reads_all_of_an_identity_provider),
			TEST(reads_a_file_without_the_end_of_its_line),
			TEST(refuses_what_is_no_row),
			TEST(refuses_a_file_and_a_variable),
			TEST(refuses_an_id_or_a_secret_twice),
			TEST(refuses_more_than_there_is_room_for),
			TEST(does_without_memory),
			TEST(has_words),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
