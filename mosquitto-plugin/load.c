#include "mosquitto-plugin/load.h"

#include "base/buf.h"
#include "base/json.h"
#include "mosquitto-plugin/files.h"

#include <stdlib.h>

#define PASSWD_MAX_BYTES (4u << 20)
#define KEY_MAX_BYTES 65536u

/* Says what is wrong with a file, with its name in front. Returns 1. */
static int complain_of(const char *path, unsigned line, const char *what, struct complaint *why)
{
	if (line)
		return complaint_say(why, 0, "%s:%u: %s", path, line, what);
	return complaint_say(why, 0, "%s: %s", path, what);
}

/* Reads a file. path is NULL when there was no memory for it. Returns 0; or 1, and `why` says what is wrong. */
static int read_named(const char *path, size_t max, struct buf *text, struct complaint *why)
{
	if (path ? file_read(path, max, text, why) : complaint_say(why, 0, "out of memory"))
		return complain_of(path ? path : "", 0, why->text, why);
	return 0;
}

/* Appends the path of a file that the policy names: a relative name begins at the policy's folder. */
static void beside(struct buf *out, const char *policy_path, const char *name)
{
	const char *slash = strrchr(policy_path, '/');

	if (*name != '/' && slash)
		buf_add(out, policy_path, (size_t)(slash - policy_path) + 1);
	buf_puts(out, name);
}

static int load_passwords(const struct policy *p, const char *policy_path, struct passwd *out, struct complaint *why)
{
	BUF_CLEANUP struct buf path = { 0 }, text = { 0 };

	if (!p->passwords)
		return 0;
	beside(&path, policy_path, p->passwords);
	if (read_named(path.failed ? NULL : path.p, PASSWD_MAX_BYTES, &text, why))
		return 1;
	return passwd_parse(out, buf_view(&text), why) ? complain_of(path.p, why->line, why->text, why) : 0;
}

static int load_key(struct token_key *key, const char *policy_path, struct complaint *why)
{
	BUF_CLEANUP struct buf path = { 0 }, text = { 0 };
	struct str bytes;

	beside(&path, policy_path, key->file);
	if (read_named(path.failed ? NULL : path.p, KEY_MAX_BYTES, &text, why))
		return 1;
	/* an editor's last newline is not part of a shared secret */
	bytes = key->algorithm == TOKEN_HS256 ? str_trim(buf_view(&text)) : buf_view(&text);
	if (bytes.len < 16)
		return complain_of(path.p, 0, "a key has at least 16 bytes", why);
	key->bytes = str_dup(bytes);
	key->len = bytes.len;
	return key->bytes ? 0 : complain_of(path.p, 0, "out of memory", why);
}

static int load_files(struct policy *p, const char *path, struct passwd *passwords, struct complaint *why)
{
	for (size_t i = 0; i < p->tokens.n_keys; i++)
		if (load_key(&p->tokens.keys[i], path, why))
			return 1;
	return load_passwords(p, path, passwords, why);
}

int load_policy(const char *path, struct policy **out, struct passwd *passwords, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct policy *p;

	*out = NULL;
	*passwords = (struct passwd){ NULL };
	if (read_named(path, JSON_MAX_BYTES, &text, why))
		return 1;
	if (policy_parse(buf_view(&text), &p, why))
		return complain_of(path, why->line, why->text, why);
	if (load_files(p, path, passwords, why)) {
		policy_free(p);
		return 1;
	}
	*out = p;
	return 0;
}
