/* part - which part a broker plays among many, and what it is called. Presence and cluster both depend on it, and need not know each other.
 *
 * A name is 1 to BROKER_NAME_MAX of letters, digits, '.', '_' and '-', so that it can stand in a metric's label, a client id or a file's name
 * as it is. An edge's bridge comes to its hub with the client id `edge-NAME`: so two edges of one hub cannot have the same name. */
#ifndef CORE_PART_H
#define CORE_PART_H

#include "base/str.h"

#define BROKER_NAME_MAX 64

enum cluster_part {
	CLUSTER_NONE, /* one broker alone */
	CLUSTER_HUB,  /* the publisher writes here, and edges fetch it with their bridges */
	CLUSTER_EDGE, /* serves viewers with what its bridge brings from the hub */
	CLUSTER_MID,  /* an edge of one hub, and the hub of others: what they report goes on to its own hub, and what that says to them */
};

static inline bool part_has_edges(enum cluster_part part)
{
	return part == CLUSTER_HUB || part == CLUSTER_MID;
}

static inline bool part_has_hub(enum cluster_part part)
{
	return part == CLUSTER_EDGE || part == CLUSTER_MID;
}

bool broker_name_valid(struct str name);
/* What a broker is called that nobody has given a name: "broker", "hub", "edge" or "mid". */
const char *broker_default_name(enum cluster_part part);

#endif
