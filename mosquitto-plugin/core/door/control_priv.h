/* control_priv - the inside of control.c, for the files that have commands of their own, and for those that pass commands on to other brokers
 * and take them from these: what a command is given, and how it answers. */
#ifndef CORE_CONTROL_PRIV_H
#define CORE_CONTROL_PRIV_H

#include "base/json.h"
#include "mosquitto-plugin/core/door/door_priv.h"

#define CONTROL_MAX_LIST 1000
#define CONTROL_MAX_COMMANDS 100
#define CONTROL_MAX_REQUEST (1u << 16)
#define CONTROL_MAX_RESPONSE (8u << 20)
#define CONTROL_RESPONSE_TOPIC "$CONTROL/scoreboard/v1/response"

/* One request. */
struct control {
	struct door *d;
	struct client *by;       /* the client that asks; NULL: an operator at another broker */
	struct str user, from;   /* that operator's name, "-": he has none; and the route to the other broker that he is at */
	struct str broker;       /* what that one is called */
	bool is_part;            /* the answer is one of several brokers' (gather.h) */
	bool is_weak;            /* that broker is no hub above, and need not be believed: nobody with a reserved seat is touched */
	size_t rows_bytes;       /* of a list of clients, while is_part; a longer one is cut */
	struct str request;      /* all of it; empty while is_part */
	const struct json *args; /* of the command that is being answered: its object in the request */
	struct buf *out;         /* the "data" of this command */
	struct complaint why;    /* why this command is refused */
	mono now;
	unsigned n_walks;
	bool kick_due; /* a command has banned somebody, who may be in */
	bool is_later; /* the request is answered when other brokers have answered */
};

/* 0; or 1, when it has refused the command. */
typedef int (*command_fn)(struct control *c);

struct command {
	const char *name;
	command_fn run;
	bool walks; /* takes time with the number of clients, addresses, rooms or roles that are known */
};

/* Those of rooms and of what is told to people; the last one's name is NULL, in each of these. */
extern const struct command control_room_commands[];
/* Those that tell what was. */
extern const struct command control_past_commands[];

struct range {
	int64_t min, max;
};

/* Writes the response to one command: c->args. */
void control_answer(struct control *c, struct buf *out);
/* The same, without doing it: it says why not. */
void control_answer_no(const struct control *c, const char *why, struct buf *out);
/* Sends everybody away who is in and banned. */
void control_kick_banned(struct control *c);

/* Whom a ban is about. */
struct control_target {
	const char *kind; /* "user" or "address" */
	struct str whom;  /* a user's name, or an address as addr_text() writes it */
	struct addr address;
	char text[ADDR_TEXT_SIZE];
};
/* The argument "address" or "user" of the command. 0; or 1, when it has refused it. */
int control_read_target(struct control *c, struct control_target *t);
/* The argument "seconds" of the command ban, or what holds without one. False: it is not a number of the range. */
bool control_ban_seconds(const struct control *c, int64_t *seconds);

int control_refuse(struct control *c, const char *why); /* 1 */
/* *value stays as it is when the command has no such argument. False: it is not a number of the range. */
bool control_int(const struct control *c, const char *name, struct range range, int64_t *value);
/* Numbers for an id that nobody guesses; from the hash's secret key when the system has no random bytes. */
void control_draw(const struct door *d, uint64_t out[2]);
/* Writes "name":"text", or null in place of the text when its p is NULL. */
void control_put(struct buf *out, const char *name, struct str text);

#endif
