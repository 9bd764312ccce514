/* ledger - which retained messages a broker holds below a prefix, as far as they passed by: a hash and a moment for each,
 * and one digest of all, so that two brokers can tell in a few bytes whether they hold the same. Knows no broker. */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "base/mono.h"
#include "base/str.h"

struct ledger_entry;

struct ledger {
	struct ledger_entry *entries;
	uint64_t digest; /* XOR of a hash of topic and payload over all entries; 0 when there is none */
	size_t n;
	size_t refused; /* topics not kept: there were too many, or no memory */
};

void ledger_free(struct ledger *l);

/* The topic's retained message is this one now; an empty payload: it has none. */
void ledger_note(struct ledger *l, struct str topic, struct str payload, mono now, size_t max_topics);

/* What the digest would be, and of how many topics, without those not noted since. */
uint64_t ledger_digest_since(const struct ledger *l, mono since, size_t *n);

/* Takes out one topic that was not noted since; false: there is none. The caller frees *topic. */
bool ledger_take_older(struct ledger *l, mono since, char **topic);

#endif
