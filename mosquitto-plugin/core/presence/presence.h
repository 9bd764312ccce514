/* presence - tells everybody who is connected: numbers, and for some groups also names, retained below <prefix>/presence/. Knows no door and
 * no broker. It reads who is there from roster and books (roster.h, books.h), is told which messages come by, and publishes through
 * presence_ops.
 *
 * The problem. Pages show how many watch, and who is in a room. People come and go many times a second, so only what has changed is told, and
 * not often; and where a crowd is spread over many brokers, everybody shall read the same total at any of them.
 *
 * Words.
 *   row       one number with a key: total, users, role/viewer, transport/websockets, view/overlay, $rooms/red. crowd.h keeps and adds them.
 *   group     the clients that a watch of the policy counts together, such as view/red (groups.h).
 *   room      a group of the policy's "rooms". Who is in it, and since when it is known, is told in the room itself, to those who may be there:
 *             retained, on rooms/red/presence. Of an open room the number alone is also told to everybody, on <prefix>/presence/room/red. Of
 *             a private room nothing is told elsewhere: its name alone may be a secret. Only reports between brokers have it.
 *   share     what an edge reports to its hub: the rows of its own clients. A share belongs to the connection of the edge's bridge at the
 *             hub. When that ends, the share is dropped; a new connection brings a whole one again.
 *   sum       what the hub tells its edges: its own rows and all shares, added up.
 *   report    a message with a share or a sum: one JSON object, not retained.
 *   watching  how many look at the scoreboard: clients of roles that are audience (policy.h), and pages that are served over HTTP (pages.h).
 *             Three rows, which are told together, as one message: <prefix>/presence/watching {"total":930,"mqtt":811,"sse":117,"polling":2}
 *
 *   <prefix>/crew/presence/share   {"total":812,"role/viewer":811,"view/spectator":790}    edge -> hub, over its bridge
 *   <prefix>/crew/presence/sum     the same form                                           hub -> edges
 *
 * The life of a number. A viewer subscribes to a view at an edge; the roster's count of changes rises. At its next tick, at most once
 * a second, the edge counts its rows and reports them. The hub takes the share (presence_take), but reads it in a tick, so that edges do not
 * decide how much the hub reads at a time. It adds everything up, publishes the rows that differ from what it told last, and sends the sum.
 * The edge takes the sum, and publishes what it says. So hub and edges tell the same. Both kinds of report are sent when something has
 * changed, when the other side may have missed one, and every few seconds.
 *
 * A broker may be an edge of one hub and the hub of others (CLUSTER_MID). Its own share is then its rows and all the shares that it was told,
 * added up; the sum of its hub it passes on.
 *
 * What is odd on purpose. A hub that has just started publishes nothing until its edges have had time to come back, since it would tell that
 * everybody has left. An edge that is cut off keeps the last sum. The bridges of edges are clients of the hub, but no spectators: they are
 * counted in role/, and from their first share on in no other row.
 *
 * Example: two edges with 300 and 500 viewers, and a hub with two bridges and the publisher: every broker retains
 * <prefix>/presence/total 801. */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "mosquitto-plugin/core/cluster/part.h"
#include "mosquitto-plugin/core/policy/message.h"
#include "mosquitto-plugin/core/presence/crowd.h"
#include "mosquitto-plugin/core/presence/pages.h"
#include "mosquitto-plugin/core/seats/books.h"
#include "mosquitto-plugin/core/seats/log_pace.h"
#include "mosquitto-plugin/core/seats/roster.h"

#include "base/mono.h"

struct presence_ops {
	void (*publish)(void *ctx, const char *topic, struct str payload, bool retain);
	void (*warn)(void *ctx, const char *text); /* a line for the log */
	void *ctx;
};

/* What presence is given at the start. Roster and books belong to the caller, and outlive it. */
struct presence_setup {
	const char *prefix;
	const struct policy *policy; /* the one in force, until presence_reload() */
	struct roster *roster;
	const struct books *books;
	struct presence_ops ops;
};

struct share;

struct presence {
	const struct policy *policy;
	struct roster *roster;
	const struct books *books;
	struct presence_ops ops;

	enum cluster_part part;
	char *topic, *cluster_topic; /* <prefix>/presence/ and <prefix>/crew/presence/ */
	char *share_topic, *sum_topic;
	char *prefix, *watching_topic;
	struct pages pages;   /* who watches over HTTP, as publishers that are connected here say */
	bool watching_due;    /* a row of those who watch was told: the message about all of them is to follow */
	struct crowd all;     /* what is published */
	bool dirty;           /* what is published is not what should be */
	uint64_t seen;        /* the changes of roster and groups, as counted there, that were taken into account */
	uint64_t reloads;     /* of the policy, when the shares were read last; by another policy other rows of a share are kept */
	mono tell_at;         /* nothing is counted and published before; what has to wait for a rate is published meanwhile */
	mono repeat_at;       /* when the report is sent again, changed or not */
	bool report_due;      /* the other side may have missed the last report */
	struct log_pace pace; /* for log lines about reports that cannot be read */
	uint64_t shares_refused, log_lines_held_back;
	struct bucket told[CROWD_LANES]; /* for rows that are told */
	int64_t wall_ms;                 /* the wall clock, as the last tick was told */

	/* who has edges */
	struct share *shares;
	unsigned n_shares;
	bool unread;             /* some shares have come and were not read yet */
	size_t unread_bytes;     /* of these */
	struct share *read_from; /* where reading them goes on; NULL: at the first one */
	mono gathered_at;        /* of a hub: from then on the edges have had time to come back */
	mono read_at;            /* shares are not read before */
	bool shares_changed;     /* since the last report */

	/* who has a hub */
	struct crowd own; /* what is reported */
	struct buf sum;   /* the last one that the hub sent */
	mono own_at;      /* a change is not reported before */
};

/* p is zeroed. False: no memory; the caller calls presence_free() all the same. */
bool presence_init(struct presence *p, const struct presence_setup *setup) __attribute__((warn_unused_result));
void presence_free(struct presence *p);

/* This broker is one of many, and plays this part. To be called once, at the start. */
void presence_join(struct presence *p, enum cluster_part part);
/* The hub can hear this edge again, and may have forgotten who is here: a report is due. */
void presence_report(struct presence *p);
/* Another policy is in force; what it changes is told at the next tick. */
void presence_reload(struct presence *p, const struct policy *policy, mono now);

/* Is this a topic that nobody but the plugin writes? */
bool presence_owns(const struct presence *p, struct str topic);

/* A message has come that its sender may write; from is NULL for this broker's own bridge. True: it was a report, and goes no further. */
bool presence_take(struct presence *p, const struct client *from, const struct message *m, mono now);
/* Does this topic belong to a room that is known? */
bool presence_knows_room(const struct presence *p, struct str topic);
/* The message goes on to the subscribers: it may make a group known. */
void presence_note(struct presence *p, struct client *from, const struct message *m, mono now);
/* A client is about to leave the roster. */
void presence_gone(struct presence *p, const struct client *c);

/* How many are in this room, at all brokers, and who; false: nobody is, as far as this broker has heard. */
bool presence_in_room(const struct presence *p, struct str room, struct crowd_view *out);

void presence_tick(struct presence *p, struct moment at); /* many times a second */
/* Prometheus' text: who watches, of a broker that has no hub; and what is known of its edges, of one that has some. */
void presence_metrics(const struct presence *p, struct buf *out);

#endif
