/* stage - the usual set: a board, a broker and the publisher between them. Start it, play on it, strike it. */
#ifndef SUPPORT_STAGE_H
#define SUPPORT_STAGE_H

#include "tests/support/publisher.h"
#include "tests/support/recording.h"

struct stage {
	struct board *board;
	struct broker *broker;
	struct publisher *publisher;
	struct mapping mapping;
	const char *list; /* "live" or "full" */
	/* For publisher_start(): the stage's own options first, then the test's. */
	const char *argv[40];
};

/* args may be NULL. Does not wait. */
void stage_set(struct stage *s, const char *list, const char *const *args);
/* As above with a broker of the test's making, and the publisher's environment. */
void stage_set_with(struct stage *s, const char *list, struct broker *broker, const char *const *args,
		    const char *const *env);
void stage_strike(struct stage *s);

/* Frames from..to-1 of the recording, as the scoreboard would have sent them. */
void stage_play(struct stage *s, const struct recording *r, size_t from, size_t to);

/* The broker's leaves equal what the board holds. */
#define CHECK_STAGE(s) CHECK_MIRRORED((s)->broker, (s)->board, &(s)->mapping, (s)->list)

#endif
