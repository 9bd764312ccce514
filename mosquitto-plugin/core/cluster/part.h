/* part - which part a broker plays among many. Presence and cluster both depend on it, and need not know each other. */
#ifndef CORE_PART_H
#define CORE_PART_H

enum cluster_part {
	CLUSTER_NONE, /* one broker alone */
	CLUSTER_HUB,  /* the publisher writes here, and edges fetch it with their bridges */
	CLUSTER_EDGE, /* serves viewers with what its bridge brings from the hub */
};

#endif
