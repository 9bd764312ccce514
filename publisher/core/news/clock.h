/* clock - a tick or a jump? A scoreboard sends a running clock's time once a second. Sent on to thousands of viewers, these ticks would be
 * most of all traffic, and viewers can count by themselves. So they are told of a clock only when it starts, stops, changes its direction, is
 * set, or is not where counting has brought theirs.
 *
 * A clock is three values below one path, which a rule of the schema names: time, running, direction. clocks_update() takes each of them as
 * it comes. After the frame clocks_next() gives out each clock that was touched, compared with what viewers were told of it last, and what it
 * says of them counts as told.
 *
 *   60.0 s running down, told at 12:00:00.000;  at 12:00:01.040 the scoreboard says 59.0 s: CLOCK_SAME, 40 ms off
 *
 * The time is an argument: the wall clock at the arrival of the frame that brought the values, since viewers count from there. */
#ifndef PUBLISHER_CLOCK_H
#define PUBLISHER_CLOCK_H

#include "publisher/core/names/schema.h"

/* So far a viewer's clock may be from the scoreboard's ticks. These jitter by 50 ms, and begin up to half a second beside the full second; over
 * a game that was measured, 9 of 10 ticks lay within 180 ms of where counting from the first one puts them. */
#define CLOCK_TOLERANCE_MS 200

#define CLOCKS_MAX 32 /* at once; a clock beyond these is not in the feed, but its values have topics all the same */

struct clock {
	char *path; /* the path that its values are below, such as ScoreBoard.CurrentGame.Clock(Jam) */
	size_t path_len;
	struct str key; /* of its object in a feed, owned: the topic that its path would have; no p when viewers may not see it */
	const struct clock_rule *rule;
	/* what the scoreboard has sent */
	int64_t time_ms;
	bool running, down;
	bool has_time, has_running, has_direction;
	/* what viewers were told last: the time was told_ms at the wall clock told_at */
	int64_t told_ms, told_at;
	bool told_running, told_down, told; /* told: they were told something, and not that the clock is gone */
	bool touched;                       /* there was an update since clocks_next() gave it out last */
};

struct clocks {
	struct clock list[CLOCKS_MAX];
	size_t n;
};

enum clock_news {
	CLOCK_SAME, /* viewers know it already, or can count it */
	CLOCK_NEWS, /* viewers must be told what clock_write() writes */
	CLOCK_GONE, /* viewers must be told that there is no such clock any more */
};

void clocks_free(struct clocks *c);

/* An update of the scoreboard. `value` is JSON text; empty: the path is gone. False: the path is not one of a clock, or there is no room. */
bool clocks_update(struct clocks *c, const struct schema *s, const struct path *path, struct str value);

/* To be called before a whole state: a clock that is not in it will be gone. */
void clocks_mark(struct clocks *c);

/* After a frame: the next clock that was touched, and what viewers must be told of it. NULL: there are no more. */
struct clock *clocks_next(struct clocks *c, int64_t wall_ms, enum clock_news *news);

/* What viewers were told last: {"time":92000,"running":true,"direction":"down","at":1795310660724} */
void clock_write(const struct clock *c, struct buf *out);

bool clocks_running(const struct clocks *c); /* does any of them run? */

/* Appends what the clock with this key showed last, as the scoreboard said it, such as `1:32`: below a minute only seconds, and what counts
 * down is rounded up. False: there is no such clock, or a part of it is missing. */
bool clocks_write_text(const struct clocks *c, struct str key, struct buf *out);

#endif
