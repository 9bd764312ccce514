/* herald - the bench's own publisher. It writes snapshot, recent and delta as the real one does, but of a game that is made up, and with the
 * moment of sending in the delta: to a broker by MQTT, as JSON or packed, to a server that speaks no MQTT as WebSocket text. Its functions
 * block for some seconds at most. */
#ifndef LOADGEN_HERALD_H
#define LOADGEN_HERALD_H

#include "base/buf.h"
#include "bench/loadgen/login.h"
#include "publisher/core/news/packer.h"

/* Of the payloads as they were sent. */
struct herald_sizes {
	size_t snapshot, recent; /* of the last one */
	size_t deltas, n_deltas; /* of all of them together; how many */
};

struct herald {
	const struct plan *plan;
	const struct target *target;
	int fd;
	int64_t seq, base; /* the seq of the last delta, and of the snapshot */
	uint16_t id;
	struct packer *packer; /* NULL: the feed goes out as JSON */
	struct buf out, text, packed;
	struct herald_sizes sizes;
	char epoch[24];
};

/* Connects again, with the same epoch, as a publisher does that went on while its broker was away. herald_snapshot() is to follow. */
enum login_answer herald_connect(struct herald *h, struct logins *tally, struct complaint *why) __attribute__((warn_unused_result));
void herald_hang_up(struct herald *h);

/* These return 0, or -1 when they fail; a message then stands on stderr. */
int herald_open(struct herald *h, const struct plan *plan, size_t arm) __attribute__((warn_unused_result));
int herald_snapshot(struct herald *h) __attribute__((warn_unused_result));
int herald_delta(struct herald *h) __attribute__((warn_unused_result));
/* Reads acknowledgements and forgets them; with `ping` also sends a ping, so that the broker knows that it is alive. */
int herald_tend(struct herald *h, bool ping) __attribute__((warn_unused_result));
void herald_close(struct herald *h);

#endif
