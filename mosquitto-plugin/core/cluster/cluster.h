/* cluster - how edges stay equal to their hub. Knows no broker: it is told which messages pass, time is an argument, and what it wants done
 * goes through cluster_ops.
 *
 * The problem. An edge fetches the hub's topics over Mosquitto's own bridge. Such a bridge carries what changes. It never tells the edge
 * that a topic was cleared at the hub while the bridge was down, so the edge would keep that topic for ever; and it tells nobody that it is
 * down, so the edge's viewers would take old scores for live ones.
 *
 * Words.
 *   beat      a message that the hub publishes once a second, not retained, about all that it retains below the prefix:
 *             <prefix>/crew/beat  {"run":"k3x9","n":17,"topics":428,"digest":"9f0c...","status":{...}}
 *   run       a text that is another one at each start of the hub; n counts its beats. By both an edge notices that it has missed a beat.
 *   digest    one number over all retained topics and payloads (ledger.h), except status and presence/, which differ from broker to broker,
 *             and notice, which expires. At an edge it is about what the bridge has brought, and what clients of the edge have written below
 *             <prefix>/show/, which the bridge takes to the hub.
 *   track     one of several scoreboards, whose topics have one level more (track.h). One beat and one digest are about all of them; each has
 *             a status, a notice and a show/ of its own.
 *   status    the last payload of <prefix>/status, which the publisher writes; of several tracks one that is live, if there is any, and
 *             "statuses" has them all by topic. null: the hub has started, and heard no publisher yet.
 *   gap       a time in which the edge may have missed messages: between two beats that do not follow each other, or while the bridge was
 *             down.
 *   steady    the edge has heard everything since the moment `steady_since`, where the last gap began. A topic that the bridge brought
 *             before and not again since may have vanished at the hub.
 *   word      a beat with a status, or a status itself. A beat without a status is no word: its hub has started and waits for a publisher.
 *   cut off   the edge has had no word for CLUSTER_CUT_OFF_MS. It then publishes the status `stale` itself, for each track, until the next
 *             word.
 *   cut       the edge ends its own bridge, which makes it connect again and bring everything; where there are two hubs, from the other one.
 *             It does so when it differs from the hub (see below), and when a hub that it has heard falls silent for CLUSTER_SILENT_MS: the hub
 *             may be frozen, or the connection dead, and the broker would notice much later.
 *   announced a retained message that the permission check has just allowed. Next it comes by as a message, or is refused. If it does
 *             neither, it was a will: the broker publishes that without showing it to the plugin, and the hub has to count it all the same.
 *
 * The life of a difference. A topic is cleared at the hub while the edge's bridge is down. The bridge comes back and brings everything
 * that the hub retains. The next beat has a digest that is not the edge's. If the edge's digest would be the same without the topics that were
 * not brought again since steady_since, those have vanished, and the edge clears them at its next tick. If it would differ all the same, in
 * two beats running, something was lost that nobody noticed, and the edge cuts its bridge. The edge does neither while the hub's publisher is
 * not `live`: a publisher that restarts brings the topics back one by one.
 *
 * Between the hub and an edge may be a broker that is an edge of the one and the hub of the other (CLUSTER_MID). It passes the hub's beats on
 * and says none of its own, so an edge compares itself with the hub however many brokers stand between them: here it is what an edge is.
 *
 * Example: hub and edge hold {a, b}. The bridge breaks, and a is cleared at the hub. The bridge is back and brings b. The beat says 1 topic
 * and the digest of {b}. The edge's own is that of {a, b}; without a, which was not brought again, it is that of {b}. So the edge clears a,
 * for its viewers too, within two seconds of the bridge's return. */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include "mosquitto-plugin/core/cluster/part.h"
#include "mosquitto-plugin/core/policy/message.h"

#include "base/buf.h"
#include "base/mono.h"

#define CLUSTER_BEAT_MS 1000
#define CLUSTER_BEAT_MIN_MS 100     /* at least between two beats, however many subscribe */
#define CLUSTER_SILENT_MS 5000      /* after so long without a beat on a bridge that has brought something the edge cuts it */
#define CLUSTER_CUT_OFF_MS 7000     /* after so long without a word the edge is cut off */
#define CLUSTER_BRIDGE_CUT_MS 10000 /* at least between two cuts because of a difference; doubles up to a minute while it stays */
#define CLUSTER_MAX_TOPICS 200000
#define CLUSTER_BEAT_BYTES (1 << 16) /* a longer beat is ignored, since reading it would hold up the broker; a real one has some 300 */

struct cluster_ops {
	void (*publish)(void *ctx, const char *topic, struct str payload, bool retain);
	void (*cut_bridge)(void *ctx);
	void (*back)(void *ctx); /* of an edge: it hears its hub again after a gap, or for the first time */
	void (*log)(void *ctx, const char *text);
	void *ctx;
};

struct cluster;

/* run: another text at each start, of at most 29 bytes. NULL: no memory. */
struct cluster *cluster_new(enum cluster_part part, const char *prefix, const char *run, const struct cluster_ops *ops)
	__attribute__((warn_unused_result));
void cluster_free(struct cluster *c); /* NULL is fine */

/* A message that the broker has taken, before it is passed on. from_bridge: this broker's own bridge brought it. */
void cluster_message(struct cluster *c, const struct message *m, bool from_bridge, mono now);

/* The permission to write this retained message was given (see `announced`): cluster_message() or cluster_refused() follows at once, or it is
 * a will. */
void cluster_announced(struct cluster *c, const struct message *m, mono now);
void cluster_refused(struct cluster *c);

/* Somebody has subscribed at the hub. It may be the bridge of an edge that is back, so the next beat comes early: the edge need not wait
 * another second to be in sync. */
void cluster_subscribed(struct cluster *c);

void cluster_bridge_lost(struct cluster *c, mono now); /* the connection of an edge's bridge has ended; a new one brings everything */

/* Does what is due. publish() and cut_bridge() are called only from here, since ending a bridge while the broker handles one of its messages
 * is not safe. back() and log() are called from cluster_message() as well. */
void cluster_tick(struct cluster *c, mono now, int64_t wall_ms);

struct cluster_stats {
	uint64_t beats;         /* said by a hub, heard by an edge */
	uint64_t cleared;       /* topics that had vanished at the hub */
	uint64_t bridge_cuts;   /* times that the edge cut a bridge that had brought a word of the hub */
	uint64_t times_cut_off; /* times that the edge said stale */
	size_t topics;          /* retained topics that the digest is about */
	uint64_t not_kept;      /* retained messages of which no account is kept: there were too many topics, or no memory */
	bool cut_off;           /* the edge is cut off now */
	bool in_sync;           /* the last beat that could be compared said what the edge holds */
};
struct cluster_stats cluster_stats(const struct cluster *c);
void cluster_metrics(const struct cluster *c, struct buf *out); /* Prometheus' text; nothing of one broker alone */

#endif
