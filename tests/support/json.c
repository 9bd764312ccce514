#include "tests/support/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static struct str skip_blanks(struct str s)
{
	while (s.len && strchr(" \t\r\n", s.p[0]) && s.p[0])
		s = str_skip(s, 1);
	return s;
}

/* Length of the string at s with both quotes, 0 when it does not end. */
static size_t string_length(struct str s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

static size_t nested_length(struct str s)
{
	size_t depth = 0, n;

	for (size_t i = 0; i < s.len; i += n) {
		n = s.p[i] == '"' ? string_length(str_skip(s, i)) : 1;
		if (!n)
			return 0;
		if (s.p[i] == '{' || s.p[i] == '[')
			depth++;
		if ((s.p[i] == '}' || s.p[i] == ']') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static size_t word_length(struct str s)
{
	size_t n = 0;

	while (n < s.len && !memchr(",]} \t\r\n:", s.p[n], 8))
		n++;
	return n;
}

/* The first value in s, blanks around it skipped; *rest is what follows. */
static bool next_value(struct str s, struct str *value, struct str *rest)
{
	size_t n;

	s = skip_blanks(s);
	if (!s.len)
		return false;
	if (s.p[0] == '"')
		n = string_length(s);
	else if (s.p[0] == '{' || s.p[0] == '[')
		n = nested_length(s);
	else
		n = word_length(s);
	*value = (struct str){ s.p, n };
	*rest = skip_blanks(str_skip(s, n));
	return n > 0;
}

static bool hex4(struct str s, uint32_t *out)
{
	uint32_t value = 0;

	if (s.len < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef", *at = s.p[i] ? strchr(digits, s.p[i] | 0x20) : NULL;

		if (!at)
			return false;
		value = value << 4 | (uint32_t)(at - digits);
	}
	*out = value;
	return true;
}

static void add_utf8(struct buf *out, uint32_t cp)
{
	if (cp < 0x80) {
		buf_char(out, (char)cp);
	} else if (cp < 0x800) {
		buf_char(out, (char)(0xC0 | cp >> 6));
		buf_char(out, (char)(0x80 | (cp & 0x3F)));
	} else if (cp < 0x10000) {
		buf_char(out, (char)(0xE0 | cp >> 12));
		buf_char(out, (char)(0x80 | (cp >> 6 & 0x3F)));
		buf_char(out, (char)(0x80 | (cp & 0x3F)));
	} else {
		buf_char(out, (char)(0xF0 | cp >> 18));
		buf_char(out, (char)(0x80 | (cp >> 12 & 0x3F)));
		buf_char(out, (char)(0x80 | (cp >> 6 & 0x3F)));
		buf_char(out, (char)(0x80 | (cp & 0x3F)));
	}
}

/* s stands behind "\u". Returns the bytes taken, 0 when it is wrong. */
static size_t unicode_escape(struct str s, struct buf *out)
{
	uint32_t hi, lo;

	if (!hex4(s, &hi))
		return 0;
	if (hi < 0xD800 || hi > 0xDFFF) {
		add_utf8(out, hi);
		return 4;
	}
	if (s.len < 10 || s.p[4] != '\\' || s.p[5] != 'u' || !hex4(str_skip(s, 6), &lo) || lo < 0xDC00)
		return 0;
	add_utf8(out, 0x10000 + ((hi - 0xD800) << 10) + (lo - 0xDC00));
	return 10;
}

bool json_string(struct str value, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (value.len < 2 || value.p[0] != '"' || string_length(value) != value.len)
		return false;
	for (size_t i = 1, n; i < value.len - 1; i += n) {
		const char *at;

		n = 1;
		if (value.p[i] != '\\') {
			buf_char(out, value.p[i]);
			continue;
		}
		at = value.p[i + 1] ? strchr(from, value.p[i + 1]) : NULL;
		n = 2;
		if (at)
			buf_char(out, to[at - from]);
		else if (value.p[i + 1] == 'u')
			n = 2 + unicode_escape(str_skip(value, i + 2), out);
		if (n == 2 && !at)
			return false;
	}
	return !out->failed;
}

bool json_members(struct str object, json_member_fn fn, void *data)
{
	struct str key, value, rest = skip_blanks(object);
	BUF_CLEANUP struct buf name = { 0 };

	if (!rest.len || rest.p[0] != '{')
		return false;
	rest = skip_blanks(str_skip(rest, 1));
	if (rest.len && rest.p[0] == '}')
		return true;
	do {
		buf_clear(&name);
		if (!next_value(rest, &key, &rest) || !json_string(key, &name) || !rest.len || rest.p[0] != ':')
			return false;
		if (!next_value(str_skip(rest, 1), &value, &rest) || !fn(data, buf_view(&name), value) || !rest.len)
			return false;
		key = (struct str){ rest.p, 1 };
		rest = str_skip(rest, 1);
	} while (str_is(key, ","));
	return str_is(key, "}");
}

struct wanted {
	const char *key;
	struct str value;
};

static bool take_wanted(void *data, struct str key, struct str value)
{
	struct wanted *w = data;

	if (str_is(key, w->key))
		w->value = value;
	return true;
}

struct str json_get(struct str object, const char *key)
{
	struct wanted w = { key, { NULL, 0 } };

	return json_members(object, take_wanted, &w) ? w.value : (struct str){ NULL, 0 };
}

static bool strings_equal(struct str a, struct str b)
{
	BUF_CLEANUP struct buf x = { 0 };
	BUF_CLEANUP struct buf y = { 0 };

	return json_string(a, &x) && json_string(b, &y) && str_eq(buf_view(&x), buf_view(&y));
}

/* A whole number as strtod() reads it, but not its "nan", "inf" and hexadecimal. */
static bool number(struct str s, double *out)
{
	char text[64], *end;

	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	*out = strtod(text, &end);
	return *end == '\0' && strspn(text, "+-0123456789.eE") == s.len;
}

static bool words_equal(struct str a, struct str b)
{
	int64_t n, m;
	double x, y;

	if (str_to_int(a, &n) && str_to_int(b, &m))
		return n == m;
	return str_eq(a, b) || (number(a, &x) && number(b, &y) && !(x < y) && !(x > y));
}

static bool parsed_equal(struct str a, struct str b)
{
	cJSON *x = cJSON_ParseWithLength(a.p, a.len), *y = cJSON_ParseWithLength(b.p, b.len);
	bool same = x && y && cJSON_Compare(x, y, true);

	cJSON_Delete(x);
	cJSON_Delete(y);
	return same;
}

bool json_equal(struct str a, struct str b)
{
	struct str x, y, rest_a, rest_b;

	if (!next_value(a, &x, &rest_a) || !next_value(b, &y, &rest_b) || rest_a.len || rest_b.len)
		return false;
	if (x.p[0] == '"' && y.p[0] == '"')
		return strings_equal(x, y);
	if (strchr("{[", x.p[0]) && strchr("{[", y.p[0]))
		return parsed_equal(x, y);
	return words_equal(x, y);
}
