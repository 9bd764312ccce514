/* refusals - the last refusals that were written to the log, for an operator who sits at a page and not at the log. Knows no client and no log.
 *
 * As many are kept as REFUSALS_KEPT, the oldest gives way to the newest; a text that is too long is cut at a character. So it takes the same
 * memory whatever is refused: some 110 kB. The caller notes what it writes to the log, at most one line a minute of each address (log_pace.h):
 * one client alone can't push out what others did. A zeroed struct has none. */
#ifndef CORE_REFUSALS_H
#define CORE_REFUSALS_H

#include "mosquitto-plugin/core/policy/addr.h"
#include "mosquitto-plugin/core/policy/reasons.h"

#include "base/str.h"

#define REFUSALS_KEPT 200

/* Bytes that are kept of each text, with its NUL. */
#define REFUSALS_CLIENT_SIZE 101
#define REFUSALS_USER_SIZE 61
#define REFUSALS_TOPIC_SIZE 151
#define REFUSALS_TEXT_SIZE 151

struct refusal_kept {
	int64_t at_ms; /* milliseconds since 1970 */
	enum reason why;
	char client[REFUSALS_CLIENT_SIZE];
	char user[REFUSALS_USER_SIZE];
	char address[ADDR_TEXT_SIZE];
	char topic[REFUSALS_TOPIC_SIZE];
	char text[REFUSALS_TEXT_SIZE];
};

struct refusals {
	struct refusal_kept kept[REFUSALS_KEPT];
	unsigned n, next; /* how many there are; where the next one is written */
};

/* Whoever has none of these (no name, no topic) gives an empty text. */
struct refusal_note {
	int64_t at_ms;
	enum reason why;
	struct str client, user, address, topic;
	struct str text; /* what is said about it beside the reason's label */
};

void refusals_note(struct refusals *r, const struct refusal_note *note);
/* The i-th, the newest is 0; NULL when there are not so many. Valid until the next note. */
const struct refusal_kept *refusals_at(const struct refusals *r, unsigned i);

#endif
