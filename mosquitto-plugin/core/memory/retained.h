/* retained - which topics the broker retains, as far as the plugin has seen them come. Knows no broker and no policy.
 *
 * The problem. A broker gives each subscriber every retained message that the filter matches: one SUBSCRIBE to `#` may cost it 10,000
 * messages. And it keeps whatever anybody writes, for ever. It tells a plugin neither how many there are nor whose.
 *
 * Words.
 *   owner     the user who wrote a topic last; all who have no name are one. He may hold so many topics and so many bytes, until they are
 *             cleared, by an empty message or by an operator.
 *   branch    a count of topics that have something in common: their first levels (to a certain depth), or their number of levels and
 *             their last one. With these a filter's matches can be counted without a look at the topics.
 *   wipe      an operator clears what a user holds or what a filter matches. The topics are marked first, and handed out one by one,
 *             since each is a message to everybody who reads it.
 *
 * The life of a topic. retained_may() is asked before a message is let through, retained_wrote() told when it is: the topic is its owner's
 * now, and counted in its branches; an empty payload ends it. retained_below() answers what a SUBSCRIBE costs. retained_wipe() marks,
 * retained_next_wiped() hands out, and forgets, until nothing marked is left; what is written meanwhile is somebody's news, and spared.
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
	struct retained_topic *wiped; /* those that retained_next_wiped() will give out */
	uint64_t not_kept;            /* retained messages of which no account is kept: there were too many topics, or no memory */
};

struct retained_limits {
	size_t topics;   /* of all users, of which account is kept */
	size_t of_owner; /* topics that this user may hold */
	uint64_t bytes;  /* of payload and topic that this user may hold */
};

void retained_free(struct retained_set *r);
size_t retained_count(const struct retained_set *r);

struct retained_message {
	struct str owner; /* the user's name; empty for all who have none */
	struct str topic;
	size_t payload_bytes;
};

/* May the owner retain this message as well, or in place of what the topic has? Clearing one is always allowed. */
bool retained_may(const struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits)
	__attribute__((warn_unused_result));
/* The broker retains it now; with an empty payload, nothing any more. Of the limits only `topics` counts here. */
void retained_wrote(struct retained_set *r, const struct retained_message *m, const struct retained_limits *limits);

/* How many retained messages a filter matches: exact for a topic without wildcards, for others perhaps too many, but never too few. Looks
 * at some branches, never at the topics. */
size_t retained_below(const struct retained_set *r, struct str filter);

/* Marks what a user holds (user.p not NULL), or what a filter matches, to be cleared; returns how many topics that are. Linear in the
 * number of topics. */
size_t retained_wipe(struct retained_set *r, struct str user, struct str filter);
/* One of those, malloc'ed; NULL when none is left or memory is out. It is forgotten here; the caller clears it at the broker. */
char *retained_next_wiped(struct retained_set *r) __attribute__((warn_unused_result));

#endif
