/* door_world - what tests of the door have in common: a broker that knows its clients by pointer and id, tokens, and a reader of metrics. */
#ifndef TESTS_UNIT_DOOR_WORLD_H
#define TESTS_UNIT_DOOR_WORLD_H

#include "mosquitto-plugin/core/door/door.h"

/* The n-th client's pointer, as a broker might have it; n < 1000. */
const void *pointer(uintptr_t n);

void world_begin(void); /* nobody has come */
/* The n-th client connects with this id, whether he is let in or not. */
void world_connects(uintptr_t n, const char *id);
/* Who is meant when the broker is told this id: of those who are in, the one who came last. NULL: nobody. */
const void *world_find(const struct door *d, const char *id);

/* For struct door_ops: what the door publishes is of no interest. */
void world_publishes_nothing(void *ctx, const char *to, const char *topic, struct str payload, bool retain);

/* A token with these claims, signed by HS256; the caller frees it. */
char *world_token(const char *secret, const char *claims);

/* The value of a metric of the door, `bans` or `refused_total{reason="login"}`; without its label the sum over all of them. */
int64_t metric(const struct door *d, const char *name);

#endif
