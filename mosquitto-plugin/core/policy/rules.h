/* rules - which topics somebody may use: a list of MQTT filters, of which those that start with '!' are exceptions.
 * A topic is allowed when a filter matches it and no exception does; the order does not matter. A level may be
 * %u (the user's name), %c (the client id), %r (any room of the client's token, and any that is open) or %h (any room of which the token
 * makes him a host). A name that is empty or holds '/', '+' or '#', and for %r and %h one that no room may have (room.h), never stands for a
 * level: it matches no filter, and every exception. */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "base/complaint.h"
#include "base/str.h"
#include "mosquitto-plugin/core/policy/room.h"

#define RULES_MAX 256

struct rule {
	char *filter; /* without the '!' */
	size_t len;
	bool except;
	bool personal; /* it has a placeholder */
};

struct rules {
	struct rule *v;
	size_t n;
	bool personal;   /* some filter has a placeholder: the answer may depend on the client, not only on its role */
	bool client_ids; /* some filter has %c */
};

/* The client that asks: what the placeholders stand for. */
struct who {
	struct str user, client; /* p is NULL: none */
	char *const *rooms, *const *hosts;
	size_t n_rooms, n_hosts;
	const struct room_rules *open; /* NULL: no room is open */
};

/* Adds a filter and returns 0; or returns 1, leaves the list as it was, and `why` says what is wrong with the filter (its line is 0). */
int rules_add(struct rules *r, struct str text, struct complaint *why) __attribute__((warn_unused_result));
void rules_free(struct rules *r); /* twice is legal */

/* May `who` use this topic? For a filter: does one filter of the list cover all that it can match, and no exception cover all of that? (`a/#`
 * is allowed by "a/#", "!a/b/#": messages to a/b and below are then held back one by one.) */
bool rules_allow(const struct rules *r, const struct who *who, struct str topic_or_filter);

/* Could the answer be another one for somebody else? False: it is that of rules_allow(), whoever asks. */
bool rules_depend_on_who(const struct rules *r, struct str topic_or_filter);

/* Does this filter match the topic, or all that the other filter can match? As MQTT 5, section 4.7, says: a wildcard at the start matches
 * nothing that begins with `$`. There are no exceptions, and % is a character like others. The arguments may be invalid: the answer is then
 * useless, but giving it is safe. */
bool filter_covers(struct str filter, struct str topic_or_filter);

#endif
