#include "mosquitto-plugin/core/login/token.h"

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

/* Decodes base64url without padding, and returns the number of bytes; -1 when it is not that. */
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
		text[i] = c == '-' ? '+' : (c == '_' ? '/' : c);
	}
	while (n % 4)
		text[n++] = '=';
	return EVP_DecodeBlock(out, (unsigned char *)text, (int)n) - (int)(n - part.len);
}

/* A header names an algorithm, a key and the like, so it may be small. Claims are read only when one of the policy's keys has signed them. */
static const struct json_bounds header_bounds = { TOKEN_HEADER_BYTES, 32, 4 };
static const struct json_bounds claims_bounds = { TOKEN_MAX_BYTES, TOKEN_MAX_BYTES / 2, JSON_MAX_DEPTH };

static bool parse_part(struct str part, const struct json_bounds *bounds, struct json_doc *doc)
{
	unsigned char bytes[TOKEN_MAX_BYTES];
	struct complaint why;
	int n = decode_part(part, bytes, sizeof(bytes));

	*doc = (struct json_doc){ 0 };
	return n > 0 && json_parse_within(doc, (struct str){ (char *)bytes, (size_t)n }, bounds, &why) == JSON_GOOD;
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

/* Has one of the keys signed this? Only keys of the algorithm that the header names are tried, so a public key is never used as a shared
 * secret. */
static bool signed_by_us(const struct token_rules *t, const char *token, struct str header)
{
	JSON_CLEANUP struct json_doc doc;
	struct str alg;

	if (!parse_part(header, &header_bounds, &doc))
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

/* One check of one token. Functions that look at a part of the claims return 0, or 1 when they have refused it. */
struct check {
	const struct policy *p;
	const struct json *claims;
	int64_t wall_ms;
	struct claims *out;
	struct complaint *why;
};

static int refuse(const struct check *k, const char *why)
{
	return complaint_say(k->why, 0, "%s", why);
}

static int check_origin(const struct check *k)
{
	const struct token_rules *t = &k->p->tokens;

	if (t->issuer && !text_is(json_get_text(k->claims, "iss"), t->issuer))
		return refuse(k, "wrong issuer");
	if (t->audience && !audience_is(json_get(k->claims, "aud"), t->audience))
		return refuse(k, "wrong audience");
	return 0;
}

static int check_times(const struct check *k)
{
	const struct json *exp = json_get(k->claims, "exp"), *nbf = json_get(k->claims, "nbf");
	int64_t leeway_s = k->p->tokens.leeway_s;
	double now = (double)k->wall_ms / 1000.0;

	if (!exp || exp->type != JSON_NUMBER || !(exp->number > 0 && exp->number < 1e11))
		return refuse(k, "no expiry");
	if (nbf && (nbf->type != JSON_NUMBER || !(nbf->number <= now + (double)leeway_s)))
		return refuse(k, "not valid yet");
	k->out->expires_ms = (int64_t)(exp->number * 1000.0) + leeway_s * 1000;
	return 0;
}

static int take_subject(const struct check *k)
{
	struct str sub = json_get_text(k->claims, "sub");

	if (!sub.len || memchr(sub.p, '\0', sub.len))
		return refuse(k, "no subject");
	if (policy_user_role(k->p, sub) != NO_ROLE)
		return refuse(k, "the subject is the name of a user");
	k->out->subject = str_dup(sub);
	return k->out->subject ? 0 : refuse(k, "out of memory");
}

static int take_role(const struct check *k)
{
	const struct token_rules *t = &k->p->tokens;
	const struct json *v = json_get(k->claims, "role");
	int role = t->default_role;

	if (v)
		role = v->type == JSON_STRING ? policy_role(k->p, v->text) : NO_ROLE;
	k->out->role = role;
	return role != NO_ROLE && t->roles[role] ? 0 : refuse(k, "the role is not one for tokens");
}

/* Counts the rooms in the array `list`, which the token calls `name`. */
static int count_rooms(const struct check *k, const char *name, const struct json *list, int *n)
{
	if (list && list->type != JSON_ARRAY)
		return complaint_say(k->why, 0, "%s is not an array", name);
	for (const struct json *v = list ? list->child : NULL; v; v = v->next, ++*n)
		if (v->type != JSON_STRING || !room_name_valid(v->text))
			return complaint_say(k->why, 0, "%s[%d] is not the name of a room", name, *n);
	return 0;
}

/* 0, or 1 when memory is out. */
static int copy_rooms(const struct json *list, char ***out, size_t *n_out)
{
	size_t n = 0;

	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		n++;
	*out = calloc(n ? n : 1, sizeof(**out));
	if (!*out)
		return 1;
	for (const struct json *v = list ? list->child : NULL; v; v = v->next) {
		(*out)[*n_out] = str_dup(v->text);
		if (!(*out)[*n_out])
			return 1;
		++*n_out;
	}
	return 0;
}

static int take_rooms(const struct check *k)
{
	const struct json *rooms = json_get(k->claims, "rooms"), *hosts = json_get(k->claims, "hosts");
	int n_rooms = 0, n_hosts = 0;

	if (count_rooms(k, "rooms", rooms, &n_rooms) || count_rooms(k, "hosts", hosts, &n_hosts))
		return 1;
	if (n_rooms + n_hosts > k->p->tokens.max_rooms)
		return complaint_say(k->why, 0, "%d rooms and hosts: more than %d", n_rooms + n_hosts, (int)k->p->tokens.max_rooms);
	if (copy_rooms(rooms, &k->out->rooms, &k->out->n_rooms) || copy_rooms(hosts, &k->out->hosts, &k->out->n_hosts))
		return refuse(k, "out of memory");
	return 0;
}

static int take_claims(struct check *k, struct str body)
{
	static int (*const parts[])(const struct check *) = { check_origin, check_times, take_subject, take_role, take_rooms };
	JSON_CLEANUP struct json_doc doc = { 0 };
	int r = 0;

	if (!parse_part(body, &claims_bounds, &doc) || doc.root->type != JSON_OBJECT)
		return refuse(k, "the claims are not JSON");
	k->claims = doc.root;
	for (size_t i = 0; !r && i < sizeof(parts) / sizeof(parts[0]); i++)
		r = parts[i](k);
	return r;
}

/* The token has two dots: token_check() has looked. */
static int check(struct check *k, const char *token)
{
	struct str rest = str_of(token), header, body;

	str_split(&rest, '.', &header);
	str_split(&rest, '.', &body);
	if (header.len > TOKEN_HEADER_BYTES)
		return refuse(k, "the header is too long");
	if (!signed_by_us(&k->p->tokens, token, header))
		return refuse(k, "bad signature");
	return take_claims(k, body);
}

enum token_outcome token_check(const struct policy *p, const struct token *token, struct claims *out, struct complaint *why)
{
	struct check k = { .p = p, .wall_ms = token->shown_ms, .out = out, .why = why };
	struct str bytes = token->text;
	char text[TOKEN_MAX_BYTES + 1];
	int r;

	*out = (struct claims){ .role = NO_ROLE };
	if (bytes.len > TOKEN_MAX_BYTES || !token_looks_like(bytes) || memchr(bytes.p, '\0', bytes.len)) {
		refuse(&k, "not a token");
		return TOKEN_BAD;
	}
	memcpy(text, bytes.p, bytes.len);
	text[bytes.len] = '\0';
	r = check(&k, text);
	if (!r && out->expires_ms > k.wall_ms)
		return TOKEN_GOOD;
	claims_free(out);
	if (r)
		return TOKEN_BAD;
	refuse(&k, "expired");
	return TOKEN_OVER;
}

static void free_rooms(char **rooms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rooms[i]);
	free(rooms);
}

void claims_free(struct claims *c)
{
	free_rooms(c->rooms, c->n_rooms);
	free_rooms(c->hosts, c->n_hosts);
	free(c->subject);
	*c = (struct claims){ .role = NO_ROLE };
}
