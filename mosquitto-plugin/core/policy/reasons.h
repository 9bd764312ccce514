/* reasons - why a client or a request was refused, one row each: the label for counters, the code for the client, the text for the log.
 * `code` is the MQTT 5 reason code that fits; docs/policy.md says which codes the broker really sends. */
#ifndef CORE_REASONS_H
#define CORE_REASONS_H

/* X(name, label, MQTT 5 code, what the log says) */
#define REASONS(X) \
	X(NONE, "none", 0x00, "") \
	X(BANNED, "banned", 0x8A, "banned") \
	X(TOO_MANY_FAILURES, "too_many_failures", 0x8A, "too many failed logins from this address") \
	X(CONNECT_RATE, "connect_rate", 0x9F, "too many connects per second") \
	X(ADDRESS_RATE, "address_rate", 0x9F, "too many connects per second from this address") \
	X(FULL, "full", 0x88, "no seat free") \
	X(ADDRESS_FULL, "address_full", 0x97, "too many connections from this address") \
	X(USER_FULL, "user_full", 0x97, "too many connections of this user") \
	X(ROLE_FULL, "role_full", 0x97, "too many connections of this role") \
	X(ANONYMOUS, "anonymous", 0x87, "not without a name on this kind of listener") \
	X(LOGIN, "login", 0x87, "unknown user or wrong password") \
	X(LOGIN_BUSY, "login_busy", 0x89, "too much login work") \
	X(TOKEN, "token", 0x87, "bad token") \
	X(TOKEN_EXPIRED, "token_expired", 0x87, "the token has expired") \
	X(CLIENT_ID, "client_id", 0x85, "the client id is too long") \
	X(CLIENT_ID_TAKEN, "client_id_taken", 0x85, "the client id is in use by somebody else") \
	X(CLIENT_ID_RESERVED, "client_id_reserved", 0x85, "the client id belongs to another role") \
	X(TAKEN, "taken", 0x97, "another one of this role is in") \
	X(SESSIONS, "sessions", 0x97, "may not have a session, or another one, beyond the connection") \
	X(USER_FAILURES, "user_failures", 0x8A, "too many failed logins of this user name") \
	X(MEMORY, "memory", 0x88, "out of memory") \
	X(STRANGER, "stranger", 0x87, "not known here") \
	X(SUBSCRIBE, "subscribe", 0x87, "may not subscribe") \
	X(SUBSCRIPTIONS, "subscriptions", 0x97, "too many subscriptions") \
	X(SUBSCRIBE_RATE, "subscribe_rate", 0x97, "too many subscribes per second") \
	X(REPLAY_RATE, "replay_rate", 0x97, "too many retained messages per second would have to be sent again") \
	X(FILTER_LEVELS, "filter_levels", 0x8F, "the filter has too many levels") \
	X(READ, "read", 0x87, "may not read") \
	X(PUBLISH, "publish", 0x87, "may not publish") \
	X(PUBLISH_RATE, "publish_rate", 0x97, "too many messages per second") \
	X(PUBLISH_BYTES, "publish_bytes", 0x97, "too many bytes per second") \
	X(PAYLOAD_SIZE, "payload_size", 0x95, "the payload is too large") \
	X(RETAINED, "retained", 0x97, "too many retained topics or bytes of this user") \
	X(ROOM_FULL, "room_full", 0x97, "the room is full") \
	X(ROOMS, "rooms", 0x97, "too many rooms") \
	X(ROOM_CLOSED, "room_closed", 0x87, "the room is closed") \
	X(ROOM_RETAINED, "room_retained", 0x97, "too many retained topics or bytes of this room") \
	X(CONTROL, "control", 0x87, "may not control")

enum reason {
#define X(name, label, code, text) REASON_##name,
	REASONS(X)
#undef X
	REASON_COUNT
};

struct reason_row {
	const char *label;
	unsigned char code;
	const char *text;
};

/* One for each enum reason. REASON_NONE is 0, and means: not refused. */
extern const struct reason_row reason_rows[REASON_COUNT];

#endif
