/* cluster - how edges stay equal to their hub. Knows no broker: it is told what passes, time is an argument, and what it wants done goes
 * through cluster_ops.
 *
 * The problem. An edge fetches the hub's topics over a bridge that the broker has built in. Such a bridge carries what changes. It never
 * carries that a topic vanished while it was cut off, so the edge would keep that for ever; and it tells nobody that it is cut off, so
 * the edge's viewers would take old scores for live ones.
 *
 * Words.
 *   beat      what the hub says once a second, not retained, of all that it retains below the prefix:
 *             <prefix>/crew/beat  {"run":"k3x9","n":17,"topics":428,"digest":"9f0c...","status":{...}}
 *   run       another one at each start of the hub; n counts its beats. By both an edge notices that it has missed a beat.
 *   digest    one number over all retained topics and payloads (ledger.h), without status and presence/, which each edge has its own of.
 *   status    the publisher's last word on <prefix>/status. null: the hub has started and heard no publisher yet.
 *   steady    since then an edge has heard everything without a gap. What was brought before, and not again since, may have vanished.
 *   word      a beat with a status, or a status itself. A beat without one is none: the hub has started and waits for a publisher.
 *   stale     the status that an edge says itself when it has had no word for CLUSTER_CUT_OFF_MS. If there was no beat either, it cuts its
 *             bridge, in case the connection is dead and nobody has noticed. The next word takes the place of it.
 *   announced a retained message that the permission check has just allowed. It comes by as a message next, or is refused; if neither,
 *             it was a will, which the broker publishes without another word to the plugin, and which the hub has to count all the same.
 *
 * The life of a difference. A topic is cleared at the hub while the edge's bridge is down. The bridge comes back and brings everything
 * that the hub retains; the next beat tells the edge a digest that is not its own. Would it be equal without the topics that were not
 * brought again since the edge is steady? Then those have vanished, and the edge clears them at its next tick. If it would not be, in two
 * beats running, something was lost that nobody noticed: the edge cuts its bridge, so that it connects again and brings everything. Both
 * wait while the hub's publisher is not `live`: a publisher that restarts brings the topics back one by one.
 *
 * Example: hub and edge hold {a, b}; the bridge breaks; a is cleared at the hub. The bridge is back and brings b. The beat says 1 topic with
 * the digest of b. The edge's own is that of {a, b}; without what was not brought again it is that of b: a is cleared, for its viewers
 * too, within two seconds of the bridge's return. */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include "mosquitto-plugin/core/cluster/part.h"
#include "mosquitto-plugin/core/policy/message.h"

#include "base/buf.h"
#include "base/mono.h"

#define CLUSTER_BEAT_MS 1000
#define CLUSTER_BEAT_MIN_MS 100     /* between two, however many subscribe */
#define CLUSTER_CUT_OFF_MS 7000     /* without a word: cut off, and stale */
#define CLUSTER_BRIDGE_CUT_MS 10000 /* between two attempts to make the bridge bring everything; doubles up to a minute */
#define CLUSTER_MAX_TOPICS 200000
#define CLUSTER_BEAT_BYTES (1 << 16) /* a longer message is ignored, since reading it would hold up the broker. A beat has some 300 */

struct cluster_ops {
	void (*publish)(void *ctx, const char *topic, struct str payload, bool retain);
	void (*cut_bridge)(void *ctx);
	void (*back)(void *ctx); /* an edge: its bridge leads to the hub again, or to another run of it */
	void (*log)(void *ctx, const char *text);
	void *ctx;
};

struct cluster;

/* run: another one at each start. NULL: no memory. */
struct cluster *cluster_new(enum cluster_part part, const char *prefix, const char *run, const struct cluster_ops *ops)
	__attribute__((warn_unused_result));
void cluster_free(struct cluster *c); /* NULL is fine */

/* A message that the broker has taken, before it is passed on. from_bridge: this broker's own bridge brought it. */
void cluster_message(struct cluster *c, const struct message *m, bool from_bridge, mono now);

/* Somebody may write this retained message (see `announced`): cluster_message() or cluster_refused() follows at once, or it was a will. */
void cluster_announced(struct cluster *c, const struct message *m, mono now);
void cluster_refused(struct cluster *c);

/* Somebody subscribed at the hub: perhaps an edge that is back, whose bridge took up to 4 s to dial. So that it need not wait another
 * second to be in sync, the next beat comes early. */
void cluster_subscribed(struct cluster *c);

void cluster_bridge_lost(struct cluster *c, mono now); /* an edge's; once it is back, it brings everything */

/* Does what is due. publish() and cut_bridge() are called from here only: ending a bridge while the broker handles one of its messages is not
 * safe. back() and log() are called from cluster_message() as well. */
void cluster_tick(struct cluster *c, mono now, int64_t wall_ms);

struct cluster_stats {
	uint64_t beats;         /* said by a hub, heard by an edge */
	uint64_t cleared;       /* topics that had vanished at the hub */
	uint64_t bridge_cuts;   /* times that the edge cut its bridge, which was not known to be down */
	uint64_t times_cut_off; /* the edge said stale */
	size_t topics;          /* retained topics that the digest is about */
	uint64_t not_kept;      /* retained messages of which no account is kept: there were too many topics, or no memory */
	bool cut_off;           /* no word of the hub, or of its publisher, now */
	bool in_sync;           /* the last beat that could be compared said what the edge holds */
};
struct cluster_stats cluster_stats(const struct cluster *c);
void cluster_metrics(const struct cluster *c, struct buf *out); /* Prometheus' text; nothing of one broker alone */

#endif
