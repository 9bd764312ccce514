/* relay - a cable that a test can cut: takes TCP connections on a port of 127.0.0.1 and passes their bytes to another one,
 * in a thread of its own. */
#ifndef SUPPORT_RELAY_H
#define SUPPORT_RELAY_H

struct relay;

enum relay_mode {
	RELAY_PASS,
	RELAY_CUT,  /* connections are closed, and new ones are as soon as they are accepted */
	RELAY_HOLD, /* connections stay, new ones are accepted, and no byte passes: as in a network that swallows everything */
};

struct relay *relay_start(int to_port);
void relay_free(struct relay *r); /* NULL is fine */
int relay_port(const struct relay *r);
void relay_set(struct relay *r, enum relay_mode mode); /* in force within 50 ms */

#endif
