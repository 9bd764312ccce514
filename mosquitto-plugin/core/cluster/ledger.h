/* ledger - which retained messages a broker holds below a prefix, as far as the plugin has seen them, and one number for all of them, the
 * digest: two brokers with the same digest and the same number of topics hold the same. Knows no broker.
 *
 * The digest is the XOR of one hash for each topic with its payload. So it does not depend on the order in which the messages came, and
 * noting a message costs the same however many there are. Each entry also has the time at which it was last noted. So the ledger can say
 * what the digest would be without the entries that are older than some moment, and can give these out.
 *
 * Example: {a=1, b=2} and {b=2, a=1} have the same digest; clearing a gives that of {b=2}. */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "base/mono.h"
#include "base/str.h"

struct ledger_entry;

struct ledger {
	struct ledger_entry *entries;
	uint64_t digest;   /* 0 when there is no entry */
	size_t n;          /* entries */
	size_t max_topics; /* the most entries that there may be; set by the owner */
	uint64_t not_kept; /* messages of which no account is kept: there were too many topics, or no memory */
};

void ledger_free(struct ledger *l);

/* This is the topic's retained message now; with an empty payload it has none. */
void ledger_note(struct ledger *l, struct str topic, struct str payload, mono now);

/* What the digest would be, and of how many topics, without those that were noted before `since`, and not again. Looks at all. */
uint64_t ledger_digest_since(const struct ledger *l, mono since, size_t *n);

/* Takes out one of those; false: there is none. The caller frees *topic. */
bool ledger_take_older(struct ledger *l, mono since, char **topic) __attribute__((warn_unused_result));

#endif
