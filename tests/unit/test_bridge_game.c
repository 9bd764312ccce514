/* bridge - a whole game, with a broker that comes and goes: in the end it holds what the scoreboard says, and nothing else. */
#include "base/topic.h"
#include "tests/unit/fixture.h"
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "bridge_game";

#define HELD_MAX 4096

/* A broker that is nothing but what it retains. */
struct broker {
	struct {
		char *topic, *payload; /* payload NULL: none */
	} held[HELD_MAX];
	size_t n;
	bool up, subscribed;
};

static void broker_keep(struct broker *k, struct str topic, struct str payload)
{
	size_t i = 0;

	while (i < k->n && !str_is(topic, k->held[i].topic))
		i++;
	if (i == k->n) {
		CU_ASSERT_FATAL(k->n < HELD_MAX);
		k->held[k->n++].topic = str_dup(topic);
	}
	free(k->held[i].payload);
	k->held[i].payload = payload.len ? str_dup(payload) : NULL;
}

static const char *broker_has(const struct broker *k, const char *topic)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->held[i].topic, topic) == 0)
			return k->held[i].payload;
	return NULL;
}

static void broker_free(struct broker *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->held[i].topic);
		free(k->held[i].payload);
	}
	free(k);
}

static void broker_subscribe(struct broker *k, struct shell *sh)
{
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	for (size_t i = 0; i < k->n; i++)
		if (k->held[i].payload)
			broker_holds(sh, k->held[i].topic, k->held[i].payload);
}

static void broker_publish(struct broker *k, struct shell *sh, const struct effect *fx)
{
	char *topic = str_dup(fx->topic), *payload = str_dup(fx->text);
	size_t len = fx->text.len, token = fx->token;
	bool retain = fx->retain;

	CU_ASSERT_FATAL(topic_name_valid(str_of(topic)));
	if (retain)
		broker_keep(k, str_of(topic), (struct str){ payload, len });
	if (k->subscribed)
		bridge_sink_message(sink_of(sh), &(struct bridge_message){ str_of(topic), { payload, len }, .content_type = "" }, sh->now);
	bridge_sink_acked(sink_of(sh), token, sh->now);
	free(topic);
	free(payload);
}

/* Does what a shell with a quick broker would do. */
static void serve(struct broker *k, struct shell *sh)
{
	struct effect fx;

	while (bridge_next_effect(sh->b, sh->now, &fx)) {
		if (fx.type == FX_SINK_DIAL) {
			k->up = true;
			sink_up(sh);
		} else if (fx.type == FX_SINK_SUBSCRIBE) {
			k->subscribed = true;
			broker_subscribe(k, sh);
		} else if (fx.type == FX_SINK_UNSUBSCRIBE) {
			k->subscribed = false;
		} else if (fx.type == FX_SINK_PUBLISH) {
			broker_publish(k, sh, &fx);
		} else if (fx.type == FX_SOURCE_DIAL) {
			bridge_source_up(sh->b, sh->now);
		}
	}
}

struct game {
	struct shell *sh;
	struct broker *broker, *truth; /* truth: by path */
	struct rng r;
	size_t frames, faults, ready;
};

static void note_truth(struct broker *truth, struct str bytes)
{
	struct frame f;
	struct update u;

	CU_ASSERT_FATAL(frame_open(&f, bytes) <= FRAME_PONG);
	while (frame_next(&f, &u))
		broker_keep(truth, u.path, u.value);
	frame_close(&f);
}

static const char *truth_of(const struct game *g, const char *path)
{
	const char *value = broker_has(g->truth, path);

	return value ? value : "";
}

/* The texts for displays say what the scoreboard does. */
static void check_texts(const struct game *g)
{
	char score[40], phase[40];
	const char *said;

	snprintf(score, sizeof(score), "%s:%s", truth_of(g, "ScoreBoard.CurrentGame.Team(1).Score"),
		 truth_of(g, "ScoreBoard.CurrentGame.Team(2).Score"));
	CHECK_STR(broker_has(g->broker, "p/display/score"), score);
	said = broker_has(g->broker, "p/display/phase");
	snprintf(phase, sizeof(phase), "Jam %s", truth_of(g, "ScoreBoard.CurrentGame.Clock(Jam).Number"));
	if (strcmp(truth_of(g, "ScoreBoard.CurrentGame.InJam"), "true") == 0)
		CHECK_STR(said, phase);
	else
		CU_ASSERT(said && strncmp(said, "Jam", 3) != 0);
}

static void play_frame(void *arg, struct str bytes, int64_t at_ms)
{
	struct game *g = arg;

	g->frames++;
	note_truth(g->truth, bytes);
	at(g->sh, at_ms);
	(void)bridge_source_frame(g->sh->b, bytes, g->sh->now);
	if (g->broker->up && rng_chance(&g->r, 5)) {
		g->faults++;
		g->broker->up = g->broker->subscribed = false;
		sink_lost(g->sh);
		broker_keep(g->broker, STR("p/left/over"), STR("1"));
		broker_keep(g->broker, STR("p/team/1/score"), rng_chance(&g->r, 50) ? STR("4711") : STR(""));
	}
	bridge_tick(g->sh->b, g->sh->now);
	serve(g->broker, g->sh);
	if (bridge_ready(g->sh->b)) {
		g->ready++;
		check_texts(g);
	}
}

/* The tree that the schema makes of the truth, and nothing else but what is our own. */
static void check_tree(const struct game *g, const struct schema *s)
{
	size_t expected = 0, held = 0;

	for (size_t i = 0; i < g->truth->n; i++) {
		BUF_CLEANUP struct buf topic = { 0 };
		struct mapping m;
		struct path path;

		buf_puts(&topic, "p/");
		if (!g->truth->held[i].payload || path_parse(str_of(g->truth->held[i].topic), &path) ||
		    !schema_covers(s, LIST_LIVE, &path) || schema_map(s, &path, &topic, &m) != MAP_OK)
			continue;
		expected++;
		/* the shortened name keeps the message readable */
		if (!broker_has(g->broker, topic.p) || strcmp(broker_has(g->broker, topic.p), g->truth->held[i].payload))
			CHECK_STR(topic.p, "as the scoreboard says");
	}
	for (size_t i = 0; i < g->broker->n; i++)
		held += g->broker->held[i].payload && strncmp(g->broker->held[i].topic, "p/feed/", 7) != 0 &&
			strncmp(g->broker->held[i].topic, "p/display/", 10) != 0 && strcmp(g->broker->held[i].topic, "p/status") != 0;
	CHECK_INT(held, expected);
	CU_ASSERT(expected > 100);
}

static struct schema *load_file(const char *file)
{
	BUF_CLEANUP struct buf text = { 0 };

	CU_ASSERT_FATAL(fixture_read(file, &text));
	return schema_of(buf_view(&text));
}

static void a_whole_game_ends_as_the_scoreboard_says_whatever_the_broker_does(void)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct bridge_config cfg = shell_config();
		struct schema *s = load_file("schema/crg.json");
		struct game g = { .broker = calloc(1, sizeof(struct broker)), .truth = calloc(1, sizeof(struct broker)), .r = { seed } };

		cfg.source.ping_every_ms = 0;
		g.sh = shell_with(&cfg, load_file("schema/crg.json"));
		bridge_start(g.sh->b, g.sh->now);
		serve(g.broker, g.sh);
		CU_ASSERT(fixture_frames(fixture_recording(0), play_frame, &g) > 300);
		for (int i = 0; i < 100 && !bridge_ready(g.sh->b); i++) {
			at(g.sh, bridge_deadline(g.sh->b).ms);
			bridge_tick(g.sh->b, g.sh->now);
			serve(g.broker, g.sh);
		}
		CU_ASSERT(bridge_ready(g.sh->b));
		CU_ASSERT(g.faults > 5 && g.ready > 100);
		check_texts(&g);
		check_tree(&g, s);
		schema_free(s);
		broker_free(g.broker);
		broker_free(g.truth);
		shell_free(g.sh);
	}
}

static void a_tournament_is_mirrored_like_any_game(void)
{
	struct bridge_config cfg = shell_config();
	struct broker *k = calloc(1, sizeof(*k));
	struct shell *sh = shell_with(&cfg, load_file("schema/tournament.json"));

	bridge_start(sh->b, sh->now);
	serve(k, sh);
	frame(sh, "{\"state\":{\"Tournament.Name\":\"Open\",\"Tournament.Match(1).Side(Home).Points\":0,"
		  "\"Tournament.Match(1).Timer.Milliseconds\":0,\"Tournament.Match(1).Timer.Started\":true,"
		  "\"Tournament.Match(1).Timer.CountsDown\":false,\"Tournament.Team(Red).Player(9).Address.City\":\"X\"}}");
	serve(k, sh);
	frame(sh, "{\"state\":{\"Tournament.Match(1).Side(Home).Points\":2}}");
	serve(k, sh);
	CHECK_STR(broker_has(k, "p/points/1/home"), "2");
	CHECK_STR(broker_has(k, "p/tournament/name"), "\"Open\"");
	CHECK_STR(broker_has(k, "p/match/1/timer.started"), "true");
	CU_ASSERT(broker_has(k, "p/feed/hall/recent") != NULL);
	CU_ASSERT(strstr(broker_has(k, "p/feed/results/snapshot"), "\"points/1/home\":2") != NULL);
	CU_ASSERT(strstr(broker_has(k, "p/feed/hall/snapshot"),
			 "\"match/1/timer\":{\"time\":0,\"running\":true,\"direction\":\"up\",\"at\":1000}") != NULL);
	for (size_t i = 0; i < k->n; i++)
		CU_ASSERT(!strstr(k->held[i].topic, "address"));
	broker_free(k);
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(a_whole_game_ends_as_the_scoreboard_says_whatever_the_broker_does),
	UNIT(a_tournament_is_mirrored_like_any_game),
	{ NULL, NULL },
};
