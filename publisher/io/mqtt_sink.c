#include "publisher/io/mqtt_sink.h"

#include "publisher/core/url.h"
#include "publisher/io/watch.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IN_FLIGHT_MAX 4096       /* more than all windows together */
#define DELTA_EXPIRES_S 60       /* a delta is of no use after that: who missed it has asked for the snapshot */
#define DEFAULT_RECEIVE_MAXIMUM 65535

/* A client of libmosquitto per attempt: one that reconnects would send again what it had queued, behind our back and
 * older than what we know by then. */
struct mqtt_sink {
	struct io *io;
	struct mosquitto *mosq; /* NULL: none yet */
	struct watch *watch;
	char *host;
	int port, keepalive;
	bool tls;
	bool told_lost; /* the bridge knows that it is over */
	size_t window;
	size_t token[IN_FLIGHT_MAX]; /* by message id modulo: ids of what is in flight are consecutive but for gaps */
	int mid[IN_FLIGHT_MAX];      /* 0: free */
	bool publishing;             /* within mosquitto_publish_v5(), which answers QoS 0 before it returns */
	int answered_mid;            /* then: 0, or the one that it answered */
	char refused[160];           /* why the broker said no */
};

/* --- events of libmosquitto; all come from within our own calls of mosquitto_loop_...() --- */

static void lost(struct mqtt_sink *s, const char *why)
{
	bool refused = *s->refused;

	watch_free(s->watch);
	s->watch = NULL;
	memset(s->mid, 0, sizeof(s->mid));
	if (s->told_lost)
		return;
	s->told_lost = true;
	bridge_sink_lost(s->io->bridge, refused ? SINK_LOSS_REFUSED : SINK_LOSS_CONNECTION,
			 refused ? s->refused : why, io_now());
}

static size_t receive_maximum(const mosquitto_property *properties)
{
	uint16_t n = DEFAULT_RECEIVE_MAXIMUM;

	mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &n, false);
	return n;
}

static void on_connect(struct mosquitto *m, void *arg, int rc, int flags, const mosquitto_property *properties)
{
	struct mqtt_sink *s = arg;
	size_t most = receive_maximum(properties);

	(void)m;
	(void)flags;
	if (rc) {
		snprintf(s->refused, sizeof(s->refused), "the broker refused us: %s  code=0x%02X",
			 mosquitto_reason_string(rc), (unsigned int)rc);
		return;
	}
	bridge_sink_up(s->io->bridge, most < s->window ? most : s->window, io_now());
}

static void on_disconnect(struct mosquitto *m, void *arg, int rc, const mosquitto_property *properties)
{
	struct mqtt_sink *s = arg;
	char why[160];

	(void)m;
	(void)properties;
	/* a positive code of MQTT 5 is the broker's, or else libmosquitto's own */
	snprintf(why, sizeof(why), "connection to the broker lost: %s",
		 rc >= 0x80 ? mosquitto_reason_string(rc) : mosquitto_strerror(rc));
	lost(s, why);
}

static void on_publish(struct mosquitto *m, void *arg, int mid, int reason, const mosquitto_property *properties)
{
	struct mqtt_sink *s = arg;
	size_t i = (size_t)mid % IN_FLIGHT_MAX;

	(void)m;
	(void)properties;
	if (reason >= 0x80)
		log_warn("broker", "refused a publish: %s", mosquitto_reason_string(reason));
	if (s->publishing)
		s->answered_mid = mid;
	if (s->publishing || s->mid[i] != mid)
		return;
	s->mid[i] = 0;
	bridge_sink_acked(s->io->bridge, s->token[i], io_now());
}

static void on_subscribe(struct mosquitto *m, void *arg, int mid, int n, const int *granted, const mosquitto_property *p)
{
	struct mqtt_sink *s = arg;

	(void)m;
	(void)mid;
	(void)p;
	bridge_sink_subscribed(s->io->bridge, n > 0 && granted[0] < 0x80, io_now());
}

static void on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg, const mosquitto_property *p)
{
	struct mqtt_sink *s = arg;
	struct str payload = { msg->payload ? msg->payload : "", (size_t)msg->payloadlen };

	(void)m;
	(void)p;
	bridge_sink_message(s->io->bridge, str_of(msg->topic), payload, msg->retain, io_now());
}

/* --- the socket --- */

static void want_write(struct mqtt_sink *s)
{
	if (s->watch && mosquitto_want_write(s->mosq))
		watch_want_write(s->watch);
}

/* libmosquitto may hold decrypted bytes that no socket event will announce. */
static bool tls_has_more(struct mqtt_sink *s)
{
	SSL *ssl = s->watch ? mosquitto_ssl_get(s->mosq) : NULL;

	return ssl && SSL_pending(ssl) > 0;
}

static void check(struct mqtt_sink *s, int rc)
{
	if (rc && rc != MOSQ_ERR_CONN_PENDING && !s->told_lost)
		lost(s, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
	want_write(s);
}

static void readable(void *arg)
{
	struct mqtt_sink *s = arg;
	int rc;

	do
		rc = mosquitto_loop_read(s->mosq, 1);
	while (!rc && tls_has_more(s));
	check(s, rc);
}

static void writable(void *arg)
{
	struct mqtt_sink *s = arg;

	check(s, mosquitto_loop_write(s->mosq, 1));
}

void mqtt_sink_tick(struct mqtt_sink *s)
{
	if (s->watch)
		check(s, mosquitto_loop_misc(s->mosq));
}

/* --- what the bridge asks for --- */

/* libmosquitto wants NUL-terminated names; ours hold no NUL. */
static void with_name(struct mqtt_sink *s, struct str name, int (*call)(struct mosquitto *, const char *))
{
	char *z = str_dup(name);

	if (z)
		check(s, call(s->mosq, z));
	free(z);
}

static int subscribe(struct mosquitto *m, const char *filter)
{
	return mosquitto_subscribe_v5(m, NULL, filter, 0, 0, NULL);
}

static int unsubscribe(struct mosquitto *m, const char *filter)
{
	return mosquitto_unsubscribe(m, NULL, filter);
}

void mqtt_sink_subscribe(struct mqtt_sink *s, struct str filter)
{
	with_name(s, filter, subscribe);
}

void mqtt_sink_unsubscribe(struct mqtt_sink *s, struct str filter)
{
	with_name(s, filter, unsubscribe);
}

static mosquitto_property *properties_of(const struct effect *fx)
{
	mosquitto_property *p = NULL;

	if (fx->content_type)
		mosquitto_property_add_string(&p, MQTT_PROP_CONTENT_TYPE, fx->content_type);
	if (!fx->retain)
		mosquitto_property_add_int32(&p, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, DELTA_EXPIRES_S);
	return p;
}

static int publish(struct mqtt_sink *s, const struct effect *fx, int *mid)
{
	mosquitto_property *properties = properties_of(fx);
	char *topic = str_dup(fx->topic);
	int rc = MOSQ_ERR_NOMEM;

	s->publishing = true;
	s->answered_mid = 0;
	if (topic)
		rc = mosquitto_publish_v5(s->mosq, mid, topic, (int)fx->text.len, fx->text.p, fx->qos, fx->retain,
					  properties);
	s->publishing = false;
	free(topic);
	mosquitto_property_free_all(&properties);
	return rc;
}

void mqtt_sink_publish(struct mqtt_sink *s, const struct effect *fx)
{
	int mid = 0, rc = publish(s, fx, &mid);
	size_t i = (size_t)mid % IN_FLIGHT_MAX;

	if (rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_INVAL) {
		/* the connection is fine, this message is not for it */
		log_error("broker", "can't publish %.*s: %s", STR_ARGS(fx->topic), mosquitto_strerror(rc));
		bridge_sink_acked(s->io->bridge, fx->token, io_now());
		return;
	}
	if (rc == MOSQ_ERR_SUCCESS && s->answered_mid == mid) {
		bridge_sink_acked(s->io->bridge, fx->token, io_now());
	} else if (rc == MOSQ_ERR_SUCCESS) {
		s->mid[i] = mid;
		s->token[i] = fx->token;
	}
	check(s, rc);
}

/* --- connecting --- */

static int fail(struct buf *error, const char *what, const char *why)
{
	buf_clear(error);
	buf_printf(error, "broker: %s: %s", what, why);
	return 1;
}

static int read_password(const char *path, char *out, size_t size, struct buf *error)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)size, f);

	if (f)
		fclose(f);
	if (!ok)
		return fail(error, path, f ? "no password in it" : strerror(errno));
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int set_login(struct mqtt_sink *s, struct buf *error)
{
	const struct config *c = s->io->config;
	const char *user = config_text(c, CONF_USER), *password = config_text(c, CONF_PASSWORD);
	char from_file[1024] = "";
	int r = 0;

	if (*config_text(c, CONF_PASSWORD_FILE))
		r = read_password(config_text(c, CONF_PASSWORD_FILE), from_file, sizeof(from_file), error);
	if (!r && *from_file)
		password = from_file;
	if (!r && *user && mosquitto_username_pw_set(s->mosq, user, *password ? password : NULL))
		r = fail(error, user, "no user name that MQTT allows");
	OPENSSL_cleanse(from_file, sizeof(from_file));
	return r;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int check_files(const struct config *c, struct buf *error)
{
	static const enum config_id files[] = { CONF_CA_FILE, CONF_CERT_FILE, CONF_KEY_FILE };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *file = config_text(c, files[i]);

		if (*file && access(file, R_OK))
			return fail(error, file, strerror(errno));
	}
	return 0;
}

static int set_tls(struct mqtt_sink *s, struct buf *error)
{
	const struct config *c = s->io->config;
	const char *ca = or_null(config_text(c, CONF_CA_FILE));
	int rc = mosquitto_tls_set(s->mosq, ca, ca ? NULL : "/etc/ssl/certs", or_null(config_text(c, CONF_CERT_FILE)),
				   or_null(config_text(c, CONF_KEY_FILE)), NULL);

	if (check_files(c, error))
		return 1;
	return rc ? fail(error, "TLS", mosquitto_strerror(rc)) : 0;
}

static struct mosquitto *new_client(struct mqtt_sink *s)
{
	const struct config *c = s->io->config;
	const char *id = config_text(c, CONF_CLIENT_ID);
	char from_prefix[256];
	struct mosquitto *m;

	snprintf(from_prefix, sizeof(from_prefix), "scoreboard-publisher-%s", config_text(c, CONF_PREFIX));
	m = mosquitto_new(*id ? id : from_prefix, true, s);
	if (!m)
		return NULL;
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, DEFAULT_RECEIVE_MAXIMUM); /* the window is ours */
	mosquitto_connect_v5_callback_set(m, on_connect);
	mosquitto_disconnect_v5_callback_set(m, on_disconnect);
	mosquitto_publish_v5_callback_set(m, on_publish);
	mosquitto_subscribe_v5_callback_set(m, on_subscribe);
	mosquitto_message_v5_callback_set(m, on_message);
	return m;
}

/* False with one line in error: a file can't be read. */
static bool renew_client(struct mqtt_sink *s, struct buf *error)
{
	if (s->mosq)
		mosquitto_destroy(s->mosq);
	s->mosq = new_client(s);
	return s->mosq && !set_login(s, error) && (!s->tls || !set_tls(s, error));
}

static void set_will(struct mqtt_sink *s, struct str topic, struct str will)
{
	char *z = str_dup(topic);

	if (z && mosquitto_will_set_v5(s->mosq, z, (int)will.len, will.p, 1, true, NULL))
		log_error("broker", "can't set the will");
	free(z);
}

static const char *dial_error(int rc)
{
	if (rc == MOSQ_ERR_ERRNO)
		return strerror(errno);
	return rc == MOSQ_ERR_EAI ? "its name is not known" : mosquitto_strerror(rc);
}

static void dial_failed(struct mqtt_sink *s, const char *why)
{
	char text[300];

	snprintf(text, sizeof(text), "can't connect to the broker at %s:%d: %s", s->host, s->port, why);
	lost(s, text);
}

void mqtt_sink_dial(struct mqtt_sink *s, struct str will_topic, struct str will)
{
	const struct watch_events events = { readable, writable, s };
	BUF_CLEANUP struct buf error = { 0 };
	int rc;

	*s->refused = '\0';
	s->told_lost = false;
	if (!renew_client(s, &error)) {
		dial_failed(s, error.len ? error.p : "out of memory");
		return;
	}
	set_will(s, will_topic, will);
	rc = mosquitto_connect_bind_async(s->mosq, s->host, s->port, s->keepalive, NULL);
	if (rc > 0) {
		dial_failed(s, dial_error(rc));
		return;
	}
	s->watch = watch_new(s->io, mosquitto_socket(s->mosq), &events);
	if (s->watch)
		watch_want_write(s->watch);
	else
		dial_failed(s, "no more descriptors");
}

void mqtt_sink_hang_up(struct mqtt_sink *s)
{
	s->told_lost = true;
	lost(s, "");
	/* closes the socket without a DISCONNECT: the will is to be sent */
	mosquitto_destroy(s->mosq);
	s->mosq = NULL;
}

void mqtt_sink_disconnect(struct mqtt_sink *s)
{
	s->told_lost = true;
	mosquitto_disconnect_v5(s->mosq, 0, NULL);
	while (mosquitto_want_write(s->mosq) && mosquitto_loop_write(s->mosq, 1) == MOSQ_ERR_SUCCESS)
		;
	lost(s, "");
}

struct mqtt_sink *mqtt_sink_new(struct io *io, struct buf *error)
{
	struct mqtt_sink *s = calloc(1, sizeof(*s));
	struct url url;
	const char *why;

	if (!s || !url_parse(str_of(config_text(io->config, CONF_BROKER)), &url, &why)) {
		free(s);
		return NULL;
	}
	mosquitto_lib_init();
	s->io = io;
	s->tls = str_is(url.scheme, "mqtts");
	s->host = str_dup(url.host);
	s->port = url.port ? url.port : s->tls ? 8883 : 1883;
	s->keepalive = (int)config_number(io->config, CONF_KEEPALIVE);
	s->window = (size_t)config_number(io->config, CONF_WINDOW);
	/* made for every connection; the first one tells what is wrong with the files */
	if (s->host && renew_client(s, error))
		return s;
	mqtt_sink_free(s);
	return NULL;
}

void mqtt_sink_free(struct mqtt_sink *s)
{
	if (!s)
		return;
	if (s->mosq)
		mosquitto_destroy(s->mosq);
	mosquitto_lib_cleanup();
	free(s->host);
	free(s);
}
