#include "publisher/core/options/url.h"

static bool take_port(struct str text, int *port)
{
	int64_t n;

	if (!str_to_int(text, &n) || n < 1 || n > 65535)
		return false;
	*port = (int)n;
	return true;
}

/* Reads `host`, `host:port`, `[v6]` or `[v6]:port`. *port is 0 when the text has none. False: the port is no port. */
static bool take_authority(struct str text, struct str *host, int *port)
{
	const char *end = text.len && text.p[0] == '[' ? memchr(text.p, ']', text.len) : NULL;
	const char *colon;

	if (end) {
		*host = (struct str){ text.p + 1, (size_t)(end - text.p) - 1 };
		text = str_skip(text, host->len + 2);
	} else {
		colon = text.len ? memchr(text.p, ':', text.len) : NULL;
		*host = (struct str){ text.p, colon ? (size_t)(colon - text.p) : text.len };
		text = str_skip(text, host->len);
	}
	*port = 0;
	return !text.len || (text.p[0] == ':' && take_port(str_skip(text, 1), port));
}

int url_parse(struct str text, struct url *out, struct complaint *why)
{
	static const char form[] = "expected scheme://host[:port][/path]";
	const char *sep = memmem(text.p, text.len, "://", 3);
	const char *slash;
	struct str rest;

	if (!sep)
		return complaint_say(why, 0, "%s", form);
	out->scheme = (struct str){ text.p, (size_t)(sep - text.p) };
	rest = str_skip(text, out->scheme.len + 3);
	slash = rest.len ? memchr(rest.p, '/', rest.len) : NULL;
	out->path = slash ? str_skip(rest, (size_t)(slash - rest.p)) : (struct str){ "", 0 };
	rest.len -= out->path.len;
	if (memchr(rest.p, '@', rest.len))
		return complaint_say(why, 0, "user and password do not belong into a URL: use --user and --password-file");
	if (!take_authority(rest, &out->host, &out->port))
		return complaint_say(why, 0, "the port must be a number from 1 to 65535");
	return out->host.len ? 0 : complaint_say(why, 0, "%s", form);
}

bool url_has_scheme(const struct url *url, const char *scheme, bool *tls)
{
	struct str plain = str_of(scheme), rest;

	if (!str_starts(url->scheme, plain))
		return false;
	rest = str_skip(url->scheme, plain.len);
	if (rest.len && !str_is(rest, "s"))
		return false;
	*tls = rest.len != 0;
	return true;
}

bool url_parse_listen(struct str text, struct str *host, int *port)
{
	if (take_port(text, port)) {
		*host = (struct str){ "", 0 };
		return true;
	}
	return take_authority(text, host, port) && *port;
}
