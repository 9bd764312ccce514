/* presence - who is connected, for everybody to read: retained below <prefix>/presence/, at most once a second, only what
 * changed. Of one broker it is its own clients. Of many it is all: an edge reports its own clients to the hub, not
 * retained, over its bridge,
 *
 *   <prefix>/crew/presence/share   {"total":812,"role/viewer":811,"view/spectator":790}
 *
 * the hub adds up and tells the edges
 *
 *   <prefix>/crew/presence/sum     the same form
 *
 * and hub and edges publish what that says. A share is its connection's: it goes with it, and comes whole with the
 * next. Both are said when they change, when one side may have missed them, and every few seconds. */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "base/mono.h"
#include "mosquitto-plugin/core/cluster.h"
#include "mosquitto-plugin/core/crowd.h"

struct client;
struct door;
struct message;
struct share;

/* A zeroed struct is one broker alone, once it is initialised. */
struct presence {
	enum cluster_part part;
	char *topic, *cluster_topic; /* with the slash behind */
	char *share_topic, *sum_topic;
	struct crowd all; /* what is published */
	bool dirty;       /* that is not what should be */
	uint64_t seen;    /* of roster.changes */
	mono tell_at, repeat_at;
	bool report_due;
	bool has_logged;
	mono logged;

	/* hub */
	struct share *shares;
	unsigned n_shares;
	bool unread; /* some of them */
	struct share *read_from; /* where reading them goes on; NULL: at the first one */
	mono gathered_at, read_at;

	/* edge */
	struct crowd own;
	struct buf sum; /* as the hub said last */
	mono own_at;
};

bool presence_init(struct presence *p, const char *prefix); /* false: no memory; free it all the same */
void presence_free(struct presence *p);

/* Is this a topic that nobody but the plugin writes? */
bool presence_owns(const struct presence *p, struct str topic);

/* from: NULL for this broker's own bridge. True: it was for us, and is for nobody else. */
bool presence_take(struct door *d, const struct client *from, const struct message *m);
void presence_gone(struct door *d, const struct client *c); /* before it leaves the roster */

/* A message that goes on to others: its topic may make a group known. from: as above. */
void presence_note(struct door *d, struct client *from, const struct message *m, mono now);

void presence_tick(struct door *d, mono now);
void presence_metrics(const struct door *d, struct buf *out); /* Prometheus' text, of a hub */

#endif
