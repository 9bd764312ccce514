/* clock - a tick or a jump? A scoreboard sends a running clock's time once per second. To send that on to thousands would be most of all
 * traffic, and viewers can count by themselves; so they are told only when the clock starts, stops, turns, is set, or is not where counting
 * would have brought it.
 *
 * A clock is several paths below one step, by a rule of the schema: time, running, direction. clocks_update() takes each of them as it
 * comes; after the frame clocks_next() judges every clock that was touched, against what viewers were told last, and counts that as told.
 *
 *   60.0 s running down, told at 12:00:00.000;  at 12:00:01.040 the scoreboard says 59.0 s: CLOCK_SAME, 40 ms off
 *
 * Time is an argument: the wall clock of the frame that brought the values, since that is what viewers count from. */
#ifndef PUBLISHER_CLOCK_H
#define PUBLISHER_CLOCK_H

#include "publisher/core/names/schema.h"

/* A viewer's clock may be this far from the scoreboard's ticks, which jitter by 50 ms and start up to half a second
 * beside the second (measured over a game: 9 of 10 ticks lie within 180 ms of the first). */
#define CLOCK_TOLERANCE_MS 200

#define CLOCKS_MAX 32 /* at once; those beyond are not told as clocks, but their paths have topics all the same */

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
	bool touched; /* there was an update since it was judged last */
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

/* After a frame: the next clock that was touched, and whether to tell viewers of it. NULL: no more. */
struct clock *clocks_next(struct clocks *c, int64_t wall_ms, enum clock_news *news);

/* {"time":92000,"running":true,"direction":"down","at":1795310660724} */
void clock_write(const struct clock *c, struct buf *out);

bool clocks_running(const struct clocks *c); /* any of them */

#endif
