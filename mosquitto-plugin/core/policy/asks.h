/* asks - the commands of operators that brokers pass on to each other. A hub does what an edge asks for only when the policy lets the role of
 * the edge's bridge ask for it (`asks`): whoever has taken an edge over has its bridge's password, and could ask for anything. Knows no client
 * and no message. */
#ifndef CORE_ASKS_H
#define CORE_ASKS_H

#include "base/str.h"

/* X(name of the command). The first one is done by every broker that hears of it, and not answered. The others are: each broker answers, and
 * the answers are put together. */
#define ASKS(X) \
	X(closeRoom) \
	X(listClients) \
	X(kick) \
	X(ban) \
	X(unban) \
	X(listBans) \
	X(getStats) \
	X(listRefusals) \
	X(getHistory)

enum ask {
#define X(name) ASK_##name,
	ASKS(X)
#undef X
	ASK_COUNT /* none of them */
};

#define ASKS_DEFAULT (1u << ASK_closeRoom) /* what a role may ask for of which the policy says nothing, as a set of bits */

extern const char *const ask_names[ASK_COUNT];

enum ask ask_of(struct str command); /* ASK_COUNT: it is none */
bool ask_is_answered(enum ask a);    /* is it one that every broker answers? */

#endif
