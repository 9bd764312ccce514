#include "mosquitto-plugin/core/token.h"

#include "base/json.h"

#include <jwt.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

static const jwt_alg_t jwt_algs[TOKEN_ALGORITHMS] = { JWT_ALG_HS256, JWT_ALG_RS256, JWT_ALG_ES256 };

bool token_looks_like(struct str password)
{
	size_t dots = 0;

	if (!str_starts(password, STR("eyJ")))
		return false;
	for (size_t i = 0; i < password.len; i++)
		dots += password.p[i] == '.';
	return dots == 2;
}

/* base64url without padding -> bytes; -1 when it is not that. */
static int decode_part(struct str part, unsigned char *out, size_t size)
{
	char text[TOKEN_MAX_BYTES + 4];
	size_t n = part.len;

	if (!n || n % 4 == 1 || n > TOKEN_MAX_BYTES || (n + 3) / 4 * 3 > size)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char c = part.p[i];

		if (c == '=' || c == '+' || c == '/' || !c)
			return -1;
		text[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	while (n % 4)
		text[n++] = '=';
	return EVP_DecodeBlock(out, (unsigned char *)text, (int)n) - (int)(n - part.len);
}

/* A header names an algorithm, a key and the like. Claims are read only when one of our keys has signed them. */
static const struct json_bounds header_bounds = { TOKEN_HEADER_BYTES, 32, 4 };
static const struct json_bounds claims_bounds = { TOKEN_MAX_BYTES, TOKEN_MAX_BYTES / 2, JSON_MAX_DEPTH };

static int parse_part(struct str part, const struct json_bounds *bounds, struct json_doc *doc)
{
	unsigned char bytes[TOKEN_MAX_BYTES];
	struct json_error err;
	int n = decode_part(part, bytes, sizeof(bytes));

	*doc = (struct json_doc){ 0 };
	return n > 0 ? json_parse_within(doc, (struct str){ (char *)bytes, (size_t)n }, bounds, &err) : -1;
}

static bool signed_with(const struct token_key *key, const char *token)
{
	jwt_t *jwt = NULL;
	bool ok = key->bytes && key->len && key->len <= INT_MAX &&
		  jwt_decode(&jwt, token, (const unsigned char *)key->bytes, (int)key->len) == 0 && jwt &&
		  jwt_get_alg(jwt) == jwt_algs[key->algorithm];

	jwt_free(jwt);
	return ok;
}

/* Keys of the algorithm that the header names; a public key is never tried as a shared secret. */
static bool signed_by_us(const struct token_rules *t, const char *token, struct str header)
{
	JSON_CLEANUP struct json_doc doc;
	struct str alg;

	if (parse_part(header, &header_bounds, &doc) < 0)
		return false;
	alg = json_get_text(doc.root, "alg");
	for (size_t i = 0; alg.p && i < t->n_keys; i++)
		if (str_is(alg, token_algorithm_names[t->keys[i].algorithm]) && signed_with(&t->keys[i], token))
			return true;
	return false;
}

static bool audience_is(const struct json *aud, const char *wanted)
{
	if (!aud)
		return false;
	if (aud->type == JSON_STRING)
		return str_is(aud->text, wanted);
	for (const struct json *one = aud->type == JSON_ARRAY ? aud->child : NULL; one; one = one->next)
		if (one->type == JSON_STRING && str_is(one->text, wanted))
			return true;
	return false;
}

static bool text_is(struct str text, const char *wanted)
{
	return text.p && str_is(text, wanted);
}

static const char *check_origin(const struct token_rules *t, const struct json *c)
{
	if (t->issuer && !text_is(json_get_text(c, "iss"), t->issuer))
		return "wrong issuer";
	if (t->audience && !audience_is(json_get(c, "aud"), t->audience))
		return "wrong audience";
	return NULL;
}

static const char *check_times(const struct token_rules *t, const struct json *c, int64_t wall_ms, int64_t *expires_ms)
{
	const struct json *exp = json_get(c, "exp"), *nbf = json_get(c, "nbf");
	double now = (double)wall_ms / 1000.0;

	if (!exp || exp->type != JSON_NUMBER || !(exp->number > 0 && exp->number < 1e11))
		return "no expiry";
	if (nbf && (nbf->type != JSON_NUMBER || !(nbf->number <= now + (double)t->leeway_s)))
		return "not valid yet";
	*expires_ms = (int64_t)(exp->number * 1000.0) + t->leeway_s * 1000;
	return NULL;
}

static const char *take_subject(const struct policy *p, const struct json *c, struct claims *out)
{
	struct str sub = json_get_text(c, "sub");

	if (!sub.len || memchr(sub.p, '\0', sub.len))
		return "no subject";
	if (policy_user_role(p, sub) != NO_ROLE)
		return "the subject is the name of a user";
	out->subject = str_dup(sub);
	return out->subject ? NULL : "out of memory";
}

static const char *take_role(const struct policy *p, const struct json *c, struct claims *out)
{
	const struct json *role = json_get(c, "role");

	out->role = p->tokens.default_role;
	if (role)
		out->role = role->type == JSON_STRING ? policy_role(p, role->text) : NO_ROLE;
	return out->role != NO_ROLE && p->tokens.roles[out->role] ? NULL : "the role is not one for tokens";
}

/* A room is one level of a topic. */
static bool is_room(const struct json *v)
{
	return v->type == JSON_STRING && v->text.len && v->text.len <= 256 && !memchr(v->text.p, '/', v->text.len) &&
	       !memchr(v->text.p, '+', v->text.len) && !memchr(v->text.p, '#', v->text.len) &&
	       !memchr(v->text.p, '\0', v->text.len);
}

static const char *take_rooms(const struct token_rules *t, const struct json *c, struct claims *out)
{
	const struct json *rooms = json_get(c, "rooms");
	size_t n = 0;

	if (!rooms)
		return NULL;
	if (rooms->type != JSON_ARRAY)
		return "rooms is not an array";
	for (const struct json *v = rooms->child; v; v = v->next, n++)
		if (!is_room(v) || n == (size_t)t->max_rooms)
			return "a bad room, or too many";
	out->rooms = calloc(n ? n : 1, sizeof(*out->rooms));
	if (!out->rooms)
		return "out of memory";
	for (const struct json *v = rooms->child; v; v = v->next) {
		out->rooms[out->n_rooms] = str_dup(v->text);
		if (!out->rooms[out->n_rooms])
			return "out of memory";
		out->n_rooms++;
	}
	return NULL;
}

static const char *take_claims(const struct policy *p, const struct json *c, int64_t wall_ms, struct claims *out)
{
	const char *why = check_origin(&p->tokens, c);

	if (!why)
		why = check_times(&p->tokens, c, wall_ms, &out->expires_ms);
	if (!why)
		why = take_subject(p, c, out);
	if (!why)
		why = take_role(p, c, out);
	if (!why)
		why = take_rooms(&p->tokens, c, out);
	return why;
}

static const char *check(const struct policy *p, const char *token, int64_t wall_ms, struct claims *out)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct str rest = str_of(token), header, body;

	if (!str_split(&rest, '.', &header) || !str_split(&rest, '.', &body) || !rest.p)
		return "not a token";
	if (header.len > TOKEN_HEADER_BYTES)
		return "the header is too long";
	if (!signed_by_us(&p->tokens, token, header))
		return "bad signature";
	if (parse_part(body, &claims_bounds, &doc) < 0 || doc.root->type != JSON_OBJECT)
		return "the claims are not JSON";
	return take_claims(p, doc.root, wall_ms, out);
}

enum token_outcome token_check(const struct policy *p, struct str token, int64_t wall_ms, struct claims *out,
			       const char **why)
{
	char text[TOKEN_MAX_BYTES + 1];

	*out = (struct claims){ .role = NO_ROLE };
	*why = "not a token";
	if (token.len > TOKEN_MAX_BYTES || !token_looks_like(token) || memchr(token.p, '\0', token.len))
		return TOKEN_BAD;
	memcpy(text, token.p, token.len);
	text[token.len] = '\0';
	*why = check(p, text, wall_ms, out);
	if (!*why && out->expires_ms > wall_ms)
		return TOKEN_GOOD;
	claims_free(out);
	if (*why)
		return TOKEN_BAD;
	*why = "expired";
	return TOKEN_OVER;
}

void claims_free(struct claims *c)
{
	for (size_t i = 0; i < c->n_rooms; i++)
		free(c->rooms[i]);
	free(c->rooms);
	free(c->subject);
	*c = (struct claims){ .role = NO_ROLE };
}
