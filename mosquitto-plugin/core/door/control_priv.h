/* control_priv - the inside of control.c, for the files that have commands of their own: what a command is given, and how it answers. */
#ifndef CORE_CONTROL_PRIV_H
#define CORE_CONTROL_PRIV_H

#include "base/json.h"
#include "mosquitto-plugin/core/door/door_priv.h"

#define CONTROL_MAX_LIST 1000

/* One request. */
struct control {
	struct door *d;
	struct client *by;       /* the client that asks */
	struct str request;      /* all of it */
	const struct json *args; /* of the command that is being answered: its object in the request */
	struct buf *out;         /* the "data" of this command */
	struct complaint why;    /* why this command is refused */
	mono now;
	unsigned n_walks;
	bool kick_due; /* a command has banned somebody, who may be in */
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

int control_refuse(struct control *c, const char *why); /* 1 */
/* *value stays as it is when the command has no such argument. False: it is not a number of the range. */
bool control_int(const struct control *c, const char *name, struct range range, int64_t *value);
/* Writes "name":"text", or null in place of the text when its p is NULL. */
void control_put(struct buf *out, const char *name, struct str text);

#endif
