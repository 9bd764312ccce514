#include "mosquitto-plugin/load.h"

#include "base/json.h"
#include "mosquitto-plugin/files.h"

#include <stdlib.h>

#define PASSWD_MAX_BYTES (4u << 20)
#define KEY_MAX_BYTES 65536u

static bool complain(struct buf *why, const char *path, unsigned line, const char *what)
{
	buf_puts(why, path);
	if (line)
		buf_printf(why, ":%u", line);
	buf_printf(why, ": %s", what);
	return false;
}

/* name, as seen from the folder that the policy is in */
static void beside(struct buf *out, const char *policy_path, const char *name)
{
	const char *slash = strrchr(policy_path, '/');

	if (*name != '/' && slash)
		buf_add(out, policy_path, (size_t)(slash - policy_path) + 1);
	buf_puts(out, name);
}

static bool load_passwords(const struct policy *p, const char *policy_path, struct passwd *out, struct buf *why)
{
	BUF_CLEANUP struct buf path = { 0 }, text = { 0 };
	struct passwd_error err;
	const char *problem;

	if (!p->passwords)
		return true;
	beside(&path, policy_path, p->passwords);
	problem = path.failed ? "out of memory" : file_read(path.p, PASSWD_MAX_BYTES, &text);
	if (problem)
		return complain(why, path.p, 0, problem);
	return passwd_parse(out, buf_view(&text), &err) == 0 || complain(why, path.p, err.line, err.why);
}

static bool load_key(struct token_key *key, const char *policy_path, struct buf *why)
{
	BUF_CLEANUP struct buf path = { 0 }, text = { 0 };
	const char *problem;
	struct str bytes;

	beside(&path, policy_path, key->file);
	problem = path.failed ? "out of memory" : file_read(path.p, KEY_MAX_BYTES, &text);
	if (problem)
		return complain(why, path.p, 0, problem);
	/* an editor's last newline is not part of a shared secret */
	bytes = key->algorithm == TOKEN_HS256 ? str_trim(buf_view(&text)) : buf_view(&text);
	if (bytes.len < 16)
		return complain(why, path.p, 0, "a key has at least 16 bytes");
	key->bytes = str_dup(bytes);
	key->len = bytes.len;
	return key->bytes || complain(why, path.p, 0, "out of memory");
}

static bool load_files(struct policy *p, const char *path, struct passwd *passwords, struct buf *why)
{
	for (size_t i = 0; i < p->tokens.n_keys; i++)
		if (!load_key(&p->tokens.keys[i], path, why))
			return false;
	return load_passwords(p, path, passwords, why);
}

struct policy *load_policy(const char *path, struct passwd *passwords, struct buf *why)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct policy_error err;
	struct policy *p;
	const char *problem = file_read(path, JSON_MAX_BYTES, &text);

	*passwords = (struct passwd){ NULL };
	if (problem) {
		complain(why, path, 0, problem);
		return NULL;
	}
	p = policy_parse(buf_view(&text), &err);
	if (!p) {
		complain(why, path, err.line, err.why);
		return NULL;
	}
	if (load_files(p, path, passwords, why))
		return p;
	policy_free(p);
	return NULL;
}
