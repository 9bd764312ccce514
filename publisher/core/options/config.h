/* config - the options of the program. They are one table here, and all that deals with options reads it: the command line, the
 * environment, the file, --help and --print-config. Opens no file and does not ask the environment: it is given their text.
 *
 * An option may be set in several ways, and the later one wins (a LIST grows within one way): its default, a line of the file (--config),
 * a variable of the environment (SCOREBOARD_ and the name in capitals, `_` for `-`), the command line. So the functions are called in this
 * order:
 *
 *   config_defaults(), config_read_file(), config_read_env(), config_read_args(), config_check()
 */
#ifndef PUBLISHER_CONFIG_H
#define PUBLISHER_CONFIG_H

#include "base/buf.h"
#include "base/complaint.h"
#include "publisher/core/options/source_kinds.h"

enum config_type {
	CONFIG_TEXT,
	CONFIG_NUMBER, /* a whole number from min to max */
	CONFIG_SWITCH, /* on the command line --loop or --no-loop; elsewhere true or false */
	CONFIG_LIST,   /* words with blanks between; it may also be given several times, with a word or some each time */
	CONFIG_SECRET, /* a text that is not taken from the command line, which everybody on the machine can read */
};

/* X(id, name, type, default, min, max, argument, help). `min` and `max` are the bounds of a NUMBER, and 0 for other types. `argument` is
 * how --help calls the value. */
#define CONFIG_ROWS(X) \
	X(SOURCE, "source", TEXT, "ws://127.0.0.1:8000/WS/", 0, 0, "URL", \
	  "the scoreboard" SOURCE_KINDS_HELP) \
	X(REGISTER, "register", TEXT, "live", 0, 0, "LIST", "what to ask for: live, or full (the whole current game)") \
	X(SCHEMA, "schema", TEXT, "", 0, 0, "FILE", "rules from paths to topics (default: the installed crg.json)") \
	X(NAME, "name", TEXT, "scoreboard-mqtt", 0, 0, "NAME", "what the scoreboard calls us in its list of clients") \
	X(STATE_FILE, "state-file", TEXT, "auto", 0, 0, "FILE", \
	  "keeps the scoreboard's cookie; auto: below $XDG_STATE_HOME or ~/.local/state; none: not kept") \
	X(SPEED, "speed", NUMBER, "1", 0, 1000, "N", "of a recording: 1 as recorded, 10 ten times as fast, 0 at once") \
	X(LOOP, "loop", SWITCH, "false", 0, 0, "", "play a recording again and again") \
	X(SOURCE_CA_FILE, "source-ca-file", TEXT, "", 0, 0, "FILE", "CA certificates for wss:// (default: the system's)") \
	X(MAX_FRAME, "max-frame-bytes", NUMBER, "4194304", 1024, 1073741824, "N", \
	  "refuse larger messages of a scoreboard; any that would take 48 MiB when parsed are refused, too") \
	X(MAX_STATE, "max-state-bytes", NUMBER, "33554432", 65536, 4294967296, "N", "ceiling of the memory for values; each view may take as much again") \
	X(STALE_AFTER, "stale-after-ms", NUMBER, "30000", 100, 86400000, "MS", \
	  "reconnect after so long without a message while a clock runs; of a followed feed at any time") \
	X(PING_EVERY, "ping-every-ms", NUMBER, "10000", 100, 280000, "MS", "WebSocket pings to the scoreboard") \
	X(PONG_WITHIN, "pong-within-ms", NUMBER, "10000", 100, 280000, "MS", "reconnect when a ping is not answered") \
	X(RETRY_FIRST, "retry-first-ms", NUMBER, "1000", 10, 3600000, "MS", "first wait before connecting again; doubles") \
	X(RETRY_MAX, "retry-max-ms", NUMBER, "30000", 10, 3600000, "MS", \
	  "longest such wait, give or take a quarter; for a scoreboard, or a broker that does not answer, 5000 at most") \
	X(DIAL_TIMEOUT, "dial-timeout-ms", NUMBER, "10000", 100, 600000, "MS", "give an attempt to connect up") \
	X(BROKER, "broker", LIST, "mqtt://127.0.0.1:1883", 0, 0, "URL", \
	  "mqtt://HOST[:1883], mqtts://HOST[:8883], or none; several times for several brokers, each of which is told everything") \
	X(USER, "user", TEXT, "", 0, 0, "NAME", "user name at the broker") \
	X(PASSWORD, "password", SECRET, "", 0, 0, "", "only as SCOREBOARD_PASSWORD or in the config file") \
	X(PASSWORD_FILE, "password-file", TEXT, "", 0, 0, "FILE", "a file whose first line is the password") \
	X(CA_FILE, "ca-file", TEXT, "", 0, 0, "FILE", "CA certificates for mqtts:// (default: the system's)") \
	X(CERT_FILE, "cert-file", TEXT, "", 0, 0, "FILE", "client certificate") \
	X(KEY_FILE, "key-file", TEXT, "", 0, 0, "FILE", "its key") \
	X(CLIENT_ID, "client-id", TEXT, "", 0, 0, "ID", "MQTT client id (default: scoreboard-publisher@PREFIX, with --standby another one at each start; for a followed feed the broker's choice)") \
	X(PREFIX, "prefix", TEXT, "scoreboard", 0, 0, "TOPIC", "what all topics, and paths of HTTP, begin with; one per track") \
	X(TITLE, "title", TEXT, "", 0, 0, "TEXT", "what people call this scoreboard: said on PREFIX/about, with views and addresses; empty: nothing is") \
	X(ADDRESS, "address", LIST, "", 0, 0, "URL", "where its pages are, for PREFIX/about and /config.json; several times for several") \
	X(MQTT_VERSION, "mqtt-version", TEXT, "5", 0, 0, "V", "5, or 3.1.1 for a broker that knows no other") \
	X(ENCODINGS, "encodings", TEXT, "both", 0, 0, "LIST", \
	  "of the views: json, packed, both; or of single ones: packed,overlay=json") \
	X(HOME_ASSISTANT, "home-assistant", TEXT, "", 0, 0, "TOPIC", \
	  "tell Home Assistant of the texts for displays, below this topic: usually homeassistant (default: not at all)") \
	X(WINDOW, "window", NUMBER, "100", 1, 1000, "N", "values that may wait for the broker's answer, and as many deltas") \
	X(KEEPALIVE, "keepalive-s", NUMBER, "5", 5, 3600, "S", "MQTT keep alive; a broker gives up on a publisher that is silent for one and a half of it") \
	X(STANDBY, "standby", TEXT, "no", 0, 0, "HOW", \
	  "ask every second for the place of a publisher that leads: warm, connected to the scoreboard meanwhile; cold, not; or no") \
	X(HTTP, "http", TEXT, "", 0, 0, "ADDR:PORT", "serve /healthz /readyz /health.json /metrics, the feed, and web-dir") \
	X(WEB_DIR, "web-dir", TEXT, "", 0, 0, "DIR", "pages to serve at /") \
	X(PAGE_SERVER, "page-server", LIST, "", 0, 0, "URL", \
	  "where pages find the broker, said at /config.json: ws://HOST:PORT/mqtt or wss://...; a HOST of * is the one that the page came from; several times for several" \
	  " (default: port 9001 there)") \
	X(TRACKS, "tracks", TEXT, "", 0, 0, "LIST", \
	  "of all tracks, ours among them, for the start page: PREFIX=TITLE, PREFIX=TITLE ...") \
	X(FRAME_ANCESTORS, "frame-ancestors", TEXT, "*", 0, 0, "WHO", \
	  "sites that may embed the pages: a list as in Content-Security-Policy; * is everybody, 'none' nobody") \
	X(HTTP_CONNECTIONS, "http-connections", NUMBER, "10000", 8, 1000000, "N", \
	  "HTTP clients at once; fewer where the limit of open files (less 64) is lower") \
	X(HTTP_PER_ADDRESS, "http-connections-per-address", NUMBER, "1000", 1, 1000000, "N", \
	  "of these from one IPv4 address or IPv6 /64, at most half of all; loopback, where a proxy stands, is exempt") \
	X(HTTP_STREAMS, "http-streams-per-address", NUMBER, "500", 1, 1000000, "N", \
	  "Server-Sent Events likewise; all streams together are at most half of the connections") \
	X(RECORD, "record", TEXT, "", 0, 0, "FILE", "append a recording of the frames that are taken") \
	X(HISTORY, "history", TEXT, "", 0, 0, "FILE", "keep games in this SQLite file, and serve them as PREFIX/games.json over http") \
	X(HISTORY_DAYS, "history-keep-days", NUMBER, "0", 0, 36500, "N", "delete games that ended so many days ago; 0: keep them") \
	X(HISTORY_BYTES, "history-keep-bytes", NUMBER, "1073741824", 1048576, 1099511627776, "N", \
	  "delete the oldest games when the file grows to nine tenths of this, which it never exceeds") \
	X(LOG_LEVEL, "log-level", TEXT, "info", 0, 0, "LEVEL", "error, warn, info or debug") \
	X(LOG_FORMAT, "log-format", TEXT, "text", 0, 0, "FORMAT", "text for people, or json: an object a line, for collectors of logs")

enum config_id {
#define CONFIG_ENUM(id, name, type, dflt, min, max, arg, help) CONF_##id,
	CONFIG_ROWS(CONFIG_ENUM)
#undef CONFIG_ENUM
	CONF_COUNT,
};

struct config_value {
	char *text;     /* as it was written, a LIST in one line; owned by the config */
	int64_t number; /* of an option of type NUMBER; of a SWITCH it is 0 or 1 */
	int from;       /* in which of the ways below it was set: another one replaces a LIST, the same one adds to it */
};

/* What the command line asks for: to run, or one of the other things that are done instead. */
enum config_command {
	COMMAND_RUN,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_MAP,
	COMMAND_PRINT_CONFIG,
	COMMAND_CHECK_CONFIG,
};

struct config {
	struct config_value v[CONF_COUNT];
	enum config_command command;
};

/* The functions that return int return 0; or 1 and a complaint whose text begins with the variable or the option that it is about. Of a
 * file it has the line instead. Names and values that they are given are copied. */

/* Makes *c a config with all defaults, whatever was in its memory. It is to be freed, also after a failure. */
int config_defaults(struct config *c, struct complaint *why) __attribute__((warn_unused_result));
/* `text` is what is in the file: lines `name = value`, empty lines, and comments, which are lines that begin with #. */
int config_read_file(struct config *c, struct str text, struct complaint *why) __attribute__((warn_unused_result));
/* `get` is getenv(), or what a test has in its place. */
int config_read_env(struct config *c, char *(*get)(const char *name), struct complaint *why) __attribute__((warn_unused_result));
int config_read_args(struct config *c, int argc, char **argv, struct complaint *why) __attribute__((warn_unused_result));
/* The name of the file to read: what --config says, else what SCOREBOARD_CONFIG says; NULL when neither is there. */
const char *config_find_file(int argc, char **argv, char *(*get)(const char *name));
/* Checks what can't be checked while the options are read one by one, since a later one may replace what an earlier one says: names,
 * URLs, and which options need each other. */
int config_check(const struct config *c, struct complaint *why) __attribute__((warn_unused_result));
void config_free(struct config *c); /* twice is fine */

/* Appends all options as the text of a file that --config reads. Of a secret there is only a comment that it is set. */
void config_print(const struct config *c, struct buf *out);
/* Appends the text of --help. */
void config_help(struct buf *out);

/* The value as it was written; never NULL. Valid until the option is set again or the config is freed. */
static inline const char *config_text(const struct config *c, enum config_id id)
{
	return c->v[id].text;
}

/* The value of an option of type NUMBER, or 0 or 1 of a SWITCH. */
static inline int64_t config_number(const struct config *c, enum config_id id)
{
	return c->v[id].number;
}

#endif
