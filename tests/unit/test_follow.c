/* follow - another publisher's feed, kept by the rules that all its clients keep. */
#include "publisher/core/bridge/follow.h"
#include "publisher/core/news/packer.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "follow";

#define PLENTY (1 << 24)

struct stage {
	struct effects effects;
	struct health health;
	struct warnings warnings;
	struct follow f;
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	effects_init(&t->effects, "p");
	health_init(&t->health);
	warnings_init(&t->warnings, &t->effects, &t->health);
	follow_init(&t->f, &t->health, &t->warnings, PLENTY);
	return t;
}

static void stage_free(struct stage *t)
{
	follow_free(&t->f);
	follow_free(&t->f);
	effects_free(&t->effects);
	free(t);
}

static bool hear_topic(struct stage *t, const char *topic, const char *payload)
{
	return follow_message(&t->f, str_of(topic), str_of(payload), (mono){ 0 });
}

static bool hear(struct stage *t, const char *what, const char *payload)
{
	char topic[64];

	snprintf(topic, sizeof(topic), "feed/v/%s", what);
	return hear_topic(t, topic, payload);
}

static void check_followed(struct stage *t, const char *state, int line)
{
	const struct feed *f = follow_find(&t->f, STR("v"));
	BUF_CLEANUP struct buf out = { 0 };

	if (f)
		feed_write_state(f, &out);
	if (strcmp(buf_view(&out).p, state) != 0)
		printf("\n    line %d\n", line);
	CHECK_STR(buf_view(&out).p, state);
}

#define FOLLOWED(t, state) check_followed(t, state, __LINE__)

static void a_feed_is_followed_by_its_own_rules(void)
{
	struct stage *t = stage_new();

	hear(t, "recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":6,\"ts\":2,\"set\":{\"b\":2},\"del\":[\"c\"]}");
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"b\":2},\"del\":[\"c\"]}");
	hear(t, "snapshot", "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1,\"b\":1,\"c\":1}}");
	FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"state\":{\"a\":1,\"b\":2}");
	/* old ones, repeats and rubbish change nothing */
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"a\":9}}");
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":4,\"ts\":2,\"set\":{\"a\":9}}");
	hear(t, "delta", "{\"epoch\":\"other\",\"seq\":7,\"ts\":2,\"set\":{\"a\":9}}");
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":9,\"ts\":2,\"set\":{\"a\":9}}");
	hear(t, "delta", "rubbish");
	hear(t, "delta", "{\"seq\":7}");
	hear(t, "snapshot", "");
	hear(t, "nonsense", "{\"epoch\":\"e\",\"seq\":7,\"ts\":2,\"set\":{\"a\":9}}");
	FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"state\":{\"a\":1,\"b\":2}");
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":7,\"ts\":3,\"set\":{\"c\":7}}");
	FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":7,\"ts\":3,\"state\":{\"a\":1,\"b\":2,\"c\":7}");
	stage_free(t);
}

/* A heartbeat has the number of the delta before it: who missed that one must not take it for the delta. */
static void a_heartbeat_is_not_taken_for_the_delta_that_was_lost(void)
{
	struct stage *t = stage_new();

	hear(t, "snapshot", "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}");
	hear(t, "recent", "{\"epoch\":\"e\",\"base\":1,\"seq\":1,\"ts\":1}");
	hear(t, "recent", "{\"epoch\":\"e\",\"base\":1,\"seq\":2,\"ts\":2,\"set\":{\"a\":2}}");
	hear(t, "delta", "{\"epoch\":\"e\",\"seq\":2,\"ts\":12000}");
	FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":2,\"ts\":2,\"state\":{\"a\":2}");
	stage_free(t);
}

/* The truth by number: what feed_write_state() of the publisher said. */
static void hear_flush(struct stage *t, struct feed *f, enum feed_news news, struct rng *r)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (news == FEED_RENEWED) {
		buf_str(&text, feed_snapshot(f));
		hear(t, "snapshot", text.p);
	}
	buf_clear(&text);
	buf_str(&text, feed_recent(f));
	if (news != FEED_HEARTBEAT)
		hear(t, "recent", text.p);
	buf_clear(&text);
	buf_str(&text, feed_delta(f));
	if (rng_chance(r, 70))
		hear(t, "delta", text.p);
}

/* As "k1=2 k5=1 ", in the order of the keys, whatever that of the feed. */
static void list_state(const struct feed *f, struct buf *out)
{
	BUF_CLEANUP struct buf text = { 0 };

	feed_write_state(f, &text);
	for (int k = 0; k < 10; k++) {
		char key[16];
		const char *at_key;

		snprintf(key, sizeof(key), "\"k%d\":", k);
		at_key = strstr(text.p, key);
		if (at_key)
			buf_printf(out, "k%d=%c ", k, at_key[strlen(key)]);
	}
}

static void a_follower_that_loses_deltas_is_never_wrong(void)
{
	static char truth[3000][100];
	struct stage *t = stage_new();
	struct feed *f = feed_new("v", "e", 1 << 20);
	struct rng r = { 17 };
	int64_t ms = 0;

	while (feed_seq(f) < 2000) {
		BUF_CLEANUP struct buf now_true = { 0 };
		BUF_CLEANUP struct buf followed = { 0 };
		char key[16];
		const char *value = (const char *[]){ "1", "2", "3" }[rng_below(&r, 3)];
		enum feed_news news;

		ms += rng_chance(&r, 10) ? 11000 : 50;
		snprintf(key, sizeof(key), "k%u", rng_below(&r, 10));
		if (rng_chance(&r, 30))
			feed_remove(f, str_of(key), CLASS_HIGH);
		else if (rng_chance(&r, 90))
			CU_ASSERT(feed_set(f, str_of(key), str_of(value), CLASS_HIGH));
		feed_commit(f, (mono){ ms });
		news = feed_flush(f, (mono){ ms }, ms);
		if (news == FEED_NOTHING)
			continue;
		list_state(f, &now_true);
		snprintf(truth[feed_seq(f)], sizeof(truth[0]), "%s", buf_view(&now_true).p);
		hear_flush(t, f, news, &r);
		list_state(follow_find(&t->f, STR("v")), &followed);
		if (strcmp(buf_view(&followed).p, truth[feed_seq(follow_find(&t->f, STR("v")))]) != 0) {
			CHECK_STR(followed.p, truth[feed_seq(follow_find(&t->f, STR("v")))]);
			break;
		}
		/* and never more than the one delta behind whose `recent` it has */
		CU_ASSERT_FATAL(feed_seq(follow_find(&t->f, STR("v"))) + 1 >= feed_seq(f));
	}
	CU_ASSERT(feed_seq(f) >= 2000);
	feed_free(f);
	stage_free(t);
}

static void what_is_known_is_said(void)
{
	struct stage *t = stage_new();

	CU_ASSERT_FALSE(hear(t, "snapshot", "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}"));
	CU_ASSERT(hear(t, "recent", "{\"epoch\":\"e\",\"base\":1,\"seq\":1,\"ts\":1}"));
	CU_ASSERT(hear(t, "delta", "{\"epoch\":\"e\",\"seq\":2,\"ts\":2,\"set\":{\"a\":2}}"));
	CU_ASSERT(hear(t, "delta", "{\"epoch\":\"e\",\"seq\":2,\"ts\":3}"));                         /* a heartbeat */
	CU_ASSERT_FALSE(hear(t, "delta", "{\"epoch\":\"e\",\"seq\":4,\"ts\":4,\"set\":{\"a\":4}}")); /* a gap */
	CU_ASSERT_FALSE(hear(t, "delta", "rubbish"));
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 1);
	CHECK_INT(t->health.values[HEALTH_CHANGES], 2);
	CHECK_INT(t->health.values[HEALTH_UPDATES], 2);
	stage_free(t);
}

static void a_topic_that_is_no_feed_s_is_ignored(void)
{
	static const char *const topics[] = { "team/1/score", "feed", "feed/v", "crew/feed/v/delta", "x/status", "" };
	struct stage *t = stage_new();

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		CU_ASSERT_FALSE(hear_topic(t, topics[i], "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}"));
	CU_ASSERT(follow_find(&t->f, STR("v")) == NULL);
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 0);
	stage_free(t);
}

static void no_more_views_are_followed_than_a_schema_may_have(void)
{
	struct stage *t = stage_new();
	char topic[64];

	for (int i = 0; i < SCHEMA_MAX_VIEWS + 2; i++) {
		snprintf(topic, sizeof(topic), "feed/v%d/snapshot", i);
		hear_topic(t, topic, "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}");
	}
	CU_ASSERT(follow_find(&t->f, STR("v7")) != NULL);
	CU_ASSERT(follow_find(&t->f, STR("v8")) == NULL);
	stage_free(t);
}

/* Two long names that begin alike are two views; what no schema may call a view is refused. */
static void a_name_that_is_too_long_is_refused_with_a_word(void)
{
	struct stage *t = stage_new();
	char name[SCHEMA_MAX_VIEW_NAME + 2], topic[100];
	struct effect fx;

	for (size_t len = SCHEMA_MAX_VIEW_NAME - 1; len <= SCHEMA_MAX_VIEW_NAME + 1; len++) {
		bool fits = len <= SCHEMA_MAX_VIEW_NAME;

		memset(name, 'n', len);
		name[len] = '\0';
		snprintf(topic, sizeof(topic), "feed/%s/snapshot", name);
		hear_topic(t, topic, "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}");
		CHECK_INT(follow_find(&t->f, str_of(name)) != NULL, fits);
		CHECK_INT(t->health.values[HEALTH_REFUSED_TOO_LARGE], !fits);
	}
	CHECK_INT(t->f.n, 2);
	CU_ASSERT_FATAL(effects_next(&t->effects, &fx));
	CU_ASSERT(str_starts(fx.text, STR("frame refused: its view has a name of more than 64 bytes")));
	stage_free(t);
}

static void the_publisher_s_status_is_kept_as_one_line(void)
{
	struct stage *t = stage_new();

	CHECK_INT(follow_status(&t->f).len, 0);
	CU_ASSERT_FALSE(hear_topic(t, "status", "{ \"state\":\n\"live\" }"));
	CU_ASSERT(str_is(follow_status(&t->f), "{\"state\":\"live\"}"));
	CU_ASSERT_FALSE(hear_topic(t, "status", ""));
	CHECK_INT(follow_status(&t->f).len, 0);
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 0);
	CU_ASSERT_FALSE(hear_topic(t, "status", "[1]"));
	CHECK_INT(follow_status(&t->f).len, 0);
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 1);
	stage_free(t);
}

/* One message of the packed feed, as a publisher makes it. */
static bool hear_packed(struct stage *t, const char *what, const struct buf *message)
{
	char topic[64];

	CU_ASSERT_FATAL(!message->failed);
	snprintf(topic, sizeof(topic), "feed/v/%s", what);
	return follow_message(&t->f, str_of(topic), buf_view(message), (mono){ 0 });
}

#define SNAPSHOT_5 "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1,\"b\":1}}"
#define RECENT_5 "{\"epoch\":\"e\",\"base\":5,\"seq\":5,\"ts\":1}"

/* A broker gives out what it retains in any order, and `recent` can't be read before its base. */
static void a_packed_feed_is_followed_whatever_comes_first(void)
{
	for (int recent_first = 0; recent_first < 2; recent_first++) {
		struct stage *t = stage_new();
		struct packer *p = packer_new();
		BUF_CLEANUP struct buf base = { 0 };
		BUF_CLEANUP struct buf recent = { 0 };
		BUF_CLEANUP struct buf delta = { 0 };
		BUF_CLEANUP struct buf none = { 0 };

		CU_ASSERT_FATAL(p != NULL);
		packer_base(p, STR(SNAPSHOT_5), &base, &none);
		packer_text(p, STR(RECENT_5), &recent);
		if (recent_first)
			CU_ASSERT_FALSE(hear_packed(t, "z/recent", &recent));
		CHECK_INT(hear_packed(t, "z/base", &base), recent_first);
		if (!recent_first)
			CU_ASSERT(hear_packed(t, "z/recent", &recent));
		FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1,\"b\":1}");
		packer_text(p, STR("{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"b\":2}}"), &delta);
		CU_ASSERT(hear_packed(t, "z", &delta));
		FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"state\":{\"a\":1,\"b\":2}");
		CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 0);
		packer_free(p);
		stage_free(t);
	}
}

/* It was packed with a dictionary that we do not have: then it is missed, and no more. */
static void what_can_t_be_unpacked_changes_nothing(void)
{
	struct stage *t = stage_new();
	struct packer *p = packer_new(), *other = packer_new();
	BUF_CLEANUP struct buf message = { 0 };
	BUF_CLEANUP struct buf dictionary = { 0 };

	CU_ASSERT_FATAL(p && other);
	packer_base(p, STR(SNAPSHOT_5), &message, &dictionary);
	hear_packed(t, "z/base", &message);
	packer_text(p, STR(RECENT_5), &message);
	CU_ASSERT(hear_packed(t, "z/recent", &message));
	packer_base(other, STR("{\"epoch\":\"x\",\"seq\":5,\"ts\":1,\"state\":{\"a\":9}}"), &message, &dictionary);
	packer_text(other, STR("{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"b\":9}}"), &message);
	CU_ASSERT_FALSE(hear_packed(t, "z", &message));
	/* a dictionary alone is no message, and what is damaged is counted */
	message.p[0] = PACKED_DICTIONARY;
	CU_ASSERT_FALSE(hear_packed(t, "z", &message));
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 0);
	message.p[0] = 9;
	CU_ASSERT_FALSE(hear_packed(t, "z", &message));
	CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 1);
	FOLLOWED(t, "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1,\"b\":1}");
	packer_free(p);
	packer_free(other);
	stage_free(t);
}

static void which_views_are_only_json_is_found_anew(void)
{
	struct stage *t = stage_new();
	struct packer *p = packer_new();
	BUF_CLEANUP struct buf base = { 0 };
	BUF_CLEANUP struct buf none = { 0 };

	CU_ASSERT_FATAL(p != NULL);
	packer_base(p, STR(SNAPSHOT_5), &base, &none);
	CU_ASSERT_PTR_NULL(follow_json_view(&t->f, 0));
	hear_topic(t, "feed/u/snapshot", SNAPSHOT_5);
	hear_packed(t, "z/base", &base);
	hear(t, "snapshot", SNAPSHOT_5); /* as well */
	hear_topic(t, "feed/w/snapshot", SNAPSHOT_5);
	CHECK_STR(follow_json_view(&t->f, 0), "u");
	CHECK_STR(follow_json_view(&t->f, 1), "w");
	CU_ASSERT_PTR_NULL(follow_json_view(&t->f, 2));
	follow_look(&t->f);
	CHECK_STR(follow_json_view(&t->f, 1), "v");
	hear_packed(t, "z/base", &base);
	CHECK_STR(follow_json_view(&t->f, 1), "w");
	packer_free(p);
	stage_free(t);
}

/* Packed, 30 kB can hold a text whose tree would take nine hundred megabytes. */
static void a_text_that_would_take_too_much_is_not_read(void)
{
	static const size_t pairs[] = { 1000000, 5000000 }; /* the second text is too long, the first has too many values */

	for (size_t k = 0; k < 2; k++) {
		struct stage *t = stage_new();
		struct packer *p = packer_new();
		BUF_CLEANUP struct buf text = { 0 };
		BUF_CLEANUP struct buf base = { 0 };
		BUF_CLEANUP struct buf none = { 0 };

		CU_ASSERT_FATAL(p != NULL);
		buf_puts(&text, "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"x\":[[]");
		for (size_t i = 0; i < pairs[k]; i++)
			buf_puts(&text, ",[]");
		buf_puts(&text, "],\"state\":{}}");
		packer_base(p, buf_view(&text), &base, &none);
		CU_ASSERT_FALSE(base.failed);
		CU_ASSERT(base.len < 100000);
		CU_ASSERT_FALSE(follow_message(&t->f, STR("feed/v/z/base"), buf_view(&base), (mono){ 0 }));
		CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 1);
		CHECK_INT(t->f.list[0].snapshot.len, 0);
		packer_free(p);
		stage_free(t);
	}
}

static void an_epoch_is_letters_digits_hyphen_and_underscore(void)
{
	static const char *const bad[] = { "", "e e", "e\\n", "e:1", "\xC3\xA4" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct stage *t = stage_new();
		char text[100];

		snprintf(text, sizeof(text), "{\"epoch\":\"%s\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}", bad[i]);
		CU_ASSERT_FALSE(hear(t, "snapshot", text));
		CHECK_INT(t->health.values[HEALTH_REFUSED_JSON], 1);
		stage_free(t);
	}
}

static void what_does_not_fit_into_the_view_is_counted(void)
{
	struct stage *t = stage_new();

	t->f.max_bytes = 300;
	hear(t, "snapshot", "{\"epoch\":\"e-1_A\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}}");
	hear(t, "recent", "{\"epoch\":\"e-1_A\",\"base\":1,\"seq\":1,\"ts\":1}");
	CHECK_INT(t->health.values[HEALTH_UPDATES], 6);
	CU_ASSERT(t->health.values[HEALTH_SKIP_FULL] > 0);
	CU_ASSERT(t->health.values[HEALTH_SKIP_FULL] < 6);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(a_feed_is_followed_by_its_own_rules),
	UNIT(a_heartbeat_is_not_taken_for_the_delta_that_was_lost),
	UNIT(a_follower_that_loses_deltas_is_never_wrong),
	UNIT(what_is_known_is_said),
	UNIT(a_topic_that_is_no_feed_s_is_ignored),
	UNIT(no_more_views_are_followed_than_a_schema_may_have),
	UNIT(a_name_that_is_too_long_is_refused_with_a_word),
	UNIT(the_publisher_s_status_is_kept_as_one_line),
	UNIT(a_text_that_would_take_too_much_is_not_read),
	UNIT(an_epoch_is_letters_digits_hyphen_and_underscore),
	UNIT(what_does_not_fit_into_the_view_is_counted),
	UNIT(a_packed_feed_is_followed_whatever_comes_first),
	UNIT(what_can_t_be_unpacked_changes_nothing),
	UNIT(which_views_are_only_json_is_found_anew),
	{ NULL, NULL },
};
