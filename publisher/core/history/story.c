#include "publisher/core/history/story.h"

#include "base/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TITLE_MAX_BYTES 400

void story_init(struct story *s, const struct history_rules *rules)
{
	*s = (struct story){ .rules = rules };
}

static void forget_chapter(struct story *s)
{
	buf_free(&s->chapter.number);
	buf_free(&s->chapter.before);
	buf_free(&s->chapter.after);
	buf_free(&s->chapter.change);
	s->chapter = (struct story_chapter){ 0 };
	s->left = false;
}

void story_free(struct story *s)
{
	forget_chapter(s);
	buf_free(&s->title);
	buf_free(&s->result);
}

/* --- the game's id --- */

static bool is_id_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

bool story_is_id(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_id_char(text.p[i]))
			return false;
	return text.len && text.len < STORY_ID_SIZE;
}

static uint64_t fnv(struct str text)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.p[i]) * 1099511628211u;
	return h;
}

/* The id goes into addresses, so what could not stand there as it is gets a name of its own, the same in every run. */
static void write_id(struct str value, char out[STORY_ID_SIZE])
{
	bool is_text = value.len >= 2 && value.p[0] == '"';
	struct str text = is_text ? (struct str){ value.p + 1, value.len - 2 } : value;

	if (!text.len)
		out[0] = '\0';
	else if (story_is_id(text))
		snprintf(out, STORY_ID_SIZE, "%.*s", STR_ARGS(text));
	else
		snprintf(out, STORY_ID_SIZE, "x-%016" PRIx64, fnv(text));
}

/* --- texts made of values --- */

static struct str value_of(const struct picture *p, const char *key)
{
	struct str value = picture_get(p, str_of(key));

	return value.len ? value : STR("null");
}

static void write_list(const struct picture *p, char *const *keys, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; keys[i]; i++) {
		if (i)
			buf_char(out, ',');
		buf_str(out, value_of(p, keys[i]));
	}
	buf_char(out, ']');
}

/* Appends a value as people read it: a string without its quotes, and nothing for what is not there. */
static void write_plain(struct str value, struct buf *out)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;

	if (value.len && value.p[0] != '"')
		buf_str(out, value);
	else if (value.len && json_parse(&doc, value, &why) == JSON_GOOD)
		buf_str(out, doc.root->text);
}

/* The rules' title with the values in place of {key}. */
static void write_title(const struct story *s, const struct picture *p, struct buf *out)
{
	struct str rest = str_of(s->rules->title), part, key;

	out->max = TITLE_MAX_BYTES;
	while (str_split(&rest, '{', &part)) {
		buf_str(out, part);
		if (rest.p && str_split(&rest, '}', &key) && rest.p)
			write_plain(picture_get(p, key), out);
	}
}

/* Takes the text if it is another one. True: it was. */
static bool replace(struct buf *kept, struct buf *text)
{
	bool other = !str_eq(buf_view(kept), buf_view(text));

	if (other) {
		buf_free(kept);
		*kept = *text;
		*text = (struct buf){ 0 };
	}
	return other;
}

/* --- chapters --- */

static void write_change(struct buf *out, const struct json *before, const struct json *after)
{
	if (before && before->type == JSON_NUMBER && after->type == JSON_NUMBER)
		buf_printf(out, "%.15g", after->number - before->number);
	else
		buf_puts(out, "null");
}

static void compute_change(struct story_chapter *c)
{
	JSON_CLEANUP struct json_doc before = { 0 };
	JSON_CLEANUP struct json_doc after = { 0 };
	struct complaint why;
	const struct json *b, *a;

	buf_clear(&c->change);
	buf_char(&c->change, '[');
	if (json_parse(&before, buf_view(&c->before), &why) == JSON_GOOD && json_parse(&after, buf_view(&c->after), &why) == JSON_GOOD) {
		b = before.root->child;
		for (a = after.root->child; a; a = a->next, b = b ? b->next : NULL) {
			if (a != after.root->child)
				buf_char(&c->change, ',');
			write_change(&c->change, b, a);
		}
	}
	buf_char(&c->change, ']');
}

static void begin_chapter(struct story *s, struct str number, int64_t t)
{
	struct story_chapter *c = &s->chapter;
	bool anew = c->n && str_eq(number, buf_view(&c->number));

	if (!anew)
		c->n++;
	c->begin = t;
	c->end = 0;
	s->left = false;
	buf_clear(&c->number);
	buf_str(&c->number, number);
	buf_clear(&c->before);
	buf_str(&c->before, buf_view(&s->result));
	buf_clear(&c->after);
}

/* Opens, goes on with, or ends the chapter. True: something has changed. */
static bool turn_page(struct story *s, const struct picture *p, int64_t t)
{
	BUF_CLEANUP struct buf number = { 0 };
	struct story_chapter *c = &s->chapter;
	bool during = str_is(picture_get(p, str_of(s->rules->during)), "true"), same;

	write_list(p, s->rules->number, &number);
	same = c->n && str_eq(buf_view(&number), buf_view(&c->number));
	if (!during) {
		s->left |= c->n && !same;
		if (!c->n || c->end)
			return false;
		c->end = t;
		return true;
	}
	if (same && !s->left && !c->end)
		return false;
	if (same && !s->left)
		c->end = 0;
	else
		begin_chapter(s, buf_view(&number), t);
	return true;
}

static bool take_series(struct story *s)
{
	struct story_chapter *c = &s->chapter;

	if (!c->n || str_eq(buf_view(&c->after), buf_view(&s->result)))
		return false;
	buf_clear(&c->after);
	buf_str(&c->after, buf_view(&s->result));
	compute_change(c);
	return true;
}

/* --- the whole --- */

static unsigned int take_game(struct story *s, const struct picture *p)
{
	char id[STORY_ID_SIZE];

	write_id(picture_get(p, str_of(s->rules->game)), id);
	if (strcmp(id, s->game) == 0)
		return STORY_NOTHING;
	memcpy(s->game, id, sizeof(id));
	forget_chapter(s);
	buf_free(&s->title);
	buf_free(&s->result);
	s->over = 0;
	return STORY_GAME;
}

static bool take_over(struct story *s, const struct picture *p, int64_t t)
{
	bool over = str_is(picture_get(p, str_of(s->rules->over)), "true");

	if (over == (s->over != 0))
		return false;
	s->over = over ? t : 0;
	return true;
}

unsigned int story_take(struct story *s, const struct picture *p, int64_t t)
{
	BUF_CLEANUP struct buf title = { 0 };
	BUF_CLEANUP struct buf result = { 0 };
	unsigned int news = take_game(s, p);
	bool told, turned;

	if (!*s->game)
		return news;
	write_title(s, p, &title);
	write_list(p, s->rules->series, &result);
	told = replace(&s->title, &title);
	told |= replace(&s->result, &result);
	told |= take_over(s, p, t);
	turned = turn_page(s, p, t);
	turned |= take_series(s);
	return news | (told ? STORY_TOLD : 0U) | (turned ? STORY_CHAPTER : 0U);
}

void story_resume(struct story *s, const struct story_past *past)
{
	struct story_chapter *c = &s->chapter;

	forget_chapter(s);
	s->over = past->over;
	if (!past->n)
		return;
	c->n = past->n;
	c->begin = past->begin;
	c->end = past->end;
	buf_str(&c->number, past->number);
	buf_str(&c->before, past->before);
}
