#include "tests/support/mqtt.h"

#include "tests/support/place.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_TIMEOUT_MS 15000
#define MARKER_WAIT_MS 3000 /* a broker that refuses our marker is still read, only slower */
#define QUIET_MS 40
#define QUIET_WITHOUT_MARKER_MS 500
#define HOST "127.0.0.1"

static void library_end(void)
{
	mosquitto_lib_cleanup();
}

struct mosquitto *mqtt_client_new(const struct login *login, void *data)
{
	static bool ready;
	struct mosquitto *m;

	if (!ready) {
		ready = true;
		mosquitto_lib_init();
		atexit(library_end);
	}
	m = mosquitto_new(login ? login->client_id : NULL, true, data);
	if (!m)
		fatal("mosquitto_new failed");
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	if (login && login->user)
		mosquitto_username_pw_set(m, login->user, login->password);
	return m;
}

void mqtt_client_end(struct mosquitto *m)
{
	mosquitto_disconnect(m);
	mosquitto_loop_stop(m, true);
	mosquitto_destroy(m);
}

/* ---- tree_read ---- */

struct reader {
	const char *filter;
	struct tree *out;
	char marker[64];
	int n_subscribed;
	bool connected, subscribed, refused, marked;
	mono last;
};

static void reader_on_connect(struct mosquitto *m, void *data, int reason)
{
	struct reader *r = data;

	(void)m;
	r->connected = reason == 0;
	r->refused = reason != 0;
}

static void reader_on_subscribe(struct mosquitto *m, void *data, int mid, int n, const int *granted)
{
	struct reader *r = data;

	(void)m, (void)mid;
	r->subscribed = ++r->n_subscribed == 2; /* to the marker and to the filter */
	for (int i = 0; i < n; i++)
		r->refused |= granted[i] >= 128;
}

static void reader_on_message(struct mosquitto *m, void *data, const struct mosquitto_message *msg)
{
	struct reader *r = data;
	struct str topic = str_of(msg->topic);

	(void)m;
	r->last = mono_now();
	if (str_is(topic, r->marker))
		r->marked = true;
	else if (msg->payloadlen == 0)
		tree_remove(r->out, topic);
	else if (msg->retain)
		tree_set(r->out, topic, (struct str){ msg->payload, (size_t)msg->payloadlen });
}

static bool loop_until(struct mosquitto *m, const bool *flag, const bool *refused, mono end)
{
	while (!*flag && !*refused && !mono_reached(mono_now(), end))
		if (mosquitto_loop(m, 10, 1) != MOSQ_ERR_SUCCESS)
			return false;
	return *flag && !*refused;
}

static void read_quietly(struct mosquitto *m, struct reader *r, mono end)
{
	int64_t quiet_ms = r->marked ? QUIET_MS : QUIET_WITHOUT_MARKER_MS;

	r->last = mono_now();
	while (mono_diff(mono_now(), r->last) < quiet_ms && !mono_reached(mono_now(), end))
		if (mosquitto_loop(m, 5, 1) != MOSQ_ERR_SUCCESS)
			return;
}

static bool read_all(struct mosquitto *m, int port, struct reader *r)
{
	/* with retain-as-published a change that comes while we read is seen as retained, like the rest */
	const int options = MQTT_SUB_OPT_RETAIN_AS_PUBLISHED;
	mono end = mono_add(mono_now(), patience_ms(READ_TIMEOUT_MS));
	mono marker_end = mono_add(mono_now(), patience_ms(MARKER_WAIT_MS));

	if (mosquitto_connect(m, HOST, port, 60) != MOSQ_ERR_SUCCESS)
		return false;
	if (!loop_until(m, &r->connected, &r->refused, end))
		return false;
	mosquitto_subscribe_v5(m, NULL, r->marker, 0, 0, NULL);
	mosquitto_subscribe_v5(m, NULL, r->filter, 0, options, NULL);
	if (!loop_until(m, &r->subscribed, &r->refused, end))
		return false;
	mosquitto_publish(m, NULL, r->marker, 1, "!", 0, false);
	(void)loop_until(m, &r->marked, &r->refused, marker_end);
	read_quietly(m, r, end);
	return true;
}

bool tree_read_as(int port, const struct login *login, const char *filter, struct tree *out)
{
	static unsigned int n;
	struct reader r = { .filter = filter, .out = out };
	struct mosquitto *m = mqtt_client_new(login, &r);
	bool ok;

	snprintf(r.marker, sizeof(r.marker), "test-marker/%d/%u", (int)getpid(), ++n);
	mosquitto_connect_callback_set(m, reader_on_connect);
	mosquitto_subscribe_callback_set(m, reader_on_subscribe);
	mosquitto_message_callback_set(m, reader_on_message);
	ok = read_all(m, port, &r);
	mosquitto_disconnect(m);
	mosquitto_destroy(m);
	return ok;
}

bool tree_read(int port, const char *filter, struct tree *out)
{
	return tree_read_as(port, NULL, filter, out);
}

/* ---- one publish, one connect ---- */

struct once {
	bool connected, acknowledged, refused;
	int reason;
};

static void once_on_connect(struct mosquitto *m, void *data, int reason)
{
	struct once *o = data;

	(void)m;
	o->connected = true;
	o->reason = reason;
}

static void once_on_publish(struct mosquitto *m, void *data, int mid, int reason, const mosquitto_property *properties)
{
	struct once *o = data;

	(void)m, (void)mid, (void)properties;
	o->acknowledged = true;
	o->refused = reason >= 128;
}

static bool once_connect(struct mosquitto *m, struct once *o, int port)
{
	mono end = mono_add(mono_now(), patience_ms(READ_TIMEOUT_MS));

	mosquitto_connect_callback_set(m, once_on_connect);
	mosquitto_publish_v5_callback_set(m, once_on_publish);
	return mosquitto_connect(m, HOST, port, 60) == MOSQ_ERR_SUCCESS &&
	       loop_until(m, &o->connected, &o->refused, end);
}

static bool publish_once(int port, const struct login *login, const struct mosquitto_message *msg, const mosquitto_property *properties)
{
	mono end = mono_add(mono_now(), patience_ms(READ_TIMEOUT_MS));
	struct once o = { .reason = -1 };
	struct mosquitto *m = mqtt_client_new(login, &o);
	bool ok = once_connect(m, &o, port) && o.reason == 0;

	if (ok && mosquitto_publish_v5(m, NULL, msg->topic, msg->payloadlen, msg->payload, 1, msg->retain, properties) == MOSQ_ERR_SUCCESS)
		ok = loop_until(m, &o.acknowledged, &o.refused, end);
	mosquitto_disconnect(m);
	mosquitto_destroy(m);
	return ok && o.acknowledged;
}

static struct mosquitto_message message_of(const char *topic, struct str payload, bool retain)
{
	return (struct mosquitto_message){ .topic = (char *)(uintptr_t)topic,
					   .payload = (void *)(uintptr_t)payload.p,
					   .payloadlen = (int)payload.len,
					   .retain = retain };
}

bool mqtt_publish(int port, const struct login *login, const char *topic, struct str payload, bool retain)
{
	const struct mosquitto_message msg = message_of(topic, payload, retain);

	return publish_once(port, login, &msg, NULL);
}

bool mqtt_publish_for(int port, const char *topic, struct str payload, uint32_t expires_s)
{
	const struct mosquitto_message msg = message_of(topic, payload, true);
	mosquitto_property *properties = NULL;
	bool ok;

	if (mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expires_s) != MOSQ_ERR_SUCCESS)
		fatal("no memory");
	ok = publish_once(port, NULL, &msg, properties);
	mosquitto_property_free_all(&properties);
	return ok;
}

/* ---- the expiry of one message ---- */

struct expiry {
	bool connected, refused, come;
	uint32_t seconds;
};

static void expiry_on_connect(struct mosquitto *m, void *data, int reason)
{
	struct expiry *e = data;

	(void)m;
	e->connected = reason == 0;
	e->refused = reason != 0;
}

static void expiry_on_message(struct mosquitto *m, void *data, const struct mosquitto_message *msg, const mosquitto_property *properties)
{
	struct expiry *e = data;

	(void)m;
	e->come |= msg->retain;
	mosquitto_property_read_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, &e->seconds, false);
}

int64_t mqtt_expiry(int port, const char *topic)
{
	mono end = mono_add(mono_now(), patience_ms(READ_TIMEOUT_MS));
	struct expiry e = { .connected = false };
	struct mosquitto *m = mqtt_client_new(NULL, &e);

	mosquitto_connect_callback_set(m, expiry_on_connect);
	mosquitto_message_v5_callback_set(m, expiry_on_message);
	if (mosquitto_connect(m, HOST, port, 60) == MOSQ_ERR_SUCCESS && loop_until(m, &e.connected, &e.refused, end)) {
		mosquitto_subscribe(m, NULL, topic, 0);
		(void)loop_until(m, &e.come, &e.refused, mono_add(mono_now(), patience_ms(QUIET_WITHOUT_MARKER_MS)));
	}
	mosquitto_disconnect(m);
	mosquitto_destroy(m);
	return e.come ? (int64_t)e.seconds : -1;
}

int mqtt_try_connect(int port, const struct login *login)
{
	struct once o = { .reason = -1 };
	struct mosquitto *m = mqtt_client_new(login, &o);

	(void)once_connect(m, &o, port);
	mosquitto_disconnect(m);
	mosquitto_destroy(m);
	return o.reason;
}

/* ---- watch ---- */

struct watch {
	struct mosquitto *m;
	char *filter;
	pthread_mutex_t lock; /* protects what follows */
	bool subscribed;
	uint64_t messages, bytes;
	struct tree newest, counts; /* counts: topic -> a uint64_t as bytes */
};

static void watch_on_connect(struct mosquitto *m, void *data, int reason)
{
	struct watch *w = data;

	if (reason == 0)
		mosquitto_subscribe(m, NULL, w->filter, 0);
}

static void watch_on_subscribe(struct mosquitto *m, void *data, int mid, int n, const int *granted)
{
	struct watch *w = data;

	(void)m, (void)mid, (void)n, (void)granted;
	pthread_mutex_lock(&w->lock);
	w->subscribed = true;
	pthread_mutex_unlock(&w->lock);
}

static void count_topic(struct watch *w, struct str topic)
{
	struct str now = tree_get(&w->counts, topic);
	uint64_t n = 0;

	if (now.p)
		memcpy(&n, now.p, sizeof(n));
	n++;
	tree_set(&w->counts, topic, (struct str){ (const char *)&n, sizeof(n) });
}

static void watch_on_message(struct mosquitto *m, void *data, const struct mosquitto_message *msg)
{
	struct watch *w = data;
	struct str topic = str_of(msg->topic);

	(void)m;
	if (msg->retain)
		return;
	pthread_mutex_lock(&w->lock);
	w->messages++;
	w->bytes += (uint64_t)msg->payloadlen;
	tree_set(&w->newest, topic, (struct str){ msg->payload, (size_t)msg->payloadlen });
	count_topic(w, topic);
	pthread_mutex_unlock(&w->lock);
}

static bool watch_ready(struct watch *w)
{
	bool ready;

	pthread_mutex_lock(&w->lock);
	ready = w->subscribed;
	pthread_mutex_unlock(&w->lock);
	return ready;
}

struct watch *watch_start(int port, const struct login *login, const char *filter)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		fatal("out of memory");
	w->filter = str_dup(str_of(filter));
	pthread_mutex_init(&w->lock, NULL);
	w->m = mqtt_client_new(login, w);
	mosquitto_connect_callback_set(w->m, watch_on_connect);
	mosquitto_subscribe_callback_set(w->m, watch_on_subscribe);
	mosquitto_message_callback_set(w->m, watch_on_message);
	mosquitto_reconnect_delay_set(w->m, 1, 1, false);
	if (mosquitto_connect(w->m, HOST, port, 60) != MOSQ_ERR_SUCCESS || mosquitto_loop_start(w->m) != MOSQ_ERR_SUCCESS ||
	    !WAIT_FOR(watch_ready(w), READ_TIMEOUT_MS))
		fatal("cannot watch %s on port %d", filter, port);
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	mqtt_client_end(w->m);
	pthread_mutex_destroy(&w->lock);
	tree_free(&w->newest);
	tree_free(&w->counts);
	free(w->filter);
	free(w);
}

void watch_reset(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	w->messages = w->bytes = 0;
	tree_free(&w->newest);
	tree_free(&w->counts);
	pthread_mutex_unlock(&w->lock);
}

uint64_t watch_messages(struct watch *w)
{
	uint64_t n;

	pthread_mutex_lock(&w->lock);
	n = w->messages;
	pthread_mutex_unlock(&w->lock);
	return n;
}

uint64_t watch_bytes(struct watch *w)
{
	uint64_t n;

	pthread_mutex_lock(&w->lock);
	n = w->bytes;
	pthread_mutex_unlock(&w->lock);
	return n;
}

uint64_t watch_topic_messages(struct watch *w, const char *topic)
{
	struct str count;
	uint64_t n = 0;

	pthread_mutex_lock(&w->lock);
	count = tree_get(&w->counts, str_of(topic));
	if (count.p)
		memcpy(&n, count.p, sizeof(n));
	pthread_mutex_unlock(&w->lock);
	return n;
}

void watch_tree(struct watch *w, struct tree *out)
{
	pthread_mutex_lock(&w->lock);
	tree_copy(out, &w->newest);
	pthread_mutex_unlock(&w->lock);
}
