/* bridge's inside: bridge.c (life, effects), bridge_source.c (frames in), bridge_sink.c (the broker's tree, the feeds out). */
#ifndef PUBLISHER_BRIDGE_PRIV_H
#define PUBLISHER_BRIDGE_PRIV_H

#include "publisher/core/bridge.h"
#include "publisher/core/clock.h"
#include "publisher/core/feed.h"

#define EFFECTS_MAX 64

enum sink_phase {
	SINK_DOWN,
	SINK_CONNECTED,  /* nothing is published but the status: the state is not known yet */
	SINK_ASKING,     /* subscribed to the whole tree, not granted yet */
	SINK_COMPARING,  /* retained messages arrive; what we publish behind the grant is the last to come back */
	SINK_OPEN,
};

enum stop_phase {
	STOP_NOT,
	STOP_DRAINING,       /* what is queued leaves first */
	STOP_SAYING_OFFLINE, /* the last status is on its way */
	STOP_DONE,
};

enum status {
	STATUS_NONE,
	STATUS_LIVE,
	STATUS_STALE,
	STATUS_OFFLINE,
};

struct pending_effect {
	struct effect fx;
	char *topic, *text; /* owned */
};

/* One view of the schema: its feed, and the delta that waits to leave. */
struct view {
	struct feed *feed;
	struct buf snapshot, recent; /* of a feed that is followed: as they came */
	struct buf delta;
	bool delta_waits;
};

struct bridge {
	struct bridge_config cfg;
	struct schema *schema;
	struct outbox *outbox;
	struct health health;
	struct link source, sink;
	struct clocks clocks;
	struct view views[SCHEMA_MAX_VIEWS];
	size_t n_views;

	/* the scoreboard */
	bool awaiting_state; /* the next frame that concerns us is a whole state */
	bool synced;         /* the state is that of the present connection */
	bool ever_synced;
	char source_why[160];
	mono last_frame;
	mono next_warning[HEALTH_COUNT]; /* by what is wrong */
	uint64_t unwarned[HEALTH_COUNT];

	struct buf origin_status; /* of a feed that is followed */

	/* the broker */
	enum sink_phase phase;
	mono phase_deadline;
	size_t seen, differ, passes;
	bool caught_up; /* everything was answered once since the phase is open */
	bool check_again;
	bool refused; /* the broker would not take something since the comparison */
	mono ask_again; /* then */
	size_t sink_window; /* what the broker takes at once */
	size_t feed_in_flight;
	int brief; /* connections in a row that were of use and did not settle */

	/* <prefix>/status */
	enum status status;
	char status_why[160];
	int64_t status_since;
	struct buf status_text;
	bool status_due, status_in_flight;
	struct buf marker; /* the status again, not retained: its echo ends the comparison. Retained it would be a
			    * repeat, which a broker may drop */
	bool marker_due;

	enum stop_phase stop;
	mono stop_deadline;
	char stop_why[80];

	struct pending_effect effects[EFFECTS_MAX];
	size_t first_effect, n_effects;
	struct pending_effect current; /* of the last bridge_next_effect() */
	struct buf topic;              /* scratch of the same */
};

/* bridge.c */
struct pending_effect *bridge_push(struct bridge *b, enum effect_type type); /* NULL: too many; it is dropped */
void bridge_push_text(struct bridge *b, enum effect_type type, const char *topic, struct str text);
void bridge_log(struct bridge *b, enum log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void bridge_link_source(struct bridge *b, enum link_event ev, struct moment now);
void bridge_link_sink(struct bridge *b, enum link_event ev, struct moment now);
/* What <prefix>/status should say; publishes it when it changed. */
void bridge_review_status(struct bridge *b, struct moment now);
struct str bridge_topic(struct bridge *b, struct str topic); /* with the prefix, in scratch */

/* bridge_source.c: what is known of the scoreboard */
void bridge_replay_state(struct bridge *b, struct schema *schema, struct moment now);

/* bridge_sink.c */
void bridge_sink_review(struct bridge *b, struct moment now); /* after anything that may let it go on */
bool bridge_sink_next(struct bridge *b, struct moment now, struct effect *out);
mono bridge_sink_deadline(const struct bridge *b);
void bridge_sink_tick(struct bridge *b, struct moment now);

bool bridge_strip_prefix(const struct bridge *b, struct str *topic); /* false: it is not below the prefix */

/* views */
bool bridge_make_views(struct bridge *b, struct moment now); /* of the schema, with a new epoch */
void bridge_free_views(struct bridge *b);
void bridge_flush_views(struct bridge *b, struct moment now);

#endif
