/* One publisher leads, another one stands by, at a real broker with the door as it is shipped: how long viewers go without news when the
 * leader is lost, and that there are never two. SB_STANDBY_ROUNDS: how often it is lost in each way. */
#include "tests/support/door.h"
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/support/publisher.h"
#include "tests/support/recording.h"
#include "tests/unit/unit.h"

#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define KILLS 5
#define FREEZES 2 /* of some ten seconds each */
#define MAX_ROUNDS 1000
#define DELTA "scoreboard/feed/spectator/delta"
#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"
#define STANDBY "scoreboard_publisher_standby"
#define LEADS "scoreboard_publisher_leads"
#define REFUSED "refused_total{reason=\"taken\"}"

const char *const unit_name = "standby";

/* ---- a viewer who writes down what comes ---- */

struct life {
	char epoch[32];
	int64_t seq; /* the last one */
};

struct viewer {
	struct mosquitto *m;
	pthread_mutex_t lock; /* protects what follows */
	struct life lives[MAX_ROUNDS];
	size_t n_lives, current;
	unsigned switches;  /* from one epoch to another, be it one that was there before */
	unsigned went_back; /* deltas whose seq was smaller than one before, of the same epoch */
	int64_t wanted;     /* a score */
	bool has_come;      /* it, or a higher one */
	mono came;
};

static struct life *life_of(struct viewer *v, struct str epoch)
{
	for (size_t i = 0; i < v->n_lives; i++)
		if (str_is(epoch, v->lives[i].epoch))
			return &v->lives[i];
	if (v->n_lives == MAX_ROUNDS)
		fatal("too many epochs");
	snprintf(v->lives[v->n_lives].epoch, sizeof(v->lives[0].epoch), "%.*s", STR_ARGS(epoch));
	return &v->lives[v->n_lives++];
}

static void note_life(struct viewer *v, struct str delta)
{
	struct life *l = life_of(v, json_get(delta, "epoch"));
	int64_t seq = 0;

	CU_ASSERT(str_to_int(json_get(delta, "seq"), &seq));
	v->switches += v->n_lives > 1 && (size_t)(l - v->lives) != v->current;
	v->current = (size_t)(l - v->lives);
	v->went_back += seq < l->seq;
	l->seq = seq;
}

static void note_score(struct viewer *v, struct str delta)
{
	struct str set = json_get(delta, "set"), score = set.p ? json_get(set, "team/1/score") : set;
	int64_t n;

	if (v->has_come || !score.p || !str_to_int(score, &n) || n < v->wanted)
		return;
	v->has_come = true;
	v->came = mono_now();
}

static void on_message(struct mosquitto *m, void *data, const struct mosquitto_message *msg)
{
	struct str delta = { msg->payload, (size_t)msg->payloadlen };
	struct viewer *v = data;

	(void)m;
	pthread_mutex_lock(&v->lock);
	note_life(v, delta);
	note_score(v, delta);
	pthread_mutex_unlock(&v->lock);
}

static void on_connect(struct mosquitto *m, void *data, int reason)
{
	(void)data;
	if (!reason)
		mosquitto_subscribe(m, NULL, DELTA, 0);
}

static struct viewer *viewer_start(int port)
{
	struct viewer *v = calloc(1, sizeof(*v));

	if (!v)
		fatal("out of memory");
	pthread_mutex_init(&v->lock, NULL);
	v->m = mqtt_client_new(NULL, v);
	mosquitto_connect_callback_set(v->m, on_connect);
	mosquitto_message_callback_set(v->m, on_message);
	if (mosquitto_connect(v->m, "127.0.0.1", port, 60) || mosquitto_loop_start(v->m))
		fatal("no viewer");
	return v;
}

static void viewer_end(struct viewer *v)
{
	mqtt_client_end(v->m);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static void viewer_wants(struct viewer *v, int64_t score)
{
	pthread_mutex_lock(&v->lock);
	v->wanted = score;
	v->has_come = false;
	pthread_mutex_unlock(&v->lock);
}

static bool viewer_has(struct viewer *v, mono *came)
{
	bool has;

	pthread_mutex_lock(&v->lock);
	has = v->has_come;
	*came = v->came;
	pthread_mutex_unlock(&v->lock);
	return has;
}

static unsigned viewer_switches(struct viewer *v)
{
	unsigned n;

	pthread_mutex_lock(&v->lock);
	n = v->switches;
	pthread_mutex_unlock(&v->lock);
	return n;
}

/* ---- a rink with two publishers ---- */

struct rink {
	struct board *board;
	struct broker *broker;
	struct publisher *publishers[2];
	struct viewer *viewer;
	size_t leader; /* which of the two */
	int64_t score;
	const char *args[2][16];
};

static void set_args(const char **to, const char *const *more)
{
	const char *const own[] = { "--user", "publisher", "--password-file", door_file("pw"), "--schema", place_source("schema/crg.json") };
	size_t n = sizeof(own) / sizeof(own[0]);

	memcpy(to, own, sizeof(own));
	for (; more && *more && n < 15; more++)
		to[n++] = *more;
	to[n] = NULL;
}

static struct publisher *another(struct rink *r, size_t i, const char *const *args)
{
	set_args(r->args[i], args);
	return r->publishers[i] = publisher_start(&(struct publisher_options){ .board = r->board, .broker = r->broker, .args = r->args[i] });
}

static bool is(struct publisher *p, const char *gauge)
{
	return publisher_metric_sum(p, gauge) > 0;
}

static void fill_board(struct board *b)
{
	struct recording rec;

	recording_load(&rec, recording_path());
	recording_play(&rec, 0, rec.n_frames / 2, b);
	recording_free(&rec);
}

/* policy: NULL for the shipped one. Only the first publisher is there. */
static void open_rink(struct rink *r, const char *policy, const char *const *args)
{
	*r = (struct rink){ .score = 1000 };
	r->board = board_start();
	r->broker = door_start(policy, NULL);
	place_write(door_file("pw"), STR("pw-publisher\n"));
	fill_board(r->board);
	another(r, 0, args);
}

static void close_rink(struct rink *r)
{
	for (size_t i = 0; i < 2; i++)
		publisher_free(r->publishers[i]);
	door_stop(r->broker);
	board_free(r->board);
}

static void play(struct rink *r)
{
	char score[24];

	snprintf(score, sizeof(score), "%lld", (long long)r->score++);
	board_says(r->board, SCORE, score);
}

static void play_for(struct rink *r, int64_t ms)
{
	for (mono end = mono_add(mono_now(), ms); !mono_reached(mono_now(), end); nap_ms(20))
		play(r);
}

/* ---- what is said of it ---- */

/* Is this part of what came last, live, to this topic? */
static bool newest(struct watch *w, const char *topic, const char *part)
{
	TREE_CLEANUP struct tree tree = { NULL };
	char text[200];
	struct str value;

	watch_tree(w, &tree);
	value = tree_get(&tree, str_of(topic));
	snprintf(text, sizeof(text), "%.*s", STR_ARGS(value));
	return value.p && strstr(text, part);
}

static void says_ready(struct publisher *p, int status, const char *text)
{
	BUF_CLEANUP struct buf body = { 0 };

	CHECK_INT(http_get(publisher_http_port(p), "/readyz", &body), status);
	CU_ASSERT(body.p && strstr(body.p, text));
	if (!body.p || !strstr(body.p, text))
		printf("\n    /readyz says %s", body.p ? body.p : "nothing");
}

static void who_is_refused_because_another_one_leads_says_so_and_is_well(void)
{
	struct publisher *p;
	struct watch *w;
	struct rink r;

	open_rink(&r, NULL, NULL);
	CHECK_READY(r.publishers[0]);
	w = watch_start(broker_port(r.broker), NULL, "scoreboard/status");
	p = another(&r, 1, ARGV("--client-id", "scoreboard-publisher-2"));
	CHECK_LINE(publisher_proc(p), 0, "another publisher leads");
	CU_ASSERT(WAIT_FOR(is(p, STANDBY), 5000));
	CU_ASSERT_FALSE(is(p, LEADS));
	CU_ASSERT(is(r.publishers[0], LEADS));
	nap_ms(4500);
	says_ready(p, 200, "standby: another publisher leads since 2");
	CHECK_INT(http_get(publisher_http_port(p), "/healthz", NULL), 200);
	CHECK_INT(proc_count_lines(publisher_proc(p), 0, "another publisher leads"), 2); /* that, and the status */
	CHECK_INT(proc_count_lines(publisher_proc(p), 0, "refused"), 0);
	CHECK_INT(proc_count_lines(broker_proc(r.broker), 0, "reason=taken"), 1);
	CU_ASSERT(WAIT_FOR(door_metric(REFUSED) >= 4, 15000));
	CU_ASSERT(door_metric("addresses_shut_total") < 1);
	/* it leads as soon as the other one is gone, and that one waits when it comes back */
	publisher_kill(r.publishers[0]);
	CU_ASSERT(WAIT_FOR(is(p, LEADS), 10000));
	CHECK_READY(p);
	CU_ASSERT(WAIT_FOR(newest(w, "scoreboard/status", "\"live\""), 5000));
	watch_free(w);
	publisher_start_again(r.publishers[0]);
	CU_ASSERT(WAIT_FOR(is(r.publishers[0], STANDBY), 5000));
	CHECK_READY(r.publishers[0]);
	says_ready(p, 200, "ready\n");
	close_rink(&r);
}

static void a_cold_standby_leaves_the_scoreboard_alone(void)
{
	struct publisher *p;
	struct rink r;

	open_rink(&r, NULL, ARGV("--standby", "cold"));
	CHECK_READY(r.publishers[0]);
	p = another(&r, 1, ARGV("--standby", "cold"));
	CU_ASSERT(WAIT_FOR(is(p, STANDBY), 5000));
	nap_ms(2000);
	CHECK_INT(board_counts(r.board).upgrades, 1);
	says_ready(p, 503, "standby: another publisher leads since 2");
	CHECK_INT(http_get(publisher_http_port(p), "/healthz", NULL), 200);
	publisher_kill(r.publishers[0]);
	CHECK_READY(p);
	CHECK_INT(board_counts(r.board).open, 1);
	close_rink(&r);
}

static void a_leader_that_was_cold_is_cold_again_when_it_has_lost_its_place(void)
{
	struct publisher *p;
	struct watch *w;
	struct rink r;

	open_rink(&r, NULL, ARGV("--standby", "cold"));
	CHECK_READY(r.publishers[0]);
	p = another(&r, 1, ARGV("--standby", "warm"));
	CU_ASSERT(WAIT_FOR(is(p, STANDBY), 5000));
	CHECK_INT(board_counts(r.board).open, 2);
	proc_signal(publisher_proc(r.publishers[0]), SIGSTOP);
	CU_ASSERT(WAIT_FOR(is(p, LEADS), 12000));
	proc_signal(publisher_proc(r.publishers[0]), SIGCONT);
	CU_ASSERT(WAIT_FOR(is(r.publishers[0], STANDBY), 5000));
	CU_ASSERT(WAIT_FOR(board_counts(r.board).open == 1, 5000));
	w = watch_start(broker_port(r.broker), NULL, "scoreboard/team/1/score");
	play(&r);
	CU_ASSERT(WAIT_FOR(newest(w, "scoreboard/team/1/score", "1000"), 5000));
	publisher_kill(p);
	CU_ASSERT(WAIT_FOR(is(r.publishers[0], LEADS), 10000));
	CHECK_READY(r.publishers[0]);
	play(&r);
	CU_ASSERT(WAIT_FOR(newest(w, "scoreboard/team/1/score", "1001"), 5000));
	watch_free(w);
	close_rink(&r);
}

static void who_is_refused_for_his_password_is_no_standby(void)
{
	struct publisher *p;
	struct rink r;

	open_rink(&r, NULL, ARGV("--standby", "warm", "--user", "operator")); /* with the publisher's password */
	p = r.publishers[0];
	CHECK_LINE(publisher_proc(p), 0, "the broker refused us: ");
	says_ready(p, 503, "not ready");
	CU_ASSERT_FALSE(is(p, STANDBY));
	close_rink(&r);
}

#define CLOSED_POLICY \
	"{\"passwords\":\"passwd\",\"users\":{\"publisher\":\"publisher\",\"operator\":\"operator\"},\"roles\":{" \
	"\"publisher\":{\"subscribe\":[\"scoreboard/#\"],\"publish\":[\"scoreboard/#\"],\"reserved\":2,\"exclusive\":true," \
	"\"limits\":{\"publishes_per_s\":20000,\"publishes_burst\":100000,\"bytes_per_s\":50000000,\"bytes_burst\":200000000," \
	"\"payload_bytes\":1048576,\"replays_burst\":1000000,\"retained_topics\":200000,\"retained_bytes\":1000000000}}," \
	"\"operator\":{\"subscribe\":[\"#\"],\"control\":true}}}"

static void who_cannot_look_says_that(void)
{
	struct publisher *p;
	struct rink r;

	open_rink(&r, CLOSED_POLICY, NULL);
	CHECK_READY(r.publishers[0]);
	p = another(&r, 1, ARGV("--standby", "warm"));
	CHECK_LINE(publisher_proc(p), 0, "cannot see whether another publisher leads");
	CU_ASSERT_FALSE(is(p, STANDBY));
	publisher_kill(r.publishers[0]);
	CU_ASSERT(WAIT_FOR(is(p, LEADS), 10000)); /* it asks all the same, if not every second */
	close_rink(&r);
}

/* ---- how long it takes ---- */

enum fault {
	KILL,
	FREEZE,
};

static size_t rounds_of(enum fault f)
{
	unsigned int otherwise = f == KILL ? KILLS : FREEZES;
	unsigned int rounds = place_number("SB_STANDBY_ROUNDS", otherwise);

	return rounds && rounds < MAX_ROUNDS / 2 ? rounds : otherwise;
}

static void lose_leader(struct rink *r, enum fault f)
{
	struct publisher *p = r->publishers[r->leader];

	if (f == KILL)
		publisher_kill(p);
	else
		proc_signal(publisher_proc(p), SIGSTOP);
}

/* The one that was lost comes back, finds its place taken, and waits. */
static void bring_back(struct rink *r, enum fault f)
{
	struct publisher *p = r->publishers[r->leader];

	if (f == KILL)
		publisher_start_again(p);
	else
		proc_signal(publisher_proc(p), SIGCONT);
	r->leader = 1 - r->leader;
	CU_ASSERT(WAIT_FOR(is(p, STANDBY) && is(r->publishers[r->leader], LEADS), 15000));
	CU_ASSERT_FALSE(is(p, LEADS));
}

/* Milliseconds until news of after the fault reaches the viewer, while the game goes on. */
static int64_t takeover_ms(struct rink *r, enum fault f)
{
	mono from, came, end;

	viewer_wants(r->viewer, r->score);
	from = mono_now();
	lose_leader(r, f);
	end = mono_add(from, patience_ms(30000));
	while (!viewer_has(r->viewer, &came) && !mono_reached(mono_now(), end)) {
		play(r);
		nap_ms(20);
	}
	return viewer_has(r->viewer, &came) ? mono_diff(came, from) : 30000;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The machine may stand still in one of the rounds: it is half of them that must reach the goal. */
static void judge(const char *what, int64_t *ms, size_t n, int64_t goal_ms)
{
	int64_t median;

	qsort(ms, n, sizeof(*ms), by_size);
	median = ms[(n - 1) / 2];
	printf("\n    %s: %zu rounds, the next delta after a median of %lld ms, %lld at worst (goal %lld)  ", what, n, (long long)median,
	       (long long)ms[n - 1], (long long)goal_ms);
	CU_ASSERT(median <= patience_ms(goal_ms));
	CU_ASSERT(ms[n - 1] <= patience_ms(goal_ms + 5000));
}

static void lose_leaders(const char *kind, enum fault f, int64_t goal_ms)
{
	int64_t ms[MAX_ROUNDS];
	size_t n = rounds_of(f);
	char what[60];
	struct rink r;

	open_rink(&r, NULL, ARGV("--standby", kind));
	CHECK_READY(r.publishers[0]);
	another(&r, 1, ARGV("--standby", kind));
	CU_ASSERT_FATAL(WAIT_FOR(is(r.publishers[1], STANDBY), 10000));
	r.viewer = viewer_start(broker_port(r.broker));
	viewer_wants(r.viewer, r.score);
	for (mono came; !viewer_has(r.viewer, &came); nap_ms(50))
		play(&r);
	for (size_t i = 0; i < n; i++) {
		play_for(&r, chance(2000));
		ms[i] = takeover_ms(&r, f);
		bring_back(&r, f);
		CHECK_INT(viewer_switches(r.viewer), i + 1); /* one leader after the other, and none speaks again that was lost */
	}
	CHECK_INT(r.viewer->went_back, 0);
	viewer_end(r.viewer);
	CHECK_READY(r.publishers[r.leader]);
	snprintf(what, sizeof(what), "%s, %s standby", f == KILL ? "kill -9" : "SIGSTOP", kind);
	judge(what, ms, n, goal_ms);
	close_rink(&r);
}

static void a_warm_standby_is_there_within_two_seconds(void)
{
	lose_leaders("warm", KILL, 2000);
}

static void a_cold_standby_is_there_within_three_seconds(void)
{
	lose_leaders("cold", KILL, 3000);
}

static void a_warm_standby_takes_over_from_a_frozen_leader_within_ten_seconds(void)
{
	lose_leaders("warm", FREEZE, 10000);
}

static void a_cold_standby_takes_over_from_a_frozen_leader_within_ten_seconds(void)
{
	lose_leaders("cold", FREEZE, 10000);
}

const struct unit_test unit_tests[] = {
	UNIT(who_is_refused_because_another_one_leads_says_so_and_is_well),
	UNIT(a_cold_standby_leaves_the_scoreboard_alone),
	UNIT(a_leader_that_was_cold_is_cold_again_when_it_has_lost_its_place),
	UNIT(who_is_refused_for_his_password_is_no_standby),
	UNIT(who_cannot_look_says_that),
	UNIT(a_warm_standby_is_there_within_two_seconds),
	UNIT(a_cold_standby_is_there_within_three_seconds),
	UNIT(a_warm_standby_takes_over_from_a_frozen_leader_within_ten_seconds),
	UNIT(a_cold_standby_takes_over_from_a_frozen_leader_within_ten_seconds),
	{ NULL, NULL },
};
