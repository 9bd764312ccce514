#include "publisher/core/news/clock.h"

#include <inttypes.h>
#include <stdlib.h>

static void free_names(struct clock *k)
{
	free(k->path);
	free((void *)(uintptr_t)k->key.p);
}

void clocks_free(struct clocks *c)
{
	for (size_t i = 0; i < c->n; i++)
		free_names(&c->list[i]);
	*c = (struct clocks){ 0 };
}

static const struct clock_rule *find_rule(const struct schema *s, const struct path *parent, struct str step)
{
	const struct clock_rule *r;

	for (size_t i = 0; (r = schema_clock(s, i)) != NULL; i++)
		if ((str_is(step, r->time) || str_is(step, r->running) || str_is(step, r->direction)) &&
		    pattern_matches(&r->path, parent))
			return r;
	return NULL;
}

/* The clock has no values any more, and viewers have been told that it is gone. */
static bool is_over(const struct clock *k)
{
	return !k->has_time && !k->has_running && !k->has_direction && !k->told && !k->touched;
}

/* The place of a clock that is over, or else a new one at the end. So the list stays short, however many matches there are in a day. */
static struct clock *free_place(struct clocks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!is_over(&c->list[i]))
			continue;
		free_names(&c->list[i]);
		return &c->list[i];
	}
	return c->n < CLOCKS_MAX ? &c->list[c->n++] : NULL;
}

static struct str key_of(const struct schema *s, const struct path *path)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct mapping m;
	char *key = NULL;

	if (schema_map(s, path, &topic, &m) == MAP_OK && m.rule->visibility == VISIBLE_PUBLIC)
		key = str_dup(buf_view(&topic));
	return (struct str){ key, key ? topic.len : 0 };
}

static struct clock *find(struct clocks *c, struct str path)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq((struct str){ c->list[i].path, c->list[i].path_len }, path))
			return &c->list[i];
	return NULL;
}

static struct clock *add(struct clocks *c, struct str path)
{
	char *copy = str_dup(path);
	struct clock *k = copy ? free_place(c) : NULL;

	if (k)
		*k = (struct clock){ .path = copy, .path_len = path.len };
	else
		free(copy);
	return k;
}

static void take(struct clock *k, struct str step, struct str value)
{
	bool is_true = str_is(value, "true");
	bool is_bool = is_true || str_is(value, "false");

	k->touched = true;
	if (str_is(step, k->rule->time)) {
		k->has_time = str_to_int(value, &k->time_ms);
	} else if (str_is(step, k->rule->running)) {
		k->has_running = is_bool;
		k->running = is_true;
	} else {
		k->has_direction = is_bool;
		k->down = is_true;
	}
}

bool clocks_update(struct clocks *c, const struct schema *s, const struct path *path, struct str value)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct path parent = *path;
	const struct path_step *last = &path->steps[path->n - 1];
	const struct clock_rule *rule;
	struct clock *k;

	if (path->n < 2 || last->has_arg || !schema_clock(s, 0))
		return false;
	parent.n--;
	rule = find_rule(s, &parent, last->name);
	if (!rule)
		return false;
	path_write(&text, &parent);
	k = find(c, buf_view(&text));
	if (!k) {
		k = add(c, buf_view(&text));
		if (!k)
			return false;
		k->rule = rule;
		k->key = key_of(s, &parent);
	}
	take(k, last->name, value);
	return true;
}

void clocks_mark(struct clocks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		c->list[i].has_time = c->list[i].has_running = c->list[i].has_direction = false;
		c->list[i].touched = true;
	}
}

/* The time that a viewer's clock shows, who has counted since he was told. */
static int64_t believed_ms(const struct clock *k, int64_t wall_ms)
{
	int64_t passed = k->told_running ? wall_ms - k->told_at : 0;

	return k->told_down ? k->told_ms - passed : k->told_ms + passed;
}

static enum clock_news judge(const struct clock *k, int64_t wall_ms)
{
	int64_t off;

	if (!k->has_time || !k->has_running || !k->has_direction)
		return k->told ? CLOCK_GONE : CLOCK_SAME;
	if (!k->told || k->running != k->told_running || k->down != k->told_down)
		return CLOCK_NEWS;
	off = k->time_ms - believed_ms(k, wall_ms);
	if (!k->running)
		return off ? CLOCK_NEWS : CLOCK_SAME;
	return off > CLOCK_TOLERANCE_MS || off < -CLOCK_TOLERANCE_MS ? CLOCK_NEWS : CLOCK_SAME;
}

struct clock *clocks_next(struct clocks *c, int64_t wall_ms, enum clock_news *news)
{
	for (size_t i = 0; i < c->n; i++) {
		struct clock *k = &c->list[i];

		if (!k->touched)
			continue;
		k->touched = false;
		*news = judge(k, wall_ms);
		k->told = *news == CLOCK_SAME ? k->told : *news == CLOCK_NEWS;
		if (*news == CLOCK_NEWS) {
			k->told_ms = k->time_ms;
			k->told_running = k->running;
			k->told_down = k->down;
			k->told_at = wall_ms;
		}
		return k;
	}
	return NULL;
}

void clock_write(const struct clock *c, struct buf *out)
{
	buf_printf(out, "{\"time\":%" PRId64 ",\"running\":%s,\"direction\":\"%s\",\"at\":%" PRId64 "}", c->told_ms,
		   c->told_running ? "true" : "false", c->told_down ? "down" : "up", c->told_at);
}

bool clocks_running(const struct clocks *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].has_running && c->list[i].running)
			return true;
	return false;
}

static void write_time(struct buf *out, int64_t seconds)
{
	int64_t minutes = seconds / 60;

	if (!minutes)
		buf_printf(out, "%" PRId64, seconds);
	else if (minutes < 100)
		buf_printf(out, "%" PRId64 ":%02" PRId64, minutes, seconds % 60);
	else
		buf_printf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, minutes / 60, minutes % 60, seconds % 60);
}

bool clocks_write_text(const struct clocks *c, struct str key, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct clock *k = &c->list[i];
		int64_t ms = k->time_ms > 0 ? k->time_ms : 0;

		if (!k->key.p || !str_eq(k->key, key) || !k->has_time || !k->has_direction)
			continue;
		write_time(out, ms / 1000 + (k->down && ms % 1000 > 0));
		return true;
	}
	return false;
}
