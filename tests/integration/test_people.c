/* What people write below the prefix is theirs: the publisher does not clear it, and a broker that has lost it is given it back, for as long as
 * it was to live. */
#include "tests/support/http.h"
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>

const char *const unit_name = "people";

#define NOTICE "{\"id\":\"1\",\"text\":\"Track 2 starts at 18:30\",\"level\":\"info\"}"
#define QUICK "--retry-first-ms", "100", "--retry-max-ms", "500"

static const struct {
	const char *topic, *payload;
} written[] = {
	{ "scoreboard/notice", NOTICE },
	{ "scoreboard/show/main", "{\"scene\":\"score\"}" },
	{ "scoreboard/crew/note", "back at five" },
	{ "scoreboard/crew/notes/of/ann", "7" },
};

static void begin(struct stage *s, const char *list)
{
	stage_set(s, list, ARGV(QUICK));
	board_says(s->board, "ScoreBoard.CurrentGame.Team(1).Score", "1");
	board_says(s->board, "ScoreBoard.CurrentGame.Team(1).Captain", "\"ann\"");
	CHECK_STAGE(s);
	CHECK_READY(s->publisher);
}

static bool tell(struct stage *s, const char *topic, const char *payload)
{
	return mqtt_publish(broker_port(s->broker), NULL, topic, str_of(payload), true);
}

/* "" when there is none. */
static bool is_retained(struct stage *s, const char *topic, const char *payload)
{
	TREE_CLEANUP struct tree t = { NULL };
	struct str got;

	if (!tree_read(broker_port(s->broker), topic, &t))
		return false;
	got = tree_get(&t, str_of(topic));
	return str_eq(got.p ? got : STR(""), str_of(payload));
}

static void what_people_have_written_outlives_the_publisher(void)
{
	struct stage s;

	begin(&s, "full");
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		CU_ASSERT(tell(&s, written[i].topic, written[i].payload));
	CU_ASSERT(is_retained(&s, "scoreboard/crew/team/1/captain", "\"ann\""));
	publisher_kill(s.publisher);
	board_says(s.board, "ScoreBoard.CurrentGame.Team(1).Captain", "null");
	CU_ASSERT(tell(&s, "scoreboard/crew/team/1/score", "\"nobody's\""));
	CU_ASSERT(tell(&s, "scoreboard/team/9/score", "9"));
	publisher_start_again(s.publisher);
	CHECK_READY(s.publisher);
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		if (!is_retained(&s, written[i].topic, written[i].payload))
			printf("\n    %s\n", written[i].topic);
		CU_ASSERT(is_retained(&s, written[i].topic, written[i].payload));
	}
	CU_ASSERT(is_retained(&s, "scoreboard/crew/team/1/captain", "")); /* ours, by its mark */
	CU_ASSERT(is_retained(&s, "scoreboard/team/9/score", ""));
	stage_strike(&s);
}

static void a_broker_that_has_lost_it_is_given_it_back(void)
{
	struct stage s;
	int64_t left;

	begin(&s, "live");
	CU_ASSERT(mqtt_publish_for(broker_port(s.broker), "scoreboard/notice", STR(NOTICE), 600));
	CU_ASSERT(mqtt_publish_for(broker_port(s.broker), "scoreboard/show/short", STR("1"), 4));
	CU_ASSERT(tell(&s, "scoreboard/show/main", "2"));
	CU_ASSERT(tell(&s, "scoreboard/show/gone", "3"));
	CU_ASSERT(tell(&s, "scoreboard/show/gone", ""));
	nap_ms(2500);
	broker_restart(s.broker);
	CHECK_READY(s.publisher);
	CHECK_RETAINED(s.broker, "scoreboard/notice", NOTICE);
	left = mqtt_expiry(broker_port(s.broker), "scoreboard/notice");
	if (left < 500 || left > 598)
		printf("\n    expires in %" PRId64 " s\n", left);
	CU_ASSERT(left >= 500 && left <= 598);
	CU_ASSERT(is_retained(&s, "scoreboard/show/main", "2"));
	CU_ASSERT(is_retained(&s, "scoreboard/show/gone", ""));
	nap_ms(2000);
	CU_ASSERT(is_retained(&s, "scoreboard/show/short", "")); /* it was there for less than two seconds, if at all */
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(s.publisher, "scoreboard_publisher_people_given_back_total") >= 2, 5000));
	stage_strike(&s);
}

static void what_was_over_meanwhile_does_not_come_back(void)
{
	struct stage s;

	begin(&s, "live");
	CU_ASSERT(mqtt_publish_for(broker_port(s.broker), "scoreboard/notice", STR(NOTICE), 2));
	CU_ASSERT(tell(&s, "scoreboard/show/main", "{\"until\":1}"));
	CU_ASSERT(tell(&s, "scoreboard/show/kept", "1"));
	broker_kill(s.broker);
	nap_ms(2500);
	broker_start_again(s.broker);
	CHECK_READY(s.publisher);
	CHECK_RETAINED(s.broker, "scoreboard/show/kept", "1");
	CU_ASSERT(is_retained(&s, "scoreboard/notice", ""));
	CU_ASSERT(is_retained(&s, "scoreboard/show/main", ""));
	stage_strike(&s);
}

static bool http_has(const struct publisher *p, const char *part)
{
	BUF_CLEANUP struct buf body = { 0 };

	return http_get(publisher_http_port(p), "/scoreboard/spectator.json", &body) == 200 && body.p && strstr(body.p, part) != NULL;
}

static void who_asks_over_http_is_told_the_notice(void)
{
	struct stage s;

	begin(&s, "live");
	CU_ASSERT(!http_has(s.publisher, "\"notice\""));
	CU_ASSERT(mqtt_publish_for(broker_port(s.broker), "scoreboard/notice", STR(NOTICE), 3));
	CU_ASSERT(WAIT_FOR(http_has(s.publisher, ",\"notice\":" NOTICE "}"), 2000));
	CU_ASSERT(WAIT_FOR(!http_has(s.publisher, "\"notice\""), 5000));
	CU_ASSERT(tell(&s, "scoreboard/notice", "no JSON"));
	CU_ASSERT(tell(&s, "scoreboard/notice", NOTICE));
	CU_ASSERT(WAIT_FOR(http_has(s.publisher, ",\"notice\":" NOTICE "}"), 2000));
	CU_ASSERT(tell(&s, "scoreboard/notice", ""));
	CU_ASSERT(WAIT_FOR(!http_has(s.publisher, "\"notice\""), 2000));
	stage_strike(&s);
}

static void who_follows_a_broker_tells_its_notice(void)
{
	struct publisher *far;
	struct stage s;

	begin(&s, "live");
	CU_ASSERT(tell(&s, "scoreboard/notice", NOTICE));
	far = publisher_start(&(struct publisher_options){ .args = ARGV("--source", broker_url(s.broker), "--broker", "none", QUICK) });
	CHECK_READY(far);
	CU_ASSERT(WAIT_FOR(http_has(far, ",\"notice\":" NOTICE "}"), 2000));
	broker_kill(s.broker); /* it forgets the notice, and so does the publisher */
	publisher_kill(s.publisher);
	broker_start_again(s.broker);
	publisher_start_again(s.publisher);
	CHECK_READY(far);
	CU_ASSERT(WAIT_FOR(http_has(far, "\"state\":\"live\"") && !http_has(far, "\"notice\""), 10000));
	CU_ASSERT(mqtt_publish_for(broker_port(s.broker), "scoreboard/notice", STR(NOTICE), 2));
	CU_ASSERT(WAIT_FOR(http_has(far, ",\"notice\":" NOTICE "}"), 2000));
	CU_ASSERT(WAIT_FOR(!http_has(far, "\"notice\""), 4000));
	publisher_free(far);
	stage_strike(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(what_people_have_written_outlives_the_publisher),
	UNIT(a_broker_that_has_lost_it_is_given_it_back),
	UNIT(what_was_over_meanwhile_does_not_come_back),
	UNIT(who_asks_over_http_is_told_the_notice),
	UNIT(who_follows_a_broker_tells_its_notice),
	{ NULL, NULL },
};
