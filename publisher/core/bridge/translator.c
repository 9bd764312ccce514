#include "publisher/core/bridge/translator.h"

#include "publisher/core/names/owner.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_SHOWN_BYTES 80

/* What is needed while one frame is taken. */
struct arrival {
	struct translator *t;
	struct moment now;
	struct buf topic; /* of the update that is being taken */
	bool whole_state;
};

void translator_init(struct translator *t, const struct translator_config *cfg, struct schema *schema)
{
	*t = (struct translator){ .cfg = *cfg, .schema = schema };
}

static void forget_rules(struct translator *t)
{
	clocks_free(&t->clocks);
	schema_free(t->schema);
	t->schema = NULL;
}

void translator_free(struct translator *t)
{
	forget_rules(t);
	files_free(&t->files);
}

static void count(struct translator *t, enum health_row row)
{
	health_count(t->cfg.warnings->health, row, 1);
}

/* --- what can't be used --- */

/* An update that can't be used is counted and logged. (One that the rules drop is counted only.) */
static void skip(struct arrival *a, enum health_row row, struct str path)
{
	static const char *const reasons[HEALTH_COUNT] = {
		[HEALTH_SKIP_BAD_UTF8] = "its path is not UTF-8",
		[HEALTH_SKIP_BAD_PATH] = "its path is not of the form Name(argument).Name",
		[HEALTH_SKIP_BAD_VALUE] = "its value is no string, boolean or exact number",
		[HEALTH_SKIP_TOO_LONG] = "its topic would be too long",
		[HEALTH_SKIP_FULL] = "max-state-bytes is reached",
	};
	bool cut = path.len > PATH_SHOWN_BYTES;
	char text[200];

	snprintf(text, sizeof(text), "update refused: %s  path=%.*s%s", reasons[row], cut ? PATH_SHOWN_BYTES : (int)path.len, path.p,
		 cut ? "..." : "");
	warnings_add(a->t->cfg.warnings, row, text, a->now.mono);
}

/* --- files --- */

static void note_file(struct translator *t, enum file_result r, mono now)
{
	static const struct {
		enum health_row row;
		const char *what;
	} failures[FILE_RESULTS] = {
		[FILE_BAD_PATH] = { HEALTH_PICTURE_BAD_PATH, "picture not fetched: its path is not plain" },
		[FILE_TOO_MANY] = { HEALTH_PICTURE_TOO_MANY, "picture not fetched: there are too many" },
		[FILE_UNREACHED] = { HEALTH_PICTURE_UNREACHED, "picture not fetched: no connection to the scoreboard's web server" },
		[FILE_BAD_STATUS] = { HEALTH_PICTURE_BAD_STATUS, "picture not fetched: the scoreboard's web server does not have it" },
		[FILE_REDIRECT] = { HEALTH_PICTURE_REDIRECT, "picture not fetched: the scoreboard's web server leads elsewhere" },
		[FILE_TOO_LARGE] = { HEALTH_PICTURE_TOO_LARGE, "picture refused: it is too large" },
		[FILE_TOO_SLOW] = { HEALTH_PICTURE_TOO_SLOW, "picture not fetched: the scoreboard's web server is too slow" },
		[FILE_NO_PICTURE] = { HEALTH_PICTURE_NONE, "picture refused: it is no PNG, JPEG, GIF or WebP, or has too many pixels" },
	};

	if (r != FILE_GOOD)
		warnings_add(t->cfg.warnings, failures[r].row, failures[r].what, now);
}

static void take_file(struct translator *t, const struct file_wish *wish, mono now)
{
	if (!t->cfg.takes_files)
		return;
	if (wish->value.len)
		note_file(t, files_want(&t->files, wish, now), now);
	else
		files_forget(&t->files, wish->topic);
}

void translator_file_fetched(struct translator *t, const struct file_fetched *got, mono now)
{
	enum file_result r = files_fetched(&t->files, got, now);

	if (r == FILE_GOOD)
		count(t, HEALTH_PICTURES);
	note_file(t, r, now);
}

/* --- one update --- */

static void take_value(struct arrival *a, const struct update *u, const struct rule *rule)
{
	const struct outbox_value v = {
		.topic = buf_view(&a->topic),
		.path = u->path,
		.payload = u->value,
		.treatment = { .class = rule->class,
			       .qos = rule->qos,
			       .interval_ms = rule->interval_ms,
			       .content_type = rule->visibility == VISIBLE_CREW ? OWNER_MARK : NULL },
	};
	const struct outboxes *outboxes = a->t->cfg.outboxes;
	unsigned int r = u->value.len ? outboxes_set(outboxes, &v, a->now.mono) : outboxes_remove(outboxes, v.topic, a->now.mono);

	if (r & OUTBOX_FULL)
		skip(a, HEALTH_SKIP_FULL, u->path);
	if (!(r & OUTBOX_NEWS))
		return;
	count(a->t, HEALTH_CHANGES);
	if (rule->visibility == VISIBLE_PUBLIC)
		views_apply(a->t->cfg.views, &(struct view_change){ rule->views, v.topic, u->value, rule->class });
	if (rule->file)
		take_file(a->t, &(struct file_wish){ v.topic, u->value, rule->views }, a->now.mono);
}

/* The first update that concerns us after we have registered: the frame that it is in is the whole state. */
static void note_whole_state(struct arrival *a)
{
	if (!a->t->awaiting_state)
		return;
	a->t->awaiting_state = false;
	a->whole_state = true;
	outboxes_mark(a->t->cfg.outboxes);
	clocks_mark(&a->t->clocks);
}

static enum map_result map(struct arrival *a, const struct path *path, struct mapping *m)
{
	enum map_result r;

	buf_clear(&a->topic);
	r = schema_map(a->t->schema, path, &a->topic, m);
	return r == MAP_OK && a->topic.len > a->t->cfg.topic_max ? MAP_TOO_LONG : r;
}

static void take_mapped(struct arrival *a, const struct update *u, enum map_result mapped, const struct rule *rule)
{
	if (mapped == MAP_DROPPED)
		count(a->t, HEALTH_SKIP_DROPPED);
	else if (mapped)
		skip(a, HEALTH_SKIP_TOO_LONG, u->path);
	else if (u->bad)
		skip(a, HEALTH_SKIP_BAD_VALUE, u->path);
	else
		take_value(a, u, rule);
}

/* False: the update does not concern us. */
static bool take_update(struct arrival *a, const struct update *u)
{
	struct mapping m;
	struct path path;
	enum path_result parsed = path_parse(u->path, &path);
	enum map_result mapped;

	count(a->t, HEALTH_UPDATES);
	if (parsed) {
		skip(a, parsed == PATH_BAD_UTF8 ? HEALTH_SKIP_BAD_UTF8 : HEALTH_SKIP_BAD_PATH, u->path);
		return false;
	}
	mapped = map(a, &path, &m);
	if (m.list > a->t->cfg.list) {
		count(a->t, HEALTH_SKIP_UNREGISTERED);
		return false;
	}
	note_whole_state(a);
	take_mapped(a, u, mapped, m.rule);
	if (!u->bad)
		clocks_update(&a->t->clocks, a->t->schema, &path, u->value);
	return true;
}

/* --- clocks --- */

/* Puts a clock into the views that its rule names, unless the rule of its own path keeps it from viewers. */
static void apply_clock(struct arrival *a, const struct clock *c, enum clock_news news)
{
	BUF_CLEANUP struct buf value = { 0 };

	if (!c->key.p)
		return;
	if (news == CLOCK_NEWS)
		clock_write(c, &value);
	views_apply(a->t->cfg.views, &(struct view_change){ c->rule->views, c->key, buf_view(&value), CLASS_HIGH });
}

/* All updates of the frame were taken. */
static void end_frame(struct arrival *a)
{
	enum clock_news news;
	struct clock *c;

	while ((c = clocks_next(&a->t->clocks, a->now.wall_ms, &news)) != NULL)
		if (news != CLOCK_SAME)
			apply_clock(a, c, news);
	views_commit(a->t->cfg.views, a->now.mono);
	buf_free(&a->topic);
}

bool translator_expect_ticks(const struct translator *t)
{
	return clocks_running(&t->clocks);
}

/* --- a frame --- */

static void topic_gone(void *arg, struct str topic)
{
	struct translator *t = arg;

	views_apply(t->cfg.views, &(struct view_change){ .views = UINT32_MAX, .key = topic, .class = CLASS_HIGH });
	files_forget(&t->files, topic);
}

static void sweep(struct translator *t, mono now)
{
	size_t gone = outboxes_sweep(t->cfg.outboxes, now, topic_gone, t);

	health_count(t->cfg.warnings->health, HEALTH_CHANGES, (double)gone);
	effects_log(t->cfg.warnings->effects, LOG_LEVEL_INFO, "source", "state received  topics=%zu removed=%zu",
		    outboxes_topics(t->cfg.outboxes), gone);
}

static struct translator_result take_state(struct translator *t, struct frame *frame, struct moment now)
{
	struct arrival a = { .t = t, .now = now };
	struct update u;
	bool any = false;

	while (frame_next(frame, &u))
		any |= take_update(&a, &u);
	if (a.whole_state)
		sweep(t, now.mono);
	end_frame(&a);
	return (struct translator_result){ .verdict = any ? VERDICT_TAKEN : VERDICT_IGNORED, .whole_state = a.whole_state };
}

/* What is wrong with a message of the scoreboard, and whether we can still be sure of the state. */
struct fault {
	enum health_row row;
	const char *what, *resync_why; /* resync_why NULL: nothing was lost by it */
};

static struct translator_result refuse(struct translator *t, const struct fault *fault, mono now)
{
	warnings_add(t->cfg.warnings, fault->row, fault->what, now);
	return (struct translator_result){ .verdict = VERDICT_REFUSED, .resync_why = fault->resync_why };
}

static struct translator_result take_opened(struct translator *t, struct frame *frame, enum frame_result r, struct moment now)
{
	static const struct fault faults[FRAME_RESULT_COUNT] = {
		[FRAME_BAD_JSON] = { HEALTH_REFUSED_JSON, "frame refused: not valid JSON, cut off or nested too deep",
				     "a frame was not valid JSON" },
		[FRAME_TOO_MANY] = { HEALTH_REFUSED_TOO_LARGE,
				     "frame refused: too many values for the memory that one may take",
				     "a frame had too many values" },
		[FRAME_NO_STATE] = { HEALTH_REFUSED_NO_STATE, "frame refused: no \"state\" object in it", NULL },
	};

	if (r == FRAME_STATE)
		return take_state(t, frame, now);
	if (faults[r].what)
		return refuse(t, &faults[r], now.mono);
	if (r == FRAME_NOTICE)
		warnings_add(t->cfg.warnings, HEALTH_NOTICES, frame_notice(frame), now.mono);
	return (struct translator_result){ .verdict = VERDICT_IGNORED };
}

struct translator_result translator_take(struct translator *t, struct str bytes, struct moment now)
{
	struct frame frame;
	enum frame_result opened = frame_open(&frame, bytes);
	struct translator_result r = take_opened(t, &frame, opened, now);

	frame_close(&frame);
	return r;
}

struct translator_result translator_frame_lost(struct translator *t, enum frame_loss loss, mono now)
{
	static const struct fault faults[] = {
		[FRAME_LOSS_TOO_LARGE] = { HEALTH_REFUSED_TOO_LARGE, "frame refused: larger than max-frame-bytes",
					   "a frame was too large" },
		[FRAME_LOSS_BINARY] = { HEALTH_REFUSED_BINARY, "frame refused: binary, a scoreboard sends text",
					"a frame was binary" },
	};

	return refuse(t, &faults[loss], now);
}

/* --- the connection --- */

static const char *entry_to_register(const void *arg, size_t i)
{
	const struct translator *t = arg;

	for (size_t list = 0; list <= t->cfg.list; list++) {
		size_t n = 0;
		const char *entry;

		while ((entry = schema_entry(t->schema, (enum schema_list)list, n)) != NULL && n < i)
			n++;
		if (entry)
			return entry;
		i -= n;
	}
	return NULL;
}

void translator_write_register(const struct translator *t, struct buf *out)
{
	frame_write_register(out, entry_to_register, t);
}

void translator_expect_state(struct translator *t, bool expect)
{
	t->awaiting_state = expect;
}

/* --- the rules --- */

bool translator_start(struct translator *t, struct moment now)
{
	return views_make(t->cfg.views, t->schema, now);
}

struct remembered {
	char *path, *value;
	size_t path_len, value_len;
	struct remembered *next;
};

static void remember(void *arg, struct str topic, struct str path, struct str payload)
{
	struct remembered **list = arg;
	struct remembered *r = calloc(1, sizeof(*r));

	(void)topic;
	if (!r)
		return;
	*r = (struct remembered){ str_dup(path), str_dup(payload), path.len, payload.len, *list };
	*list = r;
}

static void take_remembered(struct arrival *a, const struct remembered *r)
{
	const struct update u = { { r->path, r->path_len }, { r->value, r->value_len }, false };

	if (r->path && r->value)
		take_update(a, &u);
}

static void take_all_remembered(struct arrival *a, struct remembered *list)
{
	struct remembered *next;

	for (; list; list = next) {
		next = list->next;
		take_remembered(a, list);
		free(list->path);
		free(list->value);
		free(list);
	}
}

bool translator_change_schema(struct translator *t, struct schema *schema, struct moment now)
{
	struct arrival a = { .t = t, .now = now };
	struct remembered *list = NULL;
	bool awaiting = t->awaiting_state, made;

	outbox_each(t->cfg.outboxes->list[0], remember, &list);
	outboxes_drop_all(t->cfg.outboxes);
	forget_rules(t);
	files_forget_all(&t->files);
	t->schema = schema;
	made = translator_start(t, now);
	t->awaiting_state = false; /* this is no whole state */
	take_all_remembered(&a, list);
	t->awaiting_state = awaiting;
	end_frame(&a);
	return made;
}
