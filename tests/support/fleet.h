/* fleet - many brokers, set up as conf/cluster/ ships them: a scripted board, the real publisher, a hub or two, two edges with a
 * cable to each hub that can be cut (relay.h), and HAProxy before the edges. */
#ifndef SUPPORT_FLEET_H
#define SUPPORT_FLEET_H

#include "tests/support/publisher.h"
#include "tests/support/relay.h"

#define FLEET_EDGES 2
#define FLEET_HUBS_MAX 2

struct fleet {
	struct board *board;
	struct publisher *publisher;
	struct broker *hub; /* the first one */
	struct broker *hubs[FLEET_HUBS_MAX], *edge[FLEET_EDGES];
	int n_hubs;
	struct relay *links[FLEET_EDGES][FLEET_HUBS_MAX]; /* between the edge and each of them */
	struct proc *haproxy;
	int ws_port, tcp_port; /* HAProxy's, for viewers and for displays */
	struct mapping mapping;
};

/* Starts all of it. Where the plugin or HAProxy is not there, the test program ends as skipped. */
void fleet_set(struct fleet *f);
void fleet_set_with(struct fleet *f, int n_hubs);
void fleet_set_brokers(struct fleet *f, int n_hubs); /* all but board, publisher and HAProxy */
void fleet_strike(struct fleet *f);                  /* stops all, the brokers by door_stop() (door.h) */

void fleet_haproxy_start(struct fleet *f); /* again, after it has ended */

/* What the broker on this port retains below scoreboard/, without presence. It is read as the user operator. */
bool fleet_tree(int port, struct tree *out);

/* Does the broker on this port retain a value of this topic that contains `part`? Both are read as the user operator. */
bool fleet_holds(int port, const char *topic, const char *part);
bool fleet_status_is(int port, const char *state);               /* of scoreboard/status */
bool fleet_counts(int port, const char *key, const char *value); /* Is scoreboard/presence/KEY this, or, if `value` is "", not there? */
bool fleet_metrics_say(const char *name, const char *line);      /* Is this in fleet/NAME.prom? It is written every ten seconds. */

/* Does each hub hold the board's state, do they all have the same but for the status, and do both edges, and the one that HAProxy leads to,
 * hold what one of the hubs does? If `print`, prints what differs. */
bool fleet_equal(struct fleet *f, bool print);

/* ---- the parts of it, for other ways to put them together ---- */

void fleet_files(void); /* writes policy and passwords; where the plugin is not there, the test program ends as skipped */
struct broker *fleet_start_hub(int i);
/* A broker by this template of conf/, whose bridge goes to the hub on the first port, and to the other, if that is not 0, when the first is
 * gone; fleet/NAME.prom is its metrics file. */
struct broker *fleet_start_member(const char *file, const char *name, const int hub_ports[FLEET_HUBS_MAX]);
void fleet_start_publisher(struct fleet *f);                                                   /* and the board; needs f->hub */
struct publisher *fleet_start_track(struct fleet *f, struct board *board, const char *prefix); /* one of several; it is the caller's */

/* The halves of fleet_equal(): of the hub, whose tree this is, and of another broker, which `what` names in what is printed. */
bool fleet_hub_is_right(struct fleet *f, const struct tree *hub, bool print);
bool fleet_port_is_like(const char *what, int port, const struct tree *hub, bool print);

/* ---- a fan: a viewer of the feed in a thread of its own, which connects again at once and remembers what it has seen ---- */
struct fan;

struct fan *fan_start(int port); /* the port of an MQTT listener over TCP, which may come up later */
void fan_free(struct fan *w);
/* Ends it, with CUnit assertions: it has seen deltas, and none that was older than one before, on the same connection or on any. */
void fan_end(struct fan *w, bool on_one_connection);

#endif
