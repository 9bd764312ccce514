#include "mosquitto-plugin/core/login/passwd.h"

#include "base/hash.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define HASH_BYTES 64
#define SALT_MAX_BYTES 64
#define ENCODED_MAX_BYTES 512

enum scheme {
	SCHEME_SHA512,
	SCHEME_PBKDF2,
	SCHEME_ARGON2ID,
};

struct passwd_entry {
	char *name;
	enum scheme scheme;
	int iterations;
	unsigned cost_us;
	unsigned char salt[SALT_MAX_BYTES], hash[HASH_BYTES];
	size_t salt_len;
	char *encoded; /* the whole text of an argon2id hash; NULL for other schemes */
	UT_hash_handle hh;
};

/* Decodes strict base64 with padding, and returns the number of bytes; -1 when it is not that, or has more than `size` bytes. */
static int base64_decode(struct str text, unsigned char *out, size_t size)
{
	unsigned char block[ENCODED_MAX_BYTES];
	int n, pad = 0;

	if (!text.len || text.len % 4 || text.len > sizeof(block))
		return -1;
	while (pad < 2 && text.p[text.len - 1 - (size_t)pad] == '=')
		pad++;
	if (memchr(text.p, '=', text.len - (size_t)pad))
		return -1;
	n = EVP_DecodeBlock(block, (const unsigned char *)text.p, (int)text.len) - pad;
	if (n < 0 || (size_t)n > size)
		return -1;
	memcpy(out, block, (size_t)n);
	return n;
}

/* The parse functions return 0; or 1, and `why` says what is wrong. passwd_parse() adds the number of the line. */

static int parse_salt_and_hash(struct passwd_entry *e, struct str rest, struct complaint *why)
{
	struct str salt, hash;
	int n;

	if (!str_split(&rest, '$', &salt) || !str_split(&rest, '$', &hash) || rest.p)
		return complaint_say(why, 0, "salt and hash expected");
	n = base64_decode(salt, e->salt, sizeof(e->salt));
	if (n < 1)
		return complaint_say(why, 0, "bad salt");
	e->salt_len = (size_t)n;
	return base64_decode(hash, e->hash, sizeof(e->hash)) == HASH_BYTES ? 0 : complaint_say(why, 0, "bad hash");
}

static int parse_pbkdf2(struct passwd_entry *e, struct str rest, struct complaint *why)
{
	struct str count;
	int64_t n;

	if (!str_split(&rest, '$', &count) || !str_to_int(count, &n) || n < 1 || n > PASSWD_MAX_COST_US)
		return complaint_say(why, 0, "bad number of iterations");
	e->scheme = SCHEME_PBKDF2;
	e->iterations = (int)n;
	e->cost_us = (unsigned)n + 1;
	return parse_salt_and_hash(e, rest, why);
}

static int parse_sha512(struct passwd_entry *e, struct str rest, struct complaint *why)
{
	e->scheme = SCHEME_SHA512;
	e->cost_us = 2;
	return parse_salt_and_hash(e, rest, why);
}

/* What "m=47104,t=1,p=1" costs: about a microsecond for each KiB of memory (m) and pass (t). */
static int argon2_cost(struct str params, int64_t *cost, struct complaint *why)
{
	int64_t value[3] = { 0, 0, 0 };
	struct str one;

	for (int i = 0; i < 3; i++)
		if (!str_split(&params, ',', &one) || one.len < 3 || one.p[0] != "mtp"[i] || one.p[1] != '=' ||
		    !str_to_int(str_skip(one, 2), &value[i]) || value[i] < 1 || value[i] > PASSWD_MAX_COST_US)
			return complaint_say(why, 0, "bad argon2id parameters");
	*cost = value[0] * value[1];
	if (params.p || value[2] > 16 || *cost > PASSWD_MAX_COST_US)
		return complaint_say(why, 0, "argon2id parameters too costly");
	return 0;
}

static int parse_argon2(struct passwd_entry *e, struct str whole, struct complaint *why)
{
	struct str rest = str_skip(whole, sizeof("$argon2id$") - 1), version, params;
	int64_t cost = 0;

	if (whole.len > ENCODED_MAX_BYTES || !str_split(&rest, '$', &version) || !str_is(version, "v=19") ||
	    !str_split(&rest, '$', &params) || !rest.p)
		return complaint_say(why, 0, "bad argon2id line");
	if (argon2_cost(params, &cost, why))
		return 1;
	e->scheme = SCHEME_ARGON2ID;
	e->cost_us = (unsigned)cost + 1;
	e->encoded = str_dup(whole);
	return e->encoded ? 0 : complaint_say(why, 0, "out of memory");
}

static int parse_scheme(struct passwd_entry *e, struct str text, struct complaint *why)
{
	if (str_starts(text, STR("$7$")))
		return parse_pbkdf2(e, str_skip(text, 3), why);
	if (str_starts(text, STR("$6$")))
		return parse_sha512(e, str_skip(text, 3), why);
	if (str_starts(text, STR("$argon2id$")))
		return parse_argon2(e, text, why);
	return complaint_say(why, 0, "not hashed: use mosquitto_passwd");
}

static void entry_free(struct passwd_entry *e)
{
	free(e->name);
	free(e->encoded);
	OPENSSL_cleanse(e->hash, sizeof(e->hash));
	free(e);
}

static int add_entry(struct passwd *p, struct passwd_entry *e, struct str name, struct complaint *why)
{
	struct passwd_entry *old = passwd_find(p, name);

	if (old)
		return complaint_say(why, 0, "this user stands here twice");
	e->name = str_dup(name);
	if (!e->name)
		return complaint_say(why, 0, "out of memory");
	HASH_ADD_KEYPTR(hh, p->entries, e->name, name.len, e);
	return HASH_ADDED(e, hh) ? 0 : complaint_say(why, 0, "out of memory");
}

static int parse_line(struct passwd *p, struct str line, struct complaint *why)
{
	struct passwd_entry *e;
	struct str name;
	int r;

	if (!str_split(&line, ':', &name) || !line.p || !name.len)
		return complaint_say(why, 0, "name:hash expected");
	if (memchr(name.p, '\0', name.len))
		return complaint_say(why, 0, "NUL in a name");
	e = calloc(1, sizeof(*e));
	if (!e)
		return complaint_say(why, 0, "out of memory");
	r = parse_scheme(e, line, why);
	if (!r)
		r = add_entry(p, e, name, why);
	if (r)
		entry_free(e);
	return r;
}

int passwd_parse(struct passwd *out, struct str text, struct complaint *why)
{
	struct str line;
	unsigned n = 0;

	*out = (struct passwd){ NULL };
	while (str_split(&text, '\n', &line)) {
		n++;
		line = str_trim(line);
		if (!line.len || line.p[0] == '#' || !parse_line(out, line, why))
			continue;
		why->line = n;
		passwd_free(out);
		return 1;
	}
	return 0;
}

void passwd_free(struct passwd *p)
{
	struct passwd_entry *e, *next;

	HASH_ITER(hh, p->entries, e, next) {
		HASH_DEL(p->entries, e);
		entry_free(e);
	}
	p->entries = NULL;
}

struct passwd_entry *passwd_find(const struct passwd *p, struct str user)
{
	struct passwd_entry *e;

	if (!user.len)
		return NULL;
	HASH_FIND(hh, p->entries, user.p, user.len, e);
	return e;
}

unsigned passwd_cost_us(const struct passwd_entry *e)
{
	return e->cost_us;
}

static bool sha512(const struct passwd_entry *e, struct str password, unsigned char *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) && EVP_DigestUpdate(ctx, password.p, password.len) &&
		  EVP_DigestUpdate(ctx, e->salt, e->salt_len) && EVP_DigestFinal_ex(ctx, out, NULL);

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool derive(const struct passwd_entry *e, struct str password, unsigned char *out)
{
	if (e->scheme == SCHEME_SHA512)
		return sha512(e, password, out);
	return PKCS5_PBKDF2_HMAC(password.p, (int)password.len, e->salt, (int)e->salt_len, e->iterations, EVP_sha512(),
				 HASH_BYTES, out) == 1;
}

bool passwd_check(const struct passwd_entry *e, struct str password)
{
	unsigned char got[HASH_BYTES];
	bool same;

	if (!password.p || password.len > 65535)
		return false;
	if (e->scheme == SCHEME_ARGON2ID)
		return argon2id_verify(e->encoded, password.p, password.len) == ARGON2_OK;
	same = derive(e, password, got) && CRYPTO_memcmp(got, e->hash, sizeof(got)) == 0;
	OPENSSL_cleanse(got, sizeof(got));
	return same;
}

bool passwd_same(const struct passwd_entry *a, const struct passwd_entry *b)
{
	if (!a || !b)
		return a == b;
	return a->scheme == b->scheme && a->iterations == b->iterations && a->salt_len == b->salt_len &&
	       memcmp(a->salt, b->salt, a->salt_len) == 0 && memcmp(a->hash, b->hash, sizeof(a->hash)) == 0 &&
	       str_eq(str_of(a->encoded), str_of(b->encoded));
}
