/* clock - a tick or a jump? A running clock's time arrives once per second; a viewer counts by itself, so it is told
 * only when the clock starts, stops, turns, is set, or is not where counting would have brought it.
 * Time is an argument: `wall_ms` of the frame that brought the values. */
#ifndef PUBLISHER_CLOCK_H
#define PUBLISHER_CLOCK_H

#include "publisher/core/schema.h"

/* A viewer's clock may be this far from the scoreboard's ticks, which jitter by 50 ms and start up to half a second
 * beside the second (measured over a game: 9 of 10 ticks lie within 180 ms of the first). */
#define CLOCK_TOLERANCE_MS 200

#define CLOCKS_MAX 32

struct clock {
	char *path; /* the step that the values are below, e.g. ScoreBoard.CurrentGame.Clock(Jam) */
	size_t path_len;
	const struct clock_rule *rule;
	/* as the scoreboard says */
	int64_t time_ms;
	bool running, down;
	bool has_time, has_running, has_direction;
	/* as viewers were told */
	int64_t told_ms, told_at;
	bool told_running, told_down, told;
	bool touched; /* since the last clocks_next() */
};

struct clocks {
	struct clock list[CLOCKS_MAX];
	size_t n;
};

enum clock_news {
	CLOCK_SAME,
	CLOCK_NEWS, /* tell viewers; clock_write() is what */
	CLOCK_GONE,
};

void clocks_free(struct clocks *c);

/* An update of the scoreboard. `value` is JSON text, empty when gone. False when it is not a clock's. */
bool clocks_update(struct clocks *c, const struct schema *s, const struct path *path, struct str value);

/* A whole state follows: a clock that it does not mention is gone. */
void clocks_mark(struct clocks *c);

/* After a frame: the next clock that was touched, and whether to tell. NULL: no more. */
struct clock *clocks_next(struct clocks *c, int64_t wall_ms, enum clock_news *news);

/* {"time":92000,"running":true,"direction":"down","at":1795310660724} */
void clock_write(const struct clock *c, struct buf *out);

bool clocks_running(const struct clocks *c); /* any of them */

#endif
