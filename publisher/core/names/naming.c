#include "publisher/core/names/naming.h"

#include "base/topic.h"

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static char to_lower(char c)
{
	return (char)(c - 'A' + 'a');
}

static void write_escaped(struct buf *out, struct str bytes)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		char esc[3] = { '%', hex[c >> 4], hex[c & 15] };

		buf_add(out, esc, sizeof(esc));
	}
}

/* May the character that s begins with stand in a level as it is? If not, it has to be escaped. *n becomes its length in bytes; a byte
 * that is no UTF-8 counts as a character that may not. */
static bool may_stand(struct str s, size_t *n)
{
	uint32_t cp;
	unsigned char c = (unsigned char)s.p[0];

	if (c >= 0x20 && c < 0x7F) {
		*n = 1;
		return c != '/' && c != '+' && c != '#' && c != '%';
	}
	*n = utf8_next(s, &cp);
	if (!*n) {
		*n = 1;
		return false;
	}
	return !topic_char_refused(cp);
}

/* How many small letters and digits s begins with. Most of a name is of these, and stays as it is. */
static size_t plain_run(struct str s)
{
	size_t n = 0;

	while (n < s.len && (is_lower(s.p[n]) || (s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return n;
}

void naming_write_name(struct buf *out, struct str name)
{
	size_t n;

	for (size_t i = 0; i < name.len; i += n) {
		char c = name.p[i];

		n = i ? plain_run(str_skip(name, i)) : 0;
		if (n) {
			buf_add(out, name.p + i, n);
		} else if (is_upper(c)) {
			char kebab[2] = { '-', to_lower(c) };

			buf_add(out, i ? kebab : kebab + 1, i ? 2 : 1);
			n = 1;
		} else if (!may_stand(str_skip(name, i), &n) || c == '-' || (i == 0 && is_lower(c))) {
			write_escaped(out, (struct str){ name.p + i, n });
		} else {
			buf_add(out, name.p + i, n);
		}
	}
}

static size_t find_word(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return i;
	return SIZE_MAX;
}

void naming_write_arg(struct buf *out, struct str arg, const struct words *words)
{
	size_t word = find_word(words->camel, words->n, arg);
	size_t n, i = 0, from;

	if (word != SIZE_MAX) {
		buf_str(out, words->kebab[word]);
		return;
	}
	if (arg.len && find_word(words->kebab, words->n, arg) != SIZE_MAX) {
		write_escaped(out, (struct str){ arg.p, 1 }); /* written as it is, it could not be told from the word that is written like it */
		i = 1;
	}
	for (from = i; i < arg.len; i += n) {
		if (may_stand(str_skip(arg, i), &n))
			continue;
		buf_add(out, arg.p + from, i - from);
		write_escaped(out, (struct str){ arg.p + i, n });
		from = i + n;
	}
	buf_add(out, arg.p + from, arg.len - from);
}

void naming_write(struct buf *out, const struct path_step *steps, size_t n, const struct words *words)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(out, steps[i - 1].has_arg ? '/' : '.');
		naming_write_name(out, steps[i].name);
		if (steps[i].has_arg) {
			buf_char(out, '/');
			naming_write_arg(out, steps[i].arg, words);
		}
	}
}
