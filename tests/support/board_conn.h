/* board_conn - one connection to the board, as its server sees it: the HTTP upgrade, messages both ways, and a queue of what is to
 * be sent, each chunk at its time. Knows nothing of what messages mean: that is board.c, whose lock all of this runs under. */
#ifndef SUPPORT_BOARD_CONN_H
#define SUPPORT_BOARD_CONN_H

#include "base/buf.h"
#include "base/mono.h"
#include "bench/wire/ws.h"

#define BOARD_COOKIE "CRG_SCOREBOARD" /* the name of the cookie by which the scoreboard knows a device again */

/* Bytes that are to be sent in one go. */
struct chunk {
	struct chunk *next;
	mono due;
	size_t len, sent;
	unsigned char bytes[];
};

struct conn {
	struct conn *next;
	int fd;
	bool upgraded;
	bool deflate; /* permessage-deflate was agreed on */
	bool closing; /* once all is sent */
	bool dead;
	struct buf in, message; /* message: what fragments have brought so far */
	bool message_deflated;
	struct chunk *head, *tail;
	char **paths; /* registered */
	size_t n_paths;
};

void conn_free(struct conn *c); /* closes it, too */

/* What the board wants to know of an upgrade request; texts are cut to size, "" is none. */
struct request {
	char line[300], key[100], cookie[200];
	bool deflate_offered;
};

/* Takes a whole HTTP request off c->in. False while it is not complete. */
bool conn_take_request(struct conn *c, struct request *out);
void conn_answer_upgrade(struct conn *c, const struct request *r, const char *cookie);
void conn_answer_503(struct conn *c);

struct ws_message {
	unsigned opcode;    /* an enum ws_opcode, or whatever the client says */
	struct buf payload; /* unmasked, inflated */
};

enum ws_result {
	WS_INCOMPLETE,
	WS_MESSAGE,
	WS_BROKEN, /* the client broke the protocol */
};

/* Takes one message or control frame off c->in; out->payload is the caller's to free. */
enum ws_result conn_take_message(struct conn *c, struct ws_message *out);

/* How a message is sent. */
struct cut {
	size_t fragment_bytes; /* the most of a frame's payload; 0: the message is one frame */
	int delay_ms;          /* between frames */
};

void conn_queue_message(struct conn *c, const struct cut *cut, unsigned opcode, struct str payload);
void conn_queue_control(struct conn *c, enum ws_opcode opcode, struct str payload);

/* Sends what is due. MONO_NEVER when nothing waits for time, else when to come again. */
mono conn_flush(struct conn *c, mono now);
bool conn_wants_write(const struct conn *c, mono now);

#endif
