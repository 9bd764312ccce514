#include "base/json_scan.h"

size_t json_line_at(struct str text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.p[i] == '\n';
	return line;
}

static size_t skip_blank(struct str t, size_t i)
{
	while (i < t.len && (t.p[i] == ' ' || t.p[i] == '\t' || t.p[i] == '\n' || t.p[i] == '\r'))
		i++;
	return i;
}

/* i is at the opening quote; the result is behind the closing one. */
static size_t skip_string(struct str t, size_t i)
{
	for (i++; i < t.len && t.p[i] != '"'; i++)
		if (t.p[i] == '\\')
			i++;
	return i < t.len ? i + 1 : t.len;
}

static size_t skip_value(struct str t, size_t i)
{
	size_t depth = 0;

	for (; i < t.len; i++) {
		char c = t.p[i];

		if (c == '"') {
			i = skip_string(t, i) - 1;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth <= 1)
				return depth ? i + 1 : i;
			depth--;
		} else if (c == ',' && depth == 0) {
			return i;
		}
	}
	return t.len;
}

/* i is behind the bracket that opens an object or array; finds the member or element called `want`. The result is
 * where its value starts, or 0 when there is none. */
static size_t find_child(struct str t, size_t i, bool object, struct str want)
{
	int64_t index = -1;

	if (!object && !str_to_int(want, &index))
		return 0;
	for (int64_t k = 0;; k++) {
		bool found = !object && k == index;

		i = skip_blank(t, i);
		if (i >= t.len || t.p[i] == '}' || t.p[i] == ']')
			return 0;
		if (object) {
			size_t end = skip_string(t, i);

			found = end >= i + 2 && str_eq(want, (struct str){ t.p + i + 1, end - i - 2 });
			i = skip_blank(t, skip_blank(t, end) + 1);
		}
		if (i >= t.len)
			return 0; /* cut off behind the name */
		if (found)
			return i;
		i = skip_blank(t, skip_value(t, i));
		if (i < t.len && t.p[i] == ',')
			i++;
	}
}

size_t json_pointer_line(struct str text, const char *pointer)
{
	struct str rest = str_of(pointer), key;
	size_t at = skip_blank(text, 0);

	str_split(&rest, '/', &key); /* what stands before the first slash: nothing */
	while (rest.p && str_split(&rest, '/', &key)) {
		size_t child;

		if (at >= text.len || (text.p[at] != '{' && text.p[at] != '['))
			break;
		child = find_child(text, at + 1, text.p[at] == '{', key);
		if (!child)
			break;
		at = child;
	}
	return json_line_at(text, at);
}

bool json_member(struct str text, const char *name, struct str *value)
{
	size_t at = skip_blank(text, 0), end;

	if (at >= text.len || text.p[at] != '{')
		return false;
	at = find_child(text, at + 1, true, str_of(name));
	if (!at)
		return false;
	end = skip_value(text, at);
	*value = str_trim((struct str){ text.p + at, end - at });
	return true;
}
