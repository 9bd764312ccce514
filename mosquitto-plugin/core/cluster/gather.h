/* gather - one request of an operator that several brokers answer, and the one answer that is made of theirs. Knows no broker and no client: it
 * is told who is asked and what was answered, time is an argument, and what it has put together the caller fetches.
 *
 * The problem. An operator speaks to one broker and means all of them. Some of these are slow, some are gone, and one may be in somebody else's
 * hands. So the answer comes in time with whom it lacks, and what any of them sends is read within bounds, and written anew.
 *
 * Words.
 *   request   {"commands":[{"command":"kick","client":"x"},...]}, as an operator sends it.
 *   spread    a command that all brokers answer (asks.h). The others are answered by the broker that was asked, and gather only keeps their
 *             answers in order.
 *   target    the broker that a spread command is for alone: its member "broker".
 *   member    a broker that is asked: the one that gathers, and those that it expects an answer from. A member is known by its route
 *             (route.h), and has a name, which is what the operator sees; two may have the same one. Whom else there is behind a member
 *             only that one knows: it tells it with its answer, and the caller expects those, too.
 *   turn      listClients has a page of all clients, those of one broker behind those of another, in the order of their names. In the first
 *             turn every broker is asked how many it has; in the second one those are asked for their rows in which the page lies. A request
 *             without it has one turn.
 *   missing   a member that has not answered in time, or something of no use.
 *
 * The life of a request. gather_new(); the caller writes the answers of commands that are not spread (gather_command()); it names the members,
 * and sends them gather_write(), itself included. Each answer goes to gather_take(). When gather_is_done(), the caller sends gather_write()
 * once more if gather_next_turn() says so, or writes the answer (gather_answer()) and ends it (gather_free()).
 *
 * Example: edge1 is told to kick "x", and asks itself, the hub and edge2. edge1 and the hub answer "no such client", edge2 {}. The answer is
 * {"command":"kick","data":{"brokers":[{"broker":"edge1","error":"no such client"},{"broker":"edge2"},...],"missing":[]}}. */
#ifndef CORE_GATHER_H
#define CORE_GATHER_H

#include "base/buf.h"
#include "base/complaint.h"
#include "base/json.h"
#include "base/mono.h"

#include "mosquitto-plugin/core/cluster/route.h"

#define GATHER_MS 2000                /* so long answers are waited for */
#define GATHER_FIRST_MS 1000          /* ... of the first of two turns */
#define GATHER_MAX 16                 /* requests that wait at a time */
#define GATHER_MEMBERS 256            /* of a request */
#define GATHER_ANSWER_BYTES (1 << 18) /* of a member; as much may stand in the answer of a turn, written anew at most four times as much */
#define GATHER_VALUES (1 << 15)       /* of JSON, that reading an answer may take memory for */
#define GATHER_BYTES (8 << 20)        /* of all answers that wait; who answers beyond that is missing */
#define GATHER_COMMANDS 500           /* that members are asked in one turn, at most */
#define GATHER_ID_SIZE 33             /* of an id with its NUL */

struct gather;

struct gathers {
	struct gather *all;
	unsigned n;
	size_t bytes;     /* of answers that wait */
	uint64_t missing; /* answers that did not come in time, or were not kept */
};

void gathers_free(struct gathers *gs); /* twice is legal */
void gathers_forget(struct gathers *gs, const void *who);

struct gather_setup {
	const char *self; /* the broker that gathers, the first member, at the route "" */
	const void *who;  /* for whom; a name, never looked into */
	mono now;
};

/* Takes the request over, an object with an array "commands"; *request is then empty. NULL: too many wait, or no memory, and *request stays. */
struct gather *gather_new(struct gathers *gs, const struct gather_setup *setup, struct json_doc *request)
	__attribute__((warn_unused_result));
void gather_free(struct gathers *gs, struct gather *g);

/* The answers that come from now on have this id. */
void gather_set_id(struct gather *g, const char id[GATHER_ID_SIZE]);
struct gather *gather_find(const struct gathers *gs, struct str id); /* NULL: there is none */
const void *gather_who(const struct gather *g);

/* Is there a command in the request that all brokers answer, or one that it names? */
bool gather_is_spread(const struct json *request);

/* The i-th command; NULL: there is none. *here: where its answer is to be written; NULL: it is spread. */
const struct json *gather_command(struct gather *g, size_t i, struct buf **here);

/* Another member, `route` away from the broker that gathers. One that is there already stays as it is, and in the second turn nobody joins
 * any more. False: there are too many. */
struct gather_member {
	struct str route, name;
};
bool gather_expect(struct gather *g, const struct gather_member *m);
/* A member that is awaited is called so, and not as it was expected to be. */
void gather_is_called(struct gather *g, const struct gather_member *m);
/* What the member at this route is called; "": there is none. */
const char *gather_name(const struct gather *g, struct str route);

/* Is there a command for others than the broker that gathers? If not, they need not be sent anything. */
bool gather_asks_others(const struct gather *g);

/* What the members are asked in this turn: an array of commands. A member answers null to one whose "broker" is another. */
void gather_write(const struct gather *g, struct buf *out);

struct gather_reply {
	struct str route;             /* of the member that has answered */
	const struct json *responses; /* an array, one for each command of gather_write(); NULL: there is none */
	struct str error;             /* ... because of this */
};
/* Is an answer of the member at this route worth reading now? It is, also when it was asked for nothing, while a command is for a broker that
 * is not known yet. */
bool gather_awaits(const struct gather *g, struct str route);
/* A member has answered. 1: the answer is of no use, and the member is missing. One of nobody's that is a member, or a second one of a member,
 * is ignored, whatever the first one was. */
int gather_take(struct gathers *gs, struct gather *g, const struct gather_reply *reply, struct complaint *why)
	__attribute__((warn_unused_result));
/* Has everybody answered, or is the time over? */
bool gather_is_done(const struct gather *g, mono now);
/* There is one more turn: gather_write() is to be sent under another id. False: gather_answer() has the answer. */
bool gather_next_turn(struct gather *g);
/* {"responses":[...]} */
void gather_answer(struct gathers *gs, const struct gather *g, struct buf *out);

/* Goes through those who wait: the one behind g, or with NULL the first. */
struct gather *gather_next(const struct gathers *gs, const struct gather *g);

/* Did any member do the i-th command (its response has data)? */
bool gather_was_done(const struct gather *g, size_t i);

#endif
