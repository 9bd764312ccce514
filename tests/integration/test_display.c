/* The texts for small displays: what the scoreboard shows now, once a second at most; nothing when it is gone, and nothing of an earlier
 * run. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "display";

#define GAME "ScoreBoard.CurrentGame."
#define CLOCK "scoreboard/display/clock"
#define PHASE "scoreboard/display/phase"
#define SCORE "scoreboard/display/score"

/* Jam 3 has 1:32 to go, and it is 23 to 17. */
static const char jam_3[] = "{\"state\":{\"" GAME "Team(1).Score\":23,\"" GAME "Team(2).Score\":17,\"" GAME "InJam\":true,\"" GAME
			    "Clock(Jam).Number\":3,\"" GAME "Clock(Jam).Running\":true,\"" GAME "Clock(Jam).Direction\":true,\"" GAME
			    "Clock(Jam).Time\":92000,\"" GAME "Clock(Lineup).Running\":false,\"" GAME "Clock(Lineup).Direction\":false,\"" GAME
			    "Clock(Lineup).Time\":0,\"" GAME "Clock(Intermission).Running\":false,\"" GAME "OfficialScore\":false}}";

static void set_jam_3(struct stage *s)
{
	stage_set(s, "live", NULL);
	board_frame(s->board, str_of(jam_3));
	CHECK_RETAINED(s->broker, CLOCK, "1:32");
	CHECK_RETAINED(s->broker, PHASE, "Jam 3");
	CHECK_RETAINED(s->broker, SCORE, "23:17");
	CHECK_STATUS(s->broker, "live");
}

static bool has_come(struct watch *w, const char *topic, const char *text)
{
	TREE_CLEANUP struct tree tree = { NULL };

	watch_tree(w, &tree);
	return str_is(tree_get(&tree, str_of(topic)), text);
}

static void a_display_is_told_what_the_scoreboard_shows(void)
{
	struct watch *w;
	struct stage s;

	set_jam_3(&s);
	w = watch_start(broker_port(s.broker), NULL, "scoreboard/display/#");
	watch_reset(w);
	/* ticks as fast as they can be: some are left out, the last is not */
	for (int ms = 91000; ms >= 60000; ms -= 1000) {
		char time[16];

		snprintf(time, sizeof(time), "%d", ms);
		board_says(s.board, GAME "Clock(Jam).Time", time);
	}
	CHECK_RETAINED(s.broker, CLOCK, "1:00");
	CU_ASSERT(watch_topic_messages(w, CLOCK) <= 3);
	CHECK_INT(watch_messages(w), watch_topic_messages(w, CLOCK)); /* the others did not change */
	board_says(s.board, GAME "Team(2).Score", "18");
	CHECK_RETAINED(s.broker, SCORE, "23:18");
	board_frame(s.board, STR("{\"state\":{\"" GAME "InJam\":false,\"" GAME "Clock(Jam).Running\":false,\"" GAME
				 "Clock(Lineup).Running\":true,\"" GAME "Clock(Lineup).Time\":7000}}"));
	CHECK_RETAINED(s.broker, PHASE, "Lineup");
	CHECK_RETAINED(s.broker, CLOCK, "7");
	CU_ASSERT(WAIT_FOR(has_come(w, CLOCK, "7"), 5000));
	/* stopped, a clock stands */
	watch_reset(w);
	board_frame(s.board, STR("{\"state\":{\"" GAME "InJam\":true,\"" GAME "Clock(Lineup).Running\":false}}"));
	CHECK_RETAINED(s.broker, CLOCK, "1:00");
	nap_ms(2500);
	CHECK_INT(watch_topic_messages(w, CLOCK), 1);
	watch_free(w);
	stage_strike(&s);
}

static void there_is_no_text_without_the_scoreboard(void)
{
	struct stage s;

	set_jam_3(&s);
	board_stop(s.board);
	CHECK_STATUS(s.broker, "stale");
	CHECK_GONE(s.broker, CLOCK);
	CHECK_GONE(s.broker, PHASE);
	CHECK_GONE(s.broker, SCORE);
	CHECK_RETAINED(s.broker, "scoreboard/team/1/score", "23"); /* what was true once stays where the status is read beside it */
	board_resume(s.board);
	CHECK_RETAINED(s.broker, CLOCK, "1:32");
	CHECK_RETAINED(s.broker, SCORE, "23:17");
	CHECK_INT(publisher_stop(s.publisher), 0);
	CHECK_STATUS(s.broker, "offline");
	CHECK_GONE(s.broker, CLOCK);
	CHECK_GONE(s.broker, SCORE);
	publisher_start_again(s.publisher);
	CHECK_RETAINED(s.broker, SCORE, "23:17");
	stage_strike(&s);
}

static void what_an_earlier_run_left_does_not_stay(void)
{
	struct stage s;

	set_jam_3(&s);
	publisher_kill(s.publisher);
	CHECK_STATUS(s.broker, "offline");
	CU_ASSERT(mqtt_publish(broker_port(s.broker), NULL, CLOCK, STR("0:07"), true));
	CU_ASSERT(mqtt_publish(broker_port(s.broker), NULL, "scoreboard/display/of-other-rules", STR("x"), true));
	publisher_start_again(s.publisher);
	CHECK_RETAINED(s.broker, CLOCK, "1:32");
	CHECK_GONE(s.broker, "scoreboard/display/of-other-rules");
	stage_strike(&s);
}

static bool sensor_has(struct stage *s, const char *part)
{
	static const char topic[] = "homeassistant/sensor/scoreboard/score/config";
	TREE_CLEANUP struct tree tree = { NULL };
	struct str value;

	if (!tree_read(broker_port(s->broker), "homeassistant/#", &tree))
		return false;
	value = tree_get(&tree, str_of(topic));
	return *part ? value.p && memmem(value.p, value.len, part, strlen(part)) : tree_count(&tree) == 0;
}

static void home_assistant_is_told_when_it_is_asked_for(void)
{
	struct stage s;

	set_jam_3(&s);
	CU_ASSERT(sensor_has(&s, "")); /* it is not, by itself */
	stage_strike(&s);
	stage_set(&s, "live", ARGV("--home-assistant", "homeassistant"));
	board_frame(s.board, str_of(jam_3));
	CU_ASSERT(WAIT_FOR(sensor_has(&s, "\"state_topic\":\"scoreboard/display/score\""), 10000));
	CU_ASSERT(sensor_has(&s, "\"availability_topic\":\"scoreboard/status\""));
	CHECK_STATUS(s.broker, "live");
	broker_restart(s.broker); /* it forgets all */
	CU_ASSERT(WAIT_FOR(sensor_has(&s, "scoreboard/display/score"), 10000));
	CHECK_RETAINED(s.broker, SCORE, "23:17");
	stage_strike(&s);
}

/* All of a game, and at each moment that is looked at the texts are those of its leaves. */
static void over_a_whole_game_the_texts_are_those_of_the_leaves(void)
{
	struct recording r;
	struct stage s;

	stage_set(&s, "live", NULL);
	recording_load(&r, recording_path());
	for (size_t at = 0, to; at < r.n_frames; at = to) {
		TREE_CLEANUP struct tree state = { NULL };
		char phase[40], score[40];

		to = at + r.n_frames / 25 + 1;
		stage_play(&s, &r, at, to);
		board_state(s.board, &state);
		snprintf(score, sizeof(score), "%.*s:%.*s", STR_ARGS(tree_get(&state, STR(GAME "Team(1).Score"))),
			 STR_ARGS(tree_get(&state, STR(GAME "Team(2).Score"))));
		CHECK_RETAINED(s.broker, SCORE, score);
		snprintf(phase, sizeof(phase), "Jam %.*s", STR_ARGS(tree_get(&state, STR(GAME "Clock(Jam).Number"))));
		if (str_is(tree_get(&state, STR(GAME "InJam")), "true"))
			CHECK_RETAINED(s.broker, PHASE, phase);
	}
	CHECK_STAGE(&s);
	recording_free(&r);
	stage_strike(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(a_display_is_told_what_the_scoreboard_shows),
	UNIT(there_is_no_text_without_the_scoreboard),
	UNIT(what_an_earlier_run_left_does_not_stay),
	UNIT(home_assistant_is_told_when_it_is_asked_for),
	UNIT(over_a_whole_game_the_texts_are_those_of_the_leaves),
	{ NULL, NULL },
};
