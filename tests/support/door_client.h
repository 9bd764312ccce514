/* door_client - a client that shows every reason code: MQTT 5 (or 3.1.1) by hand, over TCP or a WebSocket, from any
 * address of 127.0.0.0/8. Each call sends or takes one packet, and nothing happens between calls. Connections are opened in
 * steps, so that a test can have many under way at once. */
#ifndef SUPPORT_DOOR_CLIENT_H
#define SUPPORT_DOOR_CLIENT_H

#include "base/buf.h"

struct dc;

struct dc_login {
	const char *id, *user, *password;      /* NULL: none; an id of NULL is empty */
	const char *will_topic, *will_payload; /* retained; NULL: no will */
	bool keep_session;
	bool v311;
};

#define DC_CLOSED (-1) /* the broker closed the connection */
#define DC_SILENT (-2) /* nothing came in time */

/* ---- connecting in steps ---- */
struct dc *dc_dial(int port, bool websocket, const char *from); /* from: "127.0.1.7" or NULL; sends the upgrade */
bool dc_upgraded(struct dc *c);                                 /* waits for its answer; true without a WebSocket */
void dc_send_connect(struct dc *c, const struct dc_login *login);
int dc_connack(struct dc *c); /* reason code, DC_CLOSED or DC_SILENT */
/* All of them; *code may be NULL. Never NULL. */
struct dc *dc_connect(int port, bool websocket, const char *from, const struct dc_login *login, int *code);

/* ---- once connected; these return a reason code, DC_CLOSED or DC_SILENT ---- */
int dc_subscribe(struct dc *c, const char *filter);
int dc_unsubscribe(struct dc *c, const char *filter);
int dc_publish(struct dc *c, const char *topic, struct str payload, bool retain); /* QoS 1 */
void dc_publish_qos0(struct dc *c, const char *topic, struct str payload, bool retain);
void dc_ping(struct dc *c);
void dc_send_raw(struct dc *c, struct str bytes);

/* The next message; false when none came within ms. */
bool dc_message(struct dc *c, struct buf *topic, struct buf *payload, int64_t ms);
/* Reads away what is there, then waits for this message; false when it has not come within ms. */
bool dc_expect(struct dc *c, const char *topic, const char *payload, int64_t ms);
/* Waits until the broker ends the connection. The reason code of its DISCONNECT; DC_CLOSED: there was no DISCONNECT; DC_SILENT: it did not
 * end it in time. */
int dc_wait_end(struct dc *c, int64_t ms);

void dc_leave(struct dc *c); /* DISCONNECT, and closes. NULL is fine */
void dc_drop(struct dc *c);  /* closes at once, with a reset. NULL is fine */

#endif
