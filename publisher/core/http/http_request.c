#include "publisher/core/http/http_request.h"

#include <strings.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that the text begins with, or that the %XX there stands for; -1 when a % is followed by something else. *used: how many
 * bytes of the text that was. */
static int take_char(struct str rest, size_t *used)
{
	int high, low;

	*used = 1;
	if (rest.p[0] != '%')
		return (unsigned char)rest.p[0];
	*used = 3;
	if (rest.len < 3)
		return -1;
	high = hex_digit(rest.p[1]);
	low = hex_digit(rest.p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static enum http_head read_path(struct str target, struct http_request *out)
{
	const char *query = target.len ? memchr(target.p, '?', target.len) : NULL;
	size_t n = 0, used;

	if (query) {
		out->query = str_skip(target, (size_t)(query - target.p) + 1);
		target.len = (size_t)(query - target.p);
	}
	if (!target.len || target.p[0] != '/')
		return HTTP_HEAD_BAD;
	for (; target.len; target = str_skip(target, used)) {
		int c = take_char(target, &used);

		if (c < ' ' || c == 0x7F)
			return HTTP_HEAD_BAD;
		if (n == HTTP_PATH_MAX_BYTES)
			return HTTP_HEAD_PATH_LONG;
		out->path[n++] = (char)c;
	}
	out->path[n] = '\0';
	return HTTP_HEAD_WHOLE;
}

static enum http_head read_request_line(struct str line, struct http_request *out)
{
	struct str method, target, version = line;

	if (!str_split(&version, ' ', &method) || !version.p || !str_split(&version, ' ', &target) || !version.p)
		return HTTP_HEAD_BAD;
	if (version.len != 8 || !str_starts(version, STR("HTTP/1.")) || !method.len)
		return HTTP_HEAD_BAD;
	out->keep_alive = version.p[7] != '0'; /* never with HTTP/1.0, even if it asks by `Connection: keep-alive`: no client needs that */
	out->method = str_is(method, "GET")    ? HTTP_METHOD_GET
		      : str_is(method, "HEAD") ? HTTP_METHOD_HEAD
					       : HTTP_METHOD_OTHER;
	return read_path(target, out);
}

static bool is_word(struct str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

/* The value of the header Connection is a list of words, of which only `close` matters here. */
static void read_connection(struct str value, struct http_request *out)
{
	struct str word;

	while (str_split(&value, ',', &word)) {
		if (is_word(str_trim(word), "close"))
			out->keep_alive = false;
	}
}

static bool read_header(struct str line, struct http_request *out)
{
	struct str name, value = line;

	if (!memchr(line.p, ':', line.len))
		return false;
	str_split(&value, ':', &name);
	value = str_trim(value);
	if (is_word(name, "connection"))
		read_connection(value, out);
	else if (is_word(name, "content-length"))
		out->has_body |= !str_is(value, "0");
	else if (is_word(name, "transfer-encoding"))
		out->has_body = true;
	else if (is_word(name, "accept-encoding"))
		out->accept_encoding = value;
	else if (is_word(name, "if-none-match"))
		out->if_none_match = value;
	else if (is_word(name, "last-event-id"))
		out->last_event_id = value;
	return true;
}

static enum http_head read_lines(struct str head, struct http_request *out)
{
	enum http_head r = HTTP_HEAD_PART;
	struct str line;

	while (str_split(&head, '\n', &line)) {
		line = str_trim(line);
		if (r == HTTP_HEAD_PART) {
			r = read_request_line(line, out);
			if (r != HTTP_HEAD_WHOLE)
				return r;
		} else if (line.len && !read_header(line, out)) {
			return HTTP_HEAD_BAD;
		}
	}
	return r;
}

enum http_head http_request_read(struct str bytes, struct http_request *out)
{
	static const char empty_line[] = "\r\n\r\n";
	size_t skipped = 0;
	const char *end;

	*out = (struct http_request){ .path = "", .accept_encoding = STR(""), .if_none_match = STR(""), .last_event_id = STR("") };
	/* RFC 9112, 2.2: a server should ignore empty lines before a request */
	while (bytes.len >= 2 && bytes.p[0] == '\r' && bytes.p[1] == '\n') {
		bytes = str_skip(bytes, 2);
		skipped += 2;
	}
	end = bytes.len ? memmem(bytes.p, bytes.len, empty_line, 4) : NULL;
	if (!end)
		return bytes.len + skipped < HTTP_HEAD_MAX_BYTES ? HTTP_HEAD_PART : HTTP_HEAD_LONG;
	out->length = skipped + (size_t)(end - bytes.p) + 4;
	return read_lines((struct str){ bytes.p, (size_t)(end - bytes.p) }, out);
}

/* RFC 9110, 12.4.2: a weight of 0, which may have decimals, means no. */
static bool is_refusal(struct str parameter)
{
	struct str name, value = str_trim(parameter);

	if (!str_split(&value, '=', &name) || !value.p || !is_word(name, "q"))
		return false;
	while (value.len && (value.p[0] == '0' || value.p[0] == '.'))
		value = str_skip(value, 1);
	return !value.len;
}

bool http_request_has_etag(const struct http_request *q, const char *etag)
{
	return q->if_none_match.len && memmem(q->if_none_match.p, q->if_none_match.len, etag, strlen(etag)) != NULL;
}

bool http_request_takes_gzip(const struct http_request *q)
{
	struct str list = q->accept_encoding, coding, name;

	while (str_split(&list, ',', &coding)) {
		str_split(&coding, ';', &name);
		if (is_word(str_trim(name), "gzip"))
			return !coding.p || !is_refusal(coding);
	}
	return false;
}

bool http_path_name(struct str path, struct str prefix, struct str ending, struct str *name)
{
	size_t before = 1 + prefix.len + 1;

	if (path.len <= before + ending.len || path.p[0] != '/' || path.p[before - 1] != '/' || !str_starts(str_skip(path, 1), prefix) ||
	    !str_ends(path, ending))
		return false;
	*name = (struct str){ path.p + before, path.len - before - ending.len };
	return true;
}
