/* parts - how each part of the publisher is: is it well, since when, and why (not)? It is what /health.json tells, to machines that look after
 * the publisher and to people who want to know what is wrong.
 *
 * Words:
 *   part     what can be well or not by itself: the scoreboard, a broker, the HTTP server, the pages, the schema, the recording. One that was
 *            never told of is not there.
 *   name     which one, where there may be several of a kind: a broker's address. "": there is one.
 *   since    when it became well, or ceased to be. Another reason for the same is no change.
 *
 *   parts_tell(p, &(struct part_report){ .kind = "broker", .ok = false, .why = "connection refused" }, wall_ms);
 *   parts_write(p, out);          [{"part":"broker","ok":false,"since":1795310660724,"why":"connection refused"}]
 *
 * It knows no part: whoever has one tells how it is. */
#ifndef PUBLISHER_PARTS_H
#define PUBLISHER_PARTS_H

#include "base/buf.h"

#define PARTS_MAX 16
#define PART_WHY_SIZE 160  /* a reason with its NUL takes as much at most; a longer one is cut */
#define PART_NAME_SIZE 272 /* a name with its NUL takes as much at most, and the longest HOST:PORT fits; what differs behind that is one part */

struct part_report {
	const char *kind; /* a static string */
	const char *name; /* NULL: "" */
	bool ok;
	const char *why;
};

struct part {
	const char *kind;
	char name[PART_NAME_SIZE], why[PART_WHY_SIZE];
	bool ok;
	int64_t since; /* wall clock, milliseconds */
};

/* Zeroed, it is empty. They stand in the order in which they were told of first. */
struct parts {
	struct part list[PARTS_MAX];
	size_t n;
};

/* How the part is now. A report of one more than PARTS_MAX is dropped. */
void parts_tell(struct parts *p, const struct part_report *r, int64_t wall_ms);
/* Appends all as a JSON array. */
void parts_write(const struct parts *p, struct buf *out);
/* The first that is not well; NULL: all are. */
const struct part *parts_first_unwell(const struct parts *p);

#endif
