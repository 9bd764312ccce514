/* health_json - the answer to /health.json: how the publisher is, as one JSON object, for those who look after it.
 *
 *   {"ok":false,"why":"scoreboard: no pong from the scoreboard","at":1795310662001,"version":"0.1.0",
 *    "status":{"state":"stale",...},"viewers":812,"users":40,
 *    "parts":[{"part":"scoreboard","ok":false,"since":1795310660724,"why":"no pong from the scoreboard"},{"part":"broker",...}]}
 *
 * docs/scaling.md, "Health", says what each member means. */
#ifndef PUBLISHER_HEALTH_JSON_H
#define PUBLISHER_HEALTH_JSON_H

#include "publisher/io/io.h"

/* Appends it. True: the publisher does its work, as /readyz says, too. */
bool health_json_write(struct io *io, struct buf *out);
/* Appends one sentence: what is wrong, or "all is well". It may be that something is wrong with which the publisher does its work. */
void health_why_write(const struct io *io, struct buf *out);

#endif
