/* Without the key, no token is good. */
#include "tests/fuzz/fuzz.h"

#include "mosquitto-plugin/core/login/token.h"

#define POLICY \
	"{\"roles\":{\"app\":{}},\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"a\"}," \
	"{\"algorithm\":\"ES256\",\"file\":\"b\"}],\"roles\":[\"app\"],\"default_role\":\"app\"}}"
#define ES256_KEY \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n" \
	"q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n" \
	"-----END PUBLIC KEY-----\n"

static struct policy *make_policy(void)
{
	struct complaint why;
	struct policy *p;

	PROMISE(policy_parse(STR(POLICY), &p, &why) == 0);
	p->tokens.keys[0].bytes = str_dup(STR("0123456789abcdef0123456789abcdef"));
	p->tokens.keys[0].len = 32;
	p->tokens.keys[1].bytes = str_dup(STR(ES256_KEY));
	p->tokens.keys[1].len = sizeof(ES256_KEY) - 1;
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p = make_policy();
	struct token token = { { (const char *)data, size }, 1700000000000 };
	struct complaint why = { 0, "" };
	struct claims c;

	PROMISE(token_check(p, &token, &c, &why) == TOKEN_BAD);
	PROMISE(why.text[0] && !c.subject && !c.rooms);
	policy_free(p);
	return 0;
}
