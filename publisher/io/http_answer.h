/* http_answer - what one GET is answered with. Knows no socket. */
#ifndef PUBLISHER_HTTP_ANSWER_H
#define PUBLISHER_HTTP_ANSWER_H

#include "publisher/core/http_request.h"
#include "publisher/io/io.h"

struct answer {
	int status;
	const char *type;
	const char *cache_control; /* or NULL */
	char etag[80];             /* or "" */
	char accel_expires[24];    /* X-Accel-Expires, or "" */
	bool gzip;
	bool of_view; /* it names the prefix that the view is of */
	bool is_page; /* it names who may put it into a frame */
	bool endless; /* it ends with the connection, not after `length` bytes */
	bool close;   /* the connection ends with it */
	size_t length; /* of the body */
	struct buf body;
};

/* The last answer for each view, so that a thousand pollers cost one. */
struct answer_cache;
struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *c);

/* False: no such thing here; it may be a file. */
bool answer_make(struct io *io, struct answer_cache *cache, const struct http_request *request, struct answer *out);
/* What is refused is answered like everything else: with a status, a length, and one line to read. */
void answer_refuse(int status, struct answer *out);
void answer_free(struct answer *a);

/* The status line and all headers. */
void answer_write_head(const struct answer *a, const struct config *config, struct buf *out);

#endif
