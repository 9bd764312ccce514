/* board's two halves: board.c keeps the state and decides, board_conn.c speaks RFC 6455 on one connection. All of it
 * runs under board's lock. */
#ifndef SUPPORT_BOARD_PRIV_H
#define SUPPORT_BOARD_PRIV_H

#include "base/buf.h"
#include "base/mono.h"
#include "tests/support/board.h"

#define BOARD_COOKIE "CRG_SCOREBOARD"

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

struct chunk {
	struct chunk *next;
	mono due;
	size_t len, sent;
	unsigned char bytes[];
};

struct conn {
	struct conn *next;
	int fd;
	bool upgraded, deflate;
	bool closing; /* once all is sent */
	bool dead;
	struct buf in, message; /* message: what fragments have brought so far */
	bool message_deflated;
	struct chunk *head, *tail;
	char **paths; /* registered */
	size_t n_paths;
};

struct request {
	char line[300], key[100], cookie[200];
	bool deflate_offered;
};

/* How to send. */
struct wire {
	size_t fragment_bytes; /* 0: whole */
	int delay_ms;          /* between fragments */
};

void conn_free(struct conn *c);

/* Takes a whole HTTP request off c->in. False while it is not complete. */
bool conn_take_request(struct conn *c, struct request *out);
void conn_answer_upgrade(struct conn *c, const struct request *r, const char *cookie);
void conn_answer_503(struct conn *c);

struct ws_message {
	enum ws_opcode opcode;
	struct buf payload; /* unmasked, inflated */
};

enum ws_result {
	WS_INCOMPLETE,
	WS_MESSAGE,
	WS_BROKEN, /* the client broke the protocol */
};

/* Takes one message or control frame off c->in; out->payload is the caller's to free. */
enum ws_result conn_take_message(struct conn *c, struct ws_message *out);

void conn_queue_message(struct conn *c, const struct wire *w, enum ws_opcode opcode, struct str payload);
void conn_queue_control(struct conn *c, enum ws_opcode opcode, struct str payload);

/* Sends what is due. MONO_NEVER when nothing waits for time, else when to come again. */
mono conn_flush(struct conn *c, mono now);
bool conn_wants_write(const struct conn *c, mono now);

#endif
