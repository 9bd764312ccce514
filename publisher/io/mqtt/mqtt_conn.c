#include "publisher/io/mqtt/mqtt_conn.h"

#include "base/json.h"
#include "publisher/core/options/broker_list.h"
#include "publisher/core/retries.h"
#include "publisher/io/resolve.h"
#include "publisher/io/watch.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_RECEIVE_MAXIMUM 65535
#define WAYS 3                 /* how many ways there are to a broker whose name has addresses of both families */
#define DISCONNECT_MS 500      /* how long mqtt_conn_disconnect() waits for what is queued to leave */
#define REFUSAL_EVERY_MS 10000 /* a refused publish is logged so often at most: a broker may refuse 18,000 topics in a row */

struct mqtt_conn {
	struct io *io;
	struct mqtt_events events;
	struct mosquitto *mosq; /* the client of this attempt; NULL: not dialled */
	SSL *ssl;               /* of this attempt, and ours, too: some libmosquittos free theirs first and then say that TLS has failed */
	struct watch *watch;
	struct resolve *resolve; /* while the name is looked up */
	struct retries lookups;  /* that no name server has answered */
	char *host, *client_id;
	int port;
	bool tls;
	bool nameless;                  /* without user and password */
	bool v5;                        /* MQTT 5; else 3.1.1 */
	bool told_lost;                 /* the owner knows that the connection is over, and is told nothing more */
	bool publishing;                /* we are within mosquitto_publish_v5(), which tells on_publish() of QoS 0 before it returns */
	enum resolve_families families; /* of the host's name, when it was looked up */
	size_t way;                     /* how this attempt reaches the host; see choose_way() */
	size_t good_way;                /* the way by which the broker answered last */
	size_t unanswered;              /* attempts in a row that the broker has not answered, the present one among them */
	int aside_mid;                  /* of the subscription whose answer the owner is not told; 0: there is none */
	int answered_mid;               /* the message id that on_publish() was told last while `publishing`; 0: none */
	char tls_fault[160];            /* what tls_error() has said */
	char refused[160];              /* why the broker refused the connection; "": it has not */
	enum sink_loss refusal;         /* of which kind that is */
	mono next_refusal;              /* from when on a refused publish is logged again */
};

/* --- events of libmosquitto; all come from within our own calls --- */

static void lost(struct mqtt_conn *c, const char *why)
{
	watch_free(c->watch);
	c->watch = NULL;
	if (c->told_lost)
		return;
	c->told_lost = true;
	c->events.lost(c->events.arg, *c->refused ? c->refusal : SINK_LOSS_CONNECTION, *c->refused ? c->refused : why);
}

static void dial_failed(struct mqtt_conn *c, const char *why)
{
	struct complaint whole;

	complaint_say(&whole, 0, "can't connect to the broker at %s:%d: %s", c->host, c->port, why);
	lost(c, whole.text);
}

/* What libmosquitto knows only as "a TLS error". It checks the name in a certificate by itself, and OpenSSL has no word for its refusal. */
static const char *tls_error(struct mqtt_conn *c)
{
	long verdict;

	if (!c->ssl)
		return "TLS: OpenSSL does not take ca-file, cert-file or key-file";
	verdict = SSL_get_verify_result(c->ssl);
	if (verdict == X509_V_OK)
		return "TLS: no handshake; is that its port for TLS, and does it want a certificate of ours (cert-file)?";
	if (verdict == X509_V_ERR_UNSPECIFIED)
		snprintf(c->tls_fault, sizeof(c->tls_fault), "TLS: its certificate is for another name");
	else
		snprintf(c->tls_fault, sizeof(c->tls_fault), "TLS: its certificate is not trusted: %s",
			 X509_verify_cert_error_string(verdict));
	return c->tls_fault;
}

/* libmosquitto has said "a TLS error", in the handshake or later. */
static void tls_failed(struct mqtt_conn *c)
{
	if (c->unanswered)
		dial_failed(c, tls_error(c));
	else
		lost(c, "connection to the broker lost: TLS has failed");
}

/* Why a broker refuses a connection. The codes for this begin at 0x80 in MQTT 5, and are 1 to 5 in 3.1.1. */
static const char *refusal_text(int rc)
{
	return rc >= 0x80 ? mosquitto_reason_string(rc) : mosquitto_connack_string(rc);
}

/* Mosquitto 2.0 has one code for all refusals of a plugin, "not authorized"; 2.1 has that for wrong passwords, and "server busy" when another
 * publisher is in. */
static enum sink_loss refusal_of(int rc)
{
	static const unsigned char barred[] = {
		CONNACK_REFUSED_PROTOCOL_VERSION,
		CONNACK_REFUSED_IDENTIFIER_REJECTED,
		CONNACK_REFUSED_BAD_USERNAME_PASSWORD,
		MQTT_RC_MALFORMED_PACKET,
		MQTT_RC_PROTOCOL_ERROR,
		MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION,
		MQTT_RC_CLIENTID_NOT_VALID,
		MQTT_RC_BAD_USERNAME_OR_PASSWORD,
		MQTT_RC_BANNED,
		MQTT_RC_BAD_AUTHENTICATION_METHOD,
	};

	return memchr(barred, rc, sizeof(barred)) ? SINK_LOSS_BARRED : SINK_LOSS_REFUSED;
}

static void on_connect(struct mosquitto *m, void *arg, int rc, int flags, const mosquitto_property *properties)
{
	struct mqtt_conn *c = arg;
	uint16_t receive_maximum = DEFAULT_RECEIVE_MAXIMUM;

	(void)m;
	(void)flags;
	c->unanswered = 0;
	c->good_way = c->way;
	if (rc) {
		c->refusal = refusal_of(rc);
		snprintf(c->refused, sizeof(c->refused), "the broker refused us: %s%s code=0x%02X", refusal_text(rc),
			 rc == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION && c->v5 ? "; perhaps mqtt-version 3.1.1 suits it" : "",
			 (unsigned int)rc);
		return;
	}
	mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_maximum, false);
	c->events.connected(c->events.arg, receive_maximum);
}

static const char *error_text(int rc)
{
	if (rc == MOSQ_ERR_KEEPALIVE) /* libmosquitto has no text for it */
		return "it does not answer our pings";
	return rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc);
}

static void on_disconnect(struct mosquitto *m, void *arg, int rc, const mosquitto_property *properties)
{
	struct mqtt_conn *c = arg;
	char why[300];

	(void)m;
	(void)properties;
	if (rc == MOSQ_ERR_TLS) { /* Mosquitto 2.0.21's library tells it here, that of 2.0.11 only returns it */
		tls_failed(c);
		return;
	}
	if (rc == MQTT_RC_SESSION_TAKEN_OVER)
		snprintf(why, sizeof(why),
			 "another client of the same id has taken our place: is there a second publisher? client_id=%s",
			 c->client_id);
	else /* from 0x80 on it is a code of MQTT 5, which the broker has sent, else one of libmosquitto's errors */
		snprintf(why, sizeof(why), "connection to the broker lost: %s",
			 rc >= 0x80 ? mosquitto_reason_string(rc) : error_text(rc));
	lost(c, why);
}

static void publish_refused(struct mqtt_conn *c, enum health_row row, struct str topic, const char *why)
{
	const struct broker_address broker = { str_of(c->host), c->port, c->tls };
	BUF_CLEANUP struct buf name = { 0 };
	mono now = mono_now();

	if (c->events.refused)
		c->events.refused(c->events.arg, row);
	if (!mono_reached(now, c->next_refusal))
		return;
	c->next_refusal = mono_add(now, REFUSAL_EVERY_MS);
	broker_name(&broker, &name);
	log_error("broker", "a publish was refused, the broker's tree differs  topic=%.*s reason=\"%s\" broker=%s", STR_ARGS(topic), why,
		  buf_view(&name).p);
}

static void on_publish(struct mosquitto *m, void *arg, int mid, int reason, const mosquitto_property *properties)
{
	struct mqtt_conn *c = arg;

	(void)m;
	(void)properties;
	if (reason >= 0x80)
		publish_refused(c, HEALTH_PUBLISH_REFUSED, STR(""), mosquitto_reason_string(reason));
	/* While we publish, libmosquitto may also send messages that have waited in its queue: the owner knows their ids. The last
	 * one of which we are told here is the one being published, whose id the owner does not know yet: mqtt_conn_publish() returns
	 * 0 for it. */
	if (c->publishing)
		c->answered_mid = mid;
	if (c->events.answered)
		c->events.answered(c->events.arg, mid, reason < 0x80);
}

static void on_subscribe(struct mosquitto *m, void *arg, int mid, int n, const int *granted, const mosquitto_property *p)
{
	struct mqtt_conn *c = arg;

	(void)m;
	(void)p;
	if (mid == c->aside_mid)
		c->aside_mid = 0; /* the id comes again after 65,535 others */
	else if (c->events.subscribed)
		c->events.subscribed(c->events.arg, n > 0 && granted[0] < 0x80);
}

static void on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg, const mosquitto_property *p)
{
	struct mqtt_conn *c = arg;
	char *content_type = NULL;
	uint32_t expires_s = 0;
	struct bridge_message out = {
		.topic = str_of(msg->topic),
		.payload = { msg->payload ? msg->payload : "", (size_t)msg->payloadlen },
		.retained = msg->retain,
	};

	(void)m;
	if (mosquitto_property_read_int32(p, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, &expires_s, false))
		out.expires_s = expires_s ? expires_s : 1;
	mosquitto_property_read_string(p, MQTT_PROP_CONTENT_TYPE, &content_type, false);
	out.content_type = content_type ? content_type : "";
	c->events.message(c->events.arg, &out);
	free(content_type);
}

/* --- the socket --- */

/* The TLS library may hold bytes that it has read and decrypted already: no event of the socket will tell of them. */
static bool tls_has_more(struct mqtt_conn *c)
{
	SSL *ssl = c->watch ? mosquitto_ssl_get(c->mosq) : NULL;

	return ssl && SSL_pending(ssl) > 0;
}

static void check(struct mqtt_conn *c, int rc)
{
	if (rc == MOSQ_ERR_TLS)
		tls_failed(c);
	else if (rc && rc != MOSQ_ERR_CONN_PENDING && !c->told_lost)
		lost(c, error_text(rc));
	if (c->watch && mosquitto_want_write(c->mosq))
		watch_want_write(c->watch);
}

static void readable(void *arg)
{
	struct mqtt_conn *c = arg;
	int rc;

	do
		rc = mosquitto_loop_read(c->mosq, 1);
	while (!rc && tls_has_more(c));
	check(c, rc);
}

static void writable(void *arg)
{
	struct mqtt_conn *c = arg;

	check(c, mosquitto_loop_write(c->mosq, 1));
}

void mqtt_conn_tick(struct mqtt_conn *c)
{
	if (c->watch)
		check(c, mosquitto_loop_misc(c->mosq));
}

/* --- what the owner asks for --- */

void mqtt_conn_subscribe(struct mqtt_conn *c, struct str filter, int qos)
{
	char *z = str_dup(filter); /* NUL-terminated, as libmosquitto wants it */

	if (z && c->watch)
		check(c, mosquitto_subscribe_v5(c->mosq, NULL, z, qos, 0, NULL));
	free(z);
}

void mqtt_conn_subscribe_aside(struct mqtt_conn *c, const char *filter)
{
	if (c->watch)
		check(c, mosquitto_subscribe_v5(c->mosq, &c->aside_mid, filter, 0, 0, NULL));
}

void mqtt_conn_unsubscribe(struct mqtt_conn *c, struct str filter)
{
	char *z = str_dup(filter);

	if (z && c->watch)
		check(c, mosquitto_unsubscribe(c->mosq, NULL, z));
	free(z);
}

/* Adds a member of the JSON payload as a user property, for programs that sort messages without reading their payloads. */
static void add_label(mosquitto_property **list, const struct mqtt_publish *p, const char *name)
{
	struct str value;
	char *z;

	if (!json_member(p->payload, name, &value))
		return;
	if (value.len >= 2 && value.p[0] == '"')
		value = (struct str){ value.p + 1, value.len - 2 };
	z = str_dup(value);
	if (z)
		mosquitto_property_add_string_pair(list, MQTT_PROP_USER_PROPERTY, name, z);
	free(z);
}

/* MQTT 3.1.1 has no properties. */
static mosquitto_property *properties_of(const struct mqtt_conn *c, const struct mqtt_publish *p)
{
	mosquitto_property *list = NULL;

	if (!c->v5)
		return NULL;
	if (p->content_type)
		mosquitto_property_add_string(&list, MQTT_PROP_CONTENT_TYPE, p->content_type);
	for (size_t i = 0; p->labels && p->labels[i]; i++)
		add_label(&list, p, p->labels[i]);
	if (p->expires_s)
		mosquitto_property_add_int32(&list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, p->expires_s);
	return list;
}

static int publish(struct mqtt_conn *c, const struct mqtt_publish *p, int *mid)
{
	mosquitto_property *properties = properties_of(c, p);
	char *topic = str_dup(p->topic);
	int rc = MOSQ_ERR_NOMEM;

	c->publishing = true;
	c->answered_mid = 0;
	if (topic)
		rc = mosquitto_publish_v5(c->mosq, mid, topic, (int)p->payload.len, p->payload.p, p->qos, p->retain,
					  properties);
	c->publishing = false;
	free(topic);
	mosquitto_property_free_all(&properties);
	return rc;
}

int mqtt_conn_publish(struct mqtt_conn *c, const struct mqtt_publish *p)
{
	int mid = 0, rc = publish(c, p, &mid);

	if (rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_INVAL) {
		/* nothing is wrong with the connection, only with this message */
		publish_refused(c, HEALTH_PUBLISH_TOO_LARGE, p->topic, mosquitto_strerror(rc));
		return MQTT_NEVER_SENT;
	}
	if (rc == MOSQ_ERR_SUCCESS && c->answered_mid == mid)
		mid = 0;
	check(c, rc);
	return mid;
}

/* --- connecting --- */

/* Complains about `what`, a file or another value of an option, and returns 1. */
static int fail(struct complaint *why, const char *what, const char *reason)
{
	return complaint_say(why, 0, "broker: %s: %s", complaint_value(what).text, reason);
}

static int read_password(const char *path, char *out, size_t size, struct complaint *why)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)size, f);

	if (f)
		fclose(f);
	if (!ok)
		return fail(why, path, f ? "no password in it" : strerror(errno));
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int set_login(struct mqtt_conn *c, struct complaint *why)
{
	const struct config *conf = c->io->config;
	const char *user = config_text(conf, CONF_USER), *password = config_text(conf, CONF_PASSWORD);
	char from_file[1024] = "";
	int r = 0;

	if (*config_text(conf, CONF_PASSWORD_FILE))
		r = read_password(config_text(conf, CONF_PASSWORD_FILE), from_file, sizeof(from_file), why);
	if (!r && *from_file)
		password = from_file;
	if (!r && *user && mosquitto_username_pw_set(c->mosq, user, *password ? password : NULL))
		r = fail(why, user, "no user name that MQTT allows");
	OPENSSL_cleanse(from_file, sizeof(from_file));
	return r;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int check_files(const struct config *conf, struct complaint *why)
{
	static const enum config_id files[] = { CONF_CA_FILE, CONF_CERT_FILE, CONF_KEY_FILE };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *file = config_text(conf, files[i]);

		if (*file && access(file, R_OK))
			return fail(why, file, strerror(errno));
	}
	return 0;
}

static int set_tls(struct mqtt_conn *c, struct complaint *why)
{
	const struct config *conf = c->io->config;
	const char *ca = or_null(config_text(conf, CONF_CA_FILE));
	int rc = mosquitto_tls_set(c->mosq, ca, ca ? NULL : "/etc/ssl/certs", or_null(config_text(conf, CONF_CERT_FILE)),
				   or_null(config_text(conf, CONF_KEY_FILE)), NULL);

	if (check_files(conf, why))
		return 1;
	return rc ? fail(why, "TLS", mosquitto_strerror(rc)) : 0;
}

static struct mosquitto *new_client(struct mqtt_conn *c)
{
	/* NULL: the broker gives it an id */
	struct mosquitto *m = mosquitto_new(*c->client_id ? c->client_id : NULL, true, c);

	if (!m)
		return NULL;
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, c->v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	/* the owner says how many messages may be on their way at once; libmosquitto is not to hold any back */
	mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, DEFAULT_RECEIVE_MAXIMUM);
	mosquitto_connect_v5_callback_set(m, on_connect);
	mosquitto_disconnect_v5_callback_set(m, on_disconnect);
	mosquitto_publish_v5_callback_set(m, on_publish);
	mosquitto_subscribe_v5_callback_set(m, on_subscribe);
	mosquitto_message_v5_callback_set(m, on_message);
	return m;
}

static void drop_client(struct mqtt_conn *c)
{
	if (c->mosq)
		mosquitto_destroy(c->mosq);
	c->mosq = NULL;
	SSL_free(c->ssl);
	c->ssl = NULL;
}

/* Puts a new client of libmosquitto in the place of the last one. Reads the files of password and certificates, so that it may fail. */
static int renew_client(struct mqtt_conn *c, struct complaint *why)
{
	drop_client(c);
	c->mosq = new_client(c);
	if (!c->mosq)
		return complaint_say(why, 0, "out of memory");
	return (!c->nameless && set_login(c, why)) || (c->tls && set_tls(c, why));
}

static void set_will(struct mqtt_conn *c, struct str topic, struct str will)
{
	char *z = will.len ? str_dup(topic) : NULL;

	if (z && mosquitto_will_set_v5(c->mosq, z, (int)will.len, will.p, 1, true, NULL))
		log_error("broker", "can't set the will");
	free(z);
}

static const char *dial_error(struct mqtt_conn *c, int rc)
{
	if (rc == MOSQ_ERR_TLS)
		return tls_error(c);
	if (rc == MOSQ_ERR_ERRNO)
		return strerror(errno);
	return rc == MOSQ_ERR_EAI ? "its name is not known" : mosquitto_strerror(rc);
}

/* Of a name with several addresses libmosquitto takes the first that can be begun with, and never tries another when nobody
 * answers there: "localhost" is ::1 before it is 127.0.0.1, and a broker may listen at one of them only. Which family it takes follows
 * from the address that we bind our own end to. So every other attempt goes another way than the one that was good last: a broker that
 * is only away is found again by the next attempt but one at the latest, one that has moved to its other address as well. */
static size_t choose_way(const struct mqtt_conn *c)
{
	return (c->good_way + (c->unanswered % 2 ? 1 + c->unanswered / 2 % 2 : 0)) % WAYS;
}

static void keep_ssl(struct mqtt_conn *c)
{
	SSL_free(c->ssl);
	c->ssl = mosquitto_ssl_get(c->mosq);
	if (c->ssl)
		SSL_up_ref(c->ssl);
}

static void connect_now(struct mqtt_conn *c)
{
	static const char *const own_ends[WAYS] = { NULL, "0.0.0.0", "::" };
	const struct watch_events events = { readable, writable, c };
	const char *own_end = c->families == RESOLVE_BOTH ? own_ends[c->way] : NULL;
	int rc = mosquitto_connect_bind_async(c->mosq, c->host, c->port, (int)config_number(c->io->config, CONF_KEEPALIVE),
					      own_end);

	keep_ssl(c);
	if (rc > 0) {
		dial_failed(c, dial_error(c, rc));
		return;
	}
	c->watch = watch_new(c->io, mosquitto_socket(c->mosq), &events);
	if (c->watch)
		watch_want_write(c->watch);
	else
		dial_failed(c, "no more descriptors");
}

static void resolved(void *arg, enum resolve_families found)
{
	struct mqtt_conn *c = arg;

	c->resolve = NULL;
	retries_succeeded(&c->lookups);
	c->families = found;
	if (found)
		connect_now(c);
	else
		dial_failed(c, dial_error(c, MOSQ_ERR_EAI));
}

void mqtt_conn_dial(struct mqtt_conn *c, struct str will_topic, struct str will)
{
	struct complaint why;

	*c->refused = '\0';
	c->told_lost = false;
	c->way = choose_way(c);
	c->unanswered++;
	if (renew_client(c, &why)) {
		dial_failed(c, why.text);
		return;
	}
	set_will(c, will_topic, will);
	c->resolve = resolve_start(c->io, c->host, resolved, c);
	if (!c->resolve)
		connect_now(c);
}

void mqtt_conn_hang_up(struct mqtt_conn *c)
{
	if (c->resolve && retries_failed(&c->lookups, "", mono_now()))
		log_warn("broker", "still waiting for a name server  host=%s tries=%u", c->host, c->lookups.n);
	resolve_cancel(c->resolve);
	c->resolve = NULL;
	c->told_lost = true;
	lost(c, "");
	drop_client(c);
}

/* mosquitto_loop_write() succeeds without writing anything when the socket is full. So we wait for room in it, but not for ever: the
 * broker may have stopped reading. */
static bool wait_for_room(struct mqtt_conn *c, mono until)
{
	struct pollfd p = { .fd = mosquitto_socket(c->mosq), .events = POLLOUT };
	int64_t left_ms = mono_diff(until, mono_now());

	return p.fd >= 0 && left_ms > 0 && poll(&p, 1, (int)left_ms) > 0;
}

void mqtt_conn_disconnect(struct mqtt_conn *c)
{
	mono until = mono_add(mono_now(), DISCONNECT_MS);

	c->told_lost = true;
	mosquitto_disconnect_v5(c->mosq, 0, NULL);
	while (mosquitto_want_write(c->mosq) && wait_for_room(c, until) &&
	       mosquitto_loop_write(c->mosq, 1) == MOSQ_ERR_SUCCESS)
		;
	lost(c, "");
}

struct mqtt_conn *mqtt_conn_new(struct io *io, const struct mqtt_peer *peer, const struct mqtt_events *events,
				struct complaint *why)
{
	struct mqtt_conn *c = calloc(1, sizeof(*c));

	if (!c) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	mosquitto_lib_init();
	c->io = io;
	c->events = *events;
	c->tls = peer->tls;
	c->nameless = peer->nameless;
	c->v5 = strcmp(config_text(io->config, CONF_MQTT_VERSION), "5") == 0;
	c->host = str_dup(peer->host);
	c->port = peer->port ? peer->port : (peer->tls ? 8883 : 1883);
	c->client_id = str_dup(str_of(peer->client_id));
	/* mqtt_conn_dial() makes another client; this first one only shows whether the files can be read */
	if (c->host && c->client_id ? !renew_client(c, why) : !complaint_say(why, 0, "out of memory"))
		return c;
	mqtt_conn_free(c);
	return NULL;
}

void mqtt_conn_free(struct mqtt_conn *c)
{
	if (!c)
		return;
	resolve_cancel(c->resolve);
	drop_client(c);
	mosquitto_lib_cleanup();
	free(c->client_id);
	free(c->host);
	free(c);
}
