/* bridge - the packed feed through whole games, cuts, restarts and new rules: what it says is what the JSON feed says. */
#include "base/topic.h"
#include "publisher/core/news/unpacker.h"
#include "tests/unit/fixture.h"
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "bridge_packed";

#define VIEWS 2
#define TEXTS_MAX 64
#define PLENTY (1 << 22)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum what {
	SNAPSHOT,
	RECENT,
	DELTA,
	WHAT_COUNT
};

static const char *const view_names[VIEWS] = { "spectator", "overlay" };

/* One of the three topics of one view. */
struct topic_log {
	char *json[TEXTS_MAX], *packed[TEXTS_MAX]; /* texts since the last comparison */
	size_t n_json, n_packed;
};

/* Two viewers of each view, one who takes the packed feed and is always subscribed to all of it; and one who joins now and then, by the
 * base alone, as a page does. */
struct crowd {
	struct topic_log log[VIEWS][WHAT_COUNT];
	struct unpacker stays[VIEWS], joins[VIEWS];
	char *base[VIEWS]; /* as the broker has it */
	size_t base_len[VIEWS];
	size_t compared, dictionaries, unknown;
	bool is_cut_off;                                   /* the publisher has lost the broker */
	bool is_stale[VIEWS];                              /* the base is that of a publisher that has gone, or of other rules */
	bool stays_may_miss[VIEWS], joins_may_miss[VIEWS]; /* something was lost since he took a base */
};

struct stage {
	struct shell *sh;
	struct crowd crowd;
	struct rng r;
	size_t cuts, restarts, reloads;
	int64_t ms;
};

static struct schema *rules(void)
{
	BUF_CLEANUP struct buf text = { 0 };

	CU_ASSERT_FATAL(fixture_read("schema/crg.json", &text));
	return schema_of(buf_view(&text));
}

static void note(char **list, size_t *n, struct str text)
{
	CU_ASSERT_FATAL(*n < TEXTS_MAX);
	list[(*n)++] = str_dup(text);
}

static void take_packed(struct crowd *c, size_t view, enum what what, struct str payload)
{
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct topic_log *log = &c->log[view][what];
	/* The first delta of a run is packed without a dictionary: who is there already has the base, or lacks it anyway. */
	bool is_first = payload.len > PACKED_HEAD && memcmp(payload.p, "\1\0\0\0\0", PACKED_HEAD) == 0;
	enum unpacked r = unpacker_take(&c->stays[view], payload, &text);

	if (what == SNAPSHOT) {
		free(c->base[view]);
		c->base[view] = str_dup(payload);
		c->base_len[view] = payload.len;
		c->stays_may_miss[view] = c->is_stale[view] = false;
	}
	c->dictionaries += r == UNPACKED_NOTHING;
	c->unknown += r == UNPACKED_UNKNOWN;
	CU_ASSERT(r != UNPACKED_BAD);
	CU_ASSERT(r != UNPACKED_UNKNOWN || is_first || c->stays_may_miss[view]);
	if (r == UNPACKED_TEXT)
		note(log->packed, &log->n_packed, buf_view(&text));
	/* a page reads base and recent only while it joins */
	if (what == DELTA && c->joins[view].dictionary.text.len) {
		r = unpacker_take(&c->joins[view], payload, &again);
		if (r == UNPACKED_TEXT)
			CU_ASSERT(str_eq(buf_view(&again), buf_view(&text)));
		CU_ASSERT(r == UNPACKED_NOTHING || r == UNPACKED_TEXT || is_first || c->joins_may_miss[view]);
	}
}

static void take_publish(struct crowd *c, struct str topic, struct str payload)
{
	static const char *const levels[2][WHAT_COUNT] = { { "snapshot", "recent", "delta" }, { "z/base", "z/recent", "z" } };

	for (size_t i = 0; i < VIEWS * 2 * WHAT_COUNT; i++) {
		size_t view = i / (2 * WHAT_COUNT), packed = i / WHAT_COUNT % 2, what = i % WHAT_COUNT;
		struct topic_log *log = &c->log[view][what];
		char name[64];

		snprintf(name, sizeof(name), "p/feed/%s/%s", view_names[view], levels[packed][what]);
		if (!str_is(topic, name) || !payload.len)
			continue;
		if (packed)
			take_packed(c, view, (enum what)what, payload);
		else
			note(log->json, &log->n_json, payload);
	}
}

static void forget_texts(struct topic_log *log)
{
	for (size_t i = 0; i < log->n_json; i++)
		free(log->json[i]);
	for (size_t i = 0; i < log->n_packed; i++)
		free(log->packed[i]);
	log->n_json = log->n_packed = 0;
}

/* Both encodings of a topic leave in the same round: the same texts in the same order. Nothing else is allowed but that some could not be
 * read after a cut. */
static void compare(struct crowd *c)
{
	for (size_t i = 0; i < VIEWS * WHAT_COUNT; i++) {
		struct topic_log *log = &c->log[i / WHAT_COUNT][i % WHAT_COUNT];

		for (size_t k = 0; k < log->n_packed; k++) {
			size_t behind = log->n_packed - k;

			CU_ASSERT_FATAL(behind <= log->n_json);
			if (strcmp(log->packed[k], log->json[log->n_json - behind]))
				CHECK_STR(log->packed[k], log->json[log->n_json - behind]);
		}
		c->compared += log->n_packed;
		forget_texts(log);
	}
}

static void serve(struct stage *t)
{
	struct effect fx;

	while (bridge_next_effect(t->sh->b, t->sh->now, &fx)) {
		if (fx.type == FX_SINK_DIAL) {
			t->crowd.is_cut_off = false;
			sink_up(t->sh);
		} else if (fx.type == FX_SINK_SUBSCRIBE) {
			bridge_sink_subscribed(bridge_sink(t->sh->b, 0), false, t->sh->now);
		} else if (fx.type == FX_SOURCE_DIAL) {
			bridge_source_up(t->sh->b, t->sh->now);
		} else if (fx.type == FX_SINK_PUBLISH) {
			size_t token = fx.token;

			take_publish(&t->crowd, fx.topic, fx.text);
			bridge_sink_acked(bridge_sink(t->sh->b, 0), token, t->sh->now);
		}
	}
	compare(&t->crowd);
}

static void start(struct stage *t)
{
	struct bridge_config cfg = shell_config();

	cfg.source.ping_every_ms = 0;
	t->sh = shell_with(&cfg, rules());
	at(t->sh, t->ms);
	bridge_start(t->sh->b, t->sh->now);
	serve(t);
}

/* A page that opens: it takes the retained base, and the deltas from then on. */
static void join(struct crowd *c)
{
	for (size_t i = 0; i < VIEWS; i++) {
		BUF_CLEANUP struct buf text = { 0 };

		unpacker_free(&c->joins[i]);
		unpacker_init(&c->joins[i], PLENTY);
		c->joins_may_miss[i] = c->is_cut_off || c->is_stale[i];
		if (c->base[i])
			CHECK_INT(unpacker_take(&c->joins[i], (struct str){ c->base[i], c->base_len[i] }, &text), UNPACKED_TEXT);
	}
}

static void lose(struct crowd *c, bool begins_anew)
{
	c->is_cut_off |= !begins_anew;
	for (size_t i = 0; i < VIEWS; i++) {
		c->stays_may_miss[i] = c->joins_may_miss[i] = true;
		c->is_stale[i] |= begins_anew;
	}
}

static void something_happens(struct stage *t)
{
	if (rng_chance(&t->r, 10)) {
		t->cuts++;
		lose(&t->crowd, false);
		sink_lost(t->sh);
	}
	if (rng_chance(&t->r, 1)) {
		t->reloads++;
		lose(&t->crowd, true);
		bridge_reload(t->sh->b, rules(), NULL, t->sh->now);
	}
	if (rng_chance(&t->r, 1)) {
		t->restarts++;
		lose(&t->crowd, true);
		shell_free(t->sh);
		start(t);
	}
	if (rng_chance(&t->r, 10))
		join(&t->crowd);
}

static void play_frame(void *arg, struct str bytes, int64_t at_ms)
{
	struct stage *t = arg;

	t->ms = at_ms;
	while (bridge_deadline(t->sh->b).ms <= t->ms) {
		if (bridge_deadline(t->sh->b).ms > t->sh->now.mono.ms)
			at(t->sh, bridge_deadline(t->sh->b).ms);
		bridge_tick(t->sh->b, t->sh->now);
		serve(t);
	}
	at(t->sh, t->ms);
	(void)bridge_source_frame(t->sh->b, bytes, t->sh->now);
	serve(t);
	something_happens(t);
}

static void crowd_free(struct crowd *c)
{
	for (size_t i = 0; i < VIEWS; i++) {
		unpacker_free(&c->stays[i]);
		unpacker_free(&c->joins[i]);
		free(c->base[i]);
	}
}

static void the_packed_feed_says_what_the_json_feed_says(void)
{
	size_t cuts = 0, compared = 0, dictionaries = 0;
	const char *recording;

	for (uint64_t seed = 1; seed <= 16; seed++) {
		for (size_t i = 0; (recording = fixture_recording(i)) != NULL; i++) {
			struct stage *t = calloc(1, sizeof(*t));

			t->r.state = seed * 977;
			for (size_t v = 0; v < VIEWS; v++)
				unpacker_init(&t->crowd.stays[v], PLENTY);
			start(t);
			CU_ASSERT(fixture_frames(recording, play_frame, t) > 300);
			cuts += t->cuts + t->restarts + t->reloads;
			compared += t->crowd.compared;
			dictionaries += t->crowd.dictionaries;
			crowd_free(&t->crowd);
			shell_free(t->sh);
			free(t);
		}
	}
	CU_ASSERT(cuts >= 1000);
	CU_ASSERT(compared > 10000);
	printf("%zu cuts, %zu texts compared, %zu without a text\n", cuts, compared, dictionaries);
}

const struct unit_test unit_tests[] = {
	UNIT(the_packed_feed_says_what_the_json_feed_says),
	{ NULL, NULL },
};
