/* token - makes keys, and tokens that the door takes for passwords (core/login/token.h), signed with HS256; and links with such a token, for
 * web/uplink.html. Asks no broker. */
#include "mosquitto-plugin/core/login/token.h"
#include "base/buf.h"
#include "base/mono.h"
#include "mosquitto-plugin/core/policy/room.h"
#include "mosquitto-plugin/ctl/ctl.h"
#include "mosquitto-plugin/files.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_BYTES 32     /* of a new key, before it is written as text */
#define KEY_MIN_BYTES 16 /* of any key, as load.c has it */
#define KEY_MAX_BYTES 65536
#define MOST_ROOMS 1000

struct names {
	const char *v[MOST_ROOMS];
	size_t n;
};

struct wish {
	const char *user, *role, *key_file, *issuer, *audience;
	const char *url, *prefix, *scoreboard; /* of a link; NULL: only the token is wanted */
	struct names rooms, hosts;
	int64_t for_s;
};

static enum status complain(const char *what, const char *why)
{
	fprintf(stderr, "scoreboard-ctl: %s: %s\n", what, why);
	return STATUS_USAGE;
}

/* base64url without padding, as JWT has it. */
static void add_base64(struct buf *out, struct str bytes)
{
	unsigned char text[4 * ((TOKEN_MAX_BYTES + 2) / 3) + 1];
	size_t n;

	if (bytes.len > TOKEN_MAX_BYTES) {
		out->failed = true;
		return;
	}
	n = (size_t)EVP_EncodeBlock(text, (const unsigned char *)bytes.p, (int)bytes.len);
	while (n && text[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		buf_char(out, text[i] == '+' ? '-' : (text[i] == '/' ? '_' : (char)text[i]));
}

/* ---- keys ---- */

static enum status write_key(int fd, const char *path)
{
	BUF_CLEANUP struct buf text = { 0 };
	unsigned char bytes[KEY_BYTES];
	bool ok = RAND_bytes(bytes, sizeof(bytes)) == 1;

	add_base64(&text, (struct str){ (const char *)bytes, sizeof(bytes) });
	buf_char(&text, '\n');
	ok = ok && !text.failed && write(fd, text.p, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	explicit_bzero(bytes, sizeof(bytes));
	if (text.p)
		explicit_bzero(text.p, text.len);
	return ok ? STATUS_OK : complain(path, "the key cannot be written");
}

/* A key that is there already is left alone: others have tokens that were signed with it. */
enum status ctl_key(int argc, char **argv)
{
	enum status status;
	int fd;

	if (argc != 2 || argv[1][0] == '-')
		return ctl_usage();
	fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(argv[1], strerror(errno));
	status = write_key(fd, argv[1]);
	close(fd);
	if (status)
		unlink(argv[1]);
	return status;
}

/* ---- tokens ---- */

static void add_member(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, str_of(value));
}

static void add_names(struct buf *out, const char *name, const struct names *names)
{
	if (!names->n)
		return;
	buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < names->n; i++) {
		buf_puts(out, i ? "," : "");
		buf_json(out, str_of(names->v[i]));
	}
	buf_char(out, ']');
}

static void write_claims(struct buf *out, const struct wish *w, int64_t now_s)
{
	buf_puts(out, "{\"sub\":");
	buf_json(out, str_of(w->user));
	buf_printf(out, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64, now_s, now_s + w->for_s);
	add_member(out, "iss", w->issuer);
	add_member(out, "aud", w->audience);
	add_member(out, "role", w->role);
	add_names(out, "rooms", &w->rooms);
	add_names(out, "hosts", &w->hosts);
	buf_char(out, '}');
}

static void sign(struct buf *token, struct str key)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (token->failed || !HMAC(EVP_sha256(), key.p, (int)key.len, (const unsigned char *)token->p, token->len, mac, &n)) {
		token->failed = true;
		return;
	}
	buf_char(token, '.');
	add_base64(token, (struct str){ (const char *)mac, n });
}

static void write_token(struct buf *out, const struct wish *w, struct str key)
{
	BUF_CLEANUP struct buf claims = { 0 };

	write_claims(&claims, w, wall_now_ms() / 1000);
	add_base64(out, STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
	buf_char(out, '.');
	add_base64(out, buf_view(&claims));
	out->failed |= claims.failed;
	sign(out, key);
}

static void add_encoded(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (strchr("-._~/:", *text) || (*text >= '0' && *text <= '9') || ((*text | 32) >= 'a' && (*text | 32) <= 'z'))
			buf_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void add_parameter(struct buf *out, bool *is_first, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(out, "%c%s=", *is_first ? '?' : '&', name);
	add_encoded(out, value);
	*is_first = false;
}

/* The token stands behind the '#', which browsers send to nobody. */
static void write_link(struct buf *out, const struct wish *w)
{
	bool is_first = true;

	buf_printf(out, "%s%suplink.html", w->url, str_ends(str_of(w->url), STR("/")) ? "" : "/");
	add_parameter(out, &is_first, "prefix", w->prefix);
	add_parameter(out, &is_first, "scoreboard", w->scoreboard);
	buf_puts(out, "#token=");
}

static enum status print_token(const struct wish *w)
{
	BUF_CLEANUP struct buf file = { 0 }, token = { 0 }, link = { 0 };
	struct complaint why;
	struct str key;

	if (file_read(w->key_file, KEY_MAX_BYTES, &file, &why))
		return complain(w->key_file, why.text);
	key = str_trim(buf_view(&file));
	if (key.len < KEY_MIN_BYTES)
		return complain(w->key_file, "a key has at least 16 bytes");
	if (str_starts(key, STR("-----BEGIN")))
		return complain(w->key_file, "this is a key for RS256 or ES256, not for HS256");
	write_token(&token, w, key);
	if (token.failed || token.len > TOKEN_MAX_BYTES)
		return complain("token", "it would be longer than the door takes");
	if (w->url)
		write_link(&link, w);
	if (link.failed)
		return complain("link", "out of memory");
	printf("%s%s\n", link.p ? link.p : "", token.p);
	return STATUS_OK;
}

/* ---- the command line ---- */

static const struct option long_options[] = {
	{ "user", required_argument, NULL, 'u' },
	{ "role", required_argument, NULL, 'r' },
	{ "room", required_argument, NULL, 'm' },
	{ "host", required_argument, NULL, 'h' },
	{ "for", required_argument, NULL, 'f' },
	{ "key", required_argument, NULL, 'k' },
	{ "issuer", required_argument, NULL, 'i' },
	{ "audience", required_argument, NULL, 'a' },
	{ "url", required_argument, NULL, 'l' },
	{ "prefix", required_argument, NULL, 'x' },
	{ "scoreboard", required_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static bool take_room(struct names *names, const char *room)
{
	if (!room_name_valid(str_of(room))) {
		complain(room, "this is not the name of a room");
		return false;
	}
	if (names->n == MOST_ROOMS)
		return false;
	names->v[names->n++] = room;
	return true;
}

static bool take_option(struct wish *w, int option)
{
	const char **text = option == 'u'   ? &w->user
			    : option == 'r' ? &w->role
			    : option == 'k' ? &w->key_file
			    : option == 'i' ? &w->issuer
			    : option == 'a' ? &w->audience
			    : option == 'l' ? &w->url
			    : option == 'x' ? &w->prefix
			    : option == 's' ? &w->scoreboard
					    : NULL;

	if (text) {
		*text = optarg;
		return true;
	}
	if (option == 'm' || option == 'h')
		return take_room(option == 'm' ? &w->rooms : &w->hosts, optarg);
	return option == 'f' && ctl_duration(optarg, &w->for_s);
}

/* Topics name a user (%u), so a name that cannot be a level of one is of no use. */
static bool is_user(const char *name)
{
	return name && *name && !strpbrk(name, "/+#");
}

static bool take_line(struct wish *w, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "u:", long_options, NULL)) != -1)
		if (!take_option(w, option))
			return false;
	return optind == argc && is_user(w->user);
}

enum status ctl_token(int argc, char **argv)
{
	struct wish w = { .key_file = "token.key", .for_s = 8 * 3600 };

	return take_line(&w, argc, argv) && !w.url && !w.prefix && !w.scoreboard ? print_token(&w) : ctl_usage();
}

enum status ctl_uplink(int argc, char **argv)
{
	struct wish w = { .user = "uplink", .role = "uplink", .key_file = "token.key", .for_s = 24 * 3600 };

	if (!take_line(&w, argc, argv) || !w.url || w.rooms.n || w.hosts.n)
		return ctl_usage();
	if (!str_starts(str_of(w.url), STR("http://")) && !str_starts(str_of(w.url), STR("https://")))
		return complain(w.url, "this is not where pages are: https://HOST/");
	if (strpbrk(w.url, "?# \"<>"))
		return complain(w.url, "only the place of the pages, without anything behind it");
	return print_token(&w);
}
