/* The harness itself: does what tests are written in tell the truth? */
#include "tests/support/board.h"
#include "tests/support/broker.h"
#include "tests/support/certs.h"
#include "tests/support/fullgame.h"
#include "tests/support/http.h"
#include "tests/support/json.h"
#include "tests/support/mapping.h"
#include "tests/support/mqtt.h"
#include "tests/support/place.h"
#include "tests/support/proc.h"
#include "tests/support/recording.h"
#include "tests/support/steps.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

const char *const unit_name = "support";

/* ---- json, tree, steps ---- */

static void json_values_are_equal_by_what_they_mean(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} table[] = {
		{ "7", "7", true },
		{ " 7 ", "7", true },
		{ "7", "8", false },
		{ "7", "7.0", true },
		{ "1795310660724", "1795310660725", false },
		{ "9007199254740993", "9007199254740992", false }, /* not told apart by doubles */
		{ "7", "\"7\"", false },
		{ "true", "true", true },
		{ "true", "false", false },
		{ "true", "truex", false },
		{ "\"a\"", "\"\\u0061\"", true },
		{ "\"a\\u0000b\"", "\"a\\u0000c\"", false },
		{ "\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"", true },
		{ "\"\\\"\\\\\\/\"", "\"\\u0022\\u005c/\"", true },
		{ "\"\"", "\"\"", true },
		{ "\"\"", "null", false },
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "\"a", "\"a", false },
		{ "", "", false },
		{ "1 2", "1 2", false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool equal = json_equal(str_of(table[i].a), str_of(table[i].b));

		if (equal != table[i].equal)
			printf("\n    %s and %s\n", table[i].a, table[i].b);
		CU_ASSERT_EQUAL(equal, table[i].equal);
	}
}

static void flat_objects_apply_to_a_tree(void)
{
	TREE_CLEANUP struct tree t = { NULL };

	CU_ASSERT(tree_apply(&t, STR("{ \"a\" : 1 , \"b.c(x,\\\"y)\":\"q\\\"}\", \"n\\u0000ul\":true}")));
	CHECK_INT(tree_count(&t), 3);
	CU_ASSERT(str_is(tree_get(&t, STR("b.c(x,\"y)")), "\"q\\\"}\""));
	CU_ASSERT(str_is(tree_get(&t, STR("n\0ul")), "true"));
	CU_ASSERT(tree_apply(&t, STR("{\"a\":null,\"gone\":null}")));
	CU_ASSERT_PTR_NULL(tree_get(&t, STR("a")).p);
	CU_ASSERT(tree_apply(&t, STR("{}")));
	CU_ASSERT_FALSE(tree_apply(&t, STR("{\"a\":1")));
	CU_ASSERT_FALSE(tree_apply(&t, STR("{\"a\"}")));
	CU_ASSERT_FALSE(tree_apply(&t, STR("[1]")));
}

static void differences_are_counted_each_way(void)
{
	TREE_CLEANUP struct tree expected = { NULL };
	TREE_CLEANUP struct tree got = { NULL };

	tree_apply(&expected, STR("{\"same\":\"x\",\"changed\":1,\"missing\":true}"));
	tree_apply(&got, STR("{\"same\":\"\\u0078\",\"changed\":2,\"extra\":true}"));
	CHECK_INT(tree_diff(&expected, &got, 0), 3);
	CHECK_INT(tree_diff(&expected, &expected, 10), 0);
	tree_set(&got, STR("missing"), STR("\xFF\xFE not json"));
	CHECK_INT(tree_diff(&expected, &got, 0), 3);
}

static void register_paths_cover_by_whole_steps(void)
{
	static const struct {
		const char *pattern, *path;
		bool covers;
	} table[] = {
		{ "ScoreBoard", "ScoreBoard.CurrentGame.Team(1).Score", true },
		{ "ScoreBoard.CurrentGame.Team", "ScoreBoard.CurrentGame.Team(1).Score", true },
		{ "ScoreBoard.CurrentGame.Tea", "ScoreBoard.CurrentGame.Team(1).Score", false },
		{ "A.Team(*).Score", "A.Team(1).Score", true },
		{ "A.Team(*).Score", "A.Team(1).JamScore", false },
		{ "A.Setting(B.C.*)", "A.Setting(X.Y)", true }, /* what stands before the star is ignored */
		{ "A.Rule(Team.Timeouts)", "A.Rule(Team.Timeouts)", true },
		{ "A.Rule(Team)", "A.Rule(Team.Timeouts)", false },
		{ "A.B(x.y(z)", "A.B(x.y(z)", true },
		{ "A.B.C", "A.B", false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool covers = steps_cover(str_of(table[i].pattern), str_of(table[i].path));

		if (covers != table[i].covers)
			printf("\n    %s over %s\n", table[i].pattern, table[i].path);
		CU_ASSERT_EQUAL(covers, table[i].covers);
	}
}

/* ---- programs ---- */

static void programs_are_watched_and_reaped(void)
{
	struct proc *p = proc_start(&(struct proc_options){
		.argv = ARGV("sh", "-c", "echo ready >&2; read x; echo \"got $x $WORD\"; exit 7"),
		.env = ARGV("WORD=word"),
		.with_stdin = true,
	});
	BUF_CLEANUP struct buf out = { 0 };

	CU_ASSERT(proc_wait_line(p, 0, "ready", 5000));
	CU_ASSERT_FALSE(proc_wait_line(p, proc_mark(p), "ready", 20));
	CHECK_INT(proc_wait(p, 20), PROC_RUNNING);
	CU_ASSERT(proc_rss_kb(p) > 0);
	CU_ASSERT(proc_cpu_s(p) >= 0);
	CU_ASSERT(proc_write(p, STR("it\n")));
	CHECK_INT(proc_wait(p, 5000), 7);
	proc_stdout(p, &out);
	CHECK_STR(out.p, "got it word\n");
	proc_free(p);
}

static void signals_and_missing_programs_are_told_apart(void)
{
	struct proc *p = proc_start(&(struct proc_options){ .argv = ARGV("sleep", "60") });
	BUF_CLEANUP struct buf err = { 0 };

	proc_signal(p, SIGKILL);
	CHECK_INT(proc_wait(p, 5000), 128 + SIGKILL);
	proc_free(p);
	CHECK_INT(proc_run(ARGV("/nonexistent/program"), STR(""), NULL, &err), 127);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.p, "cannot run /nonexistent/program"));
	CHECK_INT(proc_run(ARGV("cat"), STR("bytes"), NULL, NULL), 0);
}

/* ---- the broker and its viewers ---- */

static void retained_messages_are_read_whole(void)
{
	struct broker *b = broker_start(NULL);
	TREE_CLEANUP struct tree t = { NULL };
	char topic[32];

	for (int i = 0; i < 50; i++) {
		snprintf(topic, sizeof(topic), "a/%d", i);
		CU_ASSERT(mqtt_publish(broker_port(b), NULL, topic, str_of(topic), true));
	}
	CU_ASSERT(mqtt_publish(broker_port(b), NULL, "a/7", STR(""), true));
	CU_ASSERT(mqtt_publish(broker_port(b), NULL, "a/live", STR("x"), false));
	CU_ASSERT(mqtt_publish(broker_port(b), NULL, "a/0", STR("n\0ul"), true));
	CU_ASSERT(tree_read(broker_port(b), "a/#", &t));
	CHECK_INT(tree_count(&t), 49);
	CU_ASSERT_PTR_NULL(tree_get(&t, STR("a/7")).p);
	CU_ASSERT(str_eq(tree_get(&t, STR("a/0")), STR("n\0ul")));
	CU_ASSERT(str_is(tree_get(&t, STR("a/49")), "a/49"));
	broker_free(b);
}

static void a_restarted_broker_keeps_ports_and_forgets(void)
{
	struct broker *b = broker_start(NULL);
	int port = broker_port(b);
	TREE_CLEANUP struct tree t = { NULL };

	CU_ASSERT(mqtt_publish(port, NULL, "a", STR("1"), true));
	broker_restart(b);
	CHECK_INT(broker_port(b), port);
	CU_ASSERT(tree_read(port, "#", &t));
	CHECK_INT(tree_count(&t), 0);
	broker_kill(b);
	CU_ASSERT_FALSE(tree_read(port, "#", &t));
	CHECK_INT(mqtt_try_connect(port, NULL), -1);
	broker_start_again(b);
	CHECK_INT(mqtt_try_connect(port, NULL), 0);
	broker_free(b);
}

static void the_conf_is_the_tests_to_change(void)
{
	struct broker *b = broker_start(&(struct broker_options){ .conf = "allow_anonymous false\nmax_keepalive 77" });
	BUF_CLEANUP struct buf conf = { 0 };
	BUF_CLEANUP struct buf log = { 0 };

	place_read(broker_conf_path(b), &conf);
	CU_ASSERT_PTR_NOT_NULL(strstr(conf.p, "max_keepalive 77\n"));
	CU_ASSERT_PTR_NULL(strstr(conf.p, "allow_anonymous true"));
	CHECK_INT(mqtt_try_connect(broker_port(b), NULL), 0x87); /* not authorized */
	CU_ASSERT_FALSE(mqtt_publish(broker_port(b), NULL, "a", STR("1"), true));
	broker_free(b);
	CU_ASSERT_NOT_EQUAL(broker_try(&(struct broker_options){ .conf = "no_such_option 1" }, &log), PROC_RUNNING);
	CU_ASSERT_PTR_NOT_NULL(strstr(log.p, "no_such_option"));
}

static void tls_listeners_show_the_right_certificate(void)
{
	const struct certs *c = certs_get();
	struct broker *b = broker_start(&(struct broker_options){ .tls = BROKER_TLS_CLIENT_CERT });
	char port[16];

	snprintf(port, sizeof(port), "%d", broker_tls_port(b));
	CHECK_INT(proc_run(ARGV("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "a", "-m", "x", "--cafile", c->ca,
				"--cert", c->client_cert, "--key", c->client_key),
			   STR(""), NULL, NULL),
		  0);
	CU_ASSERT_NOT_EQUAL(proc_run(ARGV("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "a", "-m", "x", "--cafile",
					  c->other_ca, "--cert", c->client_cert, "--key", c->client_key),
				     STR(""), NULL, NULL),
			    0);
	broker_free(b);
}

static void watching_counts_live_messages_only(void)
{
	struct broker *b = broker_start(NULL);
	struct watch *w;
	TREE_CLEANUP struct tree t = { NULL };

	mqtt_publish(broker_port(b), NULL, "a/old", STR("1"), true);
	w = watch_start(broker_port(b), NULL, "a/#");
	mqtt_publish(broker_port(b), NULL, "a/new", STR("22"), true);
	mqtt_publish(broker_port(b), NULL, "a/new", STR("333"), true);
	CU_ASSERT(WAIT_FOR(watch_messages(w) == 2, 5000));
	CHECK_INT(watch_topic_messages(w, "a/new"), 2);
	CHECK_INT(watch_topic_messages(w, "a/old"), 0);
	CHECK_INT(watch_bytes(w), 5);
	watch_tree(w, &t);
	CU_ASSERT(str_is(tree_get(&t, STR("a/new")), "333"));
	watch_reset(w);
	CHECK_INT(watch_messages(w), 0);
	broker_restart(b);
	CU_ASSERT(WAIT_FOR(mqtt_publish(broker_port(b), NULL, "a/new", STR("4"), false) && watch_messages(w) > 0, 8000));
	watch_free(w);
	broker_free(b);
}

/* ---- the scoreboard's stand-in, seen by a client of a few lines ---- */

struct viewer {
	int fd;
	struct buf in;
};

static struct viewer viewer_dial(struct board *b)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)board_port(b)) };
	struct timeval timeout = { .tv_sec = 5 };
	struct viewer v = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(v.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	CU_ASSERT_EQUAL(connect(v.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return v;
}

static void viewer_free(struct viewer *v)
{
	close(v->fd);
	buf_free(&v->in);
}

static bool viewer_more(struct viewer *v)
{
	char block[4096];
	ssize_t n = recv(v->fd, block, sizeof(block), 0);

	if (n > 0)
		buf_add(&v->in, block, (size_t)n);
	return n > 0;
}

static void viewer_take(struct viewer *v, size_t n)
{
	memmove(v->in.p, v->in.p + n, v->in.len - n + 1);
	v->in.len -= n;
}

/* The head of the answer; "" when the peer closed first. */
static void viewer_upgrade(struct viewer *v, const char *headers, struct buf *answer)
{
	BUF_CLEANUP struct buf request = { 0 };
	const char *end = NULL;

	buf_printf(&request,
		   "GET /WS/?source=test HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
		   headers);
	CU_ASSERT_EQUAL(send(v->fd, request.p, request.len, 0), (ssize_t)request.len);
	while (!end && viewer_more(v))
		end = memmem(v->in.p, v->in.len, "\r\n\r\n", 4);
	if (!end)
		return;
	buf_add(answer, v->in.p, (size_t)(end - v->in.p) + 2);
	viewer_take(v, (size_t)(end - v->in.p) + 4);
}

static void viewer_send(struct viewer *v, int opcode, const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };
	size_t n = strlen(text);

	buf_char(&out, (char)(0x80 | opcode));
	buf_char(&out, (char)(0x80 | (n < 126 ? n : 126)));
	if (n >= 126) {
		buf_char(&out, (char)(n >> 8));
		buf_char(&out, (char)n);
	}
	buf_add(&out, "\1\2\3\4", 4);
	for (size_t i = 0; i < n; i++)
		buf_char(&out, (char)(text[i] ^ (char)(1 + i % 4)));
	CU_ASSERT_EQUAL(send(v->fd, out.p, out.len, 0), (ssize_t)out.len);
}

/* One WebSocket frame's payload; the first byte, or -1 when the peer closed or said nothing for five seconds. */
static int viewer_frame(struct viewer *v, struct buf *payload)
{
	size_t head = 2, len;
	int first;

	while (v->in.len < 10 && (v->in.len < 2 || v->in.len < 2 + (size_t)(unsigned char)v->in.p[1]))
		if (!viewer_more(v))
			return -1;
	len = (unsigned char)v->in.p[1];
	for (; len >= 126 && head == 2; head = len == 126 ? 4 : 10)
		;
	if (head > 2) {
		size_t width = head - 2;

		len = 0;
		for (size_t i = 0; i < width; i++)
			len = len << 8 | (unsigned char)v->in.p[2 + i];
	}
	while (v->in.len < head + len)
		if (!viewer_more(v))
			return -1;
	first = (unsigned char)v->in.p[0];
	buf_add(payload, v->in.p + head, len);
	viewer_take(v, head + len);
	return first;
}

/* A whole message. */
static void viewer_message(struct viewer *v, struct buf *out)
{
	int first;

	buf_clear(out);
	do
		first = viewer_frame(v, out);
	while (first >= 0 && !(first & 0x80));
	if (!out->p)
		buf_puts(out, "");
}

static void board_upgrade(struct viewer *v, struct board *b)
{
	BUF_CLEANUP struct buf answer = { 0 };
	BUF_CLEANUP struct buf greeting = { 0 };

	*v = viewer_dial(b);
	viewer_upgrade(v, "", &answer);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, " 101 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")); /* the RFC's example */
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, "Set-Cookie: CRG_SCOREBOARD="));
	viewer_message(v, &greeting);
	CU_ASSERT_PTR_NOT_NULL(strstr(greeting.p, "WS.Device.Id"));
}

static void registered_paths_come_at_once_and_then_change_by_change(void)
{
	struct board *b = board_start();
	BUF_CLEANUP struct buf m = { 0 };
	struct viewer v;

	board_says(b, "S.Team(1).Score", "7");
	board_says(b, "S.Team(2).Score", "9");
	board_says(b, "S.Other", "true");
	board_upgrade(&v, b);
	viewer_send(&v, 1, "{\"action\":\"Register\",\"paths\":[\"S.Team(*).Score\",\"S.None\"]}");
	viewer_message(&v, &m);
	CHECK_STR(m.p, "{\"state\":{\"S.Team(1).Score\":7,\"S.Team(2).Score\":9}}");
	board_says(b, "S.Other", "false");
	board_frame(b, STR("{\"state\":{\"S.Team(2).Score\":10,\"S.Other\":null,\"S.Team(1).Score\":null}}"));
	viewer_message(&v, &m);
	CHECK_STR(m.p, "{\"state\":{\"S.Team(1).Score\":null,\"S.Team(2).Score\":10}}");
	viewer_send(&v, 1, "{\"action\":\"Register\",\"paths\":[\"S\"]}");
	viewer_message(&v, &m);
	CHECK_STR(m.p, "{\"state\":{\"S.Team(2).Score\":10}}");
	viewer_send(&v, 9, "hi");
	viewer_message(&v, &m);
	CHECK_STR(m.p, "hi");
	viewer_send(&v, 1, "{\"action\":\"Set\",\"key\":\"S.Other\",\"value\":1}");
	viewer_send(&v, 8, "\x03\xe9");
	CU_ASSERT(WAIT_FOR(board_counts(b).last_close_code == 1001, 5000));
	CHECK_INT(board_counts(b).registers, 2);
	CHECK_INT(board_counts(b).pings, 1);
	CHECK_INT(board_counts(b).writes, 1);
	CHECK_INT(board_counts(b).cookieless, 1);
	CU_ASSERT(WAIT_FOR(board_counts(b).open == 0, 5000));
	viewer_free(&v);
	board_free(b);
}

static void the_board_fragments_and_deflates(void)
{
	struct board *b = board_start();
	BUF_CLEANUP struct buf answer = { 0 };
	BUF_CLEANUP struct buf m = { 0 };
	struct viewer v = { .fd = -1 };
	unsigned char text[200] = "";
	z_stream z = { 0 };

	board_set_fragment(b, 3, 1);
	board_upgrade(&v, b);
	board_send_raw(b, 2, "0123456789", 10);
	CHECK_INT(viewer_frame(&v, &m), 0x02);
	CHECK_INT(m.len, 3);
	viewer_message(&v, &m);
	CHECK_STR(m.p, "3456789");
	viewer_free(&v);

	board_set_fragment(b, 0, 0);
	board_set_deflate(b, true);
	v = viewer_dial(b);
	viewer_upgrade(&v, "Cookie: a=b; CRG_SCOREBOARD=mine\r\nSec-WebSocket-Extensions: permessage-deflate\r\n", &answer);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, "Sec-WebSocket-Extensions: permessage-deflate"));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, "CRG_SCOREBOARD=mine;"));
	buf_clear(&m);
	CHECK_INT(viewer_frame(&v, &m), 0xC1);
	buf_add(&m, "\0\0\xFF\xFF", 4);
	inflateInit2(&z, -15);
	z.next_in = (unsigned char *)m.p;
	z.avail_in = (unsigned int)m.len;
	z.next_out = text;
	z.avail_out = sizeof(text) - 1;
	inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)text, "\"WS.Device.Id\":\"mine\""));
	viewer_free(&v);
	board_free(b);
}

static void the_board_misbehaves_on_request(void)
{
	struct board *b = board_start();
	BUF_CLEANUP struct buf answer = { 0 };
	BUF_CLEANUP struct buf m = { 0 };
	struct viewer v;

	board_set_mode(b, BOARD_REFUSE_503);
	v = viewer_dial(b);
	viewer_upgrade(&v, "", &answer);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer.p, " 503 "));
	viewer_free(&v);

	board_set_mode(b, BOARD_CLOSE_AT_ONCE);
	v = viewer_dial(b);
	CU_ASSERT_FALSE(viewer_more(&v));
	viewer_free(&v);

	board_set_mode(b, BOARD_NORMAL);
	board_upgrade(&v, b);
	board_set_mode(b, BOARD_UPGRADE_THEN_SILENT);
	viewer_send(&v, 1, "{\"action\":\"Register\",\"paths\":[\"S\"]}");
	CU_ASSERT(WAIT_FOR(board_registered(b, "S.A"), 5000));
	board_says(b, "S.A", "1");
	board_set_mode(b, BOARD_NORMAL);
	viewer_message(&v, &m);
	CHECK_STR(m.p, "{\"state\":{\"S.A\":1}}");
	board_keeps_quiet(b, "S.A", "2");
	board_says(b, "S.B", "3");
	viewer_message(&v, &m);
	CHECK_STR(m.p, "{\"state\":{\"S.B\":3}}");
	board_stop(b);
	CU_ASSERT_FALSE(viewer_more(&v));
	CHECK_INT(board_counts(b).open, 0);
	viewer_free(&v);
	board_resume(b);
	board_upgrade(&v, b);
	board_close(b, 1001);
	viewer_message(&v, &m);
	CHECK_INT((unsigned char)m.p[0] << 8 | (unsigned char)m.p[1], 1001);
	viewer_free(&v);
	CHECK_INT(board_counts(b).open_max, 1);
	board_free(b);
}

/* ---- pages and recordings ---- */

static void metrics_are_found_by_their_row(void)
{
	const struct str page = STR("# TYPE a_total counter\na_total{r=\"x\"} 2\na_total{r=\"y\"} 3.5\na 7\nab 9\n");

	CU_ASSERT_EQUAL(metric(page, "a"), 7);
	CU_ASSERT_EQUAL(metric(page, "a_total{r=\"y\"}"), 3.5);
	CU_ASSERT(isnan(metric(page, "a_total")));
	CU_ASSERT_EQUAL(metric_sum(page, "a_total"), 5.5);
	CHECK_INT(http_get(port_free(), "/", NULL), -1);
}

static void a_recording_folds_to_a_state(void)
{
	static const char lines[] = "{\"t\":1,\"event\":\"connect\"}\n"
				    "{\"t\":2,\"frame\":{\"state\":{\"WS.Client.Id\":\"x\",\"S.A\":1,\"S.B\":\"b\"}}}\n"
				    "{\"t\":3,\"frame\":{\"Pong\":\"\"}}\n"
				    "{\"t\":4,\"frame\":{\"state\":{\"S.A\":2,\"S.B\":null}}}\n";
	const char *path = place_temp("recording.jsonl");
	TREE_CLEANUP struct tree state = { NULL };
	struct recording r;

	place_write(path, str_of(lines));
	recording_load(&r, path);
	CHECK_INT(r.n_frames, 2);
	CHECK_INT(r.at_ms[1], 4);
	recording_fold(&r, 0, 1, &state);
	CHECK_INT(tree_count(&state), 2);
	recording_fold(&r, 1, 2, &state);
	CHECK_INT(tree_count(&state), 1);
	CU_ASSERT(str_is(tree_get(&state, STR("S.A")), "2"));
	recording_free(&r);
}

static void the_real_recording_can_be_read(void)
{
	TREE_CLEANUP struct tree state = { NULL };
	struct recording r;

	if (!place_exists(recording_path())) {
		printf("(no recording here: skipped) ");
		return;
	}
	recording_load(&r, recording_path());
	recording_fold(&r, 0, r.n_frames, &state);
	CU_ASSERT(r.n_frames > 100);
	CU_ASSERT(tree_count(&state) > 100);
	CU_ASSERT_PTR_NOT_NULL(tree_get(&state, STR("ScoreBoard.CurrentGame.Game")).p);
	recording_free(&r);
}

static void a_full_game_grows_from_the_recording(void)
{
	TREE_CLEANUP struct tree state = { NULL };
	TREE_CLEANUP struct tree later = { NULL };
	BUF_CLEANUP struct buf frame = { 0 };
	size_t bytes = 0, n_gone;
	struct recording r;

	if (!place_exists(recording_path())) {
		printf("(no recording here: skipped) ");
		return;
	}
	recording_load(&r, recording_path());
	fullgame_state(&r, FULLGAME_KEYS, &state);
	CHECK_INT(tree_count(&state), FULLGAME_KEYS);
	tree_each(&state, leaf)
		bytes += leaf->name.len + leaf->value.len + 4;
	CU_ASSERT(bytes > 1500000 && bytes < 2500000);
	n_gone = fullgame_new_game(&state, &frame);
	tree_copy(&later, &state);
	CU_ASSERT(tree_apply(&later, json_get(buf_view(&frame), "state")));
	CU_ASSERT(tree_count(&later) <= FULLGAME_KEYS - n_gone + 3);
	recording_free(&r);
}

static void leaves_are_told_from_what_stands_beside_them(void)
{
	TREE_CLEANUP struct tree t = { NULL };

	tree_apply(&t, STR("{\"scoreboard/team/1/score\":1,\"scoreboard/status\":1,\"scoreboard/feed/x/delta\":1,"
			   "\"scoreboard/presence/y\":1,\"other/z\":1,\"scoreboardx/y\":1,\"scoreboard/state\":1}"));
	leaves_only(&t, "scoreboard");
	CHECK_INT(tree_count(&t), 2);
	CU_ASSERT_PTR_NOT_NULL(tree_get(&t, STR("scoreboard/state")).p);
}

const struct unit_test unit_tests[] = {
	UNIT(json_values_are_equal_by_what_they_mean),
	UNIT(flat_objects_apply_to_a_tree),
	UNIT(differences_are_counted_each_way),
	UNIT(register_paths_cover_by_whole_steps),
	UNIT(programs_are_watched_and_reaped),
	UNIT(signals_and_missing_programs_are_told_apart),
	UNIT(retained_messages_are_read_whole),
	UNIT(a_restarted_broker_keeps_ports_and_forgets),
	UNIT(the_conf_is_the_tests_to_change),
	UNIT(tls_listeners_show_the_right_certificate),
	UNIT(watching_counts_live_messages_only),
	UNIT(registered_paths_come_at_once_and_then_change_by_change),
	UNIT(the_board_fragments_and_deflates),
	UNIT(the_board_misbehaves_on_request),
	UNIT(metrics_are_found_by_their_row),
	UNIT(a_recording_folds_to_a_state),
	UNIT(the_real_recording_can_be_read),
	UNIT(a_full_game_grows_from_the_recording),
	UNIT(leaves_are_told_from_what_stands_beside_them),
	{ NULL, NULL },
};
