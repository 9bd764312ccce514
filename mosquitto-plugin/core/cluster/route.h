/* route - how to get from one broker of a tree to another: first up, to hubs, then down, to edges. What brokers ask and answer has routes in it
 * (control_all.c), and each broker that passes something on writes them as the next one sees them. So nobody needs a map of the tree, and who
 * has passed something on has vouched for where it came from: no broker can be in a place where it is not. Knows no broker.
 *
 *   ""             the broker itself
 *   "/"            its hub; "//" that one's hub, and so on
 *   "edge2"        an edge of it; "mid1/edge1": an edge of mid1, which is an edge of it
 *   "/edge2"       another edge of its hub; "//mid2/edge5": two up, and then down
 *
 * Example: edge1 asks mid1: from "". It comes to mid1 from "edge1", to mid1's hub from "mid1/edge1", to mid2, another edge of the hub, from
 * "/mid1/edge1". mid2 answers to there: up, where it is "mid1/edge1", so down to mid1, "edge1", and to edge1, "". */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "base/buf.h"
#include "base/str.h"

#define ROUTE_HOPS 12   /* from broker to broker; beyond that it leads in a circle */
#define ROUTE_BYTES 512 /* of its text */

bool route_valid(struct str route);
/* Is it the hub, or a hub above it? */
bool route_is_above(struct str route);
/* Does it begin with the way to the hub? */
bool route_goes_up(struct str route);
/* Of one that does not go up: the edge that it leads to first; of "" an empty view. */
struct str route_first(struct str route);
/* The broker where it ends. Of one that ends at a hub, or here, an empty view: it does not say what that is called. */
struct str route_last(struct str route);
bool route_passes(struct str route, const char *name); /* is this one of its edges? */
/* What is left of it at the next broker. Not of "". */
struct str route_next(struct str route);

/* These write a route to the same place as others see it: the hub of the broker `name`, to which it is `route`, not one that goes up; and an
 * edge of it. */
void route_put_for_hub(struct buf *out, const char *name, struct str route);
void route_put_for_edge(struct buf *out, struct str route);
/* Writes the route to an edge of the broker at `of`. */
void route_put_edge(struct buf *out, struct str of, struct str edge);

#endif
