/* retained - which topics the broker retains, as far as the plugin has seen them come. Two questions are answered from it:
 *
 * What does a SUBSCRIBE cost? The broker answers it with every retained message that the filter matches, so it is charged by their
 * number (retained_below), not as one.
 *
 * Who fills the broker? Each topic is held by the user who wrote it last, who may hold so many of so many bytes (retained_may), until it
 * is cleared: by an empty message, or by an operator (retained_next_wiped).
 *
 * What the plugin does not see is not counted: $SYS, and messages that a broker with persistence had before it started. */
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
	uint64_t not_kept; /* retained messages of which no account is kept: there were too many topics */
};

struct retained_limits {
	size_t topics;    /* kept account of, of all users */
	size_t of_owner;  /* topics that this user may hold */
	uint64_t bytes;   /* of payload and topic that this user may hold */
};

void retained_free(struct retained_set *r);
size_t retained_count(const struct retained_set *r);

/* May the owner retain this message as well, or in place of what the topic has? Clearing one is always allowed. owner: the user name;
 * empty for all who have none. */
bool retained_may(const struct retained_set *r, struct str owner, struct str topic, size_t payload_bytes,
		  const struct retained_limits *limits);
/* The broker retains it now; with an empty payload, nothing any more. */
void retained_wrote(struct retained_set *r, struct str owner, struct str topic, size_t payload_bytes, const struct retained_limits *limits);

/* How many retained messages a filter matches: exact for a topic without wildcards, for others at most off upwards. Looks at some
 * counts, never at the topics. */
size_t retained_below(const struct retained_set *r, struct str filter);

/* Marks what a user holds (user.p not NULL), or what a filter matches, to be cleared; returns how many topics that are. Linear in the
 * number of topics. */
size_t retained_wipe(struct retained_set *r, struct str user, struct str filter);
/* One of those, malloc'ed; NULL when none is left or memory is out. It is forgotten here; the caller clears it at the broker. */
char *retained_next_wiped(struct retained_set *r);

#endif
