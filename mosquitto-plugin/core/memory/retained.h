/* retained - which topics the broker retains, as far as the plugin has seen them come. Knows no broker and no policy.
 *
 * The problem. A broker gives each subscriber every retained message that the filter matches: one SUBSCRIBE to `#` may cost it 10,000
 * messages. And it keeps whatever anybody writes, for ever. It tells a plugin neither how many retained messages there are nor who wrote them.
 *
 * Words.
 *   owner     the user who wrote a topic last; all clients without a name are one owner. An owner may hold so many topics and so many bytes.
 *             He holds a topic until it is cleared, by an empty message or by an operator.
 *   branch    a count of topics that have something in common: their first levels (to a certain depth), or their number of levels and
 *             their last one. From branches it can be told how many topics a filter matches at most, without a look at the topics.
 *   sum       how many topics there are that begin with the same two levels (`rooms/match:42`), and how many bytes they hold.
 *   wipe      an operator clears what a user holds or what a filter matches. The topics are marked first, and then handed out one by one,
 *             since each is a message to everybody who has subscribed to it.
 *
 * The life of a topic. retained_may() is asked before a message is let through, and retained_wrote() is told when it is: the topic now belongs
 * to the message's owner, and is counted in its branches; a message with an empty payload ends it. retained_below() says what a SUBSCRIBE
 * costs. retained_wipe() marks topics; retained_next_wiped() hands out and forgets one after the other until no marked one is left. A topic
 * that is written meanwhile is no longer marked.
 *
 * What the plugin does not see is not counted: $SYS, and messages that a broker with persistence had before it started.
 *
 * Example: sb/a and sb/b/c are retained. retained_below(sb/#) is 2; of sb/+/c it is 1, by the last level; of +/x it is 0. */
#ifndef CORE_RETAINED_H
#define CORE_RETAINED_H

#include "base/hash.h"

#include "base/str.h"

struct retained_topic;
struct retained_owner;
struct retained_branch;

struct retained_set {
	struct retained_topic *topics;
	struct retained_owner *owners;
	struct retained_branch *branches;
	struct retained_topic *wiped; /* the marked topics, which retained_next_wiped() hands out */
	uint64_t not_kept;            /* retained messages of which no account is kept: there were too many topics, or no memory */
};

struct retained_limits {
	size_t topics;   /* topics of all owners that are remembered at most */
	size_t of_owner; /* topics that this owner may hold */
	uint64_t bytes;  /* bytes of topics and payloads that this owner may hold */
};

void retained_free(struct retained_set *r);
size_t retained_count(const struct retained_set *r);

struct retained_message {
	struct str owner; /* the user's name; empty for all who have none */
	struct str topic;
	size_t payload_bytes;
};

/* May the owner retain this message, beside what he holds, or in place of what he holds under this topic? Clearing a topic is always
 * allowed. */
bool retained_may(const struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits)
	__attribute__((warn_unused_result));
/* The broker retains this message now; with an empty payload it has cleared the topic. Of the limits only `topics` is looked at. */
void retained_wrote(struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits);

struct retained_sum {
	size_t topics;
	uint64_t bytes; /* of topics and payloads */
};

/* The sum of the topics that begin with the first two levels of this one (which may be longer, or have wildcards behind them). */
struct retained_sum retained_sum_of(const struct retained_set *r, struct str topic);
/* Would there be no more than `most` if this message were retained beside them, or in place of what its topic holds? Clearing a topic is always
 * allowed. */
bool retained_fits(const struct retained_set *r, const struct retained_message *m, const struct retained_sum *most)
	__attribute__((warn_unused_result));

/* How many retained messages a filter matches. The answer is exact for a filter without wildcards; for others it may be too high, but not too
 * low, unless memory was out when a topic came. Looks at some branches, never at all topics. */
size_t retained_below(const struct retained_set *r, struct str filter);

/* Marks what a user holds (user.p not NULL), or what a filter matches, to be cleared; returns how many topics that are. Linear in the
 * number of topics; for a filter whose first two levels have no wildcards, of those that begin with these (unless memory was out when they
 * came: such ones it does not find). */
size_t retained_wipe(struct retained_set *r, struct str user, struct str filter);
/* The name of a marked topic, for the caller to free; NULL when none is left or memory is out. The topic is forgotten here; the caller clears
 * it at the broker. */
char *retained_next_wiped(struct retained_set *r) __attribute__((warn_unused_result));

#endif
