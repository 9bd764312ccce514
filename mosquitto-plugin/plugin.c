/* plugin - between Mosquitto and the keeper (core/keeper.h): the only file that knows the broker's headers. It translates events into calls,
 * and what the keeper wants done into calls of the broker's API. It also finds out what only that API can tell: which version the broker is,
 * what a client asks for, which socket is a client's. It is built against 2.0's headers, and runs in 2.0 and 2.1: if an event of 2.1 can be
 * registered, the broker is 2.1. All of it runs on the broker's thread. */
#include "base/buf.h"
#include "base/hash.h"
#include "base/process.h"
#include "mosquitto-plugin/core/gauges/gauges.h"
#include "mosquitto-plugin/core/keeper.h"
#include "mosquitto-plugin/files.h"
#include "mosquitto-plugin/load.h"
#include "mosquitto-plugin/newcomers.h"
#include "mosquitto-plugin/sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* mosquitto_broker.h of 2.0 needs <stdio.h> before it */
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <mqtt_protocol.h>

#define CONTROL_TOPIC "$CONTROL/scoreboard/v1"
#define METRICS_MS 10000
#define FIGURES_MS 1000
#define TICK_20_MS 100 /* so long 2.0 may leave its plugins alone, and so long 2.1 does when it is asked to */
#define TICK_21_MS 250
#define GIVE_UP_AGAIN_MS 5000 /* so much later the sockets' options are set once more: see set_patience() */
#define OVERDUE_MS 1000       /* so much later than its keepalive a sign of life may come: it is sent in time, and this is for its way */
#define READ_SAMPLE 64        /* one of so many permission checks to read is timed */

/* Events of 2.1; 2.0 answers "not supported" when they are registered. */
#define EVT_CONNECT 11
#define EVT_CLIENT_OFFLINE 28

/* MOSQ_ERR_QUOTA_EXCEEDED of 2.1: a PUBACK with 0x97. In 2.0 it would end the connection. */
#define ERR_QUOTA_EXCEEDED (-6)

struct plugin {
	mosquitto_plugin_id_t *id;
	struct keeper *keeper;
	struct door *door; /* the keeper's */
	struct newcomers *newcomers;
	struct gauges gauges;
	struct process process;
	char *policy_path, *metrics_path, *prefix, *part, *name;
	bool is_21;
	bool metrics_failed; /* the log says already that the metrics file cannot be written */
	bool blindness_said; /* the log says already that newcomers are not watched */
	int64_t files;       /* the limit on open files; 0: unknown */
	unsigned n_reads;
	mono metrics_at, figures_at;
	int64_t give_up_ms; /* the policy's stalled_s, for the sockets */
	unsigned give_ups;  /* how often ticks have still to set it */
	mono give_up_at;    /* when they do */
};

/* ---- what the keeper wants done ---- */

static void do_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	/* 2.0 copies from the pointer even when the length is 0 */
	mosquitto_broker_publish_copy(to, topic, (int)payload.len, payload.p ? payload.p : "", 0, retain, NULL);
}

/* NULL with *failed: no memory. */
static mosquitto_property *properties_of(const struct publication *m, bool *failed)
{
	mosquitto_property *list = NULL;

	if (m->expiry_s)
		*failed |= mosquitto_property_add_int32(&list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, (uint32_t)m->expiry_s) != MOSQ_ERR_SUCCESS;
	if (m->id)
		*failed |= mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY, "id", m->id) != MOSQ_ERR_SUCCESS;
	return list;
}

/* The properties are the broker's when it has taken the message. */
static void do_send(void *ctx, const struct publication *m)
{
	bool failed = false;
	mosquitto_property *properties = properties_of(m, &failed);

	(void)ctx;
	if (failed || mosquitto_broker_publish_copy(NULL, m->topic, (int)m->payload.len, m->payload.p ? m->payload.p : "", m->qos, m->retain,
						    properties) != MOSQ_ERR_SUCCESS)
		mosquitto_property_free_all(&properties);
}

static void do_kick(void *ctx, const char *client_id, bool with_will)
{
	(void)ctx;
	mosquitto_kick_client_by_clientid(client_id, with_will);
}

/* The call finds a session without its client, too, and then changes nothing about it. */
static bool has_session(void *ctx, const char *client_id)
{
	(void)ctx;
	return mosquitto_kick_client_by_clientid(client_id, true) == MOSQ_ERR_SUCCESS;
}

static void do_log(void *ctx, enum log_level level, const char *text)
{
	static const int levels[] = {
		[LOG_LEVEL_ERROR] = MOSQ_LOG_ERR,
		[LOG_LEVEL_WARN] = MOSQ_LOG_WARNING,
		[LOG_LEVEL_INFO] = MOSQ_LOG_NOTICE, /* the broker's own lines of the level "information" are many, and mostly left out */
		[LOG_LEVEL_DEBUG] = MOSQ_LOG_DEBUG,
	};

	(void)ctx;
	mosquitto_log_printf(levels[level], "scoreboard: %s", text);
}

/* ---- which socket is whose ---- */

/* False for a Unix socket, of which the broker gives the path as the address. */
static bool is_ip(const char *address)
{
	const struct addr none = { { 0 } };
	struct addr a = addr_parse(address);

	return memcmp(&a, &none, sizeof(a)) != 0;
}

/* Finds a client's socket; 0: not known. The plugin API has no call for it, but the broker's struct of a client begins with it, in 2.0 as in
 * 2.1: { int ident; int sock; ... }, or without `ident`. The number is only read, and believed only if it is a TCP socket whose other end has
 * the address that the broker gives for this client, or is a trusted proxy, or has gone already. A proxy that tells addresses by the PROXY
 * protocol need not be in the policy, so otherwise the number is believed if it is a connection to the broker that no client has yet. */
static int socket_of(void *ctx, const struct visitor *v)
{
	const struct plugin *p = ctx;
	const int *front = v->ptr;
	char peer[ADDR_TEXT_SIZE];

	if (!is_ip(v->address))
		return 0;
	for (int i = 1; i >= 0; i--) {
		if (front[i] <= 2 || !sockets_peer(front[i], peer, sizeof(peer)))
			continue;
		if (!*peer || strcmp(peer, v->address) == 0 || policy_is_proxy(door_policy(p->door), addr_parse(peer)))
			return front[i];
	}
	for (int i = 1; i >= 0; i--)
		if (front[i] > 2 && newcomers_is_waiting(p->newcomers, front[i]))
			return front[i];
	return 0;
}

/* The visitor is in, so his socket is no newcomer's any more. If the socket is not known, he could be taken for a newcomer, so the watch over
 * newcomers ends (newcomers.h). A client on a Unix socket does not matter: the watch does not look at these. */
static void came_in(void *ctx, const struct visitor *v, int socket)
{
	struct plugin *p = ctx;

	if (is_ip(v->address))
		newcomers_came_in(p->newcomers, socket, v->ptr);
}

static void left(void *ctx, int socket, const void *ptr)
{
	struct plugin *p = ctx;

	newcomers_left(p->newcomers, socket, ptr);
}

/* 2.0 does not tell of such a client before he does something. Others may have come the same way and be silent, so the watch spares their
 * listener. */
static void adopted(void *ctx, int socket)
{
	struct plugin *p = ctx;

	if (!p->is_21)
		newcomers_spare(p->newcomers, socket);
}

/* ---- answers in the broker's words ---- */

/* 2.1 sends these return values of BASIC_AUTH as CONNACK's reason code; 2.0 sends 0x87 for all. */
static int connect_error(const struct plugin *p, enum reason why)
{
	static const unsigned char sent[] = { 0x80, 0x83, 0x85, 0x86, 0x88, 0x89, 0x8A, 0x8C, 0x9F };
	unsigned char code = reason_rows[why].code;

	if (!why)
		return MOSQ_ERR_SUCCESS;
	if (p->is_21 && code == 0x97)
		return 0x89; /* "server busy", since 0x97, "quota exceeded", is not among them */
	if (p->is_21 && memchr(sent, code, sizeof(sent)))
		return code;
	return MOSQ_ERR_AUTH;
}

static int message_error(const struct plugin *p, enum reason why)
{
	return p->is_21 && reason_rows[why].code == 0x97 ? ERR_QUOTA_EXCEEDED : MOSQ_ERR_ACL_DENIED;
}

static struct visitor visitor_of(const struct mosquitto *client)
{
	return (struct visitor){
		.ptr = client,
		.id = mosquitto_client_id(client),
		.user = mosquitto_client_username(client),
		.address = mosquitto_client_address(client),
		.transport = mosquitto_client_protocol(client) == mp_websockets ? TRANSPORT_WEBSOCKETS : TRANSPORT_MQTT,
	};
}

/* ---- events ---- */

static int on_basic_auth(int event, void *data, void *userdata)
{
	struct mosquitto_evt_basic_auth *ed = data;
	struct visitor v = visitor_of(ed->client);
	struct plugin *p = userdata;
	uint64_t from = mono_now_ns();
	enum reason why;

	(void)event;
	v.user = ed->username;
	v.password = ed->password;
	v.asks_session = !mosquitto_client_clean_session(ed->client);
	v.leaves_nothing = !v.asks_session && mosquitto_client_protocol_version(ed->client) != 5;
	why = keeper_connect(p->keeper, &v, mono_now(), wall_now_ms());
	door_spent(p->door, mono_now_ns() - from);
	return connect_error(p, why);
}

/* The broker does not ask BASIC_AUTH about clients with a certificate; 2.1 says here that they are in. */
static int on_connect(int event, void *data, void *userdata)
{
	struct mosquitto_evt_disconnect *ed = data; /* 2.1's struct of this event has the client at the same place */
	struct visitor v = visitor_of(ed->client);
	struct plugin *p = userdata;

	(void)event;
	keeper_connected(p->keeper, &v, mono_now());
	return MOSQ_ERR_SUCCESS;
}

/* Does the broker keep a session? 2.1 has an event for each case. 2.0 has one event for both: a client of MQTT 3.1.1 keeps a session when it
 * came with Clean Session off; whether one of MQTT 5 keeps one shows only afterwards. */
static enum keeper_leaving leaving_of(const struct plugin *p, int event, const struct mosquitto *client)
{
	bool is_v5 = mosquitto_client_protocol_version(client) == 5;

	if (event == EVT_CLIENT_OFFLINE)
		return KEEPER_LEFT_SESSION;
	if (!p->is_21 && (is_v5 || !mosquitto_client_clean_session(client)))
		return is_v5 ? KEEPER_LEFT_SESSION_MAYBE : KEEPER_LEFT_SESSION;
	return KEEPER_LEFT;
}

static int on_gone(int event, void *data, void *userdata)
{
	struct mosquitto_evt_disconnect *ed = data; /* CLIENT_OFFLINE's struct is the same */
	const struct visitor v = {
		.ptr = ed->client,
		.id = mosquitto_client_id(ed->client),
		.address = mosquitto_client_address(ed->client),
	};
	struct plugin *p = userdata;

	keeper_left(p->keeper, &v, leaving_of(p, event, ed->client), mono_now());
	return MOSQ_ERR_SUCCESS;
}

static bool access_of(int access, enum door_access *out)
{
	switch (access) {
	case MOSQ_ACL_READ:
		*out = DOOR_READ;
		return true;
	case MOSQ_ACL_WRITE:
		*out = DOOR_WRITE;
		return true;
	case MOSQ_ACL_SUBSCRIBE:
		*out = DOOR_SUBSCRIBE;
		return true;
	case MOSQ_ACL_UNSUBSCRIBE:
		*out = DOOR_UNSUBSCRIBE;
		return true;
	default:
		return false;
	}
}

static enum reason acl_check(struct plugin *p, const struct mosquitto_evt_acl_check *ed, enum door_access access)
{
	const struct message m = { str_of(ed->topic), { ed->payload, ed->payloadlen }, ed->retain, ed->qos };
	const struct door_request rq = { access, &m };
	mono now = access == DOOR_READ ? (mono){ 0 } : mono_now(); /* reading needs no clock */
	enum reason why = keeper_may(p->keeper, ed->client, &rq, now);
	struct visitor v;

	if (why != REASON_STRANGER)
		return why;
	v = visitor_of(ed->client);
	return keeper_stranger_may(p->keeper, &v, &rq, mono_now());
}

static int on_acl_check(int event, void *data, void *userdata)
{
	const struct mosquitto_evt_acl_check *ed = data;
	struct plugin *p = userdata;
	enum door_access access;
	unsigned weight;
	uint64_t from;
	enum reason why;

	(void)event;
	if (!access_of(ed->access, &access))
		return MOSQ_ERR_ACL_DENIED;
	if (access == DOOR_READ && *ed->topic == '$')
		gauges_sent(&p->gauges, &(struct message){ str_of(ed->topic), { ed->payload, ed->payloadlen }, ed->retain, ed->qos });
	weight = access == DOOR_READ ? READ_SAMPLE : 1;
	if (access == DOOR_READ && p->n_reads++ % READ_SAMPLE)
		return acl_check(p, ed, access) ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_SUCCESS;
	from = mono_now_ns();
	why = acl_check(p, ed, access);
	door_spent(p->door, (mono_now_ns() - from) * weight);
	return why ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_SUCCESS;
}

/* A plugin cannot have a message dropped and acknowledged. So the message goes to the topic "$", which nobody can subscribe to unless the
 * policy names it, and is not retained. The new name is written over the old one, which has at least one byte. */
static void divert(struct mosquitto_evt_message *ed)
{
	ed->topic[0] = '$';
	ed->topic[1] = '\0';
	ed->retain = false;
}

static int on_message(int event, void *data, void *userdata)
{
	struct mosquitto_evt_message *ed = data;
	struct plugin *p = userdata;
	struct message m = { str_of(ed->topic), { ed->payload, ed->payloadlen }, ed->retain, ed->qos };
	struct visitor v = visitor_of(ed->client);
	uint64_t from = mono_now_ns();
	struct door_answer answer = keeper_message(p->keeper, &v, &m, mono_now());

	(void)event;
	door_spent(p->door, mono_now_ns() - from);
	if (answer.what == DOOR_MESSAGE_REFUSED)
		return message_error(p, answer.why);
	if (gauges_is_delta(&p->gauges, &m))
		gauges_delta(&p->gauges, &m, wall_now_ms());
	if (answer.what != DOOR_MESSAGE_PASS)
		divert(ed);
	return MOSQ_ERR_SUCCESS;
}

static int on_control(int event, void *data, void *userdata)
{
	const struct mosquitto_evt_control *ed = data;
	struct plugin *p = userdata;

	(void)event;
	door_control(p->door, ed->client, (struct str){ ed->payload, ed->payloadlen }, mono_now());
	return MOSQ_ERR_SUCCESS; /* anything else would end the connection */
}

static void look_at_process(struct plugin *p)
{
	process_look(&p->process);
	p->process.open_files = newcomers_open_files(p->newcomers);
}

static void gather_metrics(struct plugin *p, struct buf *out)
{
	BUF_CLEANUP struct buf text = { 0 };

	keeper_metrics(p->keeper, &text);
	newcomers_metrics(p->newcomers, &text);
	gauges_metrics(&p->gauges, wall_now_ms(), &text);
	look_at_process(p);
	if (p->process.open_files < 0)
		p->process.open_files = process_count_files();
	process_write(&text, &p->process, "scoreboard_process_");
	metrics_write_labelled(out, buf_view(&text), &(struct metric_label){ "broker", str_of(keeper_name(p->keeper)) });
	out->failed |= text.failed;
}

static void write_metrics(struct plugin *p)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct complaint why;
	bool failed;

	door_publish_metrics(p->door);
	if (!p->metrics_path)
		return;
	gather_metrics(p, &out);
	failed = out.failed ? complaint_say(&why, 0, "out of memory") : file_replace(p->metrics_path, buf_view(&out), &why);
	if (failed && !p->metrics_failed)
		mosquitto_log_printf(MOSQ_LOG_WARNING, "scoreboard: cannot write %s: %s", p->metrics_path, why.text);
	p->metrics_failed = failed;
}

static void ask_for_patience(struct plugin *p, const struct policy *policy)
{
	p->give_up_ms = policy->limits.stalled_s * 1000;
	p->give_ups = p->give_up_ms ? 2 : 0;
	p->give_up_at = mono_now();
}

/* Done at a tick, because at init the listeners' sockets do not exist yet. And once more a while later: a connection that the kernel made
 * before the first time, and the broker accepted after it, has inherited nothing and was no descriptor of ours to be set. */
static void set_patience(struct plugin *p, mono now)
{
	if (!p->give_ups || !mono_reached(now, p->give_up_at))
		return;
	if (sockets_give_up_after(p->give_up_ms))
		mosquitto_log_printf(MOSQ_LOG_WARNING, "scoreboard: limits.stalled_s is not in force: %s", strerror(errno));
	p->give_ups--;
	p->give_up_at = mono_add(now, GIVE_UP_AGAIN_MS);
}

/* Says once that the watch over newcomers has ended, since the socket of a client was not known. */
static void say_blindness(struct plugin *p)
{
	if (p->blindness_said || !newcomers_is_blind(p->newcomers))
		return;
	p->blindness_said = true;
	mosquitto_log_printf(MOSQ_LOG_WARNING, "scoreboard: limits.connect_s and limits.unconnected are not in force: "
					       "this broker does not show which socket is a client's");
}

/* Has this client missed its sign of life by a second? MQTT gives it half a keepalive more, and the broker looks at that every few seconds
 * only; but somebody waits who is well, and all viewers with him. (0: the client promises no sign of life.) */
static bool is_overdue(const struct contested *c)
{
	int64_t keepalive_ms = mosquitto_client_keepalive(c->ptr) * INT64_C(1000);

	return c->socket && keepalive_ms && sockets_silent_ms(c->socket) > keepalive_ms + OVERDUE_MS;
}

static void look_at_holders(const struct plugin *p, mono now)
{
	struct contested c;
	int i = 0;

	while (door_next_contested(p->door, &i, now, &c))
		if (is_overdue(&c))
			door_holder_is_silent(p->door, c.ptr);
}

/* For operators, who ask every other second. */
static void tell_figures(struct plugin *p)
{
	struct door_figures figures = { .max_files = p->files ? (double)p->files : -1, .dropped = gauges_dropped(&p->gauges) };

	figures.late_ms = (double)gauges_longest_late_ms(&p->gauges);
	figures.delay_ms = (double)gauges_longest_delay_ms(&p->gauges);
	look_at_process(p);
	figures.cpu_s = p->process.cpu_s;
	figures.open_files = (double)p->process.open_files;
	door_note_figures(p->door, &figures);
}

static int on_tick(int event, void *data, void *userdata)
{
	struct mosquitto_evt_tick *ed = data;
	struct plugin *p = userdata;
	const struct newcomers_allowance allowance = { door_bytes_allowed, p->door };
	mono now = mono_now();

	(void)event;
	gauges_tick(&p->gauges, now);
	set_patience(p, now);
	newcomers_look(p->newcomers, door_policy(p->door), &allowance, now);
	say_blindness(p);
	look_at_holders(p, now);
	keeper_tick(p->keeper, now, wall_now_ms());
	if (mono_reached(now, p->metrics_at)) {
		p->metrics_at = mono_add(now, METRICS_MS);
		write_metrics(p);
	}
	if (mono_reached(now, p->figures_at)) {
		p->figures_at = mono_add(now, FIGURES_MS);
		tell_figures(p);
	}
	if (p->is_21)
		/* in 2.1's struct this member is the milliseconds to the next tick, which otherwise waits for traffic */
		ed->next_ns = TICK_21_MS;
	return MOSQ_ERR_SUCCESS;
}

/* Lets in no more clients than the limit on open files allows: a connection beyond that would hang instead of being refused. */
static void set_seats(struct plugin *p, const struct policy *policy)
{
	int64_t seats = newcomers_seats(p->files, &policy->limits);

	door_set_seats_by_files(p->door, seats);
	if (seats && seats < policy->limits.connections)
		mosquitto_log_printf(MOSQ_LOG_WARNING, "scoreboard: fewer clients are let in than the policy says: raise the limit on open files (LimitNOFILE)"
						       "  connections=%" PRId64 " files=%" PRId64 " seats=%" PRId64,
				     policy->limits.connections, p->files, seats);
}

static int on_reload(int event, void *data, void *userdata)
{
	struct plugin *p = userdata;
	struct passwd passwords;
	struct complaint why;
	struct policy *policy;

	(void)event;
	(void)data; /* 2.0 does not pass the options here */
	door_recheck(p->door);
	if (load_policy(p->policy_path, &policy, &passwords, &why) == 0) {
		ask_for_patience(p, policy);
		set_seats(p, policy);
		door_reload(p->door, policy, passwords, mono_now());
		mosquitto_log_printf(MOSQ_LOG_NOTICE, "scoreboard: policy %s reloaded", p->policy_path);
		return MOSQ_ERR_SUCCESS;
	}
	door_reload_failed(p->door);
	mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: the old policy stays in force: %s", why.text);
	return MOSQ_ERR_SUCCESS;
}

/* ---- coming and going ---- */

static const struct registration {
	int event;
	MOSQ_FUNC_generic_callback call;
	const char *topic;
	bool only_21;
} registrations[] = {
	{ EVT_CONNECT, on_connect, NULL, true },
	{ EVT_CLIENT_OFFLINE, on_gone, NULL, true },
	{ MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL, false },
	{ MOSQ_EVT_ACL_CHECK, on_acl_check, NULL, false },
	{ MOSQ_EVT_MESSAGE, on_message, NULL, false },
	{ MOSQ_EVT_DISCONNECT, on_gone, NULL, false },
	{ MOSQ_EVT_CONTROL, on_control, CONTROL_TOPIC, false },
	{ MOSQ_EVT_RELOAD, on_reload, NULL, false },
	{ MOSQ_EVT_TICK, on_tick, NULL, false },
};

#define N_REGISTRATIONS (sizeof(registrations) / sizeof(registrations[0]))

static int register_all(struct plugin *p)
{
	for (size_t i = 0; i < N_REGISTRATIONS; i++) {
		const struct registration *r = &registrations[i];
		int rc = mosquitto_callback_register(p->id, r->event, r->call, r->topic, p);

		if (r->only_21 && rc == MOSQ_ERR_SUCCESS)
			p->is_21 = true;
		else if (!r->only_21 && rc != MOSQ_ERR_SUCCESS)
			return rc;
	}
	return MOSQ_ERR_SUCCESS;
}

static void unregister_all(struct plugin *p)
{
	for (size_t i = 0; i < N_REGISTRATIONS; i++)
		mosquitto_callback_unregister(p->id, registrations[i].event, registrations[i].call,
					      registrations[i].topic);
}

static void plugin_free(struct plugin *p)
{
	if (!p)
		return;
	keeper_free(p->keeper);
	newcomers_free(p->newcomers);
	gauges_free(&p->gauges);
	free(p->part);
	free(p->name);
	free(p->policy_path);
	free(p->metrics_path);
	free(p->prefix);
	free(p);
}

static bool take_option(struct plugin *p, const struct mosquitto_opt *o)
{
	char **where = strcmp(o->key, "policy") == 0         ? &p->policy_path
		       : strcmp(o->key, "metrics_file") == 0 ? &p->metrics_path
		       : strcmp(o->key, "prefix") == 0       ? &p->prefix
		       : strcmp(o->key, "cluster") == 0      ? &p->part
		       : strcmp(o->key, "name") == 0         ? &p->name
							     : NULL;

	if (!where || !o->value || !*o->value) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: unknown or empty option plugin_opt_%s", o->key);
		return false;
	}
	free(*where);
	*where = str_dup(str_of(o->value));
	return *where;
}

static bool take_options(struct plugin *p, const struct mosquitto_opt *options, int n)
{
	for (int i = 0; i < n; i++)
		if (!take_option(p, &options[i]))
			return false;
	if (!p->prefix)
		p->prefix = str_dup(STR("scoreboard"));
	if (p->policy_path)
		return p->prefix;
	mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: plugin_opt_policy FILE is missing");
	return false;
}

static bool read_part(const struct plugin *p, enum cluster_part *part)
{
	static const char *const parts[] = { [CLUSTER_NONE] = "none", [CLUSTER_HUB] = "hub", [CLUSTER_EDGE] = "edge", [CLUSTER_MID] = "mid" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(p->part ? p->part : "none", parts[i]) == 0) {
			*part = (enum cluster_part)i;
			return true;
		}
	}
	mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: plugin_opt_cluster is hub, mid or edge, not \"%s\"", p->part);
	return false;
}

static bool name_is_good(const struct plugin *p)
{
	if (!p->name || keeper_name_valid(p->name))
		return true;
	mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: plugin_opt_name has 1 to %d letters, digits, '.', '_' and '-', not \"%s\"", BROKER_NAME_MAX,
			     p->name);
	return false;
}

/* The policy and the passwords are the keeper's from then on, or freed when it fails. */
static bool make_keeper(struct plugin *p, struct policy *policy, struct passwd passwords)
{
	const struct keeper_ops ops = { do_publish, do_send, do_log, has_session, do_kick, socket_of, came_in, left, adopted, p };
	struct keeper_setup setup = { .prefix = p->prefix, .name = p->name, .policy = policy, .passwords = passwords };
	char run[32];

	snprintf(run, sizeof(run), "%" PRIx64, (uint64_t)wall_now_ms());
	setup.run = run;
	if (!read_part(p, &setup.part) || !name_is_good(p)) {
		policy_free(policy);
		passwd_free(&passwords);
		return false;
	}
	p->keeper = keeper_new(&setup, &ops);
	if (!p->keeper)
		return false;
	p->door = keeper_door(p->keeper);
	return true;
}

static bool open_door(struct plugin *p)
{
	struct passwd passwords;
	struct complaint why;
	struct policy *policy;
	int r = load_policy(p->policy_path, &policy, &passwords, &why);

	p->files = newcomers_raise_file_limit();
	p->newcomers = newcomers_new(p->files);
	if (r) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: %s", why.text);
		return false;
	}
	ask_for_patience(p, policy);
	if (!make_keeper(p, policy, passwords) || !p->newcomers)
		return false;
	set_seats(p, policy);
	return true;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT int mosquitto_plugin_version(int count, const int *versions)
{
	for (int i = 0; i < count; i++)
		if (versions[i] == MOSQ_PLUGIN_VERSION)
			return MOSQ_PLUGIN_VERSION;
	return -1;
}

/* When this fails, 2.1 calls cleanup and 2.0 does not. So everything is freed here, and *userdata is NULL, which cleanup ignores. */
EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **userdata, struct mosquitto_opt *options, int n_options)
{
	struct plugin *p = calloc(1, sizeof(*p));

	*userdata = NULL;
	if (!p)
		return MOSQ_ERR_NOMEM;
	hash_draw_key();
	p->id = id;
	if (!take_options(p, options, n_options) || !gauges_init(&p->gauges, p->prefix, TICK_20_MS) || !open_door(p)) {
		plugin_free(p);
		return MOSQ_ERR_INVAL;
	}
	if (register_all(p) != MOSQ_ERR_SUCCESS) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "scoreboard: this broker does not know an event that is needed");
		unregister_all(p);
		plugin_free(p);
		return MOSQ_ERR_NOT_SUPPORTED;
	}
	if (p->is_21)
		p->gauges.tick_ms = TICK_21_MS;
	mosquitto_log_printf(MOSQ_LOG_INFO, "scoreboard: policy %s in force at %s, broker API of Mosquitto %s", p->policy_path,
			     keeper_name(p->keeper), p->is_21 ? "2.1" : "2.0");
	*userdata = p;
	return MOSQ_ERR_SUCCESS;
}

EXPORT int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int n_options)
{
	struct plugin *p = userdata;

	(void)options;
	(void)n_options;
	if (!p)
		return MOSQ_ERR_SUCCESS;
	unregister_all(p);
	plugin_free(p);
	return MOSQ_ERR_SUCCESS;
}
