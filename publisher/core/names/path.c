#include "publisher/core/names/path.h"

/* Takes the first step off *rest: a name, with its argument if it has one. */
static enum path_result take_step(struct str *rest, struct path_step *out)
{
	size_t n = 0;
	const char *close;

	while (n < rest->len && rest->p[n] != '.' && rest->p[n] != '(' && rest->p[n] != ')')
		n++;
	out->name = (struct str){ rest->p, n };
	out->arg = (struct str){ NULL, 0 };
	out->has_arg = n < rest->len && rest->p[n] == '(';
	*rest = str_skip(*rest, n);
	if (n == 0)
		return PATH_BAD_SYNTAX;
	if (!out->has_arg)
		return PATH_OK;
	close = memchr(rest->p, ')', rest->len);
	if (!close)
		return PATH_BAD_SYNTAX;
	out->arg = (struct str){ rest->p + 1, (size_t)(close - rest->p) - 1 };
	*rest = str_skip(*rest, out->arg.len + 2);
	return PATH_OK;
}

static enum path_result split(struct str text, struct path *out)
{
	enum path_result r;

	out->n = 0;
	for (;;) {
		if (out->n == PATH_MAX_STEPS)
			return PATH_TOO_DEEP;
		r = take_step(&text, &out->steps[out->n]);
		if (r)
			return r;
		out->n++;
		if (!text.len)
			return PATH_OK;
		if (text.p[0] != '.')
			return PATH_BAD_SYNTAX;
		text = str_skip(text, 1);
	}
}

enum path_result path_parse(struct str text, struct path *out)
{
	return utf8_valid(text) ? split(text, out) : PATH_BAD_UTF8;
}

void path_write(struct buf *out, const struct path *path)
{
	for (size_t i = 0; i < path->n; i++) {
		if (i)
			buf_char(out, '.');
		buf_str(out, path->steps[i].name);
		if (path->steps[i].has_arg) {
			buf_char(out, '(');
			buf_str(out, path->steps[i].arg);
			buf_char(out, ')');
		}
	}
}
