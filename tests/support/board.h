/* board - a stand-in for the scoreboard: an RFC 6455 server of our own in its own thread, which keeps a whole state
 * and answers by the rules of the real one, but can also fragment, stall and lie. Every call is safe from the test's
 * thread and returns at once; frames are queued in order.
 *
 * Values are raw JSON: board_says(b, "ScoreBoard.CurrentGame.Name", "\"Bout\""). Values said while no one is connected
 * are part of the state. */
#ifndef SUPPORT_BOARD_H
#define SUPPORT_BOARD_H

#include "tests/support/tree.h"

struct board;

enum board_mode {
	BOARD_NORMAL,
	BOARD_ACCEPT_AND_SAY_NOTHING, /* TCP is accepted, the upgrade never answered */
	BOARD_UPGRADE_THEN_SILENT,    /* no frames, no pongs: what is said is held back until the mode changes */
	BOARD_CLOSE_AT_ONCE,          /* TCP is accepted and closed */
	BOARD_CLOSE_AFTER_UPGRADE,
	BOARD_REFUSE_503,
};

struct board_counts {
	unsigned int connections;    /* accepted so far */
	unsigned int upgrades;       /* of them, how many became WebSockets */
	unsigned int open, open_max; /* now, and at most at the same time */
	unsigned int cookieless;     /* upgrades that did not bring the cookie back: a real one takes each for a new device */
	unsigned int registers, pings, pongs;
	unsigned int app_pings; /* {"action":"Ping"}, each of which makes a real scoreboard update its state */
	unsigned int writes;    /* any other action: must stay 0 */
	unsigned int bad_requests;
	int last_close_code; /* of the client's last close frame; 0: none came */
};

struct board *board_start(void); /* on a free port, empty state */
void board_free(struct board *b);

int board_port(const struct board *b);
const char *board_url(const struct board *b); /* ws://127.0.0.1:PORT/WS/ */

void board_stop(struct board *b);            /* closes all, without a close frame as the real one does; keeps port and state */
void board_resume(struct board *b);          /* listens again */
void board_restart(struct board *b);         /* both */
void board_drop(struct board *b);            /* connections are cut, new ones are welcome */
void board_close(struct board *b, int code); /* connections get a close frame with this code */

void board_says(struct board *b, const char *path, const char *raw_json_value); /* "null" removes the path */
/* The state changes, and nobody is told: as if the frame that says so was lost or broken. */
void board_keeps_quiet(struct board *b, const char *path, const char *raw_json_value);
/* A whole {"state":{...}} frame, applied as one and sent as one, restricted to the registered paths. */
void board_frame(struct board *b, struct str json);
void board_replace_state(struct board *b, const struct tree *state); /* nothing is sent: for use while stopped */
void board_state(struct board *b, struct tree *out);

/* A message to every upgraded connection as it stands. Opcode 1: text, 2: binary. */
void board_send_raw(struct board *b, int opcode, const void *bytes, size_t len);

/* Settings for what is sent from now on. */
void board_set_mode(struct board *b, enum board_mode mode);
void board_set_fragment(struct board *b, size_t n_bytes, int delay_ms); /* 0: whole messages */
void board_set_deflate(struct board *b, bool accept);                   /* permessage-deflate, when offered */

struct board_counts board_counts(struct board *b);
bool board_deflated(struct board *b);        /* was deflate agreed on in the last upgrade? */
bool board_deflate_offered(struct board *b); /* was it offered there? */
/* The last upgrade's request line, copied to out (cut to size). */
void board_last_request(struct board *b, char *out, size_t size);
/* Has any connection registered a path that covers this one? */
bool board_registered(struct board *b, const char *path);

#endif
