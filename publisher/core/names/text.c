#include "publisher/core/names/text.h"

#include "base/topic.h"
#include "publisher/core/names/owner.h"

#include <stdlib.h>

bool text_key_valid(struct str key)
{
	return topic_name_valid(key) && owner_of(key) == OWNER_SCOREBOARD;
}

/* --- templates --- */

/* Takes the next part from the front of *rest, which is not empty. */
static enum text_result take_part(struct str *rest, struct text_part *out, struct complaint *why)
{
	const char *open = memchr(rest->p, '{', rest->len), *close = memchr(rest->p, '}', rest->len);
	size_t len = open ? (size_t)(open - rest->p) : rest->len;

	if (open != rest->p) {
		*out = (struct text_part){ .text = { rest->p, len } };
		*rest = str_skip(*rest, len);
		return close && close < rest->p ? (enum text_result)complaint_say(why, 0, "a `}` without its `{`") : TEXT_OK;
	}
	if (!close)
		return (enum text_result)complaint_say(why, 0, "a `{` without its `}`");
	*out = (struct text_part){ .text = { open + 1, (size_t)(close - open) - 1 }, .is_key = true };
	*rest = str_skip(*rest, (size_t)(close - open) + 1);
	if (text_key_valid(out->text) && !memchr(out->text.p, '{', out->text.len))
		return TEXT_OK;
	return (enum text_result)complaint_say(why, 0, "\"%.*s\" is no topic of the scoreboard's", STR_ARGS(out->text));
}

enum text_result text_template_parse(struct str text, struct text_template *out, struct complaint *why)
{
	struct str rest;
	enum text_result r = TEXT_OK;

	*out = (struct text_template){ 0 };
	if (text.len > TEXT_MAX_LENGTH)
		return (enum text_result)complaint_say(why, 0, "a text has at most %d bytes", TEXT_MAX_LENGTH);
	out->text = str_dup(text);
	if (!out->text) {
		complaint_say(why, 0, "out of memory");
		return TEXT_NO_MEMORY;
	}
	rest = (struct str){ out->text, text.len };
	while (!r && rest.len) {
		if (out->n == TEXT_MAX_PARTS)
			return (enum text_result)complaint_say(why, 0, "at most %d parts", TEXT_MAX_PARTS);
		r = take_part(&rest, &out->parts[out->n++], why);
	}
	return r;
}

void text_case_free(struct text_case *c)
{
	for (size_t i = 0; i < c->n_conditions; i++) {
		free(c->conditions[i].key);
		free(c->conditions[i].value);
	}
	free(c->template.text);
	*c = (struct text_case){ 0 };
}

/* --- texts --- */

static bool holds(const struct text_condition *c, const struct text_values *values)
{
	BUF_CLEANUP struct buf is = { 0 };
	BUF_CLEANUP struct buf other = { 0 };
	bool has_value = values->get(values->arg, str_of(c->key), &is);

	if (!c->value || !has_value)
		return !c->value && !has_value;
	if (!c->is_key)
		return str_is(buf_view(&is), c->value);
	return values->get(values->arg, str_of(c->value), &other) && str_eq(buf_view(&is), buf_view(&other));
}

static bool applies(const struct text_case *c, const struct text_values *values)
{
	for (size_t i = 0; i < c->n_conditions; i++)
		if (!holds(&c->conditions[i], values))
			return false;
	return true;
}

/* False: a key has no value. */
static bool fill(const struct text_template *t, const struct text_values *values, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct text_part *part = &t->parts[i];
		size_t before = out->len;

		if (!part->is_key)
			buf_str(out, part->text);
		else if (!values->get(values->arg, part->text, out) || out->len == before)
			return false;
	}
	return true;
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
}

/* Makes one line of the text, of a length that was promised. */
static void tidy(struct buf *out, size_t start)
{
	size_t n;

	buf_cut(out, start + str_cut(str_skip(buf_view(out), start), TEXT_MAX_LENGTH).len);
	for (size_t i = start; i < out->len; i += n) {
		uint32_t cp = 0;

		n = utf8_next(str_skip(buf_view(out), i), &cp);
		n = n ? n : 1;
		if (is_control(cp))
			memset(out->p + i, ' ', n);
	}
}

void text_write(const struct text_case *cases, size_t n, const struct text_values *values, struct buf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < n; i++) {
		if (applies(&cases[i], values) && fill(&cases[i].template, values, out)) {
			tidy(out, start);
			return;
		}
		buf_cut(out, start);
	}
}
