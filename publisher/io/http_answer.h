/* http_answer - what one GET is answered with. Knows no socket. */
#ifndef PUBLISHER_HTTP_ANSWER_H
#define PUBLISHER_HTTP_ANSWER_H

#include "publisher/io/io.h"

struct request {
	struct str path;
	const char *accept_encoding, *if_none_match; /* header values, or "" */
};

struct answer {
	unsigned int status;
	const char *type;
	const char *cache_control; /* or "" */
	char etag[80];             /* or "" */
	char accel_expires[24];    /* X-Accel-Expires, or "" */
	bool gzip;
	size_t length; /* of the body */
	struct buf body;
};

/* The last answer for each view, so that a thousand pollers cost one. */
struct answer_cache;
struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *c);

/* False: no such thing here; it may be a file. */
bool answer_make(struct io *io, struct answer_cache *cache, const struct request *request, struct answer *out);
void answer_free(struct answer *a);

#endif
