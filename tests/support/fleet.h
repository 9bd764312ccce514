/* fleet - the whole of many brokers as it is shipped in conf/cluster/: a scripted board, the real publisher, a hub, two
 * edges, each behind a cable that can be cut, and HAProxy before them. */
#ifndef SUPPORT_FLEET_H
#define SUPPORT_FLEET_H

#include "tests/support/publisher.h"
#include "tests/support/relay.h"

#define FLEET_EDGES 2

struct fleet {
	struct board *board;
	struct publisher *publisher;
	struct broker *hub, *edge[FLEET_EDGES];
	struct relay *link[FLEET_EDGES]; /* between the edge and the hub */
	struct proc *haproxy;
	int ws_port, tcp_port; /* HAProxy's, for viewers and for displays */
	struct mapping mapping;
};

/* Skips the program where the plugin or HAProxy is not there. */
void fleet_set(struct fleet *f);
void fleet_strike(struct fleet *f); /* brokers must end well, and no sanitizer may have complained */

void fleet_haproxy_start(struct fleet *f); /* after its end */

/* What the broker on this port retains below scoreboard/, without presence; read as the operator. */
bool fleet_tree(int port, struct tree *out);

/* Is the hub's tree the board's state, and each edge's, and what HAProxy leads to, the hub's? Prints what is not if asked. */
bool fleet_equal(struct fleet *f, bool print);

/* ---- a fan: a viewer of the feed in a thread of its own, which connects again at once and remembers what it has seen ---- */
struct fan;

struct fan *fan_start(int port); /* MQTT over TCP; need not be there yet */
void fan_free(struct fan *w);
unsigned long fan_deltas(struct fan *w);
/* How often a delta was older than one before: on the same connection, or on any. */
unsigned long fan_backwards(struct fan *w, bool on_one_connection);

#endif
