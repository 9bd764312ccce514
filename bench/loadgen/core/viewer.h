/* viewer - one spectator: bytes in, bytes to send and verdicts out. Speaks what plan.h asks for, joins the feed as a page
 * does, and judges what it gets. Opens no socket and asks no clock. */
#ifndef LOADGEN_VIEWER_H
#define LOADGEN_VIEWER_H

#include "base/buf.h"
#include "bench/loadgen/core/feed_check.h"
#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/reader.h"
#include "bench/loadgen/core/tally.h"

enum viewer_state {
	VIEWER_OUT,       /* not connected */
	VIEWER_DIALLING,  /* TCP */
	VIEWER_UPGRADING, /* HTTP to WebSocket */
	VIEWER_LOGIN,     /* waits for CONNACK, or Socket.IO's */
	VIEWER_JOINING,   /* has subscribed */
	VIEWER_SYNCED,
};

struct viewer {
	int fd;
	enum viewer_state state;
	bool guessing;  /* a flooder: bad password, ends with the answer */
	bool reads_not; /* told to stop reading, to see what the server does with such clients */
	int64_t began_us, pinged_us;
	/* It was in sync and lost its connection: it comes back as web/client does. */
	bool returning;
	int attempt; /* how many rounds have failed since */
	int64_t lost_us;
	int pings; /* said while joining */
	int64_t next_ping_us;
	struct feed_check feed;
	uint32_t known_epoch; /* what it knew when it lost its connection: it must not come back to less */
	int64_t known_seq;
	struct bookmark bookmark; /* of the packed feed */
	struct buf held;          /* messages of the packed feed that can be read when a base has come: see viewer.c */
	struct buf wire;          /* a WebSocket frame (or MQTT packet, on TCP) that is not whole yet */
	struct buf packet;        /* an MQTT packet or message that spans frames */
};

/* What a viewer shares with the others of its process. */
struct audience {
	const struct plan *plan;
	const struct baton *baton;
	struct tally *tally;
	struct buf out;                                     /* to send now; the caller clears it */
	int64_t now_us, wall_offset_us;                     /* the monotonic clock; what to add to get the wall clock */
	struct str delta, snapshot, recent, status, notice; /* topics, of the encoding that is followed */
	struct str once;                                    /* the filter of snapshot and recent, in the packed encoding */
	struct reader *reader;                              /* in the packed encoding, else NULL */
};

enum viewer_answer {
	VIEWER_FINE,
	VIEWER_IN_SYNC, /* fine, and now in sync */
	VIEWER_REFUSED, /* by the server's word */
	VIEWER_ENDED,   /* the server ends the connection */
	VIEWER_BAD,     /* it says what nobody understands */
};

/* Fills the topics. Returns 0, or -1 when there is no memory. */
int audience_init(struct audience *a, const struct plan *plan) __attribute__((warn_unused_result));
void audience_free(struct audience *a);

/* Back to VIEWER_OUT. What it knew of the feed is kept, so that it notices when it comes back to less. */
void viewer_reset(struct viewer *v);
/* The connection is open: appends to a->out what the viewer sends first. Its client id is made of `number`. */
void viewer_begin(struct viewer *v, struct audience *a, const struct target *t, uint64_t number);
/* Takes what has arrived, in pieces of any size; appends answers to a->out. The bytes may be changed in place, and are not kept. */
enum viewer_answer viewer_take(struct viewer *v, struct audience *a, const struct target *t, char *bytes, size_t len);
void viewer_ping(struct viewer *v, struct audience *a, const struct target *t);

#endif
