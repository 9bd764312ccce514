/* Whatever breaks, once it heals the broker's tree equals the scoreboard's state: and nothing is sent twice for it. */
#include "tests/support/fullgame.h"
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_ROUNDS 20

const char *const unit_name = "faults";

/* ---- the three faults, broken and healed apart ---- */

enum fault {
	FAULT_BROKER,
	FAULT_PUBLISHER,
	FAULT_BOARD,
	N_FAULTS,
};

static const char *const fault_names[] = { "broker", "publisher", "board" };

/* Some other game: a random moment of the recording with a random third of its keys gone and some values other. */
static void another_game(struct stage *s, const struct recording *r)
{
	TREE_CLEANUP struct tree all = { NULL };
	TREE_CLEANUP struct tree state = { NULL };
	char name[64];

	recording_fold(r, 0, 1 + chance((uint32_t)r->n_frames), &all);
	tree_each(&all, leaf) {
		uint32_t dice = chance(6);

		if (dice < 4)
			tree_set(&state, leaf->name, leaf->value);
		else if (dice == 4)
			tree_set(&state, leaf->name, STR("\"another\""));
	}
	snprintf(name, sizeof(name), "\"game %u\"", chance(1000000));
	tree_set(&state, STR("ScoreBoard.CurrentGame.Game"), str_of(name));
	board_replace_state(s->board, &state);
}

static void fault_break(struct stage *s, enum fault f, const struct recording *r)
{
	if (f == FAULT_BROKER)
		broker_kill(s->broker);
	if (f == FAULT_PUBLISHER)
		publisher_kill(s->publisher);
	if (f == FAULT_BOARD) {
		board_stop(s->board);
		another_game(s, r);
	}
}

static void fault_heal(struct stage *s, enum fault f)
{
	if (f == FAULT_BROKER)
		broker_start_again(s->broker);
	if (f == FAULT_PUBLISHER)
		publisher_start_again(s->publisher);
	if (f == FAULT_BOARD)
		board_resume(s->board);
}

static void shuffle(enum fault *order)
{
	for (uint32_t i = 0; i < N_FAULTS; i++)
		order[i] = (enum fault)i;
	for (uint32_t i = N_FAULTS - 1; i > 0; i--) {
		uint32_t j = chance(i + 1);
		enum fault was = order[i];

		order[i] = order[j];
		order[j] = was;
	}
}

static void play_some(struct stage *s, const struct recording *r)
{
	size_t from = chance((uint32_t)r->n_frames - 60);

	stage_play(s, r, from, from + chance(60));
}

/* One after the other, the game going on meanwhile. */
static bool round_of_single_faults(struct stage *s, const struct recording *r)
{
	enum fault order[N_FAULTS];

	shuffle(order);
	for (size_t i = 0; i < N_FAULTS; i++) {
		play_some(s, r);
		fault_break(s, order[i], r);
		play_some(s, r);
		nap_ms(chance(300));
		fault_heal(s, order[i]);
		if (!CHECK_STAGE(s)) {
			printf("    after: %s\n", fault_names[order[i]]);
			return false;
		}
	}
	return true;
}

/* All three at once, healed in another order. */
static bool round_of_all_faults(struct stage *s, const struct recording *r)
{
	enum fault broken[N_FAULTS], healed[N_FAULTS];

	shuffle(broken);
	shuffle(healed);
	for (size_t i = 0; i < N_FAULTS; i++)
		fault_break(s, broken[i], r);
	for (size_t i = 0; i < N_FAULTS; i++) {
		nap_ms(chance(300));
		play_some(s, r);
		fault_heal(s, healed[i]);
	}
	if (CHECK_STAGE(s))
		return true;
	printf("    after all three, healed in the order %s, %s, %s\n", fault_names[healed[0]], fault_names[healed[1]],
	       fault_names[healed[2]]);
	return false;
}

static void any_faults_in_any_order_heal(void)
{
	struct recording r;
	struct stage s;

	stage_set(&s, "live", ARGV("--retry-first-ms", "100", "--retry-max-ms", "1000"));
	recording_load(&r, recording_path());
	stage_play(&s, &r, 0, 100);
	CHECK_STAGE(&s);
	for (int i = 0; i < N_ROUNDS; i++) {
		if (round_of_single_faults(&s, &r) && round_of_all_faults(&s, &r))
			continue;
		printf("    in round %d\n", i);
		break;
	}
	CHECK_INT(board_counts(s.board).open_max, 1);
	CHECK_INT(board_counts(s.board).cookieless, 1); /* one device record, over all runs */
	CHECK_INT(board_counts(s.board).writes, 0);
	recording_free(&r);
	stage_strike(&s);
}

/* ---- what a reconnect may cost the viewers ---- */

static void stand(struct stage *s, const char *list, const char *const *args, struct recording *r)
{
	stage_set(s, list, args);
	recording_load(r, recording_path());
	stage_play(s, r, 0, r->n_frames / 2);
	CHECK_STAGE(s);
	CHECK_READY(s->publisher);
}

/* Everything seen but status and what is not a leaf. */
static size_t leaves_seen(struct watch *w, bool print)
{
	TREE_CLEANUP struct tree seen = { NULL };

	watch_tree(w, &seen);
	leaves_only(&seen, "scoreboard");
	if (print)
		tree_each(&seen, leaf)
			printf("\n    sent again: %.*s %.*s", STR_ARGS(leaf->name), STR_ARGS(leaf->value));
	return tree_count(&seen);
}

static void a_scoreboard_that_comes_back_unchanged_sends_nothing(void)
{
	struct recording r;
	struct watch *w;
	struct stage s;

	stand(&s, "live", NULL, &r);
	w = watch_start(broker_port(s.broker), NULL, "scoreboard/#");
	board_restart(s.board);
	CU_ASSERT(WAIT_FOR(board_counts(s.board).registers >= 2, 10000));
	CHECK_STATUS(s.broker, "live");
	CHECK_READY(s.publisher);
	nap_ms(300);
	CHECK_INT(leaves_seen(w, true), 0);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"only this\"");
	CU_ASSERT(WAIT_FOR(leaves_seen(w, false) > 0, 5000));
	nap_ms(200);
	CHECK_INT(leaves_seen(w, false), 1);
	watch_free(w);
	recording_free(&r);
	stage_strike(&s);
}

static void a_publisher_that_comes_back_sends_what_changed(void)
{
	struct recording r;
	struct watch *w;
	struct stage s;

	stand(&s, "live", NULL, &r);
	publisher_kill(s.publisher);
	CHECK_STATUS(s.broker, "offline");
	w = watch_start(broker_port(s.broker), NULL, "scoreboard/#");
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"meanwhile\"");
	board_says(s.board, "ScoreBoard.CurrentGame.State", "null");
	publisher_start_again(s.publisher);
	CHECK_READY(s.publisher);
	CHECK_STAGE(&s);
	CHECK_STATUS(s.broker, "live");
	CHECK_INT(leaves_seen(w, false), 2);
	if (leaves_seen(w, false) != 2)
		leaves_seen(w, true);
	watch_free(w);
	recording_free(&r);
	stage_strike(&s);
}

/* A broker with persistence still holds the tree: nothing needs to be said but the status. */
static void a_broker_that_remembers_is_not_told_again(void)
{
	BUF_CLEANUP struct buf conf = { 0 };
	struct broker *broker;
	struct recording r;
	double before;
	struct stage s;

	buf_printf(&conf, "persistence true\npersistence_location %s/\n", place_temp("."));
	broker = broker_start(&(struct broker_options){ .conf = conf.p });
	stage_set_with(&s, "live", broker, NULL, NULL);
	recording_load(&r, recording_path());
	stage_play(&s, &r, 0, r.n_frames / 2);
	CHECK_STAGE(&s);
	CHECK_READY(s.publisher);
	before = publisher_metric_sum(s.publisher, "scoreboard_publisher_published_total");
	broker_stop(s.broker);
	CU_ASSERT(WAIT_FOR(!publisher_ready(s.publisher), 5000));
	broker_start_again(s.broker);
	CHECK_READY(s.publisher);
	CHECK_STAGE(&s);
	CU_ASSERT(publisher_metric_sum(s.publisher, "scoreboard_publisher_published_total") - before <= 20);
	CU_ASSERT(!isnan(before));
	recording_free(&r);
	stage_strike(&s);
}

/* ---- what an earlier run left behind ---- */

static void topics_of_an_earlier_run_are_cleared(void)
{
	static const char *const stale[] = {
		"scoreboard/team/9/score",
		"scoreboard/no/such/rule",
		"scoreboard/x",
		"scoreboard/event-info/%2F",
		"scoreboard/team/1/skater/gone/name",
		"scoreboard/Not-A-Name/%zz",
	};
	struct broker *broker = broker_start(NULL);
	struct stage s;

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		CU_ASSERT(mqtt_publish(broker_port(broker), NULL, stale[i], STR("\"stale\""), true));
	CU_ASSERT(mqtt_publish(broker_port(broker), NULL, "scoreboard-b/team/9/score", STR("1"), true));
	CU_ASSERT(mqtt_publish(broker_port(broker), NULL, "other", STR("1"), true));
	stage_set_with(&s, "live", broker, NULL, NULL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"now\"");
	CHECK_READY(s.publisher);
	CHECK_STAGE(&s);
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		CHECK_GONE(s.broker, stale[i]);
	CHECK_RETAINED(s.broker, "scoreboard-b/team/9/score", "1"); /* another track's */
	CHECK_RETAINED(s.broker, "other", "1");
	stage_strike(&s);
}

static void a_narrower_list_clears_what_it_leaves_out(void)
{
	struct broker *broker = broker_start(NULL);
	TREE_CLEANUP struct tree state = { NULL };
	struct recording r;
	struct stage full, live;

	recording_load(&r, recording_path());
	fullgame_state(&r, 5000, &state);
	recording_free(&r);
	stage_set_with(&full, "full", broker, NULL, NULL);
	board_stop(full.board);
	board_replace_state(full.board, &state);
	board_resume(full.board);
	CHECK_STAGE(&full);
	publisher_kill(full.publisher);
	stage_set_with(&live, "live", broker, NULL, NULL);
	board_stop(live.board);
	board_replace_state(live.board, &state);
	board_resume(live.board);
	CHECK_STAGE(&live);
	live.broker = NULL; /* the other stage's */
	stage_strike(&live);
	stage_strike(&full);
}

/* ---- half-broken peers ---- */

static void a_frozen_broker_gets_the_newest_values_once_it_thaws(void)
{
	struct recording r;
	struct stage s;

	stand(&s, "live", NULL, &r);
	broker_freeze(s.broker);
	stage_play(&s, &r, r.n_frames / 2, r.n_frames);
	nap_ms(1000);
	broker_thaw(s.broker);
	CHECK_STAGE(&s);
	CHECK_INT(board_counts(s.board).connections, 1);
	recording_free(&r);
	stage_strike(&s);
}

static void a_frozen_publisher_catches_up(void)
{
	struct recording r;
	struct stage s;

	stand(&s, "live", NULL, &r);
	proc_signal(publisher_proc(s.publisher), SIGSTOP);
	stage_play(&s, &r, r.n_frames / 2, r.n_frames);
	nap_ms(500);
	proc_signal(publisher_proc(s.publisher), SIGCONT);
	CHECK_STAGE(&s);
	recording_free(&r);
	stage_strike(&s);
}

static void a_frame_cut_in_the_middle_does_no_harm(void)
{
	struct recording r;
	struct stage s;

	stand(&s, "full", NULL, &r);
	for (int i = 0; i < 5; i++) {
		board_set_fragment(s.board, 50, 20);
		stage_play(&s, &r, r.n_frames / 2 + (size_t)i * 10, r.n_frames / 2 + (size_t)i * 10 + 10);
		nap_ms(50 + chance(100));
		board_drop(s.board);
		board_set_fragment(s.board, 0, 0);
		CHECK_STAGE(&s);
	}
	CHECK_INT(board_counts(s.board).open_max, 1);
	recording_free(&r);
	stage_strike(&s);
}

/* The publisher's client is thrown out by a second one of the same name, or by the operator: it comes back. */
static void a_publisher_cut_off_by_the_broker_comes_back(void)
{
	struct recording r;
	struct stage s;

	stand(&s, "live", NULL, &r);
	for (int i = 0; i < 3; i++) {
		broker_stop(s.broker); /* in order, with DISCONNECT, unlike kill -9 */
		stage_play(&s, &r, r.n_frames / 2, r.n_frames / 2 + 20);
		broker_start_again(s.broker);
		CHECK_STAGE(&s);
	}
	CHECK_STATUS(s.broker, "live");
	CHECK_INT(board_counts(s.board).connections, 1); /* the scoreboard does not notice */
	recording_free(&r);
	stage_strike(&s);
}

static size_t times_in(struct proc *p, const char *text)
{
	BUF_CLEANUP struct buf log = { 0 };
	size_t n = 0;

	proc_stderr(p, &log);
	for (const char *at = log.p; at && (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* Each of them is well for as long as the other waits: so the waits have to grow. */
static void two_publishers_of_one_name_say_so_and_slow_down(void)
{
	struct publisher *second;
	struct recording r;
	struct stage s;

	stand(&s, "live", ARGV("--retry-first-ms", "100", "--retry-max-ms", "8000"), &r);
	second = publisher_start(&(struct publisher_options){ .board = s.board, .broker = s.broker, .args = s.argv });
	CHECK_LINE(publisher_proc(s.publisher), 0, "another publisher with our client id, or");
	CHECK_LINE(publisher_proc(second), 0, "another publisher with our client id, or");
	nap_ms(10000);
	printf("\n    %zu and %zu connections in 10 s ", times_in(publisher_proc(s.publisher), "broker: connected"),
	       times_in(publisher_proc(second), "broker: connected"));
	CU_ASSERT(times_in(publisher_proc(s.publisher), "broker: connected") <= 16);
	publisher_free(second);
	CHECK_STAGE(&s);
	recording_free(&r);
	stage_strike(&s);
}

static void a_lost_scoreboard_is_told_and_its_values_stay(void)
{
	struct recording r;
	struct stage s;

	stand(&s, "live", NULL, &r);
	CHECK_STATUS(s.broker, "live");
	board_stop(s.board);
	CHECK_STATUS(s.broker, "stale");
	CHECK_STAGE(&s);
	board_resume(s.board);
	CHECK_STATUS(s.broker, "live");
	CHECK_STAGE(&s);
	recording_free(&r);
	stage_strike(&s);
}

/* ---- brokers that are slow ---- */

/* Its socket is full: the farewell does not leave either. */
/* However long the scoreboard was away: the longest wait is 5 s. The first is made the longest here. */
static void a_scoreboard_that_comes_back_is_found_within_five_seconds(void)
{
	struct stage s;

	stage_set(&s, "live", ARGV("--retry-first-ms", "10000"));
	board_says(s.board, "ScoreBoard.CurrentGame.State", "\"Running\"");
	CHECK_READY(s.publisher);
	board_stop(s.board);
	CHECK_LINE(publisher_proc(s.publisher), 0, "connection to the scoreboard lost");
	board_resume(s.board);
	CU_ASSERT(WAIT_FOR(board_counts(s.board).open == 1, 5500));
	CHECK_READY(s.publisher);
	stage_strike(&s);
}

static void a_broker_that_does_not_read_does_not_keep_the_publisher(void)
{
	struct broker *broker = broker_start(&(struct broker_options){ .conf = "max_inflight_messages 1000\n" });
	BUF_CLEANUP struct buf value = { 0 };
	char path[64];
	struct stage s;

	stage_set_with(&s, "live", broker, ARGV("--window", "1000"), NULL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"Bout\"");
	CHECK_READY(s.publisher);
	broker_freeze(s.broker);
	buf_char(&value, '"');
	for (int i = 0; i < 50000; i++)
		buf_char(&value, 'x');
	buf_char(&value, '"');
	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.EventInfo(%d)", i);
		board_says(s.board, path, value.p);
	}
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(s.publisher, "scoreboard_publisher_frames_total") > 600, 10000));
	CU_ASSERT_EQUAL(publisher_stop(s.publisher), 0);
	broker_thaw(s.broker);
	stage_strike(&s);
}

/* A topic with an interval is due while the broker's window, smaller than ours, is full. */
static void waiting_for_a_small_window_costs_nothing(void)
{
	struct broker *broker = broker_start(&(struct broker_options){ .conf = "max_inflight_messages 2\n" });
	char frame[400], queued[100];
	struct stage s;
	double cpu_s;

	stage_set_with(&s, "full", broker, NULL, NULL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"Bout\"");
	CHECK_READY(s.publisher);
	for (int i = 0; i < 6; i++) {
		if (i == 2)
			broker_freeze(s.broker);
		snprintf(frame, sizeof(frame),
			 "{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"%d\",\"ScoreBoard.CurrentGame.State\":\"%d\","
			 "\"ScoreBoard.CurrentGame.Team(1).Position(Jammer).PenaltyTime\":%d000}}",
			 i, i, i);
		board_frame(s.board, str_of(frame));
		nap_ms(150);
	}
	nap_ms(1000);
	snprintf(queued, sizeof(queued), "scoreboard_publisher_outbox{broker=\"127.0.0.1:%d\",state=\"queued\"}", broker_port(s.broker));
	CU_ASSERT(publisher_metric(s.publisher, queued) > 0);
	cpu_s = proc_cpu_s(publisher_proc(s.publisher));
	nap_ms(3000);
	cpu_s = proc_cpu_s(publisher_proc(s.publisher)) - cpu_s;
	printf("\n    %.2f s of CPU in 3 s ", cpu_s);
	CU_ASSERT(cpu_s < 0.5);
	broker_thaw(s.broker);
	CHECK_STAGE(&s);
	stage_strike(&s);
}

/* ---- names ---- */

static bool may_mount(void)
{
	return proc_run(ARGV("unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/resolv.conf"), STR(""), NULL, NULL) == 0;
}

/* The publisher finds both under a name whose first address nobody listens at. */
static void whoever_is_behind_the_second_address_is_found(const char *hosts)
{
	static const char script[] = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
	struct broker *broker = broker_start(NULL);
	struct board *board = board_start();
	const char *file = place_temp("hosts");
	char broker_at[60], board_at[60];
	struct proc *p;

	place_write(file, str_of(hosts));
	snprintf(broker_at, sizeof(broker_at), "mqtt://scoreboard.test:%d", broker_port(broker));
	snprintf(board_at, sizeof(board_at), "ws://scoreboard.test:%d/WS/", board_port(board));
	p = proc_start(&(struct proc_options){
		.argv = ARGV("unshare", "-m", "sh", "-c", script, file, publisher_program(), "--source", board_at, "--broker",
			     broker_at, "--schema", place_source("schema/crg.json"), "--state-file", "none", "--retry-first-ms", "50",
			     "--retry-max-ms", "200") });
	board_says(board, "ScoreBoard.CurrentGame.Name", "\"named\"");
	CHECK_RETAINED(broker, "scoreboard/name", "\"named\"");
	proc_signal(p, SIGTERM);
	CHECK_INT(proc_wait(p, 5000), 0);
	proc_free(p);
	board_free(board);
	broker_free(broker);
}

static void a_name_with_several_addresses_is_tried_in_every_way(void)
{
	if (!may_mount()) {
		printf("(may not give a program a hosts file: not tried) ");
		return;
	}
	whoever_is_behind_the_second_address_is_found("::1 scoreboard.test\n127.0.0.1 scoreboard.test\n");
	whoever_is_behind_the_second_address_is_found("127.0.0.1 scoreboard.test\n::1 scoreboard.test\n");
}

#define NAME_SERVER "127.9.9.9"

/* A port 53 that swallows all; -1 without the right to have it, or to give a program a resolv.conf of its own. */
static int silent_name_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, NAME_SERVER, &at.sin_addr);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 && may_mount())
		return fd;
	close(fd);
	return -1;
}

static struct proc *start_with_name_server(int http_port, const char *source, const char *broker)
{
	static const char script[] = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
	const char *conf = place_temp("resolv.conf");
	char http[40];

	place_write(conf, STR("nameserver " NAME_SERVER "\n"));
	snprintf(http, sizeof(http), "127.0.0.1:%d", http_port);
	return proc_start(&(struct proc_options){
		.argv = ARGV("unshare", "-m", "sh", "-c", script, conf, publisher_program(), "--source", source, "--broker",
			     broker, "--http", http, "--schema", place_source("schema/crg.json"), "--retry-first-ms", "50",
			     "--dial-timeout-ms", "3000") });
}

static void pages_are_served(const char *source, const char *broker)
{
	int port = port_free();
	struct proc *p = start_with_name_server(port, source, broker);
	int64_t worst_ms = 0;

	CU_ASSERT(WAIT_FOR(http_get(port, "/healthz", NULL) == 200, 10000));
	for (int i = 0; i < 200; i++) {
		mono from = mono_now();

		CHECK_INT(http_get(port, "/healthz", NULL), 200);
		worst_ms = mono_diff(mono_now(), from) > worst_ms ? mono_diff(mono_now(), from) : worst_ms;
		nap_ms(20);
	}
	printf("\n    the slowest page took %lld ms ", (long long)worst_ms);
	CU_ASSERT(worst_ms < patience_ms(5000)); /* the resolver waits for 10 s */
	CHECK_LINE(p, 0, "still waiting for a name server");
	proc_signal(p, SIGTERM);
	CHECK_INT(proc_wait(p, 5000), 0);
	proc_free(p);
}

static void a_silent_name_server_holds_nothing_up(void)
{
	int fd = silent_name_server();

	if (fd < 0) {
		printf("(may not give a program a resolv.conf: not tried) ");
		return;
	}
	pages_are_served("ws://board.example/WS/", "none");
	pages_are_served("ws://127.0.0.1:1/WS/", "mqtt://broker.example");
	/* the lookups of a name's dials pile up, four at a time */
	pages_are_served("ws://127.0.0.1:1/WS/", "mqtt://a.example mqtt://b.example mqtt://c.example mqtt://d.example "
						 "mqtt://e.example mqtt://f.example mqtt://g.example mqtt://h.example");
	close(fd);
}

/* Longer than a label may be: known to be unknown without asking anybody. */
#define NO_NAME "a-name-that-is-longer-than-the-sixty-three-characters-of-a-label-is-none"

static void names_are_looked_up(void)
{
	struct broker *broker = broker_start(NULL);
	struct board *board = board_start();
	char broker_at[60], board_at[60];
	struct publisher *p;

	snprintf(broker_at, sizeof(broker_at), "mqtt://localhost:%d", broker_port(broker));
	snprintf(board_at, sizeof(board_at), "ws://localhost:%d/WS/", board_port(board));
	p = publisher_start(&(struct publisher_options){
		.args = ARGV("--source", board_at, "--broker", broker_at, "--schema", place_source("schema/crg.json")) });
	board_says(board, "ScoreBoard.CurrentGame.Name", "\"named\"");
	CHECK_RETAINED(broker, "scoreboard/name", "\"named\"");
	publisher_free(p);
	p = publisher_start(&(struct publisher_options){
		.args = ARGV("--source", "ws://" NO_NAME "/WS/", "--broker", "mqtt://" NO_NAME,
			     "--schema", place_source("schema/crg.json")) });
	CHECK_LINE(publisher_proc(p), 0, "can't connect to the broker at " NO_NAME ":1883: its name is not known");
	CHECK_LINE(publisher_proc(p), 0, "can't connect to the scoreboard: its name is not known");
	publisher_free(p);
	board_free(board);
	broker_free(broker);
}

const struct unit_test unit_tests[] = {
	UNIT(any_faults_in_any_order_heal),
	UNIT(a_scoreboard_that_comes_back_unchanged_sends_nothing),
	UNIT(a_publisher_that_comes_back_sends_what_changed),
	UNIT(a_broker_that_remembers_is_not_told_again),
	UNIT(topics_of_an_earlier_run_are_cleared),
	UNIT(a_narrower_list_clears_what_it_leaves_out),
	UNIT(a_frozen_broker_gets_the_newest_values_once_it_thaws),
	UNIT(a_frozen_publisher_catches_up),
	UNIT(a_frame_cut_in_the_middle_does_no_harm),
	UNIT(a_publisher_cut_off_by_the_broker_comes_back),
	UNIT(two_publishers_of_one_name_say_so_and_slow_down),
	UNIT(a_lost_scoreboard_is_told_and_its_values_stay),
	UNIT(a_scoreboard_that_comes_back_is_found_within_five_seconds),
	UNIT(a_broker_that_does_not_read_does_not_keep_the_publisher),
	UNIT(waiting_for_a_small_window_costs_nothing),
	UNIT(names_are_looked_up),
	UNIT(a_name_with_several_addresses_is_tried_in_every_way),
	UNIT(a_silent_name_server_holds_nothing_up),
	{ NULL, NULL },
};
