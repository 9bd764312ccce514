#include "publisher/core/names/pattern.h"

#include <stdlib.h>

static bool has_star(struct str s)
{
	return s.len && memchr(s.p, '*', s.len);
}

static enum pattern_result refuse(const char *what, struct complaint *why)
{
	complaint_say(why, 0, "%s", what);
	return PATTERN_BAD;
}

/* Reads out->text, which is written as a path is, into steps. */
static enum pattern_result take_path(struct pattern *out, struct complaint *why)
{
	struct path path;

	if (path_parse(str_of(out->text), &path))
		return refuse("not of the form Name(argument).Name", why);
	out->n = path.n;
	for (size_t i = 0; i < path.n; i++) {
		const struct path_step *s = &path.steps[i];

		out->steps[i] = (struct pattern_step){
			.name = s->name,
			.arg = s->arg,
			.has_arg = s->has_arg,
			.deep = str_is(s->name, "**"),
			.name_glob = has_star(s->name),
			.arg_glob = s->has_arg && has_star(s->arg),
		};
		if (out->steps[i].deep && s->has_arg)
			return refuse("`**` stands for whole steps and takes no argument", why);
	}
	return PATTERN_OK;
}

enum pattern_result pattern_parse(struct str text, struct pattern *out, struct complaint *why)
{
	enum pattern_result r;

	*out = (struct pattern){ .text = str_dup(text) };
	if (!out->text) {
		complaint_say(why, 0, "out of memory");
		return PATTERN_NO_MEMORY;
	}
	r = take_path(out, why);
	if (r)
		pattern_free(out);
	return r;
}

void pattern_free(struct pattern *p)
{
	free(p->text);
	*p = (struct pattern){ 0 };
}

/* pat.p[p - 1] is a `*`. Where in s, at `from` or later, can what follows this `*` in the pattern begin? Not before the next byte that is
 * pat.p[p]. The end of s when there is no such byte. */
static size_t next_start(struct str pat, size_t p, struct str s, size_t from)
{
	const char *at;

	if (p == pat.len || pat.p[p] == '*')
		return from;
	at = memchr(s.p + from, pat.p[p], s.len - from);
	return at ? (size_t)(at - s.p) : s.len;
}

/* Does all of s fit the pattern, in which `*` stands for any number of bytes? When what follows the latest `*` does not fit, that `*` is
 * made to take one byte more. Earlier ones are never tried again, since the latest can take whatever they could. So the time is at
 * most the product of both lengths. `star` is where the latest `*` is in the pattern, `mark` where in s it stops. */
static bool glob(struct str pat, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < s.len) {
		if (p < pat.len && pat.p[p] == '*') {
			star = p++;
			mark = i;
		} else if (p < pat.len && pat.p[p] == s.p[i]) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = mark = next_start(pat, p, s, mark + 1);
		} else {
			return false;
		}
	}
	while (p < pat.len && pat.p[p] == '*')
		p++;
	return p == pat.len;
}

static bool name_matches(const struct pattern_step *p, const struct path_step *s)
{
	return p->name_glob ? glob(p->name, s->name) : str_eq(p->name, s->name);
}

static bool step_matches(const struct pattern_step *p, const struct path_step *s)
{
	if (p->has_arg != s->has_arg || !name_matches(p, s))
		return false;
	if (!p->has_arg)
		return true;
	return p->arg_glob ? glob(p->arg, s->arg) : str_eq(p->arg, s->arg);
}

/* The same as glob(), with steps in place of bytes and `**` in place of `*`. */
static bool steps_match(const struct pattern_step *p, size_t np, const struct path_step *s, size_t ns)
{
	size_t k = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < ns) {
		if (k < np && p[k].deep) {
			star = k++;
			mark = i;
			if (k == np)
				return true;
		} else if (k < np && step_matches(&p[k], &s[i])) {
			k++;
			i++;
		} else if (star != SIZE_MAX) {
			k = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (k < np && p[k].deep)
		k++;
	return k == np;
}

bool pattern_matches(const struct pattern *p, const struct path *path)
{
	return steps_match(p->steps, p->n, path->steps, path->n);
}

static bool step_covers(const struct pattern_step *p, const struct path_step *s, bool last)
{
	if (!name_matches(p, s))
		return false;
	if (!p->has_arg)
		return last || !s->has_arg;
	return s->has_arg && (p->arg_glob || str_eq(p->arg, s->arg));
}

bool pattern_covers(const struct pattern *p, const struct path *path)
{
	if (path->n < p->n)
		return false;
	/* from the last step to the first, because the entries of a list differ in the last ones */
	for (size_t i = p->n; i-- > 0;)
		if (!step_covers(&p->steps[i], &path->steps[i], i + 1 == p->n))
			return false;
	return true;
}
