/* rules - which topics somebody may use: a list of MQTT filters, of which those that start with '!' are exceptions.
 * A topic is allowed when a filter matches it and no exception does; the order does not matter. A level may be
 * %u (the user's name), %c (the client id) or %r (any room of the client's token). A name that is empty or holds
 * '/', '+' or '#' never stands for a level: it matches no filter, and every exception. */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "base/complaint.h"
#include "base/str.h"

#define RULES_MAX 256

struct rule {
	char *filter; /* without the '!' */
	size_t len;
	bool except;
};

struct rules {
	struct rule *v;
	size_t n;
	bool personal; /* some filter has a %: the answer depends on the client, not only on its role */
};

/* Who asks: what %u, %c and %r stand for. */
struct who {
	struct str user, client; /* p is NULL: none */
	char *const *rooms;
	size_t n_rooms;
};

/* 0; or 1, the list stays as it was, and `why` says what is wrong with the filter (its line is 0). */
int rules_add(struct rules *r, struct str text, struct complaint *why) __attribute__((warn_unused_result));
void rules_free(struct rules *r); /* twice is legal */

/* May `who` use this topic? With a filter in its place: is all that it can match allowed by one filter of the list
 * and not all excepted? (`a/#` is allowed by "a/#", "!a/b": what is below a/b is held back message by message.) */
bool rules_allow(const struct rules *r, const struct who *who, struct str topic_or_filter);

/* The filter itself: does it match this topic, or all that this filter matches? By MQTT 5, 4.7: a wildcard at its start matches
 * nothing that begins with `$`. No %, no exceptions. Of invalid arguments the answer is useless, but never a fault. */
bool filter_covers(struct str filter, struct str topic_or_filter);

#endif
