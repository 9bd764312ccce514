/* brokers - a tree of brokers in one test: each a door, and between them what bridges carry. It knows them by what door.h offers.
 *
 *   static const struct broker_row tree[] = { { "hub", NO_HUB }, { "edge1", 0 }, { "edge2", 0 } };
 *
 *   brokers_begin(tree, 3, ALL_ASKS);
 *   CHECK_INT(comes(1, "v", NULL, "192.0.2.11"), REASON_NONE);
 *   CU_ASSERT(says(ask(2, KICK("v")), "{\"broker\":\"edge1\"}"));
 *   pass(200);
 *   CHECK_STR(kicked(1), "v ");
 *   brokers_end();
 *
 * A broker is known by its index in that table. One without a hub is the hub of all, one that has both a hub and edges is one between, and
 * the others are edges. Each has an operator, "desk". What a door publishes for others waits in line until carry(), as a letter, and comes
 * out of it in the order in which it went in, with all that follows from it. The time stands still except in pass(). */
#ifndef TESTS_UNIT_BROKERS_H
#define TESTS_UNIT_BROKERS_H

#include "mosquitto-plugin/core/door/door.h"

#define MAX_BROKERS 8
#define MAX_CLIENTS 20

#define NO_HUB (-1)

struct broker_row {
	const char *name;
	int hub;
};

/* All that the policy may let edges ask for. */
#define ALL_ASKS "\"closeRoom\",\"listClients\",\"kick\",\"ban\",\"unban\",\"listBans\",\"getStats\""

#define DESK_ADDRESS "192.0.2.1"

/* Clients and bridges are known to doors by pointers; of bridge and clients only the addresses count. */
struct broker {
	struct door *d; /* NULL: it has stopped */
	const char *name;
	int hub;
	bool frozen;                  /* nothing reaches it, and nothing comes from it */
	unsigned n_asked, n_answered; /* commands that others have asked it for, and answers to its own, that have reached it */
	char bridge;                  /* its bridge, as its hub knows it */
	char clients[MAX_CLIENTS];    /* in the order in which they came; the first is the desk */
	char ids[MAX_CLIENTS][40];
	unsigned n_clients;
	struct buf answer, kicked;
	char answered_to[40];
};

extern struct broker brokers[MAX_BROKERS];
extern mono now;
extern unsigned n_not_understood; /* log lines, of any broker, that complain of what another one has written */

/* Starts them all and connects their bridges. The hubs may make a circle. */
void brokers_begin(const struct broker_row *rows, int n, const char *edges_may_ask);
/* Stops them all. None may have stopped. */
void brokers_end(void);

/* It forgets everything. Its hub hears of it only by disconnect_bridge() and connect_bridge(). */
void stop(int at);
void start(int at, const char *desk_address);

void connect_bridge(int at); /* that of this broker, to its hub */
void disconnect_bridge(int at);
/* Some bridge comes to this broker under that client id, and subscribes as bridges do. Whoever has made it says door_gone() to it. */
void connect_bridge_as(int at, const void *bridge, const char *id);
enum reason comes(int at, const char *id, const char *user, const char *address); /* user NULL: a viewer */

void carry(void);
unsigned under_way(void);       /* letters */
const char *id_under_way(void); /* that the last letter has which has one; "": none has. Valid until the next call. */
/* In steps of 100 ms, with all that is carried and due meanwhile. */
void pass(int64_t ms);

/* A client or bridge of this broker's writes this to it. What the door passes is not carried on. */
enum door_message writes(int at, const void *client, const char *topic, const char *payload);
enum door_message bridge_writes(int at, const char *topic, const char *payload); /* the bridge of this broker, to its hub */

/* This broker's desk asks for these, and nothing has been carried yet. */
void requests(int at, const char *commands);
/* What it has been answered since it last asked; "": nothing yet. That the answer is JSON and went to the desk is checked. */
const char *answer_at(int at);
/* requests(), carry() and answer_at() */
const char *ask(int at, const char *commands);

#define KICK(id) "{\"command\":\"kick\",\"client\":\"" id "\"}"
#define BAN_USER(u) "{\"command\":\"ban\",\"user\":\"" u "\",\"seconds\":60}"
#define BAN(a) "{\"command\":\"ban\",\"address\":\"" a "\",\"seconds\":60}"

/* The ids of those whom this broker has sent away since it started, in this order, a blank behind each. */
const char *kicked(int at);

bool says(const char *text, const char *part); /* does it? Both are printed when it does not. */
unsigned count(const char *text, const char *what);

#endif
