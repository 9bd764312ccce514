#include "tests/support/fleet.h"

#include "tests/support/door.h"
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <mosquitto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PLUGIN "mosquitto-plugin/mosquitto_scoreboard.so"
#define SERVER_LINE 120

static const struct login as_operator = { NULL, "operator", "pw-operator" };

/* ---- texts ---- */

/* Where `part` begins. If it ends with a digit, no other may follow: port 1883 is not found in 18837, which may be another line's new port. */
static const char *find(const char *text, const char *part)
{
	size_t len = strlen(part);
	const char *at = text;

	while ((at = strstr(at, part)) != NULL && isdigit((unsigned char)part[len - 1]) && isdigit((unsigned char)at[len]))
		at++;
	return at;
}

/* Fatal if `from` is not there, so that a change of the shipped file is noticed. */
static void replace(struct buf *text, const char *from, const char *to)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct str rest = buf_view(text);
	const char *at;

	if (!find(text->p, from))
		fatal("\"%s\" is not in the shipped file", from);
	while ((at = find(rest.p, from)) != NULL) {
		buf_add(&out, rest.p, (size_t)(at - rest.p));
		buf_puts(&out, to);
		rest = str_skip(rest, (size_t)(at - rest.p) + strlen(from));
	}
	buf_str(&out, rest);
	buf_clear(text);
	buf_str(text, buf_view(&out));
}

static void replace_number(struct buf *text, const char *format, int from, int to)
{
	char was[SERVER_LINE], is[SERVER_LINE];

	snprintf(was, sizeof(was), format, from);
	snprintf(is, sizeof(is), format, to);
	replace(text, was, is);
}

static void shipped(const char *file, struct buf *out)
{
	if (!place_read(place_source(file), out))
		fatal("%s cannot be read", file);
}

static const char *file_of(const char *name)
{
	char path[100];

	mkdir(place_temp("fleet"), 0700);
	snprintf(path, sizeof(path), "fleet/%s", name);
	return place_temp(path);
}

/* ---- passwords, policy ---- */

static void write_passwords(void)
{
	static const char *const users[] = { "publisher", "operator", "bridge", "crew", "monitor" };
	const char *path = file_of("passwd");

	if (place_exists(path))
		return;
	place_write(path, STR(""));
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		char password[40];

		snprintf(password, sizeof(password), "pw-%s", users[i]);
		if (proc_run(ARGV("mosquitto_passwd", "-b", path, users[i], password), STR(""), NULL, NULL) != 0)
			fatal("mosquitto_passwd does not work");
	}
	place_write(file_of("publisher.password"), STR("pw-publisher\n"));
}

/* The shipped policy, but the operator may publish the marker of tree_read(), and read it; and rooms are idle soon. */
static void write_policy(void)
{
	BUF_CLEANUP struct buf text = { 0 };

	shipped("conf/policy.json", &text);
	replace(&text, "\"users/%u/#\", \"$SYS/#\"],\n      \"publish\": [",
		"\"users/%u/#\", \"$SYS/#\", \"test-marker/#\"],\n      \"publish\": [\"test-marker/#\", ");
	replace(&text, "\"idle_s\": 3600", "\"idle_s\": 5");
	place_write(file_of("policy.json"), buf_view(&text));
	place_write(file_of("token.key"), STR("the key for tokens of these tests\n"));
}

/* ---- the brokers ---- */

struct broker *fleet_start_hub(int i)
{
	BUF_CLEANUP struct buf text = { 0 };
	int port = port_free();

	shipped("conf/cluster/hub.conf", &text);
	replace_number(&text, "listener %d", 1880, port);
	replace(&text, "/usr/lib/x86_64-linux-gnu/mosquitto_scoreboard.so", place_build(PLUGIN));
	replace(&text, "/etc/scoreboard-mqtt/policy.json", file_of("policy.json"));
	replace(&text, "/var/lib/mosquitto/scoreboard.prom", file_of(i ? "hub2.prom" : "hub.prom"));
	buf_puts(&text, "user root\n");
	return broker_start_whole(text.p, port, 0);
}

/* Has the shipped script fill a template of conf/cluster/. */
static void fill(const char *file, const char *const *env, struct buf *out)
{
	const char *const argv[] = { place_source("conf/cluster/fill"), place_source(file), NULL };
	struct proc *p = proc_start(&(struct proc_options){ .argv = argv, .env = env });

	if (proc_wait(p, 5000) != 0)
		fatal("fill does not work");
	proc_stdout(p, out);
	proc_free(p);
	buf_puts(out, "user root\n");
}

struct broker *fleet_start_member(const char *file, const char *name, const int hub_ports[FLEET_HUBS_MAX])
{
	BUF_CLEANUP struct buf text = { 0 };
	int port = port_free(), ws_port = strstr(file, "edge.conf") ? port_free() : 0;
	char lines[7][600], metrics[80];
	size_t n;

	snprintf(metrics, sizeof(metrics), "%s.prom", name);
	snprintf(lines[0], sizeof(lines[0]), "NAME=%s", name);
	snprintf(lines[1], sizeof(lines[1]), "PORT=%d", port);
	snprintf(lines[2], sizeof(lines[2]), "WS_PORT=%d", ws_port);
	n = (size_t)snprintf(lines[3], sizeof(lines[3]), "HUB=127.0.0.1:%d", hub_ports[0]);
	if (hub_ports[1])
		snprintf(lines[3] + n, sizeof(lines[3]) - n, " 127.0.0.1:%d", hub_ports[1]);
	snprintf(lines[4], sizeof(lines[4]), "PLUGIN=%.500s", place_build(PLUGIN));
	snprintf(lines[5], sizeof(lines[5]), "POLICY=%.500s", file_of("policy.json"));
	snprintf(lines[6], sizeof(lines[6]), "METRICS=%.500s", file_of(metrics));
	fill(file, ARGV(lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], lines[6], "ADDRESS=127.0.0.1", "HUB_PASSWORD=pw-bridge"),
	     &text);
	return broker_start_whole(text.p, port, ws_port);
}

/* ---- HAProxy ---- */

static void write_haproxy_conf(struct fleet *f)
{
	BUF_CLEANUP struct buf text = { 0 };

	shipped("conf/cluster/haproxy.cfg", &text);
	replace(&text, "maxconn 100000", "maxconn 4000");
	replace(&text, "/run/haproxy/scoreboard.sock", file_of("haproxy.sock"));
	replace_number(&text, "bind :%d", 9001, f->ws_port);
	replace_number(&text, "bind :%d", 1883, f->tcp_port);
	replace_number(&text, "127.0.0.1:%d", 8404, port_free());
	for (int i = 0; i < FLEET_EDGES; i++) {
		replace_number(&text, "127.0.0.1:%d", 9011 + i, broker_ws_port(f->edge[i]));
		replace_number(&text, "127.0.0.1:%d", 1884 + i, broker_port(f->edge[i]));
		replace_number(&text, "check port %d", 1884 + i, broker_port(f->edge[i]));
	}
	place_write(file_of("haproxy.cfg"), buf_view(&text));
}

static bool leads_somewhere(struct fleet *f)
{
	return mqtt_try_connect(f->tcp_port, NULL) == 0;
}

void fleet_haproxy_start(struct fleet *f)
{
	proc_free(f->haproxy);
	f->haproxy = proc_start(&(struct proc_options){ .argv = ARGV("/usr/sbin/haproxy", "-db", "-f", file_of("haproxy.cfg")),
							.env = ARGV("SCOREBOARD_MONITOR_PASSWORD=pw-monitor") });
	if (WAIT_FOR(!proc_running(f->haproxy) || leads_somewhere(f), 10000) && proc_running(f->haproxy))
		return;
	proc_print_tail(f->haproxy);
	fatal("HAProxy leads nowhere");
}

/* ---- all of it ---- */

struct publisher *fleet_start_track(struct fleet *f, struct board *board, const char *prefix)
{
	const char *const args[] = { "--schema", place_source("schema/crg.json"), "--user", "publisher", "--password-file",
				     file_of("publisher.password"), "--retry-first-ms", "100", "--retry-max-ms", "1000", "--prefix", prefix, NULL };

	f->mapping.schema = args[1];
	return publisher_start(&(struct publisher_options){ .board = board, .broker = f->hub, .args = args });
}

void fleet_start_publisher(struct fleet *f)
{
	static const char *argv[16];
	size_t n;
	const char *const own[] = { "--schema", place_source("schema/crg.json"), "--user", "publisher", "--password-file",
				    file_of("publisher.password"), "--retry-first-ms", "100", "--retry-max-ms", "1000" };

	memcpy(argv, own, sizeof(own));
	n = sizeof(own) / sizeof(own[0]);
	if (f->n_hubs > 1) {
		argv[n++] = "--broker"; /* one more than publisher_start() names */
		argv[n++] = broker_url(f->hubs[1]);
	}
	argv[n] = NULL;
	f->mapping.schema = argv[1];
	f->board = board_start();
	f->publisher = publisher_start(&(struct publisher_options){ .board = f->board, .broker = f->hub, .args = argv });
}

static void start_brokers(struct fleet *f)
{
	for (int h = 0; h < f->n_hubs; h++)
		f->hubs[h] = fleet_start_hub(h);
	f->hub = f->hubs[0];
	for (int i = 0; i < FLEET_EDGES; i++) {
		int ports[FLEET_HUBS_MAX] = { 0 };

		for (int h = 0; h < f->n_hubs; h++) {
			f->links[i][h] = relay_start(broker_port(f->hubs[h]));
			ports[h] = relay_port(f->links[i][h]);
		}
		f->edge[i] = fleet_start_member("conf/cluster/edge.conf", i ? "edge2" : "edge1", ports);
	}
}

void fleet_files(void)
{
	if (!place_exists(place_build(PLUGIN)))
		unit_skip_all("the plugin is not built");
	write_passwords();
	write_policy();
}

void fleet_set(struct fleet *f)
{
	fleet_set_with(f, 1);
}

void fleet_set_brokers(struct fleet *f, int n_hubs)
{
	*f = (struct fleet){ .ws_port = port_free(), .tcp_port = port_free(), .n_hubs = n_hubs };
	if (!place_exists("/usr/sbin/haproxy"))
		unit_skip_all("HAProxy is not installed");
	fleet_files();
	start_brokers(f);
	write_haproxy_conf(f);
}

void fleet_set_with(struct fleet *f, int n_hubs)
{
	fleet_set_brokers(f, n_hubs);
	fleet_start_publisher(f);
	fleet_haproxy_start(f);
}

void fleet_strike(struct fleet *f)
{
	publisher_free(f->publisher);
	proc_free(f->haproxy);
	for (int i = 0; i < FLEET_EDGES; i++) {
		door_stop(f->edge[i]);
		for (int h = 0; h < f->n_hubs; h++)
			relay_free(f->links[i][h]);
	}
	for (int h = 0; h < f->n_hubs; h++)
		door_stop(f->hubs[h]);
	board_free(f->board);
	mapping_free(&f->mapping);
}

/* ---- what it holds ---- */

bool fleet_tree(int port, struct tree *out)
{
	TREE_CLEANUP struct tree presence = { NULL };

	if (!tree_read_as(port, &as_operator, "scoreboard/#", out))
		return false;
	tree_each(out, leaf)
		if (str_starts(leaf->name, STR("scoreboard/presence/")))
			tree_set(&presence, leaf->name, STR(""));
	tree_each(&presence, leaf)
		tree_remove(out, leaf->name);
	return true;
}

bool fleet_holds(int port, const char *topic, const char *part)
{
	TREE_CLEANUP struct tree tree = { NULL };
	struct str value;

	if (!tree_read_as(port, &as_operator, topic, &tree))
		return false;
	value = tree_get(&tree, str_of(topic));
	return value.p && strstr(value.p, part);
}

bool fleet_status_is(int port, const char *state)
{
	char member[40];

	snprintf(member, sizeof(member), "\"state\":\"%s\"", state);
	return fleet_holds(port, "scoreboard/status", member);
}

bool fleet_counts(int port, const char *key, const char *value)
{
	TREE_CLEANUP struct tree tree = { NULL };
	char topic[100];
	struct str text;

	snprintf(topic, sizeof(topic), "scoreboard/presence/%s", key);
	if (!tree_read_as(port, &as_operator, topic, &tree))
		return false;
	text = tree_get(&tree, str_of(topic));
	return text.p ? str_is(text, value) : !*value;
}

bool fleet_metrics_say(const char *name, const char *line)
{
	BUF_CLEANUP struct buf text = { 0 };
	char file[60];

	snprintf(file, sizeof(file), "%s.prom", name);
	return place_read(file_of(file), &text) && strstr(buf_view(&text).p, line);
}

static bool same(const char *what, const struct tree *expected, const struct tree *got, bool print)
{
	if (tree_diff(expected, got, 0) == 0)
		return true;
	if (print) {
		printf("\n    %s differs:", what);
		tree_diff(expected, got, 10);
	}
	return false;
}

bool fleet_hub_is_right(struct fleet *f, const struct tree *hub, bool print)
{
	TREE_CLEANUP struct tree state = { NULL };
	TREE_CLEANUP struct tree expected = { NULL };
	TREE_CLEANUP struct tree leaves = { NULL };

	board_state(f->board, &state);
	expected_tree(&f->mapping, &state, "live", &expected);
	tree_copy(&leaves, hub);
	leaves_only(&leaves, "scoreboard");
	return same("the hub", &expected, &leaves, print);
}

static bool read_tree(const char *what, int port, struct tree *out, bool print)
{
	bool ok = fleet_tree(port, out);

	if (!ok && print)
		printf("\n    %s cannot be read", what);
	return ok;
}

bool fleet_port_is_like(const char *what, int port, const struct tree *hub, bool print)
{
	TREE_CLEANUP struct tree got = { NULL };

	return read_tree(what, port, &got, print) && same(what, hub, &got, print);
}

struct hub_trees {
	struct tree of[FLEET_HUBS_MAX];
	int n;
};

static void free_hub_trees(struct hub_trees *t)
{
	for (int h = 0; h < t->n; h++)
		tree_free(&t->of[h]);
}

/* Is it what one of the hubs holds? It is read once: HAProxy leads the next one to another edge. */
static bool port_is_like_a_hub(const char *what, int port, const struct hub_trees *hubs, bool print)
{
	TREE_CLEANUP struct tree got = { NULL };

	if (!read_tree(what, port, &got, print))
		return false;
	for (int h = 0; h + 1 < hubs->n; h++)
		if (same(what, &hubs->of[h], &got, false))
			return true;
	return same(what, &hubs->of[hubs->n - 1], &got, print);
}

/* The status of each is about itself: since when it is live. */
static bool hubs_are_alike(const struct hub_trees *hubs, bool print)
{
	TREE_CLEANUP struct tree a = { NULL }, b = { NULL };

	if (hubs->n < 2)
		return true;
	tree_copy(&a, &hubs->of[0]);
	tree_copy(&b, &hubs->of[1]);
	tree_remove(&a, STR("scoreboard/status"));
	tree_remove(&b, STR("scoreboard/status"));
	return same("the second hub", &a, &b, print);
}

static bool hubs_are_right(struct fleet *f, struct hub_trees *hubs, bool print)
{
	for (hubs->n = 0; hubs->n < f->n_hubs; hubs->n++) {
		if (!fleet_tree(broker_port(f->hubs[hubs->n]), &hubs->of[hubs->n])) {
			if (print)
				printf("\n    hub %d cannot be read", hubs->n + 1);
			return false;
		}
	}
	for (int h = 0; h < hubs->n; h++)
		if (!fleet_hub_is_right(f, &hubs->of[h], print))
			return false;
	return hubs_are_alike(hubs, print);
}

bool fleet_equal(struct fleet *f, bool print)
{
	static const char *const names[] = { "edge 1", "edge 2" };
	struct hub_trees hubs = { .n = 0 };
	bool ok = hubs_are_right(f, &hubs, print);

	for (int i = 0; ok && i < FLEET_EDGES; i++)
		ok = port_is_like_a_hub(names[i], broker_port(f->edge[i]), &hubs, print);
	ok = ok && port_is_like_a_hub("what HAProxy leads to", f->tcp_port, &hubs, print);
	free_hub_trees(&hubs);
	return ok;
}

/* ---- fans ---- */

struct fan {
	struct mosquitto *m;
	pthread_mutex_t lock;
	char epoch[32], epoch_here[32]; /* the newest that was ever seen, and the newest on the present connection; likewise seq and seq_here */
	int64_t seq, seq_here;
	unsigned long deltas, backwards, backwards_here;
};

static void fan_on_connect(struct mosquitto *m, void *data, int reason)
{
	struct fan *w = data;

	pthread_mutex_lock(&w->lock);
	*w->epoch_here = '\0';
	w->seq_here = -1;
	pthread_mutex_unlock(&w->lock);
	if (reason == 0)
		mosquitto_subscribe(m, NULL, "scoreboard/feed/spectator/delta", 0);
}

/* Makes the pair the newest. False: it is older than that. Epochs rise with time, and seq within an epoch; a heartbeat repeats both. */
static bool advance(char epoch[32], int64_t *seq, const char *new_epoch, int64_t new_seq)
{
	int newer = strcmp(new_epoch, epoch);

	if (newer < 0 || (newer == 0 && new_seq < *seq))
		return false;
	memmove(epoch, new_epoch, strlen(new_epoch) + 1);
	*seq = new_seq;
	return true;
}

static void fan_on_message(struct mosquitto *m, void *data, const struct mosquitto_message *msg)
{
	struct str text = { msg->payload, (size_t)msg->payloadlen };
	struct str epoch = json_get(text, "epoch"), seq = json_get(text, "seq");
	struct fan *w = data;
	char name[32];
	int64_t n;

	(void)m;
	if (msg->retain || !epoch.p || !seq.p || !str_to_int(seq, &n))
		return;
	snprintf(name, sizeof(name), "%.*s", STR_ARGS(epoch));
	pthread_mutex_lock(&w->lock);
	w->deltas++;
	w->backwards += !advance(w->epoch, &w->seq, name, n);
	w->backwards_here += !advance(w->epoch_here, &w->seq_here, name, n);
	pthread_mutex_unlock(&w->lock);
}

struct fan *fan_start(int port)
{
	struct fan *w = calloc(1, sizeof(*w));

	if (!w)
		fatal("out of memory");
	pthread_mutex_init(&w->lock, NULL);
	w->seq = w->seq_here = -1;
	w->m = mqtt_client_new(NULL, w);
	mosquitto_connect_callback_set(w->m, fan_on_connect);
	mosquitto_message_callback_set(w->m, fan_on_message);
	mosquitto_reconnect_delay_set(w->m, 1, 1, false);
	mosquitto_connect_async(w->m, "127.0.0.1", port, 5);
	if (mosquitto_loop_start(w->m) != MOSQ_ERR_SUCCESS)
		fatal("no thread for a fan");
	return w;
}

void fan_free(struct fan *w)
{
	if (!w)
		return;
	mqtt_client_end(w->m);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void fan_end(struct fan *w, bool on_one_connection)
{
	pthread_mutex_lock(&w->lock);
	CU_ASSERT(w->deltas > 0);
	CHECK_INT(on_one_connection ? w->backwards_here : w->backwards, 0);
	pthread_mutex_unlock(&w->lock);
	fan_free(w);
}
