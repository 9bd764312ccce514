/* Tokens signed with real keys (made here, by OpenSSL) through libjwt. */
#include "base/buf.h"
#include "mosquitto-plugin/core/login/token.h"
#include "tests/unit/unit.h"

#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_S 1700000000LL
#define NOW_MS (NOW_S * 1000)
#define SECRET "a secret of at least sixteen bytes"

static char *pem[TOKEN_ALGORITHMS][2]; /* private, public */
static char *other_rsa[2];

static void write_pem(EVP_PKEY *key, char **out)
{
	for (int public = 0; public < 2; public ++) {
		BIO *bio = BIO_new(BIO_s_mem());
		char *text;
		long n;

		if (public)
			PEM_write_bio_PUBKEY(bio, key);
		else
			PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
		n = BIO_get_mem_data(bio, &text);
		out[public] = str_dup((struct str){ text, (size_t)n });
		BIO_free(bio);
	}
	EVP_PKEY_free(key);
}

static void make_keys(void)
{
	if (pem[TOKEN_RS256][0])
		return;
	write_pem(EVP_RSA_gen(2048), pem[TOKEN_RS256]);
	write_pem(EVP_EC_gen("P-256"), pem[TOKEN_ES256]);
	write_pem(EVP_RSA_gen(2048), other_rsa);
	pem[TOKEN_HS256][0] = strdup(SECRET);
	pem[TOKEN_HS256][1] = strdup(SECRET);
}

#define POLICY \
	"{\"roles\":{\"app\":{},\"boss\":{}},\"users\":{\"publisher\":\"boss\"},\"tokens\":{\"keys\":[" \
	"{\"algorithm\":\"HS256\",\"file\":\"h\"},{\"algorithm\":\"RS256\",\"file\":\"r\"}," \
	"{\"algorithm\":\"ES256\",\"file\":\"e\"}],\"roles\":[\"app\"],\"default_role\":\"app\"," \
	"\"issuer\":\"https://us\",\"audience\":\"mqtt\",\"leeway_s\":5,\"max_rooms\":3}}"

static struct policy *make_policy(void)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &p, &why) == 0);
	make_keys();
	for (size_t i = 0; i < TOKEN_ALGORITHMS; i++) {
		p->tokens.keys[i].bytes = strdup(pem[i][1]);
		p->tokens.keys[i].len = strlen(pem[i][1]);
	}
	return p;
}

static char *sign(jwt_alg_t alg, const char *key, const char *claims)
{
	jwt_t *jwt = NULL;
	char *text;

	jwt_new(&jwt);
	jwt_add_grants_json(jwt, claims);
	jwt_set_alg(jwt, alg, (const unsigned char *)key, key ? (int)strlen(key) : 0);
	text = jwt_encode_str(jwt);
	jwt_free(jwt);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

static enum token_outcome check(const struct policy *p, const char *token, struct claims *out, struct complaint *why)
{
	const struct token shown = { str_of(token), NOW_MS };

	*why = (struct complaint){ 0, "" };
	return token_check(p, &shown, out, why);
}

#define C64 "1234567890123456789012345678901234567890123456789012345678901234"
#define GOOD "\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1700000060"

static void all_three_algorithms_are_checked(void)
{
	static const jwt_alg_t algs[] = { JWT_ALG_HS256, JWT_ALG_RS256, JWT_ALG_ES256 };
	struct policy *p = make_policy();

	for (size_t i = 0; i < TOKEN_ALGORITHMS; i++) {
		char *token = sign(algs[i], pem[i][0], "{" GOOD ",\"rooms\":[\"red\",\"blue\"],\"hosts\":[\"green\"]}");
		struct claims c;
		struct complaint why;

		CHECK_INT(check(p, token, &c, &why), TOKEN_GOOD);
		CHECK_STR(c.subject, "ann");
		CHECK_INT(c.role, policy_role(p, STR("app")));
		CHECK_INT(c.n_rooms, 2);
		CHECK_STR(c.rooms[1], "blue");
		CHECK_INT(c.n_hosts, 1);
		CHECK_STR(c.hosts[0], "green");
		CHECK_INT(c.expires_ms, (1700000060LL + 5) * 1000);
		claims_free(&c);
		claims_free(&c);
		/* one byte of the signed part is another one */
		token[20] = token[20] == 'A' ? 'B' : 'A';
		CHECK_INT(check(p, token, &c, &why), TOKEN_BAD);
		free(token);
	}
	policy_free(p);
}

static const struct {
	const char *claims;
	enum token_outcome outcome;
	const char *why;
} rows[] = {
	{ "{" GOOD "}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"role\":\"app\"}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"role\":\"boss\"}", TOKEN_BAD, "role" },
	{ "{" GOOD ",\"role\":\"\"}", TOKEN_BAD, "role" },
	{ "{" GOOD ",\"role\":7}", TOKEN_BAD, "role" },
	{ "{" GOOD ",\"nbf\":1700000005}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"nbf\":1700000006}", TOKEN_BAD, "not valid yet" },
	{ "{" GOOD ",\"nbf\":\"now\"}", TOKEN_BAD, "not valid yet" },
	{ "{" GOOD ",\"rooms\":[]}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\",\"c\"]}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\",\"c\",\"d\"]}", TOKEN_BAD, "room" },
	{ "{" GOOD ",\"rooms\":[\"+\"]}", TOKEN_BAD, "room" },
	{ "{" GOOD ",\"rooms\":[\"a/b\"]}", TOKEN_BAD, "room" },
	{ "{" GOOD ",\"rooms\":[\"#\"]}", TOKEN_BAD, "room" },
	{ "{" GOOD ",\"rooms\":[\"\"]}", TOKEN_BAD, "room" },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\\nc\"]}", TOKEN_BAD, "rooms[1] is not the name of a room" },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\",7]}", TOKEN_BAD, "rooms[2] is not the name of a room" },
	{ "{" GOOD ",\"rooms\":[\"" C64 "\"]}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"rooms\":[\"" C64 "5\"]}", TOKEN_BAD, "rooms[0] is not the name of a room" },
	{ "{" GOOD ",\"hosts\":[\"a\",\"b\",\"c\"]}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"hosts\":[\"a\",\"a\\u007fb\"]}", TOKEN_BAD, "hosts[1] is not the name of a room" },
	{ "{" GOOD ",\"hosts\":{}}", TOKEN_BAD, "hosts is not an array" },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\"],\"hosts\":[\"a\"]}", TOKEN_GOOD, NULL },
	{ "{" GOOD ",\"rooms\":[\"a\",\"b\"],\"hosts\":[\"a\",\"c\"]}", TOKEN_BAD, "4 rooms and hosts: more than 3" },
	{ "{" GOOD ",\"rooms\":\"red\"}", TOKEN_BAD, "rooms" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\"}", TOKEN_BAD, "no expiry" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":\"1700000060\"}", TOKEN_BAD, "no expiry" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1e300}", TOKEN_BAD, "no expiry" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1699999990}", TOKEN_OVER, "expired" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1699999996}", TOKEN_GOOD, NULL },
	{ "{\"sub\":\"ann\",\"iss\":\"https://them\",\"aud\":\"mqtt\",\"exp\":1700000060}", TOKEN_BAD, "issuer" },
	{ "{\"sub\":\"ann\",\"aud\":\"mqtt\",\"exp\":1700000060}", TOKEN_BAD, "issuer" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"exp\":1700000060}", TOKEN_BAD, "audience" },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":[\"x\",\"mqtt\"],\"exp\":1700000060}", TOKEN_GOOD, NULL },
	{ "{\"sub\":\"ann\",\"iss\":\"https://us\",\"aud\":[\"x\"],\"exp\":1700000060}", TOKEN_BAD, "audience" },
	{ "{\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1700000060}", TOKEN_BAD, "subject" },
	{ "{\"sub\":\"\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1700000060}", TOKEN_BAD, "subject" },
	{ "{\"sub\":\"publisher\",\"iss\":\"https://us\",\"aud\":\"mqtt\",\"exp\":1700000060}", TOKEN_BAD, "user" },
};

static void claims_are_held_to_the_policy(void)
{
	struct policy *p = make_policy();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *token = sign(JWT_ALG_HS256, SECRET, rows[i].claims);
		struct claims c;
		struct complaint why;
		enum token_outcome got = check(p, token, &c, &why);

		if (got != rows[i].outcome)
			printf("\n    row %zu: %d (%s)\n", i, got, why.text);
		CHECK_INT(got, rows[i].outcome);
		CU_ASSERT(rows[i].why ? strstr(why.text, rows[i].why) != NULL : !why.text[0]);
		claims_free(&c);
		free(token);
	}
	policy_free(p);
}

static void a_token_does_not_choose_its_algorithm(void)
{
	struct policy *p = make_policy();
	struct claims c;
	struct complaint why;
	char *none = sign(JWT_ALG_NONE, NULL, "{" GOOD "}");
	/* the public RSA key, which everybody knows, as if it were the shared secret */
	char *confused = sign(JWT_ALG_HS256, pem[TOKEN_RS256][1], "{" GOOD "}");
	char *foreign = sign(JWT_ALG_RS256, other_rsa[0], "{" GOOD "}");
	char *hs512 = sign(JWT_ALG_HS512, SECRET, "{" GOOD "}");

	CHECK_INT(check(p, none, &c, &why), TOKEN_BAD);
	CHECK_INT(check(p, confused, &c, &why), TOKEN_BAD);
	CHECK_INT(check(p, foreign, &c, &why), TOKEN_BAD);
	CHECK_INT(check(p, hs512, &c, &why), TOKEN_BAD);
	free(none);
	free(confused);
	free(foreign);
	free(hs512);
	policy_free(p);
}

static void rubbish_is_no_token(void)
{
	static const char *const bad[] = { "", "eyJ", "eyJ.", "eyJ..", "eyJhbGciOiJIUzI1NiJ9..", "a.b.c", "eyJ.eyJ.eyJ.x",
					   "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJ=.eyJ=.x", "eyJ\n.a.b", "eyJhb.e30.x" };
	struct policy *p = make_policy();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct claims c;
		struct complaint why;

		CHECK_INT(check(p, bad[i], &c, &why), TOKEN_BAD);
		CU_ASSERT(why.text[0]);
	}
	policy_free(p);
}

static void long_tokens_are_refused(void)
{
	char *text = calloc(1, 70000);
	struct policy *p = make_policy();
	struct claims c;
	struct complaint why;

	memset(text, 'a', 65535);
	memcpy(text, "eyJ.", 4);
	text[300] = '.';
	CHECK_INT(check(p, text, &c, &why), TOKEN_BAD);
	text[TOKEN_MAX_BYTES] = '\0';
	CHECK_INT(check(p, text, &c, &why), TOKEN_BAD);
	free(text);
	policy_free(p);
}

static char *sign_with_header(const char *name, const char *value)
{
	jwt_t *jwt = NULL;
	char *text;

	jwt_new(&jwt);
	jwt_add_grants_json(jwt, "{" GOOD "}");
	jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)SECRET, (int)strlen(SECRET));
	jwt_add_header(jwt, name, value);
	text = jwt_encode_str(jwt);
	jwt_free(jwt);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

/* Anybody may send one, and what is in it is read before the signature is looked at. */
static void a_header_is_short(void)
{
	struct policy *p = make_policy();
	char value[TOKEN_HEADER_BYTES];

	for (size_t len = 100; len < sizeof(value); len += 800) {
		struct claims c;
		struct complaint why;
		char *token;

		memset(value, 'k', len);
		value[len] = '\0';
		token = sign_with_header("kid", value);
		CHECK_INT(check(p, token, &c, &why), len == 100 ? TOKEN_GOOD : TOKEN_BAD);
		CHECK_STR(why.text, len == 100 ? "" : "the header is too long");
		claims_free(&c);
		free(token);
	}
	policy_free(p);
}

static void append_base64url(struct buf *out, const unsigned char *bytes, size_t len)
{
	unsigned char text[200];
	int n = EVP_EncodeBlock(text, bytes, (int)len);

	for (int i = 0; i < n && text[i] != '='; i++)
		buf_char(out, text[i] == '+' ? '-' : (text[i] == '/' ? '_' : (char)text[i]));
}

/* libjwt takes a key that stands there twice; whoever has the secret may sign what we do not take. */
static void what_is_signed_must_be_json_without_doubt(void)
{
	static const char header[] = "{\"alg\":\"HS256\"}", claims[] = "{" GOOD ",\"role\":\"app\",\"role\":\"app\"}";
	unsigned char mac[EVP_MAX_MD_SIZE];
	BUF_CLEANUP struct buf token = { 0 };
	struct policy *p = make_policy();
	struct complaint why;
	struct claims c;
	unsigned n = 0;

	append_base64url(&token, (const unsigned char *)header, strlen(header));
	buf_char(&token, '.');
	append_base64url(&token, (const unsigned char *)claims, strlen(claims));
	HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const unsigned char *)token.p, token.len, mac, &n);
	buf_char(&token, '.');
	append_base64url(&token, mac, n);
	CHECK_INT(check(p, token.p, &c, &why), TOKEN_BAD);
	CHECK_STR(why.text, "the claims are not JSON");
	policy_free(p);
}

const char *const unit_name = "plugin_token";
const struct unit_test unit_tests[] = {
	UNIT(all_three_algorithms_are_checked),
	UNIT(claims_are_held_to_the_policy),
	UNIT(a_token_does_not_choose_its_algorithm),
	UNIT(rubbish_is_no_token),
	UNIT(long_tokens_are_refused),
	UNIT(a_header_is_short),
	UNIT(what_is_signed_must_be_json_without_doubt),
	{ NULL, NULL },
};
