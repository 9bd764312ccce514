/* The door's metrics, whole: as Prometheus reads them, and as $SYS topics, which say only what has changed. */
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_stats";

#define POLICY "{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]},\"crew\":{\"publish\":[\"#\"]}},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"}}"

static struct door *d;
static struct buf published;
static const mono now = { 1000 };
static const char ptr;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	CU_ASSERT(!to && retain);
	buf_printf(&published, "%s=%.*s\n", topic, STR_ARGS(payload));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static struct policy *parse(const char *text)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(str_of(text), &p, &why) == 0);
	return p;
}

static void begin(void)
{
	const struct door_ops ops = { .publish = on_publish, .log = on_log };

	d = door_new("sb", parse(POLICY), (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void end(void)
{
	door_free(d);
	buf_free(&published);
}

static enum reason come(enum transport transport)
{
	const struct visitor v = { .ptr = &ptr, .id = "c", .address = "192.0.2.1", .transport = transport };

	return door_connect(d, &v, now, 0);
}

#define GAUGE(name, help) "# HELP scoreboard_door_" name " " help "\n# TYPE scoreboard_door_" name " gauge\n"
#define COUNTER(name, help) "# HELP scoreboard_door_" name "_total " help "\n# TYPE scoreboard_door_" name "_total counter\n"
#define VALUE(name, value) "scoreboard_door_" name " " value "\n"

/* Names, types, helps, labels and their order are what dashboards have been made for. */
static const char *const texts[] = {
	GAUGE("connections", "Clients that are in.") VALUE("connections{role=\"viewer\"}", "1") VALUE("connections{role=\"crew\"}", "0"),
	GAUGE("connections_by_transport", "Clients that are in.") VALUE("connections_by_transport{transport=\"mqtt\"}", "0")
		VALUE("connections_by_transport{transport=\"websockets\"}", "1"),
	GAUGE("seats_left", "Clients that could still come in.") VALUE("seats_left{role=\"viewer\"}", "9999")
		VALUE("seats_left{role=\"crew\"}", "9999"),
	GAUGE("subscriptions", "Subscriptions held.") VALUE("subscriptions", "1"),
	GAUGE("held", "Every count that must be zero when nobody is in, added up.") VALUE("held", "6"),
	GAUGE("addresses", "Addresses remembered.") VALUE("addresses", "1"),
	GAUGE("bans", "Bans in force.") VALUE("bans", "0"),
	GAUGE("sessions", "Sessions whose client is not connected.") VALUE("sessions{role=\"viewer\"}", "0")
		VALUE("sessions{role=\"crew\"}", "0"),
	GAUGE("retained_topics", "Retained topics that came by, of whoever wrote them.") VALUE("retained_topics", "1"),
	GAUGE("repeat_topics", "Topics whose retained payload is known.") VALUE("repeat_topics", "0"),
	COUNTER("accepted", "Connects accepted.") VALUE("accepted_total{role=\"viewer\"}", "1") VALUE("accepted_total{role=\"crew\"}", "0"),
	COUNTER("refused", "What was refused.") VALUE("refused_total{reason=\"banned\"}", "0"),
	VALUE("refused_total{reason=\"publish\"}", "1"),
	COUNTER("addresses_shut", "Addresses shut for failed logins.") VALUE("addresses_shut_total", "0"),
	COUNTER("messages_in", "Messages taken from clients.") VALUE("messages_in_total{role=\"viewer\"}", "0"),
	COUNTER("bytes_in", "Bytes of payload taken from clients.") VALUE("bytes_in_total{role=\"viewer\"}", "0"),
	COUNTER("messages_out", "Messages that clients were to be sent.") VALUE("messages_out_total{role=\"viewer\"}", "1")
		VALUE("messages_out_total{role=\"crew\"}", "0"),
	COUNTER("bytes_out", "Bytes of their payload.") VALUE("bytes_out_total{role=\"viewer\"}", "5"),
	COUNTER("bridge_messages_in", "Messages from this broker's own bridges.") VALUE("bridge_messages_in_total", "1"),
	COUNTER("bridge_bytes_in", "Bytes from this broker's own bridges.") VALUE("bridge_bytes_in_total", "5"),
	COUNTER("acl_checks", "Permissions asked for.") VALUE("acl_checks_total{access=\"read\"}", "2")
		VALUE("acl_checks_total{access=\"write\"}", "1") VALUE("acl_checks_total{access=\"subscribe\"}", "1")
			VALUE("acl_checks_total{access=\"unsubscribe\"}", "0"),
	COUNTER("spent_seconds", "Time spent in the plugin; reads are sampled.") VALUE("spent_seconds_total", "1.5"),
	COUNTER("repeat_topics_refused", "Retained messages let through unseen: too many topics.") VALUE("repeat_topics_refused_total", "0"),
	COUNTER("sessions_not_kept", "Sessions of which no account is kept: too many.") VALUE("sessions_not_kept_total", "0"),
	COUNTER("retained_not_kept", "Retained messages of which no account is kept: too many topics.")
		VALUE("retained_not_kept_total", "0"),
	COUNTER("presence_groups_refused", "Groups not counted, or not told: too many.") VALUE("presence_groups_refused_total", "0"),
	GAUGE("rooms", "Rooms that are known.") VALUE("rooms", "0"),
	GAUGE("rooms_closed", "Rooms that an operator has closed.") VALUE("rooms_closed", "0"),
	COUNTER("rooms_cleared", "Rooms whose retained topics were cleared, since nobody was in them for long.") VALUE("rooms_cleared_total", "0"),
	COUNTER("asks", "What other brokers asked for, and was done.") VALUE("asks_total", "0"),
	COUNTER("asks_refused", "What other brokers asked for or answered, and was not understood or not allowed.") VALUE("asks_refused_total", "0"),
	COUNTER("answers_missing", "Answers of other brokers that did not come in time.") VALUE("answers_missing_total", "0"),
	COUNTER("repeats_dropped", "Retained messages that the broker held already.") VALUE("repeats_dropped_total", "0"),
	COUNTER("kicked", "Clients sent away.") VALUE("kicked_total", "0"),
	COUNTER("tokens_expired", "Clients sent away because their token expired.") VALUE("tokens_expired_total", "0"),
	COUNTER("reloads", "Policies put in force after the first.") VALUE("reloads_total", "0"),
	COUNTER("reload_failures", "Policies that were refused on reload.") VALUE("reload_failures_total", "1"),
	COUNTER("control_requests", "Commands over the control API.") VALUE("control_requests_total", "0"),
	COUNTER("shares_refused", "Reports of edges, or of the hub, about who watches that were none.") VALUE("shares_refused_total", "0"),
	COUNTER("wiped", "Retained topics cleared for an operator, or with a room.") VALUE("wiped_total", "0"),
	COUNTER("log_lines_held_back", "Refusals not logged, because their offender was in the log within the last minute.")
		VALUE("log_lines_held_back_total", "0"),
};

#define WATCHING \
	"# TYPE scoreboard_watching gauge\nscoreboard_watching{by=\"mqtt\"} 0\nscoreboard_watching{by=\"sse\"} 0\n" \
	"scoreboard_watching{by=\"polling\"} 0\n" \
	"# HELP scoreboard_presence Who has subscribed to what a watch of the policy counts.\n# TYPE scoreboard_presence gauge\n"

static void something_happens(void)
{
	const struct message filter = { .topic = STR("sb/#") }, m = { STR("sb/x"), STR("hello"), true, 0 };
	const struct message private = { STR("other"), STR("hello"), true, 0 };

	CHECK_INT(come(TRANSPORT_WEBSOCKETS), REASON_NONE);
	CHECK_INT(door_may(d, &ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
	CHECK_INT(door_may(d, &ptr, &(struct door_request){ DOOR_WRITE, &m }, now), REASON_PUBLISH);
	CHECK_INT(door_message(d, NULL, &m, now).what, DOOR_MESSAGE_PASS);
	CHECK_INT(door_may(d, &ptr, &(struct door_request){ DOOR_READ, &m }, now), REASON_NONE);
	CHECK_INT(door_may(d, &ptr, &(struct door_request){ DOOR_READ, &private }, now), REASON_READ);
	door_spent(d, 1500000000);
	door_reload_failed(d);
}

static void prometheus_reads_what_it_always_did(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	const char *rest;
	int n_names = 0;

	begin();
	something_happens();
	door_metrics(d, &out);
	rest = out.p;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *found = strstr(rest, texts[i]);

		if (!found)
			printf("\n    not there, or not in its place:\n%s", texts[i]);
		CU_ASSERT_PTR_NOT_NULL(found);
		rest = found ? found : rest;
	}
	/* 40 names, and behind them who watches, which is presence's */
	CU_ASSERT(strcmp(out.p + out.len - strlen(WATCHING), WATCHING) == 0);
	for (rest = out.p; (rest = strstr(rest, "# TYPE scoreboard_door_")) != NULL; rest++)
		n_names++;
	CHECK_INT(n_names, 40);
	end();
}

static void sys_topics_say_what_has_changed(void)
{
	begin();
	door_publish_metrics(d);
	CU_ASSERT_PTR_NOT_NULL(strstr(published.p, "$SYS/broker/scoreboard/connections/viewer=0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(published.p, "$SYS/broker/scoreboard/refused/publish=0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(published.p, "$SYS/broker/scoreboard/kicked=0\n"));
	buf_clear(&published);
	door_publish_metrics(d);
	CHECK_INT(published.len, 0);
	something_happens();
	door_publish_metrics(d);
	CHECK_STR(published.p, "$SYS/broker/scoreboard/connections/viewer=1\n"
			       "$SYS/broker/scoreboard/connections_by_transport/websockets=1\n"
			       "$SYS/broker/scoreboard/seats_left/viewer=9999\n"
			       "$SYS/broker/scoreboard/seats_left/crew=9999\n"
			       "$SYS/broker/scoreboard/subscriptions=1\n"
			       "$SYS/broker/scoreboard/held=6\n"
			       "$SYS/broker/scoreboard/addresses=1\n"
			       "$SYS/broker/scoreboard/retained_topics=1\n"
			       "$SYS/broker/scoreboard/accepted/viewer=1\n"
			       "$SYS/broker/scoreboard/refused/read=1\n"
			       "$SYS/broker/scoreboard/refused/publish=1\n"
			       "$SYS/broker/scoreboard/messages_out/viewer=1\n"
			       "$SYS/broker/scoreboard/bytes_out/viewer=5\n"
			       "$SYS/broker/scoreboard/bridge_messages_in=1\n"
			       "$SYS/broker/scoreboard/bridge_bytes_in=5\n"
			       "$SYS/broker/scoreboard/acl_checks/read=2\n"
			       "$SYS/broker/scoreboard/acl_checks/write=1\n"
			       "$SYS/broker/scoreboard/acl_checks/subscribe=1\n"
			       "$SYS/broker/scoreboard/spent_seconds=1.5\n"
			       "$SYS/broker/scoreboard/reload_failures=1\n");
	end();
}

/* The roles are others, so all is said again. */
static void a_reload_keeps_the_counts_of_roles_by_their_names(void)
{
	BUF_CLEANUP struct buf out = { 0 };

	begin();
	something_happens();
	door_publish_metrics(d);
	buf_clear(&published);
	door_reload(d, parse("{\"roles\":{\"first\":{},\"viewer\":{\"subscribe\":[\"sb/#\"]}},\"anonymous\":{\"websockets\":\"viewer\"}}"),
		    (struct passwd){ NULL }, now);
	door_metrics(d, &out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, VALUE("accepted_total{role=\"first\"}", "0") VALUE("accepted_total{role=\"viewer\"}", "1")));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, VALUE("messages_out_total{role=\"first\"}", "0") VALUE("messages_out_total{role=\"viewer\"}", "1")));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, VALUE("bytes_out_total{role=\"first\"}", "0") VALUE("bytes_out_total{role=\"viewer\"}", "5")));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, VALUE("connections{role=\"first\"}", "0") VALUE("connections{role=\"viewer\"}", "1")));
	CU_ASSERT_PTR_NULL(strstr(out.p, "\"crew\""));
	door_publish_metrics(d);
	CU_ASSERT_PTR_NOT_NULL(strstr(published.p, "$SYS/broker/scoreboard/accepted/first=0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(published.p, "$SYS/broker/scoreboard/reloads=1\n"));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(prometheus_reads_what_it_always_did),
	UNIT(sys_topics_say_what_has_changed),
	UNIT(a_reload_keeps_the_counts_of_roles_by_their_names),
	{ NULL, NULL },
};
