/* shell - what stands around a bridge in its tests: a clock that is set, a scoreboard and a broker that do what the test says, and a
 * transcript of what the bridge wanted.
 *
 *   struct shell *sh = shell_new(schema);
 *   become_live(sh, "{\"state\":{\"B.S\":1}}");
 *   frame(sh, "{\"state\":{\"B.S\":2}}");
 *   EXPECT(sh, "pub p/s 2\n");
 */
#ifndef TESTS_UNIT_SHELL_H
#define TESTS_UNIT_SHELL_H

#include "publisher/core/bridge/bridge.h"

#define SHELL_MAX_TOKENS 2048

/* An answer that is due. */
struct shell_token {
	size_t broker, token;
};

struct shell {
	struct bridge *b;
	size_t broker;           /* which of the brokers the functions below speak for; the first, unless a test says otherwise */
	bool hangs[BROKERS_MAX]; /* it answers nothing */
	char status_topic[64];
	struct moment now;
	struct buf said, logged;
	char *status[BROKERS_MAX];                   /* as last published there */
	struct shell_token tokens[SHELL_MAX_TOKENS]; /* of publishes that were not answered */
	size_t n_tokens;
	bool exited;
};

struct bridge_config shell_config(void);                                          /* prefix "p"; everything else as usual */
struct shell *shell_with(const struct bridge_config *cfg, struct schema *schema); /* takes the schema over */
struct shell *shell_new(const char *schema);
void shell_free(struct shell *sh);

void at(struct shell *sh, int64_t ms);                 /* the time is this */
double counter(struct shell *sh, enum health_row row); /* the program's, or that broker's */
struct bridge_sink *sink_of(struct shell *sh);         /* that broker's */

/* Takes the effects into the transcript. Those for the second broker begin with "b: ". */
void drain(struct shell *sh);
/* All that the bridge wanted since the last time, but for log lines. */
#define EXPECT(sh, text) expect(sh, text, __LINE__)
void expect(struct shell *sh, const char *text, int line);
void forget(struct shell *sh);                       /* drains, and empties the transcript */
bool said(const struct shell *sh, const char *part); /* what was drained */
bool logged(struct shell *sh, const char *part);     /* drains */

/* The scoreboard. */
enum frame_verdict frame(struct shell *sh, const char *text);

/* The broker. */
void sink_up(struct shell *sh);
void sink_lost(struct shell *sh);
void broker_holds(struct shell *sh, const char *topic, const char *payload);
void broker_holds_ours(struct shell *sh, const char *topic, const char *payload); /* with the mark of what is ours below crew/ */
/* A live message. */
void broker_says(struct shell *sh, const char *topic, const char *payload);

void echo_status(struct shell *sh); /* its answer to the subscription has all come when our own status comes back */
void answer_all(struct shell *sh);  /* and what comes of it, until nothing more comes */
void reconcile_empty(struct shell *sh);
void become_live(struct shell *sh, const char *state); /* with this state and a broker that held nothing */

#endif
