/* cluster - how edges stay equal to their hub. Stock bridges carry what changes; they never carry that a topic vanished
 * while they were cut off, and do not tell anyone that they are. The hub publishes a beat, every second, not
 * retained:
 *
 *   <prefix>/crew/beat  {"run":"k3x9","n":17,"topics":428,"digest":"9f0c...","status":{...}}
 *
 * with a digest of its retained topics below the prefix (without status and presence/). An edge compares it with what its
 * bridge brought. Where the digests differ but would be equal without the topics that were not brought anew since the
 * bridge was lost, or since the last beat before a gap, those have vanished on the hub: they are cleared. Where that does
 * not explain it, the bridge is cut, so that it connects again and brings everything. The edge says `stale` after
 * CLUSTER_CUT_MS without a beat, or without one of a hub that has heard of a publisher.
 *
 * While the hub's publisher is not `live` (a restart brings the topics back one by one) nothing is cleared.
 * Pure: time is an argument, what is to be done goes through cluster_ops. */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include "mosquitto-plugin/core/ledger.h"

#define CLUSTER_BEAT_MS 1000
#define CLUSTER_BEAT_MIN_MS 100 /* between two, however many subscribe */
#define CLUSTER_CUT_MS 7000   /* without a beat: cut off */
#define CLUSTER_KICK_MS 10000 /* between two attempts to make the bridge bring everything; doubles up to a minute */
#define CLUSTER_MAX_TOPICS 200000
#define CLUSTER_BEAT_BYTES (1 << 16) /* a longer one is none: everybody waits while it is read. With a publisher's status it has some 300 */

enum cluster_part {
	CLUSTER_NONE, /* one broker alone: nothing happens */
	CLUSTER_HUB,
	CLUSTER_EDGE,
};

struct cluster_ops {
	void (*publish)(void *ctx, const char *topic, struct str payload, bool retain);
	void (*cut_bridge)(void *ctx);
	void (*back)(void *ctx); /* an edge: its bridge leads to the hub again, or to another run of it */
	void (*log)(void *ctx, const char *text);
	void *ctx;
};

struct cluster;

/* run: another one at each start. NULL: no memory. */
struct cluster *cluster_new(enum cluster_part part, const char *prefix, const char *run, const struct cluster_ops *ops);
void cluster_free(struct cluster *c); /* NULL is fine */

/* A message that the broker has taken, before it is passed on. from_bridge: this broker's own bridge brought it. */
void cluster_message(struct cluster *c, struct str topic, struct str payload, bool retain, bool from_bridge, mono now);

/* Somebody may write this retained message: cluster_message() follows at once, or cluster_refused(), or it went by another
 * way: a will is passed on without another word to the plugin. */
void cluster_announced(struct cluster *c, struct str topic, struct str payload, mono now);
void cluster_refused(struct cluster *c);

/* Somebody subscribed at the hub: perhaps an edge that is back, whose bridge took up to 4 s to dial. It is not to wait for
 * its beat as well. */
void cluster_subscribed(struct cluster *c);

void cluster_bridge_lost(struct cluster *c, mono now); /* once it is back, it brings everything */

/* Calls what is to be done; cut_bridge() from nowhere else, since the broker may not be amid one of its messages then. */
void cluster_tick(struct cluster *c, mono now, int64_t wall_ms);

struct cluster_stats {
	uint64_t beats, cleared, bridge_cuts, times_cut_off;
	size_t topics;
	bool cut_off; /* no word of the hub, or of its publisher */
	bool in_sync;
};
struct cluster_stats cluster_stats(const struct cluster *c);

#endif
